#include "search/parameters.h"

#include "nn/activation.h"
#include "nn/loss.h"
#include "nn/optimizer.h"
#include "search/arguments.h"
#include "search/layers.h"
#include "search/parts.h"
#include "search/reading_components.h"
#include "search/reading_layers.h"
#include "search/reading_value.h"
#include "search/scalar.h"
#include "search/spec.h"
#include "search/words.h"

#include <stdio.h>
#include <string.h>

#define KIND "hyperparameter" /* of words.h */

/* A further axis of a parameter, for the caller to fill. NULL: out of memory. */
static struct axis *add_axis(const struct reading *reading, struct parameter *parameter) {
    if (parameter->axis_count == parameter->capacity) {
        const size_t capacity = parameter->capacity ? 2 * parameter->capacity : 1;
        struct axis *grown = ARENA_NEW(reading->arena, struct axis, capacity);
        if (!grown)
            return NULL;
        if (parameter->axis_count > 0)
            memcpy(grown, parameter->axes, parameter->axis_count * sizeof *grown);
        parameter->axes = grown;
        parameter->capacity = capacity;
    }
    return &parameter->axes[parameter->axis_count++];
}

/* An axis that is written at `key`. */
static struct axis axis_at(const struct reading *reading, const struct node *key,
                           enum hyperparameter_id id) {
    return (struct axis){.id = id,
                         .item = AXIS_NONE,
                         .parent = AXIS_NONE,
                         .zip = AXIS_NONE,
                         .file = reading->file,
                         .line = key->line,
                         .column = key->column};
}

/* --- choices with details: {name: sgd, momentum: 0.9} --- */

/* The part of those that a choice may bring with it; PART_LENGTH: of none. */
static enum hyperparameter_part part_of_details(enum hyperparameter_id id) {
    return id == HP_OPTIMIZER    ? PART_OPTIMIZER
           : id == HP_LOSS       ? PART_LOSS
           : id == HP_ACTIVATION ? PART_ACTIVATION
                                 : PART_LENGTH;
}

/* Whether choosing `name` brings the hyperparameter `detail` with it. */
static bool brings(enum hyperparameter_id id, const char *name,
                   const struct hyperparameter *detail) {
    if (id == HP_OPTIMIZER)
        return detail->part == PART_OPTIMIZER &&
               optimizer_has(optimizer_find(name), (enum optimizer_parameter)detail->detail, NULL);
    if (id == HP_LOSS)
        return detail->part == PART_LOSS &&
               loss_has(loss_find(name), (enum loss_parameter)detail->detail, NULL);
    return detail->part == PART_ACTIVATION &&
           (int)activation_find(name)->parameter == detail->detail;
}

/* A parameter that others have: which, in words. */
static void append_owners(enum hyperparameter_id id, const struct hyperparameter *detail,
                          struct text *text) {
    const char *name;
    size_t count = 0;
    for (size_t i = 0; (name = hyperparameters[id].name_at(i)); i++)
        if (brings(id, name, detail))
            text_printf(text, "%s%s", count++ > 0 ? ", " : "", name);
    text_append(text, count == 1 ? " has it" : " have it");
}

static enum status fail_others_detail(const struct reading *reading, const struct node *node,
                                      const struct node *key, enum hyperparameter_id id,
                                      const char *name) {
    struct text owners;
    text_init(&owners);
    append_owners(id, hyperparameter_find(key->text), &owners);
    enum status status = reading_fail(reading, key, "%s has no %s; %s", name,
                                      hyperparameter_find(key->text)->name, owners.data);
    reading_remove(reading, node, key->text);
    text_release(&owners);
    return status;
}

static enum status fail_detail(const struct reading *reading, const struct node *node,
                               const struct node *key, enum hyperparameter_id id,
                               const char *name) {
    const struct hyperparameter *known = hyperparameter_find(key->text);
    const struct word *word;
    const char *names[HP_COUNT + 1];
    char what[64];
    size_t count = 0;
    names[count++] = "name";
    for (size_t i = 0; i < HP_COUNT; i++)
        if (brings(id, name, &hyperparameters[i]))
            names[count++] = hyperparameters[i].name;
    snprintf(what, sizeof what, "parameter of %s", name);
    word = words_find(what, key->text);
    if (known && known->part == part_of_details(id) &&
        (!word || (word->instead && strcmp(word->instead, known->name) == 0)))
        return fail_others_detail(reading, node, key, id, name);
    return reading_fail_unknown(reading, key, what, names, count);
}

