#include "search/reading_arguments.h"

#include "base/names.h"
#include "search/arguments.h"
#include "search/scalar.h"
#include "search/score.h"
#include "search/spec.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- one argument --- */

static bool is_allowed(const struct argument *argument, double number) {
    const bool whole = argument->type != ARGUMENT_REAL && argument->type != ARGUMENT_NUMBERS;
    if (argument->type == ARGUMENT_SIZES && number == -1)
        return true;
    return (argument->minimum_open ? number > argument->minimum : number >= argument->minimum) &&
           (argument->maximum_open ? number < argument->maximum : number <= argument->maximum) &&
           (!whole || number == floor(number));
}

static bool takes_lists(const struct argument *argument) {
    return argument->type == ARGUMENT_SIZES || argument->type == ARGUMENT_PAIR ||
           argument->type == ARGUMENT_MARGINS || argument->type == ARGUMENT_NUMBERS ||
           argument->type == ARGUMENT_AXES;
}

static enum status fail_argument(const struct reading *reading, const struct node *node,
                                 const char *owner, const struct argument *argument) {
    char described[80];
    const bool lists = node->kind == NODE_SEQUENCE && takes_lists(argument);
    struct text allowed;
    double number;
    text_init(&allowed);
    argument_append_allowed(argument, &allowed);
    if (argument->maximum >= 1e30 && scalar_number(node, &number) && number > argument->maximum)
        text_printf(&allowed, "; the largest is %g", argument->maximum);
    enum status status = reading_fail(
        reading, node, "%s: %s: %s is not allowed; it takes %s", owner, argument->name,
        lists ? "this list" : node_describe(node, described, sizeof described), allowed.data);
    text_release(&allowed);
    reading_unquote(reading, node);
    return status;
}

/* Numbers in a list, or in words with one of the separators between them. False where one is not
 * allowed, or there are more than `most` or none. */
static bool read_list(const struct reading *reading, const struct node *node,
                      const struct argument *argument, const char *separators, size_t most,
                      struct numbers *numbers) {
    double number = 0;
    *numbers = (struct numbers){0};
    for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->count; i++) {
        if (numbers->count == most || !scalar_number(node->items[i], &number) ||
            !is_allowed(argument, number))
            return false;
        numbers->items[numbers->count++] = number == 0 ? 0 : number;
    }
    for (const char *at = node->kind == NODE_SCALAR ? node->text : ""; *at;) {
        struct node part = *node;
        const size_t length = strcspn(at, separators);
        part.type = TYPE_OPEN;
        part.text = arena_printf(reading->arena, "%.*s", (int)length, at);
        if (!part.text || numbers->count == most || !scalar_number(&part, &number) ||
            !is_allowed(argument, number))
            return false;
        numbers->items[numbers->count++] = number == 0 ? 0 : number;
        at += length + (at[length] != '\0');
    }
    return numbers->count > 0;
}

/* 28x28x1, [28, 28, 1], or with one -1. */
static bool read_sizes(const struct reading *reading, const struct node *node,
                       const struct argument *argument, struct sizes *sizes) {
    struct numbers numbers;
    const bool reads = read_list(reading, node, argument, "x", SIZES_MAX, &numbers);
    size_t inferred = 0;
    *sizes = (struct sizes){0};
    for (size_t i = 0; reads && i < numbers.count; i++) {
        inferred += numbers.items[i] < 0;
        sizes->dims[i] = numbers.items[i] < 0 ? SIZE_INFERRED : (uint32_t)numbers.items[i];
    }
    return reads && inferred <= 1;
}

/* 3, 3x5 or [3, 5]; [3] would be no pair in Keras. */
static bool read_pair(const struct reading *reading, const struct node *node,
                      const struct argument *argument, uint16_t pair[2]) {
    struct numbers numbers;
    const bool reads = read_list(reading, node, argument, "x", 2, &numbers) &&
                       (node->kind != NODE_SEQUENCE || numbers.count == 2);
    pair[0] = reads ? (uint16_t)numbers.items[0] : 0;
    pair[1] = reads && numbers.count == 2 ? (uint16_t)numbers.items[1] : pair[0];
    return reads;
}

