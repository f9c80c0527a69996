#include "analysis/comparison.h"

#include "analysis/contexts.h"
#include "analysis/grouped.h"

#include <math.h>

/* A table of means for each seed, over the contexts that have all combinations in all seeds used.
 */
static enum status mean_tables(const struct observations *observations,
                               const struct contexts *contexts, struct arena *arena, double **means,
                               struct complete_part *part, struct error *error) {
    const size_t rows = contexts->value_counts[0], columns = contexts->value_counts[1];
    const size_t count = contexts->context_count, seeds = contexts->seed_count;
    bool *present = ARENA_NEW(arena, bool, count *seeds);
    struct block block;
    *means = ARENA_NEW(arena, double, seeds *rows *columns);
    if (!present || !*means)
        return error_memory(error);
    for (size_t i = 0; i < count * seeds; i++) {
        present[i] = true;
        for (size_t j = 0; j < rows * columns && present[i]; j++)
            present[i] = !isnan(contexts->cells[j * count * seeds + i]);
    }
    enum status status =
        contexts_complete_part(observations, contexts, present, arena, &block, part, error);
    if (status != STATUS_OK)
        return status;
    double *table = *means;
    for (size_t seed = 0; seed < seeds; seed++) {
        if (!block.columns[seed])
            continue;
        for (size_t j = 0; j < rows * columns; j++)
            for (size_t i = 0; i < count; i++)
                if (block.rows[i])
                    table[j] +=
                        contexts->cells[(j * count + i) * seeds + seed] / (double)block.row_count;
        table += rows * columns;
    }
    return STATUS_OK;
}

static enum status summarize_cells(const struct observations *observations,
                                   const struct contexts *contexts, struct arena *arena,
                                   struct interaction_comparison *comparison, struct error *error) {
    const size_t cells = comparison->row_count * comparison->column_count;
    double *values = ARENA_NEW(arena, double, observations->count);
    size_t *groups = ARENA_NEW(arena, size_t, observations->count);
    if (!values || !groups)
        return error_memory(error);
    for (size_t i = 0; i < observations->count; i++) {
        const uint32_t *levels = observations->levels + i * observations->factor_count;
        const size_t row = levels[contexts->focus[0]], column = levels[contexts->focus[1]];
        values[i] = observations->items[i].value;
        groups[i] = row < comparison->row_count && column < comparison->column_count
                        ? row * comparison->column_count + column
                        : cells;
    }
    return grouped_summaries(values, groups, observations->count, cells, arena, &comparison->cells,
                             error);
}

static enum status compare_one(const struct observations *observations,
                               const struct factor *const *pair, size_t family, struct arena *arena,
                               struct interaction_comparison *comparison, struct error *error) {
    const size_t focus[2] = {factor_index(observations, pair[0]),
                             factor_index(observations, pair[1])};
    struct contexts contexts;
    double *means = NULL;
    *comparison = (struct interaction_comparison){.rows = pair[0], .columns = pair[1]};
    comparison->test.p = comparison->test.f = (double)NAN;
    if (!factor_is_repeated(observations, pair[0]) || !factor_is_repeated(observations, pair[1]))
        return STATUS_OK;
    enum status status = contexts_make(observations, focus, 2, arena, &contexts, error);
    if (status != STATUS_OK)
        return status;
    comparison->row_count = contexts.value_counts[0];
    comparison->column_count = contexts.value_counts[1];
    status = summarize_cells(observations, &contexts, arena, comparison, error);
    if (status == STATUS_OK)
        status = mean_tables(observations, &contexts, arena, &means, &comparison->part, error);
    if (status != STATUS_OK || comparison->part.seed_count == 0 || comparison->row_count < 2 ||
        comparison->column_count < 2)
        return status;
    return interaction_test(means, comparison->part.seed_count, comparison->row_count,
                            comparison->column_count, family, arena, &comparison->test, error);
}

static enum verdict judge(const struct interaction_comparison *comparison, size_t family) {
    const struct interaction *test = &comparison->test;
    if (test->n == 0)
        return VERDICT_UNPAIRED;
    if (comparison->p_holm <= PAIRED_LEVEL)
        return VERDICT_DEPENDS;
    return test->test == PAIRED_NONE || test->n < paired_replicates_for_exact(family)
               ? VERDICT_FEW
               : VERDICT_UNCLEAR;
}

enum status compare_interactions(const struct observations *observations,
                                 const struct factor *const *pairs, size_t count,
                                 struct arena *arena, struct interaction_comparison *comparisons,
                                 struct error *error) {
    double *p = ARENA_NEW(arena, double, count), *adjusted = ARENA_NEW(arena, double, count);
    if (!p || !adjusted)
        return error_memory(error);
    for (size_t i = 0; i < count; i++) {
        enum status status =
            compare_one(observations, pairs + 2 * i, count, arena, &comparisons[i], error);
        if (status != STATUS_OK)
            return status;
        p[i] = comparisons[i].test.p;
    }
    holm_adjust(p, count, adjusted);
    for (size_t i = 0; i < count; i++) {
        comparisons[i].p_holm = adjusted[i];
        comparisons[i].verdict = judge(&comparisons[i], count);
    }
    return STATUS_OK;
}
