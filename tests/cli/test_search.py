"""Sweeps that are searched or stopped early, end to end: every method with every rule gives the same
trials, in the same order and with the same numbers, on one thread and on two, killed at random
moments, and moved to another file in between.

A few kills; with SWEEP_LONG=1 fifty of each. SWEEP_SEED repeats their moments."""

import hashlib
import json
import math
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from harness import LONG_FORM, PATIENCE, SEED, SWEEP, Case

METHODS = ("grid", "random", "sobol", "tpe", "gp")
RULES = {
    "": "",
    "halving": "early_terminate: {type: halving, min_iter: 1, eta: 3}\n",
    "hyperband": "early_terminate: {type: hyperband, min_iter: 1, eta: 3}\n",
    "median": "early_terminate: {type: median, min_iter: 2}\n",
    "race": "early_terminate: {type: race}\n",
}

# A setting that diverges, conditions, and trials that differ in their epochs alone.
SPACE = """\
parameters:
  validation_split: {value: 0.2}
  epochs: {values: [9, 5]}
  layers: {values: [[6], [10]]}
  optimizer: {values: [{name: sgd, momentum: {min: 0, max: 0.95}}, {name: adam, beta_1: {values: [0.8, 0.9]}}]}
  learning_rate: {distribution: log_uniform_values, min: 0.001, max: 10}
"""
GRID = """\
parameters:
  validation_split: {value: 0.2}
  epochs: {values: [9, 5]}
  layers: {values: [[6], [10]]}
  optimizer: {values: [{name: sgd, momentum: 0.9}, adam]}
  learning_rate: {values: [0.01, 0.1, 10]}
"""

LISTS = "{values: [[4], [6], [8], [10], [12], [4, 4], [6, 6], [8, 8], [10, 10], [12, 12]]}"
# Settings enough to tell from which hyperparameters the variance comes.
LARGE = """\
method: {method}
dataset: tiny
metric: {{name: {metric}}}
budget: {{trials: 64}}
parameters:
  validation_split: {{value: 0.2}}
  epochs: {{value: 1}}
  layers: {{values: [[4], [6], [8], [10], [12], [4, 4], [6, 6], [8, 8], [10, 10], [12, 12]]}}
  optimizer: {{values: [{{name: sgd, momentum: {{min: 0, max: 0.95}}}}, adam]}}
  learning_rate: {{min: 0.001, max: 0.1, log: true}}
"""


