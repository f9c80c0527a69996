"""Pages in other languages than English: what is read on them."""

import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from databases import change  # noqa: E402
from pages import Page, World, main  # noqa: E402


def setUpModule():
    World.start()


def tearDownModule():
    World.stop()


def marked(html):
    """The page with each of its words in brackets: what is in none did not come from the table."""
    before, rest = html.split('id="words">', 1)
    words, after = rest.split("</script>", 1)
    words = {key: text if key.startswith("number.") else " | ".join(f"\u27e6{form}\u27e7" for form in text.split(" | "))
             for key, text in json.loads(words).items()}
    return f'{before}id="words">{json.dumps(words)}</script>{after}'


TEXTS = """
const found = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const parent = walk.currentNode.parentElement;
  if (!parent.closest("script, style, pre, code, noscript, .skip, #provenance, [id$=-title], .question, nav, footer, label, .folds, #by-setting, #by-trial, .kind, #clear, #project, #slides, #detail"))
    found.push(walk.currentNode.textContent);
}
for (const node of document.querySelectorAll("main [aria-label], main [title], svg title"))
  if (!node.closest("[tabindex][role=region]") && !node.closest(".choice"))
    found.push(node.getAttribute("aria-label") || node.getAttribute("title") || node.textContent);
return found;
"""
NAMES = """
return [page.sweeps[0].sweep.name, page.sweeps[0].sweep.description, page.sweeps[0].sweep.dataset, ...data.metrics.map((one) => one.name),
  ...data.metrics.map((one) => one.column), ...joined.map((one) => one.name), ...joined.flatMap((one) => one.levels).map(String), ...data.curves.series.map((one) => one.quantity)];
"""


class Languages(Page):
    def test_spanish(self):
        self.open(lang="es")
        self.assertEqual(self.js("return document.documentElement.lang"), "es")
        self.assertEqual(self.browser.title, "tiny \u2013 informe de sweep")
        self.assertEqual(self.count(), "12 combinaciones")
        self.assertEqual([one.text for one in self.all("main section h2") if one.text],
                         ["Clasificaci\u00f3n", "Curvas de aprendizaje", "Coordenadas paralelas", "Efectos", "Mapa de calor",
                          "La ganadora", "Procedencia"])
        summary = self.one("#summary").text
        self.assertIn("12 combinaciones \u00d7 3 semillas", summary)
        self.assertRegex(summary, r"\d\.\d+")  # the decimal point stays
        self.js("state.text = 'optimizer=adagrad'; changed('filter')")
        self.settle()
        self.assertIn("Ninguna combinaci\u00f3n tiene optimizer=adagrad (hay sgd, adam, rmsprop)", self.one("#filter-note").text)

    def test_groups_of_digits(self):
        self.open(lang="es")
        self.assertEqual(self.js("return [grouped(1234), grouped(12345), counted('setting', 1)]"), ["1234", "12\u202f345", "1 combinaci\u00f3n"])
        self.open()
        self.assertEqual(self.js("return [grouped(999), grouped(1234), counted('setting', 1)]"), ["999", "1,234", "1 setting"])

    def test_every_text_comes_from_the_table(self):
        """But names, values and numbers, which come with the data."""
        self.open(html=marked)
        names = sorted({name for name in self.js(NAMES) if name}, key=len, reverse=True)
        for by_trial in (False, True):
            self.js("state.byTrial = arguments[0]; changed('rows'); openRow(0)", by_trial)
            self.settle()
            for text in self.js(TEXTS) + self.js("return [...document.querySelectorAll('#detail td, #detail th, #detail dt, #detail figcaption span, #detail svg text')].map((node) => node.textContent)"):
                bare = text
                while re.search("\u27e6[^\u27e6\u27e7]*\u27e7", bare):
                    bare = re.sub("\u27e6[^\u27e6\u27e7]*\u27e7", " ", bare)
                for name in names:
                    bare = bare.replace(name, " ")
                left = [word for word in re.findall(r"[^\W\d_]{2,}", bare) if word not in ("SHA", "CSV", "SVG", "PNG", "UTC", "tiny", "db")]
                if re.fullmatch(r"\s*[0-9a-f]{64}\s*|sweep .*", text):
                    continue
                self.assertEqual(left, [], text)
            self.js("openRow(null)")
            self.settle()

    def test_the_environment_chooses(self):
        for variables, language in (({"LANG": "es_MX.UTF-8"}, "es"), ({"LANG": "es"}, "es"), ({"LANG": "de_DE.UTF-8"}, "en"),
                                    ({"LC_ALL": "C.UTF-8", "LANG": "es_ES.UTF-8"}, "en"), ({"LC_ALL": "", "LC_MESSAGES": "es_ES", "LANG": "C"}, "es")):
            out = World.sweep("report", "--db", "tiny.db", "-o", "-", environment=variables)
            self.assertIn(f'<html lang="{language}">', out, variables)
        self.assertIn('<html lang="en">', World.sweep("report", "--db", "tiny.db", "-o", "-", "--lang", "en", environment={"LANG": "es"}))

    def test_what_the_program_says(self):
        """Its own sentences stay English, and are marked as that."""
        database = World.database("said.db")
        change(database, "UPDATE sweeps SET warnings = ?", "Labels are all 0.\n")
        change(database, "DELETE FROM models")
        self.open(database, lang="es")
        self.assertEqual(self.one("#warnings ul").get_attribute("lang"), "en")
        self.assertIn("no est\u00e1n sus pesos", self.one("#winner").text)


if __name__ == "__main__":
    main()
