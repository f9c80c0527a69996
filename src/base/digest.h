/* SHA-256 digests, written as 64 lower-case hexadecimal digits. */
#ifndef SWEEP_BASE_DIGEST_H
#define SWEEP_BASE_DIGEST_H

#include <stddef.h>

#define DIGEST_LENGTH 64

struct digest {
    char hex[DIGEST_LENGTH + 1];
};

struct digest_piece {
    const void *data;
    size_t bytes;
};

/* The digest of the pieces laid end to end. */
struct digest digest_of(const struct digest_piece *pieces, size_t count);
struct digest digest_of_bytes(const void *data, size_t bytes);
struct digest digest_of_string(const char *string);

#endif
