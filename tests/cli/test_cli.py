"""The program as its users meet it: every command and option, exit statuses, what goes where,
terminals and pipes, signals.

ctest sets SWEEP, the program's path. The tests train on a tiny data set; those of the class Mnist
need the real one in $SWEEP_DATA_DIR.
"""

import csv
import io
import itertools
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
import unittest

from harness import CONFIG, COMMANDS, DATA, ENDLESS, LONG, PATIENCE, ROOT, SLOW, SWEEP, \
    Case, make_dataset
from identity import identify


class Help(Case):
    def test_help_is_on_stdout(self):
        out, err = self.sweep("--help")
        self.assertEqual(err, "")
        self.assertLessEqual(max(map(len, out.splitlines())), 80)
        for command in COMMANDS:
            self.assertIn(f"sweep {command}", out)
        self.assertEqual(self.sweep("help")[0], out)
        for words in (("-h",), ("-?",), ("help", "help"), ("help", "--help")):
            self.assertEqual(self.sweep(*words)[0], out)
        self.assertEqual(self.sweep("version"), self.sweep("--version"))
        self.fails(2, "did you mean 'version'?", "verison")

    def test_every_command_has_help_and_version(self):
        version = self.sweep("--version")
        self.assertRegex(version[0], r"^sweep \d+\.\d+\.\d+\n$")
        self.assertEqual(version[1], "")
        self.assertEqual(self.sweep("-V"), version)
        for command in COMMANDS:
            out, err = self.sweep(command, "--help")
            self.assertTrue(out.startswith(f"Usage: sweep {command}"), out)
            self.assertEqual(err, "")
            self.assertLessEqual(max(map(len, out.splitlines())), 80)
            self.assertEqual(self.sweep("help", command), (out, ""))
            self.assertEqual(self.sweep(command, "-h"), (out, ""))
            self.assertEqual(self.sweep(command, "--version"), version)
            self.assertEqual(self.sweep(command, "--usage")[0], out.splitlines(True)[0])

    def test_wrong_usage(self):
        self.assertIn("Usage", self.sweep(code=2)[1])
        self.fails(2, "did you mean 'run'?", "rn")
        self.fails(2, "no command '?[31mx'", "\033[31mx")
        self.fails(2, "did you mean 'plan'?", "help", "plann")
        self.fails(2, "options come after it", "--db", "x.db", "top")
        self.fails(2, "CONFIG is missing, as in: sweep run grid", "run")
        self.fails(2, "CONFIG is missing", "plan")
        self.fails(2, "one CONFIG at a time: 'a.yaml' and 'b.yaml'", "run", "a.yaml", "b.yaml")
        self.fails(2, "one CONFIG at a time", "doctor", "a.yaml", "b.yaml")
        for wrong in (("bench",), ("export",), ("report",), ("top",), ("doctor", "a.yaml"),
                      ("run", "a.yaml")):
            self.assertNotIn("\033", self.fails(2, "'?[31mx'", *wrong, "\033[31mx"))
        for command in COMMANDS:
            self.fails(2, "no option '--nonsense'", command, "--nonsense")
            self.fails(2, "no option '-9'", command, "-9")
        for jobs in ("0", "-1", "two", "2x", "", "1.5", "99999999999999999999"):
            self.fails(2, "--jobs takes a whole number from 1", "run", "tiny.yaml", "-j", jobs)
        self.fails(2, "--number takes", "top", "-n", "-1")
        self.fails(2, "--db FILE", "top", "results/sweep.db")
        self.fails(2, "one NAME at a time", "keys", "sgd", "adam")
        self.fails(2, "NAME is missing", "data", "info")
        self.fails(2, "'look' is not one of list|info|show|copy", "data", "look", "tiny")
        self.fails(2, "one NAME at a time", "data", "info", "tiny", "tiny")
        self.fails(2, "--index takes", "data", "show", "tiny", "-i", "x")
        self.fails(2, "0 to 199", "data", "show", "tiny", "-i", "200")

    def offered(self, command):
        """The command's options: letter, name, what its value is called, its help."""
        out = self.sweep(command, "--help")[0]
        return [(letter, name, value, " ".join(text.split())) for letter, name, value, text in
                re.findall(r"(?m)^  (?:-(.), |    )--([a-z-]+)(?:=(\S+))?(.*(?:\n {29}.*)*)", out)]

    def test_options_are_found_by_their_nearest_name(self):
        for command, wrong, right in (
                ("run", "--jbos", "jobs"), ("run", "--threads", "jobs"), ("top", "--metric", "by"),
                ("compare", "--by", "metric"), ("top", "--limit", "number"), ("run", "--sets", "set"),
                ("export", "--formta", "format"), ("plan", "--database", "db")):
            self.fails(2, f"no option '{wrong}'; did you mean '--{right}'?", command, wrong)
        for words in (("--epochs", "3"), ("--epochs=3",)):
            self.fails(2, "--set epochs=3", "run", "tiny.yaml", *words)
        self.fails(2, "--set batch_size=VALUE", "plan", "tiny.yaml", "--batch-size")
        self.fails(2, "--set repeats=5", "run", "tiny.yaml", "--repeats", "5")

    def test_what_is_written_as_elsewhere_is_understood(self):
        """It is told how to write it, and what is told is right."""
        for text, *better in (
                ("optimizer=adam,sgd", "optimizer=[adam, sgd]"),
                ("optimizer={adam, sgd}", "optimizer=[adam, sgd]"),
                ("loss=mse|mae", "loss=[mse, mae]"), ("epochs=5,10", "epochs=[5, 10]"),
                ("epochs=1..3", "epochs={min: 1, max: 3}"), ("epochs=1-3", "epochs={min: 1, max: 3}"),
                ("epochs=range(1, 3)", "epochs={min: 1, max: 3}"),
                ("layers=128,64", "layers=[128, 64]", "layers=[[128], [64]]"),
                ("layers=128 relu, 64", "layers=[128 relu, 64]"), ("layers=64 relu", "layers=[64 relu]"),
                ("layers=64 32", "layers=[64, 32]", "layers=[[64], [32]]"), ("optimizer=adam sgd", "optimizer=[adam, sgd]"), ("layers=16", "layers=[16]"),
                ("parameters.epochs=3", "epochs=3"), ("--batch-size=32", "batch_size=32"),
                ("epochs: 3", "epochs=3"),
                ("metric=val_loss", "metric={name: val_loss, goal: minimize}"),
                ("metric=val_acc", "metric={name: val_accuracy, goal: maximize}"),
                ("epochs=3 seed=4", "epochs=3", "seed=4"),
                ("metric.name=val_loss", "metric={name: val_loss, goal: minimize}"),
                ("metric.goal=minimize", "metric={name: val_loss, goal: minimize}"),
                ("metric.goal=max", "metric={name: val_accuracy, goal: maximize}"),
                ("optimizer.name=adam", "optimizer=adam"),
                ("optimizer.learning_rate=0.1", "learning_rate=0.1"),
                ("parameters.optimizer.value.learning_rate=[0.1, 1]", "learning_rate=[0.1, 1]"),
                ("dataset.name=tiny", "dataset=tiny"), ("parameters.epochs.value=3", "epochs=3"),
                ("parameters.epochs.values=1,2", "epochs=[1, 2]"),
                ('epochs="3"', "epochs=3"), ("layers='[128, 64]'", "layers=[128, 64]"),
                ('optimizer="sgd, adam"', "optimizer=[sgd, adam]"),
                ("epochs=3\nseed: 4", "epochs=3", "seed=4"),
                ("optimizer=[sgd, adam]\nseed=4\n", "optimizer=[sgd, adam]", "seed=4"),
                ("optimizer=adam,epochs=3", "optimizer=adam", "epochs=3"),
                ("metrics=f1_score,mae", "metrics=[f1_score, mae]")):
            shown = text.replace("\n", "?")
            err = self.fails(65, f"--set {shown}:", "plan", "tiny.yaml", "-s", text)
            said = [a or b for a, b in re.findall(r"--set (?:'([^']*)'|([^ ':]\S*))", err)]
            self.assertEqual(said[-len(better):], better, err)
            for option in better:
                self.sweep("plan", "tiny.yaml", "-s", option)
        self.sweep("run", "tiny.yaml", "-q")
        for text, *better in (
                ("optimizer=adam,sgd", "optimizer in [adam, sgd]"),
                ("optimizer != ftrl, sgd", "optimizer not in [ftrl, sgd]"),
                ("optimizer in ('adam')", "optimizer in [adam]"),
                ("optimizer=adam || optimizer=sgd", "optimizer in [adam, sgd]"),
                ("optimizer=adam && epochs=1", "optimizer=adam", "epochs=1"),
                ("1<epochs<=3", "epochs>1", "epochs<=3"), ("2 < epochs", "epochs>2"),
                ("epochs between 1 and 3", "epochs>=1", "epochs<=3"), ("epochs=>3", "epochs>=3"),
                ("optimizer<>adam", "optimizer!=adam"), ("Optimizer=Adam", "optimizer=Adam"),
                ("momentum is null", "momentum=none"), ("seed=1,2", "seed in [1, 2]")):
            err = self.fails(2, f"--where {text}: write --where ", "top", "-w", text)
            said = [a or b for a, b in re.findall(r"--where (?:'([^']*)'|([^ ':]\S*))", err)]
            self.assertEqual(said[-len(better):], better, err)
            for option in better:
                self.sweep("top", "-w", option)
        for text in ("optimizer == adam", "optimizer = adam", "loss=categorical_crossentropy",
                     "loss_function = categorical_crossentropy"):
            self.sweep("top", "-w", text)
        for text, by, sql in (("val_accuracy>0.9", "val_accuracy", "val_accuracy>0.9"),
                              ("test_loss <= 1", "test_loss", "test_loss<=1"),
                              ("loss<9", "loss", "loss<9"), ("f1>0.1", "f1_score", None),
                              ("seconds<9", "train_seconds", "train_seconds<9"),
                              ("status=completed", None, "status='completed'")):
            err = self.fails(2, "is a result; --where takes hyperparameters and seed", "top", "-w", text)
            if by:
                self.assertIn(f"`sweep top --trials --by {by}`", err)
                self.sweep("top", "--trials", "--by", by)
            if sql:
                self.assertTrue(err.endswith(f"In SQL: SELECT * FROM trials WHERE {sql}\n"), err)
                self.ask(f"SELECT * FROM trials WHERE {sql}")
        self.fails(2, "unknown loss 'mse2'", "top", "-w", "loss=mse2")
        for text, said in (("hidden_units=3", "; with --set, NAME: VALUE is NAME=VALUE"),
                           ("epochs={value: [1, 2]}", "several values are a list: NAME=[X, Y]"),
                           ("epochs.min=3", "epochs is set as a whole: --set 'epochs={min: ..., max: ...}'"),
                           ("layers=[zero_padding2d 65535]", "layers: padding: '65535' is not allowed"),
                           ("parameters.layers.0.units=3", "layers is set as a whole: --set 'layers=...'"),
                           ("metric.target=3", "metric is set as a whole: --set 'metric=...'")):
            err = self.fails(65, said, "plan", "tiny.yaml", "-s", text)
            if "." in text:
                self.assertNotIn("write:", err)

    def test_how_options_are_written(self):
        plain = self.sweep("plan", "tiny.yaml", "--jobs", "2", "--quiet", "--db", "x.db")
        for words in (("--jobs=2", "--quiet", "tiny.yaml"), ("-j2", "-q", "tiny.yaml"),
                      ("-qj2", "tiny.yaml"), ("-qj", "2", "tiny.yaml"), ("--job", "2", "--qui",
                      "tiny.yaml"), ("-qj2", "--", "tiny.yaml"), ("-q", "-q", "-j2", "tiny.yaml")):
            self.assertEqual(self.sweep("plan", "--db=x.db", *words), plain, words)
        self.write("-odd.yaml", CONFIG)
        self.sweep("plan", "-q", "--", "-odd.yaml")
        self.fails(2, "--da may be --data-dir or --dataset", "plan", "tiny.yaml", "--da", "x")
        self.fails(2, "--jobs takes a value: --jobs=N", "plan", "tiny.yaml", "--jobs")
        self.fails(2, "-j takes a value: -j N", "plan", "tiny.yaml", "-qj")
        self.fails(2, "--quiet takes no value", "plan", "tiny.yaml", "--quiet=yes")

    def test_an_option_of_one_value_is_given_once(self):
        for command in COMMANDS:
            for letter, name, value, text in self.offered(command):
                if not value or text.endswith("(may be given several times)"):
                    continue
                self.fails(2, f"--{name} is given twice: '1' and '2'", command, f"--{name}=1",
                           f"--{name}=2")
                if letter:
                    self.fails(2, f"--{name} is given twice: '1' and '2'", command, f"--{name}=1",
                               f"-{letter}", "2")
        for words in (("top", "--json", "--csv"), ("compare", "-C", "-J"),
                      ("predict", "--test", "--train"), ("run", "--fresh", "--retry-failed")):
            self.fails(2, "not both", *words)

    def test_a_name_is_not_empty(self):
        for command in COMMANDS:
            for letter, name, value, _ in self.offered(command):
                if value:
                    err = self.sweep(command, f"--{name}=", code=2)[1]
                    self.assertRegex(err, f"--{name}(: the name is empty| takes a whole number)")
            for argument in re.findall(r"\b[A-Z-]{4,}\b", self.sweep(command, "--usage")[0]):
                if argument != "OPTION":
                    before = {"data": ["info"], "predict": ["best"] if argument == "FILE" else [],
                              "submit": ["a.yaml"] if argument == "SBATCH-OPTION" else []}
                    self.fails(2, f"{argument}: the name is empty", command,
                               *before.get(command, []), "")

    def test_an_output_is_no_database(self):
        """-o is a file to write wherever it is known."""
        for command in COMMANDS:
            options = {name: letter for letter, name, *_ in self.offered(command)}
            self.assertEqual(options.get("db", ""), "", command)
            if "output" in options:
                self.assertEqual(options["output"], "o")
            elif "db" in options:
                self.fails(2, "the database is --db: --db x.db", command, "-o", "x.db")
                self.fails(2, "the database is --db: --db x.db", command, "-ox.db")
                self.fails(2, "the database is --db: --db x.db", command, "--output=x.db")
        self.fails(2, "the database is --db: --db x.db", "run", "tiny.yaml", "-qo", "x.db")

    def test_the_man_page_has_every_option_and_no_other(self):
        page = (ROOT / "man" / "sweep.1").read_text()
        self.assertIn(f'"{self.sweep("--version")[0].strip()}"', page.splitlines()[0])
        sections = {"All commands": set()}
        for part in page.split("\n.SS ")[1:]:
            title, text = part.split("\n.SH ")[0].split("\n", 1)
            text = text.replace("\\-", "-")
            title = "All commands" if title == "All commands" else title.split()[1]
            lines = [l for l in text.splitlines() if re.match(r'\.BI? "?-', l)]
            sections[title] = set(re.findall(r"(?<!\S)-(?:-[a-z-]+|[A-Za-z?])",
                                             " ".join(l.replace('"', " ").replace(",", " ")
                                                      .replace("=", " ") for l in lines)))
        self.assertEqual(set(sections) - {"All commands"}, set(COMMANDS))
        for command in COMMANDS:
            out = self.sweep(command, "--help")[0]
            lines = [l[:29] for l in out.splitlines() if re.match(r" {2,6}-", l)]
            offered = set(re.findall(r"(?<!\S)-(?:-[a-z-]+|[A-Za-z?])(?![a-z])",
                                     " ".join(lines).replace(",", " ").replace("=", " ")))
            self.assertEqual(offered, sections[command] | sections["All commands"], command)

    @unittest.skipUnless(shutil.which("man"), "man is not installed")
    def test_the_man_page_is_well_formed(self):
        done = subprocess.run(["man", "--warnings", "-l", str(ROOT / "man" / "sweep.1")], text=True,
                              capture_output=True, env={**os.environ, "MANWIDTH": "80"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("EXIT STATUS", done.stdout)


class Keys(Case):
    def test_all_and_one(self):
        out, err = self.sweep("keys")
        self.assertEqual(err, "")
        for name in ("validation_split", "leaky_relu", "adamax", "glorot_uniform", "f1_score",
                     "mean_squared_error", "repeats"):
            self.assertRegex(out, rf"(?m)^  {name}\b")
        one, err = self.sweep("keys", "nesterov")
        self.assertRegex(one, r"default sgd false")
        self.assertIn(one, out)
        self.assertIn("metric f1_score", self.sweep("keys", "f1")[0])
        self.assertIn("key repeats", self.sweep("keys", "repeats")[0])
        # A name may be two things.
        both = self.sweep("keys", "mean_squared_error")[0]
        self.assertIn("loss mean_squared_error", both)
        self.assertIn("metric mean_squared_error", both)

    def test_unknown(self):
        self.fails(2, "did you mean 'sigmoid'?", "keys", "sigmod")
        self.fails(2, "'?[31m'", "keys", "\033[31m")

    def test_arguments_have_lines(self):
        for out in (self.sweep("keys", "layers")[0], self.sweep("keys", "conv2d")[0]):
            self.assertRegex(out, r"(?m)^ +strides: places from one window to the next, .*\(default 1\)$")
            self.assertRegex(out, r"(?m)^ +activation: linear, or one of its own$")

    def test_arguments(self):
        norms = self.sweep("keys", "max_norm")[0]
        for layer in ("dense", "conv2d", "depthwise_conv2d"):
            self.assertRegex(norms, rf"(?m)^layer {layer}, max_norm: .*, a number above 0 \(default none\)$")
        self.assertRegex(self.sweep("keys", "shared_axes")[0], r"^activation prelu, shared_axes: ")
        both = self.sweep("keys", "momentum")[0]
        self.assertIn("default sgd 0", both)
        self.assertIn("\nlayer batch_normalization, momentum: ", both)
        self.assertEqual([layer["name"] for layer in json.loads(self.sweep("keys", "filters", "--json")[0])["layers"]],
                         ["conv2d"])

    def test_lines_break_on_a_terminal_only(self):
        wide, _ = self.terminal("keys", environment={"COLUMNS": "60"})
        lines = [l for l in wide.splitlines() if " " in l.strip()]
        self.assertLessEqual(max(len(l) for l in lines if not l.startswith("Losses")), 60)
        self.assertEqual(re.sub(r"\s+", " ", wide), re.sub(r"\s+", " ", self.sweep("keys")[0]))
        self.assertGreater(max(map(len, self.sweep("keys")[0].splitlines())), 200)


    def test_json(self):
        out, err = self.sweep("keys", "--json")
        self.assertEqual(err, "")
        keys = json.loads(out)
        names = [entry["name"] for kind in keys.values() for entry in kind]
        text = self.sweep("keys")[0]
        for name in names:
            self.assertRegex(text, rf"(?m)^  {name}\b")
        self.assertEqual(len(names), len(re.findall(r"(?m)^  [a-z]", text)))
        momentum = json.loads(self.sweep("keys", "momentum", "-J")[0])
        self.assertEqual(list(momentum), ["hyperparameters", "layers"])
        self.assertEqual(momentum["hyperparameters"],
                         [h for h in keys["hyperparameters"] if h["name"] == "momentum"])
        self.assertEqual(momentum["hyperparameters"][0]["defaults"], {"sgd": 0, "rmsprop": 0, "muon": 0.95})
        split = json.loads(self.sweep("keys", "validation_split", "-J")[0])["hyperparameters"][0]
        self.assertEqual((split["minimum"], split["minimum_excluded"], split["maximum"],
                          split["maximum_excluded"], split["type"]), (0, False, 1, True, "number"))
        self.assertEqual(list(json.loads(self.sweep("keys", "mse", "-J")[0])), ["losses", "metrics"])
        self.fails(2, "did you mean 'sigmoid'?", "keys", "sigmod", "--json")


class Plan(Case):
    def test_plan(self):
        out, err = self.sweep("plan", "tiny.yaml", "-j1")
        self.assertRegex(out, r"trials +8\n")
        self.assertRegex(out, r"settings +4\n")
        self.assertRegex(out, r"runs +4 ")
        self.assertRegex(out, r"images to train +1920\n")
        self.assertIn("over 1 thread\n", out)
        self.assertIn("data set tiny", err)
        self.assertEqual(self.sweep("plan", "tiny.yaml", "-q")[1], "")
        told = json.loads(self.sweep("plan", "tiny.yaml", "--json")[0])
        pixels = b"".join(file.read_bytes()[16:] for file in (self.folder / "data" / "tiny").glob("*idx3*"))
        self.assertLess(pixels.count(0), len(pixels) * 0.45) # so that there is no index of the others
        self.assertGreaterEqual(told["data_bytes"], len(pixels) + 300)
        self.assertLess(told["data_bytes"], len(pixels) + 300 + 3 * (len(pixels) - pixels.count(0)))
        self.assertFalse((self.folder / "results").exists())

    @unittest.skipIf(os.environ.get("SWEEP_SANITIZE"), "a sanitizer takes memory of its own")
    def test_memory_of_many_trials_is_told(self):
        self.write("many.yaml", "method: grid\ndataset: tiny\nrepeats: 10\nparameters:\n"
                   "  epochs: {value: 1}\n  train_images: {value: 10}\n"
                   "  learning_rate: {min: 0.001, max: 0.5, q: 0.001}\n")
        told = json.loads(self.sweep("plan", "many.yaml", "-j2", "--json")[0])
        fewer = json.loads(self.sweep("plan", "many.yaml", "-j2", "--json", "-s",
                                      "learning_rate=[0.1, 0.2]")[0])
        self.assertEqual((told["trials"], fewer["trials"]), (5000, 20))
        self.assertGreater(told["trial_bytes"] - fewer["trial_bytes"], 4980 * 1024)
        process = subprocess.Popen([SWEEP, "run", "many.yaml", "-j2", "-q"], cwd=self.folder,
                                   env=self.environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        all_told = told["predicted_bytes"] + told["trial_bytes"] + told["data_bytes"]
        program = 40e6
        self.assertLess(usage.ru_maxrss * 1024, 1.2 * all_told + program)
        self.assertGreater(usage.ru_maxrss * 1024, 0.5 * all_told)

    def test_what_was_measured_is_kept(self):
        cache = self.folder / ".cache" / "sweep"
        del self.environment["XDG_CACHE_HOME"]
        self.sweep("plan", "tiny.yaml", "-j1")
        (kept,) = cache.iterdir()
        before = kept.read_bytes(), kept.stat().st_ino
        self.sweep("plan", "tiny.yaml", "-j1")  # nothing new to measure
        self.assertEqual((kept.read_bytes(), kept.stat().st_ino), before)
        self.sweep("plan", "tiny.yaml", "--set", "optimizer=ftrl")
        self.assertTrue(kept.read_bytes().startswith(before[0]))
        self.assertGreater(len(kept.read_bytes()), len(before[0]))
        shutil.rmtree(self.folder / ".cache")
        (self.folder / ".cache").write_text("in the way")
        self.sweep("plan", "tiny.yaml")  # a cache is a convenience

    def test_plan_leaves_out_what_the_database_has(self):
        self.sweep("run", "tiny.yaml", "-q", "-s", "epochs=1")
        before = (self.folder / "results/sweep.db").read_bytes()
        out, _ = self.sweep("plan", "tiny.yaml", "-j1")
        self.assertRegex(out, r"trials +8\n  trained already +4\n")
        self.assertRegex(out, r"images to train +1920\n")
        out, _ = self.sweep("plan", "tiny.yaml", "-s", "epochs=1")
        self.assertIn("nothing is left to train", out)
        self.assertNotIn("trained already", self.sweep("plan", "tiny.yaml", "--db", "none.db")[0])
        (self.folder / "empty.db").touch()
        self.assertNotIn("trained already", self.sweep("plan", "tiny.yaml", "--db", "empty.db")[0])
        self.assertEqual((self.folder / "results/sweep.db").read_bytes(), before)
        self.assertEqual(self.files()[-3:], ["results", "results/sweep.db", "tiny.yaml"])
        self.fails(65, "--db", "plan", "tiny.yaml", "--db", "tiny.yaml")

    def test_singular_and_settings(self):
        out, _ = self.sweep("plan", "tiny.yaml", "--set", "epochs=3", "-s", "optimizer=adam",
                            "--set=repeats=1", "--jobs=1")
        self.assertIn("at most 1 run, over 1 thread\n", out)
        self.assertRegex(out, r"trials +1\n")

    def test_choices_with_details_and_equal_points(self):
        out, _ = self.sweep("plan", "tiny.yaml", "-s", "epochs=[2, 2.0]", "-s",
                            "optimizer=[sgd, {name: sgd, momentum: 0.5, nesterov: true}]")
        self.assertRegex(out, r"optimizer +sgd, sgd \(momentum=0.5 nesterov=true\)\n")
        self.assertRegex(out, r"settings +2 \(2 more of the grid equal one of them\)\n")

    def test_dataset_and_data_dir(self):
        make_dataset(self.folder / "elsewhere" / "other", train=50, size=5)
        out, err = self.sweep("plan", "tiny.yaml", "--dataset", "other", "--data-dir", "elsewhere")
        self.assertIn("50 training and 100 test images of 5 x 5", err)
        self.assertIn("tiny, on other", out)
        self.assertIn("5 x 5", self.sweep("plan", "tiny.yaml", "-d", "elsewhere/other")[1])
        self.assertIn("(50, 5, 5)", self.sweep("data", "info", "other", "-D", "elsewhere")[0])
        self.fails(65, "unknown data set", "plan", "tiny.yaml", "-d", "other")
        self.fails(2, "--data-dir", "plan", "tiny.yaml", "-D", "nowhere")


    def test_json(self):
        arguments = ("plan", "tiny.yaml", "-j1", "-s", "optimizer=[sgd, {name: adam, beta_1: 0.5}]")
        plan = json.loads(self.sweep(*arguments, "--json")[0])
        text = self.sweep(*arguments)[0]
        self.assertEqual(plan["parameters"], {
            "validation_split": [0.2], "optimizer": ["sgd", {"name": "adam", "beta_1": 0.5}],
            "epochs": [1, 3]})
        for name in ("settings", "trials", "runs", "cohorts", "slices"):
            self.assertIn(f"  {name:20} {plan[name]}", text)
        self.assertEqual((plan["trials"], plan["to_train"], plan["images"], plan["threads"]),
                         (8, 8, 4 * 3 * 160, 1))
        self.assertGreater(plan["predicted_seconds"], 0)
        self.assertGreater(plan["predicted_bytes"], 0)
        warned, err = self.sweep("plan", "tiny.yaml", "-J", "-s", "train_label_divisor=255")
        warnings = json.loads(warned)["warnings"]
        self.assertEqual(re.findall(r"(?m)^warning: (.*)$", err), warnings)
        self.assertGreater(len(warnings), 0)
        self.sweep("run", "tiny.yaml", "-q")
        plan = json.loads(self.sweep("plan", "tiny.yaml", "--json")[0])
        self.assertEqual((plan["trained_already"], plan["to_train"], plan["runs"],
                          plan["predicted_seconds"]), (8, 0, 0, 0))


class Data(Case):
    def test_info(self):
        out, err = self.sweep("data", "info", "tiny")
        self.assertEqual(err, "")
        for line in ("training  (200, 8, 8)", "test      (100, 8, 8)", "classes   10"):
            self.assertIn(line, out)
        counts = [l.split() for l in out.splitlines() if re.match(r" +\d", l)]
        self.assertEqual(sum(int(c[1]) for c in counts), 200)
        self.assertEqual(len(counts), 10)

    def test_show_draws_with_characters_into_a_pipe(self):
        out, err = self.sweep("data", "show", "tiny", "--index", "3")
        self.assertEqual(err, "")
        title, *rows = out.splitlines()
        self.assertEqual(title, "tiny, training image 3, label 1")
        self.assertEqual(len(rows), 8)
        self.assertEqual(rows[1], rows[1][0] * 16)
        self.assertNotIn(rows[1][0], rows[5])
        self.assertIn("test image 0", self.sweep("data", "show", "tiny", "-t")[0])

    def test_show_draws_with_greys_on_a_terminal(self):
        shown, _ = self.terminal("data", "show", "tiny", "-i", "3")
        self.assertEqual(shown.count("\u2580"), 8 * 4)
        for setting in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            plain, _ = self.terminal("data", "show", "tiny", "-i", "3", environment=setting)
            self.assertEqual(plain, self.sweep("data", "show", "tiny", "-i", "3")[0])
        narrow, _ = self.terminal("data", "show", "tiny", "-i", "3",
                                  environment={"NO_COLOR": "1", "COLUMNS": "12"})
        self.assertEqual(max(map(len, narrow.splitlines()[-8:])), 8)

    def test_damaged_and_missing(self):
        err = self.fails(65, "into a folder mnist in one of", "data", "info", "mnist")
        self.assertIn(str(self.folder), err)
        (self.folder / "data/tiny/t10k-labels-idx1-ubyte").unlink()
        self.fails(65, "t10k-labels-idx1-ubyte", "data", "info", "tiny")
        self.fails(65, "t10k-labels-idx1-ubyte", "run", "tiny.yaml")

    def test_names_are_harmless(self):
        name = "a\033[31m\nb"
        make_dataset(self.folder / "data" / name)
        for arguments in (("data", "info", name), ("data", "show", name),
                          ("plan", "tiny.yaml", "-d", name)):
            self.assertNotIn("\033", "".join(self.sweep(*arguments)))


    def test_json(self):
        info = json.loads(self.sweep("data", "info", "tiny", "--json")[0])
        text = self.sweep("data", "info", "tiny")[0]
        self.assertEqual((info["name"], info["training"], info["test"], info["rows"]),
                         ("tiny", 200, 100, 8))
        self.assertIn(info["digest"], text)
        self.assertEqual([sum(c[part] for c in info["classes"]) for part in ("training", "test")],
                         [200, 100])
        for label, count in enumerate(info["classes"]):
            self.assertRegex(text, rf"(?m)^ +{label} +{count['training']} +{count['test']}$")
        self.assertEqual(len(info["warnings"]), text.count("warning: "))
        shown = json.loads(self.sweep("data", "show", "tiny", "-ti", "7", "-J")[0])
        self.assertEqual((shown["part"], shown["index"], len(shown["pixels"])), ("test", 7, 8))
        data = (self.folder / "data/tiny/t10k-images-idx3-ubyte").read_bytes()[16 + 7 * 64:][:64]
        self.assertEqual(sum(shown["pixels"], []), list(data))
        listed = json.loads(self.sweep("data", "--json")[0])
        for entry in listed["datasets"]:
            self.assertIn(entry["about"], self.sweep("data")[0])
        copied = json.loads(self.sweep("data", "copy", "tiny", "-o", "copied", "--json")[0])
        self.assertEqual((copied["output"], copied["training"], copied["labels"]),
                         ("copied", 200, {}))


class Run(Case):
    def test_results_on_stdout_messages_on_stderr(self):
        out, err = self.sweep("run", "tiny.yaml")
        self.assertTrue(out.startswith("tiny: 8 of 8 trials; mean val_accuracy over seeds"), out)
        self.assertEqual(len(out.splitlines()), 2 + 1 + 4)
        self.assertNotIn("warning", out)
        for said in ("data set tiny", "8 trials: 4 settings x 2 seeds\n", "4 runs in 2 cohorts on",
                     "results: results/sweep.db"):
            self.assertIn(said, err)
        self.assertNotIn("\r", err)
        self.assertNotIn("\033", out + err)
        self.assertEqual(self.ask("SELECT status, count(*) FROM trials GROUP BY 1"),
                         [("completed", 8)])
        self.assertEqual(self.files()[-2:], ["results/sweep.db", "tiny.yaml"])

    def test_again_trains_nothing(self):
        first, _ = self.sweep("run", "tiny.yaml", "--db", "x.db")
        times = self.ask("SELECT * FROM trials", "x.db")
        out, err = self.sweep("run", "tiny.yaml", "--db=x.db")
        self.assertEqual(out, first)
        self.assertIn("8 trials: 4 settings x 2 seeds; all trained already\n", err)
        self.assertNotIn("cohort", err)
        self.assertEqual(self.ask("SELECT * FROM trials", "x.db"), times)
        shown, _ = self.terminal("run", "tiny.yaml", "--db", "x.db")
        self.assertNotIn("0/0", shown)
        # More of it trains the rest alone.
        _, err = self.sweep("run", "tiny.yaml", "--db", "x.db", "-s", "epochs=[1, 2, 3]")
        self.assertIn("12 trials: 6 settings x 2 seeds; 8 trained already\n", err)

    def test_singular(self):
        out, err = self.sweep("run", "tiny.yaml", "-j1", "-s", "epochs=1", "-s", "optimizer=sgd",
                              "-s", "repeats=1")
        self.assertIn("1 trial: 1 setting x 1 seed\n1 run in 1 cohort on 1 thread, about ", err)
        self.assertIn("tiny epochs=1 optimizer=sgd repeats=1: 1 of 1 trial;", out)

    def test_the_number_of_threads_changes_nothing(self):
        self.sweep("run", "tiny.yaml", "-j1", "--db", "1.db")
        self.sweep("run", "tiny.yaml", "-j2", "--db", "2.db")
        self.assertEqual(self.dump("1.db"), self.dump("2.db"))
        self.assertEqual(self.ask("SELECT jobs FROM commands", "2.db"), [(2,)])

    def test_quiet(self):
        out, err = self.sweep("run", "tiny.yaml", "-q")
        self.assertEqual(err, "")
        self.assertIn("8 of 8", out)
        shown, _ = self.terminal("run", "tiny.yaml", "--quiet", "--db", "y.db", streams=("stderr",))
        self.assertEqual(shown, "")

    def test_warnings_are_said_before_training_and_kept(self):
        _, err = self.sweep("run", "tiny.yaml", "-q", "-s", "train_label_divisor=255")
        self.assertIn("warning:", err)
        self.assertIn("label", self.ask("SELECT warnings FROM sweeps")[0][0])
        shown, _ = self.terminal("run", "tiny.yaml", "--db", "y.db", "-s", "train_label_divisor=255")
        self.assertLess(shown.index("warning:"), shown.index("cohort"))
        self.assertIn("\033[33mwarning:", shown)

    def test_wrong_configs_write_nothing(self):
        for text, said in (
                ("", "config is a YAML mapping"),
                ("method: grid\nparameters: {epoch: {value: 3}}\n", "bad.yaml:2:14: unknown"),
                ("method: grid\nparameters: {epoch: {value: 3}}\n", "did you mean 'epochs'?"),
                ("method: grid\nparameters: {epochs: {value: 0}}\n", "whole number from 1"),
                ("method: grid\nparameters: {epochs: {value: [}}\n", "bad.yaml:2:"),
                ("method: annealing\n", "tpe and gp learn from results"),
                ("method: grid\nmetric: {name: val_loss}\n", "validation_split"),
                ("method: grid\nname: \"\\e[31m\"\nnam: 1\n", "did you mean 'name'?"),
                ("method: grid\n\"\\e[31m\\u009b31m\": 1\n", "unknown key '?[31m?31m'"),
                ("method: grid\ndataset: nowhere\n", "unknown data set"),
                ("method: grid\ndataset: tiny\nparameters: {train_images: {value: 201}}\n",
                 "more than the 200")):
            self.write("bad.yaml", text)
            for command in ("run", "plan"):
                self.fails(65, said, command, "bad.yaml")
        self.fails(65, "No such file", "run", "nope.yaml")
        self.fails(65, "Is a directory", "run", "data")
        for setting, said in (("epochs", "KEY=VALUE"), ("=1", "KEY=VALUE"), ("epochs=x", "epochs"),
                              ("epohcs=1", "did you mean 'epochs'?")):
            self.fails(65, said, "run", "tiny.yaml", "--set", setting)

    def test_places_for_the_database(self):
        self.fails(74, "is a folder", "run", "tiny.yaml", "-q", "--db", ".")
        self.fails(74, "nowhere/below: the folder can't be made", "run", "tiny.yaml", "-q", "--db",
                   "nowhere/below/x.db")
        self.fails(74, "Not a directory", "run", "tiny.yaml", "-q", "--db", "/dev/null/x.db")
        for command in (("run", "tiny.yaml", "-q"), ("top",)):
            before = (self.folder / "tiny.yaml").read_bytes()
            self.fails(65, "--db", *command, "--db", "tiny.yaml")
            self.assertEqual((self.folder / "tiny.yaml").read_bytes(), before)
        sqlite3.connect(self.folder / "foreign.db").executescript("CREATE TABLE trials (a);")
        before = (self.folder / "foreign.db").read_bytes()
        self.fails(65, "another program", "run", "tiny.yaml", "-q", "--db", "foreign.db")
        self.assertEqual((self.folder / "foreign.db").read_bytes(), before)

    def test_names_are_harmless(self):
        name = "it's \"x\"'; DROP TABLE trials;--\n\033[31mred\u009b31m \u00e9"
        self.write("odd.yaml", CONFIG.replace("name: tiny", "name: " + json.dumps(name)))
        for arguments in (("run", "odd.yaml"), ("plan", "odd.yaml"), ("top",), ("compare",)):
            out, err = self.sweep(*arguments)
            self.assertIn("it's \"x\"'; DROP TABLE trials;--??[31mred?31m \u00e9", out)
            self.assertNotRegex(out + err, "[\x00-\x09\x0b-\x1f\x7f-\x9f]")
        self.assertEqual(self.ask("SELECT name FROM sweeps"), [(name,)])
        self.assertEqual(self.ask("SELECT count(*) FROM trials"), [(8,)])
        self.assertIn("it's", self.sweep("top", "--sweep", "7", code=2)[1])

    def test_a_result_that_cannot_be_written_is_an_error(self):
        self.sweep("run", "tiny.yaml")
        for arguments in (("--help",), ("--version",), ("run", "--help"), ("keys",), ("top",),
                          ("top", "--json"), ("top", "--csv"), ("compare",), ("compare", "--json"),
                          ("keys", "sgd"), ("run", "tiny.yaml"), ("plan", "tiny.yaml"),
                          ("data", "info", "tiny"), ("data", "show", "tiny")):
            with open("/dev/full", "w") as full:
                _, err = self.sweep(*arguments, code=74, stdout=full)
            self.assertIn("No space left on device", err, arguments)
        before = self.dump()
        done = subprocess.run(["sh", "-c", f"exec '{SWEEP}' run tiny.yaml -s epochs=4 >&-"],
                              cwd=self.folder, env=self.environment, capture_output=True)
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertEqual(self.ask("PRAGMA integrity_check"), [("ok",)])
        self.assertGreater(len(self.dump()["trials"]), len(before["trials"]))

    def test_a_result_that_a_trigger_ignores_is_an_error(self):
        """It fails without an error of SQLite's; whatever was to be written, and nothing is lost."""
        self.sweep("run", "tiny.yaml", "-q", "--db", "whole.db", "-s", "keep_models=all")
        self.sweep("run", "tiny.yaml", "-q", "--db", "other.db", "-s", "name=other", "-s", "seed=99")
        for change in ("UPDATE ON trials", "INSERT ON trials", "INSERT ON history", "INSERT ON metrics",
                       "INSERT ON models", "INSERT ON sweeps", "INSERT ON sweep_trials", "INSERT ON attempts"):
            with self.subTest(change):
                shutil.copy(self.folder / "other.db", self.folder / "s.db")
                self.execute(f"CREATE TRIGGER t BEFORE {change} BEGIN SELECT RAISE(IGNORE); END",
                             database="s.db")
                command = "run", "tiny.yaml", "-q", "-s", "keep_models=all", "--db", "s.db"
                _, err = self.sweep(*command, code=74)
                self.assertRegex(err, "^sweep: s.db: does not take what is written to it: a trigger")
                self.execute("DROP TRIGGER t", database="s.db")
                out, _ = self.sweep(*command)
                self.assertIn("8 of 8", out)
                self.assertEqual(self.ask("SELECT digest, loss, test_accuracy FROM trials WHERE seed < 99"
                                          " ORDER BY digest", "s.db"),
                                 self.ask("SELECT digest, loss, test_accuracy FROM trials ORDER BY digest",
                                          "whole.db"))
                self.assertEqual(self.ask("SELECT count(*) FROM models JOIN trials USING (trial_id)"
                                          " WHERE seed < 99", "s.db"), [(8,)])

    def test_a_result_that_a_trigger_takes_back_is_an_error(self):
        self.sweep("run", "tiny.yaml", "-q", "-s", "name=other", "-s", "seed=99")
        self.execute("CREATE TRIGGER t AFTER UPDATE OF status ON trials WHEN new.trial_id = 9 AND"
                     " new.status <> 'pending' BEGIN UPDATE trials SET status = 'pending'"
                     " WHERE trial_id = new.trial_id; END")
        self.assertIn("a trigger in it", self.sweep("run", "tiny.yaml", "-q", code=74)[1])
        self.execute("DROP TRIGGER t")
        self.assertIn("8 of 8", self.sweep("run", "tiny.yaml", "-q")[0])

    @unittest.skipIf(os.environ.get("SWEEP_SANITIZE"), "a sanitizer needs all the memory there is")
    def test_failed_trials(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))

        large = ("-s", "layers=[[10], [65536, 65536]]", "-s", "repeats=1", "-s", "epochs=1", "-s",
                 "optimizer=sgd")
        out, err = self.sweep("run", "tiny.yaml", "-j1", *large, code=1, preexec_fn=limit)
        self.assertRegex(out, r"^tiny layers=.* optimizer=sgd: \d of 2 trials, \d failed")
        self.assertRegex(err, r"sweep: \d trials? failed: out of memory\n")
        self.assertEqual(self.ask("SELECT DISTINCT status, error, loss FROM trials"
                                  " WHERE layers LIKE '%65536%'"),
                         [("failed", "out of memory", None)])

    @unittest.skipIf(os.environ.get("SWEEP_SANITIZE"), "a sanitizer needs all the memory there is")
    def test_networks_that_there_is_no_memory_for(self):
        """Told before any of it is taken: by plan, and by run where nothing else is to be trained."""
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
        line = len(CONFIG.splitlines()) + 1
        said = (rf"large\.yaml:{line}:\d+: layers .*zero_padding2d 4096.*: training that with batches of 32 takes"
                r" [\d.]+ GB of memory, and [01]\.\d+ GB are available; take a smaller batch_size or smaller layers")
        self.write("large.yaml", CONFIG + "  layers: {value: [zero_padding2d 4096]}\n")
        process = self.start("plan", "large.yaml", "-j2", preexec_fn=limit, stderr=subprocess.STDOUT)
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, out)
        self.assertLess(usage.ru_maxrss, 500_000)  # kilobytes
        self.assertRegex(out, rf"(?m)^warning: {said}$")
        self.assertRegex(out, r"predicted memory +\d{4,}\.\d MB")
        _, err = self.sweep("run", "large.yaml", "-j2", code=65, preexec_fn=limit)
        self.assertRegex(err, rf"(?m)^sweep: {said}$")
        self.assertEqual(self.ask("SELECT DISTINCT status FROM trials"), [("pending",)])
        # A search is not even begun.
        _, err = self.sweep("run", "large.yaml", "-j2", "-s", "method=random", "-s", "budget={trials: 4}", code=65,
                            preexec_fn=limit)
        self.assertRegex(err, rf"(?m)^sweep: {said}$")
        self.assertEqual(self.ask("SELECT count(*) FROM sweeps"), [(1,)])
        _, err = self.sweep("run", "large.yaml", "-j2", "-s", "layers=[[], [zero_padding2d 4096]]", code=1,
                            preexec_fn=limit)
        self.assertRegex(err, r"(?m)^warning: --set .*zero_padding2d 4096.* GB are available; .*the rest is trained")
        self.assertEqual(self.ask("SELECT status, count(*) FROM trials GROUP BY status ORDER BY status"),
                         [("completed", 8), ("failed", 8)])
        _, err = self.sweep("plan", "tiny.yaml", "-j6", "-s", "repeats=6", "-s", "epochs=1000000", preexec_fn=limit)
        self.assertRegex(err, r"(?m)^warning: what would train side by side takes [\d.]+ GB of memory, and [01]\.\d+")

    def test_diverged_trials_are_results(self):
        out, _ = self.sweep("run", "tiny.yaml", "-s", "learning_rate=[0.01, 1e30]", "-s",
                            "activation=relu", "-s", "loss=mean_squared_error", "-s",
                            "output_activation=linear", "-s", "optimizer=sgd")
        self.assertIn("8 of 8 trials, 4 of them diverged", out)
        self.assertRegex(out, r"(?m)^rank .* n  diverged  val_accuracy ")
        self.assertRegex(out.splitlines()[-1], r"1e\+30 +0 +2 +- +- ")
        self.assertEqual(self.ask("SELECT DISTINCT loss, test_loss FROM trials"
                                  " WHERE status = 'diverged'"), [(None, None)])


class Signals(Case):
    def setUp(self):
        super().setUp()
        self.write_lasting("long.yaml", LONG)
        self.write("slow.yaml", SLOW)

    def completed(self, database):
        if not (self.folder / database).exists():
            return 0
        try:
            return self.ask("SELECT sum(status = 'completed') FROM trials", database)[0][0] or 0
        except sqlite3.OperationalError:  # the tables are about to be made
            return 0

    def start_and_wait(self, database):
        """Start the long sweep, read along in its database, and return once it has some results."""
        process = self.start("run", "long.yaml", "-j1", "--db", database)
        end = time.monotonic() + PATIENCE
        while self.completed(database) == 0:
            self.assertIsNone(process.poll(), "ended before anybody could look")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.005)
        return process

    def interrupt(self, number, database, code):
        process = self.start_and_wait(database)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, code, err)
        done = self.completed(database)
        self.assertTrue(0 < done < 80, f"{done} trials: not in the middle")
        return out, err, done

    def test_interrupted_and_resumed_is_as_uninterrupted(self):
        self.sweep("run", "long.yaml", "-j2", "--db", "whole.db")
        out, err, done = self.interrupt(signal.SIGINT, "int.db", 130)
        self.assertTrue(out.startswith(f"long: {done} of 80 trials"), out)
        self.assertIn("stopping after the running epochs", err)
        self.assertIn(f"the same command trains the {80 - done} trials that are left", err)
        self.assertEqual(self.ask("PRAGMA journal_mode", "int.db"), [("delete",)])
        self.assertEqual(self.ask("SELECT outcome FROM commands", "int.db"), [("interrupted",)])
        _, err = self.sweep("run", "long.yaml", "--db", "int.db")
        self.assertIn(f"; {done} trained already", err)
        self.assertEqual(self.dump("int.db"), self.dump("whole.db"))

        self.interrupt(signal.SIGTERM, "term.db", 143)
        self.sweep("run", "long.yaml", "-q", "--db", "term.db")
        self.assertEqual(self.dump("term.db"), self.dump("whole.db"))

    def test_killed_and_resumed_is_as_uninterrupted(self):
        process = self.start_and_wait("kill.db")
        seen = self.completed("kill.db")
        process.kill()
        process.communicate()
        self.assertGreaterEqual(self.completed("kill.db"), seen)
        self.assertIn("of 80 trials", self.sweep("top", "--db", "kill.db")[0])
        self.sweep("run", "long.yaml", "-q", "--db", "kill.db")
        self.sweep("run", "long.yaml", "-q", "--db", "whole.db")
        self.assertEqual(self.dump("kill.db"), self.dump("whole.db"))
        self.assertEqual(self.ask("PRAGMA integrity_check", "kill.db"), [("ok",)])

    def test_a_database_that_is_lost_loses_no_result(self):
        """Removed, with its log or without, or replaced: it is told, and the same command goes on."""
        self.sweep("run", "long.yaml", "-q", "--db", "whole.db")
        self.sweep("run", "tiny.yaml", "-q", "--db", "other.db")
        other = self.dump("other.db")
        for number, (said, lost) in enumerate({
                "was removed or replaced": lambda path: path.unlink(),
                "was removed or replaced ": lambda path: os.replace(self.folder / "other.db", path),
                "its -wal file was removed": lambda path: os.remove(f"{path}-wal")}.items()):
            with self.subTest(said):
                database = f"{number}/s.db"
                process = self.start_and_wait(database)
                seen = self.completed(database)
                lost(self.folder / database)
                out, err = process.communicate(timeout=PATIENCE)
                self.assertEqual((process.returncode, out), (74, ""), err)
                self.assertIn(f"sweep: {database}: {said.strip()}", err)
                kept = int(re.search(r"(?m)^sweep: (\d+) results are kept in \S*s.db.spool; run the same "
                                     "command again", err)[1])
                self.assertTrue(seen <= kept < 80, f"{kept} trials: not in the middle")
                if number == 1:  # what took the place is as it was
                    self.assertNotIn(f"{database}-wal", self.files())
                    self.assertEqual(self.dump(database), other)
                if number == 0:  # another config in between
                    _, err = self.sweep("run", "tiny.yaml", "--db", database)
                    self.assertRegex(err, rf"sweep: {kept} results in \S+.spool are of trials that the database "
                                          r"does not have; they are kept in \S+.left for the next run of long.yaml")
                    self.assertRegex(self.sweep("doctor", "-D", "data", "--db", database)[0],
                                     rf"s.db.spool.left: {kept} results for the next `sweep run` of long.yaml")
                _, err = self.sweep("run", "long.yaml", "--db", database)
                self.assertIn(f"took up {kept} results that an earlier run kept", err)
                self.assertIn(f"; {kept} trained already", err)
                self.assertEqual(os.listdir(self.folder / str(number)), ["s.db"])
                query = ("SELECT digest, status, loss, val_accuracy, test_loss FROM sweeps"
                         " JOIN sweep_trials USING (sweep_id) JOIN trials USING (trial_id)"
                         " WHERE name = 'long' ORDER BY digest")
                self.assertEqual(self.ask(query, database), self.ask(query, "whole.db"))
                self.assertIn("0 errors", self.sweep("doctor", "-D", "data", "--db", database)[0])
                taken = self.ask("SELECT trial_id FROM trials JOIN commands USING (command_id) WHERE "
                                 f"pid = {process.pid}", database)
                self.assertEqual(len(taken), kept)
                made = json.loads(self.sweep("show", "--json", "-D", "data", "--db", database,
                                             str(taken[0][0]))[0])["trained_by"]
                self.assertEqual(made["folder"], str(self.folder.resolve()))
                self.assertRegex(f"{made['arguments']} {made['user']} {made['started_at']}",
                                 rf"^sweep run long.yaml .*--db {database} \S+ 20\d\d-")

    def test_the_second_signal_ends_at_once(self):
        process = self.start("run", "slow.yaml", "-j1")
        seen = ""
        while "cohort" not in seen:
            line = process.stderr.readline()
            self.assertTrue(line, "ended by itself")
            seen += line
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        self.assertIn("once more to stop at once", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 130)
        # It did not get as far as summing up.
        self.assertEqual((out, err), ("", ""))
        self.assertIn("0 of 1 trial", self.sweep("top")[0])


