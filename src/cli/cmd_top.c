#include "cli/command.h"

#include "report/leaderboard.h"
#include "report/terminal.h"
#include "store/store.h"

#include <limits.h>
#include <stdio.h>

struct arguments {
    const char *path, *column;
    size_t rows;
    int64_t sweep;
};

static const struct argp_option options[] = {
    {"db", 'o', "FILE", 0, "The database (default: results/sweep.db)", 0},
    {"number", 'n', "N", 0, "Print the best N settings (default: 10; 0: all)", 0},
    {"by", 'b', "COLUMN", 0,
     "Order by COLUMN instead of the sweep's metric: a score such as test_loss, a metric that was "
     "recorded, train_seconds or parameters",
     0},
    {"sweep", 's', "ID", 0, "A sweep by its sweep_id (default: the one started last)", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state) {
    char safe[80];
    struct arguments *arguments = state->input;
    switch (key) {
    case 'o':
        arguments->path = argument;
        return 0;
    case 'n':
        arguments->rows = (size_t)command_number(state, argument, "--number", 0, INT_MAX);
        return 0;
    case 'b':
        arguments->column = argument;
        return 0;
    case 's':
        arguments->sweep = command_number(state, argument, "--sweep", 1, LONG_MAX);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is too much; a database is given with --db FILE",
                   terminal_safe(argument, safe, sizeof safe));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .doc = "Print a sweep's best settings: the mean over their seeds, its standard deviation and "
           "the number of seeds.",
};

static int run(int argc, char **argv) {
    struct arguments arguments = {.path = "results/sweep.db", .rows = 10};
    struct leaderboard board;
    struct store *store = NULL;
    struct arena arena;
    struct error error;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    arena_init(&arena);
    enum status status = store_open_read(arguments.path, &store, &error);
    if (status == STATUS_OK)
        status = store_leaderboard(store, arguments.sweep, arguments.column, arguments.rows, &arena,
                                   &board, &error);
    if (status == STATUS_OK)
        status = leaderboard_print(stdout, &board, &arena, &error);
    int code = status == STATUS_OK ? 0 : command_fail(&error);
    store_close(store);
    arena_release(&arena);
    return code;
}

const struct command command_top = {"top", "[OPTION...]", "print the best settings", options, run};
