/* Where a data set's four arrays are read from: a folder of IDX files, or what a reader takes. */
#ifndef SWEEP_DATA_SOURCE_H
#define SWEEP_DATA_SOURCE_H

#include "base/digest.h"
#include "base/status.h"
#include "data/idx.h"
#include "data/places.h"
#include "data/reader.h"

#include <stdbool.h>
#include <stddef.h>

enum source_part { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, SOURCE_PARTS };

struct source {
    char path[PLACES_PATH_MAX];  /* the folder or file */
    const struct reader *reader; /* of it; NULL: it has IDX files */
    struct source_array {
        char file[PLACES_PATH_MAX]; /* the IDX file, or the source's path */
        struct idx_array array;
        struct digest digest; /* of the uncompressed IDX file with these contents */
    } parts[SOURCE_PARTS];
};

/* What a data set's own IDX files are called. */
struct source_names {
    const char *prefix; /* before the usual names; NULL: none */
    bool wide_labels;   /* labels are QMNIST's -idx2-int */
    bool alone;         /* other formats are not looked for */
};

/* Look whether there is a data set at `path`: a folder with the four IDX files, or what one of the
 * readers recognises. `*found` is false, with STATUS_OK, when it is neither; a folder with only
 * some of the IDX files is an error. Nothing is read yet. In a folder each file may be plain or end
 * in .gz; the names are train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte,
 * t10k-labels-idx1-ubyte   (or test- instead of t10k-) and the same with a dot before idx, or with
 * labels-idx2-int, each after the prefix of `names`, with which other formats are not looked for.
 */
enum status source_find(const char *path, struct source_names names, struct source *source,
                        bool *found, struct error *error);

/* Read IDX files that were found. On failure nothing is left to release. */
enum status source_read(struct source *source, struct error *error);

/* Set the digest of each part from its array. */
void source_digest(struct source *source);

/* What a part's file is called, without .gz, in `name`. */
#define SOURCE_NAME_MAX 80
void source_file_name(enum source_part part, struct source_names names, char name[SOURCE_NAME_MAX]);

void source_release(struct source *source);

#endif
