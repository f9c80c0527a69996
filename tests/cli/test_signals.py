"""Kills, signals and broken streams: a sweep that is started again ends as one that never stopped."""

import fcntl
import os
import pathlib
import random
import re
import resource
import select
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import time
import unittest

from harness import ENDLESS, LONG_FORM, PATIENCE, SLOW, Case

# Kills of a real sweep; SWEEP_LONG=1 has a thousand.
KILLS = 1000 if LONG_FORM else 10
SEED = int(os.environ.get("SWEEP_SEED", "1"))

# The built-in digits; short, long and diverging runs, in two cohorts.
DIGITS = """\
name: digits
method: grid
dataset: digits
metrics: [f1_score]
parameters:
  train_images: {value: 2000}
  validation_split: {value: 0.02}
  batch_size: {values: [32, 50]}
  layers: {values: [[10], [16, 12]]}
  dropout: {value: 0.1}
  optimizer:
    values:
      - adam
      - {name: rmsprop, centered: true, momentum: 0.5}
      - {name: sgd, learning_rate: 1e30}
  epochs: {values: [1, 5, 30]}
"""

# One run that callbacks end early with the weights of its best epoch, on images that change.
PLATEAU = """\
name: plateau
method: grid
dataset: digits
metric: {name: val_accuracy, goal: maximize}
keep_models: all
parameters:
  train_images: {value: 2000}
  validation_split: {value: 0.1}
  layers: {value: [256]}
  learning_rate: {value: 0.8}
  augmentation: {value: [random_rotation 0.1, elastic 34 4]}
  augmentation_schedule: {value: cosine_decay alpha=0.1}
  reduce_lr_on_plateau: {value: val_accuracy patience=2 factor=0.5}
  early_stopping: {value: val_accuracy patience=4 min_delta=0.005 restore_best_weights=true}
  epochs: {value: 60}
"""

# ENDLESS with an end.
FINITE = ENDLESS.replace("name: endless", "name: finite").replace("1000000", "400")

GO_ON = re.compile(r"(\d+) runs? go(?:es)? on from epochs? (\d+)(?: to (\d+))?")


