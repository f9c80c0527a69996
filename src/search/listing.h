/* What a grid could list instead of drawing from a distribution. */
#ifndef SWEEP_SEARCH_LISTING_H
#define SWEEP_SEARCH_LISTING_H

#include "search/hyperparameter.h"
#include "search/reading.h"

/* Append a list of a few values that lie where a mapping's distribution does, or between its min
 * and max: "[32, 91, 256]". Each is allowed. */
void listing_append_values(const struct node *spec, const struct hyperparameter *hyperparameter,
                           struct text *text);

/* Refuse a distribution under a grid, with such a list as the remedy. */
enum status listing_fail(const struct reading *reading, const struct node *spec,
                         const struct hyperparameter *hyperparameter);

#endif