class Top(Case):
    def setUp(self):
        super().setUp()
        self.sweep("run", "tiny.yaml", "-q")

    def test_nothing_to_rank(self):
        self.change("UPDATE trials SET status = 'failed', error = 'no luck', val_accuracy = NULL")
        self.assertEqual(self.sweep("top"),
                         ("tiny: 0 of 8 trials, 8 failed; `sweep show TRIAL_ID` tells of what\n", ""))
        self.assertIn("\nerror: no luck\n", self.sweep("show", "1")[0])
        self.fails(2, "so none is the best; `sweep top --trials --sweep 1` tells", "show")

    def scores(self, out, column):
        title, *rows = [l.split() for l in out.splitlines()[2:]]
        return [float(row[title.index(column)]) for row in rows]

    def test_orders(self):
        out, err = self.sweep("top")
        self.assertEqual(err, "")
        self.assertEqual(self.scores(out, "val_accuracy"),
                         sorted(self.scores(out, "val_accuracy"), reverse=True))
        for column in ("loss", "test_loss", "test_f1_score", "f1_score", "val_f1_score",
                       "train_seconds", "parameters", "test_accuracy"):
            out, _ = self.sweep("top", "--by", column)
            best = "highest" if "accuracy" in column or "f1" in column else "lowest"
            self.assertIn(f"mean {column} over seeds, {best} first", out)
            scores = self.scores(out, column)
            self.assertEqual(scores, sorted(scores, reverse=best == "highest"))
        self.assertEqual(self.sweep("top", "-b", "test_f1"),
                         self.sweep("top", "--by=test_f1_score"))

    def test_what_was_not_recorded(self):
        err = self.fails(2, "has no 'precision'", "top", "--by", "precision")
        self.assertIn("it recorded val_accuracy, val_loss", err)
        self.assertIn("val_f1_score", err)
        self.fails(2, "did you mean 'accuracy'?", "top", "--by", "acuracy")
        self.fails(2, "'?[31m'", "top", "--by", "\033[31m")
        self.sweep("run", "tiny.yaml", "-q", "-s", "validation_split=0", "--db", "plain.db")
        self.fails(2, "no 'val_loss'", "top", "--by", "val_loss", "--db", "plain.db")

    def test_number_and_sweep(self):
        self.assertEqual(len(self.sweep("top", "-n", "1")[0].splitlines()), 4)
        self.assertEqual(len(self.sweep("top", "--number=0")[0].splitlines()), 7)
        self.sweep("run", "tiny.yaml", "-q", "-s", "name=second", "-s", "epochs=2")
        self.assertTrue(self.sweep("top")[0].startswith("second: 4 of 4"))
        self.assertTrue(self.sweep("top", "-s", "1")[0].startswith("tiny: 8 of 8"))
        self.fails(2, "there is no sweep 3; there are 2 (second), 1 (tiny)", "top", "--sweep", "3")

    def test_single_trials(self):
        out, _ = self.sweep("top", "--trials", "-n", "0")
        self.assertIn("8 of 8 trials; val_accuracy, highest first", out)
        self.assertEqual(self.scores(out, "val_accuracy"),
                         [round(row[0], 4) for row in self.ask(
                             "SELECT val_accuracy FROM trials ORDER BY 1 DESC")])
        self.assertEqual(sorted(self.scores(out, "trial")), list(range(1, 9)))
        self.assertEqual(len(self.sweep("top", "-t", "-n", "3")[0].splitlines()), 2 + 1 + 3)

    def test_where(self):
        out, _ = self.sweep("top", "--where", "optimizer=adam", "-w", "epochs in [1, 2]")
        self.assertTrue(out.startswith("tiny, optimizer=adam, epochs in [1, 2]: 2 of 2 trials;"))
        self.assertEqual(len(out.splitlines()), 2 + 1 + 1)
        # What no longer varies is no column.
        self.assertNotIn("optimizer", out.splitlines()[2])
        self.assertIn("epochs", self.sweep("top", "-w", "optimizer!=adam")[0].splitlines()[2])
        self.assertIn(": 4 of 4 trials", self.sweep("top", "-w", "seed=2")[0])
        self.fails(2, "did you mean 'adam'?", "top", "-w", "optimizer=amad")
        self.fails(2, "did you mean 'epochs'?", "top", "-w", "epohcs=1")
        self.fails(2, "the values it has of epochs: 1, 3", "top", "-w", "epochs=2")
        self.fails(2, "write a hyperparameter, a relation", "top", "-w", "test_accuracy")
        self.fails(2, "?[31m", "top", "-w", "optimizer=\033[31m")
        self.fails(2, "more than 256 --where", "top", *["-wepochs=1"] * 257)

    def test_json(self):
        out, err = self.sweep("top", "--json", "--by", "val_loss", "-n", "0")
        self.assertEqual(err, "")
        board = json.loads(out)
        self.assertEqual((board["sweep"], board["metric"], board["goal"], board["completed"]),
                         ("tiny", "val_loss", "minimize", 8))
        wanted = self.ask("SELECT avg(val_loss), avg(test_accuracy), optimizer, epochs FROM trials"
                          " GROUP BY setting ORDER BY 1")
        got = [(row["mean"], row["test_accuracy"], *row["hyperparameters"].values())
               for row in board["rows"]]
        self.assertEqual([row["rank"] for row in board["rows"]], [1, 2, 3, 4])
        for row, (mean, test, optimizer, epochs) in zip(got, wanted):
            self.assertAlmostEqual(row[0], mean, delta=1e-12)
            self.assertAlmostEqual(row[1], test, delta=1e-12)
            self.assertEqual(row[2:], (epochs, optimizer))
        single = json.loads(self.sweep("top", "-J", "-t", "-n1")[0])["rows"][0]
        self.assertEqual(self.ask(f"SELECT seed, val_accuracy, status, train_seconds FROM trials"
                                  f" WHERE trial_id = {single['trial_id']}"),
                         [(single["seed"], single["value"], single["status"],
                           single["train_seconds"])])
        self.fails(2, "either --json or --csv", "top", "--json", "--csv")

    def test_csv(self):
        raw = subprocess.run([SWEEP, "top", "--csv", "-n", "0"], cwd=self.folder,
                             env=self.environment, capture_output=True).stdout.decode()
        self.assertEqual(raw.count("\r\n"), 5)
        rows = list(csv.DictReader(io.StringIO(raw, newline="")))
        wanted = {(r[0], str(r[1])): r[2:] for r in self.ask(
            "SELECT optimizer, epochs, avg(val_accuracy), count(*) FROM trials GROUP BY setting")}
        self.assertEqual(len(rows), 4)
        for row in rows:
            mean, n = wanted[row["optimizer"], row["epochs"]]
            self.assertAlmostEqual(float(row["val_accuracy"]), mean, delta=1e-12)
            self.assertEqual((row["n"], row["diverged"]), (str(n), "0"))
        trials = list(csv.DictReader(io.StringIO(self.sweep("top", "-Ct", "-n0")[0])))
        self.assertEqual([int(t["rank"]) for t in trials], list(range(1, 9)))
        self.assertEqual({t["status"] for t in trials}, {"completed"})

    def test_how_many_rows(self):
        """Ten for eyes, unless more are asked for; all for programs, unless fewer are."""
        self.sweep("run", "tiny.yaml", "-q", "-s", "epochs=[1, 2, 3, 4, 5, 6]")
        def rows(*options):
            out, _ = self.sweep("top", *options)
            if "-J" in options:
                return len(json.loads(out)["rows"])
            return len(re.findall(r"(?m)^ *\d+[ ,]", out))
        for form in ((), ("-C",), ("-J",)):
            self.assertEqual(rows(*form), 12 if form else 10, form)
            self.assertEqual(rows("-n0", *form), 12, form)
            self.assertEqual(rows("-n3", *form), 3, form)

    def test_a_diverged_trial_is_a_row_without_a_score(self):
        self.sweep("run", "tiny.yaml", "-q", "--db", "d.db", "-s", "learning_rate=[0.01, 1e30]", "-s",
                   "activation=relu", "-s", "loss=mean_squared_error", "-s",
                   "output_activation=linear", "-s", "optimizer=sgd", "-s", "epochs=1")
        rows = json.loads(self.sweep("top", "--db", "d.db", "--json")[0])["rows"]
        self.assertEqual([(r["n"], r["diverged"]) for r in rows], [(2, 0), (0, 2)])
        self.assertEqual((rows[1]["mean"], rows[1]["sd"]), (None, None))
        rows = list(csv.DictReader(io.StringIO(self.sweep("top", "--db", "d.db", "-tC")[0])))
        self.assertEqual([r["status"] for r in rows], ["completed"] * 2 + ["diverged"] * 2)
        self.assertEqual(rows[3]["val_accuracy"], "")
        self.assertEqual(rows[3]["learning_rate"], "1e+30")

    def test_no_database(self):
        self.fails(65, "sweep run", "top", "--db", "none.db")
        self.fails(74, "is a folder", "top", "--db", "results")


