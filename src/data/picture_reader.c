/* Folders of pictures, a folder for each class, as data sets. */
#include "data/picture.h"
#include "data/picture_list.h"
#include "data/reader.h"

#include "base/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMED 3 /* pictures that are named among those that can't be read */

/* What became of a picture. */
enum state { READ, UNREADABLE, OTHER_SIZE, COLOURED, NO_MEMORY };

struct loading {
    const struct dataset_options *options;
    struct picture_list list;
    struct text notes;
    size_t rows, columns, channels; /* of what is made of them */
    bool resized;                   /* pictures of another size are */
    uint8_t *pixels[2];             /* of each part */
    uint8_t *states;                /* enum state of each */
};

/* --- one picture --- */

static bool is_coloured(const struct raster *raster) {
    for (size_t i = 0; i < raster->rows * raster->columns && !raster->grey; i++)
        if (raster->at[i][0] != raster->at[i][1] || raster->at[i][1] != raster->at[i][2])
            return true;
    return false;
}

static enum state take_raster(const struct loading *loading, const struct raster *raster,
                              uint8_t *to) {
    const bool fits = raster->rows == loading->rows && raster->columns == loading->columns;
    const bool either = !loading->options || loading->options->color_mode == COLOR_AS_IT_IS;
    if (!fits && !loading->resized)
        return OTHER_SIZE;
    if (loading->channels == 1 && either && is_coloured(raster))
        return COLOURED;
    struct arena arena;
    arena_init(&arena);
    const bool made =
        raster_fit(raster, loading->rows, loading->columns, loading->channels, to, &arena);
    arena_release(&arena);
    return made ? READ : NO_MEMORY;
}

static size_t picture_bytes(const struct loading *loading) {
    return loading->rows * loading->columns * loading->channels;
}

static uint8_t *pixels_of(const struct loading *loading, size_t which) {
    const size_t part = loading->list.items[which].part;
    return loading->pixels[part] + (which - loading->list.begins[part]) * picture_bytes(loading);
}

static enum state load_one(const struct loading *loading, size_t which) {
    struct raster raster;
    const enum status status = raster_read(loading->list.items[which].path, &raster, NULL);
    if (status != STATUS_OK)
        return status == STATUS_MEMORY ? NO_MEMORY : UNREADABLE;
    const enum state state = take_raster(loading, &raster, pixels_of(loading, which));
    raster_release(&raster);
    return state;
}

/* --- all of them --- */

/* All at once, each into its own place. The first one in colour ends it, where that is not
 * expected. */
static void load_all(struct loading *loading, bool *coloured) {
    const size_t count = loading->list.count;
    bool stop = false;
#pragma omp parallel for schedule(dynamic, 64)
    for (size_t i = 0; i < count; i++) {
        bool stopped;
#pragma omp atomic read
        stopped = stop;
        loading->states[i] = stopped ? COLOURED : (uint8_t)load_one(loading, i);
        if (!stopped && loading->states[i] == COLOURED) {
#pragma omp atomic write
            stop = true;
        }
        if (i % 64 == 0)
            stage_tell((double)i / (double)count);
    }
    *coloured = stop;
}

static enum status allocate(struct loading *loading, struct error *error) {
    loading->states = realloc(loading->states, loading->list.count);
    for (size_t part = 0; part < 2; part++) {
        const size_t count = loading->list.begins[part + 1] - loading->list.begins[part];
        size_t bytes;
        free(loading->pixels[part]);
        loading->pixels[part] = NULL;
        if (!__builtin_mul_overflow(count, picture_bytes(loading), &bytes))
            loading->pixels[part] = malloc(bytes > 0 ? bytes : 1);
        if (!loading->pixels[part])
            return error_memory(error);
    }
    return loading->states ? STATUS_OK : error_memory(error);
}

/* Say after why one can't be read that this is so of all of them; `class` may be NULL. */
static enum status fail_all(size_t count, const char *class, struct error *error) {
    const struct error one = *error;
    error_set(error, one.code, "%.600s; none of the %zu picture%s%s%.100s can be read", one.message,
              count, text_plural(count), class ? " of class " : "", class ? class : "");
    return error_place(error, one.file, one.line, one.column);
}

