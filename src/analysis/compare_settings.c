#include "analysis/comparison.h"

#include "analysis/grouped.h"
#include "base/intern.h"
#include "stats/best.h"

#include <math.h>
#include <stdlib.h>

/* Scores as a table, settings x seeds; NaN where a trial has none. */
struct score_table {
    size_t setting_count, seed_count;
    double *values;
    size_t *first;  /* of each setting: an observation */
    bool *diverged; /* a trial of the setting did */
    struct summary *summaries;
};

static enum status lay_out(const struct observations *observations, struct arena *arena,
                           struct score_table *table, struct error *error) {
    struct intern seeds;
    size_t *columns = ARENA_NEW(arena, size_t, observations->count);
    size_t cells = 0;
    if (!columns)
        return error_memory(error);
    intern_init(&seeds);
    for (size_t i = 0; i < observations->count; i++)
        columns[i] = intern_number(&seeds, &observations->items[i].seed,
                                   sizeof observations->items[i].seed, NULL);
    *table = (struct score_table){.setting_count = observations->setting_count,
                                  .seed_count = seeds.count};
    const bool failed =
        seeds.failed || __builtin_mul_overflow(table->setting_count, table->seed_count, &cells);
    intern_release(&seeds);
    table->values = failed ? NULL : ARENA_NEW(arena, double, cells);
    table->first = ARENA_NEW(arena, size_t, table->setting_count);
    table->diverged = ARENA_NEW(arena, bool, table->setting_count);
    table->summaries = ARENA_NEW(arena, struct summary, table->setting_count);
    if (!table->values || !table->first || !table->diverged || !table->summaries)
        return error_memory(error);
    for (size_t i = 0; i < cells; i++)
        table->values[i] = (double)NAN;
    for (size_t i = 0; i < observations->count; i++) {
        const struct observation *item = &observations->items[i];
        table->first[item->setting] = i;
        table->diverged[item->setting] |= item->status == OBSERVATION_DIVERGED;
        if (isfinite(item->value))
            table->values[item->setting * table->seed_count + columns[i]] = item->value;
    }
    for (size_t i = 0; i < table->setting_count; i++)
        table->summaries[i] = summary_of(table->values + i * table->seed_count, table->seed_count);
    return STATUS_OK;
}

/* The best mean among the settings with most completed repeats: one that was lucky once, where its
 * other trials diverged, is not it. */
static size_t find_best(const struct score_table *table, double sign) {
    size_t best = 0;
    for (size_t i = 1; i < table->setting_count; i++) {
        const struct summary *a = &table->summaries[i], *b = &table->summaries[best];
        if (a->n > b->n || (a->n == b->n && sign * a->mean > sign * b->mean))
            best = i;
    }
    return best;
}

/* How far a setting falls short of the best in the seeds that both have; whether it is excluded. */
static bool fall_short(const struct score_table *table, size_t best, size_t setting, double sign,
                       size_t others, double *scratch, struct setting_comparison *item) {
    const double *mine = table->values + setting * table->seed_count;
    const double *top = table->values + best * table->seed_count;
    item->common = 0;
    for (size_t i = 0; i < table->seed_count; i++)
        if (!isnan(mine[i]) && !isnan(top[i]))
            scratch[item->common++] = sign * (top[i] - mine[i]);
    item->shortfall = summary_of(scratch, item->common).mean;
    return best_excludes(scratch, item->common, others);
}

static int best_first(const void *a, const void *b) {
    const struct setting_comparison *x = a, *y = b;
    if (x->summary.mean != y->summary.mean)
        return x->summary.mean > y->summary.mean ? -1 : 1;
    return (x->observation > y->observation) - (x->observation < y->observation);
}

static int lowest_first(const void *a, const void *b) {
    const struct setting_comparison *x = a, *y = b;
    return x->summary.mean != y->summary.mean ? -best_first(a, b) : best_first(a, b);
}

static enum status choose(const struct observations *observations, const struct score_table *table,
                          struct arena *arena, struct best_comparison *comparison,
                          struct error *error) {
    const double sign = observations->maximize ? 1 : -1;
    const size_t best = find_best(table, sign);
    double *scratch = ARENA_NEW(arena, double, table->seed_count);
    comparison->items = ARENA_NEW(arena, struct setting_comparison, table->setting_count);
    if (!scratch || !comparison->items)
        return error_memory(error);
    comparison->enough = table->summaries[best].n >= PAIRED_REPLICATES_MIN;
    for (size_t i = 0; i < table->setting_count; i++) {
        /* The best goes first, also when one with fewer repeats has a better mean. */
        const size_t setting = i == 0 ? best : i <= best ? i - 1 : i;
        struct setting_comparison *item = &comparison->items[comparison->count];
        *item = (struct setting_comparison){.observation = table->first[setting],
                                            .summary = table->summaries[setting]};
        if (item->summary.n > 0 && (i == 0 || !fall_short(table, best, setting, sign,
                                                          comparison->settings - 1, scratch, item)))
            comparison->count++;
    }
    if (comparison->count > 0)
        comparison->items[0].shortfall = 0;
    if (comparison->count > 2)
        qsort(comparison->items + 1, comparison->count - 1, sizeof *comparison->items,
              observations->maximize ? best_first : lowest_first);
    return STATUS_OK;
}

/* The best setting's own score of the test images, which nothing was chosen by. */
static enum status test_best(const struct observations *observations, struct arena *arena,
                             struct best_comparison *comparison, struct error *error) {
    const size_t first = comparison->items[0].observation;
    double *scores = ARENA_NEW(arena, double, observations->count);
    size_t count = 0;
    if (!scores)
        return error_memory(error);
    for (size_t i = 0; i < observations->count; i++)
        if (observations->items[i].setting == observations->items[first].setting)
            scores[count++] = observations->items[i].test;
    comparison->test = summary_of(scores, count);
    return STATUS_OK;
}

enum status compare_settings(const struct observations *observations, struct arena *arena,
                             struct best_comparison *comparison, struct error *error) {
    struct score_table table = {0};
    *comparison = (struct best_comparison){.test = summary_of(NULL, 0)};
    if (observations->count == 0)
        return STATUS_OK;
    enum status status = lay_out(observations, arena, &table, error);
    for (size_t i = 0; status == STATUS_OK && i < table.setting_count; i++) {
        comparison->settings += table.summaries[i].n > 0;
        comparison->diverged += table.summaries[i].n == 0 && table.diverged[i];
    }
    if (status == STATUS_OK && comparison->settings > 0)
        status = choose(observations, &table, arena, comparison, error);
    if (status == STATUS_OK && comparison->count > 0)
        status = test_best(observations, arena, comparison, error);
    return status;
}
