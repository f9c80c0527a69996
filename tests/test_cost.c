/* Which networks are taken to cost the same. Of the times themselves nothing is expected. */
#include "made_up.h"
#include "specs.h"

#include "train/cost.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROWS 8
#define VARIANTS_MAX 32

static struct dataset data;

static struct network_spec plain(const char *optimizer) {
    struct network_spec spec = {
        .input = {1, {data.rows * data.columns}},
        .layer_count = 2,
        .layers = {dense(6, activation_find("tanh")),
                   dense(data.classes, activation_find("softmax"))},
        .loss = loss_find("categorical_crossentropy"),
        .initializer = initializer_find("glorot_uniform"),
        .optimizer = optimizer_find(optimizer),
        .seed = 1,
    };
    optimizer_defaults(spec.optimizer, &spec.optimizer_settings);
    return spec;
}

static struct network_spec with(const char *optimizer, enum optimizer_parameter parameter,
                                double value) {
    struct network_spec spec = plain(optimizer);
    spec.optimizer_settings.value[parameter] = value;
    return spec;
}

/* Networks of different arithmetic, optimizers' first. */
static size_t draw_variants(struct network_spec variants[VARIANTS_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < optimizer_count; i++)
        if (strcmp(optimizers[i].name, "adamw") != 0) /* adam, but for its decay */
            variants[count++] = plain(optimizers[i].name);
    variants[count++] = with("sgd", OPTIMIZER_MOMENTUM, 0.9);
    variants[count] = variants[count - 1];
    variants[count++].optimizer_settings.value[OPTIMIZER_NESTEROV] = 1;
    variants[count++] = with("rmsprop", OPTIMIZER_MOMENTUM, 0.9);
    variants[count++] = with("rmsprop", OPTIMIZER_CENTERED, 1);
    variants[count] = variants[count - 1];
    variants[count++].optimizer_settings.value[OPTIMIZER_MOMENTUM] = 0.9;
    variants[count++] = with("adam", OPTIMIZER_AMSGRAD, 1);
    variants[count++] = with("adam", OPTIMIZER_WEIGHT_DECAY, 0.1);
    variants[count++] = with("ftrl", OPTIMIZER_LEARNING_RATE_POWER, -0.7);
    variants[count] = with("adagrad", OPTIMIZER_EPSILON, 0);
    variants[count++].optimizer_settings.value[OPTIMIZER_INITIAL_ACCUMULATOR_VALUE] = 0;
    for (size_t i = 0; i < 5; i++)
        variants[count + i] = plain("sgd");
    variants[count++].l2 = 0.1;
    add_dropout(&variants[count++], 0.1);
    variants[count++].loss = loss_find("mean_squared_error");
    variants[count++].layers[0].units = 7;
    variants[count++].layers[0].activation = activation_find("relu");
    return count;
}

static struct image_cost cost_of(struct costs *costs, const struct network_spec *spec) {
    struct image_cost cost = {0, 0};
    struct error error;
    assert_int_equal(cost_of_network(costs, spec, ROWS, NULL, &cost, &error), STATUS_OK);
    return cost;
}

/* What the costs are to count besides loss and accuracy. */
static const struct metric *measured[1];
static size_t measured_count;

static void start(struct costs *costs, struct calibration *calibration) {
    struct error error;
    assert_int_equal(cost_init(costs, &data, measured, measured_count, calibration, &error),
                     STATUS_OK);
}

static void each_arithmetic_is_timed(void **state) {
    (void)state;
    struct network_spec variants[VARIANTS_MAX];
    struct costs costs;
    const size_t count = draw_variants(variants);
    start(&costs, NULL);
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < count; i++) {
            const struct image_cost cost = cost_of(&costs, &variants[i]);
            assert_true(cost.train > 0 && cost.evaluate > 0);
            assert_int_equal(costs.kind_count, round == 0 ? i + 1 : count);
        }
    cost_release(&costs);
}

static void what_is_equal_is_not_timed_again(void **state) {
    (void)state;
    struct network_spec one = plain("adam"), other = one, third;
    struct costs costs;
    other.seed = 2;
    other.initializer = initializer_find("he_normal");
    other.optimizer_settings.value[OPTIMIZER_LEARNING_RATE] = 0.5;
    other.optimizer_settings.value[OPTIMIZER_BETA_1] = 0.5;
    third = with("adamw", OPTIMIZER_WEIGHT_DECAY, 0); /* which is adam */
    start(&costs, NULL);
    const struct image_cost cost = cost_of(&costs, &one);
    assert_true(cost_of(&costs, &other).train == cost.train);
    assert_true(cost_of(&costs, &third).train == cost.train);
    assert_int_equal(costs.kind_count, 1);
    cost_release(&costs);
}

static size_t lines_of_file_in(const char *folder) {
    char command[256];
    size_t lines = 0;
    snprintf(command, sizeof command, "cat %s/costs-* | wc -l", folder);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%zu", &lines), 1);
    pclose(pipe);
    return lines;
}

