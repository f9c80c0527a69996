"""The report in a real browser: what is drawn, what the reader can do, and what must not happen."""

import csv
import io
import json
import math
import pathlib
import re
import shutil
import statistics
import sys
import time
import unittest
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from databases import ask, change, fill  # noqa: E402
from pages import CONFIG, Page, World, main  # noqa: E402

try:
    from selenium.webdriver import ActionChains, Keys
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import Select
except ImportError:
    pass  # main tells


def setUpModule():
    World.start()


def tearDownModule():
    World.stop()


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
        self.assertEqual(self.ranks(), list(range(1, 13)))
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
                         self.js("return data.hyperparameters[state.heat.x].levels.length * data.hyperparameters[state.heat.y].levels.length"))
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
        self.assertRegex(text, r"\d{4}-\d\d-\d\d \d\d:\d\d to \d{4}-\d\d-\d\d \d\d:\d\d UTC, finished")
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

    def test_a_model_with_several_outputs(self):
        """Scores and curves are offered of each, and the confusion matrix is the first one's that tells classes apart."""
        odd = "[" + ", ".join(str(i % 2) for i in range(10)) + "]"
        (World.folder / "outputs.yaml").write_text(
            "name: outputs\nmethod: grid\ndataset: tiny\nparameters:\n  validation_split: {value: 0.2}\n"
            "  epochs: {value: 3}\n  model: {value: {trunk: 8 relu, outputs: {odd: {dense: {units: 1, activation: sigmoid}, "
            f"loss: binary_crossentropy, target: {odd}}}, digit: {{dense: 10 softmax, inputs: trunk, loss: mse}}}}}}}}\n")
        World.sweep("run", "outputs.yaml", "-q", "--db", "outputs.db")
        self.open(World.folder / "outputs.db")
        scores = [option.text for option in self.all("#metric option")]
        for name in ("odd_accuracy", "odd_loss", "digit_accuracy", "digit_loss"):
            for prefix in ("val_", "test_"):
                self.assertIn(prefix + name, scores)
            self.assertIn(name, [option.get_attribute("value") for option in self.all("#quantity option")])
        self.assertEqual(len(self.all("#confusion rect")), 4)
        self.assertIn("Confusion matrix of odd", self.one("#winner").text)
        self.assertIn("Most confidently wrong of odd", self.one("#winner").text)

    def test_the_winner(self):
        def with_winner(html):
            before, rest = html.split('id="data">', 1)
            data, after = rest.split("</script>", 1)
            data = json.loads(data)
            (sweep,) = data["sweeps"]
            first = sweep["best"]["settings"][0]
            trial = sweep["trials"]["setting"].index(first)
            sweep["winners"] = [{"trial": trial, "rows": 2, "columns": 2, "predictions": [], "confusion": [[5, 1], [2, 9]], "mistakes": [
                {"index": 3, "label": 0, "predicted": 1, "probability": 0.987, "pixels": "AID/AQ=="}]}]
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
        self.assertEqual([rect.get_attribute("aria-label") for rect in self.all("#confusion rect")],
                         ["0 taken for 0: 5", "0 taken for 1: 1", "1 taken for 0: 2", "1 taken for 1: 9"])
        self.assertIn("0 read as 1\n98.7% sure", self.one(".pictures").text)
        # Dark ink on white paper.
        self.assertEqual(self.js("return [...document.querySelector('.pictures canvas').getContext('2d').getImageData(0, 0, 2, 2).data]"),
                         [255, 255, 255, 255, 127, 127, 127, 255, 0, 0, 0, 255, 254, 254, 254, 255])

    def test_a_winner_of_each_data_set(self):
        other = shutil.copytree(World.folder / "data/tiny", World.folder / "data/other")
        images = bytearray((other / "t10k-images-idx3-ubyte").read_bytes())
        images[20] ^= 255
        (other / "t10k-images-idx3-ubyte").write_bytes(images)
        (World.folder / "sets.yaml").write_text("name: sets\nmethod: grid\ndataset: {values: [tiny, other]}\n"
                                                "parameters: {epochs: {values: [1, 3]}}\n")
        World.sweep("run", "sets.yaml", "-q", "--db", "sets.db")
        self.open(World.folder / "sets.db")
        self.assertEqual(len(self.all("#confusion rect")) + len(self.all("#confusion-2 rect")), 200)
        self.assertRegex(self.one("#winner").text, r"(?s)tiny, seed.* test images misread.*other, seed.* test images misread")
        self.assertNotIn("not shown", self.one("#winner").text)

    def test_trials_that_came_to_nothing(self):
        database = World.database("mixed.db")
        change(database, "UPDATE trials SET status = 'diverged', val_accuracy = 0.9999, val_loss = NULL WHERE optimizer = 'sgd'")
        change(database, "UPDATE trials SET status = 'failed', error = 'out of <i>memory</i>' WHERE trial_id = "
                         "(SELECT max(trial_id) FROM trials WHERE optimizer = 'adam')")
        self.open(database)
        self.assertIn("35\nof 36, 12 of them diverged, 1 failed; 12 settings", self.one("#summary").text)
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
        self.js("location.hash = 'trials=1&where=seed%3D1'")
        self.wait("return document.getElementById('count').textContent === '4 of 12 trials'")
        self.click(self.one("#table button.open"))
        self.assertIn("Without a score", self.one("#detail-rank").text)

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
        self.assertEqual(head("rank").get_attribute("aria-sort"), "ascending")
        head("epochs").find_element(By.TAG_NAME, "button").click()
        self.settle()
        self.assertEqual(epochs(), [2] * 6 + [6] * 6)
        self.assertEqual(head("epochs").get_attribute("aria-sort"), "ascending")
        self.assertEqual(head("rank").get_attribute("aria-sort"), "none")
        # Equal ones stay in the order of their rank; the button keeps the focus, and takes Enter.
        ranks = self.ranks()
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
        self.assertEqual(self.js("return [...document.querySelectorAll('#parallel-chart text.tick[data-level]')].map((one) => one.querySelector('tspan').textContent)"),
                         ["6", "relu", "tanh", "adam"])
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
        self.click(self.one("#zoom"))
        self.settle()
        at = self.js("return d3.brushSelection(document.querySelector(arguments[0]))", f".brush[data-axis='{axis}']")
        place = self.js("return parallel.axes[arguments[0]].place(arguments[1])", axis, level)
        self.assertTrue(at[0] < place < at[1])
        self.assertEqual(len(self.all("#parallel-chart text.off")), 2)
        self.focus(f"#facets button[data-axis='{axis}'][data-level='{level}']")
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
        self.assertEqual(self.ranks(), list(range(1, 13)))
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
            cells = self.js("return heatCells().map((cell) => [cell.xText, cell.yText, cell.value])")
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
        self.assertEqual(len(self.all("script")), 4)
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


# Axes that a report must stand: many, of long names, of many values.
ELEVEN = {"epochs": [2, 4], "batch_size": [16, 32], "train_images": [100, 200], "validation_split": [0.1, 0.2],
          "layers": ["[10]", "[20]"], "activation": ["relu", "tanh"], "dropout": [0, 0.2], "l2": [0, 1e-4],
          "loss_function": ["categorical_crossentropy", "mean_squared_error"], "optimizer": ["sgd", "adam"],
          "learning_rate": [0.01, 0.1]}
LONG = {"layers": ["[10]", '[128, "64 tanh"]', "[10, 20, 30, 40, 50, 60, 70, 80]",
                   '["256 relu", "128 leaky_relu", "64 tanh", "32 sigmoid", 16]'],
        "loss_function": ["categorical_crossentropy", "mean_squared_error"], "epochs": [2, 4],
        "learning_rate": [10 ** (-5 + i / 10) for i in range(30)]}
MANY = {"layers": [f'[{16 * i}, "{8 * i} relu"]' for i in range(1, 41)], "learning_rate": [10 ** (-5 + i / 4) for i in range(16)]}
WIDTHS = (400, 1400, 1920)


