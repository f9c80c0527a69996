/* Databases of older versions, and files that are better left alone. */
#include "store_files.h"

#include "store/identity.h"

#include <sys/resource.h>
#include <sys/wait.h>

/* Run the SQL of a file in TEST_DIR/golden on a new database. */
static void make_golden(const char *database, const char *file) {
    char path[512];
    snprintf(path, sizeof path, "%s/golden/%s", TEST_DIR, file);
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    static char sql[65536];
    size_t count = fread(sql, 1, sizeof sql - 1, stream);
    assert_true(count > 0 && count < sizeof sql - 1);
    sql[count] = '\0';
    fclose(stream);
    tell(database, sql);
}

static bool same_bytes(const char *name, const char *bytes, size_t count) {
    size_t now;
    char *after = whole_file(name, &now);
    const bool same = now == count && memcmp(after, bytes, count) == 0;
    free(after);
    return same;
}

/* The columns that all versions have, not to name each hyperparameter. */
#define OLD_SWEEPS                                                                                 \
    "sweep_id, name, description, metric, goal, config, settings, config_digest, dataset, "        \
    "dataset_digest, warnings"
#define OLD_TRIALS                                                                                 \
    "trial_id, digest, setting, epochs, layers, optimizer, learning_rate, loss_function, dataset," \
    " seed, status, loss, accuracy, val_loss, val_accuracy, test_loss, test_accuracy,"             \
    " parameters, train_seconds, started_at, finished_at, error"

static const char *const tables[][2] = {{"trials", OLD_TRIALS},
                                        {"sweeps", "name, config, settings, warnings, dataset"},
                                        {"sweep_trials", "sweep_id, trial_id"},
                                        {"history", "*"},
                                        {"metrics", "*"}};
#define TABLE_COUNT (sizeof tables / sizeof *tables)

