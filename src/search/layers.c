#include "search/layers.h"

#include "search/arguments.h"

#include "nn/named_input.h"
#include "nn/named_output.h"

#include <math.h>
#include <string.h>

/* " loss=mean_squared_error target=0/1/0/1 metrics=precision/recall" */
static void append_output(const struct named_output *output, struct text *text) {
    text_printf(text, " loss=%s", output->loss->name);
    if (output->target)
        text_printf(text, " target=%s", output->target);
    for (size_t i = 0; i < output->mapped; i++)
        text_printf(text, "%s%u", i ? "/" : " target=", output->map[i]);
    for (size_t i = 0; i < output->metric_count; i++)
        text_printf(text, "%s%s", i ? "/" : " metrics=", output->metrics[i]->name);
}

/* " meta shape=28x28x1" */
static void append_input(const struct named_input *input, struct text *text) {
    text_printf(text, " %s", input->name);
    for (size_t i = 0; i < input->shape.rank; i++)
        text_printf(text, "%s%zu", i ? "x" : " shape=", input->shape.dims[i]);
}

/* " leaky_relu negative_slope=0.3": a layer's activation with what is its own. */
static void append_activation(const struct layer_spec *layer, struct text *text) {
    const struct argument_table learned = layer_learned_arguments(layer->activation);
    if (!layer->activation)
        return;
    text_printf(text, " %s", layer->activation->name);
    if (!isnan(layer->activation_parameter)) {
        text_printf(text, " %s=", hyperparameter_of_activation(layer->activation)->name);
        text_append_double(text, layer->activation_parameter);
    }
    arguments_append_named(&learned, layer, text);
}

static void append_words(const struct layer_spec *layer, struct text *text) {
    char word[LAYER_WORD_MAX];
    const bool activation = layer->kind == &layer_activation;
    const struct argument_table table = layer_arguments(layer->kind);
    const struct argument_table learned = layer_learned_arguments(layer->activation);
    text_append(text, activation ? layer->activation->name : layer_kind_word(layer->kind, word));
    if (activation && !isnan(layer->activation_parameter)) {
        text_append(text, " ");
        text_append_double(text, layer->activation_parameter);
    }
    if (activation)
        arguments_append_named(&learned, layer, text);
    if (layer->kind == &layer_output)
        text_printf(text, " %s", layer->output->name);
    arguments_append_positional(&table, layer, 0, text);
    if (!activation)
        append_activation(layer, text);
    arguments_append_named(&table, layer, text);
    if (layer->kind == &layer_output)
        append_output(layer->output, text);
    if (layer->kind == &layer_input_layer)
        append_input(layer->input, text);
}

/* " inputs=1,2" */
static void append_inputs(const struct layer_spec *layer, struct text *text) {
    for (size_t k = 0; k < layer->input_count; k++)
        text_printf(text, "%s%u", k == 0 ? " inputs=" : ",", layer->inputs[k]);
}

static void append_layer(const struct layer_spec *layer, struct text *text) {
    const struct argument_table table = layer_arguments(layer->kind);
    if (layer->shared) {
        text_printf(text, "\"shared %u", layer->shared);
        append_inputs(layer, text);
        text_append(text, "\"");
        return;
    }
    const bool words = layer->kind != &layer_dense || arguments_has_named(&table, layer);
    const bool number = !words && !layer->activation && layer->input_count == 0;
    text_append(text, number ? "" : "\"");
    if (words)
        append_words(layer, text);
    else
        text_printf(text, "%u", layer->units);
    if (!words)
        append_activation(layer, text);
    append_inputs(layer, text);
    text_append(text, number ? "" : "\"");
}

void layers_append(const struct hidden_layers *layers, struct text *text) {
    text_append(text, "[");
    for (size_t i = 0; i < layers->count; i++) {
        text_append(text, i ? ", " : "");
        append_layer(&layers->items[i], text);
    }
    text_append(text, "]");
}

bool layers_are_chain(const struct hidden_layers *layers) {
    bool chain = true;
    for (size_t i = 0; i < layers->count; i++)
        chain = chain && layers->items[i].input_count == 0 && !layers->items[i].shared &&
                layers->items[i].kind != &layer_output &&
                layers->items[i].kind != &layer_input_layer;
    return chain;
}

bool layers_have_outputs(const struct hidden_layers *layers) {
    return layers->count > 0 && layers->items[layers->count - 1].kind == &layer_output;
}

bool layers_is_output(const struct hidden_layers *layers, size_t index) {
    bool output = false, hidden = !layers_have_outputs(layers);
    for (size_t i = index + 1; !hidden && i < layers->count; i++)
        for (size_t k = 0; k < layer_source_count(&layers->items[i]); k++)
            if (layer_source(&layers->items[i], i, k) == index + 1) {
                output |= layers->items[i].kind == &layer_output;
                hidden |= layers->items[i].kind != &layer_output;
            }
    return output && !hidden;
}

