/* A YAML document as a tree of nodes that know their place.
 *
 * Aliases share the node they name and are not copied, so a document never grows beyond its text;
 * a node may even contain itself, which is harmless to a reader that goes to a fixed depth. */
#ifndef SWEEP_SEARCH_DOCUMENT_H
#define SWEEP_SEARCH_DOCUMENT_H

#include "base/arena.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };

/* What a scalar stands for: scalar.h reads it. */
enum node_type {
    TYPE_OPEN, /* neither quotes nor a tag: what it looks like */
    TYPE_TEXT, /* quoted, !!str or ! */
    TYPE_INTEGER,
    TYPE_FLOAT,
    TYPE_BOOLEAN,
    TYPE_NULL,
};

struct node {
    enum node_kind kind;
    enum node_type type; /* of a scalar */
    int line, column;    /* 1-based */
    size_t begin, end;   /* where it stands in the text: characters, a byte order mark left out */
    const char *text;    /* of a scalar, without NUL bytes */
    size_t count;        /* items of a sequence, pairs of a mapping */
    const struct node **items;
    const struct node **keys; /* of a mapping; items are its values */
};

/* Parse one YAML document. `file` is used in errors (STATUS_INPUT) alone. Nodes live in the arena.
 * An empty document gives NULL. Keys may be anything, and may be there twice. */
enum status document_parse(const char *file, const char *text, size_t length, struct arena *arena,
                           const struct node **root, struct error *error);

/* The value at the first key of that name, or NULL; NULL also where it is YAML's null. */
const struct node *node_at(const struct node *mapping, const char *key);

/* Whether it is a scalar with this text. */
bool node_says(const struct node *node, const char *text);

/* "a list", "a mapping", "null", "empty" or the quoted text, for messages. */
const char *node_describe(const struct node *node, char *buffer, size_t size);

/* Where character number `index` begins in a text, in bytes. */
size_t document_offset(const char *text, size_t index);

#endif
