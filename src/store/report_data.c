#include "store/report_data.h"

#include "base/text.h"
#include "store/store_private.h"
#include "sweep/hyperparameter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct store *store;
    struct arena *arena;
    struct report_data *data;
    size_t room;   /* for settings, and for trials */
    int64_t first; /* trial of the setting being read */
};

typedef enum status take_row(struct statement *statement, struct reading *reading,
                             struct error *error);

static enum status each_row(struct reading *reading, struct statement *statement, take_row *take,
                            struct error *error) {
    bool row = true;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && row) {
        status = statement_step(statement, &row, error);
        if (status == STATUS_OK && row)
            status = take(statement, reading, error);
    }
    return status;
}

/* Run a query whose one parameter is a sweep or a trial, and hand each row to `take`. */
static enum status query(struct reading *reading, const char *sql, int64_t parameter,
                         take_row *take, struct error *error) {
    struct statement *statement;
    enum status status = database_prepare(reading->store->database, sql, &statement, error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, parameter);
        status = each_row(reading, statement, take, error);
    }
    statement_free(statement);
    return status;
}

static enum status take_sweep(struct statement *statement, struct reading *reading,
                              struct error *error) {
    struct report_sweep *sweep = &reading->data->sweep;
    const char **const texts[] = {&sweep->name,
                                  &sweep->description,
                                  &sweep->metric,
                                  &sweep->config_path,
                                  &sweep->config,
                                  &sweep->settings,
                                  &sweep->config_digest,
                                  &sweep->dataset,
                                  &sweep->dataset_source,
                                  &sweep->dataset_digest,
                                  &sweep->warnings,
                                  &sweep->version,
                                  &sweep->cpu,
                                  &sweep->openblas_config,
                                  &sweep->openblas_core,
                                  &sweep->started_at,
                                  &sweep->finished_at};
    sweep->id = statement_integer(statement, 0);
    sweep->jobs = statement_integer(statement, 1);
    sweep->maximize = statement_integer(statement, 2) != 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!(*texts[i] = arena_copy(reading->arena, statement_text(statement, 3 + (int)i))))
            return error_memory(error);
    return STATUS_OK;
}

static enum status read_sweep(struct reading *reading, int64_t sweep, struct error *error) {
    return query(reading,
                 "SELECT sweep_id, jobs, goal = 'maximize', name, description, metric,"
                 " config_path, config, settings, config_digest, dataset, dataset_source,"
                 " dataset_digest, warnings, version, cpu, openblas_config, openblas_core,"
                 " started_at, finished_at FROM sweeps WHERE sweep_id = ?",
                 sweep, take_sweep, error);
}

/* Which sweep, and which hyperparameters its settings differ in: what the leaderboard knows. */
static enum status read_axes(struct reading *reading, int64_t *sweep, struct error *error) {
    struct report_data *data = reading->data;
    struct leaderboard board;
    enum status status =
        store_leaderboard(reading->store, *sweep, NULL, 1, reading->arena, &board, error);
    if (status != STATUS_OK)
        return status;
    *sweep = board.id;
    reading->room = board.trials;
    data->hyperparameter_count = board.hyperparameter_count;
    data->hyperparameters =
        ARENA_NEW(reading->arena, struct report_hyperparameter, board.hyperparameter_count);
    if (!data->hyperparameters)
        return error_memory(error);
    for (size_t i = 0; i < board.hyperparameter_count; i++) {
        const struct hyperparameter *found = hyperparameter_find(board.hyperparameters[i]);
        data->hyperparameters[i].name = board.hyperparameters[i];
        data->hyperparameters[i].number =
            found && (found->type == VALUE_INTEGER || found->type == VALUE_REAL);
    }
    return STATUS_OK;
}

static enum status read_metrics(struct reading *reading, struct error *error) {
    struct report_data *data = reading->data;
    const char *names[STORE_RECORDED_MAX];
    enum status status = store_recorded(reading->store, data->sweep.id, reading->arena, names,
                                        &data->metric_count, error);
    if (status != STATUS_OK)
        return status;
    data->metrics = ARENA_NEW(reading->arena, struct report_metric, data->metric_count);
    if (!data->metrics)
        return error_memory(error);
    for (size_t i = 0; i < data->metric_count; i++) {
        struct report_metric *metric = &data->metrics[i];
        *metric = (struct report_metric){.name = names[i]};
        metric->maximize = store_maximizes(names[i], &metric->column);
        if (strcmp(names[i], data->sweep.metric) == 0) {
            metric->maximize = data->sweep.maximize;
            data->metric = i;
        }
    }
    return STATUS_OK;
}

