"""sweep show --keras and sweep export --format npz, run by Keras: the code builds the same model, which with
these weights says what `sweep predict` says, and has the trial's scores on the test images.

Keras is not among Debian's packages; it is looked for in this Python, and in the one that $SWEEP_PYTHON names
(a virtual environment's). Without it the test is skipped.
"""

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import unittest
import warnings

from elsewhere import keras_needed

keras_needed()

import keras  # noqa: E402
import numpy  # noqa: E402

from made import NETWORKS, Case

if keras.backend.backend() == "tensorflow":  # graphs take longer to make than to run
    import tensorflow
    tensorflow.config.run_functions_eagerly(True)

IMAGES = (0, 1, 2, 7, 42)

CONFIG = """\
name: keras
method: grid
dataset: tiny
keep_models: all
parameters:
  epochs: {value: 2}
  batch_size: {value: 50}
"""

# Each optimizer with nothing at its default.
OPTIMIZERS = {
    "sgd": "learning_rate: 0.02, momentum: 0.5, nesterov: true, weight_decay: 0.01",
    "rmsprop": "learning_rate: 0.002, rho: 0.8, momentum: 0.5, epsilon: 1.0e-5, centered: true, weight_decay: 0.01",
    "adam": "learning_rate: 0.002, beta_1: 0.8, beta_2: 0.99, epsilon: 1.0e-5, amsgrad: true, weight_decay: 0.01",
    "nadam": "learning_rate: 0.002, beta_1: 0.8, beta_2: 0.99, epsilon: 1.0e-5, weight_decay: 0.01",
    "adamax": "learning_rate: 0.002, beta_1: 0.8, beta_2: 0.99, epsilon: 1.0e-5, weight_decay: 0.01",
    "adagrad": "learning_rate: 0.002, initial_accumulator_value: 0.2, epsilon: 1.0e-5, weight_decay: 0.01",
    "adadelta": "learning_rate: 0.002, rho: 0.8, epsilon: 1.0e-5, weight_decay: 0.01",
    "ftrl": "learning_rate: 0.002, learning_rate_power: -0.4, initial_accumulator_value: 0.2, beta: 0.1,"
            " l1_regularization_strength: 0.001, l2_regularization_strength: 0.002,"
            " l2_shrinkage_regularization_strength: 0.003, weight_decay: 0.01",
    "adamw": "learning_rate: 0.002, beta_1: 0.8, beta_2: 0.99, epsilon: 1.0e-5, amsgrad: true, weight_decay: 0.01",
    "lion": "learning_rate: 0.0002, beta_1: 0.8, beta_2: 0.95, weight_decay: 0.01, clipvalue: 0.5",
    "lamb": "learning_rate: 0.002, beta_1: 0.8, beta_2: 0.99, epsilon: 1.0e-5, weight_decay: 0.01,"
            " gradient_accumulation_steps: 2",
    "adafactor": "learning_rate: 0.002, beta_2_decay: -0.7, epsilon_1: 1.0e-20, epsilon_2: 0.01, clip_threshold: 0.9,"
                 " weight_decay: 0.01, clipnorm: 1.5",
    "muon": "learning_rate: 0.002, adam_beta_1: 0.8, adam_beta_2: 0.99, adam_weight_decay: 0.001, epsilon: 1.0e-5,"
            " weight_decay: 0.01, muon_a: 3.4, muon_b: -4.7, muon_c: 2, adam_lr_ratio: 0.5, momentum: 0.9,"
            " ns_steps: 4, nesterov: false, rms_rate: 0.3, global_clipnorm: 2",
}


def idx(path):
    data = path.read_bytes()
    shape = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(data[3])]
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * len(shape)).reshape(shape)


