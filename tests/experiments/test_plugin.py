"""Policies from shared objects. ctest says where those of the tests are in ORRERY_PLUGINS."""

import hashlib
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parents[2]
PROGRAM = os.environ["ORRERY_PROGRAM"]
PLUGINS = pathlib.Path(os.environ["ORRERY_PLUGINS"])
PLUGIN = str(PLUGINS / "near_first.so")
SCENARIO = str(ROOT / "docs" / "policy" / "near_first.toml")


def orrery(*arguments, ranks=None):
    launcher = [ROOT / "experiments" / "ranks.sh", str(ranks)] if ranks else []
    return subprocess.run([*launcher, PROGRAM, *arguments], capture_output=True, text=True, timeout=120)


class Plugin(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def text(self, *arguments, ranks=None):
        done = orrery(*arguments, ranks=ranks)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def refused(self, *arguments):
        done = orrery(*arguments)
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), done.stderr)
        return done.stderr

    def test_its_policy_is_listed_explained_and_parsed_like_the_others(self):
        self.assertIn("near_first", self.text("list", "routing", "--plugin", PLUGIN))
        self.assertNotIn("near_first", self.text("list", "routing"))
        self.assertIn("queue_weight = 1.0", self.text("explain", "routing.near_first", "--plugin", PLUGIN))
        wrong = self.folder / "wrong.toml"
        wrong.write_text('[routing]\npolicy = "near_first"\nqueue_wait = 2\n')
        message = self.refused("check", str(wrong), "--plugin", PLUGIN)
        self.assertTrue(message.startswith(f"{wrong}:3:1: unknown key 'queue_wait'"), message)
        self.assertIn("queue_weight", message)
        wrong.write_text('[routing]\npolicy = "near_first"\nqueue_weight = -1\n')
        self.assertIn(f"{wrong}:3:16", self.refused("check", str(wrong), "--plugin", PLUGIN))

    def test_a_sweep_of_its_parameter_is_the_same_on_ranks_and_has_its_column(self):
        import h5py
        digests = set()
        for ranks in (None, 1, 2):
            out = self.folder / f"r{ranks}.h5"
            self.text("sweep", SCENARIO, "--quiet", "--out", str(out), "--plugin", PLUGIN, ranks=ranks)
            digests.add(hashlib.sha256(out.read_bytes()).hexdigest())
        self.assertEqual(len(digests), 1)
        with h5py.File(self.folder / "rNone.h5") as file:
            column = file["point/routing.queue_weight"]
            self.assertEqual(list(column[:]), [0, 0, 1, 1, 10, 10])
            self.assertIn("a second of queue", str(column.attrs["what"]))
            self.assertEqual(list(file["status"][:]), [1] * 6)
            self.assertGreater(len(set(file["metric/latency_p50"][:])), 3, "its parameter makes a difference")

    def test_the_run_id_covers_the_object_where_it_is_used_and_only_there(self):
        other = self.folder / "other.so"
        other.write_bytes(pathlib.Path(PLUGIN).read_bytes() + b"\0")
        one = self.text("check", SCENARIO, "--row", "0", "--plugin", PLUGIN)
        two = self.text("check", SCENARIO, "--row", "0", "--plugin", str(other))
        different = {line.split(" = ")[0].split(" ")[0] for line in set(one.splitlines()) ^ set(two.splitlines())}
        self.assertIn("plugin = ", one)
        self.assertNotEqual(one, two)
        self.assertLessEqual(different, {"#", "plugin", "routing.plugin"})
        built_in = self.folder / "built_in.toml"
        built_in.write_text('[routing]\npolicy = "random"\n')
        self.assertEqual(self.text("check", str(built_in)), self.text("check", str(built_in), "--plugin", PLUGIN))
        # The printed scenario is one: with the same object the same run, with another one none.
        resolved = self.folder / "resolved.toml"
        resolved.write_text(one)
        run = next(line for line in one.splitlines() if line.startswith("# run "))
        self.assertIn(run, self.text("check", str(resolved), "--plugin", PLUGIN))
        self.assertIn("was loaded from another plugin", self.refused("check", str(resolved), "--plugin", str(other)))
        self.assertIn("Give that file with --plugin", self.refused("check", str(resolved)))

    def test_what_cannot_be_loaded_is_one_message(self):
        def message(path, *more):
            return self.refused("list", "--plugin", str(path), *more)
        self.assertIn("cannot be opened", message(self.folder / "absent.so"))
        text = self.folder / "text.so"
        text.write_text("no object")
        self.assertIn("is no plugin of Orrery", message(text))
        self.assertIn("brings no policy", message(PLUGINS / "empty.so"))
        self.assertIn("brings a policy 'petals' (another policy of this kind has that name)", message(PLUGINS / "taken.so"))
        self.assertIn("orrery::tests::no_such_function(int)", message(PLUGINS / "unknown.so"))
        self.assertIn("is loaded already", message(PLUGIN, "--plugin", PLUGIN))
        copy = self.folder / "copy.so"
        copy.write_bytes(pathlib.Path(PLUGIN).read_bytes() + b"\0")
        self.assertIn("brings a policy 'near_first'", message(PLUGIN, "--plugin", str(copy)))

    def test_one_for_other_headers_is_refused_before_it_runs(self):
        bytes_ = pathlib.Path(PLUGIN).read_bytes()
        at = bytes_.index(b"headers ", bytes_.index(b"orrery-plugin-stamp:")) + len(b"headers ")
        other = self.folder / "other.so"
        # The rest of the object is broken too: nobody may have looked at it.
        other.write_bytes(bytes_[:4] + b"\xff" * 60 + bytes_[64:at] + b"f" * 16 + bytes_[at + 16:])
        message = self.refused("list", "--plugin", str(other))
        self.assertIn("was built for another program", message)
        self.assertIn("headers " + "f" * 16, message)

    def test_every_rank_loads_it_and_an_error_is_said_once(self):
        done = orrery("run", SCENARIO, "--row", "0", "--quiet", "--plugin", PLUGIN, ranks=2)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = orrery("run", SCENARIO, "--row", "0", "--plugin", str(PLUGINS / "taken.so"), ranks=2)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr.count("brings a policy"), 1, done.stderr)


if __name__ == "__main__":
    unittest.main()
