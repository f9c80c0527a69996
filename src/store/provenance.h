/* Who trained what, where and with what: the commands that worked on a sweep. */
#ifndef SWEEP_STORE_PROVENANCE_H
#define SWEEP_STORE_PROVENANCE_H

#include "base/arena.h"
#include "base/status.h"
#include "store/spool.h"
#include "store/store.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

/* A `sweep run`. A text is "", a number 0, where an older version did not record it. */
struct command_record {
    int64_t id, pid, jobs;
    const char *arguments;                    /* the command line, as a shell reads it */
    const char *folder;                       /* in which it was run */
    const char *config_path, *dataset_source; /* as they were given, and found */
    const char *user, *host;
    const char *version, *cpu, *openblas_config, *openblas_core;
    const char *started_at, *finished_at; /* UTC */
    const char *outcome;                  /* running, finished, interrupted or lost */
    size_t trials;                        /* of the sweep, that have their result from it */
};

struct provenance {
    size_t count;
    struct command_record *commands; /* in the order in which they were begun */
};

/* The commands that worked on a sweep or, on another one, gave one of its trials its result. Lives
 * in the arena. */
enum status store_provenance(struct store *store, int64_t sweep, struct arena *arena,
                             struct provenance *provenance, struct error *error);

/* What this process is, as a spool's record of a command has it; `texts` point into it and into the
 * request. */
struct command_description {
    char folder[PATH_MAX], user[256], host[256], cpu[256], pid[24], jobs[24];
    char started[40], finished[40];
    const char *texts[SPOOL_COMMAND_TEXTS];
};
void command_describe(struct command_description *command, const struct sweep_request *request);
/* It has trained all that it was to train. */
void command_end(struct command_description *command);

#endif
