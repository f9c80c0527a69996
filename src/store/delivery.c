#include "store/store_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The spool, made anew if it was removed: what it had is lost then. */
static enum status ready_spool(struct store *store) {
    struct spool_state *state = &store->spooled;
    if (store->spool && spool_is_there(store->spool))
        return STATUS_OK;
    if (state->kept > 0)
        error_set(&state->error, STATUS_IO, "it was removed");
    state->lost += state->kept;
    state->kept = 0;
    state->path = store->spool_path;
    spool_close(store->spool);
    store->spool_has_origin = false;
    return spool_open(store->spool_path, 0, &store->spool, &state->error);
}

static enum status append_to_spool(struct store *store, const struct text *records) {
    struct error *error = &store->spooled.error;
    return records->failed ? error_memory(error)
                           : spool_write(store->spool, records->data, records->length, error);
}

/* What the database could not take. */
static void spool_pending(struct store *store) {
    struct spool_state *state = &store->spooled;
    if (store->pending_count == 0)
        return;
    enum status status = ready_spool(store);
    if (status == STATUS_OK && !store->spool_has_origin)
        status = append_to_spool(store, &store->origin);
    store->spool_has_origin |= status == STATUS_OK;
    if (status == STATUS_OK)
        status = append_to_spool(store, &store->pending);
    if (status == STATUS_OK)
        state->path = spool_place(store->spool);
    *(status == STATUS_OK ? &state->kept : &state->lost) += store->pending_count;
    text_clear(&store->pending);
    store->pending_count = 0;
}

static enum status repeat_fault(const struct store *store, struct error *error) {
    if (error)
        *error = store->fault;
    return store->fault.code;
}

/* Results that were committed may have gone with the file: all of the sweep's are pending then,
 * which has those that are so already if they are `committed`. If they can't be read any more,
 * these alone are. */
static void gather_results(struct store *store, bool committed) {
    static const char sql[] =
        "SELECT digest, command_id FROM trials JOIN sweep_trials USING (trial_id)"
        " WHERE sweep_id = ?1 AND status IN " SCHEMA_RESULT_STATUSES " ORDER BY "
        "command_id";
    struct statement *statement = database_prepare(store->database, sql);
    struct delivery delivery;
    struct arena arena;
    struct text records;
    size_t count = 0;
    int64_t command = -1;
    arena_init(&arena);
    text_init(&records);
    statement_bind_integer(statement, 1, store->sweep);
    for (; statement_step(statement); arena_reset(&arena)) {
        if (statement_integer(statement, 1) != command)
            store_append_command(store, command = statement_integer(statement, 1), &records);
        if (!store_read_result(store, statement_text(statement, 0), &arena, &delivery))
            break;
        spool_append(&records, &delivery);
        count++;
    }
    statement_free(statement);
    arena_release(&arena);
    records.failed |= store->origin.failed;
    text_append_bytes(&records, store->origin.data, store->origin.length);
    if (!committed) {
        records.failed |= store->pending.failed;
        text_append_bytes(&records, store->pending.data, store->pending.length);
        count += store->pending_count;
    }
    if (database_take_error(store->database, NULL) == STATUS_OK && !records.failed) {
        const struct text pending = store->pending;
        store->pending = records;
        store->pending_count = count;
        records = pending;
    }
    text_release(&records);
}

/* `committed`: what is pending is in the database nonetheless. */
static enum status fault(struct store *store, bool committed, const struct error *why,
                         struct error *error) {
    store->fault = *why;
    store->faulted = true;
    database_check_place(store->database, lock_file(store->lock));
    store->displaced = database_take_error(store->database, NULL) != STATUS_OK;
    if (store->displaced)
        gather_results(store, committed);
    spool_pending(store);
    if (store->displaced)
        database_leave_place(store->database);
    return repeat_fault(store, error);
}

static enum status write_one(struct store *store, const struct delivery *delivery,
                             struct error *error) {
    store_transact(store);
    if (!store_write(store, delivery))
        database_fail(store->database, STATUS_IO, "a trial of this sweep was deleted meanwhile");
    if (delivery->result->weights)
        store_write_model(store, delivery->digest, delivery->result);
    return store_conclude(store, error);
}

