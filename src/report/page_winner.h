/* What the best network, whose weights were kept, makes of the test images. */
#ifndef SWEEP_REPORT_PAGE_WINNER_H
#define SWEEP_REPORT_PAGE_WINNER_H

#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"
#include "data/dataset.h"
#include "train/model.h"

#include <stddef.h>
#include <stdint.h>

#define PAGE_MISTAKES 24 /* pictures that a page has room for */

struct page_winner {
    size_t trial;       /* its place in the data */
    const char *output; /* which of several it is of; NULL: of the only one */
    size_t rows, columns, classes;
    const char *const *class_names; /* NULL: they are numbers */
    const uint32_t *confusion;      /* classes x classes, as an evaluation has it */
    size_t mistake_count;           /* at most PAGE_MISTAKES */
    const struct mistake *mistakes;
    const uint8_t *pixels; /* of the mistakes, rows x columns each */
};

/* Take what a page shows from an evaluation of the data set's test images. Points into the
 * evaluation but not into the data set; lives in the arena. STATUS_MEMORY. */
enum status page_winner_make(size_t trial, const struct evaluation *evaluation,
                             const struct dataset *dataset, struct arena *arena,
                             struct page_winner *winner, struct error *error);

/* Append to the object begun last `winner`: null for NULL, or {trial, output, rows, columns,
 * confusion, mistakes: [{index, label, predicted, probability, pixels}]}; pixels are grey levels in
 * base64. */
void page_winner_append(const struct page_winner *winner, struct json *json);

#endif
