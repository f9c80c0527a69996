/* `sweep run --shard`: a task's part of a sweep, into files that `sweep merge` takes. */
#ifndef SWEEP_CLI_RUN_SHARD_H
#define SWEEP_CLI_RUN_SHARD_H

#include "cli/run_status.h"

struct shard_request {
    const char *folder;   /* of the results, which all tasks share; NULL: not given */
    size_t number, count; /* I of N; 0: no shard */
    bool same_arithmetic; /* results of another kind of processor don't count */
    bool retry_failed;
    double checkpoint_seconds;
};

/* Train the shard of what was prepared. STATUS_BUSY where another task trains it. A fault that ends
 * it in the midst is in run->fault, as after run_campaign. */
enum status run_shard(struct run_status *run, const struct shard_request *request,
                      struct error *error);

#endif
