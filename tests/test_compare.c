/* What is said of a sweep whose truth is known. SWEEP_LONG=1 simulates 20 times as much. */
#include "observed.h"

#include <stdio.h>

#include "report/compare_print.h"
#include "stats/best.h"
#include "stats/flips.h"

static struct arena arena;
static struct error error;

static int set_up(void **state) {
    (void)state;
    arena_init(&arena);
    error = (struct error){0};
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_release(&arena);
    return 0;
}

static void assert_close(double actual, double expected) {
    if (!(fabs(actual - expected) <= 1e-9 * fmax(1, fabs(expected))))
        fail_msg("%.17g is not %.17g", actual, expected);
}

static const struct axis_of by_optimizer = {HP_OPTIMIZER, 3, {"sgd", "adam", "rmsprop"}};
static const struct axis_of by_two_optimizers = {HP_OPTIMIZER, 2, {"sgd", "adam"}};
static const struct axis_of epochs = {HP_EPOCHS, 2, {"5", "10"}};
static const struct axis_of by_loss = {
    HP_LOSS, 2, {"mean_squared_error", "categorical_crossentropy"}};

static const struct random_source noise = {7, RANDOM_TEST, 0};
static uint64_t draw; /* the next of the noise's numbers */

static double next_normal(void) {
    return random_normal(noise, draw++);
}

static struct factor_comparison compare_at(const struct observations *all, size_t factor,
                                           const char *reference) {
    struct factor_comparison comparison;
    if (compare_factor(all, &all->factors[factor], reference, &arena, &comparison, &error) !=
        STATUS_OK)
        fail_msg("%s", error.message);
    return comparison;
}

static size_t pairs_of(const struct value_comparison *value) {
    return value->part.context_count * value->part.seed_count;
}

/* By hand: optimizer x epochs x 3 seeds. */
static const double scores_by_hand[2][2][3] = {{{0.80, 0.82, 0.81}, {0.85, 0.86, 0.84}},
                                               {{0.90, 0.91, 0.93}, {0.93, 0.92, 0.95}}};

static double score_by_hand(const uint32_t *at, size_t seed) {
    return scores_by_hand[at[0]][at[1]][seed];
}

static void pairs_are_averaged_within_seeds(void **state) {
    (void)state;
    struct observations all;
    const struct axis_of axes[] = {by_two_optimizers, epochs};
    observe_grid(&all, axes, 2, 3, score_by_hand, &arena);
    const struct factor_comparison of = compare_at(&all, 0, NULL);
    const struct value_comparison *sgd = &of.values[0], *adam = &of.values[1];
    assert_int_equal(of.reference, 0);
    assert_true(of.reference_is_default);
    assert_int_equal(of.contexts, 2);
    assert_int_equal(of.seeds, 3);
    assert_int_equal(sgd->verdict, VERDICT_REFERENCE);
    assert_int_equal(sgd->summary.n, 6);
    assert_close(sgd->summary.mean, 0.83);
    assert_close(sgd->summary.deviation, sqrt(0.0028 / 5));
    /* Seeds: (0.10 + 0.08) / 2, (0.09 + 0.06) / 2, (0.12 + 0.11) / 2. */
    assert_int_equal(adam->paired.n, 3);
    assert_close(adam->differences[0], 0.09);
    assert_close(adam->differences[1], 0.075);
    assert_close(adam->differences[2], 0.115);
    assert_int_equal(pairs_of(adam), 6);
    const double mean = 0.28 / 3;
    const double sd = sqrt((pow(0.09 - mean, 2) + pow(0.075 - mean, 2) + pow(0.115 - mean, 2)) / 2);
    assert_close(adam->paired.mean, mean);
    assert_close(adam->paired.low, mean - 4.302652729911275 * sd / sqrt(3));
    assert_close(adam->paired.high, mean + 4.302652729911275 * sd / sqrt(3));
    /* Student's t with 2 degrees of freedom in closed form. */
    const double t = mean / (sd / sqrt(3));
    assert_int_equal(adam->paired.test, PAIRED_T);
    assert_close(adam->p_holm, 1 - t / sqrt(2 + t * t));
    assert_int_equal(adam->verdict, VERDICT_BETTER);
    assert_int_equal(adam->better, 6);
    assert_int_equal(adam->judged, 6);
    assert_int_equal(of.best, 1);
    /* The other way round, and where less is better. */
    all.maximize = false;
    const struct factor_comparison back = compare_at(&all, 0, "adam");
    assert_int_equal(back.reference, 1);
    assert_false(back.reference_is_default);
    assert_close(back.values[0].paired.mean, -mean);
    assert_int_equal(back.values[0].verdict, VERDICT_BETTER);
    assert_int_equal(back.values[0].better, 6);
    assert_int_equal(back.best, 0);
    assert_int_equal(compare_at(&all, 0, NULL).values[1].verdict, VERDICT_WORSE);
}

static void references_are_defaults_or_first(void **state) {
    (void)state;
    struct observations all;
    const struct axis_of axes[] = {by_loss, epochs, {HP_BATCH_SIZE, 2, {"8", "16"}}};
    draw = 0;
    observe_grid(&all, axes, 3, 3, score_by_hand, &arena);
    assert_int_equal(compare_at(&all, 0, NULL).reference, 1); /* categorical_crossentropy */
    assert_int_equal(compare_at(&all, 1, NULL).reference, 0); /* 5 epochs */
    assert_int_equal(compare_at(&all, 1, "10").reference, 1);
    const struct factor_comparison batch = compare_at(&all, 2, NULL); /* 32 is not there */
    assert_int_equal(batch.reference, 0);
    assert_false(batch.reference_is_default);
    struct factor_comparison none;
    assert_int_equal(compare_factor(&all, &all.factors[1], "7", &arena, &none, &error),
                     STATUS_USAGE);
    assert_non_null(strstr(error.message, "epochs=7"));
    assert_non_null(strstr(error.message, "5, 10"));
}

