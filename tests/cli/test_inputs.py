"""Networks that read several arrays of a data set."""

import json
import random
import statistics
import struct
import unittest
import zipfile

from harness import Case

TRAIN, TEST = 120, 40

CONFIG = """\
method: grid
dataset: ./two.npz
repeats: 2
keep_models: all
parameters:
  validation_split: {value: 0.2}
  batch_size: {value: 16}
  epochs: {values: [2, 5]}
  augmentation: {values: [[], [{random_translation: {height_factor: 0.1, width_factor: 0.1}}]]}
  model:
    values:
      - {meta: input, m: 8 tanh, d: {dense: 16 relu, inputs: image}, both: {concatenate: [m, d]}}
      - {meta: input, side: input, c: conv2d 3 2 relu, f: flatten, both: {concatenate: [meta, f]}, h: 6 relu}
      - [16 relu]
"""
COLUMNS = "layers, epochs, seed, loss, val_loss, test_loss, test_accuracy"


def npy(kind, shape, numbers):
    sizes = "(%s)" % ", ".join(map(str, shape)) if len(shape) != 1 else f"({shape[0]},)"
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {sizes}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    code = {"|u1": "B", "<f4": "f"}[kind]
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + \
        struct.pack(f"<{len(numbers)}{code}", *numbers)


