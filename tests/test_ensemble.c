/* Networks in an ensemble against the same networks alone: the same bits. */
#include "reference.h"

#include "math/wide.h"
#include "nn/ensemble.h"
#include "nn/metric.h"

#include <math.h>
#include <string.h>

#define INPUTS 300 /* no multiple of a group, a tile or a register */
#define CLASSES 5
#define ROWS 32
#define ROWS_MAX (WIDE_ROWS + 17)
#define IMAGES 96
#define MEMBERS_MAX 64

static uint8_t pixels[IMAGES * INPUTS];
static uint8_t labels[IMAGES];
static float scale[256];
static struct arena arena;
static struct sparse_images images;

static uint32_t bits_of(uint64_t index, uint32_t stream) {
    return random_block((struct random_source){3, RANDOM_TEST, stream}, index).word[0];
}

/* Every fifth pixel is ink, on average; some are in no image, some in all. */
static int set_up(void **state) {
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < IMAGES * INPUTS; i++) {
        const size_t input = i % INPUTS;
        const uint32_t bits = bits_of(i, 0);
        const int ink = input % 11 == 7 || bits % 5 == 0;
        pixels[i] = input % 11 == 3 || !ink ? 0 : (uint8_t)(1 + (bits >> 8) % 255);
    }
    for (size_t i = 0; i < IMAGES; i++)
        labels[i] = (uint8_t)(i % CLASSES);
    for (int level = 0; level < 256; level++)
        scale[level] = (float)level / 255;
    assert_true(sparse_index(&images, pixels, IMAGES, INPUTS, &arena));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct network_spec spec_of(size_t units, const char *optimizer, uint64_t seed) {
    struct network_spec spec = {
        .input = {1, {INPUTS}},
        .layer_count = 2,
        .layers = {dense(units, activation_find("tanh")),
                   dense(CLASSES, activation_find("softmax"))},
        .loss = loss_find("categorical_crossentropy"),
        .initializer = initializer_find("glorot_uniform"),
        .optimizer = optimizer_find(optimizer),
        .seed = seed,
    };
    optimizer_defaults(spec.optimizer, &spec.optimizer_settings);
    return spec;
}

/* Networks in an ensemble, and each of them alone. */
struct pair {
    struct network_spec specs[MEMBERS_MAX];
    struct network alone[MEMBERS_MAX];
    bool selected[MEMBERS_MAX];
    struct ensemble_result results[MEMBERS_MAX]; /* of the latest batch */
    double losses[MEMBERS_MAX];                  /* of the latest step */
    size_t count;
    struct ensemble *together;
    struct sparse x;
    struct arena arena;
};

