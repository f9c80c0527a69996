/* Layers of networks in tests. */
#ifndef SWEEP_TESTS_SPECS_H
#define SWEEP_TESTS_SPECS_H

#include "nn/spec.h"

static inline struct layer_spec dense(size_t units, const struct activation *activation) {
    return (struct layer_spec){
        .kind = &layer_dense, .units = (uint32_t)units, .activation = activation, .use_bias = true};
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
