#include "store/trial.h"

#include "store/identity.h"
#include "store/store_private.h"
#include "store/values.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- which --- */

/* None of them has a score: they have not come to their end, or it was none. */
static void fail_best(struct store *store, int64_t sweep) {
    struct statement *statement = database_prepare(
        store->database, "SELECT sum(status = 'pending'), count(*), " STORE_LAST(
                             "arguments") " FROM sweep_results s WHERE sweep_id = ?1");
    statement_bind_integer(statement, 1, sweep);
    statement_step(statement);
    const int64_t unfinished = statement_integer(statement, 0);
    const char *command = statement_text(statement, 2);
    if (unfinished > 0)
        database_fail(
            store->database, STATUS_USAGE,
            "no trial of sweep %" PRId64 " has a score yet: %" PRId64 " of %" PRId64
            " are unfinished; unless it still runs, the same command goes on with them%s%.300s",
            sweep, unfinished, statement_integer(statement, 1), *command ? ": " : "", command);
    else
        database_fail(store->database, STATUS_USAGE,
                      "no trial of sweep %" PRId64 " has a score, so none is the best; `sweep top "
                      "--trials --sweep %" PRId64 "` tells how many diverged or failed",
                      sweep, sweep);
    statement_free(statement);
}

static void fail_trial(struct store *store, int64_t sweep, int64_t trial) {
    if (trial == 0)
        fail_best(store, sweep);
    else if (sweep == 0)
        database_fail(store->database, STATUS_USAGE,
                      "no sweep has a trial %" PRId64 "; `sweep top --trials` lists them", trial);
    else
        database_fail(store->database, STATUS_USAGE,
                      "sweep %" PRId64 " has no trial %" PRId64
                      "; `sweep top --trials --sweep %" PRId64 "` lists them",
                      sweep, trial, sweep);
}

/* "12 (l2 0, loss_function mean_squared_error)": a best trial and those of the values that define
 * its score in which the best trials differ. */
static void append_best_trial(struct statement *statement, const struct score *score,
                              struct text *list) {
    const char *separator = " (";
    int column = 1;
    text_printf(list, "%s%" PRId64, list->length > 0 ? ", " : "", statement_integer(statement, 0));
    for (size_t i = 0; i < HP_COUNT; i++) {
        if (!score_is_defined_by(score, (enum hyperparameter_id)i))
            continue;
        if (statement_integer(statement, column + 1)) {
            text_printf(list, "%s%s %s", separator, hyperparameter_column(&hyperparameters[i]),
                        statement_text(statement, column));
            separator = ", ";
        }
        column += 2;
    }
    text_append(list, ")");
}

/* A sweep whose scores are several quantities has a best trial of each. */
static void fail_several(struct store *store, int64_t sweep, const struct score *score) {
    struct text sql, list;
    text_init(&sql);
    text_init(&list);
    text_append(&sql, "SELECT trial_id");
    for (size_t i = 0; i < HP_COUNT; i++) {
        const char *column = hyperparameter_column(&hyperparameters[i]);
        if (score_is_defined_by(score, (enum hyperparameter_id)i))
            text_printf(&sql, ", %s, min(%s) OVER () IS NOT max(%s) OVER ()", column, column,
                        column);
    }
    text_append(&sql, " FROM best WHERE sweep_id = ?1");
    struct statement *statement = database_prepare_built(store->database, &sql);
    statement_bind_integer(statement, 1, sweep);
    while (list.length < 600 && statement_step(statement))
        append_best_trial(statement, score, &list);
    database_fail(store->database, STATUS_USAGE,
                  "no trial of sweep %" PRId64 " is the best of all by %s, which is not the same "
                  "quantity in all of them; name one of the best: %.600s",
                  sweep, score->name, list.data);
    statement_free(statement);
    text_release(&sql);
    text_release(&list);
}

