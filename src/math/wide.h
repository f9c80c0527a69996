/* Kernels for many narrow layers side by side: one block of columns wide, at most WIDE_COLUMNS.
 *
 * Fixed order: each sum runs over ascending inputs (forward) or ascending rows (gradient), one
 * fused or unfused multiply-add an entry, whatever stands in the other columns. A column's bits
 * therefore do not depend on its place or its neighbours. All arrays are aligned to LANES floats,
 * `columns` is a multiple of LANES. */
#ifndef SWEEP_MATH_WIDE_H
#define SWEEP_MATH_WIDE_H

#include "base/multiversion.h"
#include "math/sparse.h"

/* Five registers of sums: enough to hide a multiply-add's latency behind the next row's, few enough
 * that a group's weights, SPARSE_GROUP x WIDE_COLUMNS x 4 bytes, fit the first-level cache. */
#define WIDE_COLUMNS (5 * LANES)

/* z[rows x columns] = x w, w being inputs x columns; `stride`, a multiple of LANES, is what lies
 * between two rows of z, and of delta below. The zeros of x are skipped, or taken along: the bits
 * are the same where w is finite. */
void wide_forward(const struct sparse *x, const float *w, size_t columns, float *z, size_t stride);
void wide_forward_with_zeros(struct sparse *x, const float *w, size_t columns, float *z,
                             size_t stride);

/* Gradients of `count` inputs: gradient[count x columns] = those rows of x^T delta, delta being
 * rows x columns. Those of the active inputs from the first-th on, from entries that have been
 * sorted; and, with the zeros of x, those of the inputs from `first` on. */
void wide_gradient(const struct sparse *x, size_t first, size_t count, const float *delta,
                   size_t stride, size_t columns, float *gradient);
void wide_gradient_with_zeros(struct sparse *x, size_t first, size_t count, const float *delta,
                              size_t stride, size_t columns, float *gradient);

/* The whole gradient, inputs x columns, entry by entry from the rows: for one or two registers of
 * columns cheaper than sorting the entries by inputs. The sums are the same. */
void wide_scatter(const struct sparse *x, const float *delta, size_t stride, size_t columns,
                  float *gradient);

/* Raise each column's size to the largest of values[rows x columns] in it, as the bits of their
 * magnitudes: those of numbers are in their order, and above them stand infinity, then NaN. */
void wide_sizes(const float *values, size_t rows, size_t columns, int32_t *sizes);

/* Whether values with such a size are finite, and whether `count` values are, a multiple of LANES.
 */
static inline bool wide_is_finite(int32_t size) {
    return size < 0x7f800000;
}
bool wide_all_finite(const float *values, size_t count);

/* A gradient with zeros takes so many rows at a time: their deltas and inputs stay in the
 * second-level cache, and their pages are known to the processor, while all inputs pass. So with
 * more rows all inputs should be asked for at once. */
#define WIDE_ROWS 64

#define WIDE_NARROW (2 * LANES) /* up to here wide_scatter is the cheaper one */

#endif
