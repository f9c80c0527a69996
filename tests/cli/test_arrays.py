"""Data sets of NumPy arrays: of any type, shape and order, tables, and targets that are numbers."""

import json
import sqlite3
import struct
import time
import unittest
import zipfile

from harness import PATIENCE, SANITIZED, Case

SIDE, TRAIN, TEST = 6, 90, 30

CONFIG = """\
method: grid
dataset: {dataset}
parameters:
  validation_split: {{value: 0.2}}
  layers: {{values: [[8], [12, 8]]}}
  learning_rate: {{value: 0.1}}
  epochs: {{value: 3}}
"""


def npy(kind, shape, numbers, fortran=False):
    """A .npy file; `numbers` are in the order of the file."""
    codes = {"|u1": "B", "<i8": "q", ">i2": "h", "<f4": "f", "<f8": "d", ">f8": "d", "|b1": "?"}
    sizes = "(%s)" % ", ".join(map(str, shape)) if len(shape) != 1 else f"({shape[0]},)"
    header = f"{{'descr': '{kind}', 'fortran_order': {fortran}, 'shape': {sizes}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    order = ">" if kind[0] == ">" else "<"
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() +
            struct.pack(f"{order}{len(numbers)}{codes[kind]}", *numbers))


def pixels(first, count):
    """Images whose brightest row says their class, which are seldom 0 elsewhere."""
    return [255 - 10 * column if row == image % 5 else ((image * 2654435761 + (row * SIDE + column) * 40503) >> 7) % 60
            for image in range(first, first + count) for row in range(SIDE) for column in range(SIDE)]


def labels(first, count):
    return [image % 5 for image in range(first, first + count)]


TARGETS = """\
method: grid
dataset: ./targets.npz
keep_models: all
metric: {name: val_level_loss}
parameters:
  validation_split: {value: 0.2}
  epochs: {value: 3}
  optimizer: {value: adam}
  model:
    value:
      trunk: 12 tanh
      outputs:
        level: {dense: {units: 1, activation: linear}, target: level, loss: mse, metrics: [mae], loss_weight: WEIGHT}
        digit: {dense: {units: 5, activation: softmax}, inputs: trunk, loss: categorical_crossentropy}
        group: {dense: {units: 2, activation: softmax}, inputs: trunk, target: TARGET, loss: categorical_crossentropy}
"""


