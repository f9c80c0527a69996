"""sweep export, with what Debian has: files, CSV, JSON lines, and the tables of Optuna's database."""

import ast
import csv
import io
import json
import math
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import unittest
import zipfile

from made import METRIC_OF_EPOCHS, METRIC_OF_THE_END, NAME, Exporting
from harness import PATIENCE, SWEEP  # found by made

SWITCHES = ("nesterov", "amsgrad")

# Optuna's schema 12: tables with their columns, types, NOT NULL and primary keys as
# `PRAGMA table_info` has them, what is unique, and what refers to what.
OPTUNA = {
    "studies": "study_id INTEGER!*, study_name VARCHAR(512)!",
    "version_info": "version_info_id INTEGER!*, schema_version INTEGER, "
                    "library_version VARCHAR(256)",
    "study_directions": "study_direction_id INTEGER!*, direction VARCHAR(8)!, study_id INTEGER!, "
                        "objective INTEGER!",
    "study_user_attributes": "study_user_attribute_id INTEGER!*, study_id INTEGER, "
                             "key VARCHAR(512), value_json TEXT",
    "study_system_attributes": "study_system_attribute_id INTEGER!*, study_id INTEGER, "
                               "key VARCHAR(512), value_json TEXT",
    "trials": "trial_id INTEGER!*, number INTEGER, study_id INTEGER, state VARCHAR(8)!, "
              "datetime_start DATETIME, datetime_complete DATETIME",
    "trial_user_attributes": "trial_user_attribute_id INTEGER!*, trial_id INTEGER, "
                             "key VARCHAR(512), value_json TEXT",
    "trial_system_attributes": "trial_system_attribute_id INTEGER!*, trial_id INTEGER, "
                               "key VARCHAR(512), value_json TEXT",
    "trial_params": "param_id INTEGER!*, trial_id INTEGER, param_name VARCHAR(512), "
                    "param_value FLOAT, distribution_json TEXT",
    "trial_values": "trial_value_id INTEGER!*, trial_id INTEGER!, objective INTEGER!, "
                    "value FLOAT, value_type VARCHAR(7)!",
    "trial_intermediate_values": "trial_intermediate_value_id INTEGER!*, trial_id INTEGER!, "
                                 "step INTEGER!, intermediate_value FLOAT, "
                                 "intermediate_value_type VARCHAR(7)!",
    "trial_heartbeats": "trial_heartbeat_id INTEGER!*, trial_id INTEGER!, heartbeat DATETIME!",
    "alembic_version": "version_num VARCHAR(32)!*",
}
UNIQUE = {
    "studies": {("study_name",)}, "study_directions": {("study_id", "objective")},
    "study_user_attributes": {("study_id", "key")},
    "study_system_attributes": {("study_id", "key")},
    "trial_user_attributes": {("trial_id", "key")},
    "trial_system_attributes": {("trial_id", "key")},
    "trial_params": {("trial_id", "param_name")}, "trial_values": {("trial_id", "objective")},
    "trial_intermediate_values": {("trial_id", "step")}, "trial_heartbeats": {("trial_id",)},
    "alembic_version": {("version_num",)},
}


