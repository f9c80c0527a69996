#include "math/wide.h"

#include "math/elementary.h"
#include "math/registers.h"

#include <string.h>

/* The sums of a row are counted when the kernel is compiled, hence one for each width: N is the
 * width in LANES floats. */

#define FORWARD(N, V)                                                                              \
    FOR_##V static void forward_##N##_##V(const struct sparse *x, const float *w, float *z,        \
                                          size_t stride) {                                         \
        const size_t rows = x->rows;                                                               \
        for (size_t group = 0; group < x->groups; group++)                                         \
            for (size_t row = 0; row < rows; row++) {                                              \
                V *sums = (V *)(z + row * stride), sum[COUNT(N, V)];                               \
                const size_t begin = x->row_start[row * x->groups + group];                        \
                const size_t end = x->row_start[row * x->groups + group + 1];                      \
                for (int n = 0; n < COUNT(N, V); n++)                                              \
                    sum[n] = group == 0 ? ((V){0}) : sums[n];                                      \
                for (size_t i = begin; i < end; i++) {                                             \
                    const V *weights = (const V *)(w + (size_t)x->input[i] * N * LANES);           \
                    const float value = x->value[i];                                               \
                    for (int n = 0; n < COUNT(N, V); n++)                                          \
                        sum[n] += value * weights[n];                                              \
                }                                                                                  \
                for (int n = 0; n < COUNT(N, V); n++)                                              \
                    sums[n] = sum[n];                                                              \
            }                                                                                      \
    }

#define GRADIENT(N, V)                                                                             \
    FOR_##V static void gradient_##N##_##V(const struct sparse *x, size_t first, size_t count,     \
                                           const float *delta, size_t stride, float *gradient) {   \
        for (size_t i = 0; i < count; i++) {                                                       \
            V sum[COUNT(N, V)];                                                                    \
            const size_t begin = x->active_start[first + i];                                       \
            const size_t end = x->active_start[first + i + 1];                                     \
            for (int n = 0; n < COUNT(N, V); n++)                                                  \
                sum[n] = (V){0};                                                                   \
            for (size_t j = begin; j < end; j++) {                                                 \
                const V *deltas = (const V *)(delta + (size_t)x->row[j] * stride);                 \
                const float value = x->row_value[j];                                               \
                for (int n = 0; n < COUNT(N, V); n++)                                              \
                    sum[n] += value * deltas[n];                                                   \
            }                                                                                      \
            V *sums = (V *)(gradient + i * N * LANES);                                             \
            for (int n = 0; n < COUNT(N, V); n++)                                                  \
                sums[n] = sum[n];                                                                  \
        }                                                                                          \
    }

/* In the narrowest ones, a row's sum is a chain whose links wait for each other: four rows at a
 * time. */
#define CHAINS 4

#define CHAINED_FORWARD(V)                                                                         \
    FOR_##V static void forward_1_##V(const struct sparse *x, const float *w, float *z,            \
                                      size_t stride) {                                             \
        const size_t groups = x->groups;                                                           \
        for (size_t row = 0; row < x->rows; row += CHAINS) {                                       \
            const size_t chains = x->rows - row < CHAINS ? x->rows - row : CHAINS;                 \
            size_t at[CHAINS], left[CHAINS], common = SIZE_MAX;                                    \
            V sum[CHAINS][COUNT(1, V)];                                                            \
            for (size_t i = 0; i < CHAINS; i++) {                                                  \
                const size_t of = i < chains ? row + i : row;                                      \
                at[i] = x->row_start[of * groups];                                                 \
                left[i] = x->row_start[(of + 1) * groups] - at[i];                                 \
                common = left[i] < common ? left[i] : common;                                      \
                for (int n = 0; n < COUNT(1, V); n++)                                              \
                    sum[i][n] = (V){0};                                                            \
            }                                                                                      \
            for (size_t k = 0; k < common; k++)                                                    \
                for (size_t i = 0; i < CHAINS; i++)                                                \
                    ADD(COUNT(1, V), x->value[at[i] + k], sum[i],                                  \
                        (const V *)(w + (size_t)x->input[at[i] + k] * LANES));                     \
            for (size_t i = 0; i < chains; i++) {                                                  \
                for (size_t k = common; k < left[i]; k++)                                          \
                    ADD(COUNT(1, V), x->value[at[i] + k], sum[i],                                  \
                        (const V *)(w + (size_t)x->input[at[i] + k] * LANES));                     \
                for (int n = 0; n < COUNT(1, V); n++)                                              \
                    ((V *)(z + (row + i) * stride))[n] = sum[i][n];                                \
            }                                                                                      \
        }                                                                                          \
    }

