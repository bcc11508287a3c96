import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from html.parser import HTMLParser

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(ROOT / "analysis"))
import own_figure  # noqa: E402
import sample  # noqa: E402

SWEEP = """\
# Claim: a <claim> & its page.
# Cost:  nothing.
[experiment]
name = "page"
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
workload.rate = [1, 10]
routing.policy = ["petals", "random"]
"""


class Page(HTMLParser):
    """What a browser would have to fetch, and whether tags end in the order in which they began."""

    VOID = {"meta", "br", "img", "link", "hr", "input"}

    def __init__(self, text):
        super().__init__()
        self.fetched, self.open, self.seen = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.fetched += [value for name, value in attributes
                         if name in ("src", "href", "xlink:href") and not value.startswith(("#", "data:"))]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if self.open and self.open[-1] in ("li",) and tag != "li":
            self.open.pop()
        assert self.open.pop() == tag, tag


class Report(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def report(self, *options, out="r.html"):
        return subprocess.run([sys.executable, ROOT / "analysis" / "report.py", self.folder / "r.h5", self.folder / out, *options],
                              capture_output=True, text=True)

    def page(self, out="r.html"):
        done = self.report(out=out)
        self.assertEqual(done.returncode, 0, done.stderr)
        return (self.folder / out).read_text()

    def test_a_sweep_is_a_page_that_needs_nothing_else(self):
        (self.folder / "s.toml").write_text(SWEEP)
        subprocess.run([os.environ["ORRERY_PROGRAM"], "sweep", self.folder / "s.toml", "--quiet", "--set", "workload.clients=3",
                        "--out", self.folder / "r.h5"], check=True, stdout=subprocess.DEVNULL)
        text = self.page()
        page = Page(text)
        self.assertEqual(page.fetched, [])
        self.assertEqual(page.open, [])
        self.assertIn("svg", page.seen)
        self.assertIn("<div class=claim>a &lt;claim&gt; &amp; its page.</div>", text)
        self.assertIn("12 of 12 runs done", text)
        self.assertIn("--set 'workload.clients=3'", text)
        self.assertEqual(text.count("<tr><td class=name>"), 4, "one line a point")
        self.assertIn("± ", text)
        self.assertEqual(text, self.page("again.html"), "the same file gives the same page")

    def test_an_experiment_has_the_figure_that_its_file_names(self):
        """Of every experiment that takes no time; the others' scripts must be there."""
        named = {}
        for path in sorted((ROOT / "experiments").glob("[0-9][0-9]_*.toml")):
            named[path.stem] = own_figure.named_by(path.read_text())
            self.assertIsNotNone(named[path.stem], f"{path.name} names no figure")
            self.assertTrue((ROOT / "analysis" / named[path.stem][0]).exists(), path.name)
        self.assertEqual(named["07_reputation"], ("fig_07_reputation.py", ["07_reputation_pay"]))
        self.assertEqual(named["05_detection"], ("fig_05_detection.py", []))
        self.assertEqual(named["06_deterrence_measured"], ("fig_06_bridge.py", ["05_detection"]))
        program, scenario = os.environ["ORRERY_PROGRAM"], ROOT / "experiments" / "09_crypto_cost.toml"
        subprocess.run([program, "cost", scenario, "--out", self.folder / "r.h5"], check=True, stdout=subprocess.DEVNULL)
        text = self.page()
        self.assertEqual(text.count("<svg"), 1)
        self.assertIn("<h2>Figure</h2>", text)
        self.assertIn("\norrery cost experiments/09_crypto_cost.toml --out 09_crypto_cost.h5\n", text)
        self.assertEqual(text, self.page("again.html"))

    def test_a_figure_that_needs_another_file_says_so_and_finds_it(self):
        for name in ("07_reputation", "07_reputation_pay"):
            subprocess.run([os.environ["ORRERY_PROGRAM"], "sweep", ROOT / "experiments" / f"{name}.toml", "--quiet", "--set",
                            "game.jobs=2000", "--out", self.folder / f"{name}.h5"], check=True, stdout=subprocess.DEVNULL)
            (self.folder / "r.h5").write_bytes((self.folder / f"{name}.h5").read_bytes())
            if name == "07_reputation":
                text = self.page()
                self.assertIn("with 07_reputation_pay.h5, which is not beside this file.", text)
                self.assertIn("<svg", text, "the general figure stands in")
        figure, why = own_figure.draw((ROOT / "experiments" / "07_reputation_pay.toml").read_text(), self.folder / "07_reputation_pay.h5")
        self.assertEqual(why, "")
        self.assertTrue(figure.startswith("<svg"))

    def test_a_browser_shows_it_without_sideways_scrolling(self):
        browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if not browser:
            self.skipTest("no Chromium here: nobody looked at the page (apt-get install chromium)")
        sample.write(self.folder / "r.h5")
        page = self.folder / "r.html"
        # The page tells its own width: wider than the window means that something sticks out.
        probe = ("<script>onload = () => document.title = ['w', document.documentElement.scrollWidth, innerWidth,"
                 " document.querySelectorAll('svg').length].join(' ')</script>")
        page.write_text(self.page().replace("</body>", probe + "</body>"))
        for width in (1200, 390):
            done = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},1600",
                                   f"--user-data-dir={self.folder}/profile", "--dump-dom", page.as_uri()],
                                  capture_output=True, text=True, timeout=100)
            self.assertEqual(done.returncode, 0, done.stderr[-500:])
            found = re.search(r"<title>w (\d+) (\d+) (\d+)</title>", done.stdout)
            self.assertIsNotNone(found, done.stdout[:300])
            self.assertLessEqual(int(found[1]), int(found[2]), f"at {width} pixels something sticks out")
            self.assertEqual(int(found[3]), 1)

    def test_a_single_run_is_drawn_over_its_time(self):
        sample.write(self.folder / "r.h5")
        text = self.page()
        self.assertIn("<svg", text)
        self.assertIn("<td class=name>goodput_share<small class=what>", text)

    def test_failures_are_said_and_refusals_are_one_line(self):
        sample.write(self.folder / "r.h5", status=2, reason="block <3> has no node")
        self.assertIn("row 0: block &lt;3&gt; has no node", self.page())
        done = self.report(out="no/such/r.html")
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)
        (self.folder / "r.h5").write_text("text")
        done = self.report()
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)


if __name__ == "__main__":
    unittest.main()
