/* The variance of a searched sweep's scores: see comparison.h. */
#include "analysis/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SETTINGS_LEAST 30 /* below it the largest share is often not that of the strongest */
#define BINS_MOST 10
#define VALUES_KEPT 8 /* of a number; with more, and more than bins, they go into bins */

/* The settings that have a score. */
struct sample {
    const struct observations *observations;
    size_t count;
    size_t *examples; /* an observation of each */
    double *scores;
};

/* The place of a setting among those of the sample, for sorting by a hyperparameter. */
struct placed {
    double key;
    size_t row;
};

/* One more score, the n-th, of a mean. */
static void add_to_mean(double *mean, double value, size_t n) {
    *mean += (value - *mean) / (double)n;
}

/* Those that were stopped early have no score at the end, and those that have one are the better
 * ones: then all are looked at by what they had after the last epoch that all of them reached. */
static double score_of(const struct observations *observations, size_t trial) {
    const struct observation *item = &observations->items[trial];
    return observations->common_epoch > 0 ? item->early : item->value;
}

/* The mean of each setting's scores, or of their logarithms. Settings without a score are left out.
 */
static enum status take_sample(const struct observations *observations, bool logarithms,
                               struct arena *arena, struct sample *sample, struct error *error) {
    size_t *rows = ARENA_NEW(arena, size_t, observations->setting_count); /* 0: none yet */
    size_t *counts = ARENA_NEW(arena, size_t, observations->setting_count);
    *sample = (struct sample){
        .observations = observations,
        .examples = ARENA_NEW(arena, size_t, observations->setting_count),
        .scores = ARENA_NEW(arena, double, observations->setting_count),
    };
    if (!rows || !counts || !sample->examples || !sample->scores)
        return error_memory(error);
    for (size_t i = 0; i < observations->count; i++) {
        const struct observation *item = &observations->items[i];
        const double score = score_of(observations, i);
        if (!isfinite(score))
            continue;
        if (rows[item->setting] == 0) {
            sample->examples[sample->count++] = i;
            rows[item->setting] = sample->count;
        }
        const size_t row = rows[item->setting] - 1;
        add_to_mean(&sample->scores[row], logarithms ? log(score) : score, ++counts[row]);
    }
    return STATUS_OK;
}

/* Losses differ by factors: of those, the logarithm. */
static bool takes_logarithms(const struct observations *observations) {
    bool positive = observations->score.split != SCORE_UNSPLIT && !observations->score.maximize;
    for (size_t i = 0; i < observations->count; i++)
        positive &= !(score_of(observations, i) <= 0);
    return positive;
}

static const struct level *level_at(const struct sample *sample, size_t row, size_t factor) {
    const struct observations *observations = sample->observations;
    const size_t place = sample->examples[row] * observations->factor_count + factor;
    return &observations->factors[factor].levels[observations->levels[place]];
}

/* --- the levels of one hyperparameter --- */

/* Its levels in the sample, numbered from 0; `level_count` for settings to which it does not apply.
 */
struct column {
    uint32_t *levels;
    size_t level_count, applies; /* settings to which it applies */
    bool partial;                /* there are others */
    struct binning binning;
};

/* Numbers are ordered by themselves, hidden layers by how many parameters the network has. */
static double key_of(const struct sample *sample, size_t row, size_t factor) {
    const struct factor *of = &sample->observations->factors[factor];
    return of->hyperparameter->type == VALUE_LAYERS
               ? sample->observations->items[sample->examples[row]].parameters
               : level_at(sample, row, factor)->number;
}

static bool has_order(const struct hyperparameter *hyperparameter) {
    return hyperparameter->type == VALUE_INTEGER || hyperparameter->type == VALUE_REAL ||
           hyperparameter->type == VALUE_LAYERS;
}

