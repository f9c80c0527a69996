/* CSV files as data sets: every dialect that people have, and what is told of what can't be read.
 */
#include "data_files.h"

#include "data/dataset.h"

#include <math.h>

static const char *write_text(const char *name, const char *text) {
    const char *path = in_folder(name);
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    fputs(text, stream);
    assert_int_equal(fclose(stream), 0);
    return path;
}

static const char *write_packed(const char *name, const char *text) {
    const char *path = in_folder(name);
    gzFile stream = gzopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(gzputs(stream, text), (int)strlen(text));
    assert_int_equal(gzclose(stream), Z_OK);
    return path;
}

static void load(const char *path, const struct dataset_options *options, struct dataset *data) {
    const struct dataset_places places = {.options = options};
    struct error error = {0};
    bool found = false;
    const enum status status = dataset_load(path, &places, data, &found, &error);
    if (status != STATUS_OK)
        print_message("%s:%d: %s\n", error.file, error.line, error.message);
    assert_int_equal(status, STATUS_OK);
    assert_true(found);
}

static void refuse_as(const char *text, const struct dataset_options *options, int line,
                      const char *said) {
    const struct dataset_places places = {.options = options};
    struct dataset data;
    struct error error = {0};
    bool found;
    const char *path = write_text("bad.csv", text);
    assert_int_equal(dataset_load(path, &places, &data, &found, &error), STATUS_INPUT);
    assert_string_equal(error.file, path);
    assert_int_equal(error.line, line);
    if (!strstr(error.message, said))
        fail_msg("'%s' is not in: %s", said, error.message);
    dataset_release(&data);
}

static void refuse(const char *text, int line, const char *said) {
    refuse_as(text, NULL, line, said);
}

/* Ten images of 8 x 8, image i of class i % 3 with the pixels 2 i + 3, 2 i + 4, ...; in the given
 * dialect.
 */
struct dialect {
    const char *name;
    bool names, last, pixel_names, quoted;
    const char *separator, *end, *format, *mark;
};

static void append(char **at, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(char **at, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    *at += vsprintf(*at, format, arguments);
    va_end(arguments);
}

static void append_number(const struct dialect *dialect, char **at, int number) {
    char digits[32];
    snprintf(digits, sizeof digits, "%d%s", number, dialect->format);
    append(at, dialect->quoted ? "\"%s\"" : "%s", digits);
}

static const char *images_text(const struct dialect *dialect) {
    static char text[65536];
    char *at = text;
    append(&at, "%s", dialect->mark);
    for (int row = dialect->names ? -1 : 0; row < 10; row++) {
        for (int column = 0; column < 65; column++) {
            const bool label = column == (dialect->last ? 64 : 0);
            const int pixel = dialect->last ? column : column - 1;
            append(&at, "%s", column > 0 ? dialect->separator : "");
            if (row < 0)
                append(&at, label ? "label" : dialect->pixel_names ? "pixel%d" : "%dx1", pixel);
            else
                append_number(dialect, &at, label ? row % 3 : 2 * row + pixel + 3);
        }
        append(&at, "%s", dialect->end);
    }
    return text;
}

static void every_dialect(void **state) {
    (void)state;
    static const struct dialect dialects[] = {
        {"kaggle.csv", true, false, true, false, ",", "\n", "", ""},
        {"last.csv", false, true, false, false, ",", "\n", "", ""},
        {"first.csv", false, false, false, false, ",", "\n", "", ""},
        {"floats.csv", true, true, false, false, ",", "\n", ".0", ""},
        {"exponents.csv", false, true, false, false, ",", "\n", ".000e+00", ""},
        {"windows.csv", true, false, true, false, ",", "\r\n", "", "\xef\xbb\xbf"},
        {"spanish.csv", true, false, true, false, ";", "\r\n", ",0", ""},
        {"quoted.csv", true, false, true, true, ",", "\n", "", ""},
        {"spaced.csv", true, true, true, true, " , ", " \n", "", ""},
        {"tabs.tsv", true, true, true, false, "\t", "\n", "", ""},
        {"blanks", true, true, true, false, ", ", "\n\n", "", ""},
        {"packed.csv.gz", true, false, true, false, ",", "\n", "", ""},
    };
    struct digest first = {0};
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
        const struct dialect *dialect = &dialects[i];
        struct dataset data;
        print_message("%s\n", dialect->name);
        load((strstr(dialect->name, ".gz") ? write_packed : write_text)(dialect->name,
                                                                        images_text(dialect)),
             NULL, &data);
        assert_int_equal(data.rows, 8);
        assert_int_equal(data.columns, 8);
        assert_int_equal(data.train.count + data.test.count, 10);
        assert_int_equal(data.classes, 3);
        assert_null(data.class_names);
        for (size_t j = 0; j < data.train.count; j++)
            assert_int_equal(data.train.labels[j], (data.train.pixels[64 * j] - 3) / 2 % 3);
        if (i == 0)
            first = data.digest;
        assert_string_equal(data.digest.hex, first.hex);
        dataset_release(&data);
    }
}

