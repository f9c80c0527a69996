#include "search/config_changes.h"

#include "search/document.h"
#include "search/reading.h"

#include <string.h>

#define CHANGES_NAMED 4
#define VALUE_MAX 60 /* bytes of a value that are shown */
#define DEPTH_MAX 20 /* a node may contain itself */

struct changes {
    const struct config *before, *now;
    struct text *text;
    size_t count;
};

static bool is_same(const struct node *a, const struct node *b, int depth) {
    if (a->kind != b->kind || a->count != b->count || depth == 0)
        return false;
    if (a->kind == NODE_SCALAR)
        return strcmp(a->text, b->text) == 0;
    for (size_t i = 0; i < a->count; i++)
        if ((a->kind == NODE_MAPPING && !is_same(a->keys[i], b->keys[i], depth - 1)) ||
            !is_same(a->items[i], b->items[i], depth - 1))
            return false;
    return true;
}

/* Whether one more of them is to be named. */
static bool name_one(struct changes *changes) {
    if (changes->count++ == CHANGES_NAMED)
        text_append(changes->text, "; and more");
    else if (changes->count <= CHANGES_NAMED && changes->count > 1)
        text_append(changes->text, "; ");
    return changes->count <= CHANGES_NAMED;
}

static void append_node(const struct config *config, const struct node *node, struct text *text) {
    struct text flow;
    text_init(&flow);
    const bool whole = reading_append_flow(config->reading, node, &flow);
    if (whole && !flow.failed && flow.length <= VALUE_MAX)
        text_append(text, flow.data);
    else
        text_append(text, node->kind == NODE_MAPPING ? "{...}" : "[...]");
    text_release(&flow);
}

/* Both nodes, where a key is in both configs; NULL: it is not there. */
static void compare_key(struct changes *changes, const char *key, const struct node *before,
                        const struct node *now) {
    if ((!before && !now) || (before && now && is_same(before, now, DEPTH_MAX)) ||
        !name_one(changes))
        return;
    text_append(changes->text, key);
    if (!before || !now) {
        text_append(changes->text, before ? " was removed" : " was added");
        return;
    }
    text_append(changes->text, ": ");
    append_node(changes->before, before, changes->text);
    text_append(changes->text, " became ");
    append_node(changes->now, now, changes->text);
}

/* All keys of two mappings but one; what is YAML's null is not there. */
static void compare_keys(struct changes *changes, const struct node *before, const struct node *now,
                         const char *beside) {
    for (size_t i = 0; now && i < now->count; i++) {
        const char *key = now->keys[i]->text;
        if (strcmp(key, beside) != 0 && node_at(now, key))
            compare_key(changes, key, before ? node_at(before, key) : NULL, node_at(now, key));
    }
    for (size_t i = 0; before && i < before->count; i++) {
        const char *key = before->keys[i]->text;
        if (strcmp(key, beside) != 0 && (!now || !node_at(now, key)))
            compare_key(changes, key, node_at(before, key), NULL);
    }
}

/* Of lines, those that `others` lacks. */
static void compare_settings(struct changes *changes, const char *lines, const char *others,
                             const char *what) {
    struct text line, among;
    text_init(&line);
    text_init(&among);
    text_printf(&among, "\n%s", others);
    while (*lines) {
        const size_t length = strcspn(lines, "\n");
        text_clear(&line);
        text_printf(&line, "\n%.*s\n", (int)length, lines);
        if (!line.failed && !among.failed && !strstr(among.data, line.data) && name_one(changes))
            text_printf(changes->text, "--set %.*s was %s", (int)length, lines, what);
        lines += length + (lines[length] == '\n');
    }
    text_release(&line);
    text_release(&among);
}

void config_append_changes(const struct config *before, const struct config *now,
                           struct text *text) {
    struct changes changes = {before, now, text, 0};
    compare_keys(&changes, before->root, now->root, "parameters");
    compare_keys(&changes, before->parameters_node, now->parameters_node, "");
    compare_settings(&changes, now->settings, before->settings, "added");
    compare_settings(&changes, before->settings, now->settings, "removed");
    if (changes.count == 0)
        text_append(text, "comments or spelling alone differ");
}
