/* Optimizers that look at a whole array of weights. Means and norms are summed in double precision,
 * in an order of their own for each shape. */
#include "nn/optimizer.h"

#include "base/multiversion.h"
#include "math/gemm.h"

#include <math.h>
#include <string.h>

static float setting(const struct optimizer_array *array, enum optimizer_parameter parameter) {
    return (float)array->settings->value[parameter];
}

/* 1 - beta, which Keras makes in double precision. */
static float rest_of(const struct optimizer_array *array, enum optimizer_parameter parameter) {
    return (float)(1 - array->settings->value[parameter]);
}

/* Sixteen sums side by side, of the elements whose places in their rows are equal modulo 16. */
MULTIVERSION double optimizer_squares(struct shape shape, size_t stride, const float *values) {
    const size_t columns = shape_columns(shape), rows = shape_rows(shape);
    double sums[LANES] = {0}, sum = 0;
    for (size_t row = 0; row < rows; row++, values += stride)
        for (size_t first = 0; first < columns; first += LANES) {
            const size_t count = columns - first < LANES ? columns - first : LANES;
            for (size_t i = 0; i < count; i++)
                sums[i] += (double)values[first + i] * (double)values[first + i];
        }
    for (size_t i = 0; i < LANES; i++)
        sum += sums[i];
    return sum;
}

/* The mean of an array's squares. */
static float mean_square(struct shape shape, size_t stride, const float *values) {
    return (float)(optimizer_squares(shape, stride, values) / (double)shape_size(shape));
}

/* --- lamb (You et al. 2020). Slots: first moment, second moment. --- */

/* The moments, and in `update` what adam would step by. */
MULTIVERSION static void lamb_moments(const struct optimizer_array *array, size_t at,
                                      size_t columns) {
    const float rest_1 = rest_of(array, OPTIMIZER_BETA_1),
                rest_2 = rest_of(array, OPTIMIZER_BETA_2);
    const float part_1 = 1 - powf(setting(array, OPTIMIZER_BETA_1), array->step);
    const float part_2 = 1 - powf(setting(array, OPTIMIZER_BETA_2), array->step);
    const float epsilon = setting(array, OPTIMIZER_EPSILON);
    float *restrict g = array->gradients + at, *restrict m = array->slots[0] + at,
                    *restrict v = array->slots[1] + at;
    for (size_t i = 0; i < columns; i++) {
        m[i] += (g[i] - m[i]) * rest_1;
        v[i] += (g[i] * g[i] - v[i]) * rest_2;
        g[i] = m[i] / part_1 / (sqrtf(v[i] / part_2) + epsilon);
    }
}

MULTIVERSION static void add_scaled(float *restrict to, const float *restrict from, float factor,
                                    size_t count) {
    for (size_t i = 0; i < count; i++)
        to[i] += factor * from[i];
}

static void lamb_step(const struct optimizer_array *array) {
    const size_t rows = shape_rows(array->shape), columns = shape_columns(array->shape);
    for (size_t row = 0; row < rows; row++)
        lamb_moments(array, row * array->stride, columns);
    const float weights =
        sqrtf((float)optimizer_squares(array->shape, array->stride, array->weights));
    const float update =
        sqrtf((float)optimizer_squares(array->shape, array->stride, array->gradients));
    const float ratio = weights > 0 && update > 0 ? weights / update : 1;
    const float rate = ratio * array->rate;
    for (size_t row = 0; row < rows; row++)
        add_scaled(array->weights + row * array->stride, array->gradients + row * array->stride,
                   -rate, columns);
}

const struct optimizer_kernel optimizer_lamb = {
    .name = "lamb", .slots = 2, .step_array = lamb_step};

/* --- adafactor (Shazeer and Stern 2018) ---
 *
 * Of each matrix in an array's last two dimensions the second moments are kept as the means of its
 * columns and of its rows. In the slot these stand in the matrix's own place: the columns' in its
 * first row, the rows' behind that row. A matrix of one row has room for its columns only, which is
 * enough: its row's mean divided by the mean of all rows' is 1. */

struct decay {
    float kept, added; /* beta_2 of this step, and 1 - beta_2 */
    float epsilon;     /* added to squares */
};

static float moved(float mean, const struct decay *decay, double now) {
    return decay->kept * mean + decay->added * (float)now;
}

static double regulated(float gradient, const struct decay *decay) {
    return (double)(gradient * gradient + decay->epsilon);
}

