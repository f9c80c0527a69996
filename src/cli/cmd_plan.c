#include "cli/command.h"
#include "cli/forecast.h"
#include "cli/preparation.h"

#include "base/json.h"
#include "exchange/value.h"
#include "math/gemm.h"
#include "report/messages.h"
#include "report/progress.h"
#include "report/terminal.h"
#include "store/store.h"
#include "train/plan.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct arguments {
    struct preparation preparation;
    enum option_form form;
};

static const struct option options[] = {
    PREPARATION_OPTIONS(struct arguments, preparation),
    OPTION_JSON(struct arguments, form),
    {0},
};

#define LABEL_WIDTH 20

static void print_row(int width, const char *label, const char *values) {
    terminal_print(stdout, (size_t)width + 3, "  %-*s %s", width, label, values);
}

/* Two blanks at least follow a name: one may be followed by a number that is a part of it. */
static int width_of_names(const struct config *config) {
    int width = LABEL_WIDTH;
    struct text name;
    text_init(&name);
    for (size_t i = 0; i < config->axis_count; i++) {
        text_clear(&name);
        axis_append_name(config->axes, i, &name);
        width = width > (int)name.length ? width : (int)name.length + 1;
    }
    text_release(&name);
    return width;
}

static void print_axes(const struct config *config, int width) {
    struct text name, values;
    text_init(&name);
    text_init(&values);
    for (size_t i = 0; i < config->axis_count; i++) {
        text_clear(&name);
        text_clear(&values);
        axis_append_name(config->axes, i, &name);
        axis_append(&config->axes[i], 200, &values);
        print_row(width, name.data, values.data);
    }
    text_release(&name);
    text_release(&values);
}

/* Values that go together. */
static void print_zips(const struct config *config, int width) {
    struct text names;
    text_init(&names);
    for (size_t leader = 0; leader < config->axis_count; leader++) {
        text_clear(&names);
        for (size_t i = leader; i < config->axis_count && config->axes[leader].zip == leader; i++)
            if (config->axes[i].zip == leader)
                text_printf(&names, "%s%s", i > leader ? ", " : "",
                            hyperparameters[config->axes[i].id].name);
        if (names.length > 0)
            print_row(width, "zip", names.data);
    }
    text_release(&names);
}

/* The most runs of a slice. */
static size_t largest_slice(const struct plan *plan) {
    size_t runs = 0;
    for (size_t i = 0; i < plan->slice_count; i++)
        runs = plan->slices[i].run_count > runs ? plan->slices[i].run_count : runs;
    return runs;
}

