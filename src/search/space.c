#include "search/space.h"

#include "base/intern.h"
#include "nn/activation.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

/* Which choice of each axis a point of the grid takes. */
struct point {
    size_t at[HP_COUNT];
};

static bool has_hidden_layers(const struct value *values) {
    return values[HP_LAYERS].layers->count > 0;
}

static const char *activation_of_layer(const struct value *values, size_t layer) {
    const struct hidden_layers *layers = values[HP_LAYERS].layers;
    if (layer >= layers->count)
        return values[HP_OUTPUT_ACTIVATION].name;
    const char *own = layers->items[layer].activation;
    return own ? own : values[HP_ACTIVATION].name;
}

/* Whether a layer's activation has this hyperparameter; *value is then its default. */
static bool activation_parameter_used(const struct value *values,
                                      const struct hyperparameter *hyperparameter, double *value) {
    for (size_t i = 0; i <= values[HP_LAYERS].layers->count; i++) {
        const struct activation *activation = activation_find(activation_of_layer(values, i));
        if ((int)activation->parameter == hyperparameter->detail) {
            *value = activation->parameter_default;
            return true;
        }
    }
    return false;
}

/* Whether the hidden layers' common activation is used by any of them. */
static bool common_activation_used(const struct value *values) {
    const struct hidden_layers *layers = values[HP_LAYERS].layers;
    for (size_t i = 0; i < layers->count; i++)
        if (!layers->items[i].activation)
            return true;
    return false;
}

static void set_number(struct value *value, const struct hyperparameter *hyperparameter,
                       double number) {
    if (value->type != VALUE_NONE)
        return;
    value->type = hyperparameter->type;
    if (hyperparameter->type == VALUE_BOOLEAN)
        value->boolean = number != 0;
    else
        value->real = number;
}

/* Keep a value only where it applies; complete it with its choice's default. */
static void settle_dependent(struct value *values) {
    const struct optimizer *optimizer = optimizer_find(values[HP_OPTIMIZER].name);
    for (size_t i = 0; i < HP_COUNT; i++) {
        const struct hyperparameter *hyperparameter = &hyperparameters[i];
        double standard = 0;
        bool applies = true;
        if (hyperparameter->part == PART_OPTIMIZER)
            applies = optimizer_has(optimizer, (enum optimizer_parameter)hyperparameter->detail,
                                    &standard);
        else if (hyperparameter->part == PART_ACTIVATION)
            applies = activation_parameter_used(values, hyperparameter, &standard);
        else
            continue;
        if (applies)
            set_number(&values[i], hyperparameter, standard);
        else
            values[i] = (struct value){.type = VALUE_NONE};
    }
    if (!common_activation_used(values))
        values[HP_ACTIVATION] = (struct value){.type = VALUE_NONE};
    if (!has_hidden_layers(values))
        values[HP_DROPOUT] = (struct value){.type = VALUE_NONE};
}

/* The table's defaults, parsed once as a config's values are. */
static enum status read_standards(struct arena *arena, struct value *values, struct error *error) {
    struct config config;
    for (size_t i = 0; i < HP_COUNT; i++) {
        values[i] = (struct value){.type = VALUE_NONE};
        if (!hyperparameters[i].standard)
            continue;
        const char *setting =
            arena_printf(arena, "%s=%s", hyperparameters[i].name, hyperparameters[i].standard);
        if (!setting)
            return error_memory(error);
        static const char nothing[] = "method: grid\n";
        enum status status = config_parse("defaults", nothing, sizeof nothing - 1, &setting, 1,
                                          arena, &config, error);
        if (status != STATUS_OK)
            return status;
        values[i] = config.axes[0].choices[0].value;
    }
    return STATUS_OK;
}

static bool all(const struct hyperparameter *hyperparameter) {
    (void)hyperparameter;
    return true;
}

static void append_values(const struct value *values, bool (*wanted)(const struct hyperparameter *),
                          struct text *text) {
    for (size_t i = 0; i < HP_COUNT; i++) {
        if (values[i].type == VALUE_NONE || !wanted(&hyperparameters[i]))
            continue;
        text_printf(text, "%s=", hyperparameters[i].name);
        value_append(&values[i], text);
        text_append(text, "\n");
    }
}

/* The same network in one spelling: where all hidden layers have one activation it is the common
 * one, else each layer names its own. sgd without momentum has no use for nesterov. */
