/* The two-way moderated t-test: which of k treatments, measured on the same m replicates, are worse
 * than the one that looks best.
 *
 * A replicate (a seed) has an effect of its own on all treatments, which is taken out: r_ij is the
 * score of treatment i on replicate j less the mean of replicate j over the k treatments. Then
 *   v_i  the sample variance of r_i1 .. r_im, times k / (k - 1): of what is left of treatment i's
 *        score, if its own noise and the others' are alike
 *   v_0  the median of the v_i
 *   w_i  (d_0 v_0 + (m - 1) v_i) / (d_0 + m - 1): the variance is moderated by what the others' say
 *        of it, as if d_0 further replicates had been seen with v_0; d_0 is RACE_PRIOR, but at most
 *        the (k - 2) (m - 1) degrees of freedom that the others' have in all
 *   t_i  (mean of i - mean of the best) / sqrt((w_i + w_best) / m), with d_0 + m - 1 degrees of
 *        freedom; p is one-sided
 * The two-way layout is Fisher's (randomised blocks; Statistical methods for research workers,
 * 1925), the moderated variance Smyth's (Linear models and empirical Bayes methods for assessing
 * differential expression in microarray experiments, Statistical Applications in Genetics and
 * Molecular Biology 3, 2004, article 3) with d_0 set and v_0 by the median, which the variances of
 * a few bad treatments do not move. Racing on common replicates is F-race's (Birattari et al.: A
 * racing algorithm for configuring metaheuristics, GECCO 2002, 11-18).
 *
 * With two treatments d_0 is 0 and both have half of the variance of their difference: it is the
 * paired t-test. */
#ifndef SWEEP_STATS_RACE_H
#define SWEEP_STATS_RACE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

#define RACE_LEVEL 0.05
#define RACE_PRIOR 4.0
#define RACE_FIRST_LOOK 2 /* replicates before the first test */

/* `scores` is treatments x replicates, row-major and finite; less is better. At least one treatment
 * and RACE_FIRST_LOOK replicates. */

/* The treatment with the least mean, of equal ones the first. */
size_t race_best(const double *scores, size_t treatments, size_t replicates);

/* p[i] of each treatment against `best`; 1 where its mean is not worse. Where nothing varies but by
 * rounding, p is that of the sign test, 2^-replicates. STATUS_MEMORY. */
enum status race_test(const double *scores, size_t treatments, size_t replicates, size_t best,
                      double *p, struct error *error);

/* The level of one test in a race over at most `replicates`, after each of RACE_FIRST_LOOK to
 * replicates - 1 of which a treatment worse at that level is dropped: `level`, divided by the
 * number of these looks; if `strict` also by the number of others that might beat the best by
 * chance, `treatments` - 1. Without the latter the truly best of treatments that are all nearly
 * equal may well be dropped: the one kept instead is then nearly as good. */
double race_level(double level, size_t replicates, size_t treatments, bool strict);

#endif