/* Kaggle's folders: one with a test part, and one whose test part has no labels. */
static void folders(void **state) {
    (void)state;
    struct dataset data;
    const struct dialect dialect = {"", true, false, true, false, ",", "\n", "", ""};
    assert_int_equal(mkdir(in_folder("k"), 0777), 0);
    write_text("k/set_train.csv", images_text(&dialect));
    write_packed("k/set_test.csv.gz", images_text(&dialect));
    write_text("k/sample_submission.csv", "ImageId,Label\n1,0\n");
    load(in_folder("k"), NULL, &data);
    assert_int_equal(data.train.count, 10);
    assert_int_equal(data.test.count, 10);
    assert_memory_equal(data.train.pixels, data.test.pixels, 640);
    assert_null(strstr(data.changes, "split"));
    dataset_release(&data);
    remove(in_folder("k/set_test.csv.gz"));
    char text[65536], *at = text;
    for (int i = 0; i < 64; i++)
        append(&at, "%spixel%d", i > 0 ? "," : "", i);
    append(&at, "\n");
    const char *path = write_text("k/test.csv", text);
    load(in_folder("k"), NULL, &data);
    assert_non_null(strstr(data.changes, path));
    assert_non_null(strstr(data.changes, "has no labels and is left out; "));
    assert_non_null(strstr(data.changes, "test part split off: "));
    dataset_release(&data);
    /* A name that ends so by chance, and two that may be meant. */
    write_text("k/latest.csv", "nothing");
    load(in_folder("k"), NULL, &data);
    assert_null(strstr(data.changes, "latest.csv"));
    dataset_release(&data);
    struct error error = {0};
    bool found;
    write_text("k/a_train.csv", images_text(&dialect));
    assert_int_equal(dataset_load(in_folder("k"), NULL, &data, &found, &error), STATUS_INPUT);
    assert_string_equal(error.message,
                        "holds a_train.csv and set_train.csv, and each may be the training part: "
                        "call the one train.csv, or leave the other out");
    assert_string_equal(error.file, in_folder("k"));
    write_text("k/train.csv", images_text(&dialect));
    write_packed("k/train.csv.gz", "nothing");
    load(in_folder("k"), NULL, &data);
    assert_int_equal(data.train.count + data.test.count, 10);
    dataset_release(&data);
    /* Other columns than those of the training part. */
    write_text("k/test.csv", "label,pixel0\n1,2\n");
    assert_int_equal(dataset_load(in_folder("k"), NULL, &data, &found, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "has 2 columns, and "));
    assert_int_equal(error.line, 1);
}

/* Rows whose classes follow each other: a, a, ..., b, b, ... */
static const char *classes_text(const size_t counts[3]) {
    static char text[8192];
    char *at = text;
    append(&at, "x,label\n");
    for (size_t class = 0, row = 0; class < 3; class ++)
        for (size_t i = 0; i < counts[class]; i++)
            append(&at, "%zu.5,%c\n", row++, 'a' + (int)class);
    return text;
}

/* The test part is a fifth of each class, by the largest remainder, and leaves something of each to
 * train on. */
