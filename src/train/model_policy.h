/* Of which trials to keep the weights, while they are trained.
 *
 * What is to be kept in the end is the best trial of the best setting (of each quantity that the
 * sweep's metric measures, see score.h), and which setting that is shows only once all its seeds
 * are trained. Until then the weights of the best single trials are kept, MODEL_POLICY_CANDIDATES
 * of each quantity. A trial that is among these in the end was so when it was asked for. Should the
 * one to be kept not be among them, it is trained once more. */
#ifndef SWEEP_TRAIN_MODEL_POLICY_H
#define SWEEP_TRAIN_MODEL_POLICY_H

#include "base/arena.h"
#include "search/space.h"
#include "train/cohort.h"

#define MODEL_POLICY_CANDIDATES 8

/* The best trials of one quantity so far, best first. */
struct candidates {
    size_t count;
    struct candidate {
        double score;
        size_t trial; /* of the space */
    } items[MODEL_POLICY_CANDIDATES];
};

struct model_policy {
    const struct config *config;
    const struct space *space;
    size_t quantity_count;
    size_t *quantities;            /* by setting of the space */
    struct candidates *candidates; /* by quantity */
};

/* A result's value of the sweep's metric; NaN when it is not completed. */
double model_policy_score(const struct config *config, const struct trial_result *result);

/* Lives in the arena. STATUS_MEMORY. */
enum status model_policy_init(struct model_policy *policy, const struct config *config,
                              const struct space *space, struct arena *arena, struct error *error);

/* Take a trial of the space that was trained earlier into account. */
void model_policy_know(struct model_policy *policy, size_t trial, double score);

/* Whether a completed trial's weights are wanted: always, never, or if it is a candidate so far. */
bool model_policy_wants(struct model_policy *policy, const struct trial_result *result);

#endif
