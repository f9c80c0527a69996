/* A part without holes of a table that has some.
 *
 * Means over the columns of a row, or over the rows of a column, can be compared only where all
 * have the same ones: else a hard row that one column lacks would count as that column's merit. */
#ifndef SWEEP_STATS_BLOCK_H
#define SWEEP_STATS_BLOCK_H

#include "base/arena.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct block {
    size_t row_count, column_count; /* kept; both 0 where nothing is */
    bool *rows, *columns;           /* whether each is kept */
    bool largest;                   /* proved; else the best one met before the search was ended */
};

/* Find the largest part: the rows and columns without a hole that have most cells, of equal ones
 * the one with most columns. Parts with at least `wanted` columns go before those with fewer.
 * `present` is rows x columns. Lives in the arena. STATUS_MEMORY.
 *
 * That is a maximum biclique, which is NP-hard to find: branch and bound over the columns, ended
 * after BLOCK_WORK_MAX steps, which some hundred rows of 20 columns do not take. The first parts
 * met are those that a greedy search would meet, which drops the columns one by one, those with
 * most holes first. */
#define BLOCK_WORK_MAX 20000000
enum status block_find(const bool *present, size_t rows, size_t columns, size_t wanted,
                       struct arena *arena, struct block *block, struct error *error);

#endif
