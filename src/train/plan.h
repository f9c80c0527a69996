/* The plan: trials gathered into runs, runs into cohorts, cohorts cut into slices.
 *
 * A slice is what one thread trains at a time. Slices are ordered longest first. The plan decides
 * who is trained beside whom, never what a trial's numbers are. */
#ifndef SWEEP_TRAIN_PLAN_H
#define SWEEP_TRAIN_PLAN_H

#include "base/arena.h"
#include "base/status.h"
#include "search/space.h"
#include "train/calibration.h"
#include "train/checkpoints.h"
#include "train/cohort.h"

struct plan {
    size_t trial_count, run_count, cohort_count;
    size_t slice_count;
    struct cohort *slices; /* longest first */
    double *slice_seconds; /* predicted, of one thread */
    double work;           /* their sum */
    double seconds;        /* predicted, with `jobs` threads */
    size_t bytes;          /* predicted, of all threads' networks and batches at once */
    size_t trial_bytes;    /* predicted, of the trials: the arena's, and results on their way */
    size_t images;         /* training images over all runs and epochs that are left */
    size_t jobs;
    struct checkpoints *checkpoints; /* where the runs' states are kept; NULL: nowhere */
};

struct plan_options {
    const bool *wanted;              /* which of the space's trials; NULL: all */
    const bool *left_alone;          /* of the others, those without a result; NULL: none */
    size_t jobs;                     /* threads */
    struct checkpoints *checkpoints; /* where runs' states are kept; NULL: nowhere */
    struct calibration *calibration; /* what is known of the machine; NULL: nothing */
};

/* The runs of a plan whose state is kept, and the first and last of the epochs they are at. */
struct kept {
    size_t count, first, last;
};

struct kept plan_kept(const struct plan *plan);

/* Plan the wanted trials. Runs that have a checkpoint go on from there; checkpoints of runs that
 * are done are removed, and those of runs with a trial left alone stay. Lives in the arena.
 * Predicts time from short trials on this machine, those that the calibration does not know yet. */
enum status plan_make(const struct config *config, const struct space *space,
                      const struct dataset *dataset, const struct plan_options *options,
                      struct arena *arena, struct plan *plan, struct error *error);

#endif
