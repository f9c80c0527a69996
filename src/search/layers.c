#include "search/layers.h"

#include <math.h>

static void append_sizes(const struct sizes *sizes, struct text *text) {
    for (size_t i = 0; i < SHAPE_RANK_MAX - 1 && sizes->dims[i] > 0; i++)
        text_printf(text, "%s%u", i ? "x" : "", sizes->dims[i]);
}

/* 3, or 3x5. */
static void append_pair(const uint16_t *pair, struct text *text) {
    text_printf(text, "%u", pair[0]);
    if (pair[1] != pair[0])
        text_printf(text, "x%u", pair[1]);
}

static void append_argument(const struct layer_spec *layer, const struct layer_argument *argument,
                            struct text *text) {
    const void *at = layer_argument_of(layer, argument);
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
    case ARGUMENT_NAME:
        text_append(text, argument->names[*(const uint8_t *)at]);
        break;
    }
}

/* Whether an argument has its default. */
static bool is_standard(const struct layer_spec *layer, const struct layer_argument *argument) {
    const void *at = layer_argument_of(layer, argument);
    switch (argument->type) {
    case ARGUMENT_WHOLE:
        return (double)*(const uint32_t *)at == argument->standard;
    case ARGUMENT_REAL:
        return *(const double *)at == argument->standard;
    case ARGUMENT_SWITCH:
        return *(const bool *)at == (argument->standard != 0);
    case ARGUMENT_PAIR:
        return ((const uint16_t *)at)[0] == argument->standard &&
               ((const uint16_t *)at)[1] == argument->standard;
    case ARGUMENT_NAME:
        return *(const uint8_t *)at == argument->standard;
    case ARGUMENT_SIZES:
        break;
    }
    return false;
}

/* How many of the arguments that may stand without their names are told. */
static size_t told_in_order(const struct layer_spec *layer) {
    size_t count = layer->kind->positional;
    while (count > 0 && is_standard(layer, &layer->kind->arguments[count - 1]))
        count--;
    return count;
}

static void append_named(const struct layer_spec *layer, struct text *text) {
    for (size_t i = layer->kind->positional; i < layer->kind->argument_count; i++) {
        const struct layer_argument *argument = &layer->kind->arguments[i];
        if (is_standard(layer, argument))
            continue;
        text_printf(text, " %s=", argument->name);
        append_argument(layer, argument, text);
    }
}

static bool has_named(const struct layer_spec *layer) {
    bool has = false;
    for (size_t i = layer->kind->positional; i < layer->kind->argument_count; i++)
        has |= !is_standard(layer, &layer->kind->arguments[i]);
    return has;
}

static void append_words(const struct layer_spec *layer, struct text *text) {
    char word[LAYER_WORD_MAX];
    const bool activation = layer->kind == &layer_activation;
    const size_t count = told_in_order(layer);
    text_append(text, activation ? layer->activation->name : layer_kind_word(layer->kind, word));
    if (activation && !isnan(layer->activation_parameter)) {
        text_append(text, " ");
        text_append_double(text, layer->activation_parameter);
    }
    for (size_t i = 0; i < count; i++) {
        text_append(text, " ");
        append_argument(layer, &layer->kind->arguments[i], text);
    }
    if (!activation && layer->activation)
        text_printf(text, " %s", layer->activation->name);
    append_named(layer, text);
}

static void append_layer(const struct layer_spec *layer, struct text *text) {
    if (layer->kind == &layer_dense && !has_named(layer)) {
        if (layer->activation)
            text_printf(text, "\"%u %s\"", layer->units, layer->activation->name);
        else
            text_printf(text, "%u", layer->units);
        return;
    }
    text_append(text, "\"");
    append_words(layer, text);
    text_append(text, "\"");
}

void layers_append(const struct hidden_layers *layers, struct text *text) {
    text_append(text, "[");
    for (size_t i = 0; i < layers->count; i++) {
        text_append(text, i ? ", " : "");
        append_layer(&layers->items[i], text);
    }
    text_append(text, "]");
}

bool layers_needless(const struct hidden_layers *layers, size_t index) {
    return layers->items[index].kind == &layer_flatten &&
           (index + 1 == layers->count || layers->items[index + 1].kind == &layer_dense);
}

const char *layers_refuse(const struct hidden_layers *layers, struct shape input, size_t *index,
                          struct shape *given) {
    const char *reason = NULL;
    for (*index = 0, *given = input; !reason && *index < layers->count; ++*index) {
        const struct layer_spec *layer = &layers->items[*index];
        if (layer->kind->refuses && (reason = layer->kind->refuses(layer, *given)))
            break;
        *given = layer_shape(layer, *given);
    }
    return reason;
}

static void append_bounds(const struct layer_argument *argument, struct text *text) {
    text_append(text, " from ");
    text_append_double(text, argument->minimum);
    if (argument->maximum >= 1e30) {
        text_append(text, " up");
        return;
    }
    text_append(text, argument->maximum_open ? " to below " : " to ");
    text_append_double(text, argument->maximum);
}

static void append_names(const struct layer_argument *argument, struct text *text) {
    for (size_t i = 0; argument->names[i]; i++)
        text_printf(text, "%s%s", i ? " or " : "", argument->names[i]);
}

void layers_append_allowed(const struct layer_argument *argument, struct text *text) {
    static const char *const what[] = {[ARGUMENT_WHOLE] = "a whole number",
                                       [ARGUMENT_REAL] = "a number",
                                       [ARGUMENT_SWITCH] = "true or false",
                                       [ARGUMENT_SIZES] = "whole numbers, as in 28x28x1, each",
                                       [ARGUMENT_PAIR] = "a whole number or two, as in 3x5, each"};
    if (argument->type == ARGUMENT_NAME)
        append_names(argument, text);
    else
        text_append(text, what[argument->type]);
    if (argument->type != ARGUMENT_SWITCH && argument->type != ARGUMENT_NAME)
        append_bounds(argument, text);
    if (isnan(argument->standard))
        return;
    text_append(text, " (default ");
    if (argument->type == ARGUMENT_SWITCH)
        text_append(text, argument->standard != 0 ? "true" : "false");
    else if (argument->type == ARGUMENT_NAME)
        text_append(text, argument->names[(size_t)argument->standard]);
    else if (argument->as)
        text_append(text, argument->as);
    else
        text_append_double(text, argument->standard);
    text_append(text, ")");
}

void layers_set_argument(struct layer_spec *layer, const struct layer_argument *argument,
                         const struct value *value) {
    void *at = layer_argument_at(layer, argument);
    if (argument->type == ARGUMENT_WHOLE)
        *(uint32_t *)at = (uint32_t)value->integer;
    else if (argument->type == ARGUMENT_REAL)
        *(double *)at = value->real;
    else if (argument->type == ARGUMENT_SWITCH)
        *(bool *)at = value->boolean;
    else if (argument->type == ARGUMENT_PAIR)
        layer_set_pair(at, (double)value->integer);
}
