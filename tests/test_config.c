#include "parsed.h"

#include <math.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What a config must be refused with. */
struct refusal {
    const char *text;
    int line, column;
    const char *fragments[4]; /* of the message */
};

static void expect_refusal(const struct refusal *refusal, enum status status, const char *file) {
    const struct error *error = &sweep.error;
    if (status != STATUS_INPUT)
        fail_msg("accepted (%d): %s", status, refusal->text);
    assert_int_equal(error->code, STATUS_INPUT);
    assert_string_equal(error->file, file);
    if (error->line != refusal->line || error->column != refusal->column)
        fail_msg("at %d:%d, expected %d:%d: %s\n%s", error->line, error->column, refusal->line,
                 refusal->column, error->message, refusal->text);
    for (size_t i = 0; i < 4 && refusal->fragments[i]; i++)
        if (!strstr(error->message, refusal->fragments[i]))
            fail_msg("no \"%s\" in \"%s\"\n%s", refusal->fragments[i], error->message,
                     refusal->text);
}

static void expect_refusals(const struct refusal *refusals, size_t count) {
    for (size_t i = 0; i < count; i++)
        expect_refusal(&refusals[i], parse_text(&sweep, refusals[i].text), "test.yaml");
}
#define EXPECT_REFUSALS(refusals) expect_refusals(refusals, sizeof refusals / sizeof *refusals)

/* A config whose third line, indented by two, is a hyperparameter. */
#define ONE(text) GRID "  " text "\n"

/* A graph of layers whose names, inputs or order don't go. */
static void graphs(void **state) {
    (void)state;
    static const struct refusal refusals[] = {
        {ONE("model: {a: 8, b: {dense: 8, inputs: c}, c: {dense: 8, inputs: b}, d: {add: [a, b]}}"),
         3,
         17,
         {"'b' reads what is made of its own outputs; a network has no cycles"}},
        {ONE("model: {a: {dense: 8, inputs: a}}"), 3, 11, {"no cycles"}},
        {ONE("model: {a: 8, outputs: {o: {inputs: a, loss: {name: huber, reduction: sum}}}}"),
         3,
         62,
         {"unknown key of a loss 'reduction'. Known: name, label_smoothing, delta"}},
        {ONE("model: {a: 8, outputs: {o: {inputs: a, loss: {values: [mse, mae]}}}}"),
         3,
         48,
         {"loss takes one value; to compare several, list the models: model: {values: [...]}"}},
        {ONE("model: {a: 8, b: {dense: 8, inputs: c}, c: {dense: 8, inputs: b}, d: {dense: 8, "
             "inputs: a}}"),
         3,
         17,
         {"no cycles"}},
        {ONE("model: {first: 8, b: {dense: 8, inputs: frist}}"),
         3,
         43,
         {"unknown layer 'frist'; did you mean 'first'? Known: first, b, input"}},
        {ONE("model: {a: 8, b: {dense: 8, inputs: imag}, c: {shared: lstm, inputs: image}}"),
         3,
         39,
         {"unknown layer 'imag'; did you mean 'image'? Known: a, b, c, input, image"}},
        {ONE("model: {l1: 8, l2: 8, l3: 8, l4: 8, l5: 8, l6: 8, l7: 8, l8: 8, l9: 8, l10: {dense: "
             "8, inputs: lstm}}"),
         3,
         98,
         {"unknown layer 'lstm'. Known: l1, l2, l3, l4, l5, l6, l7, l8, l9, l10, input, image"}},
        {ONE("model: {a: 8, b: 8, c: {dense: 8, inputs: a}}"),
         3,
         17,
         {"no layer reads this one, 'b'; the output layer reads one, the last that no other"}},
        {ONE("model: {a: 8, a: 9}"), 3, 17, {"'a' is here twice (first in line 3)"}},
        {ONE("model: {a: {inputs: input}}"), 3, 14, {"which layer?"}},
        {ONE("model: {a: 8, b: {shared: b}}"), 3, 29, {"a layer can't be itself again"}},
        {ONE("model: {a: 8, b: {shared: c}, c: {shared: b}}"), 3, 45, {"can't be itself again"}},
        {ONE("model: {a: 8, b: {shared: input}}"), 3, 29, {"the image is no layer"}},
        {ONE("model: {a: 8, b: {shared: a, units: 9}}"), 3, 32, {"has all but its inputs"}},
        {ONE("model: {a: 8, b: {add: []}}"), 3, 26, {"no inputs; a layer has 1 to 8"}},
        {ONE("model: {a: 8, b: {add: [a, a, a, a, a, a, a, a, a]}}"), 3, 26, {"too many inputs"}},
        {ONE("model: {a: 8, b: {add: [[a], a]}}"), 3, 27, {"inputs are names of layers"}},
        {ONE("model: {a: 8, [b]: 8}"), 3, 17, {"a layer's name is a word"}},
        {ONE("model: {a: 8}\n  layers: {value: [8]}"), 4, 3, {"twice under two names"}},
        {ONE("layers: {value: [8, 8 inputs=2]}"), 3, 32, {"numbers of layers before"}},
        {ONE("layers: {value: [8, 8 inputs=1.5]}"), 3, 32, {"numbers of layers before"}},
        {ONE("layers: {value: [8, shared 2]}"), 3, 30, {"numbers of layers before"}},
        {ONE("layers: {value: [8, 8 inputs=1 relu]}"), 3, 23, {"inputs= comes last"}},
    };
    EXPECT_REFUSALS(refusals);
}

