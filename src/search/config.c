#include "search/config.h"

#include "base/file.h"
#include "base/names.h"
#include "base/text.h"
#include "data/catalogue.h"
#include "search/config_places.h"
#include "search/parameters.h"
#include "search/scalar.h"
#include "search/setting_text.h"
#include "search/words.h"

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
    static const char *const known[] = {"grid"};
    (void)config;
    if (node->kind != NODE_SCALAR)
        return reading_fail(reading, node, "method must be grid");
    return name_resembles(node->text, known[0])
               ? STATUS_OK
               : reading_fail_unknown(reading, node, "method", known, 1);
}

static enum status read_goal(const struct reading *reading, const struct node *goal,
                             struct config *config) {
    static const char *const goals[] = {"minimize", "maximize"};
    for (size_t i = 0; i < 2; i++)
        if (node_says(goal, goals[i])) {
            config->maximize = i == 1;
            config->goal_file = reading->file;
            config->goal_line = goal->line;
            config->goal_column = goal->column;
            return STATUS_OK;
        }
    if (goal->kind != NODE_SCALAR)
        return reading_fail(reading, goal, "goal must be minimize or maximize");
    return reading_fail_unknown(reading, goal, "goal", goals, 2);
}

#define SCORE_NAMES_MAX 128

/* The words of others are looked up without val_ or test_. */
static enum status fail_metric(const struct reading *reading, const struct node *node) {
    static const char *const splits[] = {"val_", "test_"};
    const char *names[SCORE_NAMES_MAX];
    struct score score;
    struct node rest = *node;
    size_t count = 0;
    for (size_t i = 0; i < 2; i++)
        if (strncmp(rest.text, splits[i], strlen(splits[i])) == 0) {
            rest.text += strlen(splits[i]);
            rest.begin += strlen(splits[i]);
        }
    if (words_find("metric", rest.text))
        return reading_fail_unknown(reading, &rest, "metric", NULL, 0);
    for (size_t i = 0; count < SCORE_NAMES_MAX && score_at(i, &score); i++)
        if (score.split != SCORE_UNSPLIT &&
            !(names[count++] = arena_copy(reading->arena, score.name)))
            return error_memory(reading->error);
    return reading_fail_unknown(reading, node, "metric", names, count);
}

static enum status read_metric(const struct reading *reading, const struct node *node,
                               struct config *config) {
    static const char *const parts[] = {"name", "goal"};
    struct score *score = &config->score;
    enum status status = STATUS_OK;
    if (node->kind != NODE_MAPPING) {
        status = reading_fail(reading, node, "metric must be {name: ..., goal: ...}");
        if (node->kind == NODE_SCALAR)
            reading_correct(reading, node, "{name: %s}", node->text);
        return status;
    }
    status = reading_check_keys(reading, node, "key of metric", parts, 2);
    const struct node *name = node_at(node, "name"), *goal = node_at(node, "goal");
    if (!name || name->kind != NODE_SCALAR)
        return reading_fail(reading, name ? name : node,
                            "metric needs a name, such as val_accuracy");
    if (!score_find(name->text, score) || score->split == SCORE_UNSPLIT) {
        *score = (struct score){0};
        status = status_join(status, fail_metric(reading, name));
    }
    config->maximize = score->maximize;
    return goal ? status_join(status, read_goal(reading, goal, config)) : status;
}

/* What is probably meant by a name; NULL: anything may be. */
static const struct hyperparameter *meant_by(const char *name) {
    const struct word *word = words_find("hyperparameter", name);
    const char *names[HP_COUNT];
    hyperparameter_list_names(names);
    if (hyperparameter_find(name))
        return hyperparameter_find(name);
    const char *meant = word ? word->instead : text_nearest(name, names, HP_COUNT);
    return meant ? hyperparameter_find(meant) : NULL;
}

/* Values of a hyperparameter by that name could not be read; NULL: of any. */
static void mark_unread(struct config *config, const char *name) {
    const struct hyperparameter *meant = name ? meant_by(name) : NULL;
    for (size_t i = 0; i < HP_COUNT; i++)
        config->unread[i] |= !meant || meant == &hyperparameters[i];
}

