/* Things with a name and arguments from YAML: schedules, callbacks, augmentations. */
#ifndef SWEEP_SEARCH_READING_COMPONENTS_H
#define SWEEP_SEARCH_READING_COMPONENTS_H

#include "search/hyperparameter.h"
#include "search/reading.h"
#include "search/reading_arguments.h"

/* One of
 *
 *   cosine_decay   "cosine_decay 1000 alpha=0.1"       a kind and its arguments
 *   {cosine_decay: {decay_steps: 1000, alpha: 0.1}}    {cosine_decay: 1000}
 *   "val_loss patience=3"   {monitor: val_loss}        the arguments of the family's usual kind
 *
 * or a list of such, where the family takes several. An argument that is a mapping of values or a
 * range goes into `varied` and is left open in `value`; NULL: that is not allowed here. */
enum status reading_components(const struct reading *reading, const struct node *node,
                               const struct hyperparameter *hyperparameter,
                               struct varied_arguments *varied, struct value *value);

#endif
