/* A trial's numbers are those of the trial: the same bits whatever the number of threads, the other
 * trials of the sweep, their order, and whether it was trained alone or read off a longer run. */
#include "made_up.h"

#include <math.h>

#define HISTORY_MAX 3
#define OUTCOMES_MAX 1024

/* A trial's result, kept beyond the sink's call. */
struct outcome {
    struct digest trial;
    struct trial_result result;
    struct epoch_scores history[HISTORY_MAX];
};

struct outcomes {
    const struct space *space;
    size_t count;
    struct outcome items[OUTCOMES_MAX];
};

static struct dataset data;

static bool same_scores(const struct scores *a, const struct scores *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

/* Every bit of what is measured; times alone may differ. */
static bool same_result(const struct outcome *a, const struct outcome *b) {
    const struct trial_result *x = &a->result, *y = &b->result;
    if (x->outcome != y->outcome || x->epochs != y->epochs || x->validated != y->validated ||
        x->parameters != y->parameters || !same_scores(&x->test, &y->test))
        return false;
    for (size_t i = 0; i < x->epochs; i++)
        if (!same_scores(&a->history[i].train, &b->history[i].train) ||
            !same_scores(&a->history[i].validation, &b->history[i].validation))
            return false;
    return true;
}

static enum status keep(void *context, const struct trial_result *result, struct error *error) {
    struct outcomes *outcomes = context;
    (void)error;
    assert_true(outcomes->count < OUTCOMES_MAX);
    assert_true(result->epochs <= HISTORY_MAX);
    struct outcome *outcome = &outcomes->items[outcomes->count++];
    outcome->trial = outcomes->space->trials[result->trial].digest;
    outcome->result = *result;
    memcpy(outcome->history, result->history, result->epochs * sizeof *result->history);
    outcome->result.history = outcome->history;
    return STATUS_OK;
}

static struct outcomes *new_outcomes(void) {
    struct outcomes *outcomes = calloc(1, sizeof *outcomes);
    assert_non_null(outcomes);
    return outcomes;
}

/* Whether all slices are split at each epoch's end. */
static bool splitting;

/* Train a config's trials, those of `wanted` only unless it is NULL; the caller frees. */
static struct outcomes *train(const char *text, const bool *wanted, size_t jobs) {
    static struct made_up sweep;
    static const atomic_int stop;
    struct outcomes *outcomes = new_outcomes();
    made_up_init(&sweep, &data);
    plan_text(&sweep, text, wanted, jobs);
    sweep.plan.splits_always = splitting;
    outcomes->space = &sweep.space;
    const struct sink sink = {.context = outcomes, .trial = keep};
    assert_int_equal(schedule_run(&sweep.plan, &stop, &sink, &sweep.error), STATUS_OK);
    assert_int_equal(outcomes->count, sweep.plan.trial_count);
    made_up_release(&sweep);
    outcomes->space = NULL;
    return outcomes;
}

/* Those of all of a config's trials, trained by one thread; kept for every case that asks. */
static const struct outcomes *reference(const char *text) {
    static struct {
        const char *text;
        const struct outcomes *outcomes;
    } known[16];
    size_t i = 0;
    while (known[i].text && strcmp(known[i].text, text) != 0)
        assert_true(++i < sizeof known / sizeof *known);
    if (!known[i].text) {
        known[i].outcomes = train(text, NULL, 1);
        known[i].text = text;
    }
    return known[i].outcomes;
}

static const struct outcome *find(const struct outcomes *outcomes, const struct digest *trial) {
    for (size_t i = 0; i < outcomes->count; i++)
        if (strcmp(outcomes->items[i].trial.hex, trial->hex) == 0)
            return &outcomes->items[i];
    return NULL;
}

/* All of b's trials are in a, with the same bits. */
static void expect_same(const struct outcomes *a, const struct outcomes *b, const char *what) {
    assert_true(b->count > 0);
    for (size_t i = 0; i < b->count; i++) {
        const struct outcome *other = find(a, &b->items[i].trial);
        assert_non_null(other);
        if (!same_result(other, &b->items[i]))
            fail_msg("%s: trial %zu differs: %.17g and %.17g", what, b->items[i].result.trial,
                     other->result.test.loss, b->items[i].result.test.loss);
    }
}

#define TOP                                                                                        \
    "metrics: [f1, top_k_categorical_accuracy]\nseed: 11\n" GRID                                   \
    "  validation_split: {value: 0.1}\n"
#define EPOCHS "  epochs: {values: [1, 2, 3]}\n"

/* Steps that look at whole arrays, add gradients up, or average weights; two of a shape share what
 * they need within a step. */
#define WHOLE                                                                                      \
    "lamb, adafactor, muon, {name: adam, clipnorm: 0.1}, {name: sgd, global_clipnorm: 0.1}, "      \
    "{name: sgd, clipvalue: 0.01}, {name: adam, use_ema: true, ema_overwrite_frequency: 7}, "      \
    "{name: muon, use_ema: true, gradient_accumulation_steps: 5}"

/* Every optimizer and many shapes; sgd with a learning rate that is too large diverges. */
static const char shapes[] = TOP EPOCHS
    "  optimizer: {values: [sgd, {name: sgd, momentum: 0.9, nesterov: true}, rmsprop, adam, nadam, "
    "adamax, adagrad, adadelta, ftrl, adamw, lion, {name: sgd, learning_rate: 1e30}, " WHOLE "]}\n"
    "  layers: {values: [[], [1], [7], [16, 10, 7], [33], [128], [\"10 prelu\", 5]]}\n";

#define SHAPES (20 * 7 * 3)

static const char shapes_reversed[] =
    "name: the other way round\n" TOP
    "  layers: {values: [[\"10 prelu\", 5], [128], [33], [16, 10, 7], [7], [1], []]}\n"
    "  optimizer: {values: [" WHOLE ", {name: sgd, learning_rate: 1e30}, lion, adamw, ftrl, "
    "adadelta, adagrad, "
    "adamax, nadam, adam, rmsprop, {momentum: 0.9, nesterov: true, name: sgd}, sgd]}\n"
    "  epochs: {values: [3, 1, 2]}\n";

/* Regularisation, losses, activations and batches that do not divide the images. */
static const char kinds[] =
    TOP "  layers: {values: [[10], [33, 16]]}\n"
        "  dropout: {values: [0, 0.25]}\n  l2: {values: [0, 0.001]}\n"
        "  batch_size: {values: [32, 100]}\n"
        "  loss: {values: [categorical_crossentropy, mean_squared_error, categorical_hinge, "
        "{name: categorical_crossentropy, label_smoothing: 0.1}]}\n"
        "  activation: {values: [prelu, leaky_relu, softplus]}\n" EPOCHS;

static const char kinds_shuffled[] =
    TOP "  activation: {values: [softplus, prelu, leaky_relu]}\n" EPOCHS
        "  loss: {values: [{name: categorical_crossentropy, label_smoothing: 0.1}, "
        "categorical_hinge, categorical_crossentropy, mean_squared_error]}\n"
        "  batch_size: {values: [100, 32]}\n  l2: {values: [0.001, 0]}\n"
        "  dropout: {values: [0.25, 0]}\n  layers: {values: [[33, 16], [10]]}\n";

/* Augmentations, whose strength depends on the length or does not. */
static const char augmented[] = TOP EPOCHS
    "  optimizer: {values: [sgd, adam]}\n  layers: {values: [[10], [40, 16]]}\n"
    "  batch_size: {values: [32, 100]}\n  augmentation: {values: [[], [random_translation 0.1 0.1, "
    "{elastic: {alpha: {values: [34, 10]}, sigma: 4}}], [random_rotation -0.02/0.1, cutout]]}\n"
    "  augmentation_schedule: {values: [constant, cosine_decay alpha=0.1]}\n";
static const char augmented_otherwise[] =
    TOP "  augmentation_schedule: {values: [cosine_decay alpha=0.1, constant]}\n"
        "  augmentation: {values: [[random_rotation -0.02/0.1, random_erasing], [RandomTranslation "
        "0.1 0.1, elastic 10 4], [random_translation 0.1 0.1, elastic 34 4], []]}\n"
        "  batch_size: {values: [100, 32]}\n  layers: {values: [[40, 16], [10]]}\n"
        "  optimizer: {values: [adam, sgd]}\n" EPOCHS;

/* Schedules, of which those that depend on the length are runs of their own. */
static const char scheduled[] = TOP EPOCHS
    "  optimizer: {values: [sgd, adam, ftrl]}\n  layers: {values: [[10], [40, 16]]}\n"
    "  learning_rate_schedule: {values: [constant, cosine_decay, {cosine_decay: {decay_steps: 30, "
    "warmup_steps: {values: [0, 9]}}}, piecewise_constant_decay 7/30 0.1/0.02/0.01, one_cycle]}\n";
static const char scheduled_otherwise[] =
    TOP "  learning_rate_schedule: {values: [one_cycle, cosine_decay 30 warmup_steps=9, "
        "piecewise_constant_decay 7/30 0.1/0.02/0.01, cosine_decay 30, cosine_decay, constant]}\n"
        "  layers: {values: [[40, 16], [10]]}\n  optimizer: {values: [ftrl, sgd, adam]}\n" EPOCHS;

/* Trainings that end themselves after one or two epochs, and rates that are reduced. */
static const char called[] = TOP EPOCHS
    "  optimizer: {values: [sgd, adam]}\n  layers: {values: [[10], [40, batch_normalization]]}\n"
    "  early_stopping: {values: [none, loss mode=max, {monitor: val_accuracy, mode: min, "
    "patience: 1, restore_best_weights: true}, loss patience=2]}\n"
    "  reduce_lr_on_plateau: {values: [none, loss mode=max patience=1 factor=0.5]}\n";
static const char called_otherwise[] =
    TOP "  reduce_lr_on_plateau: {values: [loss mode=max patience=1 factor=0.5, none]}\n"
        "  early_stopping: {values: [loss patience=2, val_accuracy patience=1 mode=min "
        "restore_best_weights=true, none, loss mode=max]}\n"
        "  layers: {values: [[40, batch_normalization], [10]]}\n  optimizer: {values: [adam, "
        "sgd]}\n" EPOCHS;

/* Settings at which a step of no gradient is not none, and at which weights overflow. */
static const char edges[] = TOP EPOCHS
    "  train_images: {values: [60, 540]}\n  layers: {values: [[], [10], [33]]}\n"
    "  activation: {values: [relu, sigmoid]}\n  optimizer: {values: ["
    "{name: adagrad, epsilon: 0, initial_accumulator_value: 0}, {name: adagrad, epsilon: 0}, "
    "{name: sgd, learning_rate: 1e20}, {name: sgd, weight_decay: 1e30}, "
    "{name: adam, epsilon: 0}, {name: adam, learning_rate: 1e30}, "
    "{name: rmsprop, epsilon: 0, centered: true}, {name: adadelta, epsilon: 0}, "
    "{name: ftrl, initial_accumulator_value: 0}, "
    "{name: ftrl, learning_rate_power: -0.7, l1_regularization_strength: 0.1}]}\n";

static const char edges_reversed[] =
    TOP "  optimizer: {values: ["
        "{name: ftrl, learning_rate_power: -0.7, l1_regularization_strength: 0.1}, "
        "{name: ftrl, initial_accumulator_value: 0}, {name: adadelta, epsilon: 0}, "
        "{name: rmsprop, epsilon: 0, centered: true}, {name: adam, learning_rate: 1e30}, "
        "{name: adam, epsilon: 0}, {name: sgd, weight_decay: 1e30}, "
        "{name: sgd, learning_rate: 1e20}, {name: adagrad, epsilon: 0}, "
        "{name: adagrad, epsilon: 0, initial_accumulator_value: 0}]}\n"
        "  activation: {values: [sigmoid, relu]}\n"
        "  layers: {values: [[33], [10], []]}\n  train_images: {values: [540, 60]}\n" EPOCHS;

/* Weights of classes, on images of which some are missing; more than a group of each form. */
static const char weights[] =
    TOP EPOCHS "  train_images: {values: [67, 540]}\n  activation: {values: [relu, tanh]}\n"
               "  class_weight: {values: [none, balanced, {1: 3, 7: 0}]}\n"
               "  learning_rate: {values: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}\n";

static const char weights_reversed[] =
    TOP "  learning_rate: {values: [0.6, 0.5, 0.4, 0.3, 0.2, 0.1]}\n"
        "  class_weight: {values: [{7: 0, 1: 3}, none, balanced]}\n"
        "  activation: {values: [tanh, relu]}\n  train_images: {values: [540, 67]}\n" EPOCHS;

static bool is_long(void) {
    return getenv("SWEEP_LONG");
}

/* Several threads that split slices, and those in another order that do not; the long form has each
 * by itself. */
static void expect_same_by_jobs(const char *text, const char *other_order, size_t trials) {
    const struct {
        const char *text;
        size_t jobs;
        bool splits, is_long;
    } ways[] = {
        {text, 3, true, false},
        {other_order, 2, false, false},
        {text, 2, false, true},
        {text, 3, false, true},
    };
    const struct outcomes *one = reference(text);
    assert_int_equal(one->count, trials);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char what[64];
        if (ways[i].is_long && !is_long())
            continue;
        splitting = ways[i].splits;
        struct outcomes *other = train(ways[i].text, NULL, ways[i].jobs);
        splitting = false;
        assert_int_equal(other->count, trials);
        snprintf(what, sizeof what, "%zu jobs%s%s", ways[i].jobs,
                 ways[i].splits ? ", split at each epoch's end" : "",
                 ways[i].text == text ? "" : ", another order");
        expect_same(one, other, what);
        free(other);
    }
}

