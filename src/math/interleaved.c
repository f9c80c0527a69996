#include "math/interleaved.h"

/* sums[r][c] = sum over k of a[r * a_row + k * a_step] b[c * b_column + k * b_step], in steps of
 * registers; one kernel serves all three products. */
struct product {
    size_t rows, columns, terms;
    const lanes *a;
    size_t a_row, a_step;
    const lanes *b;
    size_t b_column, b_step;
    lanes *sums; /* rows x columns */
};

/* Sums of a tile that are under way at once: each register of `a` serves COLUMNS of them, each one
 * of `b` ROWS. */
#define ROWS 4
#define COLUMNS 5

#define TILE(R, C)                                                                                 \
    MULTIVERSION static void tile_##R##_##C(const struct product *p, size_t row, size_t column) {  \
        const lanes *a = p->a + row * p->a_row, *b = p->b + column * p->b_column;                  \
        const size_t a_row = p->a_row, a_step = p->a_step;                                         \
        const size_t b_column = p->b_column, b_step = p->b_step;                                   \
        lanes sum[R][C];                                                                           \
        for (int r = 0; r < R; r++)                                                                \
            for (int c = 0; c < C; c++)                                                            \
                sum[r][c] = BROADCAST(0);                                                          \
        for (size_t k = 0; k < p->terms; k++, a += a_step, b += b_step)                            \
            for (size_t c = 0; c < C; c++) {                                                       \
                const lanes factor = b[c * b_column];                                              \
                for (size_t r = 0; r < R; r++)                                                     \
                    sum[r][c] += a[r * a_row] * factor;                                            \
            }                                                                                      \
        lanes *to = p->sums + row * p->columns + column;                                           \
        for (size_t r = 0; r < R; r++)                                                             \
            for (size_t c = 0; c < C; c++)                                                         \
                to[r * p->columns + c] = sum[r][c];                                                \
    }

TILE(1, 1)
TILE(1, 2)
TILE(1, 3)
TILE(1, 4)
TILE(1, 5)
TILE(4, 1)
TILE(4, 2)
TILE(4, 3)
TILE(4, 4)
TILE(4, 5)

typedef void tile(const struct product *p, size_t row, size_t column);

static void multiply(const struct product *p) {
    static tile *const singles[] = {tile_1_1, tile_1_2, tile_1_3, tile_1_4, tile_1_5};
    static tile *const fours[] = {tile_4_1, tile_4_2, tile_4_3, tile_4_4, tile_4_5};
    for (size_t column = 0; column < p->columns; column += COLUMNS) {
        const size_t left = p->columns - column, width = left < COLUMNS ? left : COLUMNS;
        size_t row = 0;
        for (; row + ROWS <= p->rows; row += ROWS)
            fours[width - 1](p, row, column);
        for (; row < p->rows; row++)
            singles[width - 1](p, row, column);
    }
}

void interleaved_forward(struct interleaved_shape shape, const float *x, const float *w, float *z) {
    multiply(&(struct product){.rows = shape.rows,
                               .columns = shape.units,
                               .terms = shape.inputs,
                               .a = (const lanes *)x,
                               .a_row = shape.inputs,
                               .a_step = 1,
                               .b = (const lanes *)w,
                               .b_column = 1,
                               .b_step = shape.units,
                               .sums = (lanes *)z});
}

void interleaved_weight_gradient(struct interleaved_shape shape, const float *x, const float *delta,
                                 float *gradient) {
    multiply(&(struct product){.rows = shape.inputs,
                               .columns = shape.units,
                               .terms = shape.rows,
                               .a = (const lanes *)x,
                               .a_row = 1,
                               .a_step = shape.inputs,
                               .b = (const lanes *)delta,
                               .b_column = 1,
                               .b_step = shape.units,
                               .sums = (lanes *)gradient});
}

void interleaved_input_gradient(struct interleaved_shape shape, const float *delta, const float *w,
                                float *input_delta) {
    multiply(&(struct product){.rows = shape.rows,
                               .columns = shape.inputs,
                               .terms = shape.units,
                               .a = (const lanes *)delta,
                               .a_row = shape.units,
                               .a_step = 1,
                               .b = (const lanes *)w,
                               .b_column = shape.units,
                               .b_step = 1,
                               .sums = (lanes *)input_delta});
}
