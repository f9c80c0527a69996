#include "data/reader.h"

#include "data/input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct reader *const readers[] = {&npz_reader, &npy_reader};

static enum status read_head(struct reader_place *place, struct error *error) {
    int descriptor;
    size_t size;
    enum status status = input_open_file(place->path, &descriptor, &size, error);
    if (status != STATUS_OK)
        return status;
    ssize_t got = 1;
    while (got > 0 && place->head_bytes < READER_HEAD) {
        got = read(descriptor, place->head + place->head_bytes, READER_HEAD - place->head_bytes);
        place->head_bytes += got > 0 ? (size_t)got : 0;
    }
    const int reason = errno;
    close(descriptor);
    if (got >= 0)
        return STATUS_OK;
    error_set(error, STATUS_IO, "cannot be read: %s", strerror(reason));
    return error_place(error, place->path, 0, 0);
}

enum status reader_find(const char *path, struct reader_place *place, const struct reader **reader,
                        struct error *error) {
    *reader = NULL;
    *place = (struct reader_place){.path = path};
    enum status status = places_look(path, &place->kind, error);
    if (status == STATUS_OK && place->kind == PLACE_FILE)
        status = read_head(place, error);
    for (size_t i = 0; i < sizeof readers / sizeof *readers && status == STATUS_OK && !*reader; i++)
        if (place->kind != PLACE_ABSENT && readers[i]->recognises(place))
            *reader = readers[i];
    return status;
}