class Fits(Page):
    """With Debian's own font, from a phone to a large screen."""

    made = None

    def databases(self):
        if not Fits.made:
            database = World.database("fits.db")
            Fits.made = database, {name: fill(database, axes, seeds=(1,), name=name, metrics=["top_k_categorical_accuracy"])
                                   for name, axes in (("eleven", ELEVEN), ("long", LONG), ("many", MANY))}
        return Fits.made

    def beyond_the_page(self):
        return self.js("const {scrollWidth, clientWidth} = document.documentElement; return scrollWidth - clientWidth")

    def cut(self):
        """Texts in the page that are not there in full: in menus, heads, buttons and cells without a
        title, and whatever of a drawing is beyond the window."""
        return self.js("""
            const cut = [];
            for (const select of document.querySelectorAll("select")) {
              if (!select.clientWidth) continue;
              const style = getComputedStyle(select), room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 16;
              for (const option of select.options)
                if (textWidth(option.text, parseFloat(style.fontSize)) > room) cut.push(`menu ${select.id}: ${option.text}`);
            }
            for (const one of document.querySelectorAll("button, #table th > :not(.visually-hidden), #table td, summary, h1, h2, h3, legend, label"))
              if (one.scrollWidth > one.clientWidth + 1 && one.clientWidth && !one.title && getComputedStyle(one).display !== "inline")
                cut.push(`${one.tagName}: ${one.textContent}`);
            for (const box of document.querySelectorAll("input[placeholder]"))
              if (textWidth(box.placeholder, parseFloat(getComputedStyle(box).fontSize)) > box.clientWidth - 20) cut.push(`hint: ${box.placeholder}`);
            for (const text of document.querySelectorAll(".chart svg text")) {
              const {left, right} = text.getBoundingClientRect();
              if (left < -1 || right > document.documentElement.clientWidth + 1) cut.push(`chart: ${text.textContent}`);
              if (text.textContent.includes("\\u2026") && !text.querySelector("title")) cut.push(`chart: ${text.textContent}`);
            }
            return cut;
            """)

    def test_nothing_is_cut(self):
        database, sweeps = self.databases()
        for name, sweep in (("tiny", 1), *sweeps.items()):
            self.open(database, sweep)
            for width in WIDTHS:
                with self.subTest(sweep=name, width=width):
                    self.resize(width)
                    self.assertEqual(self.beyond_the_page(), 0)
                    self.assertEqual(self.cut(), [])

    def test_the_leaderboard_fits_or_scrolls(self):
        database, sweeps = self.databases()
        widths = lambda: self.js("const one = document.getElementById('table'); return [one.scrollWidth, one.clientWidth]")
        self.open()
        for width in (1400, 1920):
            self.resize(width)
            self.assertEqual(*widths(), width)
        # Of five, what says least makes room; a reader who wants it gets it.
        five = fill(database, {name: ELEVEN[name] for name in ("epochs", "activation", "loss_function", "optimizer", "learning_rate")}, seeds=(1, 2), name="five")
        self.open(database, five, width=1400)
        self.assertEqual(*widths())
        self.assertNotIn("val_accuracy, drawn", " ".join(self.heads()))
        self.click(self.one("#columns summary"))
        self.click(self.one("#columns input[data-column='strip']"))
        self.assertIn("val_accuracy, drawn", " ".join(self.heads()))
        self.assertGreater(*widths())
        # Of eleven hyperparameters those out of sight are told by a shadow, and scrolled to.
        self.open(database, sweeps["eleven"])
        for width in WIDTHS:
            with self.subTest(width=width):
                self.resize(width)
                whole, room = widths()
                self.assertEqual(self.js("return document.querySelector('.frame').classList.contains('more')"), whole > room)
                self.assertGreater(whole, room if width < 1920 else 0)
                self.js("document.getElementById('table').scrollLeft = 1e6")
                self.settle()
                self.assertFalse(self.js("return document.querySelector('.frame').classList.contains('more')"))
                box, last, rank = self.js("""
                    const edges = (one) => { const {left, right} = one.getBoundingClientRect(); return [left, right]; };
                    const scroller = document.getElementById("table"), heads = [...scroller.querySelectorAll("thead th")];
                    return [edges(scroller), edges(heads[heads.length - 1]), edges(heads[1])];
                    """)
                self.assertLessEqual(last[1], box[1] + 1)
                self.assertGreaterEqual(rank[0], box[0])  # the rank stays in sight
                self.js("document.getElementById('table').scrollLeft = 0")
        self.focus("#table")
        self.press(Keys.ARROW_RIGHT)
        self.wait("return document.getElementById('table').scrollLeft > 0")

    def test_choosing_columns(self):
        database, sweeps = self.databases()
        self.open(database, sweeps["eleven"], width=1400)
        before = self.heads()
        self.assertIn("epochs", before)
        self.assertNotIn("momentum", before)
        self.click(self.one("#columns summary"))
        box = lambda key: self.one(f"#columns input[data-column='{key}']")
        for key in ("epochs=", "batch_size=", "validation_split=", "train_images=", "dropout=", "l2=", "learning_rate="):
            self.focus(f"#columns input[data-column='{key}']")
            self.press(Keys.SPACE)
            self.assertEqual(self.js("return document.activeElement.dataset.column"), key)
        self.assertEqual([head for head in before if head not in self.heads()],
                         ["epochs", "batch_size", "train_images", "validation_split", "dropout", "l2", "learning_rate"])
        self.assertLessEqual(*self.js("const one = document.getElementById('table'); return [one.scrollWidth, one.clientWidth]"))
        self.click(box("test_accuracy"))
        self.settle()
        means = dict(ask(database, "SELECT rank, test_accuracy FROM leaderboard WHERE sweep_id = ?", sweeps["eleven"]))
        decimals = len(self.column("test_accuracy")[0].split(".")[1])
        self.assertEqual(self.column("test_accuracy")[0], f"{means[1]:.{decimals}f}")
        self.click(self.one("#columns-reset"))
        self.settle()
        self.assertEqual(self.heads(), before)

    def test_labels_are_whole_or_have_a_key(self):
        """Each value of each hyperparameter can be read: on its axis, or by its number in the key."""
        database, sweeps = self.databases()
        for name in ("long", "many"):
            self.open(database, sweeps[name])
            Select(self.one("#heat-x")).select_by_visible_text("layers")
            for width in WIDTHS:
                self.resize(width)
                for chart in ("#parallel-chart", "#heatmap-chart"):
                    with self.subTest(sweep=name, width=width, chart=chart):
                        self.assertEqual(self.overlapping(f"{chart} svg text"), [])
                        texts = self.js("return document.querySelector(arguments[0]).innerText + [...document.querySelectorAll(arguments[0] + ' text')]"
                                        ".map((text) => [...text.querySelectorAll('tspan')].map((line) => line.textContent).join(' ')).join(' ')", chart)
                        squeezed = "".join(texts.split())
                        self.assertNotIn("\u2026", squeezed)
                        for level in (LONG if name == "long" else MANY)["layers"]:
                            self.assertIn("".join(level.split()), squeezed)


