#include "store/database.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_WAIT_MS 30000
#define PAUSE_MS 20
#define END_WAIT_MS 500

struct database {
    sqlite3 *handle;
    char *path;
};

struct statement {
    struct database *database;
    sqlite3_stmt *handle;
    int bound; /* the first error of a bind */
};

static const char database_in_memory[] = ":memory:";

static const char corrupt_remedy[] =
    " (see what is damaged with `sweep doctor`, or give another file with --db)";

/* Whether the file that can't be opened is there, and it is its log's index that can't be made. */
static bool has_log(const struct database *database) {
    const char *path = database->handle ? sqlite3_db_filename(database->handle, "main") : NULL;
    return path && access(path, R_OK) == 0 && access(sqlite3_filename_wal(path), R_OK) == 0;
}

static enum status fail(const struct database *database, int code, struct error *error) {
    enum status status = STATUS_IO;
    if (code == SQLITE_NOMEM)
        return error_memory(error);
    if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
        status = STATUS_BUSY;
    const char *remedy = "";
    if (code == SQLITE_READONLY_ROLLBACK) {
        error_set(error, status,
                  "was left in the middle of a change; open it once with the program that made it, "
                  "in a folder that can be written");
        return error_place(error, database->path, 0, 0);
    }
    const int reason = database->handle ? sqlite3_system_errno(database->handle) : 0;
    const bool starved = reason == EMFILE || reason == ENFILE;
    if ((code & 0xff) == SQLITE_CANTOPEN && !starved && has_log(database)) {
        error_set(error, status,
                  "was left by a run that was killed, and can be read only in a folder that can be "
                  "written; copy it to one, with its -wal file");
        return error_place(error, database->path, 0, 0);
    }
    if ((code & 0xff) == SQLITE_CANTOPEN && reason != 0) {
        error_set(error, status, "can't be opened: %s", strerror(reason));
        return error_place(error, database->path, 0, 0);
    }
    if ((code & 0xff) == SQLITE_NOTADB) {
        status = STATUS_INPUT;
        remedy = " (give another file with --db)";
    } else if ((code & 0xff) == SQLITE_CORRUPT) {
        status = STATUS_INPUT;
        remedy = corrupt_remedy;
    } else if (status == STATUS_BUSY)
        remedy = " by another program (run the same command again later)";
    else if ((code & 0xff) == SQLITE_FULL)
        remedy = " (make room and run the same command again)";
    error_set(error, status, "%s%s",
              database->handle ? sqlite3_errmsg(database->handle) : sqlite3_errstr(code), remedy);
    return error_place(error, database->path, 0, 0);
}

/* To SQLite ":memory:" is no file and "file:x" is x; here a path is a path. */
static char *file_name(const char *path) {
    const bool special =
        path != database_in_memory && (path[0] == ':' || strncmp(path, "file:", 5) == 0);
    char *name = malloc(strlen(path) + 3);
    if (name)
        strcat(strcpy(name, special ? "./" : ""), path);
    return name;
}

