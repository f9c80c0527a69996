/* The results database's tables and views, and the way from older versions of them. */
#ifndef SWEEP_STORE_SCHEMA_H
#define SWEEP_STORE_SCHEMA_H

#include "store/database.h"

#define SCHEMA_APPLICATION_ID 0x53574550 /* "SWEP" */
#define SCHEMA_VERSION 2

enum schema_state {
    SCHEMA_EMPTY, /* a database without anything in it */
    SCHEMA_CURRENT,
    SCHEMA_OLDER, /* ours, of a version that schema_ready knows how to bring up to date */
};

/* What an open database is. STATUS_INPUT for one that is another program's or a newer sweep's.
 * Writes nothing. */
enum status schema_look(struct database *database, const char *path, enum schema_state *state,
                        struct error *error);

/* Make the tables of an empty database, or bring an older one up to date, in one transaction: what
 * fails or is killed on the way leaves the database as it was. Refuses what schema_look does. */
enum status schema_ready(struct database *database, const char *path, struct error *error);

#endif
