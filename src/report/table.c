#include "report/table.h"

#include "report/terminal.h"

#include <string.h>

#define GAP 2
#define NARROWEST 6

/* Characters on the screen: bytes that do not continue a UTF-8 sequence. */
static size_t width_of(const char *text) {
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void measure(const struct table_column *columns, size_t count, const char *const *cells,
                    size_t rows, size_t *widths) {
    for (size_t i = 0; i < count; i++) {
        widths[i] = width_of(columns[i].title);
        for (size_t row = 0; row < rows; row++) {
            size_t width = width_of(cells[row * count + i]);
            widths[i] = width > widths[i] ? width : widths[i];
        }
    }
}

/* Take from the widest text column, one character at a time; numbers are never cut. */
static void fit(const struct table_column *columns, size_t count, size_t limit, size_t *widths) {
    for (;;) {
        size_t total = 0, widest = count;
        for (size_t i = 0; i < count; i++) {
            total += widths[i] + (i ? GAP : 0);
            if (!columns[i].number && widths[i] > NARROWEST &&
                (widest == count || widths[i] > widths[widest]))
                widest = i;
        }
        if (total <= limit || widest == count)
            return;
        widths[widest]--;
    }
}

static void print_cell(FILE *stream, const char *text, size_t width, bool right, bool last) {
    size_t own = width_of(text);
    if (own > width) {
        /* Keep width - 2 characters, whole ones. */
        size_t kept = 0, bytes = 0;
        while (text[bytes] && (kept < width - 2 || ((unsigned char)text[bytes] & 0xc0) == 0x80))
            kept += ((unsigned char)text[bytes++] & 0xc0) != 0x80;
        fprintf(stream, "%.*s..", (int)bytes, text);
        return;
    }
    int pad = (int)(width - own);
    if (right)
        fprintf(stream, "%*s%s", pad, "", text);
    else
        fprintf(stream, "%s%*s", text, last ? 0 : pad, "");
}

static void print_row(FILE *stream, const struct table_column *columns, size_t count,
                      const char *const *cells, const size_t *widths) {
    for (size_t i = 0; i < count; i++) {
        fprintf(stream, "%*s", i ? GAP : 0, "");
        print_cell(stream, cells[i], widths[i], columns[i].number, i + 1 == count);
    }
    fputc('\n', stream);
}

void table_print(FILE *stream, const struct table_column *columns, size_t column_count,
                 const char *const *cells, size_t rows) {
    size_t widths[TABLE_COLUMNS_MAX];
    const char *titles[TABLE_COLUMNS_MAX];
    const int limit = terminal_width(stream);
    const bool colour = terminal_colour(stream);
    measure(columns, column_count, cells, rows, widths);
    if (limit > 0)
        fit(columns, column_count, (size_t)limit, widths);
    for (size_t i = 0; i < column_count; i++)
        titles[i] = columns[i].title;
    fputs(colour ? "\033[1m" : "", stream);
    print_row(stream, columns, column_count, titles, widths);
    fputs(colour ? "\033[0m" : "", stream);
    for (size_t row = 0; row < rows; row++)
        print_row(stream, columns, column_count, cells + row * column_count, widths);
}
