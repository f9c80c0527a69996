#include "cli/command.h"
#include "cli/live.h"
#include "cli/trial_normalization.h"
#include "cli/trial_selection.h"

#include "analysis/leaderboard.h"
#include "base/json.h"
#include "exchange/keras.h"
#include "exchange/value.h"
#include "report/architecture.h"
#include "report/evaluation.h"
#include "report/plot.h"
#include "report/provenance.h"
#include "report/terminal.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MISTAKES_SHOWN 3
#define VALUE_COLUMN 29

struct arguments {
    struct trial_selection chosen;
    enum option_form form;
    long mistakes;
    bool keras;
};

static const struct option options[] = {
    OPTION_DATA_DIR(struct arguments, chosen.data_dir),
    OPTION_DB(struct arguments, chosen.path),
    OPTION_JSON(struct arguments, form),
    {.name = "keras",
     .help = "Print Python code alone, with which Keras 3 builds, compiles and fits the same model",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, keras)},
    {.name = "mistakes",
     .letter = 'm',
     .argument = "N",
     .help = "Draw the N most confident mistakes (default: 3)",
     .kind = OPTION_NUMBER,
     .target = offsetof(struct arguments, mistakes),
     .maximum = INT_MAX},
    OPTION_PLUGIN(struct arguments, chosen.plugins),
    OPTION_SWEEP(struct arguments, chosen.sweep_name),
    {.argument = "TRIAL", .kind = OPTION_TEXT, .target = offsetof(struct arguments, chosen.name)},
    {0},
};

/* What is known of a network: all with the model or the data, else nothing. */
static bool find_spec(const struct trial_selection *chosen, struct network_spec *spec) {
    if (chosen->has_data) /* which alone tells what outputs are held against */
        setting_network(&chosen->record.setting, &chosen->dataset, chosen->record.seed, spec);
    else if (chosen->has_model)
        *spec = chosen->model.spec;
    return chosen->has_model || chosen->has_data;
}

/* The trial's scores under their names; those that are not there are NaN. */
struct named_score {
    const char *name;
    double value;
};

static bool is_listed(const struct named_score *scores, size_t count, const char *name) {
    bool listed = false;
    for (size_t i = 0; i < count; i++)
        listed |= strcmp(scores[i].name, name) == 0;
    return listed;
}

/* NULL: no memory. */
static struct named_score *list_scores(const struct trial_record *record, struct arena *arena,
                                       size_t *count) {
    const struct named_score columns[] = {
        {"loss", record->loss},           {"accuracy", record->accuracy},
        {"val_loss", record->val_loss},   {"val_accuracy", record->val_accuracy},
        {"test_loss", record->test_loss}, {"test_accuracy", record->test_accuracy},
    };
    enum { COLUMNS = sizeof columns / sizeof *columns };
    struct named_score *scores =
        ARENA_NEW(arena, struct named_score, COLUMNS + record->recorded_count + 1);
    if (!scores)
        return NULL;
    memcpy(scores, columns, sizeof columns);
    *count = COLUMNS;
    for (size_t i = 0; i < record->recorded_count; i++)
        scores[(*count)++] =
            (struct named_score){record->recorded[i].score.name, record->recorded[i].value};
    if (!is_listed(scores, *count, record->metric)) /* train_seconds */
        scores[(*count)++] = (struct named_score){record->metric, record->score};
    return scores;
}

/* --- for people --- */

static void print_title(const char *title) {
    const bool bold = terminal_colour(stdout);
    fputs(bold ? "\n\033[1m" : "\n", stdout);
    terminal_print(stdout, 0, "%s", title);
    fputs(bold ? "\033[0m" : "", stdout);
}

static void print_missing(const struct error *why) {
    terminal_print(stdout, 13, "  not shown: %s%s%s", why->file, why->file[0] ? ": " : "",
                   why->message);
}

static enum status print_head(const struct trial_record *record, struct error *error) {
    struct text text;
    text_init(&text);
    text_printf(&text, "trial %" PRId64 " of sweep %" PRId64 " (%s), on %s: %s", record->id,
                record->sweep_id, record->sweep, record->dataset, record->status);
    enum status status = terminal_say(stdout, &text, error);
    if (status == STATUS_OK && record->stopped[0]) {
        text_printf(&text, "stopped: %s", record->stopped);
        status = terminal_say(stdout, &text, error);
    }
    if (status != STATUS_OK || !record->error[0])
        return status;
    text_printf(&text, "error: %s", record->error);
    return terminal_say(stdout, &text, error);
}

