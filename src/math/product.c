#include "math/product.h"

#include "math/registers.h"

#include <stdint.h>
#include <string.h>

/* A block has its sums in registers: R rows of vectors V that hold N * LANES floats. Three quarters
 * of the registers are sums then. */
#define ROWS 6
#define WIDTH 4

typedef void block_function(const struct product *at);

#define BLOCK(R, N, V)                                                                             \
    FOR_##V static void block_##R##_##N##_##V(const struct product *at) {                          \
        const size_t depth = at->depth, x_row = at->x_row, x_step = at->x_step;                    \
        const size_t w_step = at->w_step;                                                          \
        V sum[R][COUNT(N, V)];                                                                     \
        for (int r = 0; r < R; r++)                                                                \
            for (int n = 0; n < COUNT(N, V); n++)                                                  \
                sum[r][n] = at->add ? ((const V *)(at->z + (size_t)r * at->z_row))[n] : (V){0};    \
        for (size_t part = 0; part < at->parts; part++) {                                          \
            const float *x = at->x + part * at->x_part, *w = at->w + part * at->w_part;            \
            for (size_t k = 0; k < depth; k++, x += x_step, w += w_step) {                         \
                V weights[COUNT(N, V)];                                                            \
                for (int n = 0; n < COUNT(N, V); n++)                                              \
                    weights[n] = ((const V *)w)[n];                                                \
                for (int r = 0; r < R; r++) {                                                      \
                    const float scalar = x[(size_t)r * x_row];                                     \
                    for (int n = 0; n < COUNT(N, V); n++)                                          \
                        sum[r][n] += scalar * weights[n];                                          \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        for (int r = 0; r < R; r++)                                                                \
            for (int n = 0; n < COUNT(N, V); n++)                                                  \
                ((V *)(at->z + (size_t)r * at->z_row))[n] = sum[r][n];                             \
    }

#define BLOCKS(N, V)                                                                               \
    BLOCK(1, N, V)                                                                                 \
    BLOCK(2, N, V) BLOCK(3, N, V) BLOCK(4, N, V) BLOCK(5, N, V) BLOCK(6, N, V)
#define NAMES(N, V)                                                                                \
    {                                                                                              \
        block_1_##N##_##V, block_2_##N##_##V, block_3_##N##_##V, block_4_##N##_##V,                \
            block_5_##N##_##V, block_6_##N##_##V                                                   \
    }
BLOCKS(1, quarter_lanes)
BLOCKS(1, half_lanes)
BLOCKS(1, lanes)
BLOCKS(2, lanes)
BLOCKS(4, lanes)

/* By their width in LANES floats. */
static block_function *const blocks[REGISTER_LENGTHS][WIDTH + 1][ROWS] = {
    [QUARTER_LANES] = {[1] = NAMES(1, quarter_lanes)},
    [HALF_LANES] = {[1] = NAMES(1, half_lanes)},
    [WHOLE_LANES] = {[1] = NAMES(1, lanes), [2] = NAMES(2, lanes), [4] = NAMES(4, lanes)}};

/* A block whose rows in z are no whole registers, by way of some that are. */
static void through_buffer(block_function *function, const struct product *at, size_t rows,
                           size_t width) {
    _Alignas(LANES * sizeof(float)) float buffer[ROWS * WIDTH * LANES];
    struct product aside = *at;
    aside.z = buffer;
    aside.z_row = width * LANES;
    const size_t bytes = (at->columns < aside.z_row ? at->columns : aside.z_row) * sizeof(float);
    for (size_t r = 0; at->add && r < rows; r++)
        memcpy(buffer + r * aside.z_row, at->z + r * at->z_row, bytes);
    function(&aside);
    for (size_t r = 0; r < rows; r++)
        memcpy(at->z + r * at->z_row, buffer + r * aside.z_row, bytes);
}

/* All rows of some lanes, in blocks of nearly equal height. */
static void columns(struct product at, size_t width) {
    const bool aligned = (uintptr_t)at.z % sizeof(lanes) == 0 && at.z_row % LANES == 0;
    const bool whole = aligned && at.columns >= width * LANES;
    for (size_t rows; at.rows > 0; at.rows -= rows) {
        const size_t count = (at.rows + ROWS - 1) / ROWS;
        rows = (at.rows + count - 1) / count;
        block_function *function = blocks[register_length()][width][rows - 1];
        if (whole)
            function(&at);
        else
            through_buffer(function, &at, rows, width);
        at.x += rows * at.x_row;
        at.z += rows * at.z_row;
    }
}

void product_compute(const struct product *product) {
    const size_t widest = register_length() == WHOLE_LANES ? WIDTH : 1;
    struct product at = *product;
    while (at.columns > 0) {
        const size_t left = PAD_TO_LANES(at.columns) / LANES;
        size_t width = widest;
        while (width > left)
            width /= 2;
        columns(at, width);
        const size_t done = width * LANES < at.columns ? width * LANES : at.columns;
        at.columns -= done;
        at.w += done;
        at.z += done;
    }
}
