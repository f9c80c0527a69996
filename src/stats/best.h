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
 * in Kim, Nelson: Selecting the best system, Handbooks in OR & MS 13, 2006, chapter 17).
 *
 * Few replicates have few degrees of freedom: with 3, and 53 other treatments, a mean difference
 * has to be 23 standard errors. So where the p of a moderated test is known (race.h), which learns
 * from all treatments how much they vary, a treatment is excluded as well where that is at most
 * level / others and the paired test alone, not corrected, is below level / 2. The second condition
 * is for treatments that are noisier than most. The paired test is then made at level / 2. In
 * simulations (2 to 54 treatments, 3 to 10 replicates; normal scores, log-normal and Student's; one
 * treatment, or half of them, 3 or 5 times as noisy as the others, variances that are log-normal;
 * replicates with effects on groups of treatments) a best one was lost in 4 % of the cases at the
 * most. The moderated test alone lost up to 10 % of the best ones that were noisier than the
 * others.
 *
 * Differences that are no noise break a t-test: a single one of 1e24 makes the standard error as
 * large as the mean. Rank and sign tests would not mind, but their p is 2^-n at the least, which a
 * correction for many treatments puts out of reach. So a replicate is far behind where its
 * difference is above BEST_FAR standard deviations of a difference between two treatments as noisy
 * as the best, sqrt(2) times the deviation of the best's scores, or infinite (it failed). Where
 * there are such,
 *   - the t-test is of the others; leaving out the largest differences only lowers their mean;
 *   - a treatment is excluded also where the mean of all n, none counted above what makes
 *     1 / BEST_FAR_SEEDS of them suffice if the others are 0, is more than
 *     t(1 - level / others, n - 1) standard errors, the deviation being the sqrt(2) times the
 *     best's. Lowering the largest only lowers the mean here as well.
 * In simulations (normal scores, those with Student's tails, log-normal ones, one treatment five
 * times as noisy as the others; 2 to 54 treatments, 3 to 20 replicates) the truly best was kept as
 * often as promised. */
#ifndef SWEEP_STATS_BEST_H
#define SWEEP_STATS_BEST_H

#include <stdbool.h>
#include <stddef.h>

#define BEST_FAR 50.0
#define BEST_FAR_SEEDS 3.0

/* Whether a difference is far behind. */
bool best_is_far(double shortfall, double noise);

/* Whether a treatment is excluded that falls short of the best by these differences (above 0: it is
 * worse; infinite: it failed where the best did not, or the other way round), one for each of n
 * common replicates. `noise` is the standard deviation of the best's scores; where that is 0 or
 * NaN, only infinite differences are far. `moderated` is the p of the moderated test; NaN: there is
 * none. Never below PAIRED_REPLICATES_MIN replicates. Equal differences exclude where 2^-n is below
 * level / others (the sign test). Makes the differences far behind infinite. */
bool best_excludes(double *shortfalls, size_t n, size_t others, double noise, double moderated);

#endif
