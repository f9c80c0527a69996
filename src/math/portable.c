#include "math/portable.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static double double_of_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* ln 2 in two parts: a whole number below 2^11 times the upper one is exact. */
#define LN2_UPPER 0x1.62e42fefa38p-1
#define LN2_LOWER 0x1.ef35793c7673p-45

/* x = n ln 2 + r with |r| <= ln 2 / 2; Taylor's polynomial of e^r, whose first dropped term is
 * below 2^-57. Adding and subtracting 3 * 2^51 rounds to a whole number. */
double portable_exp(double x) {
    static const double factors[] = {1.0 / 87178291200,
                                     1.0 / 6227020800,
                                     1.0 / 479001600,
                                     1.0 / 39916800,
                                     1.0 / 3628800,
                                     1.0 / 362880,
                                     1.0 / 40320,
                                     1.0 / 5040,
                                     1.0 / 720,
                                     1.0 / 120,
                                     1.0 / 24,
                                     1.0 / 6,
                                     0.5,
                                     1,
                                     1};
    const double rounder = 0x1.8p52;
    if (!(x >= -708))
        return x < -708 ? 0 : x;
    if (x > 709)
        x = 709;
    const double shifted = x * 1.4426950408889634 + rounder, whole = shifted - rounder;
    const double r = (x - whole * LN2_UPPER) - whole * LN2_LOWER;
    double sum = 0;
    for (size_t k = 0; k < sizeof factors / sizeof *factors; k++)
        sum = sum * r + factors[k];
    return sum * double_of_bits((uint64_t)((int64_t)whole + 1023) << 52);
}

/* x = 2^n m with m from sqrt(1/2) to sqrt(2); ln m = 2 artanh((m - 1) / (m + 1)), by its series. */
double portable_log(double x) {
    const uint64_t bits = bits_of_double(x), root = bits_of_double(0.7071067811865476);
    const int64_t n = (int64_t)((bits - root) >> 52) - (bits < root ? 4096 : 0);
    const double m = double_of_bits(bits - ((uint64_t)n << 52));
    const double s = (m - 1) / (m + 1), square = s * s;
    double sum = 0;
    for (int k = 23; k >= 3; k -= 2)
        sum = square * (1.0 / k + sum);
    return (double)n * LN2_UPPER + (2 * s + (2 * s * sum + (double)n * LN2_LOWER));
}

double portable_power(double x, double y) {
    return portable_exp(y * portable_log(x));
}

/* Taylor's polynomials in the quarter turn around the nearest multiple of one, |x| <= pi / 4: their
 * first dropped terms are below 2^-59. */
double portable_sine_of_turns(double turns) {
    const double rounder = 0x1.8p52, quarters = turns * 4 + rounder - rounder;
    const double x = (turns * 4 - quarters) * 1.5707963267948966, square = x * x;
    const int64_t quarter = (int64_t)quarters;
    double term = quarter % 2 == 0 ? x : 1, sum = term;
    for (int k = quarter % 2 == 0 ? 2 : 1; k <= 18; k += 2) {
        term *= -square / (k * (k + 1));
        sum += term;
    }
    return quarter & 2 ? -sum : sum;
}

double portable_normal_density(double z) {
    return 0.3989422804014327 * portable_exp(-0.5 * z * z);
}

/* Near 0 the series of G. Marsaglia: "Evaluating the normal distribution", Journal of Statistical
 * Software 11(4), 2004; in the tail the continued fraction of Laplace, from far enough out. */
double portable_mills(double z) {
    const double x = -z;
    if (x > 3) {
        double fraction = x;
        for (int k = 100; k >= 1; k--)
            fraction = x + k / fraction;
        return 1 / fraction;
    }
    double term = x, sum = x;
    for (int k = 3; term > sum * 0x1p-54; k += 2) {
        term *= x * x / k;
        sum += term;
    }
    return 0.5 / portable_normal_density(z) - sum;
}

double portable_normal(double z) {
    const double lower = portable_normal_density(z) * portable_mills(z > 0 ? -z : z);
    return z > 0 ? 1 - lower : lower;
}
