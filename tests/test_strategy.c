/* Strategies: what holds for every method. How good the choices are, scripts/search-peers tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "search/rank.h"
#include "search/strategy_private.h"

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

static void begin(struct search *search, const char *method, const struct domain *domain,
                  uint64_t seed, size_t objectives) {
    *search =
        (struct search){.domain = *domain, .options = {.seed = seed, .objectives = objectives}};
    search->points = calloc(20000 * (domain->count + 1), sizeof(double));
    search->values = calloc(20000 * objectives, sizeof(double));
    assert_int_equal(strategy_begin(strategy_find(method), &search->domain, &search->options,
                                    &search->strategy, NULL),
                     STATUS_OK);
}

static void end(struct search *search) {
    strategy_end(search->strategy);
    free(search->points);
    free(search->values);
}

static enum strategy_answer ask(struct search *search) {
    enum strategy_answer answer;
    double *point = &search->points[search->count * search->domain.count];
    assert_int_equal(strategy_ask(search->strategy, point, &answer, NULL), STATUS_OK);
    search->count += answer == STRATEGY_POINT;
    return answer;
}

static void tell(struct search *search, size_t number) {
    const struct strategy_result result = {.number = number,
                                           .means =
                                               &search->values[number * search->options.objectives],
                                           .seeds = 1,
                                           .completeness = 1};
    assert_int_equal(strategy_tell(search->strategy, &result, 1, NULL), STATUS_OK);
}

/* Ask for `count` more points, and tell what the function gives, in batches. */
static void run(struct search *search, size_t count, size_t batch, function f) {
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

static bool is_same(const double *a, const double *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!(a[i] == b[i] || (isnan(a[i]) && isnan(b[i]))))
            return false;
    return true;
}

static bool is_new(const struct search *search, size_t number) {
    const size_t d = search->domain.count;
    for (size_t i = 0; i < number; i++)
        if (is_same(&search->points[i * d], &search->points[number * d], d))
            return false;
    return true;
}

/* Domains. */

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

/* The same without the continuous ones: 10 x 3 x (1 + 2 x (2 + 2)) points. */
static const struct dimension listed_dimensions[] = {
    {.kind = DIMENSION_CATEGORICAL, .levels = 3, .parent = DIMENSION_NONE},
    {.kind = DIMENSION_ORDERED, .levels = 3, .parent = 0, .parent_levels = not_first},
    {.kind = DIMENSION_CATEGORICAL, .levels = 2, .parent = 1, .parent_levels = second_only},
    {.kind = DIMENSION_ORDERED, .levels = 10, .parent = DIMENSION_NONE},
    {.kind = DIMENSION_CATEGORICAL,
     .levels = 4,
     .probabilities = probabilities,
     .parent = DIMENSION_NONE},
};
static const struct domain listed = {5, listed_dimensions, NULL, NULL};
#define LISTED_SIZE (10 * 3 * (1 + 2 * (2 + 2)))

/* The best is at 1 in each dimension. */
static void bowl(const double *point, size_t count, double *values) {
    values[0] = 0;
    for (size_t d = 0; d < count; d++)
        if (!isnan(point[d]))
            values[0] += (point[d] - 1) * (point[d] - 1);
}

