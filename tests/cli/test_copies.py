"""sweep run --copy-to: the database is copied elsewhere at the beginning, every minute and at the end."""

import signal
import sqlite3
import time
import unittest

from harness import CONFIG, LONG, Case


class Copies(Case):
    def results(self, database):
        return self.ask("SELECT digest, status, test_loss FROM trials WHERE status = 'completed' ORDER BY 1", database)

    def test_at_the_end(self):
        _, err = self.sweep("run", "tiny.yaml", "--copy-to", "drive/copy.db")
        self.assertIn("\nresults: results/sweep.db\ncopy: drive/copy.db\n", err)
        self.assertEqual(self.dump("drive/copy.db"), self.dump())
        self.assertEqual(self.ask("SELECT outcome FROM commands", "drive/copy.db"), [("finished",)])
        self.assertEqual(self.sweep("top", "--db", "drive/copy.db", "--csv"), self.sweep("top", "--csv"))
        (self.folder / "other").mkdir()
        self.assertNotIn("copy", self.sweep("run", "tiny.yaml", "-q", "--copy-to", "other")[1])
        self.assertEqual(self.dump("other/sweep.db"), self.dump())
        left = [name for name in self.files() if "sweep-tmp" in name or name.endswith(("-wal", "-shm", ".lock"))]
        self.assertEqual(left, [])

    def test_an_interruption(self):
        self.write_lasting("long.yaml", LONG)
        self.check_ended(lambda process: process.send_signal(signal.SIGINT), 130)

    def test_a_request_of_a_batch_system(self):
        self.write_lasting("long.yaml", LONG)
        self.check_ended(lambda process: process.send_signal(signal.SIGUSR1), 75)

    def check_ended(self, end, code):
        process = self.start("run", "long.yaml", "-j1", "--copy-to", "copy.db")
        self.await_result()
        end(process)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, code, err)
        self.assertEqual(self.dump("copy.db"), self.dump())
        self.assertGreater(len(self.results("copy.db")), 0)

    def await_result(self):
        for _ in range(6000):
            try:
                if self.results("results/sweep.db"):
                    return
            except sqlite3.OperationalError:  # it is about to be made
                pass
            time.sleep(0.01)
        self.fail("no result")

    def test_a_kill_and_a_new_machine(self):
        """What a killed sweep leaves is whole, and where its database is gone, the sweep goes on from the copy."""
        self.write_lasting("long.yaml", LONG)
        self.sweep("run", "long.yaml", "-q", "--db", "whole.db")
        self.sweep("run", "tiny.yaml", "-q", "--copy-to", "copy.db")
        process = self.start("run", "long.yaml", "-j1", "--copy-to", "copy.db")
        self.await_result()
        process.kill()
        process.wait()
        self.assertEqual(self.ask("PRAGMA integrity_check", "copy.db"), [("ok",)])
        self.assertLessEqual(set(self.results("copy.db")), set(self.results("results/sweep.db")))
        kept = len(self.results("copy.db"))
        for path in (self.folder / "results").iterdir():
            path.unlink() if path.is_file() else None
        _, err = self.sweep("run", "tiny.yaml", "--copy-to", "copy.db")
        self.assertIn("went on from the copy copy.db", err)
        self.assertIn("all trained already", err)
        self.sweep("run", "long.yaml", "-q", "--copy-to", "copy.db")
        self.assertGreater(len(self.results("copy.db")), kept)
        self.assertLessEqual(set(self.results("whole.db")), set(self.results("copy.db")))

    def test_a_copy_that_fails(self):
        """Is told, and all is trained; what was asked for was not done, though."""
        out, err = self.sweep("run", "tiny.yaml", "--copy-to", "none/of/this/copy.db", code=74)
        self.assertIn("rank", out)
        self.assertIn("sweep: none/of/this: the folder can't be made", err)
        self.assertNotIn("copy: ", err)
        self.assertEqual(len(self.results("results/sweep.db")), 8)
        self.write_lasting("long.yaml", LONG)
        _, err = self.sweep("run", "long.yaml", "--copy-to", "none/of/this/copy.db", code=74)
        told = [line for line in err.splitlines() if "no copy was written" in line]
        self.assertEqual(len(told), 1, err)
        self.assertTrue(told[0].startswith("warning: "))
        self.assertIn("tried again every minute", err)

    def test_what_is_refused(self):
        self.sweep("run", "tiny.yaml", "-q", "--copy-to", "copy.db")
        self.write("text", "words\n" * 1000)
        self.write("small.yaml", CONFIG.replace("[1, 3]", "[1]"))
        self.sweep("run", "small.yaml", "-q", "--db", "small.db")
        self.fails(2, "copy.db: has 4 results that small.db does not have", "run", "small.yaml", "--db", "small.db",
                   "--copy-to", "copy.db")
        self.fails(2, "text: is there already, and no database of sweeps", "run", "tiny.yaml", "--copy-to", "text")
        self.fails(2, "the database itself", "run", "tiny.yaml", "--copy-to", "results")
        self.assertEqual((self.folder / "text").read_text(), "words\n" * 1000)


if __name__ == "__main__":
    unittest.main()
