/* What the trials that are being trained have given so far, for who looks on: a small file beside
 * the database, FILE.unfinished, that `run` writes anew whole every other second. What a run that
 * is interrupted or killed has in it stays, also while other commands write theirs, until the
 * trials have their results. Nothing depends on it: what can't be written is missed by nobody but
 * a reader's curves. It has the records of a spool (spool.h). */
#ifndef SWEEP_STORE_UNFINISHED_H
#define SWEEP_STORE_UNFINISHED_H

#include "store/provenance.h"
#include "store/spool.h"
#include "store/store.h"

struct unfinished_trials;

/* For the sweep that the store has begun, whose config and space stay where they are. What other
 * runs left of trials without a result stays; a file of somebody else's does, and nothing is
 * written.
 * STATUS_MEMORY. */
enum status unfinished_open(const char *database, const struct store *store,
                            const struct config *config, const struct space *space,
                            struct unfinished_trials **unfinished, struct error *error);

/* Take what a trial has given so far, which is copied, in the place of what was known of it; or
 * forget it: it has its result. */
void unfinished_put(struct unfinished_trials *unfinished, const struct trial_result *result);
void unfinished_drop(struct unfinished_trials *unfinished, size_t trial);

/* Write the file if there is something new and it is time. Trials whose results the database does
 * not have yet are in it still if this follows store_commit. */
void unfinished_write(struct unfinished_trials *unfinished);

/* Write the file a last time, or remove it if there is nothing to write: after a run that was not
 * interrupted, what others left. NULL is fine. */
void unfinished_close(struct unfinished_trials *unfinished, bool interrupted);

/* Remove the file, unless it is somebody else's: no trial goes on. */
void unfinished_remove(const char *database);

/* What a reader finds: the trials, one after the other. */
struct unfinished_history {
    struct unfinished_history *next;
    struct delivery delivery;
};

/* What is there, in the arena; NULL: nothing that can be used. A reader that looks into the
 * database only afterwards misses no trial that ends meanwhile. */
const struct unfinished_history *unfinished_read(const char *database, struct arena *arena);

/* Whether it is of that command. */
bool unfinished_is_of(const struct unfinished_history *history,
                      const struct command_record *command);

#endif
