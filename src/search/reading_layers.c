#include "search/reading_layers.h"

#include "search/layers.h"
#include "search/reading_inputs.h"
#include "search/reading_outputs.h"
#include "search/reading_value.h"
#include "search/scalar.h"
#include "search/spec.h"
#include "search/words.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* --- an activation, and what is its own --- */

static enum status read_activation_name(const struct reading *reading, const struct node *node,
                                        struct layer_spec *layer) {
    struct value value;
    enum status status = reading_value(reading, node, &hyperparameters[HP_ACTIVATION], &value);
    if (status == STATUS_OK)
        layer->activation = activation_find(value.name);
    return status;
}

/* The parameter that it may have: leaky_relu's negative_slope. */
static enum status read_parameter(const struct reading *reading, const struct node *node,
                                  struct layer_spec *layer) {
    const struct hyperparameter *parameter = hyperparameter_of_activation(layer->activation);
    struct value value;
    if (!parameter)
        return reading_fail(reading, node, "layers: %s takes no number; %s",
                            layer->activation->name,
                            "a dense layer is its units, as in \"64 relu\"");
    enum status status = reading_value(reading, node, parameter, &value);
    if (status == STATUS_OK)
        layer->activation_parameter = value.real;
    return status;
}

static size_t list_own_keys(const struct activation *activation, const char *keys[ARGUMENTS_MAX],
                            size_t count) {
    const struct argument_table learned = layer_learned_arguments(activation);
    if (activation && hyperparameter_of_activation(activation))
        keys[count++] = hyperparameter_of_activation(activation)->name;
    for (size_t i = 0; i < learned.count; i++)
        keys[count++] = learned.rows[i].name;
    return count;
}

static enum status read_own(const struct reading *reading, const char *key, const struct node *node,
                            struct layer_spec *layer) {
    const struct argument_table learned = layer_learned_arguments(layer->activation);
    const struct argument *argument = key ? argument_find(&learned, key) : NULL;
    return argument ? reading_argument(reading, node, argument, "layers", layer)
                    : read_parameter(reading, node, layer);
}

static size_t list_keys_beside_name(const void *into, const char *keys[ARGUMENTS_MAX],
                                    size_t count) {
    const struct layer_spec *layer = into;
    keys[count++] = "name";
    return list_own_keys(layer->activation, keys, count);
}

static enum status read_beside_name(const struct reading *reading, const char *key,
                                    const struct node *node, void *into) {
    return key && strcmp(key, "name") == 0 ? STATUS_OK : read_own(reading, key, node, into);
}

static const struct argument_extras beside_name = {list_keys_beside_name, read_beside_name, NULL};

/* relu, {name: leaky_relu, negative_slope: 0.3}, {leaky_relu: 0.3} */
static enum status read_activation(const struct reading *reading, const struct node *node,
                                   struct layer_spec *layer) {
    const bool mapping = node->kind == NODE_MAPPING && node->count > 0 && !spec_is(node);
    const struct node *name = mapping ? node_at(node, "name") : node, *inner = node;
    if (!name && node->count == 1) {
        name = node->keys[0];
        inner = node->items[0];
    }
    if (!name)
        return reading_fail(reading, node,
                            "layers: an activation with arguments is written {name: leaky_relu, "
                            "negative_slope: 0.3}");
    enum status status = read_activation_name(reading, name, layer);
    if (status != STATUS_OK || !mapping)
        return status;
    struct argument_reading of = {.owner = "layers",
                                  .noun = "an activation",
                                  .name = layer->activation->name,
                                  .into = layer,
                                  .extras = &beside_name};
    return inner->kind == NODE_MAPPING ? reading_arguments(reading, inner, &of)
                                       : reading_first_argument(reading, name, inner, &of);
}

/* --- what a layer takes beside its arguments --- */

static size_t list_extra_keys(const void *into, const char *keys[ARGUMENTS_MAX], size_t count) {
    const struct layer_spec *layer = into;
    keys[count++] = "activation";
    return list_own_keys(layer->activation, keys, count);
}

/* An activation, or what is its own: of one by itself, a number without a name, too. */
static enum status read_extra(const struct reading *reading, const char *key,
                              const struct node *node, void *into) {
    struct layer_spec *layer = into;
    const bool itself = layer->kind == &layer_activation && layer->activation;
    if (key ? strcmp(key, "activation") == 0 : !itself && !layer->activation)
        return read_activation(reading, node, layer);
    return key || itself ? read_own(reading, key, node, layer)
                         : reading_fail(reading, node, "layers: '%.64s' is more than a layer takes",
                                        node->kind == NODE_SCALAR ? node->text : "a list");
}

