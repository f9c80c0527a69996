#include "report/leaderboard_print.h"

#include "analysis/pareto.h"
#include "base/text.h"
#include "exchange/value.h"
#include "report/digits.h"
#include "report/table_fit.h"
#include "report/terminal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define RANKS_NAMED 3 /* that share a score, below the best */

static const char *number(struct arena *arena, double value, int decimals) {
    return isnan(value) ? "-" : arena_printf(arena, "%.*f", decimals, value);
}

/* Counts, as of parameters, are whole. Without an uncertainty, shares such as an accuracy have four
 * places, the rest four digits. */
static const char *score(struct arena *arena, const struct score *of, double value,
                         double deviation) {
    if (isnan(value))
        return "-";
    if (of->split == SCORE_UNSPLIT && value == floor(value))
        return number(arena, value, 0);
    if (!isnan(deviation))
        return digits_text(arena, value, deviation);
    if (of->most == 1)
        return number(arena, value, 4);
    return arena_printf(arena, fabs(value) < 1e5 ? "%.4g" : "%.6g", value);
}

/* The leaderboard's own column may say it already; and of trials that predict numbers none has it.
 */
static bool shows_test_accuracy(const struct leaderboard *leaderboard) {
    bool any = leaderboard->observations->score.metric != NULL;
    for (size_t i = 0; i < leaderboard->count && !any; i++)
        any = !isnan(leaderboard->standings[i].test_accuracy);
    return any && strcmp(leaderboard->observations->column, "test_accuracy") != 0;
}

/* The metrics that have no column of their own already. */
static bool shows_objective(const struct leaderboard *leaderboard, size_t objective) {
    const char *name = leaderboard->pareto->objectives[objective].score.name;
    return strcmp(name, leaderboard->observations->column) != 0 &&
           strcmp(name, "test_accuracy") != 0 && strcmp(name, "train_seconds") != 0;
}

static size_t objectives_of(const struct leaderboard *leaderboard) {
    return leaderboard->pareto ? leaderboard->pareto->objective_count : 0;
}

static bool is_in_set(const struct leaderboard *leaderboard, const struct standing *standing) {
    return leaderboard->pareto->has[standing->setting];
}

static size_t diverged_of(const struct leaderboard *leaderboard) {
    return leaderboard->observations->totals[OBSERVATION_DIVERGED];
}

/* Where all rows are in the set, none is marked. */
static bool shows_marks(const struct leaderboard *leaderboard) {
    return leaderboard->pareto && !leaderboard->only_pareto;
}

static size_t columns_of(const struct leaderboard *leaderboard, struct table_column *columns) {
    size_t count = 0;
    columns[count++] = (struct table_column){"rank", .number = true};
    if (shows_marks(leaderboard))
        columns[count++] = (struct table_column){.title = "pareto"};
    if (leaderboard->single)
        columns[count++] = (struct table_column){"trial", .number = true};
    for (size_t i = 0; i < leaderboard->hyperparameter_count; i++) {
        const char *name = leaderboard->hyperparameters[i];
        columns[count++] = (struct table_column){name, .number = value_is_number(name)};
    }
    columns[count++] = (struct table_column){leaderboard->single ? "seed" : "n", .number = true};
    if (diverged_of(leaderboard) > 0)
        columns[count++] = (struct table_column){"diverged", .number = true};
    columns[count++] = (struct table_column){leaderboard->observations->column, .number = true};
    if (!leaderboard->single)
        columns[count++] = (struct table_column){"sd", .number = true};
    for (size_t i = 0; i < objectives_of(leaderboard); i++)
        if (shows_objective(leaderboard, i))
            columns[count++] = (struct table_column){leaderboard->pareto->objectives[i].score.name,
                                                     .number = true};
    if (shows_test_accuracy(leaderboard))
        columns[count++] = (struct table_column){"test_accuracy", .number = true};
    columns[count++] = (struct table_column){"seconds", .number = true};
    return count;
}

