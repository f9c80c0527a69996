/* Passes that take a convolution, relu and max pooling together, against the same layers one by
 * one; and convolutions against sums in double precision. */
#include "reference.h"

#include "math/direct.h"
#include "math/gemm.h"

#include <math.h>
#include <stdio.h>

#define CLASSES 3
#define ROWS 7
#define MANY 45        /* more than are computed at once */
#define TOLERANCE 1e-5 /* relative to the largest number of its kind */

struct image_case {
    size_t rows, columns, channels, filters, kernel[2];
    bool same, use_bias, relu;
};

/* Channels and filters that fill registers and that do not, images that leave a row or a column
 * over, windows of Winograd's form and others. */
static const struct image_case cases[] = {
    {28, 28, 1, 32, {3, 3}, false, true, true}, {13, 13, 32, 64, {3, 3}, false, true, true},
    {13, 13, 32, 64, {3, 3}, true, true, true}, {9, 12, 8, 16, {3, 3}, true, false, true},
    {9, 12, 20, 70, {3, 3}, true, true, true},  {10, 7, 64, 48, {3, 3}, false, true, false},
    {5, 5, 9, 1, {3, 3}, false, true, true},    {14, 13, 32, 33, {5, 5}, false, true, true},
    {6, 30, 16, 112, {5, 2}, true, true, true}, {8, 8, 3, 17, {3, 3}, true, true, true},
    {8, 9, 1, 5, {3, 3}, true, true, false},    {9, 8, 40, 8, {1, 1}, false, true, true},
    {16, 16, 2, 20, {7, 7}, true, true, true},  {2, 2, 1, 16, {1, 1}, false, true, true},
    {4, 4, 1, 16, {3, 3}, false, false, true},  {12, 3, 100, 130, {3, 2}, false, true, true},
    {60, 50, 1, 16, {3, 3}, true, true, true},  {40, 44, 16, 24, {3, 3}, false, true, true},
    {5, 9, 1, 48, {2, 4}, false, true, true},   {21, 6, 4, 32, {2, 1}, true, true, true},
};
#define CASES (sizeof cases / sizeof *cases)

static struct layer_spec conv2d(size_t filters, const size_t kernel[2], bool same) {
    struct layer_spec layer = layer_standard(&layer_conv2d);
    layer.filters = (uint32_t)filters;
    layer.window_size[0] = (uint16_t)kernel[0];
    layer.window_size[1] = (uint16_t)kernel[1];
    layer.padding = same;
    return layer;
}

static void append(struct network_spec *spec, struct layer_spec layer) {
    spec->layers[spec->layer_count++] = layer;
}

/* The layers of a case. After another convolution, of 1 x 1, they are asked for the gradient at
 * their inputs. */
static struct network_spec spec_of(const struct image_case *of, bool joined, bool after) {
    struct network_spec spec = {.input = {3, {of->rows, of->columns, after ? 2 : of->channels}},
                                .loss = loss_find("categorical_crossentropy"),
                                .initializer = initializer_find("glorot_uniform"),
                                .optimizer = optimizer_find("sgd"),
                                .seed = 5};
    const struct activation *relu = activation_find("relu");
    struct layer_spec layer = conv2d(of->filters, of->kernel, of->same);
    optimizer_defaults(spec.optimizer, &spec.optimizer_settings);
    if (after)
        append(&spec, conv2d(of->channels, (const size_t[]){1, 1}, false));
    layer.use_bias = of->use_bias;
    layer.activation = joined && of->relu ? relu : NULL;
    append(&spec, layer);
    if (!joined)
        append(&spec,
               (struct layer_spec){.kind = &layer_activation,
                                   .activation = of->relu ? relu : activation_find("linear")});
    append(&spec, layer_standard(&layer_max_pooling2d));
    append(&spec, dense(CLASSES, activation_find("softmax")));
    return spec;
}

struct pair {
    struct network_spec specs[2];
    struct network networks[2]; /* joined, and one by one */
    float *x;
    uint8_t labels[MANY];
    struct arena arena;
};

