/* Cropping2D and ZeroPadding2D: an image without what stands at its edges, or with zeros around it.
 */
#include "nn/layers/images.h"

#include <string.h>

#define MARGINS(NAME, STANDARD, HELP)                                                              \
    {                                                                                              \
        .name = NAME, .type = ARGUMENT_MARGINS, .offset = offsetof(struct layer_spec, margins),    \
        .standard = (STANDARD), .maximum = IMAGES_SIZE_MAX, .help = (HELP)                         \
    }

static const struct argument cropping_arguments[] = {
    MARGINS("cropping", 0, "rows and columns that are left out at each edge"),
};

static const struct argument padding_arguments[] = {
    MARGINS("padding", 1, "rows and columns of zeros at each edge"),
};

/* Of both edges of the rows, 0, or of the columns, 1. */
static size_t both_ends(const struct layer_spec *spec, size_t axis) {
    return (size_t)spec->margins[axis][0] + spec->margins[axis][1];
}

static const char *cropping_refuses(const struct layer_spec *spec, struct shape input) {
    if (input.rank != 3)
        return images_wanted;
    return both_ends(spec, 0) < input.dims[0] && both_ends(spec, 1) < input.dims[1]
               ? NULL
               : "its cropping leaves nothing of that";
}

static const char *padding_refuses(const struct layer_spec *spec, struct shape input) {
    (void)spec;
    return input.rank == 3 ? NULL : images_wanted;
}

static struct shape cropping_shape(const struct layer_spec *spec, struct shape input) {
    return (struct shape){
        3, {input.dims[0] - both_ends(spec, 0), input.dims[1] - both_ends(spec, 1), input.dims[2]}};
}

static struct shape padding_shape(const struct layer_spec *spec, struct shape input) {
    return (struct shape){
        3, {input.dims[0] + both_ends(spec, 0), input.dims[1] + both_ends(spec, 1), input.dims[2]}};
}

/* Where a row of the image within the margins begins in the one with them. */
static size_t place_of(const struct layer_spec *spec, struct shape whole, size_t row) {
    return ((spec->margins[0][0] + row) * whole.dims[1] + spec->margins[1][0]) * whole.dims[2];
}

/* Copy what is within the margins of an image, and to there. */
static void take_inner(const struct layer_spec *spec, struct shape whole, struct shape inner,
                       const float *from, float *to) {
    const size_t floats = inner.dims[1] * inner.dims[2];
    for (size_t row = 0; row < inner.dims[0]; row++)
        memcpy(to + row * floats, from + place_of(spec, whole, row), floats * sizeof *to);
}

static void put_inner(const struct layer_spec *spec, struct shape whole, struct shape inner,
                      const float *from, float *to) {
    const size_t floats = inner.dims[1] * inner.dims[2];
    for (size_t row = 0; row < inner.dims[0]; row++)
        memcpy(to + place_of(spec, whole, row), from + row * floats, floats * sizeof *to);
}

static void forward_cropping(struct layer *layer, const struct layer_pass *pass) {
    for (size_t row = 0; row < pass->rows; row++) {
        float *z = layer->z + row * layer->stride;
        take_inner(layer->spec, layer->input, layer->output, layer->x + row * layer->input_stride,
                   z);
        layer_clear_padding(z, layer->units, layer->stride);
    }
}

static void backward_cropping(struct layer *layer, const struct layer_pass *pass) {
    if (!layer->input_delta)
        return;
    images_clear_input_delta(layer, pass->rows);
    for (size_t row = 0; row < pass->rows; row++)
        put_inner(layer->spec, layer->input, layer->output, layer->delta + row * layer->stride,
                  layer->input_delta + row * layer->input_stride);
}

static void forward_padding(struct layer *layer, const struct layer_pass *pass) {
    memset(layer->z, 0, pass->rows * layer->stride * sizeof *layer->z);
    for (size_t row = 0; row < pass->rows; row++)
        put_inner(layer->spec, layer->output, layer->input, layer->x + row * layer->input_stride,
                  layer->z + row * layer->stride);
}

static void backward_padding(struct layer *layer, const struct layer_pass *pass) {
    if (!layer->input_delta)
        return;
    images_clear_input_delta(layer, pass->rows);
    for (size_t row = 0; row < pass->rows; row++)
        take_inner(layer->spec, layer->output, layer->input, layer->delta + row * layer->stride,
                   layer->input_delta + row * layer->input_stride);
}

const struct layer_kind layer_cropping2d = {
    .name = "Cropping2D",
    .help = "an image without what stands at its edges",
    .arguments = cropping_arguments,
    .argument_count = sizeof cropping_arguments / sizeof *cropping_arguments,
    .positional = 1,
    .refuses = cropping_refuses,
    .shape = cropping_shape,
    .forward = forward_cropping,
    .backward = backward_cropping,
};

const struct layer_kind layer_zero_padding2d = {
    .name = "ZeroPadding2D",
    .help = "an image with zeros around it",
    .arguments = padding_arguments,
    .argument_count = sizeof padding_arguments / sizeof *padding_arguments,
    .positional = 1,
    .refuses = padding_refuses,
    .shape = padding_shape,
    .forward = forward_padding,
    .backward = backward_padding,
};
