/* Copies of the database elsewhere, while a sweep writes it: in a folder, and on a FUSE file system
 * that the test serves itself. SWEEP_LONG=1 kills more often. */
#include "store_files.h"

#include "fuse_folder.h"

#include "base/output.h"
#include "base/path.h"
#include "store/copier.h"

#include <signal.h>
#include <time.h>

#define PATIENCE 60

static void nap(long milliseconds) {
    const struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static struct copier *copier_of(const char *database, const char *place, double seconds) {
    struct copier *copier;
    struct error error = {0};
    assert_int_equal(copier_begin(in_folder(database), in_folder(place), seconds, &copier, &error),
                     STATUS_OK);
    return copier;
}

static enum status prepare(const char *database, const char *place, bool *restored,
                           struct error *error) {
    *error = (struct error){0};
    return copier_prepare(in_folder(database), in_folder(place), restored, error);
}

static void put_file(const char *name, const char *text) {
    FILE *file = fopen(in_folder(name), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* A database with the results of the first `count` trials. */
static void make_database(const char *name, size_t count) {
    struct made made;
    make(&made, plain_config, NULL);
    struct store *store = open_store(name);
    begin(store, &made);
    for (size_t i = 0; i < count; i++)
        put(store, &made, completed(&made, i, (double)i));
    store_close(store);
    release(&made);
}

static const char results[] = "SELECT count(*) FROM trials WHERE status = 'completed'";

/* The copy by another SQLite, which looks at all of it; its results. */
static long look_at(const char *place) {
    sqlite3 *copy;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open_v2(in_folder(place), &copy, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(copy, "PRAGMA integrity_check", -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
    sqlite3_finalize(statement);
    /* An epoch of each result: a trial is there with its history, or not at all. */
    assert_int_equal(
        sqlite3_prepare_v2(copy,
                           "SELECT count(*), sum(epochs) = (SELECT count(*) FROM history) FROM "
                           "trials WHERE status = 'completed'",
                           -1, &statement, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const long count = (long)sqlite3_column_int64(statement, 0);
    assert_true(count == 0 || sqlite3_column_int(statement, 1) == 1);
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(copy), SQLITE_OK);
    return count;
}

/* --- where a copy goes --- */

static void a_place_is_a_file_or_in_a_folder(void **state) {
    (void)state;
    static const char *const cases[][3] = {
        {"results/s.db", "/nowhere/copy.db", "/nowhere/copy.db"},
        {"results/s.db", "/nowhere/folder/", "/nowhere/folder/s.db"},
        {"s.db", "/tmp", "/tmp/s.db"},
        {"a/b/s.db", "/tmp/", "/tmp/s.db"},
        {"a/b/s.db", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *place = copier_place(cases[i][0], cases[i][1]);
        assert_string_equal(place, cases[i][2]);
        free(place);
    }
}

static void what_is_there_is_not_lost(void **state) {
    (void)state;
    struct error error;
    bool restored;
    make_database("s.db", 2);
    make_database("more.db", 5);
    put_file("text",
             "a text, and a long one, so that it could be a database: it has more than 512 "
             "bytes.\n                                                                    ");
    assert_int_equal(truncate(in_folder("text"), 4096), 0);
    static const struct {
        const char *place, *said;
    } cases[] = {
        {"s.db", "the database itself"},
        {"more.db", "has 3 results that"},
        {"text", "no database of sweeps"},
        {".", "is no file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(prepare("s.db", cases[i].place, &restored, &error), STATUS_USAGE);
        assert_non_null(strstr(error.message, cases[i].said));
        assert_false(restored);
    }
    put_file("more.db-wal", "");
    assert_int_equal(prepare("s.db", "more.db", &restored, &error), STATUS_USAGE);
    assert_non_null(strstr(error.message, "a sweep writes"));
    assert_int_equal(prepare("more.db", "s.db", &restored, &error), STATUS_OK);
    assert_int_equal(prepare("s.db", "none.db", &restored, &error), STATUS_OK);
    put_file("empty.db", "");
    assert_int_equal(prepare("s.db", "empty.db", &restored, &error), STATUS_OK);
    assert_false(restored);
}

static void change(const char *name, const char *sql) {
    sqlite3 *database;
    assert_int_equal(sqlite3_open(in_folder(name), &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* What a search stopped early is a result, too, though less than one that was trained to its end.
 */
static void what_was_stopped_is_not_lost(void **state) {
    (void)state;
    struct error error;
    bool restored;
    make_database("own.db", 2);
    make_database("stopped.db", 5);
    change("stopped.db", "UPDATE trials SET status = 'stopped' WHERE status = 'completed'");
    assert_int_equal(prepare("own.db", "stopped.db", &restored, &error), STATUS_USAGE);
    assert_non_null(strstr(error.message, "has 3 results that"));
    change("own.db", "UPDATE trials SET status = 'stopped' WHERE status = 'completed'");
    assert_int_equal(prepare("own.db", "stopped.db", &restored, &error), STATUS_USAGE);
    assert_non_null(strstr(error.message, "has 3 results that"));
    make_database("done.db", 2);
    assert_int_equal(prepare("own.db", "done.db", &restored, &error), STATUS_USAGE);
    assert_non_null(strstr(error.message, "has 2 results that"));
}

static void a_copy_becomes_the_database(void **state) {
    (void)state;
    struct error error;
    bool restored;
    size_t count;
    make_database("copy.db", 3);
    char *before = whole_file("copy.db", &count);
    assert_int_equal(prepare("new/s.db", "copy.db", &restored, &error), STATUS_OK);
    assert_true(restored);
    assert_string_equal(ask("new/s.db", results), "3");
    make_database("new/s.db", 8); /* which is written on */
    assert_string_equal(ask("new/s.db", results), "8");
    char *after = whole_file("copy.db", &count);
    assert_memory_equal(before, after, count);
    free(before);
    free(after);
    /* One that is damaged does not. */
    FILE *file = fopen(in_folder("copy.db"), "r+");
    assert_non_null(file);
    fseek(file, 4096, SEEK_SET);
    for (int i = 0; i < 40000; i++)
        fputc(i * 7, file);
    fclose(file);
    assert_int_not_equal(prepare("other.db", "copy.db", &restored, &error), STATUS_OK);
    assert_false(restored);
    assert_int_not_equal(access(in_folder("other.db"), F_OK), 0);
}

/* --- copies while the database is written --- */

/* Results one by one, a copy at any moment, and the last one of all. */
static void copies_follow(const char *place) {
    struct made made;
    struct error error = {0};
    long before = 0;
    make(&made, plain_config, NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    struct copier *copier = copier_of("s.db", place, 0);
    for (size_t i = 0; i < made.space.trial_count; i++) {
        put(store, &made, completed(&made, i, (double)i));
        assert_int_equal(store_commit(store, NULL), STATUS_OK);
        for (int j = 0; j < 5; j++) {
            nap(1);
            if (access(in_folder(place), F_OK) != 0)
                continue;
            const long found = look_at(place);
            assert_true(found >= before && found <= (long)i + 1);
            before = found;
        }
    }
    assert_int_equal(store_finish_sweep(store, NULL), STATUS_OK);
    copier_pause(copier);
    store_close(store);
    assert_only("s.db");
    if (copier_tell(copier, &error) != COPIER_UNCHANGED)
        fail_msg("%s: %s", error.file, error.message);
    assert_int_equal(copier_end(copier, &error), STATUS_OK);
    assert_int_equal(look_at(place), made.space.trial_count);
    release(&made);
}

static void copies_follow_the_database(void **state) {
    (void)state;
    size_t count, copied;
    copies_follow("copy.db");
    assert_only("copy.db");
    char *bytes = whole_file("s.db", &count), *copy = whole_file("copy.db", &copied);
    assert_int_equal(count, copied);
    assert_int_equal(copy[18], 1); /* without a log */
    assert_memory_equal(bytes + 4096, copy + 4096, count - 4096);
    free(bytes);
    free(copy);
    assert_int_equal(output_left_over(folder, false), 0);
}

static enum copier_change await_change(struct copier *copier, struct error *error) {
    enum copier_change change = COPIER_UNCHANGED;
    for (int i = 0; i < PATIENCE * 1000 && change == COPIER_UNCHANGED; i++) {
        nap(1);
        change = copier_tell(copier, error);
    }
    return change;
}

static void a_failure_is_told_once_and_mended(void **state) {
    (void)state;
    struct error error = {0};
    make_database("s.db", 2);
    struct copier *copier = copier_of("s.db", "none/of/copy.db", 0);
    assert_int_equal(await_change(copier, &error), COPIER_FAILED);
    assert_non_null(strstr(error.file, "none"));
    nap(20);
    assert_int_equal(copier_tell(copier, &error), COPIER_UNCHANGED);
    assert_int_equal(mkdir(in_folder("none"), 0755), 0);
    assert_int_equal(await_change(copier, &error), COPIER_AGAIN);
    assert_int_equal(look_at("none/of/copy.db"), 2);
    assert_int_equal(copier_tell(copier, &error), COPIER_UNCHANGED);
    assert_int_equal(copier_end(copier, &error), STATUS_OK);
    assert_int_equal(output_left_over(folder, false), 0);
}

static void another_file_is_not_copied(void **state) {
    (void)state;
    struct error error = {0};
    make_database("s.db", 4);
    make_database("other.db", 1);
    struct copier *copier = copier_of("s.db", "copy.db", 3600);
    for (int i = 0; i < PATIENCE * 1000 && access(in_folder("copy.db"), F_OK) != 0; i++)
        nap(1);
    assert_int_equal(rename(in_folder("other.db"), in_folder("s.db")), 0);
    assert_int_equal(copier_end(copier, &error), STATUS_IO);
    assert_non_null(strstr(error.message, "is not the file that it was"));
    assert_int_equal(look_at("copy.db"), 4);
    assert_int_equal(copier_end(NULL, &error), STATUS_OK);
}

/* --- kills --- */

/* Write results and copies until killed. */
static void write_for_ever(const char *place) {
    struct made made;
    make(&made, plain_config, NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    copier_of("s.db", place, 0);
    for (size_t i = 0;; i++) {
        put(store, &made, completed(&made, i % made.space.trial_count, (double)i));
        store_commit(store, NULL);
    }
}

static void kill_writers(const char *place, int kills) {
    long most = 0;
    for (int i = 0; i < kills; i++) {
        char before[PATH_IDENTITY], now[PATH_IDENTITY];
        path_identity(-1, in_folder(place), before);
        pid_t child = fork();
        if (child == 0)
            write_for_ever(place);
        for (int j = 0; j < PATIENCE * 1000; j++) {
            path_identity(-1, in_folder(place), now);
            if (strcmp(now, before) != 0)
                break;
            nap(1);
        }
        assert_string_not_equal(now, before);
        nap(rand() % 40);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        const long found = look_at(place);
        assert_true(found >= most);
        most = found;
    }
    assert_true(most > 0);
}

static int kills(void) {
    return getenv("SWEEP_LONG") ? 500 : 30;
}

/* Nothing is left beside the database or the copy once there was one more. */
static void tidy_up(const char *place) {
    struct error error = {0};
    assert_int_equal(copier_end(copier_of("s.db", place, 0), &error), STATUS_OK);
    assert_int_equal(output_left_over(folder, false), 0);
}

static void a_kill_leaves_a_whole_copy(void **state) {
    (void)state;
    kill_writers("copy.db", kills());
    tidy_up("copy.db");
}

/* --- on FUSE --- */

static pid_t server;

static int mount_drive(void **state) {
    if (make_folder(state) != 0 || mkdir(in_folder("drive"), 0755) != 0)
        return -1;
    server = fuse_mount(in_folder("drive"));
    return server < 0 ? -1 : 0;
}

static int unmount_drive(void **state) {
    fuse_unmount(in_folder("drive"), server);
    return remove_folder(state);
}

static void copies_follow_on_fuse(void **state) {
    (void)state;
    struct error error;
    bool restored;
    copies_follow("drive/copy.db");
    assert_int_equal(output_left_over(in_folder("drive"), false), 0);
    /* A new machine goes on from it. */
    assert_int_equal(prepare("new.db", "drive/copy.db", &restored, &error), STATUS_OK);
    assert_true(restored);
    assert_int_equal(look_at("new.db"), look_at("drive/copy.db"));
}

static void a_kill_leaves_a_whole_copy_on_fuse(void **state) {
    (void)state;
    kill_writers("drive/copy.db", kills());
    tidy_up("drive/copy.db");
    assert_int_equal(output_left_over(in_folder("drive"), false), 0);
}

static void a_full_drive_keeps_the_last_copy(void **state) {
    (void)state;
    struct error error = {0};
    make_database("s.db", 2);
    struct copier *copier = copier_of("s.db", "drive/copy.db", 0);
    for (int i = 0; i < PATIENCE * 1000 && access(in_folder("drive/copy.db"), F_OK) != 0; i++)
        nap(1);
    fuse_orders->write_fault = ENOSPC;
    assert_int_equal(await_change(copier, &error), COPIER_FAILED);
    assert_non_null(strstr(error.message, strerror(ENOSPC)));
    assert_int_equal(look_at("drive/copy.db"), 2);
    fuse_orders->write_fault = 0;
    assert_int_equal(await_change(copier, &error), COPIER_AGAIN);
    fuse_orders->write_fault = EIO;
    assert_int_equal(copier_end(copier, &error), STATUS_IO);
    assert_int_equal(look_at("drive/copy.db"), 2);
    assert_int_equal(output_left_over(in_folder("drive"), false), 0);
    assert_int_equal(output_left_over(folder, false), 0);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, make_folder, remove_folder)
#define FUSE_CASE(NAME) cmocka_unit_test_setup_teardown(NAME, mount_drive, unmount_drive)

static int run_on_fuse(void) {
    const struct CMUnitTest tests[] = {
        FUSE_CASE(copies_follow_on_fuse),
        FUSE_CASE(a_kill_leaves_a_whole_copy_on_fuse),
        FUSE_CASE(a_full_drive_keeps_the_last_copy),
    };
    if (!may_mount() || mount_drive(NULL) != 0)
        return SKIPPED;
    unmount_drive(NULL);
    return cmocka_run_group_tests_name("copier on FUSE", tests, NULL, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_place_is_a_file_or_in_a_folder), CASE(what_is_there_is_not_lost),
        CASE(what_was_stopped_is_not_lost),     CASE(a_copy_becomes_the_database),
        CASE(copies_follow_the_database),       CASE(a_failure_is_told_once_and_mended),
        CASE(another_file_is_not_copied),       CASE(a_kill_leaves_a_whole_copy),
    };
    const int failed = cmocka_run_group_tests_name("copier", tests, NULL, NULL);
    const int on_fuse = in_child(run_on_fuse);
    if (on_fuse == SKIPPED)
        puts("skipped: no FUSE file system can be mounted here: none is tried");
    return failed || (on_fuse != 0 && on_fuse != SKIPPED);
}
