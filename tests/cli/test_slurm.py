"""`sweep submit` on a real Slurm: a cluster of two nodes on this machine's loopback, as the superuser.

Skipped where Debian's slurmctld, slurmd, slurm-client and munge are not installed (scripts/packages
check gets them), and for other users.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from harness import ROOT, Case

NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue", "scancel")
MISSING = [name for name in NEEDED if not shutil.which(name)]
WAIT = 300

CONFIG = """\
name: array
method: grid
dataset: tiny
repeats: 2
keep_models: none
parameters:
  validation_split: {value: 0.2}
  batch_size: {values: [16, 32]}
  layers: {values: [[], [12]]}
  optimizer: {values: [sgd, adam]}
  epochs: {values: [2, 5]}
"""

LONG = """\
name: long
method: grid
dataset: tiny
repeats: 4
keep_models: none
parameters:
  layers: {value: [48]}
  optimizer: {values: [adam, sgd]}
  epochs: {values: [1000, 8000]}
"""

SEARCH = """\
name: search
method: grid
dataset: tiny
early_terminate: {type: hyperband, min_iter: 1, eta: 3}
parameters:
  validation_split: {value: 0.2}
  layers: {values: [[6], [10]]}
  optimizer: {values: [sgd, adam]}
  learning_rate: {values: [0.01, 0.1]}
  epochs: {value: 9}
