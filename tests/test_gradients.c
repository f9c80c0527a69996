/* Every gradient against central differences of the loss, for every pair of activation and loss,
 * with the activation in the hidden layer and in the output layer.
 *
 * The reference is D = (4 d(h/2) - d(h)) / 3 with d(h) = (L(w + h) - L(w - h)) / 2h (Richardson's
 * extrapolation). Where the loss has a kink near w or bends too fast, d(h) and d(h/2) differ, or
 * the one-sided slopes differ by as much at h/2 as at h, and not by half. Such weights are skipped,
 * a decision in which the gradient under test has no part, and the tests count that enough of them
 * remain that are not 0. */
#include "reference.h"

#include "math/gemm.h"
#include "nn/named_input.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define INPUTS 4
#define HIDDEN 4
#define CLASSES 3
#define ROWS 6
#define GRADIENTS_MAX 1024
#define STEP 0x1p-6f

#define TOLERANCE 0.02 /* relative */
#define NOISE 4e-5     /* absolute: the loss's rounding divided by h, for a loss of about 1 */
#define ROUGH 0.01     /* relative size of either difference at which a weight is skipped */

struct problem {
    struct network_spec spec;
    struct network network;
    struct arena arena;
    float x[ROWS * INPUTS];
    uint8_t labels[ROWS];
    size_t epoch; /* keys the dropout mask */
};

/* What became of the compared weights. */
struct comparison {
    size_t compared, not_zero, skipped, wrong;
    double worst; /* relative, of those that are not noise */
};

static double uniform(uint64_t index, uint32_t stream, double low, double high) {
    const struct random_source source = {7, RANDOM_TEST, stream};
    return low + (high - low) * random_unit(source, index);
}

static void problem_release(struct problem *problem) {
    arena_release(&problem->arena);
}

/* The i-th number of those that network_get_parameters gives; NULL: a layer's state. */
static float *weight_of(struct network *network, size_t i) {
    bool kept;
    const size_t at = reference_place(network, i, &kept);
    return kept ? NULL : &network->parameters[at];
}

/* Biases around `bias`, and alphas around 0.3. */
static void set_vectors(struct layer *layer, double bias, uint32_t stream) {
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    const size_t count = layer_list_arrays(layer->spec, layer->input, arrays);
    for (size_t a = 0; a < count; a++)
        for (size_t i = 0; i < shape_columns(arrays[a].shape); i++) {
            if (strcmp(arrays[a].name, "bias") == 0)
                layer->values[a][i] = 0.5f * layer->values[a][i] + (float)bias;
            if (strcmp(arrays[a].name, "alpha") == 0)
                layer->values[a][i] = (float)uniform(i, stream, 0.1, 0.5);
        }
}

/* A network of `spec` (whose inputs, outputs, initializer and optimizer are set here) with all of
 * its biases around `bias`, and alphas around 0.3. */
static void problem_init(struct problem *problem, const struct network_spec *spec, double bias,
                         uint32_t stream) {
    *problem = (struct problem){.spec = *spec};
    problem->spec.input = shape_vector(INPUTS);
    problem->spec.initializer = initializer_find("zeros");
    problem->spec.optimizer = optimizer_find("sgd");
    optimizer_defaults(problem->spec.optimizer, &problem->spec.optimizer_settings);
    problem->spec.optimizer_settings.value[OPTIMIZER_LEARNING_RATE] = 0;
    arena_init(&problem->arena);
    struct network *network = &problem->network;
    reference_init(network, &problem->spec, ROWS, &problem->arena);
    for (size_t i = 0; i < network_parameter_count(network->spec); i++) {
        float *weight = weight_of(network, i);
        if (weight)
            *weight = (float)uniform(i, stream, -0.6, 0.6);
    }
    for (size_t l = 0; l < spec->layer_count; l++)
        set_vectors(&network->layers[l], bias, stream + 1);
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        problem->x[i] = (float)uniform(i, stream + 2, -1, 1);
    for (size_t i = 0; i < ROWS; i++)
        problem->labels[i] = (uint8_t)(i % CLASSES);
}

