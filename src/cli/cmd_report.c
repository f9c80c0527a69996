#include "cli/command.h"
#include "cli/live.h"
#include "cli/target.h"
#include "cli/trial_selection.h"

#include "math/gemm.h"
#include "report/page.h"
#include "store/store.h"
#include "store/sweeps.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

#define SWEEPS_MAX 64 /* that the command line names */

/* What a page may hold of learning curves: some 1.5 MB of numbers, and no more points of one than a
 * screen has. */
#define CURVE_POINTS 400
#define CURVE_VALUES 200000

struct arguments {
    const char *database, *output, *data_dir, *language;
    const struct words *words;
    struct option_list sweeps; /* none: the one started last */
    bool all, force, live;
};

static const struct option options[] = {
    {.name = "all",
     .letter = 'a',
     .help = "Show all sweeps of the database, side by side",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, all)},
    OPTION_DATA_DIR(struct arguments, data_dir),
    OPTION_DB(struct arguments, database),
    OPTION_FORCE(struct arguments, force),
    {.name = "lang",
     .letter = 'l',
     .argument = "LANG",
     .help = "The page's language, en or es (default: that of the locale where it is one of these, "
             "else en)",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, language)},
    {.name = "live",
     .letter = 'L',
     .help =
         "Renew the page while the sweep runs; its curves grow epoch by epoch. An open page reads "
         "itself again and says whether the sweep runs, is paused, has ended or was killed",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, live)},
    OPTION_OUTPUT(struct arguments, output,
                  "The page to write (default: results/report.html; -: standard output). A FILE "
                  "that is there already is replaced if it is such a page; with --force, any is"),
    {.name = "sweep",
     .letter = 's',
     .argument = "SWEEP",
     .help = "A sweep by its number, or else its name, as `sweep list` prints them (default: the "
             "one started last); several are shown side by side",
     .kind = OPTION_LIST,
     .target = offsetof(struct arguments, sweeps)},
    {0},
};

static void check(struct arguments *arguments) {
    if (arguments->all && arguments->sweeps.count > 0)
        command_misused(&command_report, "either --all or --sweep, not both");
    if (arguments->sweeps.count > SWEEPS_MAX)
        command_misused(&command_report, "more than %d --sweep; --all shows all sweeps",
                        SWEEPS_MAX);
    if (arguments->live && output_is_standard(arguments->output))
        command_misused(&command_report, "--live renews a file; standard output is none");
    arguments->words =
        arguments->language ? report_words_find(arguments->language) : words_of_environment();
    if (!arguments->words) {
        struct text languages;
        text_init(&languages);
        words_append_languages(&languages);
        command_misused(&command_report, "no page can be written in '%s'; --lang takes: %s",
                        arguments->language, languages.data);
    }
}

/* What a page shows of one sweep. */
struct material {
    struct report_data data;
    struct report_curves curves;
    struct page_metrics metrics;
    struct pareto pareto;
    size_t best_count;
    const int64_t *best; /* trials */
    size_t winner_count;
    struct page_winner winners[PAGE_WINNERS];
    struct page_reason no_winner;
    char why[1400];
};

struct chosen_sweeps {
    size_t count;
    int64_t *sweeps; /* 0: the one started last */
};

/* All that a page is made of. */
struct materials {
    struct page_live live;
    size_t count;
    struct material *items;
};

static enum status all_sweeps(struct store *store, struct arena *arena,
                              struct chosen_sweeps *chosen, struct error *error) {
    struct sweep_list list;
    enum status status = store_sweeps(store, arena, &list, error);
    if (status != STATUS_OK || list.count == 0) /* of none the last one's error tells */
        return status;
    chosen->sweeps = ARENA_NEW(arena, int64_t, list.count);
    if (!chosen->sweeps)
        return error_memory(error);
    for (chosen->count = 0; chosen->count < list.count; chosen->count++)
        chosen->sweeps[chosen->count] = list.sweeps[chosen->count].id;
    return STATUS_OK;
}

