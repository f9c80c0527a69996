/* Which treatments can't be told from the best.
 *
 * A treatment is excluded where the best one observed beats it, over their common replicates, by
 * more than t(1 - level / others, n - 1) standard errors of the mean difference: a one-sided paired
 * t-test, Bonferroni-corrected for the number of other treatments. The truly best treatment is then
 * kept with a probability of at least 1 - level, although the one it is compared with was chosen
 * for its luck: it is excluded only if some other treatment beats it by that much, and each of the
 * `others` does so with a probability of level / others at the most, whatever the correlations.
 *
 * That is screening with common random numbers (subset selection after Gupta, On some multiple
 * decision rules, Technometrics 7, 1965, 225-245; with paired variances and Bonferroni's bound, as
 * in Kim, Nelson: Selecting the best system, Handbooks in OR & MS 13, 2006, chapter 17). */
#ifndef SWEEP_STATS_BEST_H
#define SWEEP_STATS_BEST_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a treatment is excluded that falls short of the best by these differences (above 0: it is
 * worse), one for each of n common replicates. Never below PAIRED_REPLICATES_MIN of them. Equal
 * differences exclude where 2^-n is below level / others (the sign test). */
bool best_excludes(const double *shortfalls, size_t n, size_t others);

#endif
