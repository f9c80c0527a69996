/* The results database, in real files: its shape, what begin and put leave in it, and what is
 * refused. */
#include "store_files.h"

#include <sys/wait.h>
#include <time.h>

/* --- shape --- */

static void schema_has_the_promised_shape(void **state) {
    (void)state;
    store_close(open_store("s.db"));
    assert_string_equal(ask("s.db", "SELECT name FROM pragma_table_list WHERE schema = 'main' AND"
                                    " type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"),
                        "attempts commands history metrics models objectives sweep_models"
                        " sweep_trials sweeps trials");
    assert_string_equal(ask("s.db", "SELECT count(*) FROM pragma_table_list WHERE schema = 'main'"
                                    " AND type = 'table' AND name NOT LIKE 'sqlite%' AND strict"),
                        "10");
    assert_string_equal(ask("s.db", "SELECT name FROM sqlite_schema WHERE type = 'view'"
                                    " ORDER BY name"),
                        "best leaderboard objective_means pareto ranked scored sweep_results");
    assert_string_equal(ask("s.db", "SELECT name, type FROM pragma_table_info('trials')"
                                    " WHERE cid > (SELECT cid FROM pragma_table_info('trials')"
                                    " WHERE name = 'dataset')"),
                        "seed INTEGER status TEXT loss REAL accuracy REAL val_loss REAL"
                        " val_accuracy REAL test_loss REAL test_accuracy REAL parameters INTEGER"
                        " train_seconds REAL started_at TEXT finished_at TEXT error TEXT"
                        " command_id INTEGER");
    assert_string_equal(ask("s.db", "PRAGMA application_id"), "1398228304");
    assert_string_equal(ask("s.db", "PRAGMA user_version"), "7");
    for (const char *const *view =
             (const char *const[]){"scored", "ranked", "leaderboard", "best", NULL};
         *view; view++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT * FROM %s", *view);
        assert_string_equal(ask("s.db", sql), "");
    }
}

static const char *type_of(const struct hyperparameter *hyperparameter) {
    switch (hyperparameter->type) {
    case VALUE_INTEGER:
    case VALUE_BOOLEAN:
        return "INTEGER";
    case VALUE_REAL:
        return "REAL";
    default:
        return "TEXT";
    }
}

static void every_hyperparameter_has_a_typed_column(void **state) {
    (void)state;
    char sql[200];
    store_close(open_store("s.db"));
    for (size_t i = 0; i < HP_COUNT; i++) {
        const bool loss = i == HP_LOSS;
        snprintf(sql, sizeof sql, "SELECT type FROM pragma_table_info('trials') WHERE name = '%s'",
                 loss ? "loss_function" : hyperparameters[i].name);
        assert_string_equal(ask("s.db", sql), type_of(&hyperparameters[i]));
    }
}