static void pair_init(struct pair *pair, const struct image_case *of, bool after) {
    const struct random_source source = {11, RANDOM_TEST, 0};
    arena_init(&pair->arena);
    for (size_t i = 0; i < 2; i++) {
        pair->specs[i] = spec_of(of, i == 0, after);
        reference_init(&pair->networks[i], &pair->specs[i], MANY, &pair->arena);
        assert_true((network_joined(&pair->specs[i], after) != NULL) == (i == 0));
    }
    const size_t inputs = network_inputs(&pair->specs[0]);
    pair->x = ARENA_NEW(&pair->arena, float, MANY *inputs);
    for (size_t i = 0; i < MANY * inputs; i++) {
        const double value = 2 * random_unit(source, i) - 1;
        pair->x[i] = i % 3 == 0 || i % inputs > inputs / 2 ? (float)value : 0;
    }
    for (size_t i = 0; i < MANY; i++)
        pair->labels[i] = (uint8_t)(i % CLASSES);
}

static void expect_near(const float *a, const float *b, size_t count, size_t number) {
    double largest = 0, worst = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)b[i]));
        worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
    }
    if (!(worst <= TOLERANCE * largest))
        print_error("case %zu: off by %g of %g\n", number, worst, largest);
    assert_true(largest > 0);
    assert_true(worst <= TOLERANCE * largest);
}

static void expect_gradients(const struct pair *pair, size_t number) {
    const struct layer *a = pair->networks[0].layers, *b = pair->networks[1].layers;
    for (size_t i = 0, j = 0; i < pair->specs[0].layer_count; i++, j++) {
        while (b[j].spec->kind != a[i].spec->kind)
            j++;
        struct layer_array arrays[LAYER_ARRAYS_MAX];
        layer_list_arrays(a[i].spec, a[i].input, arrays);
        for (size_t k = 0; k < a[i].array_count; k++)
            if (arrays[k].role == ARRAY_WEIGHTS)
                expect_near(a[i].gradients[k], b[j].gradients[k], shape_padded(arrays[k].shape),
                            number);
    }
}

static void together_as_one_by_one(void **state) {
    (void)state;
    for (size_t i = 0; i < 2 * CASES; i++) {
        struct pair pair;
        pair_init(&pair, &cases[i / 2], i % 2);
        for (size_t n = 0; n < 2; n++)
            reference_train(&pair.networks[n], pair.x, pair.labels, ROWS, 1, 0);
        expect_near(network_outputs(&pair.networks[0]), network_outputs(&pair.networks[1]),
                    ROWS * PAD_TO_LANES(CLASSES), i);
        expect_gradients(&pair, i);
        arena_release(&pair.arena);
    }
}

/* Part by part, which are of other sizes where layers are joined: the same masks of dropout, the
 * same losses, the outputs and gradients of all. */
static void part_by_part(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct image_case of = {28, 28, 1, 32, {3, 3}, i == 1, true, true};
        struct pair pair;
        double sums[2];
        pair_init(&pair, &of, i == 2);
        for (size_t n = 0; n < 2; n++) {
            struct network_spec *spec = &pair.specs[n];
            spec->layers[spec->layer_count] = spec->layers[spec->layer_count - 1];
            spec->layers[spec->layer_count - 1] =
                (struct layer_spec){.kind = &layer_dropout, .rate = 0.4};
            spec->layer_count++;
            reference_init(&pair.networks[n], spec, MANY, &pair.arena);
            assert_true(pair.networks[n].part < MANY);
            sums[n] = reference_train(&pair.networks[n], pair.x, pair.labels, MANY, 1, 5);
        }
        assert_true(pair.networks[0].part != pair.networks[1].part);
        assert_true(fabs(sums[0] - sums[1]) < TOLERANCE * sums[1]);
        expect_near(network_outputs(&pair.networks[0]), network_outputs(&pair.networks[1]),
                    MANY * PAD_TO_LANES(CLASSES), i);
        expect_gradients(&pair, i);
        for (size_t n = 0; n < 2; n++) {
            reference_predict(&pair.networks[n], pair.x, MANY);
            sums[n] = reference_loss(&pair.networks[n], pair.labels, MANY, false);
        }
        assert_true(fabs(sums[0] - sums[1]) < TOLERANCE * sums[1]);
        arena_release(&pair.arena);
    }
}

