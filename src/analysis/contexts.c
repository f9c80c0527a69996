#include "analysis/contexts.h"

#include "base/intern.h"
#include "stats/paired.h"

#include <math.h>
#include <string.h>

/* Cells for each trial of a search, at the most. */
#define CELLS_A_TRIAL 100

size_t factor_index(const struct observations *observations, const struct factor *factor) {
    return (size_t)(factor - observations->factors);
}

static uint32_t level_at(const struct observations *observations, size_t item, size_t factor) {
    return observations->levels[item * observations->factor_count + factor];
}

static bool applies(const struct observations *observations, size_t item, size_t factor) {
    return !observations->factors[factor].levels[level_at(observations, item, factor)].none;
}

/* What is known of the levels of two factors: for each level of the one, the level of the other
 * that it goes with. */
struct matches {
    bool single; /* no level goes with two */
    uint32_t *levels;
    bool *met;
};

static void match(struct matches *matches, uint32_t level, uint32_t other) {
    if (matches->met[level] && matches->levels[level] != other)
        matches->single = false;
    matches->met[level] = true;
    matches->levels[level] = other;
}

static enum status matches_make(size_t levels, struct arena *arena, struct matches *matches,
                                struct error *error) {
    *matches =
        (struct matches){true, ARENA_NEW(arena, uint32_t, levels), ARENA_NEW(arena, bool, levels)};
    return matches->levels && matches->met ? STATUS_OK : error_memory(error);
}

/* Whether the factor applies to no trial at some level of the other. */
static bool lacks_levels(const struct observations *observations, size_t factor, size_t other,
                         bool *applied) {
    const size_t count = observations->factors[other].level_count;
    memset(applied, 0, count * sizeof *applied);
    for (size_t i = 0; i < observations->count; i++)
        applied[level_at(observations, i, other)] |= applies(observations, i, factor);
    for (size_t i = 0; i < observations->count; i++)
        if (applies(observations, i, other) && !applied[level_at(observations, i, other)])
            return true;
    return false;
}

/* Whether it can be told what goes with a factor's levels. The values of a search are hardly ever
 * drawn twice, and what is seen once goes with one of everything: it takes a few settings a level.
 */
static bool are_repeated(const struct observations *observations, size_t levels) {
    return !observations->searched || observations->setting_count >= 3 * levels;
}

bool factor_is_repeated(const struct observations *observations, const struct factor *factor) {
    return are_repeated(observations, factor->level_count);
}

enum status factor_relation_to(const struct observations *observations, size_t factor, size_t other,
                               enum factor_relation *relation, struct error *error) {
    const size_t levels = observations->factors[factor].level_count;
    const size_t other_levels = observations->factors[other].level_count;
    struct matches along, back;
    struct arena scratch;
    arena_init(&scratch);
    enum status status = matches_make(other_levels, &scratch, &along, error);
    if (status == STATUS_OK)
        status = matches_make(levels, &scratch, &back, error);
    for (size_t i = 0; i < observations->count && status == STATUS_OK; i++) {
        const uint32_t level = level_at(observations, i, factor);
        const uint32_t other_level = level_at(observations, i, other);
        if (!applies(observations, i, other))
            continue;
        match(&along, other_level, level);
        if (applies(observations, i, factor))
            match(&back, level, other_level);
    }
    const bool told = status == STATUS_OK && are_repeated(observations, other_levels);
    *relation = FACTORS_CROSSED;
    if (told && along.single)
        *relation = FACTORS_CARRIED;
    else if (status == STATUS_OK && back.single && are_repeated(observations, levels))
        *relation = FACTORS_NESTED;
    else if (told && lacks_levels(observations, factor, other, along.met))
        *relation = FACTORS_NESTED;
    arena_release(&scratch);
    return status;
}

size_t contexts_cell(const struct contexts *contexts, size_t a, size_t b, size_t context,
                     size_t seed) {
    return ((a * contexts->value_counts[1] + b) * contexts->context_count + context) *
               contexts->seed_count +
           seed;
}

/* The others that are held equal are those crossed with all in focus. */
static enum status relate(const struct observations *observations, struct contexts *contexts,
                          struct error *error) {
    for (size_t i = 0; i < observations->factor_count; i++)
        for (size_t j = 0; j < contexts->focus_count; j++) {
            enum factor_relation relation = FACTORS_CARRIED;
            if (i != contexts->focus[0] && i != contexts->focus[contexts->focus_count - 1] &&
                observations->factors[i].varied) {
                enum status status =
                    factor_relation_to(observations, i, contexts->focus[j], &relation, error);
                if (status != STATUS_OK)
                    return status;
            }
            if (contexts->relations[i] != FACTORS_CARRIED && relation != FACTORS_CROSSED)
                contexts->relations[i] = relation;
        }
    return STATUS_OK;
}

static bool all_apply(const struct observations *observations, const struct contexts *contexts,
                      size_t item) {
    return applies(observations, item, contexts->focus[0]) &&
           applies(observations, item, contexts->focus[contexts->focus_count - 1]);
}

/* Each observation's context and seed, numbered; of those to which all in focus applies. */
struct places {
    size_t *contexts, *seeds;
};

