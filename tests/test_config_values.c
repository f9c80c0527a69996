#include "parsed.h"

#include "search/parameters.h"

static void accept(const char *text, const char *const *settings, size_t count) {
    if (config_parse("folder/test.yaml", text, strlen(text), settings, count, &sweep.arena,
                     &sweep.config, &sweep.error) != STATUS_OK)
        fail_msg("%s:%d:%d: %s\n%s", sweep.error.file, sweep.error.line, sweep.error.column,
                 sweep.error.message, text);
}

/* The values of a hyperparameter as text, separated by |. */
static const char *values_of(enum hyperparameter_id id) {
    struct text text;
    text_init(&text);
    for (size_t i = 0; i < sweep.config.axis_count; i++)
        for (size_t j = 0; sweep.config.axes[i].id == id && j < sweep.config.axes[i].count; j++) {
            const struct choice *choice = &sweep.config.axes[i].choices[j];
            text_append(&text, j ? "|" : "");
            value_append(&choice->value, &text);
            for (size_t k = 0; k < choice->detail_count; k++) {
                text_printf(&text, " %s=", hyperparameters[choice->details[k].id].name);
                value_append(&choice->details[k].value, &text);
            }
        }
    const char *copy = arena_copy(&sweep.arena, text.data);
    text_release(&text);
    assert_non_null(copy);
    return copy;
}

#define ACTIVATION "  activation: {value: relu}\n"

static void expect_values(const char *line, enum hyperparameter_id id, const char *expected) {
    const bool layers = id == HP_LAYERS; /* without an activation, numbers would be others */
    accept(arena_printf(&sweep.arena, GRID "  %s\n%s", line, layers ? ACTIVATION : ""), NULL, 0);
    assert_int_equal(sweep.config.axis_count, layers ? 2 : 1);
    assert_int_equal(sweep.config.axes[0].id, id);
    if (strcmp(values_of(id), expected) != 0)
        fail_msg("%s gives %s, not %s", line, values_of(id), expected);
}

static void numbers_in_every_notation(void **state) {
    (void)state;
    expect_values("lr: {values: [1e-3, 1E-3, 1.0e-3, 0.001, .001, +.001, 1e-03]}", HP_LEARNING_RATE,
                  "0.001|0.001|0.001|0.001|0.001|0.001|0.001");
    expect_values("lr: {values: [.5, +1.0, 5., 1_000, 1_0.2_5, 0x10, 0xfF, 0o17, 1e+2, 1e-5]}",
                  HP_LEARNING_RATE, "0.5|1|5|1000|10.25|16|255|15|100|1e-05");
    expect_values("batch_size: {values: [3.0, 32, 3.2e1, +64, 1_024, 0x10, 0o17]}", HP_BATCH_SIZE,
                  "3|32|32|64|1024|16|15");
    expect_values("learning_rate_power: {values: [-0.5, -1, -.25e0, -0, 0, -0x10]}",
                  HP_LEARNING_RATE_POWER, "-0.5|-1|-0.25|0|0|-16");
    expect_values("train_images: {value: 4_294_967_295}", HP_TRAIN_IMAGES, "4294967295");
    expect_values("epsilon: {value: 0.1}", HP_EPSILON, "0.1");
    expect_values("momentum: {values: [0, 1, 0.30000000000000004]}", HP_MOMENTUM,
                  "0|1|0.30000000000000004");
}

static void switches(void **state) {
    (void)state;
    expect_values("nesterov: {values: [true, True, TRUE, yes, Yes, YES, on, On, ON]}", HP_NESTEROV,
                  "true|true|true|true|true|true|true|true|true");
    expect_values("amsgrad: {values: [false, False, FALSE, no, No, NO, off, Off, OFF]}", HP_AMSGRAD,
                  "false|false|false|false|false|false|false|false|false");
}

static void names_and_aliases(void **state) {
    (void)state;
    expect_values("loss_function: {values: [mse, mean_squared_error, \"kld\"]}", HP_LOSS,
                  "mean_squared_error|mean_squared_error|kl_divergence");
    expect_values("kernel_initializer: {value: he_normal}", HP_INITIALIZER, "he_normal");
    expect_values("optimizer: {value: 'sgd'}", HP_OPTIMIZER, "sgd");
}

