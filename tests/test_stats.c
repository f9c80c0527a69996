/* Statistics against SciPy and statsmodels (tests/golden/stats, made by scripts/stats-golden.py),
 * and what they promise: levels and coverage, by simulation. SWEEP_LONG=1 simulates 20 times
 * as much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "math/gemm.h"
#include "stats/anova.h"
#include "stats/best.h"
#include "stats/block.h"
#include "stats/expected_best.h"
#include "stats/flips.h"
#include "stats/interaction.h"
#include "stats/numerics.h"
#include "stats/paired.h"
#include "stats/race.h"
#include "stats/ranking.h"
#include "stats/summary.h"

#define TOLERANCE 1e-9
#define NUMBERS_MAX 512

/* What is read from a file. */
struct golden {
    FILE *file;
    char word[64];
};

static struct golden open_golden(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/golden/stats/%s.txt", TEST_DIR, name);
    struct golden golden = {.file = fopen(path, "r")};
    if (!golden.file)
        fail_msg("cannot read %s", path);
    return golden;
}

/* The next word; false at the end. */
static bool next_word(struct golden *golden) {
    while (fscanf(golden->file, "%63s", golden->word) == 1) {
        if (golden->word[0] != '#')
            return true;
        while (!feof(golden->file) && fgetc(golden->file) != '\n')
            continue;
    }
    return false;
}

static double next_number(struct golden *golden) {
    char *end = golden->word;
    if (next_word(golden)) {
        const double number = strtod(golden->word, &end);
        if (*end == '\0' && end != golden->word)
            return number;
    }
    fail_msg("'%s' is no number", golden->word);
    return 0;
}

static size_t next_count(struct golden *golden) {
    const double number = next_number(golden);
    assert_true(number >= 0 && number <= NUMBERS_MAX && number == floor(number));
    return (size_t)number;
}

static void next_numbers(struct golden *golden, double *numbers, size_t count) {
    assert_true(count <= NUMBERS_MAX);
    for (size_t i = 0; i < count; i++)
        numbers[i] = next_number(golden);
}

static void assert_near(double actual, double expected, const char *what) {
    if (isnan(expected) ? isnan(actual)
                        : fabs(actual - expected) <= TOLERANCE * fmax(fabs(expected), 1e-3))
        return;
    fail_msg("%s: %.17g is not %.17g", what, actual, expected);
}

static void distributions_are_scipys(void **state) {
    (void)state;
    struct golden golden = open_golden("distributions");
    size_t count = 0;
    for (; next_word(&golden); count++) {
        char what[64];
        double n[4];
        strcpy(what, golden.word);
        const bool two_freedoms = strcmp(what, "f_upper") == 0;
        next_numbers(&golden, n, two_freedoms ? 4 : 3);
        const double actual = two_freedoms ? numerics_f_upper(n[0], n[1], n[2])
                              : strcmp(what, "t_two_sided") == 0 ? numerics_t_two_sided(n[0], n[1])
                                                                 : numerics_t_quantile(n[0], n[1]);
        assert_near(actual, n[two_freedoms ? 3 : 2], what);
    }
    assert_true(count > 400);
    fclose(golden.file);
}

static void holm_is_statsmodels(void **state) {
    (void)state;
    struct golden golden = open_golden("holm");
    double p[NUMBERS_MAX], expected[NUMBERS_MAX], adjusted[NUMBERS_MAX];
    while (next_word(&golden)) {
        const size_t n = next_count(&golden);
        next_numbers(&golden, p, n);
        next_numbers(&golden, expected, n);
        holm_adjust(p, n, adjusted);
        for (size_t i = 0; i < n; i++)
            assert_near(adjusted[i], expected[i], "holm");
    }
    fclose(golden.file);
    /* What was not tested is no hypothesis. */
    holm_adjust((double[]){0.01, (double)NAN, 0.03}, 3, adjusted);
    assert_near(adjusted[0], 0.02, "holm");
    assert_true(isnan(adjusted[1]));
    assert_near(adjusted[2], 0.03, "holm");
}

