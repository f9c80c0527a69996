/* A run that goes on from a checkpoint has the bits of one that was never interrupted, whatever
 * happened in between, and trains no epoch twice. */
#include "data_files.h"
#include "made_up.h"

#include "train/checkpoint.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>

#define HISTORY_MAX 7
#define TRIALS 1024

static struct dataset data;

/* Stands before arena_alloc in this program, by the linker (see CMakeLists.txt). */
static atomic_bool no_memory;

void *__real_arena_alloc(struct arena *arena, size_t count, size_t size);
void *__wrap_arena_alloc(struct arena *arena, size_t count, size_t size);

void *__wrap_arena_alloc(struct arena *arena, size_t count, size_t size) {
    if (!arena->counting && atomic_load(&no_memory)) {
        arena->failed = true;
        return NULL;
    }
    return __real_arena_alloc(arena, count, size);
}

/* A trial's result, kept beyond the observer's call. */
struct outcome {
    bool there;
    size_t times; /* that it was reported */
    struct trial_result result;
    struct epoch_scores history[HISTORY_MAX];
};

/* What a sweep has given so far, over all its interruptions: the database, as it were. */
struct results {
    const struct space *space; /* of the sweep at hand */
    size_t count, paused;
    struct digest trials[TRIALS];
    struct outcome outcomes[TRIALS];
};

static struct results *new_results(void) {
    struct results *results = calloc(1, sizeof *results);
    assert_non_null(results);
    return results;
}

static struct outcome *outcome_of(struct results *results, const struct digest *trial) {
    size_t i = 0;
    while (i < results->count && strcmp(results->trials[i].hex, trial->hex) != 0)
        i++;
    if (i == results->count) {
        assert_true(results->count < TRIALS);
        results->trials[results->count++] = *trial;
    }
    return &results->outcomes[i];
}

/* Epochs after which runs pause; 0: none. */
static size_t limit;

static void take(struct results *results, const struct trial_result *result) {
    if (result->outcome == TRIAL_PAUSED) {
        assert_true(result->epochs >= limit);
        assert_true(isnan(result->test.loss));
        results->paused++;
        return;
    }
    struct outcome *outcome = outcome_of(results, &results->space->trials[result->trial].digest);
    assert_true(result->epochs <= HISTORY_MAX);
    outcome->there = true;
    outcome->times++;
    outcome->result = *result;
    memcpy(outcome->history, result->history, result->epochs * sizeof *result->history);
}

