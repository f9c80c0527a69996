/* What the fuzz targets share.
 *
 * A target is one file fuzz_NAME.c that defines fuzz_one. Linked with libFuzzer (preset fuzz) it is
 * a fuzzer; linked with replay.c it is a test that reads seeds/NAME and regressions/NAME. A new
 * target is a new file and its seeds; CMake finds it. */
#ifndef SWEEP_TESTS_FUZZ_H
#define SWEEP_TESTS_FUZZ_H

#include "base/status.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The names are libFuzzer's. Look at one input; what must never be ends the program. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* assert, also where that is compiled out. */
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* Whatever a parser is fed, it is fine or bad input, and bad input has a place and a reason. */
static inline void expect_told(enum status status, const struct error *error) {
    if (status != STATUS_OK && status != STATUS_INPUT)
        fprintf(stderr, "%s\n", error->message);
    EXPECT(status == STATUS_OK || status == STATUS_INPUT);
    if (status == STATUS_OK)
        return;
    EXPECT(error->code == status);
    EXPECT(error->message[0] != '\0');
}

/* A file in memory with these contents, for parsers that take a path; the same one each time. */
static inline const char *file_with(const uint8_t *data, size_t size) {
    static int file = -1;
    static char path[32];
    if (file < 0) {
        file = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    EXPECT(file >= 0 && ftruncate(file, 0) == 0);
    EXPECT(pwrite(file, data, size, 0) == (ssize_t)size);
    return path;
}

#endif
