/* Points in whole numbers, for methods that compare many of them: each dimension is cut into cells,
 * a level each, or where there are more than CELLS_MAX or the dimension is continuous, CELLS_MAX of
 * equal width. Used by the methods of searching alone. */
#ifndef SWEEP_SEARCH_CELLS_H
#define SWEEP_SEARCH_CELLS_H

#include "search/domain.h"

#include <stdint.h>

#define CELLS_MAX 256
#define CELL_NONE UINT32_MAX /* the dimension does not exist at this point */

typedef uint32_t cell;

/* How many cells a dimension has. The levels of a categorical one are its cells, however many. */
size_t cells_count(const struct dimension *dimension);

/* Whether its cells are nearer or farther from each other: all but categories, and two levels. */
bool cells_are_ordered(const struct dimension *dimension);

/* What a random draw from the domain has for a probability to be in the cell. */
double cell_probability(const struct dimension *dimension, cell which);

/* The cell of a value, and the value at a place, from 0 to 1 (excluded), in a cell. */
cell cell_of(const struct dimension *dimension, double value);
double cell_value(const struct dimension *dimension, cell which, double unit);

/* A point's cells. */
void cells_of(const struct domain *domain, const double *point, cell *cells);

/* products[i] *= row[cells[i]] */
void cells_multiply(double *restrict products, const double *restrict row,
                    const cell *restrict cells, size_t count);

#endif
