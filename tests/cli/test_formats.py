"""The same pixels in every format that data sets have give the same trials, to the last bit.

Fashion-MNIST is Debian's (dataset-fashion-mnist). scikit-learn's digits are read from scikit-learn,
which is looked for in this Python and in the one that $SWEEP_PYTHON names. What a machine lacks
skips its tests.
"""

import csv
import gzip
import json
import os
import pathlib
import sqlite3
import struct
import subprocess
import sys
import unittest
import zipfile
import zlib

from harness import Case, idx

FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")

CONFIG = """\
name: formats
method: grid
repeats: 2
parameters:
  validation_split: {value: 0.2}
  layers: {values: [[16], [32, 16]]}
  optimizer: {value: adam}
  epochs: {values: [1, 2]}
"""


def read_idx(path, count):
    """The first elements of a file: bytes, and how many each has."""
    data = gzip.decompress(path.read_bytes())
    sizes = struct.unpack(f">{data[3]}I", data[4:4 + 4 * data[3]])
    size = 1
    for each in sizes[1:]:
        size *= each
    begin = 4 + 4 * data[3]
    return [data[begin + i * size:begin + (i + 1) * size] for i in range(count)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(pixels, side):
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + pixels[i:i + side] for i in range(0, side * side, side))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) +
            chunk(b"IEND", b""))


def npy(shape, data, kind="|u1"):
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + data


class Formats(Case):
    def setUp(self):
        super().setUp()
        self.write("formats.yaml", CONFIG)
        self.results = {}

    def train(self, path):
        """All that training gives, by the trials' digests."""
        database = f"{len(self.results)}.db"
        self.sweep("run", "formats.yaml", "-q", "--dataset", path, "--db", database)
        with sqlite3.connect(self.folder / database) as connection:
            rows = connection.execute(
                "SELECT digest, loss, accuracy, val_loss, val_accuracy, test_loss, test_accuracy "
                "FROM trials ORDER BY trial_id").fetchall()
            weights = connection.execute(  # without the head, which says what examples were
                "SELECT substr(weights, 17) FROM models ORDER BY trial_id").fetchall()
        self.assertEqual(len(rows), 8)
        self.results[path] = rows, weights

    def expect_one_result(self):
        (first, expected), *others = self.results.items()
        for path, found in others:
            self.assertEqual(found, expected, f"{path} is not as {first}")

    def write_bytes(self, name, data):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def write_table(self, name, images, labels, last=False, text=str, names=True):
        opened = gzip.open if name.endswith(".gz") else open
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        with opened(self.folder / name, "wt", newline="") as file:
            rows = csv.writer(file)
            pixels = [f"pixel{i}" for i in range(len(images[0]))]
            if names:
                rows.writerow(pixels + ["label"] if last else ["label"] + pixels)
            for image, label in zip(images, labels):
                image, label = list(map(text, image)), [text(label)]
                rows.writerow(image + label if last else label + image)

    @unittest.skipUnless(FASHION.is_dir(), "Debian's package dataset-fashion-mnist is not installed")
    def test_fashion_mnist(self):
        archive = zipfile.ZipFile(self.folder / "fashion.npz", "w", zipfile.ZIP_DEFLATED)
        for part, ours, count in (("train", "train", 600), ("t10k", "test", 200)):
            images = read_idx(FASHION / f"{part}-images-idx3-ubyte.gz", count)
            labels = [label[0] for label in read_idx(FASHION / f"{part}-labels-idx1-ubyte.gz", count)]
            pixels = b"".join(images)
            self.write_bytes(f"idx/{part}-images-idx3-ubyte", idx((count, 28, 28), pixels))
            self.write_bytes(f"idx/{part}-labels-idx1-ubyte", idx((count,), bytes(labels)))
            archive.writestr(f"x_{ours}.npy", npy((count, 28, 28), pixels))
            archive.writestr(f"y_{ours}.npy", npy((count,), struct.pack(f"<{count}q", *labels), "<i8"))
            self.write_table(f"kaggle/fashion-mnist_{ours}.csv", images, labels)
            self.write_table(f"packed/{ours}.csv.gz", images, labels, last=True, text=float)
            for i, (image, label) in enumerate(zip(images, labels)):
                self.write_bytes(f"png/{ours}/{label}/{i}.png", png(image, 28))
        archive.close()
        for path in ("./idx", "./fashion.npz", "./kaggle", "./packed", "./png"):
            self.train(path)
        self.expect_one_result()
        # A picture is asked about as it is, whatever its data set is read from: clothes are no ink on paper.
        label = labels[0]
        pictures = [f"png/test/{label}/{i}.png" for i in range(count) if labels[i] == label]
        for database in ("0.db", "1.db", "2.db", "4.db"):
            told = json.loads(self.sweep("predict", "--db", database, "--json", "--image", *pictures)[0])["images"]
            for i in (0, len(pictures) - 1) if database != "4.db" else ():
                index = pathlib.Path(pictures[i]).stem
                ours = json.loads(self.sweep("predict", "--db", database, "--index", index, "--json")[0])
                self.assertEqual((told[i]["taken"], told[i]["pixels"]), ("as it is", ours["pixels"]))
                self.assertEqual(told[i]["probabilities"], ours["probabilities"])
            answers = answers if database != "0.db" else [image["probabilities"] for image in told]
            self.assertEqual([image["probabilities"] for image in told], answers, database)

    def test_digits_of_scikit_learn(self):
        """One file or folder without a test part: the same one is split off each."""
        program = ("import json; from sklearn.datasets import load_digits; d = load_digits(); "
                   "import sklearn.datasets, os; "
                   "print(json.dumps([os.path.dirname(sklearn.datasets.__file__), "
                   "d.data.astype(int).tolist(), d.target.tolist()]))")
        for python in filter(None, (sys.executable, os.environ.get("SWEEP_PYTHON"))):
            found = subprocess.run([python, "-c", program], capture_output=True, text=True)
            if found.returncode == 0:
                break
        else:
            self.skipTest("scikit-learn is not installed")
        where, images, labels = json.loads(found.stdout)
        images, count = [bytes(image) for image in images], len(images)
        pixels = b"".join(images)
        for name, data in (("bytes", npy((count, 8, 8), pixels)),
                           ("floats", npy((count, 8, 8), struct.pack(f"<{64 * count}d", *pixels), "<f8"))):
            with zipfile.ZipFile(self.folder / f"{name}.npz", "w") as archive:
                archive.writestr("x.npy", data)
                archive.writestr("y.npy", npy((count,), bytes(labels)))
        self.write_table("table.csv", images, labels)
        for i, (image, label) in enumerate(zip(images, labels)):
            self.write_bytes(f"png/{label}/{i}.png", png(image, 8))
        own = pathlib.Path(where) / "data/digits.csv.gz"
        for path in ("./bytes.npz", "./floats.npz", "./table.csv", str(own), "./png"):
            self.train(path)
        self.expect_one_result()