static void check_point(const struct domain *domain, const double *point) {
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

static void keeps_to_the_domain_and_gives_nothing_twice(void **state) {
    (void)state;
    for (size_t i = 0; strategy_name(i); i++) {
        struct search search;
        const bool is_grid = strcmp(strategy_name(i), "grid") == 0;
        begin(&search, strategy_name(i), is_grid ? &listed : &mixed, 1, 1);
        run(&search, 250, 3, bowl);
        assert_int_equal(search.count, 250);
        for (size_t n = 0; n < search.count; n++) {
            check_point(&search.domain, &search.points[n * search.domain.count]);
            assert_true(is_new(&search, n));
        }
        end(&search);
    }
}

static bool allows_some(void *context, const double *point) {
    (void)context;
    return point[3] != 4; /* a tenth is excluded */
}

static bool allows_none(void *context, const double *point) {
    (void)context;
    (void)point;
    return false;
}

static void gives_every_point_of_a_finite_domain(void **state) {
    (void)state;
    for (size_t i = 0; strategy_name(i); i++)
        for (size_t excluded = 0; excluded < 2; excluded++) {
            struct search search;
            struct domain domain = listed;
            domain.allows = excluded ? allows_some : NULL;
            begin(&search, strategy_name(i), &domain, 2, 1);
            run(&search, 1000, 16, bowl);
            assert_int_equal(search.count, excluded ? LISTED_SIZE * 9 / 10 : LISTED_SIZE);
            for (size_t n = 0; n < search.count; n++) {
                assert_true(is_new(&search, n));
                assert_true(!excluded || allows_some(NULL, &search.points[n * domain.count]));
            }
            assert_int_equal(ask(&search), STRATEGY_EXHAUSTED);
            assert_int_equal(ask(&search), STRATEGY_EXHAUSTED);
            end(&search);
        }
}

static void says_when_nothing_is_allowed(void **state) {
    (void)state;
    const struct dimension large[] = {
        {.kind = DIMENSION_ORDERED, .levels = 1000000, .parent = DIMENSION_NONE},
        {.kind = DIMENSION_ORDERED, .levels = 1000000, .parent = DIMENSION_NONE}};
    for (size_t i = 0; strategy_name(i); i++) {
        struct search search;
        struct domain domain = listed;
        domain.allows = allows_none;
        begin(&search, strategy_name(i), &domain, 2, 1);
        assert_int_equal(ask(&search), STRATEGY_EXHAUSTED);
        end(&search);
        if (strcmp(strategy_name(i), "grid") == 0)
            continue;
        domain = (struct domain){2, large, allows_none, NULL};
        begin(&search, strategy_name(i), &domain, 2, 1);
        assert_int_equal(ask(&search), STRATEGY_NOT_FOUND);
        end(&search);
    }
}

static void domains_without_a_choice_have_one_point(void **state) {
    (void)state;
    const struct dimension single = {
        .kind = DIMENSION_ORDERED, .levels = 1, .parent = DIMENSION_NONE};
    const struct domain domains[] = {{0, NULL, NULL, NULL}, {1, &single, NULL, NULL}};
    for (size_t i = 0; strategy_name(i); i++)
        for (size_t j = 0; j < 2; j++) {
            struct search search;
            begin(&search, strategy_name(i), &domains[j], 3, 1);
            assert_int_equal(ask(&search), STRATEGY_POINT);
            assert_int_equal(ask(&search), STRATEGY_EXHAUSTED);
            end(&search);
        }
}

static void a_grid_is_in_order_or_shuffled(void **state) {
    (void)state;
    struct search search, shuffled;
    const struct dimension dimensions[] = {
        {.kind = DIMENSION_ORDERED, .levels = 4, .parent = DIMENSION_NONE},
        {.kind = DIMENSION_ORDERED, .levels = 5, .parent = DIMENSION_NONE}};
    const struct domain domain = {2, dimensions, NULL, NULL};
    begin(&search, "grid", &domain, 1, 1);
    run(&search, 30, 1, bowl);
    assert_int_equal(search.count, 20);
    for (size_t n = 0; n < 20; n++)
        assert_true(search.points[2 * n] == (double)(n / 5) &&
                    search.points[2 * n + 1] == (double)(n % 5));
    end(&search);

    struct strategy_options options = {.seed = 1, .objectives = 1, .shuffle = true};
    begin(&shuffled, "grid", &domain, 1, 1);
    strategy_end(shuffled.strategy);
    assert_int_equal(
        strategy_begin(strategy_find("grid"), &domain, &options, &shuffled.strategy, NULL),
        STATUS_OK);
    run(&shuffled, 30, 1, bowl);
    assert_int_equal(shuffled.count, 20);
    size_t ascending = 0;
    for (size_t n = 1; n < 20; n++)
        ascending += shuffled.points[2 * n] * 5 + shuffled.points[2 * n + 1] >
                     shuffled.points[2 * n - 2] * 5 + shuffled.points[2 * n - 1];
    assert_in_range(ascending, 4, 15);
    end(&shuffled);
}

static void a_grid_has_no_real_numbers(void **state) {
    (void)state;
    struct strategy *strategy;
    struct error error;
    const struct strategy_options options = {.objectives = 1};
    assert_int_equal(strategy_begin(strategy_find("grid"), &mixed, &options, &strategy, &error),
                     STATUS_INPUT);
    assert_null(strategy);
}

/* The same search made again by asking, and by replaying its first part. */
static void a_replayed_search_goes_on_alike(void **state) {
    (void)state;
    for (size_t i = 0; strategy_name(i); i++) {
        struct search first, again, replayed;
        const bool is_grid = strcmp(strategy_name(i), "grid") == 0;
        const struct domain *domain = is_grid ? &listed : &mixed;
        const size_t d = domain->count;
        begin(&first, strategy_name(i), domain, 5, 1);
        begin(&again, strategy_name(i), domain, 5, 1);
        begin(&replayed, strategy_name(i), domain, 5, 1);
        run(&first, 90, 4, bowl);
        run(&again, 90, 4, bowl);
        assert_true(is_same(first.points, again.points, 90 * d));
        for (size_t n = 0; n < 60; n++)
            assert_int_equal(strategy_replay(replayed.strategy, &first.points[n * d], NULL),
                             STATUS_OK);
        replayed.count = 60;
        memcpy(replayed.points, first.points, 60 * d * sizeof *first.points);
        memcpy(replayed.values, first.values, 60 * sizeof *first.values);
        for (size_t n = 60; n-- > 0;)
            tell(&replayed, n);
        run(&replayed, 30, 4, bowl);
        assert_true(is_same(first.points, replayed.points, 90 * d));
        end(&first);
        end(&again);
        end(&replayed);
    }
}

static void seeds_give_other_points(void **state) {
    (void)state;
    for (size_t i = 1; strategy_name(i); i++) {
        struct search a, b;
        begin(&a, strategy_name(i), &mixed, 1, 1);
        begin(&b, strategy_name(i), &mixed, 2, 1);
        run(&a, 5, 1, bowl);
        run(&b, 5, 1, bowl);
        assert_false(is_same(a.points, b.points, 5 * mixed.count));
        end(&a);
        end(&b);
    }
}

/* Chi squared with 2 degrees of freedom: beyond 13.8 once in a thousand times. */
static void random_points_meet_probabilities(void **state) {
    (void)state;
    static const char *const names[] = {"random", "sobol"};
    for (size_t i = 0; i < 2; i++) {
        struct search search;
        double counts[4] = {0}, chi = 0;
        begin(&search, names[i], &mixed, 7, 1);
        run(&search, 2000, 2000, bowl);
        for (size_t n = 0; n < 2000; n++)
            counts[(size_t)search.points[n * mixed.count + 5]]++;
        for (size_t level = 0; level < 4; level++)
            if (probabilities[level] > 0) {
                const double expected = 2000 * probabilities[level];
                chi += (counts[level] - expected) * (counts[level] - expected) / expected;
            }
        assert_true(counts[2] == 0 && chi < 13.8);
        end(&search);
    }
}

static void searches_a_space_of_10_to_the_12(void **state) {
    (void)state;
    struct dimension dimensions[12];
    for (size_t d = 0; d < 12; d++)
        dimensions[d] =
            (struct dimension){.kind = DIMENSION_ORDERED, .levels = 10, .parent = DIMENSION_NONE};
    const struct domain domain = {12, dimensions, NULL, NULL};
    for (size_t i = 1; strategy_name(i); i++) {
        struct search search;
        begin(&search, strategy_name(i), &domain, 1, 1);
        run(&search, 100, 10, bowl);
        assert_int_equal(search.count, 100);
        end(&search);
    }
}

/* Of 2^k points of a Sobol sequence each half, quarter, ... of each dimension has its share,
 * however it is shifted. Dimensions beyond the sequence's are random. */
static void sobol_points_are_even(void **state) {
    (void)state;
    struct dimension dimensions[50];
    for (size_t d = 0; d < 50; d++)
        dimensions[d] = (struct dimension){.kind = DIMENSION_CONTINUOUS, .parent = DIMENSION_NONE};
    const struct domain domain = {50, dimensions, NULL, NULL};
    struct search search;
    begin(&search, "sobol", &domain, 9, 1);
    run(&search, 256, 256, bowl);
    for (size_t d = 0; d < 50; d++) {
        size_t counts[16] = {0}, even = 0;
        for (size_t n = 0; n < 256; n++)
            counts[(size_t)(16 * search.points[n * 50 + d])]++;
        for (size_t k = 0; k < 16; k++)
            even += counts[k] == 16;
        assert_true(d < 40 ? even == 16 : even < 10);
    }
    end(&search);
}

/* How well the methods that learn do. */

/* Best at x = 0.3 and level 50 with category 1, whose own dimension is best at 0.7. */
static void valley(const double *point, size_t count, double *values) {
    (void)count;
    double sum = (point[6] - 0.3) * (point[6] - 0.3) + (point[4] - 50) * (point[4] - 50) * 1e-4;
    sum += point[0] == 1 ? (point[1] - 0.7) * (point[1] - 0.7) : 0.5;
    sum += point[5] == 0 ? 0 : 0.1;
    sum += isnan(point[2]) ? 0.2 : 0.05 * point[2];
    values[0] = sum;
}

static double best_of(const struct search *search) {
    double best = (double)INFINITY;
    for (size_t n = 0; n < search->count; n++)
        best = search->values[n] < best ? search->values[n] : best;
    return best;
}

/* Of 20 seeds, with how many a method is better than random search. Of a method that is no better
 * it is 17 or more once in 700 times. */
static size_t wins(const char *method, const struct domain *domain, size_t objectives, size_t count,
                   size_t batch, function f, double (*score)(const struct search *)) {
    size_t won = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct search search, random;
        begin(&search, method, domain, seed, objectives);
        begin(&random, "random", domain, seed + 100, objectives);
        run(&search, count, batch, f);
        run(&random, count, batch, f);
        won += score(&search) < score(&random);
        end(&search);
        end(&random);
    }
    return won;
}