/* A calibration has the same definition: an entry each, which the next process finds. */
static void a_calibration_tells_them_apart(void **state) {
    (void)state;
    struct network_spec variants[VARIANTS_MAX];
    struct image_cost first[VARIANTS_MAX];
    struct costs costs;
    char folder[] = "/tmp/sweep-cost-XXXXXX", command[64];
    const size_t count = draw_variants(variants);
    assert_non_null(mkdtemp(folder));
    for (size_t round = 0; round < 2; round++) {
        struct calibration *calibration = calibration_open(folder);
        start(&costs, calibration);
        for (size_t i = 0; i < count; i++) {
            const struct image_cost cost = cost_of(&costs, &variants[i]);
            if (round == 1) /* as printed with six digits */
                assert_true(fabs(cost.train - first[i].train) < 1e-3 * first[i].train);
            first[i] = cost;
        }
        cost_release(&costs);
        calibration_close(calibration);
        assert_int_equal(lines_of_file_in(folder), 2 + count); /* and the head, and decoding */
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

/* Metrics take time as well, in some networks more than all else: other metrics are timed anew. */
static void metrics_are_counted(void **state) {
    (void)state;
    struct network_spec spec = plain("sgd");
    char folder[] = "/tmp/sweep-cost-XXXXXX", command[64];
    assert_non_null(mkdtemp(folder));
    for (measured_count = 0; measured_count < 2; measured_count++) {
        measured[0] = metric_find("f1_score");
        struct calibration *calibration = calibration_open(folder);
        struct costs costs;
        start(&costs, calibration);
        cost_of(&costs, &spec);
        if (measured_count > 0) { /* of all images that were tried, in the networks' outputs */
            double sum = 0;
            for (size_t i = 0; i < measured[0]->sums(data.classes); i++)
                sum += costs.sums[0][i];
            assert_true(sum > 0);
        }
        cost_release(&costs);
        calibration_close(calibration);
        assert_int_equal(lines_of_file_in(folder), 3 + measured_count);
    }
    measured_count = 0;
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

/* More kinds than are tried: estimated from one with the same optimizer. */
static void too_many_kinds_are_estimated(void **state) {
    (void)state;
    static struct network_spec specs[64];
    struct costs costs;
    start(&costs, NULL);
    specs[0] = with("ftrl", OPTIMIZER_LEARNING_RATE_POWER, -0.7);
    const struct image_cost ftrl = cost_of(&costs, &specs[0]);
    for (size_t i = 1; i < 64; i++) {
        specs[i] = plain("sgd");
        specs[i].layers[0].units = i;
        cost_of(&costs, &specs[i]);
    }
    assert_int_equal(costs.kind_count, 64);
    struct network_spec wide = specs[0], sgd = plain("sgd");
    wide.layers[0].units = 24;
    sgd.layers[0].units = 65;
    const double ratio =
        (double)network_parameter_count(&wide) / (double)network_parameter_count(&specs[0]);
    assert_true(fabs(cost_of(&costs, &wide).train / (ftrl.train * ratio) - 1) < 1e-9);
    const double sgd_ratio =
        (double)network_parameter_count(&sgd) / (double)network_parameter_count(&specs[63]);
    const double of_63 = cost_of(&costs, &specs[63]).train;
    assert_true(fabs(cost_of(&costs, &sgd).train / (of_63 * sgd_ratio) - 1) < 1e-9);
    assert_int_equal(costs.kind_count, 64);
    cost_release(&costs);
}

/* Two convolutions, an image's gradients of which take some 5e4 * filters^2 operations. */
static struct network_spec convolutions(uint32_t filters) {
    struct network_spec spec = plain("sgd");
    struct layer_spec layer = layer_standard(&layer_conv2d);
    layer.filters = filters;
    layer.window_size[0] = layer.window_size[1] = 3;
    layer.padding = 1;
    spec.input = (struct shape){3, {data.rows, data.columns, 1}};
    spec.layers[2] = spec.layers[1];
    spec.layers[0] = spec.layers[1] = layer;
    spec.layer_count = 3;
    return spec;
}

/* How many images a network is tried with. */
static size_t images_tried(const struct network_spec *spec) {
    struct costs costs;
    double images = 0;
    measured[0] = metric_find("f1_score");
    measured_count = 1;
    start(&costs, NULL);
    const struct image_cost cost = cost_of(&costs, spec);
    assert_true(cost.train > 0 && cost.evaluate > 0);
    for (size_t i = 0; i < data.classes; i++)
        images += costs.sums[0][3 * i + 2]; /* those of a class */
    cost_release(&costs);
    measured_count = 0;
    return (size_t)images;
}

/* One step of a large network takes as long as a trial may: fewer images tell enough of it, or
 * none. */
static void large_networks_are_tried_with_few_images(void **state) {
    (void)state;
    struct network_spec small = convolutions(2), large = convolutions(900),
                        huge = convolutions(2048);
    const size_t most = images_tried(&large);
    assert_int_equal(images_tried(&small) % ROWS, 0);
    assert_true(most > 0 && most < 2 * ROWS);
    assert_int_equal(images_tried(&huge), 0);
}

int main(void) {
    data = drawn(200, 50);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_arithmetic_is_timed),
        cmocka_unit_test(what_is_equal_is_not_timed_again),
        cmocka_unit_test(a_calibration_tells_them_apart),
        cmocka_unit_test(metrics_are_counted),
        cmocka_unit_test(too_many_kinds_are_estimated),
        cmocka_unit_test(large_networks_are_tried_with_few_images),
    };
    const int failures = cmocka_run_group_tests(tests, NULL, NULL);
    dataset_release(&data);
    return failures;
}
