#include "store/store_private.h"

#include "base/machine.h"
#include "math/gemm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What the spool's room is made for, at most: results arrive a few at a time, and those that don't
 * find room are trained again. */
#define SPOOL_BYTES_MAX ((size_t)4 << 20)

/* The trials of the sweep at hand: their positions in the space, and whether they are to be
 * trained. */
static const char wanted_table[] =
    "CREATE TEMP TABLE IF NOT EXISTS wanted ("
    " position INTEGER PRIMARY KEY, trial_id INTEGER NOT NULL UNIQUE, state TEXT);"
    "DELETE FROM temp.wanted";

static enum status insert_sweep(struct store *store, const struct sweep_request *request,
                                struct error *error) {
    static const char sql[] =
        "INSERT INTO sweeps (name, description, metric, goal, config_path, config, settings,"
        " config_digest, dataset, dataset_source, dataset_digest, warnings, version, cpu,"
        " openblas_config, openblas_core, jobs, started_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " STORE_NOW ")"
        " ON CONFLICT (config_digest, dataset_digest) DO UPDATE SET"
        " version = excluded.version, cpu = excluded.cpu, jobs = excluded.jobs,"
        " openblas_config = excluded.openblas_config, openblas_core = excluded.openblas_core,"
        " config_path = excluded.config_path, dataset_source = excluded.dataset_source,"
        " started_at = excluded.started_at, finished_at = NULL"
        " RETURNING sweep_id";
    const struct config *config = request->config;
    const struct dataset *dataset = request->dataset;
    char cpu[256];
    const char *texts[] = {config->name,
                           config->description,
                           config->metric,
                           config->maximize ? "maximize" : "minimize",
                           config->path,
                           config->text,
                           config->settings,
                           config->digest.hex,
                           dataset->name,
                           dataset->source,
                           dataset->digest.hex,
                           request->warnings,
                           machine_program_version(),
                           machine_cpu(cpu, sizeof cpu),
                           gemm_library(),
                           gemm_core()};
    struct statement *statement;
    enum status status = database_prepare(store->database, sql, &statement, error);
    if (status == STATUS_OK) {
        const int count = (int)(sizeof texts / sizeof *texts);
        bool row = false;
        for (int i = 0; i < count; i++)
            statement_bind_text(statement, i + 1, texts[i]);
        statement_bind_integer(statement, count + 1, (int64_t)request->jobs);
        status = statement_step(statement, &row, error);
        if (status == STATUS_OK)
            store->sweep = statement_integer(statement, 0);
    }
    statement_free(statement);
    return status;
}

/* --- trials --- */

static void bind_value(struct statement *statement, int at, const struct value *value,
                       struct text *text) {
    switch (value->type) {
    case VALUE_NONE:
        statement_bind_null(statement, at);
        break;
    case VALUE_INTEGER:
        statement_bind_integer(statement, at, value->integer);
        break;
    case VALUE_BOOLEAN:
        statement_bind_integer(statement, at, value->boolean);
        break;
    case VALUE_REAL:
        statement_bind_real(statement, at, value->real);
        break;
    case VALUE_NAME:
    case VALUE_LAYERS:
        text_clear(text);
        value_append(value, text);
        statement_bind_text(statement, at, text->data);
        break;
    }
}

static void append_insert_trial(struct text *sql) {
    text_append(sql, "INSERT INTO trials (digest, setting, dataset, seed");
    for (size_t i = 0; i < HP_COUNT; i++)
        text_printf(sql, ", %s", hyperparameter_column(&hyperparameters[i]));
    text_append(sql, ") VALUES (?, ?, ?, ?");
    for (size_t i = 0; i < HP_COUNT; i++)
        text_append(sql, ", ?");
    text_append(sql, ") ON CONFLICT (digest) DO NOTHING");
}

static enum status prepare(struct store *store, bool writes, struct error *error) {
    struct text sql;
    enum status status = database_run(store->database, wanted_table, error);
    if (status == STATUS_OK)
        status = store_statement(store, STORE_WANT_TRIAL,
                                 "INSERT INTO temp.wanted (position, trial_id)"
                                 " SELECT ?1, trial_id FROM trials WHERE digest = ?2",
                                 error);
    if (status != STATUS_OK || !writes)
        return status;
    text_init(&sql);
    append_insert_trial(&sql);
    status = sql.failed ? error_memory(error)
                        : store_statement(store, STORE_INSERT_TRIAL, sql.data, error);
    text_release(&sql);
    return status;
}

