/* Passes of pooled.h where windows of 3 x 3 see images of one channel, as a network's first layer
 * does: the 4 x 4 numbers that four outputs are made of stand in one register, where they can be
 * told to be 0, and each filter's window is a permutation of them. For processors with registers of
 * LANES floats. One image a call. */
#ifndef SWEEP_MATH_PATCHES_H
#define SWEEP_MATH_PATCHES_H

#include "math/pooled.h"

/* Whether the processor and the convolution are so. */
bool patches_take(const struct pooled *of);

/* Floats of the room for an image's patches. */
size_t patches_floats(const struct pooled *of);

/* `seen`: what all windows see, `line` floats from one row to the next, with those beyond the
 * image's edges. */
void patches_forward(const struct pooled *of, const float *seen, size_t line, float *z,
                     float *which, float *room);

/* The gradients of kernel and bias are added to those of the images before. */
struct patches_back {
    const float *z, *which, *delta;
    float *kernel, *bias;
};
void patches_backward(const struct pooled *of, const float *seen, size_t line,
                      const struct patches_back *back, float *room);

#endif