#define SCATTER(N, V)                                                                              \
    FOR_##V static void scatter_##N##_##V(const struct sparse *x, const float *delta,              \
                                          size_t stride, float *gradient) {                        \
        const uint32_t *inputs = x->input; /* held: the stores below might change x, for all */    \
        const float *values = x->value;    /* that a compiler knows */                             \
        for (size_t row = 0; row < x->rows; row++) {                                               \
            const V *deltas = (const V *)(delta + row * stride);                                   \
            const size_t end = x->row_start[(row + 1) * x->groups];                                \
            for (size_t i = x->row_start[row * x->groups]; i < end; i++)                           \
                ADD(COUNT(N, V), values[i], (V *)(gradient + (size_t)inputs[i] * N * LANES),       \
                    deltas);                                                                       \
        }                                                                                          \
    }

#define ADD(COUNT, VALUE, SUMS, FACTORS)                                                           \
    do {                                                                                           \
        const float value_ = (VALUE);                                                              \
        for (int n_ = 0; n_ < (COUNT); n_++)                                                       \
            (SUMS)[n_] += value_ * (FACTORS)[n_];                                                  \
    } while (0)

/* The same with the zeros, which have been laid out: T rows share a register of weights, T inputs
 * one of deltas. Takes T times the registers. */
#define DENSE_FORWARD(N, V, T)                                                                     \
    FOR_##V static void dense_forward_##N##_##V(const struct sparse *x, const float *w, float *z,  \
                                                size_t stride) {                                   \
        const size_t inputs = x->inputs;                                                           \
        for (size_t first = 0; first < inputs; first += SPARSE_GROUP) {                            \
            const size_t end = first + SPARSE_GROUP < inputs ? first + SPARSE_GROUP : inputs;      \
            size_t row = 0;                                                                        \
            for (; row + T <= x->rows; row += T) {                                                 \
                const float *values = x->with_zeros + row * inputs;                                \
                V sum[T][COUNT(N, V)];                                                             \
                for (size_t r = 0; r < T; r++)                                                     \
                    for (int n = 0; n < COUNT(N, V); n++)                                          \
                        sum[r][n] = first == 0 ? ((V){0}) : ((V *)(z + (row + r) * stride))[n];    \
                for (size_t i = first; i < end; i++)                                               \
                    for (size_t r = 0; r < T; r++)                                                 \
                        ADD(COUNT(N, V), values[r * inputs + i], sum[r],                           \
                            (const V *)(w + i * N * LANES));                                       \
                for (size_t r = 0; r < T; r++)                                                     \
                    for (int n = 0; n < COUNT(N, V); n++)                                          \
                        ((V *)(z + (row + r) * stride))[n] = sum[r][n];                            \
            }                                                                                      \
            for (; row < x->rows; row++) {                                                         \
                V *sums = (V *)(z + row * stride), sum[COUNT(N, V)];                               \
                for (int n = 0; n < COUNT(N, V); n++)                                              \
                    sum[n] = first == 0 ? ((V){0}) : sums[n];                                      \
                for (size_t i = first; i < end; i++)                                               \
                    ADD(COUNT(N, V), x->with_zeros[row * inputs + i], sum,                         \
                        (const V *)(w + i * N * LANES));                                           \
                for (int n = 0; n < COUNT(N, V); n++)                                              \
                    sums[n] = sum[n];                                                              \
            }                                                                                      \
        }                                                                                          \
    }

/* From one to before another. */
struct range {
    size_t begin, end;
};

#define DENSE_GRADIENT(N, V, T)                                                                    \
    FOR_##V static void dense_gradient_##N##_##V(const struct sparse *x, struct range inputs,      \
                                                 struct range rows, const float *delta,            \
                                                 size_t stride, float *gradient) {                 \
        const size_t first = inputs.begin, count = inputs.end - first;                             \
        size_t i = 0;                                                                              \
        for (; i + T <= count; i += T) {                                                           \
            const float *values = x->with_zeros + rows.begin * x->inputs + first + i;              \
            V *sums = (V *)(gradient + i * N * LANES), sum[T][COUNT(N, V)];                        \
            for (int r = 0; r < T; r++)                                                            \
                for (int n = 0; n < COUNT(N, V); n++)                                              \
                    sum[r][n] = rows.begin == 0 ? ((V){0}) : sums[r * COUNT(N, V) + n];            \
            for (size_t row = rows.begin; row < rows.end; row++, values += x->inputs)              \
                for (int r = 0; r < T; r++)                                                        \
                    ADD(COUNT(N, V), values[r], sum[r], (const V *)(delta + row * stride));        \
            for (int r = 0; r < T; r++)                                                            \
                for (int n = 0; n < COUNT(N, V); n++)                                              \
                    sums[r * COUNT(N, V) + n] = sum[r][n];                                         \
        }                                                                                          \
        for (; i < count; i++) {                                                                   \
            const float *values = x->with_zeros + rows.begin * x->inputs + first + i;              \
            V *sums = (V *)(gradient + i * N * LANES), sum[COUNT(N, V)];                           \
            for (int n = 0; n < COUNT(N, V); n++)                                                  \
                sum[n] = rows.begin == 0 ? ((V){0}) : sums[n];                                     \
            for (size_t row = rows.begin; row < rows.end; row++, values += x->inputs)              \
                ADD(COUNT(N, V), values[0], sum, (const V *)(delta + row * stride));               \
            for (int n = 0; n < COUNT(N, V); n++)                                                  \
                sums[n] = sum[n];                                                                  \
        }                                                                                          \
    }

