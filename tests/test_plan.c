#include "made_up.h"

#include "train/packing.h"

static struct made_up sweep;

static int set_up(void **state) {
    (void)state;
    const struct dataset data = drawn(1000, 100); /* costs are tried out on the images */
    made_up_init(&sweep, &data);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    dataset_release(&sweep.data);
    made_up_release(&sweep);
    return 0;
}

static int64_t epochs_of(size_t trial) {
    return sweep.space.trials[trial].setting->values[HP_EPOCHS].integer;
}

/* Every wanted trial stands in exactly one place, with its own stream, network and epochs. */
static void expect_cover(const bool *wanted) {
    const struct plan *plan = &sweep.plan;
    size_t *places = calloc(sweep.space.trial_count, sizeof *places), runs = 0, trials = 0;
    assert_non_null(places);
    for (size_t i = 0; i < plan->slice_count; i++) {
        const struct cohort *slice = &plan->slices[i];
        assert_true(slice->run_count > 0);
        for (size_t j = 0; j < slice->run_count; j++) {
            const struct run *run = slice->runs[j];
            assert_true(run->milestone_count > 0);
            runs++;
            for (size_t k = 0; k < run->milestone_count; k++) {
                const size_t trial = run->milestones[k].trial;
                struct stream_spec stream;
                struct network_spec network;
                assert_true(trial < sweep.space.trial_count);
                places[trial]++;
                trials++;
                assert_int_equal(run->milestones[k].epochs, epochs_of(trial));
                assert_true(k == 0 || run->milestones[k].epochs > run->milestones[k - 1].epochs);
                setting_stream(sweep.space.trials[trial].setting, &sweep.data,
                               sweep.space.trials[trial].seed, &stream);
                stream.data = slice->stream.data;
                assert_memory_equal(&stream, &slice->stream, sizeof stream);
                setting_network(sweep.space.trials[trial].setting, &sweep.data,
                                sweep.space.trials[trial].seed, &network);
                assert_memory_equal(&network, run->network, network_spec_bytes(&network));
            }
        }
    }
    for (size_t i = 0; i < sweep.space.trial_count; i++)
        if (places[i] != (!wanted || wanted[i]))
            fail_msg("trial %zu stands in %zu places", i, places[i]);
    assert_int_equal(runs, plan->run_count);
    assert_int_equal(trials, plan->trial_count);
    free(places);
}

static void epochs_are_milestones_of_one_run(void **state) {
    (void)state;
    plan_text(&sweep, GRID "  epochs: {values: [10, 5, 20]}\n  optimizer: {value: adam}\n", NULL,
              1);
    assert_int_equal(sweep.plan.trial_count, 3);
    assert_int_equal(sweep.plan.run_count, 1);
    assert_int_equal(sweep.plan.cohort_count, 1);
    assert_int_equal(sweep.plan.slice_count, 1);
    assert_int_equal(sweep.plan.images, 20 * 1000);
    const struct run *run = sweep.plan.slices[0].runs[0];
    assert_int_equal(run->milestone_count, 3);
    const struct milestone expected[] = {{5, 1}, {10, 0}, {20, 2}};
    assert_memory_equal(run->milestones, expected, sizeof expected);
    expect_cover(NULL);
}

