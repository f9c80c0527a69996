#include "nn/plugin_layer.h"

#include "nn/layer.h"

#include <stdlib.h>
#include <string.h>

static struct sweep_shape outside(struct shape shape) {
    struct sweep_shape out = {.rank = shape.rank};
    for (size_t i = 0; i < shape.rank && i < 3; i++)
        out.dims[i] = shape.dims[i];
    return out;
}

/* What a layer makes of an input; rank 0: it can't take it. */
static struct shape shape_of(const struct layer_spec *spec, struct shape input) {
    const struct sweep_layer *own = spec->kind->plugin;
    const struct sweep_shape in = outside(input);
    struct sweep_shape out = {0};
    struct shape shape = {0};
    if (!own->shape)
        return input;
    if (!own->shape(spec->own, &in, &out) || out.rank < 1 || out.rank > 3)
        return shape;
    shape.rank = out.rank;
    for (size_t i = 0; i < out.rank; i++)
        shape.dims[i] = out.dims[i];
    return shape;
}

static const char *layer_refuses(const struct layer_spec *spec, struct shape input) {
    const struct shape output = shape_of(spec, input);
    return output.rank == 0 || shape_size(output) == 0 ? "the plug-in's layer does not take that"
           : shape_size(output) > (1u << 24)           ? "its outputs would be more than 2^24"
                                                       : NULL;
}

static size_t layer_weights(const struct layer_spec *spec, struct shape input,
                            struct sweep_weights weights[SWEEP_WEIGHTS_MAX]) {
    const struct sweep_layer *own = spec->kind->plugin;
    const struct sweep_shape in = outside(input);
    const size_t count = own->weights ? own->weights(spec->own, &in, weights) : 0;
    return count < SWEEP_WEIGHTS_MAX ? count : SWEEP_WEIGHTS_MAX;
}

static size_t layer_arrays(const struct layer_spec *spec, struct shape input,
                           struct layer_array *arrays) {
    const struct sweep_layer *own = spec->kind->plugin;
    const struct sweep_shape in = outside(input);
    struct sweep_weights weights[SWEEP_WEIGHTS_MAX] = {{0}};
    size_t count = layer_weights(spec, input, weights);
    for (size_t i = 0; i < count; i++)
        arrays[i] = (struct layer_array){
            .name = weights[i].name,
            .role = ARRAY_WEIGHTS,
            .shape = weights[i].rows > 1 ? (struct shape){2, {weights[i].rows, weights[i].columns}}
                                         : shape_vector(weights[i].columns),
            .initializer = weights[i].initializer ? initializer_find(weights[i].initializer) : NULL,
            .kernel_inner = weights[i].penalised != 0};
    const size_t memory = own->memory ? own->memory(spec->own, &in) : 0;
    if (memory > 0)
        arrays[count++] = (struct layer_array){
            .name = "memory", .role = ARRAY_BATCH, .shape = shape_vector(memory)};
    return count;
}

/* A layer's pass as its functions see it; `view` returns how many weights there are. */
struct layer_view {
    struct sweep_matrix weights[SWEEP_WEIGHTS_MAX], gradients[SWEEP_WEIGHTS_MAX];
    struct sweep_pass pass;
};

static size_t view(const struct layer *layer, const struct layer_pass *pass,
                   struct layer_view *view) {
    struct sweep_weights weights[SWEEP_WEIGHTS_MAX] = {{0}};
    const size_t count = layer_weights(layer->spec, layer->input, weights);
    for (size_t i = 0; i < count; i++) {
        const size_t columns = weights[i].columns, rows = weights[i].rows > 1 ? weights[i].rows : 1;
        view->weights[i] =
            (struct sweep_matrix){layer->values[i], rows, columns, PAD_TO_LANES(columns)};
        view->gradients[i] = view->weights[i];
        view->gradients[i].values = layer->gradients[i];
    }
    const bool remembers = count < layer->array_count && layer->spec->kind->plugin->memory;
    const struct sweep_shape in = outside(layer->input);
    view->pass = (struct sweep_pass){
        .arguments = layer->spec->own,
        .rows = pass->rows,
        .training = pass->training,
        .x = layer->x,
        .x_size = layer->inputs,
        .x_stride = layer->input_stride,
        .y = layer->z,
        .y_size = layer->units,
        .y_stride = layer->stride,
        .weights = view->weights,
        .memory = remembers ? layer->values[count] : NULL,
        .memory_stride =
            remembers ? PAD_TO_LANES(layer->spec->kind->plugin->memory(layer->spec->own, &in)) : 0,
        .y_gradient = layer->delta,
        .x_gradient = layer->input_delta,
        .gradients = view->gradients};
    return count;
}

static void clear_padding(float *rows, size_t count, size_t size, size_t stride) {
    for (size_t row = 0; row < count; row++)
        layer_clear_padding(rows + row * stride, size, stride);
}

static void layer_forward(struct layer *layer, const struct layer_pass *pass) {
    struct layer_view of;
    view(layer, pass, &of);
    of.pass.y_gradient = of.pass.x_gradient = NULL;
    of.pass.gradients = NULL;
    layer->spec->kind->plugin->forward(&of.pass);
    clear_padding(layer->z, pass->rows, layer->units, layer->stride);
}

static void layer_backward(struct layer *layer, const struct layer_pass *pass) {
    struct layer_view of;
    const size_t count = view(layer, pass, &of);
    for (size_t i = 0; i < count; i++)
        memset(of.gradients[i].values, 0,
               of.gradients[i].rows * of.gradients[i].stride * sizeof(float));
    layer->spec->kind->plugin->backward(&of.pass);
    if (layer->input_delta)
        clear_padding(layer->input_delta, pass->rows, layer->inputs, layer->input_stride);
}

bool plugin_layer_add(const struct sweep_layer *own, const char *name) {
    struct argument *arguments = calloc(SWEEP_ARGUMENTS_MAX, sizeof *arguments);
    struct layer_kind *added = malloc(sizeof *added);
    size_t count = 0;
    if (!arguments || !added)
        return false;
    for (; count < LAYER_OWN_MAX && own->arguments[count].name; count++) {
        const struct sweep_argument *argument = &own->arguments[count];
        const struct argument row = {.name = argument->name,
                                     .type = ARGUMENT_REAL,
                                     .offset =
                                         offsetof(struct layer_spec, own) + count * sizeof(double),
                                     .standard = argument->standard,
                                     .minimum = argument->minimum,
                                     .maximum = argument->maximum,
                                     .help = argument->help ? argument->help : ""};
        memcpy(&arguments[count], &row, sizeof row);
    }
    const struct layer_kind kind = {.name = name,
                                    .aliases = {own->name},
                                    .help = own->help ? own->help : "",
                                    .arguments = arguments,
                                    .argument_count = count,
                                    .positional = count,
                                    .activates = own->activates != 0,
                                    .refuses = layer_refuses,
                                    .shape = shape_of,
                                    .arrays = layer_arrays,
                                    .forward = layer_forward,
                                    .backward = layer_backward,
                                    .plugin = own};
    memcpy(added, &kind, sizeof kind);
    return layer_kind_add(added);
}
