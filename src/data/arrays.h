/* The arrays that a reader finds in a file or folder, under their names there, and the data set
 * that is made of them.
 *
 * What is the same for all formats is done here: which array is an input or a target, of training
 * or of test; one-hot rows made labels; numbers that are bytes kept as bytes; channels put last; a
 * test part split off where there is none. */
#ifndef SWEEP_DATA_ARRAYS_H
#define SWEEP_DATA_ARRAYS_H

#include "base/arena.h"
#include "base/status.h"
#include "data/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_DIMENSIONS_MAX 8

struct array {
    char name[DATASET_NAME_MAX]; /* as "x_train", "y", "age_test"; see arrays_make */
    size_t dimensions, size[ARRAY_DIMENSIONS_MAX]; /* the first: examples; the last runs fastest */
    uint8_t *bytes;                                /* the elements, owned. NULL: */
    float *values;                                 /* the elements, owned */
    void *mapping;   /* they are in this one (data/mapping.h); NULL: allocated */
    bool no_numbers; /* it is of text, of objects or a single value, and was refused for that */
    bool reals;      /* the file's type is one of real numbers, not of whole ones */
    /* Of floats: all are whole numbers from 0 to 255; all are k / 255 for such numbers k. */
    bool whole, fractions;
    struct rounded rounded; /* of the numbers before they were floats, where they were wider */
    /* Of a column of a text file, what messages call it, in the arena, and where its first number
     * stands that is no whole one from 0 to 255. NULL: nobody knows */
    const char *column;
    struct origin odd;
};

#define ARRAYS_MAX (2 * (DATASET_ARRAYS_MAX + 2))

struct arrays {
    size_t count;
    struct array items[ARRAYS_MAX];
    const char *const *class_names; /* of the labels, in the arena; NULL: none */
    bool pictures;                  /* they were files, each of one picture */
    const char *changes;            /* what the reader changed, in the arena; NULL: nothing */
    struct arena *arena;            /* the data set's */
};

/* The number of elements. */
size_t array_elements(const struct array *array);

/* Set `whole` and `fractions` of an array of floats by looking at them. */
void array_look(struct array *array);

/* Where arrays are read from, by their numbers there. */
struct array_source {
    void *from;
    /* False: it is no array, or its name is too long for one. */
    bool (*name)(void *from, size_t number, char name[DATASET_NAME_MAX]);
    enum status (*read)(void *from, size_t number, struct array *array, struct error *error);
};

/* Read the arrays of numbers 0 to count - 1. Those that hold no numbers (array->no_numbers) come
 * last and are left out, as class names, a comment or a number beside a data set are no part of it;
 * they are refused where there is nothing else for the first input or the first target. After an
 * error there may be arrays to release. */
enum status arrays_read(struct arrays *arrays, const struct array_source *source, size_t count,
                        struct error *error);

/* Make a data set of the arrays, which it then owns: its shapes, parts, classes, arrays, changes
 * and digest. Its name, source and `published` are left alone.
 *
 * An array's part is told by a name that begins or ends with train or test: x_train, train_images,
 * y_test. Without that word it has all examples, of which a test part is then split off: at random
 * by the seed, of each class the same share. What the rest of the name says:
 *   x, data, features, image(s), input(s)   the first input
 *   y, class(es), label(s), target(s)       the first target
 *   any other                               dataset->arrays, under that name
 * The first array of another name may not stand for the first input or target.
 *
 * Inputs of one or two dimensions are tables, of three grey images, of four images with channels,
 * the first or the last, which must be told by there being at most four. Labels are whole numbers
 * from 0 to 255, or one-hot rows; targets of real numbers are classes if they are whole and from 0
 * to the largest none is missing. STATUS_INPUT, with a message that says what to do, but has no
 * place yet; STATUS_MEMORY. */
enum status arrays_make(struct arrays *arrays, const struct dataset_options *options,
                        struct dataset *dataset, struct error *error);

/* Free what has not been handed over. */
void arrays_release(struct arrays *arrays);

#endif
