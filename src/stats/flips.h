/* The sign-flip test of n vectors: is their mean 0?
 *
 * Where a vector is as likely as its negative, the statistic |sum of vectors|^2 of what was
 * observed is one of 2^n equally likely ones; p is the share of these that are at least as large.
 * (For vectors of one number it is the two-sided test of a mean.) No other assumption is made:
 * neither normal numbers, nor equal variances of a vector's parts or independence of them.
 * Statistics that differ by rounding alone count as equal. */
#ifndef SWEEP_STATS_FLIPS_H
#define SWEEP_STATS_FLIPS_H

#include "base/status.h"

#include <stddef.h>

#define FLIPS_EXACT_MAX 20 /* replicates for which all patterns are tried */
#define FLIPS_DRAWS 99999  /* patterns drawn where there are more, less for very many numbers */

/* The exact p: all patterns. `vectors` is n x width, row-major; 1 <= n <= FLIPS_EXACT_MAX. */
enum status flips_exact(const double *vectors, size_t n, size_t width, double *p,
                        struct error *error);

/* p from patterns drawn at random, from a fixed seed: the same every time. The observed pattern
 * counts as one of them, so that p is never 0 and the test keeps its level (Phipson, Smyth:
 * Permutation p-values should never be zero, 2010). */
enum status flips_random(const double *vectors, size_t n, size_t width, double *p,
                         struct error *error);

/* The exact p of one number a replicate; needs no memory. */
double flips_exact_mean(const double *differences, size_t n);

#endif
