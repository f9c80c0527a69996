#include "store/store_private.h"

#include <math.h>
#include <string.h>

static const char *const outcomes[] = {[TRIAL_COMPLETED] = "completed",
                                       [TRIAL_DIVERGED] = "diverged",
                                       [TRIAL_FAILED] = "failed",
                                       [TRIAL_STOPPED] = "stopped"};

#define STORE_TIME(parameter) "strftime('%Y-%m-%d %H:%M:%f', " parameter ", 'unixepoch')"

/* The command that has taken the trial ?1 up. */
#define COMMAND                                                                                    \
    "ifnull((SELECT command_id FROM attempts WHERE trial_id = ?1 AND outcome = 'running'),"        \
    " command_id)"

static void prepare(struct store *store) {
    static const struct {
        enum store_statement which;
        const char *sql;
    } all[] = {
        {STORE_FIND_TRIAL,
         "SELECT trial_id, CASE WHEN status IN ('completed', 'diverged') THEN epochs WHEN status ="
         " 'stopped' THEN (SELECT max(epoch) FROM history h WHERE h.trial_id = t.trial_id) END"
         " FROM trials t WHERE digest = ?"},
        {STORE_CLEAR_HISTORY, "DELETE FROM history WHERE trial_id = ?"},
        {STORE_CLEAR_METRIC,
         "DELETE FROM metrics WHERE trial_id = ?1 AND name IN (?2, 'val_' || ?2, 'test_' || ?2)"},
        {STORE_PUT_TRIAL,
         "UPDATE trials SET status = ?2, loss = ?3, accuracy = ?4, val_loss = ?5,"
         " val_accuracy = ?6, test_loss = ?7, test_accuracy = ?8, parameters = ?9,"
         " train_seconds = ?10, started_at = " STORE_TIME("?11") ", finished_at = " STORE_TIME(
             "?12") ", error = NULL, command_id = " COMMAND " WHERE trial_id = ?1"},
        {STORE_PUT_FAILURE,
         "UPDATE trials SET status = 'failed', started_at = " STORE_TIME(
             "?2") ", finished_at = " STORE_TIME("?3") ", error = ?4, command_id = " COMMAND
                                                       " WHERE trial_id = ?1 AND status IN "
                                                       "('pending', 'failed')"},
        {STORE_PUT_EPOCH,
         "INSERT INTO history (trial_id, epoch, loss, accuracy, val_loss, val_accuracy, seconds)"
         " VALUES (?, ?, ?, ?, ?, ?, ?)"},
        {STORE_PUT_METRIC,
         "INSERT INTO metrics (trial_id, name, epoch, value) VALUES (?, ? || ?, ?, ?)"},
        {STORE_PUT_END, "UPDATE sweep_trials SET stopped_epoch = NULL"
                        " WHERE sweep_id = ?1 AND trial_id = ?2 AND stopped_epoch = 0"},
        {STORE_END_ATTEMPT, "UPDATE attempts SET outcome = ?2, started_at = " STORE_TIME(
                                "?3") ","
                                      " finished_at = " STORE_TIME(
                                          "?4") ", error = ?5"
                                                " WHERE trial_id = ?1 AND outcome = 'running'"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        store_statement(store, all[i].which, all[i].sql);
}

/* *epochs: those of its result; 0 without one. */
static bool find_trial(struct store *store, const char *digest, int64_t *id, size_t *epochs) {
    struct statement *find = store->statements[STORE_FIND_TRIAL];
    statement_bind_text(find, 1, digest);
    const bool found = statement_step(find);
    *id = statement_integer(find, 0);
    *epochs = (size_t)statement_integer(find, 1);
    statement_reset(find);
    return found;
}

static void put_trial(struct store *store, int64_t id, const struct trial_result *result) {
    static const struct epoch_scores none = {
        .train = {.loss = (double)NAN, .accuracy = (double)NAN}};
    const struct epoch_scores *last = result->epochs ? &result->history[result->epochs - 1] : &none;
    const bool validated = result->validated && result->epochs > 0;
    struct statement *put = store->statements[STORE_PUT_TRIAL];
    statement_bind_integer(put, 1, id);
    statement_bind_text(put, 2, outcomes[result->outcome]);
    statement_bind_real(put, 3, last->train.loss);
    statement_bind_real(put, 4, last->train.accuracy);
    statement_bind_real(put, 5, validated ? last->validation.loss : (double)NAN);
    statement_bind_real(put, 6, validated ? last->validation.accuracy : (double)NAN);
    statement_bind_real(put, 7, result->test.loss);
    statement_bind_real(put, 8, result->test.accuracy);
    statement_bind_integer(put, 9, (int64_t)result->parameters);
    statement_bind_real(put, 10, result->seconds);
    statement_bind_real(put, 11, result->started_at);
    statement_bind_real(put, 12, result->finished_at);
    statement_write(put);
}

static void put_failure(struct store *store, int64_t id, const struct trial_result *result) {
    struct statement *put = store->statements[STORE_PUT_FAILURE];
    statement_bind_integer(put, 1, id);
    statement_bind_real(put, 2, result->started_at);
    statement_bind_real(put, 3, result->finished_at);
    statement_bind_text(put, 4, result->error.message);
    statement_run(put);
}

static void put_metrics(struct store *store, const struct delivery *delivery, int64_t id,
                        const char *prefix, size_t epoch, const struct scores *scores) {
    struct statement *put = store->statements[STORE_PUT_METRIC];
    for (size_t i = 0; i < delivery->metric_count; i++) {
        statement_bind_integer(put, 1, id);
        statement_bind_text(put, 2, prefix);
        statement_bind_text(put, 3, delivery->metrics[i]->name);
        statement_bind_integer(put, 4, (int64_t)epoch);
        statement_bind_real(put, 5, scores->metrics[i]);
        statement_write(put);
    }
}

static void put_epoch(struct store *store, const struct delivery *delivery, int64_t id,
                      size_t epoch) {
    const struct trial_result *result = delivery->result;
    const struct epoch_scores *scores = &result->history[epoch - 1];
    struct statement *put = store->statements[STORE_PUT_EPOCH];
    statement_bind_integer(put, 1, id);
    statement_bind_integer(put, 2, (int64_t)epoch);
    statement_bind_real(put, 3, scores->train.loss);
    statement_bind_real(put, 4, scores->train.accuracy);
    statement_bind_real(put, 5, result->validated ? scores->validation.loss : (double)NAN);
    statement_bind_real(put, 6, result->validated ? scores->validation.accuracy : (double)NAN);
    statement_bind_real(put, 7, scores->seconds);
    statement_write(put);
    put_metrics(store, delivery, id, "", epoch, &scores->train);
    if (result->validated)
        put_metrics(store, delivery, id, "val_", epoch, &scores->validation);
}

static void clear(struct statement *statement, int64_t id) {
    statement_bind_integer(statement, 1, id);
    statement_run(statement);
}

/* Metrics that only another sweep asked for stay: they are the same trial's numbers. */
static void clear_metrics(struct store *store, const struct delivery *delivery, int64_t id) {
    struct statement *statement = store->statements[STORE_CLEAR_METRIC];
    for (size_t i = 0; i < delivery->metric_count; i++) {
        statement_bind_text(statement, 2, delivery->metrics[i]->name);
        clear(statement, id);
    }
}

static void put_scores(struct store *store, const struct delivery *delivery, int64_t id) {
    const struct trial_result *result = delivery->result;
    clear(store->statements[STORE_CLEAR_HISTORY], id);
    clear_metrics(store, delivery, id);
    put_trial(store, id, result);
    for (size_t epoch = 1; epoch <= result->epochs; epoch++)
        put_epoch(store, delivery, id, epoch);
    if (result->outcome == TRIAL_COMPLETED)
        put_metrics(store, delivery, id, "test_", result->epochs, &result->test);
}

/* The trial has come to its end in the sweep begun, which may have left that open. */
static void put_end(struct store *store, int64_t id, const struct trial_result *result) {
    struct statement *put = store->statements[STORE_PUT_END];
    if (result->outcome != TRIAL_COMPLETED && result->outcome != TRIAL_DIVERGED)
        return;
    statement_bind_integer(put, 1, store->sweep);
    statement_bind_integer(put, 2, id);
    statement_run(put);
}

static void end_attempt(struct store *store, int64_t id, const struct trial_result *result) {
    struct statement *end = store->statements[STORE_END_ATTEMPT];
    statement_bind_integer(end, 1, id);
    statement_bind_text(end, 2, outcomes[result->outcome]);
    statement_bind_real(end, 3, result->started_at);
    statement_bind_real(end, 4, result->finished_at);
    if (result->outcome == TRIAL_FAILED)
        statement_bind_text(end, 5, result->error.message);
    else
        statement_bind_null(end, 5);
    statement_run(end);
}

bool store_write(struct store *store, const struct delivery *delivery) {
    int64_t id = 0;
    size_t epochs = 0;
    prepare(store);
    if (!find_trial(store, delivery->digest, &id, &epochs))
        return false;
    const bool lesser =
        delivery->result->outcome == TRIAL_STOPPED && delivery->result->epochs < epochs;
    /* A trial that has a result, and was to be trained for one metric more, keeps it. */
    if (delivery->result->outcome == TRIAL_FAILED)
        put_failure(store, id, delivery->result);
    else if (!lesser)
        put_scores(store, delivery, id);
    put_end(store, id, delivery->result);
    end_attempt(store, id, delivery->result);
    return true;
}
