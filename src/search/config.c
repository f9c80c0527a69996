#include "search/config_private.h"

#include "base/file.h"
#include "base/names.h"
#include "base/text.h"
#include "data/catalogue.h"
#include "search/config_places.h"
#include "search/layers.h"
#include "search/parameters.h"
#include "search/plugins.h"
#include "search/scalar.h"
#include "search/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPEATS_MAX 100000
#define SEED_MAX                                                                                   \
    (((int64_t)1 << 53) - 1) /* what a number in YAML, JSON and SQL carries exactly                \
                              */

static enum status read_text(const struct reading *reading, const struct node *node,
                             const char *key, const char **text) {
    if (node->kind != NODE_SCALAR)
        return reading_fail(reading, node, "%s must be a text", key);
    *text = node->text;
    return STATUS_OK;
}

static enum status read_name(const struct reading *reading, const struct node *node,
                             struct config *config) {
    return read_text(reading, node, "name", &config->name);
}

static enum status read_description(const struct reading *reading, const struct node *node,
                                    struct config *config) {
    return read_text(reading, node, "description", &config->description);
}

const char *config_nearest(const char *name) {
    const struct word *word = words_find("hyperparameter", name);
    const char *names[HP_COUNT];
    hyperparameter_list_names(names);
    return word ? word->instead : text_nearest(name, names, HP_COUNT);
}

/* What is probably meant by a name; NULL: anything may be. */
static const struct hyperparameter *meant_by(const char *name) {
    const char *nearest = config_nearest(name);
    if (hyperparameter_find(name))
        return hyperparameter_find(name);
    return nearest ? hyperparameter_find(nearest) : NULL;
}

/* Values of a hyperparameter by that name could not be read; NULL: of any. */
void config_mark_unread(struct config *config, const char *name) {
    const struct hyperparameter *meant = name ? meant_by(name) : NULL;
    for (size_t i = 0; i < HP_COUNT; i++)
        config->unread[i] |= !meant || meant == &hyperparameters[i];
}

const struct axis *config_axis(const struct config *config, enum hyperparameter_id id) {
    for (size_t i = 0; i < config->axis_count; i++)
        if (config->axes[i].id == id && config->axes[i].parent == AXIS_NONE)
            return &config->axes[i];
    return NULL;
}

size_t config_most_epochs(const struct config *config) {
    const struct axis *axis = config_axis(config, HP_EPOCHS);
    double least, most = strtod(hyperparameters[HP_EPOCHS].standard, NULL);
    if (axis)
        axis_range(axis, &least, &most);
    return (size_t)most;
}

static enum status read_parameter(const struct reading *reading, const struct node *key,
                                  const struct node *spec, struct config *config) {
    struct parameter parameter;
    if (hyperparameter_find(key->text) == &hyperparameters[HP_DATASET] && config_is_datasets(spec))
        return config_read_datasets(reading, spec, config->parameter_count, config);
    enum status status = parameters_read(reading, key, spec, &parameter);
    if (status != STATUS_OK) {
        config_mark_unread(config, key->text);
        return status;
    }
    for (size_t i = 0; i < config->parameter_count; i++)
        if (config->parameters[i].id == parameter.id)
            return reading_fail(reading, key, "%s is here twice under two names (first in line %d)",
                                hyperparameters[parameter.id].name,
                                config->parameters[i].axes[0].line);
    config->parameters[config->parameter_count++] = parameter;
    return STATUS_OK;
}

static enum status read_parameters(const struct reading *reading, const struct node *node,
                                   struct config *config) {
    enum status status = STATUS_OK;
    if (!reading_is_option(reading))
        config->parameters_node = node;
    if (node->kind != NODE_MAPPING) {
        config_mark_unread(config, NULL);
        return reading_fail(reading, node, "parameters must be a mapping of hyperparameters");
    }
    for (size_t i = 0; i < node->count && status != STATUS_MEMORY; i++) {
        enum status own = reading_check_key(reading, node, i);
        if (own == STATUS_OK)
            own = read_parameter(reading, node->keys[i], node->items[i], config);
        else
            config_mark_unread(config, NULL);
        status = status_join(status, own);
    }
    return status;
}

