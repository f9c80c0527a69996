"""sweep export --format optuna, opened by Optuna itself.

Optuna is not among Debian's packages; it is looked for in this Python, and in the one that
$SWEEP_PYTHON names (a virtual environment's). Without it the test is skipped.
"""

import datetime
import math
import os
import subprocess
import sys
import unittest

try:
    import optuna
except ImportError:
    other = os.environ.pop("SWEEP_PYTHON", "")
    if other:
        sys.exit(subprocess.call([other, "-B", *sys.argv]))
    print("skipped: Optuna is not installed; `pip install optuna pandas` in a virtual environment, "
          "and set SWEEP_PYTHON to its python")
    sys.exit(77)

from made import METRIC_OF_EPOCHS, NAME, Exporting

optuna.logging.set_verbosity(optuna.logging.ERROR)
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
