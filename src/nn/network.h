/* One feed-forward network of dense layers: its weights, its optimizer and one training step.
 *
 * Layer l maps rows x inputs to rows x units by a = f(x W + b), W row-major inputs x units, as
 * Keras' Dense does. After each hidden layer's activation comes dropout, as a Keras Dropout layer
 * there would. The weights of all layers stand in one array, layer by layer: kernel, bias, and
 * alpha where the activation learns one; rows of units are padded to LANES. */
#ifndef SWEEP_NN_NETWORK_H
#define SWEEP_NN_NETWORK_H

#include "base/arena.h"
#include "base/random.h"
#include "base/status.h"
#include "nn/activation.h"
#include "nn/initializer.h"
#include "nn/loss.h"
#include "nn/optimizer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETWORK_LAYERS_MAX 32

struct layer_spec {
    size_t units;
    const struct activation *activation;
    double activation_parameter;
};

/* A sum of squares of weights, in eight parts so that they can be added up side by side: a weight
 * goes into that of its unit modulo 8, whose order is inputs ascending, then units. */
struct squares {
    double part[8];
};

void squares_add(struct squares *squares, const float *weights, size_t first_unit, size_t units);

/* What a network is, before it has any weights. */
struct network_spec {
    size_t inputs;
    size_t layer_count; /* the output layer included */
    struct layer_spec layers[NETWORK_LAYERS_MAX];
    const struct loss *loss;
    const struct initializer *initializer;
    const struct optimizer *optimizer;
    struct optimizer_settings optimizer_settings;
    double dropout; /* share of a hidden layer's values set to 0 while training */
    double l2;      /* adds l2 * sum of squares of the kernels to the loss */
    uint64_t seed;
};

struct layer {
    size_t inputs, units;
    size_t input_stride, stride; /* floats a row of inputs, of units: padded with zeros to LANES */
    bool large;                  /* its products are OpenBLAS's */
    const struct activation *activation;
    float activation_parameter;
    float *kernel;       /* inputs x stride */
    float *bias, *alpha; /* stride; alpha: NULL unless the activation learns it */
    float *kernel_gradient, *bias_gradient, *alpha_gradient;
    /* rows_max x stride: before and after the activation, what the next layer is fed while training
     * (a itself without dropout), and the gradient with respect to fed, then a, then z */
    float *z, *a, *fed, *delta;
};

struct network {
    const struct network_spec *spec;
    size_t rows_max;        /* of one batch */
    size_t parameter_count; /* weights as Keras counts them */
    size_t floats;          /* the arrays' length, padding included; a multiple of LANES */
    float *parameters, *gradients;
    struct optimizer_state optimizer;
    float constants[OPTIMIZER_CONSTANTS_MAX]; /* of the latest step */
    float *lane_constants;                    /* the same, LANES times each */
    float *scratch;                           /* for transposed kernels */
    bool with_zeros; /* in a panel: inputs that are 0 are not skipped, see panel.h */
    struct layer layers[NETWORK_LAYERS_MAX];
};

/* How many weights the network has. */
size_t network_parameter_count(const struct network_spec *spec);

/* At most how many bytes network_init takes from its arena. */
size_t network_bytes(const struct network_spec *spec, size_t rows_max);

/* Allocate everything a network needs for batches of up to rows_max rows from `arena`, set the
 * initial weights (a function of spec->seed and each layer's number alone) and ready the optimizer.
 * `spec` must outlive the network. STATUS_MEMORY when out of memory. */
enum status network_init(struct network *network, const struct network_spec *spec, size_t rows_max,
                         struct arena *arena, struct error *error);

/* Whether networks of these specifications start from the same weights, and the way to have them:
 * the second one's arrays are copied, which saves drawing them again. */
bool network_same_start(const struct network_spec *a, const struct network_spec *b);
enum status network_init_like(struct network *network, const struct network_spec *spec,
                              const struct network *like, struct arena *arena, struct error *error);

/* Copy the weights out or in, without padding: layer by layer kernel, bias, alpha, as Keras'
 * get_weights. parameter_count floats. */
void network_get_parameters(const struct network *network, float *parameters);
void network_set_parameters(struct network *network, const float *parameters);

/* All that a network's further steps depend on, beside its specification: its weights and its
 * optimizer's slots, as they stand in memory, and what the optimizer counts. */
struct network_state {
    size_t array_count, floats; /* floats of each array, padding included */
    float *arrays[1 + OPTIMIZER_SLOTS_MAX];
    uint64_t iterations;
    float momentum_product;
};

/* How many arrays a network of this specification has, and of how many floats. */
void network_state_shape(const struct network_spec *spec, size_t *array_count, size_t *floats);

/* The state between two steps, for one in a panel after panel_store; the arrays are the network's.
 */
struct network_state network_state(const struct network *network);

/* Go on from a state of a network of the same specification: copied, unless the arrays are the
 * network's own and have been filled in place. */
void network_resume(struct network *network, const struct network_state *state);

/* The network's outputs for x[rows x inputs], a row as long as the output layer's stride; valid
 * until the next call. No dropout. */
const float *network_predict(struct network *network, const float *x, size_t rows);

/* The sum over the rows of the loss of the latest predictions, without the l2 penalty. */
double network_loss(const struct network *network, const uint8_t *labels, size_t rows);

/* l2 times the sum of the squared kernels. */
double network_penalty(const struct network *network);

/* One step of training on a batch. `dropout` and `first_row`, the batch's position in its epoch,
 * key the dropout masks. Returns the sum over the rows of the loss before the step, without
 * penalty; *outputs is set to the predictions before the step. */
double network_train(struct network *network, const float *x, const uint8_t *labels, size_t rows,
                     struct random_source dropout, size_t first_row, const float **outputs);

/* The same for a network whose first kernel stands beside others' in a panel (panel.h), which has
 * left the product of the inputs with it in layers[0].z. The step spares the first kernel; the
 * panel takes it with layers[0].delta and `constants`. */
const float *network_predict_rest(struct network *network, size_t rows);
double network_train_rest(struct network *network, const uint8_t *labels, size_t rows,
                          struct random_source dropout, size_t first_row, const float **outputs);
double network_penalty_rest(const struct network *network, struct squares first_kernel);

#endif
