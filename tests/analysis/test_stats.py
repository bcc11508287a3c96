import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "analysis"))
import stats  # noqa: E402
import table  # noqa: E402

SWEEP = """\
[swarm]
nodes = 12
devices = {a40 = 1}
[network]
kind = "uniform"
[workload]
requests = 20
output_tokens = 8
[sweep]
replicas = 3
[sweep.over]
workload.rate = [1, 2.5]
[[sweep.variant]]
axis = "router"
name = "petals"
set = { routing.policy = "petals" }
[[sweep.variant]]
axis = "router"
name = "chance"
set = { routing.policy = "random" }
"""


class Mean(unittest.TestCase):
    def test_the_interval_is_students(self):
        # Student's own example (1908, additional hours of sleep): mean 1.58, t(9; 0.975) = 2.262, s = 1.230.
        m = stats.mean([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
        self.assertAlmostEqual(m.value, 1.58, places=12)
        self.assertAlmostEqual(m.half_width, 0.880, places=3)

    def test_it_covers_the_truth_as_often_as_it_says(self):
        draw = np.random.default_rng(5)
        inside = [m.low <= 3 <= m.high for m in (stats.mean(draw.normal(3, 2, 5)) for _ in range(4000))]
        self.assertAlmostEqual(np.mean(inside), 0.95, delta=0.012)  # 3.5 standard errors

    def test_what_is_not_defined_does_not_count(self):
        self.assertEqual(stats.mean([1.0, np.nan]).count, 1)
        self.assertTrue(np.isnan(stats.mean([1.0]).half_width))
        self.assertTrue(np.isnan(stats.mean([]).value))


class Sweep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        folder = pathlib.Path(cls.folder.name)
        (folder / "s.toml").write_text(SWEEP)
        subprocess.run([os.environ["ORRERY_PROGRAM"], "sweep", folder / "s.toml", "--quiet", "--out", folder / "r.h5"], check=True)
        cls.results = table.load(folder / "r.h5")

    def test_axes_are_columns_of_their_kind(self):
        self.assertEqual(self.results.axes, ["workload.rate", "router"])
        tidy = self.results.tidy()
        self.assertEqual(list(tidy)[:4], ["point", "replica", "workload.rate", "router"])
        np.testing.assert_array_equal(tidy["workload.rate"], [1] * 6 + [2.5] * 6)
        self.assertEqual(list(tidy["router"]), (["petals"] * 3 + ["chance"] * 3) * 2)
        self.assertEqual(self.results.point["workload.rate"].unit, "request/s")
        self.assertEqual(self.results.scenario[5]["routing.policy"], "random")
        self.assertEqual(list(self.results.point["experiment.seed"][:3]), [1, 2, 3])

    def test_means_and_differences_are_those_of_the_rows(self):
        ttft = np.asarray(self.results.metric["ttft_p50"])
        chosen, means = stats.means(self.results, "ttft_p50", router="chance", workload__rate=2.5)
        self.assertEqual(len(chosen), 1)
        self.assertAlmostEqual(means[0].value, ttft[9:].mean())
        pairs, differences = stats.paired(self.results, "ttft_p50", "router", "petals", "chance")
        self.assertEqual(pairs, [{"workload.rate": 1.0}, {"workload.rate": 2.5}])
        self.assertAlmostEqual(differences[1].value, (ttft[9:] - ttft[6:9]).mean())
        self.assertEqual(differences[1].count, 3)


if __name__ == "__main__":
    unittest.main()
