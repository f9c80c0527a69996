#include "search/reading_layers.h"

#include "base/names.h"
#include "search/layers.h"
#include "search/reading_value.h"
#include "search/scalar.h"
#include "search/spec.h"
#include "search/words.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* --- arguments --- */

static bool is_allowed(const struct layer_argument *argument, double number) {
    return number >= argument->minimum &&
           (argument->maximum_open ? number < argument->maximum : number <= argument->maximum) &&
           (argument->type == ARGUMENT_REAL || number == floor(number));
}

static enum status fail_argument(const struct reading *reading, const struct node *node,
                                 const struct layer_argument *argument) {
    char described[80];
    struct text allowed;
    text_init(&allowed);
    layers_append_allowed(argument, &allowed);
    enum status status =
        reading_fail(reading, node, "layers: %s: %s is not allowed; it takes %s", argument->name,
                     node_describe(node, described, sizeof described), allowed.data);
    text_release(&allowed);
    reading_unquote(reading, node);
    return status;
}

/* 28x28x1, or [28, 28, 1]. */
static bool read_sizes(const struct reading *reading, const struct node *node,
                       const struct layer_argument *argument, struct sizes *sizes) {
    size_t rank = 0;
    double number = 0;
    *sizes = (struct sizes){0};
    for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->count; i++) {
        if (rank == SHAPE_RANK_MAX - 1 || !scalar_number(node->items[i], &number) ||
            !is_allowed(argument, number))
            return false;
        sizes->dims[rank++] = (uint32_t)number;
    }
    for (const char *at = node->kind == NODE_SCALAR ? node->text : ""; *at;) {
        struct node part = *node;
        const size_t length = strcspn(at, "x");
        part.type = TYPE_OPEN;
        part.text = arena_printf(reading->arena, "%.*s", (int)length, at);
        if (!part.text || rank == SHAPE_RANK_MAX - 1 || !scalar_number(&part, &number) ||
            !is_allowed(argument, number))
            return false;
        sizes->dims[rank++] = (uint32_t)number;
        at += length + (at[length] == 'x');
    }
    return rank > 0;
}

/* 3, 3x5 or [3, 5] */
static bool read_pair(const struct reading *reading, const struct node *node,
                      const struct layer_argument *argument, uint16_t pair[2]) {
    struct sizes sizes;
    const bool reads = read_sizes(reading, node, argument, &sizes) && sizes.dims[2] == 0;
    pair[0] = reads ? (uint16_t)sizes.dims[0] : 0;
    pair[1] = sizes.dims[1] && reads ? (uint16_t)sizes.dims[1] : pair[0];
    return reads;
}

static bool read_name(const struct node *node, const struct layer_argument *argument,
                      uint8_t *place) {
    for (*place = 0; node->kind == NODE_SCALAR && argument->names[*place]; ++*place)
        if (name_resembles(node->text, argument->names[*place]))
            return true;
    *place = 0;
    return false;
}

static enum status read_argument(const struct reading *reading, const struct node *node,
                                 const struct layer_argument *argument, struct layer_spec *layer) {
    void *at = layer_argument_at(layer, argument);
    const bool numeric = argument->type == ARGUMENT_WHOLE || argument->type == ARGUMENT_REAL;
    double number = 0;
    bool reads = !numeric || (scalar_number(node, &number) && is_allowed(argument, number));
    if (argument->type == ARGUMENT_WHOLE)
        *(uint32_t *)at = reads ? (uint32_t)number : 0;
    else if (argument->type == ARGUMENT_REAL)
        *(double *)at = number == 0 ? 0 : number; /* -0 and 0 are one value */
    else if (argument->type == ARGUMENT_SWITCH)
        reads = scalar_boolean(node, at);
    else if (argument->type == ARGUMENT_PAIR)
        reads = read_pair(reading, node, argument, at);
    else if (argument->type == ARGUMENT_NAME)
        reads = read_name(node, argument, at);
    else
        reads = read_sizes(reading, node, argument, at);
    return reads ? STATUS_OK : fail_argument(reading, node, argument);
}

