/* The vectorised elementary functions against libm's in double precision. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "math/elementary.h"
#include "math/flush.h"
#include "math/root.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every float whose number this divides is tried; SWEEP_LONG tries all of them. */
#define STRIDE 61

/* How far `got` is from `exact`, in units of the last place of the exact value's float. */
static double ulps(float got, double exact) {
    if (isnan(exact))
        return isnan(got) ? 0 : (double)INFINITY;
    const float nearest = (float)exact;
    if (isinf(nearest) || isinf(got))
        return nearest == got ? 0 : (double)INFINITY;
    double unit = exact == 0 ? 0x1p-149 : ldexp(1, ilogb(exact) - 23);
    if (unit < 0x1p-149)
        unit = 0x1p-149;
    return fabs((double)got - exact) / unit;
}

static double exact_sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

/* The largest distance over the floats from `low` to `high`. */
static double worst(float (*fast)(float), double (*exact)(double), float low, float high) {
    const uint64_t stride = getenv("SWEEP_LONG") ? 1 : STRIDE;
    double largest = 0;
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += stride) {
        const uint32_t pattern = (uint32_t)bits;
        float x;
        memcpy(&x, &pattern, sizeof x);
        if (!(x >= low && x <= high))
            continue;
        const double distance = ulps(fast(x), exact((double)x));
        largest = distance > largest ? distance : largest;
    }
    return largest;
}

static void stated_bounds(void **state) {
    (void)state;
    assert_true(worst(fast_exp, exp, -INFINITY, INFINITY) < ELEMENTARY_EXP_ULPS);
    assert_true(worst(fast_expm1, expm1, -INFINITY, 88) < ELEMENTARY_EXPM1_ULPS);
    assert_true(worst(fast_tanh, tanh, -INFINITY, INFINITY) < ELEMENTARY_TANH_ULPS);
    assert_true(worst(fast_sigmoid, exact_sigmoid, -INFINITY, INFINITY) < ELEMENTARY_SIGMOID_ULPS);
}

/* How many floats have another root than sqrtf's: 16 neighbours at a time, or one of them made 0.
 */
FAST_ROOTS static size_t wrong_roots(bool with_zero) {
    const uint64_t stride = LANES * (getenv("SWEEP_LONG") ? 1 : STRIDE);
    size_t wrong = 0;
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += stride) {
        lanes x = (lanes)LANE_NUMBERS(bits);
        if (with_zero)
            x[bits / stride % LANES] = 0;
        const lanes fast = lanes_fast_root(x), exact = lanes_root(x);
        wrong += memcmp(&fast, &exact, sizeof exact) != 0;
    }
    return wrong;
}

static void exact_roots(void **state) {
    (void)state;
    if (!fast_roots())
        skip();
    assert_int_equal(wrong_roots(false), 0);
    assert_int_equal(wrong_roots(true), 0);
    const unsigned before = flush_begin();
    const size_t flushed = wrong_roots(true);
    flush_end(before);
    assert_int_equal(flushed, 0);
}

static void ends_of_the_range(void **state) {
    (void)state;
    assert_true(fast_exp(0) == 1 && fast_expm1(0) == 0 && fast_tanh(0) == 0);
    assert_true(fast_exp(INFINITY) == INFINITY && fast_exp(-INFINITY) == 0);
    assert_true(fast_exp(89) == INFINITY && fast_exp(88.7f) < INFINITY);
    assert_true(fast_exp(-103) > 0); /* subnormal */
    assert_true(fast_tanh(INFINITY) == 1 && fast_tanh(-INFINITY) == -1);
    assert_true(fast_sigmoid(INFINITY) == 1 && fast_sigmoid(-INFINITY) == 0);
    assert_true(signbit(fast_tanh(-0.0f)));
    assert_true(isnan(fast_exp(NAN)) && isnan(fast_expm1(NAN)));
    assert_true(isnan(fast_tanh(NAN)) && isnan(fast_sigmoid(NAN)));
}

/* A constant that is off in its last digits is noticed. */
static float careless_exp(float x) {
    return fast_exp(x) * 1.0000003f;
}

static void bounds_can_fail(void **state) {
    (void)state;
    assert_true(worst(careless_exp, exp, -80, 80) > ELEMENTARY_EXP_ULPS);
}

static void logarithm_and_sine(void **state) {
    (void)state;
    for (uint32_t word = 0; word < (uint32_t)INT32_MAX - 997; word += 997) {
        const float x = ((float)(int32_t)word + 0.5f) * 0x1p-31f;
        const double exact = log((double)x);
        assert_true(fabs((double)fast_log(x) - exact) <= ELEMENTARY_LOG_ERROR * fabs(exact));
    }
    for (uint32_t word = 0; word <= 1 << 24; word += 3) {
        const float turns = (float)word * 0x1p-24f;
        const double angle = 6.283185307179586 * (double)turns;
        assert_true(fabs((double)fast_sine_of_turns(turns, 0) - sin(angle)) <=
                    ELEMENTARY_SINE_ERROR);
        assert_true(fabs((double)fast_sine_of_turns(turns, 1) - cos(angle)) <=
                    ELEMENTARY_SINE_ERROR);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logarithm_and_sine), cmocka_unit_test(stated_bounds),
        cmocka_unit_test(exact_roots),        cmocka_unit_test(ends_of_the_range),
        cmocka_unit_test(bounds_can_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
