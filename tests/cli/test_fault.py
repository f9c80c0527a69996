"""The whole program, with one of its calls failing: the n-th malloc, open, read, write, fsync,
ftruncate, rename, unlink or call of SQLite, for all n of a small sweep with checkpoints, and all
from the n-th on; or with a signal at the n-th.

ctest sets SWEEP, the program's path, and SWEEP_FAULT_LIBRARY, that of tests/fault/fault.c. Of the
calls that come in thousands a part is tried, spread over the sweep; SWEEP_LONG=1 tries all.
"""

import os
import re
import signal
import sys
import tempfile
import unittest

from harness import LONG_FORM, PATIENCE, Case

LIBRARY = os.environ.get("SWEEP_FAULT_LIBRARY", "")
# A blank ends a name in LD_PRELOAD, so the library gets a path that has none.
PLACE = tempfile.TemporaryDirectory(prefix="sweep-fault-")
PRELOAD = os.path.join(PLACE.name, "fault.so")
COVERAGE = bool(os.environ.get("SWEEP_COVERAGE"))
SANITIZERS = os.environ.get("SWEEP_SANITIZE", "")
SHARE = 8  # calls of a kind that are tried in the short form
# See sweep(1): nothing that a signal or a bug would give, and nobody else is blamed for a lack of memory.
CODES = {"!9": {0, -9}, "!15": {0, -15, 143}, "malloc": {0, 1, 71}, "": {0, 1, 65, 71, 74, 75}}

CONFIG = """\
name: scarce
method: grid
dataset: tiny
metrics: [f1_score]
parameters:
  validation_split: {value: 0.2}
  layers: {values: [[], [10, 10 tanh]]}
  epochs: {values: [1, 2]}
"""


