#include "store/store_private.h"

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
    return spool_open(store->spool_path, 0, &store->spool, &state->error);
}

/* What the database could not take. */
static void spool_pending(struct store *store) {
    struct spool_state *state = &store->spooled;
    if (store->pending_count == 0)
        return;
    enum status status = store->pending.failed ? error_memory(&state->error) : ready_spool(store);
    if (status == STATUS_OK)
        status =
            spool_write(store->spool, store->pending.data, store->pending.length, &state->error);
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
    static const char sql[] = "SELECT digest FROM trials JOIN sweep_trials USING (trial_id)"
                              " WHERE sweep_id = ?1 AND status IN ('completed', 'diverged')";
    struct statement *statement = database_prepare(store->database, sql);
    struct delivery delivery;
    struct arena arena;
    struct text records;
    size_t count = 0;
    arena_init(&arena);
    text_init(&records);
    statement_bind_integer(statement, 1, store->sweep);
    for (; statement_step(statement); arena_reset(&arena)) {
        if (!store_read_result(store, statement_text(statement, 0), &arena, &delivery))
            break;
        spool_append(&records, &delivery);
        count++;
    }
    statement_free(statement);
    arena_release(&arena);
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

/* --- the spool of an earlier run --- */

/* Where a record is counted. What the database has already is not written over by what may not be a
 * result of this program at all. */
static size_t *take_record(struct store *store, const struct delivery *delivery,
                           struct arena *arena) {
    struct delivery known;
    if (delivery->result->outcome != TRIAL_FAILED &&
        store_read_result(store, delivery->digest, arena, &known) &&
        !store_same_result(&known, delivery))
        return &store->report.refused;
    return store_write(store, delivery) ? &store->report.taken : &store->report.unknown;
}

static void take_records(struct store *store, const char *bytes, size_t count,
                         struct arena *arena) {
    struct spool_report *report = &store->report;
    struct delivery delivery;
    *report = (struct spool_report){.path = report->path};
    store_transact(store);
    for (size_t at = 0; !database_failed(store->database);) {
        const enum spool_content content = spool_next(bytes, count, &at, arena, &delivery);
        report->torn = content == SPOOL_TORN;
        if (content == SPOOL_END || content == SPOOL_TORN)
            break;
        ++*(content == SPOOL_RECORD ? take_record(store, &delivery, arena) : &report->unknown);
    }
}

static enum status put_away(struct store *store, struct error *error) {
    struct spool_report *report = &store->report;
    if (report->unknown + report->refused == 0)
        return spool_remove(store->spool_path, error);
    enum status status = spool_rename(store->spool_path, &store->spool_left, error);
    report->renamed = store->spool_left;
    return status;
}

enum status store_take_spool(struct store *store, bool last, struct error *error) {
    const char *bytes = NULL;
    size_t count = 0;
    struct arena arena;
    struct stat database = {0};
    fstat(lock_file(store->lock), &database);
    arena_init(&arena);
    enum status status = spool_read(store->spool_path, &database, &arena, &bytes, &count, error);
    if (status == STATUS_OK && count > 0) {
        take_records(store, bytes, count, &arena);
        status = store_conclude(store, error);
    }
    arena_release(&arena);
    /* Should the file stay, the next run writes the same results once more. */
    if (status == STATUS_OK)
        status = store_commit(store, error);
    const bool waits = store->report.unknown > 0 && !last;
    return status == STATUS_OK && !waits ? put_away(store, error) : status;
}
