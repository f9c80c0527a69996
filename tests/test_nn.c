/* The parts of src/nn by themselves: tables, initializers, metrics, dropout, l2, and what happens
 * to numbers that are not. The values against Keras are in test_keras.c. */
#include "reference.h"

#include "base/multiversion.h"
#include "math/gemm.h"
#include "nn/metric.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct random_source no_dropout = {0, RANDOM_TEST, 0};

/* Tables. -------------------------------------------------------------------------------------- */

/* Every name and alias finds its own entry and no other entry claims it. */
#define CHECK_TABLE(table, count, find)                                                            \
    do {                                                                                           \
        for (size_t i = 0; i < (count); i++) {                                                     \
            assert_non_null((table)[i].help);                                                      \
            assert_ptr_equal(find((table)[i].name), &(table)[i]);                                  \
            for (size_t j = 0; j < sizeof(table)[i].aliases / sizeof *(table)[i].aliases &&        \
                               (table)[i].aliases[j];                                              \
                 j++)                                                                              \
                assert_ptr_equal(find((table)[i].aliases[j]), &(table)[i]);                        \
        }                                                                                          \
        assert_null(find("no such name"));                                                         \
        assert_null(find(""));                                                                     \
    } while (0)

static void tables(void **state) {
    (void)state;
    CHECK_TABLE(activations, activation_count, activation_find);
    CHECK_TABLE(losses, loss_count, loss_find);
    CHECK_TABLE(metrics, metric_count, metric_find);
    CHECK_TABLE(initializers, initializer_count, initializer_find);
    CHECK_TABLE(optimizers, optimizer_count, optimizer_find);
}

/* A database may have had any number of outputs. */
static void metrics_of_many_outputs(void **state) {
    (void)state;
    const struct metric *found[1000];
    char name[32];
    for (size_t i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "output%zu_%s", i, i % 2 ? "loss" : "accuracy");
        found[i] = metric_find(name);
        assert_non_null(found[i]);
        assert_string_equal(found[i]->name, name);
    }
    for (size_t i = 0; i < 1000; i++)
        assert_ptr_equal(metric_find(found[i]->name), found[i]);
}

static void references_between_tables(void **state) {
    (void)state;
    for (size_t i = 0; i < loss_count; i++) {
        assert_non_null(metric_find(losses[i].name));
        assert_int_equal(losses[i].joint_activation != NULL, losses[i].row_from_logits != NULL);
        if (losses[i].joint_activation)
            assert_non_null(activation_find(losses[i].joint_activation));
    }
    for (size_t i = 0; i < metric_count; i++) {
        assert_non_null(metrics[i].family);
        /* Cosine similarity is the negative of its loss. */
        assert_int_equal(metrics[i].maximize,
                         metrics[i].loss_name == NULL ||
                             strcmp(metrics[i].name, "cosine_similarity") == 0);
        if (metrics[i].loss_name)
            assert_non_null(loss_find(metrics[i].loss_name));
    }
}

static void optimizer_parameters(void **state) {
    (void)state;
    for (size_t i = 0; i < optimizer_count; i++) {
        const struct optimizer *optimizer = &optimizers[i];
        struct optimizer_settings settings;
        optimizer_defaults(optimizer, &settings);
        assert_int_equal(optimizer->parameters[0].parameter, OPTIMIZER_LEARNING_RATE);
        assert_true(optimizer_has(optimizer, OPTIMIZER_WEIGHT_DECAY, NULL));
        for (enum optimizer_parameter p = 0; p < OPTIMIZER_PARAMETER_COUNT; p++) {
            double value = 0;
            optimizer_has(optimizer, p, &value);
            assert_true(settings.value[p] == value);
        }
    }
    const struct optimizer *sgd = optimizer_find("sgd");
    assert_true(optimizer_has(sgd, OPTIMIZER_NESTEROV, NULL));
    assert_false(optimizer_has(sgd, OPTIMIZER_RHO, NULL));
}

/* Initializers. -------------------------------------------------------------------------------- */

#define TALL 300
#define WIDE 200

struct moments {
    double mean, deviation, least, most;
};

static struct moments moments_of(const float *values, size_t count) {
    struct moments m = {.least = HUGE_VAL, .most = -HUGE_VAL};
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        double value = (double)values[i];
        m.mean += value / (double)count;
        squares += value * value / (double)count;
        m.least = fmin(m.least, value);
        m.most = fmax(m.most, value);
    }
    m.deviation = sqrt(squares - m.mean * m.mean);
    return m;
}

