/* A report's data as JSON, for the page's script.
 *
 * Column by column, so that ten thousand trials stay small: an object with
 *   sweep            the sweep's row; `warnings` as a list
 *   hyperparameters  [{name, number, levels}]: those in which the settings differ; a level is a
 *                    number, a text, or null where it does not apply
 *   metrics          [{name, maximize}]; `metric` is the place of the sweep's own
 *   settings         for each hyperparameter a list with the place of each setting's level
 *   trials           lists {id, setting, run, state, seed}, and `values`: a list a metric.
 *                    `state` is the place in pending, completed, diverged, failed
 *   failures         [[id, error]]
 *   curves           {series, runs, of}: of the `of` runs those that are here, each {run, epoch,
 *                    values: a list a series that has any}
 *   effects, best    see page_effects.h
 *   winner           null, or {trial, rows, columns, confusion, mistakes}: see struct evaluation
 *   no_winner        null, or why there is none
 * A number that is none is null. */
#ifndef SWEEP_REPORT_PAGE_DATA_H
#define SWEEP_REPORT_PAGE_DATA_H

#include "base/text.h"
#include "data/dataset.h"
#include "report/page_effects.h"
#include "store/report_data.h"
#include "train/model.h"

/* What the best network, whose weights were kept, does on the test images. */
struct page_winner {
    size_t trial; /* its place in the data */
    const struct evaluation *evaluation;
    const struct dataset *dataset;
};

struct page {
    const char *database; /* its path, for the record */
    const struct report_data *data;
    const struct report_curves *curves;
    const struct comparison *effects; /* by metric; see page_effects.h */
    const struct page_winner *winner; /* NULL: there is nothing to look at ... */
    const char *no_winner;            /* ... and why, a sentence */
};

/* Append the JSON. Safe inside a script element: no '<', '>' or '&' in it. STATUS_MEMORY. */
enum status page_data_append(const struct page *page, struct text *text, struct error *error);

#endif
