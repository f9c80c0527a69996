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

void reading_correct(const struct reading *reading, const struct node *node, const char *format,
                     ...) {
    struct problems *problems = reading->problems;
    char replacement[256];
    size_t length;
    const char *piece = piece_of(reading, node, &length);
    if (!piece || !problems || problems->count == 0 || problems->count > PROBLEMS_MAX ||
        (node->kind == NODE_SCALAR && !is_literal(node, piece, length)))
        return;
    va_list arguments;
    va_start(arguments, format);
    const int written = vsnprintf(replacement, sizeof replacement, format, arguments);
    va_end(arguments);
    const size_t begin = (size_t)(piece - reading->text);
    const char *copy = arena_copy(reading->arena, replacement);
    if (copy && written < (int)sizeof replacement)
        problems->items[problems->count - 1].edit =
            (struct edit){reading->text, reading->before, begin, begin + length, copy};
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

static void append_known(const char *const *names, size_t count, struct text *text) {
    if (count > LISTED_MAX) {
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
    if (!word && near_count < count)
        append_known(names, count, &text);
    enum status status =
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
    reading_unquote(reading, node);
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
