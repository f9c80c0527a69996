"""Whether the kernels for processors with AVX2 keep their vectors in registers. GCC puts vectors that are longer than a register
into memory, piece by piece; such a kernel is ten times slower, gives the same bits, and no other test would tell."""

import collections
import os
import re
import shutil
import subprocess
import sys
import unittest

from harness import SWEEP

OBJDUMP = shutil.which("objdump")
KERNEL = re.compile(r"_half_lanes$|\.arch_x86_64_v3$")
LEAST = 100  # instructions: of shorter ones the share says little
MOST = 0.45  # of them on the stack; those in memory had .55 to .8


class Registers(unittest.TestCase):
    def test_share_of_the_stack(self):
        code = subprocess.run([OBJDUMP, "--disassemble", "--no-show-raw-insn", SWEEP], capture_output=True, text=True,
                              check=True).stdout
        instructions, stack, name = collections.Counter(), collections.Counter(), ""
        for line in code.splitlines():
            if line.endswith(">:"):
                name = line[line.index("<") + 1:-2]
            elif KERNEL.search(name) and line:
                instructions[name] += 1
                stack[name] += "(%rsp)" in line or "(%rbp)" in line
        self.assertIn("forward_5_half_lanes", instructions)
        self.assertEqual([], [f"{name}: {stack[name]} of {count} instructions" for name, count in instructions.items()
                              if count >= LEAST and stack[name] > MOST * count])


if __name__ == "__main__":
    if not OBJDUMP or os.environ.get("SWEEP_SANITIZE") or os.uname().machine != "x86_64":
        print("objdump is not installed" if not OBJDUMP else "this build or machine has other kernels")
        sys.exit(77)
    unittest.main(verbosity=2)
