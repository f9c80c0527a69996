/* Strategies: what holds for every method. */
#include "searched.h"

#include "search/rank.h"

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

/* A point that diverged is behind all others, also where it came farther than they did. */
static void what_diverged_is_behind(void **state) {
    (void)state;
    double means[] = {3, (double)INFINITY, 1}, completeness[] = {0.1, 1, 0.1};
    const struct history history = {
        .count = 3, .capacity = 3, .means = means, .completeness = completeness};
    struct arena arena;
    uint32_t best[3];
    arena_init(&arena);
    struct rank *rank = rank_new(&arena);
    for (size_t round = 0; round < 2; round++) { /* the second changes nothing */
        assert_true(rank_update(rank, &history, 1, &arena));
        assert_int_equal(rank_best(rank, 3, best), 3);
        assert_int_equal(best[0], 2);
        assert_int_equal(best[1], 0);
        assert_int_equal(best[2], 1);
        assert_false(rank_is_front(rank, 1));
    }
    arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_diverged_is_behind),
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