static void unknown_keys(void **state) {
    (void)state;
    static const struct refusal refusals[] = {
        {"metod: grid\n",
         1,
         1,
         {"key 'metod'", "did you mean 'method'?", "`sweep keys` lists all"}},
        {"method: grid\nfoo: 1\n", 2, 1, {"key 'foo'. `sweep keys` lists all"}},
        {"method: grid\nbatch_size: 5\n",
         2,
         1,
         {"'batch_size' is a hyperparameter", "parameters:"}},
        {"method: grid\nlr: 5\n", 2, 1, {"'lr' is a hyperparameter", "parameters:"}},
        {"method: grid\nmetric: {nam: loss}\n", 2, 10, {"key of metric 'nam'", "mean 'name'?"}},
        {ONE("lerning_rate: {value: 1}"),
         3,
         3,
         {"hyperparameter 'lerning_rate'", "did you mean 'learning_rate'?",
          "`sweep keys` lists all"}},
        {ONE("Dropout: {value: 0}"), 3, 3, {"'Dropout'", "did you mean 'dropout'?"}},
        {ONE("epochs: {valeu: 1}"), 3, 12, {"'valeu'", "mean 'value'?", "values, min, max, q"}},
        {ONE("epochs: {value: 1, unit: 3}"), 3, 22, {"'unit'", "Known: value, values"}},
        {ONE("layers: {value: [{units: 3, activaton: relu}]}"),
         3,
         31,
         {"key of a layer 'activaton'", "mean 'activation'?",
          "units, use_bias, kernel_initializer, bias_initializer, l1, l2, max_norm, activation"}},
        {ONE("optimizer: {value: {name: adam, momentum: 0.9}}"),
         3,
         35,
         {"adam has no momentum; sgd, rmsprop, muon have it"}},
        {ONE("optimizer: {value: {name: sgd, momentm: 0.9}}"), 3, 34, {"mean 'momentum'?"}},
        {ONE("optimizer: {value: {name: sgd, dropout: 0.9}}"), 3, 34, {"of sgd 'dropout'"}},
        {ONE("activation: {value: {name: elu, theta: 1}}"),
         3,
         35,
         {"elu has no theta; thresholded_relu has it"}},
        {ONE("optimizer: {value: adm}"),
         3,
         22,
         {"unknown optimizer 'adm'", "mean 'adam'?", "`sweep keys` lists all"}},
        {ONE("loss: {values: [mse, crossentropi]}"), 3, 24, {"unknown loss 'crossentropi'"}},
        {ONE("activation: {value: tahn}"), 3, 23, {"'tahn'; did you mean 'tanh'?"}},
        {ONE("initializer: {value: glorot}"), 3, 24, {"unknown initializer 'glorot'", "glorot_"}},
        {ONE("layers: {value: [\"64 tahn\"]}"), 3, 24, {"unknown activation 'tahn'"}},
        {"method: grid\nmetrics: [f1_scor]\n", 2, 11, {"metric 'f1_scor'", "mean 'f1_score'?"}},
        {"method: grid\nmetric: {name: val_acuracy}\n", 2, 16, {"mean 'val_accuracy'?"}},
        {"method: grid\nmetric: {name: train_loss}\n", 2, 16, {"unknown metric 'train_loss'"}},
        {"method: grid\nmetric: {name: loss, goal: max}\n",
         2,
         28,
         {"'max'; did you mean 'maximize'?"}},
    };
    EXPECT_REFUSALS(refusals);
}

