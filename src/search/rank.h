/* Which results of a search are the best, for one objective or several.
 *
 * One result dominates another (stats/ranking.h) if it has gone further, or as far and is no worse
 * in any objective and better in one. Results rank by how many others dominate them (C. Fonseca, P.
 * Fleming: "Genetic algorithms for multiobjective optimization", 1993); among equal ones that none
 * dominates, those come first that are farther from their neighbours (the crowding distance of K.
 * Deb et al.: "NSGA-II", 2002); and then the earlier ones. With one objective that is the order of
 * its values. Updating takes time in proportion to the points for each result that has changed. */
#ifndef SWEEP_SEARCH_RANK_H
#define SWEEP_SEARCH_RANK_H

#include "search/strategy_private.h"

struct rank;

/* In the arena; NULL when out of memory. */
struct rank *rank_new(struct arena *arena);

/* Take over what has changed in the history. False when out of memory. */
bool rank_update(struct rank *rank, const struct history *history, size_t objectives,
                 struct arena *arena);

/* The numbers of the `wanted` best points, the best first; returns how many there are. */
size_t rank_best(const struct rank *rank, size_t wanted, uint32_t *best);

/* Whether no point dominates this one, which has a result. */
bool rank_is_front(const struct rank *rank, size_t number);

#endif
