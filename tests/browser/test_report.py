"""The report in a real browser: what is drawn, what the reader can do, and what must not happen.

ctest sets SWEEP, the program's path. Needs Debian's chromium, chromium-driver and python3-selenium.
"""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from databases import ask, change, fill  # noqa: E402
from harness import SWEEP, make_dataset  # noqa: E402

try:
    from selenium import webdriver
    from selenium.webdriver import ActionChains, Keys
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import Select
except ImportError:
    webdriver = None

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
PATIENCE = 60  # seconds before a page that does not come fails its test

# A real sweep, trained in a moment: 12 settings, 3 seeds.
CONFIG = """\
name: tiny
description: three optimizers on a tiny data set
method: grid
dataset: tiny
repeats: 3
seed: 1
metrics: [f1_score]
parameters:
  validation_split: {value: 0.2}
  optimizer: {values: [sgd, adam, rmsprop]}
  activation: {values: [relu, tanh]}
  epochs: {values: [2, 6]}
"""


class World:
    """What all tests share: a browser, and a folder with the database of a real sweep."""
    folder = browser = None

    @classmethod
    def start(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="sweep-browser-"))
        make_dataset(cls.folder / "data" / "tiny")
        (cls.folder / "tiny.yaml").write_text(CONFIG)
        cls.sweep("run", "tiny.yaml", "-q", "--db", "tiny.db")
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        cls.browser = webdriver.Chrome(service=Service(DRIVER), options=options)
        cls.browser.set_page_load_timeout(PATIENCE)
        cls.browser.set_script_timeout(PATIENCE)

    @classmethod
    def stop(cls):
        if cls.browser:
            cls.browser.quit()
        shutil.rmtree(cls.folder)

    @classmethod
    def sweep(cls, *arguments):
        return subprocess.run([SWEEP, *arguments], cwd=cls.folder, check=True, text=True,
                              capture_output=True, timeout=PATIENCE * 5,
                              env={**os.environ, "SWEEP_DATA_DIR": ""}).stdout

    @classmethod
    def database(cls, name):
        shutil.copy(cls.folder / "tiny.db", cls.folder / name)
        return cls.folder / name


def setUpModule():
    World.start()


def tearDownModule():
    World.stop()


class Page(unittest.TestCase):
    """Each test opens pages; none may say anything on the console or ask for anything."""

    def setUp(self):
        self.browser = World.browser
        self.opened = 0  # pages, each of which is one file
        self.asked = {}  # what was asked for: its number, and the address
        self.refused = set()

    def tearDown(self):
        self.collect()
        self.assertEqual(self.browser.get_log("browser"), [])
        files = [url for url in self.asked.values() if url.startswith("file://")]
        self.assertEqual(len(files), self.opened)
        # about: is the browser's own.
        others = [url for number, url in self.asked.items()
                  if not url.startswith(("file://", "about:")) and number not in self.refused]
        self.assertEqual(others, [])

    def collect(self):
        for entry in self.browser.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.asked[message["params"]["requestId"]] = message["params"]["request"]["url"]
            elif message["params"].get("blockedReason") == "csp":
                self.refused.add(message["params"]["requestId"])

    def open(self, database="tiny.db", sweep=None, width=1400, height=900, dark=False, html=None):
        """Write the sweep's report and look at it in a window of that size."""
        page = World.folder / "report.html"
        chosen = ["--sweep", str(sweep)] if sweep else []
        out = World.sweep("report", "--db", database, "-o", "report.html", *chosen)
        self.assertEqual(out, "report.html\n")
        if html:
            page.write_text(html(page.read_text()))
        self.browser.get("about:blank")
        self.collect()
        self.browser.get_log("browser")
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
        self.browser.get(page.as_uri())
        self.opened += 1
        self.wait("return 'ready' in document.documentElement.dataset")
        self.settle()

    def js(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def settle(self):
        """Until what waits for the next frame is drawn."""
        self.browser.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0)));")

    def wait(self, script, *arguments):
        end = time.monotonic() + PATIENCE
        while not self.js(script, *arguments):
            self.assertLess(time.monotonic(), end, script)
            time.sleep(0.02)

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def column(self, title):
        """The texts of a column of the leaderboard, as far as its rows are in the document."""
        return self.js("""
            const heads = [...document.querySelectorAll("#table thead th")];
            const at = heads.findIndex((head) => head.textContent === arguments[0]);
            return [...document.querySelectorAll("#table tbody tr[data-key]")].map((row) => row.cells[at].textContent);
            """, title)

    def heads(self):
        return self.js("return [...document.querySelectorAll('#table thead th')].map((head) => head.textContent)")

    def count(self):
        return self.one("#count").text

    def focus(self, selector):
        self.js("document.querySelector(arguments[0]).focus()", selector)

    def click(self, element):
        self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
        element.click()

    def press(self, *keys):
        ActionChains(self.browser).send_keys(*keys).perform()
        self.settle()

    def brush(self, axis, least, most, reach=8):
        """Drag on an axis of the parallel coordinates, from one level's place to another's and
        `reach` beyond."""
        brush = self.one(f"#parallel-chart .brush[data-axis='{axis}'] .overlay")
        self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", brush)
        box = self.js("const box = arguments[0].getBoundingClientRect(); return [box.left, box.top, box.width, box.height]", brush)
        upright = self.js("return parallel.upright")
        places = self.js("const axis = parallel.axes.find((one) => String(one.axis) === arguments[0]);"
                         "return arguments[1].map((at) => (axis.scale ? axis.scale(at) : axis.place(at)))",
                         str(axis), [least, most])
        canvas = self.js("const box = parallel.canvas.getBoundingClientRect(); return [box.left, box.top]")
        low, high = sorted(places)
        middle = (box[0] + box[2] / 2, box[1] + box[3] / 2)
        points = [(middle[0], canvas[1] + at) if upright else (canvas[0] + at, middle[1]) for at in (low - reach, high + reach)]
        mouse = ActionChains(self.browser, duration=20)
        mouse.w3c_actions.pointer_action.move_to_location(round(points[0][0]), round(points[0][1]))
        mouse.w3c_actions.pointer_action.pointer_down()
        mouse.w3c_actions.pointer_action.move_to_location(round(points[1][0]), round(points[1][1]))
        mouse.w3c_actions.pointer_action.pointer_up()
        mouse.perform()
        self.settle()

    def axis(self, name):
        return self.js("return data.hyperparameters.findIndex((one) => one.name === arguments[0])", name)

    def level(self, name, text):
        return self.js("const axis = data.hyperparameters.findIndex((one) => one.name === arguments[0]);"
                       "return data.hyperparameters[axis].levels.findIndex((level) => String(level) === arguments[1])", name, text)


