#include "report/page_data.h"

#include "base/json.h"
#include "report/page_search.h"
#include "report/provenance.h"
#include "store/factors.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Scores as exactly as they are ranked (stats/ranking.h). What is drawn needs few digits, and ten
 * thousand trials' curves are many numbers. */
#define SCORE_DIGITS 10
#define CURVE_DIGITS 5

/* The state of a trial that is being trained, behind those that the database knows. */
#define RUNNING OBSERVATION_STATUSES
#define INTERRUPTED (OBSERVATION_STATUSES + 1)

static void append_warnings(struct json *json, const char *warnings) {
    json_begin_array(json, "warnings");
    for (const char *line = warnings; *line;) {
        const size_t length = strcspn(line, "\n");
        struct text one;
        text_init(&one);
        text_append_bytes(&one, line, length);
        if (length > 0)
            json_text(json, NULL, one.data);
        json->failed |= one.failed;
        text_release(&one);
        line += length + (line[length] == '\n');
    }
    json_end(json);
}

static void append_row(struct json *json, const struct report_sweep *sweep) {
    json_begin_object(json, "sweep");
    json_integer(json, "id", sweep->id);
    json_text(json, "name", sweep->name);
    json_text(json, "description", sweep->description);
    json_text(json, "metric", sweep->metric);
    json_text(json, "config", sweep->config);
    json_text(json, "settings", sweep->settings);
    json_text(json, "config_digest", sweep->config_digest);
    json_text(json, "dataset", sweep->dataset);
    json_text(json, "dataset_digest", sweep->dataset_digest);
    json_text(json, "dataset_changes", sweep->dataset_changes);
    append_warnings(json, sweep->warnings);
    json_end(json);
}

static bool is_number(const struct hyperparameter *hyperparameter) {
    return hyperparameter->type == VALUE_INTEGER || hyperparameter->type == VALUE_REAL;
}

static void append_level(struct json *json, const struct hyperparameter *hyperparameter,
                         const struct level *level) {
    if (level->none)
        json_null(json, NULL);
    else if (is_number(hyperparameter))
        json_number(json, NULL, level->number);
    else
        json_text(json, NULL, level->text);
}

static void append_within(struct json *json, const struct hyperparameter *hyperparameter) {
    json_begin_array(json, "within");
    for (size_t i = 0; i < HP_COUNT; i++)
        if (factor_is_within(hyperparameter, (enum hyperparameter_id)i))
            json_text(json, NULL, hyperparameter_column(&hyperparameters[i]));
    json_end(json);
}

static void append_scale(struct json *json, enum factor_scale scale) {
    if (scale == SCALE_NOT_KNOWN)
        json_null(json, "log");
    else
        json_boolean(json, "log", scale == SCALE_LOGARITHMIC);
}

/* All trials have `constant` where there is no factor. */
static void append_hyperparameter(struct json *json, const struct hyperparameter *one,
                                  const struct factor *factor, const struct level *constant) {
    const struct level *levels = factor ? factor->levels : constant;
    const size_t count = factor ? factor->level_count : 1;
    json_begin_object(json, NULL);
    json_text(json, "name", hyperparameter_column(one));
    json_boolean(json, "number", is_number(one));
    json_boolean(json, "varied", factor && factor->varied);
    json_begin_array(json, "aliases");
    for (size_t j = 0; j < 2 && one->aliases[j] && !(factor && factor->part); j++)
        json_text(json, NULL, one->aliases[j]);
    json_end(json);
    append_scale(json, factor ? factor->scale : SCALE_NOT_KNOWN);
    append_within(json, one);
    json_begin_array(json, "levels");
    for (size_t j = 0; j < count; j++)
        append_level(json, one, &levels[j]);
    json_end(json);
    json_end(json);
}

/* In the order of page_place_of. */
static void append_hyperparameters(struct json *json, const struct observations *observations) {
    json_begin_array(json, "hyperparameters");
    for (size_t i = 0; i < HP_COUNT; i++)
        append_hyperparameter(json, &hyperparameters[i],
                              observations_factor(observations, &hyperparameters[i]),
                              &observations->constants[i]);
    for (size_t i = 0; i < observations->factor_count; i++) {
        const struct factor *factor = &observations->factors[i];
        if (factor->part)
            append_hyperparameter(json, factor->hyperparameter, factor, NULL);
    }
    json_end(json);
}

