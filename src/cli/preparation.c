#include "cli/preparation.h"

#include "base/memory.h"
#include "base/stage.h"
#include "base/threads.h"
#include "cli/command.h"
#include "cli/forecast.h"
#include "cli/suggestion.h"
#include "math/gemm.h"
#include "report/terminal.h"
#include "search/reading.h"
#include "search/review.h"
#include "search/strategy.h"
#include "train/schedule.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void preparation_init(struct preparation *preparation) {
    *preparation =
        (struct preparation){.database = DATABASE_PATH, .jobs = (long)schedule_default_jobs()};
    arena_init(&preparation->arena);
    text_init(&preparation->warnings);
    char folder[4096];
    preparation->calibration = calibration_open(calibration_folder(folder));
}

void preparation_release(struct preparation *preparation) {
    stage_listen(NULL, NULL);
    calibration_close(preparation->calibration);
    dataset_release(&preparation->dataset);
    text_release(&preparation->warnings);
    arena_release(&preparation->arena);
}

/* A config that was found by its name may be another than was meant. */
static void print_config(const struct preparation *preparation) {
    char safe[300];
    if (strcmp(preparation->path, preparation->config.path) != 0)
        fprintf(stderr, "config %s\n", terminal_safe(preparation->config.path, safe, sizeof safe));
}

static void print_data(const struct dataset *dataset) {
    char name[128], source[300];
    struct text text;
    text_init(&text);
    dataset_describe(dataset, &text);
    fprintf(stderr, "data set %s (%s): %s\n", terminal_safe(dataset->name, name, sizeof name),
            terminal_safe(dataset->source, source, sizeof source), text.data);
    text_release(&text);
}

/* Whether settings differ in it; of a loss' own argument, those that have it. */
static bool tells_apart(const struct space *space, enum hyperparameter_id id) {
    const struct value *first = NULL;
    bool differs = false;
    if (hyperparameters[id].part != PART_LOSS)
        return space_differs_in(space, id);
    for (size_t i = 0; i < space->setting_count && !differs; i++) {
        const struct value *value = &space->settings[i].values[id];
        if (value->type == VALUE_NONE)
            continue;
        first = first ? first : value;
        differs = value_number(value) != value_number(first);
    }
    return differs;
}

/* Whether results decide which settings are tried, or trained to their end. */
static bool judges_settings(const struct config *config) {
    return config->method == METHOD_TPE || config->method == METHOD_GP ||
           config->early_terminate.rule;
}

/* Say so where the sweep's metric is not one quantity in all settings. */
static enum status note_quantities(struct preparation *preparation, struct error *error) {
    const struct score *score = &preparation->config.score;
    const struct space *space = preparation->reviewed;
    size_t *quantities = ARENA_NEW(&preparation->arena, size_t, space->setting_count);
    const char *separator = "";
    if (!quantities)
        return error_memory(error);
    enum status status =
        space_quantities(space, score, quantities, &preparation->quantity_count, error);
    if (status != STATUS_OK || preparation->quantity_count < 2)
        return status;
    struct text note;
    text_init(&note);
    text_printf(&note, "%s is not the same quantity in all settings: those that differ in ",
                score->name);
    for (size_t i = 0; i < HP_COUNT; i++)
        if (score_is_defined_by(score, (enum hyperparameter_id)i) &&
            tells_apart(space, (enum hyperparameter_id)i)) {
            text_printf(&note, "%s%s", separator, hyperparameter_column(&hyperparameters[i]));
            separator = " or ";
        }
    text_append(&note, " are ranked apart, and each such group has a best of its own");
    if (judges_settings(&preparation->config))
        text_append(&note, "; the search and early_terminate take them for one, and favour what "
                           "has better scores");
    terminal_remarks(stderr, "note", note.data);
    text_release(&note);
    return STATUS_OK;
}

/* What is ignored, with its place. */
static void print_notes(const struct problems *problems) {
    for (size_t i = 0; i < problems->note_count; i++) {
        char text[ERROR_TEXT];
        terminal_print(stderr, 2, "note: %s", error_text(&problems->notes[i], text));
    }
}