/* They are loaded before anything else is read (config_load). */
static enum status read_plugins(const struct reading *reading, const struct node *node,
                                struct config *config) {
    (void)config;
    if (reading_is_option(reading))
        return reading_fail(reading, node, "plugins belong into the config itself");
    const struct node *const *nodes = node->kind == NODE_SEQUENCE ? node->items : &node;
    for (size_t i = 0; i < (node->kind == NODE_SEQUENCE ? node->count : 1); i++)
        if (nodes[i]->kind != NODE_SCALAR || scalar_is_null(nodes[i]) || !nodes[i]->text[0])
            return reading_fail(reading, nodes[i],
                                "plugins: the path of a .c or .so file belongs "
                                "here, or a list of them");
    return STATUS_OK;
}

static enum status read_repeats(const struct reading *reading, const struct node *node,
                                struct config *config) {
    int64_t repeats = 1;
    enum status status = reading_integer(reading, node, "repeats", 1, REPEATS_MAX, &repeats);
    config->repeats = (size_t)repeats;
    config->repeats_node = node;
    config->repeats_reading = reading;
    return status;
}

static enum status read_seed(const struct reading *reading, const struct node *node,
                             struct config *config) {
    int64_t seed = 0;
    enum status status = reading_integer(reading, node, "seed", 0, SEED_MAX, &seed);
    config->seed = (uint64_t)seed;
    return status;
}

static enum status read_keep_models(const struct reading *reading, const struct node *node,
                                    struct config *config) {
    static const char *const kinds[] = {
        [KEEP_BEST] = "best", [KEEP_ALL] = "all", [KEEP_NONE] = "none"};
    if (node->kind != NODE_SCALAR)
        return reading_fail(reading, node, "keep_models must be best, all or none");
    for (size_t i = 0; i < 3; i++)
        if (node_says(node, kinds[i])) {
            config->keep_models = (enum keep_models)i;
            return STATUS_OK;
        }
    return reading_fail_unknown(reading, node, "value of keep_models", kinds, 3);
}

