/* Numbers sorted into groups. */
#ifndef SWEEP_ANALYSIS_GROUPED_H
#define SWEEP_ANALYSIS_GROUPED_H

#include "base/arena.h"
#include "base/status.h"
#include "stats/summary.h"

#include <stddef.h>

/* The summary of each group's numbers; group[i] is that of values[i], or `groups` for none. Lives
 * in the arena. STATUS_MEMORY. */
enum status grouped_summaries(const double *values, const size_t *group, size_t count,
                              size_t groups, struct arena *arena, struct summary **summaries,
                              struct error *error);

#endif
