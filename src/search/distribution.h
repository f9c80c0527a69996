/* W&B's distributions, which a grid can't draw from: what may be meant by them. Used by
 * parameters.c. */
#ifndef SWEEP_SEARCH_DISTRIBUTION_H
#define SWEEP_SEARCH_DISTRIBUTION_H

#include "search/hyperparameter.h"
#include "search/reading.h"

/* Whether the key `distribution` of a hyperparameter's mapping, if it is there, says no more than
 * value, values, or min, max and q do, and these are there. Else STATUS_INPUT, and which values
 * could be listed instead. */
enum status distribution_check(const struct reading *reading, const struct node *spec,
                               const struct hyperparameter *hyperparameter);

/* Append a list of a few values that lie where a mapping's distribution does, or between its min
 * and max: "[32, 91, 256]". Each is allowed. */
void distribution_append_values(const struct node *spec,
                                const struct hyperparameter *hyperparameter, struct text *text);

#endif
