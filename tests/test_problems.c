#include "parsed.h"

#include "nn/activation.h"
#include "nn/initializer.h"
#include "nn/loss.h"
#include "nn/optimizer.h"
#include "search/words.h"

#include "base/names.h"

/* A config whose third line, indented by two, is a hyperparameter. */
#define ONE(text) GRID "  " text "\n"

struct expected {
    int line, column;
    const char *message;   /* a fragment */
    const char *corrected; /* the whole line; NULL: none */
};

static void expect_problems(const struct expected *expected, size_t count) {
    const struct problems *problems = sweep.config.problems;
    for (size_t i = 0; i < problems->count && i < count; i++) {
        const struct problem *problem = &problems->items[i];
        const struct error *error = &problem->error;
        if (error->line != expected[i].line || error->column != expected[i].column ||
            !strstr(error->message, expected[i].message))
            fail_msg("not at %d:%d \"%s\": %d:%d: %s", expected[i].line, expected[i].column,
                     expected[i].message, error->line, error->column, error->message);
        const char *corrected = problem->corrected ? problem->corrected : "(none)";
        assert_string_equal(corrected, expected[i].corrected ? expected[i].corrected : "(none)");
    }
    assert_int_equal(problems->count, count);
}
#define EXPECT_PROBLEMS(expected) expect_problems(expected, sizeof expected / sizeof *expected)

static void all_of_a_file(void **state) {
    (void)state;
    static const char text[] = "nam: x\n"
                               "method: gird\n"
                               "metric: {nme: val_loss, gaol: max}\n"
                               "repeats: 0\n"
                               "metrics: [f1, acuracy, rcall]\n"
                               "parameters:\n"
                               "  epohcs: {values: [5, 10]}\n"
                               "  batch_size: {values: [0, 32, x]}\n"
                               "  optimizer:\n"
                               "    values:\n"
                               "      - sgd\n"
                               "      - {name: admm, lr: x}\n"
                               "      - {name: sgd, momentm: 2, nesterov: maybe}\n"
                               "  layers: {values: [[10, \"5 tahn\"], 5]}\n";
    static const struct expected expected[] = {
        {1, 1, "unknown key 'nam'; did you mean 'name'?", "name: x"},
        {2, 9, "unknown method 'gird'", "method: grid"},
        {3, 10, "unknown key of metric 'nme'", NULL},
        {3, 25, "unknown key of metric 'gaol'", "metric: {name: val_loss, goal: max}"},
        {4, 10, "repeats: '0' is not allowed", "repeats: 1"},
        {5, 15, "unknown metric 'acuracy'; did you mean 'accuracy'?", NULL},
        {5, 24, "unknown metric 'rcall'; did you mean 'recall'?",
         "metrics: [f1, accuracy, recall]"},
        {7, 3, "unknown hyperparameter 'epohcs'", "epochs: {values: [5, 10]}"},
        {8, 25, "batch_size: '0' is not allowed", NULL},
        {8, 32, "batch_size: 'x' is not allowed", NULL},
        {12, 16, "unknown optimizer 'admm'", "- {name: adam, lr: x}"},
        {13, 21, "unknown parameter of sgd 'momentm'",
         "- {name: sgd, momentum: 2, nesterov: maybe}"},
        {13, 43, "nesterov: 'maybe' is not allowed", NULL},
        {14, 29, "unknown activation 'tahn'", NULL},
        {14, 37, "layers: '5' is not a list", "layers: {values: [[10, \"5 tanh\"], [5]]}"},
    };
    assert_int_equal(parse_text(&sweep, text), STATUS_INPUT);
    EXPECT_PROBLEMS(expected);
    assert_string_equal(sweep.error.message, sweep.config.problems->items[0].error.message);
    assert_string_equal(sweep.error.file, "test.yaml");
}

/* Values without value: before them, as they are elsewhere. */
static void values_by_themselves(void **state) {
    (void)state;
    static const char text[] = "method: grid\n"
                               "parameters:\n"
                               "  validation_split: {value: 0.1}\n"
                               "  layers: 64 relu\n"
                               "  augmentation: random_rotation 0.1\n"
                               "  class_weight: {0: 1.5, 3: 2}\n"
                               "  early_stopping: {monitor: val_loss, patience: 3}\n"
                               "  reduce_lr_on_plateau: {factor: 0.5}\n"
                               "  learning_rate_schedule: {cosine_decay: {alpha: 0.1}}\n"
                               "  optimizer: {name: adam, clipnorm: 1}\n";
    static const struct expected expected[] = {
        {4, 11, "layers: '64 relu', where a mapping belongs", "layers: {value: [64 relu]}"},
        {5, 17, "augmentation: 'random_rotation 0.1', where a mapping belongs",
         "augmentation: {value: [random_rotation 0.1]}"},
        {6, 17,
         "class_weight: a value belongs behind value:", "class_weight: {value: {0: 1.5, 3: 2}}"},
        {7, 19, "early_stopping: a value belongs behind value:",
         "early_stopping: {value: {monitor: val_loss, patience: 3}}"},
        {8, 25, "reduce_lr_on_plateau: a value belongs behind value:",
         "reduce_lr_on_plateau: {value: {factor: 0.5}}"},
        {9, 27, "learning_rate_schedule: a value belongs behind value:",
         "learning_rate_schedule: {value: {cosine_decay: {alpha: 0.1}}}"},
        {10, 14, "optimizer: a value belongs behind value:",
         "optimizer: {value: {name: adam, clipnorm: 1}}"},
    };
    assert_int_equal(parse_text(&sweep, text), STATUS_INPUT);
    EXPECT_PROBLEMS(expected);
}

