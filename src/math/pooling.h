/* The largest or the mean of what a window sees, for each channel. A mean counts the places that
 * are in the image only. One image a call. */
#ifndef SWEEP_MATH_POOLING_H
#define SWEEP_MATH_POOLING_H

#include "math/window.h"

/* Also which place of the window was the largest, the first of equal ones; NaN is larger than any
 * number. The gradient is added to that of the image. */
void pooling_largest(const struct window *window, const float *image, float *outputs,
                     float *largest);
void pooling_largest_back(const struct window *window, const float *delta, const float *largest,
                          float *input_delta);

/* `sums` has room for `channels` floats. */
void pooling_mean(const struct window *window, const float *image, float *outputs, float *sums);
void pooling_mean_back(const struct window *window, const float *delta, float *input_delta);

#endif
