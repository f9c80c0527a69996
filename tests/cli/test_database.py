"""The database as others left it: rows that were changed, tables and columns that are gone."""

import shutil
import sqlite3
import unittest

from harness import CONFIG, Case
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
                    self.fails(65, f"sweep.db: {said}; take a copy of the file from before that, or another file with --db",
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
