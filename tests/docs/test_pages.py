"""The pages under docs/ that the program prints are what it prints."""

import difflib
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parents[2]
PROGRAM = os.environ["ORRERY_PROGRAM"]


def orrery(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120)


class Pages(unittest.TestCase):
    def test_they_are_what_the_program_prints(self):
        for name in ("cli", "format", "keys"):
            done = orrery("docs", name)
            self.assertEqual(done.returncode, 0, done.stderr)
            path = ROOT / "docs" / f"{name.upper()}.md"
            kept = path.read_text() if path.exists() else ""
            if kept != done.stdout:
                lines = difflib.unified_diff(kept.splitlines(), done.stdout.splitlines(), str(path), f"orrery docs {name}", n=0)
                self.fail("\n".join([*list(lines)[:40], "", "Write them anew: ./orrery docs --into docs"]))

    def test_they_name_no_machine(self):
        for name in ("cli", "format", "keys"):
            text = orrery("docs", name).stdout
            for word in (str(ROOT), os.path.expanduser("~") + "/", "/tmp/"):
                self.assertNotIn(word, text)

    def test_they_are_written_where_asked_and_over_nothing_else(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for _ in range(2):
            self.assertEqual(orrery("docs", "--into", str(folder)).returncode, 0)
        self.assertEqual(sorted(p.name for p in folder.iterdir()), ["CLI.md", "FORMAT.md", "KEYS.md"])
        self.assertEqual((folder / "CLI.md").read_text(), orrery("docs", "cli").stdout)
        (folder / "KEYS.md").write_text("my notes\n")
        for arguments in (("--into", str(folder)), ("--into", str(folder / "none")), ("cli", "--into", str(folder)), (), ("keyz",)):
            done = orrery("docs", *arguments)
            self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), done.stderr)
        self.assertEqual((folder / "KEYS.md").read_text(), "my notes\n")


if __name__ == "__main__":
    unittest.main()
