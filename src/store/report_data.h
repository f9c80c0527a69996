/* All of one sweep that a report shows, read at once. */
#ifndef SWEEP_STORE_REPORT_DATA_H
#define SWEEP_STORE_REPORT_DATA_H

#include "base/arena.h"
#include "base/status.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The sweep's row, column by column; texts as they were stored. */
struct report_sweep {
    int64_t id, jobs;
    const char *name, *description, *metric, *config_path, *config, *settings, *config_digest,
        *dataset, *dataset_source, *dataset_digest, *warnings, *version, *cpu, *openblas_config,
        *openblas_core, *started_at, *finished_at; /* "" while it is not finished */
    bool maximize;                                 /* the goal for `metric` */
};

/* A value that a hyperparameter takes. */
struct report_level {
    bool none;        /* it does not apply: adam's momentum */
    double number;    /* of a hyperparameter that is a number */
    const char *text; /* as a config writes it; "-" for none */
};

/* A hyperparameter in which the settings differ. Numbers ascend, names stand in the order in which
 * the sweep first has them; none is last. */
struct report_hyperparameter {
    const char *name; /* its column in the database */
    bool number;
    size_t level_count;
    struct report_level *levels;
};

/* Something a trial was measured by: a score, a metric, train_seconds or parameters. */
struct report_metric {
    const char *name;
    bool maximize;
    bool column; /* of the table `trials`; else a metric of the long table */
};

enum report_state { REPORT_PENDING, REPORT_COMPLETED, REPORT_DIVERGED, REPORT_FAILED };

struct report_trial {
    int64_t id, seed;
    size_t setting;
    size_t run; /* equal for trials that are milestones of one training */
    enum report_state state;
    const double *values; /* by metric; NaN: none */
    const char *error;    /* "" unless it failed */
};

struct report_data {
    struct report_sweep sweep;
    size_t hyperparameter_count;
    struct report_hyperparameter *hyperparameters;
    size_t metric_count;
    struct report_metric *metrics; /* those of which a completed trial has a value */
    size_t metric;                 /* the sweep's own; 0 when nobody has a value of it */
    size_t setting_count;
    uint32_t *levels; /* setting_count x hyperparameter_count */
    size_t trial_count, run_count;
    struct report_trial *trials; /* setting by setting, in the order of their making */
};

/* Read a sweep (0: the one started last). Lives in the arena. STATUS_USAGE for a sweep that is not
 * there. */
enum status store_report(struct store *store, int64_t sweep, struct arena *arena,
                         struct report_data *data, struct error *error);

/* What a trial scored on its way: an epoch a row. */
struct report_curve {
    size_t trial; /* its place in the data */
    size_t length;
    double *epochs; /* ascending */
    double *values; /* length x series; NaN: none */
};

#define REPORT_SERIES_MAX 140

struct report_curves {
    size_t series_count; /* at most REPORT_SERIES_MAX */
    const char *const *series; /* loss, accuracy, the same of the validation images, and metrics */
    size_t count;
    struct report_curve *curves;
};

/* Read the histories of `count` trials, given by their place in the data, until `budget` values
 * are read; each thinned to about `longest` epochs: every n-th, the first and the last. */
enum status store_report_curves(struct store *store, const struct report_data *data,
                                const size_t *trials, size_t count, size_t longest, size_t budget,
                                struct arena *arena, struct report_curves *curves,
                                struct error *error);

#endif
