/* Which settings are not trained to the end: rules on scores that are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "search/stopper.h"
#include "stats/race.h"

#define SETTINGS_MAX 2000

/* A sweep: what its trainings give, and what is asked of them. */
struct sweep {
    struct stopper *stopper;
    struct stopper_options options;
    double (*score)(size_t setting, size_t seed, size_t epochs);
    size_t settings;
    size_t trained[SETTINGS_MAX]; /* epochs of the first seed */
    size_t seeds[SETTINGS_MAX];
    double epochs; /* all that was trained */
    size_t steps;
    char log[4000]; /* "epochs x seeds: settings" of each step */
};

static double score_of(void *context, size_t setting, size_t seed, size_t epochs) {
    struct sweep *sweep = context;
    /* Nothing is asked for that was not trained. */
    assert_in_range(setting, 0, sweep->settings - 1);
    assert_in_range(epochs, 1, sweep->trained[setting]);
    assert_in_range(seed, 0, sweep->seeds[setting] - 1);
    assert_true(seed == 0 || sweep->trained[setting] == sweep->options.epochs);
    return sweep->score(setting, seed, epochs);
}

static void take(struct sweep *sweep, const struct stopper_step *step) {
    const size_t used = strlen(sweep->log);
    snprintf(sweep->log + used, sizeof sweep->log - used, "%s%zux%zu:%zu", used ? " " : "",
             step->epochs, step->seeds, step->count);
    sweep->steps++;
    for (size_t i = 0; i < step->count; i++) {
        const size_t setting = step->settings[i];
        assert_true(i == 0 || step->settings[i - 1] < setting);
        assert_int_equal(stopper_verdict(sweep->stopper, setting)->fate, STOPPER_GOES_ON);
        assert_true(step->epochs >= sweep->trained[setting] &&
                    step->seeds >= sweep->seeds[setting]);
        sweep->epochs += (double)(step->epochs * step->seeds) -
                         (double)(sweep->trained[setting] * sweep->seeds[setting]);
        sweep->trained[setting] = step->epochs;
        sweep->seeds[setting] = step->seeds;
    }
}

static void go(struct sweep *sweep) {
    struct stopper_step step, again;
    while (stopper_next(sweep->stopper, &step)) {
        assert_true(stopper_next(sweep->stopper, &again));
        assert_memory_equal(&step, &again, sizeof step);
        take(sweep, &step);
        assert_int_equal(stopper_look(sweep->stopper, score_of, sweep, NULL), STATUS_OK);
    }
}

