/* A search in shards, as far as their results go. It is replayed from these: what comes next
 * follows from the config and the results alone, so that all who read the same folder find the same
 * step. */
#ifndef SWEEP_CLI_SHARD_SEARCH_H
#define SWEEP_CLI_SHARD_SEARCH_H

#include "cli/searching.h"
#include "store/shard_results.h"
#include "store/store.h"

struct shard_search {
    /* To be set: */
    const char *folder;
    const struct config *config;
    struct space *space; /* empty of another method than a grid; grows */
    /* The database into which the results are merged, for which store_begin_merge was called; NULL:
     * none. */
    struct store *store;
    const struct sweep_request *sweep;

    /* The step at hand: */
    size_t step;    /* its number, from 1 */
    bool over;      /* there is none any more; what follows is that of the last one */
    size_t *trials; /* those of it that are to be trained, ascending */
    size_t count;   /* of these */
    size_t limit;   /* the epochs up to which; 0: to their ends */
    bool *stopped;  /* of all trials of the space, those that do not go on */
    size_t failed;  /* trials that failed, and are left alone */
    const struct delivery *failure; /* the last of these */
    struct campaign_summary summary;

    struct shard_results results;
    /* Its own: */
    size_t room;
    struct searching searching;
    struct campaign *campaign;
    struct ledger *ledger;
};

/* Whether a config's trials come step by step. */
bool shard_search_is(const struct config *config);

/* Read the folder and find the step. shard_search_end is to be called also after an error. */
enum status shard_search_find(struct shard_search *search, struct error *error);
void shard_search_end(struct shard_search *search);

#endif