class Rows(Exporting):
    def expected(self, names, unit):
        """What the database has, by the names of the export."""
        tables = {"trial": "trials t", "epoch": "history h JOIN trials t USING (trial_id)"}
        own = {"trial": "t", "epoch": "h"}[unit]
        scores = ("loss", "accuracy", "val_loss", "val_accuracy")
        sources = []
        for name in names:
            if name.endswith("f1_score"):
                at = "AND m.epoch = h.epoch" if unit == "epoch" else "ORDER BY epoch DESC LIMIT 1"
                sources.append(f"(SELECT value FROM metrics m WHERE m.trial_id = t.trial_id"
                               f" AND name = '{name}' {at}) AS {name}")
            elif name in scores:
                sources.append(f"{own}.{name}")
            else:
                sources.append(name)
        order = "trial_id, epoch" if unit == "epoch" else "trial_id"
        rows = self.rows(f"SELECT {', '.join(sources)} FROM {tables[unit]} ORDER BY {order}")
        for row in rows:
            for name in SWITCHES:
                if row.get(name) is not None:
                    row[name] = bool(row[name])
        return rows

    def test_json_lines_are_what_the_database_has(self):
        for options, unit in (((), "trial"), (("--all",), "trial"), (("--history",), "epoch"),
                              (("--history", "-a"), "epoch")):
            out, err = self.sweep("export", "--format", "jsonl", *options)
            self.assertEqual(err, "")
            rows = [json.loads(line) for line in out.splitlines()]
            self.assertEqual(rows, self.expected(list(rows[0]), unit))
            self.assertIn("val_f1_score", rows[0])
            self.assertEqual("test_f1_score" in rows[0], unit == "trial")
            # beta_1 differs because optimizers do; activation is the same in all.
            self.assertIn("momentum", rows[0])
            for name in ("beta_1", "activation"):
                self.assertEqual(name in rows[0], bool(set(options) & {"-a", "--all"}), name)
            self.assertNotIn("rho", rows[0])
        statuses = [json.loads(line)["status"]
                    for line in self.sweep("export", "--format=jsonl")[0].splitlines()]
        self.assertEqual({s: statuses.count(s) for s in statuses},
                         {"completed": 14, "diverged": 8, "failed": 1, "pending": 1})

    def test_csv_has_the_same(self):
        for options in ((), ("--all",), ("--history",)):
            rows = [json.loads(line) for line in
                    self.sweep("export", "-F", "jsonl", *options)[0].splitlines()]
            done = subprocess.run([os.environ.get("SWEEP", "sweep"), "export", *options],
                                  cwd=self.folder, env=self.environment, capture_output=True)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            text = done.stdout.decode()
            self.assertTrue(text.endswith("\r\n"))
            records = list(csv.DictReader(io.StringIO(text, newline="")))
            self.assertEqual(len(records), len(rows))
            for record, row in zip(records, rows):
                self.assertEqual(list(record), list(row))
                for name, value in row.items():
                    if value is None:
                        self.assertEqual(record[name], "")
                    elif isinstance(value, bool):
                        self.assertEqual(record[name], str(value).lower())
                    elif isinstance(value, (int, float)):
                        self.assertEqual(float(record[name]), value)
                    else:  # what a spreadsheet would compute is marked as text
                        mark = "'" if value[:1] == "=" else ""
                        self.assertEqual(record[name], mark + value)
            if "--history" not in options:
                self.assertIn('\'=out of "memory",\r\nalas', [r["error"] for r in records])

    def test_what_is_infinite_is_none(self):
        scores = "loss val_loss accuracy val_accuracy".split()
        found = self.ask("SELECT count(*) FROM trials WHERE status = 'diverged' AND"
                         " loss IS NULL AND val_loss IS NULL")
        self.assertEqual(found, [(8,)])
        connection = sqlite3.connect(self.folder / "results" / "sweep.db")
        for table in ("trials", "history"):  # as another program might write them
            connection.execute(f"UPDATE {table} SET " +
                               ", ".join(f"{name} = 9e999" for name in scores))
        connection.execute("UPDATE metrics SET value = -9e999")
        connection.commit()
        connection.close()
        for options in ((), ("--history",)):
            rows = [json.loads(line) for line in
                    self.sweep("export", "-F", "jsonl", *options)[0].splitlines()]
            records = list(csv.DictReader(io.StringIO(self.sweep("export", *options)[0])))
            self.assertEqual({row[name] for row in rows for name in scores}, {None})
            self.assertEqual({row["val_f1_score"] for row in rows}, {None})
            self.assertEqual({row[name] for row in records for name in scores}, {""})
            self.assertEqual({row["val_f1_score"] for row in records}, {""})

    def test_conditions_and_sweeps(self):
        self.write("tiny2.yaml", METRIC_OF_THE_END)
        self.sweep("run", "tiny2.yaml", "-q")
        self.assertEqual(len(self.sweep("export", "-s", "1")[0].splitlines()), 25 + 1)
        self.assertEqual(len(self.sweep("export")[0].splitlines()), 3)
        out = self.sweep("export", "-s1", "-w", "optimizer=adam", "-w", "epochs=3", "-w", "seed=1",
                         "--format", "jsonl", "--history")[0]
        rows = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([r["epoch"] for r in rows], [1, 2, 3] * 2)
        self.fails(2, "no trial of this sweep has optimizer=ftrl", "export", "-w", "optimizer=ftrl")
        self.fails(2, "there is no sweep 9", "export", "-s9")
        self.fails(65, "no such database", "export", "--db", "none.db")

    def test_many_epochs_take_no_more_memory(self):
        """A million of them, in the memory that a thousand take and little more."""
        self.make_history(1000)
        few = self.peak_of_history(1000)
        count = int(os.environ.get("SWEEP_EXPORT_ROWS", 200000))
        self.make_history(count)
        many = self.peak_of_history(count)
        if not os.environ.get("SWEEP_SANITIZE"):
            self.assertLess(many, few + 8000)

    def make_history(self, count):
        """All the epochs there are."""
        connection = sqlite3.connect(self.folder / "results" / "sweep.db")
        connection.execute("DELETE FROM history")
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO history SELECT ?, i, 1.5 / i, 0.5, 0.25, 0.125, 0.001 FROM n",
            (count, self.failed))
        connection.commit()
        connection.close()

    def stop_halfway(self, out, *options):
        """An export that is stopped between the first byte and the last, however long it takes."""
        count = 50000
        while True:
            self.make_history(count)
            process = self.start("export", "-o", f"{out}/file", *options)
            while process.poll() is None and not list((self.folder / out).glob("sweep-tmp-*")):
                pass
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            if list((self.folder / out).glob("sweep-tmp-*")):
                return process
            process.kill()
            process.communicate()
            (self.folder / out / "file").unlink(missing_ok=True)
            count *= 2

    def test_an_interrupted_export_leaves_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for options in (("-F", "csv", "--history"), ("-F", "optuna")):
                with self.subTest(number=number, options=options):
                    out = f"{number}-{options[1]}"
                    (self.folder / out).mkdir()
                    process = self.stop_halfway(out, *options)
                    process.send_signal(number)
                    process.send_signal(signal.SIGCONT)
                    process.communicate(timeout=PATIENCE)
                    self.assertEqual(process.returncode, -number)
                    self.assertEqual(os.listdir(self.folder / out), [])

    def peak_of_history(self, count):
        """The program's largest resident size in KiB while it exports."""
        code = ("import resource, subprocess, sys\n"
                "out = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)\n"
                "lines = sum(1 for _ in out.stdout)\n"
                "out.wait() and sys.exit(1)\n"
                "print(lines, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
        sizes = []
        for form in ("csv", "jsonl"):
            done = subprocess.run([sys.executable, "-c", code, os.environ.get("SWEEP", "sweep"),
                                   "export", "--history", "-F", form], cwd=self.folder,
                                  env=self.environment, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            lines, size = map(int, done.stdout.split())
            self.assertEqual(lines, count + (form == "csv"))
            sizes.append(size)
        return max(sizes)


class Files(Exporting):
    def test_formats_follow_from_names(self):
        for name, start in (("x.csv", "trial_id,"), ("x.jsonl", '{"trial_id":1,')):
            out, err = self.sweep("export", "-o", name)
            self.assertEqual((out, err), ("", ""))
            self.assertTrue((self.folder / name).read_text().startswith(start))
        self.sweep("export", "-o", "new/x.txt", "--format", "csv")
        for name in ("x.csv", "new/x.txt"):
            self.assertEqual((self.folder / name).read_bytes(),
                             (self.folder / "x.csv").read_bytes())
        self.assertEqual(self.sweep("export", "-o", "-"), self.sweep("export"))
        self.fails(2, "give a --format", "export", "-o", "x.db")
        self.fails(2, "give a --format", "export", "-o", "x")
        self.fails(2, "did you mean 'csv'?", "export", "-F", "cvs")
        self.fails(2, "optuna is not for standard output", "export", "-F", "optuna")
        self.fails(2, "--all and --history go with", "export", "-F", "optuna", "-o", "x", "-a")
        self.fails(2, "to write with -o FILE", "export", "x.csv")
        self.fails(2, "optuna is not for standard output", "export", "-F", "optuna", "-o", "-")
        self.fails(2, "with --trial, not --where", "export", "-o", "x.onnx", "-w", "seed=1")
        self.fails(2, "--trial goes with onnx", "export", "-o", "x.csv", "-t", "best")

    def test_weights(self):
        """The bytes of the model, as NumPy's arrays: https://numpy.org/doc/stable/reference/generated/
        numpy.lib.format.html"""
        trial, = self.ask("SELECT trial_id FROM best")[0]
        self.sweep("export", "-o", "w.npz")
        self.sweep("export", "-t", str(trial), "-F", "npz", "-o", "again")
        archive = (self.folder / "w.npz").read_bytes()
        self.assertEqual((self.folder / "again").read_bytes(), archive)
        kept, = self.ask(f"SELECT weights FROM models WHERE trial_id = {trial}")[0]
        names, weights = [], b""
        with zipfile.ZipFile(self.folder / "w.npz") as members:
            self.assertIsNone(members.testzip())
            for member in members.namelist():
                data = members.read(member)
                length = int.from_bytes(data[8:10], "little")
                self.assertEqual((data[:8], (10 + length) % 64), (b"\x93NUMPY\x01\x00", 0))
                header = ast.literal_eval(data[10:10 + length].decode())
                self.assertEqual((header["descr"], header["fortran_order"]), ("<f4", False))
                self.assertEqual(math.prod(header["shape"]) * 4, len(data) - 10 - length)
                names.append((member, header["shape"]))
                weights += data[10 + length:]
        self.assertEqual(weights, kept[16:])
        self.assertEqual(names[0][0], "dense.kernel.npy")
        self.assertEqual(names[-1], ("dense_%d.bias.npy" % (len(names) // 2 - 1), (10,)))
        self.fails(2, "--force", "export", "-o", "w.npz")
        self.fails(2, "with --trial, not --where", "export", "-o", "x.npz", "-w", "seed=1")

    def test_what_is_no_export_is_not_replaced(self):
        self.sweep("export", "-o", "x.csv")
        self.sweep("export", "-o", "x.csv", "-w", "epochs=1")
        self.assertEqual(len((self.folder / "x.csv").read_bytes().split(b"\r\n")), 13 + 2)
        self.write("empty.csv", "")
        self.sweep("export", "-o", "empty.csv")
        for name, form in (("wide.yaml", "csv"), ("x.csv", "jsonl"), ("wide.yaml", "optuna")):
            before = (self.folder / name).read_bytes()
            self.fails(2, "--force", "export", "-F", form, "-o", name)
            self.assertEqual((self.folder / name).read_bytes(), before)
        # Others may have added trials to it.
        self.sweep("export", "-F", "optuna", "-o", "x.db")
        self.fails(2, "--force", "export", "-F", "optuna", "-o", "x.db")
        self.sweep("export", "-F", "optuna", "-o", "x.db", "--force")
        self.sweep("export", "-F", "csv", "-o", "x.db", "--force")
        self.assertTrue((self.folder / "x.db").read_bytes().startswith(b"trial_id"))

    def test_the_results_are_never_replaced(self):
        before = (self.folder / "results" / "sweep.db").read_bytes()
        os.link(self.folder / "results" / "sweep.db", self.folder / "same.csv")
        for name in ("results/sweep.db", "same.csv"):
            self.fails(2, "the results themselves", "export", "-F", "csv", "-f", "-o", name)
            self.fails(2, "the results themselves", "export", "-F", "optuna", "-f", "-o", name)
        self.assertEqual((self.folder / "results" / "sweep.db").read_bytes(), before)

    def test_a_file_is_whole_or_not_there(self):
        self.write("kept.csv", "trial_id,\r\n")
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        for name, form in (("x.csv", "csv"), ("kept.csv", "csv"), ("x.jsonl", "jsonl"),
                           ("x.db", "optuna")):
            self.fails(74, name, "export", "-F", form, "-o", name, preexec_fn=limit)
        self.assertEqual((self.folder / "kept.csv").read_text(), "trial_id,\n")
        self.fails(74, "is a folder", "export", "-F", "csv", "-o", "results")
        self.fails(74, "can't be made", "export", "-o", "a/b/c.csv")
        self.fails(2, "is no file", "export", "-F", "optuna", "-o", "/dev/null")
        self.fails(74, "No space left", "export", "-F", "csv", "-o", "/dev/full")
        self.sweep("export", "-F", "csv", "-o", "/dev/null")
        os.symlink("kept.csv", self.folder / "link.csv")
        self.sweep("export", "-o", "link.csv")
        self.assertTrue((self.folder / "link.csv").is_symlink())
        self.assertGreater((self.folder / "kept.csv").stat().st_size, 1000)


class Onnx(Exporting):
    def test_a_model_that_was_kept(self):
        self.sweep("run", "wide.yaml", "-q")  # the best trial's
        self.sweep("export", "-o", "x.onnx")
        first = (self.folder / "x.onnx").read_bytes()
        for arguments in (("-F", "onnx"), ("-F", "onnx", "-o", "-")):
            piped = subprocess.run([SWEEP, "export", *arguments], cwd=self.folder, check=True,
                                   env=self.environment, stdout=subprocess.PIPE).stdout
            self.assertEqual(piped, first)
            self.assertIn("onnx is not for a terminal",
                          self.terminal("export", *arguments, code=2)[0])
        self.assertIn(b"layer_1/kernel", first)
        self.sweep("export", "-o", "x.onnx", "--trial", "best")
        self.assertEqual((self.folder / "x.onnx").read_bytes(), first)
        self.fails(2, "--force", "export", "-F", "onnx", "-o", "wide.yaml")

    def test_activations_with_parameters_and_parts(self):
        """Whether the numbers are right is looked at where ONNX Runtime is (test_onnx.py)."""
        for activation, parts in (("{name: leaky_relu, negative_slope: 0.1}", (b"LeakyRelu", b"alpha")),
                                  ("silu", (b"Sigmoid", b"Mul")), ("gelu", (b"Erf",))):
            self.sweep("run", "wide.yaml", "-q", "-s", f"activation={activation}", "-s", "epochs=1",
                       "--db", "a.db")
            self.sweep("export", "--db", "a.db", "-o", "a.onnx")
            written = (self.folder / "a.onnx").read_bytes()
            for part in parts:
                self.assertIn(part, written, activation)

    def test_what_has_no_model(self):
        kept = [row[0] for row in self.ask("SELECT trial_id FROM models")]
        other = self.ask("SELECT min(trial_id) FROM trials WHERE status = 'completed'"
                         f" AND trial_id NOT IN ({', '.join(map(str, kept)) or 0})")[0][0]
        self.fails(65, "was not kept", "export", "-o", "x.onnx", "-t", str(other))
        self.fails(65, "is failed, so it has no model", "export", "-o", "x.onnx", "-t",
                   str(self.failed))
        self.fails(2, "no sweep has a trial 999", "export", "-o", "x.onnx", "-t", "999")
        self.fails(2, "is a trial_id", "export", "-o", "x.onnx", "-t", "worst")
        connection = sqlite3.connect(self.folder / "results" / "sweep.db")
        weights = bytearray(connection.execute("SELECT weights FROM models").fetchone()[0])
        weights[20] ^= 1
        connection.execute("UPDATE models SET weights = ?", (bytes(weights),))
        connection.commit()
        connection.close()
        self.fails(65, "is damaged", "export", "-o", "x.onnx", "-t", str(kept[0]))


class Optuna(Exporting):
    def export(self, *options):
        self.sweep("export", "-F", "optuna", "-f", "-o", "study.db", *options)
        connection = sqlite3.connect(self.folder / "study.db")
        self.addCleanup(connection.close)
        return connection

    def test_the_schema_is_optunas(self):
        study = self.export()
        tables = {row[0] for row in study.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table'")}
        self.assertEqual(tables, set(OPTUNA))
        for table, columns in OPTUNA.items():
            found = ", ".join(f"{name} {kind}{'!' * required}{'*' * bool(key)}" for
                              _, name, kind, required, _, key in
                              study.execute(f"PRAGMA table_info({table})"))
            self.assertEqual(found, columns)
            unique = {tuple(row[2] for row in study.execute(f"PRAGMA index_info('{index[1]}')"))
                      for index in study.execute(f"PRAGMA index_list({table})") if index[2]}
            self.assertEqual(unique, UNIQUE.get(table, set()), table)
            refers = {(row[2], row[3], row[4]) for row in
                      study.execute(f"PRAGMA foreign_key_list({table})")}
            owner = {"study": "studies", "trial": "trials"}
            self.assertEqual(refers, {(owner[name], f"{name}_id", f"{name}_id") for name in owner
                                      if f"{name}_id INTEGER" in columns
                                      and f"{name}_id INTEGER!*" not in columns}, table)
        names = {row[0] for row in study.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")}
        self.assertEqual(names, {"ix_studies_study_name", "ix_trials_study_id"})
        self.assertEqual(study.execute("SELECT * FROM alembic_version").fetchall(),
                         [("v3.2.0.a",)])
        self.assertEqual(study.execute("SELECT version_info_id, schema_version FROM version_info")
                         .fetchall(), [(1, 12)])
        self.assertEqual(study.execute("PRAGMA foreign_key_check").fetchall(), [])
        self.assertEqual(study.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        self.assertEqual(study.execute("PRAGMA journal_mode").fetchall(), [("delete",)])

    def test_the_study(self):
        study = self.export()
        self.assertEqual(study.execute("SELECT * FROM studies").fetchall(), [(1, NAME)])
        self.assertEqual(study.execute("SELECT direction, study_id, objective"
                                       " FROM study_directions").fetchall(), [("MINIMIZE", 1, 0)])
        self.assertEqual(dict(study.execute("SELECT key, value_json FROM study_system_attributes")),
                         dict.fromkeys(("study:metric_names", "dashboard:objective_names"),
                                       '["val_loss"]'))
        shared = {key: json.loads(value) for key, value in
                  study.execute("SELECT key, value_json FROM study_user_attributes")}
        self.assertEqual(shared["activation"], "sigmoid")
        self.assertEqual(shared["batch_size"], 32)
        self.assertEqual(shared["dataset"], "tiny")
        self.assertEqual(shared["config"], (self.folder / "wide.yaml").read_text())
        self.assertNotIn("optimizer", shared)

    def test_the_trials(self):
        study = self.export()
        trials = study.execute("SELECT trial_id, number, study_id, state, datetime_start,"
                               " datetime_complete FROM trials ORDER BY 1").fetchall()
        ours = self.rows("SELECT * FROM trials ORDER BY trial_id")
        self.assertEqual(len(trials), len(ours))
        states = {"completed": "COMPLETE", "diverged": "FAIL", "failed": "FAIL",
                  "pending": "WAITING"}
        for number, (trial, row) in enumerate(zip(trials, ours)):
            times = [row[name] and row[name] + "000" for name in ("started_at", "finished_at")]
            self.assertEqual(trial, (number + 1, number, 1, states[row["status"]], *times))
        counts = {table: study.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in
                  ("trial_values", "trial_intermediate_values", "trial_heartbeats")}
        self.assertEqual(counts, {
            "trial_values": 14, "trial_heartbeats": 0,
            "trial_intermediate_values": self.ask("SELECT count(*) FROM history")[0][0]})
        # What went to NaN is there as what it is; a finite number before it too.
        kinds = dict(study.execute(
            "SELECT intermediate_value_type || (intermediate_value IS NULL), count(*)"
            " FROM trial_intermediate_values GROUP BY 1"))
        self.assertGreater(kinds.pop("FINITE0"), 20)
        self.assertTrue(kinds and set(kinds) <= {"NAN1", "INF_POS1"}, kinds)

    def test_a_parameter_has_one_distribution(self):
        study = self.export()
        found = {}
        for name, text in study.execute("SELECT DISTINCT param_name, distribution_json"
                                        " FROM trial_params"):
            self.assertNotIn(name, found)
            distribution = json.loads(text)
            found[name] = distribution["name"][:-12], distribution["attributes"]
        self.assertEqual(found, {
            "epochs": ("Categorical", {"choices": [1, 3]}),
            "layers": ("Categorical", {"choices": ["[10]", '[32, "8 tanh"]']}),
            "optimizer": ("Categorical", {"choices": ["sgd", "adam"]}),
            "learning_rate": ("Categorical", {"choices": [0.002, 0.01, 1e20]}),
            "momentum": ("Categorical", {"choices": [0, 0.9]}),
            "nesterov": ("Categorical", {"choices": [False, True]}),
        })

    def test_metrics_and_where_they_stand(self):
        self.write("f1.yaml", METRIC_OF_EPOCHS)
        self.write("test.yaml", METRIC_OF_THE_END)
        for config, steps in (("f1.yaml", 5), ("test.yaml", 0)):
            self.sweep("run", config, "-q")
            study = self.export()
            self.assertEqual(study.execute("SELECT direction FROM study_directions").fetchall(),
                             [("MAXIMIZE",)])
            self.assertEqual(study.execute("SELECT count(*) FROM trial_values").fetchone(), (2,))
            self.assertEqual(study.execute("SELECT count(*) FROM trial_intermediate_values")
                             .fetchone(), (steps,))
            study.close()


if __name__ == "__main__":
    unittest.main()
