/* A task's shard of a sweep: results in a file of its own, in a folder that many machines share.
 *
 * "CONFIG-I-of-N.K.shard" is what the K-th process that trained shard I of N has given: a spool
 * (spool.h), which begins with the record of its command and ends with it once more when all is
 * trained. "CONFIG-I-of-N.K.models" has weights of them (shard_models.h). Nobody but the process
 * that made a file writes it. */
#ifndef SWEEP_STORE_SHARD_H
#define SWEEP_STORE_SHARD_H

#include "store/provenance.h"
#include "store/spool.h"
#include "train/model.h"

/* The endings of the files' names. */
#define SHARD_RESULTS ".shard"
#define SHARD_MODELS ".models"

/* Weights of more parameters are not kept: files have a largest size. */
#define SHARD_MODEL_PARAMETERS_MAX ((size_t)40 << 20)

struct shard_id {
    const char *folder, *config_digest;
    size_t number, count; /* I of N */
};

struct shard;

/* Take the shard, until shard_close. STATUS_BUSY where another process has it, with who that is.
 * *unlocked: that can't be told on this file system, and two may train the same, to the same
 * results. STATUS_IO. `id` must outlive it. */
enum status shard_open(const struct shard_id *id, struct shard **shard, bool *unlocked,
                       struct error *error);

/* Make its file, with room for `bytes` of results, which are those of the command. STATUS_IO. */
enum status shard_begin(struct shard *shard, const struct command_description *command,
                        size_t bytes, struct error *error);

/* Take a result, which is safe after the next shard_commit: that returns once it is on the disk.
 * STATUS_IO: it is kept in memory, and the next one tries again. */
void shard_put(struct shard *shard, const struct delivery *delivery);
enum status shard_commit(struct shard *shard, struct error *error);

/* Take the weights of a result, which are to be put before that; of classes' names and the like the
 * shape tells. They are on the disk before it is. */
void shard_put_model(struct shard *shard, const char *digest, const struct trial_result *result,
                     const struct model_shape *shape);

/* Note that all is trained, with how the command looks now. */
enum status shard_finish(struct shard *shard, const struct command_description *command,
                         struct error *error);

const char *shard_path(const struct shard *shard); /* of its results */

/* Bytes of results that are not written yet. NULL is fine. */
size_t shard_pending(const struct shard *shard);

/* NULL is fine. */
void shard_close(struct shard *shard);

/* Who trains the shard now: false where nobody does, as far as the file system can tell. */
bool shard_is_taken(const struct shard_id *id, char *holder, size_t size);

/* Lock a file in the folder, which is made, until shard_unlock. STATUS_BUSY where another process
 * has it, with who that is, or wait for that one. On a file system without locks it is had at once.
 * STATUS_IO. */
enum status shard_lock(const char *path, bool waits, int *lock, char *holder, size_t size,
                       struct error *error);
void shard_unlock(const char *path, int lock); /* -1 is fine */

/* What its checkpoints are kept beside: a path for checkpoints_open. The caller frees it; NULL when
 * memory is out. */
char *shard_checkpoints(const struct shard_id *id);

/* The same for a search, of whose checkpoints any shard goes on with any. */
char *shard_search_checkpoints(const struct shard_id *id);

/* Into how many shards the config was cut by tasks that left checkpoints, of which those of id's
 * number make no use; 0: there are none. */
size_t shard_other_checkpoints(const struct shard_id *id);

/* --- what is there --- */

struct shard_file {
    size_t number, count, process; /* I, N and K */
    const char *path;
};

/* The files of a config in a folder that have the ending, in the order of their numbers; *files
 * lives in the arena. STATUS_IO, STATUS_MEMORY. */
enum status shard_list(const char *folder, const char *config_digest, const char *ending,
                       struct arena *arena, struct shard_file **files, size_t *count,
                       struct error *error);

/* The records of a file in the arena, of which any part may be damaged. STATUS_IO, STATUS_MEMORY,
 * STATUS_INPUT. */
enum status shard_load(const char *path, struct arena *arena, const char **bytes, size_t *count,
                       struct error *error);

/* What a file turned out to be. */
struct shard_contents {
    size_t results;
    size_t strange;             /* records that this version does not understand */
    bool damaged;               /* in its middle: whole records follow */
    bool torn;                  /* its end is not whole, or just being written */
    const char *const *command; /* the last one's texts; NULL: not known */
};

/* Read a file's results, all that are whole, and give each to `take`, which may stop it by an
 * error. They live in the arena. STATUS_IO, STATUS_MEMORY, STATUS_INPUT. */
typedef enum status shard_take(void *context, const struct delivery *delivery, struct error *error);
enum status shard_read(const char *path, struct arena *arena, shard_take *take, void *context,
                       struct shard_contents *contents, struct error *error);

#endif
