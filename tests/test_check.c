#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/check.h"

#define ROWS 2
#define COLUMNS 5
#define PIXELS (ROWS * COLUMNS)
#define TRAIN 200
#define TEST 100

/* A data set without faults, for each test to spoil: all images differ, ten even classes. */
static uint8_t train_pixels[TRAIN][PIXELS], train_labels[TRAIN];
static uint8_t test_pixels[TEST][PIXELS], test_labels[TEST];
static struct dataset data;
static struct data_view view;
static struct data_warnings warnings;

static int make_data(void **state) {
    (void)state;
    for (size_t i = 0; i < TRAIN + TEST; i++) {
        uint8_t *pixels = i < TRAIN ? train_pixels[i] : test_pixels[i - TRAIN];
        for (size_t j = 0; j < PIXELS; j++)
            pixels[j] = (uint8_t)(j * 25);
        pixels[0] = (uint8_t)(i % 256);
        pixels[PIXELS - 1] = (uint8_t)(i / 256);
        *(i < TRAIN ? &train_labels[i] : &test_labels[i - TRAIN]) = (uint8_t)(i % 10);
    }
    data = (struct dataset){
        .name = "made",
        .rows = ROWS,
        .columns = COLUMNS,
        .classes = 10,
        .train = {.count = TRAIN, .pixels = train_pixels[0], .labels = train_labels},
        .test = {.count = TEST, .pixels = test_pixels[0], .labels = test_labels}};
    view = (struct data_view){.data = &data,
                              .train_count = TRAIN - 20,
                              .validation_begin = TRAIN - 20,
                              .validation_count = 20,
                              .train_image_divisor = 255,
                              .test_image_divisor = 255};
    for (size_t i = 0; i < 256; i++)
        view.train_label_map[i] = (uint8_t)i;
    return 0;
}

static void check(size_t expected) {
    struct error error = {0};
    assert_int_equal(data_check(&view, false, &warnings, &error), STATUS_OK);
    for (size_t i = 0; i < warnings.count; i++) {
        const struct data_warning *warning = &warnings.items[i];
        if (warnings.count != expected)
            print_message("%s: %s\n", warning->kind, warning->text);
        /* Whole sentences: what was cut would have filled the room. */
        assert_true(strlen(warning->text) < sizeof warning->text - 1);
    }
    assert_int_equal(warnings.count, expected);
}

static void expect_at(size_t index, const char *kind, const char *fragment) {
    assert_true(index < warnings.count);
    assert_string_equal(warnings.items[index].kind, kind);
    if (!strstr(warnings.items[index].text, fragment))
        fail_msg("\"%s\" is not in \"%s\"", fragment, warnings.items[index].text);
}

static void expect(const char *kind, const char *fragment) {
    check(1);
    expect_at(0, kind, fragment);
}

static void nothing_to_say(void **state) {
    (void)state;
    check(0);
    view.validation_count = 0;
    check(0);
    view.train_image_divisor = view.test_image_divisor = 1;
    check(0);
}

static void labels_divided_away(void **state) {
    (void)state;
    for (size_t i = 0; i < 256; i++)
        view.train_label_map[i] = (uint8_t)(i / 255);
    for (size_t i = 0; i < 12; i++)
        test_labels[i] = 0;
    expect("one_class", "all 180 training images are trained as class 0, though the files hold 10 "
                        "different labels");
    expect("one_class", "at most the share of class 0 there, 20 of 100 = 0.2000");
    expect("one_class", "do not divide the labels");
}

static void only_one_label(void **state) {
    (void)state;
    memset(train_labels, 3, sizeof train_labels);
    expect("one_class", "trained as class 3: a network learns to answer 3 always");
    expect("one_class", "10 of 100 = 0.1000");
    expect("one_class", "use more training images");
    make_data(NULL);
    view.train_count = 1;
    expect("one_class", "all 1 training images");
}

static void labels_merged(void **state) {
    (void)state;
    for (size_t i = 0; i < 256; i++)
        view.train_label_map[i] = (uint8_t)(i / 2);
    check(2);
    expect_at(0, "merged_labels",
              "(2 labels as 0, 2 labels as 1, 2 labels as 2, 2 labels as 3, 2 labels as 4)");
    expect_at(1, "missing_class",
              "no training image is trained as class 5, 6, 7, 8, 9, but 50 of "
              "100 test images are of these classes");
    expect_at(1, "missing_class", "stays at or below 0.5000");
}

