/* Layer kinds: what the table promises, layers in any order, and a kind with a state. */
#include "exchange/keras.h"
#include "exchange/onnx.h"
#include "reference.h"

#include "nn/ensemble.h"
#include "nn/layer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUTS 20
#define CLASSES 3
#define ROWS 13
#define NETWORKS_MAX 24

static struct layer_spec activation_layer(const char *name) {
    struct layer_spec spec = layer_standard(&layer_activation);
    spec.activation = activation_find(name);
    spec.activation_parameter = 0;
    return spec;
}

static struct layer_spec dropout_layer(double rate) {
    return (struct layer_spec){.kind = &layer_dropout, .rate = rate};
}

static struct network_spec spec_of(const struct layer_spec *layers, size_t count, uint64_t seed) {
    struct network_spec spec = {.input = {1, {INPUTS}},
                                .layer_count = count,
                                .loss = loss_find("categorical_crossentropy"),
                                .initializer = initializer_find("glorot_uniform"),
                                .optimizer = optimizer_find("adam"),
                                .seed = seed};
    memcpy(spec.layers, layers, count * sizeof *layers);
    optimizer_defaults(spec.optimizer, &spec.optimizer_settings);
    return spec;
}
#define SPEC(seed, ...)                                                                            \
    spec_of((const struct layer_spec[]){__VA_ARGS__},                                              \
            sizeof((const struct layer_spec[]){__VA_ARGS__}) / sizeof(struct layer_spec), seed)

/* Networks in an ensemble, and a batch. */
struct company {
    size_t count;
    struct network_spec specs[NETWORKS_MAX];
    struct ensemble *ensemble;
    struct ensemble_result results[NETWORKS_MAX];
    struct sparse x;
    float inputs[ROWS * INPUTS];
    uint8_t labels[ROWS];
    struct arena arena;
};

static void company_init(struct company *company) {
    const struct network_spec *specs[NETWORKS_MAX];
    struct error error;
    arena_init(&company->arena);
    for (size_t i = 0; i < company->count; i++)
        specs[i] = &company->specs[i];
    assert_true(sparse_init(&company->x, ROWS, INPUTS, &company->arena));
    assert_int_equal(
        ensemble_init(&company->ensemble, specs, company->count, ROWS, &company->arena, &error),
        STATUS_OK);
}

static void make_batch(struct company *company, size_t number) {
    const struct random_source source = {number, RANDOM_TEST, 1};
    for (size_t i = 0; i < ROWS * INPUTS; i++) {
        const double value = random_unit(source, i);
        company->inputs[i] = value < 0.4 ? 0 : (float)value;
    }
    for (size_t i = 0; i < ROWS; i++)
        company->labels[i] = (uint8_t)((i + number) % CLASSES);
    sparse_gather(&company->x, company->inputs, ROWS);
}

static void company_train(struct company *company, size_t number) {
    const struct targets targets = targets_of_labels(company->labels, CLASSES);
    const struct ensemble_batch batch = {&company->x, &targets, 1, number, 7};
    make_batch(company, number);
    ensemble_train(company->ensemble, &batch, company->results);
}

static float *parameters_of(struct company *company, size_t i, size_t *bytes) {
    *bytes = network_parameter_count(&company->specs[i]) * sizeof(float);
    float *parameters = arena_alloc(&company->arena, *bytes, 1);
    assert_non_null(parameters);
    ensemble_get_parameters(company->ensemble, i, parameters);
    return parameters;
}

/* Of the ensemble's i-th network and of the same one alone, weights and state. */
static void expect_same_network(struct company *company, size_t i, const struct network *alone) {
    size_t bytes;
    const float *one = parameters_of(company, i, &bytes);
    float *other = arena_alloc(&company->arena, bytes, 1);
    network_get_parameters(alone, other);
    assert_memory_equal(one, other, bytes);
}

static void expect_equal(struct company *company, size_t i, size_t j) {
    size_t bytes, others;
    const float *one = parameters_of(company, i, &bytes);
    const float *other = parameters_of(company, j, &others);
    assert_int_equal(bytes, others);
    assert_memory_equal(one, other, bytes);
    assert_memory_equal(&company->results[i], &company->results[j], sizeof company->results[i]);
}

