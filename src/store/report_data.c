#include "store/report_data.h"

#include "base/intern.h"
#include "base/text.h"
#include "store/columns.h"
#include "store/store_private.h"

#include <math.h>
#include <string.h>

static void read_sweep(struct store *store, int64_t id, struct arena *arena,
                       struct report_sweep *sweep) {
    const char **const texts[] = {
        &sweep->name,     &sweep->description,    &sweep->metric,  &sweep->config,
        &sweep->settings, &sweep->config_digest,  &sweep->dataset, &sweep->dataset_digest,
        &sweep->warnings, &sweep->dataset_changes};
    struct statement *statement = database_prepare(
        store->database,
        "SELECT name, description, metric, config, settings, config_digest,"
        " dataset, dataset_digest, warnings, dataset_changes FROM sweeps WHERE sweep_id = ?");
    statement_bind_integer(statement, 1, id);
    statement_step(statement);
    sweep->id = id;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = statement_copy(statement, (int)i, arena);
    statement_free(statement);
}

/* The trials by each metric; `first` has them by the sweep's own. */
static enum status read_metrics(struct store *store, const struct observations *first,
                                struct arena *arena, struct report_data *data,
                                struct error *error) {
    struct score scores[STORE_RECORDED_MAX];
    data->metric_count = store_recorded(store, first->sweep_id, scores);
    enum status status = database_take_error(store->database, error);
    struct observations *all =
        ARENA_NEW(arena, struct observations, data->metric_count > 0 ? data->metric_count : 1);
    if (!all)
        return error_memory(error);
    all[0] = *first;
    for (size_t i = 0; i < data->metric_count && status == STATUS_OK; i++) {
        const struct selection selection = {.sweep = first->sweep_id, .column = scores[i].name};
        if (strcmp(scores[i].name, first->column) == 0) {
            data->metric = i;
            all[i] = *first;
        } else
            status = store_observations(store, &selection, arena, &all[i], error);
    }
    data->observations = all;
    return status;
}

/* Trials that agree in all but epochs, the seed included, are milestones of one training. */
static enum status find_runs(const struct observations *observations, struct arena *arena,
                             struct report_data *data, struct error *error) {
    const size_t width = observations->factor_count;
    size_t *runs = ARENA_NEW(arena, size_t, observations->count);
    uint32_t *key = ARENA_NEW(arena, uint32_t, width + 2);
    if (!runs || !key)
        return error_memory(error);
    struct intern intern;
    intern_init(&intern);
    for (size_t i = 0; i < observations->count; i++) {
        const uint64_t seed = observations->items[i].seed;
        for (size_t j = 0; j < width; j++)
            key[j] = observations->factors[j].hyperparameter == &hyperparameters[HP_EPOCHS]
                         ? 0
                         : observations->levels[i * width + j];
        memcpy(key + width, &seed, sizeof seed);
        runs[i] = intern_number(&intern, key, (width + 2) * sizeof *key, NULL);
    }
    const bool failed = intern.failed;
    data->run_count = intern.count;
    data->runs = runs;
    intern_release(&intern);
    return failed ? error_memory(error) : STATUS_OK;
}

/* In the order in which the observations were read. */
static void read_origins(struct store *store, const struct observations *observations,
                         struct arena *arena, struct report_data *data) {
    struct report_origin *origins = ARENA_NEW(arena, struct report_origin, observations->count);
    if (!origins) {
        database_fail_memory(store->database);
        return;
    }
    struct statement *statement = database_prepare(
        store->database, "SELECT command_id, CAST(strftime('%s', finished_at) AS INTEGER)"
                         " FROM sweep_results WHERE sweep_id = ?" OBSERVATIONS_ORDER);
    statement_bind_integer(statement, 1, observations->sweep_id);
    for (size_t i = 0; i < observations->count && statement_step(statement); i++)
        origins[i] = (struct report_origin){statement_integer(statement, 0),
                                            statement_integer(statement, 1)};
    statement_free(statement);
    data->origins = origins;
}

static void read_failures(struct store *store, const struct observations *observations,
                          struct arena *arena, struct report_data *data) {
    const size_t room = observations->totals[OBSERVATION_FAILED];
    struct report_failure *failures = ARENA_NEW(arena, struct report_failure, room);
    if (!failures) {
        database_fail_memory(store->database);
        return;
    }
    struct statement *statement =
        database_prepare(store->database, "SELECT trial_id, error FROM sweep_results WHERE "
                                          "sweep_id = ? AND status = 'failed' ORDER BY trial_id");
    statement_bind_integer(statement, 1, observations->sweep_id);
    while (data->failure_count < room && statement_step(statement))
        failures[data->failure_count++] = (struct report_failure){
            statement_integer(statement, 0), statement_copy(statement, 1, arena)};
    statement_free(statement);
    data->failures = failures;
}

