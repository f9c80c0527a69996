#include "store/models.h"

#include "store/store_private.h"
#include "train/model.h"

#include <string.h>

/* --- what is written --- */

/* What the images of a trial's data set are like. */
static struct model_shape shape_of(struct store *store, const char *digest) {
    struct statement *statement =
        database_prepare(store->database, "SELECT dataset FROM trials WHERE digest = ?1");
    statement_bind_text(statement, 1, digest);
    statement_step(statement);
    const struct dataset *dataset = dataset_named(store->dataset, statement_text(statement, 0));
    statement_free(statement);
    return model_shape_of(dataset);
}

static void put_model(struct store *store, const char *digest, const char *bytes, size_t count) {
    static const char sql[] = "INSERT INTO models (trial_id, format, weights, digest)"
                              " SELECT trial_id, ?2, ?3, ?4 FROM trials WHERE digest = ?1"
                              " ON CONFLICT (trial_id) DO UPDATE SET format = excluded.format,"
                              " weights = excluded.weights, digest = excluded.digest";
    static const char belongs[] = "INSERT OR IGNORE INTO sweep_models (sweep_id, trial_id)"
                                  " SELECT ?1, trial_id FROM trials WHERE digest = ?2";
    struct statement *put = store_statement(store, STORE_PUT_MODEL, sql);
    struct statement *link = store_statement(store, STORE_LINK_MODEL, belongs);
    const struct digest own = digest_of_bytes(bytes, count);
    statement_bind_text(put, 1, digest);
    statement_bind_text(put, 2, MODEL_FORMAT);
    statement_bind_blob(put, 3, bytes, count);
    statement_bind_text(put, 4, own.hex);
    statement_write(put);
    statement_bind_integer(link, 1, store->sweep);
    statement_bind_text(link, 2, digest);
    statement_run(link);
    store->models_changed = true;
}

void store_write_model(struct store *store, const char *digest, const struct trial_result *result) {
    const struct model_shape shape = shape_of(store, digest);
    struct text bytes;
    text_init(&bytes);
    model_append(&shape, result->weights, result->parameters, &bytes);
    if (bytes.failed)
        database_fail_memory(store->database);
    put_model(store, digest, bytes.data, bytes.length);
    text_release(&bytes);
}

/* The begun sweep's trials that pass `condition`, best first, as a query of their trial_id and
 * score; of each quantity as many as a policy keeps. */
static void append_candidates(struct text *sql, const char *condition) {
    text_printf(sql, "SELECT trial_id, score FROM (SELECT trial_id, score,"
                     " row_number() OVER (PARTITION BY sweep_id");
    schema_append_definers(sql);
    text_printf(sql,
                SCHEMA_BEST_FIRST ") AS place FROM scored WHERE sweep_id = ?1 AND " SCHEMA_HAS_SCORE
                                  " AND trial_id IN (%s)) WHERE place <= %d",
                condition, MODEL_POLICY_CANDIDATES);
}

static void prune_candidates(struct store *store) {
    struct text sql;
    text_init(&sql);
    text_append(&sql, "DELETE FROM sweep_models WHERE sweep_id = ?1 AND trial_id NOT IN"
                      " (SELECT trial_id FROM (");
    append_candidates(&sql, "SELECT trial_id FROM sweep_models WHERE sweep_id = ?1");
    text_append(&sql, "))");
    if (sql.failed)
        database_fail_memory(store->database);
    else
        store_run_for_sweep(store, sql.data);
    text_release(&sql);
}

void store_prune_models(struct store *store) {
    if (!store->models_changed)
        return;
    if (store->keep == KEEP_NONE)
        store_run_for_sweep(store, "DELETE FROM sweep_models WHERE sweep_id = ?1");
    if (store->keep == KEEP_BEST && store->models_settled)
        store_run_for_sweep(store, "DELETE FROM sweep_models WHERE sweep_id = ?1 AND"
                                   " trial_id NOT IN (" STORE_BEST_TRIALS ")");
    if (store->keep == KEEP_BEST && !store->models_settled)
        prune_candidates(store);
    database_run(store->database,
                 "DELETE FROM models WHERE trial_id NOT IN (SELECT trial_id FROM sweep_models)");
    store->models_changed = false;
}

/* --- what is there, and what is not --- */

enum status store_best_trained(struct store *store, struct model_policy *policy,
                               struct error *error) {
    struct text sql;
    text_init(&sql);
    text_append(&sql, "SELECT position, score FROM (");
    append_candidates(&sql, "SELECT trial_id FROM temp.wanted WHERE state = 'trained'");
    text_append(&sql, ") JOIN temp.wanted USING (trial_id)");
    struct statement *statement = database_prepare_built(store->database, &sql);
    text_release(&sql);
    statement_bind_integer(statement, 1, store->sweep);
    while (statement_step(statement))
        model_policy_know(policy, (size_t)statement_integer(statement, 0),
                          statement_real(statement, 1));
    statement_free(statement);
    return database_take_error(store->database, error);
}

