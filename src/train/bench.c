#include "train/bench.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "data/augmentation.h"
#include "search/parameters.h"
#include "search/space.h"
#include "train/stepper.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DENSE_IMAGES 8192 /* two batches of the largest case */

const struct bench_case bench_cases[] = {
    {"slides, sgd", "sgd", "sigmoid", {10}, 32, 32, 0, false, false},
    {"slides, sgd", "sgd", "sigmoid", {10}, 32, 128, 0, false, false},
    {"slides, rmsprop", "rmsprop", "sigmoid", {10}, 32, 32, 0, false, false},
    {"slides, adam", "adam", "sigmoid", {10}, 32, 32, 0, false, false},
    {"slides, adam", "adam", "sigmoid", {10}, 32, 128, 0, false, false},
    {"slides, sgd", "sgd", "sigmoid", {10}, 32, 1, 0, false, false},
    {"784-128-10, adam", "adam", "relu", {128}, 128, 8, 0, false, false},
    {"784-128-10, dropout", "adam", "relu", {128}, 128, 8, 0.2, false, false},
    {"784-128-10, adam", "adam", "relu", {128}, 1, 1, 0, false, false},
    {"784-512-512-10, adam", "adam", "relu", {512, 512}, 128, 2, 0, false, false},
    {"residual 784-128 x 4-10", "adam", "relu", {128, 128, 128, 128}, 128, 8, 0, false, true},
    {"dense 784-10, sgd", "sgd", "sigmoid", {0}, 32, 1, 0, true, false},
    {"dense 784-128, adam", "adam", "relu", {128}, 4096, 1, 0, true, false},
};
const size_t bench_case_count = sizeof bench_cases / sizeof *bench_cases;

double bench_total(const struct bench_result *result) {
    return result->gather + result->forward + result->later + result->update;
}

double bench_peak(void) {
    enum { N = 1024, TIMES = 20 };
    struct arena arena;
    double best = 0;
    arena_init(&arena);
    float *a = ARENA_NEW(&arena, float, N *N), *b = ARENA_NEW(&arena, float, N *N);
    float *c = ARENA_NEW(&arena, float, N *N);
    gemm_single_thread();
    for (int i = 0; a && b && c && i < TIMES; i++) {
        const double begin = clock_thread_seconds();
        gemm_nn(N, N, N, a, N, b, N, c, N);
        const double rate = 2.0 * N * N * N / (clock_thread_seconds() - begin);
        best = rate > best ? rate : best;
    }
    arena_release(&arena);
    return best;
}

size_t bench_choose_core(struct bench_core tried[GEMM_CORES_MAX + 1]) {
    const char *names[GEMM_CORES_MAX];
    const size_t others = gemm_cores(names);
    size_t count = 0, best = 0;
    tried[count++] = (struct bench_core){gemm_core(), bench_peak()};
    for (size_t i = 0; i < others; i++)
        if (strcmp(names[i], tried[0].name) != 0 && gemm_use_core(names[i]))
            tried[count++] = (struct bench_core){names[i], bench_peak()};
    for (size_t i = 1; i < count; i++)
        best = tried[i].flops > tried[best].flops ? i : best;
    if (count > 1)
        gemm_use_core(tried[best].name);
    return count;
}

static struct layer_spec dense(size_t units, const char *activation) {
    struct layer_spec spec = layer_standard(&layer_dense);
    spec.units = (uint32_t)units;
    spec.activation = activation_find(activation);
    spec.activation_parameter = 0; /* known: neither has one */
    return spec;
}

static void add_layer(struct network_spec *spec, struct layer_spec layer) {
    spec->layers[spec->layer_count++] = layer;
}

/* What the latest layer gave to what went into it. */
static struct layer_spec sum_of_latest(const struct network_spec *spec) {
    struct layer_spec sum = layer_standard(&layer_add);
    sum.input_count = 2;
    sum.inputs[0] = (uint8_t)(spec->layer_count - 1);
    sum.inputs[1] = (uint8_t)spec->layer_count;
    return sum;
}

