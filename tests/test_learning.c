/* The methods that learn from results: that they do. How well, scripts/search-peers tells. */
#include "base/random.h"
#include "search/rank.h"
#include "searched.h"

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

static void bowl(const double *point, size_t count, double *values) {
    (void)count;
    values[0] = (point[0] - 0.4) * (point[0] - 0.4);
}

/* The next point is in one of some valleys, or in one of whose bottom the model is sure; were
 * pending points unknown all would be there. */
static void a_batch_is_spread(void **state) {
    (void)state;
    const struct dimension dimension = {.kind = DIMENSION_CONTINUOUS, .parent = DIMENSION_NONE};
    const struct domain domain = {1, &dimension, NULL, NULL};
    for (size_t which = 0; which < 2; which++) {
        struct search search;
        begin(&search, "gp", &domain, 1, 1);
        run(&search, 20, 1, which ? bowl : waves);
        run(&search, 16, 16, which ? bowl : waves);
        for (size_t n = 20; n < 36; n++)
            for (size_t i = 20; i < n; i++)
                assert_true(fabs(search.points[n] - search.points[i]) > 0.02);
        end(&search);
    }
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

/* Of 20 searches of (x - 0.75)^2, how many next go to its valley, when far from it the values are
 * lower by chance, and their variances of this size. */
static size_t go_to_the_valley(double variance_by_chance) {
    const struct dimension dimension = {.kind = DIMENSION_CONTINUOUS, .parent = DIMENSION_NONE};
    const struct domain domain = {1, &dimension, NULL, NULL};
    size_t count = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct search search;
        begin(&search, "gp", &domain, seed, 1);
        for (size_t n = 0; n < 30; n++)
            assert_int_equal(ask(&search), STRATEGY_POINT);
        for (size_t n = 0; n < 30; n++) {
            const bool lucky = search.points[n] < 0.2;
            const double off = search.points[n] - 0.75, mean = lucky ? -0.05 : off * off,
                         variance = lucky ? variance_by_chance : 1e-4;
            const struct strategy_result result = {
                .number = n, .means = &mean, .variances = &variance, .seeds = 5, .completeness = 1};
            assert_int_equal(strategy_tell(search.strategy, &result, 1, NULL), STATUS_OK);
        }
        assert_int_equal(ask(&search), STRATEGY_POINT);
        count += fabs(search.points[30] - 0.75) < 0.2;
        end(&search);
    }
    return count;
}

static void gp_takes_a_value_by_its_noise(void **state) {
    (void)state;
    assert_in_range(go_to_the_valley(0.25), 17, 20);
    assert_in_range(go_to_the_valley(1e-4), 0, 10);
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
            run(&search, large ? 3000 : 300, 10, valley);
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
        cmocka_unit_test(learning_beats_random_search),
        cmocka_unit_test(two_objectives_have_a_front),
        cmocka_unit_test(stays_away_from_what_diverges),
        cmocka_unit_test(a_batch_is_spread),
        cmocka_unit_test(says_by_what_it_chose),
        cmocka_unit_test(results_may_be_incomplete_and_told_again),
        cmocka_unit_test(gp_takes_a_value_by_its_noise),
        cmocka_unit_test(ranks_are_those_of_all_pairs),
        cmocka_unit_test(cost_grows_with_the_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
