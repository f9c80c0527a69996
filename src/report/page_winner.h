/* What the best networks, whose weights were kept, make of the test images: one of each quantity
 * that a sweep's metric measures. */
#ifndef SWEEP_REPORT_PAGE_WINNER_H
#define SWEEP_REPORT_PAGE_WINNER_H

#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"
#include "data/dataset.h"
#include "train/model.h"

#include <stddef.h>
#include <stdint.h>

#define PAGE_WINNERS 8   /* that a page has room for, of a sweep, */
#define PAGE_MISTAKES 24 /* and pictures, of each of them */

struct page_winner {
    size_t trial; /* its place in the data */
    /* Of the outputs that predict numbers. */
    size_t prediction_count;
    const struct evaluation *predictions;
    /* Of an output that tells classes apart; no confusion: there is none, or examples are no
     * images. */
    const char *output; /* which of several it is; NULL: the only one */
    size_t rows, columns, classes;
    const char *const *class_names; /* NULL: they are numbers */
    const uint32_t *confusion;      /* classes x classes, as an evaluation has it */
    size_t mistake_count;           /* at most PAGE_MISTAKES */
    const struct mistake *mistakes;
    const uint8_t *pixels; /* of the mistakes, rows x columns each */
};

/* Take what a page shows from evaluations with the data set's test examples: of `classes`, which
 * may be NULL, and of so many outputs of numbers. Points into the evaluations but not into model
 * and data set; lives in the arena. STATUS_MEMORY; STATUS_INPUT where there is nothing to show. */
enum status page_winner_make(size_t trial, const struct evaluation *classes,
                             struct evaluation *predictions, size_t prediction_count,
                             const struct dataset *dataset, struct arena *arena,
                             struct page_winner *winner, struct error *error);

/* Append to the list begun last {trial, predictions: [{output,
 * examples, numbers, root_mean_squared_error, mean_absolute_error, r2_score, points: [[example,
 * target, predicted]]}]}, and with a confusion {output, rows, columns, confusion, mistakes:
 * [{index, label, predicted, probability, pixels}]}; pixels are grey levels in base64. */
void page_winner_append(const struct page_winner *winner, struct json *json);

#endif