/* Without a score there is nothing to share. */
static bool is_shared(const struct standing *standing) {
    return standing->score.n > 0 && standing->shared_by > 1;
}

/* The means in the sweep's further metrics; returns how many. */
static size_t fill_objectives(struct arena *arena, const struct leaderboard *leaderboard,
                              const struct standing *standing, const char **cells) {
    size_t count = 0;
    for (size_t i = 0; i < objectives_of(leaderboard); i++) {
        const struct summary *mean = pareto_score(leaderboard->pareto, standing->setting, i);
        if (shows_objective(leaderboard, i))
            cells[count++] = score(arena, &leaderboard->pareto->objectives[i].score, mean->mean,
                                   mean->deviation);
    }
    return count;
}

static void fill_row(struct arena *arena, const struct leaderboard *leaderboard, size_t row,
                     const char **cells) {
    const struct standing *standing = &leaderboard->standings[row];
    size_t at = 0;
    const struct observation *trial = &leaderboard->observations->items[standing->observation];
    const struct score *own = &leaderboard->observations->score;
    cells[at++] = arena_printf(arena, "%zu", standing->rank);
    if (shows_marks(leaderboard))
        cells[at++] = is_in_set(leaderboard, standing) ? "*" : "";
    if (leaderboard->single)
        cells[at++] = arena_printf(arena, "%" PRId64, trial->trial);
    for (size_t i = 0; i < leaderboard->hyperparameter_count; i++)
        cells[at++] = standing->values[i];
    cells[at++] = leaderboard->single ? arena_printf(arena, "%" PRIu64, trial->seed)
                                      : arena_printf(arena, "%zu", standing->n);
    if (diverged_of(leaderboard) > 0)
        cells[at++] = arena_printf(arena, "%zu", standing->diverged);
    cells[at++] = score(arena, own, standing->score.mean, standing->score.deviation);
    if (!leaderboard->single)
        cells[at++] = score(arena, own, standing->score.deviation, standing->score.deviation);
    at += fill_objectives(arena, leaderboard, standing, cells + at);
    if (shows_test_accuracy(leaderboard))
        cells[at++] = number(arena, standing->test_accuracy, 4);
    cells[at++] = number(arena, standing->seconds, 2);
}

/* How many share the best score, of each quantity. */
static void append_shared_best(const struct leaderboard *leaderboard, struct text *text) {
    for (size_t i = 0; i < leaderboard->count; i++) {
        const struct standing *standing = &leaderboard->standings[i];
        if (standing->rank != 1 || !is_shared(standing))
            continue;
        text_printf(text, "; %zu %s share the best score", standing->shared_by,
                    leaderboard->single ? "trials" : "settings");
        if (leaderboard->quantities.count < 2)
            continue;
        text_append(text, " of ");
        quantities_append_short(leaderboard->observations, &leaderboard->quantities,
                                standing->quantity, text);
    }
}

/* "; equal scores, in the order of the config: ranks 3 to 5, 7 to 8": those shown, the best aside.
 */
static void append_shared(const struct leaderboard *leaderboard, struct text *text) {
    size_t named = 0;
    for (size_t i = 0; leaderboard->quantities.count == 1 && i < leaderboard->count; i++) {
        const struct standing *standing = &leaderboard->standings[i];
        if (!is_shared(standing) || standing->rank == 1 || standing->rank != standing->shared_from)
            continue;
        if (named++ == RANKS_NAMED) {
            text_append(text, " and more");
            break;
        }
        text_printf(text, "%s %zu to %zu",
                    named > 1 ? "," : "; equal scores, in the order of the config: ranks",
                    standing->rank, standing->rank + standing->shared_by - 1);
    }
}