/* The choices of a parameter's first axis on their way. */
struct choices {
    struct choice_reader reader;
    const struct reading *reading; /* that lasts */
    struct parameter *parameter;
    bool details_seen[HP_COUNT]; /* of the choice that is read */
};

/* A value that comes with a choice. */
static enum status take_detail(const struct value *value, enum hyperparameter_id id,
                               struct choice *choice) {
    choice->details[choice->detail_count++] = (struct choice_detail){id, *value};
    return STATUS_OK;
}

/* Add an axis that exists where the choice of that number is taken. */
static enum status add_under(const struct choices *choices, size_t at, const struct axis *axis) {
    const struct reading *reading = choices->reading;
    bool *where = ARENA_NEW(reading->arena, bool, choices->reader.count);
    struct axis *into = add_axis(reading, choices->parameter);
    if (!where || !into)
        return error_memory(reading->error);
    where[at] = true;
    *into = *axis;
    into->parent = 0;
    into->parent_choices = where;
    return STATUS_OK;
}

/* momentum: {min: 0, max: 0.99}, which exists where this choice is taken; what is one value is a
 * detail like any other. */
static enum status read_nested(const struct reading *reading, const struct node *key,
                               const struct node *spec, enum hyperparameter_id id, size_t at,
                               struct choices *choices, struct choice *choice) {
    struct axis axis = axis_at(reading, key, id);
    enum status status = spec_read(choices->reading, spec, NULL, &axis);
    if (status != STATUS_OK)
        return status;
    if (axis.count == 1)
        return take_detail(&axis.choices[0].value, id, choice);
    return add_under(choices, at, &axis);
}

/* One key of {name: sgd, momentum: 0.9} and its value. */
static enum status read_detail(const struct reading *reading, const struct node *mapping,
                               size_t number, size_t at, struct choices *choices,
                               struct choice *choice) {
    const struct node *key = mapping->keys[number], *node = mapping->items[number];
    const struct hyperparameter *detail = hyperparameter_find(key->text);
    const enum hyperparameter_id owner = choices->parameter->id;
    if (!detail || !brings(owner, choice->value.name, detail))
        return fail_detail(reading, mapping, key, owner, choice->value.name);
    const enum hyperparameter_id id = hyperparameter_id_of(detail);
    if (choices->details_seen[id])
        return reading_fail(reading, key, "%s is here twice under two names", detail->name);
    choices->details_seen[id] = true;
    if (scalar_is_null(node))
        return STATUS_OK;
    if (node->kind == NODE_MAPPING)
        return read_nested(reading, key, node, id, at, choices, choice);
    struct reading within = *reading;
    struct value value;
    char piece[128];
    within.place = PLACE_DETAIL;
    enum status status = reading_value(&within, node, detail, &value);
    if (status == STATUS_OK)
        return take_detail(&value, id, choice);
    if (node->kind == NODE_SEQUENCE && reading_piece(reading, node, piece, sizeof piece))
        reading_correct(reading, node, "{values: %s}", piece);
    return status;
}

/* {name: sgd, momentum: 0.9} */
static enum status read_detailed(const struct reading *reading, const struct node *node, size_t at,
                                 struct choices *choices, struct choice *choice) {
    const struct hyperparameter *hyperparameter = &hyperparameters[choices->parameter->id];
    const struct node *name = node_at(node, "name");
    memset(choices->details_seen, 0, sizeof choices->details_seen);
    enum status status = reading_check_keys(reading, node, NULL, NULL, 0);
    if (status != STATUS_OK)
        return status;
    if (!name)
        return reading_fail(reading, node, "%s: a mapping needs the key 'name'",
                            hyperparameter->name);
    status = reading_value(reading, name, hyperparameter, &choice->value);
    if (status != STATUS_OK)
        return status;
    choice->details = ARENA_NEW(reading->arena, struct choice_detail, node->count);
    if (!choice->details)
        return error_memory(reading->error);
    for (size_t i = 0; i < node->count && status != STATUS_MEMORY; i++)
        if (!node_says(node->keys[i], "name"))
            status = status_join(status, read_detail(reading, node, i, at, choices, choice));
    return status;
}

