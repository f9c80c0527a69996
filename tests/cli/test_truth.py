"""What search_truth says of a sweep of which everything was trained, against a count made anew.

ctest sets SWEEP and SEARCH_TRUTH, the programs' paths.
"""

import os
import re
import subprocess
import unittest

from harness import Case

CONFIG = """\
name: truth
method: grid
dataset: tiny
repeats: 3
metric: {name: val_accuracy, goal: maximize}
parameters:
  validation_split: {value: 0.3}
  epochs: {value: 9}
  layers: {values: [[2], [4], [8]]}
  optimizer: {values: [sgd, adam, {name: sgd, momentum: 0.9}]}
  learning_rate: {values: [0.001, 0.01, 0.1, 100]}
"""


class Truth(Case):
    def score(self, *cases):
        """For each case the epochs in percent, mean regret, mean loss against the whole, share kept."""
        command = [os.environ["SEARCH_TRUTH"], str(self.folder / "truth.db"), "--sweeps", "20", *cases]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        found = [re.fullmatch(r"(\S+(?: \S+)*) +([\d.]+) +([\d.]+) +\d+ % +\d+ % +([\d.]+) +\d+ % +\d+ % +(\d+) %", line)
                 for line in lines]
        numbers = [tuple(map(float, match.groups()[1:])) for match in found if match]
        self.assertEqual(len(numbers), len(cases), lines)
        return numbers

    def test_small_truth(self):
        self.write("truth.yaml", CONFIG)
        self.sweep("run", "truth.yaml", "--db", "truth.db", "-q")
        whole, one, halving, race, random = self.score(
            "grid", "grid seeds=1", "halving min_iter=1 keep=0.25 finalists=1 seeds=2", "race",
            "random+halving budget=0.2")
        # With all seeds the best is the truly best; all is trained.
        self.assertEqual(whole, (100, 0, 0, 100))
        self.assertEqual((one[0], one[2:]), (100, (0, 100)))
        # 36 settings: 36 x 1, 9 x 2, 3 x 6 epochs, and 9 more of one, of 36 x 2 x 9; less what diverged.
        self.assertAlmostEqual(halving[0], 100 * (36 + 18 + 18 + 9) / 648, delta=0.06)
        self.assertLess(race[0], 100)
        self.assertLess(random[0], 45)


if __name__ == "__main__":
    unittest.main()
