/* The plan: trials gathered into runs, runs into cohorts, cohorts cut into slices.
 *
 * A slice is what one thread trains at a time. Slices are ordered longest first. The plan decides
 * who is trained beside whom, never what a trial's numbers are. */
#ifndef SWEEP_TRAIN_PLAN_H
#define SWEEP_TRAIN_PLAN_H

#include "base/arena.h"
#include "base/status.h"
#include "search/space.h"
#include "train/checkpoints.h"
#include "train/cohort.h"
#include "train/cost.h"

struct plan {
    const struct space *space; /* whose trials they are */
    size_t trial_count, run_count, cohort_count;
    struct run *runs;
    struct run_cost *run_costs;      /* predicted, by the runs' indices */
    struct checkpoints *checkpoints; /* where the runs' states are kept; NULL: nowhere */
    struct checkpoint_slots *slots;  /* of each of the runs, without `checkpoints` empty */
    size_t slice_count;
    struct cohort *slices; /* longest first */
    double *slice_seconds; /* predicted, of one thread */
    size_t *slice_bytes;   /* predicted, of its networks and batches */
    double work;           /* the sum of their seconds */
    double seconds;        /* predicted, with `jobs` threads */
    size_t bytes;          /* predicted, of all threads' networks and batches at once */
    size_t trial_bytes;    /* predicted, of the trials: the arena's, and results on their way */
    size_t images;         /* training images over all runs and epochs that are left */
    size_t jobs;
    bool splits_always; /* split all slices at each epoch's end, whether a thread waits or not */
};

/* Of a run's epochs those that its checkpoint has, and those that are left. */
static inline size_t plan_start(const struct plan *plan, const struct run *run) {
    return checkpoint_epochs(&plan->slots[run->index]);
}
static inline size_t plan_left(const struct plan *plan, const struct run *run) {
    const size_t start = plan_start(plan, run), end = run_end(run);
    return start < end ? end - start : 0;
}

/* What to plan. */
struct plan_request {
    const struct config *config;
    const struct space *space; /* the config's, over the data set */
    const struct dataset *dataset;
    const bool *wanted;              /* which of the space's trials; NULL: all */
    const bool *left_alone;          /* of the others, those without a result; NULL: none */
    size_t settled;                  /* trials before this one: their checkpoints stay */
    size_t limit;                    /* epochs after which runs pause; 0: none */
    size_t jobs;                     /* threads */
    struct checkpoints *checkpoints; /* where runs' states are kept; NULL: nowhere */
};

/* The runs of a plan whose state is kept, and the first and last of the epochs they are at. */
struct kept {
    size_t count, first, last;
};

struct kept plan_kept(const struct plan *plan);

/* The runs of a plan that take more than so many bytes even by themselves; the one of them that
 * takes most, and how many that are. */
struct unfit {
    size_t count, bytes;
    const struct run *largest;
};

struct unfit plan_unfit(const struct plan *plan, size_t available);

/* Plan the wanted trials. Runs that have a checkpoint go on from there; checkpoints of runs that
 * are done are removed, and those of runs with a trial left alone stay. Lives in the arena. */
enum status plan_make(const struct plan_request *request, struct costs *costs, struct arena *arena,
                      struct plan *plan, struct error *error);

#endif
