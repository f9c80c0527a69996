#include "nn/layers/normalization.h"

size_t normalization_arrays(const struct layer_spec *spec, size_t channels,
                            struct layer_array *arrays) {
    size_t count = 0;
    if (spec->scale)
        arrays[count++] =
            (struct layer_array){.name = "gamma",
                                 .shape = shape_vector(channels),
                                 .initializer = &initializers[spec->kernel_initializer]};
    if (spec->center)
        arrays[count++] =
            (struct layer_array){.name = "beta",
                                 .shape = shape_vector(channels),
                                 .initializer = &initializers[spec->bias_initializer]};
    return count;
}
