/* Configs by name: where `grid` is looked for when it is not a file.
 *
 * A name has no slash. NAME, NAME.yaml and NAME.yml are looked for in the current folder, in its
 * configs/, and in the configs that came with the program: beside it in a build, or installed with
 * it, wherever the installation was moved to. */
#ifndef SWEEP_SEARCH_CONFIG_PLACES_H
#define SWEEP_SEARCH_CONFIG_PLACES_H

#include "base/arena.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* The path of the config that is meant by `name`, in the arena; NULL where it is not a name, finds
 * nothing, or memory is out. */
const char *config_places_find(const char *name, struct arena *arena);

/* The names that find a config, sorted, each once. */
enum status config_places_list(struct arena *arena, const char *const **names, size_t *count,
                               struct error *error);

/* Say in an `error` about the file `name` which configs have a name. Returns error->code. */
enum status config_places_explain(const char *name, struct arena *arena, struct error *error);

#endif
