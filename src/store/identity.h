/* Whether trials in the database are what they were made as: a trial's digest is of its
 * hyperparameters, its seed and its data, so that a row of which any was changed tells. */
#ifndef SWEEP_STORE_IDENTITY_H
#define SWEEP_STORE_IDENTITY_H

#include "base/arena.h"
#include "search/space.h"
#include "store/database.h"

#include <stdbool.h>
#include <stdint.h>

/* The text of a hyperparameter in the last row, made anew where the next row has another value. */
struct identity_line {
    bool known, none;
    int64_t bits;     /* of a number */
    struct text raw;  /* of a text */
    struct text line; /* "name=value\n" */
};

/* A walk over trials. */
struct identity {
    struct database *database;
    struct statement *rows; /* bind its parameters before the first step */
    struct identity_line lines[HP_COUNT];
    struct text text;
    struct digest written, canonical; /* of a setting whose spelling is not the canonical one */
    struct arena arena;
};

/* `key` identifies a row and `dataset` gives its data's digest (or NULL, if that is not known), in
 * SQL; `from` is what follows FROM, in which t is the trials. */
void identity_open(struct identity *identity, struct database *database, const char *key,
                   const char *dataset, const char *from);
/* Go to the next row that is not what its digest says; false after the last. */
bool identity_next_changed(struct identity *identity, int64_t *key);
void identity_close(struct identity *identity);

/* Fail with STATUS_INPUT where a trial of the sweep (`trial` 0: any) was changed. */
void identity_check(struct database *database, int64_t sweep, int64_t trial);

/* The same of all trials: how many were changed, and the first of them. */
int64_t identity_count_changed(struct database *database, int64_t *first);

#define IDENTITY_REMEDY                                                                            \
    "hyperparameters, seed or data are not those of the digest; a `sweep run` of the config puts " \
    "that right"

#endif
