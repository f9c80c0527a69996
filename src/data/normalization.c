#include "data/normalization.h"

#include <math.h>

#define EPSILON 1e-7 /* keras.backend.epsilon(), below which no deviation is taken */

/* A number of the first input, divided. */
static double number_at(const struct dataset *dataset, size_t at, double divisor) {
    const double unit = dataset_unit(dataset);
    const struct images *train = &dataset->train;
    return (train->values ? (double)train->values[at] : train->pixels[at] / unit) / divisor;
}

/* In two passes, so that a large mean takes no digits of the variance. */
static void measure(const struct dataset *dataset, size_t count, double divisor, size_t feature,
                    size_t features, double *mean, double *variance) {
    const size_t numbers = count * dataset_inputs(dataset);
    const size_t rows = numbers / features;
    const double n = (double)rows;
    double sum = 0, squares = 0;
    for (size_t i = feature; i < numbers; i += features)
        sum += number_at(dataset, i, divisor);
    *mean = sum / n;
    for (size_t i = feature; i < numbers; i += features) {
        const double off = number_at(dataset, i, divisor) - *mean;
        squares += off * off;
    }
    *variance = squares / n;
}

void normalization_of(const struct dataset *dataset, size_t count, double divisor,
                      struct arena *arena, struct normalization *normalization) {
    const size_t channels = dataset_channels(dataset);
    *normalization = (struct normalization){0};
    if (!dataset->normalized)
        return;
    normalization->features = dataset->table ? dataset->columns : channels;
    normalization->mean = ARENA_NEW(arena, float, normalization->features);
    normalization->deviation = ARENA_NEW(arena, float, normalization->features);
    for (size_t i = 0; i < normalization->features && normalization->deviation; i++) {
        double mean, variance;
        measure(dataset, count, divisor, i, normalization->features, &mean, &variance);
        normalization->mean[i] = (float)mean;
        normalization->deviation[i] = (float)fmax(sqrt((double)(float)variance), EPSILON);
    }
}

void normalize(const struct normalization *normalization, float *values, size_t count) {
    const size_t features = normalization->features;
    for (size_t i = 0; features > 0 && i < count; i++)
        values[i] = (values[i] - normalization->mean[i % features]) /
                    normalization->deviation[i % features];
}
