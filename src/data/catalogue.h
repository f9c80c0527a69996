/* The data sets that are known by name: where their files are below a place, what these are called,
 * and in what they differ from MNIST's. */
#ifndef SWEEP_DATA_CATALOGUE_H
#define SWEEP_DATA_CATALOGUE_H

#include "data/source.h"

#include <stdbool.h>
#include <stddef.h>

/* Where a data set is found that the program draws itself. */
#define CATALOGUE_BUILT_IN "built in"

struct catalogue_entry {
    const char *name;
    const char *aliases[2];
    const char *about;       /* one line; NULL: a name that people know, but that can't be read */
    const char *refusal;     /* of such a name: why not, and what to do */
    const char *origin;      /* a line of Python that gets it */
    const char *package;     /* of Debian, that has it, or NULL */
    const char *layouts[8];  /* folders and .npz files below a place, NULL after the last; none: the
                                program draws it itself */
    struct source_names own; /* of its IDX files; without a prefix they are the usual ones */
    const char *changes;     /* what is changed when it is read from its own files, or NULL */
    const char *title;       /* of one whose contents have to be the published ones, and */
    const char *published[SOURCE_PARTS]; /* the SHA-256 of each IDX file, uncompressed */
    bool transposed;  /* its images lie on their sides: rows and columns are exchanged */
    bool from_one;    /* its labels count from 1: 1 is taken off each */
    bool handwriting; /* cut out of its paper and put into a box, as photo.h does it */
};

extern const struct catalogue_entry catalogue[];
extern const size_t catalogue_count;

/* The entry of that name or alias (case, underscores and hyphens don't matter), or NULL. */
const struct catalogue_entry *catalogue_find(const char *name);

/* The same of a data set that was found there. One that is read from files is none that the program
 * draws itself, whatever its name. */
const struct catalogue_entry *catalogue_found(const char *name, const char *source);

/* The entry with such contents, or NULL. */
const struct catalogue_entry *catalogue_published(const struct source *source);

/* Whether the program draws it itself. */
static inline bool catalogue_is_built_in(const struct catalogue_entry *entry) {
    return entry->about && !entry->layouts[0];
}

/* The name that is nearest to a misspelt one, or NULL. */
const char *catalogue_nearest(const char *name);

#endif