/* Name, type and range of an argument. */
static const struct hyperparameter *hyperparameter_of(const struct reading *reading,
                                                      const struct varied_argument *varied) {
    static const enum value_type types[] = {
        [ARGUMENT_WHOLE] = VALUE_INTEGER,   [ARGUMENT_REAL] = VALUE_REAL,
        [ARGUMENT_SWITCH] = VALUE_BOOLEAN,  [ARGUMENT_PAIR] = VALUE_INTEGER,
        [ARGUMENT_MARGINS] = VALUE_INTEGER, [ARGUMENT_NUMBERS] = VALUE_REAL,
        [ARGUMENT_ENTRY] = VALUE_NAME};
    const struct argument *argument = varied->argument;
    struct hyperparameter *made = ARENA_NEW(reading->arena, struct hyperparameter, 1);
    if (made)
        *made = (struct hyperparameter){
            .name = varied->name,
            .type = reading_varies_numbers(varied) ? types[argument->type] : VALUE_NAME,
            .minimum = argument->minimum,
            .maximum = argument->maximum,
            .minimum_open = argument->minimum_open,
            .maximum_open = argument->maximum_open};
    return made;
}

/* A value that is a word: as the argument is spelled once it was read. */
static enum status read_word(void *context, const struct reading *reading, const struct node *node,
                             size_t at, struct choice *choice) {
    const struct varied_argument *varied = context;
    const size_t size = argument_size(varied->argument);
    (void)at;
    if (node->kind == NODE_MAPPING)
        return reading_fail(reading, node,
                            "%s: a value among several has no arguments of its own; list the "
                            "layers instead: layers: {values: [[...], [...]]}",
                            varied->owner);
    enum status status = reading_varied(reading, node, varied);
    if (status != STATUS_OK)
        return status;
    void *field = arena_alloc(reading->arena, 1, size);
    struct text text;
    text_init(&text);
    argument_append(varied->into, varied->argument, &text);
    choice->value = (struct value){
        .type = VALUE_NAME, .name = text.failed ? NULL : arena_copy(reading->arena, text.data)};
    text_release(&text);
    choice->field = field;
    if (!field || !choice->value.name)
        return error_memory(reading->error);
    memcpy(field, argument_of(varied->into, varied->argument), size);
    return STATUS_OK;
}

/* {dense: {units: {values: [64, 128]}}} is an axis that exists where this choice is taken. */
static enum status add_argument(const struct choices *choices, size_t at,
                                struct varied_argument *varied) {
    const struct reading *reading = choices->reading;
    struct choice_reader words = {.read = read_word, .context = varied};
    struct axis axis = axis_at(reading, varied->key, choices->parameter->id);
    axis.role = AXIS_ARGUMENT;
    axis.item = varied->item;
    axis.argument = varied->argument;
    axis.own = hyperparameter_of(reading, varied);
    if (!axis.own)
        return error_memory(reading->error);
    enum status status =
        spec_read(reading, varied->spec, reading_varies_numbers(varied) ? NULL : &words, &axis);
    if (status != STATUS_OK)
        return status;
    axis_set_argument(&axis, 0, varied->into);
    return add_under(choices, at, &axis);
}

/* Layers, or others with arguments. */
static enum status read_things(const struct choices *choices, const struct reading *reading,
                               const struct node *node, size_t at, struct choice *choice) {
    struct varied_arguments varied = {0};
    const struct hyperparameter *of = &hyperparameters[choices->parameter->id];
    choice->value.type = of->type;
    enum status status = of->type == VALUE_LAYERS
                             ? reading_layers(reading, node, &varied, &choice->value)
                             : reading_components(reading, node, of, &varied, &choice->value);
    for (size_t i = 0; i < varied.count && status != STATUS_MEMORY; i++)
        status = status_join(status, add_argument(choices, at, &varied.items[i]));
    return status;
}

static enum status read_choice(void *context, const struct reading *reading,
                               const struct node *node, size_t at, struct choice *choice) {
    struct choices *choices = context;
    const enum hyperparameter_id id = choices->parameter->id;
    bool takes_details = part_of_details(id) != PART_LENGTH;
    if (takes_details && node->kind == NODE_MAPPING)
        return read_detailed(reading, node, at, choices, choice);
    if (hyperparameters[id].type == VALUE_LAYERS || hyperparameters[id].type == VALUE_COMPONENTS)
        return read_things(choices, reading, node, at, choice);
    return reading_value(reading, node, &hyperparameters[id], &choice->value);
}

