/* The NumPy array format .npy, versions 1.0 to 3.0: six bytes of magic, two of version, the
 * length of a header, the header (a Python dictionary as text), then the elements.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * Read here: arrays of whole numbers from 0 to 255, of any integer type, in C order, with
 * one dimension (labels) or three (images). Pickled Python objects are never loaded. */
#ifndef SWEEP_DATA_NPY_H
#define SWEEP_DATA_NPY_H

#include "base/status.h"
#include "base/text.h"
#include "data/idx.h"
#include "data/input.h"

/* Read an array of the given kind from an input; `hint` as for input_read_all. Wider integers
 * are turned into bytes on the way. STATUS_INPUT when the array is damaged or of a type,
 * shape or range that is not read; messages speak of "the array" and have no place yet. */
enum status npy_read(struct input input, enum idx_kind kind, size_t hint, struct idx_array *array,
                     struct error *error);

/* Append an array of floats in C order, as version 1.0 has it. text->failed tells when out of
 * memory. */
void npy_append(const float *values, size_t rank, const size_t *dims, struct text *text);

#endif
