/* PGM, the plain (P2) and the raw (P5) kind. libnetpbm ends the program on a bad file. */
#include "data/picture.h"

#include <stdbool.h>
#include <string.h>

struct reader {
    const uint8_t *bytes;
    size_t count, at;
};

static bool is_space(uint8_t byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Past white space and comments, which reach from # to the end of the line. */
static void skip(struct reader *reader) {
    bool comment = false;
    for (; reader->at < reader->count; reader->at++) {
        const uint8_t byte = reader->bytes[reader->at];
        if (byte == '#')
            comment = true;
        else if (byte == '\n' || byte == '\r')
            comment = false;
        else if (!comment && !is_space(byte))
            return;
    }
}

/* A whole number of up to `maximum`. */
static bool number(struct reader *reader, size_t maximum, size_t *value) {
    size_t digits = 0;
    *value = 0;
    skip(reader);
    for (; reader->at < reader->count; reader->at++, digits++) {
        const uint8_t byte = reader->bytes[reader->at];
        if (byte < '0' || byte > '9')
            break;
        *value = 10 * *value + (size_t)(byte - '0');
        if (*value > maximum)
            return false;
    }
    return digits > 0;
}

static void put(size_t value, size_t maximum, uint8_t pixel[4]) {
    memset(pixel, (int)((value * 255 + maximum / 2) / maximum), 3);
    pixel[3] = 255;
}

static bool read_plain(struct reader *reader, size_t count, size_t maximum, uint8_t (*pixels)[4]) {
    for (size_t i = 0; i < count; i++) {
        size_t value;
        if (!number(reader, maximum, &value))
            return false;
        put(value, maximum, pixels[i]);
    }
    return true;
}

static bool read_raw(const struct reader *reader, size_t count, size_t maximum,
                     uint8_t (*pixels)[4]) {
    const size_t width = maximum > 255 ? 2 : 1;
    const uint8_t *at = reader->bytes + reader->at;
    if ((reader->count - reader->at) / width < count)
        return false;
    for (size_t i = 0; i < count; i++, at += width) {
        const size_t value = width == 2 ? (size_t)at[0] << 8 | at[1] : at[0];
        if (value > maximum)
            return false;
        put(value, maximum, pixels[i]);
    }
    return true;
}

enum status pgm_decode(const uint8_t *bytes, size_t count, struct raster *raster,
                       struct error *error) {
    struct reader reader = {bytes, count, 2};
    size_t columns, rows, maximum;
    const bool raw = bytes[1] == '5';
    if (!number(&reader, UINT32_MAX, &columns) || !number(&reader, UINT32_MAX, &rows) ||
        !number(&reader, 65535, &maximum) || maximum == 0)
        return error_set(error, STATUS_INPUT, "the head of the PGM file is not one");
    if (raw && reader.at < reader.count)
        reader.at++; /* the one white space before the pixels */
    /* Announced is easily more than there is. */
    if (rows > 0 && columns > count / rows)
        return error_set(error, STATUS_INPUT,
                         "the PGM file announces %zu x %zu pixels and is cut short", columns, rows);
    enum status status = raster_init(raster, rows, columns, error);
    if (status != STATUS_OK)
        return status;
    const size_t pixels = rows * columns;
    raster->grey = true;
    if (raw ? read_raw(&reader, pixels, maximum, raster->at)
            : read_plain(&reader, pixels, maximum, raster->at))
        return STATUS_OK;
    return error_set(error, STATUS_INPUT,
                     "the PGM file is cut short, or a pixel is above its maximum");
}
