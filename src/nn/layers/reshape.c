/* Reshape: the same numbers, in the same order, in another shape. */
#include "nn/layer.h"

static const struct argument arguments[] = {
    {.name = "target_shape",
     .type = ARGUMENT_SIZES,
     .offset = offsetof(struct layer_spec, target_shape),
     .standard = ARGUMENT_REQUIRED,
     .minimum = 1,
     .maximum = 65536,
     .help = "rows x columns x channels, or fewer dimensions"},
};

static struct shape shape(const struct layer_spec *spec, struct shape input) {
    struct shape shape = {0};
    (void)input;
    while (shape.rank < SHAPE_RANK_MAX - 1 && spec->target_shape.dims[shape.rank] > 0) {
        shape.dims[shape.rank] = spec->target_shape.dims[shape.rank];
        shape.rank++;
    }
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
