/* The results database, as the rest of the program uses it.
 *
 * One connection, used by one thread. Writes gather in a transaction that store_commit ends; what
 * was committed survives a kill. While a sweep runs the database is in WAL mode, so that others can
 * read it; afterwards it is a single file again. */
#ifndef SWEEP_STORE_STORE_H
#define SWEEP_STORE_STORE_H

#include "base/arena.h"
#include "base/status.h"
#include "sweep/cohort.h"
#include "sweep/space.h"

#include <stdbool.h>
#include <stdint.h>

struct store;

/* Open the database for writing; it and its folder are made when they are not there. */
enum status store_open(const char *path, struct store **store, struct error *error);

/* Open an existing database for reading. STATUS_INPUT when it is not there or holds nothing. */
enum status store_open_read(const char *path, struct store **store, struct error *error);

/* Commits what is open. NULL is fine. */
void store_close(struct store *store);

/* Record a sweep and its trials, none of them trained; equal trials of earlier sweeps are found
 * again. Afterwards missing[i] tells for each of the space's trials whether it is still to be
 * trained: it has no result yet, failed, or lacks one of the config's metrics. Commits. */
enum status store_begin_sweep(struct store *store, const struct config *config,
                              const struct dataset *dataset, const struct space *space,
                              const char *warnings, size_t jobs, bool *missing,
                              struct error *error);

/* Write a trial's result in place of what was there, metrics aside that the config does not ask
 * for. A failure takes the results with it that were not committed yet. */
enum status store_put(struct store *store, const struct config *config, const struct space *space,
                      const struct trial_result *result, struct error *error);

enum status store_commit(struct store *store, struct error *error);

/* Note that the sweep begun is complete. Commits. */
enum status store_finish_sweep(struct store *store, struct error *error);

/* The identity of the sweep begun. */
int64_t store_sweep(const struct store *store);

/* One row of the leaderboard: a setting over its repeats, or a single trial. */
struct standing {
    const char *const *values; /* one text for each of the leaderboard's hyperparameters */
    size_t n, diverged;        /* trials completed, and trials that went to NaN */
    double mean, deviation;    /* of the column asked for, over the trials completed; NaN: none */
    double test_accuracy;      /* the same */
    double seconds;            /* mean over all */
    int64_t trial;             /* a single trial's identity; 0 for a setting */
    uint64_t seed;             /* and its seed */
};

struct leaderboard {
    int64_t id;         /* the sweep's */
    const char *sweep;  /* its name */
    const char *column; /* what it is ordered by */
    const char *where;  /* which of the sweep's trials are looked at, in words; empty: all */
    bool maximize;
    bool single;                                /* rows are trials */
    size_t trials, completed, diverged, failed; /* of those looked at */
    size_t hyperparameter_count;                /* those in which the settings differ */
    const char *const *hyperparameters;
    size_t count;
    struct standing *standings; /* best first */
};

/* The leaderboard of a sweep (0: the one started last), by a column (NULL: the sweep's metric): a
 * score, train_seconds, parameters or a metric; best first, `limit` rows at the most (0: all).
 * Lives in the arena. STATUS_USAGE for a sweep that is not there, and for a column that is unknown
 * or that none of the sweep's completed trials has. */
enum status store_leaderboard(struct store *store, int64_t sweep, const char *column, size_t limit,
                              struct arena *arena, struct leaderboard *leaderboard,
                              struct error *error);

#endif
