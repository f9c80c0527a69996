#include "store/store_private.h"

#include "store/provenance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the spool's room is made for, at most: results arrive a few at a time, and those that don't
 * find room are trained again. */
#define SPOOL_RESERVED_MAX ((size_t)4 << 20)

/* The sweep of that config and data, if it was begun before. */
static int64_t known_sweep(struct store *store, const struct sweep_request *request) {
    struct statement *statement = database_prepare(
        store->database,
        "SELECT sweep_id FROM sweeps WHERE config_digest = ?1 AND dataset_digest = ?2");
    statement_bind_text(statement, 1, request->config->digest.hex);
    statement_bind_text(statement, 2, dataset_digests(request->dataset));
    statement_step(statement);
    const int64_t sweep = statement_integer(statement, 0);
    statement_free(statement);
    return sweep;
}

/* The identity that an insertion returns. */
static int64_t inserted(struct store *store, struct statement *statement) {
    if (!statement_step(statement))
        database_fail_ignored(store->database);
    return statement_integer(statement, 0);
}

static int64_t insert_sweep(struct store *store, const struct sweep_request *request) {
    static const char sql[] =
        "INSERT INTO sweeps (name, description, metric, goal, config, settings, config_digest,"
        " dataset, dataset_digest, warnings, dataset_changes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " RETURNING sweep_id";
    const struct config *config = request->config;
    const struct dataset *dataset = request->dataset;
    const char *texts[] = {config->name,
                           config->description,
                           config->score.name,
                           config->maximize ? "maximize" : "minimize",
                           config->text,
                           config->settings,
                           config->digest.hex,
                           dataset_names(dataset),
                           dataset_digests(dataset),
                           request->warnings,
                           dataset_changes(dataset)};
    struct statement *statement = database_prepare(store->database, sql);
    statement_bind_texts(statement, 1, texts, sizeof texts / sizeof *texts);
    const int64_t sweep = inserted(store, statement);
    statement_free(statement);
    return sweep;
}

/* What follows from the config may have been changed in the database. */
static bool mend_sweep(struct store *store, const struct config *config) {
    static const char sql[] =
        "UPDATE sweeps SET (metric, goal, config, settings) = (?1, ?2, ?3, ?4) WHERE sweep_id = ?5"
        " AND (metric, goal, config, settings) IS NOT (?1, ?2, ?3, ?4) RETURNING sweep_id";
    const char *texts[] = {config->score.name, config->maximize ? "maximize" : "minimize",
                           config->text, config->settings};
    struct statement *statement = database_prepare(store->database, sql);
    statement_bind_texts(statement, 1, texts, sizeof texts / sizeof *texts);
    statement_bind_integer(statement, 5, store->sweep);
    const bool changed = statement_step(statement);
    statement_free(statement);
    return changed;
}

/* What an older version did not record, and equal data have alike. */
static void complete_sweep(struct store *store, const struct dataset *dataset) {
    struct statement *statement =
        database_prepare(store->database, "UPDATE sweeps SET dataset_changes = ?1"
                                          " WHERE sweep_id = ?2 AND dataset_changes IS NULL");
    statement_bind_text(statement, 1, dataset_changes(dataset));
    statement_bind_integer(statement, 2, store->sweep);
    statement_step(statement);
    statement_free(statement);
}

/* What the sweep is judged by. Whether it was not there, or was something else. */
static bool put_objectives(struct store *store, const struct config *config) {
    static const char put[] =
        "INSERT INTO objectives (sweep_id, place, metric, goal) VALUES (?3, ?4, ?1, ?2)"
        " ON CONFLICT DO UPDATE SET (metric, goal) = (excluded.metric, excluded.goal)"
        " WHERE (metric, goal) IS NOT (excluded.metric, excluded.goal) RETURNING place";
    static const char leave[] =
        "DELETE FROM objectives WHERE sweep_id = ?1 AND place NOT BETWEEN 0 AND ?2 - 1"
        " RETURNING place";
    bool changed = false;
    struct statement *statement = database_prepare(store->database, put);
    for (size_t i = 0; i < config->objective_count; i++) {
        const struct objective *objective = &config->objectives[i];
        const char *texts[] = {objective->score.name,
                               objective->maximize ? "maximize" : "minimize"};
        statement_bind_texts(statement, 1, texts, 2);
        statement_bind_integer(statement, 3, store->sweep);
        statement_bind_integer(statement, 4, (int64_t)i);
        changed |= statement_step(statement);
        statement_reset(statement);
    }
    statement_free(statement);
    statement = database_prepare(store->database, leave);
    statement_bind_integer(statement, 1, store->sweep);
    statement_bind_integer(statement, 2, (int64_t)config->objective_count);
    while (statement_step(statement))
        changed = true;
    statement_free(statement);
    return changed;
}

