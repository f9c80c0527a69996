/* Targets that are numbers, and what inputs become, against Keras: golden/values/values.txt, which
 * scripts/values-golden.py made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/multiversion.h"
#include "data/check.h"
#include "data/normalization.h"
#include "nn/loss.h"
#include "nn/metric.h"

#define ROWS 40
#define WIDTH 2
#define FEATURES 10
#define ADAPTED 30
#define STRIDE PAD_TO_LANES(WIDTH)

/* The numbers of a line, `count` of them. */
static void read_line(const char *name, size_t count, float *numbers) {
    FILE *file = fopen("tests/golden/values/values.txt", "r");
    char line[16384];
    bool found = false;
    assert_non_null(file);
    while (!found && fgets(line, sizeof line, file))
        found = strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ' ' &&
                line[strlen(name) + 1] >= '0' && line[strlen(name) + 1] <= '9';
    fclose(file);
    if (!found)
        fail_msg("no line %s", name);
    char *at = line + strlen(name);
    assert_int_equal(strtoul(at, &at, 10), count);
    for (size_t i = 0; i < count; i++)
        numbers[i] = strtof(at, &at);
}

static void expect_near(const char *what, double is, double expected) {
    if (!(fabs(is - expected) <= 2e-6 * fmax(1, fabs(expected))))
        fail_msg("%s: %.9g, not %.9g", what, is, expected);
}

static float pairs[ROWS * WIDTH], predictions[ROWS * STRIDE] __attribute__((aligned(64)));

static int load(void **state) {
    float read[ROWS * WIDTH];
    (void)state;
    read_line("pairs", ROWS * WIDTH, pairs);
    read_line("predictions", ROWS * WIDTH, read);
    for (size_t i = 0; i < ROWS * WIDTH; i++)
        predictions[i / WIDTH * STRIDE + i % WIDTH] = read[i];
    return 0;
}

static const char *const losses_of_values[] = {"mean_squared_error",
                                               "mean_absolute_error",
                                               "huber",
                                               "log_cosh",
                                               "poisson",
                                               "mean_absolute_percentage_error",
                                               "mean_squared_logarithmic_error",
                                               "cosine_similarity"};

static void losses_are_those_of_keras(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof losses_of_values / sizeof *losses_of_values; i++) {
        char name[64];
        float rows[ROWS], slopes[ROWS * WIDTH], gradient[WIDTH];
        const struct loss *loss = loss_find(losses_of_values[i]);
        snprintf(name, sizeof name, "loss %s", loss->name);
        read_line(name, ROWS, rows);
        snprintf(name, sizeof name, "gradient %s", loss->name);
        read_line(name, ROWS * WIDTH, slopes);
        for (size_t row = 0; row < ROWS; row++) {
            const double is = loss->values(NULL, predictions + row * STRIDE, pairs + row * WIDTH,
                                           WIDTH, gradient);
            expect_near(loss->name, is, (double)rows[row]);
            for (size_t k = 0; k < WIDTH; k++)
                expect_near(name, (double)gradient[k], (double)slopes[row * WIDTH + k]);
        }
    }
}

static void slopes_are_those_of_central_differences(void **state) {
    const float step = 1e-2f;
    (void)state;
    for (size_t i = 0; i < sizeof losses_of_values / sizeof *losses_of_values; i++)
        for (size_t row = 0; row < ROWS; row++)
            for (size_t k = 0; k < WIDTH; k++) {
                const struct loss *loss = loss_find(losses_of_values[i]);
                const float *target = pairs + row * WIDTH;
                float gradient[WIDTH], y[WIDTH];
                double ends[2];
                memcpy(y, predictions + row * STRIDE, sizeof y);
                loss->values(NULL, y, target, WIDTH, gradient);
                if (fabsf(y[k] - target[k]) < 2 * step) /* where some have a bend */
                    continue;
                for (int end = 0; end < 2; end++) {
                    y[k] = predictions[row * STRIDE + k] + (end == 0 ? -step : step);
                    ends[end] = loss->values(NULL, y, target, WIDTH, NULL);
                }
                const double slope = (ends[1] - ends[0]) / (2 * (double)step);
                if (!(fabs(slope - (double)gradient[k]) <= 2e-2 * fmax(1, fabs(slope))))
                    fail_msg("%s, row %zu: slope %g, gradient %g", loss->name, row, slope,
                             (double)gradient[k]);
            }
}

/* Of a row that is all 0 a cosine has no slope, and a training goes on. */
static void no_direction_ends_no_training(void **state) {
    const float y[WIDTH] = {0, 0};
    float gradient[WIDTH];
    (void)state;
    assert_true(loss_find("cosine_similarity")->values(NULL, y, pairs, WIDTH, gradient) == 0);
    assert_true(gradient[0] == 0 && gradient[1] == 0);
}

/* The sum and the gradient of the mean, by the door that training takes. */
static void batches_add_up(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof losses_of_values / sizeof *losses_of_values; i++) {
        const struct loss *loss = loss_find(losses_of_values[i]);
        float delta[ROWS * STRIDE] = {0}, gradient[WIDTH];
        const struct loss_rows all = {.z = predictions,
                                      .y = predictions,
                                      .targets = {NULL, pairs, WIDTH},
                                      .rows = ROWS,
                                      .classes = WIDTH,
                                      .stride = STRIDE};
        double sum = 0;
        const double is = loss_batch(loss, NULL, &all, delta);
        for (size_t row = 0; row < ROWS; row++) {
            sum += loss->values(NULL, predictions + row * STRIDE, pairs + row * WIDTH, WIDTH,
                                gradient);
            for (size_t k = 0; k < WIDTH; k++)
                assert_true(delta[row * STRIDE + k] == gradient[k] / ROWS);
        }
        assert_true(is == sum);
    }
}