static void make_canonical(struct value *values, struct hidden_layers *layers) {
    bool uniform = true;
    if (values[HP_LAYERS].type != VALUE_LAYERS) /* a damaged row of a database */
        return;
    *layers = *values[HP_LAYERS].layers;
    for (size_t i = 0; i < layers->count; i++) {
        layers->items[i].activation = activation_of_layer(values, i);
        uniform = uniform && layers->items[i].activation == layers->items[0].activation;
    }
    values[HP_ACTIVATION].type = VALUE_NONE;
    if (uniform && layers->count > 0 && layers->items[0].activation)
        values[HP_ACTIVATION] =
            (struct value){.type = VALUE_NAME, .name = layers->items[0].activation};
    for (size_t i = 0; uniform && i < layers->count; i++)
        layers->items[i].activation = NULL;
    values[HP_LAYERS].layers = layers;
    if (values[HP_NESTEROV].type == VALUE_BOOLEAN && values[HP_MOMENTUM].real == 0)
        values[HP_NESTEROV].boolean = false;
}

void setting_append(const struct setting *setting, bool (*wanted)(const struct hyperparameter *),
                    struct text *text) {
    struct value values[HP_COUNT];
    struct hidden_layers layers;
    memcpy(values, setting->values, sizeof values);
    make_canonical(values, &layers);
    append_values(values, wanted, text);
}

bool setting_identify(struct setting *setting, struct text *scratch) {
    text_clear(scratch);
    setting_append(setting, all, scratch);
    setting->digest = digest_of_bytes(scratch->data, scratch->length);
    return !scratch->failed;
}

struct digest trial_digest(const char *setting_digest, uint64_t seed, const char *dataset_digest,
                           int arithmetic, struct text *scratch) {
    text_clear(scratch);
    text_printf(scratch, "setting=%s\nseed=%" PRIu64 "\ndataset=%s\narithmetic=%d\n",
                setting_digest, seed, dataset_digest, arithmetic);
    return digest_of_bytes(scratch->data, scratch->length);
}

/* What the points of a grid are completed with. */
struct expansion {
    const struct config *config;
    const struct dataset *dataset;
    struct value standards[HP_COUNT];
    bool has[HP_COUNT];  /* the hyperparameter applies at some point */
    bool used[HP_COUNT]; /* and its own axis decides its value there */
};

static void complete(struct expansion *expansion, const struct point *point,
                     struct setting *setting) {
    const struct config *config = expansion->config;
    struct value *values = setting->values;
    bool own[HP_COUNT] = {false};
    memcpy(values, expansion->standards, sizeof setting->values);
    for (size_t i = 0; i < config->axis_count; i++) {
        values[config->axes[i].id] = config->axes[i].choices[point->at[i]].value;
        own[config->axes[i].id] = true;
    }
    /* What comes with a choice is closer to it than an axis of its own. */
    for (size_t i = 0; i < config->axis_count; i++) {
        const struct choice *choice = &config->axes[i].choices[point->at[i]];
        for (size_t j = 0; j < choice->detail_count; j++) {
            values[choice->details[j].id] = choice->details[j].value;
            own[choice->details[j].id] = false;
        }
    }
    settle_dependent(values);
    if (values[HP_TRAIN_IMAGES].type == VALUE_NONE)
        values[HP_TRAIN_IMAGES] =
            (struct value){.type = VALUE_INTEGER,
                           .integer = (int64_t)stream_train_limit(
                               expansion->dataset->train.count, values[HP_VALIDATION_SPLIT].real)};
    for (size_t i = 0; i < HP_COUNT; i++) {
        expansion->has[i] |= values[i].type != VALUE_NONE;
        expansion->used[i] |= own[i] && values[i].type != VALUE_NONE;
    }
}

/* The next point, the last axis first; false after the last point. */
static bool advance(const struct config *config, struct point *point) {
    for (size_t axis = config->axis_count; axis-- > 0;) {
        if (++point->at[axis] < config->axes[axis].count)
            return true;
        point->at[axis] = 0;
    }
    return false;
}

/* A set of digests: open addressing over an array that is at most half full. */
struct seen {
    const struct setting **slots;
    size_t mask;
};

