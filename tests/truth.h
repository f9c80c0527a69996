/* A sweep of which everything was trained, read for search_truth.c. */
#ifndef SWEEP_TESTS_TRUTH_H
#define SWEEP_TESTS_TRUTH_H

#define PROGRAM "search_truth"
#include "tool.h"

#include "base/random.h"
#include "search/domain.h"
#include "store/observations.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *need(size_t count, size_t size) {
    void *memory = calloc(count > 0 ? count : 1, size);
    if (!memory)
        fail("memory", "not enough");
    return memory;
}

struct truth {
    size_t settings, seeds, epochs;
    float *scores; /* settings x seeds x epochs; less is better; NaN: diverged */
    double *means; /* by setting */
    struct domain domain;
    double *points;   /* by setting */
    size_t *by_place; /* the setting at each place of the whole grid + 1; 0: none */
};

/* What is asked of the program. */
struct asked {
    const char *path;
    char part;
    size_t sweeps, settings, seeds, seed;
};

static float *score_in(const struct truth *truth, size_t setting, size_t seed, size_t epoch) {
    return &truth->scores[(setting * truth->seeds + seed) * truth->epochs + epoch - 1];
}

struct source {
    const struct observations *observations;
    size_t *row;   /* by setting of the observations: among those of the truth */
    size_t *count; /* seeds it has */
    sqlite3_stmt *history;
};

static void read_trial(struct truth *truth, const struct source *source, size_t item, size_t seed) {
    const struct observation *trial = &source->observations->items[item];
    const double sign = source->observations->maximize ? -100 : 100;
    sqlite3_stmt *history = source->history;
    sqlite3_reset(history);
    sqlite3_bind_int64(history, 1, trial->trial);
    while (sqlite3_step(history) == SQLITE_ROW) {
        const size_t epoch = (size_t)sqlite3_column_int64(history, 0);
        if (epoch >= 1 && epoch <= truth->epochs && sqlite3_column_type(history, 1) != SQLITE_NULL)
            *score_in(truth, source->row[trial->setting], seed, epoch) =
                (float)(sign * sqlite3_column_double(history, 1));
    }
}

static bool has_run(const struct observation *trial) {
    return trial->status == OBSERVATION_COMPLETED || trial->status == OBSERVATION_DIVERGED;
}

static void make_domain(struct truth *truth, const struct observations *observations,
                        const size_t *first) {
    const size_t count = observations->factor_count;
    struct dimension *dimensions = need(count, sizeof *dimensions);
    size_t places = 1;
    for (size_t d = 0; d < count; d++) {
        const struct factor *factor = &observations->factors[d];
        bool ordered = true;
        for (size_t l = 0; l < factor->level_count; l++)
            ordered &= !isnan(factor->levels[l].number);
        dimensions[d] = (struct dimension){
            .kind = ordered ? DIMENSION_ORDERED : DIMENSION_CATEGORICAL,
            .levels = factor->level_count,
            .parent = DIMENSION_NONE,
        };
        places *= factor->level_count;
    }
    truth->domain = (struct domain){.count = count, .dimensions = dimensions};
    truth->points = need(truth->settings * count, sizeof *truth->points);
    truth->by_place = need(places, sizeof *truth->by_place);
    for (size_t i = 0; i < truth->settings; i++) {
        size_t place = 0;
        for (size_t d = 0; d < count; d++) {
            const uint32_t level = observations->levels[first[i] * count + d];
            truth->points[i * count + d] = level;
            place = place * dimensions[d].levels + level;
        }
        truth->by_place[place] = i + 1;
    }
}

/* The half that a setting is in, by chance. */
static bool is_in_part(size_t setting, char part) {
    const struct random_source source = {1, RANDOM_TEST, 3};
    return part == 'a' || (random_unit(source, setting) < 0.5) == (part == 't');
}

/* The most seeds that nine of ten settings have: the last ones may still be missing. */
static size_t common_seeds(const struct source *source) {
    const size_t settings = source->observations->setting_count;
    for (size_t seeds = 1;; seeds++) {
        size_t have = 0;
        for (size_t i = 0; i < settings; i++)
            have += source->count[i] >= seeds;
        if (have * 10 < settings * 9 || have == 0)
            return seeds - 1;
    }
}

/* Settings of the part that have all seeds. */
static size_t choose_settings(const struct observations *observations, char part,
                              struct source *source, size_t seeds, size_t *first) {
    size_t count = 0;
    for (size_t i = 0; i < observations->count; i++) {
        const size_t setting = observations->items[i].setting;
        if (source->row[setting] != SIZE_MAX || source->count[setting] < seeds ||
            !is_in_part(setting, part))
            continue;
        first[count] = i;
        source->row[setting] = count++;
    }
    return count;
}

static void take_means(struct truth *truth) {
    truth->means = need(truth->settings, sizeof *truth->means);
    for (size_t i = 0; i < truth->settings; i++) {
        for (size_t seed = 0; seed < truth->seeds; seed++)
            truth->means[i] += (double)*score_in(truth, i, seed, truth->epochs);
        truth->means[i] /= (double)truth->seeds;
        if (isnan(truth->means[i]))
            truth->means[i] = (double)INFINITY;
    }
}

static void read_scores(struct truth *truth, const struct observations *observations,
                        struct source *source) {
    const size_t cells = truth->settings * truth->seeds * truth->epochs;
    truth->scores = need(cells, sizeof *truth->scores);
    for (size_t i = 0; i < cells; i++)
        truth->scores[i] = (float)NAN;
    memset(source->count, 0, observations->setting_count * sizeof *source->count);
    for (size_t i = 0; i < observations->count; i++) {
        const struct observation *trial = &observations->items[i];
        if (has_run(trial) && source->row[trial->setting] != SIZE_MAX &&
            source->count[trial->setting] < truth->seeds)
            read_trial(truth, source, i, source->count[trial->setting]++);
    }
    take_means(truth);
}

static void read_truth(struct truth *truth, const struct asked *asked, struct arena *arena) {
    struct store *store;
    struct error error;
    struct selection selection = {0};
    static struct observations all;
    sqlite3 *database;
    char sql[200];
    if (store_open_read(asked->path, &store, &error) != STATUS_OK ||
        store_observations(store, &selection, arena, &all, &error) != STATUS_OK)
        fail(asked->path, error.message);
    store_close(store);
    struct source source = {.observations = &all,
                            .row = need(all.setting_count, sizeof *source.row),
                            .count = need(all.setting_count, sizeof *source.count)};
    size_t *first = need(all.setting_count, sizeof *first);
    for (size_t i = 0; i < all.setting_count; i++)
        source.row[i] = SIZE_MAX;
    for (size_t i = 0; i < all.count; i++)
        source.count[all.items[i].setting] += has_run(&all.items[i]);
    *truth = (struct truth){.seeds = common_seeds(&source)};
    truth->settings = choose_settings(&all, asked->part, &source, truth->seeds, first);
    snprintf(sql, sizeof sql, "SELECT epoch, %s FROM history WHERE trial_id = ?", all.column);
    if (sqlite3_open_v2(asked->path, &database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(database, sql, -1, &source.history, NULL) != SQLITE_OK)
        fail(asked->path, sqlite3_errmsg(database));
    truth->epochs = (size_t)strtoull(all.constants[HP_EPOCHS].text, NULL, 10);
    read_scores(truth, &all, &source);
    make_domain(truth, &all, first);
    sqlite3_finalize(source.history);
    sqlite3_close(database);
    free(source.row);
    free(source.count);
    free(first);
}

#endif