static int64_t insert_command(struct store *store, const struct sweep_request *request) {
    static const char sql[] =
        "INSERT INTO commands (" STORE_COMMAND_TEXTS ", sweep_id, pid, jobs, started_at, outcome)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " STORE_NOW ", 'running')"
        " RETURNING command_id";
    const int count = SPOOL_COMMAND_DESCRIBED;
    struct command_description description;
    struct statement *statement = database_prepare(store->database, sql);
    command_describe(&description, request);
    statement_bind_texts(statement, 1, description.texts, (size_t)count);
    statement_bind_integer(statement, count + 1, store->sweep);
    statement_bind_integer(statement, count + 2, getpid());
    statement_bind_integer(statement, count + 3, (int64_t)request->jobs);
    const int64_t command = inserted(store, statement);
    statement_free(statement);
    return command;
}

/* --- since last time --- */

/* The sweep that was begun last from this config as it was then; 0 when there is none. */
static int64_t find_previous(struct store *store, const struct sweep_request *request,
                             struct resume_summary *summary) {
    static const char sql[] =
        "SELECT sweep_id, dataset_digest <> ?5 FROM commands JOIN sweeps USING (sweep_id)"
        " WHERE config_path = ?1 AND name = ?2 AND settings = ?3 AND dataset = ?4"
        " ORDER BY command_id DESC LIMIT 1";
    const char *texts[] = {request->config->path, request->config->name, request->config->settings,
                           dataset_names(request->dataset), dataset_digests(request->dataset)};
    struct statement *statement = database_prepare(store->database, sql);
    statement_bind_texts(statement, 1, texts, sizeof texts / sizeof *texts);
    statement_step(statement);
    const int64_t previous = statement_integer(statement, 0);
    summary->changed_data = statement_integer(statement, 1) != 0;
    statement_free(statement);
    return previous;
}

static void compare(struct store *store, int64_t previous, struct resume_summary *summary) {
    static const char sql[] =
        "SELECT (SELECT count(*) FROM temp.wanted WHERE trial_id NOT IN"
        " (SELECT trial_id FROM sweep_trials WHERE sweep_id = ?1)),"
        " (SELECT count(*) FROM sweep_trials WHERE sweep_id = ?1 AND trial_id NOT IN"
        " (SELECT trial_id FROM temp.wanted))";
    if (previous == 0)
        return;
    struct statement *statement = database_prepare(store->database, sql);
    statement_bind_integer(statement, 1, previous);
    statement_step(statement);
    summary->added = (size_t)statement_integer(statement, 0);
    summary->gone = (size_t)statement_integer(statement, 1);
    statement_free(statement);
}

/* After a run that the crash of a plug-in ended, the trials that have a name of it failed. */
static void fail_crashed(struct store *store) {
    static const char *const steps[] = {
        "UPDATE trials SET status = 'failed', error = ?2, command_id = (SELECT command_id FROM"
        " attempts a WHERE a.trial_id = trials.trial_id AND outcome = 'running')"
        " WHERE status IN ('pending', 'failed')"
        " AND trial_id IN (SELECT trial_id FROM attempts WHERE outcome = 'running')",
        "UPDATE attempts SET outcome = 'failed', error = ?2 WHERE outcome = 'running'"};
    char tag[16] = "@";
    int end = 0;
    if (sscanf(lock_left(store->lock), STORE_CRASH_BEGIN "%8[0-9a-f]: %n", tag + 1, &end) != 1 ||
        end == 0)
        return;
    for (size_t step = 0; step < sizeof steps / sizeof *steps; step++) {
        struct text sql;
        text_init(&sql);
        text_printf(&sql, "%s AND trial_id IN (SELECT trial_id FROM trials WHERE 0", steps[step]);
        for (size_t i = 0; i < HP_COUNT; i++)
            text_printf(&sql, " OR instr(%s, ?1)", hyperparameter_column(&hyperparameters[i]));
        text_append(&sql, ")");
        struct statement *statement = database_prepare_built(store->database, &sql);
        statement_bind_text(statement, 1, tag);
        statement_bind_text(statement, 2, lock_left(store->lock) + end);
        statement_run(statement);
        statement_free(statement);
        text_release(&sql);
    }
}

