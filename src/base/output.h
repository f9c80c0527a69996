/* A file that is there whole or not at all, written piece by piece: beside its place first, and put
 * there once all of it is on disk. Nobody reads half of it, and what was there before stays if it
 * can't be written. */
#ifndef SWEEP_BASE_OUTPUT_H
#define SWEEP_BASE_OUTPUT_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct output {
    FILE *stream;
    /* Where the bytes go meanwhile, for writers that want a name; NULL for what can't be replaced
     * (standard output, a pipe, a device). */
    char *beside;
    /* Where a reader may keep a writer waiting, the bytes are gathered in a file without a name
     * first; this is where they go then. -1: they go where they belong, or beside it. */
    int waits;
    char *path;     /* links followed */
    int fault;      /* errno of a write that failed, where the writer has kept it */
    bool fleeting;  /* set by the writer: a loss of power may take it; no disk is waited for */
    size_t removed; /* unfinished files of killed programs that were removed from the folder */
};

/* Whether the path means standard output: it is "-". */
bool output_is_standard(const char *path);

/* The last folder of the path is made when it is not there: only that, since a mistyped path should
 * not grow a tree. A link is followed, except one that another user has put into a folder which
 * others can write. A file that is replaced leaves its permissions and, where that is allowed, its
 * owners to the new one. STATUS_IO, placed at the path, and nothing to release. */
enum status output_open(const char *path, struct output *output, struct error *error);

/* Put the file in its place, or give all of it to a reader, which may take any time: what others
 * wait for is to be given back before. Releases the output, also when it fails; a place is then as
 * it was.
 */
enum status output_keep(struct output *output, struct error *error);

/* Forget it all. Fine after output_open failed. */
void output_discard(struct output *output);

/* Remove what stands beside the place of the output that was opened last, unless that is kept or
 * discarded. For the handler of a signal that ends the program: it may be called at any time. */
void output_abandon(void);

/* How many unfinished files of killed programs are in the folder; they are removed if `remove`. */
size_t output_left_over(const char *folder, bool remove);

#endif
