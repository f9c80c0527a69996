#include "stats/best.h"

#include "stats/numerics.h"
#include "stats/paired.h"
#include "stats/summary.h"

#include <math.h>

/* Differences that are equal but for rounding deviate by less than this share of their mean. */
#define EQUAL 1e-9

bool best_excludes(const double *shortfalls, size_t n, size_t others) {
    const struct summary summary = summary_of(shortfalls, n);
    const double level = PAIRED_LEVEL / (double)(others > 1 ? others : 1);
    if (n < PAIRED_REPLICATES_MIN || !(summary.mean > 0))
        return false;
    if (summary.deviation <= EQUAL * summary.mean)
        return ldexp(1, -(int)n) <= level;
    return summary.mean > numerics_t_quantile(1 - level, (double)n - 1) * summary_error(&summary);
}
