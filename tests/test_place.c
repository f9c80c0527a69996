/* Places for a database: file systems, links, folders and files that can't be one. */
#include "store_files.h"

#include "private_mounts.h"

#include "store/filesystem.h"

#include <linux/magic.h>
#include <sys/wait.h>

static void safe_file_systems_are_known(void **state) {
    (void)state;
    static const unsigned long fine[] = {EXT4_SUPER_MAGIC,
                                         XFS_SUPER_MAGIC,
                                         TMPFS_MAGIC,
                                         RAMFS_MAGIC,
                                         BTRFS_SUPER_MAGIC,
                                         F2FS_SUPER_MAGIC,
                                         OVERLAYFS_SUPER_MAGIC,
                                         MSDOS_SUPER_MAGIC,
                                         NILFS_SUPER_MAGIC,
                                         REISERFS_SUPER_MAGIC,
                                         0x2fc12fc1 /* ZFS */,
                                         0xca451a4e /* bcachefs */,
                                         (unsigned long)(long)(int)BTRFS_SUPER_MAGIC};
    static const unsigned long refused[] = {NFS_SUPER_MAGIC,
                                            SMB_SUPER_MAGIC,
                                            V9FS_MAGIC,
                                            AFS_SUPER_MAGIC,
                                            CODA_SUPER_MAGIC,
                                            0xff534d42,
                                            0xfe534d42,
                                            0x0bd00bd0 /* Lustre */,
                                            0x65735546 /* FUSE, virtiofs */,
                                            0x00c36400 /* Ceph */,
                                            0x786f4256 /* vboxsf */,
                                            0x7c7c6673 /* prl_fs */,
                                            OCFS2_SUPER_MAGIC,
                                            0x01161970 /* GFS2 */,
                                            0x47504653 /* GPFS */,
                                            0x12345678,
                                            0};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        assert_true(filesystem_is_safe(fine[i]));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_false(filesystem_is_safe(refused[i]));
}

static void the_file_system_of_a_file_to_be_is_that_of_its_folder(void **state) {
    (void)state;
    /* What is looked at is the nearest folder that is there, wherever links lead. */
    assert_int_equal(filesystem_check(in_folder("none/of/these/s.db"), NULL), STATUS_OK);
    assert_int_equal(filesystem_check("s.db", NULL), STATUS_OK);
    assert_int_equal(filesystem_check("/", NULL), STATUS_OK);
    assert_int_equal(filesystem_check("", NULL), STATUS_OK);
    assert_int_equal(symlink("/proc/s.db", in_folder("link.db")), 0);
    assert_int_equal(symlink("/proc", in_folder("link")), 0);
    static const char *const unsafe[] = {"/proc", "/proc/none/s.db", "/proc/self/s.db"};
    const char *paths[] = {unsafe[0], unsafe[1], unsafe[2], in_folder("link.db"),
                           in_folder("link/s.db")};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct error error = {0};
        assert_error(filesystem_check(paths[i], &error), &error, STATUS_IO, "(proc)");
        assert_contains(error.message, "--db ");
        assert_string_equal(error.file, paths[i]);
    }
}

static void expect(const char *path, enum status expected, const char *said) {
    for (int write = 0; write < 2; write++) {
        struct store *store;
        struct error error = {0};
        assert_error((write ? store_open : store_open_read)(path, &store, &error), &error, expected,
                     said);
        store_close(store);
    }
}

static void expect_write(const char *path, enum status expected, const char *said) {
    struct store *store;
    struct error error = {0};
    assert_error(store_open(path, &store, &error), &error, expected, said);
    store_close(store);
}

