/* Square roots of a vector register, exactly rounded: the bits are those of sqrtf for every float.
 *
 * lanes_fast_root makes them of products, which leaves the divider to others: an estimate of
 * 1 / sqrt(x) to 14 bits, refined once, and a last correction with the remainder x - s * s
 * (Markstein 1990, "Computation of elementary functions on the IBM RISC System/6000 processor"). */
#ifndef SWEEP_MATH_ROOT_H
#define SWEEP_MATH_ROOT_H

#include "math/registers.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define ROOTS_OF(V)                                                                                \
    FOR_##V static inline V V##_root(V x) {                                                        \
        float values[FLOATS(V)];                                                                   \
        memcpy(values, &x, sizeof x);                                                              \
        for (size_t i = 0; i < FLOATS(V); i++)                                                     \
            values[i] = sqrtf(values[i]);                                                          \
        memcpy(&x, values, sizeof x);                                                              \
        return x;                                                                                  \
    }
EACH_LENGTH(ROOTS_OF)

#ifdef MULTIVERSION_CLONES

#include <immintrin.h>

#define FAST_ROOTS __attribute__((target("arch=x86-64-v4")))

/* Whether the machine can run what is marked FAST_ROOTS. */
static inline _Bool fast_roots(void) {
    return __builtin_cpu_supports("x86-64-v4");
}

/* Outside these bounds, 2^-100 and 2^127, an intermediate result could be subnormal or infinite;
 * what is negative, infinite or NaN is outside as well. So is 0, which is common: the moments of
 * weights that never had a gradient; with an estimate of 0 its root is 0. */
#define FAST_ROOT_LEAST 0x0d800000
#define FAST_ROOT_END 0x7f000000

FAST_ROOTS static inline __attribute__((always_inline)) lanes lanes_fast_root(lanes x) {
    const __m512i bits = (__m512i)x, least = _mm512_set1_epi32(FAST_ROOT_LEAST);
    const __m512i range = _mm512_set1_epi32(FAST_ROOT_END - FAST_ROOT_LEAST);
    const __mmask16 within = _mm512_cmplt_epu32_mask(_mm512_sub_epi32(bits, least), range);
    if (__builtin_expect(within != _mm512_test_epi32_mask(bits, bits), 0))
        return (lanes)_mm512_sqrt_ps((__m512)x);
    const __m512 half = _mm512_set1_ps(0.5f), estimate = _mm512_maskz_rsqrt14_ps(within, (__m512)x);
    __m512 root = _mm512_mul_ps((__m512)x, estimate); /* sqrt(x) */
    __m512 inverse = _mm512_mul_ps(estimate, half);   /* 1 / (2 sqrt(x)) */
    const __m512 error = _mm512_fnmadd_ps(root, inverse, half);
    root = _mm512_fmadd_ps(root, error, root);
    inverse = _mm512_fmadd_ps(inverse, error, inverse);
    const __m512 remainder = _mm512_fnmadd_ps(root, root, (__m512)x);
    return (lanes)_mm512_fmadd_ps(remainder, inverse, root);
}

#else

#define FAST_ROOTS
static inline _Bool fast_roots(void) {
    return 0;
}
static inline lanes lanes_fast_root(lanes x) {
    return lanes_root(x);
}

#endif

#endif