class Drawn(Page):
    def test_what_is_drawn_is_what_is_in_the_database(self):
        self.open()
        database = World.folder / "tiny.db"
        self.assertEqual(self.browser.title, "tiny \u2013 sweep report")
        self.assertEqual(self.one("h1").text, "tiny")
        self.assertEqual(self.one("#description").text, "three optimizers on a tiny data set")
        self.assertEqual(self.count(), "12 settings")
        rows = ask(database, "SELECT optimizer, activation, epochs, score, score_sd, n FROM leaderboard ORDER BY rank")
        self.assertEqual(len(rows), 12)
        self.assertEqual(self.column("rank"), [str(i) for i in range(1, 13)])
        # Settings with equal means may stand in either order.
        self.assertEqual(sorted(zip(self.column("optimizer"), self.column("activation"), self.column("epochs"))),
                         sorted((row[0], row[1], str(row[2])) for row in rows))
        decimals = len(self.column("val_accuracy")[0].split(".")[1])
        self.assertEqual(self.column("val_accuracy"), [f"{row[3]:.{decimals}f}" for row in rows])
        self.assertEqual(sorted(self.column("\u00b1 sd")), sorted(f"{row[4]:.{decimals}f}" for row in rows))
        self.assertEqual(self.column("n"), ["3"] * 12)
        self.assertEqual(len(self.all("#table td circle")) + len(self.all("#table td path")), 12)
        # A line a setting, an axis a hyperparameter and one for the score.
        self.assertEqual(self.js("return [parallel.canvas.dataset.lines, parallel.canvas.dataset.shown]"), ["12", "12"])
        self.assertEqual([title.text for title in self.all("#parallel-chart .title")],
                         ["epochs", "activation", "optimizer", "val_accuracy"])
        self.assertTrue(self.js("const context = parallel.canvas.getContext('2d');"
                                "return context.getImageData(0, 0, parallel.canvas.width, parallel.canvas.height).data.some((part) => part > 0)"))
        # Six runs: settings that differ in epochs only are one training, drawn once.
        self.assertEqual(len(self.all("#curves-chart .curve")), 5)
        self.assertEqual(len(self.all("#curves-chart .curve-line.main")), 5)
        self.assertEqual(len(self.all("#curves-chart .curve-line.training")), 5)
        self.assertEqual(len(self.all("#heatmap-chart rect.cell")),
                         self.js("return data.hyperparameters[heat.x].levels.length * data.hyperparameters[heat.y].levels.length"))
        best = rows[0]
        figures = self.one("#summary").text
        self.assertIn(f"{best[3]:.{decimals}f}", figures)
        self.assertIn("12 settings \u00d7 3 seeds", figures)
        self.assertIn("judged by val_accuracy, higher is better", figures)

    def test_effects_are_paired_differences(self):
        """Against a computation from scratch: differences on the same seed and everything else,
        averaged within each seed; Student's interval over three seeds."""
        self.open()
        rows = ask(World.folder / "tiny.db", "SELECT seed, optimizer, activation, epochs, val_accuracy FROM trials")
        quantile = 4.302652729911275  # of t with 2 degrees of freedom, 0.975
        names = ("optimizer", "activation", "epochs")
        groups = self.js("return effectsNow().map((group) => ({...group, name: nameOf(group.axis),"
                         " levels: group.levels.map((level) => data.hyperparameters[group.axis].levels[level])}))")
        self.assertEqual({group["name"] for group in groups}, set(names))
        shares = [group["share"] for group in groups]
        self.assertEqual(shares, sorted(shares, reverse=True))
        for group in groups:
            at = 1 + names.index(group["name"])
            reference = group["levels"][group["reference"]]
            scores = {(row[at], row[0], row[1:at] + row[at + 1:4]): row[4] for row in rows}
            for level, value in zip(group["levels"], group["values"]):
                own = [row[4] for row in rows if row[at] == level]
                self.assertEqual(value["n"], len(own))
                self.assertAlmostEqual(value["mean"], statistics.mean(own), places=12)
                self.assertAlmostEqual(value["deviation"], statistics.stdev(own), places=12)
                if level == reference:
                    self.assertEqual(value["verdict"], "reference")
                    continue
                means = [statistics.mean(score - scores[reference, seed, others]
                                         for (one, seed, others), score in scores.items() if one == level and seed == wanted)
                         for wanted in (1, 2, 3)]
                half = quantile * statistics.stdev(means) / 3 ** 0.5
                self.assertAlmostEqual(value["difference"], statistics.mean(means), places=12)
                self.assertAlmostEqual(value["low"], statistics.mean(means) - half, places=9)
                self.assertAlmostEqual(value["high"], statistics.mean(means) + half, places=9)
        # Each value is drawn, its interval too, and stands in the table.
        self.assertEqual(len(self.all("#effects-chart .effect")), 7)
        self.assertEqual(len(self.all("#effects-chart .effect-ci")), 4)
        self.assertEqual(len(self.all("#effects-chart .effect .mark")), 7)
        self.assertEqual(len(self.all("#effects-table tbody tr")), 7)
        self.click(self.one("#shared"))
        self.settle()
        self.assertEqual(len(self.all("#effects-chart .effect-zero")), 3)
        row = self.one("#effects-chart .effect")
        self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", row)
        ActionChains(self.browser).move_to_element(row).perform()
        self.assertIn("trials", self.one("#tip").text)

    def test_effects_of_one_seed(self):
        """They have no intervals, and stand where they belong all the same."""
        database = World.database("seed.db")
        self.open(database, fill(database, {"optimizer": ["sgd", "adam"], "epochs": [2, 4]}, seeds=(1,)))
        self.assertEqual(self.all("#effects-chart .effect-ci"), [])
        places = [float(mark.get_attribute("cx")) for mark in self.all("#effects-chart circle.mark")]
        zero = float(self.one("#effects-chart .effect-zero").get_attribute("x1"))
        signs = self.js("return effectsNow().flatMap((group) => group.values)"
                        ".filter((value) => value.verdict !== 'reference').map((value) => Math.sign(value.difference))")
        self.assertEqual([(place > zero) - (place < zero) for place in places], signs)
        self.assertEqual(len(places), 2)

    def test_the_best_and_those_like_it(self):
        self.open()
        best = self.js("return page.sweeps[0].best")
        self.assertTrue(best["enough"])
        marked = self.js("return [...document.querySelectorAll('#table tr[data-key]')].filter((row) => row.querySelector('.like-best'))"
                         ".map((row) => Number(row.dataset.setting))")
        self.assertEqual(sorted(marked), sorted(best["settings"]))
        self.assertIn(marked[0], best["settings"])
        self.assertIn("be told from it", self.one("#summary").text)
        Select(self.one("#metric")).select_by_visible_text("loss")
        self.settle()
        self.assertEqual(self.all("#table .like-best"), [])

    def test_curves_are_the_history(self):
        self.open()
        # All twelve: those of few epochs are the first part of a longer training.
        drawn = self.js("const {validation, training} = quantities().get('accuracy');"
                        "return d3.range(settingCount).map((one) => [one, seriesOf(one, validation), seriesOf(one, training)])")
        self.assertEqual(len(drawn), 12)
        self.assertEqual({len(main) for _, main, _ in drawn}, {2, 6})
        database = World.folder / "tiny.db"
        for setting, main, training in drawn:
            trials = self.js("return trialsOf[arguments[0]].map((trial) => data.trials.id[trial])", setting)
            for points, column in ((main, "val_accuracy"), (training, "accuracy")):
                expected = ask(database, f"SELECT epoch, avg({column}) FROM history WHERE trial_id IN ({','.join(map(str, trials))})"
                                         " GROUP BY epoch ORDER BY epoch")
                self.assertEqual([point["epoch"] for point in points], [row[0] for row in expected])
                for point, row in zip(points, expected):
                    self.assertAlmostEqual(point["mean"], row[1], places=4)
                    self.assertEqual(point["n"], 3)

    def test_provenance(self):
        self.open()
        text = self.one("#provenance").text
        (row,) = ask(World.folder / "tiny.db", "SELECT arguments, folder, user, host, version, cpu, openblas_config, openblas_core,"
                                               " dataset_digest, config_digest, dataset_source FROM sweeps JOIN commands"
                                               " USING (sweep_id)")
        for value in row:
            self.assertIn(value, text)
        self.assertEqual(self.one("#provenance pre").get_attribute("textContent"), CONFIG)
        self.assertIn("Data warnings\nnone", text)

    def test_warnings_come_first(self):
        database = World.database("warned.db")
        change(database, "UPDATE sweeps SET warnings = ?", "Labels are all 0.\nImages differ.\n")
        self.open(database)
        self.assertEqual([item.text for item in self.all("#warnings li")], ["Labels are all 0.", "Images differ."])
        self.assertIn("2 warnings about the data", self.one("#warnings").text)
        self.assertLess(self.one("#warnings").location["y"], self.one("#summary").location["y"])

    def test_the_winner(self):
        def with_winner(html, best=True):
            before, rest = html.split('id="data">', 1)
            data, after = rest.split("</script>", 1)
            data = json.loads(data)
            (sweep,) = data["sweeps"]
            first = sweep["best"]["settings"][0]
            trial = next(i for i, setting in enumerate(sweep["trials"]["setting"])
                         if (setting == first) == best)
            sweep["winner"] = {"trial": trial, "rows": 2, "columns": 2, "confusion": [[5, 1], [2, 9]], "mistakes": [
                {"index": 3, "label": 0, "predicted": 1, "probability": 0.987, "pixels": "AID/AQ=="}]}
            return before + 'id="data">' + json.dumps(data) + "</script>" + after
        # The best trial's model was kept: all of the test images are there, and the misread ones wrong.
        self.open()
        ((trial, accuracy),) = ask(World.folder / "tiny.db",
                                   "SELECT trial_id, test_accuracy FROM trials JOIN models USING (trial_id)")
        cells = [rect.get_attribute("aria-label") for rect in self.all("#confusion rect")]
        self.assertEqual(len(cells), 100)
        counts = [int(cell.rsplit(" ", 1)[1]) for cell in cells]
        self.assertEqual(sum(counts), 100)
        self.assertAlmostEqual(sum(counts[::11]) / 100, accuracy)
        self.assertIn(f"{100 - sum(counts[::11])} of 100 test images misread", self.one("#winner").text)
        # Without it, or without the data, the page says so and is whole otherwise.
        bare = World.database("bare.db")
        change(bare, "DELETE FROM models WHERE trial_id = ?", trial)
        self.open(bare)
        self.assertIn(f"the model of trial {trial} was not kept", self.one("#winner").text)
        self.assertEqual(self.all("#confusion"), [])
        self.open(html=with_winner)
        self.assertIn("3 of 17 test images misread", self.one("#winner").text)
        self.assertNotIn("another setting is first", self.one("#winner").text)
        self.open(html=lambda html: with_winner(html, best=False))
        self.assertIn("another setting is first", self.one("#winner").text)
        self.assertEqual([rect.get_attribute("aria-label") for rect in self.all("#confusion rect")],
                         ["0 taken for 0: 5", "0 taken for 1: 1", "1 taken for 0: 2", "1 taken for 1: 9"])
        self.assertIn("0 read as 1\n98.7% sure", self.one(".pictures").text)
        # Dark ink on white paper.
        self.assertEqual(self.js("return [...document.querySelector('.pictures canvas').getContext('2d').getImageData(0, 0, 2, 2).data]"),
                         [255, 255, 255, 255, 127, 127, 127, 255, 0, 0, 0, 255, 254, 254, 254, 255])

    def test_trials_that_came_to_nothing(self):
        database = World.database("mixed.db")
        change(database, "UPDATE trials SET status = 'diverged', val_accuracy = 0.9999, val_loss = NULL WHERE optimizer = 'sgd'")
        change(database, "UPDATE trials SET status = 'failed', error = 'out of <i>memory</i>' WHERE trial_id = "
                         "(SELECT max(trial_id) FROM trials WHERE optimizer = 'adam')")
        self.open(database)
        self.assertIn("12 diverged; 1 failed", self.one("#summary").text)
        self.assertEqual(self.column("rank")[8:], ["\u2013"] * 4)
        self.assertEqual(self.column("optimizer")[8:], ["sgd"] * 4)
        self.assertEqual(self.column("val_accuracy")[8:], ["\u2013"] * 4)
        self.assertEqual(self.column("diverged")[8:], ["3"] * 4)
        self.assertIn("out of <i>memory</i>", self.one("#provenance").text)

    def test_a_sweep_without_results(self):
        database = World.database("empty.db")
        number = fill(database, {"optimizer": ["sgd", "adam"], "epochs": [1, 2]}, name="empty")
        change(database, "UPDATE trials SET status = 'pending', val_accuracy = NULL, train_seconds = NULL WHERE trial_id IN"
                         " (SELECT trial_id FROM sweep_trials WHERE sweep_id = ?)", number)
        self.open(database, number)
        self.assertIn("12 not trained yet", self.one("#summary").text)
        self.assertEqual(self.count(), "4 settings")
        self.assertEqual(len(self.column("optimizer")), 4)
        self.assertIn("nothing completed yet", self.one("#summary").text)

    def test_a_sweep_of_one_setting(self):
        database = World.database("one.db")
        self.open(database, fill(database, {"optimizer": ["sgd"]}, name="one"))
        self.assertEqual(self.count(), "1 setting")
        self.assertIn("There is one setting only", self.one("#parallel").text)
        self.assertIn("It takes two hyperparameters", self.one("#heatmap").text)
        self.assertEqual(len(self.all("#curves-chart .curve")), 1)


