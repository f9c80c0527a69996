"""Kept models as their users meet them: sweep show, sweep predict, and the pictures they are given.

ctest sets SWEEP, the program's path. One small sweep on the built-in digits is trained for all
tests. Pictures are made with the standard library alone: strokes, and PNG files of every kind.
"""

import itertools
import json
import math
import os
import pathlib
import pwd
import random
import re
import resource
import shlex
import shutil
import socket
import sqlite3
import struct
import subprocess
import tempfile
import unittest
import zlib

from harness import CONFIG, SWEEP, Case, make_dataset

SEEDS = pathlib.Path(__file__).resolve().parent.parent / "fuzz/seeds/picture"

DIGITS = """\
name: digits
method: grid
dataset: digits
parameters:
  train_images: {value: 5000}
  validation_split: {value: 0.1}
  layers: {value: [64]}
  activation: {value: relu}
  optimizer: {value: adam}
  epochs: {values: [1, 3, 6]}
"""

# Digits as strokes in a box of 100 x 100.
STROKES = {
    0: [[(50, 8), (22, 25), (18, 60), (35, 90), (62, 90), (80, 60), (76, 25), (50, 8)]],
    1: [[(52, 6), (49, 94)]],
    2: [[(22, 28), (35, 10), (62, 10), (72, 28), (60, 52), (20, 90), (82, 88)]],
    3: [[(24, 16), (50, 6), (72, 20), (66, 40), (44, 47), (70, 58), (74, 78), (52, 94), (20, 84)]],
    7: [[(20, 12), (80, 12), (60, 50), (46, 94)]],
}


def distance(point, a, b):
    (x, y), (ax, ay), (bx, by) = point, a, b
    dx, dy = bx - ax, by - ay
    along = max(0, min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)))
    return math.hypot(x - ax - along * dx, y - ay - along * dy)


def draw(digit, rows=120, columns=100, scale=0.7, at=(15, 20), pen=9, paper=235, ink=30, shade=0):
    """Rows of grey levels: a digit drawn with a pen, on paper that may darken to the right."""
    pieces = [piece for line in STROKES[digit] for piece in zip(line, line[1:])]
    image = []
    for y in range(rows):
        row = []
        for x in range(columns):
            place = ((x - at[0]) / scale, (y - at[1]) / scale)
            off = min(distance(place, a, b) for a, b in pieces) * scale
            cover = max(0.0, min(1.0, pen * scale / 2 - off + 0.5))
            light = paper - shade * x / columns
            row.append(max(0, min(255, round(light + cover * (ink - light)))))
        image.append(row)
    return image


def pgm(image, maximum=255):
    head = f"P5\n# a comment\n{len(image[0])} {len(image)}\n{maximum}\n".encode()
    if maximum > 255:
        return head + b"".join(struct.pack(">H", v * maximum // 255) for row in image for v in row)
    return head + bytes(v for row in image for v in row)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(lines, columns, rows, depth, colour, extra=b"", interlaced=False):
    """A PNG file of packed lines, without filters."""
    head = struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, interlaced)
    body = zlib.compress(b"".join(b"\0" + bytes(line) for line in lines))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", body) +
            chunk(b"IEND", b""))


def grey_png(image):
    return png(image, len(image[0]), len(image), 8, 0)


def kinds_of_png(image):
    """The same picture in every manner that PNG has."""
    rows, columns = len(image), len(image[0])
    black = [[255 if v > 128 else 0 for v in row] for row in image]
    packed = [[sum((row[x + i] > 128) << (7 - i) for i in range(8) if x + i < columns)
               for x in range(0, columns, 8)] for row in image]
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
              (1, 0, 2, 1)]
    return {
        "grey": grey_png(image),
        "sixteen bits": png([sum(([v, v] for v in row), []) for row in image], columns, rows, 16,
                            0),
        "colours": png([sum(([v, v, v] for v in row), []) for row in image], columns, rows, 8, 2),
        "palette": png(image, columns, rows, 8, 3,
                       chunk(b"PLTE", bytes(v for i in range(256) for v in (i, i, i)))),
        "one bit": png(packed, columns, rows, 1, 0),
        "see-through": png([sum(([0, 255 - v] for v in row), []) for row in image], columns, rows,
                           8, 4),
        "colours, see-through": png([sum(([9, 9, 99, 255 - v] for v in row), []) for row in black],
                                    columns, rows, 8, 6),
        "light, see-through": png([sum(([255, 255 - v] for v in row), []) for row in image],
                                  columns, rows, 8, 4),
        "light on dark": grey_png([[255 - v for v in row] for row in image]),
        "interlaced": png([row[x::dx] for y, x, dy, dx in passes for row in image[y::dy]], columns,
                          rows, 8, 0, interlaced=True),
    }