/* The table. ----------------------------------------------------------------------------------- */

static void kinds_keep_what_the_table_promises(void **state) {
    (void)state;
    for (size_t i = 0; i < layer_kind_count; i++) {
        const struct layer_kind *kind = layer_kinds[i];
        const struct shape input =
            takes_images(kind) ? (struct shape){3, {4, 3, 2}} : shape_vector(7);
        struct layer_spec spec = example_layer(kind, input);
        struct layer_array arrays[LAYER_ARRAYS_MAX];
        spec.activation = activation_find("prelu");
        const size_t count = layer_list_arrays(&spec, input, arrays);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(layer_kinds[j]->name, kind->name);
        assert_true(!kind->forward == !(kind->backward || kind->backward_at));
        assert_true(!kind->merges == !kind->backward_at);
        assert_true(kind->forward || kind->in_place);
        assert_true(!kind->in_place || shape_size(layer_shape(&spec, input)) == 7);
        assert_in_range(count, 1, LAYER_ARRAYS_MAX);
        assert_true(onnx_has(kind));
        assert_true(keras_has_layer(kind));
        assert_true(!kind->in_panel || (kind->flops && arrays[0].shape.rank == 2));
        assert_string_equal(arrays[count - 1].name, "alpha");
        for (size_t a = 0; a < count; a++) {
            assert_true(arrays[a].name && shape_size(arrays[a].shape) > 0);
            assert_true(!kind->interleaves || arrays[a].role != ARRAY_STATE);
        }
    }
}

static void keras_code_knows_all_names(void **state) {
    (void)state;
    for (size_t i = 0; i < activation_count; i++)
        assert_true(keras_has_activation(activations[i].name));
    for (size_t i = 0; i < optimizer_count; i++)
        assert_true(keras_has_optimizer(optimizers[i].name));
    for (size_t i = 0; i < loss_count; i++)
        assert_true(keras_has_loss(losses[i].name));
    assert_false(keras_has_loss("sum_of_squares"));
}

static void sizes_by_hand(void **state) {
    (void)state;
    const struct network_spec spec =
        SPEC(1, dense(4, activation_find("prelu")), dropout_layer(0.5), activation_layer("prelu"),
             dense(CLASSES, activation_find("softmax")));
    assert_int_equal(network_counts(&spec).weights, INPUTS * 4 + 4 + 4 + 4 + 4 * CLASSES + CLASSES);
    assert_int_equal(network_counts(&spec).state, 0);
    assert_true(network_flops(&spec) == 4 * INPUTS * 4 + 6 * 4 * CLASSES);
    assert_int_equal(network_layer_number(&spec, 3), 1);
    assert_int_equal(network_state_shape(&spec).floats, (INPUTS + 3) * LANES + 5 * LANES);
}

/* Layers in any order. ------------------------------------------------------------------------- */

/* An activation is the same as a layer of its own, of which a linear one before it changes nothing;
 * alone, in company, and in groups, as hidden and as output layer. */
static void activations_as_layers(void **state) {
    (void)state;
    for (size_t a = 0; a < activation_count; a++)
        for (size_t copies = 1; copies <= 7; copies += 6) {
            const char *name = activations[a].name, *output = a % 2 ? name : "softmax";
            struct company company = {.count = 2 * copies};
            const struct activation *linear = activation_find("linear");
            for (size_t i = 0; i < copies; i++) {
                company.specs[i] = SPEC(i, dense(9, activation_find(name)), dropout_layer(0.3),
                                        dense(CLASSES, activation_find(output)));
                company.specs[copies + i] =
                    SPEC(i, dense(9, linear), activation_layer(name), dropout_layer(0.3),
                         dense(CLASSES, linear), activation_layer(output));
            }
            company_init(&company);
            for (size_t number = 0; number < 5; number++)
                company_train(&company, number);
            for (size_t i = 0; i < copies; i++)
                expect_equal(&company, i, copies + i);
            arena_release(&company.arena);
        }
}

static uint32_t bits_of(uint64_t index, uint32_t stream) {
    return random_block((struct random_source){11, RANDOM_TEST, stream}, index).word[0];
}

