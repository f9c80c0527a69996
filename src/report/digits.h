/* Numbers with the digits that their uncertainty allows: two of the uncertainty, and of the number
 * as many decimals. More would be noise, fewer would hide what is known. */
#ifndef SWEEP_REPORT_DIGITS_H
#define SWEEP_REPORT_DIGITS_H

#include "base/arena.h"

/* The number as text, "-" for NaN. Where the uncertainty is not known (NaN) or nothing (0) it has
 * six significant digits at the most. NULL when out of memory. */
const char *digits_text(struct arena *arena, double number, double uncertainty);

/* A p-value with two digits, "<0.0001" below that; "-" for NaN. */
const char *digits_p(struct arena *arena, double p);

/* A share as a percentage of about two digits: "61 %", "3.4 %", "<0.1 %"; "-" for NaN. */
const char *digits_share(struct arena *arena, double share);
/* The same without the sign, for a table's column. */
const char *digits_percent(struct arena *arena, double share);

#endif
