/* Aligned tables of text. */
#ifndef SWEEP_REPORT_TABLE_H
#define SWEEP_REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 64

struct table_column {
    const char *title;
    bool number; /* aligned at the decimal point or to the right, and never broken */
};

/* Print a head and `rows` rows of cells (row-major, columns wide). Where a terminal is too narrow,
 * titles and then texts go on further lines at underscores and spaces, then columns stand closer,
 * and as the last resort each row is printed as a list. */
void table_print(FILE *stream, const struct table_column *columns, size_t column_count,
                 const char *const *cells, size_t rows);

/* Whether it is a table that table_print prints, and not lists. */
bool table_fits(FILE *stream, const struct table_column *columns, size_t column_count,
                const char *const *cells, size_t rows);

#endif