#define ALL(N, V, T)                                                                               \
    GRADIENT(N, V)                                                                                 \
    DENSE_FORWARD(N, V, T)                                                                         \
    DENSE_GRADIENT(N, V, T)
#define KERNELS(V, T1, T2, T)                                                                      \
    CHAINED_FORWARD(V)                                                                             \
    FORWARD(2, V)                                                                                  \
    FORWARD(3, V)                                                                                  \
    FORWARD(4, V)                                                                                  \
    FORWARD(5, V)                                                                                  \
    SCATTER(1, V) SCATTER(2, V) ALL(1, V, T1) ALL(2, V, T2) ALL(3, V, T) ALL(4, V, T) ALL(5, V, T)
KERNELS(lanes, 4, 4, 4)
KERNELS(half_lanes, 4, 3, 1)
KERNELS(quarter_lanes, 3, 1, 1)

typedef void forward_kernel(const struct sparse *x, const float *w, float *z, size_t stride);
typedef void dense_gradient_kernel(const struct sparse *x, struct range inputs, struct range rows,
                                   const float *delta, size_t stride, float *gradient);
typedef void gradient_kernel(const struct sparse *x, size_t first, size_t count, const float *delta,
                             size_t stride, float *gradient);
typedef void scatter_kernel(const struct sparse *x, const float *delta, size_t stride,
                            float *gradient);

/* By their width and the length of registers. */
#define WIDTHS(NAME)                                                                               \
    {                                                                                              \
        VERSIONS(NAME##_1), VERSIONS(NAME##_2), VERSIONS(NAME##_3), VERSIONS(NAME##_4),            \
            VERSIONS(NAME##_5)                                                                     \
    }

void wide_forward(const struct sparse *x, const float *w, size_t columns, float *z, size_t stride) {
    static forward_kernel *const kernels[][REGISTER_LENGTHS] = WIDTHS(forward);
    kernels[columns / LANES - 1][register_length()](x, w, z, stride);
}

void wide_forward_with_zeros(struct sparse *x, const float *w, size_t columns, float *z,
                             size_t stride) {
    static forward_kernel *const kernels[][REGISTER_LENGTHS] = WIDTHS(dense_forward);
    sparse_lay_out(x);
    kernels[columns / LANES - 1][register_length()](x, w, z, stride);
}

void wide_gradient(const struct sparse *x, size_t first, size_t count, const float *delta,
                   size_t stride, size_t columns, float *gradient) {
    static gradient_kernel *const kernels[][REGISTER_LENGTHS] = WIDTHS(gradient);
    kernels[columns / LANES - 1][register_length()](x, first, count, delta, stride, gradient);
}

void wide_gradient_with_zeros(struct sparse *x, size_t first, size_t count, const float *delta,
                              size_t stride, size_t columns, float *gradient) {
    static dense_gradient_kernel *const kernels[][REGISTER_LENGTHS] = WIDTHS(dense_gradient);
    sparse_lay_out(x);
    for (size_t row = 0; row < x->rows; row += WIDE_ROWS) {
        const size_t end = row + WIDE_ROWS < x->rows ? row + WIDE_ROWS : x->rows;
        kernels[columns / LANES - 1][register_length()](x, (struct range){first, first + count},
                                                        (struct range){row, end}, delta, stride,
                                                        gradient);
    }
}

void wide_scatter(const struct sparse *x, const float *delta, size_t stride, size_t columns,
                  float *gradient) {
    static scatter_kernel *const kernels[][REGISTER_LENGTHS] = {VERSIONS(scatter_1),
                                                                VERSIONS(scatter_2)};
    memset(gradient, 0, x->inputs * columns * sizeof *gradient);
    kernels[columns / LANES - 1][register_length()](x, delta, stride, gradient);
}

MULTIVERSION void wide_sizes(const float *values, size_t rows, size_t columns, int32_t *sizes) {
    for (size_t column = 0; column < columns; column += LANES) {
        int32_t largest[LANES];
        memcpy(largest, sizes + column, sizeof largest);
        for (size_t row = 0; row < rows; row++) {
            const float *at = values + row * columns + column;
            INDEPENDENT
            for (int i = 0; i < LANES; i++) {
                const int32_t size = bits_of_float(at[i]) & INT32_MAX;
                largest[i] = size > largest[i] ? size : largest[i];
            }
        }
        memcpy(sizes + column, largest, sizeof largest);
    }
}

bool wide_all_finite(const float *values, size_t count) {
    int32_t sizes[LANES] = {0};
    bool finite = true;
    wide_sizes(values, count / LANES, LANES, sizes);
    for (int i = 0; i < LANES; i++)
        finite &= wide_is_finite(sizes[i]);
    return finite;
}
