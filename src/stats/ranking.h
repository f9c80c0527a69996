/* Which of two settings ranks first: the one definition of better and of equal, in C. The view
 * `leaderboard` (store/schema.c) has the same in SQL, and tests/test_ranking.c holds them together.
 *
 * A setting with more completed repeats goes before one with fewer: a mean over the repeats that
 * did not diverge flatters. Then the better mean goes first. Means that agree to 33 significant
 * bits, about ten digits, are equal: sums of the same numbers in another order, or of other numbers
 * with the same sum, differ in the last few of 53 bits. Who calls decides between equals, by their
 * order in the config. */
#ifndef SWEEP_STATS_RANKING_H
#define SWEEP_STATS_RANKING_H

#include "stats/summary.h"

#include <stdbool.h>
#include <stddef.h>

/* summary_of in ascending order, so that its mean does not depend on the order of the values, which
 * is changed. */
struct summary ranking_summary(double *values, size_t count);

/* The mean to as many bits as count, as Veltkamp splits a number (Dekker, A floating-point
 * technique for extending the available precision, 1971). SQL has the same two operations. */
#define RANKING_SPLITTER 1048577.0 /* 2^20 + 1 */
#define RANKING_LARGE 1e300 /* from here on the mean itself, since the product may overflow */
double ranking_key(double mean);

/* Below 0: the first goes before the second; 0: they are equal. `n` is of completed repeats, `mean`
 * over them (NaN where n is 0). */
int ranking_compare(size_t n, double mean, size_t other_n, double other_mean, bool maximize);

/* Whether a result dominates another one, of several quantities: the one definition of it in C. The
 * view `pareto` (store/schema.c) has the same in SQL. It was measured further (completed repeats,
 * or epochs), or as far, and is no worse in any of `count` values and better in one. Less is better
 * in all of them; a caller whose values are means gives their keys, of what is to be maximised
 * negated. */
bool ranking_dominates(double measured, const double *values, double other_measured,
                       const double *other_values, size_t count);

#endif
