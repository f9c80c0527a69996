#include "cli/query.h"

#include "cli/command.h"

#include <limits.h>

enum { OPTION_DB = 256 };

#define DB_OPTION(KEY)                                                                             \
    { "db", KEY, "FILE", 0, "The database (default: results/sweep.db)", 0 }
#define SELECTION_OPTIONS                                                                          \
    {"sweep", 's', "ID", 0, "A sweep by its sweep_id (default: the one started last)", 0}, {       \
        "where", 'w', "CONDITION", 0,                                                              \
            "Look at these trials only: --where optimizer=adam, --where 'learning_rate<0.01', "    \
            "--where 'epochs in [5, 10]', --where 'momentum!=none', --where seed=1; several have " \
            "all to hold",                                                                         \
            0                                                                                      \
    }

static const struct argp_option options[] = {
    DB_OPTION('o'),
    SELECTION_OPTIONS,
    {"json", 'J', NULL, 0, "Print JSON", 0},
    {"csv", 'C', NULL, 0, "Print comma-separated values", 0},
    {0},
};

static const struct argp_option selection_options[] = {
    DB_OPTION(OPTION_DB),
    SELECTION_OPTIONS,
    {0},
};

static void set_form(struct argp_state *state, struct query *query, enum query_form form) {
    if (query->form != QUERY_TABLE && query->form != form)
        argp_error(state, "either --json or --csv");
    query->form = form;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    struct query *query = state->input;
    switch (key) {
    case 'o':
    case OPTION_DB:
        query->path = argument;
        return 0;
    case 's':
        query->sweep = command_number(state, argument, "--sweep", 1, LONG_MAX);
        return 0;
    case 'w':
        if (query->condition_count == QUERY_CONDITIONS_MAX)
            argp_error(state, "more than %d --where options", QUERY_CONDITIONS_MAX);
        query->conditions[query->condition_count++] = argument;
        return 0;
    case 'J':
        set_form(state, query, QUERY_JSON);
        return 0;
    case 'C':
        set_form(state, query, QUERY_CSV);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp query_argp = {.options = options, .parser = parse};
const struct argp query_selection_argp = {.options = selection_options, .parser = parse};

void query_init(struct query *query) {
    *query = (struct query){.path = "results/sweep.db"};
}

enum status query_open(const struct query *query, struct arena *arena, struct filter *filter,
                       struct store **store, struct error *error) {
    *store = NULL;
    enum status status =
        filter_parse(query->conditions, query->condition_count, arena, filter, error);
    return status == STATUS_OK ? store_open_read(query->path, store, error) : status;
}
