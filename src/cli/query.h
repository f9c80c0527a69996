/* What the commands that read results take alike: the database, the sweep, which of its trials, and
 * in which form to print. */
#ifndef SWEEP_CLI_QUERY_H
#define SWEEP_CLI_QUERY_H

#include "base/arena.h"
#include "base/status.h"
#include "store/filter.h"
#include "store/store.h"

#include <argp.h>
#include <stdint.h>

#define QUERY_CONDITIONS_MAX 64

enum query_form { QUERY_TABLE, QUERY_JSON, QUERY_CSV };

struct query {
    const char *path; /* of the database */
    int64_t sweep;    /* 0: the one started last */
    const char *conditions[QUERY_CONDITIONS_MAX];
    size_t condition_count;
    enum query_form form;
};

/* argp's child parser for the options; its input is a struct query. */
extern const struct argp query_argp;

/* The same without the forms to print in, and with -o left to the command. */
extern const struct argp query_selection_argp;

void query_init(struct query *query);

/* Read the conditions and open the database. store_close(*store) in any case. */
enum status query_open(const struct query *query, struct arena *arena, struct filter *filter,
                       struct store **store, struct error *error);

#endif
