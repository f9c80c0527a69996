#include "report/table.h"

#include "report/terminal.h"

#include <stdint.h>
#include <string.h>

#define GAP 2

/* What is done for a table to fit, each besides those before it. */
enum measure { WHOLE, WRAP_TITLES, WRAP_CELLS, SMALL_GAPS, MEASURES };

/* Widths in characters. */
struct extent {
    size_t title, title_piece; /* all of it, and its longest piece that can't be broken */
    size_t cell, cell_piece;   /* the same of the column's cells */
    size_t after;              /* what comes after the units of numbers */
};

struct layout {
    size_t gap;
    size_t widths[TABLE_COLUMNS_MAX]; /* of the columns */
    struct extent extents[TABLE_COLUMNS_MAX];
};

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

/* The bytes of `text` that go on one line: as many pieces as fit, and one in any case. Pieces end
 * after an underscore or a space; the space need not fit. */
static size_t line_of(const char *text, size_t width) {
    size_t end = 0, characters = 0, i = 0;
    for (; text[i]; i++) {
        characters += terminal_characters(&text[i], 1);
        const bool fits = characters - (text[i] == ' ') <= width;
        if (!fits && end > 0)
            return end;
        if ((text[i] == ' ' || text[i] == '_') && text[i + 1])
            end = i + 1;
        if (!fits && end > 0)
            return end;
    }
    return i;
}

static size_t line_count(const char *text, size_t width) {
    size_t count = 0;
    for (; *text; count++)
        text += line_of(text, width);
    return count;
}

/* Of a line of a text: without the space that it was broken at. */
static size_t line_width(const char *text, size_t bytes) {
    return terminal_characters(text, bytes) - (bytes > 0 && text[bytes - 1] == ' ' && text[bytes]);
}

static size_t longest_piece(const char *text) {
    size_t longest = 0;
    while (*text) {
        const size_t bytes = line_of(text, 0);
        longest = larger(longest, line_width(text, bytes));
        text += bytes;
    }
    return longest;
}

/* The decimal point and what follows it. */
static size_t after_units(const struct table_column *column, const char *cell) {
    const char *point = column->number ? strchr(cell, '.') : NULL;
    return point ? strlen(point) : 0;
}

/* `cells` is the first of the column's, the next one is `stride` further. */
static struct extent extent_of(const struct table_column *column, const char *const *cells,
                               size_t stride, size_t rows) {
    struct extent extent = {.title = terminal_characters(column->title, strlen(column->title)),
                            .title_piece = longest_piece(column->title)};
    for (size_t row = 0; row < rows; row++)
        extent.after = larger(extent.after, after_units(column, cells[row * stride]));
    for (size_t row = 0; row < rows; row++) {
        const char *cell = cells[row * stride];
        const size_t width =
            terminal_characters(cell, strlen(cell)) + extent.after - after_units(column, cell);
        extent.cell = larger(extent.cell, width);
        extent.cell_piece = larger(extent.cell_piece, column->number ? width : longest_piece(cell));
    }
    return extent;
}

/* How narrow a column may get. Numbers are never broken. */
static size_t narrowest(const struct extent *extent, enum measure measure) {
    const size_t title = measure == WHOLE ? extent->title : extent->title_piece;
    return larger(title, measure < WRAP_CELLS ? extent->cell : extent->cell_piece);
}

static size_t total_width(const struct layout *layout, size_t count) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += layout->widths[i] + (i ? layout->gap : 0);
    return total;
}

/* Take from the widest of the columns that may get narrower, one character at a time, until the
 * table fits or no more can be taken. */
static bool narrow(size_t count, size_t limit, enum measure measure, struct layout *layout) {
    size_t *widths = layout->widths;
    layout->gap = measure < SMALL_GAPS ? GAP : GAP - 1;
    while (total_width(layout, count) > limit) {
        size_t widest = count;
        for (size_t i = 0; i < count; i++)
            if (widths[i] > narrowest(&layout->extents[i], measure) &&
                (widest == count || widths[i] > widths[widest]))
                widest = i;
        if (widest == count)
            return false;
        widths[widest]--;
    }
    return true;
}

static size_t longest_line(const char *text, size_t width) {
    size_t longest = 0;
    while (*text) {
        const size_t bytes = line_of(text, width);
        longest = larger(longest, line_width(text, bytes));
        text += bytes;
    }
    return longest;
}

/* What lines in a column of that width take of it. */
static size_t used_width(const struct table_column *column, const struct extent *extent,
                         const char *const *cells, size_t stride, size_t rows, size_t width) {
    size_t used = larger(longest_line(column->title, width), column->number ? extent->cell : 0);
    for (size_t row = 0; row < rows && !column->number; row++)
        used = larger(used, longest_line(cells[row * stride], width));
    return used < width ? used : width;
}

/* A cell may come from a database that somebody tampered with. */
static void print_safe(FILE *stream, const char *text, size_t bytes) {
    char cell[4096], safe[4096];
    snprintf(cell, sizeof cell, "%.*s", (int)bytes, text);
    fputs(terminal_safe(cell, safe, sizeof safe), stream);
}

