/* The keys that a key of the config has: what a mapping after `metric:` may say, and so on. */
#ifndef SWEEP_SEARCH_PARTS_H
#define SWEEP_SEARCH_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#define PARTS_MAX 16 /* of one key */

/* The i-th part of the key `owner` ("parameters": of each hyperparameter there) and what it takes,
 * in words; false after the last. */
bool parts_at(const char *owner, size_t i, const char **name, const char **help);

/* The names of all; how many. */
size_t parts_list(const char *owner, const char *names[PARTS_MAX]);

#endif