static bool same_scores(const struct scores *a, const struct scores *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

/* Every bit of what is measured; times alone may differ. */
static bool same_outcome(const struct outcome *a, const struct outcome *b) {
    const struct trial_result *x = &a->result, *y = &b->result;
    if (!a->there || !b->there || x->outcome != y->outcome || x->epochs != y->epochs ||
        x->validated != y->validated || x->parameters != y->parameters ||
        !same_scores(&x->test, &y->test))
        return false;
    for (size_t i = 0; i < x->epochs; i++)
        if (!same_scores(&a->history[i].train, &b->history[i].train) ||
            !same_scores(&a->history[i].validation, &b->history[i].validation))
            return false;
    return true;
}

static void expect_same(struct results *whole, struct results *parts) {
    assert_int_equal(whole->count, parts->count);
    for (size_t i = 0; i < whole->count; i++) {
        const struct outcome *a = &whole->outcomes[i];
        const struct outcome *b = outcome_of(parts, &whole->trials[i]);
        if (!same_outcome(a, b))
            fail_msg("trial %zu of %zu epochs differs: %.17g and %.17g", a->result.trial,
                     a->result.epochs, a->result.test.loss, b->result.test.loss);
        /* The time of what was trained before the interruption counts as well. */
        double seconds = 0;
        for (size_t epoch = 0; epoch < b->result.epochs; epoch++)
            seconds += b->history[epoch].seconds;
        assert_true(seconds == b->result.seconds);
        assert_true(b->result.seconds > 0);
    }
}

/* One start of the program, trained in this thread, slice by slice. */
struct start {
    struct results *results;
    struct checkpoints *checkpoints;
    struct checkpoint_slots *slots; /* of the plan's runs */
    size_t stop_after;              /* epochs of each slice; 0: never */
    size_t drop_after; /* epochs of each slice from which nothing reaches the results; 0: never */
    size_t epoch;      /* of the slice at hand, counted from its begin */
    size_t images, planned, resumed, shown;
    struct kept kept; /* at the begin */
};

static char notes[10000]; /* of the latest start */

static void on_trial(void *context, const struct trial_result *result) {
    struct start *start = context;
    if (!start->drop_after || start->epoch < start->drop_after)
        take(start->results, result);
    if (result->last && result->outcome != TRIAL_FAILED && result->outcome != TRIAL_PAUSED &&
        start->checkpoints && (!start->drop_after || start->epoch < start->drop_after))
        checkpoints_remove(start->checkpoints, &start->slots[result->run->index],
                           run_epochs(result->run));
}

static bool on_shows(void *context) {
    (void)context;
    return true;
}

/* What trials end with, for what is shown of them before; NULL: it is not looked at. */
static struct results *ends;

/* What was trained before an interruption is shown as well. */
static void on_show(void *context, const struct trial_result *result) {
    struct start *start = context;
    const struct digest *trial = &start->results->space->trials[result->trial].digest;
    const struct outcome *end = ends ? outcome_of(ends, trial) : NULL;
    assert_int_equal(result->outcome, TRIAL_PAUSED);
    assert_true(result->epochs > 0 && !result->last);
    assert_true(!end || result->epochs <= end->result.epochs);
    for (size_t i = 0; end && i < result->epochs; i++)
        assert_true(same_scores(&end->history[i].train, &result->history[i].train) &&
                    same_scores(&end->history[i].validation, &result->history[i].validation));
    start->shown++;
}

static void on_images(void *context, size_t count) {
    ((struct start *)context)->images += count;
}

static bool on_stopped(void *context) {
    struct start *start = context;
    return ++start->epoch == start->stop_after;
}

static bool on_resume(void *context, struct run_state *state) {
    struct start *start = context;
    const bool resumed = checkpoints_resume(start->checkpoints, start->slots, state);
    start->resumed += resumed;
    return resumed;
}

static bool on_due(void *context, bool stopping) {
    (void)context;
    (void)stopping;
    return true;
}

static void (*before_checkpoint)(void); /* NULL: nothing */

static void on_keep(void *context, const struct run_state *states, size_t count, bool paused) {
    struct start *start = context;
    if (before_checkpoint)
        before_checkpoint();
    checkpoints_keep(start->checkpoints, start->slots, states, count, !paused);
}

static const char *database(void) {
    return in_folder("sweep.db");
}

static void take_notes(struct checkpoints *checkpoints) {
    struct text text;
    notes[0] = '\0';
    if (!checkpoints)
        return;
    text_init(&text);
    checkpoints_take_notes(checkpoints, &text);
    assert_true(text.length < sizeof notes);
    strcpy(notes, text.data);
    text_release(&text);
}

/* Plan what the results lack of a config, or those of it that are `wanted`, and train it, up to
 * `stop_after` epochs a slice. */
static struct start go(const char *text, struct results *results, const bool *wanted, size_t jobs,
                       size_t stop_after, size_t drop_after, bool with_checkpoints) {
    static struct made_up sweep;
    struct start start = {.results = results, .stop_after = stop_after, .drop_after = drop_after};
    bool missing[TRIALS];
    struct arena arena;
    made_up_init(&sweep, &data);
    if (with_checkpoints)
        assert_int_equal(checkpoints_open(database(), 0, &start.checkpoints, NULL), STATUS_OK);
    expand_text(&sweep, text);
    for (size_t i = 0; i < sweep.space.trial_count; i++)
        missing[i] =
            (!wanted || wanted[i]) && !outcome_of(results, &sweep.space.trials[i].digest)->there;
    sweep.checkpoints = start.checkpoints;
    sweep.limit = limit;
    plan_text(&sweep, text, missing, jobs);
    results->space = &sweep.space;
    start.planned = sweep.plan.images;
    start.kept = plan_kept(&sweep.plan);
    start.slots = sweep.plan.slots;
    struct observer observer = {.context = &start,
                                .trial = on_trial,
                                .images = on_images,
                                .stopped = on_stopped,
                                .shows = on_shows,
                                .show = on_show};
    if (with_checkpoints) {
        observer.resume = on_resume;
        observer.due = on_due;
        observer.keep = on_keep;
    }
    arena_init(&arena);
    for (size_t i = 0; i < sweep.plan.slice_count; i++) {
        start.epoch = 0;
        cohort_train(&sweep.plan.slices[i], &arena, &observer, NULL);
    }
    arena_release(&arena);
    take_notes(start.checkpoints);
    checkpoints_close(start.checkpoints);
    made_up_release(&sweep);
    return start;
}

/* What a text gives that nobody interrupts. Many cases ask for the same one, which is trained once;
 * each gets a copy. */
static struct results *train_whole(const char *text, size_t *images) {
    static struct {
        const char *text;
        struct dataset data;
        size_t images;
        struct results *results;
    } known[24];
    size_t i = 0;
    while (known[i].text &&
           (strcmp(known[i].text, text) != 0 || memcmp(&known[i].data, &data, sizeof data) != 0))
        assert_true(++i < sizeof known / sizeof *known);
    if (!known[i].text) {
        known[i].results = new_results();
        known[i].images = go(text, known[i].results, NULL, 1, 0, 0, false).images;
        known[i].data = data;
        known[i].text = text;
    }
    struct results *results = new_results();
    *results = *known[i].results;
    *images = known[i].images;
    return results;
}

static const char *checkpoints_path(void) {
    return in_folder("sweep.db.checkpoints");
}

static bool folder_is_there(void) {
    return access(checkpoints_path(), F_OK) == 0;
}

/* Do something with each file of the folder; returns how many there are. */
static size_t for_each_file(void (*work)(const char *path)) {
    size_t count = 0;
    DIR *files = opendir(checkpoints_path());
    for (struct dirent *entry; files && (entry = readdir(files));) {
        char path[700];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", checkpoints_path(), entry->d_name);
        if (work)
            work(path);
        count++;
    }
    if (files)
        closedir(files);
    return count;
}

static void expect_note(const char *words) {
    if (!strstr(notes, words))
        fail_msg("not said: %s\nbut: %s", words, notes);
}

#define TOP                                                                                        \
    "metrics: [f1, top_k_categorical_accuracy]\nseed: 11\n" GRID                                   \
    "  validation_split: {value: 0.1}\n"

#define OPTIMIZERS                                                                                 \
    "  optimizer: {values: [sgd, {name: sgd, momentum: 0.9}, "                                     \
    "{name: sgd, momentum: 0.9, nesterov: true}, rmsprop, {name: rmsprop, momentum: 0.5}, "        \
    "{name: rmsprop, centered: true}, {name: rmsprop, centered: true, momentum: 0.5}, adam, "      \
    "{name: adam, amsgrad: true}, nadam, adamax, adagrad, adadelta, ftrl, "                        \
    "{name: ftrl, learning_rate_power: -0.3, l1_regularization_strength: 0.001}, adamw, lion, "    \
    "{name: sgd, learning_rate: 1e30}, lamb, adafactor, muon, {name: sgd, clipnorm: 0.1}, "        \
    "{name: adam, use_ema: true, ema_overwrite_frequency: 100}, "                                  \
    "{name: nadam, use_ema: true, gradient_accumulation_steps: 7}, "                               \
    "{name: adadelta, gradient_accumulation_steps: 100}]}\n"

/* Every optimizer's every kernel, and one that diverges at once; with milestones on the way. */
static const char optimizers_text[] =
    TOP OPTIMIZERS "  layers: {values: [[], [7], [\"10 prelu\", 5]]}\n"
                   "  epochs: {values: [2, 3, 7]}\n";

/* All else that a step may depend on. */
static const char kinds_text[] =
    TOP "  layers: {values: [[10], [33, 16]]}\n  dropout: {values: [0, 0.25]}\n"
        "  l2: {values: [0, 0.001]}\n  batch_size: {values: [32, 100]}\n"
        "  activation: {value: prelu}\n  optimizer: {values: [sgd, nadam]}\n"
        "  loss: {values: [categorical_crossentropy, categorical_hinge]}\n"
        "  epochs: {values: [1, 4]}\n";

/* Interrupt at the end of each epoch, with another plan each time. */
static void expect_resumable(const char *text, size_t epochs, size_t trials) {
    size_t images, trained = 0;
    struct results *whole = train_whole(text, &images), *parts = new_results();
    assert_int_equal(whole->count, trials);
    ends = whole;
    for (size_t i = 1; i < epochs; i++) {
        const struct start start = go(text, parts, NULL, 1 + i % 3, 1, 0, true);
        trained += start.images;
        assert_int_equal(start.resumed, start.kept.count);
        assert_int_equal(start.shown, start.resumed); /* before its one epoch */
        if (i > 1) {
            assert_int_equal(start.planned, images - trained + start.images);
            assert_int_equal(start.kept.first, i - 1);
            assert_int_equal(start.kept.last, i - 1);
        }
        assert_string_equal(notes, "");
    }
    assert_true(for_each_file(NULL) > 0);
    trained += go(text, parts, NULL, 2, 0, 0, true).images;
    ends = NULL;
    expect_same(whole, parts);
    assert_int_equal(trained, images); /* no epoch twice */
    assert_false(folder_is_there());
    free(whole);
    free(parts);
}

static void optimizers_are_resumed(void **state) {
    (void)state;
    expect_resumable(optimizers_text, 7, 25 * 3 * 3);
}

/* A picture is a function of the epoch, and its strength too. */
static void augmentations_are_resumed(void **state) {
    (void)state;
    expect_resumable(GRID
                     "  epochs: {value: 4}\n  optimizer: {values: [sgd, adam]}\n"
                     "  augmentation: {values: [[random_rotation 0.1, elastic 34 4], [cutout]]}"
                     "\n  augmentation_schedule: {values: [constant, cosine_decay]}\n",
                     4, 2 * 2 * 2);
}

/* A rate is a function of the optimizer's steps, which are counted in the checkpoint. */
static void schedules_are_resumed(void **state) {
    (void)state;
    expect_resumable(GRID "  epochs: {value: 4}\n  optimizer: {values: [sgd, adam]}\n"
                          "  learning_rate_schedule: {values: [cosine_decay, one_cycle, "
                          "polynomial_decay 50 cycle=true, piecewise_constant_decay 40 0.1/0.01]}"
                          "\n",
                     4, 2 * 4);
}

/* What callbacks remember follows from the history, and the best epoch's weights are kept: by the
 * largest loss the first epoch is the best. */
static void callbacks_are_resumed(void **state) {
    (void)state;
    expect_resumable(GRID "  epochs: {value: 4}\n  optimizer: {values: [sgd, adam]}\n"
                          "  layers: {values: [[10], [12, batch_normalization]]}\n"
                          "  early_stopping: {values: [none, loss mode=max patience=99 "
                          "restore_best_weights=true]}\n"
                          "  reduce_lr_on_plateau: {values: [none, loss mode=max patience=1 "
                          "factor=0.5, loss patience=1 cooldown=1]}\n",
                     4, 2 * 2 * 2 * 3);
}

/* An output's loss stands among the metrics, from which callbacks remember as well. */
static void outputs_are_resumed(void **state) {
    (void)state;
    expect_resumable(
        TOP
        "  epochs: {value: 4}\n  optimizer: {values: [sgd, adam]}\n"
        "  model: {value: {a: 12 tanh, n: batch_normalization, outputs: {digit: {dense: {units: "
        "10, activation: softmax}, loss: categorical_crossentropy, loss_weight: 0.7}, odd: "
        "{dense: {units: 2, activation: sigmoid}, inputs: a, target: [0, 1, 0, 1, 0, 1, 0, 1, "
        "0, 1], loss: mse, loss_weight: {values: [0.5, 3]}}}}}\n"
        "  early_stopping: {values: [none, digit_loss mode=max patience=99 "
        "restore_best_weights=true]}\n"
        "  reduce_lr_on_plateau: {values: [val_digit_loss patience=1 min_delta=9, odd_loss "
        "mode=max patience=1 factor=0.5]}\n",
        4, 2 * 2 * 2 * 2);
}

static void kinds_are_resumed(void **state) {
    (void)state;
    expect_resumable(kinds_text, 4, 2 * 2 * 2 * 2 * 2 * 2 * 2);
}

static struct dataset noise(size_t rows, size_t columns, size_t train, size_t test) {
    struct dataset made = shapes_only(train, test);
    const size_t count = rows * columns;
    uint8_t *pixels = malloc((train + test) * count), *labels = malloc(train + test);
    assert_non_null(pixels);
    assert_non_null(labels);
    made.rows = rows;
    made.columns = columns;
    made.train.pixels = made.owned[0] = pixels;
    made.train.labels = made.owned[1] = labels;
    made.test.pixels = pixels + train * count;
    made.test.labels = labels + train;
    for (size_t i = 0; i < (train + test) * count; i++)
        pixels[i] = (uint8_t)random_block((struct random_source){1, RANDOM_TEST, 2}, i).word[0];
    for (size_t i = 0; i < train + test; i++)
        labels[i] = (uint8_t)(i % 10);
    return made;
}

#define OF_IMAGES(LAYERS)                                                                          \
    TOP "  layers: {values: [" LAYERS "]}\n  optimizer: {value: adam}\n"                           \
        "  batch_size: {value: 7}\n  epochs: {value: 3}\n"

/* One place, a strip, and images whose convolution is cut into parts. */
static void images_of_any_size_are_resumed(void **state) {
    (void)state;
    static const struct {
        size_t rows, columns, train;
        const char *text;
    } cases[] = {
        {1, 1, 40,
         OF_IMAGES("[conv2d 4 3 relu padding=same, max_pooling2d padding=same, "
                   "batch_normalization], [average_pooling2d 3 padding=same, depthwise_conv2d 1 "
                   "depth_multiplier=5, global_max_pooling2d keepdims=true, conv2d 4 2 "
                   "dilation_rate=3 padding=same, dropout 0.2]")},
        {3, 200, 24,
         OF_IMAGES("[conv2d 4 3 relu padding=same, max_pooling2d 1x2, batch_normalization, conv2d "
                   "3 3x5 strides=1x3, global_average_pooling2d], [conv2d 3 3x199 prelu, "
                   "depthwise_conv2d 1x2, dropout 0.2]")},
        {256, 256, 10,
         OF_IMAGES("[conv2d 3 5 relu strides=4x3 padding=same, max_pooling2d 3, "
                   "batch_normalization, conv2d 3 5 groups=3 dilation_rate=3], [average_pooling2d "
                   "5x4, conv2d 2 9 gelu, dropout 0.2, global_average_pooling2d]")},
    };
    const struct dataset usual = data;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        data = noise(cases[i].rows, cases[i].columns, cases[i].train, 5);
        expect_resumable(cases[i].text, 3, 2);
        dataset_release(&data);
    }
    data = usual;
}