static void paired_differences_are_scipys(void **state) {
    (void)state;
    struct golden golden = open_golden("paired");
    double d[NUMBERS_MAX], expected[6];
    size_t count = 0;
    for (; next_word(&golden); count++) {
        struct paired paired;
        const size_t n = next_count(&golden);
        next_numbers(&golden, d, n);
        next_numbers(&golden, expected, 6);
        paired_compare(d, n, 1, &paired);
        assert_int_equal(paired.n, n);
        assert_near(paired.mean, expected[0], "mean");
        assert_near(paired.deviation, expected[1], "deviation");
        assert_near(paired.low, expected[2], "low");
        assert_near(paired.high, expected[3], "high");
        assert_near(paired.p_t, expected[4], "t-test");
        assert_near(paired.p_flips, expected[5], "sign flips");
        assert_int_equal(paired.test, n < 3 ? PAIRED_NONE : n < 6 ? PAIRED_T : PAIRED_EXACT_FLIPS);
        assert_near(paired.p, n < 3 ? (double)NAN : n < 6 ? expected[4] : expected[5], "p");
    }
    assert_true(count > 30);
    fclose(golden.file);
}

static void interactions_are_statsmodels(void **state) {
    (void)state;
    struct golden golden = open_golden("interaction");
    double means[NUMBERS_MAX];
    struct arena arena;
    arena_init(&arena);
    while (next_word(&golden)) {
        struct interaction result;
        const size_t n = next_count(&golden), rows = next_count(&golden);
        const size_t columns = next_count(&golden);
        next_numbers(&golden, means, n * rows * columns);
        const double f = next_number(&golden), bound = next_number(&golden);
        const double flips = next_number(&golden);
        assert_int_equal(interaction_test(means, n, rows, columns, 1, &arena, &result, NULL),
                         STATUS_OK);
        assert_near(result.f, f, "F");
        assert_int_equal(result.test, n < 6 ? PAIRED_F_BOUND : PAIRED_EXACT_FLIPS);
        assert_near(result.p, n < 6 ? bound : flips, "p");
    }
    fclose(golden.file);
    arena_release(&arena);
}

static void the_best_set_is_scipys(void **state) {
    (void)state;
    struct golden golden = open_golden("best");
    double d[NUMBERS_MAX];
    size_t excluded = 0;
    while (next_word(&golden)) {
        const size_t n = next_count(&golden), others = next_count(&golden);
        const double noise = next_number(&golden);
        next_numbers(&golden, d, n);
        const bool expected = next_count(&golden) == 1;
        assert_int_equal(best_excludes(d, n, others, noise, (double)NAN), expected);
        excluded += expected;
    }
    assert_true(excluded > 5);
    fclose(golden.file);
}

static void races_are_scipys(void **state) {
    (void)state;
    struct golden golden = open_golden("race");
    double scores[NUMBERS_MAX], p[NUMBERS_MAX];
    size_t below = 0;
    while (next_word(&golden)) {
        const size_t treatments = next_count(&golden), replicates = next_count(&golden);
        next_numbers(&golden, scores, treatments * replicates);
        const size_t best = race_best(scores, treatments, replicates);
        assert_int_equal(best, next_count(&golden));
        assert_int_equal(race_test(scores, treatments, replicates, best, p, NULL), STATUS_OK);
        for (size_t i = 0; i < treatments; i++) {
            const double expected = next_number(&golden);
            assert_near(p[i], expected, "p of a race");
            below += p[i] < 0.01;
        }
    }
    assert_true(below > 20);
    fclose(golden.file);
}

static void read_design(struct golden *golden, struct anova_data *data, struct arena *arena) {
    *data = (struct anova_data){.count = next_count(golden)};
    data->factor_count = next_count(golden);
    size_t *level_counts = ARENA_NEW(arena, size_t, data->factor_count);
    uint64_t *parents = ARENA_NEW(arena, uint64_t, data->factor_count);
    uint32_t *levels = ARENA_NEW(arena, uint32_t, data->count * data->factor_count);
    double *values = ARENA_NEW(arena, double, data->count);
    for (size_t i = 0; i < data->factor_count; i++)
        level_counts[i] = next_count(golden);
    for (size_t i = 0; i < data->factor_count; i++)
        parents[i] = next_count(golden);
    for (size_t i = 0; i < data->count; i++) {
        for (size_t j = 0; j < data->factor_count; j++)
            levels[i * data->factor_count + j] = (uint32_t)next_count(golden);
        values[i] = next_number(golden);
    }
    data->level_counts = level_counts;
    data->parents = parents;
    data->levels = levels;
    data->values = values;
}

