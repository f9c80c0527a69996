/* Whether threads can be had: OpenMP ends the program when one can't be started. */
#ifndef SWEEP_BASE_THREADS_H
#define SWEEP_BASE_THREADS_H

#include "base/status.h"

#include <stddef.h>

/* Start `count` threads side by side, and end them again: STATUS_MEMORY, with the system's reason,
 * when there is no room or permission for so many. */
enum status threads_check(size_t count, struct error *error);

#endif