class Names(Case):
    def test_info_tells_what_classes_are_called(self):
        self.write("pets.csv", "a,label\n" + "".join(f"{i},{('dog', 'cat', 'gnu')[i % 3]}\n" for i in range(30)))
        table = self.sweep("data", "info", "./pets.csv")[0].split("\n\n")[1].splitlines()
        self.assertEqual([line.split() for line in table[:2]], [["class", "training", "test", "name"],
                                                                ["0", "8", "2", "cat"]])
        info = json.loads(self.sweep("data", "info", "./pets.csv", "--json")[0])
        self.assertEqual(info["class_names"], ["cat", "dog", "gnu"])
        self.assertNotIn("class_names", json.loads(self.sweep("data", "info", "tiny", "--json")[0]))


class Tables(Case):
    def test_label_names_the_column_that_is_learned(self):
        config = "method: grid\ndataset: {name: ./house.csv, label: price}\nparameters: {epochs: {value: 1}}\n"
        rows = "".join(f"{i % 5},{i / 3},{1000.5 * i},{37 + i / 100}\n" for i in range(50))
        self.write("house.csv", "rooms,age,price,lat\n" + rows)
        self.write("house.yaml", config)
        self.sweep("run", "house.yaml", "-q", "--db", "s.db")
        self.assertIn("mean_squared_error", self.sweep("show", "--db", "s.db")[0])
        self.write("house.yaml", config.replace("price", "prise"))
        self.fails(65, "house.yaml:2:37: label: ./house.csv has no column 'prise'; did you mean 'price'? "
                       "Its columns are rooms, age, price, lat", "plan", "house.yaml")
        self.fails(65, "NAME:1:23: label: names a column of a CSV file, and digits is none",
                   "data", "info", "{name: digits, label: price}")
        told = json.loads(self.sweep("data", "info", "{name: ./house.csv, targets: values}", "--json")[0])
        self.assertIn("column 4, lat is taken for what is to be learned; label: NAME", told["changes"])


