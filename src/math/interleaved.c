#include "math/interleaved.h"

#include "math/registers.h"

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

/* A tile of R x C sums of vectors V, which are under way at once: each register of `a` serves C of
 * them, each one of `b` R. Registers that are shorter than `lanes` take a part of them at a time.
 */
#define TILE(R, C, V)                                                                              \
    FOR_##V static void tile_##R##_##C##_##V(const struct product *p, size_t row, size_t column) { \
        const size_t a_row = p->a_row, a_step = p->a_step;                                         \
        const size_t b_column = p->b_column, b_step = p->b_step;                                   \
        for (size_t part = 0; part < PER_LANES(V); part++) {                                       \
            const V *a = (const V *)(p->a + row * a_row) + part;                                   \
            const V *b = (const V *)(p->b + column * b_column) + part;                             \
            V sum[R][C];                                                                           \
            for (int r = 0; r < R; r++)                                                            \
                for (int c = 0; c < C; c++)                                                        \
                    sum[r][c] = (V){0};                                                            \
            for (size_t k = 0; k < p->terms; k++) {                                                \
                for (size_t c = 0; c < C; c++) {                                                   \
                    const V factor = b[c * b_column * PER_LANES(V)];                               \
                    for (size_t r = 0; r < R; r++)                                                 \
                        sum[r][c] += a[r * a_row * PER_LANES(V)] * factor;                         \
                }                                                                                  \
                a += a_step * PER_LANES(V);                                                        \
                b += b_step * PER_LANES(V);                                                        \
            }                                                                                      \
            V *to = (V *)(p->sums + row * p->columns + column) + part;                             \
            for (size_t r = 0; r < R; r++)                                                         \
                for (size_t c = 0; c < C; c++)                                                     \
                    to[(r * p->columns + c) * PER_LANES(V)] = sum[r][c];                           \
        }                                                                                          \
    }

#define COLUMNS 5
#define TILES(R, V) TILE(R, 1, V) TILE(R, 2, V) TILE(R, 3, V) TILE(R, 4, V) TILE(R, 5, V)
TILES(1, lanes)
TILES(4, lanes)
TILES(1, half_lanes)
TILES(2, half_lanes)
TILES(1, quarter_lanes)
TILES(2, quarter_lanes)

typedef void tile(const struct product *p, size_t row, size_t column);

/* How many rows a tile has, and tiles of so many rows and of one, by their columns. */
#define NAMES(R, V)                                                                                \
    { tile_##R##_1_##V, tile_##R##_2_##V, tile_##R##_3_##V, tile_##R##_4_##V, tile_##R##_5_##V }
static const struct {
    size_t rows;
    tile *several[COLUMNS], *single[COLUMNS];
} tiles[REGISTER_LENGTHS] = {
    [QUARTER_LANES] = {2, NAMES(2, quarter_lanes), NAMES(1, quarter_lanes)},
    [HALF_LANES] = {2, NAMES(2, half_lanes), NAMES(1, half_lanes)},
    [WHOLE_LANES] = {4, NAMES(4, lanes), NAMES(1, lanes)},
};

static void multiply(const struct product *p) {
    const enum register_length length = register_length();
    const size_t rows = tiles[length].rows;
    for (size_t column = 0; column < p->columns; column += COLUMNS) {
        const size_t left = p->columns - column, width = left < COLUMNS ? left : COLUMNS;
        size_t row = 0;
        for (; row + rows <= p->rows; row += rows)
            tiles[length].several[width - 1](p, row, column);
        for (; row < p->rows; row++)
            tiles[length].single[width - 1](p, row, column);
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
