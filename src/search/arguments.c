#include "search/arguments.h"

#include <math.h>

static void append_sizes(const struct sizes *sizes, struct text *text) {
    for (size_t i = 0; i < SIZES_MAX && sizes->dims[i] > 0; i++)
        if (sizes->dims[i] == SIZE_INFERRED)
            text_append(text, i ? "x-1" : "-1");
        else
            text_printf(text, "%s%u", i ? "x" : "", sizes->dims[i]);
}

/* 3, or 3x5. */
static void append_pair(const uint16_t *pair, struct text *text) {
    text_printf(text, "%u", pair[0]);
    if (pair[1] != pair[0])
        text_printf(text, "x%u", pair[1]);
}

/* 3, 3x5, or 1/2x3/4: before and behind. */
static void append_margins(const uint16_t *margins, struct text *text) {
    const bool alike = margins[0] == margins[2] && margins[1] == margins[3];
    for (size_t i = 0; i < (alike ? 2 : 4); i += 2) {
        text_printf(text, "%s%u", i > 0 ? "x" : "", margins[i]);
        if (margins[i + 1] != margins[i])
            text_printf(text, "/%u", margins[i + 1]);
    }
}

/* 0.1/0.01: a comma would end an item of a list in YAML. */
static void append_numbers(const struct numbers *numbers, struct text *text) {
    for (size_t i = 0; i < numbers->count; i++) {
        text_append(text, i ? "/" : "");
        text_append_double(text, numbers->items[i]);
    }
}

/* 1/2 */
static void append_axes(unsigned axes, struct text *text) {
    const char *separator = "";
    for (unsigned axis = 1; axes; axis++, axes >>= 1)
        if (axes & 1) {
            text_printf(text, "%s%u", separator, axis);
            separator = "/";
        }
}

void argument_append(const void *of, const struct argument *argument, struct text *text) {
    const void *at = argument_of(of, argument);
    switch (argument->type) {
    case ARGUMENT_WHOLE:
        text_printf(text, "%u", *(const uint32_t *)at);
        break;
    case ARGUMENT_REAL:
        text_append_double(text, *(const double *)at);
        break;
    case ARGUMENT_SWITCH:
        text_append(text, *(const bool *)at ? "true" : "false");
        break;
    case ARGUMENT_SIZES:
        append_sizes(at, text);
        break;
    case ARGUMENT_PAIR:
        append_pair(at, text);
        break;
    case ARGUMENT_MARGINS:
        append_margins(at, text);
        break;
    case ARGUMENT_NAME:
        text_append(text, argument_name(argument, *(const uint8_t *)at));
        break;
    case ARGUMENT_NUMBERS:
        append_numbers(at, text);
        break;
    case ARGUMENT_ENTRY:
        text_append(text, **(const char *const *const *)at);
        break;
    case ARGUMENT_AXES:
        append_axes(*(const uint8_t *)at, text);
        break;
    }
}

/* Whether one may stand before others without its name: not where its default has no spelling. */
static bool can_be_told(const void *of, const struct argument *argument) {
    return !argument->as || !argument_is_standard(of, argument);
}

void arguments_append_positional(const struct argument_table *table, const void *of, size_t least,
                                 struct text *text) {
    size_t count = table->positional;
    while (count > least && argument_is_standard(of, &table->rows[count - 1]))
        count--;
    for (size_t i = 0; i < count && can_be_told(of, &table->rows[i]); i++) {
        text_append(text, " ");
        argument_append(of, &table->rows[i], text);
    }
}

/* Those behind one without a spelling need their names. */
static bool is_named(const struct argument_table *table, const void *of, size_t at) {
    bool named = at >= table->positional;
    for (size_t i = 0; i < at && i < table->positional; i++)
        named |= !can_be_told(of, &table->rows[i]);
    return named && !argument_is_standard(of, &table->rows[at]);
}

void arguments_append_named(const struct argument_table *table, const void *of, struct text *text) {
    for (size_t i = 0; i < table->count; i++) {
        if (!is_named(table, of, i))
            continue;
        text_printf(text, " %s=", table->rows[i].name);
        argument_append(of, &table->rows[i], text);
    }
}

bool arguments_has_named(const struct argument_table *table, const void *of) {
    bool has = false;
    for (size_t i = 0; i < table->count; i++)
        has |= is_named(table, of, i);
    return has;
}

