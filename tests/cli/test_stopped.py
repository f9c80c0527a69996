"""What a sweep stopped is its own: whatever other sweeps of the database make of the same trials, all that
is told of the sweep is what it is of the same sweep alone in a database, to the byte.

SWEEP_SEED repeats the moments of kills."""

import json
import random
import shutil
import sqlite3
import subprocess
import time
import unittest

from harness import LONG_FORM, SEED, SWEEP, Case

RULES = {
    "halving": "{type: halving, min_iter: 1, eta: 3}",
    "hyperband": "{type: hyperband, min_iter: 1, eta: 3}",
    "median": "{type: median, min_iter: 1}",
    "race": "{type: race}",
}

# All trials of all sweeps here are of this grid. A learning rate that diverges, and trials that are at
# their end at a rung.
SPACE = """\
dataset: tiny
keep_models: all
metric: [{name: val_accuracy, goal: maximize}, {name: parameters, goal: minimize}]
metrics: [f1_score]
repeats: 3
parameters:
  validation_split: {value: 0.2}
  epochs: {values: [9, 3]}
  layers: {values: [[6], [10]]}
  optimizer: {values: [{name: sgd, momentum: 0.9}, adam]}
  loss_function: {value: mean_squared_error}
  output_activation: {value: linear}
  learning_rate: {values: [0.001, 0.01, 0.1, 1.0e+30]}
"""
GRID = "name: grid\nmethod: grid\n" + SPACE


def searched(method, rule, name="searched"):
    budget = "" if method == "grid" else "budget: {trials: 30}\nbatch: 5\n"
    return f"name: {name}\nmethod: {method}\nearly_terminate: {RULES[rule]}\n{budget}{SPACE}"


# The sweep named ?1 as the first one, its trials numbered by their positions, its commands one that gave
# all results, and no time anywhere: what is left differs between databases only if the sweep does.
CANONICAL = """
PRAGMA foreign_keys = OFF;
CREATE TEMP TABLE own AS SELECT sweep_id FROM sweeps WHERE name = '{name}';
CREATE TEMP TABLE ids AS SELECT t.trial_id, ifnull(1000 + p.position, 5000 + t.trial_id) AS id FROM trials t
  LEFT JOIN sweep_trials p ON p.trial_id = t.trial_id AND p.sweep_id = (SELECT sweep_id FROM own);
DELETE FROM commands WHERE sweep_id = (SELECT sweep_id FROM own) AND command_id <
  (SELECT max(command_id) FROM commands WHERE sweep_id = (SELECT sweep_id FROM own));
UPDATE commands SET command_id = iif(sweep_id = (SELECT sweep_id FROM own), 999, command_id), pid = 1, jobs = 1,
  arguments = '', config_path = '', started_at = '2026-01-01 00:00:00.000', finished_at = '2026-01-01 00:00:01.000';
UPDATE trials SET command_id = 999, train_seconds = 0, started_at = '2026-01-01 00:00:00.000',
  finished_at = '2026-01-01 00:00:01.000';
UPDATE attempts SET command_id = 999;
UPDATE history SET seconds = 0;
"""


def make_canonical(connection, name):
    script = CANONICAL.format(name=name)
    for table in ("trials", "sweep_trials", "history", "metrics", "attempts", "models", "sweep_models"):
        script += f"UPDATE {table} SET trial_id = (SELECT id FROM ids WHERE ids.trial_id = {table}.trial_id);"
    for table in ("sweeps", "sweep_trials", "objectives", "commands", "sweep_models"):
        script += f"UPDATE {table} SET sweep_id = sweep_id + 900;"
        script += f"UPDATE {table} SET sweep_id = 1 WHERE sweep_id - 900 = (SELECT sweep_id FROM own);"
    connection.executescript(script)


