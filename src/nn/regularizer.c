#include "nn/regularizer.h"

#include "base/multiversion.h"

#include <math.h>

#define EPSILON 1e-7f /* Keras' backend.epsilon() */

double regularizer_penalty(const struct regularizer *regularizer, const float *weights,
                           struct shape shape) {
    const size_t columns = shape_columns(shape);
    double absolute = 0, squares = 0;
    for (size_t row = 0; row < shape_rows(shape); row++, weights += PAD_TO_LANES(columns))
        for (size_t c = 0; c < columns; c++) {
            const double weight = (double)weights[c];
            absolute += fabs(weight);
            squares += weight * weight;
        }
    return regularizer->l1 * absolute + regularizer->l2 * squares;
}

MULTIVERSION void regularizer_add_gradient(const struct regularizer *regularizer,
                                           const float *weights, float *gradients, size_t floats) {
    const float l1 = (float)regularizer->l1, twice_l2 = (float)(2 * regularizer->l2);
    INDEPENDENT
    for (size_t i = 0; i < floats; i++) {
        const float w = weights[i], sign = (float)((w > 0) - (w < 0));
        gradients[i] += twice_l2 * w + l1 * sign;
    }
}

/* LANES outputs, each with `count` weights that stand `stride` floats apart. */
MULTIVERSION static void constrain(float *weights, size_t count, size_t stride, float max_norm) {
    double squares[LANES] = {0};
    float factors[LANES];
    for (size_t i = 0; i < count; i++)
        for (size_t l = 0; l < LANES; l++)
            squares[l] += (double)weights[i * stride + l] * (double)weights[i * stride + l];
    for (size_t l = 0; l < LANES; l++) {
        const float norm = (float)sqrt(squares[l]);
        factors[l] = (norm < max_norm ? norm : max_norm) / (EPSILON + norm);
    }
    for (size_t i = 0; i < count; i++)
        for (size_t l = 0; l < LANES; l++)
            weights[i * stride + l] *= factors[l];
}

void regularizer_constrain(const struct regularizer *regularizer, float *weights,
                           struct shape shape) {
    size_t count = 1;
    if (regularizer->max_norm == 0)
        return;
    for (size_t i = 0; i < regularizer->inner; i++)
        count *= shape.dims[i];
    const size_t stride = shape_padded(shape) / count;
    for (size_t at = 0; at < stride; at += LANES)
        constrain(weights + at, count, stride, (float)regularizer->max_norm);
}