static void check_initializer(const char *name, size_t inputs, size_t units, double deviation,
                              double limit) {
    float *kernel = malloc(inputs * units * sizeof *kernel);
    assert_non_null(kernel);
    const struct random_source source = {11, RANDOM_WEIGHTS, 0};
    initializer_fill(initializer_find(name), kernel, (struct shape){2, {inputs, units}}, source);
    const struct moments m = moments_of(kernel, inputs * units);
    /* 60,000 draws: the mean's own deviation is 0.004, the deviation's below 0.003. */
    assert_true(fabs(m.mean) < 0.02 * deviation);
    assert_true(fabs(m.deviation - deviation) < 0.012 * deviation);
    assert_true(m.most <= limit * (1 + 1e-6) && m.least >= -limit * (1 + 1e-6));
    if (isfinite(limit)) /* and the limit is nearly met */
        assert_true(m.most > 0.98 * limit && m.least < -0.98 * limit);
    else
        assert_true(m.most > 3.5 * deviation && m.least < -3.5 * deviation);
    free(kernel);
}

/* Keras asks for the variance and divides by the deviation that a normal cut at 2 has left. */
static void check_truncated(const char *name, double variance) {
    const double deviation = sqrt(variance);
    check_initializer(name, TALL, WIDE, deviation, 2 * deviation / 0.87962566103423978);
}

static void initializer_distributions(void **state) {
    (void)state;
    const double tall = TALL, both = TALL + WIDE, thin = sqrt(3);
    check_initializer("glorot_uniform", TALL, WIDE, sqrt(2 / both), sqrt(6 / both));
    check_initializer("he_uniform", TALL, WIDE, sqrt(2 / tall), sqrt(6 / tall));
    check_initializer("lecun_uniform", TALL, WIDE, sqrt(1 / tall), sqrt(3 / tall));
    check_truncated("glorot_normal", 2 / both);
    check_truncated("he_normal", 2 / tall);
    check_truncated("lecun_normal", 1 / tall);
    check_initializer("random_uniform", TALL, WIDE, 0.05 / thin, 0.05);
    check_initializer("random_normal", TALL, WIDE, 0.05, HUGE_VAL);
    check_initializer("truncated_normal", TALL, WIDE, 0.05 * 0.87962566103423978, 0.1);
}

static void initializer_constants(void **state) {
    (void)state;
    float kernel[6] = {5, 5, 5, 5, 5, 5};
    initializer_fill(initializer_find("zeros"), kernel, (struct shape){2, {2, 3}}, no_dropout);
    for (size_t i = 0; i < 6; i++)
        assert_true(kernel[i] == 0);
    initializer_fill(initializer_find("ones"), kernel, (struct shape){2, {2, 3}}, no_dropout);
    for (size_t i = 0; i < 6; i++)
        assert_true(kernel[i] == 1);
}

/* An element is a function of the source and its place, whatever the kernel's shape. */
static void initializer_elements(void **state) {
    (void)state;
    const struct random_source source = {11, RANDOM_WEIGHTS, 2}, other = {11, RANDOM_WEIGHTS, 3};
    for (size_t i = 0; i < initializer_count; i++) {
        float small[6], large[20], moved[20];
        initializer_fill(&initializers[i], small, (struct shape){2, {2, 3}}, source);
        initializer_fill(&initializers[i], large, (struct shape){2, {4, 5}}, source);
        initializer_fill(&initializers[i], moved, (struct shape){2, {4, 5}}, other);
        const double scale = initializers[i].distribution == INITIALIZER_CONSTANT
                                 ? 1
                                 : initializers[i].size(2, 3) / initializers[i].size(4, 5);
        for (size_t j = 0; j < 6; j++)
            assert_true(fabs((double)small[j] - scale * (double)large[j]) <= 1e-6);
        const int constant = initializers[i].distribution == INITIALIZER_CONSTANT;
        assert_int_equal(memcmp(large, moved, sizeof large) == 0, constant);
    }
}

/* Networks. ------------------------------------------------------------------------------------ */

