/* Optimizers, under Keras 3's names, with its formulas, its defaults and its single precision.
 *
 * Most optimizers act on each weight by itself, so they take a network's weights as one array, or
 * those of several networks side by side. Some look at a whole array of a layer, such as its
 * kernel, and so do norms that gradients are clipped by: their networks step array by array
 * (nn/stepping.h). */
#ifndef SWEEP_NN_OPTIMIZER_H
#define SWEEP_NN_OPTIMIZER_H

#include "nn/shape.h"

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
    OPTIMIZER_BETA_2_DECAY,
    OPTIMIZER_EPSILON_1,
    OPTIMIZER_EPSILON_2,
    OPTIMIZER_CLIP_THRESHOLD,
    OPTIMIZER_ADAM_BETA_1,
    OPTIMIZER_ADAM_BETA_2,
    OPTIMIZER_ADAM_WEIGHT_DECAY,
    OPTIMIZER_ADAM_LR_RATIO,
    OPTIMIZER_MUON_A,
    OPTIMIZER_MUON_B,
    OPTIMIZER_MUON_C,
    OPTIMIZER_NS_STEPS,
    OPTIMIZER_RMS_RATE,
    /* those of every optimizer */
    OPTIMIZER_CLIPVALUE,
    OPTIMIZER_CLIPNORM,
    OPTIMIZER_GLOBAL_CLIPNORM,
    OPTIMIZER_USE_EMA,
    OPTIMIZER_EMA_MOMENTUM,
    OPTIMIZER_EMA_OVERWRITE_FREQUENCY,
    OPTIMIZER_GRADIENT_ACCUMULATION_STEPS,
    OPTIMIZER_PARAMETER_COUNT
};

#define OPTIMIZER_SLOTS_MAX 3
/* The slots, the gradients that are added up, and the weights' moving average. */
#define OPTIMIZER_ARRAYS_MAX (OPTIMIZER_SLOTS_MAX + 2)

/* The values of an optimizer's parameters; switches are 0 or 1. */
struct optimizer_settings {
    double value[OPTIMIZER_PARAMETER_COUNT];
};

/* What an optimizer remembers of one network. Everything here belongs into a checkpoint. */
struct optimizer_state {
    uint64_t iterations;                /* batches seen, of which gradient_accumulation_steps
                                         * make a step */
    float momentum_product;             /* nadam: product of its momentum schedule so far */
    float *slots[OPTIMIZER_ARRAYS_MAX]; /* each as long as the weights: its kernel's, and those
                                         * that optimizer_accumulates and _averages tell of */
};

/* What an optimizer needs to know for one step of one network, as single-precision numbers: its
 * settings and what follows from them and the step's number. The first three are the same for all.
 */
enum { OPTIMIZER_DECAY, OPTIMIZER_RATE, OPTIMIZER_TWICE_L2, OPTIMIZER_OWN };
#define OPTIMIZER_CONSTANTS_MAX 11

/* Weights to step, rows x columns, columns being a multiple of LANES. Each column has constants of
 * its own, so that the columns may belong to different networks; constant k of column c stands at
 * constants[k * columns + c]. */
struct optimizer_weights {
    size_t rows, columns;
    const float *constants;
    float *weights;
    const float *gradients;
    float *slots[OPTIMIZER_SLOTS_MAX];
    int32_t
        *sizes; /* a step raises a column's if one of its weights is not finite, see wide_sizes */
};

struct optimizer_kernel;
struct sweep_optimizer;

/* An array of a layer to step, in rows of `stride` floats, of which those beyond the shape's
 * columns are padding. */
struct optimizer_array {
    struct shape shape;
    size_t stride;
    const struct optimizer_settings *settings;
    const struct optimizer_kernel *kernel; /* whose step it is: those of plug-ins ask for it */
    float step;                            /* its number, from 1 */
    float rate;                            /* the learning rate at it */
    float *weights;
    float *gradients;                  /* which a step may write over */
    float *slots[OPTIMIZER_SLOTS_MAX]; /* its own part of them */
    float *scratch;
};

