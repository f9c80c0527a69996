#include "data/idx.h"

#include "data/gzip.h"
#include "data/input.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_UNSIGNED_BYTE 0x08
#define TYPE_INT 0x0c
#define WIDE_MAX 64 /* numbers in a row of wide labels */
#define DAMAGED "the file is damaged: download or copy it again"

static const struct element_type {
    uint8_t code;
    const char *name;
} element_types[] = {
    {0x09, "signed bytes"},  {0x0b, "16-bit numbers"},          {0x0c, "32-bit numbers"},
    {0x0d, "32-bit floats"}, {0x0e, "64-bit floating numbers"},
};

static const char *kind_name(size_t dimensions) {
    return dimensions == IDX_LABELS ? "labels" : dimensions == IDX_IMAGES ? "images" : "neither";
}

enum status idx_shape(enum idx_kind kind, const size_t *dimensions, struct idx_array *array,
                      struct error *error) {
    bool images = kind == IDX_IMAGES;
    size_t count = dimensions[0];
    size_t rows = images ? dimensions[1] : 1, columns = images ? dimensions[2] : 1;
    if (rows == 0 || columns == 0)
        return error_set(error, STATUS_INPUT,
                         "holds images of %zu x %zu pixels; rows and columns must be 1 to %zu",
                         rows, columns, IDX_SIDE_MAX);
    if (rows > IDX_SIDE_MAX || columns > IDX_SIDE_MAX)
        return error_set(error, STATUS_INPUT,
                         "announces images of %zu x %zu pixels; at most %zu x %zu are read; "
                         "the file is damaged, or not what its name says",
                         rows, columns, IDX_SIDE_MAX, IDX_SIDE_MAX);
    size_t bytes;
    if (__builtin_mul_overflow(count, rows * columns, &bytes) || bytes > IDX_BYTES_MAX)
        return error_set(error, STATUS_INPUT,
                         "announces %zu x %zu x %zu elements; at most %zu in all are read; "
                         "the file is damaged, or not what its name says",
                         count, rows, columns, IDX_BYTES_MAX);
    array->kind = kind;
    array->count = count;
    array->rows = rows;
    array->columns = columns;
    array->bytes = bytes;
    return STATUS_OK;
}

static size_t big_endian(const uint8_t bytes[4]) {
    return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
}

static enum status wrong_type(uint8_t code, struct error *error) {
    const char *name = "elements of an unknown type";
    for (size_t i = 0; i < sizeof element_types / sizeof *element_types; i++)
        if (element_types[i].code == code)
            name = element_types[i].name;
    return error_set(error, STATUS_INPUT,
                     "holds %s (type 0x%02x); only unsigned bytes (type 0x08) are read: convert it",
                     name, code);
}

static bool is_wide(const uint8_t magic[4], enum idx_kind kind) {
    return kind == IDX_LABELS && magic[0] == 0 && magic[1] == 0 && magic[2] == TYPE_INT &&
           magic[3] == 2;
}

static enum status check_magic(const uint8_t magic[4], enum idx_kind kind, struct error *error) {
    if (is_wide(magic, kind))
        return STATUS_OK;
    if (magic[0] != 0 || magic[1] != 0)
        return error_set(error, STATUS_INPUT,
                         "is not an IDX file: it starts with the bytes %02x %02x %02x %02x, not "
                         "with 00 00 08 %02x; download it again",
                         magic[0], magic[1], magic[2], magic[3], (unsigned)kind);
    if (magic[2] != TYPE_UNSIGNED_BYTE)
        return wrong_type(magic[2], error);
    if (magic[3] != kind)
        return error_set(error, STATUS_INPUT,
                         "has %u dimensions (%s) where %u (%s) are expected; have two files been "
                         "exchanged?",
                         magic[3], kind_name(magic[3]), (unsigned)kind, kind_name(kind));
    return STATUS_OK;
}

/* Wide labels, as the bytes that their classes are. */
struct wide_labels {
    struct input rows;
    size_t width; /* numbers in a row; 0: the labels are bytes */
};

static enum status read_width(struct input input, struct wide_labels *wide, struct error *error) {
    uint8_t size[4];
    size_t got;
    const enum status status = input_read(input, size, sizeof size, &got, error);
    wide->width = big_endian(size);
    if (status == STATUS_OK && (got < sizeof size || wide->width < 1 || wide->width > WIDE_MAX))
        return error_set(error, STATUS_INPUT,
                         "announces rows of no or too many numbers for each label (1 to %d are "
                         "read); " DAMAGED,
                         WIDE_MAX);
    return status;
}

