"""A sweep as its users meet it: killed at any moment, gone on with, on several ranks, on a full or read-only disk."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ["ORRERY_PROGRAM"]
ROOT = pathlib.Path(__file__).parents[2]
KILLS = int(os.environ.get("ORRERY_KILLS", "4"))

SWEEP = """\
[model]
name = "llama-3-8b"
[swarm]
nodes = 30
[workload]
requests = 150
rate = 1
output_tokens = 32
[sweep]
replicas = 4
series = true
[sweep.over]
workload.rate = [1, 2]
routing.policy = ["petals", "least_loaded", "random"]
"""


def children(pid):
    """The processes that `pid` started."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            pass
    return found


class Sweep(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.scenario = self.folder / "s.toml"
        self.scenario.write_text(SWEEP)

    def command(self, out, *options, ranks=None):
        launcher = [ROOT / "experiments" / "ranks.sh", str(ranks)] if ranks else []
        return [*launcher, PROGRAM, "sweep", self.scenario, "--out", self.folder / out, "--quiet", *options]

    def sweep(self, out, *options, ranks=None):
        return subprocess.run(self.command(out, *options, ranks=ranks), capture_output=True, text=True, timeout=250)

    def digest(self, name):
        return hashlib.sha256((self.folder / name).read_bytes()).hexdigest()

    def test_any_number_of_ranks_writes_the_same_bytes(self):
        digests = set()
        for ranks in (None, 1, 2, 4):
            done = self.sweep("r.h5", ranks=ranks)
            self.assertEqual(done.returncode, 0, done.stderr)
            digests.add(self.digest("r.h5"))
            (self.folder / "r.h5").unlink()
        self.assertEqual(len(digests), 1)

    def kill_somewhere(self, draw, longest):
        """Starts a sweep on two ranks and kills one rank, or the launcher with all, after a random time."""
        started = subprocess.Popen(self.command("r.h5", ranks=2), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(draw.uniform(0.05, longest))
        ranks = children(started.pid)
        victims = [draw.choice(ranks)] if ranks and draw.random() < 0.7 else [*ranks, started.pid]
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            started.wait(timeout=20)
        except subprocess.TimeoutExpired:  # Open MPI may miss the death of a rank that was still starting
            for pid in [*children(started.pid), started.pid]:
                os.kill(pid, signal.SIGKILL)
            started.wait()
        deadline = time.monotonic() + 30  # ranks that outlive the launcher hold the lock a moment longer
        while any(pathlib.Path(f"/proc/{pid}").exists() for pid in ranks) and time.monotonic() < deadline:
            time.sleep(0.05)

    def test_killed_at_any_moment_it_goes_on_and_ends_in_the_same_file(self):
        begin = time.monotonic()
        self.assertEqual(self.sweep("whole.h5", ranks=2).returncode, 0)
        longest = 1.1 * (time.monotonic() - begin)
        draw = random.Random(20240607)
        survivors = unfinished = 0
        for _ in range(KILLS):
            self.kill_somewhere(draw, longest)
            unfinished += (self.folder / "r.h5.rows").exists()
            survivors += len(list((self.folder / "r.h5.rows").glob("rows.*")))
            done = self.sweep("r.h5", ranks=draw.choice([1, 2, 3]))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.digest("r.h5"), self.digest("whole.h5"))
            (self.folder / "r.h5").unlink()
        self.assertFalse((self.folder / "r.h5.rows").exists())
        print(f"{KILLS} kills: {unfinished} left an unfinished sweep, with {survivors} journals in all; {KILLS} identical")
        self.assertGreater(unfinished, 0, "no kill hit a running sweep")

    def test_a_second_sweep_on_the_same_file_is_refused(self):
        first = subprocess.Popen(self.command("r.h5"), stdout=subprocess.DEVNULL)
        lock = self.folder / "r.h5.rows" / "lock"
        while not (lock.exists() and lock.read_text()):
            self.assertIsNone(first.poll(), "it ended too early to meet")
            time.sleep(0.002)
        second = self.sweep("r.h5")
        status = subprocess.run([PROGRAM, "status", self.folder / "r.h5"], capture_output=True, text=True)
        self.assertEqual(first.wait(timeout=200), 0)
        self.assertEqual(second.returncode, 2)
        self.assertIn("is being written by another sweep (host ", second.stderr)
        self.assertEqual(status.returncode, 0, status.stderr)
        self.assertIn("of 24 runs", status.stdout)
        self.assertIn("running: host", status.stdout)
        self.assertEqual(self.sweep("other.h5").returncode, 0)
        self.assertEqual(self.digest("r.h5"), self.digest("other.h5"))

    def test_an_edited_scenario_overwrites_nothing(self):
        self.scenario.write_text(SWEEP.replace("requests = 150", "requests = 5"))
        self.assertEqual(self.sweep("r.h5").returncode, 0)
        before = self.digest("r.h5")
        self.scenario.write_text(SWEEP.replace("requests = 150", "requests = 6"))
        done = self.sweep("r.h5", ranks=2)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.count("holds other rows than this sweep would write"), 1)
        self.assertEqual(self.digest("r.h5"), before)
        half = (self.folder / "r.h5").read_bytes()[:5000]
        (self.folder / "half.h5").write_bytes(half)
        done = self.sweep("half.h5")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual((self.folder / "half.h5").read_bytes(), half)

    def wait_for_the_lock(self, out):
        """Ranks that outlive the launcher hold it a moment longer."""
        deadline = time.monotonic() + 30
        with open(self.folder / f"{out}.rows" / "lock", "r+") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return
                except BlockingIOError:
                    self.assertLess(time.monotonic(), deadline, "a rank goes on after the launcher's end")
                    time.sleep(0.05)

    def test_a_rank_that_ends_all_leaves_a_failed_row_and_the_next_start_completes(self):
        for rank in (0, 1):
            with self.subTest(broken_rank=rank):
                self.scenario.write_text(
                    SWEEP.split("[sweep]")[0].replace("requests = 150", "requests = 5")
                    + '[sharding]\npolicy = "one_rank"\n[sweep]\nranks_per_run = 2\n[sweep.over]\n'
                    + f"sharding.broken_rank = [-1, {rank}, 2]\n")
                out, plugin = f"r{rank}.h5", ("--plugin", os.path.join(os.environ["ORRERY_PLUGINS"], "one_rank.so"))
                first = self.sweep(out, *plugin, ranks=2)
                self.assertNotIn(first.returncode, (0, 1, 2), first.stderr)
                self.assertIn("a defect of Orrery: a bug on one rank", first.stderr)
                self.assertFalse((self.folder / out).exists())
                self.wait_for_the_lock(out)
                second = self.sweep(out, *plugin, ranks=2)
                self.assertEqual(second.returncode, 1, second.stderr)
                self.assertEqual(second.stderr.count("failed row 1 "), 1, second.stderr)
                self.assertIn("a defect of Orrery: a bug on one rank", second.stderr)
                self.assertIn("3 rows, 2 done, 1 failed, 0 to do; 1 run now", second.stdout)
                self.assertFalse((self.folder / f"{out}.rows").exists())
                self.assertEqual(self.sweep(out, *plugin, ranks=2).returncode, 1, "a failed row stays failed")

    def test_a_file_of_another_version_is_one_message_and_left_alone(self):
        import h5py
        self.scenario.write_text(SWEEP.replace("requests = 150", "requests = 5"))
        self.assertEqual(self.sweep("r.h5").returncode, 0)
        self.assertEqual(self.sweep("good.h5").returncode, 0)
        path, good = self.folder / "r.h5", self.folder / "good.h5"
        with h5py.File(path, "r+") as file:
            file.attrs.modify("version", 99)
        before = self.digest("r.h5")
        for command in (self.command("r.h5"),
                        self.command("r.h5", "--retry"),
                        self.command("r.h5", ranks=2),
                        [PROGRAM, "merge", path, good, "--out", self.folder / "merged.h5"],
                        [PROGRAM, "merge", good, path, "--out", self.folder / "merged.h5"],
                        [PROGRAM, "diff", path, good],
                        [PROGRAM, "diff", good, path],
                        [PROGRAM, "status", path]):
            with self.subTest(command=" ".join(map(str, command))):
                done = subprocess.run(command, capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertEqual(done.stderr.count(f"{path}: has version 99 of the results format"), 1, done.stderr)
                self.assertIn("Read it with the program that wrote it (commit ", done.stderr)
                self.assertEqual(self.digest("r.h5"), before)
                self.assertFalse((self.folder / "r.h5.rows").exists())
                self.assertFalse((self.folder / "merged.h5").exists())

    @contextlib.contextmanager
    def disk(self, options):
        """A file system of our own."""
        disk = self.folder / "disk"
        disk.mkdir()
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", disk], capture_output=True, text=True)
        if made.returncode != 0:
            self.skipTest(f"no file system of our own here ({made.stderr.strip()})")
        try:
            yield disk
        finally:
            subprocess.run(["umount", disk], check=True)

    @unittest.skipIf(os.geteuid() == 0 and not os.access("/bin/mount", os.X_OK), "no mount here")
    def test_a_full_disk_is_one_message_and_room_lets_it_go_on(self):
        with self.disk("size=64k") as disk:
            self.scenario.write_text(SWEEP.replace("requests = 150", "requests = 5"))
            done = self.sweep("disk/r.h5", ranks=2)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(done.stderr.count("No space left on device"), 1, done.stderr)
            self.assertEqual([p.name for p in disk.iterdir()], ["r.h5.rows"])
            subprocess.run(["mount", "-o", "remount,size=16m", disk], check=True)
            self.assertEqual(self.sweep("disk/r.h5", ranks=2).returncode, 0)
            self.assertEqual(self.sweep("r.h5").returncode, 0)
            self.assertEqual(self.digest("disk/r.h5"), self.digest("r.h5"))

    @unittest.skipIf(os.geteuid() == 0 and not os.access("/bin/mount", os.X_OK), "no mount here")
    def test_a_read_only_disk_is_one_message(self):
        def refused():
            done = self.sweep("disk/r.h5", ranks=2)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(done.stderr.count("cannot be written (Read-only file system)"), 1, done.stderr)
        self.scenario.write_text(SWEEP.replace("requests = 150", "requests = 5"))
        with self.disk("ro") as disk:
            refused()
            self.assertEqual(list(disk.iterdir()), [])
            subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
            self.assertEqual(self.sweep("disk/r.h5", ranks=2).returncode, 0)
            before = self.digest("disk/r.h5")
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            refused()
            self.assertEqual(self.digest("disk/r.h5"), before)


if __name__ == "__main__":
    unittest.main()
