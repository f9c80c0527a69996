#include "data/dataset.h"

#include "base/text.h"
#include "data/digits.h"
#include "data/places.h"
#include "data/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How much of a digest tells two apart for a reader. */
#define DIGEST_SHOWN 12

#define NAME_ROOM (sizeof((struct dataset *)0)->name)

/* Below a place, MNIST as it is kept here, as the bare files, as torchvision keeps it
 * (MNIST/raw), and as Keras does. A NULL ends a list. */
static const char *const mnist_layouts[] = {"mnist", "", "MNIST/raw", "mnist.npz", NULL};

/* Below a place, another data set: after its name (FashionMNIST/raw is torchvision's). */
static const char *const named_layouts[] = {"", "/raw", ".npz", NULL};

/* In a folder that was named by its path. */
static const char *const path_layouts[] = {"", "raw", NULL};

static enum status load_mnist(const struct dataset_places *places, struct dataset *dataset,
                              bool *found, struct error *error);
static enum status load_digits(const struct dataset_places *places, struct dataset *dataset,
                               bool *found, struct error *error);

enum { MNIST, DIGITS, KNOWN };

static const struct known_dataset {
    enum status (*load)(const struct dataset_places *places, struct dataset *dataset, bool *found,
                        struct error *error);
} known[KNOWN] = {
    [MNIST] = {load_mnist},
    [DIGITS] = {load_digits},
};

static const char *const known_names[KNOWN] = {
    [MNIST] = "mnist",
    [DIGITS] = "digits",
};

const char *const *dataset_names(size_t *count) {
    *count = KNOWN;
    return known_names;
}

static enum status reject(const char *file, struct error *error) {
    error_place(error, file, 0, 0);
    return STATUS_INPUT;
}

static enum status check_part(const struct source_array *images, const struct source_array *labels,
                              struct error *error) {
    if (images->array.count == 0) {
        error_set(error, STATUS_INPUT, "holds no images");
        return reject(images->file, error);
    }
    if (images->array.count != labels->array.count) {
        error_set(error, STATUS_INPUT,
                  "holds %zu labels for the %zu images of %.600s; they do not belong together: "
                  "download both again",
                  labels->array.count, images->array.count, images->file);
        return reject(labels->file, error);
    }
    return STATUS_OK;
}

static enum status check_source(const struct source *source, struct error *error) {
    const struct source_array *parts = source->parts;
    const struct idx_array *train = &parts[TRAIN_IMAGES].array, *test = &parts[TEST_IMAGES].array;
    enum status status = check_part(&parts[TRAIN_IMAGES], &parts[TRAIN_LABELS], error);
    if (status == STATUS_OK)
        status = check_part(&parts[TEST_IMAGES], &parts[TEST_LABELS], error);
    if (status != STATUS_OK)
        return status;
    if (train->rows != test->rows || train->columns != test->columns) {
        error_set(error, STATUS_INPUT,
                  "holds test images of %zu x %zu pixels, but the training images are %zu x %zu; "
                  "the files belong to different data sets",
                  test->rows, test->columns, train->rows, train->columns);
        return reject(parts[TEST_IMAGES].file, error);
    }
    return STATUS_OK;
}

static size_t count_classes(const struct images *train, const struct images *test) {
    size_t classes = 2;
    const struct images *const halves[] = {train, test};
    for (size_t half = 0; half < 2; half++)
        for (size_t i = 0; i < halves[half]->count; i++)
            if (halves[half]->labels[i] >= classes)
                classes = (size_t)halves[half]->labels[i] + 1;
    return classes;
}

/* The digest of the four files' digests, which cover shapes, pixels and labels; so each byte
 * is digested once, for this and for comparing with the published digests. */
static struct digest digest_source(const struct source *source) {
    char text[SOURCE_PARTS * (DIGEST_LENGTH + 1) + 32];
    size_t length = (size_t)snprintf(text, sizeof text, "sweep data set 1\n");
    for (size_t i = 0; i < SOURCE_PARTS; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s\n",
                                   source->parts[i].digest.hex);
    return digest_of_bytes(text, length);
}

