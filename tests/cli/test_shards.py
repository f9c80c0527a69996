"""A sweep trained in shards by tasks that share nothing but a folder: the merged database is that of
one `sweep run`, bit for bit, whatever happened to tasks, files and the order of merging.

20 kills; with SWEEP_LONG=1 a thousand, and rounds on the built-in digits. SWEEP_SEED repeats the
moments of a run, as far as the machine does.
"""

import collections
import fcntl
import json
import os
import pathlib
import random
import re
import resource
import shlex
import shutil
import signal
import struct
import subprocess
import time
import unittest
import zlib

from harness import DATA, ENDLESS, LONG_FORM, PATIENCE, SEED, SWEEP, Case, make_dataset

CONFIG = """\
name: parts
method: grid
dataset: tiny
repeats: 3
metrics: [f1_score]
keep_models: none
parameters:
  validation_split: {value: 0.2}
  batch_size: {values: [16, 32]}
  layers: {values: [[], [12], [12, dropout 0.2]]}
  optimizer: {values: [sgd, adam]}
  epochs: {values: [2, 5]}
"""
TRIALS = 72

LASTING = """\
name: lasting
method: grid
dataset: tiny
repeats: 8
parameters:
  layers: {value: [48]}
  activation: {values: [relu, tanh]}
  augmentation: {values: [[], [random_rotation 0.05]]}
  epochs: {values: [60, 150]}
"""

DIGITS = """\
name: digits
method: grid
dataset: digits
repeats: 4
parameters:
  validation_split: {value: 0.1}
  train_images: {value: 1000}
  layers: {values: [[], [32], [conv2d 4 3, max_pooling2d 2, flatten]]}
  optimizer: {values: [sgd, adam]}
  epochs: {values: [1, 3]}
"""

TITLE = b"sweep spool, version 1\n"


def results_in(path):
    """The digests of the trials whose results are in a file, as often as they are; for whole files."""
    data = path.read_bytes()
    assert data.startswith(TITLE), path
    at, found = len(TITLE), []
    while at + 72 <= len(data):
        length, = struct.unpack("<Q", data[at:at + 8])
        content = data[at + 72:at + 72 + length]
        size, = struct.unpack("<Q", content[:8]) if length >= 8 else (0,)
        if length == 0 or len(content) < length:
            break
        if size == 64:
            found.append(content[8:72].decode())
        at += 72 + length
    return found


def png(columns, rows, pixel):
    """A picture of one colour."""
    chunk = lambda kind, data: (struct.pack(">I", len(data)) + kind + data +
                                struct.pack(">I", zlib.crc32(kind + data)))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress((b"\0" + pixel * columns) * rows)) + chunk(b"IEND", b""))