/* What the best trial is the best of. It is that of the first setting, which ranks by its mean. */
static enum status append_best(const struct trial_record *record,
                               const struct observations *observations, struct arena *arena,
                               struct text *text, struct error *error) {
    struct leaderboard settings, trials;
    enum status status = leaderboard_of(observations, false, 0, arena, &settings, error);
    if (status == STATUS_OK)
        status = leaderboard_of(observations, true, 1, arena, &trials, error);
    if (status != STATUS_OK || observations->count < 2)
        return status;
    const struct standing *first = &settings.standings[0];
    text_printf(text, "the best trial of the best of %zu settings by mean %s", settings.count,
                record->metric);
    if (first->shared_by > 1)
        text_printf(text, ", which %zu settings share: it is the config's first", first->shared_by);
    const struct observation *single = &observations->items[trials.standings[0].observation];
    for (size_t i = 0; i < settings.count && single->trial != record->id; i++)
        if (settings.standings[i].setting == single->setting)
            text_printf(text,
                        ". The best single trial is %" PRId64 ", whose setting ranks %zu by its "
                        "mean",
                        single->trial, settings.standings[i].rank);
    return STATUS_OK;
}

static enum status print_best(struct trial_selection *chosen, struct error *error) {
    const struct trial_record *record = &chosen->record;
    const struct selection selection = {.sweep = record->sweep_id};
    struct observations observations;
    struct text text;
    text_init(&text);
    enum status status =
        store_observations(chosen->store, &selection, &chosen->arena, &observations, error);
    if (status == STATUS_OK)
        status = append_best(record, &observations, &chosen->arena, &text, error);
    if (status == STATUS_OK)
        return terminal_say(stdout, &text, error);
    text_release(&text);
    return status;
}

static enum status print_setting(const struct trial_selection *chosen, struct error *error) {
    const struct trial_record *record = &chosen->record;
    struct text text;
    print_title("Hyperparameters");
    text_init(&text);
    for (size_t i = 0; i < HP_DATASET; i++) { /* that is in the title */
        if (record->setting.values[i].type == VALUE_NONE)
            continue;
        const size_t before = text.length;
        text_printf(&text, "  %-26s ", hyperparameter_column(&hyperparameters[i]));
        const size_t value = text.length;
        value_append(&record->setting.values[i], &text);
        if (!text.failed && hyperparameter_is_untold(&hyperparameters[i], text.data + value))
            text_cut(&text, before);
        else
            text_append(&text, "\n");
    }
    trial_normalization_append(chosen, &text);
    text_printf(&text, "  %-26s %" PRIu64, "seed", record->seed);
    terminal_fill(stdout, (size_t)terminal_width(stdout), 0, VALUE_COLUMN, text.data);
    const bool failed = text.failed;
    text_release(&text);
    return failed ? error_memory(error) : STATUS_OK;
}

static enum status print_scores(const struct trial_record *record, struct arena *arena,
                                struct error *error) {
    size_t count;
    const struct named_score *scores = list_scores(record, arena, &count);
    if (!scores)
        return error_memory(error);
    print_title("Scores");
    for (size_t i = 0; i < count; i++)
        if (!isnan(scores[i].value))
            terminal_print(
                stdout, VALUE_COLUMN, "  %-26s %.6g%s", scores[i].name, scores[i].value,
                strcmp(scores[i].name, record->metric) == 0 ? "  (what the sweep goes by)" : "");
    if (!isnan(record->seconds))
        terminal_print(stdout, VALUE_COLUMN, "  %-26s %.3g", "train_seconds", record->seconds);
    return STATUS_OK;
}

static enum status print_curve(const struct trial_record *record, bool accuracy,
                               struct arena *arena, struct error *error) {
    double *values[2] = {ARENA_NEW(arena, double, record->epochs),
                         ARENA_NEW(arena, double, record->epochs)};
    bool any = false;
    if (!values[0] || !values[1])
        return error_memory(error);
    for (size_t i = 0; i < record->epochs; i++) {
        const struct epoch_scores *epoch = &record->history[i];
        values[0][i] = accuracy ? epoch->train.accuracy : epoch->train.loss;
        values[1][i] = accuracy ? epoch->validation.accuracy : epoch->validation.loss;
        any |= !isnan(values[1][i]);
    }
    const struct plot plot = {.across = "epoch",
                              .count = record->epochs,
                              .curve_count = any ? 2 : 1,
                              .curves = {{accuracy ? "accuracy" : "loss", values[0]},
                                         {accuracy ? "val_accuracy" : "val_loss", values[1]}}};
    return plot_print(stdout, &plot, arena, error);
}

