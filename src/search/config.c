#include "search/config.h"

#include "base/file.h"
#include "search/config_places.h"
#include "search/document.h"
#include "search/parameters.h"

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

static enum status read_method(const struct reading *reading, const struct node *node,
                               struct config *config) {
    static const char *const later[] = {"random", "bayes"};
    static const char *const known[] = {"grid"};
    (void)config;
    if (node->kind != NODE_SCALAR)
        return reading_fail(reading, node, "method must be grid");
    for (size_t i = 0; i < 2; i++)
        if (strcmp(node->text, later[i]) == 0)
            return reading_fail(reading, node, "method '%s' is not supported; use grid", later[i]);
    if (strcmp(node->text, known[0]) != 0)
        return reading_fail_unknown(reading, node, "method", known, 1);
    return STATUS_OK;
}

static enum status read_goal(const struct reading *reading, const struct node *goal,
                             struct config *config) {
    static const char *const goals[] = {"minimize", "maximize"};
    for (size_t i = 0; i < 2; i++)
        if (goal->kind == NODE_SCALAR && strcmp(goal->text, goals[i]) == 0) {
            config->maximize = i == 1;
            return STATUS_OK;
        }
    if (goal->kind != NODE_SCALAR)
        return reading_fail(reading, goal, "goal must be minimize or maximize");
    return reading_fail_unknown(reading, goal, "goal", goals, 2);
}

/* Of all that are known, those that any trial has are named. */
static enum status fail_metric(const struct reading *reading, const struct node *name) {
    struct score score;
    const char *usual[16];
    size_t count = 0;
    for (size_t i = 0; count < 16 && score_at(i, &score) && score.in_trials; i++)
        if (score.split != SCORE_UNSPLIT &&
            !(usual[count++] = arena_copy(reading->arena, score.name)))
            return error_memory(reading->error);
    return reading_fail_unknown(reading, name, "metric", usual, count);
}

static enum status read_metric(const struct reading *reading, const struct node *node,
                               struct config *config) {
    static const char *const parts[] = {"name", "goal"};
    if (node->kind != NODE_MAPPING)
        return reading_fail(reading, node, "metric must be {name: ..., goal: ...}");
    for (size_t i = 0; i < node->count; i++)
        if (strcmp(node->keys[i]->text, parts[0]) != 0 &&
            strcmp(node->keys[i]->text, parts[1]) != 0)
            return reading_fail_unknown(reading, node->keys[i], "key of metric", parts, 2);
    const struct node *name = node_at(node, "name"), *goal = node_at(node, "goal");
    if (!name || name->kind != NODE_SCALAR)
        return reading_fail(reading, name ? name : node,
                            "metric needs a name, such as val_accuracy");
    struct score *score = &config->score;
    if (!score_find(name->text, score) || score->split == SCORE_UNSPLIT)
        return fail_metric(reading, name);
    config->maximize = score->maximize;
    return goal ? read_goal(reading, goal, config) : STATUS_OK;
}

static enum status read_parameters(const struct reading *reading, const struct node *node,
                                   struct config *config) {
    if (node->kind != NODE_MAPPING)
        return reading_fail(reading, node, "parameters must be a mapping of hyperparameters");
    for (size_t i = 0; i < node->count; i++) {
        struct axis axis;
        enum status status = parameters_read_axis(reading, node->keys[i], node->items[i], &axis);
        if (status != STATUS_OK)
            return status;
        for (size_t j = 0; j < config->axis_count; j++)
            if (config->axes[j].id == axis.id)
                return reading_fail(reading, node->keys[i],
                                    "%s is here twice under two names (first in line %d)",
                                    hyperparameters[axis.id].name, config->axes[j].line);
        config->axes[config->axis_count++] = axis;
    }
    return STATUS_OK;
}

static enum status read_dataset(const struct reading *reading, const struct node *node,
                                struct config *config) {
    const struct node *const *nodes = node->kind == NODE_SEQUENCE ? node->items : &node;
    size_t count = node->kind == NODE_SEQUENCE ? node->count : 1;
    if (node->kind == NODE_MAPPING || count == 0 || count > CONFIG_DATASETS_MAX)
        return reading_fail(reading, node,
                            "dataset must be a name or a folder, or a list of 1 to %d of them",
                            CONFIG_DATASETS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (nodes[i]->kind != NODE_SCALAR || nodes[i]->text[0] == '\0')
            return reading_fail(reading, nodes[i], "dataset: a name or a folder belongs here");
        config->datasets[i] = nodes[i]->text;
    }
    config->dataset_count = count;
    return STATUS_OK;
}

static enum status read_repeats(const struct reading *reading, const struct node *node,
                                struct config *config) {
    int64_t repeats = 1;
    enum status status = reading_integer(reading, node, "repeats", 1, REPEATS_MAX, &repeats);
    config->repeats = (size_t)repeats;
    return status;
}

static enum status read_seed(const struct reading *reading, const struct node *node,
                             struct config *config) {
    int64_t seed = 0;
    enum status status = reading_integer(reading, node, "seed", 0, SEED_MAX, &seed);
    config->seed = (uint64_t)seed;
    return status;
}

