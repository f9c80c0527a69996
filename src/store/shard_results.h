/* What the shards of a search have given: of each trial the result, or how far it has come. */
#ifndef SWEEP_STORE_SHARD_RESULTS_H
#define SWEEP_STORE_SHARD_RESULTS_H

#include "base/intern.h"
#include "store/shard.h"

struct shard_results {
    const struct config *config;
    struct arena arena;
    struct intern digests;
    struct shard_result *items; /* by the digest's number */
    size_t capacity;
    size_t damaged;           /* files */
    const char *damaged_path; /* the first of them */
};

/* Of a trial. The delivery's digest is NULL where it has nothing but failed. Its outcome is
 * TRIAL_PAUSED as long as it is not at its end. */
struct shard_result {
    struct delivery delivery;
    const struct delivery *failure; /* NULL: it did not fail */
};

/* Read the files of the config in a folder; shard_results_release also after an error. */
enum status shard_results_read(const char *folder, const struct config *config,
                               struct shard_results *results, struct error *error);
void shard_results_release(struct shard_results *results);

/* What there is of a trial; NULL: nothing. */
const struct shard_result *shard_results_find(struct shard_results *results, const char *digest);

#endif
