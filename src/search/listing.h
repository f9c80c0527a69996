/* What a grid could list instead of drawing from a distribution. */
#ifndef SWEEP_SEARCH_LISTING_H
#define SWEEP_SEARCH_LISTING_H

#include "search/hyperparameter.h"
#include "search/reading.h"

/* Refuse a distribution under a grid; the remedy is a list of a few allowed values that lie where
 * it does, or between its min and max: "[32, 91, 256]". */
enum status listing_fail(const struct reading *reading, const struct node *spec,
                         const struct hyperparameter *hyperparameter);

#endif
