/* Packing: a plan's slices shared out among tasks that know nothing of each other. */
#ifndef SWEEP_TRAIN_PACKING_H
#define SWEEP_TRAIN_PACKING_H

#include "base/arena.h"
#include "train/plan.h"

#include <stdint.h>

/* Set tasks[i], from 1 to `count`, for each of the space's trials, `trial_count` of them: whole
 * slices, each to the task that has least so far, the longest first (Graham's LPT, at most a third
 * over the best: SIAM J. Appl. Math. 17, 1969). Trials that the plan does not have are shared out
 * by their number. seconds[i]: what task i + 1 is predicted to take on one thread. It lives in the
 * arena; NULL: out of memory. */
double *packing_make(const struct plan *plan, size_t count, size_t trial_count, uint32_t *tasks,
                     struct arena *arena);

#endif