static double equal_gain(const uint32_t *at, size_t seed) {
    return 0.8 + 0.01 * (double)seed + (at[0] ? 0.03 : 0) + 0.1 * at[1];
}

static void equal_differences_need_an_exact_test(void **state) {
    (void)state;
    const struct axis_of axes[] = {by_two_optimizers, epochs};
    for (size_t seeds = 1; seeds <= 8; seeds++) {
        struct observations all;
        observe_grid(&all, axes, 2, seeds, equal_gain, &arena);
        const struct factor_comparison of = compare_at(&all, 0, NULL);
        const struct value_comparison *adam = &of.values[1];
        assert_close(adam->paired.mean, 0.03);
        assert_int_equal(adam->verdict, seeds >= 6 ? VERDICT_BETTER : VERDICT_FEW);
        assert_int_equal(adam->paired.test, seeds >= 6 ? PAIRED_EXACT_FLIPS : PAIRED_NONE);
        if (seeds >= 6)
            assert_close(adam->p_holm, ldexp(1, 1 - (int)seeds));
        assert_int_equal(adam->better, 2 * seeds);
    }
}

static double no_gain(const uint32_t *at, size_t seed) {
    return 0.7 + 0.1 * at[1] + 0.01 * (double)seed;
}

static void no_difference_is_the_same(void **state) {
    (void)state;
    struct observations all;
    const struct axis_of axes[] = {by_optimizer, epochs};
    observe_grid(&all, axes, 2, 3, no_gain, &arena);
    const struct factor_comparison of = compare_at(&all, 0, NULL);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(of.values[i].verdict, VERDICT_SAME);
        assert_true(of.values[i].paired.mean == 0);
        assert_int_equal(of.values[i].better, 0);
    }
    assert_int_equal(of.best, of.reference);
}

/* The third seed has been interrupted after the first epochs, and adam diverged once. */
static double interrupted(const uint32_t *at, size_t seed) {
    if (seed == 2 && at[1] > 0)
        return (double)NAN;
    if (at[0] == 1 && at[1] == 0 && seed == 1)
        return (double)INFINITY;
    return scores_by_hand[at[0]][at[1] % 2][seed] + 0.5 * at[1];
}

static void holes_leave_complete_pairs(void **state) {
    (void)state;
    struct observations all;
    const struct axis_of axes[] = {by_two_optimizers, {HP_EPOCHS, 4, {"1", "2", "3", "4"}}};
    observe_grid(&all, axes, 2, 3, interrupted, &arena);
    const struct factor_comparison of = compare_at(&all, 0, NULL);
    const struct value_comparison *sgd = &of.values[0], *adam = &of.values[1];
    assert_int_equal(sgd->summary.n, 9);
    assert_int_equal(adam->summary.n, 8);
    assert_int_equal(adam->diverged, 1);
    assert_int_equal(adam->trials, 12);
    /* Three seeds have no setting in common: two seeds remain, with three settings. */
    assert_int_equal(adam->paired.n, 2);
    assert_int_equal(pairs_of(adam), 6);
    assert_close(adam->differences[0], (0.08 + 0.10 + 0.08) / 3);
    assert_close(adam->differences[1], (0.06 + 0.09 + 0.06) / 3);
    assert_int_equal(adam->verdict, VERDICT_FEW);
    /* 9 pairs have run, one of which adam lost by diverging. */
    assert_int_equal(adam->judged, 9);
    assert_int_equal(adam->better, 8);
    /* Diverging is worse than anything for the other, too. */
    const struct factor_comparison back = compare_at(&all, 0, "adam");
    assert_int_equal(back.values[0].better, 1);
    assert_int_equal(back.values[0].judged, 9);
}

static double nearly_two_seeds(const uint32_t *at, size_t seed) {
    if (seed == 2 && at[1] > 0)
        return (double)NAN;
    return scores_by_hand[at[0]][at[1] % 2][seed];
}

static void three_seeds_of_few_settings_are_better_than_two_of_many(void **state) {
    (void)state;
    struct observations all;
    const struct axis_of axes[] = {by_two_optimizers, {HP_EPOCHS, 4, {"1", "2", "3", "4"}}};
    observe_grid(&all, axes, 2, 3, nearly_two_seeds, &arena);
    const struct factor_comparison of = compare_at(&all, 0, NULL);
    assert_int_equal(of.values[1].paired.n, 3);
    assert_int_equal(pairs_of(&of.values[1]), 3);
    assert_close(of.values[1].differences[2], 0.12);
}

/* Up by what it is down elsewhere: nothing is left but what rounding leaves. */
static double cancelling(const uint32_t *at, size_t seed) {
    static const double scores[2][3] = {{0.1, 0.7, 0.7}, {0.3, 0.6, 0.6}};
    return scores[at[0]][at[1]] + 0.001 * (double)seed;
}

static void rounding_is_no_difference(void **state) {
    (void)state;
    struct observations all;
    const struct axis_of axes[] = {by_two_optimizers, {HP_EPOCHS, 3, {"1", "2", "3"}}};
    observe_grid(&all, axes, 2, 7, cancelling, &arena);
    const struct factor_comparison of = compare_at(&all, 0, NULL);
    assert_int_equal(of.values[1].verdict, VERDICT_SAME);
    assert_int_equal(of.values[1].better, 7);
    assert_int_equal(of.best, of.reference);
}

/* A third value, or settings in which nothing differs, are some 24 orders of magnitude larger. */
static const double small_scores[2][7] = {{0.31, 0.30, 0.33, 0.29, 0.32, 0.34, 0.30},
                                          {0.18, 0.17, 0.21, 0.16, 0.20, 0.22, 0.16}};

static double huge_at_the_third_value(const uint32_t *at, size_t seed) {
    return at[0] == 2 ? 1e24 * (1 + 0.1 * (double)seed) : small_scores[at[0]][seed];
}

