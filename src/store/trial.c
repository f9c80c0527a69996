#include "store/trial.h"

#include "search/parameters.h"
#include "store/store_private.h"

#include <inttypes.h>
#include <string.h>

/* --- which --- */

static enum status fail_trial(int64_t sweep, int64_t trial, struct error *error) {
    if (trial == 0)
        return error_set(error, STATUS_USAGE,
                         "no trial of sweep %" PRId64
                         " has a score, so none is the best; `sweep top "
                         "--trials --sweep %" PRId64 "` tells how many diverged or failed",
                         sweep, sweep);
    if (sweep == 0)
        return error_set(error, STATUS_USAGE,
                         "no sweep has a trial %" PRId64 "; `sweep top --trials` lists them",
                         trial);
    return error_set(error, STATUS_USAGE,
                     "sweep %" PRId64 " has no trial %" PRId64
                     "; `sweep top --trials --sweep %" PRId64 "` lists them",
                     sweep, trial, sweep);
}

/* Set *sweep where it is 0, and *trial where that is. */
static enum status find(struct store *store, int64_t *sweep, int64_t *trial, struct error *error) {
    static const char best[] =
        "SELECT sweep_id, trial_id FROM scored WHERE sweep_id = ?1 AND status = 'completed' AND"
        " score IS NOT NULL AND ?2 = 0" STORE_RANKED;
    static const char given[] = "SELECT sweep_id, trial_id FROM sweep_trials JOIN sweeps USING"
                                " (sweep_id) WHERE ?1 IN (0, sweep_id) AND trial_id = ?2"
                                " ORDER BY started_at DESC, sweep_id DESC LIMIT 1";
    struct statement *statement = NULL;
    bool row = false;
    enum status status = STATUS_OK;
    if (*trial == 0 || *sweep != 0)
        status = store_find_sweep(store, sweep, error);
    if (status == STATUS_OK)
        status = database_prepare(store->database, *trial == 0 ? best : given, &statement, error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, *sweep);
        statement_bind_integer(statement, 2, *trial);
        status = statement_step(statement, &row, error);
    }
    if (status == STATUS_OK && !row)
        status = fail_trial(*sweep, *trial, error);
    if (status == STATUS_OK) {
        *sweep = statement_integer(statement, 0);
        *trial = statement_integer(statement, 1);
    }
    statement_free(statement);
    return status;
}

/* --- its row --- */

enum {
    TEXTS = 8,
    REALS = 8,
    COLUMN_SEED = TEXTS + REALS,
    COLUMN_SETTING,
    COLUMN_FIRST, /* hyperparameter */
};

static void append_query(struct text *sql) {
    text_append(sql, "SELECT s.name, s.config_path, s.metric, s.dataset, s.dataset_source,"
                     " s.dataset_digest, t.status, t.error,"
                     " t.loss, t.accuracy, t.val_loss, t.val_accuracy, t.test_loss,"
                     " t.test_accuracy, t.train_seconds,"
                     " (SELECT score FROM scored WHERE sweep_id = ?1 AND trial_id = ?2),"
                     " t.seed, t.setting");
    for (size_t i = 0; i < HP_COUNT; i++)
        text_printf(sql, ", t.%s", hyperparameter_column(&hyperparameters[i]));
    text_append(sql, " FROM sweeps s, trials t WHERE s.sweep_id = ?1 AND t.trial_id = ?2");
}

static enum status read_texts(struct statement *statement, struct arena *arena,
                              struct trial_record *record, struct error *error) {
    const char **texts[TEXTS] = {&record->sweep,   &record->config_path,    &record->metric,
                                 &record->dataset, &record->dataset_source, &record->dataset_digest,
                                 &record->status,  &record->error};
    for (int i = 0; i < TEXTS; i++)
        if (!(*texts[i] = arena_copy(arena, statement_text(statement, i))))
            return error_memory(error);
    return STATUS_OK;
}

static void read_reals(struct statement *statement, struct trial_record *record) {
    double *reals[REALS] = {&record->loss,         &record->accuracy,  &record->val_loss,
                            &record->val_accuracy, &record->test_loss, &record->test_accuracy,
                            &record->seconds,      &record->score};
    for (int i = 0; i < REALS; i++)
        *reals[i] = statement_real(statement, TEXTS + i);
}

static enum status read_value(struct statement *statement, int column, enum hyperparameter_id id,
                              struct arena *arena, struct value *value, struct error *error) {
    *value = (struct value){.type = VALUE_NONE};
    if (statement_is_null(statement, column))
        return STATUS_OK;
    value->type = hyperparameters[id].type;
    switch (value->type) {
    case VALUE_NONE:
        break;
    case VALUE_INTEGER:
        value->integer = statement_integer(statement, column);
        break;
    case VALUE_BOOLEAN:
        value->boolean = statement_integer(statement, column) != 0;
        break;
    case VALUE_REAL:
        value->real = statement_real(statement, column);
        break;
    case VALUE_NAME:
    case VALUE_LAYERS:
        return parameters_read_value(id, statement_text(statement, column), arena, value, error);
    }
    return STATUS_OK;
}