class Used(Page):
    def test_sorting(self):
        self.open()
        epochs = lambda: [int(text) for text in self.column("epochs")]
        head = lambda title: next(one for one in self.all("#table th") if one.text.strip() == title)
        self.assertEqual(head("val_accuracy").get_attribute("aria-sort"), "descending")
        head("epochs").find_element(By.TAG_NAME, "button").click()
        self.settle()
        self.assertEqual(epochs(), [2] * 6 + [6] * 6)
        self.assertEqual(head("epochs").get_attribute("aria-sort"), "ascending")
        self.assertEqual(head("val_accuracy").get_attribute("aria-sort"), "none")
        # Equal ones stay in the order of their rank; the button keeps the focus, and takes Enter.
        ranks = [int(text) for text in self.column("rank")]
        self.assertEqual(ranks[:6], sorted(ranks[:6]))
        self.press(Keys.ENTER)
        self.assertEqual(epochs(), [6] * 6 + [2] * 6)
        self.assertEqual(head("epochs").get_attribute("aria-sort"), "descending")
        head("optimizer").find_element(By.TAG_NAME, "button").click()
        self.settle()
        self.assertEqual(self.column("optimizer"), ["adam"] * 4 + ["rmsprop"] * 4 + ["sgd"] * 4)

    def test_the_filter_box(self):
        self.open()
        box = self.one("#filter")
        box.send_keys("tanh epochs>=6")
        self.settle()
        self.assertEqual(self.count(), "3 of 12 settings")
        self.assertEqual(self.column("epochs"), ["6"] * 3)
        self.assertEqual(self.column("activation"), ["tanh"] * 3)
        self.assertEqual(self.js("return parallel.canvas.dataset.shown"), "3")
        box.clear()
        box.send_keys("optimizer!=sgd rank<3")
        self.settle()
        self.assertEqual(len(self.column("rank")), 2)
        box.clear()
        box.send_keys("epoch=2")
        self.settle()
        self.assertEqual(self.count(), "12 settings")
        self.assertIn("There is no column epoch; there are epochs, activation, optimizer", self.one("#filter-note").text)
        self.assertEqual(box.get_attribute("aria-invalid"), "true")
        box.clear()
        box.send_keys("nothing like it")
        self.settle()
        self.assertIn("Nothing passes the filters", self.one("#table").text)
        self.one("#clear").click()
        self.settle()
        self.assertEqual(self.count(), "12 settings")
        self.assertEqual(box.get_attribute("value"), "")
        self.assertEqual(self.one("#filter-note").text, "")

    def test_brushing_filters_the_table(self):
        self.open()
        adam = self.level("optimizer", "adam")
        self.brush(self.axis("optimizer"), adam, adam)
        self.assertEqual(self.count(), "4 of 12 settings")
        self.assertEqual(self.column("optimizer"), ["adam"] * 4)
        self.brush(self.axis("epochs"), 1, 1)
        self.assertEqual(self.column("epochs"), ["6"] * 2)
        self.assertEqual(len(self.all("#parallel-chart text.off")), 3)
        self.assertEqual(self.js("return d3.sum(heatCells(), (cell) => cell.n)"), 2)
        # The facets say the same, and what they say goes back to the brush.
        self.assertEqual([button.get_attribute("textContent") for button in self.all("#facets [aria-pressed='true']")], ["6", "adam"])
        self.one("#clear").click()
        self.settle()
        self.assertEqual(self.count(), "12 settings")
        self.assertEqual(self.js("return [...document.querySelectorAll('#parallel-chart .brush')].map((one) => d3.brushSelection(one))"), [None] * 4)

    def test_brushing_the_score(self):
        self.open()
        scores = sorted((row[0] for row in ask(World.folder / "tiny.db", "SELECT score FROM leaderboard")), reverse=True)
        cut = (scores[3] + scores[4]) / 2 if scores[3] > scores[4] else scores[3]
        self.brush("score", cut, scores[0] + 0.01)
        low, high = self.js("return state.range")
        self.assertEqual(len(self.column("rank")), sum(low <= score <= high for score in scores))
        self.assertLess(len(self.column("rank")), 12)
        # A click beside the mark lets go.
        top = self.js("return parallel.axes[3].scale.domain()")[0 if cut > statistics.mean(scores) else 1]
        self.brush("score", top, top, reach=0)
        self.assertIsNone(self.js("return state.range"))
        self.assertEqual(self.count(), "12 settings")

    def test_facets_by_keyboard(self):
        self.open()
        self.focus("#facets summary")
        self.press(Keys.ENTER)
        axis, level = self.axis("optimizer"), self.level("optimizer", "rmsprop")
        self.focus(f"#facets button[data-axis='{axis}'][data-level='{level}']")
        self.press(Keys.SPACE)
        self.assertEqual(self.column("optimizer"), ["rmsprop"] * 4)
        at = self.js("return d3.brushSelection(document.querySelector(arguments[0]))", f".brush[data-axis='{axis}']")
        place = self.js("return parallel.axes[arguments[0]].place(arguments[1])", axis, level)
        self.assertTrue(at[0] < place < at[1])
        self.press(Keys.SPACE)
        self.assertEqual(self.count(), "12 settings")
        bounds = self.all("#facets input[type=number]")
        bounds[0].send_keys("2", Keys.ENTER)
        self.settle()
        self.assertEqual(self.count(), "0 of 12 settings")

    def test_another_metric(self):
        self.open()
        names = [option.text for option in Select(self.one("#metric")).options]
        self.assertEqual(names[0], "val_accuracy")
        self.assertEqual([group.get_attribute("label") for group in self.all("#metric optgroup")], ["the sweep is judged by", "others"])
        for name in ("test_loss", "val_f1_score", "accuracy", "train_seconds"):
            self.assertIn(name, names)
        Select(self.one("#metric")).select_by_visible_text("test_loss")
        self.settle()
        rows = ask(World.folder / "tiny.db", "SELECT test_loss FROM leaderboard ORDER BY test_loss")
        decimals = len(self.column("test_loss")[0].split(".")[1])
        self.assertEqual(self.column("test_loss"), [f"{row[0]:.{decimals}f}" for row in rows])
        self.assertEqual(self.column("rank"), [str(i) for i in range(1, 13)])
        self.assertEqual(self.all("#parallel-chart .title")[-1].text, "test_loss")
        self.assertEqual(Select(self.one("#quantity")).first_selected_option.text, "loss")
        self.assertIn("lower is better", self.one("#heatmap-note").text)
        self.assertIn("chosen by its score on the test images", self.one("#table-note").text)
        # The summary stays with what the sweep was judged by.
        self.assertIn("Best val_accuracy", self.one("#summary").text)

    def test_single_trials(self):
        self.open()
        self.one("#by-trial").click()
        self.settle()
        self.assertEqual(self.count(), "36 trials")
        self.assertEqual(self.js("return parallel.canvas.dataset.lines"), "36")
        values = [float(text) for text in self.column("val_accuracy")]
        self.assertEqual(values, sorted(values, reverse=True))
        self.assertEqual(set(self.column("status")), {"completed"})
        self.one("#filter").send_keys("seed=2")
        self.settle()
        self.assertEqual(self.count(), "12 of 36 trials")
        self.assertEqual(self.one("#by-trial").get_attribute("aria-pressed"), "true")

    def test_the_heatmap(self):
        self.open()
        database = World.folder / "tiny.db"
        for x, y, cell, sql in (("optimizer", "epochs", "mean", "avg"), ("activation", "epochs", "mean", "avg"),
                                ("activation", "optimizer", "best", "max")):
            Select(self.one("#heat-x")).select_by_visible_text(x)
            Select(self.one("#heat-y")).select_by_visible_text(y)
            Select(self.one("#heat-cell")).select_by_value(cell)
            self.settle()
            cells = self.js("return heatCells().map((cell) => [levelText(heat.x, cell.x), levelText(heat.y, cell.y), cell.value])")
            expected = ask(database, f"SELECT {x}, {y}, {sql}(score) FROM leaderboard GROUP BY {x}, {y}")
            self.assertEqual(len(cells), len(expected))
            self.assertEqual(len(self.all("#heatmap-chart rect.cell")), len(expected))
            values = {(str(a), str(b)): value for a, b, value in expected}
            for a, b, value in cells:
                self.assertAlmostEqual(value, values[a, b], places=6)
        # The same one twice: they change places.
        Select(self.one("#heat-x")).select_by_visible_text("optimizer")
        self.assertEqual(Select(self.one("#heat-y")).first_selected_option.text, "activation")
        self.focus("#heatmap-chart rect.cell[tabindex='0']")
        first = self.js("return document.activeElement.getAttribute('aria-label')")
        self.press(Keys.ARROW_RIGHT)
        second = self.js("return document.activeElement.getAttribute('aria-label')")
        self.assertNotEqual(first, second)
        self.assertTrue(self.one("#tip").is_displayed())
        self.press(Keys.ESCAPE)
        self.assertFalse(self.one("#tip").is_displayed())

    def test_choosing_curves(self):
        self.open()
        chosen = lambda: self.js("return [...document.querySelectorAll('#curves-chart .curve')].map((one) => Number(one.dataset.setting))")
        before = chosen()
        self.assertEqual(len(self.all("#table input:checked")), 5)
        self.click(self.all("#table input:checked")[0])
        self.settle()
        self.assertEqual(len(chosen()), 4)
        for _ in range(2):
            self.click(self.all("#table input:not(:checked)")[0])
        self.settle()
        self.assertEqual(len(chosen()), 6)
        self.click(self.all("#table input:not(:checked)")[0])
        self.settle()
        self.assertEqual(len(chosen()), 6)
        self.assertIn("6 curves can be told apart", self.one("#table-note").text)
        self.assertEqual(len(set(self.js("return [...state.slots.values()]"))), 6)
        self.assertNotEqual(before, chosen())
        for box in self.all("#table input:checked"):
            self.click(box)
        self.settle()
        self.assertIn("Tick settings", self.one("#curves-chart").text)

    def test_following_a_curve(self):
        self.open()
        svg = self.one("#curves-chart svg")
        self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", svg)
        ActionChains(self.browser).move_to_element(svg).perform()
        self.settle()
        self.assertTrue(self.one("#tip").is_displayed())
        self.assertRegex(self.one("#tip").text, r"^accuracy after epoch [2-5]\n")
        self.assertEqual(len(self.all("#curves-chart circle.at")), 5)
        ActionChains(self.browser).move_to_element(self.one("#curves-title")).perform()
        self.settle()
        self.assertFalse(self.one("#tip").is_displayed())
        self.focus("#curves-chart svg")
        self.press(Keys.ARROW_RIGHT)
        self.press(Keys.ARROW_RIGHT)
        self.assertIn("accuracy after epoch 2", self.one("#tip").text)
        self.assertIn("in epoch 2", self.one("#curves-readout").get_attribute("textContent"))
        self.press(Keys.END)
        self.assertIn("after epoch 6", self.one("#tip").text)
        self.press(Keys.ESCAPE)
        self.assertEqual(self.all("#curves-chart .at"), [])
        self.click(self.one("#training"))
        self.settle()
        self.assertEqual(self.all("#curves-chart .training"), [])
        Select(self.one("#quantity")).select_by_visible_text("f1_score")
        self.assertEqual(len(self.all("#curves-chart .curve-line.main")), 5)

    def test_pointing_at_a_line(self):
        self.open()
        canvas = self.one("#parallel-chart svg")
        self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", canvas)
        place = self.js("const line = parallel.lines.find((one) => one.row.rank === 1), box = parallel.canvas.getBoundingClientRect();"
                        "const [a, b] = parallel.axes, middle = (line.places[0] + line.places[1]) / 2;"
                        "return [line.row.setting, box.left + (a.across + b.across) / 2, box.top + middle]")
        mouse = ActionChains(self.browser)
        mouse.w3c_actions.pointer_action.move_to_location(round(place[1]), round(place[2]))
        mouse.perform()
        self.settle()
        self.assertTrue(self.one("#tip").is_displayed())
        self.assertIsNotNone(self.js("return state.light"))
        self.assertRegex(self.one("#tip").text, r"rank\s+\d+ of 12")
        self.assertEqual(len(self.all("#table tr.lit")), 1)

    def test_everything_is_in_the_tab_order(self):
        self.open()
        self.js("document.activeElement.blur(); scrollTo(0, 0)")
        seen = []
        for _ in range(80):
            ActionChains(self.browser).send_keys(Keys.TAB).perform()
            seen.append(self.js("const one = document.activeElement; const style = getComputedStyle(one);"
                                "return [one.id || one.className || one.tagName, style.outlineStyle, style.stroke]"))
            if seen[-1][0] == "BODY":
                break
        names = [name for name, _, _ in seen]
        for wanted in ("skip", "metric", "by-setting", "filter", "table", "quantity", "training", "heat-x", "heat-y", "heat-cell"):
            self.assertIn(wanted, names)
        # Whatever has the focus shows it.
        for name, outline, stroke in seen:
            if name != "BODY":
                self.assertTrue(outline != "none" or stroke != "none", name)


