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
};

/* Drop columns, the one with most holes first (of equal ones the later), and with each number of
 * columns left the rows that still have a hole; keep the part with most cells. Parts with at least
 * `wanted` columns go before those with fewer. (The largest part of all would be a maximum
 * biclique, which is NP-hard to find.) `present` is rows x columns. Lives in the arena.
 * STATUS_MEMORY. */
enum status block_find(const bool *present, size_t rows, size_t columns, size_t wanted,
                       struct arena *arena, struct block *block, struct error *error);

#endif