/* The mean loss of the batch, l2 penalty included, with the same dropout mask and moments as in
 * training. */
static double problem_loss(struct problem *problem) {
    bool differs = false;
    double sum;
    for (size_t i = 0; i < problem->spec.layer_count; i++)
        differs |=
            problem->spec.layers[i].kind->only_training ||
            layer_count(&problem->spec.layers[i], network_layer_input(&problem->spec, i)).state > 0;
    if (differs) {
        sum = reference_train(&problem->network, problem->x, problem->labels, ROWS, problem->epoch,
                              0);
    } else {
        /* Classes have their weights where a gradient is asked for: while training. */
        reference_predict(&problem->network, problem->x, ROWS);
        sum = reference_loss(&problem->network, problem->labels, ROWS,
                             problem->spec.class_weight != NULL);
    }
    return sum / ROWS + reference_penalty(&problem->network);
}

static void analytic_gradients(struct problem *problem, double *gradients) {
    struct network *network = &problem->network;
    reference_train(&problem->network, problem->x, problem->labels, ROWS, problem->epoch, 0);
    for (size_t i = 0; i < network_parameter_count(network->spec); i++) {
        const float *weight = weight_of(network, i);
        gradients[i] = weight ? (double)network->gradients[weight - network->parameters] : 0;
    }
}

struct difference {
    double slope; /* central */
    double turn;  /* slope above minus slope below */
};

static struct difference difference_at(struct problem *problem, float *weight, float step) {
    const float at = *weight, above = at + step, below = at - step;
    const double here = problem_loss(problem);
    *weight = above;
    const double higher = problem_loss(problem);
    *weight = below;
    const double lower = problem_loss(problem);
    *weight = at;
    return (struct difference){(higher - lower) / ((double)above - (double)below),
                               (higher - here) / (double)(above - at) -
                                   (here - lower) / (double)(at - below)};
}

/* The derivative of the loss by a weight, or NAN where it can't be told from differences. */
static double numeric_gradient(struct problem *problem, float *weight, double noise) {
    const struct difference coarse = difference_at(problem, weight, STEP);
    const struct difference fine = difference_at(problem, weight, STEP / 2);
    const double rough = ROUGH * fabs(fine.slope) + noise;
    if (fabs(coarse.slope - fine.slope) <= rough && fabs(2 * fine.turn - coarse.turn) <= 2 * rough)
        return (4 * fine.slope - coarse.slope) / 3;
    return (double)NAN;
}

/* Compare all gradients with the differences. */
static void compare(struct problem *problem, const double *gradients, struct comparison *result) {
    const size_t count = network_parameter_count(&problem->spec);
    const double loss = problem_loss(problem);
    const double noise = NOISE * (fabs(loss) > 1 ? fabs(loss) : 1);
    if (!isfinite(loss)) {
        result->skipped += count;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        float *weight = weight_of(&problem->network, i);
        if (!weight)
            continue;
        const double expected = numeric_gradient(problem, weight, noise);
        if (isnan(expected)) {
            result->skipped++;
            continue;
        }
        const double error = fabs(gradients[i] - expected);
        result->compared++;
        result->not_zero += fabs(expected) > 10 * noise;
        result->wrong += !(error <= TOLERANCE * fabs(expected) + noise);
        if (fabs(expected) > 100 * noise && error / fabs(expected) > result->worst)
            result->worst = error / fabs(expected);
    }
}

static void check_all(struct problem *problem, struct comparison *result) {
    double gradients[GRADIENTS_MAX];
    assert_in_range(network_parameter_count(&problem->spec), 1, GRADIENTS_MAX);
    analytic_gradients(problem, gradients);
    compare(problem, gradients, result);
}

/* Where an activation has parameters or thresholds, ones that the values below reach. */
static struct layer_spec layer_of(size_t units, const struct activation *activation) {
    double parameter = activation->parameter_default;
    if (activation->parameter == ACTIVATION_THETA)
        parameter = 0.3;
    if (activation->parameter == ACTIVATION_ALPHA)
        parameter = 0.7;
    struct layer_spec spec = dense(units, activation);
    spec.activation_parameter = parameter;
    return spec;
}

