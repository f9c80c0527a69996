/* Paths, and the folders that files are in. */
#ifndef SWEEP_BASE_PATH_H
#define SWEEP_BASE_PATH_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* The folder a path is in, "." for a bare name; the caller frees it. NULL when memory is out. */
char *path_folder(const char *path);

/* The path from the root and without symbolic links, also of a file that is not there yet: where it
 * would be made. The caller frees it. NULL, with errno, when it can't be told. */
char *path_real(const char *path);

/* Make the folder a path is in, if it is not there. Only the last folder: a mistyped path should
 * not grow a tree. STATUS_IO, placed at the folder. */
enum status path_make_folder(const char *path, struct error *error);

/* A file that was made, renamed or removed stays so after a crash once its folder is on the disk.
 */
void path_sync_folder(const char *path);

/* Whether the open file is the one at the path, which is no link to it. */
bool path_is_of(const char *path, int file);

/* When a file was changed last, in nanoseconds since 1970; 0: it is not there. */
int64_t path_changed_at(const char *path);

/* What tells a file from every other that had or will have its path: its inode and, where the file
 * system keeps it, the time it was made at. Of the open file, or of the one at the path if `file`
 * is negative; "none" where there is none. */
#define PATH_IDENTITY 64
void path_identity(int file, const char *path, char identity[PATH_IDENTITY]);

/* Whether a file or folder may be taken for one of ours, which the program made beside a database
 * or in a folder: it is no link, and nobody made it who could not have changed `owned`, that
 * database or folder, as well. In a folder that others can write they may put whatever they like.
 */
bool path_is_trusted(const struct stat *file, const struct stat *owned);

#endif