/* The trials of the sweep whose models it is to keep, as `wished`. */
static void append_wished(const struct store *store, struct text *sql) {
    text_append(sql, "WITH wished AS (");
    if (store->keep == KEEP_ALL)
        text_append(sql, "SELECT trial_id FROM scored WHERE sweep_id = ?1 AND status ="
                         " 'completed'");
    else if (store->models_settled)
        text_append(sql, STORE_BEST_TRIALS);
    else
        append_candidates(sql, "SELECT trial_id FROM temp.wanted");
    text_append(sql, ")");
}

/* A model that is there for another sweep serves this one as well. */
static void link_models(struct store *store) {
    struct text sql;
    text_init(&sql);
    append_wished(store, &sql);
    text_append(&sql, " INSERT OR IGNORE INTO sweep_models (sweep_id, trial_id)"
                      " SELECT ?1, trial_id FROM wished JOIN models USING (trial_id)");
    if (sql.failed)
        database_fail_memory(store->database);
    store_transact(store);
    if (store->models_settled)
        store_settle_stops(store);
    store_run_for_sweep(store, sql.data);
    text_release(&sql);
    store->models_changed = true;
}

bool store_model_is_whole(const struct statement *statement, int column) {
    size_t count;
    const void *bytes = statement_blob(statement, column, &count);
    const struct digest own = digest_of_bytes(bytes, count);
    return strcmp(own.hex, statement_text(statement, column + 1)) == 0;
}

static size_t read_lacking(struct store *store, bool *lacking) {
    size_t count = 0;
    struct text sql;
    text_init(&sql);
    append_wished(store, &sql);
    text_append(&sql, " SELECT position, format IS ?2, weights, digest FROM wished"
                      " JOIN temp.wanted USING (trial_id) LEFT JOIN models USING (trial_id)");
    struct statement *statement = database_prepare_built(store->database, &sql);
    statement_bind_integer(statement, 1, store->sweep);
    statement_bind_text(statement, 2, MODEL_FORMAT);
    while (statement_step(statement)) {
        const bool lacks =
            statement_integer(statement, 1) == 0 || !store_model_is_whole(statement, 2);
        lacking[statement_integer(statement, 0)] = lacks;
        count += lacks;
    }
    statement_free(statement);
    text_release(&sql);
    return count;
}

enum status store_lacking_models(struct store *store, const struct space *space, bool settled,
                                 bool *lacking, size_t *count, struct error *error) {
    *count = 0;
    memset(lacking, 0, space->trial_count * sizeof *lacking);
    store->models_settled = settled;
    if (store->keep == KEEP_NONE)
        return STATUS_OK;
    link_models(store);
    enum status status = store_conclude(store, error);
    if (status == STATUS_OK)
        status = store_commit(store, error);
    if (status != STATUS_OK)
        return status;
    *count = read_lacking(store, lacking);
    return database_take_error(store->database, error);
}

/* Whether a trial's numbers are the result's. */
static bool has_numbers_of(struct store *store, const char *digest,
                           const struct trial_result *result) {
    static const char sql[] =
        "SELECT loss IS ?2 AND test_loss IS ?3 AND test_accuracy IS ?4 AND parameters IS ?5"
        " FROM trials WHERE digest = ?1 AND status = 'completed'";
    struct statement *statement = database_prepare(store->database, sql);
    statement_bind_text(statement, 1, digest);
    statement_bind_real(statement, 2, result->history[result->epochs - 1].train.loss);
    statement_bind_real(statement, 3, result->test.loss);
    statement_bind_real(statement, 4, result->test.accuracy);
    statement_bind_integer(statement, 5, (int64_t)result->parameters);
    statement_step(statement);
    const bool same = statement_integer(statement, 0) != 0;
    statement_free(statement);
    return same;
}

enum status store_put_model(struct store *store, const struct space *space,
                            const struct trial_result *result, bool *same, struct error *error) {
    const char *digest = space->trials[result->trial].digest.hex;
    *same = result->outcome == TRIAL_COMPLETED && result->weights &&
            has_numbers_of(store, digest, result);
    if (*same) {
        store_transact(store);
        store_write_model(store, digest, result);
    }
    return store_conclude(store, error);
}

/* The trial's number in the space. */
static bool find_position(struct store *store, const char *digest, size_t *position) {
    struct statement *statement =
        database_prepare(store->database, "SELECT position FROM temp.wanted JOIN trials USING"
                                          " (trial_id) WHERE digest = ?1");
    statement_bind_text(statement, 1, digest);
    const bool found = statement_step(statement);
    *position = (size_t)statement_integer(statement, 0);
    statement_free(statement);
    return found;
}

enum status store_take_model(struct store *store, const struct shard_model *model, bool *lacking,
                             struct error *error) {
    size_t trial;
    if (find_position(store, model->digest, &trial) && lacking[trial] &&
        has_numbers_of(store, model->digest, &model->result)) {
        store_transact(store);
        put_model(store, model->digest, model->bytes, model->count);
        lacking[trial] = false;
    }
    return store_conclude(store, error);
}
