#include "data/npz.h"

#include "base/text.h"
#include "data/input.h"
#include "data/npy.h"
#include "data/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

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

static enum status npz_open(const char *path, struct npz **npz, struct error *error) {
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

/* Put the member's name before what is wrong with it. It comes from the archive, so control
 * characters in it are not passed on. */
static void name_member(const char *member, struct error *error) {
    if (!error)
        return;
    struct error inner = *error;
    char safe[DATASET_NAME_MAX];
    snprintf(safe, sizeof safe, "%s", member);
    for (char *c = safe; *c; c++)
        *c = *c >= ' ' && *c < 0x7f ? *c : '?';
    error_set(error, inner.code, "%s: %.900s", safe, inner.message);
}

/* Whether it is an array; its name is that of the member without .npy. */
static bool name_array(void *from, size_t index, char name[DATASET_NAME_MAX]) {
    const struct npz *npz = from;
    const char *member = zip_get_name(npz->zip, index, 0);
    return member && npy_name_array(member, name);
}

static enum status read_member(void *from, size_t index, struct array *array, struct error *error) {
    const struct npz *npz = from;
    zip_file_t *file = zip_fopen_index(npz->zip, index, 0);
    enum status status =
        file ? npy_read((struct input){member_read, file}, npz->size, array, error)
             : error_set(error, STATUS_INPUT,
                         "cannot be read (%s); the file is damaged, or made in another way than "
                         "numpy.savez: download it again",
                         zip_strerror(npz->zip));
    if (file)
        zip_fclose(file);
    if (status == STATUS_INPUT)
        name_member(zip_get_name(npz->zip, index, 0), error);
    return status;
}

/* Other files are zipped, too. */
static enum status check_members(struct npz *npz, zip_int64_t count, struct error *error) {
    char name[DATASET_NAME_MAX];
    for (zip_int64_t i = 0; i < count; i++)
        if (name_array(npz, (size_t)i, name))
            return STATUS_OK;
    return error_set(
        error, STATUS_INPUT,
        "is a zip archive that holds no arrays (.npy): unpack it, and name the file or "
        "folder that it holds");
}

static void npz_free(struct npz *npz) {
    if (!npz)
        return;
    zip_discard(npz->zip);
    free(npz);
}

enum status npz_read(const char *path, struct arrays *arrays, struct error *error) {
    struct npz *npz;
    enum status status = npz_open(path, &npz, error);
    if (status != STATUS_OK)
        return status;
    const zip_int64_t members = zip_get_num_entries(npz->zip, 0);
    const struct array_source source = {npz, name_array, read_member};
    status = check_members(npz, members, error);
    if (status == STATUS_OK)
        status = arrays_read(arrays, &source, members > 0 ? (size_t)members : 0, error);
    npz_free(npz);
    return status == STATUS_OK ? status : error_place(error, path, 0, 0);
}

static bool recognises(const struct reader_place *place) {
    const bool zip = place->head_bytes >= 2 && memcmp(place->head, "PK", 2) == 0;
    return place->kind == PLACE_FILE && (zip || text_ends_with(place->path, ".npz"));
}

static enum status read_archive(const struct reader_place *place,
                                const struct dataset_options *options, struct arrays *arrays,
                                struct error *error) {
    (void)options;
    return npz_read(place->path, arrays, error);
}

const struct reader npz_reader = {".npz", recognises, read_archive};

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
