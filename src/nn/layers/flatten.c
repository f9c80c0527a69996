/* Flatten: an image's numbers in one dimension, row by row, as they stand in memory. */
#include "nn/layer.h"

static struct shape shape(const struct layer_spec *spec, struct shape input) {
    (void)spec;
    return shape_vector(shape_size(input));
}

const struct layer_kind layer_flatten = {
    .name = "Flatten",
    .help = "an image as one row of numbers; a dense layer does that by itself",
    .shape = shape,
    .in_place = true,
};
