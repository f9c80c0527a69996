"""What `sweep show --keras` prints, trained by Keras from the weights that the trial began with: each epoch's
scores, and the weights and the test loss at the end, are the trial's. Every batch is all of the training images, so that their
order is of no account.

Keras is looked for as test_keras.py does; without it the test is skipped.
"""

import contextlib
import io
import os
import re
import unittest

from elsewhere import keras_needed

keras_needed()

import keras  # noqa: E402
import numpy  # noqa: E402

from made import Case  # noqa: E402

# What the images are, how many classes, images and epochs, and the parameters.
CASES = {
    "both callbacks": ((6, 5), 4, 40, 25, """
  layers: {value: ["12 tanh"]}
  optimizer: {value: {name: adam, learning_rate: 0.3}}
  validation_split: {value: 0.3}
  early_stopping: {value: val_loss patience=6 restore_best_weights=true min_delta=0.01}
  reduce_lr_on_plateau: {value: val_loss patience=2 factor=0.3 cooldown=1 min_lr=0.01}
"""),
    "both callbacks and EMA": ((6, 5), 4, 40, 25, """
  layers: {value: ["12 relu", batch_normalization]}
  optimizer: {value: {name: sgd, momentum: 0.9, learning_rate: 0.5, use_ema: true, ema_momentum: 0.6, ema_overwrite_frequency: 3}}
  validation_split: {value: 0.3}
  early_stopping: {value: val_accuracy patience=4 start_from_epoch=2 restore_best_weights=true}
  reduce_lr_on_plateau: {value: loss patience=1 factor=0.5 min_delta=0.05}
"""),
    "accumulation under a schedule": ((7, 3), 5, 30, 14, """
  layers: {value: ["9 elu", "layer_normalization", "8 selu"]}
  optimizer: {value: {name: adam, learning_rate: 0.05, gradient_accumulation_steps: 3}}
  learning_rate_schedule: {value: "cosine_decay 6 alpha=0.1 warmup_steps=4 warmup_target=0.1"}
  loss: {value: sparse_categorical_crossentropy}
"""),
    "accumulation, EMA, a restart": ((7, 3), 5, 30, 20, """
  layers: {value: ["9 gelu"]}
  optimizer: {value: {name: nadam, learning_rate: 0.05, gradient_accumulation_steps: 2, use_ema: true, ema_momentum: 0.8, ema_overwrite_frequency: 4}}
  learning_rate_schedule: {value: "cosine_decay_restarts 4 t_mul=1.5 m_mul=0.8"}
  loss: {value: kl_divergence}
"""),
    "global norm and batch statistics": ((9, 11), 3, 36, 20, """
  layers: {value: ["conv2d 5 3x2 strides=2x1 padding=same", "batch_normalization momentum=0.7", relu, "average_pooling2d 3x2 strides=2x1 padding=same", "batch_normalization center=false", 7]}
  optimizer: {value: {name: sgd, learning_rate: 0.2, momentum: 0.8, nesterov: true, global_clipnorm: 0.3}}
  learning_rate_schedule: {value: "polynomial_decay 9 end_learning_rate=0.02 power=2 cycle=true"}
  loss: {value: categorical_hinge}
"""),
    "1 x 1": ((1, 1), 2, 24, 15, """
  layers: {value: ["conv2d 3 1 tanh", "depthwise_conv2d 1 depth_multiplier=2", "max_pooling2d 1", "global_average_pooling2d"]}
  output_activation: {value: sigmoid}
  optimizer: {value: {name: rmsprop, learning_rate: 0.02, centered: true, momentum: 0.3, clipnorm: 0.2}}
  loss: {value: {name: binary_crossentropy, label_smoothing: 0.1}}
"""),
    "3 x 200": ((3, 200), 6, 20, 10, """
  layers: {value: ["conv2d 4 3x7 strides=1x5 relu", "conv2d 6 1x3 dilation_rate=1x3 groups=2 silu", "max_pooling2d 1x3", "dense 9 softplus l1=0.001 l2=0.002 max_norm=0.8"]}
  optimizer: {value: {name: lion, learning_rate: 0.002, weight_decay: 0.02}}
  learning_rate_schedule: {value: "exponential_decay 3 0.7 staircase=true"}
  loss: {value: {name: huber, delta: 0.3}}
  l2: {value: 0.003}
"""),
    "256 x 256": ((256, 256), 3, 9, 6, """
  layers: {value: ["conv2d 4 5 strides=3 padding=same relu", "max_pooling2d 3", "depthwise_conv2d 3 padding=same tanh", "conv2d 6 3 relu", "max_pooling2d", "global_max_pooling2d keepdims=true", "16 mish"]}
  optimizer: {value: {name: adamw, learning_rate: 0.01, weight_decay: 0.1, clipvalue: 0.01}}
  learning_rate_schedule: {value: {piecewise_constant_decay: {boundaries: [1, 3], values: [0.01, 0.003, 0.02]}}}
"""),
    "3 x 3 convolutions, pooled": ((13, 10, 3), 4, 18, 8, """
  layers: {value: ["conv2d 8 3 relu", "max_pooling2d", "conv2d 9 3 padding=same relu", "max_pooling2d padding=same", "dense 12 leaky_relu"]}
  negative_slope: {value: 0.3}
  optimizer: {value: {name: adamax, learning_rate: 0.01}}
  learning_rate_schedule: {value: "inverse_time_decay 2 0.5"}
"""),
    "every kind that merges": ((5, 6), 3, 21, 10, """
  model:
    value:
      a: 9 tanh
      b: {dense: 9 hard_sigmoid, inputs: a}
      s: {subtract: [a, b]}
      m: {multiply: [s, a, b]}
      v: {average: [a, m, b]}
      x: {maximum: [a, v]}
      n: {minimum: [x, b]}
      t: {shared: b, inputs: n}
      d: {add: [t, a]}
      f: {flatten: ~, inputs: input}
      c: {concatenate: [d, f]}
      e: prelu
      g: layer_normalization
  optimizer: {value: {name: ftrl, learning_rate: 0.1, l1_regularization_strength: 0.001, beta: 0.2}}
  loss: {value: log_cosh}
  output_activation: {value: softplus}
"""),
    "a residual of convolutions": ((8, 8), 5, 25, 8, """
  model:
    value:
      a: conv2d 4 3 padding=same relu
      n: batch_normalization
      b: {conv2d: {filters: 4, kernel_size: 3, padding: same}}
      s: {add: [n, b]}
      r: relu6
      t: {shared: b, inputs: r}
      u: {concatenate: [t, a]}
      p: average_pooling2d 3
      g: global_average_pooling2d
  optimizer: {value: {name: muon, learning_rate: 0.02}}
  class_weight: {value: {0: 2, 3: 0.25}}
  initializer: {value: he_normal}
"""),
    "two outputs": ((6, 6), 4, 30, 10, """
  model:
    value:
      a: 14 tanh
      n: batch_normalization
      outputs:
        digit: {dense: {units: 4, activation: softmax}, loss: categorical_crossentropy, label_smoothing: 0.1, loss_weight: 0.7}
        odd: {dense: {units: 2, activation: sigmoid}, target: [0, 1, 0, 1], loss: binary_crossentropy, loss_weight: 1.5}
        half: {dense: {units: 2, activation: softmax}, target: [0, 0, 1, 1], loss: mean_squared_error}
  optimizer: {value: {name: lamb, learning_rate: 0.02}}
  validation_split: {value: 0.25}
  reduce_lr_on_plateau: {value: val_digit_loss patience=1 factor=0.5}
  early_stopping: {value: odd_loss patience=3 min_delta=0.02 restore_best_weights=true}
"""),
    "one unit for two classes": ((6, 6), 2, 30, 10, """
  model:
    value:
      a: 9 tanh
      outputs:
        label: {dense: {units: 1, activation: sigmoid}, loss: binary_crossentropy, label_smoothing: 0.05}
  optimizer: {value: {name: adam, learning_rate: 0.02}}
  validation_split: {value: 0.25}
"""),
    "one unit among outputs": ((6, 6), 4, 30, 10, """
  model:
    value:
      a: 9 tanh
      outputs:
        digit: {dense: {units: 4, activation: softmax}, inputs: a, loss: sparse_categorical_crossentropy}
        odd: {dense: {units: 1, activation: sigmoid}, inputs: a, target: [0, 1, 0, 1], loss: binary_crossentropy}
        half: {dense: {units: 1, activation: tanh}, inputs: a, target: [0, 0, 1, 1], loss: hinge, loss_weight: 0.5}
  optimizer: {value: {name: rmsprop, learning_rate: 0.02}}
  validation_split: {value: 0.25}
"""),
    "penalties and adafactor": ((4, 9, 2), 3, 27, 10, """
  layers: {value: ["reshape 6x6x2", "conv2d 6 3 l1=0.001 max_norm=0.5 softsign", "flatten", "dense 20 exponential use_bias=false l2=0.01", "batch_normalization scale=false", "dense 5 kernel_initializer=lecun_normal bias_initializer=ones"]}
  optimizer: {value: {name: adafactor, learning_rate: 0.05}}
  loss: {value: squared_hinge}
  output_activation: {value: tanh}
"""),
    "adadelta and poisson": ((5,), 7, 33, 12, """
  layers: {value: [3, "activation thresholded_relu", 5]}
  theta: {value: 0.4}
  activation: {value: softsign}
  optimizer: {value: {name: adadelta, learning_rate: 1, global_clipnorm: 0.01, use_ema: true}}
  loss: {value: poisson}
"""),
    "no hidden layer, adagrad": ((2, 3), 2, 17, 12, """
  layers: {value: []}
  optimizer: {value: {name: adagrad, learning_rate: 0.3, weight_decay: 0.05, gradient_accumulation_steps: 5}}
  loss: {value: mean_absolute_error}
  l2: {value: 0.01}
  train_image_divisor: {value: 100}
  test_image_divisor: {value: 50}
"""),
    "several inputs": ((6, 5), 4, 40, 50, """
  model: {value: {meta: input, m: 8 tanh, side: input, c: conv2d 3 2 relu, f: flatten, d: {dense: 9 relu, inputs: image}, both: {concatenate: [m, f, d]}, n: batch_normalization}}
  optimizer: {value: {name: adam, learning_rate: 0.01}}
  validation_split: {value: 0.3}
"""),
    "several inputs and outputs": ((6, 5), 4, 40, 30, """
  model: {value: {image: input, meta: input, side: input, a: {flatten: ~, inputs: image}, f: {flatten: ~, inputs: side}, both: {concatenate: [meta, a, f]}, t: 7 tanh, outputs: {digit: {dense: {units: 4, activation: softmax}, loss: categorical_crossentropy}, age: {dense: {units: 1, activation: linear}, inputs: t, loss: mse, target: age}}}}
  optimizer: {value: {name: sgd, learning_rate: 0.1, momentum: 0.5}}
  train_images: {value: 40}
"""),
    "one cycle": ((4, 4), 3, 30, 12, """
  layers: {value: ["8 relu"]}
  optimizer: {value: {name: sgd, learning_rate: 0.2, momentum: 0.9}}
  learning_rate_schedule: {value: one_cycle}
"""),
}


