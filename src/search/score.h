/* What trials are judged by: the one table of scores. What a config's `metric` and --by may name,
 * the database's columns, the report's menu and what shells complete follow from it. */
#ifndef SWEEP_SEARCH_SCORE_H
#define SWEEP_SEARCH_SCORE_H

#include "nn/metric.h"
#include "search/hyperparameter.h"

#include <stdbool.h>
#include <stddef.h>

#define SCORE_NAME_MAX 64

/* The images that a score is measured on. */
enum score_split {
    SCORE_VALIDATION,
    SCORE_TEST,
    SCORE_TRAINING,
    SCORE_SPLITS,
    SCORE_UNSPLIT = SCORE_SPLITS /* on none: train_seconds */
};

struct score {
    char name[SCORE_NAME_MAX]; /* as the database has it: val_accuracy */
    enum score_split split;
    const char *quantity; /* what is measured: accuracy */
    const struct metric
        *metric;     /* that this is; NULL: the loss, or what is measured on no images */
    bool maximize;   /* more of it is better */
    double most;     /* the largest value there can be, or INFINITY; the smallest is 0 */
    bool in_trials;  /* a column of the table `trials`; else rows of `metrics` */
    bool in_history; /* a column of the table `history` as well */
};

/* The score at a place of the table, which begins with the columns of `trials`; false behind the
 * last. */
bool score_at(size_t place, struct score *score);

/* The score of that name; the quantity may be an alias, as in val_mse and seconds. False: there is
 * none. */
bool score_find(const char *name, struct score *score);

/* The same quantity on other images: test_loss of val_loss. False where it is measured on none,
 * and of a score that is all zero. */
bool score_on(const struct score *score, enum score_split split, struct score *other);

/* Whether a hyperparameter is part of what the score measures. The scores of trials that differ in
 * it are different quantities, of which none is better than another: losses by two loss functions
 * (or with two penalties, which are part of the loss), scores by labels that were changed, and
 * those on two data sets. */
bool score_is_defined_by(const struct score *score, enum hyperparameter_id id);

#endif