static void choices_with_details(void **state) {
    (void)state;
    expect_values("optimizer: {values: [sgd, {name: sgd, momentum: 0.9, nesterov: yes}, "
                  "{lr: 1e-2, name: adam}]}",
                  HP_OPTIMIZER, "sgd|sgd momentum=0.9 nesterov=true|adam learning_rate=0.01");
    expect_values("optimizer: {value: {name: sgd}}", HP_OPTIMIZER, "sgd");
    expect_values("activation: {values: [{name: leaky_relu, negative_slope: 0.1}, relu]}",
                  HP_ACTIVATION, "leaky_relu negative_slope=0.1|relu");
}

static void layers(void **state) {
    (void)state;
    expect_values("layers: {values: [[], [10], [128, 64.0, 0x10]]}", HP_LAYERS,
                  "[]|[10]|[128, 64, 16]");
    expect_values("layers: {value: [\"64 tanh\", 32 relu, 5]}", HP_LAYERS,
                  "[\"64 tanh\", \"32 relu\", 5]");
    expect_values("layers: {value: [{units: 64, activation: tanh}, {activation: elu, units: 3}, "
                  "{units: 7}]}",
                  HP_LAYERS, "[\"64 tanh\", \"3 elu\", 7]");
    expect_values("layers: {values: [[65536], [1]]}", HP_LAYERS, "[65536]|[1]");
}

