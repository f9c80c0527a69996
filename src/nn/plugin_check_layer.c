#include "nn/plugin_check.h"

#include "base/names.h"
#include "base/random.h"
#include "nn/initializer.h"
#include "nn/layer_kind.h"
#include "nn/plugin_guard.h"
#include "nn/plugin_slope.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 3    /* images of a batch */
#define BEHIND 3  /* floats behind a row, so that a stride is not a size */
#define LOOKED 24 /* numbers of an array whose derivatives are looked at */
#define ARRAYS_MAX (5 + 2 * SWEEP_WEIGHTS_MAX)
#define LARGE 1e3 /* arguments beyond are not tried */

/* What layers are tried with: what they refuse is left out. */
static const struct sweep_shape inputs[] = {
    {1, {7}}, {1, {12}}, {1, {64}}, {1, {784}}, {3, {5, 4, 3}}, {3, {8, 8, 2}}, {3, {28, 28, 1}}};
#define INPUT_COUNT (sizeof inputs / sizeof *inputs)

static size_t size_of(const struct sweep_shape *shape) {
    size_t size = 1;
    for (size_t i = 0; i < shape->rank; i++)
        size *= shape->dims[i];
    return size;
}

/* A layer on one batch. Of all its arrays the floats are in one block. */
struct probe {
    struct curve curve; /* of the sum of y times `seen`, by the number at `slot`; first */
    const struct sweep_layer *layer;
    double arguments[SWEEP_ARGUMENTS_MAX];
    struct sweep_shape input, output;
    size_t weight_count, memory;
    struct sweep_weights described[SWEEP_WEIGHTS_MAX];
    struct sweep_matrix weights[SWEEP_WEIGHTS_MAX], gradients[SWEEP_WEIGHTS_MAX];
    float *x, *y, *seen, *slot;
    struct sweep_pass pass;
    float *floats; /* the block */
    size_t count, used;
    struct end { /* of an array */
        const char *of;
        float *at;
    } ends[ARRAYS_MAX];
    size_t end_count;
};

static float *take(struct probe *probe, const char *array, size_t count) {
    float *taken = probe->floats ? probe->floats + probe->used : NULL;
    probe->used += count + GUARD_FLOATS;
    if (taken) {
        guard_set(taken + count);
        probe->ends[probe->end_count++] = (struct end){array, taken + count};
    }
    return taken;
}

static enum status check_ends(const struct probe *probe, const char *function,
                              struct error *error) {
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < probe->end_count; i++)
        status = guard_check(probe->ends[i].at, "layer", probe->layer->name, function,
                             probe->ends[i].of, error);
    return status;
}

static void fill(float *values, size_t count, double size, uint32_t stream) {
    for (size_t i = 0; i < count; i++)
        values[i] =
            (float)(size *
                    (2 * random_unit((struct random_source){0, RANDOM_CHECK, stream}, i) - 1));
}

static struct sweep_matrix matrix(struct probe *probe, const char *array,
                                  const struct sweep_weights *weights) {
    const size_t rows = weights->rows > 1 ? weights->rows : 1, stride = weights->columns + BEHIND;
    return (struct sweep_matrix){take(probe, array, rows * stride), rows, weights->columns, stride};
}

/* Point to all arrays, in the block or, without one, to count what it needs. */
static void lay_out(struct probe *probe) {
    const size_t x_size = size_of(&probe->input), y_size = size_of(&probe->output);
    const size_t x_stride = x_size + BEHIND, y_stride = y_size + BEHIND;
    probe->used = probe->end_count = 0;
    probe->x = take(probe, "x", ROWS * x_stride);
    probe->y = take(probe, "y", ROWS * y_stride);
    probe->seen = take(probe, "y_gradient", ROWS * y_stride);
    for (size_t i = 0; i < probe->weight_count; i++) {
        probe->weights[i] = matrix(probe, "weights", &probe->described[i]);
        probe->gradients[i] = matrix(probe, "gradients", &probe->described[i]);
    }
    probe->pass =
        (struct sweep_pass){.arguments = probe->arguments,
                            .rows = ROWS,
                            .training = 1,
                            .x = probe->x,
                            .x_size = x_size,
                            .x_stride = x_stride,
                            .y = probe->y,
                            .y_size = y_size,
                            .y_stride = y_stride,
                            .weights = probe->weights,
                            .memory = take(probe, "memory", ROWS * (probe->memory + BEHIND)),
                            .memory_stride = probe->memory + BEHIND,
                            .y_gradient = probe->seen,
                            .x_gradient = take(probe, "x_gradient", ROWS * x_stride),
                            .gradients = probe->gradients};
}

