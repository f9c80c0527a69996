#include "nn/layers/images.h"

#include <string.h>

const char *const images_paddings[] = {"valid", "same", NULL};

/* Strides of 0 are as long as the window. */
static struct window_axis axis_of(const struct layer_spec *spec, struct shape input, size_t axis) {
    const size_t size = spec->window_size[axis], stride = spec->strides[axis];
    const size_t dilation = spec->dilation_rate[axis];
    return window_axis(input.dims[axis], size, stride ? stride : size, dilation ? dilation : 1,
                       spec->padding == PADDING_SAME);
}

const char images_wanted[] =
    "it takes images: rows x columns x channels, as a reshape before it gives";

struct window images_window(const struct layer_spec *spec, struct shape input) {
    return (struct window){axis_of(spec, input, 0), axis_of(spec, input, 1), input.dims[2]};
}

const char *images_refuse(const struct layer_spec *spec, struct shape input) {
    if (input.rank != 3)
        return images_wanted;
    const struct window window = images_window(spec, input);
    return window_places(&window) > 0 ? NULL
                                      : "its window is larger than that; padding=same allows it";
}

struct shape images_shape(const struct layer_spec *spec, struct shape input, size_t channels) {
    const struct window window = images_window(spec, input);
    return (struct shape){3, {window.rows.out, window.columns.out, channels}};
}

void images_clear_input_delta(const struct layer *layer, size_t rows) {
    memset(layer->input_delta, 0, rows * layer->input_stride * sizeof(float));
}

MULTIVERSION void images_add_bias(const struct layer *layer, size_t rows, const float *bias) {
    const size_t channels = shape_columns(layer->output);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < layer->units; i += channels) {
            float *restrict z = layer->z + row * layer->stride + i;
            INDEPENDENT
            for (size_t c = 0; c < channels; c++)
                z[c] += bias[c];
        }
}

/* Each image's sums by themselves, so that rounding errors stay small. */
MULTIVERSION void images_bias_gradient(const struct layer *layer, size_t rows, float *gradient,
                                       float *sums) {
    const size_t channels = shape_columns(layer->output);
    memset(gradient, 0, channels * sizeof *gradient);
    for (size_t row = 0; row < rows; row++) {
        memset(sums, 0, channels * sizeof *sums);
        for (size_t i = 0; i < layer->units; i += channels) {
            const float *restrict delta = layer->delta + row * layer->stride + i;
            INDEPENDENT
            for (size_t c = 0; c < channels; c++)
                sums[c] += delta[c];
        }
        for (size_t c = 0; c < channels; c++)
            gradient[c] += sums[c];
    }
}
