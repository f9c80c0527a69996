/* Products of small layers of LANES networks at once: element i of network l stands at
 * [i * LANES + l], so that what one network needs a number for takes a register here.
 *
 * Fixed order: each sum starts from 0 and runs over ascending inputs (forward), rows (weight
 * gradient) or units (input gradient), one fused or unfused multiply-add an entry, as in dense.h:
 * the bits are those of the network by itself. All arrays are aligned to LANES floats. */
#ifndef SWEEP_MATH_INTERLEAVED_H
#define SWEEP_MATH_INTERLEAVED_H

#include "base/multiversion.h"

#include <stddef.h>

struct interleaved_shape {
    size_t rows, inputs, units;
};

/* z[rows x units] = x[rows x inputs] w[inputs x units] */
void interleaved_forward(struct interleaved_shape shape, const float *x, const float *w, float *z);

/* gradient[inputs x units] = x^T delta, delta being rows x units */
void interleaved_weight_gradient(struct interleaved_shape shape, const float *x, const float *delta,
                                 float *gradient);

/* input_delta[rows x inputs] = delta w^T */
void interleaved_input_gradient(struct interleaved_shape shape, const float *delta, const float *w,
                                float *input_delta);

/* Add the squares of a number of each network. */
static inline void interleaved_add_squares(const float *numbers, double sums[LANES]) {
    for (int l = 0; l < LANES; l++)
        sums[l] += (double)numbers[l] * (double)numbers[l];
}

#endif