/* A --set that is written as elsewhere gets better words than what is wrong with it. */
static void suggest_settings(struct preparation *preparation) {
    struct problems *problems = preparation->config.problems;
    for (size_t i = 0; i < preparation->settings.count; i++) {
        const char *setting = preparation->settings.items[i];
        const struct option_list one = {1, {setting}};
        char file[sizeof problems->items->error.file];
        snprintf(file, sizeof file, "--set %.200s", setting);
        for (size_t j = 0; j < problems->count && j < PROBLEMS_MAX; j++) {
            struct problem *problem = &problems->items[j];
            if (strcmp(problem->error.file, file) != 0)
                continue;
            suggestion_for_settings(&one, &preparation->arena, &problem->error);
            if (problem->error.line == 0) /* of a suggestion */
                problem->corrected = NULL;
        }
    }
}

/* What the data set shows to be wrong in a config that has problems already, or with the data set.
 */
static enum status check_against_data(struct preparation *preparation,
                                      const struct dataset_places *places, struct error *error) {
    struct config *config = &preparation->config;
    struct dataset *dataset = &preparation->dataset;
    struct error own;
    enum status status =
        config_load_datasets(config, places->data_dir, &preparation->arena, dataset, NULL, &own);
    if (status == STATUS_OK)
        return space_check(config, dataset, &preparation->arena, error);
    problems_add(config->problems, &own);
    return problems_end(config->problems, &preparation->arena, error);
}

static enum status load_config(struct preparation *preparation, const struct dataset_places *places,
                               struct error *error) {
    struct config *config = &preparation->config;
    enum status status =
        config_load(preparation->path, preparation->settings.items, preparation->settings.count,
                    &preparation->arena, config, error);
    if (status == STATUS_MEMORY || !config->problems)
        return status;
    if (preparation->dataset_name && config->datasets_vary)
        return error_set(error, STATUS_USAGE,
                         "--dataset: the config tries several data sets; --set dataset=%.60s has "
                         "it train on that alone",
                         preparation->dataset_name);
    if (preparation->dataset_name && preparation->dataset_name[0] == '{')
        return error_set(error, STATUS_USAGE,
                         "--dataset takes a name or a path; how it is to be read belongs to the "
                         "config: --set 'dataset=%.200s'",
                         preparation->dataset_name);
    if (preparation->dataset_name) {
        config->datasets[0] = preparation->dataset_name;
        config->dataset_nodes[0] = NULL;
        config->dataset_count = 1;
    }
    const size_t count = config->problems->count;
    status = config_check_datasets(config, places, &preparation->arena, error);
    if (status == STATUS_OK && !preparation->quiet)
        print_notes(config->problems);
    if (status == STATUS_INPUT && config->dataset_count > 0 && config->problems->count == count)
        status = check_against_data(preparation, places, error);
    if (status == STATUS_INPUT)
        suggest_settings(preparation);
    return status;
}

static enum status load_data(struct preparation *preparation, const struct dataset_places *places,
                             struct error *error) {
    struct config *config = &preparation->config;
    struct text notes;
    text_init(&notes);
    progress_stage(&preparation->line, "loading data");
    struct dataset *first = &preparation->dataset;
    enum status status =
        config_load_datasets(config, places->data_dir, &preparation->arena, first, &notes, error);
    terminal_remarks(stderr, "warning", notes.data);
    text_release(&notes);
    for (const struct dataset *at = first; at && status == STATUS_OK; at = at->next)
        status = config_fit_targets(config, at, error);
    return status;
}

