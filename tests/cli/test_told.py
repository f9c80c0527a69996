"""What is told before training: faults of the data and of the config, and what is used instead."""

import gzip
import sys
import unittest

from harness import CONFIG, Case, idx, make_dataset


class Told(Case):
    def relabel(self, part, labels, name="tiny"):
        path = self.folder / "data" / name / f"{part}-labels-idx1-ubyte"
        path.write_bytes(idx((len(labels),), bytes(labels)))

    def told(self, said, *arguments):
        """That plan, run and doctor say the same."""
        for command in (("plan", "tiny.yaml"), ("run", "tiny.yaml", "--db", "t.db", "--fresh"),
                        ("doctor", "tiny.yaml", "--db", "no.db")):
            more = arguments if command[0] != "doctor" else ()
            out, err = self.sweep(*command, *more, code=None)
            self.assertIn(said, " ".join((out + err).split()), command)

    def sweep(self, *arguments, code=0, **options):
        """With code None any exit status will do."""
        if code is not None:
            return super().sweep(*arguments, code=code, **options)
        process = self.start(*arguments, **options)
        return process.communicate()


class Labels(Told):
    def test_sorted(self):
        self.relabel("train", sorted(i % 10 for i in range(200)))
        self.told("no training image is trained as class 8, 9, but 40 of 40 validation images are of "
                  "these classes")
        self.told("write shuffle: true beside the data set's name")
        self.assertNotIn("warning", self.sweep("plan", "tiny.yaml", "-s", "dataset={name: tiny, shuffle: true}")[1])
        out = self.sweep("data", "copy", "tiny", "-o", "shuffled", "--shuffle")[0]
        self.assertEqual(out, "shuffled: 200 training and 100 test images, 10 classes\n")
        self.write("tiny.yaml", CONFIG.replace("dataset: tiny", "dataset: shuffled"))
        self.assertNotIn("warning", self.sweep("plan", "tiny.yaml")[1])

    def test_one_class_in_a_part(self):
        self.relabel("train", [7 * i % 9 for i in range(160)] + [4] * 40)
        self.told("the 40 validation images, the last of the training images, are all of class 4")
        self.relabel("t10k", [3] * 100)
        self.told("all 100 test images are of class 3")
        self.sweep("data", "copy", "tiny", "-o", "mixed", "--mix")
        self.write("tiny.yaml", CONFIG.replace("dataset: tiny", "dataset: ./mixed"))
        self.assertNotIn("all of class", self.sweep("plan", "tiny.yaml")[1])

    def test_labels_that_do_not_count_from_0(self):
        for first, f1 in ((1, "0.7500"), (100, "0.0291")):
            self.relabel("train", [first + i % 3 for i in range(200)])
            self.relabel("t10k", [first + i % 3 for i in range(100)])
            self.told(f"stays at or below {f1}; `sweep data copy --renumber`")
        out = self.sweep("data", "copy", "tiny", "-o", "mended", "--renumber")[0]
        self.assertIn("label 100 is now   0\nlabel 101 is now   1\nlabel 102 is now   2\n", out)
        self.write("tiny.yaml", CONFIG.replace("dataset: tiny", "dataset: mended"))
        self.sweep("run", "tiny.yaml", "-s", "epochs=200", "-s", "optimizer=adam")
        out, err = self.sweep("plan", "tiny.yaml")
        self.assertNotIn("warning", err)
        self.assertIn("3 classes", err)

    def test_by_data_info(self):
        self.relabel("t10k", [3] * 100)
        self.assertIn("warning: all 100 test images are of class 3",
                      self.sweep("data", "info", "tiny")[0])

    def test_copies(self):
        self.fails(2, "the folder to write into is missing", "data", "copy", "tiny")
        self.fails(65, "tiny: holds a data set already", "data", "copy", "tiny", "-o", "data/tiny")
        self.sweep("data", "copy", "tiny", "-o", "flipped", "--transpose")
        plain, _ = self.sweep("data", "show", "tiny", "-i", "3")
        flipped, _ = self.sweep("data", "show", "./flipped", "-i", "3")
        self.assertNotEqual(plain.splitlines()[1:], flipped.splitlines()[1:])
        self.sweep("data", "copy", "./flipped", "-o", "again", "--transpose")
        again, _ = self.sweep("data", "show", "./again", "-i", "3")
        self.assertEqual(plain.splitlines()[1:], again.splitlines()[1:])


