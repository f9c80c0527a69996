/* exp, expm1, tanh and the logistic function in single precision, written without branches so that
 * a compiler turns a loop over them into vector code. Every operation is an exactly rounded IEEE
 * one, so the bits are the same in every instruction set and at every place of an array.
 *
 * Largest errors against double precision, over all floats (tests/test_elementary.c): */
#ifndef SWEEP_MATH_ELEMENTARY_H
#define SWEEP_MATH_ELEMENTARY_H

#include <stdint.h>

#define ELEMENTARY_EXP_ULPS 2
#define ELEMENTARY_EXPM1_ULPS 2
#define ELEMENTARY_TANH_ULPS 3
#define ELEMENTARY_SIGMOID_ULPS 3

static inline float float_of_bits(int32_t bits) {
    union {
        int32_t bits;
        float value;
    } both = {.bits = bits};
    return both.value;
}

static inline int32_t bits_of_float(float value) {
    union {
        float value;
        int32_t bits;
    } both = {.value = value};
    return both.bits;
}

static inline float absolute(float x) {
    return float_of_bits(bits_of_float(x) & 0x7fffffff);
}

/* The larger one; `b` where `a` is a NaN. */
static inline float larger(float a, float b) {
    return a > b ? a : b;
}

/* x = n ln 2 + r with |r| <= ln 2 / 2: returns expm1(r) and sets *n. ln 2 is split so that n times
 * its upper part is exact; the polynomial is Taylor's, whose first dropped term, r^8 / 40320, is
 * below 2^-27 of r. Adding and subtracting 3 * 2^22 rounds to a whole number. */
static inline float reduced_expm1(float x, int32_t *n) {
    const float rounder = 12582912.0f;
    const float shifted = x * 1.44269504f + rounder, whole = shifted - rounder;
    const float r = (x - whole * 0.693145752f) - whole * 1.42860677e-6f;
    *n = bits_of_float(shifted) - bits_of_float(rounder);
    float tail = 1.0f / 5040;
    tail = tail * r + 1.0f / 720;
    tail = tail * r + 1.0f / 120;
    tail = tail * r + 1.0f / 24;
    tail = tail * r + 1.0f / 6;
    tail = tail * r + 0.5f;
    return r + r * r * tail;
}

/* 2^n for -126 <= n <= 127 */
static inline float power_of_two(int32_t n) {
    return float_of_bits((int32_t)((uint32_t)(n + 127) << 23)); /* a NaN's n may be any number */
}

/* exp(x); 0 and infinity beyond the range, NaN of NaN. The two factors of 2^n let it pass through
 * the subnormal numbers and overflow where it should. */
static inline float fast_exp(float x) {
    float within = x < -104.0f ? -104.0f : x;
    within = within > 89.0f ? 89.0f : within;
    int32_t n;
    const float e = 1 + reduced_expm1(within, &n);
    const int32_t half = n >> 1;
    return e * power_of_two(half) * power_of_two(n - half);
}

/* exp(x) - 1, for x up to 88 */
static inline float fast_expm1(float x) {
    float within = x < -30.0f ? -30.0f : x;
    within = within > 88.0f ? 88.0f : within;
    int32_t n;
    const float e = reduced_expm1(within, &n), scale = power_of_two(n);
    return e * scale + (scale - 1);
}

/* tanh(x) = t / (t + 2) with t = exp(2x) - 1, of |x|; beyond 10 it is 1 to the last bit. */
static inline float fast_tanh(float x) {
    float size = absolute(x);
    size = size > 10.0f ? 10.0f : size;
    const float t = fast_expm1(2 * size), value = t / (t + 2);
    return float_of_bits(bits_of_float(value) | (bits_of_float(x) & INT32_MIN));
}

/* 1 / (1 + exp(-x)), by an exponential that cannot overflow */
static inline float fast_sigmoid(float x) {
    const float e = fast_exp(-absolute(x));
    return (x >= 0 ? 1.0f : e) / (1 + e);
}

#endif