/* A W&B sweep as it is: with the lines that are told at once, it can be trained. */
static void of_another_program(void **state) {
    (void)state;
    static const char text[] = "program: train.py\n"
                               "method: bayes\n"
                               "metric: {name: val_loss, goal: minimize}\n"
                               "parameters:\n"
                               "  fc_layer_size:\n"
                               "    values: [128, 256]\n"
                               "  learning_rate:\n"
                               "    {distribution: log_uniform_values, min: 1e-4, max: 0.1}\n"
                               "early_terminate: {type: hyperband, min_iter: 3}\n"
                               "run_cap: 20\n";
    static const struct expected expected[] = {
        {3, 16, "metric val_loss needs images to validate on", NULL},
        {5, 3, "unknown hyperparameter 'fc_layer_size'; did you mean 'layers'?",
         "validation_split: {value: 0.1}\nlayers:"},
        {6, 14, "layers: '128' is not a list", NULL},
        {6, 19, "layers: '256' is not a list", "values: [[128], [256]]"},
    };
    static const char corrected[] = "method: bayes\n"
                                    "metric: {name: val_loss, goal: minimize}\n"
                                    "parameters:\n"
                                    "  validation_split: {value: 0.1}\n"
                                    "  layers:\n"
                                    "    values: [[128], [256]]\n"
                                    "  learning_rate:\n"
                                    "    {distribution: log_uniform_values, min: 1e-4, max: 0.1}\n"
                                    "early_terminate: {type: hyperband, min_iter: 3}\n"
                                    "run_cap: 20\n";
    assert_int_equal(parse_text(&sweep, text), STATUS_INPUT);
    EXPECT_PROBLEMS(expected);
    assert_int_equal(parse_text(&sweep, corrected), STATUS_OK);
}

/* What is nested is told of with it, however deep it is. */
static void of_nested_names(void **state) {
    (void)state;
    static const char text[] = "method: random\nparameters:\n  model:\n    parameters:\n"
                               "      dropot: {value: 0.1}\n      optimizer:\n"
                               "        parameters: {name: {value: adam}, gamma: {value: 1}}\n";
    static const struct expected expected[] = {
        {3, 3, "'model': parameters can't be nested", NULL},
        {5, 7, "unknown hyperparameter 'dropot'; did you mean 'dropout'?", "dropout: {value: 0.1}"},
        {7, 43, "unknown hyperparameter 'gamma': schedules are learning_rate_schedule", NULL},
    };
    assert_int_equal(parse_text(&sweep, text), STATUS_INPUT);
    EXPECT_PROBLEMS(expected);
}

/* With those of --set. */
static void of_options(void **state) {
    (void)state;
    static const char text[] = ONE("epohcs: {value: 1}");
    static const char *const settings[] = {
        "lerning_rate=3", "optimizer=[sgd, amad]", "epochs=", "epochs=[1, 2", "repaets=3", "seed"};
    static const struct expected expected[] = {
        {3, 3, "'epohcs'", "epochs: {value: 1}"},
        {1, 1, "'lerning_rate'", "--set learning_rate=3"},
        {1, 7, "unknown optimizer 'amad'", "--set 'optimizer=[sgd, adam]'"},
        {1, 1, "epochs: no value given", NULL},
        {2, 1, "not YAML", NULL},
        {1, 1, "unknown key or hyperparameter 'repaets'", "--set repeats=3"},
        {0, 0, "write --set KEY=VALUE", NULL},
    };
    assert_int_equal(config_parse("test.yaml", text, sizeof text - 1, settings, 6, &sweep.arena,
                                  &sweep.config, &sweep.error),
                     STATUS_INPUT);
    EXPECT_PROBLEMS(expected);
    assert_string_equal(sweep.config.problems->items[2].error.file, "--set optimizer=[sgd, amad]");
}

static void more_than_are_kept(void **state) {
    (void)state;
    struct text text;
    text_init(&text);
    text_append(&text, GRID "  batch_size: {values: [");
    for (size_t i = 0; i < PROBLEMS_MAX + 7; i++)
        text_append(&text, i ? ", -1" : "-1");
    text_append(&text, "]}\n");
    assert_int_equal(parse_text(&sweep, text.data), STATUS_INPUT);
    assert_int_equal(sweep.config.problems->count, PROBLEMS_MAX + 7);
    text_release(&text);
}

/* Hyperparameters without effect are told of together as well. */
static void of_the_space(void **state) {
    (void)state;
    static const struct expected expected[] = {
        {3, 3, "alpha has no effect: no activation here has it", NULL},
        {4, 3, "beta_1 has no effect: no optimizer here has it", NULL},
    };
    assert_int_equal(parse_text(&sweep, ONE("alpha: {value: 2}\n  beta_1: {value: 0.5}")),
                     STATUS_OK);
    assert_int_equal(
        space_expand(&sweep.config, &sweep.data, &sweep.arena, &sweep.space, &sweep.error),
        STATUS_INPUT);
    EXPECT_PROBLEMS(expected);
    assert_non_null(strstr(sweep.error.message, expected[0].message));
}

