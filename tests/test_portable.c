/* The portable functions against the C library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "math/portable.h"

#include <math.h>

#define DRAWS 200000

static double uniform(uint64_t i, double low, double high) {
    const struct random_source source = {1, RANDOM_TEST, 0};
    return low + (high - low) * random_unit(source, i);
}

/* How far `got` is from `exact`, in units of its last place. */
static double ulps(double got, double exact) {
    return fabs(got - exact) / (nextafter(fabs(exact), (double)INFINITY) - fabs(exact));
}

static void stated_bounds(void **state) {
    double exponential = 0, logarithm = 0, normal = 0;
    (void)state;
    for (uint64_t i = 0; i < DRAWS; i++) {
        const double x = uniform(i, -700, 700), near_0 = uniform(i, -1, 1), z = uniform(i, -37, 8);
        exponential = fmax(exponential, ulps(portable_exp(x), exp(x)));
        exponential = fmax(exponential, ulps(portable_exp(near_0), exp(near_0)));
        logarithm = fmax(logarithm, ulps(portable_log(exp(x)), log(exp(x))));
        logarithm = fmax(logarithm, ulps(portable_log(1 + near_0 / 8), log(1 + near_0 / 8)));
        const double exact = 0.5 * erfc(-z / sqrt(2.0));
        normal = fmax(normal, fabs(portable_normal(z) / exact - 1));
    }
    assert_true(exponential > 0 && exponential <= PORTABLE_EXP_ULPS);
    assert_true(logarithm > 0 && logarithm <= PORTABLE_LOG_ULPS);
    assert_true(normal > 0 && normal < PORTABLE_NORMAL_ERROR);
}

/* Exact at quarters, where a map of whole pixels comes of it. */
static void sines_of_turns(void **state) {
    (void)state;
    double worst = 0;
    for (int i = -4000; i <= 4000; i++) {
        const double turns = i / 1000.0 + 1e-4 * (i % 7);
        const long double exact = sinl(6.283185307179586476925286766559L * turns);
        worst = fmax(worst, fabs((double)(portable_sine_of_turns(turns) - exact)));
    }
    assert_true(worst > 0 && worst < PORTABLE_SINE_ERROR);
    for (int quarter = -8; quarter <= 8; quarter++) {
        const double exact[] = {0, 1, 0, -1};
        assert_true(portable_sine_of_turns(quarter / 4.0) == exact[(quarter + 8) % 4]);
    }
}

/* The distribution's own logarithm has no room for erfc beyond -37; there the ratio's expansion. */
static void ratio_in_the_tail(void **state) {
    (void)state;
    for (double z = -1e6; z < -50; z /= 2) {
        const double square = z * z;
        const double expansion =
            -1 / z * (1 - 1 / square + 3 / (square * square) - 15 / (square * square * square));
        assert_true(fabs(portable_mills(z) / expansion - 1) < 1e-11);
    }
}

static void ends_of_the_range(void **state) {
    (void)state;
    assert_true(portable_exp(0) == 1 && portable_log(1) == 0 && portable_normal(0) == 0.5);
    assert_true(portable_exp(-(double)INFINITY) == 0 && portable_exp(-709) == 0);
    assert_true(isfinite(portable_exp((double)INFINITY)) && portable_exp(1e9) > 1e307);
    assert_true(isnan(portable_exp((double)NAN)));
    assert_true(portable_normal(-(double)INFINITY) == 0 && portable_normal((double)INFINITY) == 1);
    assert_true(fabs(portable_log(0x1p-1022) - log(0x1p-1022)) < 1e-12);
    assert_true(fabs(portable_power(2, 0.5) - sqrt(2.0)) < 1e-15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stated_bounds),
        cmocka_unit_test(sines_of_turns),
        cmocka_unit_test(ratio_in_the_tail),
        cmocka_unit_test(ends_of_the_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
