#include "analysis/comparison.h"

#include "analysis/contexts.h"
#include "analysis/grouped.h"

#include <math.h>
#include <string.h>

/* Relative tolerance below which a difference counts as rounding error. */
#define ROUNDING 1e-13

const char *verdict_text(enum verdict verdict) {
    static const char *const texts[] = {
        [VERDICT_REFERENCE] = "reference",
        [VERDICT_BETTER] = "better",
        [VERDICT_WORSE] = "worse",
        [VERDICT_BETTER_BUT] = "better, but more diverge",
        [VERDICT_WORSE_BUT] = "worse, but fewer diverge",
        [VERDICT_DEPENDS] = "depends",
        [VERDICT_SAME] = "the same",
        [VERDICT_UNCLEAR] = "no clear difference",
        [VERDICT_FEW] = "not enough repeats to tell",
        [VERDICT_UNPAIRED] = "no pairs to compare",
    };
    return texts[verdict];
}

/* What the steps of one comparison share. */
struct work {
    const struct observations *observations;
    struct contexts contexts;
    struct arena *arena;
    struct factor_comparison *comparison;
};

static bool is_default(const struct factor *factor, const struct level *level) {
    const char *standard = factor->hyperparameter->standard;
    return standard && strcmp(standard, level->text) == 0;
}

static enum status fail_reference(const struct factor_comparison *comparison, const char *reference,
                                  struct error *error) {
    struct text list;
    text_init(&list);
    for (size_t i = 0; i < comparison->value_count; i++)
        text_printf(&list, "%s%s", i > 0 ? ", " : "", comparison->values[i].level->text);
    enum status status = error_set(error, STATUS_USAGE,
                                   "no trial here has %s=%.100s to be the reference; there are "
                                   "%.600s",
                                   comparison->factor->name, reference, list.data);
    text_release(&list);
    return status;
}

static enum status choose_reference(struct factor_comparison *comparison, const char *reference,
                                    struct error *error) {
    bool found = false;
    for (size_t i = 0; i < comparison->value_count && !found; i++) {
        const struct level *level = comparison->values[i].level;
        found =
            reference ? strcmp(level->text, reference) == 0 : is_default(comparison->factor, level);
        if (found)
            comparison->reference = i;
    }
    if (reference && !found)
        return fail_reference(comparison, reference, error);
    if (comparison->value_count > 0)
        comparison->reference_is_default =
            is_default(comparison->factor, comparison->values[comparison->reference].level);
    return STATUS_OK;
}

/* Count and summarise all trials at each value. */
static enum status describe_values(struct work *work, struct error *error) {
    const struct observations *observations = work->observations;
    struct factor_comparison *comparison = work->comparison;
    double *scores = ARENA_NEW(work->arena, double, observations->count);
    size_t *groups = ARENA_NEW(work->arena, size_t, observations->count);
    struct summary *summaries;
    if (!scores || !groups)
        return error_memory(error);
    for (size_t i = 0; i < observations->count; i++) {
        const struct observation *item = &observations->items[i];
        const size_t level =
            observations->levels[i * observations->factor_count + work->contexts.focus[0]];
        scores[i] = item->value;
        groups[i] = level < comparison->value_count ? level : comparison->value_count;
        if (groups[i] == comparison->value_count)
            continue;
        comparison->values[level].trials++;
        comparison->values[level].diverged += item->status == OBSERVATION_DIVERGED;
    }
    enum status status = grouped_summaries(scores, groups, observations->count,
                                           comparison->value_count, work->arena, &summaries, error);
    for (size_t i = 0; status == STATUS_OK && i < comparison->value_count; i++)
        comparison->values[i].summary = summaries[i];
    return status;
}

/* a - b, and 0 where rounding may have made all of it. */
static double difference(double a, double b) {
    return fabs(a - b) <= ROUNDING * fmax(fabs(a), fabs(b)) ? 0 : a - b;
}

