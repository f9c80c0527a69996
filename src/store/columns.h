/* What trials are compared by: scores, metrics, train_seconds and parameters. */
#ifndef SWEEP_STORE_COLUMNS_H
#define SWEEP_STORE_COLUMNS_H

#include "store/store_private.h"

/* A column of the table `trials`, or a metric of the table `metrics`. */
struct column {
    const char *name; /* as the database has it */
    bool plain;       /* in `trials` */
    bool maximize;    /* more of it is better */
    double most;      /* the largest value it can have, or INFINITY; the smallest is 0 */
};

/* The column of that name, an alias of a metric allowed. */
struct column column_named(struct store *store, const char *name, struct arena *arena);

/* The score on the test images that goes with a column: test_loss of val_loss. Without a name where
 * there is none. */
struct column column_tested(struct store *store, const struct column *column, struct arena *arena);

/* Fail with STATUS_USAGE unless a completed trial of the sweep has a value of the column. Without
 * completed trials nothing tells. */
void column_check(struct store *store, int64_t sweep, const char *name, struct arena *arena);

/* An expression for the column's value in a query in which t is the trials. A metric's name is
 * bound to parameter `at`; a plain column takes none. */
void column_append_sql(const struct column *column, int at, struct text *sql);
void column_bind(const struct column *column, int at, struct statement *statement);

#endif
