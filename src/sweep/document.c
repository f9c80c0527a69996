#include "sweep/document.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

static int place(size_t zero_based) {
    return (int)zero_based + 1;
}

static enum status parse_error(const char *file, const yaml_parser_t *parser, struct error *error) {
    if (parser->error == YAML_MEMORY_ERROR)
        return error_memory(error);
    const yaml_mark_t *mark = &parser->problem_mark;
    const char *context = parser->context ? parser->context : "";
    if (parser->error == YAML_READER_ERROR)
        error_set(error, STATUS_INPUT, "not YAML: %s at byte %zu (the file must be UTF-8 text)",
                  parser->problem, parser->problem_offset);
    else
        error_set(error, STATUS_INPUT, "not YAML: %s%s%s", context, *context ? ", " : "",
                  parser->problem ? parser->problem : "syntax error");
    bool placed = parser->error != YAML_READER_ERROR;
    return error_place(error, file, placed ? place(mark->line) : 0, placed ? place(mark->column) : 0);
}

static enum status copy_scalar(const char *file, const yaml_node_t *from, struct node *to,
                               struct arena *arena, struct error *error) {
    const char *value = (const char *)from->data.scalar.value;
    if (strlen(value) != from->data.scalar.length) {
        error_set(error, STATUS_INPUT, "a NUL character has no place in a config");
        return error_place(error, file, to->line, to->column);
    }
    to->kind = NODE_SCALAR;
    to->plain = from->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    to->text = arena_copy(arena, value);
    return to->text ? STATUS_OK : error_memory(error);
}

static enum status copy_sequence(const yaml_node_t *from, struct node *to, struct node *nodes,
                                 struct arena *arena, struct error *error) {
    to->kind = NODE_SEQUENCE;
    to->count = (size_t)(from->data.sequence.items.top - from->data.sequence.items.start);
    to->items = ARENA_NEW(arena, const struct node *, to->count);
    if (!to->items)
        return error_memory(error);
    for (size_t i = 0; i < to->count; i++)
        to->items[i] = &nodes[from->data.sequence.items.start[i] - 1];
    return STATUS_OK;
}

static enum status copy_mapping(const yaml_node_t *from, struct node *to, struct node *nodes,
                                struct arena *arena, struct error *error) {
    to->kind = NODE_MAPPING;
    to->count = (size_t)(from->data.mapping.pairs.top - from->data.mapping.pairs.start);
    to->items = ARENA_NEW(arena, const struct node *, to->count);
    to->keys = ARENA_NEW(arena, const struct node *, to->count);
    if (!to->items || !to->keys)
        return error_memory(error);
    for (size_t i = 0; i < to->count; i++) {
        to->keys[i] = &nodes[from->data.mapping.pairs.start[i].key - 1];
        to->items[i] = &nodes[from->data.mapping.pairs.start[i].value - 1];
    }
    return STATUS_OK;
}

/* Keys are compared pairwise; this keeps a mapping of a million keys from taking hours. */
#define MAPPING_KEYS_MAX 1000

static enum status check_keys(const char *file, const struct node *mapping, struct error *error) {
    if (mapping->count > MAPPING_KEYS_MAX) {
        error_set(error, STATUS_INPUT, "a mapping of %zu keys; at most %d make sense here",
                  mapping->count, MAPPING_KEYS_MAX);
        return error_place(error, file, mapping->line, mapping->column);
    }
    for (size_t i = 0; i < mapping->count; i++) {
        const struct node *key = mapping->keys[i];
        if (key->kind != NODE_SCALAR) {
            error_set(error, STATUS_INPUT, "a key must be a name, not a list or a mapping");
            return error_place(error, file, key->line, key->column);
        }
        for (size_t j = 0; j < i; j++)
            if (strcmp(mapping->keys[j]->text, key->text) == 0) {
                error_set(error, STATUS_INPUT, "'%.64s' is here twice (first in line %d)",
                          key->text, mapping->keys[j]->line);
                return error_place(error, file, key->line, key->column);
            }
    }
    return STATUS_OK;
}

static enum status copy_document(const char *file, const yaml_document_t *document,
                                 struct arena *arena, const struct node **root,
                                 struct error *error) {
    size_t count = (size_t)(document->nodes.top - document->nodes.start);
    if (count == 0)
        return STATUS_OK;
    struct node *nodes = ARENA_NEW(arena, struct node, count);
    if (!nodes)
        return error_memory(error);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const yaml_node_t *from = &document->nodes.start[i];
        nodes[i].line = place(from->start_mark.line);
        nodes[i].column = place(from->start_mark.column);
        if (from->type == YAML_SEQUENCE_NODE)
            status = copy_sequence(from, &nodes[i], nodes, arena, error);
        else if (from->type == YAML_MAPPING_NODE)
            status = copy_mapping(from, &nodes[i], nodes, arena, error);
        else
            status = copy_scalar(file, from, &nodes[i], arena, error);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        if (nodes[i].kind == NODE_MAPPING)
            status = check_keys(file, &nodes[i], error);
    *root = &nodes[0];
    return status;
}

/* A second document in the file would be silently left out. */
static enum status refuse_second(const char *file, yaml_parser_t *parser, struct error *error) {
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second))
        return parse_error(file, parser, error);
    const yaml_node_t *root = yaml_document_get_root_node(&second);
    enum status status = STATUS_OK;
    if (root) {
        error_set(error, STATUS_INPUT, "a second YAML document; a config is one");
        status = error_place(error, file, place(root->start_mark.line),
                             place(root->start_mark.column));
    }
    yaml_document_delete(&second);
    return status;
}

enum status document_parse(const char *file, const char *text, size_t length, struct arena *arena,
                           const struct node **root, struct error *error) {
    yaml_parser_t parser;
    yaml_document_t document;
    *root = NULL;
    if (!yaml_parser_initialize(&parser))
        return error_memory(error);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    enum status status;
    if (!yaml_parser_load(&parser, &document)) {
        status = parse_error(file, &parser, error);
    } else {
        status = copy_document(file, &document, arena, root, error);
        yaml_document_delete(&document);
        if (status == STATUS_OK && *root)
            status = refuse_second(file, &parser, error);
    }
    yaml_parser_delete(&parser);
    return status;
}

const struct node *node_at(const struct node *mapping, const char *key) {
    for (size_t i = 0; i < mapping->count; i++)
        if (strcmp(mapping->keys[i]->text, key) == 0)
            return mapping->items[i];
    return NULL;
}

const char *node_describe(const struct node *node, char *buffer, size_t size) {
    if (node->kind == NODE_SEQUENCE)
        return "a list";
    if (node->kind == NODE_MAPPING)
        return "a mapping";
    if (node->text[0] == '\0')
        return node->plain ? "empty" : "an empty text";
    snprintf(buffer, size, "'%.64s'%s", node->text, strlen(node->text) > 64 ? "..." : "");
    return buffer;
}
