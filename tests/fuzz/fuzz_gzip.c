/* Compressed IDX files: the input is the file. A fuzzer that knew nothing of gzip would not get
 * past its check sums, so half of the mutations are made on what the file unpacks to. */
#include "fuzz_arrays.h"

#include <string.h>
#include <zlib.h>

#define PLAIN_MAX 65536

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    expect_idx(data, size);
    return 0;
}

#define GZIP_WINDOW (15 + 16) /* the largest window, and gzip's header */

/* What there is of the input up to its first fault. */
static size_t unpack(const uint8_t *data, size_t size, uint8_t *plain) {
    z_stream stream = {.next_in = (uint8_t *)(uintptr_t)data,
                       .avail_in = (unsigned)size,
                       .next_out = plain,
                       .avail_out = PLAIN_MAX};
    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
        return 0;
    inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    return PLAIN_MAX - stream.avail_out;
}

/* 0 when it does not fit. */
static size_t pack(const uint8_t *plain, size_t size, uint8_t *data, size_t max_size) {
    z_stream stream = {.next_in = (uint8_t *)(uintptr_t)plain,
                       .avail_in = (unsigned)size,
                       .next_out = data,
                       .avail_out = (unsigned)max_size};
    if (deflateInit2(&stream, 1, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    const int code = deflate(&stream, Z_FINISH);
    deflateEnd(&stream);
    return code == Z_STREAM_END ? max_size - stream.avail_out : 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    static uint8_t plain[PLAIN_MAX], packed[2 * PLAIN_MAX];
    if (seed % 2 == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    const size_t length = LLVMFuzzerMutate(plain, unpack(data, size, plain), PLAIN_MAX);
    const size_t room = max_size < sizeof packed ? max_size : sizeof packed;
    const size_t result = pack(plain, length, packed, room);
    memcpy(data, packed, result);
    return result;
}
