#include "base/file.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATIENCE_SECONDS 10

static enum status fail(const char *what, int reason, struct error *error) {
    const bool system = reason == EMFILE || reason == ENFILE || reason == EIO;
    if (reason == ENOMEM)
        return error_memory(error);
    return error_set(error, system ? STATUS_IO : STATUS_INPUT, "can't be %s: %s", what,
                     strerror(reason));
}

/* Up to `room` bytes; fewer only at the end. */
static enum status read_to_end(int file, char *text, size_t room, size_t *length,
                               struct error *error) {
    const double end = clock_seconds() + PATIENCE_SECONDS;
    while (*length < room) {
        struct pollfd ready = {.fd = file, .events = POLLIN};
        const double left = end - clock_seconds();
        const int polled = left > 0 ? poll(&ready, 1, (int)(left * 1000) + 1) : 0;
        if (polled == 0)
            return error_set(error, STATUS_INPUT,
                             "doesn't end: after %d seconds there are %zu bytes and no end of file",
                             PATIENCE_SECONDS, *length);
        const ssize_t count = polled < 0 ? -1 : read(file, text + *length, room - *length);
        if (count == 0)
            break;
        if (count > 0)
            *length += (size_t)count;
        else if (errno != EINTR && errno != EAGAIN)
            return fail("read", errno, error);
    }
    return STATUS_OK;
}

/* What is to be had for a file's text: of a regular file as much as it has, lest a small file's
 * reader clear all that a large one may have. Others, and those of /proc, tell no size. */
static size_t room_for(int file, size_t limit) {
    struct stat about;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size <= 0)
        return limit;
    return (uintmax_t)about.st_size < limit ? (size_t)about.st_size : limit;
}

/* Into room for `room` bytes, and whether there were more. */
static enum status read_into(int file, size_t room, struct arena *arena, char **text,
                             size_t *length, bool *more, struct error *error) {
    *length = 0;
    *text = arena_alloc(arena, room + 1, 1);
    if (!*text)
        return error_memory(error);
    const enum status status = read_to_end(file, *text, room + 1, length, error);
    *more = *length > room;
    return status;
}

enum status file_read(const char *path, size_t limit, struct arena *arena, char **text,
                      size_t *length, struct error *error) {
    *length = 0;
    /* Without O_NONBLOCK, opening a named pipe would wait for somebody to write to it. */
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        fail("opened", errno, error);
        return error_place(error, path, 0, 0);
    }
    const size_t room = room_for(file, limit);
    bool more = false;
    enum status status = read_into(file, room, arena, text, length, &more, error);
    /* It has grown meanwhile. */
    if (status == STATUS_OK && more && room < limit && lseek(file, 0, SEEK_SET) == 0)
        status = read_into(file, limit, arena, text, length, &more, error);
    if (status == STATUS_OK && more)
        status =
            error_set(error, STATUS_INPUT, "larger than %zu bytes, the most that is read", limit);
    close(file);
    if (status == STATUS_MEMORY)
        return status;
    if (status != STATUS_OK)
        return error_place(error, path, 0, 0);
    (*text)[*length] = '\0';
    return STATUS_OK;
}
