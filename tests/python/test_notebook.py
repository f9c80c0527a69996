"""experiments/notebook.ipynb, run from its first cell to its last, by nbclient (Debian's python3-nbclient).

Here that is in a folder made for it, with $SWEEP as the program and with fewer seeds in the configs; the first cell's
command is run from where it trains. With --whole all is as a reader has it, in this checkout, packages and build
included: for a bare system (scripts/bare). Without nbclient, ipykernel, matplotlib or pandas the test is skipped.
"""

import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

try:
    import ipykernel  # noqa: F401
    import matplotlib  # noqa: F401
    import nbclient
    import nbformat
    import pandas  # noqa: F401
except ImportError as missing:
    print(f"skipped: {missing.name} is not installed; scripts/packages test installs it")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "experiments" / "notebook.ipynb"
WHOLE = "--whole" in sys.argv


def readme_command():
    text = (ROOT / "README.md").read_text()
    return re.search(r"<!-- run command -->\n```sh\n(.*?)\n```", text, re.S)[1]


class Notebook(unittest.TestCase):
    def setUp(self):
        self.notebook = nbformat.read(NOTEBOOK, as_version=4)
        self.code = [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    def test_what_is_committed(self):
        """Is clean, and begins with README's first command."""
        nbformat.validate(self.notebook)
        self.assertIn("\n!" + readme_command() + "\n", self.code[0].source + "\n")
        for cell in self.code:
            self.assertEqual((cell.outputs, cell.execution_count), ([], None))
        for cell in self.notebook.cells:
            self.assertNotRegex(cell.source, r"/(home|root|work|tmp|Users)/")

    def make_desk(self):
        """A folder like the checkout, in which things take less time. Returns where the notebook is."""
        desk = pathlib.Path(tempfile.mkdtemp(prefix="sweep-notebook-"))
        self.addCleanup(shutil.rmtree, desk)
        for name in ("configs", "experiments", "scripts", "src/python"):
            shutil.copytree(ROOT / name, desk / name)
        for config in (desk / "configs").glob("*.yaml"):
            config.write_text(re.sub(r"(?m)^repeats: \d+", "repeats: 2", config.read_text()))
        (desk / "build" / "release").mkdir(parents=True)
        (desk / "build" / "release" / "sweep").symlink_to(os.environ.pop("SWEEP"))
        self.code[0].source = re.sub(r"!.* && (?=build/release/sweep )", "!", self.code[0].source)
        return desk / "experiments"

    def shown(self, cell, kind):
        return [output.data[kind] for output in cell.outputs if kind in output.get("data", {})]

    def test_all_of_it(self):
        place = NOTEBOOK.parent if WHOLE else self.make_desk()
        nbclient.NotebookClient(self.notebook, timeout=3600 if WHOLE else 600, kernel_name="python3",
                                resources={"metadata": {"path": place}}).execute()
        texts = ["\n".join([*self.shown(cell, "text/plain"), *(output.get("text", "") for output in cell.outputs)])
                 for cell in self.code]
        everything = "\n".join(texts)
        self.assertIn("378 of 378 trials" if WHOLE else "108 of 108 trials", texts[0])
        self.assertIn("(60000, 28, 28)", everything)
        self.assertIn("trained as class 0", everything)  # the warning
        # The deck's accuracy is the share of zeros, which stands beside it.
        evaluated = next(text for text in texts if "test_accuracy, dtype" in text)
        mean, zeros = re.search(r"mean +([\d.]+)", evaluated)[1], re.search(r"float64,\s+([\d.]+)\)", evaluated)[1]
        self.assertAlmostEqual(float(mean), float(zeros), 6)
        self.assertEqual(sum(len(self.shown(cell, "image/png")) for cell in self.code), 6)
        frames = [page for cell in self.code for page in self.shown(cell, "text/html") if "<iframe" in page]
        self.assertEqual(len(frames), 1)
        self.assertIn("lang=&quot;es&quot;", frames[0])
        self.assertIn("sweep.db", texts[-1])


if __name__ == "__main__":
    unittest.main(argv=[word for word in sys.argv if word != "--whole"])
