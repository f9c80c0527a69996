"""Databases of made-up sweeps: the program makes an empty one, SQL fills it."""

import itertools
import math
import pathlib
import random
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from identity import identify  # noqa: E402

from identity import identify

SCORES = ("loss", "accuracy", "val_loss", "val_accuracy", "test_loss", "test_accuracy")


def score_of(setting, seed, noise=0.003):
    """An accuracy between 0 and 1 that depends on everything a little."""
    good = {"adam": 1.2, "rmsprop": 1.0, "adamw": 1.1, "sgd": 0.2}.get(setting.get("optimizer"), 0.5)
    good += {"relu": 0.5, "tanh": 0.3, "sigmoid": 0}.get(setting.get("activation"), 0.2)
    good += 0.15 * math.log(setting.get("epochs", 1))
    if "learning_rate" in setting:
        good -= 0.3 * abs(math.log10(setting["learning_rate"]) + 2.5)
    good += math.sin(seed + len(str(setting))) * noise * 5
    good += random.Random(repr((setting, seed))).gauss(0, noise * 10)
    return 1 / (1 + math.exp(-good - 1))


COMMAND = ("arguments", "folder", "config_path", "dataset_source", "user", "host", "version", "cpu",
           "openblas_config", "openblas_core", "jobs", "started_at", "finished_at", "outcome")


def insert(connection, table, row):
    return connection.execute(f"INSERT INTO {table} ({', '.join(row)})"
                              f" VALUES ({', '.join('?' * len(row))})", tuple(row.values())).lastrowid


def fill(path, axes, seeds=(1, 2, 3), name="made up", description="", warnings="", epochs=None,
         metrics=(), **sweep):
    """Fill the database at `path`, made by `sweep run`, with one sweep more: the grid over `axes`,
    {hyperparameter: values}, with a history of `epochs` epochs if not the setting's own. Returns
    the sweep's number."""
    connection = sqlite3.connect(path)
    row = {column: "" for column in ("description", "config", "settings")}
    row.update(name=name, description=description, warnings=warnings, metric="val_accuracy",
               goal="maximize", config_digest=f"{name} {random.random()}", dataset="made up",
               dataset_digest=f"{random.getrandbits(256):064x}")
    command = {"jobs": 2, "started_at": "2026-01-02 03:04:05.678",
               "finished_at": "2026-01-02 04:05:06.789", "outcome": "finished",
               **{key: sweep.pop(key) for key in COMMAND if key in sweep}}
    row.update(sweep)
    number = insert(connection, "sweeps", row)
    command = insert(connection, "commands", {**command, "sweep_id": number})
    trial = connection.execute("SELECT coalesce(max(trial_id), 0) FROM trials").fetchone()[0]
    trials, histories, links, further = [], [], [], []
    for place, values in enumerate(itertools.product(*axes.values())):
        setting = dict(zip(axes, values))
        for seed in seeds:
            trial += 1
            score = score_of(setting, seed)
            last = setting.get("epochs", epochs or 5)
            links.append((number, trial, len(links)))
            trials.append((trial, f"{number} {trial}", f"{number} {place:06}", "made up", seed,
                           "completed", *values, 1.2 - score, score - 0.01, 1.25 - score, score,
                           1.26 - score, score - 0.012, 7960, 0.01 * last, command))
            for epoch in range(1, (epochs or last) + 1):
                share = 1 - math.exp(-4 * epoch / 20)
                histories.append((trial, epoch, 2 - share, score * share, 2.1 - share,
                                  score * share * 1.01, 0.01))
            for metric in metrics:
                for split in ("", "val_", "test_"):
                    further.append((trial, split + metric, last, score * 0.9))
    columns = ("trial_id", "digest", "setting", "dataset", "seed", "status", *axes, *SCORES,
               "parameters", "train_seconds", "command_id")
    connection.executemany(f"INSERT INTO trials ({', '.join(columns)})"
                           f" VALUES ({', '.join('?' * len(columns))})", trials)
    connection.executemany("INSERT INTO sweep_trials (sweep_id, trial_id, position) VALUES (?, ?, ?)", links)
    connection.executemany("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?)", histories)
    connection.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?)", further)
    identify(connection)
    connection.close()
    return number


def change(path, sql, *parameters):
    connection = sqlite3.connect(path)
    connection.execute(sql, parameters)
    connection.commit()
    connection.close()


def ask(path, sql, *parameters):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql, parameters).fetchall()
    finally:
        connection.close()