class Asked(Case):
    """Networks of data sets that are no pictures themselves, asked about pictures."""

    def train(self, name, shape, pixels, labels, kind="|u1"):
        with zipfile.ZipFile(self.folder / name, "w") as archive:
            archive.writestr("x.npy", npy(shape, pixels, kind))
            archive.writestr("y.npy", npy((shape[0],), bytes(labels)))
        self.write("asked.yaml", f"method: grid\ndataset: ./{name}\nparameters:\n  epochs: {{value: 20}}\n"
                   "  batch_size: {value: 4}\n")
        self.sweep("run", "asked.yaml", "-q", "--fresh", "--db", "s.db")

    def ask(self, path):
        return json.loads(self.sweep("predict", "--db", "s.db", "--image", path, "--json")[0])

    def test_grey_images_are_taken_whole(self):
        """Also where their name is that of digits which the program draws itself."""
        halves = [bytes(200 if (x < 4) == (i % 2) else 30 for y in range(8) for x in range(8)) for i in range(40)]
        self.train("digits.npz", (40, 8, 8), b"".join(halves), [i % 2 for i in range(40)])
        for i in range(2):
            (self.folder / "a.png").write_bytes(png(halves[i], 8))
            (self.folder / "b.png").write_bytes(png(bytes(halves[i][y // 2 * 8 + x // 2] for y in range(16)
                                                          for x in range(16)), 16))
            same, large = self.ask("a.png"), self.ask("b.png")
            self.assertEqual((same["predicted"], same["taken"], large["taken"]), (i, "as it is", "resized"))
            self.assertEqual(sum(same["pixels"], []), list(halves[i]))
            self.assertEqual(large["predicted"], i)
        self.assertIn("b.png, resized from 16 x 16\n", self.sweep("predict", "--db", "s.db", "--image", "b.png")[0])
        self.assertRegex(self.sweep("predict", "--db", "s.db", "a.png", "b.png")[0], ", 0 not read, 1 resized\n$")

    def test_handwriting_of_ones_own(self):
        """Images that are cut out and centred as MNIST's are: a picture of ink on paper is made like them."""
        bars = [bytes(220 if (7 <= (x, y)[i % 2] <= 8 and 3 <= (y, x)[i % 2] <= 12) else 0 for y in range(16) for x in range(16))
                for i in range(40)]
        self.train("own.npz", (40, 16, 16), b"".join(bars), [i % 2 for i in range(40)])
        for i in range(2):
            paper = bytes(40 if (10 <= (x, y)[i] <= 14 and 20 <= (y, x)[i] <= 45) else 230 for y in range(60) for x in range(60))
            (self.folder / "paper.png").write_bytes(png(paper, 60))
            (self.folder / "bar.png").write_bytes(png(bars[i], 16))
            told = self.ask("paper.png")
            self.assertEqual((told["predicted"], told["taken"]), (i, "cut out"))
            self.assertEqual(self.ask("bar.png")["taken"], "as it is")

    def test_parts_without_folders_of_classes(self):
        for part in ("train", "test"):
            (self.folder / "flat" / part).mkdir(parents=True)
        (self.folder / "flat/train/a.png").write_bytes(png(bytes(64), 8))
        self.fails(65, "flat/train: has no folders of classes", "data", "info", "./flat")

    def test_images_in_colour(self):
        colours = [((220, 30, 60), (20, 200, 90))[i % 2] for i in range(40)]
        self.train("colours.npz", (40, 6, 6, 3), b"".join(bytes(c) * 36 for c in colours), [i % 2 for i in range(40)])
        for side in (6, 9):
            for i in range(2):
                head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
                data = (b"\0" + bytes(colours[i]) * side) * side
                (self.folder / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) +
                                                    chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))
                self.assertEqual(self.ask("c.png")["predicted"], i)

    def test_what_takes_no_pictures_says_what_to_do(self):
        (self.folder / "a.png").write_bytes(png(bytes(64), 8))
        self.train("table.npz", (40, 3), bytes(range(120)), [i % 2 for i in range(40)])
        self.fails(65, "rows of a table, no pictures; --index I takes an example of the data set, and new ones go to "
                       "the network as `sweep export --format=onnx`", "predict", "--db", "s.db", "--image", "a.png")
        self.train("reals.npz", (40, 6, 6), struct.pack("<1440f", *(i % 16 / 16 for i in range(1440))),
                   [i % 2 for i in range(40)], "<f4")
        self.fails(65, "takes images of real numbers", "predict", "--db", "s.db", "--image", "a.png")
        self.train("depth.npz", (40, 6, 6, 2), bytes(72 * 40), [i % 2 for i in range(40)])
        self.fails(65, "takes images of 2 channels", "predict", "--db", "s.db", "--image", "a.png")


