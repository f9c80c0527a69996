/* Of which trials to keep the weights, while they are trained.
 *
 * Trials compete for the first place in the order that a ranking of single trials has: the better
 * score by the sweep's metric, then the lower digest of the setting, then the lower seed. Whoever
 * is first in the end was first when it was asked for, so that the choice does not depend on the
 * order in which trials end. */
#ifndef SWEEP_TRAIN_MODEL_POLICY_H
#define SWEEP_TRAIN_MODEL_POLICY_H

#include "search/space.h"
#include "train/cohort.h"

struct model_policy {
    const struct config *config;
    const struct space *space;
    bool any;           /* whether there is a first */
    double first_score; /* its score, and which it is */
    size_t first;
};

/* A result's value of the sweep's metric; NaN when it is not completed. */
double model_policy_score(const struct config *config, const struct trial_result *result);

void model_policy_init(struct model_policy *policy, const struct config *config,
                       const struct space *space);

/* Take a trial of the space that was trained earlier into account. */
void model_policy_know(struct model_policy *policy, size_t trial, double score);

/* Whether a completed trial's weights are wanted: always, never, or if it is first so far. */
bool model_policy_wants(struct model_policy *policy, const struct trial_result *result);

#endif
