"""The figures of the trust experiments, drawn from short runs of the committed scenarios."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ["ORRERY_PROGRAM"]


class TrustFigures(unittest.TestCase):
    def draw(self, script, *experiments, short=("game.jobs=2000", "game.epoch_jobs=200")):
        with tempfile.TemporaryDirectory() as folder:
            results = []
            for name in experiments:
                results.append(f"{folder}/{name}.h5")
                subprocess.run([PROGRAM, "sweep", str(ROOT / "experiments" / f"{name}.toml"), "--out", results[-1], "--quiet",
                                *(word for key in short for word in ("--set", key))], check=True, capture_output=True)
            figure = pathlib.Path(folder) / "figure.png"
            subprocess.run([sys.executable, str(ROOT / "analysis" / script), *results, str(figure)], check=True)
            self.assertEqual(figure.read_bytes()[:4], b"\x89PNG")
            self.assertGreater(figure.stat().st_size, 20_000)

    def test_deterrence(self):
        self.draw("fig_06_deterrence.py", "06_deterrence", "06_deterrence_evidence")

    def test_bridge_and_cost(self):
        with tempfile.TemporaryDirectory() as folder:
            measured, game, cost = (f"{folder}/{name}.h5" for name in "mgc")
            for command in (["calibrate", "detection", "--quick", "--honest", "4", "--cheats", "2", "--tokens", "8", "--fpr", "0.4",
                             "--out", measured],
                            ["sweep", ROOT / "experiments" / "06_deterrence_measured.toml", "--out", game, "--quiet",
                             "--set", "game.jobs=4000", "--set", "sweep.replicas=2"],
                            ["cost", ROOT / "experiments" / "09_crypto_cost.toml", "--out", cost]):
                subprocess.run([PROGRAM, *map(str, command)], check=True, capture_output=True)
            for script, *inputs in (("fig_06_bridge.py", measured, game, f"{folder}/b.png", "--population", "fp32"),
                                    ("fig_09_crypto_cost.py", cost, f"{folder}/c.png")):
                done = subprocess.run([sys.executable, str(ROOT / "analysis" / script), *inputs], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
            for name in "bc":
                self.assertGreater(pathlib.Path(f"{folder}/{name}.png").stat().st_size, 20_000)
            done = subprocess.run([sys.executable, str(ROOT / "analysis" / "fig_06_bridge.py"), measured, game, f"{folder}/d.png",
                                   "--population", "canonical"], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))

    def test_reputation(self):
        self.draw("fig_07_reputation.py", "07_reputation", "07_reputation_pay")

    def test_reputation_on_real_texts(self):
        self.draw("fig_07_reputation_real.py", "07_reputation_real", short=("workload.requests=12", "sweep.replicas=2"))

    def test_collusion(self):
        self.draw("fig_08_collusion.py", "08_collusion", "08_collusion_committees")

    def test_collusion_and_sybils(self):
        self.draw("fig_08_collusion.py", "08_collusion", "08_collusion_committees", "08_collusion_sybil")


if __name__ == "__main__":
    unittest.main()