def dataset(shape, classes, count, seed, arrays):
    draws = numpy.random.default_rng(seed)
    centers = draws.integers(30, 226, (classes, *shape))
    parts = {}
    for part, images in (("train", count), ("test", 13 + classes)):
        labels = numpy.concatenate([numpy.arange(classes), draws.integers(0, classes, images - classes)])
        noise = draws.normal(0, 60, (images, *shape))
        parts[f"x_{part}"] = numpy.clip(centers[labels] + noise, 0, 255).astype(numpy.uint8)
        parts[f"y_{part}"] = labels.astype(numpy.uint8)
    extra = numpy.random.default_rng(seed)  # of other draws, so that the images are the same
    for name, own in (("meta", (3,)), ("side", (5, 4)), ("age", ())) if arrays else ():
        for part, images in (("train", count), ("test", 13 + classes)):
            parts[f"{name}_{part}"] = extra.normal(0, 1, (images, *own)).astype(numpy.float32)
    return parts


class Trajectory(Case):
    def train(self, name, epochs, parameters):
        """The number of the trial."""
        shape, _, count, *_ = CASES[name]
        form = ", data_format: channels_last" if len(shape) > 2 else ""
        self.write("c.yaml", f"name: c\nmethod: grid\ndataset: {{name: ./data.npz{form}}}\nkeep_models: all\n"
                   f"parameters:\n  epochs: {{value: {epochs}}}\n  batch_size: {{value: {count}}}{parameters}")
        self.sweep("run", "c.yaml", "-q")
        return self.ask("SELECT max(trial_id) FROM trials")[0][0]

    def weights(self, trial):
        self.sweep("export", "--trial", str(trial), "-fo", "weights.npz")
        with numpy.load(self.folder / "weights.npz") as weights:
            return [(name, weights[name]) for name in weights.files]

    def begin(self, name, parameters):
        """The weights that a trial of these begins with: after a step that is too small to change any."""
        lines = [re.sub(r"optimizer: .*", "optimizer: {value: {name: sgd, learning_rate: 1.0e-60}}", line)
                 for line in parameters.splitlines(True) if not re.search("  l2|schedule|early_stopping|reduce_lr", line)]
        return self.weights(self.train(name, 1, re.sub(r" (l1|l2|max_norm)=[0-9.]+", "", "".join(lines))))

    def arrays(self, model, weights):
        """Keras' arrays in the order of the exported ones."""
        of = {}
        for layer in model.layers:
            own = [name for name, _ in weights if name.startswith(layer.name + ".")]
            of.update(zip(own, layer.weights) if own else ())
        return [of[name] for name, _ in weights] if of else model.weights

    def fit(self, code, initial):
        """What the code has made in the end, and its history."""
        before, after = code.split("model.fit(")
        keras.utils.clear_session()  # which numbers layers of a kind
        names, here = {}, os.getcwd()
        os.chdir(self.folder)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(before, "before", "exec"), names)
                for array, (_, value) in zip(self.arrays(names["model"], initial), initial, strict=True):
                    if "moving" not in array.path:
                        array.assign(value)
                exec(compile("fitted = model.fit(" + after, "after", "exec"), names)
        finally:
            os.chdir(here)
        return names, names["fitted"].history

    def compare(self, name):
        shape, classes, count, epochs, parameters = CASES[name]
        numpy.savez(self.folder / "data.npz", **dataset(shape, classes, count, len(name), "input" in name))
        initial = self.begin(name, parameters)
        trial = self.train(name, epochs, parameters)
        code, _ = self.sweep("show", str(trial), "--keras")
        self.assertNotIn("NOT IN THIS CODE", code)
        names, history = self.fit(code, initial)
        for column in history:
            if column not in ("learning_rate", "age_accuracy"):  # of numbers there is none
                ours = [row[0] for row in self.ask(
                    f"SELECT {column} FROM history WHERE trial_id = {trial} ORDER BY epoch"
                    if column in ("loss", "accuracy", "val_loss", "val_accuracy") else
                    f"SELECT value FROM metrics WHERE trial_id = {trial} AND name = '{column}' ORDER BY epoch")]
                self.assertEqual(len(ours), len(history[column]), f"{column}\n{code}")
                numpy.testing.assert_allclose(ours, history[column], rtol=1e-5, atol=1e-5, err_msg=f"{column}\n{code}")
        last = self.weights(trial)
        for (array, ours), theirs in zip(last, self.arrays(names["model"], last), strict=True):
            numpy.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-4, atol=1e-5, err_msg=f"{array}\n{code}")
        theirs = names["model"].evaluate(names["x_test"], names["y_test"], verbose=0)[0]
        ours, = self.ask(f"SELECT test_loss FROM trials WHERE trial_id = {trial}")[0]
        numpy.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5, err_msg=code)

    def test_cases(self):
        for name in CASES:
            with self.subTest(name):
                self.compare(name)


if __name__ == "__main__":
    unittest.main()
