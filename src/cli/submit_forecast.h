/* What `submit --dry-run` tells of tasks before there are any. */
#ifndef SWEEP_CLI_SUBMIT_FORECAST_H
#define SWEEP_CLI_SUBMIT_FORECAST_H

#include "cli/sharding.h"

struct submit_forecast {
    struct sharding *sharding; /* with its plan */
    const size_t *lacks;       /* trials that each shard is to train, from 1 */
    size_t tasks;              /* shards that are to train any */
    size_t threads;            /* of a task */
    double checkpoint_seconds; /* from one checkpoint to the next */
};

/* Print what goes through the shared folder, and when the tasks end on 1 to 1000 nodes. Plans what
 * is to be trained, where that was not done. */
enum status submit_forecast_print(const struct submit_forecast *forecast, struct error *error);

#endif