static void print_padded(FILE *stream, const char *text, size_t bytes, size_t width, bool right,
                         bool last) {
    const size_t own = line_width(text, bytes);
    const int pad = (int)(width - own);
    fprintf(stream, "%*s", right ? pad : 0, "");
    print_safe(stream, text, bytes - (terminal_characters(text, bytes) - own));
    fprintf(stream, "%*s", right || last ? 0 : pad, "");
}

/* One line of the screen: bytes[i] of texts[i] in column i. */
static void print_line(FILE *stream, const struct table_column *columns, size_t count,
                       const char *const *texts, const size_t *bytes, const struct layout *layout,
                       bool head) {
    while (count > 0 && bytes[count - 1] == 0) /* lines do not end with spaces */
        count--;
    for (size_t i = 0; i < count; i++) {
        /* What a number has fewer decimals than others, it leaves free on its right. */
        const size_t free =
            head ? 0 : layout->extents[i].after - after_units(&columns[i], texts[i]);
        fprintf(stream, "%*s", i ? (int)layout->gap : 0, "");
        print_padded(stream, texts[i], bytes[i], layout->widths[i] - free, columns[i].number,
                     i + 1 == count);
        fprintf(stream, "%*s", i + 1 < count ? (int)free : 0, "");
    }
}

/* A row; what does not fit on its first line stands below. */
static void print_row(FILE *stream, const struct table_column *columns, size_t count,
                      const char *const *cells, const struct layout *layout) {
    const char *rest[TABLE_COLUMNS_MAX];
    size_t bytes[TABLE_COLUMNS_MAX];
    memcpy(rest, cells, count * sizeof *rest);
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < count; i++)
            bytes[i] = columns[i].number ? strlen(rest[i]) : line_of(rest[i], layout->widths[i]);
        print_line(stream, columns, count, rest, bytes, layout, false);
        fputc('\n', stream);
        for (size_t i = 0; i < count; i++)
            more |= *(rest[i] += bytes[i]) != '\0';
    }
}

/* The titles, which end on the same line. */
static void print_head(FILE *stream, const struct table_column *columns, size_t count,
                       const struct layout *layout) {
    const bool colour = terminal_colour(stream);
    const char *rest[TABLE_COLUMNS_MAX];
    size_t bytes[TABLE_COLUMNS_MAX], lines = 0;
    for (size_t i = 0; i < count; i++) {
        rest[i] = columns[i].title;
        lines = larger(lines, line_count(rest[i], layout->widths[i]));
    }
    for (; lines > 0; lines--) {
        for (size_t i = 0; i < count; i++) {
            const bool begun = line_count(rest[i], layout->widths[i]) >= lines;
            bytes[i] = begun ? line_of(rest[i], layout->widths[i]) : 0;
        }
        fputs(colour ? "\033[1m" : "", stream);
        print_line(stream, columns, count, rest, bytes, layout, true);
        fputs(colour ? "\033[0m\n" : "\n", stream);
        for (size_t i = 0; i < count; i++)
            rest[i] += bytes[i];
    }
}

/* Each row as a list of titles and cells. */
static void print_lists(FILE *stream, const struct table_column *columns, size_t count,
                        const char *const *cells, size_t rows) {
    size_t width = 0;
    for (size_t i = 0; i < count; i++)
        width = larger(width, strlen(columns[i].title));
    for (size_t row = 0; row < rows; row++) {
        if (row > 0)
            fputc('\n', stream);
        for (size_t i = 0; i < count; i++)
            if (*cells[row * count + i])
                terminal_print(stream, width + 2, "%-*s  %s", (int)width, columns[i].title,
                               cells[row * count + i]);
    }
}

/* False where it does not fit, whatever is done. */
static bool lay_out(FILE *stream, const struct table_column *columns, size_t column_count,
                    const char *const *cells, size_t rows, struct layout *layout) {
    const size_t width = (size_t)terminal_width(stream), limit = width > 0 ? width : SIZE_MAX;
    bool fits = false;
    for (size_t i = 0; i < column_count; i++) {
        layout->extents[i] = extent_of(&columns[i], cells + i, column_count, rows);
        layout->widths[i] = narrowest(&layout->extents[i], WHOLE);
    }
    for (enum measure measure = WHOLE; measure < MEASURES && !fits; measure++)
        fits = narrow(column_count, limit, measure, layout);
    return fits;
}

bool table_fits(FILE *stream, const struct table_column *columns, size_t column_count,
                const char *const *cells, size_t rows) {
    struct layout layout;
    return lay_out(stream, columns, column_count, cells, rows, &layout);
}

void table_print(FILE *stream, const struct table_column *columns, size_t column_count,
                 const char *const *cells, size_t rows) {
    struct layout layout;
    if (!lay_out(stream, columns, column_count, cells, rows, &layout)) {
        print_lists(stream, columns, column_count, cells, rows);
        return;
    }
    for (size_t i = 0; i < column_count; i++)
        layout.widths[i] = used_width(&columns[i], &layout.extents[i], cells + i, column_count,
                                      rows, layout.widths[i]);
    print_head(stream, columns, column_count, &layout);
    for (size_t row = 0; row < rows; row++)
        print_row(stream, columns, column_count, cells + row * column_count, &layout);
}
