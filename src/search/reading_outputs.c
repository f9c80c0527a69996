#include "search/reading_outputs.h"

#include "base/names.h"
#include "search/reading_inputs.h"
#include "search/reading_value.h"
#include "search/scalar.h"
#include "search/spec.h"
#include "search/words.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* --- what an output has beside arguments --- */

static const char *const extra_keys[] = {"name", "loss", "target", "metrics"};
#define EXTRA_KEYS (sizeof extra_keys / sizeof *extra_keys)

static size_t list_extra_keys(const void *into, const char *keys[ARGUMENTS_MAX], size_t count) {
    (void)into;
    for (size_t i = 0; i < EXTRA_KEYS; i++)
        keys[count++] = extra_keys[i];
    return count;
}

/* Names begin what is reported: digit_loss, val_digit_accuracy. */
static enum status read_name(const struct reading *reading, const struct node *node,
                             struct named_output *output) {
    static const char *const taken[] = {"val_", "test_", "train_"};
    const char *name = node->kind == NODE_SCALAR ? node->text : "";
    size_t length = isalpha((unsigned char)*name) ? 1 : 0;
    while (length > 0 && (isalnum((unsigned char)name[length]) || name[length] == '_'))
        length++;
    if (length == 0 || name[length] || length >= OUTPUT_NAME_MAX)
        return reading_fail(reading, node,
                            "layers: an output's name has a letter and then letters, digits and _, "
                            "%d at most",
                            OUTPUT_NAME_MAX - 1);
    memcpy(output->name, name, length + 1);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        const size_t begin = strlen(taken[i]) - 1;
        if (strncmp(name, taken[i], begin) == 0 && (!name[begin] || name[begin] == '_'))
            return reading_fail(reading, node,
                                "layers: no output's name begins with '%.*s', which scores "
                                "begin with",
                                (int)begin, taken[i]);
    }
    const struct metric *metric;
    for (size_t i = 0; (metric = metric_row(i)); i++)
        if (!metric->output && strncmp(metric->name, name, length) == 0 &&
            metric->name[length] == '_' &&
            (metric_find(metric->name + length + 1) || strcmp(metric->name + length, "_loss") == 0))
            return reading_fail(reading, node,
                                "layers: of an output '%s', %s would be the name of a score, and "
                                "that is a metric",
                                name, metric->name);
    return STATUS_OK;
}

static enum status read_loss(const struct reading *reading, const struct node *node,
                             struct named_output *output) {
    struct value value;
    if (node->kind == NODE_SEQUENCE)
        return reading_fail(reading, node,
                            "layers: an output has one loss; to compare several, list the models: "
                            "model: {values: [...]}");
    enum status status = reading_value(reading, node, &hyperparameters[HP_LOSS], &value);
    if (status == STATUS_OK)
        output->loss = loss_find(value.name);
    return status;
}

/* The nodes of a list, or of what stands between slashes: a/b. At most `most`; *count is how many
 * there are. */
static enum status list_items(const struct reading *reading, const struct node *node, size_t most,
                              struct node *items, size_t *count) {
    enum status status = STATUS_OK;
    *count = 0;
    if (node->kind == NODE_SEQUENCE) {
        for (size_t i = 0; i < node->count && i < most; i++)
            items[i] = *node->items[i];
        *count = node->count;
        return STATUS_OK;
    }
    for (size_t at = 0; node->kind == NODE_SCALAR && node->text[at] && status == STATUS_OK;) {
        const size_t length = strcspn(node->text + at, "/");
        if (*count < most)
            status = reading_part(reading, node, at, length, &items[*count]);
        ++*count;
        at += length + (node->text[at + length] == '/');
    }
    return status;
}

static enum status read_metrics(const struct reading *reading, const struct node *node,
                                struct named_output *output) {
    struct node items[OUTPUT_METRICS_MAX];
    size_t count;
    enum status status = list_items(reading, node, OUTPUT_METRICS_MAX, items, &count);
    if (status == STATUS_OK && count > OUTPUT_METRICS_MAX)
        return reading_fail(reading, node, "layers: an output has at most %d metrics",
                            OUTPUT_METRICS_MAX);
    output->metric_count = 0;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct metric *metric =
            items[i].kind == NODE_SCALAR ? metric_find(items[i].text) : NULL;
        const char *names[64];
        size_t known = 0;
        for (size_t k = 0; known < 64 && metric_row(k); k++)
            if (!metric_row(k)->output)
                names[known++] = metric_row(k)->name;
        if (items[i].kind != NODE_SCALAR)
            status = reading_fail(reading, &items[i], "layers: metrics are names");
        else if (!metric || metric->output || !metric->add)
            status = reading_fail_unknown(reading, &items[i], "metric", names, known);
        else {
            output->metric_origins[output->metric_count] =
                (struct origin){reading->file, items[i].line, items[i].column};
            output->metrics[output->metric_count++] = metric;
        }
    }
    return status;
}

