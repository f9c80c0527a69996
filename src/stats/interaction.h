/* Does the effect of one treatment depend on another?
 *
 * From n replicates (seeds), each with a table of means, rows x columns: what is left of a table
 * after its row and column means are taken out is the interaction as that replicate shows it; the
 * question is whether the mean of these is 0.
 *
 * The test is, as the number of replicates allows,
 *   - the sign-flip test of the n tables, exact up to FLIPS_EXACT_MAX replicates, with random
 *     patterns above (flips.h);
 *   - below that, F = MS(interaction) / MS(interaction x replicate) of the repeated-measures
 *     analysis of variance, against the F distribution with 1 and n - 1 degrees of freedom: the
 *     lower bound of Box's correction, with which the test keeps its level whatever the variances
 *     and correlations of the table's cells are (Greenhouse, Geisser: On methods in the analysis of
 *     profile data, Psychometrika 24, 1959, 95-112);
 *   - none below PAIRED_REPLICATES_MIN replicates, or where the replicates do not differ. */
#ifndef SWEEP_STATS_INTERACTION_H
#define SWEEP_STATS_INTERACTION_H

#include "base/arena.h"
#include "base/status.h"
#include "stats/paired.h"

struct interaction {
    size_t n;
    enum paired_test test;
    double p; /* of that test, not corrected for other comparisons; NaN: PAIRED_NONE */
    double f; /* F; NaN where the replicates do not differ */
};

/* Judge n x rows x columns means, 2 or more rows and columns, one of `family` interactions that
 * holm_adjust will correct. The arena is used for scratch. STATUS_MEMORY. */
enum status interaction_test(const double *means, size_t n, size_t rows, size_t columns,
                             size_t family, struct arena *arena, struct interaction *result,
                             struct error *error);

#endif
