/* The campaign over a trainer and a ledger of pure numbers: what it asks for, in which order, and
 * that it does the same whatever was known before. */
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
#include "train/campaign.h"

#define SETTINGS_MAX 400
#define SEEDS 3
#define TRIALS (SETTINGS_MAX * SEEDS)
#define EPOCHS 9
#define DIMENSIONS 2

/* What a database and a machine have of a sweep, over all runs of it. */
struct world {
    size_t epochs[TRIALS]; /* that the ledger has of a trial; those trained, if it is not paused */
    enum campaign_outcome outcome[TRIALS];
    size_t kept[TRIALS]; /* epochs of its checkpoint, which a loss may take */
    bool has_point[SETTINGS_MAX];
    double points[SETTINGS_MAX][DIMENSIONS];
    char reasons[TRIALS][40];
};

/* One run of it. */
struct run {
    struct world *world;
    struct campaign *campaign;
    struct strategy *strategy;
    struct stopper *stopper;
    size_t setting_count;
    double points[SETTINGS_MAX][DIMENSIONS];
    size_t trained;    /* epochs */
    size_t kill_after; /* trials given; 0: never */
    size_t given;
    uint64_t salt;    /* of the order in which trials come, and how far they are at a kill */
    bool fails;       /* every 7th trial can't be trained */
    bool fits_all;    /* the whole grid at once was asked for */
    char text[60000]; /* what it did, in order */
    size_t length;
};

#define SAY(...)                                                                                   \
    (run->length +=                                                                                \
     (size_t)snprintf(run->text + run->length, sizeof run->text - run->length, __VA_ARGS__))

/* --- the truth --- */

static const struct dimension dimensions[DIMENSIONS] = {
    {.kind = DIMENSION_CONTINUOUS, .parent = DIMENSION_NONE},
    {.kind = DIMENSION_ORDERED, .levels = 5, .parent = DIMENSION_NONE}};

static double noise(size_t a, size_t b) {
    return random_unit((struct random_source){5, RANDOM_TEST, (uint32_t)b}, a) - 0.5;
}

static bool diverges(const struct run *run, size_t trial) {
    return run->points[trial / SEEDS][0] > 0.95;
}

static double score_of(const struct run *run, size_t trial, size_t epoch) {
    const double *point = run->points[trial / SEEDS];
    const double bowl = pow(point[0] - 0.3, 2) + 0.02 * pow(point[1] - 2, 2);
    if (diverges(run, trial) && epoch >= 2)
        return (double)NAN;
    return bowl + 1.0 / (double)epoch + 0.01 * noise(trial, epoch);
}

static void give(struct run *run, size_t trial, enum campaign_outcome outcome, size_t epochs) {
    double rows[EPOCHS], seconds[EPOCHS], end;
    for (size_t i = 0; i < epochs; i++) {
        rows[i] = score_of(run, trial, i + 1);
        seconds[i] = 0.5 + (double)(trial % 3);
    }
    end = outcome == CAMPAIGN_TRAINED ? rows[epochs - 1] : (double)NAN;
    const struct campaign_result result = {trial, outcome, epochs, rows, &end, seconds};
    campaign_take(run->campaign, &result);
}

/* --- the request's functions --- */

static enum status add(void *context, const double *point, struct error *error) {
    struct run *run = context;
    (void)error;
    assert_true(run->setting_count < SETTINGS_MAX);
    memcpy(run->points[run->setting_count], point, sizeof run->points[0]);
    SAY("ask %zu: %.17g %g\n", run->setting_count, point[0], point[1]);
    run->setting_count++;
    return STATUS_OK;
}

static size_t epochs_of(void *context, size_t setting) {
    (void)context;
    return setting % 10 == 9 ? 5 : EPOCHS;
}

static bool asked(void *context, size_t setting, double *point) {
    const struct run *run = context;
    memcpy(point, run->world->points[setting], sizeof run->world->points[0]);
    return run->world->has_point[setting];
}

static enum status begin(void *context, const size_t *trials, size_t count, struct error *error) {
    struct run *run = context;
    struct world *world = run->world;
    (void)error;
    for (size_t i = 0; i < count; i++) {
        const size_t trial = trials[i];
        assert_true(i == 0 || trial > trials[i - 1]);
        SAY("begin %zu\n", trial);
        if (run->strategy) {
            world->has_point[trial / SEEDS] = true;
            memcpy(world->points[trial / SEEDS], run->points[trial / SEEDS],
                   sizeof world->points[0]);
        }
        if (world->outcome[trial] != CAMPAIGN_UNKNOWN && world->outcome[trial] != CAMPAIGN_FAILED)
            give(run, trial, world->outcome[trial], world->epochs[trial]);
    }
    return STATUS_OK;
}