static void shapes_do_not_depend_on_jobs_or_order(void **state) {
    (void)state;
    expect_same_by_jobs(shapes, shapes_reversed, SHAPES);
}

static void kinds_do_not_depend_on_jobs_or_order(void **state) {
    (void)state;
    expect_same_by_jobs(kinds, kinds_shuffled, 2 * 2 * 2 * 2 * 4 * 3 * 3);
}

static void augmentations_do_not_depend_on_jobs_or_order(void **state) {
    (void)state;
    expect_same_by_jobs(augmented, augmented_otherwise, (1 + 3 * 2) * 2 * 2 * 2 * 3);
}

static void class_weights_do_not_depend_on_jobs_or_order(void **state) {
    (void)state;
    expect_same_by_jobs(weights, weights_reversed, 2 * 2 * 3 * 6 * 3);
}

static void schedules_do_not_depend_on_jobs_or_order(void **state) {
    (void)state;
    expect_same_by_jobs(scheduled, scheduled_otherwise, 6 * 3 * 2 * 3);
}

static void callbacks_do_not_depend_on_jobs_or_order(void **state) {
    (void)state;
    expect_same_by_jobs(called, called_otherwise, 2 * 2 * 4 * 2 * 3);
}

static void edges_do_not_depend_on_jobs_or_order(void **state) {
    (void)state;
    expect_same_by_jobs(edges, edges_reversed, 3 * 2 * 10 * (1 + 2 * 2));
}

