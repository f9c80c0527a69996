/* Horizontal sum and maximum of a vector register, in a fixed order of reduction: the upper half is
 * combined with the lower one until one element is left. */
#ifndef SWEEP_MATH_LANES_H
#define SWEEP_MATH_LANES_H

#include "base/multiversion.h"
#include "math/elementary.h"

#include <stddef.h>

typedef float half_lanes __attribute__((vector_size(LANES / 2 * sizeof(float)), may_alias));
typedef int half_bits __attribute__((vector_size(LANES / 2 * sizeof(int))));
typedef float quarter_lanes __attribute__((vector_size(LANES / 4 * sizeof(float))));

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
    split.halves[0] = (half_lanes)(((half_bits)a & (a > b)) | ((half_bits)b & ~(a > b)));
    float top[4];
    for (int i = 0; i < 4; i++)
        top[i] = larger(split.quarters[0][i], split.quarters[1][i]);
    return larger(larger(top[0], top[1]), larger(top[2], top[3]));
}

/* The same at any address. */
typedef float loose_lanes
    __attribute__((vector_size(LANES * sizeof(float)), may_alias, aligned(4)));
typedef float loose_half_lanes
    __attribute__((vector_size(LANES / 2 * sizeof(float)), may_alias, aligned(4)));

/* Whether a register is half as long as `lanes`, of which GCC then keeps none in registers. */
static inline _Bool half_registers(void) {
#ifdef MULTIVERSION_CLONES
    return !many_registers() && __builtin_cpu_supports("x86-64-v3");
#else
    return 0;
#endif
}

/* Write the first `count` lanes, or all if there are more than that. */
static inline void lanes_write(lanes values, size_t count, float *to) {
    if (count >= LANES) {
        *(loose_lanes *)to = values;
        return;
    }
    for (size_t i = 0; i < count; i++)
        to[i] = values[i];
}

/* The other way; the lanes from `count` on are 0. */
static inline lanes lanes_read(const float *from, size_t count) {
    lanes values = {0};
    if (count >= LANES)
        return *(const loose_lanes *)from;
    for (size_t i = 0; i < count; i++)
        values[i] = from[i];
    return values;
}

/* The lanes of `a` for which `which` is -1, those of `b` for which it is 0. */
static inline lanes lanes_choose(lane_bits which, lanes a, lanes b) {
    return (lanes)(((lane_bits)a & which) | ((lane_bits)b & ~which));
}

static inline lanes lanes_absolute(lanes values) {
    return (lanes)((lane_bits)values & INT32_MAX);
}

/* The lanes for which `keep` is -1, the others `instead`. */
static inline lanes lanes_keep(lanes values, lane_bits keep, float instead) {
    return lanes_choose(keep, values, BROADCAST(instead));
}

#endif
