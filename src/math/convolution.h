/* Convolutions of images with small windows, row-major: as matrix products of what the windows see,
 * which is written out as a matrix first; and depthwise ones directly. Each sum has one order. */
#ifndef SWEEP_MATH_CONVOLUTION_H
#define SWEEP_MATH_CONVOLUTION_H

#include "math/window.h"

/* Channels [first, first + count) of what the windows see at the output rows [row, row + rows): a
 * row for each place of the output, which has for each place of the window `count` numbers; 0 where
 * that is outside of the image. */
struct convolution_part {
    size_t first, count, row, rows;
};
void convolution_gather(const struct window *window, const float *image,
                        struct convolution_part part, float *seen);

/* The other way: add such a matrix to the places of the image that it came from. */
void convolution_scatter(const struct window *window, const float *seen,
                         struct convolution_part part, float *image);

/* Depthwise: channel c of the image gives the channels c * depth + d, of which each has a kernel of
 * its own, kernel[place of the window][c * depth + d]. One image: outputs are set; the gradients,
 * from `delta` at the outputs, are added. */
void depthwise_forward(const struct window *window, size_t depth, const float *image,
                       const float *kernel, float *outputs);
void depthwise_weight_gradient(const struct window *window, size_t depth, const float *image,
                               const float *delta, float *gradient);
void depthwise_input_gradient(const struct window *window, size_t depth, const float *delta,
                              const float *kernel, float *input_delta);

#endif