/* The top-level keys. */
static const struct config_key keys[] = {
    {"name", read_name, "the sweep's name (default: the file's)", false},
    {"description", read_description, "a text, kept with the results", false},
    {"method", method_read,
     "how settings are chosen: grid, random, sobol, tpe or gp (W&B's bayes): method: tpe", false},
    {"metric", objectives_read,
     "{name: val_accuracy, goal: maximize}: what the leaderboard goes by; loss, "
     "accuracy or a metric, after val_ or test_ (default: val_accuracy, or "
     "test_accuracy without validation). A list of several, of which some may be "
     "parameters or seconds, seeks what is best in all of them: the Pareto set. Ranks and "
     "early_terminate go by the first that is measured on images",
     false},
    {"parameters", read_parameters,
     "the hyperparameters: NAME: {value: X}, {values: [X, Y]}, {min: 1, max: 9}, "
     "{min: 0.1, max: 0.5, q: 0.1}, {min: 1e-5, max: 0.1, log: true}, or a "
     "distribution with its keys; the last one varies fastest. What belongs to one "
     "choice stands beside its name: {name: sgd, momentum: {min: 0, max: 0.99}}. "
     "layers: {count: {min: 1, max: 3}, units: {values: [64, 128]}} are hidden layers "
     "of one width; with each: true, each has its own",
     false},
    {"zip", combinations_read_zip,
     "hyperparameters whose values go together, the first with the first and so on: "
     "[layers, learning_rate], or a list of such lists",
     false},
    {"exclude", combinations_read_exclude,
     "settings to leave out: a list of conditions, each as --where takes them: "
     "[\"optimizer=sgd and learning_rate<0.01\", \"layers=[]\"]",
     false},
    {"dataset", config_read_dataset,
     "a name that `sweep data` lists, a file or folder, or a list: the first that is present is "
     "used (default: [mnist, digits]); or {name: ./mine.npz, test_split: 0.25}, with how it is to "
     "be read; or {values: [mnist, fashion_mnist]}, which are all tried. `sweep keys dataset` "
     "explains these",
     false},
    {"plugins", read_plugins,
     "C files with activations, losses, metrics, optimizers or layers of your own, seen from the "
     "config's folder: "
     "[./swish2.c]; each is compiled, checked and run (a .so is taken as it is)",
     false},
    {"repeats", read_repeats, "seeds per setting (default: 1)", false},
    {"seed", read_seed, "the first seed (default: 0)", false},
    {"budget", method_read_budget,
     "{trials: 100, epochs: 1000, seconds: 600}, one or more: what may be spent; trials "
     "and epochs count all seeds and are never overrun, so that the last batches are smaller "
     "(default: a grid's all, else 100 settings)",
     true},
    {"run_cap", method_read_run_cap, "run_cap: 300 is budget: {trials: 300}, as at W&B", false},
    {"batch", method_read_batch,
     "settings that are chosen at a time, before their results are known: batch: 8 (default: 16; "
     "of tpe and gp a quarter of the budget's settings, where that is less and 10 results let "
     "them learn). More train side by "
     "side, fewer let tpe and gp learn more often",
     false},
    {"shuffle", method_read_shuffle,
     "shuffle: true: a grid's settings in random order, by seed, so that a budget takes a random "
     "part of it (default: false)",
     false},
    {"early_terminate", method_read_early_terminate,
     "which trials end early: {type: halving}, hyperband or median (min_iter, or max_iter and s; "
     "eta, keep, finalists, strict), or race (level, strict); `sweep keys early_terminate` "
     "explains each (default: none)",
     true},
    {"metrics", objectives_read_recorded, "metrics to record besides loss and accuracy", false},
    {"keep_models", read_keep_models,
     "whose weights to keep, for show and predict: best (the default: the best "
     "trial by metric), all or none",
     false},
};
#define KEY_COUNT (sizeof keys / sizeof *keys)

