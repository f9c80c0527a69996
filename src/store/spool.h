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

/* Make the file and reserve room for `bytes` of records, so that a disk that is full by then has
 * room for them. Overwrites what is there. STATUS_IO. */
enum status spool_open(const char *path, size_t bytes, struct spool **spool, struct error *error);

/* Write records; they survive a crash once this returns. */
enum status spool_write(struct spool *spool, const char *records, size_t bytes,
                        struct error *error);

/* Removes the file when nothing was written to it. NULL is fine. */
void spool_close(struct spool *spool);

/* Read the file to memory in the arena; *count is 0, with STATUS_OK, when there is none or it holds
 * nothing. STATUS_INPUT when it is no spool, STATUS_IO. */
enum status spool_read(const char *path, struct arena *arena, const char **bytes, size_t *count,
                       struct error *error);

/* Remove the file, for good. */
enum status spool_remove(const char *path, struct error *error);

/* Put `ending` at the end of its name. */
enum status spool_rename(const char *path, const char *ending, struct error *error);

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
