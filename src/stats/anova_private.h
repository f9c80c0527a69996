/* The two ways to share out a variance; see anova.h. */
#ifndef SWEEP_STATS_ANOVA_PRIVATE_H
#define SWEEP_STATS_ANOVA_PRIVATE_H

#include "stats/anova.h"

#include <stdbool.h>

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