class Safe(Page):
    HTML = "<img src=x onerror=\"window.hacked = 1\"><b>bold</b></script><script>window.hacked = 1</script>&amp; \u2028{{data}}"

    def test_a_name_made_of_html_stays_text(self):
        database = World.database("html.db")
        number = fill(database, {"optimizer": ["sgd", self.HTML], "layers": ["[10]", "<i>[20]</i>"], "epochs": [1, 2]},
                      name=self.HTML, description=self.HTML, warnings=self.HTML.replace("\u2028", " ") + "\n", config=self.HTML,
                      config_path=self.HTML, cpu=self.HTML, dataset_source=self.HTML, metrics=["<u>odd</u>"])
        self.open(database, number)
        self.assertIsNone(self.js("return window.hacked || null"))
        self.assertEqual(self.browser.title, f"{self.HTML} \u2013 sweep report")
        self.assertEqual(self.one("h1").get_attribute("textContent"), self.HTML)
        self.assertEqual(self.one("#provenance pre").get_attribute("textContent"), self.HTML)
        self.assertEqual(set(self.column("optimizer")), {"sgd", self.HTML})
        self.assertEqual(self.all("img, b, i:not(#tip i), u"), [])
        self.assertEqual(len(self.all("script")), 3)
        # Tips and labels as well.
        for one in (self.js("return fullLabel(0)"), self.js("return labelsOf([0, 4])[1]")):
            self.assertNotIn("&lt;", one)
        svg = self.one("#curves-chart svg")
        self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", svg)
        ActionChains(self.browser).move_to_element(svg).perform()
        self.settle()
        self.assertEqual(self.all("#tip b, #tip img"), [])
        row = self.one(f"#effects-chart .effect[data-axis='{self.axis('optimizer')}'][data-level='1']")
        self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", row)
        ActionChains(self.browser).move_to_element(row).perform()
        self.settle()
        self.assertEqual(self.one("#tip h3").get_attribute("textContent"), f"optimizer {self.HTML}")
        self.assertEqual(self.all("#tip b, #tip img"), [])
        self.assertIsNone(self.js("return window.hacked || null"))

    def test_the_policy_holds(self):
        """Whatever came in all the same could neither run nor load anything."""
        self.open()
        self.js("""
            window.refused = [];
            document.addEventListener("securitypolicyviolation", (event) => window.refused.push(event.effectiveDirective));
            const script = document.createElement("script");
            script.textContent = "window.hacked = 1";
            document.body.append(script);
            const image = document.createElement("img");
            image.src = "https://example.org/x.png";
            document.body.append(image);
            document.body.setAttribute("style", "color: red");
            fetch("https://example.org/").catch(() => {});
            """)
        self.wait("return window.refused.length >= 4")
        self.assertIsNone(self.js("return window.hacked || null"))
        self.assertEqual(set(self.js("return window.refused")), {"script-src-elem", "img-src", "style-src-attr", "connect-src"})
        self.browser.get_log("browser")  # it complains, as it should


