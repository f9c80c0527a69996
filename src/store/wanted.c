#include "store/store_private.h"

#include <string.h>

/* The trials of the sweep at hand: their positions in the space, and whether they are to be
 * trained. */
static const char wanted_table[] =
    "CREATE TEMP TABLE IF NOT EXISTS wanted ("
    " position INTEGER PRIMARY KEY, trial_id INTEGER NOT NULL UNIQUE, state TEXT);"
    "DELETE FROM temp.wanted";

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
        statement_bind_built(statement, at, text);
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

enum status store_want_trials(struct store *store, const struct dataset *dataset,
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

enum status store_decide(struct store *store, const struct config *config, enum retrain retrain,
                         struct error *error) {
    struct text sql;
    text_init(&sql);
    append_state(&sql, config, retrain);
    enum status status =
        sql.failed ? error_memory(error) : database_run(store->database, sql.data, error);
    text_release(&sql);
    return status;
}

/* Set the marks of the trials in a state, and count these. */
static enum status mark(struct store *store, const char *state, bool value, bool *marks,
                        size_t *count, struct error *error) {
    struct statement *statement;
    bool row = true;
    *count = 0;
    enum status status = database_prepare(
        store->database, "SELECT position FROM temp.wanted WHERE state = ?1", &statement, error);
    if (status == STATUS_OK)
        statement_bind_text(statement, 1, state);
    while (status == STATUS_OK) {
        status = statement_step(statement, &row, error);
        if (status != STATUS_OK || !row)
            break;
        marks[statement_integer(statement, 0)] = value;
        *count += 1;
    }
    statement_free(statement);
    return status;
}

enum status store_read_states(struct store *store, size_t trial_count, bool *missing,
                              struct resume_summary *summary, struct error *error) {
    for (size_t i = 0; i < trial_count; i++)
        missing[i] = true;
    enum status status = mark(store, "trained", false, missing, &summary->trained, error);
    return status == STATUS_OK ? mark(store, "given up", false, missing, &summary->given_up, error)
                               : status;
}

enum status store_left_alone(struct store *store, size_t trial_count, bool *left_alone,
                             struct error *error) {
    size_t count;
    memset(left_alone, 0, trial_count * sizeof *left_alone);
    return mark(store, "given up", true, left_alone, &count, error);
}

enum status store_resume_summary(struct store *store, const struct config *config,
                                 const struct space *space, bool *missing,
                                 struct resume_summary *summary, struct error *error) {
    *summary = (struct resume_summary){0};
    enum status status = store_want_trials(store, NULL, space, error);
    if (status == STATUS_OK)
        status = store_decide(store, config, RETRAIN_SOME, error);
    return status == STATUS_OK
               ? store_read_states(store, space->trial_count, missing, summary, error)
               : status;
}