/* Layers of all kinds in any order, and then one of CLASSES outputs. */
static struct network_spec drawn_spec(uint64_t at) {
    static const size_t widths[] = {1, 7, 16, 33, 70};
    struct network_spec spec = SPEC(at, dense(1, NULL));
    if (bits_of(at, 9) % 2)
        spec.input = (struct shape){3, {5, 4, 1}};
    const struct layer_spec output = dense(CLASSES, activation_find("softmax"));
    if (bits_of(at, 10) % 4 == 0) {
        draw_graph(&spec, at, 3 + bits_of(at, 2) % 6, at % 2 ? INPUTS : 33, &output);
        return spec;
    }
    spec.layer_count = bits_of(at, 2) % 5;
    for (size_t i = 0; i < spec.layer_count; i++) {
        const struct shape input = i > 0 ? network_layer_output(&spec, i - 1) : spec.input;
        const struct layer_spec choices[] = {
            dense(widths[bits_of(at * 8 + i, 3) % 5],
                  &activations[bits_of(at * 8 + i, 4) % activation_count]),
            dense(widths[bits_of(at * 8 + i, 3) % 5], NULL),
            activation_layer(activations[bits_of(at * 8 + i, 4) % activation_count].name),
            dropout_layer(0.2),
            example_layer(layer_kinds[bits_of(at * 8 + i, 8) % layer_kind_count], input)};
        const struct layer_spec *choice = &choices[bits_of(at * 8 + i, 5) % 5];
        const bool refused = choice->kind->refuses && choice->kind->refuses(choice, input) != NULL;
        spec.layers[i] = refused ? dropout_layer(0.2) : *choice;
        if (bits_of(at * 8 + i, 10) % 8 == 0) {
            spec.layers[i].l1 = 0.001;
            spec.layers[i].l2 = bits_of(at * 8 + i, 11) % 2 ? 0.02 : LAYER_L2_USUAL;
            spec.layers[i].max_norm = bits_of(at * 8 + i, 12) % 2 ? 0.8 : 0;
        }
    }
    spec.layers[spec.layer_count++] = output;
    if (bits_of(at, 6) % 4 == 0)
        spec.layers[spec.layer_count++] = dropout_layer(0.1);
    spec.loss =
        loss_find(bits_of(at, 6) % 4 < 2 ? "mean_squared_error" : "categorical_crossentropy");
    spec.l2 = bits_of(at, 7) % 2 ? 0.01 : 0;
    return spec;
}

/* Networks of layers in any order and graphs, in company and alone, and from a state on. */
static void any_order_in_any_company(void **state) {
    (void)state;
    size_t not_in_panel = 0;
    for (uint64_t round = 0; round < 60; round++) {
        struct company company = {.count = 4 + round % 20}, again = {.count = company.count};
        static struct network alone[NETWORKS_MAX];
        for (size_t i = 0; i < company.count; i++)
            again.specs[i] = company.specs[i] =
                drawn_spec(round * NETWORKS_MAX + (round % 3 ? i : i % 2));
        company_init(&company);
        for (size_t i = 0; i < company.count; i++) {
            reference_init(&alone[i], &company.specs[i], ROWS, &company.arena);
            not_in_panel += !network_takes_panel(&company.specs[i]);
        }
        for (size_t number = 0; number < 4; number++) {
            company_train(&company, number);
            for (size_t i = 0; i < company.count; i++) {
                const double penalty = reference_penalty(&alone[i]) * ROWS;
                const double loss =
                    reference_train(&alone[i], company.inputs, company.labels, ROWS, number, 7);
                assert_true(company.results[i].loss == loss + penalty);
                assert_true(isfinite(loss));
            }
        }
        company_init(&again);
        for (size_t i = 0; i < company.count; i++) {
            const struct network_state left = ensemble_state(company.ensemble, i);
            expect_same_network(&company, i, &alone[i]);
            ensemble_resume(again.ensemble, i, &left);
        }
        company_train(&again, 4);
        for (size_t i = 0; i < company.count; i++) {
            reference_train(&alone[i], again.inputs, again.labels, ROWS, 4, 7);
            expect_same_network(&again, i, &alone[i]);
        }
        arena_release(&again.arena);
        arena_release(&company.arena);
    }
    assert_in_range(not_in_panel, 100, 1000);
}

