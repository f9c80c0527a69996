"""The report of a sweep that was searched, in a real browser: what the search found and for how much,
importance and slices, against what the commands say and what the database has."""

import csv
import io
import json
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from databases import ask  # noqa: E402
from pages import Page, World, main  # noqa: E402

try:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.support.ui import Select
except ImportError:
    pass  # main tells

# Learning rates within two orders of magnitude, but log-uniform; momentum is sgd's alone.
SEARCH = """\
name: {name}
method: {method}
dataset: tiny
metric: {{name: {metric}}}
repeats: 2
budget: {{trials: {trials}}}
{rule}
parameters:
  validation_split: {{value: 0.2}}
  epochs: {{value: 4}}
  layers: {{count: {{min: 1, max: 2}}, units: {{values: [4, 6, 8, 10]}}}}
  activation: {{values: [relu, tanh]}}
  optimizer: {{values: [{{name: sgd, momentum: {{min: 0, max: 0.95}}}}, adam]}}
  learning_rate: {{min: 0.002, max: 0.1, log: true}}
"""
SWEEPS = {
    "random": {"method": "random", "trials": 80, "rule": ""},
    "modelled": {"method": "tpe", "trials": 80, "rule": ""},
    "halved": {"method": "random", "trials": 80, "rule": "seed: 7\nearly_terminate: {type: halving, min_iter: 1, eta: 2}"},
    "small": {"method": "random", "trials": 12, "rule": ""},
    "losing": {"method": "gp", "trials": 80, "rule": "", "metric": "val_loss"},
}
CHARTS = ("search", "importance", "slices")


def setUpModule():
    World.start()
    for name, sweep in SWEEPS.items():
        (World.folder / f"{name}.yaml").write_text(SEARCH.format(name=name, **{"metric": "val_accuracy", **sweep}))
        World.sweep("run", f"{name}.yaml", "-q", "--db", "searched.db")


def tearDownModule():
    World.stop()


