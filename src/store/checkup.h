/* A check-up of a results database and of what lies beside it. */
#ifndef SWEEP_STORE_CHECKUP_H
#define SWEEP_STORE_CHECKUP_H

#include "base/finding.h"

/* Report under the subject "database": the place, the lock, the schema, every page, foreign keys,
 * rows without an owner, results against their histories, attempts without an end, the spool.
 * Changes nothing. */
void store_checkup(const char *path, const struct findings *findings);

#endif