static void labels_changed(void **state) {
    (void)state;
    view.train_label_map[3] = 4;
    view.train_label_map[4] = 3;
    expect("changed_labels", "labels are trained as others (3 as 4, 4 as 3)");
    for (size_t i = 0; i < 10; i++)
        view.train_label_map[i] = (uint8_t)(9 - i);
    expect("changed_labels", "(0 as 9, 1 as 8, 2 as 7, 3 as 6, 4 as 5, 5 as 4 and 4 more)");
}

static void classes_missing(void **state) {
    (void)state;
    for (size_t i = 0; i < TRAIN; i++)
        train_labels[i] = (uint8_t)(i % 9);
    expect("missing_class", "trained as class 9, but 10 of 100 test images are of this class");
    expect("missing_class", "at or below 0.9000");
    /* Which images are used counts, not which there are. */
    make_data(NULL);
    view.train_count = 8;
    check(2);
    expect_at(0, "missing_class", "class 8, 9, but 20 of 100");
    expect_at(1, "validation_missing_class", "class 8, 9, but 4 of 20");
}

static void one_test_class(void **state) {
    (void)state;
    memset(test_labels, 4, sizeof test_labels);
    expect("test_one_class", "all 100 test images are of class 4: test accuracy tells how often a "
                             "network answers 4, and nothing else");
    expect("test_one_class", "`sweep data copy --mix`");
}

static void one_validation_class(void **state) {
    (void)state;
    memset(train_labels + TRAIN - 20, 7, 20);
    expect("validation_one_class", "the 20 validation images, the last of the training images, are "
                                   "all of class 7: val_accuracy tells how often a network answers "
                                   "7, and nothing else; the training examples seem to be sorted: "
                                   "write shuffle: true beside the data set's name");
    /* What is validated is read as it is trained. */
    view.train_label_map[7] = 0;
    view.train_label_map[0] = 7;
    check(2);
    expect_at(0, "validation_one_class", "all of class 0");
    make_data(NULL);
    view.validation_count = 1;
    expect("validation_one_class", "the 1 validation image, the last");
    expect("validation_one_class", "use a larger validation_split");
}

static void sorted_labels(void **state) {
    (void)state;
    for (size_t i = 0; i < TRAIN; i++)
        train_labels[i] = (uint8_t)(i / 20);
    check(2);
    expect_at(0, "validation_one_class",
              "all of class 9: val_accuracy is 0, since no image of it is trained on; the "
              "training examples seem to be sorted");
    expect_at(1, "missing_class", "class 9, but 10 of 100 test images are of this class");
    expect_at(1, "missing_class", "more of this one, or, if it is sorted, write shuffle: true");
    view.train_count = view.validation_begin = 150;
    view.validation_count = 50;
    check(2);
    expect_at(0, "missing_class", "class 8, 9, but 20 of 100");
    expect_at(1, "validation_missing_class", "class 8, 9, but 40 of 50 validation images");
    expect_at(1, "validation_missing_class", "at or below 0.2000");
}

/* A perfect network's f1_score is below 1 where nothing is of a class. */
static void classes_that_nobody_has(void **state) {
    (void)state;
    for (size_t i = 0; i < TRAIN; i++)
        train_labels[i] = (uint8_t)(i % 3 + 1);
    for (size_t i = 0; i < TEST; i++)
        test_labels[i] = (uint8_t)(i % 3 + 1);
    data.classes = 4;
    expect("unused_class", "no image has the label 0, but the largest is 3: the network has 4 "
                           "outputs, and test_f1_score, a mean over as many classes, stays at or "
                           "below 0.7500");
    expect("unused_class", "`sweep data copy --renumber` writes a copy whose labels are 0 to 2");
    for (size_t i = 0; i < TRAIN; i++)
        train_labels[i] = (uint8_t)(train_labels[i] + 99);
    for (size_t i = 0; i < TEST; i++)
        test_labels[i] = (uint8_t)(test_labels[i] + 99);
    data.classes = 103;
    expect("unused_class",
           "no image has the label 0, 1, 2, 3, 4, 5 and 94 more, but the largest is "
           "102: the network has 103 outputs");
    expect("unused_class", "at or below 0.0291");
    /* One that only the images held out or left out have is not unused. */
    make_data(NULL);
    for (size_t i = 0; i < TRAIN; i++)
        train_labels[i] = (uint8_t)(i == TRAIN - 1 ? 9 : i % 9);
    for (size_t i = 0; i < TEST; i++)
        test_labels[i] = (uint8_t)(i % 9);
    check(1);
    expect_at(0, "validation_missing_class", "class 9, but 1 of 20");
}

