/* The models that a sweep keeps, beside its results. */
#ifndef SWEEP_STORE_MODELS_H
#define SWEEP_STORE_MODELS_H

#include "store/store.h"

/* Of the begun sweep's trials that are not to be trained, the best completed one: its position in
 * the space and its score. *any is false when there is none. */
enum status store_best_trained(struct store *store, size_t *trial, double *score, bool *any,
                               struct error *error);

/* The begun sweep's trials whose models are to be kept, but are not there or damaged: an earlier
 * version, or another sweep, trained them. lacking[i] tells for each of the space's trials; they
 * are *count. */
enum status store_lacking_models(struct store *store, const struct space *space, bool *lacking,
                                 size_t *count, struct error *error);

/* Keep the model of a trial that has its result already and was trained once more for it; *same is
 * false, and nothing is written, when the two results differ. */
enum status store_put_model(struct store *store, const struct space *space,
                            const struct trial_result *result, bool *same, struct error *error);

#endif