const struct hidden_layers *layers_as_in_keras(const struct hidden_layers *layers,
                                               struct arena *arena) {
    struct hidden_layers *copy = NULL;
    for (size_t i = 0; i < layers->count; i++) {
        if (layers->places[i].number || layers->items[i].activation ||
            !layer_has_kernel(&layers->items[i]) || layers_is_output(layers, i))
            continue;
        if (!copy && !(copy = ARENA_NEW(arena, struct hidden_layers, 1)))
            return NULL;
        if (copy->count == 0)
            *copy = *layers;
        copy->items[i].activation = activation_find("linear");
        copy->places[i].plain = true;
    }
    return copy ? copy : layers;
}

struct layer_spec layers_at(const struct hidden_layers *layers, size_t index) {
    const struct layer_spec *own = &layers->items[index];
    struct layer_spec layer = own->shared ? layers->items[own->shared - 1] : *own;
    layer.shared = own->shared;
    layer.input_count = own->input_count;
    memcpy(layer.inputs, own->inputs, sizeof own->inputs);
    return layer;
}

void layers_settle(struct hidden_layers *layers) {
    for (size_t i = 0; i < layers->count; i++) {
        const struct argument_table table = layer_arguments(layers->items[i].kind);
        layers->items[i] = layers_at(layers, i);
        arguments_drop_defaults(&table, &layers->items[i]);
    }
}

bool layers_needless(const struct hidden_layers *layers, size_t index) {
    return layers->items[index].kind == &layer_flatten && layers_are_chain(layers) &&
           (index + 1 == layers->count || layers->items[index + 1].kind == &layer_dense);
}

bool layers_have_inputs(const struct hidden_layers *layers) {
    bool has = false;
    for (size_t i = 0; i < layers->count; i++)
        has |= layers->items[i].kind == &layer_input_layer;
    return has;
}

bool layer_reads_array(const struct layer_spec *layer) {
    return layer->kind == &layer_input_layer && strcmp(layer->input->name, INPUT_IMAGE) != 0;
}

struct shape layers_input(const struct hidden_layers *layers, struct shape image) {
    size_t numbers = shape_size(image);
    for (size_t i = 0; i < layers->count; i++)
        if (layer_reads_array(&layers->items[i]))
            numbers += shape_size(layers->items[i].input->shape);
    return layers_have_inputs(layers) ? shape_vector(numbers) : image;
}

static const char *refuse(const struct hidden_layers *layers, size_t index,
                          const struct shape *values, struct shape *given) {
    const struct layer_spec layer = layers_at(layers, index);
    struct shape merged;
    const char *reason = layer_refusal(&layer, index, values, &merged);
    memset(given, 0, LAYER_INPUTS_MAX * sizeof *given);
    for (size_t k = 0; k < layer_source_count(&layer); k++)
        given[k] = values[layer_source(&layer, index, k)];
    if (reason)
        return reason;
    if (layer.kind->merges && layer.input_count < 2)
        return "it takes two inputs or more";
    if (!layer.shared)
        return layer_excess(&layer, merged);
    struct shape owners;
    const struct layer_spec owner = layers_at(layers, layer.shared - 1);
    layer_refusal(&owner, layer.shared - 1, values, &owners);
    return shape_equal(owners, merged) ? NULL
                                       : "its input must have the shape of that of the layer "
                                         "which it is again";
}

/* Up to a layer; *index is that of one that can't take what comes into it. */
static const char *find_shapes(const struct hidden_layers *layers, size_t end, struct shape *values,
                               size_t *index, struct shape given[LAYER_INPUTS_MAX]) {
    for (*index = 0; *index < end; ++*index) {
        const char *reason = refuse(layers, *index, values, given);
        if (reason)
            return reason;
        const struct layer_spec layer = layers_at(layers, *index);
        layer_refusal(&layer, *index, values, given);
        values[*index + 1] = layer_shape(&layer, *given);
    }
    return NULL;
}

const char *layers_refuse(const struct hidden_layers *layers, struct shape input, size_t *index,
                          struct shape given[LAYER_INPUTS_MAX]) {
    struct shape values[LAYERS_MAX + 1] = {layers_input(layers, input)};
    return find_shapes(layers, layers->count, values, index, given);
}

size_t layers_units(const struct hidden_layers *layers, size_t index, struct shape input) {
    struct shape values[LAYERS_MAX + 1] = {layers_input(layers, input)}, given[LAYER_INPUTS_MAX];
    size_t at;
    find_shapes(layers, index + 1, values, &at, given);
    return shape_size(values[index + 1]);
}
