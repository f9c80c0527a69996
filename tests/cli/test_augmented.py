"""Augmentation of images in colour and of floats: what is changed and how, in any company, and what is refused."""

import json
import random
import struct
import unittest
import zipfile
import zlib

from harness import Case

SIDE, COUNT, CLASSES = 7, 150, 3

CONFIG = """\
method: grid
dataset: {names}
parameters:
  validation_split: {{value: 0.2}}
  layers: {{value: [8 relu]}}
  optimizer: {{value: adam}}
  epochs: {{values: [2, 3]}}
  batch_size: {{values: [16, 50]}}
  augmentation: {lists}
"""
LISTS = ('{values: [[], [random_rotation 0.1, elastic 4 2, "random_translation 0.2 0.1 fill_mode=reflect"], '
         "[random_erasing]]}")
COLUMNS = "dataset, epochs, batch_size, augmentation, loss, val_loss, test_loss"


def npy(kind, shape, numbers):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() +
            struct.pack(f"<{len(numbers)}{'B' if kind == '|u1' else 'f'}", *numbers))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def drawn(channels):
    """A bright row says the class, in colours that differ from image to image."""
    draw = random.Random(11)
    return [draw.randrange(150, 256) if row == 2 * (image % CLASSES) else draw.randrange(60)
            for image in range(COUNT) for row in range(SIDE) for _ in range(SIDE) for _ in range(channels)]


def standardised(numbers):
    return [(number / 255 - 0.13) / 0.31 for number in numbers]