"""

CLUSTER = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket={folder}/munge/sock
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/log/slurmctld
SlurmdLogFile={folder}/log/%n
SlurmctldPort={port}
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
SlurmdTimeout=15
MaxArraySize=5
NodeName=n[1-2] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs=1 Sockets=1 CoresPerSocket=1 ThreadsPerCore=1 RealMemory=500 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def free_ports():
    """Three in a row that nobody listens at."""
    for port in range(16800, 60000, 7):
        try:
            for i in range(3):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port + i))
            return port
        except OSError:
            continue
    raise unittest.SkipTest("no port is free")


class Slurm(Case):
    @classmethod
    def setUpClass(cls):
        cls.cluster = pathlib.Path(tempfile.mkdtemp(prefix="sweep-slurm-", dir="/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.cluster, True)
        cls.cluster.chmod(0o755)
        for name in ("munge", "state", "spool", "log"):
            (cls.cluster / name).mkdir(mode=0o700 if name == "munge" else 0o755)
        key = cls.cluster / "munge" / "key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        port = free_ports()
        cls.config = str(cls.cluster / "slurm.conf")
        (cls.cluster / "slurm.conf").write_text(CLUSTER.format(
            host=socket.gethostname().partition(".")[0], folder=cls.cluster, port=port,
            first=port + 1, last=port + 2))
        munge = cls.cluster / "munge"
        cls.begin("munged", "--force", f"--key-file={key}", f"--socket={munge}/sock",
                  f"--pid-file={cls.cluster}/munged.pid", f"--log-file={munge}/log",
                  f"--seed-file={munge}/seed")
        cls.addClassCleanup(cls.end_all)
        cls.begin("slurmctld", "-f", cls.config)
        for node in ("n1", "n2"):
            cls.begin("slurmd", "-N", node, "-f", cls.config)
        cls.wait_for(lambda: cls.client("sinfo", "-h", "-o", "%D %t").split() == ["2", "idle"])

    @classmethod
    def begin(cls, *words):
        """A daemon that leaves its number in a file."""
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env={**os.environ, "SLURM_CONF": cls.config})

    @classmethod
    def end_all(cls):
        for name in ("n1", "n2", "slurmctld", "munged"):
            cls.end_one(name)

    @classmethod
    def end_one(cls, name, number=signal.SIGTERM):
        try:
            pid = int((cls.cluster / f"{name}.pid").read_text())
            os.kill(pid, number)
            cls.wait_for(lambda: not pathlib.Path(f"/proc/{pid}").exists())
        except (OSError, ValueError):
            pass

    @classmethod
    def client(cls, *words):
        return subprocess.run(words, check=True, capture_output=True, text=True, timeout=WAIT,
                              env={**os.environ, "SLURM_CONF": cls.config}).stdout

    @staticmethod
    def wait_for(what):
        deadline = time.monotonic() + WAIT
        while not what():
            if time.monotonic() > deadline:
                raise AssertionError("hangs")
            time.sleep(0.2)

    def setUp(self):
        super().setUp()
        self.environment["SLURM_CONF"] = self.config
        self.write("array.yaml", CONFIG)
        self.write("long.yaml", LONG)
        self.addCleanup(self.client, "scancel", "--user=root")

    def submit(self, config, *options):
        return self.sweep("submit", config, "--results", "shared", *options)[0]

    def jobs(self, merging):
        """Number and state of the tasks, or of the jobs that merge."""
        lines = [line.split() for line in self.client("squeue", "-h", "-r", "-o", "%i %t %j").splitlines()]
        return [(job, state) for job, state, name in lines if name.endswith("-merge") == merging]

    def queued(self):
        return [state for _, state in self.jobs(False)]

    def merged_is_whole(self, config):
        self.sweep("run", config, "-q", "--db", "whole.db")
        self.sweep("merge", "--db", "merged.db", "shared")
        self.assertEqual(self.dump("merged.db"), self.dump("whole.db"))

    def log(self):
        return "".join(path.read_text() for path in (self.folder / "shared").glob("*.log"))

    def test_an_array(self):
        """Of more tasks than an array may have here, which is 4; merged while they run."""
        out = self.submit("array.yaml", "--tasks", "6")
        self.assertRegex(out, r"job \d+: tasks 1-4\njob \d+: tasks 1-2\n")
        while self.queued():
            process = self.start("merge", "--db", "merged.db", "shared")
            process.communicate(timeout=WAIT)
            self.assertIn(process.returncode, (0, 1))
            time.sleep(1)
        self.merged_is_whole("array.yaml")
        self.assertEqual(self.submit("array.yaml"), "32 of 32 trials are trained already\n")

    def test_plugins(self):
        """The job that merges needs them, too."""
        shutil.copy(ROOT / "experiments" / "05-own-layer" / "swish2.c", self.folder / "swish2.c")
        self.write("own.yaml", CONFIG.replace("parameters:\n", "plugins: swish2.c\nparameters:\n  activation: {value: swish2}\n"))
        self.submit("own.yaml", "--tasks", "2")
        self.wait_for(lambda: not self.jobs(True) and not self.jobs(False))
        self.assertTrue((self.folder / "shared" / "sweep.db").exists(), self.log())
        self.sweep("run", "own.yaml", "-q", "--db", "whole.db")
        self.assertEqual(self.dump("shared/sweep.db"), self.dump("whole.db"))

    def test_a_search(self):
        """Hyperband, an array for each step, and a job between two that is queued again in its midst."""
        self.write("search.yaml", SEARCH)
        self.sweep("run", "search.yaml", "-q", "--db", "whole.db")
        self.submit("search.yaml", "--tasks", "2")
        self.submit("search.yaml")  # a second time at once
        killed = []

        def over():
            for job, state in self.jobs(True):
                if state == "R" and not killed:
                    killed.append(job)
                    subprocess.run(["scontrol", "requeue", job], check=False, capture_output=True,
                                   env={**os.environ, "SLURM_CONF": self.config})
            return self.sped_up() and not self.jobs(True) and not self.jobs(False)
        self.wait_for(over)
        self.assertTrue(killed)
        self.assertIn("the search is over", self.log())
        self.assertGreaterEqual(len(list((self.folder / "shared").glob("*-step-*.plan"))), 3)
        self.assertEqual(self.dump("shared/sweep.db"), self.dump("whole.db"))
        self.assertEqual(self.models("shared/sweep.db"), self.models("whole.db"))

    def test_cancelled_and_submitted_again(self):
        self.submit("long.yaml", "--tasks", "4")
        self.wait_for(lambda: list((self.folder / "shared").glob("*.shard")))
        self.client("scancel", "--user=root")
        self.wait_for(lambda: not self.queued())
        self.submit("long.yaml")
        self.wait_for(lambda: not self.queued())
        self.merged_is_whole("long.yaml")

    def test_notice_queues_again(self):
        self.submit("long.yaml", "--tasks", "1")
        self.wait_for(lambda: list((self.folder / "shared").glob("*.shard")))
        time.sleep(2)
        self.client("scancel", "--signal=TERM", "--state=RUNNING", "--user=root")  # as a limit's notice
        self.wait_for(lambda: "75" in self.log() and self.queued() == ["PD"])
        job = self.jobs(False)[0][0]
        self.client("scontrol", "update", f"JobId={job}", "StartTime=now")
        self.wait_for(lambda: not self.queued())
        # What the notice came in the middle of goes on; between two runs there is none.
        self.assertRegex(self.log(), "go on from epoch|[1-9][0-9]* trained already")
        self.merged_is_whole("long.yaml")

    def test_a_node_is_lost(self):
        self.submit("long.yaml", "--tasks", "2")
        self.wait_for(lambda: len(list((self.folder / "shared").glob("*.shard"))) == 2)
        job = self.client("squeue", "-h", "-w", "n2", "-o", "%A").strip()
        daemon = int((self.cluster / "n2.pid").read_text())
        # A machine that is lost takes all that runs there with it, before that can say so.
        os.kill(daemon, signal.SIGKILL)
        for steps in (True, False):
            for process in self.of_job(job, steps):
                os.kill(process, signal.SIGKILL)
        self.addCleanup(self.wait_for, lambda: "idle" in self.client(
            "sinfo", "-h", "-n", "n2", "-o", "%t"))
        self.addCleanup(self.begin, "slurmd", "-N", "n2", "-f", self.config)
        # Slurm queues it again once the node has not answered for some time, on the other one.
        self.wait_for(lambda: self.sped_up() and not self.queued())
        self.assertEqual(len(list((self.folder / "shared").glob("*-of-2.2.shard"))), 1)
        self.merged_is_whole("long.yaml")

    def of_job(self, job, steps):
        """The processes of a job on this cluster: the daemons of its steps, or what these began."""
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                name = (path / "cmdline").read_bytes()
                environment = (path / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if f"SLURM_CONF={self.config}".encode() not in environment:
                continue
            if (name.startswith(f"slurmstepd: [{job}.".encode()) if steps
                    else f"SLURM_JOB_ID={job}".encode() in environment):
                yield int(path.name)

    def sped_up(self):
        """What was queued again waits two minutes by default; here it need not."""
        for line in self.client("squeue", "-h", "-r", "-o", "%i %t %r").splitlines():
            job, state, reason = line.split(maxsplit=2)
            if state == "PD" and "BeginTime" in reason:
                self.client("scontrol", "update", f"JobId={job}", "StartTime=now")
        return True


if __name__ == "__main__":
    if MISSING or os.geteuid() != 0:
        print("skipped: " + (f"{', '.join(MISSING)} not installed" if MISSING else "not the superuser"))
        sys.exit(77)
    unittest.main()