const struct config_key *config_key_find(const char *name) {
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

bool config_key_at(size_t i, const char **name, const char **help) {
    if (i >= KEY_COUNT)
        return false;
    *name = keys[i].name;
    *help = keys[i].help;
    return true;
}

bool config_has_key(const char *name) {
    return config_key_find(name) != NULL;
}

bool config_key_has_parts(const char *name) {
    return config_has_key(name) && config_key_find(name)->parts;
}

/* A key that is none, where a `kind` of names belongs. */
enum status config_fail_key(const struct reading *reading, const struct node *key,
                            const char *kind) {
    const char *names[KEY_COUNT + HP_COUNT];
    const bool any = strcmp(kind, "key") != 0;
    const struct word *word = words_find("key", key->text);
    for (size_t i = 0; i < KEY_COUNT; i++)
        names[i] = keys[i].name;
    hyperparameter_list_names(names + KEY_COUNT);
    if (any && (word || words_find("hyperparameter", key->text)))
        kind = words_find("hyperparameter", key->text) ? "hyperparameter" : "key";
    return reading_fail_unknown(reading, key, kind, names, any ? KEY_COUNT + HP_COUNT : KEY_COUNT);
}

/* Whatever the config has may have been meant by a key that is none. */
static void mark_unknown(struct config *config) {
    config_mark_unread(config, NULL);
    config->metric_unread = true;
    config->dataset_count = 0;
}

/* A name that is no key. */
static enum status fail_name(const struct reading *reading, const struct node *name) {
    if (!hyperparameter_find(name->text))
        return config_fail_key(reading, name, "key");
    return reading_fail(reading, name,
                        "'%s' is a hyperparameter; it belongs under parameters: with its value or "
                        "values, as in %s: {value: ...}",
                        name->text, name->text);
}

static enum status read_key(const struct reading *reading, const struct node *root, size_t i,
                            struct config *config) {
    const struct node *node = root->keys[i], *value = root->items[i];
    const struct config_key *key = node->kind == NODE_SCALAR ? config_key_find(node->text) : NULL;
    enum status status = reading_check_key(reading, root, i);
    if (status == STATUS_OK && key)
        return scalar_is_null(value) ? STATUS_OK : key->read(reading, value, config);
    if (status == STATUS_OK)
        status = fail_name(reading, node);
    if (status != STATUS_OK &&
        (!key || key->read == read_parameters || key->read == config_read_dataset))
        mark_unknown(config);
    return status;
}

/* Whether a hyperparameter has values that no grid could list. */
static bool has_range(const struct config *config) {
    bool range = false;
    for (size_t i = 0; i < config->parameter_count; i++)
        for (size_t j = 0; j < config->parameters[i].axis_count; j++)
            range |= config->parameters[i].axes[j].count == 0;
    return range;
}

static enum status read_root(const struct reading *reading, const struct node *root,
                             struct config *config) {
    static const struct node nothing = {.line = 1, .column = 1};
    if (!root || root->kind != NODE_MAPPING) {
        mark_unknown(config);
        return reading_fail(
            reading, &nothing,
            "a config is a YAML mapping with the keys method and parameters; this is %s",
            root ? root->kind == NODE_SEQUENCE ? "a list" : "a text" : "empty");
    }
    enum status status = STATUS_OK;
    config->root = root;
    for (size_t i = 0; i < root->count && status != STATUS_MEMORY; i++)
        status = status_join(status, read_key(reading, root, i, config));
    if (!node_at(root, "method")) {
        status = status_join(status, reading_fail(reading, root,
                                                  "the key 'method' is missing: grid takes every "
                                                  "combination of listed values, random and others "
                                                  "take ranges as well"));
        reading_insert(reading, root, "method: %s", has_range(config) ? "random" : "grid");
    }
    return status;
}

/* Parse a document; what is wrong with it is a problem like any other. */
enum status config_parse_document(const struct reading *reading, const char *text, size_t length,
                                  const struct node **root) {
    struct error error;
    enum status status = document_parse(reading->file, text, length, reading->arena, root, &error);
    if (status == STATUS_MEMORY)
        return error_memory(reading->error);
    if (status != STATUS_OK)
        problems_add(reading->problems, &error);
    return status;
}

static enum status default_name(struct arena *arena, struct config *config, struct error *error) {
    if (config->name)
        return STATUS_OK;
    const char *slash = strrchr(config->path, '/');
    char *name = arena_copy(arena, slash ? slash + 1 : config->path);
    if (!name)
        return error_memory(error);
    char *dot = strrchr(name, '.');
    if (dot && dot != name)
        *dot = '\0';
    config->name = name;
    return STATUS_OK;
}

/* The text after a byte order mark. */
static const char *without_mark(const char *text) {
    return strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
}

/* The axes of all parameters, one after the other. */
static enum status lay_out(const struct reading *reading, struct config *config) {
    const struct node nowhere = {.line = 0};
    size_t count = 0;
    for (size_t i = 0; i < config->parameter_count; i++)
        count += config->parameters[i].axis_count;
    if (count > CONFIG_AXES_MAX)
        return reading_fail(reading, &nowhere,
                            "%zu hyperparameters, those of single choices included, are more than "
                            "the %d that a space may have",
                            count, CONFIG_AXES_MAX);
    config->axes = ARENA_NEW(reading->arena, struct axis, count);
    if (!config->axes)
        return error_memory(reading->error);
    for (size_t i = 0; i < config->parameter_count; i++) {
        const struct parameter *parameter = &config->parameters[i];
        const size_t first = config->axis_count;
        for (size_t j = 0; j < parameter->axis_count; j++) {
            struct axis *axis = &config->axes[config->axis_count++];
            *axis = parameter->axes[j];
            axis->parent += axis->parent == AXIS_NONE ? 0 : first;
        }
    }
    return STATUS_OK;
}

void config_correct_split(const struct config *config) {
    const struct node *parameters = config->parameters_node;
    if (config_axis(config, HP_VALIDATION_SPLIT))
        return;
    if (parameters)
        reading_insert(config->reading, parameters, "validation_split: {value: 0.1}");
    else if (config->root)
        reading_insert(config->reading, config->root,
                       "parameters: {validation_split: {value: 0.1}}");
}

static enum status settle(struct value *value, struct config *config, struct arena *arena) {
    const struct hidden_layers *before = value->layers;
    value->layers = layers_as_in_keras(before, arena);
    config->keras_layers |= value->layers != before;
    return value->layers ? STATUS_OK : STATUS_MEMORY;
}

static enum status settle_condition(struct filter_condition *condition, struct config *config,
                                    struct arena *arena) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < condition->count; i++)
        if (condition->values[i].type == VALUE_LAYERS)
            status = status_join(status, settle(&condition->values[i], config, arena));
    return status;
}

