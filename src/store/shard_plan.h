/* The plan of a sweep that is trained in shards: which trial is in which, and all that it takes to
 * put their results into a database without the data set.
 *
 * A file in the shards' folder, "CONFIG-N.plan" after the first digits of the config's digest and
 * the number of shards, or "CONFIG-N-step-K.plan" of a search's step, whose trials are all that the
 * search has begun by then; those that need no training in that step may be in any shard. Whoever
 * finds none makes it; it is never changed, so that all tasks go by the same one, however fast each
 * of their machines is. It is a line that names it and a record (record.h). */
#ifndef SWEEP_STORE_SHARD_PLAN_H
#define SWEEP_STORE_SHARD_PLAN_H

#include "base/arena.h"
#include "base/status.h"
#include "data/dataset.h"
#include "search/config.h"
#include "search/space.h"

#include <stdint.h>

#define SHARDS_MAX 10000

/* Digits of the config's digest in the names of files. */
#define SHARD_DIGITS 12

struct shard_plan {
    const char *config_path, *config_text, *settings; /* as config_parse takes them */
    const char *warnings;                             /* about the data, a line each */
    struct dataset dataset; /* without examples: what a space is made with, and names */
    struct digest trials;   /* of all trials' digests, in their order */
    size_t count;           /* shards */
    double *seconds;        /* of each, predicted on one thread of the machine that made the plan */
    size_t trial_count;
    uint32_t *shards; /* of each trial, from 1 */
};

/* The digest of a space's trials' digests. */
struct digest shard_plan_trials(const struct space *space);

/* Fill in what a config, its space and its data are; `shards` and `seconds` are left. */
void shard_plan_describe(struct shard_plan *plan, const struct config *config,
                         const struct space *space, const struct dataset *dataset,
                         const char *warnings);

/* The name of the file in its folder; the caller frees it. NULL when memory is out. */
char *shard_plan_path(const char *folder, const char *config_digest, size_t count, size_t step);

/* The files in a folder, config by config, the newest of each first. They live in the arena.
 * STATUS_IO, STATUS_MEMORY. */
struct shard_plan_file {
    const char *path;
    char config[SHARD_DIGITS + 1]; /* the first digits of its digest */
    size_t step;                   /* of a search; 0: it is of a grid */
    int64_t changed;               /* as the file system dates it, in nanoseconds */
};
enum status shard_plan_list(const char *folder, struct arena *arena, struct shard_plan_file **files,
                            size_t *count, struct error *error);

/* Put a plan into its place, unless there is one, which then stays. STATUS_IO. */
enum status shard_plan_write(const char *path, const struct shard_plan *plan, struct error *error);

/* The bytes of its file; 0 when memory is out. */
size_t shard_plan_bytes(const struct shard_plan *plan);

/* Read one. *found is false, with STATUS_OK, where there is none; STATUS_INPUT for one that is
 * damaged or not understood. Lives in the arena. */
enum status shard_plan_read(const char *path, struct arena *arena, struct shard_plan *plan,
                            bool *found, struct error *error);

/* Whether this program's trials of the plan's config on a data set are the plan's. STATUS_INPUT
 * tells why they are not. */
enum status shard_plan_check(const char *path, const struct shard_plan *plan,
                             const struct space *space, const struct dataset *dataset,
                             struct error *error);

#endif
