#include "parsed.h"

#include <time.h>

static void expect_refusal(const char *text, int line, int column_number, const char *fragment) {
    if (parse_text(&sweep, text) != STATUS_OK)
        fail_msg("%s", sweep.error.message);
    assert_int_equal(
        space_expand(&sweep.config, &sweep.data, &sweep.arena, &sweep.space, &sweep.error),
        STATUS_INPUT);
    if (!strstr(sweep.error.message, fragment))
        fail_msg("no \"%s\" in \"%s\"", fragment, sweep.error.message);
    assert_string_equal(sweep.error.file, "test.yaml");
    assert_int_equal(sweep.error.line, line);
    assert_int_equal(sweep.error.column, column_number);
}

static void the_last_key_varies_fastest(void **state) {
    (void)state;
    expand_text(&sweep, GRID "  batch_size: {values: [32, 64]}\n  loss: {values: [mse, kld]}\n"
                             "  epochs: {values: [9, 3, 5]}\n");
    assert_int_equal(sweep.space.setting_count, 12);
    assert_string_equal(column(HP_BATCH_SIZE), "32|32|32|32|32|32|64|64|64|64|64|64");
    assert_string_equal(column(HP_EPOCHS), "9|3|5|9|3|5|9|3|5|9|3|5");
    assert_string_equal(value_of(&sweep, 2, HP_LOSS)->name, "mean_squared_error");
    assert_string_equal(value_of(&sweep, 3, HP_LOSS)->name, "kl_divergence");
    assert_int_equal(sweep.space.equal_count, 0);
}

/* name: default values by hyperparameter; what is missing does not apply. */
static const struct {
    const char *optimizer;
    struct {
        enum hyperparameter_id id;
        double value;
    } values[14];
} keras[] = {
    {"sgd", {{HP_LEARNING_RATE, 0.01}, {HP_MOMENTUM, 0}, {HP_NESTEROV, 0}, {HP_WEIGHT_DECAY, 0}}},
    {"rmsprop",
     {{HP_LEARNING_RATE, 0.001},
      {HP_RHO, 0.9},
      {HP_MOMENTUM, 0},
      {HP_EPSILON, 1e-7},
      {HP_CENTERED, 0},
      {HP_WEIGHT_DECAY, 0}}},
    {"adam",
     {{HP_LEARNING_RATE, 0.001},
      {HP_BETA_1, 0.9},
      {HP_BETA_2, 0.999},
      {HP_EPSILON, 1e-7},
      {HP_AMSGRAD, 0},
      {HP_WEIGHT_DECAY, 0}}},
    {"nadam",
     {{HP_LEARNING_RATE, 0.001},
      {HP_BETA_1, 0.9},
      {HP_BETA_2, 0.999},
      {HP_EPSILON, 1e-7},
      {HP_WEIGHT_DECAY, 0}}},
    {"adamax",
     {{HP_LEARNING_RATE, 0.001},
      {HP_BETA_1, 0.9},
      {HP_BETA_2, 0.999},
      {HP_EPSILON, 1e-7},
      {HP_WEIGHT_DECAY, 0}}},
    {"adagrad",
     {{HP_LEARNING_RATE, 0.001},
      {HP_INITIAL_ACCUMULATOR_VALUE, 0.1},
      {HP_EPSILON, 1e-7},
      {HP_WEIGHT_DECAY, 0}}},
    {"adadelta",
     {{HP_LEARNING_RATE, 0.001}, {HP_RHO, 0.95}, {HP_EPSILON, 1e-7}, {HP_WEIGHT_DECAY, 0}}},
    {"ftrl",
     {{HP_LEARNING_RATE, 0.001},
      {HP_LEARNING_RATE_POWER, -0.5},
      {HP_INITIAL_ACCUMULATOR_VALUE, 0.1},
      {HP_L1_REGULARIZATION_STRENGTH, 0},
      {HP_L2_REGULARIZATION_STRENGTH, 0},
      {HP_L2_SHRINKAGE_REGULARIZATION_STRENGTH, 0},
      {HP_BETA, 0},
      {HP_WEIGHT_DECAY, 0}}},
    {"adamw",
     {{HP_LEARNING_RATE, 0.001},
      {HP_BETA_1, 0.9},
      {HP_BETA_2, 0.999},
      {HP_EPSILON, 1e-7},
      {HP_AMSGRAD, 0},
      {HP_WEIGHT_DECAY, 0.004}}},
    {"lion",
     {{HP_LEARNING_RATE, 0.001}, {HP_BETA_1, 0.9}, {HP_BETA_2, 0.99}, {HP_WEIGHT_DECAY, 0}}},
    {"lamb",
     {{HP_LEARNING_RATE, 0.001},
      {HP_BETA_1, 0.9},
      {HP_BETA_2, 0.999},
      {HP_EPSILON, 1e-7},
      {HP_WEIGHT_DECAY, 0}}},
    {"adafactor",
     {{HP_LEARNING_RATE, 0.001},
      {HP_BETA_2_DECAY, -0.8},
      {HP_EPSILON_1, 1e-30},
      {HP_EPSILON_2, 1e-3},
      {HP_CLIP_THRESHOLD, 1},
      {HP_WEIGHT_DECAY, 0}}},
    {"muon",
     {{HP_LEARNING_RATE, 0.001},
      {HP_ADAM_BETA_1, 0.9},
      {HP_ADAM_BETA_2, 0.999},
      {HP_ADAM_WEIGHT_DECAY, 0.004},
      {HP_EPSILON, 1e-7},
      {HP_WEIGHT_DECAY, 0.004},
      {HP_MUON_A, 3.4445},
      {HP_MUON_B, -4.775},
      {HP_MUON_C, 2.0315},
      {HP_ADAM_LR_RATIO, 1},
      {HP_MOMENTUM, 0.95},
      {HP_NS_STEPS, 5},
      {HP_NESTEROV, 1},
      {HP_RMS_RATE, 0.2}}},
};
#define KERAS_COUNT (sizeof keras / sizeof *keras)

