#include "augmentations.h"
#include "made_up.h"

#include "data/stream.h"

static struct dataset data;
static struct arena arena;

static int set_up(void **state) {
    (void)state;
    arena_init(&arena);
    data = drawn(200, 50);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_release(&arena);
    dataset_release(&data);
    return 0;
}

static struct stream_spec spec_of(size_t train, double split, uint64_t seed) {
    size_t limit = stream_train_limit(data.train.count, split);
    return (struct stream_spec){.data = &data,
                                .train_count = train ? train : limit,
                                .validation_begin = limit,
                                .validation_count = data.train.count - limit,
                                .batch_size = 32,
                                .train_image_divisor = 255,
                                .test_image_divisor = 255,
                                .train_label_divisor = 1,
                                .seed = seed};
}

static struct stream ready(const struct stream_spec *spec) {
    struct stream stream;
    assert_int_equal(stream_init(&stream, spec, 32, &arena, NULL), STATUS_OK);
    return stream;
}

/* A batch with its zeros, x being rows x 784; its entries are in order. */
static void dense_batch(struct stream *stream, enum stream_part part, size_t first, size_t rows,
                        float *x, uint8_t *labels) {
    struct sparse sparse;
    assert_true(sparse_init(&sparse, rows, 784, &arena));
    stream_batch(stream, part, first, rows, &sparse, labels, NULL);
    assert_int_equal(sparse.rows, rows);
    memset(x, 0, rows * 784 * sizeof *x);
    for (size_t row = 0; row < rows; row++)
        for (size_t group = 0; group < sparse.groups; group++) {
            const uint32_t *start = &sparse.row_start[row * sparse.groups + group];
            for (size_t i = start[0]; i < start[1]; i++) {
                assert_true(sparse.input[i] / SPARSE_GROUP == group);
                assert_true(i == start[0] || sparse.input[i] > sparse.input[i - 1]);
                assert_true(sparse.value[i] != 0);
                x[row * 784 + sparse.input[i]] = sparse.value[i];
            }
        }
}

/* Pixels that are in no index, whole vectors of background and of ink among them. */
static void pixels_are_decoded_one_by_one(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 13, 16, 100, 128, 130, 784, 1000};
    enum { ROWS = 5 };
    float scale[256];
    for (size_t level = 0; level < 256; level++)
        scale[level] = (float)level / 255;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const size_t inputs = sizes[s], count = ROWS * inputs;
        struct sparse sparse;
        uint8_t *pixels = ARENA_NEW(&arena, uint8_t, count);
        assert_true(pixels && sparse_init(&sparse, ROWS, inputs, &arena));
        for (size_t i = 0; i < count; i++) /* rows of background, ink, and both */
            pixels[i] = (uint8_t)(i / inputs == 0                 ? 0
                                  : i / inputs == 1               ? 255 - i % 255
                                  : i * 2654435761U >> 7 & i / 20 ? i % 256
                                                                  : 0);
        sparse_decode_pixels(&sparse, pixels, ROWS, false, scale);
        size_t at = 0;
        for (size_t i = 0; i < count; i++) {
            const size_t input = i % inputs;
            if (input % SPARSE_GROUP == 0)
                assert_int_equal(
                    sparse.row_start[i / inputs * sparse.groups + input / SPARSE_GROUP], at);
            if (pixels[i] == 0)
                continue;
            assert_int_equal(sparse.input[at], input);
            assert_float_equal(sparse.value[at++], scale[pixels[i]], 0);
        }
        assert_int_equal(sparse.row_start[ROWS * sparse.groups], at);
    }
}

static void each_epoch_is_a_permutation(void **state) {
    (void)state;
    const struct stream_spec spec = spec_of(0, 0.25, 1);
    struct stream stream = ready(&spec);
    assert_int_equal(stream_count(&stream, STREAM_TRAIN), 150);
    for (size_t epoch = 1; epoch <= 20; epoch++) {
        bool seen[150] = {false};
        stream_begin_epoch(&stream, epoch, 1);
        for (size_t i = 0; i < 150; i++) {
            assert_in_range(stream.order[i], 0, 149);
            assert_false(seen[stream.order[i]]);
            seen[stream.order[i]] = true;
        }
    }
}

