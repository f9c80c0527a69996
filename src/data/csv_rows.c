#include "data/csv_rows.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST ((size_t)1 << 20)
#define ROW_MAX ((size_t)64 << 20)

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static bool is_digit(const char *line, size_t length, size_t at) {
    return at < length && isdigit((unsigned char)line[at]);
}

/* Whether a separator makes a line numbers, of which some have a comma, between digits. */
static bool has_decimal_commas(const char *line, size_t length, char separator) {
    size_t commas = 0, all = 0;
    for (size_t i = 0; i < length; i++) {
        const bool comma = line[i] == ',';
        commas = line[i] == separator ? 0 : commas + comma;
        all += comma;
        if (commas > 1 || (line[i] != separator && !strchr("0123456789+-.,eE \r", line[i])) ||
            (comma && !(i > 0 && is_digit(line, length, i - 1) && is_digit(line, length, i + 1))))
            return false;
    }
    return all > 0;
}

char csv_separator(const char *text, size_t length) {
    static const char separators[] = {',', ';', '\t'};
    size_t counts[sizeof separators] = {0}, best = 0;
    bool quoted = false;
    size_t end = 0;
    for (; end < length && (quoted || text[end] != '\n'); end++) {
        quoted ^= text[end] == '"';
        for (size_t j = 0; j < sizeof separators; j++)
            counts[j] += !quoted && text[end] == separators[j];
    }
    for (size_t j = 1; j < sizeof separators; j++)
        if (counts[j] > counts[best] ||
            (counts[j] > 0 && best == 0 && has_decimal_commas(text, end, separators[j])))
            best = j;
    return counts[best] > 0 ? separators[best] : '\0';
}

/* Read on, behind what is unread; make room first where there is none. */
static enum status fill(struct csv_rows *rows, struct error *error) {
    if (rows->begin > 0) {
        memmove(rows->buffer, rows->buffer + rows->begin, rows->end - rows->begin);
        rows->end -= rows->begin;
        rows->begin = 0;
    }
    if (rows->end == rows->room) {
        if (rows->room >= ROW_MAX)
            return error_set(error, STATUS_INPUT,
                             "the line has no end within %zu MiB; is a quote missing?",
                             ROW_MAX >> 20);
        const size_t room = rows->room > 0 ? rows->room * 2 : ROOM_FIRST;
        char *larger = realloc(rows->buffer, room + 1); /* and a NUL */
        if (!larger)
            return error_memory(error);
        rows->buffer = larger;
        rows->room = room;
    }
    size_t got;
    const enum status status = input_read(rows->input, (uint8_t *)rows->buffer + rows->end,
                                          rows->room - rows->end, &got, error);
    rows->ended = rows->end + got < rows->room;
    rows->end += got;
    return status;
}

/* What other programs write and call CSV or text. */
static enum status check_encoding(const char *text, size_t length, struct error *error) {
    const bool utf16 =
        length >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
    if (utf16 || memchr(text, '\0', length))
        return error_set(
            error, STATUS_INPUT,
            utf16 ? "is text in UTF-16; save it in UTF-8, in a spreadsheet as \"CSV UTF-8\""
                  : "has bytes of 0, which no text has; is it a CSV file?");
    if (memchr(text, '\r', length) && !memchr(text, '\n', length))
        return error_set(error, STATUS_INPUT,
                         "its lines end in CR alone, as those of old Macintosh programs; save it "
                         "with ends of lines of Windows or Unix");
    return STATUS_OK;
}

enum status csv_rows_init(struct csv_rows *rows, struct input input, struct error *error) {
    *rows = (struct csv_rows){.input = input};
    const enum status status = fill(rows, error);
    if (status != STATUS_OK)
        return status;
    if (check_encoding(rows->buffer, rows->end, error) != STATUS_OK)
        return error->code;
    if (rows->end >= 3 && memcmp(rows->buffer, "\xef\xbb\xbf", 3) == 0)
        rows->begin = 3;
    rows->separator = csv_separator(rows->buffer + rows->begin, rows->end - rows->begin);
    return STATUS_OK;
}

void csv_rows_release(struct csv_rows *rows) {
    free(rows->buffer);
    free(rows->fields);
    *rows = (struct csv_rows){0};
}

/* A row at the beginning of the unread part. */
struct extent {
    size_t length; /* without its end of line; or that of the part, where it goes on */
    bool whole;    /* its end of line is there */
    bool open;     /* it ends within quotes */
    bool followed; /* a text follows quotes that hold an end of line */
    size_t quote;  /* where the quotes begin of which that is said */
};

/* A quote that begins a field lets the row go on over ends of lines; a doubled one within is part
 * of the field. */
