#include "store/models.h"

#include "store/store_private.h"
#include "train/model.h"

#include <string.h>

/* --- what is written --- */

static enum status put_weights(struct store *store, const char *digest,
                               const struct trial_result *result, struct error *error) {
    static const char sql[] = "INSERT INTO models (trial_id, format, weights, digest)"
                              " SELECT trial_id, ?2, ?3, ?4 FROM trials WHERE digest = ?1"
                              " ON CONFLICT (trial_id) DO UPDATE SET format = excluded.format,"
                              " weights = excluded.weights, digest = excluded.digest";
    struct text bytes;
    text_init(&bytes);
    model_append(&store->shape, result->weights, result->parameters, &bytes);
    enum status status =
        bytes.failed ? error_memory(error) : store_statement(store, STORE_PUT_MODEL, sql, error);
    if (status == STATUS_OK) {
        const struct digest own = digest_of_bytes(bytes.data, bytes.length);
        struct statement *put = store->statements[STORE_PUT_MODEL];
        statement_bind_text(put, 1, digest);
        statement_bind_text(put, 2, MODEL_FORMAT);
        statement_bind_blob(put, 3, bytes.data, bytes.length);
        statement_bind_text(put, 4, own.hex);
        status = statement_run(put, error);
    }
    text_release(&bytes);
    return status;
}

enum status store_write_model(struct store *store, const char *digest,
                              const struct trial_result *result, struct error *error) {
    static const char sql[] = "INSERT OR IGNORE INTO sweep_models (sweep_id, trial_id)"
                              " SELECT ?1, trial_id FROM trials WHERE digest = ?2";
    enum status status = put_weights(store, digest, result, error);
    if (status == STATUS_OK)
        status = store_statement(store, STORE_LINK_MODEL, sql, error);
    if (status != STATUS_OK)
        return status;
    statement_bind_integer(store->statements[STORE_LINK_MODEL], 1, store->sweep);
    statement_bind_text(store->statements[STORE_LINK_MODEL], 2, digest);
    store->models_changed = true;
    return statement_run(store->statements[STORE_LINK_MODEL], error);
}

enum status store_prune_models(struct store *store, struct error *error) {
    enum status status = STATUS_OK;
    if (!store->models_changed)
        return STATUS_OK;
    if (store->keep == KEEP_NONE)
        status = store_run_for_sweep(store, "DELETE FROM sweep_models WHERE sweep_id = ?1", error);
    if (store->keep == KEEP_BEST)
        status = store_run_for_sweep(
            store,
            "DELETE FROM sweep_models WHERE sweep_id = ?1 AND trial_id <>"
            " (SELECT trial_id FROM scored WHERE sweep_id = ?1 AND"
            " status = 'completed' AND trial_id IN"
            " (SELECT trial_id FROM sweep_models WHERE sweep_id = ?1)" STORE_RANKED ")",
            error);
    if (status == STATUS_OK)
        status = database_run(
            store->database,
            "DELETE FROM models WHERE trial_id NOT IN (SELECT trial_id FROM sweep_models)", error);
    store->models_changed = false;
    return status;
}

/* --- what is there, and what is not --- */

enum status store_best_trained(struct store *store, size_t *trial, double *score, bool *any,
                               struct error *error) {
    static const char sql[] =
        "SELECT w.position, s.score FROM scored s JOIN temp.wanted w USING (trial_id)"
        " WHERE s.sweep_id = ?1 AND s.status = 'completed' AND w.state = 'trained'" STORE_RANKED;
    struct statement *statement;
    *any = false;
    enum status status = database_prepare(store->database, sql, &statement, error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, store->sweep);
        status = statement_step(statement, any, error);
    }
    if (status == STATUS_OK && *any) {
        *trial = (size_t)statement_integer(statement, 0);
        *score = statement_real(statement, 1);
    }
    statement_free(statement);
    return status;
}

/* The trials of the sweep whose models it is to keep, as `wished`. */
static const char *wished(enum keep_models keep) {
    return keep == KEEP_ALL
               ? "WITH wished AS (SELECT trial_id FROM scored"
                 " WHERE sweep_id = ?1 AND status = 'completed')"
               : "WITH wished AS (SELECT trial_id FROM scored"
                 " WHERE sweep_id = ?1 AND status = 'completed' AND score IS NOT NULL" STORE_RANKED
                 ")";
}