static void parts_that_lack_a_class(void **state) {
    (void)state;
    for (size_t i = 0; i < TEST; i++)
        test_labels[i] = (uint8_t)(i % 9);
    expect("test_lacks_class", "no test image is of class 9, as many training images are: how well "
                               "it is learned is not measured");
    /* Ten could be expected, no fewer. */
    data.test.count = 99;
    check(0);
    make_data(NULL);
    view.train_count = view.validation_begin = 100;
    view.validation_count = 100;
    for (size_t i = 100; i < TRAIN; i++)
        train_labels[i] = (uint8_t)(i % 2);
    expect("validation_lacks_class", "no validation image is of class 2, 3, 4, 5, 6, 7 and 2 more");
}

/* The quick half leaves out what compares images. */
static void labels_only(void **state) {
    (void)state;
    struct error error = {0};
    memset(train_pixels, 0, sizeof train_pixels);
    memset(test_labels, 4, sizeof test_labels);
    assert_int_equal(data_check(&view, true, &warnings, &error), STATUS_OK);
    assert_int_equal(warnings.count, 1);
    assert_false(warnings.items[0].of_images);
    check(4);
    expect_at(0, "test_one_class", "class 4");
    expect_at(1, "contradiction", "");
    assert_true(warnings.items[1].of_images);
}

static void scaled_differently(void **state) {
    (void)state;
    view.test_image_divisor = 1;
    expect("scaled_differently", "divided by 255 and lie in 0 .. 1, test pixels are divided by 1 "
                                 "and lie in 0 .. 255:");
    data.unit = 255;
    view.train_image_divisor = 2;
    expect("scaled_differently", "divided by 2 and lie in 0 .. 0.5, test pixels are divided by 1 "
                                 "and lie in 0 .. 1: a network is tested on numbers of a size it "
                                 "has never seen; divide both by the same number (1 makes");
}

/* A table's columns of real numbers, drawn by a fixed rule; column 3 is sparse. */
#define FEATURES 4
static float train_values[TRAIN][FEATURES], test_values[TEST][FEATURES];

static void make_table(void) {
    uint32_t state = 1;
    for (size_t i = 0; i < (TRAIN + TEST) * FEATURES; i++) {
        state = state * 1664525u + 1013904223u;
        const float share = (float)(state >> 8) / (float)(1 << 24);
        const size_t row = i / FEATURES;
        float *at = row < TRAIN ? train_values[row] : test_values[row - TRAIN];
        at[i % FEATURES] = i % FEATURES < 3 ? share - 0.3F : share < 0.05F ? 1 : 0;
    }
    train_values[7][1] = 1e5F; /* an outlier */
    data.rows = 1;
    data.columns = FEATURES;
    data.table = true;
    data.train.pixels = data.test.pixels = NULL;
    data.train.values = train_values[0];
    data.test.values = test_values[0];
    view.train_image_divisor = view.test_image_divisor = 1;
}

static void test_part_in_another_unit(void **state) {
    (void)state;
    make_table();
    check(0);
    for (size_t i = 0; i < TEST; i++)
        test_values[i][2] *= 1000;
    expect("other_scale", "features: column 2, counted from 0, is -0.");
    expect("other_scale", " in the test part: the parts seem to be scaled differently");
    for (size_t i = 0; i < TEST; i++)
        test_values[i][0] /= 1000;
    expect("other_scale", "; 1 other column is like that: ");
    /* Of few examples little is known. */
    data.test.count = 2;
    check(0);
}