static void orders_differ_by_epoch_and_seed_alone(void **state) {
    (void)state;
    const struct stream_spec one = spec_of(0, 0, 1), two = spec_of(0, 0, 2);
    struct stream a = ready(&one), b = ready(&one), c = ready(&two);
    const size_t bytes = 200 * sizeof *a.order;
    stream_begin_epoch(&a, 1, 1);
    stream_begin_epoch(&b, 1, 1);
    stream_begin_epoch(&c, 1, 1);
    assert_memory_equal(a.order, b.order, bytes);
    assert_memory_not_equal(a.order, c.order, bytes);
    stream_begin_epoch(&b, 2, 1);
    assert_memory_not_equal(a.order, b.order, bytes);
    /* An epoch's order doesn't depend on those before it. */
    stream_begin_epoch(&a, 7, 1);
    stream_begin_epoch(&a, 2, 1);
    assert_memory_equal(a.order, b.order, bytes);
    /* A seed's upper half counts. */
    struct stream_spec high = one;
    high.seed = 1 | (uint64_t)1 << 40;
    c = ready(&high);
    stream_begin_epoch(&c, 2, 1);
    assert_memory_not_equal(a.order, c.order, bytes);
}

static void expect_image(const float *x, const uint8_t *pixels, float divisor) {
    for (size_t i = 0; i < 784; i++) {
        const float expected = (float)pixels[i] / divisor;
        assert_memory_equal(&x[i], &expected, sizeof expected);
    }
}

static void batches_hold_the_images_in_order(void **state) {
    (void)state;
    static float x[32 * 784];
    uint8_t labels[32];
    const struct stream_spec spec = spec_of(0, 0.1, 3);
    struct stream stream = ready(&spec);
    stream_begin_epoch(&stream, 4, 1);
    for (size_t first = 0; first < 180; first += 32) {
        const size_t rows = 180 - first < 32 ? 180 - first : 32;
        dense_batch(&stream, STREAM_TRAIN, first, rows, x, labels);
        for (size_t row = 0; row < rows; row++) {
            const size_t image = stream.order[first + row];
            expect_image(&x[row * 784], &data.train.pixels[image * 784], 255);
            assert_int_equal(labels[row], data.train.labels[image]);
        }
    }
}

static void divisors_of_training_and_test(void **state) {
    (void)state;
    static float x[10 * 784];
    uint8_t labels[10];
    struct stream_spec spec = spec_of(0, 0.1, 3);
    spec.train_image_divisor = 127.5;
    spec.test_image_divisor = 1;
    spec.train_label_divisor = 255;
    struct stream stream = ready(&spec);
    dense_batch(&stream, STREAM_TEST, 40, 10, x, labels);
    for (size_t row = 0; row < 10; row++) {
        expect_image(&x[row * 784], &data.test.pixels[(40 + row) * 784], 1);
        assert_int_equal(labels[row], data.test.labels[40 + row]);
    }
    /* Images held out of the training images are treated as these are. */
    dense_batch(&stream, STREAM_VALIDATION, 5, 10, x, labels);
    for (size_t row = 0; row < 10; row++) {
        expect_image(&x[row * 784], &data.train.pixels[(185 + row) * 784], 127.5f);
        assert_int_equal(labels[row], 0);
    }
}

static void label_maps(void **state) {
    (void)state;
    uint8_t map[DATASET_CLASSES_MAX];
    stream_label_map(1, map);
    for (int label = 0; label < DATASET_CLASSES_MAX; label++)
        assert_int_equal(map[label], label);
    stream_label_map(255, map);
    for (int label = 0; label < 255; label++)
        assert_int_equal(map[label], 0);
    assert_int_equal(map[255], 1);
    stream_label_map(2.5, map);
    const uint8_t expected[] = {0, 0, 0, 1, 1, 2, 2, 2, 3, 3};
    assert_memory_equal(map, expected, sizeof expected);
    stream_label_map(1e30, map);
    for (int label = 0; label < DATASET_CLASSES_MAX; label++)
        assert_int_equal(map[label], 0);
}

