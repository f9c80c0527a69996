/* What a network is, before it has any weights, and what it is between two steps: layers of the
 * kinds in nn/layer_kind.h. Each reads what the one before it gives, as in Keras' Sequential, or
 * the values that it names, as in its Functional API. */
#ifndef SWEEP_NN_SPEC_H
#define SWEEP_NN_SPEC_H

#include "nn/callbacks.h"
#include "nn/layer_kind.h"
#include "nn/learning_rate_schedule.h"
#include "nn/loss.h"
#include "nn/named_output.h"
#include "nn/optimizer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETWORK_LAYERS_MAX 255 /* a layer's number + 1 is a byte: inputs, shared */

struct network_spec {
    struct shape input;      /* of one image */
    size_t layer_count;      /* at least 1 */
    const struct loss *loss; /* of the one output, or of the first of several */
    struct loss_settings loss_settings;
    /* What a row of a training batch counts in the loss, by its class; NULL: 1. */
    const float *class_weight;
    bool class_balance; /* instead: as ensemble_balance says */
    const struct initializer *initializer;
    const struct optimizer *optimizer;
    struct optimizer_settings optimizer_settings;
    /* How the learning rate goes on, of a training of so many batches; NULL: it stays. */
    const struct component *schedule;
    uint64_t steps;
    struct callbacks callbacks;
    double l2; /* adds l2 * sum of squares of the kernels to the loss */
    uint64_t seed;
    /* In an order in which all that a layer reads comes before it. Some layer reads each but the
     * last, which gives the outputs, or, where there are layers of the kind Output, but these.
     * Where there is no memory for more than layer_count, there are no more. */
    struct layer_spec layers[NETWORK_LAYERS_MAX];
};

/* The bytes of a specification with so many layers as it has. */
static inline size_t network_spec_bytes(const struct network_spec *spec) {
    return offsetof(struct network_spec, layers) + spec->layer_count * sizeof *spec->layers;
}

/* The arithmetic of its optimizer's steps, and whether they shrink the weights first. */
const struct optimizer_kernel *network_kernel(const struct network_spec *spec);
bool network_decays(const struct network_spec *spec);

/* Whether its steps look at whole arrays, which no panel has together. */
bool network_steps_arrays(const struct network_spec *spec);

/* Whether its loss has no settings and no weights. */
bool network_loss_is_plain(const struct network_spec *spec);

/* The l2 penalty of a layer's kernel. */
static inline double network_layer_l2(const struct network_spec *spec,
                                      const struct layer_spec *layer) {
    return layer->l2 < 0 ? spec->l2 : layer->l2;
}

/* Whether there is a penalty in the loss; and whether a layer's kernel has other penalties than the
 * network's l2, or a largest norm: such networks are in no panel. */
bool network_is_penalised(const struct network_spec *spec);
bool network_regularizes_layers(const struct network_spec *spec);

/* How many numbers an image is. */
static inline size_t network_inputs(const struct network_spec *spec) {
    return shape_size(spec->input);
}

/* What comes into a layer, or into one after the last; and what comes out of it. */
struct shape network_layer_input(const struct network_spec *spec, size_t layer);
struct shape network_layer_output(const struct network_spec *spec, size_t layer);

/* How often layers read a value; and the last one that does, or layer_count: none. */
size_t network_readers(const struct network_spec *spec, size_t value);
size_t network_last_reader(const struct network_spec *spec, size_t value);

/* Whether each layer reads what the one before it gives and has weights of its own, and the outputs
 * have no names. */
bool network_is_chain(const struct network_spec *spec);

/* The passes by which a layer takes the next one along, or NULL. */
const struct layer_passes *network_joined(const struct network_spec *spec, size_t layer);

/* Whether its outputs are named: layers of the kind Output; and whether a layer gives one. */
bool network_has_named_outputs(const struct network_spec *spec);
bool network_gives_output(const struct network_spec *spec, size_t layer);

/* Whether its inputs are named: layers of the kind Input, which alone read value 0. */
bool network_has_named_inputs(const struct network_spec *spec);

/* How many outputs it has, at least 1; and the one of that number, which reads no image. */
size_t network_output_count(const struct network_spec *spec);
struct network_output {
    size_t layer, of;                    /* whose values it is; the one that made them */
    const struct named_output *named;    /* NULL: it is the only one, with what the spec says */
    const struct activation *activation; /* that its values are of; NULL: none */
    /* Loss and activation are computed in one: nothing else reads what the activation gives. */
    bool joint;
    const struct loss *loss;
    struct loss_settings settings;
    double weight;
    size_t units, target; /* numbers of a row; the place among the data set's targets */
};
struct network_output network_output(const struct network_spec *spec, size_t output);

/* The output of that name, or network_output_count: none. */
size_t network_output_find(const struct network_spec *spec, const char *name);

/* How many layers of a layer's kind stand before it: Keras numbers their names by that. */
size_t network_layer_number(const struct network_spec *spec, size_t layer);

/* How many numbers the network's layers have, and all of these together: what Keras'
 * count_params says and get_weights returns. */
struct layer_counts network_counts(const struct network_spec *spec);
size_t network_parameter_count(const struct network_spec *spec);

/* Multiplications and additions with weights in a step of training, for each image: forward, for
 * the weights' gradients, and, but in the first layer, for the inputs' gradients. */
double network_flops(const struct network_spec *spec);

/* Whether networks of these specifications have the same layers, taken by the same passes, but for
 * arguments that change no shape; and start from the same weights. */
bool network_same_shape(const struct network_spec *a, const struct network_spec *b);
bool network_same_start(const struct network_spec *a, const struct network_spec *b);

/* All that a network's further steps depend on, beside its specification: its weights and its
 * optimizer's slots, with the sum of gradients and the average of weights where it has these, what
 * the optimizer counts, and its layers' state. Each array has the layers
 * one after the other and of each its arrays as layer_list_arrays has them; rows are padded to
 * LANES. */
struct network_state {
    size_t array_count, floats; /* floats of each array, padding included */
    float *arrays[1 + OPTIMIZER_ARRAYS_MAX];
    size_t kept_floats;
    float *kept; /* the layers' arrays of ARRAY_STATE */
    uint64_t iterations;
    float momentum_product;
};

/* The sizes of a network's state, without arrays. */
struct network_state network_state_shape(const struct network_spec *spec);

#endif
