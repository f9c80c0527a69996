#include "report/digits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECIMALS_MAX 15

/* Decimals that show two digits of the uncertainty, as it is when rounded: 0.0999 is 0.10. */
static int decimals_for(double uncertainty) {
    char text[40];
    snprintf(text, sizeof text, "%.1e", uncertainty);
    const int decimals = 1 - (int)strtol(strchr(text, 'e') + 1, NULL, 10);
    return decimals < 0 ? 0 : decimals > DECIMALS_MAX ? DECIMALS_MAX : decimals;
}

const char *digits_text(struct arena *arena, double number, double uncertainty) {
    if (isnan(number))
        return "-";
    if (!isfinite(uncertainty))
        return arena_printf(arena, fabs(number) < 1e4 ? "%.4g" : "%.6g", number);
    if (uncertainty <= 1e-15 || fabs(number) >= 1e15)
        return arena_printf(arena, "%.6g", number);
    const char *text = arena_printf(arena, "%.*f", decimals_for(uncertainty), number);
    /* A number that rounds to nothing has no sign. */
    return text && *text == '-' && !text[1 + strspn(text + 1, "0.")] ? text + 1 : text;
}

const char *digits_p(struct arena *arena, double p) {
    if (isnan(p))
        return "-";
    if (p < 0.0001)
        return "<0.0001";
    return arena_printf(arena, "%.*f", p < 0.00095 ? 5 : p < 0.0095 ? 4 : p < 0.095 ? 3 : 2, p);
}

const char *digits_percent(struct arena *arena, double share) {
    const double percent = 100 * share;
    if (isnan(share))
        return "-";
    if (percent < 0.05)
        return percent > 0 ? "<0.1" : "0";
    return arena_printf(arena, percent < 9.95 ? "%.1f" : "%.0f", percent);
}

const char *digits_share(struct arena *arena, double share) {
    const char *percent = digits_percent(arena, share);
    return percent && !isnan(share) ? arena_printf(arena, "%s %%", percent) : percent;
}