#define INPUTS 6
#define CLASSES 3
#define ROWS 8
#define STRIDE PAD_TO_LANES(CLASSES) /* of a row of outputs */

struct fixture {
    struct network_spec spec;
    struct network network;
    struct arena arena;
    float x[ROWS * INPUTS];
    uint8_t labels[ROWS];
};

static struct network_spec small_spec(void) {
    struct network_spec spec = {
        .input = {1, {INPUTS}},
        .layer_count = 3,
        .layers = {dense(20, activation_find("tanh")), dense(10, activation_find("prelu")),
                   dense(CLASSES, activation_find("softmax"))},
        .loss = loss_find("categorical_crossentropy"),
        .initializer = initializer_find("glorot_uniform"),
        .optimizer = optimizer_find("sgd"),
        .seed = 5,
    };
    optimizer_defaults(spec.optimizer, &spec.optimizer_settings);
    return spec;
}

static void fixture_init(struct fixture *fixture, const struct network_spec *spec) {
    *fixture = (struct fixture){.spec = *spec};
    arena_init(&fixture->arena);
    reference_init(&fixture->network, &fixture->spec, ROWS, &fixture->arena);
    const struct random_source source = {1, RANDOM_TEST, 9};
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        fixture->x[i] = (float)random_unit(source, i);
    for (size_t i = 0; i < ROWS; i++)
        fixture->labels[i] = (uint8_t)(i % CLASSES);
}

static void fixture_release(struct fixture *fixture) {
    arena_release(&fixture->arena);
}

static void network_sizes(void **state) {
    (void)state;
    struct network_spec spec = small_spec();
    assert_int_equal(network_parameter_count(&spec),
                     6 * 20 + 20 + 20 * 10 + 10 + 10 + 10 * CLASSES + CLASSES);
}

static void initial_weights(void **state) {
    (void)state;
    struct network_spec spec = small_spec();
    spec.layers[1].units = 20; /* two kernels of one shape would show a shared source */
    spec.input = shape_vector(20);
    struct arena arena;
    struct network first, second;
    arena_init(&arena);
    reference_init(&first, &spec, 1, &arena);
    reference_init(&second, &spec, 4, &arena);
    const size_t bytes = first.floats * sizeof(float);
    assert_memory_equal(first.parameters, second.parameters, bytes);
    assert_memory_not_equal(first.layers[0].values[0], first.layers[1].values[0],
                            400 * sizeof(float));
    for (size_t l = 0; l < 3; l++)
        for (size_t a = 1; a < first.layers[l].array_count; a++) /* bias, alpha */
            for (size_t i = 0; i < first.layers[l].units; i++)
                assert_true(first.layers[l].values[a][i] == 0);
    spec.seed++;
    reference_init(&second, &spec, 4, &arena);
    assert_memory_not_equal(first.parameters, second.parameters, bytes);
    arena_release(&arena);
}

static void training_learns(void **state) {
    (void)state;
    for (size_t i = 0; i < optimizer_count; i++) {
        struct network_spec spec = small_spec();
        spec.optimizer = &optimizers[i];
        optimizer_defaults(spec.optimizer, &spec.optimizer_settings);
        spec.layer_count = 1; /* a convex problem, so that how fast is the only question */
        spec.layers[0] = spec.layers[2];
        const int slow = strcmp(optimizers[i].name, "adadelta") == 0;
        spec.optimizer_settings.value[OPTIMIZER_LEARNING_RATE] = slow ? 2 : 0.1;
        struct fixture f;
        fixture_init(&f, &spec);
        double first = 0, last = 0;
        for (size_t step = 0; step < 400; step++) {
            last = reference_train(&f.network, f.x, f.labels, ROWS, 0, 0);
            if (step == 0)
                first = last;
        }
        assert_int_equal(f.network.optimizer.iterations, 400);
        assert_true(last < 0.8 * first);
        fixture_release(&f);
    }
}

static void l2_penalty(void **state) {
    (void)state;
    struct network_spec spec = small_spec();
    struct fixture f;
    fixture_init(&f, &spec);
    assert_true(reference_penalty(&f.network) == 0);
    f.spec.l2 = 0.25;
    double sum = 0;
    for (size_t l = 0; l < 3; l++) {
        const struct layer *layer = &f.network.layers[l];
        for (size_t i = 0; i < layer->inputs * layer->stride; i++) /* padding is 0 */
            sum += (double)layer->values[0][i] * (double)layer->values[0][i];
        layer->values[1][0] = 3; /* the penalty is on kernels alone */
    }
    assert_true(fabs(reference_penalty(&f.network) - 0.25 * sum) < 1e-12 * sum);
    fixture_release(&f);
}

