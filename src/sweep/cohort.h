/* The cohort: runs that share a stream, trained side by side over one pass of the data.
 *
 * Knows neither threads nor files. A member's numbers are a function of its network, the stream and
 * the metrics: the other members only share the batches with it. */
#ifndef SWEEP_SWEEP_COHORT_H
#define SWEEP_SWEEP_COHORT_H

#include "base/arena.h"
#include "base/status.h"
#include "data/stream.h"
#include "nn/metric.h"
#include "nn/network.h"
#include "sweep/config.h"

#include <stdbool.h>

/* What is measured of a network on a part of the data. */
struct scores {
    double loss, accuracy;
    double metrics[CONFIG_METRICS_MAX]; /* in the order of the cohort's metrics */
};

struct epoch_scores {
    struct scores train; /* while training, as Keras reports it: each batch before its step */
    struct scores validation;
    double seconds; /* the member's share of the epoch's time */
};

/* A trial among a run's epochs: the run's state after that many of them. */
struct milestone {
    size_t epochs;
    size_t trial; /* index into the space's trials */
};

struct member {
    struct network_spec network;
    size_t milestone_count;
    const struct milestone *milestones; /* epochs ascending */
    double weight;                      /* its predicted cost among the members' */
};

struct cohort {
    struct stream_spec stream;
    size_t member_count;
    struct member *members;
    size_t metric_count;
    const struct metric *const *metrics;
};

enum trial_outcome {
    TRIAL_COMPLETED,
    TRIAL_DIVERGED, /* the loss became NaN or infinite: a result, with the history up to there */
    TRIAL_FAILED,   /* it could not be trained; see error */
};

struct trial_result {
    size_t trial;
    enum trial_outcome outcome;
    size_t epochs;                       /* entries of history */
    const struct epoch_scores *history;
    bool validated;                      /* whether the validation scores mean anything */
    struct scores test;
    size_t parameters;
    double seconds;                      /* the trial's share of the training time */
    double started_at, finished_at;      /* seconds since 1970 */
    struct error error;                  /* of a failed trial */
};

/* Where a cohort reports to; any function may be NULL. Called on the cohort's thread. */
struct observer {
    void *context;
    void (*trial)(void *context, const struct trial_result *result); /* valid during the call */
    void (*images)(void *context, size_t count); /* member-images trained since the last call */
    bool (*stopped)(void *context);              /* asked at the end of each epoch */
};

/* How many bytes cohort_train takes from its arena, at most. */
size_t cohort_bytes(const struct cohort *cohort);

/* Train all members to their last milestones and report each trial as it is reached. Stops early,
 * with STATUS_INTERRUPTED, when the observer says so. Members that don't fit into memory side by side
 * are trained in turn; those that don't fit alone are reported as failed, and the others' numbers
 * are none the worse for it. The arena is reset first. */
enum status cohort_train(const struct cohort *cohort, struct arena *arena,
                         const struct observer *observer, struct error *error);

#endif
