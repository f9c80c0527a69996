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
    size_t levels;               /* 0 if continuous */
    const double *probabilities; /* of the levels, with sum 1; NULL: all alike */
    /* It exists where its parent, an earlier dimension, exists and is at a level l with
     * parent_levels[l]; DIMENSION_NONE: everywhere. */
    size_t parent;
    const bool *parent_levels;
};

struct domain {
    size_t count;
    const struct dimension *dimensions;
    /* Whether a point may be proposed: not excluded by the config, and another setting than all
     * that were proposed before. NULL: all may. */
    bool (*allows)(void *context, const double *point);
    void *context;
};

#endif
