#include "data/locate.h"

#include "base/text.h"
#include "data/folder.h"
#include "data/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Below a place, after the data set's name; raw is torchvision's. */
static const char *const named_layouts[] = {"", "/raw", ".npz", ".csv", ".csv.gz"};

/* In a folder that was named by its path. */
static const char *const path_layouts[] = {"", "raw"};

/* Copy a name, cut to the room there is, between characters of UTF-8. */
static void copy_name(const char *name, size_t length, char copy[DATASET_NAME_MAX]) {
    if (length >= DATASET_NAME_MAX) {
        length = DATASET_NAME_MAX - 1;
        while (length > 0 && ((unsigned char)name[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(copy, name, length);
    copy[length] = '\0';
}

/* The last part of a path, links and dots resolved, without the ending of an archive or a table. */
static void name_path(const char *path, char name[DATASET_NAME_MAX]) {
    char *real = realpath(path, NULL);
    const char *full = real ? real : path, *slash = strrchr(full, '/');
    const char *last = slash ? slash + 1 : full;
    size_t length = strlen(last);
    static const char *const endings[] = {".gz", ".npz", ".csv"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const size_t count = strlen(endings[i]);
        if (length > count && memcmp(last + length - count, endings[i], count) == 0)
            length -= count;
    }
    copy_name(last, length, name);
    free(real);
}

/* A search that goes on until something is found or fails. */
struct search {
    struct location *location;
    bool found, in_places;
    enum status status;
    struct error *error;
};

/* Look at folder/below: for files of the catalogue's own names, and for the usual ones. What else
 * is in a place itself is no data set of that name. */
static void look_at(struct search *search, const char *folder, const char *below) {
    struct location *location = search->location;
    const struct source_names usual = {.alone = search->in_places && !*below};
    struct source_names names[] = {location->entry ? location->entry->own : usual, usual};
    char path[PLACES_PATH_MAX];
    names[0].alone = usual.alone;
    if (search->status == STATUS_OK && !search->found)
        search->status = places_join(folder, below, path, search->error);
    for (size_t i = 0; i < 2 && search->status == STATUS_OK && !search->found; i++) {
        location->prefixed = names[i].prefix != NULL;
        search->status =
            source_find(path, names[i], &location->source, &search->found, search->error);
    }
}

static void search_place(struct search *search, const char *place, const char *name) {
    const struct catalogue_entry *entry = search->location->entry;
    for (size_t i = 0; entry && entry->layouts[i]; i++)
        look_at(search, place, entry->layouts[i]);
    for (size_t i = 0; i < sizeof named_layouts / sizeof *named_layouts; i++) {
        char below[PLACES_PATH_MAX];
        snprintf(below, sizeof below, "%s%s", name, named_layouts[i]);
        look_at(search, place, below);
    }
}

static void search_places(struct search *search, const struct dataset_places *places,
                          const char *name) {
    struct place_list list;
    if (search->status == STATUS_OK && !search->found)
        search->status = places_list(places, &list, search->error);
    if (search->status != STATUS_OK || search->found)
        return;
    search->in_places = true;
    for (size_t i = 0; i < list.count; i++)
        search_place(search, list.folders[i], name);
}

static void append_files(struct source_names names, struct text *text) {
    for (size_t i = 0; i < SOURCE_PARTS; i++) {
        char name[SOURCE_NAME_MAX];
        source_file_name((enum source_part)i, names, name);
        text_printf(text, "%s%s", i == 0 ? "" : i + 1 < SOURCE_PARTS ? ", " : " and ", name);
    }
}

/* Whether a file is called as data sets are: any text may be a table. */
static bool is_called_data(const char *name) {
    static const char *const endings[] = {".npz", ".csv", ".csv.gz", ".tsv", ".tsv.gz"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (text_ends_with(name, endings[i]))
            return true;
    return false;
}

/* What of a folder may have been meant: the first data set in it, and how many there are. */
static size_t find_meant(const struct folder *folder, char first[PLACES_PATH_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < folder->count; i++) {
        const struct folder_entry *entry = &folder->entries[i];
        char path[PLACES_PATH_MAX];
        struct source source;
        bool found = false;
        if ((entry->is_folder || is_called_data(entry->name)) &&
            places_join(folder->path, entry->name, path, NULL) == STATUS_OK)
            source_find(path, (struct source_names){0}, &source, &found, NULL);
        if (found && count++ == 0)
            strcpy(first, path);
    }
    return count;
}

static bool has_pictures(const struct folder *folder) {
    for (size_t i = 0; i < folder->count; i++)
        if (!folder->entries[i].is_folder && folder_is_picture(folder->entries[i].name))
            return true;
    return false;
}

static void say_expected(struct error *error) {
    struct text files;
    text_init(&files);
    append_files((struct source_names){0}, &files);
    error_set(
        error, STATUS_INPUT,
        "is no data set: a folder with %s (plain or .gz) is expected, or one with a folder of "
        "pictures (.png, .jpg or .pgm) for each class, an .npz, .npy or .csv file, or train.csv in "
        "a folder",
        files.data);
    text_release(&files);
}

static enum status fail_no_data(const char *path, struct error *error) {
    struct folder folder = {0};
    char meant[PLACES_PATH_MAX];
    struct arena arena;
    arena_init(&arena);
    if (folder_read(path, &arena, &folder, NULL) != STATUS_OK)
        folder.count = 0;
    const size_t count = find_meant(&folder, meant);
    if (count > 0)
        error_set(error, STATUS_INPUT, "is no data set itself; did you mean %.600s%s?", meant,
                  count > 1 ? ", or another one in it" : "");
    else if (has_pictures(&folder))
        error_set(error, STATUS_INPUT,
                  "has pictures, but no folders of classes: put those of each class into a folder "
                  "of its own, as in %.300s/cat and %.300s/dog",
                  path, path);
    else
        say_expected(error);
    arena_release(&arena);
    error_place(error, path, 0, 0);
    return STATUS_INPUT;
}

enum status locate(const char *name, const struct dataset_places *places, struct location *location,
                   bool *found, struct error *error) {
    enum place_kind kind = PLACE_ABSENT;
    struct search search = {.location = location, .error = error};
    const bool is_path = strchr(name, '/') != NULL;
    memset(location, 0, sizeof *location);
    location->entry = is_path ? NULL : catalogue_find(name);
    *found = location->entry && catalogue_is_built_in(location->entry);
    if (location->entry)
        copy_name(location->entry->name, strlen(location->entry->name), location->name);
    if (*found)
        strcpy(location->source.path, CATALOGUE_BUILT_IN);
    if (*found || name[0] == '\0')
        return STATUS_OK;
    search.status = places_look(name, &kind, error);
    for (size_t i = 0; i < sizeof path_layouts / sizeof *path_layouts && kind != PLACE_ABSENT; i++)
        look_at(&search, name, path_layouts[i]);
    if (search.found && !location->entry)
        name_path(name, location->name);
    if (!is_path)
        search_places(&search, places, name);
    if (!location->name[0])
        copy_name(name, strlen(name), location->name);
    *found = search.found;
    if (search.status == STATUS_OK && !search.found && kind != PLACE_ABSENT && !location->entry)
        return fail_no_data(name, error);
    return search.status;
}

void locate_name(const char *written, char name[DATASET_NAME_MAX]) {
    const struct catalogue_entry *entry = strchr(written, '/') ? NULL : catalogue_find(written);
    if (entry)
        copy_name(entry->name, strlen(entry->name), name);
    else
        name_path(written, name);
}

/* --- words --- */

void locate_append_places(const struct dataset_places *places, struct text *text) {
    struct place_list list;
    if (places_list(places, &list, NULL) != STATUS_OK)
        return;
    for (size_t i = 0; i < list.count; i++)
        text_printf(text, "%s%s", i > 0 ? ", " : "", list.folders[i]);
}

/* A relative path is seen from the current folder, wherever the config is that has it. */
static void append_absent(const char *path, struct text *text) {
    char here[PLACES_PATH_MAX];
    const bool relative = path[0] != '/' && getcwd(here, sizeof here);
    text_printf(text, "there is no folder or file %.100s%s%.400s", path, relative ? " in " : "",
                relative ? here : "");
}

void locate_append_help(const char *name, const struct dataset_places *places, struct text *text) {
    const struct catalogue_entry *entry = strchr(name, '/') ? NULL : catalogue_find(name);
    if (!entry || !entry->about) {
        append_absent(name, text);
        return;
    }
    text_printf(text, "to get %s, ", entry->name);
    if (entry->package)
        text_printf(text, "install Debian's package %s, ", entry->package);
    text_printf(text, "call %s in Python, or put ", entry->origin);
    append_files(entry->own, text);
    text_printf(text, " (plain or .gz) into a folder %s in one of ", entry->layouts[0]);
    locate_append_places(places, text);
}