/* Some settings of a space that is to be searched, each once. */
static enum status draw_sample(struct preparation *preparation, struct error *error) {
    struct space *sample = &preparation->sample;
    const struct domain *domain = space_domain(sample);
    const struct strategy_options options = {.seed = preparation->config.seed, .objectives = 1};
    struct strategy *strategy = NULL;
    enum strategy_answer answer = STRATEGY_POINT;
    double *point = ARENA_NEW(&preparation->arena, double, domain->count + 1);
    if (!point)
        return error_memory(error);
    enum status status =
        strategy_begin(strategy_find("random"), domain, &options, &strategy, error);
    while (status == STATUS_OK && sample->setting_count < FORECAST_SAMPLE) {
        enum space_answer added;
        size_t setting;
        status = strategy_ask(strategy, point, &answer, error);
        if (status != STATUS_OK || answer != STRATEGY_POINT)
            break;
        status = space_add(sample, point, &added, &setting, error);
    }
    strategy_end(strategy);
    return status;
}

/* All settings of a grid; else none, and a sample. */
static enum status make_space(struct preparation *preparation, struct error *error) {
    const struct config *config = &preparation->config;
    const struct dataset *dataset = &preparation->dataset;
    struct arena *arena = &preparation->arena;
    preparation->reviewed = &preparation->space;
    if (config->method == METHOD_GRID)
        return space_expand(config, dataset, arena, &preparation->space, error);
    enum status status = space_begin(config, dataset, arena, &preparation->space, error);
    if (status == STATUS_OK)
        status = space_begin(config, dataset, arena, &preparation->sample, error);
    if (status == STATUS_OK && config->exclusion_count > 0)
        status = space_count_excluded(&preparation->sample, arena, &preparation->excluded, error);
    if (status == STATUS_OK)
        status = draw_sample(preparation, error);
    if (status == STATUS_OK && preparation->sample.setting_count == 0) {
        const struct exclusion *first = config->exclusions;
        error_set(error, STATUS_INPUT,
                  "exclude leaves nothing to train: no setting was found that it does not meet");
        return error_place(error, first ? first->reading->file : config->path,
                           first ? first->node->line : 0, first ? first->node->column : 0);
    }
    preparation->reviewed = &preparation->sample;
    return status;
}

enum status preparation_make(struct preparation *preparation, struct error *error) {
    struct config *config = &preparation->config;
    const struct dataset_places places = {.data_dir = preparation->data_dir};
    progress_init(&preparation->line, !preparation->quiet);
    enum status status = load_config(preparation, &places, error);
    if (status == STATUS_OK)
        status = load_data(preparation, &places, error);
    if (status != STATUS_OK)
        return status;
    if (!preparation->quiet)
        print_config(preparation);
    for (const struct dataset *at = &preparation->dataset; at && !preparation->quiet; at = at->next)
        print_data(at);
    progress_stage(&preparation->line, "checking data");
    for (struct dataset *at = &preparation->dataset; at && status == STATUS_OK; at = at->next)
        status = dataset_index(at, error);
    if (status != STATUS_OK)
        return status;
    status = make_space(preparation, error);
    for (const struct dataset *at = &preparation->dataset; at && status == STATUS_OK; at = at->next)
        status = config_check_normalized(config, at, error);
    if (status == STATUS_OK)
        status = review_data(preparation->reviewed, &preparation->dataset, &preparation->warnings,
                             error);
    if (status == STATUS_OK)
        status = review_settings(config, preparation->reviewed, &preparation->dataset,
                                 &preparation->warnings, error);
    if (status != STATUS_OK)
        return status;
    terminal_remarks(stderr, "warning", preparation->warnings.data);
    if (!preparation->quiet)
        status = note_quantities(preparation, error);
    if (status != STATUS_OK)
        return status;
    /* Where these fail, the libraries would hang or end the program later on. */
    status = gemm_reserve((size_t)preparation->jobs, error);
    return status == STATUS_OK ? threads_check((size_t)preparation->jobs, error) : status;
}

enum status preparation_plan(struct preparation *preparation, struct plan_request request,
                             struct arena *arena, struct plan *plan, struct error *error) {
    struct costs costs;
    request.config = &preparation->config;
    request.space = request.space ? request.space : &preparation->space;
    request.dataset = &preparation->dataset;
    request.jobs = request.jobs ? request.jobs : (size_t)preparation->jobs;
    progress_stage(&preparation->line, "timing short trials");
    enum status status =
        cost_init(&costs, &preparation->dataset, preparation->config.metrics,
                  preparation->config.metric_count, preparation->calibration, error);
    if (status == STATUS_OK)
        status = plan_make(&request, &costs, arena, plan, error);
    cost_release(&costs);
    return status;
}

