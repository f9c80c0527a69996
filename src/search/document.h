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

struct node {
    enum node_kind kind;
    int line, column; /* 1-based */
    const char *text; /* of a scalar, without NUL bytes */
    bool plain;       /* a scalar without quotes: it may stand for a number or a switch */
    size_t count;     /* items of a sequence, pairs of a mapping */
    const struct node **items;
    const struct node **keys; /* of a mapping: scalars, no two alike; items are its values */
};

/* Parse one YAML document. `file` is used in errors (STATUS_INPUT) alone. Nodes live in the arena.
 * An empty document gives NULL. */
enum status document_parse(const char *file, const char *text, size_t length, struct arena *arena,
                           const struct node **root, struct error *error);

/* The value at a key of a mapping, or NULL. */
const struct node *node_at(const struct node *mapping, const char *key);

/* "a list", "a mapping", "empty" or the quoted text, for messages. */
const char *node_describe(const struct node *node, char *buffer, size_t size);

#endif
