/* What a sweep has observed: its trials with the hyperparameters in which they differ and one
 * column of their results, read at once. */
#ifndef SWEEP_STORE_OBSERVATIONS_H
#define SWEEP_STORE_OBSERVATIONS_H

#include "base/arena.h"
#include "base/status.h"
#include "search/config.h"
#include "search/filter.h"
#include "search/hyperparameter.h"
#include "search/score.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The page has the same order (report/page/data.js). */
enum observation_status {
    OBSERVATION_PENDING,
    OBSERVATION_COMPLETED,
    OBSERVATION_DIVERGED,
    OBSERVATION_FAILED,
    OBSERVATION_STOPPED, /* early, by the early_terminate of a sweep */
    OBSERVATION_STATUSES
};

/* In a query on sweep_trials: the order of a sweep's observations. */
#define OBSERVATIONS_ORDER_OF(table) " ORDER BY " table "position, " table "trial_id"
#define OBSERVATIONS_ORDER OBSERVATIONS_ORDER_OF("")

struct observation {
    int64_t trial;
    uint64_t seed;
    size_t setting; /* equal for trials that differ in the seed alone */
    enum observation_status status;
    double value;         /* of the column; NaN: none, as for every trial that is not completed */
    double test;          /* the test images' score that goes with it; the same */
    double test_accuracy; /* the same */
    double seconds;       /* NaN: it has not run */
    double parameters;    /* of its network; the same */
    bool dropped;         /* it, or its setting, by the early_terminate of the sweep */
    double epochs;        /* that it was trained for, stopped ones too; 0: it has not run */
    double early;         /* the column after the observations' common epoch; NaN: none */
};

/* A value that a hyperparameter takes. */
struct level {
    const char *text; /* as a config writes it; "-" where the hyperparameter does not apply */
    double number;    /* of a number or switch; else NaN */
    bool none;        /* the hyperparameter does not apply */
    uint32_t choice;  /* which of the factor's choices it is of, where there are any */
};

/* How a number was drawn by a search: from a distribution of its logarithm (log-uniform,
 * log-normal) or of itself. */
enum factor_scale { SCALE_NOT_KNOWN, SCALE_LINEAR, SCALE_LOGARITHMIC };

/* At most so many: as many as there may be in an analysis of variance. */
#define FACTORS_MAX 64

/* A hyperparameter in which trials differ, or a part of one's values: conv2d.filters 1. */
struct factor {
    const struct hyperparameter *hyperparameter; /* of a part, one that is made for it */
    const char *name;                            /* its column in the database; a part's name */
    const struct axis *part; /* the part's axis in the config; NULL: it is none */
    /* Of a hyperparameter whose values have parts that are factors: how many choices the values are
     * of, whatever their parts; 1: they differ in nothing else, and it is not varied. Else 0. */
    size_t choice_count;
    /* It differs by itself (factors.h). A default that another choice brings along (adam's learning
     * rate is not sgd's) does not, nor what applies to some trials only, where it is the same. */
    bool varied;
    enum factor_scale scale;
    size_t level_count;
    struct level *levels; /* numbers ascend, names as they are first met; none is last */
};

struct observations {
    int64_t sweep_id;
    const char *sweep, *dataset; /* names */
    bool has_namesakes;          /* other sweeps have the name, too */
    struct score score;          /* what the trials are looked at by */
    const char *column;          /* its name */
    const char *test_column;     /* NULL: none goes with it */
    bool maximize;               /* the sweep's goal, where it is one of its metrics */
    bool searched;               /* its settings were chosen by a search, and are no grid */
    const char *method;          /* of the search: random, tpe, ...; NULL: not known */
    /* The sweep's metrics, in the order of its config. */
    size_t objective_count;
    struct objective objectives[CONFIG_OBJECTIVES_MAX];
    /* What its config says it may spend, and its seeds a setting; repeats 0: not known. */
    struct budget budget;
    size_t repeats;
    bool raced;        /* its settings met in a race, which was judged by this score */
    const char *where; /* the filter in words; empty without */
    size_t totals[OBSERVATION_STATUSES]; /* trials, by status */
    /* Where a search stopped trials early: the last epoch that all reached which completed or were
     * stopped. 0: it stopped none, or the column is not known after each epoch. */
    size_t common_epoch;
    size_t factor_count;
    struct factor *factors; /* in the hyperparameter table's order; then parts */
    /* The value that all trials have, by hyperparameter; no text for those that are factors. */
    struct level *constants;
    size_t setting_count;
    const char *const *settings; /* their digests */
    size_t count;
    struct observation *items; /* in the order of the config; so are the settings' numbers */
    uint32_t *levels;          /* count x factor_count */
};

/* What to read. Zero is the sweep started last, by its own metric, all of it. */
struct selection {
    int64_t sweep;
    const char *column; /* a score as a person names it (column_asked) */
    const struct filter *filter;
    const struct score *score; /* instead of a column: whether any trial has it or not */
};

/* Read from one state of the database. Lives in the arena. STATUS_USAGE for a sweep that is not
 * there, a column that is unknown or that none of its completed trials has, and a filter that no
 * trial passes. */
enum status store_observations(struct store *store, const struct selection *selection,
                               struct arena *arena, struct observations *observations,
                               struct error *error);

/* The factor of that hyperparameter, which may be other observations' part, or NULL. */
const struct factor *observations_factor(const struct observations *observations,
                                         const struct hyperparameter *hyperparameter);

/* The factor that a person names: by the hyperparameter's name, or a part's, which need not have
 * its number where there is one. NULL: none, or several. */
const struct factor *observations_named(const struct observations *observations, const char *name);

/* Whether it can be looked at: its values differ by themselves, or in their parts. */
static inline bool factor_differs(const struct factor *factor) {
    return factor->varied || factor->choice_count == 1;
}

#endif
