#!/usr/bin/env python3
"""Functions of one's own: they give what sweep's own give, wrong ones are refused, and results are read without them."""

import json
import os
import shutil
import signal
import subprocess
import unittest

from harness import ROOT, SANITIZED, Case

HEADER = "#include <math.h>\n#include <string.h>\n#include <sweep/plugin.h>\n"
# relu as nn/activation.c has it, bit for bit.
RELU_VALUE, RELU_SLOPE = "x[i] < 0 ? 0 : x[i]", "x[i] > 0 ? 1.0f : 0.0f"
MSE = """
    double sum = 0;
    for (size_t i = 0; i < classes; i++) {
        const double d = (double)y[i] - (i == label);
        sum += d * d / (double)classes;
        if (gradient) gradient[i] = (float)(2 * d / (double)classes);
    }
    return sum;"""


def activation(value, slope, name="mine", before="", more=""):
    return f"""{HEADER}
static void forward(const float *x, float *y, size_t count) {{
    {before}
    for (size_t i = 0; i < count; i++) y[i] = {value};
}}
static void backward(const float *x, const float *y, float *delta, size_t count) {{
    (void)x; (void)y;
    for (size_t i = 0; i < count; i++) delta[i] *= {slope};
}}
static const struct sweep_activation activations[] = {{
    {{.name = "{name}", .help = "a test", .forward = forward, .backward = backward{more}}}, {{0}}}};
SWEEP_PLUGIN(.activations = activations)
"""


def loss(body, name="mine"):
    return f"""{HEADER}
static double row(const float *y, uint8_t label, size_t classes, float *gradient) {{{body}}}
static const struct sweep_loss losses[] = {{{{.name = "{name}", .row = row}}, {{0}}}};
SWEEP_PLUGIN(.losses = losses)
"""


def metric(body, name="mine", more=""):
    return f"""{HEADER}
static double row(const float *y, uint8_t label, size_t classes) {{
    (void)y; (void)label; (void)classes; {body} }}
static const struct sweep_metric metrics[] = {{{{.name = "{name}", .row = row{more}}}, {{0}}}};
SWEEP_PLUGIN(.metrics = metrics)
"""


# y = factor * x + shift, the factor an argument, the shift trained, one for each number.
LAYER = HEADER + """
static size_t size_of(const struct sweep_shape *input) {
    size_t size = 1;
    for (size_t i = 0; i < input->rank; i++) size *= input->dims[i];
    return size;
}
static size_t weights(const double *arguments, const struct sweep_shape *input, struct sweep_weights *weights) {
    (void)arguments;
    weights[0] = (struct sweep_weights){.name = "shift", .columns = size_of(input), .initializer = "zeros"};
    return SHIFTS;
}
static size_t memory(const double *arguments, const struct sweep_shape *input) { (void)arguments; return size_of(input); }
static void forward(const struct sweep_pass *p) {
    for (size_t row = 0; row < p->rows; row++)
        for (size_t i = 0; i < p->x_size; i++) {
            p->memory[row * p->memory_stride + i] = (float)p->arguments[0];
            p->y[row * p->y_stride + i] = (float)p->arguments[0] * p->x[row * p->x_stride + i]
                                          + (SHIFTS ? p->weights[0].values[i] : 0);
        }
}
static void backward(const struct sweep_pass *p) {
    for (size_t row = 0; row < p->rows; row++)
        for (size_t i = 0; i < p->x_size; i++) {
            const float dy = p->y_gradient[row * p->y_stride + i];
            if (SHIFTS) p->gradients[0].values[i] += dy;
            if (p->x_gradient) p->x_gradient[row * p->x_stride + i] = p->memory[row * p->memory_stride + i] * dy;
        }
}
static int shape(const double *arguments, const struct sweep_shape *input, struct sweep_shape *output) {
    (void)arguments; *output = *input; return TAKES;
}
static const struct sweep_layer layers[] = {
    {.name = "mine", .arguments = {{"factor", 1, -3, 3}}, .shape = shape, .weights = weights, .memory = memory,
     .forward = forward, .backward = backward, .activates = 1}, {0}};
SWEEP_PLUGIN(.layers = layers)
"""