static void shares(void **state) {
    (void)state;
    static const struct {
        size_t counts[3], tests[3];
        const char *told;
    } cases[] = {
        {{8, 4, 0}, {1, 1, 0}, "split off: 2 of 12 examples"},
        {{68, 4, 0}, {13, 1, 0}, "split off: 14 of 72 examples"},
        {{12, 1, 0}, {2, 0, 0}, "; 1 class has a single example, which is trained on"},
        {{12, 1, 1}, {2, 0, 0}, "; 2 classes have a single example, which is trained on"},
        {{7, 7, 7}, {1, 2, 1}, "split off: 4 of 21 examples"},
        {{50, 50, 50}, {10, 10, 10}, "split off: 30 of 150 examples"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dataset data;
        size_t tests[3] = {0};
        load(write_text("shares.csv", classes_text(cases[i].counts)), NULL, &data);
        for (size_t j = 0; j < data.test.count; j++)
            tests[data.test.labels[j]]++;
        assert_memory_equal(tests, cases[i].tests, sizeof tests);
        if (!strstr(data.changes, cases[i].told))
            fail_msg("'%s' is not in: %s", cases[i].told, data.changes);
        dataset_release(&data);
    }
}

/* Words are classes, in the order of their bytes, under their names. */
static void words(void **state) {
    (void)state;
    struct dataset data;
    char text[65536], *at = text;
    static const char *const kinds[] = {"uno", "\"dos, \"\"2\"\"\"", "árbol", "Tres"};
    for (int row = 0; row < 40; row++) {
        for (int i = 0; i < 64; i++)
            append(&at, "%d,", (row + i) % 7);
        append(&at, "%s\n", kinds[row % 4]);
    }
    load(write_text("words.csv", text), NULL, &data);
    static const char *const sorted[] = {"Tres", "dos, \"2\"", "uno", "árbol"};
    assert_int_equal(data.classes, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(data.class_names[i], sorted[i]);
    dataset_release(&data);
}

/* Words that elsewhere stand for what is missing. */
static void countries(void **state) {
    (void)state;
    const struct dataset_options classes = {.targets = TARGETS_CLASSES};
    struct dataset data;
    char text[4096], *at = text;
    for (int row = 0; row < 30; row++)
        append(&at, "%d.5,1,%s\n", row, row % 3 == 0 ? "-" : row % 3 == 1 ? "NA" : "none");
    load(write_text("countries.csv", text), &classes, &data);
    assert_string_equal(data.class_names[1], "NA");
    dataset_release(&data);
}

/* Words of which numbers are made, and a whole number with a point among words. */
static void words_like_numbers(void **state) {
    (void)state;
    static const char *const kinds[][3] = {
        {"e", "p", "p"}, {"A", "E", "Z"}, {".", "+", "-"}, {"e1", "1e", "x"}, {"1.", "2.", "x"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct dataset data;
        char text[4096], *at = text;
        append(&at, "class,a\n");
        for (int row = 0; row < 30; row++)
            append(&at, "%s,%d.25\n", kinds[i][row % 3], row);
        load(write_text("like.csv", text), NULL, &data);
        assert_int_equal(data.classes, i == 0 ? 2 : 3);
        dataset_release(&data);
    }
}

/* What gzip's end lacks is why the last row lacks fields, or the end of its quotes. */
static void packed_files_that_are_cut(void **state) {
    (void)state;
    char text[32768], *at = text;
    append(&at, "label,a,b\n");
    for (unsigned row = 0; row < 1000; row++)
        append(&at, "\"w%u\",%u,%u\n", row % 2, row * 2654435761U % 1000003, row * row % 10007);
    const char *path = write_packed("cut.csv.gz", text);
    struct stat whole;
    assert_int_equal(stat(path, &whole), 0);
    for (off_t size = whole.st_size - 1; size > 100; size -= 97) {
        struct dataset data;
        struct error error = {0};
        bool found;
        assert_int_equal(truncate(path, size), 0);
        assert_int_equal(dataset_load(path, NULL, &data, &found, &error), STATUS_INPUT);
        if (!strstr(error.message, "unexpected end of file"))
            fail_msg("%ld bytes: %s", (long)size, error.message);
    }
}

/* A column that is called as one that numbers the rows is one where its whole numbers differ. */
static void columns_that_number_rows(void **state) {
    (void)state;
    static const struct {
        const char *name, *begin, *end;
        int step, modulo;
        size_t inputs;
        const char *said;
    } cases[] = {
        {"id", "", "", 37, 101, 1, "column id, which numbers the rows, is left out"},
        {"index", "", ".0", 1, 101, 1, "column index, which numbers the rows, is left out"},
        {"Id", "115292150460684", "", 1, 101, 1, "column Id, which numbers the rows, is left out"},
        {"id", "A", "", 1, 5, 1, "column id, which holds words, is left out"},
        {"", "", "", 1, 5, 1, "column 2, which has no name, is left out"},
        {"Unnamed: 0", "", "", 1, 5, 1, "column Unnamed: 0, which numbers the rows, is left out"},
        {"id", "", "", 1, 5, 2,
         "column id is read as an input: it does not number the rows, since numbers in it repeat"},
        {"INDEX", "", ".5", 1, 101, 2,
         "column INDEX is read as an input: it does not number the rows, since it has fractions"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dataset data;
        char text[8192], *at = text;
        append(&at, "a,%s,label\n", cases[i].name);
        for (int row = 0; row < 90; row++) {
            append(&at, "%d.25,", row % 7);
            append(&at, "%s%d%s", cases[i].begin, row * cases[i].step % cases[i].modulo,
                   cases[i].end);
            append(&at, ",%d\n", row % 3);
        }
        load(write_text("numbered.csv", text), NULL, &data);
        assert_int_equal(data.columns, cases[i].inputs);
        assert_string_equal(strtok(memcpy(text, data.changes, strlen(data.changes) + 1), ";"),
                            cases[i].said);
        if (cases[i].inputs == 2)
            assert_true(data.train.values[2 * 5 + 1] < 101.5F);
        dataset_release(&data);
    }
}

/* Which column is to be learned: the one that is asked for, or called so, or the last one of
 * values. Its numbers have the fraction .25, .5 and so on, by their columns. */
static void what_is_learned(void **state) {
    (void)state;
    static const struct {
        const char *names, *label;
        int targets;
        float fraction;
        const char *said;
    } cases[] = {
        {"a,b,c\n", NULL, TARGETS_VALUES, 0.75F, "column 3, c is taken for what is to be learned"},
        {"", NULL, TARGETS_VALUES, 0.75F, "column 3 is taken for what is to be learned"},
        {"a,target,c\n", NULL, TARGETS_VALUES, 0.5F, "test part split off"},
        {"x,y,label\n", NULL, TARGETS_VALUES, 0.75F, "test part split off"},
        {"a,y,c\n", NULL, TARGETS_VALUES, 0.5F, "test part split off"},
        {"a,b,label\n", "b", TARGETS_BY_TYPE, 0.5F, "test part split off"},
        {"a,id,c\n", "id", TARGETS_BY_TYPE, 0.5F, "test part split off"},
        {"", "2", TARGETS_BY_TYPE, 0.5F, "test part split off"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct dataset_options options = {.label = cases[i].label,
                                                .targets = cases[i].targets};
        struct dataset data;
        char text[4096], *at = text;
        append(&at, "%s", cases[i].names);
        for (int row = 0; row < 30; row++)
            append(&at, "%d,%d.5,%d.75\n", row % 5, row, row);
        load(write_text("learned.csv", text), &options, &data);
        assert_int_equal(data.columns, 2);
        assert_non_null(data.train.targets);
        assert_true(fmodf(data.train.targets[0], 1) == cases[i].fraction);
        assert_ptr_equal(strstr(data.changes, cases[i].said), data.changes);
        dataset_release(&data);
    }
    const struct dataset_options price = {.label = "price"}, four = {.label = "4"};
    refuse_as("a,b,lat\n1,2,3\n", &four, 0, "no column '4'; its columns are a, b, lat");
    refuse_as("rooms,prize,lat\n1,2,3\n", &price, 0,
              "no column 'price'; did you mean 'prize'? Its columns are rooms, prize, lat");
    refuse_as("price,price,lat\n1,2,3\n", &price, 0, "more than one column 'price'");
    refuse_as("1,2,3\n4,5,6\n", &four, 0, "is named by its number, from 1 to 3");
    const struct dataset_options values = {.targets = TARGETS_VALUES};
    refuse_as("a,b,c\n1.5,2,red\n2.5,1,blue\n", &values, 2, "column 3, c is 'red', and inputs are");
    refuse("label,a,b,Class\n1,2,3,1\n", 1, "columns 1, label, and 4, Class, are both called");
    refuse("NA,2,red\n1,2,blue\n3,4,red\n", 1, "column 1 is 'NA'");
    refuse("y,a,Y\n1,2,3\n", 1, "columns 1, y, and 3, Y, are both called");
}

/* Numbers with decimal commas, of which the first line has as many as semicolons or tabs, or more.
 */
static void decimal_commas(void **state) {
    (void)state;
    static const struct {
        const char *first, *row; /* and rows, each with a class behind it */
        size_t columns;
    } cases[] = {
        {"1,5;2\n", "2,5;", 1},
        {"5,1;3,5;1,4;0,2;0\n", "4,9;3;1,4;0,2;", 4},
        {"5,1\t3,5\t0,0\n", "4,9\t3\t", 2},
        {"1,5,2\n", "2,5,", 2},
        {"a;b,c,label\n", "2,5,", 2},
        {"width;cm,label\n", "3.5,", 1},
        {"a\t,b\t,label\n", "3\t,2\t,", 2},
        {"3\t,2\t,1\n", "3\t,2\t,", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dataset data;
        char text[4096], *at = text;
        append(&at, "%s", cases[i].first);
        for (int row = 0; row < 30; row++)
            append(&at, "%s%d\n", cases[i].row, row % 3);
        load(write_text("commas.csv", text), NULL, &data);
        assert_int_equal(data.columns, cases[i].columns);
        assert_int_equal(data.classes, 3);
        dataset_release(&data);
    }
}

/* A class that is called as columns to be learned often are, in a file without names. */
static void a_class_called_target(void **state) {
    (void)state;
    struct dataset data;
    char text[4096], *at = text;
    for (int row = 0; row < 30; row++)
        append(&at, "%d.5,1,%s\n", row, row % 2 ? "decoy" : "target");
    load(write_text("names.csv", text), NULL, &data);
    assert_int_equal(data.classes, 2);
    assert_int_equal(data.train.count + data.test.count, 30);
    dataset_release(&data);
}

/* Files that no word before train.csv tells apart are a pair by all of it. */
static void a_pair_of_files(void **state) {
    (void)state;
    struct dataset data;
    assert_int_equal(mkdir(in_folder("pair"), 0777), 0);
    write_text("pair/mytrain.csv", "a,label\n1,0\n2,1\n3,0\n4,1\n");
    write_text("pair/mytest.csv", "a,label\n1,0\n2,1\n");
    write_text("pair/latest.csv", "nothing");
    load(in_folder("pair"), NULL, &data);
    assert_int_equal(data.train.count, 4);
    assert_int_equal(data.test.count, 2);
    dataset_release(&data);
}

/* Names that are numbers, or that stand over words alone. */
static void lines_of_names(void **state) {
    (void)state;
    static const struct {
        const char *first, *between, *end, *label; /* and rows of a number and a word */
        bool names;
    } cases[] = {
        {"0,1,2,3,label", ".5,0,1,2,", "", NULL, true},
        {"0,1,2,3,kind", ".5,0,1,2,", "", NULL, true},
        {"1,2,kind,3", ",0,", ",7", "kind", true},
        {"1,2,kind,4", ",0,", ",7", "kind", true},
        {"2019,2020,2021,2022,species", ",0,1,2,", "", NULL, true},
        {"5,25,Target", ",0,", "", NULL, true},
        {"0.5,2.5,kind", ",0,", "", "kind", true},
        {"0.5,2.5,w1", ",0,", "", NULL, false},
        {"4,5,6,7,w1", ",0,2,4,", "", NULL, false},
        {"0.5,2.5,w1", ",0,", "", "3", false},
        {"1,2,3,w1", ",5,6,", "", NULL, false},
        {"1,2,4,w1", ",0,6,", "", NULL, false},
        {"7,8,9,w1", ",0,6,", "", NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct dataset_options options = {.label = cases[i].label};
        struct dataset data;
        char text[4096], *at = text;
        append(&at, "%s\n", cases[i].first);
        for (int row = 0; row < 30; row++)
            append(&at, "%d%sw%d%s\n", row + 4, cases[i].between, row % 3, cases[i].end);
        print_message("%s\n", cases[i].first);
        load(write_text("names.csv", text), &options, &data);
        assert_int_equal(data.classes, 3);
        assert_int_equal(data.train.count + data.test.count, cases[i].names ? 30 : 31);
        dataset_release(&data);
    }
}

/* Which squares are images. */
static void squares(void **state) {
    (void)state;
    static const struct {
        const char *name; /* of a column, before its number */
        size_t side;
        double unit, offset;
        bool image;
    } cases[] = {
        {"", 2, 0.1, 0, false},      {"", 2, 1, 0, false},        {"x", 3, 1, 0, false},
        {"", 8, 1, 0, true},         {"", 8, 0.001, 0, true},     {"", 8, 100, 0, false},
        {"", 8, 0.25, 0, false},     {"", 8, 0.001, -0.5, false}, {"x", 8, 1, 0, true},
        {"pixel", 2, 0.25, 0, true}, {"pixel_0_", 8, 1, 0, true}, {"1x", 3, 0.5, -1, true},
        {"f", 8, 1, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t width = cases[i].side * cases[i].side;
        struct dataset data;
        char text[65536], *at = text;
        print_message("%s %zu %g\n", cases[i].name, cases[i].side, cases[i].unit);
        for (size_t k = 0; k < width; k++)
            append(&at, "%s%zu,", cases[i].name, k);
        append(&at, "label\n");
        for (size_t row = 0; row < 20; row++) {
            for (size_t k = 0; k < width; k++)
                append(&at, "%g,", cases[i].offset + cases[i].unit * (double)(row + 3 * k));
            append(&at, "%zu\n", row % 2);
        }
        load(write_text("squares.csv", text), NULL, &data);
        assert_int_equal(data.rows, cases[i].image ? cases[i].side : 1);
        assert_int_equal(data.rows * data.columns, width);
        dataset_release(&data);
    }
}

/* A number that is missing or wrong in a column that might have been the one that is learned. */
static void numbers_at_the_edge(void **state) {
    (void)state;
    static const char *const bad[] = {"NA", "0x5", "\"1,234.5\"", "?"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int words = 0; words < 2; words++) {
            char text[4096], said[64], *at = text;
            append(&at, "a,b,c\n");
            for (int row = 2; row < 20; row++) {
                if (row == 9)
                    append(&at, "%s,1.5,%s\n", bad[i], words ? "x" : "0");
                append(&at, words ? "%d.5,2,w%d\n" : "%d.5,2,%d\n", row, row % 3);
            }
            snprintf(said, sizeof said, "column 1, a is '%s", i == 2 ? "1,234.5'" : bad[i]);
            refuse(text, 9, said);
            refuse(text, 9, i % 3 == 0 ? "no number may be missing; fill it in" : "number them");
        }
}

static void what_is_refused(void **state) {
    (void)state;
    refuse("\xff\xfel", 0, "is text in UTF-16; save it in UTF-8");
    refuse("label,a,b\r1,2,3\r0,5,6\r", 0, "its lines end in CR alone");
    refuse("a,b,species\n", 0, "has a line of names, and no rows below it");
    refuse(",0,1,2\n", 0, "has a line of names, and no rows below it");
    refuse("label,pixel0\n\n", 0, "has a line of names, and no rows below it");
    refuse("label,a,b\n1,2,3\n-1,5,0\n", 3, "column 1, label is -1, and classes are whole");
    refuse("1.5,1\n2.5,2\n1.5,3\n4.5,300\n", 4, "column 2 is 300, and classes are whole");
    refuse("label,a,b\n1,2,3\n0,5\n", 3, "has 2 fields, and the first line has 3");
    refuse("label,a,b\n1,2,3\n0,,6\n", 3, "column 2, a is empty; fill it in");
    refuse("label,a,b\n1,2,3\n\n\n0,6,red\n", 5, "column 3, b is 'red', and inputs are to be");
    refuse("label,a,b\n1,2,3\n0,6,nan\n", 3, "column 3, b is 'nan'");
    refuse("label,a,b\n1,2,3\n0,6,0x10\n", 3, "is '0x10'");
    refuse("label,a,b\n1,2,3\n,6,1\n", 3, "column 1, label is empty");
    refuse("a,y\n1,2.5\n2,nan\n3,1.5\n", 3,
           "column 2, y is 'nan', and what is to be predicted are");
    refuse("a,y\n1,2.5\n2,red\n3,1.5\n", 3, "column 2, y is 'red'");
    refuse("a,y\n1,2\n2,1\n3,NA\n", 4, "write targets: classes");
    refuse("a,b,y\n1,2,red\n2,1,NA\n3,1,red\n4,1,blue\n", 3,
           "column 3, y is 'NA', and no label may be missing: fill one in");
    refuse("a,b,c\n1,1,red\n2,1,na\n", 3, "column 3, c is 'na', and no label may be missing");
    refuse("label,a,b\n1,2,1e999\n", 2, "column 3, b is '1e999'");
    refuse("label,a\n1,\"a\nb\nc\"\n2,3\n2\n", 2, "is 'a?b?c'");
    refuse("label,a\n\"x\ny\",2\nz,3\nz\n", 5, "has 1 field, and");
    refuse("label,a\nx,2\n\"x,2\nz,3\nx,2\nz,3\n", 3, "a quotation begins here that is not closed");
    refuse("label,a\nx,2\n\"x,2\nz,3\n\"x\",2\nz,3\n", 3,
           "a quotation begins here that ends on another line and is followed by text");
    refuse("label,a\nx,2\n\"x,2\nz,3\nx\",2,\"4\"\nz,3\n", 3,
           "has 3 fields, and the first line has 2; a quotation goes on until line 5");
    refuse("label,a\n\"\"\"x\n\"\"y\",2\n\"z\n \"\"", 4, "is not closed");
    refuse(
        "a,label\n1,yes\n2,yes\n", 2,
        "column 2, label is 'yes' in all rows, so that there is nothing to tell apart; add rows");
    refuse("1,yes\n2,yes\n3,yes\n", 1, ", or write label: and the column that is to be learned");
    refuse("label;id\n1;2\n", 1, "has no column of numbers beside what is to be learned");
    refuse("id,x\n1,0.5\n2,7.5\n", 1, "has no column of numbers beside what is to be learned");
    refuse("x,id\n1.5,1\n2,2\n", 1, "has no column of numbers beside what is to be learned");
    refuse("a,1,2,b\nc,1,2,d\n", 1, "the first and the last column hold words");
    char many[4096], *at = many;
    append(&at, "label,a,b\n");
    for (int i = 0; i < 300; i++)
        append(&at, "w%d,1,2\n", i);
    refuse(many, 0, "more than 256 different words");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dialect),
        cmocka_unit_test(folders),
        cmocka_unit_test(shares),
        cmocka_unit_test(words),
        cmocka_unit_test(words_like_numbers),
        cmocka_unit_test(countries),
        cmocka_unit_test(packed_files_that_are_cut),
        cmocka_unit_test(columns_that_number_rows),
        cmocka_unit_test(what_is_learned),
        cmocka_unit_test(decimal_commas),
        cmocka_unit_test(a_class_called_target),
        cmocka_unit_test(a_pair_of_files),
        cmocka_unit_test(lines_of_names),
        cmocka_unit_test(squares),
        cmocka_unit_test(numbers_at_the_edge),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