static size_t count_there(const struct results *results) {
    size_t count = 0;
    for (size_t i = 0; i < results->count; i++)
        count += results->outcomes[i].there;
    return count;
}

static void make_empty(const char *path) {
    assert_int_equal(truncate(path, 0), 0);
}

/* Runs pause at rungs: nothing is trained twice, however often a rung is asked for, and what has
 * its last milestone before a rung is done. */
static void runs_pause(void **state) {
    (void)state;
    static const size_t rungs[] = {1, 1, 3, 2, 5, 0};
    size_t images, trained = 0;
    struct results *whole = train_whole(optimizers_text, &images), *parts = new_results();
    for (size_t i = 0; i < sizeof rungs / sizeof *rungs; i++) {
        limit = rungs[i];
        parts->paused = 0;
        const struct start start = go(optimizers_text, parts, NULL, 1 + i % 2, 0, 0, true);
        trained += start.images;
        if (i == 1 || i == 3)
            assert_int_equal(start.images, 0);
        assert_int_equal(parts->paused, whole->count - count_there(parts));
        assert_int_equal(for_each_file(NULL) > 0, limit > 0);
    }
    limit = 0;
    expect_same(whole, parts);
    assert_int_equal(trained, images);
    free(whole);
    free(parts);
}

/* Runs that are not where the limit is share cohorts; a state that was lost is trained again. */
static void paused_runs_in_other_company(void **state) {
    (void)state;
    size_t images;
    struct results *whole = train_whole(kinds_text, &images), *parts = new_results();
    bool some[TRIALS];
    for (size_t i = 0; i < TRIALS; i++)
        some[i] = i % 3 == 0;
    limit = 2;
    go(kinds_text, parts, some, 2, 0, 0, true);
    limit = 3;
    go(kinds_text, parts, NULL, 1, 1, 0, true);
    for_each_file(make_empty);
    go(kinds_text, parts, NULL, 2, 0, 0, true);
    limit = 0;
    go(kinds_text, parts, NULL, 3, 0, 0, true);
    expect_same(whole, parts);
    free(whole);
    free(parts);
}

