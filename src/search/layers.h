/* A network's layers as a list of words. */
#ifndef SWEEP_SEARCH_LAYERS_H
#define SWEEP_SEARCH_LAYERS_H

#include "base/arena.h"
#include "search/hyperparameter.h"

/* [128, "64 tanh", "dropout 0.2", "dense 64 use_bias=false"]: a dense layer is its units, others
 * are their kind and the arguments that may stand without their names; then the activation, and by
 * their names the arguments that are not at their defaults. "add inputs=1,2" has inputs other than
 * the layer before, "shared 1 inputs=0" is the first layer once more. */
void layers_append(const struct hidden_layers *layers, struct text *text);

/* Whether each reads what the one before it gives and has weights of its own, and none is an
 * output. */
bool layers_are_chain(const struct hidden_layers *layers);

/* Whether there are layers of the kind Output, and whether nothing but these reads a layer, of
 * which at least one does: then it is an output layer of the model. */
bool layers_have_outputs(const struct hidden_layers *layers);
bool layers_is_output(const struct hidden_layers *layers, size_t index);

/* Whether there are layers of the kind Input, and whether a layer is one and of a further array of
 * the data set. */
bool layers_have_inputs(const struct hidden_layers *layers);
bool layer_reads_array(const struct layer_spec *layer);

/* The shape of a network's value 0: that of an image, or where there are layers of the kind Input,
 * whose shapes are known, the numbers of all inputs in a row. */
struct shape layers_input(const struct hidden_layers *layers, struct shape image);

/* The same layers, of a config that has no activation for all of them: one that names none has
 * none, as in Keras, unless it is written as a number; that has the trial's. Themselves where that
 * changes nothing, else a copy in the arena; NULL: no memory. */
const struct hidden_layers *layers_as_in_keras(const struct hidden_layers *layers,
                                               struct arena *arena);

/* A layer with its arguments, which are those of another one where it is that again. */
struct layer_spec layers_at(const struct hidden_layers *layers, size_t index);

/* After arguments were set: what a layer is by default is left at that, and one that is another one
 * again has what that has. */
void layers_settle(struct hidden_layers *layers);

/* Whether a layer changes nothing: Flatten before a dense layer, which takes any shape. */
bool layers_needless(const struct hidden_layers *layers, size_t index);

/* How many numbers a layer gives of an image of that shape, all layers up to it taking theirs. */
size_t layers_units(const struct hidden_layers *layers, size_t index, struct shape input);

/* Why the layers can't take images of that shape, or NULL; then *index is that of the layer which
 * can't take what comes into it, and `given` has the shapes of that, rank 0 after the last. */
const char *layers_refuse(const struct hidden_layers *layers, struct shape input, size_t *index,
                          struct shape given[LAYER_INPUTS_MAX]);

#endif