class Names(Told):
    def use(self, dataset):
        self.write("tiny.yaml", CONFIG.replace("dataset: tiny", f"dataset: {dataset}"))

    def test_a_fallback_is_said(self):
        """Where MNIST is missing, also without a word on data sets in the config, and when quiet."""
        self.use("[mnist, tiny]")
        said = "data set mnist was not found, so tiny is used; to get mnist, call keras.datasets"
        for arguments in (("plan", "tiny.yaml"), ("run", "tiny.yaml", "-q"),
                          ("doctor", "tiny.yaml")):
            out, err = self.sweep(*arguments)
            self.assertIn(said, " ".join((out + err).split()))
            self.assertIn("t10k-labels-idx1-ubyte", out + err)
            self.assertIn(".local/share/sweep", out + err)
        self.use("tiny")
        self.assertEqual(self.sweep("run", "tiny.yaml", "-q")[1], "")
        self.write("tiny.yaml", CONFIG.replace("dataset: tiny\n", ""))
        self.assertIn("warning: data set mnist was not found, so digits is used",
                      self.sweep("plan", "tiny.yaml", "-q")[1])
        self.assertIn("mnist was not found, so digits is used", self.sweep("doctor")[0])

    def test_unknown(self):
        for dataset in ("[mnsit, tiny]", "[tiny, mnsit]", "mnsit"):
            self.use(dataset)
            for command in ("plan", "run"):
                self.fails(65, "unknown data set 'mnsit'; did you mean 'mnist'?", command,
                           "tiny.yaml")
            self.assertIn("unknown data set 'mnsit'",
                          self.sweep("doctor", "tiny.yaml", "--db", "no.db", code=1)[0])
        self.fails(65, "did you mean 'mnist'?", "data", "info", "mnsit")
        self.fails(65, "did you mean 'mnist'?", "plan", "tiny.yaml", "-d", "mnsit")
        self.fails(65, "is six data sets", "data", "info", "emnist")
        self.use("[fashion_mnist, ./mine, tiny]")
        err = self.sweep("plan", "tiny.yaml")[1]
        self.assertIn("warning: data set fashion_mnist was not found", err)
        self.assertIn("warning: data set ./mine was not found, so tiny is used; there is no folder", err)

    def test_folders(self):
        """A bare name that is a folder here is that folder."""
        make_dataset(self.folder / "mine")
        (self.folder / "empty").mkdir()
        self.use("mine")
        self.assertIn("data set mine (mine): 200 training", self.sweep("plan", "tiny.yaml")[1])
        self.fails(65, "empty: is no data set", "plan", "tiny.yaml", "-d", "empty")
        (self.folder / "digits").mkdir()
        self.assertIn("write ./digits for what is here",
                      self.sweep("data", "info", "digits")[1])

    def test_the_list(self):
        out = self.sweep("data")[0]
        self.assertRegex(out, r"(?m)^mnist +the MNIST database.*\n +not found; in Python: keras")
        self.assertRegex(out, r"(?m)^digits .*\n +built in$")
        self.assertIn(str(self.folder / ".keras/datasets"), out)
        self.assertIn("not found; Debian's package dataset-fashion-mnist; in Python: keras", out)
        self.assertEqual(self.sweep("data", "list")[0], out)
        make_dataset(self.folder / "data/KMNIST/raw")
        self.assertRegex(self.sweep("data")[0], r"(?m)^kmnist .*\n +./data/KMNIST/raw$")

    def test_emnist(self):
        """Its images are turned upright and its letters count from 0."""
        where = self.folder / "data/EMNIST/raw"
        where.mkdir(parents=True)
        for part, count in (("train", 52), ("test", 26)):
            images = bytes(100 if i % 9 == 1 else 0 for i in range(9 * count))
            labels = bytes(1 + i % 26 for i in range(count))
            for kind, data in (("images-idx3", idx((count, 3, 3), images)),
                               ("labels-idx1", idx((count,), labels))):
                with gzip.open(where / f"emnist-letters-{part}-{kind}-ubyte.gz", "wb") as file:
                    file.write(data)
        out = self.sweep("data", "info", "emnist-letters")[0]
        self.assertIn("changes   images transposed upright, labels counted from 0", out)
        self.assertIn("classes   26\n", out)
        self.assertIn("label 0\n\n--\n\n", self.sweep("data", "show", "emnist_letters")[0])
        self.assertIn("images transposed upright", self.sweep("plan", "tiny.yaml", "-d",
                                                              "emnist_letters")[1])


