/* What the commands that read results take alike: the database, the sweep, which of its trials, and
 * in which form to print. */
#ifndef SWEEP_CLI_QUERY_H
#define SWEEP_CLI_QUERY_H

#include "base/arena.h"
#include "base/status.h"
#include "cli/option.h"
#include "store/filter.h"
#include "store/store.h"

#include <stdint.h>

struct query {
    const char *path; /* of the database */
    long sweep;       /* 0: the one started last */
    struct option_list conditions;
    enum option_form form;
};

void query_init(struct query *query);

/* Read the conditions and open the database. store_close(*store) in any case. */
enum status query_open(const struct query *query, struct arena *arena, struct filter *filter,
                       struct store **store, struct error *error);

#endif
