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
    text_init(&(*store)->origin);
    return STATUS_OK;
}

/* Look before anything is written, on a connection that can't write: what is damaged or another
 * program's stays as it is, to the last byte. */
static enum status inspect(const char *path, struct error *error) {
    struct database *database = NULL;
    enum status status = reader_open(path, &database, error);
    if (status == STATUS_OK) {
        const enum schema_state state = schema_look(database);
        database_check(database);
        if (state == SCHEMA_CURRENT)
            schema_require(database, false);
        status = database_take_error(database, error);
    }
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
    if (status != STATUS_OK)
        return status;
    schema_ready((*store)->database);
    schema_repair((*store)->database);
    database_keep_log((*store)->database);
    database_run((*store)->database, "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY");
    status = database_take_error((*store)->database, error);
    if (status != STATUS_OK)
        return status;
    (*store)->writes = true;
    return store_take_spools(*store, false, error);
}

/* Read an older database through a copy that is brought up to date; the file stays as it is. */
static enum status read_older(struct store *store, struct error *error) {
    struct database *copy;
    enum status status = database_copy(store->database, &copy, error);
    database_close(store->database);
    store->database = copy;
    if (status != STATUS_OK)
        return status;
    schema_ready(copy);
    return database_take_error(copy, error);
}

enum status store_open_read(const char *path, struct store **store, struct error *error) {
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
    if (status != STATUS_OK)
        return status;
    struct database *database = (*store)->database;
    database_run(database, "PRAGMA temp_store = MEMORY");
    const enum schema_state state = schema_look(database);
    if (state == SCHEMA_EMPTY)
        database_refuse(database, "holds no results yet");
    if (state == SCHEMA_CURRENT)
        schema_require(database, true);
    status = database_take_error(database, error);
    return status == STATUS_OK && state == SCHEMA_OLDER ? read_older(*store, error) : status;
}

void store_run_for_sweep(struct store *store, const char *sql) {
    struct statement *statement = database_prepare(store->database, sql);
    statement_bind_integer(statement, 1, store->sweep);
    statement_run(statement);
    statement_free(statement);
}

void store_end_command(struct store *store, const char *outcome) {
    struct statement *statement = database_prepare(
        store->database, "UPDATE commands SET outcome = ?2, finished_at = " STORE_NOW
                         " WHERE command_id = ?1 AND outcome = 'running'");
    statement_bind_integer(statement, 1, store->command);
    statement_bind_text(statement, 2, outcome);
    statement_run(statement);
    statement_free(statement);
}

bool store_enter_read(struct store *store) {
    const bool own = !store->in_transaction;
    if (own)
        database_run(store->database, "BEGIN");
    store->in_transaction = true;
    return own;
}

void store_leave_read(struct store *store, bool own) {
    if (!own)
        return;
    database_rollback(store->database);
    store->in_transaction = false;
}

enum status store_read_begin(struct store *store, struct error *error) {
    store_enter_read(store);
    return database_take_error(store->database, error);
}

/* Trials that have no result by now, and the command. After a fault their results may be in the
 * spool: the next run finds that out. */
static void end_attempts(struct store *store) {
    if (store->sweep == 0 || store->faulted)
        return;
    store_transact(store);
    database_run(store->database,
                 "UPDATE attempts SET outcome = 'interrupted', finished_at = " STORE_NOW
                 " WHERE outcome = 'running'");
    store_end_command(store, "interrupted");
    store_conclude(store, NULL);
}

int store_crash_file(const struct store *store) {
    return lock_note_file(store->lock);
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
    if (store->writes && !store->displaced)
        database_end_log(store->database);
    database_close(store->database);
    spool_close(store->spool);
    lock_release(store->lock);
    text_release(&store->pending);
    text_release(&store->origin);
    free(store->spool_path);
    free(store->spool_left);
    free(store);
}

void store_transact(struct store *store) {
    if (store->in_transaction)
        return;
    database_run(store->database, "BEGIN IMMEDIATE");
    store->in_transaction = !database_failed(store->database);
}

enum status store_conclude(struct store *store, struct error *error) {
    enum status status = database_take_error(store->database, error);
    if (status != STATUS_OK && store->writes && store->in_transaction) {
        database_rollback(store->database);
        store->in_transaction = false;
    }
    return status;
}

struct statement *store_statement(struct store *store, enum store_statement which,
                                  const char *sql) {
    if (!store->statements[which])
        store->statements[which] = database_prepare(store->database, sql);
    return store->statements[which];
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
