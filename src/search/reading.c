#include "search/reading.h"

#include "base/text.h"
#include "search/scalar.h"
#include "search/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LISTED_MAX 10 /* names that a message lists */

enum status reading_fail(const struct reading *reading, const struct node *node, const char *format,
                         ...) {
    struct error error;
    va_list arguments;
    va_start(arguments, format);
    error_vset(&error, STATUS_INPUT, format, arguments);
    va_end(arguments);
    error_place(&error, reading->file, node->line, node->column);
    if (reading->error && (!reading->problems || reading->problems->count == 0))
        *reading->error = error;
    problems_add(reading->problems, &error);
    return STATUS_INPUT;
}

void reading_note(const struct reading *reading, const struct node *node, const char *format, ...) {
    struct error note;
    va_list arguments;
    va_start(arguments, format);
    error_vset(&note, STATUS_OK, format, arguments);
    va_end(arguments);
    error_place(&note, reading->file, node->line, node->column);
    problems_note(reading->problems, &note);
}

/* The piece of the text that a node is, or NULL where it is not in one line or not known. */
static const char *piece_of(const struct reading *reading, const struct node *node,
                            size_t *length) {
    if (!reading->text)
        return NULL;
    const char *piece = reading->text + document_offset(reading->text, node->begin);
    *length = document_offset(piece, node->end - node->begin);
    return strcspn(piece, "\r\n") < *length ? NULL : piece;
}

const char *reading_piece(const struct reading *reading, const struct node *node, char *buffer,
                          size_t size) {
    size_t length;
    const char *piece = piece_of(reading, node, &length);
    if (!piece || length >= size)
        return NULL;
    snprintf(buffer, size, "%.*s", (int)length, piece);
    return buffer;
}

/* Whether a scalar is written as it is read, quotes aside. */
static bool is_literal(const struct node *node, const char *piece, size_t length) {
    const size_t size = strlen(node->text);
    const size_t quotes = length > 0 && (*piece == '"' || *piece == '\'') ? 1 : 0;
    return length == size + 2 * quotes && memcmp(piece + quotes, node->text, size) == 0;
}

/* Let the last problem say that a piece of the text should be another; NULL: nobody knows. */
static void set_edit(const struct reading *reading, size_t begin, size_t end,
                     const char *replacement) {
    struct problems *problems = reading->problems;
    if (replacement && problems && problems->count > 0 && problems->count <= PROBLEMS_MAX)
        problems->items[problems->count - 1].edit =
            (struct edit){reading->text, reading->before, begin, end, replacement};
}

void reading_correct(const struct reading *reading, const struct node *node, const char *format,
                     ...) {
    size_t length;
    const char *piece = piece_of(reading, node, &length);
    if (!piece || (node->kind == NODE_SCALAR && !is_literal(node, piece, length)))
        return;
    va_list arguments;
    va_start(arguments, format);
    const char *replacement = arena_vprintf(reading->arena, format, arguments);
    va_end(arguments);
    const size_t begin = (size_t)(piece - reading->text);
    set_edit(reading, begin, begin + length, replacement);
}

bool reading_is_in_braces(const struct reading *reading, const struct node *mapping) {
    return reading->text && reading->text[document_offset(reading->text, mapping->begin)] == '{';
}

void reading_replace(const struct reading *reading, size_t begin, size_t end, const char *text) {
    if (reading->text)
        set_edit(reading, document_offset(reading->text, begin),
                 document_offset(reading->text, end), arena_copy(reading->arena, text));
}

/* How far a place is from the first character of its line. */
static int indentation(const struct reading *reading, size_t at) {
    size_t begin = at;
    while (begin > 0 && !strchr("\r\n", reading->text[begin - 1]))
        begin--;
    begin += strspn(reading->text + begin, " ");
    return (int)(at - begin);
}

