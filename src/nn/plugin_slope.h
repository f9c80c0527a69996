/* Derivatives held against central differences. */
#ifndef SWEEP_NN_PLUGIN_SLOPE_H
#define SWEEP_NN_PLUGIN_SLOPE_H

#include "base/status.h"

#include <stdbool.h>

/* A function of one number in single precision. */
struct curve {
    double (*at)(const struct curve *curve, float x);
    const void *function; /* what it is of: for `at` */
};

/* Whether `slope` is the derivative at x, or the function has none there; *expected is what central
 * differences say. Derivatives from the left and from the right that differ are none. */
bool slope_is(const struct curve *curve, float x, double slope, double *expected);

/* "KIND 'NAME': WHAT at AT gives GOT, ...": STATUS_INPUT. */
enum status slope_fail(struct error *error, const char *kind, const char *name, const char *what,
                       double at, double got, double expected);

#endif
