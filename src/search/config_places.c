#include "search/config_places.h"

#include "base/machine.h"
#include "base/text.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* SWEEP_CONFIGS_DIR is the installed configs' folder, relative to the installed program's. */
static const struct {
    bool beside_program;
    const char *path;
} folders[] = {{false, "."}, {false, "configs"}, {true, "configs"}, {true, SWEEP_CONFIGS_DIR}};
#define FOLDERS (sizeof folders / sizeof *folders)

static const char *const endings[] = {"", ".yaml", ".yml"};
#define ENDINGS (sizeof endings / sizeof *endings)

/* A folder's path, ending in a slash or empty; NULL when there is none or memory is out. */
static const char *folder_path(size_t i, struct arena *arena) {
    char program[PATH_MAX], resolved[PATH_MAX];
    if (!folders[i].beside_program)
        return strcmp(folders[i].path, ".") == 0 ? "" : arena_printf(arena, "%s/", folders[i].path);
    if (!machine_program_folder(program, sizeof program))
        return NULL;
    const char *path = arena_printf(arena, "%s/%s", program, folders[i].path);
    return path && realpath(path, resolved) ? arena_printf(arena, "%s/", resolved) : NULL;
}

static bool is_name(const char *name) {
    return name[0] && !strchr(name, '/');
}

/* A pipe may be a config as well. */
static bool is_file(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && !S_ISDIR(about.st_mode);
}

static const char *find_in(const char *folder, const char *name, struct arena *arena) {
    for (size_t i = 0; i < ENDINGS; i++) {
        const char *path = arena_printf(arena, "%s%s%s", folder, name, endings[i]);
        if (path && is_file(path))
            return path;
    }
    return NULL;
}

const char *config_places_find(const char *name, struct arena *arena) {
    const char *found = NULL;
    for (size_t i = 0; i < FOLDERS && !found && is_name(name); i++) {
        const char *folder = folder_path(i, arena);
        found = folder ? find_in(folder, name, arena) : NULL;
    }
    return found;
}

/* As qsort has it: both point to names. */
static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All configs' paths; what can't be read holds none. */
static void list_paths(struct arena *arena, glob_t *paths) {
    for (size_t i = 0; i < FOLDERS; i++) {
        const char *folder = folder_path(i, arena);
        for (size_t j = 1; folder && j < ENDINGS; j++) {
            const char *pattern = arena_printf(arena, "%s*%s", folder, endings[j]);
            if (pattern)
                (void)glob(pattern, GLOB_APPEND | GLOB_NOSORT, NULL, paths);
        }
    }
}

/* The files' names without their endings; NULL when out of memory. */
static const char **copy_names(const glob_t *paths, struct arena *arena) {
    const char **names = ARENA_NEW(arena, const char *, paths->gl_pathc + 1);
    for (size_t i = 0; names && i < paths->gl_pathc; i++) {
        const char *slash = strrchr(paths->gl_pathv[i], '/');
        char *name = arena_copy(arena, slash ? slash + 1 : paths->gl_pathv[i]);
        if (!name)
            return NULL;
        *strrchr(name, '.') = '\0';
        names[i] = name;
    }
    return names;
}

enum status config_places_list(struct arena *arena, const char *const **names, size_t *count,
                               struct error *error) {
    glob_t paths = {0};
    list_paths(arena, &paths);
    const char **list = copy_names(&paths, arena);
    const size_t found = list ? paths.gl_pathc : 0;
    globfree(&paths);
    *names = list;
    *count = 0;
    if (!list)
        return error_memory(error);
    qsort(list, found, sizeof *list, compare_names);
    for (size_t i = 0; i < found; i++)
        if (i == 0 || strcmp(list[i], list[*count - 1]) != 0)
            list[(*count)++] = list[i];
    return STATUS_OK;
}

/* More names than this would hide what they are listed for. */
#define NAMES_SHOWN 20

enum status config_places_explain(const char *name, struct arena *arena, struct error *error) {
    const char *const *names;
    size_t count;
    if (!is_name(name) || config_places_list(arena, &names, &count, NULL) != STATUS_OK)
        return error->code;
    struct text text;
    text_init(&text);
    const char *nearest = text_nearest(name, names, count);
    text_printf(&text, "%s; nor is there a config of that name", error->message);
    if (nearest)
        text_printf(&text, "; did you mean '%s'?", nearest);
    for (size_t i = 0; i < count && i < NAMES_SHOWN; i++)
        text_printf(&text, "%s%s", i > 0 ? ", " : nearest ? " Known: " : ". Known: ", names[i]);
    if (count > NAMES_SHOWN)
        text_printf(&text, " and %zu more", count - NAMES_SHOWN);
    snprintf(error->message, sizeof error->message, "%s", text.data);
    text_release(&text);
    return error->code;
}