static void print_line(const char *label, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void print_line(const char *label, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    print_row(LABEL_WIDTH, label, text);
}

/* Whether a schedule depends on how long a training is. */
static bool goes_by_length(const struct space *space) {
    bool goes = false;
    for (size_t i = 0; i < space->setting_count && !goes; i++)
        goes = setting_stream_needs_length(&space->settings[i]) ||
               setting_needs_length(&space->settings[i]);
    return goes;
}

/* Whether trainings may end before their epochs are over. */
static bool may_end_early(const struct space *space) {
    bool may = false;
    for (size_t i = 0; i < space->setting_count && !may; i++)
        may = setting_callbacks(space->settings[i].values).early_stopping != NULL;
    return may;
}

/* What there is to train. */
static void print_training(const struct preparation *preparation, const struct plan *plan) {
    const size_t runs = largest_slice(plan);
    const char *most = may_end_early(&preparation->space) ? " at most: early_stopping may end "
                                                            "trainings before"
                                                          : "";
    char duration[32];
    print_line("runs", "%zu (trials that differ only in epochs are one run%s)", plan->run_count,
               goes_by_length(&preparation->space) ? ", but where a schedule goes by their number"
                                                   : "");
    print_line("cohorts", "%zu (runs that see the same batches in the same order)",
               plan->cohort_count);
    print_line("slices", "%zu of at most %zu run%s, over %zu thread%s", plan->slice_count, runs,
               text_plural(runs), plan->jobs, text_plural(plan->jobs));
    if (plan->images < 1000000)
        print_line("images to train", "%zu%s", plan->images, most);
    else
        print_line("images to train", "%.4g million%s", (double)plan->images / 1e6, most);
    print_line("predicted time", "%s%s",
               progress_duration(plan->seconds, duration, sizeof duration),
               *most ? " at most" : "");
    print_line("predicted memory", "%.1f MB for training, %.1f MB for trials, %.1f MB for data",
               (double)plan->bytes / 1e6, (double)plan->trial_bytes / 1e6,
               (double)datasets_bytes(&preparation->dataset) / 1e6);
}

/* How many there are, and what of the grid is none. */
static void print_settings(const struct space *space) {
    const struct {
        size_t count;
        const char *what;
    } others[] = {{space->equal_count, "more of the grid equal one of them"},
                  {space->excluded_count, "excluded"},
                  {space->cut_count, "beyond the budget"}};
    struct text text;
    text_init(&text);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].count > 0)
            text_printf(&text, "%s%zu %s", text.length > 0 ? ", " : " (", others[i].count,
                        others[i].what);
    print_line("settings", "%zu%s%s", space->setting_count, text.data, text.length > 0 ? ")" : "");
    text_release(&text);
}

static void print_head(const struct preparation *preparation) {
    terminal_print(stdout, 2, "%s, on %s", preparation->config.name,
                   dataset_names(&preparation->dataset));
    const int width = width_of_names(&preparation->config);
    print_axes(&preparation->config, width);
    print_zips(&preparation->config, width);
    fputc('\n', stdout);
}

static void print_seeds(const struct config *config) {
    print_line("seeds", "%zu, from %" PRIu64, config->repeats, config->seed);
}

static void print_plan(const struct preparation *preparation, const struct resume_summary *summary,
                       const struct plan *plan) {
    const struct space *space = &preparation->space;
    print_head(preparation);
    print_settings(space);
    print_seeds(&preparation->config);
    print_line("trials", "%zu", space->trial_count);
    if (summary->trained > 0)
        print_line("trained already", "%zu", summary->trained);
    if (summary->given_up > 0)
        print_line("left alone", "%zu that failed %d times (run --retry-failed trains them)",
                   summary->given_up, STORE_FAILURES_MAX);
    if (plan->trial_count == 0)
        terminal_print(stdout, 2, "  nothing is left to train");
    else
        print_training(preparation, plan);
}

/* --- of a sweep that is searched, or stopped early --- */

static void print_budget(const struct budget *budget) {
    if (budget->trials > 0)
        print_line("budget", "%zu trials", budget->trials);
    if (budget->epochs > 0)
        print_line("budget", "%" PRIu64 " epochs of all trials", budget->epochs);
    if (budget->seconds > 0)
        print_line("budget", "%g s of all trials' training", budget->seconds);
}

static void print_method(const struct config *config) {
    struct text text;
    if (config->method == METHOD_GRID)
        print_line("method", "grid");
    else
        print_line("method", "%s, %zu setting%s at a time", method_name(config->method),
                   config->batch, text_plural(config->batch));
    print_budget(&config->budget);
    if (!config->early_terminate.rule)
        return;
    text_init(&text);
    forecast_append_stopping(config, &text);
    print_line("early_terminate", "%s", text.data);
    text_release(&text);
}

/* Predicted, of what is not trained yet. */
static double seconds_left(const struct forecast *forecast, const struct search_progress *done) {
    if (done->complete)
        return 0;
    if (forecast->expected <= 0 || done->epochs == 0)
        return forecast->seconds;
    return forecast->seconds * fmax(0, 1 - (double)done->epochs / forecast->expected);
}