static const char pair_text[] =
    TOP "  optimizer: {values: [sgd, adam]}\n  epochs: {values: [2, 7]}\n";
#define PAIR_EPOCH ((size_t)540) /* images of a run's epoch */

/* Members that were left at different epochs meet in one cohort, and new ones beside them. */
static void other_company_after_resuming(void **state) {
    (void)state;
    static const char large[] =
        TOP "  optimizer: {values: [ftrl, adam, {name: sgd, momentum: 0.5}, sgd]}\n"
            "  epochs: {value: 7}\n  layers: {values: [[], [20]]}\n";
    static const char two[] =
        TOP "  optimizer: {values: [sgd, adam]}\n  layers: {value: []}\n  epochs: {value: 7}\n";
    static const char one[] =
        TOP "  optimizer: {value: sgd}\n  layers: {value: []}\n  epochs: {value: 7}\n";
    size_t images;
    struct results *whole = train_whole(large, &images), *parts = new_results();
    struct start start = go(two, parts, NULL, 1, 2, 0, true);
    assert_int_equal(start.images, 2 * 2 * PAIR_EPOCH);
    start = go(one, parts, NULL, 1, 1, 0, true);
    assert_int_equal(start.resumed, 1);
    assert_int_equal(start.images, PAIR_EPOCH);
    start = go(large, parts, NULL, 1, 1, 0, true);
    /* The six new ones train their first epoch, and the others wait. */
    assert_int_equal(start.resumed, 2);
    assert_int_equal(start.images, 6 * PAIR_EPOCH);
    start = go(large, parts, NULL, 1, 0, 0, true);
    assert_int_equal(start.resumed, 8);
    assert_int_equal(start.kept.first, 1);
    assert_int_equal(start.kept.last, 3);
    assert_int_equal(start.images, (6 * 6 + 5 + 4) * PAIR_EPOCH);
    expect_same(whole, parts);
    assert_false(folder_is_there());
    free(whole);
    free(parts);
}

/* Killed before the results were committed: they come again out of the checkpoint. */
static void what_was_given_is_given_again(void **state) {
    (void)state;
    size_t images, there = 0, diverged = 0;
    struct results *whole = train_whole(optimizers_text, &images), *parts = new_results();
    struct start start = go(optimizers_text, parts, NULL, 2, 5, 1, true);
    for (size_t i = 0; i < parts->count; i++)
        there += parts->outcomes[i].there;
    /* Those that diverge do so in their first epoch, before anything is dropped. */
    for (size_t i = 0; i < whole->count; i++)
        diverged += whole->outcomes[i].result.outcome == TRIAL_DIVERGED;
    assert_int_equal(there, diverged);
    assert_true(diverged >= 3);
    const size_t before = start.images;
    start = go(optimizers_text, parts, NULL, 1, 0, 0, true);
    assert_int_equal(before + start.images, images);
    expect_same(whole, parts);
    for (size_t i = 0; i < parts->count; i++)
        assert_int_equal(parts->outcomes[i].times, 1);
    free(whole);
    free(parts);
}

