/* Sweeps of an earlier run that have to do with a config which is to be run now. */
#ifndef SWEEP_STORE_EARLIER_SWEEPS_H
#define SWEEP_STORE_EARLIER_SWEEPS_H

#include "search/config.h"
#include "store/store.h"

struct earlier_sweep {
    /* Another sweep of the same name on the same data, the one that was run last; 0: there is none,
     * or the config's own sweep is there. */
    int64_t namesake;
    const char *changes; /* since that (config_changes.h); NULL: its config can't be read */
    bool batch;          /* the config's own sweep was begun with an earlier version's `batch` */
};

/* Look for them. A sweep that was begun with another default of `batch` is gone on with as it was
 * begun: the config gets that and its digest. Texts live in the arena. */
enum status store_earlier_sweep(struct store *store, struct config *config,
                                const struct dataset *dataset, struct arena *arena,
                                struct earlier_sweep *earlier, struct error *error);

#endif
