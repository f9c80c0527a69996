/* Convolution in steps of 1, bias, relu and max pooling by windows of 2 x 2 in one pass. Outputs
 * that no pool's window has are not computed, and a gradient goes back from each window and filter
 * to one place only, or to none.
 *
 * Images are row-major, rows x columns x channels, one after the other in steps of their own; each
 * sum has one order, in which images ascend. */
#ifndef SWEEP_MATH_POOLED_H
#define SWEEP_MATH_POOLED_H

#include "math/window.h"

struct pooled {
    struct window window; /* of the convolution, whose strides and dilations are 1 */
    size_t rows, columns; /* of the outputs: half of the convolution's, rounded down */
    size_t filters;
    const float *kernel, *bias; /* places of the window x channels x pad(filters); NULL: no bias */
    bool relu;
};

/* Images, their outputs, and which place of its window each output is from. */
struct pooled_images {
    size_t count;
    const float *x;
    size_t x_step;
    float *z, *which;
    size_t z_step;
};

/* A step goes over its images part by part. What is made of the weights once, and the gradients so
 * far, stand in `kept` from the first part to the last; the scratch is of use within a call. */
struct pooled_part {
    bool first, last;
    float *kept, *scratch;
};

/* Their floats, which do not depend on the number of images. */
size_t pooled_kept(const struct pooled *of);
size_t pooled_scratch(const struct pooled *of);

void pooled_forward(const struct pooled *of, const struct pooled_images *images,
                    const struct pooled_part *part);

/* From the gradients at the outputs, `delta`, whose numbers are of no use afterwards, to that at x,
 * unless it is NULL, in steps of x_step; and, of all parts, to those of kernel and bias, which are
 * set with the last part. */
struct pooled_gradients {
    float *delta, *kernel, *bias, *input_delta;
};
void pooled_backward(const struct pooled *of, const struct pooled_images *images,
                     const struct pooled_gradients *gradients, const struct pooled_part *part);

#endif
