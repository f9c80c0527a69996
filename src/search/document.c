#include "search/document.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

static int place(size_t zero_based) {
    return (int)zero_based + 1;
}

/* The text that is read, for messages. */
struct source {
    const char *file, *text;
    size_t length;
};

/* The parser counts bytes, not lines, until it knows that they are characters. */
static enum status reader_error(const struct source *source, const yaml_parser_t *parser,
                                struct error *error) {
    size_t line = 0, column = 0;
    for (size_t i = 0; i < parser->problem_offset && i < source->length; i++) {
        const unsigned char byte = (unsigned char)source->text[i];
        if (byte == '\n') {
            line++;
            column = 0;
        } else if (byte < 0x80 || byte >= 0xc0) {
            column++;
        }
    }
    error_set(error, STATUS_INPUT, "not YAML: %s (a config is UTF-8 text)", parser->problem);
    return error_place(error, source->file, place(line), place(column));
}

/* Whether the white space that starts a line has a tab in it. */
static bool indented_by_tab(const struct source *source, size_t line) {
    const char *at = source->text, *end = source->text + source->length;
    for (; line > 0 && at < end; at++)
        line -= *at == '\n';
    while (at < end && *at == ' ')
        at++;
    return at < end && *at == '\t';
}

/* What usually lies behind a parser's complaint. */
static const char *hint_for(const struct source *source, const char *problem, size_t line) {
    static const struct {
        const char *problem, *hint;
    } hints[] = {
        {"mapping values are not allowed",
         "; check the indentation, and quote a text with ': ' in it"},
        {"cannot start any token", "; quote a text that starts with @, ` or %"},
        {"undefined alias", "; quote a text that starts with *"},
        {"unexpected end of stream", "; is a closing quote missing?"},
    };
    if (indented_by_tab(source, line))
        return "; indent with spaces, YAML takes no tabs";
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (strstr(problem, hints[i].problem))
            return hints[i].hint;
    return "";
}

static enum status parse_error(const struct source *source, const yaml_parser_t *parser,
                               struct error *error) {
    /* Where no memory was left some functions say so, and others fail without a word. */
    if (parser->error == YAML_MEMORY_ERROR || !parser->problem)
        return error_memory(error);
    if (parser->error == YAML_READER_ERROR)
        return reader_error(source, parser, error);
    const yaml_mark_t *mark = &parser->problem_mark;
    const char *context = parser->context ? parser->context : "";
    error_set(error, STATUS_INPUT, "not YAML: %s%s%s%s", context, *context ? ", " : "",
              parser->problem, hint_for(source, parser->problem, mark->line));
    return error_place(error, source->file, place(mark->line), place(mark->column));
}

/* The parser's time grows with the square of the nesting and of the number of anchors and
 * directives; no config needs much of any. */
#define DEPTH_MAX 64
#define ANCHORS_MAX 256
#define DIRECTIVES_MAX 256

/* Lines that may be directives (%TAG ...) have to be counted before the parser sees them: it hands
 * out none before it has compared all of a document's with each other. Lines of YAML 1.1 end with
 * LF, CR, or U+0085, U+2028, U+2029, of which the last byte will do here. */
static enum status check_directives(const struct source *source, struct error *error) {
    static const char ends[] = "\n\r\x85\xa8\xa9";
    size_t line = 0, directives = 0;
    for (size_t i = 0; i < source->length; i++) {
        const bool first = i == 0 || memchr(ends, source->text[i - 1], sizeof ends - 1);
        directives += first && source->text[i] == '%';
        if (directives > DIRECTIVES_MAX) {
            error_set(error, STATUS_INPUT, "too many directives (%%NAME); no config needs that");
            return error_place(error, source->file, place(line), 1);
        }
        line += source->text[i] == '\n';
    }
    return STATUS_OK;
}

/* What an event adds to the depth. */
static int depth_change(yaml_event_type_t type) {
    return (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT) -
           (type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT);
}

static bool has_anchor(const yaml_event_t *event) {
    return (event->type == YAML_SCALAR_EVENT && event->data.scalar.anchor) ||
           (event->type == YAML_SEQUENCE_START_EVENT && event->data.sequence_start.anchor) ||
           (event->type == YAML_MAPPING_START_EVENT && event->data.mapping_start.anchor);
}

/* Without a word libyaml would guess UTF-16 where the first bytes look like it. */
static void set_input(yaml_parser_t *parser, const struct source *source) {
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser, (const unsigned char *)source->text, source->length);
}

/* Read the text once without keeping anything, to see that it is in bounds. */
static enum status check_bounds(const struct source *source, struct error *error) {
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return error_memory(error);
    set_input(&parser, source);
    enum status status = STATUS_OK;
    int depth = 0, anchors = 0;
    for (bool ended = false; !ended && status == STATUS_OK;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            status = parse_error(source, &parser, error);
            break;
        }
        ended = event.type == YAML_STREAM_END_EVENT;
        depth += depth_change(event.type);
        anchors += has_anchor(&event);
        if (depth > DEPTH_MAX || anchors > ANCHORS_MAX) {
            error_set(error, STATUS_INPUT, "%s; no config needs that",
                      depth > DEPTH_MAX ? "lists and mappings are nested too deeply"
                                        : "too many anchors (&name)");
            status = error_place(error, source->file, place(event.start_mark.line),
                                 place(event.start_mark.column));
        }
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return status;
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
static enum status refuse_second(const struct source *source, yaml_parser_t *parser,
                                 struct error *error) {
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second))
        return parse_error(source, parser, error);
    const yaml_node_t *root = yaml_document_get_root_node(&second);
    enum status status = STATUS_OK;
    if (root) {
        error_set(error, STATUS_INPUT, "a second YAML document; a config is one");
        status = error_place(error, source->file, place(root->start_mark.line),
                             place(root->start_mark.column));
    }
    yaml_document_delete(&second);
    return status;
}

enum status document_parse(const char *file, const char *text, size_t length, struct arena *arena,
                           const struct node **root, struct error *error) {
    yaml_parser_t parser;
    yaml_document_t document;
    /* Some editors start UTF-8 with a byte order mark. */
    const size_t mark = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    const struct source source = {file, text + mark, length - mark};
    *root = NULL;
    enum status status = check_directives(&source, error);
    if (status == STATUS_OK)
        status = check_bounds(&source, error);
    if (status != STATUS_OK)
        return status;
    if (!yaml_parser_initialize(&parser))
        return error_memory(error);
    set_input(&parser, &source);
    if (!yaml_parser_load(&parser, &document)) {
        status = parse_error(&source, &parser, error);
    } else {
        status = copy_document(file, &document, arena, root, error);
        yaml_document_delete(&document);
        if (status == STATUS_OK && *root)
            status = refuse_second(&source, &parser, error);
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