/* Set the record's sweep and trial where they are 0, or find that they don't belong together. */
static void find(struct store *store, struct trial_record *record) {
    static const char best[] = "SELECT ?1, trial_id, count(*) OVER ()"
                               " FROM (" STORE_BEST_TRIALS ") WHERE ?2 = 0";
    static const char given[] =
        "SELECT sweep_id, trial_id, 1 FROM sweep_trials JOIN sweeps USING"
        " (sweep_id) WHERE ?1 IN (0, sweep_id) AND trial_id = ?2" STORE_LATEST " LIMIT 1";
    if (record->id == 0 || record->sweep_id != 0)
        record->sweep_id = store_find_sweep(store, record->sweep_id);
    struct score score = {0};
    if (record->id == 0)
        score = store_own_score(store, record->sweep_id);
    struct statement *statement = database_prepare(store->database, record->id == 0 ? best : given);
    statement_bind_integer(statement, 1, record->sweep_id);
    statement_bind_integer(statement, 2, record->id);
    if (!statement_step(statement))
        fail_trial(store, record->sweep_id, record->id);
    else if (statement_integer(statement, 2) > 1)
        fail_several(store, record->sweep_id, &score);
    record->sweep_id = statement_integer(statement, 0);
    record->id = statement_integer(statement, 1);
    statement_free(statement);
}

enum status store_best_trials(struct store *store, int64_t sweep, struct arena *arena,
                              const int64_t **trials, size_t *count, struct error *error) {
    struct statement *statement = database_prepare(
        store->database, "SELECT count(*) OVER (), trial_id FROM (" STORE_BEST_TRIALS ")"
                         " ORDER BY trial_id");
    int64_t *list = NULL;
    *count = 0;
    statement_bind_integer(statement, 1, sweep);
    while (statement_step(statement)) {
        if (!list)
            list = ARENA_NEW(arena, int64_t, (size_t)statement_integer(statement, 0));
        if (list)
            list[(*count)++] = statement_integer(statement, 1);
        else
            database_fail_memory(store->database);
    }
    statement_free(statement);
    *trials = list;
    return database_take_error(store->database, error);
}

/* --- its row --- */

enum {
    TEXTS = 10,
    REALS = 8,
    COLUMN_SEED = TEXTS + REALS,
    COLUMN_COMMAND,
    COLUMN_EPOCHS,
    COLUMN_SETTING,
    COLUMN_FIRST, /* hyperparameter */
};

static void append_query(struct text *sql) {
    text_append(sql, "SELECT s.name, " STORE_LAST_CONFIG ", s.metric, t.dataset, ");
    text_append(sql, STORE_OF_DATASET(STORE_LAST_SOURCE, "t.dataset") ", " STORE_LAST_FOLDER ", ");
    text_append(sql, STORE_OF_DATASET("s.dataset_digest", "t.dataset"));
    text_append(sql, ", t.status, t.error, t.stopped, t.loss, t.accuracy, t.val_loss,"
                     " t.val_accuracy, t.test_loss, t.test_accuracy, t.train_seconds,"
                     " (SELECT score FROM scored WHERE sweep_id = ?1 AND trial_id = ?2), t.seed,"
                     " t.command_id, t.trained_epochs, t.setting");
    for (size_t i = 0; i < HP_COUNT; i++)
        text_printf(sql, ", t.%s", hyperparameter_column(&hyperparameters[i]));
    text_append(sql, " FROM sweeps s JOIN sweep_results t USING (sweep_id)"
                     " WHERE s.sweep_id = ?1 AND t.trial_id = ?2");
}

static void read_texts(struct statement *statement, struct arena *arena,
                       struct trial_record *record) {
    const char **texts[TEXTS] = {&record->sweep,          &record->config_path,    &record->metric,
                                 &record->dataset,        &record->dataset_source, &record->folder,
                                 &record->dataset_digest, &record->status,         &record->error,
                                 &record->stopped};
    for (int i = 0; i < TEXTS; i++)
        *texts[i] = statement_copy(statement, i, arena);
}

