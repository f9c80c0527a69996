/* Whether a config's values fit together, and the data set. */
#include "search/class_weights.h"
#include "search/space_private.h"

#include "nn/named_output.h"
#include "search/reading.h"

#include <string.h>

void add_problem(const struct config *config, const struct axis *axis, struct text *text) {
    struct error error;
    error_set(&error, STATUS_INPUT, "%s", text->data);
    error_place(&error, axis->file, axis->line, axis->column);
    problems_add(config->problems, &error);
    text_clear(text);
}

bool choice_meets(const struct config *config, const struct axis *axis, size_t choice,
                  const struct dataset *dataset) {
    return config_choices_meet(config, axis, choice, NULL, 0, dataset->name);
}

/* --- images --- */

/* Whether images are left to train on for each validation_split. */
static void check_splits(const struct config *config, const struct dataset *dataset,
                         struct text *list, struct text *text) {
    const struct axis *splits = config_axis(config, HP_VALIDATION_SPLIT);
    const struct value most = {.type = VALUE_REAL, .real = splits ? splits->distribution.high : 0};
    size_t count = 0;
    for (size_t i = 0; splits && i < splits->count; i++)
        if (stream_train_limit(dataset->train.count, splits->choices[i].value.real) == 0 &&
            choice_meets(config, splits, i, dataset))
            value_list_append(&splits->choices[i].value, &count, list);
    if (splits && splits->count == 0 && stream_train_limit(dataset->train.count, most.real) == 0)
        value_list_append(&most, &count, list);
    value_list_end(count, list);
    if (count > 0) {
        text_printf(text, "validation_split %s: none of the %zu images of %s is left to train on",
                    list->data, dataset->train.count, dataset->name);
        add_problem(config, splits, text);
    }
}

/* The least number of images that is left, but for none, beside a choice of train_images, or
 * AXIS_NONE for all. */
static size_t least_images(const struct config *config, const struct dataset *dataset,
                           const struct axis *images, size_t choice) {
    const struct axis *splits = config_axis(config, HP_VALIDATION_SPLIT);
    const bool drawn = splits && splits->count == 0;
    size_t least = dataset->train.count;
    for (size_t i = 0; splits && i < splits->count + drawn; i++) {
        const size_t limit =
            stream_train_limit(dataset->train.count,
                               drawn ? splits->distribution.high : splits->choices[i].value.real);
        if (limit > 0 && limit < least &&
            (drawn || (choice_meets(config, splits, i, dataset) &&
                       (choice == AXIS_NONE ||
                        config_choices_meet(config, images, choice, splits, i, dataset->name)))))
            least = limit;
    }
    return least;
}

static void check_images(const struct config *config, const struct dataset *dataset,
                         struct text *list, struct text *text) {
    const struct axis *images = config_axis(config, HP_TRAIN_IMAGES);
    size_t count = 0, least = dataset->train.count;
    text_clear(list);
    for (size_t i = 0; images && i < images->count; i++) {
        const size_t own = least_images(config, dataset, images, i);
        if ((uint64_t)images->choices[i].value.integer <= own ||
            !choice_meets(config, images, i, dataset))
            continue;
        value_list_append(&images->choices[i].value, &count, list);
        least = own < least ? own : least;
    }
    if (images && images->count == 0) {
        least = least_images(config, dataset, images, AXIS_NONE);
        count = images->distribution.high > (double)least;
        if (count > 0)
            text_printf(list, "up to %.0f", images->distribution.high);
    }
    value_list_end(count, list);
    if (count > 0) {
        text_printf(text, "train_images: %s are more than the %zu that %s has%s", list->data, least,
                    dataset->name, least < dataset->train.count ? " after validation_split" : "");
        add_problem(config, images, text);
    }
}

/* --- the loss of several outputs --- */

/* The next output from a place on, or NULL. */
static const struct layer_spec *next_output(const struct hidden_layers *layers, size_t *at) {
    while (*at < layers->count)
        if (layers->items[(*at)++].kind == &layer_output)
            return &layers->items[*at - 1];
    return NULL;
}

static bool same_losses(const struct hidden_layers *a, const struct hidden_layers *b) {
    size_t at = 0, other = 0;
    for (;;) {
        const struct layer_spec *x = next_output(a, &at), *y = next_output(b, &other);
        if (!x || !y)
            return x == y;
        if (strcmp(x->output->name, y->output->name) != 0 || x->output->loss != y->output->loss ||
            x->loss_weight != y->loss_weight || x->label_smoothing != y->label_smoothing ||
            x->delta != y->delta)
            return false;
    }
}

