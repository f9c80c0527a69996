/* Arguments from YAML: of anything that has a table of them (base/argument.h). */
#ifndef SWEEP_SEARCH_READING_ARGUMENTS_H
#define SWEEP_SEARCH_READING_ARGUMENTS_H

#include "base/argument.h"
#include "search/hyperparameter.h"
#include "search/reading.h"

#define ARGUMENTS_MAX 24 /* of one thing */

/* Arguments that take several values: {dense: {units: {values: [64, 128]}}}. */
#define VARIED_ARGUMENTS_MAX 64
struct varied_arguments {
    size_t count;
    size_t item; /* that is read, of a list */
    struct varied_argument {
        size_t item;
        const char *owner, *name; /* layers, dense.units */
        const struct argument *argument;
        void *into;                           /* what it is an argument of */
        const struct argument_extras *extras; /* what reads it; NULL: it is one of a table */
        const struct node *key, *spec;
    } items[VARIED_ARGUMENTS_MAX];
};

/* What is read, and how far. */
struct argument_reading {
    const char *owner; /* the hyperparameter, in messages */
    const char *noun;  /* what has the arguments: "a layer" */
    const char *name;  /* the same by its name: dropout */
    struct argument_table table;
    void *into;
    bool given[ARGUMENTS_MAX];
    struct varied_arguments *varied; /* NULL: several values are not allowed here */
    /* What it takes beside its arguments, as a layer its activation; NULL: nothing. */
    const struct argument_extras *extras;
};

struct argument_extras {
    /* Append the further keys of its mapping; returns how many there are with them. */
    size_t (*list_keys)(const void *into, const char *keys[ARGUMENTS_MAX], size_t count);
    /* Read what stands behind such a key; NULL: a word that is no argument. */
    enum status (*read)(const struct reading *reading, const char *key, const struct node *node,
                        void *into);
    /* The argument that such a key would be in a table, where several values may be given; NULL:
     * they may not. In the reading's arena. */
    const struct argument *(*find)(const struct reading *reading, const char *key,
                                   const void *into);
};

/* One argument of what it goes `into`; `owner` as above. */
enum status reading_argument(const struct reading *reading, const struct node *node,
                             const struct argument *argument, const char *owner, void *into);

/* Whether a mapping has arguments, and is no list or range of values of one. */
bool reading_has_arguments(const struct node *node, const struct argument_table *table);

/* {units: 64, activation: tanh} */
enum status reading_arguments(const struct reading *reading, const struct node *node,
                              struct argument_reading *of);

/* The first argument alone: {dropout: 0.2}, {dropout: {values: [0.2, 0.5]}}. */
enum status reading_first_argument(const struct reading *reading, const struct node *key,
                                   const struct node *node, struct argument_reading *of);

/* Words behind the name: arguments in order, then those that the extras take, NAME=VALUE. From the
 * byte `begin` of the node's text on. */
enum status reading_argument_words(const struct reading *reading, const struct node *node,
                                   size_t begin, struct argument_reading *of);

/* Fail where one that must be given is not there; what all others come to in the end. */
enum status reading_arguments_end(const struct reading *reading, const struct node *node,
                                  struct argument_reading *of);

/* Whether the values of a varied argument are numbers, or true and false; and read one into what it
 * is an argument of. */
bool reading_varies_numbers(const struct varied_argument *varied);
enum status reading_varied(const struct reading *reading, const struct node *node,
                           const struct varied_argument *varied);

/* A part of a node's text, as a node of its own. */
enum status reading_part(const struct reading *reading, const struct node *node, size_t begin,
                         size_t length, struct node *part);

#endif