static void predictions_and_loss(void **state) {
    (void)state;
    struct network_spec spec = small_spec();
    struct fixture f, plain;
    fixture_init(&plain, &spec);
    add_dropout(&spec, 0.5); /* which must not matter here */
    fixture_init(&f, &spec);
    float all[ROWS * STRIDE];
    memcpy(all, reference_predict(&f.network, f.x, ROWS), sizeof all);
    const double loss = reference_loss(&f.network, f.labels, ROWS, false);
    assert_memory_equal(reference_predict(&plain.network, f.x, ROWS), all, sizeof all);
    double sum = 0;
    for (size_t row = 0; row < ROWS; row++) {
        const float *y = reference_predict(&f.network, f.x + row * INPUTS, 1);
        sum += reference_loss(&f.network, f.labels + row, 1, false);
        double total = 0;
        for (size_t i = 0; i < CLASSES; i++) {
            assert_true(fabsf(y[i] - all[row * STRIDE + i]) < 1e-6f);
            total += (double)y[i];
        }
        assert_true(fabs(total - 1) < 1e-6);
    }
    assert_true(fabs(sum - loss) < 1e-5);
    fixture_release(&f);
    fixture_release(&plain);
}

/* Dropout. ------------------------------------------------------------------------------------- */

static void train_rows(struct fixture *f, size_t first, size_t rows, size_t epoch) {
    reference_train(&f->network, f->x + first * INPUTS, f->labels + first, rows, epoch, first);
}

static void dropout_mask(void **state) {
    (void)state;
    struct network_spec spec = small_spec();
    add_dropout(&spec, 0.3);
    struct fixture f;
    fixture_init(&f, &spec);
    size_t dropped = 0, values = 0;
    for (size_t epoch = 0; epoch < 200; epoch++) {
        const struct layer *layer = &f.network.layers[0], *dropout = layer + 1;
        train_rows(&f, 0, ROWS, epoch);
        for (size_t value = 0; value < ROWS * layer->units; value++) {
            const size_t i = value / layer->units * layer->stride + value % layer->units;
            if (dropout->y[i] == 0)
                dropped++;
            else
                assert_true(fabsf(dropout->y[i] - layer->y[i] / 0.7f) <=
                            1e-6f * fabsf(dropout->y[i]));
            values++;
        }
    }
    /* 32,000 draws: deviation 0.0026 */
    assert_true(fabs((double)dropped / (double)values - 0.3) < 0.01);
    fixture_release(&f);
}

/* The mask belongs to the row's place in the epoch, not to the batch it comes in. */
static void dropout_is_a_function_of_the_row(void **state) {
    (void)state;
    struct network_spec spec = small_spec();
    add_dropout(&spec, 0.5);
    spec.layers[0].units = 7; /* batches that start inside a block of four numbers */
    spec.optimizer_settings.value[OPTIMIZER_LEARNING_RATE] = 0;
    struct fixture f;
    fixture_init(&f, &spec);
    const struct layer *layer = &f.network.layers[1];
    float whole[ROWS * LANES];
    train_rows(&f, 0, ROWS, 4);
    memcpy(whole, layer->y, sizeof whole);
    const size_t starts[] = {0, 1, 3, 7, 8};
    for (size_t part = 0; part < 4; part++) {
        const size_t first = starts[part], rows = starts[part + 1] - first;
        train_rows(&f, first, rows, 4);
        for (size_t i = 0; i < rows * LANES; i++)
            assert_true(fabsf(layer->y[i] - whole[first * LANES + i]) < 1e-6f);
    }
    size_t same = 0;
    train_rows(&f, 0, ROWS, 5);
    for (size_t i = 0; i < ROWS * LANES; i++)
        same += i % LANES < 7 && (layer->y[i] == 0) == (whole[i] == 0);
    assert_in_range(same, 8, 48); /* another epoch draws another mask */
    fixture_release(&f);
}

/* Metrics by hand. ----------------------------------------------------------------------------- */

/* Rows as a network makes them: padded and aligned. */
#define METRIC_ROWS 4