/* A milestone that a run has passed without a test can't be read off any more. */
static void a_milestone_that_was_passed(void **state) {
    (void)state;
    static const char after[] =
        TOP "  optimizer: {values: [sgd, adam]}\n  epochs: {values: [3, 7]}\n";
    for (size_t stop = 3; stop <= 4; stop++) {
        size_t images;
        struct results *whole = train_whole(after, &images), *parts = new_results();
        struct results *before = new_results();
        go(pair_text, before, NULL, 1, stop, 0, true);
        const struct start start = go(after, parts, NULL, 1, 0, 0, true);
        /* Of epochs 2 and 3 the older one serves; of epochs 3 and 4 none. */
        expect_note("lacks the scores of epoch 3");
        expect_note(stop == 3 ? "the run goes on from epoch 2" : "the run starts again");
        assert_int_equal(start.images, images - (stop == 3 ? 2 * 2 * PAIR_EPOCH : 0));
        expect_same(whole, parts);
        assert_false(folder_is_there());
        free(whole);
        free(parts);
        free(before);
    }
}

/* What a run's epochs were not measured by is not in its checkpoint either. */
static void other_metrics(void **state) {
    (void)state;
    static const char before[] = "metrics: [f1]\n" GRID "  epochs: {value: 5}\n";
    static const char after[] = "metrics: [precision]\n" GRID "  epochs: {value: 5}\n";
    size_t images;
    struct results *whole = train_whole(after, &images), *parts = new_results();
    struct results *other = new_results();
    go(before, other, NULL, 1, 4, 0, true);
    assert_int_equal(go(after, parts, NULL, 1, 0, 0, true).images, images);
    assert_string_equal(notes, "");
    expect_same(whole, parts);
    /* The database, which goes by trials, would ask for the first metric's again. */
    assert_int_equal(go(before, other, NULL, 1, 0, 0, true).images, images / 5);
    assert_false(folder_is_there());
    free(whole);
    free(parts);
    free(other);
}

static void shorten(const char *path) {
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(truncate(path, about.st_size - 1), 0);
}

static void spoil_end(const char *path) {
    const int file = open(path, O_RDWR);
    unsigned char byte;
    assert_true(file >= 0);
    const off_t at = lseek(file, -100, SEEK_END);
    assert_int_equal(read(file, &byte, 1), 1);
    byte ^= 1;
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    close(file);
}

static void spoil_newest(const char *path) {
    struct stat about, other;
    char sibling[700];
    strcpy(sibling, path);
    char *end = sibling + strlen(sibling) - 1;
    *end = *end == '1' ? '2' : '1';
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(stat(sibling, &other), 0);
    /* The longer history is the newer one's. */
    if (about.st_size > other.st_size)
        spoil_end(path);
}

/* Leave two runs at epoch 4, do something to their four files, and go on. */
static void expect_after(void (*damage)(const char *path), size_t epochs_kept, const char *words,
                         const char *consequence) {
    size_t images;
    struct results *whole = train_whole(pair_text, &images), *parts = new_results();
    go(pair_text, parts, NULL, 1, 4, 0, true);
    assert_int_equal(for_each_file(damage), 4);
    const struct start start = go(pair_text, parts, NULL, 1, 0, 0, true);
    assert_int_equal(start.images, 2 * (7 - epochs_kept) * PAIR_EPOCH);
    if (words)
        expect_note(words);
    if (consequence)
        expect_note(consequence);
    expect_same(whole, parts);
    assert_false(folder_is_there());
    free(whole);
    free(parts);
}

static void damaged_files(void **state) {
    (void)state;
    expect_after(NULL, 4, NULL, NULL);
    assert_string_equal(notes, "");
    expect_after(spoil_newest, 3, "is damaged, and so is 1 more; the run goes on from epoch 3",
                 NULL);
    expect_after(spoil_end, 0, "is damaged, and so is 1 more; the run starts again",
                 "is damaged, and so is 1 more; the run goes on from epoch 3");
    expect_after(shorten, 0, "is cut off: ", "the run starts again");
    expect_after(make_empty, 0, "is no checkpoint, and so are 3 more; the run starts again", NULL);
}

static void leave_new(const char *path) {
    char name[700];
    strcpy(name, path);
    strcpy(name + strlen(name) - 1, "new");
    const int file = open(name, O_WRONLY | O_CREAT, 0666);
    assert_true(file >= 0);
    assert_int_equal(write(file, "half of a checkpoint", 20), 20);
    close(file);
}

/* Killed while it wrote one, shortly before the end: nobody writes another one in its place. */
static void a_file_half_written(void **state) {
    (void)state;
    size_t images;
    struct results *whole = train_whole(pair_text, &images), *parts = new_results();
    go(pair_text, parts, NULL, 1, 6, 0, true);
    for_each_file(leave_new);
    assert_int_equal(for_each_file(NULL), 6);
    assert_int_equal(go(pair_text, parts, NULL, 1, 0, 0, true).images, 2 * PAIR_EPOCH);
    assert_string_equal(notes, "");
    expect_same(whole, parts);
    assert_false(folder_is_there());
    free(whole);
    free(parts);
}

/* Nothing can be kept: the sweep goes on, and says so once. */
static void no_place_for_checkpoints(void **state) {
    (void)state;
    size_t images;
    struct results *whole = train_whole(pair_text, &images), *parts = new_results();
    const int file = open(checkpoints_path(), O_WRONLY | O_CREAT, 0666);
    assert_true(file >= 0);
    close(file);
    go(pair_text, parts, NULL, 1, 0, 0, true);
    expect_same(whole, parts);
    char expected[700];
    snprintf(expected, sizeof expected,
             "%s can't be written: it is a symbolic link or a file; the sweep goes on "
             "without\n",
             checkpoints_path());
    assert_string_equal(notes, expected);
    assert_true(folder_is_there());
    free(whole);
    free(parts);
}