/* The config that has one setting alone. */
static char *config_of(const struct setting *setting) {
    struct text text;
    text_init(&text);
    text_append(&text, "metrics: [f1, top_k_categorical_accuracy]\nseed: 11\n" GRID);
    for (size_t id = 0; id < HP_COUNT; id++) {
        if (setting->values[id].type == VALUE_NONE)
            continue;
        text_printf(&text, "  %s: {value: ", hyperparameters[id].name);
        value_append(&setting->values[id], &text);
        text_append(&text, "}\n");
    }
    assert_false(text.failed);
    return text.data;
}

/* Every `step`-th trial, which is a milestone of its run in the grid, configured by itself. */
static void expect_same_alone(const char *text, size_t step) {
    struct made_up sweep;
    const struct outcomes *together = reference(text);
    size_t epochs[HISTORY_MAX + 1] = {0};
    made_up_init(&sweep, &data);
    expand_text(&sweep, text);
    for (size_t i = 0; i < sweep.space.trial_count; i += step) {
        const struct setting *setting = sweep.space.trials[i].setting;
        char *config = config_of(setting);
        struct outcomes *alone = train(config, NULL, 1);
        assert_int_equal(alone->count, 1);
        expect_same(together, alone, config);
        assert_true(setting->values[HP_EPOCHS].integer <= HISTORY_MAX);
        epochs[setting->values[HP_EPOCHS].integer]++;
        free(alone);
        free(config);
    }
    /* The sample has milestones of all lengths. */
    for (size_t i = 1; i <= HISTORY_MAX; i++)
        assert_true(epochs[i] > 0);
    made_up_release(&sweep);
}

