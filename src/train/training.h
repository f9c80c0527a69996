/* A cohort's runs in memory, and their passes over the data: seen by cohort.c alone, which decides
 * who trains and what is reported. */
#ifndef SWEEP_TRAIN_TRAINING_H
#define SWEEP_TRAIN_TRAINING_H

#include "train/cohort.h"
#include "train/stepper.h"

/* Sums over a part of the data from which scores are read off. */
struct tally {
    double loss;
    size_t rows, hits;
    double *sums[METRICS_MAX];
};

/* A run while it is trained. */
struct active_run {
    const struct run *run;
    struct tally tally;
    struct epoch_scores *history; /* as long as the last milestone */
    struct scores *tests;         /* of the milestones reported */
    size_t epochs;                /* trained so far */
    size_t reported;              /* milestones reported */
    double seconds;               /* of the epochs so far */
    double started_at;
    struct callbacks_state callbacks;
    float *best;    /* the parameters at the best epoch; NULL: not asked for */
    bool exchanged; /* these and its own */
    bool done;
    bool training; /* not done, and not waiting for others to come as far */
};

struct training {
    const struct cohort *cohort;
    const struct observer *observer;
    struct stepper stepper; /* the runs' networks, in their order */
    struct active_run *active_runs;
    bool *selected;           /* scratch: who takes part */
    bool *averaged;           /* scratch: whose weights are exchanged for their averages */
    struct run_state *states; /* scratch */
    float *weights;           /* scratch: one network's, without padding */
};

typedef bool predicate(const struct active_run *active);

/* Whether a run trains in this epoch, and how many runs are as `wanted` says. */
bool run_trains(const struct active_run *active);
size_t training_count(const struct training *training, predicate *wanted);

/* Have the memory, which is in one piece, and the networks in it; the cohort is there already.
 * STATUS_MEMORY: without the memory, which is given back. */
enum status training_make(struct training *training, struct arena *arena, struct error *error);

/* Train those whose turn it is for an epoch, or score the wanted ones on a part of the data. */
void training_epoch(struct training *training, size_t epoch);
void training_evaluate(struct training *training, enum stream_part part, predicate *wanted);

/* A run's scores over the latest pass that it took part in. */
struct scores training_scores(const struct training *training, const struct active_run *active);

#endif
