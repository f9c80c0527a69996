#!/usr/bin/env python3
"""Whatever names a best setting names the same one: run, top, compare, show, the report and the views, on databases
with equal scores and with seeds that diverged or are missing. What is the best is decided here anew, in fractions."""

import csv
import fractions
import io
import json
import random
import re
import unittest

from harness import Case

CONFIG = """\
name: made up
method: grid
dataset: tiny
repeats: {repeats}
keep_models: none
metric: {{name: {metric}, goal: {goal}}}
parameters:
  validation_split: {{value: 0.2}}
  train_images: {{value: 40}}
  loss: {{values: {losses}}}
  optimizer: {{values: [sgd, adam, rmsprop]}}
  epochs: {{values: [2, 1]}}
"""
ONE_LOSS = "[categorical_crossentropy]"


class Ranking(Case):
    def make(self, metric="val_accuracy", goal="maximize", repeats=3, losses=ONE_LOSS):
        """A sweep; its settings in the order of the config, each with its trials in the order of the seeds."""
        self.write("made.yaml", CONFIG.format(metric=metric, goal=goal, repeats=repeats, losses=losses))
        (self.folder / "results" / "sweep.db").unlink(missing_ok=True)
        self.sweep("run", "made.yaml", "-q")
        self.metric, self.goal = metric, goal
        self.settings = {}
        for trial, *setting in self.ask("SELECT trial_id, loss_function, optimizer, epochs FROM trials"
                                        " JOIN sweep_trials USING (trial_id) ORDER BY position"):
            self.settings.setdefault(tuple(setting), []).append(trial)
        self.scores = {}

    def score(self, setting, *scores):
        """Give a setting's seeds these scores; None: it diverged, "failed": it could not be trained."""
        self.scores[setting] = scores
        script = []
        for trial, score in zip(self.settings[setting], scores):
            if score is None:
                script.append(f"UPDATE trials SET status = 'diverged', {self.metric} = NULL WHERE trial_id = {trial};")
            elif score == "failed":
                script.append(f"UPDATE trials SET status = 'failed', {self.metric} = NULL, error = 'no' WHERE trial_id = {trial};"
                              + "INSERT INTO attempts (trial_id, outcome) VALUES" + ", ".join([f"({trial}, 'failed')"] * 3) + ";")
            else:
                script.append(f"UPDATE trials SET status = 'completed', {self.metric} = {score!r} WHERE trial_id = {trial};")
        self.change("".join(script))

    def expected(self, quantity=lambda setting: None):
        """For each quantity the settings, best first, and how many share the best score."""
        groups = {}
        for place, setting in enumerate(self.settings):
            finite = [fractions.Fraction(s) for s in self.scores[setting] if isinstance(s, float)]
            mean = sum(finite) / len(finite) if finite else fractions.Fraction(0)
            key = -len(finite), float(f"{float(mean):.9e}") * (-1 if self.goal == "maximize" else 1)
            groups.setdefault(quantity(setting), []).append((key, place, setting))
        return [([setting for *_, setting in sorted(group)], sum(key == min(group)[0] for key, *_ in group))
                for group in groups.values()]

    def of_table(self, out):
        title, *rows = [line.split() for line in out.split("\n\n")[1].splitlines()]
        return [tuple(int(value) if value.isdigit() else value for value in
                      (dict(zip(title, row)).get(name, "categorical_crossentropy")
                       for name in ("loss_function", "optimizer", "epochs"))) for row in rows]

    @staticmethod
    def of_json(values):
        return values.get("loss_function", "categorical_crossentropy"), values["optimizer"], values["epochs"]

    def check(self):
        (order, shared), = self.expected()
        best = order[0]
        scored = [setting for setting in order if any(isinstance(s, float) for s in self.scores[setting])]
        ran = [setting for setting in order if any(s != "failed" for s in self.scores[setting])]
        run, err = self.sweep("run", "made.yaml", code=int(any("failed" in scores for scores in self.scores.values())))
        self.assertNotIn("trained in", err)
        self.assertEqual(self.of_table(run), ran)
        self.assertEqual(self.of_table(self.sweep("top")[0]), ran)
        words = f"; {shared} settings share the best score" if shared > 1 else "the best score"
        (self.assertIn if shared > 1 else self.assertNotIn)(words, run)
        rows = json.loads(self.sweep("top", "--json")[0])["rows"]
        self.assertEqual([self.of_json(row["hyperparameters"]) for row in rows], ran)
        self.assertEqual([row["rank"] for row in rows], list(range(1, len(ran) + 1)))
        self.assertEqual(rows[0]["shared_by"], shared)
        # The views, to the bits of the mean.
        view = self.ask("SELECT rank, shared_by, loss_function, optimizer, epochs, score FROM leaderboard ORDER BY rank")
        self.assertEqual([tuple(row[2:5]) for row in view], ran)
        self.assertEqual([row[:2] for row in view], [(row["rank"], row["shared_by"]) for row in rows])
        self.assertEqual([row[5] for row in view], [row["mean"] for row in rows])
        (*of_view, trial), = self.ask("SELECT loss_function, optimizer, epochs, trial_id FROM best")
        self.assertEqual(tuple(of_view), best)
        # compare, in words and as JSON.
        compared = json.loads(self.sweep("compare", "--json")[0])["best"]
        listed = [self.of_json(item["hyperparameters"]) for item in compared["not_told_from_the_best"]]
        self.assertEqual(listed, [setting for setting in scored if setting in listed])
        self.assertEqual((listed[0], compared["shared_by"]), (best, shared))
        # show: the best trial of that setting, of equal ones the first.
        shown = json.loads(self.sweep("show", "--json")[0])
        sign = 1 if self.goal == "maximize" else -1
        candidates = [(-sign * score, at) for at, score in enumerate(self.scores[best]) if isinstance(score, float)]
        self.assertEqual(shown["trial"], self.settings[best][min(candidates)[1]])
        self.assertEqual(shown["trial"], trial)
        # The report: its headline, and the order of its table.
        page = self.page()
        of_page = {setting: tuple(self.ask("SELECT loss_function, optimizer, epochs FROM trials"
                                           f" WHERE trial_id = {trial}")[0])
                   for trial, setting in zip(page["trials"]["id"], page["trials"]["setting"])}
        self.assertEqual(of_page[page["best"]["settings"][0]], best)
        self.assertEqual(page["best"]["shared_by"], shared)
        self.assertEqual([of_page[s] for s in page["order"][page["metric"]]], scored)

    def page(self):
        self.sweep("report", "-f", "-o", "page.html")
        html = (self.folder / "page.html").read_text()
        return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)[1])["sweeps"][0]

    def test_the_network_kept_is_that_of_the_best(self):
        """Also where other trials have better single scores, and after an interruption or an edit of the config."""
        for seed in (1, 20, 40):
            for setting in ("epochs=[1, 2, 3]", "epochs=[1, 2, 3, 4]"):
                self.sweep("run", "tiny.yaml", "-q", "-s", "repeats=3", "-s", f"seed={seed}", "-s", setting)
                (sweep,), = self.ask("SELECT max(sweep_id) FROM sweeps")
                best = self.ask(f"SELECT trial_id FROM best WHERE sweep_id = {sweep}")
                self.assertEqual(self.ask(f"SELECT trial_id FROM sweep_models WHERE sweep_id = {sweep}"), best)
                shown = json.loads(self.sweep("show", "--json", "--sweep", str(sweep))[0])
                self.assertEqual([(shown["trial"],)], best)
        self.write("losses.yaml", CONFIG.format(metric="val_loss", goal="minimize", repeats=2,
                                                losses="[mean_squared_error, huber]").replace("models: none", "models: best"))
        self.sweep("run", "losses.yaml", "-q", "--db", "losses.db")
        best = self.ask("SELECT trial_id FROM best ORDER BY trial_id", "losses.db")
        self.assertEqual(len(best), 2)
        self.assertEqual(self.ask("SELECT trial_id FROM models ORDER BY trial_id", "losses.db"), best)

    def test_equal_scores(self):
        """The same numbers by other seeds, and other numbers of the same sum, as counts of the same images give."""
        self.make()
        for setting in self.settings:
            self.score(setting, 0.5, 0.5, 0.5)
        self.check()
        self.score(list(self.settings)[4], 0.1, 0.3, 0.7)
        self.score(list(self.settings)[2], 0.9, 0.8, 0.7)
        self.score(list(self.settings)[5], 0.7, 0.9, 0.8)
        self.score(list(self.settings)[3], 0.8, 0.8, 0.8)
        self.check()
        self.score(list(self.settings)[1], 5704 / 6000, 5711 / 6000, 5689 / 6000)
        self.score(list(self.settings)[0], 5700 / 6000, 5714 / 6000, 5690 / 6000)
        self.check()

    def test_seeds_that_diverged_or_are_missing(self):
        """A mean over the seeds that are left goes after one over all."""
        for what in (None, "failed"):
            self.make()
            for i, setting in enumerate(self.settings):
                self.score(setting, 0.5 + i / 100, 0.5, 0.5)
            first, *_, last = self.settings
            self.score(first, 0.9, 0.9, what)
            self.score(last, 0.99, what, what)
            self.check()
            for setting in self.settings:
                self.score(setting, what, 0.6, 0.7)
            self.score(list(self.settings)[3], 0.61, 0.69, what)
            self.check()

    def test_numbers_of_any_size(self):
        self.make("test_loss", "minimize")
        for setting, score in zip(self.settings, (1e-12, 2e-12, 1e24, 0.0, 3.5, 1e305)):
            self.score(setting, score, score, score)
        self.check()

    def test_at_random(self):
        dice = random.Random(9)
        for round_, (metric, goal) in enumerate((("val_accuracy", "maximize"), ("test_loss", "minimize"),
                                                 ("accuracy", "minimize")) * 2):
            self.make(metric, goal, repeats=4)
            for setting in self.settings:
                scores = [dice.randrange(57, 60) / 60 for _ in range(4)]
                self.score(setting, *(None if dice.random() < 0.1 else "failed" if dice.random() < 0.1 else score for score in scores))
            if any(isinstance(s, float) for scores in self.scores.values() for s in scores):
                with self.subTest(round=round_):
                    self.check()

    def test_losses_are_ranked_apart(self):
        """A mean squared error is always less than a cross-entropy: that makes it no better."""
        self.make("val_loss", "minimize", losses="[categorical_crossentropy, mean_squared_error]")
        for i, setting in enumerate(self.settings):
            self.score(setting, *([(2.0 if "categorical" in setting[0] else 0.1) - (i * 7 % 5) / 100] * 3))
        groups = [order for order, _ in self.expected(lambda setting: setting[0])]
        ranked = [setting for order in groups for setting in order]
        out, err = self.sweep("run", "made.yaml")
        self.assertIn("note: val_loss is not the same quantity in all settings: those that differ in loss_function are "
                      "ranked apart", " ".join(err.split()))
        self.assertEqual(self.sweep("run", "made.yaml", "-q")[1], "")
        for shown in (out, self.sweep("top")[0]):
            self.assertEqual(self.of_table(shown), ranked)
            self.assertIn("differ in loss_function have different quantities as their val_loss", shown)
        rows = list(csv.DictReader(io.StringIO(self.sweep("top", "--csv")[0])))
        self.assertEqual([int(row["rank"]) for row in rows], [1, 2, 3, 4, 5, 6] * 2)
        self.assertEqual(json.loads(self.sweep("top", "--json")[0])["ranked_within"], ["loss_function"])
        best = [tuple(row) for row in self.ask("SELECT loss_function, optimizer, epochs FROM best")]
        self.assertEqual(sorted(best), sorted(order[0] for order in groups))
        compared = json.loads(self.sweep("compare", "--json")[0])
        self.assertEqual(compared["compared_within"], ["loss_function"])
        for order, one in zip(groups, compared["comparisons"]):
            self.assertEqual(one["where"], f"loss_function {order[0][0]}")
            self.assertEqual({factor["name"] for factor in one["hyperparameters"]}, {"optimizer", "epochs"})
            first = one["best"]["not_told_from_the_best"][0]["hyperparameters"]
            self.assertEqual((first["optimizer"], first["epochs"]), order[0][1:])
        self.assertEqual({row["within"] for row in csv.DictReader(io.StringIO(self.sweep("compare", "-C")[0]))},
                         {f"loss_function {order[0][0]}" for order in groups})
        self.fails(2, "loss_function can't be compared by val_loss", "compare", "loss")
        told = " ".join(self.fails(2, "name one of the best: ", "show").split())
        self.assertRegex(told, r"[0-9]+ \(loss_function mean_squared_error\)")
        self.assertIn("loss_function: each value against ", self.sweep("compare", "loss", "--metric", "acc")[0])
        alone = self.sweep("compare", "--where", "loss=mean_squared_error")[0]
        self.assertNotIn("different quantities", alone)
        page = self.page()
        names = [metric["name"] for metric in page["metrics"]]
        self.assertIn("val_loss: mean_squared_error", names)
        self.assertNotIn("val_loss", names)
        self.assertIn("val_accuracy", names)
        self.assertEqual([names[one["metric"]] for one in page["bests"]], names[page["metric"]:page["metric"] + 2])
        for at, values in enumerate(page["trials"]["values"]):
            self.assertEqual(values.count(None), len(values) / 2 if ": " in names[at] else 0, names[at])

    def test_the_simplest_that_cannot_be_told_from_the_best(self):
        self.write("sizes.yaml", CONFIG.format(metric="val_accuracy", goal="maximize", repeats=4, losses=ONE_LOSS)
                   + "  layers: {values: [[8], [2], [4]]}\n")
        self.sweep("run", "sizes.yaml", "-q")
        self.change("UPDATE trials SET val_accuracy = 0.5 + seed / 100.0;"
                    " UPDATE trials SET val_accuracy = 0.1 + seed * seed / 1000.0 WHERE layers = '[2]' AND epochs = 1;"
                    " UPDATE trials SET val_accuracy = 0.51 + seed * seed / 1000.0 WHERE layers = '[8]' AND optimizer = 'adam'")
        words = "simplest that can't be told from it (fewest parameters, then fewest epochs, then first in the config)"
        for out in (self.sweep("compare")[0], self.sweep("run", "sizes.yaml")[1]):
            self.assertIn(f"The {words}: epochs 2, layers [2], optimizer sgd, ", " ".join(out.split()))
        best = json.loads(self.sweep("compare", "--json")[0])["best"]
        self.assertEqual(best["simplest"]["hyperparameters"], {"layers": "[2]", "optimizer": "sgd", "epochs": 2})
        self.assertLess(best["simplest"]["parameters"], best["not_told_from_the_best"][0]["parameters"])

    def test_a_score_by_part_of_its_name(self):
        self.sweep("run", "tiny.yaml", "-q")
        out, err = self.sweep("top", "--by", "f1")
        self.assertEqual(out, self.sweep("top", "--by", "val_f1_score")[0])
        self.assertIn("f1 is taken for val_f1_score", err)
        self.assertEqual(self.sweep("compare", "--metric", "f1")[0], self.sweep("compare", "-m", "val_f1_score")[0])
        self.assertEqual(self.sweep("top", "--by", "seconds"), self.sweep("top", "--by", "train_seconds"))
        self.assertIn("lowest first", self.sweep("top", "--by", "seconds")[0])
        # Where nothing tells on which images, it asks; where there is one choice, that is meant.
        self.sweep("run", "tiny.yaml", "-q", "-s", "validation_split=0")
        self.assertIn("mean test_f1_score over seeds", self.sweep("top", "--by", "f1")[0])
        self.sweep("run", "tiny.yaml", "-q", "-s", "metric={name: val_accuracy}")
        self.change("DELETE FROM metrics WHERE name = 'val_f1_score'")
        self.fails(2, "'f1' was recorded as test_f1_score and f1_score: name one of them", "top", "--by", "f1")


if __name__ == "__main__":
    unittest.main()
