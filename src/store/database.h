/* SQLite, behind a small face: database.c is the one file that includes sqlite3.h.
 *
 * A database keeps its first error, and its statements' first error is the database's. From then on
 * its functions do nothing: no step has a row, and values are 0, NaN or "". So work of many steps
 * is written down without a look at each of them; whoever began it asks once, at its end, with
 * database_take_error. Loops that call no step, and what goes on outside of the database, ask
 * database_failed.
 *
 * SQLite's errors are STATUS_IO (a full disk, no permission), STATUS_INPUT (the file is no
 * database, or damaged), STATUS_BUSY (locked by another process for longer than the wait) and
 * STATUS_MEMORY. */
#ifndef SWEEP_STORE_DATABASE_H
#define SWEEP_STORE_DATABASE_H

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct statement;

enum database_mode {
    DATABASE_WRITE, /* made when it is not there */
    DATABASE_MEND,  /* to be there, but written to nonetheless */
    DATABASE_READ,
    DATABASE_FROZEN, /* nobody writes it while it is open: nothing is locked, and no log looked for
                      */
};

/* STATUS_IO where a file's path, from the root and without symbolic links, is longer than SQLite
 * takes. */
enum status database_check_path(const char *path, struct error *error);

/* Open a file. Symbolic links are followed. database_close(*database) in any case. */
enum status database_open(const char *path, enum database_mode mode, struct database **database,
                          struct error *error);
void database_close(struct database *database); /* NULL is fine */

/* An empty one in memory. */
enum status database_open_memory(struct database **database, struct error *error);

enum database_readiness {
    DATABASE_READY,   /* or not, but reading tells why */
    DATABASE_HALFWAY, /* a transaction was left half-way that this connection can't undo */
    DATABASE_LOGLESS, /* it needs a log, which can't be made beside it */
};

/* Whether a connection that only reads can do that. */
enum database_readiness database_readiness(struct database *database);

/* A copy in memory, which can be written to whatever became of the original, and has its path in
 * errors. */
enum status database_copy(struct database *database, struct database **copy, struct error *error);

/* One moment of the database in a file that is there and empty, and that nobody else has open: as a
 * single file without a log. It is not on the disk yet. */
enum status database_back_up(struct database *database, const char *path, struct error *error);

/* Keep an error of the caller's own, unless there is one already. */
void database_fail(struct database *database, enum status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same of the file as such: STATUS_INPUT, with its path. */
void database_refuse(struct database *database, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void database_fail_memory(struct database *database);
/* STATUS_IO: a change came to nothing without an error, as a trigger can have it. */
void database_fail_ignored(struct database *database);
void database_fail_with(struct database *database, const struct error *error);
bool database_failed(const struct database *database);
/* A text from an arena; "" if it is NULL, because memory was out. */
const char *database_text_or_fail(struct database *database, const char *text);

/* The first error since the last call, which is forgotten; STATUS_OK if there was none. */
enum status database_take_error(struct database *database, struct error *error);

/* Run statements without results, separated by semicolons. */
void database_run(struct database *database, const char *sql);
/* The same of a text that was put together, for which no memory may have been left. */
void database_run_built(struct database *database, const struct text *sql);
/* Undo the open transaction, whatever failed; an error that is kept stays. */
void database_rollback(struct database *database);

/* Keep a log while writing, so that others can read meanwhile (SQLite's WAL mode), and have each
 * commit on the disk before it returns. Waits for who is using the database. */
void database_keep_log(struct database *database);
/* Fails, with STATUS_IO, if one of the database's files is no longer the one that this connection
 * writes, as it was removed, moved or replaced: the file that is also open as `file`, or its log,
 * which is to be kept by now. */
void database_check_place(struct database *database, int file);

/* Leave such a place, before the database is closed: its log goes into its own file, wherever that
 * is now, unless that was emptied. Log and index are removed if they are still there, since SQLite
 * would read them with whatever file is given the name; those of others are left alone. */
void database_leave_place(struct database *database);

/* Put the log back into the one file. Waits a little for who is reading, and leaves the log where
 * it is if that takes longer. */
void database_end_log(struct database *database);

/* In a query on a pragma that checks pages: what it found, without the line before it. */
#define DATABASE_DAMAGE(pragma) "replace(" pragma ", '*** in database main ***' || char(10), '')"
#define DATABASE_DAMAGE_REMEDY                                                                     \
    "take a copy of the file from before that, or move it elsewhere and run its configs again; "   \
    "`sqlite3 FILE .dump` writes out what can still be read"

/* Read all pages; STATUS_INPUT when any is damaged. */
void database_check(struct database *database);

/* The one integer a query gives; 0 if it gives none. */
int64_t database_integer(struct database *database, const char *sql);

/* A statement lives until statement_free; its parameters count from 1, its columns from 0. It is
 * NULL once the database has failed, which is a statement like any other to these functions. */
struct statement *database_prepare(struct database *database, const char *sql);
struct statement *database_prepare_built(struct database *database, const struct text *sql);
void statement_free(struct statement *statement);

/* Texts are copied; bytes that are not UTF-8, which other programs could not read, are escaped
 * (base/text.h). What is infinite or NaN is stored as NULL. */
void statement_bind_integer(struct statement *statement, int at, int64_t value);
void statement_bind_real(struct statement *statement, int at, double value);
void statement_bind_text(struct statement *statement, int at, const char *text);
/* `count` texts, from parameter `at` on. */
void statement_bind_texts(struct statement *statement, int at, const char *const *texts,
                          size_t count);
/* A text that was put together, for which no memory may have been left. */
void statement_bind_built(struct statement *statement, int at, const struct text *text);
void statement_bind_blob(struct statement *statement, int at, const void *bytes, size_t count);
void statement_bind_null(struct statement *statement, int at);

/* Go to the next row; false at the end, and the statement is then ready anew. */
bool statement_step(struct statement *statement);
/* Run to the end, and make ready anew. */
void statement_run(struct statement *statement);
/* The same of a statement that has to change a row: fails with database_fail_ignored if none is. */
void statement_write(struct statement *statement);
void statement_reset(struct statement *statement);

size_t statement_columns(const struct statement *statement);
const char *statement_column_name(const struct statement *statement, int column);

/* A value of the row; without a row, as NULL, and so is what another program or an older version
 * has left infinite. */
bool statement_is_null(const struct statement *statement, int column);
bool statement_is_number(const struct statement *statement, int column);
int64_t statement_integer(const struct statement *statement, int column);
double statement_real(const struct statement *statement, int column); /* NaN for NULL */
/* Valid until the next step; "" for NULL. */
const char *statement_text(const struct statement *statement, int column);
/* The same, for as long as the arena lives. */
const char *statement_copy(const struct statement *statement, int column, struct arena *arena);
const void *statement_blob(const struct statement *statement, int column, size_t *count);

#endif