class Looks(Page):
    def overlapping(self, selector):
        """Pairs of texts that lie over each other."""
        return self.js("""
            const texts = [...document.querySelectorAll(arguments[0])].filter((one) => one.textContent.trim());
            const boxes = texts.map((one) => one.getBoundingClientRect());
            const pairs = [];
            for (let i = 0; i < texts.length; i++)
              for (let j = i + 1; j < texts.length; j++) {
                const [a, b] = [boxes[i], boxes[j]];
                if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2)
                  pairs.push([texts[i].textContent, texts[j].textContent]);
              }
            return pairs;
            """, selector)

    def test_narrow_and_wide(self):
        database = World.database("wide.db")
        many = fill(database, {"epochs": [2, 4], "layers": ["[10]", '[128, "64 tanh"]', "[10, 20, 30, 40, 50, 60, 70, 80]"],
                               "activation": ["relu", "tanh"], "loss_function": ["categorical_crossentropy", "mean_squared_error"],
                               "optimizer": ["sgd", "adam"], "learning_rate": [10 ** (-5 + i / 5) for i in range(20)]},
                    seeds=(1, 2), name="a_rather_long_name_without_any_space_in_it_" * 3, warnings="a warning\n")
        for sweep in (1, many):
            for width in (320, 400, 768, 1400):
                with self.subTest(sweep=sweep, width=width):
                    self.open(database, sweep, width=width)
                    self.assertEqual(*self.js("const {scrollWidth, clientWidth} = document.documentElement; return [scrollWidth, clientWidth]"))
                    for chart in ("#curves-chart", "#heatmap-chart", "#parallel-chart", "#effects-chart"):
                        self.assertEqual(self.overlapping(f"{chart} svg text"), [], chart)

    def test_dark_mode(self):
        light = self.shades()
        self.open(dark=True)
        dark = self.colours()
        self.assertGreater(light[0], 240)
        self.assertLess(dark[0], 40)
        self.assertLess(light[1], 60)
        self.assertGreater(dark[1], 200)
        # The best is what stands out: dark by day, bright by night.
        self.assertLess(light[2], 60)
        self.assertGreater(dark[2], 150)
        # And it changes while the page is open.
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "light"}]})
        self.settle()
        self.assertEqual(self.colours(), light)

    def shades(self):
        self.open()
        return self.colours()

    def colours(self):
        """Mean brightness of the paper, the ink, and the best cell of the heatmap."""
        return self.js("""
            const bright = (colour) => { const {r, g, b} = d3.rgb(colour); return (r + g + b) / 3; };
            const style = getComputedStyle(document.body), {maximize} = data.metrics[state.metric];
            const cells = [...document.querySelectorAll("#heatmap-chart rect.cell")];
            const best = (maximize ? d3.greatest : d3.least)(cells, (cell) => d3.select(cell).datum().value);
            return [bright(style.backgroundColor), bright(style.color), bright(best.getAttribute("fill"))];
            """)

    def test_texts_stand_out_from_the_paper(self):
        """WCAG 2, contrast of at least 4.5."""
        for dark in (False, True):
            self.open(dark=dark)
            low = self.js("""
                const luminance = (colour) => { const {r, g, b} = d3.rgb(colour);
                  return d3.sum([[r, 0.2126], [g, 0.7152], [b, 0.0722]], ([part, weight]) => weight * (part / 255 <= 0.04045
                    ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)); };
                const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort(d3.descending); return (x + 0.05) / (y + 0.05); };
                const paper = ["--paper", "--wash"].map(cssColour);
                return ["--ink", "--quiet", "--accent"].flatMap((ink) => paper.map((under) => [ink, contrast(cssColour(ink), under)]))
                  .filter(([, found]) => found < 4.5);
                """)
            self.assertEqual(low, [])

    def test_reduced_motion(self):
        self.open()
        self.assertEqual(self.js("return getComputedStyle(document.documentElement).scrollBehavior"), "smooth")
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]})
        self.assertEqual(self.js("return getComputedStyle(document.documentElement).scrollBehavior"), "auto")

    def test_printing(self):
        self.open()
        self.js("dispatchEvent(new Event('beforeprint'))")
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        self.assertFalse(self.one("#bar").is_displayed())
        self.assertEqual(len(self.column("rank")), 12)
        pdf = self.browser.execute_cdp_cmd("Page.printToPDF", {})["data"]
        self.assertGreater(len(pdf), 10000)
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