/* Each sweep is shown once. */
static void add_sweep(struct chosen_sweeps *chosen, int64_t sweep) {
    for (size_t i = 0; i < chosen->count; i++)
        if (chosen->sweeps[i] == sweep)
            return;
    chosen->sweeps[chosen->count++] = sweep;
}

/* Which sweeps: those named, all, or the one started last. */
static enum status choose_sweeps(const struct arguments *arguments, struct store *store,
                                 struct arena *arena, struct chosen_sweeps *chosen,
                                 struct error *error) {
    const struct option_list *names = &arguments->sweeps;
    enum status status = STATUS_OK;
    chosen->sweeps = ARENA_NEW(arena, int64_t, names->count + 1);
    if (!chosen->sweeps)
        return error_memory(error);
    chosen->count = names->count > 0 ? 0 : 1;
    for (size_t i = 0; i < names->count && status == STATUS_OK; i++) {
        int64_t sweep;
        status = store_sweep_named(store, names->items[i], arena, &sweep, error);
        add_sweep(chosen, sweep);
    }
    return status == STATUS_OK && arguments->all ? all_sweeps(store, arena, chosen, error) : status;
}

static enum status read_sweep(struct store *store, int64_t sweep, const struct words *words,
                              const struct unfinished_history *unfinished, size_t curve_values,
                              struct arena *arena, struct material *material, struct error *error) {
    struct report_data *data = &material->data;
    const size_t *trials = NULL;
    size_t count = 0;
    enum status status = store_report(store, sweep, arena, data, error);
    if (status == STATUS_OK)
        status = store_report_unfinished(store, unfinished,
                                         live_goes_on(live_state(&data->provenance)), data, error);
    if (status == STATUS_OK)
        status = page_choose_curves(data, arena, &trials, &count, error);
    if (status == STATUS_OK)
        status = store_report_curves(store, data, trials, count, CURVE_POINTS, curve_values, arena,
                                     &material->curves, error);
    if (status == STATUS_OK)
        status = store_best_trials(store, data->sweep.id, arena, &material->best,
                                   &material->best_count, error);
    if (status == STATUS_OK)
        status = pareto_read(store, data->observations, NULL, arena, &material->pareto, error);
    return status == STATUS_OK ? page_effects_make(data, words, arena, &material->metrics, error)
                               : status;
}

static enum status read_materials(const struct arguments *arguments, struct arena *arena,
                                  struct materials *materials, struct error *error) {
    struct store *store = NULL;
    struct chosen_sweeps chosen = {0};
    const struct unfinished_history *unfinished = NULL;
    enum status status = store_open_read(arguments->database, &store, error);
    if (status == STATUS_OK) {
        unfinished = unfinished_read(arguments->database, arena);
        status = store_read_begin(store, error);
    }
    if (status == STATUS_OK)
        status = choose_sweeps(arguments, store, arena, &chosen, error);
    if (status == STATUS_OK &&
        !(materials->items = ARENA_NEW(arena, struct material, chosen.count)))
        status = error_memory(error);
    for (size_t i = 0; i < chosen.count && status == STATUS_OK; i++) {
        struct material *material = &materials->items[materials->count++];
        status = read_sweep(store, chosen.sweeps[i], arguments->words, unfinished,
                            CURVE_VALUES / chosen.count, arena, material, error);
    }
    store_close(store);
    return status;
}

static void say_no_winner(struct material *material, const char *kind, const struct error *why) {
    snprintf(material->why, sizeof material->why, "%s%s%s", why->file, why->file[0] ? ": " : "",
             why->message);
    material->no_winner = (struct page_reason){kind, material->why};
}

/* Where the best trial stands in the data. */
static bool find_trial(const struct report_data *data, int64_t trial, size_t *at) {
    const struct observations *all = &data->observations[0];
    for (*at = 0; *at < all->count; ++*at)
        if (all->items[*at].trial == trial)
            return true;
    return false;
}

