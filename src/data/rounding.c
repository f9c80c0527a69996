#include "data/rounding.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#define SHARE 0.1   /* of the deviation */
#define LEAST 1e-12 /* a deviation, of the mean */

bool rounding_init(struct rounding *rounding, size_t columns) {
    *rounding = (struct rounding){.columns = columns <= ROUNDING_COLUMNS_MAX ? columns : 0};
    if (rounding->columns > 0)
        rounding->items = calloc(rounding->columns, sizeof *rounding->items);
    return rounding->items || rounding->columns == 0;
}

void rounding_release(struct rounding *rounding) {
    free(rounding->items);
    *rounding = (struct rounding){0};
}

void rounding_add(struct rounding *rounding, size_t column, double number) {
    struct rounding_column *item = &rounding->items[column];
    const double error = number - (double)(float)number;
    if (isfinite(number) && !isfinite(error) && !(fabs(rounding->too_large) > 0))
        rounding->too_large = number;
    if (!isfinite(error))
        return;
    item->first = item->count > 0 ? item->first : number;
    const double off = number - item->first;
    item->count++;
    item->sum += off;
    item->squares += off * off;
    item->errors += error * error;
}

struct rounded rounding_worst(const struct rounding *rounding) {
    struct rounded worst = {0};
    double most = SHARE * SHARE;
    for (size_t i = 0; i < rounding->columns; i++) {
        const struct rounding_column *item = &rounding->items[i];
        const double off = item->count > 0 ? item->sum / item->count : 0;
        const double variance = item->count > 0 ? item->squares / item->count - off * off : 0;
        const double mean = item->first + off, deviation = variance > 0 ? sqrt(variance) : 0;
        if (deviation <= LEAST * fabs(mean) || item->errors / item->count <= most * variance)
            continue;
        most = item->errors / item->count / variance;
        worst = (struct rounded){true, i, mean, deviation, 0};
    }
    worst.too_large = rounding->too_large;
    return worst;
}

void rounded_append_large(const struct rounded *rounded, struct text *text) {
    if (fabs(rounded->too_large) > 0)
        text_printf(text,
                    " (the file has %.6g, which is too large for a 32-bit float, whose largest is "
                    "%.2g)",
                    rounded->too_large, (double)FLT_MAX);
}

void rounded_append(const struct rounded *rounded, bool columns, struct text *text) {
    const float mean = fabsf((float)rounded->mean);
    const double step = (double)(nextafterf(mean, INFINITY) - mean);
    if (columns)
        text_printf(text, "column %zu, counted from 0, has ", rounded->column);
    text_printf(text,
                "numbers of about %.6g with a standard deviation of %.3g, where 32-bit floats, in "
                "which all is computed, are %.3g apart: most of what examples differ by is lost; "
                "subtract the mean in float64 before you save them",
                rounded->mean, rounded->deviation, step);
}
