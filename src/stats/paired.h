/* Paired differences: an interval for their mean, and whether it could be 0.
 *
 * A difference is that of two treatments on one replicate: one seed, which gives both treatments
 * the same initial weights and the same order of images. Replicates are independent; what is
 * averaged within one (the same seed over many settings) has to be averaged before.
 *
 * The interval is Student's: mean +- t(1 - (1 - PAIRED_CONFIDENCE) / 2, n - 1) * s / sqrt(n).
 *
 * The test is, as the number of replicates allows,
 *   - the exact sign-flip test (Fisher, The Design of Experiments, 1935, section 21): where a
 *     treatment does nothing, each difference is as likely with the other sign, so that p is the
 *     share of the 2^n patterns of signs whose mean is at least as far from 0;
 *   - Student's paired t-test where n is too small for the former to come below the level (its p is
 *     2 / 2^n at the least) or larger than FLIPS_EXACT_MAX;
 *   - none below PAIRED_REPLICATES_MIN replicates, or where the exact test can't decide and all
 *     differences are equal, so that nothing tells how they vary. */
#ifndef SWEEP_STATS_PAIRED_H
#define SWEEP_STATS_PAIRED_H

#include <stdbool.h>
#include <stddef.h>

#define PAIRED_CONFIDENCE 0.95
#define PAIRED_LEVEL 0.05 /* of all comparisons together: the chance of any false finding */
#define PAIRED_REPLICATES_MIN 3

enum paired_test {
    PAIRED_NONE,         /* not enough replicates to tell */
    PAIRED_EXACT_FLIPS,  /* all patterns of signs */
    PAIRED_RANDOM_FLIPS, /* many of them, drawn at random */
    PAIRED_T,
    PAIRED_F_BOUND /* see interaction.h */
};

struct paired {
    size_t n;               /* differences */
    double mean, deviation; /* NaN: none */
    double low, high;       /* the interval; NaN below 2 differences */
    enum paired_test test;
    double p;       /* of that test, not corrected for other comparisons; NaN: PAIRED_NONE */
    double p_t;     /* of the t-test; NaN where it has none */
    double p_flips; /* of the exact sign-flip test; NaN where n is 0 or above FLIPS_EXACT_MAX */
};

/* Judge `n` finite differences, one of `family` comparisons that holm_adjust will correct. */
void paired_compare(const double *differences, size_t n, size_t family, struct paired *result);

/* The least replicates with which the exact test can come below the level in a family. */
size_t paired_replicates_for_exact(size_t family);

/* p-values corrected for their number (Holm, A simple sequentially rejective multiple test
 * procedure, Scandinavian Journal of Statistics 6, 1979, 65-70): what is below the level keeps the
 * chance of any false finding below it, whatever the dependence. NaN stays NaN and does not count.
 */
void holm_adjust(const double *p, size_t count, double *adjusted);

#endif
