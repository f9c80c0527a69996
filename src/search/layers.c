#include "search/layers.h"

#include "search/arguments.h"

#include <math.h>

static void append_words(const struct layer_spec *layer, struct text *text) {
    char word[LAYER_WORD_MAX];
    const bool activation = layer->kind == &layer_activation;
    const struct argument_table table = layer_arguments(layer->kind);
    text_append(text, activation ? layer->activation->name : layer_kind_word(layer->kind, word));
    if (activation && !isnan(layer->activation_parameter)) {
        text_append(text, " ");
        text_append_double(text, layer->activation_parameter);
    }
    arguments_append_positional(&table, layer, 0, text);
    if (!activation && layer->activation)
        text_printf(text, " %s", layer->activation->name);
    arguments_append_named(&table, layer, text);
}

static void append_layer(const struct layer_spec *layer, struct text *text) {
    const struct argument_table table = layer_arguments(layer->kind);
    if (layer->kind == &layer_dense && !arguments_has_named(&table, layer)) {
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
        if (layer->kind->merges && layer->input_count < 2)
            reason = "it takes two inputs or more";
        if (reason || (layer->kind->refuses && (reason = layer->kind->refuses(layer, *given))))
            break;
        *given = layer_shape(layer, *given);
    }
    return reason;
}
