/* What a report says of hyperparameters: the numbers of `sweep compare`, by each metric. */
#ifndef SWEEP_REPORT_PAGE_EFFECTS_H
#define SWEEP_REPORT_PAGE_EFFECTS_H

#include "analysis/compare.h"
#include "analysis/leaderboard.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"
#include "report/words.h"
#include "store/report_data.h"

/* A metric of the page's menu: a column, or one quantity of several that it measures. */
struct page_metric {
    const char *name;                 /* val_accuracy; val_loss: mean_squared_error */
    struct observations observations; /* those of the quantity */
    struct leaderboard board;
    struct comparison effects;
    const char *share_words;  /* where its shares of the variance come from (variance_words.h) */
    const char *search_words; /* what is expected of a search (search_print.h) */
};

/* How the sweep was searched. */
struct page_search {
    bool searched;
    const char *method;
    struct search_history history; /* of all settings, by the sweep's own metric */
};

struct page_metrics {
    size_t count;
    struct page_metric *items;
    size_t own, own_count; /* those of the sweep's own metric: the first, and how many */
    struct page_search search;
};

/* The data's columns, by their quantities. Those of the sweep's own metric have the interactions of
 * each two hyperparameters as well. Sentences are in the language of `words`. Lives in the arena
 * and points into the data. STATUS_MEMORY. */
enum status page_effects_make(const struct report_data *data, const struct words *words,
                              struct arena *arena, struct page_metrics *menu, struct error *error);

/* A factor's place among the page's hyperparameters: those of the table, then parts of their values
 * in the order of the data's factors. */
size_t page_place_of(const struct observations *whole, const struct factor *factor);

/* Append to the object begun last:
 *   order         for each metric the settings with a score in the leaderboard's order
 *   ties          for each metric [rank, count] of those in it that are equal, from that rank on
 *   effects       for each metric a list of {axis, reference, share, carried, levels, values}: axis
 *                 is the hyperparameter's place (page_place_of), reference the place of a
 *                 value, levels the places of the values' levels, values are each {n, mean,
 *                 deviation, diverged, pairs, better, seeds, difference, low, high, p, test,
 *                 verdict}; levels and values are empty of the many values of a large search, where
 *                 none is compared
 *   interactions  by the sweep's own metric, {axes, share, p, verdict} of each two hyperparameters
 *   bests         by the same, one of each quantity: {metric, enough, of, untested, shared_by,
 *                 settings, simplest}. `settings` are those that can't be told from the best, which
 *                 is the first of them, of the `of` that ran, less the `untested`, which have too
 *                 few of the best's seeds; `simplest` is one of them or null,
 *                 `shared_by` counts those with the best score
 *   best          the first of these, or one without settings */
void page_effects_append(const struct page_metrics *menu, const struct report_data *data,
                         struct json *json);

#endif
