#!/usr/bin/env python3
"""Models with several outputs: what is reported of them, in any company and after an interruption, and what is refused."""

import json
import unittest

from harness import Case

CONFIG = """\
name: outputs
method: grid
dataset: tiny
keep_models: all
metric: {name: val_digit_loss}
parameters:
  validation_split: {value: 0.2}
  batch_size: {value: 16}
  epochs: {value: 3}
  optimizer: {value: adam}
  model:
    value:
      begin: 24 relu
      trunk: 12 tanh
      outputs:
        digit: {dense: {units: 10, activation: softmax}, loss: categorical_crossentropy, metrics: [f1_score]}
        odd: {dense: {units: 2, activation: softmax}, inputs: begin, target: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1], loss: mse, loss_weight: WEIGHT}
"""
BINARY = """\
name: binary
method: grid
dataset: tiny
keep_models: all
metric: {name: val_accuracy}
metrics: [binary_accuracy, precision, recall]
parameters:
  validation_split: {value: 0.2}
  epochs: {value: 2}
  optimizer: {value: adam}
  learning_rate: {value: 0.003}
  model:
    value:
      trunk: 24 relu
      outputs:
        odd: {dense: {units: 1, activation: sigmoid}, target: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1], loss: binary_crossentropy}
"""
SCORES = ("digit_accuracy", "digit_f1_score", "digit_loss", "odd_accuracy", "odd_loss")

# A change of the config, and what is said of it, with its place.
REFUSED = (
    (", loss: mse, loss_weight: WEIGHT", "", ":17:9: layers: the output 'odd' has no loss"),
    (", target: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]", "", ":17:9: layers: the output 'odd' has 2 numbers for 10 classes"),
    ("1, 0, 1], loss", "1, 0], loss", "the target of the output 'odd' has 9 classes for the 10 of tiny"),
    ("[0, 1, 0, 1, 0, 1, 0, 1, 0, 1]", "parity", "has the target 'parity', which tiny has not"),
    ("[0, 1, 0, 1, 0, 1, 0, 1, 0, 1]", "2nd", "has the target '2nd', which tiny has not"),
    ("[0, 1, 0, 1, 0, 1, 0, 1, 0, 1]", "2nd/odd", "'2nd/odd' can't name a target's array"),
    ("[0, 1, 0,", "[0, -1, 0,", "the classes of a target are whole numbers"),
    ("val_digit_loss", "val_foo_loss", ":5:16: unknown metric 'foo_loss': no model has an output 'foo'"),
    ("trunk: 12 tanh", "trunk: 12 tanh\n      lost: {dense: 5, inputs: begin}\n      last: {dense: 5, inputs: trunk}",
     "no layer reads this one, 'lost', and it is no output"),
    ("begin: 24 relu", "begin: {add: [trunk, input]}", "a network has no cycles"),
    (" odd:", " val_odd:", "no output's name begins with 'val'"),
    (" odd:", " binary:", "binary_accuracy would be the name of a score"),
    (" odd:", " digit:", "here twice"),
    ("begin: 24 relu\n      trunk: 12 tanh\n      outputs:\n", "outputs: {dense: {units: 10, activation: softmax}}\n      twice:\n",
     "layers: an output can't have the name 'dense'"),
    (" odd:", " dense:", ":17:9: layers: an output can't have the name 'dense': that is a kind of layer"),
    ("{dense: {units: 2, activation: softmax}, ", "{dense: 2, activation: softmax, ",
     ":17:15: layers: what 'dense' takes stands within it: {dense: {units: ..., activation: ...}}"),
    ("trunk: 12 tanh", "trunk: {dense: 12, dropout: 0.1}", ":14:26: layers: 'dense' and 'dropout' are two layers, each an item of its own"),
    ("trunk: 12 tanh", "trunk: {conv2d: 12, padding: same}", ":14:15: layers: what 'conv2d' takes stands within it: {conv2d: {padding: ...}}"),
    ("digit: {dense: {units: 10, activation: softmax}, ", "digit: {", "unknown layer 'digit'"),
    ("loss: mse", "loss: msee", "unknown loss 'msee'"),
    ("metrics: [f1_score]", "metrics: [f1_scoer]", "unknown metric 'f1_scoer'; did you mean 'f1_score'?"),
    ("val_digit_loss", "val_digit_acuracy", ":5:16: unknown metric 'val_digit_acuracy'; did you mean 'val_digit_accuracy'?"),
    ("trunk: 12 tanh", "trunk: 12 tanh\n      lost: {reshape: 5x5}", ":15:7: layers "),
    ("WEIGHT", "-1", "loss_weight: '-1' is not allowed"),
    ("WEIGHT", "1, label_smoothing: 0.1", "mean_squared_error has no label_smoothing"),
    ("digit: {dense: {units: 10, activation: softmax}, ", "digit: {inputs: input, ", "an output is what one layer gives, not the image"),
    ("  epochs", "  class_weight: {value: balanced}\n  epochs", "class_weight has no effect: it does not go with outputs that are named, as each model's here are"),
    ("  epochs", "  early_stopping: {value: val_foo_loss patience=1}\n  epochs", "no model has an output 'foo'"),
)