void reading_insert(const struct reading *reading, const struct node *mapping, const char *format,
                    ...) {
    if (!reading->text || mapping->kind != NODE_MAPPING || mapping->count == 0 ||
        (reading_is_option(reading) && !reading_is_in_braces(reading, mapping)))
        return;
    const struct node *first = mapping->keys[0];
    va_list arguments;
    va_start(arguments, format);
    const char *pair = arena_vprintf(reading->arena, format, arguments);
    va_end(arguments);
    const size_t at = document_offset(reading->text, first->begin);
    if (pair)
        set_edit(reading, at, at,
                 reading_is_in_braces(reading, mapping)
                     ? arena_printf(reading->arena, "%s, ", pair)
                     : arena_printf(reading->arena, "%s\n%*s", pair, indentation(reading, at), ""));
}

void reading_remove(const struct reading *reading, const struct node *mapping, const char *key) {
    size_t i = 0;
    while (i < mapping->count && !node_says(mapping->keys[i], key))
        i++;
    if (i == mapping->count || !reading_is_in_braces(reading, mapping))
        return;
    const bool last = i + 1 == mapping->count;
    const struct node *before = i > 0 ? mapping->items[i - 1] : NULL;
    const struct node piece = {.kind = NODE_MAPPING,
                               .begin = last && before ? before->end : mapping->keys[i]->begin,
                               .end = last ? mapping->items[i]->end : mapping->keys[i + 1]->begin};
    reading_correct(reading, &piece, "%s", "");
}

#define FLOW_MAX 4096 /* bytes of a node in one line */

static bool append_pairs(const struct reading *reading, const struct node *node,
                         struct text *text) {
    bool done = true;
    for (size_t i = 0; i < node->count && done; i++) {
        text_append(text, i > 0 ? ", " : "");
        if (node->kind == NODE_MAPPING) {
            done = reading_append_flow(reading, node->keys[i], text);
            text_append(text, ": ");
        }
        done = done && reading_append_flow(reading, node->items[i], text);
    }
    return done;
}

bool reading_append_flow(const struct reading *reading, const struct node *node,
                         struct text *text) {
    const bool mapping = node->kind == NODE_MAPPING;
    size_t length;
    const char *piece = piece_of(reading, node, &length);
    if (!reading->text || text->length > FLOW_MAX)
        return false;
    if (node->kind == NODE_SCALAR || (piece && strchr("{[", *piece))) {
        text_append_bytes(text, piece ? piece : "", piece ? length : 0);
        return piece != NULL;
    }
    text_append(text, mapping ? "{" : "[");
    const bool done = append_pairs(reading, node, text);
    text_append(text, mapping ? "}" : "]");
    return done;
}

void reading_unquote(const struct reading *reading, const struct node *node) {
    struct node unquoted = *node;
    double number;
    unquoted.type = TYPE_OPEN;
    if (node->type == TYPE_TEXT && scalar_number(&unquoted, &number))
        reading_correct(reading, node, "%s", node->text);
}

static void append_near(const char *const *near, size_t count, struct text *text) {
    for (size_t i = 0; i < count; i++)
        text_printf(text, "%s'%s'",
                    i == 0          ? "; did you mean "
                    : i + 1 < count ? ", "
                                    : " or ",
                    near[i]);
    text_append(text, count > 0 ? "?" : "");
}

static void append_known(const char *const *names, size_t count, bool listed, struct text *text) {
    if (listed && count > LISTED_MAX) {
        text_append(text, " `sweep keys` lists all");
        return;
    }
    text_append(text, " Known:");
    for (size_t i = 0; i < count; i++)
        text_printf(text, "%s %s", i ? "," : "", names[i]);
}

