#include "data/folder.h"

#include "data/places.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool folder_is_picture(const char *name) {
    static const char *const endings[] = {".png", ".jpg", ".jpeg", ".pgm"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

static enum status fail(const char *path, struct error *error) {
    error_set(error, STATUS_IO, "cannot be listed: %s", strerror(errno));
    return error_place(error, path, 0, 0);
}

/* Whether it is a folder, by its type where the file system says that. */
static enum status look(const char *folder, const struct dirent *about, bool *is_folder,
                        struct error *error) {
    char path[PLACES_PATH_MAX];
    enum place_kind kind = about->d_type == DT_DIR ? PLACE_FOLDER : PLACE_FILE;
    enum status status = STATUS_OK;
    if (about->d_type == DT_UNKNOWN || about->d_type == DT_LNK) {
        status = places_join(folder, about->d_name, path, error);
        if (status == STATUS_OK)
            status = places_look(path, &kind, error);
    }
    *is_folder = kind == PLACE_FOLDER;
    return status;
}

static bool add(struct folder *folder, size_t *room, struct folder_entry entry,
                struct arena *arena) {
    if (folder->count == *room) {
        struct folder_entry *larger = ARENA_NEW(arena, struct folder_entry, *room * 2);
        if (!larger)
            return false;
        memcpy(larger, folder->entries, folder->count * sizeof *larger);
        folder->entries = larger;
        *room *= 2;
    }
    folder->entries[folder->count++] = entry;
    return entry.name != NULL;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct folder_entry *)a)->name, ((const struct folder_entry *)b)->name);
}

static enum status read_entries(DIR *directory, struct arena *arena, struct folder *folder,
                                struct error *error) {
    size_t room = 64;
    folder->entries = ARENA_NEW(arena, struct folder_entry, room);
    if (!folder->entries)
        return error_memory(error);
    for (;;) {
        errno = 0;
        const struct dirent *about = readdir(directory);
        if (!about)
            return errno == 0 ? STATUS_OK : fail(folder->path, error);
        if (about->d_name[0] == '.')
            continue;
        struct folder_entry entry = {.name = arena_copy(arena, about->d_name)};
        const enum status status = look(folder->path, about, &entry.is_folder, error);
        if (status != STATUS_OK)
            return status;
        if (!add(folder, &room, entry, arena))
            return error_memory(error);
    }
}

enum status folder_read(const char *path, struct arena *arena, struct folder *folder,
                        struct error *error) {
    *folder = (struct folder){.path = path};
    DIR *directory = opendir(path);
    if (!directory)
        return fail(path, error);
    const enum status status = read_entries(directory, arena, folder, error);
    closedir(directory);
    if (status == STATUS_OK)
        qsort(folder->entries, folder->count, sizeof *folder->entries, by_name);
    return status;
}
