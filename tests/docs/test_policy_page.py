"""The page about policies of one's own: what it shows is what is built and run, by the commands that it gives."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parents[2]
PROGRAM = os.environ["ORRERY_PROGRAM"]
PAGE = (ROOT / "docs" / "POLICY.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.S | re.M)
FILES = {"cpp": "near_first.cpp", "cmake": "CMakeLists.txt", "toml": "near_first.toml"}


class PolicyPage(unittest.TestCase):
    def test_it_shows_the_files_beside_it(self):
        self.assertEqual([kind for kind, _ in BLOCKS], ["cpp", "cmake", "sh", "toml", "sh"])
        for kind, text in BLOCKS:
            if kind in FILES:
                self.assertEqual(text, (ROOT / "docs" / "policy" / FILES[kind]).read_text(),
                                 f"copy docs/policy/{FILES[kind]} into docs/POLICY.md")

    def test_its_commands_work_in_a_folder_of_their_own(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for kind, text in BLOCKS:
            if kind in FILES:
                (folder / FILES[kind]).write_text(text)
        compiler = os.environ.get("ORRERY_COMPILER", "c++")
        for kind, text in BLOCKS:
            for line in text.splitlines() if kind == "sh" else ():
                words = line.replace("/path/to/orrery", str(ROOT)).split()
                words[0] = PROGRAM if words[0] == "orrery" else shutil.which(words[0])
                done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=200,
                                      env={**os.environ, "CXX": compiler})
                self.assertEqual(done.returncode, 0, f"{line}\n{done.stdout}{done.stderr}")
        self.assertTrue((folder / "near_first.h5").exists())


if __name__ == "__main__":
    unittest.main()
