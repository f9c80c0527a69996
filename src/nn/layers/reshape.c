/* Reshape: the same numbers, in the same order, in another shape. */
#include "nn/layer.h"

static const struct argument arguments[] = {
    {.name = "target_shape",
     .type = ARGUMENT_SIZES,
     .offset = offsetof(struct layer_spec, target_shape),
     .standard = ARGUMENT_REQUIRED,
     .minimum = 1,
     .maximum = 65536,
     .help =
         "rows x columns x channels, or fewer dimensions; one may be -1, for as many as there are"},
};

static struct shape shape(const struct layer_spec *spec, struct shape input) {
    const uint32_t *dims = spec->target_shape.dims;
    struct shape shape = {0};
    size_t known = 1;
    for (size_t i = 0; i < SIZES_MAX && dims[i] > 0; i++)
        known *= dims[i] == SIZE_INFERRED ? 1 : dims[i];
    for (; shape.rank < SIZES_MAX && dims[shape.rank] > 0; shape.rank++)
        shape.dims[shape.rank] =
            dims[shape.rank] == SIZE_INFERRED ? shape_size(input) / known : dims[shape.rank];
    return shape;
}

static const char *refuses(const struct layer_spec *spec, struct shape input) {
    return shape_size(shape(spec, input)) == shape_size(input)
               ? NULL
               : "it must have as many numbers as what comes in";
}

const struct layer_kind layer_reshape = {
    .name = "Reshape",
    .help = "the same numbers in another shape",
    .arguments = arguments,
    .argument_count = sizeof arguments / sizeof *arguments,
    .positional = 1,
    .refuses = refuses,
    .shape = shape,
    .in_place = true,
};
