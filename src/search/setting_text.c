#include "search/setting_text.h"

#include "base/names.h"
#include "search/hyperparameter.h"
#include "search/scalar.h"

#include <ctype.h>
#include <string.h>

static void append_quoted(const char *string, struct text *text) {
    text_append(text, "\"");
    for (const char *c = string; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            text_printf(text, "\\x%02x", *c);
        else
            text_printf(text, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
    text_append(text, "\"");
}

static bool is_plain(const char *string) {
    const size_t length = strlen(string);
    if (length == 0 || strchr("-+ %", string[0]) || string[length - 1] == ' ')
        return false;
    for (const char *c = string; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_./+-% ", *c) && (unsigned char)*c < 128)
            return false;
    return true;
}

/* `free`: any text may stand here, also one that looks like a number. */
static void append_string(const char *string, bool free, struct text *text) {
    const struct node open = {.kind = NODE_SCALAR, .text = string};
    double number;
    bool boolean;
    const bool other =
        scalar_is_null(&open) ||
        (!free && (scalar_number(&open, &number) || scalar_boolean(&open, &boolean)));
    if (is_plain(string) && !other)
        text_append(text, string);
    else
        append_quoted(string, text);
}

static void append_scalar(const struct node *node, const struct hyperparameter *of, bool free,
                          struct text *text) {
    double number;
    bool boolean;
    const char *name = of && of->canonical ? of->canonical(node->text) : NULL;
    if (!free && scalar_number(node, &number))
        text_append_double(text, number);
    else if (!free && scalar_boolean(node, &boolean))
        text_append(text, boolean ? "true" : "false");
    else
        append_string(name ? name : node->text, free, text);
}

const char *setting_key(const char *key) {
    const struct hyperparameter *hyperparameter = hyperparameter_find(key);
    return hyperparameter ? hyperparameter->name : key;
}

static void append_node(const struct node *node, const struct hyperparameter *of, bool free,
                        struct text *text) {
    const bool list = node->kind == NODE_SEQUENCE;
    if (node->kind == NODE_SCALAR) {
        append_scalar(node, of, free, text);
        return;
    }
    text_append(text, list ? "[" : "{");
    for (size_t i = 0; i < node->count; i++) {
        const struct hyperparameter *part = of;
        text_append(text, i > 0 ? ", " : "");
        if (!list) {
            const char *key = node->keys[i]->text;
            part = strcmp(key, "name") == 0 ? of : hyperparameter_find(key);
            text_printf(text, "%s: ", setting_key(key));
        }
        append_node(node->items[i], part, free, text);
    }
    text_append(text, list ? "]" : "}");
}

/* What is left without {value: ...}, and without the brackets around a single value. */
static const struct node *bare(const struct node *node, const struct hyperparameter *of) {
    if (of && node->kind == NODE_MAPPING && node->count == 1 &&
        (node_says(node->keys[0], "value") || node_says(node->keys[0], "values")))
        return bare(node->items[0], of);
    const bool single = of && node->kind == NODE_SEQUENCE && node->count == 1 &&
                        (!hyperparameter_is_list(of) || node->items[0]->kind == NODE_SEQUENCE);
    return single ? node->items[0] : node;
}

void setting_text_append(const char *key, const struct node *value, struct text *text) {
    static const char *const texts[] = {"name", "description", "dataset", NULL};
    const struct hyperparameter *of = hyperparameter_find(key);
    text_printf(text, "%s=", setting_key(key));
    append_node(bare(value, of), of, name_is_among(key, texts), text);
}
