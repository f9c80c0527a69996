/* What a report says of hyperparameters: the numbers of `sweep compare`, by each metric. */
#ifndef SWEEP_REPORT_PAGE_EFFECTS_H
#define SWEEP_REPORT_PAGE_EFFECTS_H

#include "analysis/compare.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"
#include "store/report_data.h"

/* For each of the data's metrics. That of the sweep's own metric has the interactions of each two
 * hyperparameters as well. Lives in the arena and points into the data. STATUS_MEMORY. */
enum status page_effects_make(const struct report_data *data, struct arena *arena,
                              struct comparison **effects, struct error *error);

/* Append to the object begun last:
 *   effects       for each metric a list of {axis, reference, share, carried, values}: axis is the
 *                 hyperparameter's place in the table of them, reference the place of a level,
 *                 values are in the order of the levels, each {n, mean, deviation, diverged,
 *                 pairs, better, seeds, difference, low, high, p, test, verdict}
 *   interactions  by the sweep's own metric, {axes, share, p, verdict} of each two hyperparameters
 *   best          by the same, {enough, settings}: those that can't be told from the best, which
 *                 is the first of them */
void page_effects_append(const struct comparison *effects, const struct report_data *data,
                         struct json *json);

#endif
