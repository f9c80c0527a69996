"""What the tests of src/python share: the module, and a test in whose folder it is called."""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
for folder in ("src/python", "tests/cli", "tests/export"):
    sys.path.insert(0, str(ROOT / folder))

import harness  # noqa: E402

os.environ["SWEEP"] = harness.SWEEP


class Used:
    """Added to a Case: this process works in the test's folder, with its environment."""

    def setUp(self):
        before, here = dict(os.environ), os.getcwd()
        super().setUp()
        self.addCleanup(os.environ.update, before)
        self.addCleanup(os.environ.clear)
        self.addCleanup(os.chdir, here)
        os.environ.clear()
        os.environ.update(self.environment, SWEEP=harness.SWEEP)
        os.chdir(self.folder)