static void append_defining(struct json *json, const struct score *score) {
    json_begin_array(json, "defined_by");
    for (size_t i = 0; i < HP_COUNT; i++)
        if (score_is_defined_by(score, (enum hyperparameter_id)i))
            json_text(json, NULL, hyperparameter_column(&hyperparameters[i]));
    json_end(json);
}

static void append_measured(struct json *json, const struct score *score) {
    static const char *const splits[] = {[SCORE_VALIDATION] = "validation",
                                         [SCORE_TEST] = "test",
                                         [SCORE_TRAINING] = "training",
                                         [SCORE_UNSPLIT] = NULL};
    json_text(json, "quantity", score->quantity);
    json_text(json, "split", splits[score->split]);
    json_number(json, "most", score->most);
}

static void append_metrics(struct json *json, const struct page_metrics *menu) {
    json_integer(json, "metric", (int64_t)menu->own);
    json_begin_array(json, "metrics");
    for (size_t i = 0; i < menu->count; i++) {
        const struct page_metric *metric = &menu->items[i];
        json_begin_object(json, NULL);
        json_text(json, "name", metric->name);
        json_text(json, "column", metric->observations.column);
        json_boolean(json, "maximize", metric->observations.maximize);
        append_measured(json, &metric->observations.score);
        append_defining(json, &metric->observations.score);
        json_end(json);
    }
    json_end(json);
}

/* By trial; null for those whose score is another quantity. Both lists have the same order. */
static void append_values(struct json *json, const struct observations *whole,
                          const struct observations *part) {
    json_begin_array(json, NULL);
    for (size_t i = 0, next = 0; i < whole->count; i++) {
        const bool has = next < part->count && part->items[next].trial == whole->items[i].trial;
        json_rounded(json, NULL, has ? part->items[next].value : (double)NAN, SCORE_DIGITS);
        next += has;
    }
    json_end(json);
}

/* A setting's levels are those of its first trial. */
static void append_levels_of(struct json *json, const struct observations *observations,
                             const struct factor *factor) {
    const size_t width = observations->factor_count;
    if (!factor) {
        json_null(json, NULL);
        return;
    }
    const size_t at = (size_t)(factor - observations->factors);
    json_begin_array(json, NULL);
    for (size_t j = 0, setting = 0; j < observations->count; j++)
        if (observations->items[j].setting == setting) {
            json_integer(json, NULL, observations->levels[j * width + at]);
            setting++;
        }
    json_end(json);
}

static void append_settings(struct json *json, const struct observations *observations) {
    json_begin_array(json, "settings");
    for (size_t i = 0; i < HP_COUNT; i++)
        append_levels_of(json, observations,
                         observations_factor(observations, &hyperparameters[i]));
    for (size_t i = 0; i < observations->factor_count; i++)
        if (observations->factors[i].part)
            append_levels_of(json, observations, &observations->factors[i]);
    json_end(json);
}

/* Beyond 2^53 a script can't tell neighbours apart. */
static void append_seed(struct json *json, uint64_t seed) {
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, seed);
    if (seed < UINT64_C(1) << 53)
        json_integer(json, NULL, (int64_t)seed);
    else
        json_text(json, NULL, digits);
}

static void append_failures(struct json *json, const struct report_data *data) {
    json_begin_array(json, "failures");
    for (size_t i = 0; i < data->failure_count; i++) {
        json_begin_array(json, NULL);
        json_integer(json, NULL, data->failures[i].trial);
        json_text(json, NULL, data->failures[i].error);
        json_end(json);
    }
    json_end(json);
}