/* The same bits, or both no number: a NaN's bits depend on the order of a product's factors. */
static bool same_number(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static void pair_init(struct pair *pair, size_t count) {
    const struct network_spec *specs[MEMBERS_MAX];
    struct error error;
    pair->count = count;
    arena_init(&pair->arena);
    for (size_t i = 0; i < count; i++) {
        specs[i] = &pair->specs[i];
        pair->selected[i] = true;
        reference_init(&pair->alone[i], &pair->specs[i], ROWS_MAX, &pair->arena);
    }
    assert_true(sparse_init(&pair->x, ROWS_MAX, INPUTS, &pair->arena));
    assert_int_equal(ensemble_init(&pair->together, specs, count, ROWS_MAX, &pair->arena, &error),
                     0);
}

/* The batch `number` and its images' pixels. */
static void choose(struct pair *pair, size_t number, size_t rows, float *x,
                   uint8_t *chosen_labels) {
    uint32_t chosen[ROWS_MAX];
    for (size_t row = 0; row < rows; row++) {
        chosen[row] = bits_of(number * ROWS + row, 1) % IMAGES;
        chosen_labels[row] = labels[chosen[row]];
        for (size_t i = 0; i < INPUTS; i++)
            x[row * INPUTS + i] = scale[pixels[chosen[row] * INPUTS + i]];
    }
    sparse_decode(&pair->x, &images, chosen, rows, scale);
}

static void expect_same_outputs(struct pair *pair, size_t i, const uint8_t *chosen_labels,
                                size_t rows) {
    const float *one = ensemble_outputs(pair->together, i);
    const float *other = network_outputs(&pair->alone[i]);
    const size_t stride = PAD_TO_LANES(CLASSES);
    const struct predictions predictions = {
        other, targets_of_labels(chosen_labels, CLASSES), rows, CLASSES, stride, 0};
    assert_int_equal(pair->results[i].hits, metric_hits(&predictions));
    for (size_t row = 0; row < rows; row++)
        for (size_t j = 0; j < CLASSES; j++)
            assert_true(
                same_number((double)one[row * stride + j], (double)other[row * stride + j]));
}

/* One step of all selected networks together, and of the same ones alone. */
static void step(struct pair *pair, size_t number, size_t rows) {
    static float x[ROWS_MAX * INPUTS];
    uint8_t chosen_labels[ROWS_MAX];
    const struct targets targets = targets_of_labels(chosen_labels, CLASSES);
    const struct ensemble_batch batch = {&pair->x, &targets, 1, 1, 0};
    choose(pair, number, rows, x, chosen_labels);
    ensemble_train(pair->together, &batch, pair->results);
    for (size_t i = 0; i < pair->count; i++) {
        if (!pair->selected[i])
            continue;
        const double before = reference_penalty(&pair->alone[i]) * (double)rows;
        const double loss = reference_train(&pair->alone[i], x, chosen_labels, rows, 1, 0) + before;
        if (!same_number(pair->results[i].loss, loss))
            fail_msg("%s: a loss of %.17g and %.17g", pair->specs[i].optimizer->name,
                     pair->results[i].loss, loss);
        pair->losses[i] = loss;
        expect_same_outputs(pair, i, chosen_labels, rows);
    }
}

static void expect_array_equal(const struct network *of, const float *one, const float *other,
                               const struct layer_array *array, size_t layer) {
    const size_t columns = shape_columns(array->shape), stride = PAD_TO_LANES(columns);
    for (size_t row = 0; row < shape_rows(array->shape); row++)
        for (size_t i = 0; i < columns; i++) {
            const size_t at = row * stride + i;
            if (!same_number((double)one[at], (double)other[at]))
                fail_msg("%s, layer %zu, %s, row %zu, unit %zu: %.9g and %.9g",
                         of->spec->optimizer->name, layer, array->name, row, i, (double)one[at],
                         (double)other[at]);
        }
}

/* The numbers of a layer in one of its network's arrays; what the padding holds does not count. */
static void expect_layer_equal(const struct network *of, const float *one, const float *other,
                               size_t index) {
    const struct layer *layer = &of->layers[index];
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    layer_list_arrays(layer->spec, layer->input, arrays);
    for (size_t a = 0; a < layer->array_count; a++) {
        const ptrdiff_t at = layer->values[a] - of->parameters;
        if (arrays[a].role == ARRAY_WEIGHTS)
            expect_array_equal(of, one + at, other + at, &arrays[a], index);
    }
}

static void expect_equal(struct pair *pair) {
    for (size_t i = 0; i < pair->count; i++) {
        const struct network *b = &pair->alone[i];
        const struct network_state one = ensemble_state(pair->together, i),
                                   other = network_state(b);
        assert_int_equal(one.iterations, other.iterations);
        assert_true(same_number((double)one.momentum_product, (double)other.momentum_product));
        for (size_t array = 0; array < one.array_count; array++)
            for (size_t layer = 0; layer < b->spec->layer_count; layer++)
                expect_layer_equal(b, one.arrays[array], other.arrays[array], layer);
    }
}

static struct pair pair;

/* Every optimizer beside every other, in cohorts of 1 to 64, first layers of 1 to 128 units. */
static void equal_whoever_stands_beside(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 17, 64}, widths[] = {1, 7, 10, 16, 33, 128};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t shift = 0; shift < (sizes[s] < 4 ? 18 : 2); shift++) {
            for (size_t i = 0; i < sizes[s]; i++)
                pair.specs[i] = spec_of(widths[(i + shift) % 6],
                                        optimizers[(i + shift / 2) % optimizer_count].name, i);
            pair_init(&pair, sizes[s]);
            for (size_t number = 0; number < 4; number++)
                step(&pair, number, number == 2 ? 13 : ROWS);
            expect_equal(&pair);
            arena_release(&pair.arena);
        }
}

