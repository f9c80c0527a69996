/* A check-up of the machine: its threads, its BLAS, and settings that get in the way. */
#ifndef SWEEP_TRAIN_CHECKUP_H
#define SWEEP_TRAIN_CHECKUP_H

#include "base/finding.h"

#include <stddef.h>

/* Report under "machine", "settings", "threads" and "blas", for a sweep of `jobs` threads.
 * Multiplies on all of them at once, which takes some milliseconds. */
void machine_checkup(size_t jobs, const struct findings *findings);

#endif