static void append_bounds(const struct argument *argument, struct text *text) {
    if (argument->minimum > -1e30) {
        text_append(text, argument->minimum_open ? " above " : " from ");
        text_append_double(text, argument->minimum);
    }
    if (argument->maximum >= 1e30) {
        text_append(text, argument->minimum > -1e30 && !argument->minimum_open ? " up" : "");
        return;
    }
    text_append(text, argument->maximum_open ? " to below " : " to ");
    text_append_double(text, argument->maximum);
}

#define NAMES_TOLD 12

static void append_names(const struct argument *argument, struct text *text) {
    const char *name;
    size_t i = 0;
    for (; i < NAMES_TOLD && (name = argument_name(argument, i)); i++)
        text_printf(text, "%s%s", i ? " or " : "", name);
    text_append(text, i == NAMES_TOLD && argument_name(argument, i) ? " and so on" : "");
}

static void append_standard(const struct argument *argument, struct text *text) {
    text_append(text, " (default ");
    if (argument->as)
        text_append(text, argument->as);
    else if (argument->type == ARGUMENT_SWITCH)
        text_append(text, argument->standard != 0 ? "true" : "false");
    else if (argument->type == ARGUMENT_NAME)
        text_append(text, argument_name(argument, (size_t)argument->standard));
    else
        text_append_double(text, argument->standard);
    text_append(text, ")");
}

void argument_append_allowed(const struct argument *argument, struct text *text) {
    static const char *const what[] = {
        [ARGUMENT_WHOLE] = "a whole number",
        [ARGUMENT_REAL] = "a number",
        [ARGUMENT_SWITCH] = "true or false",
        [ARGUMENT_SIZES] =
            "whole numbers, as in 28x28x1 or [28, 28, 1], of which one may be -1 and each else",
        [ARGUMENT_PAIR] = "a whole number or two, as in 3x5 or [3, 5], each",
        [ARGUMENT_MARGINS] =
            "whole numbers, as in 2, 3x5 or 1/2x3/4, which is [[1, 2], [3, 4]], each",
        [ARGUMENT_NUMBERS] = "numbers, as in [3, 5] or 3/5, each",
        [ARGUMENT_AXES] = "axes, as in [1, 2] or 1/2, each"};
    if (argument->type == ARGUMENT_NAME)
        append_names(argument, text);
    else
        text_append(text, what[argument->type]);
    if (argument->type != ARGUMENT_SWITCH && argument->type != ARGUMENT_NAME)
        append_bounds(argument, text);
    if (!isnan(argument->standard))
        append_standard(argument, text);
}

void argument_append_help(const struct argument *argument, struct text *text) {
    text_printf(text, "%s: %s, ", argument->name, argument->help);
    argument_append_allowed(argument, text);
}

void argument_set(void *of, const struct argument *argument, const struct value *value) {
    void *at = argument_at(of, argument);
    if (argument->type == ARGUMENT_WHOLE)
        *(uint32_t *)at = (uint32_t)value->integer;
    else if (argument->type == ARGUMENT_REAL)
        *(double *)at = value->real;
    else if (argument->type == ARGUMENT_SWITCH)
        *(bool *)at = value->boolean;
    else if (argument->type == ARGUMENT_PAIR)
        argument_set_pair(at, (double)value->integer);
    else if (argument->type == ARGUMENT_MARGINS)
        argument_set_margins(at, (double)value->integer);
    else if (argument->type == ARGUMENT_NUMBERS)
        *(struct numbers *)at = (struct numbers){1, {value->real}};
}

static void append_component(const struct component *component, bool usual, struct text *text) {
    const struct component_kind *kind = component->kind;
    struct text words;
    text_init(&words);
    arguments_append_positional(&kind->arguments, component->arguments, usual, &words);
    arguments_append_named(&kind->arguments, component->arguments, &words);
    if (!usual)
        text_append(text, kind->name);
    if (words.length > 0)
        text_append(text, words.data + usual); /* each begins with a space */
    text->failed |= words.failed;
    text_release(&words);
}

void components_append(const struct components *components, struct text *text) {
    const bool several = components->family->most > 1;
    text_append(text, several ? "[" : "");
    for (size_t i = 0; i < components->count; i++) {
        const struct component *component = &components->items[i];
        text_append(text, several ? i ? ", \"" : "\"" : "");
        append_component(component, component->kind == components->family->usual, text);
        text_append(text, several ? "\"" : "");
    }
    text_append(text, several ? "]" : "");
}
