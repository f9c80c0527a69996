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

#endif
