/* Kernels whose vectors stay in registers. GCC keeps only vectors there that are as long as a
 * register, so such a kernel is a macro that defines it for a vector type, and is compiled for all
 * three lengths; which one is taken is asked when it is called. The bits of an element do not
 * depend on the length. */
#ifndef SWEEP_MATH_REGISTERS_H
#define SWEEP_MATH_REGISTERS_H

#include "base/multiversion.h"

#include <math.h>

typedef float half_lanes __attribute__((vector_size(LANES / 2 * sizeof(float)), may_alias));
typedef float quarter_lanes __attribute__((vector_size(LANES / 4 * sizeof(float)), may_alias));

/* What comparisons of such vectors give: -1 or 0. */
typedef lane_bits lanes_mask;
typedef int half_lanes_mask __attribute__((vector_size(LANES / 2 * sizeof(int)), may_alias));
typedef int quarter_lanes_mask __attribute__((vector_size(LANES / 4 * sizeof(int)), may_alias));

/* What stands before a kernel for vectors of this type: the processors that it is compiled for. */
#ifdef MULTIVERSION_CLONES
#define FOR_lanes __attribute__((target("arch=x86-64-v4")))
#define FOR_half_lanes __attribute__((target("arch=x86-64-v3")))
#else
#define FOR_lanes
#define FOR_half_lanes
#endif
#define FOR_quarter_lanes

#define FLOATS(V) (sizeof(V) / sizeof(float))
#define PER_LANES(V) (LANES / FLOATS(V))      /* vectors that hold what `lanes` do */
#define COUNT(N, V) ((int)((N)*PER_LANES(V))) /* that hold what N of those do */

/* The machine's, as an index into a kernel's versions. */
enum register_length { QUARTER_LANES, HALF_LANES, WHOLE_LANES, REGISTER_LENGTHS };

static inline enum register_length register_length(void) {
#if defined(MULTIVERSION_CLONES)
    return __builtin_cpu_supports("x86-64-v4")   ? WHOLE_LANES
           : __builtin_cpu_supports("x86-64-v3") ? HALF_LANES
                                                 : QUARTER_LANES;
#elif defined(__AVX512F__)
    return WHOLE_LANES;
#elif defined(__AVX__)
    return HALF_LANES;
#else
    return QUARTER_LANES;
#endif
}

/* Define what the macro KERNEL(V) does for each length. */
#define EACH_LENGTH(KERNEL) KERNEL(lanes) KERNEL(half_lanes) KERNEL(quarter_lanes)

/* The versions of a kernel NAME_V. */
#define VERSIONS(NAME)                                                                             \
    { NAME##_quarter_lanes, NAME##_half_lanes, NAME##_lanes }

#endif