static void print_excluded(const struct space_excluded *excluded) {
    const double share = 100 * (double)excluded->count / (double)excluded->points;
    if (excluded->points > 0 && excluded->all)
        print_line("exclude", "%zu of the space's %zu points", excluded->count, excluded->points);
    else if (excluded->points > 0)
        print_line("exclude", "%zu of %zu points drawn at random (%.2g %%)", excluded->count,
                   excluded->points, share);
}

static void print_forecast(const struct preparation *preparation, const struct plan *sample,
                           const struct forecast *forecast, const struct search_progress *done) {
    char duration[32];
    if (forecast->settings > 0)
        print_line("trials", "%zu at most", forecast->settings * preparation->config.repeats);
    if (forecast->expected > 0 && forecast->expected < forecast->most)
        print_line("epochs", "%.0f at most, %.0f expected", forecast->most, forecast->expected);
    else if (forecast->expected > 0)
        print_line("epochs", "%.0f at most, and expected", forecast->most);
    if (done->trials > 0)
        print_line("trained already",
                   "%zu trial%s of %zu setting%s, %zu of them stopped early, %" PRIu64 " epochs",
                   done->trials, text_plural(done->trials), done->settings,
                   text_plural(done->settings), done->stopped, done->epochs);
    if (done->complete) {
        terminal_print(stdout, 2, "  nothing is left to train");
        return;
    }
    if (forecast->seconds > 0)
        print_line("predicted time", "%s%s, by %s",
                   progress_duration(seconds_left(forecast, done), duration, sizeof duration),
                   done->trials > 0 ? " for the rest" : "",
                   preparation->config.method == METHOD_GRID ? "its settings"
                                                             : "a sample of settings");
    print_line("predicted memory", "%.1f MB for training, %.1f MB for data",
               (double)sample->bytes / 1e6, (double)datasets_bytes(&preparation->dataset) / 1e6);
}

static void print_search(const struct preparation *preparation, const struct plan *sample,
                         const struct forecast *forecast, const struct search_progress *done) {
    const struct config *config = &preparation->config;
    print_head(preparation);
    print_method(config);
    if (config->method == METHOD_GRID)
        print_settings(&preparation->space);
    else if (forecast->settings > 0)
        print_line("settings", "%zu at most", forecast->settings);
    print_excluded(&preparation->excluded);
    print_seeds(config);
    print_forecast(preparation, sample, forecast, done);
}

/* --- for programs --- */

static void value_of_json(struct json *json, const char *key, enum hyperparameter_id id,
                          const struct value *value) {
    struct text text;
    text_init(&text);
    value_append(value, &text);
    value_json(json, key, hyperparameter_column(&hyperparameters[id]),
               text.length > 0 ? text.data : "-");
    json->failed |= text.failed;
    text_release(&text);
}

static void distribution_json(struct json *json, const char *key,
                              const struct distribution *distribution) {
    json_begin_object(json, key);
    json_text(json, "distribution", distribution->kind->name);
    for (size_t i = 0; i < 2; i++)
        json_number(json, distribution->kind->keys[i], i == 0 ? distribution->a : distribution->b);
    if (distribution->step > 0)
        json_number(json, "q", distribution->step);
    json_end(json);
}

static void choices_json(struct json *json, const char *key, const struct config *config,
                         size_t at);

/* A value, or an object of it with those of others that come with it. */
static void choice_json(struct json *json, const struct config *config, size_t at, size_t number) {
    const struct axis *axis = &config->axes[at];
    const struct choice *choice = &axis->choices[number];
    size_t nested = 0;
    for (size_t i = 0; i < config->axis_count && axis->role == AXIS_VALUE; i++)
        nested += config->axes[i].parent == at && config->axes[i].parent_choices[number];
    if (choice->detail_count + nested == 0) {
        value_of_json(json, NULL, axis->id, &choice->value);
        return;
    }
    json_begin_object(json, NULL);
    value_of_json(json, "name", axis->id, &choice->value);
    for (size_t i = 0; i < choice->detail_count; i++)
        value_of_json(json, hyperparameters[choice->details[i].id].name, choice->details[i].id,
                      &choice->details[i].value);
    for (size_t i = 0; i < config->axis_count; i++)
        if (config->axes[i].parent == at && config->axes[i].parent_choices[number])
            choices_json(json, hyperparameters[config->axes[i].id].name, config, i);
    json_end(json);
}