enum status reading_fail_unknown(const struct reading *reading, const struct node *node,
                                 const char *what, const char *const *names, size_t count) {
    const struct word *word = words_find(what, node->text);
    const char *near[NEAR_MAX];
    struct text text;
    size_t near_count = 0;
    if (word && word->ignored) {
        reading_note(reading, node, "'%.64s' %s", node->text, word->advice);
        return STATUS_OK;
    }
    text_init(&text);
    if (word && word->instead)
        near[near_count++] = word->instead;
    else if (!word)
        near_count = text_near(node->text, names, count, near);
    append_near(near, near_count, &text);
    if (word && word->advice)
        text_printf(&text, "%s %s%s", near_count > 0 ? "" : ":", word->advice,
                    reading_is_option(reading) && strstr(word->advice, ": ")
                        ? "; with --set, NAME: VALUE is NAME=VALUE"
                        : "");
    else if (!word && near_count == 0)
        text_append(&text, ".");
    if (word && !word->instead && count > 0 && count <= LISTED_MAX)
        text_append(&text, ".");
    if (word ? !word->instead && count > 0 && count <= LISTED_MAX : near_count < count)
        append_known(names, count, true, &text);
    enum status status =
        reading_fail(reading, node, "unknown %s '%.64s'%s", what, node->text, text.data);
    text_release(&text);
    if (near_count == 1)
        reading_correct(reading, node, "%s", near[0]);
    return status;
}

enum status reading_fail_unnamed(const struct reading *reading, const struct node *node,
                                 const char *what, const char *const *names, size_t count) {
    const char *near[NEAR_MAX];
    struct text text;
    text_init(&text);
    const size_t near_count = text_near(node->text, names, count, near);
    append_near(near, near_count, &text);
    text_append(&text, near_count == 0 ? "." : "");
    append_known(names, count, false, &text);
    const enum status status =
        reading_fail(reading, node, "unknown %s '%.64s'%s", what, node->text, text.data);
    text_release(&text);
    if (near_count == 1)
        reading_correct(reading, node, "%s", near[0]);
    return status;
}

enum status reading_check_key(const struct reading *reading, const struct node *mapping, size_t i) {
    const struct node *key = mapping->keys[i];
    if (key->kind != NODE_SCALAR)
        return reading_fail(reading, key, "a key must be a name, not a list or a mapping");
    if (key->type == TYPE_OPEN && strcmp(key->text, "<<") == 0)
        return reading_fail(reading, key,
                            "'<<' is YAML's merge key, which is not supported; write out the keys "
                            "that it stands for, or use an alias for a whole value, as in "
                            "epochs: *name");
    for (size_t j = 0; j < i; j++)
        if (node_says(mapping->keys[j], key->text))
            return reading_fail(reading, key, "'%.64s' is here twice (first in line %d)", key->text,
                                mapping->keys[j]->line);
    return STATUS_OK;
}

enum status reading_check_keys(const struct reading *reading, const struct node *mapping,
                               const char *what, const char *const *names, size_t count) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < mapping->count; i++) {
        enum status own = reading_check_key(reading, mapping, i);
        bool known = !names || own != STATUS_OK;
        for (size_t j = 0; j < count && !known; j++)
            known = strcmp(mapping->keys[i]->text, names[j]) == 0;
        if (!known)
            own = reading_fail_unknown(reading, mapping->keys[i], what, names, count);
        status = status_join(status, own);
    }
    return status;
}

enum status reading_integer(const struct reading *reading, const struct node *node, const char *key,
                            int64_t minimum, int64_t maximum, int64_t *integer) {
    double number;
    char described[80], hint[128];
    if (scalar_number(node, &number) && number == floor(number) && number >= (double)minimum &&
        number <= (double)maximum) {
        *integer = (int64_t)number;
        return STATUS_OK;
    }
    enum status status = reading_fail(reading, node,
                                      "%s: %s is not allowed; it takes a whole number from %" PRId64
                                      " to %" PRId64 "%s",
                                      key, node_describe(node, described, sizeof described),
                                      minimum, maximum, scalar_hint(node, hint, sizeof hint));
    if (!scalar_number(node, &number))
        reading_unquote(reading, node);
    else if (!isnan(number))
        reading_correct(reading, node, "%" PRId64,
                        number < (double)minimum   ? minimum
                        : number > (double)maximum ? maximum
                                                   : (int64_t)round(number));
    return status;
}

enum status reading_boolean(const struct reading *reading, const struct node *node, const char *key,
                            bool *boolean) {
    char described[80];
    return scalar_boolean(node, boolean)
               ? STATUS_OK
               : reading_fail(reading, node, "%s: %s is not allowed; it takes true or false", key,
                              node_describe(node, described, sizeof described));
}