static void notes_are_told_once(void **state) {
    (void)state;
    struct results *parts = new_results();
    struct checkpoints *checkpoints;
    struct made_up sweep;
    go(pair_text, parts, NULL, 1, 4, 0, true);
    for_each_file(make_empty);
    assert_int_equal(checkpoints_open(database(), 0, &checkpoints, NULL), STATUS_OK);
    made_up_init(&sweep, &data);
    sweep.checkpoints = checkpoints;
    plan_text(&sweep, pair_text, NULL, 1);
    take_notes(checkpoints);
    expect_note("and so are 3 more");
    plan_text(&sweep, pair_text, NULL, 1);
    take_notes(checkpoints);
    assert_string_equal(notes, "");
    made_up_release(&sweep);
    checkpoints_close(checkpoints);
    free(parts);
}

static void remove_file(const char *path) {
    assert_int_equal(unlink(path), 0);
}

static void remove_checkpoints(void) {
    for_each_file(remove_file);
    rmdir(checkpoints_path());
}

/* As another shard of a search does that is done, and sees no checkpoints. */
static void a_folder_that_another_removed_is_made_again(void **state) {
    (void)state;
    size_t images;
    struct results *whole = train_whole(pair_text, &images), *parts = new_results();
    before_checkpoint = remove_checkpoints;
    go(pair_text, parts, NULL, 1, 4, 0, true);
    before_checkpoint = NULL;
    assert_string_equal(notes, "");
    assert_int_equal(for_each_file(NULL), 2); /* the latest of each run */
    assert_int_equal(go(pair_text, parts, NULL, 1, 0, 0, true).resumed, 2);
    expect_same(whole, parts);
    free(whole);
    free(parts);
}

/* Somebody else's folder, or a link to one, is neither read nor written; the sweep goes on. */
static void planted_folders_are_left_alone(void **state) {
    (void)state;
    static const char *const said[] = {"it is a symbolic link or a file",
                                       "it belongs to another user"};
    char planted[300], elsewhere[300];
    struct results *parts = new_results();
    snprintf(planted, sizeof planted, "%s.checkpoints", database());
    snprintf(elsewhere, sizeof elsewhere, "%s.elsewhere", database());
    for (int i = 0; i < (geteuid() == 0 ? 2 : 1); i++) {
        struct checkpoints *checkpoints;
        struct stat about;
        assert_int_equal(mkdir(i == 0 ? elsewhere : planted, 0777), 0);
        if (i == 0)
            assert_int_equal(symlink(elsewhere, planted), 0);
        else if (chown(planted, 65534, 65534) != 0)
            break;
        assert_int_equal(checkpoints_open(database(), 0, &checkpoints, NULL), STATUS_OK);
        assert_false(checkpoints_exist(checkpoints));
        take_notes(checkpoints);
        expect_note(said[i]);
        checkpoints_close(checkpoints);
        go(pair_text, parts, NULL, 1, 2, 0, true);
        assert_int_equal(rmdir(i == 0 ? elsewhere : planted), 0); /* which is empty */
        assert_int_equal(lstat(planted, &about), i == 0 ? 0 : -1);
        if (i == 0)
            assert_int_equal(unlink(planted), 0);
    }
    free(parts);
}

/* Killed after the last commit and before the removal: the next start removes what nobody needs,
 * and nothing else. */
static void left_behind(void **state) {
    (void)state;
    static const char other[] = TOP "  optimizer: {value: ftrl}\n  epochs: {value: 7}\n";
    static const bool nothing[] = {false, false, false, false};
    struct results *parts = new_results();
    go(other, parts, NULL, 1, 2, 0, true);
    go(pair_text, parts, NULL, 1, 4, 0, true);
    assert_int_equal(for_each_file(NULL), 2 + 4);
    static const bool adam_alone[] = {false, false, false, true};
    go(pair_text, parts, adam_alone, 1, 1, 0, true);
    assert_int_equal(for_each_file(NULL), 2 + 2);
    go(pair_text, parts, nothing, 1, 0, 0, true);
    assert_int_equal(for_each_file(NULL), 2);
    /* The other config goes on all the same. */
    assert_int_equal(go(other, parts, NULL, 1, 0, 0, true).images, 5 * PAIR_EPOCH);
    assert_false(folder_is_there());
    free(parts);
}

/* A sink for whole schedules. */
struct listener {
    struct results *results;
    atomic_int stop;
    size_t ticks, files_at_failure;
    size_t trials, fail_after;
    bool files; /* were there at some tick */
};

static enum status take_trial(void *context, const struct trial_result *result,
                              struct error *error) {
    struct listener *listener = context;
    (void)error;
    take(listener->results, result);
    listener->trials++;
    return STATUS_OK;
}

static enum status take_tick(void *context, const struct progress *progress, struct error *error) {
    struct listener *listener = context;
    assert_true(progress->images <= progress->image_count);
    listener->files |= folder_is_there();
    if (listener->fail_after && listener->trials >= listener->fail_after)
        return error_set(error, STATUS_IO, "the disk is full");
    return STATUS_OK;
}

/* With no memory for any network, if `scarce`. */
static enum status schedule_with(struct listener *listener, const char *text, size_t jobs,
                                 bool scarce) {
    static struct made_up sweep;
    bool missing[TRIALS];
    const struct sink sink = {listener, take_trial, take_tick, NULL, NULL};
    made_up_init(&sweep, &data);
    expand_text(&sweep, text);
    assert_int_equal(checkpoints_open(database(), 0, &sweep.checkpoints, NULL), STATUS_OK);
    for (size_t i = 0; i < sweep.space.trial_count; i++)
        missing[i] = !outcome_of(listener->results, &sweep.space.trials[i].digest)->there;
    plan_text(&sweep, text, missing, jobs);
    listener->results->space = &sweep.space;
    atomic_store(&no_memory, scarce);
    const enum status status = schedule_run(&sweep.plan, &listener->stop, &sink, &sweep.error);
    atomic_store(&no_memory, false);
    checkpoints_close(sweep.checkpoints);
    made_up_release(&sweep);
    return status;
}

static enum status schedule(struct listener *listener, const char *text, size_t jobs) {
    return schedule_with(listener, text, jobs, false);
}