OPTIMIZER = HEADER + """
static void step(const struct sweep_step *p) {
    const float rate = (float)p->parameters[0], momentum = (float)p->parameters[1];
    for (size_t row = 0; row < p->rows; row++)
        for (size_t i = 0; i < p->columns; i++) {
            const size_t at = row * p->stride + i;
            p->slots[0][at] = momentum * p->slots[0][at] - rate * p->gradients[at];
            p->weights[at] += p->slots[0][at];
        }
}
static const struct sweep_optimizer optimizers[] = {
    {.name = "mine", .parameters = {{"learning_rate", 0.05}, {"momentum", 0.5}}, .slots = 1, .step = step}, {0}};
SWEEP_PLUGIN(.optimizers = optimizers)
"""


def layer(shifts=0, takes="1", source=LAYER):
    return f"#define SHIFTS {shifts}\n#define TAKES {takes}\n" + source


@unittest.skipUnless(shutil.which(os.environ.get("CC", "cc")), "no compiler here")
class Plugins(Case):
    def config(self, lines, plugins="[own.c]", metrics=""):
        self.write("own.yaml", f"name: own\nmethod: grid\ndataset: tiny\nrepeats: 2\nplugins: {plugins}\n{metrics}"
                   f"parameters:\n  validation_split: {{value: 0.2}}\n  epochs: {{value: 2}}\n  layers: {{value: [12]}}\n"
                   f"  optimizer: {{value: adam}}\n{lines}")

    def refused(self, source, said, lines="  activation: {value: mine}\n"):
        self.write("own.c", source)
        self.config(lines)
        return self.fails(65, said, "run", "own.yaml")

    def test_an_activation_gives_what_the_same_of_sweep_gives(self):
        self.write("own.c", activation(RELU_VALUE, RELU_SLOPE))
        self.config("  activation: {values: [relu, mine]}\n")
        self.sweep("run", "own.yaml", "-q")
        rows = self.ask("SELECT seed, loss, accuracy, val_loss, test_accuracy FROM trials ORDER BY activation = 'relu', seed")
        self.assertEqual(rows[:2], rows[2:])
        self.assertEqual(len({row[1] for row in rows}), 2)
        (name,), = self.ask("SELECT DISTINCT activation FROM trials WHERE activation != 'relu'")
        self.assertRegex(name, "^mine@[0-9a-f]{8}$")

    def test_a_loss_and_metrics_give_what_the_same_of_sweep_give(self):
        self.write("own.c", loss(MSE, "my_mse"))
        self.write("more.c", metric("double sum = 0; for (size_t i = 0; i < classes; i++) { double d = y[i] - (i == label);"
                                    " sum += d * d / (double)classes; } return sum;", "squares"))
        self.write("hits.c", metric("for (size_t i = 0; i < classes; i++) if (y[i] > y[label]) return 0; return 1;", "hits",
                                    ", .maximize = 1, .most = 1"))
        self.config("  loss: {values: [mse, my_mse]}\n", "[own.c, ./more.c, hits.c]",
                    "metrics: [squares, hits]\nmetric: {name: val_hits, goal: maximize}\n")
        self.sweep("run", "own.yaml", "-q")
        rows = self.ask("SELECT loss, val_loss, test_accuracy FROM trials ORDER BY loss_function LIKE 'my%', seed")
        for ours, theirs in zip(rows[:2], rows[2:]):
            for a, b in zip(ours, theirs):
                self.assertAlmostEqual(a, b, places=5)
        for name, column in (("val_squares@%", "val_loss"), ("test_hits@%+", "test_accuracy")):
            values = self.ask(f"SELECT m.value, {column} FROM metrics m JOIN trials USING (trial_id)"
                              f" WHERE m.name LIKE '{name}' AND loss_function = 'mean_squared_error' AND epoch = epochs")
            self.assertTrue(values)
            for ours, theirs in values:
                self.assertAlmostEqual(ours, theirs, places=6)
        # Without the plug-ins: which way is better is in the name.
        board = json.loads(self.sweep("top", "--json")[0])
        self.assertEqual(board["goal"], "maximize")
        (squares,), = self.ask("SELECT DISTINCT name FROM metrics WHERE name LIKE 'val_squares%'")
        self.assertEqual(json.loads(self.sweep("top", "--json", "--by", squares)[0])["goal"], "minimize")
        for command in (["compare"], ["list"], ["report"], ["export", "--format", "csv"], ["show"]):
            self.sweep(*command)

    def test_wrong_gradients_are_refused_with_the_numbers(self):
        for slope in ("1.0f", "(x[i] > 0 ? 1.01f : 0.0f)", "(x[i] > 0 ? 1.0f : -0.02f)", "(x[i] > 6 ? 0.0f : x[i] > 0)"):
            said = self.refused(activation(RELU_VALUE, slope), "own.c: activation 'mine': backward at ")
            self.assertIn("central differences", said)
        self.refused(activation("x[i] / (1 + expf(-x[i]))", "1 / (1 + expf(-x[i]))"), "the gradient is wrong")
        for body in (MSE.replace("2 * d", "d"), MSE.replace("2 * d", "i == label ? -2 * d : 2 * d")):
            self.refused(loss(body), "loss 'mine': the gradient of ", "  loss: {value: mine}\n")

    def test_right_gradients_are_not(self):
        for value, slope in (("fabsf(x[i])", "(x[i] < 0 ? -1.0f : 1.0f)"), ("sinf(9 * x[i])", "9 * cosf(9 * x[i])"),
                             ("expf(x[i])", "y[i]"), ("x[i] * x[i] * x[i]", "3 * x[i] * x[i]"),
                             ("floorf(x[i])", "0"), ("x[i] > 2.5f ? 2.5f : x[i]", "(x[i] < 2.5f)")):
            self.write("own.c", activation(value, slope))
            self.config("  activation: {value: mine}\n")
            self.sweep("plan", "own.yaml")
        self.write("own.c", activation("x[i] >= 0", "1", more=", .surrogate = 1"))
        self.sweep("plan", "own.yaml")

    def test_what_is_no_number_is_refused(self):
        self.refused(activation("logf(x[i])", "1 / x[i]"), "forward at -7.97696 gives")
        self.refused(activation("sqrtf(fabsf(x[i]))", "x[i] > 3 ? NAN : 1"), "backward at ")
        self.refused(activation("x[i] * (float)(1 + i % 2)", "1"), "among other numbers")
        self.refused(loss("(void)y; (void)label; if (gradient) memset(gradient, 0, classes * 4); return NAN;"), "row gives",
                     "  loss: {value: mine}\n")
        self.refused(metric("return 2;", more=", .most = 1"), "metric 'mine': row gives 2, which is not from 0 to 1")

    def test_writing_behind_the_end_is_refused(self):
        past = activation("x[i]", "1").replace("i < count; i++) y", "i < count + 50; i++) y")
        self.refused(past, "activation 'mine': forward writes behind the end of y")
        self.refused(activation("x[i]", "x[i]").replace("i < count; i++) delta", "i < count + 1; i++) delta"), "backward writes behind the end of delta")
        self.refused(loss("if (gradient) memset(gradient, 0, 4 * (classes + 1));" + MSE), "row writes behind the end of gradient")
        self.refused(OPTIMIZER.replace("row < p->rows", "row <= p->rows"), "optimizer 'mine': step writes behind the end of weights")
        for old, new, said in (("p->y[row", "p->y[(row + 1)", "forward writes behind the end of y"),
                               ("p->x_gradient[row", "p->x_gradient[(row + 1)", "backward writes behind the end of x_gradient")):
            self.assertIn(old, LAYER)
            self.refused(layer(1, source=LAYER.replace(old, new)), said)
        if not SANITIZED:
            self.write("own.c", activation("1", "0").replace("i < count; i++) y", "i < count + 10000000; i++) y"))
            self.assertIn("the plug-in own.c crashed", self.sweep("plan", "own.yaml", code=-signal.SIGSEGV)[1])

    def test_what_is_no_plugin_is_refused(self):
        self.assertRegex(self.refused("int x = a;\nint y = b;\n", "own.c: the plug-in could not be compiled"),
                         r"\n  \S*own.c:1:9: error: .*(\n    .*)*\n  \S*own.c:2:9: error: ")
        self.refused("int x;\n", "SWEEP_PLUGIN")
        self.refused(HEADER + "SWEEP_PLUGIN(.version = 99)", "version 99")
        self.refused(HEADER + "SWEEP_PLUGIN()", "it has nothing")
        self.refused(activation("x[i]", "1", "relu"), "sweep has one of that name")
        self.refused(activation("x[i]", "1", "dropout"), "activation 'dropout': that is another word")
        self.refused(activation("x[i]", "1", "Relu 2"), "lower-case letters")
        self.refused(activation("x[i]", "1").replace(", .backward = backward", ""), "backward is missing")
        self.config("  activation: {value: mine}\n", "[nothere.c]")
        self.fails(65, "nothere.c: can't read the plug-in: No such file", "run", "own.yaml")
        self.config("  activation: {value: mine}\n", "{a: b}")
        self.fails(65, "own.yaml:5:10: plugins", "run", "own.yaml")
        self.fails(65, "belong into the config", "run", "tiny.yaml", "--set", "plugins=[own.c]")
        self.write("own.c", activation("x[i]", "1"))
        self.write("other.c", activation("2 * x[i]", "2"))
        self.config("  activation: {value: mine}\n", "[own.c, other.c]")
        self.fails(65, "another plug-in", "run", "own.yaml")
        self.config("  activation: {value: nobody}\n")
        self.fails(65, "unknown activation 'nobody'", "run", "own.yaml")

    def test_a_layer_that_changes_nothing_changes_nothing(self):
        self.write("own.c", layer())
        self.config("  activation: {value: relu}\n")
        text = (self.folder / "own.yaml").read_text().replace("  layers: {value: [12]}\n", "  layers: {values: [[12], [mine, 12],"
                                                              " [12, mine 1, mine relu], [12, {mine: {factor: {values: [1, 2]}}}]]}\n")
        self.write("own.yaml", text)
        self.sweep("run", "own.yaml", "-qj2")
        rows = self.ask("SELECT layers, seed, loss, test_loss FROM trials ORDER BY seed, trial_id")
        for seed in {row[1] for row in rows}:
            same = {row[2:] for row in rows if row[1] == seed and "2" not in row[0].replace("12", "").split("@")[-1][8:]}
            self.assertEqual(len(same), 1, rows)
            self.assertEqual(len({row[2:] for row in rows if row[1] == seed}), 2)
        self.assertIn("(mine@", self.sweep("show", "3", "-p", "own.c")[0])

    def test_a_layer_learns(self):
        """A trained shift after a dense layer without a bias is its bias: within rounding the same network."""
        self.write("own.c", layer(1))
        self.config("")
        text = (self.folder / "own.yaml").read_text().replace("  layers: {value: [12]}\n", "  layers: {values: [[12 tanh],"
                    " [{dense: {units: 12, use_bias: false, activation: linear}}, mine tanh]]}\n")
        self.write("own.yaml", text)
        self.sweep("run", "own.yaml", "-q")
        rows = self.ask("SELECT loss, test_loss, parameters FROM trials ORDER BY layers LIKE '%mine%', seed")
        for ours, theirs in zip(rows[:2], rows[2:]):
            self.assertEqual(ours[2], theirs[2])
            for a, b in zip(ours[:2], theirs[:2]):
                self.assertAlmostEqual(a, b, places=5)

    def test_an_optimizer_steps_as_the_same_of_sweep(self):
        self.write("own.c", OPTIMIZER)
        self.config("")
        text = (self.folder / "own.yaml").read_text().replace("{value: adam}", "{values: [{name: sgd, learning_rate: 0.05, momentum: 0.5},"
                    " mine, {name: mine, momentum: {values: [0, 0.9]}, clipnorm: 1.0, weight_decay: 0.01}]}")
        self.write("own.yaml", text)
        self.sweep("run", "own.yaml", "-qj2")
        rows = self.ask("SELECT loss, val_loss, learning_rate, momentum FROM trials WHERE clipnorm IS NULL OR clipnorm = 0 ORDER BY optimizer = 'sgd', seed")
        self.assertEqual(len(rows), 4)
        for ours, theirs in zip(rows[:2], rows[2:]):
            self.assertEqual(ours[2:], theirs[2:])
            for a, b in zip(ours[:2], theirs[:2]):
                self.assertAlmostEqual(a, b, places=5)
        self.assertEqual(self.ask("SELECT count(DISTINCT test_loss) FROM trials WHERE clipnorm > 0"), [(4,)])
        self.sweep("run", "own.yaml", "-qj1", "--db", "one.db")
        self.assertEqual(self.dump(), self.dump("one.db"))

    def test_a_layer_with_a_learned_activation(self):
        """Its alpha is an array behind the plug-in's own."""
        for shifts in (0, 1):
            self.write("own.c", layer(shifts))
            self.config("")
            self.write("own.yaml", (self.folder / "own.yaml").read_text().replace("[12]", "[12, mine prelu]"))
            self.sweep("run", "own.yaml", "-q", "--db", f"{shifts}.db")
        # A shift of 0 that is trained changes the training; alone it has as many parameters more as there are units.
        (without,), (with_shift,) = (self.ask("SELECT DISTINCT parameters FROM trials", f"{i}.db")[0] for i in (0, 1))
        self.assertEqual(with_shift - without, 12)

    def test_wrong_optimizers_are_refused(self):
        lines = "  activation: {value: relu}\n"
        for old, new, said in (("- rate", "+ rate", "bring that from"), ("- rate * ", "- NAN * ", "bring that from"),
                               ('{"learning_rate", 0.05}, {"momentum"', '{"momentum", 0.5}, {"learning_rate"', "must be learning_rate"),
                               ('"momentum"', '"momentums"', "'momentums' is no parameter of optimizers"),
                               ('.slots = 1', '.slots = 4', "4 slots are more than 3"), (", .step = step", "", "step is missing")):
            self.assertIn(old, OPTIMIZER)
            self.refused(OPTIMIZER.replace(old, new), said, lines)

    def test_wrong_layers_are_refused(self):
        lines = "  activation: {value: relu}\n"
        for old, new, said in (("* dy;", "* dy * 1.01f;", "layer 'mine': x_gradient at "),
                               ("values[i] += dy", "values[i] += 2 * dy", "the gradient of shift at "),
                               ("values[i] += dy", "values[i] = dy", "the gradient of shift at "),
                               ("p->memory[row * p->memory_stride + i] * dy", "i == 5 ? NAN : dy", "gives nan"),
                               ("* p->x[row * p->x_stride + i]", "* p->x[i]", "differs from that among others"),
                               ('"zeros"', '"nothing"', "unknown initializer 'nothing'"),
                               ('{"factor", 1, -3, 3}', '{"factor", 1, -3, 3}, {"b"}, {"c"}', "3 arguments are more than 2"),
                               ('{"factor", 1, -3, 3}', '{"factor", 4, -3, 3}', "factor is 4 by default, which is not from -3 to 3"),
                               ('{"factor"', '{"inputs"', "'inputs' is what a config says of any layer"),
                               ('"mine"', '"shared"', "layer 'shared': that is another word"),
                               ('"mine"', '"relu"', "layer 'relu': that is another word"),
                               ("*output = *input;", "*output = (struct sweep_shape){0};", "output of rank 0"),
                               (".backward = backward", ".backward = 0", "backward is missing")):
            self.assertIn(old, LAYER)
            self.refused(layer(1, source=LAYER.replace(old, new)), said, lines)
        self.refused(layer(1, takes="0"), "takes none of the inputs", lines)
        self.write("own.c", layer(0, takes="input->rank == 1"))
        self.config(lines)
        self.write("own.yaml", (self.folder / "own.yaml").read_text().replace("[12]", "[conv2d 2 3, mine]"))
        self.fails(65, "own.yaml:9:", "run", "own.yaml")
        self.write("own.yaml", (self.folder / "own.yaml").read_text().replace("conv2d 2 3, mine", "mine 4"))
        self.fails(65, "own.yaml:9:", "run", "own.yaml")

    def test_the_examples_run(self):
        for name in ("swish2.c", "radial.c", "signum.c"):
            shutil.copy(ROOT / "experiments" / "05-own-layer" / name, self.folder / name)
        self.config("  activation: {values: [relu, swish2]}\n", "[swish2.c, radial.c, signum.c]", "metrics: [confidence]\n")
        self.write("own.yaml", (self.folder / "own.yaml").read_text().replace("[12]", '["radial 8 gamma=5", 12]').replace("adam", "signum"))
        self.sweep("run", "own.yaml", "-q")

    def test_another_version_is_another_function(self):
        """Also where the change is in a file that it includes; a comment changes nothing else."""
        self.write("slope.h", "#define SLOPE 1.0f\n")
        self.write("own.c", '#include "slope.h"\n' + activation("SLOPE * x[i]", "SLOPE"))
        self.config("  activation: {value: mine}\n")
        self.sweep("run", "own.yaml", "-q")
        self.assertIn("all trained already", self.sweep("run", "own.yaml")[1])
        self.write("slope.h", "#define SLOPE 0.5f\n")
        self.assertNotIn("all trained already", self.sweep("run", "own.yaml")[1])
        self.assertEqual(self.ask("SELECT count(DISTINCT activation), count(DISTINCT test_loss) FROM trials"), [(2, 4)])

    def test_options_of_the_compiler_make_another_function(self):
        compiler = os.environ.get("CC", "cc")
        self.write("own.c", "#ifndef SLOPE\n#define SLOPE 1.0f\n#endif\n" + activation("SLOPE * x[i]", "SLOPE"))
        self.config("  activation: {value: mine}\n")
        for options in ("", " ", " -DSLOPE=0.5f"):
            self.sweep("run", "own.yaml", "-q", environment={"CC": compiler + options})
        self.assertEqual(self.ask("SELECT count(DISTINCT activation), count(DISTINCT test_loss) FROM trials"), [(2, 4)])

    def test_a_merge_asks_for_plugins(self):
        self.write("own.c", activation("x[i]", "1"))
        self.config("  activation: {value: mine}\n")
        self.sweep("run", "own.yaml", "-q", "--shard", "1/1", "--results", "shared")
        self.assertIn("own.yaml: the config of the results has 1 plug-in: name it with --plugin",
                      self.sweep("merge", "--db", "m.db", "shared", code=65)[1])
        self.sweep("merge", "--db", "m.db", "-p", "own.c", "shared")

    def test_a_library_is_taken_as_it_is(self):
        self.write("own.c", activation(RELU_VALUE, RELU_SLOPE))
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-I", ROOT / "src" / "plugin", "own.c", "-o", "own.so"],
                       cwd=self.folder, check=True)
        self.config("  activation: {value: mine}\n", "own.so")
        self.sweep("run", "own.yaml", "-q")

    def test_a_model_asks_for_its_plugin(self):
        self.write("own.c", activation("2 * x[i]", "2"))
        self.config("  activation: {value: mine}\n")
        self.sweep("run", "own.yaml", "-q")
        self.fails(65, "--plugin", "predict", "best", "--index", "3")
        said, _ = self.sweep("predict", "best", "--index", "3", "-p", "own.c")
        self.assertIn("says", said)
        self.fails(65, "which is a plug-in's", "export", "-o", "x.onnx", "-p", "own.c")
        self.write("own.c", activation("3 * x[i]", "3"))
        self.fails(65, "another version", "predict", "best", "--index", "3", "-p", "own.c")

    def test_trials_are_checked_as_far_as_they_can_be(self):
        """A network has one canonical spelling, its digest, which can't be told from another one without the plug-in."""
        self.write("own.c", activation("2 * x[i]", "2", "double_it"))
        self.write("layer.c", layer())
        self.write("loss.c", loss(MSE, "my_mse"))
        self.write("metric.c", metric("return y[label];", "confidence"))
        own = [f"-p{name}.c" for name in ("own", "layer", "loss", "metric")]
        self.config("", "[own.c, layer.c, loss.c, metric.c]")
        networks = ["[mine, 8 relu]", "[8 relu, mine]", "[8 relu, double_it]", "[8 double_it]", '["mine 2", 8]', "[mine]",
                    "[8, double_it]", "[mine relu, 8 double_it, 4 tanh]"]
        text = (self.folder / "own.yaml").read_text().replace("  layers: {value: [12]}\n", "  layers: {values: [" +
                ", ".join(networks) + ", {a: 8 relu, outputs: {d: {dense: {units: 10, activation: softmax}, loss: my_mse,"
                " metrics: [confidence]}}}]}\n")
        self.write("own.yaml", text)
        self.sweep("run", "own.yaml", "-q")
        (digests,) = self.ask("SELECT group_concat(digest) FROM trials")
        for command in (["top"], ["doctor"], ["show", "1", *own]):
            self.sweep(*command)
        self.fails(65, "with --plugin", "show", "1")
        self.assertIn("all trained already", self.sweep("run", "own.yaml")[1])
        self.assertEqual(self.ask("SELECT group_concat(digest) FROM trials"), [digests])
        self.change("UPDATE trials SET batch_size = 16 WHERE trial_id = 3")
        self.fails(65, "trial 3 was changed", "show", "3", *own)
        self.change("UPDATE trials SET batch_size = 32 WHERE trial_id = 3; UPDATE trials SET seed = 99 WHERE trial_id = 4")
        self.fails(65, "trial 4 was changed", "top")

    @unittest.skipIf(SANITIZED, "a sanitizer reports crashes itself")
    def test_a_crash_is_named(self):
        for crash, number in (("memset((void *)8, 1, count);", signal.SIGSEGV), ("*(volatile int *)0 = 1;", signal.SIGSEGV),
                              ("__builtin_trap();", signal.SIGILL), ("__builtin_abort();", signal.SIGABRT)):
            self.write("own.c", activation("2 * x[i]", "2", before=f"static int calls; if (++calls > 600) {{ {crash} }}"))
            self.config("  activation: {value: mine}\n")
            for jobs in ("1", "2"):
                _, said = self.sweep("run", "own.yaml", "-j", jobs, code=-number)
                self.assertIn("the plug-in own.c crashed", said)

    @unittest.skipIf(SANITIZED, "a sanitizer has handlers of its own")
    def test_who_ends_the_program_is_named(self):
        """In training, in the checks, or while it is loaded; never with a status of success."""
        self.config("  activation: {value: mine}\n")
        head = "#include <stdlib.h>\n"
        for calls, command in ((600, ("run", "own.yaml", "-j2")), (0, ("plan", "own.yaml"))):
            self.write("own.c", head + activation("2 * x[i]", "2", before=f"static int calls; if (++calls > {calls}) exit(0);"))
            _, said = self.sweep(*command, code=65)
            self.assertIn("the plug-in own.c ended the program: it called exit", said)
        for end, code, told in (("exit(0)", 65, "called exit"), ("abort()", -signal.SIGABRT, "the plug-in own.c crashed: Aborted")):
            self.write("own.c", head + activation("x[i]", "1") + f"__attribute__((constructor)) static void begin(void) {{ {end}; }}\n")
            self.assertIn(told, self.sweep("plan", "own.yaml", code=code)[1])
        self.refused(HEADER + "const struct sweep_plugin *sweep_plugin(void) { return NULL; }\n", "sweep_plugin() returns NULL")

    @unittest.skipIf(SANITIZED, "a sanitizer reports crashes itself")
    def test_crashes_count_for_what_uses_the_plugin(self):
        """After three of them the others are trained, which shared the plan with it; a kill counts for nobody."""
        self.write("own.c", "#include <signal.h>\n#include <stdlib.h>\n" +
                   OPTIMIZER.replace("    const float rate", '    if (p->number > 400) raise(atoi(getenv("HOW")));\n    const float rate'))
        self.config("  activation: {value: relu}\n")
        text = (self.folder / "own.yaml").read_text().replace("epochs: {value: 2}", "epochs: {value: 200}")
        self.write("own.yaml", text.replace("value: adam", "values: [sgd, mine, adam]"))
        run = "run", "own.yaml", "-j2", "-c0"
        for number in (signal.SIGABRT, signal.SIGKILL, signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT):
            self.sweep(*run, code=-number, environment={"HOW": str(int(number))})
        self.assertIn("2 trials failed 3 times and are left alone", self.sweep(*run, code=1)[1])
        of = "FROM trials LEFT JOIN attempts USING (trial_id) WHERE optimizer LIKE 'mine@%'"
        self.assertEqual(self.ask(f"SELECT outcome, count(*) {of} GROUP BY outcome"), [("failed", 6), ("lost", 4)])
        self.assertEqual(self.ask(f"SELECT DISTINCT status, trials.error {of}"), [("failed", "the plug-in own.c crashed: Aborted")])
        self.assertEqual(self.ask("SELECT DISTINCT status FROM trials WHERE optimizer NOT LIKE 'mine@%'"), [("completed",)])
        self.assertEqual(self.ask("SELECT count(*) FROM attempts WHERE outcome = 'failed'"), [(6,)])
        self.sweep("doctor")

    def test_company_and_threads_change_nothing(self):
        shutil.copy(ROOT / "experiments" / "05-own-layer" / "swish2.c", self.folder / "own.c")
        self.config("  activation: {values: [relu, swish2]}\n  loss: {values: [mse, focal]}\n  dropout: {values: [0, 0.3]}\n",
                    metrics="metrics: [confidence]\n")
        self.sweep("run", "own.yaml", "-qj1", "--db", "one.db")
        self.sweep("run", "own.yaml", "-qj2", "--db", "two.db")
        self.assertEqual(self.dump("one.db"), self.dump("two.db"))
        self.sweep("run", "own.yaml", "-qj1", "-s", "activation=swish2", "-s", "loss=focal", "-s", "dropout=0.3", "--db", "few.db")
        alone = "SELECT seed, test_loss, val_loss FROM trials WHERE activation LIKE 'swish2%' AND dropout > 0 AND loss_function LIKE 'focal%' ORDER BY seed"
        self.assertEqual(self.ask(alone, "few.db"), self.ask(alone, "one.db"))


if __name__ == "__main__":
    unittest.main()
