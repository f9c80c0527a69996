"""The program against input that is wrong on purpose, and against a machine that gives it nothing:
each case ends with a message of its own, in bounded time and memory, and changes nothing.

ctest sets SWEEP, the program's path. What single functions are tested for (tests/test_config.c,
test_idx.c, test_npz.c) is tried here only as a whole: that the message gets through.
"""

import gzip
import hashlib
import json
import os
import resource
import shutil
import sqlite3
import stat
import struct
import subprocess
import sys
import threading
import time
import unittest
import zipfile

from harness import CONFIG, ENDLESS, PATIENCE, SWEEP, Case, idx, make_dataset

SANITIZED = bool(os.environ.get("SWEEP_SANITIZE"))
MEMORY = 1 << 30  # bytes of address space, of which OpenBLAS takes 128 MB for each of its threads
SECONDS = 10  # of processor time
GRID = "method: grid\ndataset: tiny\nparameters:\n"
LARGEST = 1 << 20  # bytes of a config


def limits():
    """Bounds that a well-behaved refusal stays far below."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    if not SANITIZED:  # a sanitizer needs all the address space there is
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


class HostileCase(Case):
    def write_bytes(self, name, data):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def refused(self, said, *arguments, code=65, **options):
        """Fails within the limits, saying so, with no file more or less and nothing odd shown."""
        options.setdefault("preexec_fn", limits)
        err = self.fails(code, said, *arguments, **options)
        self.assertNotRegex(err, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
        return err


class Config(HostileCase):
    def refused_config(self, said, text):
        data = text if isinstance(text, bytes) else text.encode()
        self.write_bytes("bad.yaml", data)
        for command in ("plan", "run"):
            err = self.refused(said, command, "bad.yaml")
            self.assertRegex(err, r"sweep: bad\.yaml:\d+:\d+: ")

    def test_bombs(self):
        laughs = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
            f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefghi", "bcdefghij"))
        self.refused_config("unknown key 'a'", laughs)
        self.refused_config("must be a list", GRID + "  layers: {values: &a {b: *a}}\n")
        self.refused_config("within a list", GRID + "  layers: {value: &a [*a, *a]}\n")
        for opening in ("[", "{a: ", "- ", "? ", "a:\n "):
            self.refused_config("", GRID + "  epochs: " + opening * (LARGEST // len(opening) - 60))
        self.refused_config("too many anchors", "".join(f"a{i}: &a{i} x\n" for i in range(9999)))
        for end in ("\n", "\u2028"):
            self.refused_config("too many directives",
                                "".join(f"%TAG !{i}! tag:a{end}" for i in range(30000)) + "--- a\n")
        self.refused_config("at most 1000", "".join(f"k{i}: 1\n" for i in range(99999)))

    def test_giant_files(self):
        for text in ("#" * LARGEST, "method: grid\n" * (LARGEST // 13), "\n" * LARGEST,
                     "name: " + "x" * (LARGEST - 10), "'" * LARGEST, GRID + "  epochs: {values: ["
                     + "1," * (LARGEST // 2 - 40) + "]}"):
            self.write_bytes("bad.yaml", (text + "\n" * LARGEST).encode()[:LARGEST + 1])
            self.refused("bad.yaml: larger than 1048576 bytes", "plan", "bad.yaml")
            self.write_bytes("bad.yaml", text.encode()[:LARGEST - 1] + b"\n")
            self.refused("bad.yaml:", "plan", "bad.yaml")
        with open(self.folder / "sparse.yaml", "wb") as file:
            file.truncate(1 << 40)
        self.refused("larger than", "run", "sparse.yaml")

    def test_endless_files(self):
        for device in ("/dev/zero", "/dev/urandom"):
            self.refused(device + ": larger than 1048576 bytes", "run", device)
        self.refused("this is empty", "run", "/dev/null")
        for text in ("y\n", "\0", "- a\n", "method: grid\n"):
            reading, writing = os.pipe()

            def pour():
                try:
                    while os.write(writing, text.encode() * 4096):
                        pass
                except BrokenPipeError:
                    os.close(writing)

            pourer = threading.Thread(target=pour)
            pourer.start()
            self.refused("larger than", "run", f"/dev/fd/{reading}", pass_fds=[reading])
            os.close(reading)
            pourer.join()

    def test_a_pipe_that_ends_is_a_config(self):
        reading, writing = os.pipe()
        os.write(writing, CONFIG.encode())
        os.close(writing)
        self.assertIn("8", self.sweep("plan", f"/dev/fd/{reading}", pass_fds=[reading])[0])
        os.close(reading)

    def test_pipes_in_which_nothing_comes(self):
        os.mkfifo(self.folder / "fifo.yaml")
        reading, writing = os.pipe()
        os.write(writing, b"method: grid\n")
        before = self.files()
        waiting = [self.start("run", "fifo.yaml"),
                   self.start("run", f"/dev/fd/{reading}", pass_fds=[reading])]
        for process, bytes_read in zip(waiting, (0, 13)):
            out, err = process.communicate(timeout=PATIENCE)
            self.assertEqual((process.returncode, out), (65, ""))
            self.assertRegex(err, rf"^sweep: .*: doesn't end: .* {bytes_read} bytes")
        os.close(reading)
        os.close(writing)
        self.assertEqual(self.files(), before)

    def test_not_text(self):
        for data in (b"method: grid\0\n", b"name: \xff\n", b"name: \xc0\x80\n", b"name: \xed\xa0\x80\n",
                     b"name: \xf5\x80\x80\x80\n", "method: grid\n".encode("utf-16"),
                     "method: grid\n".encode("utf-32"), b"\x7fELF\x02\x01\x01\0\0\0", b"\x1f\x8b\x08\0",
                     b"SQLite format 3\0", b"name: \x1b[31m\n", b"name: caf\xe9\n"):
            self.refused_config("not YAML", data)
        self.refused_config("NUL", 'method: grid\nname: "a\\0b"\n')

    def test_keys_and_values(self):
        for said, text in (
                ("here twice", "method: grid\nmethod: grid\n"),
                ("here twice", GRID + "  epochs: {value: 1}\n  epochs: {value: 2}\n"),
                ("twice under two names", GRID + "  loss: {value: mse}\n  loss_function: {value: mse}\n"),
                ("did you mean 'parameters'?", "method: grid\nparametres: {}\n"),
                ("did you mean 'epochs'?", GRID + "  epcohs: {value: 1}\n"),
                ("must be a name", "[a]: 1\n"),
                ("'true' is not allowed", GRID + "  epochs: {value: true}\n"),
                ("'yes' is not allowed", GRID + "  learning_rate: {value: yes}\n"),
                ("'1' is not allowed", GRID + "  nesterov: {value: 1}\n"),
                *((f"'{number}' is not allowed", GRID + f"  learning_rate: {{value: {number}}}\n")
                  for number in (".nan", ".inf", "-.inf", "nan", "inf", "1e999", "-1e999", "0", "-0",
                                 "-1", "1e-999", "0x", "1e", "--1", "1.2.3")),
                *((f"'{number}' is not allowed", GRID + f"  epochs: {{value: {number}}}\n")
                  for number in ("0", "-1", "1.5", "1e999", "99999999999999999999", "1e10")),
                *((f"'{number}' is not allowed", GRID + f"  batch_size: {{value: {number}}}\n")
                  for number in ("0", "-32", "1000000000")),
                ("'1000000000' is not allowed", GRID + "  layers: {value: [1000000000]}\n"),
                ("'0' is not allowed", GRID + "  layers: {value: [10, 0]}\n"),
                ("'-5' is not allowed", GRID + "  layers: {value: [-5]}\n"),
                ("at most 127", GRID + "  layers: {value: [" + "1," * 99999 + "]}\n"),
                ("too many", GRID + "  train_images: {min: 1, max: 4294967295}\n"),
                ("q, the step", GRID + "  dropout: {min: 0, max: 0.5, q: .nan}\n"),
                ("repeats", "method: grid\nrepeats: 1000000000000\n"),
                ("seed", "method: grid\nseed: -1\n")):
            self.refused_config(said, text)

    def test_grids_beyond_bounds(self):
        thousand = "{min: 1, max: 1000}"
        self.refused_config("1000 epochs x 1000 batch_size x 1000 train_images x 1000 theta",
                            GRID + f"  epochs: {thousand}\n  batch_size: {thousand}\n"
                            f"  train_images: {thousand}\n  theta: {{min: 1, max: 1000, q: 1}}\n")
        self.refused_config("1000 repeats are more than the 1000000 trials", "repeats: 1000\n" + GRID +
                            "  epochs: {min: 1, max: 1001}\n")

    @unittest.skipIf(SANITIZED, "a sanitizer needs all the memory there is")
    def test_the_largest_grid_fits(self):
        self.write("large.yaml", GRID + "  learning_rate: {min: 0.001, max: 1, q: 0.001}\n"
                                        "  l2: {min: 0, max: 0.99, q: 0.01}\n")
        out, _ = self.sweep("plan", "large.yaml", preexec_fn=limits)
        self.assertRegex(out, r"trials +100000\n")

    @unittest.skipIf(SANITIZED, "a sanitizer ends the program where malloc gives NULL")
    def test_layers_beyond_memory(self):
        """What the file may say and the machine can't hold: planned, not tried."""
        self.write("large.yaml", GRID + "  layers: {value: [" + "65536, " * 31 + "]}\n")
        self.assertRegex(self.sweep("plan", "large.yaml", preexec_fn=limits)[0], r"trials +1\n")

    def test_settings(self):
        for setting in ("epochs=" + "[" * 99999, "epochs=" + "1," * 50000, "=", "epochs", "epochs=",
                        "\033[31m=1", "\u202eshcope=1", "epochs=\033[31m", "epochs=\x07",
                        "parameters=1", "epochs=&a [*a]", "layers=&a [*a]", "epochs=1e999",
                        "%TAG=1", "epochs=%TAG !a! b\n", "epochs=--- 1\n--- 2\n", "epochs=.nan"):
            self.refused("--set", "plan", "tiny.yaml", "--set", setting)
        many = [part for i in range(256) for part in ("--set", f"description={i} " + "x" * 7000)]
        self.sweep("plan", "tiny.yaml", *many, preexec_fn=limits)
        self.refused("more than 256 --set", "plan", "tiny.yaml", *many, "-s", "a=1", code=2)

    def test_paths(self):
        os.symlink("loop.yaml", self.folder / "loop.yaml")
        for path, said in (("loop.yaml", "symbolic links"), ("x" * 5000, "File name too long"),
                           ("x/" * 3000, "File name too long"),
                           ("tiny.yaml/x", "Not a directory"), (".", "Is a directory"),
                           ("\033[31m\u202eevil", "No such file"),
                           ("none\nsweep: all is well", "No such file")):
            err = self.refused(said, "run", path)
            self.assertEqual(err.count("\n"), 1)
        for empty in (("run", ""), ("plan", "tiny.yaml", "--set", ""), ("run", "tiny.yaml", "--db", "")):
            self.refused("the name is empty", *empty, code=2)
        for other in ("\033[31m", "\u009b31m"):
            for arguments in (("plan", "tiny.yaml", other), ("top", other), ("bench", other),
                              ("plan", "tiny.yaml", "-j", other), ("keys", other), (other,)):
                self.refused("", *arguments, code=2)