/* "; * 5 of 12 settings are in the Pareto set: none is as good in ... and better in one". */
static void append_set(const struct leaderboard *leaderboard, struct text *text) {
    const struct pareto *pareto = leaderboard->pareto;
    if (!pareto)
        return;
    text_printf(text, "; %zu of %zu settings are in the Pareto set%s: no other one is as good in",
                pareto->count, leaderboard->total, leaderboard->only_pareto ? "" : " (*)");
    for (size_t i = 0; i < pareto->objective_count; i++)
        text_printf(text, "%s %s (%s)",
                    i == 0                            ? ""
                    : i + 1 < pareto->objective_count ? ","
                                                      : " and",
                    pareto->objectives[i].score.name,
                    pareto->objectives[i].maximize ? "highest" : "lowest");
    text_append(text, " and better in one of them");
    if (leaderboard->only_pareto && leaderboard->count < pareto->count)
        text_printf(text, "; the first %zu of them are here", leaderboard->count);
    if (pareto->fewer > 0)
        text_printf(text, "; %zu with fewer completed seeds than others can't be", pareto->fewer);
}

/* What the ranks mean where they are not plain. */
static void append_notes(const struct leaderboard *leaderboard, struct text *text) {
    bool fewer = false;
    for (size_t i = 0; i < leaderboard->count; i++)
        fewer |= !leaderboard->single &&
                 leaderboard->standings[i].score.n < leaderboard->standings[0].score.n;
    append_set(leaderboard, text);
    append_shared_best(leaderboard, text);
    append_shared(leaderboard, text);
    if (fewer)
        text_append(text, "; more completed seeds go first");
    if (leaderboard->quantities.count > 1)
        text_append(text, ". ");
    quantities_append_note(leaderboard->observations, &leaderboard->quantities, text);
}

void trials_append(struct text *text, const struct observations *observations) {
    const size_t *totals = observations->totals;
    text_append(text, observations->sweep);
    if (observations->has_namesakes)
        text_printf(text, " (sweep %" PRId64 ")", observations->sweep_id);
    if (*observations->where)
        text_printf(text, ", %s", observations->where);
    text_printf(text, ": %zu of %zu trial%s",
                totals[OBSERVATION_COMPLETED] + totals[OBSERVATION_DIVERGED], observations->count,
                text_plural(observations->count));
    if (totals[OBSERVATION_DIVERGED] > 0)
        text_printf(text, ", %zu of them diverged", totals[OBSERVATION_DIVERGED]);
    if (totals[OBSERVATION_STOPPED] > 0)
        text_printf(text, ", %zu stopped early", totals[OBSERVATION_STOPPED]);
    if (totals[OBSERVATION_FAILED] > 0)
        text_printf(text, ", %zu failed", totals[OBSERVATION_FAILED]);
}

static enum status print_title(FILE *stream, const struct leaderboard *leaderboard,
                               struct error *error) {
    const struct observations *observations = leaderboard->observations;
    const size_t *totals = observations->totals;
    struct text text;
    text_init(&text);
    trials_append(&text, observations);
    if (leaderboard->count > 0)
        text_printf(&text,
                    leaderboard->single ? "; %s, %s first" : "; mean %s over seeds, %s first",
                    observations->column, observations->maximize ? "highest" : "lowest");
    else if (totals[OBSERVATION_FAILED] > 0)
        text_append(&text, "; `sweep show TRIAL_ID` tells of what");
    if (leaderboard->count > 0)
        append_notes(leaderboard, &text);
    return terminal_say(stream, &text, error);
}

enum status leaderboard_print(FILE *stream, const struct leaderboard *leaderboard,
                              struct arena *arena, struct error *error) {
    struct table table = {.rows = leaderboard->count};
    table.count = columns_of(leaderboard, table.columns);
    const size_t cell_count = table.rows * table.count;
    table.cells = ARENA_NEW(arena, const char *, cell_count);
    if (!table.cells)
        return error_memory(error);
    for (size_t row = 0; row < table.rows; row++)
        fill_row(arena, leaderboard, row, table.cells + row * table.count);
    for (size_t i = 0; i < cell_count; i++)
        if (!table.cells[i])
            return error_memory(error);
    enum status status = print_title(stream, leaderboard, error);
    if (status != STATUS_OK || table.rows == 0)
        return status;
    fputc('\n', stream);
    return table_print_fitted(stream, &table, arena, error);
}

