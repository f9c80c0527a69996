#include "made_up.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct dataset data;
static struct made_up sweep;
static const char *program; /* this test, to be started again */

static int set_up(void **state) {
    (void)state;
    data = drawn(300, 60);
    made_up_init(&sweep, &data);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    made_up_release(&sweep);
    dataset_release(&data);
    return 0;
}

#define TRIALS_SEEN_MAX 256

/* A sink that remembers what it was told, and does what a test asks of it. */
struct listener {
    pthread_t thread;
    size_t trials, ticks, strangers; /* strangers: calls on another thread than `thread` */
    size_t times[TRIALS_SEEN_MAX];   /* how often each trial was delivered */
    double losses[TRIALS_SEEN_MAX];  /* of the test set, by trial */
    size_t outcomes[TRIAL_FAILED + 1];
    struct progress last;
    bool backwards; /* progress went back */
    struct error failure;
    size_t fail_after, stop_after;             /* trials; 0: never */
    size_t fail_after_ticks, stop_after_ticks; /* 0: never */
    size_t after_failure;                      /* calls after one that failed */
    bool failed;
    atomic_int stop;
};

static enum status answer(struct listener *listener, bool fail, bool stop, struct error *error) {
    listener->strangers += !pthread_equal(listener->thread, pthread_self());
    listener->after_failure += listener->failed;
    if (stop)
        atomic_store(&listener->stop, 1);
    if (!fail)
        return STATUS_OK;
    listener->failed = true;
    return error_set(error, STATUS_IO, "the disk is full");
}

static enum status take_trial(void *context, const struct trial_result *result,
                              struct error *error) {
    struct listener *listener = context;
    listener->trials++;
    if (result->trial < TRIALS_SEEN_MAX) {
        listener->times[result->trial]++;
        listener->losses[result->trial] = result->test.loss;
    }
    listener->outcomes[result->outcome]++;
    if (result->outcome == TRIAL_FAILED)
        listener->failure = result->error;
    return answer(listener, listener->fail_after && listener->trials >= listener->fail_after,
                  listener->stop_after && listener->trials >= listener->stop_after, error);
}

static enum status take_tick(void *context, const struct progress *progress, struct error *error) {
    struct listener *listener = context;
    listener->ticks++;
    listener->backwards |= progress->trials < listener->last.trials ||
                           progress->images < listener->last.images ||
                           progress->fraction < listener->last.fraction || progress->fraction < 0 ||
                           progress->fraction > 1 || progress->seconds < listener->last.seconds;
    listener->last = *progress;
    return answer(
        listener, listener->fail_after_ticks && listener->ticks >= listener->fail_after_ticks,
        listener->stop_after_ticks && listener->ticks >= listener->stop_after_ticks, error);
}

static enum status run(struct listener *listener) {
    const struct sink sink = {listener, take_trial, take_tick, NULL, NULL};
    listener->thread = pthread_self();
    return schedule_run(&sweep.plan, &listener->stop, &sink, &sweep.error);
}

static void expect_each_once(const struct listener *listener) {
    for (size_t i = 0; i < sweep.space.trial_count; i++)
        assert_int_equal(listener->times[i], 1);
}

static const char several[] =
    "repeats: 2\n" GRID "  batch_size: {values: [10, 32]}\n  layers: {values: [[], [5], [20]]}\n"
    "  optimizer: {values: [sgd, adam]}\n  epochs: {values: [1, 2]}\n";

