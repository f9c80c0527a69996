/* Networks that are graphs, as Keras code, with weights and what they make of some images.
 *
 *   keras_graphs FOLDER COUNT
 *
 * For each of COUNT drawn networks, from 0 on, FOLDER gets N.py, the code; N.npz, its weights; and
 * N-rows.npz, with the arrays x (ROWS images as they are fed) and y (the outputs). The test
 * tests/export/test_keras.py has Keras compute the same. */
#define PROGRAM "keras_graphs"
#include "tool.h"

#include "data/npz.h"
#include "exchange/keras.h"
#include "exchange/weights.h"
#include "specs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 3
#define CLASSES 5
#define WIDTH 6

static void write_file(const char *folder, size_t number, const char *ending, const void *bytes,
                       size_t count) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%zu%s", folder, number, ending);
    FILE *stream = fopen(path, "wb");
    if (!stream || fwrite(bytes, 1, count, stream) != count || fclose(stream) != 0)
        fail("can't be written", path);
}

static struct network_spec draw(size_t number) {
    static const struct shape inputs[] = {{1, {WIDTH}}, {3, {3, 2, 2}}};
    struct layer_spec output = dense(CLASSES, activation_find("linear"));
    struct network_spec spec = {.input = inputs[number % 2],
                                .loss = loss_find("mean_squared_error"),
                                .initializer = initializer_find("glorot_uniform"),
                                .optimizer = optimizer_find("sgd")};
    optimizer_defaults(spec.optimizer, &spec.optimizer_settings);
    draw_graph(&spec, number, 3 + number % 6, WIDTH, &output);
    return spec;
}

static void write_code(const char *folder, size_t number, const struct network_spec *spec) {
    static const struct setting setting;
    const struct keras_request request = {
        .setting = &setting, .spec = spec, .classes = CLASSES, .dataset = "none"};
    struct text text;
    text_init(&text);
    keras_append(&request, &text);
    write_file(folder, number, ".py", text.data, text.length);
    text_release(&text);
}

/* Numbers above 0, as a variance has to be. */
static void fill(float *numbers, size_t count, size_t number, uint32_t stream) {
    for (size_t i = 0; i < count; i++)
        numbers[i] = 0.05f + 0.4f * (float)random_unit(
                                        (struct random_source){number, RANDOM_TEST, stream}, i);
}

static void write_rows(const char *folder, size_t number, const struct network_spec *spec,
                       const float *weights, struct arena *arena) {
    const size_t width = network_inputs(spec), stride = PAD_TO_LANES(CLASSES);
    float *x = ARENA_NEW(arena, float, ROWS *width), y[ROWS * CLASSES];
    uint8_t labels[ROWS] = {0};
    struct ensemble *ensemble;
    struct ensemble_result result;
    struct sparse sparse;
    struct error error;
    fill(x, ROWS * width, number, 1);
    sparse_init(&sparse, ROWS, width, arena);
    if (ensemble_init(&ensemble, &spec, 1, ROWS, arena, &error) != STATUS_OK)
        fail("failed", error.message);
    ensemble_set_parameters(ensemble, 0, weights);
    sparse_gather(&sparse, x, ROWS);
    const struct targets targets = targets_of_labels(labels, CLASSES);
    ensemble_predict(ensemble, &(struct ensemble_batch){&sparse, &targets, 1, 0, 0}, &result);
    for (size_t row = 0; row < ROWS; row++)
        memcpy(y + row * CLASSES, ensemble_outputs(ensemble, 0) + row * stride,
               CLASSES * sizeof *y);
    const struct npz_array arrays[] = {{"x", x, 2, (const size_t[]){ROWS, width}},
                                       {"y", y, 2, (const size_t[]){ROWS, CLASSES}}};
    const void *bytes;
    size_t count;
    if (npz_make(arrays, 2, arena, &bytes, &count, &error) != STATUS_OK)
        fail("failed", error.message);
    write_file(folder, number, "-rows.npz", bytes, count);
}

static void write_graph(const char *folder, size_t number, struct arena *arena) {
    struct model model = {.spec = draw(number)};
    const size_t numbers = network_parameter_count(&model.spec);
    float *weights = ARENA_NEW(arena, float, numbers);
    const void *bytes;
    size_t count;
    struct error error;
    fill(weights, numbers, number, 0);
    model.weights = weights;
    write_code(folder, number, &model.spec);
    write_rows(folder, number, &model.spec, weights, arena);
    if (weights_make(&model, arena, &bytes, &count, &error) != STATUS_OK)
        fail("failed", error.message);
    write_file(folder, number, ".npz", bytes, count);
}

int main(int argc, char **argv) {
    struct arena arena;
    if (argc != 3)
        fail("usage", "keras_graphs FOLDER COUNT");
    arena_init(&arena);
    for (size_t i = 0; i < count_from(argv[2]); i++) {
        write_graph(argv[1], i, &arena);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return 0;
}
