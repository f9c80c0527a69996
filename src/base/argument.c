#include "base/argument.h"

#include "base/names.h"

#include <string.h>

const char *argument_name(const struct argument *argument, size_t i) {
    return argument->name_at ? argument->name_at(i) : argument->names[i];
}

const struct argument *argument_find(const struct argument_table *table, const char *name) {
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    return NULL;
}

static void set_standard(const struct argument *argument, void *at) {
    switch (argument->type) {
    case ARGUMENT_WHOLE:
        *(uint32_t *)at = (uint32_t)argument->standard;
        break;
    case ARGUMENT_REAL:
        *(double *)at = argument->standard;
        break;
    case ARGUMENT_SWITCH:
        *(bool *)at = argument->standard != 0;
        break;
    case ARGUMENT_PAIR:
        argument_set_pair(at, argument->standard);
        break;
    case ARGUMENT_MARGINS:
        argument_set_margins(at, argument->standard);
        break;
    case ARGUMENT_NAME:
    case ARGUMENT_AXES:
        *(uint8_t *)at = (uint8_t)argument->standard;
        break;
    case ARGUMENT_SIZES:
    case ARGUMENT_NUMBERS:
    case ARGUMENT_ENTRY:
        break;
    }
}

void arguments_set_standards(const struct argument_table *table, void *of) {
    for (size_t i = 0; i < table->count; i++)
        if (!isnan(table->rows[i].standard))
            set_standard(&table->rows[i], argument_at(of, &table->rows[i]));
}

static bool are_all(const uint16_t *numbers, size_t count, double number) {
    bool all = true;
    for (size_t i = 0; i < count; i++)
        all = all && numbers[i] == number;
    return all;
}

bool argument_is_standard(const void *of, const struct argument *argument) {
    const void *at = argument_of(of, argument);
    switch (argument->type) {
    case ARGUMENT_WHOLE:
        return (double)*(const uint32_t *)at == argument->standard;
    case ARGUMENT_REAL:
        return *(const double *)at == argument->standard;
    case ARGUMENT_SWITCH:
        return *(const bool *)at == (argument->standard != 0);
    case ARGUMENT_PAIR:
        return are_all(at, 2, argument->standard);
    case ARGUMENT_MARGINS:
        return are_all(at, 4, argument->standard);
    case ARGUMENT_NAME:
    case ARGUMENT_AXES:
        return *(const uint8_t *)at == argument->standard;
    case ARGUMENT_NUMBERS:
        return ((const struct numbers *)at)->count == 0;
    case ARGUMENT_SIZES:
    case ARGUMENT_ENTRY:
        break;
    }
    return false;
}

const struct argument *argument_source(const struct argument_table *table, const void *of,
                                       const struct argument *argument) {
    return argument->type == ARGUMENT_PAIR && argument->as && argument_is_standard(of, argument)
               ? argument_find(table, argument->as)
               : argument;
}

void arguments_drop_defaults(const struct argument_table *table, void *of) {
    for (size_t i = 0; i < table->count; i++) {
        const struct argument *argument = &table->rows[i];
        if (argument->type == ARGUMENT_PAIR && argument->as &&
            memcmp(argument_of(of, argument), argument_of(of, argument_find(table, argument->as)),
                   2 * sizeof(uint16_t)) == 0)
            argument_set_pair(argument_at(of, argument), argument->standard);
    }
}

static bool equal_numbers(const struct numbers *a, const struct numbers *b) {
    return a->count == b->count && memcmp(a->items, b->items, a->count * sizeof *a->items) == 0;
}

size_t argument_size(const struct argument *argument) {
    static const size_t sizes[] = {
        [ARGUMENT_WHOLE] = sizeof(uint32_t),    [ARGUMENT_REAL] = sizeof(double),
        [ARGUMENT_SWITCH] = sizeof(bool),       [ARGUMENT_SIZES] = sizeof(struct sizes),
        [ARGUMENT_PAIR] = 2 * sizeof(uint16_t), [ARGUMENT_MARGINS] = 4 * sizeof(uint16_t),
        [ARGUMENT_NAME] = sizeof(uint8_t),      [ARGUMENT_NUMBERS] = sizeof(struct numbers),
        [ARGUMENT_ENTRY] = sizeof(void *),      [ARGUMENT_AXES] = sizeof(uint8_t)};
    return sizes[argument->type];
}

static bool equal_argument(const void *a, const void *b, const struct argument *argument) {
    if (argument->type == ARGUMENT_NUMBERS)
        return equal_numbers(argument_of(a, argument), argument_of(b, argument));
    return memcmp(argument_of(a, argument), argument_of(b, argument), argument_size(argument)) == 0;
}

bool arguments_equal(const struct argument_table *table, const void *a, const void *b) {
    bool equal = true;
    for (size_t i = 0; equal && i < table->count; i++)
        equal = equal_argument(a, b, &table->rows[i]);
    return equal;
}

const struct component_kind *component_find(const struct component_family *family,
                                            const char *name) {
    const struct component_kind *kind;
    for (size_t i = 0; (kind = family->at(i)); i++)
        if (name_resembles_any(name, kind->name, kind->aliases,
                               sizeof kind->aliases / sizeof *kind->aliases))
            return kind;
    return NULL;
}

struct component component_standard(const struct component_kind *kind) {
    struct component component = {.kind = kind};
    memset(component.arguments, 0, sizeof component.arguments);
    arguments_set_standards(&kind->arguments, component.arguments);
    return component;
}

bool components_equal(const struct components *a, const struct components *b) {
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++)
        equal = a->items[i].kind == b->items[i].kind &&
                arguments_equal(&a->items[i].kind->arguments, a->items[i].arguments,
                                b->items[i].arguments);
    return equal;
}
