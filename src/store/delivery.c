#include "store/store_private.h"

/* What the database could not take. */
static void spool_pending(struct store *store) {
    struct spool_state *state = &store->spooled;
    enum status status = STATUS_OK;
    if (store->pending_count == 0)
        return;
    if (store->pending.failed)
        status = error_memory(&state->error);
    else if (!store->spool)
        status = spool_open(store->spool_path, 0, &store->spool, &state->error);
    if (status == STATUS_OK)
        status =
            spool_write(store->spool, store->pending.data, store->pending.length, &state->error);
    *(status == STATUS_OK ? &state->kept : &state->lost) += store->pending_count;
    text_clear(&store->pending);
    store->pending_count = 0;
}

static enum status repeat_fault(const struct store *store, struct error *error) {
    if (error)
        *error = store->fault;
    return store->fault.code;
}

static enum status fault(struct store *store, const struct error *why, struct error *error) {
    store->fault = *why;
    store->faulted = true;
    spool_pending(store);
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
    return status == STATUS_OK ? STATUS_OK : fault(store, &why, error);
}

enum status store_commit(struct store *store, struct error *error) {
    struct error why;
    if (store->faulted) {
        spool_pending(store);
        return repeat_fault(store, error);
    }
    if (!store->in_transaction)
        return STATUS_OK;
    store_prune_models(store);
    database_run(store->database, "COMMIT");
    if (store_conclude(store, &why) != STATUS_OK)
        return fault(store, &why, error);
    store->in_transaction = false;
    text_clear(&store->pending);
    store->pending_count = 0;
    return STATUS_OK;
}

/* --- the spool of an earlier run --- */

static void take_records(struct store *store, const char *bytes, size_t count,
                         struct arena *arena) {
    struct spool_report *report = &store->report;
    struct delivery delivery;
    store_transact(store);
    for (size_t at = 0; !database_failed(store->database);) {
        const enum spool_content content = spool_next(bytes, count, &at, arena, &delivery);
        report->torn = content == SPOOL_TORN;
        if (content == SPOOL_END || content == SPOOL_TORN)
            break;
        const bool found = content == SPOOL_RECORD && store_write(store, &delivery);
        *(found ? &report->taken : &report->unknown) += 1;
    }
}

enum status store_take_spool(struct store *store, struct error *error) {
    const char *bytes = NULL;
    size_t count = 0;
    struct arena arena;
    arena_init(&arena);
    enum status status = spool_read(store->spool_path, &arena, &bytes, &count, error);
    if (status == STATUS_OK && count > 0) {
        take_records(store, bytes, count, &arena);
        status = store_conclude(store, error);
    }
    arena_release(&arena);
    /* Should the file stay, the next run writes the same results once more. */
    if (status == STATUS_OK)
        status = store_commit(store, error);
    if (status != STATUS_OK)
        return status;
    return store->report.unknown > 0 ? spool_rename(store->spool_path, STORE_SPOOL_LEFT, error)
                                     : spool_remove(store->spool_path, error);
}