static void all_is_delivered_on_the_calling_thread(void **state) {
    (void)state;
    for (size_t jobs = 1; jobs <= 4; jobs++) {
        struct listener listener = {0};
        plan_text(&sweep, several, NULL, jobs);
        assert_int_equal(run(&listener), STATUS_OK);
        assert_int_equal(listener.trials, 48);
        assert_int_equal(listener.outcomes[TRIAL_COMPLETED], 48);
        expect_each_once(&listener);
        assert_int_equal(listener.strangers, 0);
        assert_true(listener.ticks >= 1);
        assert_false(listener.backwards);
        assert_int_equal(listener.last.trials, 48);
        assert_int_equal(listener.last.trial_count, 48);
        assert_int_equal(listener.last.images, sweep.plan.images);
        assert_true(listener.last.fraction == 1);
        assert_true(listener.last.predicted == sweep.plan.seconds);
        assert_int_equal(listener.last.image_count, sweep.plan.images);
    }
}

static void split_slices_are_delivered_as_well(void **state) {
    (void)state;
    for (size_t jobs = 1; jobs <= 4; jobs++) {
        struct listener listener = {0};
        plan_text(&sweep, several, NULL, jobs);
        sweep.plan.splits_always = true;
        assert_int_equal(run(&listener), STATUS_OK);
        expect_each_once(&listener);
        assert_int_equal(listener.outcomes[TRIAL_COMPLETED], 48);
        assert_int_equal(listener.strangers, 0);
        assert_false(listener.backwards);
        assert_int_equal(listener.last.images, sweep.plan.images);
        assert_true(listener.last.fraction == 1);
    }
}

/* The threads that trials are trained on. */
struct observed_threads {
    struct listener listener;
    size_t count;
    pthread_t threads[2];
};

static bool note_thread(void *context, const struct trial_result *result) {
    struct observed_threads *seen = context;
    (void)result;
    if (seen->count == 0 || (seen->count == 1 && !pthread_equal(seen->threads[0], pthread_self())))
        seen->threads[seen->count++] = pthread_self();
    if (seen->count == 2)
        atomic_store(&seen->listener.stop, 1);
    return false;
}

/* One slice, whose trials could take hours, and two threads: the second gets some of the runs. */
static void a_thread_without_a_slice_gets_a_part(void **state) {
    (void)state;
    struct observed_threads seen = {.listener = {.thread = pthread_self()}};
    const struct sink sink = {&seen, take_trial, take_tick, note_thread, NULL};
    plan_text(&sweep,
              GRID "  layers: {values: [[5], [6], [7]]}\n"
                   "  epochs: {values: [1, 50, 100, 200, 400, 800, 1600, 1000000]}\n",
              NULL, 1);
    assert_int_equal(sweep.plan.slice_count, 1);
    sweep.plan.jobs = 2;
    assert_int_equal(schedule_run(&sweep.plan, &seen.listener.stop, &sink, &sweep.error),
                     STATUS_INTERRUPTED);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.listener.strangers, 0);
    assert_false(seen.listener.backwards);
}

static void an_empty_plan_is_done(void **state) {
    (void)state;
    const bool wanted[48] = {false};
    struct listener listener = {0};
    plan_text(&sweep, several, wanted, 2);
    assert_int_equal(run(&listener), STATUS_OK);
    assert_int_equal(listener.trials, 0);
    assert_true(listener.ticks >= 1);
}

static enum status take_quietly(void *context, const struct trial_result *result,
                                struct error *error) {
    (void)error;
    assert_non_null(result->history);
    ++*(size_t *)context;
    return STATUS_OK;
}

static void ticks_are_optional(void **state) {
    (void)state;
    size_t trials = 0;
    const atomic_int stop = 0;
    const struct sink sink = {.context = &trials, .trial = take_quietly};
    plan_text(&sweep, several, NULL, 2);
    assert_int_equal(schedule_run(&sweep.plan, &stop, &sink, &sweep.error), STATUS_OK);
    assert_int_equal(trials, 48);
}

static void an_error_of_the_sink_ends_it(void **state) {
    (void)state;
    struct listener listener = {.fail_after = 3};
    plan_text(&sweep, several, NULL, 2);
    assert_int_equal(run(&listener), STATUS_IO);
    assert_int_equal(listener.trials, 3);
    assert_int_equal(listener.after_failure, 0);
    assert_int_equal(sweep.error.code, STATUS_IO);
    assert_string_equal(sweep.error.message, "the disk is full");
}

