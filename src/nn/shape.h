/* The shape of an array, or of what a layer makes of one image (Keras' output_shape without the
 * batch). Arrays are row-major. */
#ifndef SWEEP_NN_SHAPE_H
#define SWEEP_NN_SHAPE_H

#include "base/multiversion.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define SHAPE_RANK_MAX 4

struct shape {
    size_t rank;
    size_t dims[SHAPE_RANK_MAX]; /* 0 from rank on */
};

static inline struct shape shape_vector(size_t units) {
    return (struct shape){1, {units}};
}

static inline bool shape_equal(struct shape a, struct shape b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

/* How long the last dimension is, and how many rows of that length there are. */
static inline size_t shape_columns(struct shape shape) {
    return shape.rank == 0 ? 1 : shape.dims[shape.rank - 1];
}

static inline size_t shape_rows(struct shape shape) {
    size_t rows = 1;
    for (size_t i = 0; i + 1 < shape.rank; i++)
        rows *= shape.dims[i];
    return rows;
}

static inline size_t shape_size(struct shape shape) {
    return shape_rows(shape) * shape_columns(shape);
}

/* The same with rows padded to LANES. */
static inline size_t shape_padded(struct shape shape) {
    return shape_rows(shape) * PAD_TO_LANES(shape_columns(shape));
}

#endif
