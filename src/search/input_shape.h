/* What an input of a network is in a data set. */
#ifndef SWEEP_SEARCH_INPUT_SHAPE_H
#define SWEEP_SEARCH_INPUT_SHAPE_H

#include "data/dataset.h"
#include "nn/named_input.h"
#include "search/hyperparameter.h"

#include <stdbool.h>

/* The shape of an example of the array of that name, or of the image; false: the data set has none,
 * and *shape stays. */
bool input_shape(const struct dataset *dataset, const char *name, struct shape *shape);

/* Whether an input of the layers is in the data set, with the shape that it has or with any, and no
 * output is to predict it; else the text says what is wrong. A shape that is not known is set. */
bool input_fits(const struct hidden_layers *layers, struct named_input *input,
                const struct dataset *dataset, struct text *text);

/* Whether the words of layers can name an array so: by letters, digits, _, - and ., fewer than
 * DATASET_NAME_MAX. A name like that is made of any other. */
bool input_name_fits(const char *name);
void input_name_mend(const char *name, char mended[DATASET_NAME_MAX]);

/* List the data set's further arrays after `before`; of one that can't be named, say so. */
void input_append_arrays(const struct dataset *dataset, const char *before, struct text *text);

/* 28 x 28 x 1 */
void shape_append(struct shape shape, struct text *text);

#endif