static void learning_beats_random_search(void **state) {
    (void)state;
    static const char *const names[] = {"tpe", "gp"};
    for (size_t i = 0; i < 2; i++) {
        assert_true(strategy_learns(strategy_find(names[i])));
        assert_in_range(wins(names[i], &mixed, 1, 40, 1, valley, best_of), 17, 20);
        assert_in_range(wins(names[i], &mixed, 1, 48, 8, valley, best_of), 17, 20);
    }
}

/* Two objectives that no point has both best: a front along dimension 6. */
static void two_valleys(const double *point, size_t count, double *values) {
    double rest[1];
    valley(point, count, rest);
    rest[0] -= (point[6] - 0.3) * (point[6] - 0.3);
    values[0] = point[6] + rest[0];
    values[1] = (1 - point[6]) * (1 - point[6]) + rest[0];
}

/* The area of (0 to 2) x (0 to 2) that no point dominates, in steps. */
static double undominated(const struct search *search) {
    size_t area = 0;
    for (size_t i = 0; i < 100; i++) {
        double lowest = 2;
        for (size_t n = 0; n < search->count; n++)
            if (search->values[2 * n] <= 0.02 * (double)i && search->values[2 * n + 1] < lowest)
                lowest = search->values[2 * n + 1];
        area += (size_t)(1000 * lowest);
    }
    return (double)area;
}

