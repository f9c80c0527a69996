/* One network of an ensemble: its weights, its optimizer, and a step. Either all by itself, or in a
 * panel, which then has the first kernel and the product of the inputs with it. Seen by nn/ alone.
 */
#ifndef SWEEP_NN_NETWORK_H
#define SWEEP_NN_NETWORK_H

#include "base/arena.h"
#include "nn/layer.h"

/* A sum of squares of weights, in eight parts so that they can be added up side by side: a weight
 * goes into that of its unit modulo 8, whose order is inputs ascending, then units. */
struct squares {
    double part[8];
};

void squares_add(struct squares *squares, const float *weights, size_t first_unit, size_t units);

struct group;

struct network {
    const struct network_spec *spec;
    size_t floats; /* the arrays' length, padding included; a multiple of LANES */
    bool in_panel;
    size_t rest; /* where what comes after a first kernel in a panel begins; 0 without panel */
    float *parameters;
    float *gradients; /* of the rest; may be shared with other networks */
    size_t part;      /* rows that are computed at once; more than that are taken part by part */
    float *sums;      /* of the gradients of the parts before; may be shared; NULL: no parts */
    float *kept;      /* the layers' state */
    struct optimizer_state optimizer;
    float rate;                               /* the learning rate; NaN: the specification's */
    float constants[OPTIMIZER_CONSTANTS_MAX]; /* of the latest step */
    float *lane_constants;                    /* the same, LANES times each */
    float *scratch;                           /* of the layers; may be shared */
    float *step_scratch;                      /* of steps array by array; may be shared */
    struct group *group; /* in a panel: the group it is in, and its lane there; NULL: none */
    size_t lane;
    bool with_zeros; /* in a panel: inputs that are 0 are not skipped, see panel.h */
    struct layer *layers;
    const float *class_weight; /* while training; NULL: none */
    size_t output_count;
    struct network_output *outputs;
    uint8_t *labels;            /* scratch: those of an output that has a map; may be shared */
    double losses[OUTPUTS_MAX]; /* of the latest batch: the sum over the rows of each output's */
};

/* Whether a network of this specification may be in a panel: of its layers the first alone reads
 * the image, by a kernel that no other one shares. */
bool network_takes_panel(const struct network_spec *spec);

/* Point `network` to all the memory it needs for batches of up to rows_max rows; the arena tells
 * whether it had that. What is of use only while one network is computed is shared with `like`, if
 * that has the same shape; NULL: with none. */
void network_lay_out(struct network *network, const struct network_spec *spec, bool in_panel,
                     const struct network *like, size_t rows_max, struct arena *arena);

/* Set the initial weights, or copy them from a network with the same ones (network_same_start),
 * which saves drawing them again; and ready the optimizer. */
void network_start(struct network *network, const struct network *like);

/* Copy the weights and the layers' state out or in, without padding. */
void network_get_parameters(const struct network *network, float *parameters);
void network_set_parameters(struct network *network, const float *parameters);

/* The state as it stands in memory; and go on from one, see ensemble.h. */
struct network_state network_state(const struct network *network);
void network_resume(struct network *network, const struct network_state *state);

/* From the inputs, rows of PAD_TO_LANES(inputs) floats, to the outputs, a row as long as the output
 * layer's stride. In a panel x is NULL, and the inputs' product with the first kernel is in
 * layers[0].z. */
const float *network_predict(struct network *network, float *x, size_t rows);

/* The sum over the rows of the loss, without the l2 penalty, of what stands in the output layers' z
 * and y after a prediction: of each output's loss times its weight, and by themselves in `losses`.
 * For training, rows have the weights of their classes, and the output layers' deltas are set to
 * the gradient at the outputs, or before their activation where loss and activation are joint.
 * `targets` are the data set's. */
double network_loss(struct network *network, const struct targets *targets, size_t rows,
                    bool training);

/* l2 times the sum of the squares of what it penalises; those of a first kernel that is in a panel
 * have been added up. */
double network_penalty(const struct network *network, struct squares first_kernel);

/* One step of training on a batch; x as above. In a panel all weights but the first kernel are
 * stepped, for which layers[0].delta and `constants` are left. Returns the sum over the rows of the
 * loss before the step, without penalty; the outputs before the step are the output layer's y. */
double network_train(struct network *network, float *x, const struct targets *targets, size_t rows,
                     size_t epoch, size_t first_row);

/* A part of a step: count its batch and compute the optimizer's constants. False where gradients
 * are added up and there is no step yet. */
bool network_begin_step(struct network *network);

/* Exchange the weights for their moving average, and back, where the optimizer has that (use_ema):
 * what Keras' fit leaves when it ends. */
void network_exchange_average(struct network *network);

const float *network_outputs(const struct network *network);

/* What an output's values of the latest batch are held against: of the data set's targets, from a
 * row on. What it points to is valid until the next call. */
struct targets network_targets(const struct network *network, size_t output,
                               const struct targets *targets, size_t first_row, size_t rows);

#endif
