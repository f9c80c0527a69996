/* Spaces with distributions, conditions, zip and exclude, and how a config says to search them. */
#include "parsed.h"

#include "search/stopper.h"
#include "search/strategy.h"

#include <math.h>

#define RANDOM "method: random\nbudget: {trials: 100}\nparameters:\n"

static void begin_text(const char *text) {
    if (parse_text(&sweep, text) != STATUS_OK ||
        space_begin(&sweep.config, &sweep.data, &sweep.arena, &sweep.space, &sweep.error) !=
            STATUS_OK)
        fail_msg("%s:%d:%d: %s\n%s", sweep.error.file, sweep.error.line, sweep.error.column,
                 sweep.error.message, text);
}

/* The whole message of the first problem is where it should be, and the line as it was meant. */
struct refusal {
    const char *text;
    int line, column;
    const char *fragment, *corrected; /* NULL: no line */
};

static void expect_refusals(const struct refusal *refusals, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct refusal *r = &refusals[i];
        enum status status = parse_text(&sweep, r->text);
        if (status == STATUS_OK)
            status =
                space_begin(&sweep.config, &sweep.data, &sweep.arena, &sweep.space, &sweep.error);
        if (status != STATUS_INPUT)
            fail_msg("accepted: %s", r->text);
        const struct error *error = &sweep.config.problems->items[0].error;
        if (error->line != r->line || error->column != r->column ||
            !strstr(error->message, r->fragment))
            fail_msg("%s\n%d:%d: %s", r->text, error->line, error->column, error->message);
        const char *corrected = sweep.config.problems->items[0].corrected;
        if (!corrected != !r->corrected || (corrected && strcmp(corrected, r->corrected) != 0))
            fail_msg("%s\n%s", r->text, corrected ? corrected : "(none)");
    }
}
#define EXPECT_REFUSALS(refusals) expect_refusals(refusals, sizeof refusals / sizeof *refusals)

/* --- the grid --- */

static void what_belongs_to_a_choice(void **state) {
    (void)state;
    expand_text(&sweep, GRID "  optimizer: {values: [{name: sgd, momentum: {min: 0, max: 0.8, q: "
                             "0.4}}, {name: adam, beta_1: {values: [0.9, 0.95]}}, ftrl]}\n"
                             "  epochs: {values: [1, 2]}\n");
    assert_string_equal(column(HP_OPTIMIZER),
                        "sgd|sgd|sgd|sgd|sgd|sgd|adam|adam|adam|adam|ftrl|ftrl");
    assert_string_equal(column(HP_MOMENTUM), "0|0|0.4|0.4|0.8|0.8||||||");
    assert_string_equal(column(HP_BETA_1), "||||||0.9|0.9|0.95|0.95||");
    assert_string_equal(column(HP_EPOCHS), "1|2|1|2|1|2|1|2|1|2|1|2");
    assert_int_equal(sweep.space.equal_count, 0);
    const struct digest nested = sweep.space.settings[3].digest;
    expand_text(&sweep, GRID "  optimizer: {value: {name: sgd, momentum: 0.4}}\n"
                             "  epochs: {value: 2}\n");
    assert_string_equal(sweep.space.settings[0].digest.hex, nested.hex);
    /* It is closer to its choice than a hyperparameter's own values, and both may be there. */
    expand_text(&sweep, GRID "  lr: {values: [1, 2]}\n  optimizer: {values: [adam, {name: sgd, "
                             "lr: {values: [3, 4]}}]}\n");
    assert_string_equal(column(HP_LEARNING_RATE), "1|3|4|2");
    expand_text(&sweep, GRID "  activation: {values: [relu, {name: elu, alpha: {values: [1, 2]}}, "
                             "{name: leaky_relu, negative_slope: {value: 0.1}}]}\n");
    assert_string_equal(column(HP_ALPHA), "|1|2|");
    assert_string_equal(column(HP_NEGATIVE_SLOPE), "|||0.1");
}

static void values_that_go_together(void **state) {
    (void)state;
    expand_text(&sweep, "zip: [epochs, learning_rate]\n" GRID "  epochs: {values: [1, 2, 3]}\n"
                        "  dropout: {values: [0, 0.5]}\n  learning_rate: {values: [3, 2, 1]}\n");
    assert_string_equal(column(HP_EPOCHS), "1|1|2|2|3|3");
    assert_string_equal(column(HP_LEARNING_RATE), "3|3|2|2|1|1");
    assert_string_equal(column(HP_DROPOUT), "0|0.5|0|0.5|0|0.5");
    /* Two groups, one of them with choices that bring others along. */
    expand_text(&sweep, "zip: [[lr, layers], [epochs, optimizer]]\n" GRID
                        "  layers: {values: [[5], [6]]}\n  lr: {values: [1, 2]}\n"
                        "  optimizer: {values: [adam, {name: sgd, momentum: {values: [0, 0.5]}}]}\n"
                        "  epochs: {values: [7, 8]}\n");
    assert_string_equal(column(HP_LAYERS), "[5]|[5]|[5]|[6]|[6]|[6]");
    assert_string_equal(column(HP_LEARNING_RATE), "1|1|1|2|2|2");
    assert_string_equal(column(HP_EPOCHS), "7|8|8|7|8|8");
    assert_string_equal(column(HP_MOMENTUM), "|0|0.5||0|0.5");
    static const struct refusal refusals[] = {
        {"zip: [epochs, lr]\n" GRID "  epochs: {values: [1, 2]}\n  lr: {values: [1, 2, 3]}\n", 5, 3,
         "zip: learning_rate has 3 values and epochs has 2, where as many belong",
         "lr: {values: [1, 2]}"},
        {"zip: epochs\n" GRID "  epochs: {values: [1, 2]}\n", 1, 6, "zip must be a list", NULL},
        {"zip: [epochs]\n" GRID "  epochs: {values: [1, 2]}\n", 1, 6, "two or more", NULL},
        {"zip: [epochs, lr]\n" GRID "  epochs: {values: [1, 2]}\n", 1, 15,
         "learning_rate has no values under parameters", NULL},
        {"zip: [epochs, epohcs]\n" GRID "  epochs: {values: [1, 2]}\n", 1, 15,
         "did you mean 'epochs'?", "zip: [epochs, epochs]"},
        {"zip: [[epochs, lr], [lr, l2]]\n" GRID "  epochs: {value: 1}\n  lr: {value: 1}\n"
         "  l2: {value: 1}\n",
         1, 22, "zip: learning_rate is here twice", NULL},
        {"zip: [epochs, lr]\n" RANDOM "  epochs: {values: [1, 2]}\n  lr: {min: 1, max: 2}\n", 1, 15,
         "zip: learning_rate has no list of values", NULL},
    };
    EXPECT_REFUSALS(refusals);
}

