/* Data sets: examples for training and for testing. An example is numbers (a grey or colour image,
 * or the features of a table's row) and what a network ought to make of them (its class, or
 * numbers).
 *
 * A loaded data set is immutable and shared by all threads. */
#ifndef SWEEP_DATA_DATASET_H
#define SWEEP_DATA_DATASET_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/status.h"
#include "base/text.h"
#include "data/rounding.h"
#include "math/sparse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATASET_CLASSES_MAX 256
#define DATASET_NAME_MAX 64 /* bytes, with the NUL */

/* The examples of a part: their first input and their first target. */
struct images {
    size_t count;
    const uint8_t *pixels;             /* count x inputs; 0 is background. NULL: */
    const float *values;               /* count x inputs */
    const uint8_t *labels;             /* count classes. NULL: */
    const float *targets;              /* count x the data set's target_width */
    const struct sparse_images *index; /* of what is not 0; NULL before dataset_index */
};

/* An array of a data set besides the first ones: an input that a network may read, or a target. */
struct dataset_array {
    char name[DATASET_NAME_MAX];    /* as "age" of the arrays age_train and age_test */
    size_t rows, columns, channels; /* of an example, channels running fastest */
    bool table;                     /* columns are features, not pixels; there is one row */
    bool channels_first;            /* in its file; here they come last */
    bool normalized;                /* as an input (data/normalization.h) */
    struct rounded rounded;         /* of the training part */
    double unit;                    /* as the data set's */
    size_t classes;                 /* of labels: 1 + the largest; 0: they are no labels */
    /* Of each part count x rows x columns x channels: bytes where `bytes` is not NULL, which are
     * labels if there are classes; and floats where `values` is not. */
    struct {
        const uint8_t *bytes;
        const float *values;
    } train, test;
};

/* Numbers stand for number / unit; 0 stands for 1. */
static inline double dataset_array_unit(const struct dataset_array *array) {
    return array->unit > 0 ? array->unit : 1;
}

/* How many numbers of it an example has. */
static inline size_t dataset_array_width(const struct dataset_array *array) {
    return array->rows * array->columns * (array->channels > 0 ? array->channels : 1);
}

#define DATASET_ARRAYS_MAX 16
/* Of each input or target: both parts as they were read, labels of both as numbers, and the
 * training part in another order. */
#define DATASET_OWNED_MAX (5 * (DATASET_ARRAYS_MAX + 2))

struct dataset {
    char name[DATASET_NAME_MAX]; /* the catalogue's, or the last part of a folder's path */
    char source[4096];           /* where it was found: a folder or file, or "built in" */
    const char *changes;         /* what was changed when it was read, or NULL */
    char input_name[DATASET_NAME_MAX], target_name[DATASET_NAME_MAX]; /* of the first ones */
    size_t rows, columns;                                             /* of one image */
    size_t channels;     /* of a pixel, running fastest; 0 stands for 1 */
    bool table;          /* columns are features, not pixels; there is one row */
    bool channels_first; /* in its file; here they come last */
    bool normalized;     /* as an input (data/normalization.h) */
    bool test_drawn;     /* its files have no test part: test_split says */
    struct rounded rounded, rounded_targets; /* of the training part's inputs and targets */
    double unit;                             /* pixels stand for pixel / unit; 0 stands for 1 */
    size_t classes;       /* 1 + the largest label in either part; 0: targets are numbers */
    size_t target_width;  /* of an example's targets, where there are no classes */
    bool classes_guessed; /* from whole numbers, of which nobody says that they are classes */
    const char *const *class_names; /* `classes` of them, or NULL: they are the labels' numbers */
    bool pictures;    /* images were files, and others are read alike: whole, and made to fit */
    bool handwriting; /* images are cut out and centred, as photo_normalise does it */
    struct images train, test;
    size_t array_count;
    struct dataset_array arrays[DATASET_ARRAYS_MAX]; /* what there is besides */
    struct digest digest; /* of shapes, pixels and labels: equal data, equal digest */
    /* Of the first of a sweep's several data sets (datasets_join): the next one, and what there is
     * to know of all of them. NULL: there is one. */
    struct dataset *next;
    const char *names, *digests, *sources, *all_changes;
    bool published;                 /* the contents have the digests MNIST was published with */
    void *owned[DATASET_OWNED_MAX]; /* for dataset_release: allocated, or mappings */
    struct arena arena;             /* of the indices, and of what else there is to know */
};

/* The place of its further array of that name, or array_count: it has none. */
size_t dataset_array_find(const struct dataset *dataset, const char *name);

/* Whether it is grey images of bytes, and their classes: what IDX files can hold. */
static inline bool dataset_is_plain(const struct dataset *dataset) {
    return dataset->channels <= 1 && !dataset->table && dataset->unit <= 1 &&
           dataset->classes > 0 && !dataset->train.values && dataset->array_count == 0;
}

/* Where an example's numbers begin, `inputs` of each: floats where there are values, else bytes. */
static inline const void *images_at(const struct images *images, size_t example, size_t inputs) {
    return images->values ? (const void *)(images->values + example * inputs)
                          : (const void *)(images->pixels + example * inputs);
}

