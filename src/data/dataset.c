#include "data/dataset.h"

#include "data/digits.h"
#include "data/locate.h"
#include "data/mapping.h"
#include "data/options.h"
#include "data/photo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t dataset_array_find(const struct dataset *dataset, const char *name) {
    size_t at = 0;
    while (at < dataset->array_count && strcmp(dataset->arrays[at].name, name) != 0)
        at++;
    return at;
}

/* How much of a digest tells two apart for a reader. */
#define DIGEST_SHOWN 12

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

/* Hand the arrays of a checked and digested source over to the data set. */
static void take_arrays(struct source *source, const char *name, struct dataset *dataset) {
    for (size_t i = 0; i < SOURCE_PARTS; i++) {
        dataset->owned[i] = source->parts[i].array.data;
        source->parts[i].array.data = NULL;
    }
    const struct source_array *parts = source->parts;
    dataset->train = (struct images){.count = parts[TRAIN_IMAGES].array.count,
                                     .pixels = dataset->owned[TRAIN_IMAGES],
                                     .labels = dataset->owned[TRAIN_LABELS]};
    dataset->test = (struct images){.count = parts[TEST_IMAGES].array.count,
                                    .pixels = dataset->owned[TEST_IMAGES],
                                    .labels = dataset->owned[TEST_LABELS]};
    dataset->channels = 1;
    dataset->unit = 1;
    strcpy(dataset->input_name, "image");
    strcpy(dataset->target_name, "label");
    dataset->rows = parts[TRAIN_IMAGES].array.rows;
    dataset->columns = parts[TRAIN_IMAGES].array.columns;
    dataset->classes = count_classes(&dataset->train, &dataset->test);
    dataset->digest = digest_source(source);
    dataset->published = catalogue_published(source) != NULL;
    snprintf(dataset->name, sizeof dataset->name, "%s", name);
    memcpy(dataset->source, source->path, sizeof dataset->source);
}

static enum status not_published(const struct source *source, const struct catalogue_entry *entry,
                                 struct error *error) {
    size_t part = 0;
    char name[SOURCE_NAME_MAX];
    while (strcmp(source->parts[part].digest.hex, entry->published[part]) == 0)
        part++;
    source_file_name((enum source_part)part, (struct source_names){0}, name);
    error_set(error, STATUS_INPUT,
              "is not the published %s: the SHA-256 of the uncompressed %s is %.*s..., not "
              "%.*s...; download it again, or, if it is meant to be another data set, give the "
              "path of its folder as the dataset, as in ./%s",
              entry->title, name, DIGEST_SHOWN, source->parts[part].digest.hex, DIGEST_SHOWN,
              entry->published[part], entry->name);
    return reject(source->parts[part].file, error);
}

/* Files of MNIST's names may hold anything. */
static enum status check_published(const struct source *source, const struct catalogue_entry *entry,
                                   struct error *error) {
    const struct catalogue_entry *held = catalogue_published(source);
    if (held == entry || (!held && !entry->title))
        return STATUS_OK;
    if (!held)
        return not_published(source, entry, error);
    error_set(error, STATUS_INPUT, "holds %s, not %s; put the files of %s there", held->title,
              entry->name, entry->name);
    return reject(source->path, error);
}

/* Exchange the rows and columns of every image. */
static enum status transpose(struct idx_array *images, struct error *error) {
    const size_t rows = images->rows, columns = images->columns, bytes = rows * columns;
    uint8_t *copy = malloc(bytes);
    if (!copy)
        return error_memory(error);
    for (size_t i = 0; i < images->count; i++) {
        uint8_t *image = images->data + i * bytes;
        memcpy(copy, image, bytes);
        for (size_t j = 0; j < bytes; j++)
            image[j % columns * rows + j / columns] = copy[j];
    }
    images->rows = columns;
    images->columns = rows;
    free(copy);
    return STATUS_OK;
}

/* Take 1 off each label; where one is 0 they count from 0 already. */
static void count_from_zero(struct idx_array *labels) {
    if (memchr(labels->data, 0, labels->bytes))
        return;
    for (size_t i = 0; i < labels->bytes; i++)
        labels->data[i]--;
}

