#include "stats/best.h"

#include "stats/numerics.h"
#include "stats/paired.h"
#include "stats/summary.h"

#include <math.h>

/* Differences that are equal but for rounding deviate by less than this share of their mean. */
#define EQUAL 1e-9

static bool t_excludes(const double *shortfalls, size_t n, double level) {
    const struct summary summary = summary_of(shortfalls, n);
    if (summary.n < PAIRED_REPLICATES_MIN || !(summary.mean > 0))
        return false;
    if (summary.deviation <= EQUAL * summary.mean)
        return ldexp(1, -(int)summary.n) <= level;
    return summary.mean >
           numerics_t_quantile(1 - level, (double)summary.n - 1) * summary_error(&summary);
}

bool best_is_far(double shortfall, double noise) {
    return isinf(shortfall) ? shortfall > 0 : noise > 0 && shortfall / (sqrt(2) * noise) > BEST_FAR;
}

bool best_excludes(double *shortfalls, size_t n, size_t others, double noise, double moderated) {
    const double share = isnan(moderated) ? 1 : 0.5,
                 whole = PAIRED_LEVEL / (double)(others > 1 ? others : 1), level = share * whole,
                 unit = sqrt(2) * noise;
    double sum = 0;
    if (n < PAIRED_REPLICATES_MIN)
        return false;
    const double least = numerics_t_quantile(1 - level, (double)n - 1) / sqrt((double)n);
    const double most = BEST_FAR_SEEDS * least;
    bool far = false;
    for (size_t i = 0; i < n; i++) {
        const double finite = unit > 0 ? shortfalls[i] / unit : 0;
        const double size = isinf(shortfalls[i]) ? shortfalls[i] : finite;
        if (best_is_far(shortfalls[i], noise)) {
            shortfalls[i] = (double)INFINITY;
            far = true;
        }
        sum += isinf(shortfalls[i]) ? copysign(most, size) : fmin(size, most);
    }
    return t_excludes(shortfalls, n, level) || (far && sum / (double)n > least) ||
           (moderated <= whole && t_excludes(shortfalls, n, PAIRED_LEVEL / 2));
}
