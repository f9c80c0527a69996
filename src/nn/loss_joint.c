/* Losses from the values before an activation that belongs to them. */
#include "nn/loss_private.h"

#include "base/multiversion.h"
#include "math/elementary.h"
#include "math/wide.h"

#include <float.h>
#include <math.h>

/* log(sum(exp(z))) - z[label] of logits that stand `step` apart; the gradient is softmax(z) - t.
 * Where own = softmax(z)[label] is an ordinary number its logarithm says the same; below, it has
 * lost its digits. A logit that is infinite makes the loss NaN, as its target times its logarithm
 * is. */
static double softmax_logarithm(const float *z, size_t step, float own, uint8_t label,
                                size_t classes) {
    if (own >= FLT_MIN)
        return -(double)logf(own);
    float top = z[0], sum = 0;
    for (size_t i = 1; i < classes; i++)
        top = z[i * step] > top ? z[i * step] : top;
    for (size_t i = 0; i < classes; i++)
        sum += expf(z[i * step] - top);
    return (double)logf(sum) + (double)(top - z[label * step]);
}

double softmax_crossentropy(const float *z, const float *y, uint8_t label, size_t classes,
                            float *gradient) {
    for (size_t i = 0; gradient && i < classes; i++)
        gradient[i] = y[i] - (i == label ? 1.0f : 0.0f);
    for (size_t i = 0; i < classes; i++)
        if (!isfinite(z[i]))
            return (double)NAN;
    return softmax_logarithm(z, 1, y[label], label, classes);
}

/* sum(t (log(sum(exp(z))) - z)), sum(t) being 1; the gradient is softmax(z) - t. */
double softmax_crossentropy_with(const struct loss_settings *settings, const float *z,
                                 const float *y, uint8_t label, size_t classes, float *gradient) {
    const struct hot t_of = smoothed(settings, (float)classes);
    float top = z[0], sum = 0;
    double loss = 0;
    for (size_t i = 0; i < classes; i++)
        top = z[i] > top ? z[i] : top;
    for (size_t i = 0; i < classes; i++)
        sum += expf(z[i] - top);
    for (size_t i = 0; i < classes; i++) {
        const float t = i == label ? t_of.label : t_of.other;
        loss += isfinite(z[i]) ? (double)(t * (logf(sum) - (z[i] - top))) : (double)NAN;
        if (gradient)
            gradient[i] = y[i] - t;
    }
    return loss;
}

MULTIVERSION static void softmax_slopes(const struct loss_rows *all, float *delta) {
    const float rows = loss_mean_rows(all);
    for (size_t row = 0; row < all->rows; row++, delta += all->stride) {
        const float *y = all->y + row * all->stride;
        const size_t label = all->targets.labels[row];
        INDEPENDENT
        for (size_t i = 0; i < all->stride; i++)
            delta[i] = i < all->classes ? (y[i] - (i == label ? 1.0f : 0.0f)) / rows : 0;
    }
}

static bool finite_logits(const struct loss_rows *all) {
    int32_t largest = 0;
    for (size_t row = 0; row < all->rows; row++)
        for (size_t i = 0; i < all->classes; i++) {
            const int32_t size = bits_of_float(all->z[row * all->stride + i]) & INT32_MAX;
            largest = size > largest ? size : largest;
        }
    return wide_is_finite(largest);
}

double softmax_crossentropy_batch(const struct loss_rows *all, float *delta) {
    double sum = 0;
    if (delta)
        softmax_slopes(all, delta);
    if (!finite_logits(all))
        return (double)NAN;
    for (size_t row = 0; row < all->rows; row++)
        sum += softmax_logarithm(all->z + row * all->stride, 1,
                                 all->y[row * all->stride + all->targets.labels[row]],
                                 all->targets.labels[row], all->classes);
    return sum;
}

MULTIVERSION static void interleaved_softmax_slopes(const struct loss_rows *all, float *delta) {
    const float rows = loss_mean_rows(all), *y = all->y;
    for (size_t row = 0; row < all->rows; row++)
        for (size_t i = 0; i < all->classes; i++, y += LANES, delta += LANES) {
            const float t = i == all->targets.labels[row] ? 1.0f : 0.0f;
            INDEPENDENT
            for (int l = 0; l < LANES; l++)
                delta[l] = (y[l] - t) / rows;
        }
}

void softmax_crossentropy_interleaved(const struct loss_rows *all, double *sums, float *delta) {
    int32_t sizes[LANES] = {0};
    if (delta)
        interleaved_softmax_slopes(all, delta);
    wide_sizes(all->z, all->rows * all->classes, LANES, sizes);
    for (int l = 0; l < LANES; l++)
        sums[l] = wide_is_finite(sizes[l]) ? 0 : (double)NAN;
    for (size_t row = 0; row < all->rows; row++)
        for (size_t l = 0; l < LANES; l++) {
            const size_t first = row * all->classes * LANES + l, label = all->targets.labels[row];
            sums[l] += softmax_logarithm(all->z + first, LANES, all->y[first + label * LANES],
                                         all->targets.labels[row], all->classes);
        }
}

/* mean of max(z, 0) - z t + log(1 + exp(-|z|)); the gradient is (sigmoid(z) - t) / classes. */
static double sigmoid_crossentropy_of(struct hot t_of, const float *z, const float *y,
                                      uint8_t label, size_t classes, float *gradient) {
    double sum = 0;
    for (size_t i = 0; i < classes; i++) {
        float t = i == label ? t_of.label : t_of.other;
        sum += (double)(positive(z[i]) - z[i] * t + log1pf(expf(-fabsf(z[i]))));
        if (gradient)
            gradient[i] = (y[i] - t) / (float)classes;
    }
    return sum / (double)classes;
}

double sigmoid_crossentropy(const float *z, const float *y, uint8_t label, size_t classes,
                            float *gradient) {
    return sigmoid_crossentropy_of((struct hot){1, 0}, z, y, label, classes, gradient);
}

double sigmoid_crossentropy_with(const struct loss_settings *settings, const float *z,
                                 const float *y, uint8_t label, size_t classes, float *gradient) {
    return sigmoid_crossentropy_of(smoothed(settings, 2), z, y, label, classes, gradient);
}