static double huge_where_equal(const uint32_t *at, size_t seed) {
    return at[1] == 1 ? 1e24 * (1 + 0.1 * (double)seed) : small_scores[at[0]][seed];
}

static void what_rounding_is_depends_on_the_numbers_compared(void **state) {
    (void)state;
    struct observations all;
    const struct axis_of rates[] = {{HP_LEARNING_RATE, 3, {"0.01", "0.1", "30"}}};
    observe_grid(&all, rates, 1, 7, huge_at_the_third_value, &arena);
    all.maximize = false;
    const struct factor_comparison of = compare_at(&all, 0, NULL);
    const struct value_comparison *value = &of.values[1];
    assert_close(value->paired.mean, -0.89 / 7);
    assert_int_equal(value->paired.test, PAIRED_EXACT_FLIPS);
    assert_close(value->paired.p, 2.0 / 128);
    assert_int_equal(value->verdict, VERDICT_BETTER);
    assert_int_equal(of.values[2].verdict, VERDICT_WORSE);

    const struct axis_of axes[] = {by_two_optimizers, epochs};
    observe_grid(&all, axes, 2, 7, huge_where_equal, &arena);
    const struct factor_comparison averaged = compare_at(&all, 0, NULL);
    assert_close(averaged.values[1].paired.mean, -0.89 / 14);
    assert_int_equal(averaged.values[1].verdict, VERDICT_WORSE);
    assert_int_equal(averaged.values[1].better, 0);
}

/* Nine settings of six seeds. That trials 4 to 6 were all made in three settings is seen only by
 * looking at the seeds together: one by one, they have as many holes as the others. */
static const uint32_t made_seeds[] = {0x07, 0x38, 0x38, 0x07, 0x0b, 0x31, 0x2c, 0x13, 0x38};

static double with_holes(const uint32_t *at, size_t seed) {
    if (!(made_seeds[at[1]] >> seed & 1))
        return (double)NAN;
    return 0.5 + 0.01 * at[1] + 0.001 * (double)seed + 0.02 * at[0] * (double)(seed % 2 + 1);
}

static void the_largest_part_without_holes_is_compared(void **state) {
    (void)state;
    struct observations all;
    const struct axis_of axes[] = {by_two_optimizers,
                                   {HP_EPOCHS, 9, {"1", "2", "3", "4", "5", "6", "7", "8", "9"}}};
    observe_grid(&all, axes, 2, 6, with_holes, &arena);
    const struct factor_comparison of = compare_at(&all, 0, NULL);
    const struct complete_part *part = &of.values[1].part;
    assert_int_equal(of.values[1].paired.n, 3);
    assert_int_equal(part->seed_count, 3);
    assert_int_equal(part->context_count, 3);
    assert_int_equal(part->seeds_all, 6);
    assert_int_equal(part->contexts_all, 9);
    assert_true(part->largest && !complete_part_is_all(part));
    for (size_t i = 0; i < 3; i++) {
        static const uint32_t contexts[] = {1, 2, 8};
        assert_int_equal(part->seeds[i], 13 + i);
        assert_int_equal(all.levels[part->contexts[i] * 2 + 1], contexts[i]);
        assert_close(of.values[1].differences[i], i % 2 ? 0.02 : 0.04);
    }
    assert_int_equal(part->held_count, 1);
    assert_ptr_equal(part->held[0], &all.factors[1]);
}

static double all_diverge_at_two(const uint32_t *at, size_t seed) {
    return at[0] == 2 ? (double)INFINITY : 0.5 + 0.1 * at[0] + 0.01 * next_normal() + (double)seed;
}

static void what_always_diverges_is_unpaired(void **state) {
    (void)state;
    struct observations all;
    const struct axis_of axes[] = {by_optimizer};
    draw = 0;
    observe_grid(&all, axes, 1, 4, all_diverge_at_two, &arena);
    const struct factor_comparison of = compare_at(&all, 0, NULL);
    assert_int_equal(of.values[2].verdict, VERDICT_UNPAIRED);
    assert_int_equal(of.values[2].diverged, 4);
    assert_int_equal(of.values[2].judged, 4);
    assert_int_equal(of.values[2].better, 0);
    assert_true(isnan(of.values[2].p_holm));
    /* It is no hypothesis that would have to be corrected for. */
    assert_int_equal(of.family, 1);
    assert_close(of.values[1].p_holm, of.values[1].paired.p);
}

/* sgd with two momenta, nesterov along with the second; adam, which has none; a learning rate of
 * its own values for each. */
static const struct axis_of tied[] = {
    {HP_OPTIMIZER, 2, {"sgd", "adam"}},  {HP_LEARNING_RATE, 4, {"0.001", "0.003", "0.01", "0.1"}},
    {HP_MOMENTUM, 3, {"0", "0.9", "-"}}, {HP_NESTEROV, 3, {"false", "true", "-"}},
    {HP_EPOCHS, 2, {"5", "10"}},
};

static bool belongs(const uint32_t *at) {
    const bool adam = at[0] == 1;
    return at[1] / 2 == 1 - at[0] && (at[2] == 2) == adam && at[3] == at[2];
}

static double tied_score(const uint32_t *at, size_t seed) {
    const double gains[] = {0.1, 0.3, 0.5, 0.9};
    return gains[at[1]] + (at[2] == 1 ? 0.04 : 0) + 0.01 * at[4] +
           0.001 * (double)((seed * 7 + at[1] * 3 + at[2] + at[4]) % 5);
}

/* Better by much in every seed, and in two of three contexts without a result. */
static double better_where_it_does_not_diverge(const uint32_t *at, size_t seed) {
    if (at[0] == 1 && at[1] > 0)
        return (double)INFINITY;
    return 0.5 + 0.2 * at[0] + 0.01 * (double)((seed * 5 + at[0] * 2 + at[1]) % 4);
}