static enum status change(struct source *source, const struct catalogue_entry *entry,
                          struct error *error) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < SOURCE_PARTS && status == STATUS_OK; i++) {
        struct idx_array *array = &source->parts[i].array;
        if (entry->transposed && array->kind == IDX_IMAGES)
            status = transpose(array, error);
        if (entry->from_one && array->kind == IDX_LABELS)
            count_from_zero(array);
    }
    return status;
}

/* The parts of grey images and labels as IDX files have them, not owned. */
static void show_parts(const struct dataset *dataset, struct source *source) {
    const struct images *const halves[] = {&dataset->train, &dataset->test};
    for (size_t i = 0; i < SOURCE_PARTS; i++) {
        const struct images *images = halves[i >= TEST_IMAGES];
        const bool labels = i == TRAIN_LABELS || i == TEST_LABELS;
        struct idx_array *array = &source->parts[i].array;
        *array = (struct idx_array){.kind = labels ? IDX_LABELS : IDX_IMAGES,
                                    .count = images->count,
                                    .rows = labels ? 1 : dataset->rows,
                                    .columns = labels ? 1 : dataset->columns};
        array->bytes = array->count * array->rows * array->columns;
        const uint8_t *data = labels ? images->labels : images->pixels;
        memcpy(&array->data, &data, sizeof data);
        memcpy(source->parts[i].file, source->path, sizeof source->path);
    }
}

static enum status name_arrays(struct location *location, struct dataset *dataset,
                               struct error *error) {
    struct source *source = &location->source;
    if (dataset_is_plain(dataset)) {
        show_parts(dataset, source);
        source_digest(source);
        dataset->digest = digest_source(source);
        dataset->published = catalogue_published(source) != NULL;
    }
    enum status status =
        location->entry ? check_published(source, location->entry, error) : STATUS_OK;
    for (size_t i = 0; i < SOURCE_PARTS; i++)
        source->parts[i].array.data = NULL;
    snprintf(dataset->name, sizeof dataset->name, "%s", location->name);
    memcpy(dataset->source, source->path, sizeof dataset->source);
    return status;
}

/* Read what a reader has recognised. */
static enum status load_arrays(struct location *location, const struct dataset_places *places,
                               struct dataset *dataset, struct error *error) {
    const struct dataset_options *options = places ? places->options : NULL;
    const struct reader *reader;
    struct reader_place place;
    struct arrays *arrays = calloc(1, sizeof *arrays);
    if (!arrays)
        return error_memory(error);
    arrays->arena = &dataset->arena;
    enum status status = reader_find(location->source.path, &place, &reader, error);
    if (status == STATUS_OK)
        status = location->source.reader->read(&place, options, arrays, error);
    if (status == STATUS_OK) {
        status = arrays_make(arrays, options, dataset, error);
        if (status == STATUS_INPUT && error && !error->file[0])
            error_place(error, location->source.path, 0, 0);
    }
    arrays_release(arrays);
    free(arrays);
    if (status == STATUS_OK)
        status = name_arrays(location, dataset, error);
    if (status != STATUS_OK)
        dataset_release(dataset);
    return status;
}