/* The margins of one axis or of both: 3, 1/2, or in a list [1, 2]. */
static bool read_margins(const struct reading *reading, const struct node *node,
                         const struct argument *argument, uint16_t *margins) {
    struct node parts[2];
    struct numbers numbers;
    size_t count = 0;
    if (node->kind == NODE_SEQUENCE && node->count == 2)
        for (; count < node->count; count++)
            parts[count] = *node->items[count];
    const char *at = node->kind == NODE_SCALAR ? node->text : "";
    for (; *at && count < 2; count++) {
        const size_t length = strcspn(at, "x");
        parts[count] = *node;
        parts[count].type = TYPE_OPEN;
        parts[count].text = arena_printf(reading->arena, "%.*s", (int)length, at);
        if (!parts[count].text)
            return false;
        at += length + (at[length] != '\0');
    }
    bool reads = count > 0 && !*at;
    for (size_t axis = 0; axis < 2 && reads; axis++) {
        const struct node *part = &parts[axis < count ? axis : 0];
        reads = read_list(reading, part, argument, "/", 2, &numbers) &&
                (part->kind != NODE_SEQUENCE || numbers.count == 2);
        margins[2 * axis] = (uint16_t)numbers.items[0];
        margins[2 * axis + 1] = (uint16_t)numbers.items[numbers.count == 2];
    }
    return reads;
}

/* 1/2 or [1, 2] */
static bool read_axes(const struct reading *reading, const struct node *node,
                      const struct argument *argument, uint8_t *axes) {
    struct numbers numbers;
    const bool reads = read_list(reading, node, argument, "/", NUMBERS_MAX, &numbers);
    *axes = 0;
    for (size_t i = 0; reads && i < numbers.count; i++)
        *axes |= (uint8_t)(1 << ((int)numbers.items[i] - 1));
    return reads;
}

static bool read_name(const struct node *node, const struct argument *argument, uint8_t *place) {
    struct score score;
    if (node->kind == NODE_SCALAR && argument->name_at)
        score_find(node->text, &score); /* an output's metric is listed once it was looked for */
    for (*place = 0; node->kind == NODE_SCALAR && argument_name(argument, *place); ++*place)
        if (name_resembles(node->text, argument_name(argument, *place)))
            return true;
    *place = 0;
    return false;
}

enum status reading_argument(const struct reading *reading, const struct node *node,
                             const struct argument *argument, const char *owner, void *into) {
    void *at = argument_at(into, argument);
    const bool numeric = argument->type == ARGUMENT_WHOLE || argument->type == ARGUMENT_REAL;
    double number = 0;
    bool reads = !numeric || (scalar_number(node, &number) && is_allowed(argument, number));
    if (argument->type == ARGUMENT_WHOLE)
        *(uint32_t *)at = reads ? (uint32_t)number : 0;
    else if (argument->type == ARGUMENT_REAL)
        *(double *)at = number == 0 ? 0 : number; /* -0 and 0 are one value */
    else if (argument->type == ARGUMENT_SWITCH)
        reads = scalar_boolean(node, at);
    else if (argument->type == ARGUMENT_PAIR)
        reads = read_pair(reading, node, argument, at);
    else if (argument->type == ARGUMENT_MARGINS)
        reads = read_margins(reading, node, argument, at);
    else if (argument->type == ARGUMENT_NAME)
        reads = read_name(node, argument, at);
    else if (argument->type == ARGUMENT_NUMBERS)
        reads = read_list(reading, node, argument, "/,", NUMBERS_MAX, at);
    else if (argument->type == ARGUMENT_AXES)
        reads = read_axes(reading, node, argument, at);
    else
        reads = read_sizes(reading, node, argument, at);
    return reads ? STATUS_OK : fail_argument(reading, node, owner, argument);
}

/* --- several values of one --- */

static bool are_numbers(const struct node *node) {
    double number;
    bool all = node->kind != NODE_SEQUENCE ? scalar_number(node, &number) : true;
    for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->count; i++)
        all = all && scalar_number(node->items[i], &number);
    return all;
}

bool reading_varies_numbers(const struct varied_argument *varied) {
    const struct node *values = node_at(varied->spec, "values");
    switch (varied->argument->type) {
    case ARGUMENT_WHOLE:
    case ARGUMENT_REAL:
    case ARGUMENT_SWITCH:
        return true;
    case ARGUMENT_PAIR:
    case ARGUMENT_MARGINS:
    case ARGUMENT_NUMBERS: /* one number stands for all of them */
        values = values ? values : node_at(varied->spec, "value");
        return !values || are_numbers(values);
    case ARGUMENT_SIZES:
    case ARGUMENT_NAME:
    case ARGUMENT_ENTRY:
    case ARGUMENT_AXES:
        break;
    }
    return false;
}

