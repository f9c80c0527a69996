#include "report/table_fit.h"
#include "report/terminal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char paragraph[] =
    "sweep: the end of results/sweep.db.spool was not whole and was left out; its trial is trained "
    "again: 12 % of it, \033[33mwarning:\033[0m na\xc3\xafve caf\xc3\xa9s at 100 % of "
    "categorical_crossentropy";

/* The words of a text, each after a space; what a number keeps beside it is its own. */
static void collect(const char *text, char *words) {
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", text);
    *words = '\0';
    for (char *word = strtok(copy, " \n"); word; word = strtok(NULL, " \n")) {
        strcat(words, " ");
        strcat(words, word);
    }
}

static void test_words_stay_whole_at_any_width(void **state) {
    (void)state;
    char wanted[4096], found[4096];
    collect(paragraph, wanted);
    for (size_t width = 1; width <= 200; width++)
        for (size_t indent = 0; indent <= 29; indent += indent < 4 ? 1 : 5) {
            struct text lines;
            text_init(&lines);
            terminal_wrap(&lines, width, 0, indent, paragraph);
            collect(lines.data, found);
            assert_string_equal(found, wanted);
            for (const char *line = lines.data; *line;) {
                const size_t length = strcspn(line, "\n"), begin = strspn(line, " ");
                const size_t characters = terminal_characters(line, length);
                const bool one_word = !memchr(line + begin, ' ', length - begin);
                const bool percent = length > 2 && memcmp(line + length - 2, " %", 2) == 0;
                assert_true(characters <= width || one_word || percent);
                assert_true(length == 0 || line[length - 1] != ' ');
                line += length + (line[length] == '\n');
            }
            text_release(&lines);
        }
}

static void wraps(size_t width, size_t column, size_t indent, const char *text,
                  const char *wanted) {
    struct text lines;
    text_init(&lines);
    terminal_wrap(&lines, width, column, indent, text);
    assert_string_equal(lines.data, wanted);
    text_release(&lines);
}

static void test_lines(void **state) {
    (void)state;
    wraps(0, 0, 2, "any  number of characters \n  and lines ",
          "any  number of characters\n  and lines");
    wraps(30, 0, 6, "  key   a text that goes on and on",
          "  key   a text that goes on\n      and on");
    wraps(30, 6, 6, "a text behind its label, which is there",
          "a text behind its label,\n      which is there");
    /* Where the indentation leaves no room there is little of it. */
    wraps(20, 0, 15, "label          some words", "label\n    some words");
    wraps(20, 0, 15, "label          categorical", "label\n    categorical");
    wraps(20, 0, 15, "label          short", "label          short");
    wraps(20, 0, 15, "a label that is long  and some", "a label that is long\n    and some");
    /* All lines of a text go on at one column, whichever has the word that needs room. */
    wraps(29, 0, 9, "ok       one two three four five six seven eight_nine_ten_eleven",
          "ok\n    one two three four five\n    six seven\n    eight_nine_ten_eleven");
    wraps(30, 0, 9, "ok       one two three\n         eight_nine_ten_eleven_and one",
          "ok\n    one two three\n    eight_nine_ten_eleven_and\n    one");
    wraps(30, 0, 9, "ok       one a_word_of_more_characters_than_fit_at_all",
          "ok\n    one\n    a_word_of_more_characters_than_fit_at_all");
    /* A number keeps its percent sign, and colours take no room. */
    wraps(19, 0, 0, "twelve letters 100 % of", "twelve letters\n100 % of");
    wraps(12, 0, 0, "\033[1mbold words\033[0m end", "\033[1mbold words\033[0m\nend");
    /* Lines that were broken already stay as they are. */
    wraps(10, 0, 2, "one two\n  three\n", "one two\n  three\n");
}

static void test_pieces_of_a_line(void **state) {
    (void)state;
    struct text lines;
    text_init(&lines);
    size_t column = terminal_wrap(&lines, 20, 0, 2, "trained in 2 s");
    assert_int_equal(column, 14);
    column = terminal_wrap(&lines, 20, column, 2, "; predicted: 3 s\n");
    assert_int_equal(column, 0);
    assert_string_equal(lines.data, "trained in 2 s;\n  predicted: 3 s\n");
    text_release(&lines);
}

static FILE *open_terminal(int *master) {
    *master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(*master >= 0 && grantpt(*master) == 0 && unlockpt(*master) == 0);
    FILE *terminal = fopen(ptsname(*master), "w");
    assert_non_null(terminal);
    setenv("TERM", "dumb", 1);
    return terminal;
}

static void be_wide(int width) {
    char text[16];
    snprintf(text, sizeof text, "%d", width);
    setenv("COLUMNS", text, 1);
}

