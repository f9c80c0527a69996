"""A sweep to export: of a metric and a goal of its own, with trials of every status."""

import pathlib
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from harness import Case  # noqa: E402

NAME = 'wide <x> "q"'

WIDE = """\
name: 'wide <x> "q"'
method: grid
dataset: tiny
repeats: 2
metric: {name: val_loss, goal: minimize}
metrics: [f1_score]
parameters:
  validation_split: {value: 0.2}
  layers: {values: [[10], [32, "8 tanh"]]}
  loss: {value: mean_squared_error}
  output_activation: {value: linear}
  optimizer:
    values:
      - sgd
      - {name: sgd, momentum: 0.9, nesterov: true, learning_rate: 1e20}
      - {name: adam, learning_rate: 0.002}
  epochs: {values: [1, 3]}
"""

METRIC_OF_EPOCHS = """\
name: f1
method: grid
dataset: tiny
metric: {name: val_f1_score, goal: maximize}
metrics: [f1_score]
parameters:
  validation_split: {value: 0.2}
  epochs: {values: [2, 3]}
"""

METRIC_OF_THE_END = """\
name: test
method: grid
dataset: tiny
metric: {name: test_accuracy, goal: maximize}
parameters:
  epochs: {values: [2, 3]}
"""


class Exporting(Case):
    """24 trials: 8 diverge, and of the others the first failed and the second has no result."""

    def setUp(self):
        super().setUp()
        self.write("wide.yaml", WIDE)
        self.sweep("run", "wide.yaml", "-q")
        statuses = dict(self.ask("SELECT status, count(*) FROM trials GROUP BY 1"))
        self.assertEqual(statuses, {"completed": 16, "diverged": 8})
        self.failed, self.pending = [row[0] for row in self.ask(
            "SELECT trial_id FROM trials WHERE status = 'completed' ORDER BY 1 LIMIT 2")]
        nothing = ", ".join(f"{name} = NULL" for name in
                            ("loss", "accuracy", "val_loss", "val_accuracy", "test_loss",
                             "test_accuracy", "parameters", "train_seconds"))
        connection = sqlite3.connect(self.folder / "results" / "sweep.db")
        for trial, status, error in ((self.failed, "failed", '=out of "memory",\r\nalas'),
                                     (self.pending, "pending", None)):
            connection.execute(f"UPDATE trials SET status = ?, error = ?, {nothing}"
                               " WHERE trial_id = ?", (status, error, trial))
            for table in ("history", "metrics"):
                connection.execute(f"DELETE FROM {table} WHERE trial_id = ?", (trial,))
        connection.execute("UPDATE trials SET started_at = NULL, finished_at = NULL"
                           " WHERE trial_id = ?", (self.pending,))
        connection.commit()
        connection.close()

    def rows(self, sql, database="results/sweep.db"):
        """As dictionaries."""
        connection = sqlite3.connect(self.folder / database)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(sql)]
        finally:
            connection.close()
