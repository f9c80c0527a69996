/* One network of an ensemble, without the product of its inputs with the first kernel: its weights,
 * its optimizer, and a step of all that comes after that product. Seen by nn/ alone. */
#ifndef SWEEP_NN_NETWORK_H
#define SWEEP_NN_NETWORK_H

#include "base/arena.h"
#include "base/random.h"
#include "nn/spec.h"

/* A sum of squares of weights, in eight parts so that they can be added up side by side: a weight
 * goes into that of its unit modulo 8, whose order is inputs ascending, then units. */
struct squares {
    double part[8];
};

void squares_add(struct squares *squares, const float *weights, size_t first_unit, size_t units);

struct layer {
    size_t inputs, units;
    size_t input_stride, stride; /* floats a row of inputs, of units: padded with zeros to LANES */
    bool large;                  /* its products are OpenBLAS's */
    const struct activation *activation;
    float activation_parameter;
    float *kernel;       /* inputs x stride */
    float *bias, *alpha; /* stride; alpha: NULL unless the activation learns it */
    float *kernel_gradient, *bias_gradient, *alpha_gradient; /* the first kernel has none here */
    /* rows_max x stride: before and after the activation, what the next layer is fed while training
     * (a itself without dropout), and the gradient with respect to fed, then a, then z */
    float *z, *a, *fed, *delta; /* own: the first layer's z and delta, the last one's a and delta */
    float *mask; /* what dropout multiplies by, rows_max x stride; NULL without dropout */
};

struct group;

struct network {
    const struct network_spec *spec;
    size_t floats; /* the arrays' length, padding included; a multiple of LANES */
    size_t rest;   /* where what comes after the first kernel begins */
    float *parameters;
    float *gradients; /* of the rest; may be shared with other networks */
    struct optimizer_state optimizer;
    float constants[OPTIMIZER_CONSTANTS_MAX]; /* of the latest step */
    float *lane_constants;                    /* the same, LANES times each */
    float *scratch;                           /* for transposed kernels; may be shared */
    struct group *group; /* in a panel: the group it is in, and its lane there; NULL: none */
    size_t lane;
    bool with_zeros; /* in a panel: inputs that are 0 are not skipped, see panel.h */
    struct layer layers[NETWORK_LAYERS_MAX];
};

/* Point `network` to all the memory it needs for batches of up to rows_max rows; the arena tells
 * whether it had that. What is of use only while one network is computed is shared with `like`, if
 * that has the same shape; NULL: with none. */
void network_lay_out(struct network *network, const struct network_spec *spec,
                     const struct network *like, size_t rows_max, struct arena *arena);

/* Set the initial weights, or copy them from a network with the same ones (network_same_start),
 * which saves drawing them again; and ready the optimizer. */
void network_start(struct network *network, const struct network *like);

/* Copy the weights out or in, without padding. */
void network_get_parameters(const struct network *network, float *parameters);
void network_set_parameters(struct network *network, const float *parameters);

/* The state as it stands in memory; and go on from one, see ensemble.h. */
struct network_state network_state(const struct network *network);
void network_resume(struct network *network, const struct network_state *state);

/* From the product of the inputs with the first kernel, in layers[0].z, to the outputs, a row as
 * long as the output layer's stride. No dropout. */
const float *network_predict(struct network *network, size_t rows);

/* The sum over the rows of the loss, without the l2 penalty, of what stands in the output layer's z
 * and a; and, unless `delta` is NULL, the gradient at the outputs, or before their activation where
 * loss and activation are joint. */
double network_loss(const struct network *network, const uint8_t *labels, size_t rows,
                    float *delta);

/* l2 times the sum of the squared kernels, whose first one has been added up. */
double network_penalty(const struct network *network, struct squares first_kernel);

/* One step of training on a batch from layers[0].z on, of all weights but the first kernel, for
 * which layers[0].delta and `constants` are left. `first_row`, the batch's place in its epoch, and
 * `epoch` key the dropout masks. Returns the sum over the rows of the loss before the step, without
 * penalty; the outputs before the step are the output layer's a. */
double network_train(struct network *network, const uint8_t *labels, size_t rows, size_t epoch,
                     size_t first_row);

/* The parts of a step: count it and compute the optimizer's constants. And what dropout after a
 * layer multiplies by, 0 or 1 / (1 - rate), that of a unit in a row at
 * mask[row * row_step + unit * unit_step]: a function of the seed, the epoch, the layer and the
 * value's place in the epoch. */
void network_begin_step(struct network *network);
void network_draw_mask(const struct network_spec *spec, size_t layer, size_t rows, size_t epoch,
                       size_t first_row, float *mask, size_t unit_step, size_t row_step);

/* Multiply by a mask; values that are dropped become 0, whatever they are. `kept` may be `values`.
 */
void network_drop(const float *mask, size_t count, const float *values, float *kept);

const float *network_outputs(const struct network *network);

#endif
