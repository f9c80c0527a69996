/* Dense: z = x kernel + bias. */
#include "nn/layers/kernels.h"

#include "math/dense.h"
#include "math/interleaved.h"

enum { KERNEL, BIAS };

/* From here on OpenBLAS takes products that our own kernel does not. A network's first layer has
 * kernels of our own at any size: its inputs are mostly zeros, and networks share its products. */
#define LARGE 64

static bool is_large(size_t inputs, size_t units) {
    return inputs >= LARGE && units >= LARGE;
}

static const struct argument arguments[] = {
    {.name = "units",
     .type = ARGUMENT_WHOLE,
     .offset = offsetof(struct layer_spec, units),
     .standard = ARGUMENT_REQUIRED,
     .minimum = 1,
     .maximum = LAYER_UNITS_MAX,
     .help = "how many outputs"},
    KERNEL_ROWS("kernel_initializer"),
};

static struct shape shape(const struct layer_spec *spec, struct shape input) {
    (void)input;
    return shape_vector(spec->units);
}

static size_t arrays(const struct layer_spec *spec, struct shape input,
                     struct layer_array *arrays) {
    const struct shape kernel = {2, {shape_size(input), spec->units}};
    return kernel_arrays(spec, kernel, 1, spec->units, arrays);
}

/* For the transposed kernel. */
static size_t scratch(const struct layer_spec *spec, struct shape input) {
    const size_t inputs = shape_size(input);
    return dense_scratch(
        (struct dense_shape){0, inputs, spec->units, is_large(inputs, spec->units)});
}

static double flops(const struct layer_spec *spec, struct shape input) {
    return 2.0 * (double)shape_size(input) * (double)spec->units;
}

static struct dense_shape shape_of(const struct layer *layer, size_t rows) {
    return (struct dense_shape){rows, layer->inputs, layer->units,
                                layer->index > 0 && is_large(layer->inputs, layer->units)};
}

static struct interleaved_shape interleaved_shape_of(const struct layer *layer, size_t rows) {
    return (struct interleaved_shape){rows, layer->inputs, layer->units};
}

static void forward(struct layer *layer, const struct layer_pass *pass) {
    const float *kernel = layer->values[KERNEL];
    if (layer->x && layer->networks == 1)
        dense_forward(shape_of(layer, pass->rows), layer->x, layer->input_stride, kernel, layer->z);
    else if (layer->x)
        interleaved_forward(interleaved_shape_of(layer, pass->rows), layer->x, kernel, layer->z);
    if (layer->spec->use_bias)
        dense_add_bias(pass->rows, layer->stride, layer->values[BIAS], layer->z);
}

static void backward_interleaved(struct layer *layer, size_t rows) {
    const struct interleaved_shape of = interleaved_shape_of(layer, rows);
    if (layer->x)
        interleaved_weight_gradient(of, layer->x, layer->delta, layer->gradients[KERNEL]);
    if (layer->input_delta)
        interleaved_input_gradient(of, layer->delta, layer->values[KERNEL], layer->input_delta);
}

static void backward(struct layer *layer, const struct layer_pass *pass) {
    const struct dense_shape of = shape_of(layer, pass->rows);
    if (layer->spec->use_bias)
        dense_bias_gradient(pass->rows, layer->stride, layer->delta, layer->gradients[BIAS]);
    if (layer->networks > 1) {
        backward_interleaved(layer, pass->rows);
        return;
    }
    if (layer->x)
        dense_weight_gradient(of, layer->x, layer->input_stride, layer->delta,
                              layer->gradients[KERNEL]);
    if (layer->input_delta)
        dense_input_gradient(of, layer->delta, layer->values[KERNEL], layer->input_delta,
                             layer->scratch);
}

const struct layer_kind layer_dense = {
    .name = "Dense",
    .help = "every output is a weighted sum of all inputs, and a bias",
    .arguments = arguments,
    .argument_count = sizeof arguments / sizeof *arguments,
    .positional = 1,
    .activates = true,
    .shape = shape,
    .arrays = arrays,
    .scratch = scratch,
    .flops = flops,
    .forward = forward,
    .backward = backward,
    .interleaves = true,
    .in_panel = true,
};