enum status reading_varied(const struct reading *reading, const struct node *node,
                           const struct varied_argument *varied) {
    return varied->extras
               ? varied->extras->read(reading, varied->argument->name, node, varied->into)
               : reading_argument(reading, node, varied->argument, varied->owner, varied->into);
}

/* {units: {values: [64, 128]}} */
static enum status note_varied(const struct reading *reading, const struct node *key,
                               const struct node *spec, const struct argument *argument,
                               const struct argument_extras *extras,
                               const struct argument_reading *of) {
    struct varied_arguments *varied = of->varied;
    if (!varied || !argument)
        return reading_fail(reading, spec,
                            "%s: %.64s takes one value; to compare several, list the models: "
                            "model: {values: [...]}",
                            of->owner, key->text);
    if (varied->count == VARIED_ARGUMENTS_MAX)
        return reading_fail(reading, spec, "%s: more than %d arguments with several values",
                            of->owner, VARIED_ARGUMENTS_MAX);
    const char *name = arena_printf(reading->arena, "%s.%s", of->name, argument->name);
    if (!name)
        return error_memory(reading->error);
    varied->items[varied->count++] = (struct varied_argument){
        varied->item, of->owner, name, argument, of->into, extras, key, spec};
    return STATUS_OK;
}

static enum status read_or_note(const struct reading *reading, const struct node *key,
                                const struct node *node, const struct argument *argument,
                                struct argument_reading *of) {
    of->given[argument - of->table.rows] = true;
    return spec_is(node) ? note_varied(reading, key, node, argument, NULL, of)
                         : reading_argument(reading, node, argument, of->owner, of->into);
}

/* What the extras take, under `name`; NULL: a word that is no argument. */
static enum status read_or_note_extra(const struct reading *reading, const struct node *key,
                                      const char *name, const struct node *node,
                                      struct argument_reading *of) {
    const struct argument_extras *extras = of->extras;
    if (!spec_is(node))
        return extras->read(reading, name, node, of->into);
    return note_varied(reading, key, node,
                       extras->find ? extras->find(reading, name, of->into) : NULL, extras, of);
}

enum status reading_arguments_end(const struct reading *reading, const struct node *node,
                                  struct argument_reading *of) {
    arguments_drop_defaults(&of->table, of->into);
    for (size_t i = 0; i < of->table.count; i++)
        if (isnan(of->table.rows[i].standard) && !of->given[i])
            return reading_fail(reading, node, "%s: %s needs its %s", of->owner, of->name,
                                of->table.rows[i].name);
    return STATUS_OK;
}

/* --- mappings --- */

static size_t list_keys(const struct argument_reading *of, const char *keys[ARGUMENTS_MAX]) {
    size_t count = 0;
    for (; count < of->table.count; count++)
        keys[count] = of->table.rows[count].name;
    return of->extras ? of->extras->list_keys(of->into, keys, count) : count;
}

bool reading_has_arguments(const struct node *node, const struct argument_table *table) {
    if (node->kind != NODE_MAPPING || !spec_is(node))
        return node->kind == NODE_MAPPING;
    bool has = node->count > 0; /* values is a key of both */
    for (size_t i = 0; i < node->count && has; i++)
        has = node->keys[i]->kind == NODE_SCALAR && argument_find(table, node->keys[i]->text);
    return has;
}

enum status reading_arguments(const struct reading *reading, const struct node *node,
                              struct argument_reading *of) {
    const char *keys[ARGUMENTS_MAX];
    char what[64];
    snprintf(what, sizeof what, "key of %s", of->noun);
    enum status status = reading_check_keys(reading, node, what, keys, list_keys(of, keys));
    const bool known = status == STATUS_OK;
    for (size_t i = 0; i < node->count && status != STATUS_MEMORY; i++) {
        const struct node *key = node->keys[i], *value = node->items[i];
        enum status own = STATUS_OK;
        if (key->kind != NODE_SCALAR || scalar_is_null(value))
            continue;
        const struct argument *argument = argument_find(&of->table, key->text);
        if (argument)
            own = read_or_note(reading, key, value, argument, of);
        else if (of->extras && known)
            own = read_or_note_extra(reading, key, key->text, value, of);
        status = status_join(status, own);
    }
    return status == STATUS_OK ? reading_arguments_end(reading, node, of) : status;
}