/* A hyperparameter's value as it is in the row. */
static enum status read_level(struct statement *statement, int column,
                              const struct report_hyperparameter *hyperparameter,
                              struct arena *arena, struct report_level *level,
                              struct error *error) {
    struct text text;
    text_init(&text);
    *level = (struct report_level){.none = statement_is_null(statement, column)};
    if (level->none)
        text_append(&text, "-");
    else if (hyperparameter->number)
        text_append_double(&text, level->number = statement_real(statement, column));
    else if (statement_is_number(statement, column))
        text_append(&text, statement_integer(statement, column) != 0 ? "true" : "false");
    else
        text_append(&text, statement_text(statement, column));
    level->text = text.failed ? NULL : arena_copy(arena, text.data);
    text_release(&text);
    return level->text ? STATUS_OK : error_memory(error);
}

static bool is_same_level(const struct report_level *a, const struct report_level *b) {
    return a->none == b->none && strcmp(a->text, b->text) == 0;
}

/* The level's place among those met so far; `levels` has room for one a setting. */
static uint32_t place_level(struct report_hyperparameter *hyperparameter,
                            const struct report_level *level) {
    size_t i = 0;
    while (i < hyperparameter->level_count && !is_same_level(&hyperparameter->levels[i], level))
        i++;
    if (i == hyperparameter->level_count)
        hyperparameter->levels[hyperparameter->level_count++] = *level;
    return (uint32_t)i;
}

#define TRIAL_COLUMNS 6 /* before those of the hyperparameters */

static enum status take_setting(struct statement *statement, struct reading *reading,
                                struct error *error) {
    struct report_data *data = reading->data;
    uint32_t *levels = data->levels + data->setting_count++ * data->hyperparameter_count;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < data->hyperparameter_count && status == STATUS_OK; i++) {
        struct report_level level;
        status = read_level(statement, TRIAL_COLUMNS + (int)i, &data->hyperparameters[i],
                            reading->arena, &level, error);
        if (status == STATUS_OK)
            levels[i] = place_level(&data->hyperparameters[i], &level);
    }
    return status;
}

static enum report_state state_of(const char *status) {
    static const char *const names[] = {[REPORT_PENDING] = "pending",
                                        [REPORT_COMPLETED] = "completed",
                                        [REPORT_DIVERGED] = "diverged",
                                        [REPORT_FAILED] = "failed"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(status, names[i]) == 0)
            return (enum report_state)i;
    return REPORT_PENDING;
}

static enum status take_trial(struct statement *statement, struct reading *reading,
                              struct error *error) {
    struct report_data *data = reading->data;
    if (data->trial_count == reading->room)
        return STATUS_OK; /* added meanwhile by a sweep that runs */
    const int64_t first = statement_integer(statement, 0);
    enum status status = STATUS_OK;
    if (data->trial_count == 0 || first != reading->first)
        status = take_setting(statement, reading, error);
    reading->first = first;
    double *values = ARENA_NEW(reading->arena, double, data->metric_count);
    const char *failure = arena_copy(reading->arena, statement_text(statement, 5));
    if (status == STATUS_OK && (!values || !failure))
        status = error_memory(error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < data->metric_count; i++)
        values[i] =
            statement_real(statement, TRIAL_COLUMNS + (int)(data->hyperparameter_count + i));
    struct report_trial *trial = &data->trials[data->trial_count++];
    *trial = (struct report_trial){.id = statement_integer(statement, 1),
                                   .seed = statement_integer(statement, 2),
                                   .setting = data->setting_count - 1,
                                   .run = (size_t)statement_integer(statement, 3),
                                   .state = state_of(statement_text(statement, 4)),
                                   .values = values,
                                   .error = failure};
    if (trial->run >= data->run_count)
        data->run_count = trial->run + 1;
    return STATUS_OK;
}

