#include "search/document.h"

#include "search/scalar.h"

#include <stdio.h>
#include <stdlib.h>
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
#define MAPPING_KEYS_MAX 1000 /* they are compared pairwise */

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

/* Memory for nodes and texts comes in blocks: the arena aligns each of its pieces. */
#define NODES_BLOCK 256
#define TEXT_BLOCK 4096

struct anchor {
    const char *name;
    const struct node *node;
};

/* A document on its way from events to nodes. The first failure is kept, and ends it. */
struct loader {
    const struct source *source;
    struct arena *arena;
    struct error *error;
    enum status status;
    yaml_parser_t parser;
    struct node *nodes; /* free ones */
    size_t nodes_left;
    char *text; /* free room */
    size_t text_left;
    struct anchor anchors[ANCHORS_MAX];
    size_t anchor_count;
    const struct node **open; /* the nodes of collections that have not ended; owned */
    size_t open_count, open_room;
};

static void fail_memory(struct loader *loader) {
    loader->status = error_memory(loader->error);
}

static void fail(struct loader *loader, yaml_mark_t mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void fail(struct loader *loader, yaml_mark_t mark, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    loader->status = error_vset(loader->error, STATUS_INPUT, format, arguments);
    va_end(arguments);
    error_place(loader->error, loader->source->file, place(mark.line), place(mark.column));
}

/* False when there is no further event; else it is to be deleted. */
static bool next_event(struct loader *loader, yaml_event_t *event) {
    if (loader->status == STATUS_OK && !yaml_parser_parse(&loader->parser, event))
        loader->status = parse_error(loader->source, &loader->parser, loader->error);
    return loader->status == STATUS_OK;
}

static struct node *new_node(struct loader *loader, enum node_kind kind, yaml_mark_t begin) {
    if (loader->nodes_left == 0) {
        loader->nodes = ARENA_NEW(loader->arena, struct node, NODES_BLOCK);
        loader->nodes_left = loader->nodes ? NODES_BLOCK : 0;
    }
    if (!loader->nodes) {
        fail_memory(loader);
        return NULL;
    }
    loader->nodes_left--;
    *loader->nodes = (struct node){.kind = kind,
                                   .line = place(begin.line),
                                   .column = place(begin.column),
                                   .begin = begin.index};
    return loader->nodes++;
}

static const char *keep_text(struct loader *loader, const char *text) {
    const size_t size = strlen(text) + 1;
    if (size > loader->text_left) {
        loader->text_left = size > TEXT_BLOCK ? size : TEXT_BLOCK;
        loader->text = ARENA_NEW(loader->arena, char, loader->text_left);
    }
    if (!loader->text) {
        fail_memory(loader);
        return NULL;
    }
    char *kept = memcpy(loader->text, text, size);
    loader->text += size;
    loader->text_left -= size;
    return kept;
}

static void push(struct loader *loader, const struct node *node) {
    if (loader->open_count == loader->open_room) {
        const size_t room = loader->open_room ? 2 * loader->open_room : 64;
        const struct node **grown = reallocarray(loader->open, room, sizeof *grown);
        if (!grown) {
            fail_memory(loader);
            return;
        }
        loader->open = grown;
        loader->open_room = room;
    }
    loader->open[loader->open_count++] = node;
}

/* A name may be given again; the latest counts. */
static void add_anchor(struct loader *loader, const yaml_char_t *name, const struct node *node,
                       yaml_mark_t mark) {
    if (!name || !node)
        return;
    if (loader->anchor_count == ANCHORS_MAX) {
        fail(loader, mark, "too many anchors (&name); no config needs that");
        return;
    }
    loader->anchors[loader->anchor_count++] =
        (struct anchor){keep_text(loader, (const char *)name), node};
}

static const struct node *find_anchor(struct loader *loader, const yaml_event_t *event) {
    const char *name = (const char *)event->data.alias.anchor;
    for (size_t i = loader->anchor_count; i-- > 0;)
        if (strcmp(loader->anchors[i].name, name) == 0)
            return loader->anchors[i].node;
    fail(loader, event->start_mark,
         "not YAML: there is no anchor &%.64s for *%.64s; quote a text that starts with *", name,
         name);
    return NULL;
}

/* YAML's own tags that mean something here. */
static const struct {
    const char *tag;
    enum node_kind kind;
    enum node_type type;
} tags[] = {
    {"str", NODE_SCALAR, TYPE_TEXT},    {"int", NODE_SCALAR, TYPE_INTEGER},
    {"float", NODE_SCALAR, TYPE_FLOAT}, {"bool", NODE_SCALAR, TYPE_BOOLEAN},
    {"null", NODE_SCALAR, TYPE_NULL},   {"seq", NODE_SEQUENCE, TYPE_OPEN},
    {"map", NODE_MAPPING, TYPE_OPEN},
};

/* Set the node's type by its tag, of which "!" says no more than quotes do. */
static void apply_tag(struct loader *loader, const yaml_char_t *given, struct node *node,
                      yaml_mark_t mark) {
    static const char own[] = YAML_STR_TAG;
    const size_t prefix = sizeof own - sizeof "str";
    const char *tag = (const char *)given;
    if (!node || !tag)
        return;
    if (strcmp(tag, "!") == 0) {
        node->type = TYPE_TEXT;
        return;
    }
    const bool standard = strncmp(tag, own, prefix) == 0;
    for (size_t i = 0; standard && i < sizeof tags / sizeof *tags; i++)
        if (strcmp(tag + prefix, tags[i].tag) == 0 && node->kind == tags[i].kind) {
            node->type = tags[i].type;
            return;
        }
    fail(loader, mark, "the tag %s%.64s makes no sense here; remove it", standard ? "!!" : "",
         standard ? tag + prefix : tag);
}

static const struct node *load_scalar(struct loader *loader, const yaml_event_t *event) {
    const char *value = (const char *)event->data.scalar.value;
    struct node *node = new_node(loader, NODE_SCALAR, event->start_mark);
    if (!node)
        return NULL;
    if (strlen(value) != event->data.scalar.length) {
        fail(loader, event->start_mark, "a NUL character has no place in a config");
        return NULL;
    }
    node->end = event->end_mark.index;
    node->type = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? TYPE_OPEN : TYPE_TEXT;
    node->text = keep_text(loader, value);
    add_anchor(loader, event->data.scalar.anchor, node, event->start_mark);
    apply_tag(loader, event->data.scalar.tag, node, event->start_mark);
    if (loader->status == STATUS_OK && !scalar_is_of_type(node))
        fail(loader, event->start_mark, "'%.64s' is not what its tag says", value);
    return node;
}

static const struct node *load_node(struct loader *loader, const yaml_event_t *event, int depth);

/* Load the nodes up to the end of a collection onto the stack of open ones. */
static void load_children(struct loader *loader, struct node *node, int depth) {
    yaml_event_t event;
    for (bool ended = false; !ended && next_event(loader, &event);) {
        ended = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        if (ended)
            node->end = event.end_mark.index;
        else
            push(loader, load_node(loader, &event, depth + 1));
        yaml_event_delete(&event);
    }
}

static const struct node *load_collection(struct loader *loader, struct node *node, int depth) {
    const size_t before = loader->open_count, step = node->kind == NODE_MAPPING ? 2 : 1;
    load_children(loader, node, depth);
    if (loader->status != STATUS_OK)
        return NULL;
    node->count = (loader->open_count - before) / step;
    node->items = ARENA_NEW(loader->arena, const struct node *, node->count);
    node->keys = ARENA_NEW(loader->arena, const struct node *, step == 2 ? node->count : 0);
    if (!node->items || !node->keys) {
        fail_memory(loader);
        return NULL;
    }
    for (size_t i = 0; i < node->count; i++) {
        node->items[i] = loader->open[before + step * i + step - 1];
        if (step == 2)
            node->keys[i] = loader->open[before + step * i];
    }
    loader->open_count = before;
    return node;
}

static const struct node *load_sequence(struct loader *loader, const yaml_event_t *event,
                                        int depth) {
    struct node *node = new_node(loader, NODE_SEQUENCE, event->start_mark);
    add_anchor(loader, event->data.sequence_start.anchor, node, event->start_mark);
    apply_tag(loader, event->data.sequence_start.tag, node, event->start_mark);
    return loader->status == STATUS_OK ? load_collection(loader, node, depth) : NULL;
}

static const struct node *load_mapping(struct loader *loader, const yaml_event_t *event,
                                       int depth) {
    struct node *node = new_node(loader, NODE_MAPPING, event->start_mark);
    add_anchor(loader, event->data.mapping_start.anchor, node, event->start_mark);
    apply_tag(loader, event->data.mapping_start.tag, node, event->start_mark);
    if (loader->status == STATUS_OK)
        load_collection(loader, node, depth);
    if (loader->status == STATUS_OK && node->count > MAPPING_KEYS_MAX)
        fail(loader, event->start_mark, "a mapping of %zu keys; at most %d make sense here",
             node->count, MAPPING_KEYS_MAX);
    return node;
}

static const struct node *load_node(struct loader *loader, const yaml_event_t *event, int depth) {
    if (depth > DEPTH_MAX) {
        fail(loader, event->start_mark,
             "lists and mappings are nested too deeply; no config needs that");
        return NULL;
    }
    if (event->type == YAML_ALIAS_EVENT)
        return find_anchor(loader, event);
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return load_sequence(loader, event, depth);
    if (event->type == YAML_MAPPING_START_EVENT)
        return load_mapping(loader, event, depth);
    return load_scalar(loader, event);
}

/* The first document; a second one would be silently left out. */
static void load_stream(struct loader *loader, const struct node **root) {
    yaml_event_t event;
    for (bool ended = false; !ended && next_event(loader, &event);) {
        const bool content = event.type == YAML_SCALAR_EVENT || event.type == YAML_ALIAS_EVENT ||
                             event.type == YAML_SEQUENCE_START_EVENT ||
                             event.type == YAML_MAPPING_START_EVENT;
        ended = event.type == YAML_STREAM_END_EVENT;
        if (content && *root)
            fail(loader, event.start_mark, "a second YAML document; a config is one");
        else if (content)
            *root = load_node(loader, &event, 0);
        yaml_event_delete(&event);
    }
}

/* Without a word libyaml would guess UTF-16 where the first bytes look like it. */
static void set_input(yaml_parser_t *parser, const struct source *source) {
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser, (const unsigned char *)source->text, source->length);
}

