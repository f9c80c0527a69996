/* exp, log, sine and the normal distribution in double precision, by operations that IEEE 754
 * rounds exactly and in one order: the bits are the same on every machine and with every C library,
 * whose own functions differ in the last one. For what has to be decided alike wherever it is
 * computed.
 */
#ifndef SWEEP_MATH_PORTABLE_H
#define SWEEP_MATH_PORTABLE_H

/* Largest errors against the C library's (tests/test_elementary.c). */
#define PORTABLE_EXP_ULPS 2
#define PORTABLE_LOG_ULPS 2
#define PORTABLE_SINE_ERROR 4e-16   /* absolute */
#define PORTABLE_NORMAL_ERROR 1e-12 /* of the value */

/* e^x; 0 below -708, and above 709 what it is there; NaN for NaN. */
double portable_exp(double x);

/* The natural logarithm of x > 0 that is normal. */
double portable_log(double x);

/* x^y for x > 0. */
double portable_power(double x, double y);

/* The sine of 2 pi turns, for turns below 2^50; exact at quarters of a turn. */
double portable_sine_of_turns(double turns);

/* The standard normal distribution: its density, and P(Z <= z). */
double portable_normal_density(double z);
double portable_normal(double z);

/* P(Z <= z) / density for z <= 0 (Mills' ratio), which does not vanish where both do. */
double portable_mills(double z);

#endif
