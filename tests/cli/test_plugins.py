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

    def test_what_is_no_plugin_is_refused(self):
        self.refused("int x = ;\n", "own.c: the plug-in could not be compiled")
        self.refused("int x;\n", "SWEEP_PLUGIN")
        self.refused(HEADER + "SWEEP_PLUGIN(.version = 99)", "version 99")
        self.refused(HEADER + "SWEEP_PLUGIN()", "it has nothing")
        self.refused(activation("x[i]", "1", "relu"), "sweep has one of that name")
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

    @unittest.skipIf(SANITIZED, "a sanitizer reports crashes itself")
    def test_a_crash_is_named(self):
        for crash, number in (("memset((void *)8, 1, count);", signal.SIGSEGV), ("*(volatile int *)0 = 1;", signal.SIGSEGV),
                              ("__builtin_trap();", signal.SIGILL), ("__builtin_abort();", signal.SIGABRT)):
            self.write("own.c", activation("2 * x[i]", "2", before=f"static int calls; if (++calls > 600) {{ {crash} }}"))
            self.config("  activation: {value: mine}\n")
            for jobs in ("1", "2"):
                _, said = self.sweep("run", "own.yaml", "-j", jobs, code=-number)
                self.assertIn("the plug-in own.c crashed", said)

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
