/* Features that are constant where their standard deviation is taken, and not elsewhere. */
#ifndef SWEEP_DATA_CONSTANT_H
#define SWEEP_DATA_CONSTANT_H

#include "base/text.h"
#include "data/features.h"

#include <stdbool.h>
#include <stddef.h>

struct constant {
    bool found;
    size_t feature, features; /* the first such one, of so many */
    size_t train, rest;       /* examples */
    size_t differing, first;  /* examples of the rest that have another number, and the first one */
    double number, other;     /* what it always is, and there */
};

/* `rest` are examples of the same features that are no training examples. */
void constant_find(const struct feature_numbers *train, const struct feature_numbers *rest,
                   struct constant *constant);

/* What becomes of it where inputs are normalised, and how to mend it. */
void constant_append(const struct constant *constant, const char *part, struct text *text);

#endif
