#include "math/portable.h"
#include "math/registers.h"
#include "math/warp.h"

#include <math.h>

/* What a root may leave of the variance of 1 at any place. */
#define VARIANCE_LEFT 1e-3

/* Of the sum of four uniform bytes. */
#define BYTES_MEAN 510
#define BYTES_DEVIATION 147.80054127f

/* The sum of the Gaussian's weights, times themselves `lag` places on, out to six deviations. */
static double autocovariance(double sigma, size_t lag) {
    const long reach = (long)ceil(6 * sigma);
    double sum = 0;
    for (long i = -reach; i <= reach; i++) {
        const double other = (double)i + (double)lag;
        sum += portable_exp(-((double)i * (double)i + other * other) / (2 * sigma * sigma));
    }
    return sum;
}

static double weight_sum(double sigma) {
    const long reach = (long)ceil(6 * sigma);
    double sum = 0;
    for (long i = -reach; i <= reach; i++)
        sum += portable_exp(-((double)i * (double)i) / (2 * sigma * sigma));
    return sum;
}

enum parity { ODD = -1, ALL = 0, EVEN = 1 };

/* Of (f(i) + parity f(count - 1 - i)) / 2, or f, with the same of j; f has the correlations. */
static double covariance(const double *correlation, size_t count, enum parity parity, size_t i,
                         size_t j) {
    const double same = correlation[i > j ? i - j : j - i];
    const size_t mirrored = count - 1 - j;
    if (parity == ALL)
        return same;
    return (same + (int)parity * correlation[i > mirrored ? i - mirrored : mirrored - i]) / 2;
}

/* A root of a covariance by Cholesky's decomposition, the largest variance that is left next:
 * column k of it at root + k * count, and what is left of the variances in `left`. Returns how many
 * columns it takes. */
static size_t find_root(const double *correlation, size_t length, enum parity parity, double *left,
                        double *root) {
    const size_t count = parity == ALL ? length : (length + 1) / 2;
    for (size_t i = 0; i < count; i++)
        left[i] = covariance(correlation, length, parity, i, i);
    for (size_t k = 0; k < count; k++) {
        size_t pivot = 0;
        for (size_t i = 1; i < count; i++)
            pivot = left[i] > left[pivot] ? i : pivot;
        if (left[pivot] <= VARIANCE_LEFT)
            return k;
        const double scale = 1 / sqrt(left[pivot]);
        for (size_t i = 0; i < count; i++) {
            double rest = covariance(correlation, length, parity, i, pivot);
            for (size_t before = 0; before < k; before++)
                rest -= root[before * count + i] * root[before * count + pivot];
            root[k * count + i] = rest * scale;
        }
        for (size_t i = 0; i < count; i++)
            left[i] -= root[k * count + i] * root[k * count + i];
    }
    return count;
}

/* The rows' root in its two halves, each place with all its numbers together. */
static void make_row_root(struct smooth_field *field, const double *correlation, double *left,
                          double *root) {
    const size_t half = (field->rows + 1) / 2;
    field->even = find_root(correlation, field->rows, EVEN, left, root);
    field->odd = find_root(correlation, field->rows, ODD, left, root + field->even * half);
    const size_t width = field->even + field->odd;
    for (size_t i = 0; i < half; i++)
        for (size_t k = 0; k < width; k++)
            field->row_root[i * width + k] = (float)root[k * half + i];
}

static void make_column_root(struct smooth_field *field, const double *correlation, double *left,
                             double *root) {
    field->rank = find_root(correlation, field->columns, ALL, left, root);
    for (size_t k = 0; k < field->rank; k++)
        for (size_t i = 0; i < field->columns; i++)
            field->column_root[k * field->stride + i] = (float)root[k * field->columns + i];
}

size_t smooth_field_words_max(size_t rows, size_t columns) {
    return 2 * 2 * ((rows + 1) / 2) * columns;
}

bool smooth_field_init(struct smooth_field *field, size_t rows, size_t columns, double sigma,
                       struct arena *arena) {
    const size_t longest = rows > columns ? rows : columns, half = (rows + 1) / 2;
    const size_t stride = PAD_TO_LANES(columns);
    *field = (struct smooth_field){.rows = rows, .columns = columns, .stride = stride};
    double *correlation = ARENA_NEW(arena, double, longest);
    double *left = ARENA_NEW(arena, double, longest);
    double *root = ARENA_NEW(arena, double, longest *longest);
    field->row_root = ARENA_NEW(arena, float, half * 2 * half);
    field->column_root = ARENA_NEW(arena, float, columns *stride);
    field->numbers = ARENA_NEW(arena, float, smooth_field_words_max(rows, columns));
    field->halfway = ARENA_NEW(arena, float, 2 * 2 * half * stride);
    if (arena->failed || arena->counting)
        return !arena->failed;
    const double variance = autocovariance(sigma, 0), sum = weight_sum(sigma);
    for (size_t lag = 0; lag < longest; lag++)
        correlation[lag] = autocovariance(sigma, lag) / variance;
    field->deviation = variance / (sum * sum) * sqrt(1.0 / 3);
    make_row_root(field, correlation, left, root);
    make_column_root(field, correlation, left, root);
    return true;
}

