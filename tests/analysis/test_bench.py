"""Benchmarks as JSON: one form for all, and a verdict that agrees with the exit code; what two ranks are judged by."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "analysis"))
import bench_json  # noqa: E402
import bench_sweep  # noqa: E402

PROGRAM = os.environ.get("ORRERY_PROGRAM")


class OneForm(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name) / "b.json"

    def tearDown(self):
        self.folder.cleanup()

    def read(self):
        """The benchmarks of the file, every one of which must be as Google Benchmark writes it."""
        made = json.loads(self.path.read_text())
        self.assertEqual(set(made), {"context", "benchmarks"})
        self.assertGreaterEqual(made["context"]["num_cpus"], 1)
        self.assertTrue(made["context"]["executable"].startswith("orrery bench "))
        known = {"name": str, "run_name": str, "run_type": str, "iterations": int, "real_time": float, "cpu_time": float,
                 "time_unit": str}
        for b in made["benchmarks"]:
            self.assertEqual({key: type(b[key]) for key in known}, known)
            self.assertEqual((b["run_name"], b["run_type"], b["time_unit"]), (b["name"], "iteration", "s"))
            self.assertTrue(all(type(value) is float for key, value in b.items() if key not in known), b)
            self.assertEqual("must" in b, "met" in b)
        return made["benchmarks"]

    @unittest.skipUnless(PROGRAM, "needs ORRERY_PROGRAM")
    def test_the_program_writes_it(self):
        done = subprocess.run([PROGRAM, "bench", "serving", "--json", self.path], capture_output=True, text=True)
        rows = self.read()
        self.assertEqual([row["name"].split("/")[0] for row in rows], ["serving"] * 2)
        asked = [row for row in rows if "must" in row]
        self.assertEqual(len(asked), 1)
        self.assertEqual(asked[0]["met"], float(asked[0]["us_per_token"] <= asked[0]["must"]))
        self.assertEqual(done.returncode, 0 if asked[0]["met"] else 1, done.stdout)

    @unittest.skipUnless(PROGRAM, "needs ORRERY_PROGRAM")
    def test_a_file_that_cannot_be_written_is_an_error(self):
        done = subprocess.run([PROGRAM, "bench", "serving", "--json", "/no/such/folder/b.json"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("/no/such/folder/b.json: cannot be written", done.stderr)

    def test_scripts_write_it(self):
        bench_json.write(self.path, "orrery bench sweep", [bench_json.row("sweep/a", 1.5, must=2, met=True, value=3)])
        self.assertEqual(self.read()[0]["met"], 1.0)


class TwoRanks(unittest.TestCase):
    def test_free_cores_are_judged_by_the_wall_clock(self):
        ratio, why = bench_sweep.two_ranks({1: [4, 4], 2: [2.5, 2.5]}, {1: [4, 4], 2: [2, 2]}, {1: [1, 1], 2: [0.99, 0.96]})
        self.assertEqual(ratio, 1.6)
        self.assertIn("judged by wall time", why)

    def test_a_loaded_machine_is_told_from_a_slow_program(self):
        ratio, why = bench_sweep.two_ranks({1: [8], 2: [7]}, {1: [4], 2: [2.05]}, {1: [0.5], 2: [0.3]})
        self.assertAlmostEqual(ratio, 4 / 2.05)
        self.assertIn("a rank got 0.30 of a core: no free cores, judged by CPU time", why)


if __name__ == "__main__":
    unittest.main()
