#include "math/product.h"

#include <string.h>

/* A block has its sums in registers: R rows of N lanes. Three quarters of the registers of AVX-512
 * are sums then, or of AVX2 where N is 1. */
#define ROWS 6
#define WIDTH 4

typedef void block_function(const struct product *at);

#define BLOCK(R, N)                                                                                \
    MULTIVERSION static void block_##R##_##N(const struct product *at) {                           \
        const size_t depth = at->depth, x_row = at->x_row, x_step = at->x_step;                    \
        const size_t w_step = at->w_step;                                                          \
        lanes sum[R][N];                                                                           \
        for (int r = 0; r < R; r++)                                                                \
            for (int n = 0; n < N; n++)                                                            \
                sum[r][n] =                                                                        \
                    at->add ? ((const lanes *)(at->z + (size_t)r * at->z_row))[n] : BROADCAST(0);  \
        for (size_t part = 0; part < at->parts; part++) {                                          \
            const float *x = at->x + part * at->x_part, *w = at->w + part * at->w_part;            \
            for (size_t k = 0; k < depth; k++, x += x_step, w += w_step) {                         \
                lanes weights[N];                                                                  \
                for (int n = 0; n < N; n++)                                                        \
                    weights[n] = ((const lanes *)w)[n];                                            \
                for (int r = 0; r < R; r++) {                                                      \
                    const float scalar = x[(size_t)r * x_row];                                     \
                    for (int n = 0; n < N; n++)                                                    \
                        sum[r][n] += BROADCAST(scalar) * weights[n];                               \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        for (int r = 0; r < R; r++)                                                                \
            for (int n = 0; n < N; n++)                                                            \
                ((lanes *)(at->z + (size_t)r * at->z_row))[n] = sum[r][n];                         \
    }

#define BLOCKS(N) BLOCK(1, N) BLOCK(2, N) BLOCK(3, N) BLOCK(4, N) BLOCK(5, N) BLOCK(6, N)
BLOCKS(1)
BLOCKS(2)
BLOCKS(4)
#define NAMES(N)                                                                                   \
    { block_1_##N, block_2_##N, block_3_##N, block_4_##N, block_5_##N, block_6_##N }
static block_function *const blocks[][ROWS] = {[1] = NAMES(1), [2] = NAMES(2), [4] = NAMES(4)};

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
    const bool whole = at.columns >= width * LANES && at.z_row % LANES == 0;
    for (size_t rows; at.rows > 0; at.rows -= rows) {
        const size_t count = (at.rows + ROWS - 1) / ROWS;
        rows = (at.rows + count - 1) / count;
        block_function *function = blocks[width][rows - 1];
        if (whole)
            function(&at);
        else
            through_buffer(function, &at, rows, width);
        at.x += rows * at.x_row;
        at.z += rows * at.z_row;
    }
}

void product_compute(const struct product *product) {
    const size_t widest = many_registers() ? WIDTH : 1;
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
