#include "data/picture_list.h"

#include "data/folder.h"
#include "data/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 16 /* of folders within a class's */
#define NAMED 3      /* folders that are named among those without pictures */

static const char *const part_names[][3] = {
    {"train", "training"}, {"test", "testing"}, {"validation", "valid", "val"}};
enum { TRAIN, TEST, VALIDATION, PART_NAMES };

static bool is_called(const char *name, size_t part) {
    for (size_t i = 0; i < 3 && part_names[part][i]; i++)
        if (strcasecmp(name, part_names[part][i]) == 0)
            return true;
    return false;
}

/* Formats that Keras or people have pictures in, and that are not read. */
static bool is_unknown_picture(const char *name) {
    static const char *const endings[] = {".bmp",  ".gif",  ".webp", ".tif",
                                          ".tiff", ".heic", ".svg"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

/* --- whether it is one --- */

/* Whether there is a picture in the folder, or in folders within it. A folder that can't be listed
 * may have some: the error comes when it is read. */
static bool has_picture(const char *path, size_t depth, struct arena *arena) {
    struct folder folder;
    if (depth == 0)
        return false;
    if (folder_read(path, arena, &folder, NULL) != STATUS_OK)
        return true;
    for (size_t i = 0; i < folder.count; i++)
        if (!folder.entries[i].is_folder && folder_is_picture(folder.entries[i].name))
            return true;
    for (size_t i = 0; i < folder.count; i++) {
        const char *inner = folder.entries[i].is_folder
                                ? arena_printf(arena, "%s/%s", path, folder.entries[i].name)
                                : NULL;
        if (inner && has_picture(inner, depth - 1, arena))
            return true;
    }
    return false;
}

bool picture_list_is(const char *path) {
    struct folder folder;
    struct arena arena;
    bool found = false;
    arena_init(&arena);
    if (folder_read(path, &arena, &folder, NULL) == STATUS_OK)
        for (size_t i = 0; i < folder.count && !found; i++) {
            const char *name = folder.entries[i].name;
            const char *inner =
                folder.entries[i].is_folder ? arena_printf(&arena, "%s/%s", path, name) : NULL;
            found = inner && has_picture(inner, is_called(name, TRAIN) ? 3 : 2, &arena);
        }
    arena_release(&arena);
    return found;
}

static void note(struct text *notes, const char *said) {
    text_printf(notes, "%s%s", notes->length > 0 ? "; " : "", said);
}

/* --- the list --- */

static enum status add(struct picture_list *list, struct listed_picture picture,
                       struct error *error) {
    if (list->count == list->room) {
        const size_t room = list->room > 0 ? list->room * 2 : 1024;
        struct listed_picture *larger = ARENA_NEW(list->arena, struct listed_picture, room);
        if (!larger)
            return error_memory(error);
        if (list->count > 0)
            memcpy(larger, list->items, list->count * sizeof *larger);
        list->items = larger;
        list->room = room;
    }
    list->items[list->count++] = picture;
    return STATUS_OK;
}

/* All pictures in a class's folder and those within it. */
static enum status collect(struct picture_list *list, const char *path, size_t depth, size_t part,
                           size_t class, struct error *error) {
    struct folder folder;
    enum status status = folder_read(path, list->arena, &folder, error);
    for (size_t i = 0; i < folder.count && status == STATUS_OK; i++) {
        const struct folder_entry *entry = &folder.entries[i];
        const bool picture = !entry->is_folder && folder_is_picture(entry->name);
        list->unknown += !entry->is_folder && is_unknown_picture(entry->name);
        if (!picture && (!entry->is_folder || depth == 0))
            continue;
        const char *inner = arena_printf(list->arena, "%s/%s", path, entry->name);
        if (!inner)
            return error_memory(error);
        const struct listed_picture listed = {inner, strrchr(inner, '/') + 1, (uint8_t)part,
                                              (uint8_t) class};
        status = picture ? add(list, listed, error)
                         : collect(list, inner, depth - 1, part, class, error);
    }
    return status;
}

static bool is_class(const struct picture_list *list, const char *name) {
    for (size_t i = 0; i < list->class_count; i++)
        if (strcmp(list->class_names[i], name) == 0)
            return true;
    return false;
}

static enum status add_class(struct picture_list *list, const char *path, const char *name,
                             struct error *error) {
    if (is_class(list, name))
        return STATUS_OK;
    if (list->class_count == DATASET_CLASSES_MAX) {
        error_set(error, STATUS_INPUT, "has more than %d folders, and each is a class",
                  DATASET_CLASSES_MAX);
        return error_place(error, path, 0, 0);
    }
    list->class_names[list->class_count++] = name;
    return STATUS_OK;
}

/* The classes of a part: its folders, those without a picture apart. */
static enum status add_classes(struct picture_list *list, const struct folder *folder,
                               struct error *error) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < folder->count && status == STATUS_OK; i++) {
        const struct folder_entry *entry = &folder->entries[i];
        list->loose += !entry->is_folder && folder_is_picture(entry->name);
        const char *inner =
            entry->is_folder ? arena_printf(list->arena, "%s/%s", folder->path, entry->name) : NULL;
        if (inner && has_picture(inner, DEPTH_MAX, list->arena))
            status = add_class(list, folder->path, entry->name, error);
    }
    return status;
}

/* For Keras such a folder is a class. */
static void note_empty(const struct picture_list *list, const struct folder *folders,
                       struct text *notes) {
    size_t count = 0;
    for (size_t part = 0; part < list->parts; part++)
        for (size_t i = 0; i < folders[part].count; i++) {
            const struct folder_entry *entry = &folders[part].entries[i];
            if (!entry->is_folder || is_class(list, entry->name) || count++ >= NAMED)
                continue;
            if (count == 1)
                note(notes, "without pictures, and so no class: ");
            text_printf(notes, "%s%.200s/%.100s", count > 1 ? ", " : "", folders[part].path,
                        entry->name);
        }
    if (count > NAMED)
        text_printf(notes, " and %zu more", count - NAMED);
}

