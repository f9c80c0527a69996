/* Loads: what several threads, tasks or nodes have to do, of which the next piece goes to the one
 * with least (list scheduling: Graham, Bell System Technical Journal 45, 1966). */
#ifndef SWEEP_TRAIN_LOADS_H
#define SWEEP_TRAIN_LOADS_H

#include "base/arena.h"

#include <stdbool.h>

struct loads {
    size_t count;
    double *seconds; /* of each */
    size_t *heap;    /* their numbers: that of least seconds first, then the lower number */
};

/* For `count` of them, at least 1, that have nothing to do. They live in the arena. False: out of
 * memory. */
bool loads_init(struct loads *loads, size_t count, struct arena *arena);

void loads_clear(struct loads *loads);

/* Give the one with least, of equal ones the first, so much more; returns its number. */
size_t loads_add(struct loads *loads, double seconds);

#endif
