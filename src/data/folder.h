/* What is in a folder. */
#ifndef SWEEP_DATA_FOLDER_H
#define SWEEP_DATA_FOLDER_H

#include "base/arena.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct folder_entry {
    const char *name;
    bool is_folder; /* or a link to one */
};

struct folder {
    const char *path;
    size_t count;
    struct folder_entry *entries; /* in the order of their names' bytes, as Python sorts them */
};

/* Files and folders, without those whose names begin with a dot. Lives in the arena. STATUS_IO,
 * placed at `path`, STATUS_MEMORY. */
enum status folder_read(const char *path, struct arena *arena, struct folder *folder,
                        struct error *error);

/* Whether a name ends in one that pictures have: .png, .jpg, .jpeg or .pgm, in any case. */
bool folder_is_picture(const char *name);

#endif