/* The same as arguments, of which several values may be given. */
static const struct argument *find_extra(const struct reading *reading, const char *key,
                                         const void *into) {
    static const struct argument activation = {.name = "activation",
                                               .type = ARGUMENT_ENTRY,
                                               .offset = offsetof(struct layer_spec, activation)};
    const struct layer_spec *layer = into;
    const struct hyperparameter *parameter =
        layer->activation ? hyperparameter_of_activation(layer->activation) : NULL;
    const struct argument_table learned = layer_learned_arguments(layer->activation);
    if (key ? strcmp(key, "activation") == 0 : !layer->activation)
        return &activation;
    if (key && argument_find(&learned, key))
        return argument_find(&learned, key);
    struct argument *made = parameter ? ARENA_NEW(reading->arena, struct argument, 1) : NULL;
    if (made)
        *made = (struct argument){.name = parameter->name,
                                  .type = ARGUMENT_REAL,
                                  .offset = offsetof(struct layer_spec, activation_parameter),
                                  .minimum = parameter->minimum,
                                  .maximum = parameter->maximum,
                                  .minimum_open = parameter->minimum_open,
                                  .maximum_open = parameter->maximum_open};
    return made;
}

static const struct argument_extras extras = {list_extra_keys, read_extra, find_extra};

/* How the arguments of a layer are read whose kind is known. */
static enum status read_begun(const struct reading *reading, struct varied_arguments *varied,
                              struct layer_spec *layer, struct argument_reading *of) {
    char word[LAYER_WORD_MAX];
    *of = (struct argument_reading){
        .owner = "layers",
        .noun = "a layer",
        .name = arena_printf(reading->arena, "%s", layer_kind_word(layer->kind, word)),
        .table = layer_arguments(layer->kind),
        .into = layer,
        .varied = varied,
        .extras = layer->kind->activates ? &extras : NULL};
    if (layer->kind == &layer_output) {
        of->extras = &output_extras;
        of->noun = "an output";
        if (reading_output_begin(reading, layer) != STATUS_OK)
            return STATUS_MEMORY;
    }
    if (layer->kind == &layer_input_layer) {
        of->extras = &input_extras;
        of->noun = "an input";
        if (reading_input_begin(reading, layer) != STATUS_OK)
            return STATUS_MEMORY;
    }
    return of->name ? STATUS_OK : error_memory(reading->error);
}

/* Whether a layer has all that it needs beside its arguments; of an activation that varies the
 * values are read later. */
static enum status check_rest(const struct reading *reading, const struct node *node,
                              const struct varied_arguments *varied,
                              const struct layer_spec *layer) {
    const bool varies =
        varied && varied->count > 0 && varied->items[varied->count - 1].into == layer;
    if (layer->kind == &layer_output)
        return reading_output_end(reading, node, layer);
    return layer->kind == &layer_activation && !layer->activation && !varies
               ? reading_fail(reading, node, "layers: which activation?")
               : STATUS_OK;
}

/* What a word begins a layer with; false: nothing that is known. */
static bool begin_layer(const char *word, struct layer_spec *layer) {
    const struct activation *activation = activation_find(word);
    const struct layer_kind *kind = activation ? &layer_activation : layer_kind_find(word);
    if (!kind)
        return false;
    *layer = layer_standard(kind);
    layer->activation = activation;
    return true;
}

/* --- what is no layer, or none of its keys --- */

#define KIND_NAMES_MAX 128

/* "flaten", "concat": STATUS_OK where no layer has a name like it. */
static enum status refuse_misspelled(const struct reading *reading, const struct node *node) {
    const char *names[KIND_NAMES_MAX], *near[NEAR_MAX];
    char words[KIND_NAMES_MAX][LAYER_WORD_MAX];
    const struct layer_kind *kind;
    size_t count = 0, near_count = 0;
    if (node->kind != NODE_SCALAR || !isalpha((unsigned char)*node->text))
        return STATUS_OK;
    for (size_t i = 0; count < KIND_NAMES_MAX && (kind = layer_kind_row(i)); i++, count++)
        names[count] = layer_kind_word(kind, words[count]);
    for (size_t i = 0; count < KIND_NAMES_MAX && hyperparameters[HP_ACTIVATION].name_at(i); i++)
        names[count++] = hyperparameters[HP_ACTIVATION].name_at(i);
    const struct word *word = words_find("layer", node->text);
    if (!word)
        near_count = text_near(node->text, names, count, near);
    return near_count > 0 || (word && word->instead)
               ? reading_fail_unknown(reading, node, "layer", near, near_count)
               : STATUS_OK;
}