/* On a terminal of any width a table has its cells' words, broken at underscores at the most, and
 * its numbers, and no line is too long. */
static void test_tables(void **state) {
    (void)state;
    static const struct table_column columns[] = {{"rank", true},
                                                  {"loss_function", false},
                                                  {"layers", false},
                                                  {"val_accuracy", true},
                                                  {"seconds", true}};
    static const char *const cells[] = {"1",
                                        "categorical_crossentropy",
                                        "[128, \"64 tanh\"]",
                                        "0.9528",
                                        "12.25",
                                        "2",
                                        "mean_squared_error",
                                        "[10]",
                                        "0.95",
                                        "3.5"};
    int master;
    FILE *terminal = open_terminal(&master);
    for (int width = 20; width <= 200; width++) {
        char shown[8192];
        be_wide(width);
        table_print(terminal, columns, 5, cells, 2);
        fputs("end\n", terminal);
        fflush(terminal);
        size_t length = 0;
        do
            length += (size_t)read(master, shown + length, sizeof shown - length - 1);
        while (length < 5 || memcmp(shown + length - 5, "end\r\n", 5) != 0);
        shown[length - 5] = '\0';
        assert_non_null(strstr(shown, "0.9528"));
        assert_non_null(strstr(shown, "crossentropy"));
        assert_non_null(strstr(shown, "squared_"));
        assert_null(strstr(shown, ".."));
        for (char *line = strtok(shown, "\r\n"); line; line = strtok(NULL, "\r\n"))
            assert_true(strlen(line) <= (size_t)width || !strchr(line + strspn(line, " "), ' '));
    }
    fclose(terminal);
    close(master);
}

/* A table that a terminal is too narrow for loses what is the same in all rows, then digits, then
 * what can be spared, each only if that is needed, and nothing that does not help. */
static void test_what_is_left_out(void **state) {
    (void)state;
    static const struct table_column columns[] = {
        {"rank", true}, {"optimizer", false},   {"momentum", true}, {"dropout", true},
        {"n", true},    {"val_accuracy", true}, {"seconds", true}};
    static const char *const cells[] = {
        "1", "adam", "-", "0.0123456", "3", "0.9528", "12.25", /* momentum does not apply */
        "2", "adam", "-", "0.1",       "3", "0.95",   "3.5"};
    static const struct {
        int width;
        const char *titles, *rates, *notes;
    } cases[] = {
        {200, "rank optimizer momentum dropout n val_accuracy seconds", "0.0123456 0.1", ""},
        {52, "rank optimizer momentum dropout n val_accuracy seconds", "0.0123456 0.1", ""},
        {31, "rank dropout val_accuracy seconds", "0.0123456 0.1",
         "All of these have optimizer adam, n 3. "},
        {29, "rank dropout val_accuracy seconds", "0.0123 0.1",
         "All of these have optimizer adam, n 3. Numbers are cut to 3 digits; `sweep top --csv` "
         "has "
         "all of them. "},
        {21, "rank dropout val_accuracy", "0.0123 0.1",
         "All of these have optimizer adam, n 3. Numbers are cut to 3 digits; `sweep top --csv` "
         "has "
         "all of them. A wider terminal has seconds as well. "},
        {15, "rank dropout val_accuracy seconds", "0.0123456 0.1",
         "All of these have optimizer adam, n 3. "},
    };
    int master;
    FILE *terminal = open_terminal(&master);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena;
        struct error error;
        struct text notes, titles, rates;
        const char *copy[sizeof cells / sizeof *cells];
        struct table table = {.count = 7, .rows = 2, .cells = copy};
        arena_init(&arena);
        text_init(&notes);
        text_init(&titles);
        text_init(&rates);
        memcpy(copy, cells, sizeof cells);
        memcpy(table.columns, columns, sizeof columns);
        be_wide(cases[i].width);
        assert_int_equal(table_fit(terminal, &table, &arena, &notes, &error), STATUS_OK);
        for (size_t j = 0; j < table.count; j++)
            text_printf(&titles, "%s%s", j > 0 ? " " : "", table.columns[j].title);
        for (size_t j = 0; j < table.count * 2; j++)
            if (strcmp(table.columns[j % table.count].title, "dropout") == 0)
                text_printf(&rates, "%s%s", rates.length > 0 ? " " : "", table.cells[j]);
        assert_string_equal(titles.data, cases[i].titles);
        assert_string_equal(rates.data, cases[i].rates);
        assert_string_equal(notes.data, cases[i].notes);
        text_release(&notes);
        text_release(&titles);
        text_release(&rates);
        arena_release(&arena);
    }
    fclose(terminal);
    close(master);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_stay_whole_at_any_width),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_pieces_of_a_line),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_what_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
