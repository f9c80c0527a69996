/* The window of layers that move one over images. */
#ifndef SWEEP_NN_IMAGE_WINDOW_H
#define SWEEP_NN_IMAGE_WINDOW_H

#include "math/window.h"
#include "nn/layer_kind.h"

/* Of a layer with the fields window_size, strides, dilation_rate and padding. */
struct window images_window(const struct layer_spec *spec, struct shape input);

#endif
