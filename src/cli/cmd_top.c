#include "cli/command.h"
#include "cli/query.h"

#include "analysis/leaderboard.h"
#include "report/leaderboard_print.h"
#include "report/terminal.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

struct arguments {
    struct query query;
    const char *column;
    size_t rows; /* 0: all */
    bool rows_given, single;
};

static const struct argp_option options[] = {
    {"number", 'n', "N", 0,
     "Print the best N rows (0: all; default: 10 in the table, all with --csv and --json)", 0},
    {"by", 'b', "COLUMN", 0,
     "Order by COLUMN instead of the sweep's metric: a score such as test_loss, a metric that was "
     "recorded, train_seconds or parameters",
     0},
    {"trials", 't', NULL, 0, "Rank single trials instead of settings over their seeds", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state) {
    char safe[80];
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->query;
        return 0;
    case 'n':
        arguments->rows = (size_t)command_number(state, argument, "--number", 0, INT_MAX);
        arguments->rows_given = true;
        return 0;
    case 'b':
        arguments->column = argument;
        return 0;
    case 't':
        arguments->single = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is too much; a database is given with --db FILE",
                   terminal_safe(argument, safe, sizeof safe));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&query_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .doc = "Print a sweep's best settings: the mean over their seeds, its standard deviation and "
           "the number of seeds.",
    .children = children,
};

static enum status print(const struct arguments *arguments, const struct leaderboard *board,
                         struct arena *arena, struct error *error) {
    switch (arguments->query.form) {
    case QUERY_JSON:
        return leaderboard_print_json(stdout, board, error);
    case QUERY_CSV:
        leaderboard_print_csv(stdout, board);
        return STATUS_OK;
    case QUERY_TABLE:
        break;
    }
    return leaderboard_print(stdout, board, arena, error);
}

static int run(int argc, char **argv) {
    struct arguments arguments = {0};
    struct filter filter;
    struct observations observations;
    struct leaderboard board;
    struct store *store = NULL;
    struct arena arena;
    struct error error;
    query_init(&arguments.query);
    command_parse(&argp, argc, argv, &arguments);
    /* A table is for eyes, the rest for programs, which would not see that anything is missing. */
    if (!arguments.rows_given && arguments.query.form == QUERY_TABLE)
        arguments.rows = 10;
    arena_init(&arena);
    enum status status = query_open(&arguments.query, &arena, &filter, &store, &error);
    const struct selection selection = {arguments.query.sweep, arguments.column, &filter};
    if (status == STATUS_OK)
        status = store_observations(store, &selection, &arena, &observations, &error);
    if (status == STATUS_OK)
        status =
            leaderboard_of(&observations, arguments.single, arguments.rows, &arena, &board, &error);
    if (status == STATUS_OK)
        status = print(&arguments, &board, &arena, &error);
    int code = status == STATUS_OK ? 0 : command_fail(&error);
    store_close(store);
    arena_release(&arena);
    return code;
}

const struct command command_top = {"top", "[OPTION...]", "print the best settings", &argp, run};