static size_t numbers_of(const struct smooth_field *field) {
    return (field->even + field->odd) * field->rank;
}

size_t smooth_field_words(const struct smooth_field *field) {
    return 2 * numbers_of(field);
}

MULTIVERSION static void make_numbers(const uint32_t *restrict words, size_t count, float scale,
                                      float *restrict numbers) {
    for (size_t i = 0; i < count; i++) {
        const uint32_t two = (words[i] & 0x00ff00ff) + (words[i] >> 8 & 0x00ff00ff);
        numbers[i] = (float)((int32_t)((two & 0xffff) + (two >> 16)) - BYTES_MEAN) * scale;
    }
}

/* Of both fields, width x rank numbers each times the columns' root. */
#define MULTIPLY(V)                                                                                \
    FOR_##V static void multiply_##V(const struct smooth_field *field, float *product) {           \
        const size_t stride = field->stride, rank = field->rank;                                   \
        const size_t width = field->even + field->odd;                                             \
        for (size_t r = 0; r < width; r++) {                                                       \
            const float *a = field->numbers + r * rank, *b = a + width * rank;                     \
            V *to = (V *)(product + r * stride),                                                   \
              *other_to = (V *)(product + (width + r) * stride);                                   \
            for (size_t c = 0; c < stride / FLOATS(V); c += PER_LANES(V)) {                        \
                V sum[COUNT(1, V)] = {{0}}, other[COUNT(1, V)] = {{0}};                            \
                for (size_t k = 0; k < rank; k++) {                                                \
                    const V *root = (const V *)(field->column_root + k * stride) + c;              \
                    for (int n = 0; n < COUNT(1, V); n++) {                                        \
                        sum[n] += a[k] * root[n];                                                  \
                        other[n] += b[k] * root[n];                                                \
                    }                                                                              \
                }                                                                                  \
                for (int n = 0; n < COUNT(1, V); n++) {                                            \
                    to[c + (size_t)n] = sum[n];                                                    \
                    other_to[c + (size_t)n] = other[n];                                            \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }

/* The rows from both ends: their symmetric parts are the same, and their antisymmetric ones differ
 * in their sign. */
#define ADD_ROOTS(V, BEGIN, END, SUMS)                                                             \
    for (size_t k = (BEGIN); k < (END); k++)                                                       \
        for (size_t i = 0; i < 2; i++) {                                                           \
            const V *values = (const V *)(halfway + (i * width + k) * stride + c);                 \
            for (int n = 0; n < COUNT(1, V); n++)                                                  \
                (SUMS)[i][n] += root[k] * values[n];                                               \
        }
#define UNFOLD(V)                                                                                  \
    FOR_##V static void unfold_##V(const struct smooth_field *field, const float *halfway,         \
                                   float *const whole[2]) {                                        \
        const size_t stride = field->stride, even = field->even, width = even + field->odd;        \
        for (size_t r = 0; r < (field->rows + 1) / 2; r++) {                                       \
            const float *root = field->row_root + r * width;                                       \
            const size_t upper = r * stride, lower = (field->rows - 1 - r) * stride;               \
            for (size_t c = 0; c < stride; c += LANES) {                                           \
                V same[2][COUNT(1, V)] = {{{0}}}, opposite[2][COUNT(1, V)] = {{{0}}};              \
                ADD_ROOTS(V, 0, even, same)                                                        \
                ADD_ROOTS(V, even, width, opposite)                                                \
                for (size_t i = 0; i < 2; i++)                                                     \
                    for (int n = 0; n < COUNT(1, V); n++) {                                        \
                        ((V *)(whole[i] + upper + c))[n] = same[i][n] + opposite[i][n];            \
                        ((V *)(whole[i] + lower + c))[n] = same[i][n] - opposite[i][n];            \
                    }                                                                              \
            }                                                                                      \
        }                                                                                          \
    }
EACH_LENGTH(MULTIPLY)
EACH_LENGTH(UNFOLD)

void smooth_field_make(const struct smooth_field *field, const uint32_t *words, float scale,
                       float *dx, float *dy) {
    make_numbers(words, smooth_field_words(field),
                 scale * ((float)field->deviation / BYTES_DEVIATION), field->numbers);
    static void (*const multiply[])(const struct smooth_field *, float *) = VERSIONS(multiply);
    static void (*const unfold[])(const struct smooth_field *, const float *, float *const[2]) =
        VERSIONS(unfold);
    multiply[register_length()](field, field->halfway);
    unfold[register_length()](field, field->halfway, (float *[]){dx, dy});
}
