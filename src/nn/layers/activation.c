/* Activation: y = f(x). The function itself is any layer's (nn/activation.h). */
#include "nn/layer.h"

const struct layer_kind layer_activation = {
    .name = "Activation",
    .in_place = true,
    .interleaves = true,
};