static enum status read_all(struct store *store, int64_t sweep, struct arena *arena,
                            struct report_data *data, struct error *error) {
    const struct selection selection = {.sweep = sweep};
    struct observations first;
    enum status status = store_observations(store, &selection, arena, &first, error);
    if (status == STATUS_OK)
        status = read_metrics(store, &first, arena, data, error);
    if (status == STATUS_OK)
        status = find_runs(&first, arena, data, error);
    if (status == STATUS_OK)
        status = store_provenance(store, first.sweep_id, arena, &data->provenance, error);
    if (status != STATUS_OK)
        return status;
    read_sweep(store, first.sweep_id, arena, &data->sweep);
    data->unfinished = ARENA_NEW(arena, const struct trial_result *, first.count);
    data->going = ARENA_NEW(arena, bool, first.count);
    if (!data->unfinished || !data->going)
        return error_memory(error);
    read_origins(store, &first, arena, data);
    read_failures(store, &first, arena, data);
    return database_take_error(store->database, error);
}

enum status store_report(struct store *store, int64_t sweep, struct arena *arena,
                         struct report_data *data, struct error *error) {
    *data = (struct report_data){0};
    /* Many reads of one state, while a sweep may be running. */
    const bool own = store_enter_read(store);
    enum status status = read_all(store, sweep, arena, data, error);
    store_leave_read(store, own);
    return status;
}

/* All of a sweep measure the same, unless another sweep left them of a trial that both have. */
static bool measures_the_same(const struct report_data *data, const struct delivery *delivery) {
    bool same = data->unfinished_metric_count == delivery->metric_count;
    for (size_t i = 0; same && i < delivery->metric_count; i++)
        same = data->unfinished_metrics[i] == delivery->metrics[i];
    return same || !data->unfinished_metrics;
}

static void note_unfinished(const struct delivery *delivery, int64_t trial, bool going,
                            struct report_data *data) {
    const struct observations *observations = data->observations;
    size_t at = 0;
    if (!measures_the_same(data, delivery))
        return;
    while (at < observations->count && observations->items[at].trial != trial)
        at++;
    for (size_t i = 0; at < observations->count && i < observations->count; i++) {
        const enum observation_status status = observations->items[i].status;
        if (data->runs[i] == data->runs[at] &&
            (status == OBSERVATION_PENDING || status == OBSERVATION_FAILED)) {
            data->unfinished[i] = delivery->result;
            data->going[i] = going;
        }
    }
    data->unfinished_metric_count = delivery->metric_count;
    data->unfinished_metrics = delivery->metrics;
}

enum status store_report_unfinished(struct store *store, const struct unfinished_history *histories,
                                    bool goes_on, struct report_data *data, struct error *error) {
    const struct provenance *provenance = &data->provenance;
    const struct command_record *last =
        provenance->count > 0 ? &provenance->commands[provenance->count - 1] : NULL;
    struct statement *find =
        database_prepare(store->database, "SELECT trial_id FROM trials WHERE digest = ?");
    for (const struct unfinished_history *one = histories; one; one = one->next) {
        const bool going = goes_on && last && unfinished_is_of(one, last);
        statement_bind_text(find, 1, one->delivery.digest);
        if (statement_step(find))
            note_unfinished(&one->delivery, statement_integer(find, 0), going, data);
        statement_reset(find);
    }
    statement_free(find);
    return database_take_error(store->database, error);
}

/* Scores that are known after each epoch: not those on the test images. */
static void add_series(struct report_curves *curves, const struct score *score) {
    for (size_t i = 0; i < curves->series_count; i++)
        if (strcmp(curves->series[i].name, score->name) == 0)
            return;
    if (curves->series_count < REPORT_SERIES_MAX)
        curves->series[curves->series_count++] = *score;
}

static enum status list_series(const struct report_data *data, struct arena *arena,
                               struct report_curves *curves, struct error *error) {
    struct score score, other;
    curves->series = ARENA_NEW(arena, struct score, REPORT_SERIES_MAX);
    if (!curves->series)
        return error_memory(error);
    for (size_t i = 0; score_at(i, &score) && score.in_trials; i++)
        if (score.in_history)
            curves->series[curves->series_count++] = score;
    curves->column_count = curves->series_count;
    for (size_t i = 0; i < data->metric_count; i++) {
        const struct score *own = &data->observations[i].score;
        if (!own->in_trials && own->split != SCORE_TEST)
            add_series(curves, own);
    }
    /* Those that no trial has at its end yet. */
    for (size_t i = 0; i < data->unfinished_metric_count; i++)
        if (score_find(data->unfinished_metrics[i]->name, &score)) {
            add_series(curves, &score);
            if (score_on(&score, SCORE_VALIDATION, &other))
                add_series(curves, &other);
        }
    return STATUS_OK;
}

