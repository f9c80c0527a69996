/* The Pareto set of a sweep that is judged by several metrics: the settings that no other one
 * dominates (stats/ranking.h), by their means over the seeds. Of equal ones all are in it. A
 * setting that lacks the mean of a metric, since its trials diverged, failed or were stopped, is
 * not; nor is one with fewer completed seeds than another one has, as on the leaderboard. Settings
 * of which some metric measures different quantities (analysis/quantities.h) do not dominate each
 * other. Whatever shows the set takes it from here; the view `pareto` has the same in SQL. */
#ifndef SWEEP_ANALYSIS_PARETO_H
#define SWEEP_ANALYSIS_PARETO_H

#include "analysis/leaderboard.h"
#include "base/arena.h"
#include "base/status.h"
#include "stats/summary.h"
#include "store/observations.h"

struct pareto {
    size_t objective_count; /* 0: the sweep has one metric, and the rest is empty */
    const struct objective *objectives;
    size_t setting_count;
    const struct summary *scores; /* setting_count x objective_count */
    const bool *has;              /* by setting: whether it is in the set */
    size_t count;                 /* those that are */
    size_t fewer;                 /* those that are not since others have more completed seeds */
};

/* The set among the trials that were observed, with `filter` (NULL: all). Reads the sweep's metrics
 * from the store, which is to be in the state in which the observations were read. Lives in the
 * arena. STATUS_MEMORY, and the errors of store_observations. */
enum status pareto_read(struct store *store, const struct observations *observations,
                        const struct filter *filter, struct arena *arena, struct pareto *pareto,
                        struct error *error);

/* The setting's mean in an objective, over n trials; NaN without. */
const struct summary *pareto_score(const struct pareto *pareto, size_t setting, size_t objective);

/* Give the leaderboard, whose rows are settings of the same observations, the set: nothing where
 * the sweep has one metric. `only`: of its rows at most `limit` (0: all) stay, which are in the
 * set. The set has to live as long. */
void pareto_attach(const struct pareto *pareto, bool only, size_t limit,
                   struct leaderboard *leaderboard);

#endif
