/* The NumPy array format .npy, versions 1.0 to 3.0: six bytes of magic, two of version, the
 * length of a header, the header (a Python dictionary as text), then the elements.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * Read here: arrays of truth values, of integers and of real numbers of 16, 32 and 64 bits, of
 * either byte order, in C or Fortran order. Pickled Python objects are never loaded. */
#ifndef SWEEP_DATA_NPY_H
#define SWEEP_DATA_NPY_H

#include "base/status.h"
#include "base/text.h"
#include "data/arrays.h"
#include "data/input.h"

#include <stdbool.h>

#define NPY_MAGIC "\x93NUMPY" /* what a file begins with */

/* The name of the array in a file of that name: "x_train" of "x_train.npy". False: it is no .npy
 * file, or the name is too long for an array. */
bool npy_name_array(const char *file, char name[DATASET_NAME_MAX]);

/* Read an array from an input; `hint` as for input_read_all. uint8 and bool are kept as bytes, all
 * else as floats. array->name is left alone. STATUS_INPUT when the array is damaged, or of a type
 * that is not read; messages speak of "the array" and have no place yet. On failure there may be
 * elements to free; array->no_numbers tells whether it was refused as one of text or objects,
 * or as a single value. */
enum status npy_read(struct input input, size_t hint, struct array *array, struct error *error);

/* The same from a file, with the place of what is wrong. Where its elements stand there as they are
 * kept in memory, they are mapped. */
enum status npy_read_file(const char *path, struct array *array, struct error *error);

/* Append an array of floats in C order, as version 1.0 has it. text->failed tells when out of
 * memory. */
void npy_append(const float *values, size_t rank, const size_t *dims, struct text *text);

#endif