static void choices_json(struct json *json, const char *key, const struct config *config,
                         size_t at) {
    const struct axis *axis = &config->axes[at];
    if (axis->count == 0) {
        distribution_json(json, key, &axis->distribution);
        return;
    }
    json_begin_array(json, key);
    for (size_t i = 0; i < axis->count; i++)
        if (axis->role == AXIS_VALUE)
            choice_json(json, config, at, i);
        else
            json_integer(json, NULL, axis->choices[i].value.integer);
    json_end(json);
}

/* Hidden layers by their number and their width. */
static void layers_json(struct json *json, const struct config *config, size_t at) {
    json_begin_object(json, hyperparameters[HP_LAYERS].name);
    choices_json(json, "count", config, at);
    choices_json(json, "units", config, at + 1);
    json_boolean(json, "each", config->axes[at + 1].item != AXIS_NONE);
    json_end(json);
}

static void axes_json(struct json *json, const struct config *config) {
    json_begin_object(json, "parameters");
    for (size_t i = 0; i < config->axis_count; i++) {
        const struct axis *axis = &config->axes[i];
        if (axis->role == AXIS_LAYER_COUNT)
            layers_json(json, config, i);
        else if (axis->parent == AXIS_NONE)
            choices_json(json, hyperparameters[axis->id].name, config, i);
    }
    json_end(json);
}

static void warnings_json(struct json *json, const char *lines) {
    json_begin_array(json, "warnings");
    while (*lines) {
        char line[4096];
        const size_t length = strcspn(lines, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, lines);
        json_text(json, NULL, line);
        lines += length + (lines[length] == '\n');
    }
    json_end(json);
}

static void head_json(struct json *json, const struct preparation *preparation) {
    json_text(json, "name", preparation->config.name);
    json_text(json, "config", preparation->config.path);
    json_text(json, "database", preparation->database);
    json_text(json, "dataset", dataset_names(&preparation->dataset));
    json_text(json, "source", dataset_sources(&preparation->dataset));
    axes_json(json, &preparation->config);
}

static void budget_json(struct json *json, const struct budget *budget) {
    json_begin_object(json, "budget");
    if (budget->trials > 0)
        json_integer(json, "trials", (int64_t)budget->trials);
    if (budget->epochs > 0)
        json_integer(json, "epochs", (int64_t)budget->epochs);
    if (budget->seconds > 0)
        json_number(json, "seconds", budget->seconds);
    json_end(json);
}

static void stopping_json(struct json *json, const struct early_terminate *stop) {
    size_t rungs[STOPPER_RUNGS_MAX];
    if (!stop->rule)
        return;
    const size_t count = early_terminate_rungs(stop, rungs);
    json_begin_object(json, "early_terminate");
    json_text(json, "type", stop->rule);
    json_begin_array(json, "rungs");
    for (size_t i = 0; i < count; i++)
        json_integer(json, NULL, (int64_t)rungs[i]);
    json_end(json);
    json_end(json);
}

