/* Standard error, which what a command tells besides its results goes to.
 *
 * A run must not wait for whoever reads it: a terminal that is stopped (Ctrl-S) or that nobody
 * reads and a pipe that is full would hold up training and the database. While it is not to wait,
 * what can't be written at once is kept in memory, and written once it can be. Of a process there
 * is one standard error, hence no handle. For the main thread. */
#ifndef SWEEP_REPORT_CONSOLE_H
#define SWEEP_REPORT_CONSOLE_H

#include <stdbool.h>

/* Put the stream `stderr` in the care of this file; what is left at the program's end is written
 * then. Without memory it stays as it was. */
void console_open(void);

/* Whether writing waits for a reader, as it does at first. Turned on again, it waits for what is
 * kept. */
void console_wait(bool waits);

/* Write what is kept, as far as that can be done at once; whether all of it was written and more
 * could be. */
bool console_ready(void);

/* Draw a line that stays the last one until it is drawn anew or removed, which NULL does: what is
 * told meanwhile goes above it. For a terminal that can draw over a line, and a text that fits into
 * one. Left out where it can't be written at once. */
void console_status(const char *text);

/* End the line that the cursor is on, if there is something on it: a status or, where `echoed`, the
 * key that a terminal has shown. May be called by the handler of a signal that ends the program. */
void console_leave(bool echoed);

#endif