/* Rows that are equal, and what is said of them in a table's words. */
static void tables_are_told_of_as_such(void **state) {
    (void)state;
    make_table();
    memcpy(train_values[30], train_values[4], sizeof train_values[4]);
    memcpy(train_values[33], train_values[3], sizeof train_values[3]); /* the same label */
    memcpy(test_values[5], train_values[42], sizeof train_values[42]);
    check(2);
    expect_at(0, "contradiction",
              "1 training rows equal an earlier one but have another label "
              "(row 4 is trained as 4, row 30 as 0): no network can answer "
              "both ways; mend the wrong labels, or remove the rows, or add a "
              "column that tells them apart");
    expect_at(1, "test_in_training",
              "1 of 100 test rows are also training rows, number for number "
              "(number 5 is training row 42)");
    make_data(NULL);
    make_table();
    memset(test_labels, 4, sizeof test_labels);
    expect("test_one_class", "all 100 test rows are of class 4: test accuracy tells how often a "
                             "network answers 4, and nothing else; use a test set that holds every "
                             "class (deal all out anew, in random order)");
}

/* Equal rows say nothing where there are few different ones. */
static void few_different_rows(void **state) {
    (void)state;
    make_table();
    for (size_t i = 0; i < (TRAIN + TEST) * FEATURES; i++) {
        const size_t row = i / FEATURES;
        float *at = row < TRAIN ? train_values[row] : test_values[row - TRAIN];
        at[i % FEATURES] = (float)(row * 7 % 11 * (i % FEATURES));
    }
    check(0);
    /* They do where one column is of real numbers. */
    for (size_t i = 0; i < TRAIN; i++)
        train_values[i][0] = 0.5F;
    for (size_t i = 0; i < TEST; i++)
        test_values[i][0] = 0.5F;
    check(3);
    expect_at(0, "contradiction", "training rows equal an earlier one");
}

static void ages_taken_for_classes(void **state) {
    (void)state;
    make_table();
    for (size_t i = 0; i < TRAIN; i++)
        train_labels[i] = (uint8_t)(18 + i % 30);
    for (size_t i = 0; i < TEST; i++)
        test_labels[i] = (uint8_t)(18 + i % 30);
    data.classes = 48;
    expect("unused_class", "no row has the label 0, 1, 2");
    expect("unused_class", "; save labels that are 0 to 29");
    data.classes_guessed = true;
    expect("many_classes", "the targets are whole numbers, of which 30 different ones are taken "
                           "for 48 classes; if they are numbers to be predicted, as ages are, "
                           "write targets: values beside the data set's name");
}

/* Pixels in bytes, of which the test part was divided by 255, or made -1 to 1. */
static void test_pixels_of_another_scale(void **state) {
    (void)state;
    static float train[TRAIN][PIXELS], test[TEST][PIXELS];
    for (size_t i = 0; i < TRAIN * PIXELS; i++)
        train[i / PIXELS][i % PIXELS] = (float)train_pixels[i / PIXELS][i % PIXELS];
    for (size_t i = 0; i < TEST * PIXELS; i++)
        test[i / PIXELS][i % PIXELS] = (float)test_pixels[i / PIXELS][i % PIXELS] / 255;
    data.train.values = train[0];
    data.test.values = test[0];
    data.train.pixels = data.test.pixels = NULL;
    view.train_image_divisor = view.test_image_divisor = 1;
    expect("other_scale", "pixels are 0 to 200 (typically ");
    expect("other_scale", ") in the training part and 0 to 1 (typically 0.");
    view.train_image_divisor = 255;
    check(0);
    for (size_t i = 0; i < TEST * PIXELS; i++)
        test[i / PIXELS][i % PIXELS] = 2 * test[i / PIXELS][i % PIXELS] - 1;
    expect("other_scale", "and -1 to 1 (typically");
}

