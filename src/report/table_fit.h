/* A table of settings that has to fit a narrow terminal: what its reader can do without is left
 * out. */
#ifndef SWEEP_REPORT_TABLE_FIT_H
#define SWEEP_REPORT_TABLE_FIT_H

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"
#include "report/table.h"

struct table {
    size_t count, rows;
    struct table_column columns[TABLE_COLUMNS_MAX];
    const char **cells; /* rows x count */
};

/* Where table_print would make it a list: leave out columns whose cells are all the same, then cut
 * the numbers of hyperparameters to three digits, then leave out `seconds`, until it fits. What
 * stays a list all the same has all but the first. `notes` gets what was done, in sentences, each
 * with a space behind it. STATUS_MEMORY. */
enum status table_fit(FILE *stream, struct table *table, struct arena *arena, struct text *notes,
                      struct error *error);

/* Print it so, with the notes below. */
enum status table_print_fitted(FILE *stream, struct table *table, struct arena *arena,
                               struct error *error);

#endif