class Searched(Page):
    def open_searches(self, *names, **options):
        self.open("searched.db", *names, **options)

    def compared(self, name, *options):
        return json.loads(World.sweep("compare", "--json", "--db", "searched.db", "--sweep", name, *options))

    def steps(self):
        return self.js("return searchesNow()[0].steps.map((step) => ({...step, trial: data.trials.id[trialsOf[step.setting][0]],"
                       " score: isNaN(step.score) ? null : step.score, bestScore: isNaN(step.bestScore) ? null : step.bestScore}))")

    def test_a_grid_has_no_search(self):
        self.open()
        for name in CHARTS:
            self.assertFalse(self.one(f"#{name}").is_displayed(), name)
            self.assertFalse(self.one(f"#{name}-link").is_displayed(), name)
        self.assertTrue(self.one("#effects .controls").is_displayed())

    def test_the_search_is_what_compare_says(self):
        for name in SWEEPS:
            for options in ((), ("--metric", "val_loss")):
                with self.subTest(name=name, options=options):
                    self.open_searches(name, link="#metric=val_loss" if options and name != "losing" else "")
                    expected = self.compared(name, *options)["search"]
                    steps = self.steps()
                    self.assertEqual([step["trial"] for step in steps], [step["trial"] for step in expected["best_so_far"]])
                    for got, step in zip(steps, expected["best_so_far"]):
                        self.assertEqual((got["trials"], got["epochs"]), (step["trials"], step["epochs"]))
                        self.assertAlmostEqual(got["seconds"], step["seconds"], delta=1e-4 * step["seconds"])
                        for own, other in (("score", "score"), ("bestScore", "best")):
                            self.assertEqual(got[own] is None, step[other] is None)
                            self.assertAlmostEqual(got[own] or 0, step[other] or 0, places=8)
                    drawn = self.js("return searchesNow()[0].expected")
                    self.assertEqual(len(drawn), len(expected["expected_best"]))
                    for got, one in zip(drawn, expected["expected_best"]):
                        self.assertEqual(got["settings"], one["settings"])
                        for own, other in (("best", "best"), ("trials", "trials"), ("epochs", "epochs")):
                            self.assertAlmostEqual(got[own], one[other], places=8)
                    self.assertIn(expected["note"].strip(), self.one("#search-note").text)
                    self.assertEqual(len(self.all("#search-chart .expected")), int(name in ("random", "small")))

    def test_what_is_drawn_of_it(self):
        self.open_searches("halved", link="#better=0")
        settings = ask(World.folder / "searched.db", """SELECT max(status = 'completed'), count(*), sum(train_seconds) FROM scored
            WHERE sweep = 'halved' GROUP BY setting""")
        scored = sum(row[0] for row in settings)
        self.assertEqual(len(self.all("#search-chart circle.searched")), scored)
        self.assertEqual(len(self.all("#search-chart .scoreless")), len(settings) - scored)
        self.assertGreater(len(settings), scored)
        self.assertIn("ticks at the foot: settings without a score", self.one("#search-chart").text)
        self.assertIn(f"{len(settings) - scored} settings without a score", self.one("#slices-note").text)
        self.assertNotIn("with worse scores", self.one("#search-note").text)
        places = {}
        for cost in ("trials", "epochs", "seconds"):
            Select(self.one("#search-against")).select_by_value(cost)
            self.settle()
            places[cost] = [float(circle.get_attribute("cx")) for circle in self.all("#search-chart circle.searched")]
            self.assertEqual(places[cost], sorted(places[cost]))
            self.assertLessEqual(places[cost][-1], self.js("return document.querySelector('#search-chart svg').clientWidth"))
        self.assertNotEqual(places["trials"], places["epochs"])
        self.wait("return location.hash.includes('against=seconds')")
        # The better half: the axis begins higher.
        ends = self.js("return searchEnds(searchesNow())")
        self.click(self.one("#search-better"))
        self.assertGreater(self.js("return searchEnds(searchesNow())")[0], ends[0])
        rows = self.js("document.querySelector('#search-table details').open = true;"
                       "return [...document.querySelectorAll('#search-table tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))")
        self.assertEqual([row[0] for row in rows], ["10\u00a0%", "25\u00a0%", "50\u00a0%", "75\u00a0%", "100\u00a0%"])
        self.assertEqual(rows[-1][1:3], [str(len(settings)), str(sum(row[1] for row in settings))])

    def test_pointing_at_a_setting(self):
        self.open_searches("random", link="#better=0")
        circle = self.all("#search-chart circle.searched")[7]
        self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", circle)
        ActionChains(self.browser).move_to_element(circle).perform()
        step = self.steps()[7]
        tip = self.one("#tip").text
        self.assertIn("best so far", tip)
        self.assertIn(self.js("return score(state.metric, arguments[0])", step["score"]), tip)
        self.assertIn(f"epochs {step['epochs']}", tip)

    def test_importance(self):
        for name in SWEEPS:
            with self.subTest(name=name):
                self.open_searches(name)
                compared = self.compared(name)
                shares = sorted((one["share"] for one in compared["hyperparameters"] if one["share"] is not None), reverse=True)
                self.assertEqual(bool(shares), name != "small" and compared["variance"]["settings"] >= 30)
                bars = [float(bar.get_attribute("width")) for bar in self.all("#importance-chart .share-bar")]
                self.assertEqual(len(bars), len(shares))
                for bar, share in zip(bars, shares):
                    self.assertAlmostEqual(bar, max(1, bars[0] * share / shares[0]), delta=0.01 if shares[0] >= 0.1 else 1)
                self.assertEqual(self.one("#importance-note").text, "Share: " + compared["variance"]["note"])
        self.assertIn("may miss the hyperparameter that matters most", self.one("#importance-note").text)

    def test_slices(self):
        self.open_searches("random")
        scored = ask(World.folder / "searched.db", """SELECT count(DISTINCT setting), count(DISTINCT iif(momentum IS NULL, NULL, setting))
            FROM scored WHERE sweep = 'random' AND status = 'completed'""")[0]
        self.assertEqual([len(panel.find_elements("css selector", "circle.point")) for panel in self.all("#slices-chart .scatter")],
                         self.js("return slicesNow().map((group) => nameOf(group.axis) === 'momentum' ? arguments[1] : arguments[0])", *scored))
        self.assertEqual(set(self.js("return slicesNow().map((group) => nameOf(group.axis))")),
                         {"layers.count", "layers.units", "activation", "optimizer", "momentum", "learning_rate"})
        # Logarithmic, since its distribution is; momentum is not.
        self.assertEqual(self.js("return ['learning_rate', 'momentum'].map((name) => {"
                                 "const one = data.hyperparameters.find((other) => other.name === name);"
                                 "return isLogarithmic(one, one.levels.filter((level) => level !== null)); })"), [True, False])
        # Where it is not known, values decide.
        self.assertEqual(self.js("return [[false, 1e-4], [null, 1e-4], [true, 0.5], [null, 0.5], [true, 0]]"
                                 ".map(([log, least]) => isLogarithmic({log}, [least, 1]))"), [False, True, True, False, False])
        rate = self.axis("learning_rate")
        ticks = {text.text: float(text.get_attribute("x"))
                 for text in self.all(f"#slices-chart .scatter[data-axis='{rate}'] .axis text[text-anchor='middle']")}
        self.assertGreater(len(ticks), 2)
        (low, at), *others = sorted((float(text), place) for text, place in ticks.items())
        slopes = [(place - at) / math.log(value / low) for value, place in others]
        self.assertAlmostEqual(min(slopes), max(slopes), places=3)
        # Points of a name stand in its own band.
        self.assertTrue(self.js("""
            const group = slicesNow().find((one) => nameOf(one.axis) === 'activation');
            const panel = document.querySelector(`#slices-chart .scatter[data-axis='${group.axis}']`);
            const bands = [...panel.querySelectorAll('rect.trend-band')].map((one) => one.getBoundingClientRect());
            return bands.length === 2 && [...panel.querySelectorAll('circle')].every((one) => {
              const box = one.getBoundingClientRect(), middle = (box.left + box.right) / 2, level = levelOf(one.__data__.setting, group.axis);
              return middle >= bands[level].left && middle <= bands[level].right; });"""))
        self.assertTrue(self.one("#effects-chart .nothing").text.startswith("No two settings of the search"))

    def test_it_fits(self):
        for names in (("random",), ("halved", "losing", "modelled")):
            for width in (320, 400, 768, 1000, 1400):
                with self.subTest(names=names, width=width):
                    self.open_searches(*names, width=width, dark=width == 400)
                    self.assertEqual(*self.js("const {scrollWidth, clientWidth} = document.documentElement; return [scrollWidth, clientWidth]"))
                    for chart in CHARTS:
                        self.assertEqual(self.overlapping(f"#{chart}-chart svg text"), [], chart)
                    for link in self.all(".bar nav a"):
                        self.assertLess(link.size["height"], 30)

    def test_side_by_side(self):
        """Searches beside a grid."""
        (World.folder / "grid.yaml").write_text("name: grid\ndataset: tiny\nmethod: grid\nparameters:\n  validation_split: {value: 0.2}\n"
                                                "  epochs: {value: 4}\n  optimizer: {values: [sgd, adam]}\n")
        World.sweep("run", "grid.yaml", "-q", "--db", "searched.db")
        self.open_searches("random", "grid", "modelled")
        self.assertEqual(len(self.all("#search-chart .best-so-far")), 2)
        self.assertEqual(len(self.all("#search-table details")), 2)
        self.assertEqual([text.text for text in self.all("#importance-chart .effect-title")], ["random", "modelled"])
        self.assertEqual(len(self.all("#effects-chart .effect")), 2)

    def test_saved(self):
        self.open_searches("halved")
        steps = self.compared("halved")["search"]["best_so_far"]
        rows = list(csv.DictReader(io.StringIO(self.js("return csvOf(searchRecords())"))))
        self.assertEqual(len(rows), len(steps))
        for row, step in zip(rows, steps):
            self.assertEqual(row["best_so_far"] == "", step["best"] is None)
            self.assertEqual((float(row["trials"]), float(row["epochs"])), (step["trials"], step["epochs"]))
        self.open_searches("random")
        shares = {row["hyperparameter"]: float(row["share"]) for row in csv.DictReader(io.StringIO(self.js("return csvOf(importanceRecords())")))}
        for one in self.compared("random")["hyperparameters"]:
            self.assertAlmostEqual(shares[one["name"]], one["share"])
        slices = list(csv.DictReader(io.StringIO(self.js("return csvOf(sliceRecords())"))))
        self.assertEqual(len(slices), len(self.all("#slices-chart circle.point")))
        for name in CHARTS:
            self.assertTrue(self.js("return svgOf(arguments[0] === 'search' ? search.svg : arguments[0] === 'slices' ? slices.svg : importance.svg).text", name)
                            .startswith("<svg"))


if __name__ == "__main__":
    main()