class Interrupted(Case):
    def setUp(self):
        super().setUp()
        for name, text in (("digits", DIGITS), ("endless", ENDLESS), ("finite", FINITE),
                           ("plateau", PLATEAU), ("slow", SLOW)):
            self.write(f"{name}.yaml", text)

    def checkpoints(self, database="results/sweep.db"):
        try:
            return sorted((self.folder / f"{database}.checkpoints").iterdir())
        except FileNotFoundError:  # not there yet, or there no more
            return []

    def wait_until(self, condition, process=None):
        end = time.monotonic() + PATIENCE
        while not condition():
            if process:
                self.assertIsNone(process.poll(), "ended by itself")
            if time.monotonic() > end:
                self.fail(self.describe(process) if process else "waited in vain")
            time.sleep(0.005)

    def describe(self, process):
        """What a program that hangs is doing, what it has said and which files there are."""
        lines = [f"pid {process.pid} hangs"]
        for thread in sorted(pathlib.Path(f"/proc/{process.pid}/task").iterdir()):
            for name in ("wchan", "syscall", "stack"):
                try:
                    lines.append(f"{thread.name} {name}: {(thread / name).read_text(encoding='utf-8')}")
                except OSError as error:
                    lines.append(f"{thread.name} {name}: {error}")
        for path in sorted((self.folder / "results").glob("**/*")):
            lines.append(f"{path}: {path.stat().st_size} bytes")
        for stream in (process.stdout, process.stderr):
            if stream:
                ready = select.select([stream], [], [], 0)[0]
                lines.append(f"said: {os.read(stream.fileno(), 65536) if ready else b''}")
        try:
            lines.append(str(self.ask("SELECT outcome, count(*) FROM attempts GROUP BY 1")))
        except sqlite3.Error as error:
            lines.append(str(error))
        return "\n".join(lines)

    def start_and_wait(self, config, *arguments, database="results/sweep.db", **options):
        """Start a sweep, and return once each run has left two checkpoints, or the slow one one."""
        def there():
            return {(path.name, path.stat().st_mtime_ns) for path in self.checkpoints(database)
                    if path.suffix in (".1", ".2")}
        before = there()
        wanted = 8 if config != "slow.yaml" else 1
        process = self.start("run", config, "-c0", "-j2", "--db", database, *arguments, **options)
        self.wait_until(lambda: len(there() - before) >= wanted, process)
        return process

    def interrupt(self, number, code, config="endless.yaml", **options):
        process = self.start_and_wait(config, **options)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, code, err)
        return out, err

    def leave(self):
        """Checkpoints of runs that were killed. Returns an epoch that none of them has reached."""
        process = self.start_and_wait("endless.yaml")
        process.kill()
        process.communicate()
        self.epochs = 20 + max(self.epoch_of(path) for path in self.checkpoints()
                               if path.suffix != ".new")
        return self.epochs

    def epoch_of(self, path):
        return struct.unpack_from("=Q", path.read_bytes(), 88)[0]

    def finish(self, *arguments, database="results/sweep.db", **options):
        """The runs that `leave` left, to the epoch it told."""
        return self.sweep("run", "endless.yaml", "--db", database, "-s", f"epochs={self.epochs}",
                          *arguments, **options)[1]

    def results(self, database="results/sweep.db"):
        """All that was measured of the trials that are done."""
        return self.ask("SELECT digest, trials.test_loss, trials.test_accuracy, parameters,"
                        " epoch, history.loss, history.accuracy, history.val_loss"
                        " FROM trials JOIN history USING (trial_id)"
                        " WHERE status = 'completed' ORDER BY 1, epoch", database)

    def assert_as_uninterrupted(self, *arguments, **options):
        self.finish("-q", *arguments, database="whole.db", **options)
        self.assertEqual(len(self.results("whole.db")) % self.epochs, 0)
        self.assertGreater(len(self.results("whole.db")), 0)
        self.assertEqual(self.results(), self.results("whole.db"))
        self.assertFalse((self.folder / "results" / "sweep.db.checkpoints").exists())

    def assert_whole(self, database):
        self.assertEqual(self.ask("PRAGMA integrity_check", database), [("ok",)])
        self.assertEqual(self.ask("PRAGMA foreign_key_check", database), [])


