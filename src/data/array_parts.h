/* Between the arrays of a file and a data set: the training and the test part of each input and
 * target, brought into the data set's form. For data/arrays.c. */
#ifndef SWEEP_DATA_ARRAY_PARTS_H
#define SWEEP_DATA_ARRAY_PARTS_H

#include "base/text.h"
#include "data/arrays.h"

enum array_role { ARRAY_INPUT, ARRAY_TARGET, ARRAY_FURTHER };

/* The arrays of one input or target. */
struct group {
    enum array_role role;
    char name[DATASET_NAME_MAX]; /* without the part's word */
    struct array *parts[2];      /* training and test; NULL: there is no test part yet */
    struct array made;           /* the test part that was split off */
    /* As a data set's arrays are; set by group_shape. */
    size_t rows, columns, channels, classes;
    bool table, channels_first;
    bool guessed; /* classes, of whole numbers of which nobody says that they are */
    double unit;
};

/* The first input, the first target, then the others by their names. */
struct groups {
    const struct dataset_options *options;
    struct text changes; /* what people ought to know, in words */
    bool pictures;       /* channels come last, whatever the sizes are */
    size_t count;
    struct group items[DATASET_ARRAYS_MAX + 2];
};

/* Free its elements. */
void array_release(struct array *array);

/* Bring the group's arrays, whose examples have one shape, into the data set's form, and say so of
 * what is not expected. STATUS_INPUT where it is not clear how. */
enum status group_shape(struct groups *groups, struct group *group, struct error *error);

/* Split a test part off every group: examples at random by the options' seed, of each class the
 * same share, and of a class of one example none. */
enum status groups_split(struct groups *groups, struct error *error);

#endif
