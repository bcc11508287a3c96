"""What validation makes of measurements, without measuring."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "analysis"))
import validate_live  # noqa: E402
import validate_sharing  # noqa: E402


def outcome(share, tag=0.0):
    return validate_live.Outcome(share, (tag, 1.0, 1.0), (1.0, 1.0, 1.0), 0, 0)


class Live(unittest.TestCase):
    case = validate_live.Case("a case", 3, {})

    def tried(self, shares):
        left = [outcome(share, tag) for tag, share in enumerate(shares)]
        talk = io.StringIO()
        with contextlib.redirect_stdout(talk):
            kept = validate_live.undisturbed("program", self.case, lambda program, case: left.pop(0))
        return kept, talk.getvalue(), len(shares) - len(left)

    def test_a_quiet_machine_is_measured_once(self):
        kept, talk, tries = self.tried([0.99, 0.2, 0.2])
        self.assertEqual((kept.share, talk, tries), (0.99, "", 1))

    def test_a_disturbed_run_is_repeated_and_said_so(self):
        kept, talk, tries = self.tried([0.5, 0.97, 0.2])
        self.assertEqual((kept.share, tries), (0.97, 2))
        self.assertIn("a case: DISTURBED, ranks had a core for 50% of the time", talk)

    def test_the_least_disturbed_counts_and_not_the_best_looking(self):
        kept, talk, tries = self.tried([0.5, 0.7, 0.6])
        self.assertEqual((kept.share, kept.predicted[0], tries), (0.7, 1, 3))
        self.assertIn("the best of 3 counts", talk)

    def test_the_share_is_read_from_the_log(self):
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / "run.h5.log.json"
            log.write_text(json.dumps({"lines": ["a word", "computed 2.000000 s by the clock, 1.500000 s of them on a core"]}))
            self.assertEqual(validate_live.core_share(log), 0.75)
            log.write_text(json.dumps({"lines": []}))
            self.assertEqual(validate_live.core_share(log), 1.0)


class Sharing(unittest.TestCase):
    def test_errors_are_of_durations(self):
        self.assertAlmostEqual(validate_sharing.mean_error([3.0, 2.2], [2.0, 2.0], [0.0, 1.0]), (0.5 + 0.2) / 2)


if __name__ == "__main__":
    unittest.main()
