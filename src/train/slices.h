/* Slices: the cutting of a plan's cohorts for the machine. What many runs share of a batch is
 * saved in large slices, threads end at about the same time with small ones. */
#ifndef SWEEP_TRAIN_SLICES_H
#define SWEEP_TRAIN_SLICES_H

#include "train/plan.h"

/* Cut `plan->cohort_count` cohorts for `plan->jobs` threads. Their runs have their costs in the
 * plan, and an order in which neighbours belong together. Sets the plan's slices, and the seconds
 * and bytes that they are predicted to take. They live in the arena, their runs stay the cohorts'.
 * Tries some of them out. */
enum status slices_cut(const struct cohort *cohorts, struct costs *costs, struct arena *arena,
                       struct plan *plan, struct error *error);

#endif
