#include "stats/interaction.h"

#include "stats/flips.h"
#include "stats/numerics.h"

#include <math.h>

/* What rounding leaves of numbers as large as the means, where nothing should be left. */
#define ROUNDING 1e-13
/* Replicates whose squares of differences are a smaller share of the squares are equal. */
#define EQUAL 1e-18

static double mean_of(const double *values, size_t count, size_t stride) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i * stride];
    return sum / (double)count;
}

/* table less its row means and column means, plus its mean */
static void take_out_means(const double *table, size_t rows, size_t columns, double *rest) {
    const double mean = mean_of(table, rows * columns, 1);
    double largest = 0;
    for (size_t i = 0; i < rows * columns; i++)
        largest = fmax(largest, fabs(table[i]));
    for (size_t i = 0; i < rows; i++) {
        const double row = mean_of(table + i * columns, columns, 1);
        for (size_t j = 0; j < columns; j++) {
            const double column = mean_of(table + j, rows, columns);
            const double left = (table[i * columns + j] - row) - (column - mean);
            rest[i * columns + j] = fabs(left) < ROUNDING * largest ? 0 : left;
        }
    }
}

/* F of the mean of n vectors against how they differ; NaN where they do not. */
static double f_of(const double *vectors, size_t n, size_t width) {
    double between = 0, within = 0;
    for (size_t i = 0; i < width; i++) {
        const double mean = mean_of(vectors + i, n, width);
        between += (double)n * mean * mean;
        for (size_t j = 0; j < n; j++) {
            const double difference = vectors[j * width + i] - mean;
            within += difference * difference;
        }
    }
    return within > EQUAL * between ? between * (double)(n - 1) / within : (double)NAN;
}

static enum paired_test choose_test(const struct interaction *result, size_t family) {
    if (result->n < PAIRED_REPLICATES_MIN)
        return PAIRED_NONE;
    if (result->n > FLIPS_EXACT_MAX)
        return PAIRED_RANDOM_FLIPS;
    if (result->n >= paired_replicates_for_exact(family))
        return PAIRED_EXACT_FLIPS;
    return isnan(result->f) ? PAIRED_NONE : PAIRED_F_BOUND;
}

enum status interaction_test(const double *means, size_t n, size_t rows, size_t columns,
                             size_t family, struct arena *arena, struct interaction *result,
                             struct error *error) {
    const size_t width = rows * columns;
    *result = (struct interaction){.n = n, .p = (double)NAN, .f = (double)NAN};
    double *rest = ARENA_NEW(arena, double, n *width);
    if (!rest)
        return error_memory(error);
    for (size_t i = 0; i < n; i++)
        take_out_means(means + i * width, rows, columns, rest + i * width);
    if (n >= 2)
        result->f = f_of(rest, n, width);
    result->test = choose_test(result, family);
    if (result->test == PAIRED_F_BOUND)
        result->p = numerics_f_upper(result->f, 1, (double)n - 1);
    if (result->test == PAIRED_EXACT_FLIPS)
        return flips_exact(rest, n, width, &result->p, error);
    if (result->test == PAIRED_RANDOM_FLIPS)
        return flips_random(rest, n, width, &result->p, error);
    return STATUS_OK;
}