class Inputs(Case):
    def setUp(self):
        super().setUp()
        self.data("two.npz")
        self.write("in.yaml", CONFIG)

    def data(self, name, shift=0.0, rows=TRAIN, sizes=(1, 1, 1), by=None, tested=None, times=1):
        """Labels that neither the image nor meta tells alone; meta standardised by so many of its first rows."""
        draw = random.Random(7)
        with zipfile.ZipFile(self.folder / name, "w") as file:
            for part, count in (("train", TRAIN), ("test", TEST)):
                labels = [draw.randrange(4) for _ in range(count)]
                x = [255 * (label % 2) if place == 3 else draw.randrange(100) for label in labels for place in range(30)]
                meta = [label // 2 + shift + draw.gauss(0, 0.2) if i == 0 else sizes[i] * draw.gauss(0, 1) or 3.3
                        for label in labels for i in range(3)]
                if by and part == "train":
                    means = [statistics.fmean(meta[i:3 * by:3]) for i in range(3)]
                    deviations = [statistics.pstdev(meta[i:3 * by:3]) for i in range(3)]
                if by:
                    meta = [(number - means[i % 3]) / deviations[i % 3] for i, number in enumerate(meta)]
                if part == "test":
                    meta = [number * times for number in meta]
                if tested is not None and part == "test":
                    meta[4] = tested
                some = rows if part == "train" else count
                for key, array in (("x", npy("|u1", (count, 6, 5), x)), ("y", npy("|u1", (count,), labels)),
                                   ("meta", npy("<f4", (some, 3), meta[:3 * some])),
                                   ("side", npy("<f4", (count, 4, 4), [draw.random() for _ in range(16 * count)])),
                                   ("age", npy("<f4", (count,), [draw.gauss(0, 1) for _ in range(count)]))):
                    file.writestr(f"{key}_{part}.npy", array)

    def results(self, database):
        return self.ask(f"SELECT {COLUMNS} FROM trials ORDER BY trial_id", database)

    def test_the_same_numbers_whatever_the_company(self):
        self.sweep("run", "in.yaml", "-q", "--db", "all.db", "-j", "1")
        wanted = self.results("all.db")
        self.assertEqual(len(wanted), 24)
        self.assertNotIn(None, [row[3] for row in wanted])
        self.sweep("run", "in.yaml", "-q", "--db", "two.db", "-j", "2")
        self.assertEqual(self.results("two.db"), wanted)
        text = CONFIG[:CONFIG.index("      - {meta: input, side")]
        self.write("alone.yaml", text.replace("[2, 5]", "[5]"))
        self.sweep("run", "alone.yaml", "-q", "--db", "alone.db")
        alone = self.results("alone.db")
        self.assertEqual(len(alone), 4)
        self.assertLess(set(alone), set(wanted))
        plain = self.ask("SELECT avg(test_accuracy) FROM trials WHERE epochs = 5 AND layers NOT LIKE '%meta%'", "all.db")
        self.write("plain.yaml", CONFIG.replace(text[text.index("      - {"):], "").replace(
            "      - {meta: input, side: input, c: conv2d 3 2 relu, f: flatten, both: {concatenate: [meta, f]}, h: 6 relu}\n", ""))
        self.sweep("run", "plain.yaml", "-q", "--db", "plain.db")
        self.assertEqual(self.ask("SELECT avg(test_accuracy) FROM trials WHERE epochs = 5", "plain.db"), plain)
        self.assertLess(set(self.results("plain.db")), set(wanted))

    def test_what_is_read_counts(self):
        """Other numbers in an array are another data set, and a network that reads it learns from it."""
        self.write("one.yaml", CONFIG[:CONFIG.index("      - {meta: input, side")].replace("[2, 5]", "[40]")
                   .replace("batch_size", "learning_rate: {value: 0.1}\n  batch_size"))
        self.sweep("run", "one.yaml", "-q")
        self.assertGreater(self.ask("SELECT max(test_accuracy) FROM trials")[0][0], 0.7)  # either alone: 0.5
        self.data("two.npz", shift=3.0)
        self.sweep("run", "one.yaml", "-q")
        self.assertEqual(self.ask("SELECT count(DISTINCT digest), count(DISTINCT test_loss) FROM trials"), [(8, 8)])

    def test_normalised_arrays(self):
        """As if they were standardised in the data set, by what is trained on."""
        unusual = {"shift": 40, "sizes": (1, 500, 0.01)}
        text = CONFIG[:CONFIG.index("      - [16 relu]")]
        named = text.replace("./two.npz", "{name: ./two.npz, normalization: [meta]}")
        self.data("two.npz", by=96, **unusual)
        self.write("in.yaml", text)
        self.sweep("run", "in.yaml", "-q", "--db", "hand.db")
        wanted = self.results("hand.db")
        self.data("two.npz", **unusual)
        self.assertIn("write normalization: [meta] beside the data set's name", " ".join(self.sweep("plan", "in.yaml")[1].split()))
        self.write("in.yaml", named)
        _, err = self.sweep("run", "in.yaml", "--db", "named.db")
        self.assertNotIn("read as it is", err)
        holds = "; further arrays for a model's inputs or outputs: age (1 number), meta (3 numbers), side (4 x 4); " \
            "normalised by the mean and deviation of what is trained on: "
        self.assertIn(holds + "meta\n", err)
        narrow, _ = self.terminal("plan", "in.yaml", "--db", "named.db", environment={"COLUMNS": "40"})
        self.assertIn(holds + "meta", " ".join(narrow.split()))
        self.assertLessEqual(max(len(line) for part in narrow.split("\x1b[K") if "further" in part for line in part.splitlines()), 40)
        self.assertIn(holds + "image, meta\n", self.sweep("plan", "in.yaml", "-s", "dataset={name: ./two.npz, normalization: [meta, image]}")[1])
        found = self.results("named.db")
        self.assertEqual(len(found), len(wanted))
        for one, other in zip(found, wanted):
            self.assertEqual(one[:3], other[:3])
            for a, b in zip(one[3:6], other[3:6]):
                self.assertAlmostEqual(a, b, delta=1e-4 * abs(b))
        self.assertRegex(self.sweep("show", "--db", "named.db")[0], r"\n  normalization +meta\n")
        self.assertNotIn("normalization", self.sweep("show", "--db", "hand.db")[0])
        # What a kept network reads is normalised, too.
        for trial, accuracy in self.ask("SELECT trial_id, test_accuracy FROM trials WHERE epochs = 5 LIMIT 2", "named.db"):
            right = [json.loads(self.sweep("predict", str(trial), "--db", "named.db", "-i", str(i), "--json")[0]) for i in range(TEST)]
            self.assertAlmostEqual(sum(one["predicted"] == one["label"] for one in right) / TEST, accuracy)
        # One question has one answer, and another one another.
        for names in ("[meta, side]", "[side, meta]", "[meta, image]", "[meta]", "true"):
            self.write("in.yaml", text.replace("./two.npz", f"{{name: ./two.npz, normalization: {names}}}").replace("[2, 5]", "[1]"))
            self.sweep("run", "in.yaml", "-q", "--db", "names.db")
            shown = {"true": ["image"], "[meta, image]": ["image", "meta"]}.get(names, ["meta"])
            (trial,), = self.ask("SELECT max(trial_id) FROM trials WHERE layers NOT LIKE '%side%'", "names.db")
            told = json.loads(self.sweep("show", str(trial), "--json", "--db", "names.db")[0])
            self.assertEqual((told["normalization"], list(told["normalized_by"])), (shown, shown))
        digests = [row[0] for row in self.ask("SELECT DISTINCT dataset_digest FROM sweeps", "names.db")]
        self.assertEqual(len(digests), 4)
        self.assertIn(self.ask("SELECT dataset_digest FROM sweeps", "named.db")[0][0], digests)
        for names, told in (("[met]", "in.yaml:2:43: normalization: two has no input 'met' (did you mean 'meta'?); inputs are image, age, meta, side"),
                            ("[imagen, xyzzy, metta]", "two has no input 'imagen' (did you mean 'image'?) or 'xyzzy' or 'metta' (did you mean 'meta'?); inputs are"),
                            ("[meta, age]", "in.yaml:2:43: normalization: no model has the input 'age'; leave it out"),
                            ("[[meta]]", "a list of inputs' names"), ("meta", "a list of inputs' names, of which image is the first one")):
            self.write("in.yaml", text.replace("./two.npz", f"{{name: ./two.npz, normalization: {names}}}"))
            self.fails(65, told, "plan", "in.yaml")
        self.write("in.yaml", named.replace("[meta]", "[meta, image, meta]"))
        self.sweep("run", "in.yaml", "-q", "--db", "twice.db")
        self.assertRegex(self.sweep("show", "--db", "twice.db")[0], r"\n  normalization +image, meta\n")
        # A network's input that is no array may be what was meant by the name in the list.
        self.write("in.yaml", named.replace("meta: input", "mets: input").replace("[meta, f]", "[mets, f]"))
        err = self.fails(65, "in.yaml:12:10: layers: the input 'mets'", "plan", "in.yaml")
        self.assertIn("the input 'mets' is no array of two, which has image, age, meta, side; did you mean 'meta'?", err)
        self.assertNotIn("no model has", err)
        self.expect_shards_like_a_run(named)

    def expect_shards_like_a_run(self, text):
        self.write("parts.yaml", text)
        for shard in ("1/2", "2/2"):
            self.sweep("run", "parts.yaml", "-q", "--shard", shard, "--results", "parts")
        self.sweep("merge", "parts", "--db", "merged.db")
        self.sweep("run", "parts.yaml", "-q", "--db", "whole.db")
        self.assertEqual(self.results("merged.db"), self.results("whole.db"))

    def test_after_a_kill(self):
        text = CONFIG[:CONFIG.index("      - [16 relu]")]
        first = text.index("      - {meta: input, m:")
        self.write("long.yaml", text[:first] + text[text.index("      - {meta: input, side"):])
        self.expect_same_after_a_kill("long.yaml", "-c0", "-j1", "-s", "repeats=1", "-s", "epochs=600",
                                      "-s", "augmentation=[random_translation 0.1 0.1]")

    def test_predict_and_show(self):
        self.sweep("run", "in.yaml", "-q")
        trial = self.ask("SELECT trial_id FROM trials WHERE layers LIKE '%side%'")[0][0]
        counted = 0
        for index in range(TEST):
            answer = json.loads(self.sweep("predict", str(trial), "-i", str(index), "--json")[0])
            counted += answer["predicted"] == answer["label"]
        accuracy = self.ask(f"SELECT test_accuracy FROM trials WHERE trial_id = {trial}")[0][0]
        self.assertAlmostEqual(counted / TEST, accuracy)
        out, _ = self.sweep("show", str(trial))
        self.assertIn("meta (Input)", out)
        self.write("x.pgm", "P2 1 1 255 0\n")
        self.fails(65, "--index I takes an example of the data set", "predict", str(trial), "--image", "x.pgm")

    def test_numbers_of_unusual_sizes(self):
        """They are told, but where a normalization follows, or nothing reads them."""
        def told(sizes, *settings):
            self.data("two.npz", sizes=sizes)
            return self.sweep("plan", "in.yaml", *settings)[1]
        self.assertNotIn("the array", told((1, 1, 1)))
        self.assertRegex(told((1, 1, 300)), r"warning: the array meta is read as it is, and its numbers are large "
                         r"\(column 2: -\d{3}[.\d]* to \d{3}[.\d]*\), so that")
        self.assertRegex(told((1, 0.0001, 1)), r"of very different sizes\s+\(column 1 has a standard\s+deviation of 0.0001"
                         r"\d*, column [02] one of")
        self.assertNotIn("the array", told((1, 1, 300), "-s", "model=[8 relu]"))
        follows = "model={{meta: input, n: {}, d: {{dense: 8, inputs: image}}, all: {{concatenate: [n, d]}}}}"
        self.assertNotIn("the array", told((1, 1, 300), "-s", follows.format("batch_normalization")))
        self.assertIn("the array meta", told((1, 1, 300), "-s", follows.format("flatten")))
        # A column of equal numbers, which rounding leaves some deviation, is not of another size.
        self.assertNotIn("the array", told((1, 0, 1), "-s", follows.format("flatten")))
        self.assertIn(f"warning: {TRAIN} of the training numbers of the array meta are NaN or infinite, the first one (example 0, "
                      "number 1, counted from 0) is ", told((1, float("inf"), 1), "-s", follows.format("batch_normalization")))
        self.assertNotIn("the array", told((1, float("inf"), 1), "-s", "model=[8 relu]"))

    def test_ages_are_no_large_numbers(self):
        self.data("two.npz", sizes=(1, 50, 1))
        self.assertNotIn("the array", self.sweep("plan", "in.yaml")[1])

    def test_a_test_part_in_another_unit(self):
        """It is told of an array that some network reads, beside what else is wrong with it."""
        self.data("two.npz", times=1000)
        scaled = "numbers of the array meta: column 1, counted from 0, is "
        self.assertNotIn(scaled, self.sweep("plan", "in.yaml", "-s", "model=[8 relu]")[1])
        self.assertRegex(self.sweep("plan", "in.yaml")[1], r"warning: numbers of the array meta: column [012], counted from 0, is "
                         r"-[\d.]+ to [\d.]+ \(typically [\d.]+\) in the training part and -\d+[.\d]* to \d+[.\d]* \(typically \d+\) in the "
                         r"test part; 2 other columns are like that: the parts seem to be scaled differently")
        self.data("two.npz", sizes=(1, 1, 300), tested=float("inf"))
        _, err = self.sweep("plan", "in.yaml")
        self.assertIn("1 of the test numbers of the array meta are NaN or infinite", err)
        self.assertIn("the array meta is read as it is, and its numbers are large (column 2: ", err)
        self.assertNotIn("scaled differently", err)

    def test_a_column_that_only_the_test_part_varies(self):
        """Where it is normalised, that makes numbers of 1e+07."""
        self.write("in.yaml", CONFIG.replace("./two.npz", "{name: ./two.npz, normalization: [meta]}"))
        self.data("two.npz", sizes=(1, 0, 1), tested=4)
        self.assertIn("warning: the array meta: column 1, counted from 0, is 3.3 in all 96 training examples, and another number in 1 of the 40 "
                      "test examples (4 in number 1, counted from 0): normalization divides by a standard deviation of 0, taken for 1e-07, "
                      "which makes numbers of about 7e+06 there", self.sweep("plan", "in.yaml")[1])
        self.data("two.npz", sizes=(1, 0, 1))
        self.assertNotIn("the array", self.sweep("plan", "in.yaml")[1])

    def test_test_numbers_that_are_none(self):
        """What is told of them is what happens: an activation with bounds makes a number of one that is infinite."""
        self.write("in.yaml", CONFIG.replace("[2, 5]", "[2]").replace("repeats: 2", "repeats: 1"))
        for number, shown, told in ((float("inf"), "inf", "so may the test scores be, with which a trial counts as diverged; or an "
                                     "activation that has bounds, as tanh, makes a number of them, and the trial completes"),
                                    (float("nan"), "nan", "so is what is computed with them, and so are the test scores, with which a "
                                     "trial counts as diverged; leave such examples out")):
            self.data("two.npz", tested=number)
            _, err = self.sweep("run", "in.yaml", "-q", "--db", f"{shown}.db")
            self.assertIn("1 of the test numbers of the array meta are NaN or infinite, the first one (example 1, number 1, counted from 0) "
                          f"is {shown}: {told}", err)
            statuses = [self.ask(f"SELECT DISTINCT status FROM trials WHERE layers LIKE '%meta%' AND layers {like} '%tanh%'", f"{shown}.db")
                        for like in ("LIKE", "NOT LIKE")]
            self.assertEqual(statuses, [[("completed" if shown == "inf" else "diverged",)], [("diverged",)]])

    def test_what_is_wrong(self):
        def wrong(said, before, after, code=65):
            self.write("wrong.yaml", CONFIG.replace(before, after))
            self.fails(code, said, "run", "wrong.yaml")
        wrong("the input 'metta' is no array of two, which has image, age, meta, side", "meta: input, m", "meta: {input: metta}, m")
        wrong("the input 'meta' has the shape 4, and that array the shape 3", "meta: input, m",
              "meta: {input: {array: meta, shape: [4]}}, m")
        wrong("which has image alone", "./two.npz", "digits")
        wrong("unknown layer 'met'; did you mean 'meta'", "inputs: image", "inputs: met")
        wrong("'meta' is an input twice", "side: input", "side: input meta")
        wrong("an input is of the data set, and reads no layer", "side: input", "side: {input: side, inputs: meta}")
        wrong("names the array that it is of", "- [16 relu]", "- [input, 16 relu]")
        wrong("is no layer to share", "h: 6 relu", "i: {shared: meta, inputs: f}, h: {add: [i, i]}")
        wrong("to predict 'age', which the network reads", "- [16 relu]",
              "- {age: input, a: 4, outputs: {old: {dense: {units: 1, activation: linear}, loss: mse, target: age}}}")
        # A name that no layer can have: where it stands, and how to mend it.
        with zipfile.ZipFile(self.folder / "two.npz", "a") as file:
            for part, count in (("train", TRAIN), ("test", TEST)):
                file.writestr(f"my age_{part}.npy", npy("<f4", (count, 2), [0.5] * 2 * count))
        as_told = "save the array under such a name in the data set, as my_age_train and my_age_test"
        for written in ("my age: input, m", "meta: {input: {array: my age}}, m", "a/b: input, m"):
            wrong(as_told.replace("my_age", "a_b") if "/" in written else as_told, "meta: input, m", written)
        wrong("wrong.yaml:12:27: layers: 'age' is more than an input takes, which is the name of one array ('my'); an array whose "
              "name has a blank is to be saved under another one", "meta: input, m", "meta: {input: my age}, m")
        wrong("which has image, age, meta, 'my age', side; 'my age' can't be named here, where names have letters, digits, _, - and . "
              "alone: save it under such a name, as my_age_train and my_age_test", "meta: input, m", "meta: {input: my_age}, m")
        wrong("which two has not, but age, meta, 'my age', side; 'my age' can't be named here", "- [16 relu]",
              "- {a: 4, outputs: {old: {dense: {units: 1, activation: linear}, loss: mse, target: my_age}}}")
        self.data("two.npz", rows=TRAIN - 1)
        wrong("both need one for each example", "", "")


if __name__ == "__main__":
    unittest.main()