static void foreign_keys_and_methods(void **state) {
    (void)state;
    static const struct refusal refusals[] = {
        {"method: gird\n", 1, 9, {"'gird'; did you mean 'grid'?"}},
        {"method: [grid]\n", 1, 9, {"method must be grid, random, sobol, tpe or gp"}},
        {"name: x\n", 1, 1, {"'method' is missing: grid takes every combination"}},
        {ONE("learning_rate: {distribution: log_uniform_values, min: 1, max: 2}"),
         3,
         33,
         {"learning_rate: distribution 'log_uniform_values' draws at random",
          "write {values: [1, 1.4, 2]} instead of distribution, min and max"}},
        {ONE("epochs: {distribution: unifrm, min: 1, max: 2}"),
         3,
         26,
         {"unknown distribution 'unifrm'", "did you mean 'uniform'?"}},
        {ONE("epochs: {distribution: constant, values: [1, 2]}"),
         3,
         26,
         {"epochs: distribution constant needs value"}},
        {ONE("epochs: {values: [1, 2], probabilities: [0.1, 0.9]}"),
         3,
         43,
         {"a grid takes every value, none more often", "remove 'probabilities'"}},
    };
    EXPECT_REFUSALS(refusals);
}

static void twice(void **state) {
    (void)state;
    static const struct refusal refusals[] = {
        {"method: grid\nname: a\nmethod: grid\n", 3, 1, {"'method' is here twice", "in line 1"}},
        {ONE("epochs: {value: 1}\n  epochs: {value: 2}"),
         4,
         3,
         {"'epochs' is here twice", "line 3"}},
        {ONE("epochs: {value: 1, value: 2}"), 3, 22, {"'value' is here twice"}},
        {ONE("loss: {value: mse}\n  loss_function: {value: mse}"),
         4,
         3,
         {"loss is here twice under two names", "line 3"}},
        {ONE("learning_rate: {value: 1}\n  lr: {value: 1}"), 4, 3, {"learning_rate is here twice"}},
        {ONE("optimizer: {value: {name: sgd, lr: 1, learning_rate: 2}}"),
         3,
         41,
         {"learning_rate is here twice under two names"}},
        {ONE("epochs: {value: 1, values: [2]}"), 3, 11, {"exactly one of value, values, or min"}},
        {ONE("epochs: {min: 1, max: 2, value: 1}"), 3, 11, {"exactly one of"}},
    };
    EXPECT_REFUSALS(refusals);
}

static void wrong_types(void **state) {
    (void)state;
    static const struct refusal refusals[] = {
        {ONE("epochs: 5"), 3, 11, {"epochs: '5'", "write {value: ...} or {values: [...]}"}},
        {ONE("epochs: [5, 10]"), 3, 11, {"epochs: a list", "{values: [...]}"}},
        {ONE("epochs: {}"), 3, 11, {"exactly one of value, values, or min/max/q"}},
        {ONE("epochs: {value: [5]}"), 3, 19, {"a list is not allowed", "under values:"}},
        {ONE("epochs: {values: 5}"), 3, 20, {"values must be a list", "{value: ...}"}},
        {ONE("epochs: {values: []}"), 3, 20, {"values must be a list of one or more"}},
        {ONE("epochs: {value: {a: 1}}"), 3, 19, {"a mapping is not allowed"}},
        {ONE("batch_size: {value: \"32\"}"),
         3,
         23,
         {"batch_size: '32' is not allowed", "from 1 to 65536", "without quotes"}},
        {ONE("dropout: {value: '0.5'}"), 3, 20, {"'0.5' is not allowed", "without quotes"}},
        {ONE("nesterov: {value: 'true'}"), 3, 21, {"true or false", "without quotes"}},
        {ONE("epochs: {value: true}"), 3, 19, {"'true' is not allowed; it takes a whole number"}},
        {ONE("nesterov: {value: 1}"), 3, 21, {"'1' is not allowed; it takes true or false"}},
        {ONE("epochs: {value: null}"), 3, 19, {"epochs: null is not allowed"}},
        {ONE("epochs: {value: ~}"), 3, 19, {"epochs: null is not allowed"}},
        {ONE("epochs: {value: }"), 3, 19, {"epochs: empty is not allowed"}},
        {ONE("epochs: {value: ''}"), 3, 19, {"epochs: an empty text is not allowed"}},
        {ONE("epochs: {value: five}"), 3, 19, {"'five' is not allowed"}},
        {ONE("optimizer: {value: [sgd]}"),
         3,
         22,
         {"optimizer: a list is not allowed", "one of the names that `sweep keys optimizer`"}},
        {ONE("optimizer: {value: {momentum: 0.9}}"), 3, 22, {"a mapping needs the key 'name'"}},
        {ONE("dropout: {value: {name: mse}}"), 3, 20, {"dropout: a mapping is not allowed"}},
        {ONE("optimizer: {value: {name: &a sgd, momentum: *a}}"), 3, 29, {"momentum: 'sgd'"}},
        {"method: grid\nparameters: 5\n", 2, 13, {"parameters must be a mapping"}},
        {"method: grid\nparameters: [a]\n", 2, 13, {"parameters must be a mapping"}},
        {"method: grid\nname: [a]\n", 2, 7, {"name must be a text"}},
        {"method: grid\nmetric: loss\n", 2, 9, {"metric must be {name: ..., goal: ...}"}},
        {"method: grid\nmetric: {goal: minimize}\n", 2, 9, {"metric needs a name"}},
        {"method: grid\nmetric: {name: loss, goal: [a]}\n", 2, 28, {"goal must be minimize or"}},
        {"method: grid\nmetrics: {a: b}\n", 2, 10, {"metrics must be a list"}},
        {"method: grid\nmetrics: [[f1]]\n", 2, 11, {"metrics: the name of a metric"}},
        {"method: grid\ndataset: []\n", 2, 10, {"dataset must be a name or a folder"}},
        {"method: grid\ndataset: [\"\"]\n", 2, 11, {"dataset: a name or a folder"}},
        {"method: grid\nrepeats: x\n", 2, 10, {"repeats: 'x' is not allowed", "1 to 100000"}},
        {"method: grid\n[a]: b\n", 2, 1, {"a key must be a name"}},
    };
    EXPECT_REFUSALS(refusals);
}

