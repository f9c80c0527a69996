#include "math/wide.h"

#include "math/elementary.h"

#include <string.h>

/* The registers of a row's sums have to be counted when the kernel is compiled, hence one for each
 * width. N is the width in registers. */
#define FORWARD(N)                                                                                 \
    MULTIVERSION static void forward_##N(const struct sparse *x, const float *w, float *z,         \
                                         size_t stride) {                                          \
        const size_t rows = x->rows;                                                               \
        for (size_t group = 0; group < x->groups; group++)                                         \
            for (size_t row = 0; row < rows; row++) {                                              \
                lanes *sums = (lanes *)(z + row * stride), sum[N];                                 \
                const size_t begin = x->row_start[row * x->groups + group];                        \
                const size_t end = x->row_start[row * x->groups + group + 1];                      \
                for (int n = 0; n < N; n++)                                                        \
                    sum[n] = group == 0 ? BROADCAST(0) : sums[n];                                  \
                for (size_t i = begin; i < end; i++) {                                             \
                    const lanes *weights = (const lanes *)(w + (size_t)x->input[i] * N * LANES);   \
                    const float scalar = x->value[i];                                              \
                    const lanes value = BROADCAST(scalar);                                         \
                    for (int n = 0; n < N; n++)                                                    \
                        sum[n] += value * weights[n];                                              \
                }                                                                                  \
                for (int n = 0; n < N; n++)                                                        \
                    sums[n] = sum[n];                                                              \
            }                                                                                      \
    }

#define GRADIENT(N)                                                                                \
    MULTIVERSION static void gradient_##N(const struct sparse *x, size_t first, size_t count,      \
                                          const float *delta, size_t stride, float *gradient) {    \
        for (size_t i = 0; i < count; i++) {                                                       \
            lanes sum[N];                                                                          \
            const size_t begin = x->active_start[first + i];                                       \
            const size_t end = x->active_start[first + i + 1];                                     \
            for (int n = 0; n < N; n++)                                                            \
                sum[n] = BROADCAST(0);                                                             \
            for (size_t j = begin; j < end; j++) {                                                 \
                const lanes *deltas = (const lanes *)(delta + (size_t)x->row[j] * stride);         \
                const float scalar = x->row_value[j];                                              \
                const lanes value = BROADCAST(scalar);                                             \
                for (int n = 0; n < N; n++)                                                        \
                    sum[n] += value * deltas[n];                                                   \
            }                                                                                      \
            lanes *sums = (lanes *)(gradient + i * N * LANES);                                     \
            for (int n = 0; n < N; n++)                                                            \
                sums[n] = sum[n];                                                                  \
        }                                                                                          \
    }

/* One register wide, a row's sum is a chain whose links wait for each other: four rows at a time.
 */
#define CHAINS 4

MULTIVERSION static void forward_1(const struct sparse *x, const float *w, float *z,
                                   size_t stride) {
    const size_t groups = x->groups;
    const lanes *weights = (const lanes *)w;
    size_t row = 0;
    for (; row < x->rows; row += CHAINS) {
        const size_t chains = x->rows - row < CHAINS ? x->rows - row : CHAINS;
        size_t at[CHAINS], left[CHAINS], common = SIZE_MAX;
        lanes sum[CHAINS];
        for (size_t i = 0; i < CHAINS; i++) {
            const size_t of = i < chains ? row + i : row;
            at[i] = x->row_start[of * groups];
            left[i] = x->row_start[(of + 1) * groups] - at[i];
            common = left[i] < common ? left[i] : common;
            sum[i] = BROADCAST(0);
        }
        for (size_t n = 0; n < common; n++)
            for (size_t i = 0; i < CHAINS; i++) {
                const float scalar = x->value[at[i] + n];
                sum[i] += BROADCAST(scalar) * weights[x->input[at[i] + n]];
            }
        for (size_t i = 0; i < chains; i++) {
            for (size_t n = common; n < left[i]; n++) {
                const float scalar = x->value[at[i] + n];
                sum[i] += BROADCAST(scalar) * weights[x->input[at[i] + n]];
            }
            *(lanes *)(z + (row + i) * stride) = sum[i];
        }
    }
}

