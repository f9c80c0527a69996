"""The module sweep (src/python), against the program and the database. read() and weights() are tried where pandas
and NumPy are, which Debian has as python3-pandas."""

import contextlib
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

from used import Used, harness
import made
import sweep

try:
    import numpy
    import pandas
except ImportError:
    numpy = pandas = None

PANDAS = "pandas is not installed (python3-pandas): frames and arrays are not tried"


def said(function, *arguments, **options):
    """What a call prints: standard output, standard error."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        function(*arguments, **options)
    return out.getvalue(), err.getvalue()


class Run(Used, harness.Case):
    def test_as_the_program(self):
        """The same words, and the same results, as of the command line."""
        out, err = said(sweep.run, "tiny.yaml", db="of/module.db", jobs=1, epochs=[1, 2], optimizer="adam",
                        metric={"name": "val_loss", "goal": "minimize"})
        expected, told = self.sweep("run", "tiny.yaml", "--db", "of/program.db", "--jobs", "1",
                                    "--set", "epochs=[1, 2]", "--set", "optimizer=adam",
                                    "--set", "metric={name: val_loss, goal: minimize}")
        self.assertEqual(self.ask("SELECT digest, val_loss FROM trials ORDER BY 1", "of/module.db"),
                         self.ask("SELECT digest, val_loss FROM trials ORDER BY 1", "of/program.db"))
        first = expected.splitlines()[0]
        self.assertIn("val_loss", first)
        self.assertEqual(out.splitlines()[0].partition(": ")[2], first.partition(": ")[2])
        self.assertEqual(err.splitlines()[:2], told.splitlines()[:2])

    def test_every_option(self):
        """An option of the program is one here, whether or not this module knows of it."""
        lines = self.sweep("run", "--help")[0].splitlines()
        names = {re.sub("=.*", "", word[2:]) for line in lines for word in line.split()[:2]
                 if line[:2] == "  " and word[:2] == "--" and line.index("--") == 6}
        self.assertLess({"db", "jobs", "data-dir", "dataset", "quiet", "fresh", "copy-to", "checkpoint-seconds"}, names)
        for name in names - {"set", "help", "usage", "version"}:
            words = sweep._arguments("tiny.yaml", {name.replace("-", "_"): "7"})
            self.assertEqual(words, [f"--{name}=7", "--", "tiny.yaml"])
        self.assertEqual(sweep._arguments("a.yaml", {"dataset": ["mnist", "digits"]})[0],
                         '--set=dataset=["mnist", "digits"]')
        said(sweep.run, "tiny.yaml", quiet=True, fresh=True, checkpoint_seconds=0, retry_failed=False, epochs=1)
        self.assertEqual(self.ask("SELECT count(*) FROM trials"), [(4,)])

    def test_a_dict(self):
        config = {"name": "of a dict/é", "method": "grid", "dataset": "tiny",
                  "parameters": {"epochs": {"values": (1, 2)}, "layers": {"value": [9, "8 relu"]},
                                 "optimizer": {"value": {"name": "adam", "learning_rate": 1e-05}}}}
        said(sweep.run, config, quiet=True)
        self.assertEqual(self.ask("SELECT name FROM sweeps"), [(config["name"],)])
        self.assertEqual(self.ask("SELECT DISTINCT layers, learning_rate FROM trials"), [('[9, "8 relu"]', 1e-05)])
        config["parameters"]["epochs"] = {"values": [1, 2, 3]}
        _, err = said(sweep.run, config)
        self.assertIn("1 trial", err)
        self.assertEqual(self.ask("SELECT count(*) FROM trials"), [(3,)])

    def test_plugins_of_a_dict(self):
        """Are seen from where Python is."""
        self.write("twice.c", "#include <sweep/plugin.h>\nthis is no C\n")
        with self.assertRaises(sweep.Error) as caught:
            said(sweep.run, {"method": "grid", "dataset": "tiny", "plugins": ["./twice.c"],
                             "parameters": {"epochs": {"value": 1}}})
        self.assertIn(str(self.folder / "twice.c"), str(caught.exception))

    def test_errors(self):
        config = {"method": "grid", "dataset": "tiny", "parameters": {"optimizer": {"values": ["sgd", "rmsporp"]}}}
        with self.assertRaisesRegex(sweep.Error, "unknown optimizer 'rmsporp'; did you mean 'rmsprop'") as caught:
            said(sweep.run, config)
        self.assertEqual(caught.exception.status, 65)
        self.assertFalse(str(caught.exception).startswith("sweep: "))
        with self.assertRaisesRegex(sweep.Error, "epochs"):
            said(sweep.run, "tiny.yaml", epochs=[])
        with self.assertRaisesRegex(sweep.Error, "nowhere.yaml"):
            said(sweep.run, "nowhere.yaml")
        with self.assertRaisesRegex(sweep.Error, "no such database"):
            sweep.report()
        os.environ["SWEEP"] = str(self.folder / "none")
        with self.assertRaises(OSError):
            said(sweep.run, "tiny.yaml")

    def test_a_database_that_fails(self):
        with self.assertRaises(sweep.Error) as caught:
            said(sweep.run, "tiny.yaml", db="/proc/self/none.db")
        self.assertEqual(caught.exception.status, 74)

    def start_python(self, stderr=subprocess.PIPE):
        process = subprocess.Popen(
            [sys.executable, "-B", "-c", "import sweep\ntry: sweep.run('endless.yaml', jobs=1)\n"
             "except KeyboardInterrupt: print('interrupted')"],
            env={**os.environ, "PYTHONPATH": str(harness.ROOT / "src" / "python")}, text=True,
            stdout=subprocess.PIPE, stderr=stderr, start_new_session=True)
        self.addCleanup(self.end, process)
        end = time.monotonic() + harness.PATIENCE
        while time.monotonic() < end:
            time.sleep(0.05)
            with contextlib.suppress(Exception):
                if self.ask("SELECT count(*) FROM attempts WHERE outcome = 'running'")[0][0]:
                    return process
        self.fail("the sweep did not begin")

    def await_end(self):
        """How the sweep ended, once nobody works in the test's folder any more."""
        def working():
            for process in pathlib.Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    if int(process.name) != os.getpid() and os.readlink(process / "cwd") == str(self.folder):
                        return True
            return False
        end = time.monotonic() + harness.PATIENCE
        while working() and time.monotonic() < end:
            time.sleep(0.05)
        return self.ask("SELECT outcome FROM commands")

    def test_an_interruption(self):
        """Ends the sweep in order, and is Python's own."""
        self.write("endless.yaml", harness.ENDLESS)
        process = self.start_python()
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=harness.PATIENCE)
        self.assertIn("interrupted", out, err)
        self.assertIn("stopping after the running epochs", err)
        self.assertEqual(self.await_end(), [("interrupted",)])

    def test_python_is_killed(self):
        """As when a notebook's kernel is started again: nobody trains on unseen, and the database is closed."""
        self.write("endless.yaml", harness.ENDLESS)
        process = self.start_python()
        process.kill()
        process.wait()
        self.assertEqual(self.await_end(), [("interrupted",)])

    def test_what_a_terminal_shows(self):
        lines = sweep._Lines()
        out, err = said(lines.take, b"\r[==   ]  10 %\x1b[K\r\x1b[Ksweep: no\r\n  such file\r\n\r[=== ] 20 %")
        self.assertEqual(err, "sweep: no\n  such file\n")
        self.assertEqual(lines.kept[:2], ["sweep: no", "  such file"])
        self.assertEqual(sweep._said("data\n" + "\n".join(lines.kept[:2])), "no\n  such file")

    def test_the_program_is_found(self):
        self.assertEqual(sweep.program(), harness.SWEEP)
        del os.environ["SWEEP"]
        self.assertTrue(os.access(sweep.program(), os.X_OK))

    @unittest.skipUnless(shutil.which("cmake"), "cmake is not to be found")
    def test_an_installation(self):
        """In a user's own folder, where this Python finds it, and it the program; and in one where it does not look."""
        path = os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"]))
        environment = {**os.environ, "PATH": path}
        del environment["SWEEP"]
        for folder, found in ((".local", True), ("else where", False)):
            prefix = self.folder / folder
            told = subprocess.run(["cmake", "--install", os.path.dirname(harness.SWEEP), "--prefix", prefix],
                                  check=True, capture_output=True, text=True, env=environment).stdout
            place = re.search("set PYTHONPATH=(.*)", told)
            self.assertEqual(not place, found, told)
            said = subprocess.run([sys.executable, "-B", "-c", "import sweep; print(sweep.program())"], check=True,
                                  env={**environment, "PYTHONPATH": place[1] if place else ""}, capture_output=True,
                                  text=True).stdout
            self.assertEqual(said.strip(), str(prefix / "bin" / "sweep"))

    def test_the_report(self):
        said(sweep.run, "tiny.yaml", quiet=True)
        frame = sweep.report(height=300)._repr_html_()
        self.assertTrue(frame.startswith('<iframe srcdoc="&lt;!'), frame[:80])
        self.assertEqual(frame.count('"'), 8)


