/* What is lost where numbers become 32-bit floats, in which all is computed: of a column whose
 * numbers are large and differ by little, as times in seconds do, it may be all that tells its
 * examples apart. */
#ifndef SWEEP_DATA_ROUNDING_H
#define SWEEP_DATA_ROUNDING_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

#define ROUNDING_COLUMNS_MAX 65536 /* of wider rows nothing is told */

struct rounding {
    size_t columns; /* 0: nothing is looked at */
    struct rounding_column {
        double first, count, sum, squares; /* of the differences from the first number */
        double errors;                     /* squares of what rounding takes */
    } * items;
    double too_large; /* the first number that is finite, and infinite as a float; 0: none */
};

/* A column that rounding takes much of. */
struct rounded {
    bool found;
    size_t column;
    double mean, deviation; /* of its numbers, before */
    double too_large;       /* a number of any column and either part, likewise; 0: none */
};

/* False when out of memory. */
bool rounding_init(struct rounding *rounding, size_t columns);
void rounding_add(struct rounding *rounding, size_t column, double number);
void rounding_release(struct rounding *rounding);

/* The column that rounding takes most of, where that is more than a tenth of the standard
 * deviation. A deviation that is itself what rounding to doubles leaves does not count. */
struct rounded rounding_worst(const struct rounding *rounding);

/* What may explain infinite numbers: " (the file has 1e+300, ...)", or nothing. */
void rounded_append_large(const struct rounded *rounded, struct text *text);

/* What it is, why it matters and how to mend it. `columns`: whether there are several. */
void rounded_append(const struct rounded *rounded, bool columns, struct text *text);

#endif