/* A model that is there for another sweep serves this one as well. */
static enum status link_models(struct store *store, struct error *error) {
    struct text sql;
    text_init(&sql);
    text_printf(&sql,
                "%s INSERT OR IGNORE INTO sweep_models (sweep_id, trial_id)"
                " SELECT ?1, trial_id FROM wished JOIN models USING (trial_id)",
                wished(store->keep));
    enum status status = sql.failed ? error_memory(error) : store_transact(store, error);
    if (status == STATUS_OK)
        status = store_run_for_sweep(store, sql.data, error);
    text_release(&sql);
    store->models_changed = true;
    return status == STATUS_OK ? store_commit(store, error) : store_abandon(store, status);
}

bool store_model_is_whole(const struct statement *statement, int column) {
    size_t count;
    const void *bytes = statement_blob(statement, column, &count);
    const struct digest own = digest_of_bytes(bytes, count);
    return strcmp(own.hex, statement_text(statement, column + 1)) == 0;
}

static enum status read_lacking(struct store *store, bool *lacking, size_t *count,
                                struct error *error) {
    struct statement *statement = NULL;
    struct text sql;
    bool row = true;
    text_init(&sql);
    text_printf(&sql,
                "%s SELECT position, format IS ?2, weights, digest FROM wished"
                " JOIN temp.wanted USING (trial_id) LEFT JOIN models USING (trial_id)",
                wished(store->keep));
    enum status status = sql.failed
                             ? error_memory(error)
                             : database_prepare(store->database, sql.data, &statement, error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, store->sweep);
        statement_bind_text(statement, 2, MODEL_FORMAT);
    }
    while (status == STATUS_OK) {
        status = statement_step(statement, &row, error);
        if (status != STATUS_OK || !row)
            break;
        const bool lacks =
            statement_integer(statement, 1) == 0 || !store_model_is_whole(statement, 2);
        lacking[statement_integer(statement, 0)] = lacks;
        *count += lacks;
    }
    statement_free(statement);
    text_release(&sql);
    return status;
}

enum status store_lacking_models(struct store *store, const struct space *space, bool *lacking,
                                 size_t *count, struct error *error) {
    *count = 0;
    memset(lacking, 0, space->trial_count * sizeof *lacking);
    if (store->keep == KEEP_NONE)
        return STATUS_OK;
    enum status status = link_models(store, error);
    return status == STATUS_OK ? read_lacking(store, lacking, count, error) : status;
}

/* Whether a trial's numbers are the result's. */
static enum status compare(struct store *store, const char *digest,
                           const struct trial_result *result, bool *same, struct error *error) {
    static const char sql[] =
        "SELECT loss IS ?2 AND test_loss IS ?3 AND test_accuracy IS ?4 AND parameters IS ?5"
        " FROM trials WHERE digest = ?1 AND status = 'completed'";
    struct statement *statement;
    bool row = false;
    *same = false;
    enum status status = database_prepare(store->database, sql, &statement, error);
    if (status == STATUS_OK) {
        statement_bind_text(statement, 1, digest);
        statement_bind_real(statement, 2, result->history[result->epochs - 1].train.loss);
        statement_bind_real(statement, 3, result->test.loss);
        statement_bind_real(statement, 4, result->test.accuracy);
        statement_bind_integer(statement, 5, (int64_t)result->parameters);
        status = statement_step(statement, &row, error);
    }
    *same = status == STATUS_OK && row && statement_integer(statement, 0) != 0;
    statement_free(statement);
    return status;
}

enum status store_put_model(struct store *store, const struct space *space,
                            const struct trial_result *result, bool *same, struct error *error) {
    const char *digest = space->trials[result->trial].digest.hex;
    *same = false;
    if (result->outcome != TRIAL_COMPLETED || !result->weights)
        return STATUS_OK;
    enum status status = compare(store, digest, result, same, error);
    if (status != STATUS_OK || !*same)
        return status;
    status = store_transact(store, error);
    if (status == STATUS_OK)
        status = store_write_model(store, digest, result, error);
    return status == STATUS_OK ? STATUS_OK : store_abandon(store, status);
}
