/* Which combinations of values are taken: zip has values go together, exclude leaves settings out.
 */
#include "base/text.h"
#include "search/config_private.h"

#include <string.h>

/* --- zip --- */

enum status combinations_read_zip(const struct reading *reading, const struct node *node,
                                  struct config *config) {
    config->zip_node = node;
    config->zip_reading = reading;
    if (node->kind == NODE_SEQUENCE)
        return STATUS_OK;
    config->zip_node = NULL;
    return reading_fail(reading, node,
                        "zip must be a list of the hyperparameters whose values go together, as "
                        "in [layers, learning_rate], or a list of such lists");
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

static enum status fail_lengths(const struct axis *axis, const struct axis *first) {
    const struct node at = {.line = axis->line, .column = axis->column};
    return reading_fail(axis->reading, &at,
                        "zip: %s has %zu value%s and %s has %zu, where as many belong: the first "
                        "of one goes with the first of the other, and so on",
                        hyperparameters[axis->id].name, axis->count, text_plural(axis->count),
                        hyperparameters[first->id].name, first->count);
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

static enum status read_exclusion(const struct reading *reading, const struct node *node,
                                  struct exclusion *exclusion) {
    struct error error = {0};
    if (node->kind != NODE_SCALAR)
        return reading_fail(reading, node,
                            "exclude: a condition in quotes belongs here, as in \"optimizer=sgd "
                            "and learning_rate>0.1\"");
    *exclusion = (struct exclusion){.node = node, .reading = reading};
    enum status status =
        filter_parse("exclude", &node->text, 1, reading->arena, &exclusion->filter, &error);
    if (status == STATUS_MEMORY)
        return error_memory(reading->error);
    if (status != STATUS_OK)
        return reading_fail(reading, node, "exclude: '%.100s': %s", node->text, error.message);
    for (size_t i = 0; i < exclusion->filter.count; i++)
        if (!exclusion->filter.conditions[i].hyperparameter)
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