class Shards(Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.write("parts.yaml", CONFIG)

    WHOLE = {}  # what `whole` gave, by config and options

    def whole(self, config="parts.yaml", *options):
        """The sweep by one run, in whole.db; many tests compare with the same one, which is trained once."""
        key = (self.folder / config).read_text(), options
        if key not in self.WHOLE:
            self.sweep("run", config, "-q", "--db", "whole.db", *options)
            self.WHOLE[key] = (self.folder / "whole.db").read_bytes()
        (self.folder / "whole.db").write_bytes(self.WHOLE[key])
        return self.dump("whole.db")

    def task(self, number, count, *options, config="parts.yaml", folder="shared", **more):
        return self.start("run", config, "-j1", "--shard", f"{number}/{count}", "--results", folder,
                          *options, **more)

    def finish(self, process, *codes):
        out, err = process.communicate(timeout=PATIENCE)
        self.assertIn(process.returncode, codes or (0,), f"{SEED}\n{out}\n{err}")
        return err

    def train(self, count, *options, **more):
        """All shards at once, as a loop of background processes has it."""
        for process in [self.task(i, count, *options, **more) for i in range(1, count + 1)]:
            self.finish(process)

    def merge(self, *folders, code=0, database="merged.db", options=()):
        return self.sweep("merge", "--db", database, *options, *(folders or ("shared",)), code=code)

    def shards(self, folder="shared"):
        return sorted((self.folder / folder).glob("*.shard"))

    def counted(self, folder="shared"):
        return collections.Counter(d for path in self.shards(folder) for d in results_in(path))


class Merged(Shards):
    def test_shards_are_a_sweep(self):
        expected = self.whole()
        self.train(4)
        self.assertEqual(set(self.counted().values()), {1})
        self.assertEqual(len(self.counted()), TRIALS)
        self.assertEqual(list((self.folder / "shared").glob("*.plan*")).__len__(), 1)
        out, err = self.merge()
        self.assertIn(f"all {TRIALS} trials are there, {TRIALS} of them new", out)
        self.assertEqual(err, "")
        self.assertEqual(self.dump("merged.db"), expected)
        # Once more changes nothing, and sweep run finds nothing to train.
        before = self.ask("SELECT * FROM trials", "merged.db")
        out, _ = self.merge()
        self.assertIn("0 of them new", out)
        self.assertEqual(self.ask("SELECT * FROM trials", "merged.db"), before)
        self.assertEqual(self.ask("SELECT count(*) FROM attempts", "merged.db"), [(TRIALS,)])
        self.assertEqual(self.ask("SELECT DISTINCT outcome FROM commands", "merged.db"),
                         [("finished",)])
        self.assertEqual(self.sweep("doctor", "--db", "merged.db")[0].count("error "), 0)
        _, err = self.sweep("run", "parts.yaml", "--db", "merged.db")
        self.assertIn("all trained already", err)

    def test_any_order_and_any_time(self):
        expected = self.whole()
        for i in (3, 1):
            self.finish(self.task(i, 3))
            out, _ = self.merge(code=1, database="early.db")
            self.assertIn("for I = ", out)
        self.assertRegex(out, r"`sweep run parts.yaml --shard I/3 --results\s+shared` trains what is\s+"
                              r"missing, for I = 2\n")
        self.finish(self.task(2, 3))
        self.merge(database="early.db")
        self.assertEqual(self.dump("early.db"), expected)
        # Each file by itself, in any order, from folders of their own.
        for turn in range(4):
            files = self.shards()
            self.random.shuffle(files)
            for i, path in enumerate(files):
                folder = self.folder / f"one-{turn}-{i}"
                folder.mkdir()
                shutil.copy(path, folder)
                shutil.copy(next((self.folder / "shared").glob("*.plan")), folder)
            self.merge(*(f"one-{turn}-{i}" for i in range(len(files))), database=f"{turn}.db",
                       code=1)
            self.merge(database=f"{turn}.db")
            self.assertEqual(self.dump(f"{turn}.db"), expected)

    def test_another_number_of_shards_goes_on(self):
        expected = self.whole()
        self.finish(self.task(2, 3))
        had = set(self.counted())
        config = next((self.folder / "shared").glob("*.plan")).name.split("-")[0]
        (self.folder / "shared" / f"{config}-2-of-3.checkpoints").mkdir()
        err = self.finish(self.task(1, 5))
        self.assertIn("what tasks of 3 shards have not finished begins anew in 5: `--shard I/3` goes on",
                      " ".join(err.split()))
        err = self.finish(self.task(2, 3))
        self.assertNotIn("begins anew", err)
        self.train(5)
        self.assertEqual(set(self.counted().values()), {1})
        self.assertTrue(had)
        self.merge()
        self.assertEqual(self.dump("merged.db"), expected)

    def test_more_shards_than_slices(self):
        expected = self.whole("parts.yaml", "-s", "repeats=1", "-s", "batch_size=32", "-s",
                              "layers=[[12]]")
        options = ("-s", "repeats=1", "-s", "batch_size=32", "-s", "layers=[[12]]")
        self.train(9, *options)
        out, _ = self.merge()
        self.assertEqual(self.dump("merged.db"), expected)
        # The name that was given by --set is part of what to type.
        self.shards()[0].unlink()
        out, _ = self.merge(database="less.db", code=1)
        said, numbers = re.search(r"`sweep (run .*)` trains what is missing, for I = ([\d, -]+)$",
                                  " ".join(out.split())).groups()
        for number in re.findall(r"\d+", numbers):
            words = shlex.split(said.replace("I/9", f"{number}/9"))
            self.sweep(*words)
        self.merge(database="less.db")
        self.assertEqual(self.dump("less.db"), expected)

    def test_two_configs_in_a_folder(self):
        self.write("other.yaml", CONFIG.replace("name: parts", "name: other").replace("[2, 5]", "[3]"))
        self.train(2)
        self.train(2, config="other.yaml")
        out, _ = self.merge()
        self.assertIn("parts: all 72", out)
        self.assertIn("other: all 36", out)
        self.sweep("run", "parts.yaml", "-q", "--db", "both.db")
        self.sweep("run", "other.yaml", "-q", "--db", "both.db")
        kept = [t for t in self.dump("both.db")["trials"]]
        self.assertEqual(sorted(map(repr, (t[1:] for t in kept))),
                         sorted(map(repr, (t[1:] for t in self.dump("merged.db")["trials"]))))

    def used(self, name):
        """What is made of the best model, times and names aside."""
        shown = json.loads(self.sweep("show", "--json", "--db", f"{name}.db")[0])
        self.sweep("export", "--db", f"{name}.db", "-o", f"{name}.onnx")
        keys = ("class_names", "confusion", "mistakes", "largest_errors", "r2_score")
        self.assertGreater(sum(key in shown for key in keys), 1)
        return [shown.get(key) for key in keys], (self.folder / f"{name}.onnx").read_bytes()

    def test_weights(self):
        """They come with the shards: whatever reads a model reads that of one run."""
        self.write("parts.yaml", CONFIG.replace("keep_models: none\n", ""))
        expected = self.whole()
        best = self.models("whole.db")
        self.assertEqual(len(best), 1)
        self.finish(self.task(2, 3))
        self.merge(code=1)
        self.assertEqual(len(self.models("merged.db")), 8)  # as a run that was interrupted
        for i in (3, 1):
            self.finish(self.task(i, 3))
        self.assertNotIn("weights", self.merge()[0])
        self.assertEqual(self.models("merged.db"), best)
        self.assertEqual(self.dump("merged.db"), expected)
        self.assertEqual(self.used("merged"), self.used("whole"))
        # Each folder by itself, in whose files the best of all may be no longer the best so far.
        for i, path in enumerate(self.shards()):
            folder = self.folder / f"one-{i}"
            folder.mkdir()
            for name in (path, path.with_suffix(".models"), next((self.folder / "shared").glob("*.plan"))):
                shutil.copy(name, folder)
            self.merge(f"one-{i}", database="by.db", code=int(i < 2))
        self.assertEqual(self.models("by.db"), best)

    def test_weights_of_all(self):
        self.write("parts.yaml", CONFIG.replace("keep_models: none\n", "keep_models: all\n"))
        self.whole()
        self.train(2)
        self.merge()
        self.assertEqual(len(self.models("merged.db")), TRIALS)
        self.assertEqual(self.models("merged.db"), self.models("whole.db"))

    def test_weights_that_are_damaged(self):
        self.write("parts.yaml", CONFIG.replace("keep_models: none\n", ""))
        self.whole()
        best = self.models("whole.db")[0]
        self.train(2)
        holds = next(path for path in (self.folder / "shared").glob("*.models")
                     if best[0].encode() in path.read_bytes())
        data = holds.read_bytes()
        at = data.index(best[2])
        holds.write_bytes(data[:at + 20] + bytes([data[at + 20] ^ 1]) + data[at + 21:])
        out, _ = self.merge()
        self.assertIn("no weights of the best trial: `sweep run parts.yaml --db merged.db` trains it once more",
                      " ".join(out.split()))
        self.assertEqual(self.models("merged.db"), [])
        # Those of another result of the trial are not its own.
        holds.write_bytes(data)
        self.change(f"UPDATE trials SET test_loss = test_loss + 1e-9 WHERE digest = '{best[0]}'", "merged.db")
        self.assertIn("no weights of", self.merge(code=65)[0])
        (self.folder / "merged.db").unlink()
        holds.unlink()
        self.merge()
        self.sweep("run", "parts.yaml", "-q", "--db", "merged.db")
        self.assertEqual(self.models("merged.db"), [best])

    def test_other_sorts_of_data(self):
        """Pictures in colour whose classes have names, and a table whose targets are numbers."""
        rows = ["a,b,c,y"] + [f"{i % 7},{i % 5},{i % 3},{i % 7 - 0.5 * (i % 5)}" for i in range(60)]
        (self.folder / "table.csv").write_text("\n".join(rows))
        for i in range(40):
            name, colour = (("azul", (9, 9, 200)), ("rojo", (200, 9, 9)))[i % 2]
            path = self.folder / "pictures" / name / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png(8, 6, bytes(c + i for c in colour)))
        config = ("method: grid\nrepeats: 2\ndataset: {0}\nparameters:\n  epochs: {{values: [2, 3]}}\n"
                  "  layers: {{value: [{1}]}}\n  learning_rate: {{values: [0.1, 0.01]}}\n  loss: {{value: {2}}}\n")
        for name, text in (("pictures", config.format("./pictures", "conv2d 2 2, flatten", "categorical_crossentropy")),
                           ("table", config.format("{name: ./table.csv, targets: values}", "4", "mean_squared_error"))):
            with self.subTest(name):
                self.write("own.yaml", text)
                self.whole("own.yaml")
                self.train(2, config="own.yaml", folder=name)
                self.assertIn("all 8 trials", self.merge(name)[0])
                self.assertEqual(self.dump("merged.db"), self.dump("whole.db"))
                self.assertEqual(self.models("merged.db"), self.models("whole.db"))
                self.assertEqual(self.used("merged"), self.used("whole"))
                for database in ("merged.db", "whole.db"):
                    (self.folder / database).unlink()

    def test_failed_trials_are_told(self):
        # A network that no memory is left for fails, the others go on.
        self.write("large.yaml", CONFIG.replace("[12, dropout 0.2]", "[65536, 65536]").replace(
            "repeats: 3", "repeats: 1"))
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        if os.environ.get("SWEEP_SANITIZE"):
            self.skipTest("a sanitizer needs more address space than can be limited")
        process = self.task(1, 1, config="large.yaml", preexec_fn=limit)
        err = self.finish(process, 1)
        self.assertIn("failed", err)
        out, err = self.merge(code=1)
        self.assertRegex(err, r"sweep: 8 trials failed: .")
        self.assertIn("16 of 24 trials are there", out)

    @unittest.skipUnless(DATA, "SWEEP_DATA_DIR with MNIST is not set")
    def test_mnist(self):
        where = {"SWEEP_DATA_DIR": DATA}
        self.write("mnist.yaml", CONFIG.replace("dataset: tiny", "dataset: mnist").replace(
            "layers:", "train_images: {value: 1500}\n  layers:").replace("repeats: 3", "repeats: 2"))
        self.sweep("run", "mnist.yaml", "-q", "--db", "whole.db", environment=where)
        self.train(3, config="mnist.yaml", environment=where)
        self.merge()  # which needs no data
        self.assertEqual(self.dump("merged.db"), self.dump("whole.db"))

    def example(self, first, lines=1):
        """Lines of the README's examples, from the one that has `first` on, for this config."""
        readme = (pathlib.Path(__file__).parents[2] / "README.md").read_text().splitlines()
        at = next(i for i, line in enumerate(readme) if first in line)
        return "\n".join(readme[at:at + lines]).replace(" grid ", " parts.yaml -qj1 ")

    def run_example(self, text, *codes, **variables):
        commands = self.folder / "commands"
        commands.mkdir(exist_ok=True)
        if not (commands / "sweep").exists():
            (commands / "sweep").symlink_to(pathlib.Path(SWEEP).resolve())
            (commands / "ssh").write_text('#!/bin/sh\necho "$1" >> nodes\nexec sh -c "$2"\n')
            (commands / "ssh").chmod(0o755)
        done = subprocess.run(["sh", "-c", text], cwd=self.folder, timeout=PATIENCE, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              env={**self.environment, "HOME": str(self.folder), **variables,
                                   "PATH": f"{commands}:{self.environment['PATH']}"})
        self.assertIn(done.returncode, codes or (0,), done.stderr)

    def test_the_examples_of_batch_systems(self):
        expected = self.whole()
        pbs = self.example("sweep run grid --shard $PBS_ARRAY_INDEX/8")
        for i in range(1, 5):
            self.run_example(pbs, PBS_O_WORKDIR=str(self.folder), PBS_ARRAY_INDEX=str(i))
        sge = self.example("trap : USR1", 2)
        for i in range(5, 9):
            self.run_example(sge, SGE_TASK_ID=str(i))
        self.merge()
        self.assertEqual(self.dump("merged.db"), expected)

    def test_the_example_of_ssh(self):
        expected = self.whole()
        self.run_example(self.example("for i in 1 2 3; do", 3))
        self.assertEqual(sorted((self.folder / "nodes").read_text().split()),
                         ["node1", "node2", "node3"])
        self.merge()
        self.assertEqual(self.dump("merged.db"), expected)

    @unittest.skipUnless(shutil.which("parallel"), "GNU parallel is not installed")
    def test_the_example_of_gnu_parallel(self):
        expected = self.whole()
        self.run_example(self.example("seq 8 | parallel").replace("-qj1", "-q"))
        self.merge()
        self.assertEqual(self.dump("merged.db"), expected)

    def test_watch_ends_when_all_is_there(self):
        expected = self.whole()
        self.finish(self.task(1, 2))
        watching = self.start("watch", "--db", "merged.db", "--every", "1", "shared")
        self.finish(self.task(2, 2))
        out, err = watching.communicate(timeout=PATIENCE)
        self.assertEqual((watching.returncode, err), (0, ""))
        self.assertRegex(out, r"(?m)^\d\d:\d\d:\d\d  \d+ of 72 trials")
        self.assertIn("parts: all 72 trials are there", out)
        self.assertEqual(self.dump("merged.db"), expected)

    def test_watch_is_interrupted(self):
        self.finish(self.task(1, 2))
        watching = self.start("watch", "--db", "merged.db", "shared")
        self.assertIn(" of 72 trials", watching.stdout.readline())
        watching.send_signal(signal.SIGINT)
        out, _ = watching.communicate(timeout=PATIENCE)
        self.assertEqual(watching.returncode, 130)
        self.assertIn("for I = 2", out)
        with open(self.folder / "merged.db") as database:
            fcntl.flock(database, fcntl.LOCK_EX)
            watching = self.start("watch", "--db", "merged.db", "shared")
            self.assertIn("is using it", watching.stderr.readline())
            watching.send_signal(signal.SIGINT)
            _, err = watching.communicate(timeout=PATIENCE)
        self.assertEqual((watching.returncode, err), (130, ""))


