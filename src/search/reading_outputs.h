/* What is said of a network's outputs, where it has several. */
#ifndef SWEEP_SEARCH_READING_OUTPUTS_H
#define SWEEP_SEARCH_READING_OUTPUTS_H

#include "nn/named_output.h"
#include "search/reading_layers.h"

/* What a layer of the kind Output takes beside its arguments: "name", "loss", "target" (the name of
 * one of the data set's targets, or a class for each class of its first one) and "metrics". */
extern const struct argument_extras output_extras;

/* Give the layer the room for that, before it is read. */
enum status reading_output_begin(const struct reading *reading, struct layer_spec *layer);

/* Whether it has all that it needs, once it has been read. */
enum status reading_output_end(const struct reading *reading, const struct node *node,
                               const struct layer_spec *layer);

/* Take `digit: {dense: {...}, loss: ..., inputs: ...}` apart: into a layer, or without one of its
 * own a mapping without keys, and {output: {name: digit, loss: ...}}. */
enum status reading_output_split(const struct reading *reading, const struct node *name,
                                 const struct node *node, struct node *layer, struct node *output);

/* Whether what has the key `outputs` in a model is a mapping of outputs, and no layer. */
bool reading_are_outputs(const struct node *key, const struct node *node);

#endif