/* What runs under a lock which is ours is nobody's any more. */
static void find_lost(struct store *store, struct resume_summary *summary) {
    fail_crashed(store);
    struct statement *statement = database_prepare(
        store->database,
        "SELECT count(*), total(trial_id IN (SELECT trial_id FROM sweep_trials WHERE sweep_id = "
        "?1)),"
        " host, max(pid)"
        " FROM attempts a LEFT JOIN commands USING (command_id) WHERE a.outcome = 'running'");
    statement_bind_integer(statement, 1, store->sweep);
    statement_step(statement);
    summary->unfinished = (size_t)statement_integer(statement, 0);
    summary->unfinished_here = (size_t)statement_integer(statement, 1);
    summary->pid = statement_integer(statement, 3);
    snprintf(summary->host, sizeof summary->host, "%s", statement_text(statement, 2));
    statement_free(statement);
    database_run(store->database, "UPDATE attempts SET outcome = 'lost' WHERE outcome = 'running';"
                                  "UPDATE commands SET outcome = 'lost' WHERE outcome = 'running'");
}

/* --- the beginning --- */

/* The sweep's trials are those of the config as it is now. */
static void unlink_others(struct store *store) {
    store_run_for_sweep(store, "DELETE FROM sweep_trials WHERE sweep_id = ?1 AND"
                               " trial_id NOT IN (SELECT trial_id FROM temp.wanted)");
}

/* Of the last part. `is_judged`: how far they go is decided later. */
static void link_trials(struct store *store, bool is_judged) {
    static const char sql[] =
        "INSERT INTO sweep_trials (sweep_id, trial_id, position, stopped_epoch)"
        " SELECT ?1, trial_id, position, iif(?3, 0, NULL)"
        " FROM temp.wanted WHERE part = ?2"
        " ON CONFLICT DO UPDATE SET position = excluded.position"
        " WHERE position <> excluded.position";
    struct statement *statement = database_prepare(store->database, sql);
    statement_bind_integer(statement, 1, store->sweep);
    statement_bind_integer(statement, 2, store->part);
    statement_bind_integer(statement, 3, is_judged);
    statement_run(statement);
    statement_free(statement);
}

#define OF_PART " WHERE trial_id IN (SELECT trial_id FROM temp.wanted WHERE part = ?1)"

static void clear_results(struct store *store) {
    store_run_for_part(store, "DELETE FROM history" OF_PART);
    store_run_for_part(store, "DELETE FROM metrics" OF_PART);
    store_run_for_part(store, "DELETE FROM models" OF_PART);
    store_run_for_part(store, "UPDATE trials SET status = 'pending', loss = NULL, accuracy = NULL,"
                              " val_loss = NULL, val_accuracy = NULL, test_loss = NULL,"
                              " test_accuracy = NULL, parameters = NULL, train_seconds = NULL,"
                              " started_at = NULL, finished_at = NULL, error = NULL,"
                              " command_id = NULL" OF_PART);
}

static void open_attempts(struct store *store) {
    struct statement *statement = database_prepare(
        store->database, "INSERT INTO attempts (trial_id, command_id, started_at, outcome)"
                         " SELECT trial_id, ?1, " STORE_NOW ", 'running' FROM temp.wanted"
                         " WHERE state = 'missing' AND part = ?2 ORDER BY position");
    statement_bind_integer(statement, 1, store->command);
    statement_bind_integer(statement, 2, store->part);
    statement_run(statement);
    statement_free(statement);
}

