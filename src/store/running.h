/* What the trials that are being trained have given so far, for who looks on: a small file beside
 * the database, FILE.running, that `run` writes anew whole every other second and removes at its
 * end. Nothing depends on it: what can't be written is missed by nobody but a reader's curves, and
 * what a killed run left is no running command's. It has the records of a spool (spool.h). */
#ifndef SWEEP_STORE_RUNNING_H
#define SWEEP_STORE_RUNNING_H

#include "store/provenance.h"
#include "store/spool.h"
#include "store/store.h"

struct running_trials;

/* For the sweep that the store has begun, whose config and space stay where they are. What another
 * run left beside the database is removed; a file of somebody else's stays, and nothing is written.
 * STATUS_MEMORY. */
enum status running_open(const char *database, const struct store *store,
                         const struct config *config, const struct space *space,
                         struct running_trials **running, struct error *error);

/* Take what a trial has given so far, which is copied, in the place of what was known of it; or
 * forget it: it has its result. */
void running_put(struct running_trials *running, const struct trial_result *result);
void running_drop(struct running_trials *running, size_t trial);

/* Write the file if there is something new and it is time. Trials whose results the database does
 * not have yet are in it still if this follows store_commit. */
void running_write(struct running_trials *running);

/* Remove the file. NULL is fine. */
void running_close(struct running_trials *running);

/* What a reader finds: the trials, one after the other. */
struct running_history {
    struct running_history *next;
    struct delivery delivery;
};

/* What is there, in the arena; NULL: nothing that can be used. A reader that looks into the
 * database only afterwards misses no trial that ends meanwhile. */
const struct running_history *running_read(const char *database, struct arena *arena);

/* Whether it is of that command. */
bool running_is_of(const struct running_history *history, const struct command_record *command);

#endif
