/* Bytes that arrive from outside and whose announced length is not to be trusted.
 *
 * An input is anything that hands out bytes: a gzip stream, a member of a zip archive, or
 * a converter in front of another input. Memory for what is read grows with what has in
 * fact arrived, so that a short file that announces gigabytes costs next to nothing. */
#ifndef SWEEP_DATA_INPUT_H
#define SWEEP_DATA_INPUT_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct input {
    /* Up to `wanted` bytes into `to`; `*got` falls short of `wanted` only at the end. */
    enum status (*read)(void *context, uint8_t *to, size_t wanted, size_t *got,
                        struct error *error);
    void *context;
};

enum status input_read(struct input input, uint8_t *to, size_t wanted, size_t *got,
                       struct error *error);

struct input_bytes {
    uint8_t *data; /* owned by the caller, who frees it; never NULL after success */
    size_t count;
    bool more; /* the input goes on after `count` bytes */
};

/* Read at most `expected` bytes, and see whether there are more. `hint`: the size of the file on
 * disk, for which there is room at first; what unpacks to a great many times that is STATUS_INPUT.
 * Reaching the end early is not an error here: compare bytes->count. On failure nothing is left to
 * free. */
enum status input_read_all(struct input input, size_t expected, size_t hint,
                           struct input_bytes *bytes, struct error *error);

/* Open the regular file `path` for reading; anything else (a folder, a pipe that would
 * block) is STATUS_INPUT, a failing open is STATUS_IO. The caller closes `*descriptor`.
 * Errors are placed at `path`. */
enum status input_open_file(const char *path, int *descriptor, size_t *size, struct error *error);

#endif