enum status document_parse(const char *file, const char *text, size_t length, struct arena *arena,
                           const struct node **root, struct error *error) {
    /* Some editors start UTF-8 with a byte order mark. */
    const size_t mark = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    const struct source source = {file, text + mark, length - mark};
    struct loader loader = {.source = &source, .arena = arena, .error = error};
    *root = NULL;
    enum status status = check_directives(&source, error);
    if (status != STATUS_OK)
        return status;
    if (!yaml_parser_initialize(&loader.parser))
        return error_memory(error);
    set_input(&loader.parser, &source);
    load_stream(&loader, root);
    yaml_parser_delete(&loader.parser);
    free(loader.open);
    return loader.status;
}

bool node_says(const struct node *node, const char *text) {
    return node->kind == NODE_SCALAR && strcmp(node->text, text) == 0;
}

const struct node *node_at(const struct node *mapping, const char *key) {
    for (size_t i = 0; i < mapping->count; i++)
        if (node_says(mapping->keys[i], key))
            return scalar_is_null(mapping->items[i]) ? NULL : mapping->items[i];
    return NULL;
}

const char *node_describe(const struct node *node, char *buffer, size_t size) {
    if (node->kind == NODE_SEQUENCE)
        return "a list";
    if (node->kind == NODE_MAPPING)
        return "a mapping";
    if (scalar_is_null(node))
        return node->text[0] ? "null" : "empty";
    if (node->text[0] == '\0')
        return "an empty text";
    snprintf(buffer, size, "'%.64s'%s", node->text, strlen(node->text) > 64 ? "..." : "");
    return buffer;
}

size_t document_offset(const char *text, size_t index) {
    size_t offset = 0;
    for (; index > 0 && text[offset]; index--)
        do
            offset++;
        while (((unsigned char)text[offset] & 0xc0) == 0x80);
    return offset;
}
