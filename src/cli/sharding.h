/* What `run --shard` and `submit` do alike: which trials are in which shard, and what is trained.
 */
#ifndef SWEEP_CLI_SHARDING_H
#define SWEEP_CLI_SHARDING_H

#include "base/intern.h"
#include "cli/preparation.h"
#include "cli/shard_search.h"
#include "store/shard.h"
#include "store/shard_plan.h"
#include "train/model_policy.h"
#include "train/plan.h"

struct sharding {
    struct preparation *preparation;
    struct shard_id id;                        /* number 0: all shards */
    const struct command_description *command; /* ours, for same_arithmetic */
    struct model_policy *policy; /* is told of what is trained already; NULL: there is none */
    bool same_arithmetic;        /* results of another kind of processor don't count */
    struct intern digests;       /* of the trials, by their numbers */
    bool *trained;               /* of each trial; in the preparation's arena, as what follows */
    bool *wanted;                /* for whoever plans */
    unsigned *failures;
    size_t other;                /* results of another arithmetic */
    struct shard_search *search; /* whose step it is; NULL: a grid */
    struct shard_plan shards;
    struct plan whole; /* of what was not trained, made for sizing tasks or packing them; no slices:
                          there was no need */
};

/* For a sharding whose first five fields are set, and `search`, whose step was found.
 * sharding_end is to be called also after an error. */
enum status sharding_begin(struct sharding *sharding, struct error *error);
void sharding_end(struct sharding *sharding);

/* The epochs after which trials pause; 0: none. */
size_t sharding_limit(const struct sharding *sharding);

/* Whether the folder of the results is there yet. */
bool sharding_folder_is_there(const struct sharding *sharding);

/* See what the folder has: all, but for other shards of the same plan, which have none of a
 * shard's trials. */
enum status sharding_look(struct sharding *sharding, struct error *error);

/* Plan what is not trained, for so many threads: `whole`. */
enum status sharding_plan_untrained(struct sharding *sharding, size_t jobs, struct error *error);

/* Say which checkpoints are not gone on from, since they are of another number of shards. */
void sharding_tell_others(const struct sharding *sharding);

/* Read the plan of id.count shards, or make it of what is not trained, and write it. */
enum status sharding_plan(struct sharding *sharding, bool write, struct error *error);

#endif
