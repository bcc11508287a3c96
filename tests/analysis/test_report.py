import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from html.parser import HTMLParser

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).parent))
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

    def test_a_single_run_is_drawn_over_its_time(self):
        sample.write(self.folder / "r.h5")
        text = self.page()
        self.assertIn("<svg", text)
        self.assertIn("<td class=name>goodput_share</td>", text)

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