class Faults(Shards):
    def test_a_shard_is_one_tasks(self):
        self.write("endless.yaml", ENDLESS)
        first = self.task(1, 2, config="endless.yaml")
        lock = lambda: list((self.folder / "shared").glob("*-1-of-2.lock")) if (
            self.folder / "shared").exists() else []
        deadline = time.monotonic() + PATIENCE
        while not list((self.folder / "shared").glob("*.shard")) and time.monotonic() < deadline:
            time.sleep(0.01)
        err = self.finish(self.task(1, 2, config="endless.yaml"), 75)
        self.assertIn(f"another task trains this shard: pid {first.pid} on ", " ".join(err.split()))
        out, _ = self.merge(code=1)
        self.assertIn(f"shard 1 of 2 has 2 of them, and trains: pid {first.pid}", " ".join(out.split()))
        self.assertIn("for I = 2", out)
        first.send_signal(signal.SIGTERM)
        self.finish(first, 75)
        self.assertEqual(lock(), [])
        second = self.task(1, 2, config="endless.yaml")
        while not lock():
            time.sleep(0.01)
        second.kill()  # which leaves the file, but not the lock
        second.communicate()
        third = self.task(1, 2, config="endless.yaml")
        time.sleep(0.5)
        self.assertIsNone(third.poll())
        third.kill()

    def test_notice(self):
        """A task that is told that its time is up keeps its state, and goes on from there."""
        config = ENDLESS.replace("1000000", "4000")
        self.write("endless.yaml", config)
        states = lambda: {path: path.stat().st_mtime_ns
                          for path in (self.folder / "shared").glob("*.checkpoints/*.[12]")}
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGXCPU):
            process = self.task(1, 1, "-c0", config="endless.yaml")
            deadline, before = time.monotonic() + PATIENCE, states()
            while states() == before:
                self.assertLess(time.monotonic(), deadline)
                self.assertIsNone(process.poll())
                time.sleep(0.01)
            process.send_signal(number)
            err = self.finish(process, 75)
            self.assertRegex(err, r"stopping after the running epochs")
        err = self.finish(self.task(1, 1, config="endless.yaml"))
        self.assertRegex(err, r"4 runs go on from epochs? \d+")
        self.assertEqual(list((self.folder / "shared").glob("*.checkpoints")), [])
        self.merge()
        self.assertEqual(self.dump("merged.db"), self.whole("endless.yaml"))

    def test_notice_before_the_data_are_read(self):
        pipe = self.folder / "pipe.yaml"
        os.mkfifo(pipe)
        process = self.task(1, 2, config="pipe.yaml")
        with open(pipe, "w") as config:  # once the task waits for it
            process.send_signal(signal.SIGTERM)
            config.write(CONFIG)
        self.finish(process, 75)
        self.assertEqual(self.shards() if (self.folder / "shared").exists() else [], [])

    def test_cut_and_flipped(self):
        expected = self.whole()
        self.train(3)
        whole = {path: path.read_bytes() for path in self.shards()}
        each = {path: results_in(path) for path in whole}
        for turn in range(60 if LONG_FORM else 8):
            for path, data in whole.items():
                path.write_bytes(data)
            path = self.random.choice(list(whole))
            data = bytearray(whole[path])
            at = self.random.randrange(len(data))
            cut = turn % 3 == 0
            if cut:
                del data[at:]
            else:
                data[at] ^= 1 << self.random.randrange(8)
            if turn % 3 == 2:  # a block that was never written
                data[at:at + 600] = bytes(len(data[at:at + 600]))
            path.write_bytes(data)
            database = f"{turn}.db"
            process = self.start("merge", "--db", database, "shared")
            out, err = process.communicate(timeout=PATIENCE)
            told = re.search(r"damaged|not whole", err)
            have = self.ask("SELECT digest FROM trials WHERE status <> 'pending'", database)
            lost = TRIALS - len(have)
            self.assertEqual(process.returncode, 1 if lost else 0, f"{SEED} {turn}\n{err}")
            # Whole records are there: all but those that the fault was in.
            self.assertLessEqual(lost, len(each[path]) if cut else 3, f"{SEED} {turn} {at}")
            if lost and not cut:
                self.assertTrue(told, f"{SEED} {turn}\n{err}")
            if lost:
                self.assertIn(f"{TRIALS - lost} of {TRIALS}", out)
            number = re.search(r"-(\d)-of-3", path.name).group(1)
            self.finish(self.task(number, 3))
            self.merge(database=database)
            self.assertEqual(self.dump(database), expected, f"{SEED} {turn}")
            for extra in set(self.shards()) - set(whole):
                self.assertEqual(len(results_in(extra)), lost, f"{SEED} {turn}")
                extra.unlink()

    def test_a_damaged_plan(self):
        self.finish(self.task(1, 2))
        plan = next((self.folder / "shared").glob("*.plan"))
        data = plan.read_bytes()
        for damaged in (b"", data[:100], data[:-8], bytes(len(data)),
                        data[:300] + bytes([data[300] ^ 4]) + data[301:]):
            plan.write_bytes(damaged)
            err = self.finish(self.task(2, 2), 65)
            self.assertIn("remove it, and the tasks make it", " ".join(err.split()))
            self.assertIn("remove it", self.merge(code=65)[1])
        plan.unlink()
        self.assertIn("holds no plan of shards", " ".join(self.merge(code=65)[1].split()))
        self.train(2)
        self.merge()
        self.assertEqual(self.dump("merged.db"), self.whole())

    def test_a_plan_that_is_made_anew(self):
        """What other shards trained under the one before is not trained again, and its weights are found."""
        self.write("parts.yaml", CONFIG.replace("keep_models: none\n", "keep_models: all\n"))
        self.train(3)
        before = self.counted()
        for number in (1, 2, 3):
            next((self.folder / "shared").glob("*.plan")).unlink()
            self.finish(self.task(number, 3))
        self.assertEqual(self.counted(), before)
        out, _ = self.merge()
        self.assertNotIn("no weights", " ".join(out.split()))
        self.assertEqual(self.dump("merged.db"), self.whole())

    def test_no_room(self):
        for limit in (0, 20, 500, 3000):  # of a file: for the plan, a title, a record
            process = self.task(1, 2, preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_FSIZE, (limit, limit)))
            err = self.finish(process, 74)
            self.assertRegex(err, r"(?m)^sweep: ")
        self.train(2)
        self.merge()
        self.assertEqual(self.dump("merged.db"), self.whole())

    def test_no_folder(self):
        err = self.finish(self.task(1, 2, folder="none/shared"), 74)
        self.assertIn("none", err)
        self.write("file", "")
        for folder in ("file", "/proc/none"):
            self.assertRegex(self.finish(self.task(1, 2, folder=folder), 74), r"(?m)^sweep: ")
        self.assertRegex(self.merge("none", code=74)[1], "none: the folder can't be read")

    @unittest.skipUnless(os.environ.get("SWEEP_FAULT_LIBRARY"), "no fault library")
    def test_a_folder_that_becomes_full(self):
        library = os.environ["SWEEP_FAULT_LIBRARY"]
        if " " in library or os.environ.get("SWEEP_SANITIZE"):
            self.skipTest("the library can't be loaded")
        expected = self.whole()
        for fault in [f"{kind}:{n}+" for kind in ("write", "sync") for n in (1, 2, 3, 4, 5, 7, 9)]:
            process = self.task(1, 1, environment={"LD_PRELOAD": library, "SWEEP_FAULT": fault})
            err = self.finish(process, 0, 74)
            if process.returncode:
                self.assertRegex(err, r"(?m)^sweep: .", fault)
            had = self.counted()
            self.finish(self.task(1, 1))
            for digest, times in had.items():
                self.assertEqual((times, self.counted()[digest]), (1, 1), fault)
            self.merge(database="full.db")
            self.assertEqual(self.dump("full.db"), expected, fault)
            shutil.rmtree(self.folder / "shared")
            (self.folder / "full.db").unlink()

    def test_other_data(self):
        self.finish(self.task(1, 2))
        make_dataset(self.folder / "elsewhere" / "tiny", train=220)
        err = self.finish(self.task(2, 2, "-D", "elsewhere"), 65)
        self.assertIn("the shards here are of other data", " ".join(err.split()))
        # As if the plan had been made anew.
        self.finish(self.task(2, 2, "-D", "elsewhere", folder="other"))
        strange = self.shards("other")[0]
        shutil.copy(strange, self.folder / "shared" / strange.name)
        out, err = self.merge(code=65)
        self.assertRegex(" ".join(err.split()), r"sweep: \d+ results of other data \(shared/")
        self.assertIn("for I = 2", out)

    def test_a_mixed_cluster(self):
        other = {"OPENBLAS_CORETYPE": "Prescott"}
        self.write("parts.yaml", CONFIG.replace("[12, dropout 0.2]", "[300, 300]"))
        self.finish(self.task(1, 3))
        self.finish(self.task(2, 3))
        self.finish(self.task(3, 3, environment=other))
        out, err = self.merge()
        said = " ".join(err.split())
        self.assertIn("warning: the trials were trained by 2 kinds of processor", said)
        self.assertIn("OpenBLAS kernels for Prescott", said)
        kinds = self.ask("SELECT openblas_core, count(*) FROM trials JOIN commands USING (command_id)"
                         " GROUP BY 1 ORDER BY 2 DESC", "merged.db")
        self.assertEqual([kinds[1][0], len(kinds)], ["Prescott", 2])
        self.assertEqual(sum(count for _, count in kinds), TRIALS)
        # Refused, and trained again.
        out, err = self.merge(code=65, database="same.db", options=["--same-arithmetic"])
        self.assertIn(f"sweep: {kinds[1][1]} results", err)
        self.assertIn("for I = 3", out)
        err = self.finish(self.task(3, 3, "--same-arithmetic"))
        self.assertIn("of another kind of processor do not count", err)
        self.merge(code=65, database="same.db", options=["--same-arithmetic"])
        self.assertEqual(self.dump("same.db"), self.whole())

    def test_two_results_that_differ(self):
        self.write("parts.yaml", CONFIG.replace("[12, dropout 0.2]", "[300, 300]"))
        self.finish(self.task(1, 1))
        self.finish(self.task(1, 1, folder="other", environment={"OPENBLAS_CORETYPE": "Prescott"}))
        self.merge()
        before = self.dump("merged.db")
        _, err = self.merge("other", code=65)
        self.assertIn("which stays: another kind of processor", " ".join(err.split()))
        self.assertEqual(self.dump("merged.db"), before)

    def test_wrong_usage(self):
        for said, *options in (
                ("--shard takes I/N", "--shard", "0/3", "--results", "s"),
                ("--shard takes I/N", "--shard", "4/3", "--results", "s"),
                ("--shard takes I/N", "--shard", "1/3x", "--results", "s"),
                ("--shard takes I/N", "--shard", "1", "--results", "s"),
                ("--shard takes I/N", "--shard", "1/10001", "--results", "s"),
                ("--results DIR", "--shard", "1/3"),
                ("goes with --shard", "--results", "s"),
                ("goes with --shard", "--same-arithmetic"),
                ("leave out --db", "--shard", "1/3", "--results", "s", "--db", "x.db"),
                ("a new folder", "--shard", "1/3", "--results", "s", "--fresh")):
            _, err = self.sweep("run", "parts.yaml", *options, code=2)
            self.assertIn(said, " ".join(err.split()))
        self.fails(2, "DIR is missing", "merge")


