#!/usr/bin/env python3
"""search_table on a table that is made here: what it prints, and that it prints the same again."""

import itertools
import json
import math
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = os.environ.get("SEARCH_TABLE", "build/dev/tests/search_table")
WIDTHS, RATES, NAMES = [8, 16, 32, 64, 128], ["1e-4", "0.001", "0.01", "0.1"], ["relu", "tanh", "elu"]


def measurements(width, rate, name, depth):
    """Three of them, of which the mean is the first."""
    x = math.log2(width) - 5.2, math.log10(float(rate)) + 2.3, NAMES.index(name), depth - 2
    mean = 0.5 + sum(value * value for value in x)
    return [mean, mean - 0.05, mean + 0.05]


def table(sign=1):
    """{setting: measurements}, one never made and one diverged."""
    made = {setting: [sign * value for value in measurements(*setting)]
            for setting in itertools.product(WIDTHS, RATES, NAMES, [1, 2, 3])}
    made[64, "0.1", "elu", 1][1] = None
    made[8, "1e-4", "elu", 3] = [math.nan] * 3
    return made


class SearchTable(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "table.csv"

    def write(self, made):
        lines = ["width,rate,name,depth,objective1,objective2,objective3"]
        lines += [",".join([*map(str, setting), *("" if x is None else repr(x) for x in values)])
                  for setting, values in reversed(made.items())]
        self.path.write_text("\n".join(lines) + "\n")

    def run_program(self, *options, environment=None):
        done = subprocess.run([PROGRAM, self.path, *map(str, options)], capture_output=True, text=True,
                              env={**os.environ, **(environment or {})})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_prints_what_was_measured(self):
        for goal, sign in ("minimize", 1), ("maximize", -1):
            made = table(sign)
            self.write(made)
            for method in "grid", "random", "sobol", "tpe", "gp", "bayes":
                with self.subTest(goal=goal, method=method):
                    lines = self.run_program("--goal", goal, "--method", method, "--budget", 50,
                                             "--studies", 3, "--seed", 5).splitlines()
                    self.assertEqual(len(lines), 3)
                    for i, line in enumerate(lines):
                        study = json.loads(line)
                        self.assertEqual(study["study"], i + 1)
                        self.assertEqual(list(study["best"]), ["20", "40", "50"])
                        self.assertEqual(list(study["true"]), ["20", "40", "50"])
                        best = [sign * value for value in study["best"].values()]
                        self.assertEqual(best, sorted(best, reverse=True))
                        for count, value in study["best"].items():
                            self.assertTrue(any(value in values and
                                                abs(study["true"][count] - values[0]) < 1e-9
                                                for values in made.values()))

    def test_an_exhausted_table_gives_its_best(self):
        made = table()
        self.write(made)
        lowest = min(values[0] for values in made.values())
        for method in "grid", "random", "sobol", "tpe", "gp":
            for batch in 1, 16:
                with self.subTest(method=method, batch=batch):
                    study = json.loads(self.run_program("--goal", "minimize", "--method", method, "--budget",
                                                        320, "--studies", 1, "--batch", batch))
                    self.assertEqual(list(study["best"]), ["20", "40", "80", "160", "320"])
                    self.assertLess(study["true"]["320"], lowest + 0.1)

    def test_prints_the_same_again(self):
        """Also with other instructions in the C library and in OpenBLAS."""
        self.write(table())
        other = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-AVX2,-FMA,-AVX512F",
                 "OPENBLAS_CORETYPE": "Nehalem", "OMP_NUM_THREADS": "1"}
        for method in "random", "sobol", "tpe", "gp":
            options = ["--goal", "minimize", "--method", method, "--studies", 3]
            first = self.run_program(*options)
            with self.subTest(method=method):
                self.assertEqual(self.run_program(*options), first)
                self.assertEqual(self.run_program(*options, environment=other), first)
                self.assertNotEqual(self.run_program(*options, "--seed", 1), first)

    def test_says_what_is_wrong(self):
        self.write(table())
        for options, text in (([], "usage"), (["--method", "simplex", "--goal", "minimize"], "simplex"),
                              (["--method", "gp", "--goal", "best"], "best"),
                              (["--method", "gp", "--goal", "minimize", "--budget", "x"], "x")):
            done = subprocess.run([PROGRAM, self.path, *options], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2)
            self.assertIn(text, done.stderr)


if __name__ == "__main__":
    unittest.main()