class Kills(Interrupted):
    ON_DISK = True

    def test_killed_again_and_again(self):
        self.sweep("run", "digits.yaml", "-q", "--db", "whole.db")
        begin = time.monotonic()
        self.sweep("run", "digits.yaml", "-q", "-c0", "--db", "timed.db")
        span = time.monotonic() - begin
        self.assertEqual(self.dump("timed.db"), self.dump("whole.db"))
        chance = random.Random(SEED)
        kills = resumed = sweeps = 0
        while kills < KILLS:
            name = f"kill{sweeps}.db"
            kills_here, resumed_here = self.kill_until_done(name, chance, span, KILLS - kills)
            self.assertEqual(self.dump(name), self.dump("whole.db"), f"seed {SEED}")
            self.assertEqual(self.checkpoints(name), [])
            self.assertFalse((self.folder / f"{name}.checkpoints").exists())
            kills += kills_here
            resumed += resumed_here
            sweeps += 1
        self.assertGreater(resumed, 0)
        print(f"{kills} kills of {sweeps} sweeps (seed {SEED}): {resumed} starts went on inside "
              "a trial", file=sys.stderr)

    def test_killed_before_callbacks_act(self):
        """In the epoch at whose end a plateau lowers the rate or the training ends, while its images
        are made: an epoch that brought nothing is counted already."""
        self.sweep("run", "plateau.yaml", "-q", "--db", "whole.db")
        scores = [row[0] for row in self.ask("SELECT val_accuracy FROM history ORDER BY epoch",
                                             "whole.db")]
        lowered = self.plateaus(scores)
        self.assertGreater(len(lowered), 0)
        self.assertLess(len(scores), 60)  # it ended early
        acting = {epoch - 1 for epoch in [*lowered, len(scores)]}
        left = self.kill_after(acting, "killed.db")
        self.assertTrue(left & acting, (left, acting))
        self.assertEqual(self.dump("killed.db"), self.dump("whole.db"))
        weights = "SELECT format, weights FROM models"
        self.assertEqual(len(self.ask(weights, "whole.db")), 1)
        self.assertEqual(self.ask(weights, "killed.db"), self.ask(weights, "whole.db"))

    def plateaus(self, scores):
        """The epochs at whose ends Keras' ReduceLROnPlateau lowers the rate."""
        best, wait, lowered = float("-inf"), 0, []
        for epoch, score in enumerate(scores, 1):
            wait = 0 if score > best + 1e-4 else wait + 1
            best = score if wait == 0 else best
            if wait == 2:
                lowered.append(epoch)
                wait = 0
        return lowered

    def last_checkpoint(self, database):
        """The epoch of the latest one; 0: there is none. They come and go meanwhile."""
        epochs = [0]
        for path in self.checkpoints(database):
            try:
                if path.suffix in (".1", ".2"):
                    epochs.append(self.epoch_of(path))
            except FileNotFoundError:
                pass
        return max(epochs)

    def kill_after(self, epochs, database):
        """Start a sweep of one run until it is done, and kill it after each of these epochs, or one
        soon after. Returns the epochs that it went on from."""
        left = set()
        while True:
            before = self.last_checkpoint(database)
            until = min((epoch for epoch in epochs if epoch > before), default=60)
            process = self.start("run", "plateau.yaml", "-c0", "-j1", "--db", database)
            while process.poll() is None and self.last_checkpoint(database) < until:
                time.sleep(0.001)
            process.kill()
            _, err = process.communicate(timeout=PATIENCE)
            if before:
                self.assertIn(f"1 run goes on from epoch {before}", err)
                left.add(before)
            if process.returncode == 0:
                return left
            self.assertEqual(process.returncode, -signal.SIGKILL, err)

    def kill_until_done(self, database, chance, span, most):
        """Start a sweep until it is done, and kill it at random moments meanwhile."""
        kills = resumed = 0
        seen = set()
        while True:
            process = self.start("run", "digits.yaml", "-c0", "--db", database,
                                 f"-j{chance.choice((1, 2, 3))}")
            if kills < most:
                self.kill_some_time(process, database, chance, span)
            out, err = process.communicate(timeout=PATIENCE)
            resumed += bool(GO_ON.search(err))
            self.assertNotIn("checkpoint", err)  # none was damaged
            if (self.folder / database).exists() and process.returncode != 0:
                kills += 1
                self.assertEqual(process.returncode, -signal.SIGKILL, err)
                done = self.done(database)
                self.assertLessEqual(seen, done)
                seen = done
                continue
            if process.returncode == 0:
                return kills, resumed

    def kill_some_time(self, process, database, chance, span):
        """At any time, or soon after a checkpoint was made; or never, when it ends before that."""
        before = {path.name for path in self.checkpoints(database)}
        if chance.random() < 0.5:
            span /= 5
            while process.poll() is None and {path.name for path in
                                              self.checkpoints(database)} == before:
                time.sleep(0.002)
        try:
            process.wait(chance.uniform(0, 1) * span)
        except subprocess.TimeoutExpired:
            process.kill()

    def done(self, database):
        self.assert_whole(database)
        if self.ask("SELECT count(*) FROM sqlite_schema WHERE name = 'trials'",
                    database) == [(0,)]:
            return set()
        return set(self.ask("SELECT digest, test_loss FROM trials WHERE status IN"
                            " ('completed', 'diverged')", database))

    def test_no_epoch_is_trained_again(self):
        self.leave()
        killed_at = time.time()
        runs, first, _ = GO_ON.search(self.finish()).groups()
        self.assertEqual(runs, "4")
        self.assertGreater(int(first), 0)
        # The training began before the kill.
        began = self.ask("SELECT max(strftime('%s', started_at)) FROM trials"
                         " WHERE status = 'completed'")[0][0]
        self.assertLessEqual(int(began), killed_at)
        self.assert_as_uninterrupted()

    def test_another_config_in_between(self):
        """Checkpoints wait for their own config, and are found by another one that has the runs."""
        self.leave()
        before = self.checkpoints()
        self.sweep("run", "tiny.yaml", "-q", "-s", "dropout=0.5")
        self.assertEqual(self.checkpoints(), before)
        more = ("-s", "optimizer=[ftrl, sgd, adam]", "-s", "repeats=3")
        self.assertEqual(GO_ON.search(self.finish(*more)).group(1), "4")
        self.finish("-q", *more, database="whole.db")
        self.assertEqual([row for row in self.results() if row in self.results("whole.db")],
                         self.results("whole.db"))
        self.assertEqual(self.checkpoints(), [])