/* Count the pairs in which the value is better, a diverged trial being worse than any other. */
static void judge_pairs(const struct work *work, size_t at) {
    const struct contexts *contexts = &work->contexts;
    struct value_comparison *value = &work->comparison->values[at];
    const double sign = work->observations->maximize ? 1 : -1;
    const size_t cells = contexts->context_count * contexts->seed_count;
    const size_t mine = contexts_cell(contexts, at, 0, 0, 0);
    const size_t other = contexts_cell(contexts, work->comparison->reference, 0, 0, 0);
    for (size_t i = 0; i < cells; i++) {
        const double a = contexts->cells[mine + i], b = contexts->cells[other + i];
        const bool a_diverged = contexts->diverged[mine + i];
        const bool b_diverged = contexts->diverged[other + i];
        if ((isnan(a) && !a_diverged) || (isnan(b) && !b_diverged))
            continue;
        value->judged++;
        value->lost += a_diverged && !b_diverged;
        value->won += b_diverged && !a_diverged;
        value->better += b_diverged ? !a_diverged : sign * difference(a, b) > 0;
    }
}

/* The mean difference in a seed, values standing `stride` apart from context to context. Where
 * differences cancel each other, the rounding errors of those that are not 0 are left. */
static double mean_difference(const double *mine, const double *other, const bool *used,
                              size_t count, size_t stride) {
    double sum = 0, size = 0;
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (!used[i])
            continue;
        const double one = difference(mine[i * stride], other[i * stride]);
        sum += one;
        if (one != 0)
            size += fmax(fabs(mine[i * stride]), fabs(other[i * stride]));
        n++;
    }
    return fabs(sum) <= ROUNDING * size ? 0 : sum / (double)n;
}

/* The value's difference from the reference in each seed, averaged over the contexts in which all
 * seeds that are used have both. */
static enum status pair(struct work *work, size_t at, struct error *error) {
    const struct contexts *contexts = &work->contexts;
    struct value_comparison *value = &work->comparison->values[at];
    const size_t contexts_count = contexts->context_count, seeds = contexts->seed_count;
    const double *mine = &contexts->cells[contexts_cell(contexts, at, 0, 0, 0)];
    const double *other =
        &contexts->cells[contexts_cell(contexts, work->comparison->reference, 0, 0, 0)];
    struct block block;
    bool *present = ARENA_NEW(work->arena, bool, contexts_count *seeds);
    value->differences = ARENA_NEW(work->arena, double, seeds);
    if (!present || !value->differences)
        return error_memory(error);
    for (size_t i = 0; i < contexts_count * seeds; i++)
        present[i] = !isnan(mine[i]) && !isnan(other[i]);
    enum status status = contexts_complete_part(work->observations, contexts, present, work->arena,
                                                &block, &value->part, error);
    if (status != STATUS_OK)
        return status;
    for (size_t seed = 0; seed < seeds; seed++)
        if (block.columns[seed])
            value->differences[value->paired.n++] =
                mean_difference(mine + seed, other + seed, block.rows, contexts_count, seeds);
    judge_pairs(work, at);
    return STATUS_OK;
}

static enum verdict judge(const struct value_comparison *value, size_t family, bool maximize) {
    const struct paired *paired = &value->paired;
    bool same = true;
    for (size_t i = 0; i < paired->n; i++)
        same &= value->differences[i] == 0;
    if (paired->n == 0)
        return VERDICT_UNPAIRED;
    if (value->p_holm <= PAIRED_LEVEL && (paired->mean > 0) == maximize)
        return value->lost > value->won ? VERDICT_BETTER_BUT : VERDICT_BETTER;
    if (value->p_holm <= PAIRED_LEVEL)
        return value->won > value->lost ? VERDICT_WORSE_BUT : VERDICT_WORSE;
    if (paired->n < PAIRED_REPLICATES_MIN)
        return VERDICT_FEW;
    if (same)
        return VERDICT_SAME;
    return paired->test == PAIRED_NONE || paired->n < paired_replicates_for_exact(family)
               ? VERDICT_FEW
               : VERDICT_UNCLEAR;
}

static enum status test_values(struct work *work, struct error *error) {
    struct factor_comparison *comparison = work->comparison;
    const size_t count = comparison->value_count;
    double *p = ARENA_NEW(work->arena, double, count),
           *adjusted = ARENA_NEW(work->arena, double, count);
    if (!p || !adjusted)
        return error_memory(error);
    for (size_t i = 0; i < count; i++)
        comparison->family +=
            i != comparison->reference && comparison->values[i].paired.n >= PAIRED_REPLICATES_MIN;
    for (size_t i = 0; i < count; i++) {
        struct value_comparison *value = &comparison->values[i];
        paired_compare(value->differences, value->paired.n, comparison->family, &value->paired);
        p[i] = adjusted[i] = value->paired.p;
    }
    /* Without a test there is nothing to correct, of the thousands of values of a search either. */
    if (comparison->family > 1)
        holm_adjust(p, count, adjusted);
    for (size_t i = 0; i < count; i++) {
        struct value_comparison *value = &comparison->values[i];
        value->p_holm = adjusted[i];
        value->verdict = i == comparison->reference
                             ? VERDICT_REFERENCE
                             : judge(value, comparison->family, work->observations->maximize);
    }
    return STATUS_OK;
}

