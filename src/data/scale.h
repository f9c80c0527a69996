/* Whether the test part has its numbers in the unit of the training part. */
#ifndef SWEEP_DATA_SCALE_H
#define SWEEP_DATA_SCALE_H

#include "base/text.h"
#include "data/features.h"

#include <stdbool.h>
#include <stddef.h>

/* What is known of the sizes of a feature's numbers in a part. */
struct scale {
    double count, logs, squares; /* of those that are not 0: their logarithms' sums */
    double least, largest;
};

/* The feature whose numbers differ most. */
struct scale_difference {
    bool found;
    size_t feature, features, differing; /* that one, how many there are, and how many differ */
    struct scale train, test;
};

/* False when out of memory. */
bool scale_compare(const struct feature_numbers *train, const struct feature_numbers *test,
                   struct scale_difference *difference);

/* What it is of `what`, as "pixels", why it matters and how to mend it. */
void scale_append(const struct scale_difference *difference, const char *what, struct text *text);

#endif