class Refused(Interrupted):
    """Checkpoints that are not used say why, and cost only time."""

    def expect_whole(self, said, **options):
        err = self.finish("-q", **options)
        for words in said:
            self.assertIn(words, err)
        self.assert_as_uninterrupted(**options)
        return err

    def test_damaged(self):
        self.leave()
        for path in self.checkpoints():
            data = bytearray(path.read_bytes() or b"-")  # nothing yet in one that was being made
            data[len(data) // 2] ^= 4
            path.write_bytes(data)
        err = self.expect_whole(["sweep: checkpoint results/sweep.db.checkpoints/", " is damaged",
                                 "; the run starts again"])
        self.assertLess(err.count("\n"), 20)

    def test_something_else(self):
        self.leave()
        for i, path in enumerate(self.checkpoints()):
            path.unlink()
            if i % 4 == 0:
                path.write_text("a letter to my aunt")
            elif i % 4 == 1:
                path.symlink_to("/dev/zero")
            elif i % 4 == 2:
                os.mkfifo(path)
        self.expect_whole(["is no checkpoint", "Too many levels of symbolic links"])

    def test_another_blas(self):
        """OpenBLAS can be told to take the kernels of another processor."""
        self.leave()
        other = {"OPENBLAS_CORETYPE": "Prescott"}
        probe = self.sweep("run", "tiny.yaml", "-q", "--db", "probe.db", environment=other)
        cores = {self.ask("SELECT openblas_core FROM commands", name)[0][0]
                 for name in ("probe.db", "results/sweep.db")}
        if len(cores) == 1:
            self.skipTest(f"OpenBLAS has no kernels but {cores}: not tried {probe[1]}")
        self.expect_whole(["was made with another BLAS core (", ", and here 'Prescott')",
                           ", and so are 7 more; the run starts again"], environment=other)

    def test_no_room(self):
        (self.folder / "results").mkdir()
        (self.folder / "results" / "sweep.db.checkpoints").write_text("in the way")
        _, err = self.sweep("run", "finite.yaml", "-c0")
        self.assertEqual(err.count("can't be written: it is a symbolic link or a file; the sweep goes on without"),
                         1)
        self.sweep("run", "finite.yaml", "-q", "--db", "whole.db")
        self.assertEqual(self.dump(), self.dump("whole.db"))

    def test_wrong_options(self):
        for value in ("-1", "x", "1e9", ""):
            self.fails(2, "--checkpoint-seconds takes a whole number from 0 to 86400", "run",
                       "tiny.yaml", "--checkpoint-seconds", value)


class Signals(Interrupted):
    def test_each_signal_has_its_exit_status(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129),
                             (signal.SIGUSR1, 75), (signal.SIGXCPU, 75)):
            out, err = self.interrupt(number, code, database=f"{code}-{number}.db")
            self.assertTrue(out.startswith("endless: 0 of 4 trials"), out)
            self.assertEqual("once more to stop at once" in err,
                             number in (signal.SIGINT, signal.SIGTERM))
            self.assertRegex(err, r"sweep: interrupted; the same command trains the 4 trials that "
                                  r"are left; 4 runs go on from epochs? \d+")
            self.assertEqual(len(self.checkpoints(f"{code}-{number}.db")), 8)
            self.assert_whole(f"{code}-{number}.db")

    def test_interrupted_and_resumed(self):
        epoch = 0
        for number, code in ((signal.SIGINT, 130), (signal.SIGUSR1, 75), (signal.SIGHUP, 129)):
            _, err = self.interrupt(number, code)
            *_, (runs, first, last) = GO_ON.findall(err)
            self.assertEqual(runs, "4")
            self.assertGreater(int(first), epoch)
            epoch = int(first)
            self.epochs = 20 + int(last or first)
        self.assertEqual(GO_ON.search(self.finish()).group(2), str(epoch))
        self.assert_as_uninterrupted()

    @unittest.skipUnless(os.path.isdir("/proc/self"), "there is no /proc to look up the time spent")
    def test_what_took_long_is_kept_without_being_asked(self):
        """By default a cohort that is too short for checkpoints leaves one when it is stopped."""
        process = self.start("run", "endless.yaml", "-j1")
        ticks = os.sysconf("SC_CLK_TCK")
        def spent():
            with open(f"/proc/{process.pid}/stat", encoding="utf-8") as stat:
                user, system = stat.read().rpartition(")")[2].split()[11:13]
            return (int(user) + int(system)) / ticks
        self.wait_until(lambda: spent() > 3, process)  # a second of training is worth it
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 143)
        self.assertRegex(err, r"; [1-4] runs? goe?s? on from epoch")
        self.assertNotEqual(self.checkpoints(), [])

    def test_the_second_signal_ends_at_once(self):
        for first, second in ((signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGTERM),
                              (signal.SIGINT, signal.SIGTERM)):
            process = self.start_and_wait("slow.yaml", database=f"{first}{second}.db")
            process.send_signal(first)
            while "once more to stop at once" not in (line := process.stderr.readline()):
                self.assertTrue(line, "ended by itself")
            process.send_signal(second)
            out, err = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 128 + second)
            self.assertEqual((out, err), ("", ""))  # it did not get as far as summing up
            self.assert_whole(f"{first}{second}.db")
        _, err = self.interrupt(signal.SIGINT, 130, config="slow.yaml", database="22.db")
        self.assertIn("1 run goes on from epoch", err)

    def test_a_repeated_hint_is_one(self):
        for number, code in ((signal.SIGHUP, 129), (signal.SIGUSR1, 75), (signal.SIGXCPU, 75)):
            process = self.start_and_wait("slow.yaml", database=f"{number}.db")
            for _ in range(3):
                process.send_signal(number)
            while "stopping after the running epochs" not in (line := process.stderr.readline()):
                self.assertTrue(line, "ended by itself")
            process.send_signal(number)
            out, err = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, code, err)
            self.assertTrue(out.startswith("slow: 0 of 1 trial"), out)

    def test_a_hint_and_then_a_signal(self):
        """What came last and is stronger decides; it is a first one all the same."""
        process = self.start_and_wait("slow.yaml")
        process.send_signal(signal.SIGUSR1)
        while "stopping after the running epochs" not in (line := process.stderr.readline()):
            self.assertTrue(line, "ended by itself")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 143, err)
        self.assertTrue(out.startswith("slow: 0 of 1 trial"), out)

    def test_two_at_a_time_are_one(self):
        """As timeout(1) sends them: nobody can have meant the second one."""
        process = self.start_and_wait("endless.yaml")
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=PATIENCE)
        self.assertIn(process.returncode, (130, 143), err)
        self.assertTrue(out.startswith("endless: 0 of 4 trials"), out)

    def test_nohup(self):
        def ignore():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        process = self.start_and_wait("endless.yaml", preexec_fn=ignore)
        process.send_signal(signal.SIGHUP)
        newest = max(map(self.epoch_of, self.checkpoints()[:2]))
        self.wait_until(lambda: max(map(self.epoch_of, self.checkpoints()[:2])) > newest + 5,
                        process)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 143, err)


