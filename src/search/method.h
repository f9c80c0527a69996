/* How a sweep searches its space: the method, what it may spend, and which trials it stops early.
 * These are the config's keys method, budget, run_cap, batch, shuffle and early_terminate. */
#ifndef SWEEP_SEARCH_METHOD_H
#define SWEEP_SEARCH_METHOD_H

#include "base/status.h"
#include "search/stopper.h"

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

/* early_terminate: which trials don't get all of their epochs, or not all of their seeds. */
struct early_terminate {
    const char *rule;               /* one of stopper.h's; NULL: all are trained to the end */
    struct stopper_options options; /* epochs: of the longest trial; seeds: repeats */
    const struct node *node;        /* where it is written, and what that was read by */
    const struct reading *reading;
};

/* The epochs of its rungs, ascending; how many. 0: it has none, or no rule. */
size_t early_terminate_rungs(const struct early_terminate *stop, size_t rungs[STOPPER_RUNGS_MAX]);

struct config;

/* The i-th method, and the i-th rule of stopping, with what they do; false after the last. */
bool method_at(size_t i, const char **name, const char **help);
bool method_stop_at(size_t i, const char **name, const char **help);
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

#endif