/* Without an activation in the config, layers under Keras' names have Keras' default. */
static enum status settle_activations(const struct reading *reading, struct config *config) {
    const struct axis *axis = config_axis(config, HP_LAYERS);
    enum status status = STATUS_OK;
    if (config_axis(config, HP_ACTIVATION))
        return STATUS_OK;
    for (size_t i = 0; axis && axis->role == AXIS_VALUE && i < axis->count; i++)
        status = status_join(status, settle(&axis->choices[i].value, config, reading->arena));
    for (size_t i = 0; i < config->exclusion_count; i++)
        for (size_t j = 0; j < config->exclusions[i].filter.count; j++)
            status =
                status_join(status, settle_condition(&config->exclusions[i].filter.conditions[j],
                                                     config, reading->arena));
    return status == STATUS_OK ? STATUS_OK : error_memory(reading->error);
}

/* What can be said once all is read, --set included. */
static enum status finish(const struct reading *reading, struct config *config) {
    enum status status = lay_out(reading, config);
    if (status == STATUS_OK)
        status = settle_activations(reading, config);
    if (status == STATUS_OK)
        status = combinations_zip(config);
    if (status != STATUS_MEMORY)
        status = status_join(status, objectives_choose(reading, config));
    if (status == STATUS_OK)
        status = callbacks_check(config);
    return status == STATUS_MEMORY ? status : status_join(status, method_check(config));
}

static enum status read_all(const struct reading *reading, size_t length,
                            const char *const *settings, size_t setting_count,
                            struct config *config) {
    const struct node *root;
    enum status status = config_parse_document(reading, config->text, length, &root);
    if (status == STATUS_OK)
        status = read_root(reading, root, config);
    else
        mark_unknown(config);
    if (status != STATUS_MEMORY)
        status = status_join(status, settings_apply(reading, settings, setting_count, config));
    return status == STATUS_MEMORY ? status : status_join(status, finish(reading, config));
}

static void identify(struct config *config, size_t length) {
    const char *keras = config->keras_layers ? "layers as in Keras\n" : "";
    char batch[48] = "";
    if (!config->batch_node && config->batch != CONFIG_BATCH)
        snprintf(batch, sizeof batch, "default batch=%zu\n", config->batch);
    const struct digest_piece pieces[] = {{config->text, length},
                                          {config->settings, strlen(config->settings)},
                                          {keras, strlen(keras)},
                                          {batch, strlen(batch)}};
    config->earlier_digest = digest_of(pieces, 3);
    config->digest = digest_of(pieces, 4);
}