/* {dense: 10, input: a}: what a layer reads is called inputs. */
static enum status refuse_input(const struct reading *reading, const struct node *key) {
    const enum status status = reading_fail(
        reading, key, "unknown key of a layer '%.64s'; did you mean 'inputs'?", key->text);
    reading_correct(reading, key, "inputs");
    return status;
}

/* What a layer of a kind takes, by its names. Returns how many. */
static size_t list_keys(const struct layer_kind *kind, const char *keys[ARGUMENTS_MAX]) {
    const struct argument_table table = layer_arguments(kind);
    size_t count = 0;
    for (; count < table.count; count++)
        keys[count] = table.rows[count].name;
    if (kind->activates)
        keys[count++] = "activation";
    if (kind == &layer_input_layer)
        count = input_extras.list_keys(NULL, keys, count);
    return count;
}

/* {dense: 10, activation: relu}: what stands beside a layer that has a value. */
static enum status refuse_beside(const struct reading *reading, const struct node *kind,
                                 const struct node *rest) {
    const char *keys[ARGUMENTS_MAX + OUTPUT_KEYS_MAX + 2];
    struct layer_spec layer;
    begin_layer(kind->text, &layer);
    const size_t own = list_keys(layer.kind, keys);
    const size_t beside = own + reading_output_keys(keys + own);
    keys[beside] = "inputs";
    keys[beside + 1] = "shared";
    const char *key = text_nearest(rest->text, keys, beside + 2);
    size_t at = 0;
    while (key && keys[at] != key)
        at++;
    if (!key || words_find("key of a layer", rest->text))
        return reading_fail_unknown(reading, rest, "key of a layer", keys, own);
    if (at >= beside)
        return reading_fail_unknown(reading, rest, "key of a layer", &key, 1);
    if (at >= own)
        return reading_fail(reading, rest,
                            "layers: '%.64s' is an output's, and stands with it: outputs: {NAME: "
                            "{%.64s: ..., %s: ...}}",
                            rest->text, kind->text, key);
    return reading_fail(
        reading, kind, "layers: what '%.64s' takes stands within it: {%.64s: {%s%.64s: ...}}",
        kind->text, kind->text, layer.kind == &layer_dense ? "units: ..., " : "", key);
}

/* Keys of which one may be a layer, of what is to be the arguments of a dense layer: the first
 * kind, the first after it, and the first that is no kind. */
static void find_kinds(const struct node *node, const struct node *kinds[2],
                       const struct node **rest) {
    const struct argument_table dense = layer_arguments(&layer_dense);
    struct layer_spec layer;
    size_t count = 0;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *key = node->keys[i];
        if (key->kind != NODE_SCALAR || argument_find(&dense, key->text) ||
            node_says(key, "activation") || !begin_layer(key->text, &layer))
            *rest = *rest ? *rest : key;
        else if (count < 2)
            kinds[count++] = key;
    }
}

/* No kind is known: it is a dense layer's arguments, or a kind is misspelled. */
static enum status refuse_unknown(const struct reading *reading, const struct node *node) {
    const char *keys[ARGUMENTS_MAX];
    const size_t count = list_keys(&layer_dense, keys);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < node->count && status == STATUS_OK; i++)
        if (node->keys[i]->kind == NODE_SCALAR &&
            !words_find("key of a layer", node->keys[i]->text) &&
            !text_nearest(node->keys[i]->text, keys, count))
            status = refuse_misspelled(reading, node->keys[i]);
    return status;
}

/* {dense: 10, activation: relu}: a kind beside what it takes, or beside another one. */
static enum status refuse_kind(const struct reading *reading, const struct node *node) {
    const struct node *kinds[2] = {NULL}, *rest = NULL;
    find_kinds(node, kinds, &rest);
    if (!kinds[0])
        return refuse_unknown(reading, node);
    for (size_t i = 0; i < 2 && kinds[i] && (kinds[1] || rest); i++)
        if (node_says(kinds[i], "input") &&
            !(rest && (node_says(rest, "array") || node_says(rest, "shape"))))
            return refuse_input(reading, kinds[i]);
    if (kinds[1])
        return reading_fail(reading, kinds[1],
                            "layers: '%.64s' and '%.64s' are two layers, each an item of its own",
                            kinds[0]->text, kinds[1]->text);
    return rest && rest->kind == NODE_SCALAR ? refuse_beside(reading, kinds[0], rest) : STATUS_OK;
}

