/* What the rows of a batch ought to give: of one output of a network. */
#ifndef SWEEP_NN_TARGETS_H
#define SWEEP_NN_TARGETS_H

#include <stddef.h>
#include <stdint.h>

struct targets {
    const uint8_t *labels; /* a class of each row, or NULL: */
    const float *values;   /* rows x width */
    size_t width;          /* classes, or numbers of a row */
};

/* The targets from a row on. */
static inline struct targets targets_from(struct targets targets, size_t row) {
    if (targets.labels)
        targets.labels += row;
    if (targets.values)
        targets.values += row * targets.width;
    return targets;
}

/* Classes by their labels. */
static inline struct targets targets_of_labels(const uint8_t *labels, size_t classes) {
    return (struct targets){.labels = labels, .width = classes};
}

#endif
