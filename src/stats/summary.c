#include "stats/summary.h"

#include <math.h>

struct summary summary_of(const double *values, size_t count) {
    struct summary summary = {0, (double)NAN, (double)NAN};
    double sum = 0, squares = 0, first = (double)NAN;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            continue;
        /* Sums of differences from a number of the sample: exact where all are equal. */
        if (summary.n++ == 0)
            first = values[i];
        sum += values[i] - first;
    }
    if (summary.n == 0)
        return summary;
    summary.mean = first + sum / (double)summary.n;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i]))
            squares += (values[i] - summary.mean) * (values[i] - summary.mean);
    if (summary.n > 1)
        summary.deviation = sqrt(squares / (double)(summary.n - 1));
    return summary;
}

double summary_error(const struct summary *summary) {
    return summary->deviation / sqrt((double)summary->n);
}