class Stopped(Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.write("grid.yaml", GRID)

    def run_in(self, database, *names):
        for name in names:
            self.sweep("run", name, "-qj1", "--db", database)

    def told(self, database, name="searched"):
        """Whatever is told of a sweep, by who tells it."""
        shutil.copy(self.folder / database, self.folder / "same.db")
        connection = sqlite3.connect(self.folder / "same.db")
        make_canonical(connection, name)
        told = {}
        for view in ("sweep_results", "scored", "ranked", "leaderboard", "best", "objective_means", "pareto"):
            rows = connection.execute(f"SELECT * FROM {view} WHERE sweep_id = 1").fetchall()
            told[view] = sorted(map(repr, rows))
        trials = [row[0] for row in connection.execute("SELECT trial_id FROM sweep_trials WHERE sweep_id = 1"
                                                       " ORDER BY 1")]
        connection.commit()
        connection.close()
        of = ["--db", "same.db", "--sweep", "1"]
        for arguments in (["top", "--json"], ["top", "-n0"], ["top", "--trials", "--json"], ["top", "--pareto", "--json"],
                          ["compare", "--json"], ["compare"], ["compare", "--metric", "loss", "--json"],
                          ["export", "--format", "csv", "--all"], ["export", "--format", "jsonl"],
                          ["export", "--format", "csv", "--history"]):
            told[" ".join(arguments)] = self.sweep(*arguments, *of)[0]
        for trial in trials[:4]:
            told[f"show {trial}"] = self.sweep("show", str(trial), "--json", *of)[0]
        for sweep in json.loads(self.sweep("list", "--json", "--db", "same.db")[0]):
            if sweep["sweep"] == 1:
                told["list"] = {key: value for key, value in sweep.items() if key != "shared"}
        for form in ("optuna", "html"):
            command = ["report"] if form == "html" else ["export", "--format", form]
            self.sweep(*command, *of, "-fo", f"out.{form}")
        told["report"] = (self.folder / "out.html").read_bytes()
        with sqlite3.connect(self.folder / "out.optuna") as optuna:
            told["optuna"] = list(optuna.iterdump())
        return told

    def same(self, told, alone, **where):
        with self.subTest(seed=SEED, **where):
            for name, what in alone.items():
                self.assertEqual(told[name], what, name)

    def statuses(self, database, name="searched"):
        return dict(self.ask("SELECT status, count(*) FROM sweep_results JOIN sweeps USING (sweep_id)"
                             f" WHERE name = '{name}' GROUP BY 1", database))

    def kill_and_go_on(self, database, lasts):
        for _ in range(2):
            process = subprocess.Popen([SWEEP, "run", "s.yaml", "--db", database, "-qj1"], cwd=self.folder,
                                       env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(self.random.random() * lasts)
            process.kill()
            process.wait()
            self.sweep("run", "grid.yaml", "-qj1", "--db", database, "-s", "layers=[[6]]", "-s", "name=half")

    def test_in_company(self):
        """A grid over the same trials before it, afterwards and while it is broken off, another rule's
        sweep before it and after it, and one that finds all it needs. The long form has both methods by
        every rule, the short one each of them by every other one."""
        for method in ("grid", "random"):
            for rule in list(RULES) if LONG_FORM else list(RULES)[method == "random"::2]:
                other = "median" if rule == "hyperband" else "hyperband"
                self.write("s.yaml", searched(method, rule))
                self.write("other.yaml", searched("grid", other, "other"))
                for path in self.folder.glob("*.db*"):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                begin = time.monotonic()
                self.run_in("alone.db", "s.yaml")
                lasts = time.monotonic() - begin
                statuses = self.statuses("alone.db")
                self.assertEqual("stopped" in statuses, rule != "race", f"{method} {rule} {statuses}")
                self.assertIn("diverged", statuses)
                alone = self.told("alone.db")
                shutil.copy(self.folder / "alone.db", self.folder / "after.db")
                self.run_in("after.db", "other.yaml", "grid.yaml")
                self.run_in("before.db", "grid.yaml", "s.yaml")
                self.run_in("other.db", "other.yaml", "s.yaml", "grid.yaml")
                self.kill_and_go_on("between.db", lasts)
                self.run_in("between.db", "s.yaml", "grid.yaml", "s.yaml")
                for database in ("after.db", "before.db", "other.db", "between.db"):
                    self.assertNotIn("stopped", self.statuses(database, "grid"))
                    self.same(self.told(database), alone, method=method, rule=rule, database=database)

    def test_what_is_not_decided_yet(self):
        """Whatever others have of it, a trial that the sweep is to stop is never told of as completed."""
        for rule in ("halving", "hyperband", "median"):
            self.write("s.yaml", searched("random", rule).replace("[[6], [10]]", "[[6], [10], [300]]"))
            for path in self.folder.glob("*.db*"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            self.run_in("alone.db", "s.yaml")
            sql = "SELECT position, status FROM sweep_results JOIN sweeps USING (sweep_id) WHERE name = 'searched'"
            ends = dict(self.ask(sql, "alone.db"))
            self.run_in("s.db", "grid.yaml")
            seen = 0
            process = self.start("run", "s.yaml", "--db", "s.db", "-qj1")
            while process.poll() is None:
                now = self.ask(sql, "s.db")
                seen += 0 < len(now) < len(ends)
                for position, status in now:
                    self.assertIn(status, (ends[position], "pending"), (rule, position))
            self.assertGreater(seen, 0)
            self.assertEqual(dict(self.ask(sql, "s.db")), ends)

    def test_what_others_stopped(self):
        """It has come to nothing in a sweep that did not stop it and has not trained it on yet."""
        self.write("s.yaml", searched("grid", "halving"))
        self.run_in("s.db", "s.yaml")
        stopped = self.statuses("s.db")["stopped"]
        self.change("""
            INSERT INTO sweeps SELECT 2, 'begun', description, metric, goal, replace(config, 'early_', '# '), settings,
              'begun', dataset, dataset_digest, warnings, dataset_changes FROM sweeps;
            INSERT INTO objectives SELECT 2, place, metric, goal FROM objectives;
            INSERT INTO commands (command_id, sweep_id, outcome) VALUES (2, 2, 'interrupted');
            INSERT INTO sweep_trials (sweep_id, trial_id, position)
              SELECT 2, trial_id, position FROM sweep_trials;""", "s.db")
        self.assertEqual(self.statuses("s.db", "begun")["pending"], stopped)
        self.assertNotIn("stopped", self.statuses("s.db", "begun"))
        rows = self.ask("SELECT trained_epochs, loss, accuracy, val_loss, val_accuracy, test_loss, parameters,"
                        " train_seconds, started_at, finished_at, error, command_id FROM sweep_results"
                        " WHERE sweep_id = 2 AND status = 'pending'", "s.db")
        self.assertEqual(set(rows), {(None,) * 12})
        history = self.sweep("export", "--history", "--db", "s.db", "--sweep", "begun")[0]
        ended = self.ask("SELECT sum(trained_epochs) FROM sweep_results WHERE sweep_id = 2", "s.db")[0][0]
        self.assertEqual(len(history.splitlines()), 1 + ended)
        trial, = self.ask("SELECT min(trial_id) FROM sweep_results WHERE status = 'stopped'", "s.db")[0]
        out, _ = self.sweep("show", str(trial), "--db", "s.db", "--sweep", "begun")
        self.assertIn("pending", out)
        self.assertNotIn("val_accuracy  0", out)
        # That it failed to train it on is its own as well.
        self.change(f"INSERT INTO attempts (trial_id, command_id, outcome, error) VALUES ({trial}, 2, 'failed', 'no');",
                    "s.db")
        self.assertEqual(self.ask("SELECT sweep_id, status, error FROM sweep_results WHERE trial_id ="
                                  f" {trial} ORDER BY 1", "s.db"), [(1, "stopped", None), (2, "failed", "no")])
        self.assertEqual(self.statuses("s.db")["stopped"], stopped)

    def test_what_others_train_anew(self):
        """What the database does not have any more is no result."""
        self.write("s.yaml", searched("grid", "median"))
        self.write("other.yaml", searched("grid", "halving", "other"))
        self.run_in("s.db", "s.yaml")
        alone = self.told("s.db")
        self.sweep("run", "other.yaml", "-qj1", "--db", "s.db", "--fresh")
        for epoch, had in self.ask("SELECT stopped_epoch, (SELECT max(epoch) FROM history h WHERE h.trial_id ="
                                   " r.trial_id) FROM sweep_results r WHERE sweep_id = 1 AND status = 'pending'"
                                   " AND stopped_epoch IS NOT NULL", "s.db"):
            self.assertLess(had, epoch)
        self.assertGreater(self.statuses("s.db").get("pending", 0), 0)
        self.run_in("s.db", "s.yaml")
        self.same(self.told("s.db"), alone)

    def test_a_run_that_is_broken_off_takes_nothing_back(self):
        """A sweep that has come to its end stays so while it is run again."""
        self.write("s.yaml", searched("random", "halving"))
        self.run_in("s.db", "s.yaml", "grid.yaml")
        before = self.ask("SELECT * FROM sweep_trials ORDER BY 1, 2", "s.db")
        process = self.start("run", "s.yaml", "--db", "s.db", "-q")
        while process.poll() is None:
            self.assertEqual(self.ask("SELECT * FROM sweep_trials ORDER BY 1, 2", "s.db"), before)
        self.assertEqual(self.ask("SELECT * FROM sweep_trials ORDER BY 1, 2", "s.db"), before)

    def test_what_is_not_stopped_any_more(self):
        """Of an earlier run's stops only those that this one made as well are left at its end."""
        self.write("s.yaml", searched("grid", "halving"))
        self.run_in("s.db", "s.yaml")
        before = self.ask("SELECT * FROM sweep_trials ORDER BY 1, 2", "s.db")
        self.change("UPDATE sweep_trials SET stopped = 'once', stopped_epoch = 1 WHERE stopped IS NULL", "s.db")
        self.assertNotEqual(self.ask("SELECT * FROM sweep_trials ORDER BY 1, 2", "s.db"), before)
        self.run_in("s.db", "s.yaml")
        self.assertEqual(self.ask("SELECT * FROM sweep_trials ORDER BY 1, 2", "s.db"), before)


if __name__ == "__main__":
    unittest.main()
