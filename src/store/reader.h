/* Opening a database without being able to change it. */
#ifndef SWEEP_STORE_READER_H
#define SWEEP_STORE_READER_H

#include "store/database.h"

/* Open for reading. What a crash left half-way of a transaction is undone first, as anybody who
 * reads has to; but only in a database of ours, another program's is STATUS_INPUT. The rest as for
 * database_open. */
enum status reader_open(const char *path, struct database **database, struct error *error);

#endif
