"""sweep export --format onnx, run by ONNX Runtime: the network says what `sweep predict` says.

ONNX Runtime is not among Debian's packages; it is looked for in this Python, and in the one that
$SWEEP_PYTHON names (a virtual environment's). Without it the test is skipped.
"""

import json
import re
import unittest

from elsewhere import needed

needed("ONNX Runtime", "onnxruntime", "numpy", "onnxruntime")

import numpy  # noqa: E402
import onnxruntime  # noqa: E402

from made import NETWORKS, Case

IMAGES = (0, 1, 2, 7, 42)

CONFIG = """\
name: onnx
method: grid
dataset: tiny
keep_models: all
parameters:
  epochs: {value: 3}
  loss: {value: mean_squared_error}
  optimizer: {value: {name: adam, learning_rate: 0.01}}
"""


class Run(Case):
    def names(self):
        line = self.sweep("keys", "activation")[0]
        names = re.search(r"one of ([a-z0-9_, ]+)", line)[1].split(", ")
        self.assertGreater(len(names), 15)
        return names

    def train(self, *parameters):
        self.write("onnx.yaml", CONFIG + "".join(f"  {line}\n" for line in parameters))
        self.sweep("run", "onnx.yaml", "-q")
        sweep = self.ask("SELECT max(sweep_id) FROM sweeps")[0][0]
        return [row[0] for row in self.ask(
            "SELECT trial_id FROM sweep_trials JOIN trials USING (trial_id)"
            f" WHERE sweep_id = {sweep} AND status = 'completed'")]

    def compare(self, trial):
        self.sweep("export", "--trial", str(trial), "-o", "model.onnx")
        session = onnxruntime.InferenceSession(str(self.folder / "model.onnx"),
                                               providers=["CPUExecutionProvider"])
        self.assertEqual([(i.name, i.type, i.shape) for i in session.get_inputs()],
                         [("image", "tensor(float)", ["N", 64])])
        self.assertEqual([(o.name, o.type, o.shape) for o in session.get_outputs()],
                         [("output", "tensor(float)", ["N", 10])])
        said, pixels = [], []
        for index in IMAGES:
            answer = json.loads(self.sweep("predict", str(trial), "-i", str(index), "--json")[0])
            said.append(answer.get("probabilities") or answer["outputs"])
            pixels.append(numpy.ravel(answer["pixels"]))
        found = session.run(None, {"image": numpy.array(pixels, numpy.float32)})[0]
        self.assertEqual(found.shape, (len(IMAGES), 10))
        setting = self.ask("SELECT activation, output_activation, layers, negative_slope, alpha"
                           f" FROM trials WHERE trial_id = {trial}")
        numpy.testing.assert_allclose(found, said, rtol=1e-5, atol=1e-5, err_msg=str(setting))
        # Not all the same, or nothing was compared.
        if setting[0][1] not in ("binary_step", "thresholded_relu", "relu", "relu6"):
            self.assertGreater(numpy.ptp(said), 1e-4, setting)
        return session, said

    def test_every_activation_of_a_hidden_layer(self):
        names = self.names()
        trials = self.train(f"activation: {{values: [{', '.join(names)}]}}",
                            "layers: {value: [12]}")
        self.assertEqual(len(trials), len(names))
        for trial in trials:
            self.compare(trial)

    def test_every_activation_of_the_output_layer(self):
        names = self.names()
        trials = self.train(f"output_activation: {{values: [{', '.join(names)}]}}")
        self.assertEqual(len(trials), len(names))
        for trial in trials:
            self.compare(trial)

    def test_depth_width_parameters_and_divisors(self):
        trials = self.train('layers: {values: [[], [33, "7 tanh"], ["9 prelu", 20, "5 gelu"]]}',
                            "activation: {values: [{name: leaky_relu, negative_slope: 0.5},"
                            " {name: elu, alpha: 2.5}, {name: thresholded_relu, theta: 0.1}]}",
                            "train_image_divisor: {value: 100}", "test_image_divisor: {value: 100}")
        self.assertEqual(len(trials), 7)  # without hidden layers activations make no difference
        for trial in trials:
            session, _ = self.compare(trial)
        notes = session.get_modelmeta().custom_metadata_map
        self.assertEqual(session.get_modelmeta().producer_name, "sweep")
        self.assertEqual((notes["trial_id"], notes["train_image_divisor"], notes["image_rows"]),
                         (str(trials[-1]), "100", "8"))

    def test_every_kind_of_layer(self):
        listed = self.sweep("keys", "layers")[0].split("\nLayers ")[1].split("\n\n")[0]
        kinds = re.findall(r"^  ([a-z0-9_]+) ", listed, re.M)
        self.assertIn("layer_normalization", kinds)
        for kind in kinds:
            if kind not in ("dense", "input", "output"):  # a width; what a network of several has
                self.assertTrue(any(kind in network for network in NETWORKS), kind)
        trials = self.train(f"layers: {{values: [{', '.join(NETWORKS)}]}}",
                            "activation: {value: tanh}")
        self.assertEqual(len(trials), len(NETWORKS))
        for trial in trials:
            self.compare(trial)

    def test_several_outputs(self):
        model = ("model: {value: {a: 12 relu, outputs: {digit: {dense: 10 softmax, loss: mse}, odd: {dense: 2 softmax,"
                 " inputs: a, target: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1], loss: categorical_crossentropy}, one: {dense: 1 sigmoid,"
                 " inputs: a, target: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1], loss: binary_crossentropy}}}}")
        self.write("onnx.yaml", CONFIG.replace("  loss: {value: mean_squared_error}\n", f"  {model}\n"))
        self.sweep("run", "onnx.yaml", "-q")
        self.sweep("export", "-o", "model.onnx")
        session = onnxruntime.InferenceSession(str(self.folder / "model.onnx"), providers=["CPUExecutionProvider"])
        self.assertEqual([(o.name, o.shape) for o in session.get_outputs()], [("digit", ["N", 10]), ("odd", ["N", 2]), ("one", ["N", 1])])
        for index in IMAGES:
            answer = json.loads(self.sweep("predict", "-i", str(index), "--json")[0])
            found = session.run(None, {"image": numpy.array([numpy.ravel(answer["pixels"])], numpy.float32)})
            self.assertEqual([one["name"] for one in answer["outputs"]], ["digit", "odd", "one"])
            for one, y in zip(answer["outputs"], found):
                numpy.testing.assert_allclose(y[0], one["probabilities"][-y.shape[1]:], rtol=1e-5, atol=1e-5)

    def test_several_inputs(self):
        draws = numpy.random.default_rng(1)
        rows = {"train": 60, "test": 20}
        arrays = {f"{name}_{part}": draws.normal(0, 1, (count, *shape)).astype(numpy.float32)
                  for name, shape in (("meta", (3,)), ("side", (5, 4, 2))) for part, count in rows.items()}
        for part, count in rows.items():
            arrays[f"x_{part}"] = draws.integers(0, 256, (count, 6, 5)).astype(numpy.uint8)
            arrays[f"y_{part}"] = numpy.arange(count) % 4
        numpy.savez(self.folder / "two.npz", **arrays)
        model = ("model: {value: {meta: input, m: 8 tanh, side: input, c: conv2d 3 2 relu, f: flatten,"
                 " d: {dense: 9 relu, inputs: image}, both: {concatenate: [m, f, d, meta]}}}")
        for dataset in ("{name: ./two.npz, normalization: [side, meta, image]}", "./two.npz"):
            self.write("onnx.yaml", CONFIG.replace("tiny", dataset) + f"  {model}\n")
            self.expect_inputs_as_they_are(arrays)

    def expect_inputs_as_they_are(self, arrays):
        self.sweep("run", "onnx.yaml", "-q")
        self.sweep("export", "-fo", "model.onnx")
        session = onnxruntime.InferenceSession(str(self.folder / "model.onnx"), providers=["CPUExecutionProvider"])
        self.assertEqual([(i.name, i.shape) for i in session.get_inputs()],
                         [("meta", ["N", 3]), ("side", ["N", 40]), ("image", ["N", 30])])
        given = {name: arrays[f"{key}_test"].reshape(20, -1).astype(numpy.float32)
                 for name, key in (("meta", "meta"), ("side", "side"), ("image", "x"))}
        found = session.run(None, given)[0]
        for index in range(20):
            answer = json.loads(self.sweep("predict", "-i", str(index), "--json")[0])
            numpy.testing.assert_allclose(found[index], answer.get("probabilities") or answer["outputs"], rtol=1e-5, atol=1e-5)
        self.assertGreater(numpy.ptp(found), 1e-3)

    def test_normalised_inputs(self):
        """A table's features, and an image's channels: the file takes what the data set has."""
        draws = numpy.random.default_rng(2)
        for shape, kind in (((5,), numpy.float64), ((6, 5, 3), numpy.uint8), ((4, 3), numpy.float32)):
            with self.subTest(shape=shape):
                x = {part: draws.integers(0, 200, (count, *shape)).astype(kind) for part, count in (("train", 60), ("test", 20))}
                if kind != numpy.uint8:
                    x = {part: values * 10.0 ** numpy.arange(shape[-1]) for part, values in x.items()}
                numpy.savez(self.folder / "apart.npz", **{f"x_{part}": values for part, values in x.items()},
                            **{f"y_{part}": numpy.arange(len(values)) % 4 for part, values in x.items()})
                self.write("onnx.yaml", CONFIG.replace("tiny", "{name: ./apart.npz, normalization: true}"))
                self.sweep("run", "onnx.yaml", "-q", "--db", f"{len(shape)}.db")
                self.sweep("export", "-fo", "model.onnx", "--db", f"{len(shape)}.db")
                session = onnxruntime.InferenceSession(str(self.folder / "model.onnx"), providers=["CPUExecutionProvider"])
                found = session.run(None, {"image": x["test"].reshape(20, -1).astype(numpy.float32)})[0]
                for index in range(20):
                    answer = json.loads(self.sweep("predict", "-i", str(index), "--json", "--db", f"{len(shape)}.db")[0])
                    numpy.testing.assert_allclose(found[index], answer.get("probabilities") or answer["outputs"], rtol=1e-5, atol=1e-5)
                self.assertGreater(numpy.ptp(found), 1e-3)
        (self.folder / "apart.npz").unlink()
        self.fails(65, "apart.npz", "export", "-fo", "model.onnx", "--db", "2.db")

    def test_the_best(self):
        self.train("layers: {values: [[4], [20]]}")
        best = self.ask("SELECT trial_id FROM scored WHERE sweep_id = 1"
                        " ORDER BY score DESC, trial_id LIMIT 1")[0][0]
        self.sweep("export", "-o", "best.onnx")
        self.sweep("export", "-t", str(best), "-o", "given.onnx")
        self.assertEqual((self.folder / "best.onnx").read_bytes(),
                         (self.folder / "given.onnx").read_bytes())


if __name__ == "__main__":
    unittest.main()
