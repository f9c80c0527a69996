"""sweep from Python, in a script or a notebook.

    import sweep
    sweep.run("configs/grid.yaml", epochs=[5, 10], jobs=2)
    results = sweep.read()
    results.leaderboard, results.trials, results.history       # pandas frames
    sweep.keras_model(trial="best").predict(images)

Everything is done by the program `sweep`, and is called as it is there: an option `--data-dir DIR` is `data_dir=DIR`,
and `db` is `results/sweep.db` where it is not given. What the program refuses is a sweep.Error with its words. The
program is the one that $SWEEP names, or the one that was built or installed along with this module, or that of PATH.

NumPy is needed for weights(), pandas for read(), Keras 3 for keras_model().
"""

import ast
import fcntl
import html
import io
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
from typing import NamedTuple

__all__ = ["Error", "Results", "run", "read", "weights", "keras_model", "report", "program"]

WIDE = 1000  # columns, so that messages come in one piece; what shows them breaks the lines
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Error(RuntimeError):
    """What the program said, and its exit status: `sweep run --help` and `man sweep` list what each means."""

    def __init__(self, message, status):
        super().__init__(message)
        self.status = status


class Results(NamedTuple):
    """A sweep's results as pandas frames."""

    trials: object  # a row a trial, by trial_id: hyperparameters, seed, status, scores at the end
    history: object  # a row an epoch of a trial: trial_id, epoch, hyperparameters that vary, scores
    leaderboard: object  # a row a setting, by rank: means over its seeds


def program():
    """The path of the program that is called."""
    place = pathlib.Path(__file__).resolve()
    beside = [place.parents[2] / "build" / preset / "sweep" for preset in ("release", "dev")]
    if len(place.parents) > 3:
        beside.append(place.parents[3] / "bin" / "sweep")
    found = os.environ.get("SWEEP") or next((path for path in beside if os.access(path, os.X_OK)), None) \
        or shutil.which("sweep")
    if not found:
        raise Error("the program `sweep` was not found: build it (README.md, Two commands), or name it in "
                    "the environment variable SWEEP", 127)
    return str(found)


def _said(text):
    """The program's message: from where it names itself on."""
    at = re.search(r"^sweep: ", text, re.MULTILINE)
    return re.sub(r"^sweep: ", "", text[at.start():] if at else text, flags=re.MULTILINE).strip()


def _option(name, value):
    """`True` is an option without a value, a list one that is given several times."""
    flag = "--" + name.replace("_", "-")
    if value is None or value is False:
        return []
    if value is True:
        return [flag]
    values = value if isinstance(value, (list, tuple)) else [value]
    return [f"{flag}={os.fspath(item) if isinstance(item, os.PathLike) else item}" for item in values]