MULTIVERSION static void move_columns(const struct decay *decay, size_t rows, size_t columns,
                                      size_t stride, const float *gradients, float *means) {
    for (size_t first = 0; first < columns; first += LANES) {
        const size_t count = columns - first < LANES ? columns - first : LANES;
        double sums[LANES] = {0};
        for (size_t row = 0; row < rows; row++)
            for (size_t i = 0; i < count; i++)
                sums[i] += regulated(gradients[row * stride + first + i], decay);
        for (size_t i = 0; i < count; i++)
            means[first + i] = moved(means[first + i], decay, sums[i] / (double)rows);
    }
}

/* Returns the mean of the rows' means. */
MULTIVERSION static float move_rows(const struct decay *decay, size_t rows, size_t columns,
                                    size_t stride, const float *gradients, float *means) {
    double all = 0;
    for (size_t row = 0; row < rows; row++) {
        double sum = 0;
        for (size_t i = 0; i < columns; i++)
            sum += regulated(gradients[row * stride + i], decay);
        means[row] = moved(means[row], decay, sum / (double)columns);
        all += (double)means[row];
    }
    return (float)(all / (double)rows);
}

/* Divide a matrix's gradients by the roots of their second moments. */
MULTIVERSION static void scale_matrix(const struct decay *decay, size_t rows, size_t columns,
                                      size_t stride, float *gradients, float *slot) {
    float *of_rows = slot + stride, mean = 1;
    move_columns(decay, rows, columns, stride, gradients, slot);
    if (rows > 1)
        mean = move_rows(decay, rows, columns, stride, gradients, of_rows);
    for (size_t row = 0; row < rows; row++) {
        const float share = rows > 1 ? of_rows[row] / mean : 1;
        for (size_t i = 0; i < columns; i++)
            gradients[row * stride + i] /= sqrtf(share * slot[i]);
    }
}

static void adafactor_step(const struct optimizer_array *array) {
    const size_t columns = shape_columns(array->shape), all = shape_rows(array->shape);
    const size_t rows = array->shape.rank < 2 ? 1 : array->shape.dims[array->shape.rank - 2];
    const float beta_2 = 1 - powf(array->step, setting(array, OPTIMIZER_BETA_2_DECAY));
    const struct decay decay = {beta_2, 1 - beta_2, setting(array, OPTIMIZER_EPSILON_1)};
    const float longest = 1 / sqrtf(array->step), rate = array->rate;
    const float size = sqrtf(mean_square(array->shape, array->stride, array->weights));
    const float least = setting(array, OPTIMIZER_EPSILON_2);
    for (size_t row = 0; row < all; row += rows)
        scale_matrix(&decay, rows, columns, array->stride, array->gradients + row * array->stride,
                     array->slots[0] + row * array->stride);
    const float length = sqrtf(mean_square(array->shape, array->stride, array->gradients)) /
                         setting(array, OPTIMIZER_CLIP_THRESHOLD);
    const float alpha = (size > least ? size : least) * (rate < longest ? rate : longest);
    for (size_t row = 0; row < all; row++)
        add_scaled(array->weights + row * array->stride, array->gradients + row * array->stride,
                   -alpha / (length < 1 ? 1 : length), columns);
}

const struct optimizer_kernel optimizer_adafactor = {
    .name = "adafactor", .slots = 1, .step_array = adafactor_step};

/* --- muon (Jordan et al. 2024; the step's length after Liu et al. 2025) ---
 *
 * Slots: momentum, which is adam's first moment for arrays that are no matrices; their second
 * moment. Keras makes a matrix orthogonal whose longer side is its rows'; here the products of one
 * with more rows than columns are the transposed ones, in place of the matrix. */

static size_t shorter(struct shape shape) {
    return shape.dims[0] < shape.dims[1] ? shape.dims[0] : shape.dims[1];
}

static size_t muon_scratch(struct shape shape) {
    return shape.rank != 2 ? 0 : 2 * shorter(shape) * shorter(shape) + shape_padded(shape);
}

static enum optimizer_parameter muon_decay(struct shape shape) {
    return shape.rank == 2 ? OPTIMIZER_WEIGHT_DECAY : OPTIMIZER_ADAM_WEIGHT_DECAY;
}

/* x = a x + (b s + c s s) x with s = x x^T, or a x + x (b s + c s s) with s = x^T x: `square` has
 * room for s, and for its polynomial behind it, `product` for a matrix like x. */