static void augmentations_are_the_same_alone(void **state) {
    (void)state;
    expect_same_alone(augmented, 11);
}

static void shapes_are_the_same_alone(void **state) {
    (void)state;
    expect_same_alone(shapes, is_long() ? 5 : 11);
}

static void kinds_are_the_same_alone(void **state) {
    (void)state;
    expect_same_alone(kinds, 23);
}

static void callbacks_are_the_same_alone(void **state) {
    (void)state;
    expect_same_alone(called, 5);
}

#define STOPPING TOP "  layers: {value: [12, batch_normalization]}\n  optimizer: {value: adam}\n"

static struct trial_result result_of(const char *text, struct outcome *into) {
    struct outcomes *outcomes = train(text, NULL, 1);
    assert_int_equal(outcomes->count, 1);
    *into = outcomes->items[0];
    free(outcomes);
    return into->result;
}

/* By the largest loss the first epoch is the best: a training that restores it ends with what one
 * of that length ends with, whether it stopped or not, and one that does not with what it had. */
static void early_stopping_ends_with_the_best_weights(void **state) {
    (void)state;
    static struct outcome one, two, stopped, restored, untouched;
    const struct trial_result of_one = result_of(STOPPING "  epochs: {value: 1}\n", &one);
    const struct trial_result of_two = result_of(STOPPING "  epochs: {value: 2}\n", &two);
    struct trial_result result = result_of(
        STOPPING "  epochs: {value: 3}\n  early_stopping: {value: loss mode=max}\n", &stopped);
    assert_int_equal(result.outcome, TRIAL_COMPLETED);
    assert_int_equal(result.epochs, 2);
    assert_true(same_scores(&result.test, &of_two.test));
    result = result_of(STOPPING "  epochs: {value: 3}\n  early_stopping: {value: loss mode=max "
                                "restore_best_weights=true}\n",
                       &restored);
    assert_int_equal(result.epochs, 2);
    assert_true(same_scores(&result.test, &of_one.test));
    assert_true(same_scores(&restored.history[1].train, &two.history[1].train));
    result = result_of(STOPPING "  epochs: {value: 3}\n  early_stopping: {value: loss mode=max "
                                "patience=9 restore_best_weights=true}\n",
                       &untouched);
    assert_int_equal(result.epochs, 3);
    assert_true(same_scores(&result.test, &of_one.test));
}