static struct predictions padded(const float *y, const uint8_t *labels, size_t rows, size_t classes,
                                 lanes room[METRIC_ROWS]) {
    assert_true(rows <= METRIC_ROWS && classes <= LANES);
    for (size_t row = 0; row < rows; row++)
        memcpy(&room[row], y + row * classes, classes * sizeof *y);
    return (struct predictions){
        (const float *)room, targets_of_labels(labels, classes), rows, classes, LANES, 0};
}

static double metric_value(const char *name, const float *y, const uint8_t *labels, size_t rows,
                           size_t classes) {
    const struct metric *metric = metric_find(name);
    lanes room[METRIC_ROWS];
    const struct predictions predictions = padded(y, labels, rows, classes, room);
    double sums[64] = {0};
    assert_in_range(metric->sums(classes), 1, 64);
    metric->add(metric, sums, &predictions);
    return metric->result(sums, rows, classes);
}

static void metrics_by_hand(void **state) {
    (void)state;
    const float y[] = {0.7f, 0.2f, 0.1f, 0.4f, 0.4f, 0.2f, 0.1f, 0.3f, 0.6f, 0.6f, 0.9f, 0.1f};
    const uint8_t labels[] = {0, 1, 1, 0};
    /* right; a tie, of which the first is taken; wrong; wrong */
    lanes room[METRIC_ROWS];
    const struct predictions predictions = padded(y, labels, 4, 3, room);
    assert_int_equal(metric_hits(&predictions), 1);
    assert_true(metric_value("accuracy", y, labels, 4, 3) == 0.25);
    /* 3, 2 (0.4 is below), 1, 2 of 3 */
    assert_true(fabs(metric_value("binary_accuracy", y, labels, 4, 3) - 8.0 / 12) < 1e-12);
    assert_true(metric_value("top_k_categorical_accuracy", y, labels, 4, 3) == 1);
    /* above 0.5: 0.7 true, 0.6 false, 0.6 true, 0.9 false */
    assert_true(metric_value("precision", y, labels, 4, 3) == 0.5);
    assert_true(metric_value("recall", y, labels, 4, 3) == 0.5);
    /* largest: {0}, {0, 1}, {2}, {1}; F1 of the classes 2/4, 2/4, 0 */
    assert_true(fabs(metric_value("f1_score", y, labels, 4, 3) - 1.0 / 3) < 1e-12);
    const float uniform[] = {0.25f, 0.25f, 0.25f, 0.25f};
    assert_true(fabs(metric_value("mase", uniform, labels, 1, 4) - 1) < 1e-7);
}

static void top_five(void **state) {
    (void)state;
    float y[8];
    for (size_t i = 0; i < 8; i++)
        y[i] = (float)i;
    for (uint8_t label = 0; label < 8; label++)
        assert_true(metric_value("top_k_categorical_accuracy", y, &label, 1, 8) == (label >= 3));
    y[7] = NAN;
    assert_true(metric_value("top_k_categorical_accuracy", y, (uint8_t[]){7}, 1, 8) == 0);
}

/* Numbers that are not. ------------------------------------------------------------------------ */

/* One row of values, padded and aligned as a layer's are. */
struct row {
    lanes values;
};

static struct activation_arguments row_arguments(const struct activation *activation, size_t units,
                                                 const float *alpha, float *alpha_gradient) {
    return (struct activation_arguments){.rows = 1,
                                         .units = units,
                                         .stride = LANES,
                                         .parameter = (float)activation->parameter_default,
                                         .alpha = alpha,
                                         .alpha_gradient = alpha_gradient,
                                         .alpha_floats = units,
                                         .axes = {{1, 0}, {1, 0}, {units, 1}}};
}

/* A diverged network must show: NaN comes out wherever it went in. */
static void nan_passes_activations(void **state) {
    (void)state;
    for (size_t i = 0; i < activation_count; i++) {
        const struct row z = {{1, NAN, -1}};
        const float alpha[] = {0.1f, 0.1f, 0.1f};
        struct row a = {{0}};
        const struct activation_arguments arguments =
            row_arguments(&activations[i], 3, alpha, NULL);
        if (strcmp(activations[i].name, "binary_step") == 0)
            continue;
        activations[i].forward((const float *)&z, (float *)&a, &arguments);
        assert_true(isnan(a.values[1]));
    }
}

