/* DepthwiseConv2D: a convolution in which each channel has `depth_multiplier` filters of its own.
 */
#include "nn/layers/images.h"
#include "nn/layers/kernels.h"

#include "math/convolution.h"

#include <math.h>
#include <string.h>

enum { KERNEL, BIAS };

static const struct argument arguments[] = {
    IMAGES_PAIR("kernel_size", window_size, ARGUMENT_REQUIRED, "rows x columns of the window"),
    IMAGES_PAIR("strides", strides, 1, "places from one window to the next"),
    IMAGES_PADDING,
    {.name = "depth_multiplier",
     .type = ARGUMENT_WHOLE,
     .offset = offsetof(struct layer_spec, filters),
     .standard = 1,
     .minimum = 1,
     .maximum = 65536,
     .help = "how many channels each channel gives"},
    IMAGES_PAIR("dilation_rate", dilation_rate, 1, "places between what a window sees"),
    KERNEL_ROWS("depthwise_initializer"),
};

static struct shape shape(const struct layer_spec *spec, struct shape input) {
    return images_shape(spec, input, input.dims[2] * spec->filters);
}

static size_t arrays(const struct layer_spec *spec, struct shape input,
                     struct layer_array *arrays) {
    const struct shape kernel = {
        4, {spec->window_size[0], spec->window_size[1], input.dims[2], spec->filters}};
    return kernel_arrays(spec, kernel, 2, input.dims[2] * spec->filters, arrays);
}

static size_t kernel_floats(const struct layer_spec *spec, struct shape input) {
    return (size_t)spec->window_size[0] * spec->window_size[1] * input.dims[2] * spec->filters;
}

/* For the kernel, or the gradient of one image, without padding, and for sums of the bias's. */
static size_t scratch(const struct layer_spec *spec, struct shape input) {
    return 2 * PAD_TO_LANES(kernel_floats(spec, input)) +
           PAD_TO_LANES(input.dims[2] * spec->filters);
}

static double flops(const struct layer_spec *spec, struct shape input) {
    const struct window window = images_window(spec, input);
    return 2.0 * (double)window_places(&window) * (double)kernel_floats(spec, input);
}

/* The kernel without padding. */
static const float *pack(const struct layer *layer, float *packed) {
    const size_t columns = layer->spec->filters,
                 rows = kernel_floats(layer->spec, layer->input) / columns;
    for (size_t row = 0; row < rows; row++)
        memcpy(packed + row * columns, layer->values[KERNEL] + row * PAD_TO_LANES(columns),
               columns * sizeof *packed);
    return packed;
}

static void forward(struct layer *layer, const struct layer_pass *pass) {
    const struct window window = images_window(layer->spec, layer->input);
    const float *kernel = pack(layer, layer->scratch);
    for (size_t row = 0; row < pass->rows; row++) {
        float *z = layer->z + row * layer->stride;
        depthwise_forward(&window, layer->spec->filters, layer->x + row * layer->input_stride,
                          kernel, z);
        layer_clear_padding(z, layer->units, layer->stride);
    }
    if (layer->spec->use_bias)
        images_add_bias(layer, pass->rows, layer->values[BIAS]);
}

/* Add an image's gradient, which has no padding. */
static void add_gradient(struct layer *layer, const float *own) {
    const size_t columns = layer->spec->filters,
                 rows = kernel_floats(layer->spec, layer->input) / columns;
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < columns; i++)
            layer->gradients[KERNEL][row * PAD_TO_LANES(columns) + i] += own[row * columns + i];
}

static void backward(struct layer *layer, const struct layer_pass *pass) {
    const struct window window = images_window(layer->spec, layer->input);
    const size_t depth = layer->spec->filters, floats = kernel_floats(layer->spec, layer->input);
    float *packed = layer->scratch, *own = packed + PAD_TO_LANES(floats);
    if (layer->spec->use_bias)
        images_bias_gradient(layer, pass->rows, layer->gradients[BIAS], own + PAD_TO_LANES(floats));
    if (layer->input_delta)
        images_clear_input_delta(layer, pass->rows);
    memset(layer->gradients[KERNEL], 0, floats / depth * PAD_TO_LANES(depth) * sizeof(float));
    pack(layer, packed);
    for (size_t row = 0; row < pass->rows; row++) {
        const float *delta = layer->delta + row * layer->stride;
        memset(own, 0, floats * sizeof *own);
        depthwise_weight_gradient(&window, depth, layer->x + row * layer->input_stride, delta, own);
        add_gradient(layer, own);
        if (layer->input_delta)
            depthwise_input_gradient(&window, depth, delta, packed,
                                     layer->input_delta + row * layer->input_stride);
    }
}

const struct layer_kind layer_depthwise_conv2d = {
    .name = "DepthwiseConv2D",
    .aliases = {"depthwise_conv"},
    .help = "a convolution of each channel by itself",
    .arguments = arguments,
    .argument_count = sizeof arguments / sizeof *arguments,
    .positional = 1,
    .activates = true,
    .refuses = images_refuse,
    .shape = shape,
    .arrays = arrays,
    .scratch = scratch,
    .flops = flops,
    .forward = forward,
    .backward = backward,
};