/* Momentum and its kin have kernels of their own; weight decay and l2 take passes of their own. */
static void equal_with_every_kernel(void **state) {
    (void)state;
    static const struct {
        const char *optimizer;
        enum optimizer_parameter parameter;
        double value;
    } variants[] = {
        {"sgd", OPTIMIZER_MOMENTUM, 0.9},       {"sgd", OPTIMIZER_WEIGHT_DECAY, 0.1},
        {"rmsprop", OPTIMIZER_MOMENTUM, 0.5},   {"rmsprop", OPTIMIZER_CENTERED, 1},
        {"adam", OPTIMIZER_AMSGRAD, 1},         {"ftrl", OPTIMIZER_LEARNING_RATE_POWER, -0.7},
        {"adagrad", OPTIMIZER_WEIGHT_DECAY, 1}, {"sgd", OPTIMIZER_LEARNING_RATE, 0.5},
        {"sgd", OPTIMIZER_CLIPVALUE, 0.001},    {"adam", OPTIMIZER_CLIPNORM, 0.01},
        {"ftrl", OPTIMIZER_GLOBAL_CLIPNORM, 1}, {"muon", OPTIMIZER_RMS_RATE, 0},
        {"adagrad", OPTIMIZER_USE_EMA, 1},      {"nadam", OPTIMIZER_GRADIENT_ACCUMULATION_STEPS, 2},
    };
    const size_t count = sizeof variants / sizeof *variants;
    for (size_t i = 0; i < 2 * count; i++) {
        pair.specs[i] = spec_of(10, variants[i % count].optimizer, i);
        pair.specs[i].optimizer_settings.value[variants[i % count].parameter] =
            variants[i % count].value;
        pair.specs[i].l2 = i < count ? 0 : 0.01;
    }
    pair_init(&pair, 2 * count);
    for (size_t number = 0; number < 5; number++)
        step(&pair, number, ROWS);
    expect_equal(&pair);
    arena_release(&pair.arena);
}

/* Some leave, and come back when the others have left. */
static void equal_when_some_leave(void **state) {
    (void)state;
    for (size_t i = 0; i < 40; i++)
        pair.specs[i] = spec_of(i % 3 == 0 ? 33 : 10, optimizers[i / 2 % 3].name, i);
    pair_init(&pair, 40);
    for (size_t number = 0; number < 12; number++) {
        step(&pair, number, ROWS);
        if (number % 3 != 2)
            continue;
        expect_equal(&pair);
        for (size_t i = 0; i < pair.count; i++)
            pair.selected[i] = number < 6 ? i % (2 + number) != 0 : i % 5 == 0;
        ensemble_select(pair.together, pair.selected);
    }
    arena_release(&pair.arena);
}

/* Predictions are those of the network alone, without dropout, and change nothing. */
static void predictions_leave_no_trace(void **state) {
    (void)state;
    static float x[ROWS * INPUTS];
    uint8_t chosen_labels[ROWS];
    const struct targets targets = targets_of_labels(chosen_labels, CLASSES);
    const struct ensemble_batch batch = {&pair.x, &targets, 1, 0, 0};
    for (size_t i = 0; i < 20; i++) {
        pair.specs[i] = spec_of(10, optimizers[i % 2].name, i);
        pair.specs[i].l2 = i % 3 == 0 ? 0.01 : 0;
        if (i % 4 == 0)
            add_dropout(&pair.specs[i], 0.5);
    }
    pair_init(&pair, 20);
    for (size_t number = 0; number < 4; number++) {
        const size_t rows = number % 2 ? 13 : ROWS;
        step(&pair, number, ROWS);
        choose(&pair, number + 10, rows, x, chosen_labels);
        ensemble_predict(pair.together, &batch, pair.results);
        for (size_t i = 0; i < pair.count; i++) {
            reference_predict(&pair.alone[i], x, rows);
            assert_true(same_number(pair.results[i].loss,
                                    reference_loss(&pair.alone[i], chosen_labels, rows, false) +
                                        reference_penalty(&pair.alone[i]) * (double)rows));
            expect_same_outputs(&pair, i, chosen_labels, rows);
        }
        expect_equal(&pair);
    }
    arena_release(&pair.arena);
}

/* A state goes on in another ensemble, in other company; so do weights alone, with plain sgd. */
static void goes_on_elsewhere(void **state) {
    (void)state;
    static float parameters[MEMBERS_MAX * (INPUTS + CLASSES + 2) * 33];
    for (size_t i = 0; i < 12; i++)
        pair.specs[i] = spec_of(10, i < 6 ? "nadam" : "sgd", i);
    pair_init(&pair, 12);
    for (size_t number = 0; number < 3; number++)
        step(&pair, number, ROWS);
    struct ensemble *first = pair.together;
    const struct network_spec *specs[MEMBERS_MAX];
    for (size_t i = 0; i < 12; i++)
        specs[i] = &pair.specs[i];
    assert_int_equal(ensemble_init(&pair.together, specs, 12, ROWS, &pair.arena, NULL), 0);
    for (size_t i = 0; i < 12; i++) {
        const struct network_state left = ensemble_state(first, i);
        if (i < 6) {
            ensemble_resume(pair.together, i, &left);
            continue;
        }
        ensemble_get_parameters(first, i, parameters);
        ensemble_set_parameters(pair.together, i, parameters);
        struct network_state set = ensemble_state(pair.together, i);
        set.iterations = left.iterations;
        ensemble_resume(pair.together, i, &set);
    }
    expect_equal(&pair);
    for (size_t number = 3; number < 6; number++)
        step(&pair, number, ROWS);
    expect_equal(&pair);
    arena_release(&pair.arena);
}

