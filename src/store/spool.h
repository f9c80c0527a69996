/* The spool: results that the database could not take, in a file beside it, until the next run.
 *
 * The file starts with a line that names it, and has records (record.h) after that; the first
 * length of 0 ends the file, so that room can be reserved for records to come. What a crash leaves
 * of a last record does not have its digest, and is the file's end as well. A record is a result,
 * or the command that gave the results after it. */
#ifndef SWEEP_STORE_SPOOL_H
#define SWEEP_STORE_SPOOL_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/status.h"
#include "base/text.h"
#include "train/cohort.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* What a record has of a command: texts, "" for what is not known. */
enum {
    SPOOL_COMMAND_CONFIG = 2, /* the path of its config */
    SPOOL_COMMAND_HOST = 5,
    SPOOL_COMMAND_VERSION = 6,
    SPOOL_COMMAND_CPU = 7,
    SPOOL_COMMAND_OPENBLAS = 8,
    SPOOL_COMMAND_CORE = 9,
    SPOOL_COMMAND_DESCRIBED = 10, /* columns of the database that are texts: those up to here */
    SPOOL_COMMAND_PID = 10,
    SPOOL_COMMAND_STARTED_AT = 12,
    SPOOL_COMMAND_FINISHED_AT = 13,
    SPOOL_COMMAND_OUTCOME = 14,
    SPOOL_COMMAND_DATASET_DIGEST = 16,
    SPOOL_COMMAND_TEXTS = 17
};

/* A result with all it takes to store it apart from its sweep. */
struct delivery {
    const char *digest; /* of the trial */
    size_t metric_count;
    const struct metric *const *metrics;
    const struct trial_result *result;
    const char *const *command; /* its texts, or NULL: not known; spool_append leaves it out */
};

/* What a file begins with that has such records. */
void spool_append_title(struct text *records);

/* Append the delivery's record; records->failed tells when out of memory. */
void spool_append(struct text *records, const struct delivery *delivery);

/* Append the record of the command whose results follow; NULL: it is not known. */
void spool_append_command(struct text *records, const char *const *texts);

/* How many bytes the record of a result with `further` metrics takes at most, without the message
 * of a failed one. */
size_t spool_record_bytes(size_t epochs, size_t further);

struct spool;

/* Make the file, which is not to be there yet, and reserve room for `bytes` of records, so that a
 * disk that is full by then has room for them. STATUS_IO. */
enum status spool_open(const char *path, size_t bytes, struct spool **spool, struct error *error);

/* Write records; they survive a crash once this returns. */
enum status spool_write(struct spool *spool, const char *records, size_t bytes,
                        struct error *error);

/* Whether the file has a name still, and what that is now; valid until the next call. */
bool spool_is_there(const struct spool *spool);
const char *spool_place(struct spool *spool);

/* Removes the file when nothing was written to it. NULL is fine. */
void spool_close(struct spool *spool);

/* Read the file to memory in the arena; *count is 0, with STATUS_OK, when there is none or it holds
 * nothing. STATUS_INPUT when it is no spool, or may have been put beside `database` by somebody who
 * could not write that; STATUS_IO. */
enum status spool_read(const char *path, const struct stat *database, struct arena *arena,
                       const char **bytes, size_t *count, struct error *error);

/* The same of a file in a folder, of which any part may be damaged, its beginning too; for
 * spool_next_whole. */
enum status spool_read_damaged(const char *path, const struct stat *folder, struct arena *arena,
                               const char **bytes, size_t *count, struct error *error);

/* Remove the file, for good. */
enum status spool_remove(const char *path, struct error *error);

/* The names of spools: 0 is `path`, the others are of those that could not be taken up in whole, as
 * far as there are any. The caller frees it; NULL when memory is out. */
#define SPOOL_NAMES 100
char *spool_name(const char *path, int number);

/* Give it the first of the other names that nothing has yet; the caller frees it. */
enum status spool_rename(const char *path, char **renamed, struct error *error);

enum spool_content {
    SPOOL_RECORD,
    SPOOL_STRANGE, /* whole, but not understood: written by another version */
    SPOOL_TORN,    /* the rest is not whole */
    SPOOL_END,
};

/* Read the next result from *at on, which starts at 0, from what spool_read gave, and move *at past
 * it. The delivery is zero before the first one; it lives in the arena. */
enum spool_content spool_next(const char *bytes, size_t count, size_t *at, struct arena *arena,
                              struct delivery *delivery);

/* The same, past what is damaged where whole records follow, which sets *damaged. SPOOL_TORN:
 * none does. */
enum spool_content spool_next_whole(const char *bytes, size_t count, size_t *at,
                                    struct arena *arena, struct delivery *delivery, bool *damaged);

#endif
