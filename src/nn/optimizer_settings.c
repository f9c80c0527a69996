/* What of an optimizer is the same for each row of the table: its parameters, the beginning of a
 * training and of a step, penalties and decay. */
#include "nn/optimizer.h"

#include "base/multiversion.h"

#include <string.h>

uint64_t optimizer_step(const struct optimizer_settings *settings,
                        const struct optimizer_state *state) {
    const uint64_t batches = (uint64_t)settings->value[OPTIMIZER_GRADIENT_ACCUMULATION_STEPS];
    return batches > 1 ? (state->iterations + batches - 1) / batches : state->iterations;
}

/* What all of them have. Keras' None, of what isn't asked for, is 0. */
static const struct optimizer_default shared[] = {{OPTIMIZER_CLIPVALUE, 0},
                                                  {OPTIMIZER_CLIPNORM, 0},
                                                  {OPTIMIZER_GLOBAL_CLIPNORM, 0},
                                                  {OPTIMIZER_USE_EMA, 0},
                                                  {OPTIMIZER_EMA_MOMENTUM, 0.99},
                                                  {OPTIMIZER_EMA_OVERWRITE_FREQUENCY, 0},
                                                  {OPTIMIZER_GRADIENT_ACCUMULATION_STEPS, 1}};
#define SHARED_COUNT (sizeof shared / sizeof *shared)

static const struct optimizer_default *find(const struct optimizer_default *parameters,
                                            size_t count, enum optimizer_parameter parameter) {
    for (size_t i = 0; i < count; i++)
        if (parameters[i].parameter == parameter)
            return &parameters[i];
    return NULL;
}

bool optimizer_has(const struct optimizer *optimizer, enum optimizer_parameter parameter,
                   double *value) {
    const struct optimizer_default *found =
        find(optimizer->parameters, optimizer->parameter_count, parameter);
    if (!found)
        found = find(shared, SHARED_COUNT, parameter);
    if (found && value)
        *value = found->value;
    return found;
}

void optimizer_defaults(const struct optimizer *optimizer, struct optimizer_settings *settings) {
    for (int i = 0; i < OPTIMIZER_PARAMETER_COUNT; i++) {
        settings->value[i] = 0;
        optimizer_has(optimizer, (enum optimizer_parameter)i, &settings->value[i]);
    }
}

bool optimizer_accumulates(const struct optimizer_settings *settings) {
    return settings->value[OPTIMIZER_GRADIENT_ACCUMULATION_STEPS] > 1;
}

bool optimizer_averages(const struct optimizer_settings *settings) {
    return settings->value[OPTIMIZER_USE_EMA] != 0;
}

bool optimizer_steps_arrays(const struct optimizer *optimizer,
                            const struct optimizer_settings *settings) {
    return optimizer_kernel_of(optimizer, settings)->step_array ||
           optimizer_accumulates(settings) || optimizer_averages(settings) ||
           settings->value[OPTIMIZER_CLIPVALUE] > 0 || settings->value[OPTIMIZER_CLIPNORM] > 0 ||
           settings->value[OPTIMIZER_GLOBAL_CLIPNORM] > 0;
}

void optimizer_start(const struct optimizer *optimizer, const struct optimizer_settings *settings,
                     struct optimizer_state *state, size_t count) {
    state->iterations = 0;
    state->momentum_product = 1;
    size_t slots = optimizer_kernel_of(optimizer, settings)->slots;
    for (size_t slot = 0; slot < slots; slot++) {
        const float start = optimizer->slot_start ? optimizer->slot_start(settings, slot) : 0;
        for (size_t i = 0; i < count; i++)
            state->slots[slot][i] = start;
    }
    for (int more = optimizer_accumulates(settings) + optimizer_averages(settings); more > 0;
         more--)
        memset(state->slots[slots++], 0, count * sizeof(float));
}

bool optimizer_begin(const struct optimizer *optimizer, const struct optimizer_settings *settings,
                     double l2, struct optimizer_state *state,
                     float constants[OPTIMIZER_CONSTANTS_MAX]) {
    const uint64_t batches = (uint64_t)settings->value[OPTIMIZER_GRADIENT_ACCUMULATION_STEPS];
    state->iterations++;
    constants[OPTIMIZER_DECAY] = (float)settings->value[OPTIMIZER_WEIGHT_DECAY];
    constants[OPTIMIZER_RATE] = (float)settings->value[OPTIMIZER_LEARNING_RATE];
    constants[OPTIMIZER_TWICE_L2] = (float)(2 * l2);
    if (batches > 1 && state->iterations % batches != 0)
        return false;
    if (optimizer->constants)
        optimizer->constants(settings, state, constants);
    return true;
}

MULTIVERSION void optimizer_penalise(const struct optimizer_weights *all, float *gradients) {
    const size_t columns = all->columns;
    const float *restrict twice_l2 = all->constants + OPTIMIZER_TWICE_L2 * columns;
    for (size_t row = 0; row < all->rows; row++) {
        const float *restrict w = all->weights + row * columns;
        float *restrict g = gradients + row * columns;
        INDEPENDENT
        for (size_t c = 0; c < columns; c++)
            g[c] += twice_l2[c] * w[c];
    }
}

MULTIVERSION void optimizer_decay(const struct optimizer_weights *all) {
    const size_t columns = all->columns;
    const float *restrict decay = all->constants + OPTIMIZER_DECAY * columns;
    const float *restrict rate = all->constants + OPTIMIZER_RATE * columns;
    for (size_t row = 0; row < all->rows; row++) {
        float *restrict w = all->weights + row * columns;
        INDEPENDENT
        for (size_t c = 0; c < columns; c++)
            w[c] -= w[c] * decay[c] * rate[c];
    }
}
