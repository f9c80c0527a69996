/* What a YAML scalar stands for.
 *
 * YAML 1.1 and 1.2 differ in what they take for a number or a switch. A scalar that is one by
 * either and nothing else by the other is taken for it where a number or a switch belongs: 1e-3,
 * 1_000, 0o17, yes. What is two different numbers, such as 0100 (64 and 100), is not. */
#ifndef SWEEP_SEARCH_SCALAR_H
#define SWEEP_SEARCH_SCALAR_H

#include "search/document.h"

/* ~, null or nothing at all, without quotes. */
bool scalar_is_null(const struct node *node);

/* A number in any notation of YAML; false when it isn't one. */
bool scalar_number(const struct node *node, double *number);

/* true, false, yes, no, on or off. */
bool scalar_boolean(const struct node *node, bool *boolean);

/* Whether a scalar with a tag is what the tag says. */
bool scalar_is_of_type(const struct node *node);

/* Why something that looks like a number is none, and what to write instead: text that continues
 * "'0100' is not allowed", or "". */
const char *scalar_hint(const struct node *node, char *buffer, size_t size);

#endif
