#include "report/table.h"

#include "report/terminal.h"

#include <string.h>

#define GAP 2
#define NARROWEST 6

struct layout {
    bool stacked;                     /* titles on two lines */
    size_t widths[TABLE_COLUMNS_MAX]; /* of the columns */
    size_t after[TABLE_COLUMNS_MAX];  /* of what comes after the units of numbers */
};

/* Characters on the screen: bytes that do not continue a UTF-8 sequence. */
static size_t width_of(const char *text, size_t bytes) {
    size_t width = 0;
    for (size_t i = 0; i < bytes; i++)
        width += ((unsigned char)text[i] & 0xc0) != 0x80;
    return width;
}

/* How much of a title goes on the first of two lines: up to the underscore that cuts it best. */
static size_t first_part(const char *title) {
    const size_t length = strlen(title);
    size_t best = 0, least = length;
    for (size_t i = 1; i + 1 < length; i++) {
        const size_t longer = i + 1 > length - i - 1 ? i + 1 : length - i - 1;
        if (title[i] == '_' && longer < least) {
            best = i + 1;
            least = longer;
        }
    }
    return best;
}

static size_t title_width(const char *title, bool stacked) {
    const size_t length = strlen(title), first = stacked ? first_part(title) : 0;
    return first > length - first ? first : length - first;
}

/* The decimal point and what follows it. */
static size_t after_units(const struct table_column *column, const char *cell) {
    const char *point = column->number ? strchr(cell, '.') : NULL;
    return point ? strlen(point) : 0;
}

static void measure(const struct table_column *columns, size_t count, const char *const *cells,
                    size_t rows, struct layout *layout) {
    for (size_t i = 0; i < count; i++) {
        layout->widths[i] = title_width(columns[i].title, layout->stacked);
        layout->after[i] = 0;
        for (size_t row = 0; row < rows; row++) {
            const size_t after = after_units(&columns[i], cells[row * count + i]);
            layout->after[i] = after > layout->after[i] ? after : layout->after[i];
        }
        for (size_t row = 0; row < rows; row++) {
            const char *cell = cells[row * count + i];
            const size_t width =
                width_of(cell, strlen(cell)) + layout->after[i] - after_units(&columns[i], cell);
            layout->widths[i] = width > layout->widths[i] ? width : layout->widths[i];
        }
    }
}

static size_t total_width(const struct layout *layout, size_t count) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += layout->widths[i] + (i ? GAP : 0);
    return total;
}

/* Take from the widest text column, one character at a time, until the table fits or no more can be
 * taken. */
static void shorten(const struct table_column *columns, size_t count, size_t limit,
                    struct layout *layout) {
    size_t *widths = layout->widths;
    while (total_width(layout, count) > limit) {
        size_t widest = count;
        for (size_t i = 0; i < count; i++)
            if (!columns[i].number && widths[i] > NARROWEST &&
                (widest == count || widths[i] > widths[widest]))
                widest = i;
        if (widest == count)
            return;
        widths[widest]--;
    }
}

/* A cell may come from a database that somebody tampered with. */
static void print_safe(FILE *stream, const char *text, size_t bytes) {
    char cell[4096], safe[4096];
    snprintf(cell, sizeof cell, "%.*s", (int)bytes, text);
    fputs(terminal_safe(cell, safe, sizeof safe), stream);
}

static void print_padded(FILE *stream, const char *text, size_t bytes, size_t width, bool right,
                         bool last) {
    const size_t own = width_of(text, bytes);
    if (own > width) {
        /* Keep width - 2 characters, whole ones. */
        size_t kept = 0, end = 0;
        while (end < bytes && (kept < width - 2 || ((unsigned char)text[end] & 0xc0) == 0x80))
            kept += ((unsigned char)text[end++] & 0xc0) != 0x80;
        print_safe(stream, text, end);
        fputs("..", stream);
        return;
    }
    const int pad = last && own == 0 ? 0 : (int)(width - own);
    fprintf(stream, "%*s", right ? pad : 0, "");
    print_safe(stream, text, bytes);
    fprintf(stream, "%*s", right || last ? 0 : pad, "");
}

/* A line of the head: the titles' first parts, or the rest (all of them unless stacked). */
static void print_titles(FILE *stream, const struct table_column *columns, size_t count,
                         const struct layout *layout, bool first) {
    const bool colour = terminal_colour(stream);
    fputs(colour ? "\033[1m" : "", stream);
    for (size_t i = 0; i < count; i++) {
        const char *title = columns[i].title;
        const size_t split = layout->stacked ? first_part(title) : 0;
        fprintf(stream, "%*s", i ? GAP : 0, "");
        print_padded(stream, first ? title : title + split, first ? split : strlen(title) - split,
                     layout->widths[i], columns[i].number, i + 1 == count);
    }
    fputs(colour ? "\033[0m\n" : "\n", stream);
}

static bool any_splits(const struct table_column *columns, size_t count) {
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any |= first_part(columns[i].title) > 0;
    return any;
}

static void print_row(FILE *stream, const struct table_column *columns, size_t count,
                      const char *const *cells, const struct layout *layout) {
    while (count > 0 && !*cells[count - 1]) /* lines do not end with spaces */
        count--;
    for (size_t i = 0; i < count; i++) {
        /* What a number has fewer decimals than others, it leaves free on its right. */
        const size_t free = layout->after[i] - after_units(&columns[i], cells[i]);
        fprintf(stream, "%*s", i ? GAP : 0, "");
        print_padded(stream, cells[i], strlen(cells[i]), layout->widths[i] - free,
                     columns[i].number, i + 1 == count);
        fprintf(stream, "%*s", i + 1 < count ? (int)free : 0, "");
    }
    fputc('\n', stream);
}

static void print_lists(FILE *stream, const struct table_column *columns, size_t count,
                        const char *const *cells, size_t rows) {
    size_t width = 0;
    for (size_t i = 0; i < count; i++)
        width = strlen(columns[i].title) > width ? strlen(columns[i].title) : width;
    for (size_t row = 0; row < rows; row++) {
        if (row > 0)
            fputc('\n', stream);
        for (size_t i = 0; i < count; i++)
            if (*cells[row * count + i]) {
                fprintf(stream, "%-*s  ", (int)width, columns[i].title);
                print_safe(stream, cells[row * count + i], strlen(cells[row * count + i]));
                fputc('\n', stream);
            }
    }
}

void table_print(FILE *stream, const struct table_column *columns, size_t column_count,
                 const char *const *cells, size_t rows) {
    struct layout layout = {.stacked = false};
    const size_t limit = (size_t)terminal_width(stream);
    measure(columns, column_count, cells, rows, &layout);
    if (limit > 0 && total_width(&layout, column_count) > limit) {
        layout.stacked = true;
        measure(columns, column_count, cells, rows, &layout);
        shorten(columns, column_count, limit, &layout);
        if (total_width(&layout, column_count) > limit) {
            print_lists(stream, columns, column_count, cells, rows);
            return;
        }
    }
    if (layout.stacked && any_splits(columns, column_count))
        print_titles(stream, columns, column_count, &layout, true);
    print_titles(stream, columns, column_count, &layout, false);
    for (size_t row = 0; row < rows; row++)
        print_row(stream, columns, column_count, cells + row * column_count, &layout);
}