class Augmented(Case):
    def archive(self, name, kind, numbers, channels, first=False):
        shape = (channels, SIDE, SIDE) if first else (SIDE, SIDE, channels)
        with zipfile.ZipFile(self.folder / name, "w") as file:
            file.writestr("x.npy", npy(kind, (COUNT, *shape), numbers))
            file.writestr("y.npy", npy("|u1", (COUNT,), [image % CLASSES for image in range(COUNT)]))

    def pictures(self, folder, numbers):
        """A folder of classes of PNG files in colour."""
        row, size = 3 * SIDE, 3 * SIDE * SIDE
        for image in range(COUNT):
            own = bytes(numbers[image * size:(image + 1) * size])
            data = b"".join(b"\0" + own[i:i + row] for i in range(0, size, row))
            path = self.folder / folder / str(image % CLASSES) / f"{image:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)) +
                             chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))

    def results(self, database, names, *options, lists=LISTS):
        self.write("own.yaml", CONFIG.format(names=names, lists=lists))
        self.sweep("run", "own.yaml", "-q", "--db", database, *options)
        return self.ask(f"SELECT {COLUMNS} FROM trials ORDER BY trial_id", database)

    def test_in_any_company(self):
        self.pictures("colour", drawn(3))
        self.archive("floats.npz", "<f4", standardised(drawn(3)), 3)
        self.archive("pair.npz", "<f4", standardised(drawn(2)), 2)
        names = "{values: [./colour, ./floats.npz, {name: ./pair.npz, normalization: true}]}"
        wanted = self.results("one.db", names, "-j1")
        self.assertEqual(len(wanted), 36)
        self.assertEqual(len({row[4:] for row in wanted}), 36)
        self.assertNotIn(None, [number for row in wanted for number in row[4:]])
        self.assertEqual(self.results("two.db", names, "-j2"), wanted)
        alone = self.results("alone.db", "./floats.npz", "-s", "epochs=3", "-s", "batch_size=16")
        self.assertEqual(len(alone), 3)
        self.assertLess({row[1:] for row in alone}, {row[1:] for row in wanted})

    def test_after_a_kill(self):
        self.archive("floats.npz", "<f4", standardised(drawn(3)), 3)
        self.write("own.yaml", CONFIG.format(names="./floats.npz", lists="{value: [random_rotation 0.1, elastic 4 2]}"))
        self.expect_same_after_a_kill("own.yaml", "-c0", "-j1", "-s", "epochs=300", "-s", "batch_size=16")

    def test_the_same_pixels_in_other_forms(self):
        """Channels first and last, files and arrays, bytes and shares of 255; white is said as the images have it."""
        size, numbers = SIDE * SIDE, drawn(3)
        first = [numbers[3 * (image * size + i) + c] for image in range(COUNT) for c in range(3) for i in range(size)]
        self.archive("bytes.npz", "|u1", numbers, 3)
        self.archive("first.npz", "|u1", first, 3, first=True)
        self.archive("shares.npz", "<f4", [number / 255 for number in numbers], 3)
        lists = '{value: ["random_rotation 0.2 fill_value=%s", "cutout fill_value=%s"]}'
        wanted = [row[1:3] + row[4:] for row in self.results("bytes.db", "./bytes.npz", lists=lists % (255, 51))]
        self.assertEqual([row[1:3] + row[4:] for row in self.results("first.db", "./first.npz", lists=lists % (255, 51))],
                         wanted)
        self.assertEqual([row[1:3] + row[4:] for row in self.results("shares.db", "./shares.npz", lists=lists % (1, 0.2))],
                         wanted)

    def test_grey_in_three_channels(self):
        """Each channel becomes what the grey image does: its luminance is that of all."""
        grey = drawn(1)
        self.archive("grey.npz", "|u1", grey, 1)
        self.archive("colour.npz", "|u1", [number for number in grey for _ in range(3)], 3)
        self.archive("floats.npz", "<f4", [number / 250 for number in grey for _ in range(3)], 3)

        def shown(name, index):
            out, _ = self.sweep("data", "show", f"./{name}.npz", "--index", str(index), "--json", "--augment",
                                "random_zoom 0.3, random_shear 0.2 0.1, elastic 6 2, random_erasing scale=0.1/0.4")
            return json.loads(out)

        for index in range(8):
            wanted = shown("grey", index)
            self.assertNotEqual(wanted["augmented"], wanted["pixels"])
            self.assertEqual(shown("colour", index)["augmented"], wanted["augmented"])
            # Floats are drawn from their least to their largest.
            rows = wanted["augmented"]
            least, most = min(map(min, rows)), max(map(max, rows))
            for own, row in zip(shown("floats", index)["augmented"], rows):
                for a, b in zip(own, row):
                    self.assertLess(abs(a - 255 * (b - least) / (most - least)), 255 / (most - least) + 0.51)
        out, _ = self.sweep("data", "show", "./colour.npz", "--augment", "random_rotation 0.1")
        self.assertIn("as it is, and in epoch 1 and the next ones of seed 0", out)

    def test_another_background(self):
        """That what comes into the images will not be their background is told, and how to have it so."""
        inside = [0 < i // 3 % SIDE < SIDE - 1 for i in range(COUNT * SIDE * SIDE * 3)]
        numbers = [number if shown else 255 for number, shown in zip(drawn(3), inside)]
        self.archive("bytes.npz", "|u1", numbers, 3)
        self.archive("shares.npz", "<f4", [number / 255 for number in numbers], 3)
        self.archive("floats.npz", "<f4", standardised(numbers), 3)
        for name, background in (("bytes", "255"), ("shares", "1"), ("floats", "2.806452")):
            for fill, told in (("", True), (f" fill_value={background}", False), (" fill_mode=nearest", False)):
                self.write("own.yaml", CONFIG.format(names=f"./{name}.npz", lists=f"{{value: [random_zoom 0.1{fill}, cutout]}}"))
                _, err = self.sweep("plan", "own.yaml")
                self.assertEqual(f"by most of their corners is {background}; write fill_value={background}," in err, told, err)
        self.write("own.yaml", CONFIG.format(names="./bytes.npz", lists="{value: [cutout]}"))
        self.assertNotIn("corners", self.sweep("plan", "own.yaml")[1])

    def test_what_is_refused(self):
        self.archive("bytes.npz", "|u1", drawn(3), 3)
        self.archive("shares.npz", "<f4", [number / 255 for number in drawn(3)], 3)
        with zipfile.ZipFile(self.folder / "table.npz", "w") as file:
            file.writestr("x.npy", npy("<f4", (COUNT, 2), [i % 13 / 4 for i in range(2 * COUNT)]))
            file.writestr("y.npy", npy("|u1", (COUNT,), [i % CLASSES for i in range(COUNT)]))
        varied = "{value: [{random_rotation: {factor: 0.1, fill_value: {values: [0, 0.5]}}}]}"
        for name, lists, said in (
                ("table", "{value: [random_rotation 0.1]}", ":9:3: augmentation: images can be changed, and table has none; leave"),
                ("bytes", "{values: [[], [random_rotation 0.1 fill_value=300]]}", ":9:3: augmentation: fill_value 300 is no number"),
                ("bytes", "{value: [cutout fill_value=0.5]}", "the images of bytes, which are whole numbers from 0 to 255"),
                ("bytes", varied, ":9:58: augmentation: fill_value 0.5 is no number of the images of bytes"),
                ("bytes", varied.replace("{values: [0, 0.5]}", "{min: 0, max: 300, q: 100}"), "fill_value 300 is no number"),
                ("shares", "{value: [cutout fill_value=255]}", "fill_value 255 is no number of the images of shares, which "
                                                              "are from 0 to 1")):
            with self.subTest(name=name, lists=lists):
                self.write("own.yaml", CONFIG.format(names=f"./{name}.npz", lists=lists))
                self.fails(65, said, "plan", "own.yaml")
        self.fails(2, "--augment: images can be changed, and table has none", "data", "show", "./table.npz", "--augment",
                   "random_rotation 0.1")
        self.fails(2, "--augment: fill_value 0.5 is no number", "data", "show", "./bytes.npz", "--augment",
                   "cutout fill_value=0.5")


if __name__ == "__main__":
    unittest.main()
