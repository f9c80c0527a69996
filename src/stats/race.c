#include "stats/race.h"

#include "stats/numerics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Differences that are equal but for rounding deviate by less than this share of their mean. */
#define EQUAL 1e-9

struct layout {
    size_t k, m;
    const double *scores;
    double *effects;               /* by replicate: its mean over the treatments */
    double *means;                 /* by treatment */
    double *variances, *ascending; /* by treatment */
};

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(double *values, size_t count) {
    qsort(values, count, sizeof *values, ascending);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static double mean_of(const double *scores, size_t count) {
    double sum = 0;
    for (size_t j = 0; j < count; j++)
        sum += scores[j];
    return sum / (double)count;
}

static void take_means(struct layout *layout) {
    for (size_t i = 0; i < layout->k; i++)
        layout->means[i] = mean_of(&layout->scores[i * layout->m], layout->m);
    for (size_t j = 0; j < layout->m; j++) {
        for (size_t i = 0; i < layout->k; i++)
            layout->effects[j] += layout->scores[i * layout->m + j];
        layout->effects[j] /= (double)layout->k;
    }
}

size_t race_best(const double *scores, size_t treatments, size_t replicates) {
    size_t best = 0;
    double least = mean_of(scores, replicates);
    for (size_t i = 1; i < treatments; i++) {
        const double mean = mean_of(&scores[i * replicates], replicates);
        best = mean < least ? i : best;
        least = mean < least ? mean : least;
    }
    return best;
}

/* The sample variance of what is left of a treatment's scores without the replicates' effects. */
static double variance_of(const struct layout *layout, size_t i) {
    const double *scores = &layout->scores[i * layout->m];
    double mean = 0, squares = 0;
    for (size_t j = 0; j < layout->m; j++)
        mean += scores[j] - layout->effects[j];
    mean /= (double)layout->m;
    for (size_t j = 0; j < layout->m; j++) {
        const double left = scores[j] - layout->effects[j] - mean;
        squares += left * left;
    }
    return squares / (double)(layout->m - 1) * (double)layout->k / (double)(layout->k - 1);
}

/* Moderate them; how many degrees of freedom they have then. */
static double take_variances(struct layout *layout) {
    const double own = (double)layout->m - 1,
                 prior = fmin(RACE_PRIOR, (double)(layout->k - 2) * own);
    for (size_t i = 0; i < layout->k; i++)
        layout->variances[i] = variance_of(layout, i);
    memcpy(layout->ascending, layout->variances, layout->k * sizeof *layout->ascending);
    const double usual = median_of(layout->ascending, layout->k);
    for (size_t i = 0; i < layout->k; i++)
        layout->variances[i] = (prior * usual + own * layout->variances[i]) / (prior + own);
    return prior + own;
}

static double p_of(const struct layout *layout, size_t i, size_t best, double freedom) {
    const double worse = layout->means[i] - layout->means[best];
    const double error = sqrt((layout->variances[i] + layout->variances[best]) / (double)layout->m);
    if (!(worse > 0))
        return 1;
    if (error <= EQUAL * worse)
        return ldexp(1, -(int)layout->m);
    return numerics_t_two_sided(worse / error, freedom) / 2;
}

enum status race_test(const double *scores, size_t treatments, size_t replicates, size_t best,
                      double *p, struct error *error) {
    double *room = calloc(replicates + 3 * treatments, sizeof *room);
    if (!room)
        return error_memory(error);
    struct layout layout = {.k = treatments,
                            .m = replicates,
                            .scores = scores,
                            .effects = room,
                            .means = room + replicates,
                            .variances = room + replicates + treatments,
                            .ascending = room + replicates + 2 * treatments};
    take_means(&layout);
    const double freedom = treatments > 1 ? take_variances(&layout) : 0;
    for (size_t i = 0; i < treatments; i++)
        p[i] = p_of(&layout, i, best, freedom);
    free(room);
    return STATUS_OK;
}

double race_level(double level, size_t replicates, size_t treatments, bool strict) {
    const size_t looks = replicates > RACE_FIRST_LOOK ? replicates - RACE_FIRST_LOOK : 1;
    const size_t others = strict && treatments > 2 ? treatments - 1 : 1;
    return level / (double)looks / (double)others;
}
