/* What a network is, before it has any weights, and what it is between two steps.
 *
 * Layer l maps rows x inputs to rows x units by a = f(x W + b), W row-major inputs x units, as
 * Keras' Dense does. After each hidden layer's activation comes dropout, as a Keras Dropout layer
 * there would. */
#ifndef SWEEP_NN_SPEC_H
#define SWEEP_NN_SPEC_H

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

/* The arithmetic of its optimizer's steps, and whether they shrink the weights first. */
const struct optimizer_kernel *network_kernel(const struct network_spec *spec);
bool network_decays(const struct network_spec *spec);

/* Inputs of a layer, and how many vectors of its units follow its kernel: bias and alpha. */
size_t network_layer_inputs(const struct network_spec *spec, size_t layer);
size_t network_layer_vectors(const struct network_spec *spec, size_t layer);

/* Whether dropout follows a layer. */
bool network_drops(const struct network_spec *spec, size_t layer);

/* How many weights the network has, as Keras counts them. */
size_t network_parameter_count(const struct network_spec *spec);

/* Whether networks of these specifications have layers of the same sizes; and start from the same
 * weights as well. */
bool network_same_shape(const struct network_spec *a, const struct network_spec *b);
bool network_same_start(const struct network_spec *a, const struct network_spec *b);

/* All that a network's further steps depend on, beside its specification: its weights and its
 * optimizer's slots, and what the optimizer counts. Each array has the layers one after the other:
 * kernel, bias, and alpha where the activation learns one; rows of units are padded to LANES. */
struct network_state {
    size_t array_count, floats; /* floats of each array, padding included */
    float *arrays[1 + OPTIMIZER_SLOTS_MAX];
    uint64_t iterations;
    float momentum_product;
};

/* How many arrays a network of this specification has, and of how many floats. */
void network_state_shape(const struct network_spec *spec, size_t *array_count, size_t *floats);

#endif
