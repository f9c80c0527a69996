#include "math/dense.h"

#include "math/gemm.h"
#include "math/product.h"
#include "math/registers.h"
#include "math/transpose.h"

#include <stdint.h>

/* Whether a product of m x n sums of k terms is our own, which is faster than OpenBLAS's where that
 * does not pay for packing its operands. */
static bool is_own(struct dense_shape shape, size_t m, size_t n, size_t k) {
    return !shape.large || gemm_sums_ascend(m, n, k);
}

void dense_forward(struct dense_shape shape, const float *x, size_t x_stride, const float *w,
                   float *z) {
    const size_t columns = PAD_TO_LANES(shape.units);
    if (is_own(shape, shape.rows, columns, shape.inputs))
        product_matrices(shape.rows, columns, shape.inputs, x, x_stride, 1, w, z);
    else
        gemm_nn(shape.rows, columns, shape.inputs, x, x_stride, w, columns, z, columns);
}

void dense_weight_gradient(struct dense_shape shape, const float *x, size_t x_stride,
                           const float *delta, float *gradient) {
    const size_t columns = PAD_TO_LANES(shape.units);
    if (is_own(shape, shape.inputs, columns, shape.rows))
        product_matrices(shape.inputs, columns, shape.rows, x, 1, x_stride, delta, gradient);
    else
        gemm_tn(shape.inputs, columns, shape.rows, x, x_stride, delta, columns, gradient, columns);
}

size_t dense_scratch(struct dense_shape shape) {
    const bool own = is_own(shape, SIZE_MAX / shape.inputs, shape.inputs, shape.units);
    return own ? shape.units * PAD_TO_LANES(shape.inputs) : 0;
}

void dense_input_gradient(struct dense_shape shape, const float *delta, const float *w,
                          float *input_delta, float *scratch) {
    const size_t columns = PAD_TO_LANES(shape.units), padded = PAD_TO_LANES(shape.inputs);
    if (!is_own(shape, shape.rows, shape.inputs, shape.units)) {
        gemm_nt(shape.rows, shape.inputs, shape.units, delta, columns, w, columns, input_delta,
                padded);
        return;
    }
    transpose(w, shape.inputs, shape.units, columns, scratch);
    product_matrices(shape.rows, padded, shape.units, delta, columns, 1, scratch, input_delta);
}

MULTIVERSION void dense_add_bias(size_t rows, size_t columns, const float *bias, float *z) {
    for (size_t row = 0; row < rows; row++, z += columns) {
        INDEPENDENT
        for (size_t i = 0; i < columns; i++)
            z[i] += bias[i];
    }
}

#define BIAS_GRADIENT(V)                                                                           \
    FOR_##V static void bias_gradient_##V(size_t rows, size_t columns, const float *delta,         \
                                          float *bias_gradient) {                                  \
        for (size_t i = 0; i < columns; i += LANES) {                                              \
            V sum[COUNT(1, V)] = {{0}};                                                            \
            for (size_t row = 0; row < rows; row++)                                                \
                for (int n = 0; n < COUNT(1, V); n++)                                              \
                    sum[n] += ((const V *)(delta + row * columns + i))[n];                         \
            for (int n = 0; n < COUNT(1, V); n++)                                                  \
                ((V *)(bias_gradient + i))[n] = sum[n];                                            \
        }                                                                                          \
    }
EACH_LENGTH(BIAS_GRADIENT)

void dense_bias_gradient(size_t rows, size_t columns, const float *delta, float *bias_gradient) {
    static void (*const versions[])(size_t, size_t, const float *, float *) =
        VERSIONS(bias_gradient);
    versions[register_length()](rows, columns, delta, bias_gradient);
}