static void validation_is_the_end_and_never_trained_on(void **state) {
    (void)state;
    static float x[784];
    uint8_t label;
    /* Even when fewer images train than the split leaves. */
    const size_t counts[] = {0, 120};
    for (size_t i = 0; i < 2; i++) {
        const struct stream_spec spec = spec_of(counts[i], 0.2, 5);
        struct stream stream = ready(&spec);
        assert_int_equal(stream_count(&stream, STREAM_TRAIN), i ? 120 : 160);
        assert_int_equal(stream_count(&stream, STREAM_VALIDATION), 40);
        assert_int_equal(stream_count(&stream, STREAM_TEST), 50);
        for (size_t at = 0; at < 40; at++) {
            dense_batch(&stream, STREAM_VALIDATION, at, 1, x, &label);
            expect_image(x, &data.train.pixels[(160 + at) * 784], 255);
        }
        for (size_t epoch = 1; epoch <= 5; epoch++) {
            stream_begin_epoch(&stream, epoch, 1);
            for (size_t at = 0; at < stream_count(&stream, STREAM_TRAIN); at++)
                assert_true(stream.order[at] < stream_count(&stream, STREAM_TRAIN));
        }
    }
}

/* What becomes of an image is in no way the batch's affair. */
static void training_images_alone_are_changed(void **state) {
    (void)state;
    static float x[32 * 784];
    static uint8_t pictures[200 * 784];
    uint8_t labels[32];
    struct stream_spec spec = spec_of(0, 0.1, 3);
    const struct components list = usual_augmentation();
    spec.augmentation = &list;
    struct stream stream = ready(&spec);
    struct augmenter augmenter;
    assert_true(augmenter_init(&augmenter, &list, &data, spec.seed, &arena));
    augmenter_begin_epoch(&augmenter, 3, 0.5);
    for (uint32_t i = 0; i < 180; i++)
        augment(&augmenter, i, data.train.pixels + i * 784, pictures + i * 784);
    for (size_t most = 1; most <= 32; most += 31) {
        stream_begin_epoch(&stream, 3, 0.5);
        for (size_t first = 0; first < 180; first += most) {
            const size_t rows = 180 - first < most ? 180 - first : most;
            dense_batch(&stream, STREAM_TRAIN, first, rows, x, labels);
            for (size_t row = 0; row < rows; row++)
                expect_image(&x[row * 784], &pictures[stream.order[first + row] * 784], 255);
        }
        dense_batch(&stream, STREAM_VALIDATION, 5, 10, x, labels);
        for (size_t row = 0; row < 10; row++)
            expect_image(&x[row * 784], &data.train.pixels[(185 + row) * 784], 255);
        dense_batch(&stream, STREAM_TEST, 5, 10, x, labels);
        for (size_t row = 0; row < 10; row++)
            expect_image(&x[row * 784], &data.test.pixels[(5 + row) * 784], 255);
    }
    stream_begin_epoch(&stream, 3, 0);
    dense_batch(&stream, STREAM_TRAIN, 0, 32, x, labels);
    for (size_t row = 0; row < 32; row++)
        expect_image(&x[row * 784], &data.train.pixels[stream.order[row] * 784], 255);
}

/* Images of few zeros come with these. */
static void images_of_few_zeros_are_changed_too(void **state) {
    (void)state;
    static uint8_t pixels[200 * 784];
    struct stream_spec spec = spec_of(0, 0.1, 3);
    const struct components list = usual_augmentation();
    struct dataset full = data;
    uint8_t labels[20];
    struct sparse x;
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(1 + i % 200);
    full.train.pixels = pixels;
    full.train.index = full.test.index = NULL;
    spec.data = &full;
    spec.augmentation = &list;
    struct stream stream = ready(&spec);
    stream_begin_epoch(&stream, 1, 1);
    assert_true(sparse_init(&x, 20, 784, &arena));
    stream_batch(&stream, STREAM_TRAIN, 0, 20, &x, labels, NULL);
    sparse_lay_out(&x);
    for (size_t row = 0; row < 20; row++)
        expect_image(&x.with_zeros[row * 784], (const uint8_t *)stream.pictures + row * 784, 255);
}