/* Training that takes hours: it ends because something stops it. */
static const char endless[] =
    GRID "  layers: {values: [[5], [6], [7]]}\n  epochs: {values: [1, 1000000]}\n";

static void an_error_of_a_tick_ends_it(void **state) {
    (void)state;
    struct listener listener = {.fail_after_ticks = 2};
    plan_text(&sweep, endless, NULL, 2);
    assert_int_equal(run(&listener), STATUS_IO);
    assert_int_equal(listener.ticks, 2);
    assert_int_equal(listener.after_failure, 0);
    assert_string_equal(sweep.error.message, "the disk is full");
}

static void ticks_come_while_training(void **state) {
    (void)state;
    for (size_t jobs = 1; jobs <= 2; jobs++) {
        struct listener listener = {.stop_after_ticks = 4};
        plan_text(&sweep, endless, NULL, jobs);
        assert_int_equal(run(&listener), STATUS_INTERRUPTED);
        assert_true(listener.ticks >= 4);
        assert_int_equal(listener.strangers, 0);
        assert_false(listener.backwards);
        assert_true(listener.last.images > 0);
        assert_true(listener.last.images < sweep.plan.images);
        assert_true(listener.last.fraction > 0 && listener.last.fraction < 1);
        assert_true(listener.last.seconds >= 0.5);
        assert_int_equal(sweep.error.code, STATUS_INTERRUPTED);
    }
}

static void stopped_before_it_began(void **state) {
    (void)state;
    struct listener listener = {.stop = 1};
    plan_text(&sweep, several, NULL, 2);
    assert_int_equal(run(&listener), STATUS_INTERRUPTED);
    assert_int_equal(listener.trials, 0);
}

static void a_stop_keeps_what_is_finished(void **state) {
    (void)state;
    struct listener listener = {.stop_after = 1};
    plan_text(&sweep, endless, NULL, 1);
    assert_int_equal(run(&listener), STATUS_INTERRUPTED);
    /* The first slice's trials of one epoch are finished, all at the end of the same epoch; those
     * of a million are not, and no other slice began. */
    const struct cohort *first = &sweep.plan.slices[0];
    size_t expected[TRIALS_SEEN_MAX] = {0};
    for (size_t i = 0; i < first->run_count; i++)
        expected[first->runs[i]->milestones[0].trial] = 1;
    assert_int_equal(listener.trials, first->run_count);
    assert_memory_equal(listener.times, expected, sizeof expected);
    assert_int_equal(listener.last.trials, first->run_count);
}

static void a_stop_after_the_last_trial_is_none(void **state) {
    (void)state;
    struct listener listener = {.stop_after = 48};
    plan_text(&sweep, several, NULL, 2);
    assert_int_equal(run(&listener), STATUS_OK);
    expect_each_once(&listener);
}

static void a_diverged_trial_is_a_result(void **state) {
    (void)state;
    struct listener listener = {0};
    plan_text(&sweep,
              GRID "  learning_rate: {values: [0.01, 1e30]}\n  activation: {value: relu}\n"
                   "  epochs: {values: [1, 2, 3]}\n",
              NULL, 2);
    assert_int_equal(run(&listener), STATUS_OK);
    expect_each_once(&listener);
    assert_int_equal(listener.outcomes[TRIAL_COMPLETED], 3);
    assert_int_equal(listener.outcomes[TRIAL_DIVERGED], 3);
}

static const char various[] = "metrics: [f1, precision, mse]\n" GRID
                              "  layers: {values: [[], [7], [20, 30, 5], [\"9 prelu\"],"
                              " [conv2d 2 5x3 strides=2, max_pooling2d, batch_normalization]]}\n"
                              "  optimizer: {values: [sgd, adam, ftrl]}\n"
                              "  dropout: {values: [0, 0.5]}\n  epochs: {value: 1}\n"
                              "  batch_size: {values: [7, 300]}\n";

