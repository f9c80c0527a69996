"""What the tests of the command line share: a folder with data, and ways to run the program."""

import os
import pathlib
import pty
import random
import resource
import select
import shutil
import sqlite3
import struct
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SWEEP = os.path.abspath(os.environ.get("SWEEP", "sweep"))
# Paths count from the top of the source tree, as they do for the tests in C.
DATA = str(ROOT / os.environ["SWEEP_DATA_DIR"]) if os.environ.get("SWEEP_DATA_DIR") else ""
COMMANDS = ("run", "plan", "submit", "merge", "watch", "top", "show", "predict", "compare", "report", "export", "list", "delete",
            "keys", "data", "bench", "doctor", "completions")
# What takes long, and the moments at which tests kill.
LONG_FORM = os.environ.get("SWEEP_LONG", "0") not in ("", "0")
SEED = int(os.environ.get("SWEEP_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
SANITIZED = bool(os.environ.get("SWEEP_SANITIZE"))
# Seconds before a hanging program fails its test: so many that a disk or a processor that is busy with something else
# does not. A sanitizer or counters make it many times slower.
PATIENCE = 600 if SANITIZED or os.environ.get("SWEEP_COVERAGE") else 180


def folder_in_memory():
    """Where no test waits for a disk, if there is one with room for it and from which scripts run: what is killed here
    is processes, whose writes the kernel has all the same. test_power_loss.c is about the disk."""
    try:
        about = os.statvfs("/dev/shm")
    except OSError:
        return None
    roomy = about.f_bavail * about.f_frsize >= 2 << 30
    return "/dev/shm" if roomy and os.access("/dev/shm", os.W_OK) and not about.f_flag & os.ST_NOEXEC else None


# The long form is on a disk, unlike the short one: it has the moments within a write as well.
DISK = tempfile.gettempdir()
if not LONG_FORM and "TMPDIR" not in os.environ:
    tempfile.tempdir = folder_in_memory()

# What the program measures of this machine, a third of a second for each network that is new to it, is measured once for
# all tests of a file.
CACHE = tempfile.TemporaryDirectory(prefix="sweep-cache-")

CONFIG = """\
name: tiny
method: grid
dataset: tiny
repeats: 2
seed: 1
metrics: [f1_score]
parameters:
  validation_split: {value: 0.2}
  optimizer: {values: [sgd, adam]}
  epochs: {values: [1, 3]}
"""

# 80 trials, for a sweep to break off: see Case.write_lasting.
LONG = f"""\
name: long
method: grid
dataset: tiny
repeats: 20
parameters:
  layers: {{value: [48]}}
  activation: {{values: [relu, tanh]}}
  epochs: {{values: {[15, 30] if SANITIZED else [150, 300]}}}
"""

# Epochs by the thousand, each of milliseconds: there is always something to interrupt.
ENDLESS = """\
name: endless
method: grid
dataset: tiny
repeats: 2
parameters:
  layers: {value: [24]}
  optimizer: {values: [adam, sgd]}
  epochs: {value: 1000000}
"""

# An epoch takes about a second, so that a first Ctrl-C has something to wait for; it is one of convolutions, whose
# checkpoints are a few megabytes, so that the disk doesn't take longer than the epoch.
SLOW = f"""\
name: slow
method: grid
dataset: tiny
parameters:
  layers: {{value: [{", ".join(["conv2d 128 3 padding=same"] * 5)}, flatten]}}
  epochs: {{value: 50}}
"""


def idx(dimensions, data):
    """An IDX file of unsigned bytes."""
    return struct.pack(f">BBBB{len(dimensions)}I", 0, 0, 8, len(dimensions), *dimensions) + data


def make_dataset(folder, train=200, test=100, size=8):
    """Ten classes: class i has a bright row i % size, brighter on the left for i >= size."""
    folder.mkdir(parents=True)
    for shift, (name, count) in enumerate((("train", train), ("t10k", test))):
        labels = bytes((7 * i + i // 10) % 10 for i in range(count))
        pixels = bytearray()
        for i, label in enumerate(labels):
            for row in range(size):
                for column in range(size):
                    bright = row == label % size and (label < size or column < size // 2)
                    pixels.append(200 if bright else (31 * i + 17 * row * column) % 60)
            pixels[-2:] = i, shift  # no two images are equal
        (folder / f"{name}-images-idx3-ubyte").write_bytes(idx((count, size, size), bytes(pixels)))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx((count,), labels))


class Case(unittest.TestCase):
    """Each test has a folder of its own to be in, with data/tiny and some configs."""

    ON_DISK = False  # for kills at random moments: in memory next to none of them is within a write

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sweep-cli-", dir=DISK if self.ON_DISK else None))
        self.addCleanup(shutil.rmtree, self.folder)
        make_dataset(self.folder / "data" / "tiny")
        self.write("tiny.yaml", CONFIG)
        self.environment = {k: v for k, v in os.environ.items()
                            if k not in ("SWEEP_DATA_DIR", "XDG_DATA_HOME", "XDG_CACHE_HOME",
                                         "KERAS_HOME", "NO_COLOR", "COLUMNS", "TERM")}
        self.environment["HOME"] = str(self.folder)
        self.environment["XDG_CACHE_HOME"] = CACHE.name
        self.environment["XDG_DATA_DIRS"] = str(self.folder / "share")

    def write(self, name, text):
        (self.folder / name).write_text(text)

    WIDTHS = {}  # of the network, by config and seconds; the machine does not change meanwhile

    def write_lasting(self, name, text, seconds=0.7):
        """Write a config whose training takes so long on one thread that the database has some
        results well before it has all: its network of [48] is made wider. Its seconds are the
        processor's: who else is at work now may be gone by then."""
        key = text, seconds
        self.write(name, text)
        width = 48
        while key not in self.WIDTHS:
            begin = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            self.sweep("run", name, "-qj1", "-s", f"layers=[[{width}]]", "--db", "lasting.db")
            spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - begin
            if spent >= seconds or width >= 3072:
                self.WIDTHS[key] = width
            (self.folder / "lasting.db").unlink()
            width *= 2
        self.write(name, text.replace("[48]", f"[{self.WIDTHS[key]}]"))

    def files(self):
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*"))

    def start(self, *arguments, environment=None, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen([SWEEP, *arguments], cwd=self.folder, text=True,
                                   env={**self.environment, **(environment or {})}, **options)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        """A test that failed may have left it running; its folder goes next."""
        with process:
            process.kill()

    def sweep(self, *arguments, code=0, **options):
        """Run to the end; the exit status has to be `code`. Returns (stdout, stderr)."""
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, code, f"{arguments}\n{out}\n{err}")
        return out, err

    def fails(self, code, said, *arguments, **options):
        """Run what has to fail: a message on stderr, nothing on stdout, nothing written."""
        before = self.files()
        out, err = self.sweep(*arguments, code=code, **options)
        self.assertEqual(out, "", arguments)
        self.assertIn(said, err)
        self.assertRegex(err, r"(?m)^sweep")
        self.assertEqual(self.files(), before)
        return err

    def expect_same_after_a_kill(self, config, *options):
        """kill -9 in the middle of a sweep's one training, which is then taken up: the same weights, byte for byte."""
        self.sweep("run", config, "-q", "--db", "whole.db", *options)
        process = self.start("run", config, "-q", "--db", "killed.db", *options)
        end = time.monotonic() + PATIENCE
        while not [path for path in self.folder.glob("killed.db.checkpoints/*") if path.suffix != ".new"]:
            self.assertIsNone(process.poll(), "ended before anything was kept")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.002)
        process.kill()
        process.communicate()
        self.assertEqual(self.ask("SELECT status FROM trials", "killed.db"), [("pending",)])
        self.sweep("run", config, "-q", "--db", "killed.db", *options)
        weights = []
        for db in ("whole.db", "killed.db"):
            self.sweep("export", "--db", db, "-fo", "weights.npz")
            weights.append((self.folder / "weights.npz").read_bytes())
        self.assertEqual(*weights)
        self.assertEqual(*(self.ask("SELECT loss, val_loss, test_loss FROM trials", db) for db in ("whole.db", "killed.db")))
        self.assertEqual(*(self.ask("SELECT name, epoch, value FROM metrics ORDER BY 1, 2", db) for db in ("whole.db", "killed.db")))

    def terminal(self, *arguments, streams=("stdout", "stderr"), code=0, environment=None, typed=None):
        """Run with these streams on a terminal, and standard input as well where something is typed.
        Returns what the terminal got, and what the pipe got that is the other stream."""
        ours, theirs = pty.openpty()
        options = {stream: theirs for stream in streams}
        if typed is not None:
            options["stdin"] = theirs
            os.write(ours, typed.encode())
        process = self.start(*arguments, environment={"TERM": "xterm", **(environment or {})},
                             **options)
        os.close(theirs)
        shown, piped = bytearray(), bytearray()
        other = process.stderr if process.stderr else process.stdout
        sources = [ours] + ([other.fileno()] if other else [])
        while sources:
            ready = select.select(sources, [], [], PATIENCE)[0]
            self.assertTrue(ready, "hangs")
            for source in ready:
                try:
                    data = os.read(source, 65536)
                except OSError:  # how a terminal says that nobody is there any more
                    data = b""
                if not data:
                    sources.remove(source)
                (shown if source == ours else piped).extend(data)
        os.close(ours)
        self.assertEqual(process.wait(PATIENCE), code)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()
        return shown.decode().replace("\r\n", "\n"), piped.decode()

    def execute(self, *statements, database="results/sweep.db"):
        """Change a database as another program would."""
        connection = sqlite3.connect(self.folder / database)
        with connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    def ask(self, sql, database="results/sweep.db"):
        connection = sqlite3.connect(self.folder / database, timeout=10)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def models(self, database="results/sweep.db"):
        """The weights that the sweeps keep."""
        return self.ask("SELECT trials.digest, format, weights, models.digest FROM sweep_models"
                        " JOIN models USING (trial_id) JOIN trials USING (trial_id) ORDER BY 1", database)

    def change(self, script, database="results/sweep.db"):
        connection = sqlite3.connect(self.folder / database)
        connection.executescript(script)
        connection.commit()
        connection.close()

    def make_version_1(self, database="results/sweep.db"):
        """As the first version had it; what it did not know is lost."""
        self.change("DROP VIEW pareto; DROP VIEW objective_means; DROP TABLE objectives; DROP VIEW best; DROP VIEW leaderboard; DROP VIEW ranked; DROP VIEW scored;"
                    "DROP VIEW sweep_results; ALTER TABLE sweep_trials DROP COLUMN stopped_epoch; DROP TABLE attempts;"
                    "ALTER TABLE sweeps DROP COLUMN dataset_changes;"
                    "DROP TABLE sweep_models; DROP TABLE models;"
                    "ALTER TABLE trials DROP COLUMN command_id; PRAGMA legacy_alter_table = ON;"
                    "ALTER TABLE sweeps RENAME TO new_sweeps;"
                    "CREATE TABLE sweeps (sweep_id INTEGER PRIMARY KEY, name, description, metric,"
                    " goal, config, settings, config_digest, dataset, dataset_digest, warnings,"
                    " config_path, dataset_source, version, cpu, openblas_config, openblas_core,"
                    " jobs, started_at, finished_at);"
                    "INSERT INTO sweeps SELECT s.*, config_path, dataset_source, version, cpu,"
                    " openblas_config, openblas_core, jobs, started_at, finished_at"
                    " FROM new_sweeps s JOIN commands USING (sweep_id) GROUP BY s.sweep_id;"
                    "DROP TABLE commands; DROP TABLE new_sweeps; PRAGMA user_version = 1", database)

    def dump(self, database="results/sweep.db"):
        """All that a sweep's results are, times, provenance and attempts aside."""
        aside = {"started_at", "finished_at", "seconds", "train_seconds", "command_id"}
        tables = {}
        for table in ("sweeps", "sweep_trials", "trials", "history", "metrics"):
            names = [row[1] for row in self.ask(f"PRAGMA table_info({table})", database)]
            kept = ", ".join(name for name in names if name not in aside)
            rows = self.ask(f"SELECT {kept} FROM {table}", database)
            tables[table] = sorted(rows, key=repr)
        return tables