static void optimizers_have_the_defaults_of_keras(void **state) {
    (void)state;
    expand_text(&sweep, GRID "  optimizer: {values: [sgd, rmsprop, adam, nadam, adamax, adagrad, "
                             "adadelta, ftrl, adamw, lion, lamb, adafactor, muon]}\n");
    assert_int_equal(sweep.space.setting_count, KERAS_COUNT);
    for (size_t i = 0; i < KERAS_COUNT; i++) {
        assert_string_equal(value_of(&sweep, i, HP_OPTIMIZER)->name, keras[i].optimizer);
        size_t applying = 0;
        for (size_t id = 0; id < HP_COUNT; id++)
            applying += hyperparameters[id].part == PART_OPTIMIZER && !hyperparameters[id].later &&
                        value_of(&sweep, i, (enum hyperparameter_id)id)->type != VALUE_NONE;
        size_t expected = 0;
        for (; expected < 14 && keras[i].values[expected].id != 0; expected++) {
            const struct value *value = value_of(&sweep, i, keras[i].values[expected].id);
            assert_int_not_equal(value->type, VALUE_NONE);
            const double number =
                value->type == VALUE_BOOLEAN ? value->boolean : value_number(value);
            if (number != keras[i].values[expected].value)
                fail_msg("%s of %s is %g", hyperparameters[keras[i].values[expected].id].name,
                         keras[i].optimizer, number);
        }
        assert_int_equal(applying, expected);
    }
}

static void the_other_defaults(void **state) {
    (void)state;
    expand_text(&sweep, "method: grid\n");
    assert_int_equal(sweep.space.setting_count, 1);
    assert_int_equal(sweep.space.trial_count, 1);
    assert_string_equal(column(HP_EPOCHS), "5");
    assert_string_equal(column(HP_BATCH_SIZE), "32");
    assert_string_equal(column(HP_TRAIN_IMAGES), "1000");
    assert_string_equal(column(HP_VALIDATION_SPLIT), "0");
    assert_string_equal(column(HP_LAYERS), "[10]");
    assert_string_equal(column(HP_ACTIVATION), "sigmoid");
    assert_string_equal(column(HP_OUTPUT_ACTIVATION), "softmax");
    assert_string_equal(column(HP_INITIALIZER), "glorot_uniform");
    assert_string_equal(column(HP_LOSS), "categorical_crossentropy");
    assert_string_equal(column(HP_TRAIN_IMAGE_DIVISOR), "255");
    assert_string_equal(column(HP_TEST_IMAGE_DIVISOR), "255");
    assert_string_equal(column(HP_TRAIN_LABEL_DIVISOR), "1");
    assert_string_equal(column(HP_NEGATIVE_SLOPE), "");
}

static void what_does_not_apply_has_no_value(void **state) {
    (void)state;
    expand_text(&sweep, GRID "  layers: {values: [[], [5], [\"5 elu\"], [5, \"5 elu\"]]}\n"
                             "  dropout: {value: 0.5}\n  alpha: {value: 2}\n");
    assert_string_equal(column(HP_DROPOUT), "|0.5|0.5|0.5");
    assert_string_equal(column(HP_ACTIVATION), "|sigmoid||sigmoid");
    assert_string_equal(column(HP_ALPHA), "||2|2");
    expand_text(&sweep, GRID "  activation: {values: [relu, leaky_relu, elu, thresholded_relu]}\n");
    assert_string_equal(column(HP_NEGATIVE_SLOPE), "|0.2||");
    assert_string_equal(column(HP_ALPHA), "||1|");
    assert_string_equal(column(HP_THETA), "|||1");
    expand_text(&sweep, GRID "  output_activation: {value: elu}\n  alpha: {values: [1, 2]}\n");
    assert_string_equal(column(HP_ALPHA), "1|2");
}

static void equal_points_are_one(void **state) {
    (void)state;
    expand_text(&sweep, GRID "  epochs: {values: [3, 3.0, 4, 0x3]}\n");
    assert_string_equal(column(HP_EPOCHS), "3|4");
    assert_int_equal(sweep.space.equal_count, 2);
    expand_text(&sweep, GRID "  learning_rate: {values: [0.1, 1e-1, .1]}\n");
    assert_int_equal(sweep.space.setting_count, 1);
    /* adam has no momentum: it is trained once, at its first place in the grid. */
    expand_text(&sweep,
                GRID "  momentum: {values: [0, 0.5, 0.9]}\n  optimizer: {values: [sgd, adam]}\n");
    assert_string_equal(column(HP_OPTIMIZER), "sgd|adam|sgd|sgd");
    assert_string_equal(column(HP_MOMENTUM), "0||0.5|0.9");
    assert_int_equal(sweep.space.equal_count, 2);
    /* A default and the same value written out. */
    expand_text(&sweep, GRID "  optimizer: {values: [sgd, {name: sgd, lr: 0.01}, {name: sgd}]}\n");
    assert_int_equal(sweep.space.setting_count, 1);
}

