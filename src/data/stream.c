#include "data/stream.h"

#include "base/random.h"

#include <math.h>
#include <string.h>

size_t stream_train_limit(size_t count, double validation_split) {
    return (size_t)floor((double)count * (1 - validation_split));
}

void stream_label_map(double divisor, uint8_t map[DATASET_CLASSES_MAX]) {
    for (int label = 0; label < DATASET_CLASSES_MAX; label++) {
        /* In single precision, as labels cast to float32 are divided. */
        float quotient = (float)label / (float)divisor;
        map[label] = quotient >= 255 ? 255 : (uint8_t)quotient;
    }
}

void stream_balance(const struct stream_spec *spec, float weights[DATASET_CLASSES_MAX]) {
    uint8_t map[DATASET_CLASSES_MAX];
    size_t counts[DATASET_CLASSES_MAX] = {0}, classes = 0;
    stream_label_map(spec->train_label_divisor, map);
    for (size_t i = 0; i < spec->train_count; i++)
        classes += counts[map[spec->data->train.labels[i]]]++ == 0;
    for (size_t i = 0; i < DATASET_CLASSES_MAX; i++)
        weights[i] =
            counts[i] == 0
                ? 1
                : (float)((double)spec->train_count / ((double)classes * (double)counts[i]));
}

void stream_scale(double unit, double divisor, float scale[256]) {
    const double one = unit > 0 ? unit : 1;
    for (int level = 0; level < 256; level++)
        scale[level] = (float)(level / one / divisor); /* 0 stays 0, whatever the divisor */
}

/* The data set's index of some images, or one of our own; NULL when out of memory. */
static const struct sparse_images *index_of(const struct stream *stream,
                                            const struct images *images, struct arena *arena) {
    if (images->index)
        return images->index;
    struct sparse_images counted = {0}, *index = ARENA_NEW(arena, struct sparse_images, 1);
    struct sparse_images *made = index ? index : &counted;
    if (arena->failed)
        return NULL;
    if (images->values)
        sparse_index_values(made, images->values, images->count, stream->inputs);
    else if (!sparse_index(made, images->pixels, images->count, stream->inputs, arena))
        return NULL;
    return index;
}

enum status stream_init(struct stream *stream, const struct stream_spec *spec, size_t rows_max,
                        struct arena *arena, struct error *error) {
    *stream = (struct stream){.spec = spec, .inputs = dataset_inputs(spec->data)};
    stream->order = ARENA_NEW(arena, uint32_t, spec->train_count);
    stream->images = ARENA_NEW(arena, uint32_t, rows_max);
    stream->train = index_of(stream, &spec->data->train, arena);
    stream->test = index_of(stream, &spec->data->test, arena);
    augmenter_init(&stream->augmenter, spec->augmentation, spec->data, spec->seed, arena);
    if (stream->augmenter.list)
        stream->pictures =
            arena_alloc(arena, rows_max, augmenter_picture_bytes(&stream->augmenter));
    normalization_of(spec->data, spec->train_count, spec->train_image_divisor, arena,
                     &stream->normalization);
    for (size_t i = 0; i < spec->array_count; i++)
        normalization_of_array(&spec->data->arrays[spec->arrays[i]], spec->train_count, arena,
                               &stream->arrays[i]);
    if (arena->failed || (!arena->counting && (!stream->train || !stream->test)))
        return error_memory(error);
    stream_scale(spec->data->unit, spec->train_image_divisor, stream->train_scale);
    stream_scale(spec->data->unit, spec->test_image_divisor, stream->test_scale);
    stream_label_map(spec->train_label_divisor, stream->label_map);
    return STATUS_OK;
}

void stream_begin_epoch(struct stream *stream, size_t epoch, double strength) {
    struct random_source source = {stream->spec->seed, RANDOM_SHUFFLE, (uint32_t)epoch};
    random_permutation(source, stream->order, stream->spec->train_count);
    augmenter_begin_epoch(&stream->augmenter, epoch, strength);
}

size_t stream_count(const struct stream *stream, enum stream_part part) {
    switch (part) {
    case STREAM_TRAIN:
        return stream->spec->train_count;
    case STREAM_VALIDATION:
        return stream->spec->validation_count;
    case STREAM_TEST:
        break;
    }
    return stream->spec->data->test.count;
}

size_t stream_width(const struct stream_spec *spec) {
    size_t width = dataset_inputs(spec->data);
    for (size_t i = 0; i < spec->array_count; i++)
        width += dataset_array_width(&spec->data->arrays[spec->arrays[i]]);
    return width;
}

void stream_divide_values(const float *values, size_t count, double divisor, float *into) {
    for (size_t i = 0; i < count; i++)
        into[i] = (float)((double)values[i] / divisor);
}

void stream_scale_images(const uint8_t *pixels, const float *values, size_t count,
                         const float scale[256], double divisor, float *into) {
    if (values) {
        stream_divide_values(values, count, divisor, into);
        return;
    }
    for (size_t i = 0; i < count; i++)
        into[i] = scale[pixels[i]];
}

void stream_copy_array(const struct dataset_array *array, bool test, size_t example, float *into) {
    const size_t width = dataset_array_width(array), first = example * width;
    const uint8_t *bytes = test ? array->test.bytes : array->train.bytes;
    const float *values = test ? array->test.values : array->train.values;
    for (size_t i = 0; i < width; i++)
        into[i] =
            values ? values[first + i] : (float)(bytes[first + i] / dataset_array_unit(array));
}

