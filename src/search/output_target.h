/* What an output of a network is held against in a data set. */
#ifndef SWEEP_SEARCH_OUTPUT_TARGET_H
#define SWEEP_SEARCH_OUTPUT_TARGET_H

#include "data/dataset.h"

#include <stdbool.h>
#include <stddef.h>

struct output_target {
    bool found;
    size_t place;   /* data/stream.h's */
    size_t classes; /* 0: it is numbers, */
    size_t width;   /* so many of an example */
};

/* The target of that name, NULL standing for the first one. A further array that has classes is
 * taken for its numbers by an output with as many units as these, unless it has as many classes. */
struct output_target output_target(const struct dataset *dataset, const char *name, size_t units);

#endif