static void make_spec(const struct bench_case *bench, const struct dataset *dataset,
                      struct network_spec *spec) {
    *spec = (struct network_spec){
        .input = setting_input(dataset),
        .loss = loss_find("categorical_crossentropy"),
        .initializer = initializer_find("glorot_uniform"),
        .optimizer = optimizer_find(bench->optimizer),
    };
    optimizer_defaults(spec->optimizer, &spec->optimizer_settings);
    for (size_t i = 0; i < 4 && bench->layers[i]; i++) {
        add_layer(spec, dense(bench->layers[i], bench->activation));
        if (bench->residual && i > 0)
            add_layer(spec, sum_of_latest(spec));
        if (bench->dropout > 0)
            add_layer(spec, (struct layer_spec){.kind = &layer_dropout, .rate = bench->dropout});
    }
    add_layer(spec, dense(dataset_outputs(dataset), "softmax"));
}

/* Random images of the same shape, of which no pixel is 0. */
static enum status make_dense(const struct dataset *like, struct dataset *dense,
                              struct arena *arena, struct error *error) {
    const size_t bytes = DENSE_IMAGES * dataset_inputs(like);
    uint8_t *pixels = ARENA_NEW(arena, uint8_t, bytes + sizeof(struct random_block));
    uint8_t *labels = ARENA_NEW(arena, uint8_t, DENSE_IMAGES);
    if (!pixels || !labels)
        return error_memory(error);
    for (size_t i = 0; i < bytes; i += sizeof(struct random_block)) {
        struct random_block block = random_block((struct random_source){0}, i);
        for (size_t k = 0; k < 4; k++)
            block.word[k] |= 0x01010101;
        memcpy(pixels + i, &block, sizeof block);
    }
    for (size_t i = 0; i < DENSE_IMAGES; i++)
        labels[i] = like->train.labels[i % like->train.count];
    *dense = *like;
    dense->train = dense->test =
        (struct images){.count = DENSE_IMAGES, .pixels = pixels, .labels = labels};
    return STATUS_OK;
}

const char *const bench_augmentations[] = {
    "[random_translation 0.1 0.1, random_rotation 0.04, random_zoom 0.15, random_shear 0.15]",
    "[elastic 34 4]",
    "[random_translation 0.1 0.1, random_rotation 0.04, random_zoom 0.15, elastic 34 4]",
};
const size_t bench_augmentation_count = sizeof bench_augmentations / sizeof *bench_augmentations;

#define AUGMENTED_ROUNDS 20
#define AUGMENTED_IMAGES 2000 /* in a round */

static double time_images(struct augmenter *augmenter, const struct images *train, size_t inputs,
                          void *picture) {
    double best = (double)INFINITY;
    for (size_t round = 0; round < AUGMENTED_ROUNDS; round++) {
        const double begin = clock_thread_seconds();
        for (size_t i = 0; i < AUGMENTED_IMAGES; i++) {
            const size_t image = (round * AUGMENTED_IMAGES + i) % train->count;
            augment(augmenter, (uint32_t)image, images_at(train, image, inputs), picture);
        }
        const double seconds = (clock_thread_seconds() - begin) / AUGMENTED_IMAGES;
        best = seconds < best ? seconds : best;
    }
    return best;
}

enum status bench_augment(const char *list, const struct dataset *dataset, double *seconds,
                          struct error *error) {
    struct arena arena;
    struct value value;
    struct augmenter augmenter;
    arena_init(&arena);
    enum status status = parameters_read_value(HP_AUGMENTATION, list, &arena, &value, error);
    if (status == STATUS_OK) {
        augmenter_init(&augmenter, value.components, dataset, 1, &arena);
        augmenter_begin_epoch(&augmenter, 1, 1);
        void *picture = arena_alloc(&arena, 1, augmenter_picture_bytes(&augmenter));
        if (arena.failed)
            status = error_memory(error);
        else
            *seconds = time_images(&augmenter, &dataset->train, dataset_inputs(dataset), picture);
    }
    arena_release(&arena);
    return status;
}

