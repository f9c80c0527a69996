#include "base/digest.h"

#include <sha2.h>
#include <string.h>
#include <sys/types.h>

struct digest digest_of(const struct digest_piece *pieces, size_t count) {
    SHA2_CTX context;
    struct digest digest;
    SHA256Init(&context);
    for (size_t i = 0; i < count; i++)
        SHA256Update(&context, pieces[i].data, pieces[i].bytes);
    SHA256End(&context, digest.hex);
    return digest;
}

struct digest digest_of_bytes(const void *data, size_t bytes) {
    return digest_of(&(struct digest_piece){data, bytes}, 1);
}

struct digest digest_of_string(const char *string) {
    return digest_of_bytes(string, strlen(string));
}