const struct axis *config_axis(const struct config *config, enum hyperparameter_id id) {
    for (size_t i = 0; i < config->axis_count; i++)
        if (config->axes[i].id == id)
            return &config->axes[i];
    return NULL;
}

static enum status read_axis(const struct reading *reading, const struct node *key,
                             const struct node *spec, struct config *config) {
    struct axis axis;
    enum status status = parameters_read_axis(reading, key, spec, &axis);
    if (status != STATUS_OK)
        mark_unread(config, key->text);
    const struct axis *first = status == STATUS_OK ? config_axis(config, axis.id) : NULL;
    if (first)
        return reading_fail(reading, key, "%s is here twice under two names (first in line %d)",
                            hyperparameters[axis.id].name, first->line);
    if (status == STATUS_OK)
        config->axes[config->axis_count++] = axis;
    return status;
}

static enum status read_parameters(const struct reading *reading, const struct node *node,
                                   struct config *config) {
    enum status status = STATUS_OK;
    if (node->kind != NODE_MAPPING) {
        mark_unread(config, NULL);
        return reading_fail(reading, node, "parameters must be a mapping of hyperparameters");
    }
    for (size_t i = 0; i < node->count && status != STATUS_MEMORY; i++) {
        enum status own = reading_check_key(reading, node, i);
        if (own == STATUS_OK)
            own = read_axis(reading, node->keys[i], node->items[i], config);
        else
            mark_unread(config, NULL);
        status = status_join(status, own);
    }
    return status;
}

