/* Arguments in words: as they are spelled, and what they take. */
#ifndef SWEEP_SEARCH_ARGUMENTS_H
#define SWEEP_SEARCH_ARGUMENTS_H

#include "base/argument.h"
#include "base/text.h"
#include "search/hyperparameter.h"

/* " 32 3x5": those that may stand without their names, as far as any is not at its default; the
 * first `least` in any case. */
void arguments_append_positional(const struct argument_table *table, const void *of, size_t least,
                                 struct text *text);

/* " padding=same": the others, where they are not at their defaults; and whether there are any. */
void arguments_append_named(const struct argument_table *table, const void *of, struct text *text);
bool arguments_has_named(const struct argument_table *table, const void *of);

/* "3x5": one by itself. */
void argument_append(const void *of, const struct argument *argument, struct text *text);

/* What an argument takes: "a whole number from 1 to 65536", "true or false (default true)". */
void argument_append_allowed(const struct argument *argument, struct text *text);

/* "rate: share of the values set to 0, a number from 0 to below 1". */
void argument_append_help(const struct argument *argument, struct text *text);

/* Set an argument that is a number, a switch, a pair of two equal numbers, or numbers of which
 * there is one. */
void argument_set(void *of, const struct argument *argument, const struct value *value);

/* "cosine_decay 1000 alpha=0.1"; of a family of which there may be several, as JSON:
 * ["random_rotation 0.05", "random_zoom 0.1"]. */
void components_append(const struct components *components, struct text *text);

#endif