#define SCATTER(N)                                                                                 \
    MULTIVERSION static void scatter_##N(const struct sparse *x, const float *delta,               \
                                         size_t stride, float *gradient) {                         \
        const uint32_t *inputs = x->input; /* held: the stores below might change x, for all */    \
        const float *values = x->value;    /* that a compiler knows */                             \
        for (size_t row = 0; row < x->rows; row++) {                                               \
            const lanes *deltas = (const lanes *)(delta + row * stride);                           \
            const size_t end = x->row_start[(row + 1) * x->groups];                                \
            for (size_t i = x->row_start[row * x->groups]; i < end; i++) {                         \
                lanes *sums = (lanes *)(gradient + (size_t)inputs[i] * N * LANES);                 \
                const float scalar = values[i];                                                    \
                for (int n = 0; n < N; n++)                                                        \
                    sums[n] += BROADCAST(scalar) * deltas[n];                                      \
            }                                                                                      \
        }                                                                                          \
    }

/* The same with the zeros, which have been laid out: several rows share a register of weights,
 * several inputs one of deltas. Takes TOGETHER times the registers. */
#define TOGETHER 4

#define ADD(N, SCALAR, SUMS, FACTORS)                                                              \
    do {                                                                                           \
        const float scalar = (SCALAR);                                                             \
        const lanes value = BROADCAST(scalar);                                                     \
        for (int n = 0; n < N; n++)                                                                \
            (SUMS)[n] += value * (FACTORS)[n];                                                     \
    } while (0)

#define DENSE_FORWARD(N)                                                                           \
    MULTIVERSION static void dense_forward_##N(const struct sparse *x, const float *w, float *z,   \
                                               size_t stride) {                                    \
        const size_t inputs = x->inputs;                                                           \
        for (size_t first = 0; first < inputs; first += SPARSE_GROUP) {                            \
            const size_t end = first + SPARSE_GROUP < inputs ? first + SPARSE_GROUP : inputs;      \
            size_t row = 0;                                                                        \
            for (; row + TOGETHER <= x->rows; row += TOGETHER) {                                   \
                const float *values = x->with_zeros + row * inputs;                                \
                lanes sum[TOGETHER][N];                                                            \
                for (int r = 0; r < TOGETHER; r++)                                                 \
                    for (int n = 0; n < N; n++)                                                    \
                        sum[r][n] = first == 0 ? BROADCAST(0)                                      \
                                               : ((lanes *)(z + (row + (size_t)r) * stride))[n];   \
                for (size_t i = first; i < end; i++) {                                             \
                    const lanes *weights = (const lanes *)(w + i * N * LANES);                     \
                    for (size_t r = 0; r < TOGETHER; r++)                                          \
                        ADD(N, values[r * inputs + i], sum[r], weights);                           \
                }                                                                                  \
                for (int r = 0; r < TOGETHER; r++)                                                 \
                    for (int n = 0; n < N; n++)                                                    \
                        ((lanes *)(z + (row + (size_t)r) * stride))[n] = sum[r][n];                \
            }                                                                                      \
            for (; row < x->rows; row++) {                                                         \
                lanes *sums = (lanes *)(z + row * stride), sum[N];                                 \
                for (int n = 0; n < N; n++)                                                        \
                    sum[n] = first == 0 ? BROADCAST(0) : sums[n];                                  \
                for (size_t i = first; i < end; i++)                                               \
                    ADD(N, x->with_zeros[row * inputs + i], sum,                                   \
                        (const lanes *)(w + i * N * LANES));                                       \
                for (int n = 0; n < N; n++)                                                        \
                    sums[n] = sum[n];                                                              \
            }                                                                                      \
        }                                                                                          \
    }

/* From one to before another. */
struct range {
    size_t begin, end;
};

