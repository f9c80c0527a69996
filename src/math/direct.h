/* Convolutions of images without writing out what the windows see: the products take it from the
 * image itself, or from a copy with a border where the windows reach beyond the edges. One image a
 * call; each sum has one order. */
#ifndef SWEEP_MATH_DIRECT_H
#define SWEEP_MATH_DIRECT_H

#include "math/window.h"

struct direct {
    struct window window; /* without dilation */
    size_t filters;
};

/* Whether a convolution of all channels by a window has this form. */
bool direct_takes(const struct window *window);

/* Floats of the room that the functions below take. */
size_t direct_floats(const struct direct *of);

/* The kernel has places of the window x channels rows of pad(filters) floats, aligned. */
void direct_forward(const struct direct *of, const float *image, const float *kernel,
                    float *outputs, float *room);

/* Add to the kernel's gradient. */
void direct_weight_gradient(const struct direct *of, const float *image, const float *delta,
                            float *gradient, float *room);

/* The kernel in the form of which the gradient at the image is made, direct_turned_floats long. */
size_t direct_turned_floats(const struct direct *of);
void direct_turn(const struct direct *of, const float *kernel, float *turned);
void direct_input_gradient(const struct direct *of, const float *delta, const float *turned,
                           float *input_delta, float *room);

#endif