class Compare(Case):
    """The numbers are worked out again here, from the database and by the definitions."""

    T_975_6 = 2.4469118487916806  # Student's t with 6 degrees of freedom

    def setUp(self):
        super().setUp()
        self.sweep("run", "tiny.yaml", "-q", "-s", "repeats=7", "-s", "epochs=[1, 2, 3]", "-s", "name=tiny")

    def compare(self, *arguments):
        out, err = self.sweep("compare", "--json", *arguments)
        self.assertEqual(err, "")
        return json.loads(out)

    def differences(self, column, hyperparameter, value, reference, others):
        """By seed: the mean over the other hyperparameters of value minus reference."""
        using = ", ".join(("seed", *others))
        rows = self.ask(f"SELECT avg(a.{column} - b.{column}) FROM trials a JOIN trials b"
                        f" USING ({using}) WHERE a.{hyperparameter} = {value!r}"
                        f" AND b.{hyperparameter} = {reference!r} GROUP BY seed ORDER BY seed")
        return [row[0] for row in rows]

    def exact_p(self, differences):
        sums = [abs(sum(s * d for s, d in zip(signs, differences)))
                for signs in itertools.product((1, -1), repeat=len(differences))]
        return sum(s >= abs(sum(differences)) - 1e-12 for s in sums) / len(sums)

    def test_the_numbers(self):
        for column, others in (("val_accuracy", ("optimizer",)), ("test_loss", ("optimizer",))):
            epochs = self.compare("epochs", "--metric", column)["hyperparameters"][0]
            self.assertEqual((epochs["reference"], epochs["contexts"], epochs["comparisons"]),
                             (1, 2, 2))
            p = {}
            for value in epochs["values"]:
                n, mean = self.ask(f"SELECT count(*), avg({column}) FROM trials"
                                   f" WHERE epochs = {value['value']}")[0]
                self.assertEqual(value["n"], n)
                self.assertAlmostEqual(value["mean"], mean, delta=1e-12)
                if value["verdict"] == "reference":
                    continue
                wanted = self.differences(column, "epochs", value["value"], 1, others)
                got = value["difference"]
                self.assertEqual((got["seeds"], got["pairs"], got["test"]),
                                 (7, 14, "exact sign flips"))
                for a, b in zip(got["by_seed"], wanted):
                    self.assertAlmostEqual(a, b, delta=1e-12)
                half = self.T_975_6 * statistics.stdev(wanted) / 7 ** 0.5
                self.assertAlmostEqual(got["mean"], statistics.mean(wanted), delta=1e-12)
                self.assertAlmostEqual(got["low"], statistics.mean(wanted) - half, delta=1e-9)
                self.assertAlmostEqual(got["high"], statistics.mean(wanted) + half, delta=1e-9)
                self.assertAlmostEqual(got["p"], self.exact_p(wanted), delta=1e-12)
                p[value["value"]] = got["p"], got["p_holm"]
            (low, low_holm), (high, high_holm) = sorted(p.values())
            self.assertAlmostEqual(low_holm, min(1, 2 * low))
            self.assertAlmostEqual(high_holm, min(1, max(2 * low, high)))

    def test_the_variance_is_that_of_the_trials(self):
        variance = self.compare()["variance"]
        values = [row[0] for row in self.ask("SELECT val_accuracy FROM trials")]
        self.assertEqual(variance["method"], "functional ANOVA of a full grid")
        self.assertAlmostEqual(variance["total"], statistics.pvariance(values), delta=1e-12)
        parts = {tuple(part["of"]): part["share"] for part in variance["parts"]}
        self.assertEqual(set(parts), {("epochs",), ("optimizer",), ("epochs", "optimizer")})
        self.assertAlmostEqual(sum(parts.values()) + variance["higher"] + variance["rest"], 1)
        means = [row[0] for row in self.ask("SELECT avg(val_accuracy) FROM trials GROUP BY epochs")]
        self.assertAlmostEqual(parts["epochs",],
                               statistics.pvariance(means) / variance["total"], delta=1e-9)

    def test_the_best(self):
        best = self.compare()["best"]
        rows = self.ask("SELECT avg(val_accuracy), avg(test_accuracy), optimizer, epochs"
                        " FROM trials GROUP BY setting ORDER BY 1 DESC")
        first = best["not_told_from_the_best"][0]
        self.assertAlmostEqual(first["mean"], rows[0][0], delta=1e-12)
        self.assertEqual(first["hyperparameters"], {"optimizer": rows[0][2], "epochs": rows[0][3]})
        self.assertAlmostEqual(best["test"]["mean"], rows[0][1], delta=1e-12)
        self.assertEqual((best["settings"], best["test_metric"]), (6, "test_accuracy"))
        out, _ = self.sweep("compare")
        self.assertEqual(out.count("test_accuracy"), 1)
        self.assertIn(f"optimizer {rows[0][2]}. Its test_accuracy: ", out)
        # Chosen by the test images themselves, it is told as that.
        out, _ = self.sweep("compare", "-m", "test_accuracy")
        self.assertIn("chosen by the test images' own", out)

    def test_tables(self):
        out, err = self.sweep("compare", "optimizer")
        self.assertEqual(err, "")
        self.assertTrue(out.startswith("tiny: 42 of 42 trials; val_accuracy, higher is better\n"))
        self.assertIn("optimizer: each value against sgd (the default), where all else is equal: "
                      "3 other settings, averaged within each of 7 seeds.\n", out)
        self.assertRegex(out, r"(?m)^sgd +21 .* reference$")
        self.assertRegex(out, r"(?m)^adam +21 .*\[.*, .*\] .*/21 ")
        self.assertIn("p: exact sign-flip test over 7 seeds.", out)
        out, _ = self.sweep("compare", "optimizer", "epochs", "-r", "optimizer=adam")
        self.assertRegex(out, r"(?m)^adam .* reference$")
        self.assertIn("\nmean val_accuracy by optimizer and epochs\n", out)
        self.assertRegex(out, r"(?m)^optimizer +1 +2 +3$")
        self.assertRegex(out, r"ffect of optimizer depends on epochs")
        self.assertRegex(self.sweep("compare", "epochs", "--reference", "3")[0],
                         r"(?m)^ +3 .* reference$")
        self.assertIn("lower is better", self.sweep("compare", "-m", "val_loss")[0])
        for arguments in ((), ("optimizer",), ("optimizer", "epochs")):
            for line in self.sweep("compare", *arguments)[0].splitlines():
                self.assertEqual(line, line.rstrip())

    def test_few_repeats(self):
        for seeds, said in (("seed=2", "1 seed."), ("seed in [2, 3]", "2 seeds.")):
            out, _ = self.sweep("compare", "optimizer", "--where", seeds)
            self.assertIn(said, out)
            self.assertRegex(out, r"(?m)^adam .* not enough repeats to tell$")
            self.assertIn("--set repeats=", out)
            self.assertNotRegex(out.split("\n", 1)[1], r"(?m) (better|worse)$")
            self.assertIn("Not enough repeats to tell the 6 settings from the best",
                          self.sweep("compare", "-w", seeds)[0])

    def test_csv(self):
        rows = list(csv.DictReader(io.StringIO(self.sweep("compare", "--csv")[0])))
        self.assertEqual([(r["hyperparameter"], r["value"]) for r in rows],
                         [("epochs", "1"), ("epochs", "2"), ("epochs", "3"), ("optimizer", "sgd"),
                          ("optimizer", "adam")])
        adam = self.compare("optimizer")["hyperparameters"][0]["values"][1]
        self.assertEqual(float(rows[4]["difference"]), adam["difference"]["mean"])
        self.assertEqual(rows[3]["difference"], "")

    def test_diverged(self):
        self.sweep("run", "tiny.yaml", "-q", "--db", "d.db", "-s", "learning_rate=[0.01, 1e30]", "-s",
                   "activation=relu", "-s", "loss=mean_squared_error", "-s",
                   "output_activation=linear", "-s", "optimizer=sgd", "-s", "epochs=[1, 2]")
        out, _ = self.sweep("compare", "--db", "d.db", "learning_rate")
        self.assertIn("8 of 8 trials, 4 of them diverged", out)
        self.assertRegex(out, r"(?m)^ +1e\+30 +0 +4/4 +- +- +- +- +- +0/4  all diverged$")
        self.assertIn("A diverged trial has no val_accuracy", out)

    def test_without_repeats(self):
        """One seed can't tell what repeats differ by: that is no 0 %."""
        self.assertIn("What repeats differ by: ", self.sweep("compare")[0])
        alone, _ = self.sweep("compare", "-w", "seed=1")
        self.assertNotIn("What repeats differ by", alone)
        self.assertIn("Without repeats, ", alone)

    def test_wrong_usage(self):
        self.fails(2, "did you mean 'optimizer'? What varies in this sweep: epochs, optimizer",
                   "compare", "optimzer")
        self.fails(2, "hyperparameter 'seed'; what varies in this sweep: epochs", "compare", "seed")
        self.fails(2, "what varies by itself: nothing", "compare", "epochs", "-w",
                   "epochs=1", "-w", "optimizer=sgd")
        self.fails(2, "differ in batch_size alone; what varies by itself: epochs, optimizer",
                   "compare", "batch_size")
        self.fails(2, "epochs=9 to be the reference; there are 1, 2, 3", "compare", "epochs", "-r",
                   "9")
        self.fails(2, "write HYPERPARAMETER=VALUE", "compare", "-r", "9")
        self.fails(2, "not compared here", "compare", "epochs", "-r", "optimizer=sgd")
        self.fails(2, "did you mean 'adam'?", "compare", "-r", "optimizer=amad")
        self.fails(2, "write one value", "compare", "-r", "epochs=[1, 2]")
        self.fails(2, "no 'precision'", "compare", "-m", "precision")
        self.fails(2, "no trial of this sweep has", "compare", "-w", "epochs=9")
        self.fails(2, "there is no sweep 3", "compare", "-s", "3")
        self.fails(65, "sweep run", "compare", "--db", "none.db")

    def test_narrow_terminals(self):
        for arguments in ((), ("optimizer",), ("optimizer", "epochs")):
            wide, _ = self.sweep("compare", *arguments)
            for columns in (60, 80):
                narrow, _ = self.terminal("compare", *arguments,
                                          environment={"COLUMNS": str(columns), "NO_COLOR": "1"})
                self.assertLessEqual(max(map(len, narrow.splitlines())), columns)
                for number in re.findall(r"\d\.\d+", wide):
                    self.assertIn(number, narrow)

    def test_interactions_in_words(self):
        # adam gains from each epoch, sgd loses by it; a little differently with each seed.
        self.execute("UPDATE trials SET val_accuracy = 0.5 + seed * 0.001 * epochs"
                     " + CASE optimizer WHEN 'adam' THEN 0.1 ELSE -0.1 END * epochs")
        for names in (("optimizer", "epochs"), ("epochs", "optimizer")):
            out, _ = self.sweep("compare", *names)
            self.assertIn("The effect of {} depends on {} (p = ".format(*names), out)
        self.execute("UPDATE trials SET val_accuracy = 0.5 + (seed * 7919 + epochs * 31) % 10 / 100.0")
        out, _ = self.sweep("compare", "optimizer", "epochs")
        self.assertIn("That the effect of optimizer depends on epochs is not shown", out)
        self.execute("DELETE FROM trials WHERE seed > 2")
        out, _ = self.sweep("compare", "optimizer", "epochs")
        self.assertIn("Not enough repeats to tell whether the effect of optimizer depends on", out)

    def test_many_values_stand_below_each_other(self):
        self.sweep("run", "tiny.yaml", "-q", "-s", "epochs=1", "-s",
                   f"l2=[{', '.join(str(i / 1000) for i in range(14))}]")
        out, _ = self.sweep("compare", "optimizer", "l2", "--number", "1")
        self.assertRegex(out, r"(?m)^optimizer +l2 +n +mean$")
        self.assertEqual(len(re.findall(r"(?m)^(?:sgd|adam) +0(?:\.\d+)? +2 +0\.\d+$", out)), 28)

    def test_values_are_harmless(self):
        self.execute("UPDATE trials SET layers = '[1\033[31m]\n=x' WHERE epochs = 1",
                     "UPDATE trials SET optimizer = '=HYPERLINK(\"a\",\"b\")' WHERE seed = 1")
        connection = sqlite3.connect(self.folder / "results/sweep.db")
        identify(connection)
        connection.close()
        for arguments in (("compare",), ("compare", "layers"), ("compare", "optimizer", "layers"),
                          ("top",), ("top", "-t", "--json"), ("compare", "--json")):
            out, err = self.sweep(*arguments)
            self.assertNotIn("\033", out + err)
        out, _ = self.sweep("top", "--csv")
        self.assertIn("\"'=HYPERLINK(\"\"a\"\",\"\"b\"\")\"", out)

    def test_while_it_trains(self):
        """What an unfinished sweep has can be compared, and a sweep without results can't."""
        self.sweep("run", "tiny.yaml", "-q", "--db", "u.db")
        connection = sqlite3.connect(self.folder / "u.db")
        connection.execute("UPDATE trials SET status = 'pending', val_accuracy = NULL"
                           " WHERE trial_id > 5")
        connection.commit()
        self.assertIn("5 of 8 trials", self.sweep("compare", "--db", "u.db", "epochs")[0])
        connection.execute("UPDATE trials SET status = 'pending', val_accuracy = NULL")
        connection.commit()
        connection.close()
        self.assertIn("Nothing to compare", self.sweep("compare", "--db", "u.db")[0])
        self.assertEqual(self.compare("--db", "u.db")["best"]["settings"], 0)
