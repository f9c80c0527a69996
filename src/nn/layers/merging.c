/* Layers that make one value of several, number by number: Add, Subtract, Multiply, Average,
 * Maximum, Minimum. Keras also takes inputs of which one has a single number in a dimension, and
 * repeats that; here all have one shape. */
#include "nn/layer.h"

#include <string.h>

static const char *merges(const struct shape *inputs, size_t count, struct shape *merged) {
    *merged = inputs[0];
    for (size_t k = 1; k < count; k++)
        if (!shape_equal(inputs[k], inputs[0]))
            return "its inputs must have one shape";
    return NULL;
}

static const char *merges_two(const struct shape *inputs, size_t count, struct shape *merged) {
    *merged = inputs[0];
    return count > 2 ? "it takes two inputs" : merges(inputs, count, merged);
}

/* --- z: the first two inputs, then that with each other one --- */

typedef void merge(float *z, const float *a, const float *b, size_t count);

/* Numbers a and b of z; z may be `a`. */
#define MERGE(NAME, RESULT)                                                                        \
    MULTIVERSION static void NAME(float *z, const float *a_values, const float *b_values,          \
                                  size_t count) {                                                  \
        INDEPENDENT                                                                                \
        for (size_t i = 0; i < count; i++) {                                                       \
            const float a = a_values[i], b = b_values[i];                                          \
            z[i] = RESULT;                                                                         \
        }                                                                                          \
    }
MERGE(add, a + b)
MERGE(subtract, a - b)
MERGE(multiply, a *b)
/* A NaN stays, and comes from either. */
MERGE(maximum, b > a || b != b ? b : a)
MERGE(minimum, b < a || b != b ? b : a)

static void forward_by(struct layer *layer, const struct layer_pass *pass, merge *with) {
    const size_t count = pass->rows * layer->stride, sources = layer_source_count(layer->spec);
    const float *first = layer_input(layer, 0).x;
    if (sources == 1)
        memcpy(layer->z, first, count * sizeof *layer->z);
    for (size_t k = 1; k < sources; k++)
        with(layer->z, k == 1 ? first : layer->z, layer_input(layer, k).x, count);
}

MULTIVERSION static void scale(const float *values, size_t count, float by, float *scaled) {
    INDEPENDENT
    for (size_t i = 0; i < count; i++)
        scaled[i] = values[i] * by;
}

static void forward_add(struct layer *layer, const struct layer_pass *pass) {
    forward_by(layer, pass, add);
}

static void forward_subtract(struct layer *layer, const struct layer_pass *pass) {
    forward_by(layer, pass, subtract);
}

static void forward_multiply(struct layer *layer, const struct layer_pass *pass) {
    forward_by(layer, pass, multiply);
}

static float share(const struct layer *layer) {
    return 1 / (float)layer_source_count(layer->spec);
}

static void forward_average(struct layer *layer, const struct layer_pass *pass) {
    forward_by(layer, pass, add);
    scale(layer->z, pass->rows * layer->stride, share(layer), layer->z);
}

static void forward_maximum(struct layer *layer, const struct layer_pass *pass) {
    forward_by(layer, pass, maximum);
}

static void forward_minimum(struct layer *layer, const struct layer_pass *pass) {
    forward_by(layer, pass, minimum);
}

/* --- the gradients --- */

static void back_add(struct layer *layer, const struct layer_pass *pass, size_t k, float *delta) {
    (void)k;
    memcpy(delta, layer->delta, pass->rows * layer->stride * sizeof *delta);
}

static void back_subtract(struct layer *layer, const struct layer_pass *pass, size_t k,
                          float *delta) {
    scale(layer->delta, pass->rows * layer->stride, k == 0 ? 1 : -1, delta);
}

static void back_average(struct layer *layer, const struct layer_pass *pass, size_t k,
                         float *delta) {
    (void)k;
    scale(layer->delta, pass->rows * layer->stride, share(layer), delta);
}

static void back_multiply(struct layer *layer, const struct layer_pass *pass, size_t k,
                          float *delta) {
    const size_t count = pass->rows * layer->stride;
    memcpy(delta, layer->delta, count * sizeof *delta);
    for (size_t other = 0; other < layer_source_count(layer->spec); other++)
        if (other != k)
            multiply(delta, delta, layer_input(layer, other).x, count);
}

MULTIVERSION static void zero_equal(float *restrict delta, const float *restrict x,
                                    const float *restrict z, size_t count) {
    for (size_t i = 0; i < count; i++)
        delta[i] = x[i] == z[i] ? 0 : delta[i];
}

MULTIVERSION static void zero_unequal(float *restrict delta, const float *restrict x,
                                      const float *restrict z, size_t count) {
    for (size_t i = 0; i < count; i++)
        delta[i] = x[i] == z[i] ? delta[i] : 0;
}

/* Of equal ones the first has all of the gradient, as in TensorFlow. */
static void back_extreme(struct layer *layer, const struct layer_pass *pass, size_t k,
                         float *delta) {
    const size_t count = pass->rows * layer->stride;
    memcpy(delta, layer->delta, count * sizeof *delta);
    zero_unequal(delta, layer_input(layer, k).x, layer->z, count);
    for (size_t before = 0; before < k; before++)
        zero_equal(delta, layer_input(layer, before).x, layer->z, count);
}

const struct layer_kind layer_add = {
    .name = "Add",
    .help = "the sum of its inputs, which have one shape",
    .merges = merges,
    .forward = forward_add,
    .backward_at = back_add,
};

const struct layer_kind layer_subtract = {
    .name = "Subtract",
    .help = "the first of two inputs, which have one shape, minus the second",
    .merges = merges_two,
    .forward = forward_subtract,
    .backward_at = back_subtract,
};

const struct layer_kind layer_multiply = {
    .name = "Multiply",
    .help = "the product of its inputs, which have one shape, number by number",
    .merges = merges,
    .forward = forward_multiply,
    .backward_at = back_multiply,
};

const struct layer_kind layer_average = {
    .name = "Average",
    .help = "the mean of its inputs, which have one shape, number by number",
    .merges = merges,
    .forward = forward_average,
    .backward_at = back_average,
};

const struct layer_kind layer_maximum = {
    .name = "Maximum",
    .help = "the largest of its inputs, which have one shape, number by number",
    .merges = merges,
    .forward = forward_maximum,
    .backward_at = back_extreme,
};

const struct layer_kind layer_minimum = {
    .name = "Minimum",
    .help = "the smallest of its inputs, which have one shape, number by number",
    .merges = merges,
    .forward = forward_minimum,
    .backward_at = back_extreme,
};
