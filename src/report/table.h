/* Aligned tables of text. */
#ifndef SWEEP_REPORT_TABLE_H
#define SWEEP_REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 64

struct table_column {
    const char *title;
    bool number; /* aligned to the right */
};

/* Print a head and `rows` rows of cells (row-major, columns wide). On a terminal, long cells are
 * shortened with ".." until the table fits its width. */
void table_print(FILE *stream, const struct table_column *columns, size_t column_count,
                 const char *const *cells, size_t rows);

#endif
