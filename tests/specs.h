/* Layers of networks in tests. */
#ifndef SWEEP_TESTS_SPECS_H
#define SWEEP_TESTS_SPECS_H

#include "base/random.h"
#include "nn/spec.h"

static inline struct layer_spec dense(size_t units, const struct activation *activation) {
    struct layer_spec spec = layer_standard(&layer_dense);
    spec.units = (uint32_t)units;
    spec.activation = activation;
    spec.activation_parameter = 0;
    return spec;
}

/* Whether a kind takes images only. */
static inline bool takes_images(const struct layer_kind *kind) {
    const struct layer_spec spec = layer_standard(kind);
    return kind != &layer_reshape && kind->refuses && kind->refuses(&spec, shape_vector(7));
}

/* A layer of a kind, whose arguments without default have values of some kind. */
static inline struct layer_spec example_layer(const struct layer_kind *kind, struct shape input) {
    struct layer_spec spec = layer_standard(kind);
    for (size_t i = 0; i < kind->argument_count; i++) {
        const struct argument *argument = &kind->arguments[i];
        if (argument->standard == argument->standard)
            continue;
        if (argument->type == ARGUMENT_WHOLE)
            *(uint32_t *)argument_at(&spec, argument) = 5;
        if (argument->type == ARGUMENT_PAIR)
            for (size_t axis = 0; axis < 2; axis++)
                ((uint16_t *)argument_at(&spec, argument))[axis] = 2;
        if (argument->type == ARGUMENT_REAL)
            *(double *)argument_at(&spec, argument) = 0.2;
    }
    if (kind == &layer_activation)
        spec.activation = activation_find("tanh");
    if (kind == &layer_reshape)
        spec.target_shape = (struct sizes){{1, (uint32_t)shape_size(input)}};
    return spec;
}

/* Have a layer read a value more. */
static inline void read_value(struct layer_spec *layer, size_t value) {
    layer->inputs[layer->input_count++] = (uint8_t)value;
}

static inline uint32_t graph_bits(uint64_t at, uint32_t stream) {
    return random_block((struct random_source){19, RANDOM_TEST, stream}, at).word[0];
}

/* A layer of a drawn graph: dense, one of those before it once more, a merge of two or three
 * values, or another that keeps the shape; each reads any value before it from `lowest` on. */
static inline struct layer_spec graph_layer(uint64_t at, size_t index, size_t lowest,
                                            size_t width) {
    static const struct layer_kind *const merges[] = {&layer_add,     &layer_subtract,
                                                      &layer_average, &layer_multiply,
                                                      &layer_maximum, &layer_minimum};
    const struct activation *activation = activation_find(graph_bits(at, 1) % 2 ? "tanh" : "prelu");
    const uint32_t choice = graph_bits(at, 2) % 8;
    struct layer_spec layer = dense(width, activation);
    size_t count = 1;
    if (choice < 3) {
        layer = layer_standard(merges[graph_bits(at, 3) % 6]);
        count = layer.kind == &layer_subtract ? 2 : 2 + graph_bits(at, 4) % 2;
    }
    if (choice == 3)
        layer = layer_standard(graph_bits(at, 5) % 2 ? &layer_flatten : &layer_layer_normalization);
    if (choice == 4)
        layer = layer_standard(&layer_batch_normalization);
    if (choice == 5)
        layer = (struct layer_spec){.kind = &layer_dropout, .rate = 0.2};
    for (size_t k = 0; k < count; k++)
        read_value(&layer, lowest + graph_bits(at, 6 + (uint32_t)k) % (index + 1 - lowest));
    return layer;
}

/* Draw a graph of `count` layers, at most LAYER_INPUTS_MAX, and the output layer, which reads all
 * that no other one reads. */
static inline void draw_graph(struct network_spec *spec, uint64_t at, size_t count, size_t width,
                              const struct layer_spec *output) {
    const size_t lowest = !shape_equal(spec->input, shape_vector(width));
    struct layer_spec joined = layer_standard(&layer_concatenate);
    spec->layers[0] = dense(width, activation_find("tanh"));
    for (spec->layer_count = 1; spec->layer_count < count; spec->layer_count++) {
        const size_t i = spec->layer_count;
        size_t from = graph_bits(at * 64 + i, 9) % i;
        while (from > 0 && (spec->layers[from].kind != &layer_dense || spec->layers[from].shared))
            from--;
        struct layer_spec *layer = &spec->layers[i];
        *layer = graph_layer(at * 64 + i, i, lowest, width);
        if (layer->kind == &layer_dense && from > 0) {
            layer->activation = spec->layers[from].activation;
            layer->shared = (uint8_t)(from + 1);
        }
    }
    for (size_t value = 1; value <= count; value++)
        if (network_readers(spec, value) == 0)
            read_value(&joined, value);
    spec->layers[spec->layer_count++] = joined;
    spec->layers[spec->layer_count++] = *output;
}

/* Put a dropout layer after each layer but the last, as the hyperparameter `dropout` does. */
static inline void add_dropout(struct network_spec *spec, double rate) {
    const size_t count = spec->layer_count;
    for (size_t i = count; i-- > 0;) {
        spec->layers[2 * i] = spec->layers[i];
        if (i + 1 < count)
            spec->layers[2 * i + 1] = (struct layer_spec){.kind = &layer_dropout, .rate = rate};
    }
    spec->layer_count = 2 * count - 1;
}

#endif
