"""A small sweep under valgrind's memcheck: no leak, nothing read that was never written. What is possibly
lost are the threads' own blocks, which the C library keeps."""

import os
import shutil
import subprocess
import sys
import unittest

from harness import SWEEP, Case

VALGRIND = shutil.which("valgrind")
PATIENCE = 600
FAULT = 99


class Memcheck(Case):
    def check(self, *arguments, code=0):
        done = subprocess.run(
            [VALGRIND, "--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect",
             "--errors-for-leak-kinds=definite,indirect", f"--error-exitcode={FAULT}", SWEEP, *arguments],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def test_a_sweep(self):
        small = ("tiny.yaml", "-qj2", "-s", "repeats=1", "-s", "layers=[[], [10, 5 tanh]]", "-s",
                 "dropout=0.2", "-s", "epochs=[1, 2]", "-s", "optimizer=[sgd, adam, ftrl]")
        self.assertIn("12 of 12", self.check("run", *small))
        self.assertIn("12 of 12", self.check("run", *small))
        self.assertIn("12 of 12", self.check("top", "-b", "test_f1_score"))
        for command in (("compare", "--number", "3"), ("show",), ("predict", "-i", "0"),
                        ("export", "--format", "onnx", "--output", "x.onnx"), ("export",), ("report",),
                        ("doctor",)):
            self.check(*command)

    def test_the_other_commands(self):
        self.check("plan", "tiny.yaml")
        self.check("data", "info", "tiny")
        self.check("data", "show", "tiny")
        self.check("keys")

    def test_errors(self):
        self.write("bad.yaml", "method: grid\nparameters: {epcohs: {value: 1}}\n")
        self.check("run", "bad.yaml", code=65)
        self.check("run", "tiny.yaml", "-d", "nowhere", code=65)
        self.check("run", "tiny.yaml", "--db", "tiny.yaml", code=65)
        self.check("top", "--db", "none.db", code=65)


if __name__ == "__main__":
    if not VALGRIND or os.environ.get("SWEEP_SANITIZE"):
        print("valgrind is not installed" if not VALGRIND else "a sanitizer does its own checks")
        sys.exit(77)
    unittest.main(verbosity=2)
