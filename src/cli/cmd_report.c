#include "cli/command.h"

#include "base/file.h"
#include "report/page.h"
#include "report/terminal.h"
#include "store/store.h"

#include <limits.h>
#include <stdio.h>

/* What a page may hold of learning curves: some 1.5 MB of numbers, and no more points of one than a
 * screen has. */
#define CURVE_POINTS 400
#define CURVE_VALUES 200000

enum { OPTION_DB = 256 };

struct arguments {
    const char *database, *output;
    int64_t sweep;
};

static const struct argp_option options[] = {
    {"db", OPTION_DB, "FILE", 0, "The database (default: results/sweep.db)", 0},
    {"output", 'o', "FILE", 0, "The page to write (default: results/report.html)", 0},
    {"sweep", 's', "ID", 0, "A sweep by its sweep_id (default: the one started last)", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state) {
    struct arguments *arguments = state->input;
    switch (key) {
    case OPTION_DB:
        arguments->database = argument;
        return 0;
    case 'o':
        arguments->output = argument;
        return 0;
    case 's':
        arguments->sweep = command_number(state, argument, "--sweep", 1, LONG_MAX);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state,
                   "'%s' is too much; the page is named with -o FILE, a database with --db FILE",
                   argument);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .doc = "Write a sweep's report: one HTML file with a leaderboard, learning curves, parallel "
           "coordinates, the effect of each hyperparameter and where the numbers come from. It "
           "needs no network and no other file. Its path is printed.",
};

/* What a page is made of. */
struct material {
    struct report_data data;
    struct report_curves curves;
    struct comparison *effects;
};

static enum status read_material(const struct arguments *arguments, struct arena *arena,
                                 struct material *material, struct error *error) {
    struct report_data *data = &material->data;
    struct store *store = NULL;
    const size_t *trials = NULL;
    size_t count = 0;
    enum status status = store_open_read(arguments->database, &store, error);
    if (status == STATUS_OK)
        status = store_report(store, arguments->sweep, arena, data, error);
    if (status == STATUS_OK)
        status = page_choose_curves(data, arena, &trials, &count, error);
    if (status == STATUS_OK)
        status = store_report_curves(store, data, trials, count, CURVE_POINTS, CURVE_VALUES, arena,
                                     &material->curves, error);
    store_close(store);
    return status == STATUS_OK ? page_effects_make(data, arena, &material->effects, error) : status;
}

static enum status write_page(const struct arguments *arguments, const struct material *material,
                              struct error *error) {
    const struct page page = {.database = arguments->database,
                              .data = &material->data,
                              .curves = &material->curves,
                              .effects = material->effects};
    struct text html;
    text_init(&html);
    enum status status = page_append(&page, &html, error);
    if (status == STATUS_OK)
        status = file_replace(arguments->output, html.data, html.length, error);
    text_release(&html);
    return status;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.database = "results/sweep.db", .output = "results/report.html"};
    struct material material;
    struct arena arena;
    struct error error;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    arena_init(&arena);
    enum status status = read_material(&arguments, &arena, &material, &error);
    if (status == STATUS_OK)
        status = write_page(&arguments, &material, &error);
    if (status == STATUS_OK)
        puts(arguments.output);
    const int code = status == STATUS_OK ? 0 : command_fail(&error);
    arena_release(&arena);
    return code;
}

const struct command command_report = {"report", "[OPTION...]", "write a page to look at", &argp, run};