static enum status read_wide(void *context, uint8_t *to, size_t wanted, size_t *got,
                             struct error *error) {
    const struct wide_labels *wide = context;
    while (*got < wanted) {
        uint8_t row[4 * WIDE_MAX];
        size_t bytes;
        const enum status status = input_read(wide->rows, row, 4 * wide->width, &bytes, error);
        if (status != STATUS_OK || bytes < 4 * wide->width)
            return status;
        if (big_endian(row) > UINT8_MAX)
            return error_set(error, STATUS_INPUT,
                             "holds the class %zu; classes must be 0 to %d; " DAMAGED,
                             big_endian(row), UINT8_MAX);
        to[(*got)++] = row[3];
    }
    return STATUS_OK;
}

static enum status read_header(struct input input, enum idx_kind kind, struct idx_array *array,
                               struct wide_labels *wide, struct error *error) {
    uint8_t header[IDX_HEADER_MAX] = {0};
    size_t got, length = 4 + 4 * (size_t)kind;
    enum status status = input_read(input, header, length, &got, error);
    if (status == STATUS_OK && got == 0)
        return error_set(error, STATUS_INPUT, "is empty; download or copy it again");
    if (status == STATUS_OK && got >= 4)
        status = check_magic(header, kind, error);
    if (status != STATUS_OK)
        return status;
    if (got < length)
        return error_set(error, STATUS_INPUT,
                         "ends inside its header: %zu bytes expected, %zu found; " DAMAGED, length,
                         got);
    size_t dimensions[IDX_DIMENSIONS_MAX] = {0};
    for (size_t i = 0; i < (size_t)kind; i++)
        dimensions[i] = big_endian(header + 4 + 4 * i);
    wide->rows = input;
    if (is_wide(header, kind))
        status = read_width(input, wide, error);
    return status == STATUS_OK ? idx_shape(kind, dimensions, array, error) : status;
}

static enum status read_elements(struct gzip *gzip, struct input input, size_t hint,
                                 struct idx_array *array, struct error *error) {
    struct input_bytes bytes;
    enum status status = input_read_all(input, array->bytes, hint, &bytes, error);
    if (status != STATUS_OK)
        return status;
    if (bytes.count < array->bytes)
        status =
            error_set(error, STATUS_INPUT,
                      "ends too early: %zu bytes expected after the header, %zu found; " DAMAGED,
                      array->bytes, bytes.count);
    else if (bytes.more)
        status = error_set(error, STATUS_INPUT,
                           "has more bytes than the %zu that its header announces; " DAMAGED,
                           array->bytes);
    else if (gzip->cut)
        status = error_set(error, STATUS_INPUT,
                           "cannot be decompressed (unexpected end of file); " DAMAGED);
    if (status == STATUS_OK)
        array->data = bytes.data;
    else
        free(bytes.data);
    return status;
}

enum status idx_read(const char *path, enum idx_kind kind, struct idx_array *array,
                     struct error *error) {
    *array = (struct idx_array){0};
    struct gzip gzip;
    enum status status = gzip_open(path, &gzip, error);
    if (status != STATUS_OK)
        return status;
    struct input input = gzip_input(&gzip);
    struct wide_labels wide = {0};
    status = read_header(input, kind, array, &wide, error);
    if (wide.width > 0)
        input = (struct input){read_wide, &wide};
    if (status == STATUS_OK)
        status = read_elements(&gzip, input, gzip.size, array, error);
    gzip_close(&gzip);
    if (status != STATUS_OK) {
        *array = (struct idx_array){0};
        error_place(error, path, 0, 0);
    }
    return status;
}

size_t idx_header(const struct idx_array *array, uint8_t header[IDX_HEADER_MAX]) {
    const size_t dimensions[IDX_DIMENSIONS_MAX] = {array->count, array->rows, array->columns};
    const uint8_t magic[4] = {0, 0, TYPE_UNSIGNED_BYTE, (uint8_t)array->kind};
    memcpy(header, magic, sizeof magic);
    for (size_t i = 0; i < (size_t)array->kind; i++)
        for (size_t byte = 0; byte < 4; byte++)
            header[4 + 4 * i + byte] = (uint8_t)(dimensions[i] >> (24 - 8 * byte));
    return 4 + 4 * (size_t)array->kind;
}

void idx_release(struct idx_array *array) {
    free(array->data);
    *array = (struct idx_array){0};
}
