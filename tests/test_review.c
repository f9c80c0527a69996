#include "made_up.h"

#include "search/review.h"

static struct made_up sweep;
static uint8_t train_labels[1000], test_labels[200];

static int set_up(void **state) {
    (void)state;
    struct dataset data = drawn(1000, 200);
    memcpy(train_labels, data.train.labels, sizeof train_labels);
    memcpy(test_labels, data.test.labels, sizeof test_labels);
    data.train.labels = train_labels;
    data.test.labels = test_labels;
    made_up_init(&sweep, &data);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    dataset_release(&sweep.data);
    made_up_release(&sweep);
    return 0;
}

/* The lines that are said of a config. */
static void expect_lines(const char *config, size_t count, const char *const *beginnings) {
    struct text text;
    text_init(&text);
    expand_text(&sweep, config);
    assert_int_equal(review_data(&sweep.space, &sweep.data, &text, &sweep.error), STATUS_OK);
    const char *line = text.data;
    size_t found = 0;
    for (; *line; line = strchr(line, '\n') + 1, found++)
        if (found < count && strncmp(line, beginnings[found], strlen(beginnings[found])) != 0)
            fail_msg("not \"%s\": %s", beginnings[found], line);
    if (found != count)
        fail_msg("%zu lines, not %zu: %s", found, count, text.data);
    text_release(&text);
}

static void nothing_to_say(void **state) {
    (void)state;
    expect_lines("method: grid\n", 0, NULL);
    expect_lines(GRID "  validation_split: {values: [0, 0.1]}\n  epochs: {values: [1, 2]}\n", 0,
                 NULL);
}

/* A fault that all settings have is said once, one that some have with the first of them. */
static void which_settings(void **state) {
    (void)state;
    static const char *const all[] = {"training pixels are divided by 255 and lie in 0 .. 1, test"};
    expect_lines(GRID "  test_image_divisor: {value: 1}\n  epochs: {values: [1, 2]}\n"
                      "  train_images: {values: [500, 1000]}\n",
                 1, all);
    static const char *const one[] = {"with test_image_divisor 1: training pixels are"};
    expect_lines(GRID "  test_image_divisor: {values: [255, 1]}\n", 1, one);
    static const char *const two[] = {
        "with validation_split 0, train_images 1 (the first of 2, of 6, such ways to use the "
        "data): all 1 training images are trained as class 0",
        "with validation_split 0, train_images 5 (the first of 2, of 6, such ways to use the "
        "data): no training image is trained as class 5, 6, 7, 8, 9, but 100 of 200 test images",
        "with validation_split 0.5, train_images 5: no training image is trained as class 5, 6, "
        "7, 8, 9, but 250 of 500 validation"};
    expect_lines(GRID "  validation_split: {values: [0, 0.5]}\n"
                      "  train_images: {values: [500, 1, 5]}\n",
                 3, two);
}

/* However many ways there are to use the data, a fault in one of them is found. */
static void many_views(void **state) {
    (void)state;
    static const char *const last[] = {"with train_images 1: all 1 training images"};
    expect_lines(GRID
                 "  train_images: {values: [1000, 990, 980, 970, 960, 950, 940, 930, 920, 910, "
                 "900, 890, 880, 870, 860, 850, 840, 830, 820, 810, 800, 1]}\n",
                 1, last);
}

static void sorted_labels(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof train_labels; i++)
        train_labels[i] = (uint8_t)(i / 100);
    static const char *const sliced[] = {
        "the 100 validation images, the last of the training images, are all of class 9",
        "no training image is trained as class 9, but 20 of 200 test images"};
    expect_lines(GRID "  validation_split: {value: 0.1}\n", 2, sliced);
    memset(test_labels, 3, sizeof test_labels);
    static const char *const one[] = {"all 200 test images are of class 3"};
    expect_lines("method: grid\n", 1, one);
}

/* Images are compared where the slice is largest. */
static void repeated_images(void **state) {
    (void)state;
    memcpy(sweep.data.owned[0], (const uint8_t *)sweep.data.owned[0] + 784 * 700, 784);
    static const char *const equal[] = {"1 of 500 validation images are also training images"};
    expect_lines(GRID "  validation_split: {value: 0.5}\n  train_images: {values: [100, 500]}\n", 1,
                 equal);
}

/* What is said of the settings of a config whose third line is this hyperparameter; NULL: nothing.
 */
static void expect_said(const char *line, const char *said) {
    struct text text;
    text_init(&text);
    expand_text(&sweep, arena_printf(&sweep.arena, GRID "  %s\n", line));
    assert_int_equal(review_settings(&sweep.config, &sweep.space, &sweep.data, &text, &sweep.error),
                     STATUS_OK);
    if (said ? !strstr(text.data, said) : text.length > 0)
        fail_msg("%s: \"%s\" is not in \"%s\"", line, said ? said : "(nothing)", text.data);
    text_release(&text);
}