static void newton_schulz(const struct optimizer_array *array, float *x, float *square,
                          float *product) {
    const size_t rows = array->shape.dims[0], columns = array->shape.dims[1];
    const size_t n = shorter(array->shape), stride = array->stride;
    float *sum = square + n * n;
    if (rows > columns)
        gemm_tn(n, n, rows, x, stride, x, stride, square, n);
    else
        gemm_nt(n, n, columns, x, stride, x, stride, square, n);
    gemm_nn(n, n, n, square, n, square, n, sum, n);
    for (size_t i = 0; i < n * n; i++)
        sum[i] = setting(array, OPTIMIZER_MUON_B) * square[i] +
                 setting(array, OPTIMIZER_MUON_C) * sum[i];
    if (rows > columns)
        gemm_nn(rows, columns, n, x, stride, sum, n, product, stride);
    else
        gemm_nn(rows, columns, n, sum, n, x, stride, product, stride);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = row * stride; i < row * stride + columns; i++)
            x[i] = setting(array, OPTIMIZER_MUON_A) * x[i] + product[i];
}

/* The momentum, and in place of the gradient what is made orthogonal. */
MULTIVERSION static void muon_momentum(const struct optimizer_array *array, size_t at,
                                       size_t columns) {
    const float momentum = setting(array, OPTIMIZER_MOMENTUM);
    const float less = (float)(array->settings->value[OPTIMIZER_MOMENTUM] - 1);
    const bool nesterov = setting(array, OPTIMIZER_NESTEROV) != 0;
    float *restrict g = array->gradients + at, *restrict m = array->slots[0] + at;
    for (size_t i = 0; i < columns; i++) {
        m[i] += g[i] + m[i] * less;
        g[i] = nesterov ? g[i] + momentum * m[i] : m[i];
    }
}

static void muon_matrix(const struct optimizer_array *array) {
    const size_t rows = array->shape.dims[0], columns = array->shape.dims[1];
    const size_t n = shorter(array->shape), longer = rows > columns ? rows : columns;
    const float rms_rate = setting(array, OPTIMIZER_RMS_RATE);
    for (size_t row = 0; row < rows; row++)
        muon_momentum(array, row * array->stride, columns);
    const float norm =
        sqrtf((float)optimizer_squares(array->shape, array->stride, array->gradients)) + 1e-7f;
    for (size_t row = 0; row < rows; row++)
        for (size_t i = row * array->stride; i < row * array->stride + columns; i++)
            array->gradients[i] /= norm;
    for (int i = 0; i < (int)setting(array, OPTIMIZER_NS_STEPS); i++)
        newton_schulz(array, array->gradients, array->scratch, array->scratch + 2 * n * n);
    const float length = rms_rate > 0 ? sqrtf((float)longer) * rms_rate : 1;
    for (size_t row = 0; row < rows; row++)
        add_scaled(array->weights + row * array->stride, array->gradients + row * array->stride,
                   -array->rate * length, columns);
}

MULTIVERSION static void muon_adam(const struct optimizer_array *array, size_t at, size_t columns) {
    const float rest_1 = rest_of(array, OPTIMIZER_ADAM_BETA_1);
    const float rest_2 = rest_of(array, OPTIMIZER_ADAM_BETA_2);
    const float power_1 = powf(setting(array, OPTIMIZER_ADAM_BETA_1), array->step);
    const float power_2 = powf(setting(array, OPTIMIZER_ADAM_BETA_2), array->step);
    const float epsilon = setting(array, OPTIMIZER_EPSILON);
    const float rate =
        array->rate * setting(array, OPTIMIZER_ADAM_LR_RATIO) * sqrtf(1 - power_2) / (1 - power_1);
    const float *restrict g = array->gradients + at;
    float *restrict w = array->weights + at, *restrict m = array->slots[0] + at,
                    *restrict v = array->slots[1] + at;
    for (size_t i = 0; i < columns; i++) {
        m[i] += (g[i] - m[i]) * rest_1;
        v[i] += (g[i] * g[i] - v[i]) * rest_2;
        w[i] -= m[i] * rate / (sqrtf(v[i]) + epsilon);
    }
}

static void muon_step(const struct optimizer_array *array) {
    if (array->shape.rank == 2) {
        muon_matrix(array);
        return;
    }
    for (size_t row = 0; row < shape_rows(array->shape); row++)
        muon_adam(array, row * array->stride, shape_columns(array->shape));
}

const struct optimizer_kernel optimizer_muon = {.name = "muon",
                                                .slots = 2,
                                                .step_array = muon_step,
                                                .scratch = muon_scratch,
                                                .decay = muon_decay};
