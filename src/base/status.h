/* Status codes and the error value that a failed call fills.
 *
 * A function that can fail returns `enum status` and takes a `struct error *`
 * that its caller owns; on success the error is left alone. An error is a plain
 * value without pointers, so it can be copied, queued and stored in a row. */
#ifndef SWEEP_BASE_STATUS_H
#define SWEEP_BASE_STATUS_H

#include <stdarg.h>

/* Each is the exit status of a program that ends with it (sysexits.h's where that has one). */
enum status {
    STATUS_OK = 0,
    STATUS_USAGE = 2,
    STATUS_INPUT = 65,
    STATUS_INTERNAL = 70,
    STATUS_MEMORY = 71,
    STATUS_IO = 74,
    STATUS_BUSY = 75,
    STATUS_INTERRUPTED = 130,
};

struct error {
    enum status code;
    int line, column; /* 1-based; 0: unknown */
    char file[256];   /* empty: no place */
    char message[1024];
};

/* Fill `error` (which may be NULL) and return `code`, so that a caller can write
 * `return error_set(error, STATUS_IO, ...)`. Texts that don't fit are cut. */
enum status error_set(struct error *error, enum status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum status error_vset(struct error *error, enum status code, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* Say where an already filled error happened; lines and columns are 1-based, 0 for unknown. Of a
 * long path the end is kept. */
enum status error_place(struct error *error, const char *file, int line, int column);

/* A place in a text that a person wrote. */
struct origin {
    const char *file; /* NULL: nobody knows */
    int line, column; /* as an error's */
};

/* The same, where it is known. */
enum status error_from(struct error *error, const struct origin *origin);

enum status error_memory(struct error *error);

/* "FILE:LINE:COLUMN: message", as far as the place is known, in `buffer`. */
#define ERROR_TEXT 1400
const char *error_text(const struct error *error, char buffer[ERROR_TEXT]);

#endif
