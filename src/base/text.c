#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char nothing[1] = "";

void text_init(struct text *text) {
    *text = (struct text){.data = nothing};
}

static bool reserve(struct text *text, size_t extra) {
    if (text->failed)
        return false;
    size_t needed;
    if (__builtin_add_overflow(text->length + 1, extra, &needed)) {
        text->failed = true;
        return false;
    }
    if (needed <= text->capacity)
        return true;
    size_t capacity = text->capacity ? text->capacity : 128;
    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    char *data = realloc(text->capacity ? text->data : NULL, capacity);
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void text_append_bytes(struct text *text, const char *bytes, size_t count) {
    if (!reserve(text, count))
        return;
    memcpy(text->data + text->length, bytes, count);
    text->length += count;
    text->data[text->length] = '\0';
}

void text_append(struct text *text, const char *string) {
    text_append_bytes(text, string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const size_t room = text->failed ? 0 : text->capacity - text->length;
    char *end = text->data + text->length;
    const int length = vsnprintf(room > 0 ? end : NULL, room, format, arguments);
    if (length >= 0 && (size_t)length < room) {
        text->length += (size_t)length;
    } else {
        if (room > 0)
            *end = '\0';
        if (length >= 0 && reserve(text, (size_t)length)) {
            vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
            text->length += (size_t)length;
        }
    }
    va_end(again);
    va_end(arguments);
}

void text_append_base64(struct text *text, const void *bytes, size_t count) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *from = bytes;
    for (size_t i = 0; i < count; i += 3) {
        const size_t left = count - i;
        const uint32_t three = (uint32_t)from[i] << 16 |
                               (left > 1 ? (uint32_t)from[i + 1] << 8 : 0) |
                               (left > 2 ? from[i + 2] : 0);
        const char four[] = {digits[three >> 18], digits[three >> 12 & 63],
                             left > 1 ? digits[three >> 6 & 63] : '=',
                             left > 2 ? digits[three & 63] : '='};
        text_append_bytes(text, four, sizeof four);
    }
}

void text_append_integer(struct text *text, int64_t value) {
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        digits[--at] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (value < 0)
        digits[--at] = '-';
    text_append_bytes(text, digits + at, sizeof digits - at);
}

#define SHORT_DECIMALS 9

/* A number that is whole / 10^decimals of at most 15 digits, which printf takes ten times as long
 * to find out: the quotient is rounded correctly, so that the digits read back as the number, and
 * of so few digits there are no others that do. */
static bool append_short(struct text *text, double value) {
    const double magnitude = fabs(value);
    double scale = 1;
    if (!(magnitude >= 1e-4 && magnitude < 1e6))
        return false;
    for (int decimals = 0; decimals <= SHORT_DECIMALS; decimals++, scale *= 10) {
        const double whole = rint(magnitude * scale);
        if (whole / scale != magnitude)
            continue;
        char digits[24];
        size_t at = sizeof digits;
        uint64_t left = (uint64_t)whole;
        for (int i = 0; i <= decimals || left > 0; i++, left /= 10) {
            if (i == decimals && i > 0)
                digits[--at] = '.';
            digits[--at] = (char)('0' + left % 10);
        }
        if (value < 0)
            digits[--at] = '-';
        text_append_bytes(text, digits + at, sizeof digits - at);
        return true;
    }
    return false;
}

void text_append_double(struct text *text, double value) {
    if (append_short(text, value))
        return;
    if (isnan(value)) {
        text_append(text, "nan");
        return;
    }
    if (isinf(value)) {
        text_append(text, value < 0 ? "-inf" : "inf");
        return;
    }
    char digits[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    text_append(text, digits);
}

/* The Unicode Standard, table 3-7: well-formed UTF-8. */
size_t text_character(const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    const size_t length = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
    if (c[0] > 0xf4 || (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
        (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* U+200E, U+200F, U+2028 to U+202E and U+2066 to U+2069. */
static bool turns_text(const unsigned char *text) {
    if (text[0] != 0xe2)
        return false;
    return text[1] == 0x80
               ? text[2] == 0x8e || text[2] == 0x8f || (text[2] >= 0xa8 && text[2] <= 0xae)
               : text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9;
}

/* C0 and DEL, or a C1 control, which UTF-8 writes as C2 80 to C2 9F. */
size_t text_control(const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    if ((c[0] > 0 && c[0] < 0x20) || c[0] == 0x7f)
        return 1;
    if (turns_text(c))
        return 3;
    return c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0 ? 2 : 0;
}

/* The bytes at `text` that are to be escaped. */
static size_t escaped_length(const char *text, enum text_escapes kind) {
    const bool line_ends = text[text[0] == '\r'] == '\n';
    const bool plain = kind == TEXT_NOT_UTF8 || *text == '\t' || line_ends;
    const size_t control = plain ? 0 : text_control(text);
    return control == 0 && text_character(text) == 0 ? 1 : control;
}

bool text_needs_escapes(const char *string, enum text_escapes kind) {
    for (; *string; string += text_character(string))
        if (escaped_length(string, kind) > 0)
            return true;
    return false;
}

static bool is_escape(const char *text) {
    return text[0] == '\\' && text[1] == 'x' && isxdigit((unsigned char)text[2]) &&
           isxdigit((unsigned char)text[3]);
}

size_t text_escape(const char **string, enum text_escapes kind, char piece[TEXT_PIECE]) {
    static const char digits[] = "0123456789abcdef";
    const char *from = *string;
    const size_t escaped = is_escape(from) ? 1 : escaped_length(from, kind);
    const size_t length = escaped > 0 ? escaped : text_character(from);
    *string += length;
    if (escaped == 0) {
        memcpy(piece, from, length);
        return length;
    }
    for (size_t i = 0; i < escaped; i++) {
        const unsigned char byte = (unsigned char)from[i];
        memcpy(piece + 4 * i, (const char[]){'\\', 'x', digits[byte >> 4], digits[byte & 15]}, 4);
    }
    return 4 * escaped;
}

void text_unescape(char *string) {
    char *to = string;
    for (const char *from = string; *from; to++) {
        if (is_escape(from)) {
            const char digits[] = {from[2], from[3], '\0'};
            *to = (char)strtoul(digits, NULL, 16);
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

void text_clear(struct text *text) {
    text->length = 0;
    text->failed = false;
    if (text->capacity)
        text->data[0] = '\0';
}

void text_cut(struct text *text, size_t length) {
    if (length < text->length) {
        text->length = length;
        text->data[length] = '\0';
    }
}

void text_release(struct text *text) {
    if (text->capacity)
        free(text->data);
    text_init(text);
}

#define LONGEST_NAME 63

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Optimal string alignment distance of two names of at most LONGEST_NAME characters. */
static size_t distance(const char *a, const char *b) {
    size_t rows[3][LONGEST_NAME + 1];
    size_t *before = rows[0], *previous = rows[1], *current = rows[2];
    size_t width = strlen(b);
    for (size_t j = 0; j <= width; j++)
        previous[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        current[0] = i;
        for (size_t j = 1; j <= width; j++) {
            int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
            size_t best = smaller(previous[j] + 1, current[j - 1] + 1);
            best = smaller(best, previous[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                y == tolower((unsigned char)a[i - 2]))
                best = smaller(best, before[j - 2] + 1);
            current[j] = best;
        }
        size_t *oldest = before;
        before = previous;
        previous = current;
        current = oldest;
    }
    return previous[width];
}

size_t text_near(const char *name, const char *const *names, size_t count,
                 const char *near[NEAR_MAX]) {
    const size_t length = strlen(name);
    size_t found = 0, least = 1 + length / 3;
    if (length == 0 || length > LONGEST_NAME)
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (strlen(names[i]) > LONGEST_NAME)
            continue;
        const size_t d = distance(name, names[i]);
        if (d < least)
            found = 0;
        if (d <= least && found < NEAR_MAX)
            near[found++] = names[i];
        least = smaller(least, d);
    }
    return found;
}

const char *text_nearest(const char *name, const char *const *names, size_t count) {
    const char *near[NEAR_MAX];
    return text_near(name, names, count, near) > 0 ? near[0] : NULL;
}

bool text_ends_with(const char *name, const char *ending) {
    const size_t length = strlen(name), count = strlen(ending);
    return length >= count && strcasecmp(name + length - count, ending) == 0;
}
