/* Files of data sets, good and bad, made in a temporary folder. */
#ifndef SWEEP_TESTS_DATA_FILES_H
#define SWEEP_TESTS_DATA_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/status.h"

#define FILE_MAX 65536

/* The contents of a file to be. */
struct bytes {
    size_t count;
    uint8_t data[FILE_MAX];
};

static char folder[64];

static inline int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/sweep-data-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_entry(const char *path, const struct stat *about, int kind,
                               struct FTW *walk) {
    (void)about, (void)kind, (void)walk;
    return remove(path);
}

static inline int remove_folder(void **state) {
    (void)state;
    return nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* folder/name, in one of a few buffers that take turns. */
static inline const char *in_folder(const char *name) {
    static char paths[8][512];
    static size_t turn;
    char *path = paths[turn++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline void add(struct bytes *bytes, const void *data, size_t count) {
    assert_true(count <= FILE_MAX - bytes->count);
    memcpy(bytes->data + bytes->count, data, count);
    bytes->count += count;
}

static inline void add_big_endian(struct bytes *bytes, uint32_t number) {
    const uint8_t data[] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
                            (uint8_t)(number >> 8), (uint8_t)number};
    add(bytes, data, sizeof data);
}

/* The header of an IDX file. */
static inline void add_idx_header(struct bytes *bytes, uint8_t dimensions, const uint32_t *sizes) {
    const uint8_t magic[] = {0, 0, 8, dimensions};
    add(bytes, magic, sizeof magic);
    for (size_t i = 0; i < dimensions; i++)
        add_big_endian(bytes, sizes[i]);
}

/* `count` elements start, start + 1, ... taken modulo `modulus`. */
static inline void add_ramp(struct bytes *bytes, size_t count, size_t start, size_t modulus) {
    for (size_t i = 0; i < count; i++) {
        uint8_t element = (uint8_t)((start + i) % modulus);
        add(bytes, &element, 1);
    }
}

static inline const char *write_plain(const char *name, const struct bytes *bytes) {
    const char *path = in_folder(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes->data, 1, bytes->count, file), bytes->count);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline const char *write_gzip(const char *name, const struct bytes *bytes) {
    const char *path = in_folder(name);
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes->data, (unsigned)bytes->count), bytes->count);
    assert_int_equal(gzclose(file), Z_OK);
    return path;
}

static inline void read_back(const char *path, struct bytes *bytes) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    bytes->count = fread(bytes->data, 1, FILE_MAX, file);
    fclose(file);
}

/* Make the folders `name` consists of, below the temporary one. */
static inline void make_folders(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s", in_folder(name));
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        mkdir(path, 0777);
    }
    mkdir(path, 0777);
}

static inline void assert_contains(const char *text, const char *fragment) {
    if (!strstr(text, fragment))
        fail_msg("\"%s\" is not in \"%s\"", fragment, text);
}

static inline void assert_error(enum status status, const struct error *error, enum status expected,
                                const char *fragment) {
    if (status != expected)
        print_message("got: %s\n", status == STATUS_OK ? "ok" : error->message);
    assert_int_equal(status, expected);
    assert_int_equal(error->code, expected);
    assert_contains(error->message, fragment);
}

#endif