/* As scikit-learn's digits are. */
static void pixels_up_to_16(void **state) {
    (void)state;
    for (size_t i = 0; i < TRAIN * PIXELS; i++)
        train_pixels[i / PIXELS][i % PIXELS] = (uint8_t)(train_pixels[i / PIXELS][i % PIXELS] % 17);
    for (size_t i = 0; i < TEST * PIXELS; i++)
        test_pixels[i / PIXELS][i % PIXELS] = (uint8_t)(test_pixels[i / PIXELS][i % PIXELS] % 17);
    check(1 + 3);
    expect_at(0, "dark_images",
              "training pixels are at most 16 and divided by 255, which makes them 0 .. 0.06275");
    expect_at(0, "dark_images",
              "with train_image_divisor and test_image_divisor of 16 they are 0 .. 1");
    view.train_image_divisor = view.test_image_divisor = 16;
    check(3);
    data.unit = 255; /* numbers from 0 to 16 / 255 */
    view.train_image_divisor = view.test_image_divisor = 1;
    check(1 + 3);
    expect_at(0, "dark_images", "training pixels are at most 0.0627451 and divided by 1");
}

static void constant_where_it_is_trained(void **state) {
    (void)state;
    make_table();
    for (size_t i = 0; i < TRAIN; i++)
        train_values[i][3] = 7;
    for (size_t i = 0; i < TEST; i++)
        test_values[i][3] = i < 30 ? 7 : 8;
    check(0);
    data.normalized = true;
    expect("constant_features", "features: column 3, counted from 0, is 7 in all 180 training "
                                "examples, and another number in 70 of the 100 test examples (8 in "
                                "number 30, counted from 0): ");
    expect("constant_features", "which makes numbers of about 1e+07 there");
    for (size_t i = 0; i < TEST; i++)
        test_values[i][3] = 7;
    check(0);
    train_values[195][3] = 9;
    expect("constant_features", "in 1 of the 20 validation examples (9 in number 15,");
}

static void classes_uneven(void **state) {
    (void)state;
    /* Ten times is still even enough. */
    for (size_t i = 0; i < TEST; i++)
        test_labels[i] = (uint8_t)(i % 2);
    data.classes = 2;
    view.validation_count = 0;
    view.train_count = 110;
    for (size_t i = 0; i < TRAIN; i++)
        train_labels[i] = i < 10;
    check(0);
    view.train_count = 111;
    expect("imbalance", "class 0 has 101 images, class 1 only 10: always answering 0 is already "
                        "right for 0.9099 of the training images");
}

static void blank_images(void **state) {
    (void)state;
    memset(train_pixels[7], 17, PIXELS);
    memset(train_pixels[9], 18, PIXELS);
    memset(train_pixels[190], 19, PIXELS); /* not trained on */
    memset(test_pixels[3], 20, PIXELS);
    expect("constant_images", "2 of 180 training images and 1 of 100 test images are blank");
}

static void repeated_in_test(void **state) {
    (void)state;
    memcpy(test_pixels[5], train_pixels[42], PIXELS);
    memcpy(test_pixels[6], train_pixels[42], PIXELS);
    memcpy(test_pixels[7], train_pixels[190], PIXELS);
    expect("test_in_training", "2 of 100 test images are also training images, pixel for pixel "
                               "(number 5 is training image 42)");
}

static void repeated_in_validation(void **state) {
    (void)state;
    memcpy(train_pixels[181], train_pixels[3], PIXELS);
    expect("validation_in_training", "1 of 20 validation images are also training images, pixel "
                                     "for pixel (number 181 is training image 3)");
    make_data(NULL);
    view.train_count = TRAIN;
    expect("validation_in_training", "20 of 20 validation images");
}

static void contradictions(void **state) {
    (void)state;
    memcpy(train_pixels[30], train_pixels[3], PIXELS);
    memcpy(train_pixels[33], train_pixels[3], PIXELS); /* the same label */
    memcpy(train_pixels[44], train_pixels[4], PIXELS);
    check(1);
    memcpy(train_pixels[50], train_pixels[4], PIXELS);
    expect("contradiction", "2 training images equal an earlier one but have another label (image "
                            "3 is trained as 3, image 30 as 0)");
}

