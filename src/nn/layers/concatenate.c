/* Concatenate: its inputs one behind the other along the last dimension (axis=-1), in which alone
 * they may differ. */
#include "nn/layer.h"

#include <string.h>

static const char *merges(const struct shape *inputs, size_t count, struct shape *merged) {
    *merged = inputs[0];
    for (size_t k = 1; k < count; k++) {
        struct shape like = inputs[k];
        if (like.rank != inputs[0].rank)
            return "its inputs must have as many dimensions, as by flatten";
        like.dims[like.rank - 1] = shape_columns(inputs[0]);
        if (!shape_equal(like, inputs[0]))
            return "its inputs may differ in their last dimension alone";
    }
    for (size_t k = 1; k < count; k++)
        merged->dims[merged->rank - 1] += shape_columns(inputs[k]);
    return NULL;
}

/* A part of the columns of a row, of all images; out of `joined` or into it. */
static void copy_part(const struct layer *layer, const struct layer_pass *pass, size_t k,
                      float *joined, float *part, bool out) {
    const struct layer_input own = layer_input(layer, k);
    const size_t columns = shape_columns(own.shape), rows = shape_rows(own.shape);
    const size_t all = shape_columns(layer->output);
    for (size_t before = 0; before < k; before++)
        joined += shape_columns(layer_input(layer, before).shape);
    for (size_t image = 0; image < pass->rows; image++, joined += layer->stride, part += own.stride)
        for (size_t row = 0; row < rows; row++) {
            float *there = joined + row * all, *here = part + row * columns;
            memcpy(out ? here : there, out ? there : here, columns * sizeof(float));
        }
}

static void forward(struct layer *layer, const struct layer_pass *pass) {
    for (size_t k = 0; k < layer_source_count(layer->spec); k++)
        copy_part(layer, pass, k, layer->z, layer_input(layer, k).x, false);
}

static void backward_at(struct layer *layer, const struct layer_pass *pass, size_t k,
                        float *delta) {
    copy_part(layer, pass, k, layer->delta, delta, true);
}

const struct layer_kind layer_concatenate = {
    .name = "Concatenate",
    .help = "its inputs one behind the other along the last dimension",
    .merges = merges,
    .forward = forward,
    .backward_at = backward_at,
};