static struct network_spec spec_of(const struct activation *hidden, const struct activation *output,
                                   const struct loss *loss) {
    return (struct network_spec){.layer_count = 2,
                                 .layers = {layer_of(HIDDEN, hidden), layer_of(CLASSES, output)},
                                 .loss = loss};
}

/* Shifts of the values before the activations, so that every branch of an activation is met, and
 * arguments at which every loss is defined. */
static const double shifts[] = {-1.2, -0.7, -0.2, 0.3, 0.6, 1.0, 2.7, 5.8};
#define SHIFT_COUNT (sizeof shifts / sizeof *shifts)

/* Only relu6 and hard_sigmoid bend far out, where others are so flat or so steep that little but
 * rounding is left to compare. */
static size_t shifts_for(const struct activation *hidden, const struct activation *output) {
    const char *const far[] = {"relu6", "hard_sigmoid"};
    for (size_t i = 0; i < 2; i++)
        if (strcmp(hidden->name, far[i]) == 0 || strcmp(output->name, far[i]) == 0)
            return SHIFT_COUNT;
    return SHIFT_COUNT - 2;
}

static struct comparison check_shifts(const struct network_spec *spec, size_t count) {
    struct comparison result = {0};
    for (size_t i = 0; i < count; i++) {
        struct problem problem;
        problem_init(&problem, spec, shifts[i], 100 * (uint32_t)i);
        check_all(&problem, &result);
        problem_release(&problem);
    }
    return result;
}

static struct comparison check_pair(const struct activation *hidden,
                                    const struct activation *output, const struct loss *loss) {
    const struct network_spec spec = spec_of(hidden, output, loss);
    return check_shifts(&spec, shifts_for(hidden, output));
}

/* Report a pair that fails; at least `least` gradients have to have been compared and not be 0. */
static size_t judge(const char *role, const struct activation *activation, const struct loss *loss,
                    const struct comparison *result, size_t least) {
    if (getenv("GRADIENTS_VERBOSE"))
        print_message("%s %-16s %-32s compared %zu not zero %zu skipped %zu worst %.1e\n", role,
                      activation->name, loss->name, result->compared, result->not_zero,
                      result->skipped, result->worst);
    if (result->wrong == 0 && result->not_zero >= least)
        return 0;
    print_error("%s %s, %s: %zu of %zu gradients wrong, %zu not zero, %zu skipped\n", role,
                activation->name, loss->name, result->wrong, result->compared, result->not_zero,
                result->skipped);
    return 1;
}

static bool is_step(const struct activation *activation) {
    return strcmp(activation->name, "binary_step") == 0;
}

static void hidden_activations(void **state) {
    (void)state;
    size_t failed = 0, compared = 0, skipped = 0;
    const struct activation *softmax = activation_find("softmax");
    for (size_t a = 0; a < activation_count; a++)
        for (size_t l = 0; l < loss_count; l++) {
            struct comparison result = check_pair(&activations[a], softmax, &losses[l]);
            failed += judge("hidden", &activations[a], &losses[l], &result, 30);
            compared += result.compared;
            skipped += result.skipped;
        }
    print_message("%zu gradients compared, %zu skipped\n", compared, skipped);
    assert_int_equal(failed, 0);
    assert_true(skipped < compared / 10);
}

static void output_activations(void **state) {
    (void)state;
    size_t failed = 0, compared = 0, skipped = 0;
    const struct activation *tanh_activation = activation_find("tanh");
    for (size_t a = 0; a < activation_count; a++)
        for (size_t l = 0; l < loss_count; l++) {
            struct comparison result = check_pair(tanh_activation, &activations[a], &losses[l]);
            failed += judge("output", &activations[a], &losses[l], &result,
                            is_step(&activations[a]) ? 0 : 30);
            compared += result.compared;
            skipped += result.skipped;
        }
    print_message("%zu gradients compared, %zu skipped\n", compared, skipped);
    assert_int_equal(failed, 0);
    assert_true(skipped < compared / 4);
}

