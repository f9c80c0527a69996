/* Which combinations of values are taken: zip has values go together, exclude leaves settings out.
 */
#include "base/text.h"
#include "search/config_private.h"

#include <stdio.h>
#include <string.h>

/* --- zip --- */

enum status combinations_read_zip(const struct reading *reading, const struct node *node,
                                  struct config *config) {
    config->zip_node = node;
    config->zip_reading = reading;
    if (node->kind == NODE_SEQUENCE)
        return STATUS_OK;
    config->zip_node = NULL;
    enum status status = reading_fail(
        reading, node,
        "zip must be a list of the hyperparameters whose values go together, as in [layers, "
        "learning_rate], or a list of such lists");
    if (node->kind == NODE_MAPPING && node->count == 1 && node->keys[0]->kind == NODE_SCALAR &&
        node->items[0]->kind == NODE_SCALAR)
        reading_correct(reading, node, "[%s, %s]", node->keys[0]->text, node->items[0]->text);
    return status;
}

/* The axis that a name in zip is, as a place in config->axes; AXIS_NONE and a problem otherwise. */
static size_t find_zipped(const struct config *config, const struct node *node,
                          enum status *status) {
    const struct reading *reading = config->zip_reading;
    const char *names[HP_COUNT];
    hyperparameter_list_names(names);
    const struct hyperparameter *of =
        node->kind == NODE_SCALAR ? hyperparameter_find(node->text) : NULL;
    const struct axis *axis = of ? config_axis(config, hyperparameter_id_of(of)) : NULL;
    enum status own = STATUS_OK;
    if (node->kind != NODE_SCALAR)
        own = reading_fail(reading, node, "zip: the name of a hyperparameter belongs here");
    else if (!of)
        own = reading_fail_unknown(reading, node, "hyperparameter", names, HP_COUNT);
    else if (!axis && !config->unread[hyperparameter_id_of(of)])
        own = reading_fail(reading, node, "zip: %s has no values under parameters", of->name);
    else if (axis && axis->zip != AXIS_NONE)
        own = reading_fail(reading, node, "zip: %s is here twice", of->name);
    else if (axis && (axis->count == 0 || axis->role != AXIS_VALUE))
        own = reading_fail(reading, node,
                           "zip: %s has no list of values; write {values: [...]} for it, or leave "
                           "it out",
                           of->name);
    else if (axis)
        return (size_t)(axis - config->axes);
    *status = status_join(*status, own);
    return AXIS_NONE;
}

/* The longer list without its last values. */
static void correct_lengths(const struct axis *longer, size_t count) {
    const struct node *values =
        longer->spec->kind == NODE_MAPPING ? node_at(longer->spec, "values") : longer->spec;
    struct text text;
    bool done = values && values->kind == NODE_SEQUENCE && values->count == longer->count;
    text_init(&text);
    for (size_t i = 0; i < count && done; i++) {
        text_append(&text, i > 0 ? ", " : "");
        done = reading_append_flow(longer->reading, values->items[i], &text);
    }
    if (done)
        reading_correct(longer->reading, values, "[%s]", text.data);
    text_release(&text);
}

static enum status fail_lengths(const struct axis *axis, const struct axis *first) {
    const bool is_longer = axis->count > first->count;
    const struct axis *longer = is_longer ? axis : first;
    const struct node at = {.line = longer->line, .column = longer->column};
    enum status status = reading_fail(
        longer->reading, &at,
        "zip: %s has %zu value%s and %s has %zu, where as many belong: the first of one goes with "
        "the first of the other, and so on",
        hyperparameters[axis->id].name, axis->count, text_plural(axis->count),
        hyperparameters[first->id].name, first->count);
    correct_lengths(longer, is_longer ? first->count : axis->count);
    return status;
}

