/* Where a data set's four arrays are read from: a folder of IDX files, or an .npz archive. */
#ifndef SWEEP_DATA_SOURCE_H
#define SWEEP_DATA_SOURCE_H

#include "base/digest.h"
#include "base/status.h"
#include "data/idx.h"
#include "data/places.h"

#include <stdbool.h>
#include <stddef.h>

enum source_part { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, SOURCE_PARTS };

struct source {
    char path[PLACES_PATH_MAX]; /* the folder or the archive */
    struct source_array {
        char file[PLACES_PATH_MAX]; /* the IDX file, or the archive */
        struct idx_array array;
        struct digest digest; /* of the uncompressed IDX file with these contents */
    } parts[SOURCE_PARTS];
};

/* Read the folder or .npz archive at `path`. `*found` is false, with STATUS_OK, when there is
 * neither an archive (a file whose name ends in .npz) at `path` nor a folder with any of the
 * files; a folder with only some of them is an error, as is anything damaged. On failure or
 * when not found nothing is left to release.
 * In a folder each file may be plain or end in .gz; the names are
 *   train-images-idx3-ubyte, train-labels-idx1-ubyte,
 *   t10k-images-idx3-ubyte,  t10k-labels-idx1-ubyte   (or test- instead of t10k-)
 * and the same with a dot before idx. In an archive the members are x_train.npy, y_train.npy,
 * x_test.npy and y_test.npy. */
enum status source_read(const char *path, struct source *source, bool *found, struct error *error);

/* Set the digest of each part from its array. */
void source_digest(struct source *source);

/* Whether the four parts have the digests MNIST was published with. The first that differs
 * is written to `*differing`, which may be NULL, as its published digest is to `*expected`. */
bool source_is_mnist(const struct source *source, enum source_part *differing,
                     const char **expected);

/* The usual name of a part's IDX file. */
const char *source_file_name(enum source_part part);

void source_release(struct source *source);

#endif