enum status database_open(const char *path, enum database_mode mode, struct database **database,
                          struct error *error) {
    struct database *opened = calloc(1, sizeof *opened);
    *database = opened;
    if (!opened || !(opened->path = file_name(path)))
        return error_memory(error);
    static const int flags[] = {[DATABASE_WRITE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                [DATABASE_MEND] = SQLITE_OPEN_READWRITE,
                                [DATABASE_READ] = SQLITE_OPEN_READONLY};
    int code = sqlite3_open_v2(opened->path, &opened->handle, flags[mode], NULL);
    if (code != SQLITE_OK)
        return fail(opened, code, error);
    sqlite3_extended_result_codes(opened->handle, 1);
    sqlite3_busy_timeout(opened->handle, BUSY_WAIT_MS);
    return STATUS_OK;
}

bool database_is_halfway(struct database *database) {
    return sqlite3_exec(database->handle, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) ==
           SQLITE_READONLY_ROLLBACK;
}

void database_close(struct database *database) {
    if (!database)
        return;
    sqlite3_close(database->handle);
    free(database->path);
    free(database);
}

enum status database_copy(struct database *database, struct database **copy, struct error *error) {
    enum status status = database_open(database_in_memory, DATABASE_WRITE, copy, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_backup *backup = sqlite3_backup_init((*copy)->handle, "main", database->handle, "main");
    if (!backup)
        return fail(*copy, sqlite3_errcode((*copy)->handle), error);
    sqlite3_backup_step(backup, -1);
    int code = sqlite3_backup_finish(backup);
    return code == SQLITE_OK ? STATUS_OK : fail(database, code, error);
}

enum status database_run(struct database *database, const char *sql, struct error *error) {
    int code = sqlite3_exec(database->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? STATUS_OK : fail(database, code, error);
}

enum status database_integer(struct database *database, const char *sql, int64_t *value,
                             struct error *error) {
    struct statement *statement = NULL;
    bool row = false;
    enum status status = database_prepare(database, sql, &statement, error);
    if (status == STATUS_OK)
        status = statement_step(statement, &row, error);
    if (status == STATUS_OK)
        *value = row ? statement_integer(statement, 0) : 0;
    statement_free(statement);
    return status;
}

/* Change the journal mode, or find for that long that others are in the way. SQLite waits here for
 * readers, but not for a writer: the waiting is done outside of it. */
static int change_journal(struct database *database, const char *sql, int wait_ms) {
    int code = SQLITE_BUSY;
    sqlite3_busy_timeout(database->handle, 0);
    for (int waited = 0; (code & 0xff) == SQLITE_BUSY && waited < wait_ms; waited += PAUSE_MS) {
        if (waited > 0)
            sqlite3_sleep(PAUSE_MS);
        code = sqlite3_exec(database->handle, sql, NULL, NULL, NULL);
    }
    return code;
}

enum status database_keep_log(struct database *database, struct error *error) {
    int code = change_journal(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
                              BUSY_WAIT_MS);
    enum status status = code == SQLITE_OK ? STATUS_OK : fail(database, code, error);
    sqlite3_busy_timeout(database->handle, BUSY_WAIT_MS);
    return status;
}

void database_end_log(struct database *database) {
    change_journal(database, "PRAGMA journal_mode = DELETE", END_WAIT_MS);
}

enum status database_check(struct database *database, struct error *error) {
    struct statement *statement = NULL;
    bool row = false;
    enum status status = database_prepare(database, "PRAGMA quick_check(1)", &statement, error);
    if (status == STATUS_OK)
        status = statement_step(statement, &row, error);
    if (status == STATUS_OK && strcmp(statement_text(statement, 0), "ok") != 0) {
        error_set(error, STATUS_INPUT, "is damaged: %.300s%s", statement_text(statement, 0),
                  corrupt_remedy);
        status = error_place(error, database->path, 0, 0);
    }
    statement_free(statement);
    return status;
}

enum status database_prepare(struct database *database, const char *sql,
                             struct statement **statement, struct error *error) {
    struct statement *prepared = calloc(1, sizeof *prepared);
    *statement = prepared;
    if (!prepared)
        return error_memory(error);
    prepared->database = database;
    int code = sqlite3_prepare_v2(database->handle, sql, -1, &prepared->handle, NULL);
    return code == SQLITE_OK ? STATUS_OK : fail(database, code, error);
}

void statement_free(struct statement *statement) {
    if (!statement)
        return;
    sqlite3_finalize(statement->handle);
    free(statement);
}

static void note(struct statement *statement, int code) {
    if (statement->bound == SQLITE_OK)
        statement->bound = code;
}

void statement_bind_integer(struct statement *statement, int at, int64_t value) {
    note(statement, sqlite3_bind_int64(statement->handle, at, value));
}

void statement_bind_real(struct statement *statement, int at, double value) {
    note(statement, isnan(value) ? sqlite3_bind_null(statement->handle, at)
                                 : sqlite3_bind_double(statement->handle, at, value));
}

void statement_bind_text(struct statement *statement, int at, const char *text) {
    note(statement, sqlite3_bind_text(statement->handle, at, text, -1, SQLITE_TRANSIENT));
}

void statement_bind_built(struct statement *statement, int at, const struct text *text) {
    if (text->failed)
        note(statement, SQLITE_NOMEM);
    else
        statement_bind_text(statement, at, text->data);
}

void statement_bind_blob(struct statement *statement, int at, const void *bytes, size_t count) {
    note(statement, sqlite3_bind_blob64(statement->handle, at, bytes, count, SQLITE_TRANSIENT));
}

void statement_bind_null(struct statement *statement, int at) {
    note(statement, sqlite3_bind_null(statement->handle, at));
}

enum status statement_step(struct statement *statement, bool *row, struct error *error) {
    int code = statement->bound == SQLITE_OK ? sqlite3_step(statement->handle) : statement->bound;
    *row = code == SQLITE_ROW;
    if (code == SQLITE_ROW)
        return STATUS_OK;
    enum status status = code == SQLITE_DONE ? STATUS_OK : fail(statement->database, code, error);
    statement_reset(statement);
    return status;
}

enum status statement_run(struct statement *statement, struct error *error) {
    bool row = true;
    enum status status = STATUS_OK;
    while (row && status == STATUS_OK)
        status = statement_step(statement, &row, error);
    return status;
}

void statement_reset(struct statement *statement) {
    sqlite3_reset(statement->handle);
    statement->bound = SQLITE_OK;
}

size_t statement_columns(const struct statement *statement) {
    return (size_t)sqlite3_column_count(statement->handle);
}

const char *statement_column_name(const struct statement *statement, int column) {
    const char *name = sqlite3_column_name(statement->handle, column);
    return name ? name : "";
}

bool statement_is_null(const struct statement *statement, int column) {
    return sqlite3_column_type(statement->handle, column) == SQLITE_NULL;
}

bool statement_is_number(const struct statement *statement, int column) {
    int type = sqlite3_column_type(statement->handle, column);
    return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

int64_t statement_integer(const struct statement *statement, int column) {
    return sqlite3_column_int64(statement->handle, column);
}

double statement_real(const struct statement *statement, int column) {
    if (statement_is_null(statement, column))
        return (double)NAN;
    return sqlite3_column_double(statement->handle, column);
}

const void *statement_blob(const struct statement *statement, int column, size_t *count) {
    const void *bytes = sqlite3_column_blob(statement->handle, column);
    *count = bytes ? (size_t)sqlite3_column_bytes(statement->handle, column) : 0;
    return bytes;
}

const char *statement_text(const struct statement *statement, int column) {
    const unsigned char *text = sqlite3_column_text(statement->handle, column);
    return text ? (const char *)text : "";
}
