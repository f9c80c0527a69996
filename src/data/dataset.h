/* Data sets: labelled grey images, as uint8, for training and for testing.
 *
 * A loaded data set is immutable and shared by all threads. */
#ifndef SWEEP_DATA_DATASET_H
#define SWEEP_DATA_DATASET_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/status.h"
#include "base/text.h"
#include "math/sparse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATASET_CLASSES_MAX 256
#define DATASET_NAME_MAX 64 /* bytes, with the NUL */

struct images {
    size_t count;
    const uint8_t *pixels;             /* count x rows x columns; 0 is background */
    const uint8_t *labels;             /* count */
    const struct sparse_images *index; /* of the pixels that are not 0; NULL before dataset_index */
};

struct dataset {
    char name[DATASET_NAME_MAX]; /* the catalogue's, or the last part of a folder's path */
    char source[4096];           /* where it was found: a folder or file, or "built in" */
    const char *changes;         /* what was changed when it was read, or NULL */
    size_t rows, columns;        /* of one image */
    size_t classes;              /* 1 + the largest label in either part */
    struct images train, test;
    struct digest digest; /* of shapes, pixels and labels: equal data, equal digest */
    bool published;       /* the contents are those of a set of the catalogue, by its digests */
    void *owned[4];       /* for dataset_release */
    struct arena arena;   /* of the indices */
};

/* Where to look for data sets; any may be NULL. */
struct dataset_places {
    const char *data_dir; /* --data-dir */
};

/* Load the data set called `name`. `*found` is false, with STATUS_OK, when it is nowhere; a
 * data set that is present but damaged or incomplete is an error, not a reason to look on.
 *
 * A name with a slash is the path of a folder with IDX files (or with a folder raw/ of them), plain
 * or .gz, or of an .npz file like Keras'. "digits" is built in. Any other name may be that of a
 * folder or file in the current folder, and is looked for in data_dir, $SWEEP_DATA_DIR,
 * $XDG_DATA_HOME/sweep (~/.local/share/sweep), Keras' ~/.keras/datasets, ./data, ~/data, and
 * datasets/ in $XDG_DATA_DIRS (/usr/local/share:/usr/share), in that order: in each of them where
 * the catalogue says that the data set of that name lies, and as NAME/, NAME/raw/ and NAME.npz. The
 * contents of "mnist" and "fashion_mnist" have to be the published ones. The file names are in
 * source.h. */
enum status dataset_load(const char *name, const struct dataset_places *places,
                         struct dataset *dataset, bool *found, struct error *error);

/* STATUS_INPUT for a name that is neither a path, nor in the catalogue, nor anywhere; the message
 * says what is nearest. One of the catalogue that is nowhere is fine. */
enum status dataset_check_name(const char *name, const struct dataset_places *places,
                               struct error *error);

/* The first of `names` that is present. STATUS_INPUT where one of them is unknown, as by
 * dataset_check_name, or where none is present, with a message that says how to get them. Where it
 * is not the first, each that comes before gets a line in `notes`, which may be NULL, that says the
 * same. */
enum status dataset_load_first(const char *const *names, size_t count,
                               const struct dataset_places *places, struct dataset *dataset,
                               struct text *notes, struct error *error);

/* Index both parts, for all streams to share. */
enum status dataset_index(struct dataset *dataset, struct error *error);

/* Free what a load allocated; a zeroed data set is fine. */
void dataset_release(struct dataset *dataset);

#endif
