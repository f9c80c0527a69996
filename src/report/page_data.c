#include "report/page_data.h"

#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MISTAKES_SHOWN 24

/* What is drawn needs few digits, and ten thousand trials' curves are many numbers. */
#define SCORE_DIGITS 7
#define CURVE_DIGITS 5

static void rounded(struct json *json, double number, int digits) {
    char text[40];
    snprintf(text, sizeof text, "%.*g", digits, number);
    json_number(json, NULL, strtod(text, NULL));
}

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

static void append_sweep(struct json *json, const struct page *page) {
    const struct report_sweep *sweep = &page->data->sweep;
    json_begin_object(json, "sweep");
    json_integer(json, "id", sweep->id);
    json_integer(json, "jobs", sweep->jobs);
    json_text(json, "database", page->database);
    json_text(json, "name", sweep->name);
    json_text(json, "description", sweep->description);
    json_text(json, "metric", sweep->metric);
    json_text(json, "config_path", sweep->config_path);
    json_text(json, "config", sweep->config);
    json_text(json, "settings", sweep->settings);
    json_text(json, "config_digest", sweep->config_digest);
    json_text(json, "dataset", sweep->dataset);
    json_text(json, "dataset_source", sweep->dataset_source);
    json_text(json, "dataset_digest", sweep->dataset_digest);
    json_text(json, "version", sweep->version);
    json_text(json, "cpu", sweep->cpu);
    json_text(json, "openblas_config", sweep->openblas_config);
    json_text(json, "openblas_core", sweep->openblas_core);
    json_text(json, "started_at", sweep->started_at);
    json_text(json, "finished_at", sweep->finished_at);
    append_warnings(json, sweep->warnings);
    json_end(json);
}

static bool is_number(const struct factor *factor) {
    const enum value_type type = factor->hyperparameter->type;
    return type == VALUE_INTEGER || type == VALUE_REAL;
}

static void append_level(struct json *json, const struct factor *factor,
                         const struct level *level) {
    if (level->none)
        json_null(json, NULL);
    else if (is_number(factor))
        json_number(json, NULL, level->number);
    else
        json_text(json, NULL, level->text);
}

/* Those that differ by themselves: not sgd's momentum beside adam. */
static void append_hyperparameters(struct json *json, const struct observations *observations) {
    json_begin_array(json, "hyperparameters");
    for (size_t i = 0; i < observations->factor_count; i++) {
        const struct factor *factor = &observations->factors[i];
        if (!factor->varied)
            continue;
        json_begin_object(json, NULL);
        json_text(json, "name", factor->name);
        json_boolean(json, "number", is_number(factor));
        json_begin_array(json, "levels");
        for (size_t j = 0; j < factor->level_count; j++)
            append_level(json, factor, &factor->levels[j]);
        json_end(json);
        json_end(json);
    }
    json_end(json);
}

static void append_metrics(struct json *json, const struct report_data *data) {
    json_integer(json, "metric", (int64_t)data->metric);
    json_begin_array(json, "metrics");
    for (size_t i = 0; i < data->metric_count; i++) {
        json_begin_object(json, NULL);
        json_text(json, "name", data->observations[i].column);
        json_boolean(json, "maximize", data->observations[i].maximize);
        json_end(json);
    }
    json_end(json);
}

/* A setting's levels are those of its first trial. */
static void append_settings(struct json *json, const struct observations *observations) {
    const size_t width = observations->factor_count;
    json_begin_array(json, "settings");
    for (size_t i = 0; i < width; i++) {
        if (!observations->factors[i].varied)
            continue;
        json_begin_array(json, NULL);
        for (size_t j = 0, setting = 0; j < observations->count; j++)
            if (observations->items[j].setting == setting) {
                json_integer(json, NULL, observations->levels[j * width + i]);
                setting++;
            }
        json_end(json);
    }
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

static void append_trials(struct json *json, const struct report_data *data) {
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
        json_integer(json, NULL, observations->items[i].status);
    json_end(json);
    json_begin_array(json, "seed");
    for (size_t i = 0; i < count; i++)
        append_seed(json, observations->items[i].seed);
    json_end(json);
    json_begin_array(json, "values");
    for (size_t i = 0; i < data->metric_count; i++) {
        json_begin_array(json, NULL);
        for (size_t j = 0; j < count; j++)
            rounded(json, data->observations[i].items[j].value, SCORE_DIGITS);
        json_end(json);
    }
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
            rounded(json, curve->values[j * curves->series_count + i], CURVE_DIGITS);
        json_end(json);
    }
    json_end(json);
    json_end(json);
}

