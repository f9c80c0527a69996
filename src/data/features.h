/* The features of inputs and targets, and how large their numbers are: of a table each column, of
 * images and what else is no table all numbers as one. */
#ifndef SWEEP_DATA_FEATURES_H
#define SWEEP_DATA_FEATURES_H

#include "base/text.h"
#include "data/dataset.h"

#include <stdbool.h>
#include <stddef.h>

/* Numbers of examples, `width` of each, which belong to the features in turn. */
struct feature_numbers {
    const float *values; /* NULL: */
    const uint8_t *bytes;
    double divisor; /* by which networks get them divided */
    size_t examples, width, features;
};

static inline double feature_number(const struct feature_numbers *numbers, size_t i) {
    return numbers->values ? (double)numbers->values[i] : numbers->bytes[i];
}

/* Of a data set's first input or its targets, which have to be numbers, and of a further array. */
struct feature_numbers features_of_inputs(const struct dataset *dataset, bool test, double divisor);
struct feature_numbers features_of_targets(const struct dataset *dataset, bool test);
struct feature_numbers features_of_array(const struct dataset *dataset,
                                         const struct dataset_array *array, bool test);

/* What is finite among the numbers of a feature. */
struct feature {
    size_t count;
    double least, largest, sum, squares;
};

/* `features` is as long as there are of these. */
void features_measure(const struct feature_numbers *numbers, struct feature *features);

double feature_rms(const struct feature *feature);

/* 0 of equal numbers, of which rounding leaves a little. */
double feature_deviation(const struct feature *feature);

/* "1 to 2", with more digits where both ends would look the same; "always 1". */
void feature_append_range(double least, double largest, struct text *text);

#endif
