/* exp, expm1, tanh, the logistic function, log, sine and cosine in single precision, written
 * without branches so that a compiler turns a loop over them into vector code. Every operation is
 * an exactly rounded IEEE one, so the bits are the same in every instruction set and at every place
 * of an array.
 *
 * Largest errors against double precision, over all floats (tests/test_elementary.c): */
#ifndef SWEEP_MATH_ELEMENTARY_H
#define SWEEP_MATH_ELEMENTARY_H

#include <stdint.h>

#define ELEMENTARY_EXP_ULPS 2
#define ELEMENTARY_EXPM1_ULPS 2
#define ELEMENTARY_TANH_ULPS 3
#define ELEMENTARY_SIGMOID_ULPS 3
#define ELEMENTARY_LOG_ERROR 1e-7    /* relative, from 0 to 1 */
#define ELEMENTARY_SINE_ERROR 1.2e-7 /* absolute */

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

/* log(x) of a normal number above 0: x = 2^n (1 + f) with f from sqrt(1/2) - 1 to sqrt(2) - 1; the
 * polynomial is that of Moshier's Cephes (logf.c). */
static inline float fast_log(float x) {
    const int32_t bits = bits_of_float(x) - 0x3f3504f3;
    const float n = (float)(bits >> 23);
    const float f = float_of_bits((bits & 0x007fffff) + 0x3f3504f3) - 1, square = f * f;
    float tail = 7.0376836292e-2f;
    tail = tail * f - 1.1514610310e-1f;
    tail = tail * f + 1.1676998740e-1f;
    tail = tail * f - 1.2420140846e-1f;
    tail = tail * f + 1.4249322787e-1f;
    tail = tail * f - 1.6668057665e-1f;
    tail = tail * f + 2.0000714765e-1f;
    tail = tail * f - 2.4999993993e-1f;
    tail = tail * f + 3.3333331174e-1f;
    tail = tail * f * square + n * -2.12194440e-4f;
    return n * 0.693359375f + (f + (tail - 0.5f * square));
}

/* The sine of 2 pi turns + pi / 2 quarters_ahead, for turns from 0 to 1: with 1 the cosine; by the
 * polynomials of Moshier's Cephes (sinf.c) in the quarter turn around the nearest multiple of one.
 */
static inline float fast_sine_of_turns(float turns, int32_t quarters_ahead) {
    const float rounder = 12582912.0f, shifted = turns * 4 + rounder;
    const float x = (turns * 4 - (shifted - rounder)) * 1.57079633f, square = x * x;
    const int32_t quarter = bits_of_float(shifted) + quarters_ahead;
    const float sine =
        x +
        x * square * ((-1.9515295891e-4f * square + 8.3321608736e-3f) * square - 1.6666654611e-1f);
    const float cosine = 1 - 0.5f * square +
                         square * square *
                             ((2.443315711809948e-5f * square - 1.388731625493765e-3f) * square +
                              4.166664568298827e-2f);
    const float value = (quarter & 1) ? cosine : sine;
    return float_of_bits(bits_of_float(value) ^ (int32_t)((uint32_t)(quarter & 2) << 30));
}

#endif
