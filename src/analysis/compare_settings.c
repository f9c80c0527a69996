#include "analysis/comparison.h"

#include "analysis/leaderboard.h"
#include "base/intern.h"
#include "stats/best.h"
#include "stats/race.h"

#include <math.h>
#include <string.h>

/* Scores as a table, settings x seeds; infinite in the worse direction where a trial diverged, NaN
 * where it has none. */
struct score_table {
    size_t seed_count;
    double *values;
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
    table->seed_count = seeds.count;
    const bool failed = seeds.failed || __builtin_mul_overflow(observations->setting_count,
                                                               table->seed_count, &cells);
    intern_release(&seeds);
    table->values = failed ? NULL : ARENA_NEW(arena, double, cells);
    if (!table->values)
        return error_memory(error);
    for (size_t i = 0; i < cells; i++)
        table->values[i] = (double)NAN;
    for (size_t i = 0; i < observations->count; i++) {
        const struct observation *item = &observations->items[i];
        double *value = &table->values[item->setting * table->seed_count + columns[i]];
        if (item->status == OBSERVATION_DIVERGED)
            *value = observations->maximize ? -(double)INFINITY : (double)INFINITY;
        else if (isfinite(item->value))
            *value = item->value;
    }
    return STATUS_OK;
}

/* The scores of a setting with the seeds that the best has, less being better; false where one is
 * not there or far behind. */
static bool take_row(const struct score_table *table, const struct standing *best, size_t setting,
                     double sign, double *row) {
    const double *mine = table->values + setting * table->seed_count;
    const double *top = table->values + best->setting * table->seed_count;
    size_t count = 0;
    for (size_t i = 0; i < table->seed_count; i++) {
        if (!isfinite(top[i]))
            continue;
        if (!isfinite(mine[i]) || best_is_far(sign * (top[i] - mine[i]), best->score.deviation))
            return false;
        row[count++] = -sign * mine[i];
    }
    return true;
}

/* The p of the moderated test for each standing; NaN for those that can't be in it, and for all
 * where these are too few. */