static void variance_is_shared_out_as_by_statsmodels(void **state) {
    (void)state;
    struct golden golden = open_golden("anova");
    size_t exact = 0, fitted = 0;
    while (next_word(&golden)) {
        struct anova_data data;
        struct arena arena;
        struct anova anova;
        arena_init(&arena);
        assert_true(next_word(&golden));
        const bool grid = strcmp(golden.word, "exact") == 0;
        read_design(&golden, &data, &arena);
        assert_int_equal(anova_decompose(&data, &arena, &anova, NULL), STATUS_OK);
        assert_int_equal(anova.method, grid ? ANOVA_EXACT : ANOVA_TYPE_2);
        assert_int_equal(anova.part_count, next_count(&golden));
        for (size_t i = 0; i < anova.part_count; i++) {
            const struct anova_part *part = &anova.parts[i];
            assert_int_equal(part->factors[0], next_count(&golden));
            const double second = next_number(&golden);
            assert_true(second < 0 ? part->order == 1
                                   : part->order == 2 && (double)part->factors[1] == second);
            assert_near(part->share, next_number(&golden), "share");
            assert_int_equal(part->freedom, next_count(&golden));
        }
        assert_near(anova.higher, next_number(&golden), "higher interactions");
        assert_near(anova.rest, next_number(&golden), "rest");
        exact += grid;
        fitted += !grid;
        arena_release(&arena);
    }
    assert_true(exact == 4 && fitted == 4);
    fclose(golden.file);
}

/* The two methods meet where both are right. */
static void a_fit_of_a_grid_is_exact(void **state) {
    (void)state;
    static const size_t level_counts[] = {3, 4};
    static const uint64_t parents[] = {0, 0};
    const struct random_source noise = {1, RANDOM_TEST, 0};
    uint32_t levels[25][2];
    double values[25];
    struct anova_data data = {24, 2, level_counts, &levels[0][0], values, parents, false};
    struct anova exact, fitted;
    struct arena arena;
    arena_init(&arena);
    for (uint32_t i = 0; i < 24; i++) {
        levels[i][0] = i % 3;
        levels[i][1] = i / 3 % 4;
        values[i] = 1e6 + random_normal(noise, i);
    }
    assert_int_equal(anova_decompose(&data, &arena, &exact, NULL), STATUS_OK);
    assert_int_equal(exact.method, ANOVA_EXACT);
    double sum = exact.rest + exact.higher;
    for (size_t i = 0; i < 3; i++)
        sum += exact.parts[i].share;
    assert_near(sum, 1, "sum");
    assert_near(exact.higher, 0, "higher");
    /* All points are there, but not equally often. */
    levels[12][0] = levels[12][1] = 1;
    assert_int_equal(anova_decompose(&data, &arena, &fitted, NULL), STATUS_OK);
    assert_int_equal(fitted.method, ANOVA_TYPE_2);
    levels[12][0] = levels[12][1] = 0;
    /* One observation more, and it is no grid any more; without weight to speak of. */
    levels[24][0] = 0;
    levels[24][1] = 0;
    values[24] = (values[0] + values[12]) / 2;
    data.count = 25;
    assert_int_equal(anova_decompose(&data, &arena, &fitted, NULL), STATUS_OK);
    assert_int_equal(fitted.method, ANOVA_TYPE_2);
    for (size_t i = 0; i < 3; i++) {
        assert_true(fabs(exact.parts[i].share - fitted.parts[i].share) < 0.05);
        assert_int_equal(exact.parts[i].freedom, fitted.parts[i].freedom);
    }
    arena_release(&arena);
}