static void settings_that_are_excluded(void **state) {
    (void)state;
    expand_text(&sweep, "exclude: [\"optimizer=adam and lr>1\", \"epochs=2 and lr<=1 or "
                        "epochs in [3]\"]\n" GRID
                        "  optimizer: {values: [sgd, adam]}\n  epochs: {values: [1, 2, 3]}\n"
                        "  lr: {values: [1, 2]}\n");
    assert_string_equal(column(HP_OPTIMIZER), "sgd|sgd|sgd|adam");
    assert_string_equal(column(HP_EPOCHS), "1|1|2|1");
    assert_string_equal(column(HP_LEARNING_RATE), "1|2|2|1");
    assert_int_equal(sweep.space.excluded_count, 8);
    /* Each relation and type of value, as --where has them; a point each. */
    static const struct {
        const char *condition;
        size_t left;
    } cases[] = {
        {"momentum=none", 3},
        {"momentum!=0.5", 2},
        {"momentum not in [0.5, none]", 2},
        {"momentum in [none, 0]", 1},
        {"nesterov=true", 3},
        {"layers=[5]", 2},
        {"layers in []", 4},
        {"optimizer not in []", 0},
        {"layers!=[5]", 2},
        {"activation=tanh", 4},
        {"batch_size>=32 and momentum<0.5", 2},
        {"early_stopping=none and layers=[5]", 2},
        {"class_weight!=none", 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text =
            arena_printf(&sweep.arena,
                         "exclude: \"%s\"\nzip: [layers, optimizer]\n" GRID
                         "  layers: {values: [[5], [6], [5], [6]]}\n"
                         "  optimizer: {values: [adam, {name: sgd, momentum: 0.5, nesterov: "
                         "true}, sgd, rmsprop]}\n",
                         cases[i].condition);
        assert_int_equal(parse_text(&sweep, text), STATUS_OK);
        const enum status status =
            space_expand(&sweep.config, &sweep.data, &sweep.arena, &sweep.space, &sweep.error);
        assert_int_equal(status, cases[i].left ? STATUS_OK : STATUS_INPUT);
        if (cases[i].left && sweep.space.setting_count != cases[i].left)
            fail_msg("%s leaves %zu", cases[i].condition, sweep.space.setting_count);
    }
    static const struct refusal refusals[] = {
        {"exclude: [seed=1]\n" GRID "  epochs: {value: 1}\n", 1, 11, "with all of their seeds",
         NULL},
        {"exclude: [[a]]\n" GRID "  epochs: {value: 1}\n", 1, 11, "a condition in quotes", NULL},
        {"exclude: epoch=1\n" GRID "  epochs: {value: 1}\n", 1, 10, "did you mean 'epochs'?",
         "exclude: \"epochs=1\""},
        {"exclude: [\"epochs>1 and\"]\n" GRID "  epochs: {value: 1}\n", 1, 11, "is missing behind",
         NULL},
        {"exclude: [\"epochs<x\"]\n" GRID "  epochs: {value: 1}\n", 1, 11, "'x' is not allowed",
         NULL},
    };
    EXPECT_REFUSALS(refusals);
    parse_text(&sweep, "exclude: [epochs=1]\n" GRID "  epochs: {value: 1}\n");
    assert_int_equal(
        space_expand(&sweep.config, &sweep.data, &sweep.arena, &sweep.space, &sweep.error),
        STATUS_INPUT);
    assert_non_null(strstr(sweep.error.message, "exclude leaves nothing to train"));
    assert_int_equal(sweep.error.line, 1);
}

/* As in Keras, a depthwise convolution may have both strides and dilation. */
static void windows_that_fit(void **state) {
    (void)state;
    expand_text(&sweep,
                GRID "  layers: {value: [depthwise_conv2d 3 strides=2 dilation_rate=2, conv2d "
                     "4 29 padding=same, conv2d 6 2 groups=2 dilation_rate=1x2]}\n");
    assert_int_equal(sweep.space.setting_count, 1);
}

/* Words, lists and names of an argument, which are told in one spelling. */
static void layers_of_varied_words(void **state) {
    (void)state;
    expand_text(&sweep,
                GRID "  layers: {value: [{conv2d: {filters: 2, kernel_size: {values: [3x2, [2, "
                     "3]]}, padding: {values: [SAME, valid]}, activation: linear}}]}\n");
    assert_string_equal(column(HP_LAYERS),
                        "[\"conv2d 2 3x2 linear padding=same\"]|[\"conv2d 2 3x2 linear\"]|"
                        "[\"conv2d 2 2x3 linear padding=same\"]|[\"conv2d 2 2x3 linear\"]");
    expand_text(&sweep, GRID "  model: {a: {dense: {units: 5, activation: {values: [ReLU, elu]}, "
                             "bias_initializer: {values: [zeros, ones]}}}}\n");
    assert_string_equal(column(HP_LAYERS), "[\"5 relu\"]|[\"dense 5 relu bias_initializer=ones\"]|"
                                           "[\"5 elu\"]|[\"dense 5 elu bias_initializer=ones\"]");
    expand_text(&sweep,
                GRID "  layers: {value: [{reshape: {target_shape: {values: [4x196, [196, 4]]}}}, "
                     "{activation: {values: [relu, tanh]}}, {leaky_relu: {values: [0, 0.5]}}]}\n");
    assert_int_equal(sweep.space.setting_count, 8);
    assert_non_null(strstr(column(HP_LAYERS), "[\"reshape 196x4\", \"tanh\", \"leaky_relu 0.5\"]"));
}

/* Of a hyperparameter that some of a layer's activations have, the others' settings have one. */
static void what_a_varied_activation_takes(void **state) {
    (void)state;
    expand_text(&sweep, GRID "  layers: {value: [{dense: {units: 5, activation: {values: [relu, "
                             "leaky_relu]}}}]}\n  negative_slope: {values: [0.1, 0.2]}\n");
    assert_string_equal(column(HP_NEGATIVE_SLOPE), "|0.1|0.2");
}

static void layers_by_number_and_width(void **state) {
    (void)state;
    expand_text(&sweep, GRID "  layers: {count: {min: 0, max: 2}, units: {values: [8, 16]}}\n");
    assert_string_equal(column(HP_LAYERS), "[]|[8]|[16]|[8, 8]|[16, 16]");
    expand_text(&sweep, GRID "  layers: {count: {min: 1, max: 2}, units: {values: [8, 16]}, each: "
                             "true}\n  dropout: {values: [0, 0.5]}\n");
    assert_string_equal(column(HP_LAYERS), "[8]|[8]|[16]|[16]|[8, 8]|[8, 8]|[8, 16]|[8, 16]|"
                                           "[16, 8]|[16, 8]|[16, 16]|[16, 16]");
    const struct digest digest = sweep.space.settings[6].digest;
    expand_text(&sweep, GRID "  layers: {value: [8, 16]}\n  dropout: {value: 0}\n");
    assert_string_equal(sweep.space.settings[0].digest.hex, digest.hex);
    expand_text(&sweep, GRID "  layers: {count: 2, units: 7}\n");
    assert_string_equal(column(HP_LAYERS), "[7, 7]");
    static const struct refusal refusals[] = {
        {GRID "  layers: {value: [{dense: {units: {values: [64, 0]}}}]}\n", 3, 50,
         "dense.units: '0' is not allowed; it takes a whole number from 1 to 65536", NULL},
        {GRID "  layers: {value: [{dense: {units: 5, use_bias: {min: 0, max: 1}}}]}\n", 3, 49,
         "dense.use_bias: min and max are for numbers; list its values", NULL},
        {GRID "  layers: {value: [{dense: {units: 5, activation: {values: [relu, {leaky_relu: "
              "0.3}]}}}]}\n",
         3, 67, "a value among several has no arguments of its own; list the layers instead", NULL},
        {GRID "  layers: {value: [{conv2d: {filters: 2, kernel_size: {min: 3, max: 29}}}]}\n", 3,
         42,
         "layers [\"conv2d 2 29 linear\"]: conv2d, layer 1, is given 28 x 28 x 1; its window is "
         "larger",
         NULL},
        {GRID "  layers: {value: [conv2d 2 29]}\n", 3, 20, "its window is larger", NULL},
        {GRID "  layers: {value: [max_pooling2d 2x30]}\n", 3, 20, "padding=same allows it", NULL},
        {GRID "  layers: {value: [conv2d 2 3 strides=1x2 dilation_rate=3]}\n", 3, 20,
         "layers [\"conv2d 2 3 linear strides=1x2 dilation_rate=3\"]: conv2d, layer 1, is given 28 "
         "x 28 x "
         "1; strides and dilation_rate can't both be above 1; leave one of them out",
         NULL},
        {GRID "  layers: {value: [{conv2d: {filters: 2, kernel_size: 3, dilation_rate: {values: "
              "[1, 2]}, strides: 2}}]}\n",
         3, 58, "can't both be above 1", NULL},
        {GRID "  layers: {value: [conv2d 4 3 groups=2]}\n", 3, 20,
         "its groups must divide the channels it is given", NULL},
        {GRID "  layers: {value: [conv2d 4 3, conv2d 3 3 groups=2]}\n", 3, 32,
         "conv2d, layer 2, is given 26 x 26 x 4; its groups must divide its filters", NULL},
        {GRID "  layers: {value: [9, global_max_pooling2d]}\n", 3, 23,
         "is given 9; it takes images: rows x columns x channels, as a reshape", NULL},
        {GRID "  layers: {value: [{reshape: {target_shape: {values: [784, 1]}}}]}\n", 3, 31,
         "layers [\"reshape 1\"]: reshape, layer 1, is given 28 x 28 x 1; it must have as many",
         NULL},
        {GRID "  layers: {value: [{dense: {units: 5, activation: {values: [relu, rellu]}}}]}\n", 3,
         67, "unknown activation 'rellu'; did you mean 'relu'?",
         "layers: {value: [{dense: {units: 5, activation: {values: [relu, relu]}}}]}"},
        {GRID "  layers: {value: [{dense: {units: 5, activation: {min: 0, max: 1}}}]}\n", 3, 51,
         "dense.activation: min and max are for numbers; list its values", NULL},
        {GRID "  model: {a: 8, b: {dense: 4, inputs: input}, s: {add: [a, b]}}\n", 3, 47,
         "layers [8, \"4 linear inputs=0\", \"add inputs=1,2\"]: add, layer 3, is given 8 and 4; "
         "its "
         "inputs "
         "must have one shape",
         NULL},
        {GRID "  model: {a: 8, s: {add: {}, inputs: a}}\n", 3, 17, "two inputs or more", NULL},
        {GRID "  model: {a: 8, b: {dense: 4, inputs: [a, input]}}\n", 3, 17,
         "is given 8 and 28 x 28 x 1; it takes one input", NULL},
        {GRID "  model: {a: 8, s: {subtract: [a, a, a]}}\n", 3, 17, "it takes two inputs", NULL},
        {GRID "  model: {a: 8, b: {shared: a}}\n", 3, 17, "of the layer which it is again", NULL},
        {GRID "  model: {a: 8, s: {concatenate: [a, input]}}\n", 3, 17, "as by flatten", NULL},
        {GRID
         "  model: {a: 8, b: {dense: {units: {values: [8, 9]}}, inputs: a}, s: {add: [a, b]}}\n",
         3, 29, "is given 8 and 9", NULL},
        {GRID "  layers: {count: 2}\n", 3, 11, "count and units go together", NULL},
        {GRID "  layers: {count: [1, 2], units: 5}\n", 3, 19, "layers.count: a list",
         "layers: {count: {values: [1, 2]}, units: 5}"},
        {GRID "  layers: {count: 128, units: 5}\n", 3, 19, "from 0 to 127", NULL},
        {GRID "  layers: {count: 1, units: 0}\n", 3, 29, "from 1 to 65536", NULL},
        {GRID "  layers: {count: 1, units: 5, each: 7}\n", 3, 38, "each must be true", NULL},
        {GRID "  layers: {depth: 1, units: 5}\n", 3, 12, "did you mean 'count'?",
         "layers: {count: 1, units: 5}"},
        {RANDOM "  layers: {count: {min: 1, max: 3, log: true}, units: 5}\n", 4, 19,
         "drawn from no distribution", NULL},
        {GRID "  layers: {count: 0, units: 5}\n  dropout: {value: 0.5}\n", 4, 3,
         "dropout has no effect: no hidden layer", NULL},
    };
    EXPECT_REFUSALS(refusals);
}

/* Arguments of layers with several values, in a grid and drawn; of one list of layers among others.
 */
static void arguments_of_layers(void **state) {
    (void)state;
    expand_text(&sweep, GRID "  layers: {values: [[{dense: {units: {values: [8, 9]}, use_bias: "
                             "{values: [true, false]}}}, relu], [{dropout: {min: 0, max: 0.2, "
                             "q: 0.1}}, 5], [6]]}\n");
    assert_string_equal(column(HP_LAYERS),
                        "[\"8 linear\", \"relu\"]|[\"dense 8 linear use_bias=false\", "
                        "\"relu\"]|[\"9 linear\", \"relu\"]|"
                        "[\"dense 9 linear use_bias=false\", \"relu\"]|[\"dropout 0\", 5]|"
                        "[\"dropout 0.1\", 5]|[\"dropout 0.2\", 5]|[6]");
    /* One number of a pair stands for both; each value is held against the images. */
    expand_text(&sweep, GRID "  layers: {value: [{conv2d: {filters: 2, kernel_size: {values: [3, "
                             "5]}, padding: same}}]}\n");
    assert_string_equal(
        column(HP_LAYERS),
        "[\"conv2d 2 3 linear padding=same\"]|[\"conv2d 2 5 linear padding=same\"]");
    /* The same layer in another list, and equal lists merged. */
    expand_text(&sweep, GRID "  layers: {values: [[{units: {values: [5, 6]}}], [{dense: {units: "
                             "{value: 6}}}], [dense 5]]}\n");
    assert_string_equal(column(HP_LAYERS), "[\"5 linear\"]|[\"6 linear\"]");
    assert_int_equal(sweep.space.equal_count, 2);
}

/* Arguments of a schedule, those that exist under one of several alone, and the learning rate that
 * some of them have no use for. */
static void arguments_of_schedules(void **state) {
    (void)state;
    expand_text(&sweep, GRID "  learning_rate_schedule: {values: [piecewise_constant_decay 3 1/2, "
                             "{cosine_decay: {decay_steps: {values: [5, 9]}, alpha: {min: 0, max: "
                             "0.2, q: 0.1}}}, one_cycle]}\n  learning_rate: {values: [1, 2]}\n");
    assert_string_equal(column(HP_LEARNING_RATE_SCHEDULE),
                        "piecewise_constant_decay 3 1/2|"
                        "cosine_decay 5|cosine_decay 5|"
                        "cosine_decay 5 alpha=0.1|cosine_decay 5 alpha=0.1|"
                        "cosine_decay 5 alpha=0.2|cosine_decay 5 alpha=0.2|"
                        "cosine_decay 9|cosine_decay 9|"
                        "cosine_decay 9 alpha=0.1|cosine_decay 9 alpha=0.1|"
                        "cosine_decay 9 alpha=0.2|cosine_decay 9 alpha=0.2|"
                        "one_cycle|one_cycle");
    assert_string_equal(column(HP_LEARNING_RATE), "|1|2|1|2|1|2|1|2|1|2|1|2|1|2");
    assert_int_equal(sweep.space.equal_count, 1);
}

/* The same settings with the same digests, in an order by the seed. */
static void grids_in_another_order(void **state) {
    (void)state;
#define SHUFFLED "  epochs: {min: 1, max: 30}\n"
    expand_text(&sweep, GRID SHUFFLED);
    const struct space plain = sweep.space;
    expand_text(&sweep, "shuffle: true\n" GRID SHUFFLED);
    const struct space first = sweep.space;
    expand_text(&sweep, "shuffle: true\n" GRID SHUFFLED);
    size_t moved = 0, seen = 0;
    assert_int_equal(first.setting_count, 30);
    for (size_t i = 0; i < 30; i++) {
        assert_string_equal(sweep.space.settings[i].digest.hex, first.settings[i].digest.hex);
        assert_ptr_equal(first.trials[i].setting, &first.settings[i]);
        const size_t at = (size_t)first.settings[i].values[HP_EPOCHS].integer - 1;
        assert_string_equal(first.settings[i].digest.hex, plain.settings[at].digest.hex);
        assert_string_equal(first.trials[i].digest.hex, plain.trials[at].digest.hex);
        moved += at != i;
        seen |= (size_t)1 << at;
    }
    assert_true(moved > 15);
    assert_int_equal(seen, ((size_t)1 << 30) - 1);
    expand_text(&sweep, "shuffle: true\nseed: 2\n" GRID SHUFFLED);
    assert_string_not_equal(sweep.space.settings[0].digest.hex, first.settings[0].digest.hex);
    /* A budget takes the first, with all of their seeds. */
    expand_text(&sweep, "run_cap: 7\nrepeats: 2\n" GRID SHUFFLED);
    assert_string_equal(column(HP_EPOCHS), "1|2|3");
    assert_int_equal(sweep.space.trial_count, 6);
    assert_int_equal(sweep.space.cut_count, 27);
}

static void large_grids_with_conditions(void **state) {
    (void)state;
    static const struct refusal refusals[] = {
        {"method: grid\nrepeats: 1009\nparameters:\n  optimizer: {values: [adam, {name: sgd, "
         "momentum: {min: 0, max: 0.99, q: 0.001}}]}\n",
         1, 9, "the points of this grid x 1009 repeats are more than the 1000000 trials",
         "method: random"},
    };
    EXPECT_REFUSALS(refusals);
    expand_text(&sweep, "repeats: 100\n" GRID "  optimizer: {values: [adam, {name: sgd, "
                        "momentum: {min: 0, max: 0.998, q: 0.001}}]}\n");
    assert_int_equal(sweep.space.trial_count, 100000);
}

/* --- distributions --- */

/* The number at a place of one hyperparameter's distribution. */
static double value_at(const char *line, double place) {
    begin_text(arena_printf(&sweep.arena, RANDOM "  %s\n", line));
    const struct value value = axis_value(&sweep.config.axes[0], place);
    return value.type == VALUE_INTEGER ? (double)value.integer : value.real;
}

static void quantiles(void **state) {
    (void)state;
    /* Of normal and beta by their definitions, in Python. */
    static const struct {
        const char *line;
        double place, value;
    } cases[] = {
        {"dropout: {min: 0, max: 0.5}", 0, 0},
        {"dropout: {min: 0, max: 0.5}", 0.5, 0.25},
        {"dropout: {min: 0, max: 1e-7}", 0.25, 2.5e-8},
        {"momentum: {min: 0, max: 1}", 0.75, 0.75}, /* whole ends of a real are no integers */
        {"lr: {min: 0.0001, max: 0.01, log: true}", 0.5, 0.001},
        {"lr: {distribution: log_uniform_values, min: 1e-5, max: 0.1}", 0.25, 1e-4},
        {"lr: {distribution: inv_log_uniform_values, min: 1e-5, max: 0.1}", 0.25, 1e-4},
        {"batch_size: {distribution: q_log_uniform_values, q: 8, min: 32, max: 256}", 0, 32},
        {"batch_size: {distribution: q_log_uniform_values, q: 8, min: 32, max: 256}", 0.5, 88},
        {"batch_size: {distribution: q_log_uniform_values, q: 8, min: 32, max: 256}", 0.9999, 256},
        {"batch_size: {min: 1, max: 3, log: true}", 0.56, 1}, /* log 3 / log 7 = 0.565 */
        {"batch_size: {min: 1, max: 3, log: true}", 0.57, 2},
        {"l2: {distribution: normal, mu: 5, sigma: 1}", 0.5, 5},
        {"l2: {distribution: normal, mu: 5, sigma: 0.5}", 0.975, 5.97998},
        {"momentum: {distribution: normal, mu: 0.9, sigma: 0.1}", 0.5, 0.879983},
        {"l2: {distribution: q_normal, mu: 5, sigma: 0.5, q: 0.25}", 0.975, 6},
        {"l2: {distribution: log_normal}", 0.5, 1},
        {"l2: {distribution: log_normal, mu: 1, sigma: 0.5}", 0.975, 7.24261},
        {"l2: {distribution: normal, mu: 5, sigma: 1, min: 4, max: 6}", 0.5, 5},
        {"dropout: {distribution: beta, a: 2, b: 5}", 0.5, 0.26445},
        {"dropout: {distribution: beta, a: 2, b: 5}", 0.1, 0.0925953},
        {"dropout: {distribution: q_beta, a: 2, b: 5, q: 0.1}", 0.5, 0.3},
        {"epochs: {distribution: normal, mu: 10, sigma: 2}", 0.975, 14},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double value = value_at(cases[i].line, cases[i].place);
        if (fabs(value - cases[i].value) > 2e-6 * cases[i].value)
            fail_msg("%s at %g: %.9g, not %.9g", cases[i].line, cases[i].place, value,
                     cases[i].value);
    }
}

/* Whatever is drawn is allowed, and in order. */
static void what_is_drawn_is_allowed(void **state) {
    (void)state;
    static const char *const specs[] = {
        "distribution: normal, mu: 0.9, sigma: 0.5",
        "distribution: q_normal, mu: 0.5, sigma: 9, q: 0.25",
        "distribution: log_normal, mu: 0, sigma: 3",
        "distribution: q_log_normal, mu: -1, sigma: 1, q: 0.1",
        "distribution: beta, a: 0.01, b: 0.01",
        "distribution: beta, a: 1000, b: 0.5",
        "distribution: q_beta, a: 1, b: 1, q: 0.3",
        "min: 0.1, max: 0.9",
        "min: 0.1, max: 0.9, log: true",
        "min: 2, max: 900, log: true",
        "min: 0.001, max: 0.9, log: true, q: 0.3",
        "min: 0.3, max: 0.30000000000000004",
        "distribution: normal, mu: 50, sigma: 60",
        "distribution: log_normal, mu: 4, sigma: 2",
        "distribution: q_normal, mu: 50, sigma: 60, q: 7",
    };
    size_t tried = 0;
    for (size_t i = 0; i < HP_COUNT; i++)
        for (size_t j = 0; j < sizeof specs / sizeof *specs; j++) {
            const char *line = arena_printf(&sweep.arena, RANDOM "  %s: {%s}\n",
                                            hyperparameters[i].name, specs[j]);
            if (parse_text(&sweep, line) != STATUS_OK || sweep.config.axes[0].count > 0)
                continue;
            double before = -HUGE_VAL;
            tried++;
            for (int k = 0; k <= 100; k++) {
                const double place = k == 100 ? 1 - 0x1p-53 : k / 100.0;
                const struct value value = axis_value(&sweep.config.axes[0], place);
                const double number =
                    value.type == VALUE_INTEGER ? (double)value.integer : value.real;
                if (!hyperparameter_allows(&hyperparameters[i], number) || number < before)
                    fail_msg("%s: %g at %g", line, number, place);
                before = number;
            }
        }
    assert_true(tried > 150);
}

static void distributions_that_make_no_sense(void **state) {
    (void)state;
    static const struct refusal refusals[] = {
        {RANDOM "  dropout: {min: 0.5, max: 0.1}\n", 4, 28, "max is below min",
         "dropout: {min: 0.1, max: 0.5}"},
        {RANDOM "  dropout: {max: 0.1, q: 1, min: 0.5}\n", 4, 18, "max is below min",
         "dropout: {max: 0.5, q: 1, min: 0.1}"},
        {RANDOM "  l2: {min: 0, max: 0.1, log: true}\n", 4, 13, "min must be above 0",
         "l2: {min: 0.0001, max: 0.1, log: true}"},
        {RANDOM "  l2: {distribution: log_uniform_values, min: 0, max: 1}\n", 4, 47,
         "its logarithm is taken", "l2: {distribution: log_uniform_values, min: 0.001, max: 1}"},
        {RANDOM "  lr: {distribution: log_uniform, min: -4, max: 0}\n", 4, 22,
         "takes exponents of e", "lr: {distribution: log_uniform_values, min: 0.01832, max: 1}"},
        {RANDOM "  lr: {distribution: log_uniform, min: 0.001, max: 0.1}\n", 4, 22,
         "takes exponents of e", "lr: {distribution: log_uniform_values, min: 0.001, max: 0.1}"},
        {RANDOM "  lr: {distribution: inv_log_uniform, min: 2.302585, max: 4.60517}\n", 4, 22,
         "takes exponents of e", "lr: {distribution: inv_log_uniform_values, min: 0.01, max: 0.1}"},
        {RANDOM "  dropout: {min: 0, max: 0.5, q: 0}\n", 4, 34, "above 0",
         "dropout: {min: 0, max: 0.5}"},
        {RANDOM "  batch_size: {min: 33, max: 39, q: 8, log: true}\n", 4, 15,
         "no multiple of q lies between", NULL},
        {RANDOM "  dropout: {min: 0, max: 1}\n", 4, 26, "from 0 to below 1",
         "dropout: {min: 0, max: 0.9}"},
        {RANDOM "  optimizer: {distribution: normal}\n", 4, 14, "for numbers; list", NULL},
        {RANDOM "  l2: {distribution: normal, sigma: 0}\n", 4, 37, "sigma must be above 0",
         "l2: {distribution: normal, sigma: 0.1}"},
        {RANDOM "  l2: {distribution: normal, sigma: .inf}\n", 4, 37, "takes a number", NULL},
        {RANDOM "  rho: {distribution: beta, a: 2}\n", 4, 8, "needs a and b",
         "rho: {b: 2, distribution: beta, a: 2}"},
        {RANDOM "  epochs: {distribution: beta, a: 2, b: 2, q: 3}\n", 4, 26,
         "next to nothing of this beta distribution is allowed", NULL},
        {RANDOM "  momentum: {distribution: normal, mu: 9, sigma: 1}\n", 4, 28,
         "next to nothing of this normal distribution is allowed; it takes a number from 0 to 1",
         NULL},
        {RANDOM "  l2: {distribution: normal, min: 5, max: 4}\n", 4, 43, "max is below min",
         "l2: {distribution: normal, min: 4, max: 5}"},
        {RANDOM "  l2: {distribution: beta, a: 1, b: 1, mu: 3}\n", 4, 40,
         "'mu' does not go with beta, which takes a and b", "l2: {distribution: beta, a: 1, b: 1}"},
        {RANDOM "  l2: {mu: 1}\n", 4, 7, "say which distribution", NULL},
        {RANDOM "  l2: {values: [0, 1], probabilities: [0.5, 0.6]}\n", 4, 39, "sum to 1.1, not",
         "l2: {values: [0, 1], probabilities: [0.454545, 0.545455]}"},
        {RANDOM "  l2: {values: [0, 1], probabilities: [0, 0]}\n", 4, 39, "sum to 0, not",
         "l2: {values: [0, 1]}"},
        {RANDOM "  l2: {values: [0, 1], probabilities: [1]}\n", 4, 39, "a list of 2 numbers",
         "l2: {values: [0, 1]}"},
        {RANDOM "  l2: {values: [0, 1], probabilities: [2, -1]}\n", 4, 43, "'-1' is not allowed",
         "l2: {values: [0, 1]}"},
        {RANDOM "  l2: {distribution: categorical_w_probabilities, values: [0, 1]}\n", 4, 22,
         "needs values and probabilities", NULL},
        {RANDOM "  l2: {values: [0, 1], log: true}\n", 4, 24, "'log' does not go with",
         "l2: {values: [0, 1]}"},
        {RANDOM "  l2: {min: 0.1, max: 1, log: 3}\n", 4, 31, "log must be true or false", NULL},
        {RANDOM "  train_images: {min: 10, max: 200000}\n", 4, 3,
         "train_images: up to 200000 are more than the 1000", NULL},
        {RANDOM "  optimizer: {value: {name: sgd, momentum: [0, 1]}}\n", 4, 44,
         "several values are {values: [X, Y]}",
         "optimizer: {value: {name: sgd, momentum: {values: [0, 1]}}}"},
        {RANDOM "  optimizer: {value: {name: sgd, momentum: {min: 0, max: 2}}}\n", 4, 58,
         "from 0 to 1", "optimizer: {value: {name: sgd, momentum: {min: 0, max: 1}}}"},
    };
    EXPECT_REFUSALS(refusals);
    /* What is cut off is said. */
    begin_text(RANDOM "  momentum: {distribution: normal, mu: 0.9, sigma: 0.1}\n");
    assert_int_equal(sweep.config.problems->note_count, 1);
    assert_non_null(strstr(sweep.config.problems->notes[0].message,
                           "momentum: 16 % of this normal distribution is cut off"));
    begin_text(RANDOM "  momentum: {distribution: normal, mu: 0.5, sigma: 0.1}\n");
    assert_int_equal(sweep.config.problems->note_count, 0);
}

/* --- the domain --- */

static const struct dimension *dimension(size_t i) {
    return &space_domain(&sweep.space)->dimensions[i];
}

static void expect_dimension(size_t i, enum dimension_kind kind, size_t levels, size_t parent) {
    if (dimension(i)->kind != kind || dimension(i)->levels != levels ||
        dimension(i)->parent != parent)
        fail_msg("dimension %zu is of kind %d with %zu levels and parent %zu", i,
                 (int)dimension(i)->kind, dimension(i)->levels, dimension(i)->parent);
}

static void dimensions_of_a_space(void **state) {
    (void)state;
    begin_text("method: tpe\nbudget: {trials: 5}\nzip: [l2, loss]\nparameters:\n"
               "  momentum: {min: 0, max: 0.99}\n" /* sgd's and rmsprop's alone */
               "  l2: {values: [0, 1]}\n  loss: {values: [mse, kld]}\n"
               "  batch_size: {values: [64, 32, 16]}\n  epochs: {min: 1, max: 7}\n"
               "  train_images: {values: [100, 300, 200], probabilities: [0.5, 0.25, 0.25]}\n"
               "  initializer: {value: he_normal}\n"
               "  optimizer: {values: [adam, {name: sgd, nesterov: {values: [on, off]}}, rmsprop, "
               "{name: sgd, momentum: 0.5}]}\n"
               "  layers: {count: {min: 0, max: 2}, units: {min: 8, max: 512, log: true}, each: "
               "true}\n  dropout: {min: 0, max: 0.5}\n");
    const struct domain *domain = space_domain(&sweep.space);
    assert_int_equal(domain->count, 11);
    expect_dimension(0, DIMENSION_CATEGORICAL, 2, DIMENSION_NONE); /* zip */
    expect_dimension(1, DIMENSION_ORDERED, 3, DIMENSION_NONE);
    expect_dimension(2, DIMENSION_ORDERED, 7, DIMENSION_NONE);
    expect_dimension(3, DIMENSION_CATEGORICAL, 3, DIMENSION_NONE);
    assert_true(dimension(3)->probabilities[0] == 0.5);
    expect_dimension(4, DIMENSION_CATEGORICAL, 4, DIMENSION_NONE); /* optimizer */
    expect_dimension(5, DIMENSION_CATEGORICAL, 2, 4);              /* nesterov */
    expect_dimension(6, DIMENSION_ORDERED, 3, DIMENSION_NONE);     /* the number of layers */
    expect_dimension(7, DIMENSION_CONTINUOUS, 0, 6);
    expect_dimension(8, DIMENSION_CONTINUOUS, 0, 6);
    expect_dimension(9, DIMENSION_CONTINUOUS, 0, 6);  /* dropout */
    expect_dimension(10, DIMENSION_CONTINUOUS, 0, 4); /* momentum, after the optimizer */
    static const bool where[][4] = {
        [5] = {false, true, false, false}, [7] = {false, true, true},
        [8] = {false, false, true},        [9] = {false, true, true},
        [10] = {false, true, true, false},
    };
    for (size_t i = 5; i <= 10; i++)
        for (size_t j = 0; i != 6 && j < dimension(dimension(i)->parent)->levels; j++)
            assert_int_equal(dimension(i)->parent_levels[j], where[i][j]);
    const double none = (double)NAN;
    const double point[] = {1, 2, 4, 1, 1, 0, 1, 0.5, none, 0.5, 0.5};
    enum space_answer answer;
    size_t setting;
    assert_true(domain->allows(domain->context, point));
    assert_int_equal(space_add(&sweep.space, point, &answer, &setting, &sweep.error), STATUS_OK);
    assert_int_equal(answer, SPACE_ADDED);
    assert_string_equal(column(HP_L2), "1");
    assert_string_equal(column(HP_LOSS), "kl_divergence");
    assert_string_equal(column(HP_BATCH_SIZE), "16");
    assert_string_equal(column(HP_EPOCHS), "5");
    assert_string_equal(column(HP_TRAIN_IMAGES), "300");
    assert_string_equal(column(HP_INITIALIZER), "he_normal");
    assert_string_equal(column(HP_OPTIMIZER), "sgd");
    assert_string_equal(column(HP_NESTEROV), "true");
    assert_string_equal(column(HP_MOMENTUM), "0.495");
    assert_string_equal(column(HP_LAYERS), "[62]"); /* between 7.5 and 512.5 */
    assert_string_equal(column(HP_DROPOUT), "0.25");
    assert_false(domain->allows(domain->context, point));
}

/* What grows keeps its trials, and finds what it has. */
static void a_space_that_grows(void **state) {
    (void)state;
    begin_text("method: random\nrepeats: 2\nbudget: {trials: 1000}\nexclude: [epochs>200]\n"
               "parameters:\n  epochs: {min: 1, max: 300}\n  nesterov: {values: [on, off]}\n");
    const struct domain *domain = space_domain(&sweep.space);
    enum space_answer answer;
    size_t setting;
    for (size_t i = 0; i < 300; i++) {
        const double point[] = {(double)i, 0};
        assert_int_equal(domain->allows(domain->context, point), i < 200);
        assert_int_equal(space_add(&sweep.space, point, &answer, &setting, &sweep.error),
                         STATUS_OK);
        assert_int_equal(answer, i < 200 ? SPACE_ADDED : SPACE_EXCLUDED);
    }
    assert_int_equal(sweep.space.setting_count, 200);
    assert_int_equal(sweep.space.trial_count, 400);
    for (size_t i = 0; i < 400; i++) {
        assert_ptr_equal(sweep.space.trials[i].setting, &sweep.space.settings[i / 2]);
        assert_int_equal(sweep.space.trials[i].seed, i % 2);
    }
    for (size_t i = 0; i < 200; i++) { /* without momentum nesterov is nothing */
        const double point[] = {(double)i, 1};
        assert_false(domain->allows(domain->context, point));
        assert_int_equal(space_add(&sweep.space, point, &answer, &setting, &sweep.error),
                         STATUS_OK);
        assert_int_equal(answer, SPACE_EQUAL);
        assert_int_equal(setting, i);
    }
    const struct digest last = sweep.space.trials[399].digest;
    expand_text(&sweep, "repeats: 2\n" GRID "  epochs: {value: 200}\n");
    assert_string_equal(sweep.space.trials[1].digest.hex, last.hex);
    /* 10^12 and more points. */
    begin_text("method: sobol\nparameters:\n  epochs: {min: 1, max: 1000000}\n"
               "  batch_size: {min: 1, max: 1000}\n  train_images: {min: 1, max: 1000}\n");
    const double point[] = {0.5, 499, 499};
    space_add(&sweep.space, point, &answer, &setting, &sweep.error);
    assert_int_equal(answer, SPACE_ADDED);
}

/* --- how it is searched --- */

static void methods_and_rules_have_one_name(void **state) {
    (void)state;
    const char *name, *help;
    for (size_t i = 0; method_at(i, &name, &help); i++) {
        assert_non_null(strategy_find(name));
        assert_string_equal(method_name((enum method)i), name);
    }
    for (size_t i = 0; method_stop_at(i, &name, &help); i++)
        assert_non_null(stopper_find(name));
}

/* W&B's own examples, with hyperparameters that are there; each takes no message that ends it. */
static void configs_of_wandb(void **state) {
    (void)state;
    begin_text("program: train.py\nmethod: bayes\nname: sweepdemo\n"
               "metric:\n  goal: minimize\n  name: val_loss\n"
               "parameters:\n  validation_split: {value: 0.1}\n"
               "  batch_size:\n    distribution: q_log_uniform_values\n    max: 256\n    min: 32\n"
               "    q: 8\n  dropout:\n    values: [0.3, 0.4, 0.5]\n  epochs:\n    value: 27\n"
               "  learning_rate:\n    distribution: log_uniform_values\n    max: 0.1\n"
               "    min: 1e-4\n  optimizer:\n    values: [adam, sgd]\n"
               "early_terminate:\n  type: hyperband\n  s: 2\n  eta: 3\n  max_iter: 27\n"
               "run_cap: 30\n");
    const struct config *config = &sweep.config;
    assert_int_equal(config->method, METHOD_GP);
    assert_int_equal(config->budget.trials, 30);
    assert_string_equal(config->early_terminate.rule, "hyperband");
    assert_int_equal(config->early_terminate.options.max_iter, 27);
    assert_int_equal(config->early_terminate.options.epochs, 27);
    assert_true(config->early_terminate.options.eta == 3);
    assert_int_equal(config->problems->note_count, 2); /* program; bayes */
    begin_text("method: random\nmetric: {name: val_loss, goal: minimize}\nparameters:\n"
               "  validation_split: {value: 0.1}\n"
               "  dropout: {distribution: q_uniform, min: 0.1, max: 0.5, q: 0.05}\n"
               "  epochs: {min: 1, max: 30}\n"
               "  batch_size: {values: [16, 32], probabilities: [0.3, 0.7]}\n"
               "  learning_rate: {min: 0.0001, max: 0.1}\n"
               "early_terminate: {type: hyperband, min_iter: 3, strict: true}\n");
    assert_true(config->early_terminate.options.strict);
    assert_int_equal(config->budget.trials, BUDGET_SETTINGS);
    assert_int_equal(config->problems->note_count, 2); /* several epochs; without a budget */
    assert_non_null(strstr(config->problems->notes[1].message, "differ in epochs alone"));
    assert_non_null(strstr(config->problems->notes[0].message, "ends after 100 trials"));
}

static void what_a_search_may_spend(void **state) {
    (void)state;
#define NUMBERS                                                                                    \
    "parameters: {validation_split: {value: 0.1}, epochs: {value: 9}, lr: {min: 1, max: 2}}\n"
    static const struct refusal refusals[] = {
        {"method: random\nbudget: {trials: 0}\n" NUMBERS, 2, 18, "budget: trials: '0'",
         "budget: {trials: 100}"},
        {"method: random\nbudget: {epochs: -1}\n" NUMBERS, 2, 18, "budget: epochs: '-1'",
         "budget: {epochs: 1000}"},
        {"method: random\nbudget: {seconds: 0}\n" NUMBERS, 2, 19, "a number above 0", NULL},
        {"method: random\nbudget: {trials: 100001}\n" NUMBERS, 2, 18, "from 1 to 100000",
         "budget: {trials: 100000}"},
        {"method: random\nbudget: 50\n" NUMBERS, 2, 9, "must be a mapping", "budget: {trials: 50}"},
        {"method: random\nbudget: {n_trials: 50}\n" NUMBERS, 2, 10, "did you mean 'trials'?",
         "budget: {trials: 50}"},
        {"method: random\nrun_cap: 0\n" NUMBERS, 2, 10, "run_cap: '0'", "run_cap: 100"},
        {"method: random\nrepeats: 3\nrun_cap: 2\n" NUMBERS, 3, 10, "less than one setting takes",
         "run_cap: 6"},
        {"method: tpe\nbatch: 0\n" NUMBERS, 2, 8, "batch: '0'", "batch: 1"},
        {"method: tpe\nn_trials: 10\n" NUMBERS, 2, 1, "budget: {trials: 50}", "budget: 10"},
        {"method: grid\nshuffle: 2\n", 2, 10, "takes true or false", NULL},
        {"method: tpe\nearly_terminate: halving\n" NUMBERS, 2, 18, "must be a mapping",
         "early_terminate: {type: halving}"},
        {"method: tpe\nearly_terminate: {type: asha}\n" NUMBERS, 2, 25, "did you mean 'halving'?",
         "early_terminate: {type: halving}"},
        {"method: tpe\nearly_terminate: {eta: 3}\n" NUMBERS, 2, 18, "needs a type",
         "early_terminate: {type: halving, eta: 3}"},
        {"method: tpe\nearly_terminate: {type: halving, eta: 1}\n" NUMBERS, 2, 39,
         "eta: '1' is not allowed", "early_terminate: {type: halving, eta: 3}"},
        {"method: tpe\nrepeats: 5\nearly_terminate: {type: race, min_iter: 3}\n" NUMBERS, 3, 31,
         "race does not have 'min_iter'", "early_terminate: {type: race}"},
        {"method: tpe\nearly_terminate: {type: race}\n" NUMBERS, 2, 18, "needs repeats: 3",
         "repeats: 5\nmethod: tpe"},
        {"method: tpe\nearly_terminate: {type: halving, min_iter: 9}\n" NUMBERS, 2, 44,
         "min_iter 9 is all of the 9 epochs", "early_terminate: {type: halving, min_iter: 1}"},
        {"method: tpe\nearly_terminate: {type: halving, max_iter: 27}\n" NUMBERS, 2, 44,
         "max_iter 27 is beyond the 9 epochs", "early_terminate: {type: halving, max_iter: 9}"},
        {"method: tpe\nmetric: {name: test_loss}\nearly_terminate: {type: median}\n" NUMBERS, 2, 16,
         "a metric that each epoch has, and test_loss is known at the end alone; take val_loss",
         "metric: {name: val_loss}"},
        {"method: tpe\nmetric: [{name: parameters}]\n" NUMBERS, 2, 17, "is not measured on images",
         "metric: [{name: val_accuracy}, {name: parameters}]"},
        {"method: tpe\nmetric: [{name: parameters}, {name: seconds}]\n" NUMBERS, 2, 9,
         "one of them has to be measured on images", NULL},
        {"method: tpe\nmetric: [{name: loss}, {name: loss}]\n" NUMBERS, 2, 24, "here twice", NULL},
    };
    EXPECT_REFUSALS(refusals);
    begin_text("method: gp\nrun_cap: 3\nmetric: [{name: seconds}, {name: val_f1, goal: maximize}, "
               "{name: parameters}]\n" NUMBERS);
    assert_int_equal(sweep.config.objective_count, 3);
    assert_string_equal(sweep.config.score.name, "val_f1_score");
    assert_string_equal(sweep.config.objectives[0].score.name, "train_seconds");
    assert_false(sweep.config.objectives[0].maximize);
    assert_true(sweep.config.maximize);
    assert_int_equal(sweep.config.metric_count, 1); /* f1_score is recorded */
}

static void words_for_methods(void **state) {
    (void)state;
    static const char *const words[][2] = {
        {"TPESampler", "mean 'tpe'?"},
        {"QMCSampler", "mean 'sobol'?"},
        {"GPSampler", "mean 'gp'?"},
        {"bayesian", "mean 'gp'?"},
        {"random_search", "mean 'random'?"},
        {"GridSampler", "mean 'grid'?"},
        {"hyperband", "early_terminate: {type: halving}"},
        {"ASHAScheduler", "early_terminate: {type: halving}"},
        {"median_stopping", "early_terminate"},
        {"BOHB", "early_terminate: {type: hyperband}"},
        {"pbt", "not supported"},
        {"CmaEsSampler", "not supported"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        parse_text(&sweep, arena_printf(&sweep.arena, "method: %s\n", words[i][0]));
        if (!strstr(sweep.error.message, words[i][1]))
            fail_msg("%s", sweep.error.message);
    }
}

static void parts_by_options(void **state) {
    (void)state;
    static const char text[] =
        "method: grid\nbudget: {epochs: 50}\nparameters:\n"
        "  optimizer: {values: [{name: sgd, momentum: {values: [0, 0.5]}}]}\n"
        "  validation_split: {value: 0.1}\n";
    const char *settings[] = {"method=tpe",
                              "budget.trials=50",
                              "early_terminate.type=halving",
                              "early_terminate.min_iter=2",
                              "optimizer=adam",
                              "lr={min: 0.1, max: 1, log: true}",
                              "exclude=[\"epochs>7 and lr<0.2\"]"};
    assert_int_equal(config_parse("test.yaml", text, sizeof text - 1, settings, 7, &sweep.arena,
                                  &sweep.config, &sweep.error),
                     STATUS_OK);
    const struct config *config = &sweep.config;
    assert_int_equal(config->method, METHOD_TPE);
    assert_int_equal(config->budget.trials, 50);
    assert_int_equal(config->budget.epochs, 50);
    assert_int_equal(config->early_terminate.options.min_iter, 2);
    assert_int_equal(config->exclusion_count, 1);
    assert_int_equal(config->axis_count, 3); /* sgd's momentum went with it */
    assert_string_equal(config->settings,
                        "method=tpe\nbudget.trials=50\nearly_terminate.type=halving\n"
                        "early_terminate.min_iter=2\noptimizer=adam\n"
                        "learning_rate={min: 0.1, max: 1, log: true}\n"
                        "exclude=[\"epochs>7 and lr<0.2\"]\n");
    settings[1] = "budget={trials: 3}";
    assert_int_equal(config_parse("test.yaml", text, sizeof text - 1, settings, 2, &sweep.arena,
                                  &sweep.config, &sweep.error),
                     STATUS_OK);
    assert_int_equal(config->budget.epochs, 0);
    settings[1] = "budget.trails=3";
    config_parse("test.yaml", text, sizeof text - 1, settings, 2, &sweep.arena, &sweep.config,
                 &sweep.error);
    assert_non_null(strstr(sweep.error.message, "did you mean 'trials'?"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(what_belongs_to_a_choice),
        CASE(values_that_go_together),
        CASE(settings_that_are_excluded),
        CASE(windows_that_fit),
        CASE(layers_of_varied_words),
        CASE(what_a_varied_activation_takes),
        CASE(layers_by_number_and_width),
        CASE(arguments_of_layers),
        CASE(arguments_of_schedules),
        CASE(grids_in_another_order),
        CASE(large_grids_with_conditions),
        CASE(quantiles),
        CASE(what_is_drawn_is_allowed),
        CASE(distributions_that_make_no_sense),
        CASE(dimensions_of_a_space),
        CASE(a_space_that_grows),
        CASE(methods_and_rules_have_one_name),
        CASE(configs_of_wandb),
        CASE(what_a_search_may_spend),
        CASE(words_for_methods),
        CASE(parts_by_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