/* Rows of one database that the other does not have. */
static double differing(const char *one, const char *other, const char *table,
                        const char *columns) {
    char sql[2048];
    sqlite3 *database = direct(one);
    sqlite3_stmt *statement;
    snprintf(sql, sizeof sql, "ATTACH '%s' AS other", in_folder(other));
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    snprintf(sql, sizeof sql,
             "SELECT (SELECT count(*) FROM (SELECT %s FROM main.%s EXCEPT SELECT %s FROM other.%s))"
             " + (SELECT count(*) FROM (SELECT %s FROM other.%s EXCEPT SELECT %s FROM main.%s))",
             columns, table, columns, table, columns, table, columns, table);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    double count = sqlite3_column_double(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return count;
}

static const char shape[] = "SELECT type, name, sql FROM sqlite_schema WHERE type <> 'view'"
                            " AND name NOT LIKE 'sqlite%' ORDER BY 1, 2";
static const char views[] = "SELECT sum(length(sql)), group_concat(substr(sql, 1, 400)) FROM"
                            " (SELECT * FROM sqlite_schema WHERE type = 'view' ORDER BY name)";

/* Open the golden database as "old.db", beside a copy as it was, "kept.db", and hold its form to
 * that of a new one. */
static void becomes_the_present_one(const char *golden) {
    static char expected[2][8192];
    make_golden("old.db", golden);
    make_golden("kept.db", golden);
    store_close(open_store("old.db"));
    store_close(open_store("new.db"));
    strcpy(expected[0], ask("new.db", shape));
    strcpy(expected[1], ask("new.db", views));
    assert_string_equal(ask("old.db", shape), expected[0]);
    assert_string_equal(ask("old.db", views), expected[1]);
    assert_string_equal(ask("old.db", "PRAGMA user_version"), "7");
}

/* Whether these columns are the same in both. */
static void keeps(const char *const columns[][2], size_t count) {
    for (size_t i = 0; i < count; i++)
        assert_true(differing("old.db", "kept.db", columns[i][0], columns[i][1]) == 0);
}
#define KEEPS(columns) keeps(columns, sizeof columns / sizeof *columns)

static void is_whole(void) {
    assert_string_equal(ask("old.db", "PRAGMA integrity_check"), "ok");
    assert_string_equal(ask("old.db", "PRAGMA foreign_key_check"), "");
    assert_only("old.db");
}

static void no_old_table_is_left(void) {
    assert_string_equal(ask("old.db", "SELECT group_concat(name) FROM sqlite_schema WHERE"
                                      " name LIKE 'old%'"),
                        "NULL");
}

static void version_1_becomes_the_present_one(void **state) {
    (void)state;
    becomes_the_present_one("database-1.sql");
    KEEPS(tables);
    assert_string_equal(ask("old.db", "SELECT trial_id, outcome, error, command_id FROM"
                                      " attempts ORDER BY trial_id"),
                        "1 completed NULL NULL 2 failed out of memory NULL 3 diverged NULL NULL");
    assert_string_equal(ask("old.db", "SELECT count(*) FROM attempts JOIN trials"
                                      " USING (trial_id, started_at, finished_at)"),
                        "3");
    assert_string_equal(ask("old.db", "SELECT n, diverged FROM leaderboard ORDER BY 1, 2"),
                        "0 1 1 0");
    is_whole();
}

static void version_2_becomes_the_present_one(void **state) {
    (void)state;
    becomes_the_present_one("database-2.sql");
    tell("kept.db", "UPDATE trials SET loss = NULL WHERE loss = 9e999;"
                    "UPDATE history SET loss = NULL WHERE loss = 9e999");
    static const char *const columns[][2] = {
        {"sweeps", "sweep_id, description, metric, goal, config, settings, config_digest,"
                   " dataset, dataset_digest, warnings"},
        {"trials", OLD_TRIALS},
        {"attempts", "attempt_id, trial_id, started_at, finished_at, outcome, error"},
        {"sweep_trials", "sweep_id, trial_id"},
        {"history", "*"},
        {"metrics", "*"},
        {"models", "*"},
        {"sweep_models", "*"}};
    KEEPS(columns);
    assert_string_equal(ask("old.db", "SELECT group_concat(name, '; ') FROM sweeps"),
                        "old; old; old layers=[[3]] learning_rate=0.1; old layers=[[4]]"
                        " learning_rate=0.1 epochs=100000 metrics=[]");
    /* A command for each process: two configs, two --set, the last of which was killed. */
    assert_string_equal(ask("old.db", "SELECT command_id, sweep_id, config_path, host, outcome,"
                                      " jobs, user, arguments FROM commands"),
                        "1 1 v2.yaml laptop finished 1 NULL NULL 2 2 v2.yaml laptop finished 2"
                        " NULL NULL 3 3 v2.yaml NULL finished 1 NULL NULL"
                        " 4 4 v2.yaml laptop running 1 NULL NULL");
    assert_string_equal(ask("old.db", "SELECT group_concat(command_id, ' ') FROM"
                                      " (SELECT command_id FROM attempts ORDER BY attempt_id)"),
                        "1 1 2 2 2 2 2 2 4");
    assert_string_equal(ask("old.db", "SELECT group_concat(ifnull(command_id, '-'), ' ') FROM"
                                      " (SELECT command_id FROM trials ORDER BY trial_id)"),
                        "1 1 2 2 2 2 2 2 -");
    no_old_table_is_left();
    is_whole();
}

static void version_3_becomes_the_present_one(void **state) {
    (void)state;
    becomes_the_present_one("database-3.sql");
    static const char *const columns[][2] = {{"sweeps", OLD_SWEEPS},
                                             {"commands", "*"},
                                             {"trials", OLD_TRIALS ", command_id"},
                                             {"attempts", "*"},
                                             {"sweep_trials", "sweep_id, trial_id, position"},
                                             {"history", "*"},
                                             {"metrics", "*"},
                                             {"models", "*"},
                                             {"sweep_models", "*"}};
    KEEPS(columns);
    assert_string_equal(ask("old.db", "SELECT count(*), count(point), count(stopped) FROM"
                                      " sweep_trials"),
                        "12 0 0");
    /* Each sweep had one metric. */
    assert_string_equal(ask("old.db", "SELECT count(*), min(place), max(place) FROM sweeps s"
                                      " JOIN objectives o USING (sweep_id, metric, goal)"),
                        ask("kept.db", "SELECT count(*), 0, 0 FROM sweeps"));
    no_old_table_is_left();
    is_whole();
}

static void version_4_becomes_the_present_one(void **state) {
    (void)state;
    becomes_the_present_one("database-4.sql");
    static const char *const columns[][2] = {
        {"sweeps", OLD_SWEEPS}, {"objectives", "*"},
        {"commands", "*"},      {"trials", OLD_TRIALS ", command_id"},
        {"attempts", "*"},      {"sweep_trials", "sweep_id, trial_id, position, point, stopped"},
        {"history", "*"},       {"metrics", "*"},
        {"models", "*"},        {"sweep_models", "*"}};
    KEEPS(columns);
    /* At a rung: not a trial of one epoch, one that diverged, or those that a race dropped. */
    assert_string_equal(ask("old.db", "SELECT sweep_id, position, stopped_epoch FROM sweep_trials"
                                      " WHERE stopped_epoch IS NOT NULL ORDER BY 1, 2"),
                        "1 1 2 4 1 2");
    assert_string_equal(ask("old.db", "SELECT sweep_id, status, trained_epochs, r.loss = h.loss,"
                                      " r.val_accuracy = h.val_accuracy, test_loss IS NULL"
                                      " FROM sweep_results r JOIN history h"
                                      " ON h.trial_id = r.trial_id AND h.epoch = trained_epochs"
                                      " WHERE r.trial_id = 2 ORDER BY 1"),
                        "1 stopped 2 1 1 1 2 completed 3 1 1 0");
    /* What it knew nothing of has its default. */
    assert_string_equal(ask("old.db", "SELECT count(*), min(learning_rate_schedule),"
                                      " max(learning_rate_schedule) FROM trials"),
                        "14 constant constant");
    is_whole();
}

/* Views alone are others since. */
static void version_5_becomes_the_present_one(void **state) {
    (void)state;
    becomes_the_present_one("database-5.sql");
    static const char *const columns[][2] = {
        {"sweeps", OLD_SWEEPS}, {"objectives", "*"},   {"commands", "*"}, {"trials", "*"},
        {"attempts", "*"},      {"sweep_trials", "*"}, {"history", "*"},  {"metrics", "*"}};
    KEEPS(columns);
    /* Of one data set settings are told apart by what they always were. */
    assert_string_equal(ask("old.db", "SELECT count(*), count(DISTINCT r.setting),"
                                      " sum(r.setting = t.setting) FROM sweep_results r"
                                      " JOIN trials t USING (trial_id)"),
                        "8 4 8");
    is_whole();
}

/* What was done to the data is known of sweeps from then on. */
static void version_6_becomes_the_present_one(void **state) {
    (void)state;
    becomes_the_present_one("database-6.sql");
    static const char *const columns[][2] = {
        {"sweeps", OLD_SWEEPS}, {"objectives", "*"},   {"commands", "*"}, {"trials", "*"},
        {"attempts", "*"},      {"sweep_trials", "*"}, {"history", "*"},  {"metrics", "*"}};
    KEEPS(columns);
    assert_string_equal(ask("old.db", "SELECT count(*), count(dataset_changes) FROM sweeps"),
                        "1 0");
    is_whole();
}

/* The infinite numbers of trials, history and metrics. */
static const char infinite[] =
    "SELECT (SELECT count(*) FROM trials WHERE 9e999 IN (abs(loss), abs(accuracy), abs(val_loss),"
    " abs(val_accuracy), abs(test_loss), abs(test_accuracy))), (SELECT count(*) FROM history WHERE"
    " 9e999 IN (abs(loss), abs(accuracy), abs(val_loss), abs(val_accuracy))),"
    " (SELECT count(*) FROM metrics WHERE abs(value) = 9e999)";

static void version_2_had_infinite_numbers(void **state) {
    (void)state;
    make_golden("old.db", "database-2.sql");
    tell("old.db", "UPDATE trials SET test_loss = -9e999 WHERE trial_id = 1;"
                   "UPDATE history SET accuracy = 9e999 WHERE trial_id = 1 AND epoch = 1;"
                   "UPDATE metrics SET value = 9e999 WHERE trial_id = 1 AND name = 'val_f1_score'"
                   " AND epoch = 1");
    assert_string_not_equal(ask("old.db", infinite), "0 0 0");
    store_close(open_store("old.db"));
    assert_string_equal(ask("old.db", infinite), "0 0 0");
    assert_string_equal(ask("old.db", "SELECT test_loss FROM trials WHERE trial_id = 1"), "NULL");
}

/* Of trials that older programs made, too, the digests tell whether they were changed. */
static void older_trials_are_what_their_digests_say(void **state) {
    (void)state;
    for (int version = 1; version <= 6; version++) {
        struct database *database;
        struct error error = {0};
        int64_t first;
        char file[32];
        snprintf(file, sizeof file, "database-%d.sql", version);
        make_golden("old.db", file);
        store_close(open_store("old.db"));
        for (int change = 0; change < 2; change++) {
            if (change)
                tell("old.db", "UPDATE trials SET learning_rate = 0.5 WHERE trial_id = 2");
            assert_int_equal(database_open(in_folder("old.db"), DATABASE_READ, &database, &error),
                             STATUS_OK);
            assert_int_equal(identity_count_changed(database, &first), change);
            assert_int_equal(first, change ? 2 : 0);
            assert_int_equal(database_take_error(database, &error), STATUS_OK);
            database_close(database);
        }
        assert_int_equal(remove(in_folder("old.db")), 0);
    }
}

/* The last command on a sweep trained nothing: what it ran with is its own, not that of those who
 * trained. */
static void version_2_knew_the_last_command_alone(void **state) {
    (void)state;
    make_golden("old.db", "database-2.sql");
    tell("old.db", "UPDATE sweeps SET cpu = 'another', started_at = '2026-11-29 00:00:00.000',"
                   " finished_at = '2026-11-29 00:00:01.000' WHERE sweep_id = 2");
    store_close(open_store("old.db"));
    assert_string_equal(ask("old.db", "SELECT host, cpu, outcome, started_at < '2026-11-29',"
                                      " (SELECT count(*) FROM trials t WHERE t.command_id ="
                                      " c.command_id) FROM commands c WHERE sweep_id = 2"),
                        "laptop NULL interrupted 1 6 NULL another finished 0 0");
}

/* As version 1 had it. */
static void make_version_1(const char *name, bool wal) {
    tell(name, "DROP VIEW pareto; DROP VIEW objective_means; DROP TABLE objectives;"
               "DROP TABLE attempts; DROP TABLE sweep_models; DROP TABLE models;"
               "DROP VIEW best; DROP VIEW leaderboard; DROP VIEW ranked; DROP VIEW scored;"
               "DROP VIEW sweep_results; ALTER TABLE sweep_trials DROP COLUMN stopped_epoch;"
               "ALTER TABLE sweeps DROP COLUMN dataset_changes;"
               "ALTER TABLE trials DROP COLUMN command_id;"
               "PRAGMA legacy_alter_table = ON; ALTER TABLE sweeps RENAME TO new_sweeps;"
               "CREATE TABLE sweeps (sweep_id INTEGER PRIMARY KEY, name, description, metric,"
               " goal, config, settings, config_digest, dataset, dataset_digest, warnings,"
               " config_path, dataset_source, version, cpu, openblas_config, openblas_core, jobs,"
               " started_at, finished_at);"
               "INSERT INTO sweeps SELECT s.*, config_path, dataset_source, version, cpu,"
               " openblas_config, openblas_core, jobs, started_at, finished_at FROM new_sweeps s"
               " JOIN commands USING (sweep_id);"
               "DROP TABLE commands; DROP TABLE new_sweeps; PRAGMA user_version = 1");
    if (wal) {
        /* Left in the log by a process that is killed. */
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            sqlite3 *database = direct(name);
            _exit(sqlite3_exec(database, "PRAGMA journal_mode = WAL; DELETE FROM metrics", NULL,
                               NULL, NULL) != SQLITE_OK);
        }
        int how;
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_int_equal(how, 0);
        char beside[64];
        snprintf(beside, sizeof beside, "%s-wal", name);
        assert_int_equal(access(in_folder(beside), F_OK), 0);
    }
}