/* Images, whose layers come one after the other as in networks for images. */
static struct network_spec image_spec(uint64_t seed) {
    struct layer_spec first = example_layer(&layer_conv2d, shape_vector(1)), second = first;
    struct layer_spec pool = layer_standard(&layer_max_pooling2d);
    struct layer_spec depthwise = example_layer(&layer_depthwise_conv2d, shape_vector(1));
    struct layer_spec mean = layer_standard(&layer_average_pooling2d);
    first.filters = seed % 2 ? 16 : 6;
    first.padding = second.padding = depthwise.padding = mean.padding = 1;
    first.activation = activation_find("relu");
    second.groups = 2;
    second.filters = 4;
    second.strides[1] = 2;
    second.activation = activation_find("prelu");
    depthwise.filters = 2;
    pool.window_size[0] = pool.strides[0] = 3;
    pool.strides[1] = 1;
    struct network_spec spec =
        SPEC(seed, first, pool, layer_standard(&layer_batch_normalization), second, depthwise,
             dropout_layer(0.2), mean, layer_standard(&layer_global_average_pooling2d),
             dense(CLASSES, activation_find("softmax")));
    spec.input = (struct shape){3, {5, 4, 1}};
    return spec;
}

static void images_in_any_company(void **state) {
    (void)state;
    struct company company = {.count = 6}, again = {.count = 6};
    static struct network alone[6];
    for (size_t i = 0; i < 6; i++)
        again.specs[i] = company.specs[i] = image_spec(i);
    company_init(&company);
    company_init(&again);
    for (size_t i = 0; i < 6; i++)
        reference_init(&alone[i], &company.specs[i], ROWS, &company.arena);
    for (size_t number = 0; number < 5; number++) {
        company_train(&company, number);
        for (size_t i = 0; i < 6; i++)
            reference_train(&alone[i], company.inputs, company.labels, ROWS, number, 7);
    }
    for (size_t i = 0; i < 6; i++) {
        const struct network_state left = ensemble_state(company.ensemble, i);
        expect_same_network(&company, i, &alone[i]);
        ensemble_resume(again.ensemble, i, &left);
    }
    company_train(&again, 5);
    company_train(&company, 5);
    for (size_t i = 0; i < 6; i++) {
        reference_train(&alone[i], company.inputs, company.labels, ROWS, 5, 7);
        expect_same_network(&company, i, &alone[i]);
        expect_same_network(&again, i, &alone[i]);
        assert_true(isfinite(company.results[i].loss));
    }
    arena_release(&again.arena);
    arena_release(&company.arena);
}

/* Where they are drawn, initial weights do not depend on layers that have none. */
static void starts_are_those_of_the_weights(void **state) {
    (void)state;
    struct company company = {.count = 3};
    const struct activation *tanh_activation = activation_find("tanh");
    company.specs[0] = SPEC(5, dense(20, tanh_activation), dense(CLASSES, tanh_activation));
    company.specs[1] = SPEC(5, dropout_layer(0.1), dense(20, tanh_activation), dropout_layer(0.1),
                            dense(CLASSES, tanh_activation));
    company.specs[2] = SPEC(5, dense(20, tanh_activation), activation_layer("relu"),
                            dense(CLASSES, tanh_activation));
    for (size_t i = 1; i < 3; i++)
        assert_true(network_same_start(&company.specs[0], &company.specs[i]));
    company_init(&company);
    expect_equal(&company, 0, 1);
    expect_equal(&company, 0, 2);
    company.specs[1].layers[1].units = 19;
    assert_false(network_same_start(&company.specs[0], &company.specs[1]));
    arena_release(&company.arena);
}

/* Arguments of kernels. ------------------------------------------------------------------------ */

/* The same penalty is the same training, whether it is the network's or its layers'. */
static void penalties_of_layers(void **state) {
    (void)state;
    struct company company = {.count = 3};
    for (size_t i = 0; i < 3; i++) {
        company.specs[i] = SPEC(5, dense(9, activation_find("tanh")), dense(CLASSES, NULL),
                                activation_layer("softmax"));
        company.specs[i].l2 = i == 1 ? 0 : 0.05;
    }
    company.specs[1].layers[0].l2 = company.specs[1].layers[1].l2 = 0.05;
    company.specs[2].layers[0].l2 = 0;
    company_init(&company);
    for (size_t number = 0; number < 5; number++)
        company_train(&company, number);
    size_t bytes;
    const float *all = parameters_of(&company, 0, &bytes);
    assert_memory_equal(all, parameters_of(&company, 1, &bytes), bytes);
    assert_memory_not_equal(all, parameters_of(&company, 2, &bytes), bytes);
    assert_true(fabs(company.results[0].loss - company.results[1].loss) <
                1e-12 * company.results[0].loss);
    arena_release(&company.arena);
}

