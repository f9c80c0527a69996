/* MaxPooling2D and AveragePooling2D: the largest, or the mean, of what a window over each channel
 * sees; and GlobalMaxPooling2D and GlobalAveragePooling2D, whose window is the whole image. */
#include "math/pooling.h"
#include "nn/layers/images.h"

enum { LARGEST };

static const struct argument arguments[] = {
    IMAGES_PAIR("pool_size", window_size, 2, "rows x columns of the window"),
    {.name = "strides",
     .type = ARGUMENT_PAIR,
     .offset = offsetof(struct layer_spec, strides),
     .minimum = 1,
     .maximum = IMAGES_SIZE_MAX,
     .as = "pool_size",
     .help = "places from one window to the next"},
    IMAGES_PADDING,
};

static const struct argument global_arguments[] = {
    {.name = "keepdims",
     .type = ARGUMENT_SWITCH,
     .offset = offsetof(struct layer_spec, keepdims),
     .standard = false,
     .help = "whether the outputs are an image of 1 x 1"},
};

static struct shape shape(const struct layer_spec *spec, struct shape input) {
    return images_shape(spec, input, input.dims[2]);
}

static const char *global_refuses(const struct layer_spec *spec, struct shape input) {
    (void)spec;
    return input.rank == 3 ? NULL : images_wanted;
}

static struct shape global_shape(const struct layer_spec *spec, struct shape input) {
    return spec->keepdims ? (struct shape){3, {1, 1, input.dims[2]}} : shape_vector(input.dims[2]);
}

static struct window window_of(const struct layer *layer) {
    const struct shape input = layer->input;
    if (layer->spec->window_size[0] > 0)
        return images_window(layer->spec, input);
    return (struct window){window_axis(input.dims[0], input.dims[0], 1, 1, false),
                           window_axis(input.dims[1], input.dims[1], 1, 1, false), input.dims[2]};
}

static size_t arrays(const struct layer_spec *spec, struct shape input,
                     struct layer_array *arrays) {
    arrays[LARGEST] = (struct layer_array){
        .name = "largest", .role = ARRAY_BATCH, .shape = layer_shape(spec, input)};
    return 1;
}

static void forward_largest(struct layer *layer, const struct layer_pass *pass) {
    const struct window window = window_of(layer);
    for (size_t row = 0; row < pass->rows; row++) {
        float *z = layer->z + row * layer->stride;
        pooling_largest(&window, layer->x + row * layer->input_stride, z,
                        layer->values[LARGEST] + row * layer->stride);
        layer_clear_padding(z, layer->units, layer->stride);
    }
}

static void backward_largest(struct layer *layer, const struct layer_pass *pass) {
    const struct window window = window_of(layer);
    if (!layer->input_delta)
        return;
    images_clear_input_delta(layer, pass->rows);
    for (size_t row = 0; row < pass->rows; row++)
        pooling_largest_back(&window, layer->delta + row * layer->stride,
                             layer->values[LARGEST] + row * layer->stride,
                             layer->input_delta + row * layer->input_stride);
}

static size_t scratch(const struct layer_spec *spec, struct shape input) {
    (void)spec;
    return PAD_TO_LANES(input.dims[2]);
}

static void forward_mean(struct layer *layer, const struct layer_pass *pass) {
    const struct window window = window_of(layer);
    for (size_t row = 0; row < pass->rows; row++) {
        float *z = layer->z + row * layer->stride;
        pooling_mean(&window, layer->x + row * layer->input_stride, z, layer->scratch);
        layer_clear_padding(z, layer->units, layer->stride);
    }
}

static void backward_mean(struct layer *layer, const struct layer_pass *pass) {
    const struct window window = window_of(layer);
    if (!layer->input_delta)
        return;
    images_clear_input_delta(layer, pass->rows);
    for (size_t row = 0; row < pass->rows; row++)
        pooling_mean_back(&window, layer->delta + row * layer->stride,
                          layer->input_delta + row * layer->input_stride);
}

#define WINDOWED                                                                                   \
    .arguments = arguments, .argument_count = sizeof arguments / sizeof *arguments,                \
    .positional = 2, .refuses = images_refuse, .shape = shape
#define GLOBAL                                                                                     \
    .arguments = global_arguments,                                                                 \
    .argument_count = sizeof global_arguments / sizeof *global_arguments,                          \
    .refuses = global_refuses, .shape = global_shape
#define OF_LARGEST .arrays = arrays, .forward = forward_largest, .backward = backward_largest
#define OF_MEAN .scratch = scratch, .forward = forward_mean, .backward = backward_mean

const struct layer_kind layer_max_pooling2d = {.name = "MaxPooling2D",
                                               .aliases = {"max_pool2d", "max_pool"},
                                               .help = "the largest value that a window sees",
                                               WINDOWED,
                                               OF_LARGEST};

const struct layer_kind layer_average_pooling2d = {.name = "AveragePooling2D",
                                                   .aliases = {"avg_pool2d", "avg_pool"},
                                                   .help = "the mean of what a window sees",
                                                   WINDOWED,
                                                   OF_MEAN};

const struct layer_kind layer_global_max_pooling2d = {
    .name = "GlobalMaxPooling2D",
    .aliases = {"global_max_pool2d", "global_max_pool"},
    .help = "the largest value of each channel",
    GLOBAL,
    OF_LARGEST};

const struct layer_kind layer_global_average_pooling2d = {
    .name = "GlobalAveragePooling2D",
    .aliases = {"global_avg_pool2d", "global_avg_pool"},
    .help = "the mean of each channel",
    GLOBAL,
    OF_MEAN};