enum status store_put(struct store *store, const struct config *config, const struct space *space,
                      const struct trial_result *result, struct error *error) {
    const struct delivery delivery = {.digest = space->trials[result->trial].digest.hex,
                                      .metric_count = config->metric_count,
                                      .metrics = config->metrics,
                                      .result = result};
    struct error why;
    spool_append(&store->pending, &delivery);
    store->pending_count++;
    if (store->faulted)
        return repeat_fault(store, error);
    enum status status = write_one(store, &delivery, &why);
    return status == STATUS_OK ? STATUS_OK : fault(store, false, &why, error);
}

enum status store_commit(struct store *store, struct error *error) {
    struct error why;
    if (store->faulted) {
        spool_pending(store);
        return repeat_fault(store, error);
    }
    if (store->in_transaction) {
        store_prune_models(store);
        database_run(store->database, "COMMIT");
        if (store_conclude(store, &why) != STATUS_OK)
            return fault(store, false, &why, error);
        store->in_transaction = false;
    } else if (store->sweep == 0)
        return STATUS_OK;
    /* Only now it is certain that the file which has the results is the one at its place. */
    database_check_place(store->database, lock_file(store->lock));
    if (database_take_error(store->database, &why) != STATUS_OK)
        return fault(store, true, &why, error);
    text_clear(&store->pending);
    store->pending_count = 0;
    return STATUS_OK;
}

/* --- the spools of earlier runs --- */

/* Whether the result has a metric that is lacking in what is known of the trial. */
static bool adds_metric(const struct delivery *delivery, const struct delivery *known) {
    for (size_t i = 0; i < delivery->metric_count; i++) {
        size_t j = 0;
        while (j < known->metric_count && known->metrics[j] != delivery->metrics[i])
            j++;
        if (j == known->metric_count)
            return true;
    }
    return false;
}

/* Whether a failure of the trial, or its result where there is none, is still to be written. */
static enum spool_fate fate_of_trial(struct store *store, const char *digest, bool failed) {
    static const char sql[] =
        "SELECT status = 'pending' OR EXISTS (SELECT 1 FROM attempts a"
        " WHERE a.trial_id = t.trial_id AND outcome = 'running') FROM trials t WHERE digest = ?1";
    struct statement *statement = database_prepare(store->database, sql);
    statement_bind_text(statement, 1, digest);
    const bool found = statement_step(statement);
    const bool open = statement_integer(statement, 0) != 0;
    statement_free(statement);
    return !found ? SPOOL_WAITS : open || !failed ? SPOOL_WANTED : SPOOL_IS_THERE;
}

/* What the database has already is not written over by what may not be a result of this program at
 * all. */
enum spool_fate store_spool_fate(struct store *store, const struct delivery *delivery,
                                 struct arena *arena) {
    struct delivery known;
    const bool failed = delivery->result->outcome == TRIAL_FAILED;
    if (delivery->result->outcome == TRIAL_PAUSED) /* no result yet; shards alone have such */
        return SPOOL_WAITS;
    if (failed || !store_read_result(store, delivery->digest, arena, &known))
        return fate_of_trial(store, delivery->digest, failed);
    /* One of them is the other's beginning. */
    if (known.result->outcome == TRIAL_STOPPED || delivery->result->outcome == TRIAL_STOPPED) {
        const size_t has = known.result->epochs, other = delivery->result->epochs;
        if (has != other || known.result->outcome != delivery->result->outcome)
            return has < other || (has == other && known.result->outcome == TRIAL_STOPPED)
                       ? SPOOL_WANTED
                       : SPOOL_IS_THERE;
    }
    if (!store_same_result(&known, delivery))
        return SPOOL_DIFFERS;
    return adds_metric(delivery, &known) ? SPOOL_WANTED : SPOOL_IS_THERE;
}

void store_open_attempt(struct store *store, const char *digest, int64_t command) {
    static const char *const steps[] = {
        "UPDATE attempts SET outcome = 'lost' WHERE outcome = 'running' AND ?2 <> 0"
        " AND command_id IS NOT ?2 AND trial_id = (SELECT trial_id FROM trials WHERE digest = ?1)",
        "INSERT INTO attempts (trial_id, command_id, outcome)"
        " SELECT trial_id, nullif(?2, 0), 'running' FROM trials t WHERE digest = ?1"
        " AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.trial_id = t.trial_id"
        " AND (outcome = 'running' OR command_id IS nullif(?2, 0)))"};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct statement *statement = database_prepare(store->database, steps[i]);
        statement_bind_text(statement, 1, digest);
        statement_bind_integer(statement, 2, command);
        statement_run(statement);
        statement_free(statement);
    }
}

