"""The program as a user meets it: exit codes, messages, files, ranks. ctest says which one in ORRERY_PROGRAM."""

import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["ORRERY_PROGRAM"]
ROOT = pathlib.Path(__file__).parents[2]

SCENARIO = """\
[experiment]
name = "test"
[swarm]
nodes = 12
devices = {a40 = 1}
[network]
kind = "uniform"
[workload]
requests = 20
rate = 1
output_tokens = 8
"""


class Program(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.scenario = self.file("s.toml", SCENARIO)

    def file(self, name, text):
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def path(self, name):
        return str(self.folder / name)

    def orrery(self, *arguments, ranks=None):
        launcher = [ROOT / "experiments" / "ranks.sh", str(ranks)] if ranks else []
        return subprocess.run([*launcher, PROGRAM, *arguments], capture_output=True, text=True, timeout=120)

    def refused(self, *arguments, ranks=None):
        done = self.orrery(*arguments, ranks=ranks)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        lines = [line for line in done.stderr.splitlines() if line]
        return lines if ranks else lines[0] if len(lines) == 1 else self.fail(done.stderr)

    def test_alone_it_says_what_it_is_with_an_example_that_works(self):
        done = self.orrery()
        self.assertEqual(done.returncode, 0)
        self.assertLessEqual(len(done.stdout.splitlines()), 20)
        example = next(line for line in done.stdout.splitlines() if line.startswith("Try:"))
        scenario = next(word for word in example.split() if word.endswith(".toml"))
        self.assertEqual(self.orrery("check", str(ROOT / scenario)).returncode, 0)

    def test_run_writes_results_log_and_trace(self):
        done = self.orrery("run", self.scenario, "--out", self.path("r.h5"), "--trace", self.path("t.json"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("requests_served", done.stdout)
        log = json.loads((self.folder / "r.h5.log.json").read_text())
        self.assertEqual(log["ranks"], 1)
        self.assertIn(log["id"], done.stderr)
        kinds = {event["ph"] for event in json.loads((self.folder / "t.json").read_text())["traceEvents"]}
        self.assertEqual(kinds, {"M", "X"})
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["r.h5", "r.h5.log.json", "s.toml", "t.json"])
        shown = self.orrery("show", self.path("r.h5"))
        self.assertEqual(shown.returncode, 0)
        self.assertIn("1 of 1 runs done, 0 failed", shown.stdout)
        self.assertTrue(shown.stdout.endswith(done.stdout), "show prints what run printed")

    def test_results_are_the_same_bytes_on_any_number_of_ranks(self):
        digests = set()
        for ranks in (None, 1, 2, 3):
            out = self.path(f"r{ranks}.h5")
            done = self.orrery("run", self.scenario, "--out", out, "--quiet", ranks=ranks)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout.count("requests_total"), 1, "rank 0 alone speaks")
            digests.add(hashlib.sha256(pathlib.Path(out).read_bytes()).hexdigest())
        self.assertEqual(len(digests), 1)

    def test_the_seed_and_changes_are_part_of_the_run(self):
        ids = set()
        for arguments in ([], ["--seed", "2"], ["--set", "experiment.seed=2"], ["--set", "routing.policy=random"]):
            done = self.orrery("check", self.scenario, *arguments)
            ids.add(next(line for line in done.stdout.splitlines() if line.startswith("# run ")))
        self.assertEqual(len(ids), 3, "--seed 2 is --set experiment.seed=2")

    def test_bad_input_is_one_message_and_exit_2(self):
        bad = self.file("bad.toml", "[swarm]\nnods = 3\n")
        self.assertTrue(self.refused("run", bad).startswith(f"{bad}:2:1: unknown key 'nods' (nothing would read it)."))
        self.assertIn("cannot be opened (No such file or directory)", self.refused("run", self.path("absent.toml")))
        self.assertIn("--frobnicate", self.refused("run", self.scenario, "--frobnicate"))
        self.assertIn("unknown topic 'rooting'", self.refused("explain", "rooting"))
        self.assertIn("is not an Orrery results file", self.refused("show", self.scenario))
        self.assertIn("--threads", self.refused("run", self.scenario, "--threads", "0"))
        self.assertIn("would be overwritten (it exists and is not an Orrery results file)",
                      self.refused("run", self.scenario, "--quiet", "--out", self.scenario))
        self.assertEqual(pathlib.Path(self.scenario).read_text(), SCENARIO)
        self.assertIn("cannot be written (No such file or directory)",
                      self.refused("run", self.scenario, "--quiet", "--out", self.path("no/r.h5")))

    def test_a_placement_of_nothing_an_empty_swarm_and_a_trace_out_of_order_are_one_message_each(self):
        nothing = self.file("nothing.toml", SCENARIO + '[sharding]\npolicy = "fixed"\n')
        self.assertIn("the placement covers no block", self.refused("run", nothing, "--quiet"))
        hole = self.file("hole.toml", SCENARIO + '[sharding]\npolicy = "fixed"\n'
                                                 'spans = [{ node = 0, begin = 0, end = 2 }]\n')
        self.assertIn("nobody serves block 2", self.refused("run", hole, "--quiet"))

        lives = self.file("lives.csv", "node,start_s,end_s\n0,9000,9900\n")
        swarm = "[swarm]\n" + f'lifetime = "trace"\ntrace = "{lives}"\n'
        empty = self.file("empty.toml", SCENARIO.replace("[swarm]\n", swarm).replace(
            'name = "test"\n', 'name = "test"\nmax_time_s = 600\n'))
        self.assertIn("no node is ever on line", self.refused("run", empty, "--quiet"))
        self.file("lives.csv", "node,start_s,end_s\n0,50,60\n0,10,20\n")
        self.assertIn("lives.csv:3: node 0 goes back in time", self.refused("run", empty, "--quiet"))

        asked = self.file("asked.csv", "arrival_s,prompt_tokens,output_tokens\n5,10,2\n4,10,2\n")
        trace = self.file("trace.toml", SCENARIO.replace(
            "rate = 1\noutput_tokens = 8\n", f'arrival = "trace"\nlengths = "trace"\ntrace = "{asked}"\n'))
        self.assertIn("asked.csv:3: arrival goes back in time", self.refused("run", trace, "--quiet"))

    def test_under_mpi_bad_input_is_said_once_and_nobody_hangs(self):
        bad = self.file("bad.toml", "[swarm]\nnods = 3\n")
        for arguments, reason in ((("run", bad), "unknown key 'nods'"), (("run", self.path("absent.toml")), "cannot be opened"),
                                  (("run", self.scenario, "--out", self.path("no/r.h5")), "cannot be written"),
                                  (("explain", "rooting"), "unknown topic 'rooting'")):
            lines = self.refused(*arguments, ranks=3)
            self.assertEqual(sum(reason in line for line in lines), 1, lines)

    def test_the_example_keeps_its_claim(self):
        done = self.orrery("run", str(ROOT / "experiments" / "churn.toml"), "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        value = {line.split()[0]: float("nan" if line.split()[1] == "-" else line.split()[1]) for line in done.stdout.splitlines()}
        self.assertEqual(value["requests_served"], value["requests_total"])
        self.assertGreater(value["failovers"], 0, "without a failover there would be nothing to claim")

    def test_everything_printed_as_toml_is_a_scenario(self):
        defaults = self.orrery("explain", "--defaults").stdout
        resolved = self.orrery("check", self.file("d.toml", defaults)).stdout
        again = self.orrery("check", self.file("e.toml", resolved)).stdout
        self.assertEqual(resolved, again)
        self.assertGreater(len(resolved.splitlines()), 50)


if __name__ == "__main__":
    unittest.main()