static void numbers_out_of_range(void **state) {
    (void)state;
    static const struct refusal refusals[] = {
        {ONE("learning_rate: {value: .nan}"), 3, 26, {"'.nan' is not allowed", "a number above 0"}},
        {ONE("learning_rate: {value: .inf}"), 3, 26, {"'.inf' is not allowed"}},
        {ONE("learning_rate: {value: -.inf}"), 3, 26, {"'-.inf' is not allowed"}},
        {ONE("learning_rate: {value: nan}"), 3, 26, {"'nan' is not allowed"}},
        {ONE("learning_rate: {value: inf}"), 3, 26, {"'inf' is not allowed"}},
        {ONE("learning_rate: {value: 1e999}"), 3, 26, {"'1e999' is not allowed"}},
        {ONE("learning_rate: {value: 0}"), 3, 26, {"'0' is not allowed", "above 0"}},
        {ONE("learning_rate: {value: 1e-999}"), 3, 26, {"'1e-999' is not allowed"}},
        {ONE("learning_rate: {value: 0x1p-3}"), 3, 26, {"'0x1p-3' is not allowed"}},
        {ONE("learning_rate: {value: 1.2.3}"), 3, 26, {"'1.2.3' is not allowed"}},
        {ONE("learning_rate: {value: 0o19}"), 3, 26, {"'0o19' is not allowed"}},
        {ONE("learning_rate: {value: 1_}"), 3, 26, {"'1_' is not allowed"}},
        {ONE("epochs: {value: 1e999}"), 3, 19, {"'1e999' is not allowed"}},
        {ONE("epochs: {value: 0}"),
         3,
         19,
         {"'0' is not allowed", "whole number from 1 to 1000000"}},
        {ONE("epochs: {value: -3}"), 3, 19, {"'-3' is not allowed"}},
        {ONE("epochs: {value: 2.5}"), 3, 19, {"'2.5' is not allowed", "a whole number"}},
        {ONE("epochs: {value: 1000001}"), 3, 19, {"'1000001' is not allowed"}},
        {ONE("epochs: {values: [1, 2, 3.5]}"), 3, 27, {"'3.5' is not allowed"}},
        {ONE("batch_size: {value: 0}"), 3, 23, {"'0' is not allowed", "from 1 to 65536"}},
        {ONE("train_images: {value: -1}"), 3, 25, {"'-1' is not allowed"}},
        {ONE("dropout: {value: 1}"), 3, 20, {"'1' is not allowed", "from 0 to below 1"}},
        {ONE("dropout: {value: -0.1}"), 3, 20, {"'-0.1' is not allowed"}},
        {ONE("validation_split: {value: 1.0}"), 3, 29, {"'1.0'", "from 0 to below 1"}},
        {ONE("optimizer: {value: {name: sgd, momentum: 1.5}}"),
         3,
         44,
         {"momentum: '1.5'", "0 to 1"}},
        {ONE("learning_rate_power: {value: 0.5}"), 3, 32, {"'0.5' is not allowed", "up to 0"}},
        {ONE("train_label_divisor: {value: 0.5}"), 3, 32, {"'0.5' is not allowed", "from 1 up"}},
        {"method: grid\nrepeats: 0\n", 2, 10, {"repeats: '0' is not allowed", "from 1 to"}},
        {"method: grid\nseed: -1\n", 2, 7, {"seed: '-1' is not allowed", "from 0 to"}},
        {"method: grid\nseed: 1.5\n", 2, 7, {"seed: '1.5' is not allowed"}},
        /* 2^53 + 1 would silently become 2^53. */
        {"method: grid\nseed: 9007199254740993\n", 2, 7, {"0 to 9007199254740991"}},
    };
    EXPECT_REFUSALS(refusals);
}

