/* Where a data set is, by its name or path, and what to say when it is nowhere. */
#ifndef SWEEP_DATA_LOCATE_H
#define SWEEP_DATA_LOCATE_H

#include "base/status.h"
#include "base/text.h"
#include "data/catalogue.h"
#include "data/dataset.h"
#include "data/source.h"

#include <stdbool.h>

struct location {
    char name[DATASET_NAME_MAX];         /* what the data set is to be called */
    const struct catalogue_entry *entry; /* the catalogue's, or NULL */
    bool prefixed;                       /* the files have the entry's prefix */
    struct source source;                /* found, not yet read; of one that is built in, empty */
};

/* `*found` is false, with STATUS_OK, when it is nowhere. dataset.h says where it is looked for. */
enum status locate(const char *name, const struct dataset_places *places, struct location *location,
                   bool *found, struct error *error);

/* What a data set is called that is asked for by a name or path. */
void locate_name(const char *written, char name[DATASET_NAME_MAX]);

/* The folders in which data sets are looked for, separated by commas. */
void locate_append_places(const struct dataset_places *places, struct text *text);

/* How to get the data set called `name`, which is nowhere, and where it was looked for. */
void locate_append_help(const char *name, const struct dataset_places *places, struct text *text);

#endif
