"""sweep completions: each shell's script has every option, and completes in that shell itself.

Shells that are not installed are skipped, out loud.
"""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import unittest

from harness import PATIENCE, SWEEP, Case

# Complete the words given; COMP_WORDS is split at = as readline does.
BASH = """\
source /dev/stdin <<< "$(cat "$1")"; shift
COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_sweep 2>&1
printf '%s\\n' "${COMPREPLY[@]}"
"""

# zsh completes in its line editor only; Tab is to list and never to insert.
ZSH = """\
PS1= PROMPT_EOL_MARK= LISTMAX=0
autoload -U compinit
compinit -u -d ./dump
source ./_sweep
zstyle ':completion:*' list-colors ''
setopt no_beep no_list_ambiguous
bindkey '^I' list-choices
"""


class Completions(Case):
    def setUp(self):
        super().setUp()
        self.commands = re.findall(r"(?m)^  sweep ([a-z]+) ", self.sweep("--help")[0])
        self.assertIn("completions", self.commands)

    def options(self, command):
        out = self.sweep(command, "--help")[0]
        lines = [l[:29] for l in out.splitlines() if re.match(r" {2,6}-", l)]
        return set(re.findall(r"(?<!\S)-(?:-[a-z-]+|[A-Za-z?])(?![a-z])",
                              " ".join(lines).replace(",", " ").replace("=", " ")))

    def script(self, shell):
        out, err = self.sweep("completions", shell)
        self.assertEqual(err, "")
        path = self.folder / f"script.{shell}"
        path.write_text(out)
        return out, path

    def needs(self, shell):
        if not shutil.which(shell):
            print(f"skipped: {shell} is not installed", file=sys.stderr)
            self.skipTest(f"{shell} is not installed")

    def test_usage(self):
        self.fails(2, "bash|zsh|fish|configs is missing", "completions")
        self.fails(2, "not one of bash|zsh|fish|configs", "completions", "tcsh")
        self.fails(2, "one bash|zsh|fish|configs at a time", "completions", "bash", "zsh")

    def test_every_option_is_in_every_script(self):
        bash, zsh, fish = (self.script(shell)[0] for shell in ("bash", "zsh", "fish"))
        for command in self.commands:
            wanted = self.options(command)
            self.assertIn("--help", wanted)
            offered = re.search(rf"(?m)^        {command}\)\n            options='([^']*)'", bash)
            self.assertEqual({o.rstrip("=") for o in offered[1].split()}, wanted, command)
            part = re.search(rf"(?ms)^        {command}\)\n            _arguments(.*?) ;;$", zsh)[1]
            offered = re.findall(r"(?m)^ +'(?:\((-.) --[a-z-]+\)'\{[^}]*,)?(--[a-z-]+)", part)
            self.assertEqual({o for pair in offered for o in pair if o}, wanted, command)
            lines = re.findall(rf"(?m)^complete -c sweep -n '__fish_seen_subcommand_from "
                               rf"{command}' (-l .*)$", fish)
            offered = {o for line in lines for o in
                       ["--" + re.match(r"-l (\S+)", line)[1]] +
                       ["-" + c for c in re.findall(r"^-l \S+ -s '(.)'", line)]}
            self.assertEqual(offered, wanted, command)

    def bash(self, *words):
        done = subprocess.run(["bash", "--norc", "-c", BASH, "bash", self.script("bash")[1],
                               *words], cwd=self.folder, env=self.environment, text=True,
                              capture_output=True)
        self.assertEqual(done.stderr, "")
        return [line for line in done.stdout.splitlines() if line]

    def test_bash_completes(self):
        self.needs("bash")
        self.assertEqual(set(self.bash("sweep", "")), {"help", *self.commands})
        self.assertEqual(self.bash("sweep", "pl"), ["plan"])
        self.assertEqual(self.bash("sweep", "help", "pl"), ["plan"])
        self.assertEqual(self.bash("sweep", "--ver"), ["--version"])
        self.assertEqual(self.bash("sweep", "run", "--ret"), ["--retry-failed"])
        self.assertEqual(self.bash("sweep", "run", "--data-"), ["--data-dir="])
        self.assertEqual(self.bash("sweep", "top", "--sw"), ["--sweep="])
        # values, after a space, a short option and a =
        self.assertEqual(self.bash("sweep", "export", "--format", "js"), ["jsonl"])
        self.assertEqual(self.bash("sweep", "export", "-F", "op"), ["optuna"])
        self.assertEqual(self.bash("sweep", "export", "--format", "=", "c"), ["csv"])
        self.assertEqual(self.bash("sweep", "run", "--dataset", "m"), ["mnist"])
        self.assertEqual(self.bash("sweep", "run", "tiny.yaml", "--set", "optimizer", "=", "ada"),
                         ["adam", "adamax", "adagrad", "adadelta", "adamw", "adafactor"])
        self.assertEqual(self.bash("sweep", "run", "--set", "=", "batch"), ["batch_size="])
        self.assertEqual(self.bash("sweep", "top", "-w", "see"), ["seed="])
        self.assertEqual(self.bash("sweep", "top", "--by", "test_f"), ["test_f1_score"])
        self.assertEqual(self.bash("sweep", "run", "-j", ""), [])
        # files and folders
        self.assertEqual(self.bash("sweep", "run", ""), ["tiny.yaml", "data"])
        self.assertEqual(self.bash("sweep", "run", "-q", "-j", "2", "t"), ["tiny.yaml"])
        self.assertEqual(self.bash("sweep", "run", "tiny.yaml", ""), [])
        self.write("with blank.db", "")
        self.assertEqual(self.bash("sweep", "top", "--db", "w"), ["with blank.db"])
        self.assertEqual(self.bash("sweep", "top", "--db", "=", "w"), ["with blank.db"])
        self.assertEqual(self.bash("sweep", "data", "sh"), ["show"])
        self.assertEqual(self.bash("sweep", "data", "show", "d"), ["digits", "data"])
        self.assertEqual(self.bash("sweep", "keys", "leaky"), ["leaky_relu"])
        self.assertEqual(self.bash("sweep", "completions", ""), ["bash", "zsh", "fish", "configs"])
        self.assertEqual(self.bash("sweep", "nonsense", ""), [])
        # several, and those that options are among
        for words in (["opt"], ["epochs", "opt"], ["epochs", "-q", "opt"]):
            self.assertEqual(self.bash("sweep", "compare", *words), ["optimizer"])
        self.assertEqual(self.bash("sweep", "predict", "b"), ["best"])
        self.assertEqual(self.bash("sweep", "show", "best", ""), [])
        self.assertEqual(self.bash("sweep", "predict", "best", "with"), ["with blank.db"])

    def make_configs(self):
        """Names in configs/, none of which is a file of the folder; and the program on the path."""
        (self.folder / "configs").mkdir()
        for name in ("mine", "with blank", "$(touch bad)", "tiny"):
            self.write(f"configs/{name}.yaml", "method: grid\n")
        (self.folder / "bin").mkdir()
        (self.folder / "bin/sweep").symlink_to(SWEEP)
        self.environment = {**self.environment,
                            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}

    def test_names_of_configs(self):
        self.make_configs()
        names = self.sweep("completions", "configs")[0].splitlines()
        self.assertLess({"mine", "with blank", "$(touch bad)", "grid"}, set(names))
        self.assertNotIn("tiny", names)

    def test_bash_completes_names_of_configs(self):
        self.needs("bash")
        self.make_configs()
        self.assertEqual(self.bash("sweep", "run", "gri"), ["grid"])
        for command in ("plan", "doctor"):
            self.assertEqual(self.bash("sweep", command, "m"), ["mine"])
        self.assertEqual(self.bash("sweep", "run", "with"), ["with blank"])
        self.assertEqual(self.bash("sweep", "run", "$"), ["$(touch bad)"])
        self.assertEqual(self.bash("sweep", "run", "ti"), ["tiny.yaml"])
        self.assertFalse((self.folder / "bad").exists())
        self.assertEqual(self.bash("no-such-program", "run", "t"), ["tiny.yaml"])

    def zsh(self, line, wanted):
        """Type the line and Tab, and wait until all that is wanted was shown."""
        (self.folder / "_sweep").write_text(self.script("zsh")[0])
        (self.folder / "setup").write_text(ZSH)
        ours, theirs = pty.openpty()
        process = subprocess.Popen(["zsh", "-f", "-i"], cwd=self.folder, stdin=theirs,
                                   stdout=theirs, stderr=theirs, start_new_session=True,
                                   env={**self.environment, "TERM": "dumb", "COLUMNS": "200"})
        os.close(theirs)
        try:
            self.wait_for(ours, b". ./setup; print all-is-'ready'\n", ["all-is-ready"])
            self.wait_for(ours, line.encode() + b"\t", wanted)
        finally:
            process.kill()
            process.wait()
            os.close(ours)

    def wait_for(self, terminal, typed, wanted):
        os.write(terminal, typed)
        shown = b""
        while not all(word.encode() in shown for word in wanted):
            if not select.select([terminal], [], [], PATIENCE)[0]:
                self.fail(f"{typed} never showed {wanted}, but: {shown.decode()}")
            shown += os.read(terminal, 65536)

    def test_zsh_completes(self):
        self.needs("zsh")
        path = self.script("zsh")[1]
        subprocess.run(["zsh", "-n", path], check=True)
        self.zsh("sweep ", self.commands)
        self.zsh("sweep run --", ["--retry-failed", "Train failed trials again"])
        self.zsh("sweep run --set optimizer=ada", ["optimizer=adamax", "optimizer=adadelta"])
        self.zsh("sweep run --set=batch", ["batch_size="])
        self.zsh("sweep export --format ", ["csv", "jsonl", "optuna"])
        self.zsh("sweep run ", ["tiny.yaml"])
        self.zsh("sweep data show ", ["digits", "mnist"])
        self.make_configs()
        self.zsh("sweep run ", ["tiny.yaml", "grid", "mine"])

    def fish(self, line):
        path = self.script("fish")[1]
        done = subprocess.run(["fish", "--no-config", "-c",
                               "source $argv[1]; complete -C $argv[2]", str(path), line],
                              cwd=self.folder, env=self.environment, text=True,
                              capture_output=True)
        self.assertEqual(done.stderr, "")
        return [row.split("\t")[0] for row in done.stdout.splitlines()]

    def test_fish_completes(self):
        self.needs("fish")
        subprocess.run(["fish", "-n", self.script("fish")[1]], check=True)
        self.assertEqual(set(self.fish("sweep ")), set(self.commands))
        self.assertIn("--retry-failed", self.fish("sweep run --r"))
        self.assertEqual(self.fish("sweep run --set optimizer=adama"), ["optimizer=adamax"])
        self.assertEqual(self.fish("sweep export --format=j"), ["--format=jsonl"])
        self.assertEqual(self.fish("sweep run ti"), ["tiny.yaml"])
        self.assertIn("digits", self.fish("sweep data show "))
        self.assertEqual(self.fish("sweep keys leaky"), ["leaky_relu"])
        self.make_configs()
        self.assertEqual(self.fish("sweep run gri"), ["grid"])
        self.assertEqual(self.fish("sweep run with"), ["with blank"])


if __name__ == "__main__":
    unittest.main()
