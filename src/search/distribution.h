/* The distributions that a hyperparameter's values may be drawn from: W&B's, by its names.
 *
 * A place is the value of the cumulative distribution function, from 0 to 1 (1 excluded), so that
 * uniform places are draws. Distributions of numbers are cut to what the hyperparameter takes. */
#ifndef SWEEP_SEARCH_DISTRIBUTION_H
#define SWEEP_SEARCH_DISTRIBUTION_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum distribution_family {
    FAMILY_LISTED, /* values one by one */
    FAMILY_UNIFORM,
    FAMILY_LOG_UNIFORM,
    FAMILY_NORMAL,
    FAMILY_LOG_NORMAL,
    FAMILY_BETA,
    FAMILY_COUNT
};

struct distribution_kind {
    const char *name;
    enum distribution_family family;
    const char *keys[2]; /* what it needs: value, values, min and max, mu and sigma, a and b */
    bool steps;          /* it rounds to multiples of q */
    bool exponents;      /* its min and max are exponents of e: it is refused */
    const char *help;
};

extern const struct distribution_kind distribution_kinds[];
extern const size_t distribution_kind_count;

/* The kind of that name in any spelling, or NULL. */
const struct distribution_kind *distribution_kind_find(const char *name);

/* Of numbers. */
struct distribution {
    const struct distribution_kind *kind; /* NULL: values are listed */
    double a, b;                          /* the two keys' values, in their order */
    double low, high;                     /* the values' least and largest */
    double step;                          /* values are origin + n step; 0: any number */
    double origin;
    double from, to; /* the places of low and high before the cut; set by distribution_cut */
    double outside;  /* what share was cut off; set by distribution_cut */
    int digits;      /* of a value without step; set by distribution_cut */
};

/* Cut to low .. high, which are set as kind, a, b, step and origin are. False: next to nothing of
 * it lies there. */
bool distribution_cut(struct distribution *distribution);

/* The value at a place. */
double distribution_value(const struct distribution *distribution, double place);

/* A number cut to so many decimal digits. */
double distribution_cut_digits(double number, int digits);

/* In words: "log_uniform_values, 0.0001 to 0.1", "q_normal, mu 0.5, sigma 0.1, q 0.05". */
void distribution_append(const struct distribution *distribution, struct text *text);

#endif