/* An image's outputs are the same bits in any batch. */
static void images_by_themselves(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        struct pair pair;
        pair_init(&pair, &cases[i], false);
        struct network *network = &pair.networks[0];
        const size_t inputs = network_inputs(network->spec);
        float together[ROWS * PAD_TO_LANES(CLASSES)];
        memcpy(together, reference_predict(network, pair.x, ROWS), sizeof together);
        for (size_t row = 0; row < ROWS; row++)
            assert_memory_equal(reference_predict(network, pair.x + row * inputs, 1),
                                together + row * PAD_TO_LANES(CLASSES), CLASSES * sizeof(float));
        arena_release(&pair.arena);
    }
}

/* A number that is none stays so: a network that has come apart is not taken for one that learns.
 */
static void not_a_number(void **state) {
    (void)state;
    const size_t channels[] = {0, 1};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        struct pair pair;
        pair_init(&pair, &cases[channels[i]], false);
        pair.x[5 * cases[channels[i]].channels] = NAN;
        assert_true(isnan(reference_predict(&pair.networks[0], pair.x, ROWS)[0]));
        pair.x[5 * cases[channels[i]].channels] = 1;
        pair.networks[0].layers[0].values[1][3] = -NAN;
        assert_true(isnan(reference_predict(&pair.networks[0], pair.x, ROWS)[0]));
        arena_release(&pair.arena);
    }
}

/* Convolutions by themselves, against sums in double precision. ----------------------------------
 */

struct window_case {
    size_t rows, columns, channels, filters, kernel[2], strides[2];
    bool same;
};

static const struct window_case windows[] = {
    {9, 8, 1, 16, {3, 3}, {1, 1}, false},   {9, 8, 5, 7, {3, 3}, {1, 1}, true},
    {11, 10, 16, 80, {5, 5}, {1, 1}, true}, {8, 13, 24, 33, {3, 2}, {2, 2}, false},
    {8, 13, 72, 32, {3, 4}, {2, 2}, true},  {7, 7, 3, 20, {2, 2}, {3, 1}, false},
    {10, 5, 32, 64, {1, 3}, {2, 3}, true},  {6, 6, 17, 16, {6, 6}, {1, 1}, false},
    {5, 5, 2, 3, {2, 2}, {5, 4}, true},     {1, 1, 4, 4, {3, 3}, {1, 1}, true},
    {3, 200, 2, 6, {3, 7}, {1, 2}, true},   {20, 20, 48, 96, {3, 3}, {1, 1}, false},
};

struct sums {
    struct direct direct;
    size_t inputs, outputs, weights;   /* floats, without padding */
    float *image, *kernel, *delta;     /* the kernel with padding */
    float *z, *gradient, *input_delta; /* as computed; the gradient with padding */
    double *exact_z, *exact_gradient, *exact_input_delta;
};

static float *random_floats(struct arena *arena, size_t count, uint32_t stream) {
    float *values = ARENA_NEW(arena, float, count);
    const struct random_source source = {13, RANDOM_TEST, stream};
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(2 * random_unit(source, i) - 1);
    return values;
}

