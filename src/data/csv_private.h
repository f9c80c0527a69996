/* What the files of csv_reader.c share. */
#ifndef SWEEP_DATA_CSV_PRIVATE_H
#define SWEEP_DATA_CSV_PRIVATE_H

#include "base/text.h"
#include "data/arrays.h"
#include "data/csv_numbers.h"
#include "data/csv_rows.h"
#include "data/dataset.h"

#define CSV_SHOWN 60               /* bytes of a field in a message */
#define CSV_NAMED (CSV_SHOWN + 32) /* of a column in words, with the NUL */

enum csv_role { CSV_INPUT, CSV_LABEL, CSV_OTHER_LABEL, CSV_LEFT_OUT };

/* What is in a column that is called as one that numbers the rows. */
struct csv_numbering {
    bool words, fractions; /* some are none, or not whole */
    bool repeats;          /* within a file */
    size_t count, room;
    uint64_t *hashes; /* of the file's texts, while all may still be different; owned */
};

/* What the columns are, which is the same in both files. */
struct csv_columns {
    size_t count, inputs; /* `inputs` has no candidate among them */
    enum csv_role *roles;
    struct csv_numbering *numbering; /* of those that are left out */
    const char **names;              /* NULL: there is no line of names */
    bool known;                      /* the label's column is told by its name or the key */
    size_t label, other;
};

struct csv_part {
    const char *path;
    char separator;
    struct csv_numbers inputs;   /* with a last column for the candidate that is none */
    struct csv_labels labels[2]; /* of the candidates, the first and the last column */
};

struct csv_table {
    const struct dataset_options *options;
    struct arena *arena;
    struct csv_columns columns;
    /* Why a column that is called so does not number the rows; NULL until columns are known. */
    enum csv_kept { CSV_NUMBERING, CSV_FRACTIONS, CSV_REPEATS } * kept;
    struct csv_texts texts[2];
    struct csv_part parts[2]; /* training and test */
    size_t part_count;
    struct text notes;
    struct error *error;
};

/* Add what people ought to know. */
void csv_note(struct csv_table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* STATUS_INPUT, placed at a line of the part's file; 0: none. */
enum status csv_fail(const struct csv_table *table, const struct csv_part *part, size_t line,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A file's text in a message: cut, and without control characters. */
const char *csv_shown(const char *text, char safe[CSV_SHOWN + 1]);

void csv_name_column(const struct csv_table *table, size_t column, char name[CSV_NAMED]);

/* STATUS_INPUT for a text that is in a column of numbers, or is empty. */
enum status csv_bad_number(const struct csv_table *table, const struct csv_part *part, size_t line,
                           size_t column, const char *text);

bool csv_is_number(const struct csv_rows *rows, const struct csv_field *field);

/* Whether the first row has names: a word of it has a number below, or, in a row that is alone,
 * another word beside; or a word is what the key label names, or, without fractions beside, what
 * columns to be learned are called; or its numbers count on from 0 or 1, as pandas names columns,
 * or, beside a word, from 1000 or more, as years do. `numbers` tells of each field of it whether it
 * is a number. `second` is NULL where there is no other row. */
bool csv_has_names(const struct csv_table *table, const struct csv_rows *first,
                   const struct csv_rows *second, const bool *numbers);

/* Whether a column of that name is the one to be learned: by the key label; by the name. */
bool csv_is_asked_for(const struct csv_table *table, const char *name);
bool csv_is_label_name(const char *name);

/* Set the column that is to be learned where the key label or the columns' names say which, or
 * columns.count. */
enum status csv_find_label(struct csv_table *table, const struct csv_part *part);

/* The column of one of the candidates; that which is told is the first. */
size_t csv_candidate(const struct csv_table *table, size_t which);

/* After the last row: which candidate is to be learned; the other one is put among the inputs. */
enum status csv_choose_label(struct csv_table *table, bool images, size_t *label);

/* STATUS_INPUT where words are no classes: numbers are asked for, they stand among numbers that are
 * none, so that they would be known by their places in an order, or for labels that are missing. */
enum status csv_check_words(const struct csv_table *table, size_t label);

/* The shape of the inputs; true where they are images: as many as image_size has, or a square. */
bool csv_shape(const struct csv_table *table, struct array *array);

/* Tell from their names, where there are any, and places what the columns are. */
enum status csv_plan_columns(struct csv_table *table, const struct csv_part *part);

/* Add a field of a column that is left out; false when out of memory. */
bool csv_numbering_add(struct csv_numbering *numbering, const struct csv_rows *rows,
                       const struct csv_field *field);

/* After the last row of a file. */
void csv_numbering_end(struct csv_columns *columns);

/* True where a column is among those that are kept from now on: the files are to be read again.
 * Else say which columns are left out, and which are not. */
bool csv_numbering_judge(struct csv_table *table);

void csv_numbering_release(struct csv_columns *columns);

#endif
