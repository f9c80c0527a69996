#include "cli/command.h"
#include "cli/target.h"
#include "cli/trial_selection.h"

#include "base/output.h"
#include "math/gemm.h"
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
    const char *database, *output, *data_dir;
    int64_t sweep;
    bool force;
};

static const struct argp_option options[] = {
    {"db", OPTION_DB, "FILE", 0, "The database (default: results/sweep.db)", 0},
    {"force", 'f', NULL, 0, "Replace FILE, whatever it is", 0},
    {"output", 'o', "FILE", 0,
     "The page to write (default: results/report.html). A FILE that is there already is replaced "
     "if it is such a page; with --force, any is",
     0},
    {"sweep", 's', "ID", 0, "A sweep by its sweep_id (default: the one started last)", 0},
    {"data-dir", 'D', "DIR", 0, "Look for data sets in DIR first", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state) {
    char safe[80];
    struct arguments *arguments = state->input;
    switch (key) {
    case OPTION_DB:
        arguments->database = argument;
        return 0;
    case 'f':
        arguments->force = true;
        return 0;
    case 'o':
        arguments->output = argument;
        return 0;
    case 'D':
        arguments->data_dir = argument;
        return 0;
    case 's':
        arguments->sweep = command_number(state, argument, "--sweep", 1, LONG_MAX);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state,
                   "'%s' is too much; the page is named with -o FILE, a database with --db FILE",
                   terminal_safe(argument, safe, sizeof safe));
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
    struct trial_selection best; /* the best trial, its model and its data */
    struct evaluation evaluation;
    struct page_winner winner;
    bool has_winner;
    char no_winner[1400];
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

static void say_no_winner(struct material *material, const struct error *why) {
    snprintf(material->no_winner, sizeof material->no_winner, "%s%s%s", why->file,
             why->file[0] ? ": " : "", why->message);
}

/* Where the best trial stands in the data. */
static bool find_trial(const struct report_data *data, int64_t trial, size_t *at) {
    const struct observations *all = &data->observations[0];
    for (*at = 0; *at < all->count; ++*at)
        if (all->items[*at].trial == trial)
            return true;
    return false;
}

/* What the best network makes of the test images, if it and they are there: a page without is a
 * page all the same. */
static enum status look_at_winner(const struct arguments *arguments, struct material *material,
                                  struct error *error) {
    struct trial_selection *best = &material->best;
    struct error why = {0};
    trial_selection_init(best);
    best->path = arguments->database;
    best->data_dir = arguments->data_dir;
    best->sweep = material->data.sweep.id;
    enum status status = trial_selection_find(best, true, &why);
    if (status != STATUS_OK) {
        say_no_winner(material, &why);
    } else if (!best->has_model || !best->has_data) {
        say_no_winner(material, best->has_model ? &best->no_data : &best->no_model);
    } else if (find_trial(&material->data, best->record.id, &material->winner.trial)) {
        material->winner.evaluation = &material->evaluation;
        material->winner.dataset = &best->dataset;
        status =
            model_evaluate(&best->model, &best->dataset, &best->arena, &material->evaluation, &why);
        material->has_winner = status == STATUS_OK;
        if (status != STATUS_OK)
            say_no_winner(material, &why);
    }
    return status == STATUS_MEMORY ? error_memory(error) : STATUS_OK;
}

static enum status write_page(const struct arguments *arguments, const struct material *material,
                              struct error *error) {
    const struct page page = {.database = arguments->database,
                              .data = &material->data,
                              .curves = &material->curves,
                              .effects = material->effects,
                              .winner = material->has_winner ? &material->winner : NULL,
                              .no_winner = material->no_winner[0] ? material->no_winner : NULL};
    struct text html;
    text_init(&html);
    enum status status = page_append(&page, &html, error);
    if (status == STATUS_OK)
        status = output_replace(arguments->output, html.data, html.length, error);
    text_release(&html);
    return status;
}

static enum status check_place(const struct arguments *arguments, struct error *error) {
    const struct target target = {.path = arguments->output,
                                  .database = arguments->database,
                                  .kind = "page",
                                  .beginning = "<!doctype html>",
                                  .mark = "<meta name=\"generator\" content=\"sweep ",
                                  .forced = arguments->force};
    return target_check(&target, error);
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.database = "results/sweep.db", .output = "results/report.html"};
    struct material material = {0};
    struct arena arena;
    struct error error;
    command_parse(&argp, argc, argv, &arguments);
    arena_init(&arena);
    enum status status = check_place(&arguments, &error);
    if (status == STATUS_OK)
        status = read_material(&arguments, &arena, &material, &error);
    gemm_single_thread();
    if (status == STATUS_OK)
        status = look_at_winner(&arguments, &material, &error);
    if (status == STATUS_OK)
        status = write_page(&arguments, &material, &error);
    if (status == STATUS_OK)
        puts(arguments.output);
    const int code = status == STATUS_OK ? 0 : command_fail(&error);
    trial_selection_release(&material.best);
    arena_release(&arena);
    return code;
}

const struct command command_report = {"report", "[OPTION...]", "write a page to look at", &argp,
                                       run};