class Progress(Interrupted):
    """What a terminal shows of a training whose first epoch takes long."""

    def setUp(self):
        super().setUp()
        self.ours, theirs = os.openpty()
        self.addCleanup(os.close, self.ours)
        def own_terminal():
            os.setsid()
            fcntl.ioctl(2, termios.TIOCSCTTY, 0)
        self.process = self.start("run", "slow.yaml", stderr=theirs, preexec_fn=own_terminal,
                                  environment={"TERM": "xterm"})
        os.close(theirs)
        self.shown = b""

    def show_until(self, pattern):
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.shown):
            self.assertLess(time.monotonic(), end, self.shown[-300:])
            if select.select([self.ours], [], [], 1)[0]:
                try:
                    self.shown += os.read(self.ours, 65536)
                except OSError:  # the program has ended
                    self.assertRegex(self.shown, pattern)

    def test_within_an_epoch(self):
        self.show_until(rb"\[ *=* *\] +\d+ %  [0-9a-z. ]+ left  0/1 trials")
        self.show_until(rb"\[=+ *\] +[1-9]\d* %  [0-9a-z. ]+ left  0/1 trials")
        self.process.kill()
        self.process.communicate()

    def test_a_second_interrupt_ends_on_a_line_of_its_own(self):
        self.show_until(rb"left  0/1 trials")
        os.write(self.ours, b"\x03")
        self.show_until(rb"once more to stop at once\r\n")
        self.show_until(rb"once more to stop at once\r\n.*left  0/1 trials")
        os.write(self.ours, b"\x03")
        self.show_until(rb"\^C\r\n$")
        out, _ = self.process.communicate(timeout=PATIENCE)
        self.assertEqual((self.process.returncode, out), (130, ""))

    def test_so_do_two_at_a_time(self):
        """Also where the status was not drawn again since the first."""
        self.show_until(rb"left  0/1 trials")
        self.process.send_signal(signal.SIGSTOP)
        os.write(self.ours, b"\x03")
        self.process.send_signal(signal.SIGCONT)
        self.show_until(rb"once more to stop at once\r\n")
        os.write(self.ours, b"\x03")
        self.show_until(rb"\^C\r\n$")
        self.assertEqual(self.process.wait(PATIENCE), 130)
        self.process.stdout.close()


