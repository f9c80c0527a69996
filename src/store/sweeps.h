/* The sweeps of a database: what there is, which one is meant, and letting go of one. */
#ifndef SWEEP_STORE_SWEEPS_H
#define SWEEP_STORE_SWEEPS_H

#include "base/arena.h"
#include "base/status.h"
#include "store/store.h"

#include <stddef.h>
#include <stdint.h>

struct sweep_record {
    int64_t id;
    const char *name, *dataset, *metric;
    const char *label; /* the name, and what else was set where it was set and others have it */
    size_t settings, trials, completed, diverged, stopped, failed;
    size_t shared;          /* trials that other sweeps have as well */
    size_t commands;        /* that worked on it */
    const char *started_at; /* the last of them, UTC; "" where none is known */
    const char *outcome;    /* how that ended */
};

struct sweep_list {
    size_t count;
    struct sweep_record *sweeps; /* in the order in which they were first begun */
};

/* All sweeps. Lives in the arena. */
enum status store_sweeps(struct store *store, struct arena *arena, struct sweep_list *list,
                         struct error *error);

/* The sweep of a number, written as `sweep list` does, or else of a name; NULL is 0, the one
 * started last. A sweep whose name is the number of another is had by its own number. STATUS_USAGE
 * where there is none, and where several have the name. */
enum status store_sweep_named(struct store *store, const char *name, struct arena *arena,
                              int64_t *sweep, struct error *error);

/* Delete sweeps, and of their trials those that no other sweep has, with their history, metrics,
 * models and attempts: all of it or, whatever fails or is killed, nothing. What other sweeps'
 * trials were trained with stays known. Commits, and gives the room back to the file system. */
enum status store_delete_sweeps(struct store *store, const int64_t *sweeps, size_t count,
                                struct error *error);

/* Whether a sweep may go on: it has trials without a result, or its last command has not ended by
 * itself, or that is not known. */
enum status store_may_go_on(struct store *store, bool *may, struct error *error);

/* How many trials go with these sweeps, and how many of theirs stay with others. */
struct sweep_deletion {
    size_t gone, stay;
};
enum status store_look_at_deletion(struct store *store, const int64_t *sweeps, size_t count,
                                   struct sweep_deletion *deletion, struct error *error);

#endif
