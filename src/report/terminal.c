#include "report/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LINE_SIZE 8192  /* of what terminal_print prints */
#define LINE_LEAST 20   /* characters that a line has room for besides its indentation, */
#define INDENT_NARROW 4 /* or else it is indented by this */

/* Of the stream's file; standard error may have none of its own (console.h). */
static int descriptor_of(FILE *stream) {
    return stream == stderr ? STDERR_FILENO : fileno(stream);
}

bool terminal_is(FILE *stream) {
    return isatty(descriptor_of(stream)) == 1;
}

int terminal_width(FILE *stream) {
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    if (!terminal_is(stream))
        return 0;
    if (columns && atoi(columns) > 0)
        return atoi(columns);
    return ioctl(descriptor_of(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                                   : 80;
}

bool terminal_redraws(FILE *stream) {
    const char *kind = getenv("TERM");
    return terminal_is(stream) && kind && *kind && strcmp(kind, "dumb") != 0;
}

/* Asked without setting the process' locale, which would change how numbers are read and written.
 */
bool terminal_unicode(void) {
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (!locale)
        return false;
    const bool unicode = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return unicode;
}

bool terminal_colour(FILE *stream) {
    const char *off = getenv("NO_COLOR");
    return terminal_redraws(stream) && !(off && *off);
}

const char *terminal_safe(const char *text, char *buffer, size_t size) {
    size_t used = 0;
    for (const char *c = text; *c;) {
        const size_t control = text_control(c), length = text_character(c);
        const bool plain = control == 0 && length > 0;
        if (used + (plain ? length : 1) >= size)
            break;
        if (plain)
            memcpy(buffer + used, c, length);
        else
            buffer[used] = '?';
        used += plain ? length : 1;
        c += plain ? length : control > 0 ? control : 1;
    }
    buffer[used] = '\0';
    return buffer;
}

/* Bytes of the escape sequence at `text`, as for a colour (ECMA-48, 5.4); 0: there is none. */
static size_t escape_length(const char *text, size_t bytes) {
    if (bytes < 3 || text[0] != '\033' || text[1] != '[')
        return 0;
    size_t length = 2;
    while (length < bytes && (unsigned char)text[length] < 0x40)
        length++;
    return length < bytes ? length + 1 : 0;
}

size_t terminal_characters(const char *text, size_t bytes) {
    size_t count = 0;
    for (size_t i = 0; i < bytes; i++) {
        const size_t escape = escape_length(text + i, bytes - i);
        i += escape > 0 ? escape - 1 : 0;
        count += escape == 0 && ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return count;
}

/* Bytes of the word at `text`; a number keeps its percent sign. */
static size_t word_length(const char *text) {
    const size_t length = strcspn(text, " \n");
    return strncmp(text + length, " %", 2) == 0 ? length + 1 + strcspn(text + length + 1, " \n")
                                                : length;
}

/* Whether a line has a word that does not fit behind `indent`. */
static bool has_long_word(const char *line, size_t width, size_t indent) {
    for (line += strspn(line, " "); *line && *line != '\n'; line += strspn(line, " ")) {
        const size_t length = word_length(line);
        if (indent + terminal_characters(line, length) > width)
            return true;
        line += length;
    }
    return false;
}

/* Where the lines of a text go on: at `indent`, unless that leaves too little room for one of them
 * that does not fit whole. */
static size_t continuation(const char *text, size_t width, size_t column, size_t indent) {
    const size_t narrow = indent < INDENT_NARROW ? indent : INDENT_NARROW;
    for (; width > 0 && *text; text += strcspn(text, "\n"), text += *text == '\n', column = 0) {
        const bool whole = column + terminal_characters(text, strcspn(text, "\n")) <= width;
        if (!whole && (indent + LINE_LEAST > width || has_long_word(text, width, indent)))
            return narrow;
    }
    return indent;
}

/* Whether a gap reaches `indent`: it stands behind a label, or before what has none. */
static bool reaches(size_t column, size_t gap, size_t indent) {
    return column + gap >= indent && (column > 0 ? gap >= 2 : gap == indent);
}

size_t terminal_wrap(struct text *out, size_t width, size_t column, size_t indent,
                     const char *text) {
    const size_t next = continuation(text, width, column, indent);
    bool moved = next == indent; /* what stands at `indent` in this line stands at `next` now */
    while (*text) {
        const size_t gap = strspn(text, " "), length = word_length(text + gap);
        const size_t characters = terminal_characters(text + gap, length);
        const bool fits = width == 0 || column + gap + characters <= width;
        const bool moves = !moved && length > 0 && reaches(column, gap, indent);
        moved |= moves;
        if (length > 0 && (moves || !fits) && (moves || (column > 0 && column + gap > next))) {
            text_printf(out, "%s%*s", column > 0 ? "\n" : "", (int)next, "");
            column = next;
        } else if (length > 0) {
            text_printf(out, "%*s", (int)gap, "");
            column += gap;
        }
        text_append_bytes(out, text + gap, length);
        column += characters;
        text += gap + length;
        if (*text == '\n') {
            text_append(out, "\n");
            column = 0;
            moved = next == indent;
            text++;
        }
    }
    return column;
}

void terminal_fill(FILE *stream, size_t width, size_t column, size_t indent, const char *text) {
    struct text lines;
    text_init(&lines);
    terminal_wrap(&lines, width, column, indent, text);
    fprintf(stream, "%s\n", lines.failed ? text : lines.data);
    text_release(&lines);
}

/* In the stream's own width; the cursor is at `indent`. */
static void print_paragraph(FILE *stream, size_t indent, const char *text) {
    terminal_fill(stream, (size_t)terminal_width(stream), indent, indent, text);
}

void terminal_print(FILE *stream, size_t indent, const char *format, ...) {
    char text[LINE_SIZE], safe[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    terminal_fill(stream, (size_t)terminal_width(stream), 0, indent,
                  terminal_safe(text, safe, sizeof safe));
}

enum status terminal_say(FILE *stream, struct text *text, struct error *error) {
    char *safe = text->failed ? NULL : malloc(text->length + 1);
    const enum status status = safe ? STATUS_OK : error_memory(error);
    if (safe && text->length > 0)
        print_paragraph(stream, 0, terminal_safe(text->data, safe, text->length + 1));
    text_release(text);
    free(safe);
    return status;
}

void terminal_remarks(FILE *stream, const char *kind, const char *lines) {
    const bool colour = terminal_colour(stream);
    while (*lines) {
        const size_t length = strcspn(lines, "\n");
        char line[4096], safe[4096];
        snprintf(line, sizeof line, "%.*s", (int)length, lines);
        fprintf(stream, "%s%s:%s ", colour ? "\033[33m" : "", kind, colour ? "\033[0m" : "");
        print_paragraph(stream, strlen(kind) + 2, terminal_safe(line, safe, sizeof safe));
        lines += length + (lines[length] == '\n');
    }
}