/* The largest norm of the weights of an output, which are in the first dimensions. */
static double largest_norm(const float *kernel, size_t count, size_t outputs) {
    double largest = 0;
    for (size_t output = 0; output < outputs; output++) {
        double squares = 0;
        for (size_t i = 0; i < count; i++)
            squares += pow((double)kernel[i * outputs + output], 2);
        largest = fmax(largest, sqrt(squares));
    }
    return largest;
}

static void norms_stay_below_theirs(void **state) {
    (void)state;
    struct company company = {.count = 2};
    struct layer_spec conv = example_layer(&layer_conv2d, shape_vector(1)), depthwise;
    depthwise = example_layer(&layer_depthwise_conv2d, shape_vector(1));
    depthwise.filters = 3;
    for (size_t i = 0; i < 2; i++) {
        conv.max_norm = depthwise.max_norm = i ? 0.3 : 0;
        company.specs[i] = SPEC(1, conv, depthwise, dense(CLASSES, activation_find("softmax")));
        company.specs[i].input = (struct shape){3, {5, 4, 1}};
        company.specs[i].layers[2].max_norm = conv.max_norm;
        company.specs[i].optimizer_settings.value[OPTIMIZER_LEARNING_RATE] = 0.1;
    }
    company_init(&company);
    company_train(&company, 0);
    for (size_t i = 0; i < 2; i++) {
        size_t bytes;
        const float *of = parameters_of(&company, i, &bytes);
        const double norms[] = {largest_norm(of, 4, 5), largest_norm(of + 25, 4, 15),
                                largest_norm(of + 25 + 75, 6 * 15, CLASSES)};
        for (size_t kernel = 0; kernel < 3; kernel++)
            assert_true(i ? norms[kernel] < 0.3 + 1e-6 && norms[kernel] > 0.29
                          : norms[kernel] > 0.31);
    }
    arena_release(&company.arena);
}

/* Each array starts as its layer says, and the others as ever. */
static void starts_are_those_of_the_layers(void **state) {
    (void)state;
    enum { WIDTH = INPUTS, KERNEL = INPUTS * WIDTH };
    struct company company = {.count = 2};
    float limit = 0;
    for (size_t i = 0; i < 2; i++)
        company.specs[i] = SPEC(3, dense(WIDTH, NULL), dense(WIDTH, NULL),
                                layer_standard(&layer_batch_normalization), dense(WIDTH, NULL),
                                dense(CLASSES, activation_find("softmax")));
    struct layer_spec *layers = company.specs[1].layers;
    layers[1].kernel_initializer = layers[3].kernel_initializer = 2; /* he_uniform */
    layers[1].bias_initializer = layers[2].bias_initializer = INITIALIZER_ONES;
    layers[2].kernel_initializer = layers[3].bias_initializer = 7; /* random_normal */
    company_init(&company);
    size_t bytes;
    const float *usual = parameters_of(&company, 0, &bytes);
    const float *own = parameters_of(&company, 1, &bytes);
    const size_t second = KERNEL + WIDTH, gamma = 2 * second, third = gamma + 4 * WIDTH,
                 last = third + second;
    assert_memory_equal(own, usual, second * sizeof *own);
    assert_memory_equal(own + last, usual + last, bytes - last * sizeof *own);
    assert_memory_not_equal(own + second, own + third, KERNEL * sizeof *own);
    assert_memory_not_equal(own + gamma, own + third + KERNEL, WIDTH * sizeof *own);
    for (size_t i = 0; i < KERNEL; i++)
        limit = fmaxf(limit, fabsf(own[second + i]));
    assert_in_range((size_t)(1000 * limit), 530, (size_t)(1000 * sqrt(6.0 / INPUTS)));
    for (size_t i = 0; i < WIDTH; i++) {
        assert_true(own[second + KERNEL + i] == 1 && usual[second + KERNEL + i] == 0);
        assert_true(own[gamma + WIDTH + i] == 1 && usual[gamma + i] == 1);
        assert_true(own[gamma + i] != 1 && fabsf(own[gamma + i]) < 0.3f);
        assert_true(own[third + KERNEL + i] != 0);
    }
    arena_release(&company.arena);
}