static bool seen_before(struct seen *seen, const struct setting *setting) {
    size_t at = 0;
    for (int i = 0; i < 15; i++) {
        const char digit = setting->digest.hex[i];
        at = at << 4 | (size_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    for (at &= seen->mask; seen->slots[at]; at = (at + 1) & seen->mask)
        if (strcmp(seen->slots[at]->digest.hex, setting->digest.hex) == 0)
            return true;
    seen->slots[at] = setting;
    return false;
}

/* The number of points of the grid, or 0 when that times the repeats is above TRIALS_MAX. */
static size_t count_points(const struct config *config) {
    size_t points = 1;
    for (size_t i = 0; i < config->axis_count; i++)
        if (__builtin_mul_overflow(points, config->axes[i].count, &points) || points > TRIALS_MAX)
            return 0;
    return points > TRIALS_MAX / config->repeats ? 0 : points;
}

/* A problem of the config at an axis, or of the file where that is NULL. Clears the text. */
static void add_problem(const struct config *config, const struct axis *axis, struct text *text) {
    struct error error;
    error_set(&error, STATUS_INPUT, "%s", text->data);
    error_place(&error, axis ? axis->file : config->path, axis ? axis->line : 0,
                axis ? axis->column : 0);
    problems_add(config->problems, &error);
    text_clear(text);
}

/* Whether images are left to train on for each validation_split. The least number that is, as far
 * as is known. */
static size_t check_splits(const struct config *config, const struct dataset *dataset,
                           struct text *list, struct text *text) {
    const struct axis *splits = config_axis(config, HP_VALIDATION_SPLIT);
    size_t least = dataset->train.count, count = 0;
    for (size_t i = 0; splits && i < splits->count; i++) {
        const struct value *split = &splits->choices[i].value;
        const size_t limit = stream_train_limit(dataset->train.count, split->real);
        if (limit == 0)
            value_list_append(split, &count, list);
        else if (limit < least)
            least = limit;
    }
    value_list_end(count, list);
    if (count > 0) {
        text_printf(text, "validation_split %s: none of the %zu images of %s is left to train on",
                    list->data, dataset->train.count, dataset->name);
        add_problem(config, splits, text);
    }
    return least;
}

static void check_images(const struct config *config, const struct dataset *dataset, size_t least,
                         struct text *list, struct text *text) {
    const struct axis *images = config_axis(config, HP_TRAIN_IMAGES);
    size_t count = 0;
    text_clear(list);
    for (size_t i = 0; images && i < images->count; i++)
        if ((uint64_t)images->choices[i].value.integer > least)
            value_list_append(&images->choices[i].value, &count, list);
    value_list_end(count, list);
    if (count > 0) {
        text_printf(text, "train_images: %s are more than the %zu that %s has%s", list->data, least,
                    dataset->name, least < dataset->train.count ? " after validation_split" : "");
        add_problem(config, images, text);
    }
}

static void check_size(const struct config *config, struct text *text) {
    if (count_points(config) > 0)
        return;
    for (size_t i = 0; i < config->axis_count; i++)
        if (config->axes[i].count > 1)
            text_printf(text, "%zu %s x ", config->axes[i].count,
                        hyperparameters[config->axes[i].id].name);
    text_printf(text,
                "%zu repeat%s are more than the %d trials a sweep may have; take fewer values, or "
                "several configs (they may share a database)",
                config->repeats, text_plural(config->repeats), TRIALS_MAX);
    add_problem(config, NULL, text);
}

/* The hyperparameters that decide which others apply: the optimizer for its own, the rest for all
 * else. */
static const enum hyperparameter_id deciding[] = {HP_OPTIMIZER, HP_LAYERS, HP_ACTIVATION,
                                                  HP_OUTPUT_ACTIVATION};
#define DECIDING (sizeof deciding / sizeof *deciding)

static bool decides(enum hyperparameter_id id) {
    for (size_t i = 0; i < DECIDING; i++)
        if (deciding[i] == id)
            return true;
    return false;
}

/* Whether nobody knows if the hyperparameter applies. */
static bool is_open(const struct config *config, enum hyperparameter_id id) {
    const bool of_optimizer = hyperparameters[id].part == PART_OPTIMIZER;
    bool open = of_optimizer && config->unread[HP_OPTIMIZER];
    for (size_t i = 1; i < DECIDING; i++)
        open |= !of_optimizer && config->unread[deciding[i]];
    return open;
}

/* A hyperparameter that no optimizer or activation of the space has, or that each of them brings
 * along, would silently do nothing. The others need one value each to tell. */
static void check_used(struct expansion *expansion, struct text *text) {
    const struct config *config = expansion->config;
    struct config few = *config;
    struct point point = {{0}};
    struct setting setting = {0};
    for (size_t i = 0; i < few.axis_count; i++)
        few.axes[i].count = decides(few.axes[i].id) ? few.axes[i].count : 1;
    if (count_points(&few) == 0)
        return;
    expansion->config = &few;
    do
        complete(expansion, &point, &setting);
    while (advance(&few, &point));
    expansion->config = config;
    for (size_t i = 0; i < config->axis_count; i++) {
        const enum hyperparameter_id id = config->axes[i].id;
        const enum hyperparameter_part part = hyperparameters[id].part;
        if (expansion->used[id] || is_open(config, id))
            continue;
        text_printf(text, "%s has no effect: %s; remove it", hyperparameters[id].name,
                    expansion->has[id]        ? "each choice that has it gives its own value"
                    : part == PART_OPTIMIZER  ? "no optimizer here has it"
                    : part == PART_ACTIVATION ? "no activation here has it"
                                              : "no hidden layer is left for it");
        add_problem(config, &config->axes[i], text);
    }
}

static enum status check(struct expansion *expansion, struct arena *arena, struct error *error) {
    const struct config *config = expansion->config;
    struct text list, text;
    text_init(&list);
    text_init(&text);
    const size_t least = check_splits(config, expansion->dataset, &list, &text);
    check_images(config, expansion->dataset, least, &list, &text);
    check_size(config, &text);
    check_used(expansion, &text);
    const bool failed = list.failed || text.failed;
    text_release(&list);
    text_release(&text);
    return failed ? error_memory(error) : problems_end(config->problems, arena, error);
}

enum status space_check(const struct config *config, const struct dataset *dataset,
                        struct arena *arena, struct error *error) {
    struct expansion expansion = {.config = config, .dataset = dataset};
    enum status status = read_standards(arena, expansion.standards, error);
    return status == STATUS_OK ? check(&expansion, arena, error) : status;
}

static enum status expand_settings(struct expansion *expansion, size_t points, struct arena *arena,
                                   struct space *space, struct error *error) {
    const struct config *config = expansion->config;
    struct seen seen = {.mask = 1};
    struct point point = {{0}};
    while (seen.mask < 2 * points)
        seen.mask *= 2;
    seen.slots = ARENA_NEW(arena, const struct setting *, seen.mask);
    seen.mask--;
    space->settings = ARENA_NEW(arena, struct setting, points);
    if (!seen.slots || !space->settings)
        return error_memory(error);
    struct text text;
    text_init(&text);
    do {
        struct setting *setting = &space->settings[space->setting_count];
        complete(expansion, &point, setting);
        if (!setting_identify(setting, &text))
            break;
        if (seen_before(&seen, setting))
            space->equal_count++;
        else
            space->setting_count++;
    } while (advance(config, &point));
    const bool failed = text.failed;
    text_release(&text);
    return failed ? error_memory(error) : STATUS_OK;
}

static enum status make_trials(const struct config *config, const struct dataset *dataset,
                               struct arena *arena, struct space *space, struct error *error) {
    space->trials = ARENA_NEW(arena, struct trial, space->setting_count * config->repeats);
    if (!space->trials)
        return error_memory(error);
    struct text text;
    bool failed = false;
    text_init(&text);
    for (size_t i = 0; i < space->setting_count; i++)
        for (size_t repeat = 0; repeat < config->repeats; repeat++) {
            struct trial *trial = &space->trials[space->trial_count++];
            trial->setting = &space->settings[i];
            trial->seed = config->seed + repeat;
            trial->digest = trial_digest(trial->setting->digest.hex, trial->seed,
                                         dataset->digest.hex, ARITHMETIC_VERSION, &text);
            failed |= text.failed;
        }
    text_release(&text);
    return failed ? error_memory(error) : STATUS_OK;
}

enum status space_expand(const struct config *config, const struct dataset *dataset,
                         struct arena *arena, struct space *space, struct error *error) {
    struct expansion expansion = {.config = config, .dataset = dataset};
    *space = (struct space){0};
    enum status status = read_standards(arena, expansion.standards, error);
    if (status == STATUS_OK)
        status = check(&expansion, arena, error);
    if (status == STATUS_OK)
        status = expand_settings(&expansion, count_points(config), arena, space, error);
    return status == STATUS_OK ? make_trials(config, dataset, arena, space, error) : status;
}

static struct layer_spec *add_layer(struct network_spec *spec, const struct layer_kind *kind) {
    struct layer_spec *layer = &spec->layers[spec->layer_count++];
    layer->kind = kind;
    return layer;
}

static void add_dense(const struct value *values, size_t number, size_t units,
                      struct network_spec *network) {
    struct layer_spec *spec = add_layer(network, &layer_dense);
    const struct activation *activation = activation_find(activation_of_layer(values, number));
    spec->units = units;
    spec->activation = activation;
    for (size_t i = 0; activation->parameter != ACTIVATION_NO_PARAMETER && i < HP_COUNT; i++)
        if (hyperparameters[i].part == PART_ACTIVATION &&
            hyperparameters[i].detail == (int)activation->parameter)
            spec->activation_parameter = values[i].real;
}

void setting_network(const struct setting *setting, const struct dataset *dataset, uint64_t seed,
                     struct network_spec *spec) {
    const struct value *values = setting->values;
    const struct hidden_layers *layers = values[HP_LAYERS].layers;
    const double dropout = values[HP_DROPOUT].type == VALUE_NONE ? 0 : values[HP_DROPOUT].real;
    *spec = (struct network_spec){
        .inputs = dataset->rows * dataset->columns,
        .loss = loss_find(values[HP_LOSS].name),
        .initializer = initializer_find(values[HP_INITIALIZER].name),
        .optimizer = optimizer_find(values[HP_OPTIMIZER].name),
        .l2 = values[HP_L2].real,
        .seed = seed,
    };
    for (size_t i = 0; i < layers->count; i++) {
        add_dense(values, i, (size_t)layers->items[i].units, spec);
        if (dropout > 0)
            add_layer(spec, &layer_dropout)->rate = dropout;
    }
    add_dense(values, layers->count, dataset->classes, spec);
    for (size_t i = 0; i < HP_COUNT; i++) {
        const struct hyperparameter *hyperparameter = &hyperparameters[i];
        if (hyperparameter->part == PART_OPTIMIZER && values[i].type != VALUE_NONE)
            spec->optimizer_settings.value[hyperparameter->detail] =
                hyperparameter->type == VALUE_BOOLEAN ? values[i].boolean : values[i].real;
    }
}

void setting_stream(const struct setting *setting, const struct dataset *dataset, uint64_t seed,
                    struct stream_spec *spec) {
    const struct value *values = setting->values;
    size_t limit = stream_train_limit(dataset->train.count, values[HP_VALIDATION_SPLIT].real);
    *spec = (struct stream_spec){
        .data = dataset,
        .train_count = (size_t)values[HP_TRAIN_IMAGES].integer,
        .validation_begin = limit,
        .validation_count = dataset->train.count - limit,
        .batch_size = (size_t)values[HP_BATCH_SIZE].integer,
        .train_image_divisor = values[HP_TRAIN_IMAGE_DIVISOR].real,
        .test_image_divisor = values[HP_TEST_IMAGE_DIVISOR].real,
        .train_label_divisor = values[HP_TRAIN_LABEL_DIVISOR].real,
        .seed = seed,
    };
}

bool space_differs_in(const struct space *space, enum hyperparameter_id id) {
    struct text first, other;
    bool differs = false;
    text_init(&first);
    text_init(&other);
    for (size_t i = 0; i < space->setting_count && !differs; i++) {
        struct text *text = i == 0 ? &first : &other;
        text_clear(text);
        value_append(&space->settings[i].values[id], text);
        differs = i > 0 && strcmp(first.data, other.data) != 0;
    }
    text_release(&first);
    text_release(&other);
    return differs;
}

enum status space_quantities(const struct space *space, const struct score *score,
                             size_t *quantities, size_t *count, struct error *error) {
    struct intern known;
    struct text key;
    intern_init(&known);
    text_init(&key);
    for (size_t i = 0; i < space->setting_count; i++) {
        text_clear(&key);
        for (size_t j = 0; j < HP_COUNT; j++)
            if (score_is_defined_by(score, (enum hyperparameter_id)j)) {
                value_append(&space->settings[i].values[j], &key);
                text_append(&key, " ");
            }
        quantities[i] = intern_number(&known, key.data, key.length, NULL);
    }
    *count = known.count;
    const bool failed = known.failed || key.failed;
    intern_release(&known);
    text_release(&key);
    return failed ? error_memory(error) : STATUS_OK;
}
