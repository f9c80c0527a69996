#include "stats/paired.h"

#include "stats/flips.h"
#include "stats/numerics.h"
#include "stats/summary.h"

#include <math.h>

/* Differences that are equal but for rounding deviate by less than this share of their mean. */
#define EQUAL 1e-9

size_t paired_replicates_for_exact(size_t family) {
    const double comparisons = family > 1 ? (double)family : 1;
    size_t n = 1;
    while (comparisons * ldexp(1, 1 - (int)n) > PAIRED_LEVEL)
        n++;
    return n;
}

static enum paired_test choose_test(const struct paired *paired, size_t family) {
    if (paired->n < PAIRED_REPLICATES_MIN)
        return PAIRED_NONE;
    if (paired->n <= FLIPS_EXACT_MAX && paired->n >= paired_replicates_for_exact(family))
        return PAIRED_EXACT_FLIPS;
    return isnan(paired->p_t) ? PAIRED_NONE : PAIRED_T;
}

void paired_compare(const double *differences, size_t n, size_t family, struct paired *result) {
    const struct summary summary = summary_of(differences, n);
    const double freedom = (double)n - 1, error = summary_error(&summary);
    *result = (struct paired){
        .n = n,
        .mean = summary.mean,
        .deviation = summary.deviation,
        .low = (double)NAN,
        .high = (double)NAN,
        .p = (double)NAN,
        .p_t = (double)NAN,
        .p_flips = (double)NAN,
    };
    if (n >= 2) {
        const double half = numerics_t_quantile((1 + PAIRED_CONFIDENCE) / 2, freedom) * error;
        result->low = summary.mean - half;
        result->high = summary.mean + half;
    }
    if (n >= 2 && summary.deviation > EQUAL * fabs(summary.mean))
        result->p_t = numerics_t_two_sided(summary.mean / error, freedom);
    if (n >= 1 && n <= FLIPS_EXACT_MAX)
        result->p_flips = flips_exact_mean(differences, n);
    result->test = choose_test(result, family);
    if (result->test != PAIRED_NONE)
        result->p = result->test == PAIRED_T ? result->p_t : result->p_flips;
}

/* Whether p[i] stands before p[j] in ascending order; equal ones in the order given. */
static bool before(const double *p, size_t i, size_t j) {
    return p[i] == p[j] ? i < j : p[i] < p[j];
}

/* By counting instead of sorting: comparisons are few, and no memory is needed. */
void holm_adjust(const double *p, size_t count, double *adjusted) {
    for (size_t i = 0; i < count; i++) {
        size_t left = 0; /* hypotheses not yet rejected when it is p[i]'s turn */
        for (size_t j = 0; j < count; j++)
            left += !isnan(p[j]) && !before(p, j, i);
        adjusted[i] = fmin(1, (double)left * p[i]);
        if (isnan(p[i]))
            adjusted[i] = p[i];
    }
    /* Step-down: none below one that comes before it. A running maximum may be taken in place,
     * since the maximum of maxima is the same. */
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            if (before(p, j, i))
                adjusted[i] = fmax(adjusted[i], adjusted[j]);
}
