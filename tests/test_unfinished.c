/* What trials that are being trained have given so far: in a file beside the database, for who
 * looks on, and no result to anybody. */
#include "store_files.h"

#include "report/page.h"
#include "store/unfinished.h"

/* A metric, and two trials of a run: its epochs are milestones. */
#define CONFIG "metrics: [f1_score]\n"

struct running {
    struct made made;
    struct store *store;
    struct unfinished_trials *trials;
    struct arena arena; /* of the reader */
};

static char beside[300];

static void open_running(struct running *running) {
    char text[600];
    snprintf(text, sizeof text, CONFIG "%s", plain_config);
    snprintf(beside, sizeof beside, "%s.unfinished", in_folder("r.db"));
    make(&running->made, text, NULL);
    arena_init(&running->arena);
    running->store = open_store("r.db");
    begin(running->store, &running->made);
    assert_int_equal(unfinished_open(in_folder("r.db"), running->store, &running->made.config,
                                     &running->made.space, &running->trials, NULL),
                     STATUS_OK);
    assert_true(access(beside, F_OK) != 0);
}

static void close_running(struct running *running) {
    unfinished_close(running->trials, false);
    store_close(running->store);
    arena_release(&running->arena);
    release(&running->made);
}

/* An epoch of a trial. */
static void put_one(const struct running *running, size_t trial, double base) {
    struct trial_result result = completed(&running->made, trial, base);
    result.outcome = TRIAL_PAUSED;
    result.epochs = 1;
    unfinished_put(running->trials, &result);
}

static const struct unfinished_history *read_all(struct running *running, size_t *count) {
    const struct unfinished_history *first = unfinished_read(in_folder("r.db"), &running->arena);
    *count = 0;
    for (const struct unfinished_history *one = first; one; one = one->next)
        ++*count;
    return first;
}

/* The sweep as a reader has it, with what is running. */
static void report(struct running *running, struct report_data *data) {
    struct store *store;
    struct error error = {0};
    size_t count;
    const struct unfinished_history *histories = read_all(running, &count);
    assert_int_equal(store_open_read(in_folder("r.db"), &store, &error), STATUS_OK);
    assert_int_equal(store_report(store, 0, &running->arena, data, &error), STATUS_OK);
    assert_int_equal(store_report_unfinished(store, histories, true, data, &error), STATUS_OK);
    store_close(store);
}

static size_t count_unfinished(const struct report_data *data) {
    size_t count = 0;
    for (size_t i = 0; i < data->observations->count; i++)
        count += data->unfinished[i] != NULL;
    return count;
}

static size_t count_going(const struct report_data *data) {
    size_t count = 0;
    for (size_t i = 0; i < data->observations->count; i++)
        count += data->going[i];
    return count;
}

static void it_comes_back(void **state) {
    (void)state;
    struct running running;
    size_t count;
    open_running(&running);
    put_one(&running, 2, 5);
    put_one(&running, 0, 3);
    put_one(&running, 2, 7); /* in the place of what was known */
    unfinished_write(running.trials);
    const struct unfinished_history *first = read_all(&running, &count);
    assert_int_equal(count, 2);
    assert_string_equal(first->delivery.digest, running.made.space.trials[0].digest.hex);
    assert_string_equal(first->next->delivery.digest, running.made.space.trials[2].digest.hex);
    assert_int_equal(first->delivery.result->epochs, 1);
    const struct epoch_scores *scores = &first->next->delivery.result->history[0];
    assert_close(scores->validation.accuracy,
                 completed(&running.made, 2, 7).history[0].validation.accuracy);
    /* A database that has no such file, and one that is not there. */
    assert_null(unfinished_read(in_folder("other.db"), &running.arena));
    close_running(&running);
    assert_true(access(beside, F_OK) != 0);
}

static void it_is_shown_and_no_result(void **state) {
    (void)state;
    struct running running;
    struct report_data data;
    struct report_curves curves;
    const size_t *trials;
    size_t count;
    struct error error;
    open_running(&running);
    put_one(&running, 0, 3);
    unfinished_write(running.trials);
    report(&running, &data);
    /* The trials of its run that are to come: of one and of two epochs. */
    assert_int_equal(count_unfinished(&data), 2);
    assert_int_equal(data.observations->totals[OBSERVATION_PENDING], data.observations->count);
    assert_int_equal(data.metric_count, 0);
    assert_int_equal(page_choose_curves(&data, &running.arena, &trials, &count, &error), STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(store_report_curves(running.store, &data, trials, count, 100, 1000,
                                         &running.arena, &curves, &error),
                     STATUS_OK);
    assert_int_equal(curves.curves[0].length, 1);
    assert_int_equal(curves.series_count, 6);
    for (size_t i = 0; i < curves.series_count; i++) {
        const char *name = curves.series[i].name;
        const struct epoch_scores *all = &completed(&running.made, 0, 3).history[0];
        const double expected = strcmp(name, "loss") == 0           ? all->train.loss
                                : strcmp(name, "accuracy") == 0     ? all->train.accuracy
                                : strcmp(name, "f1_score") == 0     ? all->train.metrics[0]
                                : strcmp(name, "val_loss") == 0     ? all->validation.loss
                                : strcmp(name, "val_accuracy") == 0 ? all->validation.accuracy
                                                                    : all->validation.metrics[0];
        assert_close(curves.curves[0].values[i], expected);
    }
    assert_string_equal(ask("r.db", "SELECT count(*) FROM history"), "0");
    /* One of them has its result by the time at which the database is read. */
    put(running.store, &running.made, completed(&running.made, 0, 1));
    assert_int_equal(store_commit(running.store, NULL), STATUS_OK);
    report(&running, &data);
    assert_int_equal(count_unfinished(&data), 1);
    assert_null(data.unfinished[0]);
    close_running(&running);
}

static void what_is_of_another_command_is_not_running(void **state) {
    (void)state;
    static const char *const changes[] = {"pid = pid + 1", "host = 'elsewhere'",
                                          "started_at = '2026-01-01 00:00:00.000'"};
    struct running running;
    struct report_data data;
    open_running(&running);
    put_one(&running, 0, 3);
    unfinished_write(running.trials);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char sql[200];
        tell("r.db", "CREATE TABLE kept AS SELECT * FROM commands");
        snprintf(sql, sizeof sql, "UPDATE commands SET %s", changes[i]);
        tell("r.db", sql);
        report(&running, &data);
        assert_int_equal(count_unfinished(&data), 2);
        assert_int_equal(count_going(&data), 0);
        tell("r.db", "UPDATE commands SET (pid, host, started_at) = (SELECT pid, host, started_at "
                     "FROM kept); DROP TABLE kept");
        report(&running, &data);
        assert_int_equal(count_unfinished(&data), 2);
        assert_int_equal(count_going(&data), 2);
    }
    close_running(&running);
}