/* What is said of a condition of exclude beside some values; NULL: nothing. */
static void expect_excluded(const char *exclude, const char *said) {
    expect_said(arena_printf(&sweep.arena,
                             "optimizer: {values: [adam, {name: sgd, momentum: 0.9}]}\n"
                             "  learning_rate: {values: [0.001, 0.01]}\n"
                             "exclude: %s",
                             exclude),
                said ? arena_printf(&sweep.arena, "test.yaml:5:%s", said) : NULL);
}

static void exclusions_of_nothing(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"'learning_rate=0.01'", NULL},
        {"'optimizer=adam and learning_rate>0.001'", NULL},
        {"'learning_rate=0.1'", "10: exclude 'learning_rate=0.1' leaves nothing out: no setting "
                                "has learning_rate=0.1; learning_rate is 0.001, 0.01 here\n"},
        {"[epochs=1, 'learning_rate>1']",
         "21: exclude 'learning_rate>1' leaves nothing out: no setting has"},
        {"'optimizer=adagrad'", "10: exclude 'optimizer=adagrad' leaves nothing out: no setting "
                                "has optimizer=adagrad; optimizer is adam, sgd here\n"},
        {"'momentum=0.9 and optimizer=adam'",
         "10: exclude 'momentum=0.9 and optimizer=adam' leaves nothing out: momentum does not "
         "apply to the settings that meet the other conditions\n"},
        {"'optimizer=adam and momentum=none'", NULL},
        {"'rho=0.9'", "10: exclude 'rho=0.9' leaves nothing out: no setting has rho=0.9, as rho "
                      "applies to none here\n"},
        {"'learning_rate=0.01 and learning_rate<0.01'",
         "10: exclude 'learning_rate=0.01 and learning_rate<0.01' leaves nothing out: no setting "
         "meets these conditions together\n"},
        {"'optimizer=adam and learning_rate=0.01 or epochs=7'",
         "10: exclude 'epochs=7' leaves nothing out: no setting has epochs=7; epochs is 5 here\n"},
        {"'layers=[8]'", "10: exclude 'layers=[8]' leaves nothing out"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_excluded(cases[i][0], cases[i][1]);
}

/* Of a range nothing is known but its ends. */
static void exclusions_of_ranges(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"'learning_rate>0.05 and learning_rate<0.06'", NULL},
        {"'learning_rate=0.05'", NULL},
        {"'momentum>0.5 and optimizer=sgd'", NULL},
        {"'momentum>0.95'", "no setting has momentum>0.95; momentum is uniform, 0 to 0.9 here"},
        {"'learning_rate>0.1'", "no setting has learning_rate>0.1; learning_rate is "},
        {"'learning_rate in [0.2, 0.3]'", "no setting has learning_rate in [0.2, 0.3]; "},
        {"'optimizer=rmsprop and learning_rate>0.01'", "optimizer is adam, sgd here"},
        {"'optimizer=adam and momentum>0.1'", "momentum does not apply to the settings"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text;
        text_init(&text);
        assert_int_equal(
            parse_text(&sweep,
                       arena_printf(&sweep.arena,
                                    "method: random\nbudget: {trials: 4}\nexclude: %s\n"
                                    "parameters:\n"
                                    "  optimizer: {values: [adam, {name: sgd, momentum: {min: 0, "
                                    "max: 0.9}}]}\n"
                                    "  learning_rate: {min: 0.001, max: 0.1, distribution: "
                                    "log_uniform_values}\n",
                                    cases[i][0])),
            STATUS_OK);
        assert_int_equal(
            space_begin(&sweep.config, &sweep.data, &sweep.arena, &sweep.space, &sweep.error),
            STATUS_OK);
        assert_int_equal(review_exclusions(&sweep.space, &text, &sweep.error), STATUS_OK);
        if (cases[i][1] ? !strstr(text.data, cases[i][1]) : text.length > 0)
            fail_msg("%s: \"%s\"", cases[i][0], text.data);
        text_release(&text);
    }
}