static enum status stop(void *context, size_t trial, size_t epochs,
                        const struct stopper_verdict *verdict, struct error *error) {
    struct run *run = context;
    struct world *world = run->world;
    (void)error;
    snprintf(world->reasons[trial], sizeof world->reasons[trial], "%d at %zu, after %zu",
             (int)verdict->fate, verdict->epochs, epochs);
    SAY("stop %zu %s %.17g\n", trial, world->reasons[trial], verdict->needed);
    if (world->outcome[trial] == CAMPAIGN_UNKNOWN) {
        assert_int_equal(epochs, world->kept[trial]);
        world->outcome[trial] = CAMPAIGN_PAUSED;
        world->epochs[trial] = world->kept[trial];
    }
    return STATUS_OK;
}

static void train_one(struct run *run, size_t trial, size_t limit) {
    struct world *world = run->world;
    const size_t own = epochs_of(run, trial / SEEDS);
    const size_t last = diverges(run, trial) ? 2 : own;
    const size_t end = limit > 0 && limit < last ? limit : last;
    const size_t begun = world->kept[trial];
    run->given += end > begun;
    if (run->fails && trial % 7 == 6) {
        world->outcome[trial] = CAMPAIGN_FAILED;
        give(run, trial, CAMPAIGN_FAILED, 0);
        return;
    }
    run->trained += end > begun ? end - begun : 0;
    world->kept[trial] = end > begun ? end : begun;
    if (diverges(run, trial) && end == last)
        world->outcome[trial] = CAMPAIGN_DIVERGED;
    else if (end == last)
        world->outcome[trial] = CAMPAIGN_TRAINED;
    if (world->outcome[trial] == CAMPAIGN_DIVERGED || world->outcome[trial] == CAMPAIGN_TRAINED) {
        world->epochs[trial] = end;
        give(run, trial, world->outcome[trial], end);
    } else {
        give(run, trial, CAMPAIGN_PAUSED, world->kept[trial]);
    }
}

/* In any order. */
static enum status train(void *context, const size_t *trials, size_t count, size_t limit,
                         struct error *error) {
    struct run *run = context;
    uint32_t order[TRIALS];
    size_t own[TRIALS];
    memcpy(own, trials, count * sizeof *own);
    random_permutation((struct random_source){run->salt, RANDOM_TEST, (uint32_t)count}, order,
                       count);
    for (size_t i = 0; i < count; i++) {
        if (run->kill_after > 0 && run->given >= run->kill_after)
            return error_set(error, STATUS_INTERRUPTED, "killed");
        train_one(run, own[order[i]], limit);
    }
    return STATUS_OK;
}

static void begins(void *context, const struct campaign_step *step) {
    struct run *run = context;
    SAY("step %zu: epochs %zu, seeds %zu, %zu settings%s\n", step->batch, step->epochs, step->seeds,
        step->count, step->finals ? ", finals" : "");
}

/* --- runs --- */

struct plan {
    const char *method, *rule; /* NULL: a grid of `settings`; nothing stops */
    size_t settings, batch;
    struct budget budget;
};

static enum status go(struct run *run, const struct plan *plan, struct campaign_summary *summary) {
    const struct domain domain = {DIMENSIONS, dimensions, NULL, NULL};
    const struct strategy_options options = {.seed = 1, .objectives = 1};
    const struct stopper_options stopping = {
        .epochs = EPOCHS, .seeds = SEEDS, .min_iter = 1, .eta = 3};
    struct error error = {0};
    if (plan->method)
        assert_int_equal(
            strategy_begin(strategy_find(plan->method), &domain, &options, &run->strategy, &error),
            STATUS_OK);
    if (plan->rule)
        assert_int_equal(stopper_begin(stopper_find(plan->rule), &stopping, &run->stopper, &error),
                         STATUS_OK);
    if (!plan->method)
        for (size_t i = 0; i < plan->settings; i++) {
            run->points[i][0] = (double)i / (double)plan->settings;
            run->points[i][1] = (double)(i % 5);
        }
    const struct campaign_request request = {
        .seeds = SEEDS,
        .objectives = 1,
        .batch = plan->batch,
        .settings = plan->settings,
        .budget = plan->budget,
        .strategy = run->strategy,
        .domain = &domain,
        .stopper = run->stopper,
        .epochs = EPOCHS,
        .space = {run, add, epochs_of},
        .ledger = {run, asked, begin, stop},
        .trainer = {run, train},
        .watch = {run, begins, NULL},
    };
    assert_int_equal(campaign_begin(&request, &run->campaign, &error), STATUS_OK);
    const enum status status = campaign_run(run->campaign, &error);
    *summary = *campaign_summary(run->campaign);
    campaign_end(run->campaign);
    strategy_end(run->strategy);
    stopper_end(run->stopper);
    return status;
}

