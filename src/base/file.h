/* Files that are there whole or not at all. */
#ifndef SWEEP_BASE_FILE_H
#define SWEEP_BASE_FILE_H

#include "base/status.h"

#include <stddef.h>

/* Put `bytes` into the file at `path`: beside it first, and in its place once they are on disk, so
 * that nobody ever reads half of them, and what was there stays if they can't be written. The last
 * folder of the path is made when it is not there. A link is followed; what is no file, such as
 * /dev/stdout, is written to as it is. STATUS_IO, with the path as its place. */
enum status file_replace(const char *path, const void *bytes, size_t count, struct error *error);

#endif