static enum status place(const struct observations *observations, struct contexts *contexts,
                         struct places *places, struct error *error) {
    struct intern keys, seeds;
    uint32_t key[FACTORS_MAX];
    intern_init(&keys);
    intern_init(&seeds);
    for (size_t i = 0; i < observations->count; i++) {
        size_t length = 0;
        if (!all_apply(observations, contexts, i))
            continue;
        for (size_t j = 0; j < observations->factor_count; j++)
            if (contexts->relations[j] == FACTORS_CROSSED)
                key[length++] = level_at(observations, i, j);
        const uint64_t seed = observations->items[i].seed;
        places->contexts[i] = intern_number(&keys, key, length * sizeof *key, NULL);
        places->seeds[i] = intern_number(&seeds, &seed, sizeof seed, NULL);
        contexts->examples[places->contexts[i]] = i;
        contexts->seeds[places->seeds[i]] = seed;
    }
    contexts->context_count = keys.count;
    contexts->seed_count = seeds.count;
    const bool failed = keys.failed || seeds.failed;
    intern_release(&keys);
    intern_release(&seeds);
    return failed ? error_memory(error) : STATUS_OK;
}

/* Levels that apply come before the one that does not. */
static size_t applying_levels(const struct factor *factor) {
    size_t count = 0;
    while (count < factor->level_count && !factor->levels[count].none)
        count++;
    return count;
}

/* The cell of an observation to which all in focus applies. */
static size_t cell_of(const struct observations *observations, const struct contexts *contexts,
                      const struct places *places, size_t item) {
    const size_t a = level_at(observations, item, contexts->focus[0]);
    const size_t b =
        contexts->focus_count > 1 ? level_at(observations, item, contexts->focus[1]) : 0;
    return contexts_cell(contexts, a, b, places->contexts[item], places->seeds[item]);
}

static enum status fill(const struct observations *observations, struct contexts *contexts,
                        const struct places *places, size_t cell_count, struct arena *arena,
                        struct error *error) {
    uint32_t *counts = ARENA_NEW(arena, uint32_t, cell_count);
    if (!counts)
        return error_memory(error);
    for (size_t i = 0; i < observations->count; i++) {
        const struct observation *item = &observations->items[i];
        if (!all_apply(observations, contexts, i))
            continue;
        const size_t cell = cell_of(observations, contexts, places, i);
        counts[cell]++;
        contexts->cells[cell] += isfinite(item->value) ? item->value : (double)NAN;
        contexts->diverged[cell] |= item->status == OBSERVATION_DIVERGED;
    }
    for (size_t i = 0; i < cell_count; i++)
        contexts->cells[i] = counts[i] > 0 ? contexts->cells[i] / counts[i] : (double)NAN;
    return STATUS_OK;
}

enum status contexts_make(const struct observations *observations, const size_t *focus,
                          size_t focus_count, struct arena *arena, struct contexts *contexts,
                          struct error *error) {
    struct places places = {ARENA_NEW(arena, size_t, observations->count),
                            ARENA_NEW(arena, size_t, observations->count)};
    *contexts = (struct contexts){.focus_count = focus_count, .value_counts = {1, 1}};
    for (size_t i = 0; i < focus_count; i++) {
        contexts->focus[i] = focus[i];
        contexts->value_counts[i] = applying_levels(&observations->factors[focus[i]]);
    }
    contexts->relations = ARENA_NEW(arena, enum factor_relation, observations->factor_count);
    contexts->examples = ARENA_NEW(arena, size_t, observations->count);
    contexts->seeds = ARENA_NEW(arena, uint64_t, observations->count);
    if (!places.contexts || !places.seeds || !contexts->relations || !contexts->examples ||
        !contexts->seeds)
        return error_memory(error);
    enum status status = relate(observations, contexts, error);
    if (status == STATUS_OK)
        status = place(observations, contexts, &places, error);
    if (status != STATUS_OK)
        return status;
    size_t cells = contexts->value_counts[0] * contexts->value_counts[1];
    if (__builtin_mul_overflow(cells, contexts->context_count, &cells) ||
        __builtin_mul_overflow(cells, contexts->seed_count, &cells))
        return error_memory(error);
    /* Values that are hardly ever drawn twice, times as many contexts: hardly a cell has anything.
     */
    if (observations->searched && cells / CELLS_A_TRIAL > observations->count) {
        contexts->context_count = 0;
        return STATUS_OK;
    }
    contexts->cells = ARENA_NEW(arena, double, cells);
    contexts->diverged = ARENA_NEW(arena, bool, cells);
    if (!contexts->cells || !contexts->diverged)
        return error_memory(error);
    return fill(observations, contexts, &places, cells, arena, error);
}

enum status contexts_complete_part(const struct observations *observations,
                                   const struct contexts *contexts, const bool *present,
                                   struct arena *arena, struct block *block,
                                   struct complete_part *part, struct error *error) {
    enum status status = block_find(present, contexts->context_count, contexts->seed_count,
                                    PAIRED_REPLICATES_MIN, arena, block, error);
    if (status != STATUS_OK)
        return status;
    size_t *examples = ARENA_NEW(arena, size_t, block->row_count);
    uint64_t *seeds = ARENA_NEW(arena, uint64_t, block->column_count);
    const struct factor **held = ARENA_NEW(arena, const struct factor *, FACTORS_MAX);
    if (!examples || !seeds || !held)
        return error_memory(error);
    *part = (struct complete_part){.contexts_all = contexts->context_count,
                                   .seeds_all = contexts->seed_count,
                                   .held = held,
                                   .contexts = examples,
                                   .seeds = seeds,
                                   .largest = block->largest};
    for (size_t i = 0; i < contexts->context_count; i++)
        if (block->rows[i])
            examples[part->context_count++] = contexts->examples[i];
    for (size_t i = 0; i < contexts->seed_count; i++)
        if (block->columns[i])
            seeds[part->seed_count++] = contexts->seeds[i];
    for (size_t i = 0; i < observations->factor_count; i++)
        if (contexts->relations[i] == FACTORS_CROSSED)
            held[part->held_count++] = &observations->factors[i];
    return STATUS_OK;
}

bool complete_part_is_all(const struct complete_part *part) {
    return part->context_count == part->contexts_all && part->seed_count == part->seeds_all;
}
