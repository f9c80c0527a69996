/* One writer for one database, held by an flock on a file beside it.
 *
 * The kernel gives the lock back however its holder ends, so a lock is never stale; the file's text
 * only tells a person who holds it. It goes away with its holder. */
#ifndef SWEEP_STORE_LOCK_H
#define SWEEP_STORE_LOCK_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct lock;

/* Take the lock of the database whose real path is `path`; it is kept in `path`.lock. STATUS_BUSY,
 * with who holds it and since when, if another process does; STATUS_IO. */
enum status lock_take(const char *path, struct lock **lock, struct error *error);

/* Tell whoever asks what the lock is held for, such as "training grid.yaml". */
void lock_note(struct lock *lock, const char *purpose);

/* NULL is fine. */
void lock_release(struct lock *lock);

/* Whether a process holds the lock, and if so who, as lock_take would say it. */
enum status lock_look(const char *path, bool *held, char *holder, size_t size, struct error *error);

#endif