/* The size of the first one that can be read, unless one is asked for. */
static enum status choose_size(struct loading *loading, struct error *error) {
    const struct dataset_options *options = loading->options;
    struct raster raster;
    enum status status = STATUS_INPUT;
    loading->resized = options && options->image_rows > 0;
    if (loading->resized) {
        loading->rows = options->image_rows;
        loading->columns = options->image_columns;
        return STATUS_OK;
    }
    for (size_t i = 0; i < loading->list.count && status != STATUS_OK; i++) {
        status = raster_read(loading->list.items[i].path, &raster, i == 0 ? error : NULL);
        if (status == STATUS_MEMORY)
            return error_memory(error);
    }
    if (status != STATUS_OK)
        return fail_all(loading->list.count, NULL, error);
    loading->rows = raster.rows;
    loading->columns = raster.columns;
    raster_release(&raster);
    return STATUS_OK;
}

static size_t find_state(const struct loading *loading, enum state state) {
    size_t i = 0;
    while (i < loading->list.count && loading->states[i] != state)
        i++;
    return i;
}

static enum status fail_size(const struct loading *loading, size_t which, struct error *error) {
    struct raster raster;
    const char *path = loading->list.items[which].path;
    const enum status status = raster_read(path, &raster, error);
    if (status != STATUS_OK)
        return status;
    error_set(error, STATUS_INPUT,
              "is a picture of %zu x %zu pixels, and the first one is of %zu x %zu; to have all of "
              "one size, write image_size: [%zu, %zu] beside the data set's name, as in dataset: "
              "{name: ./mine, image_size: [%zu, %zu]}",
              raster.rows, raster.columns, loading->rows, loading->columns, loading->rows,
              loading->columns, loading->rows, loading->columns);
    raster_release(&raster);
    return error_place(error, path, 0, 0);
}

static enum status load(struct loading *loading, struct error *error) {
    const struct dataset_options *options = loading->options;
    enum status status = choose_size(loading, error);
    bool again = status == STATUS_OK;
    for (loading->channels = options && options->color_mode == COLOR_RGB ? RASTER_CHANNELS : 1;
         again; loading->channels = again ? RASTER_CHANNELS : loading->channels) {
        status = allocate(loading, error);
        if (status != STATUS_OK)
            return status;
        load_all(loading, &again);
    }
    if (status != STATUS_OK)
        return status;
    if (find_state(loading, NO_MEMORY) < loading->list.count)
        return error_memory(error);
    const size_t other = find_state(loading, OTHER_SIZE);
    return other < loading->list.count ? fail_size(loading, other, error) : STATUS_OK;
}

/* --- those that can't be read --- */

/* A class of a part none of whose pictures can be read is no class any more: that is an error. */
static enum status check_classes(const struct loading *loading, struct error *error) {
    size_t read[2][DATASET_CLASSES_MAX] = {{0}}, all[2][DATASET_CLASSES_MAX] = {{0}};
    for (size_t i = 0; i < loading->list.count; i++) {
        const struct listed_picture *picture = &loading->list.items[i];
        read[picture->part][picture->class] += loading->states[i] == READ;
        all[picture->part][picture->class]++;
    }
    for (size_t i = 0; i < loading->list.count; i++) {
        const struct listed_picture *picture = &loading->list.items[i];
        struct raster raster;
        if (read[picture->part][picture->class] > 0)
            continue;
        const enum status status = raster_read(picture->path, &raster, error);
        if (status != STATUS_OK)
            return fail_all(all[picture->part][picture->class],
                            loading->list.class_names[picture->class], error);
        raster_release(&raster);
    }
    return STATUS_OK;
}

/* Say how many there are, and why the first ones are; close the gaps they leave. */
static void leave_out(struct loading *loading) {
    struct picture_list *list = &loading->list;
    size_t kept = 0, failed = 0, begins[3] = {0};
    struct text named;
    text_init(&named);
    for (size_t i = 0; i < list->count; i++) {
        struct listed_picture *picture = &list->items[i];
        struct error error = {0};
        struct raster raster = {0};
        if (loading->states[i] != READ) {
            if (failed++ < NAMED && raster_read(picture->path, &raster, &error) != STATUS_OK)
                text_printf(&named, "%s%.200s %.120s", failed > 1 ? ", " : "", picture->path,
                            error.message);
            raster_release(&raster);
            continue;
        }
        uint8_t *to = loading->pixels[picture->part] +
                      (kept - begins[picture->part]) * picture_bytes(loading);
        memmove(to, pixels_of(loading, i), picture_bytes(loading));
        list->items[kept++] = *picture;
        for (size_t part = picture->part + 1U; part < 3; part++)
            begins[part] = kept;
    }
    list->count = kept;
    memcpy(list->begins, begins, sizeof begins);
    if (failed > 0)
        text_printf(&loading->notes, "%s%zu picture%s can't be read and %s left out: %s%s",
                    loading->notes.length > 0 ? "; " : "", failed, text_plural(failed),
                    failed == 1 ? "is" : "are", named.data, failed > NAMED ? ", ..." : "");
    text_release(&named);
}