/* Whether a text names an array, which may begin with a digit; 0/1/0/1 is a list of classes. */
static bool names_array(const struct node *node, const struct node *items, size_t count) {
    bool numbers = true;
    double class;
    for (size_t i = 0; i < count && i < OUTPUT_CLASSES_MAX; i++)
        numbers &= scalar_number(&items[i], &class);
    return node->kind == NODE_SCALAR && !numbers;
}

/* A class for each class: [0, 1, 0, 1, ...]; or a name. */
static enum status read_target(const struct reading *reading, const struct node *node,
                               struct named_output *output) {
    struct node *items = ARENA_NEW(reading->arena, struct node, OUTPUT_CLASSES_MAX);
    double class;
    size_t count;
    if (!items)
        return error_memory(reading->error);
    enum status status = list_items(reading, node, OUTPUT_CLASSES_MAX, items, &count);
    output->target = NULL;
    output->mapped = 0;
    if (status != STATUS_OK)
        return status;
    if (names_array(node, items, count)) {
        output->target = node->text;
        return reading_array_name(reading, node, "a target", node->text);
    }
    if (count == 0 || count > OUTPUT_CLASSES_MAX)
        return reading_fail(reading, node,
                            "layers: a target is a name, or has a class for each class of the data "
                            "set, as in [0, 1, 0, 1]");
    for (size_t i = 0; i < count; i++) {
        if (!scalar_number(&items[i], &class) || class < 0 || class >= OUTPUT_CLASSES_MAX ||
            class != floor(class))
            return reading_fail(reading, &items[i],
                                "layers: the classes of a target are whole numbers from 0 to %d",
                                OUTPUT_CLASSES_MAX - 1);
        output->map[i] = (uint8_t) class;
    }
    output->mapped = count;
    return STATUS_OK;
}

/* A word by itself is the name. */
static enum status read_extra(const struct reading *reading, const char *key,
                              const struct node *node, void *into) {
    static enum status (*const readers[EXTRA_KEYS])(
        const struct reading *reading, const struct node *node,
        struct named_output *output) = {read_name, read_loss, read_target, read_metrics};
    struct layer_spec *layer = into;
    struct named_output *output = ARENA_NEW(reading->arena, struct named_output, 1);
    size_t i = 0;
    if (!output)
        return error_memory(reading->error);
    *output = *layer->output;
    layer->output = output;
    while (key && i < EXTRA_KEYS - 1 && strcmp(extra_keys[i], key) != 0)
        i++;
    if (!key && *output->name)
        return reading_fail(reading, node, "layers: '%.64s' is more than an output takes",
                            node->kind == NODE_SCALAR ? node->text : "a list");
    return readers[i](reading, node, output);
}

const struct argument_extras output_extras = {list_extra_keys, read_extra, NULL};

enum status reading_output_begin(const struct reading *reading, struct layer_spec *layer) {
    layer->output = ARENA_NEW(reading->arena, struct named_output, 1);
    return layer->output ? STATUS_OK : error_memory(reading->error);
}

enum status reading_output_end(const struct reading *reading, const struct node *node,
                               const struct layer_spec *layer) {
    const struct named_output *output = layer->output;
    if (!*output->name)
        return reading_fail(reading, node, "layers: an output needs a name");
    if (!output->loss)
        return reading_fail(reading, node,
                            "layers: the output '%s' has no loss; each output names its own, as in "
                            "loss: categorical_crossentropy",
                            output->name);
    if (layer->label_smoothing != 0 && !loss_has(output->loss, LOSS_LABEL_SMOOTHING, NULL))
        return reading_fail(reading, node, "layers: the output '%s': %s has no label_smoothing",
                            output->name, output->loss->name);
    if (layer->delta != 1 && !loss_has(output->loss, LOSS_DELTA, NULL))
        return reading_fail(reading, node, "layers: the output '%s': %s has no delta", output->name,
                            output->loss->name);
    return STATUS_OK;
}

/* --- a mapping of outputs --- */

static bool is_of_output(const struct node *key) {
    bool is = false;
    for (size_t i = 1; i < EXTRA_KEYS; i++)
        is |= node_says(key, extra_keys[i]);
    for (size_t i = 0; i < layer_output.argument_count; i++)
        is |= node_says(key, layer_output.arguments[i].name);
    return is;
}

static bool is_layer(const struct node *key) {
    return key->kind == NODE_SCALAR && (layer_kind_find(key->text) || activation_find(key->text));
}

static struct node *word_at(const struct reading *reading, const struct node *at,
                            const char *word) {
    struct node *node = ARENA_NEW(reading->arena, struct node, 1);
    if (node) {
        *node = *at;
        node->kind = NODE_SCALAR;
        node->text = word;
    }
    return node;
}

