/* The formats that data sets are read from, besides IDX: a row each. */
#ifndef SWEEP_DATA_READER_H
#define SWEEP_DATA_READER_H

#include "base/status.h"
#include "data/arrays.h"
#include "data/places.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define READER_HEAD 512 /* bytes of a file's beginning by which a format is told */

/* What there is at a path. */
struct reader_place {
    const char *path;
    enum place_kind kind;      /* a file or a folder */
    uint8_t head[READER_HEAD]; /* of a file: how it begins, unpacked where gzip packed it */
    size_t head_bytes;
};

struct reader {
    const char *name; /* of the format, for people */
    bool (*recognises)(const struct reader_place *place);
    /* Add the arrays to an empty list. Errors are placed. On failure what has been added stays in
     * the list, for the caller to release. */
    enum status (*read)(const struct reader_place *place, const struct dataset_options *options,
                        struct arrays *arrays, struct error *error);
};

/* The reader of what is at `path`: the first that recognises it. NULL: none; *place is filled in
 * all the same. STATUS_IO where it can't be looked at. */
enum status reader_find(const char *path, struct reader_place *place, const struct reader **reader,
                        struct error *error);

/* The rows, each defined by its format's file. */
extern const struct reader npz_reader, npy_reader, csv_reader, picture_reader;

#endif
