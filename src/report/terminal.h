/* What the terminal behind a stream can do. */
#ifndef SWEEP_REPORT_TERMINAL_H
#define SWEEP_REPORT_TERMINAL_H

#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>

bool terminal_is(FILE *stream);

/* Columns of the terminal, or 0 when the stream is not one. $COLUMNS is honoured. */
int terminal_width(FILE *stream);

/* Whether colours are welcome: a terminal, not TERM=dumb, and NO_COLOR not set. */
bool terminal_colour(FILE *stream);

/* Whether characters beyond ASCII are welcome: the locale's are UTF-8. */
bool terminal_unicode(void);

/* Whether a line can be drawn over: a terminal that is not TERM=dumb. */
bool terminal_redraws(FILE *stream);

/* The text with control characters (and so escape sequences) shown as '?', in `buffer`; cut between
 * characters of UTF-8 where it does not fit. */
const char *terminal_safe(const char *text, char *buffer, size_t size);

/* How many characters the bytes are on the screen; escape sequences are none. */
size_t terminal_characters(const char *text, size_t bytes);

/* Append text that is to begin at `column`: lines of at most `width` characters (0: any number)
 * break between words, but not before a percent sign, and go on at column `indent`, or all of them
 * further left where that leaves one of them too little room; what stands at `indent` behind a
 * label then has the label's line end before it. Spaces are kept but at a line's end; newlines are.
 * Returns the column that the last line ends at. */
size_t terminal_wrap(struct text *out, size_t width, size_t column, size_t indent,
                     const char *text);

/* Print the same, and a newline. */
void terminal_fill(FILE *stream, size_t width, size_t column, size_t indent, const char *text);

/* The same in the stream's own width and from column 0 on, for what printf makes of the format and
 * terminal_safe of that. At most some 8000 bytes. */
void terminal_print(FILE *stream, size_t indent, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a text of any length; nothing where it is empty. Releases it.
 * STATUS_MEMORY, also where the text failed. */
enum status terminal_say(FILE *stream, struct text *text, struct error *error);

/* Each line of a text as a paragraph after its kind, in colour where that is welcome: "warning:
 * ...".
 */
void terminal_remarks(FILE *stream, const char *kind, const char *lines);

#endif
