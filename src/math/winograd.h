/* Convolution with windows of 3 x 3 in steps of 1 by Winograd's minimal filtering, F(2 x 2, 3 x 3)
 * of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015): a tile of 4 x 4
 * places gives 2 x 2 outputs with 16 products for each channel and filter, where the sums take 36.
 * Of these outputs the largest is kept, so that a tile is a window of max pooling. */
#ifndef SWEEP_MATH_WINOGRAD_H
#define SWEEP_MATH_WINOGRAD_H

#include "base/multiversion.h"

#include <stdbool.h>
#include <stddef.h>

#define WINOGRAD_POINTS 16

/* U = G g G^T of a kernel of 3 x 3 matrices of channels x pad(filters): WINOGRAD_POINTS of them. */
void winograd_kernel(size_t channels, size_t filters, const float *kernel, float *points);

/* V = B^T d B of a tile of places of so many channels, `line` floats from one row to the next:
 * point p of channel c to points[p * step + c]. Channels are read up to pad(channels), and what
 * comes of the others is of no use. */
void winograd_input(const float *tile, size_t line, size_t channels, float *points, size_t step);

/* Filters, each with a bias, or NULL: none; and whether relu follows. */
struct pooled_filters {
    size_t filters;
    const float *bias; /* aligned */
    bool relu;
};

/* Of the outputs A^T m A of a tile, m standing as V does, the largest of each filter. */
void winograd_largest(const float *points, size_t step, const struct pooled_filters *filters,
                      float *largest, float *which);

#endif
