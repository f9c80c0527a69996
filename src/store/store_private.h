/* What the files of the store share. */
#ifndef SWEEP_STORE_STORE_PRIVATE_H
#define SWEEP_STORE_STORE_PRIVATE_H

#include "store/database.h"
#include "store/store.h"

enum store_statement {
    STORE_INSERT_TRIAL,
    STORE_LINK_TRIAL,
    STORE_HAS_METRIC,
    STORE_FIND_TRIAL,
    STORE_CLEAR_HISTORY,
    STORE_CLEAR_METRIC,
    STORE_PUT_TRIAL,
    STORE_PUT_EPOCH,
    STORE_PUT_METRIC,
    STORE_STATEMENTS
};

struct store {
    struct database *database;
    struct statement *statements[STORE_STATEMENTS];
    int64_t sweep; /* the sweep begun */
    bool writes, in_transaction;
};

#define STORE_RECORDED_MAX 128

/* What the sweep's completed trials have values of: scores, train_seconds and parameters, then
 * metrics by name. */
enum status store_recorded(struct store *store, int64_t sweep, struct arena *arena,
                           const char *names[STORE_RECORDED_MAX], size_t *count,
                           struct error *error);

/* Whether more of such a column is better, a sweep's goal for its own metric aside; *plain: whether
 * it is a column of `trials`, and not a metric of the long table. */
bool store_maximizes(const char *column, bool *plain);

#endif
