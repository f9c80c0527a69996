#include "cli/command.h"
#include "cli/query.h"

#include "analysis/leaderboard.h"
#include "analysis/pareto.h"
#include "report/leaderboard_print.h"
#include "report/terminal.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

struct arguments {
    struct query query;
    const char *column;
    long rows; /* 0: all; -1: not given */
    bool single, pareto;
};

static const struct option options[] = {
    {.name = "by",
     .letter = 'b',
     .argument = "COLUMN",
     .help = "Order by COLUMN instead of the sweep's metric: a score such as test_loss, a metric "
             "that was recorded, train_seconds or parameters",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, column)},
    OPTION_CSV(struct arguments, query.form),
    OPTION_DB(struct arguments, query.path),
    OPTION_JSON(struct arguments, query.form),
    {.name = "number",
     .letter = 'n',
     .argument = "N",
     .help = "Print the best N rows (0: all; default: 10 in the table, all with --csv and --json)",
     .kind = OPTION_NUMBER,
     .target = offsetof(struct arguments, rows),
     .maximum = INT_MAX},
    {.name = "pareto",
     .letter = 'p',
     .help =
         "Of a sweep of several metrics, print the Pareto set alone: the settings that no other "
         "one dominates, ordered by the first metric",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, pareto)},
    OPTION_SWEEP(struct arguments, query.sweep_name),
    {.name = "trials",
     .letter = 't',
     .help = "Rank single trials instead of settings over their seeds",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, single)},
    OPTION_WHERE(struct arguments, query.conditions),
    {0},
};

static enum status print(const struct arguments *arguments, const struct leaderboard *board,
                         struct arena *arena, struct error *error) {
    switch (arguments->query.form) {
    case FORM_JSON:
        return leaderboard_print_json(stdout, board, error);
    case FORM_CSV:
        leaderboard_print_csv(stdout, board);
        return STATUS_OK;
    case FORM_TABLE:
        break;
    }
    return leaderboard_print(stdout, board, arena, error);
}

/* The set where there is one to show; what is asked for in vain is said. */
static enum status add_pareto(const struct arguments *arguments, const struct filter *filter,
                              struct store *store, size_t rows, struct arena *arena,
                              struct pareto *pareto, struct leaderboard *board,
                              struct error *error) {
    if (arguments->pareto && board->observations->objective_count < 2)
        return error_set(
            error, STATUS_USAGE,
            "the sweep has one metric, %s: a Pareto set is of several (metric: [{name: "
            "val_accuracy}, {name: parameters}])",
            board->observations->column);
    if (arguments->single)
        return STATUS_OK;
    const enum status status =
        pareto_read(store, board->observations, filter, arena, pareto, error);
    if (status == STATUS_OK)
        pareto_attach(pareto, arguments->pareto, rows, board);
    return status;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.rows = -1};
    struct filter filter;
    struct observations observations;
    struct leaderboard board;
    struct pareto pareto;
    struct store *store = NULL;
    struct arena arena;
    struct error error;
    query_init(&arguments.query);
    command_parse(&command_top, argc, argv, &arguments);
    if (arguments.single && arguments.pareto)
        command_misused(&command_top, "--pareto is of settings, --trials ranks single trials");
    /* A table is for eyes, the rest for programs, which would not see that anything is missing. */
    const size_t standard = arguments.query.form == FORM_TABLE ? 10 : 0;
    const size_t rows = arguments.rows >= 0 ? (size_t)arguments.rows : standard;
    arena_init(&arena);
    enum status status = query_open(&arguments.query, &arena, &filter, &store, &error);
    if (status == STATUS_OK)
        status = store_read_begin(store, &error);
    if (status == STATUS_OK)
        status = query_read(&arguments.query, arguments.column, &filter, store, &arena,
                            &observations, &error);
    if (status == STATUS_OK)
        status = leaderboard_of(&observations, arguments.single, arguments.pareto ? 0 : rows,
                                &arena, &board, &error);
    if (status == STATUS_OK)
        status = add_pareto(&arguments, &filter, store, rows, &arena, &pareto, &board, &error);
    if (status == STATUS_OK)
        status = print(&arguments, &board, &arena, &error);
    int code = status == STATUS_OK ? 0 : command_fail(&error);
    store_close(store);
    arena_release(&arena);
    return code;
}

const struct command command_top = {
    .name = "top",
    .help = "print the best settings",
    .description =
        "Print a sweep's best settings: the mean over their seeds, its standard deviation and the "
        "number of seeds.",
    .options = options,
    .run = run,
};
