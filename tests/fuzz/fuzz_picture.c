/* PNG, JPEG and PGM pictures, and the digit that is looked for in them. The checksums of a PNG
 * file's chunks are put right, which a mutation never does. */
#include "fuzz.h"

#include "data/photo.h"
#include "data/picture.h"

#include <string.h>
#include <zlib.h>

/* Larger pictures take a fuzzer too long to look into. */
#define PIXELS_MAX 65536

static void expect_digit(const struct picture *picture, size_t rows, size_t columns) {
    uint8_t pixels[28 * 28];
    struct arena arena;
    struct error error = {0};
    struct photo_checks checks = {0};
    uint8_t most = 0;
    arena_init(&arena);
    const enum status status =
        photo_normalise(picture->grey, picture->rows, picture->columns, rows, columns,
                        PHOTO_MNIST_CENTRE, &arena, pixels, &checks, &error);
    expect_told(status, &error);
    for (size_t i = 0; status == STATUS_OK && i < rows * columns; i++)
        most = pixels[i] > most ? pixels[i] : most;
    EXPECT(status != STATUS_OK || most == 255);
    arena_release(&arena);
}

static void put_checksums_right(uint8_t *bytes, size_t size) {
    for (size_t at = 8; at + 12 <= size;) {
        const size_t length = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 |
                              (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (length > size - at - 12)
            return;
        const uLong sum = crc32(0, bytes + at + 4, (uInt)length + 4);
        for (size_t i = 0; i < 4; i++)
            bytes[at + 8 + length + i] = (uint8_t)(sum >> (24 - 8 * i));
        at += length + 12;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct picture picture;
    struct error error = {0};
    uint8_t *bytes = malloc(size + 1);
    EXPECT(bytes);
    memcpy(bytes, data, size);
    put_checksums_right(bytes, size > 0 && bytes[0] == 0x89 ? size : 0);
    const enum status status = picture_read(file_with(bytes, size), &picture, &error);
    free(bytes);
    expect_told(status, &error);
    if (status != STATUS_OK)
        return 0;
    EXPECT(picture.rows > 0 && picture.columns > 0);
    EXPECT(picture.rows <= PICTURE_PIXELS_MAX / picture.columns);
    if (picture.rows * picture.columns <= PIXELS_MAX) {
        expect_digit(&picture, 28, 28);
        expect_digit(&picture, 5, 9);
    }
    picture_release(&picture);
    return 0;
}