class Report(Case):
    def page(self, name="results/report.html"):
        return (self.folder / name).read_text()

    def test_where_it_goes(self):
        self.sweep("run", "tiny.yaml", "-q")
        self.assertEqual(self.sweep("report"), ("results/report.html\n", ""))
        page = self.page()
        self.assertTrue(page.startswith("<!doctype html>"))
        self.assertIn('"name":"tiny"', page)
        self.assertIn("Mike Bostock", page)
        self.assertEqual(self.sweep("report", "-o", "mine/page.html")[0], "mine/page.html\n")
        self.assertEqual(self.page("mine/page.html"), page)
        # In place of what was there, and nothing else.
        self.sweep("run", "tiny.yaml", "-q", "-s", "name=second", "-s", "epochs=2")
        self.sweep("report", "--output=mine/page.html")
        self.assertIn('"name":"second"', self.page("mine/page.html"))
        self.assertEqual(os.listdir(self.folder / "mine"), ["page.html"])
        self.sweep("report", "--sweep", "1")
        self.assertEqual(self.page(), page)
        # The page and its path: both are standard output, in this order.
        out, _ = self.sweep("report", "-o", "/dev/stdout", "--sweep", "1")
        self.assertEqual(out, page + "/dev/stdout\n")
        before = self.files()
        self.assertEqual(self.sweep("report", "-o", "-", "--sweep", "1"), (page, ""))
        self.assertEqual(self.files(), before)
        with open("/dev/full", "w") as full:
            _, err = self.sweep("report", "-o-", code=74, stdout=full)
            self.assertEqual(err, "sweep: standard output: can't be written: No space left on device\n")

    def test_what_a_killed_one_left(self):
        self.sweep("run", "tiny.yaml", "-q")
        left = self.folder / "results" / "sweep-tmp-123-0"
        left.write_text("<!doctype")
        out, _ = self.sweep("doctor", "-D", "data")
        self.assertIn("results has 1 unfinished file", " ".join(out.split()))
        self.assertTrue(left.exists())
        out, err = self.sweep("report")
        self.assertEqual(err, "removed 1 unfinished file, which a killed report or export left\n")
        self.assertFalse(left.exists())

    def test_permissions_are_kept(self):
        self.sweep("run", "tiny.yaml", "-q")
        for arguments in (("report",), ("export", "-F", "csv"), ("export", "-F", "optuna")):
            target, link = self.folder / "private", self.folder / "link"
            self.write("private", "")
            target.chmod(0o600)
            os.symlink("private", link)
            for name in ("private", "link"):
                self.sweep(*arguments, "-f", "-o", name)
                self.assertGreater(target.stat().st_size, 0)
                self.assertEqual(target.stat().st_mode & 0o777, 0o600)
                self.assertTrue(link.is_symlink())
            link.unlink()

    def test_several_sweeps(self):
        """In the order asked for, or all as they were begun."""
        self.sweep("run", "tiny.yaml", "-q")
        self.sweep("run", "tiny.yaml", "-q", "-s", "name=second", "-s", "epochs=2")
        self.sweep("run", "tiny.yaml", "-q", "-s", "name=third", "-s", "epochs=3")

        def names(*arguments):
            self.sweep("report", *arguments)
            page = json.loads(self.page().split('id="data">')[1].split("</script>")[0])
            return [one["sweep"]["name"] for one in page["sweeps"]]
        self.assertEqual(names(), ["third"])
        self.assertEqual(names("-s", "3", "--sweep=1"), ["third", "tiny"])
        self.assertEqual(names("--all"), ["tiny", "second", "third"])
        self.assertEqual(names("-s", "2", "-s", "2"), ["second"])
        self.fails(2, "there is no sweep 9", "report", "-s", "1", "-s", "9")
        self.fails(2, "--all or --sweep", "report", "-s", "1", "-a")

    def test_what_is_no_page_is_not_replaced(self):
        """The results least of all: -o names a page here, and a database elsewhere."""
        self.sweep("run", "tiny.yaml", "-q")
        results = self.folder / "results" / "sweep.db"
        os.link(results, self.folder / "same.html")
        self.write("other.html", "<!doctype html>\n<title>Mine</title>\n")
        shutil.copy(results, self.folder / "other.db")
        kept = {name: (self.folder / name).read_bytes()
                for name in ("results/sweep.db", "same.html", "other.db", "other.html")}
        for force in ((), ("--force",)):
            for name in ("results/sweep.db", "same.html"):
                self.fails(2, f"sweep: {name}: is for the results themselves", "report", "-o", name,
                           *force)
        for name in ("results/sweep.db", "same.html", "./results/sweep.db.checkpoints", "results/sweep.db.unfinished"):
            self.fails(2, f"sweep: {name}: is for the results themselves; the file to write is named with --report",
                       "run", "tiny.yaml", "--report", name)
        self.fails(2, "sweep: other.html: is there already, and no page that sweep wrote; give another file with --report",
                   "run", "tiny.yaml", "--report", "other.html", "--db", "new.db")
        self.fails(74, "none/none: the folder can't be made", "run", "tiny.yaml", "--report", "none/none/page.html", "--db", "new.db")
        self.fails(2, "standard output is none", "run", "tiny.yaml", "--report", "-")
        for name in ("other.db", "other.html"):
            self.fails(2, f"sweep: {name}: is there already, and no page that sweep wrote",
                       "report", "-o", name)
        for name, before in kept.items():
            self.assertEqual((self.folder / name).read_bytes(), before, name)
        self.sweep("report", "-o", "other.html", "--force")
        self.assertIn('id="data"', self.page("other.html"))
        self.write("empty.html", "")
        self.sweep("report", "-o", "empty.html")

    def test_it_says_what_compare_says(self):
        self.sweep("run", "tiny.yaml", "-q", "-s", "repeats=3", *Terminal.GRID)
        self.sweep("report")
        page = json.loads(self.page().split('id="data">')[1].split("</script>")[0])
        (data,) = page["sweeps"]
        metrics = [metric["name"] for metric in data["metrics"]]
        self.assertIn("test_f1_score", metrics)
        names = [axis["name"] for axis in data["hyperparameters"]]
        for metric, effects in zip(metrics, data["effects"]):
            # A loss of several loss functions is a metric for each of them, as val_loss: huber.
            column, *within = metric.split(": ")
            where = ["--where", f"loss={within[0]}"] if within else []
            said = json.loads(self.sweep("compare", "--json", "--metric", column, *where)[0])
            self.assertEqual([names[effect["axis"]] for effect in effects],
                             [one["name"] for one in said["hyperparameters"]])
            for effect, one in zip(effects, said["hyperparameters"]):
                self.assertEqual(effect["share"], one["share"])
                for value, own in zip(effect["values"], one["values"], strict=True):
                    self.assertEqual((value["n"], value["mean"], value["deviation"]),
                                     (own["n"], own["mean"], own["sd"]))
                    for verdict in ("better", "worse", "reference"):
                        self.assertEqual(value["verdict"] == verdict, own["verdict"] == verdict)
                    if "difference" in own:
                        for here, there in (("difference", "mean"), ("low", "low"), ("high", "high"),
                                            ("p", "p_holm"), ("seeds", "seeds"), ("better", "better")):
                            self.assertEqual(value[here], own["difference"][there], (metric, here))
        said = json.loads(self.sweep("compare", "--json")[0])["best"]
        self.assertEqual(data["best"]["enough"], said["enough_repeats"])
        settings = [{axis["name"]: axis["levels"][places[setting]]
                     for axis, places in zip(data["hyperparameters"], data["settings"]) if axis["varied"]}
                    for setting in data["best"]["settings"]]
        self.assertEqual(settings, [one["hyperparameters"] for one in said["not_told_from_the_best"]])

    def test_bad_input(self):
        self.fails(65, "sweep: results/sweep.db: there is no such database", "report")
        self.write("text.db", "no database " * 100)
        self.fails(65, "text.db: file is not a database", "report", "--db", "text.db")
        self.sweep("run", "tiny.yaml", "-q")
        self.fails(2, "there is no sweep 7; there are 1 (tiny)", "report", "--sweep", "7")
        self.fails(2, "there is no sweep 'x'; there are 1 (tiny)", "report", "--sweep", "x")
        self.fails(2, "-o FILE", "report", "page.html")
        self.fails(74, "sweep: results: is a folder", "report", "-o", "results")
        self.fails(74, "sweep: no/such: the folder can't be made", "report", "-o", "no/such/page.html")
        self.fails(74, "No space left", "report", "-o", "/dev/full")
        self.write("file", "")
        self.fails(74, "sweep: file/page.html: can't be written", "report", "-o", "file/page.html")

    def test_each_trial_has_its_command(self):
        """Also where trials were made in another order than the config has them in."""
        self.sweep("run", "tiny.yaml", "-q", "-s", "epochs=3")
        self.sweep("run", "tiny.yaml", "-q")
        self.sweep("report")
        data = json.loads(re.search(r'id="data">(.*?)</script>', self.page(), re.S)[1])
        sweep = data["sweeps"][0] if "sweeps" in data else data
        commands = [command["command"] for command in sweep["commands"]]
        shown = {trial: commands[at] for trial, at in zip(sweep["trials"]["id"], sweep["trials"]["command"])}
        self.assertEqual(shown, dict(self.ask("SELECT trial_id, command_id FROM trials")))
        self.assertEqual(set(shown.values()), {1, 2})

    def test_while_it_runs_and_before(self):
        """The page of a sweep that is not finished, or has hardly begun."""
        self.write("endless.yaml", ENDLESS.replace("{value: 1000000}", "{values: [1, 1000000]}"))
        process = self.start("run", "endless.yaml", "-q")
        end = time.monotonic() + PATIENCE
        while not self.ask_if_there():
            self.assertIsNone(process.poll(), "ended by itself")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        self.sweep("report")
        self.assertIn('"finished_at":null,"outcome":"running"', self.page())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)

    def ask_if_there(self):
        if not (self.folder / "results" / "sweep.db").exists():
            return []
        try:
            return self.ask("SELECT 1 FROM trials WHERE status = 'completed'")
        except sqlite3.OperationalError:
            return []


