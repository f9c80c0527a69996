/* Distributions, least squares and quasi-random sequences, by the GNU Scientific Library:
 * numerics.c is the one file that includes it. Pure numbers; nothing here fails but for want of
 * memory. */
#ifndef SWEEP_STATS_NUMERICS_H
#define SWEEP_STATS_NUMERICS_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/* The p-quantile of Student's t with `freedom` degrees of freedom, 0 < p < 1. */
double numerics_t_quantile(double p, double freedom);

/* P(|T| >= |t|). */
double numerics_t_two_sided(double t, double freedom);

/* P(F >= f) for F with these degrees of freedom. */
double numerics_f_upper(double f, double numerator, double denominator);

/* The standard normal distribution: the p-quantile, 0 < p < 1, and P(X <= x). */
double numerics_normal_quantile(double p);
double numerics_normal_below(double x);

/* The same of the beta distribution with shapes a, b > 0. */
double numerics_beta_quantile(double a, double b, double p);
double numerics_beta_below(double a, double b, double x);

/* How much of the sum of squares of y a linear model explains: b'c where G b = c, from the model's
 * normal equations. `gram` is X'X (size x size, row-major) and `cross` X'y; of these the `count`
 * columns in `columns` are used. Columns that depend on others linearly are left out; *rank is how
 * many are left. STATUS_MEMORY. */
enum status numerics_explained(const double *gram, const double *cross, size_t size,
                               const size_t *columns, size_t count, double *explained, size_t *rank,
                               struct error *error);

/* Ridge regression (Hoerl, Kennard: Ridge Regression: Biased Estimation for Nonorthogonal Problems,
 * Technometrics 12, 1970): the b that minimises |y - X b|^2 + penalty |b|^2, for a penalty above 0.
 * `rows` is X (count x size, row-major), `values` y. STATUS_MEMORY. */
enum status numerics_ridge(const double *rows, const double *values, size_t count, size_t size,
                           double penalty, double *coefficients, struct error *error);

/* Points `first` to first + count - 1 of Sobol's sequence in 1 to NUMERICS_SOBOL_MAX dimensions, as
 * fractions of 2^32, a point after the other; the 0-th point is 0. The time grows with
 * first + count, which is at most NUMERICS_SOBOL_POINTS. STATUS_MEMORY. */
#define NUMERICS_SOBOL_MAX 40
#define NUMERICS_SOBOL_POINTS ((uint64_t)1 << 29)
enum status numerics_sobol(size_t dimensions, uint64_t first, size_t count, uint32_t *points,
                           struct error *error);

#endif