@unittest.skipUnless(pandas, PANDAS)
class Read(Used, made.Exporting):
    def check(self, frame, rows, names):
        """Cell by cell what SQL says; NULL is what pandas takes for missing."""
        self.assertEqual(len(frame), len(rows))
        for name in names:
            for found, row in zip(frame[name], rows):
                if row[name] is None:
                    self.assertTrue(pandas.isna(found), name)
                elif isinstance(row[name], str) and name.endswith("_at"):
                    self.assertEqual(found, pandas.Timestamp(row[name]))
                else:
                    self.assertEqual(found, row[name], name)

    def test_frames(self):
        results = sweep.read()
        trials = self.rows("SELECT * FROM sweep_results ORDER BY trial_id")
        names = [name for name in results.trials.columns if name in trials[0]]
        self.assertLess({"layers", "optimizer", "epochs", "seed", "status", "val_loss", "test_accuracy", "error",
                         "started_at"}, set(names))
        self.check(results.trials, trials, names)
        self.assertEqual(list(results.trials.index), [row["trial_id"] for row in trials])
        self.assertEqual(results.trials["status"].value_counts()["diverged"], 8)
        history = self.rows("SELECT history.*, value AS f1_score FROM history LEFT JOIN metrics ON metrics.trial_id ="
                            " history.trial_id AND metrics.epoch = history.epoch AND name = 'f1_score'"
                            " ORDER BY history.trial_id, history.epoch")
        self.check(results.history.sort_values(["trial_id", "epoch"]), history,
                   ["trial_id", "epoch", "loss", "accuracy", "val_loss", "val_accuracy", "f1_score"])
        board = self.rows("SELECT rank, val_loss, val_loss_sd AS sd, n FROM leaderboard WHERE n > 0 ORDER BY rank")
        ranked = results.leaderboard[results.leaderboard["n"] > 0]
        self.check(ranked, board, ["val_loss", "sd", "n"])
        self.assertEqual(list(ranked.index), [row["rank"] for row in board])

    def test_chosen(self):
        self.write("other.yaml", made.METRIC_OF_THE_END)
        said(sweep.run, "other.yaml", quiet=True)
        self.assertEqual(len(sweep.read().trials), 2)
        self.assertEqual(len(sweep.read(sweep=made.NAME).trials), 24)
        chosen = sweep.read("results/sweep.db", sweep=1, where=["optimizer=adam", "epochs=3"])
        self.assertEqual(set(sweep.read(sweep=1, where="epochs=3", all=True).trials["epochs"]), {3})
        self.assertEqual(len(chosen.trials), len(sweep.read(sweep=1, where="epochs=3 and optimizer=adam").trials))
        self.assertIn("batch_size", sweep.read(all=True).trials)
        with self.assertRaisesRegex(sweep.Error, "nobody"):
            sweep.read(where="nobody=1")

    def test_weights(self):
        """A network of dense layers, computed with NumPy, says what `sweep predict` says."""
        self.write("dense.yaml", "name: d\nmethod: grid\ndataset: tiny\nkeep_models: all\nparameters:\n"
                                 "  layers: {values: [[12 tanh, 9 relu], [5 relu]]}\n  epochs: {value: 3}\n")
        said(sweep.run, "dense.yaml", quiet=True)
        for trial, in self.ask("SELECT trial_id FROM sweep_results WHERE sweep_id = 2"):
            arrays = sweep.weights("results/sweep.db", trial)
            images = (self.folder / "data/tiny/t10k-images-idx3-ubyte").read_bytes()[16:]
            values = numpy.frombuffer(images, numpy.uint8).reshape(-1, 64)[:3] / numpy.float32(255)
            functions = [numpy.tanh] * (len(arrays) == 6) + [lambda x: numpy.maximum(x, 0)]
            for function, kernel, bias in zip(functions, arrays[::2], arrays[1::2]):
                values = function(values @ kernel + bias)
            outputs = numpy.exp(values @ arrays[-2] + arrays[-1])
            outputs /= outputs.sum(1, keepdims=True)
            for i, row in enumerate(outputs):
                told = json.loads(self.sweep("predict", str(trial), "-i", str(i), "--json")[0])
                numpy.testing.assert_allclose(row, told["probabilities"], atol=1e-5)
        self.assertEqual([a.dtype for a in sweep.weights()], [numpy.float32] * len(sweep.weights()))
        with self.assertRaisesRegex(sweep.Error, "trial"):
            sweep.weights(trial=9999)

    def test_arrays_in_a_config(self):
        said(sweep.run, "wide.yaml", quiet=True, learning_rate=numpy.geomspace(1e-3, 1e-2, 3),
             epochs=numpy.int64(1), data_dir=pathlib.Path("data"), db="arrays.db", optimizer="adam", layers=[[5]])
        self.assertEqual(sorted(sweep.read("arrays.db").trials["learning_rate"].unique()),
                         sorted(numpy.geomspace(1e-3, 1e-2, 3)))


if __name__ == "__main__":
    if not pandas:
        print("skipped: " + PANDAS)
    unittest.main()