class Bench(Case):
    """The tiny set stands in for MNIST; times are looked at, not judged."""

    def test_json(self):
        result = json.loads(self.sweep("bench", "-d", "tiny", "-t", "1", "--json")[0])
        self.assertGreater(result["sgemm_flops_per_second"], 0)
        slides = result["cohorts"][0]
        # 784 of MNIST are 64 pixels here: 4 * 32 * 64 * 10 + 6 * 32 * 10 * 10 operations
        self.assertEqual(slides["flops"], 4 * 32 * 64 * 10 + 6 * 32 * 10 * 10)
        for cohort in result["cohorts"]:
            parts = sum(cohort[part] for part in ("gather", "forward", "later", "update"))
            self.assertAlmostEqual(parts / cohort["total"], 1, delta=1e-2)
            self.assertAlmostEqual(cohort["roofline"] / cohort["total"] / cohort["ratio"], 1,
                                   delta=1e-2)
            self.assertEqual(list(cohort["shares"]), ["gather", "first_layer", "later_layers",
                                                      "update", "evaluation", "store"])
            self.assertAlmostEqual(sum(cohort["shares"].values()), 1, delta=1e-2)
        self.assertGreater(min(slides["shares"].values()), 0)

    def test_table(self):
        out, _ = self.sweep("bench", "-d", "tiny", "-t", "1")
        self.assertIn("sgemm peak", out)
        self.assertEqual(out.count("784-128-10, adam"), 4)
        self.assertIn("later layers", out)
        self.assertEqual(self.sweep("bench", "tiny", code=2)[0], "")


