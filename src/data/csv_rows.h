/* Rows of comma-separated values, as RFC 4180 has them and what else is found: fields between
 * commas, semicolons or tabs; in quotes, which are doubled within, and may hold ends of lines;
 * lines that end in LF or CRLF; a byte order mark; empty lines, which are passed over. */
#ifndef SWEEP_DATA_CSV_ROWS_H
#define SWEEP_DATA_CSV_ROWS_H

#include "base/status.h"
#include "data/input.h"

#include <stdbool.h>
#include <stddef.h>

struct csv_field {
    const char *text; /* ends in NUL; blanks around it are left out, unless they are quoted */
    size_t length;
    bool quoted;
};

struct csv_rows {
    struct input input;
    char separator;
    size_t line; /* on which the row begins, counted from 1 */
    size_t count;
    struct csv_field *fields; /* `count`, until the next row is asked for; owned */
    size_t field_room;
    size_t lines; /* before the unread part: on the last of them the row ends */
    char *buffer; /* owned */
    size_t begin, end, room;
    bool ended; /* there is no more than what is in the buffer */
};

/* What separates the fields of a text: which of ; tab and , the first line outside quotes has most
 * of, or the first of them that makes it numbers with decimal commas; 0: none of them. */
char csv_separator(const char *text, size_t length);

/* The first bytes are read, to see what separates fields. */
enum status csv_rows_init(struct csv_rows *rows, struct input input, struct error *error);

/* The next row; *more is false after the last. STATUS_INPUT, with rows->line set, for quotes that
 * are not closed, or hold an end of line and are followed by text, and for a row of more than 64
 * MiB. */
enum status csv_rows_next(struct csv_rows *rows, bool *more, struct error *error);

void csv_rows_release(struct csv_rows *rows);

#endif
