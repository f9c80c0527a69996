/* Slices: the cutting of a plan's cohorts for the machine. What many runs share of a batch is
 * saved in large slices, threads end at about the same time with small ones. */
#ifndef SWEEP_TRAIN_SLICES_H
#define SWEEP_TRAIN_SLICES_H

#include "train/cost.h"
#include "train/plan.h"

/* Of a run's epochs those that its checkpoint has, and those that are left. */
static inline size_t run_start(const struct run *run) {
    return checkpoint_epochs(run->slots);
}
static inline size_t run_left(const struct run *run) {
    return run_epochs(run) - run_start(run);
}

/* Cut `plan->cohort_count` cohorts for `plan->jobs` threads. Their runs have their weights, the
 * predicted cost of an epoch, and an order in which neighbours belong together; `seconds` is the
 * cost of all of them. Sets the plan's slices, and the seconds and bytes that they are predicted to
 * take. They live in the arena, their runs stay the cohorts'. Tries some of them out. */
enum status slices_cut(const struct cohort *cohorts, double seconds, struct costs *costs,
                       struct arena *arena, struct plan *plan, struct error *error);

#endif