#define TIMES_8(text) text text text text text text text text

static void bad_layers(void **state) {
    (void)state;
    static const struct refusal refusals[] = {
        {ONE("layers: {value: 128}"), 3, 19, {"'128' is not a list", "write [128]"}},
        {ONE("layers: {values: [128, 64]}"), 3, 21, {"'128' is not a list", "write [128]"}},
        {ONE("layers: {value: relu}"), 3, 19, {"'relu' is not allowed; it takes a list"}},
        {ONE("layers: {value: [0]}"), 3, 20, {"'0' is not allowed", "from 1 to 65536"}},
        {ONE("layers: {value: [10, -5]}"), 3, 24, {"'-5' is not allowed"}},
        {ONE("layers: {value: [64.5]}"), 3, 20, {"'64.5' is not allowed"}},
        {ONE("layers: {value: [1000000000]}"), 3, 20, {"'1000000000'", "1 to 65536"}},
        {ONE("layers: {value: [\"32\"]}"), 3, 20, {"'32' is not allowed", "without quotes"}},
        {ONE("layers: {value: [\"64tanh\"]}"), 3, 20, {"'64tanh'", "\"64 tanh\""}},
        {ONE("layers: {value: [relu 64]}"), 3, 25, {"relu takes no number", "\"64 relu\""}},
        {ONE("layers: {value: [[64]]}"),
         3,
         20,
         {"a list of layers within a list", "under values:"}},
        {ONE("layers: {value: [true]}"), 3, 20, {"'true' is not allowed"}},
        {ONE("layers: {value: [{activation: relu, use_bias: no}]}"),
         3,
         20,
         {"dense needs its units"}},
        {ONE("layers: {value: [{units: 5, activation: [relu]}]}"),
         3,
         43,
         {"a list is not allowed"}},
        {ONE("layers: {value: [" TIMES_8(TIMES_8("1, 1, ")) "]}"),
         3,
         19,
         {"128 hidden", "at most 127"}},
        {ONE("layers: {min: 1, max: 5}"), 3, 11, {"min and max are for numbers"}},
    };
    EXPECT_REFUSALS(refusals);
}

static void bad_steps(void **state) {
    (void)state;
    static const struct refusal refusals[] = {
        {ONE("epochs: {min: 1}"), 3, 11, {"epochs: min and max go together"}},
        {ONE("epochs: {max: 1}"), 3, 11, {"min and max go together"}},
        {ONE("epochs: {q: 1}"), 3, 11, {"min and max go together"}},
        {ONE("epochs: {min: 5, max: 4}"), 3, 25, {"epochs: max is below min"}},
        {ONE("epochs: {min: 0, max: 4}"), 3, 17, {"'0' is not allowed"}},
        {ONE("epochs: {min: 1, max: 4, q: 0.5}"), 3, 31, {"q, the step, must be a whole number"}},
        {ONE("epochs: {min: 1, max: 4, q: 0}"), 3, 31, {"q, the step", "above 0"}},
        {ONE("epochs: {min: 1, max: 4, q: -1}"), 3, 31, {"q, the step", "above 0"}},
        {ONE("epochs: {min: 1, max: 4, q: x}"), 3, 31, {"q, the step"}},
        {ONE("dropout: {min: 0, max: 0.5}"), 3, 12, {"dropout", "needs the step q", "list"}},
        {ONE("dropout: {min: 0, max: 0.5, q: .inf}"), 3, 34, {"q, the step"}},
        {ONE("dropout: {min: 0, max: 0.5, q: 1e999}"), 3, 34, {"q, the step"}},
        {ONE("dropout: {min: 0, max: 0.5, q: 1e-300}"), 3, 12, {"too many; at most 100000"}},
        {ONE("train_images: {min: 1, max: 4294967295}"),
         3,
         17,
         {"4.29497e+09 values are too many"}},
        {ONE("optimizer: {min: 1, max: 2}"), 3, 14, {"min and max are for numbers; list"}},
    };
    EXPECT_REFUSALS(refusals);
}

