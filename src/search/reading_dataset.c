/* The key dataset: which data set, and how it is to be read. */
#include "nn/named_input.h"
#include "search/config_private.h"
#include "search/parameters.h"
#include "search/parts.h"
#include "search/scalar.h"

#include <string.h>

#define SIDE_MAX 4096 /* of an image that pictures are made to fit */

/* One of some words, whose number it becomes. */
static enum status read_word(const struct reading *reading, const struct node *node,
                             const char *what, const char *const *words, size_t count,
                             int *chosen) {
    if (node->kind != NODE_SCALAR)
        return reading_fail(reading, node, "%s must be %s or %s", what, words[1], words[count - 1]);
    for (size_t i = 1; i < count; i++)
        if (node_says(node, words[i])) {
            *chosen = (int)i;
            return STATUS_OK;
        }
    return reading_fail_unknown(reading, node, what, words + 1, count - 1);
}

static enum status read_data_format(const struct reading *reading, const struct node *node,
                                    struct dataset_options *options) {
    static const char *const words[] = {
        [CHANNELS_LAST] = "channels_last", [CHANNELS_FIRST] = "channels_first"};
    int chosen = 0;
    const enum status status = read_word(reading, node, "data_format", words, 3, &chosen);
    *(int *)&options->data_format = chosen;
    return status;
}

static enum status read_targets(const struct reading *reading, const struct node *node,
                                struct dataset_options *options) {
    static const char *const words[] = {[TARGETS_CLASSES] = "classes", [TARGETS_VALUES] = "values"};
    int chosen = 0;
    const enum status status = read_word(reading, node, "targets", words, 3, &chosen);
    *(int *)&options->targets = chosen;
    return status;
}

static enum status read_label(const struct reading *reading, const struct node *node,
                              struct dataset_options *options) {
    if (node->kind != NODE_SCALAR || scalar_is_null(node) || !node->text[0])
        return reading_fail(reading, node,
                            "label must be the name of a CSV file's column, as in label: price, or "
                            "its number, counted from 1, where the file has no line of names");
    options->label = node->text;
    options->label_at = (struct origin){reading->file, node->line, node->column};
    return STATUS_OK;
}

static enum status read_color_mode(const struct reading *reading, const struct node *node,
                                   struct dataset_options *options) {
    static const char *const words[] = {[COLOR_GREY] = "grayscale", [COLOR_RGB] = "rgb"};
    int chosen = 0;
    const enum status status = read_word(reading, node, "color_mode", words, 3, &chosen);
    *(int *)&options->color_mode = chosen;
    return status;
}

static enum status read_test_split(const struct reading *reading, const struct node *node,
                                   struct dataset_options *options) {
    if (node->kind != NODE_SCALAR || !scalar_number(node, &options->test_split) ||
        !(options->test_split > 0 && options->test_split < 1))
        return reading_fail(reading, node, "test_split must be a number between 0 and 1");
    return STATUS_OK;
}

static enum status read_split_seed(const struct reading *reading, const struct node *node,
                                   struct dataset_options *options) {
    int64_t seed = 0;
    const enum status status = reading_integer(reading, node, "split_seed", 0, INT64_MAX, &seed);
    options->split_seed = (uint64_t)seed;
    return status;
}

static enum status read_shuffle(const struct reading *reading, const struct node *node,
                                struct dataset_options *options) {
    return scalar_boolean(node, &options->shuffle)
               ? STATUS_OK
               : reading_fail(reading, node, "shuffle must be true or false");
}

static enum status read_image_size(const struct reading *reading, const struct node *node,
                                   struct dataset_options *options) {
    size_t *const sides[] = {&options->image_rows, &options->image_columns};
    enum status status = STATUS_OK;
    if (node->kind != NODE_SEQUENCE || node->count != 2)
        return reading_fail(reading, node, "image_size must be [ROWS, COLUMNS], as in [28, 28]");
    for (size_t i = 0; i < 2; i++) {
        int64_t side = 1;
        status = status_join(
            status, reading_integer(reading, node->items[i], "image_size", 1, SIDE_MAX, &side));
        *sides[i] = (size_t)side;
    }
    return status;
}

/* Each name once, however often it is given; that of the first input is a flag. */
static void add_normalized(const struct node *node, const char **names,
                           struct dataset_options *options) {
    if (node_says(node, INPUT_IMAGE)) {
        options->normalization = true;
        return;
    }
    for (size_t i = 0; i < options->normalized_count; i++)
        if (node_says(node, names[i]))
            return;
    names[options->normalized_count++] = node->text;
}