/* --- arrays --- */

static enum status add_part(struct loading *loading, size_t part, const char *const names[2],
                            struct arrays *arrays, struct error *error) {
    const struct picture_list *list = &loading->list;
    const size_t count = list->begins[part + 1] - list->begins[part];
    struct array *images = &arrays->items[arrays->count++];
    struct array *labels = &arrays->items[arrays->count++];
    *images = (struct array){.dimensions = loading->channels == 1 ? 3 : 4,
                             .size = {count, loading->rows, loading->columns, loading->channels},
                             .bytes = loading->pixels[part]};
    loading->pixels[part] = NULL;
    *labels =
        (struct array){.dimensions = 1, .size = {count}, .bytes = malloc(count > 0 ? count : 1)};
    snprintf(images->name, sizeof images->name, "%s", names[0]);
    snprintf(labels->name, sizeof labels->name, "%s", names[1]);
    if (!labels->bytes)
        return error_memory(error);
    for (size_t i = 0; i < count; i++)
        labels->bytes[i] = list->items[list->begins[part] + i].class;
    return STATUS_OK;
}

/* Names that are the classes' numbers say nothing more. */
static bool are_numbers(const struct picture_list *list) {
    for (size_t i = 0; i < list->class_count; i++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i);
        if (strcmp(list->class_names[i], number) != 0)
            return false;
    }
    return true;
}

static enum status make_arrays(struct loading *loading, struct arrays *arrays,
                               struct error *error) {
    static const char *const names[3][2] = {
        {"x", "y"}, {"x_train", "y_train"}, {"x_test", "y_test"}};
    const struct picture_list *list = &loading->list;
    enum status status = STATUS_OK;
    if (list->unknown > 0)
        text_printf(&loading->notes,
                    "%s%zu picture%s of formats that are not read, which are PNG, "
                    "JPEG and PGM, are left out",
                    loading->notes.length > 0 ? "; " : "", list->unknown,
                    text_plural(list->unknown));
    if (list->loose > 0)
        text_printf(&loading->notes, "%s%zu picture%s in no class's folder %s left out",
                    loading->notes.length > 0 ? "; " : "", list->loose, text_plural(list->loose),
                    list->loose == 1 ? "is" : "are");
    for (size_t part = 0; part < list->parts && status == STATUS_OK; part++)
        status = add_part(loading, part, names[list->parts == 1 ? 0 : part + 1], arrays, error);
    if (status != STATUS_OK)
        return status;
    arrays->pictures = true;
    if (!are_numbers(list)) {
        const char **copy = ARENA_NEW(arrays->arena, const char *, list->class_count);
        if (!copy)
            return error_memory(error);
        memcpy(copy, list->class_names, list->class_count * sizeof *copy);
        arrays->class_names = copy;
    }
    if (loading->notes.length > 0)
        arrays->changes = arena_copy(arrays->arena, loading->notes.data);
    return arrays->arena->failed || loading->notes.failed ? error_memory(error) : STATUS_OK;
}

/* --- the reader --- */

static bool recognises(const struct reader_place *place) {
    return place->kind == PLACE_FOLDER && picture_list_is(place->path);
}

static enum status read_pictures(const struct reader_place *place,
                                 const struct dataset_options *options, struct arrays *arrays,
                                 struct error *error) {
    struct error own = {0};
    struct loading loading = {.options = options, .list.arena = arrays->arena};
    error = error ? error : &own;
    text_init(&loading.notes);
    enum status status = picture_list_read(place->path, &loading.list, &loading.notes, error);
    if (status == STATUS_OK)
        status = load(&loading, error);
    if (status == STATUS_OK)
        status = check_classes(&loading, error);
    if (status == STATUS_OK) {
        leave_out(&loading);
        status = make_arrays(&loading, arrays, error);
    }
    for (size_t part = 0; part < 2; part++)
        free(loading.pixels[part]);
    free(loading.states);
    text_release(&loading.notes);
    return status;
}

const struct reader picture_reader = {"pictures", recognises, read_pictures};
