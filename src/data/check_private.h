/* What the files of check.c share. */
#ifndef SWEEP_DATA_CHECK_PRIVATE_H
#define SWEEP_DATA_CHECK_PRIVATE_H

#include "data/check.h"
#include "data/repeats.h"

#define LABELS 256

struct findings {
    const struct data_view *view;
    size_t raw[LABELS];        /* training images by the label they have */
    size_t trained[LABELS];    /* by the label they are trained as */
    size_t validation[LABELS]; /* validation images, likewise */
    size_t test[LABELS];
    size_t all[LABELS]; /* all images of the data set */
    size_t constant_train, constant_test;
    struct repeats repeats;
    bool one_class;
    bool many_classes; /* they are likely to be none */
    bool failed;       /* out of memory */
};

/* Add one, if there is room. */
void check_warn(struct data_warnings *warnings, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Rows of the table of checks, of numbers. */
void check_finite(struct findings *findings, struct data_warnings *warnings);
void check_rounded(struct findings *findings, struct data_warnings *warnings);
void check_sorted(struct findings *findings, struct data_warnings *warnings);
void check_constant_targets(struct findings *findings, struct data_warnings *warnings);
void check_other_scale(struct findings *findings, struct data_warnings *warnings);
void check_constant_features(struct findings *findings, struct data_warnings *warnings);

#endif
