/* What the parts of the check-up of a database share. Used by checkup.c and checkup_spools.c. */
#ifndef SWEEP_STORE_CHECKUP_PRIVATE_H
#define SWEEP_STORE_CHECKUP_PRIVATE_H

#include "base/finding.h"
#include "base/status.h"
#include "store/database.h"

#define SUBJECT "database"

/* Add an error to the findings. */
void checkup_report(const struct findings *findings, const struct error *error);

/* Look through the spools of the database at `real`, a path without symbolic links. `database` is
 * NULL where its rows tell nothing. */
void checkup_spools(const char *real, struct database *database, const struct findings *findings);

#endif