enum status config_parse(const char *path, const char *text, size_t length,
                         const char *const *settings, size_t setting_count, struct arena *arena,
                         struct config *config, struct error *error) {
    *config = (struct config){.path = arena_copy(arena, path),
                              .text = arena_copy(arena, text),
                              .settings = "",
                              .description = "",
                              .dataset_count = 2,
                              .datasets = {"mnist", "digits"},
                              .repeats = 1,
                              .problems = problems_new(arena)};
    struct reading *reading = ARENA_NEW(arena, struct reading, 1); /* axes keep it */
    if (!config->path || !config->text || !config->problems || !reading)
        return error_memory(error);
    config->problems->file = config->path;
    config->reading = reading;
    *reading = (struct reading){.file = config->path,
                                .arena = arena,
                                .error = error,
                                .problems = config->problems,
                                .text = without_mark(config->text),
                                .before = ""};
    enum status status = read_all(reading, length, settings, setting_count, config);
    if (status == STATUS_OK)
        status = default_name(arena, config, error);
    if (status == STATUS_OK)
        status = settings_into_name(arena, config, error);
    if (status == STATUS_MEMORY)
        return status;
    if (problems_end(config->problems, arena, error) != STATUS_OK)
        return STATUS_INPUT;
    identify(config, length);
    return STATUS_OK;
}

enum status config_check_datasets(struct config *config, const struct dataset_places *places,
                                  struct arena *arena, struct error *error) {
    for (size_t i = 0; i < config->dataset_count; i++) {
        struct error own;
        const struct node *node = config->dataset_nodes[i];
        const enum status status = dataset_check_name(config->datasets[i], places, &own);
        if (status != STATUS_OK && status != STATUS_INPUT) {
            if (error)
                *error = own;
            return status;
        }
        if (status == STATUS_OK)
            continue;
        if (node && !own.file[0])
            error_place(&own, config->dataset_reading->file, node->line, node->column);
        problems_add(config->problems, &own);
        const char *nearest = catalogue_nearest(config->datasets[i]);
        if (node && nearest && !catalogue_find(config->datasets[i]))
            reading_correct(config->dataset_reading, node, "%s", nearest);
    }
    return problems_end(config->problems, arena, error);
}

/* A path that a config names, seen from the folder that the config is in. */
static const char *beside(const char *file, const char *path, struct arena *arena) {
    const char *slash = strrchr(file, '/');
    if (path[0] == '/' || !slash)
        return path;
    const size_t folder = (size_t)(slash + 1 - file), bytes = folder + strlen(path) + 1;
    char *joined = ARENA_NEW(arena, char, bytes);
    if (joined)
        snprintf(joined, bytes, "%.*s%s", (int)folder, file, path);
    return joined;
}

/* Load the plug-ins of a config: before it is read, since it may use their names. A document that
 * is none says so when it is read. */
static enum status load_plugins(const char *file, const char *text, size_t length,
                                struct arena *arena, struct error *error) {
    const struct node *root, *node = NULL;
    enum status status = STATUS_OK;
    if (strstr(text, "plugins") &&
        document_parse(file, text, length, arena, &root, NULL) == STATUS_OK && root &&
        root->kind == NODE_MAPPING)
        node = node_at(root, "plugins");
    if (!node || node->kind == NODE_MAPPING)
        return status;
    const struct node *const *nodes = node->kind == NODE_SEQUENCE ? node->items : &node;
    const size_t count = node->kind == NODE_SEQUENCE ? node->count : 1;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        if (nodes[i]->kind != NODE_SCALAR || !nodes[i]->text[0])
            continue;
        const char *path = beside(file, nodes[i]->text, arena);
        status = path ? plugins_load(path, arena, error) : error_memory(error);
    }
    return status;
}

enum status config_load(const char *path, const char *const *settings, size_t setting_count,
                        struct arena *arena, struct config *config, struct error *error) {
    char *text;
    size_t length;
    *config = (struct config){0};
    const char *found = config_places_find(path, arena), *file = found ? found : path;
    enum status status = file_read(file, CONFIG_BYTES_MAX, arena, &text, &length, error);
    if (status == STATUS_INPUT && !found)
        return config_places_explain(path, arena, error);
    if (status == STATUS_OK)
        status = load_plugins(file, text, length, arena, error);
    if (status != STATUS_OK)
        return status;
    return config_parse(file, text, length, settings, setting_count, arena, config, error);
}