/* --- hidden layers by their number and their width --- */

static const struct hyperparameter hidden_units = {.name = "layers.units",
                                                   .type = VALUE_INTEGER,
                                                   .minimum = 1,
                                                   .maximum = LAYER_UNITS_MAX,
                                                   .standard = "64"};

static bool is_layers_space(const struct node *spec) {
    const char *names[PARTS_MAX];
    const size_t count = parts_list("layers", names);
    bool found = false;
    for (size_t i = 0; spec->kind == NODE_MAPPING && i < count; i++)
        found |= node_at(spec, names[i]) != NULL;
    return found;
}

/* Names with layers, of which some may be those of a distribution's arguments: a, b. */
static bool is_model(const struct node *spec) {
    static const char *const keys[] = {"value", "values",        "min",
                                       "max",   "probabilities", "distribution"};
    bool is = spec->kind == NODE_MAPPING && spec->count > 0;
    for (size_t i = 0; i < spec->count && is; i++) {
        is = spec->items[i]->kind != NODE_SEQUENCE;
        for (size_t j = 0; j < sizeof keys / sizeof *keys; j++)
            is = is && !node_says(spec->keys[i], keys[j]);
    }
    return is;
}

/* A mapping, or a value alone. */
static enum status read_part(const struct reading *reading, const struct node *node,
                             struct axis *axis) {
    char piece[128];
    if (node->kind == NODE_MAPPING)
        return spec_read(reading, node, NULL, axis);
    enum status status = spec_read_choices(reading, node, &node, 1, NULL, axis);
    if (status != STATUS_OK && node->kind == NODE_SEQUENCE &&
        reading_piece(reading, node, piece, sizeof piece))
        reading_correct(reading, node, "{values: %s}", piece);
    return status;
}

static enum status read_count(const struct reading *reading, const struct node *spec,
                              struct axis *axis, size_t *most) {
    axis->role = AXIS_LAYER_COUNT;
    enum status status = read_part(reading, node_at(spec, "count"), axis);
    if (status == STATUS_OK && axis->count == 0)
        return reading_fail(reading, node_at(spec, "count"),
                            "layers.count: it is drawn from no distribution; give value, values, "
                            "or min and max");
    for (size_t i = 0; status == STATUS_OK && i < axis->count; i++)
        if ((size_t)axis->choices[i].value.integer > *most)
            *most = (size_t)axis->choices[i].value.integer;
    return status;
}

/* The units of a layer, or of all: where there are that many layers. */
static enum status add_units(const struct reading *reading, const struct axis *units, size_t layer,
                             struct parameter *parameter) {
    const struct axis *count = &parameter->axes[0];
    const size_t needed = layer == AXIS_NONE ? 0 : layer;
    bool *where = ARENA_NEW(reading->arena, bool, count->count);
    struct axis *axis = where ? add_axis(reading, parameter) : NULL;
    if (!axis)
        return error_memory(reading->error);
    count = &parameter->axes[0];
    for (size_t i = 0; i < count->count; i++)
        where[i] = (size_t)count->choices[i].value.integer > needed;
    *axis = *units;
    axis->item = layer;
    axis->parent = 0;
    axis->parent_choices = where;
    return STATUS_OK;
}

/* {count: {min: 1, max: 3}, units: {values: [32, 64]}, each: true} */
static enum status read_layers_space(const struct reading *reading, const struct node *spec,
                                     struct parameter *parameter) {
    const struct node *units = node_at(spec, "units"), *each = node_at(spec, "each");
    const char *names[PARTS_MAX];
    const size_t count = parts_list("layers", names);
    struct axis axis = parameter->axes[0];
    bool apart = false;
    size_t most = 0;
    enum status status = reading_check_keys(reading, spec, "key of layers", names, count);
    if (status != STATUS_OK)
        return status;
    if (!node_at(spec, "count") || !units)
        return reading_fail(reading, spec,
                            "layers: count and units go together: how many hidden layers, and how "
                            "wide, as in {count: {min: 1, max: 3}, units: {values: [64, 128]}}");
    if (each && !scalar_boolean(each, &apart))
        return reading_fail(reading, each,
                            "layers: each must be true (each layer has a width of its own) or "
                            "false (all have the same)");
    axis.role = AXIS_ARGUMENT;
    axis.argument = &layer_dense.arguments[0]; /* units */
    axis.own = &hidden_units;
    status = status_join(read_count(reading, spec, &parameter->axes[0], &most),
                         read_part(reading, units, &axis));
    if (status == STATUS_OK && !apart)
        return add_units(reading, &axis, AXIS_NONE, parameter);
    for (size_t i = 0; status == STATUS_OK && i < most; i++)
        status = add_units(reading, &axis, i, parameter);
    return status;
}

