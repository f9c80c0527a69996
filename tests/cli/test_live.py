"""A page that is written while a training runs: its curve grows epoch by epoch, across a kill, and nobody else sees any
of it. tests/browser/test_live.py looks at such pages."""

import json
import re
import signal
import time
import unittest

from harness import PATIENCE, Case

# One training, of which there is always more to come.
ENDLESS = """\
name: endless
method: grid
dataset: digits
metrics: [f1_score]
parameters:
  train_images: {value: 400}
  validation_split: {value: 0.2}
  layers: {value: [32]}
  epochs: {values: [900000, 1000000]}
"""

RUNNING, INTERRUPTED = 5, 6


class Live(Case):
    def begin(self, *arguments):
        return self.start("run", "endless.yaml", "--jobs", "1", "--checkpoint-seconds", "1", *arguments)

    def page(self, name="page.html"):
        """The data of the page's one sweep, and its state; None while there is no page."""
        path = self.folder / name
        if not path.exists():
            return None, None
        data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', path.read_text(), re.S)[1])
        return data["sweeps"][0], data["live"] and data["live"]["state"]

    def curve(self, name="page.html", state=RUNNING):
        """The unfinished training's curves: {name: values}, by epoch; empty without any."""
        sweep, _ = self.page(name)
        if not sweep or not sweep["curves"]["runs"]:
            return {}
        (run,) = sweep["curves"]["runs"]
        self.assertEqual(sweep["trials"]["state"], [state, state])
        names = [one["name"] for one in sweep["curves"]["series"]]
        self.assertEqual({"loss", "accuracy", "val_loss", "val_accuracy", "f1_score", "val_f1_score"}, set(names))
        return {"epoch": run["epoch"], **dict(zip(names, run["values"]))}

    def goes_on(self, name):
        """What was interrupted is said to be, until it runs."""
        sweep, live = self.page(name)
        return live == "running" and sweep["trials"]["state"] == [RUNNING, RUNNING]

    def report(self, name="once.html"):
        """A page as it is now, from another terminal."""
        self.sweep("report", "-fo", name)
        return self.curve(name)

    def expect_left(self, *told):
        """Pages after the run, which are at least as far as those told of."""
        self.sweep("report", "-fo", "left.html")
        left = self.curve("left.html", INTERRUPTED)
        for curve in told:
            self.assertGreaterEqual(left["epoch"][-1], curve["epoch"][-1])
            self.assertEqual((left["epoch"][0], left["loss"][0]), (1, curve["loss"][0]))

    def epochs(self, name="page.html"):
        return max(self.curve(name).get("epoch", [0]))

    def wait(self, condition, process):
        end = time.monotonic() + PATIENCE
        while not condition():
            self.assertIsNone(process.poll(), "ended by itself")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)

    def checkpoints(self):
        return list((self.folder / "results").glob("*.checkpoints/*.[12]"))

    def outcomes(self):
        """What list, show and the report say of the sweep's one command."""
        listed, = json.loads(self.sweep("list", "--json")[0])
        self.assertRegex(self.sweep("list")[0], rf" {listed['outcome']}\n")
        shown, = json.loads(self.sweep("show", "1", "--json")[0])["commands"]
        self.sweep("report", "-fo", "outcome.html")
        page = (self.folder / "outcome.html").read_text()
        return [listed["outcome"], shown["outcome"], re.search(r'"outcome":"(\w+)"', page)[1],
                re.search(r"UTC, (\w+)", self.sweep("show", "1")[0])[1]]

    def test_a_curve_grows(self):
        self.write("endless.yaml", ENDLESS)
        left = self.folder / "results" / "sweep.db.unfinished"
        process = self.begin("--report", "page.html")
        self.wait(lambda: self.epochs() > 0, process)
        first = self.curve()
        self.wait(lambda: self.epochs() > first["epoch"][-1], process)
        self.assertEqual(first["epoch"][0], 1)
        then = self.report()
        for name, values in then.items():
            of = dict(zip(then["epoch"], values))
            for epoch, value in zip(first["epoch"], first[name]):
                self.assertEqual(of.get(epoch, value), value, name)  # a long curve is thinned
        # It is no result.
        self.assertEqual(self.ask("SELECT count(*) FROM history UNION ALL SELECT count(*) FROM metrics"), [(0,), (0,)])
        self.assertEqual(self.ask("SELECT DISTINCT status, trained_epochs FROM sweep_results"), [("pending", None)])
        self.wait(self.checkpoints, process)
        self.assertEqual(self.outcomes(), ["running"] * 4)
        process.send_signal(signal.SIGSTOP)
        self.wait(lambda: "running" not in self.outcomes(), process)
        self.assertEqual(self.outcomes(), ["paused"] * 4)

        process.kill()
        process.communicate()
        self.assertTrue(left.exists())
        self.expect_left(first)
        self.assertEqual(self.outcomes(), ["lost"] * 4)
        self.assertEqual(self.ask("SELECT outcome FROM commands"), [("running",)])
        count, = self.ask("SELECT count(*) FROM trials")[0]
        said = self.sweep("show", code=2)[1]
        self.assertIn(f"no trial of sweep 1 has a score yet: {count} of {count} are unfinished; unless it still runs, the "
                      "same command goes on with them: sweep run endless.yaml", said)

        process = self.begin("--report", "again.html")
        self.wait(lambda: self.goes_on("again.html"), process)
        again = self.curve("again.html")
        self.assertGreater(again["epoch"][-1], 1)
        self.assertEqual((again["epoch"][0], again["loss"][0]), (1, first["loss"][0]))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        self.assertRegex(err, r"1 run goes on from epoch \d")
        self.assertTrue(left.exists())
        self.expect_left(again)
        self.assertEqual(self.page("again.html")[1], "interrupted")
        self.assertEqual(self.curve("again.html", INTERRUPTED), self.curve("left.html", INTERRUPTED))

        # What another sweep does on the database changes nothing of it, and what it ends of this one's does.
        kept = self.curve("left.html", INTERRUPTED)
        self.write("short.yaml", ENDLESS.replace("900000, 1000000", "1, 2").replace("name: endless", "name: short"))
        self.sweep("run", "short.yaml", "-q")
        self.sweep("report", "-fo", "left.html", "--sweep", "endless")
        self.assertEqual(self.curve("left.html", INTERRUPTED), kept)
        self.assertTrue(self.checkpoints())


if __name__ == "__main__":
    unittest.main(verbosity=2)
