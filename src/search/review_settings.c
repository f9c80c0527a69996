#include "search/review.h"

#include "base/intern.h"
#include "base/names.h"
#include "data/augmentation.h"
#include "nn/callbacks.h"
#include "nn/learning_rate_schedule.h"
#include "nn/optimizer.h"
#include "search/layers.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* A kind of surprise: a value that may not be meant. `look` appends why, and what to do, or
 * nothing. */
struct surprise {
    enum hyperparameter_id id;
    void (*look)(const struct setting *setting, const struct dataset *dataset, struct text *text);
};

static bool is_dense(const struct hidden_layers *layers, size_t index) {
    return layers->items[index].kind == &layer_dense;
}

/* 784-128-10-10: the widths of the network, and in its middle those of `layers`. */
static void append_widths(const struct hidden_layers *layers, const struct dataset *dataset,
                          struct text *text) {
    text_printf(text, "%zu", dataset_inputs(dataset));
    for (size_t i = 0; i < layers->count; i++)
        if (is_dense(layers, i))
            text_printf(text, "-%u", layers->items[i].units);
    text_printf(text, "-%zu", dataset_outputs(dataset));
}

/* The layers that are left without the first and the last. */
static void append_inner(const struct hidden_layers *layers, bool first, bool last,
                         struct text *text) {
    struct hidden_layers inner = *layers;
    inner.count -= (size_t)first + (size_t)last;
    memmove(inner.items, layers->items + first, inner.count * sizeof *inner.items);
    const struct value value = {.type = VALUE_LAYERS, .layers = &inner};
    value_append(&value, text);
}

/* In Keras the input and the output are written out. One hidden layer of as many units as there are
 * classes is as likely to be meant; two layers, of which the last is, are less so. */
static void look_at_layers(const struct setting *setting, const struct dataset *dataset,
                           struct text *text) {
    const struct hidden_layers *layers = setting->values[HP_LAYERS].layers;
    const size_t count = layers->count, inputs = dataset_inputs(dataset);
    if (count == 0 || !layers_are_chain(layers))
        return;
    const bool first = is_dense(layers, 0) && layers->items[0].units == inputs;
    const bool last = count > 1 && is_dense(layers, count - 1) &&
                      layers->items[count - 1].units == dataset_outputs(dataset);
    if (!first && !last)
        return;
    text_printf(text, "%s; layers are the hidden ones alone, so ",
                first && last ? "the first width is the input's and the last one the output's"
                : first       ? "the first width is the input's"
                              : "the last width is the output's");
    append_widths(layers, dataset, text);
    text_append(text, " is trained; if that is not meant, write ");
    append_inner(layers, first, last, text);
}

/* Whether nothing that is not linear comes after a layer and before the next one with weights. */
static bool is_linear_with_next(const struct hidden_layers *layers, size_t index) {
    size_t next = index + 1;
    while (next < layers->count && (layers->items[next].kind == &layer_dropout ||
                                    layers->items[next].kind == &layer_gaussian_noise ||
                                    layers->items[next].kind == &layer_flatten ||
                                    layers->items[next].kind == &layer_reshape))
        next++;
    return next == layers->count || layer_has_kernel(&layers->items[next]);
}

static void look_at_activations(const struct setting *setting, const struct dataset *dataset,
                                struct text *text) {
    const struct hidden_layers *layers = setting->values[HP_LAYERS].layers;
    char word[LAYER_WORD_MAX];
    (void)dataset;
    for (size_t i = 0; i < layers->count && layers_are_chain(layers) && text->length == 0; i++)
        if (layers->places[i].plain && is_linear_with_next(layers, i))
            text_printf(text,
                        "%s, layer %zu, names no activation and has none, as in Keras, so that it "
                        "and the next one are one linear layer together; give it one (\"%s ... "
                        "relu\"), or all of them: activation: {value: relu}",
                        layer_kind_word(layers->items[i].kind, word), i + 1, word);
}

static void look_at_batches(const struct setting *setting, const struct dataset *dataset,
                            struct text *text) {
    const int64_t size = setting->values[HP_BATCH_SIZE].integer;
    const int64_t images = setting->values[HP_TRAIN_IMAGES].integer;
    if (size > images)
        text_printf(text,
                    "larger than the %" PRId64 " training %s, so that an epoch is one step "
                    "with all of them; take a smaller one",
                    images, dataset->table ? "rows" : "images");
}

#define RATE_FACTOR 1000 /* of the optimizer's default, either way */