/* --- a hyperparameter --- */

/* Fails where the name is unknown; what is surely meant by it is in parameter->id all the same. */
static enum status begin(const struct reading *reading, const struct node *key,
                         struct parameter *parameter) {
    const struct hyperparameter *hyperparameter = hyperparameter_find(key->text);
    enum status status = STATUS_OK;
    *parameter = (struct parameter){.id = HP_COUNT};
    if (!hyperparameter) {
        const struct word *word = words_find(KIND, key->text);
        const char *names[HP_COUNT];
        hyperparameter_list_names(names);
        status = reading_fail_unknown(reading, key, KIND, names, HP_COUNT);
        hyperparameter = word && word->instead ? hyperparameter_find(word->instead) : NULL;
    }
    if (!hyperparameter || status == STATUS_MEMORY)
        return status;
    parameter->id = hyperparameter_id_of(hyperparameter);
    struct axis *axis = add_axis(reading, parameter);
    if (!axis)
        return error_memory(reading->error);
    *axis = axis_at(reading, key, parameter->id);
    return status;
}

/* Read the first axis; those of its choices are added behind it while it is read. */
static enum status read_mapping(const struct reading *reading, const struct node *spec,
                                struct parameter *parameter) {
    struct choices choices = {{read_choice, &choices, 0}, reading, parameter, {false}};
    struct axis axis = parameter->axes[0];
    if (spec_is_bare(spec, &hyperparameters[parameter->id]))
        return spec_fail_bare(reading, spec, hyperparameters[parameter->id].name);
    if (parameter->id == HP_LAYERS && is_layers_space(spec))
        return read_layers_space(reading, spec, parameter);
    const bool names = parameter->id == HP_LAYERS && is_model(spec);
    enum status status = names ? spec_read_choices(reading, spec, &spec, 1, &choices.reader, &axis)
                               : spec_read(reading, spec, &choices.reader, &axis);
    parameter->axes[0] = axis;
    return status;
}

static enum status read_list(const struct reading *reading, const struct node *at,
                             const struct node *const *nodes, size_t count,
                             struct parameter *parameter) {
    struct choices choices = {{read_choice, &choices, 0}, reading, parameter, {false}};
    struct axis axis = parameter->axes[0];
    enum status status = spec_read_choices(reading, at, nodes, count, &choices.reader, &axis);
    parameter->axes[0] = axis;
    return status;
}

/* Where a node's text ends, without what is between it and the next one. */
static size_t end_of(const struct reading *reading, const struct node *node) {
    for (int depth = 0; node->kind == NODE_MAPPING && node->count > 0 && depth < 8 &&
                        !reading_is_in_braces(reading, node);
         depth++)
        node = node->items[node->count - 1];
    return node->end;
}

#define NESTED_MAX 8 /* a node may contain itself */

/* The hyperparameter that a nested key is: `name` and the like are the one that it is nested under;
 * NULL: none that is known. */
static const struct hyperparameter *find_nested(const struct node *key,
                                                const struct hyperparameter *outer) {
    static const char *const own[] = {"name", "type", "kind"};
    if (key->kind != NODE_SCALAR)
        return NULL;
    for (size_t i = 0; i < sizeof own / sizeof *own && outer; i++)
        if (node_says(key, own[i]))
            return outer;
    const struct word *word = words_find(KIND, key->text);
    return hyperparameter_find(word && word->instead ? word->instead : key->text);
}

/* What is nested, each hyperparameter in a line of its own. False where that can't be told. */
static bool append_unnested(const struct reading *reading, const struct node *key,
                            const struct node *inner, int depth, struct text *text) {
    const struct hyperparameter *outer = find_nested(key, NULL);
    bool done = inner->kind == NODE_MAPPING && inner->count > 0 && depth < NESTED_MAX;
    for (size_t i = 0; i < inner->count && done; i++) {
        const struct node *item = inner->items[i];
        const struct hyperparameter *own = find_nested(inner->keys[i], outer);
        const struct node *further =
            item->kind == NODE_MAPPING ? node_at(item, "parameters") : NULL;
        if (further) {
            done = append_unnested(reading, inner->keys[i], further, depth + 1, text);
            continue;
        }
        text_printf(text, "%s%s: ", text->length > 0 ? "\n" : "", own ? own->name : "");
        done = own && item->kind == NODE_MAPPING && reading_append_flow(reading, item, text);
    }
    return done;
}