/* Of floats with and without zeros, normalised or not, and in two channels. */
static void images_of_floats_are_changed_too(void **state) {
    (void)state;
    static float values[200 * 784], pictures[20 * 784];
    const struct components list = usual_augmentation();
    uint8_t labels[20];
    for (size_t form = 0; form < 4; form++) {
        struct dataset floats = data;
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            values[i] = (float)data.train.pixels[i] / 7 - (form % 2 == 0 ? 0 : 300);
        floats.train.pixels = NULL;
        floats.train.values = values;
        floats.train.index = NULL;
        floats.normalized = form >= 2;
        floats.columns = form == 3 ? 14 : 28;
        floats.channels = form == 3 ? 2 : 1;
        struct stream_spec spec = spec_of(0, 0.1, 3);
        spec.data = &floats;
        spec.augmentation = &list;
        spec.train_image_divisor = 3;
        struct stream stream = ready(&spec);
        struct augmenter augmenter;
        struct sparse x;
        assert_true(sparse_init(&x, 20, 784, &arena));
        assert_true(augmenter_init(&augmenter, &list, &floats, spec.seed, &arena));
        augmenter_begin_epoch(&augmenter, 2, 1);
        stream_begin_epoch(&stream, 2, 1);
        stream_batch(&stream, STREAM_TRAIN, 40, 20, &x, labels, NULL);
        sparse_lay_out(&x);
        for (size_t row = 0; row < 20; row++) {
            const uint32_t number = stream.order[40 + row];
            float *picture = pictures + row * 784;
            augment(&augmenter, number, values + number * 784, picture);
            for (size_t i = 0; i < 784; i++)
                picture[i] = (float)((double)picture[i] / 3);
            normalize(&stream.normalization, picture, 784);
        }
        assert_memory_equal(x.with_zeros, pictures, sizeof pictures);
        stream_batch(&stream, STREAM_VALIDATION, 3, 1, &x, labels, NULL);
        sparse_lay_out(&x);
        float expected = (float)((double)values[183 * 784 + 5] / 3);
        if (form < 2)
            assert_memory_equal(&x.with_zeros[5], &expected, sizeof expected);
    }
}

static void splits_are_those_of_keras(void **state) {
    (void)state;
    static const struct {
        size_t count;
        double split;
        size_t limit; /* int(math.floor(count * (1.0 - split))) */
    } cases[] = {
        {60000, 0, 60000},  {60000, 0.1, 54000}, {60000, 0.2, 48000},  {60000, 1.0 / 6, 50000},
        {60000, 0.9, 5999}, {60000, 0.3, 42000}, {10, 0.7, 3},         {10, 0.9, 0},
        {1, 0.5, 0},        {3, 1.0 / 3, 2},     {60000, 1e-9, 59999}, {1000, 0.123, 877},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(stream_train_limit(cases[i].count, cases[i].split), cases[i].limit);
}

/* As scikit-learn's compute_class_weight("balanced", ...). */
static void balanced_weights(void **state) {
    (void)state;
    float weights[DATASET_CLASSES_MAX];
    struct stream_spec spec = spec_of(23, 0, 1); /* labels 0, 1, ... 9, 0, ... 9, 0, 1, 2 */
    stream_balance(&spec, weights);
    for (size_t i = 0; i < 10; i++)
        assert_true(weights[i] == (float)(23.0 / (10 * (i < 3 ? 3.0 : 2.0))));
    assert_true(weights[10] == 1);
    spec.train_count = 4; /* what is in no image is no class */
    stream_balance(&spec, weights);
    assert_true(weights[3] == 1 && weights[7] == 1);
    spec.train_count = 20;
    spec.train_label_divisor = 9; /* 0 for 0 to 8, 1 for 9 */
    stream_balance(&spec, weights);
    assert_true(weights[0] == (float)(20.0 / 36) && weights[1] == 5);
}

#define WITH_DATA(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_DATA(pixels_are_decoded_one_by_one),
        WITH_DATA(each_epoch_is_a_permutation),
        WITH_DATA(orders_differ_by_epoch_and_seed_alone),
        WITH_DATA(batches_hold_the_images_in_order),
        WITH_DATA(divisors_of_training_and_test),
        WITH_DATA(validation_is_the_end_and_never_trained_on),
        WITH_DATA(training_images_alone_are_changed),
        WITH_DATA(images_of_few_zeros_are_changed_too),
        WITH_DATA(images_of_floats_are_changed_too),
        WITH_DATA(balanced_weights),
        cmocka_unit_test(label_maps),
        cmocka_unit_test(splits_are_those_of_keras),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
