#include "nn/plugin_check.h"

#include "base/random.h"
#include "nn/plugin_guard.h"
#include "nn/plugin_slope.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define POINTS 257 /* at which an activation is looked at; no multiple of a vector's length */
#define REACH 8.0  /* they are between -REACH and REACH */
#define DELTA 1.5f /* the gradient that comes from the layers behind */
#define CASES 40   /* outputs at which losses and metrics are looked at */
#define CLASSES 10
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
        if (alone != ys[i])
            return error_set(error, STATUS_INPUT,
                             "activation '%s': forward at %.6g gives %.9g among other numbers and "
                             "%.9g alone, in place: each number must be taken by itself",
                             activation->name, (double)xs[i], (double)ys[i], (double)alone);
    }
    return STATUS_OK;
}

static enum status check_ends(const struct sweep_activation *activation, size_t count,
                              struct error *error) {
    float xs[POINTS + GUARD_FLOATS], ys[POINTS + GUARD_FLOATS], delta[POINTS + GUARD_FLOATS];
    for (size_t i = 0; i < POINTS + GUARD_FLOATS; i++) {
        xs[i] = i % 2 ? 0.5f : -0.5f;
        delta[i] = DELTA;
    }
    guard_set(ys + count);
    guard_set(delta + count);
    activation->forward(xs, ys, count);
    activation->backward(xs, ys, delta, count);
    const enum status status =
        guard_check(ys + count, "activation", activation->name, "forward", "y", error);
    return status == STATUS_OK ? guard_check(delta + count, "activation", activation->name,
                                             "backward", "delta", error)
                               : status;
}

enum status plugin_check_activation(const struct sweep_activation *activation,
                                    struct error *error) {
    const struct curve curve = {.at = activation_at, .function = activation};
    float xs[POINTS], ys[POINTS], delta[POINTS];
    double expected;
    enum status status = check_ends(activation, 1, error);
    if (status == STATUS_OK)
        status = check_ends(activation, POINTS, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < POINTS; i++) {
        xs[i] = (float)(-REACH + 2 * REACH * ((double)i + 0.37) / POINTS);
        delta[i] = DELTA;
    }
    activation->forward(xs, ys, POINTS);
    status = check_places(activation, xs, ys, error);
    activation->backward(xs, ys, delta, POINTS);
    for (size_t i = 0; status == STATUS_OK && i < POINTS; i++) {
        const double slope = (double)delta[i] / (double)DELTA;
        if (!isfinite(slope))
            status = error_set(error, STATUS_INPUT, "activation '%s': backward at %.6g gives %.6g",
                               activation->name, (double)xs[i], slope);
        else if (!activation->surrogate && !slope_is(&curve, xs[i], slope, &expected))
            status = slope_fail(error, "activation", activation->name, "backward", (double)xs[i],
                                slope, expected);
    }
    return status;
}

/* --- losses and metrics --- */

/* Outputs, of which number `index` is looked at. */
struct outputs {
    struct curve curve; /* first: the curve is its */
    float y[CLASSES];
    uint8_t label;
    size_t index;
};

static double uniform(size_t index) {
    return random_unit((struct random_source){0, RANDOM_CHECK, 0}, index);
}

/* Outputs between 0 and 1: those of every second case add up to 1. */
static void make_case(size_t number, struct outputs *outputs) {
    float sum = 0;
    for (size_t i = 0; i < CLASSES; i++) {
        outputs->y[i] = (float)(0.05 + 0.9 * uniform(number * (CLASSES + 1) + i));
        sum += outputs->y[i];
    }
    for (size_t i = 0; i < CLASSES && number % 2 == 1; i++)
        outputs->y[i] /= sum;
    outputs->label = (uint8_t)(CLASSES * uniform(number * (CLASSES + 1) + CLASSES));
}

static double loss_at(const struct curve *curve, float x) {
    const struct outputs *outputs = (const struct outputs *)curve;
    const struct sweep_loss *loss = curve->function;
    float y[CLASSES];
    memcpy(y, outputs->y, sizeof y);
    y[outputs->index] = x;
    return loss->row(y, outputs->label, CLASSES, NULL);
}

