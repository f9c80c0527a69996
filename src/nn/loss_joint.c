/* Losses from the values before an activation that belongs to them. */
#include "nn/loss_private.h"

#include "base/multiversion.h"
#include "math/elementary.h"

#include <float.h>
#include <limits.h>
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
    const int classes = (int)all->classes;
    for (size_t row = 0; row < all->rows; row++)
        for (size_t first = 0; first < all->classes; first += LANES) {
            const size_t at = row * all->stride + first;
            const lane_bits unit = LANE_NUMBERS(first);
            const lanes t =
                (lanes)((unit == (int)all->targets.labels[row]) & (lane_bits)BROADCAST(1.0f));
            const lanes slope = (*(const lanes *)(all->y + at) - t) / rows;
            *(lanes *)(delta + at) = (lanes)((lane_bits)slope & (unit < classes));
        }
}

MULTIVERSION static bool finite_logits(const struct loss_rows *all) {
    const int classes = (int)all->classes;
    lane_bits infinite = {0};
    for (size_t row = 0; row < all->rows; row++)
        for (size_t first = 0; first < all->classes; first += LANES) {
            const lane_bits size =
                *(const lane_bits *)(all->z + row * all->stride + first) & INT_MAX;
            infinite |= (size >= bits_of_float(INFINITY)) & (LANE_NUMBERS(first) < classes);
        }
    bool finite = true;
    for (int i = 0; i < LANES; i++)
        finite &= infinite[i] == 0;
    return finite;
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
    const float rows = loss_mean_rows(all);
    for (size_t row = 0; row < all->rows; row++)
        for (size_t i = 0; i < all->classes; i++) {
            const size_t at = (row * all->classes + i) * LANES;
            const float t = i == all->targets.labels[row] ? 1.0f : 0.0f;
            *(lanes *)(delta + at) = (*(const lanes *)(all->y + at) - BROADCAST(t)) / rows;
        }
}

/* Whether each network's logits are finite. */
MULTIVERSION static void interleaved_finite(const struct loss_rows *all, bool finite[LANES]) {
    const lane_bits *z = (const lane_bits *)all->z;
    lane_bits infinite = {0};
    for (size_t i = 0; i < all->rows * all->classes; i++)
        infinite |= (z[i] & INT_MAX) >= bits_of_float(INFINITY);
    for (int l = 0; l < LANES; l++)
        finite[l] = infinite[l] == 0;
}

void softmax_crossentropy_interleaved(const struct loss_rows *all, double *sums, float *delta) {
    bool finite[LANES];
    if (delta)
        interleaved_softmax_slopes(all, delta);
    interleaved_finite(all, finite);
    for (int l = 0; l < LANES; l++)
        sums[l] = finite[l] ? 0 : (double)NAN;
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
