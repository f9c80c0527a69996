#include "report/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool terminal_is(FILE *stream) {
    return isatty(fileno(stream)) == 1;
}

int terminal_width(FILE *stream) {
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    if (!terminal_is(stream))
        return 0;
    if (columns && atoi(columns) > 0)
        return atoi(columns);
    return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool terminal_colour(FILE *stream) {
    const char *off = getenv("NO_COLOR"), *kind = getenv("TERM");
    return terminal_is(stream) && !(off && *off) && kind && strcmp(kind, "dumb") != 0;
}

const char *terminal_safe(const char *text, char *buffer, size_t size) {
    size_t length = 0;
    for (; text[length] && length + 1 < size; length++) {
        unsigned char c = (unsigned char)text[length];
        buffer[length] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
    }
    buffer[length] = '\0';
    return buffer;
}