/* The first in the config's order leads: its place in the grid is that of all. */
static enum status zip_group(struct config *config, const struct node *group) {
    enum status status = STATUS_OK;
    size_t members[HP_COUNT], count = 0, leader = AXIS_NONE;
    if (group->count < 2)
        return reading_fail(config->zip_reading, group,
                            "zip: two or more hyperparameters go together");
    for (size_t i = 0; i < group->count && count < HP_COUNT; i++) {
        const size_t member = find_zipped(config, group->items[i], &status);
        if (member == AXIS_NONE)
            continue;
        config->axes[member].zip = member;
        members[count++] = member;
        leader = member < leader ? member : leader;
    }
    for (size_t i = 0; i < count; i++) {
        struct axis *axis = &config->axes[members[i]];
        axis->zip = leader;
        if (axis->count != config->axes[leader].count && status == STATUS_OK)
            status = fail_lengths(axis, &config->axes[leader]);
        if (axis->probabilities && members[i] != leader)
            status = status_join(
                status, reading_fail(axis->reading, node_at(axis->spec, "probabilities"),
                                     "zip: the probabilities are those of %s, which comes first; "
                                     "remove these",
                                     hyperparameters[config->axes[leader].id].name));
    }
    for (size_t i = 0; i < count && status != STATUS_OK; i++)
        config->axes[members[i]].zip = AXIS_NONE;
    return status;
}

enum status combinations_zip(struct config *config) {
    const struct node *node = config->zip_node;
    enum status status = STATUS_OK;
    if (!node || node->count == 0)
        return STATUS_OK;
    if (node->items[0]->kind != NODE_SEQUENCE)
        return zip_group(config, node);
    for (size_t i = 0; i < node->count; i++)
        status = status_join(status,
                             node->items[i]->kind == NODE_SEQUENCE
                                 ? zip_group(config, node->items[i])
                                 : reading_fail(config->zip_reading, node->items[i],
                                                "zip: a list of names belongs here, as before it"));
    return status;
}

/* --- exclude --- */

/* {optimizer: sgd, momentum: 0.9} */
static enum status fail_condition(const struct reading *reading, const struct node *node) {
    struct text text;
    bool done = node->kind == NODE_MAPPING && node->count > 0;
    enum status status = reading_fail(reading, node,
                                      "exclude: a condition in quotes belongs here, as in "
                                      "\"optimizer=sgd and learning_rate>0.1\"");
    text_init(&text);
    for (size_t i = 0; i < node->count && done; i++) {
        done = node->keys[i]->kind == NODE_SCALAR && node->items[i]->kind == NODE_SCALAR;
        if (done)
            text_printf(&text, "%s%s=%s", i > 0 ? " and " : "", node->keys[i]->text,
                        node->items[i]->text);
    }
    if (done)
        reading_correct(reading, node, "\"%s\"", text.data);
    text_release(&text);
    return status;
}

#define WORD_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* The text with the names of hyperparameters that are surely meant. Words that are values stand
 * behind a relation. True where there are any. */
static bool append_meant(const char *condition, struct text *text) {
    bool any = false, is_value = false;
    while (*condition) {
        char word[64];
        const size_t length = strspn(condition, WORD_CHARACTERS);
        snprintf(word, sizeof word, "%.*s", (int)length, condition);
        const bool joint = strcmp(word, "and") == 0 || strcmp(word, "or") == 0;
        const char *meant = length == 0 || joint || is_value || hyperparameter_find(word)
                                ? NULL
                                : config_nearest(word);
        text_append_bytes(text, meant ? meant : condition,
                          meant        ? strlen(meant)
                          : length > 0 ? length
                                       : 1);
        any |= meant != NULL;
        is_value = length > 0 ? !joint : is_value;
        condition += length > 0 ? length : 1;
    }
    return any;
}

static enum status fail_exclusion(const struct reading *reading, const struct node *node,
                                  const struct error *error) {
    struct text text;
    enum status status =
        reading_fail(reading, node, "exclude: '%.100s': %s", node->text, error->message);
    text_init(&text);
    if (append_meant(node->text, &text))
        reading_correct(reading, node, "\"%s\"", text.data);
    text_release(&text);
    return status;
}