static size_t bytes_of(const struct cohort *cohort) {
    size_t bytes;
    assert_int_equal(cohort_bytes(cohort, &bytes, NULL), STATUS_OK);
    return bytes;
}

/* Parts, of which there are no more at a time than threads, need no more than the slices. */
static void parts_need_no_more_memory(void **state) {
    (void)state;
    size_t largest = 0;
    plan_text(&sweep, various, NULL, 2);
    for (size_t i = 0; i < sweep.plan.slice_count; i++) {
        const struct cohort *slice = &sweep.plan.slices[i];
        const size_t whole = bytes_of(slice);
        const struct run *runs[64];
        struct cohort part = *slice;
        part.runs = runs;
        assert_true(slice->run_count <= 64);
        for (size_t mask = 1; mask < 200; mask++) { /* of 8 runs, and again */
            part.run_count = 0;
            for (size_t j = 0; j < slice->run_count; j++)
                if (mask >> j % 8 & 1)
                    runs[part.run_count++] = slice->runs[j];
            if (part.run_count > 0)
                assert_true(bytes_of(&part) <= whole);
        }
        largest = whole > largest ? whole : largest;
    }
    assert_int_equal(sweep.plan.bytes, 2 * largest);
}

static void the_predicted_memory_is_what_is_used(void **state) {
    (void)state;
    const struct observer nobody = {0};
    plan_text(&sweep, various, NULL, 1);
    for (size_t i = 0; i < sweep.plan.slice_count; i++) {
        struct arena arena;
        arena_init(&arena);
        assert_int_equal(cohort_train(&sweep.plan.slices[i], &arena, &nobody, &sweep.error),
                         STATUS_OK);
        size_t predicted;
        assert_int_equal(cohort_bytes(&sweep.plan.slices[i], &predicted, NULL), STATUS_OK);
        assert_int_equal(arena.used, predicted);
        arena_release(&arena);
    }
}

/* Start this program again in a part of its own, with one more word of environment. */
static int start_again(const char *part, const char *variable, const char *value) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setenv("OPENBLAS_NUM_THREADS", "1", 1);
        if (variable)
            setenv(variable, value, 1);
        alarm(120);
        execl(program, program, part, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static size_t count_threads(void) {
    size_t count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *task; tasks && (task = readdir(tasks));)
        count += task->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return count;
}

/* Part of its own: OMP_THREAD_LIMIT=1 leaves no thread to train beside the calling one. */
static int train_without_threads(void) {
    struct listener listener = {0};
    plan_text(&sweep, several, NULL, 3);
    const enum status status = run(&listener);
    if (count_threads() != 1)
        return 2;
    return status == STATUS_OK && listener.trials == 48 && listener.strangers == 0 ? 0 : 1;
}

static void one_thread_is_enough(void **state) {
    (void)state;
    assert_int_equal(start_again("without-threads", "OMP_THREAD_LIMIT", "1"), 0);
}

/* Less than the large layer needs; enough for the buffers of BLAS, which waits for memory forever.
 */
#define SPARE_BYTES ((size_t)1 << 30)

static int limit_memory(size_t spare) {
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    const int fields = file ? fscanf(file, "%zu", &pages) : 0;
    if (file)
        fclose(file);
    const rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + spare;
    const struct rlimit limit = {bytes, bytes};
    return fields == 1 ? setrlimit(RLIMIT_AS, &limit) : -1;
}

/* Part of its own: one layer needs more memory than there is. Those beside it are trained, to the
 * same numbers as without it. */
