/* Comma-separated values after RFC 4180: records end with CRLF, and a field with a comma, a quote
 * or the end of a line in it stands in quotes. They are UTF-8: bytes that are not are written as
 * \xHH, and so are control characters, which nothing here has a use for, but which a terminal would
 * obey; base/text.h puts them back. Tabs and ends of lines stay.
 *
 * A text that a spreadsheet would take for a formula (it starts with =, +, -, @ or a tab) gets an
 * apostrophe in front, which spreadsheets know as "this is text"; numbers stay as they are. */
#ifndef SWEEP_EXCHANGE_CSV_H
#define SWEEP_EXCHANGE_CSV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct csv {
    FILE *stream;
    bool inside; /* the record has fields already */
};

void csv_init(struct csv *csv, FILE *stream);
void csv_text(struct csv *csv, const char *text); /* NULL: an empty field */
/* The shortest digits that read back as the number; an empty field for NaN. */
void csv_number(struct csv *csv, double number);
void csv_integer(struct csv *csv, int64_t integer);
void csv_end(struct csv *csv); /* of the record */

#endif