static enum status read_exclusion(const struct reading *reading, const struct node *node,
                                  struct exclusion *exclusion) {
    struct error error = {0};
    if (node->kind != NODE_SCALAR)
        return fail_condition(reading, node);
    *exclusion = (struct exclusion){.node = node, .reading = reading};
    enum status status =
        filter_parse("exclude", &node->text, 1, reading->arena, &exclusion->filter, &error);
    if (status == STATUS_MEMORY)
        return error_memory(reading->error);
    if (status != STATUS_OK)
        return fail_exclusion(reading, node, &error);
    for (size_t i = 0; i < exclusion->filter.count; i++)
        if (exclusion->filter.conditions[i].part)
            return reading_fail(reading, node,
                                "exclude: %.64s is a part of another value; leave out whole ones, "
                                "as in layers=[64, 32], or list those that are to be trained",
                                exclusion->filter.conditions[i].part);
        else if (!exclusion->filter.conditions[i].hyperparameter)
            return reading_fail(reading, node,
                                "exclude: settings are left out with all of their seeds; seed: "
                                "and repeats: say which these are");
    return STATUS_OK;
}

enum status combinations_read_exclude(const struct reading *reading, const struct node *node,
                                      struct config *config) {
    const struct node *const *nodes = node->kind == NODE_SEQUENCE ? node->items : &node;
    const size_t count = node->kind == NODE_SEQUENCE ? node->count : 1;
    config->exclusion_count = 0;
    config->exclusions = ARENA_NEW(reading->arena, struct exclusion, count);
    if (!config->exclusions)
        return error_memory(reading->error);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status != STATUS_MEMORY; i++) {
        const enum status own =
            read_exclusion(reading, nodes[i], &config->exclusions[config->exclusion_count]);
        config->exclusion_count += own == STATUS_OK;
        status = status_join(status, own);
    }
    return status;
}

bool config_excludes(const struct config *config, const struct value *values) {
    bool excluded = false;
    for (size_t i = 0; i < config->exclusion_count && !excluded; i++)
        excluded = filter_holds(&config->exclusions[i].filter, values);
    return excluded;
}

bool config_choices_meet(const struct config *config, const struct axis *axis, size_t choice,
                         const struct axis *other, size_t other_choice, const char *dataset) {
    const struct axis *all[] = {axis, other, dataset ? config_axis(config, HP_DATASET) : NULL};
    struct value values[HP_COUNT] = {[HP_DATASET] = {.type = VALUE_NAME, .name = dataset}};
    if (other && axis->zip != AXIS_NONE && axis->zip == other->zip && choice != other_choice)
        return false;
    if (all[2] && axis->zip != AXIS_NONE && axis->zip == all[2]->zip &&
        strcmp(all[2]->choices[choice].value.name, dataset) != 0)
        return false;
    values[axis->id] = axis->choices[choice].value;
    if (other)
        values[other->id] = other->choices[other_choice].value;
    for (size_t i = 0; i < config->axis_count; i++)
        if (config->axes[i].role == AXIS_ARGUMENT &&
            (config->axes[i].id == axis->id || (other && config->axes[i].id == other->id)))
            return true; /* the choice has other values, too */
    for (size_t i = 0; i < config->exclusion_count; i++) {
        const struct filter *filter = &config->exclusions[i].filter;
        bool alone = true; /* whatever the other hyperparameters are */
        for (size_t j = 0; j < filter->count; j++) {
            bool of = false;
            for (size_t k = 0; k < 3; k++)
                of |=
                    all[k] && filter->conditions[j].hyperparameter == &hyperparameters[all[k]->id];
            alone = alone && of;
        }
        if (alone && filter_holds(filter, values))
            return false;
    }
    return true;
}
