/* Layers from YAML. */
#ifndef SWEEP_SEARCH_READING_LAYERS_H
#define SWEEP_SEARCH_READING_LAYERS_H

#include "search/hyperparameter.h"
#include "search/reading.h"
#include "search/reading_arguments.h"

/* A layer is one of
 *
 *   128   "64 tanh"                                       the units of a dense layer
 *   "dropout 0.2"   "batch_normalization momentum=0.9"    a kind and its arguments
 *   relu   "leaky_relu 0.2"                               an activation
 *   {units: 64, use_bias: false}                          a dense layer
 *   {dropout: 0.2}   {batch_normalization: {momentum: 0.9}}
 *
 * with Keras' names for classes or layers, in any spelling. An argument that is a mapping of values
 * or a range goes into `varied` and is left open in `layer`;
 * NULL: that is not allowed here. */
enum status reading_layer(const struct reading *reading, const struct node *node,
                          struct varied_arguments *varied, struct layer_spec *layer);

/* Whether a layer is a dense one by its units: 128, "64 tanh". */
bool reading_layer_is_number(const struct node *node);

/* A list of layers, or a mapping of names to layers:
 *
 *   a: 64 relu
 *   b: {dense: 64 relu, inputs: a}     `inputs`: a name or a list of them; `input` is the image
 *   c: {shared: b, inputs: input}      b once more, with its weights
 *   sum: {add: [a, b]}                 or {add: {}, inputs: [a, b]}
 *
 * Without inputs a layer reads the one that is written before it. In a list the names are the
 * numbers of layers from 1 on, and 0 the image: "64 relu inputs=1", "shared 2 inputs=0". One layer
 * is read by no other one: the output layer reads it. All come into one order, whatever their names
 * and their places in the file (reading_order.c). */
enum status reading_layers(const struct reading *reading, const struct node *node,
                           struct varied_arguments *varied, struct value *value);

#endif
