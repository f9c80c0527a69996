"""The database as others left it: rows that were changed, tables and columns that are gone. And its
sweeps: listed, named, deleted."""

import csv
import io
import json
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from harness import CONFIG, ENDLESS, PATIENCE, Case
from identity import identify

# Whatever reads a sweep's trials.
READERS = (("top",), ("top", "-t", "--csv"), ("compare",), ("compare", "optimizer", "--json"), ("show",),
           ("predict", "-i", "0"), ("report", "--db", "results/sweep.db"), ("export",), ("export", "--history"),
           ("export", "--format", "optuna", "--db", "results/sweep.db", "-o", "study.db"),
           ("export", "--trial", "best", "--db", "results/sweep.db", "-o", "best.onnx"))


def unwrapped(out):
    """What doctor says, a line a finding."""
    return out.replace("\n" + " " * 19, " ")


class Changed(Case):
    def setUp(self):
        super().setUp()
        self.sweep("run", "tiny.yaml", "-q")
        shutil.copy(self.folder / "results/sweep.db", self.folder / "whole.db")

    def leave(self, *statements):
        shutil.copy(self.folder / "whole.db", self.folder / "results/sweep.db")
        connection = sqlite3.connect(self.folder / "results/sweep.db")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    def refused(self, said):
        for reader in READERS:
            self.fails(65, said, *reader)
        self.assertRegex(unwrapped(self.sweep("doctor", code=1)[0]), r"error    database  \d trials? w\w+ changed \(trial_id ")

    def test_rows(self):
        """A row of which any part that its digest is of was changed is refused by every reader."""
        for change in ("layers = '[99]'", "layers = '[10, '", "optimizer = 'nadam'", "optimizer = 'bogus'", "seed = seed + 10",
                       "epochs = 2", "learning_rate = learning_rate * (1 + 1e-15)", "momentum = 0.5", "batch_size = NULL",
                       "setting = upper(setting)", "digest = 'x' || trial_id", "amsgrad = 1", "dropout = NULL"):
            with self.subTest(change):
                self.leave(f"UPDATE trials SET {change} WHERE optimizer = 'sgd'")
                self.fails(65, "results/sweep.db: trial ", "top")
                self.fails(65, " was changed: hyperparameters, seed or data are not those of the digest", "top")
        self.assertIn("database  4 trials were changed (trial_id 1, ...): ", unwrapped(self.sweep("doctor", code=1)[0]))
        self.leave("UPDATE trials SET layers = '[99]' WHERE trial_id = 3")
        self.refused("results/sweep.db: trial 3 was changed: ")
        # Also where it is not asked for, or would not be found: the filter reads what was changed.
        self.fails(65, "trial 3 was changed", "top", "--where", "layers=[10]")
        self.assertIn("completed", self.sweep("show", "1")[0])
        self.fails(65, "trial 3 was changed", "show", "3")

    def test_data(self):
        self.leave("UPDATE sweeps SET dataset_digest = '00'")
        self.refused("results/sweep.db: trial 1 was changed: ")

    def test_what_a_sweep_goes_by(self):
        """A name that is none is told by all in the same words; doctor also finds one that is another's."""
        before = self.dump("whole.db")
        said = "results/sweep.db: sweep 1 goes by 'foo', which is no score of this program: "
        for change, finding in (
                ("metric = 'foo'", said.partition(": ")[2]),
                ("metric = 'f1_score', goal = 'minimize'", "sweep 1 minimizes f1_score, its config maximizes val_accuracy: "),
                ("goal = 'minimize'", "sweep 1 minimizes val_accuracy, its config maximizes val_accuracy: ")):
            with self.subTest(change):
                self.leave(f"UPDATE sweeps SET {change}")
                for reader in (*READERS, ("show", "3")) if "foo" in change else ():
                    self.assertIn("; a `sweep run` of tiny.yaml puts it right", self.fails(65, said, *reader))
                out = unwrapped(self.sweep("doctor", code=1)[0])
                self.assertIn(f"error    database  {finding}", out)
                self.assertIn("; a `sweep run` of tiny.yaml puts it right\n", out)
                self.assertEqual(self.sweep("run", "tiny.yaml", "-q")[1],
                                 "sweep: the sweep's metric, goal or config was changed in the database; they are "
                                 "put right, as the config has them\n")
                self.assertEqual(self.dump(), before)
                self.assertIn("ok       database  every sweep is as its config says", self.sweep("doctor")[0])
                self.assertEqual(self.sweep("run", "tiny.yaml", "-q")[1], "")

    def test_names_of_metrics(self):
        self.leave("UPDATE metrics SET name = 'foo' WHERE name = 'test_f1_score' AND trial_id = 1")
        out = unwrapped(self.sweep("doctor", code=1)[0])
        remedy = "DELETE FROM metrics WHERE name = 'foo'"
        self.assertIn("error    database  1 row of metrics with the name 'foo', which is no score of this program", out)
        self.assertIn(f'sqlite3 results/sweep.db "{remedy}"', out)
        self.execute(remedy)
        self.sweep("run", "tiny.yaml", "-q")
        self.assertEqual(self.dump(), self.dump("whole.db"))
        self.sweep("doctor")

    def test_what_belongs_to_no_digest_may_change(self):
        self.leave("UPDATE trials SET error = 'a note'", "UPDATE sweeps SET description = 'another'")
        for reader in READERS:
            self.sweep(*reader)
        self.sweep("doctor")

    def test_a_run_puts_rows_right(self):
        before = self.dump("whole.db")
        for statement, count in (("UPDATE trials SET layers = '[99]' WHERE trial_id IN (1, 2)", 2),
                                 ("UPDATE trials SET seed = 7, optimizer = NULL WHERE trial_id = 5", 1),
                                 ("UPDATE trials SET setting = ''", 8)):
            self.leave(statement)
            out, err = self.sweep("run", "tiny.yaml", "-q")
            self.assertIn(f"sweep: {count} trial{'s were' if count > 1 else ' was'} changed in the database; ", err)
            self.assertIn("tiny: 8 of 8 trials", out)
            self.assertEqual(self.dump(), before)
            self.assertEqual(self.ask("SELECT count(*) FROM attempts"), [(8,)])
            self.assertEqual(self.sweep("run", "tiny.yaml", "-q")[1], "")

    def test_other_spellings_are_no_changes(self):
        """Equal settings have one digest, whatever they are spelled like."""
        spelled = CONFIG + "  layers: {values: [['8 sigmoid'], [8, '4 tanh']]}\n  activation: {value: sigmoid}\n"
        self.write("spelled.yaml", spelled)
        self.sweep("run", "spelled.yaml", "-q", "--db", "spelled.db")
        for reader in ("top", "doctor"):
            self.sweep(reader, "--db", "spelled.db")
        self.assertEqual(self.sweep("run", "spelled.yaml", "-q", "--db", "spelled.db")[1], "")

    def test_digests_are_not_taken_from_here(self):
        """What the tests make digests with agrees with the program."""
        connection = sqlite3.connect(self.folder / "results/sweep.db")
        before = connection.execute("SELECT setting, digest FROM trials").fetchall()
        identify(connection)
        self.assertEqual(connection.execute("SELECT setting, digest FROM trials").fetchall(), before)
        connection.close()

    def test_tables_and_columns(self):
        views = [f"DROP VIEW {name}" for name, in self.ask("SELECT name FROM sqlite_schema WHERE type = 'view'")]
        for said, *statements in (
                ("the column train_seconds of the table trials is missing", *views,
                 "ALTER TABLE trials DROP COLUMN train_seconds"),
                ("the column layers of the table trials is missing", *views,
                 "ALTER TABLE trials RENAME COLUMN layers TO layer"),
                ("the column value of the table metrics is missing", *views, "ALTER TABLE metrics DROP COLUMN value"),
                ("the table history is missing", "DROP TABLE history"),
                ("the table commands is missing", "DROP TABLE commands"),
                ("the table sweeps is missing", "ALTER TABLE sweeps RENAME TO others"),
                ("the column loss of the table history is not as sweep made it", "DROP TABLE history",
                 "CREATE TABLE history (trial_id INTEGER NOT NULL REFERENCES trials ON DELETE CASCADE, epoch INTEGER NOT NULL,"
                 " loss TEXT, accuracy REAL, val_loss REAL, val_accuracy REAL, seconds REAL, PRIMARY KEY (trial_id, epoch))"
                 " STRICT, WITHOUT ROWID")):
            with self.subTest(said):
                self.leave(*statements)
                before = (self.folder / "results/sweep.db").read_bytes()
                for reader in (READERS if "layers" in said else READERS[:1]) + (("run", "tiny.yaml", "-q"),):
                    self.fails(65, f"sweep.db: {said}; take a copy of the file from before that, or move it elsewhere",
                               *reader)
                if "layers" in said or "history" in said:
                    out, _ = self.sweep("doctor", code=1)
                    self.assertIn(f"error    database  {said}; take a copy", unwrapped(out))
                self.assertEqual((self.folder / "results/sweep.db").read_bytes(), before)

    def test_views_and_indices_are_made_anew(self):
        for said, reads, *statements in (
                ("the view best is missing", False, "DROP VIEW best"),
                ("the view scored is not as sweep made it", False, "DROP VIEW scored",
                 "CREATE VIEW scored AS SELECT 1 AS score, * FROM trials"),
                ("the index trials_setting is missing", True, "DROP INDEX trials_setting"),
                ("the index attempts_running is not as sweep made it", True, "DROP INDEX attempts_running",
                 "CREATE INDEX attempts_running ON attempts (trial_id)")):
            with self.subTest(said):
                self.leave(*statements)
                if reads:
                    self.sweep("top")
                else:
                    self.fails(65, f"sweep.db: {said}; the next `sweep run` on the database puts it right", "top")
                out, _ = self.sweep("doctor")
                self.assertIn(f"warning  database  {said}; the next", unwrapped(out))
                self.sweep("run", "tiny.yaml", "-q")
                self.assertIn("tiny: 8 of 8", self.sweep("top")[0])
        self.assertNotIn("warning  database", self.sweep("doctor")[0])

    def test_what_is_not_sweeps_stays(self):
        self.leave("ALTER TABLE trials ADD COLUMN note TEXT", "UPDATE trials SET note = 'mine' WHERE trial_id = 1",
                   "CREATE TABLE notes (a)", "CREATE VIEW mine AS SELECT note FROM trials",
                   "CREATE INDEX mine_too ON trials (note)",
                   "CREATE TRIGGER looking AFTER UPDATE ON trials BEGIN SELECT 1; END")
        for reader in READERS + (("run", "tiny.yaml", "-q", "--fresh"),):
            self.sweep(*reader)
        out = unwrapped(self.sweep("doctor")[0])
        self.assertIn("warning  database  the column note of the table trials is not sweep's; it is left alone", out)
        self.assertIn("warning  database  the trigger looking is not sweep's; it may change what is written", out)
        self.assertIn("\n0 errors, ", out)
        self.assertEqual(self.ask("SELECT * FROM mine WHERE note IS NOT NULL"), [("mine",)])


