"""sweep export --format optuna, opened by Optuna itself.

Optuna is not among Debian's packages; it is looked for in this Python, and in the one that
$SWEEP_PYTHON names (a virtual environment's). Without it the test is skipped.
"""

import datetime
import json
import math
import sys
import unittest

from elsewhere import needed

needed("Optuna", "optuna pandas", "optuna")

import optuna  # noqa: E402

from made import METRIC_OF_EPOCHS, NAME, Exporting

optuna.logging.set_verbosity(optuna.logging.ERROR)
SEARCH = """\
name: searched
method: random
dataset: tiny
repeats: 2
batch: 12
budget: {trials: 48}
metric: {name: val_accuracy, goal: maximize}
early_terminate: {type: halving, min_iter: 1, eta: 2}
parameters:
  validation_split: {value: 0.2}
  epochs: {value: 6}
  learning_rate: {min: 0.0001, max: 0.1, log: true}
  batch_size: {values: [64, 16, 32]}
  layers: {count: {min: 1, max: 2}, units: {values: [4, 8]}}
  dropout: {min: 0, max: 0.5, q: 0.125}
  optimizer:
    values:
      - {name: sgd, momentum: {min: 0, max: 0.75}, nesterov: {values: [true, false]}}
      - {name: adam, beta_1: {distribution: normal, mu: 0.85, sigma: 0.02}}
"""
SEVERAL = """\
name: several
method: random
dataset: tiny
budget: {trials: 40}
metric: [{name: val_accuracy, goal: maximize}, {name: parameters, goal: minimize}]
parameters:
  validation_split: {value: 0.2}
  epochs: {value: 2}
  batch_size: {min: 8, max: 64, log: true}
  train_images: {min: 60, max: 161, q: 10}
  layers: {values: [[4], [8], [16], []]}
  optimizer: {values: [{name: sgd, learning_rate: {min: 0.01, max: 0.1, log: true}}, {name: adam, learning_rate: {min: 0.0001, max: 0.01, log: true}}]}
"""

STATES = {"completed": "COMPLETE", "diverged": "FAIL", "failed": "FAIL", "pending": "WAITING"}
VARIED = ("epochs", "layers", "optimizer", "learning_rate", "momentum", "nesterov")


