/* What layers that normalise share: arguments, and the arrays gamma and beta, which are there where
 * `scale` and `center` say so, in this order.
 *
 * An image's values are vectors of `channels` numbers, as long as the last dimension, one after the
 * other. */
#ifndef SWEEP_NN_LAYERS_NORMALIZATION_H
#define SWEEP_NN_LAYERS_NORMALIZATION_H

#include "nn/layers/kernels.h"

#define NORMALIZATION_ARGUMENTS                                                                    \
    {.name = "epsilon",                                                                            \
     .type = ARGUMENT_REAL,                                                                        \
     .offset = offsetof(struct layer_spec, epsilon),                                               \
     .standard = 1e-3,                                                                             \
     .maximum = 1e30,                                                                              \
     .help = "added to the variance"},                                                             \
        {.name = "center",                                                                         \
         .type = ARGUMENT_SWITCH,                                                                  \
         .offset = offsetof(struct layer_spec, center),                                            \
         .standard = true,                                                                         \
         .help = "whether beta is added"},                                                         \
        {.name = "scale",                                                                          \
         .type = ARGUMENT_SWITCH,                                                                  \
         .offset = offsetof(struct layer_spec, scale),                                             \
         .standard = true,                                                                         \
         .help = "whether it multiplies by gamma"},                                                \
        INITIALIZER_ROW("beta_initializer", bias_initializer, INITIALIZER_ZEROS, NULL,             \
                        "how beta starts"),                                                        \
        INITIALIZER_ROW("gamma_initializer", kernel_initializer, INITIALIZER_ONES, NULL,           \
                        "how gamma starts")

/* List gamma and beta, and return how many there are. */
size_t normalization_arrays(const struct layer_spec *spec, size_t channels,
                            struct layer_array *arrays);

static inline size_t channels_of(const struct layer *layer) {
    return shape_columns(layer->input);
}

static inline float *gamma_in(const struct layer *layer, float *const *arrays) {
    return layer->spec->scale ? arrays[0] : NULL;
}

static inline float *beta_in(const struct layer *layer, float *const *arrays) {
    return layer->spec->center ? arrays[layer->spec->scale] : NULL;
}

#endif
