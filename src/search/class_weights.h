/* The value of class_weight: what the loss of an image counts while training, by its class. */
#ifndef SWEEP_SEARCH_CLASS_WEIGHTS_H
#define SWEEP_SEARCH_CLASS_WEIGHTS_H

#include "base/text.h"
#include "data/dataset.h"
#include "search/hyperparameter.h"
#include "search/reading.h"

struct class_weights {
    bool balanced;  /* scikit-learn's, see stream_balance; the rest is nothing then */
    bool whole;     /* it was a list, of a weight for each class */
    size_t classes; /* all after these have the weight 1 */
    double items[DATASET_CLASSES_MAX];
    float weights[DATASET_CLASSES_MAX]; /* the same numbers, all of them */
};

/* Read none, balanced, {0: 1.5, 3: 2} (the classes that are not there have the weight 1) or a list
 * of a weight for each class. */
enum status reading_class_weights(const struct reading *reading, const struct node *node,
                                  const struct hyperparameter *hyperparameter, struct value *value);

/* "none", "balanced" or "{0: 1.5, 3: 2}", without weights of 1. */
void class_weights_append(const struct class_weights *weights, struct text *text);

/* Whether they are all 1. */
bool class_weights_are_none(const struct class_weights *weights);

#endif