/* Hyperparameters and plain metrics are columns of ours; other metrics are bound by name. */
static void append_trials_query(const struct report_data *data, struct text *sql) {
    const char *epochs = hyperparameter_column(&hyperparameters[HP_EPOCHS]);
    text_append(sql, "SELECT min(trial_id) OVER (PARTITION BY setting) AS first, trial_id, seed,"
                     " dense_rank() OVER (ORDER BY ");
    for (size_t i = 0; i < data->hyperparameter_count; i++)
        if (strcmp(data->hyperparameters[i].name, epochs) != 0)
            text_printf(sql, "%s, ", data->hyperparameters[i].name);
    text_append(sql, "seed) - 1, status, error");
    for (size_t i = 0; i < data->hyperparameter_count; i++)
        text_printf(sql, ", %s", data->hyperparameters[i].name);
    for (size_t i = 0; i < data->metric_count; i++)
        if (data->metrics[i].column)
            text_printf(sql, ", %s", data->metrics[i].name);
        else
            text_printf(sql,
                        ", (SELECT value FROM metrics m WHERE m.trial_id = t.trial_id"
                        " AND m.name = ?%zu ORDER BY m.epoch DESC LIMIT 1)",
                        i + 2);
    text_append(sql, " FROM trials t JOIN sweep_trials USING (trial_id) WHERE sweep_id = ?1"
                     " ORDER BY first, seed");
}

static enum status read_trials(struct reading *reading, struct error *error) {
    struct report_data *data = reading->data;
    struct statement *statement = NULL;
    struct text sql;
    text_init(&sql);
    append_trials_query(data, &sql);
    enum status status =
        sql.failed ? error_memory(error)
                   : database_prepare(reading->store->database, sql.data, &statement, error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, data->sweep.id);
        for (size_t i = 0; i < data->metric_count; i++)
            if (!data->metrics[i].column)
                statement_bind_text(statement, (int)i + 2, data->metrics[i].name);
        status = each_row(reading, statement, take_trial, error);
    }
    statement_free(statement);
    text_release(&sql);
    return status;
}

/* Room for a level a setting, and a setting a trial: pieces that are not used stay untouched. */
static enum status make_room(struct reading *reading, struct error *error) {
    struct report_data *data = reading->data;
    size_t cells;
    if (__builtin_mul_overflow(reading->room, data->hyperparameter_count, &cells))
        return error_memory(error);
    data->trials = ARENA_NEW(reading->arena, struct report_trial, reading->room);
    data->levels = ARENA_NEW(reading->arena, uint32_t, cells);
    bool made = data->trials && data->levels;
    for (size_t i = 0; i < data->hyperparameter_count && made; i++)
        made = (data->hyperparameters[i].levels =
                    ARENA_NEW(reading->arena, struct report_level, reading->room)) != NULL;
    return made ? STATUS_OK : error_memory(error);
}

struct placed {
    struct report_level level;
    uint32_t before;
};

/* Numbers first, ascending; then what does not apply. Names keep their order. */
static int by_place(const void *a, const void *b) {
    const struct placed *x = a, *y = b;
    if (x->level.none != y->level.none)
        return x->level.none ? 1 : -1;
    if (!(x->level.number >= y->level.number && x->level.number <= y->level.number))
        return x->level.number < y->level.number ? -1 : 1;
    return x->before < y->before ? -1 : x->before > y->before;
}

static enum status sort_levels(struct reading *reading, size_t which, struct error *error) {
    struct report_data *data = reading->data;
    struct report_hyperparameter *hyperparameter = &data->hyperparameters[which];
    const size_t count = hyperparameter->level_count;
    struct placed *placed = ARENA_NEW(reading->arena, struct placed, count);
    uint32_t *places = ARENA_NEW(reading->arena, uint32_t, count);
    if (!placed || !places)
        return error_memory(error);
    for (size_t i = 0; i < count; i++)
        placed[i] = (struct placed){hyperparameter->levels[i], (uint32_t)i};
    qsort(placed, count, sizeof *placed, by_place);
    for (size_t i = 0; i < count; i++) {
        hyperparameter->levels[i] = placed[i].level;
        places[placed[i].before] = (uint32_t)i;
    }
    for (size_t i = 0; i < data->setting_count; i++) {
        uint32_t *level = &data->levels[i * data->hyperparameter_count + which];
        *level = places[*level];
    }
    return STATUS_OK;
}

enum status store_report(struct store *store, int64_t sweep, struct arena *arena,
                         struct report_data *data, struct error *error) {
    struct reading reading = {.store = store, .arena = arena, .data = data};
    *data = (struct report_data){0};
    enum status status = read_axes(&reading, &sweep, error);
    if (status == STATUS_OK)
        status = read_sweep(&reading, sweep, error);
    if (status == STATUS_OK)
        status = read_metrics(&reading, error);
    if (status == STATUS_OK)
        status = make_room(&reading, error);
    if (status == STATUS_OK)
        status = read_trials(&reading, error);
    for (size_t i = 0; i < data->hyperparameter_count && status == STATUS_OK; i++)
        status = sort_levels(&reading, i, error);
    return status;
}

