/* A check-up of a results database and of what lies beside it. */
#ifndef SWEEP_STORE_CHECKUP_H
#define SWEEP_STORE_CHECKUP_H

#include "base/finding.h"

#include <stdbool.h>

/* Report under the subject "database": the place, the lock, the schema, every page, foreign keys,
 * rows without an owner, results against their histories, attempts without an end, the spools.
 * That there is no such file is an error if it is `wanted`. Changes nothing. */
void store_checkup(const char *path, bool wanted, const struct findings *findings);

#endif