/* Numbers that are not known are left out. */
static enum status print_search_json(const struct preparation *preparation,
                                     const struct plan *sample, const struct forecast *forecast,
                                     const struct search_progress *done, struct error *error) {
    const struct config *config = &preparation->config;
    struct json json;
    json_init(&json);
    head_json(&json, preparation);
    json_text(&json, "method", method_name(config->method));
    if (config->method != METHOD_GRID)
        json_integer(&json, "batch", (int64_t)config->batch);
    budget_json(&json, &config->budget);
    stopping_json(&json, &config->early_terminate);
    if (forecast->settings > 0) {
        json_integer(&json, "settings", (int64_t)forecast->settings);
        json_integer(&json, "trials", (int64_t)(forecast->settings * config->repeats));
    }
    if (preparation->excluded.points > 0) {
        json_integer(&json, "excluded_points", (int64_t)preparation->excluded.count);
        json_integer(&json, "points_looked_at", (int64_t)preparation->excluded.points);
    }
    json_integer(&json, "seeds", (int64_t)config->repeats);
    json_integer(&json, "first_seed", (int64_t)config->seed);
    if (forecast->expected > 0) {
        json_number(&json, "epochs_at_most", forecast->most);
        json_number(&json, "epochs_expected", forecast->expected);
    }
    json_integer(&json, "trained_already", (int64_t)done->trials);
    json_integer(&json, "stopped_already", (int64_t)done->stopped);
    json_integer(&json, "epochs_trained_already", (int64_t)done->epochs);
    json_boolean(&json, "complete", done->complete);
    json_integer(&json, "threads", (int64_t)sample->jobs);
    json_integer(&json, "predicted_bytes", (int64_t)sample->bytes);
    json_integer(&json, "data_bytes", (int64_t)datasets_bytes(&preparation->dataset));
    if (forecast->seconds > 0)
        json_number(&json, "predicted_seconds", seconds_left(forecast, done));
    warnings_json(&json, preparation->warnings.data);
    enum status status = json_print(&json, JSON_PRETTY, stdout, error);
    json_release(&json);
    return status;
}

static enum status print_json(const struct preparation *preparation,
                              const struct resume_summary *summary, const struct plan *plan,
                              struct error *error) {
    const struct space *space = &preparation->space;
    const struct {
        const char *name;
        size_t value;
    } numbers[] = {{"settings", space->setting_count},
                   {"equal_settings", space->equal_count},
                   {"excluded_settings", space->excluded_count},
                   {"settings_beyond_budget", space->cut_count},
                   {"seeds", preparation->config.repeats},
                   {"first_seed", preparation->config.seed},
                   {"trials", space->trial_count},
                   {"trained_already", summary->trained},
                   {"left_alone", summary->given_up},
                   {"to_train", plan->trial_count},
                   {"runs", plan->run_count},
                   {"cohorts", plan->cohort_count},
                   {"slices", plan->slice_count},
                   {"largest_slice", largest_slice(plan)},
                   {"threads", plan->jobs},
                   {"images", plan->images},
                   {"predicted_bytes", plan->bytes},
                   {"trial_bytes", plan->trial_bytes},
                   {"data_bytes", datasets_bytes(&preparation->dataset)}};
    struct json json;
    json_init(&json);
    head_json(&json, preparation);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_integer(&json, numbers[i].name, (int64_t)numbers[i].value);
    json_number(&json, "predicted_seconds", plan->trial_count > 0 ? plan->seconds : 0);
    warnings_json(&json, preparation->warnings.data);
    enum status status = json_print(&json, JSON_PRETTY, stdout, error);
    json_release(&json);
    return status;
}

/* Whether there is no database, or an empty file. */
static bool is_absent(const char *database) {
    struct stat about;
    return stat(database, &about) != 0 || (S_ISREG(about.st_mode) && about.st_size == 0);
}

/* Open the database, and say what earlier sweeps have to do with the one to come. */
static enum status open_database(struct preparation *preparation, struct store **store,
                                 struct error *error) {
    struct earlier_sweep earlier;
    enum status status = store_open_read(preparation->database, store, error);
    if (status == STATUS_OK)
        status = store_earlier_sweep(*store, &preparation->config, &preparation->dataset,
                                     &preparation->arena, &earlier, error);
    progress_end(&preparation->line);
    if (status == STATUS_OK)
        messages_print_earlier(stderr, &earlier, &preparation->config, preparation->quiet);
    return status;
}

