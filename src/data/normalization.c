#include "data/normalization.h"

#include <math.h>

/* An input's numbers, `width` of them an example, which have a feature each or those of a table's
 * row or a pixel's channels in turn. */
struct numbers {
    const float *values; /* NULL: */
    const uint8_t *bytes;
    double unit, divisor;
    size_t width, features;
};

static double number_at(const struct numbers *numbers, size_t at) {
    return (numbers->values ? (double)numbers->values[at] : numbers->bytes[at] / numbers->unit) /
           numbers->divisor;
}

/* In two passes, so that a large mean takes no digits of the variance. */
static void measure(const struct numbers *numbers, size_t count, size_t feature, double *mean,
                    double *variance) {
    const size_t all = count * numbers->width, features = numbers->features;
    const size_t rows = all / features;
    const double n = (double)rows;
    double sum = 0, squares = 0;
    for (size_t i = feature; i < all; i += features)
        sum += number_at(numbers, i);
    *mean = sum / n;
    for (size_t i = feature; i < all; i += features) {
        const double off = number_at(numbers, i) - *mean;
        squares += off * off;
    }
    *variance = squares / n;
}

static void make(const struct numbers *numbers, size_t count, struct arena *arena,
                 struct normalization *normalization) {
    const size_t features = numbers->features;
    *normalization = (struct normalization){features, ARENA_NEW(arena, float, features),
                                            ARENA_NEW(arena, float, features)};
    for (size_t i = 0; i < features && normalization->mean && normalization->deviation; i++) {
        double mean, variance;
        measure(numbers, count, i, &mean, &variance);
        normalization->mean[i] = (float)mean;
        normalization->deviation[i] =
            (float)fmax(sqrt((double)(float)variance), NORMALIZATION_EPSILON);
    }
}

void normalization_of(const struct dataset *dataset, size_t count, double divisor,
                      struct arena *arena, struct normalization *normalization) {
    const struct numbers numbers = {.values = dataset->train.values,
                                    .bytes = dataset->train.pixels,
                                    .unit = dataset_unit(dataset),
                                    .divisor = divisor,
                                    .width = dataset_inputs(dataset),
                                    .features = dataset->table ? dataset->columns
                                                               : dataset_channels(dataset)};
    *normalization = (struct normalization){0};
    if (dataset->normalized)
        make(&numbers, count, arena, normalization);
}

void normalization_of_array(const struct dataset_array *array, size_t count, struct arena *arena,
                            struct normalization *normalization) {
    const struct numbers numbers = {.values = array->train.values,
                                    .bytes = array->train.bytes,
                                    .unit = dataset_array_unit(array),
                                    .divisor = 1,
                                    .width = dataset_array_width(array),
                                    .features = array->table          ? array->columns
                                                : array->channels > 0 ? array->channels
                                                                      : 1};
    *normalization = (struct normalization){0};
    if (array->normalized)
        make(&numbers, count, arena, normalization);
}

void normalize(const struct normalization *normalization, float *values, size_t count) {
    const size_t features = normalization->features;
    for (size_t i = 0; features > 0 && i < count; i++)
        values[i] = (values[i] - normalization->mean[i % features]) /
                    normalization->deviation[i % features];
}
