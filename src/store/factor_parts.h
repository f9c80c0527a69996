/* Parts of hyperparameters' values that vary by themselves, as factors of their own: the filters of
 * a layer, how many layers there are. */
#ifndef SWEEP_STORE_FACTOR_PARTS_H
#define SWEEP_STORE_FACTOR_PARTS_H

#include "store/observations.h"

/* Add them behind the hyperparameters. Nothing is known of the parts of a hyperparameter of which
 * some value is not one that the config makes. STATUS_MEMORY. */
enum status factors_add_parts(struct observations *observations, const struct config *config,
                              struct arena *arena, struct error *error);

#endif
