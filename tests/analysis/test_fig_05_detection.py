import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "analysis"))
import table  # noqa: E402


class Detection(unittest.TestCase):
    """From real activations to the figure, small."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.results = pathlib.Path(cls.folder.name) / "d.h5"
        cls.done = subprocess.run(
            [os.environ["ORRERY_PROGRAM"], "calibrate", "detection", "--quick", "--honest", "4", "--cheats", "2", "--tokens", "8",
             "--fpr", "0.4", "--out", cls.results, "--table", pathlib.Path(cls.folder.name) / "d.toml"],
            capture_output=True, text=True)

    def test_noise_is_caught_and_other_orders_break_equality(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        results = table.load(self.results)
        rates = {}
        for row in range(len(results.id)):
            point = tuple(str(results.point[name][row]) for name in ("population", "behaviour", "detector"))
            rates[point] = float(results.metric["rate"][row])
            self.assertLessEqual(results.metric["rate_low"][row], rates[point])
            self.assertGreaterEqual(results.metric["rate_high"][row], rates[point])
        for detector in ("toploc", "toploc:published", "activation_difr", "cdv", "redundancy", "refereed", "sampling"):
            self.assertEqual(rates["fp32", "random_output", detector], 1, detector)
        self.assertGreater(rates["fp32", "honest", "sampling"], 0)
        self.assertEqual(rates["fp32", "cheap_decode", "toploc:published"], 0)

    def test_the_figure_is_drawn(self):
        out = pathlib.Path(self.folder.name) / "f.png"
        done = subprocess.run([sys.executable, ROOT / "analysis" / "fig_05_detection.py", self.results, out],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertGreater(out.stat().st_size, 20000)
        done = subprocess.run([sys.executable, ROOT / "analysis" / "fig_05_detection.py", self.results, out, "--blocks", "5"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.count("\n"), 1)


if __name__ == "__main__":
    unittest.main()
