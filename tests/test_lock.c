/* One writer for one database: other processes are turned away, whatever the path they come by. */
#include "store_files.h"

#include "private_mounts.h"
#include "store/lock.h"

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* A process that opens the database, says so, and keeps it until it is killed. */
static pid_t hold(const char *name) {
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct made made;
        make(&made, plain_config, NULL);
        begin(open_store(name), &made);
        if (write(ready[1], "!", 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void end(pid_t child) {
    int how;
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
}

static void assert_busy(const char *name, pid_t holder) {
    struct store *store;
    struct error error = {0};
    char said[128], host[65];
    assert_int_equal(store_open(in_folder(name), &store, &error), STATUS_BUSY);
    store_close(store);
    assert_int_equal(gethostname(host, sizeof host), 0);
    snprintf(said, sizeof said, "pid %d on %s, since 20", (int)holder, host);
    assert_contains(error.message, said);
    assert_contains(error.message, "training made.yaml");
    assert_contains(error.message, "--db");
}

static void a_second_writer_is_turned_away(void **state) {
    (void)state;
    pid_t holder = hold("s.db");
    size_t count;
    char *before = whole_file("s.db", &count);
    assert_busy("s.db", holder);
    assert_string_equal(ask("s.db", "SELECT count(*) FROM trials"), "8"); /* reading is fine */
    struct store *reader;
    assert_int_equal(store_open_read(in_folder("s.db"), &reader, NULL), STATUS_OK);
    store_close(reader);
    free(before);
    end(holder);
    /* The file is still there, and nobody holds it. */
    assert_int_equal(access(in_folder("s.db.lock"), F_OK), 0);
    store_close(open_store("s.db"));
    assert_only("s.db");
}

static void links_lead_to_the_same_lock(void **state) {
    (void)state;
    make_folders("there");
    assert_int_equal(symlink("there/s.db", in_folder("link.db")), 0);
    pid_t holder = hold("link.db"); /* which makes the file that the link leads to */
    assert_int_equal(access(in_folder("there/s.db"), F_OK), 0);
    assert_int_equal(access(in_folder("there/s.db.lock"), F_OK), 0);
    assert_busy("there/s.db", holder);
    assert_busy("link.db", holder);
    end(holder);
    pid_t next = hold("there/s.db");
    assert_busy("link.db", next);
    end(next);
    store_close(open_store("link.db"));
    assert_only("there/s.db");
    assert_only("link.db");
}

static void others_can_see_who_holds_it(void **state) {
    (void)state;
    char holder[256] = "nobody", expected[32];
    bool held = true;
    assert_int_equal(lock_look(in_folder("s.db"), &held, holder, sizeof holder, NULL), STATUS_OK);
    assert_false(held);
    pid_t child = hold("s.db");
    assert_int_equal(lock_look(in_folder("s.db"), &held, holder, sizeof holder, NULL), STATUS_OK);
    assert_true(held);
    snprintf(expected, sizeof expected, "pid %d on ", (int)child);
    assert_contains(holder, expected);
    end(child);
    assert_int_equal(lock_look(in_folder("s.db"), &held, holder, sizeof holder, NULL), STATUS_OK);
    assert_false(held);
}

/* Somebody's important file is not written to because a link to it has our lock's name. */
static void a_lock_that_is_a_link_is_refused(void **state) {
    (void)state;
    struct store *store;
    struct error error = {0};
    FILE *stream = fopen(in_folder("important"), "w");
    fputs("keep me", stream);
    fclose(stream);
    assert_int_equal(symlink("important", in_folder("s.db.lock")), 0);
    assert_int_equal(store_open(in_folder("s.db"), &store, &error), STATUS_IO);
    assert_contains(error.message, "lock can't be taken");
    store_close(store);
    size_t count;
    char *bytes = whole_file("important", &count);
    assert_int_equal(count, 7);
    assert_memory_equal(bytes, "keep me", 7);
    free(bytes);
}

/* The C library's, with what happens just before and after. */
static struct lock *released_before_flock, *released_after_flock;
static bool renamed_before_flock;

int flock(int file, int operation) {
    struct lock *before = released_before_flock, *after = released_after_flock;
    released_before_flock = released_after_flock = NULL;
    lock_release(before);
    if (renamed_before_flock)
        rename(in_folder("new.db"), in_folder("s.db"));
    renamed_before_flock = false;
    const int done = (int)syscall(SYS_flock, file, operation), why = errno;
    lock_release(after);
    errno = why;
    return done;
}

static void make_file(const char *name) {
    FILE *stream = fopen(in_folder(name), "w");
    assert_non_null(stream);
    fclose(stream);
}

/* Between the opening of the file and its locking, the holder ends and takes its note along; or the
 * file is replaced, and the lock on what was there is worth nothing. */
static void what_was_replaced_does_not_count(void **state) {
    (void)state;
    struct lock *first, *second, *third;
    struct error error = {0};
    struct stat locked, there;
    make_file("s.db");
    assert_int_equal(lock_take(in_folder("s.db"), &first, &error), STATUS_OK);
    released_before_flock = first;
    assert_int_equal(lock_take(in_folder("s.db"), &second, &error), STATUS_OK);
    assert_null(released_before_flock);
    assert_int_equal(access(in_folder("s.db.lock"), F_OK), 0);
    assert_int_equal(lock_take(in_folder("s.db"), &third, &error), STATUS_BUSY);
    lock_release(second);
    assert_int_equal(access(in_folder("s.db.lock"), F_OK), -1);
    make_file("new.db");
    renamed_before_flock = true;
    assert_int_equal(lock_take(in_folder("s.db"), &first, &error), STATUS_OK);
    assert_false(renamed_before_flock);
    assert_int_equal(fstat(lock_file(first), &locked), 0);
    assert_int_equal(stat(in_folder("s.db"), &there), 0);
    assert_int_equal(locked.st_ino, there.st_ino);
    lock_release(first);
}

/* Who comes just before the holder ends is not turned away. */
static void a_holder_that_ends_is_waited_for(void **state) {
    (void)state;
    struct lock *first, *second;
    make_file("s.db");
    assert_int_equal(lock_take(in_folder("s.db"), &first, NULL), STATUS_OK);
    released_after_flock = first;
    assert_int_equal(lock_take(in_folder("s.db"), &second, NULL), STATUS_OK);
    assert_null(released_after_flock);
    lock_release(second);
}

static void assert_refused(const char *name, enum status expected, const char *said) {
    for (int write = 0; write < 2; write++) {
        struct store *store;
        struct error error = {0};
        assert_error((write ? store_open : store_open_read)(in_folder(name), &store, &error),
                     &error, expected, said);
        store_close(store);
    }
}

/* By a second name another log would be found, or none. */
static void a_file_with_two_names_has_one_writer(void **state) {
    (void)state;
    struct store *store;
    struct error error = {0};
    pid_t holder = hold("s.db");
    assert_int_equal(link(in_folder("s.db"), in_folder("hard.db")), 0);
    assert_error(store_open_read(in_folder("hard.db"), &store, &error), &error, STATUS_BUSY,
                 "writing this file by another name");
    store_close(store);
    for (int killed = 0; killed < 2; killed++) {
        const char *names[] = {"hard.db", "s.db"};
        for (int i = 0; i < 2; i++) {
            assert_error(store_open(in_folder(names[i]), &store, &error), &error, STATUS_INPUT,
                         "has 2 names (hard links)");
            assert_contains(error.message, "-samefile");
            store_close(store);
        }
        if (!killed)
            end(holder);
    }
    assert_only("hard.db");
    assert_int_equal(unlink(in_folder("hard.db")), 0);
    store_close(open_store("s.db"));
    assert_only("s.db");
}

/* A backup that is made of links can be read. */
static void a_quiet_file_with_two_names_is_read(void **state) {
    (void)state;
    struct store *store;
    store_close(open_store("s.db"));
    assert_int_equal(link(in_folder("s.db"), in_folder("hard.db")), 0);
    assert_int_equal(store_open_read(in_folder("hard.db"), &store, NULL), STATUS_OK);
    store_close(store);
}

static void a_file_that_was_renamed_has_one_writer(void **state) {
    (void)state;
    pid_t holder = hold("s.db");
    assert_int_equal(rename(in_folder("s.db"), in_folder("moved.db")), 0);
    assert_refused("moved.db", STATUS_BUSY, "by another name");
    end(holder);
}

/* What a mount of the test's own shows at another place, as a container may. */
static int open_what_is_bound(void) {
    struct store *store;
    struct error error = {0};
    if (!may_mount() || mount(in_folder("s.db"), in_folder("bound.db"), NULL, MS_BIND, NULL) != 0)
        return SKIPPED;
    int faults = store_open(in_folder("bound.db"), &store, &error) != STATUS_BUSY;
    store_close(store);
    faults |= 2 * (store_open_read(in_folder("bound.db"), &store, &error) != STATUS_BUSY);
    store_close(store);
    return faults | 4 * !strstr(error.message, "bind mount");
}

static void a_file_that_is_mounted_elsewhere_has_one_writer(void **state) {
    (void)state;
    pid_t holder = hold("s.db");
    make_file("bound.db");
    const int faults = in_child(open_what_is_bound);
    end(holder);
    if (faults == SKIPPED) {
        print_message("no file can be mounted here: none is tried\n");
        skip();
    }
    assert_int_equal(faults, 0);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_second_writer_is_turned_away),
        CASE(links_lead_to_the_same_lock),
        CASE(others_can_see_who_holds_it),
        CASE(a_lock_that_is_a_link_is_refused),
        CASE(what_was_replaced_does_not_count),
        CASE(a_holder_that_ends_is_waited_for),
        CASE(a_file_with_two_names_has_one_writer),
        CASE(a_quiet_file_with_two_names_is_read),
        CASE(a_file_that_was_renamed_has_one_writer),
        CASE(a_file_that_is_mounted_elsewhere_has_one_writer),
    };
    return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
