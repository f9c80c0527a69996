/* Merging: the results of a sweep's shards (shard.h) put into a database. */
#ifndef SWEEP_STORE_MERGE_H
#define SWEEP_STORE_MERGE_H

#include "store/shard.h"
#include "store/store.h"

/* What decides the bits of a trial besides its digest: the processor, and the BLAS and its kernels.
 * Texts are "" where they are not known. */
struct arithmetic {
    const char *cpu, *openblas, *core;
    size_t trials; /* of the sweep, that have their result from it */
};

/* What merging files has come to. */
struct merge_report {
    size_t files, results;
    size_t taken;            /* results that are in the database now */
    size_t there;            /* that it had already */
    size_t differ;           /* from those in the database, which stay */
    size_t refused;          /* of another arithmetic */
    size_t foreign;          /* of other data than the sweep's */
    size_t unknown;          /* of no trial of the database, or not understood */
    size_t damaged, torn;    /* files */
    char damaged_path[4096]; /* the first of them, and so below */
    char torn_path[4096], differ_path[4096], refused_path[4096], foreign_path[4096];
    char unknown_path[4096], unknown_version[64];
};

/* Record a sweep and its trials, as store_begin_sweep does, without a command and without attempts:
 * these come with the results. Commits. */
enum status store_begin_merge(struct store *store, const struct sweep_request *request,
                              struct resume_summary *summary, struct error *error);

/* The arithmetics that gave the results of the sweep begun, the one of most trials first. They live
 * in the arena. */
enum status store_arithmetics(struct store *store, struct arena *arena,
                              struct arithmetic **arithmetics, size_t *count, struct error *error);

/* Take a file's results for the sweep begun, those of `only` if that is not NULL, and count on in
 * the report. A result that the database has is not written again. Commits. */
enum status store_merge_file(struct store *store, const struct sweep_request *request,
                             const char *path, const struct arithmetic *only,
                             struct merge_report *report, struct error *error);

/* The sweep begun, which is in parts, is complete. Commits. */
enum status store_finish_merge(struct store *store, struct error *error);

/* Note that the delivery's command has tried its trial, whose result is to be put next. */
void store_note_attempt(struct store *store, const struct delivery *delivery);

/* Whether a failure is one that the database does not have yet. */
bool store_wants_failure(struct store *store, const struct delivery *failure);

/* How many trials of the sweep begun have failed, and why one of them did. */
enum status store_failures(struct store *store, size_t *count, char *why, size_t size,
                           struct error *error);

/* Count a file's results by arithmetic. They live in the arena, an entry for each that is new. */
enum status merge_count(const char *path, struct arena *arena, struct arithmetic **arithmetics,
                        size_t *count, struct error *error);

#endif