/* Change the batch's training images into stream->pictures. */
static void change(struct stream *stream, size_t rows) {
    const struct images *images = &stream->spec->data->train;
    const size_t bytes = augmenter_picture_bytes(&stream->augmenter);
    for (size_t row = 0; row < rows; row++) {
        const uint32_t image = stream->images[row];
        augment(&stream->augmenter, image, images_at(images, image, stream->inputs),
                (char *)stream->pictures + row * bytes);
    }
}

static double divisor_of(const struct stream *stream, enum stream_part part) {
    const struct stream_spec *spec = stream->spec;
    return part == STREAM_TEST ? spec->test_image_divisor : spec->train_image_divisor;
}

static const float *scale_of(const struct stream *stream, enum stream_part part) {
    return part == STREAM_TEST ? stream->test_scale : stream->train_scale;
}

/* Rows with their zeros: the image, normalised if the data set is, and the arrays that a network
 * reads besides. */
static void decode_rows(const struct stream *stream, enum stream_part part, bool changed,
                        size_t rows, struct sparse *x) {
    const struct stream_spec *spec = stream->spec;
    const bool test = part == STREAM_TEST;
    const struct images *images = test ? &spec->data->test : &spec->data->train;
    const uint8_t *pixels = changed ? stream->pictures : images->pixels;
    const float *values = changed ? stream->pictures : images->values;
    float *into = sparse_begin_dense(x, rows);
    for (size_t row = 0; row < rows; row++) {
        const size_t at = (changed ? row : stream->images[row]) * stream->inputs;
        stream_scale_images(images->values ? NULL : pixels + at,
                            images->values ? values + at : NULL, stream->inputs,
                            scale_of(stream, part), divisor_of(stream, part), into);
        normalize(&stream->normalization, into, stream->inputs);
        into += stream->inputs;
        for (size_t i = 0; i < spec->array_count; i++) {
            const struct dataset_array *array = &spec->data->arrays[spec->arrays[i]];
            stream_copy_array(array, test, stream->images[row], into);
            normalize(&stream->arrays[i], into, dataset_array_width(array));
            into += dataset_array_width(array);
        }
    }
}

/* The batch's pictures. */
static void decode_changed(const struct stream *stream, size_t rows, struct sparse *x) {
    if (!stream->train->values) {
        sparse_decode_pixels(x, stream->pictures, rows, stream->train->dense, stream->train_scale);
        return;
    }
    float *values = stream->pictures;
    stream_divide_values(values, rows * stream->inputs, stream->spec->train_image_divisor, values);
    sparse_gather(x, values, rows);
}

static void decode(const struct stream *stream, enum stream_part part, size_t rows,
                   struct sparse *x) {
    const struct sparse_images *index = part == STREAM_TEST ? stream->test : stream->train;
    if (index->values)
        sparse_decode_values(x, index, stream->images, rows, divisor_of(stream, part));
    else
        sparse_decode(x, index, stream->images, rows, scale_of(stream, part));
}

/* The batch's targets. The test set's labels are what the files say: it is what a user compares
 * against. */
static void copy_targets(const struct stream *stream, enum stream_part part, size_t rows,
                         uint8_t *labels, float *values) {
    const struct dataset *data = stream->spec->data;
    const struct images *from = part == STREAM_TEST ? &data->test : &data->train;
    const size_t width = data->target_width;
    for (size_t row = 0; row < rows; row++) {
        const uint32_t image = stream->images[row];
        if (!from->labels)
            memcpy(values + row * width, from->targets + image * width, width * sizeof *values);
        else
            labels[row] =
                part == STREAM_TEST ? from->labels[image] : stream->label_map[from->labels[image]];
    }
}

void stream_batch(struct stream *stream, enum stream_part part, size_t first, size_t rows,
                  struct sparse *x, uint8_t *labels, float *values) {
    const struct stream_spec *spec = stream->spec;
    for (size_t row = 0; row < rows; row++) {
        size_t image = first + row;
        if (part == STREAM_TRAIN)
            image = stream->order[image];
        else if (part == STREAM_VALIDATION)
            image += spec->validation_begin;
        stream->images[row] = (uint32_t)image;
    }
    copy_targets(stream, part, rows, labels, values);
    const bool changed = part == STREAM_TRAIN && augmenter_changes(&stream->augmenter);
    if (changed)
        change(stream, rows);
    if (spec->array_count > 0 || stream->normalization.features > 0 ||
        (changed && stream->train->values && stream->train->dense))
        decode_rows(stream, part, changed, rows, x);
    else if (changed)
        decode_changed(stream, rows, x);
    else
        decode(stream, part, rows, x);
}

void stream_copy_target(const struct stream *stream, enum stream_part part, size_t rows,
                        size_t target, void *into) {
    const struct dataset_array *array = &stream->spec->data->arrays[(target - 1) / 2];
    const uint8_t *bytes = part == STREAM_TEST ? array->test.bytes : array->train.bytes;
    const size_t width = dataset_array_width(array);
    for (size_t row = 0; row < rows; row++)
        if (!stream_target_is_numbers(target))
            ((uint8_t *)into)[row] = bytes[stream->images[row] * width];
        else
            stream_copy_array(array, part == STREAM_TEST, stream->images[row],
                              (float *)into + row * width);
}