/* What the space shows is told with what the file does, but not what is unknown because of that. */
static void of_both(void **state) {
    (void)state;
    static const char text[] = "method: grid\n"
                               "repeats: 0\n"
                               "metric: {name: val_loss}\n"
                               "parameters:\n"
                               "  train_images: {values: [10, 1001, 2000]}\n"
                               "  rho: {value: 0.9}\n"
                               "  alpha: {value: 0.9}\n"
                               "  lerning_rate: {values: [0.1]}\n";
    static const struct expected first[] = {
        {2, 10, "repeats: '0'", "repeats: 1"},
        {3, 16, "metric val_loss needs images to validate on",
         "validation_split: {value: 0.1}\ntrain_images: {values: [10, 1001, 2000]}"},
        {5, 3, "train_images: 1001, 2000 are more than the 1000 that made-up has", NULL},
        {6, 3, "rho has no effect: no optimizer here has it", NULL},
        {7, 3, "alpha has no effect: no activation here has it", NULL},
        {8, 3, "'lerning_rate'", "learning_rate: {values: [0.1]}"},
    };
    assert_int_equal(parse_text(&sweep, text), STATUS_INPUT);
    assert_int_equal(space_check(&sweep.config, &sweep.data, &sweep.arena, &sweep.error),
                     STATUS_INPUT);
    EXPECT_PROBLEMS(first);
    static const struct {
        const char *text;
        size_t count;
    } unknown[] = {
        {ONE("rho: {value: 0.9}\n  optimizer: {values: [sgd, adm]}"), 1},
        {ONE("rho: {value: 0.9}\n  opt: {value: adadelta}"), 1},
        {ONE("rho: {value: 0.9}\n  alpha: {value: 1}\n  nonsense: {value: adadelta}"), 1},
        {ONE("rho: {value: 0.9}\n  alpha: {value: 1}\n  activation: {value: eluu}"), 2},
        {ONE("dropout: {value: 0.9}\n  layers: {values: [[], 5]}"), 1},
        {ONE("dropout: {value: 0.9}\n  layers: {value: []}\n  l2: {value: x}"), 2},
        {"method: grid\nparams: {}\nparameters:\n  rho: {value: 1}\n", 1},
        {"method: grid\nmetric: {name: val_loss}\nparameters:\n  validation_split: {value: 2}\n",
         1},
        {"method: grid\nparameters: [\n", 1},
        {ONE("model: {value: {a: {dense: 8, inputs: no}, b: {add: [x, y, a]}}}"), 3},
        {ONE("rho: {value: 0.9}\n  validation_split: {values: [0.9999, 0.99999]}\n"
             "  repeats: {value: 1}"),
         2},
    };
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_int_equal(parse_text(&sweep, unknown[i].text), STATUS_INPUT);
        space_check(&sweep.config, &sweep.data, &sweep.arena, &sweep.error);
        if (sweep.config.problems->count != unknown[i].count)
            fail_msg("%zu problems: %s", sweep.config.problems->count, unknown[i].text);
    }
    assert_string_equal(sweep.config.problems->items[0].error.message,
                        "validation_split 0.9999, 0.99999: none of the 1000 images of made-up is "
                        "left to train on");
}

/* Keys and layers that have a name like another one's. */
static void of_layers(void **state) {
    (void)state;
    static const char text[] =
        "method: grid\nparameters:\n  model:\n    values:\n"
        "      - {a: flaten, b: {concat: [a, a]}}\n"
        "      - {a: imput, b: {dens: 4}}\n"
        "      - {a: 4, b: {dense: 4 relu, input: a}}\n"
        "      - {a: 4, b: {dense: 4 relu, los: mse}}\n"
        "      - {a: 4, b: {dense: {units: 4, inputs: a}}}\n"
        "      - {a: 4, b: {dense: 4, activaton: relu}}\n"
        "      - {a: {input: x, shape: [4]}}\n"
        "      - {a: 4, output: {p: {dense: 4, loss: mse}}}\n"
        "      - {a: 4, outputs: {p: {dense: 4, loss: mse, loss_weights: 0.1}}}\n"
        "      - {a: 4, outputs: {p: {dense: 4, los: mse, metric: [f1]}}}\n"
        "      - {a: 4, outputs: {p: {loss: mse, input: a}}}\n"
        "      - [64 tahn, reul, foo]\n"
        "      - {input: 8, b: {dense: 4, inputs: input}, image: 4}\n"
        "      - [leaky_relu 1e400]\n";
    static const struct expected expected[] = {
        {5, 13, "unknown layer 'flaten'; did you mean 'flatten'?", NULL},
        {5, 25, "unknown layer 'concat'; did you mean 'concatenate'?",
         "- {a: flatten, b: {concatenate: [a, a]}}"},
        {6, 13, "unknown layer 'imput'; did you mean 'input'?", NULL},
        {6, 24, "unknown layer 'dens'; did you mean 'dense'?", "- {a: input, b: {dense: 4}}"},
        {7, 35, "unknown key of a layer 'input'; did you mean 'inputs'?",
         "- {a: 4, b: {dense: 4 relu, inputs: a}}"},
        {8, 35, "'los' is an output's, and stands with it: outputs: {NAME: {dense: ..., loss: ..",
         NULL},
        {9, 38, "'inputs': what a layer reads stands beside it: {dense: 16, inputs: a}", NULL},
        {10, 20, "stands within it: {dense: {units: ..., activation: ...}}", NULL},
        {11, 14, "stands within it: {input: {shape: ...}}", NULL},
        {12, 16, "'output'; did you mean 'outputs'?",
         "- {a: 4, outputs: {p: {dense: 4, loss: mse}}}"},
        {13, 51, "unknown key of an output 'loss_weights'; did you mean 'loss_weight'?",
         "- {a: 4, outputs: {p: {dense: 4, loss: mse, loss_weight: 0.1}}}"},
        {14, 40, "unknown key of an output 'los'; did you mean 'loss'?", NULL},
        {14, 50, "unknown key of an output 'metric'; did you mean 'metrics'?",
         "- {a: 4, outputs: {p: {dense: 4, loss: mse, metrics: [f1]}}}"},
        {15, 41, "unknown key of an output 'input'; did you mean 'inputs'?",
         "- {a: 4, outputs: {p: {loss: mse, inputs: a}}}"},
        {16, 13, "unknown activation 'tahn'", NULL},
        {16, 19, "unknown layer 'reul'; did you mean 'relu'?", "- [64 tanh, relu, foo]"},
        {16, 25, "'foo' is not allowed; it takes a list", NULL},
        {17, 10, "'input' is the image, which layers read by that name", NULL},
        {17, 50, "'image' is the image, which layers read by that name", NULL},
        {18, 21, "negative_slope: '1e400' is not allowed; it takes a number from 0 up", NULL},
    };
    assert_int_equal(parse_text(&sweep, text), STATUS_INPUT);
    EXPECT_PROBLEMS(expected);
}

