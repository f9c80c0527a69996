/* A report's data as JSON, for the page's script: {database, live, sweeps}, and for each sweep
 * column by column, so that ten thousand trials stay small,
 *   sweep            the sweep's row; `warnings` as a list
 *   hyperparameters  [{name, number, varied, log, within, levels}], all there are. A level is a
 *                    number, a text, or null where it does not apply. One that differs only along
 *                    with another is not varied: within which others it would have to is `within`.
 *                    `log`: whether a search drew it from a logarithmic distribution, or null
 *   metrics          [{name, column, quantity, split, maximize, most, defined_by}]; `metric` is the
 *                    place of the sweep's own. `quantity` is what is measured, accuracy, and
 *                    `split` on which images: validation, test, training, or null for none. `most`
 *                    is the largest value there can be, or null; the smallest is 0. A column that
 *                    measures several quantities is as many metrics; it does so where settings
 *                    differ in hyperparameters that it is `defined_by`
 *   settings         for each hyperparameter of more than one level a list with the place of each
 *                    setting's; null for the others
 *   commands         those that worked on the sweep; see provenance.h
 *   trials           lists {id, setting, run, state, seed, command, finished}, and `values`: a list
 *                    a metric. `state` is the place in pending, completed, diverged, failed,
 *                    stopped, running, interrupted (both without a result); `command` that of the
 *                    command which gave the result, and `finished` when, in seconds since 1970, or
 *                    null
 *   failures         [[id, error]]
 *   curves           {series: [{name, quantity, split, most}], runs, of}: of the `of` runs those
 *                    that are here, each {run, epoch, values: a list a series that has any}
 *   order, ties, effects, interactions, bests, best: see page_effects.h
 *   search           see page_search.h
 *   winners          a list; see page_winner.h
 *   pareto           of a sweep of several metrics {metrics: [{name, maximize, most}], scores: a
 *                    list a metric of each setting's mean, settings: those in the Pareto set}, else
 *                    null
 *   no_winner        null, or why one is missing: {kind, text}; see struct page_reason
 * `live` is null or {state, every, written}: when it was written, in seconds since 1970.
 * A number that is none is null. */
#ifndef SWEEP_REPORT_PAGE_DATA_H
#define SWEEP_REPORT_PAGE_DATA_H

#include "analysis/pareto.h"
#include "base/text.h"
#include "report/page_effects.h"
#include "report/page_winner.h"
#include "report/words.h"
#include "store/report_data.h"

/* Why the page lacks something: a key of its words, winner.why_KIND, and the program's own
 * sentence. kind NULL: no reason is known. */
struct page_reason {
    const char *kind, *text;
};

/* A sweep on the page. */
struct page_sweep {
    const struct report_data *data;
    const struct report_curves *curves;
    const struct page_metrics *metrics;
    const struct pareto *pareto;
    size_t winner_count;
    const struct page_winner *winners;
    struct page_reason no_winner; /* why one is missing */
};

/* Of a page that is renewed while its sweep runs. */
struct page_live {
    const char *state; /* running, paused, finished, interrupted or lost; NULL: it is not renewed */
    double every;      /* seconds until it is renewed again */
    bool goes_on;      /* for who renews it: the state is one that may change */
};

struct page {
    const char *database;      /* its path, for the record */
    const struct words *words; /* the language it is written in */
    struct page_live live;
    size_t count;
    const struct page_sweep *sweeps; /* as the reader is to see them; at least one */
};

/* Append a document that is to stand inside a script element: no '<', '>' or '&' is in it.
 * Releases the document. STATUS_MEMORY. */
enum status page_json_append(struct json *json, struct text *text, struct error *error);

/* Append the JSON. Safe inside a script element: no '<', '>' or '&' in it. STATUS_MEMORY. */
enum status page_data_append(const struct page *page, struct text *text, struct error *error);

#endif
