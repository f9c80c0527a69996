/* Reading a small file whole, whatever it turns out to be. */
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

#endif