enum status reading_first_argument(const struct reading *reading, const struct node *key,
                                   const struct node *node, struct argument_reading *of) {
    enum status status = STATUS_OK;
    if (scalar_is_null(node))
        return reading_arguments_end(reading, key, of);
    if (of->table.positional > 0)
        status = read_or_note(reading, key, node, &of->table.rows[0], of);
    else if (of->extras)
        status = read_or_note_extra(reading, key, NULL, node, of);
    else if (of->table.count > 0)
        status =
            reading_fail(reading, node, "%s: its arguments are written {NAME: VALUE}", of->owner);
    else
        status = reading_fail(reading, node, "%s: %s takes no arguments", of->owner, of->name);
    return status == STATUS_OK ? reading_arguments_end(reading, node, of) : status;
}

/* --- words --- */

enum status reading_part(const struct reading *reading, const struct node *node, size_t begin,
                         size_t length, struct node *part) {
    const bool quoted = node->end - node->begin > strlen(node->text);
    *part = *node;
    part->type = TYPE_OPEN;
    part->text = arena_printf(reading->arena, "%.*s", (int)length, node->text + begin);
    part->begin = node->begin + quoted + begin;
    part->end = part->begin + length;
    part->column = node->column + (int)(quoted + begin);
    return part->text ? STATUS_OK : error_memory(reading->error);
}

/* momentum=0.9, from that byte of the node's text on. */
static enum status read_named(const struct reading *reading, const struct node *node, size_t begin,
                              const char *text, struct argument_reading *of) {
    const char *keys[ARGUMENTS_MAX];
    char what[64];
    const size_t length = strcspn(text, "=");
    struct node name, value;
    enum status status = reading_part(reading, node, begin, length, &name);
    if (status == STATUS_OK)
        status = reading_part(reading, node, begin + length + 1, strlen(text + length + 1), &value);
    if (status != STATUS_OK)
        return status;
    const struct argument *argument = argument_find(&of->table, name.text);
    if (argument) {
        of->given[argument - of->table.rows] = true;
        return reading_argument(reading, &value, argument, of->owner, of->into);
    }
    const size_t count = list_keys(of, keys);
    for (size_t i = of->table.count; i < count; i++)
        if (strcmp(keys[i], name.text) == 0)
            return of->extras->read(reading, keys[i], &value, of->into);
    snprintf(what, sizeof what, "key of %s", of->noun);
    return reading_fail_unknown(reading, &name, what, keys, count);
}

/* An argument in order, or what the extras take. */
static enum status read_word(const struct reading *reading, const struct node *part,
                             struct argument_reading *of) {
    const struct argument_table *table = &of->table;
    const bool number = isdigit((unsigned char)*part->text) || strchr("-+.", *part->text);
    size_t next = 0;
    while (next < table->positional && of->given[next])
        next++;
    if (next < table->positional && (number || !of->extras || isnan(table->rows[next].standard))) {
        of->given[next] = true;
        return reading_argument(reading, part, &table->rows[next], of->owner, of->into);
    }
    if (of->extras)
        return of->extras->read(reading, NULL, part, of->into);
    return reading_fail(reading, part, "%s: '%.64s' is more than %s takes", of->owner, part->text,
                        of->noun);
}

enum status reading_argument_words(const struct reading *reading, const struct node *node,
                                   size_t begin, struct argument_reading *of) {
    enum status status = STATUS_OK;
    const char *text = node->text;
    for (size_t at = begin + strspn(text + begin, " "); status == STATUS_OK && text[at];) {
        const size_t length = strcspn(text + at, " ");
        struct node part = *node;
        if (length < strlen(text))
            status = reading_part(reading, node, at, length, &part);
        if (status == STATUS_OK)
            status = strchr(part.text, '=') ? read_named(reading, node, at, part.text, of)
                                            : read_word(reading, &part, of);
        at += length;
        at += strspn(text + at, " ");
    }
    return status == STATUS_OK ? reading_arguments_end(reading, node, of) : status;
}