/* The first output that tells classes apart, and all that predict numbers. */
static enum status evaluate_outputs(struct trial_selection *best, size_t trial, struct arena *arena,
                                    struct page_winner *winner, struct error *error) {
    const size_t outputs = network_output_count(&best->model.spec);
    struct evaluation classes, *predictions = ARENA_NEW(arena, struct evaluation, outputs);
    bool has_classes = false;
    size_t count = 0;
    enum status status = predictions ? STATUS_OK : error_memory(error);
    for (size_t k = 0; k < outputs && status == STATUS_OK; k++) {
        const bool numbers = model_output(&best->model, k).numbers;
        if (!numbers && has_classes)
            continue;
        status = model_evaluate(&best->model, k, &best->dataset, arena,
                                numbers ? &predictions[count] : &classes, error);
        count += numbers;
        has_classes |= !numbers;
    }
    return status == STATUS_OK ? page_winner_make(trial, has_classes ? &classes : NULL, predictions,
                                                  count, &best->dataset, arena, winner, error)
                               : status;
}

/* What the best network makes of the test images, if it and they are there. */
static enum status evaluate_best(struct trial_selection *best, struct arena *arena,
                                 struct material *material, struct error *why) {
    size_t trial;
    enum status status = trial_selection_find(best, true, why);
    if (status != STATUS_OK)
        return status;
    if (!best->has_model || !best->has_data) {
        *why = best->has_model ? best->no_data : best->no_model;
        return why->code;
    }
    if (!find_trial(&material->data, best->record.id, &trial))
        return STATUS_OK;
    status = evaluate_outputs(best, trial, arena, &material->winners[material->winner_count], why);
    material->winner_count += status == STATUS_OK;
    return status;
}

/* A page without the best network is a page all the same. */
static enum status look_at_winner(const struct arguments *arguments, int64_t trial,
                                  struct arena *arena, struct material *material,
                                  struct error *error) {
    struct trial_selection best;
    struct error why = {0};
    trial_selection_init(&best);
    best.path = arguments->database;
    best.data_dir = arguments->data_dir;
    best.sweep = material->data.sweep.id;
    best.trial = trial;
    const enum status status = evaluate_best(&best, arena, material, &why);
    if (status != STATUS_OK)
        say_no_winner(material,
                      why.code != STATUS_OK && why.code == best.no_model.code ? "model"
                      : why.code == best.no_data.code                         ? "data"
                                                                              : "error",
                      &why);
    trial_selection_release(&best);
    return status == STATUS_MEMORY ? error_memory(error) : STATUS_OK;
}

static enum status write_page(const struct arguments *arguments, const struct materials *materials,
                              struct arena *arena, struct error *error) {
    struct page_sweep *sweeps = ARENA_NEW(arena, struct page_sweep, materials->count);
    struct text html;
    struct output output;
    if (!sweeps)
        return error_memory(error);
    for (size_t i = 0; i < materials->count; i++) {
        const struct material *one = &materials->items[i];
        sweeps[i] = (struct page_sweep){.data = &one->data,
                                        .curves = &one->curves,
                                        .metrics = &one->metrics,
                                        .pareto = &one->pareto,
                                        .winner_count = one->winner_count,
                                        .winners = one->winners,
                                        .no_winner = one->no_winner};
    }
    const struct page page = {arguments->database, arguments->words, materials->live,
                              materials->count, sweeps};
    text_init(&html);
    enum status status = page_append(&page, &html, error);
    if (status == STATUS_OK)
        status = target_open(arguments->output, &output, error);
    if (status == STATUS_OK) {
        if (fwrite(html.data, 1, html.length, output.stream) < html.length)
            output.fault = errno;
        status = output_keep(&output, error);
    }
    text_release(&html);
    return status;
}