class InRange(Page):
    """No axis goes where the score can't."""

    def numbers(self, selector):
        return [float(text.replace("\u2212", "-").replace("+", "")) for text in self.js(
            "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector)]

    def test_axes_end_where_scores_do(self):
        database = World.database("range.db")
        sweep = fill(database, {"optimizer": ["sgd", "adam"], "epochs": [2, 4], "learning_rate": [i / 100 for i in range(1, 18)]}, seeds=(1, 2, 3), epochs=4)
        # Of three seeds one is perfect and one hopeless: mean plus deviation is above 1, and below 0.
        for seed, accuracy in ((1, 1), (2, 0.99), (3, 0.02)):
            change(database, "UPDATE trials SET val_accuracy = ?, val_loss = ? WHERE seed = ? AND trial_id IN"
                             " (SELECT trial_id FROM sweep_trials WHERE sweep_id = ?)", accuracy, 4 * (1 - accuracy), seed, sweep)
            change(database, "UPDATE history SET val_accuracy = ?, val_loss = ? WHERE trial_id IN (SELECT trial_id FROM trials JOIN"
                             " sweep_trials USING (trial_id) WHERE seed = ? AND sweep_id = ?)", accuracy, 4 * (1 - accuracy), seed, sweep)
        self.open(database, sweep)
        self.check_axes(0, 1)
        self.assertLessEqual(self.js("return curves.drawn.y.domain()[1]"), 1)
        paths = self.js("return [...document.querySelectorAll('#curves-chart .curve-band')].map((one) => one.getBBox()).map((box) => [box.y, box.y + box.height])")
        plot = self.js("return curves.drawn.y.range()")
        for top, bottom in paths:
            self.assertGreaterEqual(top, plot[1] - 0.5)
            self.assertLessEqual(bottom, plot[0] + 0.5)
        self.js("setMetric(metricNamed('val_loss'))")
        self.settle()
        self.check_axes(0, None)
        self.assertGreater(self.js("return parallel.axes[parallel.axes.length - 1].scale.domain()[1]"), 1)

    def check_axes(self, least, most):
        domains = self.js("""
            return {strip: table.bounds, parallel: parallel.axes[parallel.axes.length - 1].scale.domain(), curves: curves.drawn.y.domain()};
            """)
        for name, (low, high) in domains.items():
            self.assertGreaterEqual(low, least, name)
            if most is not None:
                self.assertLessEqual(high, most, name)
        ticks = self.numbers("#curves-chart .axis:first-of-type .tick text")
        self.assertGreaterEqual(min(ticks), least)
        scatter = self.numbers("#effects-chart .scatter .axis text[text-anchor='end']")
        self.assertGreater(len(scatter), 2)
        self.assertGreaterEqual(min(scatter), least)
        differences = self.numbers("#effects-chart > svg > .axis text")
        if most is not None:
            self.assertLessEqual(max(ticks + scatter), most)
            self.assertLessEqual(max(map(abs, differences)), most)

    def test_the_range_is_the_programs(self):
        """No name decides in the page: a score is bounded if the program says so."""
        self.open()
        bounds = self.js("return Object.fromEntries(data.metrics.map(({name, most}) => [name, most]))")
        for name, most in bounds.items():
            self.assertEqual(most, 1 if "accuracy" in name or "f1_score" in name else None, name)
        self.assertEqual({one["name"]: one["most"] for one in self.js("return data.curves.series")},
                         {"loss": None, "accuracy": 1, "val_loss": None, "val_accuracy": 1, "f1_score": 1, "val_f1_score": 1})


class Coordinates(Page):
    def domain(self):
        return self.js("return parallel.axes[parallel.axes.length - 1].scale.domain()")

    def test_axes_go_over_what_is_brushed(self):
        database = World.database("zoom.db")
        self.open(database, fill(database, {"optimizer": ["sgd", "adam", "rmsprop"], "epochs": [2, 4, 8], "learning_rate": [10 ** (-5 + i / 10) for i in range(30)]}))
        whole = self.domain()
        adam = self.level("optimizer", "adam")
        self.brush(self.axis("optimizer"), adam, adam)
        scores = self.js("return d3.extent(shownRows(), (row) => row.score)")
        zoomed = self.domain()
        self.assertLess(zoomed[1] - zoomed[0], whole[1] - whole[0])
        self.assertTrue(zoomed[0] <= scores[0] and scores[1] <= zoomed[1])
        # The brushed axis has that value alone, in its middle; lines are those of the rows shown.
        axis = self.axis("optimizer")
        self.assertEqual(self.js("return parallel.axes[arguments[0]].levels", axis), [adam])
        self.assertEqual(self.js("return parallel.canvas.dataset.lines"), "90")
        # The score itself: what is kept fills the axis.
        middle = sum(scores) / 2
        self.brush("score", middle, scores[1], reach=2)
        low, high = self.js("return state.range")
        now = self.domain()
        self.assertLess(now[1] - now[0], zoomed[1] - zoomed[0])
        self.assertLess(abs(now[0] - low), (high - low) / 3)
        # And a number along a scale.
        rate = self.axis("learning_rate")
        before = self.js("return parallel.axes[arguments[0]].levels.length", rate)
        self.brush(rate, 10, 20, reach=1)
        self.assertGreater(self.js("const {levels, place} = parallel.axes[arguments[0]]; return Math.abs(place(levels[0]) - place(levels[levels.length - 1]))", rate),
                           self.js("return Math.abs(parallel.ends[0] - parallel.ends[1]) * 0.85"))
        self.assertEqual(self.js("return parallel.axes[arguments[0]].levels.length", rate), 11)
        self.assertGreater(before, 11)
        self.let_go_of_all()
        self.assertEqual(self.domain(), whole)

    def let_go_of_all(self):
        """By the marks beside the names: one by the pointer, the others from the keyboard."""
        marks = self.all("#parallel-chart .reset")
        self.assertEqual(len(marks), 3)
        ActionChains(self.browser).move_to_element(marks[0]).click().perform()
        self.settle()
        for _ in range(2):
            self.focus("#parallel-chart .reset")
            self.press(Keys.ENTER)
        self.assertEqual(self.all("#parallel-chart .reset"), [])
        self.assertFalse(self.js("return isFiltered()"))

    def test_a_click_lets_go(self):
        self.open()
        adam = self.level("optimizer", "adam")
        self.brush(self.axis("optimizer"), adam, adam)
        self.assertEqual(self.count(), "4 of 12 settings")
        self.brush(self.axis("optimizer"), adam, adam, reach=0)
        self.assertEqual(self.count(), "12 settings")

    def test_all_can_stay_in_sight(self):
        self.open()
        self.click(self.one("#zoom"))
        self.settle()
        whole = self.domain()
        adam = self.level("optimizer", "adam")
        self.brush(self.axis("optimizer"), adam, adam)
        self.assertEqual(self.domain(), whole)
        self.assertEqual(self.js("return [parallel.canvas.dataset.lines, parallel.canvas.dataset.shown]"), ["12", "4"])
        self.assertEqual(len(self.all("#parallel-chart text.off")), 2)


class ManyValues(Page):
    def test_two_metrics_are_drawn_against_each_other(self):
        database = World.database("several.db")
        self.open(database)
        self.assertFalse(self.one("#pareto").is_displayed() or self.one("#pareto-link").is_displayed())
        rates = [0.001 * (i + 1) for i in range(30)]
        sweep = fill(database, {"optimizer": ["sgd", "adam"], "learning_rate": rates}, seeds=(1, 2))
        # Slower is better, but not with sgd, up to 0.02; what is beyond is worse and slower.
        mine = " WHERE trial_id IN (SELECT trial_id FROM sweep_trials WHERE sweep_id = ?)"
        change(database, "UPDATE trials SET train_seconds = 1000 * learning_rate, val_accuracy = 0.5 + learning_rate"
                         " - (optimizer = 'sgd') * 0.05 - (learning_rate > 0.0205) * 0.3" + mine, sweep)
        change(database, "DELETE FROM objectives WHERE sweep_id = ?", sweep)
        change(database, "INSERT INTO objectives VALUES (?1, 0, 'val_accuracy', 'maximize'), (?1, 1, 'train_seconds', 'minimize')", sweep)
        for width, dark in ((1400, False), (390, True)):
            self.open(database, sweep, width=width, dark=dark)
            best = self.all("#pareto-chart .point.best")
            self.assertEqual((len(best), len(self.all("#pareto-chart .point"))), (20, 60))
            places = sorted((float(one.get_attribute("cx")), float(one.get_attribute("cy"))) for one in best)
            self.assertEqual([y for _, y in places], sorted((y for _, y in places), reverse=True))
            rows = [row.text.split() for row in self.all("#pareto-table tbody tr")]
            self.assertEqual([(int(row[0]), float(row[1]), float(row[2])) for row in rows],
                             [(rank, round(0.521 - rank / 1000, 4), 21.0 - rank) for rank in range(1, 21)])
            self.assertTrue(all("adam" in row for row in rows))
            self.assertIn("20 of 60 settings are in the Pareto set", self.one("#pareto-note").text)
            box = self.js("const svg = document.querySelector('#pareto-chart svg'); return [svg.getBoundingClientRect().right, innerWidth]")
            self.assertLessEqual(box[0], box[1])
            self.assertEqual(self.overlapping("#pareto-chart .axis text"), [])
        self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", best[3])
        ActionChains(self.browser).move_to_element(best[3]).perform()
        self.assertIn("in the Pareto set", self.one("#tip").text)

    def test_a_number_of_many_values_is_scattered(self):
        database = World.database("scatter.db")
        rates = [10 ** (-4 + i / 20) for i in range(60)]
        sweep = fill(database, {"optimizer": ["sgd", "adam"], "learning_rate": rates}, seeds=(1, 2))
        # A hump whose top is where the rate is 0.003: the trend has to find it.
        change(database, "UPDATE trials SET val_accuracy = 0.9 - 0.1 * abs(log10(learning_rate / 0.003)) + 0.0001 * seed WHERE trial_id IN"
                         " (SELECT trial_id FROM sweep_trials WHERE sweep_id = ?)", sweep)
        self.open(database, sweep)
        axis = self.axis("learning_rate")
        self.assertEqual(len(self.all(f"#effects-chart .effect[data-axis='{axis}']")), 0)
        self.assertEqual(len(self.all("#effects-chart .effect")), 2)  # of the optimizer
        self.assertEqual(len(self.all(f"#effects-chart .scatter[data-axis='{axis}'] .point")), 120)
        trend = self.js("return trendOf(scatterPoints(effectsNow().find((group) => group.axis === arguments[0])))", axis)
        top = max(trend, key=lambda one: one["middle"])
        self.assertTrue(0.002 < top["x"] < 0.0045, top)
        self.assertEqual((trend[0]["x"], trend[-1]["x"]), (rates[0], rates[-1]))
        for one in trend:
            self.assertTrue(one["low"] <= one["middle"] <= one["high"] <= 0.9003)
        self.assertNotIn("NaN", self.one("#effects-chart .trend").get_attribute("d"))
        # Points stand where their values are: logarithmic, and the best highest.
        places = self.js("return [...document.querySelectorAll('.scatter .point')].map((one) => [d3.select(one).datum().x, Number(one.getAttribute('cx'))])")
        places.sort()
        steps = [b[1] - a[1] for a, b in zip(places, places[2:]) if b[0] != a[0]]
        self.assertLess(max(steps) - min(steps), 0.1)
        # All numbers are in the table still.
        self.assertEqual(len(self.all("#effects-table tbody tr")), 62)
        point = self.one("#effects-chart .point")
        self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", point)
        ActionChains(self.browser).move_to_element(point).perform()
        self.assertIn("learning_rate", self.one("#tip").text)

    def test_ranges_in_the_heatmap(self):
        database = World.database("ranges.db")
        sweep = fill(database, {"optimizer": ["sgd", "adam"], "learning_rate": [10 ** (-4 + i / 30) for i in range(90)]}, seeds=(1,))
        self.open(database, sweep)
        Select(self.one("#heat-x")).select_by_visible_text("learning_rate")
        self.settle()
        self.assertEqual(len(self.all("#heatmap-chart rect.cell")), 24)
        self.assertEqual(self.js("return d3.sum(heatCells(), (cell) => cell.n)"), 180)
        self.assertRegex(self.one("#heatmap-chart rect.cell").get_attribute("aria-label"), r"learning_rate 0\.0001 \u2013 0\.00018, optimizer sgd: .*, \d settings")


class Detail(Page):
    def facts(self, selector):
        return dict(self.js("return [...document.querySelectorAll(arguments[0] + ' dt')].map((one) => [one.textContent, one.nextElementSibling.textContent])", selector))

    def test_a_row_opens_what_is_behind_it(self):
        self.open()
        database = World.folder / "tiny.db"
        row = self.all("#table tbody tr")[2]
        self.click(row.find_elements(By.TAG_NAME, "td")[3])
        self.settle()
        dialog = self.one("#detail")
        self.assertTrue(dialog.is_displayed())
        trials = self.js("return trialsOf[state.open].map((trial) => data.trials.id[trial])")
        self.assertEqual(len(trials), 3)
        stored = self.row(database, trials[0])
        # All hyperparameters that apply, and no others.
        shown = self.facts("#detail-hyperparameters")
        for name in ("optimizer", "activation", "epochs", "batch_size", "layers", "loss_function", "initializer", "learning_rate", "validation_split"):
            value = stored[name]
            self.assertEqual(shown[name], str(value) if isinstance(value, str) else f"{value:g}", name)
        for name, value in stored.items():
            if value is None:
                self.assertNotIn(name, shown)
        # Each seed's scores.
        heads = [head.text for head in self.all("#detail-scores thead th")]
        self.assertEqual(heads, ["score", "mean", "\u00b1 sd"] + [f"seed {self.row(database, trial)['seed']}\ntrial {trial}" for trial in trials])
        table = {line[0]: line[1:] for line in ([cell.text for cell in one.find_elements(By.CSS_SELECTOR, "th, td")] for one in self.all("#detail-scores tbody tr"))}
        for name in ("val_accuracy", "test_loss", "train_seconds"):
            values = [self.row(database, trial)[name] for trial in trials]
            decimals = len(table[name][2].split(".")[1])
            self.assertEqual(table[name], [f"{value:.{decimals}f}" for value in [statistics.mean(values), statistics.stdev(values), *values]], name)
        self.assertIn("val_f1_score", table)
        self.assertEqual(table["status"][2:], ["completed"] * 3)
        # A line for each seed, of training and validation images; accuracy and loss.
        self.assertEqual(len(self.all("#detail-curves svg")), 2)
        self.assertEqual(len(self.all("#detail-curves .curve-line.main")), 6)
        self.assertEqual(len(self.all("#detail-curves .curve-line.training")), 6)
        origin = self.one("#detail-provenance").text
        for trial in trials:
            self.assertIn(f"sweep show {trial} --db tiny.db", origin)
        self.assertIn("tiny, number 1 of tiny.db", origin)
        self.assertIn("sweep run tiny.yaml -q --db tiny.db", origin)
        self.assertEqual(table["finished, UTC"][2:], [self.row(database, trial)["finished_at"][:16] for trial in trials])

    def row(self, database, trial):
        names = [name for _, name, *_ in ask(database, "PRAGMA table_info(trials)")]
        return dict(zip(names, ask(database, "SELECT * FROM trials WHERE trial_id = ?", trial)[0]))

    def test_by_keyboard(self):
        self.open()
        self.focus("#table button.open")
        self.press(Keys.ENTER)
        dialog = self.one("#detail")
        self.assertTrue(dialog.is_displayed())
        self.assertTrue(self.js("return document.getElementById('detail').contains(document.activeElement)"))
        title = self.one("#detail-title").text
        self.assertIn("Rank 1 of 12 by val_accuracy", self.one("#detail-rank").text)
        self.assertFalse(self.one("#detail-before").is_enabled())
        self.focus("#detail-next")
        self.press(Keys.ENTER)
        self.assertIn("Rank 2 of 12", self.one("#detail-rank").text)
        self.assertNotEqual(self.one("#detail-title").text, title)
        self.press(Keys.ESCAPE)
        self.settle()
        self.assertFalse(dialog.is_displayed())
        self.assertTrue(self.js("return document.activeElement.matches('#table button.open')"))
        # The box of a row draws its curve, and opens nothing.
        self.click(self.one("#table td label"))
        self.settle()
        self.assertFalse(dialog.is_displayed())

    def test_a_single_trial(self):
        database = World.database("detail.db")
        change(database, "UPDATE trials SET status = 'failed', error = 'out of <i>memory</i>' WHERE trial_id = 1")
        self.open(database)
        self.one("#by-trial").click()
        self.one("#filter").send_keys("trial=1")
        self.settle()
        self.click(self.one("#table button.open"))
        self.settle()
        self.assertIn("Trial 1: ", self.one("#detail-title").text)
        self.assertIn("out of <i>memory</i>", self.one("#detail-provenance").text)
        self.assertIn("without a rank", self.one("#detail-rank").text)
        self.assertEqual([head.text.split("\n")[1] for head in self.all("#detail-scores th.lit")], ["trial 1"])
        self.click(self.one("#detail-close"))
        self.settle()
        self.assertIsNone(self.js("return state.open"))


class Filters(Page):
    """One grammar: that of --where, with `and`, `or` and parentheses."""

    def shown(self, text):
        self.js("state.text = arguments[0]; changed('filter')", text)
        self.settle()
        return self.js("return shownRows().map((row) => data.trials.id[trialsOf[row.setting][0]]).sort(d3.ascending)")

    def told(self):
        return self.one("#filter-note").text

    def test_conditions_are_those_of_the_command_line(self):
        database = World.database("where.db")
        sweep = fill(database, {"layers": ["[10]", '[128, "64 tanh"]', "[20, 30]"], "optimizer": ["sgd", "adam"], "momentum": [0.5, None],
                                "nesterov": [0, 1], "learning_rate": [0.001, 0.01, 0.1], "early_stopping": ["none", "val_loss patience=3"]},
                     seeds=(1,))
        self.open(database, sweep)
        for text in ("early_stopping=none", "early_stopping != none", "early_stopping in [none, val_loss patience=3]", "optimizer=adam", "optimizer != adam", "learning_rate<0.01", "learning_rate >= 1e-2", "learning_rate in [0.1, 0.001]",
                     "learning_rate not in [0.1]", "learning_rate in 0.1", "layers in [[10], [128, 64 tanh]]", "layers=[20, 30]", "layers != [ 10 ]", "momentum=none",
                     "momentum!=none", "momentum!=0.7", "momentum=0.5", "momentum not in [0.5]", "momentum in [none, 0.7]", "momentum not in [none, 0.7]", "momentum not in []", "epochs in []",
                     "optimizer=sgd and momentum=none or learning_rate<0.01", "layers in [[10]] or optimizer=adam and learning_rate=0.1 or momentum=0.7", "nesterov=true", "nesterov=True",
                     "lr<0.01", "model=[10]", "optimizer==sgd", "epochs!=7"):
            said = World.sweep("top", "--db", str(database), "--sweep", str(sweep), "--trials", "--csv", "--where", text) if self.passes(database, sweep, text) else ""
            expected = sorted(int(row["trial_id"]) for row in csv.DictReader(io.StringIO(said)))
            self.assertEqual(self.shown(text), expected, text)
            self.assertEqual(self.one("#filter").get_attribute("aria-invalid"), "false", text)

    def passes(self, database, sweep, text):
        try:
            World.sweep("top", "--db", str(database), "--sweep", str(sweep), "--where", text)
        except Exception:
            return False  # no trial does, which the command takes for a mistake
        return True

    def test_and_or_and_parentheses(self):
        self.open()
        database = World.folder / "tiny.db"
        for text, sql in (("optimizer=adam or optimizer=sgd", "optimizer IN ('adam', 'sgd')"),
                          ("optimizer=adam epochs=2 or optimizer=sgd", "optimizer = 'adam' AND epochs = 2 OR optimizer = 'sgd'"),
                          ("optimizer=adam and epochs=2 or optimizer = sgd", "optimizer = 'adam' AND epochs = 2 OR optimizer = 'sgd'"),
                          ("epochs=2 (optimizer=adam or activation=tanh)", "epochs = 2 AND (optimizer = 'adam' OR activation = 'tanh')"),
                          ("epochs in [2], activation not in [relu]", "epochs = 2 AND activation <> 'relu'"),
                          ("tanh or 'rmsprop'", "activation = 'tanh' OR optimizer = 'rmsprop'"),
                          ("loss=categorical_crossentropy", "loss_function = 'categorical_crossentropy'"),
                          ("(((epochs=6)))", "epochs = 6"), ("", "1")):
            expected = [row[0] for row in ask(database, f"SELECT min(trial_id) FROM trials WHERE {sql} GROUP BY setting ORDER BY 1")]
            self.assertEqual(self.shown(text), expected, text)
            self.assertEqual(self.told(), "", text)
        best = ask(database, "SELECT score FROM leaderboard ORDER BY rank LIMIT 1")[0][0]
        self.assertEqual(len(self.shown(f"val_accuracy>={best - 1e-9} or rank in [2, 3]")), 3)
        self.assertEqual(len(self.shown("n=3 loss<1e9")), 12)

    def test_mistakes_are_told_and_filter_nothing(self):
        self.open()
        for text, words in (("epoch=2", "There is no column epoch; there are epochs, activation, optimizer"),
                            ("epochs=", "epochs= lacks a value"), ("epochs in", "epochs in lacks a value"),
                            ("epochs in [2", "] is missing"), ("(epochs=2", "is not closed"),
                            ("epochs=2)", "without its ("), ("epochs=2 or", "\u201cor\u201d lacks a condition"), ("and epochs=2", "\u201cand\u201d lacks a condition"),
                            ("optimizer<sgd", "optimizer is no number"), ("epochs<many", "takes one number"), ("epochs=>2", "is no relation"),
                            ("rank=first", "rank is a number"), ("optimizer='adam", "is not closed"), ("seed=2", "choose \u201cSingle trials\u201d")):
            self.assertEqual(len(self.shown(text)), 12, text)
            self.assertIn(words, self.told(), text)
            self.assertIn("filters nothing", self.told(), text)
            self.assertEqual(self.one("#filter").get_attribute("aria-invalid"), "true", text)

    def test_nothing_that_passes_is_told(self):
        self.open()
        for text, words in (("optimizer=adma", "No setting has optimizer=adma (there are sgd, adam, rmsprop)"),
                            ("epochs>100", "No setting has epochs>100 (there are 2, 6)"), ("val_accuracy>2", "No setting has val_accuracy>2 (there are 0."),
                            ("rleu", "No setting has \u201crleu\u201d in a value"), ("momentum=0.9", "No setting has momentum=0.9 ("),
                            ("epochs=2 epochs=6", "No setting passes all of the filters together"),
                            ("epochs>100 optimizer=adma", "nor optimizer=adma")):
            self.assertEqual(self.shown(text), [], text)
            self.assertIn(words, self.told(), text)
        self.assertIn("Nothing passes the filters", self.one("#table").text)
        self.assertIn("Nothing passes the filters", self.one("#heatmap-chart").text)
        self.assertEqual(self.count(), "0 of 12 settings")
        self.one("#clear").click()
        self.settle()
        self.assertEqual(self.told(), "")


class Links(Page):
    def link(self):
        """The address once it has come to rest."""
        time.sleep(0.3)
        self.settle()
        return self.js("return location.hash")

    def test_a_link_keeps_what_was_chosen(self):
        self.open()
        self.assertEqual(self.link(), "")
        self.one("#filter").send_keys("epochs in [6] or rank<5")
        adam = self.level("optimizer", "adam")
        self.brush(self.axis("optimizer"), adam, adam)
        Select(self.one("#metric")).select_by_visible_text("test_accuracy")
        self.js("setRange([0.1, 0.99])")
        self.click(self.one("#columns summary"))
        self.click(self.one("#columns input[data-column='n']"))
        self.click(self.one("#columns input[data-column='loss']"))
        self.settle()
        self.click(self.one("#table th button[data-key='loss']"))
        self.settle()
        self.click(self.all("#table td label")[1])
        Select(self.one("#curves-colour")).select_by_visible_text("activation")
        Select(self.one("#quantity")).select_by_visible_text("f1_score")
        self.click(self.one("#zoom"))
        self.click(self.one("#shared"))
        self.js("setView(state.heat, {x: state.heat.y, y: state.heat.x, cell: 'best'})")
        self.js("openRow(shownRows()[0].key)")
        kept, link = self.chosen(), self.link()
        for part in ("where=", "only=", "metric=test_accuracy", "range=", "columns=", "sort=", "draw=", "colour=activation", "quantity=f1_score",
                     "zoom=0", "scale=0", "heat=", "cell=best", "open="):
            self.assertIn(part, link)
        self.open(link=link)
        self.assertEqual(self.chosen(), kept)
        self.assertEqual(self.link(), link)
        self.assertTrue(self.one("#detail").is_displayed())
        self.click(self.one("#detail-close"))
        self.settle()
        self.assertEqual(self.count(), kept["count"])
        self.assertEqual(self.one("#filter").get_attribute("value"), "epochs in [6] or rank<5")
        self.assertEqual(Select(self.one("#metric")).first_selected_option.text, "test_accuracy")
        self.assertEqual(self.link(), link[:link.index("&open=")])
        # Another link in the same page, and none.
        self.js("location.hash = 'trials=1&where=seed%3D2'")
        self.wait("return document.getElementById('count').textContent === '12 of 36 trials'")
        self.js("location.hash = ''")
        self.wait("return document.getElementById('count').textContent === '12 settings'")
        self.assertEqual(self.link(), "")

    def chosen(self):
        return self.js("""
            const {light, slots, levels, columns, ...rest} = state;
            return JSON.parse(JSON.stringify({...rest, slots: [...slots].sort(), levels: levels.map((one) => one && [...one]), columns: columns && [...columns].sort(),
              rows: table.rows.map((row) => row.key), heads: table.columns.map((one) => one.key), count: document.getElementById("count").textContent}));
            """)

    def test_what_is_not_there_is_told(self):
        self.open(link="#metric=val_auc&only=%7B%22optimizer%22%3A%5B%22lion%22%5D%7D&draw=999&open=998&where=epochs%3D2")
        self.assertEqual(self.count(), "6 of 12 settings")
        self.assertIn("The link asks for what this page does not have: metric val_auc, optimizer lion, trial 999, trial 998.", self.one("#link-note").text)

    def test_a_link_holds_for_a_later_report(self):
        """Trials go by their number in the database, whatever their place among those there are."""
        database = World.database("later.db")
        self.open(database, fill(database, {"optimizer": ["sgd", "adam"], "epochs": [2, 4]}, name="made"))
        self.js("openRow(3)")
        link, title = self.link(), self.one("#detail-title").text
        number = ask(database, "SELECT max(sweep_id) FROM sweeps")[0][0]
        change(database, "DELETE FROM sweep_trials WHERE sweep_id = ? AND trial_id IN (SELECT trial_id FROM sweep_trials WHERE sweep_id = ? ORDER BY trial_id LIMIT 3)", number, number)
        self.open(database, number, link=link)
        self.assertEqual(self.one("#detail-title").text.replace("epochs 4 \u00b7 ", ""), title.replace("epochs 4 \u00b7 ", ""))

    def test_a_link_to_a_section(self):
        self.open(link="#winner")
        self.settle()
        self.assertTrue(0 < self.js("return document.getElementById('winner-title').getBoundingClientRect().top") < 200)

    def test_sections_do_not_take_the_place_of_the_link(self):
        self.open(link="#where=epochs%3D2")
        self.one("nav a[href='#heatmap']").click()
        self.settle()
        self.assertEqual(self.link(), "#where=epochs%3D2")
        self.assertEqual(self.js("return document.activeElement.id"), "heatmap-title")
        self.assertEqual(self.count(), "6 of 12 settings")


class Saved(Page):
    def setUp(self):
        super().setUp()
        self.downloads = World.folder / "downloads"
        self.downloads.mkdir(exist_ok=True)
        self.browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(self.downloads)})

    def save(self, what):
        for old in self.downloads.iterdir():
            old.unlink()
        self.click(self.one(f"button[data-save='{what}']"))
        end = time.monotonic() + 60
        while not (files := [one for one in self.downloads.iterdir() if one.suffix != ".crdownload" and not one.name.startswith(".")]):
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.02)
        (file,) = files
        self.assertEqual(file.name, f"tiny-{what}")
        return file.read_bytes()

    def test_predictions_of_numbers(self):
        """Against what is true: all of a few test examples, and of many 1000 that are spread evenly."""
        lines = [f"{i % 37 / 37},{i % 101 / 101},{3 * (i % 37 / 37) - i % 101 / 101}" for i in range(1500)]
        (World.folder / "numbers.csv").write_text("\n".join(["a,b,target", *lines]) + "\n")
        for share, shown in ((0.8, 1000), (0.2, 300)):
            (World.folder / "numbers.yaml").write_text(
                "name: tiny\nmethod: grid\nmetrics: [root_mean_squared_error, r2_score]\n"
                f"dataset: {{name: ./numbers.csv, targets: values, test_split: {share}}}\n"
                "parameters: {epochs: {value: 20}, optimizer: {value: adam}, learning_rate: {value: 0.01}, batch_size: {value: 10}}\n")
            database = f"numbers-{shown}.db"
            World.sweep("run", "numbers.yaml", "-q", "--db", database)
            self.open(World.folder / database)
            error, r2 = (ask(World.folder / database, f"SELECT value FROM metrics WHERE name = 'test_{name}'"
                             " ORDER BY trial_id DESC, epoch DESC LIMIT 1")[0][0] for name in ("root_mean_squared_error", "r2_score"))
            said = self.one("#winner").text
            self.assertIn("Predicted against true", said)
            self.assertEqual(self.all("#confusion"), [])
            self.assertEqual("1,000 of 1,200 test examples are drawn" in said, shown == 1000)
            points = list(csv.DictReader(io.StringIO(self.save("predictions.csv").decode())))
            examples = [int(point["example"]) for point in points]
            self.assertEqual(examples, [i * round(1500 * share) // shown for i in range(shown)])
            pairs = [(float(point["target"]), float(point["predicted"])) for point in points]
            if shown == 300:
                self.assertAlmostEqual(math.sqrt(sum((t - y) ** 2 for t, y in pairs) / shown), error, places=5)
                self.assertIn(f"r2_score {r2:.4f}", said)
            # Where they are drawn: the line has equal numbers at both axes, so that what is right lies on it.
            ends = [float(self.one("#predictions .identity").get_attribute(name)) for name in ("x1", "y1", "x2", "y2")]
            circles = self.js("return [...document.querySelectorAll('#predictions circle')].map((c) => [c.getAttribute('cx'), "
                              "c.getAttribute('cy')].map(Number))")
            self.assertEqual(len(circles), shown)
            for (target, predicted), (x, y) in list(zip(pairs, circles))[::50]:
                across, up = (x - ends[0]) / (ends[2] - ends[0]), (y - ends[1]) / (ends[3] - ends[1])
                (target0, _), (x0, _) = pairs[0], circles[0]
                across0 = (x0 - ends[0]) / (ends[2] - ends[0])
                if target != target0:
                    scale = (across - across0) / (target - target0)
                    self.assertAlmostEqual(up - across, (predicted - target) * scale, places=4)
            svg = xml.etree.ElementTree.fromstring(self.save("predictions.svg").decode())
            self.assertIn("true value", {"".join(node.itertext()) for node in svg.iter() if node.tag.endswith("}text")})

    def test_the_table_as_csv(self):
        self.open()
        self.one("#filter").send_keys("epochs=6")
        self.settle()
        rows = list(csv.DictReader(io.StringIO(self.save("leaderboard.csv").decode())))
        expected = ask(World.folder / "tiny.db", "SELECT rank, optimizer, activation, score FROM leaderboard WHERE epochs = 6 ORDER BY rank")
        self.assertEqual([(int(row["rank"]), row["optimizer"], row["activation"]) for row in rows], [row[:3] for row in expected])
        for row, (*_, score) in zip(rows, expected):
            self.assertAlmostEqual(float(row["val_accuracy"]), score, places=8)
        self.assertEqual(list(rows[0]), ["rank", "val_accuracy", "\u00b1 sd", "epochs", "activation", "optimizer", "n", "train_seconds"])

    def test_charts_as_csv(self):
        self.open()
        curves = list(csv.DictReader(io.StringIO(self.save("curves.csv").decode())))
        self.assertEqual({row["images"] for row in curves}, {"training", "validation"})
        self.assertEqual(len(curves), 5 * 6 * 2)
        effects = list(csv.DictReader(io.StringIO(self.save("effects.csv").decode())))
        self.assertEqual(len(effects), 7)
        self.assertEqual({row["verdict"] for row in effects if row["n"] == row["seeds"]} - {"reference"}, set())
        heat = list(csv.DictReader(io.StringIO(self.save("heatmap.csv").decode())))
        self.assertEqual(len(heat), len(self.all("#heatmap-chart rect.cell")))
        self.assertEqual(len(list(csv.reader(io.StringIO(self.save("coordinates.csv").decode())))), 13)
        confusion = list(csv.reader(io.StringIO(self.save("confusion.csv").decode())))
        self.assertEqual(sum(int(count) for row in confusion[1:] for count in row[1:]), 100)

    def test_charts_as_pictures(self):
        """From a page that is a file, under its own policy."""
        self.open()
        for what, selector, texts in (("curves", "#curves-chart", ["accuracy", "epoch"]), ("coordinates", "#parallel-chart", ["optimizer", "adam", "worst"]),
                                      ("effects", "#effects-chart", ["optimizer", "reference"]), ("heatmap", "#heatmap-chart", ["adam"]),
                                      ("confusion", "#confusion", ["0", "9"])):
            with self.subTest(what=what):
                svg = xml.etree.ElementTree.fromstring(self.save(f"{what}.svg").decode())
                self.assertEqual(svg.tag, "{http://www.w3.org/2000/svg}svg")
                found = {"".join(node.itertext()) for node in svg.iter() if node.tag.endswith(("}text", "}tspan"))}
                for text in texts:
                    self.assertIn(text, found)
                # It stands on its own: no style of the page's, no colour that only the page knows.
                for node in svg.iter():
                    self.assertNotIn("style", node.attrib)
                    self.assertNotIn("var(", " ".join(node.attrib.values()))
                if what == "coordinates":
                    self.assertEqual(len([node for node in svg.iter() if node.tag.endswith("}path") and node.get("stroke-width") == "1.4"]), 12)
                png = self.save(f"{what}.png")
                self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
                width, height = (int.from_bytes(png[at:at + 4], "big") for at in (16, 20))
                self.assertEqual((width, height), (round(2 * float(svg.get("width"))), round(2 * float(svg.get("height")))))
                self.assertGreater(len(png), 5000)  # more than a blank sheet takes

    def test_names_made_of_html_are_saved_as_texts(self):
        database = World.database("saved.db")
        name = 'a<b>,"c"&\u2028'
        number = fill(database, {"optimizer": ["sgd", name], "epochs": [1, 2]}, name="tiny", metrics=["f1_score"])
        self.open(database, number)
        rows = list(csv.DictReader(io.StringIO(self.save("leaderboard.csv").decode(), newline="")))
        self.assertEqual({row["optimizer"] for row in rows}, {"sgd", name})
        svg = xml.etree.ElementTree.fromstring(self.save("heatmap.svg").decode())
        self.assertIn('a<b>,"c"&', "".join(svg.itertext()))

    def test_texts_that_would_be_formulas(self):
        """Spreadsheets see texts where texts are, and numbers where numbers are, below zero, too."""
        self.open()
        self.assertEqual(self.js("""return csvOf([["=1+1", '+"a"', "@b", "-c", "\\td", "e=f", -1.5, "-2.5", null]])"""),
                         "'=1+1,\"'+\"\"a\"\"\",'@b,'-c,'\td,e=f,-1.5,-2.5,\r\n")


class Several(Page):
    def databases(self):
        database = World.database("several.db")
        return database, [
            fill(database, {"optimizer": ["sgd", "adam"], "epochs": [2, 4, 8]}, name="first", description="of the first"),
            fill(database, {"optimizer": ["adam", "rmsprop"], "activation": ["relu", "tanh"], "epochs": [8]}, name="second", seeds=(1, 2, 3, 4, 5), warnings="odd data\n"),
            fill(database, {"optimizer": ["adam"], "learning_rate": [0.001, 0.01]}, name="first", seeds=(1, 2), metrics=["f1_score"])]

    def test_conditions_over_several_sweeps(self):
        database, sweeps = self.databases()
        self.open(database, *sweeps)
        for text, count in (("sweep=second", 4), ("lr=0.01 or lr=0.001", 2), ("optimizer=rmsprop", 2)):
            self.js("state.text = arguments[0]; changed('filter')", text)
            self.settle()
            shown = self.js("return shownRows().map((row) => row.setting)")
            self.assertEqual((len(shown), self.one("#filter-note").text), (count, ""), text)

    def test_side_by_side(self):
        database, sweeps = self.databases()
        self.open(database, *sweeps)
        self.assertEqual(self.browser.title, f"first ({sweeps[0]}), second, first ({sweeps[2]}) \u2013 sweep report")
        names = [f"first ({sweeps[0]})", "second", f"first ({sweeps[2]})"]
        self.assertEqual([row.text for row in self.all("#sweeps tbody th")], names)
        for sweep, row in zip(sweeps, self.all("#sweeps tbody tr")):
            ((score, optimizer),) = ask(database, "SELECT score, optimizer FROM leaderboard WHERE sweep_id = ? AND rank = 1", sweep)
            cells = [cell.text for cell in row.find_elements(By.TAG_NAME, "td")]
            self.assertRegex(cells[3], rf"^{re.escape(f'{score:.4f}')} ")
        self.assertEqual(self.count(), "12 settings")
        self.assertEqual(sorted(set(self.column("sweep"))), sorted(names))
        # The order within each sweep is its own.
        for name, sweep in zip(names, sweeps):
            own = [text for text, at in zip(self.column("val_accuracy"), self.column("sweep")) if at == name]
            decimals = len(own[0].split(".")[1])
            self.assertEqual(own, [f"{row[0]:.{decimals}f}" for row in ask(database, "SELECT score FROM leaderboard WHERE sweep_id = ? ORDER BY rank", sweep)])
        # What differs between them is an axis, what does not is none.
        self.assertEqual(self.js("return data.hyperparameters.map((one) => one.name)"), ["sweep", "epochs", "activation", "optimizer", "learning_rate"])
        self.assertEqual(self.all("#parallel-chart .title")[0].text, "sweep")
        self.assertEqual(self.js("return [...new Set(effectsNow().map((group) => group.sweep))]"), [0, 1, 2])
        self.assertIn("in second", self.one("#effects-chart").text)
        self.assertIn("1 warning about the data of second", self.one("#warnings").text)
        self.assertEqual([head.text for head in self.all("#provenance h3.sweep")], names)
        self.assertIn("of the first", self.one("#provenance").text)
        self.one("#filter").send_keys("sweep=second")
        self.settle()
        self.assertEqual(self.count(), "4 of 12 settings")
        Select(self.one("#curves-colour")).select_by_visible_text("sweep")
        self.settle()
        self.assertEqual(Select(self.one("#curves-of")).first_selected_option.text, "all settings shown")
        self.assertEqual(len(self.all("#curves-chart .curve")), 4)

    def test_in_the_order_asked_for(self):
        database, sweeps = self.databases()
        self.open(database, sweeps[1], sweeps[0])
        self.assertEqual([row.text for row in self.all("#sweeps tbody th")], ["second", "first"])
        self.one("#by-trial").click()
        self.settle()
        self.assertEqual(self.count(), "38 trials")
        self.click(self.one("#table button.open"))
        self.settle()
        self.assertRegex(self.one("#detail-provenance").text, r"(first|second), number \d of .*several\.db")
        link = Links.link(self)
        self.open(database, sweeps[1], sweeps[0], link=link)
        self.assertTrue(self.one("#detail").is_displayed())

    def test_one_setting_alike_in_two_sweeps(self):
        """A trial that is in two sweeps is a row of each."""
        database = World.database("shared.db")
        data = {"seeds": (1,), "dataset_digest": "0" * 64}
        one = fill(database, {"optimizer": ["sgd", "adam"]}, name="one", **data)
        other = fill(database, {"optimizer": ["rmsprop"]}, name="other", **data)
        change(database, "INSERT INTO sweep_trials (sweep_id, trial_id, position) SELECT ?, trial_id, 10 + position FROM sweep_trials WHERE sweep_id = ?", other, one)
        self.open(database, one, other)
        self.assertEqual(self.count(), "5 settings")
        self.assertEqual(sorted(zip(self.column("sweep"), self.column("optimizer"))),
                         [("one", "adam"), ("one", "sgd"), ("other", "adam"), ("other", "rmsprop"), ("other", "sgd")])


class Coloured(Page):
    def test_curves_coloured_by_a_hyperparameter(self):
        database = World.database("colours.db")
        sweep = fill(database, {"optimizer": ["sgd", "adam"], "epochs": [2, 4], "learning_rate": [10 ** (-4 + i / 8) for i in range(20)], "momentum": [0, 0.9]})
        self.open(database, sweep)
        names = self.js("return data.hyperparameters.map((one) => one.name)")
        self.assertEqual([option.text for option in Select(self.one("#curves-colour")).options], ["setting", *names])
        lines = lambda: self.js("return [...document.querySelectorAll('#curves-chart .curve')].map((one) => [Number(one.dataset.setting), getComputedStyle(one).stroke])")
        for name in names:
            Select(self.one("#curves-colour")).select_by_visible_text(name)
            self.settle()
            # Settings that differ in epochs only are one training, which is drawn once.
            found = lines()
            self.assertEqual(len(found), 160 if name == "epochs" else 80, name)
            by_level = {}
            for setting, colour in found:
                by_level.setdefault(self.js("return levelOf(arguments[0], arguments[1])", setting, names.index(name)), set()).add(colour)
            self.assertEqual({len(colours) for colours in by_level.values()}, {1}, name)
            self.assertEqual(len(set.union(*by_level.values())), len(by_level), name)
            self.assertIn(f"{name}:", self.one("#curves-chart .legend").text)
        self.one("#filter").send_keys("optimizer=adam")
        self.settle()
        self.assertEqual(len(lines()), 40)
        svg = self.one("#curves-chart svg")
        self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", svg)
        ActionChains(self.browser).move_to_element(svg).perform()
        self.settle()
        self.assertEqual(len(self.all("#curves-chart .curve.lit")), 1)
        self.assertIn("accuracy after epoch", self.one("#tip").text)
        # The ticked ones can be coloured so as well.
        Select(self.one("#curves-of")).select_by_visible_text("ticked settings")
        self.settle()
        self.assertEqual(len(lines()), 5)
        Select(self.one("#curves-colour")).select_by_visible_text("setting")
        self.settle()
        self.assertEqual(len({colour for _, colour in lines()}), 5)


class Ranked(Page):
    """The page ranks as `sweep top` does, whatever it goes by."""

    def check(self, database, sweep):
        self.open(database, sweep)
        names = self.js("return data.metrics.map((metric) => metric.name)")
        axes = self.js("return data.hyperparameters.map((one) => one.name)")
        for name in names:
            self.js("setMetric(metricNamed(arguments[0]))", name)
            self.settle()
            said = json.loads(World.sweep("top", "--db", str(database), "--sweep", str(sweep), "--by", name, "--json", "--number", "0"))
            expected = [[str(one["hyperparameters"][axis]) for axis in axes] for one in said["rows"]]
            shown = self.js("return table.rows.map((row) => data.hyperparameters.map((one) => String(one.levels[one.place[row.setting]])))")
            self.assertEqual(shown[:len(expected)], expected, name)
        self.js("setMetric(data.metric)")
        said = json.loads(World.sweep("compare", "--db", str(database), "--sweep", str(sweep), "--json"))["best"]
        best = said["not_told_from_the_best"][0]["hyperparameters"]
        self.settle()
        self.assertEqual(self.js("return table.rows[0].setting"), self.js("return bestsOf[0][0].settings[0]"))
        self.assertEqual({axis: self.column(axis)[0] for axis in axes}, {axis: str(best[axis]) for axis in axes})

    def test_ties_and_seeds_that_diverged(self):
        database = World.database("ties.db")
        sweep = fill(database, {"optimizer": ["sgd", "adam", "rmsprop", "adamw"], "epochs": [2, 4, 8]}, metrics=["f1_score"])
        mine = "trial_id IN (SELECT trial_id FROM sweep_trials WHERE sweep_id = ?)"
        # Equal scores, and a setting whose one completed seed is the luckiest of all.
        change(database, f"UPDATE trials SET val_accuracy = 0.9, test_accuracy = 0.8 + 0.01 * seed WHERE optimizer IN ('adam', 'adamw') AND {mine}", sweep)
        change(database, f"UPDATE trials SET val_accuracy = 0.99 WHERE optimizer = 'rmsprop' AND epochs = 2 AND {mine}", sweep)
        change(database, f"UPDATE trials SET status = 'diverged', val_accuracy = NULL WHERE optimizer = 'rmsprop' AND epochs = 2 AND seed > 1 AND {mine}", sweep)
        self.check(database, sweep)

    def test_a_real_sweep(self):
        self.check(World.folder / "tiny.db", 1)

    def test_equal_ones_are_told(self):
        database = World.database("equal.db")
        sweep = fill(database, {"optimizer": ["sgd", "adam", "rmsprop"], "epochs": [2, 4]}, seeds=(1, 2))
        change(database, "UPDATE trials SET val_accuracy = CASE WHEN optimizer = 'sgd' THEN 0.5 ELSE 0.75 END WHERE trial_id IN"
                         " (SELECT trial_id FROM sweep_trials WHERE sweep_id = ?)", sweep)
        self.open(database, sweep)
        self.assertEqual(self.column("rank"), ["1=", "2=", "3=", "4=", "5=", "6="])
        self.assertEqual(self.column("optimizer"), ["adam"] * 2 + ["rmsprop"] * 2 + ["sgd"] * 2)
        self.assertIn("4 settings share this score", self.one("#summary").text)
        self.assertIn("4 settings share this score", self.one("#table button.open").get_attribute("title"))
        self.assertIn("2 settings share this score", self.all("#table button.open")[5].get_attribute("aria-label"))

    def test_losses_of_several_loss_functions_are_apart(self):
        database = World.database("quantities.db")
        axes = {"loss_function": ["categorical_crossentropy", "mean_squared_error"], "optimizer": ["sgd", "adam"], "epochs": [2, 4]}
        sweep = fill(database, axes, metric="val_loss", goal="minimize")
        change(database, "UPDATE trials SET val_loss = val_loss / 50 WHERE loss_function = 'mean_squared_error'")
        self.open(database, sweep, width=400)
        self.assertEqual(Select(self.one("#metric")).first_selected_option.text, "val_loss")
        # Each has a best setting, and none is the best of all. A setting's seeds count for both.
        said = self.one("#summary").text
        for loss in axes["loss_function"]:
            self.assertRegex(said, f"Best val_loss: {loss}\n[\\d.]+\n.* over 3 seeds; .*{loss} ")
        self.assertNotIn("The best setting", said)
        self.assertEqual(self.column("n"), ["3"] * 8)
        menu = Select(self.one("#quantity-of"))
        self.assertEqual([option.text for option in menu.options], ["categorical_crossentropy", "mean_squared_error"])
        for loss in axes["loss_function"]:
            menu.select_by_visible_text(loss)
            self.settle()
            self.assertEqual(self.ranks_and("loss_function"), [(1, loss), (2, loss), (3, loss), (4, loss)])
            expected = ask(database, "SELECT score FROM leaderboard WHERE sweep_id = ? AND loss_function = ? ORDER BY score", sweep, loss)
            decimals = len(self.column("val_loss")[0].split(".")[1])
            self.assertEqual(self.column("val_loss"), [f"{row[0]:.{decimals}f}" for row in expected] + ["\u2013"] * 4)
            self.assertIn(f"ranks are among those with {loss}", self.one("#table-note").text)
            self.assertEqual(self.js("return effectsNow().map((group) => nameOf(group.axis)).sort()"), ["epochs", "optimizer"])
        self.one("#filter").send_keys("val_loss<1 loss=mean_squared_error")
        self.settle()
        self.assertEqual(self.count(), "4 of 8 settings")
        Select(self.one("#metric")).select_by_visible_text("val_accuracy")
        self.settle()
        self.assertFalse(self.one("#quantity-of").is_displayed())

    def ranks_and(self, column):
        return [(int(rank.rstrip("=")), other) for rank, other in zip(self.column("rank"), self.column(column)) if rank != "\u2013"]

    def test_sweeps_whose_losses_differ(self):
        database = World.database("apart.db")
        sweeps = [fill(database, {"loss_function": [loss], "optimizer": ["sgd", "adam"]}, name=loss[:4]) for loss in ("categorical_crossentropy", "mean_squared_error")]
        self.open(database, *sweeps)
        names = self.js("return data.metrics.map((metric) => metric.name)")
        self.assertIn("val_loss: mean_squared_error", names)
        self.assertNotIn("val_loss", names)
        self.assertIn("val_accuracy", names)


class Large(Page):
    def test_ten_thousand_trials(self):
        database = World.database("large.db")
        number = fill(database, {"epochs": [5, 10], "batch_size": [16, 32, 64, 128, 256], "activation": ["relu", "tanh", "sigmoid", "elu"],
                                 "optimizer": ["sgd", "adam", "rmsprop", "adamw"], "learning_rate": [10 ** (-5 + i / 6) for i in range(13)]},
                      seeds=range(1, 6), epochs=10, name="large")
        self.open(database, number)
        self.assertLess((World.folder / "report.html").stat().st_size, 8_000_000)
        self.assertEqual(self.count(), "2,080 settings")
        # The work is bounded: what is in the document does not grow with the trials.
        self.assertLess(self.js("return document.querySelectorAll('*').length"), 5000)
        self.assertLess(len(self.column("rank")), 80)
        self.assertEqual(self.js("return parallel.canvas.dataset.lines"), "2080")
        self.js("document.getElementById('table').scrollTop = 1e9")
        self.settle()
        self.assertEqual(self.column("rank")[-1], "2080")
        self.assertLess(len(self.column("rank")), 80)
        self.one("#by-trial").click()
        self.settle()
        self.assertEqual(self.count(), "10,400 trials")
        self.assertEqual(self.js("return parallel.canvas.dataset.lines"), "10400")
        self.assertLess(self.js("return document.querySelectorAll('*').length"), 5000)
        adam = self.level("optimizer", "adam")
        self.brush(self.axis("optimizer"), adam, adam)
        self.assertEqual(self.count(), "2,600 of 10,400 trials")
        self.assertEqual(set(self.column("optimizer")), {"adam"})
        self.assertIn("trainings of", self.one("#curves-note").text)


if __name__ == "__main__":
    main()
