/* The results database's tables and views, and the way from older versions of them. */
#ifndef SWEEP_STORE_SCHEMA_H
#define SWEEP_STORE_SCHEMA_H

#include "store/database.h"

#define SCHEMA_APPLICATION_ID 0x53574550 /* "SWEP" */
#define SCHEMA_VERSION 3

enum schema_state {
    SCHEMA_EMPTY, /* a database without anything in it */
    SCHEMA_CURRENT,
    SCHEMA_OLDER, /* ours, of a version that schema_ready knows how to bring up to date */
};

/* What an open database is. Refuses (database_refuse) one that is another program's or a newer
 * sweep's. Writes nothing. */
enum schema_state schema_look(struct database *database);

/* Make the tables of an empty database, or bring an older one up to date, in one transaction: what
 * fails or is killed on the way leaves the database as it was. Refuses what schema_look does. */
void schema_ready(struct database *database);

#endif