SEARCH = """\
name: searched
method: {method}
dataset: tiny
repeats: {repeats}
batch: 4
{more}
metrics: [f1_score]
metric: {{name: val_accuracy, goal: maximize}}
parameters:
  validation_split: {{value: 0.2}}
  epochs: {{values: [9, 3]}}
  layers: {{values: [[6], [10]]}}
  optimizer: {{values: [sgd, adam]}}
  loss_function: {{value: mean_squared_error}}
  output_activation: {{value: linear}}
  learning_rate: {rates}
"""
RANGE = "{min: 0.001, max: 0.1, distribution: log_uniform_values}"
RATES = "{values: [0.01, 0.1, 1.0e+30]}"


class Searched(Shards):
    """Step by step: tasks train what a step asks for, and whoever comes next finds the next one."""

    def search(self, method="grid", more="", repeats=1, rates=RATES):
        self.write("search.yaml", SEARCH.format(method=method, more=more, repeats=repeats, rates=rates))
        return self.whole("search.yaml")

    def step(self, count):
        """A step by all its tasks at once; whether there was one."""
        said = [self.finish(process) for process in
                [self.task(i, count, config="search.yaml") for i in range(1, count + 1)]]
        return not any("the search is over" in err for err in said)

    def steps(self, count):
        done = 0
        while self.step(count):
            done += 1
            self.assertLess(done, 60)
        return done

    def check(self, expected, count=2):
        done = self.steps(count)
        out, _ = self.merge()
        self.assertIn("the search is over", out)
        self.assertEqual(self.dump("merged.db"), expected)
        self.assertEqual(self.models("merged.db"), self.models("whole.db"))
        self.assertEqual(list((self.folder / "shared").glob("*search*")), [])  # no checkpoints
        shutil.rmtree(self.folder / "shared")
        (self.folder / "merged.db").unlink()
        (self.folder / "whole.db").unlink()
        return done

    def test_every_method(self):
        for method in ("random", "sobol", "tpe", "gp"):
            with self.subTest(method):
                expected = self.search(method, "budget: {trials: 12}", rates=RANGE)
                self.assertEqual(self.check(expected), 3)

    def test_every_rule(self):
        for rule, more, repeats in (("halving", "min_iter: 1, eta: 3", 1), ("hyperband", "min_iter: 1, eta: 3", 2),
                                    ("median", "min_iter: 1", 1), ("race", "", 3)):
            with self.subTest(rule):
                options = f"type: {rule}" + (f", {more}" if more else "")
                expected = self.search("grid", f"early_terminate: {{{options}}}", repeats)
                self.assertGreater(self.check(expected), 1)

    def test_tpe_with_hyperband_and_a_budget_of_epochs(self):
        expected = self.search("tpe", "budget: {epochs: 90}\nearly_terminate: {type: hyperband, min_iter: 1, eta: 3}",
                               rates=RANGE)
        self.assertGreater(self.check(expected, 3), 4)

    def test_merging_after_every_step(self):
        """A database that grows, one that is made anew, and other numbers of shards."""
        expected = self.search("random", "budget: {trials: 8}\nearly_terminate: {type: halving, min_iter: 1, eta: 3}",
                               rates=RANGE)
        for count in (2, 3, 1, 2, 3, 1, 2, 3, 1):
            if not self.step(count):
                break
            (self.folder / "anew.db").unlink(missing_ok=True)
            for database in ("anew.db", "merged.db"):
                merging = self.start("merge", "--db", database, "shared")
                out, err = merging.communicate(timeout=PATIENCE)
                self.assertIn(merging.returncode, (0, 1), err)
            self.assertRegex(out, "lacks|is over")
        self.assertIn("is over", out)
        self.assertEqual(self.dump("merged.db"), expected)
        self.assertEqual(self.dump("anew.db"), expected)
        out, _ = self.merge()
        self.assertEqual(self.dump("merged.db"), expected)
        out, _ = self.sweep("run", "search.yaml", "--db", "merged.db")
        self.assertEqual(self.dump("merged.db"), expected)

    def test_what_is_missing_of_a_step(self):
        self.search("grid", "early_terminate: {type: halving, min_iter: 1, eta: 3}")
        self.finish(self.task(1, 2, config="search.yaml"))
        out, _ = self.merge(code=1)
        self.assertRegex(" ".join(out.split()), "step 1 of the search lacks \\d+ trials.*--shard I/2.*for I = 2")
        self.finish(self.task(1, 2, config="search.yaml"))  # has nothing to do, and begins no other step
        out, _ = self.merge(code=1)
        self.assertIn("step 1 of the search lacks", out)

    def test_kills(self):
        expected = self.search("tpe", "budget: {epochs: 100}\nearly_terminate: {type: halving, min_iter: 1, eta: 3}",
                               rates=RANGE)
        for _ in range(60 if LONG_FORM else 4):
            processes = [self.task(i, 2, config="search.yaml") for i in (1, 2)]
            time.sleep(self.random.uniform(0.02, 0.5))
            for process in processes:
                process.kill()
                process.communicate()
        self.check(expected)

    def test_not_for_searches(self):
        self.search("random", "budget: {trials: 4}", rates=RANGE)
        for option in ("--same-arithmetic", "--retry-failed"):
            self.fails(2, "is for grids", "run", "search.yaml", "--shard", "1/2", "--results", "s", option)


