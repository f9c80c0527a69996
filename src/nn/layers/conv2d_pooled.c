/* A Conv2D with relu or without activation and the MaxPooling2D after it, in one pass. */
#include "nn/layers/conv2d_pooled.h"

#include "math/pooled.h"

#include <string.h>

enum { KERNEL, BIAS };
enum { LARGEST }; /* the pool's */

static bool whole_steps(const struct window_axis *conv, const struct window_axis *pool) {
    return conv->stride == 1 && conv->dilation == 1 && pool->size == 2 && pool->stride == 2 &&
           2 * pool->out <= conv->out;
}

static bool relu_or_none(const struct activation *activation) {
    return !activation || activation == activation_find("relu");
}

bool conv2d_pooled_takes(const struct layer_spec *spec, struct shape input,
                         const struct layer_spec *next) {
    if (next->kind != &layer_max_pooling2d || !relu_or_none(spec->activation) || spec->groups != 1)
        return false;
    const struct window window = images_window(spec, input);
    const struct window pool = images_window(next, layer_shape(spec, input));
    return whole_steps(&window.rows, &pool.rows) && whole_steps(&window.columns, &pool.columns);
}

/* All but the weights. */
static struct pooled pooled_of(const struct layer_spec *spec, struct shape input) {
    const struct window window = images_window(spec, input);
    return (struct pooled){.window = window,
                           .rows = window.rows.out / 2,
                           .columns = window.columns.out / 2,
                           .filters = spec->filters,
                           .relu = spec->activation != NULL};
}

static size_t scratch(const struct layer_spec *spec, struct shape input) {
    const struct pooled of = pooled_of(spec, input);
    return pooled_scratch(&of);
}

static size_t kept(const struct layer_spec *spec, struct shape input) {
    const struct pooled of = pooled_of(spec, input);
    return pooled_kept(&of);
}

static struct pooled_part part_of(const struct layer *layer, const struct layer_pass *pass) {
    return (struct pooled_part){.first = pass->batch_row == 0,
                                .last = pass->batch_row + pass->rows == pass->batch_rows,
                                .kept = layer->kept,
                                .scratch = layer->scratch};
}

static struct pooled weighted(const struct layer *layer) {
    struct pooled of = pooled_of(layer->spec, layer->input);
    of.kernel = layer->values[KERNEL];
    of.bias = layer->spec->use_bias ? layer->values[BIAS] : NULL;
    return of;
}

static struct pooled_images images_of(const struct layer *layer, size_t rows) {
    const struct layer *pool = layer->last;
    return (struct pooled_images){.count = rows,
                                  .x = layer->x,
                                  .x_step = layer->input_stride,
                                  .z = pool->z,
                                  .which = pool->values[LARGEST],
                                  .z_step = pool->stride};
}

static void forward(struct layer *layer, const struct layer_pass *pass) {
    const struct layer *pool = layer->last;
    const struct pooled of = weighted(layer);
    const struct pooled_images images = images_of(layer, pass->rows);
    const struct pooled_part part = part_of(layer, pass);
    pooled_forward(&of, &images, &part);
    for (size_t row = 0; row < pass->rows; row++)
        layer_clear_padding(pool->z + row * pool->stride, pool->units, pool->stride);
}

/* What the parts before the last one add to the sum of all. */
static void clear_gradients(const struct layer *layer) {
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    const size_t count = layer_list_arrays(layer->spec, layer->input, arrays);
    for (size_t a = 0; a < count; a++)
        memset(layer->gradients[a], 0, shape_padded(arrays[a].shape) * sizeof(float));
}

static void backward(struct layer *layer, const struct layer_pass *pass) {
    const struct pooled of = weighted(layer);
    const struct pooled_images images = images_of(layer, pass->rows);
    const struct pooled_gradients gradients = {
        .delta = layer->last->delta,
        .kernel = layer->gradients[KERNEL],
        .bias = layer->spec->use_bias ? layer->gradients[BIAS] : NULL,
        .input_delta = layer->input_delta};
    const struct pooled_part part = part_of(layer, pass);
    if (part.first)
        clear_gradients(layer);
    pooled_backward(&of, &images, &gradients, &part);
}

const struct layer_passes conv2d_pooled = {scratch, kept, forward, backward};