/* The comparison notices a difference in the last place of one weight. */
static void a_difference_shows(void **state) {
    (void)state;
    pair.specs[0] = spec_of(10, "sgd", 1);
    pair_init(&pair, 1);
    step(&pair, 0, ROWS);
    const struct network_state of = ensemble_state(pair.together, 0);
    uint32_t bits;
    memcpy(&bits, &of.arrays[0][7], sizeof bits);
    bits ^= 1;
    memcpy(&of.arrays[0][7], &bits, sizeof bits);
    assert_false(same_number((double)of.arrays[0][7], (double)pair.alone[0].parameters[7]));
    arena_release(&pair.arena);
}

/* Decoding: the entries by inputs are those by rows, each once and in order. */
static void entries_by_inputs(void **state) {
    (void)state;
    struct sparse x;
    uint32_t chosen[ROWS];
    assert_true(sparse_init(&x, ROWS, INPUTS, &arena));
    for (size_t row = 0; row < ROWS; row++)
        chosen[row] = (uint32_t)(row * 2);
    sparse_decode(&x, &images, chosen, ROWS, scale);
    sparse_sort(&x);
    size_t entries = 0, active = 0;
    for (size_t input = 0; input < INPUTS; input++) {
        size_t at = active < x.active_count && x.active[active] == input ? x.active_start[active]
                                                                         : SIZE_MAX;
        for (size_t row = 0; row < ROWS; row++) {
            const uint8_t level = pixels[chosen[row] * INPUTS + input];
            if (level == 0)
                continue;
            assert_true(at < x.active_start[active + 1]);
            assert_int_equal(x.row[at], row);
            assert_true(x.row_value[at] == scale[level]);
            at++;
            entries++;
        }
        if (at == SIZE_MAX)
            continue;
        assert_int_equal(at, x.active_start[++active]);
    }
    assert_int_equal(active, x.active_count);
    assert_int_equal(entries, x.row_start[ROWS * x.groups]);
}

/* A batch with its zeros has the bits of the same batch without them, in every width, whatever
 * number of rows is left over. */
static void equal_with_zeros(void **state) {
    (void)state;
    enum { FLOATS = INPUTS * WIDE_COLUMNS };
    static const size_t counts[] = {1, 3, 4, 7, 30, ROWS_MAX};
    struct sparse_images with_zeros = images;
    struct sparse sparse, dense;
    uint32_t chosen[ROWS_MAX];
    float *w = ARENA_NEW(&arena, float, FLOATS), *delta = ARENA_NEW(&arena, float, FLOATS);
    float *out[2] = {ARENA_NEW(&arena, float, FLOATS), ARENA_NEW(&arena, float, FLOATS)};
    assert_true(w && delta && out[0] && out[1]);
    assert_true(sparse_init(&sparse, ROWS_MAX, INPUTS, &arena));
    assert_true(sparse_init(&dense, ROWS_MAX, INPUTS, &arena));
    for (size_t i = 0; i < FLOATS; i++) {
        w[i] = random_unit_float(bits_of(i, 1)) - 0.5f;
        delta[i] = random_unit_float(bits_of(i, 2)) - 0.5f;
    }
    with_zeros.dense = true;
    for (size_t row = 0; row < ROWS_MAX; row++)
        chosen[row] = (uint32_t)(row * 3 % IMAGES);
    for (size_t columns = LANES; columns <= WIDE_COLUMNS; columns += LANES)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            const size_t rows = counts[i];
            sparse_decode(&sparse, &images, chosen, rows, scale);
            sparse_decode(&dense, &with_zeros, chosen, rows, scale);
            assert_false(sparse.few_zeros);
            assert_true(dense.few_zeros);
            wide_forward(&sparse, w, columns, out[0], columns);
            wide_forward_with_zeros(&dense, w, columns, out[1], columns);
            assert_memory_equal(out[0], out[1], rows * columns * sizeof(float));
            sparse_sort(&sparse);
            assert_in_range(sparse.active_count, 1, INPUTS - 1);
            wide_gradient(&sparse, 0, sparse.active_count, delta, columns, columns, out[0]);
            wide_gradient_with_zeros(&dense, 0, INPUTS, delta, columns, columns, out[1]);
            for (size_t input = 0, active = 0; input < INPUTS; input++) {
                const float *row = out[1] + input * columns;
                if (active < sparse.active_count && sparse.active[active] == input)
                    assert_memory_equal(out[0] + active++ * columns, row, columns * sizeof(float));
                else
                    for (size_t c = 0; c < columns; c++)
                        assert_true(row[c] == 0);
            }
        }
}