class Terminal(Case):
    # Four varied hyperparameters: 100 columns wide.
    GRID = ("-s", "activation=[sigmoid, tanh]", "-s",
            "loss=[categorical_crossentropy, mean_squared_error]", "-s", "repeats=1")

    def test_progress_is_for_terminals(self):
        self.write_lasting("long.yaml", LONG)
        shown, out = self.terminal("run", "long.yaml", streams=("stderr",))
        self.assertRegex(shown, r"\r\[=* *\] +\d+ %  [^\r]* left  \d+/80 trials")
        self.assertRegex(shown, r"\r\[ +\] +0 %  loading data")  # before all else
        self.assertRegex(shown, r"best test_accuracy \d")
        self.assertRegex(shown, r"\r\033\[Ktrained in [^\r]*; predicted: [^\r]*\n\nresults: "
                                r"results/sweep\.db\n$")
        self.assertTrue(out.startswith("long: 80 of 80"))
        for setting in ({"TERM": "dumb"}, {"TERM": ""}):
            shown, _ = self.terminal("run", "tiny.yaml", "--db", setting["TERM"] + "x.db",
                                     streams=("stderr",), environment=setting)
            self.assertNotIn("\r", shown)
            self.assertRegex(shown, r"(?m)^100 %  [0-9.]+ s  8/8 trials  .*best val_accuracy")
        for metric in ("test_loss", "loss", "val_f1_score"):
            shown, _ = self.terminal("run", "tiny.yaml", "-s", f"metric={{name: {metric}}}", "--db",
                                     metric + ".db", streams=("stderr",))
            self.assertNotIn("nan", shown)
        # The other stream's terminal is none of this one's business.
        shown, err = self.terminal("run", "tiny.yaml", "--db", "y.db", streams=("stdout",))
        self.assertNotIn("\r", err)
        self.assertNotIn("\033", err)
        self.assertIn("\033[1mrank", shown)

    def test_the_progress_line_fits(self):
        self.write_lasting("long.yaml", LONG)
        shown, _ = self.terminal("run", "long.yaml", streams=("stderr",),
                                 environment={"COLUMNS": "30"})
        lines = [part.split("\033")[0] for part in shown.split("\r")[1:]]
        lines = [line for line in lines if re.search(r" %(  |$)", line)]
        self.assertGreater(len(lines), 1)
        self.assertLess(max(map(len, lines)), 30)

    def words(self, width, *arguments, code):
        """What is shown, without what was drawn over, colours and pictures; by lines."""
        out = self.terminal(*arguments, code=code, environment={"COLUMNS": str(width)})[0]
        out = re.sub(r"\x1b\[[0-9;]*m", "", re.sub(r"\r[^\r\n]*\x1b\[K", "", out))
        return [line for line in out.splitlines() if not re.search("[\u2500-\u28ff]", line)]

    def test_no_word_is_broken_at_any_width(self):
        """No line is too long that could be broken, and no word is that is not one of the words of
        a wide terminal; a name may be broken behind an underscore."""
        self.sweep("run", "tiny.yaml", "-q", *self.GRID)
        changes = re.compile(r"[0-9.,/]+|[-+=\[\]]+")
        for code, *arguments in (
                (0, "--help"), *((0, command, "--help") for command in COMMANDS),
                (0, "plan", "tiny.yaml", *self.GRID), (0, "run", "tiny.yaml", *self.GRID),
                (0, "top"), (0, "top", "--trials", "--by", "train_seconds"), (0, "compare"),
                (0, "compare", "optimizer"), (0, "compare", "loss", "optimizer"), (0, "show"),
                (0, "predict", "--index", "3"), (0, "keys"), (0, "keys", "mse"), (0, "data"),
                (0, "data", "info", "tiny"), (0, "data", "show", "tiny"), (0, "report"),
                (2, "rn"), (2, "run"), (2, "top", "--nonsense"), (2, "top", "-o", "x.db"),
                (2, "top", "-w", "val_accuracy>0.9"), (2, "show", "999"), (65, "top", "--db", "no.db"),
                (65, "run", "tiny.yaml", "-s", "optimizer=adm"),
                (0, "plan", "tiny.yaml", "-s", "train_label_divisor=255")):
            wide = " ".join(self.words(1000, *arguments, code=code)).split()
            parts = {part + "_" for word in wide for part in word.split("_")}
            parts |= {word[i + 1:] for word in wide for i in range(len(word)) if word[i] == "_"}
            # What is said of a table that a narrow terminal is given less of.
            known = parts | set(wide) | set("All of these have Numbers are cut to 3 digits; `sweep top "
                                            "--csv` all them. A wider terminal has seconds as well.".split())
            for width in (20, 34, 80):
                for line in self.words(width, *arguments, code=code):
                    pieces = line.split()
                    self.assertTrue(len(line) <= width or len(pieces) < 2, (arguments, width, line))
                    for word in pieces:
                        whole = word in known or changes.fullmatch(word) or any(
                            word.endswith("_") and word in other for other in wide)
                        self.assertTrue(whole, (arguments, width, line, word))

    def test_lines_go_on_in_one_column(self):
        """Whatever the width, those of a finding, an option or a data set begin alike."""
        for arguments, entry in ((("doctor", "tiny.yaml"), r"(?:ok|warning) "),
                                 (("top", "--help"), r" +-"), (("data",), r"\w")):
            for width in (20, 40, 60, 80):
                lines = self.words(width, *arguments, code=0)
                begins = None
                for line in lines:
                    if re.match(entry, line) or not line:
                        begins = set()
                    elif begins is not None:
                        begins.add(len(line) - len(line.lstrip()))
                        self.assertEqual(len(begins), 1, (arguments, width, line))

    def test_no_color(self):
        self.sweep("run", "tiny.yaml", "-q")
        self.assertIn("\033[1m", self.terminal("top")[0])
        shown, _ = self.terminal("top", environment={"NO_COLOR": "1"})
        self.assertEqual(shown.split(), self.sweep("top")[0].split())
        self.assertIn("\033[1m", self.terminal("top", environment={"NO_COLOR": ""})[0])
        self.assertNotIn("\033", self.terminal("top", environment={"TERM": "dumb"})[0])

    def test_order_of_the_streams(self):
        for shown in (self.terminal("run", "tiny.yaml")[0],
                      self.sweep("run", "tiny.yaml", "-s", "seed=2",
                                 stderr=subprocess.STDOUT)[0]):
            places = [shown.index(part) for part in ("data set", "8 trials:", "trained in",
                                                     "mean val_accuracy",
                                                     "rank", "results: ")]
            self.assertEqual(places, sorted(places))

    def test_narrow_terminals(self):
        self.sweep("run", "tiny.yaml", "-q", *self.GRID, "-s", "name=tiny")
        def shown(columns):
            return self.terminal("top", environment={"COLUMNS": str(columns), "NO_COLOR": "1"})[0]
        def table(columns):
            return shown(columns).split("\n\n", 1)[1]
        whole = table(200)
        self.assertEqual(whole, self.sweep("top")[0].split("\n\n", 1)[1])
        width = max(map(len, whole.splitlines()))
        self.assertEqual(table(width), whole)
        for columns in range(20, width):
            narrow = shown(columns)
            self.assertLessEqual(max(map(len, narrow.splitlines())), max(columns, 28), columns)
            self.assertNotIn("..", narrow)
            # No number is cut, wherever it went.
            for number in re.findall(r"\d\.\d+", whole):
                self.assertIn(number, narrow)
        # A little narrower, titles take two lines and rows still one; then long names take two,
        # and none of them is cut on a terminal as it comes.
        stacked = table(width - 1).splitlines()
        self.assertEqual(len(stacked), 2 + 10)
        self.assertEqual(stacked[0].strip(), "test_")
        self.assertIn("loss_function", stacked[1])
        wrapped = table(80)
        self.assertEqual(len(re.findall(r" categorical_ ", wrapped)), 5)
        self.assertEqual(len(re.findall(r"\n +crossentropy\n", wrapped)), 5)
        for tables in (whole, *map(table, range(60, width))):
            self.assertNotRegex(tables, r" \n")
        as_list = table(40)
        self.assertEqual(len(as_list.split("\n\n")), 10 + 1)
        self.assertRegex(as_list.split("\n\n")[10], "^All of these have n 1[.,]")
        self.assertIn("\nloss_function  categorical_crossentropy\n", as_list)


