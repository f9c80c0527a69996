/* Plug-ins: a config's own C files, compiled, loaded and added to nn's tables. */
#ifndef SWEEP_SEARCH_PLUGINS_H
#define SWEEP_SEARCH_PLUGINS_H

#include "base/arena.h"
#include "base/status.h"

#include <stddef.h>

/* Load the plug-in at `path`: a shared library, if it ends in .so, else C, which is compiled with
 * $CC or cc. It stays loaded until the program ends; again it is loaded once. Its names have the
 * first digits of its digest as their tag: of the library's bytes, or of all files it is compiled
 * from but those of the system. STATUS_INPUT, placed at `path`, for one that can't be read,
 * compiled, loaded or added (nn/plugin.h). Runs code of the file. */
enum status plugins_load(const char *path, struct arena *arena, struct error *error);

/* The plug-in whose code is at this address, as its path was given; NULL: none's. Takes no memory
 * and no lock of ours: it may be asked in a signal handler. */
const char *plugins_owner(const void *address);

#endif