static void nan_passes_losses(void **state) {
    (void)state;
    for (size_t i = 0; i < loss_count; i++)
        for (uint8_t label = 0; label < 3; label++) {
            const float y[] = {0.4f, NAN, 0.2f};
            float gradient[3];
            /* categorical and sparse look at the label and the sum; NaN is in the sum */
            assert_true(isnan(losses[i].row(y, label, 3, gradient)));
            const float z[] = {0.4f, NAN, 0.2f}, all[] = {NAN, NAN, NAN}; /* softmax(z) */
            if (losses[i].row_from_logits)
                assert_true(isnan(losses[i].row_from_logits(z, all, label, 3, gradient)));
        }
}

/* Far out nothing overflows that need not: finite values, and slopes that are limits. */
static void far_values(void **state) {
    (void)state;
    for (size_t i = 0; i < activation_count; i++) {
        const struct row z = {{-1e30f, 1e4f, -1e4f, 80}};
        const float alpha[] = {0.1f, 0.1f, 0.1f, 0.1f};
        float alpha_gradient[4];
        struct row a = {{0}}, delta = {{1, 1, 1, 1}};
        const struct activation_arguments arguments =
            row_arguments(&activations[i], 4, alpha, alpha_gradient);
        activations[i].forward((const float *)&z, (float *)&a, &arguments);
        activations[i].backward((const float *)&z, (const float *)&a, (float *)&delta, &arguments);
        for (size_t j = 0; j < 4; j++) {
            if (strcmp(activations[i].name, "exponential") == 0 && j == 1)
                continue; /* exp(1e4) */
            assert_true(isfinite(a.values[j]));
            assert_true(isfinite(delta.values[j]));
        }
    }
    const float z[] = {-1e4f, 1e4f, 0}, y[] = {0, 1, 0};
    const double expected = 1e4 / 3 * 2;
    float gradient[3];
    const struct loss *binary = loss_find("binary_crossentropy");
    const struct loss *categorical = loss_find("categorical_crossentropy");
    assert_true(categorical->row_from_logits(z, y, 0, 3, gradient) == 2e4);
    assert_true(gradient[0] == -1 && gradient[1] == 1 && gradient[2] == 0);
    assert_true(fabs(binary->row_from_logits(z, y, 0, 3, gradient) - expected) < 1);
}

/* Losses of rows at 0 and 1, where logarithms would be infinite, are clipped. */
static void certain_rows(void **state) {
    (void)state;
    const float right[] = {0, 1, 0};
    for (size_t i = 0; i < loss_count; i++) {
        float gradient[3];
        for (uint8_t label = 0; label < 3; label++) {
            assert_true(isfinite(losses[i].row(right, label, 3, gradient)));
            for (size_t j = 0; j < 3; j++)
                assert_true(isfinite(gradient[j]));
        }
        assert_true(losses[i].row(right, 1, 3, NULL) < losses[i].row(right, 0, 3, NULL));
    }
}

#define BATCH_ROWS 9
#define WIDEST (2 * LANES + 3)
#define BATCH_FLOATS (BATCH_ROWS * PAD_TO_LANES(WIDEST))

/* A batch at an output layer, with ties, a NaN and garbage in the padding. */
struct batch {
    lanes z[BATCH_FLOATS / LANES], y[BATCH_FLOATS / LANES], delta[BATCH_FLOATS / LANES];
    uint8_t labels[BATCH_ROWS];
    struct loss_rows all;
};

static void fill_batch(struct batch *batch, size_t classes) {
    const struct random_source source = {7, RANDOM_TEST, (uint32_t)classes};
    float *z = (float *)batch->z, *y = (float *)batch->y;
    const size_t stride = PAD_TO_LANES(classes);
    batch->all = (struct loss_rows){.z = z,
                                    .y = y,
                                    .targets = targets_of_labels(batch->labels, classes),
                                    .rows = BATCH_ROWS,
                                    .classes = classes,
                                    .stride = stride};
    for (size_t i = 0; i < BATCH_ROWS * stride; i++) {
        const struct random_block block = random_block(source, i);
        const bool inside = i % stride < classes;
        z[i] = inside ? 4 * random_unit_float(block.word[0]) - 2 : 1e20f;
        y[i] = inside ? random_unit_float(block.word[1]) : 1e20f;
    }
    for (size_t row = 0; row < BATCH_ROWS; row++)
        batch->labels[row] = (uint8_t)(row * 5 % classes);
    if (classes > 2)
        y[stride] = y[stride + 2] = 2; /* two that are the largest */
    y[3 * stride + classes / 2] = NAN;
}