class Fault(Case):
    def setUp(self):
        super().setUp()
        self.write("scarce.yaml", CONFIG)
        self.sweep("run", "scarce.yaml", "-q", "-j1", "--db", "whole.db")
        self.whole = self.dump("whole.db")
        self.options = ()

    def counts(self, *command):
        """How many calls of each kind an undisturbed command makes."""
        self.sweep(*command, environment={
            "LD_PRELOAD": PRELOAD, "SWEEP_FAULT_COUNTS": str(self.folder / "counts")})
        lines = (self.folder / "counts").read_text().splitlines()
        return {kind: int(count) for kind, count in (line.split() for line in lines)}

    def forget(self):
        for path in (*(self.folder / "results").glob("*"), *(self.folder / "copies").glob("*")):
            path.unlink()

    def disturb(self, fault):
        """Run with the fault; then what there is must be sound, and the same command complete it.
        Returns whether the fault was told."""
        process = self.start("run", "scarce.yaml", "-j1", "-c0", *self.options,
                             environment={"LD_PRELOAD": PRELOAD, "SWEEP_FAULT": fault})
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except Exception:
            process.kill()
            self.fail(f"{fault}: hangs")
        codes = next(CODES[key] for key in CODES if key in fault)
        self.assertIn(process.returncode, codes, f"{fault}\n{out}\n{err}")
        told = re.search(r"(?m)^sweep: .", err) is not None
        if process.returncode > 1 and "!" not in fault:  # who sends a signal knows of it
            self.assertTrue(told, f"{fault}\n{err}")
        database = self.folder / "results" / "sweep.db"
        if database.exists() and database.stat().st_size > 0:
            self.assertEqual(self.ask("PRAGMA integrity_check"), [("ok",)], fault)
        copies = list((self.folder / "copies").glob("*.db"))
        for copy in copies:
            self.assertEqual(self.ask("PRAGMA integrity_check", copy), [("ok",)], fault)
        out, err = self.sweep("run", "scarce.yaml", "-q", "-j1", *self.options)
        self.assertIn("4 of 4", out, f"{fault}\n{err}")
        self.assertEqual(self.dump(), self.whole, fault)
        if self.options:
            self.assertEqual(self.dump("copies/sweep.db"), self.whole, fault)
            self.assertEqual(os.listdir(self.folder / "copies"), ["sweep.db"], fault)
        if "!" in fault:
            self.assertEqual(os.listdir(self.folder / "results"), ["sweep.db"], fault)
        self.forget()
        return told or process.returncode != 0

    def try_all(self, kind, ending="", share=SHARE):
        count = self.counts("run", "scarce.yaml", "-j1", "-c0", *self.options)[kind]
        self.forget()
        self.assertGreater(count, 0)
        step = 1 if LONG_FORM else max(1, count // share)
        told = {self.disturb(f"{kind}:{n}{ending}") for n in range(1, count + 1, step)}
        if step == 1 or share == SHARE:
            self.assertIn(True, told, "no fault was felt")

    @unittest.skipIf(COVERAGE, "gcov's counters are written with memory of their own")
    @unittest.skipIf("thread" in SANITIZERS, "ThreadSanitizer's malloc is in the program itself")
    def test_malloc(self):
        self.try_all("malloc")

    @unittest.skipIf(COVERAGE, "gcov's counters are written with memory of their own")
    @unittest.skipIf("thread" in SANITIZERS, "ThreadSanitizer's malloc is in the program itself")
    def test_malloc_from_one_on(self):
        self.try_all("malloc", "+")

    def test_open(self):
        self.try_all("open")

    def test_open_from_one_on(self):
        self.try_all("open", "+")

    def test_read(self):
        self.try_all("read")

    def test_write(self):
        self.try_all("write")

    def test_write_from_one_on(self):
        self.try_all("write", "+")

    def test_sync(self):
        self.try_all("sync")

    def test_sync_from_one_on(self):
        self.try_all("sync", "+")

    def test_truncate(self):
        self.try_all("truncate")

    def test_rename(self):
        self.try_all("rename")

    def test_unlink(self):
        self.try_all("unlink")

    def test_sqlite(self):
        self.try_all("sqlite")

    def test_sqlite_from_one_on(self):
        self.try_all("sqlite", "+")

    def test_an_end_at_a_call(self):
        """A kill, and being asked to stop."""
        for kind in ("open", "write", "sync", "truncate", "rename", "unlink"):
            for number in (signal.SIGKILL, signal.SIGTERM):
                self.try_all(kind, f"!{number:d}")

    def test_copies(self):
        """Where and when the copying is disturbed, both files are whole, and end as they should."""
        self.options = ("--copy-to", "copies/")
        for kind in ("open", "read", "write", "sync", "truncate", "rename", "unlink", "sqlite"):
            for ending in ("", "+", f"!{signal.SIGKILL:d}"):
                with self.subTest(f"{kind}{ending}"):
                    self.try_all(kind, ending, SHARE // 4)

    def test_a_signal_while_a_file_is_written(self):
        """Whenever it comes, and whichever thread takes it: the whole file, or nothing at all."""
        out = self.folder / "out"
        out.mkdir()
        for command in (("export", "-F", "csv"), ("export", "-F", "optuna"), ("report", "-D", "data")):
            command += "--db", "whole.db", "-o", "out/file"
            count = self.counts(*command)
            size = (out / "file").stat().st_size
            found = set()
            for kind in ("open", "write", "sync", "rename", "unlink"):
                for n in range(1, count[kind] + 1, 1 if LONG_FORM else max(1, count[kind] // SHARE)):
                    (out / "file").unlink(missing_ok=True)
                    self.sweep(*command, code=-signal.SIGTERM, environment={
                        "LD_PRELOAD": PRELOAD, "SWEEP_FAULT": f"{kind}:{n}!{signal.SIGTERM:d}"})
                    left = [(path.name, path.stat().st_size) for path in out.iterdir()]
                    self.assertIn(left, ([], [("file", size)]), f"{command} {kind}:{n}")
                    found.add(len(left))
            self.assertIn(0, found)
            (out / "file").unlink(missing_ok=True)


if __name__ == "__main__":
    if not LIBRARY or not os.path.exists(LIBRARY):
        print("without the library of tests/fault/fault.c no call can be made to fail")
        sys.exit(77)
    os.symlink(os.path.abspath(LIBRARY), PRELOAD)
    if os.access("/dev/shm", os.W_OK):  # hundreds of databases are made: nobody should wait for a disk
        tempfile.tempdir = "/dev/shm"
    unittest.main(verbosity=2)
