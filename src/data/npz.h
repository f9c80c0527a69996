/* .npz files, as numpy.savez and numpy.savez_compressed write them: zip archives of NumPy
 * arrays. Keras' mnist.npz is one. Members are read into memory; nothing is ever extracted. */
#ifndef SWEEP_DATA_NPZ_H
#define SWEEP_DATA_NPZ_H

#include "base/arena.h"
#include "base/status.h"
#include "data/arrays.h"

/* Read all arrays of an archive, each under its member's name without .npy; other members are left
 * alone, and so, with a word in arrays->changes, are arrays of text or objects that no data set
 * needs (arrays_need). STATUS_IO when it cannot be opened, STATUS_INPUT when it is no archive,
 * damaged, or of arrays that are not read (see npy.h). At most as many elements as an array's
 * header announces are ever held in memory. Errors are placed at `path`. On failure the list keeps
 * what was added. */
enum status npz_read(const char *path, struct arrays *arrays, struct error *error);

/* An array of floats in C order. */
struct npz_array {
    const char *name; /* of the member, without its ending */
    const float *values;
    size_t rank;
    const size_t *dims;
};

/* An archive of arrays, in their order, in the arena; the same bytes at any time. STATUS_MEMORY, or
 * STATUS_INPUT where libzip can't make it. */
enum status npz_make(const struct npz_array *arrays, size_t count, struct arena *arena,
                     const void **bytes, size_t *size, struct error *error);

#endif
