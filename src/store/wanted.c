#include "store/identity.h"
#include "store/store_private.h"
#include "store/values.h"

#include <stdlib.h>
#include <string.h>

/* The trials of the sweep at hand: their positions in the space, whether they are to be trained,
 * and whether this run stopped them. */
static const char wanted_table[] =
    "CREATE TEMP TABLE IF NOT EXISTS wanted ("
    " position INTEGER PRIMARY KEY, trial_id INTEGER NOT NULL UNIQUE, state TEXT, part INTEGER,"
    " stopped INTEGER);"
    "CREATE INDEX IF NOT EXISTS temp.wanted_part ON wanted (part);"
    "DELETE FROM temp.wanted";

static struct statement *prepare_insert(struct store *store) {
    struct text sql;
    text_init(&sql);
    text_append(&sql, "INSERT INTO trials (digest, setting, seed");
    for (size_t i = 0; i < HP_COUNT; i++)
        text_printf(&sql, ", %s", hyperparameter_column(&hyperparameters[i]));
    text_append(&sql, ") VALUES (?, ?, ?");
    for (size_t i = 0; i < HP_COUNT; i++)
        text_append(&sql, ", ?");
    text_append(&sql, ") ON CONFLICT (digest) DO NOTHING");
    struct statement *insert = database_prepare_built(store->database, &sql);
    text_release(&sql);
    return insert;
}

/* The same parameters in an update. */
static struct statement *prepare_repair(struct store *store) {
    struct text sql;
    text_init(&sql);
    text_append(&sql, "UPDATE trials SET setting = ?2, seed = ?3");
    for (size_t i = 0; i < HP_COUNT; i++)
        text_printf(&sql, ", %s = ?%zu", hyperparameter_column(&hyperparameters[i]), 4 + i);
    text_append(&sql, " WHERE digest = ?1");
    struct statement *repair = database_prepare_built(store->database, &sql);
    text_release(&sql);
    return repair;
}

static void write_trial(struct statement *write, const struct trial *trial) {
    statement_bind_text(write, 1, trial->digest.hex);
    statement_bind_text(write, 2, trial->setting->digest.hex);
    statement_bind_integer(write, 3, (int64_t)trial->seed);
    for (size_t i = 0; i < HP_COUNT; i++)
        value_bind(&trial->setting->values[i], write, 4 + (int)i);
    statement_run(write);
}

void store_run_for_part(struct store *store, const char *sql) {
    struct statement *statement = database_prepare(store->database, sql);
    statement_bind_integer(statement, 1, store->part);
    statement_run(statement);
    statement_free(statement);
}

/* Mark the positions of the part's trials up to `last` that are not what their digests say. */
static size_t find_changed(struct store *store, const struct dataset *dataset, int64_t last,
                           bool *changed) {
    struct identity identity;
    int64_t position;
    size_t count = 0;
    identity_open(&identity, store->database, "position",
                  "ifnull(" STORE_OF_DATASET("?1", "t.dataset") ", '')",
                  "temp.wanted JOIN trials t USING (trial_id) WHERE trial_id <= ?2 AND part = ?3");
    statement_bind_text(identity.rows, 1, dataset_digests(dataset));
    statement_bind_integer(identity.rows, 2, last);
    statement_bind_integer(identity.rows, 3, store->part);
    for (; identity_next_changed(&identity, &position); count++)
        changed[position] = true;
    identity_close(&identity);
    return count;
}

size_t store_repair_trials(struct store *store, const struct dataset *dataset,
                           const struct space *space, int64_t last) {
    bool *changed = calloc(space->trial_count, sizeof *changed);
    if (!changed) {
        database_fail_memory(store->database);
        return 0;
    }
    const size_t count = find_changed(store, dataset, last, changed);
    struct statement *repair = count > 0 ? prepare_repair(store) : NULL;
    for (size_t i = 0; i < space->trial_count && count > 0; i++)
        if (changed[i])
            write_trial(repair, &space->trials[i]);
    statement_free(repair);
    free(changed);
    return count;
}

void store_want_none(struct store *store) {
    database_run(store->database, wanted_table);
    store->part = 0;
}

void store_want_trials(struct store *store, const struct dataset *dataset,
                       const struct space *space, const size_t *trials, size_t count) {
    struct statement *insert = dataset ? prepare_insert(store) : NULL;
    struct statement *want =
        database_prepare(store->database, "INSERT INTO temp.wanted (position, trial_id, part)"
                                          " SELECT ?1, trial_id, ?3 FROM trials WHERE digest = ?2");
    store->part++;
    for (size_t i = 0; i < (trials ? count : space->trial_count); i++) {
        const size_t at = trials ? trials[i] : i;
        const struct trial *trial = &space->trials[at];
        if (dataset)
            write_trial(insert, trial);
        statement_bind_integer(want, 1, (int64_t)at);
        statement_bind_text(want, 2, trial->digest.hex);
        statement_bind_integer(want, 3, store->part);
        statement_run(want);
    }
    statement_free(insert);
    statement_free(want);
}

