/* What a layer of the kind Input has: the array that it is of, and its shape. */
#ifndef SWEEP_SEARCH_READING_INPUTS_H
#define SWEEP_SEARCH_READING_INPUTS_H

#include "search/reading_arguments.h"

extern const struct argument_extras input_extras;

/* Before its keys are read: room for what they say. */
enum status reading_input_begin(const struct reading *reading, struct layer_spec *layer);

/* Give an input that names no array the name of its layer; NULL: it has none, and the input needs
 * its array's. STATUS_INPUT, too, for a name that can't be written into a list of layers. */
enum status reading_input_name(const struct reading *reading, const struct node *node,
                               const char *name, const struct layer_spec *layer);

/* Check that an array of the data set can be named in a layer, in one word; `of`: of what it is,
 * "an input". */
enum status reading_array_name(const struct reading *reading, const struct node *node,
                               const char *of, const char *name);

#endif