static void everything_at_once(void **state) {
    (void)state;
    for (size_t i = 0; i < TRAIN; i++) {
        memset(train_pixels[i], 0, PIXELS);
        train_labels[i] = i < 5 ? (uint8_t)(200 + i) : (uint8_t)(90 + i % 2);
    }
    memset(test_pixels, 0, sizeof test_pixels);
    for (size_t i = 0; i < TEST; i++)
        test_labels[i] = (uint8_t)(100 + i);
    view.train_label_map[91] = 90;
    view.test_image_divisor = 1e-300;
    data.classes = 205;
    check(11);
    static const char *const expected[][2] = {
        {"validation_one_class", "class 90"},
        {"merged_labels", "(2 labels as 90)"},
        {"missing_class", "100, 101, 102, 103, 104, 105 and 94 more"},
        {"unused_class", "the label 0, 1, 2"},
        {"scaled_differently", "255"},
        {"imbalance", "class 90"},
        {"test_lacks_class", "class 90"},
        {"contradiction", "179 training images"},
        {"test_in_training", "100 of 100"},
        {"validation_in_training", "20 of 20"},
        {"constant_images", "180 of 180"}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        expect_at(i, expected[i][0], expected[i][1]);
}

static void views_that_reach_too_far(void **state) {
    (void)state;
    struct error error = {0};
    view.train_count = 0;
    assert_int_equal(data_check(&view, false, &warnings, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "no training images"));
    view.train_count = TRAIN + 1;
    assert_int_equal(data_check(&view, false, &warnings, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "has only 200"));
    view.train_count = TRAIN;
    view.validation_begin = TRAIN - 5;
    assert_int_equal(data_check(&view, false, &warnings, &error), STATUS_INPUT);
    view.validation_begin = SIZE_MAX;
    assert_int_equal(data_check(&view, false, &warnings, &error), STATUS_INPUT);
    assert_int_equal(warnings.count, 0);
}

/* The real MNIST has none of these faults, in whole or split; its known misuse has two. */
static void real_mnist(void **state) {
    (void)state;
    if (!getenv("SWEEP_DATA_DIR")) {
        print_message("skipped: SWEEP_DATA_DIR is not set, so there is no MNIST to test with\n");
        skip();
    }
    struct dataset mnist;
    struct error error = {0};
    const struct dataset_places places = {.data_dir = getenv("SWEEP_DATA_DIR")};
    bool found;
    if (dataset_load("mnist", &places, &mnist, &found, &error) != STATUS_OK)
        fail_msg("%s: %s", error.file, error.message);
    if (!found) {
        print_message("skipped: there is no mnist in SWEEP_DATA_DIR\n");
        skip();
    }
    view.data = &mnist;
    view.train_count = 60000;
    view.validation_count = 0;
    check(0);
    view.train_count = view.validation_begin = 50000;
    view.validation_count = 10000;
    check(0);
    for (size_t i = 0; i < 256; i++)
        view.train_label_map[i] = (uint8_t)(i / 255);
    view.test_image_divisor = 1;
    check(2);
    expect_at(0, "one_class", "980 of 10000 = 0.0980");
    expect_at(1, "scaled_differently", "0 .. 255");
    dataset_release(&mnist);
}

#define WITH_DATA(test) cmocka_unit_test_setup(test, make_data)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_DATA(nothing_to_say),
        WITH_DATA(labels_divided_away),
        WITH_DATA(only_one_label),
        WITH_DATA(labels_merged),
        WITH_DATA(labels_changed),
        WITH_DATA(classes_missing),
        WITH_DATA(one_test_class),
        WITH_DATA(one_validation_class),
        WITH_DATA(sorted_labels),
        WITH_DATA(classes_that_nobody_has),
        WITH_DATA(parts_that_lack_a_class),
        WITH_DATA(labels_only),
        WITH_DATA(scaled_differently),
        WITH_DATA(test_part_in_another_unit),
        WITH_DATA(tables_are_told_of_as_such),
        WITH_DATA(few_different_rows),
        WITH_DATA(ages_taken_for_classes),
        WITH_DATA(test_pixels_of_another_scale),
        WITH_DATA(pixels_up_to_16),
        WITH_DATA(constant_where_it_is_trained),
        WITH_DATA(classes_uneven),
        WITH_DATA(blank_images),
        WITH_DATA(repeated_in_test),
        WITH_DATA(repeated_in_validation),
        WITH_DATA(contradictions),
        WITH_DATA(everything_at_once),
        WITH_DATA(views_that_reach_too_far),
        WITH_DATA(real_mnist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
