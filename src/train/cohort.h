/* The cohort: runs that share a stream, trained side by side over one pass of the data.
 *
 * Knows neither threads nor files. A run's numbers are a function of its network, the stream and
 * the metrics: the other runs only share the batches with it. */
#ifndef SWEEP_TRAIN_COHORT_H
#define SWEEP_TRAIN_COHORT_H

#include "base/arena.h"
#include "base/status.h"
#include "data/stream.h"
#include "nn/metric.h"
#include "nn/spec.h"

#include <stdbool.h>

/* What is measured of a network on a part of the data. */
struct scores {
    double loss, accuracy;
    double metrics[METRICS_MAX]; /* in the order of the cohort's metrics */
};

struct epoch_scores {
    struct scores train; /* while training, as Keras reports it: each batch before its step */
    struct scores validation;
    double seconds; /* the run's share of the epoch's time */
};

/* A trial among a run's epochs: the run's state after that many of them, or after those that its
 * early stopping leaves; with the weights of the best epoch, where these are to be restored. */
struct milestone {
    size_t epochs;
    size_t trial; /* index into the space's trials */
};

struct run {
    const struct network_spec *network; /* with no more memory than its layers need */
    size_t milestone_count;
    const struct milestone *milestones; /* epochs ascending */
    size_t index;                       /* its number, for who made it */
    size_t limit;                       /* epochs after which it pauses; 0: none */
};

/* All of a run's epochs. */
static inline size_t run_epochs(const struct run *run) {
    return run->milestones[run->milestone_count - 1].epochs;
}

/* Those that it is to be trained for now. */
static inline size_t run_end(const struct run *run) {
    const size_t epochs = run_epochs(run);
    return run->limit > 0 && run->limit < epochs ? run->limit : epochs;
}

/* Floats of the parameters that it keeps from its best epoch, to end with; 0: it does not. */
size_t run_best_floats(const struct run *run);

/* A run between two epochs: all that its further epochs depend on, and all it has given so far.
 * Random numbers are functions of the epoch's number and have no state. */
struct run_state {
    const struct run *run;
    size_t epochs; /* trained */
    struct network_state network;
    struct epoch_scores *history; /* an entry an epoch; room for all up to the last milestone */
    size_t reached;               /* milestones: those with at most so many epochs */
    struct scores *tests;         /* theirs, on the test images; room for all milestones */
    double started_at;            /* seconds since 1970 */
    /* The parameters at the best epoch, as ensemble_get_parameters gives them, where early stopping
     * is to restore them; NULL: it is not. What the callbacks remember besides follows from the
     * history. */
    size_t best_floats;
    float *best;
};

struct cohort {
    struct stream_spec stream;
    size_t run_count;
    const struct run **runs;
    size_t metric_count;
    const struct metric *const *metrics;
};

enum trial_outcome {
    TRIAL_COMPLETED, /* also where early stopping ended it: then with fewer epochs */
    TRIAL_DIVERGED,  /* the loss became NaN or infinite: a result, with the history up to there */
    TRIAL_FAILED,    /* it could not be trained; see error */
    TRIAL_PAUSED,    /* its run came to its limit: the history up to there, and no test scores */
    TRIAL_STOPPED,   /* a paused trial that is not to go on, of which this is the result */
};

struct trial_result {
    size_t trial;
    enum trial_outcome outcome;
    size_t epochs; /* entries of history */
    const struct epoch_scores *history;
    bool validated; /* whether the validation scores mean anything */
    struct scores test;
    size_t parameters;
    double seconds;                 /* the trial's share of the training time */
    double started_at, finished_at; /* seconds since 1970 */
    struct error error;             /* of a failed trial */
    const struct run *run;          /* the run it is of */
    bool last;                      /* it is the run's last, for now where it is paused */
    /* As ensemble_get_parameters gives them; NULL: not asked for, or passed in an earlier process.
     */
    const float *weights;
};

/* A part of a cohort's runs, between two epochs, that goes on by itself. */
struct cohort_part;

/* Where a cohort reports to; any function may be NULL. Called on the cohort's thread. */
struct observer {
    void *context;
    void (*trial)(void *context, const struct trial_result *result); /* valid during the call */
    /* Whether the result is to come with the weights; asked of completed trials alone. */
    bool (*wants_weights)(void *context, const struct trial_result *result);
    void (*images)(void *context, size_t count); /* run-images trained since the last call */
    /* What an epoch of a run takes, in any unit: the runs' parts of the epochs' time are to each
     * other as these. NULL: equal. */
    double (*weight)(void *context, const struct run *run);
    bool (*stopped)(void *context); /* asked at the end of each epoch */
    /* Go on where a run was left: fill in `state`, whose pointers are the run's own memory,
     * or return false and leave it alone. Asked before the first epoch. */
    bool (*resume)(void *context, struct run_state *state);
    /* Whether to keep the runs' states, asked at the end of each epoch, which is the last for
     * now if `stopping`; and to keep them. Not asked of runs that are done, nor of those that
     * wait at a later epoch since they were resumed; runs that pause are kept without asking. */
    bool (*due)(void *context, bool stopping);
    void (*keep)(void *context, const struct run_state *states, size_t count, bool paused);
    /* Whether to show how far the runs have come, asked before each epoch; and to show it of one
     * that goes on and has trained some: its next trial as if it paused here. */
    bool (*shows)(void *context);
    void (*show)(void *context, const struct trial_result *result); /* valid during the call */
    /* Whether to split off every second of the `left` runs that go on, asked at the end of each
     * epoch unless stopped; and to take that part, which is from then on the observer's. It is not
     * split where there is no memory for it. */
    bool (*splits)(void *context, size_t left);
    void (*take)(void *context, struct cohort_part *part);
};

/* How many bytes cohort_train takes from its arena. STATUS_MEMORY when that can't even be counted.
 */
enum status cohort_bytes(const struct cohort *cohort, size_t *bytes, struct error *error);

/* Train all runs to their last milestones and report each trial as it is reached, those that a
 * resumed run had reached before at once. A run with a limit is trained no further than that; its
 * trials that are not reached by then are reported as paused. Runs resumed at a later epoch than
 * others wait until these have come as far. Stops early, with STATUS_INTERRUPTED, when the observer
 * says so. Members that don't fit into memory side by side are trained in turn; those that don't
 * fit alone are reported as failed, and the others' numbers are none the worse for it. The arena is
 * reset first. */
enum status cohort_train(const struct cohort *cohort, struct arena *arena,
                         const struct observer *observer, struct error *error);

/* Go on with a part of a cohort, as cohort_train would have with these runs, on any thread, and
 * free it. It has its memory already, no more than cohort_bytes tells of its runs. */
enum status cohort_continue(struct cohort_part *part, const struct observer *observer,
                            struct error *error);

/* The run-images that its runs have left. */
size_t cohort_part_images(const struct cohort_part *part);

#endif