static enum status read_activation(const struct reading *reading, const struct node *node,
                                   struct layer_spec *layer) {
    struct value value;
    enum status status = reading_value(reading, node, &hyperparameters[HP_ACTIVATION], &value);
    if (status == STATUS_OK)
        layer->activation = activation_find(value.name);
    return status;
}

/* The parameter that an activation by itself may have of its own: leaky_relu's negative_slope. */
static const struct hyperparameter *parameter_of(const struct activation *activation) {
    for (size_t i = 0; activation->parameter != ACTIVATION_NO_PARAMETER && i < HP_COUNT; i++)
        if (hyperparameters[i].part == PART_ACTIVATION &&
            hyperparameters[i].detail == (int)activation->parameter)
            return &hyperparameters[i];
    return NULL;
}

static enum status read_parameter(const struct reading *reading, const struct node *node,
                                  struct layer_spec *layer) {
    const struct hyperparameter *parameter = parameter_of(layer->activation);
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

static const struct layer_argument *find_argument(const struct layer_kind *kind, const char *name) {
    for (size_t i = 0; i < kind->argument_count; i++)
        if (strcmp(kind->arguments[i].name, name) == 0)
            return &kind->arguments[i];
    return NULL;
}

/* A pair that is what it is by default is not kept, so that a layer has one spelling. */
static void drop_defaults(struct layer_spec *layer) {
    for (size_t i = 0; i < layer->kind->argument_count; i++) {
        const struct layer_argument *argument = &layer->kind->arguments[i];
        if (!argument->as)
            continue;
        const struct layer_argument *like = find_argument(layer->kind, argument->as);
        uint16_t *own = layer_argument_at(layer, argument);
        if (memcmp(own, layer_argument_at(layer, like), 2 * sizeof *own) == 0)
            own[0] = own[1] = 0;
    }
}

/* Fail where an argument that must be given is not there. */
static enum status check_given(const struct reading *reading, const struct node *node,
                               struct layer_spec *layer, const bool *given) {
    const struct layer_kind *kind = layer->kind;
    drop_defaults(layer);
    char word[LAYER_WORD_MAX];
    for (size_t i = 0; i < kind->argument_count; i++)
        if (isnan(kind->arguments[i].standard) && !given[i])
            return kind == &layer_dense
                       ? reading_fail(reading, node, "layers: a layer needs its units")
                       : reading_fail(reading, node, "layers: %s needs its %s",
                                      layer_kind_word(kind, word), kind->arguments[i].name);
    if (kind == &layer_activation && !layer->activation)
        return reading_fail(reading, node, "layers: which activation?");
    return STATUS_OK;
}

/* --- mappings --- */

#define ARGUMENTS_MAX 24

/* The names that a kind's mapping may have; returns how many. */
static size_t list_keys(const struct layer_spec *layer, const char *keys[ARGUMENTS_MAX]) {
    size_t count = 0;
    for (; count < layer->kind->argument_count; count++)
        keys[count] = layer->kind->arguments[count].name;
    if (layer->kind->activates)
        keys[count++] = "activation";
    if (layer->activation && parameter_of(layer->activation))
        keys[count++] = parameter_of(layer->activation)->name;
    return count;
}

/* {units: {values: [64, 128]}} */
static enum status note_varied(const struct reading *reading, const struct node *key,
                               const struct node *spec, const struct layer_argument *argument,
                               struct varied_arguments *varied, struct layer_spec *layer) {
    if (!varied || argument->type == ARGUMENT_SIZES || argument->type == ARGUMENT_NAME)
        return fail_argument(reading, spec, argument);
    if (varied->count == VARIED_ARGUMENTS_MAX)
        return reading_fail(reading, spec, "layers: more than %d arguments with several values",
                            VARIED_ARGUMENTS_MAX);
    varied->items[varied->count++] =
        (struct varied_argument){varied->layer, layer->kind, argument, key, spec};
    return STATUS_OK;
}

/* {units: 64, activation: tanh} */
static enum status read_arguments(const struct reading *reading, const struct node *node,
                                  struct varied_arguments *varied, struct layer_spec *layer) {
    const char *keys[ARGUMENTS_MAX];
    bool given[ARGUMENTS_MAX] = {0};
    enum status status =
        reading_check_keys(reading, node, "key of a layer", keys, list_keys(layer, keys));
    const bool known = status == STATUS_OK;
    for (size_t i = 0; i < node->count && status != STATUS_MEMORY; i++) {
        enum status own = STATUS_OK;
        if (node->keys[i]->kind != NODE_SCALAR || scalar_is_null(node->items[i]))
            continue;
        const struct layer_argument *argument = find_argument(layer->kind, node->keys[i]->text);
        if (argument) {
            own = spec_is(node->items[i])
                      ? note_varied(reading, node->keys[i], node->items[i], argument, varied, layer)
                      : read_argument(reading, node->items[i], argument, layer);
            given[argument - layer->kind->arguments] = true;
        } else if (strcmp(node->keys[i]->text, "activation") == 0) {
            own = read_activation(reading, node->items[i], layer);
        } else if (known) {
            own = read_parameter(reading, node->items[i], layer);
        }
        status = status_join(status, own);
    }
    return status == STATUS_OK ? check_given(reading, node, layer, given) : status;
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

/* {dropout: 0.2}, {batch_normalization: {momentum: 0.9}}, {leaky_relu: 0.2} */
static enum status read_kind(const struct reading *reading, const struct node *key,
                             const struct node *node, struct varied_arguments *varied,
                             struct layer_spec *layer) {
    const struct layer_kind *kind = layer->kind;
    bool given[ARGUMENTS_MAX] = {0};
    enum status status = STATUS_OK;
    if (node->kind == NODE_MAPPING && !spec_is(node))
        return read_arguments(reading, node, varied, layer);
    if (!scalar_is_null(node)) {
        given[0] = true;
        if (kind->positional > 0 && spec_is(node))
            status = note_varied(reading, key, node, &kind->arguments[0], varied, layer);
        else if (kind->positional > 0)
            status = read_argument(reading, node, &kind->arguments[0], layer);
        else if (kind == &layer_activation && !layer->activation)
            status = read_activation(reading, node, layer);
        else if (kind == &layer_activation)
            status = read_parameter(reading, node, layer);
        else
            status = reading_fail(reading, node, "layers: its arguments are written {NAME: VALUE}");
    }
    return status == STATUS_OK ? check_given(reading, node, layer, given) : status;
}

static enum status read_mapping(const struct reading *reading, const struct node *node,
                                struct varied_arguments *varied, struct layer_spec *layer) {
    if (node->count == 1 && node->keys[0]->kind == NODE_SCALAR &&
        begin_layer(node->keys[0]->text, layer))
        return read_kind(reading, node->keys[0], node->items[0], varied, layer);
    *layer = layer_standard(&layer_dense);
    return read_arguments(reading, node, varied, layer);
}

/* --- words --- */

/* A part of a node's text, as a node of its own. */
static enum status part_of(const struct reading *reading, const struct node *node, size_t begin,
                           size_t length, struct node *part) {
    const bool quoted = node->end - node->begin > strlen(node->text);
    *part = *node;
    part->type = TYPE_OPEN;
    part->text = arena_printf(reading->arena, "%.*s", (int)length, node->text + begin);
    part->begin = node->begin + quoted + begin;
    part->end = part->begin + length;
    part->column = node->column + (int)(quoted + begin);
    return part->text ? STATUS_OK : error_memory(reading->error);
}

/* momentum=0.9 */
static enum status read_named(const struct reading *reading, const struct node *node,
                              const struct node *part, struct layer_spec *layer, bool *given) {
    const char *equals = strchr(part->text, '=');
    const size_t begin = part->begin - node->begin - (node->end - node->begin > strlen(node->text));
    const size_t length = (size_t)(equals - part->text);
    struct node name, value;
    enum status status = part_of(reading, node, begin, length, &name);
    if (status == STATUS_OK)
        status = part_of(reading, node, begin + length + 1, strlen(equals + 1), &value);
    if (status != STATUS_OK)
        return status;
    const struct layer_argument *argument = find_argument(layer->kind, name.text);
    if (argument) {
        given[argument - layer->kind->arguments] = true;
        return read_argument(reading, &value, argument, layer);
    }
    if (layer->kind->activates && strcmp(name.text, "activation") == 0)
        return read_activation(reading, &value, layer);
    const char *keys[ARGUMENTS_MAX];
    return reading_fail_unknown(reading, &name, "key of a layer", keys, list_keys(layer, keys));
}

/* What follows the first word: arguments in order, an activation, NAME=VALUE. */
static enum status read_word(const struct reading *reading, const struct node *node,
                             const struct node *part, struct layer_spec *layer, bool *given) {
    const struct layer_kind *kind = layer->kind;
    size_t next = 0;
    while (next < kind->positional && given[next])
        next++;
    if (strchr(part->text, '='))
        return read_named(reading, node, part, layer, given);
    const bool number = isdigit((unsigned char)*part->text) || strchr("-+.", *part->text);
    if (next < kind->positional &&
        (number || !kind->activates || isnan(kind->arguments[next].standard))) {
        given[next] = true;
        return read_argument(reading, part, &kind->arguments[next], layer);
    }
    if (kind == &layer_activation && layer->activation)
        return read_parameter(reading, part, layer);
    if (kind->activates && !layer->activation)
        return read_activation(reading, part, layer);
    return reading_fail(reading, part, "layers: '%.64s' is more than a layer takes", part->text);
}

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
    if (word && word->instead) {
        status = reading_fail(reading, part, "layers: unknown layer '%.64s'; did you mean '%s'?",
                              part->text, word->instead);
        reading_correct(reading, part, "%s", word->instead);
        return status;
    }
    return word ? reading_fail(reading, part, "layers: '%.64s': %s", part->text, word->advice)
                : reading_fail_allowed(reading, part, layers);
}

/* "64 tanh", "dropout 0.2" */
static enum status read_words(const struct reading *reading, const struct node *node,
                              struct layer_spec *layer) {
    bool given[ARGUMENTS_MAX] = {0};
    enum status status = STATUS_OK;
    const char *text = node->text;
    size_t words = 0;
    for (size_t at = strspn(text, " "); status == STATUS_OK && text[at]; words++) {
        const size_t length = strcspn(text + at, " ");
        struct node part = *node;
        if (length < strlen(text))
            status = part_of(reading, node, at, length, &part);
        if (status == STATUS_OK && words > 0)
            status = read_word(reading, node, &part, layer, given);
        else if (status == STATUS_OK && !begin_layer(part.text, layer))
            status = begin_dense(reading, &part, layer), given[0] = true;
        at += length;
        at += strspn(text + at, " ");
    }
    return status == STATUS_OK ? check_given(reading, node, layer, given) : status;
}

/* "relu 64" for "64 relu". */
static void correct_order(const struct reading *reading, const struct node *node) {
    const size_t length = strcspn(node->text, " ");
    const char *rest = node->text + length + strspn(node->text + length, " ");
    char *word = arena_printf(reading->arena, "%.*s", (int)length, node->text);
    if (word && activation_find(word) && isdigit((unsigned char)*rest) && !strchr(rest, ' '))
        reading_correct(reading, node, "%s %s", rest, word);
}

static enum status read_layer(const struct reading *reading, const struct node *node,
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

enum status reading_layers(const struct reading *reading, const struct node *node,
                           struct varied_arguments *varied, struct value *value) {
    double units;
    if (scalar_number(node, &units)) {
        enum status status = reading_fail(
            reading, node, "layers: '%.64s' is not a list; for one hidden layer write [%.64s]",
            node->text, node->text);
        reading_correct(reading, node, "[%s]", node->text);
        return status;
    }
    if (node->kind != NODE_SEQUENCE)
        return reading_fail_allowed(reading, node, &hyperparameters[HP_LAYERS]);
    if (node->count > LAYERS_MAX)
        return reading_fail(reading, node, "layers: %zu hidden layers; at most %d are allowed",
                            node->count, LAYERS_MAX);
    struct hidden_layers *layers = ARENA_NEW(reading->arena, struct hidden_layers, 1);
    if (!layers)
        return error_memory(reading->error);
    layers->count = node->count;
    value->layers = layers;
    if (varied)
        varied->layers = layers;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < node->count && status != STATUS_MEMORY; i++) {
        if (varied)
            varied->layer = i;
        status =
            status_join(status, read_layer(reading, node->items[i], varied, &layers->items[i]));
    }
    return status;
}
