/* A folder of .npy files as a data set. */
#include "data/npy.h"
#include "data/places.h"
#include "data/reader.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_array_name(const char *file) {
    char name[DATASET_NAME_MAX];
    return file[0] != '.' && npy_name_array(file, name);
}

static int is_array(const struct dirent *entry) {
    return is_array_name(entry->d_name);
}

static bool recognises(const struct reader_place *place) {
    if (place->kind == PLACE_FILE)
        return place->head_bytes >= strlen(NPY_MAGIC) &&
               memcmp(place->head, NPY_MAGIC, strlen(NPY_MAGIC)) == 0;
    DIR *folder = opendir(place->path);
    bool found = false;
    for (struct dirent *entry; folder && !found && (entry = readdir(folder));)
        found = is_array_name(entry->d_name);
    if (folder)
        closedir(folder);
    return found;
}

struct npy_folder {
    const char *path;
    struct dirent **entries;
};

static bool name_array(void *from, size_t number, char name[DATASET_NAME_MAX]) {
    const struct npy_folder *folder = from;
    return npy_name_array(folder->entries[number]->d_name, name);
}

static enum status read_array(void *from, size_t number, struct array *array, struct error *error) {
    const struct npy_folder *folder = from;
    char path[PLACES_PATH_MAX];
    const enum status status =
        places_join(folder->path, folder->entries[number]->d_name, path, error);
    return status == STATUS_OK ? npy_read_file(path, array, error) : status;
}

static enum status read_folder(const struct reader_place *place,
                               const struct dataset_options *options, struct arrays *arrays,
                               struct error *error) {
    struct npy_folder folder = {.path = place->path};
    const struct array_source source = {&folder, name_array, read_array};
    (void)options;
    if (place->kind == PLACE_FILE) {
        error_set(error, STATUS_INPUT,
                  "is one array; name the folder that has it beside the others, x_train.npy, "
                  "y_train.npy, x_test.npy and y_test.npy, or x.npy and y.npy");
        return error_place(error, place->path, 0, 0);
    }
    const int count = scandir(place->path, &folder.entries, is_array, alphasort);
    if (count < 0) {
        error_set(error, STATUS_IO, "cannot be read: %s", strerror(errno));
        return error_place(error, place->path, 0, 0);
    }
    const enum status status = arrays_read(arrays, &source, (size_t)count, error);
    for (int i = 0; i < count; i++)
        free(folder.entries[i]);
    free(folder.entries);
    return status == STATUS_OK || !error || error->file[0] ? status
                                                           : error_place(error, place->path, 0, 0);
}

const struct reader npy_reader = {".npy", recognises, read_folder};