static void not_yaml(void **state) {
    (void)state;
    static const struct refusal refusals[] = {
        {"method: grid\nparameters:\n\tepochs: 1\n", 3, 1, {"not YAML", "YAML takes no tabs"}},
        {ONE("epochs: {values: [1, 2}"), 3, 25, {"not YAML", "expected ',' or ']'"}},
        {"method: grid\nname: a: b\n", 2, 8, {"not YAML", "indentation", "quote"}},
        {"method: grid\nname: \"abc\n", 3, 1, {"not YAML", "closing quote"}},
        {"method: grid\nname: *nope\n", 2, 7, {"not YAML", "there is no anchor &nope for *nope"}},
        {"method: grid\nname: @x\n", 2, 7, {"not YAML", "starts with @"}},
        {"method: grid\nname: a\007b\n", 2, 8, {"control characters are not allowed"}},
        {"method: grid\nname: caf\xe9\n", 2, 10, {"UTF-8"}},
        {"method: grid\nname: \xc3\xa9\xff\n", 2, 8, {"UTF-8"}},
        {"method: grid\n---\nmethod: grid\n", 3, 1, {"a second YAML document"}},
        {"\xff\xfem\1e\1", 1, 1, {"UTF-8"}}, /* UTF-16 */
        {"", 1, 1, {"this is empty", "the keys method and parameters"}},
        {"# nothing\n", 1, 1, {"this is empty"}},
        {"- method\n- grid\n", 1, 1, {"this is a list"}},
        {"grid\n", 1, 1, {"this is a text"}},
    };
    EXPECT_REFUSALS(refusals);
    static const char nul[] = "method: grid\nname: a\0b\n";
    const struct refusal refusal = {nul, 2, 8, {"control characters are not allowed"}};
    expect_refusal(&refusal,
                   config_parse("test.yaml", nul, sizeof nul - 1, NULL, 0, &sweep.arena,
                                &sweep.config, &sweep.error),
                   "test.yaml");
    const struct refusal escaped = {"method: grid\nname: \"a\\0b\"\n", 2, 7, {"a NUL character"}};
    expect_refusals(&escaped, 1);
}

/* Of processor time: what the machine is busy with besides is not the parser's fault. */
static double seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* `count` times `piece` between two other texts; a # in the piece stands for its number. */
static const char *repeated(const char *before, const char *piece, size_t count,
                            const char *after) {
    struct text text;
    text_init(&text);
    text_append(&text, before);
    for (size_t i = 0; i < count; i++) {
        const char *hash = strchr(piece, '#');
        text_append_bytes(&text, piece, hash ? (size_t)(hash - piece) : strlen(piece));
        if (hash)
            text_printf(&text, "%zu%s", i, hash + 1);
    }
    text_append(&text, after);
    const char *copy = arena_copy(&sweep.arena, text.data);
    text_release(&text);
    assert_non_null(copy);
    return copy;
}

