#include "math/dense.h"

#include "math/gemm.h"
#include "math/transpose.h"

#include <string.h>

#define ROWS 8 /* rows of a tile: as many sums are under way at once */

/* One column of registers: sums[row] += x[row][i] * w[i] over ascending i, for `rows` <= ROWS rows.
 * x's element (row, i) stands at x[row * row_step + i * input_step], so that one kernel serves a
 * product with x and one with its transpose. */
struct tile {
    const float *x;
    size_t row_step, input_step, inputs;
    const float *w; /* inputs rows of w_stride floats */
    size_t w_stride;
    float *z; /* rows of z_stride floats */
    size_t z_stride;
};

MULTIVERSION static void full_tile(const struct tile *tile) {
    lanes sum[ROWS];
    for (int row = 0; row < ROWS; row++)
        sum[row] = BROADCAST(0);
    for (size_t i = 0; i < tile->inputs; i++) {
        const lanes weights = *(const lanes *)(tile->w + i * tile->w_stride);
        const float *x = tile->x + i * tile->input_step;
        for (int row = 0; row < ROWS; row++) {
            const float scalar = x[(size_t)row * tile->row_step];
            sum[row] += BROADCAST(scalar) * weights;
        }
    }
    for (int row = 0; row < ROWS; row++)
        *(lanes *)(tile->z + (size_t)row * tile->z_stride) = sum[row];
}

MULTIVERSION static void one_row(const struct tile *tile) {
    lanes sum = BROADCAST(0);
    for (size_t i = 0; i < tile->inputs; i++) {
        const float scalar = tile->x[i * tile->input_step];
        sum += BROADCAST(scalar) * *(const lanes *)(tile->w + i * tile->w_stride);
    }
    *(lanes *)tile->z = sum;
}

/* z[rows x columns] = x w for any x given by its steps; columns is a multiple of LANES. */
static void multiply(const struct tile *whole, size_t rows, size_t columns) {
    for (size_t column = 0; column < columns; column += LANES) {
        struct tile tile = *whole;
        tile.w += column;
        tile.z += column;
        size_t row = 0;
        for (; row + ROWS <= rows; row += ROWS) {
            full_tile(&tile);
            tile.x += ROWS * tile.row_step;
            tile.z += ROWS * tile.z_stride;
        }
        for (; row < rows; row++) {
            one_row(&tile);
            tile.x += tile.row_step;
            tile.z += tile.z_stride;
        }
    }
}

void dense_forward(struct dense_shape shape, const float *x, size_t x_stride, const float *w,
                   float *z) {
    const size_t columns = PAD_TO_LANES(shape.units);
    if (shape.large) {
        gemm_nn(shape.rows, columns, shape.inputs, x, x_stride, w, columns, z, columns);
        return;
    }
    const struct tile tile = {x, x_stride, 1, shape.inputs, w, columns, z, columns};
    multiply(&tile, shape.rows, columns);
}

void dense_weight_gradient(struct dense_shape shape, const float *x, size_t x_stride,
                           const float *delta, float *gradient) {
    const size_t columns = PAD_TO_LANES(shape.units);
    if (shape.large) {
        gemm_tn(shape.inputs, columns, shape.rows, x, x_stride, delta, columns, gradient, columns);
        return;
    }
    const struct tile tile = {x, 1, x_stride, shape.rows, delta, columns, gradient, columns};
    multiply(&tile, shape.inputs, columns);
}

void dense_input_gradient(struct dense_shape shape, const float *delta, const float *w,
                          float *input_delta, float *scratch) {
    const size_t columns = PAD_TO_LANES(shape.units), padded = PAD_TO_LANES(shape.inputs);
    if (shape.large) {
        gemm_nt(shape.rows, shape.inputs, shape.units, delta, columns, w, columns, input_delta,
                padded);
        return;
    }
    transpose(w, shape.inputs, shape.units, columns, scratch);
    const struct tile tile = {delta, columns, 1, shape.units, scratch, padded, input_delta, padded};
    multiply(&tile, shape.rows, padded);
}

MULTIVERSION void dense_add_bias(size_t rows, size_t columns, const float *bias, float *z) {
    for (size_t row = 0; row < rows; row++, z += columns)
        for (size_t i = 0; i < columns; i += LANES)
            *(lanes *)(z + i) += *(const lanes *)(bias + i);
}

MULTIVERSION void dense_bias_gradient(size_t rows, size_t columns, const float *delta,
                                      float *bias_gradient) {
    for (size_t i = 0; i < columns; i += LANES) {
        lanes sum = BROADCAST(0);
        for (size_t row = 0; row < rows; row++)
            sum += *(const lanes *)(delta + row * columns + i);
        *(lanes *)(bias_gradient + i) = sum;
    }
}