class Pictures(Case):
    def png(self, name, colour, rows, columns):
        head = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
        data = b"".join(b"\0" + bytes(min(255, c + (31 * x + 17 * y) % 40) for x in range(columns)
                                      for c in colour) for y in range(rows))
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) +
                         chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))

    def test_classes_are_called_by_their_names(self):
        """Pictures in colour and of several sizes: what is read as the data set was."""
        colours = {"rojo": (200, 10, 10), "azul añil": (10, 10, 200), "Verde": (10, 200, 10)}
        names = sorted(colours, key=lambda name: name.encode())
        for number in range(90):
            name = names[number % 3]
            self.png(f"mine/{name}/{number}.png", colours[name], 9 + number % 7, 8 + number % 5)
        self.write("mine.yaml", "method: grid\ndataset: {name: ./mine, image_size: [8, 6]}\n"
                                "parameters:\n  epochs: {value: 30}\n  optimizer: {value: adam}\n"
                                "  learning_rate: {value: 0.01}\n  layers: {value: [16]}\n")
        self.write("tiny.yaml", "method: grid\ndataset: ./mine\nparameters:\n  epochs: {value: 1}\n")
        self.fails(65, "write image_size: [9, 8]", "plan", "tiny.yaml")
        read = "{name: ./mine, image_size: [8, 6], color_mode: grayscale}"
        told = json.loads(self.sweep("data", "info", read, "--json")[0])
        self.assertEqual((told["name"], told["class_names"]), ("mine", names))
        self.assertEqual([told[key] for key in ("training", "rows", "columns", "channels")], [72, 8, 6, 1])
        self.sweep("data", "show", read, "--augment", "random_rotation 0.1")
        self.fails(65, "NAME:1:16: unknown key of dataset 'image_sizes'; did you mean 'image_size'?",
                   "data", "info", read.replace("size", "sizes"))
        self.sweep("run", "mine.yaml", "-q", "--db", "s.db")
        shown = json.loads(self.sweep("show", "--db", "s.db", "--json")[0])
        self.assertEqual(shown["class_names"], names)
        self.assertEqual(sum(row[i] for i, row in enumerate(shown["confusion"])), 18)
        self.assertIn("0 is Verde, 1 is azul añil, 2 is rojo", self.sweep("show", "--db", "s.db")[0])
        self.sweep("report", "--db", "s.db", "-o", "page.html")
        self.assertIn('"class_names":["Verde","azul añil","rojo"]',
                      (self.folder / "page.html").read_text(encoding="utf-8"))
        (self.folder / "mine").rename(self.folder / "elsewhere")
        for label, name in enumerate(names):
            path = f"elsewhere/{name}/{label}.png"
            told = json.loads(self.sweep("predict", "--db", "s.db", "--image", path, "--json")[0])
            self.assertEqual((told["predicted"], told["class"]), (label, name))
            self.assertEqual((len(told["pixels"]), len(told["pixels"][0])), (8, 6))
            self.assertRegex(self.sweep("predict", "--db", "s.db", path)[0], f"says: {name}, with a")
        table = self.sweep("predict", "--db", "s.db", "--image", "elsewhere/rojo")[0]
        self.assertRegex(table, r"(?m)^elsewhere/rojo/2.png +rojo +[01]\.\d{4}")
        self.assertIn("30 pictures, ", table)


if __name__ == "__main__":
    unittest.main()