static enum status insert_trial(struct store *store, const struct dataset *dataset,
                                const struct trial *trial, struct text *text, struct error *error) {
    struct statement *insert = store->statements[STORE_INSERT_TRIAL];
    statement_bind_text(insert, 1, trial->digest.hex);
    statement_bind_text(insert, 2, trial->setting->digest.hex);
    statement_bind_text(insert, 3, dataset->name);
    statement_bind_integer(insert, 4, (int64_t)trial->seed);
    for (size_t i = 0; i < HP_COUNT; i++)
        bind_value(insert, 5 + (int)i, &trial->setting->values[i], text);
    return statement_run(insert, error);
}

/* Fill the table of wanted trials; `dataset` is NULL where none may be inserted. */
static enum status want_trials(struct store *store, const struct dataset *dataset,
                               const struct space *space, struct error *error) {
    struct text text;
    text_init(&text);
    enum status status = prepare(store, dataset != NULL, error);
    for (size_t i = 0; i < space->trial_count && status == STATUS_OK; i++) {
        const struct trial *trial = &space->trials[i];
        struct statement *want = store->statements[STORE_WANT_TRIAL];
        if (dataset)
            status = insert_trial(store, dataset, trial, &text, error);
        if (status != STATUS_OK)
            break;
        statement_bind_integer(want, 1, (int64_t)i);
        statement_bind_text(want, 2, trial->digest.hex);
        status = statement_run(want, error);
    }
    text_release(&text);
    return status;
}

/* --- which to train --- */

/* A trial that diverged has no test scores to lack. */
static void append_state(struct text *sql, const struct config *config, enum retrain retrain) {
    text_append(sql, "UPDATE temp.wanted SET state = (SELECT CASE"
                     " WHEN status = 'diverged' THEN 'trained'"
                     " WHEN status = 'completed'");
    for (size_t i = 0; i < config->metric_count; i++)
        text_printf(sql,
                    " AND EXISTS (SELECT 1 FROM metrics m WHERE m.trial_id = t.trial_id"
                    " AND m.name = 'test_%s')",
                    config->metrics[i]->name);
    text_append(sql, " THEN 'trained'");
    if (retrain == RETRAIN_SOME)
        text_printf(sql,
                    " WHEN (SELECT count(*) FROM attempts a WHERE a.trial_id = t.trial_id"
                    " AND a.outcome = 'failed' AND a.attempt_id > ifnull("
                    "(SELECT max(b.attempt_id) FROM attempts b WHERE b.trial_id = t.trial_id"
                    " AND b.outcome IN ('completed', 'diverged')), 0)) >= %d THEN 'given up'",
                    STORE_FAILURES_MAX);
    text_append(sql, " ELSE 'missing' END"
                     " FROM trials t WHERE t.trial_id = wanted.trial_id)");
}

static enum status decide(struct store *store, const struct config *config, enum retrain retrain,
                          struct error *error) {
    struct text sql;
    text_init(&sql);
    append_state(&sql, config, retrain);
    enum status status =
        sql.failed ? error_memory(error) : database_run(store->database, sql.data, error);
    text_release(&sql);
    return status;
}

static enum status read_states(struct store *store, size_t trial_count, bool *missing,
                               struct outlook *outlook, struct error *error) {
    struct statement *statement;
    bool row = true;
    enum status status = database_prepare(store->database,
                                          "SELECT position, state = 'trained' FROM temp.wanted"
                                          " WHERE state <> 'missing'",
                                          &statement, error);
    for (size_t i = 0; i < trial_count; i++)
        missing[i] = true;
    while (status == STATUS_OK && row) {
        status = statement_step(statement, &row, error);
        if (status != STATUS_OK || !row)
            break;
        missing[statement_integer(statement, 0)] = false;
        *(statement_integer(statement, 1) != 0 ? &outlook->trained : &outlook->given_up) += 1;
    }
    statement_free(statement);
    return status;
}

enum status store_outlook(struct store *store, const struct config *config,
                          const struct space *space, bool *missing, struct outlook *outlook,
                          struct error *error) {
    *outlook = (struct outlook){0};
    enum status status = want_trials(store, NULL, space, error);
    if (status == STATUS_OK)
        status = decide(store, config, RETRAIN_SOME, error);
    return status == STATUS_OK ? read_states(store, space->trial_count, missing, outlook, error)
                               : status;
}