SBATCH = """\
#!/usr/bin/env python3
# As Slurm's: refuses what it is told to, else runs the tasks of an array one after the other, one
# that asks for it again.
import os, re, subprocess, sys
with open("merging" if sys.argv[-1].endswith("-merge.sbatch") else "submitted", "a") as log:
    print(*sys.argv[1:], file=log)
if os.environ.get("REFUSES"):
    sys.exit("sbatch: error: Batch job submission failed: Job violates accounting/QOS policy")
given = dict(word[2:].split("=", 1) for word in sys.argv[1:-1] if "=" in word)
exported = dict(word.split("=", 1) for word in given["export"].split(",")[1:])
if "array" not in given:
    with open("merging.log", "a") as log:
        code = subprocess.run(["sh", sys.argv[-1]], stdout=log, stderr=log, env={
            **os.environ, **exported, "SLURM_JOB_ID": "8"}).returncode
        print("exit status", code, file=log)
for part in given["array"].split(",") if "array" in given else ():
    first, _, last = part.partition("-")
    for task in range(int(first), int(last or first) + 1):
        subprocess.run(["sh", sys.argv[-1]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={
            **os.environ, **exported, "SLURM_ARRAY_TASK_ID": str(task), "SLURM_JOB_ID": "7"})
print("4711;cluster")
"""