static void types_are_enforced(void **state) {
    (void)state;
    struct made made;
    make(&made, plain_config, NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    store_close(store);
    sqlite3 *database = direct("s.db");
    assert_int_equal(sqlite3_exec(database, "UPDATE trials SET epochs = 'many'", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(database, "UPDATE trials SET status = 'odd'", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    sqlite3_close(database);
    release(&made);
}

/* --- begin --- */

static void begin_records_settings_and_provenance(void **state) {
    (void)state;
    struct made made;
    make(&made, plain_config, "layers=[[16, '8 tanh']]");
    struct store *store = open_store("s.db");
    begin(store, &made);
    assert_int_equal(count_missing(&made), 8);
    store_close(store);
    assert_string_equal(
        ask("s.db", "SELECT name, metric, goal, settings, dataset, dataset_digest,"
                    " warnings FROM sweeps"),
        "plain layers=[16, 8 tanh] val_accuracy maximize layers=[16, 8 tanh]\n made up 0123"
        " a warning\n");
    assert_string_equal(ask("s.db", "SELECT sweep_id, arguments, config_path, dataset_source, jobs,"
                                    " outcome FROM commands"),
                        "1 sweep run made.yaml made.yaml here 3 interrupted");
    assert_string_equal(ask("s.db", "SELECT config FROM sweeps"), plain_config);
    assert_string_equal(ask("s.db", "SELECT DISTINCT status FROM trials"), "pending");
    assert_string_equal(
        ask("s.db", "SELECT epochs, seed, layers, optimizer, momentum, nesterov,"
                    " beta_1, loss_function, validation_split, dataset FROM trials"
                    " ORDER BY trial_id LIMIT 1"),
        "1 5 [16, \"8 tanh\"] sgd 0.0 0 NULL categorical_crossentropy 0.25 made up");
    assert_string_equal(ask("s.db", "SELECT momentum, nesterov, beta_1 FROM trials"
                                    " WHERE optimizer = 'adam' LIMIT 1"),
                        "NULL NULL 0.9");
    release(&made);
}

static void begin_again_finds_the_same_trials(void **state) {
    (void)state;
    struct made made;
    make(&made, plain_config, NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    const int64_t sweep = store_sweep(store);
    put(store, &made, completed(&made, 3, 3));
    store_close(store);
    store = open_store("s.db");
    begin(store, &made);
    assert_int_equal(store_sweep(store), sweep);
    assert_int_equal(count_missing(&made), 7);
    assert_false(made.missing[3]);
    store_close(store);
    assert_string_equal(ask("s.db", "SELECT (SELECT count(*) FROM sweeps),"
                                    " (SELECT count(*) FROM trials),"
                                    " (SELECT count(*) FROM sweep_trials)"),
                        "1 8 8");
    release(&made);
}

static void another_sweep_shares_trials(void **state) {
    (void)state;
    struct made made, more;
    make(&made, plain_config, NULL);
    make(&more, plain_config, "epochs=[2, 3]");
    struct store *store = open_store("s.db");
    begin(store, &made);
    put_all(store, &made);
    begin(store, &more);
    assert_int_equal(count_missing(&more), 4); /* those with 3 epochs */
    for (size_t i = 0; i < more.space.trial_count; i++)
        assert_int_equal(more.missing[i],
                         more.space.trials[i].setting->values[HP_EPOCHS].integer == 3);
    store_close(store);
    assert_string_equal(ask("s.db", "SELECT (SELECT count(*) FROM trials),"
                                    " (SELECT group_concat(n) FROM (SELECT count(*) AS n"
                                    " FROM sweep_trials GROUP BY sweep_id)),"
                                    " (SELECT count(*) FROM (SELECT 1 FROM sweep_trials"
                                    " GROUP BY trial_id HAVING count(*) = 2))"),
                        "12 8,8 4");
    release(&made);
    release(&more);
}

static void other_data_are_other_trials(void **state) {
    (void)state;
    struct made made, other;
    make(&made, plain_config, NULL);
    make(&other, plain_config, NULL);
    strcpy(other.dataset.digest.hex, "4567");
    assert_int_equal(space_expand(&other.config, &other.dataset, &other.arena, &other.space, NULL),
                     STATUS_OK);
    struct store *store = open_store("s.db");
    begin(store, &made);
    put_all(store, &made);
    begin(store, &other);
    assert_int_equal(count_missing(&other), 8);
    store_close(store);
    assert_string_equal(ask("s.db", "SELECT count(*) FROM sweeps"), "2");
    release(&made);
    release(&other);
}

static void failed_trials_are_missing_and_diverged_ones_not(void **state) {
    (void)state;
    struct made made;
    make(&made, plain_config, NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    for (size_t i = 0; i < made.space.trial_count; i++)
        put(store, &made, i == 2 ? failed_trial(i, "out of memory") : completed(&made, i, 1));
    struct trial_result diverged = completed(&made, 4, 4);
    diverged.outcome = TRIAL_DIVERGED;
    put(store, &made, diverged);
    begin(store, &made);
    assert_int_equal(count_missing(&made), 1);
    assert_true(made.missing[2]);
    store_close(store);
    assert_string_equal(ask("s.db", "SELECT status, error, loss, (SELECT count(*) FROM history h"
                                    " WHERE h.trial_id = t.trial_id) FROM trials t"
                                    " WHERE status = 'failed'"),
                        "failed out of memory NULL 0");
    release(&made);
}

static void newly_requested_metrics_are_missing(void **state) {
    (void)state;
    struct made made, more, fewer;
    make(&made, plain_config, "metrics=[f1_score]");
    make(&more, plain_config, "metrics=[precision]");
    make(&fewer, plain_config, NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    put_all(store, &made);
    begin(store, &fewer);
    assert_int_equal(count_missing(&fewer), 0);
    begin(store, &more);
    assert_int_equal(count_missing(&more), 8);
    put_all(store, &more);
    begin(store, &more);
    assert_int_equal(count_missing(&more), 0);
    /* The first sweep's metrics are still there: the two do not chase each other. */
    begin(store, &made);
    assert_int_equal(count_missing(&made), 0);
    /* A diverged trial has no scores that could be missing. */
    struct trial_result diverged = completed(&made, 1, 1);
    diverged.outcome = TRIAL_DIVERGED;
    put(store, &fewer, diverged);
    release(&fewer);
    make(&fewer, plain_config, "metrics=[recall]");
    begin(store, &fewer);
    assert_int_equal(count_missing(&fewer), 7);
    assert_false(fewer.missing[1]);
    store_close(store);
    release(&made);
    release(&more);
    release(&fewer);
}

/* --- put --- */

static void put_writes_every_number(void **state) {
    (void)state;
    struct made made;
    make(&made, plain_config, "metrics=[f1_score, mae]");
    struct store *store = open_store("s.db");
    begin(store, &made);
    put(store, &made, completed(&made, 2, 0)); /* sgd, 2 epochs, the first seed */
    store_close(store);
    assert_string_equal(
        ask("s.db",
            "SELECT optimizer, epochs, seed, status, loss, accuracy, val_loss, val_accuracy,"
            " test_loss, test_accuracy, parameters, train_seconds, started_at, finished_at,"
            " error FROM trials WHERE status <> 'pending'"),
        "sgd 2 5 completed 0.1 0.2 0.4 0.5 0.7 0.8 7960 1.0 1970-01-01 00:00:01.500"
        " 2023-11-14 22:13:20.250 NULL");
    assert_string_equal(ask("s.db", "SELECT epoch, loss, accuracy, val_loss, val_accuracy, seconds"
                                    " FROM history ORDER BY epoch"),
                        "1 100.1 100.2 100.4 100.5 0.25 2 0.1 0.2 0.4 0.5 0.25");
    assert_string_equal(ask("s.db", "SELECT name, epoch, value FROM metrics ORDER BY name, epoch"),
                        "f1_score 1 100.3 f1_score 2 0.3"
                        " mean_absolute_error 1 100.35 mean_absolute_error 2 0.35"
                        " test_f1_score 2 0.9 test_mean_absolute_error 2 0.95"
                        " val_f1_score 1 100.6 val_f1_score 2 0.6"
                        " val_mean_absolute_error 1 100.65 val_mean_absolute_error 2 0.65");
    release(&made);
}

static void put_replaces(void **state) {
    (void)state;
    struct made made;
    make(&made, plain_config, "metrics=[f1_score]");
    struct store *store = open_store("s.db");
    begin(store, &made);
    put(store, &made, completed(&made, 2, 0));
    struct trial_result again = completed(&made, 2, 50);
    again.epochs = 1; /* as when it diverges the second time */
    again.history = &history[1];
    again.outcome = TRIAL_DIVERGED;
    put(store, &made, again);
    store_close(store);
    assert_string_equal(ask("s.db", "SELECT status, loss FROM trials WHERE status <> 'pending'"),
                        "diverged 50.1");
    assert_string_equal(ask("s.db", "SELECT epoch, loss FROM history"), "1 50.1");
    assert_string_equal(ask("s.db", "SELECT name, value FROM metrics ORDER BY name"),
                        "f1_score 50.3 val_f1_score 50.6");
    release(&made);
}

static void what_is_no_number_is_null(void **state) {
    (void)state;
    struct made made;
    make(&made, plain_config, "metrics=[f1_score]");
    struct store *store = open_store("s.db");
    begin(store, &made);
    struct trial_result diverged = completed(&made, 0, 0);
    diverged.outcome = TRIAL_DIVERGED;
    diverged.validated = false;
    history[0].train.loss = (double)NAN;
    history[0].train.metrics[0] = (double)NAN;
    diverged.test = (struct scores){.loss = (double)NAN, .accuracy = (double)NAN};
    put(store, &made, diverged);
    store_close(store);
    assert_string_equal(ask("s.db", "SELECT loss, accuracy, val_loss, val_accuracy, test_loss,"
                                    " test_accuracy FROM trials WHERE status = 'diverged'"),
                        "NULL 0.2 NULL NULL NULL NULL");
    assert_string_equal(ask("s.db", "SELECT loss, val_loss FROM history"), "NULL NULL");
    assert_string_equal(ask("s.db", "SELECT name, value FROM metrics"), "f1_score NULL");
    release(&made);
}

/* Scores of a completed trial, all of them infinite or NaN: NULL in every column. */
static void what_is_infinite_is_null(void **state) {
    (void)state;
    const double none[] = {(double)INFINITY, -(double)INFINITY, (double)NAN};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct made made;
        struct scores scores = {.loss = none[i], .accuracy = none[i], .metrics = {none[i]}};
        make(&made, plain_config, "metrics=[f1_score]");
        struct store *store = open_store("infinite.db");
        begin(store, &made);
        struct trial_result result = completed(&made, i, 0);
        for (size_t epoch = 0; epoch < result.epochs; epoch++)
            history[epoch].train = history[epoch].validation = scores;
        result.validated = true;
        result.test = scores;
        put(store, &made, result);
        store_close(store);
        release(&made);
    }
    assert_string_equal(ask("infinite.db", "SELECT count(*), count(loss), count(accuracy),"
                                           " count(val_loss), count(val_accuracy),"
                                           " count(test_loss), count(test_accuracy)"
                                           " FROM trials WHERE status = 'completed'"),
                        "3 0 0 0 0 0 0");
    assert_string_equal(ask("infinite.db", "SELECT count(*) >= 3, count(loss), count(accuracy),"
                                           " count(val_loss), count(val_accuracy) FROM history"),
                        "1 0 0 0 0");
    assert_string_equal(
        ask("infinite.db", "SELECT count(DISTINCT name), count(value) FROM metrics"), "3 0");
}

static void texts_are_only_texts(void **state) {
    (void)state;
    struct made made;
    make(&made,
         "name: \"Robert'); DROP TABLE trials;--\\n\\e[31m\"\ndescription: \"'\"\nmethod: grid\n",
         NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    put_all(store, &made);
    store_close(store);
    assert_string_equal(ask("s.db", "SELECT name, description FROM sweeps"),
                        "Robert'); DROP TABLE trials;--\n\033[31m '");
    assert_string_equal(ask("s.db", "SELECT count(*) FROM trials"), "1");
    release(&made);
}

static void a_failure_leaves_nothing_half_written(void **state) {
    (void)state;
    struct made made;
    struct error error = {0};
    make(&made, plain_config, NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    put(store, &made, completed(&made, 1, 1));
    assert_int_equal(store_commit(store, NULL), STATUS_OK);
    /* The trial's row is written by the time its history fails. */
    tell("s.db", "CREATE TRIGGER refuse BEFORE INSERT ON history"
                 " BEGIN SELECT RAISE(FAIL, 'refused'); END");
    struct trial_result result = completed(&made, 0, 0);
    assert_int_equal(store_put(store, &made.config, &made.space, &result, &error), STATUS_IO);
    assert_contains(error.message, "refused");
    store_close(store);
    assert_string_equal(ask("s.db", "SELECT status, count(*) FROM trials GROUP BY 1"),
                        "completed 1 pending 7");
    release(&made);
}

static void a_deleted_trial_is_an_error(void **state) {
    (void)state;
    struct made made;
    struct error error = {0};
    make(&made, plain_config, NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    tell("s.db", "DELETE FROM trials");
    struct trial_result result = completed(&made, 0, 0);
    assert_int_equal(store_put(store, &made.config, &made.space, &result, &error), STATUS_IO);
    assert_non_null(strstr(error.message, "deleted"));
    store_close(store);
    release(&made);
}

/* --- the file --- */

static void a_closed_database_is_one_whole_file(void **state) {
    (void)state;
    struct made made;
    make(&made, plain_config, "metrics=[f1_score]");
    struct store *store = open_store("s.db");
    begin(store, &made);
    assert_int_equal(access(in_folder("s.db-wal"), F_OK), 0);
    put_all(store, &made);
    store_close(store);
    assert_int_equal(access(in_folder("s.db-wal"), F_OK), -1);
    assert_int_equal(access(in_folder("s.db-shm"), F_OK), -1);
    assert_string_equal(ask("s.db", "PRAGMA journal_mode"), "delete");
    assert_string_equal(ask("s.db", "PRAGMA integrity_check"), "ok");
    assert_string_equal(ask("s.db", "PRAGMA foreign_key_check"), "");
    assert_string_equal(ask("s.db", "SELECT finished_at IS NOT NULL, outcome FROM commands"),
                        "1 finished");
    release(&made);
}

static void others_read_while_a_transaction_is_open(void **state) {
    (void)state;
    struct made made;
    make(&made, plain_config, NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    put(store, &made, completed(&made, 0, 0));
    assert_string_equal(ask("s.db", "SELECT count(*), sum(status = 'completed') FROM trials"),
                        "8 0");
    assert_int_equal(store_commit(store, NULL), STATUS_OK);
    assert_string_equal(ask("s.db", "SELECT sum(status = 'completed') FROM trials"), "1");
    /* Someone who goes on reading does not hold up the end. */
    sqlite3 *reader = direct("s.db");
    assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM trials", NULL, NULL, NULL),
                     SQLITE_OK);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    put(store, &made, completed(&made, 1, 0));
    store_close(store);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(after.tv_sec - before.tv_sec < 5);
    sqlite3_close(reader);
    assert_string_equal(ask("s.db", "SELECT sum(status = 'completed') FROM trials"), "2");
    release(&made);
}

/* --- refusals --- */

static void assert_refused(const char *name, enum status expected, const char *said) {
    size_t count, count_after;
    char *before = whole_file(name, &count);
    for (int write = 0; write < 2; write++) {
        struct store *store;
        struct error error = {0};
        enum status status =
            (write ? store_open : store_open_read)(in_folder(name), &store, &error);
        store_close(store);
        assert_int_equal(status, expected);
        assert_contains(error.message, said);
        assert_string_equal(error.file, in_folder(name));
        char *after = whole_file(name, &count_after);
        assert_int_equal(count_after, count);
        assert_memory_equal(before, after, count);
        free(after);
    }
    free(before);
    assert_only(name);
}

static void other_files_are_refused_untouched(void **state) {
    (void)state;
    tell("foreign.db", "CREATE TABLE trials (a); INSERT INTO trials VALUES (1)");
    assert_refused("foreign.db", STATUS_INPUT, "--db");
    tell("named.db", "PRAGMA application_id = 99; CREATE TABLE a (b)");
    assert_refused("named.db", STATUS_INPUT, "another program");
    store_close(open_store("newer.db"));
    tell("newer.db", "PRAGMA user_version = 8");
    assert_refused("newer.db", STATUS_INPUT, "newer sweep (its version is 8, this program's 7)");
    store_close(open_store("older.db"));
    tell("older.db", "PRAGMA user_version = 0");
    assert_refused("older.db", STATUS_INPUT, "no sweep ever had");
    FILE *stream = fopen(in_folder("text.db"), "w");
    for (int i = 0; i < 200; i++)
        fputs("name: grid # no database\n", stream);
    fclose(stream);
    assert_refused("text.db", STATUS_INPUT, "--db");
}

static void an_empty_file_becomes_a_database(void **state) {
    (void)state;
    struct store *store;
    struct error error = {0};
    fclose(fopen(in_folder("s.db"), "w"));
    assert_int_equal(store_open_read(in_folder("s.db"), &store, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "no results yet"));
    store_close(store);
    store_close(open_store("s.db"));
    assert_string_equal(ask("s.db", "PRAGMA user_version"), "7");
}

static void expect_open(const char *path, enum status expected, const char *said) {
    struct store *store;
    struct error error = {0};
    assert_int_equal(store_open(path, &store, &error), expected);
    store_close(store);
    if (!strstr(error.message, said))
        fail_msg("'%s' does not say '%s'", error.message, said);
}

static void places_that_are_none(void **state) {
    (void)state;
    struct store *store;
    struct error error = {0};
    expect_open(in_folder("a/b/s.db"), STATUS_IO, "No such file");
    assert_int_equal(access(in_folder("a"), F_OK), -1); /* a mistyped path grows no tree */
    expect_open(in_folder(""), STATUS_IO, "is a folder");
    expect_open("/dev/null/s.db", STATUS_IO, "Not a directory");
    make_folders("dir.db");
    expect_open(in_folder("dir.db"), STATUS_IO, "is a folder");
    assert_int_equal(store_open_read(in_folder("none.db"), &store, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "sweep run"));
    store_close(store);
    assert_int_equal(access(in_folder("none.db"), F_OK), -1);
    store_close(open_store("one/s.db")); /* its own folder is made */
    assert_int_equal(access(in_folder("one/s.db"), F_OK), 0);
}

/* As somebody who may not write there; root may everywhere. */
static void read_only_places(void **state) {
    (void)state;
    make_folders("locked");
    store_close(open_store("locked/s.db"));
    const char *path = in_folder("locked/s.db");
    assert_int_equal(chmod(in_folder(""), 0755), 0);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(in_folder("locked"), 0555), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct store *store;
        struct error error = {0};
        int faults = getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0);
        faults |= 2 * (store_open(path, &store, &error) != STATUS_IO ||
                       !strstr(error.message, "Permission denied"));
        store_close(store);
        error.message[0] = '\0';
        faults |= 4 * (store_open(in_folder("locked/new.db"), &store, &error) != STATUS_IO ||
                       !strstr(error.message, "Permission denied"));
        store_close(store);
        faults |= 8 * (store_open_read(path, &store, &error) != STATUS_OK);
        store_close(store);
        _exit(faults);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(chmod(in_folder("locked"), 0755), 0);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(schema_has_the_promised_shape),
        CASE(every_hyperparameter_has_a_typed_column),
        CASE(types_are_enforced),
        CASE(begin_records_settings_and_provenance),
        CASE(begin_again_finds_the_same_trials),
        CASE(another_sweep_shares_trials),
        CASE(other_data_are_other_trials),
        CASE(failed_trials_are_missing_and_diverged_ones_not),
        CASE(newly_requested_metrics_are_missing),
        CASE(put_writes_every_number),
        CASE(put_replaces),
        CASE(what_is_no_number_is_null),
        CASE(what_is_infinite_is_null),
        CASE(texts_are_only_texts),
        CASE(a_failure_leaves_nothing_half_written),
        CASE(a_deleted_trial_is_an_error),
        CASE(a_closed_database_is_one_whole_file),
        CASE(others_read_while_a_transaction_is_open),
        CASE(other_files_are_refused_untouched),
        CASE(an_empty_file_becomes_a_database),
        CASE(places_that_are_none),
        CASE(read_only_places),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
