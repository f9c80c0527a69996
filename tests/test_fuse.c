/* A database on a file system that is shared, in the real: a FUSE one that the test serves itself.
 */
#include "store_files.h"

#include "fuse_folder.h"

static int try_fuse(void) {
    pid_t server = may_mount() ? fuse_mount(folder) : -1;
    if (server < 0)
        return 1;
    fuse_unmount(folder, server);
    return 0;
}

static int open_on_fuse(void) {
    pid_t server = may_mount() ? fuse_mount(folder) : -1;
    struct store *store;
    struct error error = {0};
    if (server < 0)
        return 128;
    int faults = store_open(in_folder("s.db"), &store, &error) != STATUS_IO;
    store_close(store);
    faults |= 2 * !strstr(error.message, "(fuse.test)") | 4 * !strstr(error.message, "--db ");
    error.message[0] = '\0';
    faults |= 8 * (store_open(in_folder("results/s.db"), &store, &error) != STATUS_IO ||
                   !strstr(error.message, "(fuse.test)"));
    store_close(store);
    fuse_unmount(folder, server);
    return faults;
}

static void a_database_on_fuse_is_refused(void **state) {
    (void)state;
    assert_int_equal(in_child(open_on_fuse), 0);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {CASE(a_database_on_fuse_is_refused)};
    if (make_folder(NULL) != 0 || in_child(try_fuse) != 0) {
        remove_folder(NULL);
        puts("no FUSE file system can be mounted here: none is tried");
        return SKIPPED;
    }
    remove_folder(NULL);
    return cmocka_run_group_tests_name("fuse", tests, NULL, NULL);
}
