/* The models that a sweep keeps, beside its results. */
#ifndef SWEEP_STORE_MODELS_H
#define SWEEP_STORE_MODELS_H

#include "store/shard_models.h"
#include "store/store.h"
#include "train/model_policy.h"

/* Tell the policy of the best of the begun sweep's trials that are not to be trained. */
enum status store_best_trained(struct store *store, struct model_policy *policy,
                               struct error *error);

/* Which of the models that the begun sweep is to keep are not there, or damaged: an earlier
 * version, another sweep or another machine trained the trial, or it was no candidate when it
 * ended. lacking[i] tells for each of the space's trials; they are *count. `settled`: all that is
 * to be trained has been; from here on the sweep keeps no candidates. */
enum status store_lacking_models(struct store *store, const struct space *space, bool settled,
                                 bool *lacking, size_t *count, struct error *error);

/* Keep a shard's model if it is one of these, of the result that the trial has; it is not lacking
 * any more then. */
enum status store_take_model(struct store *store, const struct shard_model *model, bool *lacking,
                             struct error *error);

/* Keep the model of a trial that has its result already and was trained once more for it; *same is
 * false, and nothing is written, when the two results differ. */
enum status store_put_model(struct store *store, const struct space *space,
                            const struct trial_result *result, bool *same, struct error *error);

#endif
