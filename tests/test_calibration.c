/* What was measured is found again by the next process, and a damaged file does no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "train/calibration.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    char top[64], path[96];
};

static int make_folder(void **state) {
    struct folder *folder = malloc(sizeof *folder);
    snprintf(folder->top, sizeof folder->top, "/tmp/sweep-calibration-XXXXXX");
    if (!mkdtemp(folder->top))
        return -1;
    snprintf(folder->path, sizeof folder->path, "%s/cache/sweep", folder->top);
    *state = folder;
    return 0;
}

static int remove_folder(void **state) {
    struct folder *folder = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder->top);
    const int status = system(command);
    free(folder);
    return status;
}

static const double times[] = {1.5e-6, 2.5e-7};

static void add(const char *folder, const char *key) {
    struct calibration *calibration = calibration_open(folder);
    calibration_add(calibration, digest_of_string(key), times);
    calibration_close(calibration);
}

static bool knows(const char *folder, const char *key) {
    double seconds[2] = {0, 0};
    struct calibration *calibration = calibration_open(folder);
    const bool found = calibration_find(calibration, digest_of_string(key), seconds);
    if (found) {
        assert_true(seconds[0] == times[0]);
        assert_true(seconds[1] == times[1]);
    }
    calibration_close(calibration);
    return found;
}

/* The one file in the folder. */
static void file_of(const struct folder *folder, char path[256]) {
    char pattern[128];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/*", folder->path);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1); /* nor a temporary one left behind */
    snprintf(path, 256, "%s", found.gl_pathv[0]);
    globfree(&found);
}

static void kept(void **state) {
    const struct folder *folder = *state;
    char path[256];
    assert_false(knows(folder->path, "a"));
    add(folder->path, "a");
    add(folder->path, "b");
    assert_true(knows(folder->path, "a"));
    assert_true(knows(folder->path, "b"));
    assert_false(knows(folder->path, "c"));
    file_of(folder, path);
}

static void not_kept(void **state) {
    (void)state;
    add(NULL, "a");
    add("", "a");
    add("/proc/no/such", "a");
    assert_false(knows(NULL, "a"));
    calibration_close(NULL);
    assert_false(calibration_find(NULL, digest_of_string("a"), (double[2]){0, 0}));
    calibration_add(NULL, digest_of_string("a"), times);
    calibration_forget(NULL);
    struct calibration *calibration = calibration_open(NULL);
    calibration_add(calibration, digest_of_string("a"), times);
    assert_true(calibration_find(calibration, digest_of_string("a"), (double[2]){0, 0}));
    calibration_add(calibration, digest_of_string("b"), (double[]){0, 1}); /* no time at all */
    assert_false(calibration_find(calibration, digest_of_string("b"), (double[2]){0, 0}));
    calibration_close(calibration);
}

static void forgotten(void **state) {
    const struct folder *folder = *state;
    double seconds[2];
    add(folder->path, "a");
    add(folder->path, "b");
    struct calibration *calibration = calibration_open(folder->path);
    assert_true(calibration_find(calibration, digest_of_string("a"), seconds));
    calibration_add(calibration, digest_of_string("c"), times);
    calibration_forget(calibration); /* what this one has used: a and c */
    calibration_close(calibration);
    assert_false(knows(folder->path, "a"));
    assert_true(knows(folder->path, "b"));
    assert_false(knows(folder->path, "c"));
}

static void damaged(void **state) {
    const struct folder *folder = *state;
    static const char *const contents[] = {
        "",
        "something else\n",
        "sweep calibration 2\nzz 1 2\n",
        "sweep calibration 2\n0123 1e-6 1e-6\n",
    };
    char path[256];
    add(folder->path, "a");
    file_of(folder, path);
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        FILE *file = fopen(path, "w");
        fputs(contents[i], file);
        fclose(file);
        assert_false(knows(folder->path, "a"));
        add(folder->path, "a"); /* and is whole again */
        assert_true(knows(folder->path, "a"));
    }
    FILE *file = fopen(path, "w");
    fprintf(file, "sweep calibration 2\n%s nan 1\n", digest_of_string("a").hex);
    fclose(file);
    assert_false(knows(folder->path, "a"));
}

static void folder_of_the_user(void **state) {
    (void)state;
    char path[4096];
    setenv("XDG_CACHE_HOME", "/there", 1);
    setenv("HOME", "/home/ana", 1);
    assert_string_equal(calibration_folder(path), "/there/sweep");
    setenv("XDG_CACHE_HOME", "not/absolute", 1);
    assert_string_equal(calibration_folder(path), "/home/ana/.cache/sweep");
    unsetenv("HOME");
    assert_string_equal(calibration_folder(path), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kept, make_folder, remove_folder),
        cmocka_unit_test(not_kept),
        cmocka_unit_test_setup_teardown(forgotten, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(damaged, make_folder, remove_folder),
        cmocka_unit_test(folder_of_the_user),
    };
    return cmocka_run_group_tests_name("calibration", tests, NULL, NULL);
}
