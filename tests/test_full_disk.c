/* A disk that is full in the middle of a sweep: a real one, small and of the test's own. */
#include "store_files.h"

#include "private_mounts.h"

static int try_disk(void) {
    return may_mount() && mount("none", folder, "tmpfs", 0, "size=64k") == 0 ? 0 : 1;
}

/* Write until nothing more fits. */
static void fill(const char *name) {
    static const char bytes[4096];
    FILE *stream = fopen(in_folder(name), "wb");
    assert_non_null(stream);
    setvbuf(stream, NULL, _IONBF, 0);
    while (fwrite(bytes, sizeof bytes, 1, stream) == 1)
        ;
    fclose(stream);
}

static void make_many(struct made *made) {
    make(made, plain_config, "repeats=14"); /* 56 trials */
}

/* Faults, as bits. */
static int sweep_over(bool filled_at_begin) {
    struct made made;
    struct error error = {0};
    struct resume_summary summary;
    make_many(&made);
    if (!may_mount() || mount("none", folder, "tmpfs", 0, "size=1024k") != 0)
        return SKIPPED;
    struct store *store = open_store("s.db");
    const struct sweep_request request = {
        &made.config, &made.dataset, &made.space, "", 1, RETRAIN_SOME, "", false};
    if (filled_at_begin)
        fill("filler");
    enum status status = store_begin_sweep(store, &request, made.missing, &summary, &error);
    if (filled_at_begin) {
        int faults = (status != STATUS_IO) | 2 * (error.message[0] == '\0');
        store_close(store);
        unlink(in_folder("filler"));
        store_close(open_store("s.db"));
        return faults | 4 * (strcmp(ask("s.db", "SELECT count(*) FROM sweeps"), "0") != 0);
    }
    int faults = status != STATUS_OK;
    for (size_t i = 0; i < made.space.trial_count; i++) {
        if (i == 20)
            fill("filler");
        struct trial_result result = completed(&made, i, (double)i);
        store_put(store, &made.config, &made.space, &result, &error);
        status = store_commit(store, &error);
    }
    const size_t kept = store_spooled(store)->kept, lost = store_spooled(store)->lost;
    faults |= 2 * (status != STATUS_IO || !strstr(error.message, "full")) | 4 * (kept == 0) |
              8 * (lost > 0);
    store_close(store);
    faults |= 16 * (ask_number("s.db", "SELECT count(*) FROM trials WHERE status = 'completed'") +
                        (double)kept !=
                    56);
    unlink(in_folder("filler"));
    store = open_store("s.db");
    faults |= 32 * (store_spool_report(store)->taken != kept);
    begin(store, &made);
    faults |= 64 * (count_missing(&made) != 0);
    store_close(store);
    faults |= 128 * (strcmp(ask("s.db", "PRAGMA integrity_check"), "ok") != 0);
    return faults;
}

static int full_in_the_middle(void) {
    return sweep_over(false);
}

static int full_at_begin(void) {
    return sweep_over(true);
}

static void a_full_disk_loses_nothing(void **state) {
    (void)state;
    assert_int_equal(in_child(full_in_the_middle), 0);
}

static void on_a_full_disk_nothing_begins(void **state) {
    (void)state;
    assert_int_equal(in_child(full_at_begin), 0);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_full_disk_loses_nothing),
        CASE(on_a_full_disk_nothing_begins),
    };
    if (make_folder(NULL) != 0 || in_child(try_disk) != 0) {
        remove_folder(NULL);
        puts("no file system can be mounted here: no disk is filled");
        return SKIPPED;
    }
    remove_folder(NULL);
    return cmocka_run_group_tests_name("full_disk", tests, NULL, NULL);
}