static void begin(struct sweep *sweep, const char *rule, const struct stopper_options *options,
                  double (*score)(size_t, size_t, size_t)) {
    struct error error = {0};
    memset(sweep, 0, sizeof *sweep);
    sweep->options = *options;
    sweep->score = score;
    if (stopper_begin(stopper_find(rule), options, &sweep->stopper, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static void enter(struct sweep *sweep, size_t count) {
    assert_int_equal(stopper_enter(sweep->stopper, count, NULL), STATUS_OK);
    sweep->settings += count;
    go(sweep);
}

static void finish(struct sweep *sweep) {
    stopper_finish(sweep->stopper);
    go(sweep);
}

/* All in one batch. */
static void run(struct sweep *sweep, const char *rule, const struct stopper_options *options,
                double (*score)(size_t, size_t, size_t), size_t settings) {
    begin(sweep, rule, options, score);
    enter(sweep, settings);
    finish(sweep);
}

static const struct stopper_verdict *verdict(const struct sweep *sweep, size_t setting) {
    return stopper_verdict(sweep->stopper, setting);
}

static const struct stopper_options options_27 = {.epochs = 27, .seeds = 3};

/* The last one is the best, at any epoch. */
static double descending(size_t setting, size_t seed, size_t epochs) {
    (void)seed;
    return 100 - (double)setting + 1 / (double)epochs;
}

static double equal(size_t setting, size_t seed, size_t epochs) {
    (void)setting;
    (void)seed;
    (void)epochs;
    return 0.5;
}

static double none(size_t setting, size_t seed, size_t epochs) {
    (void)setting;
    (void)seed;
    (void)epochs;
    return (double)NAN;
}

static void halving_keeps_a_share_at_each_rung(void **state) {
    (void)state;
    struct sweep sweep;
    run(&sweep, "halving", &options_27, descending, 48);
    assert_string_equal(sweep.log, "3x1:48 6x1:29 15x1:18 27x1:11 27x3:5");
    /* What is trained further, and two seeds more of five. */
    assert_true(sweep.epochs == 48 * 3 + 29 * 3 + 18 * 9 + 11 * 12 + 5 * 2 * 27);
    for (size_t i = 0; i < 48; i++) {
        assert_int_equal(verdict(&sweep, i)->fate, i < 37 ? STOPPER_WORSE : STOPPER_GOES_ON);
        assert_int_equal(verdict(&sweep, i)->epochs, i < 19 ? 3 : i < 30 ? 6 : i < 37 ? 15 : 27);
        assert_int_equal(verdict(&sweep, i)->seeds, i < 43 ? 1 : 3);
    }
    /* What it had, and what was needed: the score of the last that went on. */
    assert_true(verdict(&sweep, 5)->score == descending(5, 0, 3));
    assert_true(verdict(&sweep, 5)->needed == descending(19, 0, 3));
    assert_true(verdict(&sweep, 29)->needed == descending(30, 0, 6));
    stopper_end(sweep.stopper);
    /* All seeds get the best fiftieth, but at least 5; or as many as are asked for. */
    run(&sweep, "halving", &options_27, descending, 500);
    assert_string_equal(sweep.log, "3x1:500 6x1:300 15x1:180 27x1:108 27x3:10");
    stopper_end(sweep.stopper);
    run(&sweep, "halving", &options_27, descending, 200);
    assert_string_equal(sweep.log, "3x1:200 6x1:120 15x1:72 27x1:44 27x3:5");
    stopper_end(sweep.stopper);
    const struct stopper_options two = {.epochs = 27, .seeds = 3, .finalists = 2};
    run(&sweep, "halving", &two, descending, 200);
    assert_string_equal(sweep.log, "3x1:200 6x1:120 15x1:72 27x1:44 27x3:2");
    assert_int_equal(sweep.seeds[197], 1);
    assert_int_equal(sweep.seeds[198], 3);
    stopper_end(sweep.stopper);
}

/* W&B's keys: bands at min_iter * eta^k, or at max_iter / eta^k. */
static void keys_are_wandbs(void **state) {
    (void)state;
    static const struct {
        struct stopper_options options;
        const char *log; /* of 27 settings, one seed */
    } cases[] = {
        {{.epochs = 27, .min_iter = 3}, "3x1:27 9x1:17 27x1:11"},
        {{.epochs = 27, .min_iter = 3, .eta = 3}, "3x1:27 9x1:9 27x1:3"},
        {{.epochs = 27, .min_iter = 1, .eta = 3}, "1x1:27 3x1:9 9x1:3 27x1:1"},
        {{.epochs = 27, .min_iter = 1, .eta = 3, .s = 2}, "1x1:27 3x1:9 27x1:3"},
        {{.epochs = 27, .max_iter = 27, .s = 2, .eta = 3}, "3x1:27 9x1:9 27x1:3"},
        {{.epochs = 27, .max_iter = 27, .s = 9, .eta = 3}, "1x1:27 3x1:9 9x1:3 27x1:1"},
        {{.epochs = 27, .max_iter = 9, .s = 2, .eta = 3}, "1x1:27 3x1:9 27x1:3"},
        {{.epochs = 27, .max_iter = 9, .min_iter = 3, .eta = 3}, "3x1:27 9x1:9 27x1:3"},
        {{.epochs = 27, .max_iter = 81, .s = 3, .eta = 3}, "3x1:27 9x1:9 27x1:3"},
        {{.epochs = 10, .max_iter = 10, .s = 2, .eta = 4}, "2x1:27 10x1:7"},
        {{.epochs = 10, .max_iter = 10, .s = 2, .eta = 4, .strict = true}, "2x1:27 10x1:6"},
        {{.epochs = 27, .eta = 3}, "3x1:27 9x1:9 27x1:3"},
        {{.epochs = 27, .s = 1}, "9x1:27 27x1:17"},
        {{.epochs = 20}, "3x1:27 5x1:17 12x1:11 20x1:7"},
        {{.epochs = 5}, "1x1:27 2x1:17 3x1:11 5x1:7"},
        {{.epochs = 3}, "1x1:27 2x1:17 3x1:11"},
        {{.epochs = 2}, "1x1:27 2x1:17"},
        {{.epochs = 1}, "1x1:27"},
        {{.epochs = 8, .min_iter = 2, .eta = 1.5}, "2x1:27 3x1:18 4x1:12 6x1:8 8x1:6"},
        {{.epochs = 27, .keep = 0.2}, "3x1:27 6x1:6 15x1:2 27x1:1"},
        {{.epochs = 27, .keep = 0.01, .strict = true}, "3x1:27 6x1:1 15x1:1 27x1:1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sweep sweep;
        struct stopper_options options = cases[i].options;
        options.seeds = 1;
        run(&sweep, "halving", &options, descending, 27);
        assert_string_equal(sweep.log, cases[i].log);
        const struct stopper_cost cost = stopper_cost(stopper_find("halving"), &options, 27, 27);
        assert_true(cost.most == sweep.epochs && cost.expected == sweep.epochs);
        stopper_end(sweep.stopper);
    }
}

/* Of a second batch that is better than the first, all go on. */
static void batches_cost_more_than_one(void **state) {
    (void)state;
    static const char *const rules[] = {"halving", "hyperband"};
    const struct stopper_options options = {.epochs = 27, .seeds = 3};
    for (size_t i = 0; i < 2; i++) {
        struct sweep sweep;
        const struct stopper_rule *rule = stopper_find(rules[i]);
        begin(&sweep, rules[i], &options, descending);
        enter(&sweep, 16);
        enter(&sweep, 14);
        finish(&sweep);
        assert_true(sweep.epochs > stopper_cost(rule, &options, 30, 30).most);
        assert_true(sweep.epochs <= stopper_cost(rule, &options, 30, 16).most);
        assert_true(stopper_cost(rule, &options, 30, 16).expected ==
                    stopper_cost(rule, &options, 30, 30).most);
        stopper_end(sweep.stopper);
    }
}

static void options_out_of_range_are_refused(void **state) {
    (void)state;
    static const struct {
        struct stopper_options options;
        const char *rule, *says;
    } cases[] = {
        {{.epochs = 0, .seeds = 1}, "halving", "epochs"},
        {{.epochs = 9, .seeds = 0}, "race", "seeds"},
        {{.epochs = 9, .seeds = 1, .eta = 1}, "halving", "eta: 1 is not allowed"},
        {{.epochs = 9, .seeds = 1, .eta = 0.5}, "hyperband", "eta"},
        {{.epochs = 9, .seeds = 1, .eta = -3}, "hyperband", "eta"},
        {{.epochs = 9, .seeds = 1, .eta = (double)NAN}, "halving", "eta"},
        {{.epochs = 9, .seeds = 1, .eta = (double)INFINITY}, "halving", "eta"},
        {{.epochs = 9, .seeds = 1, .keep = 1}, "halving", "keep"},
        {{.epochs = 9, .seeds = 1, .level = 0.5}, "race", "level"},
        {{.epochs = 9, .seeds = 1, .min_iter = 9},
         "halving",
         "min_iter: 9 gives no rung below the 9 epochs"},
        {{.epochs = 9, .seeds = 1, .min_iter = 30}, "median", "min_iter: 30"},
        {{.epochs = 9, .seeds = 1, .max_iter = 2}, "halving", "max_iter: 2"},
        {{.epochs = 9, .seeds = 1, .max_iter = 81, .s = 1}, "halving", "max_iter: 81"},
        {{.epochs = 1000, .seeds = 1, .min_iter = 1}, "median", "more than 256 rungs"},
        {{.epochs = 1000000, .seeds = 1, .min_iter = 200, .eta = 1.01}, "halving", "more than 256"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stopper *stopper;
        struct error error = {0};
        assert_int_equal(
            stopper_begin(stopper_find(cases[i].rule), &cases[i].options, &stopper, &error),
            STATUS_INPUT);
        assert_null(stopper);
        if (!strstr(error.message, cases[i].says))
            fail_msg("'%s' does not say '%s'", error.message, cases[i].says);
    }
    assert_null(stopper_find("asha"));
}

/* A few settings, those that are all alike, and those that all diverge. */
static void few_equal_and_diverged_ones(void **state) {
    (void)state;
    for (size_t rule = 0; stopper_name(rule); rule++)
        for (size_t count = 0; count < 8; count++) {
            struct sweep sweep;
            run(&sweep, stopper_name(rule), &options_27, descending, count);
            assert_true(count == 0 || verdict(&sweep, count - 1)->fate == STOPPER_GOES_ON);
            assert_true(count == 0 || sweep.trained[count - 1] == 27);
            stopper_end(sweep.stopper);
            run(&sweep, stopper_name(rule), &options_27, equal, count);
            size_t whole = 0;
            for (size_t i = 0; i < count; i++)
                whole += sweep.trained[i] == 27;
            /* Halving stops those who were asked for last, the median and the race none. */
            assert_true(count == 0 || strcmp(stopper_name(rule), "halving") != 0 ||
                        ((count == 2 || whole <= (count + 1) / 2) && sweep.trained[0] == 27));
            assert_true(count == 0 || whole > 0);
            assert_true(rule < 2 || whole == count);
            stopper_end(sweep.stopper);
            run(&sweep, stopper_name(rule), &options_27, none, count);
            for (size_t i = 0; i < count; i++)
                assert_int_equal(verdict(&sweep, i)->fate, STOPPER_DIVERGED);
            stopper_end(sweep.stopper);
        }
}

/* The even ones diverge after the first epochs. */
static double half_diverge(size_t setting, size_t seed, size_t epochs) {
    return setting % 2 == 0 && epochs > 2 ? (double)NAN : descending(setting, seed, epochs);
}

static double most_diverge(size_t setting, size_t seed, size_t epochs) {
    return setting % 4 ? (double)NAN : descending(setting, seed, epochs);
}

static void who_diverges_is_stopped(void **state) {
    (void)state;
    struct sweep sweep;
    /* The share is of all, not of those that did not diverge; a diverged one never goes on. */
    run(&sweep, "halving", &options_27, half_diverge, 50);
    assert_string_equal(sweep.log, "3x1:50 6x1:25 15x1:15 27x1:9 27x3:5");
    stopper_end(sweep.stopper);
    run(&sweep, "halving", &options_27, most_diverge, 40);
    assert_string_equal(sweep.log, "3x1:40 6x1:10 15x1:6 27x1:4 27x3:4");
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(verdict(&sweep, i)->fate, i % 4    ? STOPPER_DIVERGED
                                                   : i < 24 ? STOPPER_WORSE
                                                            : STOPPER_GOES_ON);
    stopper_end(sweep.stopper);
}

/* A later batch is judged by all that came to the rung before it; those before stay as they are. */
static void batches_are_judged_by_all_before(void **state) {
    (void)state;
    struct sweep sweep;
    begin(&sweep, "halving", &options_27, descending);
    enter(&sweep, 8);
    assert_string_equal(sweep.log, "3x1:8 6x1:5 15x1:3 27x1:2");
    enter(&sweep, 8); /* all of them better: of 16, 10 may go on; of 13, 8; of 11, 7 */
    assert_string_equal(sweep.log, "3x1:8 6x1:5 15x1:3 27x1:2 3x1:8 6x1:8 15x1:8 27x1:7");
    finish(&sweep);
    assert_int_equal(sweep.seeds[7], 1);
    assert_int_equal(sweep.seeds[10], 1);
    assert_int_equal(sweep.seeds[11], 3);
    stopper_end(sweep.stopper);
}

/* With 27 epochs and eta 3 the paper has brackets of 27, 12, 6 and 4 settings, that is their shares
 * rounded up, which begin after 1, 3, 9 and 27 epochs. */
static void hyperband_has_brackets(void **state) {
    (void)state;
    struct sweep sweep;
    struct stopper_options options = {.epochs = 27, .seeds = 1, .min_iter = 1, .eta = 3};
    run(&sweep, "hyperband", &options, equal, 1960);
    size_t first[28] = {0}, whole = 0;
    for (size_t i = 0; i < 1960; i++) {
        /* Of equal ones those asked for first go on: the last of a bracket stop at its first rung.
         */
        first[sweep.trained[i]]++;
        whole += sweep.trained[i] == 27;
    }
    /* By eta^s / (s + 1), 6.75, 3, 1.5 and 1 of 12.25, they have 1080, 480, 240 and 160. */
    assert_in_range(first[1], 717, 723);
    assert_in_range(first[3], 556, 564);
    assert_in_range(first[9], 345, 360);
    assert_in_range(whole, 331, 337); /* 40 + 54 + 80 + 160 */
    const struct stopper_cost cost = stopper_cost(stopper_find("hyperband"), &options, 1960, 1960);
    assert_true(cost.most == sweep.epochs);
    stopper_end(sweep.stopper);
}

/* A bracket's settings are judged among themselves: the best of each goes to the end. */
static void brackets_are_judged_alone(void **state) {
    (void)state;
    struct sweep sweep;
    struct stopper_options options = {.epochs = 9, .seeds = 1, .min_iter = 1, .eta = 3};
    run(&sweep, "hyperband", &options, descending, 30);
    /* By frac((i + 0.5) * 0.618...) * 5.5 against 3 and 4.5: 17 + 8 + 5 settings. */
    assert_string_equal(sweep.log, "1x1:17 3x1:14 9x1:10");
    stopper_end(sweep.stopper);
}

/* By hand: running means after 3 epochs are 2, 4, 6, 8; their median is 5. */
static double for_median(size_t setting, size_t seed, size_t epochs) {
    static const double scores[4][3] = {{3, 2, 1}, {6, 4, 2}, {10, 6, 2}, {9, 9, 6}};
    (void)seed;
    return scores[setting][epochs < 3 ? epochs - 1 : 2];
}

static void the_median_rule_is_viziers(void **state) {
    (void)state;
    struct sweep sweep;
    struct stopper_options options = {.epochs = 6, .seeds = 1, .min_iter = 3};
    run(&sweep, "median", &options, for_median, 4);
    /* The third has been as good as 2, better than 5; the last no better than 6. */
    assert_string_equal(sweep.log, "3x1:4 6x1:3");
    assert_int_equal(verdict(&sweep, 3)->fate, STOPPER_WORSE);
    assert_true(verdict(&sweep, 3)->score == 6 && verdict(&sweep, 3)->needed == 5);
    stopper_end(sweep.stopper);
    size_t rungs[STOPPER_RUNGS_MAX];
    options = (struct stopper_options){.epochs = 20, .seeds = 1};
    assert_int_equal(stopper_rungs(stopper_find("median"), &options, rungs), 6);
    assert_int_equal(rungs[0], 3);
    assert_int_equal(rungs[5], 18);
}

/* Races. */

static double noise; /* standard deviation */
static uint64_t world;

/* Settings differ by `gap` each; a seed is good or bad for all. */
static double gap;
static double noisy(size_t setting, size_t seed, size_t epochs) {
    const struct random_source source = {world, RANDOM_TEST, (uint32_t)setting},
                               common = {world, RANDOM_TEST, 1u << 20};
    (void)epochs;
    return gap * (double)setting + noise * random_normal(source, seed) +
           random_normal(common, seed);
}

static void a_race_drops_seed_by_seed(void **state) {
    (void)state;
    struct sweep sweep;
    const struct stopper_options options = {.epochs = 9, .seeds = 10};
    noise = 1e-6;
    gap = 1;
    world = 1;
    run(&sweep, "race", &options, noisy, 20);
    assert_string_equal(sweep.log, "9x1:20 9x2:20");
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(verdict(&sweep, i)->fate, i ? STOPPER_WORSE : STOPPER_GOES_ON);
    assert_true(verdict(&sweep, 7)->p < 0.05 / 8);
    assert_true(verdict(&sweep, 7)->needed < verdict(&sweep, 7)->score);
    stopper_end(sweep.stopper);
    /* Several batches: a first seed each, the race at the end. */
    begin(&sweep, "race", &options, noisy);
    enter(&sweep, 5);
    enter(&sweep, 6);
    finish(&sweep);
    assert_string_equal(sweep.log, "9x1:5 9x1:6 9x2:11");
    stopper_end(sweep.stopper);
    /* Without any difference all seeds are needed, and nothing is dropped after the last. */
    gap = 0;
    noise = 0;
    run(&sweep, "race", &options, noisy, 4);
    assert_int_equal(sweep.steps, 10);
    assert_int_equal(sweep.seeds[3], 10);
    stopper_end(sweep.stopper);
}

/* Of two settings, it is the paired t-test: by hand for differences 1, 3 (mean 2, error 1, one
 * degree of freedom: p = 1/2 - atan(2) / pi) and for 1, 2, 3 (t = 2 sqrt 3, two degrees:
 * p = 1/2 - t / (2 sqrt(2 + t^2))). */
static void two_are_compared_by_the_paired_t_test(void **state) {
    (void)state;
    static const double scores[2][3] = {{5, 7, 6}, {6, 9, 9}};
    double p[2], two[2][2] = {{5, 7}, {6, 10}};
    assert_int_equal(race_best(two[0], 2, 2), 0);
    assert_int_equal(race_test(two[0], 2, 2, 0, p, NULL), STATUS_OK);
    assert_true(p[0] == 1);
    assert_true(fabs(p[1] - (0.5 - atan(2) / acos(-1))) < 1e-12);
    assert_int_equal(race_test(scores[0], 2, 3, 0, p, NULL), STATUS_OK);
    const double t = 2 * sqrt(3);
    assert_true(fabs(p[1] - (0.5 - t / (2 * sqrt(2 + t * t)))) < 1e-12);
}

/* By hand. Three treatments, two replicates whose effects are 1 and 5: what is left is -1, -1;
 * 0, -1; 1, 2. Their sums of squares are 0, 1/2, 1/2 (one degree), times 3/2: 0, .75, .75; the
 * median is .75 and has one degree, so that w = (.75 + v) / 2 = .375, .75, .75. The means are 2,
 * 2.5, 4.5: t is .5 / sqrt(1.125 / 2) and 2.5 / sqrt(1.125 / 2) with 2 degrees of freedom. */
static void three_have_moderated_variances(void **state) {
    (void)state;
    static const double scores[3][2] = {{0, 4}, {1, 4}, {2, 7}};
    double p[3];
    assert_int_equal(race_best(scores[0], 3, 2), 0);
    assert_int_equal(race_test(scores[0], 3, 2, 0, p, NULL), STATUS_OK);
    for (size_t i = 1; i < 3; i++) {
        const double t = (i == 1 ? 0.5 : 2.5) / sqrt(0.5625);
        assert_true(fabs(p[i] - (0.5 - t / (2 * sqrt(2 + t * t)))) < 1e-12);
    }
    /* Nothing varies: the sign test. One alone is the best. */
    static const double even[3][4] = {{1, 2, 3, 4}, {1, 2, 3, 4}, {2, 3, 4, 5}};
    assert_int_equal(race_best(even[0], 3, 4), 0);
    assert_int_equal(race_test(even[0], 3, 4, 0, p, NULL), STATUS_OK);
    assert_true(p[0] == 1 && p[1] == 1 && p[2] == 1.0 / 16);
    assert_int_equal(race_best(even[2], 1, 4), 0);
    assert_int_equal(race_test(even[2], 1, 4, 0, p, NULL), STATUS_OK);
    assert_true(p[0] == 1);
}

static size_t simulations(size_t count) {
    const char *many = getenv("SWEEP_LONG");
    return many && *many ? 20 * count : count;
}

/* How often the first setting, the best or one of the best, is dropped, and the share of runs. */
static double lost_of(size_t settings, size_t seeds, bool strict, size_t count, double *runs) {
    const struct stopper_options options = {.epochs = 1, .seeds = seeds, .strict = strict};
    size_t lost = 0;
    *runs = 0;
    for (size_t i = 0; i < count; i++) {
        struct sweep sweep;
        world = i + 1000;
        run(&sweep, "race", &options, noisy, settings);
        lost += verdict(&sweep, 0)->fate != STOPPER_GOES_ON;
        *runs += sweep.epochs / (double)(settings * seeds) / (double)count;
        stopper_end(sweep.stopper);
    }
    return (double)lost / (double)count;
}

static double most(double p, size_t count) {
    return p + 4 * sqrt(p * (1 - p) / (double)count);
}

/* The strict race keeps a given one of equally good settings as often as it says, however many
 * there are; the other keeps one that is better than the others by a deviation or more. */
static void races_keep_their_level(void **state) {
    (void)state;
    const size_t count = simulations(600);
    static const size_t settings[] = {2, 3, 4, 10, 40}, seeds[] = {3, 5, 10};
    double runs;
    noise = 1;
    for (size_t s = 0; s < 3; s++)
        for (size_t n = 0; n < 5; n++) {
            gap = 0;
            const double lost = lost_of(settings[n], seeds[s], true, count, &runs);
            if (lost > most(0.05, count))
                fail_msg("%zu equal settings, %zu seeds: %.3f lost", settings[n], seeds[s], lost);
        }
    gap = 1;
    for (size_t n = 0; n < 5; n++) {
        const double lost = lost_of(settings[n], 10, false, count, &runs);
        if (lost > most(0.05, count))
            fail_msg("%zu settings: %.3f lost", settings[n], lost);
    }
    assert_true(runs < 0.33);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halving_keeps_a_share_at_each_rung),
        cmocka_unit_test(keys_are_wandbs),
        cmocka_unit_test(batches_cost_more_than_one),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(few_equal_and_diverged_ones),
        cmocka_unit_test(who_diverges_is_stopped),
        cmocka_unit_test(batches_are_judged_by_all_before),
        cmocka_unit_test(hyperband_has_brackets),
        cmocka_unit_test(brackets_are_judged_alone),
        cmocka_unit_test(the_median_rule_is_viziers),
        cmocka_unit_test(a_race_drops_seed_by_seed),
        cmocka_unit_test(two_are_compared_by_the_paired_t_test),
        cmocka_unit_test(three_have_moderated_variances),
        cmocka_unit_test(races_keep_their_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