/* Nothing comes back through a step: the layers before it get gradients of exactly 0. */
static void binary_step_stops_gradients(void **state) {
    (void)state;
    const struct activation *step = activation_find("binary_step");
    for (size_t l = 0; l < loss_count; l++) {
        const struct network_spec spec = spec_of(step, activation_find("softmax"), &losses[l]);
        struct problem problem;
        double gradients[GRADIENTS_MAX] = {0};
        problem_init(&problem, &spec, 0.1, 5);
        analytic_gradients(&problem, gradients);
        const size_t before = INPUTS * HIDDEN + HIDDEN;
        for (size_t i = 0; i < before; i++)
            assert_true(gradients[i] == 0);
        size_t not_zero = 0;
        for (size_t i = before; i < network_parameter_count(&problem.spec); i++)
            not_zero += gradients[i] != 0;
        assert_true(not_zero >= 8);
        problem_release(&problem);
    }
}

/* Losses with their parameter, and with weights of classes. */
static void loss_settings(void **state) {
    (void)state;
    static const float weights[CLASSES] = {0.5f, 2, 1};
    static const char *const outputs[] = {"softmax", "sigmoid", "softplus", "linear"};
    static const double values[LOSS_PARAMETER_COUNT] = {
        [LOSS_LABEL_SMOOTHING] = 0.15, [LOSS_DELTA] = 0.4};
    size_t failed = 0;
    for (size_t l = 0; l < loss_count; l++)
        for (size_t o = 0; o < sizeof outputs / sizeof *outputs; o++)
            for (int weighted = 0; weighted < 2; weighted++) {
                const struct activation *output = activation_find(outputs[o]);
                struct network_spec spec = spec_of(activation_find("tanh"), output, &losses[l]);
                spec.loss_settings.value[losses[l].parameter] = values[losses[l].parameter];
                spec.class_weight = weighted ? weights : NULL;
                if (network_loss_is_plain(&spec))
                    continue;
                struct comparison result = check_shifts(&spec, SHIFT_COUNT - 2);
                failed +=
                    judge(weighted ? "weighted" : "settings", output, &losses[l], &result, 30);
            }
    assert_int_equal(failed, 0);
}

static struct network_spec deep_spec(void) {
    return (struct network_spec){
        .layer_count = 5,
        .layers = {layer_of(5, activation_find("gelu")), layer_of(4, activation_find("prelu")),
                   layer_of(5, activation_find("softmax")), layer_of(4, activation_find("tanh")),
                   layer_of(CLASSES, activation_find("softmax"))},
        .loss = loss_find("categorical_crossentropy")};
}

static void check_spec(const struct network_spec *spec, size_t epoch, size_t least) {
    struct comparison result = {0};
    for (size_t i = 0; i < 2; i++) {
        struct problem problem;
        problem_init(&problem, spec, shifts[1 + i], 40 + (uint32_t)i);
        problem.epoch = epoch;
        check_all(&problem, &result);
        problem_release(&problem);
    }
    assert_int_equal(result.wrong, 0);
    assert_true(result.not_zero >= least);
    assert_true(result.skipped <= result.compared / 10);
}

static void deep_networks(void **state) {
    (void)state;
    const struct network_spec spec = deep_spec();
    check_spec(&spec, 0, 50);
}

/* Each layer with penalties of its own, beside the network's. */
static void penalties_of_layers(void **state) {
    (void)state;
    struct network_spec spec = deep_spec();
    spec.l2 = 0.05;
    spec.layers[0].l1 = 0.03;
    spec.layers[1].l2 = 0.2;
    check_spec(&spec, 0, 100);
}

static void l2_penalty(void **state) {
    (void)state;
    struct network_spec spec = deep_spec();
    spec.l2 = 0.05;
    check_spec(&spec, 0, 100);
}

/* A network with a layer of that kind between two dense ones. */
static struct network_spec spec_with(const struct layer_kind *kind,
                                     const struct activation *activation, bool switches) {
    const struct activation *hidden = activation_find("tanh");
    struct network_spec spec =
        spec_of(hidden, activation_find("softmax"), loss_find("categorical_crossentropy"));
    spec.layers[2] = spec.layers[1];
    spec.layer_count = 3;
    spec.layers[1] = example_layer(kind, shape_vector(HIDDEN));
    spec.layers[1].activation = activation;
    spec.layers[1].activation_parameter = layer_of(1, activation).activation_parameter;
    for (size_t i = 0; !switches && i < kind->argument_count; i++)
        if (kind->arguments[i].type == ARGUMENT_SWITCH)
            *(bool *)argument_at(&spec.layers[1], &kind->arguments[i]) = false;
    return spec;
}

