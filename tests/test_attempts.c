/* What a run takes up again, and what it leaves: interruptions, deaths, failures, edited configs.
 */
#include "store_files.h"

#include "store/provenance.h"

#include <sys/wait.h>

static const char counts[] =
    "SELECT outcome, count(*) FROM attempts GROUP BY outcome ORDER BY outcome";

static void every_trial_to_be_trained_is_an_attempt(void **state) {
    (void)state;
    struct made made;
    char host[65];
    make(&made, plain_config, NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    assert_string_equal(ask("s.db", counts), "running 8");
    struct trial_result diverged = completed(&made, 2, 2);
    diverged.outcome = TRIAL_DIVERGED;
    put(store, &made, completed(&made, 0, 0));
    put(store, &made, failed_trial(1, "out of memory"));
    put(store, &made, diverged);
    assert_int_equal(store_commit(store, NULL), STATUS_OK);
    assert_string_equal(ask("s.db", counts), "completed 1 diverged 1 failed 1 running 5");
    assert_string_equal(
        ask("s.db", "SELECT t.trial_id, a.outcome, a.error, a.started_at,"
                    " a.finished_at, a.command_id, t.command_id FROM attempts a JOIN"
                    " trials t USING (trial_id) WHERE outcome <> 'running' ORDER BY 1"),
        "1 completed NULL 1970-01-01 00:00:01.500 2023-11-14 22:13:20.250 1 1"
        " 2 failed out of memory 1970-01-01 00:00:03.000 1970-01-01 00:00:04.000 1 1"
        " 3 diverged NULL 1970-01-01 00:00:01.500 2023-11-14 22:13:20.250 1 1");
    char expected[100];
    gethostname(host, sizeof host);
    snprintf(expected, sizeof expected, "%s %d", host, (int)getpid());
    assert_string_equal(ask("s.db", "SELECT host, pid FROM commands"), expected);
    store_close(store);
    assert_string_equal(ask("s.db", counts), "completed 1 diverged 1 failed 1 interrupted 5");
    /* Only what is trained is an attempt. */
    store = open_store("s.db");
    begin(store, &made);
    assert_string_equal(ask("s.db", "SELECT count(*) FROM attempts WHERE outcome = 'running'"),
                        "6");
    store_close(store);
    release(&made);
}

static void attempts_that_run_twice_are_impossible(void **state) {
    (void)state;
    struct made made;
    make(&made, plain_config, NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    sqlite3 *other = direct("s.db");
    assert_int_equal(sqlite3_exec(other,
                                  "INSERT INTO attempts (trial_id, outcome) VALUES (1, 'running')",
                                  NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    sqlite3_close(other);
    store_close(store);
    release(&made);
}

/* A process that begins the sweep, puts `done` results and dies. */
static pid_t die(const char *name, struct made *made, size_t done) {
    int how;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct store *store = open_store(name);
        begin(store, made);
        for (size_t i = 0; i < done; i++)
            put(store, made, completed(made, i, (double)i));
        _exit(store_commit(store, NULL) != STATUS_OK);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
    return child;
}

static void trials_of_a_dead_process_are_taken_up(void **state) {
    (void)state;
    struct made made, other;
    struct resume_summary summary;
    char host[65];
    make(&made, plain_config, NULL);
    make(&other, plain_config, "epochs=[2, 3]");
    pid_t dead = die("s.db", &made, 3);
    struct store *store = open_store("s.db");
    begin_as(store, &other, RETRAIN_SOME, &summary);
    assert_int_equal(summary.unfinished, 5);
    /* Those with 2 epochs: 2 of 4 are done, by their order in the space. */
    size_t here = 0;
    for (size_t i = 3; i < 8; i++)
        here += made.space.trials[i].setting->values[HP_EPOCHS].integer == 2;
    assert_int_equal(summary.unfinished_here, here);
    assert_int_equal(summary.pid, dead);
    gethostname(host, sizeof host);
    assert_string_equal(summary.host, host);
    store_close(store);
    char expected[64];
    snprintf(expected, sizeof expected, "completed 3 interrupted %zu lost 5", 4 + here);
    assert_string_equal(ask("s.db", counts), expected);
    store = open_store("s.db");
    begin_as(store, &made, RETRAIN_SOME, &summary);
    assert_int_equal(summary.unfinished, 0);
    assert_int_equal(count_missing(&made), 5);
    store_close(store);
    release(&made);
    release(&other);
}

/* Begin, fail trial 0 and complete the others. */
static void run_failing(struct made *made, enum retrain retrain, struct resume_summary *summary) {
    struct store *store = open_store("s.db");
    begin_as(store, made, retrain, summary);
    for (size_t i = 0; i < made->space.trial_count; i++)
        if (made->missing[i])
            put(store, made, i == 0 ? failed_trial(i, "no") : completed(made, i, (double)i));
    store_close(store);
}

static void after_three_failures_a_trial_is_left_alone(void **state) {
    (void)state;
    struct made made;
    struct resume_summary summary;
    make(&made, plain_config, NULL);
    for (int time = 0; time < 3; time++) {
        run_failing(&made, RETRAIN_SOME, &summary);
        assert_int_equal(count_missing(&made), time == 0 ? 8 : 1);
        assert_int_equal(summary.given_up, 0);
    }
    run_failing(&made, RETRAIN_SOME, &summary);
    assert_int_equal(count_missing(&made), 0);
    assert_int_equal(summary.given_up, 1);
    assert_int_equal(summary.trained, 7);
    struct store *reader;
    assert_int_equal(store_open_read(in_folder("s.db"), &reader, NULL), STATUS_OK);
    assert_int_equal(
        store_resume_summary(reader, &made.config, &made.space, made.missing, &summary, NULL),
        STATUS_OK);
    assert_int_equal(count_missing(&made), 0);
    assert_int_equal(summary.given_up, 1);
    store_close(reader);
    run_failing(&made, RETRAIN_FAILED, &summary);
    assert_int_equal(count_missing(&made), 1);
    assert_true(made.missing[0]);
    assert_int_equal(summary.given_up, 0);
    assert_string_equal(ask("s.db", "SELECT count(*) FROM attempts WHERE outcome = 'failed'"), "4");
    run_failing(&made, RETRAIN_SOME, &summary);
    assert_int_equal(summary.given_up, 1);
    /* Interruptions and deaths are no failures, and a success forgives. */
    struct store *store = open_store("s.db");
    begin_as(store, &made, RETRAIN_FAILED, &summary);
    put(store, &made, completed(&made, 0, 0));
    store_close(store);
    tell("s.db", "UPDATE trials SET status = 'failed' WHERE trial_id = 1");
    store = open_store("s.db");
    begin_as(store, &made, RETRAIN_SOME, &summary);
    assert_true(made.missing[0]);
    store_close(store);
    release(&made);
}

static void interruptions_are_no_failures(void **state) {
    (void)state;
    struct made made;
    struct resume_summary summary;
    make(&made, plain_config, NULL);
    for (int time = 0; time < 5; time++) {
        if (time % 2)
            die("s.db", &made, 0);
        else {
            struct store *store = open_store("s.db");
            begin(store, &made);
            store_close(store);
        }
    }
    struct store *store = open_store("s.db");
    begin_as(store, &made, RETRAIN_SOME, &summary);
    assert_int_equal(count_missing(&made), 8);
    store_close(store);
    release(&made);
}

static void a_failure_does_not_replace_a_result(void **state) {
    (void)state;
    struct made made, more;
    struct resume_summary summary;
    make(&made, plain_config, NULL);
    make(&more, plain_config, "metrics=[f1_score]");
    struct store *store = open_store("s.db");
    begin(store, &made);
    put_all(store, &made);
    begin(store, &more);
    assert_true(more.missing[0]);
    put(store, &more, failed_trial(0, "out of memory"));
    store_close(store);
    assert_string_equal(ask("s.db", "SELECT status, loss, error, (SELECT count(*) FROM history"
                                    " WHERE trial_id = 1) FROM trials WHERE trial_id = 1"),
                        "completed 0.1 NULL 1");
    assert_string_equal(ask("s.db", "SELECT outcome, error FROM attempts WHERE trial_id = 1"
                                    " ORDER BY attempt_id"),
                        "completed NULL failed out of memory");
    /* It is still missing, up to three times. */
    for (int time = 0; time < 3; time++) {
        store = open_store("s.db");
        begin_as(store, &more, RETRAIN_SOME, &summary);
        assert_int_equal(more.missing[0], time < 2);
        assert_int_equal(summary.given_up, time == 2);
        if (time < 2)
            put(store, &more, failed_trial(0, "out of memory"));
        store_close(store);
    }
    release(&made);
    release(&more);
}

static void fresh_clears_what_there_was(void **state) {
    (void)state;
    struct made made, other;
    struct resume_summary summary;
    make(&made, plain_config, "metrics=[f1_score]");
    make(&other, plain_config, "epochs=3");
    struct store *store = open_store("s.db");
    begin(store, &made);
    put_all(store, &made);
    begin(store, &other);
    put_all(store, &other);
    tell("s.db", "INSERT INTO models VALUES (1, 'f', x'00', 'd'), (9, 'f', x'00', 'd');"
                 "INSERT INTO sweep_models VALUES (1, 1), (2, 9)");
    begin_as(store, &made, RETRAIN_ALL, &summary);
    assert_int_equal(count_missing(&made), 8);
    assert_int_equal(summary.trained, 0);
    assert_string_equal(ask("s.db", "SELECT status, count(*) FROM trials GROUP BY 1"),
                        "completed 4 pending 8");
    assert_string_equal(ask("s.db", "SELECT (SELECT count(*) FROM trials WHERE status = 'pending'"
                                    " AND coalesce(loss, test_loss, parameters, started_at,"
                                    " train_seconds, finished_at, error) IS NOT NULL),"
                                    " (SELECT count(*) FROM metrics),"
                                    " (SELECT group_concat(trial_id) FROM models),"
                                    " (SELECT count(*) FROM history)"),
                        "0 0 9 12");
    put(store, &made, completed(&made, 3, 3));
    store_close(store);
    /* Interrupted, it goes on as any other. */
    store = open_store("s.db");
    begin(store, &made);
    assert_int_equal(count_missing(&made), 7);
    store_close(store);
    assert_string_equal(ask("s.db", "SELECT count(*) FROM attempts WHERE outcome = 'completed'"),
                        "13");
    release(&made);
    release(&other);
}

/* A config that was edited keeps its name and place. */
static void edited_configs_say_what_changed(void **state) {
    (void)state;
    static const char edited[] = "name: plain\nmethod: grid\nrepeats: 2\nseed: 5\n"
                                 "metric: {name: val_accuracy, goal: maximize}\nparameters:\n"
                                 "  validation_split: {value: 0.25}\n"
                                 "  optimizer: {values: [adam, rmsprop, nadam]}\n"
                                 "  epochs: {values: [1, 2]}\n";
    struct made made, more, set, data;
    struct resume_summary summary;
    make(&made, plain_config, NULL);
    make(&more, edited, NULL);
    struct store *store = open_store("s.db");
    begin_as(store, &made, RETRAIN_SOME, &summary);
    assert_int_equal(summary.added + summary.gone, 0); /* there was no last time */
    put_all(store, &made);
    begin_as(store, &more, RETRAIN_SOME, &summary);
    assert_int_equal(summary.added, 8);
    assert_int_equal(summary.gone, 4);
    assert_int_equal(summary.trained, 4);
    assert_int_equal(count_missing(&more), 8);
    assert_false(summary.changed_data);
    put_all(store, &more);
    /* What is gone stays, outside of the sweep. */
    assert_string_equal(ask("s.db", "SELECT count(*), sum(status = 'completed') FROM trials"),
                        "16 16");
    assert_string_equal(ask("s.db", "SELECT optimizer, count(*) FROM trials JOIN sweep_trials"
                                    " USING (trial_id) WHERE sweep_id = 2 GROUP BY 1"),
                        "adam 4 nadam 4 rmsprop 4");
    /* And back again. */
    begin_as(store, &made, RETRAIN_SOME, &summary);
    assert_int_equal(summary.added, 4);
    assert_int_equal(summary.gone, 8);
    assert_int_equal(count_missing(&made), 0);
    begin_as(store, &made, RETRAIN_SOME, &summary);
    assert_int_equal(summary.added + summary.gone, 0);
    /* --set asks for another sweep: nothing was edited. */
    make(&set, plain_config, "epochs=3");
    begin_as(store, &set, RETRAIN_SOME, &summary);
    assert_int_equal(summary.added + summary.gone, 0);
    release(&set);
    make(&set, edited, "epochs=3");
    begin_as(store, &set, RETRAIN_SOME, &summary);
    assert_int_equal(summary.added, 4);
    assert_int_equal(summary.gone, 2);
    /* Other data under the same name. */
    make(&data, plain_config, NULL);
    strcpy(data.dataset.digest.hex, "4567");
    assert_int_equal(space_expand(&data.config, &data.dataset, &data.arena, &data.space, NULL),
                     STATUS_OK);
    begin_as(store, &data, RETRAIN_SOME, &summary);
    assert_true(summary.changed_data);
    assert_int_equal(summary.added, 8);
    assert_int_equal(summary.gone, 8);
    store_close(store);
    release(&made);
    release(&more);
    release(&set);
    release(&data);
}

/* The same config may come to mean other trials: those of another arithmetic, say. */
static void a_sweep_has_the_trials_of_now(void **state) {
    (void)state;
    struct made made;
    struct resume_summary summary;
    make(&made, plain_config, NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    put_all(store, &made);
    for (size_t i = 0; i < 4; i++)
        made.space.trials[i].digest.hex[0] ^= 1;
    begin_as(store, &made, RETRAIN_SOME, &summary);
    assert_int_equal(summary.added, 4);
    assert_int_equal(summary.gone, 4);
    assert_int_equal(count_missing(&made), 4);
    store_close(store);
    assert_string_equal(ask("s.db", "SELECT (SELECT count(*) FROM trials), sweep_id, count(*)"
                                    " FROM sweep_trials GROUP BY sweep_id"),
                        "12 1 8");
    release(&made);
}

static void looking_ahead_writes_nothing(void **state) {
    (void)state;
    struct made made, more;
    struct resume_summary summary;
    make(&made, plain_config, NULL);
    make(&more, plain_config, "epochs=[2, 3]");
    struct store *store = open_store("s.db");
    begin(store, &made);
    put_all(store, &made);
    store_close(store);
    size_t count, count_after;
    char *before = whole_file("s.db", &count);
    assert_int_equal(store_open_read(in_folder("s.db"), &store, NULL), STATUS_OK);
    for (int time = 0; time < 2; time++) {
        assert_int_equal(
            store_resume_summary(store, &more.config, &more.space, more.missing, &summary, NULL),
            STATUS_OK);
        assert_int_equal(summary.trained, 4);
        assert_int_equal(count_missing(&more), 4);
    }
    store_close(store);
    char *after = whole_file("s.db", &count_after);
    assert_int_equal(count, count_after);
    assert_memory_equal(before, after, count);
    free(before);
    free(after);
    release(&made);
    release(&more);
}

/* --- who trained what --- */

static void read_provenance(int64_t sweep, struct arena *arena, struct provenance *provenance) {
    struct store *store;
    struct error error = {0};
    assert_int_equal(store_open_read(in_folder("s.db"), &store, &error), STATUS_OK);
    assert_int_equal(store_provenance(store, sweep, arena, provenance, &error), STATUS_OK);
    store_close(store);
}

static const char sweep_row[] = "SELECT * FROM sweeps WHERE sweep_id = 1";
static const char made_by[] = "SELECT group_concat(ifnull(command_id, 0), ' ') FROM"
                              " (SELECT command_id FROM trials ORDER BY trial_id)";

static void a_run_that_trains_nothing_changes_no_provenance(void **state) {
    (void)state;
    struct made made;
    struct provenance provenance;
    char before[4096];
    make(&made, plain_config, NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    put_all(store, &made);
    store_close(store);
    strcpy(before, ask("s.db", sweep_row));
    /* From elsewhere, by another name: that is this command's. */
    made.config.path = "moved/made.yaml";
    strcpy(made.dataset.source, "there");
    store = open_store("s.db");
    begin(store, &made);
    assert_int_equal(count_missing(&made), 0);
    assert_int_equal(store_finish_sweep(store, NULL), STATUS_OK);
    store_close(store);
    assert_string_equal(ask("s.db", sweep_row), before);
    assert_string_equal(ask("s.db", made_by), "1 1 1 1 1 1 1 1");
    read_provenance(1, &made.arena, &provenance);
    assert_int_equal(provenance.count, 2);
    assert_int_equal(provenance.commands[0].trials, 8);
    assert_string_equal(provenance.commands[0].config_path, "made.yaml");
    assert_string_equal(provenance.commands[0].dataset_source, "here");
    assert_int_equal(provenance.commands[0].pid, getpid());
    assert_int_equal(provenance.commands[0].jobs, 3);
    assert_true(*provenance.commands[0].user && *provenance.commands[0].host &&
                *provenance.commands[0].folder && *provenance.commands[0].version &&
                *provenance.commands[0].cpu && *provenance.commands[0].openblas_core);
    assert_int_equal(provenance.commands[1].trials, 0);
    assert_string_equal(provenance.commands[1].config_path, "moved/made.yaml");
    assert_string_equal(provenance.commands[1].outcome, "finished");
    release(&made);
}

static void a_trial_names_the_command_that_trained_it(void **state) {
    (void)state;
    struct made made, other;
    struct provenance provenance;
    make(&made, plain_config, NULL);
    make(&other, plain_config, "epochs=[2, 3]");
    die("s.db", &made, 3);
    struct store *store = open_store("s.db");
    begin(store, &made);
    for (size_t i = 3; i < 7; i++)
        put(store, &made, completed(&made, i, (double)i));
    store_close(store);
    assert_string_equal(ask("s.db", made_by), "1 1 1 2 2 2 2 0");
    assert_string_equal(ask("s.db", "SELECT outcome FROM commands"), "lost interrupted");
    /* Another sweep that has trials of the first: what trained them is told there as well. */
    store = open_store("s.db");
    begin(store, &other);
    store_close(store);
    read_provenance(2, &made.arena, &provenance);
    assert_int_equal(provenance.count, 3);
    assert_int_equal(provenance.commands[0].trials + provenance.commands[1].trials, 3);
    assert_int_equal(provenance.commands[2].id, 3);
    assert_int_equal(provenance.commands[2].trials, 0);
    read_provenance(1, &made.arena, &provenance);
    assert_int_equal(provenance.count, 2);
    /* What is trained anew is the work of who trains it anew. */
    struct resume_summary summary;
    store = open_store("s.db");
    begin_as(store, &made, RETRAIN_ALL, &summary);
    assert_string_equal(ask("s.db", "SELECT count(command_id) FROM trials"), "0");
    put(store, &made, completed(&made, 0, 0));
    put(store, &made, failed_trial(1, "no"));
    store_close(store);
    assert_string_equal(ask("s.db", "SELECT group_concat(command_id) FROM trials"), "4,4");
    release(&made);
    release(&other);
}

/* The clock is set back between two sweeps: the order is that in which they were begun. */
static void the_sweep_started_last_does_not_go_by_the_clock(void **state) {
    (void)state;
    struct made made, other;
    struct leaderboard board;
    make(&made, plain_config, NULL);
    make(&other, plain_config, "name=other");
    struct made *const sweeps[] = {&made, &other, &made};
    for (size_t i = 0; i < 3; i++) {
        char sql[200];
        struct store *store = open_store("s.db");
        begin(store, sweeps[i]);
        put_all(store, sweeps[i]);
        store_close(store);
        snprintf(sql, sizeof sql,
                 "UPDATE commands SET started_at = '20%02zu-01-01 00:00:00.000' WHERE command_id ="
                 " %zu",
                 30 - i, i + 1);
        tell("s.db", sql);
        assert_int_equal(store_open_read(in_folder("s.db"), &store, NULL), STATUS_OK);
        assert_int_equal(read_board(store, 0, NULL, 0, &made.arena, &board, NULL), STATUS_OK);
        assert_int_equal(board.observations->sweep_id, i == 1 ? 2 : 1);
        store_close(store);
    }
    release(&made);
    release(&other);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(every_trial_to_be_trained_is_an_attempt),
        CASE(attempts_that_run_twice_are_impossible),
        CASE(trials_of_a_dead_process_are_taken_up),
        CASE(after_three_failures_a_trial_is_left_alone),
        CASE(interruptions_are_no_failures),
        CASE(a_failure_does_not_replace_a_result),
        CASE(fresh_clears_what_there_was),
        CASE(edited_configs_say_what_changed),
        CASE(a_sweep_has_the_trials_of_now),
        CASE(looking_ahead_writes_nothing),
        CASE(a_run_that_trains_nothing_changes_no_provenance),
        CASE(a_trial_names_the_command_that_trained_it),
        CASE(the_sweep_started_last_does_not_go_by_the_clock),
    };
    return cmocka_run_group_tests_name("attempts", tests, NULL, NULL);
}