class Opened(Exporting):
    def load(self, name, *options):
        self.sweep("export", "-F", "optuna", "-o", "study.db", "-f", *options)
        return optuna.load_study(study_name=name,
                                 storage=f"sqlite:///{self.folder / 'study.db'}")

    def test_all_of_it(self):
        study = self.load(NAME)
        ours = self.rows("SELECT * FROM trials ORDER BY trial_id")
        self.assertEqual(study.direction, optuna.study.StudyDirection.MINIMIZE)
        if hasattr(study, "metric_names"):  # since 3.4
            self.assertEqual(study.metric_names, ["val_loss"])
        self.assertEqual(study.user_attrs["activation"], "sigmoid")
        self.assertEqual(len(study.trials), len(ours))
        for number, (trial, row) in enumerate(zip(study.trials, ours)):
            self.assertEqual(trial.number, number)
            self.assertEqual(trial.state.name, STATES[row["status"]])
            completed = row["status"] == "completed"
            self.assertEqual(trial.value, row["val_loss"] if completed else None)
            expected = {name: row[name] for name in VARIED if row[name] is not None}
            if row["optimizer"] == "adam":
                self.assertNotIn("momentum", trial.params)
            self.assertEqual(trial.params, expected)
            self.assertEqual(trial.user_attrs["seed"], row["seed"])
            self.assertEqual(trial.user_attrs["status"], row["status"])
            for name in ("test_accuracy", "train_seconds", "error", "beta_1"):
                self.assertEqual(trial.user_attrs.get(name), row[name])
            steps = {r["epoch"]: r["val_loss"] for r in self.rows(
                f"SELECT * FROM history WHERE trial_id = {row['trial_id']}")}
            self.assertEqual(set(trial.intermediate_values), set(steps))
            for step, value in steps.items():
                found = trial.intermediate_values[step]
                self.assertTrue(math.isnan(found) if value is None else found == value)
            if row["started_at"]:
                start = datetime.datetime.fromisoformat(row["started_at"])
                if int(optuna.__version__.split(".")[0]) >= 5:  # shows local time
                    start = start.replace(tzinfo=datetime.timezone.utc).astimezone() \
                        .replace(tzinfo=None)
                self.assertEqual(trial.datetime_start, start)
        best = min((r for r in ours if r["status"] == "completed"), key=lambda r: r["val_loss"])
        self.assertEqual(study.best_trial.user_attrs["trial_id"], best["trial_id"])

    def test_a_metric_of_its_own(self):
        self.write("f1.yaml", METRIC_OF_EPOCHS)
        self.sweep("run", "f1.yaml", "-q")
        study = self.load("f1")
        self.assertEqual(study.direction, optuna.study.StudyDirection.MAXIMIZE)
        for trial in study.trials:
            self.assertEqual(trial.intermediate_values[trial.params["epochs"]], trial.value)

    def check_params(self, trial, row, names):
        """What holds for the trial, and nothing else."""
        expected = {name: row[name] for name in names if row[name] is not None}
        if "nesterov" in expected:
            expected["nesterov"] = bool(expected["nesterov"])
        self.assertEqual(trial.params, expected)

    def test_a_search_with_trials_that_were_stopped(self):
        self.write("searched.yaml", SEARCH)
        self.sweep("run", "searched.yaml", "-q", "--db", "search.db")
        rows = self.rows("SELECT trials.* FROM trials JOIN sweep_trials USING (trial_id) ORDER BY position", "search.db")
        study = self.load("searched", "--db", "search.db")
        states = {"stopped": "PRUNED", **STATES}
        names = ("learning_rate", "batch_size", "dropout", "optimizer", "momentum", "nesterov", "beta_1")
        self.assertEqual({row["status"] for row in rows} & {"stopped", "completed"}, {"stopped", "completed"})
        self.assertEqual(len(study.trials), len(rows))
        for trial, row in zip(study.trials, rows):
            self.assertEqual(trial.state.name, states[row["status"]])
            layers = json.loads(row["layers"])
            self.assertEqual((trial.params.pop("layers.count"), trial.params.pop("layers.units")),
                             (len(layers), layers[0]))
            self.assertEqual(trial.user_attrs["layers"], row["layers"])
            self.check_params(trial, row, names)
            steps = self.rows(f"SELECT * FROM history WHERE trial_id = {row['trial_id']} ORDER BY epoch", "search.db")
            self.assertEqual(trial.intermediate_values, {r["epoch"]: r["val_accuracy"] for r in steps})
            if row["status"] == "stopped":
                self.assertLess(trial.last_step, 6)
                self.assertEqual(trial.value, steps[-1]["val_accuracy"])
                self.assertEqual(trial.user_attrs["status"], "stopped")
        found = {}
        for trial in study.trials:
            for name, distribution in trial.distributions.items():
                self.assertEqual(found.setdefault(name, distribution), distribution)
                self.assertTrue(distribution._contains(distribution.to_internal_repr(trial.params[name])), (name, distribution))
        self.assertEqual(found["learning_rate"], optuna.distributions.FloatDistribution(1e-4, 0.1, log=True))
        self.assertEqual(found["dropout"], optuna.distributions.FloatDistribution(0, 0.5, step=0.125))
        self.assertEqual(found["momentum"], optuna.distributions.FloatDistribution(0, 0.75))
        self.assertEqual(found["batch_size"].choices, (64, 16, 32))
        self.assertEqual(found["layers.count"], optuna.distributions.IntDistribution(1, 2))
        self.assertEqual(found["layers.units"].choices, (4, 8))
        self.assertEqual(found["optimizer"].choices, ("sgd", "adam"))
        self.assertEqual(found["nesterov"].choices, (True, False))
        beta = [row["beta_1"] for row in rows if row["beta_1"] is not None]
        self.assertEqual((found["beta_1"].low, found["beta_1"].high), (min(beta), max(beta)))
        self.assertEqual(study.best_value, max(row["val_accuracy"] for row in rows if row["status"] == "completed"))
        self.look_at(study)
        # It goes on where it is: the search space is the study's.
        trial = study.ask({name: found[name] for name in ("learning_rate", "batch_size", "dropout", "optimizer")})
        study.tell(trial, 0.5)

    def look_at(self, study, target=None):
        """Optuna's importances and plots; plotly and scikit-learn are its own wish for these."""
        try:
            import plotly  # noqa: F401
            import sklearn  # noqa: F401
        except ImportError:
            print("not looked at: importances and plots need plotly and scikit-learn")
            return
        shares = optuna.importance.get_param_importances(study, target=target)
        self.assertAlmostEqual(sum(shares.values()), 1)
        self.assertIn("optimizer", shares)
        more = {"target": target, "target_name": "it"} if target else {}
        for plot in ("contour", "edf", "optimization_history", "parallel_coordinate", "slice", "rank"):
            self.assertTrue(getattr(optuna.visualization, f"plot_{plot}")(study, **more).data, plot)

    def test_layers_of_widths_of_their_own(self):
        self.write("widths.yaml", "method: random\ndataset: tiny\nbudget: {trials: 30}\nparameters:\n  epochs: {value: 1}\n"
                                  "  layers: {count: {values: [0, 1, 3]}, units: {min: 2, max: 9}, each: true}\n")
        self.sweep("run", "widths.yaml", "-q", "--db", "widths.db")
        study = self.load("widths", "--db", "widths.db")
        rows = self.rows("SELECT layers FROM trials JOIN sweep_trials USING (trial_id) ORDER BY position", "widths.db")
        for trial, row in zip(study.trials, rows, strict=True):
            layers = json.loads(row["layers"])
            self.assertEqual(trial.params, {"layers.count": len(layers),
                                            **{f"layers.units {i + 1}": units for i, units in enumerate(layers)}})
            self.assertEqual(trial.distributions["layers.count"].choices, (0, 1, 3))
            for i in range(len(layers)):
                self.assertEqual(trial.distributions[f"layers.units {i + 1}"], optuna.distributions.IntDistribution(2, 9))

    def test_two_metrics(self):
        self.write("several.yaml", SEVERAL)
        self.sweep("run", "several.yaml", "-q", "--db", "several.db")
        rows = self.rows("SELECT trials.* FROM trials JOIN sweep_trials USING (trial_id) ORDER BY position", "several.db")
        study = self.load("several", "--db", "several.db")
        self.assertEqual([one.name for one in study.directions], ["MAXIMIZE", "MINIMIZE"])
        self.assertEqual(study.metric_names, ["val_accuracy", "parameters"])
        for trial, row in zip(study.trials, rows):
            self.assertEqual(trial.values, [row["val_accuracy"], row["parameters"]])
            self.check_params(trial, row, ("batch_size", "train_images", "layers", "optimizer", "learning_rate"))
        found = study.trials[0].distributions
        # Both ranges of the learning rate as one.
        self.assertEqual(found["learning_rate"], optuna.distributions.FloatDistribution(0.0001, 0.1, log=True))
        self.assertEqual(found["batch_size"], optuna.distributions.IntDistribution(8, 64, log=True))
        self.assertEqual(found["train_images"], optuna.distributions.IntDistribution(60, 160, step=10))
        self.assertEqual(found["layers"].choices, ("[4]", "[8]", "[16]", "[]"))
        # One seed each: a setting is a trial, and the best by Optuna are the Pareto set.
        best = {row["trial_id"] for row in self.rows(
            "SELECT trial_id FROM trials JOIN pareto USING (setting)", "several.db")}
        self.assertEqual({trial.user_attrs["trial_id"] for trial in study.best_trials}, best)
        self.look_at(study, lambda trial: trial.values[0])
        if "plotly" in sys.modules:
            self.assertTrue(optuna.visualization.plot_pareto_front(study).data)

    def test_a_config_that_cannot_be_read(self):
        self.write("several.yaml", SEVERAL)
        self.sweep("run", "several.yaml", "-q", "--db", "several.db")
        self.change("UPDATE sweeps SET config = 'of a later version'", "several.db")
        _, err = self.sweep("export", "-F", "optuna", "-o", "guessed.db", "--db", "several.db")
        self.assertIn("not what they were drawn from", " ".join(err.split()))

    def test_some_of_it(self):
        study = self.load(NAME, "--where", "optimizer=adam", "--where", "epochs=3")
        self.assertEqual([set(t.params) for t in study.trials], [{"layers"}] * 4)

    def test_optuna_goes_on_from_it(self):
        study = self.load(NAME)
        before = len(study.trials)
        trial = study.ask()  # takes the one that waits
        self.assertEqual(trial.number, [t.state.name for t in study.trials].index("RUNNING"))
        study.tell(trial, 1e9)
        study.add_trial(study.trials[-1])
        self.assertEqual(len(study.trials), before + 1)
        frame = study.trials_dataframe()
        self.assertEqual(len(frame), before + 1)


if __name__ == "__main__":
    unittest.main()
