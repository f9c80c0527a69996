"""Resuming: the same command goes on, whatever ended the one before; and what `sweep doctor` says
of what is left."""

import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import sys
import time
import unittest

from harness import CONFIG, LONG, PATIENCE, ROOT, SLOW, Case


class Running(Case):
    """A long sweep, on one thread so that it is long enough."""

    def setUp(self):
        super().setUp()
        self.write_lasting("long.yaml", LONG)

    def completed(self, database):
        try:
            return self.ask("SELECT count(*) FROM trials WHERE status = 'completed'",
                            database)[0][0]
        except sqlite3.OperationalError:  # not there yet, or without tables
            return 0

    def start_and_wait(self, database="results/sweep.db", results=1, **options):
        """Start it, and return once its database has some results."""
        process = self.start("run", "long.yaml", "-j1", "--db", database, **options)
        end = time.monotonic() + PATIENCE
        while not (self.folder / database).exists() or self.completed(database) < results:
            self.assertIsNone(process.poll(), "ended before anybody could look")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.005)
        return process

    def start_slow(self, database="results/sweep.db"):
        """Start a sweep that goes on for minutes, and return once it trains."""
        self.write("slow.yaml", SLOW)
        process = self.start("run", "slow.yaml", "-j1", "--db", database)
        line = ""
        while "cohort" not in line:
            line = process.stderr.readline()
            self.assertTrue(line, "ended by itself")
        return process

    def only_the_database(self, name="results/sweep.db"):
        beside = [file for file in self.files() if file.startswith(name)]
        self.assertEqual(beside, [name])