/* False: the layer does not take that input. */
static bool describe(struct probe *probe) {
    const struct sweep_layer *layer = probe->layer;
    probe->output = probe->input;
    if (layer->shape && !layer->shape(probe->arguments, &probe->input, &probe->output))
        return false;
    probe->weight_count =
        layer->weights ? layer->weights(probe->arguments, &probe->input, probe->described) : 0;
    probe->memory = layer->memory ? layer->memory(probe->arguments, &probe->input) : 0;
    return true;
}

static enum status check_description(const struct probe *probe, struct error *error) {
    const char *name = probe->layer->name;
    if (probe->output.rank < 1 || probe->output.rank > 3 || size_of(&probe->output) == 0)
        return error_set(error, STATUS_INPUT, "layer '%s': shape gives an output of rank %zu", name,
                         probe->output.rank);
    if (probe->weight_count > SWEEP_WEIGHTS_MAX)
        return error_set(error, STATUS_INPUT, "layer '%s': %zu arrays of weights are more than %d",
                         name, probe->weight_count, SWEEP_WEIGHTS_MAX);
    for (size_t i = 0; i < probe->weight_count; i++) {
        const struct sweep_weights *weights = &probe->described[i];
        if (!weights->name || weights->columns == 0)
            return error_set(error, STATUS_INPUT,
                             "layer '%s': weights number %zu have no name or no columns", name,
                             i + 1);
        if (weights->initializer && !initializer_find(weights->initializer))
            return error_set(error, STATUS_INPUT,
                             "layer '%s': weights '%.40s' have the unknown initializer '%.40s'",
                             name, weights->name, weights->initializer);
    }
    return STATUS_OK;
}

/* The sum of y times `seen` with this number at the slot. */
static double sum_at(const struct curve *curve, float x) {
    const struct probe *probe = (const struct probe *)curve;
    const float before = *probe->slot;
    double sum = 0;
    *probe->slot = x;
    probe->layer->forward(&probe->pass);
    *probe->slot = before;
    for (size_t row = 0; row < ROWS; row++)
        for (size_t i = 0; i < probe->pass.y_size; i++)
            sum += (double)probe->y[row * probe->pass.y_stride + i] *
                   (double)probe->seen[row * probe->pass.y_stride + i];
    return sum;
}

/* Some of the numbers of rows, against the gradients at the same places. */
static enum status check_slopes(struct probe *probe, const char *what, float *values,
                                const float *gradients, size_t rows, size_t columns, size_t stride,
                                struct error *error) {
    const size_t count = rows * columns, looked = count < LOOKED ? count : LOOKED;
    double expected;
    for (size_t i = 0; i < looked; i++) {
        const size_t number = i * count / looked, at = number / columns * stride + number % columns;
        const double slope = (double)gradients[at];
        probe->slot = &values[at];
        if (!isfinite(slope) || !slope_is(&probe->curve, values[at], slope, &expected))
            return slope_fail(error, "layer", probe->layer->name, what, (double)values[at], slope,
                              isfinite(slope) ? expected : (double)NAN);
    }
    return STATUS_OK;
}

/* Each image alone, in a prediction, against all of them. */
static enum status check_alone(struct probe *probe, struct error *error) {
    struct sweep_pass pass = probe->pass;
    const size_t bytes = pass.y_size * sizeof(float);
    pass.training = 0;
    probe->layer->forward(&pass);
    const enum status status = check_ends(probe, "forward", error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < pass.y_size; j++)
            if (!isfinite(probe->y[i * pass.y_stride + j]))
                return error_set(error, STATUS_INPUT, "layer '%s': forward gives %.6g",
                                 probe->layer->name, (double)probe->y[i * pass.y_stride + j]);
    for (size_t row = 0; row < ROWS; row++) {
        struct sweep_pass alone = pass;
        alone.rows = 1;
        alone.x = pass.x + row * pass.x_stride;
        memcpy(probe->floats + probe->count, probe->y + row * pass.y_stride, bytes);
        alone.y = probe->floats + probe->count + pass.y_size;
        probe->layer->forward(&alone);
        if (memcmp(alone.y, probe->floats + probe->count, bytes) != 0)
            return error_set(error, STATUS_INPUT,
                             "layer '%s': a prediction of an image alone differs from that among "
                             "others",
                             probe->layer->name);
    }
    return STATUS_OK;
}