/* Each of these may be ignored without an error. */
static void check_begun(struct store *store, size_t trials) {
    static const char sql[] =
        "SELECT (SELECT count(*) FROM temp.wanted w JOIN sweep_trials p USING (trial_id)"
        " WHERE p.sweep_id = ?1 AND part = ?4) <> ?2 OR"
        " (SELECT count(*) FROM temp.wanted WHERE part = ?4) <> ?2 OR"
        " ?3 <> 0 AND EXISTS (SELECT 1 FROM temp.wanted w WHERE part = ?4 AND state = 'missing'"
        " AND NOT EXISTS"
        " (SELECT 1 FROM attempts a WHERE a.trial_id = w.trial_id AND a.outcome = 'running'"
        " AND command_id = ?3)) OR (?5 = 0 AND"
        " (SELECT count(*) FROM sweep_trials WHERE sweep_id = ?1) <> ?2)";
    struct statement *statement = database_prepare(store->database, sql);
    statement_bind_integer(statement, 1, store->sweep);
    statement_bind_integer(statement, 2, (int64_t)trials);
    statement_bind_integer(statement, 3, store->command);
    statement_bind_integer(statement, 4, store->part);
    statement_bind_integer(statement, 5, store->in_parts);
    if (statement_step(statement) && statement_integer(statement, 0) != 0)
        database_fail_ignored(store->database);
    statement_free(statement);
}

/* Room for the results to come, should the disk be full by then. Those of a sweep in parts are as
 * many as arrive at once. */
static void reserve(struct store *store, const struct sweep_request *request, const bool *missing) {
    const struct space *space = request->space;
    size_t bytes = request->in_parts ? SPOOL_RESERVED_MAX : 0;
    struct error error;
    for (size_t i = 0; missing && i < space->trial_count && bytes < SPOOL_RESERVED_MAX; i++)
        if (missing[i])
            bytes += spool_record_bytes((size_t)space->trials[i].setting->values[HP_EPOCHS].integer,
                                        request->config->metric_count);
    if (bytes == 0 || database_failed(store->database))
        return;
    spool_close(store->spool);
    bytes = (bytes < SPOOL_RESERVED_MAX ? bytes : SPOOL_RESERVED_MAX) + store->origin.length;
    if (spool_open(store->spool_path, bytes, &store->spool, &error) != STATUS_OK)
        database_fail_with(store->database, &error);
}

static void say_purpose(struct store *store, const struct config *config) {
    char purpose[600];
    snprintf(purpose, sizeof purpose, "training %s", config->path);
    lock_note(store->lock, purpose);
}

/* Want a part's trials (NULL: all), and have them right and in the sweep. */
static void want(struct store *store, const struct sweep_request *request, const size_t *trials,
                 size_t count, struct resume_summary *summary) {
    const int64_t last = database_integer(store->database, "SELECT max(trial_id) FROM trials");
    store_want_trials(store, request->dataset, request->space, trials, count);
    summary->repaired += store_repair_trials(store, request->dataset, request->space, last);
}

/* Results of trials that are in the database only now, as after it was lost. */
static enum status take_waiting(struct store *store, bool last, struct error *error) {
    enum status status = store_conclude(store, error);
    if (status == STATUS_OK && store->spool_waits)
        status = store_take_spools(store, last, error);
    if (status == STATUS_OK)
        store_transact(store);
    return status;
}

/* Say what there is of the part, and open attempts on what is to be trained. */
static void take_up(struct store *store, const struct sweep_request *request, size_t count) {
    if (request->retrain == RETRAIN_ALL)
        clear_results(store);
    store_decide(store, request->config, request->retrain,
                 request->config->early_terminate.rule != NULL);
    if (store->command != 0) /* where shards are merged, attempts come with their results */
        open_attempts(store);
    check_begun(store, count);
}

void store_find_request(struct store *store, const struct sweep_request *request,
                        struct resume_summary *summary) {
    store->keep = request->config->keep_models;
    store->dataset = request->dataset;
    store->in_parts = request->in_parts;
    store_transact(store); /* which makes the log that the note is to name */
    say_purpose(store, request->config);
    const int64_t previous = find_previous(store, request, summary);
    store->sweep = known_sweep(store, request);
    const bool is_new = store->sweep == 0;
    if (is_new)
        store->sweep = insert_sweep(store, request);
    else
        complete_sweep(store, request->dataset);
    const bool mended = mend_sweep(store, request->config);
    summary->mended = (put_objectives(store, request->config) || mended) && !is_new;
    store_want_none(store);
    if (request->in_parts)
        return;
    want(store, request, NULL, 0, summary);
    compare(store, previous, summary);
    unlink_others(store);
    link_trials(store, false);
}

