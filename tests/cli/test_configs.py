"""Configs by their bare names: from the current folder, a build, and an installation that was moved."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from harness import ROOT, SWEEP, Case

NAMED = "name: {}\nmethod: grid\ndataset: tiny\nparameters: {{epochs: {{value: 1}}}}\n"
NAMES = sorted(path.stem for path in (ROOT / "configs").glob("*.yaml"))


class Configs(Case):
    program = SWEEP

    def sweep(self, *arguments, code=0):
        done = subprocess.run([self.program, *arguments], cwd=self.folder, env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done.stdout, done.stderr

    def plans(self, name, config, said=True):
        """The config that a name finds, which is told where it is not the name itself."""
        out, err = self.sweep("plan", name, "--dataset", "tiny")
        self.assertIn(f"{config}, on tiny\n", out)
        self.assertEqual(err.startswith("config "), said, err)
        return err.partition("\n")[0].removeprefix("config ")

    def test_a_file_of_that_name_comes_first(self):
        self.write("grid", NAMED.format("here"))
        self.plans("grid", "here", said=False)

    def test_the_current_folder_comes_before_its_configs(self):
        (self.folder / "configs").mkdir()
        self.write("configs/grid.yml", NAMED.format("below"))
        self.assertEqual(self.plans("grid", "below"), "configs/grid.yml")
        self.assertEqual(self.plans("grid.yml", "below"), "configs/grid.yml")
        self.write("grid.yaml", NAMED.format("here"))
        self.assertEqual(self.plans("grid", "here"), "grid.yaml")
        self.plans("grid.yaml", "here", said=False)
        (self.folder / "grid").mkdir()
        self.assertEqual(self.plans("grid", "here"), "grid.yaml")

    def test_a_path_is_no_name(self):
        self.write("mine.yaml", NAMED.format("mine"))
        for path in ("./mine", str(self.folder / "mine"), "./grid"):
            err = self.fails(65, "No such file", "plan", path)
            self.assertNotIn("grid,", err)

    def test_a_name_that_finds_nothing_is_told_what_there_is(self):
        self.write("mine.yaml", NAMED.format("mine"))
        names = sorted([*NAMES, "mine", "tiny"])
        for command in ("plan", "run"):
            err = self.fails(65, "did you mean 'grid'?", command, "gird")
            self.assertIn("Known: " + ", ".join(names) + "\n", err)
        self.assertIn("did you mean 'grid'?", self.sweep("doctor", "gird", code=1)[0])
        for i in range(30):
            self.write(f"x{i}.yaml", "")
        self.assertIn(f"and {len(names) + 30 - 20} more", self.fails(65, "No such file", "run", "nope"))

    def test_a_build_has_those_of_its_source(self):
        self.assertEqual(self.plans("grid", "grid"), str(ROOT / "configs" / "grid.yaml"))
        self.assertIn("\nStart with: sweep run grid\n", self.sweep("--help")[0])
        self.assertIn("as in: sweep run grid\n", self.fails(2, "CONFIG is missing", "run"))

    def test_a_program_alone_promises_nothing(self):
        self.program = shutil.copy(SWEEP, self.folder / "alone")
        self.fails(65, "Known: tiny\n", "plan", "grid")
        self.assertIn("\nStart with: sweep run FILE.yaml", self.sweep("--help")[0])
        self.assertIn("as in: sweep run FILE.yaml", self.fails(2, "CONFIG is missing", "run"))

    def install(self):
        cmake = shutil.which("cmake")
        if not cmake:
            print("skipped: cmake is not to be found", file=sys.stderr)
            self.skipTest("cmake is not to be found")
        subprocess.run([cmake, "--install", os.path.dirname(SWEEP), "--prefix", self.folder / "made"],
                       check=True, stdout=subprocess.DEVNULL)
        prefix = (self.folder / "made").rename(self.folder / "with a blank")
        self.program = prefix / "bin" / "sweep"
        return prefix

    def test_an_installation_has_its_own_wherever_it_is(self):
        prefix = self.install()
        self.assertEqual(self.plans("grid", "grid"), str(prefix / "share/sweep/configs/grid.yaml"))
        self.assertIn("\nStart with: sweep run grid\n", self.sweep("--help")[0])
        out, _ = self.sweep("run", "grid", "-q", "--dataset", "tiny", "-s", "epochs=1", "-s", "repeats=1")
        self.assertIn("rank", out)
        self.assertEqual(pathlib.Path(self.ask("SELECT config_path FROM commands")[0][0]).name, "grid.yaml")


if __name__ == "__main__":
    unittest.main()