/* The place of each trial's command among the sweep's, and when the trial ended. */
static void append_origins(struct json *json, const struct report_data *data) {
    const size_t count = data->observations->count;
    json_begin_array(json, "command");
    for (size_t i = 0; i < count; i++) {
        const struct command_record *command =
            provenance_find(&data->provenance, data->origins[i].command);
        if (command)
            json_integer(json, NULL, command - data->provenance.commands);
        else
            json_null(json, NULL);
    }
    json_end(json);
    json_begin_array(json, "finished");
    for (size_t i = 0; i < count; i++)
        if (data->origins[i].finished > 0)
            json_integer(json, NULL, data->origins[i].finished);
        else
            json_null(json, NULL);
    json_end(json);
}

static void append_trials(struct json *json, const struct report_data *data,
                          const struct page_metrics *menu) {
    const struct observations *observations = data->observations;
    const size_t count = observations->count;
    json_begin_object(json, "trials");
    json_begin_array(json, "id");
    for (size_t i = 0; i < count; i++)
        json_integer(json, NULL, observations->items[i].trial);
    json_end(json);
    json_begin_array(json, "setting");
    for (size_t i = 0; i < count; i++)
        json_integer(json, NULL, (int64_t)observations->items[i].setting);
    json_end(json);
    json_begin_array(json, "run");
    for (size_t i = 0; i < count; i++)
        json_integer(json, NULL, (int64_t)data->runs[i]);
    json_end(json);
    json_begin_array(json, "state");
    for (size_t i = 0; i < count; i++)
        json_integer(json, NULL,
                     !data->unfinished[i] ? (int64_t)observations->items[i].status
                     : data->going[i]     ? RUNNING
                                          : INTERRUPTED);
    json_end(json);
    append_origins(json, data);
    json_begin_array(json, "seed");
    for (size_t i = 0; i < count; i++)
        append_seed(json, observations->items[i].seed);
    json_end(json);
    json_begin_array(json, "values");
    for (size_t i = 0; i < menu->count; i++)
        append_values(json, observations, &menu->items[i].observations);
    json_end(json);
    json_end(json);
}

/* A series without a single value, such as val_loss where nothing is held out, is left out. */
static bool has_series(const struct report_curves *curves, size_t series) {
    for (size_t i = 0; i < curves->count; i++)
        for (size_t j = 0; j < curves->curves[i].length; j++)
            if (isfinite(curves->curves[i].values[j * curves->series_count + series]))
                return true;
    return false;
}

static void append_curve(struct json *json, const struct report_data *data,
                         const struct report_curves *curves, const bool *wanted, size_t which) {
    const struct report_curve *curve = &curves->curves[which];
    json_begin_object(json, NULL);
    json_integer(json, "run", (int64_t)data->runs[curve->trial]);
    json_begin_array(json, "epoch");
    for (size_t i = 0; i < curve->length; i++)
        json_integer(json, NULL, (int64_t)curve->epochs[i]);
    json_end(json);
    json_begin_array(json, "values");
    for (size_t i = 0; i < curves->series_count; i++) {
        if (!wanted[i])
            continue;
        json_begin_array(json, NULL);
        for (size_t j = 0; j < curve->length; j++)
            json_rounded(json, NULL, curve->values[j * curves->series_count + i], CURVE_DIGITS);
        json_end(json);
    }
    json_end(json);
    json_end(json);
}

static void append_curves(struct json *json, const struct report_data *data,
                          const struct report_curves *curves) {
    bool wanted[REPORT_SERIES_MAX];
    json_begin_object(json, "curves");
    json_integer(json, "of", (int64_t)data->run_count);
    json_begin_array(json, "series");
    for (size_t i = 0; i < curves->series_count; i++)
        if ((wanted[i] = has_series(curves, i))) {
            json_begin_object(json, NULL);
            json_text(json, "name", curves->series[i].name);
            append_measured(json, &curves->series[i]);
            json_end(json);
        }
    json_end(json);
    json_begin_array(json, "runs");
    for (size_t i = 0; i < curves->count; i++)
        append_curve(json, data, curves, wanted, i);
    json_end(json);
    json_end(json);
}