static void json_objectives(struct json *json, const struct leaderboard *leaderboard,
                            const struct standing *standing) {
    const struct pareto *pareto = leaderboard->pareto;
    json_boolean(json, "pareto", is_in_set(leaderboard, standing));
    json_begin_object(json, "objectives");
    for (size_t i = 0; i < pareto->objective_count; i++)
        json_number(json, pareto->objectives[i].score.name,
                    pareto_score(pareto, standing->setting, i)->mean);
    json_end(json);
}

static void json_row(struct json *json, const struct leaderboard *leaderboard, size_t row) {
    const struct standing *standing = &leaderboard->standings[row];
    const struct observation *trial = &leaderboard->observations->items[standing->observation];
    json_begin_object(json, NULL);
    json_integer(json, "rank", (int64_t)standing->rank);
    json_integer(json, "shared_by", (int64_t)standing->shared_by);
    if (leaderboard->single) {
        json_integer(json, "trial_id", trial->trial);
        json_integer(json, "seed", (int64_t)trial->seed);
    }
    json_begin_object(json, "hyperparameters");
    for (size_t i = 0; i < leaderboard->hyperparameter_count; i++)
        value_json(json, leaderboard->hyperparameters[i], leaderboard->hyperparameters[i],
                   standing->values[i]);
    json_end(json);
    if (leaderboard->single) {
        json_text(json, "status", standing->diverged > 0 ? "diverged" : "completed");
        json_number(json, "value", standing->score.mean);
    } else {
        json_integer(json, "n", (int64_t)standing->n);
        json_integer(json, "diverged", (int64_t)standing->diverged);
        json_number(json, "mean", standing->score.mean);
        json_number(json, "sd", standing->score.deviation);
    }
    if (leaderboard->pareto)
        json_objectives(json, leaderboard, standing);
    json_number(json, "test_accuracy", standing->test_accuracy);
    json_number(json, "train_seconds", standing->seconds);
    json_end(json);
}

static const char *goal_text(bool maximize) {
    return maximize ? "maximize" : "minimize";
}

/* All metrics of the sweep, which may be one. */
static void json_goals(struct json *json, const struct leaderboard *leaderboard) {
    const struct observations *observations = leaderboard->observations;
    json_begin_array(json, "objectives");
    for (size_t i = 0; i < observations->objective_count; i++) {
        json_begin_object(json, NULL);
        json_text(json, "metric", observations->objectives[i].score.name);
        json_text(json, "goal", goal_text(observations->objectives[i].maximize));
        json_end(json);
    }
    json_end(json);
    if (leaderboard->pareto)
        json_integer(json, "pareto", (int64_t)leaderboard->pareto->count);
}

enum status leaderboard_print_json(FILE *stream, const struct leaderboard *leaderboard,
                                   struct error *error) {
    struct json json;
    const struct observations *observations = leaderboard->observations;
    const size_t *totals = observations->totals;
    json_init(&json);
    json_integer(&json, "sweep_id", observations->sweep_id);
    json_text(&json, "sweep", observations->sweep);
    json_text(&json, "where", *observations->where ? observations->where : NULL);
    json_integer(&json, "trials", (int64_t)observations->count);
    json_integer(&json, "completed", (int64_t)totals[OBSERVATION_COMPLETED]);
    json_integer(&json, "diverged", (int64_t)totals[OBSERVATION_DIVERGED]);
    json_integer(&json, "stopped", (int64_t)totals[OBSERVATION_STOPPED]);
    json_integer(&json, "failed", (int64_t)totals[OBSERVATION_FAILED]);
    json_text(&json, "metric", observations->column);
    json_text(&json, "goal", goal_text(observations->maximize));
    json_goals(&json, leaderboard);
    json_begin_array(&json, "ranked_within");
    for (size_t i = 0; i < leaderboard->quantities.factor_count; i++)
        json_text(&json, NULL, leaderboard->quantities.factors[i]->name);
    json_end(&json);
    json_begin_array(&json, "rows");
    for (size_t i = 0; i < leaderboard->count; i++)
        json_row(&json, leaderboard, i);
    enum status status = json_print(&json, JSON_PRETTY, stream, error);
    json_release(&json);
    return status;
}

