/* Files that may be compressed by gzip, which their first bytes tell: gzip.c is the one file with
 * zlib.h. */
#ifndef SWEEP_DATA_GZIP_H
#define SWEEP_DATA_GZIP_H

#include "base/status.h"
#include "data/input.h"

#include <stdbool.h>
#include <stddef.h>

struct gzip {
    void *file;
    size_t size; /* of the file on disk, bytes */
    bool cut;    /* the compressed data ended before their end mark; what came is given */
};

/* STATUS_IO, or STATUS_INPUT for what is no regular file; errors are placed at `path`. Close what
 * was opened with gzip_close. */
enum status gzip_open(const char *path, struct gzip *gzip, struct error *error);

/* What it hands out, uncompressed. Its errors have no place. */
struct input gzip_input(struct gzip *gzip);

void gzip_close(struct gzip *gzip);

#endif