static void append_has_metrics(struct text *sql, const struct config *config, const char *prefix) {
    for (size_t i = 0; i < config->metric_count; i++)
        text_printf(sql,
                    " AND EXISTS (SELECT 1 FROM metrics m WHERE m.trial_id = t.trial_id"
                    " AND m.name = '%s%s')",
                    prefix, config->metrics[i]->name);
}

/* A trial that diverged has no test scores to lack; one that was stopped has none at all. */
static void append_state(struct text *sql, const struct config *config, enum retrain retrain,
                         bool may_stop) {
    text_append(sql, "UPDATE temp.wanted SET state = (SELECT CASE"
                     " WHEN status = 'diverged' THEN 'trained'"
                     " WHEN status = 'completed'");
    append_has_metrics(sql, config, "test_");
    text_append(sql, " THEN 'trained'");
    if (may_stop) {
        text_append(sql, " WHEN status = 'stopped'");
        append_has_metrics(sql, config, "");
        text_append(sql, " THEN 'stopped'");
    }
    if (retrain == RETRAIN_SOME)
        text_printf(sql,
                    " WHEN (SELECT count(*) FROM attempts a WHERE a.trial_id = t.trial_id"
                    " AND a.outcome = 'failed' AND a.attempt_id > ifnull("
                    "(SELECT max(b.attempt_id) FROM attempts b WHERE b.trial_id = t.trial_id"
                    " AND b.outcome IN ('completed', 'diverged')), 0)) >= %d THEN 'given up'",
                    STORE_FAILURES_MAX);
    text_append(sql, " ELSE 'missing' END"
                     " FROM trials t WHERE t.trial_id = wanted.trial_id) WHERE part = ?1");
}

void store_decide(struct store *store, const struct config *config, enum retrain retrain,
                  bool may_stop) {
    struct text sql;
    text_init(&sql);
    append_state(&sql, config, retrain, may_stop);
    if (sql.failed)
        database_fail_memory(store->database);
    else
        store_run_for_part(store, sql.data);
    text_release(&sql);
}

/* Set the marks of the trials in a state; returns how many there are. */
static size_t mark(struct store *store, const char *state, bool value, bool *marks) {
    size_t count = 0;
    struct statement *statement =
        database_prepare(store->database, "SELECT position FROM temp.wanted WHERE state = ?1");
    statement_bind_text(statement, 1, state);
    for (; statement_step(statement); count++)
        marks[statement_integer(statement, 0)] = value;
    statement_free(statement);
    return count;
}

void store_read_states(struct store *store, size_t trial_count, bool *missing,
                       struct resume_summary *summary) {
    for (size_t i = 0; i < trial_count; i++)
        missing[i] = true;
    summary->trained = mark(store, "trained", false, missing);
    summary->given_up = mark(store, "given up", false, missing);
}

enum status store_left_alone(struct store *store, size_t trial_count, bool *left_alone,
                             struct error *error) {
    memset(left_alone, 0, trial_count * sizeof *left_alone);
    mark(store, "given up", true, left_alone);
    return database_take_error(store->database, error);
}

enum status store_resume_summary(struct store *store, const struct config *config,
                                 const struct space *space, bool *missing,
                                 struct resume_summary *summary, struct error *error) {
    *summary = (struct resume_summary){0};
    store_want_none(store);
    store_want_trials(store, NULL, space, NULL, 0);
    store_decide(store, config, RETRAIN_SOME, false);
    store_read_states(store, space->trial_count, missing, summary);
    return database_take_error(store->database, error);
}

enum status store_search_progress(struct store *store, const struct config *config,
                                  const struct dataset *dataset, struct search_progress *progress,
                                  struct error *error) {
    static const char sql[] =
        "SELECT count(DISTINCT t.setting), count(t.trial_id), total(t.status = 'stopped'),"
        " total(t.trained_epochs),"
        " ifnull(" STORE_LAST_OUTCOME " = 'finished', 0)"
        " FROM sweeps s LEFT JOIN sweep_results t ON t.sweep_id = s.sweep_id"
        " AND t.status IN " SCHEMA_RESULT_STATUSES
        " WHERE config_digest = ?1 AND dataset_digest = ?2";
    struct statement *statement = database_prepare(store->database, sql);
    *progress = (struct search_progress){0};
    statement_bind_text(statement, 1, config->digest.hex);
    statement_bind_text(statement, 2, dataset_digests(dataset));
    if (statement_step(statement))
        *progress = (struct search_progress){.settings = (size_t)statement_integer(statement, 0),
                                             .trials = (size_t)statement_integer(statement, 1),
                                             .stopped = (size_t)statement_integer(statement, 2),
                                             .epochs = (uint64_t)statement_integer(statement, 3),
                                             .complete = statement_integer(statement, 4) != 0};
    statement_free(statement);
    return database_take_error(store->database, error);
}