/* The same where the kind takes images: the first dense layer gives one of 3 x 3 x 2. */
static struct network_spec image_spec_with(const struct layer_spec *layer) {
    struct network_spec spec = spec_of(activation_find("tanh"), activation_find("softmax"),
                                       loss_find("categorical_crossentropy"));
    spec.layers[3] = spec.layers[1];
    spec.layers[0].units = 18;
    spec.layers[1] =
        (struct layer_spec){.kind = &layer_reshape, .target_shape = (struct sizes){{3, 3, 2}}};
    spec.layers[2] = *layer;
    spec.layer_count = 4;
    return spec;
}

static struct network_spec any_spec_with(const struct layer_kind *kind,
                                         const struct activation *activation, bool switches) {
    const struct network_spec spec = spec_with(kind, activation, switches);
    return takes_images(kind) ? image_spec_with(&spec.layers[1]) : spec;
}

static void layer_kinds_and_activations(void **state) {
    (void)state;
    for (size_t k = 0; k < layer_kind_count; k++) {
        struct comparison result = {0};
        for (size_t a = 0; a < 2 * activation_count; a++) {
            const struct network_spec spec =
                any_spec_with(layer_kinds[k], &activations[a / 2], a % 2);
            struct problem problem;
            problem_init(&problem, &spec, 0.3, 60 + (uint32_t)a);
            check_all(&problem, &result);
            problem_release(&problem);
        }
        if (result.wrong > 0)
            print_error("%s: %zu wrong\n", layer_kinds[k]->name, result.wrong);
        assert_int_equal(result.wrong, 0);
        assert_true(result.not_zero > 500);
        assert_true(result.skipped <= result.compared / 4);
    }
}

#define WINDOW(KIND, ...)                                                                          \
    { .kind = &layer_##KIND, .use_bias = true, .filters = 2, __VA_ARGS__ }
#define CONV2D(GROUPS, ...) WINDOW(conv2d, .groups = (GROUPS), __VA_ARGS__)

/* Windows of all kinds: beyond the edges, apart, overlapping, with holes, on parts of the channels.
 */
static void windows(void **state) {
    (void)state;
    const struct layer_spec layers[] = {
        CONV2D(1, .window_size = {1, 1}, .strides = {1, 1}),
        CONV2D(2, .window_size = {1, 1}, .strides = {1, 1}),
        CONV2D(1, .window_size = {1, 1}, .strides = {2, 1}),
        CONV2D(1, .window_size = {3, 3}, .strides = {1, 1}),
        CONV2D(2, .window_size = {3, 2}, .strides = {2, 1}, .padding = 1),
        CONV2D(1, .window_size = {2, 3}, .strides = {1, 1}, .dilation_rate = {2, 2}, .padding = 1),
        CONV2D(1, .window_size = {5, 4}, .strides = {3, 3}, .padding = 1),
        WINDOW(depthwise_conv2d, .window_size = {2, 3}, .strides = {1, 1}),
        WINDOW(depthwise_conv2d, .window_size = {3, 3}, .strides = {2, 2}, .padding = 1),
        WINDOW(depthwise_conv2d, .window_size = {2, 2}, .strides = {1, 1}, .dilation_rate = {2, 1},
               .padding = 1),
        WINDOW(max_pooling2d, .window_size = {2, 2}, .padding = 1),
        WINDOW(max_pooling2d, .window_size = {3, 2}, .strides = {1, 1}),
        WINDOW(max_pooling2d, .window_size = {1, 1}, .strides = {2, 2}),
        WINDOW(average_pooling2d, .window_size = {2, 2}, .padding = 1),
        WINDOW(average_pooling2d, .window_size = {3, 3}, .strides = {1, 2}, .padding = 1),
        WINDOW(global_max_pooling2d, .window_size = {0}, .keepdims = true),
        WINDOW(global_average_pooling2d, .window_size = {0}, .keepdims = true),
        {.kind = &layer_cropping2d, .margins = {{1, 0}, {0, 1}}},
        {.kind = &layer_zero_padding2d, .margins = {{1, 2}, {0, 1}}},
    };
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        const struct network_spec spec = image_spec_with(&layers[i]);
        struct comparison result = {0};
        struct problem problem;
        problem_init(&problem, &spec, 0.3, 80 + (uint32_t)i);
        check_all(&problem, &result);
        problem_release(&problem);
        assert_int_equal(result.wrong, 0);
        assert_true(result.not_zero > 40);
        assert_true(result.skipped <= result.compared / 3);
    }
}

