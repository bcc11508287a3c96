"""Trust from the command line: what measured rates deter, what verification costs, and input that makes no sense."""

import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import unittest

PROGRAM = os.environ["ORRERY_PROGRAM"]
ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "analysis"))
import validate_matrix  # noqa: E402

GAME = """\
[game]
jobs = 2000
evaluators = 4
{game}
[incentive]
policy = "{policy}"
"""


def orrery(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120)


def lines(text):
    head, *rows = (line.split("\t") for line in text.splitlines())
    return [dict(zip(head, row)) for row in rows]


class Bridge(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = orrery("rows", "bridge")
        assert done.returncode == 0, done.stderr
        cls.rows = lines(done.stdout)

    def find(self, population, detector, cheat):
        return next(r for r in self.rows if (r["population"], r["detector"], r["cheat"]) == (population, detector, cheat))

    def test_it_has_every_pair_that_was_measured_on_the_whole_model(self):
        table = tomllib.loads((ROOT / "data" / "detection.toml").read_text())
        expected = {(s["population"], s["detectors"][d], cheat)
                    for s in table["setting"] if s["blocks"] == s["of"]
                    for cheat, counts in s["rejected"].items() if cheat != "honest"
                    for d, count in enumerate(counts) if count >= 0}
        self.assertEqual({(r["population"], r["detector"], r["cheat"]) for r in self.rows}, expected)

    def test_the_conditions_are_those_of_the_closed_forms(self):
        for r in self.rows:
            d, f = float(r["d"]), float(r["f"])
            if r["verdict"] == "blind":
                continue
            self.assertAlmostEqual(float(r["audit_rate_at_S20"]), 1 / ((d - f) * 21.2), delta=2e-3 / (d - f) ** 2)
            # Some stake deters and leaves a profit exactly where f/d <= (R - C) / (R - C + saving) = 1/6.
            possible = float(r["least_stake_at_5%"]) <= float(r["most_stake_at_5%"])
            self.assertEqual(possible, r["verdict"] != "infeasible", r)
            self.assertEqual(f / d <= 1 / 6, possible, r)

    def test_exact_hashes_ruin_honest_devices_that_differ_and_nobody_else(self):
        self.assertEqual(self.find("mixed", "hash_challenge", "random_output")["verdict"], "infeasible")
        self.assertEqual(self.find("canonical", "hash_challenge", "random_output")["verdict"], "sound")
        self.assertEqual(self.find("mixed", "activation_difr", "wrong_seed")["verdict"], "blind")

    def test_the_experiment_plays_the_rates_of_the_table(self):
        table = tomllib.loads((ROOT / "data" / "detection.toml").read_text())
        mixed = next(s for s in table["setting"] if s["population"] == "mixed" and s["blocks"] == s["of"])
        variants = tomllib.loads((ROOT / "experiments" / "06_deterrence_measured.toml").read_text())["sweep"]["variant"]
        self.assertGreater(len(variants), 10)
        for variant in variants:
            detector, cheat = variant["name"].split(" against ")
            at = mixed["detectors"].index(detector)
            for key, behaviour in (("tpr", cheat), ("fpr", "honest")):
                share = mixed["rejected"][behaviour][at] / mixed["trials"][behaviour]
                self.assertAlmostEqual(variant["set"]["game"][key], share, places=9, msg=variant["name"])


class Matrix(unittest.TestCase):
    """Cheats and verifiers: what came beside what was expected."""

    @classmethod
    def setUpClass(cls):
        done = orrery("rows", "bridge")
        assert done.returncode == 0, done.stderr
        cls.rows = lines(done.stdout)

    def cell(self, population, detector, cheat):
        return next(r for r in self.rows if (r["population"], r["detector"], r["cheat"]) == (population, detector, cheat))

    def test_every_cell_was_measured(self):
        have = {(r["population"], r["detector"], r["cheat"]) for r in self.rows if r["expected"] != "-"}
        for population in ("canonical", "mixed", "w8a8"):
            for detector in validate_matrix.DETECTORS:
                if detector == "freivalds:int8" and population != "w8a8":
                    continue
                for cheat in validate_matrix.CHEATS:
                    self.assertIn((population, detector, cheat), have)

    def test_what_came_follows_from_the_counts(self):
        for r in self.rows:
            above = float(r["d_low"]) > float(r["f_high"])
            came = {"sees": above and float(r["d"]) > 0.9, "blind": not above}.get(r["expected"], True)
            self.assertEqual(r["came"], "1" if came else "0", r)

    def test_no_surprise_is_unexplained_and_nothing_else_is_explained(self):
        for r in self.rows:
            self.assertEqual(r["came"] == "0", r["why"] != "-", r)

    def test_known_surprises(self):
        for detector, cheat, word in (("redundancy", "cheap_decode", "tokens are never compared"),
                                      ("refereed", "wrong_seed", "tokens are never compared"),
                                      ("activation_difr:uniform", "suffix_cheat", "one depth is drawn a claim"),
                                      ("toploc:published", "suffix_cheat", "limits lie far above")):
            cell = self.cell("canonical", detector, cheat)
            self.assertEqual((cell["expected"], cell["came"]), ("sees", "0"))
            self.assertIn(word, cell["why"])
        self.assertEqual(self.cell("w8a8", "freivalds", "int8")["came"], "0")
        self.assertEqual(self.cell("w8a8", "freivalds:int8", "int8")["came"], "1")
        self.assertEqual(self.cell("mixed", "token_difr", "cheap_decode")["came"], "1")
        self.assertEqual(self.cell("mixed", "toploc:published", "int4")["expected"], "measure")
        self.assertEqual(self.cell("mixed", "tee", "int4")["expected"], "-")

    def test_the_text_marks_each_kind_of_cell(self):
        text = "\n".join(validate_matrix.lines(self.rows))
        self.assertNotIn("UNEXPLAINED", text)
        self.assertRegex(text, r"(?m)^  suffix_cheat +0 \(0-6\)!")
        self.assertRegex(text, r"(?m)^  int4 +0 \(0-6\)\?")
        self.assertEqual(sum(line.startswith("  cheap_decode ") for line in text.splitlines()), 3)
        # The same rows with a reason struck out: the cell says so, and so does the list.
        struck = [dict(r, why="-") if r["detector"] == "refereed" else r for r in self.rows]
        text = "\n".join(validate_matrix.lines(struck))
        self.assertRegex(text, r"(?m)^  cheap_decode .*X$")
        self.assertIn("UNEXPLAINED", text)


class Cost(unittest.TestCase):
    def cost(self, *arguments):
        done = orrery("cost", ROOT / "experiments" / "09_crypto_cost.toml", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        head, *rows = done.stdout.splitlines()
        names = head.split()[4:]
        found = {}
        for row in rows:
            label, *values = row.rsplit(maxsplit=len(names))
            found[label] = dict(zip(names, map(float, values)))
        return found

    def test_numbers_are_the_published_ones_scaled(self):
        rows = self.cost("--set", "workload.prompt_tokens=1", "--set", "workload.output_tokens=1")
        zk = next(v for label, v in rows.items() if "llama-2-7b" in label and "zkLLM" in label)
        # 803 s for 2048 positions of 13 B parameters; the matrices of Llama-2-7B hold 6.476 B.
        self.assertAlmostEqual(zk["executor_s"], 803 / 2048 * 6.476 / 13, delta=0.001)
        toploc = next(v for label, v in rows.items() if "llama-2-7b" in label and "toploc" in label)
        self.assertEqual(toploc["bytes"], 258)

    def test_recomputing_costs_a_pass_for_each_verifier(self):
        rows = self.cost()
        one = next(v for label, v in rows.items() if "llama-2-7b" in label and "toploc" in label)
        two = next(v for label, v in rows.items() if "llama-2-7b" in label and "redundancy" in label)
        # Beside the pass: a core looks for the largest values and evaluates five polynomials, or compares all values; both
        # prove that they were drawn (sim/verification/evidence_cost.hpp).
        values, drawn = 255 * 4096, 2.6e-4
        evaluating = (5.3e-9 * values + 5 * 128**2 * 6.3e-9 + drawn) / 128
        comparing = (1.15e-9 * values + drawn) / 128
        a_pass = one["verifier_s"] - evaluating
        self.assertGreater(a_pass, 0)
        self.assertAlmostEqual(two["verifier_s"], 2 * (a_pass + comparing), delta=1e-3 * one["verifier_s"])
        self.assertEqual(two["verifiers"], 2)
        # A proof for the prompt and four for runs of 32 tokens.
        self.assertAlmostEqual(one["bytes"], 5 * 258 / 128, delta=0.01)

    def test_a_cost_is_that_of_one_device_and_one_request(self):
        for change, said in (("swarm.devices={a100-80=1, t4=1}", "swarm.devices"), ("workload.lengths=\"sharegpt\"", "workload.lengths")):
            done = orrery("cost", ROOT / "experiments" / "09_crypto_cost.toml", "--set", change)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(said, done.stderr)


class BadInput(unittest.TestCase):
    def refused(self, *arguments):
        done = orrery(*arguments)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        said = [line for line in done.stderr.splitlines() if line]
        self.assertEqual(len(said), 1, done.stderr)
        return said[0]

    def game(self, policy, text=""):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "s.toml"
            path.write_text(GAME.format(policy=policy, game=text))
            return self.refused("run", path, "--quiet")

    def test_deposits_are_not_negative(self):
        said = self.game("posp", "deposit = -5.0")
        self.assertRegex(said, r"s\.toml:4:\d+: .*deposit")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "s.toml"
            path.write_text("[ledger]\ndeposit = -1.0\n")
            self.assertRegex(self.refused("check", path), r"s\.toml:2:\d+: .*deposit")

    def test_shares_of_cheaters_add_up_to_no_more_than_all(self):
        said = self.game("posp", "cheaters = 0.75\nmore_cheats = [{name = \"b\", share = 0.5}]")
        self.assertIn("add up to 1.25", said)

    def test_a_false_positive_rate_needs_requests_to_calibrate_on(self):
        said = self.refused("calibrate", "detection", "--quick", "--honest", "100", "--fpr", "0.01")
        self.assertIn("100 honest requests cannot calibrate a threshold", said)
        self.assertIn("at least 198", said)

    def test_a_plan_is_read_strictly_and_not_half_overruled(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "p.toml"
            path.write_text("[detection]\nhonets = 10\n")
            self.assertRegex(self.refused("calibrate", "detection", path), r"p\.toml:2:\d+: .*'honets'.*honest")
            path.write_text("[detection]\nhonest = 10\n[swarm]\nnodes = 5\n")
            self.assertRegex(self.refused("calibrate", "detection", path), r"p\.toml:3:\d+: .*'swarm'")
            path.write_text("[detection]\nhonest = 10\nfpr = 0.05\n")
            self.assertIn("cannot calibrate", self.refused("calibrate", "detection", path))
        said = self.refused("calibrate", "detection", ROOT / "experiments" / "05_detection.toml", "--honest", "50")
        self.assertIn("--honest", said)


if __name__ == "__main__":
    unittest.main()