/* Whatever the spelling, the text is the same, and it reads back as the same value. */
static void layers_of_all_kinds(void **state) {
    (void)state;
    static const char *const spellings[][2] = {
        {"dropout 0.2, Dropout rate=0.2, {dropout: 0.2}, {Dropout: {rate: 2e-1}}",
         "\"dropout 0.2\""},
        {"relu, ReLU, activation relu, {activation: relu}, {relu: ~}, {Activation: {activation: "
         "relu}}",
         "\"relu\""},
        {"leaky_relu 0.1, LeakyReLU 0.1, {leaky_relu: 0.1}, {leaky_relu: {negative_slope: 0.1}}",
         "\"leaky_relu 0.1\""},
        {"batch_normalization, BatchNormalization, {batch_normalization: }, {BatchNormalization: "
         "{momentum: 0.99, scale: yes}}, bn",
         "\"batch_normalization\""},
        {"batch_normalization epsilon=0.01 momentum=0.9, {batch_normalization: {momentum: 0.9, "
         "epsilon: 1e-2}}",
         "\"batch_normalization momentum=0.9 epsilon=0.01\""},
        {"layer_normalization center=no, {LayerNormalization: {center: false}}",
         "\"layer_normalization center=false\""},
        {"dense 5 use_bias=no, Dense units=5 use_bias=off, {dense: {units: 5, use_bias: false}}, "
         "{units: 5, use_bias: no}",
         "\"dense 5 use_bias=false\""},
        {"5 tanh, dense 5 tanh, {dense: {units: 5, activation: tanh}}, dense 5 activation=tanh",
         "\"5 tanh\""},
        {"5, dense 5, {dense: 5}, {Dense: {units: 5}}", "5"},
        {"64 relu l2=0.001, {units: 64, activation: relu, l2: 1e-3}, Dense 64 l2=0.001 relu",
         "\"dense 64 relu l2=0.001\""},
        {"dense 5 max_norm=3 l1=0.1 kernel_initializer=HeNormal bias_initializer=ones, {units: 5, "
         "kernel_initializer: he_normal, bias_initializer: ones, l1: 0.1, max_norm: 3}",
         "\"dense 5 kernel_initializer=he_normal bias_initializer=ones l1=0.1 max_norm=3\""},
        {"depthwise_conv2d 3 depthwise_initializer=zeros l2=0, {DepthwiseConv2D: {kernel_size: 3, "
         "depthwise_initializer: zeros, l2: 0.0}}",
         "\"depthwise_conv2d 3 depthwise_initializer=zeros l2=0\""},
        {"batch_normalization gamma_initializer=zeros, BatchNormalization beta_initializer=zeros "
         "gamma_initializer=zeros",
         "\"batch_normalization gamma_initializer=zeros\""},
        {"gaussian_noise 1, GaussianNoise stddev=1.0, {gaussian_noise: 1}", "\"gaussian_noise 1\""},
        {"prelu shared_axes=1/2, PReLU shared_axes=2/1, {prelu: {shared_axes: [1, 2]}}, "
         "{activation: "
         "{activation: {prelu: {shared_axes: [1, 2, 2], alpha_initializer: zeros}}}}",
         "\"prelu shared_axes=1/2\""},
        {"5 prelu shared_axes=1 alpha_initializer=ones, {units: 5, activation: {name: prelu, "
         "shared_axes: 1, alpha_initializer: Ones}}",
         "\"5 prelu shared_axes=1 alpha_initializer=ones\""},
        {"5 leaky_relu negative_slope=0.3, {units: 5, activation: {name: LeakyReLU, "
         "negative_slope: 0.3}}, {dense: {units: 5, activation: {leaky_relu: 0.3}}}",
         "\"5 leaky_relu negative_slope=0.3\""},
        {"leaky_relu 0.3, {leaky_relu: 0.3}, {leaky_relu: {negative_slope: 0.3}}, activation "
         "leaky_relu negative_slope=0.3",
         "\"leaky_relu 0.3\""},
        {"conv2d 4 3 elu alpha=2 padding=same, {conv2d: {filters: 4, kernel_size: 3, padding: "
         "same, "
         "activation: {elu: {alpha: 2}}}}",
         "\"conv2d 4 3 elu alpha=2 padding=same\""},
        {"reshape 28x28x1, Reshape 28x28x1, {reshape: [28, 28, 1]}, {reshape: {target_shape: [28, "
         "28, 1]}}",
         "\"reshape 28x28x1\""},
        {"reshape -1x3, {reshape: [-1, 3]}, {reshape: {target_shape: [-1, 3]}}",
         "\"reshape -1x3\""},
        {"flatten, Flatten, {flatten: ~}", "\"flatten\""},
        {"conv2d 8 3x5 relu strides=2 padding=same, Conv2D 8 3x5 padding=SAME strides=2x2 relu, "
         "{conv: {filters: 8, kernel_size: [3, 5], strides: 2, padding: same, activation: relu}}",
         "\"conv2d 8 3x5 relu strides=2 padding=same\""},
        {"conv2d 4 3, conv2d 4 3x3 groups=1 dilation_rate=1x1 padding=valid", "\"conv2d 4 3\""},
        {"max_pooling2d, MaxPooling2D 2, max_pool 2 2, maxpool2d strides=2, {max_pooling2d: [2, "
         "2]}",
         "\"max_pooling2d\""},
        {"avg_pool 3 2, AveragePooling2D 3x3 strides=2", "\"average_pooling2d 3 2\""},
        {"depthwise_conv2d 3 depth_multiplier=2, {DepthwiseConv2D: {kernel_size: 3, "
         "depth_multiplier: 2}}",
         "\"depthwise_conv2d 3 depth_multiplier=2\""},
        {"global_average_pooling2d, GlobalAveragePooling2D keepdims=no, global_avg_pool",
         "\"global_average_pooling2d\""},
        {"cropping2d 4, Cropping2D cropping=4x4, {cropping2d: [4, 4]}, {cropping2d: {cropping: "
         "[[4, 4], [4, 4]]}}",
         "\"cropping2d 4\""},
        {"zero_padding2d 1/2x3/0, {ZeroPadding2D: [[1, 2], [3, 0]]}, zero_padding2d "
         "padding=1/2x3/0",
         "\"zero_padding2d 1/2x3/0\""},
        {"zero_padding2d 0x2, {zero_padding2d: {padding: [0, 2]}}", "\"zero_padding2d 0x2\""},
        {"zero_padding2d, zero_padding2d 1, {zero_padding2d: ~}", "\"zero_padding2d\""},
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        accept(arena_printf(&sweep.arena, GRID "  layers: {value: [%s]}\n" ACTIVATION,
                            spellings[i][0]),
               NULL, 0);
        struct hidden_layers layers = *sweep.config.axes[0].choices[0].value.layers;
        struct text expected;
        text_init(&expected);
        for (size_t j = 0; j < layers.count; j++)
            text_printf(&expected, "%s%s", j ? ", " : "[", spellings[i][1]);
        text_append(&expected, "]");
        assert_true(layers.count > 1);
        assert_string_equal(values_of(HP_LAYERS), expected.data);
        expect_values(arena_printf(&sweep.arena, "layers: {value: %s}", expected.data), HP_LAYERS,
                      expected.data);
        text_release(&expected);
    }
}

