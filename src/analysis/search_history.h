/* How a search went: what it had spent and what it had found, setting by setting in the order in
 * which they were asked for. */
#ifndef SWEEP_ANALYSIS_SEARCH_HISTORY_H
#define SWEEP_ANALYSIS_SEARCH_HISTORY_H

#include "base/arena.h"
#include "base/status.h"
#include "store/observations.h"

#include <stddef.h>

/* After a setting. What was spent is that of its trials and of those of the settings before it,
 * whatever became of them: as if one setting had been trained after the other. */
struct search_step {
    size_t setting, observation; /* its number, and its first trial */
    size_t trials;               /* that have run */
    double epochs;               /* that they were trained for */
    double seconds;              /* that training them took */
    double score;                /* of the setting, its mean; NaN: none */
    /* The mean of the best one so far: of the settings until here the first on the leaderboard.
     * NaN: none of them has a score. */
    double best;
};

/* The best that is expected of so many settings drawn at random (stats/expected_best.h). */
struct expected_best_of {
    size_t settings;
    double score;
};

struct search_history {
    size_t count; /* settings of which a trial has run */
    struct search_step *steps;
    size_t stopped; /* trials, early */
    /* Of a random search that stopped no trial alone, else 0: the settings that are left after an
     * early stop are the better ones, and what the others would have come to is not known. For
     * numbers of settings that ascend from 1 to `count`. Those without a score count as the worst
     * that there is; `scoreless` are so many. */
    size_t expected_count, scoreless;
    struct expected_best_of *expected;
};

/* The observations are of one quantity (quantities.h). Without steps where the sweep is no search.
 * Lives in the arena. STATUS_MEMORY. */
enum status search_history_of(const struct observations *observations, struct arena *arena,
                              struct search_history *history, struct error *error);

/* The first step by which a share of the trials had run, over 0 to 1; of at least one step. */
const struct search_step *search_history_at(const struct search_history *history, double share);

#endif