class Streams(Interrupted):
    """Nobody to read what is said is no reason to lose results."""

    def expect_all(self, process, code):
        self.assertEqual(process.wait(PATIENCE), code)
        self.assert_whole("results/sweep.db")
        self.sweep("run", "finite.yaml", "-q", "--db", "whole.db")
        self.assertEqual(self.dump(), self.dump("whole.db"))

    def test_stderr_breaks_midway(self):
        process = self.start("run", "finite.yaml", "-c0")
        process.stderr.close()  # before anything was said
        out = process.stdout.read()
        self.expect_all(process, 0)
        self.assertTrue(out.startswith("finite: 4 of 4 trials"), out)
        process.stdout.close()

    def test_stdout_breaks_midway(self):
        process = self.start("run", "finite.yaml")
        process.stdout.close()
        err = process.stderr.read()
        self.expect_all(process, 74)
        self.assertIn("standard output: Broken pipe", err)
        process.stderr.close()

    def test_a_terminal_goes_away(self):
        ours, theirs = os.openpty()
        process = self.start("run", "finite.yaml", "-c0", stderr=theirs,
                             environment={"TERM": "xterm"})
        os.close(theirs)
        os.read(ours, 1)
        os.close(ours)
        out = process.stdout.read()
        self.expect_all(process, 0)
        self.assertTrue(out.startswith("finite: 4 of 4 trials"), out)
        process.stdout.close()

    def test_closed_from_the_start(self):
        """A file that is opened must not get the number of a stream: messages would go there."""
        for streams, code in (((0,), 0), ((2,), 0), ((0, 2), 0), ((1,), 74), ((0, 1, 2), 74)):
            name = f"closed{''.join(map(str, streams))}.db"
            def close():
                for stream in streams:
                    os.close(stream)
            process = self.start("run", "tiny.yaml", "-c0", "--db", name, preexec_fn=close)
            _, err = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, code, err)
            self.assert_whole(name)
            self.assertEqual(self.ask("SELECT count(*) FROM trials WHERE status = 'completed'",
                                      name), [(8,)])

    @unittest.skipUnless(os.path.isdir("/proc/self/fd"), "there is no /proc to look it up")
    def test_numbers_of_streams_stay_theirs(self):
        def close():
            for stream in range(3):
                os.close(stream)
        process = self.start_and_wait("endless.yaml", preexec_fn=close)
        for stream in range(3):
            self.assertEqual(os.readlink(f"/proc/{process.pid}/fd/{stream}"), "/dev/null")
        process.kill()
        process.communicate()

    def test_files_that_may_not_grow(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        process = self.start("run", "finite.yaml", "-c0", preexec_fn=limit)
        _, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 74, err)  # an error with words, and not a signal
        self.assert_whole("results/sweep.db")
        self.sweep("run", "finite.yaml", "-q")
        self.sweep("run", "finite.yaml", "-q", "--db", "whole.db")
        self.assertEqual(self.dump(), self.dump("whole.db"))