static enum status read_metrics(const struct reading *reading, const struct node *node,
                                struct config *config) {
    const struct node *const *nodes = node->kind == NODE_SEQUENCE ? node->items : &node;
    size_t count = node->kind == NODE_SEQUENCE ? node->count : 1;
    if (node->kind == NODE_MAPPING || count > CONFIG_METRICS_MAX)
        return reading_fail(reading, node, "metrics must be a list of at most %d names",
                            CONFIG_METRICS_MAX);
    config->metric_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct metric *metric =
            nodes[i]->kind == NODE_SCALAR ? metric_find(nodes[i]->text) : NULL;
        if (!metric && nodes[i]->kind != NODE_SCALAR)
            return reading_fail(reading, nodes[i], "metrics: the name of a metric belongs here");
        if (!metric) {
            const char *names[64];
            size_t known = metric_count < 64 ? metric_count : 64;
            for (size_t j = 0; j < known; j++)
                names[j] = metrics[j].name;
            return reading_fail_unknown(reading, nodes[i], "metric", names, known);
        }
        bool recorded = metric == metric_find("accuracy"); /* always is */
        for (size_t j = 0; j < config->metric_count; j++)
            recorded |= config->metrics[j] == metric;
        if (!recorded)
            config->metrics[config->metric_count++] = metric;
    }
    return STATUS_OK;
}

static enum status read_keep_models(const struct reading *reading, const struct node *node,
                                    struct config *config) {
    static const char *const kinds[] = {
        [KEEP_BEST] = "best", [KEEP_ALL] = "all", [KEEP_NONE] = "none"};
    if (node->kind != NODE_SCALAR)
        return reading_fail(reading, node, "keep_models must be best, all or none");
    for (size_t i = 0; i < 3; i++)
        if (strcmp(node->text, kinds[i]) == 0) {
            config->keep_models = (enum keep_models)i;
            return STATUS_OK;
        }
    return reading_fail_unknown(reading, node, "value of keep_models", kinds, 3);
}

/* The top-level keys. */
static const struct key {
    const char *name;
    enum status (*read)(const struct reading *, const struct node *, struct config *);
} keys[] = {
    {"name", read_name},
    {"description", read_description},
    {"method", read_method},
    {"metric", read_metric},
    {"parameters", read_parameters},
    {"dataset", read_dataset},
    {"repeats", read_repeats},
    {"seed", read_seed},
    {"metrics", read_metrics},
    {"keep_models", read_keep_models},
};
#define KEY_COUNT (sizeof keys / sizeof *keys)

static const struct key *find_key(const char *name) {
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

bool config_has_key(const char *name) {
    return find_key(name) != NULL;
}

static enum status fail_key(const struct reading *reading, const struct node *key) {
    static const char *const wandb[] = {"program", "command",    "project",  "entity",
                                        "job",     "controller", "image_uri"};
    static const char *const later[] = {"early_terminate", "run_cap"};
    const char *names[KEY_COUNT];
    for (size_t i = 0; i < sizeof wandb / sizeof *wandb; i++)
        if (strcmp(key->text, wandb[i]) == 0)
            return reading_fail(reading, key,
                                "'%s' concerns W&B's own runner and means nothing here; remove it",
                                wandb[i]);
    for (size_t i = 0; i < 2; i++)
        if (strcmp(key->text, later[i]) == 0)
            return reading_fail(reading, key, "'%s' is not supported; remove it", later[i]);
    const struct hyperparameter *hyperparameter = hyperparameter_find(key->text);
    if (hyperparameter)
        return reading_fail(reading, key,
                            "'%s' is a hyperparameter; it belongs under parameters:", key->text);
    for (size_t i = 0; i < KEY_COUNT; i++)
        names[i] = keys[i].name;
    return reading_fail_unknown(reading, key, "key", names, KEY_COUNT);
}

static enum status read_root(const struct reading *reading, const struct node *root,
                             struct config *config) {
    if (!root || root->kind != NODE_MAPPING) {
        error_set(reading->error, STATUS_INPUT,
                  "a config is a YAML mapping with the keys method and parameters; this is %s",
                  root ? root->kind == NODE_SEQUENCE ? "a list" : "a text" : "empty");
        return error_place(reading->error, reading->file, 1, 1);
    }
    for (size_t i = 0; i < root->count; i++) {
        const struct key *key = find_key(root->keys[i]->text);
        enum status status =
            key ? key->read(reading, root->items[i], config) : fail_key(reading, root->keys[i]);
        if (status != STATUS_OK)
            return status;
    }
    if (!node_at(root, "method"))
        return reading_fail(reading, root, "the key 'method' is missing; write method: grid");
    return STATUS_OK;
}

/* --set KEY=VALUE, the value in YAML. */
static enum status apply_setting(const char *setting, struct arena *arena, struct config *config,
                                 struct error *error) {
    const char *equals = strchr(setting, '=');
    const char *file = arena_printf(arena, "--set %.200s", setting);
    if (!file)
        return error_memory(error);
    const struct reading reading = {file, arena, error};
    struct node key = {.kind = NODE_SCALAR, .line = 1, .column = 1};
    if (!equals || equals == setting) {
        error_set(error, STATUS_INPUT, "write --set KEY=VALUE, as in --set epochs=3");
        return error_place(error, file, 0, 0);
    }
    key.text = arena_printf(arena, "%.*s", (int)(equals - setting), setting);
    if (!key.text)
        return error_memory(error);
    const struct node *value;
    enum status status = document_parse(file, equals + 1, strlen(equals + 1), arena, &value, error);
    if (status != STATUS_OK)
        return status;
    if (!value)
        return reading_fail(&reading, &key, "%s: no value given", key.text);
    const struct key *top = find_key(key.text);
    if (top && top->read == read_parameters)
        return reading_fail(&reading, &key,
                            "set a hyperparameter by its name, as in --set epochs=3");
    if (top)
        return top->read(&reading, value, config);
    struct axis axis;
    status = parameters_read_setting(&reading, &key, value, &axis);
    if (status != STATUS_OK)
        return status;
    size_t at = 0;
    while (at < config->axis_count && config->axes[at].id != axis.id)
        at++;
    config->axes[at] = axis;
    config->axis_count += at == config->axis_count;
    return STATUS_OK;
}

static enum status apply_settings(const char *const *settings, size_t count, struct arena *arena,
                                  struct config *config, struct error *error) {
    struct text lines;
    text_init(&lines);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = apply_setting(settings[i], arena, config, error);
        /* What is kept of the trials does not make it another sweep. */
        if (strncmp(settings[i], "keep_models=", strlen("keep_models=")) != 0)
            text_printf(&lines, "%s\n", settings[i]);
    }
    config->settings = lines.failed ? NULL : arena_copy(arena, lines.data);
    text_release(&lines);
    return config->settings ? status : error_memory(error);
}