/* A whole step, too, with and without zeros in turn. */
static void steps_with_zeros(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 2, 17};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (size_t i = 0; i < sizes[s]; i++)
            pair.specs[i] = spec_of(10, optimizers[i % optimizer_count].name, i);
        pair_init(&pair, sizes[s]);
        for (size_t number = 0; number < 4; number++) {
            images.dense = number % 2 == 0;
            step(&pair, number, (size_t[]){ROWS_MAX, ROWS, 13, ROWS}[number]);
        }
        images.dense = false;
        expect_equal(&pair);
        arena_release(&pair.arena);
    }
}

/* Nothing keeps a divisor from 0: where there was never a gradient, most steps are 0 / 0. */
static void equal_without_epsilon(void **state) {
    (void)state;
    size_t unlit = 0;
    for (size_t i = 0; i < 2 * optimizer_count; i++) {
        pair.specs[i] = spec_of(i % 2 ? 10 : 33, optimizers[i / 2].name, i);
        pair.specs[i].optimizer_settings.value[OPTIMIZER_EPSILON] = 0;
        pair.specs[i].optimizer_settings.value[OPTIMIZER_INITIAL_ACCUMULATOR_VALUE] = 0;
    }
    pair_init(&pair, 2 * optimizer_count);
    for (size_t number = 0; number < 3; number++)
        step(&pair, number, ROWS);
    expect_equal(&pair);
    for (size_t i = 0; i < pair.count; i++) /* the fourth input is 0 in all images */
        unlit += isnan(pair.alone[i].layers[0].values[0][3 * pair.alone[i].layers[0].stride]);
    assert_int_equal(unlit, 2 * 9); /* all that divide by it */
    arena_release(&pair.arena);
}

/* Settings at which a step is not what one expects: one of a gradient of 0 is none, or 0 / 0;
 * weights overflow; or they are not finite from the start. */
static double drawn_from(const double *values, size_t count, uint64_t index, uint32_t stream) {
    return values[bits_of(index, stream) % count];
}
#define DRAWN(index, stream, ...)                                                                  \
    drawn_from((const double[]){__VA_ARGS__},                                                      \
               sizeof((const double[]){__VA_ARGS__}) / sizeof(double), index, stream)

static void draw_settings(struct network_spec *spec, uint64_t at) {
    double *value = spec->optimizer_settings.value;
    value[OPTIMIZER_LEARNING_RATE] = DRAWN(at, 10, 1e-3, 0.1, 0.5, 1e30);
    value[OPTIMIZER_MOMENTUM] = DRAWN(at, 11, 0, 0.9, 1);
    value[OPTIMIZER_NESTEROV] = DRAWN(at, 12, 0, 1);
    value[OPTIMIZER_RHO] = DRAWN(at, 13, 0, 0.9, 1);
    value[OPTIMIZER_BETA_1] = DRAWN(at, 14, 0, 0.9);
    value[OPTIMIZER_BETA_2] = DRAWN(at, 15, 0, 0.9, 0.999);
    value[OPTIMIZER_EPSILON] = DRAWN(at, 16, 0, 1e-7, 1e-40, 1);
    value[OPTIMIZER_CENTERED] = DRAWN(at, 17, 0, 1);
    value[OPTIMIZER_AMSGRAD] = DRAWN(at, 18, 0, 1);
    value[OPTIMIZER_INITIAL_ACCUMULATOR_VALUE] = DRAWN(at, 19, 0, 0.1, 1e-46);
    value[OPTIMIZER_LEARNING_RATE_POWER] = DRAWN(at, 20, 0, -0.5, -0.7, -3);
    value[OPTIMIZER_L1_REGULARIZATION_STRENGTH] = DRAWN(at, 21, 0, 0.01);
    value[OPTIMIZER_L2_REGULARIZATION_STRENGTH] = DRAWN(at, 22, 0, 0.01);
    value[OPTIMIZER_L2_SHRINKAGE_REGULARIZATION_STRENGTH] = DRAWN(at, 23, 0, 0.01);
    value[OPTIMIZER_BETA] = DRAWN(at, 24, 0, 0.1);
    value[OPTIMIZER_WEIGHT_DECAY] = DRAWN(at, 25, 0, 0, 0.1, 1e30);
    spec->l2 = DRAWN(at, 26, 0, 0, 0.01, 1e30);
    value[OPTIMIZER_CLIPNORM] = DRAWN(at, 28, 0, 0, 0, 0, 0, 1e-3, 10);
    value[OPTIMIZER_USE_EMA] = DRAWN(at, 29, 0, 0, 0, 0, 1);
    value[OPTIMIZER_GRADIENT_ACCUMULATION_STEPS] = DRAWN(at, 30, 1, 1, 1, 1, 2);
    spec->loss_settings.value[LOSS_LABEL_SMOOTHING] = DRAWN(at, 31, 0, 0, 0, 0.1);
}