class Kept(Case):
    """A folder with the database of one sweep, trained once."""

    @classmethod
    def setUpClass(cls):
        cls.trained = pathlib.Path(tempfile.mkdtemp(prefix="sweep-models-"))
        cls.addClassCleanup(shutil.rmtree, cls.trained)
        (cls.trained / "digits.yaml").write_text(DIGITS)
        environment = {k: v for k, v in os.environ.items() if k != "SWEEP_DATA_DIR"}
        environment["HOME"] = str(cls.trained)
        subprocess.run([SWEEP, "run", "digits.yaml", "--db", "s.db"], cwd=cls.trained, check=True,
                       capture_output=True, env=environment, timeout=120)

    def setUp(self):
        super().setUp()
        for name in ("digits.yaml", "s.db"):
            shutil.copy(self.trained / name, self.folder / name)

    def write_bytes(self, name, data):
        (self.folder / name).write_bytes(data)
        return name

    def predict(self, name, *arguments):
        return json.loads(self.sweep("predict", "--db", "s.db", "--image", name, "--json",
                                     *arguments)[0])


class KeptModels(Case):
    def models(self):
        return self.ask("SELECT trial_id, format, length(weights) FROM models ORDER BY 1")

    def best(self):
        return self.ask("SELECT trial_id FROM scored WHERE status = 'completed'"
                        " ORDER BY -score, setting, seed LIMIT 1")[0][0]

    def test_the_best_is_kept(self):
        self.sweep("run", "tiny.yaml")
        # 8 x 8 inputs, 10 hidden units, 10 classes; 16 bytes of head
        self.assertEqual(self.models(), [(self.best(), "sweep-float32-1", 16 + 4 * (650 + 110))])
        before = self.ask("SELECT * FROM models")
        self.sweep("run", "tiny.yaml")
        self.assertEqual(self.ask("SELECT * FROM models"), before)

    def test_threads_and_order_change_nothing(self):
        self.sweep("run", "tiny.yaml", "-j", "1")
        expected = self.ask("SELECT t.digest, m.digest FROM models m JOIN trials t USING (trial_id)")
        self.assertEqual(len(expected), 1)
        for jobs in ("2", "5"):
            self.sweep("run", "tiny.yaml", "-j", jobs, "--db", f"{jobs}.db")
            self.assertEqual(self.ask("SELECT t.digest, m.digest FROM models m JOIN trials t"
                                      " USING (trial_id)", f"{jobs}.db"), expected)

    def test_all_none_and_back(self):
        sweeps = "SELECT count(*) FROM sweeps"
        self.sweep("run", "tiny.yaml", "--set", "keep_models=none")
        self.assertEqual(self.models(), [])
        err = self.sweep("run", "tiny.yaml", "--set", "keep_models=all")[1]
        self.assertIn("once more for the weights", err)
        self.assertEqual(len(self.models()), 8)
        self.sweep("run", "tiny.yaml")
        self.assertEqual([row[0] for row in self.models()], [self.best()])
        self.assertEqual(self.ask(sweeps), [(1,)])  # what is kept makes it no other sweep
        self.fails(65, "did you mean 'best'?", "run", "tiny.yaml", "--set", "keep_models=bests")

    def test_all_from_the_start(self):
        err = self.sweep("run", "tiny.yaml", "--set", "keep_models=all")[1]
        self.assertNotIn("once more", err)
        every = self.ask("SELECT t.digest, m.digest FROM trials t JOIN models m USING (trial_id)")
        self.assertEqual(len(every), 8)
        self.sweep("run", "tiny.yaml", "--db", "best.db")
        kept = self.ask("SELECT t.digest, m.digest FROM trials t JOIN models m USING (trial_id)",
                        "best.db")
        self.assertEqual(set(kept) - set(every), set())
        self.fails(65, "must be best, all or none", "run", "tiny.yaml", "--set",
                   "keep_models=[best]")

    def test_what_was_lost_is_trained_again_to_the_same_bits(self):
        self.sweep("run", "tiny.yaml")
        before, scores = self.ask("SELECT * FROM models"), self.dump()
        for harm in ("DELETE FROM models", "UPDATE models SET weights = zeroblob(3056)",
                     "UPDATE models SET format = 'sweep-float32-0'"):
            self.change(harm)
            err = self.sweep("run", "tiny.yaml")[1]
            self.assertIn("the best trial is trained once more for the weights", err)
            self.assertEqual(self.ask("SELECT * FROM models"), before)
            self.assertEqual(self.dump(), scores)

    def test_numbers_of_another_machine_stay(self):
        self.sweep("run", "tiny.yaml")
        self.change("DELETE FROM models; UPDATE trials SET test_loss = test_loss + 1e-9")
        before = self.dump()
        err = self.sweep("run", "tiny.yaml")[1]
        self.assertIn("gave other numbers", err)
        self.assertEqual((self.models(), self.dump()), ([], before))

    def test_a_model_serves_as_many_sweeps_as_have_its_trial(self):
        self.sweep("run", "tiny.yaml")
        self.write("other.yaml", CONFIG.replace("name: tiny", "name: other"))
        err = self.sweep("run", "other.yaml")[1]
        self.assertNotIn("once more", err)
        self.assertEqual(len(self.models()), 1)
        self.assertEqual(self.ask("SELECT count(*) FROM sweep_models"), [(2,)])
        self.sweep("run", "other.yaml", "--set", "keep_models=none")
        self.assertEqual(len(self.models()), 1)  # the first sweep's still
        self.sweep("run", "tiny.yaml", "--set", "keep_models=none")
        self.assertEqual(self.models(), [])