static void what_is_torn_is_read_as_far_as_it_goes(void **state) {
    (void)state;
    struct running running;
    size_t count, bytes;
    open_running(&running);
    put_one(&running, 0, 3);
    put_one(&running, 1, 4);
    unfinished_write(running.trials);
    free(whole_file("r.db.unfinished", &bytes));
    for (size_t length = bytes; length-- > 0;) {
        assert_int_equal(truncate(beside, (off_t)length), 0);
        read_all(&running, &count);
        assert_true(count <= 1);
        arena_reset(&running.arena);
    }
    assert_int_equal(count, 0);
    close_running(&running);
}

static void open_again(struct running *running) {
    assert_int_equal(unfinished_open(in_folder("r.db"), running->store, &running->made.config,
                                     &running->made.space, &running->trials, NULL),
                     STATUS_OK);
}

/* What a run leaves that is interrupted stays, also when others end that train something else,
 * until the trials have their results. */
static void what_is_left_stays_until_it_has_a_result(void **state) {
    (void)state;
    struct running running;
    size_t count;
    open_running(&running);
    put_one(&running, 0, 3);
    put_one(&running, 1, 4);
    put_one(&running, 2, 5);
    unfinished_close(running.trials, true);
    open_again(&running);
    put_one(&running, 0, 6);
    put_one(&running, 3, 7);
    unfinished_close(running.trials, true);
    const struct unfinished_history *first = read_all(&running, &count);
    assert_int_equal(count, 4);
    assert_string_equal(first->delivery.digest, running.made.space.trials[1].digest.hex);
    assert_true(first->delivery.result->history[0].train.loss ==
                completed(&running.made, 1, 4).history[0].train.loss);
    open_again(&running);
    unfinished_drop(running.trials, 1);
    put_one(&running, 2, 8);
    unfinished_drop(running.trials, 2);
    unfinished_close(running.trials, false);
    read_all(&running, &count);
    assert_int_equal(count, 2);
    put(running.store, &running.made, completed(&running.made, 0, 1));
    assert_int_equal(store_commit(running.store, NULL), STATUS_OK);
    open_again(&running);
    unfinished_drop(running.trials, 3);
    unfinished_close(running.trials, false);
    assert_true(access(beside, F_OK) != 0);
    open_again(&running);
    fclose(fopen(beside, "w"));
    close_running(&running);
}

/* A folder that is not empty, in the file's way. */
static void what_can_not_be_written_is_missed_by_nobody(void **state) {
    (void)state;
    struct running running;
    char within[320];
    size_t count;
    open_running(&running);
    snprintf(within, sizeof within, "%s/in the way", beside);
    assert_int_equal(mkdir(beside, 0700), 0);
    assert_int_equal(mkdir(within, 0700), 0);
    put_one(&running, 0, 3);
    unfinished_write(running.trials);
    assert_null(read_all(&running, &count));
    put(running.store, &running.made, completed(&running.made, 0, 1));
    assert_int_equal(store_commit(running.store, NULL), STATUS_OK);
    unfinished_drop(running.trials, 0);
    unfinished_drop(running.trials, 0);
    close_running(&running);
    assert_int_equal(access(within, F_OK), 0);
}

static void a_file_of_somebody_elses_stays(void **state) {
    (void)state;
    struct running running;
    size_t count;
    open_running(&running);
    unfinished_close(running.trials, false);
    FILE *file = fopen(beside, "w");
    fputs("notes on running", file);
    fclose(file);
    assert_int_equal(unfinished_open(in_folder("r.db"), running.store, &running.made.config,
                                     &running.made.space, &running.trials, NULL),
                     STATUS_OK);
    put_one(&running, 0, 3);
    unfinished_write(running.trials);
    assert_null(read_all(&running, &count));
    close_running(&running);
    char *bytes = whole_file("r.db.unfinished", &count);
    assert_memory_equal(bytes, "notes on running", count);
    free(bytes);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(it_comes_back),
        CASE(it_is_shown_and_no_result),
        CASE(what_is_of_another_command_is_not_running),
        CASE(what_is_torn_is_read_as_far_as_it_goes),
        CASE(what_is_left_stays_until_it_has_a_result),
        CASE(what_can_not_be_written_is_missed_by_nobody),
        CASE(a_file_of_somebody_elses_stays),
    };
    return cmocka_run_group_tests_name("running", tests, NULL, NULL);
}
