"""The words of the report's page: a table for each language, and nothing said that is in none.

A key that is missing, is not used, or names other things in another language; and text in the page's
sources that is in no table. tests/browser/test_language.py looks at pages.
"""

import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import SWEEP

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "src"
PAGE = SOURCES / "report" / "page"
LANGUAGES = ("en", "es")


def table(language):
    """A table as words.c reads it: {key: text}."""
    entries, key = {}, None
    for line in (PAGE / f"words-{language}.txt").read_text().splitlines():
        if line.startswith(" "):
            entries[key] += " " + line.strip(" ")
        elif line and not line.startswith("#"):
            key, text = line.split(" = ", 1)
            assert key not in entries, f"{key} stands twice in {language}"
            entries[key] = text
    return entries


def names(text):
    return set(re.findall(r"\{(\w+)\}", text))


def code(script):
    """A script without its comments."""
    return re.sub(r"/\*.*?\*/", "", script, flags=re.S)


def scripts():
    return {path.name: code(path.read_text()) for path in PAGE.glob("*.js")}


def used():
    """The keys that are asked for, and the beginnings of those that are put together."""
    keys, beginnings = set(), set()
    for text in scripts().values():
        keys.update(re.findall(r'(?<![on]\()"(?!text\.)([a-z_]+\.[a-z_0-9]+)"', text))
        beginnings.update(re.findall(r"say\((?:[^()]*\? )?`([a-z_]+\.[a-z_]*)\$\{", text))
        beginnings.update(re.findall(r"key = `([a-z_]+\.[a-z_]*)\$\{", text))
    frame = (PAGE / "page.html").read_text()
    keys.update(key for key in re.findall(r"\{\{([^}]+)\}\}", frame) if "." in key)
    for path in (SOURCES / "report").glob("*.c"):
        keys.update(re.findall(r'"((?:variance|expected)\.[a-z_0-9]+)"', path.read_text()))
    return keys, tuple(beginnings)


class Words(unittest.TestCase):
    def setUp(self):
        self.tables = {language: table(language) for language in LANGUAGES}

    def test_all_languages_have_the_same_keys(self):
        for language in LANGUAGES:
            self.assertEqual(list(self.tables[language]), list(self.tables["en"]), language)

    def test_what_differs_has_the_same_names(self):
        for key, english in self.tables["en"].items():
            for language in LANGUAGES:
                forms = self.tables[language][key].split(" | ")
                self.assertLessEqual(len(forms), 2, key)
                wanted = names(english)
                self.assertEqual(set().union(*map(names, forms)), wanted, f"{language}: {key}")
                self.assertEqual(names(forms[-1]), wanted, f"{language}: {key}")
                if len(forms) == 2 and "{n}" not in english:
                    self.assertNotIn("{n}", self.tables[language][key])

    def test_every_key_is_there_and_used(self):
        keys, beginnings = used()
        self.assertEqual(sorted(keys - set(self.tables["en"])), [])
        self.assertEqual([key for key in self.tables["en"] if key not in keys and not key.startswith(beginnings)], [])

    def test_no_text_goes_round_the_tables(self):
        frame = re.sub(r"\{\{[^}]+\}\}|<code>.*?</code>|<[^>]*>", "", (PAGE / "page.html").read_text())
        self.assertEqual([word for word in re.findall(r"[^\W\d_]{2,}", frame) if word != "or"], [])
        for attribute in re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]*)"', (PAGE / "page.html").read_text()):
            self.assertRegex(attribute, r"^\{\{[a-z_.]+\}\}$")
        for name, text in scripts().items():
            for literal in re.findall(r'"((?:[^"\\\n]|\\.)*)"', re.sub(r"`[^`]*`", "``", text)):
                if literal not in ALLOWED:
                    self.assertNotRegex(literal, r"[^\W\d_]{2,},? [^\W\d_]{2,}", name)
            for literal in re.findall(r"(?:\"aria-label\"|\"title\"|placeholder|title): \"([^\"]+)\"|textContent = \"([^\"]+)\"", text):
                self.assertEqual("".join(literal), "n", name)

    def test_a_language_that_is_not_there(self):
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run([SWEEP, "report", "--lang", "fr"], cwd=folder, capture_output=True, text=True)
        self.assertEqual(run.returncode, 2)
        self.assertIn("'fr'", run.stderr)
        self.assertIn("en, es", run.stderr)


# What is two words and not said: classes, styles, selectors.
ALLOWED = {"input, select", "header.page, main > section", "button, a, summary",
           ".hit, .brush, .at, .reset, title", "chart confusion", "curve many", "curve-line main", "curve-line running",
           "curve-line training",
           "halo tick", "number lit", "open like-best", "plain scale", "point best", "point other",
           "point searched", "rule at", "screen and (prefers-color-scheme: dark)", "scroller numbers",
           "tbody tr[data-key]", "tbody tr[data-setting]", "title halo", "use strict"}

if __name__ == "__main__":
    unittest.main()
