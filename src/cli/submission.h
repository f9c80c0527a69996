/* What `submit` hands over to Slurm. */
#ifndef SWEEP_CLI_SUBMISSION_H
#define SWEEP_CLI_SUBMISSION_H

#include "cli/sharding.h"

struct arguments {
    struct preparation preparation;
    struct option_list sbatch;
    const char *folder, *partition;
    long tasks, minutes, limit, jobs; /* 0: not given */
    long checkpoint_seconds;          /* from one to the next; -1: not given */
    long beyond;                      /* the step after which to submit; 0: any */
    bool dry;
};

/* What is to be submitted. */
struct submission {
    const struct arguments *arguments;
    struct sharding sharding;
    struct shard_search search; /* of a config whose trials come step by step */
    size_t *lacks;              /* trials that each shard lacks, from 1 */
    size_t trained, waiting;    /* trials; shards that lack some, and no task trains */
    size_t working;             /* shards that lack some, and a task trains */
    double work, longest;       /* predicted of these, in seconds of a task */
    long limit;                 /* minutes */
    char *script;               /* its path */
    char *lock_path;            /* of a file that one `submit` at a time has locked: */
    int lock;                   /* it; -1: not yet */
    size_t largest;             /* number of an array's task */
    size_t queued;              /* tasks that wait for their turn, or start */
    struct text jobs;           /* the arrays that the merging job waits for: ":1:2" */
};

/* Append the program with one of its commands, the config and all that was said of it. */
void submission_append_command(const struct submission *submission, const char *command,
                               struct text *text);

/* Write a script to its path. */
enum status submission_write(const char *path, const struct text *script, struct error *error);

/* Give a script to sbatch, with `options` (ends with NULL) and those of the user; prints nothing.
 * The job's number is put into `job`. */
enum status submission_send(const struct submission *submission, const char *script,
                            const char *const *options, struct text *job, struct error *error);

/* The name in Slurm's queue of the array whose first shard `before` others precede. */
const char *submission_name(const struct submission *submission, size_t before);

/* Leave out what waits in the queue already, of this submission or an earlier one. */
enum status submission_leave_out_queued(struct submission *submission, struct error *error);

/* Submit the job that merges once all tasks have ended, and submits a search's next step, unless it
 * is in the queue and there is nothing else to wait for. */
enum status submission_merge(const struct submission *submission, struct error *error);

#endif