static enum status look_at_winners_of(const struct arguments *arguments, struct arena *arena,
                                      struct material *material, struct error *error) {
    enum status status = STATUS_OK;
    if (material->best_count > PAGE_WINNERS)
        material->no_winner = (struct page_reason){"many", ""};
    else
        for (size_t i = 0; i < material->best_count && status == STATUS_OK; i++)
            status = look_at_winner(arguments, material->best[i], arena, material, error);
    return status;
}

/* While a sweep runs its best network changes: it is looked at in the end. */
static enum status look_at_winners(const struct arguments *arguments, struct arena *arena,
                                   struct materials *materials, struct error *error) {
    const bool later = materials->live.state && live_goes_on(materials->live.state);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < materials->count && status == STATUS_OK; i++)
        if (later)
            materials->items[i].no_winner = (struct page_reason){"later", ""};
        else
            status = look_at_winners_of(arguments, arena, &materials->items[i], error);
    return status;
}

/* Of several sweeps the page goes on as long as one of them does. */
static const char *state_of(const struct materials *materials) {
    const char *state = "finished";
    for (size_t i = 0; i < materials->count; i++) {
        const char *one = live_state(&materials->items[i].data.provenance);
        if (i == 0 || live_goes_on(one))
            state = one;
    }
    return state;
}

/* Read the database and write the page. `live` has the page's pause, and gets its state. */
static enum status make_page(const struct arguments *arguments, struct page_live *live,
                             struct error *error) {
    struct materials materials = {.live = *live};
    struct arena arena;
    arena_init(&arena);
    enum status status = read_materials(arguments, &arena, &materials, error);
    for (size_t i = 0; i < materials.count && status == STATUS_OK; i++)
        live_settle(&materials.items[i].data.provenance);
    if (status == STATUS_OK && arguments->live)
        materials.live.state = state_of(&materials);
    if (status == STATUS_OK)
        status = look_at_winners(arguments, &arena, &materials, error);
    if (status == STATUS_OK)
        status = write_page(arguments, &materials, &arena, error);
    live->goes_on = materials.live.state && live_goes_on(materials.live.state);
    arena_release(&arena);
    return status;
}

static double cpu_seconds(void) {
    return (double)clock() / CLOCKS_PER_SEC;
}

/* Until the sweep has ended. */
static enum status renew_page(const struct arguments *arguments, struct page_live *live,
                              struct error *error) {
    enum status status = STATUS_OK;
    double cost = 0;
    do {
        live_wait(live->every);
        const double before = cpu_seconds();
        live->every = live_pause(cost);
        status = make_page(arguments, live, error);
        cost = cpu_seconds() - before;
    } while (status == STATUS_OK && live->goes_on);
    return status;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.database = DATABASE_PATH, .output = "results/report.html"};
    struct page_live live = {.every = live_pause(0)};
    struct error error;
    command_parse(&command_report, argc, argv, &arguments);
    check(&arguments);
    gemm_single_thread();
    if (arguments.live)
        live_begin();
    enum status status =
        target_check_page(arguments.output, arguments.database, NULL, arguments.force, &error);
    if (status == STATUS_OK)
        status = make_page(&arguments, &live, &error);
    if (status == STATUS_OK && !output_is_standard(arguments.output))
        puts(arguments.output);
    if (status == STATUS_OK && live.goes_on) {
        fflush(stdout);
        status = renew_page(&arguments, &live, &error);
    }
    return status == STATUS_OK ? 0 : command_fail(&error);
}

const struct command command_report = {
    .name = "report",
    .help = "write a page to look at",
    .description =
        "Write a report on a sweep, or on several side by side: one HTML file with a leaderboard, "
        "learning curves, parallel coordinates, the effect of each hyperparameter and where the "
        "numbers come from. It needs no network and no other file. Its path is printed, unless it "
        "is -.",
    .options = options,
    .run = run,
};