static void sums_init(struct sums *sums, const struct window_case *of, struct arena *arena) {
    const struct window window = {
        window_axis(of->rows, of->kernel[0], of->strides[0], 1, of->same),
        window_axis(of->columns, of->kernel[1], of->strides[1], 1, of->same), of->channels};
    sums->direct = (struct direct){window, of->filters};
    sums->inputs = of->rows * of->columns * of->channels;
    sums->outputs = window_places(&window) * of->filters;
    sums->weights = window_size(&window) * of->channels * of->filters;
    const size_t rows = window_size(&window) * of->channels;
    const size_t padded = rows * PAD_TO_LANES(of->filters);
    sums->image = random_floats(arena, PAD_TO_LANES(sums->inputs), 1);
    sums->kernel = random_floats(arena, padded, 2);
    sums->delta = random_floats(arena, PAD_TO_LANES(sums->outputs), 3);
    sums->z = ARENA_NEW(arena, float, sums->outputs);
    sums->gradient = ARENA_NEW(arena, float, padded);
    sums->input_delta = ARENA_NEW(arena, float, sums->inputs);
    sums->exact_z = ARENA_NEW(arena, double, sums->outputs);
    sums->exact_gradient = ARENA_NEW(arena, double, padded);
    sums->exact_input_delta = ARENA_NEW(arena, double, sums->inputs);
}

/* All that one place of the outputs and one of its window have to do with each other. */
static void add_exactly(struct sums *sums, size_t in, size_t out, size_t k) {
    const size_t channels = sums->direct.window.channels, filters = sums->direct.filters;
    for (size_t c = 0; c < channels; c++)
        for (size_t f = 0; f < filters; f++) {
            const size_t weight = (k * channels + c) * PAD_TO_LANES(filters) + f;
            const double w = (double)sums->kernel[weight];
            const double x = (double)sums->image[in * channels + c];
            const double delta = (double)sums->delta[out * filters + f];
            sums->exact_z[out * filters + f] += x * w;
            sums->exact_gradient[weight] += x * delta;
            sums->exact_input_delta[in * channels + c] += w * delta;
        }
}

static void sum_exactly(struct sums *sums) {
    const struct window *window = &sums->direct.window;
    const struct window_axis *rows = &window->rows, *columns = &window->columns;
    for (size_t out = 0; out < window_places(window); out++)
        for (size_t k = 0; k < window_size(window); k++) {
            const size_t row = out / columns->out * rows->stride + k / columns->size;
            const size_t column = out % columns->out * columns->stride + k % columns->size;
            if (row >= rows->before && row < rows->before + rows->in && column >= columns->before &&
                column < columns->before + columns->in)
                add_exactly(sums, (row - rows->before) * columns->in + column - columns->before,
                            out, k);
        }
}

static void expect_exact(const float *values, const double *exact, size_t count, size_t number) {
    for (size_t i = 0; i < count; i++) {
        const double off = fabs((double)values[i] - exact[i]);
        if (!(off < TOLERANCE * (2 + fabs(exact[i]))))
            print_error("window %zu, number %zu: off by %g of %g\n", number, i, off, exact[i]);
        assert_true(off < TOLERANCE * (2 + fabs(exact[i])));
    }
}

static void directly(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        struct arena arena;
        struct sums sums;
        arena_init(&arena);
        sums_init(&sums, &windows[i], &arena);
        const struct direct *direct = &sums.direct;
        const size_t filters = windows[i].filters, rows = sums.weights / filters;
        float *room = ARENA_NEW(&arena, float, direct_floats(direct));
        float *turned = ARENA_NEW(&arena, float, direct_turned_floats(direct));
        sum_exactly(&sums);
        direct_forward(direct, sums.image, sums.kernel, sums.z, room);
        direct_weight_gradient(direct, sums.image, sums.delta, sums.gradient, room);
        direct_turn(direct, sums.kernel, turned);
        direct_input_gradient(direct, sums.delta, turned, sums.input_delta, room);
        expect_exact(sums.z, sums.exact_z, sums.outputs, i);
        expect_exact(sums.input_delta, sums.exact_input_delta, sums.inputs, i);
        for (size_t row = 0; row < rows; row++)
            expect_exact(sums.gradient + row * PAD_TO_LANES(filters),
                         sums.exact_gradient + row * PAD_TO_LANES(filters), filters, i);
        arena_release(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(together_as_one_by_one),
        cmocka_unit_test(part_by_part),
        cmocka_unit_test(images_by_themselves),
        cmocka_unit_test(not_a_number),
        cmocka_unit_test(directly),
    };
    gemm_single_thread();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
