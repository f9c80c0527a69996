/* Layers from YAML. */
#ifndef SWEEP_SEARCH_READING_LAYERS_H
#define SWEEP_SEARCH_READING_LAYERS_H

#include "search/hyperparameter.h"
#include "search/reading.h"
#include "search/reading_arguments.h"

/* A list of layers, each one of
 *
 *   128   "64 tanh"                                       the units of a dense layer
 *   "dropout 0.2"   "batch_normalization momentum=0.9"    a kind and its arguments
 *   relu   "leaky_relu 0.2"                               an activation
 *   {units: 64, use_bias: false}                          a dense layer
 *   {dropout: 0.2}   {batch_normalization: {momentum: 0.9}}
 *
 * with Keras' names for classes or layers, in any spelling. An argument that is a mapping of values
 * or a range goes into `varied` and is left open in `value`;
 * NULL: that is not allowed here. */
enum status reading_layers(const struct reading *reading, const struct node *node,
                           struct varied_arguments *varied, struct value *value);

#endif