/* Of the one class there is. The folder that was meant may be within the one that was named, as
 * some unpackers leave it. */
static enum status fail_one_class(const struct picture_list *list, const struct folder *folder,
                                  struct error *error) {
    const char *inner = arena_printf(list->arena, "%s/%s", folder->path, list->class_names[0]);
    if (!inner)
        return error_memory(error);
    const bool meant = list->parts == 1 && picture_list_is(inner);
    error_set(error, STATUS_INPUT,
              "has pictures of one class only, %.100s, so that there is nothing to tell apart; a "
              "folder of pictures for each class is expected%s%.400s%s",
              list->class_names[0], meant ? "; did you mean " : "", meant ? inner : "",
              meant ? "?" : "");
    return error_place(error, folder->path, 0, 0);
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int in_order(const void *a, const void *b) {
    const struct listed_picture *x = a, *y = b;
    const int names = strverscmp(x->name, y->name);
    return x->part != y->part     ? (int)x->part - (int)y->part
           : names != 0           ? names
           : x->class != y->class ? (int)x->class - (int)y->class
                                  : strcmp(x->path, y->path);
}

static enum status list_parts(struct picture_list *list, const struct folder *folders,
                              struct text *notes, struct error *error) {
    enum status status = STATUS_OK;
    for (size_t part = 0; part < list->parts && status == STATUS_OK; part++)
        status = add_classes(list, &folders[part], error);
    if (status == STATUS_OK && list->class_count == 1)
        status = fail_one_class(list, &folders[0], error);
    note_empty(list, folders, notes);
    qsort(list->class_names, list->class_count, sizeof *list->class_names, by_bytes);
    for (size_t part = 0; part < list->parts; part++)
        for (size_t class = 0; class < list->class_count && status == STATUS_OK; class ++) {
            enum place_kind kind = PLACE_ABSENT;
            const char *path =
                arena_printf(list->arena, "%s/%s", folders[part].path, list->class_names[class]);
            status = path ? places_look(path, &kind, error) : error_memory(error);
            if (kind == PLACE_FOLDER)
                status = collect(list, path, DEPTH_MAX, part, class, error);
        }
    if (status != STATUS_OK)
        return status;
    if (list->count > 0)
        qsort(list->items, list->count, sizeof *list->items, in_order);
    for (size_t i = 0; i < list->count; i++)
        list->begins[list->items[i].part + 1] = i + 1;
    list->begins[2] = list->begins[2] > list->begins[1] ? list->begins[2] : list->begins[1];
    return STATUS_OK;
}

/* --- the parts --- */

/* The folder of a part, by its name; NULL: none. */
static const char *part_path(const struct folder *folder, size_t part, struct arena *arena) {
    for (size_t i = 0; i < folder->count; i++)
        if (folder->entries[i].is_folder && is_called(folder->entries[i].name, part))
            return arena_printf(arena, "%s/%s", folder->path, folder->entries[i].name);
    return NULL;
}

/* Which folder is the test part beside train/: test/, or else validation/; NULL: none. */
static const char *choose_test(const char *const paths[PART_NAMES], struct arena *arena,
                               struct text *notes) {
    const bool test = paths[TEST] && has_picture(paths[TEST], DEPTH_MAX, arena);
    if (paths[TEST] && !picture_list_is(paths[TEST])) {
        note(notes, test ? "test/ has no folders of classes and is left out"
                         : "test/ has no pictures and is left out");
    } else if (paths[TEST]) {
        if (paths[VALIDATION])
            note(notes, "validation/ is left out: validation_split holds out images");
        return paths[TEST];
    }
    if (paths[VALIDATION])
        note(notes, "validation/ is taken for the test part");
    return paths[VALIDATION];
}

/* Whether what is called as parts are would become classes. */
static bool are_flat(const char *const paths[PART_NAMES], struct arena *arena) {
    const char *other = paths[TEST] ? paths[TEST] : paths[VALIDATION];
    return paths[TRAIN] && other && has_picture(paths[TRAIN], DEPTH_MAX, arena);
}

static enum status fail_flat(const char *const paths[PART_NAMES], struct error *error) {
    const char *other = paths[TEST] ? paths[TEST] : paths[VALIDATION];
    error_set(
        error, STATUS_INPUT,
        "has no folders of classes, and is beside %s/; a folder of pictures for each class is "
        "expected in both, as in %.200s/cat and %.200s/cat",
        strrchr(other, '/') + 1, paths[TRAIN], other);
    return error_place(error, paths[TRAIN], 0, 0);
}

enum status picture_list_read(const char *path, struct picture_list *list, struct text *notes,
                              struct error *error) {
    struct folder folders[2];
    const char *paths[PART_NAMES];
    enum status status = folder_read(path, list->arena, &folders[0], error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < PART_NAMES; i++)
        paths[i] = part_path(&folders[0], i, list->arena);
    const bool divided = paths[TRAIN] && picture_list_is(paths[TRAIN]);
    if (!divided && are_flat(paths, list->arena))
        return fail_flat(paths, error);
    const char *test = divided ? choose_test(paths, list->arena, notes) : NULL;
    list->parts = test ? 2 : 1;
    if (divided)
        status = folder_read(paths[TRAIN], list->arena, &folders[0], error);
    if (test && status == STATUS_OK)
        status = folder_read(test, list->arena, &folders[1], error);
    return status == STATUS_OK ? list_parts(list, folders, notes, error) : status;
}