/* --- since last time --- */

/* The sweep that was begun last from this config as it was then; 0 when there is none. */
static enum status find_previous(struct store *store, const struct sweep_request *request,
                                 int64_t *previous, struct outlook *outlook, struct error *error) {
    static const char sql[] =
        "SELECT sweep_id, dataset_digest <> ?5 FROM sweeps WHERE config_path = ?1 AND name = ?2"
        " AND settings = ?3 AND dataset = ?4 ORDER BY started_at DESC, sweep_id DESC LIMIT 1";
    const char *texts[] = {request->config->path, request->config->name, request->config->settings,
                           request->dataset->name, request->dataset->digest.hex};
    struct statement *statement;
    bool row = false;
    enum status status = database_prepare(store->database, sql, &statement, error);
    for (int i = 0; status == STATUS_OK && i < 5; i++)
        statement_bind_text(statement, i + 1, texts[i]);
    if (status == STATUS_OK)
        status = statement_step(statement, &row, error);
    if (status == STATUS_OK && row) {
        *previous = statement_integer(statement, 0);
        outlook->changed_data = statement_integer(statement, 1) != 0;
    }
    statement_free(statement);
    return status;
}

static enum status compare(struct store *store, int64_t previous, struct outlook *outlook,
                           struct error *error) {
    static const char sql[] =
        "SELECT (SELECT count(*) FROM temp.wanted WHERE trial_id NOT IN"
        " (SELECT trial_id FROM sweep_trials WHERE sweep_id = ?1)),"
        " (SELECT count(*) FROM sweep_trials WHERE sweep_id = ?1 AND trial_id NOT IN"
        " (SELECT trial_id FROM temp.wanted))";
    struct statement *statement;
    bool row = false;
    if (previous == 0)
        return STATUS_OK;
    enum status status = database_prepare(store->database, sql, &statement, error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, previous);
        status = statement_step(statement, &row, error);
    }
    if (status == STATUS_OK) {
        outlook->added = (size_t)statement_integer(statement, 0);
        outlook->gone = (size_t)statement_integer(statement, 1);
    }
    statement_free(statement);
    return status;
}

/* Attempts that run under a lock which is ours are nobody's any more. */
static enum status find_lost(struct store *store, struct outlook *outlook, struct error *error) {
    struct statement *statement;
    bool row = false;
    enum status status = database_prepare(
        store->database,
        "SELECT count(*), total(trial_id IN (SELECT trial_id FROM temp.wanted)), host, max(pid)"
        " FROM attempts WHERE outcome = 'running'",
        &statement, error);
    if (status == STATUS_OK)
        status = statement_step(statement, &row, error);
    if (status == STATUS_OK) {
        outlook->unfinished = (size_t)statement_integer(statement, 0);
        outlook->unfinished_here = (size_t)statement_integer(statement, 1);
        outlook->pid = statement_integer(statement, 3);
        snprintf(outlook->host, sizeof outlook->host, "%s", statement_text(statement, 2));
    }
    statement_free(statement);
    if (status == STATUS_OK && outlook->unfinished > 0)
        status =
            database_run(store->database,
                         "UPDATE attempts SET outcome = 'lost' WHERE outcome = 'running'", error);
    return status;
}

/* --- the beginning --- */

/* Run statements whose first parameter, if any, is the sweep. */
static enum status run_for_sweep(struct store *store, const char *sql, struct error *error) {
    struct statement *statement;
    enum status status = database_prepare(store->database, sql, &statement, error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, store->sweep);
        status = statement_run(statement, error);
    }
    statement_free(statement);
    return status;
}

/* The sweep's trials are those of the config as it is now. */
static enum status link_trials(struct store *store, struct error *error) {
    enum status status = run_for_sweep(store,
                                       "DELETE FROM sweep_trials WHERE sweep_id = ?1 AND"
                                       " trial_id NOT IN (SELECT trial_id FROM temp.wanted)",
                                       error);
    if (status == STATUS_OK)
        status = run_for_sweep(store,
                               "INSERT OR IGNORE INTO sweep_trials (sweep_id, trial_id)"
                               " SELECT ?1, trial_id FROM temp.wanted ORDER BY position",
                               error);
    return status;
}