/* What is said at its default is said of no training of before, and makes no other of it. */
static void later_defaults_are_no_setting_of_their_own(void **state) {
    (void)state;
    expand_text(&sweep, GRID "  optimizer: {values: [sgd, {name: sgd, clipnorm: 0}, "
                             "{name: sgd, use_ema: false, gradient_accumulation_steps: 1}]}\n"
                             "  label_smoothing: {values: [0, 0.1]}\n");
    assert_int_equal(sweep.space.setting_count, 2);
    assert_string_equal(column(HP_CLIPNORM), "0|0");
    assert_string_equal(column(HP_LABEL_SMOOTHING), "0|0.1");
    expand_text(&sweep, GRID "  loss: {values: [mse, huber, {name: huber, delta: 1.0}, "
                             "{name: bce, label_smoothing: {values: [0, 0.2]}}]}\n"
                             "  use_ema: {values: [true, false]}\n"
                             "  ema_momentum: {value: 0.9}\n");
    assert_int_equal(sweep.space.setting_count, 8);
    assert_string_equal(column(HP_DELTA), "||1|1||||");
    assert_string_equal(column(HP_LABEL_SMOOTHING), "||||0|0|0.2|0.2");
    assert_string_equal(column(HP_EMA_MOMENTUM), "0.9||0.9||0.9||0.9|");
}

