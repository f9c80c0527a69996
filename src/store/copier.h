/* A copy of the database in another place, such as a drive in the network on which none can be
 * written (filesystem.h). A thread of its own renews it while a sweep writes the database.
 *
 * A copy is one moment of the database. SQLite's backup takes it into a file beside the database,
 * so that a slow place keeps nobody waiting; from there it is written front to back, and put in its
 * place once all of it is on the disk (base/output.h), so a kill at any time leaves a whole copy,
 * the new one or the one before. It is a single file without a log. */
#ifndef SWEEP_STORE_COPIER_H
#define SWEEP_STORE_COPIER_H

#include "base/status.h"

#include <stdbool.h>

struct copier;

/* The file that a copy to `to` is: `to`, or, where that is a folder or ends with a slash, the
 * database's name in it. The caller frees it; NULL: no memory. */
char *copier_place(const char *database, const char *to);

/* Look at both before the database is opened for writing. Where it is not there and a copy is, the
 * copy becomes the database: *restored. STATUS_USAGE where what is at the place must not be
 * replaced: the database itself, no copy of a sweep's database, or one with results that the
 * database does not have. */
enum status copier_prepare(const char *database, const char *place, bool *restored,
                           struct error *error);

/* Copy the open database now and `seconds` after each copy. STATUS_MEMORY, also where no thread can
 * be had. copier_end(*copier) in any case. */
enum status copier_begin(const char *database, const char *place, double seconds,
                         struct copier **copier, struct error *error);

enum copier_change {
    COPIER_UNCHANGED,
    COPIER_FAILED, /* for a reason that was not told yet, which is put into the error */
    COPIER_AGAIN,  /* after that, one was written */
};

/* What became of the copies since the last call. */
enum copier_change copier_tell(struct copier *copier, struct error *error);

/* To be called before the database is closed: from now on nobody else has it open. */
void copier_pause(struct copier *copier);

/* Write the last copy, of the closed database, which waits for the place; nothing for NULL. */
enum status copier_end(struct copier *copier, struct error *error);

#endif
