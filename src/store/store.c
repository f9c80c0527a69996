#include "store/store_private.h"

#include "store/place.h"
#include "store/reader.h"
#include "store/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum status make(struct store **store, struct error *error) {
    *store = calloc(1, sizeof **store);
    if (!*store)
        return error_memory(error);
    text_init(&(*store)->pending);
    return STATUS_OK;
}

/* Look before anything is written, on a connection that can't write: what is damaged or another
 * program's stays as it is, to the last byte. */
static enum status inspect(const char *path, struct error *error) {
    struct database *database = NULL;
    enum schema_state state;
    enum status status = reader_open(path, &database, error);
    if (status == STATUS_OK)
        status = schema_look(database, path, &state, error);
    if (status == STATUS_OK)
        status = database_check(database, error);
    database_close(database);
    return status;
}

/* Everything up to SQLite: the place, what is there, the lock. */
static enum status prepare(struct store *store, const char *path, struct error *error) {
    char *real = NULL;
    bool exists = false;
    enum status status = place_check_write(path, &exists, error);
    if (status == STATUS_OK && exists)
        status = inspect(path, error);
    if (status == STATUS_OK)
        status = place_make(path, &real, error);
    if (status == STATUS_OK && asprintf(&store->spool_path, "%s.spool", real) < 0) {
        store->spool_path = NULL;
        status = error_memory(error);
    }
    if (status == STATUS_OK)
        status = lock_take(real, &store->lock, error);
    free(real);
    store->spooled.path = store->report.path = store->spool_path;
    return status;
}

enum status store_open(const char *path, struct store **store, struct error *error) {
    enum status status = make(store, error);
    if (status == STATUS_OK)
        status = prepare(*store, path, error);
    if (status == STATUS_OK)
        status = database_open(path, DATABASE_WRITE, &(*store)->database, error);
    if (status == STATUS_OK)
        status = schema_ready((*store)->database, path, error);
    if (status == STATUS_OK)
        status = database_keep_log((*store)->database, error);
    if (status == STATUS_OK)
        status = database_run((*store)->database,
                              "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY", error);
    if (status != STATUS_OK)
        return status;
    (*store)->writes = true;
    return store_take_spool(*store, error);
}

/* Read an older database through a copy that is brought up to date; the file stays as it is. */
static enum status read_older(struct store *store, const char *path, struct error *error) {
    struct database *copy;
    enum status status = database_copy(store->database, &copy, error);
    database_close(store->database);
    store->database = copy;
    return status == STATUS_OK ? schema_ready(copy, path, error) : status;
}

enum status store_open_read(const char *path, struct store **store, struct error *error) {
    enum schema_state state;
    enum status status = make(store, error);
    if (status != STATUS_OK)
        return status;
    if (access(path, F_OK) != 0) {
        error_set(error, STATUS_INPUT,
                  "there is no such database; `sweep run CONFIG` makes one, --db names another");
        return error_place(error, path, 0, 0);
    }
    status = place_check_read(path, error);
    if (status == STATUS_OK)
        status = reader_open(path, &(*store)->database, error);
    if (status == STATUS_OK)
        status = database_run((*store)->database, "PRAGMA temp_store = MEMORY", error);
    if (status == STATUS_OK)
        status = schema_look((*store)->database, path, &state, error);
    if (status == STATUS_OK && state == SCHEMA_OLDER)
        status = read_older(*store, path, error);
    if (status == STATUS_OK && state == SCHEMA_EMPTY) {
        error_set(error, STATUS_INPUT, "holds no results yet");
        status = error_place(error, path, 0, 0);
    }
    return status;
}

enum status store_run_for_sweep(struct store *store, const char *sql, struct error *error) {
    struct statement *statement;
    enum status status = database_prepare(store->database, sql, &statement, error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, store->sweep);
        status = statement_run(statement, error);
    }
    statement_free(statement);
    return status;
}

enum status store_read_begin(struct store *store, struct error *error) {
    enum status status = database_run(store->database, "BEGIN", error);
    store->in_transaction = status == STATUS_OK;
    return status;
}

void store_read_end(struct store *store) {
    if (store->in_transaction)
        database_run(store->database, "COMMIT", NULL);
    store->in_transaction = false;
}

/* Trials that have no result by now. After a fault their results may be in the spool: the next run
 * finds that out. */
static void end_attempts(struct store *store) {
    if (store->sweep == 0 || store->faulted || store_transact(store, NULL) != STATUS_OK)
        return;
    if (database_run(store->database,
                     "UPDATE attempts SET outcome = 'interrupted', finished_at = " STORE_NOW
                     " WHERE outcome = 'running'",
                     NULL) != STATUS_OK)
        store_abandon(store, STATUS_IO);
}

void store_close(struct store *store) {
    if (!store)
        return;
    if (store->writes) {
        store_commit(store, NULL);
        end_attempts(store);
        store_commit(store, NULL);
    }
    for (size_t i = 0; i < STORE_STATEMENTS; i++)
        statement_free(store->statements[i]);
    if (store->writes)
        database_end_log(store->database);
    database_close(store->database);
    spool_close(store->spool);
    lock_release(store->lock);
    text_release(&store->pending);
    free(store->spool_path);
    free(store);
}

enum status store_transact(struct store *store, struct error *error) {
    if (store->in_transaction)
        return STATUS_OK;
    enum status status = database_run(store->database, "BEGIN IMMEDIATE", error);
    store->in_transaction = status == STATUS_OK;
    return status;
}

enum status store_abandon(struct store *store, enum status status) {
    if (store->in_transaction)
        database_run(store->database, "ROLLBACK", NULL);
    store->in_transaction = false;
    return status;
}

enum status store_statement(struct store *store, enum store_statement which, const char *sql,
                            struct error *error) {
    if (store->statements[which])
        return STATUS_OK;
    return database_prepare(store->database, sql, &store->statements[which], error);
}

int64_t store_sweep(const struct store *store) {
    return store->sweep;
}

const struct spool_report *store_spool_report(const struct store *store) {
    return &store->report;
}

const struct spool_state *store_spooled(const struct store *store) {
    return &store->spooled;
}