static enum status check_gradients(struct probe *probe, struct error *error) {
    const struct sweep_pass *pass = &probe->pass;
    fill(pass->x_gradient, ROWS * pass->x_stride, (double)NAN, 0);
    for (size_t i = 0; i < probe->weight_count; i++)
        memset(probe->gradients[i].values, 0,
               probe->gradients[i].rows * probe->gradients[i].stride * sizeof(float));
    probe->layer->forward(pass);
    enum status status = check_ends(probe, "forward", error);
    probe->layer->backward(pass);
    if (status == STATUS_OK)
        status = check_ends(probe, "backward", error);
    if (status == STATUS_OK)
        status = check_slopes(probe, "x_gradient", probe->x, pass->x_gradient, ROWS, pass->x_size,
                              pass->x_stride, error);
    for (size_t i = 0; status == STATUS_OK && i < probe->weight_count; i++) {
        const struct sweep_matrix *weights = &probe->weights[i];
        char what[80];
        snprintf(what, sizeof what, "the gradient of %.50s", probe->described[i].name);
        status = check_slopes(probe, what, weights->values, probe->gradients[i].values,
                              weights->rows, weights->columns, weights->stride, error);
    }
    struct sweep_pass first = *pass; /* as a network's first layer, nobody asks for x's */
    first.x_gradient = NULL;
    if (status == STATUS_OK)
        probe->layer->backward(&first);
    return status;
}

static enum status check_input(struct probe *probe, struct error *error) {
    enum status status = check_description(probe, error);
    if (status != STATUS_OK)
        return status;
    probe->floats = NULL;
    lay_out(probe);
    probe->count = probe->used;
    probe->floats = calloc(probe->count + 2 * probe->pass.y_size + BEHIND, sizeof(float));
    if (!probe->floats)
        return error_memory(error);
    lay_out(probe);
    fill(probe->x, ROWS * probe->pass.x_stride, 2, 1);
    fill(probe->seen, ROWS * probe->pass.y_stride, 1, 2);
    for (size_t i = 0; i < probe->weight_count; i++)
        fill(probe->weights[i].values, probe->weights[i].rows * probe->weights[i].stride, 1,
             3 + (uint32_t)i);
    status = check_alone(probe, error);
    if (status == STATUS_OK)
        status = check_gradients(probe, error);
    free(probe->floats);
    return status;
}

/* With these arguments on all inputs; *taken counts those that the layer takes. */
static enum status check_arguments(struct probe *probe, size_t *taken, struct error *error) {
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < INPUT_COUNT; i++) {
        probe->input = inputs[i];
        if (!describe(probe))
            continue;
        status = check_input(probe, error);
        ++*taken;
    }
    return status;
}

static enum status check_argument(const struct sweep_layer *layer,
                                  const struct sweep_argument *argument, struct error *error) {
    static const char *const words[] = {"inputs", "shared", "activation", NULL};
    if (name_is_among(argument->name, words))
        return error_set(error, STATUS_INPUT,
                         "layer '%s': '%s' is what a config says of any layer; choose another name "
                         "for the argument",
                         layer->name, argument->name);
    if (argument->standard >= argument->minimum && argument->standard <= argument->maximum)
        return STATUS_OK;
    return error_set(
        error, STATUS_INPUT, "layer '%s': %.40s is %.6g by default, which is not from %.6g to %.6g",
        layer->name, argument->name, argument->standard, argument->minimum, argument->maximum);
}

enum status plugin_check_layer(const struct sweep_layer *layer, struct error *error) {
    struct probe probe = {.curve = {.at = sum_at}, .layer = layer};
    size_t taken = 0, count = 0;
    for (; count < SWEEP_ARGUMENTS_MAX && layer->arguments[count].name; count++)
        probe.arguments[count] = layer->arguments[count].standard;
    if (count > LAYER_OWN_MAX)
        return error_set(error, STATUS_INPUT, "layer '%s': %zu arguments are more than %d",
                         layer->name, count, LAYER_OWN_MAX);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = check_argument(layer, &layer->arguments[i], error);
    if (status == STATUS_OK)
        status = check_arguments(&probe, &taken, error);
    for (size_t i = 0; i < count; i++) {
        const double ends[] = {layer->arguments[i].minimum, layer->arguments[i].maximum};
        for (size_t end = 0; status == STATUS_OK && end < 2; end++) {
            probe.arguments[i] = ends[end];
            if (fabs(ends[end]) <= LARGE)
                status = check_arguments(&probe, &taken, error);
        }
        probe.arguments[i] = layer->arguments[i].standard;
    }
    if (status == STATUS_OK && taken == 0)
        status = error_set(error, STATUS_INPUT,
                           "layer '%s' takes none of the inputs that it was tried with (vectors of "
                           "7, 12, 64 and 784; images of 5 x 4 x 3, 8 x 8 x 2 and 28 x 28 x 1)",
                           layer->name);
    return status;
}