class Arrays(Case):
    def archive(self, name, **arrays):
        with zipfile.ZipFile(self.folder / name, "w", zipfile.ZIP_DEFLATED) as file:
            for key, array in arrays.items():
                file.writestr(key + ".npy", array)

    def images(self, name, kind, change=lambda numbers: numbers, shape=(SIDE, SIDE), **labels_of):
        """The same images as arrays of another type."""
        make = labels_of.get("labels", lambda first, count: npy("|u1", (count,), labels(first, count)))
        self.archive(name,
                     x_train=npy(kind, (TRAIN, *shape), change(pixels(0, TRAIN))), y_train=make(0, TRAIN),
                     x_test=npy(kind, (TEST, *shape), change(pixels(TRAIN, TEST))), y_test=make(TRAIN, TEST))

    def results(self, dataset, columns="loss, val_loss, test_loss, test_accuracy", text=CONFIG):
        self.write("own.yaml", text.format(dataset=dataset))
        (self.folder / "own.db").unlink(missing_ok=True)
        _, err = self.sweep("run", "own.yaml", "-q", "--db", "own.db")
        return self.ask(f"SELECT {columns} FROM trials ORDER BY trial_id", "own.db"), err

    def digest(self, dataset):
        out, _ = self.sweep("data", "info", dataset, "--json")
        return json.loads(out)["digest"]

    def test_the_same_pixels_give_the_same_numbers(self):
        self.images("bytes.npz", "|u1")
        wanted, _ = self.results("./bytes.npz")
        one_hot = {"labels": lambda first, count: npy(
            "<f4", (count, 5), [float(label == i) for label in labels(first, count) for i in range(5)])}
        reals = {"labels": lambda first, count: npy("<f8", (count, 1), [float(x) for x in labels(first, count)])}
        self.images("wide.npz", "<i8", **one_hot)
        self.images("short.npz", ">i2", **reals)
        self.images("whole.npz", "<f8", lambda numbers: [float(x) for x in numbers])
        self.images("scaled.npz", "<f8", lambda numbers: [x / 255 for x in numbers], **one_hot)
        self.images("single.npz", "<f4", lambda numbers: [x / 255 for x in numbers], shape=(SIDE, SIDE, 1))
        self.images("first.npz", ">f8", lambda numbers: [x / 255 for x in numbers], shape=(1, SIDE, SIDE))
        for name in ("wide", "short", "whole"):
            self.assertEqual(self.digest(f"./{name}.npz"), self.digest("./bytes.npz"), name)
        for name in ("wide", "short", "whole", "scaled", "single", "first"):
            self.assertEqual(self.results(f"./{name}.npz")[0], wanted, name)
        self.assertEqual(self.digest("./scaled.npz"), self.digest("./first.npz"))
        self.assertEqual(self.results("./scaled.npz", "DISTINCT train_image_divisor")[0], [(1,)])
        self.sweep("data", "copy", "./bytes.npz", "--output", "idx")
        self.assertEqual(self.results("./idx")[0], wanted)

    def folder_of_arrays(self, kind, change=list):
        (self.folder / "mine").mkdir(exist_ok=True)
        for part, first, count in (("train", 0, TRAIN), ("test", TRAIN, TEST)):
            for name, array in (("x", npy(kind, (count, SIDE, SIDE), change(pixels(first, count)))),
                                ("y", npy("<i8", (count,), labels(first, count)))):
                (self.folder / "mine" / f"{name}_{part}.npy").write_bytes(array)

    def test_a_folder_of_arrays(self):
        self.images("bytes.npz", "|u1")
        wanted, _ = self.results("./bytes.npz")
        for kind, change in (("|u1", list), ("<f4", lambda numbers: [float(x) for x in numbers])):
            self.folder_of_arrays(kind, change)
            self.assertEqual(self.results("./mine")[0], wanted)
        self.fails(65, "is one array; name the folder", "data", "info", "./mine/x_train.npy")

    @unittest.skipIf(SANITIZED, "a sanitizer takes signals itself")
    def test_an_array_that_changes_while_it_is_trained_on(self):
        """Its file is mapped: of what is computed from then on nothing is kept."""
        self.folder_of_arrays("<f4", lambda numbers: [x + 0.5 for x in numbers])
        self.write("own.yaml", CONFIG.format(dataset="./mine").replace("value: 3", "values: [3, 1000000]"))
        query = "SELECT loss, test_loss FROM trials WHERE status = 'completed' ORDER BY trial_id"

        def completed():
            try:
                return self.ask(query, "own.db")
            except sqlite3.OperationalError:  # it is being made
                return []
        self.sweep("run", "own.yaml", "-q", "--db", "own.db", "-s", "epochs=3")
        wanted = completed()
        path = self.folder / "mine" / "x_train.npy"
        whole = path.read_bytes()
        for changed in (whole[:-4000] + bytes(4000), b""):
            (self.folder / "own.db").unlink()
            path.write_bytes(whole)
            process = self.start("run", "own.yaml", "-q", "--db", "own.db")
            end = time.monotonic() + PATIENCE
            while len(completed()) < 2:
                self.assertIsNone(process.poll())
                self.assertLess(time.monotonic(), end)
                time.sleep(0.02)
            path.write_bytes(changed)
            _, err = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 65, err)
            self.assertRegex(err, r"sweep: (\./)?mine/x_train\.npy: was (written to, or touched, while it was trained on|cut short)")
            self.assertEqual(completed(), wanted)
            self.assertEqual(list(self.folder.glob("own.db.checkpoints/*")), [])

    def test_shuffled(self):
        """Every part of an example moves along, and the order is the seed's."""
        self.archive("rows.npz", x=npy("<f8", (60, 2), [n for i in range(60) for n in (i, i / 7)]),
                     y=npy("<i8", (60,), [i // 20 for i in range(60)]), extra=npy("<f4", (60, 3), [i for i in range(60)] * 3))
        self.archive("bytes.npz", x=npy("|u1", (60, 2, 2), [n for i in range(60) for n in (i, 2 * i, i, 0)]),
                     y=npy("<i8", (60,), [i // 20 for i in range(60)]))
        for name, features, first in (("rows", "features", lambda row: row), ("bytes", "pixels", lambda row: sum(row, []))):
            orders = []
            for seed in (0, 0, 1):
                read = f"{{name: ./{name}.npz, shuffle: true, split_seed: {seed}}}"
                told = [json.loads(self.sweep("data", "show", read, "--json", "-i", str(i))[0]) for i in range(48)]
                orders.append([first(one[features])[0] for one in told])
                for one, number in zip(told, orders[-1]):
                    self.assertEqual(one["label"], number // 20)
                    self.assertAlmostEqual(first(one[features])[1], number / 7 if name == "rows" else 2 * number, 5)
            self.assertEqual(orders[0], orders[1])
            self.assertNotEqual(orders[0], orders[2])
            self.assertNotEqual(orders[0], sorted(orders[0]))
        self.assertNotEqual(self.digest("{name: ./rows.npz, shuffle: true}"), self.digest("./rows.npz"))
        self.write("own.yaml", CONFIG.format(dataset="{name: ./bytes.npz, shuffle: true}"))
        self.sweep("run", "own.yaml", "-q", "--db", "own.db")
        code = self.sweep("show", "1", "--db", "own.db", "--keras")[0]
        self.assertIn("data = {name: array[order] if name.endswith", code)
        self.assertEqual(self.ask("SELECT dataset_changes LIKE 'test part split off: 12 of 60 %; training examples in"
                                  " random order, by split_seed 0' FROM sweeps", "own.db"), [(1,)])
        out, _ = self.sweep("data", "info", "{name: ./rows.npz, shuffle: true}")
        self.assertIn("training examples in random order, by split_seed 0", " ".join(out.split()))
        self.fails(65, "shuffle must be true or false", "data", "info", "{name: ./rows.npz, shuffle: 2}")

    def test_an_example_has_the_numbers_of_its_file(self):
        """Also where they are kept as bytes, which stand for a 255th each."""
        self.archive("rows.npz", x=npy("<f8", (60, 2), [i / 255 for i in range(120)]), y=npy("<i8", (60,), [i % 3 for i in range(60)]))
        shown = json.loads(self.sweep("data", "show", "{name: ./rows.npz, test_split: 0.5}", "--json")[0])["features"]
        self.assertAlmostEqual(shown[1] - shown[0], 1 / 255)
        self.assertLess(shown[1], 0.5)

    def test_as_many_arrays_as_there_may_be_shuffled(self):
        """Mapped labels, of which each is kept as it is, as numbers, and in another order."""
        (self.folder / "mine").mkdir()
        for part, count in (("train", TRAIN), ("test", TEST)):
            for name in ("x", "y", *(f"label_{i}" for i in range(16))):
                (self.folder / "mine" / f"{name}_{part}.npy").write_bytes(npy("|u1", (count,), [i % 5 for i in range(count)]))
        out, _ = self.sweep("data", "info", "{name: ./mine, shuffle: true}")
        self.assertEqual(out.count("label_"), 16)

    def test_more_numbers_than_there_may_be_classes(self):
        self.archive("wide.npz", x=npy("<f4", (60, 4), [i / 7 for i in range(240)]),
                     y=npy("<f4", (60, 700), [i % 11 / 10 for i in range(42000)]))
        self.write("wide.yaml", "name: wide\nmethod: grid\ndataset: ./wide.npz\nmetrics: [r2_score]\n"
                                "keep_models: all\nparameters:\n  epochs: {value: 1}\n  layers: {value: [3]}\n"
                                "  loss: {value: mse}\n  output_activation: {value: linear}\n")
        self.sweep("run", "wide.yaml", "-q")
        self.assertEqual(len(json.loads(self.sweep("predict", "1", "-i", "0", "--json")[0])["predicted"]), 700)
        self.fails(65, "the targets of", "bench", "-d", "./wide.npz", "-t", "1")

    def test_more_classes_than_there_may_be(self):
        def one_hot(width, first=1):
            return npy("|u1", (60, width), [first] + [0] * (width - 1) + [int(i % 40 == column) for i in range(59) for column in range(width)])
        x = npy("<f4", (60, 4), [i / 7 for i in range(240)])
        for width, said, read in ((257, "targets   257 numbers", "{name: ./wide.npz, targets: values}"), (256, "classes   256", "./wide.npz")):
            self.archive("wide.npz", x=x, y=one_hot(width))
            self.assertIn(said, self.sweep("data", "info", read)[0])
        self.archive("wide.npz", x=x, y=one_hot(257))
        self.fails(65, "y is one-hot, of 257 classes, and at most 256 are read; if its rows", "data", "info", "./wide.npz")
        self.archive("wide.npz", x=x, y=one_hot(257, 0))
        self.sweep("data", "info", "./wide.npz")

    def test_what_a_data_set_has_no_use_of(self):
        self.images("bytes.npz", "|u1")
        self.archive("rows.npz", x=npy("<f8", (60, 4), [i / 7 for i in range(240)]),
                     y=npy("<f8", (60, 3), [i / 7 for i in range(180)]))
        for said, options in (("image_size is for pictures", "./rows.npz, image_size: [2, 2]"),
                              ("image_size is for pictures", "tiny, image_size: [4, 4]"),
                              ("color_mode is for pictures", "tiny, color_mode: rgb"),
                              ("color_mode is for pictures", "./rows.npz, color_mode: grayscale"),
                              ("a test part of its own", "tiny, test_split: 0.3"),
                              ("a test part of its own", "./bytes.npz, test_split: 0.2"),
                              ("rows of numbers, and not one-hot", "./rows.npz, targets: classes"),
                              ("targets: values, but this data set has classes", "tiny, targets: values")):
            self.fails(65, said, "data", "info", f"{{name: {options}}}", "--data-dir", "data")

    def test_colour(self):
        """Channels first and last are the same images, and grey in three equal channels has its grey's sums."""
        numbers = [value for image in range(TRAIN) for value in pixels(image, 1)]
        size = SIDE * SIDE
        last = [numbers[i] // (c + 1) for i in range(TRAIN * size) for c in range(3)]
        first = [numbers[image * size + i] // (c + 1) for image in range(TRAIN) for c in range(3) for i in range(size)]
        y = npy("|u1", (TRAIN,), labels(0, TRAIN))
        self.archive("last.npz", x=npy("|u1", (TRAIN, SIDE, SIDE, 3), last), y=y)
        self.archive("first.npz", x=npy("|u1", (TRAIN, 3, SIDE, SIDE), first), y=y)
        self.assertEqual(self.digest("./last.npz"), self.digest("./first.npz"))
        out, _ = self.sweep("data", "info", "./first.npz")
        self.assertIn("training  (72, 6, 6, 3)\ntest      (18, 6, 6, 3)\n", out)
        conv = CONFIG.replace("[[8], [12, 8]]", "[[\"conv2d 4 3x3 relu\", flatten, 8]]")
        wanted, err = self.results("./last.npz", text=conv)
        self.assertEqual(self.results("./first.npz", text=conv)[0], wanted)
        self.assertNotIn(None, wanted[0])
        self.results("./last.npz", text=CONFIG.replace("[[8], [12, 8]]", "[[\"reshape 9x12\", 8]]"))
        self.archive("large.npz", x=npy("|u1", (8, 250, 260), bytes(8 * 65000)), y=npy("|u1", (8,), labels(0, 8)))
        self.results("./large.npz", text=CONFIG.replace("[[8], [12, 8]]", "[[\"conv2d 2 9 strides=40\", global_max_pooling2d]]"))
        self.sweep("export", "--db", "own.db", "-fo", "weights.npz")  # a model of fewer weights than pixels
        self.archive("either.npz", x=npy("|u1", (60, 3, 3, 3), pixels(0, 45)[:1620]), y=npy("|u1", (60,), labels(0, 60)))
        self.write("own.yaml", CONFIG.format(dataset="./either.npz"))
        self.fails(65, "does not tell whether the channels come last or first; write data_format", "run", "own.yaml")
        self.results("{name: ./either.npz, data_format: channels_first}")
        self.assertIn("x, x_test = np.moveaxis(x, 1, -1), np.moveaxis(x_test, 1, -1)", self.sweep("show", "--keras", "--db", "own.db")[0])

    def test_a_split_that_the_data_dont_bring(self):
        """It is by seed, each class has its share, and it is said and told from another one."""
        self.archive("whole.npz", x=npy("|u1", (TRAIN, SIDE, SIDE), pixels(0, TRAIN)),
                     y=npy("|u1", (TRAIN,), labels(0, TRAIN)))
        digests = set()
        for options in ("", ", test_split: 0.3", ", split_seed: 1"):
            _, err = self.results(f"{{name: ./whole.npz{options}}}")
            self.assertEqual(err, "")
            digests |= set(self.ask("SELECT DISTINCT dataset_digest FROM sweeps", "own.db"))
        self.assertEqual(len(digests), 3)
        info = json.loads(self.sweep("data", "info", "./whole.npz", "--json")[0])
        self.assertEqual(sorted(c["test"] for c in info["classes"]), [3, 3, 4, 4, 4])
        self.assertEqual(info["changes"],
                         "test part split off: 18 of 90 examples, the same share of each class, by split_seed 0")

    def table(self, name, **more):
        rows = [[(i * 37 % 101) / 10, (i * 53 % 97) - 40] for i in range(200)]
        self.archive(name, x=npy("<f8", (200, 2), [value for row in rows for value in row]),
                     y=npy("<f4", (200,), [3 * a - 0.5 * b + 7 for a, b in rows]), **more)

    def test_numbers_are_predicted(self):
        """A line is learned; what is said of it is what predictions are off by."""
        self.table("line.npz")
        text = """\
method: grid
dataset: {name: ./line.npz, normalization: true}
metrics: [r2_score, mean_absolute_error]
parameters:
  layers: {value: []}
  optimizer: {value: adam}
  learning_rate: {value: 0.1}
  epochs: {values: [1, 200]}
"""
        self.write("line.yaml", text)
        out, _ = self.sweep("run", "line.yaml", "--db", "line.db")
        self.assertIn("mean test_loss over seeds, lowest first", out)
        self.assertNotIn("accuracy", out)
        (loss, accuracy, divisor), = self.ask(
            "SELECT test_loss, test_accuracy, train_image_divisor FROM trials WHERE epochs = 200", "line.db")
        self.assertLess(loss, 1e-3)
        self.assertEqual((accuracy, divisor), (None, 1))
        scores = dict(self.ask(
            "SELECT substr(name, 6), value FROM metrics JOIN trials USING (trial_id) WHERE name LIKE 'test_%' "
            "AND epochs = 200", "line.db"))
        self.assertGreater(scores["r2_score"], 0.9999)
        shown = json.loads(self.sweep("show", "--db", "line.db", "--json")[0])
        self.assertAlmostEqual(shown["r2_score"], scores["r2_score"], 12)
        self.assertAlmostEqual(shown["root_mean_squared_error"] ** 2, loss, 9)
        off = [json.loads(self.sweep("predict", "--db", "line.db", "--index", str(i), "--json")[0]) for i in range(40)]
        errors = [abs(one["predicted"][0] - one["targets"][0]) for one in off]
        self.assertAlmostEqual(sum(errors) / 40, scores["mean_absolute_error"], 6)
        self.assertIn("; the data set has the target ", self.sweep("predict", "--db", "line.db", "--index", "0")[0])
        for command in (("show",), ("top",), ("compare",)):
            self.assertNotIn("accuracy", self.sweep(*command, "--db", "line.db")[0])
        self.write("line.yaml", text.replace("learning_rate: {value: 0.1}", "learning_rate: {values: [0.1, 1e30]}"))
        out, _ = self.sweep("run", "line.yaml", "--db", "half.db")
        self.assertIn("2 of them diverged", out)
        self.assertNotIn("accuracy", out)
        code = self.sweep("show", "--db", "line.db", "--keras")[0]
        self.assertIn("mean=known.mean(axis=0)", code)
        self.assertNotRegex(code, "accuracy|to_categorical|labels")
        self.sweep("report", "--db", "line.db", "-o", "line.html")
        # By what it was trained on, which has to be there; the weights are the database's.
        self.sweep("export", "--db", "line.db", "-o", "line.onnx")
        self.sweep("export", "--db", "line.db", "-o", "with.npz")
        (self.folder / "there").mkdir()
        (self.folder / "line.npz").rename(self.folder / "there" / "line.npz")
        gone = self.sweep("show", "--db", "line.db", "--keras")[0]
        begin = 'data = np.load("data.npz")'
        self.assertEqual(gone[gone.index(begin):].split("model.fit")[0], code[code.index(begin):].split("model.fit")[0])
        before = (self.folder / "line.onnx").read_bytes()
        self.fails(65, "normalised inputs, whose means and deviations are taken from its training data again: the "
                   "trial's data set 'line' was not found", "export", "--db", "line.db", "-fo", "line.onnx")
        self.sweep("export", "--db", "line.db", "-fo", "line.onnx", "--data-dir", "there")
        self.assertEqual((self.folder / "line.onnx").read_bytes(), before)
        self.sweep("export", "--db", "line.db", "-o", "without.npz")
        self.assertEqual((self.folder / "without.npz").read_bytes(), (self.folder / "with.npz").read_bytes())

    def test_what_does_not_fit_numbers(self):
        self.table("line.npz")
        for line, said in (("  loss: {value: categorical_crossentropy}", "is of classes, and line has numbers"),
                           ("  output_activation: {value: softmax}", "shares that add up to 1"),
                           ("  class_weight: {value: balanced}", "no classes that could be balanced"),
                           ("metric: {name: val_accuracy}", "val_accuracy is of classes"),
                           ("metrics: [f1_score]", "f1_score is of classes")):
            self.write("own.yaml", CONFIG.format(dataset="./line.npz") + line + "\n")
            self.fails(65, said, "run", "own.yaml", "--db", "own.db")
        # A loss that can be had, and says little of these targets, is a warning.
        x = npy("<f4", (40, 2), [i % 7 for i in range(80)])
        self.archive("few.npz", x=x, y=npy("<f4", (40,), [i - 13.5 if i % 4 else 0.001 for i in range(40)]))
        for loss, said in (("mape", "targets of 0 or close to it"), ("cosine_similarity", "sees the sign alone"),
                           ("msle", "of the training targets are below 0"), ("poisson", "use softplus or exponential")):
            self.write("own.yaml", CONFIG.format(dataset="{name: ./few.npz, targets: values}") + f"  loss: {{value: {loss}}}\n")
            self.assertIn(said, self.sweep("plan", "own.yaml", "--db", "own.db")[1], loss)
        self.images("bytes.npz", "|u1")
        self.write("own.yaml", CONFIG.format(dataset="./bytes.npz") + "metrics: [r2_score]\n")
        self.fails(65, "r2_score is of numbers", "run", "own.yaml", "--db", "own.db")
        x = npy("|u1", (4, 2, 2), list(range(16)))
        self.archive("far.npz", x=x, y=npy("<i8", (4,), [1, 2, 300, 4]))
        self.fails(65, "element 2 of y is 300, and classes are whole numbers from 0 to 255; number them anew; or, if",
                   "data", "info", "./far.npz")
        self.results("{name: ./far.npz, targets: values, test_split: 0.5}", text=CONFIG.replace("0.2", "0"))

    def test_numbers_that_are_hardly_learned(self):
        """Large ones are told of the first input and target, but where a normalization follows or the loss has no unit."""
        def told(x, target="values", options="", rest="layers: {value: [8]}", shape=(2,)):
            count = len(x) // 60
            self.archive("own.npz", x=npy("<f8", (60, *shape), x),
                         y=npy("<f8", (60,), target) if target != "values" else npy("<f8", (60,), [i % 7 + 0.5 for i in range(60)]))
            self.write("own.yaml", f"method: grid\ndataset: {{name: ./own.npz{options}}}\nparameters: {{{rest}}}\n")
            self.assertEqual(len(x), 60 * count)
            return self.sweep("plan", "own.yaml")[1]
        ages = [(i * i % 97, i % 11 / 7)[j] for i in range(60) for j in range(2)]
        times = [(1.7e9 + i * i * 7 % 86400, i % 11 / 7)[j] for i in range(60) for j in range(2)]
        self.assertNotIn("read as they are", told(ages))
        large = "warning: features are read as they are, and their numbers are large (column 0: 1.7e+09 to 1.70002e+09), so that trainings"
        self.assertIn(large, told(times))
        self.assertNotIn("read as they are", told(times, options=", normalization: true"))
        self.assertNotIn("read as they are", told(times, rest="layers: {value: [batch_normalization, 8]}"))
        rows = "".join(f"{int(times[i])},{times[i + 1]},{i % 5 + 0.5}\n" for i in range(0, 120, 2))
        self.write("own.csv", "when,b,target\n" + rows)
        self.write("own.yaml", "method: grid\ndataset: ./own.csv\nparameters: {layers: {value: [8]}}\n")
        self.assertIn(large.split("(")[0], self.sweep("plan", "own.yaml")[1])
        photos = [float(i * i * 31 % 256) + 0.5 for i in range(60 * 16)]
        self.assertNotIn("read as they are", told(photos, shape=(4, 4)))
        self.assertIn("warning: pixels are read as they are, and their numbers are large (5e+05 to 2.555e+08)",
                      told([1e6 * pixel for pixel in photos], shape=(4, 4)))
        self.assertNotIn("read as they are", told([1e6 * pixel for pixel in photos], shape=(4, 4),
                                                  rest="layers: {value: [8]}, train_image_divisor: {value: 1e8}"))
        prices = [3e5 + 1000 * (i * i % 53) for i in range(60)]
        self.assertIn("warning: the targets are numbers that are large (3e+05 to 3.52e+05), and networks begin with outputs of about 0",
                      told(ages, prices))
        self.assertNotIn("the targets", told(ages, prices, rest="layers: {value: [8]}, loss: {value: mape}"))
        self.assertNotIn("the targets", told(ages))

    def test_whole_numbers_that_look_like_classes(self):
        """Of a table that are many they may be numbers to predict, until the config says what they are."""
        self.archive("age.npz", x=npy("<f8", (80, 2), [i * i % 97 / 7 for i in range(160)]), y=npy("<i8", (80,), [18 + i % 40 for i in range(80)]))
        for options, told in (("", True), (", targets: classes", False), (", targets: values", False)):
            self.write("own.yaml", f"method: grid\ndataset: {{name: ./age.npz{options}}}\nparameters: {{layers: {{value: [8]}}}}\n")
            self.assertEqual("40 different ones are taken for 58 classes; if they are numbers to be predicted, as ages are, write targets: "
                             "values" in self.sweep("plan", "own.yaml")[1], told, options)

    def test_a_copy_of_a_table(self):
        """It can't be had, and nothing is left of it."""
        self.archive("table.npz", x=npy("<f8", (60, 2), [i / 7 for i in range(120)]), y=npy("|u1", (60,), labels(0, 60)))
        self.fails(65, "table can't be copied: IDX files hold grey images of bytes and labels; mend the file that it is read from",
                   "data", "copy", "./table.npz", "--renumber", "--output", "copied")
        self.assertFalse((self.folder / "copied").exists())

    def test_numbers_that_are_too_large_for_floats(self):
        large = "is inf (the file has 1e+300, which is too large for a 32-bit float, whose largest is 3.4e+38): "
        flat, y = [1e300 if i == 77 else i % 7 for i in range(120)], npy("|u1", (60,), labels(0, 60))
        rest = npy("<f8", (60, 2), [i % 9 / 9 for i in range(120)])
        self.archive("first.npz", x=npy("<f8", (60, 2), flat), y=y)
        self.archive("test.npz", x_train=rest, y_train=y, x_test=npy("<f8", (60, 2), flat), y_test=y)
        self.archive("far.npz", x=rest, y=y, far=npy("<f8", (60, 2), flat))
        self.write("own.csv", "".join(f"{flat[2 * i]},{flat[2 * i + 1]},{i % 5}\n" for i in range(60)))
        for name in ("first.npz", "test.npz", "far.npz", "own.csv"):
            model = "{far: input, d: {dense: 4, inputs: image}, all: {concatenate: [far, d]}}" if name == "far.npz" else "[8]"
            self.write("own.yaml", f"method: grid\ndataset: ./{name}\nparameters:\n  model: {{value: {model}}}\n")
            self.assertIn(large, self.sweep("plan", "own.yaml")[1], name)

    def test_what_32_bit_floats_lose(self):
        """Numbers that are large and differ by little are told of, with their column; others are not."""
        lost = r"has numbers of about 1e\+09 with a standard deviation of [\d.]+, where 32-bit floats, in which all is computed, " \
            r"are 64 apart: most of what examples differ by is lost; subtract the mean in float64 before you save them"

        def told(name, at):
            self.write("own.yaml", f"method: grid\ndataset: {name}\nparameters:\n  model: {{values: [[8],"
                       " {far: input, d: {dense: 4, inputs: image}, all: {concatenate: [far, d]}}]}\n" if at == "array" else
                       f"method: grid\ndataset: {name}\nparameters: {{layers: {{value: [8]}}}}\n")
            return self.sweep("plan", "own.yaml")[1]
        small = [[i % 7 / 7, 0.1, (0.3, 0.1 + 0.2)[i % 2]] for i in range(60)]
        times = [1e9 + i * i % 11 / 5 for i in range(60)]
        rows = [[*row, time] for row, time in zip(small, times)]
        y = npy("|u1", (60,), labels(0, 60))
        for name, columns in (("small", [list(column) for column in zip(*small)]), ("rows", [list(column) for column in zip(*rows)])):
            width = len(columns)
            flat = [columns[j][i] for i in range(60) for j in range(width)]
            self.archive(f"{name}.npz", x=npy("<f8", (60, width), flat), y=y)
            self.archive(f"{name}-f.npz", x=npy(">f8", (60, width), sum(columns, []), fortran=True), y=y)
            self.archive(f"{name}-far.npz", x=npy("<f8", (60, 2), [i % 9 / 9 for i in range(120)]), y=y, far=npy("<f8", (60, width), flat))
            self.write(f"{name}.csv", "".join(",".join(map(repr, row[::-1])) + f",{i % 5}\n" for i, row in enumerate(zip(*columns))))
        for name, at, beginning in (("rows.npz", "", "features: column 3, counted from 0, "), ("rows-f.npz", "", "features: column 3, counted from 0, "),
                                    ("rows.csv", "", "features: column 0, counted from 0, "),
                                    ("rows-far.npz", "array", "the array far: column 3, counted from 0, ")):
            self.assertRegex(told(f"./{name}", at), "warning: " + beginning + lost)
            self.assertNotIn("32-bit", told("./" + name.replace("rows", "small"), at))
        self.assertNotIn("32-bit", told("./rows-far.npz", ""))
        whole = [10 ** 9 + i % 5 for i in range(60)]
        self.archive("whole.npz", x=npy("<i8", (60, 1), whole), y=y)
        self.assertIn("warning: features: numbers of about 1e+09", told("./whole.npz", ""))
        self.archive("level.npz", x=npy("<f8", (60, 2), [i % 9 / 9 for i in range(120)]), y=npy("<f8", (60,), times))
        self.assertIn("warning: targets: numbers of about 1e+09", told("./level.npz", ""))

    def test_names_and_shapes(self):
        x, y = npy("|u1", (4, 2, 2), list(range(16))), npy("|u1", (4,), [0, 1, 0, 1])
        for arrays, said in (({"a": x, "y": y}, "has no array of inputs (it holds a, y)"),
                             ({"x": x}, "has no array of labels"),
                             ({"x_train": x, "y_train": y, "x_test": x}, "holds x_test but no test array that belongs to y_train"),
                             ({"x_train": x, "y_train": y, "x_test": x, "y_test": y, "age_train": y},
                              "holds x_test but no test array that belongs to age_train"),
                             ({"x_train": x, "y_train": y, "y_test": y}, "holds y_test but no test array that belongs to x_train"),
                             ({"x": x, "images": x, "y": y}, "both the inputs"),
                             ({"x": x, "y": npy("|u1", (3,), [0, 1, 0])}, "y has 3 rows and x has 4"),
                             ({"x": npy("|u1", (4, 1, 2, 2, 1), list(range(16))), "y": y}, "has 5 dimensions"),
                             ({"x_train": x, "y_train": y, "x_test": npy("|u1", (4, 4), list(range(16))),
                               "y_test": y}, "different shapes")):
            self.archive("odd.npz", **arrays)
            self.fails(65, said, "data", "info", "./odd.npz")
        self.archive("more.npz", X=x, labels=y, age=npy("<f4", (4,), [20.5, 31, 44, 58]))
        out, _ = self.sweep("data", "info", "./more.npz")
        self.assertIn("array     age (1 number)", out)

    def test_text_that_is_no_part_of_it(self):
        """Class names and comments are left out; text that is to be learned is told how to number."""
        def of_text(kind, count):
            return npy("|u1", (count,), [0] * count).replace(b"'|u1'", b"'%s'" % kind.encode())
        x, y, text, objects = npy("|u1", (4, 2, 2), list(range(16))), npy("|u1", (4,), [0, 1, 0, 1]), of_text("<U9", 2), of_text("|O", 1)
        single = npy("<i8", (), [2])
        self.archive("plain.npz", x=x, y=y)
        for name, arrays in (("said.npz", {"class_names": text, "comment": objects, "n_classes": single, "x": x, "y": y}),
                             ("split.npz", {"x_train": x, "y_train": y, "x_test": x, "y_test": y, "classes": text})):
            self.archive(name, **arrays)
            (self.folder / "apart").mkdir(exist_ok=True)
            for key, array in arrays.items():
                (self.folder / "apart" / f"{key}.npy").write_bytes(array)
            for place in (f"./{name}", "./apart"):
                out, _ = self.sweep("data", "info", place)
                for key in set(arrays) - {"x", "y", "x_train", "y_train", "x_test", "y_test"}:
                    self.assertIn(f"{key} is left out: it holds no numbers for each example", " ".join(out.split()))
            for path in (self.folder / "apart").iterdir():
                path.unlink()
        self.assertEqual(self.digest("./said.npz"), self.digest("./plain.npz"))
        for arrays in ({"x": x, "y": text}, {"x": x, "labels": text}, {"x_train": x, "y_train": y, "x_test": x, "y_test": text}):
            self.archive("odd.npz", **arrays)
            self.fails(65, "the array holds text (type '<U9'); number the classes", "data", "info", "./odd.npz")
        self.archive("odd.npz", x=x, y=single)
        self.fails(65, "odd.npz: y.npy: the array is a single value; save an array", "data", "info", "./odd.npz")

    def test_a_zip_archive_of_something_else(self):
        with zipfile.ZipFile(self.folder / "table.zip", "w") as file:
            file.writestr("table.csv", "a,label\n1,0\n2,1\n")
        self.fails(65, "table.zip: is a zip archive that holds no arrays (.npy): unpack it", "data", "info", "./table.zip")

    def targets(self):
        arrays = {}
        for part, first, count in (("train", 0, TRAIN), ("test", TRAIN, TEST)):
            own = labels(first, count)
            arrays |= {"x_" + part: npy("|u1", (count, SIDE, SIDE), pixels(first, count)),
                       "y_" + part: npy("|u1", (count,), own),
                       "level_" + part: npy("<f4", (count,), [label / 4 - 0.3 for label in own]),
                       "label_group_" + part: npy("|u1", (count,), [label % 2 for label in own])}
        self.archive("targets.npz", **arrays)

    def train_targets(self, target="label_group", weight="0.5", *options, text=TARGETS):
        self.write("targets.yaml", text.replace("TARGET", target).replace("WEIGHT", weight))
        self.sweep("run", "targets.yaml", "-q", "--db", "targets.db", *options)
        found = self.ask("SELECT trial_id, loss, val_loss, test_loss FROM trials ORDER BY trial_id", "targets.db")
        metrics = self.ask("SELECT trial_id, name, epoch, value FROM metrics ORDER BY 1, 2, 3", "targets.db")
        return found, metrics

    def fresh(self):
        for path in self.folder.glob("targets.db*"):
            if path.is_file():
                path.unlink()

    def test_further_arrays_as_targets(self):
        self.targets()
        array, metrics = self.train_targets()
        self.assertEqual(len(array), 1)
        scores = {(name, epoch): value for _, name, epoch, value in metrics}
        for prefix, total in zip(("", "val_", "test_"), array[0][1:]):
            parts = [scores[f"{prefix}{name}_loss", 3] for name in ("level", "digit", "group")]
            self.assertAlmostEqual(0.5 * parts[0] + parts[1] + parts[2], total, 5)
        self.assertLess(scores["val_level_loss", 3], scores["val_level_loss", 1])
        self.assertIsNone(scores.get(("val_level_accuracy", 3)))
        self.assertIn(("val_level_mean_absolute_error", 3), scores)
        self.assertIsNotNone(scores["val_group_accuracy", 3])
        answer = {one["name"]: one for one in json.loads(self.sweep("predict", "--db", "targets.db", "-i", "3", "--json")[0])["outputs"]}
        self.assertEqual(len(answer["level"]["predicted"]), 1)
        self.assertEqual([len(answer[name]["probabilities"]) for name in ("digit", "group")], [5, 2])
        self.assertIn("predicts of level: ", self.sweep("predict", "--db", "targets.db", "-i", "3")[0])
        shown = self.sweep("show", "--db", "targets.db")[0]
        self.assertIn(f"mean_absolute_error {scores['test_level_mean_absolute_error', 3]:.6g}", shown)
        self.assertIn("Confusion matrix of group\n", shown)
        self.assertIn("Predictions of level\n", shown)
        self.assertNotIn("Confusion matrix of level", shown)
        self.sweep("report", "--db", "targets.db", "-o", "targets.html")
        self.assertIn('"output":"digit","rows":6', (self.folder / "targets.html").read_text())
        code = self.sweep("show", "--keras", "--db", "targets.db")[0]
        compile(code, "keras", "exec")
        self.assertIn('"level": data["level_train"].reshape(-1, 1),', code)
        self.assertIn('metrics={"level": ["mean_absolute_error"], "digit": ["accuracy"], "group": ["accuracy"]},', code)
        (self.folder / "targets.npz").rename(self.folder / "away.npz")
        for command, said in ((("show",), "\nEvaluation\n"), (("show", "--keras"), 'metrics={"level": ["mean_absolute_error"], "digit"')):
            self.assertIn(said, self.sweep(*command, "--db", "targets.db")[0])
        (self.folder / "away.npz").rename(self.folder / "targets.npz")
        self.fresh()
        self.train_targets(text=TARGETS.replace("metric: {name: val_level_loss}\n", ""))
        self.assertIn("mean val_loss over seeds, lowest first", self.sweep("top", "--db", "targets.db")[0])
        # The same classes by a list are the same numbers.
        self.fresh()
        listed, others = self.train_targets("[0, 1, 0, 1, 0]")
        self.assertEqual((listed, others), (array, metrics))

    def test_one_unit_for_an_array_of_two_classes(self):
        self.targets()
        text = TARGETS.replace("{units: 2, activation: softmax}", "{units: 1, activation: sigmoid}").replace(
            "TARGET, loss: categorical_crossentropy", "TARGET, loss: binary_crossentropy")
        array, metrics = self.train_targets(text=text)
        shown = json.loads(self.sweep("show", "--db", "targets.db", "--json")[0])
        group, = (one for one in shown["outputs"] if one["name"] == "group")
        scores = {(name, epoch): value for _, name, epoch, value in metrics}
        self.assertAlmostEqual(group["test_accuracy"], scores["test_group_accuracy", 3], 9)
        self.assertEqual([len(row) for row in group["confusion"]], [2, 2])
        answer = json.loads(self.sweep("predict", "--db", "targets.db", "-i", "3", "--json")[0])["outputs"]
        self.assertEqual([len(one["probabilities"]) for one in answer if one["name"] == "group"], [2])
        self.fresh()
        listed, others = self.train_targets("[0, 1, 0, 1, 0]", text=text)
        self.assertEqual((listed, others), (array, metrics))

    def test_targets_in_any_company(self):
        self.targets()
        self.train_targets("label_group", "{values: [0.5, 1]}", "-s", "epochs={values: [1, 3]}", "-j1")
        wanted = "SELECT digest, loss, val_loss, test_loss FROM trials ORDER BY digest"
        together = self.ask(wanted, "targets.db")
        self.fresh()
        for weight in ("0.5", "1"):
            for epochs in ("1", "3"):
                self.train_targets("label_group", weight, "-s", f"epochs={epochs}")
        self.assertEqual(len(together), 4)
        self.assertEqual(self.ask(wanted, "targets.db"), together)

    def test_targets_after_a_kill(self):
        self.targets()
        self.write("targets.yaml", TARGETS.replace("TARGET", "label_group").replace("WEIGHT", "0.5"))
        self.expect_same_after_a_kill("targets.yaml", "-c0", "-j1", "-s", "epochs=600")

    def test_targets_that_do_not_fit(self):
        self.targets()
        for old, new, said in (
                ("target: level", "target: le/vel", "'le/vel' can't name a target's array: names have letters"),
                ("target: level", "target: levle", "which targets has not, but label_group, level;"),
                ("units: 1,", "units: 2,", ":13:9: layers: the output 'level' has 2 numbers for 1 of its target"),
                ("loss: mse", "loss: categorical_hinge", "'level' has numbers to predict, and categorical_hinge is of classes"),
                (", activation: linear", "", "'level' predicts numbers, and softmax gives shares"),
                ("units: 2,", "units: 3,", "the output 'group' has 3 numbers for 2 classes"),
                ("[mae]", "[f1_score]", ":13:92: level_f1_score is of classes, and the output 'level' predicts numbers"),
                ("val_level_loss", "val_level_accuracy", ":4:16: val_level_accuracy is of classes")):
            with self.subTest(new=new):
                self.assertIn(old, TARGETS)
                self.write("targets.yaml", TARGETS.replace(old, new, 1).replace("TARGET", "label_group").replace("WEIGHT", "1"))
                self.fails(65, said, "plan", "targets.yaml")

    def test_a_fortran_order(self):
        self.images("bytes.npz", "|u1")
        turned = {}
        for part, first, count in (("train", 0, TRAIN), ("test", TRAIN, TEST)):
            flat, size = pixels(first, count), SIDE * SIDE
            turned["x_" + part] = npy("|u1", (count, SIDE, SIDE), [
                flat[image * size + row * SIDE + column]
                for column in range(SIDE) for row in range(SIDE) for image in range(count)], fortran=True)
            turned["y_" + part] = npy("|u1", (count,), labels(first, count))
        self.archive("turned.npz", **turned)
        self.assertEqual(self.digest("./turned.npz"), self.digest("./bytes.npz"))


if __name__ == "__main__":
    unittest.main()
