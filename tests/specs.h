/* Layers of networks in tests. */
#ifndef SWEEP_TESTS_SPECS_H
#define SWEEP_TESTS_SPECS_H

#include "nn/spec.h"

static inline struct layer_spec dense(size_t units, const struct activation *activation) {
    return (struct layer_spec){.kind = &layer_dense, .units = units, .activation = activation};
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
