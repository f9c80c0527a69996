/* Conv2D's passes that take the pool after it along. */
#ifndef SWEEP_NN_LAYERS_CONV2D_POOLED_H
#define SWEEP_NN_LAYERS_CONV2D_POOLED_H

#include "nn/layers/images.h"

/* Whether they do for a layer like this, on that input, and the one after it. */
bool conv2d_pooled_takes(const struct layer_spec *spec, struct shape input,
                         const struct layer_spec *next);

extern const struct layer_passes conv2d_pooled;

#endif
