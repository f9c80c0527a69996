/* Metrics, under Keras 3's names and with its formulas and defaults.
 *
 * A metric is accumulated over any number of batches in an array of sums and read off at the end,
 * as Keras' metric objects are. Every loss is also a metric: the mean over the rows. */
#ifndef SWEEP_NN_METRIC_H
#define SWEEP_NN_METRIC_H

#include "nn/targets.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METRICS_MAX 16 /* of a network at once, besides loss and accuracy */

/* Predictions y of `rows` rows for `classes` classes, a row taking `stride` floats, a multiple of
 * LANES; y is aligned to LANES floats, and what stands in the padding does not matter. */
struct predictions {
    const float *y;
    struct targets targets;
    size_t rows, classes, stride;
    double loss; /* the sum of the output's own loss over the rows, where it is asked for */
};

struct sweep_metric;

struct metric {
    const char *name;
    const char *aliases[3];
    const char *family; /* accuracy, probabilistic, regression, hinge or classification */
    const char *help;
    int maximize;          /* whether more is better */
    double most;           /* the largest value it can have, the smallest being 0; 0: no bound */
    const char *loss_name; /* the loss whose mean over the rows it is made of, or NULL */
    bool only_values;      /* it is of targets that are numbers only */
    bool compares;         /* it compares a row's outputs with one another, as some losses do */
    /* how many doubles it accumulates in, for that many classes */
    size_t (*sums)(size_t classes);
    /* add predictions; sums start at 0 */
    void (*add)(const struct metric *metric, double *sums, const struct predictions *predictions);
    /* the value after `rows` rows in all */
    double (*result)(const double *sums, size_t rows, size_t classes);
    const struct sweep_metric *plugin; /* what a plug-in has of it; NULL: it is none's */
    /* Of one of a network's named outputs, what this one is of it: digit_accuracy is accuracy of
     * the output digit; NULL: its loss. Without an output it is of a network's first one. */
    const char *output;
    const struct metric *of;
};

extern const struct metric metrics[];
extern const size_t metric_count;

/* Add a row after those of the table; false: no memory. It must stay, and be added
 * before other threads look for it. */
bool metric_add(const struct metric *metric);

/* The i-th of the table and of those that were added, or NULL. */
const struct metric *metric_row(size_t i);

/* The metric of that name or alias, in any spelling, or NULL. One that results have of a plug-in
 * which is not loaded has neither sums, add nor result. A name that ends with a metric's or in
 * _loss is that of an output, whatever outputs there are: digit_accuracy, digit_loss. */
const struct metric *metric_find(const char *name);

/* Whether it can be measured where targets are numbers (`values`), or classes. */
bool metric_is_of(const struct metric *metric, bool values);

/* Whether it says anything of one unit that tells two classes apart. */
bool metric_is_of_one_unit(const struct metric *metric);

/* The metric of an output, of so many letters; NULL stands for its loss. NULL: no memory. */
const struct metric *metric_of_output(const char *output, size_t length, const struct metric *of);

/* How many of the rows have their largest prediction (the first of equals) at the label, or of one
 * unit for two classes theirs on the label's side of 0.5; none where targets are numbers. */
size_t metric_hits(const struct predictions *predictions);

/* The same of LANES networks interleaved, of which class c of a row stands at
 * y[(row * classes + c) * LANES + l]: hits[l] are network l's. */
void metric_hits_interleaved(const float *y, struct targets targets, size_t rows, size_t classes,
                             size_t *hits);

#endif
