/* Horizontal sum and maximum of a vector register, in a fixed order of reduction: the upper half is
 * combined with the lower one until one element is left. */
#ifndef SWEEP_MATH_LANES_H
#define SWEEP_MATH_LANES_H

#include "math/elementary.h"
#include "math/registers.h"

#include <stddef.h>

union split_lanes {
    lanes whole;
    half_lanes halves[2];
    quarter_lanes quarters[4];
};

static inline float lanes_sum(lanes values) {
    union split_lanes split = {.whole = values};
    split.halves[0] += split.halves[1];
    const quarter_lanes four = split.quarters[0] + split.quarters[1];
    return (four[0] + four[2]) + (four[1] + four[3]);
}

/* If an element is NaN, which element is returned is unspecified. */
static inline float lanes_largest(lanes values) {
    union split_lanes split = {.whole = values};
    const half_lanes a = split.halves[0], b = split.halves[1];
    split.halves[0] =
        (half_lanes)(((half_lanes_mask)a & (a > b)) | ((half_lanes_mask)b & ~(a > b)));
    float top[4];
    for (int i = 0; i < 4; i++)
        top[i] = larger(split.quarters[0][i], split.quarters[1][i]);
    return larger(larger(top[0], top[1]), larger(top[2], top[3]));
}

/* Of each length: the same at any address; write the first `count` elements, or all if there are
 * more than that; read them, those from `count` on being 0. */
#define LOOSE(V)                                                                                   \
    typedef float loose_##V __attribute__((vector_size(sizeof(V)), may_alias, aligned(4)));        \
    FOR_##V static inline void V##_write(V values, size_t count, float *to) {                      \
        if (count >= FLOATS(V)) {                                                                  \
            *(loose_##V *)to = values;                                                             \
            return;                                                                                \
        }                                                                                          \
        for (size_t i = 0; i < count; i++)                                                         \
            to[i] = values[i];                                                                     \
    }                                                                                              \
    FOR_##V static inline V V##_read(const float *from, size_t count) {                            \
        V values = {0};                                                                            \
        if (count >= FLOATS(V))                                                                    \
            return *(const loose_##V *)from;                                                       \
        for (size_t i = 0; i < count; i++)                                                         \
            values[i] = from[i];                                                                   \
        return values;                                                                             \
    }
EACH_LENGTH(LOOSE)

/* The lanes of `a` for which `which` is -1, those of `b` for which it is 0. */
static inline lanes lanes_choose(lane_bits which, lanes a, lanes b) {
    return (lanes)(((lane_bits)a & which) | ((lane_bits)b & ~which));
}

/* The lanes for which `keep` is -1, the others `instead`. */
static inline lanes lanes_keep(lanes values, lane_bits keep, float instead) {
    return lanes_choose(keep, values, BROADCAST(instead));
}

#endif
