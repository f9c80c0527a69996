/* What holds a kernel's weights small: Keras' regularizers L1, L2 and L1L2, whose penalties are
 * added to the loss, and its constraint MaxNorm. Of one network, rows of arrays padded to LANES. */
#ifndef SWEEP_NN_REGULARIZER_H
#define SWEEP_NN_REGULARIZER_H

#include "nn/shape.h"

struct regularizer {
    double l1, l2;   /* times the sum of absolute, of squared weights */
    double max_norm; /* of an output's weights; 0: any */
    size_t inner;    /* these are in the first so many of the kernel's dimensions */
};

double regularizer_penalty(const struct regularizer *regularizer, const float *weights,
                           struct shape shape);

/* Add the penalty's gradient, l1 sign(w) + 2 l2 w, where sign(0) is 0. */
void regularizer_add_gradient(const struct regularizer *regularizer, const float *weights,
                              float *gradients, size_t floats);

/* Scale each output's weights by min(norm, max_norm) / (1e-7 + norm). */
void regularizer_constrain(const struct regularizer *regularizer, float *weights,
                           struct shape shape);

#endif