/* Whether the models' losses differ, by themselves or by an output's argument that varies. */
static bool losses_differ(const struct config *config) {
    const struct axis *axis = config_axis(config, HP_LAYERS);
    bool differ = false;
    if (!axis || axis->role != AXIS_VALUE)
        return false;
    for (size_t i = 1; i < axis->count; i++)
        differ |= !same_losses(axis->choices[0].value.layers, axis->choices[i].value.layers);
    for (size_t j = 0; j < config->axis_count; j++) {
        const struct axis *other = &config->axes[j];
        for (size_t i = 0; i < axis->count && other->id == HP_LAYERS && other->count != 1 &&
                           other->role == AXIS_ARGUMENT;
             i++)
            differ |= other->parent_choices[i] &&
                      other->item < axis->choices[i].value.layers->count &&
                      axis->choices[i].value.layers->items[other->item].kind == &layer_output;
    }
    return differ;
}

/* A sum of other losses, or by other weights, is another quantity, of which less is not better. */
static void check_losses(const struct config *config) {
    for (size_t i = 0; i < config->objective_count && losses_differ(config); i++) {
        const struct objective *objective = &config->objectives[i];
        if (objective->name && objective->score.quantity &&
            strcmp(objective->score.quantity, "loss") == 0)
            reading_fail(objective->reading, objective->name,
                         "metric %s is the sum of the outputs' losses, which are not the same or "
                         "weigh otherwise in other settings here; name what they have in common, "
                         "such as an output's accuracy or loss: val_NAME_accuracy, val_NAME_loss",
                         objective->score.name);
    }
}

/* --- classes --- */

/* Whether class_weight is of classes that there are. */
static void check_class_weights(const struct config *config, const struct dataset *dataset,
                                struct text *text) {
    const struct axis *axis = config_axis(config, HP_CLASS_WEIGHT);
    for (size_t i = 0; axis && i < axis->count && !dataset_has_values(dataset); i++) {
        const struct class_weights *weights = axis->choices[i].value.weights;
        if (!choice_meets(config, axis, i, dataset))
            continue;
        if (weights->whole && weights->classes != dataset->classes)
            text_printf(text,
                        "class_weight: %zu weights for the %zu classes of %s; name the classes, as "
                        "in {0: 1.5, %zu: 2}, to leave the others at 1",
                        weights->classes, dataset->classes, dataset->name, dataset->classes - 1);
        else if (weights->classes > dataset->classes)
            text_printf(text, "class_weight: there is no class %zu, those of %s are 0 to %zu",
                        weights->classes - 1, dataset->name, dataset->classes - 1);
        if (text->length > 0)
            add_problem(config, axis, text);
    }
}

/* --- how many points --- */

static bool is_product(const struct config *config) {
    bool product = true;
    for (size_t i = 0; i < config->axis_count; i++)
        product =
            product && config->axes[i].parent == AXIS_NONE && config->axes[i].zip == AXIS_NONE;
    return product;
}

static void check_size(const struct config *config, struct text *text) {
    const struct walk walk = {.config = config};
    if (config->method != METHOD_GRID || !config->method_node ||
        walk_count(&walk, GRID_TRIALS_MAX) <= GRID_TRIALS_MAX / config->repeats)
        return;
    const bool product = is_product(config);
    for (size_t i = 0; i < config->axis_count && product; i++)
        if (config->axes[i].count > 1)
            text_printf(text, "%zu %s x ", config->axes[i].count,
                        hyperparameters[config->axes[i].id].name);
    text_printf(text,
                "%s%zu repeat%s are more than the %d trials a sweep may have; take fewer values, "
                "another method, such as random, or several configs (they may share a database)",
                product ? "" : "the points of this grid x ", config->repeats,
                text_plural(config->repeats), GRID_TRIALS_MAX);
    reading_fail(config->method_reading, config->method_node, "%s", text->data);
    reading_correct(config->method_reading, config->method_node, "random");
    text_clear(text);
}

/* --- what has an effect --- */

const enum hyperparameter_id deciding_ids[DECIDING] = {[DECIDING_OPTIMIZER] = HP_OPTIMIZER,
                                                       [DECIDING_SCHEDULE] =
                                                           HP_LEARNING_RATE_SCHEDULE,
                                                       [DECIDING_EMA] = HP_USE_EMA,
                                                       [DECIDING_LOSS] = HP_LOSS,
                                                       [DECIDING_LAYERS] = HP_LAYERS,
                                                       [DECIDING_ACTIVATION] = HP_ACTIVATION,
                                                       [DECIDING_OUTPUT] = HP_OUTPUT_ACTIVATION,
                                                       [DECIDING_AUGMENTATION] = HP_AUGMENTATION};

/* The part of what a deciding hyperparameter decides about; PART_ACTIVATION: of all that is no
 * optimizer's and no loss' own. */