enum status preparation_plan_sample(struct preparation *preparation, struct plan *plan,
                                    struct error *error) {
    const struct plan_request all = {.space = preparation->reviewed};
    return preparation_plan(preparation, all, &preparation->arena, plan, error);
}

/* What is said of networks that there is no memory for. */
static void describe_unfit(const struct preparation *preparation, const struct plan *plan,
                           const struct unfit *unfit, size_t available, struct error *error) {
    const size_t trial = unfit->largest->milestones[0].trial;
    const struct value *values = plan->space->trials[trial].setting->values;
    const struct axis *axis = config_axis(&preparation->config, HP_LAYERS);
    struct text layers;
    text_init(&layers);
    value_append(&values[HP_LAYERS], &layers);
    error_set(error, STATUS_INPUT,
              "layers %.300s: training that with batches of %" PRId64 " takes %.2f GB of memory, "
              "and %.2f GB are available; take a smaller batch_size or smaller layers%s",
              layers.data, values[HP_BATCH_SIZE].integer, (double)unfit->bytes / 1e9,
              (double)available / 1e9,
              unfit->count < plan->run_count ? " (what does not fit fails, the rest is trained)"
                                             : "");
    text_release(&layers);
    error_place(error, axis ? axis->file : preparation->config.path, axis ? axis->line : 0,
                axis ? axis->column : 0);
}

enum status preparation_check_memory(const struct preparation *preparation, const struct plan *plan,
                                     bool refuse, struct error *error) {
    const size_t available = memory_available();
    const struct unfit unfit = plan_unfit(plan, available);
    char line[ERROR_TEXT];
    struct error lack = {.code = STATUS_OK};
    if (unfit.count > 0)
        describe_unfit(preparation, plan, &unfit, available, &lack);
    else if (plan->bytes > available)
        error_set(&lack, STATUS_OK,
                  "what would train side by side takes %.2f GB of memory, and %.2f GB are "
                  "available, so that less of it does; fewer threads (--jobs), a smaller "
                  "batch_size or smaller layers take less",
                  (double)plan->bytes / 1e9, (double)available / 1e9);
    else
        return STATUS_OK;
    if (refuse && unfit.count == plan->run_count) {
        *error = lack;
        return STATUS_INPUT;
    }
    terminal_remarks(stderr, "warning", error_text(&lack, line));
    return STATUS_OK;
}

#define LONG_SECONDS 3600

void preparation_warn_long(double seconds) {
    char duration[32], line[256];
    if (seconds < LONG_SECONDS)
        return;
    snprintf(line, sizeof line,
             "about %s are predicted; fewer epochs, values or repeats take less. Ctrl-C ends a run "
             "at any time, and the same command goes on from there",
             progress_duration(seconds, duration, sizeof duration));
    terminal_remarks(stderr, "warning", line);
}

/* A line, or several below each other. */
static void print_corrected(const char *lines) {
    const char *before = "  write: ";
    while (*lines) {
        const size_t length = strcspn(lines, "\n");
        terminal_print(stderr, 9, "%s%.*s", before, (int)length, lines);
        before = "         ";
        lines += length + (lines[length] == '\n');
    }
}

int preparation_fail(const struct preparation *preparation, const struct error *error) {
    const struct problems *problems = preparation->config.problems;
    const size_t count = problems ? problems->count : 0;
    if (count == 0)
        return command_fail(error);
    for (size_t i = 0; i < count && i < PROBLEMS_MAX; i++) {
        command_fail(&problems->items[i].error);
        if (problems->items[i].corrected)
            print_corrected(problems->items[i].corrected);
    }
    if (count > PROBLEMS_MAX)
        terminal_print(stderr, 2, "sweep: and %zu more problems", count - PROBLEMS_MAX);
    return error->code;
}