/* An augmentation is the stream's, and so is the length that its strength depends on. */
static void augmentations_are_cohorts(void **state) {
    (void)state;
    static const struct {
        const char *augmentation, *schedule;
        size_t runs, cohorts;
    } cases[] = {{"value: [elastic 34 4]", "constant", 2, 1},
                 {"value: [elastic 34 4]", "cosine_decay 100", 2, 1},
                 {"value: [elastic 34 4]", "cosine_decay", 4, 2},
                 {"values: [[elastic 34 4], [cutout], []]", "constant", 6, 3},
                 {"values: [[elastic 34 4], [cutout], []]", "cosine_decay", 10, 5},
                 {"value: [{elastic: {alpha: {values: [34, 20]}, sigma: 4}}]", "constant", 4, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        plan_text(&sweep,
                  arena_printf(&sweep.arena,
                               GRID "  epochs: {values: [10, 5]}\n  train_images: {value: 100}\n"
                                    "  optimizer: {values: [sgd, adam]}\n"
                                    "  augmentation: {%s}\n  augmentation_schedule: {value: %s}\n",
                               cases[i].augmentation, cases[i].schedule),
                  NULL, 1);
        assert_int_equal(sweep.plan.run_count, cases[i].runs);
        assert_int_equal(sweep.plan.cohort_count, cases[i].cohorts);
        expect_cover(NULL);
    }
}

/* Where the rates depend on how long the training is, each length is a run of its own. */
static void schedules_of_a_length(void **state) {
    (void)state;
    static const struct {
        const char *schedule;
        size_t runs;
    } cases[] = {{"constant", 1},
                 {"cosine_decay", 3},
                 {"cosine_decay 100", 1},
                 {"one_cycle", 3},
                 {"one_cycle 100", 1},
                 {"exponential_decay decay_rate=0.5", 3},
                 {"piecewise_constant_decay 3 1/2", 1},
                 {"cosine_decay_restarts 4", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        plan_text(&sweep,
                  arena_printf(&sweep.arena,
                               GRID "  epochs: {values: [10, 5, 20]}\n  train_images: {value: 100}"
                                    "\n  learning_rate_schedule: {value: %s}\n",
                               cases[i].schedule),
                  NULL, 1);
        assert_int_equal(sweep.plan.run_count, cases[i].runs);
        for (size_t j = 0; j < sweep.plan.run_count; j++) {
            const struct run *run = &sweep.plan.runs[j];
            assert_int_equal(run->milestone_count, 3 / cases[i].runs);
            assert_int_equal(run->network->schedule == NULL, i == 0);
            if (cases[i].runs == 3) /* 100 images by 32 are 4 steps */
                assert_int_equal(run->network->steps, 4 * run->milestones[0].epochs);
        }
    }
}

static void expect_cohorts(const char *text, size_t cohorts, size_t runs, size_t images) {
    plan_text(&sweep, text, NULL, 2);
    assert_int_equal(sweep.plan.cohort_count, cohorts);
    assert_int_equal(sweep.plan.run_count, runs);
    assert_int_equal(sweep.plan.images, images);
    expect_cover(NULL);
}

static void cohorts_share_a_stream(void **state) {
    (void)state;
    expect_cohorts(GRID "  optimizer: {values: [sgd, adam, adamw]}\n"
                        "  layers: {values: [[], [10], [20, 5]]}\n  l2: {values: [0, 0.1]}\n",
                   1, 18, 18 * 5000);
    expect_cohorts(GRID "  batch_size: {values: [10, 20]}\n  optimizer: {values: [sgd, adam]}\n", 2,
                   4, 4 * 5000);
    expect_cohorts("repeats: 3\n" GRID "  optimizer: {values: [sgd, adam]}\n", 3, 6, 6 * 5000);
    expect_cohorts(GRID "  train_images: {values: [100, 200]}\n", 2, 2, 5 * 300);
    expect_cohorts(GRID "  validation_split: {values: [0, 0.5]}\n", 2, 2, 5 * 1500);
    expect_cohorts(GRID "  train_image_divisor: {values: [1, 255]}\n", 2, 2, 2 * 5000);
    expect_cohorts(GRID "  test_image_divisor: {values: [1, 255]}\n", 2, 2, 2 * 5000);
    expect_cohorts(GRID "  train_label_divisor: {values: [1, 255]}\n", 2, 2, 2 * 5000);
    expect_cohorts("repeats: 2\n" GRID
                   "  epochs: {values: [1, 3]}\n  batch_size: {values: [8, 9]}\n"
                   "  dropout: {values: [0, 0.5]}\n",
                   4, 8, 8 * 3000);
}

static const char mixed[] =
    "repeats: 3\n" GRID
    "  optimizer: {values: [sgd, adam]}\n  layers: {values: [[], [10], [100], [20, 5]]}\n"
    "  epochs: {values: [1, 2, 7]}\n  batch_size: {values: [32, 100]}\n";

static void slices_cover_each_trial_once(void **state) {
    (void)state;
    for (size_t jobs = 1; jobs <= 8; jobs++) {
        plan_text(&sweep, mixed, NULL, jobs);
        const struct plan *plan = &sweep.plan;
        assert_int_equal(plan->trial_count, 144);
        assert_int_equal(plan->run_count, 48);
        assert_int_equal(plan->cohort_count, 6);
        assert_int_equal(plan->jobs, jobs);
        assert_int_equal(plan->images, 48 * 7 * 1000);
        expect_cover(NULL);
        size_t bytes;
        double sum = 0, longest = 0;
        for (size_t i = 0; i < plan->slice_count; i++) {
            assert_true(i == 0 || plan->slice_seconds[i] <= plan->slice_seconds[i - 1]);
            sum += plan->slice_seconds[i];
            longest = plan->slice_seconds[0];
        }
        assert_true(longest > 0);
        assert_true(plan->seconds >= longest * (1 - 1e-9));
        assert_true(plan->seconds > sum / (double)jobs); /* and the trials are stored */
        assert_true(plan->seconds <= sum + 144 * 1e-3);
        assert_int_equal(cohort_bytes(&plan->slices[0], &bytes, NULL), STATUS_OK);
        assert_true(plan->bytes >= bytes);
        assert_true(plan->trial_bytes >= 144 * sizeof(struct trial) + 48 * sizeof(struct run));
    }
}

static void only_what_is_wanted(void **state) {
    (void)state;
    bool wanted[144] = {false};
    for (size_t i = 0; i < 144; i++)
        wanted[i] = i % 5 == 0 || i % 7 == 3;
    plan_text(&sweep, mixed, wanted, 2);
    assert_true(sweep.plan.trial_count > 20 && sweep.plan.trial_count < 60);
    expect_cover(wanted);
    /* What is shorter than a milestone that has its result is not trained beyond it. */
    memset(wanted, 0, sizeof wanted);
    for (size_t i = 0; i < 144; i++)
        wanted[i] = epochs_of(i) == 2;
    plan_text(&sweep, mixed, wanted, 2);
    assert_int_equal(sweep.plan.trial_count, 48);
    assert_int_equal(sweep.plan.images, 48 * 2 * 1000);
    expect_cover(wanted);
    memset(wanted, 0, sizeof wanted);
    plan_text(&sweep, mixed, wanted, 2);
    assert_int_equal(sweep.plan.trial_count, 0);
    assert_int_equal(sweep.plan.slice_count, 0);
    assert_int_equal(sweep.plan.images, 0);
}

static void members_of_a_slice_are_longest_first(void **state) {
    (void)state;
    bool wanted[24];
    /* Runs of different lengths side by side: some milestones have their results already. */
    for (size_t i = 0; i < 24; i++)
        wanted[i] = i % 3 <= i / 3 % 3;
    plan_text(&sweep, GRID "  dropout: {min: 0, max: 0.7, q: 0.1}\n  epochs: {values: [2, 4, 6]}\n",
              wanted, 1);
    expect_cover(wanted);
    size_t shorter = 0;
    for (size_t i = 0; i < sweep.plan.slice_count; i++) {
        const struct cohort *slice = &sweep.plan.slices[i];
        for (size_t j = 1; j < slice->run_count; j++) {
            const struct run *a = slice->runs[j - 1], *b = slice->runs[j];
            const size_t before = a->milestones[a->milestone_count - 1].epochs;
            const size_t after = b->milestones[b->milestone_count - 1].epochs;
            assert_true(before >= after);
            shorter += before > after;
        }
    }
    assert_true(sweep.plan.slice_count == sweep.plan.run_count || shorter > 0);
}

static void metrics_are_passed_on(void **state) {
    (void)state;
    plan_text(&sweep, "metrics: [f1, precision]\n" GRID "  batch_size: {values: [5, 6]}\n", NULL,
              2);
    for (size_t i = 0; i < sweep.plan.slice_count; i++) {
        assert_int_equal(sweep.plan.slices[i].metric_count, 2);
        assert_string_equal(sweep.plan.slices[i].metrics[0]->name, "f1_score");
        assert_string_equal(sweep.plan.slices[i].metrics[1]->name, "precision");
    }
}

/* Each slice is in one task, the longest task no more than the last slice over an equal share
 * (which any list scheduling keeps to), and what is not in the plan is in some task too. */
static void tasks_get_whole_slices(void **state) {
    (void)state;
    bool wanted[144];
    for (size_t i = 0; i < 144; i++)
        wanted[i] = i % 11 != 0;
    static const size_t counts[] = {1, 2, 3, 7, 40, 500};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const size_t count = counts[i];
        uint32_t tasks[144], again[144];
        double busy[500] = {0}, sum = 0, longest = 0;
        struct arena arena;
        arena_init(&arena);
        plan_text(&sweep, mixed, wanted, count);
        const struct plan *plan = &sweep.plan;
        const double *seconds = packing_make(plan, count, 144, tasks, &arena);
        assert_non_null(seconds);
        for (size_t j = 0; j < 144; j++)
            assert_true(tasks[j] >= 1 && tasks[j] <= count);
        for (size_t j = 0; j < plan->slice_count; j++) {
            const struct cohort *slice = &plan->slices[j];
            const uint32_t task = tasks[slice->runs[0]->milestones[0].trial];
            for (size_t k = 0; k < slice->run_count; k++)
                for (size_t m = 0; m < slice->runs[k]->milestone_count; m++)
                    assert_int_equal(tasks[slice->runs[k]->milestones[m].trial], task);
            busy[task - 1] += plan->slice_seconds[j];
            sum += plan->slice_seconds[j];
        }
        for (size_t j = 0; j < count; j++) {
            assert_float_equal(busy[j], seconds[j], 1e-12);
            longest = busy[j] > longest ? busy[j] : longest;
        }
        assert_true(longest <= sum / (double)count + plan->slice_seconds[0]);
        assert_non_null(packing_make(plan, count, 144, again, &arena));
        assert_memory_equal(tasks, again, sizeof tasks);
        arena_release(&arena);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(epochs_are_milestones_of_one_run),
        CASE(augmentations_are_cohorts),
        CASE(schedules_of_a_length),
        CASE(cohorts_share_a_stream),
        CASE(slices_cover_each_trial_once),
        CASE(only_what_is_wanted),
        CASE(members_of_a_slice_are_longest_first),
        CASE(metrics_are_passed_on),
        CASE(tasks_get_whole_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