static enum status read_dataset(const struct reading *reading, const struct node *node,
                                struct config *config) {
    const struct node *const *nodes = node->kind == NODE_SEQUENCE ? node->items : &node;
    size_t count = node->kind == NODE_SEQUENCE ? node->count : 1;
    struct reading *kept = ARENA_NEW(reading->arena, struct reading, 1);
    if (!kept)
        return error_memory(reading->error);
    config->dataset_count = 0;
    if (node->kind == NODE_MAPPING || count == 0 || count > CONFIG_DATASETS_MAX)
        return reading_fail(reading, node,
                            "dataset must be a name or a folder, or a list of 1 to %d of them",
                            CONFIG_DATASETS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (nodes[i]->kind != NODE_SCALAR || scalar_is_null(nodes[i]) || !nodes[i]->text[0])
            return reading_fail(reading, nodes[i], "dataset: a name or a folder belongs here");
        config->datasets[i] = nodes[i]->text;
        config->dataset_nodes[i] = nodes[i];
    }
    *kept = *reading;
    config->dataset_reading = kept;
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

static bool is_recorded(const struct config *config, const struct metric *metric) {
    bool recorded = metric == metric_find("accuracy"); /* always is */
    for (size_t i = 0; i < config->metric_count; i++)
        recorded |= config->metrics[i] == metric;
    return recorded;
}

static enum status read_recorded(const struct reading *reading, const struct node *node,
                                 struct config *config) {
    if (node->kind != NODE_SCALAR)
        return reading_fail(reading, node, "metrics: the name of a metric belongs here");
    const struct metric *metric = metric_find(node->text);
    if (!metric)
        return fail_metric(reading, node);
    if (!is_recorded(config, metric))
        config->metrics[config->metric_count++] = metric;
    return STATUS_OK;
}

static enum status read_metrics(const struct reading *reading, const struct node *node,
                                struct config *config) {
    const struct node *const *nodes = node->kind == NODE_SEQUENCE ? node->items : &node;
    size_t count = node->kind == NODE_SEQUENCE ? node->count : 1;
    if (node->kind == NODE_MAPPING || count > METRICS_MAX)
        return reading_fail(reading, node, "metrics must be a list of at most %d names",
                            METRICS_MAX);
    config->metric_count = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status != STATUS_MEMORY; i++)
        status = status_join(status, read_recorded(reading, nodes[i], config));
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
static const struct key {
    const char *name;
    enum status (*read)(const struct reading *, const struct node *, struct config *);
    const char *help;
} keys[] = {
    {"name", read_name, "the sweep's name (default: the file's)"},
    {"description", read_description, "a text, kept with the results"},
    {"method", read_method, "grid"},
    {"metric", read_metric,
     "{name: val_accuracy, goal: maximize}: what the leaderboard goes by; loss, "
     "accuracy or a metric, after val_ or test_ (default: val_accuracy, or "
     "test_accuracy without validation)"},
    {"parameters", read_parameters,
     "the hyperparameters: NAME: {value: X}, {values: [X, Y]}, {min: 1, max: 9}, or "
     "{min: 0.1, max: 0.5, q: 0.1}; the last one varies fastest"},
    {"dataset", read_dataset,
     "a name that `sweep data` lists, a folder, or a list: the first that is present is "
     "used (default: [mnist, digits])"},
    {"repeats", read_repeats, "seeds per setting (default: 1)"},
    {"seed", read_seed, "the first seed (default: 0)"},
    {"metrics", read_metrics, "metrics to record besides loss and accuracy"},
    {"keep_models", read_keep_models,
     "whose weights to keep, for show and predict: best (the default: the best "
     "trial by metric), all or none"},
};
#define KEY_COUNT (sizeof keys / sizeof *keys)

static const struct key *find_key(const char *name) {
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
    return find_key(name) != NULL;
}

/* A key that is none, where a `kind` of names belongs. */
static enum status fail_key(const struct reading *reading, const struct node *key,
                            const char *kind) {
    const char *names[KEY_COUNT + HP_COUNT];
    const bool any = strcmp(kind, "key") != 0;
    const struct word *word = words_find("key", key->text);
    if (word && word->ignored) {
        reading_note(reading, key, "'%.64s' %s", key->text, word->advice);
        return STATUS_OK;
    }
    for (size_t i = 0; i < KEY_COUNT; i++)
        names[i] = keys[i].name;
    hyperparameter_list_names(names + KEY_COUNT);
    if (any && (word || words_find("hyperparameter", key->text)))
        kind = words_find("hyperparameter", key->text) ? "hyperparameter" : "key";
    return reading_fail_unknown(reading, key, kind, names, any ? KEY_COUNT + HP_COUNT : KEY_COUNT);
}

/* Whatever the config has may have been meant by a key that is none. */
static void mark_unknown(struct config *config) {
    mark_unread(config, NULL);
    config->dataset_count = 0;
}

/* A name that is no key. */
static enum status fail_name(const struct reading *reading, const struct node *name) {
    if (!hyperparameter_find(name->text))
        return fail_key(reading, name, "key");
    return reading_fail(reading, name,
                        "'%s' is a hyperparameter; it belongs under parameters: with its value or "
                        "values, as in %s: {value: ...}",
                        name->text, name->text);
}

static enum status read_key(const struct reading *reading, const struct node *root, size_t i,
                            struct config *config) {
    const struct node *node = root->keys[i], *value = root->items[i];
    const struct key *key = node->kind == NODE_SCALAR ? find_key(node->text) : NULL;
    enum status status = reading_check_key(reading, root, i);
    if (status == STATUS_OK && key)
        return scalar_is_null(value) ? STATUS_OK : key->read(reading, value, config);
    if (status == STATUS_OK)
        status = fail_name(reading, node);
    if (status != STATUS_OK && (!key || key->read == read_parameters || key->read == read_dataset))
        mark_unknown(config);
    return status;
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
    for (size_t i = 0; i < root->count && status != STATUS_MEMORY; i++)
        status = status_join(status, read_key(reading, root, i, config));
    if (!node_at(root, "method"))
        status = status_join(status, reading_fail(reading, root,
                                                  "the key 'method' is missing; write method: "
                                                  "grid"));
    return status;
}

/* Parse a document; what is wrong with it is a problem like any other. */
static enum status parse(const struct reading *reading, const char *text, size_t length,
                         const struct node **root) {
    struct error error;
    enum status status = document_parse(reading->file, text, length, reading->arena, root, &error);
    if (status == STATUS_MEMORY)
        return error_memory(reading->error);
    if (status != STATUS_OK)
        problems_add(reading->problems, &error);
    return status;
}

static enum status set_axis(const struct reading *reading, const struct node *key,
                            const struct node *value, struct config *config) {
    struct axis axis;
    size_t at = 0;
    enum status status = parameters_read_setting(reading, key, value, &axis);
    if (status != STATUS_OK) {
        mark_unread(config, key->text);
        return status;
    }
    config->unread[axis.id] = false;
    while (at < config->axis_count && config->axes[at].id != axis.id)
        at++;
    config->axes[at] = axis;
    config->axis_count += at == config->axis_count;
    return STATUS_OK;
}

static enum status set_key(const struct reading *reading, const struct node *key,
                           const struct node *value, struct config *config) {
    const struct key *top = find_key(key->text);
    if (!value || (top && scalar_is_null(value)))
        return reading_fail(reading, key, "%s: no value given", key->text);
    if (top && top->read == read_parameters)
        return reading_fail(reading, key, "set a hyperparameter by its name, as in --set epochs=3");
    return top ? top->read(reading, value, config) : set_axis(reading, key, value, config);
}

/* What was set, in its one spelling, by key. */
struct settings {
    size_t count;
    const char **keys, **lines;
};

/* A key that is set again has its place among the others, as its axis has. */
static enum status keep_setting(const struct reading *reading, const char *key,
                                const struct node *value, struct settings *settings) {
    struct text line;
    size_t at = 0;
    text_init(&line);
    setting_text_append(key, value, &line);
    while (at < settings->count && strcmp(settings->keys[at], setting_key(key)) != 0)
        at++;
    settings->count += at == settings->count;
    settings->keys[at] = setting_key(key);
    settings->lines[at] = line.failed ? NULL : arena_copy(reading->arena, line.data);
    text_release(&line);
    return settings->lines[at] ? STATUS_OK : error_memory(reading->error);
}

/* --set KEY=VALUE, the value in YAML. */
static enum status apply_setting(const struct reading *file, const char *setting,
                                 struct config *config, struct settings *settings) {
    const char *equals = strchr(setting, '=');
    const size_t length = equals ? (size_t)(equals - setting) : 0;
    struct reading reading = *file;
    reading.file = arena_printf(file->arena, "--set %.200s", setting);
    reading.text = setting;
    reading.before = "--set ";
    struct node key = {.kind = NODE_SCALAR, .line = 1, .column = 1, .end = length};
    key.text = arena_printf(file->arena, "%.*s", (int)length, setting);
    if (!reading.file || !key.text)
        return error_memory(file->error);
    if (length == 0) {
        key.line = key.column = 0;
        return reading_fail(&reading, &key, "write --set KEY=VALUE, as in --set epochs=3");
    }
    if (!find_key(key.text) && !hyperparameter_find(key.text)) {
        mark_unread(config, key.text);
        return fail_key(&reading, &key, "key or hyperparameter");
    }
    const struct node *value;
    reading.text = equals + 1;
    reading.before = arena_printf(file->arena, "--set %s=", key.text);
    if (!reading.before)
        return error_memory(file->error);
    enum status status = parse(&reading, reading.text, strlen(reading.text), &value);
    if (status != STATUS_OK)
        mark_unread(config, key.text);
    if (status == STATUS_OK)
        status = set_key(&reading, &key, value, config);
    /* What is kept of the trials does not make it another sweep. */
    return status != STATUS_OK || strcmp(key.text, "keep_models") == 0
               ? status
               : keep_setting(&reading, key.text, value, settings);
}

static enum status apply_settings(const struct reading *reading, const char *const *settings,
                                  size_t count, struct config *config) {
    struct text lines;
    struct settings kept = {0, ARENA_NEW(reading->arena, const char *, count),
                            ARENA_NEW(reading->arena, const char *, count)};
    if (!kept.keys || !kept.lines)
        return error_memory(reading->error);
    text_init(&lines);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status != STATUS_MEMORY; i++)
        status = status_join(status, apply_setting(reading, settings[i], config, &kept));
    for (size_t i = 0; i < kept.count && status == STATUS_OK; i++)
        text_printf(&lines, "%s\n", kept.lines[i]);
    config->settings = lines.failed ? NULL : arena_copy(reading->arena, lines.data);
    text_release(&lines);
    return config->settings ? status : error_memory(reading->error);
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
    static const struct node nowhere = {.line = 0};
    if (score->split == SCORE_VALIDATION && !validated && !config->unread[HP_VALIDATION_SPLIT])
        return reading_fail(reading, &nowhere,
                            "metric %s needs images to validate on; set validation_split under "
                            "parameters",
                            score->name);
    /* What the leaderboard goes by has to be recorded. */
    if (score->in_trials || is_recorded(config, score->metric))
        return STATUS_OK;
    if (config->metric_count == METRICS_MAX)
        return reading_fail(reading, &nowhere, "more than %d metrics", METRICS_MAX);
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

/* The text after a byte order mark. */
static const char *without_mark(const char *text) {
    return strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
}

/* Sweeps that differ by --set are told apart by their names, unless --set names them. */
static enum status name_by_settings(struct arena *arena, struct config *config,
                                    struct error *error) {
    for (const char *line = config->settings; *line; line += strcspn(line, "\n") + 1)
        if (strncmp(line, "name=", strlen("name=")) == 0)
            return STATUS_OK;
    struct text text;
    text_init(&text);
    text_append(&text, config->name);
    for (const char *line = config->settings; *line; line += strcspn(line, "\n") + 1)
        text_printf(&text, " %.*s", (int)strcspn(line, "\n"), line);
    if (text.length > CONFIG_NAME_BYTES) {
        size_t end = CONFIG_NAME_BYTES - strlen("...");
        while (end > 0 && ((unsigned char)text.data[end] & 0xc0) == 0x80)
            end--; /* to the beginning of a character */
        memcpy(text.data + end, "...", sizeof "...");
    }
    config->name = text.failed ? NULL : arena_copy(arena, text.data);
    text_release(&text);
    return config->name ? STATUS_OK : error_memory(error);
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
    if (!config->path || !config->text || !config->problems)
        return error_memory(error);
    const struct reading reading = {.file = config->path,
                                    .arena = arena,
                                    .error = error,
                                    .problems = config->problems,
                                    .text = without_mark(config->text),
                                    .before = ""};
    const struct node *root;
    enum status status = parse(&reading, text, length, &root);
    if (status == STATUS_OK)
        status = read_root(&reading, root, config);
    else
        mark_unknown(config);
    if (status != STATUS_MEMORY)
        status = status_join(status, apply_settings(&reading, settings, setting_count, config));
    if (status != STATUS_MEMORY)
        status = status_join(status, choose_metric(&reading, config));
    if (status == STATUS_OK)
        status = default_name(arena, config, error);
    if (status == STATUS_OK)
        status = name_by_settings(arena, config, error);
    if (status == STATUS_INPUT)
        return problems_end(config->problems, arena, error);
    if (status != STATUS_OK)
        return status;
    const struct digest_piece pieces[] = {{text, length},
                                          {config->settings, strlen(config->settings)}};
    config->digest = digest_of(pieces, 2);
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

enum status config_load(const char *path, const char *const *settings, size_t setting_count,
                        struct arena *arena, struct config *config, struct error *error) {
    char *text;
    size_t length;
    *config = (struct config){0};
    const char *found = config_places_find(path, arena), *file = found ? found : path;
    enum status status = file_read(file, CONFIG_BYTES_MAX, arena, &text, &length, error);
    if (status == STATUS_INPUT && !found)
        return config_places_explain(path, arena, error);
    if (status != STATUS_OK)
        return status;
    return config_parse(file, text, length, settings, setting_count, arena, config, error);
}
