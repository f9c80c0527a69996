/* Observations in memory, for the tests of comparing: a full grid whose scores a function gives. */
#ifndef SWEEP_TESTS_OBSERVED_H
#define SWEEP_TESTS_OBSERVED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "store/observations.h"

#define AXES_MAX 6

/* A hyperparameter and the texts of its values; "-" is none. */
struct axis_of {
    enum hyperparameter_id id;
    size_t count;
    const char *values[40];
};

/* Make the trials of axes x seeds, the last axis varying fastest, seeds within. `score` gives each
 * one's value; infinite stands for one that diverged, NaN for one that is pending. */
static inline void observe_grid(struct observations *all, const struct axis_of *axes, size_t count,
                                size_t seeds, double (*score)(const uint32_t *at, size_t seed),
                                struct arena *arena) {
    size_t settings = 1;
    memset(all, 0, sizeof *all);
    all->sweep = "made up";
    all->dataset = "made up";
    assert_true(score_find("val_accuracy", &all->score));
    all->column = "val_accuracy";
    all->test_column = "test_accuracy";
    all->maximize = true;
    all->where = "";
    all->factor_count = count;
    all->factors = ARENA_NEW(arena, struct factor, count);
    for (size_t i = 0; i < count; i++) {
        struct factor *factor = &all->factors[i];
        const enum value_type type = hyperparameters[axes[i].id].type;
        const bool number = type == VALUE_INTEGER || type == VALUE_REAL;
        factor->hyperparameter = &hyperparameters[axes[i].id];
        factor->name = hyperparameter_column(factor->hyperparameter);
        factor->varied = true;
        factor->level_count = axes[i].count;
        factor->levels = ARENA_NEW(arena, struct level, axes[i].count);
        settings *= axes[i].count;
        for (size_t j = 0; j < axes[i].count; j++) {
            const char *text = axes[i].values[j];
            factor->levels[j] = (struct level){.text = text,
                                               .number = number ? strtod(text, NULL) : (double)NAN,
                                               .none = *text == '-'};
        }
    }
    all->setting_count = settings;
    all->items = ARENA_NEW(arena, struct observation, settings * seeds);
    all->levels = ARENA_NEW(arena, uint32_t, settings * seeds * count);
    for (size_t setting = 0; setting < settings; setting++)
        for (size_t seed = 0; seed < seeds; seed++) {
            uint32_t *at = all->levels + all->count * count;
            size_t left = setting;
            for (size_t i = count; i-- > 0;) {
                at[i] = (uint32_t)(left % axes[i].count);
                left /= axes[i].count;
            }
            const double value = score(at, seed);
            const enum observation_status status = isinf(value)   ? OBSERVATION_DIVERGED
                                                   : isnan(value) ? OBSERVATION_PENDING
                                                                  : OBSERVATION_COMPLETED;
            const double kept = isinf(value) ? (double)NAN : value;
            all->totals[status]++;
            all->items[all->count] = (struct observation){.trial = (int64_t)all->count + 1,
                                                          .seed = 10 + seed,
                                                          .setting = setting,
                                                          .status = status,
                                                          .value = kept,
                                                          .test = kept - 0.01,
                                                          .test_accuracy = kept - 0.01,
                                                          .seconds = 1};
            all->count++;
        }
}

/* Keep only the trials for which `kept` is true; settings are not numbered anew. */
static inline void observe_only(struct observations *all, bool (*kept)(const uint32_t *at)) {
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++) {
        const uint32_t *at = all->levels + i * all->factor_count;
        if (!kept(at))
            continue;
        memmove(all->levels + count * all->factor_count, at, all->factor_count * sizeof *at);
        all->items[count++] = all->items[i];
    }
    all->count = count;
}

#endif
