/* .npz files, as numpy.savez and numpy.savez_compressed write them: zip archives of NumPy
 * arrays. Keras' mnist.npz is one. Members are looked up by their exact names and read into
 * memory; nothing is ever extracted. */
#ifndef SWEEP_DATA_NPZ_H
#define SWEEP_DATA_NPZ_H

#include "base/arena.h"
#include "base/status.h"
#include "data/idx.h"

struct npz;

/* Open an archive: STATUS_IO when it cannot be opened, STATUS_INPUT when it is not an archive.
 * Errors here and in npz_read are placed at `path`. */
enum status npz_open(const char *path, struct npz **npz, struct error *error);

/* Read a member, such as "x_train.npy", as images or labels. STATUS_INPUT when it is missing,
 * damaged, or of a type, shape or range that is not read (see npy.h). At most as many elements
 * as the array's header announces are ever held in memory. */
enum status npz_read(struct npz *npz, const char *member, enum idx_kind kind,
                     struct idx_array *array, struct error *error);

/* Close an archive; NULL is fine. */
void npz_free(struct npz *npz);

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