/* Bit for bit, so that a network's numbers don't depend on how its loss is computed. */
static void batches_of_losses(void **state) {
    (void)state;
    struct batch batch;
    for (size_t i = 0; i < loss_count; i++)
        for (size_t classes = 2; classes <= WIDEST; classes++) {
            fill_batch(&batch, classes);
            const size_t stride = batch.all.stride;
            float *delta = (float *)batch.delta, gradient[WIDEST];
            if (losses[i].batch) {
                double sum = 0;
                const double got = losses[i].batch(&batch.all, delta);
                for (size_t row = 0; row < BATCH_ROWS; row++) {
                    sum += losses[i].row(batch.all.y + row * stride, batch.labels[row], classes,
                                         gradient);
                    for (size_t j = 0; j < classes; j++)
                        gradient[j] /= BATCH_ROWS;
                    assert_memory_equal(gradient, delta + row * stride, classes * sizeof(float));
                    for (size_t j = classes; j < stride; j++)
                        assert_true(delta[row * stride + j] == 0);
                }
                assert_memory_equal(&sum, &got, sizeof sum);
                assert_true(losses[i].batch(&batch.all, NULL) == got || isnan(got));
            }
            if (losses[i].batch_from_logits) {
                double sum = 0;
                const double got = losses[i].batch_from_logits(&batch.all, delta);
                for (size_t row = 0; row < BATCH_ROWS; row++) {
                    sum += losses[i].row_from_logits(batch.all.z + row * stride,
                                                     batch.all.y + row * stride, batch.labels[row],
                                                     classes, gradient);
                    for (size_t j = 0; j < classes; j++)
                        gradient[j] /= BATCH_ROWS;
                    assert_memory_equal(gradient, delta + row * stride, classes * sizeof(float));
                }
                assert_memory_equal(&sum, &got, sizeof sum);
            }
        }
}

/* The first of the largest is the answer, as numpy's argmax has it. */
static void hits_of_batches(void **state) {
    (void)state;
    struct batch batch;
    for (size_t classes = 2; classes <= WIDEST; classes++) {
        fill_batch(&batch, classes);
        const struct predictions predictions = {batch.all.y, batch.all.targets, BATCH_ROWS,
                                                classes,     batch.all.stride,  0};
        for (size_t shift = 0; shift < classes; shift++) {
            size_t expected = 0;
            for (size_t row = 0; row < BATCH_ROWS; row++) {
                const float *y = batch.all.y + row * batch.all.stride;
                size_t best = 0;
                batch.labels[row] = (uint8_t)((row * 5 + shift) % classes);
                for (size_t j = 1; j < classes; j++)
                    if (y[j] > y[best] || isnan(y[best]))
                        best = j;
                expected += best == batch.labels[row];
            }
            assert_int_equal(metric_hits(&predictions), expected);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),
        cmocka_unit_test(metrics_of_many_outputs),
        cmocka_unit_test(references_between_tables),
        cmocka_unit_test(optimizer_parameters),
        cmocka_unit_test(initializer_distributions),
        cmocka_unit_test(initializer_constants),
        cmocka_unit_test(initializer_elements),
        cmocka_unit_test(network_sizes),
        cmocka_unit_test(initial_weights),
        cmocka_unit_test(training_learns),
        cmocka_unit_test(l2_penalty),
        cmocka_unit_test(predictions_and_loss),
        cmocka_unit_test(dropout_mask),
        cmocka_unit_test(dropout_is_a_function_of_the_row),
        cmocka_unit_test(metrics_by_hand),
        cmocka_unit_test(top_five),
        cmocka_unit_test(nan_passes_activations),
        cmocka_unit_test(nan_passes_losses),
        cmocka_unit_test(far_values),
        cmocka_unit_test(certain_rows),
        cmocka_unit_test(batches_of_losses),
        cmocka_unit_test(hits_of_batches),
    };
    gemm_single_thread();
    return cmocka_run_group_tests_name("nn", tests, NULL, NULL);
}