static enum status print_curves(const struct trial_record *record, struct arena *arena,
                                struct error *error) {
    print_title("Learning curves");
    if (record->epochs < 2) {
        terminal_print(stdout, 13, "  not shown: the trial has %s",
                       record->epochs ? "one epoch" : "no history");
        return STATUS_OK;
    }
    enum status status = print_curve(record, false, arena, error);
    if (isnan(record->history[0].train.accuracy)) /* it predicts numbers */
        return status;
    fputc('\n', stdout);
    return status == STATUS_OK ? print_curve(record, true, arena, error) : status;
}

/* Another machine's arithmetic may differ in the last bits, and a row of the table with it. Of
 * several outputs the trial's accuracy is the first one's. */
static void print_difference(const struct trial_record *record, size_t output,
                             const struct evaluation *evaluation) {
    if (output == 0 && fabs(record->test_accuracy - evaluation->accuracy) > 1e-12)
        terminal_print(stdout, 0,
                       "(the trial's own test_accuracy is %.4f: it was trained on another machine)",
                       record->test_accuracy);
}

/* "Confusion matrix of digit" */
static void print_title_of(const char *title, const char *output) {
    char text[64 + OUTPUT_NAME_MAX];
    snprintf(text, sizeof text, "%s%s%s", title, output ? " of " : "", output ? output : "");
    print_title(text);
}

static enum status print_output(struct arguments *arguments, size_t output, struct error *error) {
    struct trial_selection *chosen = &arguments->chosen;
    struct evaluation evaluation;
    enum status status = model_evaluate(&chosen->model, output, &chosen->dataset, &chosen->arena,
                                        &evaluation, error);
    if (status == STATUS_OK)
        print_title_of(evaluation.values ? "Predictions" : "Confusion matrix", evaluation.output);
    if (status == STATUS_OK && evaluation.values)
        return evaluation_print_values(stdout, &evaluation, (size_t)arguments->mistakes,
                                       &chosen->arena, error);
    if (status == STATUS_OK)
        status = evaluation_print_confusion(stdout, &evaluation, &chosen->arena, error);
    if (status == STATUS_OK)
        print_difference(&chosen->record, output, &evaluation);
    if (status != STATUS_OK || arguments->mistakes == 0 || evaluation.mistake_count == 0)
        return status;
    print_title_of("Most confident mistakes", evaluation.output);
    return evaluation_print_mistakes(stdout, &evaluation, &chosen->dataset,
                                     (size_t)arguments->mistakes, &chosen->arena, error);
}

static enum status print_evaluation(struct arguments *arguments, struct error *error) {
    const struct trial_selection *chosen = &arguments->chosen;
    enum status status = STATUS_OK;
    if (!chosen->has_model || !chosen->has_data) {
        print_title("Evaluation");
        print_missing(chosen->has_model ? &chosen->no_data : &chosen->no_model);
        return STATUS_OK;
    }
    for (size_t k = 0; k < network_output_count(&chosen->model.spec) && status == STATUS_OK; k++)
        status = print_output(arguments, k, error);
    return status;
}

static void print_provenance(const struct trial_record *record,
                             const struct provenance *provenance) {
    const struct command_record *made = provenance_find(provenance, record->command);
    print_title("Trained by");
    if (made)
        provenance_print_command(stdout, made);
    else
        printf("  %s\n", strcmp(record->status, "pending") == 0 ? "nothing yet" : "not recorded");
    print_title("Commands on this sweep");
    provenance_print(stdout, provenance);
}

