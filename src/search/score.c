#include "search/score.h"

#include "base/names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const prefixes[SCORE_SPLITS] = {
    [SCORE_VALIDATION] = "val_", [SCORE_TEST] = "test_", [SCORE_TRAINING] = ""};

/* What the table `trials` has columns for. Whatever else is measured is a metric of nn/metric.h. */
static const struct quantity {
    const char *name;
    const char *aliases[1];
    bool split; /* measured on images of each kind */
} quantities[] = {
    {.name = "accuracy", .split = true},
    {.name = "loss", .split = true},
    {.name = "train_seconds", .aliases = {"seconds"}},
    {.name = "parameters"},
};
#define QUANTITY_COUNT (sizeof quantities / sizeof *quantities)

static bool make(const char *quantity, const struct quantity *column, enum score_split split,
                 struct score *score) {
    const struct metric *metric = metric_find(quantity);
    *score = (struct score){
        .split = split,
        .quantity = quantity,
        .metric = metric,
        .maximize = metric && metric->maximize,
        .most = metric && metric->most > 0 ? metric->most : (double)INFINITY,
        .in_trials = column != NULL,
        .in_history = column && (split == SCORE_TRAINING || split == SCORE_VALIDATION),
    };
    const int length = snprintf(score->name, sizeof score->name, "%s%s",
                                split < SCORE_SPLITS ? prefixes[split] : "", quantity);
    return length > 0 && (size_t)length < sizeof score->name;
}

/* Columns that are split, split by split; the other columns; metrics, split by split. */
bool score_at(size_t place, struct score *score) {
    for (int split = 0; split <= SCORE_UNSPLIT; split++)
        for (size_t i = 0; i < QUANTITY_COUNT; i++)
            if (quantities[i].split == (split < SCORE_SPLITS) && place-- == 0)
                return make(quantities[i].name, &quantities[i], (enum score_split)split, score);
    const struct metric *metric;
    for (size_t i = 0; (metric = metric_row(i)); i++)
        for (int split = 0; split < SCORE_SPLITS; split++)
            if (!NAMES_FIND(quantities, QUANTITY_COUNT, metric->name) && place-- == 0)
                return make(metric->name, NULL, (enum score_split)split, score);
    return false;
}

/* The split that a name begins with; *rest is what follows. */
static enum score_split split_of(const char *name, const char **rest) {
    enum score_split split = SCORE_VALIDATION;
    while (strncmp(name, prefixes[split], strlen(prefixes[split])) != 0)
        split++; /* up to training's, which is empty */
    *rest = name + strlen(prefixes[split]);
    return split;
}

bool score_find(const char *name, struct score *score) {
    const char *quantity;
    const enum score_split split = split_of(name, &quantity);
    const struct metric *metric = metric_find(quantity);
    const struct quantity *column =
        NAMES_FIND(quantities, QUANTITY_COUNT, metric ? metric->name : quantity);
    if (column && !column->split)
        return split == SCORE_TRAINING && make(column->name, column, SCORE_UNSPLIT, score);
    return (column || metric) && make(column ? column->name : metric->name, column, split, score);
}

bool score_on(const struct score *score, enum score_split split, struct score *other) {
    if (!score->quantity || score->split == SCORE_UNSPLIT)
        return false;
    return make(score->quantity, score->in_trials ? quantities : NULL, split, other);
}

bool score_is_defined_by(const struct score *score, enum hyperparameter_id id) {
    switch (hyperparameters[id].defines) {
    case DEFINES_NONE:
        break;
    case DEFINES_LOSSES:
        return strcmp(score->quantity, "loss") == 0;
    case DEFINES_TRAINING:
        return strcmp(score->quantity, "loss") == 0 && score->split == SCORE_TRAINING;
    case DEFINES_TRAINED_ON: /* the test images are judged by the labels in their files */
        return score->split == SCORE_TRAINING || score->split == SCORE_VALIDATION;
    case DEFINES_MEASURED:
        return score->split != SCORE_UNSPLIT;
    }
    return false;
}
