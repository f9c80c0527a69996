/* Plug-ins: a config's own C files, compiled, loaded and added to nn's tables. */
#ifndef SWEEP_SEARCH_PLUGINS_H
#define SWEEP_SEARCH_PLUGINS_H

#include "base/arena.h"
#include "base/status.h"

#include <stddef.h>

/* Load the plug-in at `path`: a shared library, if it ends in .so, else C, which is compiled with
 * $CC or cc. It stays loaded until the program ends; again it is loaded once. Its names have the
 * first digits of its digest as their tag: of the library's bytes, or of all files it is compiled
 * from but those of the system, and of options in $CC. STATUS_INPUT, placed at `path`, for one that
 * can't be read, compiled, loaded or added (nn/plugin.h). Runs code of the file. */
enum status plugins_load(const char *path, struct arena *arena, struct error *error);

/* The path of each that is loaded, without links, in order; NULL behind the last. */
const char *plugins_path(size_t index);

/* A plug-in that is loaded. */
#define PLUGIN_TAG_DIGITS 8
struct plugin_file {
    char *path;                      /* as it was given */
    char tag[PLUGIN_TAG_DIGITS + 1]; /* what its names end with, after the @ */
};

/* The plug-in whose code is at this address; NULL: none's. And the one that is being loaded, which
 * may do anything in its constructors. They take no memory and no lock of ours: they may be asked
 * in a signal handler. */
const struct plugin_file *plugins_owner(const void *address);
const struct plugin_file *plugins_loading(void);

#endif
