/* What a few numbers have in common: mean and spread. */
#ifndef SWEEP_STATS_SUMMARY_H
#define SWEEP_STATS_SUMMARY_H

#include <stddef.h>

struct summary {
    size_t n;         /* of the numbers, those that are finite */
    double mean;      /* NaN: n is 0 */
    double deviation; /* the sample's, with n - 1; NaN: n is below 2 */
};

/* Of the finite ones among `count` numbers. The deviation is that of the differences from the mean:
 * equal numbers deviate by exactly 0. */
struct summary summary_of(const double *values, size_t count);

/* The standard error of the mean; NaN where there is none. */
double summary_error(const struct summary *summary);

#endif
