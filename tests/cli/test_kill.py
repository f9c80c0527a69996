"""kill -9 at random moments of a real sweep, again and again: nothing that was seen gets lost, and
the end is that of a sweep that nobody disturbed.

15 kills; with SWEEP_LONG=1 a thousand, and a hundred on the built-in digits. SWEEP_SEED repeats
the moments of a run, as far as the machine does.
"""

import os
import random
import sqlite3
import subprocess
import sys
import time
import unittest

from harness import LONG_FORM, PATIENCE, SEED, Case

TINY = """\
name: killed
method: grid
dataset: tiny
repeats: 10
metrics: [f1_score]
parameters:
  validation_split: {value: 0.2}
  layers: {value: [48]}
  activation: {values: [relu, tanh]}
  augmentation: {values: [[], [random_rotation 0.05, elastic 20 3]]}
  epochs: {values: [60, 150]}
"""

DIGITS = """\
name: killed
method: grid
dataset: digits
repeats: 10
parameters:
  validation_split: {value: 0.1}
  train_images: {value: 2000}
  layers: {values: [[10], [48]]}
  epochs: {values: [2, 6]}
"""

SEEN = """SELECT digest, status, loss, accuracy, val_loss, val_accuracy, test_loss, test_accuracy,
finished_at, (SELECT count(*) || total(h.loss) FROM history h WHERE h.trial_id = t.trial_id),
(SELECT count(*) || total(m.value) FROM metrics m WHERE m.trial_id = t.trial_id)
FROM trials t WHERE status <> 'pending'"""


class Kill(Case):
    ON_DISK = True

    def setUp(self):
        super().setUp()
        print(f"seed {SEED}", end="; ", flush=True)
        self.random = random.Random(SEED)
        self.older = 0  # databases that were taken back to version 1
        self.middle = 0  # kills after which there were some results, and others not
        self.owed = {}  # what was seen and has to be there still

    def see(self):
        """The results as another program reads them: by now they were reported."""
        try:
            return dict((row[0], row) for row in self.ask(SEEN, "k.db"))
        except sqlite3.OperationalError:  # no file yet, no tables, or a moment of recovery
            return {}

    def wait_and_see(self, process, seconds):
        """Read along until it is time; what was seen at last, or None when the sweep has ended."""
        seen = {}
        end = time.monotonic() + seconds
        while process.poll() is None:
            left = end - time.monotonic()
            if left <= 0:
                return seen
            if left < 0.02 or self.random.random() < 0.3:
                time.sleep(max(0, min(left, 0.03)))
            elif (self.folder / "k.db").exists():
                seen = self.see() or seen
        return None

    def look_after(self, seen):
        """The database after a kill, as it was left."""
        self.owed.update(seen)
        if not (self.folder / "k.db").exists():
            self.assertEqual(self.owed, {})
            return
        # Who looks mends what was left half-way; now and then the next sweep has to.
        if self.random.random() < 0.4:
            return
        self.assertEqual(self.ask("PRAGMA integrity_check", "k.db"), [("ok",)])
        self.assertEqual(self.ask("PRAGMA foreign_key_check", "k.db"), [])
        now = self.see()
        self.check(now)
        self.middle += 0 < len(now) < self.trials
        self.make_older(now)

    def check(self, now):
        """What was seen is there, as it was: not even trained a second time."""
        for digest, row in self.owed.items():
            self.assertEqual(now.get(digest), row)

    def make_older(self, results):
        """Now and then the database is one of the first version when the next run finds it."""
        if not results or self.random.random() < 0.7:
            return
        if self.ask("PRAGMA user_version", "k.db") != [(1,)]:
            self.make_version_1("k.db")
        self.older += 1

    def sweep_once(self, most, jobs):
        """Run, and kill at some moment: in the middle, or while it begins. True when it was."""
        process = self.start("run", "killed.yaml", f"-j{jobs}", "--db", "k.db",
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        delay = self.random.uniform(0, most if self.random.random() < 0.7 else most / 5)
        seen = self.wait_and_see(process, delay)
        process.kill()
        err = process.communicate(timeout=PATIENCE)[1]
        if seen is None:
            self.assertEqual(process.returncode, 0, err)
            return False
        self.look_after(seen)
        return True

    def compare(self, whole):
        self.check(self.see())
        self.assertEqual(self.dump("k.db"), whole)
        self.assertEqual(self.ask("SELECT count(*) FROM attempts WHERE outcome = 'running'",
                                  "k.db"), [(0,)])
        # What a reader at its end, or a kill, left beside the file goes when nobody disturbs.
        out, _ = self.sweep("run", "killed.yaml", "-q", "--db", "k.db")
        self.assertIn(f"{self.trials} of {self.trials} trials", out)
        self.assertEqual(self.dump("k.db"), whole)
        self.owed = {}
        self.assertEqual([name for name in self.files() if name.startswith("k.db")], ["k.db"])
        (self.folder / "k.db").unlink()

    def kill(self, config, kills):
        self.write_lasting("killed.yaml", config)
        begin = time.monotonic()
        self.sweep("run", "killed.yaml", "-qj1", "--db", "whole.db")
        most = time.monotonic() - begin
        whole = self.dump("whole.db")
        self.trials = len(whole["trials"])
        killed = finished = ended = 0
        while killed < kills or finished == 0:
            # A sweep that is killed too early again and again must end some time.
            patience = most * (1 + ended / 3)
            if self.sweep_once(patience, self.random.choice((1, 2))):
                killed += 1
                ended += 1
            else:
                self.compare(whole)
                finished += 1
                ended = 0
        if (self.folder / "k.db").exists():
            self.sweep("run", "killed.yaml", "-q", "--db", "k.db")
            self.compare(whole)
        print(f"{killed} kills, {self.middle} in the middle; {finished} sweeps came to their end; "
              f"{self.older} databases made older")
        self.assertGreaterEqual(self.middle, kills // 20)

    def test_a_small_data_set(self):
        # A sanitizer slows the program down, and leaves no other traces in the file.
        self.kill(TINY, 1000 if LONG_FORM else 10 if os.environ.get("SWEEP_SANITIZE") else 15)

    def test_while_the_database_is_made(self):
        """Nobody else opens it in between: another program would undo the change that was cut short."""
        self.write("killed.yaml", TINY)
        self.write("short.yaml", TINY.replace("[60, 150]", "[1]").replace("20", "2", 1))
        torn = 0
        for _ in range(200 if LONG_FORM else 15):
            for path in self.folder.glob("k.db*"):
                path.unlink()
            process = self.start("run", "killed.yaml", "-q", "--db", "k.db")
            database, journal = self.folder / "k.db", self.folder / "k.db-journal"
            while process.poll() is None and not (database.exists() and database.stat().st_size):
                pass
            time.sleep(self.random.random() * 0.01)
            process.kill()
            process.communicate()
            torn += journal.exists()
            if self.random.random() < 0.5:
                reader = self.start("top", "--db", "k.db")
                _, err = reader.communicate(timeout=PATIENCE)
                self.assertIn(reader.returncode, (0, 65), err)  # 65: no results yet
            self.sweep("run", "short.yaml", "-q", "--db", "k.db")
            self.assertEqual(self.ask("PRAGMA integrity_check", "k.db"), [("ok",)])
        print(f"{torn} changes were cut short")
        self.assertGreater(torn, 0)

    @unittest.skipUnless(LONG_FORM, "SWEEP_LONG is not set")
    def test_digits(self):
        self.kill(DIGITS, 100)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