static int by_key(const void *a, const void *b) {
    const struct placed *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

/* Number the values that are there. */
static enum status take_values(const struct sample *sample, size_t factor, struct arena *arena,
                               struct column *column, struct error *error) {
    const struct factor *of = &sample->observations->factors[factor];
    uint32_t *numbers = ARENA_NEW(arena, uint32_t, of->level_count); /* 0: none yet */
    *column = (struct column){.levels = ARENA_NEW(arena, uint32_t, sample->count)};
    if (!numbers || !column->levels)
        return error_memory(error);
    for (size_t i = 0; i < sample->count; i++) {
        const struct level *level = level_at(sample, i, factor);
        uint32_t *number = &numbers[level - of->levels];
        column->applies += !level->none;
        if (*number == 0 && !level->none)
            *number = (uint32_t)++column->level_count;
        column->levels[i] = level->none ? UINT32_MAX : *number - 1;
    }
    column->partial = column->applies < sample->count;
    return STATUS_OK;
}

/* The cube root of 5/2 of the settings, rounded down: 4 bins of 30 settings, 5 of 60, 7 of 200.
 * With fewer, what happens within a bin is lost; with more, each is too little known. */
static size_t bins_for(size_t settings) {
    size_t bins = 2;
    while (bins < BINS_MOST && 2 * (bins + 1) * (bins + 1) * (bins + 1) <= 5 * settings)
        bins++;
    return bins;
}

/* Put the values into bins with about as many settings in each; equal values stay together. */
static enum status bin_values(const struct sample *sample, size_t factor, struct arena *arena,
                              struct column *column, struct error *error) {
    const size_t bins = bins_for(column->applies);
    struct placed *placed = ARENA_NEW(arena, struct placed, column->applies);
    size_t count = 0, last = SIZE_MAX;
    if (!placed)
        return error_memory(error);
    for (size_t i = 0; i < sample->count; i++)
        if (column->levels[i] != UINT32_MAX)
            placed[count++] = (struct placed){key_of(sample, i, factor), i};
    qsort(placed, count, sizeof *placed, by_key);
    column->level_count = 0;
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && placed[end].key == placed[i].key;)
            end++;
        /* By the middle of the places that the value takes. */
        const size_t bin = (i + end - 1) * bins / (2 * count);
        column->level_count += bin != last;
        last = bin;
        for (size_t j = i; j < end; j++)
            column->levels[placed[j].row] = (uint32_t)column->level_count - 1;
    }
    column->binning = (struct binning){column->level_count,
                                       sample->observations->factors[factor].hyperparameter->type ==
                                           VALUE_LAYERS};
    return STATUS_OK;
}

static enum status make_column(const struct sample *sample, size_t factor, struct arena *arena,
                               struct column *column, struct error *error) {
    const struct factor *of = &sample->observations->factors[factor];
    enum status status = take_values(sample, factor, arena, column, error);
    if (status == STATUS_OK && has_order(of->hyperparameter) && column->level_count > VALUES_KEPT &&
        column->level_count > bins_for(column->applies))
        status = bin_values(sample, factor, arena, column, error);
    for (size_t i = 0; i < sample->count && status == STATUS_OK; i++)
        if (column->levels[i] == UINT32_MAX)
            column->levels[i] = (uint32_t)column->level_count;
    return status;
}

/* --- how columns hang together --- */

/* Whether each level of `by` has one level of `of`, or (`existence`) tells whether `of` applies. */
static enum status determines(const struct sample *sample, const struct column *by,
                              const struct column *of, bool existence, struct arena *arena,
                              bool *so, struct error *error) {
    uint32_t *seen = ARENA_NEW(arena, uint32_t, by->level_count + 1); /* 0: none yet */
    if (!seen)
        return error_memory(error);
    *so = true;
    for (size_t i = 0; i < sample->count && *so; i++) {
        uint32_t *known = &seen[by->levels[i]];
        const uint32_t own = 1 + (existence ? of->levels[i] < of->level_count : of->levels[i]);
        *so = *known == 0 || *known == own;
        *known = own;
    }
    return STATUS_OK;
}