static bool begin_mapping(const struct reading *reading, const struct node *at, size_t count,
                          struct node *mapping) {
    *mapping = *at;
    mapping->kind = NODE_MAPPING;
    mapping->count = 0;
    mapping->keys = ARENA_NEW(reading->arena, const struct node *, count);
    mapping->items = ARENA_NEW(reading->arena, const struct node *, count);
    return mapping->keys && mapping->items;
}

static void append(struct node *mapping, const struct node *key, const struct node *item) {
    mapping->keys[mapping->count] = key;
    mapping->items[mapping->count++] = item;
}

/* A loss by its name, with what it takes: the only one of these that is no argument of an output.
 */
static enum status append_loss(const struct reading *reading, const struct node *key,
                               const struct node *loss, struct node *mapping) {
    static const char *const taken[] = {"name", "label_smoothing", "delta"};
    enum status status =
        reading_check_keys(reading, loss, "key of a loss", taken, sizeof taken / sizeof *taken);
    for (size_t i = 0; i < loss->count; i++)
        append(mapping, node_says(loss->keys[i], "name") ? key : loss->keys[i], loss->items[i]);
    return status;
}

enum status reading_output_spread(const struct reading *reading, const struct node *output,
                                  struct node *spread) {
    const struct node *loss = node_at(output, "loss");
    enum status status = STATUS_OK;
    *spread = *output;
    if (!loss || loss->kind != NODE_MAPPING || !node_at(loss, "name"))
        return STATUS_OK;
    if (!begin_mapping(reading, output, output->count + loss->count, spread))
        return error_memory(reading->error);
    for (size_t i = 0; i < output->count; i++)
        if (output->items[i] == loss)
            status = append_loss(reading, output->keys[i], loss, spread);
        else
            append(spread, output->keys[i], output->items[i]);
    return status;
}

enum status reading_output_split(const struct reading *reading, const struct node *name,
                                 const struct node *node, struct node *layer, struct node *output) {
    struct node *inner = ARENA_NEW(reading->arena, struct node, 1);
    const struct node *kind = word_at(reading, name, "output");
    const struct node *key = word_at(reading, name, "name");
    const size_t count = node->kind == NODE_MAPPING ? node->count : 0;
    if (!inner || !kind || !key || !begin_mapping(reading, name, 1, output) ||
        !begin_mapping(reading, node, count + 1, layer) ||
        !begin_mapping(reading, name, count + 1, inner))
        return error_memory(reading->error);
    append(output, kind, inner);
    append(inner, key, name);
    for (size_t i = 0; i < count; i++)
        append(is_of_output(node->keys[i]) ? inner : layer, node->keys[i], node->items[i]);
    return node->kind == NODE_MAPPING || scalar_is_null(node)
               ? STATUS_OK
               : reading_fail(reading, node,
                              "layers: an output is a mapping: {loss: categorical_crossentropy}, "
                              "and if it is no layer of the model, its layer");
}

size_t reading_output_keys(const char **keys) {
    size_t count = 0;
    for (size_t i = 1; i < EXTRA_KEYS; i++)
        keys[count++] = extra_keys[i];
    for (size_t i = 0; i < layer_output.argument_count; i++)
        keys[count++] = layer_output.arguments[i].name;
    return count;
}

enum status reading_output_refuse(const struct reading *reading, const struct node *layer) {
    const struct argument_table dense = layer_arguments(&layer_dense);
    const char *own[OUTPUT_KEYS_MAX + 1], *near[NEAR_MAX];
    size_t count = reading_output_keys(own);
    enum status status = STATUS_OK;
    own[count++] = "inputs";
    for (size_t i = 0; i < layer->count; i++) {
        const struct node *key = layer->keys[i];
        const bool alone = layer->count == 1 && node_says(key, "input");
        if (key->kind != NODE_SCALAR || node_says(key, "inputs") || node_says(key, "shared") ||
            argument_find(&dense, key->text) || (is_layer(key) && !alone))
            continue;
        const size_t found = text_near(key->text, own, count, near);
        if (found > 0 || words_find("key of an output", key->text))
            status = status_join(
                status, reading_fail_unknown(reading, key, "key of an output", near, found));
    }
    return status;
}

bool reading_may_be_outputs(const struct node *key, const struct node *node) {
    static const char *const outputs[] = {"outputs"};
    const struct node *first =
        node->kind == NODE_MAPPING && node->count > 0 ? node->items[0] : NULL;
    bool has = false;
    if (!first || first->kind != NODE_MAPPING || is_layer(node->keys[0]) ||
        key->kind != NODE_SCALAR || !text_nearest(key->text, outputs, 1))
        return false;
    for (size_t i = 0; i < first->count; i++)
        has |= is_of_output(first->keys[i]);
    return has;
}

bool reading_are_outputs(const struct node *key, const struct node *node) {
    return node_says(key, "outputs") && node->kind == NODE_MAPPING && node->count > 0;
}