static void metrics_are_those_of_keras(void **state) {
    static const char *const names[] = {"mean_squared_error",
                                        "mean_absolute_error",
                                        "root_mean_squared_error",
                                        "r2_score",
                                        "mean_absolute_percentage_error",
                                        "mean_squared_logarithmic_error",
                                        "cosine_similarity"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct metric *metric = metric_find(names[i]);
        double sums[3 * WIDTH] = {0};
        char name[64];
        float expected;
        snprintf(name, sizeof name, "metric %s", names[i]);
        read_line(name, 1, &expected);
        assert_true(metric_is_of(metric, true));
        for (size_t first = 0; first < ROWS; first += 25) {
            const size_t rows = ROWS - first < 25 ? ROWS - first : 25;
            const struct predictions some = {.y = predictions + first * STRIDE,
                                             .targets = {NULL, pairs + first * WIDTH, WIDTH},
                                             .rows = rows,
                                             .classes = WIDTH,
                                             .stride = STRIDE};
            metric->add(metric, sums, &some);
            assert_int_equal(metric_hits(&some), 0);
        }
        expect_near(name, metric->result(sums, ROWS, WIDTH), (double)expected);
    }
    assert_false(metric_is_of(metric_find("accuracy"), true));
    assert_false(metric_is_of(metric_find("r2_score"), false));
    assert_true(metric_find("r2")->maximize);
}

/* Of the rows that are trained on alone. */
static void normalization_is_that_of_keras(void **state) {
    static float features[ROWS * FEATURES], expected[ROWS * FEATURES];
    struct arena arena;
    struct normalization normalization;
    (void)state;
    read_line("features", ROWS * FEATURES, features);
    read_line("normalized", ROWS * FEATURES, expected);
    struct dataset data = {.rows = 1,
                           .columns = FEATURES,
                           .channels = 1,
                           .table = true,
                           .normalized = true,
                           .target_width = 1,
                           .train = {.count = ROWS, .values = features}};
    arena_init(&arena);
    normalization_of(&data, ADAPTED, 1, &arena, &normalization);
    assert_int_equal(normalization.features, FEATURES);
    normalize(&normalization, features, ROWS * FEATURES);
    for (size_t i = 0; i < ROWS * FEATURES; i++)
        expect_near("normalized", (double)features[i], (double)expected[i]);
    data.normalized = false;
    normalization_of(&data, ADAPTED, 1, &arena, &normalization);
    assert_int_equal(normalization.features, 0);
    arena_release(&arena);
}

static void expect_warning(const struct data_view *view, const char *kind, const char *words) {
    struct data_warnings warnings;
    struct error error;
    size_t at = 0;
    assert_int_equal(data_check(view, false, &warnings, &error), STATUS_OK);
    while (at < warnings.count && strcmp(warnings.items[at].kind, kind) != 0)
        at++;
    if (at == warnings.count)
        fail_msg("no warning %s", kind);
    if (!strstr(warnings.items[at].text, words))
        fail_msg("%s: %s", kind, warnings.items[at].text);
}

static void faults_of_numbers_are_told(void **state) {
    static float features[ROWS * FEATURES], targets[ROWS];
    struct data_view view;
    (void)state;
    read_line("features", ROWS * FEATURES, features);
    read_line("targets", ROWS, targets);
    const struct images part = {.count = ROWS, .values = features, .targets = targets};
    struct dataset data = {.rows = 1,
                           .columns = FEATURES,
                           .table = true,
                           .target_width = 1,
                           .train = part,
                           .test = part};
    data_view_whole(&data, &view);
    expect_warning(&view, "test_in_training", "40 of 40 test rows are also training rows, ");
    features[7 * FEATURES + 3] = NAN;
    features[9 * FEATURES + 1] = INFINITY;
    expect_warning(&view, "not_finite", "2 of the training features are no numbers or infinite");
    expect_warning(&view, "not_finite", "row 7, column 3, counted from 0) is nan");
    expect_warning(&view, "test_not_finite", "2 of the test features are no numbers or infinite");
    data.rounded.too_large = 1e300;
    features[7 * FEATURES + 3] = 0;
    expect_warning(&view, "not_finite",
                   "is inf (the file has 1e+300, which is too large for a 32-bit float, whose "
                   "largest is 3.4e+38): ");
    data.rounded.too_large = 0;
    features[9 * FEATURES + 1] = 0;
    static float tested[ROWS * FEATURES] = {INFINITY};
    data.test.values = tested;
    expect_warning(&view, "test_not_finite", "is inf: test scores with them are none either");
    data.test.values = features;
    targets[5] = -INFINITY;
    expect_warning(&view, "targets_not_finite", "row 5, column 0, counted from 0) is -inf");
    for (size_t i = 0; i < ROWS; i++)
        targets[i] = (float)i;
    view.train_count = view.validation_begin = 30;
    view.validation_count = 10;
    expect_warning(&view, "sorted", "sorted by their targets");
    memset(targets, 0, sizeof targets);
    expect_warning(&view, "constant_targets", "all 30 training targets are 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_those_of_keras),
        cmocka_unit_test(slopes_are_those_of_central_differences),
        cmocka_unit_test(no_direction_ends_no_training),
        cmocka_unit_test(batches_add_up),
        cmocka_unit_test(metrics_are_those_of_keras),
        cmocka_unit_test(normalization_is_that_of_keras),
        cmocka_unit_test(faults_of_numbers_are_told),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
