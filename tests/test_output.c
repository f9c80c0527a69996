/* Files that are there whole or not at all. */
#include "data_files.h"

#include "base/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sys/xattr.h>

static const char *contents(const char *path) {
    static char text[64];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static size_t count_files(const char *path) {
    size_t count = 0;
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static enum status write_bytes(const char *path, const void *bytes, size_t count,
                               struct error *error) {
    struct output output;
    *error = (struct error){0};
    enum status status = output_open(path, &output, error);
    if (status != STATUS_OK)
        return status;
    if (fwrite(bytes, 1, count, output.stream) < count)
        output.fault = errno;
    return output_keep(&output, error);
}

static enum status write_text(const char *path, const char *text, struct error *error) {
    return write_bytes(path, text, strlen(text), error);
}

static void a_file_is_made_and_replaced(void **state) {
    (void)state;
    struct error error;
    struct stat about;
    const char *path = in_folder("page/new.html");
    const mode_t mask = umask(027);
    assert_int_equal(write_text(path, "first, and longer", &error), STATUS_OK);
    umask(mask);
    assert_string_equal(contents(path), "first, and longer");
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640);
    assert_int_equal(write_text(path, "second", &error), STATUS_OK);
    assert_string_equal(contents(path), "second");
    assert_int_equal(count_files(in_folder("page")), 1);
}

static void a_link_is_followed(void **state) {
    (void)state;
    struct error error;
    struct stat about;
    const char *path = in_folder("there.html"), *link = in_folder("link.html");
    assert_int_equal(write_text(path, "old", &error), STATUS_OK);
    assert_int_equal(symlink("there.html", link), 0);
    assert_int_equal(write_text(link, "new", &error), STATUS_OK);
    assert_string_equal(contents(path), "new");
    assert_int_equal(lstat(link, &about), 0);
    assert_true(S_ISLNK(about.st_mode));
}

/* A link whose file is not there yet stays a link, and a relative one counts from its folder. */
static void a_link_to_nothing_is_followed(void **state) {
    (void)state;
    struct error error;
    struct stat about;
    assert_int_equal(mkdir(in_folder("below"), 0777), 0);
    assert_int_equal(symlink("new.html", in_folder("below/first")), 0);
    assert_int_equal(symlink("below/first", in_folder("second")), 0);
    assert_int_equal(write_text(in_folder("second"), "text", &error), STATUS_OK);
    assert_string_equal(contents(in_folder("below/new.html")), "text");
    assert_int_equal(lstat(in_folder("second"), &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_int_equal(symlink("loop", in_folder("loop")), 0);
    assert_int_equal(write_text(in_folder("loop"), "text", &error), STATUS_IO);
    assert_non_null(strstr(error.message, strerror(ELOOP)));
}

static mode_t mode_of(const char *path) {
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    return about.st_mode & 07777;
}

static void permissions_are_kept(void **state) {
    (void)state;
    struct error error;
    struct output output;
    const char *path = in_folder("private.html"), *link = in_folder("private-link");
    assert_int_equal(write_text(path, "old", &error), STATUS_OK);
    assert_int_equal(symlink("private.html", link), 0);
    static const mode_t modes[] = {0600, 0640, 0444, 0666, 0755};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(write_text(i % 2 ? link : path, "new", &error), STATUS_OK);
        assert_int_equal(mode_of(path), modes[i]);
    }
    /* Nor has anybody more rights while it is written. */
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(output_open(path, &output, &error), STATUS_OK);
    assert_int_equal(mode_of(output.beside), 0600);
    output_discard(&output);
}

/* As the superuser: who else may give files away? */
static void owners_are_kept(void **state) {
    (void)state;
    struct error error;
    struct stat about;
    const char *path = in_folder("theirs.html");
    if (geteuid() != 0)
        skip();
    assert_int_equal(write_text(path, "old", &error), STATUS_OK);
    assert_int_equal(chmod(path, 0640), 0);
    if (chown(path, 65534, 65534) != 0)
        skip();
    assert_int_equal(write_text(path, "new", &error), STATUS_OK);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_uid, 65534);
    assert_int_equal(about.st_gid, 65534);
    assert_int_equal(about.st_mode & 0777, 0640);
}

/* POSIX access control lists as the kernel has them: a version, then entries of tag, permissions
 * and an id. */
struct list_entry {
    uint16_t tag, permissions;
    uint32_t id;
};
struct list {
    uint32_t version;
    struct list_entry entries[5];
};

/* With a list, a mode's group bits are those of its mask: without it they would be the group's. */
static void an_access_control_list_is_kept(void **state) {
    (void)state;
    static const struct list list = {
        2, {{1, 6, -1U}, {2, 6, 65534}, {4, 0, -1U}, {16, 6, -1U}, {32, 0, -1U}}};
    struct list found = {0};
    struct error error;
    const char *path = in_folder("listed.html"), *acl = "system.posix_acl_access";
    assert_int_equal(write_text(path, "old", &error), STATUS_OK);
    if (setxattr(path, acl, &list, sizeof list, 0) != 0)
        skip(); /* the file system has none */
    assert_int_equal(write_text(path, "new", &error), STATUS_OK);
    assert_int_equal(getxattr(path, acl, &found, sizeof found), sizeof list);
    assert_memory_equal(&found, &list, sizeof list);
    assert_int_equal(mode_of(path), 0660);
    /* A file without one does not get its folder's. */
    assert_int_equal(mkdir(in_folder("granting"), 0777), 0);
    path = in_folder("granting/page.html");
    assert_int_equal(write_text(path, "old", &error), STATUS_OK);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(
        setxattr(in_folder("granting"), "system.posix_acl_default", &list, sizeof list, 0), 0);
    assert_int_equal(write_text(path, "new", &error), STATUS_OK);
    assert_int_equal(getxattr(path, acl, &found, sizeof found), -1);
    assert_int_equal(mode_of(path), 0640);
}

/* The path of another user's link in a folder that others can write, to a file of ours. */
static void a_planted_link_is_not_followed(void **state) {
    (void)state;
    struct error error;
    if (geteuid() != 0)
        skip();
    assert_int_equal(write_text(in_folder("important"), "keep me", &error), STATUS_OK);
    assert_int_equal(mkdir(in_folder("open"), 0777), 0);
    assert_int_equal(symlink("../important", in_folder("open/page.html")), 0);
    if (lchown(in_folder("open/page.html"), 65534, 65534) != 0)
        skip();
    static const struct {
        mode_t folder;
        enum status status;
    } cases[] = {{01777, STATUS_IO}, {0777, STATUS_IO}, {0755, STATUS_OK}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(chmod(in_folder("open"), cases[i].folder), 0);
        assert_int_equal(write_text(in_folder("open/page.html"), "new", &error), cases[i].status);
        assert_string_equal(contents(in_folder("important")), i < 2 ? "keep me" : "new");
        if (i < 2)
            assert_non_null(strstr(error.message, "another user's symbolic link"));
    }
}

/* What is no file, a pipe here, can't be replaced: it gets the bytes. */
static void a_pipe_is_written_to(void **state) {
    (void)state;
    struct error error;
    char text[8] = "";
    const char *path = in_folder("pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    const int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(write_text(path, "bytes", &error), STATUS_OK);
    assert_int_equal(read(reader, text, sizeof text), 5);
    assert_string_equal(text, "bytes");
    close(reader);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_true(S_ISFIFO(about.st_mode));
}

static void faults_name_the_place(void **state) {
    (void)state;
    struct error error;
    assert_int_equal(mkdir(in_folder("folder"), 0777), 0);
    assert_int_equal(write_text(in_folder("folder"), "x", &error), STATUS_IO);
    assert_non_null(strstr(error.message, "is a folder"));
    assert_string_equal(error.file, in_folder("folder"));
    /* Two folders are missing: a mistyped path should not grow a tree. */
    assert_int_equal(write_text(in_folder("a/b/c"), "x", &error), STATUS_IO);
    assert_string_equal(error.file, in_folder("a/b"));
    assert_non_null(strstr(error.message, strerror(ENOENT)));
    assert_int_equal(access(in_folder("a"), F_OK), -1);
    assert_int_equal(write_text(in_folder("folder/x/y"), "", &error), STATUS_OK);
    assert_int_equal(write_text(in_folder("folder/x/y/z"), "x", &error), STATUS_IO);
}

/* A full disk, as a limit on the size of files: what was there stays, and nothing is left beside.
 */
static void what_was_there_survives_a_full_disk(void **state) {
    (void)state;
    struct error error;
    struct rlimit limit, small;
    const char *path = in_folder("kept/page.html");
    static char large[100000];
    assert_int_equal(write_text(path, "old", &error), STATUS_OK);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const enum status status = write_bytes(path, large, sizeof large, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(status, STATUS_IO);
    assert_non_null(strstr(error.message, strerror(EFBIG)));
    assert_string_equal(error.file, path);
    assert_string_equal(contents(path), "old");
    assert_int_equal(count_files(in_folder("kept")), 1);
}

/* What a signal's handler leaves of an output that is begun, and of one that is done. */
static void what_is_begun_can_be_abandoned(void **state) {
    (void)state;
    struct error error;
    struct output output;
    const char *path = in_folder("begun/page.html");
    output_abandon();
    assert_int_equal(write_text(path, "old", &error), STATUS_OK);
    assert_int_equal(output_open(path, &output, &error), STATUS_OK);
    assert_int_equal(count_files(in_folder("begun")), 2);
    output_abandon();
    assert_int_equal(count_files(in_folder("begun")), 1);
    output_discard(&output);
    assert_int_equal(write_text(path, "new", &error), STATUS_OK);
    output_abandon();
    assert_string_equal(contents(path), "new");
    assert_int_equal(count_files(in_folder("begun")), 1);
}

/* A writer that is killed leaves its file to the next one. That of a writer at work stays, and so
 * does a file whose name only looks like it. */
static void what_a_killed_writer_left_is_removed(void **state) {
    (void)state;
    struct error error;
    struct output output, other;
    int how;
    char path[512], there[512];
    strcpy(there, in_folder("killed"));
    strcpy(path, in_folder("killed/page.html"));
    assert_int_equal(write_text(path, "old", &error), STATUS_OK);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 3; i++)
            output_open(path, &output, &error);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
    assert_int_equal(count_files(there), 4);
    assert_int_equal(output_left_over(there, false), 3);
    static const char *const alike[] = {"sweep-tmp-",     "sweep-tmp-1",      "sweep-tmp-x-1",
                                        "sweep-tmp-1-1x", "my-sweep-tmp-1-1", "sweep-tmp-1-"};
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
        char name[64];
        snprintf(name, sizeof name, "killed/%s", alike[i]);
        assert_int_equal(fclose(fopen(in_folder(name), "w")), 0);
    }
    assert_int_equal(symlink("page.html", in_folder("killed/sweep-tmp-2-2")), 0);
    assert_int_equal(mkdir(in_folder("killed/sweep-tmp-3-3"), 0777), 0);
    assert_int_equal(output_open(path, &output, &error), STATUS_OK);
    assert_int_equal(output.removed, 3);
    assert_int_equal(output_open(path, &other, &error), STATUS_OK);
    assert_int_equal(other.removed, 0);
    assert_int_equal(count_files(there), 1 + 6 + 2 + 2);
    assert_int_equal(output_keep(&output, &error), STATUS_OK);
    assert_int_equal(output_keep(&other, &error), STATUS_OK);
    assert_int_equal(count_files(there), 1 + 6 + 2);
}

static void a_hyphen_is_standard_output(void **state) {
    (void)state;
    struct error error;
    const char *path = in_folder("stdout");
    fflush(stdout);
    const int before = dup(STDOUT_FILENO), file = open(path, O_WRONLY | O_CREAT, 0666);
    dup2(file, STDOUT_FILENO);
    printf("first, ");
    const enum status status = write_text("-", "second", &error);
    fflush(stdout);
    dup2(before, STDOUT_FILENO);
    close(before);
    close(file);
    assert_int_equal(status, STATUS_OK);
    assert_string_equal(contents(path), "first, second");
    assert_int_equal(access("-", F_OK), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_made_and_replaced),
        cmocka_unit_test(a_link_is_followed),
        cmocka_unit_test(a_link_to_nothing_is_followed),
        cmocka_unit_test(permissions_are_kept),
        cmocka_unit_test(owners_are_kept),
        cmocka_unit_test(an_access_control_list_is_kept),
        cmocka_unit_test(a_planted_link_is_not_followed),
        cmocka_unit_test(a_pipe_is_written_to),
        cmocka_unit_test(faults_name_the_place),
        cmocka_unit_test(what_was_there_survives_a_full_disk),
        cmocka_unit_test(what_is_begun_can_be_abandoned),
        cmocka_unit_test(what_a_killed_writer_left_is_removed),
        cmocka_unit_test(a_hyphen_is_standard_output),
    };
    return cmocka_run_group_tests_name("output", tests, make_folder, remove_folder);
}
