/* Weight initializers, under Keras 3's names and with its formulas. Biases start at 0. */
#ifndef SWEEP_NN_INITIALIZER_H
#define SWEEP_NN_INITIALIZER_H

#include "base/random.h"

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
    /* the constant, the limit of the uniform or the standard deviation, from the kernel's shape */
    double (*size)(size_t inputs, size_t units);
};

/* The places of those that layers name themselves. */
enum { INITIALIZER_ZEROS = 9, INITIALIZER_ONES };

extern const struct initializer initializers[];
extern const size_t initializer_count;

/* The initializer of that name or alias, in any spelling, or NULL. */
const struct initializer *initializer_find(const char *name);

/* Fill a kernel of inputs x units; element i depends on the source and on i alone. */
void initializer_fill(const struct initializer *initializer, float *kernel, size_t inputs,
                      size_t units, struct random_source source);

#endif
