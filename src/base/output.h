/* A file that is there whole or not at all, written piece by piece: beside its place first, and put
 * there once all of it is on disk. Nobody reads half of it, and what was there before stays if it
 * can't be written. */
#ifndef SWEEP_BASE_OUTPUT_H
#define SWEEP_BASE_OUTPUT_H

#include "base/status.h"

#include <stdio.h>

struct output {
    FILE *stream;
    /* Where the bytes go meanwhile, for writers that want a name; NULL for what can't be replaced
     * (a pipe, a device) and is written to as it is. */
    char *beside;
    char *path; /* links followed */
    int fault;  /* errno of a write that failed, where the writer has kept it */
};

/* The last folder of the path is made when it is not there: only that, since a mistyped path should
 * not grow a tree. A link is followed. STATUS_IO, placed at the path, and nothing to release. */
enum status output_open(const char *path, struct output *output, struct error *error);

/* Put the file in its place. Releases the output, also when it fails; the place is then as it was.
 */
enum status output_keep(struct output *output, struct error *error);

/* Forget it all. Fine after output_open failed. */
void output_discard(struct output *output);

/* Remove what stands beside the place of the output that was opened last, unless that is kept or
 * discarded. For the handler of a signal that ends the program: it may be called at any time. */
void output_abandon(void);

/* Put just these bytes into the file at the path: all of the above in one. */
enum status output_replace(const char *path, const void *bytes, size_t count, struct error *error);

#endif
