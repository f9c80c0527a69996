/* Rows of the database for other programs. */
#ifndef SWEEP_EXCHANGE_EXPORT_H
#define SWEEP_EXCHANGE_EXPORT_H

#include "base/status.h"
#include "store/rows.h"

#include <stdio.h>

/* A head and a record a row, as exchange/csv.h has them. */
enum status export_csv(FILE *stream, struct rows *rows, struct error *error);

/* An object a line, with every column; a number that is none is null. */
enum status export_json_lines(FILE *stream, struct rows *rows, struct error *error);

#endif
