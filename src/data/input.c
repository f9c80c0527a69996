#include "data/input.h"

#include "base/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20) /* that is read between two looks at how far it is */
#define SMALLEST_CAPACITY ((size_t)64 * 1024)

/* Images shrink to a tenth or so; what unpacks to more than this is made to fill the memory. */
#define EXPANSION_MAX 200
#define EXPANDED_FREELY ((size_t)64 << 20) /* bytes for which nobody is suspected */

enum status input_read(struct input input, uint8_t *to, size_t wanted, size_t *got,
                       struct error *error) {
    *got = 0;
    return wanted == 0 ? STATUS_OK : input.read(input.context, to, wanted, got, error);
}

/* Twice the capacity, but never above `most`; `hint` bytes are the file's on disk. */
static enum status grow(struct input_bytes *bytes, size_t *capacity, size_t most, size_t hint,
                        struct error *error) {
    if (*capacity >= EXPANDED_FREELY && *capacity / EXPANSION_MAX > hint)
        return error_set(error, STATUS_INPUT,
                         "unpacks to more than %d times its size, which images don't; the file is "
                         "damaged, or made to fill the memory",
                         EXPANSION_MAX);
    size_t larger = *capacity > most / 2 ? most : *capacity * 2;
    uint8_t *data = realloc(bytes->data, larger);
    if (!data)
        return error_memory(error);
    bytes->data = data;
    *capacity = larger;
    return STATUS_OK;
}

static enum status fill(struct input input, size_t expected, size_t capacity, size_t hint,
                        struct input_bytes *bytes, struct error *error) {
    while (bytes->count < expected) {
        enum status status = STATUS_OK;
        if (bytes->count == capacity)
            status = grow(bytes, &capacity, expected, hint, error);
        const size_t room = capacity - bytes->count, wanted = room < PIECE ? room : PIECE;
        size_t got = 0;
        if (status == STATUS_OK)
            status = input_read(input, bytes->data + bytes->count, wanted, &got, error);
        if (status != STATUS_OK)
            return status;
        bytes->count += got;
        stage_tell((double)bytes->count / (double)expected);
        if (got < wanted)
            return STATUS_OK;
    }
    uint8_t beyond;
    size_t got;
    enum status status = input_read(input, &beyond, 1, &got, error);
    bytes->more = got > 0;
    return status;
}

enum status input_read_all(struct input input, size_t expected, size_t hint,
                           struct input_bytes *bytes, struct error *error) {
    size_t capacity = hint > SMALLEST_CAPACITY ? hint : SMALLEST_CAPACITY;
    if (capacity > expected)
        capacity = expected;
    *bytes = (struct input_bytes){.data = malloc(capacity > 0 ? capacity : 1)};
    if (!bytes->data)
        return error_memory(error);
    enum status status = fill(input, expected, capacity, hint, bytes, error);
    if (status != STATUS_OK) {
        free(bytes->data);
        *bytes = (struct input_bytes){0};
    }
    return status;
}

enum status input_open_file(const char *path, int *descriptor, size_t *size, struct error *error) {
    /* Without O_NONBLOCK, opening a named pipe would wait for somebody to write to it. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat about;
    if (file < 0 || fstat(file, &about) != 0) {
        error_set(error, STATUS_IO, "cannot be opened: %s", strerror(errno));
        error_place(error, path, 0, 0);
        if (file >= 0)
            close(file);
        return STATUS_IO;
    }
    if (!S_ISREG(about.st_mode)) {
        close(file);
        error_set(error, STATUS_INPUT, "is not a regular file");
        error_place(error, path, 0, 0);
        return STATUS_INPUT;
    }
    *descriptor = file;
    *size = (size_t)about.st_size;
    return STATUS_OK;
}