static void csv_head(struct csv *csv, const struct leaderboard *leaderboard) {
    static const char *const of_settings[] = {"n", "diverged", NULL};
    static const char *const of_trials[] = {"status", NULL};
    csv_text(csv, "rank");
    if (leaderboard->single)
        csv_text(csv, "trial_id");
    for (size_t i = 0; i < leaderboard->hyperparameter_count; i++)
        csv_text(csv, leaderboard->hyperparameters[i]);
    if (leaderboard->single)
        csv_text(csv, "seed");
    for (const char *const *name = leaderboard->single ? of_trials : of_settings; *name; name++)
        csv_text(csv, *name);
    csv_text(csv, leaderboard->observations->column);
    if (!leaderboard->single)
        csv_text(csv, "sd");
    for (size_t i = 0; i < objectives_of(leaderboard); i++)
        if (shows_objective(leaderboard, i))
            csv_text(csv, leaderboard->pareto->objectives[i].score.name);
    if (shows_test_accuracy(leaderboard))
        csv_text(csv, "test_accuracy");
    if (strcmp(leaderboard->observations->column, "train_seconds") != 0)
        csv_text(csv, "train_seconds");
    csv_text(csv, "shared_by");
    if (leaderboard->pareto)
        csv_text(csv, "pareto");
    csv_end(csv);
}

static void csv_row(struct csv *csv, const struct leaderboard *leaderboard, size_t row) {
    const struct standing *standing = &leaderboard->standings[row];
    const struct observation *trial = &leaderboard->observations->items[standing->observation];
    csv_integer(csv, (int64_t)standing->rank);
    if (leaderboard->single)
        csv_integer(csv, trial->trial);
    for (size_t i = 0; i < leaderboard->hyperparameter_count; i++)
        value_csv(csv, leaderboard->hyperparameters[i], standing->values[i]);
    if (leaderboard->single) {
        csv_integer(csv, (int64_t)trial->seed);
        csv_text(csv, standing->diverged > 0 ? "diverged" : "completed");
    } else {
        csv_integer(csv, (int64_t)standing->n);
        csv_integer(csv, (int64_t)standing->diverged);
    }
    csv_number(csv, standing->score.mean);
    if (!leaderboard->single)
        csv_number(csv, standing->score.deviation);
    for (size_t i = 0; i < objectives_of(leaderboard); i++)
        if (shows_objective(leaderboard, i))
            csv_number(csv, pareto_score(leaderboard->pareto, standing->setting, i)->mean);
    if (shows_test_accuracy(leaderboard))
        csv_number(csv, standing->test_accuracy);
    if (strcmp(leaderboard->observations->column, "train_seconds") != 0)
        csv_number(csv, standing->seconds);
    csv_integer(csv, (int64_t)standing->shared_by);
    if (leaderboard->pareto)
        csv_text(csv, is_in_set(leaderboard, standing) ? "true" : "false");
    csv_end(csv);
}

void leaderboard_print_csv(FILE *stream, const struct leaderboard *leaderboard) {
    struct csv csv;
    csv_init(&csv, stream);
    csv_head(&csv, leaderboard);
    for (size_t i = 0; i < leaderboard->count; i++)
        csv_row(&csv, leaderboard, i);
}