/* What an unfinished trial scored in an epoch. */
static double score_of(const struct report_data *data, const struct trial_result *result,
                       size_t epoch, const struct score *series) {
    const struct epoch_scores *both = &result->history[epoch - 1];
    const bool validation = series->split == SCORE_VALIDATION;
    const struct scores *scores = validation ? &both->validation : &both->train;
    if (validation && !result->validated)
        return (double)NAN;
    if (series->in_history)
        return strcmp(series->quantity, "loss") == 0 ? scores->loss : scores->accuracy;
    for (size_t i = 0; i < data->unfinished_metric_count; i++)
        if (strcmp(series->quantity, data->unfinished_metrics[i]->name) == 0)
            return scores->metrics[i];
    return (double)NAN;
}

/* ?1 is the trial, ?2 the longest, ?3 the trial's last epoch; metrics follow by name. */
static struct statement *prepare_curve(struct store *store, const struct report_curves *curves) {
    struct text sql;
    text_init(&sql);
    text_append(&sql, "WITH own AS (SELECT *, max(epoch) OVER () AS last FROM history"
                      " WHERE trial_id = ?1 AND epoch <= ?3) SELECT epoch, count(*) OVER ()");
    for (size_t i = 0; i < curves->series_count; i++)
        if (i < curves->column_count)
            text_printf(&sql, ", %s", curves->series[i].name);
        else
            text_printf(&sql,
                        ", (SELECT value FROM metrics m WHERE m.trial_id = own.trial_id"
                        " AND m.name = ?%zu AND m.epoch = own.epoch)",
                        i - curves->column_count + 4);
    text_append(&sql, " FROM own WHERE epoch IN (1, last) OR epoch % (1 + (last - 1) / ?2) = 0"
                      " ORDER BY epoch");
    struct statement *statement = database_prepare_built(store->database, &sql);
    text_release(&sql);
    return statement;
}

static bool make_room(struct report_curve *curve, size_t rows, size_t series_count,
                      struct arena *arena) {
    curve->epochs = ARENA_NEW(arena, double, rows);
    curve->values = arena_alloc(arena, rows, series_count * sizeof *curve->values);
    return curve->epochs && curve->values;
}

/* The same epochs as of one that has ended. */
static void make_curve(struct store *store, const struct report_data *data,
                       const struct report_curves *curves, size_t longest, struct arena *arena,
                       struct report_curve *curve) {
    const struct trial_result *result = data->unfinished[curve->trial];
    const size_t last = result->epochs, every = 1 + (last - 1) / longest;
    if (!make_room(curve, last / every + 2, curves->series_count, arena)) {
        database_fail_memory(store->database);
        return;
    }
    for (size_t epoch = 1; epoch <= last; epoch++) {
        if (epoch != 1 && epoch != last && epoch % every != 0)
            continue;
        curve->epochs[curve->length] = (double)epoch;
        for (size_t i = 0; i < curves->series_count; i++)
            curve->values[curve->length * curves->series_count + i] =
                score_of(data, result, epoch, &curves->series[i]);
        curve->length++;
    }
}

static void read_curve(struct store *store, struct statement *statement, size_t series_count,
                       struct arena *arena, struct report_curve *curve) {
    while (statement_step(statement)) {
        const size_t rows = (size_t)statement_integer(statement, 1);
        if (curve->length == 0 && !make_room(curve, rows, series_count, arena)) {
            database_fail_memory(store->database);
            return;
        }
        curve->epochs[curve->length] = statement_real(statement, 0);
        for (size_t i = 0; i < series_count; i++)
            curve->values[curve->length * series_count + i] = statement_real(statement, 2 + (int)i);
        curve->length++;
    }
}

enum status store_report_curves(struct store *store, const struct report_data *data,
                                const size_t *trials, size_t count, size_t longest, size_t budget,
                                struct arena *arena, struct report_curves *curves,
                                struct error *error) {
    size_t used = 0;
    *curves = (struct report_curves){.curves = ARENA_NEW(arena, struct report_curve, count)};
    if (!curves->curves || list_series(data, arena, curves, error) != STATUS_OK)
        return error_memory(error);
    struct statement *statement = prepare_curve(store, curves);
    statement_bind_integer(statement, 2, (int64_t)longest);
    for (size_t i = curves->column_count; i < curves->series_count; i++)
        statement_bind_text(statement, (int)(i - curves->column_count) + 4, curves->series[i].name);
    while (curves->count < count && used < budget && !database_failed(store->database)) {
        struct report_curve *curve = &curves->curves[curves->count];
        curve->trial = trials[curves->count++];
        const struct observation *trial = &data->observations[0].items[curve->trial];
        statement_bind_integer(statement, 1, trial->trial);
        statement_bind_integer(statement, 3, (int64_t)trial->epochs);
        if (data->unfinished[curve->trial])
            make_curve(store, data, curves, longest, arena, curve);
        else
            read_curve(store, statement, curves->series_count, arena, curve);
        used += curve->length * curves->series_count;
    }
    statement_free(statement);
    return database_take_error(store->database, error);
}
