/* Input: one of several inputs, which stand side by side in a row of the network's values 0: first
 * the image, then the further arrays in the order of their layers. */
#include "nn/layer.h"
#include "nn/layers/images.h"
#include "nn/named_input.h"

#include <string.h>

static const char *refuses(const struct layer_spec *spec, struct shape input) {
    (void)input;
    return !spec->input || spec->input->shape.rank > 0 ? NULL : "the data set has no such array";
}

/* Without an array, as the kind itself is tried out: all that there is. */
static struct shape shape(const struct layer_spec *spec, struct shape input) {
    return spec->input ? spec->input->shape : input;
}

static void forward(struct layer *layer, const struct layer_pass *pass) {
    for (size_t row = 0; row < pass->rows; row++) {
        float *z = layer->z + row * layer->stride;
        memcpy(z, layer->x + row * layer->input_stride + layer->spec->offset,
               layer->units * sizeof *z);
        layer_clear_padding(z, layer->units, layer->stride);
    }
}

/* Data have no gradient; it is asked for only where the kind is tried out by itself. */
static void backward(struct layer *layer, const struct layer_pass *pass) {
    if (!layer->input_delta)
        return;
    images_clear_input_delta(layer, pass->rows);
    for (size_t row = 0; row < pass->rows; row++)
        memcpy(layer->input_delta + row * layer->input_stride + layer->spec->offset,
               layer->delta + row * layer->stride, layer->units * sizeof *layer->delta);
}

const struct layer_kind layer_input_layer = {
    .name = "Input",
    .aliases = {"InputLayer"},
    .help = "one of several inputs: an array of the data set",
    .refuses = refuses,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
