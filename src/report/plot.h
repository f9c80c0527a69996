/* Curves drawn with characters. */
#ifndef SWEEP_REPORT_PLOT_H
#define SWEEP_REPORT_PLOT_H

#include "base/arena.h"
#include "base/status.h"

#include <stddef.h>
#include <stdio.h>

#define PLOT_CURVES_MAX 2

struct plot_curve {
    const char *name;
    const double *values; /* one for each place from left to right; NaN is left out */
};

struct plot {
    const char *across; /* what goes from left to right: "epoch" */
    double first, last; /* its values at the ends; both 0: 1 and count */
    size_t count;       /* of places, even between these, at least 2 */
    size_t curve_count;
    struct plot_curve curves[PLOT_CURVES_MAX];
};

/* Draw the curves in one pair of axes, as wide as the terminal up to a limit: as fine lines where
 * there are colours to tell them apart and the locale has braille, else with a mark for each. */
enum status plot_print(FILE *stream, const struct plot *plot, struct arena *arena,
                       struct error *error);

#endif