static void a_schedule_cleans_up(void **state) {
    (void)state;
    size_t images;
    struct results *whole = train_whole(pair_text, &images);
    for (size_t jobs = 1; jobs <= 3; jobs++) {
        struct listener listener = {.results = new_results()};
        assert_int_equal(schedule(&listener, pair_text, jobs), STATUS_OK);
        expect_same(whole, listener.results);
        assert_false(folder_is_there());
        free(listener.results);
    }
    free(whole);
}

/* Until a commit was successful, the checkpoints are all there is. */
static void no_commit_no_removal(void **state) {
    (void)state;
    size_t images;
    struct results *whole = train_whole(pair_text, &images);
    struct listener listener = {.results = new_results(), .fail_after = 4};
    assert_int_equal(schedule(&listener, pair_text, 1), STATUS_IO);
    assert_int_equal(listener.trials, 4);
    assert_int_equal(for_each_file(NULL), 4);
    /* None of the results reached a database. */
    free(listener.results);
    listener = (struct listener){.results = new_results()};
    assert_int_equal(schedule(&listener, pair_text, 1), STATUS_OK);
    expect_same(whole, listener.results);
    assert_false(folder_is_there());
    free(listener.results);
    free(whole);
}

/* Plan nothing but what is `left_alone`, as a sweep of which all else is done. */
static void plan_around(const bool *left_alone) {
    static const bool nothing[] = {false, false, false, false};
    static struct made_up sweep;
    struct checkpoints *checkpoints;
    assert_int_equal(checkpoints_open(database(), 0, &checkpoints, NULL), STATUS_OK);
    made_up_init(&sweep, &data);
    expand_text(&sweep, pair_text);
    sweep.checkpoints = checkpoints;
    assert_int_equal(plan_wanted(&sweep, nothing, left_alone, 1), STATUS_OK);
    take_notes(checkpoints);
    assert_string_equal(notes, "");
    checkpoints_close(checkpoints);
    made_up_release(&sweep);
}

/* A run that could not be trained goes on, once it can, from where it was: also when it was left
 * alone meanwhile, and when a trial on its way is done. */
static void a_failed_run_keeps_its_checkpoints(void **state) {
    (void)state;
    static const bool longest[] = {false, true, false, true}, adam[] = {false, false, false, true};
    size_t images;
    struct results *whole = train_whole(pair_text, &images), *parts = new_results();
    go(pair_text, parts, NULL, 1, 4, 0, true);
    assert_int_equal(for_each_file(NULL), 4);
    for (size_t jobs = 1; jobs <= 2; jobs++) {
        struct listener listener = {.results = new_results()};
        assert_int_equal(schedule_with(&listener, pair_text, jobs, true), STATUS_OK);
        assert_int_equal(listener.trials, 4);
        for (size_t i = 0; i < listener.results->count; i++) {
            const struct trial_result *result = &listener.results->outcomes[i].result;
            assert_int_equal(result->outcome, TRIAL_FAILED);
            assert_int_equal(result->error.code, STATUS_MEMORY);
        }
        assert_int_equal(for_each_file(NULL), 4);
        free(listener.results);
    }
    plan_around(longest);
    assert_int_equal(for_each_file(NULL), 4);
    const struct start start = go(pair_text, parts, NULL, 1, 0, 0, true);
    assert_int_equal(start.resumed, 2);
    assert_int_equal(start.images, 2 * 3 * PAIR_EPOCH);
    expect_same(whole, parts);
    assert_false(folder_is_there());
    free(parts);

    parts = new_results();
    go(pair_text, parts, NULL, 1, 4, 0, true);
    plan_around(adam);
    assert_int_equal(for_each_file(NULL), 2);
    plan_around(NULL);
    assert_false(folder_is_there());
    free(whole);
    free(parts);
}

static void stop_at_once(struct listener *listener) {
    atomic_store(&listener->stop, 1);
}

static enum status stop_after_a_trial(void *context, const struct trial_result *result,
                                      struct error *error) {
    stop_at_once(context);
    return take_trial(context, result, error);
}

/* Told that results are not safe any more, nothing is removed; told to start again, nothing is
 * used. */
static void held_and_started_again(void **state) {
    (void)state;
    struct results *parts = new_results();
    struct checkpoints *checkpoints;
    static struct made_up sweep;
    go(pair_text, parts, NULL, 1, 4, 0, true);
    assert_int_equal(checkpoints_open(database(), 0, &checkpoints, NULL), STATUS_OK);
    made_up_init(&sweep, &data);
    sweep.checkpoints = checkpoints;
    plan_text(&sweep, pair_text, NULL, 1);
    assert_int_equal(plan_kept(&sweep.plan).count, 2);
    checkpoints_hold(checkpoints);
    for (size_t i = 0; i < sweep.plan.run_count; i++)
        checkpoints_remove(checkpoints, &sweep.plan.slots[i], SIZE_MAX);
    assert_int_equal(plan_kept(&sweep.plan).count, 2);
    assert_int_equal(for_each_file(NULL), 4);
    checkpoints_close(checkpoints);
    assert_int_equal(for_each_file(NULL), 4);

    assert_int_equal(checkpoints_open(database(), 0, &checkpoints, NULL), STATUS_OK);
    sweep.checkpoints = checkpoints;
    checkpoints_start_again(checkpoints);
    plan_text(&sweep, pair_text, NULL, 1);
    assert_int_equal(plan_kept(&sweep.plan).count, 0);
    assert_int_equal(sweep.plan.images, 2 * 7 * PAIR_EPOCH);
    assert_int_equal(for_each_file(NULL), 0);
    checkpoints_close(checkpoints);
    assert_false(folder_is_there());
    made_up_release(&sweep);
    free(parts);
}

/* Trainings of fewer epochs in between, interrupted themselves, ended, and known already, leave
 * what a longer one goes on from. */