static void what_cannot_be_shared_out_says_so(void **state) {
    (void)state;
    struct arena arena;
    struct anova anova;
    arena_init(&arena);
    const size_t many[] = {300, 2};
    uint32_t *levels = ARENA_NEW(&arena, uint32_t, 2 * 300);
    double *values = ARENA_NEW(&arena, double, 300);
    for (uint32_t i = 0; i < 300; i++) {
        levels[2 * i] = i;
        levels[2 * i + 1] = i % 2;
        values[i] = i;
    }
    struct anova_data data = {300, 2, many, levels, values, NULL, false};
    assert_int_equal(anova_decompose(&data, &arena, &anova, NULL), STATUS_OK);
    assert_int_equal(anova.method, ANOVA_NONE);
    assert_int_equal(anova.part_count, 0);
    /* Equal, but for what rounding leaves. */
    for (uint32_t i = 0; i < 300; i++)
        values[i] = 0.1 * 3 - (i % 2 ? 0 : 5e-17);
    const size_t few[] = {2, 2};
    for (uint32_t i = 0; i < 300; i++)
        levels[2 * i] = i / 2 % 2;
    data.level_counts = few;
    assert_int_equal(anova_decompose(&data, &arena, &anova, NULL), STATUS_OK);
    assert_int_equal(anova.method, ANOVA_NONE);
    for (uint32_t i = 0; i < 300; i++)
        values[i] = i;
    /* Interactions would need too many columns. */
    const size_t some[] = {100, 3};
    for (uint32_t i = 0; i < 300; i++) {
        levels[2 * i] = i % 100;
        levels[2 * i + 1] = i % 7 % 3;
    }
    data.level_counts = some;
    assert_int_equal(anova_decompose(&data, &arena, &anova, NULL), STATUS_OK);
    assert_int_equal(anova.method, ANOVA_TYPE_2_MAIN);
    assert_int_equal(anova.part_count, 2);
    /* Nothing to share out. */
    for (size_t i = 0; i < 300; i++)
        values[i] = 3;
    assert_int_equal(anova_decompose(&data, &arena, &anova, NULL), STATUS_OK);
    assert_int_equal(anova.method, ANOVA_NONE);
    arena_release(&arena);
}