static void what_diverges_is_not_plainly_better(void **state) {
    (void)state;
    struct observations all;
    const struct axis_of axes[] = {by_two_optimizers, epochs};
    observe_grid(&all, axes, 2, 7, better_where_it_does_not_diverge, &arena);
    struct factor_comparison of = compare_at(&all, 0, NULL);
    const size_t other = 1 - of.reference;
    const bool mine = other == 1;
    assert_int_equal(mine ? of.values[other].lost : of.values[other].won, 7 * (epochs.count - 1));
    assert_int_equal(of.values[other].verdict, mine ? VERDICT_BETTER_BUT : VERDICT_WORSE_BUT);
    of = compare_at(&all, 0, of.values[other].level->text);
    assert_int_equal(of.values[1 - of.reference].verdict,
                     mine ? VERDICT_WORSE_BUT : VERDICT_BETTER_BUT);
}

static void what_hangs_together_is_not_held_equal(void **state) {
    (void)state;
    struct observations all;
    observe_grid(&all, tied, 5, 4, tied_score, &arena);
    observe_only(&all, belongs);
    assert_int_equal(all.count, (2 * 2 + 2) * 2 * 4);
    const struct factor_comparison optimizer = compare_at(&all, 0, NULL);
    assert_int_equal(optimizer.contexts, 2); /* epochs alone */
    assert_int_equal(optimizer.nested_count, 3);
    assert_string_equal(optimizer.nested[0]->name, "learning_rate");
    assert_int_equal(optimizer.carried_count, 0);
    assert_int_equal(pairs_of(&optimizer.values[1]), 8);
    assert_true(fabs(optimizer.values[1].paired.mean - (0.2 - 0.7 - 0.02)) < 0.005);
    const struct factor_comparison momentum = compare_at(&all, 2, NULL);
    assert_int_equal(momentum.value_count, 2); /* none is no value */
    assert_int_equal(momentum.contexts, 4);    /* sgd's learning rates x epochs */
    assert_int_equal(momentum.carried_count, 1);
    assert_string_equal(momentum.carried[0]->name, "nesterov");
    assert_int_equal(momentum.nested_count, 0);
    assert_int_equal(momentum.values[1].summary.n, 16);
    assert_int_equal(pairs_of(&momentum.values[1]), 16);
    assert_true(fabs(momentum.values[1].paired.mean - 0.04) < 0.005);
    /* The variance is shared among what can be told apart: nesterov is momentum here. */
    struct variance_comparison variance;
    assert_int_equal(compare_variance(&all, &arena, &variance, &error), STATUS_OK);
    assert_int_equal(variance.factor_count, 4);
    assert_int_equal(variance.anova.method, ANOVA_TYPE_2);
    assert_true(isnan(variance_share(&variance, &all.factors[3])));
    assert_true(variance_share(&variance, &all.factors[0]) > 0.5);
    assert_true(variance_share(&variance, &all.factors[1]) > 0.1);
    assert_true(variance_share(&variance, &all.factors[2]) > 0);
}

static double unknown_once(const uint32_t *at, size_t seed) {
    return at[0] == 1 && at[1] == 0 && seed == 0 ? (double)NAN : score_by_hand(at, seed);
}

static void a_completed_trial_may_lack_the_metric(void **state) {
    (void)state;
    struct observations all;
    const struct axis_of axes[] = {by_two_optimizers, epochs};
    observe_grid(&all, axes, 2, 3, unknown_once, &arena);
    all.items[6].status = OBSERVATION_COMPLETED;
    all.items[7].value = (double)INFINITY; /* no number to average with */
    const struct factor_comparison of = compare_at(&all, 0, NULL);
    assert_int_equal(of.values[1].summary.n, 4);
    assert_int_equal(pairs_of(&of.values[1]), 3);
    assert_int_equal(of.values[1].judged, 4);
    assert_close(of.values[1].paired.mean, (0.08 + 0.06 + 0.11) / 3);
    struct best_comparison best;
    assert_int_equal(compare_settings(&all, &arena, &best, &error), STATUS_OK);
    assert_int_equal(best.settings, 4);
}

static size_t simulations(size_t count) {
    const char *many = getenv("SWEEP_LONG");
    return many && *many ? 20 * count : count;
}

/* At most `p` of `count`, by 4 standard errors. */
static void assert_at_most(size_t hits, size_t count, double p) {
    const double limit = p + 4 * sqrt(p * (1 - p) / (double)count);
    if ((double)hits / (double)count > limit)
        fail_msg("%zu of %zu is more than a share of %.4f", hits, count, limit);
}

/* Seeds differ; settings differ; what a seed does to a setting is noise, and in part the same for
 * all settings of an optimizer and seed: pairs of one seed are not independent. */
static double shared[3][64];

static double null_effect(const uint32_t *at, size_t seed) {
    return 0.8 + 0.05 * at[1] + 0.02 * shared[0][seed] + 0.01 * shared[at[0]][seed] +
           0.01 * next_normal();
}

static void an_effect_that_is_not_there_is_rarely_found(void **state) {
    (void)state;
    const size_t count = simulations(1500);
    static const size_t seed_counts[] = {3, 5, 8};
    const struct axis_of axes[] = {by_optimizer, {HP_EPOCHS, 4, {"1", "2", "3", "4"}}};
    draw = 1000000;
    for (size_t s = 0; s < 3; s++) {
        size_t found = 0, covered = 0;
        for (size_t i = 0; i < count; i++) {
            struct observations all;
            for (size_t j = 0; j < 3 * 64; j++)
                shared[j / 64][j % 64] = next_normal();
            observe_grid(&all, axes, 2, seed_counts[s], null_effect, &arena);
            const struct factor_comparison of = compare_at(&all, 0, NULL);
            bool any = false;
            for (size_t j = 1; j < 3; j++)
                any |=
                    of.values[j].verdict == VERDICT_BETTER || of.values[j].verdict == VERDICT_WORSE;
            found += any;
            /* For sgd the seeds' own part is counted twice; the others' mean is 0 all the same. */
            covered += of.values[1].paired.low <= 0 && of.values[1].paired.high >= 0;
            arena_reset(&arena);
        }
        /* Either of two comparisons, together. */
        assert_at_most(found, count, 0.05);
        assert_at_most(count - covered, count, 0.05);
        assert_true(count - covered > count / 50); /* nor is an interval needlessly wide */
    }
}