static void edges_are_the_same_alone(void **state) {
    (void)state;
    expect_same_alone(edges, is_long() ? 7 : 13);
}

/* A sweep that goes on after an interruption, or to which values are added, trains only some. */
static void the_rest_of_a_sweep_is_the_same(void **state) {
    (void)state;
    bool wanted[SHAPES];
    const struct outcomes *whole = reference(shapes);
    for (size_t part = 0; part < (is_long() ? 2 : 1); part++) {
        for (size_t i = 0; i < sizeof wanted; i++)
            wanted[i] = (i * 2654435761u >> 9) % 2 == part;
        struct outcomes *rest = train(shapes, wanted, 2);
        assert_true(rest->count > 50 && rest->count < whole->count - 50);
        expect_same(whole, rest, "a part of the sweep");
        free(rest);
    }
}

static void the_grid_is_as_varied_as_it_says(void **state) {
    (void)state;
    const struct outcomes *outcomes = reference(shapes);
    size_t diverged = 0, learned = 0, equal = 0;
    for (size_t i = 0; i < outcomes->count; i++) {
        const struct outcome *outcome = &outcomes->items[i];
        assert_true(outcome->result.validated);
        assert_true(outcome->result.outcome != TRIAL_FAILED);
        diverged += outcome->result.outcome == TRIAL_DIVERGED;
        learned +=
            outcome->result.outcome == TRIAL_COMPLETED && outcome->result.test.accuracy > 0.5;
        for (size_t j = 0; j < i; j++)
            equal += outcome->result.outcome == TRIAL_COMPLETED &&
                     outcome->result.test.loss == outcomes->items[j].result.test.loss;
    }
    assert_true(diverged >= 3);
    assert_true(learned >= outcomes->count / 10);
    assert_true(equal < outcomes->count / 20);
}

