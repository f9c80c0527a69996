"""What the tests of the report share: a browser, a folder with the database of a real sweep, and ways
to look at a page and to use it.

ctest sets SWEEP, the program's path. Needs Debian's chromium, chromium-driver and python3-selenium.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from harness import SWEEP, make_dataset  # noqa: E402

try:
    from selenium import webdriver
    from selenium.webdriver import ActionChains, Keys
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
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
    def sweep(cls, *arguments, environment=None):
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
        return subprocess.run([SWEEP, *arguments], cwd=cls.folder, check=True, text=True,
                              capture_output=True, timeout=PATIENCE * 5,
                              env={**variables, "SWEEP_DATA_DIR": "", **(environment or {})}).stdout

    @classmethod
    def database(cls, name):
        shutil.copy(cls.folder / "tiny.db", cls.folder / name)
        return cls.folder / name


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
        # about: is the browser's own; data: and blob: are in the page already.
        others = [url for number, url in self.asked.items()
                  if not url.startswith(("file://", "about:", "data:", "blob:")) and number not in self.refused]
        self.assertEqual(others, [])

    def collect(self):
        for entry in self.browser.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.asked[message["params"]["requestId"]] = message["params"]["request"]["url"]
            elif message["params"].get("blockedReason") == "csp":
                self.refused.add(message["params"]["requestId"])

    def open(self, database="tiny.db", *sweeps, width=1400, height=900, dark=False, html=None, link="", lang="en"):
        """Write the sweeps' report and look at it in a window of that size."""
        page = World.folder / "report.html"
        chosen = [part for sweep in sweeps for part in ("--sweep", str(sweep))]
        out = World.sweep("report", "--db", database, "-o", "report.html", "--lang", lang, *chosen)
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
        self.browser.get(page.as_uri() + link)
        self.opened += 1
        self.wait("return 'ready' in document.documentElement.dataset")
        self.settle()

    def resize(self, width, height=900):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
        self.settle()
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

    def ranks(self):
        """Those in the document; "5=" is the fifth of equals."""
        return [int(text.rstrip("=")) for text in self.column("rank")]

    def heads(self):
        return self.js("return [...document.querySelectorAll('#table thead th')].map((head) => head.textContent)")

    def count(self):
        return self.one("#count").text

    def focus(self, selector):
        self.js("document.querySelector(arguments[0]).focus()", selector)

    def click(self, element):
        self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
        element.click()
        self.settle()

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


def main():
    missing = [name for name, found in (("python3-selenium", webdriver), ("chromium", CHROMIUM), ("chromium-driver", DRIVER)) if not found]
    if missing:
        print(f"without {', '.join(missing)} (Debian's packages) no page is looked at")
        sys.exit(77)
    unittest.main(verbosity=2)