static void older_trials_are_found_again(void **state) {
    (void)state;
    for (int wal = 0; wal < 2; wal++) {
        const char *name = wal ? "wal.db" : "s.db";
        struct made made;
        make(&made, plain_config, "metrics=[f1_score]");
        struct store *store = open_store(name);
        begin(store, &made);
        for (size_t i = 0; i < 8; i++)
            put(store, &made, i == 5 ? failed_trial(i, "no") : completed(&made, i, (double)i));
        store_close(store);
        make_version_1(name, wal);
        store = open_store(name);
        begin(store, &made);
        assert_int_equal(count_missing(&made), wal ? 8 : 1); /* without metrics, all of them */
        assert_true(made.missing[5]);
        store_close(store);
        assert_string_equal(ask(name, "SELECT count(*) FROM history"), "11");
        release(&made);
    }
}

static void reading_does_not_bring_up_to_date(void **state) {
    (void)state;
    for (int wal = 0; wal < 2; wal++) {
        const char *name = wal ? "wal.db" : "s.db";
        struct made made;
        struct store *store = open_store(name);
        struct leaderboard board;
        struct resume_summary summary;
        make(&made, plain_config, NULL);
        begin(store, &made);
        put_all(store, &made);
        store_close(store);
        make_version_1(name, wal);
        size_t count;
        char *before = whole_file(name, &count);
        assert_int_equal(store_open_read(in_folder(name), &store, NULL), STATUS_OK);
        assert_int_equal(read_board(store, 0, NULL, 0, &made.arena, &board, NULL), STATUS_OK);
        assert_int_equal(board.observations->totals[OBSERVATION_COMPLETED], 8);
        assert_int_equal(
            store_resume_summary(store, &made.config, &made.space, made.missing, &summary, NULL),
            STATUS_OK);
        assert_int_equal(summary.trained, 8);
        store_close(store);
        assert_true(same_bytes(name, before, count));
        free(before);
        release(&made);
    }
}

