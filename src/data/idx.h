/* IDX files, the format MNIST is published in: a big-endian header (two zero bytes, the
 * element type, the number of dimensions, then each dimension as 32 bits), then the
 * elements, the last dimension running fastest. Read here: unsigned bytes with one
 * dimension (labels) or three (images), plain or gzip-compressed; and QMNIST's labels, rows of
 * 32-bit numbers of which the first is the class.
 * The format is described at the end of http://yann.lecun.com/exdb/mnist/ */
#ifndef SWEEP_DATA_IDX_H
#define SWEEP_DATA_IDX_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

#define IDX_DIMENSIONS_MAX 3
#define IDX_HEADER_MAX (4 + 4 * IDX_DIMENSIONS_MAX)
#define IDX_SIDE_MAX ((size_t)65536)    /* pixels of an image's row or column */
#define IDX_BYTES_MAX ((size_t)4 << 30) /* elements of a file */

enum idx_kind {
    IDX_LABELS = 1, /* the number of dimensions */
    IDX_IMAGES = 3,
};

struct idx_array {
    enum idx_kind kind;
    size_t count;         /* images or labels */
    size_t rows, columns; /* of an image; 1 and 1 for labels */
    size_t bytes;         /* count * rows * columns */
    uint8_t *data;        /* owned */
};

/* Read a file of the given kind. STATUS_IO when it cannot be opened or read, STATUS_INPUT when
 * it is damaged or something else; errors are placed at `path` and say what to do.
 * At most as many elements as the header announces are ever held in memory. */
enum status idx_read(const char *path, enum idx_kind kind, struct idx_array *array,
                     struct error *error);

/* Fill the shape and `bytes` of an array from its dimensions (one or three, by `kind`), or
 * STATUS_INPUT when it is empty of pixels or too large to be meant. `data` is left alone. */
enum status idx_shape(enum idx_kind kind, const size_t *dimensions, struct idx_array *array,
                      struct error *error);

/* Write the header an IDX file with these contents has; returns its length. */
size_t idx_header(const struct idx_array *array, uint8_t header[IDX_HEADER_MAX]);

/* Free the elements; a zeroed array is fine. */
void idx_release(struct idx_array *array);

#endif