static void what_is_no_file_is_refused(void **state) {
    (void)state;
    make_folders("dir");
    assert_int_equal(symlink("dir", in_folder("link")), 0);
    assert_int_equal(mkfifo(in_folder("pipe"), 0666), 0);
    expect(in_folder("dir"), STATUS_IO, "is a folder; --db takes a file");
    expect(in_folder("dir/"), STATUS_IO, "dir/sweep.db");
    expect(in_folder("link"), STATUS_IO, "is a folder");
    expect(in_folder("pipe"), STATUS_IO, "a device or a pipe");
    expect("/dev/null", STATUS_IO, "a device or a pipe");
    expect("/dev/full", STATUS_IO, "a device or a pipe");
    expect_write(in_folder("new/"), STATUS_IO, "is a folder");
    assert_int_equal(access(in_folder("new"), F_OK), -1);
    expect_write("", STATUS_IO, "No such file");
    char name[300];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    expect_write(in_folder(name), STATUS_IO, "File name too long");
    FILE *stream = fopen(in_folder("short"), "w");
    fputs("x", stream); /* which SQLite takes for an empty database */
    fclose(stream);
    expect(in_folder("short"), STATUS_INPUT, "is not a database");
}

/* As long as SQLite takes it, and a byte longer: that leaves nothing behind. */
static void paths_that_are_too_long_are_refused(void **state) {
    (void)state;
    char name[600], link[600];
    struct error error = {0};
    struct store *store;
    size_t length = strlen(folder);
    const size_t most = 504;
    strcpy(name, folder);
    for (; length < most - 100; length += 60)
        snprintf(name + length, sizeof name - length, "/%059d", 0);
    make_folders(name + strlen(folder) + 1);
    snprintf(name + length, sizeof name - length, "/%0*d", (int)(most - length - 1), 0);
    assert_int_equal(strlen(name), most);
    assert_int_equal(store_open(name, &store, &error), STATUS_OK);
    store_close(store);
    assert_int_equal(store_open_read(name, &store, &error), STATUS_OK);
    store_close(store);
    strcat(name, "x");
    expect_write(name, STATUS_IO, "its full path has 505 bytes, and SQLite opens a database whose");
    assert_int_equal(access(name, F_OK), -1);
    assert_int_equal(symlink(name, in_folder("long.db")), 0);
    expect_write(in_folder("long.db"), STATUS_IO, "its full path has 505 bytes");
    assert_int_equal(access(name, F_OK), -1);
    snprintf(link, sizeof link, "%.*s/d/s.db", (int)length, name);
    expect_write(link, STATUS_OK, "");
    snprintf(link, sizeof link, "%.*s/%0100d/s.db", (int)length, name, 0);
    expect_write(link, STATUS_IO, "its full path has");
    *strrchr(link, '/') = '\0';
    assert_int_equal(access(link, F_OK), -1);
    /* One that is there already. */
    fclose(fopen(name, "w"));
    expect(name, STATUS_IO, "its full path has 505 bytes");
}