static void hostile_documents_end_soon(void **state) {
    (void)state;
    const char *texts[] = {
        repeated(GRID "  x: ", "[", 500000, ""),
        repeated(GRID "  x: ", "{a: ", 200000, ""),
        repeated(GRID "  x: ", "[a, ", 200000, ""),
        repeated(GRID "  ", "- ", 400000, ""),
        repeated(GRID "  ", "? ", 400000, ""),
        repeated(GRID "  epochs: {values: [", "&a# 1,", 90000, "]}"),
        repeated("a: &b0 [x]\n", "b: &b# [*b0, *b0]\n", 40000, ""),
        repeated(GRID "  {", "k#: 1,", 80000, "}"),
        repeated("", "%TAG !#! tag:a\n", 60000, "---\nmethod: grid\n"),
        repeated("", "\u2028%TAG !#! tag:a", 50000, "\n---\nmethod: grid\n"),
        GRID "  layers: {value: &a [*a]}\n",
        GRID "  layers: &a {values: [*a, *a]}\n",
        GRID "  optimizer: {value: &a {name: *a}}\n",
        "&a {method: grid, parameters: *a}\n",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: &d [*c, *c]\ne: &e [*d, *d]\n",
    };
    alarm(300); /* rather than never */
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const double begin = seconds();
        if (parse_text(&sweep, texts[i]) != STATUS_INPUT)
            fail_msg("accepted: %.80s", texts[i]);
        assert_true(sweep.error.line > 0);
        if (seconds() - begin > 5)
            fail_msg("%.1f seconds: %.80s", seconds() - begin, texts[i]);
    }
    alarm(0);
    /* Depth and anchors as people use them are fine. */
    assert_int_equal(parse_text(&sweep, ONE("dropout: &d {values: [&a 0.5, *a]}\n  momentum: *d")),
                     STATUS_OK);
    assert_int_equal(sweep.config.axis_count, 2);
    assert_int_equal(sweep.config.axes[1].count, 2);
}

static enum status load(const char *path) {
    return config_load(path, NULL, 0, &sweep.arena, &sweep.config, &sweep.error);
}

static void write_bytes(const char *path, const char *text, size_t padding) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    for (size_t i = 0; i < padding; i++)
        fputc('\n', file);
    assert_int_equal(fclose(file), 0);
}

static void files(void **state) {
    (void)state;
    char folder[] = "/tmp/sweep-config-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/my.grid.yaml", folder);
    struct refusal refusal = {"missing", 0, 0, {"can't be opened", "No such file"}};
    expect_refusal(&refusal, load(path), path);
    refusal = (struct refusal){"directory", 0, 0, {"can't be read", "directory"}};
    expect_refusal(&refusal, load(folder), folder);
    static const char text[] = "method: grid\n";
    write_bytes(path, text, CONFIG_BYTES_MAX - (sizeof text - 1));
    assert_int_equal(load(path), STATUS_OK);
    assert_string_equal(sweep.config.name, "my.grid");
    /* What --set changed is part of the name, unless it is the name; what is kept is no change. */
    static const char *const settings[] = {"epochs=[1, 2]", "keep_models=all", "l2=0.1", "name=x"};
    assert_int_equal(config_load(path, settings, 3, &sweep.arena, &sweep.config, NULL), STATUS_OK);
    assert_string_equal(sweep.config.name, "my.grid epochs=[1, 2] l2=0.1");
    assert_int_equal(config_load(path, settings, 4, &sweep.arena, &sweep.config, NULL), STATUS_OK);
    assert_string_equal(sweep.config.name, "x");
    assert_string_equal(sweep.config.path, path);
    write_bytes(path, text, CONFIG_BYTES_MAX - (sizeof text - 1) + 1);
    refusal = (struct refusal){"large", 0, 0, {"larger than 1048576 bytes"}};
    expect_refusal(&refusal, load(path), path);
    write_bytes(path, "", 0);
    refusal = (struct refusal){"empty", 1, 1, {"this is empty"}};
    expect_refusal(&refusal, load(path), path);
    unlink(path);
    rmdir(folder);
}

