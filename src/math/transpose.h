/* A matrix turned, for products that take its columns as rows. */
#ifndef SWEEP_MATH_TRANSPOSE_H
#define SWEEP_MATH_TRANSPOSE_H

#include <stddef.h>

/* to[j][i] = w[i][j]: of inputs x units, each row of which has `stride` floats, a multiple of
 * LANES, to units x pad(inputs), whose padding is 0. */
void transpose(const float *w, size_t inputs, size_t units, size_t stride, float *to);

#endif
