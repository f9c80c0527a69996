/* Products of the layers after the first, one network at a time.
 *
 * Matrices are row-major; a row of `units` values takes PAD_TO_LANES(units) floats, and what stands
 * in a weight's or a gradient's padding is 0. Small layers take a kernel of our own (product.h),
 * which sums in a fixed order, from 0 over ascending inputs (rows, units), as the kernels of wide.h
 * do; so do large ones where OpenBLAS's sums have the same bits. The others take OpenBLAS, for
 * shapes that do not depend on other networks. */
#ifndef SWEEP_MATH_DENSE_H
#define SWEEP_MATH_DENSE_H

#include "base/multiversion.h"

#include <stdbool.h>
#include <stddef.h>

/* The shape of a layer: rows x inputs to rows x units. */
struct dense_shape {
    size_t rows, inputs, units;
    bool large; /* whether its products are OpenBLAS's or have the same bits */
};

/* z = x w; x has `x_stride` floats a row, w is inputs x pad(units), z is rows x pad(units). */
void dense_forward(struct dense_shape shape, const float *x, size_t x_stride, const float *w,
                   float *z);

/* gradient[inputs x pad(units)] = x^T delta, delta being rows x pad(units). */
void dense_weight_gradient(struct dense_shape shape, const float *x, size_t x_stride,
                           const float *delta, float *gradient);

/* Floats of the scratch for the input gradient; any number of rows. */
size_t dense_scratch(struct dense_shape shape);

/* input_delta[rows x pad(inputs)] = delta w^T. */
void dense_input_gradient(struct dense_shape shape, const float *delta, const float *w,
                          float *input_delta, float *scratch);

/* z[rows x columns] += bias, and bias_gradient[columns] = the sums of delta[rows x columns] over
 * ascending rows; columns is a multiple of LANES. */
void dense_add_bias(size_t rows, size_t columns, const float *bias, float *z);
void dense_bias_gradient(size_t rows, size_t columns, const float *delta, float *bias_gradient);

#endif