/* adadelta's steps scale themselves; its authors have no rate at all, which is a rate of 1. */
static void look_at_rate(const struct setting *setting, const struct dataset *dataset,
                         struct text *text) {
    const char *name = setting->values[HP_OPTIMIZER].name;
    const double rate = setting->values[HP_LEARNING_RATE].real;
    double usual = 0;
    (void)dataset;
    if (setting->values[HP_LEARNING_RATE].type == VALUE_NONE ||
        !optimizer_has(optimizer_find(name), OPTIMIZER_LEARNING_RATE, &usual))
        return;
    const bool large = rate >= RATE_FACTOR * usual && strcmp(name, "adadelta") != 0;
    if (large || rate * RATE_FACTOR * 10 <= usual)
        text_printf(text, "%s for %s, whose default is %g: %s; is an exponent missing or wrong?",
                    large ? "very large" : "very small", name, usual,
                    large ? "trainings are likely to diverge" : "the weights will hardly move");
}

static void look_at_split(const struct setting *setting, const struct dataset *dataset,
                          struct text *text) {
    const double split = setting->values[HP_VALIDATION_SPLIT].real;
    (void)dataset;
    if (split > 0.5)
        text_append(text, "more images are held out than are left to train on; it is the share to "
                          "hold out, so that 0.1 leaves 90 % to train on");
}

static void look_at_output(const struct setting *setting, const struct dataset *dataset,
                           struct text *text) {
    static const char *const of_probabilities[] = {"categorical_crossentropy",
                                                   "sparse_categorical_crossentropy",
                                                   "binary_crossentropy",
                                                   "kl_divergence",
                                                   "poisson",
                                                   NULL};
    static const char *const probabilities[] = {"softmax", "sigmoid", "hard_sigmoid", NULL};
    static const char *const above_0[] = {"softplus", "exponential", "sigmoid",
                                          "relu",     "relu6",       NULL};
    const char *loss = setting->values[HP_LOSS].name;
    const char *output = setting->values[HP_OUTPUT_ACTIVATION].name;
    if (setting->values[HP_LOSS].type == VALUE_NONE) /* outputs have their own */
        return;
    if (dataset_has_values(dataset)) {
        if (strcmp(loss, "poisson") == 0 && !name_is_among(output, above_0))
            text_append(text, "poisson takes the logarithm of what it gives, which is NaN below 0 "
                              "and ends a training: use softplus or exponential");
    } else if (name_is_among(loss, of_probabilities) && !name_is_among(output, probabilities))
        text_printf(
            text,
            "%s takes probabilities, and it gives other numbers, which are clipped (there is no "
            "from_logits): use softmax or sigmoid, or another loss",
            loss);
}

/* Of the training targets, how many are below a bound. */
static size_t targets_below(const struct dataset *dataset, double bound) {
    size_t below = 0;
    for (size_t i = 0; i < dataset->train.count * dataset->target_width; i++)
        below += (double)dataset->train.targets[i] < bound;
    return below;
}

/* Whether some are so close to 0 that they outweigh all others where errors are divided by them. */
static bool has_targets_near_0(const struct dataset *dataset) {
    const size_t count = dataset->train.count * dataset->target_width;
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += fabs((double)dataset->train.targets[i]);
    const double near = 1e-3 * sum / (double)count;
    return targets_below(dataset, near) > targets_below(dataset, -near);
}

/* Losses that say little of some targets. */
static void look_at_loss(const struct setting *setting, const struct dataset *dataset,
                         struct text *text) {
    const bool numbers = dataset_has_values(dataset);
    const char *loss = setting->values[HP_LOSS].name;
    if (setting->values[HP_LOSS].type == VALUE_NONE)
        return;
    if (strcmp(loss, "mean_absolute_percentage_error") == 0) {
        if (!numbers || has_targets_near_0(dataset))
            text_append(text, numbers ? "there are targets of 0 or close to it, by which errors "
                                        "are divided, so that these alone decide: use "
                                        "mean_absolute_error or mean_squared_logarithmic_error"
                                      : "errors are divided by the targets, which are 0 for all "
                                        "classes but one: use categorical_crossentropy");
    } else if (numbers && strcmp(loss, "mean_squared_logarithmic_error") == 0) {
        const size_t below = targets_below(dataset, 0);
        if (below > 0)
            text_printf(text,
                        "%zu of the training targets %s below 0, and taken for 0: use "
                        "mean_squared_error or log_cosh",
                        below, below == 1 ? "is" : "are");
    } else if (numbers && strcmp(loss, "cosine_similarity") == 0 && dataset->target_width == 1) {
        text_append(text, "of one number a row it sees the sign alone, not the size: use "
                          "mean_squared_error");
    }
}