/* The trials of a sweep in parts come later, and with them the results that an earlier run kept:
 * until then these have another name, as the spool of this run takes theirs. */
static enum status set_aside(struct store *store, struct error *error) {
    if (!store->in_parts || !store->spool_waits || access(store->spool_path, F_OK) != 0)
        return STATUS_OK;
    free(store->spool_left);
    return spool_rename(store->spool_path, &store->spool_left, error);
}

static enum status begin_command(struct store *store, const struct sweep_request *request,
                                 bool *missing, struct resume_summary *summary,
                                 struct error *error) {
    find_lost(store, summary);
    store->command = insert_command(store, request);
    text_clear(&store->origin);
    store_append_command(store, store->command, &store->origin);
    if (!request->in_parts) {
        take_up(store, request, request->space->trial_count);
        store_read_states(store, request->space->trial_count, missing, summary);
    }
    reserve(store, request, missing);
    /* The last run may have kept more than this one is to. */
    store->models_changed = true;
    store->models_settled = false;
    const enum status status = store_conclude(store, error);
    return status == STATUS_OK ? store_commit(store, error) : status;
}

enum status store_begin_sweep(struct store *store, const struct sweep_request *request,
                              bool *missing, struct resume_summary *summary, struct error *error) {
    *summary = (struct resume_summary){0};
    store_find_request(store, request, summary);
    enum status status = take_waiting(store, !request->in_parts, error);
    if (status == STATUS_OK)
        status = set_aside(store, error);
    if (status == STATUS_OK)
        status = begin_command(store, request, missing, summary, error);
    if (status != STATUS_OK)
        store->sweep = 0;
    return status;
}

/* --- in parts --- */

static void keep_points(struct store *store, const size_t *trials, size_t count,
                        const char *const *points) {
    struct statement *statement = database_prepare(
        store->database, "UPDATE sweep_trials SET point = ?2 WHERE sweep_id = ?1 AND point IS NOT"
                         " ?2 AND trial_id = (SELECT trial_id FROM temp.wanted WHERE position ="
                         " ?3)");
    for (size_t i = 0; i < count; i++) {
        if (!points[i])
            continue;
        statement_bind_integer(statement, 1, store->sweep);
        statement_bind_text(statement, 2, points[i]);
        statement_bind_integer(statement, 3, (int64_t)trials[i]);
        statement_run(statement);
    }
    statement_free(statement);
}

static void read_part(struct store *store, size_t count, enum store_state *states,
                      struct resume_summary *summary) {
    static const char *const names[] = {[STORE_MISSING] = "missing",
                                        [STORE_TRAINED] = "trained",
                                        [STORE_STOPPED] = "stopped",
                                        [STORE_GIVEN_UP] = "given up"};
    struct statement *statement = database_prepare(
        store->database, "SELECT state FROM temp.wanted WHERE part = ?1 ORDER BY position");
    statement_bind_integer(statement, 1, store->part);
    for (size_t i = 0; i < count && statement_step(statement); i++) {
        const char *state = statement_text(statement, 0);
        states[i] = STORE_MISSING;
        for (size_t j = 0; j < sizeof names / sizeof *names; j++)
            if (strcmp(names[j], state) == 0)
                states[i] = (enum store_state)j;
        summary->trained += states[i] == STORE_TRAINED;
        summary->given_up += states[i] == STORE_GIVEN_UP;
    }
    statement_free(statement);
}

enum status store_want_part(struct store *store, const struct sweep_request *request,
                            const size_t *trials, size_t count, const char *const *points,
                            enum store_state *states, struct resume_summary *summary,
                            struct error *error) {
    store_transact(store);
    want(store, request, trials, count, summary);
    const char *rule = request->config->early_terminate.rule;
    link_trials(store, rule && strcmp(rule, "race") != 0);
    if (points)
        keep_points(store, trials, count, points);
    enum status status = take_waiting(store, false, error);
    if (status != STATUS_OK)
        return status;
    take_up(store, request, count);
    read_part(store, count, states, summary);
    status = store_conclude(store, error);
    return status == STATUS_OK ? store_commit(store, error) : status;
}