static void of_data_sets(void **state) {
    (void)state;
    static const struct expected expected[] = {
        {2, 11, "unknown data set 'mnsit'; did you mean 'mnist'?",
         "dataset: [mnist, digits, emnist]"},
        {2, 26, "emnist is six data sets", NULL},
    };
    assert_int_equal(parse_text(&sweep, "method: grid\ndataset: [mnsit, digits, emnist]\n"),
                     STATUS_OK);
    assert_int_equal(config_check_datasets(&sweep.config, NULL, &sweep.arena, &sweep.error),
                     STATUS_INPUT);
    EXPECT_PROBLEMS(expected);
    static const struct expected key[] = {
        {2, 26,
         "unknown key of dataset 'normalize'; did you mean 'normalization'? it is true, or a",
         "dataset: {name: ./a.npz, normalization: true}"},
    };
    parse_text(&sweep, "method: grid\ndataset: {name: ./a.npz, normalize: true}\n");
    EXPECT_PROBLEMS(key);
    assert_int_equal(parse_text(&sweep, "method: grid\n"), STATUS_OK);
    assert_int_equal(config_check_datasets(&sweep.config, NULL, &sweep.arena, &sweep.error),
                     STATUS_OK);
}

/* One problem each, and the line as it was meant. */
static void corrections(void **state) {
    (void)state;
    static const struct {
        const char *text, *corrected;
    } cases[] = {
        {ONE("epochs: 5"), "epochs: {value: 5}"},
        {ONE("epochs: [5, 10]"), "epochs: {values: [5, 10]}"},
        {ONE("layers: [128, 64]"), "layers: {value: [128, 64]}"},
        {ONE("layers: [[128], [64]]"), "layers: {values: [[128], [64]]}"},
        {ONE("epochs: {value: [5, 10]}"), "epochs: {values: [5, 10]}"},
        {ONE("epochs: {values: 5}"), "epochs: {value: 5}"},
        {ONE("batch_size: {value: \"32\"}"), "batch_size: {value: 32}"},
        {ONE("layers: {value: 128}"), "layers: {value: [128]}"},
        {ONE("layers: {value: [relu 64]}"), "layers: {value: [64 relu]}"},
        {ONE("optimizer: {value: 'rmsporp'} # a note"), "optimizer: {value: rmsprop} # a note"},
        {"method: grid\nmetric: test_loss\n", "metric: {name: test_loss}"},
        {"method: grid\nmetric: {name: loss, goal: max}\n", "metric: {name: loss, goal: maximize}"},
        {"method: grid\nrepeats: '3'\n", "repeats: 3"},
        {"method: grid\r\nmetrics: [h\xc3\xa9, f1]\r\n", NULL},
        {"method: grid\nname: \xc3\xa9\nmetrics: [\"\xc3\xa9\", acuracy]\n", NULL},
        {ONE("optimizer: {value: \"rms\\x70orp\"}"), NULL}, /* not written as it is read */
        {ONE("epochs:\n    - 5\n    - 10"), NULL},
        {ONE("batch_size: 0100"), NULL},
        {ONE("learning_rate: {value: x}"), NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse_text(&sweep, cases[i].text), STATUS_INPUT);
        const char *corrected = sweep.config.problems->items[0].corrected;
        if (!cases[i].corrected != !corrected ||
            (corrected && strcmp(corrected, cases[i].corrected) != 0))
            fail_msg("%s\n%s", cases[i].text, corrected ? corrected : "(none)");
    }
    const char *second = sweep.config.problems->items[0].error.message;
    assert_non_null(second);
    /* Characters before it are counted, not bytes; the byte order mark is none. */
    assert_int_equal(
        parse_text(&sweep, "\xef\xbb\xbfmethod: grid\nmetrics: [\"\xc3\xa9\", acuracy]\n"),
        STATUS_INPUT);
    assert_string_equal(sweep.config.problems->items[1].corrected,
                        "metrics: [\"\xc3\xa9\", accuracy]");
    assert_int_equal(sweep.config.problems->items[1].error.column, 16);
}