static void append_curves(struct json *json, const struct page *page) {
    const struct report_curves *curves = page->curves;
    bool wanted[REPORT_SERIES_MAX];
    json_begin_object(json, "curves");
    json_integer(json, "of", (int64_t)page->data->run_count);
    json_begin_array(json, "series");
    for (size_t i = 0; i < curves->series_count; i++)
        if ((wanted[i] = has_series(curves, i)))
            json_text(json, NULL, curves->series[i]);
    json_end(json);
    json_begin_array(json, "runs");
    for (size_t i = 0; i < curves->count; i++)
        append_curve(json, page->data, curves, wanted, i);
    json_end(json);
    json_end(json);
}

/* Pixels in base64: JSON has no bytes. */
static void append_pixels(struct json *json, const uint8_t *pixels, size_t count) {
    struct text text;
    text_init(&text);
    text_append_base64(&text, pixels, count);
    json_text(json, "pixels", text.data);
    json->failed |= text.failed;
    text_release(&text);
}

static void append_mistake(struct json *json, const struct page_winner *winner,
                           const struct mistake *mistake) {
    const size_t pixels = winner->dataset->rows * winner->dataset->columns;
    json_begin_object(json, NULL);
    json_integer(json, "index", (int64_t)mistake->image);
    json_integer(json, "label", mistake->label);
    json_integer(json, "predicted", mistake->predicted);
    json_number(json, "probability", (double)mistake->confidence);
    append_pixels(json, winner->dataset->test.pixels + mistake->image * pixels, pixels);
    json_end(json);
}

static void append_winner(struct json *json, const struct page_winner *winner) {
    if (!winner) {
        json_null(json, "winner");
        return;
    }
    const struct evaluation *evaluation = winner->evaluation;
    json_begin_object(json, "winner");
    json_integer(json, "trial", (int64_t)winner->trial);
    json_integer(json, "rows", (int64_t)winner->dataset->rows);
    json_integer(json, "columns", (int64_t)winner->dataset->columns);
    json_begin_array(json, "confusion");
    for (size_t i = 0; i < evaluation->classes; i++) {
        json_begin_array(json, NULL);
        for (size_t j = 0; j < evaluation->classes; j++)
            json_integer(json, NULL, evaluation->confusion[i * evaluation->classes + j]);
        json_end(json);
    }
    json_end(json);
    json_begin_array(json, "mistakes");
    for (size_t i = 0; i < evaluation->mistake_count && i < MISTAKES_SHOWN; i++)
        append_mistake(json, winner, &evaluation->mistakes[i]);
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

enum status page_data_append(const struct page *page, struct text *text, struct error *error) {
    struct json json;
    struct text plain;
    text_init(&plain);
    json_init(&json);
    append_sweep(&json, page);
    append_hyperparameters(&json, page->data->observations);
    append_metrics(&json, page->data);
    append_settings(&json, page->data->observations);
    append_trials(&json, page->data);
    append_failures(&json, page->data);
    append_curves(&json, page);
    page_effects_append(page->effects, page->data, &json);
    append_winner(&json, page->winner);
    if (page->no_winner)
        json_text(&json, "no_winner", page->no_winner);
    else
        json_null(&json, "no_winner");
    enum status status = json_append(&json, JSON_ONE_LINE, &plain, error);
    if (status == STATUS_OK)
        append_escaped(text, plain.data);
    json_release(&json);
    text_release(&plain);
    return status == STATUS_OK && text->failed ? error_memory(error) : status;
}
