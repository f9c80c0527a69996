"""The report on a wall, and while its sweep runs: projected, and renewed until the run ends, is stopped or killed."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from pages import PATIENCE, Page, World, main  # noqa: E402
from harness import SWEEP  # noqa: E402

try:
    from selenium.webdriver import Keys
except ImportError:
    pass  # main tells

# Long enough to be watched: what the tests wait for comes before its end.
LONG = """\
name: long
method: grid
dataset: tiny
repeats: 40
metric: {name: val_accuracy}
parameters:
  validation_split: {value: 0.2}
  layers: {values: [[2000 relu, 2000 relu]]}
  epochs: {values: [20, 40, 60, 80, 100, 120, 140, 160]}
"""

# One training, of which there is always more to come.
ENDLESS = """\
name: endless
method: grid
dataset: tiny
parameters:
  validation_split: {value: 0.2}
  epochs: {value: 1000000}
"""


def setUpModule():
    World.start()
    (World.folder / "long.yaml").write_text(LONG)
    (World.folder / "endless.yaml").write_text(ENDLESS)


def tearDownModule():
    World.stop()


class Projected(Page):
    def shown(self):
        return [one.get_attribute("id") for one in self.all("header.page, main > section") if one.is_displayed() and one.size["height"] > 1]

    def test_one_question_at_a_time(self):
        self.open(width=1280, height=720, dark=True)
        self.click(self.one("#project"))
        self.assertEqual(self.shown(), ["top"])
        seen = []
        for _ in range(7):
            self.press(Keys.ARROW_RIGHT)
            seen += self.shown()
        self.assertEqual(seen, ["leaderboard", "curves", "parallel", "effects", "heatmap", "winner", "provenance"])
        self.press(Keys.PAGE_UP)
        self.assertEqual(self.shown(), ["winner"])
        self.press(Keys.HOME)
        self.assertEqual(self.shown(), ["top"])
        self.assertEqual(self.one("#project-at").text, "1 of 8")
        self.press(Keys.ESCAPE)
        self.assertEqual(len(self.shown()), 8)

    def test_by_its_address(self):
        self.open(width=1280, height=720, link="#project=effects")
        self.assertEqual(self.shown(), ["effects"])
        self.assertEqual(self.one("#effects .question").text, "What does changing one thing do, everything else held equal?")
        self.click(self.one("#project-next"))
        self.wait("return location.hash.includes('project=heatmap')")

    def test_legible_from_the_last_row(self):
        """At 1280 x 720 no text is smaller than a 36th of the height, and all stand out, in a dark room too."""
        self.open(width=1280, height=720, dark=True, link="#project=top")
        for place in ("top", "leaderboard", "curves", "parallel", "effects", "heatmap", "winner"):
            self.js("project(arguments[0])", place)
            self.settle()
            small = self.js("""
                const zoom = zoomNow(), found = [];
                for (const node of document.querySelectorAll(".projected *")) {
                  if (![...node.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim()) || !node.getBoundingClientRect().height
                    || node.closest("option, .visually-hidden, .wide, details:not([open]) > :not(summary)")) continue;
                  const size = parseFloat(getComputedStyle(node).fontSize);
                  const shown = size * zoom;
                  if (shown < 720 / 36) found.push([node.textContent.slice(0, 40), shown]);
                }
                return found;""")
            self.assertEqual(small, [], place)
            self.assertEqual(self.js("return getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")
            wide = self.js("return document.documentElement.scrollWidth")
            self.assertLessEqual(wide, 1280, place)

    def test_pointing_at_what_is_larger(self):
        self.open(width=1280, height=720, link="#project=curves")
        epoch = self.js("""
            const svg = curves.drawn.svg.node(), box = svg.getBoundingClientRect(), zoom = zoomNow();
            svg.dispatchEvent(new PointerEvent("pointermove", {clientX: box.left + zoom * curves.drawn.x(4), clientY: box.top + 100, bubbles: true}));
            return curves.epoch;""")
        self.assertEqual(epoch, 4)
        self.assertGreater(self.js("return zoomNow()"), 1.5)


class Live(Page):
    def tearDown(self):
        if getattr(self, "run_", None) and self.run_.poll() is None:
            self.run_.kill()
            self.run_.wait()
        self.assertEqual(self.browser.get_log("browser"), [])
        self.browser.get_log("performance")  # the page has asked for itself, again and again

    def run_with_page(self, name, config="long.yaml"):
        page = World.folder / f"{name}.html"
        self.run_ = subprocess.Popen([SWEEP, "run", config, "-q", "--jobs", "1", "--db", f"{name}.db", "--report", page.name],
                                     cwd=World.folder, stdout=subprocess.DEVNULL, env={**os.environ, "SWEEP_DATA_DIR": "", "LC_ALL": "C.UTF-8"})
        return page

    def begin(self, name, config="long.yaml"):
        """A run with a page, watched; the database is its own."""
        page = self.run_with_page(name, config)
        end = time.monotonic() + PATIENCE
        while not page.exists():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        self.browser.get("about:blank")
        self.browser.get_log("browser")
        self.browser.get(page.as_uri() + "#training=0")
        self.wait("return 'ready' in document.documentElement.dataset")
        return page

    def state(self, wanted):
        self.wait("const live = document.getElementById('live'); return live && live.dataset.state === arguments[0]", wanted)

    def look_stays(self):
        """What is chosen, unfolded and scrolled to is so still when the page has read itself again."""
        self.js("""
            byId("filter-help").open = true;
            byId("curves-of").value = "shown";
            byId("curves-of").dispatchEvent(new Event("change"));
            byId("filter").value = "epochs<=40";
            byId("filter").dispatchEvent(new Event("input"));
            scrollTo({top: 600, behavior: "instant"});
            window.before = true;""")
        self.wait("return !window.before && 'ready' in document.documentElement.dataset && scrollY === 600")
        self.assertTrue(self.js("return byId('filter-help').open"))
        self.assertEqual(self.js("return [state.curves.of, state.text]"), ["shown", "epochs<=40"])

    def test_grows_and_tells_of_a_kill(self):
        self.begin("killed")
        self.state("running")
        before = self.js("return stateCounts[COMPLETED]")
        self.wait("return typeof stateCounts !== 'undefined' && stateCounts[COMPLETED] > arguments[0]", before)
        self.wait("return 'ready' in document.documentElement.dataset")
        self.assertIn("training=0", self.js("return location.hash"))
        self.look_stays()
        os.kill(self.run_.pid, signal.SIGSTOP)
        self.state("paused")
        os.kill(self.run_.pid, signal.SIGCONT)
        self.state("running")
        self.run_.kill()
        self.run_.wait()
        self.state("lost")
        self.assertIn("killed", self.one("#live").text)
        # The same page shows the run that goes on.
        self.run_with_page("killed")
        self.state("running")

    def test_a_curve_grows_within_a_training(self):
        self.begin("within", "endless.yaml")
        drawn = "const [curve] = typeof curves !== 'undefined' && curves.drawn ? curves.drawn.all : [];"
        self.wait(f"{drawn} return curve && curve.going")
        epochs, label, length = self.js(f"{drawn} const last = curve.main[curve.main.length - 1];"
                                        "return [last.epoch, curve.label, curve.main.length]")
        self.assertGreaterEqual(epochs, length)
        self.assertIn("running", label)
        self.assertIn(label, [one.text for one in self.all("#curves-chart text")])
        self.wait(f"{drawn} return curve && curve.main[curve.main.length - 1].epoch > arguments[0]", epochs)
        self.wait("return 'ready' in document.documentElement.dataset")
        self.assertEqual(self.js("return stateCounts.map((count, state) => [STATES[state], count]).filter(([, count]) => count)"),
                         [["running", 1]])
        self.assertIn("1 running", self.one("#summary").text)
        self.assertEqual(self.js("return d3.select('#curves-chart').selectAll('.curve circle').size()"), 1)
        self.run_.kill()
        self.run_.wait()
        self.state("lost")
        self.wait(f"{drawn} return curve && curve.label.endsWith(', interrupted')")
        self.assertIn("1 interrupted", self.one("#summary").text)

    def test_tells_of_an_interruption(self):
        page = self.begin("interrupted")
        self.state("running")
        self.run_.send_signal(signal.SIGINT)
        self.run_.wait(PATIENCE)
        # Run has ended only when the last page is there.
        self.assertIn('"state":"interrupted"', page.read_text())
        self.state("interrupted")

    def test_a_page_that_nobody_renews(self):
        def old(html):
            return re.sub(r'"live":null', '"live":{"state":"running","every":2,"written":1000}', html)
        World.sweep("report", "--db", "tiny.db", "-o", "old.html")
        page = World.folder / "old.html"
        page.write_text(old(page.read_text()))
        self.browser.get(page.as_uri())
        self.state("silent")
        self.assertIn("1970-01-01 00:16:40 UTC", self.one("#live").text)

    def test_without_a_run(self):
        World.sweep("report", "--live", "--db", "tiny.db", "-o", "ended.html")
        self.assertIn('"state":"finished"', (World.folder / "ended.html").read_text())

    def test_a_run_that_ends_at_once(self):
        """Its page is there when it has ended, and whole."""
        for i in range(5):
            World.sweep("run", "tiny.yaml", "-q", "--db", "tiny.db", "--report", f"again{i}.html")
            text = (World.folder / f"again{i}.html").read_text()
            self.assertIn('"state":"finished"', text)
            self.assertTrue(text.endswith("</html>\n"))


if __name__ == "__main__":
    main()
