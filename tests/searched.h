/* A search by one of the methods, on domains and functions in memory. */
#ifndef SWEEP_TESTS_SEARCHED_H
#define SWEEP_TESTS_SEARCHED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "search/strategy_private.h"

/* Points that a search may have. */
#define POINTS_MAX 20000

/* A search with what it was asked and told. */
struct search {
    struct domain domain;
    struct strategy_options options;
    struct strategy *strategy;
    size_t count;
    double *points;
    double *values; /* options.objectives each */
};

typedef void (*function)(const double *point, size_t count, double *values);

static inline void begin(struct search *search, const char *method, const struct domain *domain,
                         uint64_t seed, size_t objectives) {
    *search =
        (struct search){.domain = *domain, .options = {.seed = seed, .objectives = objectives}};
    search->points = calloc(POINTS_MAX * (domain->count + 1), sizeof(double));
    search->values = calloc(POINTS_MAX * objectives, sizeof(double));
    assert_int_equal(strategy_begin(strategy_find(method), &search->domain, &search->options,
                                    &search->strategy, NULL),
                     STATUS_OK);
}

static inline void end(struct search *search) {
    strategy_end(search->strategy);
    free(search->points);
    free(search->values);
}

static inline enum strategy_answer ask(struct search *search) {
    enum strategy_answer answer;
    double *point = &search->points[search->count * search->domain.count];
    assert_int_equal(strategy_ask(search->strategy, point, &answer, NULL), STATUS_OK);
    search->count += answer == STRATEGY_POINT;
    return answer;
}

static inline void tell(struct search *search, size_t number) {
    const struct strategy_result result = {.number = number,
                                           .means =
                                               &search->values[number * search->options.objectives],
                                           .seeds = 1,
                                           .completeness = 1};
    assert_int_equal(strategy_tell(search->strategy, &result, 1, NULL), STATUS_OK);
}

/* Ask for `count` more points, and tell what the function gives, in batches. */
static inline void run(struct search *search, size_t count, size_t batch, function f) {
    const size_t d = search->domain.count, m = search->options.objectives;
    for (size_t last = search->count + count; search->count < last;) {
        const size_t first = search->count;
        while (search->count < last && search->count < first + batch)
            if (ask(search) != STRATEGY_POINT)
                last = search->count;
        for (size_t i = first; i < search->count; i++) {
            f(&search->points[i * d], d, &search->values[i * m]);
            tell(search, i);
        }
    }
}

static inline bool is_same(const double *a, const double *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!(a[i] == b[i] || (isnan(a[i]) && isnan(b[i]))))
            return false;
    return true;
}

static inline bool is_new(const struct search *search, size_t number) {
    const size_t d = search->domain.count;
    for (size_t i = 0; i < number; i++)
        if (is_same(&search->points[i * d], &search->points[number * d], d))
            return false;
    return true;
}

static const bool second_only[] = {false, true, false};
static const bool not_first[] = {false, true, true};
static const double probabilities[] = {0.6, 0.3, 0, 0.1};

/* All kinds of dimensions, three deep. */
static const struct dimension mixed_dimensions[] = {
    {.kind = DIMENSION_CATEGORICAL, .levels = 3, .parent = DIMENSION_NONE},
    {.kind = DIMENSION_CONTINUOUS, .parent = 0, .parent_levels = second_only},
    {.kind = DIMENSION_ORDERED, .levels = 3, .parent = 0, .parent_levels = not_first},
    {.kind = DIMENSION_CATEGORICAL, .levels = 2, .parent = 2, .parent_levels = second_only},
    {.kind = DIMENSION_ORDERED, .levels = 100, .parent = DIMENSION_NONE},
    {.kind = DIMENSION_CATEGORICAL,
     .levels = 4,
     .probabilities = probabilities,
     .parent = DIMENSION_NONE},
    {.kind = DIMENSION_CONTINUOUS, .parent = DIMENSION_NONE},
};
static const struct domain mixed = {7, mixed_dimensions, NULL, NULL};

static inline void check_point(const struct domain *domain, const double *point) {
    for (size_t d = 0; d < domain->count; d++) {
        const struct dimension *dimension = &domain->dimensions[d];
        const bool exists = dimension->parent == DIMENSION_NONE ||
                            (!isnan(point[dimension->parent]) &&
                             dimension->parent_levels[(size_t)point[dimension->parent]]);
        assert_int_equal(isnan(point[d]), !exists);
        if (!exists)
            continue;
        assert_true(point[d] >= 0);
        if (dimension->kind == DIMENSION_CONTINUOUS) {
            assert_true(point[d] < 1);
            continue;
        }
        assert_true(point[d] == floor(point[d]) && point[d] < (double)dimension->levels);
        if (dimension->probabilities)
            assert_true(dimension->probabilities[(size_t)point[d]] > 0);
    }
}

#endif
