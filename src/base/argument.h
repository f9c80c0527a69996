/* Things that have a name and arguments, as Keras' classes have: a layer, a schedule, a callback,
 * an augmentation. A table has a row for each argument, which says what it takes, its default, and
 * the field of a struct that has it; from the rows follow how it is read, spelled, compared and
 * told of.
 *
 * A hyperparameter whose values are such things needs: a struct for each kind's arguments, of at
 * most COMPONENT_BYTES; a row for each kind (struct component_kind); a function that lists them,
 * and a struct component_family that names it; and a row of type VALUE_COMPONENTS in the table of
 * hyperparameters that names the family. */
#ifndef SWEEP_BASE_ARGUMENT_H
#define SWEEP_BASE_ARGUMENT_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum argument_type {
    ARGUMENT_WHOLE,  /* a uint32_t */
    ARGUMENT_REAL,   /* a double */
    ARGUMENT_SWITCH, /* a bool */
    ARGUMENT_SIZES,  /* a struct sizes */
    ARGUMENT_PAIR,   /* two uint16_t, of rows and of columns; one number stands for both */
    /* uint16_t[2][2]: before and behind the rows, and so the columns; one number stands for all
     * four, one of each axis for both its ends */
    ARGUMENT_MARGINS,
    ARGUMENT_NAME,    /* a uint8_t, the place of one of the names */
    ARGUMENT_NUMBERS, /* a struct numbers */
    ARGUMENT_ENTRY,   /* a pointer to an entry of a table, which begins with its name; NULL: none */
    ARGUMENT_AXES,    /* a uint8_t, whose bit k - 1 is axis k; without the batch, they begin at 1 */
};

/* Sizes of dimensions; 0 from the last one on. One may be SIZE_INFERRED, written -1: as many as
 * there are numbers for. */
#define SIZES_MAX 3
#define SIZE_INFERRED UINT32_MAX
struct sizes {
    uint32_t dims[SIZES_MAX];
};

/* Numbers one after the other; 0 from `count` on. Where none need be given, none are the default,
 * and the row says what that stands for. */
#define NUMBERS_MAX 16
struct numbers {
    uint32_t count;
    double items[NUMBERS_MAX];
};

#define ARGUMENT_REQUIRED ((double)NAN)

struct argument {
    const char *name;
    enum argument_type type;
    size_t offset;           /* of its field */
    double standard;         /* ARGUMENT_REQUIRED: it must be given */
    double minimum, maximum; /* both allowed, but for those that are open */
    bool minimum_open, maximum_open;
    /* ARGUMENT_NAME: that may be written: NULL after the last; or a function that lists them */
    const char *const *names;
    const char *(*name_at)(size_t i);
    /* What a default stands for that can't be written: of an ARGUMENT_PAIR, whose default is 0 x 0
     * then, the argument that it is like; of another, words. NULL: it can be written. */
    const char *as;
    const char *help;
};

struct argument_table {
    const struct argument *rows;
    size_t count;
    size_t positional; /* how many may be given without their names, in order */
};

#define ARGUMENT_TABLE(ROWS, POSITIONAL)                                                           \
    { ROWS, sizeof(ROWS) / sizeof *(ROWS), POSITIONAL }

/* Where an argument stands in the struct that it is of. */
static inline void *argument_at(void *of, const struct argument *argument) {
    return (char *)of + argument->offset;
}
static inline const void *argument_of(const void *of, const struct argument *argument) {
    return (const char *)of + argument->offset;
}

/* The i-th name that may be written; NULL after the last. */
const char *argument_name(const struct argument *argument, size_t i);

/* The argument of that name, or NULL. */
const struct argument *argument_find(const struct argument_table *table, const char *name);

/* Set both numbers of a pair. */
static inline void argument_set_pair(void *at, double number) {
    uint16_t *both = at;
    both[0] = (uint16_t)number;
    both[1] = both[0];
}

/* Set all four margins. */
static inline void argument_set_margins(void *at, double number) {
    argument_set_pair(at, number);
    argument_set_pair((uint16_t *)at + 2, number);
}

/* Set the fields of all arguments that have a default, and leave the others as they are. */
void arguments_set_standards(const struct argument_table *table, void *of);

/* The argument that has an argument's value: that which it is like by default, where it is a pair
 * left at that, else itself. */
const struct argument *argument_source(const struct argument_table *table, const void *of,
                                       const struct argument *argument);

/* Leave pairs at their default that are what that stands for, so that a thing has one spelling. */
void arguments_drop_defaults(const struct argument_table *table, void *of);

/* The bytes of its field. */
size_t argument_size(const struct argument *argument);

/* Whether an argument has its default. */
bool argument_is_standard(const void *of, const struct argument *argument);

/* Whether two have the same arguments. */
bool arguments_equal(const struct argument_table *table, const void *a, const void *b);

/* --- what a hyperparameter's value is made of --- */

/* A kind of thing: one row of a table. Tables whose rows have more to say begin with this. */
struct component_kind {
    const char *name;       /* as Keras' class in small letters: cosine_decay */
    const char *aliases[2]; /* NULL after the last */
    const char *help;
    struct argument_table arguments;
    /* Why these arguments don't go together, or NULL. NULL: they always do. */
    const char *(*refuses)(const void *arguments);
};

#define COMPONENT_BYTES 288

/* A thing of that kind, with the struct that its kind's arguments are fields of. */
struct component {
    const struct component_kind *kind;
    union {
        double aligned;
        unsigned char arguments[COMPONENT_BYTES];
    };
};

struct components;

/* The kinds that go to one place, and how many things may. */
struct component_family {
    const char *noun;                             /* "a schedule" */
    const struct component_kind *(*at)(size_t i); /* NULL after the last */
    /* The kind whose name is left out, its first argument being told always; NULL: none. */
    const struct component_kind *usual;
    size_t most; /* 1: it is one thing; more: a list */
    /* Why the things of a list don't go together, or NULL. NULL: they always do. */
    const char *(*together)(const struct components *list);
};

/* The family's kind of that name or alias, in any spelling, or NULL. */
const struct component_kind *component_find(const struct component_family *family,
                                            const char *name);

/* One, or several in their order. */
#define COMPONENTS_MAX 16
struct components {
    const struct component_family *family;
    size_t count;
    struct component items[COMPONENTS_MAX];
};

/* One with its arguments' defaults; those that must be given are 0. */
struct component component_standard(const struct component_kind *kind);

bool components_equal(const struct components *a, const struct components *b);

#endif