/* {units: 64, activation: tanh}, {dropout: 0.2}, {batch_normalization: {momentum: 0.9}} */
static enum status read_mapping(const struct reading *reading, const struct node *node,
                                struct varied_arguments *varied, struct layer_spec *layer) {
    const bool named = node->count == 1 && node->keys[0]->kind == NODE_SCALAR &&
                       begin_layer(node->keys[0]->text, layer);
    const struct node *inner = named ? node->items[0] : node;
    struct argument_reading of;
    struct node output;
    enum status status = named ? STATUS_OK : refuse_kind(reading, node);
    if (status != STATUS_OK)
        return status;
    if (!named)
        *layer = layer_standard(&layer_dense);
    status = read_begun(reading, varied, layer, &of);
    if (status == STATUS_OK && layer->kind == &layer_output && inner->kind == NODE_MAPPING) {
        status = reading_output_spread(reading, inner, &output);
        inner = &output;
    }
    if (status != STATUS_OK)
        return status;
    const struct node *name =
        layer->kind == &layer_output && inner->kind == NODE_MAPPING ? node_at(inner, "name") : NULL;
    of.name = name && name->kind == NODE_SCALAR ? name->text : of.name;
    status = !named || reading_has_arguments(inner, &of.table)
                 ? reading_arguments(reading, inner, &of)
                 : reading_first_argument(reading, node->keys[0], inner, &of);
    return status == STATUS_OK ? check_rest(reading, node, varied, layer) : status;
}

/* --- words --- */

/* The first word is no kind and no activation: it is a dense layer's units, or wrong. */
static enum status begin_dense(const struct reading *reading, const struct node *part,
                               struct layer_spec *layer) {
    const struct hyperparameter *layers = &hyperparameters[HP_LAYERS];
    double number;
    enum status status;
    *layer = layer_standard(&layer_dense);
    if (scalar_number(part, &number) && number == floor(number) &&
        hyperparameter_allows(layers, number)) {
        layer->units = (uint32_t)number;
        return STATUS_OK;
    }
    const struct word *word = part->kind == NODE_SCALAR ? words_find("layer", part->text) : NULL;
    status = refuse_misspelled(reading, part);
    if (status != STATUS_OK)
        return status;
    return word ? reading_fail(reading, part, "layers: '%.64s': %s", part->text, word->advice)
                : reading_fail_allowed(reading, part, layers);
}

/* "64 tanh", "dropout 0.2" */
static enum status read_words(const struct reading *reading, const struct node *node,
                              struct layer_spec *layer) {
    const size_t begin = strspn(node->text, " "), length = strcspn(node->text + begin, " ");
    struct node part = *node;
    struct argument_reading of;
    bool given = false;
    enum status status = STATUS_OK;
    if (strpbrk(node->text, "()"))
        return reading_fail(reading, node,
                            "layers: '%.64s': a layer is written without Keras' parentheses: "
                            "\"conv2d 4 3\", or {conv2d: {filters: 4, kernel_size: 3}}",
                            node->text);
    if (length < strlen(node->text))
        status = reading_part(reading, node, begin, length, &part);
    if (status == STATUS_OK && !begin_layer(part.text, layer))
        status = begin_dense(reading, &part, layer), given = true;
    if (status == STATUS_OK)
        status = read_begun(reading, NULL, layer, &of);
    if (status != STATUS_OK)
        return status;
    of.given[0] = given;
    status = reading_argument_words(reading, node, begin + length, &of);
    return status == STATUS_OK ? check_rest(reading, node, NULL, layer) : status;
}

/* "relu 64" for "64 relu"; behind leaky_relu the number is its own. */
static void correct_order(const struct reading *reading, const struct node *node) {
    const size_t length = strcspn(node->text, " ");
    const char *rest = node->text + length + strspn(node->text + length, " ");
    char *word = arena_printf(reading->arena, "%.*s", (int)length, node->text);
    const struct activation *activation = word ? activation_find(word) : NULL;
    if (activation && !hyperparameter_of_activation(activation) && isdigit((unsigned char)*rest) &&
        !strchr(rest, ' '))
        reading_correct(reading, node, "%s %s", rest, word);
}

enum status reading_layer(const struct reading *reading, const struct node *node,
                          struct varied_arguments *varied, struct layer_spec *layer) {
    if (node->kind == NODE_SEQUENCE)
        return reading_fail(reading, node, "layers: a list of layers within a list; %s",
                            reading_several(reading));
    if (node->kind == NODE_MAPPING)
        return read_mapping(reading, node, varied, layer);
    if (strspn(node->text, " ") == strlen(node->text))
        return reading_fail_allowed(reading, node, &hyperparameters[HP_LAYERS]);
    enum status status = read_words(reading, node, layer);
    if (status == STATUS_INPUT)
        correct_order(reading, node);
    return status;
}

bool reading_layer_is_number(const struct node *node) {
    const char *text = node->kind == NODE_SCALAR ? node->text : "";
    return isdigit((unsigned char)text[strspn(text, " ")]);
}