static enum status print(struct arguments *arguments, const struct provenance *provenance,
                         struct error *error) {
    struct trial_selection *chosen = &arguments->chosen;
    struct network_spec spec;
    enum status status = print_head(&chosen->record, error);
    if (status == STATUS_OK && chosen->trial == 0)
        status = print_best(chosen, error);
    if (status == STATUS_OK)
        status = print_setting(chosen, error);
    if (status == STATUS_OK)
        status = print_scores(&chosen->record, &chosen->arena, error);
    print_title("Network");
    if (!find_spec(chosen, &spec))
        print_missing(&chosen->no_data);
    else if (status == STATUS_OK)
        status = architecture_print(stdout, &spec, &chosen->arena, error);
    if (status == STATUS_OK)
        status = print_curves(&chosen->record, &chosen->arena, error);
    if (status == STATUS_OK)
        status = print_evaluation(arguments, error);
    if (status == STATUS_OK)
        print_provenance(&chosen->record, provenance);
    return status;
}

/* --- for programs --- */

static enum status setting_json(struct json *json, const struct trial_record *record,
                                struct error *error) {
    struct text text;
    text_init(&text);
    json_begin_object(json, "hyperparameters");
    for (size_t i = 0; i < HP_DATASET; i++) {
        text_clear(&text);
        value_append(&record->setting.values[i], &text);
        const char *name = hyperparameter_column(&hyperparameters[i]);
        value_json(json, name, name, text.length > 0 ? text.data : "-");
    }
    json_end(json);
    const bool failed = text.failed;
    text_release(&text);
    return failed ? error_memory(error) : STATUS_OK;
}

static void history_json(struct json *json, const struct trial_record *record) {
    json_begin_array(json, "history");
    for (size_t i = 0; i < record->epochs; i++) {
        const struct epoch_scores *epoch = &record->history[i];
        json_begin_object(json, NULL);
        json_integer(json, "epoch", (int64_t)i + 1);
        json_number(json, "loss", epoch->train.loss);
        json_number(json, "accuracy", epoch->train.accuracy);
        json_number(json, "val_loss", epoch->validation.loss);
        json_number(json, "val_accuracy", epoch->validation.accuracy);
        json_end(json);
    }
    json_end(json);
}

/* Of several outputs the first one's stands there, and all of them under `outputs`. */
static enum status json_outputs(struct json *json, struct arguments *arguments,
                                struct error *error) {
    struct trial_selection *chosen = &arguments->chosen;
    enum status status = STATUS_OK;
    json_begin_array(json, "outputs");
    for (size_t k = 0; k < network_output_count(&chosen->model.spec) && status == STATUS_OK; k++) {
        struct evaluation evaluation;
        status =
            model_evaluate(&chosen->model, k, &chosen->dataset, &chosen->arena, &evaluation, error);
        if (status != STATUS_OK)
            break;
        json_begin_object(json, NULL);
        json_text(json, "name", evaluation.output);
        json_number(json, "test_accuracy", evaluation.accuracy);
        evaluation_json(json, &evaluation, (size_t)arguments->mistakes);
        json_end(json);
    }
    json_end(json);
    return status;
}

static enum status json_rest(struct json *json, struct arguments *arguments, struct error *error) {
    struct trial_selection *chosen = &arguments->chosen;
    struct evaluation evaluation;
    if (!chosen->has_model || !chosen->has_data) {
        json_null(json, "confusion");
        json_null(json, "mistakes");
        json_text(json, "missing",
                  chosen->has_model ? chosen->no_data.message : chosen->no_model.message);
        return STATUS_OK;
    }
    enum status status =
        model_evaluate(&chosen->model, 0, &chosen->dataset, &chosen->arena, &evaluation, error);
    if (status == STATUS_OK)
        evaluation_json(json, &evaluation, (size_t)arguments->mistakes);
    if (status == STATUS_OK && evaluation.output)
        status = json_outputs(json, arguments, error);
    return status;
}

static enum status scores_json(struct json *json, struct trial_selection *chosen,
                               struct error *error) {
    size_t count;
    const struct named_score *scores = list_scores(&chosen->record, &chosen->arena, &count);
    if (!scores)
        return error_memory(error);
    json_begin_object(json, "scores");
    for (size_t i = 0; i < count; i++)
        json_number(json, scores[i].name, scores[i].value);
    json_end(json);
    return STATUS_OK;
}