static struct run *new_run(struct world *world, uint64_t salt) {
    struct run *run = calloc(1, sizeof *run);
    assert_non_null(run);
    run->world = world;
    run->salt = salt;
    return run;
}

static struct world *new_world(void) {
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    return world;
}

static const char *const rules[] = {NULL, "halving", "hyperband", "median", "race"};
static const char *const methods[] = {NULL, "random", "sobol", "tpe", "gp"};

/* The first line that differs, and what follows. */
static const char *difference(const char *text, const char *other) {
    size_t line = 0;
    for (size_t i = 0; text[i] == other[i] && text[i]; i++)
        line = text[i] == '\n' ? i + 1 : line;
    return text + line;
}

/* With every method and rule: kills after any number of trials, checkpoints that are lost, and
 * another order of arrival each time change nothing. */
static void is_replayed(void **state) {
    (void)state;
    for (size_t m = 0; m < 5; m++)
        for (size_t r = 0; r < 5; r++) {
            const struct plan plan = {methods[m], rules[r], m ? 40 : 20, 6, {.trials = m ? 57 : 0}};
            struct campaign_summary whole_summary, summary;
            struct world *one = new_world(), *other = new_world();
            struct run *whole = new_run(one, 1), *last = NULL;
            assert_int_equal(go(whole, &plan, &whole_summary), STATUS_OK);
            size_t trained = 0;
            for (size_t kill = 0; kill < 1000; kill++) {
                free(last);
                last = new_run(other, kill + 2);
                last->kill_after = 1 + kill * 5 % 13 + kill / 4;
                const enum status status = go(last, &plan, &summary);
                trained += last->trained;
                if (status == STATUS_OK)
                    break;
                assert_int_equal(status, STATUS_INTERRUPTED);
                if (kill % 4 == 1)
                    for (size_t i = 0; i < TRIALS; i++)
                        if (other->outcome[i] == CAMPAIGN_UNKNOWN && i % 5 == kill % 5) {
                            trained -= other->kept[i];
                            other->kept[i] = 0;
                        }
            }
            if (strcmp(last->text, whole->text) != 0)
                fail_msg("%s with %s differs:\n%.*s\n...\n", methods[m] ? methods[m] : "grid",
                         rules[r] ? rules[r] : "no rule", 300, difference(last->text, whole->text));
            assert_int_equal(trained, whole->trained);
            assert_memory_equal(one, other, sizeof *one);
            assert_memory_equal(&whole_summary, &summary, sizeof summary);
            assert_int_equal(whole->trained, summary.epochs);
            free(whole);
            free(last);
            free(one);
            free(other);
        }
}

static void a_grid_is_one_step(void **state) {
    (void)state;
    const struct plan plan = {NULL, NULL, 20, 6, {0}};
    struct campaign_summary summary;
    struct world *world = new_world();
    struct run *run = new_run(world, 1);
    assert_int_equal(go(run, &plan, &summary), STATUS_OK);
    assert_int_equal(summary.ending, CAMPAIGN_ALL);
    assert_int_equal(summary.batches, 1);
    assert_int_equal(run->given, 20 * SEEDS);
    free(run);
    free(world);
}

/* A halving stops whom it should at the epoch it says, and nobody is trained further. */
static void stopped_trials_go_no_further(void **state) {
    (void)state;
    const struct plan plan = {NULL, "halving", 27, 6, {0}};
    struct campaign_summary summary;
    struct world *world = new_world();
    struct run *run = new_run(world, 1);
    size_t at[EPOCHS + 1] = {0};
    assert_int_equal(go(run, &plan, &summary), STATUS_OK);
    for (size_t i = 0; i < 27; i++)
        if (world->outcome[i * SEEDS] == CAMPAIGN_PAUSED)
            at[world->epochs[i * SEEDS]]++;
    assert_true(at[1] > 0 && at[3] > 0);
    assert_int_equal(at[2] + at[4], 0);
    assert_true(summary.stopped >= at[1] + at[3]);
    free(run);
    free(world);
}