static void two_objectives_have_a_front(void **state) {
    (void)state;
    static const char *const names[] = {"tpe", "gp"};
    for (size_t i = 0; i < 2; i++)
        assert_in_range(wins(names[i], &mixed, 2, 40, 2, two_valleys, undominated), 17, 20);
}

static void diverges_in_a_half(const double *point, size_t count, double *values) {
    valley(point, count, values);
    if (point[6] > 0.5)
        values[0] = (double)NAN;
}

static void diverges(const double *point, size_t count, double *values) {
    (void)point;
    (void)count;
    values[0] = (double)NAN;
}

static void overflows(const double *point, size_t count, double *values) {
    (void)count;
    values[0] = point[6] < 0.1   ? -(double)INFINITY
                : point[6] < 0.2 ? 1e308
                : point[6] < 0.3 ? -1e308
                                 : point[6] * 1e-300;
}

static void stays_away_from_what_diverges(void **state) {
    (void)state;
    static const char *const names[] = {"tpe", "gp"};
    for (size_t i = 0; i < 2; i++) {
        struct search search;
        size_t diverged = 0;
        begin(&search, names[i], &mixed, 3, 1);
        run(&search, 100, 1, diverges_in_a_half);
        for (size_t n = 50; n < 100; n++)
            diverged += isnan(search.values[n]);
        assert_in_range(diverged, 0, 12);
        end(&search);
        begin(&search, names[i], &mixed, 3, 1);
        run(&search, 40, 1, diverges);
        run(&search, 40, 1, overflows);
        assert_int_equal(search.count, 80);
        end(&search);
    }
}

