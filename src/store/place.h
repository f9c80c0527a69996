/* The place a database is to be in, looked at before SQLite is: its messages don't say what is
 * wrong with a path. All functions fail with
 * STATUS_IO, or with STATUS_INPUT for a file that can't be a database. */
#ifndef SWEEP_STORE_PLACE_H
#define SWEEP_STORE_PLACE_H

#include "base/status.h"

#include <stdbool.h>

/* Fail if there is something at the path that is no file, or too short a one, or beside it what
 * somebody else may have put there. */
enum status place_check_read(const char *path, struct error *error);

/* Fail unless a database could be made or written at the path; changes nothing. *exists tells
 * whether there is a file that is not empty. */
enum status place_check_write(const char *path, bool *exists, struct error *error);

/* Make the file and the last folder of its path if they are not there; *real, which the caller
 * frees, is its path without symbolic links. */
enum status place_make(const char *path, char **real, struct error *error);

#endif