static struct campaign_summary spend(const struct plan *plan) {
    struct campaign_summary summary;
    struct world *world = new_world();
    struct run *run = new_run(world, 1);
    assert_int_equal(go(run, plan, &summary), STATUS_OK);
    free(run);
    free(world);
    return summary;
}

static void budgets_end_it(void **state) {
    (void)state;
    struct plan plan = {"random", NULL, SETTINGS_MAX, 4, {.trials = 31}};
    struct campaign_summary summary = spend(&plan);
    assert_int_equal(summary.ending, CAMPAIGN_BUDGET_TRIALS);
    assert_int_equal(summary.settings, 10);
    plan.budget = (struct budget){.epochs = 250};
    summary = spend(&plan);
    assert_int_equal(summary.ending, CAMPAIGN_BUDGET_EPOCHS);
    assert_true(summary.epochs <= 250 && summary.epochs > 250 - SEEDS * EPOCHS);
    assert_int_not_equal(summary.settings % 4, 0); /* the last batch is smaller */
    plan.budget = (struct budget){.seconds = 300};
    summary = spend(&plan);
    assert_int_equal(summary.ending, CAMPAIGN_BUDGET_SECONDS);
    assert_true(summary.seconds < 300 + SEEDS * EPOCHS * 2.5);
    assert_true(summary.seconds > 300 - 2 * SEEDS * EPOCHS * 2.5);
    plan = (struct plan){NULL, NULL, 100, 4, {.epochs = 250}};
    summary = spend(&plan);
    assert_int_equal(summary.ending, CAMPAIGN_BUDGET_EPOCHS);
    assert_true(summary.settings < 100 && summary.epochs <= 250);
    /* With the seeds that the best get at the end, whatever the rule. */
    static const char *const stopping[] = {"halving", "hyperband", "median", "race"};
    for (size_t i = 0; i < 4; i++)
        for (uint64_t epochs = SEEDS * EPOCHS; epochs < 900; epochs += 67) {
            plan = (struct plan){"random", stopping[i], SETTINGS_MAX, 5, {.epochs = epochs}};
            summary = spend(&plan);
            assert_int_equal(summary.ending, CAMPAIGN_BUDGET_EPOCHS);
            assert_true(summary.settings > 0 && summary.epochs <= epochs);
            assert_true(epochs < 400 || 2 * summary.epochs > epochs);
        }
    plan = (struct plan){"random", NULL, 20, 6, {0}};
    summary = spend(&plan);
    assert_int_equal(summary.ending, CAMPAIGN_FULL);
    assert_int_equal(summary.settings, 20);
}

/* Trials that fail end nothing; once they can be trained, the points that were asked for stay. */
static void failures(void **state) {
    (void)state;
    const struct plan plan = {"tpe", "halving", SETTINGS_MAX, 6, {.trials = 90}};
    struct campaign_summary summary;
    struct world *world = new_world();
    struct run *run = new_run(world, 1), *again = new_run(world, 2);
    run->fails = true;
    assert_int_equal(go(run, &plan, &summary), STATUS_OK);
    assert_int_equal(summary.settings, 30);
    assert_int_equal(world->outcome[6], CAMPAIGN_FAILED);
    assert_int_equal(go(again, &plan, &summary), STATUS_OK);
    assert_int_equal(summary.settings, 30);
    assert_memory_equal(run->points, again->points, sizeof run->points);
    assert_true(world->outcome[6] != CAMPAIGN_FAILED);
    free(run);
    free(again);
    free(world);
}

/* A point that an earlier run asked for and that can't be one is asked for anew. */
static void points_are_checked(void **state) {
    (void)state;
    const struct plan plan = {"sobol", NULL, SETTINGS_MAX, 6, {.trials = 36}};
    struct campaign_summary summary;
    struct world *one = new_world(), *other = new_world();
    struct run *run = new_run(one, 1), *again = new_run(other, 1);
    assert_int_equal(go(run, &plan, &summary), STATUS_OK);
    memcpy(other->points, one->points, sizeof one->points);
    memcpy(other->has_point, one->has_point, sizeof one->has_point);
    other->points[4][0] = 1.5;
    other->points[7][1] = 0.5;
    assert_int_equal(go(again, &plan, &summary), STATUS_OK);
    assert_string_equal(run->text, again->text);
    free(run);
    free(again);
    free(one);
    free(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_replayed),
        cmocka_unit_test(a_grid_is_one_step),
        cmocka_unit_test(stopped_trials_go_no_further),
        cmocka_unit_test(budgets_end_it),
        cmocka_unit_test(failures),
        cmocka_unit_test(points_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
