/* What `merge` and `watch` do alike: take the shards of folders into a database, and say what is
 * there and what is missing. */
#ifndef SWEEP_CLI_MERGING_H
#define SWEEP_CLI_MERGING_H

#include "base/status.h"
#include "cli/option.h"

#include <stddef.h>

/* The rows of both; FIELD is a struct merging_request in TYPE. */
#define MERGING_OPTIONS(TYPE, FIELD)                                                               \
    OPTION_DB(TYPE, FIELD.database), OPTION_PLUGIN(TYPE, FIELD.plugins),                           \
        {.name = "same-arithmetic",                                                                \
         .help = "Refuse results that another kind of processor gave than most of those that are " \
                 "there",                                                                          \
         .kind = OPTION_FLAG,                                                                      \
         .target = offsetof(TYPE, FIELD.same_arithmetic)},                                         \
    {                                                                                              \
        .argument = "DIR", .kind = OPTION_LIST, .target = offsetof(TYPE, FIELD.folders),           \
        .required = true                                                                           \
    }

struct merging_request {
    const char *database;
    struct option_list folders, plugins;
    bool same_arithmetic;
    bool brief; /* say only what went wrong */
};

/* What there is of all sweeps in the folders. */
struct merging_outcome {
    size_t trials, trained, taken; /* taken: now */
    size_t refused;                /* results that were not taken, for one reason or another */
};

enum status merging_run(const struct merging_request *request, struct merging_outcome *outcome,
                        struct error *error);

#endif
