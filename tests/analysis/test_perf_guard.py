"""The guard on instruction counts: what it reads from callgrind, when it complains, and the history that it keeps."""

import collections
import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "analysis"))
import perf_guard  # noqa: E402
import perf_history  # noqa: E402

CALLGRIND = """\
events: Ir
ob=(1) /build/tests/perf_cases
fl=(1) gemm.cpp
fn=(1) gemm
10 100
+2 20
cfn=(2) tile
calls=3 50
12 900
cob=(2) /lib/libm.so.6
cfn=(4) round
calls=1 0
12 70
fn=(2)
50 800
* 100
fn=(3) tile
7 5
ob=(2)
fn=(4)
0 70
ob=(1)
fn=(1)
13 3
totals: 1098
""".splitlines()


def said(call, *args):
    """What a call returns and what it prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        result = call(*args)
    return result, out.getvalue()


class Reading(unittest.TestCase):
    def test_callees_are_left_out_and_functions_of_one_name_are_one(self):
        self.assertEqual(perf_guard.parse(CALLGRIND, "perf_cases")[0], {"gemm": 123, "tile": 905})

    def test_libraries_are_counted_apart(self):
        self.assertEqual(perf_guard.parse(CALLGRIND, "perf_cases")[1], 70)
        functions, libraries = perf_guard.parse(CALLGRIND, "libm.so.6")
        self.assertEqual((functions, libraries), ({"round": 70}, 1028))


class Judging(unittest.TestCase):
    def compare(self, now, before):
        return said(perf_guard.compare, "case", now, {"instructions": sum(before.values()), "functions": before})

    def test_one_percent_either_way_is_the_limit(self):
        self.assertTrue(self.compare({"a": 10100}, {"a": 10000})[0])
        self.assertFalse(self.compare({"a": 10101}, {"a": 10000})[0])
        self.assertFalse(self.compare({"a": 9899}, {"a": 10000})[0])

    def test_the_function_that_moved_is_named_first(self):
        good, text = self.compare({"same": 1000, "slower": 700, "new": 10}, {"same": 1000, "slower": 500})
        self.assertFalse(good)
        self.assertIn("+200 slower", text.splitlines()[1])
        self.assertIn("+10 new", text.splitlines()[2])

    def test_a_new_case_passes_and_a_lost_one_does_not(self):
        known = {"old": {"instructions": 100, "functions": {"f": 100}}}
        good, text = said(perf_guard.judge, {"old": ({"f": 100}, 5), "new": ({"g": 7}, 0)}, known)
        self.assertTrue(good)
        self.assertRegex(text, r"new +- +7 .*new: --update")
        good, text = said(perf_guard.judge, {"new": ({"g": 7}, 0)}, known)
        self.assertFalse(good)
        self.assertRegex(text, r"old +100 +- +GONE")


class Repository(unittest.TestCase):
    """A working tree of its own, with a program that claims to be measured."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.perf = self.root / "tests" / "perf"
        self.perf.mkdir(parents=True)
        self.baseline = self.perf / "cases.json"
        self.baseline.write_text('{"program": "perf_cases", "instructions": {}}')
        self.git("init", "-q")
        self.commit("a")

    def tearDown(self):
        self.folder.cleanup()

    def git(self, *command):
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        return subprocess.run(["git", "-C", str(self.root), *who, *command], check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, text):
        (self.root / "source").write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", text, "--date=2026-01-02T03:04:05Z")
        return self.git("log", "-1", "--format=%h", "--abbrev=10")

    def guard(self, *options, counts=None):
        """Exit code and text of the guard, with `counts` in Valgrind's place."""
        found = {name: (collections.Counter(f=n), 0) for name, n in (counts or {}).items()}
        argv = ["perf_guard.py", str(self.baseline), *options]
        with mock.patch.object(sys, "argv", argv), mock.patch.object(perf_guard, "count", lambda *_: found), \
                mock.patch.object(perf_guard, "list_cases", lambda _: list(found)), \
                mock.patch.object(perf_guard.shutil, "which", lambda _: "valgrind"):
            try:
                return said(perf_guard.main)
            except SystemExit as end:
                return end.code, ""

    def count(self, *options, **counts):
        return self.guard("--bin", "b", "--compiler", "C 1", *options, counts=counts)[0]

    def test_counts_of_commits_become_a_history(self):
        commits = []
        for text, counts in (("b", (1000, 50)), ("c", (1000, 50)), ("d", (900, 50))):
            commits.append(self.commit(text))
            self.assertEqual(self.count("--record", "--update", x=counts[0], y=counts[1]), 0)
        text = self.guard("--history")[1]
        self.assertEqual([line.split() for line in text.splitlines() if not line.startswith("y")],
                         [["x", "(C", "1)"],
                          [mock.ANY, commits[0], "1000"], [mock.ANY, commits[2], "900", "-10.00%"],
                          [mock.ANY, commits[0], "50"], [mock.ANY, commits[2], "50", "+0.00%"]])
        self.assertNotIn("x (C 1)", self.guard("--history", "y")[1])
        self.assertIn("no count is recorded", self.guard("--history", "", "--compiler", "D 2")[1])

    def test_a_commit_has_one_entry_a_compiler_and_one_line(self):
        commit = self.commit("b")
        self.count("--record", x=10)
        self.count("--record", x=11)
        lines = (self.perf / "history" / "cases.json").read_text().splitlines()
        self.assertEqual(len(lines), 3)
        self.assertEqual(json.loads(lines[1]), {"commit": commit, "date": mock.ANY, "compiler": "C 1", "instructions": {"x": 11}})

    def test_counts_of_a_changed_tree_are_refused(self):
        (self.root / "source").write_text("changed")
        self.assertIn("source is changed", self.count("--record", x=10))
        self.assertFalse((self.perf / "history").exists())

    def test_other_compilers_are_skipped_and_a_moved_count_fails(self):
        self.assertEqual(self.count(x=10), perf_guard.SKIPPED)
        self.count("--update", x=1000)
        self.assertEqual(self.count(x=1005), 0)
        self.assertEqual(self.count(x=1020), 1)


if __name__ == "__main__":
    unittest.main()