@unittest.skipUnless(DATA, "SWEEP_DATA_DIR is not set: nothing is tried with the real MNIST")
class Mnist(Case):
    def test_the_data(self):
        where = {"SWEEP_DATA_DIR": DATA}
        out, _ = self.sweep("data", "info", "mnist", environment=where)
        self.assertIn("mnist (as published)", out)
        self.assertIn("(60000, 28, 28)", out)
        out, _ = self.sweep("data", "show", "mnist", "--index", "8", environment=where)
        self.assertTrue(out.startswith("mnist, training image 8, label 1\n"), out)
        ink = [l.strip() for l in out.splitlines()[1:] if l.strip()]
        self.assertEqual(len(ink), 20)  # a slanted stroke, 20 rows high as all of MNIST
        self.assertLess(max(map(len, ink)), 16)

    def run_slides(self, *settings):
        return self.sweep("run", str(ROOT / "configs" / "slides.yaml"), "-s", "repeats=2",
                          *settings, environment={"SWEEP_DATA_DIR": DATA})

    def test_the_fault_and_its_mending(self):
        _, err = self.run_slides()
        self.assertEqual(err.count("warning:"), 2)
        self.assertLess(err.rindex("warning:"), err.index("cohort"))
        self.assertEqual(self.ask("SELECT test_accuracy FROM trials"), [(0.098,), (0.098,)])
        _, err = self.run_slides("-s", "train_label_divisor=1", "-s", "test_image_divisor=255")
        self.assertNotIn("warning", err)
        scores = self.ask("SELECT test_accuracy FROM scored WHERE sweep_id = 2")
        self.assertEqual(len(scores), 2)
        self.assertGreater(min(scores)[0], 0.8)
        # Where it was is known by now.
        self.assertIn("Confusion", self.sweep("show", "best")[0])


if __name__ == "__main__":
    # "Mnist" alone is a test of its own for ctest, which shows it as skipped without data.
    if sys.argv[1:] == ["Mnist"] and not DATA:
        print("SWEEP_DATA_DIR is not set: nothing is tried with the real MNIST")
        sys.exit(77)
    unittest.main(verbosity=2, defaultTest=("Help", "Keys", "Plan", "Data", "Run", "Signals", "Top",
                                            "Compare", "Report", "Bench", "Terminal"))