/* What a cohort has, without its milestones. */
struct bench {
    const struct bench_case *of;
    struct dataset dense;
    struct network_spec spec;
    struct stream_spec stream;
    struct stepper stepper;
    struct bench_result *times;
    double since; /* when the phase began that is measured */
    struct arena arena;
};

static double lap(struct bench *bench) {
    const double begin = bench->since;
    bench->since = clock_thread_seconds();
    return bench->since - begin;
}

static void end_phase(void *context, enum ensemble_phase phase) {
    struct bench *bench = context;
    double *const of[] = {[ENSEMBLE_FORWARD] = &bench->times->forward,
                          [ENSEMBLE_LATER] = &bench->times->later,
                          [ENSEMBLE_UPDATE] = &bench->times->update};
    *of[phase] += lap(bench);
}

static enum status init(struct bench *bench, const struct dataset *dataset, struct error *error) {
    const size_t runs = bench->of->runs, rows = bench->of->batch_size;
    struct arena *arena = &bench->arena;
    enum status status = STATUS_OK;
    make_spec(bench->of, dataset, &bench->spec);
    if (bench->of->dense)
        status = make_dense(dataset, &bench->dense, arena, error);
    if (status != STATUS_OK)
        return status;
    dataset = bench->of->dense ? &bench->dense : dataset;
    bench->stream = stepper_plain_stream(dataset, rows);
    const struct network_spec **specs = ARENA_NEW(arena, const struct network_spec *, runs);
    if (!specs)
        return error_memory(error);
    for (size_t i = 0; i < runs; i++)
        specs[i] = &bench->spec;
    status = stepper_init(&bench->stepper, &bench->stream, specs, runs, rows, arena, error);
    if (status == STATUS_OK)
        ensemble_watch(bench->stepper.ensemble, end_phase, bench);
    return status;
}

static void train_step(struct bench *bench, size_t first) {
    bench->since = clock_thread_seconds();
    stepper_batch(&bench->stepper, STREAM_TRAIN, first, bench->of->batch_size);
    bench->times->gather += lap(bench);
    stepper_train(&bench->stepper);
    bench->times->steps++;
}

static void evaluate_step(struct bench *bench, size_t first) {
    bench->since = clock_thread_seconds();
    stepper_batch(&bench->stepper, STREAM_TEST, first, bench->of->batch_size);
    stepper_predict(&bench->stepper);
    bench->times->evaluate += lap(bench);
}

static void measure(struct bench *bench, double seconds, struct bench_result *result) {
    const size_t rows = bench->of->batch_size;
    const size_t batches = bench->stream.train_count / rows;
    const size_t tests = bench->stream.data->test.count / rows;
    const double begin = clock_seconds();
    for (size_t epoch = 1; clock_seconds() - begin < seconds; epoch++) {
        stepper_begin_epoch(&bench->stepper, epoch);
        for (size_t i = 0; i < batches && clock_seconds() - begin < seconds; i++)
            train_step(bench, i * rows);
    }
    for (size_t i = 0; i < tests; i++)
        evaluate_step(bench, i * rows);
    const double each = 1 / (double)(result->steps * bench->of->runs);
    result->gather *= each;
    result->forward *= each;
    result->later *= each;
    result->update *= each;
    if (tests > 0)
        result->evaluate /= (double)(tests * rows * bench->of->runs);
}

enum status bench_run(const struct bench_case *of, const struct dataset *dataset, double peak,
                      double seconds, struct bench_result *result, struct error *error) {
    struct bench *bench = calloc(1, sizeof *bench);
    *result = (struct bench_result){0};
    if (!bench)
        return error_memory(error);
    bench->of = of;
    bench->times = result;
    arena_init(&bench->arena);
    enum status status = init(bench, dataset, error);
    if (status == STATUS_OK && bench->stream.train_count < of->batch_size)
        status = error_set(error, STATUS_INPUT, "%s has fewer training images than a batch of %zu",
                           dataset->name, of->batch_size);
    if (status == STATUS_OK) {
        measure(bench, seconds, result);
        result->flops = network_flops(&bench->spec) * (double)of->batch_size;
        result->roofline = result->flops / peak;
    }
    arena_release(&bench->arena);
    free(bench);
    return status;
}
