#include "analysis/compare.h"

#include <math.h>
#include <string.h>

/* "epochs, activation": the hyperparameters that vary. */
static void list_varied(const struct observations *observations, struct text *list) {
    bool any = false;
    for (size_t i = 0; i < observations->factor_count; i++) {
        if (!observations->factors[i].varied)
            continue;
        text_printf(list, "%s%s", any ? ", " : "", observations->factors[i].name);
        any = true;
    }
    if (!any)
        text_append(list, "nothing");
}

static enum status fail_name(const struct observations *observations, const char *name,
                             const struct hyperparameter *known, struct error *error) {
    const char *names[HP_COUNT + FACTORS_MAX];
    size_t count = HP_COUNT;
    struct text varied;
    text_init(&varied);
    list_varied(observations, &varied);
    hyperparameter_list_names(names);
    for (size_t i = 0; i < observations->factor_count; i++)
        if (observations->factors[i].part)
            names[count++] = observations->factors[i].name;
    const char *nearest = text_nearest(name, names, count);
    if (known)
        error_set(error, STATUS_USAGE,
                  "no two of these trials differ in %s alone; what varies by itself: %s",
                  hyperparameter_column(known), varied.data);
    else
        error_set(error, STATUS_USAGE,
                  "unknown hyperparameter '%.64s'; %s%s%s varies in this sweep: %s", name,
                  nearest ? "did you mean '" : "", nearest ? nearest : "",
                  nearest ? "'? What" : "what", varied.data);
    text_release(&varied);
    return STATUS_USAGE;
}

static enum status find_named(const struct observations *observations, const char *const *names,
                              size_t count, const struct factor **factors, size_t *factor_count,
                              struct error *error) {
    for (size_t i = 0; i < count; i++) {
        const struct factor *factor = observations_named(observations, names[i]);
        bool again = false;
        if (!factor || !factor_differs(factor))
            return fail_name(observations, names[i], hyperparameter_find(names[i]), error);
        for (size_t j = 0; j < *factor_count; j++)
            again |= factors[j] == factor;
        if (!again)
            factors[(*factor_count)++] = factor;
    }
    return STATUS_OK;
}

static enum status choose_factors(struct comparison *comparison, const char *const *names,
                                  size_t count, const struct factor **factors,
                                  struct error *error) {
    const struct observations *observations = comparison->observations;
    comparison->overview = count == 0;
    if (count > 0)
        return find_named(observations, names, count, factors, &comparison->factor_count, error);
    for (size_t i = 0; i < observations->factor_count; i++)
        if (observations->factors[i].varied)
            factors[comparison->factor_count++] = &observations->factors[i];
    return STATUS_OK;
}

static const char *reference_of(const struct observations *observations,
                                const struct factor *factor,
                                const struct compare_reference *references, size_t count) {
    const char *reference = NULL;
    for (size_t i = 0; i < count; i++)
        if (observations_named(observations, references[i].name) == factor)
            reference = references[i].text;
    return reference;
}

static enum status check_references(const struct observations *observations,
                                    const struct factor *const *factors, size_t factor_count,
                                    const struct compare_reference *references, size_t count,
                                    struct error *error) {
    for (size_t i = 0; i < count; i++) {
        bool used = false;
        for (size_t j = 0; j < factor_count; j++)
            used |= observations_named(observations, references[i].name) == factors[j];
        if (!used)
            return error_set(error, STATUS_USAGE,
                             "--reference is of %s, which is not compared here",
                             references[i].name);
    }
    return STATUS_OK;
}

static enum status compare_pairs(struct comparison *comparison, const struct factor **factors,
                                 struct arena *arena, struct error *error) {
    const size_t count = comparison->factor_count, most = count * count / 2;
    const struct factor **pairs = ARENA_NEW(arena, const struct factor *, 2 * most + 2);
    comparison->pairs = ARENA_NEW(arena, struct interaction_comparison, most + 1);
    if (!pairs || !comparison->pairs)
        return error_memory(error);
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            pairs[2 * comparison->pair_count] = factors[i];
            pairs[2 * comparison->pair_count + 1] = factors[j];
            comparison->pair_count++;
        }
    return compare_interactions(comparison->observations, pairs, comparison->pair_count, arena,
                                comparison->pairs, error);
}

