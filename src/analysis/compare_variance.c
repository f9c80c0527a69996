#include "analysis/comparison.h"

#include "analysis/contexts.h"

#include <math.h>
#include <string.h>

/* Whether trials with a value have more than one of the factor's levels. */
static bool differs(const struct observations *observations, size_t factor) {
    const uint32_t *first = NULL;
    for (size_t i = 0; i < observations->count; i++) {
        const uint32_t *levels = observations->levels + i * observations->factor_count;
        if (!isfinite(observations->items[i].value))
            continue;
        if (first && first[factor] != levels[factor])
            return true;
        first = first ? first : levels;
    }
    return false;
}

/* How a factor stands to those chosen so far. */
struct standing_to_others {
    bool along;                 /* it always changes together with one of them */
    uint64_t within, contained; /* it is nested in these, and these are nested in it */
};

static enum status relate(const struct observations *observations, size_t factor,
                          const struct variance_comparison *comparison,
                          struct standing_to_others *standing, struct error *error) {
    *standing = (struct standing_to_others){0};
    for (size_t i = 0; i < comparison->factor_count; i++) {
        enum factor_relation forth, back;
        const size_t other = factor_index(observations, comparison->factors[i]);
        enum status status = factor_relation_to(observations, factor, other, &forth, error);
        if (status == STATUS_OK)
            status = factor_relation_to(observations, other, factor, &back, error);
        if (status != STATUS_OK)
            return status;
        standing->along |= forth == FACTORS_CARRIED && back == FACTORS_CARRIED;
        standing->within |= forth == FACTORS_NESTED ? (uint64_t)1 << i : 0;
        standing->contained |= back == FACTORS_NESTED ? (uint64_t)1 << i : 0;
    }
    return STATUS_OK;
}

/* The factors to share the variance among: those that vary, but of two that always change together
 * the first. */
static enum status choose_factors(const struct observations *observations,
                                  struct variance_comparison *comparison, uint64_t *parents,
                                  struct error *error) {
    for (size_t i = 0; i < observations->factor_count; i++) {
        struct standing_to_others standing;
        if (!observations->factors[i].varied || !differs(observations, i))
            continue;
        enum status status = relate(observations, i, comparison, &standing, error);
        if (status != STATUS_OK)
            return status;
        if (standing.along)
            continue;
        const size_t at = comparison->factor_count++;
        comparison->factors[at] = &observations->factors[i];
        parents[at] = standing.within;
        for (size_t j = 0; j < at; j++)
            parents[j] |= (standing.contained >> j & 1) << at;
    }
    return STATUS_OK;
}

/* The observations with a value, their levels numbered anew: those that no value was seen at are
 * none. */
static enum status collect(const struct observations *observations,
                           const struct variance_comparison *comparison, struct arena *arena,
                           struct anova_data *data, struct error *error) {
    const size_t factors = comparison->factor_count;
    double *values = ARENA_NEW(arena, double, observations->count);
    uint32_t *levels = ARENA_NEW(arena, uint32_t, observations->count * factors);
    size_t *level_counts = ARENA_NEW(arena, size_t, factors);
    if (!values || !levels || !level_counts)
        return error_memory(error);
    for (size_t i = 0; i < observations->count; i++)
        if (isfinite(observations->items[i].value))
            values[data->count++] = observations->items[i].value;
    for (size_t j = 0; j < factors; j++) {
        const size_t at = factor_index(observations, comparison->factors[j]);
        uint32_t *numbers = ARENA_NEW(arena, uint32_t, comparison->factors[j]->level_count);
        if (!numbers)
            return error_memory(error);
        for (size_t i = 0, row = 0; i < observations->count; i++) {
            const uint32_t level = observations->levels[i * observations->factor_count + at];
            if (!isfinite(observations->items[i].value))
                continue;
            if (numbers[level] == 0)
                numbers[level] = (uint32_t)++level_counts[j];
            levels[row++ * factors + j] = numbers[level] - 1;
        }
    }
    data->factor_count = factors;
    data->values = values;
    data->levels = levels;
    data->level_counts = level_counts;
    return STATUS_OK;
}

/* Have the values of a factor with parts be its choices, since what the parts do is their own. */
static enum status take_choices(struct observations *observations, size_t at, struct arena *arena,
                                struct error *error) {
    struct factor *factor = &observations->factors[at];
    const struct level *levels = factor->levels;
    factor->level_count = factor->choice_count + 1; /* with none */
    factor->levels = ARENA_NEW(arena, struct level, factor->level_count);
    if (!factor->levels)
        return error_memory(error);
    factor->levels[factor->choice_count].none = true;
    for (size_t i = 0; i < observations->count; i++) {
        uint32_t *level = &observations->levels[i * observations->factor_count + at];
        const struct level *own = &levels[*level];
        *level = own->none ? (uint32_t)factor->choice_count : own->choice;
        factor->levels[*level] = *own;
    }
    return STATUS_OK;
}

/* A copy in which all factors with parts have choices. */
static enum status with_choices(const struct observations *observations, struct arena *arena,
                                struct observations *copy, struct error *error) {
    const size_t width = observations->factor_count;
    enum status status = STATUS_OK;
    *copy = *observations;
    copy->factors = ARENA_NEW(arena, struct factor, width);
    copy->levels = ARENA_NEW(arena, uint32_t, width * observations->count);
    if (!copy->factors || !copy->levels)
        return error_memory(error);
    memcpy(copy->factors, observations->factors, width * sizeof *copy->factors);
    memcpy(copy->levels, observations->levels, width * observations->count * sizeof *copy->levels);
    for (size_t i = 0; i < width && status == STATUS_OK; i++)
        if (copy->factors[i].choice_count > 1)
            status = take_choices(copy, i, arena, error);
    return status;
}

static enum status compare_choices(const struct observations *observations, struct arena *arena,
                                   struct variance_comparison *comparison, struct error *error) {
    uint64_t parents[FACTORS_MAX] = {0};
    struct anova_data data = {.parents = parents, .sampled = observations->searched};
    *comparison = (struct variance_comparison){
        .factors = ARENA_NEW(arena, const struct factor *, observations->factor_count)};
    if (!comparison->factors)
        return error_memory(error);
    enum status status = choose_factors(observations, comparison, parents, error);
    if (status == STATUS_OK)
        status = collect(observations, comparison, arena, &data, error);
    comparison->trials = data.count;
    if (status == STATUS_OK)
        status = anova_decompose(&data, arena, &comparison->anova, error);
    comparison->sampled = observations->searched && comparison->anova.method == ANOVA_NONE;
    return status == STATUS_OK && comparison->sampled
               ? compare_importance(observations, arena, comparison, error)
               : status;
}

enum status compare_variance(const struct observations *observations, struct arena *arena,
                             struct variance_comparison *comparison, struct error *error) {
    struct observations copy;
    enum status status = with_choices(observations, arena, &copy, error);
    if (status == STATUS_OK)
        status = compare_choices(&copy, arena, comparison, error);
    for (size_t i = 0; status == STATUS_OK && i < comparison->factor_count; i++)
        comparison->factors[i] =
            &observations->factors[factor_index(&copy, comparison->factors[i])];
    return status;
}

double variance_share(const struct variance_comparison *comparison, const struct factor *factor) {
    for (size_t i = 0; i < comparison->anova.part_count; i++) {
        const struct anova_part *part = &comparison->anova.parts[i];
        if (part->order == 1 && comparison->factors[part->factors[0]] == factor)
            return part->share;
    }
    return (double)NAN;
}
