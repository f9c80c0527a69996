/* The models that a sweep keeps, beside its results. */
#ifndef SWEEP_STORE_MODELS_H
#define SWEEP_STORE_MODELS_H

#include "store/store.h"
#include "train/model_policy.h"

/* Tell the policy of the best of the begun sweep's trials that are not to be trained. */
enum status store_best_trained(struct store *store, struct model_policy *policy,
                               struct error *error);

/* All that is to be trained has been. From here on the begun sweep keeps the models that it is to
 * keep, and no candidates. Those that are not there or damaged: an earlier version or another sweep
 * trained the trial, or it was no candidate when it ended. lacking[i] tells for each of the space's
 * trials; they are *count. */
enum status store_lacking_models(struct store *store, const struct space *space, bool *lacking,
                                 size_t *count, struct error *error);

/* Keep the model of a trial that has its result already and was trained once more for it; *same is
 * false, and nothing is written, when the two results differ. */
enum status store_put_model(struct store *store, const struct space *space,
                            const struct trial_result *result, bool *same, struct error *error);

#endif