static void surprising_settings(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"layers: {value: [784, 16, 5]}",
         "test.yaml:3:3: layers [784, 16, 5]: the first width is the input's; layers are the "
         "hidden ones alone, so 784-784-16-5-10 is trained; if that is not meant, write [16, 5]"},
        {"layers: {values: [[16], [784, 16, 10]]}",
         "layers [784, 16, 10]: the first width is the input's and the last one the output's; "
         "layers are the hidden ones alone, so 784-784-16-10-10 is trained; if that is not meant, "
         "write [16]\n"},
        {"layers: {value: [128 relu, 10]}", "write [\"128 relu\"]"},
        {"layers: {value: [784, 10]}", "write []"},
        {"layers: {value: [784]}", "write []"},
        {"layers: {values: [[10], [16], [10, 16], [128, 64]]}", NULL},
        {"layers: {value: [dense 64, dropout 0.1]}",
         "test.yaml:3:3: layers [\"64 linear\", \"dropout 0.1\"]: dense, layer 1, names no "
         "activation and has none, as in Keras, so that it and the next one are one linear layer "
         "together; give it one (\"dense ... relu\"), or all of them: activation: {value: relu}"},
        {"layers: {value: [conv2d 4 3, flatten, 9 relu]}", "conv2d, layer 1, names no activation"},
        {"layers: {value: [conv2d 4 3, bn, relu, 64 linear, dense 9 linear]}", NULL},
        {"layers: {value: [conv2d 4 3, max_pooling2d, dense 64 relu]}", NULL},
        {"layers: {value: [dense 64]}\n  activation: {value: relu}", NULL},
        {"batch_size: {values: [32, 1001]}",
         "test.yaml:3:3: batch_size 1001: larger than the 1000 training images"},
        {"batch_size: {values: [1001, 32, 2000]}", "batch_size 1001, 2000: larger than the 1000"},
        {"learning_rate: {values: [1, 30, 1e3, 1000000]}",
         "test.yaml:3:3: learning_rate 30, 1000, 1000000: very large for sgd, whose default is "},
        {"learning_rate: {min: 10, max: 21, q: 1}",
         "learning_rate 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 and 2 more: very large"},
        {"optimizer: {values: [{name: sgd, lr: 30}, {name: adam, lr: 30}, {name: adam, lr: 40}]}",
         "learning_rate 30, 40: very large for adam, whose default is 0.001: "},
        {"layers: {values: [[784, 1], [784, 2], [784, 3], [784, 4], [784, 5], [784, 6], [784, 7], "
         "[784, 8], [784, 9], [784, 11]]}",
         "write [8]\nlayers: 2 more values like these\n"},
        {"batch_size: {value: 1000}", NULL},
        {"learning_rate: {values: [0.01, 10]}", "learning_rate 10: very large for sgd"},
        {"learning_rate: {values: [9.9, 1e-5]}", NULL},
        {"learning_rate: {value: 1e-9}", "learning_rate 1e-09: very small for sgd"},
        {"optimizer: {values: [{name: adam, lr: 1}]}", "test.yaml:3:3: learning_rate 1: very large "
                                                       "for adam, whose default is 0.001"},
        {"optimizer: {value: {name: adadelta, lr: 1}}", NULL},
        {"learning_rate_schedule: {values: [cosine_decay warmup_steps=31, cosine_decay "
         "warmup_steps=32]}"
         "\n  epochs: {value: 1}\n  batch_size: {value: 32}\n  validation_split: {value: 0}",
         "learning_rate_schedule cosine_decay warmup_steps=32: its warmup_steps are not over "
         "within "
         "the training's 32, so that the rate never falls"},
        {"validation_split: {values: [0.9, 0.1, 0.6]}",
         "validation_split 0.9, 0.6: more images are held out than are left to train on"},
        {"validation_split: {value: 0.5}", NULL},
        {"output_activation: {value: linear}",
         "output_activation linear: categorical_crossentropy takes probabilities"},
        {"output_activation: {values: [sigmoid, softmax]}", NULL},
        {"loss: {value: mape}",
         "mean_absolute_percentage_error: errors are divided by the targets, which are 0"},
        {"initializer: {value: zeros}", "all units of a hidden layer start alike"},
        {"initializer: {value: he_normal}", NULL},
        {"momentum: {value: 1}", "momentum 1: no step is forgotten"},
        {"momentum: {value: 0.99}", NULL},
        {"epochs: {value: 1}\nmetric: {name: test_loss, goal: maximize}",
         "test.yaml:4:33: goal maximize: the largest test_loss is put first, although less of it "
         "is "
         "better; is goal: minimize meant?\n"},
        {"epochs: {value: 1}\nmetric: {name: test_accuracy, goal: minimize}",
         "the smallest test_accuracy is put first, although more of it is better"},
        {"epochs: {value: 1}\nmetric: {name: test_loss, goal: minimize}", NULL},
        {"epochs: {value: 1}\nmetric: {name: test_loss}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_said(cases[i][0], cases[i][1]);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(nothing_to_say),        CASE(which_settings),       CASE(many_views),
        CASE(sorted_labels),         CASE(repeated_images),      CASE(surprising_settings),
        CASE(exclusions_of_nothing), CASE(exclusions_of_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
