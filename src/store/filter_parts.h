/* Conditions on parts of values (conv2d.filters 1=3), as a sweep's config knows them. */
#ifndef SWEEP_STORE_FILTER_PARTS_H
#define SWEEP_STORE_FILTER_PARTS_H

#include "search/filter.h"
#include "store/store.h"

#define VALUES_TOLD_MAX 20 /* in a message */

/* Find out for which values of its hyperparameter each such condition holds, and which values the
 * sweep has of the part. Lives in the arena. STATUS_USAGE for a part that the sweep does not
 * vary. */
enum status store_find_parts(struct store *store, int64_t sweep, struct filter *filter,
                             struct arena *arena, struct error *error);

#endif