class Outputs(Case):
    def run_sweep(self, weight, *options, db="results/sweep.db"):
        self.write("outputs.yaml", CONFIG.replace("WEIGHT", weight))
        self.sweep("run", "outputs.yaml", "-q", "--db", db, *options)

    def scores(self, trial):
        rows = self.ask(f"SELECT name, epoch, value FROM metrics WHERE trial_id = {trial}")
        return {(name, epoch): value for name, epoch, value in rows}

    def test_reports_as_keras_does(self):
        self.run_sweep("{values: [0.25, 1]}")
        trials = self.ask("SELECT trial_id, layers, loss, val_loss, val_accuracy, test_loss, loss_function FROM trials")
        self.assertEqual(len(trials), 2)
        for trial, layers, loss, val_loss, val_accuracy, test_loss, function in trials:
            weight = 0.25 if "loss_weight=0.25" in layers else 1
            found = self.scores(trial)
            names = {f"{prefix}{name}" for name in SCORES for prefix in ("", "val_", "test_")}
            self.assertEqual({name for name, _ in found}, names)
            for prefix, total in (("", loss), ("val_", val_loss), ("test_", test_loss)):
                self.assertAlmostEqual(found[prefix + "digit_loss", 3] + weight * found[prefix + "odd_loss", 3], total, 6)
            self.assertEqual(found["val_digit_accuracy", 3], val_accuracy)
            self.assertIsNone(function)
            answer = {one["name"]: one for one in json.loads(self.sweep("predict", str(trial), "-i", "3", "--json")[0])["outputs"]}
            self.assertEqual([len(answer[name]["probabilities"]) for name in ("digit", "odd")], [10, 2])
            self.assertEqual(answer["digit"]["label"] % 2, answer["odd"]["label"])

    def test_company_and_interruptions_change_nothing(self):
        wanted = "SELECT digest, loss, val_loss, test_loss FROM trials ORDER BY digest"
        self.run_sweep("{values: [0.25, 1]}", "-s", "epochs={values: [1, 3]}", "-j1")
        together = self.ask(wanted)
        (self.folder / "results" / "sweep.db").unlink()
        for weight in ("0.25", "1"):
            for epochs in ("1", "3"):
                self.run_sweep(weight, "-s", f"epochs={epochs}")
        self.assertEqual(self.ask(wanted), together)

    def test_callbacks_watch_an_output(self):
        self.write("outputs.yaml", CONFIG.replace("WEIGHT", "0.5").replace(
            "  epochs: {value: 3}", "  epochs: {value: 40}\n  early_stopping: {value: val_odd_accuracy patience=1 min_delta=0.9}"))
        self.sweep("run", "outputs.yaml", "-q")
        # What does not apply where outputs are named, and is called as one of its values is.
        self.assertIn("class_weight=none: ", self.sweep("top", "--where", "class_weight=none")[0])
        self.assertEqual(self.ask("SELECT max(epoch) FROM history")[0][0], 2)

    def test_callbacks_go_by_what_an_output_scored(self):
        """Keras' rules, computed anew from the scores of a training without callbacks."""
        self.run_sweep("0.5", "-s", "epochs=30", "-s", "optimizer={name: sgd, learning_rate: 1.5, momentum: 0.9}")
        losses = dict(self.ask("SELECT epoch, value FROM metrics WHERE name = 'digit_loss' AND trial_id = 1"))
        wait, best, end = 0, losses[1], 30
        for epoch in range(2, 31):
            wait = 0 if losses[epoch] < best else wait + 1
            best = min(best, losses[epoch])
            if wait == 2:
                end = epoch
                break
        self.assertIn(end, range(3, 30))
        options = ("epochs=30", "optimizer={name: sgd, learning_rate: 1.5, momentum: 0.9}",
                   "early_stopping=digit_loss patience=2 restore_best_weights=true")
        self.run_sweep("0.5", *(word for option in options for word in ("-s", option)), db="stopped.db")
        found = dict(self.ask("SELECT epoch, value FROM metrics WHERE name = 'digit_loss'", "stopped.db"))
        self.assertEqual(found, {epoch: loss for epoch, loss in losses.items() if epoch <= end})
        reduced = "reduce_lr_on_plateau=digit_loss patience=2 factor=0.01"
        self.run_sweep("0.5", *(word for option in (*options[:2], reduced) for word in ("-s", option)), db="reduced.db")
        found = dict(self.ask("SELECT epoch, value FROM metrics WHERE name = 'digit_loss'", "reduced.db"))
        self.assertEqual([epoch for epoch in losses if found[epoch] != losses[epoch]][:1], [end + 1])

    def test_killed_and_taken_up(self):
        """kill -9 in the middle of a training: the same weights in the end, byte for byte."""
        options = ("-c0", "-j1", "-s", "epochs=200",
                   "-s", "reduce_lr_on_plateau=val_digit_loss patience=3", "-s", "early_stopping=odd_loss patience=999999")
        self.write("outputs.yaml", CONFIG.replace("WEIGHT", "0.25"))
        self.expect_same_after_a_kill("outputs.yaml", *options)

    def test_what_is_wrong_is_told_with_its_place(self):
        for old, new, message in REFUSED:
            with self.subTest(new=new, message=message):
                self.assertIn(old, CONFIG)
                self.write("outputs.yaml", CONFIG.replace(old, new, 1).replace("WEIGHT", "1"))
                self.fails(65, message, "plan", "outputs.yaml")

    def test_a_sum_of_other_losses_is_no_metric(self):
        told = ":5:16: metric test_loss is the sum of the outputs' losses, which are not the same or weigh otherwise"
        for weight in ("{values: [0.5, 1]}", "1, label_smoothing: {values: [0, 0.1]}", "1"):
            text = CONFIG.replace("WEIGHT", weight).replace("loss: mse", "loss: categorical_crossentropy")
            for metric in ("test_loss", "val_odd_loss"):
                self.write("outputs.yaml", text.replace("val_digit_loss", metric))
                if weight != "1" and metric == "test_loss":
                    self.fails(65, told, "plan", "outputs.yaml")
                else:
                    self.sweep("plan", "outputs.yaml")
        layers = '["2 softmax", "output odd LOSS target=0/1/0/1/0/1/0/1/0/1"]'
        lists = [layers.replace("LOSS", loss) for loss in ("loss=mse", "loss=mae", "loss=mse")]
        for these, code in ((lists[:2], 65), ((lists[0], lists[2].replace("2 softmax", "2 sigmoid")), 0)):
            self.write("lists.yaml", "method: grid\ndataset: tiny\nmetric: {name: test_loss}\nparameters:\n"
                       f"  layers: {{values: [{', '.join(these)}]}}\n")
            _, err = self.sweep("plan", "lists.yaml", code=code)
            self.assertEqual("metric test_loss is the sum" in err, code == 65, err)

    def test_shows_all_outputs(self):
        self.run_sweep("0.25")
        shown = self.sweep("show")[0]
        for line in ("  odd (Output)", "Confusion matrix of digit", "Confusion matrix of odd", "Most confident mistakes of odd"):
            self.assertIn(line, shown)
        read = json.loads(self.sweep("show", "--json")[0])
        scores = self.scores(read["trial"])
        for (name, epoch), value in scores.items():
            self.assertTrue(epoch < 3 or read["scores"][name] == value, name)
            self.assertRegex(shown, rf"\n  {name} +[0-9.e-]+{'  .what the sweep goes by' if name == 'val_digit_loss' else ''}")
        self.assertEqual([one["name"] for one in read["outputs"]], ["digit", "odd"])
        self.assertEqual(read["confusion"], read["outputs"][0]["confusion"])
        for one, classes in zip(read["outputs"], (10, 2)):
            self.assertEqual([len(row) for row in one["confusion"]], [classes] * classes)
            self.assertAlmostEqual(one["test_accuracy"], scores[f"test_{one['name']}_accuracy", 3], 9)
            right = sum(one["confusion"][i][i] for i in range(classes))
            self.assertAlmostEqual(right / sum(map(sum, one["confusion"])), one["test_accuracy"], 9)

    def test_one_unit_tells_two_classes_apart(self):
        """Keras' usual binary classifier: what is reported is what the predictions of each image come to."""
        self.write("binary.yaml", BINARY)
        self.sweep("run", "binary.yaml", "-q")
        scores = self.scores(1)
        shown = json.loads(self.sweep("show", "--json")[0])
        (_, taken), (missed, found) = shown["confusion"]
        images = sum(map(sum, shown["confusion"]))
        self.assertAlmostEqual(shown["scores"]["test_accuracy"], (images - taken - missed) / images, 9)
        self.assertEqual(scores["test_binary_accuracy", 2], shown["scores"]["test_accuracy"])
        self.assertAlmostEqual(scores["test_precision", 2], found / (found + taken), 9)
        self.assertAlmostEqual(scores["test_recall", 2], found / (found + missed), 9)
        self.assertGreater(shown["scores"]["test_accuracy"], 0.7)
        self.assertNotEqual(missed, taken)
        self.assertIn("Confusion matrix of odd\n", self.sweep("show")[0])
        answers = [json.loads(self.sweep("predict", "-i", str(i), "--json")[0])["outputs"][0] for i in range(8)]
        for answer in answers:
            self.assertAlmostEqual(sum(answer["probabilities"]), 1, 6)
            self.assertEqual(answer["predicted"], answer["probabilities"][1] > 0.5)
            self.assertIn(answer["label"], (0, 1))
        code = self.sweep("show", "--keras")[0]
        compile(code, "keras", "exec")
        self.assertIn('"odd": np.array([0, 1, 0, 1, 0, 1, 0, 1, 0, 1])[y].reshape(-1, 1),\n', code)
        self.assertNotIn("to_categorical", code)
        # The same network from a list of layers is the same trial.
        self.write("list.yaml", BINARY.split("  model:")[0] + "  layers: {value: [24 relu, 1 sigmoid, {output: {name: odd, "
                   "loss: binary_crossentropy, target: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]}}]}\n")
        self.assertIn("trained already", self.sweep("plan", "list.yaml")[0])
        self.assertRegex(self.sweep("plan", "list.yaml")[0], "trained already +1\n")

    def test_one_unit_of_what_it_can_not_tell(self):
        for old, new, message in (
                (", target: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]", "",
                 "the output 'odd' has 1 number for 10 classes; its layer needs units: 10, or it a target with other classes "
                 "(one unit tells two classes apart)"),
                ("1, 0, 1]", "1, 0, 2]", "has 1 number for 3 classes; its layer needs units: 3 (one unit"),
                ("loss: binary_crossentropy", "loss: categorical_crossentropy", "compares several; use binary_crossentropy"),
                ("activation: sigmoid", "activation: softmax", "softmax of one number is always 1; its layer needs another"),
                (", activation: sigmoid", "", "as in activation: sigmoid"),
                ("recall]", "f1_score]", ":6:39: f1_score compares the units of an output, and the first output has one"),
                ("loss: binary", "metrics: [top_k_categorical_accuracy], loss: binary", ":16:105: top_k_categorical_accuracy compares the units"),
                ("val_accuracy", "val_odd_f1_score", ":5:16: val_odd_f1_score compares the units of an output, and the output 'odd' has")):
            with self.subTest(new=new):
                self.assertIn(old, BINARY)
                self.write("binary.yaml", BINARY.replace(old, new, 1))
                self.fails(65, message, "plan", "binary.yaml")

    def test_code_for_keras(self):
        self.run_sweep("0.25")
        code = self.sweep("show", "--keras")[0]
        compile(code, "keras", "exec")
        for line in ('"odd": keras.utils.to_categorical(np.array([0, 1, 0, 1, 0, 1, 0, 1, 0, 1])[y], 2),',
                     'outputs = {"digit": dense_2, "odd": dense_3}', 'loss_weights={"digit": 1, "odd": 0.25},',
                     'loss={"digit": "categorical_crossentropy", "odd": "mean_squared_error"},',
                     'metrics={"digit": ["accuracy", keras.metrics.F1Score(average="macro")], "odd": ["accuracy"]},'):
            self.assertIn(line, code)


if __name__ == "__main__":
    unittest.main()