/* What the fields of these names stand for. */
static inline size_t dataset_channels(const struct dataset *dataset) {
    return dataset->channels > 0 ? dataset->channels : 1;
}

static inline double dataset_unit(const struct dataset *dataset) {
    return dataset->unit > 0 ? dataset->unit : 1;
}

/* How many numbers an example's first input is. */
static inline size_t dataset_inputs(const struct dataset *dataset) {
    return dataset->rows * dataset->columns * dataset_channels(dataset);
}

/* Whether its targets are numbers, not classes. */
static inline bool dataset_has_values(const struct dataset *dataset) {
    return dataset->classes == 0 && dataset->target_width > 0;
}

/* How many outputs a network has by default. */
static inline size_t dataset_outputs(const struct dataset *dataset) {
    return dataset->classes > 0 ? dataset->classes : dataset->target_width;
}

/* Whether some input is to be normalised. */
bool dataset_normalizes(const struct dataset *dataset);

/* What inputs are divided by unless a config says: 255 for pixels of 0 to 255, 1 for numbers. */
static inline double dataset_divisor(const struct dataset *dataset) {
    const bool bytes = (dataset->unit == 0 || dataset->unit == 1) && !dataset->train.values;
    return bytes && !dataset->table ? 255 : 1;
}

/* How a data set is to be read, where it does not say. All zero: by its shape and type. */
struct dataset_options {
    enum { CHANNELS_BY_SHAPE, CHANNELS_LAST, CHANNELS_FIRST } data_format; /* Keras' name */
    enum { TARGETS_BY_TYPE, TARGETS_CLASSES, TARGETS_VALUES } targets;
    const char *label;      /* the name of a CSV file's column that is to be learned, or its number,
                               counted from 1, where columns have no names; NULL: not said */
    struct origin label_at; /* where that is written, for messages */
    double test_split;      /* the share that is made the test part where there is none; 0: 0.2 */
    uint64_t split_seed;
    bool shuffle;                  /* the training examples in random order, by split_seed */
    bool normalization;            /* Keras' name: see data/normalization.h */
    const char *const *normalized; /* further arrays of which the same is meant */
    size_t normalized_count;
    struct origin normalized_at;      /* where these are written, for messages */
    size_t image_rows, image_columns; /* Keras' image_size, of pictures and of rows of pixels;
                                         0: as they are */
    enum { COLOR_AS_IT_IS, COLOR_GREY, COLOR_RGB } color_mode; /* Keras' name, of pictures */
};

/* Where to look for data sets, and how to read them; any may be NULL. */
struct dataset_places {
    const char *data_dir; /* --data-dir */
    const struct dataset_options *options;
};

/* Load the data set called `name`. `*found` is false, with STATUS_OK, when it is nowhere; a
 * data set that is present but damaged or incomplete is an error, not a reason to look on.
 *
 * A name with a slash is the path of a folder with IDX files (or with a folder raw/ of them), plain
 * or .gz, or of what a reader of reader.h recognises: an .npz or .npy file, a CSV file or a folder
 * with train.csv, a folder with a folder of pictures for each class. "digits" is built in. Any
 * other name may be that of a folder or file in the current folder, and is looked for in data_dir,
 * $SWEEP_DATA_DIR, $XDG_DATA_HOME/sweep (~/.local/share/sweep), Keras' ~/.keras/datasets, ./data,
 * ~/data, and datasets/ in $XDG_DATA_DIRS (/usr/local/share:/usr/share), in that order: in each of
 * them where the catalogue says that the data set of that name lies, and as NAME/, NAME/raw/,
 * NAME.npz, NAME.csv and NAME.csv.gz. The contents of "mnist" and "fashion_mnist" have to be the
 * published ones. The file names are in source.h. */
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

/* In words, how many examples of what sort there are and what their targets are. */
void dataset_describe(const struct dataset *dataset, struct text *text);

/* The same of one of its further arrays: "meta (3 numbers)". */
void dataset_array_describe(const struct dataset_array *array, struct text *text);

/* Index both parts, for all streams to share. */
enum status dataset_index(struct dataset *dataset, struct error *error);

/* Free what a load allocated, of those that come next as well; a zeroed data set is fine. */
void dataset_release(struct dataset *dataset);

/* Say of the first data set what all of them are, those that come next included, in its arena:
 * their names, and their digests, sources and changes as JSON objects by name. STATUS_INPUT where
 * two have one name, or are the same. */
enum status datasets_join(struct dataset *first, struct error *error);

/* What images, targets and their indices take of the memory, those of the next ones included. */
size_t datasets_bytes(const struct dataset *first);

/* The one of a sweep's data sets that has the name; the first, if there is none. */
const struct dataset *dataset_named(const struct dataset *first, const char *name);

/* Of one data set, and of several that were joined: what a results database has for all of them. */
static inline const char *dataset_names(const struct dataset *first) {
    return first->names ? first->names : first->name;
}
static inline const char *dataset_digests(const struct dataset *first) {
    return first->digests ? first->digests : first->digest.hex;
}
static inline const char *dataset_sources(const struct dataset *first) {
    return first->sources ? first->sources : first->source;
}
static inline const char *dataset_changes(const struct dataset *first) {
    return first->all_changes ? first->all_changes : first->changes ? first->changes : "";
}

#endif
