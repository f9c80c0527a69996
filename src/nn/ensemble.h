/* The ensemble: networks that are trained side by side on the same batches. The one door to
 * training and predicting: how the networks' numbers are laid out in memory is its own affair.
 *
 * What becomes of a network depends on its specification and the batches it has seen, bit for bit:
 * never on the others, on their order, or on who takes part. While it computes, subnormal numbers
 * are taken for 0 (math/flush.h); the caller's mode is the same afterwards. An ensemble belongs to
 * one thread at a time, allocates nothing once it has been made, and takes all its memory from one
 * arena. */
#ifndef SWEEP_NN_ENSEMBLE_H
#define SWEEP_NN_ENSEMBLE_H

#include "base/arena.h"
#include "base/status.h"
#include "math/sparse.h"
#include "nn/metric.h"
#include "nn/spec.h"

struct ensemble;

/* Images for all networks, and what an output of these has to make of them. */
struct ensemble_batch {
    struct sparse *x;              /* rows x inputs; may be sorted and laid out on the way */
    const struct targets *targets; /* the data set's, of which each output has one */
    size_t target_count;
    size_t epoch, first_row; /* the first row's place in its epoch: they key the dropout masks */
};

/* What a network made of a batch. */
struct ensemble_result {
    double loss; /* sum over the rows, each with the l2 penalty on the weights as they were */
    size_t hits; /* rows whose first output is largest (the first of equals) at the label */
};

/* Networks of these specifications, which must outlive the ensemble, at their initial weights (a
 * function of a specification's seed and each array's number alone), for batches of up to rows_max
 * rows. All take part. STATUS_MEMORY when out of memory. With an arena that only counts
 * (arena_count) nothing is made, and *ensemble is NULL. */
enum status ensemble_init(struct ensemble **ensemble, const struct network_spec *const *specs,
                          size_t count, size_t rows_max, struct arena *arena, struct error *error);

/* The class weights, which must outlive the ensemble, of the networks that ask for class_balance.
 */
void ensemble_balance(struct ensemble *ensemble, const float *class_weight);

/* Let just the networks with which[i] take part from now on. The same ones again cost nothing. */
void ensemble_select(struct ensemble *ensemble, const bool *which);

/* One step of training of those that take part; results[i] is network i's before the step. */
void ensemble_train(struct ensemble *ensemble, const struct ensemble_batch *batch,
                    struct ensemble_result *results);

/* The same without a step and without dropout. */
void ensemble_predict(struct ensemble *ensemble, const struct ensemble_batch *batch,
                      struct ensemble_result *results);

/* A network's outputs for the latest batch, a row as long as PAD_TO_LANES(classes), aligned to
 * LANES floats; valid until the next batch. Of several outputs: the first one's. */
const float *ensemble_outputs(struct ensemble *ensemble, size_t network);

/* The same of each output; and with what it is held against in that batch and its loss (where
 * outputs have names); valid until the next call. */
const float *ensemble_output(struct ensemble *ensemble, size_t network, size_t output);
struct predictions ensemble_predictions(struct ensemble *ensemble, size_t network, size_t output,
                                        const struct ensemble_batch *batch);

/* The state of a network between two steps. Its arrays are the ensemble's own, valid until the next
 * step. */
struct network_state ensemble_state(struct ensemble *ensemble, size_t network);

/* Go on from a state of a network of the same specification: copied, unless its arrays are those of
 * ensemble_state and have been filled in place. */
void ensemble_resume(struct ensemble *ensemble, size_t network, const struct network_state *state);

/* Copy a network's weights and its layers' state out or in, without padding: layer by layer, its
 * arrays in Keras' order, as get_weights. network_parameter_count floats. */
void ensemble_get_parameters(struct ensemble *ensemble, size_t network, float *parameters);
void ensemble_set_parameters(struct ensemble *ensemble, size_t network, const float *parameters);

/* Exchange the weights of the networks with which[i] for their moving averages, where the optimizer
 * has these (use_ema), and the same again to undo it, before anything else is done with them. */
void ensemble_exchange_averages(struct ensemble *ensemble, const bool *which);

/* The learning rate of a network's steps from now on; NaN: what its specification says. */
void ensemble_set_learning_rate(struct ensemble *ensemble, size_t network, float rate);

/* What a network adds to the memory that every step passes over: its first kernel and the slots. */
size_t ensemble_step_bytes(const struct network_spec *spec);

/* The parts of a step, in their order. */
enum ensemble_phase {
    ENSEMBLE_FORWARD, /* the first layers' products */
    ENSEMBLE_LATER,   /* activations, later layers, losses, and the step of all but first kernels */
    ENSEMBLE_UPDATE,  /* the first kernels' gradients and steps */
};

/* Call `ended` at the end of each phase of a step from now on; NULL: no more. */
void ensemble_watch(struct ensemble *ensemble,
                    void (*ended)(void *context, enum ensemble_phase phase), void *context);

#endif