def _call(*words, **options):
    """Standard output of a command, as bytes."""
    arguments = [str(word) for word in words]
    for name, value in options.items():
        arguments += _option(name, value)
    done = subprocess.run([program(), *arguments], stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        raise Error(_said(done.stderr.decode(errors="replace")), done.returncode)
    return done.stdout


# --- running ---


def _plain(value):
    """What json does not know: NumPy's numbers and arrays, paths."""
    return os.fspath(value) if isinstance(value, os.PathLike) else value.tolist()


def _spell(value):
    return value if isinstance(value, str) else json.dumps(value, default=_plain)


def _write_config(config):
    """A dict as a file, the same one each time, so that the program sees what has changed. JSON is YAML as well."""
    config = dict(config)
    if isinstance(config.get("plugins"), (list, tuple)):  # are seen from the config's folder
        config["plugins"] = [os.path.abspath(path) for path in config["plugins"]]
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = pathlib.Path(cache) / "sweep" / "configs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (re.sub(r"[^\w.-]+", "-", str(config.get("name", "sweep")))[:100] + ".yaml")
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as file:
        json.dump(config, file, indent=1, ensure_ascii=False, default=_plain)
    os.replace(file.name, path)
    return path


def _arguments(config, settings):
    known = set(re.findall(r"^ +(?:-\w, )?--([\w-]+)", _call("run", "--help").decode(), re.MULTILINE))
    arguments = []
    for name, value in settings.items():
        # The key `dataset` may have a list of values, the option has one.
        if name.replace("_", "-") in known and not (name == "dataset" and not isinstance(value, (str, os.PathLike))):
            arguments += _option(name, value)
        else:
            arguments.append(f"--set={name}={_spell(value)}")
    path = _write_config(config) if isinstance(config, dict) else config
    return [*arguments, "--", os.fspath(path)]


class _Lines:
    """Standard error as it comes: lines are printed and kept, the status is shown in one place and drawn anew."""

    def __init__(self):
        kernel = getattr(sys.modules["IPython"].get_ipython(), "kernel", None) if "IPython" in sys.modules else None
        self.notebook = kernel is not None
        self.live = self.notebook or sys.stderr.isatty()
        self.handle, self.rest, self.kept, self.shown = None, b"", [], ""

    def take(self, chunk):
        *lines, self.rest = (self.rest + chunk).replace(b"\r\n", b"\n").split(b"\n")
        for line in lines:
            text = self.clean(line)
            self.kept.append(text)
            self.show("")
            print(text, file=sys.stdout if self.notebook else sys.stderr, flush=True)
        self.show(self.clean(self.rest))

    @staticmethod
    def clean(line):
        """What a terminal would show of it in the end."""
        pieces = ESCAPE.sub("", line.decode(errors="replace")).split("\r")
        return next((piece for piece in reversed(pieces) if piece.strip()), "").rstrip()

    def show(self, status):
        if not self.live or status == self.shown:
            return
        self.shown = status
        if not self.notebook:
            sys.stderr.write("\r\x1b[K" + status[:shutil.get_terminal_size().columns - 1])
            sys.stderr.flush()
        elif self.handle:
            self.handle.update({"text/plain": status}, raw=True)
        else:
            from IPython.display import display
            self.handle = display({"text/plain": status}, raw=True, display_id=True)

    def end(self):
        if self.clean(self.rest) and not self.live:
            self.take(b"\n")
        self.show("")


def _take_terminal():
    """In the new process: its own terminal is the one that hangs up when this program ends, however it does. So
    a sweep ends in order when a notebook's kernel is started again."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _start(arguments, lines, output):
    """The process, and where its standard error is read."""
    terminal, own = pty.openpty()
    fcntl.ioctl(own, termios.TIOCSWINSZ, struct.pack("HHHH", 50, WIDE, 0, 0))
    errors = terminal
    theirs = own
    if not lines.live:
        errors, theirs = os.pipe()
    environment = dict(os.environ, COLUMNS=str(WIDE), NO_COLOR="1")
    if lines.live:
        environment["TERM"] = "xterm"
    try:
        process = subprocess.Popen([program(), "run", *arguments], stdin=own, stdout=output, stderr=theirs,
                                   env=environment, start_new_session=True, preexec_fn=_take_terminal)
    finally:
        for file in {own, theirs}:
            os.close(file)
    return process, terminal, errors


def _read(file):
    try:
        return os.read(file, 1 << 16)
    except OSError:  # a terminal that nobody has open any more
        return b""


def _follow(process, errors, lines):
    """Until it ends; whether it was interrupted. It ends after the running epochs, and at once when asked again."""
    interrupted, going = False, True
    while going:
        try:
            chunk = _read(errors)
            lines.take(chunk)
            if not chunk:
                process.wait()
                going = False
        except KeyboardInterrupt:
            interrupted = True
            process.send_signal(signal.SIGINT)
    return interrupted


def run(config, **set):
    """Train the trials of a config that have no result yet, and print the leaderboard: `sweep run`.

    config is the path of a config, a name as the program finds it, or a dict with what a config has. Of the other
    arguments those that are options of `sweep run` are these (db, jobs, data_dir, fresh=True), and all others change
    the config as --set does: epochs=[5, 10], optimizer="adam", metric={"name": "test_loss"}.

    An interruption (Ctrl-C, a notebook's stop button) ends it after the running epochs; the same call goes on."""
    arguments = _arguments(config, set)
    lines = _Lines()
    with tempfile.TemporaryFile() as output:
        process, terminal, errors = _start(arguments, lines, output)
        try:
            interrupted = _follow(process, errors, lines)
        finally:
            for file in {terminal, errors}:
                os.close(file)  # which ends the process where it has not ended
            process.wait()
            lines.end()
        output.seek(0)
        print(output.read().decode(errors="replace"), end="", flush=True)
    if interrupted and process.returncode:
        raise KeyboardInterrupt
    if process.returncode:
        raise Error(_said("\n".join(lines.kept)) or f"it ended with status {process.returncode}", process.returncode)


# --- results ---


def _frame(index, *words, **options):
    import pandas
    # NULL is the one thing that is written as nothing; "none" and the like are words of a config.
    frame = pandas.read_csv(io.BytesIO(_call(*words, **options)), keep_default_na=False, na_values=[""],
                            float_precision="round_trip", index_col=index)
    for name in frame.select_dtypes(exclude="number").columns:
        frame[name] = frame[name].map(_unmark)
    return frame


def _unmark(value):
    """A text without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return value[1:] if isinstance(value, str) and re.match(r"'[=+@\t-]", value) else value


def read(db=None, sweep=None, where=(), all=False):
    """The results of a sweep, by default the one that was started last, as Results: three pandas frames.

    sweep is a number or a name as `sweep list` has them, where one condition or a list of them, as --where takes
    them. Of the hyperparameters those are there in which the trials differ; with all, every one. What varies within
    their values has columns of its own, as "dense.units 1". What does not apply, or is infinite or NaN, is NaN."""
    import pandas
    chosen = {"db": db, "sweep": sweep, "where": list(where) if not isinstance(where, str) else where}
    trials = _frame("trial_id", "export", all=all, **chosen)
    for name in ("started_at", "finished_at"):
        trials[name] = pandas.to_datetime(trials[name])
    return Results(trials, _frame(None, "export", history=True, all=all, **chosen),
                   _frame("rank", "top", csv=True, number=0, **chosen))


def weights(db=None, trial="best", **options):
    """The weights that a trial was kept with, a list of NumPy arrays as set_weights of keras_model() takes them.

    trial is a trial_id or best: the best trial of the best setting. A config's `keep_models: all` keeps those of
    all trials. options: sweep, plugin, as of `sweep export`."""
    return list(_weights(db, trial, **options).values())


def _weights(db, trial, **options):
    """By name: dense.kernel, dense.bias, ..."""
    import numpy
    with numpy.load(io.BytesIO(_call("export", trial=trial, format="npz", output="-", db=db, **options))) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _names(node):
    """The names that a statement reads, and those that it gives a value."""
    found = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    given = {part.id for part in found if isinstance(part.ctx, ast.Store)}
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        given = {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        given = {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return {part.id for part in found if isinstance(part.ctx, ast.Load)}, given


def _building(code):
    """Of the code that `sweep show --keras` prints, what makes the model, and what compiles it: without data and
    training."""
    kept, needed = [], {"model"}
    statements = ast.parse(code).body
    fit = next(i for i, statement in enumerate(statements)
               if isinstance(statement, ast.Expr) and ast.unparse(statement).startswith("model.fit("))
    for statement in reversed(statements[:fit]):
        reads, gives = _names(statement)
        if gives & needed or (isinstance(statement, ast.Expr) and "model" in reads):
            kept.append(statement)
            needed |= reads
    made = next(i for i, statement in enumerate(kept) if "model" in _names(statement)[1])
    return [compile(ast.Module(part[::-1], []), "sweep show --keras", "exec") for part in (kept[made:], kept[:made])]


def _set_weights(model, arrays):
    layers = {layer.name: layer for layer in model.layers}
    of = {name: name.rpartition(".")[0] for name in arrays}
    # The layers of a graph have names, and Keras an order of its own. Those of a chain Keras numbers.
    if not set(of.values()) <= set(layers):
        model.set_weights(list(arrays.values()))
        return
    for layer in set(of.values()):
        layers[layer].set_weights([array for name, array in arrays.items() if of[name] == layer])


def _normalizing(model, given, shown):
    """The model with layers before what it is given that normalise it, as `sweep show --json` says."""
    import keras
    import numpy
    by = shown.get("normalized_by")
    if by is None:
        raise Error(shown["missing"], 65)
    several = isinstance(given, dict)
    arrays = [layer["name"] for layer in shown["layers"] if layer["type"] == "Input"] or ["image"]
    inputs = {name: keras.Input(tensor.shape[1:], name=name)
              for name, tensor in (given if several else {"image": given}).items()}
    ready = dict(inputs)
    for name, array in zip(inputs, arrays):
        if array in by:
            width = inputs[name].shape[-1]  # of pixels in a row, a channel each in turn
            mean, deviation = (numpy.resize(by[array][what], width) for what in ("mean", "deviation"))
            ready[name] = keras.layers.Normalization(mean=mean, variance=deviation ** 2)(inputs[name])
    return keras.Model(inputs if several else inputs["image"], model(ready if several else ready["image"]))


def keras_model(db=None, trial="best", **options):
    """A trial's network as a model of Keras 3, compiled, with the weights that were kept; arguments as of weights().

    It takes a table's rows as they are, and images of shape (rows, columns, channels) that are divided already, by
    what the trial's were: pixels of 0 to 255 by 255, unless the config's test_image_divisor says otherwise. What a
    config has normalised (`normalization: true`) the model normalises itself; means and deviations are those of the
    data set, which has to be there, or in data_dir."""
    names = {}
    code = _call("show", trial, keras=True, db=db, **options).decode()
    making, compiling = _building(code)
    exec(making, names)
    model = names["model"]
    _set_weights(model, _weights(db, trial, **options))
    if "layers.Normalization(" in code:
        shown = json.loads(_call("show", trial, json=True, db=db, **options))
        names["model"] = _normalizing(model, names.get("inputs", model.inputs[0]), shown)
    exec(compiling, names)
    return names["model"]


class _Page:
    """A page that a notebook shows in a frame of its own."""

    def __init__(self, page, height):
        self.page, self.height = page, height

    def _repr_html_(self):
        return (f'<iframe srcdoc="{html.escape(self.page)}" width="100%" height="{self.height}"'
                ' style="border: 0" allowfullscreen></iframe>')


def report(db=None, height=800, **options):
    """The report of `sweep report`, for a notebook to show; options as there: sweep, all=True, lang."""
    return _Page(_call("report", output="-", db=db, **options).decode(), height)