static double constant_effect(const uint32_t *at, size_t seed) {
    return null_effect(at, seed) + (at[0] == 2 ? 0.05 : 0);
}

static void an_effect_that_is_there_is_found(void **state) {
    (void)state;
    const size_t count = simulations(300);
    const struct axis_of axes[] = {by_optimizer, {HP_EPOCHS, 4, {"1", "2", "3", "4"}}};
    size_t found = 0, covered = 0;
    draw = 9000000;
    for (size_t i = 0; i < count; i++) {
        struct observations all;
        for (size_t j = 0; j < 3 * 64; j++)
            shared[j / 64][j % 64] = next_normal();
        observe_grid(&all, axes, 2, 10, constant_effect, &arena);
        const struct factor_comparison of = compare_at(&all, 0, NULL);
        found += of.values[2].verdict == VERDICT_BETTER && of.best == 2;
        covered += of.values[2].paired.low <= 0.05 && of.values[2].paired.high >= 0.05;
        arena_reset(&arena);
    }
    assert_true(found > count * 95 / 100);
    assert_at_most(count - covered, count, 0.05);
}

/* 24 settings: all equal, or the first one noisier, or half of them; or with effects. */
static enum { ALL_ALIKE, FIRST_NOISIER, HALF_NOISIER, GROUPS, WITH_EFFECTS } world;

static double of_many(const uint32_t *at, size_t seed) {
    const size_t number = at[0] * 8 + at[1] * 2 + at[2];
    const double deviation = world == FIRST_NOISIER && number == 0  ? 5
                             : world == HALF_NOISIER && number < 12 ? 3
                                                                    : 1;
    const double effect = world == WITH_EFFECTS ? 0.15 * (double)number : 0,
                 group = world == GROUPS ? 1.5 * shared[at[0]][seed + 1] : 0;
    return 0.9 + 0.01 * (shared[0][0] + deviation * next_normal() + group - effect);
}

static struct best_comparison best_of_many(size_t seeds) {
    struct observations all;
    struct best_comparison best;
    const struct axis_of axes[] = {
        by_optimizer, {HP_EPOCHS, 4, {"1", "2", "3", "4"}}, {HP_BATCH_SIZE, 2, {"16", "32"}}};
    for (size_t j = 0; j < 3 * 64; j++)
        shared[j / 64][j % 64] = next_normal();
    observe_grid(&all, axes, 3, seeds, of_many, &arena);
    assert_int_equal(compare_settings(&all, &arena, &best, &error), STATUS_OK);
    for (size_t i = 0; i < best.count; i++)
        best.items[i].observation = all.items[best.items[i].observation].setting;
    return best;
}

/* The first setting is one of the best, and is as often among those that can't be told from the one
 * that looks best as is promised. */
static void the_best_setting_is_rarely_excluded(void **state) {
    (void)state;
    const size_t count = simulations(400);
    static const size_t seed_counts[] = {3, 5, 10};
    draw = 50000000;
    for (world = ALL_ALIKE; world < WITH_EFFECTS; world++)
        for (size_t s = 0; s < 3; s++) {
            size_t lost = 0;
            for (size_t i = 0; i < count; i++) {
                const struct best_comparison best = best_of_many(seed_counts[s]);
                size_t j = 0;
                while (j < best.count && best.items[j].observation != 0)
                    j++;
                lost += j == best.count;
                arena_reset(&arena);
            }
            assert_at_most(lost, count, 0.05);
        }
}

/* Few seeds tell many apart, because all settings say how much seeds differ: of 24 with steps of
 * 0.15 standard deviations, three seeds leave some 20 (paired t-tests alone 23), ten some 9 (10).
 */
static void few_seeds_tell_many_settings_apart(void **state) {
    (void)state;
    const size_t count = simulations(100);
    world = WITH_EFFECTS;
    draw = 70000000;
    double left[2] = {0};
    for (size_t i = 0; i < count; i++) {
        left[0] += (double)best_of_many(3).count / (double)count;
        left[1] += (double)best_of_many(10).count / (double)count;
        arena_reset(&arena);
    }
    assert_true(left[0] < 21 && left[1] < 10);
}

/* No interaction, but cells that vary by very different amounts. */
static double additive(const uint32_t *at, size_t seed) {
    return 0.5 + 0.1 * at[0] + 0.05 * at[1] + 0.02 * shared[0][seed] +
           (at[0] == 0 && at[1] == 0 ? 0.05 : 0.005) * next_normal();
}

static double crossing(const uint32_t *at, size_t seed) {
    return additive(at, seed) + (at[0] == 1 && at[1] == 1 ? 0.2 : 0);
}

static struct interaction_comparison interaction_of(const struct observations *all) {
    struct interaction_comparison comparison;
    const struct factor *pair[] = {&all->factors[0], &all->factors[1]};
    assert_int_equal(compare_interactions(all, pair, 1, &arena, &comparison, &error), STATUS_OK);
    return comparison;
}