static void summaries(void **state) {
    (void)state;
    struct summary summary = summary_of((double[]){2, (double)NAN, 4, -(double)INFINITY, 9}, 5);
    assert_int_equal(summary.n, 3);
    assert_near(summary.mean, 5, "mean");
    assert_near(summary.deviation, sqrt(13), "deviation");
    /* Equal numbers deviate by nothing, not by what rounding leaves. */
    summary = summary_of((double[]){0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, 7);
    assert_true(summary.mean == 0.1 && summary.deviation == 0);
    summary = summary_of((double[]){3}, 1);
    assert_true(summary.n == 1 && summary.mean == 3 && isnan(summary.deviation));
    summary = summary_of(NULL, 0);
    assert_true(summary.n == 0 && isnan(summary.mean) && isnan(summary.deviation));
}

static enum paired_test test_of(const double *d, size_t n, size_t family) {
    struct paired paired;
    paired_compare(d, n, family, &paired);
    assert_int_equal(isnan(paired.p), paired.test == PAIRED_NONE);
    return paired.test;
}

static void too_few_replicates_tell_nothing(void **state) {
    (void)state;
    static const double d[] = {1, 1.1, 1.2, 1.05, 1.15, 1.3, 1.25, 1.01, 1.02, 1.03, 1.04,
                               1, 1.1, 1.2, 1.05, 1.15, 1.3, 1.25, 1.01, 1.02, 1.03, 1.04};
    double equal[] = {0.01, 0.01, 0.01, 0.01, 0.01, 0.01};
    double zero[6] = {0};
    struct paired paired;
    assert_int_equal(test_of(d, 0, 1), PAIRED_NONE);
    assert_int_equal(test_of(d, 1, 1), PAIRED_NONE);
    assert_int_equal(test_of(d, 2, 1), PAIRED_NONE);
    assert_int_equal(test_of(d, 3, 1), PAIRED_T);
    assert_int_equal(test_of(d, 6, 1), PAIRED_EXACT_FLIPS);
    /* More comparisons need more replicates before the exact test can find anything. */
    assert_int_equal(test_of(d, 6, 2), PAIRED_T);
    assert_int_equal(test_of(d, 7, 3), PAIRED_EXACT_FLIPS);
    assert_int_equal(test_of(d, 20, 100), PAIRED_EXACT_FLIPS);
    assert_int_equal(test_of(d, 21, 1), PAIRED_T);
    /* Where all are equal, nothing tells how much they vary. */
    assert_int_equal(test_of(equal, 5, 1), PAIRED_NONE);
    assert_int_equal(test_of(equal, 6, 1), PAIRED_EXACT_FLIPS);
    assert_int_equal(test_of((double[]){0.1, 0.3 - 0.2, 0.7 - 0.6}, 3, 1), PAIRED_NONE);
    assert_int_equal(test_of(zero, 3, 1), PAIRED_NONE);
    paired_compare(zero, 6, 1, &paired);
    assert_true(paired.p == 1 && paired.low == 0 && paired.high == 0);
    assert_false(best_excludes(equal, 6, 9, 0, (double)NAN));
    assert_true(best_excludes(equal, 6, 1, 0, (double)NAN));
    assert_false(best_excludes(zero, 6, 1, 0, (double)NAN));
}

static void random_flips_come_near_the_exact_ones(void **state) {
    (void)state;
    const struct random_source noise = {3, RANDOM_TEST, 0};
    double vectors[12 * 3], p, again, exact;
    for (size_t shift = 0; shift < 3; shift++) {
        for (size_t i = 0; i < 36; i++)
            vectors[i] = random_normal(noise, i) + 0.3 * (double)shift;
        assert_int_equal(flips_exact(vectors, 12, 3, &exact, NULL), STATUS_OK);
        assert_int_equal(flips_random(vectors, 12, 3, &p, NULL), STATUS_OK);
        assert_int_equal(flips_random(vectors, 12, 3, &again, NULL), STATUS_OK);
        assert_true(p == again);
        /* Five standard errors of 99,999 draws. */
        assert_true(fabs(p - exact) < 5 * sqrt(exact * (1 - exact) / 1e5) + 1e-5);
    }
    /* As far out as can be: only the pattern itself and its opposite, which were not drawn. */
    double far[200];
    for (size_t i = 0; i < 200; i++)
        far[i] = 1;
    assert_int_equal(flips_random(far, 200, 1, &p, NULL), STATUS_OK);
    assert_near(p, 1e-5, "p");
}

static void blocks_have_no_holes(void **state) {
    (void)state;
    static const bool present[] = {
        true,  true,  true,  /* */
        true,  true,  false, /* an interrupted third seed */
        true,  true,  false, /* */
        false, true,  true,  /* a trial that diverged */
        false, false, false,
    };
    struct arena arena;
    struct block block;
    arena_init(&arena);
    assert_int_equal(block_find(present, 5, 3, 1, &arena, &block, NULL), STATUS_OK);
    assert_int_equal(block.row_count, 3); /* x 2 columns; 4 x 1 and 1 x 3 are less */
    assert_int_equal(block.column_count, 2);
    assert_true(block.columns[0] && block.columns[1] && !block.columns[2]);
    assert_true(block.rows[0] && block.rows[1] && block.rows[2] && !block.rows[3] &&
                !block.rows[4]);
    /* Three columns are wanted, as few rows as that leaves. */
    assert_int_equal(block_find(present, 5, 3, 3, &arena, &block, NULL), STATUS_OK);
    assert_int_equal(block.row_count, 1);
    assert_int_equal(block.column_count, 3);
    /* Where that is not to be had, the largest. */
    assert_int_equal(block_find(present + 3, 4, 3, 3, &arena, &block, NULL), STATUS_OK);
    assert_int_equal(block.row_count * block.column_count, 4);
    assert_int_equal(block_find(present + 12, 1, 3, 1, &arena, &block, NULL), STATUS_OK);
    assert_int_equal(block.row_count, 0);
    assert_int_equal(block.column_count, 0);
    assert_int_equal(block_find(NULL, 0, 0, 1, &arena, &block, NULL), STATUS_OK);
    assert_int_equal(block.row_count, 0);
    arena_release(&arena);
}

static size_t simulations(size_t count) {
    const char *many = getenv("SWEEP_LONG");
    return many && *many ? 20 * count : count;
}

static void ranks_are_by_repeats_then_mean(void **state) {
    (void)state;
    assert_true(ranking_compare(3, 0.1, 2, 0.9, true) < 0);
    assert_true(ranking_compare(2, 0.9, 3, 0.1, false) > 0);
    assert_true(ranking_compare(3, 0.9, 3, 0.1, true) < 0);
    assert_true(ranking_compare(3, 0.9, 3, 0.1, false) > 0);
    assert_int_equal(ranking_compare(0, (double)NAN, 0, (double)NAN, true), 0);
    /* Equal to ten digits, of whatever size and sign, and no further. */
    static const double sizes[] = {1e-300, 3e-12, 0.7, 1, 12345, 1e24, 1e299, 1e305};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int sign = -1; sign <= 1; sign += 2) {
            const double size = sign * sizes[i];
            assert_true(fabs(ranking_key(size) - size) <= 1e-10 * fabs(size));
            assert_int_equal(ranking_compare(3, size, 3, size, true), 0);
            assert_int_equal(ranking_compare(3, size * (1 + 4e-10), 3, size, false), sign);
        }
    assert_int_equal(ranking_compare(3, 0.1 + 0.2, 3, 0.3, true), 0);
    assert_int_equal(ranking_compare(3, 0.0, 3, 1e-300, true), 1);
    assert_true(ranking_key(0) == 0);
}

