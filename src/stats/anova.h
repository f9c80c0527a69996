/* How much of the variance of a metric each hyperparameter explains: functional analysis of
 * variance (Sobol', Sensitivity estimates for nonlinear mathematical models, 1993; Hutter, Hoos,
 * Leyton-Brown: An efficient approach for assessing hyperparameter importance, ICML 2014, section
 * 3).
 *
 * On a full grid, each point of which has the same number of repeats, it is exact. With m the mean
 * of all, m_a the mean at value a of a hyperparameter and m_ab that at two values of two of them,
 *   V_A  = mean over a    of (m_a - m)^2
 *   V_AB = mean over a, b of (m_ab - m_a - m_b + m)^2
 * are parts of the variance V = mean of (y - m)^2; what the repeats of a point differ by is
 * another, and the interactions of three or more hyperparameters are what is left. A share is a
 * part over V.
 *
 * Otherwise the parts overlap, and none of their sizes is the true one. Then shares are Type II
 * sums of squares over the total one: what a term adds, in a least-squares fit, to the terms that
 * do not contain it (Yates 1934; Fox, Applied Regression Analysis, 2008, section 8.2). They do not
 * add up to 1. On a full grid they are the exact shares.
 *
 * Of a sample that is no grid, as a search leaves it, either is out of reach where most points have
 * values of their own. Then the values are put into bins, and shares are of a ridge regression on
 * the bins, one-hot (anova_ridge). */
#ifndef SWEEP_STATS_ANOVA_H
#define SWEEP_STATS_ANOVA_H

#include "base/arena.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The columns of a fit, one less than a hyperparameter has values and the product of these for two
 * of them: above it interactions are left out, and then the analysis is. */
#define ANOVA_COLUMNS_MAX 200
#define ANOVA_FACTORS_MAX 64

enum anova_method {
    ANOVA_NONE,        /* too many values for a fit, or nothing varies */
    ANOVA_EXACT,       /* a full grid */
    ANOVA_TYPE_2,      /* any other design */
    ANOVA_TYPE_2_MAIN, /* the same without interactions */
    ANOVA_RIDGE,       /* a sample: an estimate, without interactions */
};

/* `count` finite values and what they were observed at. */
struct anova_data {
    size_t count, factor_count;
    const size_t *level_counts; /* of the factors, each 2 or more */
    const uint32_t *levels;     /* count x factor_count */
    const double *values;
    /* By factor the set (bit i: factor i) of those it is nested in: it has different values for
     * some of theirs only, and cannot be taken out without it (momentum, of optimizer). NULL: none.
     */
    const uint64_t *parents;
    bool sampled; /* Type II sums of squares would say next to nothing: only a grid is analysed */
};

struct anova_part {
    size_t order;      /* 1: a factor's own effect, 2: the interaction of two */
    size_t factors[2]; /* the second is 0 for a factor's own */
    size_t freedom;    /* degrees of freedom */
    double share;
};

struct anova {
    enum anova_method method;
    double mean, variance; /* of all values, the variance with the divisor n */
    size_t part_count;
    struct anova_part *parts; /* the factors' own in their order, then the interactions */
    double higher;            /* share of the interactions of three or more; NaN: not told apart */
    double rest;              /* of the repeats (ANOVA_EXACT), or all that the fit leaves */
};

/* Lives in the arena. STATUS_MEMORY. */
enum status anova_decompose(const struct anova_data *data, struct arena *arena, struct anova *anova,
                            struct error *error);

/* Shares in a sample. Each factor has a column for each of its levels, 1 where a value was observed
 * at it and else 0, less its mean; y is fitted to all columns by ridge regression with a penalty of
 * 1. A factor's contribution to a value is the sum of its columns there times their coefficients,
 * and its share the variance of that over the variance of y. On random samples of four tables of
 * networks the mean absolute error of these shares against functional ANOVA of the whole table was
 * 0.02 to 0.07 with 60 points and 0.01 to 0.03 with 200.
 *
 * A level beyond its factor's level_counts is one at which the factor does not exist and something
 * else tells so: it has no column, and the factor's columns are centred over the other points, so
 * that its share is what its values do where it exists. STATUS_MEMORY. */
enum status anova_ridge(const struct anova_data *data, struct arena *arena, struct anova *anova,
                        struct error *error);

#endif
