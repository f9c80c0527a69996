/* The spool: results that the database could not take, in a file beside it, until the next run.
 *
 * The file starts with a line that names it. A record is the length of its content (8 bytes, little
 * endian), the content's SHA-256 (64 hexadecimal digits) and the content; the first length of 0
 * ends the file, so that room can be reserved for records to come. What a crash leaves of a last
 * record does not have its digest, and is the file's end as well. */
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

/* A result with all it takes to store it apart from its sweep. */
struct delivery {
    const char *digest; /* of the trial */
    size_t metric_count;
    const struct metric *const *metrics;
    const struct trial_result *result;
};

/* Append the delivery's record; records->failed tells when out of memory. */
void spool_append(struct text *records, const struct delivery *delivery);

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

/* Remove the file, for good. */
enum status spool_remove(const char *path, struct error *error);

/* Give it a name in the place of that, which starts with `path` and SPOOL_LEFT, and which nothing
 * has yet; the caller frees it. */
#define SPOOL_LEFT ".left"
enum status spool_rename(const char *path, char **renamed, struct error *error);

enum spool_content {
    SPOOL_RECORD,
    SPOOL_STRANGE, /* whole, but not understood: written by another version */
    SPOOL_TORN,    /* the rest is not whole */
    SPOOL_END,
};

/* Read the record at *at, which starts at 0, from what spool_read gave, and move *at past it. The
 * delivery lives in the arena. */
enum spool_content spool_next(const char *bytes, size_t count, size_t *at, struct arena *arena,
                              struct delivery *delivery);

#endif
