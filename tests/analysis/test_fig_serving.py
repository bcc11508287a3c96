"""The figures of the serving experiments, drawn from short runs of the committed scenarios."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ["ORRERY_PROGRAM"]


class ServingFigures(unittest.TestCase):
    def draw(self, name, script, *changes):
        with tempfile.TemporaryDirectory() as folder:
            results, figure = f"{folder}/r.h5", pathlib.Path(folder) / "figure.png"
            subprocess.run([PROGRAM, "sweep", str(ROOT / "experiments" / f"{name}.toml"), "--out", results, "--quiet",
                            *(word for change in ("workload.requests=8", "sweep.replicas=2", *changes)
                              for word in ("--set", change))], check=True, capture_output=True)
            done = subprocess.run([sys.executable, str(ROOT / "analysis" / script), results, str(figure)],
                                  capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(figure.read_bytes()[:4], b"\x89PNG")
            self.assertGreater(figure.stat().st_size, 20_000)
            wrong = subprocess.run([sys.executable, str(ROOT / "analysis" / script), results], capture_output=True, text=True)
            self.assertEqual(wrong.returncode, 2)
            self.assertTrue(wrong.stderr.startswith("usage: "), wrong.stderr)

    def test_partitioners(self):
        self.draw("01_partitioners", "fig_01_partitioners.py")

    def test_routers(self):
        self.draw("02_routers_under_churn", "fig_02_routers.py")

    def test_failover(self):
        self.draw("03_failover", "fig_03_failover.py")

    def test_rebalancing(self):
        self.draw("04_rebalancing", "fig_04_rebalancing.py")

    def test_images(self):
        self.draw("10_images", "fig_10_images.py")

    def test_rag(self):
        self.draw("11_rag", "fig_11_rag.py")


if __name__ == "__main__":
    unittest.main()