/* What --set made of epochs is the sweep's, however it is spelled. */
static void settings_have_one_spelling(void **state) {
    (void)state;
    static const char config[] = "method: grid\nname: n\n";
    static const char *const cases[][2] = {
        {"epochs=3", "epochs=3"},
        {"epochs=3 ", "epochs=3"},
        {"epochs= 3.0", "epochs=3"},
        {"epochs=[3]", "epochs=3"},
        {"epochs={value: 0x3}", "epochs=3"},
        {"epochs={values: [3]}", "epochs=3"},
        {"epochs=[ 3,4 ]", "epochs=[3, 4]"},
        {"epochs={min: 1,max: 3.0}", "epochs={min: 1, max: 3}"},
        {"lr=1e-3", "learning_rate=0.001"},
        {"loss_function=mse", "loss=mean_squared_error"},
        {"nesterov=yes", "nesterov=true"},
        {"layers=[[10]]", "layers=[10]"},
        {"layers=[[10],[256 relu,64.0]]", "layers=[[10], [256 relu, 64]]"},
        {"layers=[\"256 relu\"]", "layers=[256 relu]"},
        {"optimizer={name: \"sgd\",lr: 1e-2}", "optimizer={name: sgd, learning_rate: 0.01}"},
        {"seed=9007199254740991", "seed=9007199254740991"},
        {"seed=1e3", "seed=1000"},
        {"dataset=\"digits\"", "dataset=digits"},
        {"metric={name: test_loss,goal: minimize}", "metric={name: test_loss, goal: minimize}"},
        {"description=\"a: b\\n\\\"c\\\"\"", "description=\"a: b\\x0a\\\"c\\\"\""},
        {"name=3.0", "name=3.0"},
        {"name=\"99\"", "name=99"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *setting = cases[i][0], *said = arena_printf(&sweep.arena, "%s\n", cases[i][1]);
        if (config_parse("n.yaml", config, strlen(config), &setting, 1, &sweep.arena, &sweep.config,
                         &sweep.error) != STATUS_OK)
            fail_msg("%s: %s", setting, sweep.error.message);
        assert_string_equal(sweep.config.settings, said);
        /* It reads as what it was made of. */
        const struct digest digest = sweep.config.digest;
        assert_int_equal(config_parse("n.yaml", config, strlen(config), &cases[i][1], 1,
                                      &sweep.arena, &sweep.config, &sweep.error),
                         STATUS_OK);
        assert_string_equal(sweep.config.digest.hex, digest.hex);
    }
    static const char *const again[] = {"epochs=2", "lr=0.1", "epochs=3", "keep_models=all"};
    assert_int_equal(config_parse("n.yaml", config, strlen(config), again, 4, &sweep.arena,
                                  &sweep.config, &sweep.error),
                     STATUS_OK);
    assert_string_equal(sweep.config.settings, "epochs=3\nlearning_rate=0.1\n");
    assert_string_equal(sweep.config.name, "n epochs=3 learning_rate=0.1");
}

static void bad_settings(void **state) {
    (void)state;
    static const struct {
        const char *setting;
        int line, column;
        const char *fragment;
    } cases[] = {
        {"epochs", 0, 0, "write --set KEY=VALUE"},
        {"=5", 0, 0, "write --set KEY=VALUE"},
        {"epochs=", 1, 1, "no value given"},
        {"epochs=0", 1, 1, "'0' is not allowed"},
        {"epochs=[1, 0]", 1, 5, "'0' is not allowed"},
        {"epochs=[]", 1, 1, "a list is not allowed"},
        {"epoch=5", 1, 1, "did you mean 'epochs'?"},
        {"layers=[[10], 5]", 1, 8, "write [5]"},
        {"epochs=[1,2", 2, 1, "not YAML"},
        {"method=randm", 1, 1, "'randm'; did you mean 'random'?"},
        {"repeats=0", 1, 1, "'0' is not allowed"},
        {"parameters={epochs: {value: 3}}", 1, 1, "set a hyperparameter by its name"},
        {"optimizer={name: sgd, beta_1: 0.9}", 1, 13,
         "sgd has no beta_1; adam, nadam, adamax, adamw, lion, lamb have it"},
    };
    static const char text[] = ONE("epochs: {value: 1}");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char file[128];
        snprintf(file, sizeof file, "--set %s", cases[i].setting);
        const struct refusal refusal = {
            cases[i].setting, cases[i].line, cases[i].column, {cases[i].fragment}};
        expect_refusal(&refusal,
                       config_parse("test.yaml", text, sizeof text - 1, &cases[i].setting, 1,
                                    &sweep.arena, &sweep.config, &sweep.error),
                       file);
    }
}

static void metrics_that_do_not_fit(void **state) {
    (void)state;
    const struct refusal refusal = {
        "method: grid\nmetric: {name: val_loss}\n",
        2,
        16,
        {"metric val_loss needs images to validate on", "add validation_split under parameters"}};
    expect_refusals(&refusal, 1);
    const struct refusal zero = {"method: grid\nmetric: {name: val_f1}\nparameters:\n"
                                 "  validation_split: {values: [0, 0.0]}\n",
                                 2,
                                 16,
                                 {"metric val_f1_score needs images", "holds out none"}};
    expect_refusals(&zero, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(graphs),
        CASE(unknown_keys),
        CASE(foreign_keys_and_methods),
        CASE(twice),
        CASE(wrong_types),
        CASE(numbers_out_of_range),
        CASE(bad_layers),
        CASE(bad_steps),
        CASE(not_yaml),
        CASE(hostile_documents_end_soon),
        CASE(files),
        CASE(settings_have_one_spelling),
        CASE(bad_settings),
        CASE(metrics_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
