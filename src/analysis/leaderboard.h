/* The leaderboard of what was observed: which setting, or single trial, is the best. All that
 * ranks, and all that names a best one, takes it from here (the views `leaderboard` and `best` have
 * the same rule for SQL; stats/ranking.h). */
#ifndef SWEEP_ANALYSIS_LEADERBOARD_H
#define SWEEP_ANALYSIS_LEADERBOARD_H

#include "analysis/quantities.h"
#include "stats/summary.h"
#include "store/observations.h"

/* One row: a setting over its repeats, or a single trial. */
struct standing {
    size_t quantity;           /* that its score measures */
    size_t rank;               /* among those of its quantity, from 1 */
    size_t shared_by;          /* those of the quantity with the same score, itself included: they
                                  rank in the order of the config ... */
    size_t shared_from;        /* ... from this rank on */
    size_t setting;            /* its number */
    size_t observation;        /* its first */
    const char *const *values; /* one text for each of the leaderboard's hyperparameters */
    size_t n, diverged;        /* trials completed, and trials that went to NaN */
    struct summary score;      /* of the column asked for, over the trials completed */
    double test_accuracy;      /* mean over these; NaN: none */
    double seconds;            /* mean over all */
};

struct pareto;

struct leaderboard {
    const struct observations *observations;
    bool single;                  /* rows are trials */
    struct quantities quantities; /* ranks are within each of these */
    size_t hyperparameter_count;  /* those in which the settings differ */
    const char *const *hyperparameters;
    size_t total; /* rows without a limit */
    size_t count;
    struct standing *standings; /* best first, quantity by quantity */
    /* Of a sweep of several metrics the set of the best ones by all (pareto.h), whose owner is who
     * sets it; else NULL. */
    const struct pareto *pareto;
    bool only_pareto; /* there are no other rows */
};

/* Rank settings by the mean over their completed trials, or single trials that ran; those without a
 * score last; of each quantity `limit` rows at the most (0: all). Points into the observations and
 * lives in the arena. STATUS_MEMORY. */
enum status leaderboard_of(const struct observations *observations, bool single, size_t limit,
                           struct arena *arena, struct leaderboard *leaderboard,
                           struct error *error);

#endif
