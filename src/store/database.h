/* SQLite, behind a small face: database.c is the one file that includes sqlite3.h.
 *
 * All functions fail with STATUS_IO (a full disk, no permission), STATUS_INPUT (the file is no
 * database, or damaged), STATUS_BUSY (locked by another process for longer than the wait) or
 * STATUS_MEMORY. */
#ifndef SWEEP_STORE_DATABASE_H
#define SWEEP_STORE_DATABASE_H

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
};

/* Open a file. Symbolic links are followed. */
enum status database_open(const char *path, enum database_mode mode, struct database **database,
                          struct error *error);
void database_close(struct database *database);

/* Whether a transaction was left half-way that this connection, which only reads, can't undo. */
bool database_is_halfway(struct database *database);

/* A copy in memory, which can be written to whatever became of the original. */
enum status database_copy(struct database *database, struct database **copy, struct error *error);

/* Run statements without results, separated by semicolons. */
enum status database_run(struct database *database, const char *sql, struct error *error);

/* Keep a log while writing, so that others can read meanwhile (SQLite's WAL mode), and have each
 * commit on the disk before it returns. Waits for who is using the database. */
enum status database_keep_log(struct database *database, struct error *error);
/* Put the log back into the one file. Waits a little for who is reading, and leaves the log where
 * it is if that takes longer. */
void database_end_log(struct database *database);

/* Read all pages; STATUS_INPUT when any is damaged. */
enum status database_check(struct database *database, struct error *error);

/* The one integer a query gives. */
enum status database_integer(struct database *database, const char *sql, int64_t *value,
                             struct error *error);

/* A statement lives until statement_free; its parameters count from 1, its columns from 0. */
enum status database_prepare(struct database *database, const char *sql,
                             struct statement **statement, struct error *error);
void statement_free(struct statement *statement);

/* A bind that fails makes the next step fail. Texts are copied. NaN is stored as NULL. */
void statement_bind_integer(struct statement *statement, int at, int64_t value);
void statement_bind_real(struct statement *statement, int at, double value);
void statement_bind_text(struct statement *statement, int at, const char *text);
/* A text that was put together: one for which no memory was left is a bind that fails. */
void statement_bind_built(struct statement *statement, int at, const struct text *text);
void statement_bind_blob(struct statement *statement, int at, const void *bytes, size_t count);
void statement_bind_null(struct statement *statement, int at);

/* Advance to the next row; *row is false at the end, and the statement is then ready anew. */
enum status statement_step(struct statement *statement, bool *row, struct error *error);
/* Run to the end, and make ready anew. */
enum status statement_run(struct statement *statement, struct error *error);
void statement_reset(struct statement *statement);

size_t statement_columns(const struct statement *statement);
const char *statement_column_name(const struct statement *statement, int column);
bool statement_is_null(const struct statement *statement, int column);
bool statement_is_number(const struct statement *statement, int column);
int64_t statement_integer(const struct statement *statement, int column);
double statement_real(const struct statement *statement, int column); /* NaN for NULL */
/* Valid until the next step; "" for NULL. */
const char *statement_text(const struct statement *statement, int column);
const void *statement_blob(const struct statement *statement, int column, size_t *count);

#endif