enum status store_points(struct store *store, store_take_point *take, void *context,
                         struct error *error) {
    enum status status = STATUS_OK;
    struct statement *statement =
        database_prepare(store->database, "SELECT position, point FROM sweep_trials WHERE sweep_id"
                                          " = ?1 AND point IS NOT NULL ORDER BY position");
    statement_bind_integer(statement, 1, store->sweep);
    while (status == STATUS_OK && statement_step(statement))
        status = take(context, (size_t)statement_integer(statement, 0),
                      statement_text(statement, 1), error);
    statement_free(statement);
    return status == STATUS_OK ? store_conclude(store, error) : status;
}

enum status store_take_up(struct store *store, const size_t *trials, size_t count,
                          struct error *error) {
    struct statement *statement = database_prepare(
        store->database,
        "INSERT INTO attempts (trial_id, command_id, started_at, outcome)"
        " SELECT trial_id, ?1, " STORE_NOW ", 'running' FROM temp.wanted w WHERE position = ?2"
        " AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.trial_id = w.trial_id"
        " AND a.outcome = 'running')");
    store_transact(store);
    for (size_t i = 0; i < count; i++) {
        statement_bind_integer(statement, 1, store->command);
        statement_bind_integer(statement, 2, (int64_t)trials[i]);
        statement_run(statement);
    }
    statement_free(statement);
    return store_conclude(store, error);
}

enum status store_result(struct store *store, const struct space *space, size_t trial,
                         struct arena *arena, struct trial_scores *scores, struct error *error) {
    struct delivery delivery;
    const bool found = store_read_result(store, space->trials[trial].digest.hex, arena, &delivery);
    *scores = (struct trial_scores){found ? delivery.result : NULL, delivery.metric_count,
                                    delivery.metrics};
    return store_conclude(store, error);
}

enum status store_note_stopped(struct store *store, size_t trial, size_t epochs, const char *reason,
                               struct error *error) {
    static const char note[] =
        "UPDATE sweep_trials SET (stopped, stopped_epoch) = (?2, nullif(?4, 0)) WHERE sweep_id = ?1"
        " AND trial_id = (SELECT trial_id FROM temp.wanted WHERE position = ?3)";
    struct statement *statement = database_prepare(store->database, note);
    struct statement *mark =
        database_prepare(store->database, "UPDATE temp.wanted SET stopped = 1 WHERE position = ?1");
    store_transact(store);
    statement_bind_integer(statement, 1, store->sweep);
    statement_bind_text(statement, 2, reason);
    statement_bind_integer(statement, 3, (int64_t)trial);
    statement_bind_integer(statement, 4, (int64_t)epochs);
    statement_run(statement);
    statement_bind_integer(mark, 1, (int64_t)trial);
    statement_run(mark);
    statement_free(statement);
    statement_free(mark);
    return store_conclude(store, error);
}

/* --- the end --- */

/* A result may also be taken back by a trigger that follows its writing. */
static void check_finished(struct store *store) {
    struct statement *statement =
        database_prepare(store->database, "SELECT 1 FROM sweep_trials JOIN trials USING (trial_id)"
                                          " WHERE sweep_id = ?1 AND status = 'pending' LIMIT 1");
    statement_bind_integer(statement, 1, store->sweep);
    if (statement_step(statement))
        database_fail_ignored(store->database);
    statement_free(statement);
}

void store_settle_stops(struct store *store) {
    store_run_for_sweep(store, "UPDATE sweep_trials SET (stopped, stopped_epoch) = (NULL, NULL)"
                               " WHERE sweep_id = ?1 AND ifnull(stopped, stopped_epoch) IS NOT NULL"
                               " AND trial_id IN"
                               " (SELECT trial_id FROM temp.wanted WHERE stopped IS NULL)");
}

enum status store_finish_sweep(struct store *store, struct error *error) {
    store_transact(store);
    if (store->in_parts)
        unlink_others(store);
    store_settle_stops(store);
    enum status status = take_waiting(store, true, error);
    if (status != STATUS_OK)
        return status;
    check_finished(store);
    store_end_command(store, "finished");
    status = store_conclude(store, error);
    return status == STATUS_OK ? store_commit(store, error) : status;
}