static enum status test_together(const struct leaderboard *board, const struct score_table *table,
                                 size_t settings, double sign, struct arena *arena,
                                 const double **p_values, struct error *error) {
    const struct standing *best = &board->standings[0];
    const size_t seeds = best->score.n;
    size_t cells, count = 0;
    double *rows = NULL, *p = ARENA_NEW(arena, double, settings),
           *moderated = ARENA_NEW(arena, double, settings);
    size_t *in = ARENA_NEW(arena, size_t, settings);
    if (!__builtin_mul_overflow(settings, seeds, &cells))
        rows = ARENA_NEW(arena, double, cells);
    *p_values = moderated;
    if (!rows || !p || !moderated || !in)
        return error_memory(error);
    for (size_t i = 0; i < settings; i++) {
        moderated[i] = (double)NAN;
        if (take_row(table, best, board->standings[i].setting, sign, rows + count * seeds))
            in[count++] = i;
    }
    if (count <= 2 || seeds < RACE_FIRST_LOOK)
        return STATUS_OK;
    const enum status status = race_test(rows, count, seeds, 0, p, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        moderated[in[i]] = p[i];
    return status;
}

/* The seeds in which a setting can be held against the best: both have run, and not both diverged.
 */
static size_t common_seeds(const struct score_table *table, const struct standing *best,
                           size_t setting) {
    const double *mine = table->values + setting * table->seed_count;
    const double *top = table->values + best->setting * table->seed_count;
    size_t count = 0;
    for (size_t i = 0; i < table->seed_count; i++)
        count += !isnan(top[i] - mine[i]);
    return count;
}

/* Whether a setting has too few of the best's seeds for any test, as those that were stopped before
 * they got further seeds. The best itself is none. */
static bool is_untested(const struct leaderboard *board, const struct score_table *table,
                        const struct best_comparison *comparison, size_t i) {
    const struct standing *standing = &board->standings[i];
    return i > 0 && comparison->enough && !comparison->raced &&
           standing->score.n + standing->diverged > 0 &&
           common_seeds(table, &board->standings[0], standing->setting) < PAIRED_REPLICATES_MIN;
}

/* How far a setting falls short of the best in the seeds that both have; whether it is excluded. */
static bool fall_short(const struct score_table *table, const struct standing *best, size_t setting,
                       double sign, double moderated, double *scratch,
                       struct best_comparison *comparison, struct setting_comparison *item) {
    const double *mine = table->values + setting * table->seed_count;
    const double *top = table->values + best->setting * table->seed_count;
    size_t count = 0, won = 0, lost = 0;
    for (size_t i = 0; i < table->seed_count; i++) {
        const double shortfall = sign * (top[i] - mine[i]);
        if (isnan(shortfall)) /* one has none, or both diverged */
            continue;
        scratch[count++] = shortfall;
        won += isinf(shortfall) && shortfall < 0;
        lost += isinf(shortfall) && shortfall > 0;
    }
    const struct summary summary = summary_of(scratch, count);
    item->shortfall = summary.mean;
    item->common = summary.n;
    item->unreliable = lost > won;
    const bool excluded =
        best_excludes(scratch, count, comparison->others, best->score.deviation, moderated);
    for (size_t i = 0; i < count; i++)
        comparison->far |= isinf(scratch[i]);
    return excluded;
}

/* Whether the sweep's race dropped the setting. */
static bool is_dropped(const struct leaderboard *board, const struct standing *standing) {
    return board->observations->items[standing->observation].dropped;
}

static enum status choose(const struct leaderboard *board, const struct score_table *table,
                          struct arena *arena, struct best_comparison *comparison,
                          struct error *error) {
    const double sign = board->observations->maximize ? 1 : -1;
    const struct standing *best = &board->standings[0];
    double *scratch = ARENA_NEW(arena, double, table->seed_count);
    const double *moderated;
    comparison->items = ARENA_NEW(arena, struct setting_comparison, comparison->settings);
    if (!scratch || !comparison->items)
        return error_memory(error);
    const enum status status =
        test_together(board, table, comparison->settings, sign, arena, &moderated, error);
    if (status != STATUS_OK)
        return status;
    comparison->shared_by = best->shared_by;
    comparison->raced = board->observations->raced && !is_dropped(board, best);
    comparison->enough =
        best->score.n >= (comparison->raced ? RACE_FIRST_LOOK : PAIRED_REPLICATES_MIN);
    for (size_t i = 0; i < board->count; i++)
        comparison->untested += is_untested(board, table, comparison, i);
    for (size_t i = 1; i < comparison->settings; i++)
        comparison->others += !is_untested(board, table, comparison, i);
    for (size_t i = 0; i < comparison->settings; i++) {
        const struct standing *standing = &board->standings[i];
        struct setting_comparison *item = &comparison->items[comparison->count];
        *item = (struct setting_comparison){.observation = standing->observation,
                                            .summary = standing->score};
        if (is_untested(board, table, comparison, i))
            continue;
        const bool excluded = i > 0 && fall_short(table, best, standing->setting, sign,
                                                  moderated[i], scratch, comparison, item);
        comparison->count += comparison->raced ? !is_dropped(board, standing) : !excluded;
    }
    return STATUS_OK;
}

/* The number of epochs; that of all trials where they don't differ in it. */
static double epochs_of(const struct observations *observations, size_t observation) {
    const struct factor *factor = observations_factor(observations, &hyperparameters[HP_EPOCHS]);
    if (!factor)
        return 0;
    const size_t place = (size_t)(factor - observations->factors);
    return factor->levels[observations->levels[observation * observations->factor_count + place]]
        .number;
}

static bool is_simpler(const struct observations *observations, size_t a, size_t b) {
    const double parameters = observations->items[a].parameters,
                 others = observations->items[b].parameters;
    const double epochs = epochs_of(observations, a), other_epochs = epochs_of(observations, b);
    if (parameters != others)
        return parameters < others;
    return epochs != other_epochs ? epochs < other_epochs : a < b;
}

static void find_simplest(const struct observations *observations,
                          struct best_comparison *comparison) {
    for (size_t i = 1; i < comparison->count && comparison->enough; i++)
        if (!comparison->items[i].unreliable &&
            is_simpler(observations, comparison->items[i].observation,
                       comparison->items[comparison->simplest].observation))
            comparison->simplest = i;
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
    struct leaderboard board;
    *comparison = (struct best_comparison){.test = summary_of(NULL, 0)};
    enum status status = leaderboard_of(observations, false, 0, arena, &board, error);
    for (size_t i = 0; status == STATUS_OK && i < board.count; i++) {
        comparison->settings += board.standings[i].score.n > 0;
        comparison->diverged += board.standings[i].score.n == 0 && board.standings[i].diverged > 0;
    }
    comparison->far = comparison->diverged > 0;
    if (status != STATUS_OK || comparison->settings == 0)
        return status;
    status = lay_out(observations, arena, &table, error);
    if (status == STATUS_OK)
        status = choose(&board, &table, arena, comparison, error);
    if (status == STATUS_OK)
        find_simplest(observations, comparison);
    return status == STATUS_OK ? test_best(observations, arena, comparison, error) : status;
}
