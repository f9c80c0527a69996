"""`sweep keys NAME` draws activations, losses and initializers: the formulas are held against their
derivatives, and the drawings against the formulas, cell by cell."""

import json
import math
import re
import unittest

from harness import Case

PLAIN = {"LC_ALL": "C"}
ROWS = 9


def python(formula):
    """A formula as Python takes it; what comes behind it in words is left out."""
    formula = re.split(r";|, (?:scale|the|X|p|s) ", formula)[0]
    for ours, theirs in ((", else", " else"), ("^2", "**2"), ("P(X <= x)", "normal(x)"), (", X standard", "")):
        formula = formula.replace(ours, theirs)
    return re.sub(r"\|(.*?)\|", r"abs(\1)", formula)


class Drawn:
    """What is printed of one: its lines above the plot, and the plot."""

    def __init__(self, out):
        lines = out.splitlines()
        self.title = lines[0]
        self.said = lines[1:lines.index("")]
        plot = lines[lines.index("") + 2:]
        at = plot[0].index("|") if "|" in plot[0] else plot[0].index("+")
        self.width = len(plot[ROWS].strip()) - 1
        self.cells = [row[at + 1:].ljust(self.width) for row in plot[:ROWS]]
        ends = re.findall(r"-?[\d.]+", plot[ROWS + 1])
        self.first, self.last = float(ends[0]), float(ends[-1])

    def formula(self, begin):
        return next(line[len(begin) + 2:] for line in self.said if line.startswith("  " + begin))

    def place(self, column):
        return self.first + (self.last - self.first) * column / (self.width - 1)


class Functions(Case):
    def keys(self, name, **options):
        return self.sweep("keys", name, environment={**self.environment, **PLAIN}, **options)[0]

    def names(self, kind):
        return [row["name"] for row in json.loads(self.sweep("keys", "--json")[0])[kind]]

    def functions_of(self, name, drawn):
        """f and its derivative, of x."""
        known = {"exp": math.exp, "log": math.log, "max": max, "min": min, "tanh": math.tanh, "abs": abs,
                 "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "softplus": lambda x: math.log1p(math.exp(x)),
                 "normal": lambda x: (1 + math.erf(x / math.sqrt(2))) / 2,
                 "p": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
                 "alpha": {"selu": 1.6732632423543772, "prelu": 0.25}.get(name, 1), "scale": 1.0507009873554805,
                 "theta": 1, "negative_slope": 0.2}
        value, slope = (compile(python(drawn.formula(begin)), name, "eval") for begin in ("f(x) = ", "f'(x) = "))
        known["f"] = lambda x: eval(value, {**known, "x": x})
        return known["f"], lambda x: eval(slope, {**known, "x": x, "s": known["softplus"](x)})

    def test_derivatives(self):
        for name in self.names("activations"):
            drawn = Drawn(self.keys(name))
            if name in ("softmax", "binary_step"):
                continue
            f, slope = self.functions_of(name, drawn)
            for i in range(-399, 400, 7):
                x = i / 100 + 0.001
                self.assertAlmostEqual(slope(x), (f(x + 1e-6) - f(x - 1e-6)) / 2e-6, 5, (name, x))

    def check_curve(self, drawn, f, marks, low, high, name):
        for column in range(drawn.width):
            row = (high - f(drawn.place(column))) / (high - low) * (ROWS - 1)
            if abs(row - math.floor(row) - 0.5) > 0.02:  # else it may be the one or the other
                self.assertIn(drawn.cells[round(row)][column], marks, (name, column))

    def test_drawings_of_activations(self):
        for name in self.names("activations"):
            drawn = Drawn(self.keys(name))
            if name == "softmax":
                f = lambda x: math.exp(x) / (math.exp(x) + 9)
                slope = lambda x: f(x) * (1 - f(x))
            else:
                f, slope = self.functions_of(name, drawn)
            grid = [drawn.first + (drawn.last - drawn.first) * i / 288 for i in range(289)]
            values = [g(x) for x in grid for g in (f, slope)]
            if name not in ("binary_step", "thresholded_relu"):  # which jump between two places
                self.check_curve(drawn, f, "*@", min(values), max(values), name)
            if name in ("sigmoid", "tanh", "softplus", "softsign", "silu", "gelu", "mish", "softmax", "exponential"):
                self.check_curve(drawn, slope, "o@", min(values), max(values), name)
        self.assertEqual(drawn.title, "activation exponential")
        self.assertEqual(Drawn(self.keys("swish")).title, "activation silu, swish")
        self.assertEqual(Drawn(self.keys("relu6")).last, 8)

    def test_drawings_of_losses_and_initializers(self):
        drawn = Drawn(self.keys("categorical_crossentropy"))
        self.check_curve(drawn, lambda y: -math.log(y), "*", 0, -math.log(0.01), "categorical_crossentropy")
        drawn = Drawn(self.keys("mse"))
        mean = lambda y: ((1 - y) ** 2 + 9 * ((1 - y) / 9) ** 2) / 10
        self.check_curve(drawn, mean, "*", 0, mean(0.01), "mse")
        drawn = Drawn(self.keys("glorot_uniform"))
        limit = math.sqrt(6 / (784 + 128))
        self.assertAlmostEqual(drawn.last, 1.25 * limit, 3)
        self.assertEqual(drawn.cells[0].strip(" "), "*" * drawn.cells[0].count("*"))
        self.assertAlmostEqual(drawn.cells[0].count("*") / drawn.width, 0.8, delta=0.03)
        self.assertEqual(self.keys("zero").splitlines(), ["initializer zeros, zero", "  0"])
        for kind in ("losses", "initializers"):
            for name in self.names(kind):
                self.assertIn(f"{'loss' if kind == 'losses' else 'initializer'} {name}", self.keys(name))

    def test_terminals(self):
        for name in ("sigmoid", "softmax", "hinge", "he_normal"):
            out = self.keys(name)
            self.assertTrue(out.isascii() and "\033" not in out)
            for width in (30, 80, 200):
                shown, _ = self.terminal("keys", name, environment={"COLUMNS": str(width), "LC_ALL": "C.UTF-8", "TERM": "xterm"})
                self.assertIn("\033[36m", shown)
                for line in re.sub(r"\033\[[\d;]*m", "", shown).splitlines():
                    self.assertLessEqual(len(line), width)
            shown, _ = self.terminal("keys", name, environment={"COLUMNS": "80", "NO_COLOR": "1", "LC_ALL": "C"})
            self.assertTrue(shown.isascii() and "\033" not in shown)
        shown = self.sweep("keys", "sigmoid", environment={**self.environment, "LC_ALL": "C.UTF-8"})[0]
        self.assertIn("  f\u2032(x) = f(x) \u00b7 (1 \u2212 f(x))", shown)


if __name__ == "__main__":
    unittest.main()
