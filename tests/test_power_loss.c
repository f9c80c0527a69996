/* The store when power goes: at any moment, what reached the disk is a whole database, with every
 * trial in it that was committed before, and the same sweep completes it. */
#include "store_files.h"

#include "power_loss.h"

#define PICTURES_MAX 20000

static struct made made;
static size_t committed;              /* trials, so far */
static size_t moments, pictures;      /* operations met, pictures taken */
static size_t promised[PICTURES_MAX]; /* trials that were committed when a picture was taken */
static uint32_t seeds = 3;            /* pictures of each moment */

static const char *picture_folder(size_t picture) {
    static char name[32];
    snprintf(name, sizeof name, "cut%zu", picture);
    return in_folder(name);
}

static void take_pictures(void) {
    for (uint32_t seed = 0; seed < seeds && pictures < PICTURES_MAX; seed++) {
        const char *path = picture_folder(pictures);
        assert_int_equal(mkdir(path, 0777), 0);
        disk_picture(path, seed + (uint32_t)moments * seeds);
        promised[pictures++] = committed;
    }
    moments++;
}

/* A sweep whose trials are committed one by one and in pairs. */
static void write_sweep(const char *name) {
    struct error error = {0};
    struct store *store = open_store(name);
    begin(store, &made);
    for (size_t i = 0; i < made.space.trial_count; i++) {
        put(store, &made, completed(&made, i, (double)i));
        if (i % 3 == 1)
            continue;
        assert_int_equal(store_commit(store, &error), STATUS_OK);
        committed = i + 1;
    }
    assert_int_equal(store_finish_sweep(store, &error), STATUS_OK);
    committed = made.space.trial_count;
    store_close(store);
}

static const char all[] = "SELECT group_concat(digest || status || loss || test_loss, ' ')"
                          " FROM (SELECT * FROM trials ORDER BY trial_id)";

/* The numbers of trials are their order in the space. */
static const char present[] = "SELECT count(*) FROM trials WHERE status = 'completed'"
                              " AND trial_id <= %zu AND test_loss = trial_id - 1 + .7";

static void expect_whole(size_t picture, const char *whole) {
    char name[64], sql[256];
    struct stat about;
    snprintf(name, sizeof name, "cut%zu/power.db", picture);
    /* What SQLite alone says, before the store has been at it. */
    if (stat(in_folder(name), &about) == 0 && about.st_size > 0)
        assert_string_equal(ask(name, "PRAGMA integrity_check"), "ok");
    else
        assert_int_equal(promised[picture], 0);
    if (promised[picture] > 0) {
        snprintf(sql, sizeof sql, present, promised[picture]);
        if (ask_number(name, sql) != (double)promised[picture])
            fail_msg("cut %zu: %s of %zu trials are left", picture, ask(name, sql),
                     promised[picture]);
    }
    struct store *store = open_store(name);
    begin(store, &made);
    assert_true(count_missing(&made) <= made.space.trial_count - promised[picture]);
    for (size_t i = 0; i < made.space.trial_count; i++)
        if (made.missing[i])
            put(store, &made, completed(&made, i, (double)i));
    assert_int_equal(store_finish_sweep(store, NULL), STATUS_OK);
    store_close(store);
    assert_string_equal(ask(name, all), whole);
    assert_string_equal(ask(name, "PRAGMA integrity_check"), "ok");
}

static void power_goes_at_any_moment(void **state) {
    (void)state;
    char whole[4096];
    make(&made, plain_config, NULL);
    write_sweep("whole.db");
    snprintf(whole, sizeof whole, "%s", ask("whole.db", all));
    committed = 0;
    make_folders("run");
    seeds = getenv("SWEEP_LONG") ? 60 : seeds;
    disk_begin(take_pictures);
    write_sweep("run/power.db");
    disk_end();
    assert_true(moments > 50);
    for (size_t i = 0; i < pictures; i++)
        expect_whole(i, whole);
    print_message("%zu power cuts at %zu moments\n", pictures, moments);
    release(&made);
}

/* What is lost where nothing is synced: the disk above is worth something. */
static void without_syncs_trials_are_lost(void **state) {
    (void)state;
    disk_begin(NULL);
    make_folders("unsynced");
    make_folders("left");
    sqlite3 *database = direct("unsynced/x.db");
    assert_int_equal(sqlite3_exec(database,
                                  "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
                                  "CREATE TABLE t (a); INSERT INTO t VALUES (1)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    size_t lost = 0;
    for (uint32_t seed = 0; seed < 20; seed++) {
        disk_picture(in_folder("left"), seed);
        sqlite3 *left;
        sqlite3_stmt *statement = NULL;
        assert_int_equal(sqlite3_open_v2(in_folder("left/x.db"), &left,
                                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                         disk.system->zName),
                         SQLITE_OK);
        lost += sqlite3_prepare_v2(left, "SELECT a FROM t", -1, &statement, NULL) != SQLITE_OK ||
                sqlite3_step(statement) != SQLITE_ROW;
        sqlite3_finalize(statement);
        sqlite3_close(left);
        remove(in_folder("left/x.db-shm"));
    }
    sqlite3_close(database);
    disk_end();
    assert_true(lost > 10);
}

static int set_up(void **state) {
    (void)state;
    /* Hundreds of databases are looked at: in memory, where there is a file system for it. */
    strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/sweep-XXXXXX" : "/tmp/sweep-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_goes_at_any_moment),
        cmocka_unit_test(without_syncs_trials_are_lost),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
