/* Compiled for each instruction set, with names of its own. */
#include "warp_variant.h"

#include "math/smooth.c"
#include "math/warp.c"

extern const struct warp_functions WARP_FUNCTIONS;
const struct warp_functions WARP_FUNCTIONS = {WARP_LEVEL, warp_init, warp_image, smooth_field_init,
                                              smooth_field_make};