class Unread(Interrupted):
    """Nobody reads what is said: training goes on, results are kept, and a signal still ends it."""

    WAYS = ("terminal", "stopped", "pipe")

    def full(self, way):
        """Both ends of a pipe or terminal that takes nothing more."""
        ours, theirs = os.pipe() if way == "pipe" else os.openpty()
        if way == "stopped":  # as by Ctrl-S
            termios.tcflow(theirs, termios.TCOOFF)
        else:
            os.set_blocking(theirs, False)
            refused = 0
            while refused < 20:  # a terminal moves on what it has when it is full, and takes more
                try:
                    os.write(theirs, b"." * (4096 if refused == 0 else 1))
                    refused = 0
                except BlockingIOError:
                    refused += 1
                    time.sleep(0.01)
            os.set_blocking(theirs, True)
        return ours, theirs

    def start_unread(self, way, *arguments, stream="stderr"):
        ours, self.theirs = self.full(way)
        process = self.start(*arguments, environment={"TERM": "xterm"}, **{stream: self.theirs})
        self.addCleanup(process.kill)
        return process, ours

    def read_on(self, way, ours):
        """What is said to somebody who begins to read now."""
        if way == "stopped":
            termios.tcflow(self.theirs, termios.TCOON)
        os.close(self.theirs)
        said = b""
        while select.select([ours], [], [], PATIENCE)[0]:
            try:
                data = os.read(ours, 65536)
            except OSError:  # a terminal without a writer
                break
            if not data:
                break
            said += data
        os.close(ours)
        return said.decode().replace("\r\n", "\n").lstrip(".")

    def closed_with(self, outcome, count):
        """Whether so many trials ended so, and the database was closed after that."""
        try:
            found = self.ask(f"SELECT count(*) FROM attempts WHERE outcome = '{outcome}'")
        except sqlite3.OperationalError:  # there is none yet
            return False
        return found == [(count,)] and not (self.folder / "results/sweep.db-wal").exists()

    def results_are_kept(self, way, **options):
        process, ours = self.start_unread(way, "run", "tiny.yaml", **options)
        self.wait_until(lambda: self.closed_with("completed", 8), process)
        self.assert_whole("results/sweep.db")
        return process, ours

    def test_stderr(self):
        for way in self.WAYS:
            with self.subTest(way):
                process, ours = self.results_are_kept(way)
                self.assertIsNone(process.poll())  # what it has to say is not lost
                said = self.read_on(way, ours)
                for words in ("data set tiny", "8 trials: 4 settings x 2 seeds", "trained in ",
                              "results: results/sweep.db"):
                    self.assertIn(words, said)
                self.assertEqual(process.wait(PATIENCE), 0)
                self.assertTrue(process.stdout.read().startswith("tiny: 8 of 8 trials"))
                shutil.rmtree(self.folder / "results")

    def test_stdout(self):
        for way in self.WAYS:
            with self.subTest(way):
                process, ours = self.results_are_kept(way, stream="stdout")
                self.assertIn("8 of 8 trials", self.read_on(way, ours))
                self.assertEqual(process.wait(PATIENCE), 0)
                shutil.rmtree(self.folder / "results")

    def waits_for_a_reader(self, process):
        """Whether it is in a system call of pipes; where the kernel does not tell, it will be soon."""
        try:
            where = pathlib.Path(f"/proc/{process.pid}/wchan").read_text(encoding="utf-8")
        except OSError:
            where = "0"
        if where == "0":
            time.sleep(0.05)
            self.looks = getattr(self, "looks", 0) + 1
        return "pipe" in where or getattr(self, "looks", 0) > 40

    def test_what_is_read_holds_up_no_sweep(self):
        """Nobody reads what another command prints of the database."""
        self.sweep("run", "tiny.yaml", "-q")
        for seed, command in enumerate((("export",), ("export", "--history", "-F", "jsonl"), ("top",),
                                        ("compare",), ("show",), ("report", "-o", "-"))):
            whole = self.sweep(*command)[0]
            process, ours = self.start_unread("pipe", *command, stream="stdout")
            self.wait_until(lambda: self.waits_for_a_reader(process), process)
            self.sweep("run", "tiny.yaml", "-q", "-s", f"seed={100 * seed + 100}", "-s", "epochs=1")
            self.assertEqual(self.read_on("pipe", ours), whole)
            self.assertEqual(process.wait(PATIENCE), 0)
            process.stderr.close()

    def test_a_signal_ends_what_only_has_to_tell(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            for stream in ("stderr", "stdout"):
                process, ours = self.results_are_kept("pipe", stream=stream)
                process.send_signal(number)
                self.assertEqual(process.wait(PATIENCE), 128 + number)
                self.read_on("pipe", ours)
                shutil.rmtree(self.folder / "results")

    def test_one_signal_ends_it(self):
        """Also while it tells what became of it, to nobody."""
        for number, way, stream in ((signal.SIGTERM, "pipe", "stderr"), (signal.SIGINT, "pipe", "stdout"),
                                    (signal.SIGUSR1, "stopped", "stderr")):
            with self.subTest(f"{number} {way} {stream}"):
                process, ours = self.start_unread(way, "run", "endless.yaml", "-c0", "-j2", stream=stream)
                self.wait_until(lambda: len(self.checkpoints()) >= 8, process)
                process.send_signal(number)
                code = 75 if number == signal.SIGUSR1 else 128 + number
                self.assertEqual(process.wait(PATIENCE), code)
                self.assertTrue(self.closed_with("interrupted", 4))
                self.assert_whole("results/sweep.db")
                self.read_on(way, ours)
                shutil.rmtree(self.folder / "results")

    def test_one_signal_ends_what_prints_to_nobody(self):
        self.sweep("run", "tiny.yaml", "-q")
        for command in (("export",), ("export", "--history", "-F", "jsonl"), ("top",), ("show",),
                        ("report", "-o", "-"), ("plan", "tiny.yaml"), ("keys",), ("list",),
                        ("doctor", "-D", "data")):
            with self.subTest(command):
                process, ours = self.start_unread("pipe", *command, stream="stdout")
                self.looks = 0
                self.wait_until(lambda: self.waits_for_a_reader(process), process)
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(PATIENCE), -signal.SIGTERM)
                self.read_on("pipe", ours)
                process.stderr.close()

    def test_two_signals_end_it(self):
        for way in self.WAYS:
            with self.subTest(way):
                process, ours = self.start_unread(way, "run", "endless.yaml", "-c0", "-j2")
                self.wait_until(lambda: len(self.checkpoints()) >= 8, process)
                process.send_signal(signal.SIGTERM)
                self.wait_until(lambda: self.closed_with("interrupted", 4), process)
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(PATIENCE), 143)
                self.read_on(way, ours)
                self.assert_whole("results/sweep.db")
                shutil.rmtree(self.folder / "results")

    def test_the_second_signal_ends_an_epoch_that_takes_long(self):
        process, ours = self.start_unread("terminal", "run", "slow.yaml", "-c0")
        self.wait_until(lambda: len(self.checkpoints()) >= 1, process)
        for _ in range(2):
            process.send_signal(signal.SIGTERM)
            time.sleep(1.1)
        self.assertEqual(process.wait(PATIENCE), 143)
        self.read_on("terminal", ours)

    def test_what_was_kept_is_said_in_order(self):
        process, ours = self.start_unread("terminal", "run", "endless.yaml", "-c0", "-j2")
        self.wait_until(lambda: len(self.checkpoints()) >= 8, process)
        process.send_signal(signal.SIGTERM)
        said = self.read_on("terminal", ours)
        self.assertEqual(process.wait(PATIENCE), 143)
        self.assertRegex(said, r"(?s)data set.*4 trials.*stopping after.*results.*interrupted")


if __name__ == "__main__":
    unittest.main(verbosity=2)
