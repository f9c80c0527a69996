/* Files read whole, whatever they turn out to be, and written whole or not at all. */
#ifndef SWEEP_BASE_FILE_H
#define SWEEP_BASE_FILE_H

#include "base/arena.h"
#include "base/status.h"

#include <stddef.h>

/* Read the file, pipe or device at `path` to its end; `*text`, in the arena, has a NUL after its
 * `*length` bytes. Ends in bounded time and memory on anything: STATUS_INPUT for what can't be
 * opened or read, is larger than `limit` bytes, or doesn't end within some seconds (a pipe that
 * nobody writes to); STATUS_IO where that is the system's fault. Errors are placed at `path`. */
enum status file_read(const char *path, size_t limit, struct arena *arena, char **text,
                      size_t *length, struct error *error);

/* Put `bytes` into the file at `path`: beside it first, and in its place once they are on disk, so
 * that nobody ever reads half of them, and what was there stays if they can't be written. The last
 * folder of the path is made when it is not there. A link is followed; what is no file, such as
 * /dev/stdout, is written to as it is. STATUS_IO, with the path as its place. */
enum status file_replace(const char *path, const void *bytes, size_t count, struct error *error);

#endif