class Configs(Told):
    def test_all_problems_at_once(self):
        """Each with its place, and the line as it was meant where that is clear."""
        self.write("tiny.yaml", "project: mine\n" + CONFIG.replace("adam", "amad")
                   .replace("epochs: {values: [1, 3]}", "epohcs: [1, 3]")
                   .replace("dataset: tiny", "dataset: [mnsit, tiny]"))
        for command in ("plan", "run"):
            err = self.fails(65, "sweep: tiny.yaml:10:29: unknown optimizer 'amad'; did you mean "
                             "'adam'?", command, "tiny.yaml", "--set", "lerning_rate=1")
            self.assertEqual(err.count("sweep: "), 5)
            for said in ("\n  write: optimizer: {values: [sgd, adam]}\n",
                         "sweep: tiny.yaml:11:3: unknown hyperparameter 'epohcs'; did you mean "
                         "'epochs'?",
                         "sweep: tiny.yaml:11:11: epohcs: a list, where a mapping belongs",
                         "\n  write: epochs: {values: [1, 3]}\n",
                         "sweep: --set lerning_rate=1:1:1: unknown",
                         "\n  write: --set learning_rate=1\n",
                         "sweep: tiny.yaml:4:11: unknown data set 'mnsit'",
                         "\n  write: dataset: [mnist, tiny]\n"):
                self.assertIn(said, err)
        # What a shell would split comes in quotes.
        self.assertIn("\n  write: --set 'metric={name: val_los}'\n",
                      self.fails(65, "metric must be", "plan", "tiny.yaml", "--set", "metric=val_los"))
        out = self.sweep("doctor", "tiny.yaml", code=1)[0]
        self.assertIn("did you mean 'adam'?", out)
        self.assertIn("; write: optimizer: {values: [sgd, adam]}", out)
        self.assertIn("unknown data set 'mnsit'", out)
        self.assertIn("\n4 errors, ", out)

    def test_with_what_the_data_shows(self):
        """Also a mistake that only a look at the data set shows, or at the data set itself."""
        self.write("tiny.yaml", CONFIG.replace("seed: 1", "seed: x").replace(
            "  epochs", "  rho: {value: 0.9}\n  train_images: {values: [10, 201]}\n  epochs"))
        for said in ("seed: 'x' is not allowed", "rho has no effect", "train_images: 201 are more"):
            self.told(said)
        (self.folder / "data/tiny/train-labels-idx1-ubyte").write_bytes(b"nonsense")
        for said in ("seed: 'x' is not allowed", "train-labels-idx1-ubyte"):
            self.told(said)

    def test_more_than_fit(self):
        self.write("tiny.yaml", "method: grid\nparameters:\n" +
                   "".join(f"  nonsense{i}: {{value: 1}}\n" for i in range(25)))
        err = self.fails(65, "tiny.yaml:3:3: unknown hyperparameter 'nonsense0'", "plan",
                         "tiny.yaml")
        self.assertEqual(err.count("unknown hyperparameter"), 20)
        self.assertIn("sweep: and 5 more problems\n", err)

    def test_what_is_ignored_is_noted(self):
        self.write("tiny.yaml", "program: train.py\nproject: mine\n" + CONFIG)
        for command in ("plan", "run"):
            self.assertEqual(self.sweep(command, "tiny.yaml", "-q")[1], "")
            err = self.sweep(command, "tiny.yaml")[1]
            self.assertIn("note: tiny.yaml:1:1: 'program' concerns W&B's own runner and is "
                          "ignored\n", err)
            self.assertIn("note: tiny.yaml:2:1: 'project'", err)
        self.assertIn("warning  config    tiny.yaml:2:1: 'project'",
                      self.sweep("doctor", "tiny.yaml")[0])

    def test_keys_knows_names_of_others(self):
        for name, said in (("hidden_layer_sizes", "layers: {values: [[128], [128, 64]]}"),
                           ("num_epochs", "did you mean 'epochs'?"), ("LSTM", "`sweep keys layers` lists"),
                           ("gelu_new", "did you mean 'gelu'? (computed exactly, by erf)"),
                           ("epohcs", "did you mean 'epochs'?"),
                           ("entirely_unknown", "`sweep keys` lists all names")):
            self.fails(2, said, "keys", name)

    def test_surprising_settings(self):
        self.write("tiny.yaml", CONFIG.replace(
            "  epochs", "  layers: {value: [64, 16, 10]}\n  batch_size: {value: 500}\n  epochs"))
        self.told("layers [64, 16, 10]: the first width is the input's and the last one the output's; "
                  "layers are the hidden ones alone, so 64-64-16-10-10 is trained; if that is not "
                  "meant, write [16]")
        self.told("batch_size 500: larger than the 160 training images")
        self.assertIn("batch_size 500", self.ask("SELECT warnings FROM sweeps", "t.db")[0][0])

    def test_hours_are_told(self):
        self.write("long.yaml", CONFIG.replace("[1, 3]", "[1000000]").replace("  epochs",
                   "  layers: {value: [2048, 2048]}\n  epochs"))
        self.assertRegex(self.sweep("plan", "long.yaml")[1],
                         r"warning: about \d+ (h|d)[^;]* are predicted; fewer epochs, values or "
                         "repeats take less")
        self.assertNotIn("predicted", self.sweep("plan", "tiny.yaml")[1])

    def test_equal_settings_are_trained_once(self):
        self.write("tiny.yaml", CONFIG.replace(
            "  epochs", "  layers: {values: [[10], [10 sigmoid]]}\n  epochs"))
        self.assertIn("settings             4 (4 more of the grid equal one of them)",
                      self.sweep("plan", "tiny.yaml")[0])
        self.sweep("run", "tiny.yaml", "-q")
        self.assertEqual(self.ask("SELECT count(*) FROM trials"), [(8,)])
        self.write("other.yaml", CONFIG.replace("  epochs", "  layers: {value: [10 sigmoid]}\n  epochs"))
        self.assertIn("trained already      8\n", self.sweep("plan", "other.yaml")[0])


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
