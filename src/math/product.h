/* A matrix product in registers, for operands that other products' rules do not fit: rows that
 * overlap in memory, as those of what a window sees, and few of them.
 *
 * Each sum takes its terms in ascending order of part and k, one after the other, whatever the
 * number of rows and columns. */
#ifndef SWEEP_MATH_PRODUCT_H
#define SWEEP_MATH_PRODUCT_H

#include "base/multiversion.h"

#include <stdbool.h>
#include <stddef.h>

/* z[row][column] = the sum over part and k of x[row][part][k] * w[part][k][column], or z plus that.
 * An element of x stands at x[row * x_row + part * x_part + k * x_step], and one of w likewise with
 * its columns side by side. */
struct product {
    size_t rows, columns, parts, depth;
    const float *x;
    size_t x_row, x_part, x_step;
    const float *w; /* aligned to LANES floats, and so are its steps */
    size_t w_part, w_step;
    float *z; /* faster where it and its rows are aligned */
    size_t z_row;
    bool add;
};

void product_compute(const struct product *product);

/* z = x w of whole matrices, rows of w and z `columns` long; an element of x stands at
 * x[row * x_row + k * x_step]. */
static inline void product_matrices(size_t rows, size_t columns, size_t depth, const float *x,
                                    size_t x_row, size_t x_step, const float *w, float *z) {
    product_compute(&(struct product){.rows = rows,
                                      .columns = columns,
                                      .parts = 1,
                                      .depth = depth,
                                      .x = x,
                                      .x_row = x_row,
                                      .x_step = x_step,
                                      .w = w,
                                      .w_step = columns,
                                      .z = z,
                                      .z_row = columns});
}

#endif