/* Copy a name, cut to the room there is, between characters of UTF-8. */
static void copy_name(const char *name, size_t length, char copy[NAME_ROOM]) {
    if (length >= NAME_ROOM) {
        length = NAME_ROOM - 1;
        while (length > 0 && ((unsigned char)name[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(copy, name, length);
    copy[length] = '\0';
}

/* Hand the arrays of a checked and digested source over to the data set. */
static void take_arrays(struct source *source, const char *name, struct dataset *dataset) {
    for (size_t i = 0; i < SOURCE_PARTS; i++) {
        dataset->owned[i] = source->parts[i].array.data;
        source->parts[i].array.data = NULL;
    }
    const struct source_array *parts = source->parts;
    dataset->train = (struct images){parts[TRAIN_IMAGES].array.count, dataset->owned[TRAIN_IMAGES],
                                     dataset->owned[TRAIN_LABELS], NULL};
    dataset->test = (struct images){parts[TEST_IMAGES].array.count, dataset->owned[TEST_IMAGES],
                                    dataset->owned[TEST_LABELS], NULL};
    dataset->rows = parts[TRAIN_IMAGES].array.rows;
    dataset->columns = parts[TRAIN_IMAGES].array.columns;
    dataset->classes = count_classes(&dataset->train, &dataset->test);
    dataset->digest = digest_source(source);
    dataset->published = source_is_mnist(source, NULL, NULL);
    copy_name(name, strlen(name), dataset->name);
    memcpy(dataset->source, source->path, sizeof dataset->source);
}

static enum status check_published(const struct source *source, struct error *error) {
    enum source_part part;
    const char *expected;
    if (source_is_mnist(source, &part, &expected))
        return STATUS_OK;
    error_set(error, STATUS_INPUT,
              "is not the published MNIST: the SHA-256 of the uncompressed %s is %.*s..., not "
              "%.*s...; download it again, or, if it is meant to be another data set, give the "
              "path of its folder as the dataset",
              source_file_name(part), DIGEST_SHOWN, source->parts[part].digest.hex, DIGEST_SHOWN,
              expected);
    return reject(source->parts[part].file, error);
}

/* Read `path` as the data set `name`, if there is one; MNIST has to be the published one. */
static enum status load_source(const char *path, const char *name, bool mnist,
                               struct dataset *dataset, bool *found, struct error *error) {
    struct source source;
    enum status status = source_read(path, &source, found, error);
    if (status != STATUS_OK || !*found)
        return status;
    source_digest(&source);
    if (mnist)
        status = check_published(&source, error);
    if (status == STATUS_OK)
        status = check_source(&source, error);
    if (status == STATUS_OK)
        take_arrays(&source, name, dataset);
    source_release(&source);
    return status;
}

/* Try each layout in each place: PLACE/PREFIX+LAYOUT. */
static enum status search_places(const struct dataset_places *places, const char *prefix,
                                 const char *const *layouts, const char *name, bool mnist,
                                 struct dataset *dataset, bool *found, struct error *error) {
    struct place_list list;
    enum status status = places_list(places, &list, error);
    for (size_t i = 0; i < list.count && status == STATUS_OK; i++)
        for (const char *const *layout = layouts; *layout; layout++) {
            char below[PLACES_PATH_MAX], path[PLACES_PATH_MAX];
            snprintf(below, sizeof below, "%s%s", prefix, *layout);
            status = places_join(list.folders[i], below, path, error);
            if (status == STATUS_OK)
                status = load_source(path, name, mnist, dataset, found, error);
            if (status != STATUS_OK || *found)
                return status;
        }
    return status;
}

static enum status load_mnist(const struct dataset_places *places, struct dataset *dataset,
                              bool *found, struct error *error) {
    return search_places(places, "", mnist_layouts, known_names[MNIST], true, dataset, found,
                         error);
}

static enum status draw_part(uint32_t first, size_t count, struct idx_array *images,
                             struct idx_array *labels, struct error *error) {
    const size_t dimensions[] = {count, DIGITS_SIDE, DIGITS_SIDE};
    enum status status = idx_shape(IDX_IMAGES, dimensions, images, error);
    if (status == STATUS_OK)
        status = idx_shape(IDX_LABELS, dimensions, labels, error);
    if (status != STATUS_OK)
        return status;
    images->data = malloc(images->bytes);
    labels->data = malloc(labels->bytes);
    if (!images->data || !labels->data)
        return error_memory(error);
    digits_draw_many(first, count, images->data, labels->data);
    return STATUS_OK;
}

static enum status load_digits(const struct dataset_places *places, struct dataset *dataset,
                               bool *found, struct error *error) {
    (void)places;
    struct source source = {.path = "built in"};
    struct source_array *parts = source.parts;
    enum status status =
        draw_part(0, DIGITS_TRAIN, &parts[TRAIN_IMAGES].array, &parts[TRAIN_LABELS].array, error);
    if (status == STATUS_OK)
        status = draw_part(DIGITS_TRAIN, DIGITS_TEST, &parts[TEST_IMAGES].array,
                           &parts[TEST_LABELS].array, error);
    if (status == STATUS_OK) {
        source_digest(&source);
        take_arrays(&source, known_names[DIGITS], dataset);
        *found = true;
    }
    source_release(&source);
    return status;
}

/* The last part of a path, links and dots resolved, without the ending of an archive. */
static void name_path(const char *path, char name[NAME_ROOM]) {
    char *real = realpath(path, NULL);
    const char *full = real ? real : path, *slash = strrchr(full, '/');
    const char *last = slash ? slash + 1 : full;
    size_t length = strlen(last);
    if (length > 4 && strcmp(last + length - 4, ".npz") == 0)
        length -= 4;
    copy_name(last, length, name);
    free(real);
}

static enum status load_path(const char *path, struct dataset *dataset, bool *found,
                             struct error *error) {
    char name[NAME_ROOM];
    name_path(path, name);
    for (const char *const *layout = path_layouts; *layout; layout++) {
        char tried[PLACES_PATH_MAX];
        enum status status = places_join(path, *layout, tried, error);
        if (status == STATUS_OK)
            status = load_source(tried, name, false, dataset, found, error);
        if (status != STATUS_OK || *found)
            return status;
    }
    return STATUS_OK;
}

static enum status load_unknown(const char *name, const struct dataset_places *places,
                                struct dataset *dataset, bool *found, struct error *error) {
    bool is_path = strchr(name, '/') != NULL;
    enum place_kind kind = PLACE_ABSENT;
    enum status status = places_look(name, &kind, error);
    if (status == STATUS_OK && kind != PLACE_ABSENT)
        status = load_path(name, dataset, found, error);
    if (status != STATUS_OK || *found)
        return status;
    if (!is_path)
        return search_places(places, name, named_layouts, name, false, dataset, found, error);
    if (kind == PLACE_ABSENT)
        return STATUS_OK;
    error_set(error, STATUS_INPUT,
              "is no data set: a folder with %s, %s, %s and %s (plain or .gz) is expected, or an "
              ".npz file",
              source_file_name(TRAIN_IMAGES), source_file_name(TRAIN_LABELS),
              source_file_name(TEST_IMAGES), source_file_name(TEST_LABELS));
    return reject(name, error);
}

enum status dataset_load(const char *name, const struct dataset_places *places,
                         struct dataset *dataset, bool *found, struct error *error) {
    memset(dataset, 0, sizeof *dataset);
    *found = false;
    if (name[0] == '\0')
        return STATUS_OK;
    for (size_t i = 0; i < KNOWN; i++)
        if (strcmp(name, known_names[i]) == 0)
            return known[i].load(places, dataset, found, error);
    return load_unknown(name, places, dataset, found, error);
}

static void explain_mnist(struct text *text) {
    text_printf(text,
                "; to get mnist, put %s, %s, %s and %s (plain or .gz), or Keras' mnist.npz, into "
                "a folder and name it with --data-dir; or use `digits`, which is built in",
                source_file_name(TRAIN_IMAGES), source_file_name(TRAIN_LABELS),
                source_file_name(TEST_IMAGES), source_file_name(TEST_LABELS));
}

static void explain_unknown(struct text *text, const char *name) {
    const char *nearest = text_nearest(name, known_names, KNOWN);
    if (nearest)
        text_printf(text, "; did you mean `%s`?", nearest);
    text_append(text, "; known are");
    for (size_t i = 0; i < KNOWN; i++)
        text_printf(text, "%s `%s`", i > 0 ? " and" : "", known_names[i]);
    text_append(text, ", others are named by the folder of their IDX files");
}

static void explain_places(struct text *text, const struct dataset_places *places) {
    struct place_list list;
    if (places_list(places, &list, NULL) != STATUS_OK)
        return;
    text_append(text, "; looked in");
    for (size_t i = 0; i < list.count; i++)
        text_printf(text, "%s %s", i > 0 ? "," : "", list.folders[i]);
}

static enum status none_found(const char *const *names, size_t count,
                              const struct dataset_places *places, struct error *error) {
    struct text text;
    text_init(&text);
    bool mnist = false;
    text_append(&text, "data set not found:");
    for (size_t i = 0; i < count; i++) {
        text_printf(&text, "%s `%.100s`", i > 0 ? "," : "", names[i]);
        mnist = mnist || strcmp(names[i], known_names[MNIST]) == 0;
    }
    if (mnist)
        explain_mnist(&text);
    else if (count > 0)
        explain_unknown(&text, names[0]);
    explain_places(&text, places);
    enum status status =
        text.failed ? error_memory(error) : error_set(error, STATUS_INPUT, "%s", text.data);
    text_release(&text);
    return status;
}

enum status dataset_load_first(const char *const *names, size_t count,
                               const struct dataset_places *places, struct dataset *dataset,
                               struct error *error) {
    memset(dataset, 0, sizeof *dataset);
    for (size_t i = 0; i < count; i++) {
        bool found;
        enum status status = dataset_load(names[i], places, dataset, &found, error);
        if (status != STATUS_OK || found)
            return status;
    }
    return none_found(names, count, places, error);
}

static enum status index_part(struct dataset *dataset, struct images *images, struct error *error) {
    struct sparse_images *index = ARENA_NEW(&dataset->arena, struct sparse_images, 1);
    if (!index || !sparse_index(index, images->pixels, images->count,
                                dataset->rows * dataset->columns, &dataset->arena))
        return error_memory(error);
    images->index = index;
    return STATUS_OK;
}

enum status dataset_index(struct dataset *dataset, struct error *error) {
    enum status status = index_part(dataset, &dataset->train, error);
    return status == STATUS_OK ? index_part(dataset, &dataset->test, error) : status;
}

void dataset_release(struct dataset *dataset) {
    arena_release(&dataset->arena);
    for (size_t i = 0; i < sizeof dataset->owned / sizeof *dataset->owned; i++)
        free(dataset->owned[i]);
    memset(dataset, 0, sizeof *dataset);
}