/* The digest tells whether the values are those that were written. */
static enum status read_setting(struct statement *statement, struct arena *arena,
                                struct trial_record *record, struct error *error) {
    struct text scratch;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < HP_COUNT && status == STATUS_OK; i++)
        status = read_value(statement, COLUMN_FIRST + (int)i, (enum hyperparameter_id)i, arena,
                            &record->setting.values[i], error);
    if (status == STATUS_MEMORY)
        return status;
    text_init(&scratch);
    const bool same =
        status == STATUS_OK &&
        setting_has_digest(&record->setting, statement_text(statement, COLUMN_SETTING), &scratch);
    if (scratch.failed)
        status = error_memory(error);
    else if (!same)
        status = error_set(error, STATUS_INPUT,
                           "the hyperparameters of trial %" PRId64
                           " are not those it was trained with: its row was changed",
                           record->id);
    text_release(&scratch);
    return status;
}

static enum status read_row(struct store *store, struct arena *arena, struct trial_record *record,
                            struct error *error) {
    struct statement *statement = NULL;
    struct text sql;
    bool row = false;
    text_init(&sql);
    append_query(&sql);
    enum status status = sql.failed
                             ? error_memory(error)
                             : database_prepare(store->database, sql.data, &statement, error);
    text_release(&sql);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, record->sweep_id);
        statement_bind_integer(statement, 2, record->id);
        status = statement_step(statement, &row, error);
    }
    if (status == STATUS_OK && !row)
        status = fail_trial(record->sweep_id, record->id, error);
    if (status == STATUS_OK)
        status = read_texts(statement, arena, record, error);
    if (status == STATUS_OK) {
        read_reals(statement, record);
        record->seed = (uint64_t)statement_integer(statement, COLUMN_SEED);
        status = read_setting(statement, arena, record, error);
    }
    statement_free(statement);
    return status;
}

static enum status read_history(struct store *store, struct arena *arena,
                                struct trial_record *record, struct error *error) {
    static const char sql[] =
        "SELECT count(*) OVER (), loss, accuracy, val_loss, val_accuracy, seconds"
        " FROM history WHERE trial_id = ? ORDER BY epoch";
    struct statement *statement;
    bool row = true;
    enum status status = database_prepare(store->database, sql, &statement, error);
    if (status == STATUS_OK)
        statement_bind_integer(statement, 1, record->id);
    while (status == STATUS_OK) {
        status = statement_step(statement, &row, error);
        if (status != STATUS_OK || !row)
            break;
        if (!record->history)
            record->history =
                ARENA_NEW(arena, struct trial_epoch, (size_t)statement_integer(statement, 0));
        if (record->history)
            record->history[record->epochs++] =
                (struct trial_epoch){statement_real(statement, 1), statement_real(statement, 2),
                                     statement_real(statement, 3), statement_real(statement, 4),
                                     statement_real(statement, 5)};
        else
            status = error_memory(error);
    }
    statement_free(statement);
    return status;
}

enum status store_trial(struct store *store, int64_t sweep, int64_t trial, struct arena *arena,
                        struct trial_record *record, struct error *error) {
    *record = (struct trial_record){0};
    enum status status = find(store, &sweep, &trial, error);
    record->id = trial;
    record->sweep_id = sweep;
    if (status == STATUS_OK)
        status = read_row(store, arena, record, error);
    return status == STATUS_OK ? read_history(store, arena, record, error) : status;
}

/* --- its model --- */

static enum status check_model(struct statement *statement, int64_t trial, struct error *error) {
    if (strcmp(statement_text(statement, 0), MODEL_FORMAT) != 0)
        return error_set(error, STATUS_INPUT,
                         "the model of trial %" PRId64 " is in a format '%.40s' that this sweep "
                         "does not know (it knows " MODEL_FORMAT ")",
                         trial, statement_text(statement, 0));
    if (!store_model_is_whole(statement, 1))
        return error_set(error, STATUS_INPUT,
                         "the model of trial %" PRId64 " is damaged: its weights are not those "
                         "that were kept; running its config again keeps it anew",
                         trial);
    return STATUS_OK;
}

enum status store_model(struct store *store, const struct trial_record *record, struct arena *arena,
                        struct model *model, bool *found, struct error *error) {
    struct statement *statement;
    *found = false;
    enum status status = database_prepare(
        store->database, "SELECT format, weights, digest FROM models WHERE trial_id = ?",
        &statement, error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, record->id);
        status = statement_step(statement, found, error);
    }
    if (status == STATUS_OK && *found) {
        size_t count;
        const void *bytes = statement_blob(statement, 1, &count);
        status = check_model(statement, record->id, error);
        if (status == STATUS_OK)
            status = model_open(&record->setting, bytes, count, arena, model, error);
    }
    statement_free(statement);
    return status;
}