class Submitted(Shards):
    """With what stands for Slurm's commands."""

    def setUp(self):
        super().setUp()
        self.commands = self.folder / "commands with blanks"
        self.commands.mkdir()
        self.command("sbatch", SBATCH)
        self.command("srun", '#!/bin/sh\nexec "$@"\n')
        self.command("scontrol", '#!/bin/sh\necho "$@" >> scontrol\n'
                                 'echo "MaxArraySize            = ${MOST:-1001}"\n')
        self.environment["PATH"] = f"{self.commands}:{self.environment['PATH']}"

    def command(self, name, text):
        (self.commands / name).write_text(text)
        (self.commands / name).chmod(0o755)

    def submit(self, *options, code=0, config="parts.yaml", **more):
        return self.sweep("submit", config, "--results", "shared", *options, code=code, **more)

    def submitted(self):
        return (self.folder / "submitted").read_text().splitlines()

    def test_what_is_missing_is_submitted(self):
        expected = self.whole()
        out, err = self.submit("--tasks", "5")
        self.assertIn("0 of 72 trials are trained already\n5 tasks on 1 thread", out)
        self.assertIn("job 4711: tasks 1-5\n", out)
        self.assertIn("sweep watch --db FILE shared", " ".join(err.split()))
        self.merge()
        self.assertEqual(self.dump("merged.db"), expected)
        out, _ = self.submit()  # the number of tasks is that of the first time
        self.assertEqual(out, "72 of 72 trials are trained already\n")
        for number in (2, 3, 5):
            next((self.folder / "shared").glob(f"*-{number}-of-5.1.shard")).unlink()
        out, _ = self.submit()
        self.assertIn("job 4711: tasks 2-3,5\n", out)
        self.assertEqual(len(self.submitted()), 2)
        self.merge(database="again.db")
        self.assertEqual(self.dump("again.db"), expected)

    def test_an_array_is_cut(self):
        expected = self.whole()
        out, _ = self.submit("--tasks", "8", environment={"MOST": "4"})
        self.assertEqual(re.findall("tasks (.*)", out)[1:], ["1-3", "1-3", "1-2"])
        self.assertEqual([re.search("SWEEP_BEFORE=(\\d+)", line).group(1) for line in self.submitted()],
                         ["0", "3", "6"])
        self.merge()
        self.assertEqual(self.dump("merged.db"), expected)

    def test_names_and_options(self):
        (self.folder / "it's a config.yaml").write_text(CONFIG)
        self.write("parts.yaml", "")
        self.sweep("submit", "it's a config.yaml", "--results", "what's shared", "-t2", "-j1", "-p", "long",
                   "-T", "90", "-c5", "-s", "layers=[[], [12]]", "--", "--account=ana", "-C", "avx512")
        self.assertIn(" --account=ana -C avx512 what's shared/sweep.sbatch", self.submitted()[0])
        script = (self.folder / "what's shared" / "sweep.sbatch").read_text()
        for line in ("--partition=long", "--time=90", "--cpus-per-task=1", "--signal=TERM@120"):
            self.assertIn(f"#SBATCH {line}\n", script)
        self.assertIn(" --checkpoint-seconds 5 ", script)
        out, _ = self.merge("what's shared")
        self.assertIn("all 48 trials", out)

    def test_a_search_goes_on_by_itself(self):
        """Each step's array, and the job that merges and submits the next one."""
        more = "budget: {trials: 8}\nearly_terminate: {type: halving, min_iter: 1, eta: 3}"
        self.write("search.yaml", SEARCH.format(method="tpe", more=more, repeats=1, rates=RANGE))
        expected = self.whole("search.yaml")
        out, err = self.submit("--tasks", "2", config="search.yaml")
        self.assertIn("step 1 of the search: 4 trials\n2 tasks", out)
        self.assertIn("submits the next step", " ".join(err.split()))
        self.assertEqual(self.dump("shared/sweep.db"), expected)
        log = (self.folder / "merging.log").read_text()
        self.assertIn("the search is over", log)
        self.assertNotRegex(log, "exit status [^0]")
        merging = (self.folder / "merging").read_text().splitlines()
        self.assertEqual(len(merging), len(self.submitted()))
        self.assertIn("--dependency=afterany:4711 ", merging[0])
        out, _ = self.submit(config="search.yaml")
        self.assertIn("the search is over", out)

    def test_a_step_whose_tasks_fail_is_not_submitted_for_ever(self):
        self.write("search.yaml", SEARCH.format(method="random", more="budget: {trials: 8}", repeats=1, rates=RANGE))
        self.command("srun", "#!/bin/sh\nexit 1\n")
        self.submit("--tasks", "2", config="search.yaml")
        self.assertEqual(len(self.submitted()), 1)
        self.assertRegex(" ".join((self.folder / "merging.log").read_text().split()), "step 1 of the search lacks 4 .*exit status 65")

    def test_what_waits_in_the_queue_is_not_submitted_again(self):
        self.command("sbatch", '#!/bin/sh\necho "$@" >> submitted\necho 12\n')
        self.command("squeue", "#!/bin/sh\n[ ! -e submitted ] || case \"$*\" in *-merge*) echo 13;; *) printf '1 12\\n3 12\\n';; esac\n")
        self.submit("--tasks", "3")
        out, _ = self.submit()
        self.assertIn("2 tasks are in the queue and not submitted again\n1 task", out)
        self.assertIn("tasks 2\n", out)
        self.assertIn("--dependency=afterany:12:12 ", self.submitted()[-1])

    def test_two_at_once(self):
        """The second one waits, and finds what the first has sent; it waits for no process that was killed."""
        self.command("sbatch", '#!/bin/sh\necho "$@" >> submitted\nwhile [ -e submitted ] && [ ! -e go ]; do sleep 0.02; done\necho 12\n')
        self.command("squeue", "#!/bin/sh\n[ ! -e go ] || case \"$*\" in *-merge*) echo 13;; *) printf '1 12\\n2 12\\n';; esac\n")
        command = ("submit", "parts.yaml", "--results", "shared", "-qt2")
        for kill in (True, False):
            first = self.start(*command)
            deadline = time.monotonic() + PATIENCE
            while not (self.folder / "submitted").exists():
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            if kill:
                first.kill()
                first.wait()  # what it ran has its pipes still
                (self.folder / "submitted").unlink()
        second = self.start(*command)
        self.assertIn(f"waiting for another `sweep submit`: pid {first.pid}", second.stderr.readline())
        (self.folder / "go").write_text("")
        self.finish(first)
        out, _ = second.communicate(timeout=PATIENCE)
        self.assertIn("2 tasks are in the queue and not submitted again\n", out)
        self.assertEqual(len([line for line in self.submitted() if "--array" in line]), 1)
        self.assertEqual(list((self.folder / "shared").glob("*.lock")), [])

    def test_dry_run(self):
        before = self.files()
        out, _ = self.submit("--dry-run", "--tasks", "6")
        self.assertEqual([name for name in self.files() if ".cache" not in name], before)
        rows = re.findall(r"(?m)^ +(\d+) +(\S.* s) +([\d.]+) +[\d.]+ MB/s$", out)
        self.assertEqual([row[0] for row in rows], ["1", "10", "100", "1000"])
        # Six tasks of hardly any work, each of which takes 16 s to start.
        self.assertEqual([row[1] for row in rows], ["1 min 36 s", *["16 s"] * 3])
        self.assertIn("6 tasks on 1 thread", out)

    def planned(self, tasks, trials, *options):
        """The predicted seconds of a plan that is there, and its bytes."""
        self.submit("--tasks", str(tasks), *options, code=74, environment={"REFUSES": "1"})
        data = next((self.folder / "shared").glob(f"*-{tasks}.plan")).read_bytes()
        at = len(data) - 8 * (tasks + trials)
        return struct.unpack(f"<{tasks}d", data[at:at + 8 * tasks]), len(data)

    def amount(self, out, what):
        count, each, total = re.search(rf"(?m)^{what} +(\d+) +(\d+) +([\d.]+) MB$", out).groups()
        return int(count), int(each), float(total)

    def test_dry_run_by_hand(self):
        options = ("-s", "epochs=[20000, 50000]", "-s", "keep_models=all")
        seconds, plan = self.planned(30, TRIALS, *options)
        out, _ = self.submit("--dry-run", "--tasks", "30", *options)
        # A record's head, digest, metric, numbers and scores; two epochs of equally many trials.
        each = [72 + 72 + 64 + 80 + 24 + epochs * 56 for epochs in (20000, 50000)]
        self.assertEqual(self.amount(out, "results, written"),
                         (TRIALS, round(sum(each) / 2), round(sum(each) / 2 * TRIALS / 1e6, 1)))
        # A record's head, format, digest, numbers and the weights, 650 or 910 of a network.
        weights = [72 + 23 + 72 + 32 + 16 + 4 * (650 + dense) for dense in (0, 260, 260)]
        self.assertEqual(self.amount(out, "weights, written"),
                         (TRIALS, round(sum(weights) / 3), round(sum(weights) / 3 * TRIALS / 1e6, 1)))
        self.assertEqual(self.amount(out, "the plan, read"), (30, plan, round(30 * plan / 1e6, 1)))
        rows = re.findall(r"(?m)^ +(\d+) +\S.*? +([\d.]+) +([\d.]+) MB/s$", out)
        total = sum(self.amount(out, what)[2] for what in
                    ("results, written", "weights, written", "checkpoints, written", "the plan, read"))
        for nodes, efficiency, rate in rows:
            busy = [0] * int(nodes)
            for task in seconds:  # to whoever is free first
                busy[busy.index(min(busy))] += 16 + task
            self.assertAlmostEqual(float(efficiency), sum(seconds) / max(busy) / len(busy), delta=0.006)
            self.assertAlmostEqual(float(rate), total / max(busy), delta=0.01 + 0.2 / max(busy))
        self.assertEqual(len(rows), 4)

    def test_checkpoints_by_hand(self):
        options = ("-s", "epochs=[1000000]", "-s", "repeats=1", "-s", "batch_size=[16]", "-s",
                   "layers=[[64]]", "-s", "optimizer=[sgd]")
        (seconds,), _ = self.planned(1, 1, *options)
        out, _ = self.submit("--dry-run", "--tasks", "1", *options)
        self.assertIn("Every 300 s (--checkpoint-seconds)", " ".join(out.split()))
        count, _, _ = self.amount(out, "checkpoints, written")
        self.assertAlmostEqual(count, seconds // 300 if seconds >= 600 else 0, delta=1 + seconds / 600)
        out, _ = self.submit("--dry-run", "--tasks", "1", "-c15", *options)
        count, each, total = self.amount(out, "checkpoints, written")
        self.assertGreater(seconds, 30)
        self.assertAlmostEqual(count, seconds // 15, delta=1 + seconds / 30)
        # An epoch is its time and two sets of loss, accuracy and a metric; a head, texts and weights.
        self.assertTrue(0 < each - 1000000 * 7 * 8 < 200000, each)
        self.assertAlmostEqual(total, count * each / 1e6, delta=0.1)

    def test_what_goes_wrong(self):
        _, err = self.submit(code=74, environment={"REFUSES": "1"})
        self.assertIn("Job violates accounting/QOS policy", err)
        self.assertIn("sweep: sbatch refused it", err)
        (self.commands / "sbatch").unlink()
        _, err = self.submit(code=2, environment={"PATH": str(self.commands)})
        self.assertIn("there is no sbatch here", " ".join(err.split()))
        self.fails(2, "--results DIR", "submit", "parts.yaml")
        self.fails(2, "leave one out", "submit", "parts.yaml", "--results", "x", "-t2", "-m3")

    def test_notice_requeues(self):
        self.write("endless.yaml", ENDLESS)
        process = self.start("submit", "endless.yaml", "--results", "shared", "-t1")
        deadline = time.monotonic() + PATIENCE
        while not list((self.folder / "shared").glob("*.shard")):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        pid = int(re.search(r"pid (\d+)", next((self.folder / "shared").glob("*.lock")).read_text())[1])
        out, _ = self.sweep("submit", "endless.yaml", "--results", "shared", "--dry-run")
        self.assertIn("1 task is at work and not submitted again", out)
        time.sleep(0.5)
        os.kill(pid, signal.SIGTERM)
        self.finish(process)
        self.assertIn("requeue 7", (self.folder / "scontrol").read_text())


class Kills(Shards):
    ON_DISK = True

    def kill_until_done(self, config, count, kills, seconds):
        """Tasks that are killed, requeued and merged at random moments, until all is trained."""
        expected = self.whole(config)
        trials = len(expected["trials"])
        tasks, finished, killed, merges = {}, set(), 0, 0
        deadline = time.monotonic() + 20 * PATIENCE
        while len(finished) < count:
            self.assertLess(time.monotonic(), deadline, "hangs")
            for i in set(range(1, count + 1)) - finished - set(tasks):
                if len(tasks) < 2:
                    tasks[i] = self.task(i, count, "-c0", config=config)
            time.sleep(self.random.uniform(0, seconds))
            for i, process in list(tasks.items()):
                if process.poll() is None and killed < kills and self.random.random() < 0.7:
                    process.send_signal(self.random.choice(
                        (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGUSR1)))
                    killed += 1
                elif process.poll() is None:
                    continue
                process.communicate(timeout=PATIENCE)
                del tasks[i]
                self.assertIn(process.returncode, (0, -9, -15, -10, 75), SEED)
                if process.returncode == 0:
                    finished.add(i)
            if self.random.random() < 0.2 and self.shards():
                merging = self.start("merge", "--db", "merged.db", "shared")
                if self.random.random() < 0.5:
                    time.sleep(self.random.uniform(0, 0.1))
                    merging.kill()
                    merging.communicate()
                else:
                    self.finish(merging, 0, 1)
                    self.assertEqual(self.ask("PRAGMA integrity_check", "merged.db"), [("ok",)])
                merges += 1
        self.merge()
        self.assertEqual(self.dump("merged.db"), expected, SEED)
        self.assertEqual(self.models("merged.db"), self.models("whole.db"), SEED)
        self.assertEqual(set(self.counted().values()), {1}, SEED)
        self.assertEqual(len(self.counted()), trials)
        self.assertEqual([p for p in (self.folder / "shared").glob("*.checkpoints")], [])
        print(f"seed {SEED}: {killed} kills, {merges} merges meanwhile", end="; ", flush=True)

    def test_kills(self):
        self.write_lasting("lasting.yaml", LASTING, seconds=2)
        self.kill_until_done("lasting.yaml", 3, 1000 if LONG_FORM else 10, 0.3)

    @unittest.skipUnless(LONG_FORM, "SWEEP_LONG=1 has it")
    def test_kills_on_digits(self):
        self.write("digits.yaml", DIGITS)
        self.kill_until_done("digits.yaml", 4, 100, 1.0)


if __name__ == "__main__":
    unittest.main()