static void waves(const double *point, size_t count, double *values) {
    (void)count;
    values[0] = cos(40 * point[0]);
}

/* The next point is in one of some valleys, and were pending points unknown all would be there. */
static void a_batch_is_spread(void **state) {
    (void)state;
    const struct dimension dimension = {.kind = DIMENSION_CONTINUOUS, .parent = DIMENSION_NONE};
    const struct domain domain = {1, &dimension, NULL, NULL};
    struct search search;
    begin(&search, "gp", &domain, 1, 1);
    run(&search, 20, 1, waves);
    run(&search, 16, 16, waves);
    size_t near = 0;
    for (size_t n = 20; n < 36; n++)
        for (size_t i = 20; i < n; i++)
            near += fabs(search.points[n] - search.points[i]) < 1.0 / 256;
    assert_in_range(near, 0, 20); /* of 120 pairs */
    end(&search);
}

static void says_by_what_it_chose(void **state) {
    (void)state;
    struct search search;
    begin(&search, "gp", &mixed, 1, 1);
    for (size_t n = 0; n < 210; n++) {
        run(&search, 1, 1, valley);
        assert_string_equal(strategy_chose_by(search.strategy), n < 10    ? "random"
                                                                : n < 200 ? "gp"
                                                                          : "tpe");
    }
    end(&search);
    assert_ptr_equal(strategy_find("Bayes"), strategy_find("gp"));
    assert_null(strategy_find("simplex"));
}

/* Training that was stopped says less than training that was not, and is made better use of than
 * none: whatever is told, the points stay as they should be. */
static void results_may_be_incomplete_and_told_again(void **state) {
    (void)state;
    static const char *const names[] = {"tpe", "gp"};
    for (size_t i = 0; i < 2; i++) {
        struct search search;
        begin(&search, names[i], &mixed, 4, 1);
        for (size_t n = 0; n < 60; n++) {
            assert_int_equal(ask(&search), STRATEGY_POINT);
            valley(&search.points[n * mixed.count], mixed.count, &search.values[n]);
            const double early = search.values[n] + 1, variance = 0.01;
            struct strategy_result result = {.number = n,
                                             .means = &early,
                                             .variances = &variance,
                                             .seeds = 1,
                                             .completeness = 1.0 / 9};
            assert_int_equal(strategy_tell(search.strategy, &result, 1, NULL), STATUS_OK);
            result = (struct strategy_result){
                .number = n / 3, .means = &search.values[n / 3], .seeds = 3, .completeness = 1};
            assert_int_equal(strategy_tell(search.strategy, &result, 1, NULL), STATUS_OK);
            check_point(&mixed, &search.points[n * mixed.count]);
            assert_true(is_new(&search, n));
        }
        end(&search);
    }
}