#define DENSE_GRADIENT(N)                                                                          \
    MULTIVERSION static void dense_gradient_##N(const struct sparse *x, struct range inputs,       \
                                                struct range rows, const float *delta,             \
                                                size_t stride, float *gradient) {                  \
        const size_t first = inputs.begin, count = inputs.end - first;                             \
        size_t i = 0;                                                                              \
        for (; i + TOGETHER <= count; i += TOGETHER) {                                             \
            const float *values = x->with_zeros + rows.begin * x->inputs + first + i;              \
            lanes *sums = (lanes *)(gradient + i * N * LANES), sum[TOGETHER][N];                   \
            for (int r = 0; r < TOGETHER; r++)                                                     \
                for (int n = 0; n < N; n++)                                                        \
                    sum[r][n] = rows.begin == 0 ? BROADCAST(0) : sums[r * N + n];                  \
            for (size_t row = rows.begin; row < rows.end; row++, values += x->inputs) {            \
                const lanes *deltas = (const lanes *)(delta + row * stride);                       \
                for (int r = 0; r < TOGETHER; r++)                                                 \
                    ADD(N, values[r], sum[r], deltas);                                             \
            }                                                                                      \
            for (int r = 0; r < TOGETHER; r++)                                                     \
                for (int n = 0; n < N; n++)                                                        \
                    sums[r * N + n] = sum[r][n];                                                   \
        }                                                                                          \
        for (; i < count; i++) {                                                                   \
            const float *values = x->with_zeros + rows.begin * x->inputs + first + i;              \
            lanes *sums = (lanes *)(gradient + i * N * LANES), sum[N];                             \
            for (int n = 0; n < N; n++)                                                            \
                sum[n] = rows.begin == 0 ? BROADCAST(0) : sums[n];                                 \
            for (size_t row = rows.begin; row < rows.end; row++, values += x->inputs)              \
                ADD(N, values[0], sum, (const lanes *)(delta + row * stride));                     \
            for (int n = 0; n < N; n++)                                                            \
                sums[n] = sum[n];                                                                  \
        }                                                                                          \
    }

SCATTER(1)
SCATTER(2)
FORWARD(2)
FORWARD(3)
FORWARD(4)
FORWARD(5)
GRADIENT(1)
GRADIENT(2)
GRADIENT(3)
GRADIENT(4)
GRADIENT(5)
DENSE_FORWARD(1)
DENSE_FORWARD(2)
DENSE_FORWARD(3)
DENSE_FORWARD(4)
DENSE_FORWARD(5)
DENSE_GRADIENT(1)
DENSE_GRADIENT(2)
DENSE_GRADIENT(3)
DENSE_GRADIENT(4)
DENSE_GRADIENT(5)

#define KERNELS(NAME)                                                                              \
    { NAME##_1, NAME##_2, NAME##_3, NAME##_4, NAME##_5 }

typedef void forward_kernel(const struct sparse *x, const float *w, float *z, size_t stride);
typedef void dense_gradient_kernel(const struct sparse *x, struct range inputs, struct range rows,
                                   const float *delta, size_t stride, float *gradient);
typedef void gradient_kernel(const struct sparse *x, size_t first, size_t count, const float *delta,
                             size_t stride, float *gradient);

void wide_forward(const struct sparse *x, const float *w, size_t columns, float *z, size_t stride) {
    static forward_kernel *const kernels[] = KERNELS(forward);
    kernels[columns / LANES - 1](x, w, z, stride);
}

void wide_forward_with_zeros(struct sparse *x, const float *w, size_t columns, float *z,
                             size_t stride) {
    static forward_kernel *const kernels[] = KERNELS(dense_forward);
    sparse_lay_out(x);
    kernels[columns / LANES - 1](x, w, z, stride);
}

void wide_gradient(const struct sparse *x, size_t first, size_t count, const float *delta,
                   size_t stride, size_t columns, float *gradient) {
    static gradient_kernel *const kernels[] = KERNELS(gradient);
    kernels[columns / LANES - 1](x, first, count, delta, stride, gradient);
}

void wide_gradient_with_zeros(struct sparse *x, size_t first, size_t count, const float *delta,
                              size_t stride, size_t columns, float *gradient) {
    static dense_gradient_kernel *const kernels[] = KERNELS(dense_gradient);
    sparse_lay_out(x);
    for (size_t row = 0; row < x->rows; row += WIDE_ROWS) {
        const size_t end = row + WIDE_ROWS < x->rows ? row + WIDE_ROWS : x->rows;
        kernels[columns / LANES - 1](x, (struct range){first, first + count},
                                     (struct range){row, end}, delta, stride, gradient);
    }
}

void wide_scatter(const struct sparse *x, const float *delta, size_t stride, size_t columns,
                  float *gradient) {
    memset(gradient, 0, x->inputs * columns * sizeof *gradient);
    (columns == LANES ? scatter_1 : scatter_2)(x, delta, stride, gradient);
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