class Show(Kept):
    def test_everything(self):
        out, err = self.sweep("show", "--db", "s.db", environment={"LC_ALL": "C"})
        self.assertEqual(err, "")
        self.assertTrue(out.isascii())
        self.assertNotIn("\033", out)
        for said in ("trial 3 of sweep 1 (digits), on digits: completed", "optimizer  ",
                     "val_accuracy ", "what the sweep goes by", "dense_1 (Dense)  ",
                     "Total params: 50,890", "* loss   o val_loss", "epoch 6",
                     "of 10000 test images right", "label  taken for", "taken for"):
            self.assertIn(said, out)

    def test_a_graph_is_drawn(self):
        self.write("graph.yaml", """\
name: graph
method: grid
dataset: tiny
parameters:
  model: {a: 9 relu, b: {dense: 9, inputs: a}, c: {shared: b, inputs: a}, s: {add: [b, a, c]}, t: {concatenate: [s, b]}}
""")
        self.sweep("run", "graph.yaml", "-q")
        lines = self.sweep("show", "best", "--sweep", "graph")[0].split("Network\n")[1].split("\n")
        drawn = [line[:8].rstrip() for line in lines[1:9]]
        self.assertEqual(drawn, ["●", "●", "●", "├─●", "├─┼─●", "●─┼─╯", "●─╯", "●"])
        words = [line[8:].split() for line in lines[1:9]]
        self.assertEqual([(row[0], row[1]) for row in words],
                         [("input", "(InputLayer)"), ("flatten", "(Flatten)"), ("dense", "(Dense)"),
                          ("dense_1", "(Dense)"), ("dense_2", "(="), ("add", "(Add)"),
                          ("concatenate", "(Concatenate)"), ("dense_3", "(Dense)")])
        self.assertEqual(words[5][-3:], ["dense_1,", "dense,", "dense_2"])
        self.assertIn("Total params: 865 ", lines[9])
        made = json.loads(self.sweep("show", "best", "--sweep", "graph", "--json")[0])
        layers = made["layers"] if "layers" in made else made["network"]["layers"]
        self.assertEqual([layer["inputs"] for layer in layers],
                         [[], [0], [1], [2], [2], [3, 2, 4], [5, 3], [6]])
        self.assertEqual(layers[4]["shared"], 3)

    def test_a_deep_graph(self):
        """As many layers as there may be, with dropout between them: 42 residual blocks."""
        names = ["begin"]
        blocks = []
        for i in range(42):
            blocks.append(f"n{i}: {{batch_normalization: {{}}, inputs: {names[-1]}}}, b{i}: 9 relu,"
                          f" s{i}: {{add: [{names[-1]}, b{i}]}}")
            names.append(f"s{i}")
        config = ("name: deep\nmethod: grid\ndataset: tiny\nparameters:\n  dropout: {value: 0.1}\n"
                  "  model: {begin: 9 relu, ")
        self.write("deep.yaml", config + ", ".join(blocks) + "}\n")
        self.sweep("run", "deep.yaml", "-q")
        shown = json.loads(self.sweep("show", "best", "--sweep", "deep", "--json")[0])
        self.assertEqual(len(shown["layers"]), 1 + 1 + 127 + 43 + 1)  # Flatten, too
        self.assertIn("add_41 = ", self.sweep("show", "best", "--sweep", "deep", "--keras")[0])
        self.write("deep.yaml", config + ", ".join(blocks) + ", more: 9}\n")
        err = self.sweep("run", "deep.yaml", code=65)[1]
        self.assertIn("128 hidden layers; at most 127 are allowed", err)

    def test_the_confusion_matrix_is_the_trials(self):
        shown = json.loads(self.sweep("show", "--db", "s.db", "--json", "-m", "5")[0])
        accuracy, = self.ask("SELECT test_accuracy FROM trials WHERE trial_id = 3", "s.db")[0]
        hits = sum(shown["confusion"][i][i] for i in range(10))
        self.assertEqual(sum(map(sum, shown["confusion"])), 10000)
        self.assertEqual(hits / 10000, accuracy)
        self.assertEqual(shown["mistake_count"], 10000 - hits)
        self.assertEqual(len(shown["mistakes"]), 5)
        self.assertEqual(shown["scores"]["test_accuracy"], accuracy)
        self.assertEqual(shown["hyperparameters"]["layers"], "[64]")
        self.assertIsNone(shown["hyperparameters"]["momentum"])
        self.assertEqual([layer["parameters"] for layer in shown["layers"]], [0, 50240, 650])
        self.assertEqual(len(shown["history"]), 6)
        for mistake in shown["mistakes"]:
            found = json.loads(self.sweep("predict", "--db", "s.db", "--index",
                                          str(mistake["image"]), "--json")[0])
            self.assertEqual((found["label"], found["predicted"]),
                             (mistake["label"], mistake["predicted"]))
            self.assertAlmostEqual(max(found["probabilities"]), mistake["confidence"], 7)

    def test_what_is_not_there_is_said(self):
        out = self.sweep("show", "1", "--db", "s.db")[0]
        self.assertIn("model of trial 1 was not kept; "
                      "`sweep run digits.yaml --set keep_models=best` keeps", out)
        self.assertIn("not shown: the trial has one epoch", out)
        self.assertIn("Total params", out)
        self.sweep("run", "tiny.yaml", "--db", "t.db")
        shutil.rmtree(self.folder / "data")
        out = self.sweep("show", "--db", "t.db")[0]
        self.assertIn("the trial's data set 'tiny' was not found", " ".join(out.split()))
        self.assertIn("Total params", out)

    def test_which_trial_is_the_best(self):
        """It is the best of the setting with the best mean, which the best single trial need not be of."""
        self.sweep("run", "tiny.yaml", "-s", "repeats=2")
        (lucky, setting), = self.ask("SELECT trial_id, setting FROM trials LIMIT 1")
        (steady, other), = self.ask("SELECT max(trial_id), setting FROM trials"
                                    f" WHERE setting <> '{setting}' GROUP BY setting LIMIT 1")
        self.change("UPDATE trials SET val_accuracy = 0.5;"
                    f" UPDATE trials SET val_accuracy = 0.75 WHERE trial_id = {lucky};"
                    f" UPDATE trials SET val_accuracy = 0.7 WHERE setting = '{other}';"
                    f" UPDATE trials SET val_accuracy = 0.71 WHERE trial_id = {steady}")
        (settings,), = self.ask("SELECT count(DISTINCT setting) FROM trials")
        out = self.sweep("show")[0]
        self.assertTrue(out.startswith(f"trial {steady} of sweep 1 (tiny repeats=2)"), out)
        self.assertIn(f"\nthe best trial of the best of {settings} settings by mean val_accuracy. "
                      f"The best single trial is {lucky}, whose setting ranks 2 by its mean\n", out)
        self.assertEqual(self.sweep("show", "best")[0], out)
        self.assertNotIn("best of", self.sweep("show", str(steady))[0])
        self.change(f"UPDATE trials SET val_accuracy = 0.9 WHERE trial_id = {steady}")
        self.assertIn(f"\nthe best trial of the best of {settings} settings by mean val_accuracy\n",
                      self.sweep("show")[0])
        # Of equals the config's first; a setting's first seed.
        self.change("UPDATE trials SET val_accuracy = 0.5")
        out = self.sweep("show")[0]
        first, = self.ask("SELECT trial_id FROM sweep_trials ORDER BY position LIMIT 1")
        self.assertTrue(out.startswith(f"trial {first[0]} of sweep 1 (tiny repeats=2)"), out)
        self.assertIn(f", which {settings} settings share: it is the config's first\n", out)

    def test_who_trained_it(self):
        self.sweep("run", "tiny.yaml", "-j1", "-s", "epochs=[1]", "-s", "layers=[[8, '4 tanh']]")
        self.sweep("run", "tiny.yaml", "-j2", "-q", "-s", "epochs=[1]", "-s", "layers=[[8, '4 tanh']]")
        shown = json.loads(self.sweep("show", "--json")[0])
        made, again = shown["commands"]
        self.assertEqual(shown["trained_by"], made)
        self.assertEqual(shlex.split(made["arguments"]), ["sweep", "run", "tiny.yaml", "-j1", "-s", "epochs=[1]",
                                                          "-s", "layers=[[8, '4 tanh']]"])
        self.assertEqual((made["jobs"], again["jobs"], again["trials"]), (1, 2, 0))
        self.assertEqual(made["trials"], self.ask("SELECT count(*) FROM trials")[0][0])
        self.assertEqual(made["folder"], str(self.folder.resolve()))
        self.assertEqual(made["user"], pwd.getpwuid(os.geteuid()).pw_name)
        self.assertEqual(made["host"], socket.gethostname())
        self.assertEqual((made["outcome"], again["outcome"]), ("finished", "finished"))
        for key in ("version", "cpu", "openblas_core", "dataset_source", "started_at", "finished_at"):
            self.assertTrue(made[key], key)
        out = " ".join(self.sweep("show")[0].split())
        self.assertIn(f"Trained by command {made['arguments']} folder ", out)
        self.assertIn(f"{again['arguments']} {again['started_at'][:19]} to ", out)
        self.assertIn("; trained 0 trials", out)

    def test_what_an_older_version_did_not_record(self):
        self.sweep("run", "tiny.yaml", "-q")
        self.make_version_1()
        out = self.sweep("show")[0]
        self.assertIn("Trained by\n  not recorded\n", out)
        self.assertIn("a command of an older version\n", out)
        self.assertIsNone(json.loads(self.sweep("show", "--json")[0])["trained_by"])

    def test_other_data_are_not_taken_for_the_trials(self):
        self.sweep("run", "tiny.yaml", "--db", "t.db")
        path = self.folder / "data" / "tiny" / "t10k-labels-idx1-ubyte"
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        out = self.sweep("show", "--db", "t.db")[0]
        self.assertIn("is not the one that the trial was trained on", " ".join(out.split()))

    def test_a_relative_source_is_seen_from_the_folder_of_the_command(self):
        top = self.folder
        make_dataset(top / "mine" / "two")
        self.folder = top / "mine"
        self.write("two.yaml", "method: grid\ndataset: ./two\nkeep_models: best\nparameters:\n  epochs: {value: 1}\n")
        self.sweep("run", "two.yaml", "-q", "--db", "two.db")
        self.folder = top
        self.assertIn("two, test image 3\n", self.sweep("predict", "--db", "mine/two.db", "--index", "3")[0])
        # Another one of the same name is not taken for it.
        make_dataset(top / "two", train=50)
        self.sweep("predict", "--db", "mine/two.db", "--index", "3")
        shutil.rmtree(top / "two")
        # The database and its data may be moved together.
        (top / "mine").rename(top / "yours")
        self.sweep("predict", "--db", "yours/two.db", "--index", "3")
        shutil.rmtree(top / "yours" / "two")
        self.fails(65, f"is no longer in {(top / 'mine' / 'two').resolve()}; name its folder", "predict",
                   "--db", "yours/two.db", "--index", "3")
        self.write("two.yaml", "method: grid\ndataset: ./two\nkeep_models: best\nparameters:\n  epochs: {value: 1}\n")
        self.fails(65, f"there is no folder or file ./two in {top.resolve()}", "plan", "two.yaml")

    def test_terminals(self):
        utf = {"LC_ALL": "C.UTF-8"}
        wide = self.terminal("show", "--db", "s.db", environment={"COLUMNS": "120", **utf})[0]
        self.assertIn("\033[36m", wide)
        self.assertTrue(any("\u2800" <= c <= "\u28ff" for c in wide))
        narrow = self.terminal("show", "--db", "s.db",
                               environment={"COLUMNS": "50", "NO_COLOR": "1", **utf})[0]
        self.assertNotIn("\033", narrow)
        self.assertIn("●", narrow)
        curves = narrow[narrow.index("Learning curves"):narrow.index("Confusion")]
        self.assertLessEqual(max(map(len, curves.splitlines())), 50)
        self.assertIn("label  taken for  images", narrow)  # ten columns would not fit

    def test_wrong_usage(self):
        for said, *arguments in (("TRIAL is a trial_id", "-", "x"), ("TRIAL is", "0"),
                                 ("TRIAL is", "1e3"), ("one TRIAL at a time", "1", "2"),
                                 ("no sweep has a trial 99", "99"),
                                 ("sweep 1 has no trial 99", "99", "--sweep", "1"),
                                 ("there is no sweep 7", "--sweep", "7")):
            arguments = [a for a in arguments if a != "-"]
            self.fails(2, said, "show", "--db", "s.db", *arguments)
        self.fails(65, "no such database", "show", "--db", "none.db")

    def test_a_changed_row_and_a_damaged_model_are_refused(self):
        connection = sqlite3.connect(self.folder / "s.db")
        weights, = connection.execute("SELECT weights FROM models").fetchone()
        connection.execute("UPDATE models SET weights = ?",
                           (weights[:60000] + bytes([weights[60000] ^ 1]) + weights[60001:],))
        connection.commit()
        self.fails(65, "model of trial 3 is damaged", "predict", "--db", "s.db", "--index", "0")
        out = self.sweep("show", "--db", "s.db")[0]
        self.assertIn("model of trial 3 is damaged", " ".join(out.split()))
        connection.execute("UPDATE trials SET layers = '[65]'")
        connection.commit()
        connection.close()
        self.fails(65, "s.db: trial 1 was changed: hyperparameters, seed or data are not those of "
                       "the digest; a `sweep run` of the config puts that right", "show", "--db", "s.db")
        self.fails(65, "s.db: trial 3 was changed: ", "show", "3", "--db", "s.db")
        self.fails(65, "s.db: trial 1 was changed: ", "predict", "--db", "s.db", "--index", "0")