/* One network has one spelling, whatever its layers are called and in which order they stand. */
static void graphs(void **state) {
    (void)state;
    static const char *const spellings[][2] = {
        {"{a: 8 relu, b: {dense: 4 tanh}, c: {units: 5}}", "[\"8 relu\", \"4 tanh\", 5]"},
        {"[8 relu, 4 tanh inputs=1, {units: 5, inputs: [2]}]", "[\"8 relu\", \"4 tanh\", 5]"},
        {"{a: 8, b: {dense: 8 relu, inputs: a}, s: {add: [a, b]}}",
         "[8, \"8 relu\", \"add inputs=1,2\"]"},
        {"{s: {add: {}, inputs: [z, y]}, y: {dense: {units: 8, activation: relu}, inputs: z}, z: "
         "{dense: 8, inputs: input}}",
         "[8, \"8 relu\", \"add inputs=1,2\"]"},
        {"{q: 8 inputs=image, y: 8 relu inputs=q, s: \"add inputs=q,y\"}",
         "[8, \"8 relu\", \"add inputs=1,2\"]"},
        {"{a: 8, b: {dense: 8, inputs: input}, s: {concatenate: [b, a]}}",
         "[8, \"8 inputs=0\", \"concatenate inputs=1,2\"]"},
        {"{a: 8 relu, b: 8, c: {shared: b}, s: {multiply: [b, c, a]}}",
         "[\"8 relu\", 8, \"shared 2\", \"multiply inputs=2,3,1\"]"},
        {"{a: 8 relu, c: {shared: b}, b: {dense: 8, inputs: a}, s: {multiply: [c, b]}}",
         "[\"8 relu\", 8, \"shared 2 inputs=1\", \"multiply inputs=2,3\"]"},
        {"{a: 8, b: {shared: a, inputs: input}, c: {shared: b, inputs: input}, s: {Average: [c, b, "
         "a]}}",
         "[8, \"shared 1 inputs=0\", \"shared 1 inputs=0\", \"average inputs=1,2,3\"]"},
        {"{a: 8, b: {conv2d: {filters: 2, kernel_size: 3}, inputs: input}, f: flatten, s: "
         "{Concatenate: [a, f]}}",
         "[8, \"conv2d 2 3 inputs=0\", \"flatten\", \"concatenate inputs=1,3\"]"},
        {"{a: 8 relu, outputs: {d: {dense: 10 softmax, loss: {name: huber, delta: 2}}}}",
         "[\"8 relu\", \"10 softmax\", \"output d delta=2 loss=huber\"]"},
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        static const char *const names[] = {"layers", "model"};
        const bool bare = spellings[i][0][0] == '{';
        for (size_t j = 0; j < 2; j++)
            expect_values(arena_printf(&sweep.arena, "%s: %s%s%s", names[j],
                                       bare ? "" : "{value: ", spellings[i][0], bare ? "" : "}"),
                          HP_LAYERS, spellings[i][1]);
        expect_values(arena_printf(&sweep.arena, "layers: {value: %s}", spellings[i][1]), HP_LAYERS,
                      spellings[i][1]);
    }
    expect_values("model: {values: [{a: 8, b: {add: [a, a]}}, [8]]}", HP_LAYERS,
                  "[8, \"add inputs=1,1\"]|[8]");
}

/* What varies stays with its layer, and with those that are it again. */
static void graphs_that_vary(void **state) {
    (void)state;
    accept(GRID
           "  model: {s: {concatenate: [b, a, c]}, a: {shared: c, inputs: input}, b: {dense: "
           "{units: {values: [3, 4]}}, inputs: input}, c: {shared: b, inputs: input}}\n" ACTIVATION,
           NULL, 0);
    assert_string_equal(values_of(HP_LAYERS), "[3, \"shared 1 inputs=0\", \"shared 1 inputs=0\", "
                                              "\"concatenate inputs=1,2,3\"]3|4");
    assert_int_equal(sweep.config.axes[1].item, 0);
}

