#include "stats/anova_private.h"

#include "stats/numerics.h"

#include <math.h>

/* The normal equations of all parts together: column 0 is the constant, then each part has a column
 * for each of its factors' values but the first, or pairs of such values. */
struct fit {
    const struct anova_data *data;
    const struct anova *anova;
    size_t size;   /* columns */
    size_t *first; /* of each part; part_count + 1 */
    double *gram, *cross;
    size_t *columns; /* scratch */
};

static uint64_t bit(size_t factor) {
    return (uint64_t)1 << factor;
}

/* A part's factors. */
static uint64_t members_of(const struct anova_part *part) {
    return bit(part->factors[0]) | (part->order == 2 ? bit(part->factors[1]) : 0);
}

/* The same and those they are nested in. */
static uint64_t ancestry_of(const struct anova_data *data, const struct anova_part *part) {
    uint64_t set = members_of(part);
    for (size_t i = 0; i < part->order && data->parents; i++)
        set |= data->parents[part->factors[i]];
    return set;
}

/* The part's column that is 1 at the observation, or 0 when it is at a first value. */
static size_t column_at(const struct fit *fit, size_t part, const uint32_t *levels) {
    const struct anova_part *of = &fit->anova->parts[part];
    const size_t a = levels[of->factors[0]];
    if (a == 0)
        return 0;
    if (of->order == 1)
        return fit->first[part] + a - 1;
    const size_t b = levels[of->factors[1]];
    const size_t width = fit->data->level_counts[of->factors[1]] - 1;
    return b == 0 ? 0 : fit->first[part] + (a - 1) * width + b - 1;
}

static void add_observation(const struct fit *fit, size_t observation) {
    const uint32_t *levels = fit->data->levels + observation * fit->data->factor_count;
    const double value = fit->data->values[observation] - fit->anova->mean;
    size_t count = 0;
    fit->columns[count++] = 0;
    for (size_t i = 0; i < fit->anova->part_count; i++) {
        const size_t column = column_at(fit, i, levels);
        if (column > 0)
            fit->columns[count++] = column;
    }
    for (size_t i = 0; i < count; i++) {
        fit->cross[fit->columns[i]] += value;
        for (size_t j = 0; j < count; j++)
            fit->gram[fit->columns[i] * fit->size + fit->columns[j]]++;
    }
}

static enum status make_fit(const struct anova_data *data, const struct anova *anova,
                            struct arena *arena, struct fit *fit, struct error *error) {
    *fit = (struct fit){.data = data, .anova = anova, .size = 1};
    fit->first = ARENA_NEW(arena, size_t, anova->part_count + 1);
    if (!fit->first)
        return error_memory(error);
    for (size_t i = 0; i < anova->part_count; i++) {
        fit->first[i] = fit->size;
        fit->size += anova->parts[i].freedom;
    }
    fit->first[anova->part_count] = fit->size;
    fit->gram = ARENA_NEW(arena, double, fit->size * fit->size);
    fit->cross = ARENA_NEW(arena, double, fit->size);
    fit->columns = ARENA_NEW(arena, size_t, fit->size + anova->part_count);
    if (!fit->gram || !fit->cross || !fit->columns)
        return error_memory(error);
    for (size_t i = 0; i < data->count; i++)
        add_observation(fit, i);
    return STATUS_OK;
}

/* How much of the sum of squares the parts explain that do not contain `part`, with or without that
 * one itself; all of them for `part` = part_count. */
static enum status explained_without(const struct fit *fit, size_t part, bool itself,
                                     double *explained, size_t *rank, struct error *error) {
    const struct anova *anova = fit->anova;
    size_t count = 0;
    fit->columns[count++] = 0;
    for (size_t i = 0; i < anova->part_count; i++) {
        bool used = i == part ? itself : true;
        if (part < anova->part_count && i != part) {
            const uint64_t members = members_of(&anova->parts[part]);
            used = (ancestry_of(fit->data, &anova->parts[i]) & members) != members;
        }
        for (size_t column = fit->first[i]; used && column < fit->first[i + 1]; column++)
            fit->columns[count++] = column;
    }
    return numerics_explained(fit->gram, fit->cross, fit->size, fit->columns, count, explained,
                              rank, error);
}

enum status anova_of_fit(const struct anova_data *data, struct arena *arena, struct anova *anova,
                         struct error *error) {
    const double total = anova->variance * (double)data->count;
    struct fit fit;
    double all = 0;
    size_t rank = 0;
    enum status status = make_fit(data, anova, arena, &fit, error);
    if (status == STATUS_OK)
        status = explained_without(&fit, anova->part_count, false, &all, &rank, error);
    anova->rest = fmax(0, 1 - all / total);
    for (size_t i = 0; i < anova->part_count && status == STATUS_OK; i++) {
        double without = 0, with = 0;
        size_t rank_without = 0, rank_with = 0;
        status = explained_without(&fit, i, false, &without, &rank_without, error);
        if (status == STATUS_OK)
            status = explained_without(&fit, i, true, &with, &rank_with, error);
        anova->parts[i].share = (with - without) / total;
        anova->parts[i].freedom = rank_with - rank_without;
    }
    return status;
}