/* Whether it always changes together with one of those before it. */
static enum status goes_along(const struct sample *sample, const struct column *columns,
                              size_t count, const struct column *column, struct arena *arena,
                              bool *along, struct error *error) {
    enum status status = STATUS_OK;
    *along = false;
    for (size_t i = 0; i < count && !*along && status == STATUS_OK; i++) {
        bool forth = false, back = false;
        status = determines(sample, &columns[i], column, false, arena, &forth, error);
        if (status == STATUS_OK)
            status = determines(sample, column, &columns[i], false, arena, &back, error);
        *along = forth && back;
    }
    return status;
}

/* Where no other column tells whether a hyperparameter applies, not to apply is a level as others.
 * Of two that tell it of each other the first is not told by the second. */
static enum status settle_partial(const struct sample *sample, struct column *columns, size_t count,
                                  size_t at, struct arena *arena, struct error *error) {
    enum status status = STATUS_OK;
    bool told = !columns[at].partial;
    for (size_t i = 0; i < count && !told && status == STATUS_OK; i++)
        if (i < at || (i > at && !columns[i].partial))
            status = determines(sample, &columns[i], &columns[at], true, arena, &told, error);
    columns[at].level_count += !told;
    return status;
}

static enum status choose_columns(const struct sample *sample, struct arena *arena,
                                  struct column *columns, struct variance_comparison *comparison,
                                  struct error *error) {
    const struct observations *observations = sample->observations;
    enum status status = STATUS_OK;
    comparison->factor_count = 0;
    for (size_t i = 0; i < observations->factor_count && status == STATUS_OK; i++) {
        struct column *column = &columns[comparison->factor_count];
        bool along = false;
        if (!observations->factors[i].varied)
            continue;
        status = make_column(sample, i, arena, column, error);
        if (status == STATUS_OK)
            status =
                goes_along(sample, columns, comparison->factor_count, column, arena, &along, error);
        if (along || column->level_count < 2)
            continue;
        comparison->binnings[comparison->factor_count] = column->binning;
        comparison->factors[comparison->factor_count++] = &observations->factors[i];
    }
    for (size_t i = 0; i < comparison->factor_count && status == STATUS_OK; i++)
        status = settle_partial(sample, columns, comparison->factor_count, i, arena, error);
    return status;
}

static enum status lay_out(const struct sample *sample, const struct column *columns, size_t count,
                           struct arena *arena, struct anova_data *data, struct error *error) {
    uint32_t *levels = ARENA_NEW(arena, uint32_t, sample->count * count);
    size_t *level_counts = ARENA_NEW(arena, size_t, count);
    if (!levels || !level_counts)
        return error_memory(error);
    for (size_t j = 0; j < count; j++) {
        level_counts[j] = columns[j].level_count;
        for (size_t i = 0; i < sample->count; i++)
            levels[i * count + j] = columns[j].levels[i];
    }
    *data = (struct anova_data){.count = sample->count,
                                .factor_count = count,
                                .level_counts = level_counts,
                                .levels = levels,
                                .values = sample->scores};
    return STATUS_OK;
}

enum status compare_importance(const struct observations *observations, struct arena *arena,
                               struct variance_comparison *comparison, struct error *error) {
    struct column *columns = ARENA_NEW(arena, struct column, observations->factor_count + 1);
    struct sample sample;
    struct anova_data data;
    comparison->logarithms = takes_logarithms(observations);
    comparison->binnings = ARENA_NEW(arena, struct binning, observations->factor_count);
    if (!columns || !comparison->binnings)
        return error_memory(error);
    enum status status = take_sample(observations, comparison->logarithms, arena, &sample, error);
    if (status == STATUS_OK)
        status = choose_columns(&sample, arena, columns, comparison, error);
    if (status == STATUS_OK)
        status = lay_out(&sample, columns, comparison->factor_count, arena, &data, error);
    if (status != STATUS_OK)
        return status;
    comparison->settings = sample.count;
    for (size_t i = 0; i < data.factor_count; i++)
        comparison->values += data.level_counts[i];
    comparison->needed = comparison->values > SETTINGS_LEAST ? comparison->values : SETTINGS_LEAST;
    return sample.count < comparison->needed ? STATUS_OK
                                             : anova_ridge(&data, arena, &comparison->anova, error);
}
