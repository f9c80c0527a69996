/* All of one sweep that a report shows, read from one state of the database. */
#ifndef SWEEP_STORE_REPORT_DATA_H
#define SWEEP_STORE_REPORT_DATA_H

#include "base/arena.h"
#include "base/status.h"
#include "store/observations.h"
#include "store/provenance.h"
#include "store/store.h"
#include "store/unfinished.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The sweep's row, column by column; texts as they were stored. */
struct report_sweep {
    int64_t id;
    const char *name, *description, *metric, *config, *settings, *config_digest, *dataset,
        *dataset_digest, *warnings, *dataset_changes;
};

/* A trial that failed, and why. */
struct report_failure {
    int64_t trial;
    const char *error;
};

/* What gave a trial its result, and when; 0 where that is not known. */
struct report_origin {
    int64_t command;  /* its identity */
    int64_t finished; /* seconds since 1970, UTC */
};

struct report_data {
    struct report_sweep sweep;
    struct provenance provenance;
    size_t metric_count; /* columns of which a completed trial has a value; 0: none completed */
    size_t metric;       /* the sweep's own among them; 0 when nobody has a value of it */
    /* The same trials by each metric; without metrics by the sweep's own, of which nobody has a
     * value. At least one. */
    const struct observations *observations;
    size_t run_count;
    const size_t *runs;                  /* by trial: equal for milestones of one training */
    const struct report_origin *origins; /* by trial */
    size_t failure_count;
    const struct report_failure *failures;
    /* By trial: what one has given so far that is being trained, or was when its command was
     * interrupted or killed; NULL of all others. What a run has given is that of each of its
     * trials which are to come. */
    const struct trial_result **unfinished;
    bool *going; /* by trial: it is being trained */
    /* What is measured of these besides loss and accuracy. */
    size_t unfinished_metric_count;
    const struct metric *const *unfinished_metrics;
};

/* Read a sweep (0: the one started last). Lives in the arena. STATUS_USAGE for a sweep that is not
 * there. */
enum status store_report(struct store *store, int64_t sweep, struct arena *arena,
                         struct report_data *data, struct error *error);

/* Take what unfinished_read gave; `goes_on`: the last command on the sweep is running. */
enum status store_report_unfinished(struct store *store, const struct unfinished_history *histories,
                                    bool goes_on, struct report_data *data, struct error *error);

/* What a trial scored on its way: an epoch a row. */
struct report_curve {
    size_t trial; /* its place in the observations */
    size_t length;
    double *epochs; /* ascending */
    double *values; /* length x series; NaN: none */
};

#define REPORT_SERIES_MAX 140

struct report_curves {
    size_t series_count;  /* at most REPORT_SERIES_MAX */
    size_t column_count;  /* of these, the first are columns of `history`, the rest metrics */
    struct score *series; /* loss, accuracy, the same of the validation images, and metrics */
    size_t count;
    struct report_curve *curves;
};

/* Read the histories of `count` trials, given by their place in the observations, until `budget`
 * values are read; each thinned to about `longest` epochs: every n-th, the first and the last. */
enum status store_report_curves(struct store *store, const struct report_data *data,
                                const size_t *trials, size_t count, size_t longest, size_t budget,
                                struct arena *arena, struct report_curves *curves,
                                struct error *error);

#endif
