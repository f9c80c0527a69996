#include "nn/plugin_check.h"

#include "base/random.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define POINTS 257 /* at which an activation is looked at; no multiple of a vector's length */
#define REACH 8.0  /* they are between -REACH and REACH */
#define DELTA 1.5f /* the gradient that comes from the layers behind */
#define CASES 40   /* outputs at which losses and metrics are looked at */
#define CLASSES 10
#define TOLERANCE 2e-3 /* of a derivative, relative to 1 + its size */
#define SMOOTH 2e-2    /* by which derivatives from the left and the right may differ, likewise */

/* Steps of the differences: large ones lose where a function is curved, small ones by rounding. */
static const float steps[] = {0x1p-6f, 0x1p-8f, 0x1p-10f};
#define STEP_COUNT (sizeof steps / sizeof *steps)

/* A function of one number, for central differences. */
struct curve {
    double (*at)(const struct curve *curve, float x);
    const void *function; /* what it is of */
    float y[CLASSES];     /* of a loss: the outputs, of which number `index` is x */
    uint8_t label;
    size_t index;
};

/* Whether `slope` is the derivative at x, or the function has none there; *expected is what central
 * differences say. */
static bool is_slope(const struct curve *curve, float x, double slope, double *expected) {
    bool smooth = false;
    for (size_t i = 0; i < STEP_COUNT; i++) {
        const float left = x - steps[i], right = x + steps[i];
        const double here = curve->at(curve, x), below = curve->at(curve, left),
                     above = curve->at(curve, right);
        const double from_left = (here - below) / ((double)x - (double)left),
                     from_right = (above - here) / ((double)right - (double)x);
        *expected = (above - below) / ((double)right - (double)left);
        if (fabs(slope - *expected) <= TOLERANCE * (1 + fabs(*expected)))
            return true;
        smooth = fabs(from_left - from_right) <= SMOOTH * (1 + fabs(*expected));
    }
    return !smooth;
}

static enum status fail(struct error *error, const char *kind, const char *name, const char *what,
                        double at, double got, double expected) {
    return error_set(error, STATUS_INPUT,
                     "%s '%s': %s at %.6g gives %.6g, and central differences "
                     "of its values give %.6g: the gradient is wrong",
                     kind, name, what, at, got, expected);
}

/* --- activations --- */

static double activation_at(const struct curve *curve, float x) {
    const struct sweep_activation *activation = curve->function;
    float y;
    activation->forward(&x, &y, 1);
    return (double)y;
}

static enum status check_places(const struct sweep_activation *activation, const float *xs,
                                const float *ys, struct error *error) {
    for (size_t i = 0; i < POINTS; i++) {
        float alone = xs[i];
        activation->forward(&alone, &alone, 1);
        if (!isfinite(ys[i]))
            return error_set(error, STATUS_INPUT, "activation '%s': forward at %.6g gives %.6g",
                             activation->name, (double)xs[i], (double)ys[i]);
        if (memcmp(&alone, &ys[i], sizeof alone) != 0)
            return error_set(error, STATUS_INPUT,
                             "activation '%s': forward at %.6g gives %.9g among other numbers and "
                             "%.9g alone, in place: each number must be taken by itself",
                             activation->name, (double)xs[i], (double)ys[i], (double)alone);
    }
    return STATUS_OK;
}

enum status plugin_check_activation(const struct sweep_activation *activation,
                                    struct error *error) {
    const struct curve curve = {.at = activation_at, .function = activation};
    float xs[POINTS], ys[POINTS], delta[POINTS];
    double expected;
    for (size_t i = 0; i < POINTS; i++) {
        xs[i] = (float)(-REACH + 2 * REACH * ((double)i + 0.37) / POINTS);
        delta[i] = DELTA;
    }
    activation->forward(xs, ys, POINTS);
    enum status status = check_places(activation, xs, ys, error);
    activation->backward(xs, ys, delta, POINTS);
    for (size_t i = 0; status == STATUS_OK && i < POINTS; i++) {
        const double slope = (double)delta[i] / (double)DELTA;
        if (!isfinite(slope))
            status = error_set(error, STATUS_INPUT, "activation '%s': backward at %.6g gives %.6g",
                               activation->name, (double)xs[i], slope);
        else if (!activation->surrogate && !is_slope(&curve, xs[i], slope, &expected))
            status = fail(error, "activation", activation->name, "backward", (double)xs[i], slope,
                          expected);
    }
    return status;
}

/* --- losses and metrics --- */

static double uniform(size_t index) {
    return random_unit((struct random_source){0, RANDOM_CHECK, 0}, index);
}

/* Outputs between 0 and 1: those of every second case add up to 1. */
static void make_case(size_t number, struct curve *curve) {
    float sum = 0;
    for (size_t i = 0; i < CLASSES; i++) {
        curve->y[i] = (float)(0.05 + 0.9 * uniform(number * (CLASSES + 1) + i));
        sum += curve->y[i];
    }
    for (size_t i = 0; i < CLASSES && number % 2 == 1; i++)
        curve->y[i] /= sum;
    curve->label = (uint8_t)(CLASSES * uniform(number * (CLASSES + 1) + CLASSES));
}

static double loss_at(const struct curve *curve, float x) {
    const struct sweep_loss *loss = curve->function;
    float y[CLASSES];
    memcpy(y, curve->y, sizeof y);
    y[curve->index] = x;
    return loss->row(y, curve->label, CLASSES, NULL);
}

static enum status check_loss_case(const struct sweep_loss *loss, struct curve *curve,
                                   struct error *error) {
    float gradient[CLASSES];
    double expected;
    const double value = loss->row(curve->y, curve->label, CLASSES, gradient);
    if (!isfinite(value) || value != loss->row(curve->y, curve->label, CLASSES, NULL))
        return error_set(error, STATUS_INPUT,
                         "loss '%s': row gives %.6g with a gradient and %.6g without one",
                         loss->name, value, loss->row(curve->y, curve->label, CLASSES, NULL));
    for (curve->index = 0; curve->index < CLASSES; curve->index++) {
        const float x = curve->y[curve->index];
        const double slope = (double)gradient[curve->index];
        if (!isfinite(slope) || !is_slope(curve, x, slope, &expected))
            return fail(error, "loss", loss->name,
                        curve->index == curve->label ? "the gradient of y[label]"
                                                     : "the gradient of another y",
                        (double)x, slope, expected);
    }
    return STATUS_OK;
}

enum status plugin_check_loss(const struct sweep_loss *loss, struct error *error) {
    struct curve curve = {.at = loss_at, .function = loss};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < CASES; i++) {
        make_case(i, &curve);
        status = check_loss_case(loss, &curve, error);
    }
    return status;
}

enum status plugin_check_metric(const struct sweep_metric *metric, struct error *error) {
    struct curve curve = {0};
    for (size_t i = 0; i < CASES; i++) {
        make_case(i, &curve);
        const double value = metric->row(curve.y, curve.label, CLASSES);
        if (!isfinite(value) || (metric->most > 0 && !(value >= 0 && value <= metric->most)))
            return error_set(error, STATUS_INPUT,
                             metric->most > 0 ? "metric '%s': row gives %.6g, which is not from 0 "
                                                "to %.6g, its most"
                                              : "metric '%s': row gives %.6g",
                             metric->name, value, metric->most);
    }
    return STATUS_OK;
}