/* The arithmetic of a step. Optimizers with the same kernel can be stepped in one go. */
struct optimizer_kernel {
    const char *name; /* no two kernels have the same */
    size_t slots;
    void (*step)(const struct optimizer_weights *weights);
    /* Instead of `step`: of one that looks at a whole array. */
    void (*step_array)(const struct optimizer_array *array);
    /* Floats of such an array's scratch; NULL: none. */
    size_t (*scratch)(struct shape shape);
    /* Which parameter shrinks its weights as weight_decay does; NULL: that one. */
    enum optimizer_parameter (*decay)(struct shape shape);
    /* From the slots' start on, with all settings that choose this kernel, a weight whose gradient
     * is 0 stays as it is, and so do its slots: its step may be left out. */
    bool rests;
    enum optimizer_parameter parameters[8]; /* a plug-in's, in its order */
    const struct sweep_optimizer *plugin;   /* whose step it is of a plug-in's; NULL: none's */
};

struct optimizer_default {
    enum optimizer_parameter parameter;
    double value;
};

struct optimizer {
    const char *name;
    const char *aliases[2];
    const char *help;
    /* the parameters that it has, learning_rate first, beside those that all have */
    struct optimizer_default parameters[14];
    size_t parameter_count;
    const struct optimizer_kernel *(*kernel)(const struct optimizer_settings *settings);
    const struct optimizer_kernel *only_kernel; /* instead: whatever the settings; NULL: kernel */
    /* what a slot holds before the first step; NULL: 0 */
    float (*slot_start)(const struct optimizer_settings *settings, size_t slot);
    /* its own constants for the step at hand, from OPTIMIZER_OWN on; NULL: none */
    void (*constants)(const struct optimizer_settings *settings, struct optimizer_state *state,
                      float constants[OPTIMIZER_CONSTANTS_MAX]);
};

/* The sum of an array's squares, in an order of the shape's own. */
double optimizer_squares(struct shape shape, size_t stride, const float *values);

/* Those that step arrays, in optimizer_arrays.c. */
extern const struct optimizer_kernel optimizer_lamb, optimizer_adafactor, optimizer_muon;

extern const struct optimizer optimizers[];
extern const size_t optimizer_count;

/* Add an optimizer after those of the table; false: no memory. It must stay, and be
 * added before other threads look for it. */
bool optimizer_add(const struct optimizer *optimizer);

/* The i-th of the table and of those that were added, or NULL. */
const struct optimizer *optimizer_row(size_t i);

/* The arithmetic of its steps. */
const struct optimizer_kernel *optimizer_kernel_of(const struct optimizer *optimizer,
                                                   const struct optimizer_settings *settings);

/* The optimizer of that name or alias, in any spelling, or NULL. */
const struct optimizer *optimizer_find(const char *name);

/* Whether it has that parameter; if so and `value` is not NULL, *value is its default. */
bool optimizer_has(const struct optimizer *optimizer, enum optimizer_parameter parameter,
                   double *value);

/* Whether networks with these settings step array by array; and how many arrays as long as the
 * weights they have for that beside the kernel's slots, in this order: the sum of gradients and the
 * average of weights. */
bool optimizer_steps_arrays(const struct optimizer *optimizer,
                            const struct optimizer_settings *settings);
bool optimizer_accumulates(const struct optimizer_settings *settings);
bool optimizer_averages(const struct optimizer_settings *settings);

/* Set all parameters to the optimizer's defaults. */
void optimizer_defaults(const struct optimizer *optimizer, struct optimizer_settings *settings);

/* The number of the step that the latest batch belongs to, from 1. */
uint64_t optimizer_step(const struct optimizer_settings *settings,
                        const struct optimizer_state *state);

/* Ready the state for a first step; its slots are already allocated, `count` floats each. */
void optimizer_start(const struct optimizer *optimizer, const struct optimizer_settings *settings,
                     struct optimizer_state *state, size_t count);

/* Begin the next step: count its batch, and compute its constants. `l2` is the penalty on squared
 * weights. False: there is no step yet, gradients are added up first; the first three constants are
 * there all the same. */
bool optimizer_begin(const struct optimizer *optimizer, const struct optimizer_settings *settings,
                     double l2, struct optimizer_state *state,
                     float constants[OPTIMIZER_CONSTANTS_MAX]);

/* Add the gradient of the penalty, 2 l2 w, to the gradients. */
void optimizer_penalise(const struct optimizer_weights *weights, float *gradients);

/* Shrink the weights by learning_rate * weight_decay, which comes before the step (Loshchilov and
 * Hutter 2019; Keras offers it for every optimizer). */
void optimizer_decay(const struct optimizer_weights *weights);

#endif
