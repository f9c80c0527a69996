/* The ways to share out a variance; see anova.h. */
#ifndef SWEEP_STATS_ANOVA_PRIVATE_H
#define SWEEP_STATS_ANOVA_PRIVATE_H

#include "stats/anova.h"

#include <stdbool.h>

/* Begin with the values' mean and variance. False: they are equal, or there are no factors or too
 * many, and nothing is to be shared out. */
bool anova_begin(const struct anova_data *data, struct anova *anova);

/* List the factors' own parts, and (with interactions) those of each two of them. STATUS_MEMORY. */
enum status anova_list_parts(const struct anova_data *data, bool interactions, struct arena *arena,
                             struct anova *anova, struct error *error);

/* Whether every combination of values was observed, and all equally often. STATUS_MEMORY. */
enum status anova_is_grid(const struct anova_data *data, struct arena *arena, bool *grid,
                          struct error *error);

/* Fill in the shares of the parts listed, `higher` and `rest`, for a grid. STATUS_MEMORY. */
enum status anova_of_grid(const struct anova_data *data, struct arena *arena, struct anova *anova,
                          struct error *error);

/* The same for any design, but for `higher`. */
enum status anova_of_fit(const struct anova_data *data, struct arena *arena, struct anova *anova,
                         struct error *error);

#endif
