#include "stats/ranking.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    if (isnan(x) || isnan(y))
        return isnan(x) - isnan(y);
    return (x > y) - (x < y);
}

struct summary ranking_summary(double *values, size_t count) {
    if (count > 1)
        qsort(values, count, sizeof *values, ascending);
    return summary_of(values, count);
}

double ranking_key(double mean) {
    if (!(fabs(mean) < RANKING_LARGE))
        return mean;
    const double product = mean * RANKING_SPLITTER;
    return product - (product - mean);
}

int ranking_compare(size_t n, double mean, size_t other_n, double other_mean, bool maximize) {
    if (n != other_n)
        return n > other_n ? -1 : 1;
    if (n == 0)
        return 0;
    const double a = ranking_key(mean), b = ranking_key(other_mean);
    const int order = (a > b) - (a < b);
    return maximize ? -order : order;
}

bool ranking_dominates(double measured, const double *values, double other_measured,
                       const double *other_values, size_t count) {
    bool better = false;
    if (measured != other_measured)
        return measured > other_measured;
    for (size_t i = 0; i < count; i++) {
        if (values[i] > other_values[i])
            return false;
        better |= values[i] < other_values[i];
    }
    return better;
}
