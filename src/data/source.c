#include "data/source.h"

#include <stdio.h>
#include <string.h>

#define NAMES_MAX 5

static const struct part {
    enum idx_kind kind;
    const char *names[NAMES_MAX]; /* of the IDX file, the usual one first */
} parts[SOURCE_PARTS] = {
    [TRAIN_IMAGES] = {IDX_IMAGES, {"train-images-idx3-ubyte", "train-images.idx3-ubyte"}},
    [TRAIN_LABELS] = {IDX_LABELS,
                      {"train-labels-idx1-ubyte", "train-labels.idx1-ubyte",
                       "train-labels-idx2-int"}},
    [TEST_IMAGES] = {IDX_IMAGES,
                     {"t10k-images-idx3-ubyte", "test-images-idx3-ubyte", "t10k-images.idx3-ubyte",
                      "test-images.idx3-ubyte"}},
    [TEST_LABELS] = {IDX_LABELS,
                     {"t10k-labels-idx1-ubyte", "test-labels-idx1-ubyte", "t10k-labels.idx1-ubyte",
                      "test-labels.idx1-ubyte", "test-labels-idx2-int"}},
};

static const char *const suffixes[] = {"", ".gz"};

void source_file_name(enum source_part part, struct source_names names,
                      char name[SOURCE_NAME_MAX]) {
    const bool test = part >= TEST_IMAGES, labels = parts[part].kind == IDX_LABELS;
    const char *usual = labels && names.wide_labels
                            ? (test ? "test-labels-idx2-int" : "train-labels-idx2-int")
                            : parts[part].names[test && names.prefix];
    snprintf(name, SOURCE_NAME_MAX, "%s%s", names.prefix ? names.prefix : "", usual);
}

/* The first existing file of a part in `folder`. */
static enum status find_file(const char *folder, const char *prefix, const struct part *part,
                             char path[PLACES_PATH_MAX], bool *found, struct error *error) {
    *found = false;
    for (size_t i = 0; i < NAMES_MAX && part->names[i]; i++)
        for (size_t j = 0; j < sizeof suffixes / sizeof *suffixes; j++) {
            char name[SOURCE_NAME_MAX];
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

static enum status find_files(struct source *source, struct source_names names, bool *found,
                              struct error *error) {
    size_t count = 0, missing = 0, present = 0;
    const char *prefix = names.prefix ? names.prefix : "";
    char name[SOURCE_NAME_MAX];
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
    source_file_name((enum source_part)missing, names, name);
    error_set(error, STATUS_INPUT,
              "holds %s but not %s (plain or .gz); put all four files of the data set there",
              strrchr(source->parts[present].file, '/') + 1, name);
    error_place(error, source->path, 0, 0);
    return STATUS_INPUT;
}

enum status source_find(const char *path, struct source_names names, struct source *source,
                        bool *found, struct error *error) {
    memset(source, 0, sizeof *source);
    *found = false;
    enum place_kind kind = PLACE_ABSENT;
    enum status status = places_join(path, "", source->path, error);
    if (status == STATUS_OK)
        status = places_look(path, &kind, error);
    if (status == STATUS_OK && kind == PLACE_FOLDER)
        status = find_files(source, names, found, error);
    if (status != STATUS_OK || kind == PLACE_ABSENT || *found || names.prefix || names.alone)
        return status;
    struct reader_place place;
    status = reader_find(path, &place, &source->reader, error);
    *found = source->reader != NULL;
    return status;
}

enum status source_read(struct source *source, struct error *error) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < SOURCE_PARTS && status == STATUS_OK; i++) {
        struct source_array *part = &source->parts[i];
        status = idx_read(part->file, parts[i].kind, &part->array, error);
    }
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

void source_release(struct source *source) {
    for (size_t i = 0; i < SOURCE_PARTS; i++)
        idx_release(&source->parts[i].array);
}
