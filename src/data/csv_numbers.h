/* The columns of a CSV file: numbers that are inputs, and one column of what is to be learned. */
#ifndef SWEEP_DATA_CSV_NUMBERS_H
#define SWEEP_DATA_CSV_NUMBERS_H

#include "base/arena.h"
#include "base/status.h"
#include "data/csv_rows.h"
#include "data/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows of numbers, kept as bytes for as long as they are. */
struct csv_numbers {
    size_t count, room, width; /* rows, and numbers in each */
    uint8_t *bytes;            /* owned. NULL: */
    float *values;             /* owned */
    bool reals;                /* a number was written with a point or an exponent */
    struct rounding rounding;  /* of each column */
};

/* Room for one more row; false when out of memory. */
bool csv_numbers_grow(struct csv_numbers *numbers);

/* Put a number into the row that is begun, numbers->count; false when out of memory. */
bool csv_numbers_put(struct csv_numbers *numbers, size_t column, double number);

double csv_numbers_at(const struct csv_numbers *numbers, size_t row, size_t column);

void csv_numbers_release(struct csv_numbers *numbers);

/* The number that the whole field is; false where it is none, or not a finite one. Where commas
 * don't separate fields, a number may have one for its point. *real: it is a number, and has a
 * point or an exponent. */
bool csv_read_number(const struct csv_field *field, char separator, double *number, bool *real);

bool csv_is_fraction(double number);

/* Whether a text stands for what is missing; among numbers that may be one that is a class among
 * words, as none, -, or inf. */
bool csv_is_missing(const char *text, bool among_numbers);

/* A column that may be the one to be learned: as numbers, and as texts while there are few. */
struct csv_labels {
    struct csv_numbers numbers; /* of one column; 0 for what is none */
    struct csv_numbers codes;   /* of one column: which text it is, counted as they are met */
    size_t odd;                 /* the line of the first number that is no byte; 0: none is */
};

/* The different texts of such a column, in all files. */
struct csv_texts {
    size_t count;
    bool many;               /* more than DATASET_CLASSES_MAX */
    bool numbers, fractions; /* one of them is a number; one that is not whole */
    struct csv_word {
        const char *text, *path; /* NULL: there is none; and the file that it is in */
        size_t line;
    } first_word, missing; /* the first that is no number; that stands for what is missing */
    const char *items[DATASET_CLASSES_MAX];
};

/* Add a field of a row; false when out of memory. The texts live in the arena, the path stays. */
bool csv_labels_add(struct csv_labels *labels, struct csv_texts *texts, const struct csv_rows *row,
                    const struct csv_field *field, const char *path, struct arena *arena);

void csv_labels_release(struct csv_labels *labels);

/* Put the texts in the order of their bytes, as Keras and scikit-learn do, and the codes with
 * them. */
void csv_texts_sort(struct csv_texts *texts, struct csv_labels *const labels[], size_t count);

#endif