/* An average without memory is the weights, one that forgets nothing those after the first step. As
 * in Keras it is what the test images see; what each epoch measures, and what is trained on, are
 * the weights, also after a milestone. */
static void averages_are_what_test_images_see(void **state) {
    (void)state;
    static const char form[] = TOP EPOCHS "  optimizer: {value: {name: adam%s}}\n";
    static const char *const settings[] = {"", ", use_ema: true, ema_momentum: 0",
                                           ", use_ema: true, ema_momentum: 1"};
    struct outcomes *outcomes[3];
    for (size_t i = 0; i < 3; i++) {
        char text[512];
        snprintf(text, sizeof text, form, settings[i]);
        outcomes[i] = train(text, NULL, 1);
        assert_int_equal(outcomes[i]->count, 3);
    }
    const struct scores first_step = outcomes[2]->items[0].result.test;
    for (size_t i = 0; i < 3; i++) {
        struct outcome *plain = &outcomes[0]->items[i], *first = &outcomes[2]->items[i];
        assert_true(same_result(plain, &outcomes[1]->items[i]));
        assert_false(same_scores(&plain->result.test, &first->result.test));
        assert_true(same_scores(&first_step, &first->result.test));
        first->result.test = plain->result.test;
        assert_true(same_result(plain, first));
    }
    for (size_t i = 0; i < 3; i++)
        free(outcomes[i]);
}

static void the_comparison_sees_one_bit(void **state) {
    (void)state;
    static struct outcome a, b;
    struct outcomes *outcomes =
        train(TOP "  epochs: {value: 3}\n  layers: {value: [5]}\n", NULL, 1);
    a = b = outcomes->items[0];
    assert_int_equal(a.result.epochs, 3);
    assert_true(same_result(&a, &b));
    b.history[2].seconds += 1;
    b.result.seconds += 1;
    assert_true(same_result(&a, &b));
    double *const numbers[] = {&b.result.test.loss,           &b.result.test.metrics[1],
                               &b.history[0].train.loss,      &b.history[2].train.accuracy,
                               &b.history[1].validation.loss, &b.history[2].validation.metrics[0]};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const double kept = *numbers[i];
        assert_true(kept > 0);
        *numbers[i] = nextafter(kept, 2 * kept);
        assert_false(same_result(&a, &b));
        *numbers[i] = kept;
    }
    b.result.epochs = 2;
    assert_false(same_result(&a, &b));
    free(outcomes);
}