static void draw_dropout(struct network_spec *spec, uint64_t at) {
    const double rate = DRAWN(at, 27, 0, 0.3);
    if (rate > 0)
        add_dropout(spec, rate);
}

static struct network_spec drawn_spec(uint64_t at) {
    static const char *const kinds[] = {"relu", "sigmoid", "linear", "exponential", "prelu"};
    static const char *const outputs[] = {"softmax", "linear", "relu"};
    static const char *const criteria[] = {"categorical_crossentropy", "mean_squared_error",
                                           "categorical_hinge"};
    static const size_t widths[] = {1, 7, 10, 16, 33, 90};
    struct network_spec spec =
        spec_of(widths[bits_of(at, 4) % 6], optimizers[bits_of(at, 5) % optimizer_count].name, at);
    spec.layer_count = bits_of(at, 6) % 4 == 0 ? 1 : 2;
    if (spec.layer_count == 1)
        spec.layers[0].units = CLASSES;
    else
        spec.layers[0].activation = activation_find(kinds[bits_of(at, 7) % 5]);
    spec.layers[spec.layer_count - 1].activation = activation_find(outputs[bits_of(at, 8) % 3]);
    spec.loss = loss_find(criteria[bits_of(at, 9) % 3]);
    draw_settings(&spec, at);
    draw_dropout(&spec, at);
    return spec;
}

/* Let some networks start with a weight that is no finite number, each of the two alike. */
static void spoil_some(struct pair *both, uint64_t at) {
    for (size_t i = 0; i < both->count; i++) {
        if (bits_of(at + i, 28) % 4 != 0)
            continue;
        const float value =
            (float)DRAWN(at + i, 29, (double)INFINITY, -(double)INFINITY, (double)NAN);
        const struct layer *layer = &both->alone[i].layers[0];
        const size_t place = bits_of(at + i, 30) % layer->inputs * layer->stride +
                             bits_of(at + i, 31) % layer->units;
        const struct network_state spoiled = ensemble_state(both->together, i);
        spoiled.arrays[0][place] = layer->values[0][place] = value;
        ensemble_resume(both->together, i, &spoiled);
    }
}

static bool finite_weights(const struct network *network) {
    const struct layer *layer = &network->layers[0];
    for (size_t i = 0; i < layer->inputs; i++)
        for (size_t j = 0; j < layer->units; j++)
            if (!isfinite(layer->values[0][i * layer->stride + j]))
                return false;
    return true;
}

static void expect_same_predictions(struct pair *both, const uint8_t *image) {
    static float x[INPUTS];
    const uint32_t chosen[] = {(uint32_t)((image - pixels) / INPUTS)};
    const uint8_t label = labels[chosen[0]];
    const struct targets targets = targets_of_labels(&label, CLASSES);
    const struct ensemble_batch batch = {.x = &both->x, .targets = &targets, .target_count = 1};
    for (size_t i = 0; i < INPUTS; i++)
        x[i] = scale[image[i]];
    sparse_decode(&both->x, &images, chosen, 1, scale);
    ensemble_predict(both->together, &batch, both->results);
    for (size_t i = 0; i < both->count; i++) {
        reference_predict(&both->alone[i], x, 1);
        expect_same_outputs(both, i, &label, 1);
    }
}

/* What is counted of the networks below, so that the test cannot pass vacuously. */
struct fates {
    size_t finite, diverged; /* at the end, by their weights */
    size_t unnoticed;        /* weights that are not finite, and a loss that does not show it yet */
};

static void count_fates(const struct pair *both, struct fates *fates) {
    for (size_t i = 0; i < both->count; i++) {
        const bool finite = finite_weights(&both->alone[i]);
        fates->finite += finite;
        fates->diverged += !finite;
        fates->unnoticed += !finite && isfinite(both->losses[i]);
    }
}