static enum hyperparameter_part part_decided(size_t deciding) {
    return deciding <= DECIDING_EMA            ? PART_OPTIMIZER
           : deciding == DECIDING_LOSS         ? PART_LOSS
           : deciding == DECIDING_AUGMENTATION ? PART_STREAM
                                               : PART_ACTIVATION;
}

/* Whether nobody knows if the hyperparameter applies. */
static bool is_open(const struct config *config, enum hyperparameter_id id) {
    const enum hyperparameter_part own = hyperparameters[id].part;
    const enum hyperparameter_part part =
        own == PART_OPTIMIZER || own == PART_LOSS || own == PART_STREAM ? own : PART_ACTIVATION;
    bool open = false;
    for (size_t i = 0; i < DECIDING; i++)
        open |= part_decided(i) == part && config->unread[deciding_ids[i]];
    return open;
}

#define LEVELS_MAX 1000 /* of an axis whose effect on each other one is found out */

/* The deciding axes and those zipped with them; and room for what depends on them. */
static enum status prepare(struct expansion *expansion, bool *moves, size_t leaders[DECIDING],
                           struct error *error) {
    const struct config *config = expansion->config;
    for (size_t d = 0; d < DECIDING; d++) {
        const struct axis *axis = config_axis(config, deciding_ids[d]);
        leaders[d] = axis ? axis_leader(config, (size_t)(axis - config->axes)) : AXIS_NONE;
        if (!axis)
            continue;
        moves[leaders[d]] = true;
        for (size_t i = 0; i < config->axis_count; i++)
            moves[i] |= config->axes[i].id == deciding_ids[d] && config->axes[i].argument &&
                        config->axes[i].argument->type == ARGUMENT_ENTRY;
        for (size_t i = 0; i < config->axis_count && axis->count <= LEVELS_MAX; i++) {
            expansion->effects[i].at[d] = ARENA_NEW(expansion->arena, bool, axis->count);
            if (!expansion->effects[i].at[d])
                return error_memory(error);
        }
    }
    return STATUS_OK;
}

/* Which axes have an effect at a point of the deciding ones. */
static void find_effects(struct expansion *expansion, const double *at,
                         const size_t leaders[DECIDING]) {
    const struct config *config = expansion->config;
    size_t sources[HP_COUNT];
    struct setting setting = {0};
    expansion_complete(expansion, at, &setting, sources);
    for (size_t i = 0; i < HP_COUNT; i++)
        expansion->has[i] |= setting.values[i].type != VALUE_NONE;
    for (size_t i = 0; i < config->axis_count; i++) {
        const struct axis *axis = &config->axes[i];
        const bool applies = setting.values[axis->id].type != VALUE_NONE;
        if (!applies || !axis_exists(config, at, i) ||
            (sources[axis->id] != i && axis->role != AXIS_ARGUMENT))
            continue;
        expansion->effects[i].somewhere = true;
        for (size_t d = 0; d < DECIDING; d++)
            if (leaders[d] != AXIS_NONE && expansion->effects[i].at[d])
                expansion->effects[i].at[d][(size_t)at[leaders[d]]] = true;
    }
}

static void report_unused(const struct expansion *expansion, struct text *text) {
    const struct config *config = expansion->config;
    for (size_t i = 0; i < config->axis_count; i++) {
        const enum hyperparameter_id id = config->axes[i].id;
        const enum hyperparameter_part part = hyperparameters[id].part;
        if (expansion->effects[i].somewhere || is_open(config, id) ||
            config->axes[i].role == AXIS_ARGUMENT)
            continue;
        text_printf(text, "%s has no effect: %s; remove it", hyperparameters[id].name,
                    expansion->has[id] ? "each choice that has it gives its own value"
                    : id == HP_EMA_MOMENTUM || id == HP_EMA_OVERWRITE_FREQUENCY
                        ? "it takes use_ema: true"
                    : id == HP_LEARNING_RATE ? "each schedule here says its rates itself"
                    : part == PART_OPTIMIZER ? "no optimizer here has it"
                    : id == HP_LOSS ? "the outputs of each model here name their own losses"
                    : id == HP_CLASS_WEIGHT
                        ? "it does not go with outputs that are named, as each model's here are"
                    : part == PART_LOSS       ? "no loss here has it"
                    : part == PART_ACTIVATION ? "no activation here has it"
                    : part == PART_STREAM     ? "there is no augmentation"
                                              : "no hidden layer is left for it");
        add_problem(config, &config->axes[i], text);
    }
}

/* --- clipping --- */

static const enum hyperparameter_id clips[] = {HP_CLIPVALUE, HP_CLIPNORM, HP_GLOBAL_CLIPNORM};
#define CLIPS (sizeof clips / sizeof *clips)

