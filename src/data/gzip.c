#include "data/gzip.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define BUFFER (256 * 1024)

static enum status gzip_error(struct gzip *gzip, struct error *error) {
    int code;
    const char *text = gzerror(gzip->file, &code);
    if (code == Z_MEM_ERROR)
        return error_memory(error);
    if (code == Z_ERRNO)
        return error_set(error, STATUS_IO, "cannot be read: %s", strerror(errno));
    return error_set(error, STATUS_INPUT,
                     "cannot be decompressed (%s); the file is damaged: download or "
                     "copy it again",
                     text);
}

static enum status read_some(void *context, uint8_t *to, size_t wanted, size_t *got,
                             struct error *error) {
    struct gzip *gzip = context;
    while (*got < wanted) {
        size_t rest = wanted - *got;
        int count = gzread(gzip->file, to + *got, rest < INT_MAX ? (unsigned)rest : INT_MAX);
        int code = Z_OK;
        gzerror(gzip->file, &code);
        /* Data that end too early are told by how many of them there are. */
        if (code == Z_BUF_ERROR)
            gzip->cut = true;
        else if (count < 0 || code < 0)
            return gzip_error(gzip, error);
        if (count <= 0)
            return STATUS_OK;
        *got += (size_t)count;
    }
    return STATUS_OK;
}

enum status gzip_open(const char *path, struct gzip *gzip, struct error *error) {
    int descriptor;
    *gzip = (struct gzip){0};
    const enum status status = input_open_file(path, &descriptor, &gzip->size, error);
    if (status != STATUS_OK)
        return status;
    gzip->file = gzdopen(descriptor, "rb");
    if (!gzip->file) {
        close(descriptor);
        return error_memory(error);
    }
    gzbuffer(gzip->file, BUFFER);
    return STATUS_OK;
}

struct input gzip_input(struct gzip *gzip) {
    return (struct input){read_some, gzip};
}

void gzip_close(struct gzip *gzip) {
    if (gzip->file)
        gzclose_r(gzip->file);
    *gzip = (struct gzip){0};
}