static void schedules_in_every_notation(void **state) {
    (void)state;
    static const char *const spellings[][2] = {
        {"constant, Constant, {constant: ~}", "constant"},
        {"cosine_decay, CosineDecay, {cosine_decay: }, {CosineDecay: {alpha: 0, warmup_steps: 0}}, "
         "{name: cosine_decay}",
         "cosine_decay"},
        {"{name: CosineDecay, decay_steps: 1000, alpha: 0.1}, {decay_steps: 1000, alpha: 0.1, "
         "name: cosine_decay}",
         "cosine_decay 1000 alpha=0.1"},
        {"cosine_decay 1000 alpha=0.1, CosineDecay decay_steps=1e3 alpha=.1, {cosine_decay: "
         "{alpha: 0.1, decay_steps: 1000}}",
         "cosine_decay 1000 alpha=0.1"},
        {"{cosine_decay: 7}, cosine_decay 7, cosine-decay decay_steps=7", "cosine_decay 7"},
        {"{cosine_decay: {warmup_target: 0.1, warmup_steps: 9, initial_learning_rate: 0}}, "
         "cosine_decay initial_learning_rate=0 warmup_steps=9 warmup_target=0.1",
         "cosine_decay warmup_target=0.1 warmup_steps=9 initial_learning_rate=0"},
        {"exponential_decay 10 0.5 staircase=yes, {ExponentialDecay: {decay_rate: 0.5, "
         "decay_steps: 10, staircase: on}}",
         "exponential_decay 10 0.5 staircase=true"},
        {"exponential_decay decay_rate=0.5, {exponential_decay: {decay_rate: 5e-1}}",
         "exponential_decay decay_rate=0.5"},
        {"{piecewise_constant_decay: {boundaries: [5, 9], values: [1, 0.1, 0.01]}}, "
         "{piecewise_constant_decay: {values: [1, 0.1, 0.01], boundaries: [5, 9]}}, "
         "piecewise_constant_decay 5/9 1/0.1/0.01, \"piecewise_constant_decay 5,9 1,0.1,0.01\"",
         "piecewise_constant_decay 5/9 1/0.1/0.01"},
        {"{piecewise_constant_decay: {boundaries: 5, values: [1, 2]}}",
         "piecewise_constant_decay 5 1/2"},
        {"one_cycle anneal_strategy=LINEAR, OneCycleLR anneal_strategy=linear",
         "one_cycle anneal_strategy=linear"},
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        accept(arena_printf(&sweep.arena, GRID "  learning_rate_schedule: {values: [%s]}\n",
                            spellings[i][0]),
               NULL, 0);
        const struct axis *axis = &sweep.config.axes[0];
        for (size_t j = 0; j < axis->count; j++) {
            struct text text;
            struct value again;
            text_init(&text);
            value_append(&axis->choices[j].value, &text);
            assert_string_equal(text.data, spellings[i][1]);
            /* What is written reads back. */
            assert_int_equal(parameters_read_value(HP_LEARNING_RATE_SCHEDULE, text.data,
                                                   &sweep.arena, &again, &sweep.error),
                             STATUS_OK);
            assert_true(components_equal(again.components, axis->choices[j].value.components));
            text_release(&text);
        }
    }
}

static void steps(void **state) {
    (void)state;
    expect_values("epochs: {min: 2, max: 5}", HP_EPOCHS, "2|3|4|5");
    expect_values("epochs: {min: 5, max: 5}", HP_EPOCHS, "5");
    expect_values("epochs: {min: 10, max: 35, q: 10}", HP_EPOCHS, "10|20|30");
    expect_values("epochs: {distribution: int_uniform, min: 1, max: 2}", HP_EPOCHS, "1|2");
    expect_values("dropout: {min: 0.1, max: 0.3, q: 0.1}", HP_DROPOUT, "0.1|0.2|0.3");
    expect_values("dropout: {min: 0, max: 0.75, q: 0.25, distribution: q_uniform}", HP_DROPOUT,
                  "0|0.25|0.5|0.75");
    expect_values("dropout: {min: 0.2, max: 0.2, q: 0.1}", HP_DROPOUT, "0.2");
    expect_values("learning_rate_power: {min: -0.3, max: 0, q: 0.1}", HP_LEARNING_RATE_POWER,
                  "-0.3|-0.2|-0.1|0");
    /* The last step is close to what is not allowed, and is not taken beyond max. */
    expect_values("dropout: {min: 0, max: 0.9999999999999, q: 0.5}", HP_DROPOUT,
                  "0|0.5|0.9999999999999");
    expect_values("epsilon: {min: 0.12345678901234567, max: 0.13, q: 1}", HP_EPSILON,
                  "0.12345678901234566");
}