static void links_are_followed(void **state) {
    (void)state;
    struct made made;
    make(&made, plain_config, NULL);
    make_folders("there");
    assert_int_equal(symlink("there/real.db", in_folder("link.db")), 0);
    struct store *store = open_store("link.db"); /* the file is made where the link leads */
    begin(store, &made);
    assert_int_equal(access(in_folder("there/real.db-wal"), F_OK), 0);
    assert_int_equal(access(in_folder("there/real.db.spool"), F_OK), 0);
    put_all(store, &made);
    store_close(store);
    assert_only("there/real.db");
    struct stat about;
    assert_int_equal(lstat(in_folder("link.db"), &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_string_equal(ask("there/real.db", "SELECT count(*) FROM trials"), "8");
    assert_int_equal(symlink("loop.db", in_folder("loop.db")), 0);
    expect_write(in_folder("loop.db"), STATUS_IO, "Too many levels of symbolic links");
    assert_int_equal(symlink("nowhere/s.db", in_folder("broken.db")), 0);
    expect_write(in_folder("broken.db"), STATUS_IO, "No such file");
    release(&made);
}

/* As somebody who may not write there; root may everywhere. */
static int try_without_rights(void) {
    struct store *store;
    struct error error = {0};
    int faults = getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0);
    faults |= 2 * (store_open(in_folder("folder/s.db"), &store, &error) != STATUS_IO ||
                   !strstr(error.message, "folder can't be written") ||
                   !strstr(error.message, "Permission denied") ||
                   strcmp(error.file, in_folder("folder")) != 0);
    store_close(store);
    faults |= 4 * (store_open(in_folder("file.db"), &store, &error) != STATUS_IO ||
                   !strstr(error.message, "can't be written: Permission denied"));
    store_close(store);
    faults |= 8 * (store_open_read(in_folder("folder/s.db"), &store, &error) != STATUS_OK);
    store_close(store);
    faults |= 16 * (store_open_read(in_folder("secret.db"), &store, &error) != STATUS_IO ||
                    !strstr(error.message, "Permission denied"));
    store_close(store);
    faults |= 32 * (store_open(in_folder("folder/new/s.db"), &store, &error) != STATUS_IO ||
                    !strstr(error.message, "folder can't be made: Permission denied"));
    store_close(store);
    /* A database that a killed run left with a log: to be read from where nothing can be written.
     */
    faults |= 64 * (store_open_read(in_folder("folder/wal.db"), &store, &error) != STATUS_IO ||
                    !strstr(error.message, "copy it"));
    store_close(store);
    /* And one whose log is gone, which needs none to be read. */
    faults |= 128 * (store_open_read(in_folder("folder/al%ne?#.db"), &store, &error) != STATUS_OK);
    store_close(store);
    return faults;
}

static void leave_a_log(const char *name) {
    store_close(open_store(name));
    fflush(NULL);
    pid_t child = fork();
    int how;
    if (child == 0) {
        struct made made;
        make(&made, plain_config, NULL);
        begin(open_store(name), &made);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
}

/* As a copy of just the file is, that was made while a sweep ran. */
static void leave_without_log(const char *name) {
    store_close(open_store(name));
    tell(name, "PRAGMA journal_mode = WAL; CREATE TABLE added (a)");
    assert_only(name);
}

/* A medium that can only be read, also by the superuser. */
static int read_only_medium(void) {
    struct store *store;
    struct error error = {0};
    if (!may_mount() || mount(in_folder("medium"), in_folder("medium"), NULL, MS_BIND, NULL) != 0 ||
        mount("none", in_folder("medium"), NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) != 0)
        return SKIPPED;
    int faults = store_open_read(in_folder("medium/s.db"), &store, &error) != STATUS_OK;
    store_close(store);
    faults |= 2 * (store_open(in_folder("medium/s.db"), &store, &error) != STATUS_IO ||
                   !strstr(error.message, "can't be written: Read-only file system"));
    store_close(store);
    faults |= 4 * (store_open(in_folder("medium/new.db"), &store, &error) != STATUS_IO ||
                   !strstr(error.message, "can't be written: Read-only file system"));
    store_close(store);
    return faults;
}

static void a_medium_that_can_only_be_read(void **state) {
    (void)state;
    make_folders("medium");
    leave_without_log("medium/s.db");
    const int faults = in_child(read_only_medium);
    if (faults == SKIPPED) {
        print_message("nothing can be mounted here: no read-only medium is tried\n");
        skip();
    }
    assert_int_equal(faults, 0);
}

static void places_without_rights(void **state) {
    (void)state;
    make_folders("folder");
    store_close(open_store("folder/s.db"));
    store_close(open_store("file.db"));
    store_close(open_store("secret.db"));
    leave_a_log("folder/wal.db");
    assert_int_equal(unlink(in_folder("folder/wal.db-shm")), 0);
    leave_without_log("folder/al%ne?#.db");
    assert_int_equal(chmod(in_folder(""), 0777), 0);
    assert_int_equal(chmod(in_folder("folder/s.db"), 0666), 0);
    assert_int_equal(chmod(in_folder("file.db"), 0444), 0);
    assert_int_equal(chmod(in_folder("secret.db"), 0), 0);
    assert_int_equal(chmod(in_folder("folder"), 0555), 0);
    int how;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(try_without_rights());
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(chmod(in_folder("folder"), 0755), 0);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(safe_file_systems_are_known),
        CASE(the_file_system_of_a_file_to_be_is_that_of_its_folder),
        CASE(what_is_no_file_is_refused),
        CASE(paths_that_are_too_long_are_refused),
        CASE(links_are_followed),
        CASE(places_without_rights),
        CASE(a_medium_that_can_only_be_read),
    };
    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
