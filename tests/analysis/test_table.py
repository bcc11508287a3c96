import pathlib
import sys
import tempfile
import unittest

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "analysis"))
import sample  # noqa: E402
import table  # noqa: E402


class Load(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = str(pathlib.Path(self.folder.name) / "r.h5")

    def error(self):
        with self.assertRaises(table.ResultsError) as caught:
            table.load(self.path)
        return str(caught.exception)

    def test_columns_know_their_unit(self):
        sample.write(self.path)
        results = table.load(self.path)
        series, requests, metric = sample.columns()
        self.assertEqual(results.status, ["done"])
        self.assertEqual(results.scenario[0]["swarm.nodes"], 60)
        np.testing.assert_array_equal(results.request["ttft"], requests["ttft"])
        self.assertEqual(results.request["ttft"].unit, "s")
        self.assertEqual(results.request["ttft"].what, "the ttft")
        self.assertEqual(results.requests_of(0)["ttft"][3:5].unit, "s")
        self.assertEqual(len(results.requests_of(1)["ttft"]), 0)
        np.testing.assert_array_equal(results.timeline_of(0)["time"], series["time"])
        self.assertEqual(float(results.metric["requests_served"][0]), metric["requests_served"])

    def test_padding_is_cut(self):
        sample.write(self.path)
        with h5py.File(self.path, "a") as file:
            for name in file["series"]:
                file[f"series/{name}"][0, 10:] = np.nan
        self.assertEqual(len(table.load(self.path).timeline_of(0)["goodput"]), 10)

    def test_refusals_are_one_line_with_the_reason(self):
        self.assertEqual(self.error(), f"{self.path}: cannot be read as a results file (it does not exist).")
        pathlib.Path(self.path).write_text("text")
        self.assertEqual(self.error(), f"{self.path}: cannot be read as a results file (it is not an HDF5 file).")
        sample.write(self.path, format="statepoint")
        self.assertEqual(self.error(), f"{self.path}: is not an Orrery results file (its format is 'statepoint', not "
                                       "'orrery-results').")
        sample.write(self.path, version=1)
        self.assertEqual(self.error(), f"{self.path}: has version 1 of the results format (this reader knows version 2). "
                                       "Read it with the analysis of its commit, abc.")
        sample.write(self.path)
        with h5py.File(self.path, "a") as file:
            del file["id"]
        self.assertIn("is a damaged results file", self.error())


if __name__ == "__main__":
    unittest.main()
