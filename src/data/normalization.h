/* Normalization, as Keras' layer of that name does it with the mean and variance that are given to
 * it, here computed in float64, while its adapt() computes them in float32: from each feature of a
 * table, or channel of an image, its mean is taken off, and what is left divided by its standard
 * deviation. Both are those of the examples that are trained on, never of those that validate or
 * test. */
#ifndef SWEEP_DATA_NORMALIZATION_H
#define SWEEP_DATA_NORMALIZATION_H

#include "base/arena.h"
#include "data/dataset.h"

#include <stdbool.h>
#include <stddef.h>

/* keras.backend.epsilon(), below which no deviation is taken. */
#define NORMALIZATION_EPSILON 1e-7

struct normalization {
    size_t features;         /* that have a mean each; 0: nothing is normalised */
    float *mean, *deviation; /* deviation: the root of the variance, at least 1e-7 */
};

/* Of the first input of the first `count` training examples, divided; none unless it is to be
 * normalised. Lives in the arena, whose failure tells that it is out of memory. */
void normalization_of(const struct dataset *dataset, size_t count, double divisor,
                      struct arena *arena, struct normalization *normalization);

/* The same of a further array, which nothing divides. */
void normalization_of_array(const struct dataset_array *array, size_t count, struct arena *arena,
                            struct normalization *normalization);

/* Normalise so many numbers of whole examples in place. */
void normalize(const struct normalization *normalization, float *values, size_t count);

#endif