static enum status check_loss_case(const struct sweep_loss *loss, struct outputs *outputs,
                                   struct error *error) {
    float gradient[CLASSES + GUARD_FLOATS];
    double expected;
    guard_set(gradient + CLASSES);
    const double value = loss->row(outputs->y, outputs->label, CLASSES, gradient);
    const enum status status =
        guard_check(gradient + CLASSES, "loss", loss->name, "row", "gradient", error);
    if (status != STATUS_OK)
        return status;
    if (!isfinite(value) || value != loss->row(outputs->y, outputs->label, CLASSES, NULL))
        return error_set(error, STATUS_INPUT,
                         "loss '%s': row gives %.6g with a gradient and %.6g without one",
                         loss->name, value, loss->row(outputs->y, outputs->label, CLASSES, NULL));
    for (outputs->index = 0; outputs->index < CLASSES; outputs->index++) {
        const float x = outputs->y[outputs->index];
        const double slope = (double)gradient[outputs->index];
        if (!isfinite(slope) || !slope_is(&outputs->curve, x, slope, &expected))
            return slope_fail(error, "loss", loss->name,
                              outputs->index == outputs->label ? "the gradient of y[label]"
                                                               : "the gradient of another y",
                              (double)x, slope, expected);
    }
    return STATUS_OK;
}

enum status plugin_check_loss(const struct sweep_loss *loss, struct error *error) {
    struct outputs outputs = {.curve = {.at = loss_at, .function = loss}};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < CASES; i++) {
        make_case(i, &outputs);
        status = check_loss_case(loss, &outputs, error);
    }
    return status;
}

enum status plugin_check_metric(const struct sweep_metric *metric, struct error *error) {
    struct outputs outputs = {0};
    for (size_t i = 0; i < CASES; i++) {
        make_case(i, &outputs);
        const double value = metric->row(outputs.y, outputs.label, CLASSES);
        if (!isfinite(value) || (metric->most > 0 && !(value >= 0 && value <= metric->most)))
            return error_set(error, STATUS_INPUT,
                             metric->most > 0 ? "metric '%s': row gives %.6g, which is not from 0 "
                                                "to %.6g, its most"
                                              : "metric '%s': row gives %.6g",
                             metric->name, value, metric->most);
    }
    return STATUS_OK;
}

/* --- optimizers: down the slope of half the sum of squares, whose gradient is the weights --- */

#define STEPS 300
#define SIDE 5 /* of the array; its stride is longer */
#define NUMBERS ((size_t)SIDE * (SIDE + 1))

static enum status check_step(const struct sweep_optimizer *optimizer,
                              const struct sweep_step *step, struct error *error) {
    optimizer->step(step);
    enum status status = guard_check(step->weights + NUMBERS, "optimizer", optimizer->name, "step",
                                     "weights", error);
    for (size_t i = 0; status == STATUS_OK && i < optimizer->slots; i++)
        status = guard_check(step->slots[i] + NUMBERS, "optimizer", optimizer->name, "step",
                             "a slot", error);
    return status;
}

enum status plugin_check_optimizer(const struct sweep_optimizer *optimizer, struct error *error) {
    float weights[NUMBERS + GUARD_FLOATS], gradients[NUMBERS + GUARD_FLOATS],
        slots[SWEEP_SLOTS_MAX][NUMBERS + GUARD_FLOATS] = {{0}};
    enum status status = STATUS_OK;
    double parameters[SWEEP_PARAMETERS_MAX], before = 0, after = 0;
    struct sweep_step step = {.parameters = parameters,
                              .rows = SIDE,
                              .columns = SIDE,
                              .stride = SIDE + 1,
                              .weights = weights,
                              .gradients = gradients};
    for (size_t i = 0; i < SWEEP_PARAMETERS_MAX && optimizer->parameters[i].name; i++)
        parameters[i] = optimizer->parameters[i].value;
    for (size_t i = 0; i < optimizer->slots; i++) {
        step.slots[i] = slots[i];
        guard_set(slots[i] + NUMBERS);
    }
    guard_set(weights + NUMBERS);
    for (size_t i = 0; i < NUMBERS; i++)
        weights[i] = i % (SIDE + 1) < SIDE ? (float)(2 * uniform(i) - 1) : 0;
    for (size_t i = 0; i < NUMBERS; i++)
        before += (double)weights[i] * (double)weights[i];
    for (step.number = 1; status == STATUS_OK && step.number <= STEPS; step.number++) {
        memcpy(gradients, weights, sizeof weights);
        status = check_step(optimizer, &step, error);
    }
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < NUMBERS; i++)
        after += (double)weights[i] * (double)weights[i];
    if (isfinite(after) && after < before)
        return STATUS_OK;
    return error_set(error, STATUS_INPUT,
                     "optimizer '%s': %d steps with its defaults, down the slope of the sum of "
                     "squares of %d weights, bring that from %.6g to %.6g",
                     optimizer->name, STEPS, SIDE * SIDE, before, after);
}
