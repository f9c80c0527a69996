/* File systems on which a database is safe: those whose locks, shared memory and order of writes
 * are known to be the same for all who have the file open. On others it is damaged, or read
 * wrongly, sooner or later. */
#ifndef SWEEP_STORE_FILESYSTEM_H
#define SWEEP_STORE_FILESYSTEM_H

#include "base/status.h"

#include <stdbool.h>

/* Whether a file system is known to be one of these; `type` is f_type of statfs(2). */
bool filesystem_is_safe(unsigned long type);

/* STATUS_IO, with its name and what to do, unless the file at `path` lies on one, or would. */
enum status filesystem_check(const char *path, struct error *error);

#endif
