#include "nn/layer_kind.h"

const struct layer_kind *const layer_kinds[] = {&layer_dense, &layer_activation, &layer_dropout};
const size_t layer_kind_count = sizeof layer_kinds / sizeof *layer_kinds;

struct shape layer_shape(const struct layer_spec *spec, struct shape input) {
    return spec->kind->shape ? spec->kind->shape(spec, input) : input;
}

size_t layer_list_arrays(const struct layer_spec *spec, struct shape input,
                         struct layer_array arrays[LAYER_ARRAYS_MAX]) {
    size_t count = spec->kind->arrays ? spec->kind->arrays(spec, input, arrays) : 0;
    if (spec->activation && spec->activation->learned)
        arrays[count++] = (struct layer_array){.name = "alpha",
                                               .shape = layer_shape(spec, input),
                                               .initializer = &initializers[INITIALIZER_ZEROS]};
    return count;
}

struct layer_counts layer_count(const struct layer_spec *spec, struct shape input) {
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    const size_t count = layer_list_arrays(spec, input, arrays);
    struct layer_counts counts = {0};
    for (size_t i = 0; i < count; i++) {
        counts.weights += arrays[i].role == ARRAY_WEIGHTS ? shape_size(arrays[i].shape) : 0;
        counts.state += arrays[i].role == ARRAY_STATE ? shape_size(arrays[i].shape) : 0;
    }
    return counts;
}
