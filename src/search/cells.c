#include "search/cells.h"

#include "base/multiversion.h"

#include <math.h>

size_t cells_count(const struct dimension *dimension) {
    if (dimension->kind == DIMENSION_CATEGORICAL)
        return dimension->levels;
    return dimension->kind == DIMENSION_ORDERED && dimension->levels < CELLS_MAX ? dimension->levels
                                                                                 : CELLS_MAX;
}

bool cells_are_ordered(const struct dimension *dimension) {
    return dimension->kind != DIMENSION_CATEGORICAL && cells_count(dimension) > 2;
}

static bool is_level(const struct dimension *dimension) {
    return cells_count(dimension) == dimension->levels;
}

/* The cell's first level, of those that have several. */
static size_t first_level(const struct dimension *dimension, size_t which) {
    return (which * dimension->levels + CELLS_MAX - 1) / CELLS_MAX;
}

double cell_probability(const struct dimension *dimension, cell which) {
    if (!dimension->probabilities || dimension->kind == DIMENSION_CONTINUOUS)
        return 1 / (double)cells_count(dimension);
    if (is_level(dimension))
        return dimension->probabilities[which];
    double sum = 0;
    for (size_t i = first_level(dimension, which); i < first_level(dimension, which + 1); i++)
        sum += dimension->probabilities[i];
    return sum;
}

cell cell_of(const struct dimension *dimension, double value) {
    if (is_level(dimension))
        return (cell)value;
    if (dimension->kind == DIMENSION_CONTINUOUS)
        return (cell)(value * CELLS_MAX);
    return (cell)((size_t)value * CELLS_MAX / dimension->levels);
}

void cells_of(const struct domain *domain, const double *point, cell *cells) {
    for (size_t d = 0; d < domain->count; d++)
        cells[d] = isnan(point[d]) ? CELL_NONE : cell_of(&domain->dimensions[d], point[d]);
}

double cell_value(const struct dimension *dimension, cell which, double unit) {
    if (is_level(dimension))
        return (double)which;
    if (dimension->kind == DIMENSION_CONTINUOUS)
        return ((double)which + unit) / CELLS_MAX;
    const size_t first = first_level(dimension, which), next = first_level(dimension, which + 1);
    return (double)(first + (size_t)(unit * (double)(next - first)));
}

MULTIVERSION void cells_multiply(double *restrict products, const double *restrict row,
                                 const cell *restrict cells, size_t count) {
    INDEPENDENT
    for (size_t i = 0; i < count; i++)
        products[i] *= row[cells[i]];
}
