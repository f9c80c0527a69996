/* The results database's tables and views. */
#ifndef SWEEP_STORE_SCHEMA_H
#define SWEEP_STORE_SCHEMA_H

#include "store/database.h"

#define SCHEMA_APPLICATION_ID 0x53574550 /* "SWEP" */
#define SCHEMA_VERSION 1

/* Make the tables of an empty database, or check that an existing one is ours and of this version.
 * Nothing is written to a database that is not. STATUS_INPUT for a foreign, older or newer one. */
enum status schema_ready(struct database *database, const char *path, struct error *error);

/* The same check without making anything; an empty database is STATUS_INPUT. */
enum status schema_check(struct database *database, const char *path, struct error *error);

#endif