class Resume(Running):
    def test_an_edited_config_keeps_what_still_belongs(self):
        self.sweep("run", "tiny.yaml")
        self.write("tiny.yaml", CONFIG.replace("[sgd, adam]", "[adam, rmsprop, nadam]"))
        out, err = self.sweep("run", "tiny.yaml")
        self.assertIn("since the last run of this config: 8 trials added, 4 no longer in it (they "
                      "stay in the database)\n12 trials: 6 settings x 2 seeds; 4 trained already\n",
                      err)
        self.assertIn("tiny (sweep 2): 12 of 12 trials", out)
        self.assertNotIn("sgd", out)
        self.assertEqual(self.ask("SELECT optimizer, count(*) FROM trials GROUP BY 1"),
                         [("adam", 4), ("nadam", 4), ("rmsprop", 4), ("sgd", 4)])
        self.assertNotIn("since", self.sweep("run", "tiny.yaml")[1])
        self.write("tiny.yaml", CONFIG.replace("[sgd, adam]", "[adam]"))
        out, err = self.sweep("run", "tiny.yaml")
        self.assertIn("0 trials added, 8 no longer in it (they stay in the database)\n", err)
        self.assertIn("all trained already", err)
        self.assertIn("tiny (sweep 3): 4 of 4 trials", out)
        self.write("tiny.yaml", CONFIG.replace("[sgd, adam]", "[adam]") + "  l2: {value: 0}\n")
        _, err = self.sweep("run", "tiny.yaml")
        self.assertNotIn("since", err)

    def test_fresh(self):
        self.sweep("run", "tiny.yaml")
        before = self.dump()
        finished = self.ask("SELECT finished_at FROM trials ORDER BY trial_id")
        out, err = self.sweep("run", "tiny.yaml", "--fresh")
        self.assertIn("8 trials: 4 settings x 2 seeds\n", err)
        self.assertEqual(self.dump(), before)
        for was, now in zip(finished, self.ask("SELECT finished_at FROM trials ORDER BY trial_id")):
            self.assertLess(was, now)
        self.assertEqual(self.ask("SELECT outcome, count(*) FROM attempts GROUP BY 1"),
                         [("completed", 16)])

    def test_failed_trials_are_tried_three_times(self):
        self.sweep("run", "tiny.yaml", "-q")
        whole = self.dump()
        fail = ("UPDATE trials SET status = 'failed', error = 'no' WHERE trial_id = 2",
                "DELETE FROM history WHERE trial_id = 2", "DELETE FROM metrics WHERE trial_id = 2",
                "INSERT INTO attempts (trial_id, outcome) VALUES (2, 'failed')")
        for _ in range(2):
            self.execute(*fail)
        _, err = self.sweep("run", "tiny.yaml")
        self.assertIn("7 trained already", err)
        self.assertEqual(self.dump(), whole)
        for _ in range(3):
            self.execute(*fail)
        out, err = self.sweep("run", "tiny.yaml", code=1)
        self.assertIn("7 of 8 trials, 1 failed", out)
        self.assertIn("sweep: 1 trial failed 3 times and is left alone; --retry-failed trains it "
                      "again\n", err)
        self.assertIn("failed 3 times", self.sweep("run", "tiny.yaml", "-q", code=1)[1])
        out, _ = self.sweep("plan", "tiny.yaml")
        self.assertIn("left alone           1 that failed 3 times", out)
        self.assertIn("nothing is left to train", out)
        out, err = self.sweep("run", "tiny.yaml", "--retry-failed")
        self.assertNotIn("left alone", err)
        self.assertEqual(self.dump(), whole)

    def checkpoints(self):
        """Their names; while the sweep runs, files come and go."""
        try:
            return sorted(path for path in (self.folder / "results").glob("*.checkpoints/*")
                          if path.suffix != ".new")
        except FileNotFoundError:
            return []

    def kept(self):
        return {path: path.read_bytes() for path in self.checkpoints()}

    def test_a_failed_trial_goes_on_where_it_was(self):
        self.sweep("run", "long.yaml", "-q", "--db", "whole.db")
        process = self.start("run", "long.yaml", "-qj1", "-c0")
        end = time.monotonic() + PATIENCE
        while len(self.checkpoints()) < 2:
            self.assertIsNone(process.poll(), "ended before anything was kept")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        kept = self.kept()
        self.assertTrue(kept)
        self.execute("UPDATE trials SET status = 'failed', error = 'no' WHERE status = 'pending'",
                     "WITH n (n) AS (VALUES (1), (2), (3)) INSERT INTO attempts (trial_id, outcome)"
                     " SELECT trial_id, 'failed' FROM trials, n WHERE status = 'failed'")
        _, err = self.sweep("run", "long.yaml", code=1)
        self.assertIn("failed 3 times and are left alone", err)
        self.assertEqual(self.kept(), kept)
        _, err = self.sweep("run", "long.yaml", "--retry-failed")
        self.assertRegex(err, r"\d+ runs? goe?s? on from epoch")
        self.assertEqual(self.dump(), self.dump("whole.db"))
        self.only_the_database()

    def test_a_dead_run_is_taken_up(self):
        self.sweep("run", "long.yaml", "-q", "--db", "whole.db")
        process = self.start_and_wait()
        process.kill()
        process.communicate()
        left = 80 - self.completed("results/sweep.db")
        out, err = self.sweep("run", "tiny.yaml")
        self.assertIn(f"{left} trials were left unfinished by a run that died (pid {process.pid} "
                      "on ", err)
        self.assertIn("); none of them is of this config\n", err)
        _, err = self.sweep("run", "long.yaml")
        self.assertNotIn("unfinished", err)
        self.only_the_database()
        self.execute("DELETE FROM sweep_trials WHERE sweep_id = 2",
                     "DELETE FROM sweeps WHERE sweep_id = 2",
                     "DELETE FROM trials WHERE trial_id NOT IN (SELECT trial_id FROM sweep_trials)",
                     "DELETE FROM history WHERE trial_id NOT IN (SELECT trial_id FROM trials)",
                     "DELETE FROM metrics WHERE trial_id NOT IN (SELECT trial_id FROM trials)")
        self.assertEqual(self.dump(), self.dump("whole.db"))
        self.assertEqual(self.ask("SELECT a.outcome, count(*) FROM attempts a JOIN commands"
                                  " USING (command_id) WHERE sweep_id = 1 GROUP BY 1"), [("completed", 80), ("lost", left)])
        process = self.start_and_wait("again.db")
        process.kill()
        process.communicate()
        _, err = self.sweep("run", "long.yaml", "--db", "again.db")
        self.assertIn("; they are trained again\n", err)

    def test_an_interrupted_run_says_so_in_its_attempts(self):
        process = self.start_and_wait()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        outcomes = dict(self.ask("SELECT outcome, count(*) FROM attempts GROUP BY 1"))
        self.assertEqual(set(outcomes), {"completed", "interrupted"})
        self.assertEqual(sum(outcomes.values()), 80)
        self.assertNotIn("unfinished", self.sweep("run", "long.yaml")[1])

    def test_one_sweep_at_a_time(self):
        process = self.start_slow()
        err = self.fails_unchanged("run", "tiny.yaml", "-q")
        self.assertRegex(err, rf"results/sweep.db: another sweep is using it: pid {process.pid} on "
                              r"\S+, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, training slow.yaml;")
        os.symlink("results/sweep.db", self.folder / "link.db")
        self.fails_unchanged("run", "tiny.yaml", "-q", "--db", "link.db")
        self.assertIn("of 1 trial", self.sweep("top")[0])
        self.assertRegex(self.sweep("plan", "slow.yaml")[0], r"trials +1\n")
        self.assertIn("a sweep is using it: pid", self.sweep("doctor", "-D", "data")[0])
        self.assertIsNone(process.poll())
        process.kill()
        process.communicate()
        self.sweep("run", "tiny.yaml", "-q")

    def fails_unchanged(self, *arguments):
        out, err = self.sweep(*arguments, code=75)
        self.assertEqual(out, "")
        self.assertEqual(self.ask("SELECT count(*) FROM sweeps"), [(1,)])
        return err

    def test_many_at_once_and_one_of_them_runs(self):
        together = [self.start("run", "long.yaml", "-qj1", "--db", "x.db") for _ in range(4)]
        codes = sorted(process.wait(PATIENCE) for process in together)
        for process in together:
            process.communicate()
        self.assertEqual(codes[0], 0)
        self.assertTrue(set(codes) <= {0, 75}, codes)
        self.assertEqual(self.completed("x.db"), 80)
        self.only_the_database("x.db")

    def test_who_reads_or_writes_is_waited_for(self):
        self.sweep("run", "tiny.yaml", "-q")
        for lock in ("BEGIN; SELECT * FROM trials", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"):
            other = sqlite3.connect(self.folder / "results/sweep.db", isolation_level=None,
                                    check_same_thread=False)
            for statement in lock.split("; "):
                other.execute(statement).fetchall()
            process = self.start("run", "tiny.yaml", "--fresh")
            time.sleep(0.3)
            other.execute("ROLLBACK")
            other.close()
            process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 0, lock)
        self.only_the_database()


