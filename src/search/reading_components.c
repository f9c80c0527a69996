#include "search/reading_components.h"

#include "search/reading_value.h"
#include "search/scalar.h"

#include <string.h>

#define KINDS_MAX 32

static enum status fail_kind(const struct reading *reading, const struct node *node,
                             const struct hyperparameter *hyperparameter) {
    const struct component_family *family = hyperparameter->family;
    const char *names[KINDS_MAX];
    size_t count = 0;
    if (node->kind != NODE_SCALAR || scalar_is_null(node))
        return reading_fail_allowed(reading, node, hyperparameter);
    for (; count < KINDS_MAX && family->at(count); count++)
        names[count] = family->at(count)->name;
    return reading_fail_unknown(reading, node, hyperparameter->name, names, count);
}

/* A thing with its defaults, and how its arguments are read. */
static struct argument_reading begin(const struct hyperparameter *hyperparameter,
                                     const struct component_kind *kind,
                                     struct varied_arguments *varied, struct component *component) {
    *component = component_standard(kind);
    return (struct argument_reading){.owner = hyperparameter->name,
                                     .noun = hyperparameter->family->noun,
                                     .name = kind->name,
                                     .table = kind->arguments,
                                     .into = component->arguments,
                                     .varied = varied};
}

/* {name: cosine_decay, alpha: 0.1}: the kind's name, which is read before its arguments. */
static size_t list_name(const void *into, const char *keys[ARGUMENTS_MAX], size_t count) {
    (void)into;
    keys[count++] = "name";
    return count;
}

static enum status skip_name(const struct reading *reading, const char *key,
                             const struct node *node, void *into) {
    (void)reading, (void)key, (void)node, (void)into;
    return STATUS_OK;
}

static const struct argument_extras name_extras = {list_name, skip_name, NULL};

static enum status read_mapping(const struct reading *reading, const struct node *node,
                                const struct hyperparameter *hyperparameter,
                                struct varied_arguments *varied, struct component *component) {
    const struct component_family *family = hyperparameter->family;
    const bool single = node->count == 1 && node->keys[0]->kind == NODE_SCALAR;
    const struct component_kind *kind = single ? component_find(family, node->keys[0]->text) : NULL;
    const struct node *name = node_at(node, "name");
    struct argument_reading of;
    if (name) {
        kind = name->kind == NODE_SCALAR ? component_find(family, name->text) : NULL;
        if (!kind)
            return fail_kind(reading, name, hyperparameter);
        of = begin(hyperparameter, kind, varied, component);
        of.extras = &name_extras;
        return reading_arguments(reading, node, &of);
    }
    if (kind) {
        const struct node *inner = node->items[0];
        of = begin(hyperparameter, kind, varied, component);
        return reading_has_arguments(inner, &of.table)
                   ? reading_arguments(reading, inner, &of)
                   : reading_first_argument(reading, node->keys[0], inner, &of);
    }
    if (!family->usual)
        return fail_kind(reading, single ? node->keys[0] : node, hyperparameter);
    of = begin(hyperparameter, family->usual, varied, component);
    return reading_arguments(reading, node, &of);
}

static enum status read_words(const struct reading *reading, const struct node *node,
                              const struct hyperparameter *hyperparameter,
                              struct component *component) {
    const struct component_family *family = hyperparameter->family;
    const size_t begins = strspn(node->text, " "), length = strcspn(node->text + begins, " ");
    struct node first = *node;
    struct argument_reading of;
    if (length < strlen(node->text)) {
        enum status status = reading_part(reading, node, begins, length, &first);
        if (status != STATUS_OK)
            return status;
    }
    const struct component_kind *kind = component_find(family, first.text);
    if (!kind && !family->usual)
        return fail_kind(reading, &first, hyperparameter);
    of = begin(hyperparameter, kind ? kind : family->usual, NULL, component);
    return reading_argument_words(reading, node, begins + (kind ? length : 0), &of);
}

static enum status read_one(const struct reading *reading, const struct node *node,
                            const struct hyperparameter *hyperparameter,
                            struct varied_arguments *varied, struct component *component) {
    enum status status;
    if (node->kind == NODE_SEQUENCE || (node->kind == NODE_SCALAR && scalar_is_null(node)) ||
        (node->kind == NODE_SCALAR && strspn(node->text, " ") == strlen(node->text)))
        return reading_fail_allowed(reading, node, hyperparameter);
    const size_t noted = varied ? varied->count : 0;
    status = node->kind == NODE_MAPPING
                 ? read_mapping(reading, node, hyperparameter, varied, component)
                 : read_words(reading, node, hyperparameter, component);
    if (status != STATUS_OK || !component->kind->refuses || (varied && varied->count > noted))
        return status;
    const char *reason = component->kind->refuses(component->arguments);
    return reason ? reading_fail(reading, node, "%s: %s: %s", hyperparameter->name,
                                 component->kind->name, reason)
                  : STATUS_OK;
}

enum status reading_components(const struct reading *reading, const struct node *node,
                               const struct hyperparameter *hyperparameter,
                               struct varied_arguments *varied, struct value *value) {
    const struct component_family *family = hyperparameter->family;
    struct components *components = ARENA_NEW(reading->arena, struct components, 1);
    if (!components)
        return error_memory(reading->error);
    value->components = components;
    components->family = family;
    components->count = 1;
    if (family->most == 1)
        return read_one(reading, node, hyperparameter, varied, &components->items[0]);
    if (node->kind != NODE_SEQUENCE)
        return reading_fail_allowed(reading, node, hyperparameter);
    if (node->count > family->most)
        return reading_fail(reading, node, "%s: a list of %zu; at most %zu are allowed",
                            hyperparameter->name, node->count, family->most);
    components->count = node->count;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < node->count && status != STATUS_MEMORY; i++) {
        if (varied)
            varied->item = i;
        status = status_join(status, read_one(reading, node->items[i], hyperparameter, varied,
                                              &components->items[i]));
    }
    const char *reason =
        status == STATUS_OK && family->together ? family->together(components) : NULL;
    return reason ? reading_fail(reading, node, "%s: %s", hyperparameter->name, reason) : status;
}