static void append_objectives(struct json *json, const struct pareto *pareto) {
    json_begin_array(json, "metrics");
    for (size_t i = 0; i < pareto->objective_count; i++) {
        json_begin_object(json, NULL);
        json_text(json, "name", pareto->objectives[i].score.name);
        json_boolean(json, "maximize", pareto->objectives[i].maximize);
        json_number(json, "most", pareto->objectives[i].score.most);
        json_end(json);
    }
    json_end(json);
}

static void append_pareto(struct json *json, const struct pareto *pareto) {
    if (pareto->objective_count == 0) {
        json_null(json, "pareto");
        return;
    }
    json_begin_object(json, "pareto");
    append_objectives(json, pareto);
    json_begin_array(json, "scores");
    for (size_t i = 0; i < pareto->objective_count; i++) {
        json_begin_array(json, NULL);
        for (size_t j = 0; j < pareto->setting_count; j++)
            json_rounded(json, NULL, pareto_score(pareto, j, i)->mean, SCORE_DIGITS);
        json_end(json);
    }
    json_end(json);
    json_begin_array(json, "settings");
    for (size_t i = 0; i < pareto->setting_count; i++)
        if (pareto->has[i])
            json_integer(json, NULL, (int64_t)i);
    json_end(json);
    json_end(json);
}

/* What a browser might take for the end of the script, or for the end of a line in old ones, is
 * written as an escape: such characters are in strings only. */
static void append_escaped(struct text *text, const char *json) {
    for (const char *c = json; *c; c++)
        if (*c == '<' || *c == '>' || *c == '&')
            text_printf(text, "\\u%04x", *c);
        else if (strncmp(c, "\xe2\x80\xa8", 3) == 0 || strncmp(c, "\xe2\x80\xa9", 3) == 0) {
            text_append(text, c[2] == '\xa8' ? "\\u2028" : "\\u2029");
            c += 2;
        } else
            text_append_bytes(text, c, 1);
}

static void append_reason(struct json *json, const struct page_reason *reason) {
    if (!reason->kind) {
        json_null(json, "no_winner");
        return;
    }
    json_begin_object(json, "no_winner");
    json_text(json, "kind", reason->kind);
    json_text(json, "text", reason->text);
    json_end(json);
}

static void append_sweep(struct json *json, const struct page_sweep *sweep) {
    json_begin_object(json, NULL);
    append_row(json, &sweep->data->sweep);
    provenance_json(json, &sweep->data->provenance);
    append_hyperparameters(json, sweep->data->observations);
    append_metrics(json, sweep->metrics);
    append_settings(json, sweep->data->observations);
    append_trials(json, sweep->data, sweep->metrics);
    append_failures(json, sweep->data);
    append_curves(json, sweep->data, sweep->curves);
    page_effects_append(sweep->metrics, sweep->data, json);
    append_pareto(json, sweep->pareto);
    page_search_append(sweep->metrics, json);
    json_begin_array(json, "winners");
    for (size_t i = 0; i < sweep->winner_count; i++)
        page_winner_append(&sweep->winners[i], json);
    json_end(json);
    append_reason(json, &sweep->no_winner);
    json_end(json);
}

static void append_live(struct json *json, const struct page_live *live) {
    if (!live->state) {
        json_null(json, "live");
        return;
    }
    json_begin_object(json, "live");
    json_text(json, "state", live->state);
    json_number(json, "every", live->every);
    json_integer(json, "written", time(NULL));
    json_end(json);
}

enum status page_json_append(struct json *json, struct text *text, struct error *error) {
    struct text plain;
    text_init(&plain);
    const enum status status = json_append(json, JSON_ONE_LINE, &plain, error);
    if (status == STATUS_OK)
        append_escaped(text, plain.data);
    json_release(json);
    text_release(&plain);
    return status == STATUS_OK && text->failed ? error_memory(error) : status;
}

enum status page_data_append(const struct page *page, struct text *text, struct error *error) {
    struct json json;
    json_init(&json);
    json_text(&json, "database", page->database);
    append_live(&json, &page->live);
    json_begin_array(&json, "sweeps");
    for (size_t i = 0; i < page->count; i++)
        append_sweep(&json, &page->sweeps[i]);
    json_end(&json);
    return page_json_append(&json, text, error);
}
