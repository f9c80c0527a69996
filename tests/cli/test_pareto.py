#!/usr/bin/env python3
"""The Pareto set of a sweep of several metrics: run, top, the views and the report say the same, and what is decided
here anew, in fractions, by the definition alone."""

import csv
import fractions
import io
import json
import random
import re
import unittest

from harness import Case

CONFIG = """\
name: several
method: grid
dataset: tiny
repeats: 3
keep_models: none
metric: {metrics}
parameters:
  validation_split: {{value: 0.2}}
  train_images: {{value: 40}}
  loss: {{values: {losses}}}
  optimizer: {{values: [sgd, adam, rmsprop]}}
  activation: {{values: [relu, tanh, sigmoid]}}
  epochs: {{values: [2, 1]}}
"""
ONE_LOSS = "[categorical_crossentropy]"
SIGNS = {"maximize": -1, "minimize": 1}


class Pareto(Case):
    def make(self, *metrics, losses=ONE_LOSS):
        """A sweep by these (name, goal); its settings in the order of the config, each with its trials by seed."""
        self.metrics = metrics
        words = ", ".join(f"{{name: {name}, goal: {goal}}}" for name, goal in metrics)
        self.write("several.yaml", CONFIG.format(metrics=f"[{words}]", losses=losses))
        (self.folder / "results" / "sweep.db").unlink(missing_ok=True)
        self.sweep("run", "several.yaml", "-q")
        self.trials, self.scores, self.loss = {}, {}, {}
        for setting, trial, loss in self.ask("SELECT setting, trial_id, loss_function FROM trials JOIN sweep_trials"
                                             " USING (trial_id) ORDER BY position"):
            self.trials.setdefault(setting, []).append(trial)
            self.loss[setting] = loss
        self.by_values = {tuple(values): setting for setting, *values in
                          self.ask("SELECT setting, loss_function, optimizer, activation, epochs FROM trials")}

    def score(self, setting, *rows):
        """Give each seed of a setting its scores, one a metric; None: it diverged, "failed", "stopped"."""
        self.scores[setting] = rows
        script = []
        for trial, row in zip(self.trials[setting], rows):
            status = "diverged" if row is None else row if isinstance(row, str) else "completed"
            error = "'no'" if status == "failed" else "NULL"
            script.append(f"UPDATE trials SET status = '{status}', error = {error} WHERE trial_id = {trial};")
            if status == "failed":
                script.append("INSERT INTO attempts (trial_id, outcome) VALUES"
                              + ", ".join([f"({trial}, 'failed')"] * 3) + ";")
            for (name, _), value in zip(self.metrics, row if status == "completed" else ()):
                if re.search("f1|precision", name):
                    script.append(f"UPDATE metrics SET value = {value!r} WHERE trial_id = {trial} AND name = '{name}';")
                else:
                    script.append(f"UPDATE trials SET {name} = {value!r} WHERE trial_id = {trial};")
        self.change("".join(script))

    def means(self, setting):
        rows = [row for row in self.scores[setting] if isinstance(row, tuple)]
        return [sum(map(fractions.Fraction, column)) / len(rows) for column in zip(*rows)], len(rows)

    def dominates(self, one, other):
        """By the definition; means of which no more than the last digits differ are equal."""
        (mine, n), (theirs, other_n) = self.means(one), self.means(other)
        if any(name.endswith("loss") for name, _ in self.metrics) and self.loss[one] != self.loss[other]:
            return False
        if n != other_n:
            return n > other_n
        keys = [(SIGNS[goal] * float(f"{float(a):.9e}"), SIGNS[goal] * float(f"{float(b):.9e}"))
                for (_, goal), a, b in zip(self.metrics, mine, theirs)]
        return all(a <= b for a, b in keys) and any(a < b for a, b in keys)

    def expected(self):
        candidates = [setting for setting in self.trials if self.means(setting)[1]]
        return {one for one in candidates if not any(self.dominates(other, one) for other in candidates)}

    def setting_of(self, values):
        """By the values that differ."""
        return self.by_values[values.get("loss_function", "categorical_crossentropy"), values.get("optimizer", "adam"),
                              values["activation"], int(values["epochs"])]

    def shown(self, out):
        """The settings of a table's rows."""
        title, *rows = [line.split() for line in out.split("\n\n")[1].splitlines()]
        return [self.setting_of(dict(zip(title, row))) for row in rows]

    def of_json(self, row):
        return self.setting_of(row["hyperparameters"])

    def check_run(self):
        expected = self.expected()
        out, _ = self.sweep("run", "several.yaml", code=int(any("failed" in rows for rows in self.scores.values())))
        shown = self.shown(out)
        self.assertEqual(len(shown), min(10, len(expected)))
        self.assertLessEqual(set(shown), expected)

    def check(self):
        expected = self.expected()
        self.assertEqual(set(self.shown(self.sweep("top", "--pareto", "-n", "0")[0])), expected)
        top = json.loads(self.sweep("top", "--json")[0])
        self.assertEqual(top["objectives"], [{"metric": name, "goal": goal} for name, goal in self.metrics])
        self.assertEqual(top["pareto"], len(expected))
        ranked = [self.of_json(row) for row in top["rows"]]
        self.assertEqual({setting for setting, row in zip(ranked, top["rows"]) if row["pareto"]}, expected)
        for setting, row in zip(ranked, top["rows"]):
            means, n = self.means(setting)
            for (name, _), mean in zip(self.metrics, means):
                self.assertAlmostEqual(row["objectives"][name], float(mean), delta=1e-9 * abs(float(mean)))
            self.assertEqual(n == 0, all(value is None for value in row["objectives"].values()))
        rows = list(csv.DictReader(io.StringIO(self.sweep("top", "--csv", "--pareto")[0])))
        self.assertEqual([row["pareto"] for row in rows], ["true"] * len(expected))
        self.assertEqual([int(row["rank"]) for row in rows], [row["rank"] for row in top["rows"] if row["pareto"]])
        # The view, and the means to the bit.
        view = self.ask("SELECT setting, rank FROM pareto")
        self.assertEqual(view, [(self.of_json(row), row["rank"]) for row in top["rows"] if row["pareto"]])
        means = {(setting, name): mean for setting, name, mean in self.ask("SELECT setting, metric, mean FROM objective_means")}
        self.assertEqual(means, {(setting, name): row["objectives"][name] for setting, row in zip(ranked, top["rows"])
                                 for name, _ in self.metrics if row["objectives"][name] is not None})

    def check_page(self):
        self.sweep("report", "-f", "-o", "page.html")
        html = (self.folder / "page.html").read_text()
        page = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)[1])["sweeps"][0]
        of_page = {}
        for trial, setting in zip(page["trials"]["id"], page["trials"]["setting"]):
            of_page[setting], = (digest for digest, trials in self.trials.items() if trial in trials)
        self.assertEqual({of_page[setting] for setting in page["pareto"]["settings"]}, self.expected())
        self.assertEqual([(one["name"], one["maximize"]) for one in page["pareto"]["metrics"]],
                         [(name, goal == "maximize") for name, goal in self.metrics])
        for column, scores in enumerate(page["pareto"]["scores"]):
            for setting, mean in enumerate(scores):
                means, n = self.means(of_page[setting])
                self.assertEqual(mean is None, n == 0)
                if n:
                    self.assertAlmostEqual(mean, float(means[column]), delta=1e-9)

    def at_random(self, dice, levels):
        for setting in self.trials:
            rows = [tuple(dice.randrange(1, levels) / levels * (dice.choice((1, 1 + 1e-13))) for _ in self.metrics) for _ in range(3)]
            fate = dice.random()
            if fate < 0.15:
                rows[dice.randrange(3)] = dice.choice((None, "failed"))
            elif fate < 0.2:
                rows = [None] * 3
            self.score(setting, *rows)

    def test_two_metrics(self):
        dice = random.Random(4)
        self.make(("val_accuracy", "maximize"), ("test_loss", "minimize"))
        for levels in (4, 60):
            self.at_random(dice, levels)
            self.check_run()
            self.check()
            self.check_page()

    def test_three_with_one_that_is_recorded(self):
        self.make(("train_seconds", "minimize"), ("val_f1_score", "maximize"), ("accuracy", "minimize"))
        self.at_random(random.Random(5), 12)
        self.check_run()
        self.check()

    def test_equal_ones_are_all_in_it(self):
        self.make(("val_accuracy", "maximize"), ("train_seconds", "minimize"))
        for setting in self.trials:
            self.score(setting, (0.5, 1.0), (0.5, 1.0), (0.5, 1.0))
        first, second, third, fourth, *_, last = self.trials
        self.score(second, (0.4, 1.5), (0.6, 0.5), (0.5, 1.0))
        self.check()
        self.score(first, (0.5, 1.0), (0.5, 1.0), (0.5, 1.1))
        self.score(third, (0.9, 0.1), (0.9, 0.1), None)
        self.score(fourth, (0.9, 0.1), "stopped", "failed")
        self.score(last, None, None, None)
        self.assertEqual(self.expected(), set(self.trials) - {first, third, fourth, last})
        self.check()
        self.assertIn("; 2 with fewer completed seeds than others can't be", self.sweep("top")[0])

    def test_losses_do_not_dominate_other_losses(self):
        self.make(("val_loss", "minimize"), ("train_seconds", "minimize"), losses="[categorical_crossentropy, mean_squared_error]")
        for place, setting in enumerate(self.trials):
            scale = 1.0 if self.loss[setting].startswith("cat") else 0.01
            self.score(setting, *[(scale * (1 + place * 5 % 7), 1.0 + place * 3 % 5)] * 3)
        self.assertEqual({self.loss[setting] for setting in self.expected()}, set(self.loss.values()))
        self.check()

    def test_of_some_trials(self):
        self.make(("val_accuracy", "maximize"), ("train_seconds", "minimize"))
        self.at_random(random.Random(6), 20)
        with_adam = {setting for setting, in self.ask("SELECT setting FROM trials WHERE optimizer = 'adam'")}
        self.trials = {setting: trials for setting, trials in self.trials.items() if setting in with_adam}
        out, _ = self.sweep("top", "--pareto", "-n", "0", "--where", "optimizer=adam", "--json")
        ranked = json.loads(out)["rows"]
        self.assertEqual({self.of_json(row) for row in ranked}, self.expected())

    def test_goals_and_words(self):
        self.make(("parameters", "minimize"), ("val_accuracy", "maximize"))
        out, _ = self.sweep("top")
        self.assertRegex(" ".join(out.split()), r"[0-9]+ of 18 settings are in the Pareto set \(\*\): no other one is as good in "
                         r"parameters \(lowest\) and val_accuracy \(highest\) and better in one of them")
        self.assertIn("mean val_accuracy over seeds, highest first", out)
        self.assertIn(" pareto ", out)
        self.assertNotIn(" pareto ", self.sweep("top", "-p")[0])
        for arguments in ((), ("optimizer",)):
            self.assertIn("The sweep has 2 metrics: all of this is by val_accuracy alone",
                          " ".join(self.sweep("compare", *arguments)[0].split()))
        for command in ("run", "plan"):
            out = self.sweep(command, "several.yaml", "-s", "early_terminate={type: race}", "--db", "raced.db")
            self.assertIn("race, judged by val_accuracy alone", " ".join(" ".join(out).split()))
        self.assertEqual(self.ask("SELECT place, metric, goal FROM objectives"),
                         [(0, "parameters", "minimize"), (1, "val_accuracy", "maximize")])
        # A goal of the sweep's own holds for that metric whenever it is asked for by name.
        self.make(("val_accuracy", "maximize"), ("test_loss", "maximize"))
        self.assertIn("mean test_loss over seeds, highest first", self.sweep("top", "--by", "test_loss")[0])
        self.change("DELETE FROM objectives WHERE place = 1; UPDATE objectives SET goal = 'minimize'")
        self.sweep("run", "several.yaml", "-q")
        self.assertEqual(self.ask("SELECT metric, goal FROM objectives"),
                         [("val_accuracy", "maximize"), ("test_loss", "maximize")])

    def test_a_sweep_of_one_metric(self):
        self.sweep("run", "tiny.yaml", "-q")
        self.assertIn("the sweep has one metric, val_accuracy: a Pareto set is of several",
                      " ".join(self.fails(2, "Pareto", "top", "--pareto").split()))
        self.assertNotIn("pareto", self.sweep("top", "--csv")[0])
        self.sweep("report", "-o", "page.html")
        self.assertIn('"pareto":null', (self.folder / "page.html").read_text().replace(" ", ""))
        self.assertEqual(self.ask("SELECT rank FROM pareto")[0], (1,))
        self.fails(2, "--pareto is of settings", "top", "--pareto", "--trials")


if __name__ == "__main__":
    unittest.main()