/* Alphas that are shared along any axes of images, and by all units of a dense layer. */
static void shared_alphas(void **state) {
    (void)state;
    struct layer_spec prelu = layer_standard(&layer_activation);
    prelu.activation = activation_find("prelu");
    for (uint8_t axes = 1; axes < 8; axes++) {
        struct network_spec spec;
        struct comparison result = {0};
        struct problem problem;
        prelu.shared_axes = axes;
        spec = image_spec_with(&prelu);
        spec.layers[0].activation = prelu.activation;
        spec.layers[0].shared_axes = 1;
        problem_init(&problem, &spec, 0.3, 110 + axes);
        check_all(&problem, &result);
        problem_release(&problem);
        assert_int_equal(result.wrong, 0);
        assert_true(result.not_zero > 40);
        assert_true(result.skipped <= result.compared / 3);
    }
}

/* Values that several layers read, layers with several inputs, layers used more than once. */
static void graphs(void **state) {
    (void)state;
    const struct layer_spec output = dense(CLASSES, activation_find("softmax"));
    struct comparison result = {0};
    size_t shared = 0;
    for (uint64_t at = 0; at < 200; at++) {
        struct network_spec spec = {.input = shape_vector(INPUTS),
                                    .loss = loss_find("categorical_crossentropy"),
                                    .l2 = at % 3 == 0 ? 0.05 : 0};
        struct problem problem;
        draw_graph(&spec, at, 3 + at % 5, HIDDEN, &output);
        for (size_t i = 0; i < spec.layer_count; i++) {
            shared += spec.layers[i].shared > 0;
            if (spec.layers[i].activation && spec.layers[i].activation->learned)
                spec.layers[i].activation_parameter = 0.2;
        }
        problem_init(&problem, &spec, 0.3, 100 + (uint32_t)at);
        const size_t wrong = result.wrong;
        check_all(&problem, &result);
        if (result.wrong > wrong)
            print_error("graph %d: %zu wrong\n", (int)at, result.wrong - wrong);
        problem_release(&problem);
    }
    assert_int_equal(result.wrong, 0);
    assert_true(result.not_zero > 10000);
    assert_in_range(shared, 20, 200);
    assert_true(result.skipped <= result.compared / 4);
}

static struct layer_spec reads(struct layer_spec layer, size_t first, size_t second, size_t third) {
    const size_t values[] = {first, second, third};
    for (size_t k = 0; k < 3 && values[k] > 0; k++)
        read_value(&layer, values[k]);
    return layer;
}

/* The same with windows over images: branches beside a convolution with and without its pool. */
static void graphs_of_images(void **state) {
    (void)state;
    const struct layer_spec conv =
        CONV2D(1, .window_size = {3, 3}, .strides = {1, 1}, .padding = 1);
    struct layer_spec again = conv, pool = layer_standard(&layer_max_pooling2d);
    const struct layer_spec joined = layer_standard(&layer_concatenate),
                            flat = layer_standard(&layer_flatten);
    struct network_spec spec = image_spec_with(&conv); /* values 1 to 3 */
    const struct layer_spec more[] = {reads(pool, 3, 0, 0),
                                      reads(again, 3, 0, 0),
                                      reads(layer_standard(&layer_add), 5, 2, 0),
                                      reads(conv, 6, 0, 0),
                                      pool, /* which the one before takes along */
                                      reads(joined, 2, 3, 6),
                                      reads(flat, 9, 0, 0),
                                      reads(flat, 4, 0, 0),
                                      reads(flat, 8, 0, 0),
                                      reads(joined, 10, 11, 12),
                                      dense(CLASSES, activation_find("softmax"))};
    memcpy(&spec.layers[3], more, sizeof more);
    spec.layers[4].shared = 3;
    spec.layer_count = 3 + sizeof more / sizeof *more;
    assert_true(!network_joined(&spec, 2) && network_joined(&spec, 6));
    check_spec(&spec, 0, 200);
}