/* Without a word from the user: val_accuracy if anything is validated, else test_accuracy. */
static enum status choose_metric(const struct reading *reading, struct config *config) {
    bool validated = false;
    for (size_t i = 0; i < config->axis_count; i++)
        for (size_t j = 0; j < config->axes[i].count; j++)
            validated |= config->axes[i].id == HP_VALIDATION_SPLIT &&
                         config->axes[i].choices[j].value.real > 0;
    const struct score *score = &config->score;
    if (!*score->name) {
        score_find(validated ? "val_accuracy" : "test_accuracy", &config->score);
        config->maximize = score->maximize;
    }
    if (score->split == SCORE_VALIDATION && !validated) {
        error_set(reading->error, STATUS_INPUT,
                  "metric %s needs images to validate on; set validation_split under parameters",
                  score->name);
        return error_place(reading->error, reading->file, 0, 0);
    }
    /* What the leaderboard goes by has to be recorded. */
    bool recorded = score->in_trials;
    for (size_t i = 0; i < config->metric_count; i++)
        recorded |= config->metrics[i] == score->metric;
    if (!recorded && config->metric_count == CONFIG_METRICS_MAX) {
        error_set(reading->error, STATUS_INPUT, "more than %d metrics", CONFIG_METRICS_MAX);
        return error_place(reading->error, reading->file, 0, 0);
    }
    if (!recorded)
        config->metrics[config->metric_count++] = score->metric;
    return STATUS_OK;
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

enum status config_parse(const char *path, const char *text, size_t length,
                         const char *const *settings, size_t setting_count, struct arena *arena,
                         struct config *config, struct error *error) {
    const struct reading reading = {path, arena, error};
    *config = (struct config){.path = arena_copy(arena, path),
                              .text = arena_copy(arena, text),
                              .settings = "",
                              .description = "",
                              .dataset_count = 2,
                              .datasets = {"mnist", "digits"},
                              .repeats = 1};
    if (!config->path || !config->text)
        return error_memory(error);
    const struct node *root;
    enum status status = document_parse(path, text, length, arena, &root, error);
    if (status == STATUS_OK)
        status = read_root(&reading, root, config);
    if (status == STATUS_OK)
        status = apply_settings(settings, setting_count, arena, config, error);
    if (status == STATUS_OK)
        status = choose_metric(&reading, config);
    if (status == STATUS_OK)
        status = default_name(arena, config, error);
    if (status != STATUS_OK)
        return status;
    const struct digest_piece pieces[] = {{text, length},
                                          {config->settings, strlen(config->settings)}};
    config->digest = digest_of(pieces, 2);
    return STATUS_OK;
}

enum status config_load(const char *path, const char *const *settings, size_t setting_count,
                        struct arena *arena, struct config *config, struct error *error) {
    char *text;
    size_t length;
    const char *found = config_places_find(path, arena), *file = found ? found : path;
    enum status status = file_read(file, CONFIG_BYTES_MAX, arena, &text, &length, error);
    if (status == STATUS_INPUT && !found)
        return config_places_explain(path, arena, error);
    if (status != STATUS_OK)
        return status;
    return config_parse(file, text, length, settings, setting_count, arena, config, error);
}
