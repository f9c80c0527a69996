/* File systems on which a database would be damaged, or read wrongly, sooner or later: those whose
 * locks and shared memory do not reach all who have the file open. */
#ifndef SWEEP_STORE_FILESYSTEM_H
#define SWEEP_STORE_FILESYSTEM_H

#include "base/status.h"

/* The name of such a file system, or NULL for any other; `type` is f_type of statfs(2). */
const char *filesystem_shared(unsigned long type);

/* STATUS_IO, with what to do, when the file at `path` lies on one, or would. */
enum status filesystem_check(const char *path, struct error *error);

#endif