static enum status read_normalization(const struct reading *reading, const struct node *node,
                                      struct dataset_options *options) {
    static const char allowed[] = "normalization must be true, false, or a list of inputs' names, "
                                  "of which image is the first one, as in [image, age]";
    options->normalized_at = (struct origin){reading->file, node->line, node->column};
    if (node->kind != NODE_SEQUENCE)
        return scalar_boolean(node, &options->normalization)
                   ? STATUS_OK
                   : reading_fail(reading, node, "%s", allowed);
    const char **names = ARENA_NEW(reading->arena, const char *, node->count);
    if (!names && node->count > 0)
        return error_memory(reading->error);
    options->normalized = names;
    for (size_t i = 0; i < node->count; i++) {
        if (node->items[i]->kind != NODE_SCALAR)
            return reading_fail(reading, node->items[i], "%s", allowed);
        add_normalized(node->items[i], names, options);
    }
    return STATUS_OK;
}

static const struct {
    const char *name;
    enum status (*read)(const struct reading *reading, const struct node *node,
                        struct dataset_options *options);
} options[] = {
    {"data_format", read_data_format},
    {"targets", read_targets},
    {"label", read_label},
    {"test_split", read_test_split},
    {"split_seed", read_split_seed},
    {"shuffle", read_shuffle},
    {"image_size", read_image_size},
    {"color_mode", read_color_mode},
    {"normalization", read_normalization},
};

static enum status read_names(const struct reading *reading, const struct node *node,
                              struct config *config) {
    const struct node *const *nodes = node->kind == NODE_SEQUENCE ? node->items : &node;
    const size_t count = node->kind == NODE_SEQUENCE ? node->count : 1;
    if (node->kind == NODE_MAPPING || count == 0 || count > CONFIG_DATASETS_MAX)
        return reading_fail(reading, node,
                            "dataset must be a name or a folder, or a list of 1 to %d of them",
                            CONFIG_DATASETS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (nodes[i]->kind != NODE_SCALAR || scalar_is_null(nodes[i]) || !nodes[i]->text[0])
            return reading_fail(reading, nodes[i],
                                nodes[i]->kind == NODE_MAPPING
                                    ? "dataset: of a list the first that is present is used, by "
                                      "its name; to try each, write {values: [...]}"
                                    : "dataset: a name or a folder belongs here");
        config->datasets[i] = nodes[i]->text;
        config->dataset_nodes[i] = nodes[i];
    }
    config->dataset_count = count;
    return STATUS_OK;
}

/* {name: ./mine.npz, test_split: 0.25}: how it is to be read, and its name. */
static enum status read_options(const struct reading *reading, const struct node *node,
                                struct dataset_options *into, const struct node **name) {
    const char *parts[PARTS_MAX];
    const size_t count = parts_list("dataset", parts);
    enum status status = reading_check_keys(reading, node, "key of dataset", parts, count);
    *name = node_at(node, "name");
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const struct node *value = node_at(node, options[i].name);
        if (value)
            status = status_join(status, options[i].read(reading, value, into));
    }
    if (node_at(node, "values"))
        return reading_fail(reading, node,
                            *name ? "dataset: give a name or values, not both"
                                  : "dataset: one data set belongs here: {name: ./mine}");
    if (!*name && status == STATUS_OK)
        return reading_fail(reading, node, "dataset needs a name: dataset: {name: ./mine}");
    return status;
}

enum status config_parse_dataset(const char *text, struct arena *arena, const char **name,
                                 struct dataset_options *into, struct error *error) {
    const struct reading reading = {.file = "NAME", .arena = arena, .error = error};
    const struct node *root, *at = NULL;
    *into = (struct dataset_options){.image_rows = 0};
    *name = text;
    if (text[0] != '{')
        return STATUS_OK;
    enum status status = document_parse(reading.file, text, strlen(text), arena, &root, error);
    if (status == STATUS_OK)
        status = read_options(&reading, root, into, &at);
    if (status == STATUS_OK && (at->kind != NODE_SCALAR || scalar_is_null(at) || !at->text[0]))
        status = reading_fail(&reading, at, "dataset: a name or a folder belongs here");
    if (status == STATUS_OK)
        *name = at->text;
    return status;
}

static enum status read_one(const struct reading *reading, const struct node *node,
                            struct config *config) {
    const struct node *name = node;
    enum status status = STATUS_OK;
    if (node->kind == NODE_MAPPING)
        status = read_options(reading, node, &config->dataset_options[0], &name);
    return name ? status_join(status, read_names(reading, name, config)) : status;
}

/* Where it is an axis already; parameter_count: nowhere. */
static size_t find_axis(const struct config *config) {
    size_t at = 0;
    while (at < config->parameter_count && config->parameters[at].id != HP_DATASET)
        at++;
    return at;
}

