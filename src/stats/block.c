#include "stats/block.h"

#include <string.h>

/* The columns still there, and what is known of the best part so far. */
struct search {
    const bool *present;
    size_t rows, columns, wanted;
    bool *left;    /* columns not dropped yet */
    size_t *holes; /* by column, in rows that are not empty */
    size_t best_cells, best_columns;
};

static bool row_is_empty(const struct search *search, size_t row) {
    return memchr(search->present + row * search->columns, 1, search->columns) == NULL;
}

static bool row_is_whole(const struct search *search, const bool *columns, size_t row) {
    const bool *present = search->present + row * search->columns;
    for (size_t i = 0; i < search->columns; i++)
        if (columns[i] && !present[i])
            return false;
    return true;
}

/* Rows are taken as wholes, so that the order in which columns go is that of their holes. */
static void count_holes(struct search *search) {
    for (size_t row = 0; row < search->rows; row++)
        for (size_t i = 0; !row_is_empty(search, row) && i < search->columns; i++)
            search->holes[i] += !search->present[row * search->columns + i];
}

static size_t worst_column(const struct search *search) {
    size_t worst = search->columns;
    for (size_t i = 0; i < search->columns; i++)
        if (search->left[i] &&
            (worst == search->columns || search->holes[i] >= search->holes[worst]))
            worst = i;
    return worst;
}

static bool is_better(const struct search *search, size_t cells, size_t columns) {
    const bool enough = columns >= search->wanted;
    const bool had_enough = search->best_columns >= search->wanted;
    if (cells == 0 || (search->best_cells > 0 && enough != had_enough))
        return cells > 0 && enough;
    return cells > search->best_cells;
}

enum status block_find(const bool *present, size_t rows, size_t columns, size_t wanted,
                       struct arena *arena, struct block *block, struct error *error) {
    struct search search = {present,
                            rows,
                            columns,
                            wanted,
                            ARENA_NEW(arena, bool, columns),
                            ARENA_NEW(arena, size_t, columns),
                            0,
                            0};
    *block = (struct block){.rows = ARENA_NEW(arena, bool, rows),
                            .columns = ARENA_NEW(arena, bool, columns)};
    if (!search.left || !search.holes || !block->rows || !block->columns)
        return error_memory(error);
    memset(search.left, true, columns);
    count_holes(&search);
    for (size_t left = columns; left > 0; left--) {
        size_t whole = 0;
        for (size_t row = 0; row < rows; row++)
            whole += row_is_whole(&search, search.left, row);
        if (is_better(&search, whole * left, left)) {
            search.best_cells = whole * left;
            search.best_columns = left;
            block->row_count = whole;
            block->column_count = left;
            memcpy(block->columns, search.left, columns);
        }
        search.left[worst_column(&search)] = false;
    }
    for (size_t row = 0; row < rows && block->row_count > 0; row++)
        block->rows[row] = row_is_whole(&search, block->columns, row);
    return STATUS_OK;
}
