/* PGM, the plain (P2) and the raw (P5) kind. libnetpbm ends the program on a bad file. */
#include "data/picture.h"

#include <stdbool.h>

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

static uint8_t scaled(size_t value, size_t maximum) {
    return (uint8_t)((value * 255 + maximum / 2) / maximum);
}

static bool read_plain(struct reader *reader, size_t pixels, size_t maximum, uint8_t *grey) {
    for (size_t i = 0; i < pixels; i++) {
        size_t value;
        if (!number(reader, maximum, &value))
            return false;
        grey[i] = scaled(value, maximum);
    }
    return true;
}

static bool read_raw(const struct reader *reader, size_t pixels, size_t maximum, uint8_t *grey) {
    const size_t width = maximum > 255 ? 2 : 1;
    const uint8_t *at = reader->bytes + reader->at;
    if ((reader->count - reader->at) / width < pixels)
        return false;
    for (size_t i = 0; i < pixels; i++, at += width) {
        const size_t value = width == 2 ? (size_t)at[0] << 8 | at[1] : at[0];
        if (value > maximum)
            return false;
        grey[i] = scaled(value, maximum);
    }
    return true;
}

enum status pgm_decode(const uint8_t *bytes, size_t count, struct picture *picture,
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
    enum status status = picture_init(picture, rows, columns, error);
    if (status != STATUS_OK)
        return status;
    const size_t pixels = rows * columns;
    if (raw ? read_raw(&reader, pixels, maximum, picture->grey)
            : read_plain(&reader, pixels, maximum, picture->grey))
        return STATUS_OK;
    picture_release(picture);
    return error_set(error, STATUS_INPUT,
                     "the PGM file is cut short, or a pixel is above its maximum");
}