static void interactions_are_found_where_they_are(void **state) {
    (void)state;
    const size_t count = simulations(800);
    const struct axis_of axes[] = {
        by_two_optimizers, {HP_EPOCHS, 3, {"1", "2", "3"}}, {HP_BATCH_SIZE, 2, {"16", "32"}}};
    static const size_t seed_counts[] = {3, 7, 24};
    draw = 30000000;
    for (size_t s = 0; s < 3; s++) {
        size_t wrong = 0, right = 0;
        const size_t repeats = s == 2 ? count / 20 : count; /* random patterns take their time */
        for (size_t i = 0; i < repeats; i++) {
            struct observations all;
            for (size_t j = 0; j < 64; j++)
                shared[0][j] = next_normal();
            observe_grid(&all, axes, 3, seed_counts[s], additive, &arena);
            const struct interaction_comparison none = interaction_of(&all);
            assert_int_equal(none.part.context_count, 2);
            assert_int_equal(none.test.test, s == 0   ? PAIRED_F_BOUND
                                             : s == 1 ? PAIRED_EXACT_FLIPS
                                                      : PAIRED_RANDOM_FLIPS);
            wrong += none.verdict == VERDICT_DEPENDS;
            observe_grid(&all, axes, 3, seed_counts[s], crossing, &arena);
            right += interaction_of(&all).verdict == VERDICT_DEPENDS;
            arena_reset(&arena);
        }
        assert_at_most(wrong, repeats, 0.05);
        assert_true(right > repeats * (s == 0 ? 30 : 90) / 100);
    }
}

static bool without_a_corner(const uint32_t *at) {
    return at[0] == 0 || at[1] == 0;
}

static void interactions_need_all_combinations(void **state) {
    (void)state;
    struct observations all;
    const struct axis_of axes[] = {by_two_optimizers, epochs};
    observe_grid(&all, axes, 2, 3, score_by_hand, &arena);
    struct interaction_comparison of = interaction_of(&all);
    assert_int_equal(of.row_count, 2);
    assert_close(of.cells[0].mean, 0.81);
    assert_close(of.cells[3].mean, (0.93 + 0.92 + 0.95) / 3);
    assert_int_equal(of.verdict, VERDICT_FEW);
    observe_only(&all, without_a_corner);
    of = interaction_of(&all);
    assert_int_equal(of.verdict, VERDICT_UNPAIRED);
    assert_int_equal(of.cells[3].n, 0);
    assert_true(isnan(of.p_holm));
}

static double three_parts(const uint32_t *at, size_t seed) {
    return 3.0 * at[0] + at[1] + (seed ? 0.5 : -0.5);
}

static void variance_goes_to_those_it_comes_from(void **state) {
    (void)state;
    struct observations all;
    struct variance_comparison variance;
    const struct axis_of axes[] = {by_two_optimizers, epochs, {HP_BATCH_SIZE, 2, {"16", "32"}}};
    observe_grid(&all, axes, 3, 2, three_parts, &arena);
    assert_int_equal(compare_variance(&all, &arena, &variance, &error), STATUS_OK);
    assert_int_equal(variance.anova.method, ANOVA_EXACT);
    assert_int_equal(variance.trials, 16);
    assert_close(variance.anova.variance, 2.75); /* 9 / 4 + 1 / 4 + 1 / 4 */
    assert_close(variance_share(&variance, &all.factors[0]), 9.0 / 11);
    assert_close(variance_share(&variance, &all.factors[1]), 1.0 / 11);
    assert_close(variance_share(&variance, &all.factors[2]), 0);
    assert_close(variance.anova.rest, 1.0 / 11);
    assert_close(variance.anova.higher, 0);
    /* One result is missing: the sums of squares of a fit. */
    all.items[3].value = (double)NAN;
    assert_int_equal(compare_variance(&all, &arena, &variance, &error), STATUS_OK);
    assert_int_equal(variance.anova.method, ANOVA_TYPE_2);
    assert_true(fabs(variance_share(&variance, &all.factors[0]) - 9.0 / 11) < 0.1);
    /* No result is left of one optimizer: it does not vary any more. */
    for (size_t i = 8; i < 16; i++)
        all.items[i].value = (double)NAN;
    assert_int_equal(compare_variance(&all, &arena, &variance, &error), STATUS_OK);
    assert_int_equal(variance.factor_count, 2);
}

/* A clear winner at (1, 1); the one before it is as good where it has been tried. */
static double with_a_winner(const uint32_t *at, size_t seed) {
    if (at[0] == 1 && at[1] == 0)
        return seed == 0 ? 0.99 : (double)INFINITY;
    if (at[0] == 2)
        return (double)INFINITY;
    return 0.5 + 0.2 * (at[0] + at[1]) + 0.01 * (double)((seed * 5 + at[0] * 2 + at[1]) % 4);
}

static void the_best_setting_has_all_its_repeats(void **state) {
    (void)state;
    struct observations all;
    struct best_comparison best;
    const struct axis_of axes[] = {by_optimizer, epochs};
    observe_grid(&all, axes, 2, 5, with_a_winner, &arena);
    assert_int_equal(compare_settings(&all, &arena, &best, &error), STATUS_OK);
    assert_true(best.enough);
    assert_int_equal(best.settings, 4);
    assert_int_equal(best.diverged, 2);
    /* (1, 1) and not the one that was lucky once, and diverged four times. */
    assert_int_equal(best.count, 1);
    assert_int_equal(all.items[best.items[0].observation].setting, 3);
    assert_int_equal(best.items[0].summary.n, 5);
    assert_int_equal(best.test.n, 5);
    assert_close(best.test.mean, best.items[0].summary.mean - 0.01);
    /* With two seeds nothing is excluded. */
    observe_grid(&all, axes, 2, 2, with_a_winner, &arena);
    assert_int_equal(compare_settings(&all, &arena, &best, &error), STATUS_OK);
    assert_false(best.enough);
    assert_int_equal(best.count, 4);
    /* Where less is better. */
    all.maximize = false;
    assert_int_equal(compare_settings(&all, &arena, &best, &error), STATUS_OK);
    assert_int_equal(all.items[best.items[0].observation].setting, 0);
}

/* Three settings with all seeds, of which the last is plainly worse, and three others that are far
 * behind: with one seed, with two, and with one in which it diverged. */
static double after_an_early_stop(const uint32_t *at, size_t seed) {
    static const size_t seeds[] = {3, 3, 3, 1, 2, 1};
    static const double scores[] = {0.9, 0.9, 0.5, 0.2, 0.1, -(double)INFINITY};
    if (seed >= seeds[at[0]])
        return (double)NAN;
    if (isinf(scores[at[0]]))
        return (double)INFINITY;
    return scores[at[0]] + 0.01 * (double)((seed * 2 + at[0]) % 3);
}