# Much to write: in the database a value takes a row, in the spool eight bytes.
WORDY = LONG.replace("repeats", "metrics: [f1_score, precision]\nrepeats").replace(
    "parameters:\n", "parameters:\n  validation_split: {value: 0.2}\n")


class Faults(Running):
    """No file may grow over a limit: to SQLite that is a disk that fails in the middle."""

    # Above the spool's room (72 bytes for each of 18,000 epochs), below what the log of a whole
    # sweep takes.
    LIMIT = 1500000

    def setUp(self):
        super().setUp()
        self.write_lasting("long.yaml", WORDY, 2)

    def limit(self):
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # which Python had ignored
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.LIMIT, self.LIMIT))

    def test_results_in_memory_are_kept(self):
        self.sweep("run", "long.yaml", "-q", "--db", "whole.db")
        out, err = self.sweep("run", "long.yaml", "-j2", code=74, preexec_fn=self.limit)
        self.assertEqual(out, "")
        self.assertIn("sweep: results/sweep.db: ", err)
        self.assertIn("sweep: stopping after the running epochs\n", err)
        spool = self.folder / "results/sweep.db.spool"
        self.assertRegex(err, rf"sweep: \d+ results? (is|are) kept in {spool}; run the same command "
                              "again")
        done = self.completed("results/sweep.db")
        self.assertTrue(0 < done < 80, done)
        self.assertRegex(self.sweep("doctor")[0], r"\.spool: \d+ results? for the next `sweep run` on")
        _, err = self.sweep("run", "long.yaml")
        self.assertRegex(err, rf"took up \d+ results? that an earlier run kept in {spool}\n")
        self.only_the_database()
        self.assertEqual(self.dump(), self.dump("whole.db"))
        self.assertEqual(self.ask("PRAGMA integrity_check"), [("ok",)])
        self.assertNotIn("took up", self.sweep("run", "long.yaml")[1])

    def test_a_torn_spool_is_told(self):
        self.sweep("run", "long.yaml", "-q", "--db", "whole.db")
        self.sweep("run", "long.yaml", code=74, preexec_fn=self.limit)
        spool = self.folder / "results/sweep.db.spool"
        os.truncate(spool, spool.stat().st_size - 100)
        self.assertIn("can't be read", self.sweep("doctor")[0])
        _, err = self.sweep("run", "long.yaml")
        self.assertIn("was not whole and was left out; its trial is trained again\n", err)
        self.only_the_database()
        self.assertEqual(self.dump(), self.dump("whole.db"))

    def test_the_spool_of_another_database_is_kept(self):
        self.sweep("run", "long.yaml", code=74, preexec_fn=self.limit)
        spool = (self.folder / "results/sweep.db.spool").read_bytes()
        shutil.move(self.folder / "results/sweep.db.spool", self.folder / "x.db.spool")
        _, err = self.sweep("run", "tiny.yaml", "-q", "--db", "x.db")
        self.assertRegex(err, r"are of trials that the database does not have; they are kept in "
                              r"\S+/x\.db\.spool\.left for the next run of long.yaml\n")
        self.assertEqual((self.folder / "x.db.spool.left").read_bytes(), spool)

    def test_a_file_that_is_no_spool_is_left_alone(self):
        self.sweep("run", "tiny.yaml", "-q")
        self.write("results/sweep.db.spool", "something of mine")
        err = self.fails(65, "not a spool", "run", "tiny.yaml", "-qs", "epochs=5")
        self.assertIn("sweep.db.spool", err)
        self.assertEqual((self.folder / "results/sweep.db.spool").read_text(), "something of mine")

    def test_no_room_at_all(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

        self.sweep("run", "tiny.yaml", "-q", "-s", "epochs=5")
        before = self.dump()
        self.sweep("run", "tiny.yaml", "-q", code=74, preexec_fn=limit)
        self.assertEqual(self.dump(), before)
        self.sweep("run", "tiny.yaml", "-q")
        self.only_the_database()


class Doctor(Running):
    def setUp(self):
        super().setUp()
        self.environment.pop("OPENBLAS_CORETYPE", None)
        self.arguments = ("doctor", "tiny.yaml")
        self.sweep("run", "tiny.yaml", "-q")

    def lines(self, level, code=0, arguments=()):
        out, err = self.sweep(*self.arguments, *arguments, code=code)
        self.assertEqual(err, "")
        self.assertRegex(out, r"\n\d+ errors?, \d+ warnings?\n$")
        return [line.split(None, 2)[1:] for line in out.splitlines() if line.startswith(level)]

    def finds(self, level, said, code):
        found = self.lines(level, code)
        self.assertTrue(any(said in text for _, text in found), f"{said}\n{found}")
        return found

    def test_json(self):
        """The findings and their number, as text has them; the exit status is the same."""
        for change, code in ((None, 0), ("UPDATE history SET val_loss = 7", 1)):
            if change:
                self.execute(change)
            text, _ = self.sweep(*self.arguments, code=code)
            out, err = self.sweep(*self.arguments, "--json", code=code)
            self.assertEqual(err, "")
            found = json.loads(out)
            shown = [f"{f['level']:<7}  {f['subject']:<8}  {f['text']}" for f in found["findings"]]
            self.assertEqual([line for line in shown if "free on its disk" not in line],
                             [line for line in text.splitlines()[:-2] if "free on its" not in line])
            self.assertEqual(f"{found['errors']} error", text.splitlines()[-1][:7])
            self.assertEqual(found["errors"] > 0, code == 1)

    def test_an_older_database_is_looked_at_as_it_will_be(self):
        (self.folder / "results/sweep.db").unlink()
        connection = sqlite3.connect(self.folder / "results/sweep.db")
        connection.executescript((ROOT / "tests/golden/database-1.sql").read_text())
        connection.close()
        before = (self.folder / "results/sweep.db").read_bytes()
        self.finds("warning", "it is of an older version; the next `sweep run` on it brings it up",
                   0)
        self.assertEqual((self.folder / "results/sweep.db").read_bytes(), before)

    def test_nothing_is_wrong(self):
        before = (self.folder / "results/sweep.db").read_bytes()
        subjects = [subject for subject, _ in self.lines("ok")]
        for subject in ("database", "data", "config", "machine", "blas", "threads", "settings"):
            self.assertIn(subject, subjects)
        self.assertEqual(self.lines("error"), [])
        self.assertEqual((self.folder / "results/sweep.db").read_bytes(), before)
        self.only_the_database()

    def test_places(self):
        shutil.rmtree(self.folder / "results")
        self.finds("ok", "there is no results/sweep.db yet", 0)
        self.assertIn("no such database", self.lines("error", 1, ("--db", "none.db"))[0][1])
        self.assertIn("is a folder", self.lines("error", 1, ("--db", "data"))[0][1])
        before = (self.folder / "tiny.yaml").read_bytes()
        self.lines("error", 1, ("--db", "tiny.yaml"))
        self.assertEqual((self.folder / "tiny.yaml").read_bytes(), before)

    def test_damage(self):
        path = self.folder / "results/sweep.db"
        whole = path.read_bytes()
        root = self.ask("SELECT rootpage FROM sqlite_schema WHERE name = 'history'")[0][0]
        path.write_bytes(whole[:4096 * (root - 1)] + b"\xff" * 4096 + whole[4096 * root:])
        damaged = path.read_bytes()
        found = self.finds("error", "damaged", 1)
        self.assertTrue(any(".dump" in text for _, text in found))
        for bytes_left in (len(whole) - 4096, len(whole) // 2, 4096, 600):
            path.write_bytes(whole[:bytes_left])
            out = self.sweep(*self.arguments, code=1)[0]
            self.assertEqual(out.count("take a copy of the file from before that"), 1, out)
            self.assertNotIn("sweep doctor", out)
        path.write_bytes(damaged)
        self.fails(65, "damaged", "run", "tiny.yaml", "-qs", "epochs=7")
        self.assertEqual(path.read_bytes(), damaged)
        path.write_bytes(whole[:-4096])
        self.lines("error", 1)
        self.fails(65, "take a copy of the file from before that", "run", "tiny.yaml", "-q")

    def test_rows(self):
        shutil.copy(self.folder / "results/sweep.db", self.folder / "kept.db")
        for statement, said in (
                ("DELETE FROM history WHERE trial_id = 2 AND epoch = 1",
                 "1 trial (trial_id 2) completed, but without a history of every epoch"),
                ("DELETE FROM history WHERE trial_id > 6", "(trial_id 7, ...) completed, but"),
                ("UPDATE trials SET epochs = 2 WHERE epochs = 1", "4 trials (trial_id"),
                ("UPDATE history SET val_accuracy = 0.123 WHERE trial_id = 5",
                 "1 trial (trial_id 5) with other results than the last epoch"),
                ("UPDATE trials SET loss = NULL WHERE trial_id = 3", "(trial_id 3) with other"),
                ("UPDATE trials SET status = 'pending' WHERE trial_id = 1",
                 "(trial_id 1) without a result, but with a history"),
                ("UPDATE trials SET status = 'diverged' WHERE trial_id = 1",
                 "1 trial (trial_id 1) with another status than their last attempt gave them"),
                ("UPDATE trials SET test_accuracy = 7 WHERE trial_id = 4",
                 "1 trial (trial_id 4) with an accuracy that is not between 0 and 1"),
                ("UPDATE trials SET parameters = 1 WHERE trial_id = 4",
                 "with other numbers of parameters though their layers are the same"),
                ("INSERT INTO history (trial_id, epoch) VALUES (99, 1), (99, 2)",
                 "2 rows of history are of trials that are not there; delete them: sqlite3 "),
                ("INSERT INTO attempts (trial_id, outcome) VALUES (98, 'lost')",
                 "1 rows of attempts are of trials"),
                ("UPDATE trials SET command_id = 99",
                 "rows of trials are of commands that are not there; say that it is not known")):
            shutil.copy(self.folder / "kept.db", self.folder / "results/sweep.db")
            self.execute(statement)
            self.finds("error", said, 1)
            # What it says of rows of nothing is run as it stands, and loses no result.
            commands = [re.search(r'sqlite3 \S+ "(.*)"', text) for _, text in self.lines("error", 1)]
            if all(commands):
                trials = self.ask("SELECT count(*) FROM trials")
                for command in commands:
                    self.execute(command[1])
                self.assertEqual(self.lines("error"), [])
                self.assertEqual(self.ask("SELECT count(*) FROM trials"), trials)
        shutil.copy(self.folder / "kept.db", self.folder / "results/sweep.db")
        self.execute("DELETE FROM sweep_trials")
        found = self.finds("warning", "in no sweep", 0)
        self.assertTrue(any("without trials" in text for _, text in found))
        # What a remedy says helps.
        self.sweep("run", "tiny.yaml", "-q")
        self.assertEqual(self.lines("warning"), [])
        self.execute("DELETE FROM history WHERE trial_id = 2 AND epoch = 1")
        self.sweep("run", "tiny.yaml", "-q", "--fresh")
        self.assertEqual(self.lines("error"), [])

    def test_models(self):
        self.assertTrue(any("1 kept model is whole" in text for _, text in self.lines("ok")))
        best, = self.ask("SELECT trial_id FROM models")[0]
        whole = self.ask("SELECT * FROM models")
        self.execute("UPDATE models SET weights = CAST(substr(weights, 1, length(weights) - 4)"
                     " || 'oops' AS BLOB)")
        found = self.finds("error", f"the model of trial {best} is damaged", 1)
        self.assertEqual(len(found), 1)
        # What a remedy says helps.
        self.assertIn("the same `sweep run` (sweep 1, tiny.yaml) trains it", found[0][1])
        self.sweep("run", "tiny.yaml", "-q")
        self.assertEqual(self.lines("error"), [])
        self.assertEqual(self.ask("SELECT * FROM models"), whole)
        self.execute("UPDATE models SET format = 'sweep-float32-9'")
        self.finds("warning", f"the model of trial {best} is in a format 'sweep-float32-9'", 0)
        self.execute("DELETE FROM sweep_models")
        self.finds("warning", "no sweep keeps it, and the next `sweep run` lets go of it", 0)
        self.sweep("run", "tiny.yaml", "-q")
        self.assertEqual(self.lines("warning"), [])
        self.assertEqual(self.ask("SELECT * FROM models"), whole)

    def test_many_models(self):
        self.sweep("run", "tiny.yaml", "-qs", "keep_models=all")
        whole = self.ask("SELECT * FROM models ORDER BY 1")
        self.assertEqual(len(whole), 8)
        self.execute("UPDATE models SET weights = zeroblob(length(weights)) WHERE trial_id IN (3, 5)")
        found = self.finds("error", "the model of trial 3 is damaged", 1)
        self.assertIn("the model of trial 5 is damaged", found[1][1])
        self.assertEqual(len(found), 2)
        self.execute("UPDATE models SET digest = ''")
        found = self.finds("error", "8 of the 8 models are damaged", 1)
        self.assertEqual(len(found), 6)
        self.sweep("run", "tiny.yaml", "-qs", "keep_models=all")
        self.assertEqual(self.lines("error"), [])
        self.assertEqual(self.ask("SELECT * FROM models ORDER BY 1"), whole)

    def test_what_is_unfinished(self):
        process = self.start_slow("l.db")
        self.arguments = ("doctor", "--db", "l.db", "-D", "data", "tiny.yaml")
        self.finds("ok", f"a sweep is using it: pid {process.pid}", 0)
        self.finds("ok", "1 trial is being trained or about to be", 0)
        process.kill()
        process.communicate()
        self.finds("warning", f"left unfinished by a run that died (pid {process.pid})", 0)

    def test_configs_and_data(self):
        self.write("tiny.yaml", CONFIG.replace("epochs", "epohcs"))
        self.finds("error", "tiny.yaml:10:3: ", 1)
        self.write("tiny.yaml", CONFIG.replace("  epochs", "  train_images: {value: 201}\n  epochs"))
        self.finds("error", "tiny.yaml:10:3: train_images: 201", 1)
        self.write("tiny.yaml", CONFIG)
        path = self.folder / "data/tiny/train-labels-idx1-ubyte"
        labels = path.read_bytes()
        path.write_bytes(labels[:8] + bytes(200))
        self.finds("warning", "all 160 training images are trained as class 0", 0)
        path.write_bytes(labels[:100])
        self.finds("error", "train-labels-idx1-ubyte", 1)
        path.unlink()
        self.finds("error", "train-labels-idx1-ubyte", 1)

    def test_settings(self):
        self.environment["OPENBLAS_CORETYPE"] = "Prescott"
        self.finds("warning", "OPENBLAS_CORETYPE=Prescott", 0)

    def test_names_are_harmless(self):
        os.rename(self.folder / "results/sweep.db", self.folder / "\033[31m\n.db")
        out, _ = self.sweep("doctor", "--db", "\033[31m\n.db")
        self.assertNotIn("\033", out)
        self.assertIn("?[31m?.db", out)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
