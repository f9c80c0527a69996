/* math/warp.h's functions as they are compiled for one instruction set. */
#ifndef SWEEP_TESTS_WARP_VARIANT_H
#define SWEEP_TESTS_WARP_VARIANT_H

#include "math/warp.h"

struct warp_functions {
    const char *level; /* a name of __builtin_cpu_supports, or "" */
    bool (*init)(struct warp *, size_t, size_t, size_t, bool, struct arena *);
    void (*image)(struct warp *, const void *, const float[6], const float *, const float *,
                  enum warp_fill, float, void *);
    bool (*field_init)(struct smooth_field *, size_t, size_t, double, struct arena *);
    void (*field_make)(const struct smooth_field *, const uint32_t *, float, float *, float *);
};

#endif