def binned(values):
    """Bins of about as many each, for numbers; None stays."""
    present = sorted(value for value in values if value is not None)
    count, bins = len(present), 2
    while bins < 10 and 2 * (bins + 1) ** 3 <= 5 * count:
        bins += 1
    first = {value: present.index(value) for value in present}
    last = {value: at for at, value in enumerate(present)}
    return [None if value is None else (first[value] + last[value]) * bins // (2 * count) for value in values]


def ridge_shares(columns, scores):
    """The variance of what each column's coefficients add, over that of the scores."""
    count, mean = len(scores), sum(scores) / len(scores)
    y = [score - mean for score in scores]
    x, owners = [], []
    for name, values in columns.items():
        there = [value is not None for value in values]
        for level in sorted(set(values) - {None}):
            share = sum(value == level for value in values) / sum(there)
            x.append([(value == level) - share if at else 0 for value, at in zip(values, there)])
            owners.append(name)
    size = len(x)
    # (X'X + I) b = X'y, by Gauss and Jordan.
    rows = [[sum(a * b for a, b in zip(x[i], x[j])) + (i == j) for j in range(size)]
            + [sum(a * b for a, b in zip(x[i], y))] for i in range(size)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda at: abs(rows[at][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [cell / rows[i][i] for cell in rows[i]]
        for j in range(size):
            if j != i:
                rows[j] = [a - rows[j][i] * b for a, b in zip(rows[j], rows[i])]
    shares = {}
    for name in columns:
        own = [i for i in range(size) if owners[i] == name]
        parts = [sum(rows[i][size] * x[i][at] for i in own) for at in range(count)]
        shares[name] = sum(part ** 2 for part in parts) / sum(value ** 2 for value in y)
    return shares


# All that a sweep is, times and attempts aside.
ALL = """SELECT position, digest, status, loss, accuracy, val_loss, val_accuracy, test_loss, test_accuracy, point, stopped,
(SELECT group_concat(epoch || ' ' || ifnull(loss, '') || ' ' || ifnull(val_accuracy, ''), ';')
 FROM history h WHERE h.trial_id = t.trial_id)
FROM sweep_trials JOIN trials t USING (trial_id)
WHERE sweep_id = (SELECT sweep_id FROM commands ORDER BY command_id DESC LIMIT 1) ORDER BY position"""


def config(method, rule, budget="{trials: 36}"):
    head = f"name: searched\nmethod: {method}\ndataset: tiny\nmetric: {{name: val_accuracy, goal: maximize}}\nrepeats: 3\n"
    if method != "grid":
        head += f"budget: {budget}\nbatch: 5\n"
    return head + RULES[rule] + (GRID if method == "grid" else SPACE)


class Search(Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)

    def run_whole(self, name="s.yaml", database="whole.db", *options):
        out, err = self.sweep("run", name, "--db", database, "-j1", *options)
        return self.ask(ALL, database), out, err

    def kill_and_move(self, kills, database="killed.db"):
        """Kill a run again and again, the database under another name each time, then let it end."""
        for i in range(kills):
            begin = time.monotonic()
            process = subprocess.Popen([SWEEP, "run", "s.yaml", "--db", database, "-q", f"-j{1 + i % 2}"],
                                       cwd=self.folder, env=self.environment,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(self.random.random() * self.lasts)
            process.kill()
            process.wait()
            if i % 5 == 4 and (self.folder / database).exists():
                # Without its log and checkpoints, as a copy of the file alone would be.
                self.ask("PRAGMA wal_checkpoint(TRUNCATE)", database)
                shutil.copy(self.folder / database, self.folder / f"moved{i}.db")
                database = f"moved{i}.db"
            self.assertLess(time.monotonic() - begin, PATIENCE)
        self.sweep("run", "s.yaml", "--db", database, "-j2")
        return database

    def same_whatever_happens(self, method, kills=3):
        """By every rule in the long form, else by every other one, so that each has some of the methods."""
        first = METHODS.index(method) % 2
        for rule in list(RULES) if LONG_FORM else list(RULES)[first::2]:
            with self.subTest(method=method, rule=rule or "none", seed=SEED):
                self.write("s.yaml", config(method, rule))
                for name in self.folder.glob("*.db*"):
                    shutil.rmtree(name) if name.is_dir() else name.unlink()
                begin = time.monotonic()
                whole, _, _ = self.run_whole()
                self.lasts = time.monotonic() - begin
                self.sweep("run", "s.yaml", "--db", "two.db", "-j2")
                self.assertEqual(self.ask(ALL, "two.db"), whole)
                database = self.kill_and_move(50 if LONG_FORM else kills)
                self.assertEqual(self.ask(ALL, database), whole)
                self.assertFalse((self.folder / (database + ".checkpoints")).exists())
                self.sweep("run", "s.yaml", "--db", database)
                self.assertEqual(self.ask(ALL, database), whole)
                statuses = {row[2] for row in whole}
                self.assertEqual("stopped" in statuses, rule not in ("", "race"))
                self.assertLessEqual(statuses, {"completed", "diverged", "stopped"})
                self.assertEqual(self.ask("PRAGMA foreign_key_check", database), [])
                out, _ = self.sweep("doctor", "--db", database)
                self.assertIn("0 errors", out)

    def test_grid(self):
        self.same_whatever_happens("grid")

    def test_random(self):
        self.same_whatever_happens("random")

    def test_sobol(self):
        self.same_whatever_happens("sobol")

    def test_tpe(self):
        self.same_whatever_happens("tpe")

    def test_gp(self):
        self.same_whatever_happens("gp")

    # --- what is said ---

    def test_rungs_are_said(self):
        self.write("s.yaml", config("random", "halving"))
        _, out, err = self.run_whole()
        self.assertIn("halving, at epochs 1 and 3 of 9", err)
        self.assertIn("batch 1, epoch 1: 2 of 5 go on", err)
        self.assertIn("the budget of 36 trials is spent", err)
        self.assertRegex(out, r"trials, \d+ stopped early")
        stopped = self.ask("SELECT trial_id FROM trials WHERE status = 'stopped'", "whole.db")
        out, _ = self.sweep("show", str(stopped[0][0]), "--db", "whole.db")
        self.assertRegex(out, r"stopped: halving, epoch \d: val_accuracy [\d.]+; what went on had")
        top = json.loads(self.sweep("top", "--json", "--db", "whole.db")[0])
        self.assertEqual(top["stopped"], len(stopped))
        listed = json.loads(self.sweep("list", "--json", "--db", "whole.db")[0])
        self.assertEqual(listed[0]["stopped"], len(stopped))

    def test_stopped_trials_are_not_ranked(self):
        self.write("s.yaml", config("grid", "median"))
        self.run_whole()
        ranked = self.ask("SELECT setting FROM leaderboard", "whole.db")
        completed = self.ask("SELECT DISTINCT setting FROM trials WHERE status IN ('completed', 'diverged')", "whole.db")
        self.assertEqual(sorted(ranked), sorted(completed))
        last = self.ask("""SELECT count(*) FROM trials t JOIN history h USING (trial_id) WHERE status = 'stopped'
            AND test_loss IS NULL AND h.val_accuracy IS t.val_accuracy AND epoch =
            (SELECT max(epoch) FROM history o WHERE o.trial_id = t.trial_id)""", "whole.db")
        self.assertEqual(last, self.ask("SELECT count(*) FROM trials WHERE status = 'stopped'", "whole.db"))

    def test_compare_knows_that_it_is_no_grid(self):
        self.write("s.yaml", config("random", ""))
        self.run_whole()
        out = " ".join(self.sweep("compare", "--db", "whole.db")[0].split())
        self.assertRegex(out, r"share: not told apart; this search has \d+ settings with a val_accuracy, which are too few: it takes 30")
        self.assertIn("The settings were chosen by a search", out)
        self.assertNotIn("repeats=", out)
        self.assertNotIn("Trials are missing", out)
        shares = json.loads(self.sweep("compare", "--json", "--db", "whole.db")[0])["hyperparameters"]
        self.assertEqual({factor["share"] for factor in shares}, {None})
        for method, searched in (("random", True), ("grid", False)):
            self.write("s.yaml", config(method, "halving"))
            self.run_whole(database=method + ".db")
            out = " ".join(self.sweep("compare", "--db", method + ".db")[0].split())
            stopped, = self.ask("SELECT count(*) FROM trials WHERE status = 'stopped'", method + ".db")[0]
            self.assertRegex(out, f"{stopped} trials stopped early have no val_accuracy here: those that are left are the better "
                                  "ones, and all of this (but the shares )?is of them alone")
            self.assertEqual("chosen by a search" in out, searched)

    def test_shares_of_a_search(self):
        """Against the same computed from the database: one-hot columns, numbers in bins, ridge regression."""
        self.write("s.yaml", LARGE.format(method="random", metric="val_loss, goal: minimize"))
        self.run_whole()
        rows = self.ask("""SELECT avg(val_loss), learning_rate, optimizer, momentum, layers, max(parameters)
            FROM trials WHERE status = 'completed' GROUP BY setting ORDER BY min(trial_id)""", "whole.db")
        self.assertGreater(len(rows), 50)
        columns = {"learning_rate": binned([row[1] for row in rows]), "optimizer": [row[2] for row in rows],
                   "momentum": binned([row[3] for row in rows]), "layers": binned([row[5] for row in rows])}
        expected = ridge_shares(columns, [math.log(row[0]) for row in rows])
        compared = json.loads(self.sweep("compare", "--json", "--db", "whole.db")[0])
        variance = compared["variance"]
        self.assertEqual(variance["method"], "ridge regression on one-hot values")
        self.assertEqual((variance["settings"], variance["settings_needed"], variance["logarithms"]), (len(rows), 30, True))
        self.assertEqual({(one["of"], one["by"], one["bins"]) for one in variance["bins"]},
                         {(name, "parameters" if name == "layers" else "value", len(set(columns[name]) - {None}))
                          for name in ("learning_rate", "momentum", "layers")})
        shares = {factor["name"]: factor["share"] for factor in compared["hyperparameters"]}
        self.assertEqual(set(shares), set(expected))
        for name, share in expected.items():
            self.assertAlmostEqual(shares[name], share, places=9)
        self.assertNotIn("may miss", variance["note"])
        out = " ".join(self.sweep("compare", "--db", "whole.db")[0].split())
        self.assertIn(f"share: {variance['note']}", out)
        self.assertIn("layers (5, by the number of parameters)", out)
        # What is seen once goes with one value of everything else, which says nothing.
        self.assertEqual({value["verdict"] for factor in compared["hyperparameters"] for value in factor["values"]},
                         {"reference", "no pairs to compare"})
        self.assertIn("no two of them that are compared here differ in one hyperparameter alone", out)
        self.assertRegex(out, r"optimizer +[\d.]+ 2 values (adam|sgd) ")
        for method, words in (("tpe", "tpe tried most where scores were good"), ("gp", "gp tried most"), ("sobol", None)):
            self.write("s.yaml", LARGE.format(method=method, metric="val_accuracy, goal: maximize"))
            self.run_whole("s.yaml", method + ".db")
            variance = json.loads(self.sweep("compare", "--json", "--db", method + ".db")[0])["variance"]
            self.assertEqual(variance["method"], "ridge regression on one-hot values")
            self.assertFalse(variance["logarithms"])
            self.assertEqual("any estimate may miss the hyperparameter that matters most" in variance["note"], words is not None)
            self.assertIn(words or "ridge", variance["note"])
            # Without its config it is not known how the settings were chosen.
            self.change("UPDATE sweeps SET config = ''", method + ".db")
            variance = json.loads(self.sweep("compare", "--json", "--db", method + ".db")[0])["variance"]
            self.assertIn("as tpe and gp do, any estimate may miss", variance["note"])

    def test_the_best_so_far(self):
        """Against the same computed from the database, with stopped and diverged trials in it."""
        for method, rule in (("random", ""), ("random", "halving"), ("tpe", ""), ("gp", "median")):
            with self.subTest(method=method, rule=rule):
                database = f"{method}{rule}.db"
                self.write("s.yaml", config(method, rule))
                self.run_whole("s.yaml", database)
                compared = json.loads(self.sweep("compare", "--json", "--db", database)[0])
                search = compared["search"]
                self.assertEqual(search["method"], method)
                trials = self.ask("""SELECT setting, trial_id, status, val_accuracy, train_seconds,
                    (SELECT max(epoch) FROM history h WHERE h.trial_id = t.trial_id)
                    FROM trials t JOIN sweep_trials USING (trial_id) ORDER BY position""", database)
                settings = {}
                for row in trials:
                    settings.setdefault(row[0], []).append(row)
                spent, best, steps = [0, 0, 0], None, []
                for rows in settings.values():
                    spent = [spent[0] + len(rows), spent[1] + sum(row[5] for row in rows), spent[2] + sum(row[4] for row in rows)]
                    scores = [row[3] for row in rows if row[2] == "completed"]
                    own = (len(scores), sum(scores) / len(scores)) if scores else None
                    if own and (not best or own > best):
                        best = own
                    steps.append((rows[0][1], *spent, own and own[1], best and best[1]))
                self.assertEqual(len(search["best_so_far"]), len(steps))
                for got, expected in zip(search["best_so_far"], steps):
                    for name, value in zip(("trial", "trials", "epochs", "seconds", "score", "best"), expected):
                        (self.assertAlmostEqual if value is not None else self.assertEqual)(got[name], value)
                self.assertAlmostEqual(steps[-1][5], compared["best"]["not_told_from_the_best"][0]["mean"])
                stopped = sum(row[2] == "stopped" for row in trials)
                self.expected_best_is_right(compared, [step[4] for step in steps], stopped)
                self.best_so_far_is_printed(database, steps, method == "random" and not stopped)
                # By another score, too.
                losses = json.loads(self.sweep("compare", "--json", "-m", "val_loss", "--db", database)[0])["search"]
                best = [step["best"] for step in losses["best_so_far"] if step["best"] is not None]
                self.assertLessEqual(best[-1], best[0])
        self.write("s.yaml", config("grid", "halving"))
        self.run_whole("s.yaml", "grid.db")
        self.assertNotIn("search", json.loads(self.sweep("compare", "--json", "--db", "grid.db")[0]))
        self.assertNotIn("best so far", self.sweep("compare", "--db", "grid.db")[0])

    def expected_best_is_right(self, compared, scores, stopped):
        search, expected = compared["search"], compared["search"]["expected_best"]
        if search["method"] != "random":
            self.assertEqual(expected, [])
            self.assertIn(f"which those of {search['method']} are not", search["note"])
            return
        if stopped:
            self.assertEqual(expected, [])
            self.assertRegex(search["note"], f"needs settings that were all trained to the end; {stopped} trials? w(as|ere) stopped early")
            return
        known = sorted(score for score in scores if score is not None)
        ordered = [known[0]] * (len(scores) - len(known)) + known
        count = len(ordered)
        self.assertEqual([one["settings"] for one in expected], list(range(1, count + 1)))
        last = search["best_so_far"][-1]
        for n, one in enumerate(expected, 1):
            mean = sum(math.comb(i, n - 1) * score for i, score in enumerate(ordered)) / math.comb(count, n)
            self.assertAlmostEqual(one["best"], mean)
            for name in ("trials", "epochs", "seconds"):
                self.assertAlmostEqual(one[name], last[name] * n / count)
        self.assertEqual(f"{count - len(known)} setting" in search["note"], count > len(known))

    def best_so_far_is_printed(self, database, steps, with_expected):
        out, _ = self.sweep("compare", "--db", database)
        for percent in (10, 25, 50, 100):
            count, step = next((i, step) for i, step in enumerate(steps, 1) if step[1] >= steps[-1][1] * percent / 100)
            best = "-" if step[5] is None else f"{step[5]:.4g}"
            self.assertRegex(out, rf"(?m)^ *{percent} % +{count} +{step[1]} +{step[2]} +[\d.]+ +{best}(?!\d)")
        self.assertEqual("best so far  expected" in out, with_expected)
        self.assertLessEqual(max(map(len, out[out.index("of the trials"):].split("\n\n")[0].splitlines())), 80)

    def test_shares_of_a_search_that_stops(self):
        """Of the scores after the last epoch that all reached, since those that came to the end are the better ones."""
        self.write("s.yaml", LARGE.format(method="random", metric="val_loss").replace("epochs: {value: 1}", "epochs: {value: 9}")
                   + "early_terminate: {type: halving, min_iter: 2, eta: 2}\n")
        self.run_whole()
        rows = self.ask("""SELECT h.val_loss, learning_rate, optimizer, momentum, parameters FROM trials t JOIN history h USING (trial_id)
            WHERE epoch = 2 AND status IN ('completed', 'stopped') ORDER BY trial_id""", "whole.db")
        stopped, = self.ask("SELECT count(*) FROM trials WHERE status = 'stopped'", "whole.db")[0]
        self.assertGreater(stopped, 20)
        self.assertGreater(len(rows), 50)
        columns = {"learning_rate": binned([row[1] for row in rows]), "optimizer": [row[2] for row in rows],
                   "momentum": binned([row[3] for row in rows]), "layers": binned([row[4] for row in rows])}
        compared = json.loads(self.sweep("compare", "--json", "--db", "whole.db")[0])
        self.assertEqual((compared["variance"]["epoch"], compared["variance"]["settings"]), (2, len(rows)))
        self.assertIn("after epoch 2, which the stopped ones reached as well", compared["variance"]["note"])
        shares = {factor["name"]: factor["share"] for factor in compared["hyperparameters"]}
        for name, share in ridge_shares(columns, [math.log(row[0]) for row in rows]).items():
            self.assertAlmostEqual(shares[name], share, places=9)
        # What is not known after each epoch has those that came to the end alone.
        variance = json.loads(self.sweep("compare", "--json", "-m", "test_loss", "--db", "whole.db")[0])["variance"]
        self.assertIsNone(variance["epoch"])
        self.assertLess(variance["settings"], len(rows) - 20)

    def test_a_search_of_a_whole_grid_is_exact(self):
        self.write("s.yaml", "method: random\ndataset: tiny\nbudget: {trials: 100}\nparameters:\n"
                             "  epochs: {values: [1, 2]}\n  layers: {values: [[4], [5]]}\n  learning_rate: {values: [0.1, 0.2, 0.3]}\n")
        self.run_whole()
        variance = json.loads(self.sweep("compare", "--json", "--db", "whole.db")[0])["variance"]
        self.assertEqual(variance["method"], "functional ANOVA of a full grid")

    def test_plan(self):
        self.write("s.yaml", config("tpe", "halving"))
        out, _ = self.sweep("plan", "s.yaml")
        self.assertIn("tpe, 5 settings at a time", out)
        self.assertIn("halving, at epochs 1 and 3 of 9", out)
        plan = json.loads(self.sweep("plan", "s.yaml", "--json")[0])
        self.assertEqual((plan["method"], plan["settings"], plan["trials"]), ("tpe", 12, 36))
        self.assertEqual(plan["early_terminate"], {"type": "halving", "rungs": [1, 3]})
        self.assertLess(plan["epochs_at_most"], 12 * 3 * 9)
        _, _, err = self.run_whole()
        self.assertRegex(err, rf"12 settings tried, \d+ of them stopped early, \d+ epochs")
        epochs = self.ask("SELECT count(*) FROM history", "whole.db")[0][0]
        self.assertLessEqual(epochs, plan["epochs_at_most"])

    def test_plan_tells_what_is_done(self):
        """The cost at most and as expected, and what of it the database has, for each method and rule; in the short
        form, for every other rule of each."""
        for method in METHODS:
            for rule in list(RULES) if LONG_FORM else list(RULES)[METHODS.index(method) % 2::2]:
                if method == "grid" and not rule:
                    continue  # its plan tells the trials that are left
                self.write("s.yaml", config(method, rule))
                name = f"{method}{rule}.db"
                before = self.sweep("plan", "s.yaml", "--db", name)[0]
                self.assertRegex(before, r"\n  epochs +\d+ at most, (\d+ expected|and expected)\n")
                self.assertNotIn("trained already", before)
                self.assertFalse(os.path.exists(self.folder / name))
                self.run_whole("s.yaml", name)
                trials, stopped = self.ask("SELECT count(*), total(status = 'stopped') FROM trials "
                                           "WHERE status <> 'pending'", name)[0]
                epochs, = self.ask("SELECT count(*) FROM history", name)[0]
                out = " ".join(self.sweep("plan", "s.yaml", "--db", name)[0].split())
                self.assertIn(f"trained already {trials} trials of ", out)
                self.assertIn(f", {stopped:.0f} of them stopped early, {epochs} epochs", out)
                self.assertIn("nothing is left to train", out)
                plan = json.loads(self.sweep("plan", "s.yaml", "--db", name, "--json")[0])
                self.assertEqual((plan["trained_already"], plan["epochs_trained_already"], plan["complete"]),
                                 (trials, epochs, True))
                self.assertLessEqual(epochs, plan["epochs_at_most"], name)

    def test_plan_of_a_search_that_was_interrupted(self):
        """Those that have results are counted, and the rest is predicted."""
        self.write("s.yaml", config("random", ""))
        self.run_whole("s.yaml", "part.db")
        self.change("UPDATE commands SET outcome = 'interrupted';"
                    "UPDATE trials SET status = 'pending' WHERE trial_id > 5;", "part.db")
        out = " ".join(self.sweep("plan", "s.yaml", "--db", "part.db")[0].split())
        self.assertIn("trained already 5 trials of ", out)
        self.assertRegex(out, r"predicted time .* for the rest, by a sample of settings")

    def test_keys_explain_keys_within_keys(self):
        for owner, names in (("early_terminate", "type min_iter max_iter s eta keep finalists strict level halving "
                                                 "hyperband median race"),
                             ("layers", "count units each"), ("budget", "trials epochs seconds"),
                             ("metric", "name goal"), ("method", "grid random sobol tpe gp"),
                             ("parameters", "value values min max q log distribution probabilities mu sigma a b"),
                             ("distribution", "uniform log_uniform_values q_normal beta")):
            out = self.sweep("keys", owner)[0]
            for name in names.split():
                self.assertRegex(out, rf"(?m)^  {name} +\S", owner)
        self.assertRegex(self.sweep("keys", "eta")[0], r"key of early_terminate eta: .*default: 3, as in ")
        parts = json.loads(self.sweep("keys", "early_terminate", "--json")[0])["early_terminate_keys"]
        self.assertEqual(len(parts), 9)

    def test_plan_tells_ranges_by_their_ends(self):
        self.write("s.yaml", "method: random\ndataset: tiny\nbudget: {trials: 5}\nparameters:\n"
                             "  batch_size: {min: 16, max: 64}\n  dropout: {min: 0, max: 0.5, q: 0.1}\n"
                             "  l2: {min: 0, max: 0.2, q: 0.1}\n")
        out = self.sweep("plan", "s.yaml")[0]
        self.assertRegex(out, r"batch_size +16 to 64\n")
        self.assertRegex(out, r"dropout +0 to 0.5, q 0.1\n")
        self.assertRegex(out, r"l2 +0, 0.1, 0.2\n")

    def test_budget_of_epochs(self):
        """It is what is spent at most, by the plan as well."""
        self.write("s.yaml", config("random", "", "{epochs: 100}"))
        plan = json.loads(self.sweep("plan", "s.yaml", "--json")[0])
        self.run_whole("s.yaml", "e.db")
        epochs = self.ask("SELECT count(*) FROM history", "e.db")[0][0]
        self.assertTrue(73 < epochs <= 100, epochs)
        self.assertEqual(plan["epochs_at_most"], 100)

    def test_a_small_budget_has_small_batches(self):
        self.write("s.yaml", config("tpe", "", "{trials: 48}").replace("batch: 5\n", ""))
        self.assertIn("search by tpe, 4 settings at a time", self.run_whole()[2])
        self.assertIn("tpe, 4 settings at a time", self.sweep("plan", "s.yaml", "--db", "whole.db")[0])

    def test_a_sweep_goes_on_with_the_batch_it_was_begun_with(self):
        """As an earlier version left it, whose default was 16 whatever the budget."""
        text = config("tpe", "halving", "{trials: 120}")
        self.write("s.yaml", text.replace("batch: 5\n", "batch: 16\n"))
        whole, _, _ = self.run_whole()
        text = text.replace("batch: 5\n", "")
        self.write("s.yaml", text)
        before = self.ask("SELECT count(*) FROM attempts", "whole.db")
        connection = sqlite3.connect(self.folder / "whole.db")
        connection.execute("UPDATE sweeps SET config = ?, config_digest = ?",
                           (text, hashlib.sha256(text.encode()).hexdigest()))
        connection.commit()
        connection.close()
        said = "the sweep was begun with batch 16, which was the default then"
        out, err = self.sweep("plan", "s.yaml", "--db", "whole.db")
        self.assertIn(said, err)
        self.assertIn("tpe, 16 settings at a time", out)
        self.assertIn("nothing is left to train", out)
        again, _, err = self.run_whole()
        self.assertIn(said, err)
        self.assertEqual(again, whole)
        self.assertEqual(self.ask("SELECT count(*) FROM attempts", "whole.db"), before)
        self.assertEqual(self.ask("SELECT count(*) FROM sweeps", "whole.db"), [(1,)])
        again, _, err = self.run_whole("s.yaml", "new.db")
        self.assertNotIn(said, err)
        self.assertIn("tpe, 10 settings at a time", err)

    def test_another_sweep_of_the_same_name(self):
        text = config("random", "")
        self.write("s.yaml", text)
        self.assertNotIn("is named", self.run_whole()[2])
        for change, said in (
                (("{trials: 36}", "{trials: 39}"), "budget: {trials: 36} became {trials: 39}."),
                (("value: 0.2", "value: 0.1"), "validation_split: {value: 0.2} became {value: 0.1}."),
                (("batch: 5\n", ""), "batch was removed."),
                (("repeats: 3\n", "repeats: 3\nexclude: ['epochs=5']\n"), "exclude was added."),
                (("batch: 5\n", "batch:    5 # as before\n"), "comments or spelling alone differ.")):
            self.write("s.yaml", text.replace(*change))
            for command in ("plan", "run"):
                shutil.copy(self.folder / "whole.db", self.folder / "copy.db")
                _, err = self.sweep(command, "s.yaml", "--db", "copy.db")
                self.assertIn("note: sweep 1 is named 'searched' too, and this is another one: " + said, err)
            # Its own sweep is there: it was said.
            self.assertNotIn("is named", self.sweep("run", "s.yaml", "--db", "copy.db")[1])
        self.write("s.yaml", text)
        self.assertRegex(self.sweep("top", "--db", "whole.db")[0], "^searched: 36 of")
        _, out, err = self.run_whole("s.yaml", "whole.db", "--set", "name=searched", "--set", "batch=6")
        for said in (out, self.sweep("top", "--db", "whole.db")[0], self.sweep("compare", "--db", "whole.db")[0]):
            self.assertRegex(said, r"^searched \(sweep 2\): 36 of")
        err += self.sweep("top", "--sweep", "searched", "--db", "whole.db", code=2)[1]
        self.assertRegex(err, r"2 sweeps are named 'searched': 2 \(batch=6\) \(on tiny, 36 trials, 20")
        self.assertIn("--set name=searched was added; --set batch=6 was added.", err)

    def test_the_best_of_what_the_database_has(self):
        """It is the best of the sweep that the progress line tells, whoever trained it."""
        grid = "parameters:\n  validation_split: {value: 0.2}\n  epochs: {values: [9]}\n  learning_rate: {values: [%s]}\n"
        for head, more in (("method: grid\n", ""), ("method: grid\nrepeats: 3\n", "early_terminate: {type: race}\n"),
                           ("method: grid\n", "early_terminate: {type: median}\n")):
            self.write("s.yaml", f"{head}dataset: tiny\n{more}" + grid % "0.3")
            self.sweep("run", "s.yaml", "--db", "best.db")
            self.write("s.yaml", f"{head}dataset: tiny\n{more}" + grid % "0.0001, 0.3")
            _, err = self.sweep("run", "s.yaml", "--db", "best.db")
            top = json.loads(self.sweep("top", "--trials", "--json", "--db", "best.db")[0])["rows"][0]
            self.assertEqual(top["hyperparameters"]["learning_rate"], 0.3)
            self.assertIn(f"best val_accuracy {top['value']:.4g}  ", err)
            (self.folder / "best.db").unlink()

    def test_a_budget_that_has_no_room(self):
        for method in ("random", "grid"):
            budget = "budget: {trials: 35}\n" if method == "grid" else ""
            self.write("s.yaml", config(method, "race", "{trials: 35}") + budget)
            _, _, err = self.run_whole("s.yaml", f"{method}.db")
            if method == "grid":
                self.assertIn("grid of 11 settings x 3 seeds (13 more settings are beyond the budget)", err)
            else:
                self.assertIn("the budget of 35 trials has no room for another setting", err)
            self.assertRegex(err, r"after 2 of 3 seeds: \d+ of 11 settings go on")
            self.assertNotIn("after 1 of", err)

    # --- how it ends ---

    def test_budgets(self):
        for budget, words in (("{epochs: 300}", "the budget of 300 epochs has too little left to be sure of the next step"),
                              ("{seconds: 0.001}", "the budget of 0.001 s is spent")):
            self.write("s.yaml", config("sobol", "", budget))
            whole, _, err = self.run_whole("s.yaml", f"{budget[1:4]}.db")
            self.assertIn(words, err)
            again, _, err = self.run_whole("s.yaml", f"{budget[1:4]}.db")
            self.assertIn(words, err)
            self.assertEqual(again, whole)

    def test_a_space_is_exhausted(self):
        small = "parameters:\n  epochs: {value: 1}\n  layers: {values: [[4], [5]]}\n  learning_rate: {values: [0.1, 0.2, 0.3]}\n"
        for method in METHODS[1:]:
            self.write("s.yaml", f"method: {method}\ndataset: tiny\nbudget: {{trials: 100}}\n" + small)
            whole, _, err = self.run_whole("s.yaml", f"{method}.db")
            self.assertEqual(len(whole), 6)
            self.assertIn("6 settings tried, 6 epochs; these are all that there are", err)

    def test_plan_counts_what_is_excluded(self):
        head = "method: random\ndataset: tiny\nbudget: {trials: 5}\n"
        lists = "parameters:\n  epochs: {values: [1, 2, 3, 4]}\n  optimizer: {values: [sgd, adam, rmsprop]}\n"
        self.write("s.yaml", head + "exclude: ['epochs>=3 and optimizer=adam', 'epochs=1']\n" + lists)
        self.assertRegex(self.sweep("plan", "s.yaml")[0], r"exclude +5 of the space's 12 points\n")
        self.write("s.yaml", head + "exclude: ['learning_rate<0.01']\n" + lists
                   + "  learning_rate: {min: 0.001, max: 1, log: true}\n")
        plan = json.loads(self.sweep("plan", "s.yaml", "--json")[0])
        self.assertEqual(plan["points_looked_at"], 10000)
        self.assertLess(abs(plan["excluded_points"] / 10000 - 1 / 3), 4 * math.sqrt(2 / 9 / 10000))
        self.assertRegex(self.sweep("plan", "s.yaml")[0],
                         rf"exclude +{plan['excluded_points']} of 10000 points drawn at random \(3[234] %\)")
        self.write("s.yaml", head + lists)
        self.assertNotIn("exclude", self.sweep("plan", "s.yaml")[0])

    def test_more_repeats_need_a_larger_budget(self):
        self.write("s.yaml", config("grid", "").replace("repeats: 3", "repeats: 2") + "budget: {trials: 24}\n")
        self.run_whole()
        out = " ".join(self.sweep("compare", "optimizer", "--db", "whole.db")[0].split())
        found = re.search(r"--set repeats=(\d+) --set budget.trials=(\d+)` trains only what is missing", out)
        self.assertEqual(int(found[2]), 12 * int(found[1]))
        _, _, err = self.run_whole("s.yaml", "whole.db", "--set", f"repeats={found[1]}", "--set", f"budget.trials={found[2]}")
        self.assertIn(f"12 settings x {found[1]} seeds", err)

    def test_nothing_is_left(self):
        self.write("s.yaml", "method: random\ndataset: tiny\nbudget: {trials: 5}\nexclude: ['epochs>=1']\n"
                             "parameters:\n  epochs: {values: [1, 2]}\n  learning_rate: {min: 0.1, max: 0.2}\n")
        for command in ("run", "plan"):
            _, err = self.sweep(command, "s.yaml", code=65)
            self.assertIn("exclude leaves nothing to train", err)

    def test_interrupted(self):
        self.write("s.yaml", config("tpe", "halving"))
        begin = time.monotonic()
        whole, _, _ = self.run_whole()
        lasts = time.monotonic() - begin
        code, interrupted = None, 0
        while code != 0:
            process = self.start("run", "s.yaml", "--db", "broken.db", "-j2")
            time.sleep((0.3 + 0.7 * self.random.random()) * lasts if interrupted < 5 else 0)
            if interrupted < 5:
                process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=PATIENCE)
            code = process.returncode
            self.assertIn(code, (0, 130, -signal.SIGINT))
            if code == 130:
                # A signal may also come when all is trained and only the results are yet to be shown.
                self.assertRegex(err, "goes on from there|the budget of 36 trials is spent")
            interrupted += 1
        self.assertEqual(self.ask(ALL, "broken.db"), whole)

    def test_a_database_that_is_removed(self):
        """What a search gave since goes to the next run, whose trials come batch by batch."""
        for method, rule in (("random", ""), ("gp", "halving"), ("random", "race")):
            self.write("s.yaml", config(method, rule).replace("[9, 5]", "[900, 500]"))
            whole, _, _ = self.run_whole("s.yaml", f"whole-{method}{rule}.db")
            for i in range(20):
                database = f"{method}{rule}{i}.db"
                process = self.start("run", "s.yaml", "--db", database, "-j1")
                while process.poll() is None and not self.completed(database):
                    time.sleep(0.01)
                if (self.folder / database).exists():
                    (self.folder / database).unlink()
                process.communicate(timeout=PATIENCE)
                if (self.folder / f"{database}.spool").exists():
                    break
            self.assertEqual(process.returncode, 74)
            _, err = self.sweep("run", "s.yaml", "--db", database)
            self.assertRegex(err, r"took up \d+ results? that an earlier run kept")
            self.assertEqual(self.ask(ALL, database), whole)
            self.assertEqual(list(self.folder.glob(f"{database}.spool*")), [])

    def completed(self, database):
        """How many trials have a result."""
        if not (self.folder / database).exists():
            return 0
        try:
            return self.ask("SELECT count(*) FROM trials WHERE status = 'completed'", database)[0][0]
        except sqlite3.Error:
            return 0

    def test_failed_trials_are_tried_again(self):
        """The points that were asked for after a failure stay, and so do their trials."""
        self.write("s.yaml", config("tpe", "median"))
        whole, _, _ = self.run_whole()
        for failures, code in ((1, 0), (3, 1)):
            self.change(f"""
                CREATE TEMP TABLE failed AS SELECT trial_id FROM sweep_trials WHERE position IN (0, 9);
                DELETE FROM history WHERE trial_id IN failed;
                UPDATE trials SET status = 'failed', error = 'made up', loss = NULL, accuracy = NULL, val_loss = NULL,
                    val_accuracy = NULL, test_loss = NULL, test_accuracy = NULL WHERE trial_id IN failed;""" + """
                INSERT INTO attempts (trial_id, command_id, outcome, error) SELECT trial_id, 1, 'failed', 'made up' FROM failed;
                """ * failures, "whole.db")
            out, err = self.sweep("run", "s.yaml", "--db", "whole.db", code=code)
            after = self.ask(ALL, "whole.db")
            if failures == 1:
                self.assertEqual(after, whole)
            else:
                self.assertIn("2 trials failed 3 times and are left alone", err)
                chosen = [[(row[0], row[1], row[9]) for row in rows if row[9]] for rows in (after, whole)]
                self.assertEqual(*chosen)
                self.assertEqual([row[0] for row in after if row[2] == "failed"], [0, 9])
        self.sweep("run", "s.yaml", "--db", "whole.db", "--retry-failed")
        self.assertEqual(self.ask(ALL, "whole.db"), whole)

    # --- what other sweeps have ---

    def test_results_are_shared_with_grids(self):
        """A trial that one sweep stopped another trains to its end, and the first one's choice is the same."""
        self.write("s.yaml", config("grid", "halving"))
        whole, _, _ = self.run_whole()
        self.write("grid.yaml", config("grid", ""))
        self.sweep("run", "grid.yaml", "--db", "whole.db")
        self.assertEqual(self.ask("SELECT DISTINCT status FROM trials WHERE status NOT IN ('completed', 'diverged')",
                                  "whole.db"), [])
        fresh = self.run_whole("grid.yaml", "grid.db")[0]
        digests = dict((row[1], row[3:9]) for row in fresh)
        after, _, _ = self.run_whole()
        self.assertEqual([(row[0], row[1], row[10]) for row in after], [(row[0], row[1], row[10]) for row in whole])
        self.assertEqual([row[3:9] for row in after], [digests[row[1]] for row in after])
        # And the other way round.
        self.write("s.yaml", config("grid", "halving"))
        before, _, _ = self.run_whole("s.yaml", "grid.db")
        self.assertEqual([(row[1], row[10]) for row in before], [(row[1], row[10]) for row in whole])

    def test_fresh(self):
        self.write("s.yaml", config("tpe", "hyperband"))
        whole, _, _ = self.run_whole()
        self.ask("UPDATE trials SET accuracy = 0.5", "whole.db")
        again, _, _ = self.run_whole("s.yaml", "whole.db", "--fresh")
        self.assertEqual(again, whole)

    def test_a_file_from_elsewhere(self):
        """Weights & Biases' words."""
        self.write("s.yaml", """\
program: train.py
method: bayes
metric: {name: val_loss, goal: minimize}
run_cap: 12
early_terminate: {type: hyperband, max_iter: 9, s: 2}
dataset: tiny
parameters:
  epochs: {value: 9}
  batch_size: {values: [32, 64, 128]}
  validation_split: {value: 0.2}
  learning_rate: {distribution: log_uniform_values, min: 0.0001, max: 0.1}
  optimizer: {values: [adam, sgd]}
""")
        whole, _, err = self.run_whole()
        self.assertEqual(len(whole), 12)
        self.assertIn("hyperband", err)

    def test_after_a_race_what_is_left_is_what_cannot_be_told_from_the_best(self):
        """Whatever the scores look like, also with a score that no other test would leave in."""
        for method, batch in (("grid", ""), ("random", "batch: 6\nbudget: {trials: 72}\n")):
            self.write("s.yaml", f"name: raced\nmethod: {method}\ndataset: tiny\nrepeats: 6\n{batch}"
                       "early_terminate: {type: race}\n" + GRID)
            self.sweep("run", "s.yaml", "-q", "--db", f"{method}.db")
            left = {setting for setting, in self.ask("SELECT setting FROM sweep_trials JOIN trials USING (trial_id) GROUP BY setting"
                                                     " HAVING count(stopped) = 0", f"{method}.db")}
            tried, = self.ask("SELECT count(DISTINCT setting) FROM sweep_trials JOIN trials USING (trial_id)", f"{method}.db")[0]
            self.assertTrue(1 < len(left) < tried, (len(left), tried))
            worst = min(left)
            self.change(f"UPDATE trials SET val_accuracy = 0.01 + seed / 1000.0 WHERE setting = '{worst}'", f"{method}.db")
            best = json.loads(self.sweep("compare", "--json", "--db", f"{method}.db")[0])["best"]
            self.assertTrue(best["raced"])
            self.assertEqual(len(best["not_told_from_the_best"]), len(left))
            self.assertIn(0.01 < min(one["mean"] for one in best["not_told_from_the_best"]) < 0.02, (True,))
            words = f"{len(left)} of {tried} settings can't be told from it, itself included: the race dropped the others"
            self.assertIn(words, " ".join(self.sweep("run", "s.yaml", "--db", f"{method}.db")[1].split()))
            self.assertIn(words, " ".join(self.sweep("compare", "--db", f"{method}.db")[0].split()))
            self.sweep("report", "-f", "-o", "page.html", "--db", f"{method}.db")
            page = json.loads((self.folder / "page.html").read_text().split('id="data">')[1].split("</script>")[0])["sweeps"][0]
            self.assertEqual(len(page["best"]["settings"]), len(left))
            # Another score was not raced by.
            other = json.loads(self.sweep("compare", "--json", "--metric", "test_loss", "--db", f"{method}.db")[0])["best"]
            self.assertFalse(other["raced"])

    def test_settings_with_fewer_seeds_than_the_best_are_not_tested(self):
        """Which rungs and medians leave with a seed or none; they are neither counted nor recommended."""
        some = 0
        for rule in ("halving", "hyperband", "median"):
            with self.subTest(rule=rule):
                self.write("s.yaml", config("random", rule, "{trials: 90}").replace("batch: 5", "batch: 30"))
                said = " ".join(self.sweep("run", "s.yaml", "--db", f"{rule}.db")[1].split())
                seeds, scores = {}, {}
                for setting, seed, status, score in self.ask("SELECT setting, seed, status, val_accuracy FROM sweep_trials"
                                                             " JOIN trials USING (trial_id) ORDER BY position", f"{rule}.db"):
                    if status in ("completed", "diverged"):
                        seeds.setdefault(setting, set()).add(seed)
                    if status == "completed":
                        scores.setdefault(setting, []).append(score)
                first = max(scores, key=lambda setting: (len(scores[setting]), sum(scores[setting])))
                self.assertEqual(len(scores[first]), 3)
                fewer = sum(len(own & seeds[first]) < 3 for own in seeds.values())
                best = json.loads(self.sweep("compare", "--json", "--db", f"{rule}.db")[0])["best"]
                self.assertEqual((best["settings"], best["settings_not_tested"]), (len(seeds), fewer))
                left = best["not_told_from_the_best"]
                self.assertEqual({one["seeds_in_common"] for one in left[1:]} | {3}, {3})
                self.assertIn(best["simplest"], left)
                words = f"{len(left)} of {len(seeds) - fewer} settings with 3 of its seeds or more can't be told from it, itself included"
                untested = f"{fewer} setting{' has' if fewer == 1 else 's have'} fewer seeds and {'was' if fewer == 1 else 'were'} not tested"
                for text in (said, " ".join(self.sweep("compare", "--db", f"{rule}.db")[0].split())):
                    self.assertEqual((words in text, untested in text), (fewer > 0,) * 2, text)
                self.sweep("report", "-f", "-o", "page.html", "--db", f"{rule}.db")
                page = json.loads((self.folder / "page.html").read_text().split('id="data">')[1].split("</script>")[0])["sweeps"][0]
                self.assertEqual((page["best"]["untested"], len(page["best"]["settings"])), (fewer, len(left)))
                some += fewer
        self.assertGreater(some, 1, some)

    def test_a_budget_of_epochs_is_not_overrun(self):
        """Whatever the rule; and what it holds does not depend on the threads, nor on what is known already."""
        for method, rule in (("random", ""), ("tpe", "halving"), ("random", "race"), ("grid", "median")):
            with self.subTest(method=method, rule=rule):
                self.write("s.yaml", f"name: spent\nmethod: {method}\ndataset: tiny\nrepeats: 3\nbudget: {{epochs: 200}}\n"
                           + RULES[rule] + (GRID if method == "grid" else SPACE))
                if method == "grid":
                    self.write("s.yaml", (self.folder / "s.yaml").read_text().replace("epochs: 200", "epochs: 160"))
                for database, jobs in (("one.db", "-j1"), ("two.db", "-j2")):
                    (self.folder / database).unlink(missing_ok=True)
                    _, err = self.sweep("run", "s.yaml", "--db", database, jobs)
                    spent, = self.ask("SELECT count(*) FROM history JOIN sweep_trials USING (trial_id)", database)[0]
                    self.assertTrue(80 < spent <= (160 if method == "grid" else 200), spent)
                    self.assertRegex(" ".join(err.split()), "the budget of (200|160) epochs")
                self.assertEqual(self.ask(ALL, "one.db"), self.ask(ALL, "two.db"))
                whole = self.ask(ALL, "one.db")
                self.sweep("run", "s.yaml", "--db", "one.db")
                self.assertEqual(self.ask(ALL, "one.db"), whole)
        told = " ".join(self.fails(65, "epochs", "run", "s.yaml", "-s", "budget.epochs=26").split())
        self.assertIn("a budget of 26 epochs is less than one setting may take, which is 9 epochs with 3 seeds", told)


class Parts(Case):
    """Arguments of layers and of schedules that vary are hyperparameters of their own."""

    GRID = """\
name: parts
method: grid
dataset: tiny
repeats: 3
parameters:
  epochs: {value: 1}
  validation_split: {value: 0.2}
  layers: {value: [{dense: {units: {values: [3, 5]}, activation: {values: [relu, tanh]}}}, {dropout: {rate: {values: [0, 0.3]}}}]}
  learning_rate_schedule: {values: [constant, {cosine_decay: {alpha: {values: [0, 0.5]}}}]}
"""
    NAMES = {"dense.units 1", "dense.activation 1", "dropout.rate 2", "cosine_decay.alpha"}

    def compare(self, *arguments):
        return json.loads(self.sweep("compare", "--json", *arguments)[0])["hyperparameters"]

    def test_a_grid(self):
        self.write("s.yaml", self.GRID)
        plan, _ = self.sweep("plan", "s.yaml")
        for name in self.NAMES:
            self.assertRegex(plan, f"(?m)^ +{name} ")
        # A name that ends in a number stands apart from the values, however long it is.
        long = "layers=[{dense: {units: {values: [3, 5]}}}, {leaky_relu: {negative_slope: {values: [0.1, 0.3]}}}]"
        self.assertRegex(self.sweep("plan", "s.yaml", "--set", long)[0],
                         r"(?m)^  dense\.units 1                3, 5\n  activation\.negative_slope 2  0\.1, 0\.3$")
        self.sweep("run", "s.yaml", "-q")
        overview = self.compare()
        self.assertEqual({factor["name"] for factor in overview}, self.NAMES | {"learning_rate_schedule"})
        self.assertNotIn(None, [factor["share"] for factor in overview])
        # All else is equal: 2 activations, 2 rates and 3 schedules.
        units, = self.compare("dense.units", "--reference", "5")
        self.assertEqual((units["name"], units["reference"], units["contexts"]), ("dense.units 1", 5, 12))
        for value in units["values"]:
            mean, = self.ask(f"SELECT avg(val_accuracy) FROM trials WHERE layers LIKE '[\"{value['value']} %'")[0]
            self.assertAlmostEqual(value["mean"], mean, places=9)
        alpha, = self.compare("cosine_decay.alpha")
        self.assertEqual((alpha["contexts"], alpha["changes_with"], alpha["averaged_over"]), (8, [], []))
        self.assertIn("layers: each value against", self.sweep("compare", "layers")[0])
        self.fails(2, "unknown hyperparameter 'dense.unit'; did you mean 'dense.units 1'?", "compare", "dense.unit")
        report, _ = self.sweep("report", "-o", "r.html")
        page = json.loads(re.search(r'id="data"[^>]*>(.*?)</script>', (self.folder / "r.html").read_text(), re.S)[1])
        varied = {one["name"]: one["levels"] for one in page["sweeps"][0]["hyperparameters"] if one["varied"]}
        self.assertEqual(set(varied), self.NAMES | {"learning_rate_schedule"})
        self.assertEqual(varied["cosine_decay.alpha"], [0, 0.5, None])

    def of_layers(self, layers):
        lines = [line for line in self.GRID.splitlines() if not line.startswith(("  layers", "  learning"))]
        self.write("s.yaml", "\n".join([*lines, f"  layers: {{{layers}}}\n"]))

    def test_what_fits_alone_and_not_together(self):
        crop = "{cropping2d: {cropping: {values: [1, 2]}}}"
        said = 'not all goes together; list what does, as in layers: {values: [[...], [...]]}: layers ["cropping2d 2", "cropping2d 2"]'
        self.of_layers(f"value: [{crop}, {crop}]")
        for method in ("grid", "random"):
            self.fails(65, said, "plan", "s.yaml", "-s", f"method={method}", *(("-s", "budget.trials=3") if method == "random" else ()))
        self.of_layers(f"values: [[{crop}], [cropping2d 1, {crop}]]")
        self.assertRegex(self.sweep("plan", "s.yaml")[0], r"settings +4\b")

    def test_a_layer_that_is_used_again(self):
        self.of_layers("value: {a: 4 relu, b: {dense: {units: 4, activation: {values: [relu, tanh]}}, inputs: a}, "
                       "c: {shared: b, inputs: b}}")
        self.sweep("run", "s.yaml", "-q")
        self.assertEqual([factor["name"] for factor in self.compare()], ["dense.activation 2"])

    def test_a_default_that_another_argument_gives(self):
        """Strides that are the pool's size are no other network than strides left out."""
        self.of_layers("value: [{max_pooling2d: {pool_size: 2, strides: {values: [1, 2]}}}]")
        self.sweep("run", "s.yaml", "-q")
        top, _ = self.sweep("top", "--where", "max_pooling2d.strides=2")
        self.assertIn("3 of 3 trials", top)
        strides, = self.compare()
        self.assertEqual([value["value"] for value in strides["values"]], [1, 2])
        self.of_layers("values: [[max_pooling2d 2], [{max_pooling2d: {pool_size: 2, strides: {values: [1, 2]}}}]]")
        plan, _ = self.sweep("plan", "s.yaml")
        self.assertRegex(plan, r"settings +2 \(1 more ")

    def test_export_has_the_whole_and_its_parts(self):
        self.write("s.yaml", self.GRID)
        self.sweep("run", "s.yaml", "-q")
        alpha = {"constant": None, "cosine_decay": 0, "cosine_decay alpha=0.5": 0.5}
        for options, count in (((), 72), (("--history",), 72), (("--all",), 72), (("--where", "dense.units=5"), 36)):
            rows = [json.loads(line) for line in self.sweep("export", "-F", "jsonl", *options)[0].splitlines()]
            self.assertEqual(len(rows), count)
            for row in rows:
                self.assertEqual("dense.units 1" in row, "--where" not in options)
                self.assertEqual(json.loads(row["layers"]), [f"{row.get('dense.units 1', 5)} {row['dense.activation 1']}",
                                                             f"dropout {row['dropout.rate 2']}"])
                self.assertEqual(row["cosine_decay.alpha"], alpha[row["learning_rate_schedule"]])

    def test_a_name_without_its_number_is_of_one_part(self):
        units = "dense: {units: {values: [3, 4]}, activation: relu}"
        self.write("s.yaml", f"name: two\nmethod: grid\ndataset: tiny\nparameters:\n  epochs: {{value: 1}}\n"
                             f"  layers: {{value: [{{{units}}}, {{{units}}}]}}\n")
        self.sweep("run", "s.yaml", "-q")
        self.assertEqual(len(self.sweep("export", "--where", "dense.units 2=4")[0].splitlines()) - 1, 2)
        self.fails(2, "unknown hyperparameter 'dense.units'; what varies within the values of this sweep: dense.units 1, dense.units 2",
                   "export", "--where", "dense.units=4")

    def test_conditions(self):
        self.write("s.yaml", self.GRID)
        self.sweep("run", "s.yaml", "-q")
        for condition, count in (("dense.units=3", 36), ("dense.units 1>3 and dropout.rate!=0", 18), ("dense.activation in [ReLU]", 36),
                                 ("cosine_decay.alpha=none", 24), ("cosine_decay.alpha in [none, 0.5]", 48),
                                 ("dense.units=3 or epochs=9", 36)):
            with self.subTest(condition):
                self.assertEqual(len(self.sweep("export", "--where", condition)[0].splitlines()) - 1, count)
        self.fails(2, "unknown hyperparameter 'dense.width'; what varies within the values of this sweep: dense.units 1, ",
                   "top", "--where", "dense.width=3")
        for condition, values in (("dense.units=4", "dense.units: 3, 5"), ("dense.activation 1=elu", "dense.activation 1: relu, tanh"),
                                  ("cosine_decay.alpha>1", "cosine_decay.alpha: none, 0, 0.5")):
            self.fails(2, f"no trial of this sweep has {condition}; the values it has of {values}", "top", "--where", condition)
        varied = "layers=[{dense: {units: {values: [3, 5]}}}]"
        self.fails(2, "layers: one value belongs here, without values: or a range in it; --where takes a condition on the part "
                      "that varies as well, on dense.units", "top", "--where", varied)
        self.fails(65, "layers, which is set as a whole", "plan", "s.yaml", "--set", "dense.units=4")
        self.write("s.yaml", self.GRID + "exclude: [dense.units=3]\n")
        self.fails(65, "dense.units is a part of another value; leave out whole ones", "plan", "s.yaml")

    def test_choices_that_share_a_part(self):
        """Of several lists of layers, each with what it varies; and of layers by their number."""
        self.write("s.yaml", "name: parts\nmethod: random\nbudget: {trials: 30}\ndataset: tiny\nparameters:\n  epochs: {value: 1}\n"
                             "  layers:\n    values:\n      - [{dense: {units: {min: 2, max: 9}}}]\n      - [{dense: {units: {values: [4]}}}, dropout 0.1]\n"
                             "      - [3, {dropout: {rate: {min: 0, max: 0.5}}}]\n")
        self.sweep("run", "s.yaml", "-q")
        self.sweep("export", "--format", "optuna", "-o", "o.db")
        found = dict(self.ask("SELECT DISTINCT param_name, distribution_json FROM trial_params", "o.db"))
        self.assertEqual(set(found), {"layers", "dense.units 1", "dropout.rate 2"})
        self.assertIn('"low": 2, "high": 9', found["dense.units 1"])
        for layers, units in self.ask("SELECT t.value_json, p.param_value FROM trial_user_attributes t LEFT JOIN trial_params p"
                                      " ON p.trial_id = t.trial_id AND param_name = 'dense.units 1' WHERE t.key = 'layers'", "o.db"):
            self.assertEqual(units, json.loads(json.loads(layers))[0] if units else None)
        self.write("s.yaml", LARGE.format(method="random", metric="val_loss, goal: minimize").replace(
            LISTS, "{count: {min: 1, max: 2}, units: {values: [4, 6, 8]}}"))
        self.sweep("run", "s.yaml", "-q")
        self.assertLessEqual({"layers.count", "layers.units"}, {factor["name"] for factor in self.compare()})
        self.assertEqual(self.ask("SELECT count(*) FROM trials WHERE layers IN ('[4]', '[6]')"),
                         [(len(self.sweep("export", "--where", "layers.count=1 and layers.units<8")[0].splitlines()) - 1,)])


if __name__ == "__main__":
    unittest.main()
