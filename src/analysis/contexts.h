/* How hyperparameters of a sweep hang together, and what is held equal when some are compared. */
#ifndef SWEEP_ANALYSIS_CONTEXTS_H
#define SWEEP_ANALYSIS_CONTEXTS_H

#include "base/arena.h"
#include "base/status.h"
#include "stats/block.h"
#include "store/observations.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A factor's place among the observations' factors. */
size_t factor_index(const struct observations *observations, const struct factor *factor);

/* How one factor stands to another. */
enum factor_relation {
    FACTORS_CROSSED, /* several values of each go with several of the other */
    FACTORS_CARRIED, /* each value of the other has one value of it: it changes along */
    FACTORS_NESTED,  /* each of its values goes with one of the other, or it applies to some of the
                        other's values only */
};

/* How `factor` stands to `other`, among the trials to which `other` applies. In a search, whose
 * values are hardly ever drawn twice, crossed unless it shows in levels of 3 settings and more.
 * STATUS_MEMORY. */
enum status factor_relation_to(const struct observations *observations, size_t factor, size_t other,
                               enum factor_relation *relation, struct error *error);

/* Whether a factor's values are met often enough to cross them with another's: always in a grid,
 * and in a search with 3 settings a value and more. */
bool factor_is_repeated(const struct observations *observations, const struct factor *factor);

/* What is compared with what: the observations in a table of cells, values x contexts x seeds. A
 * context is a setting of the hyperparameters that are held equal. */
struct contexts {
    size_t focus_count; /* 1 or 2 factors whose values are compared */
    size_t focus[2];
    size_t value_counts[2]; /* of their levels that apply; 1 for a second focus that is not there */
    size_t context_count, seed_count;
    uint64_t *seeds;  /* by number */
    size_t *examples; /* by context: one of its observations */
    /* By value of the first focus, value of the second, context, seed. A cell is the mean of its
     * trials, mostly one; NaN where one of them has no value or there is none. */
    double *cells;
    bool *diverged; /* one of the cell's trials did */
    /* By factor; those that are crossed with all in focus are held equal. */
    enum factor_relation *relations;
};

/* Lay out the observations around one or two factors. Of a search there are no contexts where less
 * than a hundredth of the cells would have a trial. STATUS_MEMORY. */
enum status contexts_make(const struct observations *observations, const size_t *focus,
                          size_t focus_count, struct arena *arena, struct contexts *contexts,
                          struct error *error);

/* What is averaged over: the largest part of the contexts and seeds in which nothing is missing, so
 * that all means are over the same (block.h). */
struct complete_part {
    size_t context_count, seed_count; /* in it; both 0 where there is none */
    size_t contexts_all, seeds_all;
    size_t held_count; /* what is equal within a context */
    const struct factor *const *held;
    const size_t *contexts; /* for each in it one of its observations */
    const uint64_t *seeds;
    bool largest; /* no larger part is there; false: the search for one was ended */
};

/* Find it, where present[context x seed] tells what is there. Lives in the arena. STATUS_MEMORY. */
enum status contexts_complete_part(const struct observations *observations,
                                   const struct contexts *contexts, const bool *present,
                                   struct arena *arena, struct block *block,
                                   struct complete_part *part, struct error *error);

bool complete_part_is_all(const struct complete_part *part);

/* The cell at these values (b: 0 with one focus). */
size_t contexts_cell(const struct contexts *contexts, size_t a, size_t b, size_t context,
                     size_t seed);

#endif
