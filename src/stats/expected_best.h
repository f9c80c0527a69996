/* The best of a budget: what the best of n random draws is expected to be, estimated from N of them
 * that were made. */
#ifndef SWEEP_STATS_EXPECTED_BEST_H
#define SWEEP_STATS_EXPECTED_BEST_H

#include <stddef.h>

/* The mean of the best of `draws` of the `count` values, over all choices of so many of them
 * without replacement, 1 <= draws <= count. The values are sorted, the worst first. With v_i the
 * i-th of N, from 1,
 *   sum over i = n .. N of  C(i - 1, n - 1) / C(N, n) v_i
 * which is unbiased for independent draws (Tang, Lee, Xin, Liu, Yu, Lin: Showing Your Work Doesn't
 * Always Work, ACL 2020; the estimator with replacement of Dodge, Gururangan, Card, Schwartz,
 * Smith: Show Your Work: Improved Reporting of Experimental Results, EMNLP 2019, falls short of
 * it). Draws that go by earlier ones, as those of tpe and gp do, are not independent. */
double expected_best(const double *values, size_t count, size_t draws);

#endif