static bool is_clip(enum hyperparameter_id id) {
    bool is = false;
    for (size_t i = 0; i < CLIPS; i++)
        is |= id == clips[i];
    return is;
}

/* Whether a setting clips in two ways; which, and the last of them. */
static bool clips_twice(const struct value *values, enum hyperparameter_id *last,
                        struct text *text) {
    size_t count = 0;
    text_clear(text);
    for (size_t i = 0; i < CLIPS; i++)
        if (values[clips[i]].type == VALUE_REAL && values[clips[i]].real > 0) {
            text_printf(text, "%s%s ", count++ > 0 ? "and " : "", hyperparameters[clips[i]].name);
            value_append(&values[clips[i]], text);
            text_append(text, " ");
            *last = clips[i];
        }
    return count > 1;
}

/* Where it is written, or else what brings it along. */
static const struct axis *place_of(const struct config *config, enum hyperparameter_id id) {
    const struct axis *axis = config_axis(config, id);
    return axis ? axis : config_axis(config, HP_OPTIMIZER);
}

/* Keras clips in one way only. Looked at with the first values of all else. */
static enum status check_clips(struct expansion *expansion, struct text *text,
                               struct error *error) {
    const struct config *config = expansion->config;
    bool *moves = ARENA_NEW(expansion->arena, bool, config->axis_count), done = false;
    const struct walk walk = {config, moves, expansion->coordinates};
    if (!moves)
        return error_memory(error);
    for (size_t i = 0; i < config->axis_count; i++)
        if (is_clip(config->axes[i].id) || config->axes[i].id == HP_OPTIMIZER)
            moves[axis_leader(config, i)] = true;
    if (walk_count(&walk, GRID_TRIALS_MAX) > GRID_TRIALS_MAX)
        return STATUS_OK;
    walk_first(&walk);
    do {
        enum hyperparameter_id last = HP_CLIPVALUE;
        struct setting setting = {0};
        expansion_complete(expansion, walk.at, &setting, NULL);
        if (!clips_twice(setting.values, &last, text) || config_excludes(config, setting.values))
            continue;
        text_append(text,
                    "in one setting: only one of clipvalue, clipnorm and global_clipnorm may be "
                    "above 0; write each beside the optimizer's name, as in optimizer: {values: "
                    "[{name: adam, clipnorm: 1}]}, or leave the others out (exclude)");
        add_problem(config, place_of(config, last), text);
        done = true;
    } while (!done && walk_next(&walk));
    text_clear(text);
    return STATUS_OK;
}

/* A hyperparameter that no optimizer or activation of the space has, or that each of them brings
 * along, would silently do nothing. The others need one value each to tell. */
static enum status check_used(struct expansion *expansion, struct text *text, struct error *error) {
    const struct config *config = expansion->config;
    bool *moves = ARENA_NEW(expansion->arena, bool, config->axis_count);
    size_t leaders[DECIDING];
    const struct walk walk = {config, moves, expansion->coordinates};
    if (!moves)
        return error_memory(error);
    enum status status = prepare(expansion, moves, leaders, error);
    if (status != STATUS_OK || walk_count(&walk, GRID_TRIALS_MAX) > GRID_TRIALS_MAX)
        return status;
    walk_first(&walk);
    do
        find_effects(expansion, walk.at, leaders);
    while (walk_next(&walk));
    report_unused(expansion, text);
    return STATUS_OK;
}

enum status expansion_check(struct expansion *expansion, struct error *error) {
    const struct config *config = expansion->config;
    struct text list, text;
    text_init(&list);
    text_init(&text);
    check_losses(config);
    for (const struct dataset *at = expansion->dataset; at; at = at->next) {
        text_clear(&list);
        check_splits(config, at, &list, &text);
        check_images(config, at, &list, &text);
        expansion_check_layers(config, at, &text);
        check_class_weights(config, at, &text);
        expansion_check_data(config, at, &text);
    }
    check_size(config, &text);
    enum status status = check_used(expansion, &text, error);
    if (status == STATUS_OK)
        status = check_clips(expansion, &text, error);
    if (status == STATUS_OK && config->method != METHOD_GRID && config->problems->count == 0)
        status = expansion_check_combinations(expansion, error);
    const bool failed = list.failed || text.failed;
    text_release(&list);
    text_release(&text);
    if (status != STATUS_OK)
        return status;
    return failed ? error_memory(error) : problems_end(config->problems, expansion->arena, error);
}

enum status space_check(const struct config *config, const struct dataset *dataset,
                        struct arena *arena, struct error *error) {
    struct expansion expansion;
    enum status status = expansion_begin(&expansion, config, dataset, arena, error);
    return status == STATUS_OK ? expansion_check(&expansion, error) : status;
}
