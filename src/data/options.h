/* What a config says of a data set beside its name, where that is no matter of reading it. */
#ifndef SWEEP_DATA_OPTIONS_H
#define SWEEP_DATA_OPTIONS_H

#include "data/dataset.h"

/* Put the training part into random order and mark the inputs to be normalised, as it is asked for;
 * both change the digest. STATUS_INPUT where something is asked for that this data set has no use
 * of, as image_size of images that are not resized; STATUS_MEMORY. */
enum status options_apply(struct dataset *dataset, const struct dataset_options *options,
                          struct error *error);

#endif