static enum status print_json(struct arguments *arguments, const struct provenance *provenance,
                              struct error *error) {
    struct trial_selection *chosen = &arguments->chosen;
    const struct trial_record *record = &chosen->record;
    struct network_spec spec;
    struct json json;
    json_init(&json);
    json_integer(&json, "trial", record->id);
    json_integer(&json, "sweep", record->sweep_id);
    json_text(&json, "name", record->sweep);
    json_text(&json, "dataset", record->dataset);
    trial_normalization_json(&json, chosen);
    json_text(&json, "status", record->status);
    json_text(&json, "metric", record->metric);
    json_integer(&json, "seed", (int64_t)record->seed);
    provenance_command_json(&json, "trained_by", provenance_find(provenance, record->command));
    provenance_json(&json, provenance);
    enum status status = setting_json(&json, record, error);
    if (status == STATUS_OK)
        status = scores_json(&json, chosen, error);
    if (find_spec(chosen, &spec))
        architecture_json(&json, &spec);
    else
        json_null(&json, "layers");
    history_json(&json, record);
    if (status == STATUS_OK)
        status = json_rest(&json, arguments, error);
    if (status == STATUS_OK)
        status = json_print(&json, JSON_PRETTY, stdout, error);
    json_release(&json);
    return status;
}

/* --- for Keras --- */

/* What was measured on the images that are trained on, which is measured on all. */
static const struct metric **list_metrics(struct trial_selection *chosen, size_t *count) {
    const struct trial_record *record = &chosen->record;
    const struct metric **known =
        ARENA_NEW(&chosen->arena, const struct metric *, record->recorded_count + 1);
    *count = 0;
    for (size_t i = 0; i < record->recorded_count && known; i++)
        if (record->recorded[i].score.split == SCORE_TRAINING)
            known[(*count)++] = record->recorded[i].score.metric;
    return known;
}

static enum status print_keras(struct trial_selection *chosen, struct error *error) {
    struct network_spec spec;
    struct text text;
    size_t count;
    const struct metric **known = list_metrics(chosen, &count);
    if (!known)
        return error_memory(error);
    if (!find_spec(chosen, &spec)) {
        *error = chosen->no_data;
        return error->code;
    }
    const struct model_shape shape =
        chosen->has_data ? model_shape_of(&chosen->dataset) : chosen->model.shape;
    const struct keras_request request = {
        .trial = chosen->record.id,
        .sweep = chosen->record.sweep_id,
        .setting = &chosen->record.setting,
        .spec = &spec,
        .classes = shape_size(layer_shape(&spec.layers[spec.layer_count - 1],
                                          network_layer_input(&spec, spec.layer_count - 1))),
        .values = shape.values,
        .unit = shape.unit,
        .dataset = chosen->record.dataset,
        .data = chosen->has_data ? &chosen->dataset : NULL,
        .options = &chosen->options,
        .images = chosen->has_data ? chosen->dataset.train.count : 0,
        .metrics = known,
        .metric_count = count};
    text_init(&text);
    keras_append(&request, &text);
    const bool failed = text.failed;
    if (!failed)
        fputs(text.data, stdout);
    text_release(&text);
    return failed ? error_memory(error) : STATUS_OK;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.mistakes = MISTAKES_SHOWN};
    struct error error;
    trial_selection_init(&arguments.chosen);
    command_parse(&command_show, argc, argv, &arguments);
    if (arguments.keras && arguments.form == FORM_JSON)
        command_misused(&command_show, "--keras prints Python code, not JSON");
    struct trial_selection *chosen = &arguments.chosen;
    chosen->weights_alone = arguments.keras; /* the code normalises by itself */
    struct provenance provenance;
    enum status status = trial_selection_find(chosen, true, &error);
    if (status == STATUS_OK)
        status = store_provenance(chosen->store, chosen->record.sweep_id, &chosen->arena,
                                  &provenance, &error);
    if (status == STATUS_OK) {
        live_settle(&provenance);
        status = arguments.keras               ? print_keras(chosen, &error)
                 : arguments.form == FORM_JSON ? print_json(&arguments, &provenance, &error)
                                               : print(&arguments, &provenance, &error);
    }
    int code = status == STATUS_OK ? 0 : command_fail(&error);
    trial_selection_release(&arguments.chosen);
    return code;
}

const struct command command_show = {
    .name = "show",
    .help = "show a trial and its network",
    .description =
        "Show a trial: its hyperparameters, its network, its learning curves, and what it makes of "
        "the test images. TRIAL is a trial_id or best, which is the default: of the sweep started "
        "last the best trial of the best setting, which `sweep top` and `sweep compare` put first. "
        "Where another single trial has a better score, it is told.",
    .options = options,
    .run = run,
};
