#include "data/npz.h"

#include "base/text.h"
#include "data/input.h"
#include "data/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#define MEMBERS_NAMED 6 /* members that the error about a missing one lists */

struct npz {
    zip_t *zip;
    size_t size; /* of the archive, bytes */
    char path[]; /* for errors */
};

static enum status open_error(int code, struct error *error) {
    zip_error_t about;
    zip_error_init_with_code(&about, code);
    enum status status =
        code == ZIP_ER_MEMORY
            ? error_memory(error)
            : error_set(error, STATUS_INPUT,
                        "cannot be read as an .npz archive (%s); the file is damaged or "
                        "incomplete: download it again",
                        zip_error_strerror(&about));
    zip_error_fini(&about);
    return status;
}

enum status npz_open(const char *path, struct npz **npz, struct error *error) {
    *npz = NULL;
    int descriptor, code = 0;
    size_t size;
    enum status status = input_open_file(path, &descriptor, &size, error);
    if (status != STATUS_OK)
        return status;
    struct npz *opened = calloc(1, sizeof *opened + strlen(path) + 1);
    if (!opened) {
        close(descriptor);
        return error_memory(error);
    }
    strcpy(opened->path, path);
    opened->size = size;
    opened->zip = zip_fdopen(descriptor, ZIP_RDONLY, &code);
    if (!opened->zip) {
        close(descriptor);
        free(opened);
        status = open_error(code, error);
        error_place(error, path, 0, 0);
        return status;
    }
    *npz = opened;
    return STATUS_OK;
}

/* Names come from the archive, so control characters in them are not passed on. */
static void append_name(struct text *text, const char *name) {
    const size_t length = strnlen(name, 40);
    for (size_t i = 0; i < length; i++) {
        char c = name[i] >= ' ' && name[i] < 0x7f ? name[i] : '?';
        text_append_bytes(text, &c, 1);
    }
    text_append(text, name[length] ? "..." : "");
}

static enum status missing_member(struct npz *npz, const char *member, struct error *error) {
    struct text names;
    text_init(&names);
    zip_int64_t count = zip_get_num_entries(npz->zip, 0);
    for (zip_int64_t i = 0; i < count && i < MEMBERS_NAMED; i++) {
        const char *name = zip_get_name(npz->zip, (zip_uint64_t)i, 0);
        text_append(&names, i > 0 ? ", " : "");
        append_name(&names, name ? name : "?");
    }
    text_append(&names, count > MEMBERS_NAMED ? ", ..." : count <= 0 ? "nothing" : "");
    enum status status = error_set(error, STATUS_INPUT,
                                   "has no member %s (it holds %s); Keras' mnist.npz holds "
                                   "x_train.npy, y_train.npy, x_test.npy and y_test.npy",
                                   member, names.data);
    text_release(&names);
    return status;
}

static enum status member_read(void *context, uint8_t *to, size_t wanted, size_t *got,
                               struct error *error) {
    zip_file_t *file = context;
    while (*got < wanted) {
        zip_int64_t count = zip_fread(file, to + *got, wanted - *got);
        if (count < 0)
            return error_set(error, STATUS_INPUT,
                             "cannot be decompressed (%s); the file is damaged: download it again",
                             zip_file_strerror(file));
        if (count == 0)
            return STATUS_OK;
        *got += (size_t)count;
    }
    return STATUS_OK;
}

/* Put the member's name before what is wrong with it. */
static void name_member(const char *member, struct error *error) {
    if (!error)
        return;
    struct error inner = *error;
    error_set(error, inner.code, "%s: %.900s", member, inner.message);
}

static enum status read_member(struct npz *npz, zip_uint64_t index, const char *member,
                               enum idx_kind kind, struct idx_array *array, struct error *error) {
    zip_file_t *file = zip_fopen_index(npz->zip, index, 0);
    if (!file)
        return error_set(error, STATUS_INPUT,
                         "%s: cannot be read (%s); the file is damaged, or made in another way "
                         "than numpy.savez: download it again",
                         member, zip_strerror(npz->zip));
    enum status status = npy_read((struct input){member_read, file}, kind, npz->size, array, error);
    if (status == STATUS_INPUT)
        name_member(member, error);
    zip_fclose(file);
    return status;
}

enum status npz_read(struct npz *npz, const char *member, enum idx_kind kind,
                     struct idx_array *array, struct error *error) {
    *array = (struct idx_array){0};
    zip_int64_t index = zip_name_locate(npz->zip, member, 0);
    enum status status = index < 0
                             ? missing_member(npz, member, error)
                             : read_member(npz, (zip_uint64_t)index, member, kind, array, error);
    if (status != STATUS_OK)
        error_place(error, npz->path, 0, 0);
    return status;
}

void npz_free(struct npz *npz) {
    if (!npz)
        return;
    zip_discard(npz->zip);
    free(npz);
}