/* In any order of the values the mean has the same bits; of equal ones it is these. */
static void means_do_not_depend_on_the_order(void **state) {
    (void)state;
    const struct random_source noise = {17, RANDOM_TEST, 0};
    for (uint32_t draw = 0; draw < 200; draw++) {
        double values[7], mean = 0;
        for (uint32_t order = 0; order < 5; order++) {
            uint32_t places[7];
            random_permutation((struct random_source){18, RANDOM_TEST, order}, places, 7);
            for (uint32_t i = 0; i < 7; i++)
                values[places[i]] = random_unit(noise, 7 * draw + i) * pow(10, i % 3);
            const struct summary summary = ranking_summary(values, 7);
            assert_true(order == 0 || summary.mean == mean);
            mean = summary.mean;
        }
    }
    double equal[] = {0.1, (double)NAN, 0.1, (double)INFINITY, 0.1};
    const struct summary summary = ranking_summary(equal, 5);
    assert_int_equal(summary.n, 3);
    assert_true(summary.mean == 0.1 && summary.deviation == 0);
}

/* A table's bits decide its holes: column c of row r is present where bit c of rows[r] is set. */
static void fill_table(bool *present, const uint32_t *rows, size_t row_count, size_t columns) {
    for (size_t i = 0; i < row_count * columns; i++)
        present[i] = rows[i / columns] >> i % columns & 1;
}

/* The value of the largest part, by trying all sets of columns: of those with `least` columns. */
static size_t largest_by_trial(const uint32_t *rows, size_t row_count, size_t columns,
                               size_t least) {
    size_t best = 0;
    for (uint32_t set = 1; set < (uint32_t)1 << columns; set++) {
        const size_t width = (size_t)__builtin_popcount(set);
        size_t whole = 0;
        for (size_t i = 0; i < row_count; i++)
            whole += (rows[i] & set) == set;
        if (width >= least && whole * width > best)
            best = whole * width;
    }
    return best;
}

