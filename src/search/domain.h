/* The domain: what a strategy searches, in numbers alone.
 *
 * It knows no hyperparameters and no YAML: the space maps its points to settings (space.h). A
 * point has one number a dimension:
 *   categorical, ordered: the index of its level, 0 to levels - 1
 *   continuous:           its place in the dimension's distribution, that is the value of the
 *                         cumulative distribution function, from 0 to 1 (1 excluded); so uniform
 *                         draws of places are draws from the distribution
 *   a dimension that does not exist at this point (see parent): NaN */
#ifndef SWEEP_SEARCH_DOMAIN_H
#define SWEEP_SEARCH_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

enum dimension_kind {
    DIMENSION_CATEGORICAL, /* levels without an order: optimizers; values that go together */
    DIMENSION_ORDERED,     /* levels in their order: batch sizes 32, 64, 128; whole numbers */
    DIMENSION_CONTINUOUS,  /* a real number */
};

#define DIMENSION_NONE ((size_t)-1)

struct dimension {
    enum dimension_kind kind;
    size_t levels;               /* at least 1; 0 if continuous */
    const double *probabilities; /* of the levels, with sum 1; NULL: all alike. A level with 0 is
                                    never proposed. */
    /* It exists where its parent, an earlier dimension with levels, exists and is at a level l with
     * parent_levels[l]; DIMENSION_NONE: everywhere. */
    size_t parent;
    const bool *parent_levels;
};

struct domain {
    size_t count;
    const struct dimension *dimensions;
    /* Whether a point may be proposed: it is not excluded by the config, and gives another setting
     * than all points that were proposed before. NULL: all may. That no point is proposed twice the
     * strategy sees to itself; only the space knows which points give equal settings. What it once
     * refused it must refuse from then on. */
    bool (*allows)(void *context, const double *point);
    void *context;
};

/* Whether the dimension exists at a point whose earlier dimensions are set. */
bool domain_exists(const struct domain *domain, const double *point, size_t dimension);

/* Whether no level of the point has probability 0. */
bool domain_is_possible(const struct domain *domain, const double *point);

/* The value of a dimension that one number from 0 to 1 (excluded) stands for: a level by their
 * probabilities. */
double domain_value(const struct dimension *dimension, double unit);

/* The point that one number from 0 to 1 (excluded) a dimension stands for.
 * Uniform numbers give draws from the domain's distribution. */
void domain_point(const struct domain *domain, const double *units, double *point);

/* The points of a domain without continuous dimensions, in order: the last dimension varies
 * fastest. Levels with probability 0 are left out. domain_next is false after the last point. */
void domain_first(const struct domain *domain, double *point);
bool domain_next(const struct domain *domain, double *point);

/* How many points these are, counted one by one; `limit` if they are as many or more, or the domain
 * is not finite. `point` is room for one. */
size_t domain_size(const struct domain *domain, double *point, size_t limit);

/* Whether no dimension is continuous. */
bool domain_is_finite(const struct domain *domain);

#endif