static void find_best(const struct observations *observations,
                      struct factor_comparison *comparison) {
    const double sign = observations->maximize ? 1 : -1;
    double most = 0;
    comparison->best = comparison->reference;
    for (size_t i = 0; i < comparison->value_count; i++) {
        const double gain = sign * comparison->values[i].paired.mean;
        if (i != comparison->reference && gain > most) {
            most = gain;
            comparison->best = i;
        }
    }
}

/* Whether a factor has more than one value where the compared one applies. */
static bool differs(const struct work *work, size_t factor) {
    const struct observations *observations = work->observations;
    const size_t focus = work->contexts.focus[0];
    const uint32_t *first = NULL;
    for (size_t i = 0; i < observations->count; i++) {
        const uint32_t *levels = observations->levels + i * observations->factor_count;
        if (observations->factors[focus].levels[levels[focus]].none)
            continue;
        if (first && first[factor] != levels[factor])
            return true;
        first = first ? first : levels;
    }
    return false;
}

/* Whether one of two is a part of the other's values, which of course changes with it. */
static bool are_one(const struct factor *a, const struct factor *b) {
    const struct axis *part = a->part ? a->part : b->part;
    const struct factor *whole = a->part ? b : a;
    return part && !whole->part && hyperparameter_id_of(whole->hyperparameter) == part->id;
}

/* Note what is not held equal. */
static enum status list_relations(struct work *work, struct error *error) {
    const struct observations *observations = work->observations;
    struct factor_comparison *comparison = work->comparison;
    comparison->carried = ARENA_NEW(work->arena, const struct factor *, observations->factor_count);
    comparison->nested = ARENA_NEW(work->arena, const struct factor *, observations->factor_count);
    if (!comparison->carried || !comparison->nested)
        return error_memory(error);
    for (size_t i = 0; i < observations->factor_count; i++) {
        const struct factor *factor = &observations->factors[i];
        const enum factor_relation relation = work->contexts.relations[i];
        if (factor == comparison->factor || !factor->varied || relation == FACTORS_CROSSED ||
            are_one(factor, comparison->factor) || !differs(work, i))
            continue;
        if (relation == FACTORS_CARRIED)
            comparison->carried[comparison->carried_count++] = factor;
        else
            comparison->nested[comparison->nested_count++] = factor;
    }
    return STATUS_OK;
}

static enum status compare_values(struct work *work, const char *reference, struct error *error) {
    struct factor_comparison *comparison = work->comparison;
    comparison->contexts = work->contexts.context_count;
    comparison->seeds = work->contexts.seed_count;
    comparison->value_count = work->contexts.value_counts[0];
    comparison->values = ARENA_NEW(work->arena, struct value_comparison, comparison->value_count);
    if (!comparison->values)
        return error_memory(error);
    for (size_t i = 0; i < comparison->value_count; i++)
        comparison->values[i].level = &comparison->factor->levels[i];
    enum status status = choose_reference(comparison, reference, error);
    if (status == STATUS_OK)
        status = describe_values(work, error);
    for (size_t i = 0; i < comparison->value_count && status == STATUS_OK; i++)
        if (i != comparison->reference && comparison->contexts > 0)
            status = pair(work, i, error);
    if (status == STATUS_OK)
        status = test_values(work, error);
    if (status == STATUS_OK)
        status = list_relations(work, error);
    find_best(work->observations, comparison);
    return status;
}

enum status compare_factor(const struct observations *observations, const struct factor *factor,
                           const char *reference, struct arena *arena,
                           struct factor_comparison *comparison, struct error *error) {
    struct work work = {.observations = observations, .arena = arena, .comparison = comparison};
    const size_t focus = factor_index(observations, factor);
    *comparison = (struct factor_comparison){.factor = factor};
    enum status status = contexts_make(observations, &focus, 1, arena, &work.contexts, error);
    return status == STATUS_OK ? compare_values(&work, reference, error) : status;
}