/* A kind that is not in the table, with weights and a state: z = gamma (x - moving_mean), where
 * moving_mean follows the batches' means and is no function of the weights. ------------------- */

enum { GAMMA, MOVING_MEAN, CENTERED };

static size_t centering_arrays(const struct layer_spec *spec, struct shape input,
                               struct layer_array *arrays) {
    (void)spec;
    arrays[GAMMA] = (struct layer_array){
        .name = "gamma", .shape = input, .initializer = &initializers[INITIALIZER_ONES]};
    arrays[MOVING_MEAN] = (struct layer_array){.name = "moving_mean",
                                               .role = ARRAY_STATE,
                                               .shape = input,
                                               .initializer = &initializers[INITIALIZER_ZEROS]};
    arrays[CENTERED] =
        (struct layer_array){.name = "centered", .role = ARRAY_BATCH, .shape = input};
    return 3;
}

static void centering_forward(struct layer *layer, const struct layer_pass *pass) {
    for (size_t unit = 0; unit < layer->units; unit++) {
        float sum = 0;
        for (size_t row = 0; row < pass->rows; row++) {
            const size_t at = row * layer->stride + unit;
            sum += layer->x[at];
            layer->values[CENTERED][at] = layer->x[at] - layer->values[MOVING_MEAN][unit];
            layer->z[at] = layer->values[GAMMA][unit] * layer->values[CENTERED][at];
        }
        if (pass->training)
            layer->values[MOVING_MEAN][unit] =
                0.9f * layer->values[MOVING_MEAN][unit] + 0.1f * sum / (float)pass->rows;
    }
}

static void centering_backward(struct layer *layer, const struct layer_pass *pass) {
    for (size_t unit = 0; unit < layer->units; unit++) {
        layer->gradients[GAMMA][unit] = 0;
        for (size_t row = 0; row < pass->rows; row++) {
            const size_t at = row * layer->stride + unit;
            layer->gradients[GAMMA][unit] += layer->delta[at] * layer->values[CENTERED][at];
            layer->delta[at] *= layer->values[GAMMA][unit];
        }
    }
}

static const struct layer_kind centering = {.name = "Centering",
                                            .arrays = centering_arrays,
                                            .forward = centering_forward,
                                            .backward = centering_backward,
                                            .in_place = true};

static struct network_spec centered_spec(uint64_t seed, bool first) {
    const struct layer_spec centers = {.kind = &centering, .activation = activation_find("tanh")};
    return first ? SPEC(seed, centers, dense(8, NULL), centers,
                        dense(CLASSES, activation_find("softmax")))
                 : SPEC(seed, dense(8, NULL), centers, dropout_layer(0.2),
                        dense(CLASSES, activation_find("softmax")));
}

static void a_state_is_kept(void **state) {
    (void)state;
    struct company company = {.count = 8}, again = {.count = 8};
    static struct network alone[8];
    for (size_t i = 0; i < 8; i++)
        again.specs[i] = company.specs[i] = centered_spec(i, i % 2);
    assert_int_equal(network_counts(&company.specs[0]).state, 8);
    assert_int_equal(network_counts(&company.specs[1]).state, INPUTS + 8);
    assert_int_equal(network_state_shape(&company.specs[1]).kept_floats, PAD_TO_LANES(INPUTS) + 16);
    company_init(&company);
    for (size_t i = 0; i < 8; i++)
        reference_init(&alone[i], &company.specs[i], ROWS, &company.arena);
    for (size_t number = 0; number < 6; number++) {
        company_train(&company, number);
        for (size_t i = 0; i < 8; i++)
            reference_train(&alone[i], company.inputs, company.labels, ROWS, number, 7);
    }
    /* Others go on from the state. */
    company_init(&again);
    for (size_t i = 0; i < 8; i++) {
        const struct network_state left = ensemble_state(company.ensemble, i);
        expect_same_network(&company, i, &alone[i]);
        assert_true(left.kept[0] != 0);
        ensemble_resume(again.ensemble, i, &left);
    }
    company_train(&again, 6);
    for (size_t i = 0; i < 8; i++) {
        reference_train(&alone[i], again.inputs, again.labels, ROWS, 6, 7);
        expect_same_network(&again, i, &alone[i]);
    }
    arena_release(&again.arena);
    arena_release(&company.arena);
}