/* What a grid is told instead of a distribution is allowed for each hyperparameter that the
 * distribution is of. */
static void distributions_under_a_grid(void **state) {
    (void)state;
    static const char *const specs[] = {
        "distribution: q_log_uniform_values, q: 8, min: 32, max: 256",
        "distribution: log_uniform, min: -9.2, max: 0",
        "distribution: loguniform, min: 1e-5, max: 1e-1",
        "distribution: uniform, min: 0.1, max: 0.9",
        "distribution: q_normal, mu: 0.5, sigma: 0.25, q: 0.125",
        "distribution: log_normal, mu: 0.1, sigma: 1",
        "distribution: beta, a: 2, b: 5",
        "distribution: normal"};
    size_t told = 0;
    for (size_t i = 0; i < HP_COUNT; i++)
        for (size_t j = 0; j < sizeof specs / sizeof *specs; j++) {
            const char *name = hyperparameters[i].name;
            const char *text = arena_printf(&sweep.arena, GRID "  %s: {%s}\n", name, specs[j]);
            assert_int_equal(parse_text(&sweep, text), STATUS_INPUT);
            const char *spec = strstr(sweep.error.message, "write {values: ");
            if (!spec)
                continue;
            told++;
            spec += strlen("write ");
            const char *end = strstr(spec, " instead of distribution");
            assert_non_null(end);
            accept(arena_printf(&sweep.arena, GRID "  %s: %.*s\n", name, (int)(end - spec), spec),
                   NULL, 0);
            assert_in_range(sweep.config.axes[0].count, 2, 6);
        }
    assert_true(told > 100);
    static const char *const cases[][2] = {
        {"batch_size: {distribution: q_log_uniform_values, q: 8, min: 32, max: 256}",
         "[32, 88, 256]"},
        {"batch_size: {min: 32, max: 256, log: true}", "[32, 91, 256]"},
        {"learning_rate: {distribution: log_uniform_values, min: 0.0001, max: 0.1}",
         "[0.0001, 0.001, 0.01, 0.1]"},
        {"learning_rate: {min: 0.0001, max: 0.1, log: true}", "[0.0001, 0.001, 0.01, 0.1]"},
        {"learning_rate: {distribution: log_uniform, min: -9.210340371976182, max: 0}",
         "0.001, 0.01, 0.1, 1]"},
        {"dropout: {distribution: uniform, min: 0, max: 0.5}", "[0, 0.25, 0.5]"},
        {"momentum: {distribution: normal, mu: 0.9, sigma: 0.1}", "[0.8, 0.88, 0.95]"},
        {"rho: {distribution: beta, a: 1, b: 1}", "distribution 'beta' draws at random"},
        {"epochs: {distribution: choice, values: [3, 4]}", "mean 'categorical'?"},
        {"dropout: {min: 0, max: 0.5}", "q; or list the values, as in {values: [0, 0.25, 0.5]}"},
    };
    expect_told(&sweep, cases, sizeof cases / sizeof *cases);
    expect_values("epochs: {distribution: categorical, values: [1, 2]}", HP_EPOCHS, "1|2");
    expect_values("epochs: {distribution: constant, value: 2}", HP_EPOCHS, "2");
    expect_values("epochs: {distribution: int_uniform, min: 1, max: 2}", HP_EPOCHS, "1|2");
    expect_values("dropout: {distribution: q_uniform, min: 0, max: 0.5, q: 0.25}", HP_DROPOUT,
                  "0|0.25|0.5");
}

