#include "base/file.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
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

enum status file_read(const char *path, size_t limit, struct arena *arena, char **text,
                      size_t *length, struct error *error) {
    enum status status = STATUS_OK;
    *length = 0;
    *text = arena_alloc(arena, limit + 1, 1);
    if (!*text)
        return error_memory(error);
    /* Without O_NONBLOCK, opening a named pipe would wait for somebody to write to it. */
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        fail("opened", errno, error);
        return error_place(error, path, 0, 0);
    }
    status = read_to_end(file, *text, limit + 1, length, error);
    if (status == STATUS_OK && *length > limit)
        status =
            error_set(error, STATUS_INPUT, "larger than %zu bytes, the most that is read", limit);
    close(file);
    if (status != STATUS_OK)
        return error_place(error, path, 0, 0);
    (*text)[*length] = '\0';
    return STATUS_OK;
}
