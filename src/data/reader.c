#include "data/reader.h"

#include "data/gzip.h"
#include "data/input.h"

static const struct reader *const readers[] = {&npz_reader, &npy_reader, &csv_reader,
                                               &picture_reader};

/* Of a file that gzip compressed what it unpacks to, as far as it can be. */
static enum status read_head(struct reader_place *place, struct error *error) {
    struct gzip gzip;
    enum status status = gzip_open(place->path, &gzip, error);
    if (status != STATUS_OK)
        return status;
    status = input_read(gzip_input(&gzip), place->head, READER_HEAD, &place->head_bytes, error);
    gzip_close(&gzip);
    return status == STATUS_IO      ? error_place(error, place->path, 0, 0)
           : status == STATUS_INPUT ? STATUS_OK
                                    : status;
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
