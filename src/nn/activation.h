/* Activation functions, under Keras 3's names and with its formulas and defaults.
 *
 * All work on row-major matrices of `rows` x `units` (a batch of one layer's values), a row taking
 * `stride` floats; what stands in the padding is finite before and after, and a zero delta stays
 * zero. */
#ifndef SWEEP_NN_ACTIVATION_H
#define SWEEP_NN_ACTIVATION_H

#include <stdbool.h>
#include <stddef.h>

/* The hyperparameter an activation may have. */
enum activation_parameter {
    ACTIVATION_NO_PARAMETER,
    ACTIVATION_NEGATIVE_SLOPE, /* leaky_relu */
    ACTIVATION_ALPHA,          /* elu */
    ACTIVATION_THETA,          /* thresholded_relu */
};

struct activation;
struct sweep_activation;

#define ALPHA_AXES 3

struct activation_arguments {
    const struct activation *of; /* the activation itself: those of plug-ins ask for it */
    size_t rows, units;
    size_t stride;   /* a multiple of LANES, at least units */
    size_t channels; /* how long the last dimension of a row is; 0: units */
    float parameter; /* the value of the activation's hyperparameter, if it has one */
    /* Only for a learned activation: its alpha, an array of so many floats, and the gradient, which
     * backward writes. Along each axis of a row's values, the innermost last, there are `count`,
     * whose alphas are `step` floats apart: 0 where they share one. */
    const float *alpha;
    float *alpha_gradient;
    size_t alpha_floats;
    struct alpha_axis {
        size_t count, step;
    } axes[ALPHA_AXES];
};

struct activation {
    const char *name;
    const char *aliases[3]; /* other accepted names; NULL after the last */
    const char *help;       /* the formula, f(x) */
    const char *slope;      /* its derivative; NULL: it is not told */
    enum activation_parameter parameter;
    double parameter_default;
    int learned; /* it has a trainable array, alpha */
    /* a = f(z); a may be z */
    void (*forward)(const float *z, float *a, const struct activation_arguments *arguments);
    /* delta holds dL/da and becomes dL/dz */
    void (*backward)(const float *z, const float *a, float *delta,
                     const struct activation_arguments *arguments);
    /* The same of LANES networks interleaved, unit u of network l standing at u * LANES + l, units
     * and stride being LANES times those of a network; NULL where forward and backward do that. */
    void (*forward_interleaved)(const float *z, float *a,
                                const struct activation_arguments *arguments);
    void (*backward_interleaved)(const float *z, const float *a, float *delta,
                                 const struct activation_arguments *arguments);
    const struct sweep_activation *plugin; /* what a plug-in has of it; NULL: it is none's */
};

extern const struct activation activations[];
extern const size_t activation_count;

/* Add a row after those of the table; false: no memory. It must stay, and be added
 * before other threads look for it. */
bool activation_add(const struct activation *activation);

/* The i-th of the table and of those that were added, or NULL. */
const struct activation *activation_row(size_t i);

/* The activation of that name or alias, in any spelling, or NULL. */
const struct activation *activation_find(const char *name);

#endif
