/* Of which trials to keep the weights, while they are trained.
 *
 * Trials compete for the first place in the order that a ranking of single trials has: the better
 * score by the sweep's metric, then the lower digest of the setting, then the lower seed. Whoever
 * is first in the end was first when it was asked for, so that the choice does not depend on the
 * order in which trials end. */
#ifndef SWEEP_SWEEP_KEEPING_H
#define SWEEP_SWEEP_KEEPING_H

#include "sweep/cohort.h"
#include "sweep/space.h"

struct keeping {
    const struct config *config;
    const struct space *space;
    bool any;           /* whether there is a first */
    double first_score; /* its score, and which it is */
    size_t first;
};

/* A result's value of the sweep's metric; NaN when it is not completed. */
double keeping_score(const struct config *config, const struct trial_result *result);

void keeping_init(struct keeping *keeping, const struct config *config, const struct space *space);

/* Take a trial of the space that was trained earlier into account. */
void keeping_know(struct keeping *keeping, size_t trial, double score);

/* Whether a completed trial's weights are wanted: always, never, or if it is first so far. */
bool keeping_wants(struct keeping *keeping, const struct trial_result *result);

#endif
