"""The guard on instruction counts: what it reads from callgrind, and when it complains."""

import contextlib
import io
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "analysis"))
import perf_guard  # noqa: E402

CALLGRIND = """\
events: Ir
fl=(1) gemm.cpp
fn=(1) gemm
10 100
+2 20
cfn=(2) tile
calls=3 50
12 900
fn=(2)
50 800
* 100
fn=(3) tile
7 5
totals: 1025
""".splitlines()


class PerfGuard(unittest.TestCase):
    def test_callees_are_left_out_and_functions_of_one_name_are_one(self):
        self.assertEqual(perf_guard.parse(CALLGRIND), {"gemm": 120, "tile": 905})

    def compare(self, now, before):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            good = perf_guard.compare("case", now, {"instructions": sum(before.values()), "functions": before})
        return good, out.getvalue()

    def test_one_percent_either_way_is_the_limit(self):
        self.assertTrue(self.compare({"a": 10100}, {"a": 10000})[0])
        self.assertFalse(self.compare({"a": 10101}, {"a": 10000})[0])
        self.assertFalse(self.compare({"a": 9899}, {"a": 10000})[0])

    def test_the_function_that_moved_is_named_first(self):
        good, text = self.compare({"same": 1000, "slower": 700, "new": 10}, {"same": 1000, "slower": 500})
        self.assertFalse(good)
        self.assertIn("+200 slower", text.splitlines()[1])
        self.assertIn("+10 new", text.splitlines()[2])


if __name__ == "__main__":
    unittest.main()
