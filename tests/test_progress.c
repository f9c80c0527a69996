#include "report/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct progress midway = {.trials = 55,
                                       .trial_count = 162,
                                       .images = 1000000,
                                       .image_count = 3000000,
                                       .fraction = 0.345,
                                       .seconds = 42,
                                       .predicted = 120};

static struct progress_line line_of(double best) {
    struct progress_line line;
    progress_init(&line, true);
    progress_goal(&line, "val_accuracy", true);
    progress_note(&line, best);
    return line;
}

/* Every piece is shown whole or not at all: what stands between two spaces is in the full line. */
static void test_no_word_is_broken(void **state) {
    (void)state;
    const struct progress_line line = line_of(0.95283);
    const struct progress all[] = {
        {.trial_count = 1, .predicted = 0.2},
        midway,
        {.trials = 99999,
         .trial_count = 100000,
         .images = 2000000000,
         .fraction = 0.99999,
         .seconds = 360000,
         .predicted = 1e6},
        {.trials = 3, .trial_count = 3, .images = 5, .fraction = 1, .seconds = 1}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char whole[512], text[512];
        size_t before = 0;
        progress_format(&line, &all[i], 400, whole, sizeof whole);
        for (size_t width = 20; width <= 200; width++) {
            progress_format(&line, &all[i], width, text, sizeof text);
            assert_true(strlen(text) <= width);
            assert_true(strstr(text, " %"));
            assert_true(width < 36 || all[i].fraction == 1 || strstr(text, " left"));
            assert_true(width < 38 || strchr(text, '['));
            before = strlen(text) > before ? strlen(text) : before;
            char *words = strchr(text, ']') ? strchr(text, ']') + 1 : text;
            for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
                char padded[520];
                snprintf(padded, sizeof padded, " %s ", whole);
                char wanted[128];
                snprintf(wanted, sizeof wanted, " %s ", word);
                assert_true(strstr(padded, wanted));
            }
        }
        assert_int_equal(before, strlen(whole));
    }
}

static void test_what_a_line_says(void **state) {
    (void)state;
    char text[512];
    struct progress_line line = line_of((double)__builtin_nan(""));
    progress_format(&line, &midway, 77, text, sizeof text);
    assert_string_equal(text,
                        "[===       ]   34 %  1 min 20 s left  55/162 trials  0.0238 M images/s");
    line = line_of(0.95);
    progress_format(&line, &midway, 0, text, sizeof text);
    assert_string_equal(text,
                        " 34 %  42 s, 1 min 20 s left  55/162 trials  best val_accuracy 0.95  "
                        "0.0238 M images/s");
    /* 100 % is what is done, and then nothing is left. */
    struct progress progress = midway;
    progress.fraction = 0.9999;
    progress_format(&line, &progress, 0, text, sizeof text);
    assert_memory_equal(text, " 99 %  42 s, 0.1 s left", 23);
    progress.fraction = 1;
    progress_format(&line, &progress, 0, text, sizeof text);
    assert_memory_equal(text, "100 %  42 s  55/162", 19);
}

/* Of what comes before training: what it is comes first, then how long it takes. */
static void test_stages(void **state) {
    (void)state;
    char text[512];
    progress_format_stage("loading data", 0, 0.1, 60, text, sizeof text);
    assert_string_equal(text, "[          ]    0 %  loading data");
    progress_format_stage("loading data", 0.25, 2, 60, text, sizeof text);
    assert_string_equal(text, "[==        ]   25 %  loading data  6.0 s left");
    for (size_t width = 20; width <= 200; width++) {
        progress_format_stage("opening the database", 0.5, 30, width, text, sizeof text);
        assert_true(strlen(text) <= width);
        assert_non_null(strstr(text, " 50 %"));
        assert_true(width < 27 || strstr(text, "opening the database"));
        assert_true(width < 38 || strstr(text, "  30 s left"));
    }
}

/* Before anything is trained, what was predicted; later what it turns out to be. */
static void test_time_left(void **state) {
    (void)state;
    struct progress progress = {.trial_count = 1, .predicted = 100};
    assert_float_equal(progress_left(&progress), 100, 1e-9);
    progress.fraction = 0.5;
    progress.seconds = 50;
    assert_float_equal(progress_left(&progress), 50, 1e-9);
    progress.seconds = 500; /* ten times as slow as predicted */
    assert_in_range((uintmax_t)progress_left(&progress), 400, 500);
    progress.fraction = 1;
    assert_float_equal(progress_left(&progress), 0, 1e-9);
}

/* Where lines stay: one a minute, and the last one. */
static void test_lines_that_stay(void **state) {
    (void)state;
    FILE *before = stderr;
    char *said = NULL;
    size_t length = 0;
    struct progress progress = midway;
    struct progress_line line = line_of(0.95);
    line.redraws = false;
    stderr = open_memstream(&said, &length);
    assert_non_null(stderr);
    progress_stage(&line, "loading data");
    for (int second = 1; second <= 150; second++) {
        progress.seconds = second;
        progress_show(&line, &progress);
    }
    progress_end(&line);
    progress_end(&line); /* what nothing was shown of has no end */
    fclose(stderr);
    stderr = before;
    size_t lines = 0;
    for (const char *c = said; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 3);
    assert_memory_equal(said, "34 %  1 min 00 s, ", 18);
    assert_non_null(strstr(said, "\n34 %  2 min 00 s, "));
    assert_non_null(strstr(said, "\n34 %  2 min 30 s, "));
    assert_null(strpbrk(said, "\r\033"));
    free(said);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_word_is_broken),
        cmocka_unit_test(test_what_a_line_says),
        cmocka_unit_test(test_stages),
        cmocka_unit_test(test_time_left),
        cmocka_unit_test(test_lines_that_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
