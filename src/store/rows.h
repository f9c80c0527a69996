/* A sweep's trials, or their epochs, row by row: for what leaves the database whole. Memory does
 * not grow with the number of rows. */
#ifndef SWEEP_STORE_ROWS_H
#define SWEEP_STORE_ROWS_H

#include "base/arena.h"
#include "base/status.h"
#include "search/filter.h"
#include "search/hyperparameter.h"
#include "store/observations.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rows_unit {
    ROWS_TRIALS,       /* with the scores at their end */
    ROWS_EPOCHS,       /* of the trials that have any */
    ROWS_OBSERVATIONS, /* the trials, in the order of the observations, one for each */
};

struct rows_request {
    const struct observations *observations; /* of the same sweep, by the same filter */
    const struct filter *filter;
    enum rows_unit unit;
    /* Every hyperparameter that applies to a trial of the sweep; else those in which trials differ.
     * Parts of values in which trials differ have a column in any case, but for ROWS_OBSERVATIONS,
     * whose reader has them. */
    bool all;
};

struct rows_column {
    const char *name;
    enum value_type type;                        /* VALUE_NAME: any text */
    const struct hyperparameter *hyperparameter; /* NULL: a result, or a part */
    const struct factor *part;                   /* of a value, that varies; else NULL */
};

struct rows {
    size_t column_count;
    const struct rows_column *columns;
    const struct observations *observations;
    const struct observation **by_trial; /* these, for what the database has no column of */
    struct database *database;
    struct statement *statement;
};

/* Begin, in the order in which trials were made (those that are observations aside). Lives in the
 * arena; rows_close in any case, before the store is closed. After store_read_begin the rows are
 * those of the observations. */
enum status rows_open(struct store *store, const struct rows_request *request, struct arena *arena,
                      struct rows *rows, struct error *error);
void rows_close(struct rows *rows);

/* Go to the next row; *row is false at the end. */
enum status rows_next(struct rows *rows, bool *row, struct error *error);

/* A value of the row: of its column's type, or VALUE_NONE where there is none (also for a number
 * that is none). A text is valid until the next row. */
struct rows_cell {
    enum value_type type;
    union {
        int64_t integer;
        double real;
        bool boolean;
        const char *text; /* VALUE_NAME, VALUE_LAYERS, VALUE_COMPONENTS and VALUE_WEIGHTS */
    };
};
struct rows_cell rows_cell(const struct rows *rows, size_t column);

#endif
