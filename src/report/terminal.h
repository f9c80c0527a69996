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

/* Print words from column `indent` on, where the cursor is already; on a terminal, lines break
 * between words, but not before a percent sign, and go on at `indent`. Ends the line. */
void terminal_paragraph(FILE *stream, size_t indent, const char *text);

/* The same for a text of any length, made safe; nothing where it is empty. Releases it.
 * STATUS_MEMORY, also where the text failed. */
enum status terminal_say(FILE *stream, struct text *text, struct error *error);

#endif