static void settings_with_fewer_seeds_are_not_tested(void **state) {
    (void)state;
    struct observations all;
    struct best_comparison best;
    const struct axis_of rates = {HP_LEARNING_RATE, 6, {"0.01", "0.1", "30", "3", "1", "0.3"}};
    observe_grid(&all, &rates, 1, 3, after_an_early_stop, &arena);
    /* The last one is the simplest of all, the second of those that are left. */
    for (size_t i = 0; i < all.count; i++)
        all.items[i].parameters = 100 - (double)all.items[i].setting;
    assert_int_equal(compare_settings(&all, &arena, &best, &error), STATUS_OK);
    assert_true(best.enough);
    assert_int_equal(best.settings, 5);
    assert_int_equal(best.diverged, 1);
    assert_int_equal(best.untested, 3);
    assert_int_equal(best.others, 2);
    assert_int_equal(best.count, 2);
    for (size_t i = 0; i < best.count; i++)
        assert_int_equal(best.items[i].summary.n, 3);
    assert_int_equal(all.items[best.items[best.simplest].observation].setting, 1);
    /* In a race it is the race that tells. */
    all.raced = true;
    assert_int_equal(compare_settings(&all, &arena, &best, &error), STATUS_OK);
    assert_int_equal(best.untested, 0);
    assert_int_equal(best.count, 5);
    /* Where the best has too few itself, nothing is told of any. */
    all.raced = false;
    for (size_t i = 0; i < all.count; i++)
        if (all.items[i].seed != all.items[0].seed)
            all.items[i].value = (double)NAN;
    assert_int_equal(compare_settings(&all, &arena, &best, &error), STATUS_OK);
    assert_false(best.enough);
    assert_int_equal(best.untested, 0);
}

/* Losses of six settings, of which nothing tells the first two apart; the first has the most
 * parameters. */
static double loss_that_explodes(const uint32_t *at, size_t seed) {
    static const double bumps[8] = {0, 3, 1, 4, 2, 6, 5, 7};
    const double good = 0.1 + 0.001 * bumps[(seed * 3 + at[0]) % 8];
    switch (at[0]) {
    case 2: /* always */
        return pow(10, 19 + (double)bumps[seed]);
    case 3: /* once, and a bit worse else */
        return seed == 0 ? 1e24 : good + 0.01;
    case 4: /* in half of the seeds */
        return seed % 2 ? (double)INFINITY : good;
    case 5: /* once, which may have been bad luck */
        return seed == 3 ? (double)INFINITY : good;
    default:
        return good;
    }
}

static void what_explodes_or_diverges_is_told_from_the_best(void **state) {
    (void)state;
    struct observations all;
    struct best_comparison best;
    const struct axis_of rates = {HP_LEARNING_RATE, 6, {"0.01", "0.1", "30", "3", "1", "0.3"}};
    observe_grid(&all, &rates, 1, 8, loss_that_explodes, &arena);
    all.maximize = false;
    for (size_t i = 0; i < all.count; i++)
        all.items[i].parameters = 100 - (double)all.items[i].setting;
    assert_int_equal(compare_settings(&all, &arena, &best, &error), STATUS_OK);
    assert_true(best.enough && best.far);
    assert_int_equal(best.count, 3);
    bool kept[6] = {false};
    for (size_t i = 0; i < best.count; i++) {
        const size_t setting = all.items[best.items[i].observation].setting;
        kept[setting] = true;
        assert_int_equal(best.items[i].unreliable, setting == 5);
    }
    assert_true(kept[0] && kept[1] && kept[5]);
    /* The simplest of all three is the one that diverged. */
    assert_int_equal(all.items[best.items[best.simplest].observation].setting, 1);
    /* The same among a hundred. */
    double exploded[7], diverged[7], ordinary[7];
    for (size_t i = 0; i < 7; i++) {
        exploded[i] = loss_that_explodes((const uint32_t[]){2}, i);
        diverged[i] = i < 4 ? (double)INFINITY : 0.001;
        ordinary[i] = 0.001 * (double)i;
    }
    assert_true(best_excludes(exploded, 7, 99, 0.002, (double)NAN));
    assert_true(best_excludes(diverged, 7, 99, 0.002, (double)NAN));
    assert_false(best_excludes(ordinary, 7, 99, 0.002, (double)NAN));
}

