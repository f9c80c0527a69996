/* The file that `report` and `export` are told to write, which may be there already. */
#ifndef SWEEP_CLI_TARGET_H
#define SWEEP_CLI_TARGET_H

#include "base/output.h"
#include "base/status.h"

#include <stdbool.h>

struct target {
    const char *path;     /* "-": standard output */
    const char *database; /* what is read */
    const char *kind;     /* as in "no page that sweep wrote" */
    /* What a file that was written here begins with, and what else is in its first 4000 bytes
     * (NULL: nothing in particular). beginning NULL: other programs may have put something of
     * theirs into it. */
    const char *beginning, *mark;
    /* The option that names it, of a command without --force; NULL: -o, of one that has it. */
    const char *option;
    bool named;  /* has to be a file: no pipe, no device */
    bool forced; /* replace any file */
};

/* Whether the target may be written: there is no file, or it is empty, or was written here, or is
 * forced. The database itself never is. STATUS_USAGE, placed at the path. */
enum status target_check(const struct target *target, struct error *error);

/* The same of a page about what is in the database. */
enum status target_check_page(const char *path, const char *database, const char *option,
                              bool forced, struct error *error);

/* As output_open; what it removed is told. */
enum status target_open(const char *path, struct output *output, struct error *error);

#endif