/* Some steps of the pair, with batches of the sizes that are drawn from `stream`. */
static void train_and_compare(struct pair *both, const size_t *sizes, size_t count, uint64_t round,
                              uint32_t stream, struct fates *fates) {
    for (size_t number = 0; number < 4; number++) {
        step(both, number, sizes[bits_of(round * 4 + number, stream) % count]);
        expect_same_predictions(both, pixels);
    }
    expect_equal(both);
    count_fates(both, fates);
    arena_release(&both->arena);
}

/* In companies of 1 to 24, with batches in which many pixels are never lit. */
static void equal_at_the_edges(void **state) {
    (void)state;
    static const size_t batches[] = {1, 2, 5, ROWS};
    struct fates fates = {0};
    for (uint64_t round = 0, at = 0; round < 300; round++, at += pair.count) {
        const size_t count = round % 3 == 0 ? 1 : 1 + bits_of(round, 32) % 24;
        images.dense = round % 7 == 0;
        for (size_t i = 0; i < count; i++)
            pair.specs[i] = drawn_spec(at + i);
        pair_init(&pair, count);
        spoil_some(&pair, at);
        train_and_compare(&pair, batches, 4, round, 33, &fates);
    }
    images.dense = false;
    print_message("%zu finite, %zu diverged, %zu of them unnoticed\n", fates.finite, fates.diverged,
                  fates.unnoticed);
    assert_true(fates.finite > 500 && fates.diverged > 1000 && fates.unnoticed > 2);
}

/* Networks of one form, with numbers of their own; a few of another form among them. */
static void draw_company(struct pair *both, size_t count, uint64_t at) {
    const size_t units[] = {1, 5, 10, 16, 23};
    struct network_spec form = drawn_spec(at);
    form.layer_count = 1 + bits_of(at, 40) % 3;
    for (size_t i = 0; i < form.layer_count; i++) {
        form.layers[i] = dense(i + 1 == form.layer_count ? CLASSES : units[bits_of(at + i, 41) % 5],
                               &activations[bits_of(at + i, 42) % activation_count]);
        form.layers[i].activation_parameter = 0.5;
        form.layers[i].use_bias = bits_of(at + i, 48) % 8 > 0;
        form.layers[i].shared_axes = bits_of(at + i, 50) % 2; /* of prelu's alpha */
    }
    if (bits_of(at, 43) % 2)
        form.layers[form.layer_count - 1].activation = activation_find("softmax");
    form.loss = &losses[bits_of(at, 44) % (bits_of(at, 45) % 2 ? 1 : loss_count)];
    form.optimizer_settings.value[OPTIMIZER_LEARNING_RATE] = 0.1;
    draw_dropout(&form, at);
    for (size_t i = 0; i < count; i++) {
        struct network_spec *spec = &both->specs[i];
        const double factor = 1 + (double)(bits_of(at + i, 46) % 100) / 100;
        *spec = bits_of(at + i, 47) % 8 ? form : drawn_spec(at + i);
        spec->seed = i;
        spec->optimizer_settings.value[OPTIMIZER_LEARNING_RATE] *= factor;
        spec->optimizer_settings.value[OPTIMIZER_EPSILON] *= factor;
        spec->optimizer_settings.value[OPTIMIZER_WEIGHT_DECAY] *= factor;
        spec->l2 *= factor;
        for (size_t layer = 0; layer < spec->layer_count; layer++)
            if (spec->layers[layer].kind == &layer_dropout)
                spec->layers[layer].rate *= factor;
    }
}

/* Groups of 5 to 16, full and not, that networks leave as they diverge, with every activation and
 * loss, with batches whose rows fill no tile. */
static void equal_in_groups(void **state) {
    (void)state;
    static const size_t batches[] = {1, 2, 5, 13, ROWS};
    struct fates fates = {0};
    for (uint64_t round = 0, at = 50000; round < 300; round++, at += pair.count) {
        const size_t count = 5 + bits_of(round, 48) % 40;
        images.dense = round % 7 == 0;
        draw_company(&pair, count, at);
        pair_init(&pair, count);
        if (round % 3 == 0)
            spoil_some(&pair, at);
        train_and_compare(&pair, batches, 5, round, 49, &fates);
    }
    images.dense = false;
    assert_true(fates.finite > 2000 && fates.diverged > 1000);
}