static void the_largest_block_is_found(void **state) {
    (void)state;
    const struct random_source noise = {15, RANDOM_TEST, 0};
    for (uint64_t draw = 0; draw < simulations(300); draw++) {
        const struct random_block sizes = random_block(noise, 100 * draw);
        const size_t row_count = 1 + sizes.word[0] % 12, columns = 1 + sizes.word[1] % 9;
        uint32_t rows[12];
        bool present[12 * 9];
        for (size_t i = 0; i < row_count; i++) {
            const struct random_block bits = random_block(noise, 100 * draw + 1 + i);
            rows[i] = bits.word[0] & (sizes.word[2] % 3 == 0 ? bits.word[1] : ~(uint32_t)0);
            rows[i] |= sizes.word[2] % 3 == 1 ? bits.word[2] : 0;
        }
        fill_table(present, rows, row_count, columns);
        struct arena arena;
        struct block block;
        arena_init(&arena);
        assert_int_equal(block_find(present, row_count, columns, 3, &arena, &block, NULL),
                         STATUS_OK);
        size_t expected = largest_by_trial(rows, row_count, columns, 3);
        if (expected == 0)
            expected = largest_by_trial(rows, row_count, columns, 1);
        assert_int_equal(block.row_count * block.column_count, expected);
        assert_true(block.largest);
        for (size_t i = 0; i < row_count * columns; i++)
            assert_true(present[i] || !block.rows[i / columns] || !block.columns[i % columns]);
        arena_release(&arena);
    }
}

/* Dropping the column with most holes first would keep one cell more than a row of three. */
static void blocks_that_dropping_columns_misses(void **state) {
    (void)state;
    static const uint32_t rows[] = {0x07, 0x38, 0x38, 0x07, 0x0b, 0x31, 0x2c, 0x13, 0x38};
    struct arena arena;
    struct block block;
    bool present[9 * 6];
    arena_init(&arena);
    fill_table(present, rows, 9, 6);
    assert_int_equal(block_find(present, 9, 6, 3, &arena, &block, NULL), STATUS_OK);
    assert_int_equal(block.row_count, 3);
    assert_int_equal(block.column_count, 3);
    assert_true(block.columns[3] && block.columns[4] && block.columns[5]);
    assert_true(block.rows[1] && block.rows[2] && block.rows[8]);
    arena_release(&arena);
}

/* A search that would take for ever ends, tells so, and has found something. */
static void a_search_too_long_is_ended(void **state) {
    (void)state;
    const struct random_source noise = {16, RANDOM_TEST, 0};
    enum { ROWS = 300, COLUMNS = 120 };
    struct arena arena;
    struct block block;
    arena_init(&arena);
    bool *present = ARENA_NEW(&arena, bool, ROWS *COLUMNS);
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        present[i] = random_block(noise, i).word[0] % 10 < 7;
    assert_int_equal(block_find(present, ROWS, COLUMNS, 3, &arena, &block, NULL), STATUS_OK);
    assert_false(block.largest);
    assert_true(block.column_count >= 3 && block.row_count * block.column_count > 200);
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        assert_true(present[i] || !block.rows[i / COLUMNS] || !block.columns[i % COLUMNS]);
    arena_release(&arena);
}

/* Against the mean over all choices of so many. */
static void the_expected_best_is_that_of_all_choices(void **state) {
    (void)state;
    static const double values[] = {-2, 0.5, 0.5, 1, 1.25, 3, 7};
    enum { COUNT = sizeof values / sizeof *values };
    for (size_t draws = 1; draws <= COUNT; draws++) {
        double sum = 0;
        size_t choices = 0;
        for (size_t choice = 0; choice < 1 << COUNT; choice++) {
            size_t best = 0;
            if ((size_t)__builtin_popcountll(choice) != draws)
                continue;
            for (size_t i = 0; i < COUNT; i++)
                best = choice >> i & 1 ? i : best;
            sum += values[best];
            choices++;
        }
        assert_near(expected_best(values, COUNT, draws), sum / (double)choices, "expected best");
    }
    /* Many, where binomial coefficients are beyond what a double holds. */
    double *many = calloc(5000, sizeof *many);
    assert_non_null(many);
    for (size_t i = 0; i < 5000; i++)
        many[i] = (double)(i + 1);
    /* Of 1 .. N it is n (N + 1) / (n + 1). */
    for (size_t draws = 1; draws <= 5000; draws *= 7)
        assert_near(expected_best(many, 5000, draws), (double)draws * 5001 / (double)(draws + 1),
                    "expected best of many");
    free(many);
}

/* Whether `hits` of `count` is as likely as `p` says, by 4 standard errors. */
static void assert_rate(size_t hits, size_t count, double p) {
    const double rate = (double)hits / (double)count;
    if (fabs(rate - p) > 4 * sqrt(p * (1 - p) / (double)count))
        fail_msg("%zu of %zu is a rate of %.4f, not %.4f", hits, count, rate, p);
}

