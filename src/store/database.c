#include "store/database.h"

#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_WAIT_MS 30000
#define PAUSE_MS 20
#define END_WAIT_MS 500

struct database {
    sqlite3 *handle;
    char *path;
    struct stat log[2]; /* its -wal and -shm, once they were looked for; st_ino 0: not yet */
    bool emptied;       /* the file has lost its contents */
    struct error first; /* STATUS_OK: none */
};

struct statement {
    struct database *database;
    sqlite3_stmt *handle;
    bool row; /* it is at one */
};

static const char database_in_memory[] = ":memory:";

/* Whether the file that can't be opened is there, and it is its log's index that can't be made. */
static bool has_log(const struct database *database) {
    const char *path = database->handle ? sqlite3_db_filename(database->handle, "main") : NULL;
    return path && access(path, R_OK) == 0 && access(sqlite3_filename_wal(path), R_OK) == 0;
}

static enum status explain(const struct database *database, int code, struct error *error) {
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
        remedy = "; " DATABASE_DAMAGE_REMEDY;
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

/* The path in SQLite's form for one with options. */
static void append_address(struct text *address, const char *path) {
    char *real = path_real(path);
    address->failed |= !real;
    text_append(address, "file:");
    for (const char *c = real; real && *c; c++)
        if (strchr("%?#", *c))
            text_printf(address, "%%%02x", (unsigned)*c);
        else
            text_append_bytes(address, c, 1);
    text_append(address, "?immutable=1");
    free(real);
}

static int open_frozen(struct database *database) {
    struct text address;
    text_init(&address);
    append_address(&address, database->path);
    const int code = address.failed ? SQLITE_NOMEM
                                    : sqlite3_open_v2(address.data, &database->handle,
                                                      SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    text_release(&address);
    return code;
}

enum status database_check_path(const char *path, struct error *error) {
    /* The longest name beside the database is its journal's. */
    const size_t most = (size_t)sqlite3_vfs_find(NULL)->mxPathname - strlen("-journal");
    char *real = path_real(path);
    const size_t length = real ? strlen(real) : 0;
    free(real);
    if (length <= most)
        return STATUS_OK;
    error_set(error, STATUS_IO,
              "its full path has %zu bytes, and SQLite opens a database whose path has %zu at "
              "most; give it a shorter one",
              length, most);
    return error_place(error, path, 0, 0);
}

enum status database_open(const char *path, enum database_mode mode, struct database **database,
                          struct error *error) {
    struct database *opened = calloc(1, sizeof *opened);
    *database = opened;
    if (!opened || !(opened->path = file_name(path)))
        return error_memory(error);
    if (path != database_in_memory && database_check_path(opened->path, error) != STATUS_OK)
        return STATUS_IO;
    static const int flags[] = {[DATABASE_WRITE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                [DATABASE_MEND] = SQLITE_OPEN_READWRITE,
                                [DATABASE_READ] = SQLITE_OPEN_READONLY};
    int code = mode == DATABASE_FROZEN
                   ? open_frozen(opened)
                   : sqlite3_open_v2(opened->path, &opened->handle, flags[mode], NULL);
    if (code != SQLITE_OK)
        return explain(opened, code, error);
    sqlite3_extended_result_codes(opened->handle, 1);
    sqlite3_busy_timeout(opened->handle, BUSY_WAIT_MS);
    return STATUS_OK;
}

enum database_readiness database_readiness(struct database *database) {
    const int code =
        sqlite3_exec(database->handle, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    const bool unmade = code == SQLITE_READONLY_DIRECTORY || (code & 0xff) == SQLITE_CANTOPEN;
    if (code == SQLITE_READONLY_ROLLBACK)
        return DATABASE_HALFWAY;
    return unmade && !has_log(database) ? DATABASE_LOGLESS : DATABASE_READY;
}

void database_close(struct database *database) {
    if (!database)
        return;
    sqlite3_close(database->handle);
    free(database->path);
    free(database);
}

enum status database_open_memory(struct database **database, struct error *error) {
    return database_open(database_in_memory, DATABASE_WRITE, database, error);
}

static enum status copy_pages(struct database *from, struct database *to, struct error *error) {
    sqlite3_backup *backup = sqlite3_backup_init(to->handle, "main", from->handle, "main");
    if (!backup)
        return explain(to, sqlite3_errcode(to->handle), error);
    const int step = sqlite3_backup_step(backup, -1);
    const int code = sqlite3_backup_finish(backup);
    return step == SQLITE_DONE ? STATUS_OK : explain(to, code != SQLITE_OK ? code : step, error);
}

enum status database_copy(struct database *database, struct database **copy, struct error *error) {
    enum status status = database_open_memory(copy, error);
    if (status != STATUS_OK)
        return status;
    free((*copy)->path);
    if (!((*copy)->path = strdup(database->path)))
        return error_memory(error);
    return copy_pages(database, *copy, error);
}

/* Where a file has the versions of its writer and its reader, and what they are without a log
 * (SQLite's file format, 1.3.3). */
#define VERSIONS_AT 18
static const unsigned char without_log[2] = {1, 1};

/* SQLite copies the versions of a database that has a log, which the copy has not. */
static enum status put_versions(const char *path, struct error *error) {
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    const bool done = file >= 0 && pwrite(file, without_log, sizeof without_log, VERSIONS_AT) ==
                                       (ssize_t)sizeof without_log;
    const int fault = errno;
    if (file >= 0)
        close(file);
    if (done)
        return STATUS_OK;
    error_set(error, STATUS_IO, "can't be written: %s", strerror(fault));
    return error_place(error, path, 0, 0);
}

/* Nobody else looks at the file, so there is nothing to lock, and none is of use half-way. */
enum status database_back_up(struct database *database, const char *path, struct error *error) {
    struct database copy = {.path = file_name(path)};
    enum status status = STATUS_OK;
    if (!copy.path)
        return error_memory(error);
    int code = sqlite3_open_v2(copy.path, &copy.handle, SQLITE_OPEN_READWRITE, "unix-none");
    if (code == SQLITE_OK)
        code = sqlite3_exec(copy.handle, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF",
                            NULL, NULL, NULL);
    status = code == SQLITE_OK ? copy_pages(database, &copy, error) : explain(&copy, code, error);
    sqlite3_close(copy.handle);
    if (status == STATUS_OK)
        status = put_versions(path, error);
    free(copy.path);
    return status;
}

/* --- the first error --- */

void database_fail(struct database *database, enum status code, const char *format, ...) {
    va_list arguments;
    if (database_failed(database))
        return;
    va_start(arguments, format);
    error_vset(&database->first, code, format, arguments);
    va_end(arguments);
}

void database_refuse(struct database *database, const char *format, ...) {
    va_list arguments;
    if (database_failed(database))
        return;
    va_start(arguments, format);
    error_vset(&database->first, STATUS_INPUT, format, arguments);
    va_end(arguments);
    error_place(&database->first, database->path, 0, 0);
}

void database_fail_memory(struct database *database) {
    if (!database_failed(database))
        error_memory(&database->first);
}

void database_fail_ignored(struct database *database) {
    if (database_failed(database))
        return;
    error_set(
        &database->first, STATUS_IO,
        "does not take what is written to it: a trigger in it ignores or undoes that; remove the "
        "trigger, and run the same command again");
    error_place(&database->first, database->path, 0, 0);
}

const char *database_text_or_fail(struct database *database, const char *text) {
    if (!text)
        database_fail_memory(database);
    return text ? text : "";
}

void database_fail_with(struct database *database, const struct error *error) {
    if (!database_failed(database))
        database->first = *error;
}

/* The same of what SQLite returned. */
static void note(struct database *database, int code) {
    if (code != SQLITE_OK && !database_failed(database))
        explain(database, code, &database->first);
}

bool database_failed(const struct database *database) {
    return database->first.code != STATUS_OK;
}

enum status database_take_error(struct database *database, struct error *error) {
    const enum status status = database->first.code;
    if (status != STATUS_OK && error)
        *error = database->first;
    database->first.code = STATUS_OK;
    return status;
}

/* --- work on the whole --- */

void database_run(struct database *database, const char *sql) {
    if (!database_failed(database))
        note(database, sqlite3_exec(database->handle, sql, NULL, NULL, NULL));
}

void database_run_built(struct database *database, const struct text *sql) {
    if (sql->failed)
        database_fail_memory(database);
    database_run(database, sql->data);
}

void database_rollback(struct database *database) {
    sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
}

int64_t database_integer(struct database *database, const char *sql) {
    struct statement *statement = database_prepare(database, sql);
    const int64_t value = statement_step(statement) ? statement_integer(statement, 0) : 0;
    statement_free(statement);
    return value;
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

void database_keep_log(struct database *database) {
    if (database_failed(database))
        return;
    note(database, change_journal(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
                                  BUSY_WAIT_MS));
    sqlite3_busy_timeout(database->handle, BUSY_WAIT_MS);
}

static bool same_file(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static void fail_displaced(struct database *database, const char *what) {
    error_set(&database->first, STATUS_IO, "%s while it was written", what);
    error_place(&database->first, database->path, 0, 0);
}

/* Where the open file is now, if it has a name. */
static void fail_moved(struct database *database, int file, const struct stat *about) {
    char link[64], place[512], what[600];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t length = readlink(link, place, sizeof place - 1);
    place[length > 0 ? length : 0] = '\0';
    snprintf(what, sizeof what, "was moved to %s", place);
    fail_displaced(database, about->st_nlink > 0 && length > 0 ? what : "was removed or replaced");
}

static const char *const log_endings[] = {"-wal", "-shm"};

static void check_log(struct database *database, const char *name, int i) {
    struct stat there, *log = &database->log[i];
    char path[1024], what[64];
    snprintf(path, sizeof path, "%s%s", name, log_endings[i]);
    snprintf(what, sizeof what, "its %s file was removed, moved or replaced", log_endings[i]);
    const bool found = stat(path, &there) == 0;
    if (found && log->st_ino == 0)
        *log = there;
    if (!found || !same_file(log, &there))
        fail_displaced(database, what);
}

void database_check_place(struct database *database, int file) {
    const char *name = sqlite3_db_filename(database->handle, "main");
    struct stat own = {0}, there = {0};
    int moved = 0; /* as SQLite sees it, which may have opened another file than `file` */
    if (database_failed(database))
        return;
    sqlite3_file_control(database->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (fstat(file, &own) != 0 || stat(name, &there) != 0 || !same_file(&own, &there) || moved)
        fail_moved(database, file, &own);
    else if ((database->emptied = own.st_size == 0))
        fail_displaced(database, "was emptied");
    for (int i = 0; i < 2 && !database_failed(database); i++)
        check_log(database, name, i);
}

void database_leave_place(struct database *database) {
    const char *name = sqlite3_db_filename(database->handle, "main");
    struct stat there;
    char path[1024];
    sqlite3_busy_timeout(database->handle, END_WAIT_MS);
    if (!database->emptied)
        sqlite3_wal_checkpoint_v2(database->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    /* When it is closed, SQLite would do that again, and remove what has the log's name. */
    sqlite3_db_config(database->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s%s", name, log_endings[i]);
        if (stat(path, &there) == 0 && same_file(&there, &database->log[i]))
            unlink(path);
    }
}

void database_end_log(struct database *database) {
    change_journal(database, "PRAGMA journal_mode = DELETE", END_WAIT_MS);
}

/* Without a number of faults to find: as an argument of the table it is a text, which SQLite takes
 * for a table's name from 3.46 on. */
void database_check(struct database *database) {
    struct statement *statement = database_prepare(
        database, "SELECT " DATABASE_DAMAGE("quick_check") " FROM pragma_quick_check");
    if (statement_step(statement) && strcmp(statement_text(statement, 0), "ok") != 0)
        database_refuse(database, "is damaged: %.300s; " DATABASE_DAMAGE_REMEDY,
                        statement_text(statement, 0));
    statement_free(statement);
}

/* --- statements --- */

struct statement *database_prepare(struct database *database, const char *sql) {
    if (database_failed(database))
        return NULL;
    struct statement *prepared = calloc(1, sizeof *prepared);
    if (!prepared) {
        database_fail_memory(database);
        return NULL;
    }
    prepared->database = database;
    note(database, sqlite3_prepare_v2(database->handle, sql, -1, &prepared->handle, NULL));
    if (!database_failed(database))
        return prepared;
    free(prepared);
    return NULL;
}

struct statement *database_prepare_built(struct database *database, const struct text *sql) {
    if (sql->failed)
        database_fail_memory(database);
    return database_prepare(database, sql->data);
}

void statement_free(struct statement *statement) {
    if (!statement)
        return;
    sqlite3_finalize(statement->handle);
    free(statement);
}

static bool works(const struct statement *statement) {
    return statement && !database_failed(statement->database);
}

void statement_bind_integer(struct statement *statement, int at, int64_t value) {
    if (works(statement))
        note(statement->database, sqlite3_bind_int64(statement->handle, at, value));
}

void statement_bind_real(struct statement *statement, int at, double value) {
    if (!isfinite(value))
        statement_bind_null(statement, at);
    else if (works(statement))
        note(statement->database, sqlite3_bind_double(statement->handle, at, value));
}

/* Paths and the names of machines may be any bytes. */
static void bind_escaped(struct statement *statement, int at, const char *text) {
    struct text utf8;
    char piece[TEXT_PIECE];
    text_init(&utf8);
    while (*text)
        text_append_bytes(&utf8, piece, text_escape(&text, TEXT_NOT_UTF8, piece));
    statement_bind_built(statement, at, &utf8);
    text_release(&utf8);
}

void statement_bind_text(struct statement *statement, int at, const char *text) {
    if (text_needs_escapes(text, TEXT_NOT_UTF8))
        bind_escaped(statement, at, text);
    else if (works(statement))
        note(statement->database,
             sqlite3_bind_text(statement->handle, at, text, -1, SQLITE_TRANSIENT));
}

void statement_bind_texts(struct statement *statement, int at, const char *const *texts,
                          size_t count) {
    for (size_t i = 0; i < count; i++)
        statement_bind_text(statement, at + (int)i, texts[i]);
}

void statement_bind_built(struct statement *statement, int at, const struct text *text) {
    if (statement && text->failed)
        database_fail_memory(statement->database);
    statement_bind_text(statement, at, text->data);
}

void statement_bind_blob(struct statement *statement, int at, const void *bytes, size_t count) {
    if (works(statement))
        note(statement->database,
             sqlite3_bind_blob64(statement->handle, at, bytes, count, SQLITE_TRANSIENT));
}

void statement_bind_null(struct statement *statement, int at) {
    if (works(statement))
        note(statement->database, sqlite3_bind_null(statement->handle, at));
}

bool statement_step(struct statement *statement) {
    if (!works(statement)) {
        statement_reset(statement);
        return false;
    }
    const int code = sqlite3_step(statement->handle);
    if (code == SQLITE_ROW)
        return statement->row = true;
    if (code != SQLITE_DONE)
        note(statement->database, code);
    statement_reset(statement);
    return false;
}

void statement_run(struct statement *statement) {
    while (statement_step(statement))
        ;
}

void statement_write(struct statement *statement) {
    statement_run(statement);
    if (works(statement) && sqlite3_changes(statement->database->handle) == 0)
        database_fail_ignored(statement->database);
}

void statement_reset(struct statement *statement) {
    if (!statement)
        return;
    sqlite3_reset(statement->handle);
    statement->row = false;
}

size_t statement_columns(const struct statement *statement) {
    return statement ? (size_t)sqlite3_column_count(statement->handle) : 0;
}

const char *statement_column_name(const struct statement *statement, int column) {
    const char *name = sqlite3_column_name(statement->handle, column);
    return name ? name : "";
}

static int type_of(const struct statement *statement, int column) {
    return statement && statement->row ? sqlite3_column_type(statement->handle, column)
                                       : SQLITE_NULL;
}

bool statement_is_null(const struct statement *statement, int column) {
    const int type = type_of(statement, column);
    return type == SQLITE_NULL ||
           (type == SQLITE_FLOAT && !isfinite(sqlite3_column_double(statement->handle, column)));
}

bool statement_is_number(const struct statement *statement, int column) {
    const int type = type_of(statement, column);
    return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

int64_t statement_integer(const struct statement *statement, int column) {
    return statement_is_null(statement, column) ? 0
                                                : sqlite3_column_int64(statement->handle, column);
}

double statement_real(const struct statement *statement, int column) {
    return statement_is_null(statement, column) ? (double)NAN
                                                : sqlite3_column_double(statement->handle, column);
}

const void *statement_blob(const struct statement *statement, int column, size_t *count) {
    *count = 0;
    if (statement_is_null(statement, column))
        return NULL;
    const void *bytes = sqlite3_column_blob(statement->handle, column);
    *count = bytes ? (size_t)sqlite3_column_bytes(statement->handle, column) : 0;
    return bytes;
}

const char *statement_text(const struct statement *statement, int column) {
    if (statement_is_null(statement, column))
        return "";
    const unsigned char *text = sqlite3_column_text(statement->handle, column);
    if (!text)
        database_fail_memory(statement->database);
    return text ? (const char *)text : "";
}

const char *statement_copy(const struct statement *statement, int column, struct arena *arena) {
    return statement ? database_text_or_fail(statement->database,
                                             arena_copy(arena, statement_text(statement, column)))
                     : "";
}
