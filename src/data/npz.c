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

/* --- writing --- */

#define DOS_DATE ((1 << 5) | 1) /* 1980-01-01, the first there is */

/* What a member is made from has to stay until the archive is closed. */
static bool add_member(zip_t *zip, const struct npz_array *array, struct arena *arena) {
    struct text text;
    text_init(&text);
    npy_append(array->values, array->rank, array->dims, &text);
    char *bytes = text.failed ? NULL : arena_alloc(arena, text.length, 1);
    if (bytes)
        memcpy(bytes, text.data, text.length);
    const size_t size = text.length;
    const char *name = arena_printf(arena, "%s.npy", array->name);
    text_release(&text);
    zip_source_t *source = bytes && name ? zip_source_buffer(zip, bytes, size, 0) : NULL;
    const zip_int64_t index = source ? zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (index < 0) {
        zip_source_free(source);
        return false;
    }
    return zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0) == 0 &&
           zip_file_set_dostime(zip, (zip_uint64_t)index, 0, DOS_DATE, 0) == 0;
}

/* Write the members into the archive that the source is. */
static bool fill(zip_source_t *source, const struct npz_array *arrays, size_t count,
                 struct arena *arena) {
    zip_t *zip = zip_open_from_source(source, ZIP_TRUNCATE, NULL);
    if (!zip)
        return false;
    zip_source_keep(source);
    bool fits = true;
    for (size_t i = 0; i < count && fits; i++)
        fits = add_member(zip, &arrays[i], arena);
    if (fits && zip_close(zip) == 0)
        return true;
    zip_discard(zip);
    return false;
}

static bool copy(zip_source_t *source, struct arena *arena, const void **bytes, size_t *size) {
    zip_stat_t about;
    if (zip_source_stat(source, &about) != 0 || zip_source_open(source) != 0)
        return false;
    char *made = arena_alloc(arena, about.size, 1);
    const bool whole = made && zip_source_read(source, made, about.size) == (zip_int64_t)about.size;
    zip_source_close(source);
    *bytes = made;
    *size = about.size;
    return whole;
}

enum status npz_make(const struct npz_array *arrays, size_t count, struct arena *arena,
                     const void **bytes, size_t *size, struct error *error) {
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
    if (!source)
        return error_memory(error);
    const bool made = fill(source, arrays, count, arena) && copy(source, arena, bytes, size);
    zip_source_free(source);
    if (!made && arena->failed)
        return error_memory(error);
    return made ? STATUS_OK
                : error_set(error, STATUS_INPUT, "the archive of the arrays can't be made");
}