/* What the database has of it, if there is one. */
static enum status look(struct arguments *arguments, bool *missing, struct resume_summary *summary,
                        struct error *error) {
    struct preparation *preparation = &arguments->preparation;
    struct store *store = NULL;
    if (is_absent(preparation->database)) {
        for (size_t i = 0; i < preparation->space.trial_count; i++)
            missing[i] = true;
        return STATUS_OK;
    }
    enum status status = open_database(preparation, &store, error);
    if (status == STATUS_OK)
        status = store_resume_summary(store, &preparation->config, &preparation->space, missing,
                                      summary, error);
    store_close(store);
    return status;
}

static enum status look_at_search(struct preparation *preparation, struct search_progress *done,
                                  struct error *error) {
    struct store *store = NULL;
    *done = (struct search_progress){0};
    if (is_absent(preparation->database))
        return STATUS_OK;
    enum status status = open_database(preparation, &store, error);
    if (status == STATUS_OK)
        status =
            store_search_progress(store, &preparation->config, &preparation->dataset, done, error);
    store_close(store);
    return status;
}

/* Which of its trials other sweeps have shows only as it is replayed. */
static enum status plan_search(struct arguments *arguments, struct error *error) {
    struct preparation *preparation = &arguments->preparation;
    struct search_progress done;
    struct plan sample;
    enum status status = look_at_search(preparation, &done, error);
    if (status == STATUS_OK)
        status = preparation_plan_sample(preparation, &sample, error);
    progress_end(&preparation->line);
    if (status == STATUS_OK)
        status = preparation_check_memory(preparation, &sample, false, error);
    if (status != STATUS_OK)
        return status;
    const struct forecast forecast = forecast_make(preparation, &sample);
    preparation_warn_long(seconds_left(&forecast, &done));
    if (arguments->form == FORM_JSON)
        return print_search_json(preparation, &sample, &forecast, &done, error);
    print_search(preparation, &sample, &forecast, &done);
    return STATUS_OK;
}

static enum status plan(struct arguments *arguments, struct error *error) {
    struct preparation *preparation = &arguments->preparation;
    struct resume_summary summary = {0};
    struct plan made;
    enum status status = preparation_make(preparation, error);
    if (status != STATUS_OK)
        return status;
    if (!forecast_is_whole(&preparation->config))
        return plan_search(arguments, error);
    bool *missing = ARENA_NEW(&preparation->arena, bool, preparation->space.trial_count);
    if (!missing)
        return error_memory(error);
    const struct plan_request to_train = {.wanted = missing};
    status = look(arguments, missing, &summary, error);
    if (status == STATUS_OK)
        status = preparation_plan(preparation, to_train, &preparation->arena, &made, error);
    progress_end(&preparation->line);
    if (status == STATUS_OK)
        status = preparation_check_memory(preparation, &made, false, error);
    if (status == STATUS_OK)
        preparation_warn_long(made.seconds);
    if (status == STATUS_OK && arguments->form == FORM_JSON)
        return print_json(preparation, &summary, &made, error);
    if (status == STATUS_OK)
        print_plan(preparation, &summary, &made);
    return status;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {0};
    struct error error;
    preparation_init(&arguments.preparation);
    command_parse(&command_plan, argc, argv, &arguments);
    gemm_single_thread();
    const int code = plan(&arguments, &error) == STATUS_OK
                         ? 0
                         : preparation_fail(&arguments.preparation, &error);
    preparation_release(&arguments.preparation);
    return code;
}

const struct command command_plan = {
    .name = "plan",
    .help = "tell what run would train, how long",
    .description =
        "Tell what `sweep run CONFIG` would train, with the time and memory it would take. Trials "
        "that the database has already are left out. Nothing is trained and nothing is written.",
    .options = options,
    .run = run,
};