/* Weights and state leave and come back together, as a model's do. */
static void a_state_belongs_to_the_model(void **state) {
    (void)state;
    struct company company = {.count = 2};
    struct ensemble_result trained[2];
    company.specs[0] = centered_spec(1, true);
    company.specs[1] = centered_spec(2, true);
    company_init(&company);
    for (size_t number = 0; number < 6; number++)
        company_train(&company, number);
    const struct targets targets = targets_of_labels(company.labels, CLASSES);
    const struct ensemble_batch batch = {&company.x, &targets, 1, 0, 0};
    ensemble_predict(company.ensemble, &batch, trained);
    size_t bytes;
    ensemble_set_parameters(company.ensemble, 1, parameters_of(&company, 0, &bytes));
    ensemble_predict(company.ensemble, &batch, company.results);
    assert_memory_equal(&company.results[1], &trained[0], sizeof trained[0]);
    assert_memory_not_equal(&company.results[1], &trained[1], sizeof trained[1]);
    arena_release(&company.arena);
}

/* Noise is standard normal, and a function of the value's place in the epoch, however its rows come
 * in batches. */
static void noise_is_normal(void **state) {
    (void)state;
    enum { UNITS = 37, STRIDE = 48, COUNT = 3000 };
    static _Alignas(ARENA_ALIGNMENT) float x[COUNT * STRIDE], z[COUNT * STRIDE], part[9 * STRIDE];
    struct network_spec network = SPEC(3, dense(4, NULL));
    const struct network_spec *specs[] = {&network};
    struct layer_spec spec = example_layer(&layer_gaussian_noise, shape_vector(UNITS));
    spec.stddev = 1;
    struct layer layer = {.spec = &spec, .networks = 1, .units = UNITS, .stride = STRIDE};
    struct layer_pass pass = {.rows = COUNT, .training = true, .specs = specs, .count = 1};
    double sums[4] = {0}, neighbours = 0;
    layer.x = x;
    layer.z = z;
    layer_gaussian_noise.forward(&layer, &pass);
    for (size_t row = 0; row < COUNT; row++)
        for (size_t i = 0; i < UNITS; i++) {
            const double value = (double)z[row * STRIDE + i];
            for (int power = 0; power < 4; power++)
                sums[power] += pow(value, power + 1);
            neighbours += i > 0 ? value * (double)z[row * STRIDE + i - 1] : 0;
        }
    const double count = COUNT * UNITS, error = 1 / sqrt(count);
    assert_true(fabs(sums[0] / count) < 4 * error);
    assert_true(fabs(sums[1] / count - 1) < 4 * sqrt(2) * error);
    assert_true(fabs(sums[2] / count) < 4 * sqrt(15) * error);
    assert_true(fabs(sums[3] / count - 3) < 4 * sqrt(96) * error);
    assert_true(fabs(neighbours / count) < 4 * error);
    layer.z = part;
    pass.rows = 9;
    pass.first_row = 1234;
    layer_gaussian_noise.forward(&layer, &pass);
    assert_memory_equal(part, z + 1234 * STRIDE, sizeof part);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_is_normal),
        cmocka_unit_test(kinds_keep_what_the_table_promises),
        cmocka_unit_test(keras_code_knows_all_names),
        cmocka_unit_test(sizes_by_hand),
        cmocka_unit_test(activations_as_layers),
        cmocka_unit_test(any_order_in_any_company),
        cmocka_unit_test(images_in_any_company),
        cmocka_unit_test(starts_are_those_of_the_weights),
        cmocka_unit_test(penalties_of_layers),
        cmocka_unit_test(norms_stay_below_theirs),
        cmocka_unit_test(starts_are_those_of_the_layers),
        cmocka_unit_test(a_state_is_kept),
        cmocka_unit_test(a_state_belongs_to_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
