/* The weights that tasks of a sweep keep: "CONFIG-I-of-N.K.models" in the folder of their shards, a
 * spool (spool.h) with records of its own. Which of them the sweep keeps shows when the shards are
 * merged. */
#ifndef SWEEP_STORE_SHARD_MODELS_H
#define SWEEP_STORE_SHARD_MODELS_H

#include "train/model.h"

#include "store/spool.h"

struct shard_model {
    const char *digest; /* of its trial */
    /* As far as it tells whether the weights are those of another result: parameters, the tests'
     * scores, and the last epoch's loss as the only one's of the history. */
    struct trial_result result;
    const char *bytes; /* as model_append has it */
    size_t count;
};

/* Append the record of a trial's weights, which its result has; records->failed tells when out of
 * memory. */
void shard_models_append(struct text *records, const char *digest,
                         const struct trial_result *result, const struct model_shape *shape);

/* The bytes of such a record, classes' names aside. */
size_t shard_models_record_bytes(size_t parameters);

/* Read a file's models, all that are whole, and give each to `take`, which may stop it by an error.
 * They live in the arena. STATUS_IO, STATUS_MEMORY, STATUS_INPUT. */
typedef enum status shard_models_take(void *context, const struct shard_model *model,
                                      struct error *error);
enum status shard_models_read(const char *path, struct arena *arena, shard_models_take *take,
                              void *context, struct error *error);

#endif
