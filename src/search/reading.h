/* What the readers of a document share: where they are, and how they say what is wrong.
 *
 * A reader that fails says so and returns STATUS_INPUT; whoever called it goes on with what is next
 * to it, so that all problems of a config are told at once. */
#ifndef SWEEP_SEARCH_READING_H
#define SWEEP_SEARCH_READING_H

#include "base/text.h"
#include "search/document.h"
#include "search/problems.h"

#include <stdint.h>

/* Where a value stands, which decides how several are written. */
enum place {
    PLACE_VALUE,  /* value: X, or --set KEY=X */
    PLACE_LISTED, /* an item of a list of values */
    PLACE_DETAIL, /* with a name: {name: sgd, momentum: X} */
};

struct reading {
    enum place place;
    const char *file; /* for places: a path, or "--set epochs=3" */
    struct arena *arena;
    struct error *error;       /* the first failure; may be NULL */
    struct problems *problems; /* all of them; may be NULL */
    const char *text, *before; /* what the nodes are of, and what is shown before it, for corrected
                                  lines; NULL: there are none */
};

/* Whether it is a --set that is read. */
static inline bool reading_is_option(const struct reading *reading) {
    return reading->before && *reading->before;
}

/* The graver of the statuses of two readers, for one that goes on after a problem. */
static inline enum status status_join(enum status a, enum status b) {
    return a == STATUS_OK || b == STATUS_MEMORY ? b : a;
}

/* Fail at a node: "KEY: message". */
enum status reading_fail(const struct reading *reading, const struct node *node, const char *format,
                         ...) __attribute__((format(printf, 3, 4)));

/* What a node is in the text, in `buffer`; NULL where it takes several lines or more room. */
const char *reading_piece(const struct reading *reading, const struct node *node, char *buffer,
                          size_t size);

/* Say what should stand in a node's place, after the failure of which that is the remedy. */
void reading_correct(const struct reading *reading, const struct node *node, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));

/* The same for what stands between two characters of the text, in any number of lines. */
void reading_replace(const struct reading *reading, size_t begin, size_t end, const char *text);

/* The same, where what is missing is a key of a mapping: "KEY: VALUE", which becomes its first. */
void reading_insert(const struct reading *reading, const struct node *mapping, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));

/* The same, where a key of a mapping in braces is to be left out; there is no corrected line for
 * one that has lines of its own. */
void reading_remove(const struct reading *reading, const struct node *mapping, const char *key);

/* Whether it is a mapping in braces, in which keys may share a line. */
bool reading_is_in_braces(const struct reading *reading, const struct node *mapping);

/* Append a node as it would be written in one line, with its scalars as they are written. False
 * where it can't be: a text over several lines, or too many nodes. */
bool reading_append_flow(const struct reading *reading, const struct node *node, struct text *text);

/* The same where a text in quotes looks like the number that belongs there. */
void reading_unquote(const struct reading *reading, const struct node *node);

/* "unknown optimizer 'adm'; did you mean 'adam'?", with the known names where they are few. Names
 * of other programs get words of their own (words.h). */
enum status reading_fail_unknown(const struct reading *reading, const struct node *node,
                                 const char *what, const char *const *names, size_t count);

/* The same where the config itself gives the names: nothing else lists them, so that all are told,
 * and other programs' names mean nothing. */
enum status reading_fail_unnamed(const struct reading *reading, const struct node *node,
                                 const char *what, const char *const *names, size_t count);

/* Something that is right, but ignored. */
void reading_note(const struct reading *reading, const struct node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Check that key number i of a mapping is a name, and not there before. */
enum status reading_check_key(const struct reading *reading, const struct node *mapping, size_t i);

/* Check that the keys of a mapping are names, and none there twice. With `names`, they have to be
 * among these. */
enum status reading_check_keys(const struct reading *reading, const struct node *mapping,
                               const char *what, const char *const *names, size_t count);

/* An integer from `minimum` to `maximum`. */
enum status reading_integer(const struct reading *reading, const struct node *node, const char *key,
                            int64_t minimum, int64_t maximum, int64_t *integer);

/* true or false. */
enum status reading_boolean(const struct reading *reading, const struct node *node, const char *key,
                            bool *boolean);

#endif