static void shorter_trainings_in_between(void **state) {
    (void)state;
    static const char shorter[] = TOP "  optimizer: {values: [sgd, adam]}\n  epochs: {value: 3}\n";
    static const char longer[] = TOP "  optimizer: {values: [sgd, adam]}\n  epochs: {value: 7}\n";
    const bool none[TRIALS] = {false};
    size_t images;
    struct results *whole = train_whole(longer, &images), *parts = new_results();
    struct results *others = new_results();
    go(longer, parts, NULL, 1, 5, 0, true);
    assert_int_equal(for_each_file(NULL), 4);
    assert_int_equal(go(shorter, others, NULL, 1, 1, 0, true).resumed, 0);
    assert_string_equal(notes, "");
    assert_int_equal(for_each_file(NULL), 4);
    assert_int_equal(go(shorter, others, NULL, 2, 0, 0, true).resumed, 2);
    assert_int_equal(others->count, 2);
    assert_int_equal(for_each_file(NULL), 2);
    go(shorter, others, none, 1, 0, 0, true);
    assert_int_equal(for_each_file(NULL), 2);
    const struct start start = go(longer, parts, NULL, 2, 0, 0, true);
    assert_int_equal(start.resumed, 2);
    assert_true(start.kept.first >= 4 && start.kept.last <= 5);
    expect_same(whole, parts);
    assert_false(folder_is_there());
    free(whole);
    free(parts);
    free(others);
}

/* Stopped in the middle, again and again, with threads; split at each epoch's end every other time.
 */
static void a_schedule_goes_on(void **state) {
    (void)state;
    static struct made_up sweep;
    static const char text[] =
        TOP OPTIMIZERS "  layers: {values: [[], [5]]}\n  epochs: {values: [1, 2, 3, 5, 7]}\n";
    size_t images, stops = 0;
    struct results *whole = train_whole(text, &images);
    struct listener listener = {.results = new_results()};
    for (enum status status = STATUS_INTERRUPTED; status != STATUS_OK; stops++) {
        bool missing[TRIALS];
        const struct sink sink = {&listener, stop_after_a_trial, take_tick, NULL, NULL};
        atomic_store(&listener.stop, 0);
        made_up_init(&sweep, &data);
        expand_text(&sweep, text);
        assert_int_equal(checkpoints_open(database(), 0, &sweep.checkpoints, NULL), STATUS_OK);
        for (size_t i = 0; i < sweep.space.trial_count; i++)
            missing[i] = !outcome_of(listener.results, &sweep.space.trials[i].digest)->there;
        plan_text(&sweep, text, missing, 2);
        sweep.plan.splits_always = stops % 2;
        listener.results->space = &sweep.space;
        status = schedule_run(&sweep.plan, &listener.stop, &sink, &sweep.error);
        assert_true(status == STATUS_OK || status == STATUS_INTERRUPTED);
        /* What is not done is kept for the next time. */
        assert_int_equal(status == STATUS_OK, plan_kept(&sweep.plan).count == 0);
        checkpoints_close(sweep.checkpoints);
        made_up_release(&sweep);
        assert_true(stops < 100);
    }
    assert_true(stops >= 4);
    expect_same(whole, listener.results);
    for (size_t i = 0; i < listener.results->count; i++)
        assert_int_equal(listener.results->outcomes[i].times, 1);
    assert_false(folder_is_there());
    free(listener.results);
    free(whole);
}

static void when_one_is_due(void **state) {
    (void)state;
    static const struct {
        double seconds;
        struct checkpoint_pace pace; /* predicted, elapsed, since, cost */
        bool stopping, due;
    } cases[] = {
        /* Short cohorts get by without. */
        {15, {20, 16, 16, 0}, false, false},
        {15, {31, 14, 14, 0}, false, false},
        {15, {31, 16, 16, 0}, false, true},
        {15, {3600, 100, 14, 0.1}, false, false},
        {15, {3600, 100, 16, 0.1}, false, true},
        /* What was predicted to be short and is not is long. */
        {15, {1, 29, 29, 0}, false, false},
        {15, {1, 31, 31, 0}, false, true},
        /* They may take a fiftieth of the time. */
        {15, {3600, 100, 16, 1}, false, false},
        {15, {3600, 100, 49, 1}, false, false},
        {15, {3600, 100, 51, 1}, false, true},
        /* Now or never: if there is something to lose. */
        {15, {1, 0.5, 0.5, 0}, true, false},
        {15, {1, 1.5, 1.5, 0}, true, true},
        {15, {3600, 100, 0.5, 9}, true, false},
        {15, {3600, 100, 1.5, 9}, true, true},
        /* After each epoch. */
        {0, {0, 0, 0, 9}, false, true},
        {0, {0, 0, 0, 9}, true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct checkpoints *checkpoints;
        assert_int_equal(checkpoints_open(database(), cases[i].seconds, &checkpoints, NULL),
                         STATUS_OK);
        if (checkpoints_due(checkpoints, &cases[i].pace, cases[i].stopping) != cases[i].due)
            fail_msg("case %zu", i);
        checkpoints_close(checkpoints);
    }
    checkpoints_close(NULL);
    assert_false(folder_is_there());
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
    data = drawn(600, 300);
    const struct CMUnitTest tests[] = {
        CASE(optimizers_are_resumed),
        CASE(augmentations_are_resumed),
        CASE(schedules_are_resumed),
        CASE(callbacks_are_resumed),
        CASE(outputs_are_resumed),
        CASE(kinds_are_resumed),
        CASE(images_of_any_size_are_resumed),
        CASE(runs_pause),
        CASE(paused_runs_in_other_company),
        CASE(other_company_after_resuming),
        CASE(what_was_given_is_given_again),
        CASE(a_milestone_that_was_passed),
        CASE(other_metrics),
        CASE(damaged_files),
        CASE(a_file_half_written),
        CASE(no_place_for_checkpoints),
        CASE(a_folder_that_another_removed_is_made_again),
        CASE(planted_folders_are_left_alone),
        CASE(notes_are_told_once),
        CASE(left_behind),
        CASE(a_schedule_cleans_up),
        CASE(no_commit_no_removal),
        CASE(a_failed_run_keeps_its_checkpoints),
        CASE(held_and_started_again),
        CASE(shorter_trainings_in_between),
        CASE(a_schedule_goes_on),
        CASE(when_one_is_due),
    };
    const int failures = cmocka_run_group_tests(tests, NULL, NULL);
    dataset_release(&data);
    return failures;
}