static void look_at_start(const struct setting *setting, const struct dataset *dataset,
                          struct text *text) {
    static const char *const constant[] = {"zeros", "ones", NULL};
    const char *initializer = setting->values[HP_INITIALIZER].name;
    (void)dataset;
    if (setting->values[HP_LAYERS].layers->count > 0 && name_is_among(initializer, constant))
        text_append(text, "all units of a hidden layer start alike, and alike they stay: a layer "
                          "learns no more than one unit would; take another");
}

static void look_at_momentum(const struct setting *setting, const struct dataset *dataset,
                             struct text *text) {
    const struct value *momentum = &setting->values[HP_MOMENTUM];
    (void)dataset;
    if (momentum->type != VALUE_NONE && momentum->real >= 1)
        text_append(text, "no step is forgotten, so that steps only grow: trainings are likely to "
                          "diverge; 0.9 is usual");
}

static void look_at_accumulation(const struct setting *setting, const struct dataset *dataset,
                                 struct text *text) {
    const int64_t batches = (int64_t)setting_batches(setting->values);
    const int64_t steps = setting->values[HP_GRADIENT_ACCUMULATION_STEPS].integer;
    (void)dataset;
    if (steps > batches)
        text_printf(text,
                    "more than the %" PRId64 " batches of a whole training, which makes no step "
                    "then; take fewer",
                    batches);
}

/* A patience that the epochs never exhaust. */
static void look_at_patience(const struct setting *setting, enum hyperparameter_id id,
                             const char *never, struct text *text) {
    const struct value *value = &setting->values[id];
    const int64_t epochs = setting->values[HP_EPOCHS].integer;
    if (value->type == VALUE_NONE || !callback_is_there(&value->components->items[0]))
        return;
    const uint32_t patience = callback_patience(&value->components->items[0]);
    if ((int64_t)patience >= epochs)
        text_printf(text,
                    "its patience of %u epochs is not over within %" PRId64 ", so that it never "
                    "%s; take a smaller one, or more epochs",
                    patience, epochs, never);
}

static void look_at_stopping(const struct setting *setting, const struct dataset *dataset,
                             struct text *text) {
    (void)dataset;
    look_at_patience(setting, HP_EARLY_STOPPING, "ends a training", text);
}

static void look_at_plateaus(const struct setting *setting, const struct dataset *dataset,
                             struct text *text) {
    (void)dataset;
    look_at_patience(setting, HP_REDUCE_LR_ON_PLATEAU, "reduces a rate", text);
}

/* A warm-up that the training ends in. */
static void look_at_warmup(const struct setting *setting, const struct dataset *dataset,
                           struct text *text) {
    const struct value *schedule = &setting->values[HP_LEARNING_RATE_SCHEDULE];
    const uint64_t steps = setting_batches(setting->values);
    (void)dataset;
    if (schedule->type == VALUE_NONE || schedule_warmup(&schedule->components->items[0]) < steps)
        return;
    text_printf(text,
                "its warmup_steps are not over within the training's %" PRIu64
                ", so that the rate never falls; take fewer, or more epochs",
                steps);
}

static void look_at_augmentation(const struct setting *setting, const struct dataset *dataset,
                                 struct text *text) {
    double background;
    if (augmentation_misses_background(setting->values[HP_AUGMENTATION].components, dataset,
                                       &background))
        text_printf(text,
                    "what comes into the images of %s is filled otherwise than their background, "
                    "which by most of their corners is %.7g; write fill_value=%.7g, or "
                    "fill_mode=nearest for the nearest pixel",
                    dataset->name, background, background);
}

static const struct surprise surprises[] = {
    {HP_LAYERS, look_at_layers},
    {HP_LAYERS, look_at_activations},
    {HP_BATCH_SIZE, look_at_batches},
    {HP_LEARNING_RATE, look_at_rate},
    {HP_VALIDATION_SPLIT, look_at_split},
    {HP_LOSS, look_at_loss},
    {HP_LEARNING_RATE_SCHEDULE, look_at_warmup},
    {HP_AUGMENTATION, look_at_augmentation},
    {HP_OUTPUT_ACTIVATION, look_at_output},
    {HP_INITIALIZER, look_at_start},
    {HP_MOMENTUM, look_at_momentum},
    {HP_GRADIENT_ACCUMULATION_STEPS, look_at_accumulation},
    {HP_EARLY_STOPPING, look_at_stopping},
    {HP_REDUCE_LR_ON_PLATEAU, look_at_plateaus},
};

