#include "stats/block.h"

#include "base/intern.h"

#include <stdlib.h>
#include <string.h>

/* Columns that have the same holes: the largest part has all of them or none. */
struct group {
    const bool *present; /* by row */
    size_t number;       /* in the order in which they are first met */
    size_t size;         /* columns */
    size_t holes;
};

/* Branch and bound. The groups are decided in their order, each taken or dropped. */
struct search {
    size_t rows, columns, group_count;
    struct group *groups;
    bool *taken;  /* by group, of those decided */
    size_t least; /* columns that a part must have */
    /* The rows; those without a hole in the columns taken come first. */
    size_t *order;
    size_t *potential; /* by row: its columns that are taken or not decided yet */
    size_t *tally;     /* scratch: by number of columns */
    size_t work;
    bool dived;  /* the first descent, which takes all it can, is over */
    size_t best; /* the value of the best part met; 0: none */
    bool *best_taken;
};

/* What parts are compared by: their cells, then their columns. */
static size_t value_of(const struct search *search, size_t rows, size_t columns) {
    return rows == 0 || columns < search->least ? 0
                                                : rows * columns * (search->columns + 1) + columns;
}

/* Whether a better part may be found with `taken` columns, `whole` rows, and what is not decided:
 * of k columns it has only rows that can have as many. */
static bool is_promising(struct search *search, size_t taken, size_t whole) {
    size_t rows = 0;
    search->work += whole + search->columns;
    if (search->work > BLOCK_WORK_MAX)
        return false;
    memset(search->tally, 0, (search->columns + 1) * sizeof *search->tally);
    for (size_t i = 0; i < whole; i++)
        search->tally[search->potential[search->order[i]]]++;
    for (size_t k = search->columns; k > 0 && k >= taken; k--) {
        rows += search->tally[k];
        if (value_of(search, rows, k) > search->best)
            return true;
    }
    return false;
}

static void consider(struct search *search, size_t taken, size_t whole) {
    const size_t value = value_of(search, whole, taken);
    if (value <= search->best)
        return;
    search->best = value;
    memcpy(search->best_taken, search->taken, search->group_count);
}

/* Bring the rows that have the group's columns to the front of the first `whole`. */
static size_t part(struct search *search, const struct group *group, size_t whole) {
    size_t front = 0;
    for (size_t i = 0; i < whole; i++) {
        const size_t row = search->order[i];
        if (!group->present[row])
            continue;
        search->order[i] = search->order[front];
        search->order[front++] = row;
    }
    search->work += whole;
    return front;
}

static void shift_potential(struct search *search, size_t whole, size_t by) {
    for (size_t i = 0; i < whole; i++)
        search->potential[search->order[i]] += by;
}

/* Decide the group at `at`, with `taken` columns and `whole` rows so far. */
static void decide(struct search *search, size_t at, size_t taken, size_t whole) {
    if (at == search->group_count) {
        search->dived = true;
        return;
    }
    const struct group *group = &search->groups[at];
    const size_t having = part(search, group, whole);
    if (having > 0 && (!search->dived || is_promising(search, taken + group->size, having))) {
        search->taken[at] = true;
        consider(search, taken + group->size, having);
        decide(search, at + 1, taken + group->size, having);
        search->taken[at] = false;
    }
    search->dived = true;
    shift_potential(search, having, -group->size);
    if (is_promising(search, taken, whole))
        decide(search, at + 1, taken, whole);
    /* The rows may have another order by now, but the same come first. */
    part(search, group, whole);
    shift_potential(search, having, group->size);
}

static void search_with(struct search *search, size_t least) {
    search->least = least;
    search->dived = false;
    memset(search->taken, false, search->group_count);
    for (size_t row = 0; row < search->rows; row++) {
        search->order[row] = row;
        search->potential[row] = 0;
    }
    for (size_t i = 0; i < search->group_count; i++)
        for (size_t row = 0; row < search->rows; row++)
            search->potential[row] += search->groups[i].present[row] ? search->groups[i].size : 0;
    decide(search, 0, 0, search->rows);
}

static int fewest_holes_first(const void *a, const void *b) {
    const struct group *x = a, *y = b;
    if (x->holes != y->holes)
        return x->holes < y->holes ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Sort the columns into groups; numbers[i] is the number of column i's. */
static enum status make_groups(struct search *search, const bool *by_column, size_t *numbers,
                               struct error *error) {
    struct intern known;
    intern_init(&known);
    for (size_t i = 0; i < search->columns; i++) {
        const bool *column = by_column + i * search->rows;
        bool is_new = false;
        numbers[i] = intern_number(&known, column, search->rows, &is_new);
        struct group *group = &search->groups[numbers[i]];
        if (is_new)
            *group = (struct group){.present = column, .number = numbers[i]};
        group->size++;
    }
    search->group_count = known.count;
    const bool failed = known.failed;
    intern_release(&known);
    for (size_t i = 0; i < search->group_count && !failed; i++)
        for (size_t row = 0; row < search->rows; row++)
            search->groups[i].holes += !search->groups[i].present[row];
    qsort(search->groups, search->group_count, sizeof *search->groups, fewest_holes_first);
    return failed ? error_memory(error) : STATUS_OK;
}

/* What was found, in the table's own rows and columns. */
static void note_best(const struct search *search, const size_t *numbers, struct block *block) {
    bool *kept = search->taken; /* by the groups' numbers */
    for (size_t i = 0; i < search->group_count; i++)
        kept[search->groups[i].number] = search->best > 0 && search->best_taken[i];
    for (size_t i = 0; i < search->columns; i++) {
        block->columns[i] = kept[numbers[i]];
        block->column_count += block->columns[i];
    }
    for (size_t row = 0; row < search->rows; row++) {
        block->rows[row] = block->column_count > 0;
        for (size_t i = 0; i < search->group_count; i++)
            block->rows[row] &= !kept[search->groups[i].number] || search->groups[i].present[row];
        block->row_count += block->rows[row];
    }
    block->largest = search->work <= BLOCK_WORK_MAX;
}

enum status block_find(const bool *present, size_t rows, size_t columns, size_t wanted,
                       struct arena *arena, struct block *block, struct error *error) {
    struct search search = {.rows = rows, .columns = columns};
    bool *by_column = arena_alloc(arena, rows, columns);
    size_t *numbers = ARENA_NEW(arena, size_t, columns);
    search.groups = ARENA_NEW(arena, struct group, columns);
    search.taken = ARENA_NEW(arena, bool, columns);
    search.best_taken = ARENA_NEW(arena, bool, columns);
    search.order = ARENA_NEW(arena, size_t, rows);
    search.potential = ARENA_NEW(arena, size_t, rows);
    search.tally = ARENA_NEW(arena, size_t, columns + 1);
    *block = (struct block){.rows = ARENA_NEW(arena, bool, rows),
                            .columns = ARENA_NEW(arena, bool, columns),
                            .largest = true};
    if (!by_column || !numbers || !search.groups || !search.taken || !search.best_taken ||
        !search.order || !search.potential || !search.tally || !block->rows || !block->columns)
        return error_memory(error);
    for (size_t i = 0; i < rows * columns; i++)
        by_column[i % columns * rows + i / columns] = present[i];
    enum status status = make_groups(&search, by_column, numbers, error);
    if (status != STATUS_OK)
        return status;
    search_with(&search, wanted);
    if (search.best == 0)
        search_with(&search, 1);
    note_best(&search, numbers, block);
    return STATUS_OK;
}