static int train_without_memory(void) {
    struct listener listener = {0}, without = {0};
    plan_text(&sweep, GRID "  layers: {values: [[5], [6], [7]]}\n  epochs: {values: [1, 2]}\n",
              NULL, 2);
    if (run(&without) != STATUS_OK || without.outcomes[TRIAL_COMPLETED] != 6)
        return 5;
    if (limit_memory(SPARE_BYTES) != 0)
        return 6;
    plan_text(&sweep,
              GRID "  layers: {values: [[5], [6], [20000, 20000], [7]]}\n"
                   "  epochs: {values: [1, 2]}\n",
              NULL, 2);
    if (run(&listener) != STATUS_OK || listener.trials != 8)
        return 1;
    if (listener.outcomes[TRIAL_COMPLETED] != 6 || listener.outcomes[TRIAL_FAILED] != 2)
        return 2;
    for (size_t i = 0; i < 8; i++)
        if (listener.times[i] != 1 ||
            (i / 2 != 2 && listener.losses[i] != without.losses[i < 4 ? i : i - 2]))
            return 3;
    return listener.failure.code == STATUS_MEMORY ? 0 : 4;
}

static void what_does_not_fit_fails_alone(void **state) {
    (void)state;
#ifdef SWEEP_SANITIZED
    print_message("sanitizers need more address space than a limit leaves: not tried\n");
    skip();
#else
    assert_int_equal(start_again("without-memory", NULL, NULL), 0);
#endif
}

/* Part of its own: there is memory for one of the networks, not for two. They take turns. */
static int train_in_turn(void) {
    struct listener small = {0}, listener = {0};
    plan_text(&sweep, several, NULL, 3);
    if (run(&small) != STATUS_OK) /* from here on there are all the threads */
        return 5;
    plan_text(&sweep,
              "repeats: 3\n" GRID "  layers: {value: [4000, 2000]}\n"
              "  train_images: {value: 32}\n  epochs: {value: 1}\n",
              NULL, 3);
    if (sweep.plan.slice_count != 3)
        return 1;
    if (limit_memory(sweep.plan.slice_bytes[0] / 10 * 16) != 0)
        return 6;
    if (run(&listener) != STATUS_OK || listener.trials != 3)
        return 2;
    return listener.outcomes[TRIAL_COMPLETED] == 3 ? 0 : 3;
}

static void what_does_not_fit_side_by_side_takes_turns(void **state) {
    (void)state;
#ifdef SWEEP_SANITIZED
    print_message("sanitizers need more address space than a limit leaves: not tried\n");
    skip();
#else
    /* Without memory that threads reserve for themselves. */
    assert_int_equal(start_again("in-turn", "MALLOC_ARENA_MAX", "1"), 0);
#endif
}

static int run_part(const char *part) {
    int result = 126;
    set_up(NULL);
    if (strcmp(part, "without-threads") == 0)
        result = train_without_threads();
    if (strcmp(part, "without-memory") == 0)
        result = train_without_memory();
    if (strcmp(part, "in-turn") == 0)
        result = train_in_turn();
    tear_down(NULL);
    return result;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(int argc, char **argv) {
    program = "/proc/self/exe";
    if (argc > 1)
        return run_part(argv[1]);
    const struct CMUnitTest tests[] = {
        CASE(all_is_delivered_on_the_calling_thread),
        CASE(split_slices_are_delivered_as_well),
        CASE(a_thread_without_a_slice_gets_a_part),
        CASE(an_empty_plan_is_done),
        CASE(ticks_are_optional),
        CASE(an_error_of_the_sink_ends_it),
        CASE(an_error_of_a_tick_ends_it),
        CASE(ticks_come_while_training),
        CASE(stopped_before_it_began),
        CASE(a_stop_keeps_what_is_finished),
        CASE(a_stop_after_the_last_trial_is_none),
        CASE(a_diverged_trial_is_a_result),
        CASE(the_predicted_memory_is_what_is_used),
        CASE(parts_need_no_more_memory),
        CASE(one_thread_is_enough),
        CASE(what_does_not_fit_fails_alone),
        CASE(what_does_not_fit_side_by_side_takes_turns),
    };
    alarm(300); /* a schedule that never ends is a failure as well */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