/* Read what was located, and check it. */
static enum status load_source(struct location *location, struct dataset *dataset,
                               struct error *error) {
    struct source *source = &location->source;
    enum status status = source_read(source, error);
    if (status != STATUS_OK)
        return status;
    if (location->prefixed) {
        status = change(source, location->entry, error);
        dataset->changes = location->entry->changes;
    }
    source_digest(source);
    if (status == STATUS_OK && location->entry)
        status = check_published(source, location->entry, error);
    if (status == STATUS_OK)
        status = check_source(source, error);
    if (status == STATUS_OK)
        take_arrays(source, location->name, dataset);
    source_release(source);
    return status;
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

static enum status draw(struct location *location, struct dataset *dataset, struct error *error) {
    struct source *source = &location->source;
    struct source_array *parts = source->parts;
    enum status status =
        draw_part(0, DIGITS_TRAIN, &parts[TRAIN_IMAGES].array, &parts[TRAIN_LABELS].array, error);
    if (status == STATUS_OK)
        status = draw_part(DIGITS_TRAIN, DIGITS_TEST, &parts[TEST_IMAGES].array,
                           &parts[TEST_LABELS].array, error);
    if (status == STATUS_OK) {
        source_digest(source);
        take_arrays(source, location->name, dataset);
    }
    source_release(source);
    return status;
}

bool dataset_normalizes(const struct dataset *dataset) {
    bool any = dataset->normalized;
    for (size_t i = 0; i < dataset->array_count; i++)
        any = any || dataset->arrays[i].normalized;
    return any;
}

static enum status refuse_label(const char *name, const struct dataset_options *options,
                                struct error *error) {
    error_set(error, STATUS_INPUT, "label: names a column of a CSV file, and %.200s is none", name);
    return error_from(error, &options->label_at);
}

static bool is_handwriting(const struct dataset *dataset) {
    const struct images *train = &dataset->train;
    return dataset_is_plain(dataset) && !dataset->pictures &&
           photo_are_normalised(train->pixels, train->count, dataset->rows, dataset->columns);
}

static enum status load_located(const char *name, const struct dataset_places *places,
                                struct dataset *dataset, bool *found, struct error *error) {
    struct location location;
    memset(dataset, 0, sizeof *dataset);
    enum status status = locate(name, places, &location, found, error);
    if (status != STATUS_OK || !*found)
        return status;
    const bool built_in = location.entry && catalogue_is_built_in(location.entry);
    if (places && places->options && places->options->label &&
        location.source.reader != &csv_reader)
        return refuse_label(name, places->options, error);
    const bool known = location.entry && location.entry->handwriting;
    if (location.source.reader)
        status = load_arrays(&location, places, dataset, error);
    else
        status =
            built_in ? draw(&location, dataset, error) : load_source(&location, dataset, error);
    if (status == STATUS_OK)
        dataset->handwriting = known || is_handwriting(dataset);
    if (status == STATUS_MEMORY && error)
        error_place(error, location.source.path, 0, 0);
    return status;
}

enum status dataset_load(const char *name, const struct dataset_places *places,
                         struct dataset *dataset, bool *found, struct error *error) {
    enum status status = load_located(name, places, dataset, found, error);
    if (status != STATUS_OK || !*found || !places || !places->options)
        return status;
    status = options_apply(dataset, places->options, error);
    if (status != STATUS_OK)
        dataset_release(dataset);
    return status;
}

enum status dataset_check_name(const char *name, const struct dataset_places *places,
                               struct error *error) {
    struct location location;
    bool found;
    enum status status = locate(name, places, &location, &found, error);
    if (status != STATUS_OK || found || strchr(name, '/') ||
        (location.entry && location.entry->about))
        return status;
    if (location.entry)
        return error_set(error, STATUS_INPUT, "dataset: %s %s", location.entry->name,
                         location.entry->refusal);
    struct text text;
    text_init(&text);
    const char *nearest = catalogue_nearest(name);
    if (nearest)
        text_printf(&text, "did you mean '%s'? ", nearest);
    text_append(&text,
                "`sweep data` lists the known ones; a folder or a file is named by its path, "
                "as in ./mine");
    status = error_set(error, STATUS_INPUT, "unknown data set '%.64s'; %s", name, text.data);
    text_release(&text);
    return status;
}

static enum status none_found(const char *const *names, size_t count,
                              const struct dataset_places *places, struct error *error) {
    struct text text;
    text_init(&text);
    text_append(&text, "data set not found:");
    for (size_t i = 0; i < count; i++) {
        text_printf(&text, "%s %.100s; ", i > 0 ? "." : "", names[i]);
        locate_append_help(names[i], places, &text);
    }
    text_append(&text, ". Or use digits, which is built in");
    enum status status =
        text.failed ? error_memory(error) : error_set(error, STATUS_INPUT, "%s", text.data);
    text_release(&text);
    return status;
}

/* What a user may not expect of the set that was chosen, names[chosen]. */
static void append_notes(const char *const *names, size_t chosen,
                         const struct dataset_places *places, struct text *notes) {
    const struct catalogue_entry *entry = catalogue_find(names[chosen]);
    enum place_kind kind = PLACE_ABSENT;
    for (size_t i = 0; i < chosen; i++) {
        text_printf(notes, "data set %.100s was not found, so %.100s is used; ", names[i],
                    names[chosen]);
        locate_append_help(names[i], places, notes);
        text_append(notes, "\n");
    }
    if (entry && catalogue_is_built_in(entry) &&
        places_look(names[chosen], &kind, NULL) == STATUS_OK && kind != PLACE_ABSENT)
        text_printf(notes, "%s is the data set that is built in; write ./%s for what is here\n",
                    entry->name, names[chosen]);
}

enum status dataset_load_first(const char *const *names, size_t count,
                               const struct dataset_places *places, struct dataset *dataset,
                               struct text *notes, struct error *error) {
    enum status status = STATUS_OK;
    memset(dataset, 0, sizeof *dataset);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = dataset_check_name(names[i], places, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        bool found;
        status = dataset_load(names[i], places, dataset, &found, error);
        if (status == STATUS_OK && found && notes)
            append_notes(names, i, places, notes);
        if (status != STATUS_OK || found)
            return status;
    }
    return status == STATUS_OK ? none_found(names, count, places, error) : status;
}

void dataset_array_describe(const struct dataset_array *array, struct text *text) {
    text_printf(text, "%s (", array->name);
    if (array->classes > 0)
        text_printf(text, "%zu classes", array->classes);
    else if (array->table)
        text_printf(text, "%zu number%s", array->columns, text_plural(array->columns));
    else
        text_printf(text, "%zu x %zu", array->rows, array->columns);
    if (array->channels > 1)
        text_printf(text, " in %zu channels", array->channels);
    text_append(text, ")");
}

static void describe_arrays(const struct dataset *dataset, struct text *text) {
    for (size_t i = 0; i < dataset->array_count; i++) {
        text_append(text, i > 0 ? ", " : "; further arrays for a model's inputs or outputs: ");
        dataset_array_describe(&dataset->arrays[i], text);
    }
}

/* Which inputs, where there are several. */
static void describe_normalization(const struct dataset *dataset, struct text *text) {
    const char *before = ": ";
    if (!dataset_normalizes(dataset))
        return;
    text_append(text, "; normalised by the mean and deviation of what is trained on");
    if (dataset->normalized && dataset->array_count > 0) {
        text_printf(text, "%s%s", before, dataset->input_name);
        before = ", ";
    }
    for (size_t i = 0; i < dataset->array_count; i++)
        if (dataset->arrays[i].normalized) {
            text_printf(text, "%s%s", before, dataset->arrays[i].name);
            before = ", ";
        }
}

void dataset_describe(const struct dataset *dataset, struct text *text) {
    text_printf(text, "%zu training and %zu test ", dataset->train.count, dataset->test.count);
    if (dataset->table)
        text_printf(text, "rows of %zu feature%s", dataset->columns,
                    dataset->columns == 1 ? "" : "s");
    else
        text_printf(text, "images of %zu x %zu", dataset->rows, dataset->columns);
    if (dataset->channels > 1)
        text_printf(text, " in %zu channels", dataset->channels);
    if (dataset->train.values && !dataset->table)
        text_append(text, " of real numbers");
    if (dataset_has_values(dataset))
        text_printf(text, ", %zu number%s to be predicted", dataset->target_width,
                    dataset->target_width == 1 ? "" : "s");
    else
        text_printf(text, ", %zu classes", dataset->classes);
    describe_arrays(dataset, text);
    describe_normalization(dataset, text);
    if (dataset->changes)
        text_printf(text, "; %s", dataset->changes);
}

static enum status index_part(struct dataset *dataset, struct images *images, struct error *error) {
    struct sparse_images *index = ARENA_NEW(&dataset->arena, struct sparse_images, 1);
    const size_t inputs = dataset_inputs(dataset);
    if (!index)
        return error_memory(error);
    if (images->values)
        sparse_index_values(index, images->values, images->count, inputs);
    else if (!sparse_index(index, images->pixels, images->count, inputs, &dataset->arena))
        return error_memory(error);
    images->index = index;
    return STATUS_OK;
}

enum status dataset_index(struct dataset *dataset, struct error *error) {
    enum status status = index_part(dataset, &dataset->train, error);
    return status == STATUS_OK ? index_part(dataset, &dataset->test, error) : status;
}

void dataset_release(struct dataset *dataset) {
    if (dataset->next)
        dataset_release(dataset->next);
    arena_release(&dataset->arena);
    for (size_t i = 0; i < DATASET_OWNED_MAX; i++)
        if (!mapping_release(dataset->owned[i]))
            free(dataset->owned[i]);
    memset(dataset, 0, sizeof *dataset);
}