/* Two inputs side by side, one of which several layers read. */
static void inputs(void **state) {
    (void)state;
    struct named_input image = {INPUT_IMAGE, shape_vector(1)}, more = {"more", shape_vector(3)};
    struct layer_spec first = layer_standard(&layer_input_layer), second;
    read_value(&first, 0);
    second = first;
    first.input = &image;
    second.input = &more;
    second.offset = 1;
    struct network_spec spec = {.loss = loss_find("categorical_crossentropy"),
                                .l2 = 0.05,
                                .layers = {second, dense(HIDDEN, activation_find("tanh")), first,
                                           dense(HIDDEN, activation_find("sigmoid")),
                                           reads(layer_standard(&layer_concatenate), 2, 4, 1),
                                           dense(CLASSES, activation_find("softmax"))},
                                .layer_count = 6};
    assert_true(network_has_named_inputs(&spec));
    check_spec(&spec, 0, 20);
}

/* Outputs on one layer, each with its loss, weight and target: the gradient of their weighted sum.
 */
static void outputs(void **state) {
    (void)state;
    struct named_output digit = {.name = "digit", .loss = loss_find("categorical_crossentropy")},
                        odd = {.name = "odd", .loss = loss_find("huber"), .mapped = CLASSES},
                        one = {.name = "one", .loss = loss_find("binary_crossentropy")};
    struct layer_spec first = layer_standard(&layer_output), second = first, third = first;
    for (size_t i = 0; i < CLASSES; i++)
        odd.map[i] = i % 2;
    one.mapped = CLASSES;
    memcpy(one.map, odd.map, sizeof one.map);
    third.output = &one;
    first.output = &digit;
    first.loss_weight = 0.7;
    first.label_smoothing = 0.2;
    second.output = &odd;
    second.loss_weight = 2.5;
    second.delta = 0.3;
    struct network_spec spec = {
        .loss = digit.loss,
        .l2 = 0.05,
        .layers = {dense(HIDDEN, activation_find("tanh")),
                   dense(CLASSES, activation_find("softmax")), first,
                   reads(dense(2, activation_find("sigmoid")), 1, 0, 0), second,
                   reads(dense(1, activation_find("sigmoid")), 1, 0, 0), third},
        .layer_count = 7};
    assert_int_equal(network_output_count(&spec), 3);
    check_spec(&spec, 0, 60);
    spec.layers[5].activation = activation_find("tanh"); /* which is joint with no loss */
    one.loss = loss_find("squared_hinge");
    check_spec(&spec, 0, 60);
}

/* The loss is of the thinned network, so the gradients have to go through the same mask. */
static void dropout(void **state) {
    (void)state;
    const struct activation *hidden = activation_find("tanh");
    struct network_spec spec =
        spec_of(hidden, activation_find("softmax"), loss_find("categorical_crossentropy"));
    spec.layer_count = 3;
    spec.layers[2] = spec.layers[1];
    spec.layers[1] = layer_of(HIDDEN, hidden);
    add_dropout(&spec, 0.4);
    spec.seed = 3;
    for (size_t epoch = 0; epoch < 3; epoch++)
        check_spec(&spec, epoch, 60);
}

/* The check has to be able to fail. ------------------------------------------------------------ */

