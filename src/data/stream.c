#include "data/stream.h"

#include "base/random.h"

#include <math.h>

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

static void scale_levels(double divisor, float scale[256]) {
    for (int level = 0; level < 256; level++)
        scale[level] = (float)level / (float)divisor;
}

enum status stream_init(struct stream *stream, const struct stream_spec *spec, struct arena *arena,
                        struct error *error) {
    *stream = (struct stream){.spec = spec, .pixels = spec->data->rows * spec->data->columns};
    stream->order = ARENA_NEW(arena, uint32_t, spec->train_count);
    if (!stream->order)
        return error_memory(error);
    scale_levels(spec->train_image_divisor, stream->train_scale);
    scale_levels(spec->test_image_divisor, stream->test_scale);
    stream_label_map(spec->train_label_divisor, stream->label_map);
    return STATUS_OK;
}

void stream_begin_epoch(struct stream *stream, size_t epoch) {
    struct random_source source = {stream->spec->seed, RANDOM_SHUFFLE, (uint32_t)epoch};
    random_permutation(source, stream->order, stream->spec->train_count);
}

size_t stream_count(const struct stream *stream, enum stream_part part) {
    switch (part) {
    case STREAM_TRAIN:
        return stream->spec->train_count;
    case STREAM_VALIDATION:
        return stream->spec->validation_count;
    case STREAM_TEST:
        return stream->spec->data->test.count;
    }
    return 0;
}

void stream_batch(const struct stream *stream, enum stream_part part, size_t first, size_t rows,
                  float *x, uint8_t *labels) {
    const struct images *images =
        part == STREAM_TEST ? &stream->spec->data->test : &stream->spec->data->train;
    const float *scale = part == STREAM_TEST ? stream->test_scale : stream->train_scale;
    for (size_t row = 0; row < rows; row++) {
        size_t image = first + row;
        if (part == STREAM_TRAIN)
            image = stream->order[image];
        else if (part == STREAM_VALIDATION)
            image += stream->spec->validation_begin;
        const uint8_t *pixels = images->pixels + image * stream->pixels;
        for (size_t i = 0; i < stream->pixels; i++)
            x[row * stream->pixels + i] = scale[pixels[i]];
        /* The test set's labels are what the files say: it is what a user compares against. */
        labels[row] =
            part == STREAM_TEST ? images->labels[image] : stream->label_map[images->labels[image]];
    }
}
