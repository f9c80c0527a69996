/* The key dataset: which data set, and how it is to be read. */
#include "search/config_private.h"
#include "search/parts.h"
#include "search/scalar.h"

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

static enum status read_normalization(const struct reading *reading, const struct node *node,
                                      struct dataset_options *options) {
    return reading_boolean(reading, node, "normalization", &options->normalization);
}

static const struct {
    const char *name;
    enum status (*read)(const struct reading *reading, const struct node *node,
                        struct dataset_options *options);
} options[] = {
    {"data_format", read_data_format},     {"targets", read_targets},
    {"test_split", read_test_split},       {"split_seed", read_split_seed},
    {"image_size", read_image_size},       {"color_mode", read_color_mode},
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
            return reading_fail(reading, nodes[i], "dataset: a name or a folder belongs here");
        config->datasets[i] = nodes[i]->text;
        config->dataset_nodes[i] = nodes[i];
    }
    config->dataset_reading = reading;
    config->dataset_count = count;
    return STATUS_OK;
}

enum status config_read_dataset(const struct reading *reading, const struct node *node,
                                struct config *config) {
    config->dataset_count = 0;
    config->dataset_options = (struct dataset_options){0};
    if (node->kind != NODE_MAPPING)
        return read_names(reading, node, config);
    const char *parts[PARTS_MAX];
    const size_t count = parts_list("dataset", parts);
    enum status status = reading_check_keys(reading, node, "key of dataset", parts, count);
    const struct node *name = node_at(node, "name");
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const struct node *value = node_at(node, options[i].name);
        if (value)
            status = status_join(status, options[i].read(reading, value, &config->dataset_options));
    }
    if (!name)
        return status == STATUS_OK
                   ? reading_fail(reading, node, "dataset needs a name: dataset: {name: ./mine}")
                   : status;
    return status_join(status, read_names(reading, name, config));
}
