/* A sweep's config, read back from the database. */
#ifndef SWEEP_STORE_SWEEP_CONFIG_H
#define SWEEP_STORE_SWEEP_CONFIG_H

#include "search/config.h"
#include "store/store.h"

/* The config that the sweep was run with, its --set included. Lives in the arena. False: this
 * version can't read it, or there is none, as where another program wrote the sweep. */
bool store_sweep_config(struct store *store, int64_t sweep, struct arena *arena,
                        struct config *config);

#endif
