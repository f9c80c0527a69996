#include "stats/expected_best.h"

double expected_best(const double *values, size_t count, size_t draws) {
    double weight = (double)draws / (double)count; /* C(N - 1, n - 1) / C(N, n) */
    double sum = 0;
    for (size_t i = count; i >= draws && i > 0; i--) {
        sum += weight * values[i - 1];
        if (i > 1)
            weight *= (double)(i - draws) / (double)(i - 1);
    }
    return sum;
}
