#!/usr/bin/env python3
"""Several data sets in one sweep: a hyperparameter whose trials are those of sweeps on each alone, bit for bit, in any
company, whose scores nobody ranks or pairs across data sets. Fashion-MNIST is Debian's (dataset-fashion-mnist)."""

import csv
import io
import json
import pathlib
import re
import unittest

from harness import DATA, Case, make_dataset

FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")

CONFIG = """\
name: two
method: grid
dataset: {values: [tiny, ./data/large]}
repeats: 2
metrics: [f1_score]
parameters:
  validation_split: {value: 0.2}
  layers: {value: [16]}
  optimizer: {values: [sgd, adam]}
  epochs: {values: [1, 3]}
"""
SCORES = ("SELECT t.digest, loss, accuracy, val_loss, val_accuracy, test_loss, test_accuracy, parameters"
          " FROM trials t{} ORDER BY 1")


class Datasets(Case):
    def setUp(self):
        super().setUp()
        make_dataset(self.folder / "data" / "large", train=150, test=50, size=10)
        self.write("two.yaml", CONFIG)

    def scores(self, database, dataset=None):
        return self.ask(SCORES.format(f" WHERE dataset = '{dataset}'" if dataset else ""), database)

    def test_a_trial_is_that_of_its_data_set_alone(self):
        self.sweep("run", "two.yaml", "-qj2", "--db", "two.db")
        names = {"tiny": "tiny", "large": "./data/large"}
        for name, written in names.items():
            self.sweep("run", "two.yaml", "-qj1", "--db", f"{name}.db", "-s", f"dataset={written}")
            self.assertEqual(len(self.scores(f"{name}.db")), 8)
            self.assertEqual(self.scores("two.db", name), self.scores(f"{name}.db"))
        # They share trials, and each knows them as they were.
        _, err = self.sweep("run", "two.yaml", "--db", "two.db", "-s", "dataset=tiny")
        self.assertIn("all trained already", err)
        self.assertEqual(len(self.scores("two.db")), 16)
        self.sweep("doctor", "--db", "two.db", "two.yaml")
        # Settings that differ in the data set alone are two, and their seeds stay with them.
        rows = self.ask("SELECT setting, n, dataset FROM leaderboard WHERE sweep_id = 1", "two.db")
        self.assertEqual([n for _, n, _ in rows], [2] * 8)
        self.assertEqual(len({setting for setting, _, _ in rows}), 8)
        self.assertEqual(sorted(dataset for _, _, dataset in rows), ["large"] * 4 + ["tiny"] * 4)

    def test_streams_are_not_shared(self):
        out, _ = self.sweep("plan", "two.yaml")
        self.assertIn("two, on tiny, large", out)
        self.assertRegex(out, r"cohorts +4 ")
        self.assertRegex(out, r"trials +16")
        both = json.loads(self.sweep("plan", "two.yaml", "--json")[0])
        one = json.loads(self.sweep("plan", "two.yaml", "--json", "-s", "dataset=tiny")[0])
        other = json.loads(self.sweep("plan", "two.yaml", "--json", "-s", "dataset=./data/large")[0])
        self.assertAlmostEqual(both["data_bytes"], one["data_bytes"] + other["data_bytes"], delta=1000)
        self.assertEqual(both["dataset"], "tiny, large")

    def test_the_list_tells_what_can_not_be_read(self):
        """Where the data are not whole, they are not listed as found, and the others are still listed."""
        def listed():
            return {entry["name"]: entry for entry in json.loads(self.sweep("data", "--json")[0])["datasets"]}
        make_dataset(self.folder / "data" / "kmnist")
        make_dataset(self.folder / "data" / "qmnist")
        self.assertEqual([(listed()[name]["path"], listed()[name]["error"]) for name in ("kmnist", "mnist")],
                         [("./data/kmnist", None), (None, None)])
        (self.folder / "data" / "kmnist" / "t10k-labels-idx1-ubyte").unlink()
        labels = self.folder / "data" / "qmnist" / "train-labels-idx1-ubyte"
        labels.write_bytes(labels.read_bytes()[:-1])
        for name, said in (("kmnist", "kmnist: holds t10k-images-idx3-ubyte but not t10k-labels-idx1-ubyte"),
                           ("qmnist", "train-labels-idx1-ubyte: ends too early")):
            self.assertIsNone(listed()[name]["path"])
            self.assertIn(said, listed()[name]["error"])
            self.assertIn(said, " ".join(self.sweep("data")[0].split()))

    def test_what_readers_say(self):
        _, err = self.sweep("run", "two.yaml")
        self.assertIn("those that differ in dataset are ranked apart", err)
        out, _ = self.sweep("top", "--csv")
        ranks = [(row["dataset"], row["rank"]) for row in csv.DictReader(io.StringIO(out))]
        self.assertEqual([name for name, _ in ranks], ["tiny"] * 4 + ["large"] * 4)
        self.assertEqual([ranks[0][1], ranks[4][1]], ["1", "1"])
        out, _ = self.sweep("compare")
        for name in ("tiny", "large"):
            self.assertIn(f"dataset {name}: 8 of 8 trials", out)
        self.assertIn("8 of 8 trials", self.sweep("compare", "optimizer", "--where", "dataset=large")[0])
        self.fails(2, "dataset can't be compared by val_accuracy", "compare", "dataset")
        self.assertIn("each value against", self.sweep("compare", "dataset", "--metric", "train_seconds")[0])
        self.fails(2, "values it has of dataset: large, tiny", "top", "--where", "dataset=larg")
        self.assertIn("dataset", self.sweep("export")[0].splitlines()[0].split(","))
        self.assertEqual(self.sweep("export")[0].splitlines()[0].split(",").count("dataset"), 1)
        self.sweep("report", "-o", "page.html")
        self.assertIn("tiny, large", self.sweep("list")[0])
        # The best of each, on its own images.
        said = self.fails(2, "name one of the best", "show")
        best = dict(re.findall(r"(\d+) \(dataset (\w+)\)", said))
        self.assertEqual(sorted(best.values()), ["large", "tiny"])
        for trial, name in best.items():
            self.assertIn(f", on {name}:", self.sweep("show", trial)[0])
            self.assertIn("test", self.sweep("predict", trial, "--index", "3")[0])
            shown = json.loads(self.sweep("show", trial, "--json")[0])
            self.assertEqual(shown["dataset"], name)

    def test_zip_and_exclude(self):
        # Nets of one data set alone.
        apart = ("-s", "layers=[[8], [\"conv2d 4 9\", 8]]")
        err = self.fails(65, "its window is larger", "plan", "two.yaml", "-q", *apart)
        self.assertIn("on tiny", err)
        self.assertNotIn("on large", err)
        out, _ = self.sweep("plan", "two.yaml", *apart, "-s", "zip=[dataset, layers]")
        self.assertRegex(out, r"settings +8\n")
        out, _ = self.sweep("plan", "two.yaml", *apart, "-s",
                            "exclude=['dataset=tiny and layers=[\"conv2d 4 9\", 8]']")
        self.assertRegex(out, r"settings +12 \(4 excluded\)")
        self.assertRegex(self.sweep("plan", "two.yaml", "-s", "exclude=[dataset=./data/large]")[0],
                         r"settings +4 \(4 excluded\)")
        self.fails(65, "no data set of this sweep is called 'larg'", "plan", "two.yaml", "-q", "-s",
                   "exclude=[dataset=larg]")

    def test_below_parameters_and_with_options(self):
        below = CONFIG.replace("dataset: {values: [tiny, ./data/large]}\n", "") + (
            "  dataset: {values: [tiny, {name: ./data/large, normalization: true}]}\n")
        self.write("below.yaml", below)
        _, err = self.sweep("run", "below.yaml")
        self.assertRegex(err, r"data set large .*normalised")
        self.assertNotRegex(err, r"data set tiny .*normalised")
        trial = self.ask("SELECT trial_id FROM models JOIN trials USING (trial_id) WHERE dataset = 'large'")[0][0]
        self.sweep("predict", str(trial), "--index", "1")
        self.assertRegex(self.sweep("plan", "below.yaml", "-s", "dataset=tiny")[0], r"settings +4")
        self.assertRegex(self.sweep("plan", "tiny.yaml", "-s", "dataset={values: [tiny, large]}", "--data-dir",
                                    "data")[0], r"settings +8")
        self.assertRegex(self.sweep("plan", "tiny.yaml", "-s", "dataset=[tiny, {name: large, shuffle: true}]",
                                    "--data-dir", "data")[0], r"settings +8")

    def test_errors(self):
        for said, value in (("did you mean 'mnist'", "[tiny, minst]"), ("are the same data", "[tiny, ./data/tiny]"),
                            ("unknown key of dataset 'nam'", "[tiny, {nam: x}]"), ("list of 1 to 16", "[]"),
                            ("a name or values, not both", "[{name: tiny, values: [tiny]}]")):
            self.fails(65, said, "plan", "two.yaml", "-q", "-s", f"dataset={{values: {value}}}")
        self.fails(65, "to try each, write {values:", "plan", "two.yaml", "-q", "-s", "dataset=[{name: tiny}]")
        self.fails(2, "--set dataset=tiny", "plan", "two.yaml", "-q", "-d", "tiny")
        self.fails(2, "--set 'dataset={name: tiny}'", "plan", "tiny.yaml", "-q", "-d", "{name: tiny}")
        self.fails(65, "one data set belongs here", "data", "info", "{values: [tiny]}")
        self.write("twice.yaml", CONFIG + "  dataset: {values: [tiny]}\n")
        self.fails(65, "dataset is here twice", "plan", "twice.yaml", "-q")
        self.write("values.csv", "a,target\n" + "".join(f"{i / 7},{i / 3}\n" for i in range(50)))
        self.fails(65, "no metric judges both", "plan", "two.yaml", "-q", "-s",
                   "dataset={values: [tiny, {name: ./values.csv, targets: values}]}")
        make_dataset(self.folder / "other" / "tiny", size=9)
        self.fails(65, "told apart by the name", "plan", "two.yaml", "-q", "-s",
                   "dataset={values: [tiny, ./other/tiny]}")
        self.fails(65, "values.csv, normalization: true}', and see both on one page: sweep report --sweep 1 --sweep 2", "plan", "two.yaml", "-q",
                   "-s", "dataset={values: [./values.csv, {name: ./values.csv, normalization: true}]}")

    def test_shards(self):
        self.sweep("run", "two.yaml", "-q", "--db", "whole.db")
        for shard in ("1/3", "2/3", "3/3"):
            self.sweep("run", "two.yaml", "-q", "--results", "parts", "--shard", shard)
        self.sweep("merge", "parts", "--db", "merged.db")
        for database in ("whole.db", "merged.db"):
            self.assertEqual(len(self.scores(database)), 16)
        self.assertEqual(self.dump("merged.db"), self.dump("whole.db"))

    def test_searches(self):
        for method in ("random", "tpe"):
            self.sweep("run", "two.yaml", "-q", "--db", "search.db", "-s", f"method={method}", "-s",
                       "budget={trials: 12}", "-s", "batch=3", "-s", "learning_rate={min: 1e-3, max: 0.1, log: true}",
                       "-s", f"name={method}")
            found = self.ask("SELECT DISTINCT t.dataset FROM sweep_results t JOIN sweeps USING (sweep_id)"
                             f" WHERE name = '{method}'", "search.db")
            self.assertEqual(sorted(found), [("large",), ("tiny",)])
            self.sweep("compare", "--db", "search.db")

    def test_a_name_that_the_trial_does_not_have(self):
        """Equal data of another name: a trial has the name that the first sweep gave it, until one needs its own."""
        self.sweep("run", "two.yaml", "-q", "-s", "dataset=tiny")
        (self.folder / "data" / "tiny").rename(self.folder / "data" / "moved")
        self.sweep("run", "two.yaml", "-q", "-s", "dataset={values: [./data/moved, ./data/large]}")
        self.assertEqual(self.ask("SELECT dataset, count(*) FROM trials GROUP BY 1"), [("large", 8), ("moved", 8)])

    @unittest.skipUnless(DATA and FASHION.is_dir(),
                         "SWEEP_DATA_DIR is not set, or Debian's package dataset-fashion-mnist is not installed")
    def test_mnist_and_fashion_mnist(self):
        sets = "-s", "dataset={values: [mnist, fashion_mnist]}", "-s", "train_images=1000"
        places = {"SWEEP_DATA_DIR": DATA, "XDG_DATA_DIRS": "/usr/share"}
        self.sweep("run", "two.yaml", "-q", *sets, environment=places)
        self.sweep("run", "two.yaml", "-q", "--db", "one.db", "-s", "dataset=fashion_mnist", *sets[2:],
                   environment=places)
        self.assertEqual(self.scores("results/sweep.db", "fashion_mnist"), self.scores("one.db"))
        self.assertEqual(len(self.scores("one.db")), 8)


if __name__ == "__main__":
    unittest.main()