def npy(shape, data, descr="|u1", order="False"):
    """A .npy array, whatever it says of itself."""
    header = f"{{'descr': {descr!r}, 'fortran_order': {order}, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


class Data(HostileCase):
    TRAIN = "data/tiny/train-images-idx3-ubyte"
    LABELS = "data/tiny/train-labels-idx1-ubyte"

    def setUp(self):
        super().setUp()
        self.images = (self.folder / self.TRAIN).read_bytes()
        self.labels = (self.folder / self.LABELS).read_bytes()

    def refused_data(self, said, name="tiny"):
        for arguments in (("data", "info", name), ("plan", "tiny.yaml", "-d", name),
                          ("run", "tiny.yaml", "-d", name)):
            self.refused(said, *arguments)

    def test_headers(self):
        for said, data in (
                ("is empty", b""),
                ("ends inside its header", self.images[:7]),
                ("ends too early", self.images[:-1]),
                ("more bytes than", self.images + b"\0"),
                ("is not an IDX file", b"<html>" + self.images),
                ("dimensions", self.labels),
                ("type 0x0d", b"\0\0\x0d\x03" + self.images[4:]),
                ("0 x 8 pixels", idx((200, 0, 8), b"")),
                ("announces", idx((0xffffffff,) * 3, b"x" * 99)),
                ("announces", idx((0xffffffff, 65536, 65536), b"x" * 99)),
                ("announces", idx((65536, 65536, 2), b"x" * 99)),
                ("ends too early", idx((65536, 65536, 1), b"x" * 99)),
                ("200 labels for the 100 images", idx((100, 8, 8), bytes(6400))),
                ("holds no images", idx((0, 8, 8), b""))):
            self.write_bytes(self.TRAIN, data)
            self.refused_data(said)
        self.write_bytes(self.TRAIN, self.images)
        self.write_bytes(self.LABELS, idx((0xffffffff,), b"\1\2"))
        self.refused_data("ends too early")
        self.write_bytes(self.LABELS, b"")
        self.refused_data("is empty")

    def test_gzip(self):
        (self.folder / self.TRAIN).unlink()
        whole = gzip.compress(self.images, mtime=0)
        for said, data in (
                ("is empty", b""),
                ("decompressed", whole[:-5]),
                ("", whole[:len(whole) // 2]),
                ("decompressed", whole[:-8] + b"\0\0\0\0" + whole[-4:]),
                ("", whole[:20] + b"\xff" * 8 + whole[28:]),
                ("more bytes", whole + gzip.compress(b"more")),
                ("", whole[:10])):
            self.write_bytes(self.TRAIN + ".gz", data)
            self.refused_data(said)
        bomb = gzip.compress(bytes(256 << 20), 9)
        self.write_bytes(self.TRAIN + ".gz", gzip.compress(self.images[:16]) + bomb)
        self.refused_data("more bytes than")
        self.write_bytes(self.TRAIN + ".gz", gzip.compress(idx((65536, 256, 255), b"")) + bomb)
        self.refused_data("unpacks to more than 200 times")

    def archive(self, **changed):
        """An .npz as Keras makes it, but for some members; one that is None is left out."""
        members = {"x_train": npy((50, 4, 4), bytes(range(200)) * 4),
                   "y_train": npy((50,), bytes(i % 10 for i in range(50))),
                   "x_test": npy((20, 4, 4), bytes(range(160)) * 2),
                   "y_test": npy((20,), bytes(i % 10 for i in range(20))), **changed}
        with zipfile.ZipFile(self.folder / "set.npz", "w", zipfile.ZIP_DEFLATED) as file:
            for name, data in members.items():
                if data is not None:
                    file.writestr(name if "/" in name else name + ".npy", data)

    def test_npz(self):
        self.archive()
        self.sweep("data", "info", "./set.npz")
        for said, changed in (
                ("Python objects", {"x_train": npy((50, 4, 4), bytes(6400), "|O")}),
                ("Python objects", {"y_train": npy((50,), b"cos\nsystem\n(S'touch owned'\ntR.", "|O8")}),
                ("announces", {"x_train": npy((1 << 62, 4, 4), bytes(800))}),
                ("announces", {"x_train": npy((4294967297, 1, 1), bytes(800))}),
                ("shape", {"x_train": npy((1 << 64, 4, 4), bytes(800))}),
                ("shape", {"x_train": npy((-1, 4, 4), bytes(800))}),
                ("ends too early", {"x_train": npy((1 << 20, 40, 40), bytes(800))}),
                ("different shapes", {"x_train": npy((800,), bytes(800))}),
                ("whole numbers from 0 to 255", {"y_train": npy((50,), struct.pack("<50h", *([-1] * 50)), "<i2")}),
                ("whole numbers from 0 to 255", {"y_train": npy((50,), struct.pack("<50I", *([256] * 50)), "<u4")}),
                ("y_train has 49 rows and x_train has 50", {"y_train": npy((49,), bytes(49))}),
                ("is not a NumPy array", {"x_train": b"GIF89a" + bytes(100)}),
                ("header", {"x_train": npy("__import__('os').system('touch owned')", b"")}),
                ("header", {"x_train": b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(100)}),
                ("nothing to train on", {"x_train": None}),
                ("inside its header", {"x_train": None, "../x_train.npy": npy((50, 4, 4), bytes(800)),
                                       "/x_train.npy": b"", "../../owned": b"x"}),
                ("unpacks to more than 200 times", {"x_train": npy((4096, 256, 256), bytes(256 << 20))})):
            self.archive(**changed)
            self.refused_data(said, "./set.npz")
        self.assertFalse(list(self.folder.parent.glob("owned")) + list(self.folder.rglob("owned")))

    def test_what_is_no_archive(self):
        self.archive()
        whole = (self.folder / "set.npz").read_bytes()
        for data in (b"", b"PK", whole[:len(whole) // 2], whole[-100:], b"x" * 1000,
                     whole[:200] + b"\xff" * 100 + whole[300:], b"PK\5\6" + b"\xff" * 18):
            self.write_bytes("set.npz", data)
            self.refused_data("", "./set.npz")

    def test_what_is_no_file(self):
        os.mkfifo(self.folder / "fifo.npz")
        self.refused_data("not a regular file", "./fifo.npz")
        self.refused_data("not a regular file", "/dev/zero")
        self.refused_data("is no data set", "./data/")
        os.symlink("loop", self.folder / "loop")
        self.refused("symbolic links", "data", "info", "./loop", code=74)
        (self.folder / self.TRAIN).unlink()
        os.mkfifo(self.folder / self.TRAIN)
        self.refused_data("not a regular file")
        (self.folder / self.TRAIN).unlink()
        os.symlink("/dev/zero", self.folder / self.TRAIN)
        self.refused_data("not a regular file")
        os.truncate(self.folder / self.LABELS, 0)
        (self.folder / self.TRAIN).unlink()
        os.symlink("../../../../../../etc/passwd", self.folder / self.TRAIN)
        self.refused_data("is not an IDX file")
        self.refused("unknown data set", "plan", "tiny.yaml", "-d", "x" * 200)
        self.refused("too long", "plan", "tiny.yaml", "-d", "x" * 3000, code=74)


NAME = "it's \"x\"'; DROP TABLE trials;--\n\033[31m\u009b31m\u202e<script>alert(1)</script>&amp;%s%n"


class Names(HostileCase):
    def test_in_the_config(self):
        self.write("odd.yaml", CONFIG.replace("name: tiny", f"name: {json.dumps(NAME)}\n"
                                              f"description: {json.dumps(NAME * 1000)}"))
        for arguments in (("run", "odd.yaml"), ("plan", "odd.yaml"), ("top",), ("top", "-s", "1")):
            out, err = self.sweep(*arguments)
            self.assertIn("it's \"x\"'; DROP TABLE trials;--??[31m?31m?<script>", out)
            self.assertIn("&amp;%s%n", out)
            self.assertNotRegex(out + err, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
        self.assertEqual(self.ask("SELECT name, description FROM sweeps"), [(NAME, NAME * 1000)])
        self.assertEqual(self.ask("SELECT count(*) FROM trials"), [(8,)])

    def test_of_files(self):
        odd = NAME.replace("/", "")
        make_dataset(self.folder / "data" / odd)
        self.write(odd + ".yaml", CONFIG.replace("name: tiny\n", ""))
        out, err = self.sweep("run", odd + ".yaml", "-d", odd, "--db", odd + ".db")
        self.assertNotRegex(out + err, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
        self.assertEqual(self.ask("SELECT name, config_path FROM sweeps JOIN commands USING (sweep_id)", odd + ".db"),
                         [(odd, odd + ".yaml")])
        for name in (":memory:", "file:x.db", "file:y.db?mode=memory", "?mode=memory", "%41.db", "-x.db",
                     " x.db ", "x;y.db", "x\ny.db"):
            self.sweep("run", "tiny.yaml", "-q", "--db=" + name)
            self.assertEqual(self.ask("SELECT count(*) FROM trials", name), [(8,)])


    def test_in_the_database(self):
        """Whatever another program writes there, no command hands control characters on."""
        evil = "x\x1b[31m\x07\r\x7f\x9b31m\u202e, \"y\""
        self.sweep("run", "tiny.yaml", "-q", "-s", "repeats=2")
        texts = {"sweeps": "name description dataset warnings settings", "trials": "error dataset",
                 "attempts": "error", "metrics": "name",
                 "commands": "arguments folder config_path dataset_source user host version cpu"}
        hyperparameters = {"trials": "optimizer activation layers"}
        metric = {"sweeps": "metric"}
        whole = (self.folder / "results" / "sweep.db").read_bytes()
        commands = [("top",), ("top", "--csv"), ("top", "--json"), ("top", "--trials", "--csv"),
                    ("compare",), ("compare", "--csv"), ("compare", "--json"), ("show", "1"),
                    ("show", "1", "--json"), ("export",), ("export", "-a"), ("export", "--history"),
                    ("export", "-F", "jsonl"), ("report", "-o", "-"), ("doctor",), ("plan", "tiny.yaml"),
                    ("predict", "--index", "1", "--trial", "1")]
        for tampered in (texts, hyperparameters, metric):
            (self.folder / "results" / "sweep.db").write_bytes(whole)
            self.execute(*(f"UPDATE OR IGNORE {table} SET {column} = '{evil}'"
                           for table, columns in tampered.items() for column in columns.split()))
            for command in commands:
                done = subprocess.run([SWEEP, *command], cwd=self.folder, env=self.environment,
                                      capture_output=True, timeout=PATIENCE)
                self.assertIn(done.returncode, (0, 1, 2, 65), done.stderr)
                said = (done.stdout + done.stderr).decode().replace("\r\n", "\n")
                if command[0] == "report":  # the page's own text has what it looks for
                    said = said.split('id="data">')[-1].split("</script>")[0]
                self.assertNotRegex(said, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]",
                                    f"{tampered} {command}")
                if tampered == texts and command == ("export",):
                    self.assertIn('"x\\x1b[31m\\x07\\x0d\\x7f\\xc2\\x9b31m\\xe2\\x80\\xae, ""y"""', said)

    def test_bytes_that_are_no_text(self):
        """A database's texts are UTF-8, whatever paths and arguments are; the data is found again."""
        odd = b"d\xe9j\xe0 \\xe9 \x9b\xff"
        make_dataset(self.folder / "data" / os.fsdecode(odd))
        os.mkdir(os.fsencode(self.folder) + b"/\xe9")
        (self.folder / os.fsdecode(b"c\xe9.yaml")).write_text(CONFIG.replace("name: tiny\n", ""))
        database = ["--db", b"\xe9/s.db"]

        def run(*arguments):
            done = subprocess.run([SWEEP, *arguments, *database], cwd=self.folder, env=self.environment,
                                  capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
            return done.stdout
        run("run", b"c\xe9.yaml", "-q", "-d", odd)
        connection = sqlite3.connect(self.folder / os.fsdecode(b"\xe9/s.db"))
        for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            connection.execute(f"SELECT * FROM {table}").fetchall()
        name = "d\\xe9j\\xe0 \\x5cxe9 \\x9b\\xff"
        self.assertEqual(connection.execute("SELECT name, config_path, dataset, dataset_source"
                                            " FROM sweeps JOIN commands USING (sweep_id)").fetchall(),
                         [("c\\xe9", "c\\xe9.yaml", name, "./data/" + name)])
        connection.close()
        self.assertIn("mistakes", run("show"))
        run("predict", "--index", "3")


class Outputs(HostileCase):
    """Where the database may be put. Nothing else is written anywhere."""

    def test_only_what_was_asked(self):
        self.write("up.yaml", CONFIG.replace("name: tiny", "name: ../../up"))
        before = set(self.files())
        outside = sorted(os.listdir(self.folder.parent))
        self.sweep("run", "up.yaml", "-q", "--db", "sub/x.db")
        self.assertEqual({name for name in set(self.files()) - before
                          if not name.startswith(".cache")}, {"sub", "sub/x.db"})
        self.assertEqual([n for n in sorted(os.listdir(self.folder.parent)) if n.startswith("up")],
                         [n for n in outside if n.startswith("up")])

    def test_symbolic_links(self):
        (self.folder / "real").mkdir()
        os.symlink("real/target.db", self.folder / "link.db")
        self.sweep("run", "tiny.yaml", "-q", "--db", "link.db")
        self.assertTrue((self.folder / "link.db").is_symlink())
        self.assertEqual(os.listdir(self.folder / "real"), ["target.db"])
        self.assertIn("8 of 8", self.sweep("top", "--db", "link.db")[0])
        os.symlink("loop.db", self.folder / "loop.db")
        os.symlink("real", self.folder / "folder.db")
        os.symlink("nowhere/x.db", self.folder / "dangling.db")
        self.refused("symbolic links", "run", "tiny.yaml", "-q", "--db", "loop.db", code=74)
        self.refused("is a folder", "run", "tiny.yaml", "-q", "--db", "folder.db", code=74)
        self.refused("No such file", "run", "tiny.yaml", "-q", "--db", "dangling.db", code=74)
        # What a link leads to that is no database stays as it is.
        os.symlink("tiny.yaml", self.folder / "config.db")
        self.refused("--db", "run", "tiny.yaml", "-q", "--db", "config.db")
        self.assertEqual((self.folder / "tiny.yaml").read_text(), CONFIG)

    def test_a_mask_that_takes_all_rights(self):
        """What is made can be read and written by its owner, or the next run could not."""
        run = [SWEEP, "run", "tiny.yaml", "-qc0"]
        for command in (run, run + ["-s", "repeats=3"], [SWEEP, "report"], [SWEEP, "report"],
                        [SWEEP, "export", "-o", "x.csv"], [SWEEP, "export", "-o", "x.csv"]):
            done = subprocess.run(["sh", "-c", 'umask 777; exec "$@"', "sh", *command], cwd=self.folder,
                                  env=self.environment, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
        for name, mode in (("results", 0o700), ("results/sweep.db", 0o600),
                           ("results/report.html", 0o600), ("x.csv", 0o600)):
            self.assertEqual((self.folder / name).stat().st_mode & 0o777, mode, name)

    def test_places_that_take_no_file(self):
        for path in ("/proc/x.db", "/proc/self/x.db", "nowhere/below/x.db", "tiny.yaml/x.db",
                     "x" * 300 + ".db", "x/" * 2100 + "x.db", "/", "/dev/null/x.db"):
            self.refused("sweep: ", "run", "tiny.yaml", "-q", "--db", path, code=74)
        for path in ("/dev/null", "/dev/full", "/dev/zero"):
            process = self.start("run", "tiny.yaml", "-q", "--db", path)
            out, err = process.communicate(timeout=PATIENCE)
            self.assertIn(process.returncode, (65, 74), err)
            self.assertRegex(err, "^sweep: " + path)
            self.assertTrue(stat.S_ISCHR(os.stat(path).st_mode))

    @unittest.skipIf(os.geteuid() == 0 and not shutil.which("setpriv"),
                     "the superuser may write everywhere, and there is no setpriv")
    def test_folders_that_may_not_be_written(self):
        folder = self.folder / "locked"
        self.folder.chmod(0o755)
        folder.mkdir(0o555)
        drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        command = (drop if os.geteuid() == 0 else []) + [SWEEP]
        if subprocess.run(command + ["--version"], capture_output=True).returncode != 0:
            self.skipTest("the program can't be run by another user")
        for database in ("locked/x.db", "locked/sub/x.db", "locked"):
            done = subprocess.run(command + ["run", "tiny.yaml", "-q", "--db", database], cwd=self.folder,
                                  env=self.environment, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (74, ""), done.stderr)
            self.assertRegex(done.stderr, "^sweep: locked")
        self.assertEqual(os.listdir(folder), [])
        (self.folder / "readable.yaml").write_text(CONFIG)
        (self.folder / "readable.yaml").chmod(0)
        done = subprocess.run(command + ["plan", "readable.yaml"], cwd=self.folder,
                              env=self.environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 65)
        self.assertIn("Permission denied", done.stderr)


def forged(digest, epochs):
    """A spool with a perfect result for a trial without a validation set and metrics, as
    store/spool.h has it: what somebody may write who knows the program."""
    def number(value):
        return struct.pack("<Q", value)

    def reals(*values):
        return struct.pack(f"<{len(values)}d", *values)

    content = (number(64) + digest.encode() + number(0) + number(0) + number(0) + number(7)
               + reals(1, 1, 2) + number(0) + reals(0, 1) + number(epochs)
               + reals(0, 1, float("nan"), float("nan"), 1) * epochs)
    return (b"sweep spool, version 1\n" + number(len(content)) + hashlib.sha256(content).hexdigest().encode()
            + content)


@unittest.skipUnless(os.geteuid() == 0, "only the superuser can be several users")
class Shared(HostileCase):
    """A folder that all may write, as /tmp: what another user put where the program would put its
    own is neither read nor written, and a link is not followed."""

    ME, THEM = 65533, 65534

    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)
        for name, mode, owner in (("shared", 0o1777, 0), ("home", 0o700, self.ME)):
            (self.folder / name).mkdir()
            os.chmod(self.folder / name, mode)
            os.chown(self.folder / name, owner, owner)
        self.environment["HOME"] = str(self.folder / "home")
        self.write("plain.yaml", CONFIG.replace("metrics: [f1_score]\n", "").replace(
            "  validation_split: {value: 0.2}\n", ""))
        self.ours = {"user": self.ME, "group": self.ME, "extra_groups": []}
        if subprocess.run([SWEEP, "--version"], capture_output=True, **self.ours).returncode != 0:
            self.skipTest("the program can't be run by another user")

    def mine(self, *arguments, **options):
        return self.sweep(*arguments, "--db", "shared/s.db", **self.ours, **options)

    def plant(self, name, content, owner=THEM):
        """A file, the target of a link, or None: a folder."""
        path = self.folder / "shared" / name
        if content is None:
            path.mkdir()
            path.chmod(0o777)
        elif isinstance(content, bytes):
            path.write_bytes(content)
            path.chmod(0o666)
        else:
            path.symlink_to(content)
        os.chown(path, owner, owner, follow_symlinks=False)
        return path

    def test_a_folder_of_checkpoints(self):
        folder = self.plant("s.db.checkpoints", None)
        self.assertIn("s.db.checkpoints can't be written: it belongs to another user; the sweep goes on",
                      self.mine("run", "plain.yaml", "-c0")[1])
        self.assertEqual(list(folder.iterdir()), [])
        folder.rmdir()
        private = self.folder / "home/private"
        private.mkdir()
        (private / ("0" * 64 + ".checkpoint")).write_text("mine")
        os.chown(private, self.ME, self.ME)
        folder = self.plant("s.db.checkpoints", private)
        self.assertIn("it is a symbolic link or a file; the sweep goes on",
                      self.mine("run", "plain.yaml", "-c0", "--fresh")[1])
        self.assertTrue(folder.is_symlink())
        self.assertEqual([path.read_text() for path in private.iterdir()], ["mine"])
        self.assertIn("0 errors", self.mine("doctor", "-D", "data")[0])

    def test_files_of_sqlite(self):
        """Before there is a database to hold them against, too."""
        private = self.folder / "home/private"
        for there in (False, True):
            for ending in ("-wal", "-journal", "-shm"):
                for content in (b"x" * 4096, private):
                    with self.subTest((there, ending, content)):
                        private.write_text("mine")
                        os.chown(private, self.ME, self.ME)
                        path = self.plant("s.db" + ending, content)
                        err = self.mine("run", "plain.yaml", code=65)[1]
                        self.assertRegex(err, rf"s\.db{ending}: is a link or belongs to another user \(number 65534\)")
                        self.assertEqual((self.folder / "shared/s.db").exists(), there)
                        self.assertEqual(private.read_text(), "mine")
                        path.unlink()
            self.mine("run", "plain.yaml")

    def test_the_note_of_the_lock(self):
        private = self.folder / "home/private"
        private.write_text("mine")
        os.chown(private, self.ME, self.ME)
        self.plant("s.db.lock", private)
        self.mine("run", "plain.yaml", code=74)
        self.assertEqual(private.read_text(), "mine")

    def test_results(self):
        self.mine("run", "plain.yaml")
        database = "shared/s.db"
        before = self.dump(database)
        for owner, code, said in ((self.THEM, 65, "s.db.spool: belongs to another user (number 65534)"),
                                  (self.ME, 0, "differs from what the database has, which stays; it is kept in")):
            spool = self.plant("s.db.spool", forged(self.ask("SELECT digest FROM trials WHERE epochs = 1", database)[0][0], 1), owner)
            err = self.mine("run", "plain.yaml", code=code)[1]
            self.assertIn(said, err)
            self.assertEqual(self.dump(database), before)
            spool.unlink(missing_ok=True)
        self.assertIn("s.db.spool.left: 1 result unlike those in the database, which stay",
                      self.mine("doctor", "-D", "data")[0])

    def test_results_of_a_trial_that_has_none(self):
        """What would be taken from a user's own spool, and is not from another's."""
        self.mine("run", "plain.yaml")
        database = "shared/s.db"
        before = self.dump(database)
        digest = self.ask("SELECT digest FROM trials WHERE epochs = 1", database)[0][0]
        for owner in (self.ME, self.THEM):
            with self.subTest(owner):
                (self.folder / database).unlink()
                spool = self.plant("s.db.spool.left", forged(digest, 1), owner)
                err = self.mine("run", "plain.yaml")[1]
                accuracy = self.ask(f"SELECT test_accuracy FROM trials WHERE digest = '{digest}'", database)
                self.assertEqual("took up 1 result" in err, owner == self.ME)
                self.assertEqual(accuracy == [(1,)], owner == self.ME)
                self.assertEqual(spool.exists(), owner == self.THEM)
        self.assertEqual(self.dump(database), before)
        self.assertRegex(self.mine("doctor", "-D", "data", code=1)[0].replace("\n", " "),
                         r"error    database  \S+\.left: belongs to\s+another user")


class Streams(HostileCase):
    def test_closed_streams_are_not_lent_to_files(self):
        """Otherwise a message would be written into the file that got number 1 or 2."""
        self.write("endless.yaml", ENDLESS)
        closing = {"0": "<&-", "1": ">&-", "2": "2>&-"}
        for closed in (("0",), ("1",), ("2",), ("1", "2"), ("0", "1", "2")):
            script = f"exec '{SWEEP}' run endless.yaml --db {''.join(closed)}.db "
            process = subprocess.Popen(["sh", "-c", script + " ".join(closing[n] for n in closed)],
                                       cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                database = self.folder / f"{''.join(closed)}.db"
                end = time.monotonic() + PATIENCE
                while not database.exists() or database.stat().st_size == 0:
                    self.assertIsNone(process.poll(), closed)
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.005)
                for stream in closed:
                    self.assertEqual(os.readlink(f"/proc/{process.pid}/fd/{stream}"), "/dev/null")
            finally:
                process.kill()
                process.wait()
            done = subprocess.run(["sh", "-c", script.replace("endless", "tiny")
                                   + " ".join(closing[n] for n in closed)], cwd=self.folder,
                                  env=self.environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # A leaderboard that could not be shown is an error; the results are there all the same.
            self.assertEqual(done.returncode, 74 if "1" in closed else 0, closed)
            self.assertEqual(self.ask("PRAGMA integrity_check", database.name), [("ok",)])
            self.assertEqual(self.ask("SELECT count(*) FROM trials JOIN sweep_trials USING (trial_id)"
                                      " JOIN sweeps USING (sweep_id) WHERE name = 'tiny'"
                                      " AND status = 'completed'", database.name), [(8,)])

    def test_full_streams(self):
        for arguments in (("--help",), ("plan", "tiny.yaml"), ("keys",), ("data", "info", "tiny")):
            with open("/dev/full", "w") as full:
                self.sweep(*arguments, code=74, stdout=full)
        with open("/dev/full", "w") as full:
            out, _ = self.sweep("run", "tiny.yaml", stderr=full)
            self.assertIn("8 of 8", out)
            self.sweep("run", "tiny.yaml", code=74, stdout=full, stderr=full)

    def test_a_reader_that_leaves(self):
        done = subprocess.run(["sh", "-c", f"'{SWEEP}' run tiny.yaml -q | true; '{SWEEP}' keys | head -1"],
                              cwd=self.folder, env=self.environment, capture_output=True, text=True)
        self.assertEqual(len(done.stdout.splitlines()), 1)
        self.assertEqual(self.ask("SELECT count(*) FROM trials WHERE status = 'completed'"), [(8,)])


@unittest.skipIf(SANITIZED, "a sanitizer can't do with less")
class Scarcity(HostileCase):
    """Whatever is lacking: an end with a message, and a database that the next run completes."""

    def survives(self, codes, preexec, *arguments):
        """Run within a limit, then without."""
        process = self.start("run", "tiny.yaml", "-j2", *arguments, preexec_fn=preexec)
        out, err = process.communicate(timeout=PATIENCE)
        self.assertIn(process.returncode, codes, err)
        if process.returncode != 0:
            self.assertNotEqual(err, "")
        database = self.folder / "results" / "sweep.db"
        if database.exists() and database.stat().st_size > 0:
            self.assertEqual(self.ask("PRAGMA integrity_check"), [("ok",)])
        out, _ = self.sweep("run", "tiny.yaml", "-q", *arguments)
        self.assertIn("8 of 8", out)
        self.assertEqual(self.ask("SELECT DISTINCT status FROM trials"), [("completed",)])
        shutil.rmtree(self.folder / "results")
        return process.returncode, err

    def test_no_file_descriptors(self):
        said = set()
        for count in range(16):
            def limit():
                resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
            # With fewer than four the loader itself can't open the libraries: 1 or 127.
            code, err = self.survives((0, 74) if count >= 4 else (0, 1, 74, 127), limit)
            if code == 74:
                self.assertRegex(err, r"(?m)^sweep: .*Too many open files|can't|unable")
            said.add(code)
        self.assertIn(0, said)
        self.assertIn(74, said)

    def test_no_disk(self):
        said = set()
        for kilobytes in (0, 1, 4, 8, 16, 32, 48, 64, 96, 128, 256, 1024):
            def limit():
                resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes << 10,) * 2)
            code, err = self.survives((0, 74), limit)
            if code == 74:
                self.assertRegex(err, r"(?m)^sweep: .*(results/sweep\.db|full|disk)")
            said.add(code)
        self.assertEqual(said, {0, 74})

    def test_no_memory(self):
        """Products of large layers need OpenBLAS's buffers, which it would wait for for ever."""
        said = set()
        for megabytes in (64, 100, 150, 200, 250, 300, 320, 340, 360, 400, 450, 500, 600, 800, 1000):
            def limit():
                resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20,) * 2)
            code, err = self.survives((0, 1, 71, 127), limit, "-s", "layers=[300, 300]")
            if code == 71:
                self.assertRegex(err, "(?m)^sweep: .*(memory|threads)")
            said.add(code)
        self.assertIn(0, said)
        self.assertIn(71, said)

    @unittest.skipIf(SANITIZED, "a sanitizer needs more address space")
    def test_no_room_before_it_starts(self):
        """Told before OpenBLAS is loaded; where that can't be told either, the code says so."""
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (100 << 20,) * 2)
        threads = {**self.environment, "OPENBLAS_NUM_THREADS": "2"}
        for stderr, code in ((subprocess.PIPE, 71), (open("/dev/full", "wb"), 74)):
            done = subprocess.run([SWEEP, "--version"], env=threads, preexec_fn=limit,
                                  stdout=subprocess.PIPE, stderr=stderr)
            self.assertEqual((done.returncode, done.stdout), (code, b""))
            if stderr == subprocess.PIPE:
                self.assertRegex(done.stderr.decode(), r"\Asweep: out of memory: .*OPENBLAS_NUM_"
                                 r"THREADS=1\)\n\Z")
            else:
                stderr.close()

    def test_more_threads_than_there_is_room_for(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
        self.refused("take fewer with --jobs", "run", "tiny.yaml", "-j1000", code=71, preexec_fn=limit)

    def test_no_stack(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_STACK, (256 << 10, 256 << 10))
        self.survives((0,), limit)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=[sys.argv[0], *(sys.argv[1:] or [])])