/* The migration fails half-way: at a table that is in its way, and for lack of room. */
static void what_fails_half_way_changes_nothing(void **state) {
    (void)state;
    struct store *store;
    struct error error = {0};
    make_golden("old.db", "database-1.sql");
    tell("old.db", "CREATE TABLE models (mine TEXT)");
    size_t count;
    char *before = whole_file("old.db", &count);
    assert_int_equal(store_open(in_folder("old.db"), &store, &error), STATUS_IO);
    assert_contains(error.message, "models already exists");
    store_close(store);
    assert_true(same_bytes("old.db", before, count));
    free(before);

    tell("old.db", "DROP TABLE models; VACUUM");
    before = whole_file("old.db", &count);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = {count, count}; /* no file may be larger */
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        enum status status = store_open(in_folder("old.db"), &store, NULL);
        _exit(status == STATUS_OK ? 1 : 0); /* killed, so to speak: nothing is closed */
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
    assert_string_equal(ask("old.db", "PRAGMA user_version"), "1");
    assert_string_equal(ask("old.db", "SELECT count(*) FROM sqlite_schema WHERE name LIKE"
                                      " 'attempts%' OR name = 'models'"),
                        "0");
    assert_true(same_bytes("old.db", before, count));
    free(before);
    store_close(open_store("old.db"));
    assert_string_equal(ask("old.db", "PRAGMA user_version"), "7");
}