class Run(Case):
    def setUp(self):
        super().setUp()
        files = {name: idx(self.folder / "data" / "tiny" / f"{file}-ubyte") for name, file in
                 (("x_train", "train-images-idx3"), ("y_train", "train-labels-idx1"),
                  ("x_test", "t10k-images-idx3"), ("y_test", "t10k-labels-idx1"))}
        numpy.savez(self.folder / "data.npz", **files)

    def names(self, hyperparameter):
        return re.search(r"one of ([a-z0-9_, \n]+)", self.sweep("keys", hyperparameter)[0])[1].split("\n\n")[0] \
            .replace("\n", " ").replace(",", " ").split()

    def train(self, *parameters):
        self.write("keras.yaml", CONFIG + "".join(f"  {line}\n" for line in parameters))
        self.sweep("run", "keras.yaml", "-q")
        sweep = self.ask("SELECT max(sweep_id) FROM sweeps")[0][0]
        return [row[0] for row in self.ask("SELECT trial_id FROM sweep_results WHERE status = 'completed'"
                                           f" AND sweep_id = {sweep}")]

    def model(self, trial, fits, narrow=True):
        """That of the code, run as it is, or up to where it begins to train."""
        code, _ = self.sweep("show", str(trial), "--keras")
        self.assertTrue(not narrow or all(len(line) < 80 for line in code.splitlines()), code)
        self.assertIn("import numpy as np", code)  # the weights are read by it, whatever else is
        names, here = {}, os.getcwd()
        os.chdir(self.folder)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                run = code if fits else code[:code.index("model.fit(")]
                exec(compile(run, f"trial {trial}", "exec"), names)
        finally:
            os.chdir(here)
        return names, code

    def compare(self, trial, scores=True, fits=False):
        names, code = self.model(trial, fits)
        self.sweep("export", "--trial", str(trial), "-fo", "weights.npz")
        with numpy.load(self.folder / "weights.npz") as weights:
            names["model"].set_weights([weights[name] for name in weights.files])
        said = []
        for index in IMAGES:
            answer = json.loads(self.sweep("predict", str(trial), "-i", str(index), "--json")[0])
            said.append(answer.get("probabilities") or answer["outputs"])
        found = numpy.array(names["model"](names["x_test"][list(IMAGES)], training=False))
        numpy.testing.assert_allclose(found, said, rtol=1e-5, atol=1e-5, err_msg=code)
        test = self.ask(f"SELECT test_loss, test_accuracy FROM trials WHERE trial_id = {trial}")[0]
        if scores:
            evaluated = names["model"].evaluate(names["x_test"], names["y_test"], verbose=0)
            numpy.testing.assert_allclose(evaluated, test, rtol=1e-5, atol=1e-6, err_msg=code)
        return names, code

    def test_every_kind_of_layer(self):
        trials = self.train(f"layers: {{values: [{', '.join(NETWORKS)}]}}", "activation: {value: tanh}",
                            "l2: {value: 0.001}")
        self.assertEqual(len(trials), len(NETWORKS))
        for trial in trials:
            self.compare(trial, fits=True)

    @unittest.skipUnless(os.environ.get("KERAS_GRAPHS"), "KERAS_GRAPHS is not set")
    def test_graphs(self):
        """Layers with several readers, several inputs and shared weights."""
        count = 60
        subprocess.run([os.environ["KERAS_GRAPHS"], self.folder, str(count)], check=True)
        shared = 0
        for number in range(count):
            code = (self.folder / f"{number}.py").read_text()
            model = code[code.index("inputs = "):code.index("\nmodel.compile")]
            names = {"keras": keras, "layers": keras.layers}
            exec(compile(model, f"graph {number}", "exec"), names)
            rows = numpy.load(self.folder / f"{number}-rows.npz")
            tail = code[code.index("# weights = "):].replace("# ", "", 1).replace("\n# ", "\n")
            exec(tail.replace("weights.npz", str(self.folder / f"{number}.npz")), {**names, "np": numpy})
            x = rows["x"].reshape(-1, *names["model"].input_shape[1:])
            numpy.testing.assert_allclose(numpy.array(names["model"](x, training=False)), rows["y"], rtol=1e-5,
                                          atol=1e-5, err_msg=code)
            shared += "_layer(" in code
        self.assertGreater(shared, 5)

    def test_every_activation(self):
        names = self.names("activation")
        self.assertGreater(len(names), 15)
        hidden = self.train(f"activation: {{values: [{', '.join(names)}]}}", "layers: {value: [12]}")
        outputs = self.train(f"output_activation: {{values: [{', '.join(names)}]}}",
                             "loss: {value: mean_squared_error}")
        self.assertEqual((len(hidden), len(outputs)), (len(names), len(names)))
        for trial in hidden + outputs:
            self.compare(trial)
        given = self.train("activation: {values: [{name: leaky_relu, negative_slope: 0.5}, leaky_relu,"
                           " {name: elu, alpha: 2.5}, {name: thresholded_relu, theta: 0.1}]}",
                           'layers: {value: ["conv2d 3 2", 9]}')
        for trial, slope in zip(given, ("negative_slope=0.5", "negative_slope=0.2", "alpha=2.5", "z > 0.1")):
            self.assertEqual(self.compare(trial)[1].count(slope), 2)

    def test_every_loss(self):
        for output in ("softmax", "sigmoid"):
            trials = self.train(f"loss: {{values: [{', '.join(self.names('loss'))}]}}", "layers: {value: [7]}",
                                f"output_activation: {{value: {output}}}", "l2: {value: 0.01}")
            self.assertGreater(len(trials), 10)
            for trial in trials:
                loss, = self.ask(f"SELECT loss_function FROM trials WHERE trial_id = {trial}")[0]
                joint = (output == "sigmoid") == (loss == "binary_crossentropy")
                foreign = "crossentropy" in loss and not joint
                code = self.compare(trial, scores=not foreign)[1]
                self.assertEqual("does not belong to the output" in code, foreign, code)

    def test_parameters_of_losses(self):
        for loss, parameter in (("categorical_crossentropy", "label_smoothing"),
                                ("binary_crossentropy", "label_smoothing"), ("huber", "delta")):
            output = "sigmoid" if loss.startswith("binary") else "softmax"
            trial, = self.train(f"loss: {{value: {{name: {loss}, {parameter}: 0.25}}}}",
                                f"output_activation: {{value: {output}}}")
            self.assertIn(f"({parameter}=0.25)", self.compare(trial)[1])

    def test_every_optimizer(self):
        names = self.names("optimizer")
        for name in names:
            if name not in OPTIMIZERS:
                print(f"not tried: the optimizer {name}, whose settings this test does not know")
                continue
            trial, = self.train(f"optimizer: {{value: {{name: {name}, {OPTIMIZERS[name]}}}}}")
            made, code = self.compare(trial, fits=True)
            config = made["optimizer"].get_config()
            for setting in OPTIMIZERS[name].split(", "):
                key, value = setting.split(": ")
                self.assertAlmostEqual(config[key], float({"true": 1, "false": 0}.get(value, value)), 9, code)
            trial, = self.train(f"optimizer: {{value: {name}}}")
            standard = type(made["optimizer"])().get_config()
            config = self.compare(trial)[0]["optimizer"].get_config()
            for key in ("name", "learning_rate"):
                config.pop(key), standard.pop(key)
            self.assertEqual(config, standard)

    def test_every_initializer(self):
        names = self.names("initializer")
        for trial, name in zip(self.train(f"initializer: {{values: [{', '.join(names)}]}}",
                                          'layers: {value: ["depthwise_conv2d 2", "conv2d 3 2", 6]}',
                                          "l2: {value: 0.01}"), names):
            made, code = self.compare(trial)
            standard = keras.initializers.get(name)
            for layer in made["model"].layers:
                config = layer.get_config()
                for of in ("kernel", "depthwise"):
                    if f"{of}_initializer" in config and layer.weights:
                        used = config.get(f"{of}_initializer")
                        if (of == "depthwise") == isinstance(layer, keras.layers.DepthwiseConv2D):
                            self.assertEqual(used["class_name"], type(standard).__name__, code)
                            self.assertAlmostEqual(config[f"{of}_regularizer"]["config"]["l2"], 0.01)

    def test_data_and_training(self):
        trials = self.train("train_images: {values: [100, 160]}", "validation_split: {value: 0.2}",
                            "train_image_divisor: {value: 100}", "test_image_divisor: {value: 50}",
                            "train_label_divisor: {value: 3}", "dropout: {value: 0.2}", "layers: {value: [9, 8]}")
        calls = []
        for trial in trials:
            code = self.compare(trial, fits=True)[1]
            self.assertEqual(code.count("layers.Dropout(0.2)"), 2)
            self.assertIn("y = (y / 3)", code)
            calls.append(re.search(r"model\.fit\((.*?)\)\nmodel", code, re.S)[1])
        self.assertIn("x[:100]", calls[0])
        self.assertIn("validation_data=(x[held_out:], y[held_out:])", calls[0])
        self.assertIn("validation_split=0.2", calls[1])

    def test_schedules(self):
        """Each as Keras' own: a rate that it comes to, and in which of the training's six steps."""
        schedules = {
            "cosine_decay": (3, 0.01), "cosine_decay warmup_steps=2": (1, 0.01),
            "cosine_decay 4 alpha=0.5 warmup_steps=2 warmup_target=0.1": (6, 0.05),
            "exponential_decay 4 0.25": (2, 0.01), "inverse_time_decay 3 1": (3, 0.01),
            "polynomial_decay end_learning_rate=0": (3, 0.01), "cosine_decay_restarts 4": (2, 0.01),
            "{piecewise_constant_decay: {boundaries: [2, 4], values: [0.1, 0.01, 0.001]}}": (3, 0.01)}
        trials = self.train(f"learning_rate_schedule: {{values: [{', '.join(schedules)}]}}",
                            "learning_rate: {value: 0.02}", "train_images: {value: 150}")
        self.assertEqual(len(trials), len(schedules))
        for trial, (step, rate) in zip(trials, schedules.values()):
            names, code = self.model(trial, fits=True)
            self.assertNotIn("NOT IN THIS CODE", code)
            self.assertAlmostEqual(float(names["learning_rate"](step)), rate, 6, code)

    def test_callbacks(self):
        trial, = self.train("validation_split: {value: 0.2}",
                            "early_stopping: {value: val_accuracy patience=1 baseline=0.1 restore_best_weights=true}",
                            "reduce_lr_on_plateau: {value: loss patience=1 factor=0.3 mode=min}")
        names, code = self.model(trial, fits=True)
        self.assertNotIn("NOT IN THIS CODE", code)
        stops, reduces = names["early_stopping"], names["reduce_lr"]
        self.assertEqual((stops.monitor, stops.patience, stops.baseline, stops.restore_best_weights),
                         ("val_accuracy", 1, 0.1, True))
        self.assertEqual((reduces.monitor, reduces.patience, reduces.factor, reduces.mode), ("loss", 1, 0.3, "min"))
        self.assertIn("callbacks=[early_stopping, reduce_lr]", code)

    def evaluated(self, trial):
        """What Keras measures on the test images, by its metrics' names, which is what the trial has."""
        names, code = self.model(trial, False, narrow=False)
        self.sweep("export", "--trial", str(trial), "-fo", "weights.npz")
        tail = code[code.index("# weights = "):].replace("# ", "", 1).replace("\n# ", "\n")
        exec(tail.replace("weights.npz", str(self.folder / "weights.npz")), {**names, "np": numpy})
        found = names["model"].evaluate(names["x_test"], names["y_test"], verbose=0, return_dict=True)
        scores = json.loads(self.sweep("show", str(trial), "--json")[0])["scores"]
        for name, value in found.items():  # Keras' name may tell how targets are given
            own = [scores[n] for n in (f"test_{name}", f"test_sparse_{name}", f"test_{name[7:]}") if n in scores]
            numpy.testing.assert_allclose(value, own[0], rtol=1e-4, atol=1e-6, err_msg=f"{name}\n{code}")
        plain = {name.replace("sparse_", "") for name in found}
        for name in {name[5:] for name in scores if name.startswith("test_") and scores[name] is not None} - {"accuracy"}:
            self.assertEqual(f"# NOT IN THIS CODE: the metric {name}\n" in code, name.replace("sparse_", "") not in plain,
                             f"{name}\n{code}")
        return found

    def test_metrics(self):
        """Those that Keras has of such targets; of the others it is told that they are not there."""
        of_classes = ["top_k_categorical_accuracy", "f1_score", "precision", "recall", "binary_accuracy", "hinge",
                      "mean_squared_error", "root_mean_squared_error", "cosine_similarity", "huber", "log_cosh",
                      "mean_absolute_scaled_error", "kl_divergence", "categorical_hinge", "sparse_categorical_crossentropy"]
        for loss, most in (("mean_squared_error", 12), ("sparse_categorical_crossentropy", 4)):
            self.write("keras.yaml", CONFIG.replace("parameters:", f"metrics: [{', '.join(of_classes)}]\nparameters:")
                       + f"  loss: {{value: {loss}}}\n")
            self.sweep("run", "keras.yaml", "-q")
            found = self.evaluated(self.ask("SELECT max(trial_id) FROM trials")[0][0])
            self.assertGreaterEqual(len(found), most)
        draw = numpy.random.default_rng(4)
        for width in ((), (1,), (3,)):
            numpy.savez(self.folder / "data.npz", **{
                f"{name}_{part}": draw.normal(size=(count, *shape)) for name, shape in (("x", (4,)), ("y", width))
                for part, count in (("train", 90), ("test", 40))})
            self.write("keras.yaml", CONFIG.replace("dataset: tiny", "dataset: ./data.npz").replace(
                "parameters:", "metrics: [r2_score, mean_absolute_error, huber]\nparameters:"))
            self.sweep("run", "keras.yaml", "-q")
            found = self.evaluated(self.ask("SELECT max(trial_id) FROM trials")[0][0])
            self.assertEqual(set(found), {"loss", "r2_score", "mean_absolute_error", "huber"})

    def test_metrics_of_outputs(self):
        draw = numpy.random.default_rng(6)
        files = dict(numpy.load(self.folder / "data.npz"))
        files.update({f"level_{part}": draw.normal(size=len(files[f"y_{part}"])) for part in ("train", "test")})
        numpy.savez(self.folder / "data.npz", **files)
        self.write("keras.yaml", CONFIG.replace("dataset: tiny", "dataset: ./data.npz") + """\
  model:
    value:
      trunk: 12 tanh
      outputs:
        digit: {dense: {units: 10, activation: softmax}, loss: categorical_crossentropy, metrics: [f1_score]}
        level: {dense: {units: 1, activation: linear}, loss: mse, target: level, metrics: [r2_score]}
        kind: {dense: {units: 2, activation: softmax}, target: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1], metrics: [recall],
               loss: sparse_categorical_crossentropy}
""")
        self.sweep("run", "keras.yaml", "-q")
        self.assertEqual(set(self.evaluated(1)), {"loss", "digit_loss", "digit_accuracy", "digit_f1_score", "level_loss",
                                                  "level_r2_score", "kind_loss", "kind_accuracy"})

    def test_inputs_of_any_name(self):
        """Arrays that are called like layers, like words of Python and of the code, or as no variable may be."""
        arrays = ("dense", "dense_1", "concatenate", "input_layer", "keras", "layers", "model", "lambda", "def", "1.5-x",
                  "activation_prelu", "leaky_re_lu_1", "functional")
        target = "level-1.5"
        draw = numpy.random.default_rng(3)
        files = dict(numpy.load(self.folder / "data.npz"))
        for part in ("train", "test"):
            for array in arrays:
                files[f"{array}_{part}"] = draw.normal(size=(len(files[f"y_{part}"]), 2)).astype("float32")
            files[f"{target}_{part}"] = draw.normal(size=len(files[f"y_{part}"])).astype("float32")
        numpy.savez(self.folder / "data.npz", **files)
        inputs = "".join(f"      i{i}: {{input: {array}}}\n"
                         for i, array in enumerate(arrays))
        half = len(arrays) // 2
        parts = [", ".join(f"i{i}" for i in range(*ends)) for ends in ((0, half), (half, len(arrays)))]
        self.write("keras.yaml", CONFIG.replace("dataset: tiny", "dataset: {name: ./data.npz, normalization: [1.5-x, image, def]}") + "  model:\n    value:\n" + inputs
                   + f"      one: {{concatenate: [{parts[0]}]}}\n      two: {{concatenate: [{parts[1]}]}}\n"
                   "      d: {dense: 8 prelu, inputs: image}\n      all: {concatenate: [one, two, d]}\n      last: 8 relu\n"
                   "      outputs:\n        digit: {dense: 10 softmax, loss: categorical_crossentropy}\n"
                   "        level: {dense: 1 linear, inputs: last, loss: mse, target: " + target + "}\n")
        self.sweep("run", "keras.yaml", "-q")
        with warnings.catch_warnings():
            warnings.filterwarnings("error", module="keras")
            code = self.evaluate(1, fits=True, narrow=False)
        for array in ("def", "1.5-x"):
            self.assertIn(f'keras.Input((2,), name="{array}")', code)

    def evaluate(self, trial, **how):
        """The code, and what Keras finds with the weights; the trial's own loss on the test images is the same."""
        names, code = self.model(trial, **{"fits": False, **how})
        self.sweep("export", "--trial", str(trial), "-fo", "weights.npz")
        tail = code[code.index("# weights = "):].replace("# ", "", 1).replace("\n# ", "\n")
        exec(tail.replace("weights.npz", str(self.folder / "weights.npz")), {**names, "np": numpy})
        evaluated = names["model"].evaluate(names["x_test"], names["y_test"], verbose=0, return_dict=True)
        numpy.testing.assert_allclose(evaluated["loss"], self.ask("SELECT test_loss FROM trials WHERE trial_id = "
                                                                  f"{trial}")[0][0], rtol=1e-5, err_msg=code)
        return code

    def test_channels_first(self):
        """Arrays are read as sweep reads them, whether the layout is written or told by their sizes, and without the set."""
        images = "conv2d 4 2 relu, flatten, 7 tanh"
        side = "{side: input, c: conv2d 3 2 relu, f: flatten, d: {dense: 9 relu, inputs: image}, both: {concatenate: [f, d]}}"
        for shape, own, key, moved in (((3, 6, 5), (2, 4, 7), "", True), ((6, 5, 3), (6, 7, 2), "", False),
                                       ((3, 3, 3), (2, 2, 2), ", data_format: channels_first", True),
                                       ((9, 6, 5), (4, 4, 7), ", data_format: channels_first", True),
                                       ((3, 6, 4), (4, 7, 2), ", data_format: channels_last", False)):
            draw, files = numpy.random.default_rng(5), {}
            for part, count in (("train", 40), ("test", 30)):
                files[f"x_{part}"] = draw.integers(0, 256, (count, *shape)).astype(numpy.uint8)
                files[f"y_{part}"] = draw.integers(0, 4, count).astype(numpy.uint8)
                files[f"side_{part}"] = draw.normal(size=(count, *own)).astype(numpy.float32)
            numpy.savez(self.folder / "data.npz", **files)
            set_path = self.folder / "colour.npz"
            set_path.write_bytes((self.folder / "data.npz").read_bytes())
            for _ in range(2):  # with the data set, and when it has gone
                if set_path.exists():
                    self.write("keras.yaml", CONFIG.replace("dataset: tiny", f"dataset: {{name: ./colour.npz{key}}}")
                               + f"  model: {{values: [[{images}], {side}]}}\n")
                    self.sweep("run", "keras.yaml", "-q")
                for trial in self.ask("SELECT trial_id FROM sweep_results WHERE sweep_id ="
                                      " (SELECT max(sweep_id) FROM sweeps)"):
                    code = self.evaluate(trial[0])
                    self.assertEqual("np.moveaxis" in code, moved or (not key and not set_path.exists()), code)
                set_path.unlink(missing_ok=True)

    def normalized(self, files, options="", model="layers: {value: [7 tanh]}"):
        """The code of a trial on these arrays, which with and without them predicts what the trial does."""
        numpy.savez(self.folder / "data.npz", **files)
        shutil.copy(self.folder / "data.npz", self.folder / "own.npz")
        self.write("keras.yaml", CONFIG.replace("dataset: tiny", f"dataset: {{name: ./own.npz, {options}}}")
                   + f"  train_images: {{value: 100}}\n  {model}\n")
        self.sweep("run", "keras.yaml", "-q")
        trial, = self.ask("SELECT max(trial_id) FROM trials")[0]
        said = []
        for index in IMAGES:
            answer = json.loads(self.sweep("predict", str(trial), "-i", str(index), "--json")[0])
            said.append(answer.get("probabilities") or answer["predicted"])
        for _ in range(2):
            names, code = self.model(trial, False)
            self.sweep("export", "--trial", str(trial), "-fo", "weights.npz")
            tail = code[code.index("# weights = "):].replace("# ", "", 1).replace("\n# ", "\n")
            exec(tail.replace("weights.npz", str(self.folder / "weights.npz")), {**names, "np": numpy})
            x = names["x_test"]
            x = {k: numpy.array(v)[list(IMAGES)] for k, v in x.items()} if isinstance(x, dict) else numpy.array(x)[list(IMAGES)]
            found = numpy.array(names["model"](x, training=False))
            numpy.testing.assert_allclose(found, said, rtol=1e-5, atol=1e-5, err_msg=code)
            self.assertIn("layers.Normalization", code)
            (self.folder / "own.npz").unlink(missing_ok=True)
        return code

    def test_normalization(self):
        """Numbers of which float32 keeps a rest where they have none, or too little of what they have."""
        draw = numpy.random.default_rng(9)

        def parts(name, make):
            return {f"{name}_{part}": make(count) for part, count in (("train", 120), ("test", 50))}

        def almost_constant(count):
            levels = numpy.full((count, 9, 8), 37)
            levels[0, 0, 0] = 38
            return levels

        labels = parts("y", lambda n: numpy.arange(n, dtype=numpy.uint8) % 3)
        table = parts("x", lambda n: numpy.stack([numpy.full(n, 0.1), draw.normal(1e6, 100, n),
                                                  1e8 + 8 * numpy.arange(n), draw.normal(size=n)], 1))
        images = parts("x", lambda n: numpy.stack([numpy.full((n, 6, 5), 0.1), draw.normal(1e6, 100, (n, 6, 5)),
                                                   draw.normal(size=(n, 6, 5))], 3))
        grey = parts("x", lambda n: 1e5 + draw.normal(size=(n, 6, 5)))
        levels = parts("x", almost_constant)
        for files in (table, images, grey, {k: v.astype(numpy.uint8) for k, v in levels.items()},
                      {k: v / 255 for k, v in levels.items()}):
            self.normalized({**files, **labels}, "normalization: true")
        side = "model: {value: {meta: input, d: {dense: 5 tanh, inputs: image}, both: {concatenate: [meta, d]}}}"
        meta = {k.replace("x_", "meta_"): v for k, v in table.items()}
        for names in ("meta", "meta, image"):
            code = self.normalized({**grey, **meta, **labels}, f"normalization: [{names}]", side)
            self.assertEqual(code.count("layers.Normalization"), names.count(",") + 1)
        code = self.normalized({**table, **parts("y", lambda n: draw.normal(size=n))},
                               "normalization: true, targets: values")
        self.assertNotRegex(code, "accuracy|to_categorical|labels")

    def test_classes_of_any_form(self):
        """Of y and of further arrays: numbers, a column of them, or one-hot rows."""
        draw = numpy.random.default_rng(8)
        forms = (lambda y, n: y, lambda y, n: y[:, None], lambda y, n: numpy.eye(n)[y])
        outputs = ("model: {value: {trunk: 7 tanh, outputs: {digit: {dense: {units: 4, activation: softmax}, loss: FIRST},"
                   " side: {dense: {units: 3, activation: softmax}, inputs: trunk, loss: SECOND, target: label_side}}}}")
        of = "categorical_crossentropy"
        for form in forms:
            files = {}
            for part, count in (("train", 100), ("test", 60)):
                files[f"x_{part}"] = draw.normal(size=(count, 5)).astype(numpy.float32)
                files[f"y_{part}"] = form(numpy.arange(count) % 4, 4).astype(numpy.uint8)
                files[f"label_side_{part}"] = form(numpy.arange(count) % 3, 3).astype(numpy.uint8)
            numpy.savez(self.folder / "data.npz", **files)
            models = [f"loss: {{value: {prefix}{of}}}" for prefix in ("", "sparse_")]
            models += [outputs.replace("FIRST", a + of).replace("SECOND", b + of)
                       for a, b in (("", "sparse_"), ("sparse_", ""))]
            for model in models:
                self.write("keras.yaml", CONFIG.replace("dataset: tiny", "dataset: ./data.npz") + f"  {model}\n")
                self.sweep("run", "keras.yaml", "-q")
                self.evaluate(self.ask("SELECT max(trial_id) FROM trials")[0][0], fits=True, narrow=False)

    def test_the_test_part(self):
        """Whether it is the files' own or sweep's, in words; which it is can't be told without the files."""
        draw = numpy.random.default_rng(8)
        x, y = draw.normal(size=(80, 3)), numpy.arange(80) % 2
        for files, drawn in (({"x": x, "y": y}, True),
                             ({"x_train": x, "y_train": y, "x_test": x, "y_test": y}, False)):
            numpy.savez(self.folder / "own.npz", **files)
            self.write("keras.yaml", CONFIG.replace("dataset: tiny", "dataset: {name: ./own.npz, split_seed: 7}"))
            self.sweep("run", "keras.yaml", "-q")
            code = self.sweep("show", "--keras")[0]
            self.assertEqual("The data set's files have no test part" in code, drawn, code)
            self.assertEqual("drawn by sweep\n# (split_seed: 7)" in code, drawn, code)
            (self.folder / "own.npz").unlink()
            self.assertIn("If the data set's files have no test part", self.sweep("show", "--keras")[0])

    def test_what_the_data_are(self):
        self.write("mnist.yaml", "name: m\nmethod: grid\ndataset: tiny\nparameters: {epochs: {value: 1}}\n")
        self.sweep("run", "mnist.yaml", "-q")
        self.ask("SELECT 1")
        code = self.sweep("show", "--keras")[0]
        self.assertIn('np.load("data.npz")', code)
        _, err = self.sweep("show", "--keras", "--json", code=2)
        self.assertIn("not JSON", err)


if __name__ == "__main__":
    unittest.main()
