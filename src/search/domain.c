#include "search/domain.h"

#include <math.h>

bool domain_exists(const struct domain *domain, const double *point, size_t dimension) {
    const struct dimension *own = &domain->dimensions[dimension];
    return own->parent == DIMENSION_NONE ||
           (!isnan(point[own->parent]) && own->parent_levels[(size_t)point[own->parent]]);
}

static bool is_possible(const struct dimension *dimension, size_t level) {
    return !dimension->probabilities || dimension->probabilities[level] > 0;
}

bool domain_is_possible(const struct domain *domain, const double *point) {
    for (size_t d = 0; d < domain->count; d++)
        if (!isnan(point[d]) && !is_possible(&domain->dimensions[d], (size_t)point[d]))
            return false;
    return true;
}

/* The level whose share of [0, 1) the unit is in. Where rounding leaves the sum of all below the
 * unit it is the last possible one. */
static size_t level_at(const struct dimension *dimension, double unit) {
    if (!dimension->probabilities) {
        const size_t level = (size_t)(unit * (double)dimension->levels);
        return level < dimension->levels ? level : dimension->levels - 1;
    }
    double sum = 0;
    size_t last = 0;
    for (size_t level = 0; level < dimension->levels; level++)
        if (is_possible(dimension, level)) {
            last = level;
            sum += dimension->probabilities[level];
            if (unit < sum)
                break;
        }
    return last;
}

double domain_value(const struct dimension *dimension, double unit) {
    return dimension->kind == DIMENSION_CONTINUOUS ? unit : (double)level_at(dimension, unit);
}

void domain_point(const struct domain *domain, const double *units, double *point) {
    for (size_t d = 0; d < domain->count; d++)
        point[d] = domain_exists(domain, point, d) ? domain_value(&domain->dimensions[d], units[d])
                                                   : (double)NAN;
}

/* The first possible level from `level` on; `levels` if there is none. */
static size_t possible_from(const struct dimension *dimension, size_t level) {
    while (level < dimension->levels && !is_possible(dimension, level))
        level++;
    return level;
}

static void set_first(const struct domain *domain, double *point, size_t from) {
    for (size_t d = from; d < domain->count; d++)
        point[d] = domain_exists(domain, point, d)
                       ? (double)possible_from(&domain->dimensions[d], 0)
                       : (double)NAN;
}

void domain_first(const struct domain *domain, double *point) {
    set_first(domain, point, 0);
}

bool domain_next(const struct domain *domain, double *point) {
    for (size_t d = domain->count; d-- > 0;) {
        if (isnan(point[d]))
            continue;
        const size_t level = possible_from(&domain->dimensions[d], (size_t)point[d] + 1);
        if (level < domain->dimensions[d].levels) {
            point[d] = (double)level;
            set_first(domain, point, d + 1);
            return true;
        }
    }
    return false;
}

bool domain_is_finite(const struct domain *domain) {
    for (size_t d = 0; d < domain->count; d++)
        if (domain->dimensions[d].kind == DIMENSION_CONTINUOUS)
            return false;
    return true;
}

size_t domain_size(const struct domain *domain, double *point, size_t limit) {
    size_t size = 0;
    if (!domain_is_finite(domain))
        return limit;
    domain_first(domain, point);
    do
        size++;
    while (size < limit && domain_next(domain, point));
    return size;
}