/* Tell of the nested names that are none. */
static enum status check_nested(const struct reading *reading, const struct node *key,
                                const struct node *inner, int depth) {
    const struct hyperparameter *outer = find_nested(key, NULL);
    enum status status = STATUS_OK;
    for (size_t i = 0; inner->kind == NODE_MAPPING && i < inner->count && depth < NESTED_MAX; i++) {
        const struct node *item = inner->items[i];
        struct parameter unused;
        if (item->kind == NODE_MAPPING && node_at(item, "parameters"))
            status = status_join(status, check_nested(reading, inner->keys[i],
                                                      node_at(item, "parameters"), depth + 1));
        else if (inner->keys[i]->kind == NODE_SCALAR && !find_nested(inner->keys[i], outer))
            status = status_join(status, begin(reading, inner->keys[i], &unused));
    }
    return status;
}

/* optimizer: {parameters: {name: {value: adam}, lr: {min: ..., max: ...}}} */
static enum status fail_nested(const struct reading *reading, const struct node *key,
                               const struct node *spec) {
    const struct node *inner = node_at(spec, "parameters");
    enum status status = reading_fail(
        reading, key,
        "'%.64s': parameters can't be nested; each hyperparameter stands directly under "
        "parameters, and what belongs to one choice beside its name: {values: [{name: sgd, "
        "momentum: {min: 0, max: 0.99}}, adam]}",
        key->text);
    struct text text;
    text_init(&text);
    if (append_unnested(reading, key, inner, 0, &text))
        reading_replace(reading, key->begin, end_of(reading, spec), text.data);
    text_release(&text);
    return status_join(status, check_nested(reading, key, inner, 0));
}

enum status parameters_read(const struct reading *reading, const struct node *key,
                            const struct node *spec, struct parameter *parameter) {
    if (spec->kind == NODE_MAPPING && node_at(spec, "parameters"))
        return fail_nested(reading, key, spec);
    enum status status = begin(reading, key, parameter);
    if (status == STATUS_INPUT && spec->kind != NODE_MAPPING && !words_find(KIND, key->text))
        return spec_fail_bare(reading, spec, key->text);
    /* Values of a name that is known elsewhere are told of as well. */
    if (status == STATUS_OK || (status == STATUS_INPUT && parameter->id != HP_COUNT))
        status = status_join(status, read_mapping(reading, spec, parameter));
    return status;
}

enum status parameters_read_setting(const struct reading *reading, const struct node *key,
                                    const struct node *value, struct parameter *parameter) {
    enum status status = begin(reading, key, parameter);
    if (status != STATUS_OK)
        return status;
    if (spec_is(value) || (parameter->id == HP_LAYERS && is_layers_space(value)))
        return read_mapping(reading, value, parameter);
    /* [128, 64] is one value of layers; [[10], [128, 64]] are two, and [none, balanced] of
     * class_weight, whose lists are of numbers. */
    const struct hyperparameter *of = &hyperparameters[parameter->id];
    bool list = value->kind == NODE_SEQUENCE && value->count > 0;
    double weight;
    if (list && hyperparameter_is_list(of))
        list = value->items[0]->kind == NODE_SEQUENCE ||
               (of->type == VALUE_WEIGHTS && !scalar_number(value->items[0], &weight));
    return list ? read_list(reading, value, value->items, value->count, parameter)
                : read_list(reading, value, &value, 1, parameter);
}

enum status parameters_read_value(enum hyperparameter_id id, const char *text, struct arena *arena,
                                  struct value *value, struct error *error) {
    const struct reading reading = {
        .file = hyperparameters[id].name, .arena = arena, .error = error};
    const struct node *node = NULL;
    enum status status = document_parse(reading.file, text, strlen(text), arena, &node, error);
    if (status == STATUS_OK && !node)
        status = error_set(error, STATUS_INPUT, "%s: no value", reading.file);
    return status == STATUS_OK ? reading_value(&reading, node, &hyperparameters[id], value)
                               : status;
}
