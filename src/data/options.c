#include "data/options.h"

#include "base/random.h"
#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what can't be had --- */

static bool is_of_size(const struct dataset *dataset, const struct dataset_options *options) {
    return !dataset->table && dataset->rows == options->image_rows &&
           dataset->columns == options->image_columns;
}

/* What was asked for and is not so. */
static const char *find_unused(const struct dataset *dataset,
                               const struct dataset_options *options) {
    const size_t channels = options->color_mode == COLOR_RGB ? 3 : 1;
    if (options->image_rows > 0 && !is_of_size(dataset, options))
        return "image_size is for pictures and for rows of as many pixels; leave it out here";
    if (options->color_mode != COLOR_AS_IT_IS &&
        (dataset->table || dataset_channels(dataset) != channels))
        return "color_mode is for pictures; leave it out here";
    if (!dataset->test_drawn && options->test_split > 0)
        return "this data set has a test part of its own, and none is split off; leave out "
               "test_split";
    if (options->targets == TARGETS_CLASSES && dataset_has_values(dataset))
        return "targets: classes, but these are rows of numbers, and not one-hot";
    if (options->targets == TARGETS_VALUES && !dataset_has_values(dataset))
        return "targets: values, but this data set has classes";
    return NULL;
}

/* --- order --- */

/* Replace `count` elements of `size` bytes by a copy in another order. */
static bool reorder(struct dataset *dataset, const void **elements, size_t size,
                    const uint32_t *order) {
    const char *from = *elements;
    const size_t count = dataset->train.count;
    size_t place = 0;
    if (!from)
        return true;
    char *to = malloc(count * size);
    if (!to)
        return false;
    for (size_t i = 0; i < count; i++)
        memcpy(to + i * size, from + order[i] * size, size);
    for (; dataset->owned[place] && dataset->owned[place] != from; place++)
        assert(place + 1 < DATASET_OWNED_MAX);
    free(dataset->owned[place]);
    dataset->owned[place] = to;
    *elements = to;
    return true;
}

static bool reorder_all(struct dataset *dataset, const uint32_t *order) {
    struct images *train = &dataset->train;
    const size_t inputs = dataset_inputs(dataset);
    bool fits = reorder(dataset, (const void **)&train->pixels, inputs, order) &&
                reorder(dataset, (const void **)&train->values, inputs * sizeof(float), order) &&
                reorder(dataset, (const void **)&train->labels, 1, order) &&
                reorder(dataset, (const void **)&train->targets,
                        dataset->target_width * sizeof(float), order);
    for (size_t i = 0; i < dataset->array_count && fits; i++) {
        struct dataset_array *array = &dataset->arrays[i];
        const size_t width = dataset_array_width(array);
        fits = reorder(dataset, (const void **)&array->train.bytes, width, order) &&
               reorder(dataset, (const void **)&array->train.values, width * sizeof(float), order);
    }
    return fits;
}

static bool note_order(struct dataset *dataset, uint64_t seed) {
    const char *before = dataset->changes ? dataset->changes : "";
    dataset->changes =
        arena_printf(&dataset->arena, "%s%straining examples in random order, by split_seed %llu",
                     before, *before ? "; " : "", (unsigned long long)seed);
    return dataset->changes != NULL;
}

static enum status shuffle(struct dataset *dataset, uint64_t seed, struct error *error) {
    const size_t count = dataset->train.count;
    const struct random_source source = {seed, RANDOM_SPLIT, 1};
    char said[32];
    const struct digest_piece pieces[] = {
        {said, (size_t)snprintf(said, sizeof said, "shuffled %llu ", (unsigned long long)seed)},
        {dataset->digest.hex, DIGEST_LENGTH}};
    uint32_t *order = calloc(count, sizeof *order);
    if (!order)
        return error_memory(error);
    random_permutation(source, order, count);
    const bool fits = reorder_all(dataset, order) && note_order(dataset, seed);
    free(order);
    dataset->digest = digest_of(pieces, 2);
    dataset->published = false;
    return fits ? STATUS_OK : error_memory(error);
}

/* --- normalization --- */

/* What networks read is other numbers then; `name` is that of a further array, or "". */
static void set_normalized(struct dataset *dataset, bool *normalized, const char *name) {
    const struct digest_piece pieces[] = {
        {"normalized ", 11}, {name, strlen(name)}, {dataset->digest.hex, DIGEST_LENGTH}};
    *normalized = true;
    dataset->digest = digest_of(pieces, 3);
}

/* Append the names that no input has, each with the nearest that there is; how many they are. */
static size_t append_unknown(const struct dataset *dataset, const struct dataset_options *options,
                             const char *const *known, size_t known_count, struct text *text) {
    size_t unknown = 0;
    for (size_t i = 0; i < options->normalized_count; i++) {
        const char *name = options->normalized[i];
        if (dataset_array_find(dataset, name) < dataset->array_count)
            continue;
        const char *near = text_nearest(name, known, known_count);
        text_printf(text, "%s'%.60s'", unknown++ > 0 ? " or " : "", name);
        if (near)
            text_printf(text, " (did you mean '%.60s'?)", near);
    }
    return unknown;
}

/* Names in the key normalization that are none of the inputs'. */
static enum status check_normalized(const struct dataset *dataset,
                                    const struct dataset_options *options, struct error *error) {
    const char *known[DATASET_ARRAYS_MAX + 1] = {"image"};
    struct text unknown, inputs;
    enum status status = STATUS_OK;
    text_init(&unknown);
    text_init(&inputs);
    for (size_t i = 0; i < dataset->array_count; i++) {
        known[i + 1] = dataset->arrays[i].name;
        text_printf(&inputs, ", %s", dataset->arrays[i].name);
    }
    if (append_unknown(dataset, options, known, dataset->array_count + 1, &unknown) > 0) {
        status = error_set(error, STATUS_INPUT,
                           "normalization: %.60s has no input %.500s; inputs are image%.200s",
                           dataset->name, unknown.failed ? "of that name" : unknown.data,
                           inputs.failed ? "" : inputs.data);
        error_place(error, dataset->source, 0, 0);
        error_from(error, &options->normalized_at);
    }
    text_release(&unknown);
    text_release(&inputs);
    return status;
}

/* In the data set's own order, whatever that of the names. */
static enum status normalize_inputs(struct dataset *dataset, const struct dataset_options *options,
                                    struct error *error) {
    bool named[DATASET_ARRAYS_MAX + 1] = {false};
    const enum status status = check_normalized(dataset, options, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < options->normalized_count; i++)
        named[dataset_array_find(dataset, options->normalized[i])] = true;
    if (options->normalization)
        set_normalized(dataset, &dataset->normalized, "");
    for (size_t i = 0; i < dataset->array_count; i++)
        if (named[i])
            set_normalized(dataset, &dataset->arrays[i].normalized, dataset->arrays[i].name);
    return STATUS_OK;
}

enum status options_apply(struct dataset *dataset, const struct dataset_options *options,
                          struct error *error) {
    const char *unused = find_unused(dataset, options);
    if (unused) {
        error_set(error, STATUS_INPUT, "%s", unused);
        error_place(error, dataset->source, 0, 0);
        return STATUS_INPUT;
    }
    const enum status status =
        options->shuffle ? shuffle(dataset, options->split_seed, error) : STATUS_OK;
    return status == STATUS_OK ? normalize_inputs(dataset, options, error) : status;
}