class Sweeps(Case):
    """Sweeps by number and name: listed, chosen, deleted."""

    ON_DISK = True

    def setUp(self):
        super().setUp()
        self.sweep("run", "tiny.yaml", "-q")
        self.sweep("run", "tiny.yaml", "-q", "-s", "epochs=[3, 4]", "-s", "keep_models=all")
        self.sweep("run", "tiny.yaml", "-q", "-s", "epochs=3", "-s", "optimizer=adam", "-s", "name=mine")

    def listed(self, database="results/sweep.db"):
        return json.loads(self.sweep("list", "--json", "--db", database)[0])

    def test_names_tell_sweeps_apart(self):
        self.assertEqual([row["name"] for row in self.listed()], ["tiny", "tiny epochs=[3, 4]", "mine"])
        out, _ = self.sweep("plan", "tiny.yaml", "-s", "l2=[0, 1e-3]", "-s", "repeats=3")
        self.assertIn("tiny l2=[0, 0.001] repeats=3, on tiny", out)
        long = "optimizer=[" + ", ".join(["sgd", "adam"] * 100) + "]"
        self.sweep("run", "tiny.yaml", "-q", "-s", long, "-s", "description=\u00e9" + "\u20ac" * 99)
        name = self.listed()[-1]["name"]
        self.assertRegex(name, r"^tiny optimizer=\[sgd, .*\.\.\.$")
        self.assertEqual(len(name), 200)
        self.sweep("run", "tiny.yaml", "-q", "-s", "description=" + "\u20ac" * 99)
        self.assertRegex(self.listed()[-1]["name"], "^tiny description=\u20ac+\\.\\.\\.$")

    def test_one_spelling_is_one_sweep(self):
        for spelling in ("epochs=3", "epochs=3 ", "epochs=3.0", "epochs={values: [3]}"):
            self.sweep("run", "tiny.yaml", "-q", "-s", spelling)
        self.assertEqual([(row["name"], row["commands"]) for row in self.listed()[3:]], [("tiny epochs=3", 4)])

    def test_set_names_are_told_apart(self):
        self.sweep("run", "tiny.yaml", "-q", "-s", "name=mine")
        self.sweep("run", "tiny.yaml", "-q", "-s", "name=1")
        out = self.sweep("list")[0]
        self.assertRegex(out, r"(?m)^ *3  mine \(epochs=3 optimizer=adam\)  tiny")
        self.assertRegex(out, r"(?m)^ *4  mine  +tiny")
        self.assertRegex(out, r"(?m)^ *5  1  +tiny")
        self.fails(2, "2 sweeps are named 'mine': 4 (on tiny, ", "top", "--sweep", "mine")
        self.fails(2, ", 3 (epochs=3 optimizer=adam) (on tiny, ", "top", "--sweep", "mine")
        # A number is one first.
        self.assertIn("tiny: 8 of 8", self.sweep("top", "--sweep", "1")[0])
        self.assertIn("1: 8 of 8", self.sweep("top", "--sweep", "5")[0])
        self.fails(2, "there is no sweep '01'; did you mean '1'?", "top", "--sweep", "01")

    def test_list(self):
        rows = self.listed()
        self.assertEqual([(row["sweep"], row["trials"], row["completed"], row["shared"], row["commands"], row["outcome"])
                          for row in rows],
                         [(1, 8, 8, 4, 1, "finished"), (2, 8, 8, 4, 1, "finished"), (3, 2, 2, 2, 1, "finished")])
        out, _ = self.sweep("list")
        self.assertRegex(out, r"(?m)^    2  tiny epochs=\[3, 4\]  tiny       8          8     1  20\S+ \d\d:\d\d finished$")
        self.assertNotIn("diverged", out)
        table = list(csv.DictReader(io.StringIO(self.sweep("list", "--csv")[0])))
        self.assertEqual([{key: str(value) for key, value in row.items()} for row in rows], table)
        # What nothing was kept of, and who worked on it.
        self.sweep("run", "tiny.yaml", "-q")
        self.change("UPDATE trials SET status = 'diverged' WHERE trial_id = 1")
        self.assertEqual((self.listed()[0]["commands"], self.listed()[0]["diverged"]), (2, 1))
        self.assertIn("diverged", self.sweep("list")[0])
        self.fails(65, "no such database", "list", "--db", "none.db")

    def test_by_name_and_number(self):
        for reader in (("top",), ("compare",), ("export",), ("show",), ("predict", "-i", "0"),
                       ("report", "--db", "results/sweep.db"),
                       ("export", "--trial", "best", "--db", "results/sweep.db", "-o", "best.onnx", "-f")):
            with self.subTest(reader):
                for name in ("1", "tiny", "2", "tiny epochs=[3, 4]", "mine"):
                    self.sweep(*reader, "--sweep", name)
                self.fails(2, "there is no sweep 'tyni'; did you mean 'tiny'? There are 3 (mine), 2 (tiny epochs=[3, 4]), 1 (tiny)", *reader,
                           "--sweep", "tyni")
                self.fails(2, "there is no sweep 7; there are 3 (mine), ", *reader, "--sweep", "7")
        self.assertIn("tiny epochs=[3, 4]: 8 of 8", self.sweep("top", "--sweep", "tiny epochs=[3, 4]")[0])
        self.assertIn("mine: 2 of 2", self.sweep("top", "-s", "3")[0])
        self.assertIn("mine: 2 of 2", self.sweep("top")[0])
        self.sweep("report", "--sweep", "mine", "-s", "1", "-s", "tiny", "-o", "both.html")
        data = json.loads(re.search(r'id="data">(.*?)</script>', (self.folder / "both.html").read_text(), re.S)[1])
        self.assertEqual([one["sweep"]["name"] for one in data["sweeps"]], ["mine", "tiny"])

    def test_ambiguous_names(self):
        self.write("tiny.yaml", CONFIG + "# edited\n")
        self.sweep("run", "tiny.yaml", "-q")
        for command in ("top", "show", "compare", "export", "report"):
            self.fails(2, "2 sweeps are named 'tiny': 4 (on tiny, ", command, "--sweep", "tiny")
        self.fails(2, " UTC), 1 (on tiny, 8 trials, 20", "top", "--sweep", "tiny")
        self.fails(2, "; give the number of one", "delete", "--yes", "tiny")
        self.assertEqual(len(self.listed()), 4)
        # A name that is a number is meant where no sweep has the number.
        self.sweep("run", "tiny.yaml", "-q", "-s", "name=2", "-s", "epochs=5")
        self.sweep("run", "tiny.yaml", "-q", "-s", "name=99", "-s", "epochs=6")
        self.assertIn("tiny epochs=[3, 4]: ", self.sweep("top", "--sweep", "2")[0])
        self.assertIn("99: 4 of 4", self.sweep("top", "--sweep", "99")[0])

    def sound(self, database="results/sweep.db"):
        for pragma in ("integrity_check", "foreign_key_check"):
            self.assertIn(self.ask(f"PRAGMA {pragma}", database), ([("ok",)], []))
        for table in ("history", "metrics", "models", "attempts", "sweep_trials", "sweep_models"):
            self.assertEqual(self.ask(f"SELECT count(*) FROM {table} WHERE trial_id NOT IN (SELECT trial_id FROM trials)",
                                      database), [(0,)])
        self.assertEqual(self.ask("SELECT count(*) FROM trials WHERE trial_id NOT IN (SELECT trial_id FROM sweep_trials)",
                                  database), [(0,)])
        self.assertEqual(self.ask("SELECT count(*) FROM models WHERE trial_id NOT IN (SELECT trial_id FROM sweep_models)",
                                  database), [(0,)])

    def test_delete(self):
        others = self.ask("SELECT * FROM trials WHERE trial_id IN (SELECT trial_id FROM sweep_trials WHERE sweep_id <> 1)")
        out, err = self.sweep("delete", "--yes", "tiny")
        self.assertEqual((out, err), ("deleted sweep 1 (tiny, on tiny)\n"
                                      "deleted 4 trials, with history, metrics and models\n"
                                      "4 more stay, as other sweeps have them\n", ""))
        self.sound()
        self.assertEqual(self.ask("SELECT * FROM trials"), others)
        self.assertEqual([row["sweep"] for row in self.listed()], [2, 3])
        # What the trials that stayed were trained with is known still, of a command that has no sweep any more.
        self.assertEqual(self.ask("SELECT command_id, sweep_id FROM commands"), [(1, None), (2, 2), (3, 3)])
        self.assertEqual(json.loads(self.sweep("show", "--sweep", "mine", "--json")[0])["trained_by"]["command"], 1)
        for command in (("top",), ("show",), ("report",), ("doctor",), ("compare", "--sweep", "2")):
            self.sweep(*command)
        self.sweep("delete", "-y", "2", "mine")
        self.sound()
        for table in ("trials", "sweeps", "commands", "attempts", "history", "metrics", "models"):
            self.assertEqual(self.ask(f"SELECT count(*) FROM {table}"), [(0,)], table)
        self.fails(65, "the database holds no sweep yet", "top")
        self.assertIn("holds no sweep yet", self.sweep("list")[1])
        # Numbers are not given again.
        self.sweep("run", "tiny.yaml", "-q")
        self.assertEqual([row["sweep"] for row in self.listed()], [4])
        self.assertEqual(self.ask("SELECT command_id FROM commands"), [(4,)])
        self.sweep("doctor")

    def test_it_gives_room_back(self):
        self.sweep("run", "tiny.yaml", "-q", "-s", "layers=[[512], [513]]", "-s", "keep_models=all")
        path = self.folder / "results/sweep.db"
        before = path.stat().st_size
        self.sweep("delete", "--yes", "4")
        self.assertLess(path.stat().st_size, before / 2)

    def test_what_is_asked(self):
        for arguments in (("delete", "1"), ("delete", "mine", "2")):
            self.fails(2, "there is no terminal to ask on; --yes deletes unasked", *arguments)
        self.fails(2, "SWEEP is missing", "delete", "--yes")
        self.fails(2, "there is no sweep 9; there are 3 (mine), ", "delete", "--yes", "1", "9")
        self.fails(65, "no such database", "delete", "--yes", "1", "--db", "none.db")
        self.assertFalse((self.folder / "none.db").exists())
        self.assertEqual(len(self.listed()), 3)
        for answer, left in (("n", 3), ("", 3), ("nay, y", 3), ("y", 2)):
            shown, _ = self.terminal("delete", "mine", typed=answer + "\n")
            self.assertIn("to delete: sweep 3 (mine, on tiny)", shown)
            self.assertIn("Delete? [y/N]", shown)
            self.assertIn("deleted sweep 3" if left == 2 else "nothing is deleted", shown)
            self.assertEqual(len(self.listed()), left)

    def test_a_sweep_that_runs_is_not_deleted(self):
        self.write("endless.yaml", ENDLESS)
        process = self.start("run", "endless.yaml", "-q", stderr=subprocess.PIPE)
        end = time.monotonic() + PATIENCE
        while len(self.listed()) < 4:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        self.fails(75, "another sweep is using it", "delete", "--yes", "1")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        self.sweep("delete", "--yes", "endless")
        self.sound()

    def interrupt(self, name, seed):
        """A sweep whose one training has left a checkpoint and what it has given so far."""
        self.write(f"{name}.yaml", ENDLESS.replace("endless", name).replace("repeats: 2", f"seed: {seed}").replace("adam, sgd", "adam"))
        before = self.checkpoints()
        process = self.start("run", f"{name}.yaml", "-q", "-c0", stderr=subprocess.PIPE)
        end = time.monotonic() + PATIENCE
        while len(self.checkpoints()) == len(before) or not (self.folder / "results/sweep.db.unfinished").exists():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)

    def checkpoints(self):
        return sorted(path.name for path in self.folder.glob("results/sweep.db.checkpoints/*.1"))

    def test_checkpoints_go_with_the_last_sweep_that_may_go_on(self):
        self.interrupt("one", 7)
        self.interrupt("two", 8)
        both = self.checkpoints()
        self.assertEqual(len(both), 2)
        out, _ = self.sweep("delete", "--yes", "one")
        self.assertIn("results/sweep.db.checkpoints stays: other sweeps have not ended, and may go on from what is in it",
                      " ".join(out.split()))
        self.assertEqual(self.checkpoints(), both)
        (self.folder / "results/sweep.db.checkpoints/mine").write_text("a person's own\n")
        out, _ = self.sweep("delete", "--yes", "two")
        self.assertIn("deleted the checkpoints of trainings that had not ended\n", out)
        self.assertEqual([path.name for path in self.folder.glob("results/sweep.db.checkpoints/*")], ["mine"])
        self.assertFalse((self.folder / "results/sweep.db.unfinished").exists())
        (self.folder / "results/sweep.db.checkpoints/mine").unlink()
        self.interrupt("one", 7)
        out, _ = self.sweep("delete", "--yes", "one")
        self.assertFalse((self.folder / "results/sweep.db.checkpoints").exists())
        self.assertNotIn("checkpoints", self.sweep("delete", "--yes", "1")[0])
        self.sound()

    def test_checkpoints_of_a_failed_trial_stay(self):
        self.interrupt("one", 7)
        self.change("UPDATE trials SET status = 'failed', error = 'x' WHERE trial_id = 1")
        self.assertIn("stays", self.sweep("delete", "--yes", "one")[0])
        self.assertEqual(len(self.checkpoints()), 1)

    def test_a_killed_delete_deletes_all_or_nothing(self):
        before = self.dump()
        whole = (self.folder / "results/sweep.db").read_bytes()
        deleted = 0
        for i in range(12):
            (self.folder / "k.db").write_bytes(whole)
            process = self.start("delete", "--yes", "1", "--db", "k.db", stderr=subprocess.PIPE, stdout=subprocess.PIPE)
            time.sleep(0.004 * i)
            process.kill()
            process.communicate()
            self.sound("k.db")
            if len(self.listed("k.db")) == 3:
                self.assertEqual(self.dump("k.db"), before)
            else:
                deleted += 1
                self.assertEqual(self.ask("SELECT count(*) FROM trials", "k.db"), [(8,)])
            self.sweep("run", "tiny.yaml", "-q", "--db", "k.db")
            self.assertIn("8 of 8", self.sweep("top", "--sweep", "tiny", "--db", "k.db")[0])
        self.assertLess(deleted, 12)


if __name__ == "__main__":
    unittest.main(verbosity=2)