void store_take_result(struct store *store, const struct delivery *delivery, int64_t command) {
    store_open_attempt(store, delivery->digest, command);
    store_write(store, delivery);
}

/* What was found in one file. */
struct found {
    size_t counts[SPOOL_FATES];
    bool torn;
    char config[sizeof((struct spool_report *)0)->config]; /* of the first that waits */
    const char *const *texts; /* of the command whose results were written last */
    int64_t command;
};

static void take_record(struct store *store, const struct delivery *delivery, struct arena *arena,
                        struct found *found) {
    const enum spool_fate fate = store_spool_fate(store, delivery, arena);
    if (found->counts[fate]++ == 0 && fate == SPOOL_WAITS && delivery->command)
        snprintf(found->config, sizeof found->config, "%s",
                 delivery->command[SPOOL_COMMAND_CONFIG]);
    if (fate != SPOOL_WANTED)
        return;
    if (delivery->command != found->texts)
        found->command = store_find_command(store, delivery->command);
    found->texts = delivery->command;
    store_take_result(store, delivery, found->command);
}

static void take_records(struct store *store, const char *bytes, size_t count, struct arena *arena,
                         struct found *found) {
    struct delivery delivery = {0};
    store_transact(store);
    for (size_t at = 0; !database_failed(store->database);) {
        const enum spool_content content = spool_next(bytes, count, &at, arena, &delivery);
        found->torn = content == SPOOL_TORN;
        if (content == SPOOL_END || content == SPOOL_TORN)
            break;
        if (content == SPOOL_RECORD)
            take_record(store, &delivery, arena, found);
        else
            found->counts[SPOOL_WAITS]++;
    }
}

/* Tell of a file, and let go of it. One that was told of by an earlier run has its other name. */
static enum status put_away(struct store *store, const struct found *found, int number,
                            const char *path, struct error *error) {
    struct spool_report *report = &store->report;
    const size_t unknown = found->counts[SPOOL_WAITS], refused = found->counts[SPOOL_DIFFERS];
    if (number == 0) {
        report->taken += found->counts[SPOOL_WANTED] + found->counts[SPOOL_IS_THERE];
        report->unknown += unknown;
        report->refused += refused;
        report->torn = found->torn;
        memcpy(report->config, found->config, sizeof report->config);
    }
    if (unknown + refused == 0)
        return spool_remove(path, error);
    if (number > 0)
        return STATUS_OK;
    enum status status = spool_rename(path, &store->spool_left, error);
    report->renamed = store->spool_left;
    return status;
}

static enum status take_file(struct store *store, int number, const char *path, bool last,
                             struct error *error) {
    const char *bytes = NULL;
    size_t count = 0;
    struct arena arena;
    struct found found = {0};
    struct stat database = {0};
    fstat(lock_file(store->lock), &database);
    arena_init(&arena);
    enum status status = spool_read(path, &database, &arena, &bytes, &count, error);
    if (status == STATUS_OK && count > 0) {
        take_records(store, bytes, count, &arena, &found);
        status = store_conclude(store, error);
    } else if (status != STATUS_MEMORY && number > 0)
        status = STATUS_OK; /* what is there is not to be taken; a check-up tells why */
    arena_release(&arena);
    if (status == STATUS_OK)
        status = store_commit(store, error);
    store->report.taken += number > 0 ? found.counts[SPOOL_WANTED] : 0;
    store->spool_waits |= found.counts[SPOOL_WAITS] > 0;
    const bool stays = (found.counts[SPOOL_WAITS] > 0 && !last) || (number > 0 && count == 0);
    return status == STATUS_OK && !stays ? put_away(store, &found, number, path, error) : status;
}

enum status store_take_spools(struct store *store, bool last, struct error *error) {
    enum status status = STATUS_OK;
    store->spool_waits = false;
    for (int number = 0; status == STATUS_OK && number < SPOOL_NAMES; number++) {
        char *path = spool_name(store->spool_path, number);
        if (!path)
            return error_memory(error);
        if (number == 0 || access(path, F_OK) == 0)
            status = take_file(store, number, path, last, error);
        free(path);
    }
    return status;
}