static void what_wandb_needs_is_noted(void **state) {
    (void)state;
    assert_int_equal(parse_text(&sweep, "program: train.py\nmethod: grid\nproject: p\nentity: e\n"
                                        "command: [a, b]\nname: ~\n"),
                     STATUS_OK);
    const struct problems *problems = sweep.config.problems;
    assert_int_equal(problems->note_count, 4);
    assert_int_equal(problems->notes[1].line, 3);
    assert_string_equal(problems->notes[1].message,
                        "'project' concerns W&B's own runner and is ignored");
    assert_string_equal(sweep.config.name, "test");
    static const char *const set[] = {"entity=me"};
    assert_int_equal(config_parse("test.yaml", "method: grid\n", 13, set, 1, &sweep.arena,
                                  &sweep.config, &sweep.error),
                     STATUS_OK);
    assert_int_equal(sweep.config.problems->note_count, 1);
}

/* Names of other programs, and a fragment of what is said of them. */
static void names_from_elsewhere(void **state) {
    (void)state;
    static const char *const hyperparameter_words[][2] = {
        {"seed", "repeats: 3 trains every setting with three"},
        {"repeats", "seed: 1 at the top"},
        {"hidden_layer_sizes", "layers: {values: [[128], [128, 64]]}"},
        {"hidden_layer_size", "layers: "},
        {"num_layers", "layers: "},
        {"max_iter", "mean 'epochs'?"},
        {"n_epochs", "mean 'epochs'?"},
        {"num_epochs", "mean 'epochs'?"},
        {"NumEpochs", "mean 'epochs'?"},
        {"batch", "mean 'batch_size'?"},
        {"learning_rate_init", "mean 'learning_rate'?"},
        {"early_stop", "early_stopping: {value: {monitor: val_loss"},
        {"patience", "ends early by early_stopping"},
        {"LearningRateSchedule", "mean 'learning_rate_schedule'?"},
        {"lr_scheduler", "learning_rate_schedule: {value: {cosine_decay"},
        {"Conv2D", "`sweep keys layers` lists"},
        {"MaxPooling2D", "`sweep keys layers` lists"},
        {"BatchNormalization", "it is a layer: layers: {value: [128, batch_normalization"},
        {"dropout_rate", "mean 'dropout'?"},
        {"solver", "mean 'optimizer'?"},
        {"kernel_regularizer", "mean 'l2'?"},
        {"max_grad_norm", "mean 'global_clipnorm'?"},
        {"grad_clip", "clipnorm (of each array)"},
        {"accumulate_grad_batches", "mean 'gradient_accumulation_steps'?"},
        {"ema_decay", "mean 'ema_momentum'?"},
        {"beta1", "mean 'beta_1'?"},
        {"betas", "one by one"},
    };
    for (size_t i = 0; i < sizeof hyperparameter_words / sizeof *hyperparameter_words; i++) {
        const char *text =
            arena_printf(&sweep.arena, GRID "  %s: {value: 1}\n", hyperparameter_words[i][0]);
        assert_int_equal(parse_text(&sweep, text), STATUS_INPUT);
        if (!strstr(sweep.error.message, hyperparameter_words[i][1]))
            fail_msg("%s", sweep.error.message);
        assert_true(strlen(sweep.error.message) < 300);
    }
    static const char *const lines[][2] = {
        {"optimizer: {value: momentum}", "{name: sgd, momentum: 0.9}"},
        {"optimizer: {value: lbfgs}", "`sweep keys optimizer` lists"},
        {"activation: {value: gelu_new}", "mean 'gelu'?"},
        {"loss: {value: CrossEntropyLoss}", "mean 'categorical_crossentropy'?"},
        {"loss: {value: triplet}", "`sweep keys loss` lists"},
        {"loss: {value: focal}",
         "unknown loss 'focal': Keras has it, and sweep has not; the nearest is "
         "categorical_crossentropy, with class_weight: {value: balanced}"},
        {"loss: {value: BinaryFocalCrossentropy}", "the nearest is binary_crossentropy, with"},
        {"loss: {value: Dice}", "the nearest is categorical_crossentropy (binary_crossentropy"},
        {"loss: {value: ctc}", "of which none is like it"},
        {"layers: {value: [conv1d 32]}", "`sweep keys layers` lists"},
        {"layers: {value: [cnn 32 3]}", "mean 'conv2d'?"},
        {"layers: {value: [conv2d 32 3 padding=full]}", "it takes valid or same (default valid)"},
        {"layers: {value: [conv2d 32 3x0]}",
         "a whole number or two, as in 3x5 or [3, 5], each from 1 to 4096"},
        {"layers: {value: [{conv2d: {filters: 8, kernel_size: [3, 3, 3]}}]}", "as in 3x5"},
        {"layers: {value: [{conv2d: {filters: 8, kernel_size: [3]}}]}",
         "kernel_size: this list is not allowed"},
        {"layers: {value: [{zero_padding2d: [[1, 2]]}]}", "padding: this list is not allowed"},
        {"layers: {value: [{zero_padding2d: [[1], 2]}]}", "padding: this list is not allowed"},
        {"layers: {value: [reshape -1x-1]}", "of which one may be -1 and each else from 1"},
        {"layers: {value: [{prelu: {shared_axes: [0]}}]}",
         "axes, as in [1, 2] or 1/2, each from 1"},
        {"layers: {value: [{relu: {shared_axes: [1]}}]}", "unknown key of a layer 'shared_axes'"},
        {"layers: {value: [{relu: {max_value: 6}}]}", "relu6 is relu with a max_value of 6"},
        {"layers: {value: [{softmax: {axis: 1}}]}", "it is the last axis, Keras' -1; remove it"},
        {"layers: {value: [{units: 3, activation: leaky_relu, negative_slope: 0.3}]}",
         "activation: {name: leaky_relu, negative_slope: 0.3}"},
        {"layers: {value: [{units: 3, activation: {leaky_relu: {slope: 0.3}}}]}",
         "unknown key of an activation 'slope'"},
        {"layers: {value: [{units: 3, activation: {negative_slope: 0.3, alpha: 1}}]}",
         "is written {name: leaky_relu"},
        {"layers: {value: [\"Conv2D(4, 3)\"]}", "without Keras' parentheses: \"conv2d 4 3\""},
        {"layers: {value: [gaussian_noise 1e38]}", "a number from 0 up; the largest is 1e+30"},
        {"learning_rate: {value: 1e39}", "a number above 0; the largest is 1e+30"},
        {"learning_rate_schedule: {value: cosine}", "mean 'cosine_decay'?"},
        {"learning_rate_schedule: {value: {name: cosine_decay, alph: 0.1}}", "mean 'alpha'?"},
        {"initializer: {value: constant}", "zeros and ones are the constants"},
        {"optimizer: {value: {name: muon, adam_learning_rate: 0.1}}",
         "the learning_rate times adam_lr_ratio"},
        {"layers: {value: [conv2d 32]}", "conv2d needs its kernel_size"},
        {"layers: {value: [128, dropout]}", "dropout needs its rate"},
        {"layers: {value: [{units: 3, kernel_size: 3}]}", "Known: units, use_bias, kernel_init"},
        {"layers: {value: [{neurons: 3}]}", "mean 'units'?"},
        {"layers: {value: [{units: 3, kernel_regularizer: l2}]}",
         "is written l1: 0.001, l2: 0.001"},
        {"layers: {value: [{units: 3, kernel_constraint: max_norm}]}", "it is max_norm: 3"},
        {"layers: {value: [{units: 3, maxnorm: 2}]}", "mean 'max_norm'?"},
        {"layers: {value: [{units: 3, bias_regularizer: l2}]}", "remove it"},
        {"layers: {value: [8 l2=-1]}", "a number from 0 up (default the trial's l2)"},
        {"layers: {value: [8 max_norm=0]}", "a number above 0 (default none)"},
        {"layers: {value: [8 kernel_initializer=orthogonal]}", "takes glorot_uniform or"},
        {"l1: {value: 0.1}", "it is an argument of a layer"},
        {"optimizer: {value: {name: sgd, schedule: cosine}}", "learning_rate_schedule"},
        {"learning_rate: {value: {cosine_decay: {decay_steps: 9}}}",
         "a schedule is a hyperparameter of its own: learning_rate_schedule: {value"},
        {"learning_rate: {values: [0.1, cosine_decay 9]}", "a schedule is a hyperparameter of its"},
        {"learning_rate: {cosine_decay: {decay_steps: 9}}",
         "schedules are learning_rate_schedule:"},
        {"activation: {value: {name: leaky_relu, alpha: 0.1}}", "mean 'negative_slope'?"},
        {"epochs: {choices: [1, 2]}", "mean 'values'?"},
        {"epochs: {low: 1, high: 3}", "mean 'min'?"},
        {"learning_rate: {mu: 1, sigma: 2}", "distribution: normal or log_normal has mu and sigma"},
        {"optimizer: {parameters: {name: {value: sgd}}}",
         "each hyperparameter stands directly under parameters"},
        {"opt: {parameters: {name: {value: sgd}}}", "what belongs to one choice beside its name"},
        {"output_activation: {value: ~}", "no activation is linear"},
        {"optimizer: {value: 'adam,sgd'}", "several values are a list under values:"},
        {"optimizer: {values: ['adam,sgd']}", "each value is an item of its own in the list"},
        {"epochs: {values: [[1, 2], 3]}", "each value is an item of its own in the list"},
        {"layers: {values: [[[1], [2]]]}", "each value is an item of its own in the list"},
        {"optimizer: {value: {name: sgd, lr: [1, 2]}}", "several values are {values: [X, Y]}"},
    };
    expect_told(&sweep, lines, sizeof lines / sizeof *lines);
    static const char *const keys[][2] = {
        {"param_grid: {}", "mean 'parameters'?"},
        {"n_jobs: 4", "--jobs 4"},
        {"random_state: 1", "mean 'seed'?"},
        {"n_trials: 10", "it is budget: {trials: 50}"},
        {"direction: maximize", "write metric: {"},
        {"epochs: {value: 1}", "is a hyperparameter"},
        {"num_epochs: 5", "unknown key"},
        {"early_stopping: true", "it belongs under parameters"},
        {"metric: {name: val_auc}", "unknown metric 'auc': Keras has it, and sweep has not; the "
                                    "nearest is f1_score, with precision and recall"},
        {"metric: {name: test_MeanIoU}", "the nearest is f1_score"},
        {"metric: {name: val_kappa}", "not supported"},
        {"metrics: [FalseNegatives]", "precision and recall; `sweep show` prints the confusion"},
        {"metrics: [tversky]", "the nearest is categorical_crossentropy"},
        {"metrics: [LogCoshError]", "mean 'log_cosh'?"},
        {"metrics: [precision_at_recall]", "the nearest is precision and recall"},
        {"metrics: [loss]", "loss is measured always; leave it out"},
        {"metrics: [val_f1_score]", "write f1_score instead of val_f1_score"},
        {"metric: {name: val_f1_scor}", "mean 'val_f1_score'?"},
        {"keep_models: true", "mean 'all'?"},
        {"metrics: [top5]", "mean 'top_k_categorical_accuracy'?"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        assert_int_equal(
            parse_text(&sweep, arena_printf(&sweep.arena, "method: grid\n%s\n", keys[i][0])),
            STATUS_INPUT);
        if (!strstr(sweep.error.message, keys[i][1]))
            fail_msg("%s: %s", keys[i][0], sweep.error.message);
    }
}

/* Keras has two spellings of its names. */
static void spellings_of_keras(void **state) {
    (void)state;
    static const char *const spellings[][2] = {
        {"loss", "BinaryCrossentropy"},
        {"loss", "CategoricalCrossentropy"},
        {"loss", "MeanSquaredError"},
        {"loss", "KLDivergence"},
        {"loss", "LogCosh"},
        {"loss", "MSE"},
        {"loss", "bce"},
        {"optimizer", "Adam"},
        {"optimizer", "RMSprop"},
        {"optimizer", "SGD"},
        {"optimizer", "AdamW"},
        {"activation", "ReLU"},
        {"activation", "LeakyReLU"},
        {"activation", "swish"},
        {"activation", "hard-sigmoid"},
        {"initializer", "GlorotUniform"},
        {"initializer", "HeNormal"},
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        expand_text(&sweep, arena_printf(&sweep.arena, GRID "  %s: {value: %s}\n", spellings[i][0],
                                         spellings[i][1]));
    expand_text(&sweep, "method: Grid\nmetrics: [F1Score, acc, TopKCategoricalAccuracy]\n");
    assert_int_equal(sweep.config.metric_count, 2);
    /* A hyperparameter has one. */
    assert_int_equal(parse_text(&sweep, ONE("Epochs: {value: 1}")), STATUS_INPUT);
}

#define EXPECT_APART(TABLE, COUNT, FIND)                                                           \
    for (size_t i = 0; i < (COUNT); i++)                                                           \
    assert_ptr_equal(FIND((TABLE)[i].name), &(TABLE)[i])

/* No name is a spelling of another one, and no word of others hides one of ours. */
static void names_are_told_apart(void **state) {
    (void)state;
    EXPECT_APART(activations, activation_count, activation_find);
    EXPECT_APART(losses, loss_count, loss_find);
    EXPECT_APART(optimizers, optimizer_count, optimizer_find);
    EXPECT_APART(initializers, initializer_count, initializer_find);
    EXPECT_APART(metrics, metric_count, metric_find);
    for (size_t i = 0; i < HP_COUNT; i++) {
        const struct word *word = words_find("hyperparameter", hyperparameters[i].name);
        if (word && (!word->instead || strcmp(word->instead, hyperparameters[i].name) != 0))
            fail_msg("%s", hyperparameters[i].name);
    }
}

/* Null is no value, and tags say what a scalar is. */
static void null_and_tags(void **state) {
    (void)state;
    static const char *const fine[] = {
        "name: ~\ndescription: null\ndataset:\nmetric: Null\nmetrics: ~\nparameters:\nrepeats: ~\n",
        "name: !!str 5\nrepeats: !!int \"3\"\nseed: !!int 0x10\n",
        "parameters:\n  lr: {value: !!float \"1e-2\"}\n  epochs: {value: !!int '7'}\n"
        "  nesterov: {value: !!bool 'true'}\n  momentum: {value: 0.5, values: ~}\n",
        "parameters: !!map {epochs: {values: !!seq [1, !!float 2]}}\n",
        "parameters:\n  layers: {value: [{units: 5, activation: ~}]}\n"
        "  optimizer: {value: {name: sgd, momentum: ~}}\n",
        "metric: {name: test_loss, goal: ~}\n",
        "%TAG !y! tag:yaml.org,2002:\n---\nmethod: grid\nrepeats: !y!int '2'\n",
    };
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        const char *method = strstr(fine[i], "method") ? "" : "method: grid\n";
        const char *text = arena_printf(&sweep.arena, "%s%s", fine[i], method);
        if (parse_text(&sweep, text) != STATUS_OK)
            fail_msg("%s: %s", text, sweep.error.message);
    }
    assert_int_equal(sweep.config.repeats, 2);
    parse_text(&sweep, "method: grid\nname: 'null'\n");
    assert_string_equal(sweep.config.name, "null");
    parse_text(&sweep, "method: grid\nname: !!str ~\n");
    assert_string_equal(sweep.config.name, "~");
    static const char *const wrong[][2] = {
        {"epochs: {value: !!str 16}",
         "epochs: '16' is not allowed; it takes a whole number from 1"},
        {"epochs: {value: ! 16}", "without quotes or tag"},
        {"epochs: {value: !!null ''}", "epochs: empty is not allowed"},
        {"epochs: {value: !!int five}", "'five' is not what its tag says"},
        {"epochs: {value: !!int 2.5}", "'2.5' is not what its tag says"},
        {"nesterov: {value: !!bool 1}", "'1' is not what its tag says"},
        {"epochs: {value: !!seq 5}", "the tag !!seq makes no sense here; remove it"},
        {"epochs: {value: !!binary aGk=}", "the tag !!binary makes no sense here"},
        {"epochs: {value: !mine 5}", "the tag !mine makes no sense here"},
        {"epochs: !!set {value, values}", "the tag !!set makes no sense here"},
        {"epochs: {value: ~, values: ~}", "epochs: null is not allowed"},
        {"epochs: ~", "epochs: null, where a mapping belongs"},
        {"activation: {value: null}", "activation: null is not allowed"},
        {"learning_rate: {value: !!float .inf}", "'.inf' is not allowed"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(parse_text(&sweep, arena_printf(&sweep.arena, GRID "  %s\n", wrong[i][0])),
                         STATUS_INPUT);
        if (!strstr(sweep.error.message, wrong[i][1]))
            fail_msg("%s: %s", wrong[i][0], sweep.error.message);
    }
}

/* What is a number by one version of YAML and another by the other is refused, what is one by
 * either alone is taken. */
static void numbers_of_two_versions(void **state) {
    (void)state;
    static const char *const refused[][2] = {
        {"0100", "64 in YAML 1.1 and 100 in YAML 1.2: write one of these"},
        {"+0100", "64 in YAML 1.1"},
        {"01_00", "64 in YAML 1.1"},
        {"!!int 010", "8 in YAML 1.1 and 10 in YAML 1.2"},
        {"1:30", "90 in YAML 1.1 and a text in YAML 1.2"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(
            parse_text(&sweep,
                       arena_printf(&sweep.arena, GRID "  epochs: {value: %s}\n", refused[i][0])),
            STATUS_INPUT);
        if (!strstr(sweep.error.message, refused[i][1]))
            fail_msg("%s: %s", refused[i][0], sweep.error.message);
    }
    static const struct {
        const char *text;
        int64_t value;
    } taken[] = {{"007", 7},      {"08", 8},    {"0o17", 15}, {"0x1F", 31}, {"0b101", 5},
                 {"1_000", 1000}, {"1e2", 100}, {"+5", 5},    {"5.", 5},    {"0.5e1", 5}};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        expand_text(&sweep,
                    arena_printf(&sweep.arena, GRID "  epochs: {value: %s}\n", taken[i].text));
        assert_int_equal(value_of(&sweep, 0, HP_EPOCHS)->integer, taken[i].value);
    }
    assert_int_equal(parse_text(&sweep, "method: grid\nseed: 0100\n"), STATUS_INPUT);
    assert_non_null(strstr(sweep.error.message, "64 in YAML 1.1"));
}

static void merge_keys(void **state) {
    (void)state;
    static const char *const places[] = {
        "method: grid\n<<: {name: x}\n",
        "method: grid\nparameters:\n  <<: {epochs: {value: 1}}\n",
        GRID "  epochs: {<<: {value: 1}, value: 2}\n",
        GRID "  optimizer: {value: {<<: {momentum: 1}, name: sgd}}\n",
        GRID "  layers: {value: [{<<: {units: 1}, units: 3}]}\n",
        "method: grid\nmetric: {<<: {goal: maximize}, name: loss}\n",
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        assert_int_equal(parse_text(&sweep, places[i]), STATUS_INPUT);
        if (!strstr(sweep.error.message, "'<<' is YAML's merge key, which is not supported; write "
                                         "out the keys"))
            fail_msg("%s: %s", places[i], sweep.error.message);
        assert_int_equal(sweep.config.problems->count, 1);
    }
    assert_int_equal(parse_text(&sweep, "method: grid\n'<<': 1\n"), STATUS_INPUT);
    assert_non_null(strstr(sweep.error.message, "unknown key '<<'"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(all_of_a_file),
        CASE(values_by_themselves),
        CASE(of_another_program),
        CASE(of_nested_names),
        CASE(of_options),
        CASE(more_than_are_kept),
        CASE(of_the_space),
        CASE(of_both),
        CASE(of_layers),
        CASE(of_data_sets),
        CASE(corrections),
        CASE(names_from_elsewhere),
        CASE(what_wandb_needs_is_noted),
        CASE(spellings_of_keras),
        CASE(names_are_told_apart),
        CASE(null_and_tags),
        CASE(numbers_of_two_versions),
        CASE(merge_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
