/* Files that are there whole or not at all. */
#include "data_files.h"

#include "base/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

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

static enum status write_text(const char *path, const char *text, struct error *error) {
    *error = (struct error){0};
    return output_replace(path, text, strlen(text), error);
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
    const enum status status = output_replace(path, large, sizeof large, &error);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_made_and_replaced),
        cmocka_unit_test(a_link_is_followed),
        cmocka_unit_test(a_pipe_is_written_to),
        cmocka_unit_test(faults_name_the_place),
        cmocka_unit_test(what_was_there_survives_a_full_disk),
        cmocka_unit_test(what_is_begun_can_be_abandoned),
    };
    return cmocka_run_group_tests_name("output", tests, make_folder, remove_folder);
}
