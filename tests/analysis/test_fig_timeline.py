import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import sample  # noqa: E402


class Timeline(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.results = str(pathlib.Path(self.folder.name) / "r.h5")

    def draw(self, out, *options):
        out = pathlib.Path(self.folder.name) / out
        done = subprocess.run([sys.executable, ROOT / "analysis" / "fig_timeline.py", self.results, out, *options],
                              capture_output=True, text=True)
        return done, out

    def refusal(self, out="f.png", *options):
        done, path = self.draw(out, *options)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertFalse(path.exists())
        return done.stderr

    def test_the_figure_is_drawn_and_repeats_byte_for_byte(self):
        sample.write(self.results)
        for kind in ("png", "svg", "pdf"):
            first, path = self.draw(f"a.{kind}")
            self.assertEqual(first.returncode, 0, first.stderr)
            self.assertEqual(first.stderr, "")
            self.assertGreater(path.stat().st_size, 5000)
            if kind != "svg":  # element ids of SVG are random
                _, again = self.draw(f"b.{kind}")
                self.assertEqual(path.read_bytes(), again.read_bytes())

    def test_refusals_are_one_line_and_exit_2(self):
        self.assertIn("it does not exist", self.refusal())
        sample.write(self.results, status=2, reason="block 3 has no node")
        self.assertIn("run 0 has nothing to draw (it is failed: block 3 has no node)", self.refusal())
        sample.write(self.results)
        self.assertIn("has no run 7", self.refusal("f.png", "--run", "7"))
        self.assertIn("a figure is .png, .pdf or .svg", self.refusal("f.txt"))
        self.assertIn("No such file or directory", self.refusal("no/such/folder/f.png"))


if __name__ == "__main__":
    unittest.main()