enum status compare(const struct observations *observations, const char *const *names,
                    size_t name_count, const struct compare_reference *references,
                    size_t reference_count, struct arena *arena, struct comparison *comparison,
                    struct error *error) {
    const struct factor *factors[FACTORS_MAX];
    *comparison = (struct comparison){.observations = observations};
    enum status status = choose_factors(comparison, names, name_count, factors, error);
    if (status == STATUS_OK)
        status = check_references(observations, factors, comparison->factor_count, references,
                                  reference_count, error);
    if (status != STATUS_OK)
        return status;
    comparison->factors = ARENA_NEW(arena, struct factor_comparison, comparison->factor_count);
    if (!comparison->factors)
        return error_memory(error);
    for (size_t i = 0; i < comparison->factor_count && status == STATUS_OK; i++)
        status = compare_factor(observations, factors[i],
                                reference_of(observations, factors[i], references, reference_count),
                                arena, &comparison->factors[i], error);
    if (status == STATUS_OK && !comparison->overview)
        status = compare_pairs(comparison, factors, arena, error);
    if (status == STATUS_OK)
        status = compare_variance(observations, arena, &comparison->variance, error);
    if (status == STATUS_OK)
        status = compare_settings(observations, arena, &comparison->best, error);
    if (status == STATUS_OK)
        status = search_history_of(observations, arena, &comparison->search, error);
    return status;
}

/* Those of the names that vary in a part of the observations. Of the whole they are known. */
static size_t keep_varied(const struct observations *part, const char *const *names, size_t count,
                          const char **kept) {
    size_t kept_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct factor *factor = observations_named(part, names[i]);
        if (factor && factor_differs(factor))
            kept[kept_count++] = names[i];
    }
    return kept_count;
}

static enum status check_quantities(const struct comparisons *comparisons,
                                    const struct factor *const *factors, size_t count,
                                    struct error *error) {
    const struct quantities *quantities = &comparisons->quantities;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < quantities->factor_count; j++)
            if (factors[i] == quantities->factors[j])
                return error_set(
                    error, STATUS_USAGE,
                    "%s can't be compared by %s: trials that differ in it have different "
                    "quantities as their %s, of which none is better; --metric names another "
                    "score, as %s",
                    factors[i]->name, comparisons->observations->column,
                    comparisons->observations->column,
                    factors[i]->hyperparameter->defines == DEFINES_MEASURED
                        ? "train_seconds, and without a name the others are compared within each"
                        : "val_accuracy");
    return STATUS_OK;
}

/* One quantity's. Without any of the named hyperparameters nothing but its title is left. */
static enum status compare_part(struct comparisons *comparisons, size_t quantity,
                                const char *const *names, size_t name_count,
                                const struct compare_reference *references, size_t reference_count,
                                struct arena *arena, struct error *error) {
    const char *kept[FACTORS_MAX];
    struct compare_reference own[FACTORS_MAX];
    size_t own_count = 0;
    struct comparison *comparison = &comparisons->items[quantity];
    struct observations *part = ARENA_NEW(arena, struct observations, 1);
    if (!part)
        return error_memory(error);
    enum status status = quantities_part(comparisons->observations, &comparisons->quantities,
                                         quantity, arena, part, error);
    if (status != STATUS_OK)
        return status;
    const size_t count = keep_varied(part, names, name_count, kept);
    for (size_t i = 0; i < reference_count; i++) {
        const struct factor *factor = observations_named(part, references[i].name);
        if (factor && factor_differs(factor))
            own[own_count++] = references[i];
    }
    *comparison = (struct comparison){.observations = part};
    return name_count > 0 && count == 0
               ? STATUS_OK
               : compare(part, kept, count, own, own_count, arena, comparison, error);
}

enum status compare_each(const struct observations *observations, const char *const *names,
                         size_t name_count, const struct compare_reference *references,
                         size_t reference_count, struct arena *arena,
                         struct comparisons *comparisons, struct error *error) {
    const struct factor *factors[FACTORS_MAX];
    size_t factor_count = 0;
    *comparisons = (struct comparisons){.observations = observations};
    enum status status = quantities_of(observations, arena, &comparisons->quantities, error);
    const size_t count = comparisons->quantities.count;
    comparisons->items = ARENA_NEW(arena, struct comparison, count > 0 ? count : 1);
    if (status == STATUS_OK && !comparisons->items)
        status = error_memory(error);
    if (status != STATUS_OK || count < 2)
        return status == STATUS_OK ? compare(observations, names, name_count, references,
                                             reference_count, arena, comparisons->items, error)
                                   : status;
    status = find_named(observations, names, name_count, factors, &factor_count, error);
    if (status == STATUS_OK)
        status = check_quantities(comparisons, factors, factor_count, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = compare_part(comparisons, i, names, name_count, references, reference_count, arena,
                              error);
    return status;
}
