/* Optimizers, under Keras 3's names, with its formulas, its defaults and its single precision.
 *
 * An optimizer acts on each weight by itself, so it takes all weights of a network as one array. */
#ifndef SWEEP_NN_OPTIMIZER_H
#define SWEEP_NN_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum optimizer_parameter {
    OPTIMIZER_LEARNING_RATE,
    OPTIMIZER_MOMENTUM,
    OPTIMIZER_NESTEROV,
    OPTIMIZER_RHO,
    OPTIMIZER_BETA_1,
    OPTIMIZER_BETA_2,
    OPTIMIZER_EPSILON,
    OPTIMIZER_CENTERED,
    OPTIMIZER_AMSGRAD,
    OPTIMIZER_INITIAL_ACCUMULATOR_VALUE,
    OPTIMIZER_LEARNING_RATE_POWER,
    OPTIMIZER_L1_REGULARIZATION_STRENGTH,
    OPTIMIZER_L2_REGULARIZATION_STRENGTH,
    OPTIMIZER_L2_SHRINKAGE_REGULARIZATION_STRENGTH,
    OPTIMIZER_BETA,
    OPTIMIZER_WEIGHT_DECAY,
    OPTIMIZER_PARAMETER_COUNT
};

#define OPTIMIZER_SLOTS_MAX 3

/* The values of an optimizer's parameters; switches are 0 or 1. */
struct optimizer_settings {
    double value[OPTIMIZER_PARAMETER_COUNT];
};

/* What an optimizer remembers of one network. Everything here belongs into a checkpoint. */
struct optimizer_state {
    uint64_t iterations;                 /* steps taken */
    float momentum_product;              /* nadam: product of its momentum schedule so far */
    float *slots[OPTIMIZER_SLOTS_MAX];   /* each as long as the weights */
};

struct optimizer_default {
    enum optimizer_parameter parameter;
    double value;
};

struct optimizer {
    const char *name;
    const char *aliases[2];
    const char *help;
    /* the parameters it has, learning_rate first */
    struct optimizer_default parameters[9];
    size_t parameter_count;
    size_t (*slots)(const struct optimizer_settings *settings);
    /* what a slot holds before the first step */
    float (*slot_start)(const struct optimizer_settings *settings, size_t slot);
    /* one step: weights[count] follow gradients[count]; state->iterations is already that of
     * this step, counted from 1 */
    void (*step)(const struct optimizer_settings *settings, struct optimizer_state *state,
                 float *weights, const float *gradients, size_t count);
};

extern const struct optimizer optimizers[];
extern const size_t optimizer_count;

/* The optimizer of that name or alias, or NULL. */
const struct optimizer *optimizer_find(const char *name);

/* Whether it has that parameter; if so and `value` is not NULL, *value is its default. */
bool optimizer_has(const struct optimizer *optimizer, enum optimizer_parameter parameter,
                   double *value);

/* Set all parameters to the optimizer's defaults. */
void optimizer_defaults(const struct optimizer *optimizer, struct optimizer_settings *settings);

/* Ready the state for a first step; its slots are already allocated, `count` floats each. */
void optimizer_start(const struct optimizer *optimizer, const struct optimizer_settings *settings,
                     struct optimizer_state *state, size_t count);

/* One step, weight decay included (Loshchilov and Hutter 2019: weights shrink by
 * learning_rate * weight_decay before the step; Keras offers it for every optimizer). */
void optimizer_step(const struct optimizer *optimizer, const struct optimizer_settings *settings,
                    struct optimizer_state *state, float *weights, const float *gradients,
                    size_t count);

#endif