static void intervals_cover_and_tests_keep_their_level(void **state) {
    (void)state;
    const size_t count = simulations(4000);
    static const size_t sizes[] = {3, 5, 8, 30};
    for (size_t s = 0; s < 4; s++) {
        const struct random_source noise = {11, RANDOM_TEST, (uint32_t)s};
        size_t covered = 0, found = 0, n = sizes[s];
        for (size_t i = 0; i < count; i++) {
            struct paired paired;
            double d[30];
            for (size_t j = 0; j < n; j++)
                d[j] = random_normal(noise, i * n + j);
            paired_compare(d, n, 1, &paired);
            covered += paired.low <= 0 && paired.high >= 0;
            found += paired.p <= PAIRED_LEVEL;
        }
        assert_rate(covered, count, 0.95);
        /* 8 replicates have 256 patterns: the largest multiple of 2 / 256 that is not above. */
        assert_rate(found, count, n == 8 ? 12.0 / 256 : 0.05);
    }
}

/* The truly best of 20 equal ones is kept as often as promised, although the one observed to be
 * best is chosen for its luck: the truly best is here the first, and no better than the others. */
static void the_best_set_keeps_the_best(void **state) {
    (void)state;
    const size_t count = simulations(2000);
    const struct random_source noise = {12, RANDOM_TEST, 0};
    size_t lost = 0;
    for (size_t i = 0; i < count; i++) {
        double scores[20][5], sums[20] = {0}, d[5];
        size_t best = 0;
        for (size_t j = 0; j < 100; j++) {
            const double seed = 3 * random_normal(noise, (i * 105 + 100 + j % 5));
            scores[j / 5][j % 5] = seed + random_normal(noise, i * 105 + j);
            sums[j / 5] += scores[j / 5][j % 5];
        }
        for (size_t j = 1; j < 20; j++)
            best = sums[j] > sums[best] ? j : best;
        for (size_t j = 0; j < 5; j++)
            d[j] = scores[best][j] - scores[0][j];
        lost += best != 0 &&
                best_excludes(d, 5, 19, summary_of(scores[best], 5).deviation, (double)NAN);
    }
    assert_true((double)lost / (double)count <= 0.05);
    assert_true(lost > 0);
}

/* GSL names a CBLAS of its own, whose products have other bits than OpenBLAS'. */
static void products_are_openblas(void **state) {
    (void)state;
    Dl_info about;
    assert_true(strlen(gemm_library()) > 0);
    void *function = dlsym(RTLD_DEFAULT, "cblas_sgemm");
    assert_non_null(function);
    assert_true(dladdr(function, &about) != 0);
    assert_non_null(strstr(about.dli_fname, "openblas"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distributions_are_scipys),
        cmocka_unit_test(holm_is_statsmodels),
        cmocka_unit_test(paired_differences_are_scipys),
        cmocka_unit_test(interactions_are_statsmodels),
        cmocka_unit_test(the_best_set_is_scipys),
        cmocka_unit_test(races_are_scipys),
        cmocka_unit_test(variance_is_shared_out_as_by_statsmodels),
        cmocka_unit_test(a_fit_of_a_grid_is_exact),
        cmocka_unit_test(what_cannot_be_shared_out_says_so),
        cmocka_unit_test(summaries),
        cmocka_unit_test(too_few_replicates_tell_nothing),
        cmocka_unit_test(random_flips_come_near_the_exact_ones),
        cmocka_unit_test(blocks_have_no_holes),
        cmocka_unit_test(ranks_are_by_repeats_then_mean),
        cmocka_unit_test(means_do_not_depend_on_the_order),
        cmocka_unit_test(the_largest_block_is_found),
        cmocka_unit_test(blocks_that_dropping_columns_misses),
        cmocka_unit_test(a_search_too_long_is_ended),
        cmocka_unit_test(the_expected_best_is_that_of_all_choices),
        cmocka_unit_test(intervals_cover_and_tests_keep_their_level),
        cmocka_unit_test(the_best_set_keeps_the_best),
        cmocka_unit_test(products_are_openblas),
    };
    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