/* --- damage --- */

static void overwrite(const char *name, long at, const void *bytes, size_t count) {
    FILE *stream = fopen(in_folder(name), "r+b");
    assert_non_null(stream);
    assert_int_equal(fseek(stream, at, SEEK_SET), 0);
    assert_int_equal(fwrite(bytes, 1, count, stream), count);
    assert_int_equal(fclose(stream), 0);
}

static void write_file(const char *name, const char *bytes, size_t count) {
    FILE *stream = fopen(in_folder(name), "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, count, stream), count);
    assert_int_equal(fclose(stream), 0);
}

/* Open for writing what may be damaged; when it is refused, it is as it was. */
static bool is_refused(const char *name) {
    size_t count;
    char *before = whole_file(name, &count);
    struct store *store;
    struct error error = {0};
    enum status status = store_open(in_folder(name), &store, &error);
    store_close(store);
    if (status != STATUS_OK) {
        assert_int_equal(status, STATUS_INPUT);
        assert_true(strlen(error.message) > 10);
        if (!same_bytes(name, before, count))
            fail_msg("was changed: %s", error.message);
        assert_only(name);
    }
    free(before);
    return status != STATUS_OK;
}

static void damaged_files_stay_as_they_are(void **state) {
    (void)state;
    struct made made;
    make(&made, plain_config, "metrics=[f1_score]");
    struct store *store = open_store("whole.db");
    begin(store, &made);
    put_all(store, &made);
    store_close(store);
    size_t count, refused = 0;
    char *bytes = whole_file("whole.db", &count);
    const size_t pages = count / 4096;
    /* Each page's own header, and 16 bytes at steps all over the file. */
    for (size_t at = 0; at < count; at += 1024) {
        static const char junk[17] = "\xff\x01\x80\xfe\x55\xaa\x00\x7f\xff\x01\x80\xfe\x55\xaa\x00";
        write_file("bad.db", bytes, count);
        overwrite("bad.db", (long)at, junk, 16);
        const bool stopped = is_refused("bad.db");
        refused += stopped;
        if (at % 4096 == 0 && !stopped)
            fail_msg("page %zu of %zu: not refused", at / 4096, pages);
    }
    assert_true(refused >= pages);
    /* Cut short: at a page's end, and within one. */
    for (size_t size = 1; size < count; size += 5000) {
        write_file("bad.db", bytes, size);
        assert_true(is_refused("bad.db"));
        write_file("bad.db", bytes, (size + 4095) / 4096 * 4096);
        assert_true(size + 4095 >= count || is_refused("bad.db"));
    }
    free(bytes);
    release(&made);
}

/* A database of another program that was left with a log: its last rows are in there. */
static void foreign_logs_stay_as_they_are(void **state) {
    (void)state;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        sqlite3 *database = direct("f.db");
        _exit(sqlite3_exec(database, "PRAGMA journal_mode = WAL; CREATE TABLE a (b);", NULL, NULL,
                           NULL) != SQLITE_OK);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
    size_t count, log_count;
    char *before = whole_file("f.db", &count), *log = whole_file("f.db-wal", &log_count);
    struct store *store;
    struct error error = {0};
    assert_int_equal(store_open(in_folder("f.db"), &store, &error), STATUS_INPUT);
    assert_contains(error.message, "another program");
    store_close(store);
    assert_true(same_bytes("f.db", before, count));
    assert_true(same_bytes("f.db-wal", log, log_count));
    assert_int_equal(access(in_folder("f.db.lock"), F_OK), -1);
    free(before);
    free(log);
}

/* What a crash leaves in the middle of a transaction: pages that are written, and the journal that
 * undoes them. */
static void leave_halfway(const char *name, const char *sql) {
    static const char *const endings[] = {"", "-journal"};
    sqlite3 *database = direct(name);
    assert_int_equal(sqlite3_exec(database, "PRAGMA cache_size = 1; BEGIN", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    size_t counts[2];
    char *bytes[2], path[64];
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s%s", name, endings[i]);
        bytes[i] = whole_file(path, &counts[i]);
    }
    sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(database);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s%s", name, endings[i]);
        write_file(path, bytes[i], counts[i]);
        free(bytes[i]);
    }
}

static const char spoil[] =
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
    " INSERT INTO history (trial_id, epoch) SELECT 1, 100 + i FROM n; DELETE FROM trials";

static void half_a_transaction_is_undone(void **state) {
    (void)state;
    struct made made;
    struct store *store = open_store("whole.db");
    make(&made, plain_config, NULL);
    begin(store, &made);
    put_all(store, &made);
    store_close(store);
    size_t count, halfway;
    char *bytes = whole_file("whole.db", &count);
    for (int write = 0; write < 2; write++) {
        write_file("s.db", bytes, count);
        leave_halfway("s.db", spoil);
        free(whole_file("s.db", &halfway));
        assert_true(halfway > count); /* something was written */
        assert_int_equal((write ? store_open : store_open_read)(in_folder("s.db"), &store, NULL),
                         STATUS_OK);
        store_close(store);
        assert_int_equal(access(in_folder("s.db-journal"), F_OK), -1);
        for (size_t i = 0; i < TABLE_COUNT; i++)
            assert_true(differing("s.db", "whole.db", tables[i][0], tables[i][1]) == 0);
        assert_string_equal(ask("s.db", "PRAGMA integrity_check"), "ok");
    }
    free(bytes);
    release(&made);
}

/* It is for the other program to undo its own. */
static void half_a_transaction_of_others_stays(void **state) {
    (void)state;
    tell("f.db", "CREATE TABLE history (trial_id, epoch); CREATE TABLE trials (a)");
    leave_halfway("f.db", spoil);
    size_t count, journal_count;
    char *before = whole_file("f.db", &count),
         *journal = whole_file("f.db-journal", &journal_count);
    for (int write = 0; write < 2; write++) {
        struct store *store;
        struct error error = {0};
        assert_error((write ? store_open : store_open_read)(in_folder("f.db"), &store, &error),
                     &error, STATUS_INPUT, "another program");
        store_close(store);
        assert_true(same_bytes("f.db", before, count));
        assert_true(same_bytes("f.db-journal", journal, journal_count));
    }
    free(before);
    free(journal);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(version_1_becomes_the_present_one),
        CASE(version_2_becomes_the_present_one),
        CASE(version_3_becomes_the_present_one),
        CASE(version_4_becomes_the_present_one),
        CASE(version_5_becomes_the_present_one),
        CASE(version_6_becomes_the_present_one),
        CASE(version_2_had_infinite_numbers),
        CASE(version_2_knew_the_last_command_alone),
        CASE(older_trials_are_what_their_digests_say),
        CASE(older_trials_are_found_again),
        CASE(reading_does_not_bring_up_to_date),
        CASE(what_fails_half_way_changes_nothing),
        CASE(damaged_files_stay_as_they_are),
        CASE(foreign_logs_stay_as_they_are),
        CASE(half_a_transaction_is_undone),
        CASE(half_a_transaction_of_others_stays),
    };
    return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