static struct extent find_row(const struct csv_rows *rows) {
    const char *at = rows->buffer + rows->begin;
    const size_t length = rows->end - rows->begin;
    const char *newline = memchr(at, '\n', length);
    if (newline && !memchr(at, '"', (size_t)(newline - at)))
        return (struct extent){.length = (size_t)(newline - at), .whole = true};
    struct extent row = {.length = length};
    enum { BEGINS, PLAIN, OPEN, CLOSED, ENDED } field = BEGINS;
    for (size_t i = 0; i < length; i++) {
        const char c = at[i];
        if (field == OPEN) {
            field = c == '"' ? CLOSED : OPEN;
        } else if (c == '\n') {
            row.whole = true;
            row.length = i;
            return row;
        } else if (c == rows->separator) {
            field = BEGINS;
        } else if (c == '"' && (field == BEGINS || field == CLOSED)) {
            row.quote = field == BEGINS ? i : row.quote;
            field = OPEN;
        } else if (is_blank(c) || c == '\r') {
            field = field == CLOSED ? ENDED : field;
        } else if ((field == CLOSED || field == ENDED) &&
                   memchr(at + row.quote, '\n', i - row.quote)) {
            row.followed = true;
            return row;
        } else {
            field = PLAIN;
        }
    }
    row.open = field == OPEN;
    return row;
}

static enum status add_field(struct csv_rows *rows, struct csv_field field, struct error *error) {
    if (rows->count == rows->field_room) {
        const size_t room = rows->field_room > 0 ? rows->field_room * 2 : 64;
        struct csv_field *larger = realloc(rows->fields, room * sizeof *larger);
        if (!larger)
            return error_memory(error);
        rows->fields = larger;
        rows->field_room = room;
    }
    rows->fields[rows->count++] = field;
    return STATUS_OK;
}

/* The field that begins at *at, whose quotes are taken off in place; *at is then the separator
 * behind it, or `end`. */
static struct csv_field take_field(const struct csv_rows *rows, char **at, const char *end) {
    char *begin = *at;
    while (begin < end && is_blank(*begin) && *begin != rows->separator)
        begin++;
    char *from = begin, *to = begin;
    const bool quoted = from < end && *from == '"';
    if (quoted)
        for (from++; from < end && (*from != '"' || (from + 1 < end && from[1] == '"')); from++) {
            from += *from == '"';
            *to++ = *from;
        }
    from += quoted && from < end;
    const char *kept = quoted ? to : begin;
    while (from < end && *from != rows->separator)
        *to++ = *from++;
    while (to > kept && is_blank(to[-1]))
        to--;
    *at = from;
    return (struct csv_field){begin, (size_t)(to - begin), quoted};
}

static enum status split(struct csv_rows *rows, char *row, size_t length, struct error *error) {
    char *at = row, *end = row + length;
    rows->count = 0;
    while (end > row && end[-1] == '\r')
        end--;
    for (;;) {
        const struct csv_field field = take_field(rows, &at, end);
        const enum status status = add_field(rows, field, error);
        if (status != STATUS_OK)
            return status;
        const bool last = at == end;
        row[(size_t)(field.text - row) + field.length] = '\0';
        if (last)
            return STATUS_OK;
        at++;
    }
}

static size_t count_lines(const char *text, size_t length) {
    size_t lines = 0;
    for (const char *at = text; (at = memchr(at, '\n', length - (size_t)(at - text))); at++)
        lines++;
    return lines;
}

/* Quotes that hold more than was meant, at the line where they begin. */
static enum status check_quotes(struct csv_rows *rows, const struct extent *row,
                                struct error *error) {
    if (!row->open && !row->followed)
        return STATUS_OK;
    rows->line += count_lines(rows->buffer + rows->begin, row->quote);
    return error_set(error, STATUS_INPUT,
                     "a quotation begins here that %s; quotes within a field are doubled",
                     row->open ? "is not closed" : "ends on another line and is followed by text");
}

enum status csv_rows_next(struct csv_rows *rows, bool *more, struct error *error) {
    for (;;) {
        struct extent row = find_row(rows);
        rows->line = rows->lines + 1;
        while (!row.whole && !row.followed && !rows->ended) {
            const enum status status = fill(rows, error);
            if (status != STATUS_OK)
                return status;
            row = find_row(rows);
        }
        if (check_quotes(rows, &row, error) != STATUS_OK)
            return STATUS_INPUT;
        char *text = rows->buffer + rows->begin;
        *more = row.length > 0 || row.whole;
        if (!*more)
            return STATUS_OK;
        rows->lines += count_lines(text, row.length) + row.whole;
        rows->begin += row.length + row.whole;
        if (row.length == 0 || (row.length == 1 && *text == '\r'))
            continue;
        return split(rows, text, row.length, error);
    }
}
