/* How a sweep searches its space: the method, what it may spend, and which trials it stops early.
 * These are the config's keys method, budget, run_cap, batch, shuffle and early_terminate. */
#ifndef SWEEP_SEARCH_METHOD_H
#define SWEEP_SEARCH_METHOD_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node;
struct reading;

enum method { METHOD_GRID, METHOD_RANDOM, METHOD_SOBOL, METHOD_TPE, METHOD_GP, METHOD_COUNT };

/* What a sweep may spend; 0: as much as there is. */
struct budget {
    size_t trials;   /* of all seeds */
    uint64_t epochs; /* of all trials */
    double seconds;
};

/* Settings that a budget has where none is given and the method would go on for ever. */
#define BUDGET_SETTINGS 100

enum stopper_type {
    STOPPER_NONE,
    STOPPER_HALVING,
    STOPPER_HYPERBAND,
    STOPPER_MEDIAN,
    STOPPER_RACE
};

/* early_terminate: which trials don't get all of their epochs, or not all of their seeds. */
struct early_terminate {
    enum stopper_type type;
    /* Epochs of the first rung, and the number of rungs before the last epoch; 0: not given. */
    size_t min_iter, max_iter, s;
    size_t eta;              /* 0: not given */
    bool strict;             /* W&B's: only those go on that are better than the rung's threshold */
    double level;            /* of a race: how often it may drop the best setting */
    const struct node *node; /* where it is written, and what that was read by */
    const struct reading *reading;
};

struct config;

/* The i-th method, and the i-th type of stopping, with what they do; false after the last. */
bool method_at(size_t i, const char **name, const char **help);
bool stopper_at(size_t i, const char **name, const char **help);
const char *method_name(enum method method);

/* Readers of the config's keys. The reading must last as long as its arena. */
enum status method_read(const struct reading *, const struct node *, struct config *);
enum status method_read_budget(const struct reading *, const struct node *, struct config *);
enum status method_read_run_cap(const struct reading *, const struct node *, struct config *);
enum status method_read_batch(const struct reading *, const struct node *, struct config *);
enum status method_read_shuffle(const struct reading *, const struct node *, struct config *);
enum status method_read_early_terminate(const struct reading *, const struct node *,
                                        struct config *);

/* Whether these fit together and the rest of the config, which has been read; what was left open
 * gets its default, and what has no effect is noted. */
enum status method_check(struct config *config);

/* The epochs after which trials of `epochs` epochs are looked at, ascending and below `epochs`.
 * W&B's: min_iter * eta^k, or max_iter / eta^k for k = 1 to s. Returns how many. */
#define RUNGS_MAX 32
size_t method_rungs(const struct early_terminate *stop, size_t epochs, size_t rungs[RUNGS_MAX]);

/* STATUS_INPUT for a config that can't be trained as one grid: it takes what asks a strategy for
 * trials again and again. */
enum status config_needs_campaign(const struct config *config, struct error *error);

#endif
