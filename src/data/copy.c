#include "data/copy.h"

#include "base/output.h"
#include "base/random.h"
#include "data/places.h"
#include "data/source.h"

#include <errno.h>
#include <stdlib.h>

void copy_label_map(const struct dataset *dataset, const struct copy_changes *changes,
                    uint8_t map[DATASET_CLASSES_MAX], size_t *classes) {
    const struct images *const parts[] = {&dataset->train, &dataset->test};
    bool occurs[DATASET_CLASSES_MAX] = {false};
    for (size_t part = 0; part < 2; part++)
        for (size_t i = 0; i < parts[part]->count; i++)
            occurs[parts[part]->labels[i]] = true;
    *classes = 0;
    for (size_t label = 0; label < DATASET_CLASSES_MAX; label++) {
        map[label] = (uint8_t)(changes->renumber && occurs[label] ? *classes : label);
        *classes += occurs[label];
    }
}

/* The images of both parts, training first, in the copy's order. */
static uint32_t *make_order(const struct dataset *dataset, const struct copy_changes *changes,
                            struct error *error) {
    const struct random_source source = {.purpose = RANDOM_SHUFFLE};
    const size_t train = dataset->train.count, count = train + dataset->test.count;
    uint32_t *order = malloc(count * sizeof *order);
    if (!order) {
        error_memory(error);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    if (changes->mix)
        random_permutation(source, order, count);
    else if (changes->shuffle)
        random_permutation(source, order, train);
    return order;
}

/* One image or label of either part. */
static const uint8_t *element_at(const struct dataset *dataset, enum idx_kind kind, size_t i) {
    const bool train = i < dataset->train.count;
    const struct images *part = train ? &dataset->train : &dataset->test;
    const size_t at = train ? i : i - dataset->train.count;
    return kind == IDX_LABELS ? part->labels + at
                              : part->pixels + at * dataset->rows * dataset->columns;
}

struct copying {
    const struct dataset *dataset;
    const struct copy_changes *changes;
    const uint32_t *order;
    uint8_t label_map[DATASET_CLASSES_MAX];
};

static void put_image(const struct copying *copying, const uint8_t *pixels, FILE *stream) {
    const size_t rows = copying->dataset->rows, columns = copying->dataset->columns;
    if (!copying->changes->transpose)
        fwrite(pixels, 1, rows * columns, stream);
    else
        for (size_t j = 0; j < rows * columns; j++)
            putc(pixels[j % rows * columns + j / rows], stream);
}

static enum status write_part(const struct copying *copying, enum source_part part,
                              const char *folder, struct error *error) {
    const struct dataset *dataset = copying->dataset;
    const bool train = part == TRAIN_IMAGES || part == TRAIN_LABELS;
    const bool flip = copying->changes->transpose;
    struct idx_array array = {.kind = part == TRAIN_IMAGES || part == TEST_IMAGES ? IDX_IMAGES
                                                                                  : IDX_LABELS,
                              .count = train ? dataset->train.count : dataset->test.count,
                              .rows = flip ? dataset->columns : dataset->rows,
                              .columns = flip ? dataset->rows : dataset->columns};
    const size_t first = train ? 0 : dataset->train.count;
    uint8_t header[IDX_HEADER_MAX];
    char path[PLACES_PATH_MAX], name[SOURCE_NAME_MAX];
    struct output output;
    source_file_name(part, (struct source_names){0}, name);
    enum status status = places_join(folder, name, path, error);
    if (status == STATUS_OK)
        status = output_open(path, &output, error);
    if (status != STATUS_OK)
        return status;
    const size_t header_bytes = idx_header(&array, header);
    fwrite(header, 1, header_bytes, output.stream);
    for (size_t i = first; i < first + array.count; i++) {
        const uint8_t *element = element_at(dataset, array.kind, copying->order[i]);
        if (array.kind == IDX_IMAGES)
            put_image(copying, element, output.stream);
        else
            putc(copying->label_map[*element], output.stream);
    }
    if (ferror(output.stream))
        output.fault = errno;
    return output_keep(&output, error);
}

enum status copy_write(const struct dataset *dataset, const struct copy_changes *changes,
                       const char *folder, struct error *error) {
    struct source there;
    bool found;
    size_t classes;
    if (!dataset_is_plain(dataset))
        return error_set(error, STATUS_INPUT,
                         "%s can't be copied: IDX files hold grey images of bytes and labels; "
                         "mend the file that it is read from",
                         dataset->name);
    enum status status = source_find(folder, (struct source_names){0}, &there, &found, error);
    if (status == STATUS_OK && found) {
        error_set(error, STATUS_INPUT, "holds a data set already; give the name of a new folder");
        status = error_place(error, folder, 0, 0);
    }
    if (status != STATUS_OK)
        return status;
    struct copying copying = {.dataset = dataset, .changes = changes};
    copy_label_map(dataset, changes, copying.label_map, &classes);
    uint32_t *order = make_order(dataset, changes, error);
    if (!order)
        return STATUS_MEMORY;
    copying.order = order;
    for (size_t part = 0; part < SOURCE_PARTS && status == STATUS_OK; part++)
        status = write_part(&copying, (enum source_part)part, folder, error);
    free(order);
    return status;
}
