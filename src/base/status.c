#include "base/status.h"

#include <stdio.h>
#include <string.h>

enum status error_vset(struct error *error, enum status code, const char *format,
                       va_list arguments) {
    if (error) {
        error->code = code;
        error->line = error->column = 0;
        error->file[0] = '\0';
        vsnprintf(error->message, sizeof error->message, format, arguments);
    }
    return code;
}

enum status error_set(struct error *error, enum status code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error_vset(error, code, format, arguments);
    va_end(arguments);
    return code;
}

enum status error_place(struct error *error, const char *file, int line, int column) {
    if (!error)
        return STATUS_INTERNAL;
    const size_t length = strlen(file), room = sizeof error->file - sizeof "...";
    const char *tail = length < sizeof error->file ? file : file + length - room;
    while (tail != file && ((unsigned char)*tail & 0xc0) == 0x80) /* within a character */
        tail++;
    snprintf(error->file, sizeof error->file, "%s%s", tail == file ? "" : "...", tail);
    error->line = line;
    error->column = column;
    return error->code;
}

enum status error_from(struct error *error, const struct origin *origin) {
    if (!error || !origin->file)
        return error ? error->code : STATUS_INTERNAL;
    return error_place(error, origin->file, origin->line, origin->column);
}

enum status error_memory(struct error *error) {
    return error_set(error, STATUS_MEMORY, "out of memory");
}

const char *error_text(const struct error *error, char buffer[ERROR_TEXT]) {
    char place[32] = "";
    if (error->line > 0 && error->column > 0)
        snprintf(place, sizeof place, ":%d:%d", error->line, error->column);
    else if (error->line > 0)
        snprintf(place, sizeof place, ":%d", error->line);
    snprintf(buffer, ERROR_TEXT, "%s%s%s%s", error->file, place, error->file[0] ? ": " : "",
             error->message);
    return buffer;
}
