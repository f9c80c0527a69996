#include "cli/command.h"
#include "cli/interruption.h"
#include "cli/merging.h"
#include "report/console.h"

struct arguments {
    struct merging_request request;
};

static const struct option options[] = {
    MERGING_OPTIONS(struct arguments, request),
    {0},
};

static int run(int argc, char **argv) {
    struct arguments arguments = {.request = {.database = DATABASE_PATH}};
    struct merging_outcome outcome;
    struct error error;
    command_parse(&command_merge, argc, argv, &arguments);
    interruption_shield();
    if (merging_run(&arguments.request, &outcome, &error) != STATUS_OK)
        return command_fail(&error);
    if (outcome.refused > 0)
        return STATUS_INPUT;
    return outcome.trained < outcome.trials ? 1 : 0;
}

const struct command command_merge = {
    .name = "merge",
    .help = "put what shards trained into a database",
    .description =
        "Put the results that `sweep run --shard` left in each DIR into the database, and say what "
        "is missing and what trains it. A result that is there already is not written again: merge "
        "as often as you like, also while tasks still train.",
    .notes =
        "The database has to be on a local disk, the folders may be anywhere; the data set is "
        "not needed. A sweep that was merged is one like any other: `sweep top`, `compare` and "
        "the rest read it, and `sweep run` with its config goes on with it.\n\n"
        "Exit status: 0 all trials are there, or a search is over, 1 some are missing or failed, 2 "
        "wrong usage, 65 "
        "results were refused, or the database or a folder is none, 74 input/output error, 75 "
        "the database is in use.",
    .options = options,
    .run = run,
};
