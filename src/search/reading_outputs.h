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

/* Of an output's mapping whose loss is one as well, {name: huber, delta: 2}, make *spread with all
 * of them side by side; without such a loss it is a copy. */
enum status reading_output_spread(const struct reading *reading, const struct node *output,
                                  struct node *spread);

/* Whether it has all that it needs, once it has been read. */
enum status reading_output_end(const struct reading *reading, const struct node *node,
                               const struct layer_spec *layer);

/* Take `digit: {dense: {...}, loss: ..., inputs: ...}` apart: into a layer, or without one of its
 * own a mapping without keys, and {output: {name: digit, loss: ...}}. */
enum status reading_output_split(const struct reading *reading, const struct node *name,
                                 const struct node *node, struct node *layer, struct node *output);

/* Fail where a key of that layer is meant to be one of the output's, by its name. */
enum status reading_output_refuse(const struct reading *reading, const struct node *layer);

/* The keys of an output, its name aside: loss, target, loss_weight ... Returns how many. */
#define OUTPUT_KEYS_MAX ARGUMENTS_MAX
size_t reading_output_keys(const char **keys);

/* Whether a key in a model is a misspelled `outputs`. */
bool reading_may_be_outputs(const struct node *key, const struct node *node);

/* Whether what has the key `outputs` in a model is a mapping of outputs, and no layer. */
bool reading_are_outputs(const struct node *key, const struct node *node);

#endif
