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

/* z[rows x columns] = x w, w being inputs x columns. */
void wide_forward(const struct sparse *x, const float *w, size_t columns, float *z);

/* Gradients of the active inputs first .. first+count-1: gradient[count x columns] = those rows of
 * x^T delta, delta being rows x columns. */
void wide_gradient(const struct sparse *x, size_t first, size_t count, const float *delta,
                   size_t columns, float *gradient);

/* The whole gradient, inputs x columns, entry by entry from the rows: for one or two registers of
 * columns cheaper than sorting the entries by inputs. The sums are the same. */
void wide_scatter(const struct sparse *x, const float *delta, size_t columns, float *gradient);

#define WIDE_NARROW (2 * LANES) /* up to here wide_scatter is the cheaper one */

#endif
