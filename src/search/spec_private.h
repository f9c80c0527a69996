/* What the files share that read an axis from its mapping: spec.c and spec_range.c. */
#ifndef SWEEP_SEARCH_SPEC_PRIVATE_H
#define SWEEP_SEARCH_SPEC_PRIVATE_H

#include "search/spec.h"

#define CHOICES_MAX 100000 /* as many as a sweep may have trials */

static inline const char *spec_name(const struct axis *axis) {
    return axis_hyperparameter(axis)->name;
}

/* A number that is a part of a distribution and no value. */
enum status spec_read_number(const struct reading *reading, const struct node *node,
                             const char *key, const struct axis *axis, double *number);

/* One end of a range, which has to be allowed. */
enum status spec_read_end(const struct reading *reading, const struct node *spec,
                          const struct node *node, const struct axis *axis, double *number);

/* q, or what it is without a word; 0: any number is taken. */
enum status spec_read_step(const struct reading *reading, const struct node *spec,
                           struct axis *axis);

/* max is below min. */
enum status spec_fail_order(const struct reading *reading, const struct node *min,
                            const struct node *max, const struct axis *axis);

/* min, max and q, even or even in the logarithm. */
enum status spec_read_range(const struct reading *reading, const struct node *spec,
                            struct axis *axis);

#endif
