/* One writer for one database: whoever writes it has an flock on the database's own file, so that
 * it is the same lock by whatever name the file is reached, and after it was renamed. SQLite's
 * locks are of another kind and don't meet this one.
 *
 * The kernel gives the lock back however its holder ends, so a lock is never stale. A file beside
 * the database tells a person who holds it, and goes away with its holder. */
#ifndef SWEEP_STORE_LOCK_H
#define SWEEP_STORE_LOCK_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct lock;

/* Take the lock of the database whose real path is `path`; who holds it is told in `path`.lock.
 * STATUS_BUSY, with who holds it and since when, if another process does; STATUS_IO. To be called
 * before SQLite opens the file, and lock_release after it has closed it: closing a file drops
 * SQLite's locks. */
enum status lock_take(const char *path, struct lock **lock, struct error *error);

/* Tell whoever asks what the lock is held for, such as "training grid.yaml", and note which log
 * the database has. */
void lock_note(struct lock *lock, const char *purpose);

/* The note's file. A line that is written at its end is what the next holder finds left, should
 * this one not live to release the lock: of a process that crashes nothing else can be asked. */
int lock_note_file(const struct lock *lock);

/* "": nothing, or another user may have made it up. */
const char *lock_left(const struct lock *lock);

/* This process, as whoever comes second is told of it: "pid 4711 on lab-3, since 2026-11-28
 * 10:00:00 UTC". */
#define LOCK_HOLDER_MAX 256
void lock_describe_holder(char holder[LOCK_HOLDER_MAX]);

/* The database's file, open. */
int lock_file(const struct lock *lock);

/* NULL is fine. */
void lock_release(struct lock *lock);

/* Whether its holder, if there is one, came by another name than this. */
bool lock_by_other_name(const char *path);

/* Whether the -wal file beside the database is that of another file, which had its path before: a
 * sweep wrote it and was killed, or writes it still. False where that can't be told. */
bool lock_log_is_foreign(const char *path);

/* Keep others from taking the lock until the file that is returned is closed; -1, with errno, which
 * is EWOULDBLOCK if somebody has it. */
int lock_share(const char *path);

/* Whether a process holds the lock, and if so who, as lock_take would say it. Both are to be called
 * while SQLite does not have the file open. */
enum status lock_look(const char *path, bool *held, char *holder, size_t size, struct error *error);

#endif
