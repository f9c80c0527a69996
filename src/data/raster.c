#include "data/picture.h"

#include "data/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((size_t)1 << 28)

static const struct {
    const char *start;
    size_t length;
    enum status (*decode)(const uint8_t *, size_t, struct raster *, struct error *);
} formats[] = {
    {"\x89PNG\r\n\x1a\n", 8, png_decode},
    {"\xff\xd8\xff", 3, jpeg_decode},
    {"P5", 2, pgm_decode},
    {"P2", 2, pgm_decode},
};
#define FORMAT_COUNT (sizeof formats / sizeof *formats)

enum status raster_init(struct raster *raster, size_t rows, size_t columns, struct error *error) {
    size_t pixels;
    if (rows == 0 || columns == 0)
        return error_set(error, STATUS_INPUT, "has no pixels");
    if (__builtin_mul_overflow(rows, columns, &pixels) || pixels > PICTURE_PIXELS_MAX)
        return error_set(error, STATUS_INPUT,
                         "has %zu x %zu pixels, more than the %zu million that are taken; make it "
                         "smaller",
                         columns, rows, PICTURE_PIXELS_MAX / 1000000);
    *raster = (struct raster){.rows = rows, .columns = columns, .at = malloc(pixels * 4)};
    return raster->at ? STATUS_OK : error_memory(error);
}

void raster_release(struct raster *raster) {
    free(raster->at);
    *raster = (struct raster){0};
}

static enum status read_descriptor(void *context, uint8_t *to, size_t wanted, size_t *got,
                                   struct error *error) {
    const int *descriptor = context;
    while (*got < wanted) {
        const ssize_t count = read(*descriptor, to + *got, wanted - *got);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_set(error, STATUS_IO, "cannot be read: %s", strerror(errno));
        if (count == 0)
            return STATUS_OK;
        *got += (size_t)count;
    }
    return STATUS_OK;
}

static enum status read_bytes(const char *path, struct input_bytes *bytes, struct error *error) {
    int descriptor;
    size_t size;
    enum status status = input_open_file(path, &descriptor, &size, error);
    if (status != STATUS_OK)
        return status;
    const struct input input = {read_descriptor, &descriptor};
    if (size > FILE_BYTES_MAX)
        status = error_set(error, STATUS_INPUT, "is too large for a picture");
    else
        status = input_read_all(input, size, size, bytes, error);
    close(descriptor);
    return status == STATUS_OK ? STATUS_OK : error_place(error, path, 0, 0);
}

static enum status decode(const uint8_t *bytes, size_t count, struct raster *raster,
                          struct error *error) {
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (count >= formats[i].length && memcmp(bytes, formats[i].start, formats[i].length) == 0)
            return formats[i].decode(bytes, count, raster, error);
    return error_set(error, STATUS_INPUT, "is no PNG, JPEG or PGM file; save the picture as PNG");
}

enum status raster_read(const char *path, struct raster *raster, struct error *error) {
    struct input_bytes bytes;
    *raster = (struct raster){0};
    enum status status = read_bytes(path, &bytes, error);
    if (status != STATUS_OK)
        return status;
    status = decode(bytes.data, bytes.count, raster, error);
    free(bytes.data);
    if (status == STATUS_OK)
        return STATUS_OK;
    raster_release(raster);
    return status == STATUS_MEMORY ? status : error_place(error, path, 0, 0);
}
