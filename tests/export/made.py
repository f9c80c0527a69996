"""A sweep to export: of a metric and a goal of its own, with trials of every status; and networks of
layers of every kind."""

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


# Networks of layers that Keras has under these names, each kind in one at least.
NETWORKS = (
    '{a: 9, b: {dense: 9 relu, inputs: a}, s: {add: [a, b]}, t: {shared: b, inputs: s},'
    ' d: {subtract: [s, t]}, m: {multiply: [d, a, t]}, f: {flatten: ~, inputs: input},'
    ' c: {concatenate: [m, f]}}',
    '{a: 9 tanh, b: {dense: 9 relu, inputs: input}, v: {average: [a, b, a]},'
    ' x: {maximum: [a, b, v]}, n: {minimum: [v, b, a]}, s: {concatenate: [x, n]}}',
    '{a: conv2d 3 3 padding=same relu, s: {add: [a, b]}, p: max_pooling2d, b: {conv2d: {filters: 3,'
    ' kernel_size: 3, padding: same}, inputs: a}, q: {average_pooling2d: 2, inputs: s},'
    ' c: {concatenate: [p, q]}, d: conv2d 2 2 relu, e: max_pooling2d}',
    '["dense 9 use_bias=false", "batch_normalization", relu, "dropout 0.2", 7]',
    '["batch_normalization", 9]',
    '["flatten", 9, "batch_normalization center=false epsilon=0.1", 8,'
    ' "batch_normalization scale=false momentum=0.5", tanh,'
    ' "batch_normalization center=false scale=false"]',
    '["layer_normalization", "gaussian_noise 0.1", 9, "layer_normalization center=false",'
    ' 8, "layer_normalization scale=false epsilon=0.2",'
    ' "layer_normalization center=false scale=false"]',
    '["reshape 4x4x4", "batch_normalization", "layer_normalization", prelu, flatten, 9]',
    '["reshape 8x8", softmax, "reshape 2x32", "layer_normalization", "activation gelu", 9]',
    '[prelu, "reshape 4x16", relu, "reshape 64", "batch_normalization", 9, softmax]',
    '["reshape 4x4x4", "reshape -1x8"]',
    # Images of 8 x 8, 7 x 5 and less, which windows, strides and channels don't divide.
    '["conv2d 5 3x2 relu", "max_pooling2d", "conv2d 3 2 strides=1x2 padding=same", 7]',
    '["conv2d 6 3 strides=3x2 padding=same use_bias=false", prelu,'
    ' "conv2d 4 2x1 tanh groups=2", "global_max_pooling2d"]',
    '["conv2d 4 2x3 dilation_rate=3x2 padding=same", "batch_normalization",'
    ' "conv2d 3 3 softmax dilation_rate=2", "max_pooling2d 3x2 strides=2x3 padding=same"]',
    '["dense 70", "reshape 7x5x2", "depthwise_conv2d 3x2 padding=same depth_multiplier=3",'
    ' "average_pooling2d 3x2 strides=2x1 padding=same", "layer_normalization",'
    ' "global_average_pooling2d"]',
    '["average_pooling2d 3", "depthwise_conv2d 2 tanh use_bias=false", flatten]',
    '["depthwise_conv2d 2x3 strides=2 dilation_rate=2 padding=same",'
    ' "global_average_pooling2d keepdims=true", "conv2d 3 1",'
    ' "global_max_pooling2d keepdims=true", "reshape 3x1"]',
    '["max_pooling2d 5x3 strides=7 padding=same", "conv2d 4 1 strides=2 padding=same", elu]',
    # Parts of an image, and one with zeros around it.
    '["cropping2d 1/2x0/1", "conv2d 3 3 relu", "zero_padding2d 2/0x1/3", "cropping2d 0x2",'
    ' "zero_padding2d", flatten, 7]',
    '{a: {cropping2d: [[0, 4], [4, 0]], inputs: input}, b: {cropping2d: [[4, 0], [0, 4]],'
    ' inputs: input}, p: {zero_padding2d: 1, inputs: b}, q: {cropping2d: 1, inputs: p},'
    ' s: {add: [a, q]}, d: 8 relu}',
    # Kernels with penalties and norms of their own.
    '["conv2d 4 3 l1=0.001 max_norm=0.7 kernel_initializer=he_normal bias_initializer=ones",'
    ' "depthwise_conv2d 2 l1=0.002 l2=0.01 max_norm=1", "batch_normalization gamma_initializer=random_normal",'
    ' "9 l2=0.02 max_norm=0.5", "8 l2=0"]',
    # Activations with arguments of their own.
    '["conv2d 4 3 prelu shared_axes=1/2 alpha_initializer=ones", "prelu shared_axes=3", flatten,'
    ' "9 prelu shared_axes=1", "7 leaky_relu negative_slope=0.3"]',
)


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
