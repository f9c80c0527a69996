/* Weight initializers, under Keras 3's names and with its formulas. Biases start at 0. */
#ifndef SWEEP_NN_INITIALIZER_H
#define SWEEP_NN_INITIALIZER_H

#include "base/random.h"
#include "nn/shape.h"

#include <stddef.h>

struct initializer {
    const char *name;
    const char *aliases[2];
    const char *help;
    enum {
        INITIALIZER_CONSTANT,
        INITIALIZER_UNIFORM,
        INITIALIZER_NORMAL,
        INITIALIZER_TRUNCATED
    } distribution;
    /* the constant, the limit of the uniform or the standard deviation, by Keras' fan_in, fan_out
     */
    double (*size)(size_t inputs, size_t units);
};

/* The places of those that layers name themselves. */
enum { INITIALIZER_ZEROS = 9, INITIALIZER_ONES };

extern const struct initializer initializers[];
extern const size_t initializer_count;

/* The initializer of that name or alias, in any spelling, or NULL. */
const struct initializer *initializer_find(const char *name);

/* The name of the i-th; NULL after the last. */
const char *initializer_name(size_t i);

/* Fill an array of that shape; element i depends on the source and on i alone. The size goes by
 * Keras' compute_fans: of a kernel of rank 2 its dimensions, of one of images the last two, times
 * the places of its window. */
void initializer_fill(const struct initializer *initializer, float *values, struct shape shape,
                      struct random_source source);

#endif