static struct comparison compare_names(const struct observations *all, const char *const *names,
                                       size_t count) {
    struct comparison comparison;
    if (compare(all, names, count, NULL, 0, &arena, &comparison, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return comparison;
}

static void names_are_hyperparameters_that_vary(void **state) {
    (void)state;
    struct observations all;
    struct comparison comparison;
    const struct axis_of axes[] = {by_two_optimizers, epochs, by_loss};
    observe_grid(&all, axes, 3, 3, score_by_hand, &arena);
    comparison = compare_names(&all, NULL, 0);
    assert_true(comparison.overview);
    assert_int_equal(comparison.factor_count, 3);
    assert_int_equal(comparison.pair_count, 0);
    /* An alias and a column's name are the hyperparameter's; once is enough. */
    comparison = compare_names(&all, (const char *[]){"loss", "optimizer", "loss_function"}, 3);
    assert_false(comparison.overview);
    assert_int_equal(comparison.factor_count, 2);
    assert_int_equal(comparison.pair_count, 1);
    assert_string_equal(comparison.pairs[0].rows->name, "loss_function");
    comparison = compare_names(&all, (const char *[]){"loss", "epochs", "optimizer"}, 3);
    assert_int_equal(comparison.pair_count, 3);
    static const char *const wrong[][2] = {{"optimzer", "did you mean 'optimizer'?"},
                                           {"dropout", "no two of these trials differ in dropout"},
                                           {"seed", "unknown hyperparameter 'seed'"}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(compare(&all, wrong[i], 1, NULL, 0, &arena, &comparison, &error),
                         STATUS_USAGE);
        assert_non_null(strstr(error.message, wrong[i][1]));
        assert_non_null(strstr(error.message, "epochs"));
    }
    const struct compare_reference unused = {"epochs", "5"};
    assert_int_equal(
        compare(&all, (const char *[]){"loss"}, 1, &unused, 1, &arena, &comparison, &error),
        STATUS_USAGE);
}

static const char *print(struct comparison *comparison) {
    const struct comparisons all = {comparison->observations, {.count = 1}, comparison};
    static char *text;
    size_t size = 0;
    free(text);
    text = NULL;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    assert_int_equal(compare_print(stream, &all, 3, &arena, &error), STATUS_OK);
    assert_int_equal(compare_print_json(stream, &all, &arena, &error), STATUS_OK);
    assert_int_equal(compare_print_csv(stream, &all, &error), STATUS_OK);
    fclose(stream);
    return text;
}

static double none_at_all(const uint32_t *at, size_t seed) {
    (void)at;
    (void)seed;
    return (double)NAN;
}

static double one_for_all(const uint32_t *at, size_t seed) {
    (void)at;
    (void)seed;
    return 0.5;
}

static void all_that_can_be_empty_prints(void **state) {
    (void)state;
    struct observations all;
    const struct axis_of axes[] = {by_optimizer, epochs};
    observe_grid(&all, axes, 2, 3, none_at_all, &arena);
    struct comparison comparison = compare_names(&all, NULL, 0);
    assert_non_null(strstr(print(&comparison), "Nothing to compare"));
    observe_grid(&all, axes, 0, 3, one_for_all, &arena); /* one setting */
    comparison = compare_names(&all, NULL, 0);
    assert_non_null(strstr(print(&comparison), "the only one"));
    observe_grid(&all, axes, 2, 3, one_for_all, &arena); /* ties throughout */
    comparison = compare_names(&all, (const char *[]){"optimizer", "epochs"}, 2);
    assert_non_null(strstr(print(&comparison), "the same"));
    assert_null(strstr(print(&comparison), "nan"));
    const struct axis_of two[] = {by_two_optimizers, epochs};
    observe_grid(&all, two, 2, 1, score_by_hand, &arena);
    observe_only(&all, without_a_corner);
    comparison = compare_names(&all, (const char *[]){"optimizer", "epochs"}, 2);
    assert_non_null(strstr(print(&comparison), "not enough repeats to tell"));
    assert_non_null(strstr(print(&comparison), "can't be taken apart"));
    assert_null(strstr(print(&comparison), "nan"));
    /* All of one value's trials diverged. */
    observe_grid(&all, axes, 2, 3, with_a_winner, &arena);
    comparison = compare_names(&all, NULL, 0);
    assert_null(strstr(print(&comparison), "nan"));
}

static double large(const uint32_t *at, size_t seed) {
    return 0.01 * at[0] + 0.001 * at[1] + 0.005 * next_normal() + 0.01 * (double)seed;
}

/* Nothing here grows with the square of the number of trials. */
static void ten_thousand_trials_are_compared(void **state) {
    (void)state;
    struct observations all;
    struct axis_of many = {HP_TRAIN_IMAGES, 40, {0}};
    for (size_t i = 0; i < 40; i++)
        many.values[i] = arena_printf(&arena, "%zu", 100 * (i + 1));
    const struct axis_of axes[] = {by_two_optimizers,
                                   many,
                                   {HP_EPOCHS, 5, {"1", "2", "3", "4", "5"}},
                                   {HP_BATCH_SIZE, 5, {"1", "2", "4", "8", "16"}}};
    draw = 50000000;
    observe_grid(&all, axes, 4, 5, large, &arena);
    assert_int_equal(all.count, 10000);
    for (size_t i = 0; i < all.count; i += 101)
        all.items[i].status = OBSERVATION_DIVERGED, all.items[i].value = (double)NAN;
    struct comparison comparison = compare_names(&all, NULL, 0);
    assert_int_equal(comparison.variance.anova.method, ANOVA_TYPE_2_MAIN);
    assert_int_equal(comparison.factors[0].values[1].verdict, VERDICT_BETTER);
    assert_int_equal(comparison.best.settings, 2000);
    comparison = compare_names(&all, (const char *[]){"train_images", "optimizer"}, 2);
    assert_int_equal(comparison.factors[0].family, 39);
    assert_non_null(strstr(print(&comparison), "Holm-corrected for 39 comparisons"));
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(pairs_are_averaged_within_seeds),
        CASE(references_are_defaults_or_first),
        CASE(equal_differences_need_an_exact_test),
        CASE(no_difference_is_the_same),
        CASE(holes_leave_complete_pairs),
        CASE(three_seeds_of_few_settings_are_better_than_two_of_many),
        CASE(rounding_is_no_difference),
        CASE(what_rounding_is_depends_on_the_numbers_compared),
        CASE(the_largest_part_without_holes_is_compared),
        CASE(what_always_diverges_is_unpaired),
        CASE(what_diverges_is_not_plainly_better),
        CASE(what_hangs_together_is_not_held_equal),
        CASE(a_completed_trial_may_lack_the_metric),
        CASE(an_effect_that_is_not_there_is_rarely_found),
        CASE(an_effect_that_is_there_is_found),
        CASE(the_best_setting_is_rarely_excluded),
        CASE(few_seeds_tell_many_settings_apart),
        CASE(interactions_are_found_where_they_are),
        CASE(interactions_need_all_combinations),
        CASE(variance_goes_to_those_it_comes_from),
        CASE(the_best_setting_has_all_its_repeats),
        CASE(settings_with_fewer_seeds_are_not_tested),
        CASE(what_explodes_or_diverges_is_told_from_the_best),
        CASE(names_are_hyperparameters_that_vary),
        CASE(all_that_can_be_empty_prints),
        CASE(ten_thousand_trials_are_compared),
    };
    return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