static void top_level_keys(void **state) {
    (void)state;
    accept("method: grid\n", NULL, 0);
    assert_string_equal(sweep.config.name, "test");
    assert_string_equal(sweep.config.description, "");
    assert_int_equal(sweep.config.repeats, 1);
    assert_int_equal(sweep.config.seed, 0);
    assert_int_equal(sweep.config.axis_count, 0);
    assert_int_equal(sweep.config.metric_count, 0);
    assert_int_equal(sweep.config.dataset_count, 2);
    assert_string_equal(sweep.config.datasets[0], "mnist");
    assert_string_equal(sweep.config.datasets[1], "digits");
    accept("description: more\nname: my sweep\nrepeats: 3\nseed: 9007199254740991\n"
           "dataset: [here/data, digits, mnist]\nmethod: \"grid\"\n",
           NULL, 0);
    assert_string_equal(sweep.config.name, "my sweep");
    assert_string_equal(sweep.config.description, "more");
    assert_int_equal(sweep.config.repeats, 3);
    assert_int_equal(sweep.config.seed, 9007199254740991);
    assert_int_equal(sweep.config.dataset_count, 3);
    assert_string_equal(sweep.config.datasets[0], "here/data");
    assert_string_equal(sweep.config.datasets[2], "mnist");
    accept("\xef\xbb\xbfmethod: grid\r\ndataset: digits\r\n", NULL, 0);
    assert_int_equal(sweep.config.dataset_count, 1);
    assert_string_equal(sweep.config.datasets[0], "digits");
    assert_string_equal(sweep.config.digest.hex,
                        digest_of_string("\xef\xbb\xbfmethod: grid\r\ndataset: digits\r\n").hex);
}

static void expect_metric(const char *rest, const char *metric, bool maximize) {
    accept(arena_printf(&sweep.arena, "method: grid\n%s\n", rest), NULL, 0);
    assert_string_equal(sweep.config.score.name, metric);
    assert_int_equal(sweep.config.maximize, maximize);
}

static void the_metric_and_its_goal(void **state) {
    (void)state;
    expect_metric("", "test_accuracy", true);
    expect_metric("parameters: {validation_split: {value: 0.1}}", "val_accuracy", true);
    expect_metric("parameters: {validation_split: {values: [0, 0.1]}}", "val_accuracy", true);
    expect_metric("parameters: {validation_split: {value: 0}}", "test_accuracy", true);
    expect_metric("metric: {name: loss}", "loss", false);
    expect_metric("metric: {name: test_loss}", "test_loss", false);
    expect_metric("metric: {name: accuracy}", "accuracy", true);
    expect_metric("metric: {name: test_acc}", "test_accuracy", true);
    expect_metric("metric: {goal: minimize, name: test_acc}", "test_accuracy", false);
    expect_metric("metric: {name: loss, goal: maximize}", "loss", true);
    assert_int_equal(sweep.config.metric_count, 0);
    /* What the leaderboard goes by is recorded, once. */
    expect_metric("metric: {name: test_mse}", "test_mean_squared_error", false);
    assert_int_equal(sweep.config.metric_count, 1);
    expect_metric("metrics: [f1, mse]\nmetric: {name: test_f1_score}", "test_f1_score", true);
    assert_int_equal(sweep.config.metric_count, 2);
}

static void recorded_metrics(void **state) {
    (void)state;
    accept("method: grid\nmetrics: [f1, accuracy, mse, f1_score, mean_squared_error]\n", NULL, 0);
    assert_int_equal(sweep.config.metric_count, 2);
    assert_string_equal(sweep.config.metrics[0]->name, "f1_score");
    assert_string_equal(sweep.config.metrics[1]->name, "mean_squared_error");
    accept("method: grid\nmetrics: precision\n", NULL, 0);
    assert_int_equal(sweep.config.metric_count, 1);
    accept("method: grid\nmetrics: []\n", NULL, 0);
    assert_int_equal(sweep.config.metric_count, 0);
}

static void settings_override(void **state) {
    (void)state;
    static const char text[] = GRID "  epochs: {values: [1, 2]}\n  optimizer: {value: sgd}\n"
                                    "  layers: {value: [10]}\n";
    const char *const settings[] = {
        "optimizer=[adam, {name: sgd, momentum: 0.9}]",
        "layers=[32, 16]",
        "epochs=7",
        "repeats=4",
        "name=other",
        "metric={name: test_loss}",
        "dataset=[digits]",
        "lr=1e-2",
    };
    accept(text, settings, 8);
    const struct config *config = &sweep.config;
    assert_string_equal(values_of(HP_EPOCHS), "7");
    assert_string_equal(values_of(HP_OPTIMIZER), "adam|sgd momentum=0.9");
    assert_string_equal(values_of(HP_LAYERS), "[32, 16]");
    assert_string_equal(values_of(HP_LEARNING_RATE), "0.01");
    /* What the file has keeps its place in the grid's order; what is new comes last. */
    assert_int_equal(config->axis_count, 4);
    const enum hyperparameter_id order[] = {HP_EPOCHS, HP_OPTIMIZER, HP_LAYERS, HP_LEARNING_RATE};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(config->axes[i].id, order[i]);
    assert_string_equal(config->axes[0].file, "--set epochs=7");
    assert_int_equal(config->repeats, 4);
    assert_string_equal(config->name, "other");
    assert_string_equal(config->score.name, "test_loss");
    assert_false(config->maximize);
    assert_int_equal(config->dataset_count, 1);
}