class Predict(Kept):
    def test_images_of_the_data_set(self):
        out, err = self.sweep("predict", "--db", "s.db", "--index", "0",
                              environment={"LC_ALL": "C"})
        self.assertEqual(err, "")
        self.assertIn("digits, test image 0\n", out)
        self.assertRegex(out, r"trial 3 says: \d, with a probability of [01]\.\d{4}; its label is")
        self.assertRegex(out, r"(?m)^  \d    0\.9\d\d\d  #{30,}$")
        found = json.loads(self.sweep("predict", "--db", "s.db", "-i", "5", "--train", "-J")[0])
        self.assertAlmostEqual(sum(found["probabilities"]), 1, 5)
        self.assertEqual(found["predicted"], max(range(10),
                                                 key=found["probabilities"].__getitem__))
        self.fails(2, "images are 0 to 9999", "predict", "--db", "s.db", "--index", "10000")

    def test_wrong_usage(self):
        for arguments in ((), ("--index", "1", "--image", "a.png"), ("--train",)):
            self.fails(2, "--index I, or a file", "predict", "--db", "s.db", *arguments)
        self.fails(2, "--train go with --index", "predict", "--image", "a.png", "--train")
        self.fails(65, "model of trial 1 was not kept", "predict", "1", "--db", "s.db", "-i", "0")

    def test_drawings(self):
        for digit in STROKES:
            name = self.write_bytes(f"{digit}.pgm", pgm(draw(digit)))
            self.assertEqual(self.predict(name)["predicted"], digit)
        # Thin, small, shaded, light on dark; in 16 bits, and in plain text.
        for change in ({"pen": 2}, {"rows": 200, "columns": 220, "scale": 0.4, "at": (150, 90)},
                       {"shade": 120}, {"paper": 20, "ink": 240}, {"paper": 150, "ink": 110}):
            name = self.write_bytes("a.pgm", pgm(draw(3, **change)))
            self.assertEqual(self.predict(name)["predicted"], 3, change)
        name = self.write_bytes("b.pgm", pgm(draw(2), 65535))
        self.assertEqual(self.predict(name)["predicted"], 2)
        image = draw(7)
        plain = f"P2 {len(image[0])} {len(image)} 255 " + " ".join(
            str(v) for row in image for v in row)
        self.assertEqual(self.predict(self.write_bytes("c.pgm", plain.encode()))["predicted"], 7)

    def test_the_digit_is_where_mnist_has_it(self):
        for digit in STROKES:
            for change in ({}, {"at": (2, 40)}, {"scale": 0.5}):
                name = self.write_bytes("a.pgm", pgm(draw(digit, **change)))
                pixels = self.predict(name)["pixels"]
                rows = [y for y in range(28) if any(pixels[y])]
                columns = [x for x in range(28) if any(row[x] for row in pixels)]
                high, wide = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
                self.assertEqual(max(high, wide), 20)
                mass = sum(map(sum, pixels))
                y = sum((y + 0.5) * sum(pixels[y]) for y in range(28)) / mass
                x = sum((x + 0.5) * row[x] for row in pixels for x in range(28)) / mass
                self.assertLessEqual(max(abs(y - 14), abs(x - 14)), 0.5)
                self.assertEqual(max(map(max, pixels)), 255)

    def test_what_is_cut_out_already_stays(self):
        """An image of the data set, saved; with something on its border it is a picture as any other."""
        known = json.loads(self.sweep("predict", "--db", "s.db", "--index", "7", "--json")[0])
        found = self.predict(self.write_bytes("a.pgm", pgm(known["pixels"])))
        self.assertEqual(found["taken"], "as it is")
        for key in ("pixels", "probabilities"):
            self.assertEqual(found[key], known[key])
        known["pixels"][0][27] = 1
        self.assertEqual(self.predict(self.write_bytes("a.pgm", pgm(known["pixels"])))["taken"], "cut out")

    def test_every_kind_of_png(self):
        image = draw(3)
        expected = self.predict(self.write_bytes("a.png", grey_png(image)))
        for kind, data in kinds_of_png(image).items():
            found = self.predict(self.write_bytes("b.png", data))
            self.assertEqual(found["predicted"], 3, kind)
            off = max(abs(a - b) for p, q in zip(found["pixels"], expected["pixels"])
                      for a, b in zip(p, q))
            self.assertLessEqual(off, 130 if "bit" in kind or kind.startswith("colours,") else 24,
                                 kind)

    def test_several_digits(self):
        one, two = draw(7), draw(3)
        name = self.write_bytes("a.pgm", pgm([a + b for a, b in zip(one, two)]))
        _, err = self.sweep("predict", "--db", "s.db", "--image", name)
        self.assertEqual(err, "warning: a.pgm shows more than one thing, and all of it is read as "
                              "one digit; cut out one digit\n")

    def test_doubt_is_told(self):
        # One digit drawn over another: some of these are sure to be doubtful.
        kinds = set()
        for digit, over in itertools.combinations_with_replacement(STROKES, 2):
            image = [list(map(min, a, b)) for a, b in zip(draw(digit), draw(over, at=(25, 30)))]
            out, _ = self.sweep("predict", "--db", "s.db", "--image",
                                self.write_bytes("a.pgm", pgm(image)))
            likely = sorted(map(float, re.findall(r"(?m)^ +\d +([01]\.\d{4})", out)))
            found = re.search(r"probability of ([\d.]+)( \(unsure: \d has ([\d.]+)\))?\n", out)
            self.assertEqual(float(found[1]), likely[-1])
            self.assertEqual(found[2] is not None, likely[-1] < 0.8)
            if found[2]:
                self.assertEqual(float(found[3]), likely[-2])
            kinds.add(found[2] is not None)
        self.assertEqual(kinds, {False, True})

    def test_colours_of_the_same_luminance(self):
        image = draw(3, paper=255, ink=0)
        for paper, ink in (((255, 255, 255), (255, 250, 0)), ((0, 200, 0), (255, 58, 58)),
                           ((60, 150, 60), (205, 73, 74))):
            lines = [sum(([(p * v + i * (255 - v)) // 255 for p, i in zip(paper, ink)]
                          for v in row), []) for row in image]
            name = self.write_bytes("a.png", png(lines, len(image[0]), len(image), 8, 2))
            self.assertEqual(self.predict(name)["predicted"], 3, (paper, ink))

    def test_hostile_pictures(self):
        image = draw(3, rows=60, columns=50, scale=0.4, at=(5, 10))
        good = grey_png(image)
        blank = png([bytes(300)] * 300, 300, 300, 8, 0)
        noise = random.Random(1).randbytes(90000)
        refused = {
            b"": "is no PNG, JPEG or PGM file",
            b"GIF89a": "is no PNG, JPEG or PGM file",
            b"\xff\xd8\xff\xe0\0\x10JFIF": "cannot be decoded (Premature end of JPEG file)",
            b"P5": "head of the PGM",
            b"P5 3 3 0\n123456789": "head of the PGM",
            b"P5 0 3 255\n": "has no pixels",
            b"P5 3 3 255\n12345678": "cut short",
            b"P5 4000000000 4000000000 255\n1": "cut short",
            b"P5 99999999999999999999 1 255\n1": "head of the PGM",
            b"P2 2 2 255 1 2 3": "cut short",
            b"P2 2 2 255 1 2 3 300": "cut short, or a pixel is above",
            b"P5 2 2 9\n\1\1\1\xff": "cut short, or a pixel is above",
            good.replace(b"IDAT", b"IDAX"): "damaged or cut short",
            png([], 60000, 60000, 1, 0): "more than the 67 million",
            png([], 2**31 - 1, 2**31 - 1, 16, 6): "",
            blank: "shows no digit",
            png([[9]], 1, 1, 8, 0): "shows no digit",
            pgm([[255] * 40] * 40): "shows no digit",
            b"P5 300 300 255\n" + noise: "shows no digit",
        }
        for cut in range(8, len(good) - 12, len(good) // 25):
            refused[good[:cut]] = "damaged or cut short"
        for data, said in refused.items():
            name = self.write_bytes("bad.png", data)
            self.fails(65, said, "predict", "--db", "s.db", "--image", name)
        self.fails(74, "cannot be opened", "predict", "--db", "s.db", "--image", "none.png")
        self.fails(65, "data: holds no pictures", "predict", "--db", "s.db", "--image", "data")
        os.mkfifo(self.folder / "pipe")
        self.fails(65, "not a regular file", "predict", "--db", "s.db", "--image", "pipe")

    def test_several_pictures(self):
        """Whatever the shell makes of *.pgm, or the folder: a table or JSON, and what can't be read
        is named and counted."""
        (self.folder / "pictures").mkdir()
        square = [[255] * 60] * 20 + [[255] * 20 + [0] * 20 + [255] * 20] * 20 + [[255] * 60] * 20
        two = [a + b for a, b in zip(draw(3), draw(3))]
        data = {"b.pgm": pgm(draw(3)), "c.pgm": pgm(two), "d.pgm": pgm(square),
                "e.png": b"no picture", "g.pgm": pgm(draw(7))}
        for name, jpeg in (("a.jpg", "grey-jpeg"), ("f.JPEG", "turned-jpeg")):
            data[name] = (SEEDS / jpeg).read_bytes()
        names = [self.write_bytes(f"pictures/{name}", each) for name, each in sorted(data.items())]
        self.write("pictures/notes.txt", "none")
        # The others are told all the same, and the exit status is that of the one.
        out, err = self.sweep("predict", "--db", "s.db", "--image", *names, code=65)
        self.assertIn("sweep: pictures/e.png: is no PNG, JPEG or PGM file", err)
        for word, line in (("a.jpg", r"7 +[01]\.\d{4}"), ("b.pgm", r"3 +[01]\.\d{4}"),
                           ("c.pgm", r"\d +.*unsure: .*the picture shows more than one thing"),
                           ("d.pgm", r"\d +.*unsure: .*it has more ink than a digit"),
                           ("e.png", "- +- +is no PNG, JPEG or PGM file"),
                           ("f.JPEG", r"7 +[01]\.\d{4}"), ("g.pgm", r"7 +[01]\.\d{4}")):
            self.assertRegex(out, rf"(?m)^pictures/{word} +{line}")
        self.assertRegex(out, r"\ntrial \d+: 7 pictures, \d unsure, 1 not read\n$")
        for arguments in (("--image", "pictures"), names, ("--image", names[0], "-f", *names[1:]),
                          ("best", *names), (*names, "--image", "pictures")[:7]):
            self.assertEqual(self.sweep("predict", "--db", "s.db", *arguments, code=65)[0], out)
        told = json.loads(self.sweep("predict", "--db", "s.db", "--json", *names, code=65)[0])
        self.assertEqual((told["read"], told["failed"]), (6, 1))
        self.assertEqual([image["image"] for image in told["images"]], names)
        self.assertIn("is no PNG", told["images"][4]["error"])
        self.assertEqual(told["unsure"], sum(image.get("unsure", False)
                                             for image in told["images"]))
        alone = json.loads(self.sweep("predict", "--db", "s.db", "--json", names[1])[0])
        self.assertEqual({key: alone[key] for key in told["images"][1]}, told["images"][1])
        self.sweep("predict", "--db", "s.db", *names[:2])
        # None can be read: there is no table.
        self.fails(65, "e.png: is no PNG", "predict", "--db", "s.db", names[4], names[4])
        self.fails(2, "TRIAL is a trial_id", "predict", "--db", "s.db", "bset", "--image", *names)

    @unittest.skipIf(os.environ.get("SWEEP_SANITIZE"), "a sanitizer needs more address space")
    def test_a_bomb_has_bounded_memory(self):
        # 8000 x 8000 pixels in some 100 KB, and a stroke that makes it a digit.
        line, stroke = b"\0" + b"\xff" * 8000, b"\0" + b"\xff" * 3800 + bytes(400) + b"\xff" * 3800
        compressor = zlib.compressobj(9)
        body = b"".join(compressor.compress(part) for part in
                        [line] * 1000 + [stroke] * 6000 + [line] * 1000) + compressor.flush()
        head = struct.pack(">IIBBBBB", 8000, 8000, 8, 0, 0, 0, 0)
        name = self.write_bytes("bomb.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) +
                                chunk(b"IDAT", body) + chunk(b"IEND", b""))
        self.assertLess(len(body), 200000)
        gigabyte = 1 << 30
        out, _ = self.sweep("predict", "--db", "s.db", "--image", name, "--json", preexec_fn=lambda:
                            resource.setrlimit(resource.RLIMIT_AS, (gigabyte, gigabyte)),
                            environment={"OPENBLAS_NUM_THREADS": "1"})
        self.assertEqual(json.loads(out)["predicted"], 1)


if __name__ == "__main__":
    unittest.main()
