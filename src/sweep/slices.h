/* Slices: the cutting of a plan's cohorts for the machine. What many members share of a batch is
 * saved in large slices, threads end at about the same time with small ones. */
#ifndef SWEEP_SWEEP_SLICES_H
#define SWEEP_SWEEP_SLICES_H

#include "sweep/cost.h"
#include "sweep/plan.h"

/* A member's epochs: all of them, those that its checkpoint has, and those that are left. */
static inline size_t member_epochs(const struct member *member) {
    return member->milestones[member->milestone_count - 1].epochs;
}
static inline size_t member_start(const struct member *member) {
    return checkpoint_epochs(member->slots);
}
static inline size_t member_left(const struct member *member) {
    return member_epochs(member) - member_start(member);
}

/* Cut `plan->cohort_count` cohorts for `plan->jobs` threads. Their members have their weights, the
 * predicted cost of an epoch, and an order in which neighbours belong together; `seconds` is the
 * cost of all of them. Sets the plan's slices, and the seconds and bytes that they are predicted to
 * take. They live in the arena, their members stay the cohorts'. Tries some of them out. */
enum status slices_cut(const struct cohort *cohorts, double seconds, struct costs *costs,
                       struct arena *arena, struct plan *plan, struct error *error);

#endif