static void notices_a_wrong_gradient(void **state) {
    (void)state;
    for (size_t a = 0; a < activation_count; a++) {
        const struct network_spec spec = spec_of(&activations[a], activation_find("softmax"),
                                                 loss_find("categorical_crossentropy"));
        struct problem problem;
        double gradients[GRADIENTS_MAX] = {0};
        problem_init(&problem, &spec, 0.5, 17);
        analytic_gradients(&problem, gradients);
        const size_t count = network_parameter_count(&problem.spec);
        size_t largest = 0;
        for (size_t i = 0; i < count; i++)
            if (fabs(gradients[i]) > fabs(gradients[largest]))
                largest = i;
        gradients[largest] *= 1.05;
        struct comparison result = {0};
        compare(&problem, gradients, &result);
        assert_int_equal(result.wrong, 1);
        problem_release(&problem);
    }
}

/* Slopes that are easily mistaken: of sigmoid without the (1 - a), of softmax without its mean. */
static void wrong_sigmoid(const float *z, const float *a, float *delta,
                          const struct activation_arguments *arguments) {
    (void)z;
    for (size_t i = 0; i < arguments->rows * arguments->stride; i++)
        delta[i] *= a[i];
}

static void wrong_softmax(const float *z, const float *a, float *delta,
                          const struct activation_arguments *arguments) {
    (void)z;
    for (size_t i = 0; i < arguments->rows * arguments->stride; i++)
        delta[i] *= a[i] * (1 - a[i]);
}

/* A slope that is right but for a tenth. */
static void weak_gelu(const float *z, const float *a, float *delta,
                      const struct activation_arguments *arguments) {
    activation_find("gelu")->backward(z, a, delta, arguments);
    for (size_t i = 0; i < arguments->rows * arguments->stride; i++)
        delta[i] *= 0.9f;
}

static void notices_a_wrong_slope(void **state) {
    (void)state;
    struct activation sigmoid = *activation_find("sigmoid");
    struct activation softmax = *activation_find("softmax");
    struct activation gelu = *activation_find("gelu");
    sigmoid.backward = wrong_sigmoid;
    softmax.backward = wrong_softmax;
    gelu.backward = weak_gelu;
    const struct activation *wrong[] = {&sigmoid, &softmax, &gelu};
    const struct activation *linear = activation_find("linear");
    const struct loss *loss = loss_find("mean_squared_error");
    for (size_t i = 0; i < 3; i++) {
        struct comparison hidden = check_pair(wrong[i], linear, loss);
        struct comparison output = check_pair(linear, wrong[i], loss);
        assert_true(hidden.wrong >= 10);
        assert_true(output.wrong >= 10);
    }
}

/* A loss whose gradient forgets that it is a mean over the classes. */
static double wrong_row(const float *y, uint8_t label, size_t classes, float *gradient) {
    double value = loss_find("mean_squared_error")->row(y, label, classes, gradient);
    for (size_t i = 0; gradient && i < classes; i++)
        gradient[i] *= (float)classes;
    return value;
}

static void notices_a_wrong_loss(void **state) {
    (void)state;
    struct loss wrong = *loss_find("mean_squared_error");
    wrong.row = wrong_row;
    wrong.batch = NULL;
    struct comparison result =
        check_pair(activation_find("tanh"), activation_find("softmax"), &wrong);
    assert_true(result.wrong >= 60);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hidden_activations),
        cmocka_unit_test(output_activations),
        cmocka_unit_test(binary_step_stops_gradients),
        cmocka_unit_test(loss_settings),
        cmocka_unit_test(deep_networks),
        cmocka_unit_test(l2_penalty),
        cmocka_unit_test(penalties_of_layers),
        cmocka_unit_test(layer_kinds_and_activations),
        cmocka_unit_test(graphs),
        cmocka_unit_test(graphs_of_images),
        cmocka_unit_test(windows),
        cmocka_unit_test(shared_alphas),
        cmocka_unit_test(inputs),
        cmocka_unit_test(outputs),
        cmocka_unit_test(dropout),
        cmocka_unit_test(notices_a_wrong_gradient),
        cmocka_unit_test(notices_a_wrong_slope),
        cmocka_unit_test(notices_a_wrong_loss),
    };
    gemm_single_thread();
    return cmocka_run_group_tests_name("gradients", tests, NULL, NULL);
}