static void read_reals(struct statement *statement, struct trial_record *record) {
    double *reals[REALS] = {&record->loss,         &record->accuracy,  &record->val_loss,
                            &record->val_accuracy, &record->test_loss, &record->test_accuracy,
                            &record->seconds,      &record->score};
    for (int i = 0; i < REALS; i++)
        *reals[i] = statement_real(statement, TEXTS + i);
}

static enum status read_setting(struct statement *statement, struct arena *arena,
                                struct setting *setting, struct error *error) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < HP_COUNT && status == STATUS_OK; i++)
        status = value_read(statement, COLUMN_FIRST + (int)i, (enum hyperparameter_id)i, arena,
                            &setting->values[i], error);
    snprintf(setting->digest.hex, sizeof setting->digest.hex, "%s",
             statement_text(statement, COLUMN_SETTING));
    return status;
}

static void read_row(struct store *store, struct arena *arena, struct trial_record *record,
                     int64_t *epochs) {
    struct error error;
    struct text sql;
    text_init(&sql);
    append_query(&sql);
    struct statement *statement = database_prepare_built(store->database, &sql);
    text_release(&sql);
    statement_bind_integer(statement, 1, record->sweep_id);
    statement_bind_integer(statement, 2, record->id);
    const bool found = statement_step(statement);
    read_texts(statement, arena, record);
    read_reals(statement, record);
    record->seed = (uint64_t)statement_integer(statement, COLUMN_SEED);
    record->command = statement_integer(statement, COLUMN_COMMAND);
    *epochs = statement_integer(statement, COLUMN_EPOCHS);
    if (found && read_setting(statement, arena, &record->setting, &error) != STATUS_OK)
        database_fail_with(store->database, &error);
    statement_free(statement);
}

/* SQLite takes `value` from the row that has the largest epoch. */
static const char recorded_query[] =
    "SELECT name, value, max(epoch), count(*) OVER () FROM metrics"
    " WHERE trial_id = ?1 AND epoch <= ?2 GROUP BY name"
    " ORDER BY substr(name, 1, 5) = 'test_', substr(name, 1, 4) = 'val_', name";

/* What is no score of this program is left out. */
static void read_recorded(struct store *store, struct arena *arena, int64_t epochs,
                          struct trial_record *record) {
    struct statement *statement = database_prepare(store->database, recorded_query);
    statement_bind_integer(statement, 1, record->id);
    statement_bind_integer(statement, 2, epochs);
    while (statement_step(statement)) {
        if (!record->recorded)
            record->recorded =
                ARENA_NEW(arena, struct recorded_score, (size_t)statement_integer(statement, 3));
        if (!record->recorded) {
            database_fail_memory(store->database);
            break;
        }
        struct recorded_score *recorded = &record->recorded[record->recorded_count];
        recorded->value = statement_real(statement, 1);
        record->recorded_count += score_find(statement_text(statement, 0), &recorded->score);
    }
    statement_free(statement);
}

enum status store_trial(struct store *store, int64_t sweep, int64_t trial, struct arena *arena,
                        struct trial_record *record, struct error *error) {
    *record = (struct trial_record){.id = trial, .sweep_id = sweep};
    find(store, record);
    store_own_score(store, record->sweep_id);
    identity_check(store->database, record->sweep_id, trial);
    int64_t epochs = 0;
    read_row(store, arena, record, &epochs);
    read_recorded(store, arena, epochs, record);
    record->history = store_read_history(store, record->id, epochs, arena, &record->epochs);
    return database_take_error(store->database, error);
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
    struct statement *statement =
        database_prepare(store->database, "SELECT format, weights, digest FROM models"
                                          " WHERE trial_id = ?1 AND ?2 = 'completed'");
    statement_bind_integer(statement, 1, record->id);
    statement_bind_text(statement, 2, record->status);
    *found = statement_step(statement);
    enum status status = database_take_error(store->database, error);
    if (*found) {
        size_t count;
        const void *bytes = statement_blob(statement, 1, &count);
        status = check_model(statement, record->id, error);
        if (status == STATUS_OK)
            status = model_open(&record->setting, bytes, count, arena, model, error);
    }
    statement_free(statement);
    return status;
}
