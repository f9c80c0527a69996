#include "data/places.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A folder below the one a variable names, or else below the home folder. */
static const struct place {
    const char *variable, *below;
    const char *below_home; /* NULL: no place unless the variable is set */
    bool absolute;          /* a relative path is ignored, as the XDG specification asks */
} known_places[] = {
    {"SWEEP_DATA_DIR", "", NULL, false},
    {"XDG_DATA_HOME", "sweep", ".local/share/sweep", true},
    {"KERAS_HOME", "datasets", ".keras/datasets", false},
    {NULL, "./data", NULL, false},
    {NULL, NULL, "data", false},
};

static const char *variable_value(const char *name) {
    const char *value = name ? getenv(name) : NULL;
    return value && value[0] ? value : NULL;
}

enum status places_join(const char *folder, const char *below, char path[PLACES_PATH_MAX],
                        struct error *error) {
    size_t length = strlen(folder);
    const char *slash = below[0] && length > 0 && folder[length - 1] != '/' ? "/" : "";
    int written = snprintf(path, PLACES_PATH_MAX, "%s%s%s", folder, slash, below);
    if (written < 0 || written >= PLACES_PATH_MAX)
        return error_set(error, STATUS_USAGE, "the path %.60s... is too long", folder);
    return STATUS_OK;
}

enum status places_look(const char *path, enum place_kind *kind, struct error *error) {
    struct stat about;
    *kind = PLACE_ABSENT;
    if (stat(path, &about) == 0) {
        *kind = S_ISDIR(about.st_mode) ? PLACE_FOLDER : PLACE_FILE;
        return STATUS_OK;
    }
    if (errno == ENOENT || errno == ENOTDIR)
        return STATUS_OK;
    error_set(error, STATUS_IO, "cannot be looked at: %s", strerror(errno));
    error_place(error, path, 0, 0);
    return STATUS_IO;
}

static enum status add_folder(struct place_list *list, const char *folder, const char *below,
                              struct error *error) {
    enum status status = places_join(folder, below, list->folders[list->count], error);
    if (status == STATUS_OK)
        list->count++;
    return status;
}

static enum status add_place(struct place_list *list, const struct place *place,
                             struct error *error) {
    const char *value = variable_value(place->variable), *home = variable_value("HOME");
    if (value && (!place->absolute || value[0] == '/'))
        return add_folder(list, value, place->below, error);
    if (!place->variable && place->below)
        return add_folder(list, place->below, "", error);
    if (home && place->below_home)
        return add_folder(list, home, place->below_home, error);
    return STATUS_OK;
}

static enum status add_system(struct place_list *list, struct error *error) {
    const char *at = variable_value("XDG_DATA_DIRS");
    enum status status = STATUS_OK;
    for (at = at ? at : "/usr/local/share:/usr/share"; *at && status == STATUS_OK;) {
        char folder[PLACES_PATH_MAX];
        const size_t length = strcspn(at, ":");
        if (*at == '/' && length < sizeof folder && list->count < PLACES_MAX) {
            snprintf(folder, sizeof folder, "%.*s", (int)length, at);
            status = add_folder(list, folder, "datasets", error);
        }
        at += length + (at[length] == ':');
    }
    return status;
}

static enum status add_data_dir(struct place_list *list, const char *folder, struct error *error) {
    enum place_kind kind;
    enum status status = places_look(folder, &kind, error);
    if (status != STATUS_OK)
        return status;
    if (kind != PLACE_FOLDER) {
        error_set(error, STATUS_USAGE, "--data-dir does not name an existing folder");
        error_place(error, folder, 0, 0);
        return STATUS_USAGE;
    }
    return add_folder(list, folder, "", error);
}

enum status places_list(const struct dataset_places *places, struct place_list *list,
                        struct error *error) {
    list->count = 0;
    enum status status = STATUS_OK;
    if (places && places->data_dir)
        status = add_data_dir(list, places->data_dir, error);
    for (size_t i = 0; i < sizeof known_places / sizeof *known_places && status == STATUS_OK; i++)
        status = add_place(list, &known_places[i], error);
    if (status == STATUS_OK)
        status = add_system(list, error);
    return status;
}
