#include "base/digest.h"

#include <nettle/base16.h>
#include <nettle/sha2.h>
#include <string.h>

struct digest digest_of(const struct digest_piece *pieces, size_t count) {
    struct sha256_ctx context;
    uint8_t bytes[SHA256_DIGEST_SIZE];
    struct digest digest;
    sha256_init(&context);
    for (size_t i = 0; i < count; i++)
        sha256_update(&context, pieces[i].bytes, pieces[i].data);
    sha256_digest(&context, sizeof bytes, bytes);
    base16_encode_update(digest.hex, sizeof bytes, bytes);
    digest.hex[DIGEST_LENGTH] = '\0';
    return digest;
}

struct digest digest_of_bytes(const void *data, size_t bytes) {
    return digest_of(&(struct digest_piece){data, bytes}, 1);
}

struct digest digest_of_string(const char *string) {
    return digest_of_bytes(string, strlen(string));
}
