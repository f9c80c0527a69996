/* What the commands that read results take alike: the database, the sweep, which of its trials, and
 * in which form to print. */
#ifndef SWEEP_CLI_QUERY_H
#define SWEEP_CLI_QUERY_H

#include "base/arena.h"
#include "base/status.h"
#include "cli/option.h"
#include "store/observations.h"

#include <stdint.h>

struct query {
    const char *path;       /* of the database */
    const char *sweep_name; /* --sweep; NULL: the sweep started last */
    int64_t sweep;          /* query_open sets it */
    struct option_list conditions;
    enum option_form form;
};

void query_init(struct query *query);

/* Read the conditions, open the database and find the sweep. store_close(*store) in any case. */
enum status query_open(struct query *query, struct arena *arena, struct filter *filter,
                       struct store **store, struct error *error);

/* Read the trials by a score (NULL: the sweep's own), which is told where it was asked for by a
 * name that leaves open on which images, as f1. */
enum status query_read(const struct query *query, const char *score, const struct filter *filter,
                       struct store *store, struct arena *arena, struct observations *observations,
                       struct error *error);

#endif