/* A convolution and what may follow it; all give the same shape. */
static struct network_spec convolution_of(uint64_t at) {
    struct network_spec spec = spec_of(CLASSES, "sgd", at % 2);
    struct layer_spec conv = layer_standard(&layer_conv2d),
                      pool = layer_standard(&layer_max_pooling2d);
    const bool pools = at / 4 % 2 > 0;
    conv.filters = 8;
    conv.window_size[0] = conv.window_size[1] = 3;
    conv.padding = pool.padding = 1;
    conv.activation = activation_find("relu");
    conv.dilation_rate[0] = conv.dilation_rate[1] = !pools && at % 2 ? 2 : 1;
    pool.window_size[0] = pool.window_size[1] = at % 2 ? 3 : 2;
    pool.strides[0] = pool.strides[1] = 2;
    spec.input = (struct shape){3, {15, INPUTS / 15, 1}};
    spec.layers[0] = conv;
    spec.layers[1] = pools ? pool : layer_standard(&layer_flatten);
    spec.layers[2] = dense(CLASSES, activation_find("softmax"));
    spec.layer_count = 3;
    return spec;
}

/* Windows that give the same shape need rooms of their own sizes: dilated or not, and before pools
 * that the convolution's passes take along or don't. */
static void equal_beside_other_windows(void **state) {
    (void)state;
    for (uint64_t round = 0; round < 8; round++) {
        for (size_t i = 0; i < 3; i++)
            pair.specs[i] = convolution_of(4 * (round / 4) + (i + round) % 2);
        pair_init(&pair, 3);
        for (size_t number = 0; number < 4; number++) {
            step(&pair, number, number == 2 ? 13 : ROWS);
            expect_same_predictions(&pair, pixels);
        }
        expect_equal(&pair);
        arena_release(&pair.arena);
    }
}

/* A network whose first layer reads the image twice: its rows are longer than the image's. */
static void an_image_beside_itself(void **state) {
    (void)state;
    static float outputs[ROWS * PAD_TO_LANES(CLASSES)];
    static const uint32_t chosen[] = {3, 5, 7, 9};
    const size_t stride = PAD_TO_LANES(CLASSES), rows = sizeof chosen / sizeof *chosen;
    const uint8_t chosen_labels[ROWS] = {0};
    const struct targets targets = targets_of_labels(chosen_labels, CLASSES);
    struct layer_spec twice = layer_standard(&layer_concatenate);
    twice.input_count = 2;
    pair.specs[0] = spec_of(CLASSES, "sgd", 0);
    pair.specs[0].layers[0] = twice;
    pair_init(&pair, 1);
    const struct ensemble_batch batch = {.x = &pair.x, .targets = &targets, .target_count = 1};
    step(&pair, 0, ROWS);
    sparse_decode(&pair.x, &images, chosen, rows, scale);
    ensemble_predict(pair.together, &batch, pair.results);
    memcpy(outputs, ensemble_outputs(pair.together, 0), rows * stride * sizeof *outputs);
    for (size_t row = 0; row < rows; row++) {
        sparse_decode(&pair.x, &images, &chosen[row], 1, scale);
        ensemble_predict(pair.together, &batch, pair.results);
        assert_memory_equal(ensemble_outputs(pair.together, 0), outputs + row * stride,
                            CLASSES * sizeof *outputs);
    }
    arena_release(&pair.arena);
}

/* Images of more pixels than the index's 16 bits count. */
static void large_images(void **state) {
    (void)state;
    enum { LARGE = 70000 };
    uint8_t *image = arena_alloc(&arena, LARGE, 1);
    struct sparse_images index;
    struct sparse x;
    assert_non_null(image);
    image[0] = 1;
    image[65535] = 2;
    image[65536] = 3;
    image[LARGE - 1] = 4;
    assert_true(sparse_index(&index, image, 1, LARGE, &arena));
    assert_true(sparse_init(&x, 1, LARGE, &arena));
    sparse_decode(&x, &index, (uint32_t[]){0}, 1, scale);
    assert_int_equal(x.row_start[x.groups], 4);
    const uint32_t expected[] = {0, 65535, 65536, LARGE - 1};
    assert_memory_equal(x.input, expected, sizeof expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_whoever_stands_beside),
        cmocka_unit_test(equal_with_every_kernel),
        cmocka_unit_test(equal_when_some_leave),
        cmocka_unit_test(predictions_leave_no_trace),
        cmocka_unit_test(goes_on_elsewhere),
        cmocka_unit_test(a_difference_shows),
        cmocka_unit_test(entries_by_inputs),
        cmocka_unit_test(equal_with_zeros),
        cmocka_unit_test(steps_with_zeros),
        cmocka_unit_test(equal_without_epsilon),
        cmocka_unit_test(equal_at_the_edges),
        cmocka_unit_test(equal_in_groups),
        cmocka_unit_test(equal_beside_other_windows),
        cmocka_unit_test(an_image_beside_itself),
        cmocka_unit_test(large_images),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
