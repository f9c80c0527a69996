/* Activation: y = f(x). The function itself is any layer's (nn/activation.h). */
#include "nn/layer.h"

const struct layer_kind layer_activation = {
    .name = "Activation",
    .help = "an activation by itself; \"relu\" alone is \"activation relu\"",
    .activates = true,
    .in_place = true,
    .interleaves = true,
};