static void expect_different(const char *a, const char *b) {
    struct outcomes *x = train(a, NULL, 1), *y = train(b, NULL, 1);
    assert_string_not_equal(x->items[0].trial.hex, y->items[0].trial.hex);
    if (same_result(&x->items[0], &y->items[0]))
        fail_msg("the same numbers:\n%s\n%s", a, b);
    free(x);
    free(y);
}

static void other_trials_have_other_numbers(void **state) {
    (void)state;
#define BASE(seed) "seed: " seed "\n" GRID "  epochs: {value: 2}\n"
    expect_different(BASE("1"), BASE("2"));
    expect_different(BASE("1"), BASE("4294967297"));
    expect_different(BASE("1"), BASE("1") "  batch_size: {value: 100}\n");
    expect_different(BASE("1"), BASE("1") "  dropout: {value: 0.001}\n");
    expect_different(BASE("1"), BASE("1") "  train_images: {value: 599}\n");
    expect_different(BASE("1"), BASE("1") "  learning_rate: {value: 0.010000001}\n");
    expect_different(BASE("1"), BASE("1") "  test_image_divisor: {value: 254}\n");
}

static void real_images(void **state) {
    (void)state;
    static const char text[] =
        TOP EPOCHS "  train_images: {value: 2000}\n  optimizer: {values: [sgd, adam]}\n"
                   "  layers: {values: [[10], [33, 16]]}\n  dropout: {values: [0, 0.2]}\n";
    const char *folder = getenv("SWEEP_DATA_DIR");
    const struct dataset made_up = data;
    struct dataset mnist;
    bool found = false;
    if (!folder || !folder[0] ||
        (assert_int_equal(dataset_load("mnist", NULL, &mnist, &found, NULL), STATUS_OK), !found)) {
        print_message("no MNIST in SWEEP_DATA_DIR (%s): not tried on real images\n",
                      folder ? folder : "unset");
        skip();
    }
    mnist.test.count = 2000; /* is enough */
    data = mnist;
    const struct outcomes *one = reference(text);
    struct outcomes *two = train(text, NULL, 2);
    assert_int_equal(one->count, 24);
    expect_same(one, two, "MNIST");
    free(two);
    expect_same_alone(text, 7);
    data = made_up;
    dataset_release(&mnist);
}

int main(void) {
    data = drawn(600, 300);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_comparison_sees_one_bit),
        cmocka_unit_test(other_trials_have_other_numbers),
        cmocka_unit_test(the_grid_is_as_varied_as_it_says),
        cmocka_unit_test(averages_are_what_test_images_see),
        cmocka_unit_test(shapes_do_not_depend_on_jobs_or_order),
        cmocka_unit_test(kinds_do_not_depend_on_jobs_or_order),
        cmocka_unit_test(class_weights_do_not_depend_on_jobs_or_order),
        cmocka_unit_test(shapes_are_the_same_alone),
        cmocka_unit_test(kinds_are_the_same_alone),
        cmocka_unit_test(augmentations_do_not_depend_on_jobs_or_order),
        cmocka_unit_test(augmentations_are_the_same_alone),
        cmocka_unit_test(schedules_do_not_depend_on_jobs_or_order),
        cmocka_unit_test(callbacks_do_not_depend_on_jobs_or_order),
        cmocka_unit_test(callbacks_are_the_same_alone),
        cmocka_unit_test(early_stopping_ends_with_the_best_weights),
        cmocka_unit_test(edges_do_not_depend_on_jobs_or_order),
        cmocka_unit_test(edges_are_the_same_alone),
        cmocka_unit_test(the_rest_of_a_sweep_is_the_same),
        cmocka_unit_test(real_images),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    dataset_release(&data);
    return failures;
}