#define OF_WANTED " WHERE trial_id IN (SELECT trial_id FROM temp.wanted)"

static enum status clear_results(struct store *store, struct error *error) {
    return database_run(store->database,
                        "DELETE FROM history" OF_WANTED "; DELETE FROM metrics" OF_WANTED ";"
                        "DELETE FROM models" OF_WANTED ";"
                        "UPDATE trials SET status = 'pending', loss = NULL, accuracy = NULL,"
                        " val_loss = NULL, val_accuracy = NULL, test_loss = NULL,"
                        " test_accuracy = NULL, parameters = NULL, train_seconds = NULL,"
                        " started_at = NULL, finished_at = NULL, error = NULL" OF_WANTED,
                        error);
}

static enum status open_attempts(struct store *store, struct error *error) {
    static const char sql[] =
        "INSERT INTO attempts (trial_id, sweep_id, started_at, outcome, host, pid)"
        " SELECT trial_id, ?1, " STORE_NOW ", 'running', ?2, ?3 FROM temp.wanted"
        " WHERE state = 'missing' ORDER BY position";
    struct statement *statement;
    char host[65] = "";
    gethostname(host, sizeof host - 1);
    enum status status = database_prepare(store->database, sql, &statement, error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, store->sweep);
        statement_bind_text(statement, 2, host);
        statement_bind_integer(statement, 3, getpid());
        status = statement_run(statement, error);
    }
    statement_free(statement);
    return status;
}

/* Room for the results to come, should the disk be full by then. */
static enum status reserve(struct store *store, const struct sweep_request *request,
                           const bool *missing, struct error *error) {
    const struct space *space = request->space;
    size_t bytes = 0;
    for (size_t i = 0; i < space->trial_count && bytes < SPOOL_BYTES_MAX; i++)
        if (missing[i])
            bytes += spool_record_bytes((size_t)space->trials[i].setting->values[HP_EPOCHS].integer,
                                        request->config->metric_count);
    if (bytes == 0)
        return STATUS_OK;
    spool_close(store->spool);
    return spool_open(store->spool_path, bytes < SPOOL_BYTES_MAX ? bytes : SPOOL_BYTES_MAX,
                      &store->spool, error);
}

static void say_purpose(struct store *store, const struct config *config) {
    char purpose[600];
    snprintf(purpose, sizeof purpose, "training %s", config->path);
    lock_note(store->lock, purpose);
}

enum status store_begin_sweep(struct store *store, const struct sweep_request *request,
                              bool *missing, struct outlook *outlook, struct error *error) {
    int64_t previous = 0;
    *outlook = (struct outlook){0};
    store->keep = request->config->keep_models;
    store->shape = (struct model_shape){request->dataset->rows, request->dataset->columns,
                                        request->dataset->classes};
    say_purpose(store, request->config);
    enum status status = store_transact(store, error);
    if (status == STATUS_OK)
        status = find_previous(store, request, &previous, outlook, error);
    if (status == STATUS_OK)
        status = insert_sweep(store, request, error);
    if (status == STATUS_OK)
        status = want_trials(store, request->dataset, request->space, error);
    if (status == STATUS_OK)
        status = compare(store, previous, outlook, error);
    if (status == STATUS_OK)
        status = link_trials(store, error);
    if (status == STATUS_OK)
        status = find_lost(store, outlook, error);
    if (status == STATUS_OK && request->retrain == RETRAIN_ALL)
        status = clear_results(store, error);
    if (status == STATUS_OK)
        status = decide(store, request->config, request->retrain, error);
    if (status == STATUS_OK)
        status = open_attempts(store, error);
    if (status == STATUS_OK)
        status = read_states(store, request->space->trial_count, missing, outlook, error);
    if (status == STATUS_OK)
        status = reserve(store, request, missing, error);
    /* The last run may have kept more than this one is to. */
    store->models_changed = true;
    if (status == STATUS_OK)
        return store_commit(store, error);
    store->sweep = 0;
    return store_abandon(store, status);
}

enum status store_finish_sweep(struct store *store, struct error *error) {
    enum status status = store_transact(store, error);
    if (status == STATUS_OK)
        status = run_for_sweep(
            store, "UPDATE sweeps SET finished_at = " STORE_NOW " WHERE sweep_id = ?1", error);
    return status == STATUS_OK ? store_commit(store, error) : store_abandon(store, status);
}