static void settings_of_lists(void **state) {
    (void)state;
    static const char text[] = "method: grid\n";
    const char *one[] = {"layers=[[10], [\"64 tanh\", 5], []]"};
    accept(text, one, 1);
    assert_string_equal(values_of(HP_LAYERS), "[10]|[\"64 tanh\", 5]|[]");
    const char *none[] = {"layers=[]"};
    accept(text, none, 1);
    assert_string_equal(values_of(HP_LAYERS), "[]");
    const char *stepped[] = {"epochs={min: 1, max: 3}", "dropout={values: [0, 0.5]}"};
    accept(text, stepped, 2);
    assert_string_equal(values_of(HP_EPOCHS), "1|2|3");
    assert_string_equal(values_of(HP_DROPOUT), "0|0.5");
    const char *twice[] = {"epochs=3", "epochs=[4, 5]"};
    accept(text, twice, 2);
    assert_string_equal(values_of(HP_EPOCHS), "4|5");
    assert_string_equal(sweep.config.settings, "epochs=[4, 5]\n");
    const struct digest with = sweep.config.digest;
    accept(text, NULL, 0);
    assert_string_not_equal(sweep.config.digest.hex, with.hex);
}

/* What learns has four batches at least, if it can learn at all; others lose nothing by large ones.
 */
static void batches(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t batch;
        bool new_digest; /* the default is another one than it was */
    } cases[] = {{"method: tpe\n", 16, false},
                 {"method: tpe\nrun_cap: 64\n", 16, false},
                 {"method: gp\nrun_cap: 63\n", 15, true},
                 {"method: bayes\nrun_cap: 12\n", 16, false},
                 {"method: gp\nrun_cap: 13\n", 3, true},
                 {"method: tpe\nrun_cap: 120\nrepeats: 3\n", 10, true},
                 {"method: tpe\nbudget: {epochs: 200}\n", 10, true},
                 {"method: tpe\nbudget: {trials: 100, epochs: 100}\n", 5, true},
                 {"method: tpe\nbudget: {seconds: 9}\n", 16, false},
                 {"method: random\nrun_cap: 12\n", 16, false},
                 {"method: sobol\nrun_cap: 12\n", 16, false},
                 {"method: grid\nrun_cap: 12\n", 16, false},
                 {"method: tpe\nrun_cap: 12\nbatch: 16\n", 16, false},
                 {"method: tpe\nrun_cap: 12\nbatch: 5\n", 5, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        accept(cases[i].text, NULL, 0);
        assert_int_equal(sweep.config.batch, cases[i].batch);
        assert_string_equal(sweep.config.earlier_digest.hex, digest_of_string(cases[i].text).hex);
        assert_int_equal(strcmp(sweep.config.digest.hex, sweep.config.earlier_digest.hex) != 0,
                         cases[i].new_digest);
    }
    const char *set[] = {"batch=16"};
    accept("method: tpe\nrun_cap: 12\n", set, 1);
    assert_int_equal(sweep.config.batch, 16);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(numbers_in_every_notation),
        CASE(switches),
        CASE(names_and_aliases),
        CASE(choices_with_details),
        CASE(layers),
        CASE(layers_of_all_kinds),
        CASE(graphs),
        CASE(graphs_that_vary),
        CASE(schedules_in_every_notation),
        CASE(steps),
        CASE(distributions_under_a_grid),
        CASE(top_level_keys),
        CASE(the_metric_and_its_goal),
        CASE(recorded_metrics),
        CASE(settings_override),
        CASE(settings_of_lists),
        CASE(batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
