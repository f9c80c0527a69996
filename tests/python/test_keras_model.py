"""keras_model of the module sweep (src/python), in Keras: the model that it gives says what `sweep predict` says, and
can go on training. Keras is looked for as in tests/export/test_keras.py; without it the test is skipped."""

import json
import unittest

from used import Used, harness
from elsewhere import keras_needed

keras_needed()

import keras  # noqa: E402
import numpy  # noqa: E402

from made import NETWORKS
import sweep

CONFIG = """\
name: keras
method: grid
dataset: tiny
keep_models: all
parameters:
  epochs: {value: 2}
  batch_size: {value: 50}
"""

# What the code has besides layers before it trains: functions, schedules, callbacks, weights of classes.
PARTS = (
    "learning_rate_schedule: {values: [cosine_decay, one_cycle, {exponential_decay: {decay_steps: 3,"
    " decay_rate: 0.9}}, {piecewise_constant_decay: {boundaries: [2], values: [0.1, 0.01]}}]}",
    "loss: {values: [root_mean_squared_error, mean_absolute_scaled_error, {name: huber, delta: 0.2}]}",
    "activation: {values: [thresholded_relu, prelu, mish, {name: leaky_relu, negative_slope: 0.3}]}",
    "optimizer: {values: [muon, lamb, {name: adam, use_ema: true, clipnorm: 1.0, gradient_accumulation_steps: 2}]}",
    "class_weight: {value: balanced}",
    "early_stopping: {value: {monitor: loss, patience: 1}}",
    "augmentation: {value: [random_translation 0.1 0.1, elastic 34 4]}",
)


class Model(Used, harness.Case):
    def try_all(self, *parameters):
        """Every trial of a config; returns the last model."""
        self.write("keras.yaml", CONFIG + "".join(f"  {line}\n" for line in parameters))
        self.sweep("run", "keras.yaml", "-q")
        images = (self.folder / "data/tiny/t10k-images-idx3-ubyte").read_bytes()[16:]
        images = numpy.frombuffer(images, numpy.uint8).reshape(-1, 8, 8, 1)[[0, 1, 42]] / numpy.float32(255)
        trials = self.ask("SELECT trial_id FROM sweep_results WHERE status = 'completed' AND sweep_id ="
                          " (SELECT max(sweep_id) FROM sweeps)")
        self.assertTrue(trials)
        for trial, in trials:
            model = sweep.keras_model("results/sweep.db", trial)
            found = numpy.array(model(images, training=False))
            for row, index in zip(found, (0, 1, 42)):
                answer = json.loads(self.sweep("predict", str(trial), "-i", str(index), "--json")[0])
                told = answer.get("probabilities") or answer["outputs"]
                numpy.testing.assert_allclose(row, told, rtol=1e-5, atol=1e-5, err_msg=f"{parameters} {trial}")
        return model, images

    def test_networks(self):
        model, images = self.try_all(f"layers: {{values: [{', '.join(NETWORKS)}]}}", "activation: {value: tanh}")
        model.fit(images, numpy.eye(10)[:3], verbose=0)  # it is compiled

    def test_parts(self):
        for part in PARTS:
            with self.subTest(part):
                self.try_all(part)

    def expect_answers(self, inputs, targets):
        """Of the best trial's model, those of `sweep predict`; and it can go on training."""
        model = sweep.keras_model()
        found = model.predict(inputs, verbose=0)
        for index in range(len(found)):
            told = json.loads(self.sweep("predict", "-i", str(index), "--json")[0])["probabilities"]
            numpy.testing.assert_allclose(found[index], told, rtol=1e-5, atol=1e-5)
        self.assertGreater(numpy.ptp(found), 1e-3)
        model.fit(inputs, targets, verbose=0)

    def test_normalised_inputs(self):
        """A table's features, an image's channels, and several inputs, one of which Keras can't call by its name."""
        draws = numpy.random.default_rng(3)
        rows = {"train": 60, "test": 20}
        several = "{dense: input, d: 8 tanh, side: input, c: conv2d 3 2, f: flatten, i: {dense: 4, inputs: image},"
        several += " g: flatten, both: {concatenate: [d, f, g]}}"
        for name, shape, layers in (("table", (3,), "layers: {value: [9 relu]}"),
                                    ("flat", (3,), "model: {value: {a: 3, b: {add: [a, image]}}}"),
                                    ("colour", (6, 5, 3), "layers: {value: [9 relu]}"),
                                    ("several", (6, 5), f"model: {{value: {several}}}")):
            with self.subTest(name):
                table = len(shape) == 1
                data = {f"x_{part}": draws.integers(0, 256, (n, *shape)) * (10.5 ** numpy.arange(3) if table else 1)
                        for part, n in rows.items()}
                for part, n in rows.items():
                    data[f"y_{part}"] = numpy.arange(n) % 4
                    for array, width in (("dense", (3,)), ("side", (5, 4, 2))) if name == "several" else ():
                        data[f"{array}_{part}"] = draws.normal(9, 30, (n, *width)).astype(numpy.float32)
                numpy.savez(self.folder / f"{name}.npz", **data)
                which = "[dense, side, image]" if name == "several" else "true"
                self.write("keras.yaml", CONFIG.replace("tiny", f"{{name: ./{name}.npz, normalization: {which}}}") +
                           f"  {layers}\n")
                self.sweep("run", "keras.yaml", "-q")
                images = (data["x_test"] / (1 if table else 255)).astype(numpy.float32)
                images = images[..., None] if name == "several" else images
                inputs = {"input_layer": data["dense_test"], "side": data["side_test"],
                          "image": images} if name == "several" else images
                self.expect_answers(inputs, numpy.eye(4)[data["y_test"]])
        (self.folder / "several.npz").unlink()
        with self.assertRaisesRegex(sweep.Error, "has normalised inputs, .*several.npz"):
            sweep.keras_model()

    def test_best(self):
        self.sweep("run", "tiny.yaml", "-q")
        best = sweep.keras_model()
        for found, kept in zip(best.get_weights(), sweep.weights()):
            numpy.testing.assert_array_equal(found, kept)
        self.assertIsInstance(best.optimizer, keras.optimizers.Optimizer)


if __name__ == "__main__":
    unittest.main()
