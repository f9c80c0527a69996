#include "search/review.h"

#include "nn/optimizer.h"

#include <inttypes.h>
#include <string.h>

/* A kind of surprise. `look` appends what a setting is, why that may not be meant and what to do,
 * or nothing. */
struct surprise {
    enum hyperparameter_id id; /* the hyperparameter whose place is told */
    void (*look)(const struct setting *setting, const struct dataset *dataset, struct text *text);
};

/* 784-128-10-10: the widths of the network, and in its middle those of `layers`. */
static void append_widths(const struct hidden_layers *layers, const struct dataset *dataset,
                          struct text *text) {
    text_printf(text, "%zu", dataset->rows * dataset->columns);
    for (size_t i = 0; i < layers->count; i++)
        text_printf(text, "-%" PRId64, layers->items[i].units);
    text_printf(text, "-%zu", dataset->classes);
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
    const size_t count = layers->count, inputs = dataset->rows * dataset->columns;
    if (count == 0)
        return;
    const bool first = (uint64_t)layers->items[0].units == inputs;
    const bool last = count > 1 && (uint64_t)layers->items[count - 1].units == dataset->classes;
    if (!first && !last)
        return;
    text_append(text, "layers ");
    value_append(&setting->values[HP_LAYERS], text);
    text_printf(text, " %s: layers are the hidden ones alone, so ",
                first && last ? "begin with the input's and end with the output's width"
                : first       ? "begin with the width of the input"
                              : "end with the width of the output");
    append_widths(layers, dataset, text);
    text_append(text, " is trained; if that is not meant, write ");
    append_inner(layers, first, last, text);
}

static void look_at_batches(const struct setting *setting, const struct dataset *dataset,
                            struct text *text) {
    const int64_t size = setting->values[HP_BATCH_SIZE].integer;
    const int64_t images = setting->values[HP_TRAIN_IMAGES].integer;
    (void)dataset;
    if (size > images)
        text_printf(text,
                    "batch_size %" PRId64 " is larger than the %" PRId64
                    " training images: an epoch is one step with all of them; take a smaller one",
                    size, images);
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
        text_printf(
            text,
            "learning_rate %g is %s for %s, whose default is %g: %s; is an exponent missing "
            "or wrong?",
            rate, large ? "very large" : "very small", name, usual,
            large ? "trainings are likely to diverge" : "the weights will hardly move");
}

static void look_at_split(const struct setting *setting, const struct dataset *dataset,
                          struct text *text) {
    const double split = setting->values[HP_VALIDATION_SPLIT].real;
    (void)dataset;
    if (split > 0.5)
        text_printf(
            text,
            "validation_split %g holds out more images than it leaves to train on; to train "
            "on that share of them write %.3g",
            split, 1 - split);
}

static bool is_among(const char *name, const char *const *names) {
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
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
    const char *loss = setting->values[HP_LOSS].name;
    const char *output = setting->values[HP_OUTPUT_ACTIVATION].name;
    (void)dataset;
    if (is_among(loss, of_probabilities) && !is_among(output, probabilities))
        text_printf(
            text,
            "%s takes probabilities, and output_activation %s gives other numbers, which "
            "are clipped (there is no from_logits): use softmax or sigmoid, or another loss",
            loss, output);
}

static void look_at_start(const struct setting *setting, const struct dataset *dataset,
                          struct text *text) {
    static const char *const constant[] = {"zeros", "ones", NULL};
    const char *initializer = setting->values[HP_INITIALIZER].name;
    (void)dataset;
    if (setting->values[HP_LAYERS].layers->count > 0 && is_among(initializer, constant))
        text_printf(text,
                    "initializer %s starts all units of a hidden layer alike, and alike they stay: "
                    "a layer learns no more than one unit would; take another",
                    initializer);
}

static void look_at_momentum(const struct setting *setting, const struct dataset *dataset,
                             struct text *text) {
    const struct value *momentum = &setting->values[HP_MOMENTUM];
    (void)dataset;
    if (momentum->type != VALUE_NONE && momentum->real >= 1)
        text_append(text, "momentum 1 forgets no step, so that steps only grow: trainings are "
                          "likely to diverge; 0.9 is usual");
}

static const struct surprise surprises[] = {
    {HP_LAYERS, look_at_layers},
    {HP_BATCH_SIZE, look_at_batches},
    {HP_LEARNING_RATE, look_at_rate},
    {HP_VALIDATION_SPLIT, look_at_split},
    {HP_OUTPUT_ACTIVATION, look_at_output},
    {HP_INITIALIZER, look_at_start},
    {HP_MOMENTUM, look_at_momentum},
};

/* Where the hyperparameter is written, or what brings it along; else nothing. */
static void append_place(const struct config *config, enum hyperparameter_id id,
                         struct text *text) {
    const enum hyperparameter_id ids[] = {id, HP_OPTIMIZER};
    const size_t count = hyperparameters[id].part == PART_OPTIMIZER ? 2 : 1;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < config->axis_count; j++) {
            const struct axis *axis = &config->axes[j];
            if (axis->id != ids[i])
                continue;
            text_printf(text, "%s:%d:%d: ", axis->file, axis->line, axis->column);
            return;
        }
}

enum status review_settings(const struct config *config, const struct space *space,
                            const struct dataset *dataset, struct text *warnings,
                            struct error *error) {
    struct text words;
    text_init(&words);
    for (size_t i = 0; i < sizeof surprises / sizeof *surprises; i++) {
        text_clear(&words);
        for (size_t j = 0; j < space->setting_count && words.length == 0; j++)
            surprises[i].look(&space->settings[j], dataset, &words);
        if (words.length == 0)
            continue;
        append_place(config, surprises[i].id, warnings);
        text_printf(warnings, "%s\n", words.data);
    }
    const bool failed = words.failed || warnings->failed;
    text_release(&words);
    return failed ? error_memory(error) : STATUS_OK;
}