/* The ranks kept as results come, against all pairs. */
static void ranks_are_those_of_all_pairs(void **state) {
    (void)state;
    enum { COUNT = 200, OBJECTIVES = 3 };
    const struct random_source source = {1, RANDOM_TEST, 1};
    double means[COUNT * OBJECTIVES], completeness[COUNT];
    uint32_t best[COUNT];
    struct history history = {
        .count = COUNT, .capacity = COUNT, .means = means, .completeness = completeness};
    struct arena arena;
    arena_init(&arena);
    struct rank *rank = rank_new(&arena);
    for (size_t i = 0; i < COUNT; i++)
        completeness[i] = (double)NAN;
    for (size_t step = 0; step < 2 * COUNT; step++) { /* some are told twice, some never */
        const size_t i = (size_t)(random_unit(source, 5 * step) * COUNT);
        completeness[i] = random_unit(source, 5 * step + 1) < 0.8 ? 1 : 0.5;
        for (size_t k = 0; k < OBJECTIVES; k++)
            means[i * OBJECTIVES + k] = floor(8 * random_unit(source, 5 * step + 2 + k));
        assert_true(rank_update(rank, &history, OBJECTIVES, &arena));
    }
    const size_t count = rank_best(rank, COUNT, best);
    size_t last = 0;
    for (size_t n = 0; n < count; n++) {
        size_t dominated = 0;
        for (size_t i = 0; i < COUNT; i++) {
            size_t better = 0, worse = 0;
            for (size_t k = 0; k < OBJECTIVES; k++) {
                const double mine = means[best[n] * OBJECTIVES + k],
                             other = means[i * OBJECTIVES + k];
                better += other < mine;
                worse += other > mine;
            }
            dominated += completeness[i] > completeness[best[n]] ||
                         (completeness[i] == completeness[best[n]] && better > 0 && worse == 0);
        }
        assert_true(dominated >= last);
        assert_int_equal(rank_is_front(rank, best[n]), dominated == 0);
        last = dominated;
    }
    size_t told = 0;
    for (size_t i = 0; i < COUNT; i++)
        told += !isnan(completeness[i]);
    assert_int_equal(count, told);
    arena_release(&arena);
}

static size_t calls;

static bool counts_calls(void *context, const double *point) {
    (void)context;
    (void)point;
    calls++;
    return true;
}

/* Ten times the points take no more than ten times the memory and the questions, as far as doubled
 * arrays can tell. */
static void cost_grows_with_the_points(void **state) {
    (void)state;
    for (size_t i = 1; strategy_name(i); i++) {
        struct search search;
        size_t bytes[2], asked[2];
        for (size_t large = 0; large < 2; large++) {
            struct domain domain = mixed;
            domain.allows = counts_calls;
            calls = 0;
            begin(&search, strategy_name(i), &domain, 1, 1);
            run(&search, large ? 5000 : 500, 10, valley);
            bytes[large] = search.strategy->arena.used;
            asked[large] = calls;
            end(&search);
        }
        assert_in_range(bytes[1], 0, 20 * bytes[0]);
        assert_in_range(asked[1], 0, 12 * asked[0]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_to_the_domain_and_gives_nothing_twice),
        cmocka_unit_test(gives_every_point_of_a_finite_domain),
        cmocka_unit_test(says_when_nothing_is_allowed),
        cmocka_unit_test(domains_without_a_choice_have_one_point),
        cmocka_unit_test(a_grid_is_in_order_or_shuffled),
        cmocka_unit_test(a_grid_has_no_real_numbers),
        cmocka_unit_test(a_replayed_search_goes_on_alike),
        cmocka_unit_test(seeds_give_other_points),
        cmocka_unit_test(random_points_meet_probabilities),
        cmocka_unit_test(searches_a_space_of_10_to_the_12),
        cmocka_unit_test(sobol_points_are_even),
        cmocka_unit_test(learning_beats_random_search),
        cmocka_unit_test(two_objectives_have_a_front),
        cmocka_unit_test(stays_away_from_what_diverges),
        cmocka_unit_test(a_batch_is_spread),
        cmocka_unit_test(says_by_what_it_chose),
        cmocka_unit_test(results_may_be_incomplete_and_told_again),
        cmocka_unit_test(ranks_are_those_of_all_pairs),
        cmocka_unit_test(cost_grows_with_the_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
