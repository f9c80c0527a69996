#include "nn/plugin_slope.h"

#include <math.h>
#include <stddef.h>

#define TOLERANCE 2e-3 /* of a derivative, relative to 1 + its size */
#define SMOOTH 2e-2    /* by which derivatives from the left and the right may differ, likewise */

/* Large steps lose where a function is curved, small ones by rounding. */
static const float steps[] = {0x1p-6f, 0x1p-8f, 0x1p-10f};
#define STEP_COUNT (sizeof steps / sizeof *steps)

bool slope_is(const struct curve *curve, float x, double slope, double *expected) {
    bool smooth = false;
    for (size_t i = 0; i < STEP_COUNT; i++) {
        const float left = x - steps[i], right = x + steps[i];
        const double here = curve->at(curve, x), below = curve->at(curve, left),
                     above = curve->at(curve, right);
        const double from_left = (here - below) / ((double)x - (double)left),
                     from_right = (above - here) / ((double)right - (double)x);
        *expected = (above - below) / ((double)right - (double)left);
        if (fabs(slope - *expected) <= TOLERANCE * (1 + fabs(*expected)))
            return true;
        smooth = fabs(from_left - from_right) <= SMOOTH * (1 + fabs(*expected));
    }
    return isfinite(slope) && !smooth;
}

enum status slope_fail(struct error *error, const char *kind, const char *name, const char *what,
                       double at, double got, double expected) {
    return error_set(error, STATUS_INPUT,
                     "%s '%s': %s at %.6g gives %.6g, and central differences of its values give "
                     "%.6g: the gradient is wrong",
                     kind, name, what, at, got, expected);
}
