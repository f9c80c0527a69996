#include "data/source.h"

#include "data/npz.h"

#include <stdio.h>
#include <string.h>

#define NAMES_MAX 4

static const struct part {
    enum idx_kind kind;
    const char *names[NAMES_MAX]; /* of the IDX file, the usual one first */
    const char *member;           /* of the .npz archive */
    const char *published;        /* SHA-256 of MNIST's uncompressed IDX file */
} parts[SOURCE_PARTS] = {
    [TRAIN_IMAGES] = {IDX_IMAGES,
                      {"train-images-idx3-ubyte", "train-images.idx3-ubyte"},
                      "x_train.npy",
                      "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
    [TRAIN_LABELS] = {IDX_LABELS,
                      {"train-labels-idx1-ubyte", "train-labels.idx1-ubyte"},
                      "y_train.npy",
                      "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
    [TEST_IMAGES] = {IDX_IMAGES,
                     {"t10k-images-idx3-ubyte", "test-images-idx3-ubyte", "t10k-images.idx3-ubyte",
                      "test-images.idx3-ubyte"},
                     "x_test.npy",
                     "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
    [TEST_LABELS] = {IDX_LABELS,
                     {"t10k-labels-idx1-ubyte", "test-labels-idx1-ubyte", "t10k-labels.idx1-ubyte",
                      "test-labels.idx1-ubyte"},
                     "y_test.npy",
                     "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
};

static const char *const suffixes[] = {"", ".gz"};

const char *source_file_name(enum source_part part) {
    return parts[part].names[0];
}

/* The first existing file of a part in `folder`. */
static enum status find_file(const char *folder, const char *prefix, const struct part *part,
                             char path[PLACES_PATH_MAX], bool *found, struct error *error) {
    *found = false;
    for (size_t i = 0; i < NAMES_MAX && part->names[i]; i++)
        for (size_t j = 0; j < sizeof suffixes / sizeof *suffixes; j++) {
            char name[64];
            enum place_kind kind = PLACE_ABSENT;
            snprintf(name, sizeof name, "%s%s%s", prefix, part->names[i], suffixes[j]);
            enum status status = places_join(folder, name, path, error);
            if (status == STATUS_OK)
                status = places_look(path, &kind, error);
            /* A folder of that name is what some unpackers leave around the file. */
            *found = kind == PLACE_FILE;
            if (status != STATUS_OK || *found)
                return status;
        }
    return STATUS_OK;
}

static enum status find_files(struct source *source, const char *prefix, bool *found,
                              struct error *error) {
    size_t count = 0, missing = 0, present = 0;
    for (size_t i = 0; i < SOURCE_PARTS; i++) {
        bool there;
        enum status status =
            find_file(source->path, prefix, &parts[i], source->parts[i].file, &there, error);
        if (status != STATUS_OK)
            return status;
        count += there;
        *(there ? &present : &missing) = i;
    }
    *found = count > 0;
    if (count == 0 || count == SOURCE_PARTS)
        return STATUS_OK;
    error_set(error, STATUS_INPUT,
              "holds %s but not %s%s (plain or .gz); put all four files of the data set there",
              strrchr(source->parts[present].file, '/') + 1, prefix, parts[missing].names[0]);
    error_place(error, source->path, 0, 0);
    return STATUS_INPUT;
}

static bool is_archive_name(const char *path) {
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".npz") == 0;
}

enum status source_find(const char *path, const char *prefix, struct source *source, bool *found,
                        struct error *error) {
    memset(source, 0, sizeof *source);
    *found = false;
    enum place_kind kind = PLACE_ABSENT;
    enum status status = places_join(path, "", source->path, error);
    if (status == STATUS_OK)
        status = places_look(path, &kind, error);
    if (status == STATUS_OK && kind == PLACE_FOLDER)
        status = find_files(source, prefix, found, error);
    if (status == STATUS_OK && kind == PLACE_FILE && !*prefix)
        *found = source->archive = is_archive_name(path);
    return status;
}

static enum status read_folder(struct source *source, struct error *error) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < SOURCE_PARTS && status == STATUS_OK; i++) {
        struct source_array *part = &source->parts[i];
        status = idx_read(part->file, parts[i].kind, &part->array, error);
    }
    return status;
}

static enum status read_archive(struct source *source, struct error *error) {
    struct npz *npz;
    enum status status = npz_open(source->path, &npz, error);
    for (size_t i = 0; i < SOURCE_PARTS && status == STATUS_OK; i++) {
        struct source_array *part = &source->parts[i];
        memcpy(part->file, source->path, sizeof part->file);
        status = npz_read(npz, parts[i].member, parts[i].kind, &part->array, error);
    }
    npz_free(npz);
    return status;
}

enum status source_read(struct source *source, struct error *error) {
    enum status status = source->archive ? read_archive(source, error) : read_folder(source, error);
    if (status != STATUS_OK)
        source_release(source);
    return status;
}

void source_digest(struct source *source) {
    for (size_t i = 0; i < SOURCE_PARTS; i++) {
        const struct idx_array *array = &source->parts[i].array;
        uint8_t header[IDX_HEADER_MAX];
        size_t length = idx_header(array, header);
        const struct digest_piece pieces[] = {{header, length}, {array->data, array->bytes}};
        source->parts[i].digest = digest_of(pieces, 2);
    }
}

bool source_is_mnist(const struct source *source, enum source_part *differing,
                     const char **expected) {
    for (size_t i = 0; i < SOURCE_PARTS; i++)
        if (strcmp(source->parts[i].digest.hex, parts[i].published) != 0) {
            if (differing) {
                *differing = (enum source_part)i;
                *expected = parts[i].published;
            }
            return false;
        }
    return true;
}

void source_release(struct source *source) {
    for (size_t i = 0; i < SOURCE_PARTS; i++)
        idx_release(&source->parts[i].array);
}