static void classes_have_weights(void **state) {
    (void)state;
    expand_text(&sweep,
                GRID "  class_weight: {values: [none, ~, {}, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], "
                     "{3: 1.0}, balanced, {0: 2, 3: 0.5}, {3: 5e-1, 0: 2.0, 7: 1}, "
                     "[2, 1, 1, 0.5, 1, 1, 1, 1, 1, 1]]}\n");
    assert_int_equal(sweep.space.setting_count, 3);
    assert_string_equal(column(HP_CLASS_WEIGHT), "none|balanced|{0: 2, 3: 0.5}");
    struct network_spec network;
    setting_network(&sweep.space.settings[0], &sweep.data, 1, &network);
    assert_true(!network.class_weight && !network.class_balance);
    setting_network(&sweep.space.settings[1], &sweep.data, 1, &network);
    assert_true(!network.class_weight && network.class_balance);
    setting_network(&sweep.space.settings[2], &sweep.data, 1, &network);
    assert_true(network.class_weight[0] == 2 && network.class_weight[3] == 0.5f);
    assert_true(network.class_weight[1] == 1 && network.class_weight[9] == 1);
    static const char *const wrong[][2] = {
        {"class_weight: {value: {10: 2}}", "there is no class 10, those of made-up are 0 to 9"},
        {"class_weight: {value: [1, 2]}", "2 weights for the 10 classes of made-up"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_refusal(arena_printf(&sweep.arena, GRID "  %s\n", wrong[i][0]), 3, 3, wrong[i][1]);
    static const char *const cases[][2] = {
        {"class_weight: {value: {0: -1}}", "a weight is a number from 0 up"},
        {"class_weight: {value: {0: 1, 0x0: 2}}", "class 0 is here twice"},
        {"class_weight: {value: {256: 1}}", "whole numbers from 0 to 255"},
        {"class_weight: {value: {one: 1}}", "the keys are classes"},
        {"class_weight: {value: [1, inf]}", "a weight is a number from 0 up"},
        {"class_weight: {value: [[1, 2], [3, 4]]}", "{values: [[1, 2], [1, 3]]}"},
        {"class_weight: {value: 3}", "it takes none, balanced"},
    };
    expect_told(&sweep, cases, sizeof cases / sizeof *cases);
}

#define ONE_CLIP "only one of clipvalue, clipnorm and global_clipnorm may be above 0"

static void gradients_are_clipped_one_way(void **state) {
    (void)state;
    expect_refusal(GRID "  clipnorm: {values: [0, 1]}\n  clipvalue: {value: 0.5}\n", 3, 3,
                   ONE_CLIP);
    expect_refusal(GRID "  clipnorm: {value: 1}\n"
                        "  optimizer: {values: [sgd, {name: adam, global_clipnorm: 2}]}\n",
                   4, 3, ONE_CLIP);
    expect_refusal(GRID "  optimizer: {value: {name: adam, clipvalue: {min: 0.1, max: 1, q: 0.1}, "
                        "clipnorm: 2}}\n",
                   3, 3, ONE_CLIP);
    expect_refusal(GRID "  ema_momentum: {value: 0.5}\n", 3, 3, "it takes use_ema: true");
    expect_refusal(GRID "  label_smoothing: {value: 0.5}\n  loss: {value: mse}\n", 3, 3,
                   "no loss here has it");
    expand_text(&sweep, "exclude: [\"clipnorm>0 and clipvalue>0\"]\n" GRID
                        "  clipnorm: {values: [0, 1]}\n  clipvalue: {values: [0, 1]}\n");
    assert_int_equal(sweep.space.setting_count, 3);
    expand_text(&sweep, GRID "  optimizer: {values: [{name: sgd, clipnorm: 1}, "
                             "{name: sgd, clipvalue: 1}, {name: sgd, global_clipnorm: 1}]}\n");
    assert_int_equal(sweep.space.setting_count, 3);
}

/* Each line is one training, however it is spelled. */
static void equal_networks_are_one(void **state) {
    (void)state;
    static const char *const spellings[] = {
        "layers: {values: [[10], [\"10 sigmoid\"], [{units: 10, activation: sigmoid}], [10 "
        "logistic]]}",
        "layers: {values: [[7, 5], [\"7 relu\", 5], [7, \"5 relu\"], [7 relu, 5 relu]]}\n"
        "  activation: {value: relu}",
        "layers: {values: [[5, 5 elu], [5 sigmoid, 5 elu], [5 sigmoid, {units: 5, activation: "
        "elu}]]}",
        "layers: {value: [5 relu, 5 elu]}\n  dropout: {value: 0.5}\n"
        "  optimizer: {values: [sgd, {name: sgd, nesterov: on}, {name: sgd, momentum: 0}]}",
        "layers: {values: [[3 leaky_relu], [3]]}\n"
        "  activation: {values: [leaky_relu, {name: leaky_relu, negative_slope: 0.2}]}",
        "output_activation: {values: [linear, identity]}\n  layers: {value: []}",
        "layers: {values: [[flatten, 5], [5, flatten], [5 use_bias=yes]]}",
        "layers: {values: [[bn, relu, 5], [BatchNormalization, activation relu, 5 tanh]]}\n"
        "  activation: {value: tanh}",
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        expand_text(&sweep, arena_printf(&sweep.arena, GRID "  %s\n", spellings[i]));
        if (sweep.space.setting_count != 1 || sweep.space.equal_count == 0)
            fail_msg("%zu settings: %s", sweep.space.setting_count, spellings[i]);
    }
    /* What is shown is how it was written first. */
    expand_text(&sweep, GRID "  layers: {values: [[5 sigmoid, 5 elu], [5, 5 elu]]}\n");
    assert_string_equal(column(HP_LAYERS), "[\"5 sigmoid\", \"5 elu\"]");
    /* A common activation that no layer uses tells nothing apart, one that some use does. */
    expand_text(&sweep, GRID "  layers: {values: [[5 tanh], [5]]}\n"
                             "  activation: {values: [sigmoid, tanh]}\n");
    assert_string_equal(column(HP_LAYERS), "[\"5 tanh\"]|[5]");
    expand_text(&sweep, GRID "  layers: {values: [[5, 5 tanh], [5 tanh, 5]]}\n"
                             "  activation: {values: [sigmoid, tanh]}\n");
    assert_int_equal(sweep.space.setting_count, 3);
    /* With momentum nesterov counts. */
    expand_text(&sweep, GRID "  momentum: {values: [0, 0.9]}\n  nesterov: {values: [on, off]}\n");
    assert_string_equal(column(HP_NESTEROV), "true|true|false");
}

/* Keras' layers have no activation unless they name one; a number has the trial's, and so have all
 * where the config has one. */
static void layers_by_name_are_keras(void **state) {
    (void)state;
    expand_text(&sweep, GRID
                "  layers: {values: [[conv2d 8 3, bn, relu, 16], [{dense: {units: 8}}, 4 tanh], "
                "[{units: 8}, dense 4], [conv2d 8 3 linear, bn, relu, 16]]}\n");
    assert_string_equal(column(HP_LAYERS),
                        "[\"conv2d 8 3 linear\", \"batch_normalization\", \"relu\", 16]|"
                        "[\"8 linear\", \"4 tanh\"]|[\"8 linear\", \"4 linear\"]");
    assert_int_equal(sweep.space.equal_count, 1);
    expand_text(&sweep, GRID "  layers: {value: [conv2d 8 3, {dense: {units: 8}}, 4]}\n"
                             "  activation: {values: [relu, tanh]}\n");
    assert_string_equal(column(HP_LAYERS), "[\"conv2d 8 3\", 8, 4]|[\"conv2d 8 3\", 8, 4]");
    expand_text(&sweep, "exclude: [\"layers=[dense 8, 4]\"]\n" GRID
                        "  layers: {values: [[dense 8, 4], [8, 4]]}\n");
    assert_string_equal(column(HP_LAYERS), "[8, 4]");
    /* An output's layer has the output layer's. */
    expand_text(&sweep, GRID "  model: {value: {a: dense 5, b: dense 10, outputs: {o: {inputs: b, "
                             "loss: mse}, p: {dense: 10, inputs: a, loss: mse}}}}\n");
    assert_string_equal(column(HP_LAYERS),
                        "[\"5 linear\", 10, \"output o loss=mean_squared_error\", \"10 inputs=1\", "
                        "\"output p loss=mean_squared_error\"]");
}

static void details_win(void **state) {
    (void)state;
    expand_text(&sweep, GRID "  optimizer: {values: [sgd, {name: sgd, lr: 0.5}, {name: adam}]}\n"
                             "  learning_rate: {values: [0.1, 0.2]}\n");
    assert_string_equal(column(HP_LEARNING_RATE), "0.1|0.2|0.5|0.1|0.2");
    /* Also when the axis comes first. */
    expand_text(&sweep, GRID "  lr: {value: 0.1}\n"
                             "  optimizer: {values: [sgd, {name: sgd, lr: 0.5}]}\n");
    assert_string_equal(column(HP_LEARNING_RATE), "0.1|0.5");
    expand_text(&sweep, GRID "  activation: {value: {name: elu, alpha: 0.5}}\n");
    assert_string_equal(column(HP_ALPHA), "0.5");
}

static void what_has_no_effect_is_refused(void **state) {
    (void)state;
    expect_refusal(GRID "  optimizer: {values: [adam, nadam]}\n  momentum: {value: 0.9}\n", 4, 3,
                   "momentum has no effect: no optimizer here has it; remove it");
    expect_refusal(GRID "  alpha: {value: 2}\n", 3, 3, "alpha has no effect: no activation here");
    expect_refusal(GRID "  layers: {value: []}\n  dropout: {value: 0.5}\n", 4, 3,
                   "dropout has no effect: no hidden layer");
    expect_refusal(GRID "  model: {value: {f: flatten, outputs: {digit: {dense: {units: 10, "
                        "activation: softmax}, inputs: f, loss: mse}}}}\n  dropout: {value: 0.5}\n",
                   4, 3, "dropout has no effect: no hidden layer");
    expect_refusal(GRID "  layers: {value: [5 relu]}\n  activation: {value: tanh}\n", 4, 3,
                   "activation has no effect");
    expect_refusal(GRID "  optimizer: {values: [{name: sgd, lr: 1}, {name: adam, lr: 2}]}\n"
                        "  learning_rate: {values: [0.1, 0.2]}\n",
                   4, 3,
                   "learning_rate has no effect: each choice that has it gives its own value");
    expect_refusal(GRID "  learning_rate_schedule: {value: piecewise_constant_decay 9 1/2}\n"
                        "  learning_rate: {value: 0.1}\n",
                   4, 3, "learning_rate has no effect: each schedule here says its rates itself");
}

static void images_and_validation(void **state) {
    (void)state;
    struct stream_spec stream;
    expand_text(&sweep, GRID "  validation_split: {values: [0, 0.1, 0.25]}\n");
    assert_string_equal(column(HP_TRAIN_IMAGES), "1000|900|750");
    setting_stream(&sweep.space.settings[1], &sweep.data, 5, &stream);
    assert_int_equal(stream.train_count, 900);
    assert_int_equal(stream.validation_begin, 900);
    assert_int_equal(stream.validation_count, 100);
    assert_int_equal(stream.seed, 5);
    expand_text(&sweep, GRID "  validation_split: {value: 0.1}\n"
                             "  train_images: {values: [100, 900]}\n");
    assert_string_equal(column(HP_TRAIN_IMAGES), "100|900");
    setting_stream(&sweep.space.settings[0], &sweep.data, 5, &stream);
    assert_int_equal(stream.train_count, 100);
    assert_int_equal(stream.validation_begin, 900);
    /* All that is left, written out, is the default. */
    expand_text(&sweep, GRID "  validation_split: {value: 0.1}\n  train_images: {value: 900}\n");
    const struct digest written = sweep.space.settings[0].digest;
    expand_text(&sweep, GRID "  validation_split: {value: 0.1}\n");
    assert_string_equal(sweep.space.settings[0].digest.hex, written.hex);
    expect_refusal(
        GRID "  validation_split: {value: 0.1}\n  train_images: {value: 901}\n", 4, 3,
        "train_images: 901 are more than the 900 that made-up has after validation_split");
    expect_refusal(GRID "  train_images: {values: [1000, 1001]}\n", 3, 3,
                   "train_images: 1001 are more than the 1000 that made-up has");
    expect_refusal(GRID "  layers: {values: [[5], [reshape 14x2x28, 5, reshape 3x2]]}\n", 3, 47,
                   "layers [\"reshape 14x2x28\", 5, \"reshape 3x2\"]: reshape, layer 3, is given "
                   "5; it must have as many numbers as what comes in");
    expect_refusal(GRID "  layers: {values: [[5], [5, {reshape: [-1, 3]}]]}\n", 3, 30,
                   "reshape, layer 2, is given 5; it must have as many numbers as what comes in");
    expect_refusal(GRID "  layers: {values: [[5], [5 prelu shared_axes=2]]}\n", 3, 27,
                   "its shared_axes are more than that has axes, the first being 1");
    expect_refusal(
        GRID "  validation_split: {value: 0.9999}\n", 3, 3,
        "validation_split 0.9999: none of the 1000 images of made-up is left to train on");
}

static void repeats_and_seeds(void **state) {
    (void)state;
    expand_text(&sweep, "repeats: 3\nseed: 9007199254740990\n" GRID "  epochs: {values: [1, 2]}\n");
    assert_int_equal(sweep.space.trial_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_ptr_equal(sweep.space.trials[i].setting, &sweep.space.settings[i / 3]);
        assert_int_equal(sweep.space.trials[i].seed, 9007199254740990 + i % 3);
    }
}

/* The digest of the first trial of a config, over data of this digest. */
static struct digest digest_with(const char *text, const char *data) {
    sweep.data.digest = digest_of_string(data);
    expand_text(&sweep, text);
    return sweep.space.trials[0].digest;
}

/* Two values of every hyperparameter, as single-valued axes over a base that has all of them. */
static const char *const pairs[HP_COUNT][2] = {
    [HP_EPOCHS] = {"1", "2"},
    [HP_BATCH_SIZE] = {"16", "8"},
    [HP_TRAIN_IMAGES] = {"100", "101"},
    [HP_VALIDATION_SPLIT] = {"0.1", "0.2"},
    [HP_LAYERS] = {"[5, 6]", "[6, 5]"},
    [HP_ACTIVATION] = {"relu", "tanh"},
    [HP_OUTPUT_ACTIVATION] = {"softmax", "sigmoid"},
    [HP_INITIALIZER] = {"zeros", "ones"},
    [HP_DROPOUT] = {"0.1", "0.2"},
    [HP_L2] = {"0.1", "0.2"},
    [HP_LOSS] = {"mse", "kld"},
    [HP_OPTIMIZER] = {"sgd", "adam"},
    [HP_NEGATIVE_SLOPE] = {"0.1", "0.2"},
    [HP_ALPHA] = {"0.1", "0.2"},
    [HP_THETA] = {"0.1", "0.2"},
    [HP_LEARNING_RATE_POWER] = {"-0.5", "-0.25"},
    [HP_AUGMENTATION] = {"[random_rotation 0.1]", "[elastic 34 4]"},
    [HP_AUGMENTATION_SCHEDULE] = {"constant", "cosine_decay"},
    [HP_LEARNING_RATE_SCHEDULE] = {"constant", "cosine_decay"},
    [HP_EARLY_STOPPING] = {"none", "val_loss patience=3"},
    [HP_REDUCE_LR_ON_PLATEAU] = {"none", "loss factor=0.5"},
    [HP_NESTEROV] = {"true", "false"},
    [HP_CENTERED] = {"true", "false"},
    [HP_AMSGRAD] = {"true", "false"},
    [HP_TRAIN_LABEL_DIVISOR] = {"1", "2"},
    [HP_CLASS_WEIGHT] = {"balanced", "{0: 2}"},
    [HP_BETA_2_DECAY] = {"-0.5", "-0.25"},
    [HP_NS_STEPS] = {"3", "4"},
    [HP_USE_EMA] = {"true", "false"},
    [HP_EMA_OVERWRITE_FREQUENCY] = {"3", "4"},
    [HP_GRADIENT_ACCUMULATION_STEPS] = {"3", "4"},
};

/* What has to be chosen for a hyperparameter to apply. */
static const char *condition_of(const struct hyperparameter *hyperparameter) {
    if (hyperparameter == &hyperparameters[HP_EARLY_STOPPING])
        return "  validation_split: {value: 0.1}\n";
    if (hyperparameter == &hyperparameters[HP_NESTEROV])
        return "  momentum: {value: 0.9}\n";
    if (hyperparameter == &hyperparameters[HP_EMA_MOMENTUM] ||
        hyperparameter == &hyperparameters[HP_EMA_OVERWRITE_FREQUENCY])
        return "  use_ema: {value: true}\n";
    if (hyperparameter == &hyperparameters[HP_AUGMENTATION_SCHEDULE])
        return "  augmentation: {value: [elastic 34 4]}\n";
    for (size_t i = 0; hyperparameter->part == PART_LOSS && i < loss_count; i++)
        if (loss_has(&losses[i], (enum loss_parameter)hyperparameter->detail, NULL))
            return arena_printf(&sweep.arena, "  loss: {value: %s}\n", losses[i].name);
    for (size_t i = 0; hyperparameter->part == PART_OPTIMIZER && i < optimizer_count; i++)
        if (optimizer_has(&optimizers[i], (enum optimizer_parameter)hyperparameter->detail, NULL))
            return arena_printf(&sweep.arena, "  optimizer: {value: %s}\n", optimizers[i].name);
    for (size_t i = 0; hyperparameter->part == PART_ACTIVATION && i < activation_count; i++)
        if ((int)activations[i].parameter == hyperparameter->detail)
            return arena_printf(&sweep.arena, "  activation: {value: %s}\n", activations[i].name);
    return "";
}

static void every_hyperparameter_counts(void **state) {
    (void)state;
    for (size_t id = 0; id < HP_DATASET; id++) { /* that counts by what is in it */
        const struct hyperparameter *hyperparameter = &hyperparameters[id];
        struct digest digests[2];
        for (size_t i = 0; i < 2; i++) {
            const char *value = pairs[id][i] ? pairs[id][i] : i ? "0.25" : "0.75";
            digests[i] =
                digest_with(arena_printf(&sweep.arena, GRID "%s  %s: {value: %s}\n",
                                         condition_of(hyperparameter), hyperparameter->name, value),
                            "data");
        }
        if (strcmp(digests[0].hex, digests[1].hex) == 0)
            fail_msg("%s is not part of the digest", hyperparameter->name);
    }
}

static void what_digests_are_of(void **state) {
    (void)state;
    static const char text[] = GRID "  epochs: {value: 3}\n  loss: {value: mse}\n";
    const struct digest digest = digest_with(text, "data");
    assert_string_equal(digest_with(text, "data").hex, digest.hex);
    assert_string_not_equal(digest_with(text, "other data").hex, digest.hex);
    assert_string_not_equal(
        digest_with("seed: 1\n" GRID "  epochs: {value: 3}\n  loss: {value: mse}\n", "data").hex,
        digest.hex);
    /* The order of keys, the notation, the texts and the other values of the grid are nothing to
     * it. */
    assert_string_equal(digest_with("name: n\nmetrics: [f1]\nrepeats: 7\n" GRID
                                    "  loss_function: {values: [mean_squared_error, kld]}\n"
                                    "  epochs: {values: [3.0, 5]}\n",
                                    "data")
                            .hex,
                        digest.hex);
    /* Stored results are found by their digests: with other ones, they would all be trained again.
     * SHA-256 of the setting's 19 lines from "epochs=3" to "train_label_divisor=1". */
    static const char setting[] =
        "3f045aa50311ac5ac907248784e95c459678e70d2861629a7a87fb9e49d2feb1";
    assert_string_equal(sweep.space.settings[0].digest.hex, setting);
    const char *whole =
        arena_printf(&sweep.arena, "setting=%s\nseed=0\ndataset=%s\narithmetic=%d\n", setting,
                     digest_of_string("data").hex, ARITHMETIC_VERSION);
    assert_string_equal(digest.hex, digest_of_string(whole).hex);
    /* What older programs made of convolutions has other numbers. */
    const struct digest images = digest_with(GRID "  layers: {value: [conv2d 2 3]}\n", "data");
    whole = arena_printf(&sweep.arena, "setting=%s\nseed=0\ndataset=%s\narithmetic=%d\n",
                         sweep.space.settings[0].digest.hex, digest_of_string("data").hex,
                         ARITHMETIC_CONVOLUTIONS);
    assert_string_equal(images.hex, digest_of_string(whole).hex);
    const struct digest twice = digest_with(
        GRID "  layers: {value: {twice: {concatenate: [image, image]}, units: 8}}\n", "data");
    whole = arena_printf(&sweep.arena, "setting=%s\nseed=0\ndataset=%s\narithmetic=%d\n",
                         sweep.space.settings[0].digest.hex, digest_of_string("data").hex,
                         ARITHMETIC_LAYERS);
    assert_string_equal(twice.hex, digest_of_string(whole).hex);
}

/* What a layer says of its own activation makes another network, also where all layers have that
 * activation. */
static void arguments_of_activations_count(void **state) {
    (void)state;
    expand_text(&sweep,
                GRID "  layers: {values: [[8 leaky_relu], [8 leaky_relu negative_slope=0.1], "
                     "[8 leaky_relu negative_slope=0.3], [8 prelu], "
                     "[8 prelu alpha_initializer=ones], [conv2d 2 3 prelu], "
                     "[conv2d 2 3 prelu shared_axes=1/2]]}\n");
    assert_int_equal(sweep.space.setting_count, 7);
    for (size_t i = 0; i < 7; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(sweep.space.settings[i].digest.hex,
                                    sweep.space.settings[j].digest.hex);
}

/* Images are left for those choices of validation_split that train_images may stand beside. */
static void images_left_beside_a_split(void **state) {
    (void)state;
    static const char both[] = "  validation_split: {values: [0.5, 0]}\n"
                               "  train_images: {values: [100, 1000]}\n";
    const char *apart[] = {"zip: [validation_split, train_images]\n",
                           "exclude: [\"validation_split=0.5 and train_images=1000\"]\n"};
    for (size_t i = 0; i < 2; i++) {
        expand_text(&sweep, arena_printf(&sweep.arena, "%s" GRID "%s", apart[i], both));
        assert_int_equal(sweep.space.setting_count, i == 0 ? 2 : 3);
    }
    expect_refusal(arena_printf(&sweep.arena, GRID "%s", both), 4, 3,
                   "train_images: 1000 are more than the 500 that");
}

/* Callbacks beside what does not go with them. */
static void callbacks_kept_apart(void **state) {
    (void)state;
    static const char rates[] = "  learning_rate_schedule: {values: [constant, cosine_decay]}\n"
                                "  reduce_lr_on_plateau: {values: [loss patience=2, none]}\n",
                      splits[] = "  validation_split: {values: [0, 0.5]}\n"
                                 "  early_stopping: {values: [loss, val_loss]}\n";
    static const struct {
        const char *apart, *axes;
        size_t settings;
    } cases[] = {
        {"zip: [learning_rate_schedule, reduce_lr_on_plateau]\n", rates, 2},
        {"exclude: [\"reduce_lr_on_plateau!=none and learning_rate_schedule!=constant\"]\n", rates,
         3},
        {"zip: [validation_split, early_stopping]\n", splits, 2},
        {"exclude: [\"early_stopping=val_loss and validation_split=0\"]\n", splits, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expand_text(&sweep,
                    arena_printf(&sweep.arena, "%s" GRID "%s", cases[i].apart, cases[i].axes));
        assert_int_equal(sweep.space.setting_count, cases[i].settings);
    }
    const char *const refused[][2] = {
        {arena_printf(&sweep.arena, GRID "%s", rates), "does not go with a learning_rate_schedule"},
        {arena_printf(&sweep.arena, GRID "%s", splits), "val_loss needs images to validate on"},
        {arena_printf(&sweep.arena,
                      "exclude: [\"reduce_lr_on_plateau!=none and "
                      "learning_rate_schedule!=constant and optimizer=adam\"]\n" GRID
                      "%s  optimizer: {values: [sgd, adam]}\n",
                      rates),
         "does not go with a learning_rate_schedule"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(parse_text(&sweep, refused[i][0]), STATUS_INPUT);
        assert_non_null(strstr(sweep.error.message, refused[i][1]));
    }
}

/* What older programs filled images of fractions with has another number since; in images of bytes,
 * and of background, it has not. */
static void digests_of_fills(void **state) {
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const char *fill = i % 2 ? " fill_value=1" : "";
        const char *text = arena_printf(
            &sweep.arena, GRID "  augmentation: {value: [random_rotation 0.1%s]}\n", fill);
        sweep.data.unit = i < 2 ? 1 : 255;
        const struct digest digest = digest_with(text, "data");
        const char *whole =
            arena_printf(&sweep.arena, "setting=%s\nseed=0\ndataset=%s\narithmetic=%d\n",
                         sweep.space.settings[0].digest.hex, digest_of_string("data").hex,
                         i == 3 ? ARITHMETIC_FILLS : ARITHMETIC_VERSION);
        assert_string_equal(digest.hex, digest_of_string(whole).hex);
    }
    sweep.data.unit = 1;
}

static void settings_read_back(void **state) {
    (void)state;
    expand_text(&sweep,
                GRID "  optimizer: {values: [sgd, adamw, ftrl, {name: rmsprop, centered: on}]}\n"
                     "  layers: {values: [[], [64, \"32 elu\"], [7 prelu]]}\n"
                     "  learning_rate: {values: [0.30000000000000004, 1e-5]}\n");
    const struct space written = sweep.space;
    assert_int_equal(written.setting_count, 24);
    for (size_t i = 0; i < written.setting_count; i++) {
        struct text text;
        text_init(&text);
        text_append(&text, GRID);
        for (size_t id = 0; id < HP_COUNT; id++) {
            if (written.settings[i].values[id].type == VALUE_NONE)
                continue;
            text_printf(&text, "  %s: {value: ", hyperparameters[id].name);
            value_append(&written.settings[i].values[id], &text);
            text_append(&text, "}\n");
        }
        expand_text(&sweep, text.data);
        text_release(&text);
        assert_string_equal(sweep.space.settings[0].digest.hex, written.settings[i].digest.hex);
    }
}

static void spaces_that_are_too_large(void **state) {
    (void)state;
    const clock_t begin = clock();
    expect_refusal(GRID "  batch_size: {min: 1, max: 10000}\n  epochs: {min: 1, max: 10000}\n"
                        "  train_images: {min: 1, max: 1000}\n"
                        "  learning_rate: {values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}\n",
                   1, 9,
                   "10000 batch_size x 10000 epochs x 1000 train_images x 10 learning_rate x "
                   "1 repeat are more than the 1000000 trials");
    expect_refusal("repeats: 1001\n" GRID "  epochs: {min: 1, max: 1000}\n", 2, 9,
                   "1000 epochs x 1001 repeats are more than");
    assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 5);
    parse_text(&sweep, "repeats: 1000\n" GRID "  epochs: {min: 1, max: 1000}\n");
    assert_int_equal(
        space_expand(&sweep.config, &sweep.data, &sweep.arena, &sweep.space, &sweep.error),
        STATUS_OK);
    assert_int_equal(sweep.space.trial_count, GRID_TRIALS_MAX);
}

static void networks_of_settings(void **state) {
    (void)state;
    struct network_spec spec;
    expand_text(&sweep,
                GRID "  layers: {value: [7, \"5 elu\"]}\n  activation: {value: leaky_relu}\n"
                     "  alpha: {value: 0.5}\n  negative_slope: {value: 0.25}\n"
                     "  optimizer: {value: {name: sgd, nesterov: true, momentum: 0.75}}\n"
                     "  dropout: {value: 0.5}\n  l2: {value: 0.125}\n");
    setting_network(&sweep.space.settings[0], &sweep.data, 9, &spec);
    assert_int_equal(network_inputs(&spec), 784);
    assert_int_equal(spec.layer_count, 5);
    const size_t units[] = {7, 5, 10};
    const char *const names[] = {"leaky_relu", "elu", "softmax"};
    for (size_t i = 0; i < 3; i++) {
        assert_ptr_equal(spec.layers[2 * i].kind, &layer_dense);
        assert_int_equal(spec.layers[2 * i].units, units[i]);
        assert_string_equal(spec.layers[2 * i].activation->name, names[i]);
    }
    for (size_t i = 1; i < 5; i += 2) {
        assert_ptr_equal(spec.layers[i].kind, &layer_dropout);
        assert_true(spec.layers[i].rate == 0.5);
    }
    assert_true(spec.layers[0].activation_parameter == 0.25);
    assert_true(spec.layers[2].activation_parameter == 0.5);
    assert_true(spec.l2 == 0.125 && spec.seed == 9);
    assert_true(spec.optimizer_settings.value[OPTIMIZER_NESTEROV] == 1);
    assert_true(spec.optimizer_settings.value[OPTIMIZER_MOMENTUM] == 0.75);
    assert_true(spec.optimizer_settings.value[OPTIMIZER_LEARNING_RATE] == 0.01);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(the_last_key_varies_fastest),
        CASE(optimizers_have_the_defaults_of_keras),
        CASE(the_other_defaults),
        CASE(what_does_not_apply_has_no_value),
        CASE(equal_points_are_one),
        CASE(equal_networks_are_one),
        CASE(later_defaults_are_no_setting_of_their_own),
        CASE(gradients_are_clipped_one_way),
        CASE(classes_have_weights),
        CASE(layers_by_name_are_keras),
        CASE(details_win),
        CASE(what_has_no_effect_is_refused),
        CASE(images_and_validation),
        CASE(repeats_and_seeds),
        CASE(every_hyperparameter_counts),
        CASE(what_digests_are_of),
        CASE(digests_of_fills),
        CASE(arguments_of_activations_count),
        CASE(images_left_beside_a_split),
        CASE(callbacks_kept_apart),
        CASE(settings_read_back),
        CASE(spaces_that_are_too_large),
        CASE(networks_of_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