/* Where the hyperparameter is written, or what brings it along; else nothing. */
static void append_place(const struct config *config, enum hyperparameter_id id,
                         struct text *text) {
    const struct axis *axis = config_axis(config, id);
    if (!axis && hyperparameters[id].part == PART_OPTIMIZER)
        axis = config_axis(config, HP_OPTIMIZER);
    if (!axis && hyperparameters[id].part == PART_LOSS)
        axis = config_axis(config, HP_LOSS);
    if (axis)
        text_printf(text, "%s:%d:%d: ", axis->file, axis->line, axis->column);
}

#define REASONS_MAX 8 /* lines for one hyperparameter */

/* Why values are surprising, and which. */
struct reasons {
    size_t count, more; /* that are kept, and further values with further reasons */
    struct reason {
        struct text why, list;
        size_t count;
    } items[REASONS_MAX];
    struct intern values; /* of each reason */
    struct text key;
};

static void take_value(struct reasons *reasons, const char *why, const struct value *value) {
    bool is_new;
    text_clear(&reasons->key);
    text_printf(&reasons->key, "%s\n", why);
    value_append(value, &reasons->key);
    intern_number(&reasons->values, reasons->key.data, reasons->key.length, &is_new);
    if (!is_new)
        return;
    size_t i = 0;
    while (i < reasons->count && strcmp(reasons->items[i].why.data, why) != 0)
        i++;
    if (i == REASONS_MAX) {
        reasons->more++;
        return;
    }
    struct reason *reason = &reasons->items[i];
    if (i == reasons->count) {
        *reason = (struct reason){.count = 0};
        text_init(&reason->why);
        text_init(&reason->list);
        text_append(&reason->why, why);
        reasons->count++;
    }
    value_list_append(value, &reason->count, &reason->list);
}

/* A line for each reason. False when out of memory. */
static bool end_reasons(struct reasons *reasons, const struct config *config,
                        enum hyperparameter_id id, struct text *warnings) {
    bool failed = reasons->values.failed || reasons->key.failed;
    for (size_t i = 0; i < reasons->count; i++) {
        struct reason *reason = &reasons->items[i];
        value_list_end(reason->count, &reason->list);
        append_place(config, id, warnings);
        text_printf(warnings, "%s %s: %s\n", hyperparameters[id].name, reason->list.data,
                    reason->why.data);
        failed |= reason->why.failed || reason->list.failed;
        text_release(&reason->why);
        text_release(&reason->list);
    }
    if (reasons->more > 0)
        text_printf(warnings, "%s: %zu more values like these\n", hyperparameters[id].name,
                    reasons->more);
    intern_release(&reasons->values);
    text_release(&reasons->key);
    return !failed;
}

/* The one value that is no hyperparameter's. Any may be meant: accuracy is minimized by attacks. */
static void look_at_goal(const struct config *config, struct text *warnings) {
    const struct score *score = &config->score;
    if (config->maximize == score->maximize)
        return;
    if (config->goal_file)
        text_printf(warnings, "%s:%d:%d: ", config->goal_file, config->goal_line,
                    config->goal_column);
    text_printf(
        warnings,
        "goal %s: the %s %s is put first, although %s of it is better; is goal: %s meant?\n",
        config->maximize ? "maximize" : "minimize", config->maximize ? "largest" : "smallest",
        score->name, score->maximize ? "more" : "less", score->maximize ? "maximize" : "minimize");
}

enum status review_settings(const struct config *config, const struct space *space,
                            const struct dataset *dataset, struct text *warnings,
                            struct error *error) {
    bool done = true;
    struct text why;
    look_at_goal(config, warnings);
    text_init(&why);
    for (size_t i = 0; i < sizeof surprises / sizeof *surprises; i++) {
        const enum hyperparameter_id id = surprises[i].id;
        struct reasons reasons = {.count = 0};
        intern_init(&reasons.values);
        text_init(&reasons.key);
        for (size_t j = 0; j < space->setting_count; j++) {
            text_clear(&why);
            surprises[i].look(&space->settings[j], setting_dataset(&space->settings[j], dataset),
                              &why);
            if (why.length > 0)
                take_value(&reasons, why.data, &space->settings[j].values[id]);
        }
        done &= end_reasons(&reasons, config, id, warnings);
    }
    done &= !why.failed && !warnings->failed;
    text_release(&why);
    return done ? review_exclusions(space, warnings, error) : error_memory(error);
}