static const char *const history_columns[] = {"loss", "accuracy", "val_loss", "val_accuracy"};
#define HISTORY_COLUMNS (sizeof history_columns / sizeof *history_columns)

/* Metrics that are measured every epoch: not on the test images. */
static enum status list_series(const struct report_data *data, struct arena *arena,
                               struct report_curves *curves, struct error *error) {
    const char **series = ARENA_NEW(arena, const char *, HISTORY_COLUMNS + data->metric_count);
    if (!series)
        return error_memory(error);
    for (size_t i = 0; i < HISTORY_COLUMNS; i++)
        series[curves->series_count++] = history_columns[i];
    for (size_t i = 0; i < data->metric_count; i++)
        if (!data->metrics[i].column && strncmp(data->metrics[i].name, "test_", 5) != 0)
            series[curves->series_count++] = data->metrics[i].name;
    curves->series = series;
    return STATUS_OK;
}

/* ?1 is the trial, ?2 the longest; metrics follow by name. */
static enum status prepare_curve(struct store *store, const struct report_curves *curves,
                                 struct statement **statement, struct error *error) {
    struct text sql;
    text_init(&sql);
    text_append(&sql, "WITH own AS (SELECT *, max(epoch) OVER () AS last FROM history"
                      " WHERE trial_id = ?1) SELECT epoch, count(*) OVER ()");
    for (size_t i = 0; i < curves->series_count; i++)
        if (i < HISTORY_COLUMNS)
            text_printf(&sql, ", %s", curves->series[i]);
        else
            text_printf(&sql,
                        ", (SELECT value FROM metrics m WHERE m.trial_id = own.trial_id"
                        " AND m.name = ?%zu AND m.epoch = own.epoch)",
                        i - HISTORY_COLUMNS + 3);
    text_append(&sql, " FROM own WHERE epoch IN (1, last) OR epoch % (1 + (last - 1) / ?2) = 0"
                      " ORDER BY epoch");
    enum status status = sql.failed ? error_memory(error)
                                    : database_prepare(store->database, sql.data, statement, error);
    text_release(&sql);
    return status;
}

static enum status read_curve(struct statement *statement, size_t series_count, struct arena *arena,
                              struct report_curve *curve, struct error *error) {
    bool row = true;
    size_t rows = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        status = statement_step(statement, &row, error);
        if (status != STATUS_OK || !row)
            break;
        if (curve->length == 0) {
            rows = (size_t)statement_integer(statement, 1);
            curve->epochs = ARENA_NEW(arena, double, rows);
            curve->values = arena_alloc(arena, rows, series_count * sizeof *curve->values);
            if (!curve->epochs || !curve->values)
                return error_memory(error);
        }
        curve->epochs[curve->length] = statement_real(statement, 0);
        for (size_t i = 0; i < series_count; i++)
            curve->values[curve->length * series_count + i] = statement_real(statement, 2 + (int)i);
        curve->length++;
    }
    return status;
}

enum status store_report_curves(struct store *store, const struct report_data *data,
                                const size_t *trials, size_t count, size_t longest, size_t budget,
                                struct arena *arena, struct report_curves *curves,
                                struct error *error) {
    struct statement *statement = NULL;
    size_t used = 0;
    *curves = (struct report_curves){.curves = ARENA_NEW(arena, struct report_curve, count)};
    enum status status = curves->curves ? STATUS_OK : error_memory(error);
    if (status == STATUS_OK)
        status = list_series(data, arena, curves, error);
    if (status == STATUS_OK)
        status = prepare_curve(store, curves, &statement, error);
    while (status == STATUS_OK && curves->count < count && used < budget) {
        struct report_curve *curve = &curves->curves[curves->count];
        curve->trial = trials[curves->count++];
        statement_bind_integer(statement, 1, data->trials[curve->trial].id);
        statement_bind_integer(statement, 2, (int64_t)longest);
        for (size_t i = HISTORY_COLUMNS; i < curves->series_count; i++)
            statement_bind_text(statement, (int)(i - HISTORY_COLUMNS) + 3, curves->series[i]);
        status = read_curve(statement, curves->series_count, arena, curve, error);
        used += curve->length * curves->series_count;
    }
    statement_free(statement);
    return status;
}