class Large(Page):
    def test_ten_thousand_trials(self):
        database = World.database("large.db")
        number = fill(database, {"epochs": [5, 10], "batch_size": [16, 32, 64, 128, 256], "activation": ["relu", "tanh", "sigmoid", "elu"],
                                 "optimizer": ["sgd", "adam", "rmsprop", "adamw"], "learning_rate": [10 ** (-5 + i / 6) for i in range(25)]},
                      seeds=range(1, 6), epochs=10, name="large")
        self.open(database, number)
        self.assertLess((World.folder / "report.html").stat().st_size, 8_000_000)
        self.assertEqual(self.count(), "4,000 settings")
        # The work is bounded: what is in the document does not grow with the trials.
        self.assertLess(self.js("return document.querySelectorAll('*').length"), 4000)
        self.assertLess(len(self.column("rank")), 80)
        self.assertEqual(self.js("return parallel.canvas.dataset.lines"), "4000")
        self.js("document.getElementById('table').scrollTop = 1e9")
        self.settle()
        self.assertEqual(self.column("rank")[-1], "4000")
        self.assertLess(len(self.column("rank")), 80)
        self.one("#by-trial").click()
        self.settle()
        self.assertEqual(self.count(), "20,000 trials")
        self.assertEqual(self.js("return parallel.canvas.dataset.lines"), "20000")
        self.assertLess(self.js("return document.querySelectorAll('*').length"), 4000)
        adam = self.level("optimizer", "adam")
        self.brush(self.axis("optimizer"), adam, adam)
        self.assertEqual(self.count(), "5,000 of 20,000 trials")
        self.assertEqual(set(self.column("optimizer")), {"adam"})
        self.assertIn("trainings of", self.one("#curves-note").text)


if __name__ == "__main__":
    missing = [name for name, found in (("python3-selenium", webdriver), ("chromium", CHROMIUM), ("chromium-driver", DRIVER)) if not found]
    if missing:
        print(f"without {', '.join(missing)} (Debian's packages) no page is looked at")
        sys.exit(77)
    unittest.main(verbosity=2)