/* Forget what was read before; --set takes the place of the config's. */
static enum status begin(const struct reading *reading, const struct node *node,
                         struct config *config) {
    const size_t at = find_axis(config);
    if (config->dataset_reading && !reading_is_option(reading))
        return reading_fail(reading, node,
                            "dataset is here twice: it is a key of the config or one of its "
                            "parameters");
    if (at < config->parameter_count)
        memmove(&config->parameters[at], &config->parameters[at + 1],
                (--config->parameter_count - at) * sizeof *config->parameters);
    memset(config->dataset_options, 0, sizeof config->dataset_options);
    config->dataset_reading = reading;
    config->dataset_count = 0;
    config->datasets_vary = false;
    return STATUS_OK;
}

/* Names alone, of which the mapping's others are read here. */
static enum status read_values(const struct reading *reading, const struct node *values,
                               const struct node **names, struct config *config) {
    struct node *list = ARENA_NEW(reading->arena, struct node, 1);
    enum status status = STATUS_OK;
    if (values->kind != NODE_SEQUENCE || values->count == 0 || values->count > CONFIG_DATASETS_MAX)
        return reading_fail(reading, values,
                            "dataset: values must be a list of 1 to %d names, files or folders",
                            CONFIG_DATASETS_MAX);
    if (!list)
        return error_memory(reading->error);
    *list = *values;
    list->items = ARENA_NEW(reading->arena, const struct node *, values->count);
    if (!list->items)
        return error_memory(reading->error);
    for (size_t i = 0; i < values->count; i++) {
        list->items[i] = values->items[i];
        if (values->items[i]->kind == NODE_MAPPING)
            status =
                status_join(status, read_options(reading, values->items[i],
                                                 &config->dataset_options[i], &list->items[i]));
    }
    *names = list;
    return status == STATUS_OK ? read_names(reading, list, config) : status;
}

/* The mapping with the names in the place of the values. */
static const struct node *with_names(const struct reading *reading, const struct node *node,
                                     const struct node *values, const struct node *names) {
    struct node *copy = ARENA_NEW(reading->arena, struct node, 1);
    const struct node **items = ARENA_NEW(reading->arena, const struct node *, node->count);
    if (!copy || !items)
        return NULL;
    for (size_t i = 0; i < node->count; i++)
        items[i] = node->items[i] == values ? names : node->items[i];
    *copy = *node;
    copy->items = items;
    return copy;
}

bool config_is_datasets(const struct node *node) {
    return node->kind == NODE_MAPPING && (node_at(node, "values") || node_at(node, "value"));
}

enum status config_read_datasets(const struct reading *reading, const struct node *node,
                                 size_t place, struct config *config) {
    const struct node *values = node_at(node, "values"), *names = NULL;
    const struct node key = {.kind = NODE_SCALAR,
                             .text = "dataset",
                             .line = node->line,
                             .column = node->column,
                             .begin = node->begin,
                             .end = node->begin};
    struct parameter parameter;
    const size_t before = config->parameter_count;
    enum status status = begin(reading, node, config);
    if (status != STATUS_OK)
        return status;
    if (!values && node->count == 1)
        return read_one(reading, node_at(node, "value"), config);
    if (values)
        status = read_values(reading, values, &names, config);
    if (status == STATUS_OK) {
        node = values ? with_names(reading, node, values, names) : node;
        status =
            node ? parameters_read(reading, &key, node, &parameter) : error_memory(reading->error);
    }
    if (status != STATUS_OK) {
        config->dataset_count = 0;
        return status;
    }
    place -= place > config->parameter_count ? before - config->parameter_count : 0;
    memmove(&config->parameters[place + 1], &config->parameters[place],
            (config->parameter_count++ - place) * sizeof *config->parameters);
    config->parameters[place] = parameter;
    config->datasets_vary = true;
    return STATUS_OK;
}

/* {values: LIST} */
static const struct node *make_values(const struct reading *reading, const struct node *list) {
    struct node *made = ARENA_NEW(reading->arena, struct node, 2), *key = made ? made + 1 : NULL;
    const struct node **nodes = ARENA_NEW(reading->arena, const struct node *, 2);
    if (!made || !nodes)
        return NULL;
    *made = *key = *list;
    key->kind = NODE_SCALAR;
    key->text = "values";
    nodes[0] = key;
    nodes[1] = list;
    made->kind = NODE_MAPPING;
    made->count = 1;
    made->keys = &nodes[0];
    made->items = &nodes[1];
    return made;
}

/* As a key of its own it comes first, so that it varies slowest. --set's lists are values, and in a
 * config a list is of names of which the first that is present is used. */
enum status config_read_dataset(const struct reading *reading, const struct node *node,
                                struct config *config) {
    if (reading_is_option(reading) && node->kind == NODE_SEQUENCE && node->count > 1 &&
        !(node = make_values(reading, node)))
        return error_memory(reading->error);
    if (config_is_datasets(node))
        return config_read_datasets(reading, node, 0, config);
    const enum status status = begin(reading, node, config);
    return status == STATUS_OK ? read_one(reading, node, config) : status;
}
