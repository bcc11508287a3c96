"""`orrery sample` on a small diffusion model with random weights."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "analysis"))
import table  # noqa: E402

STEPS, HEIGHT, WIDTH, CHANNELS, HIDDEN = 4, 5, 6, 3, 8


def small_model(folder):
    """Writes NAME_manifest.json and NAME_f32.bin and gives the path of the manifest."""
    draw = np.random.default_rng(1)
    beta = np.linspace(0.01, 0.4, STEPS + 1)
    numbers = {"beta_t": beta, "alpha_t": np.cumprod(1 - beta), "gt.frequencies": np.arange(2.0)}
    for name, shape in {"gt.blocks.0.net.0.weight": (CHANNELS, 1, 3, 3), "gt.blocks.0.net.0.bias": (CHANNELS,),
                        "gt.blocks.0.net.1.weight": (CHANNELS, HEIGHT, WIDTH), "gt.blocks.0.net.1.bias": (CHANNELS, HEIGHT, WIDTH),
                        "gt.blocks.1.weight": (1, CHANNELS, 3, 3), "gt.blocks.1.bias": (1,),
                        "gt.time_embed.0.weight": (HIDDEN, 4), "gt.time_embed.0.bias": (HIDDEN,),
                        "gt.time_embed.2.weight": (CHANNELS, HIDDEN), "gt.time_embed.2.bias": (CHANNELS,)}.items():
        numbers[name] = draw.normal(0, 0.3, shape)
    tensors, offset = [], 0
    for name, x in numbers.items():
        tensors.append({"name": name, "shape": list(x.shape), "offset": offset, "count": x.size})
        offset += 4 * x.size
    (folder / "small_f32.bin").write_bytes(b"".join(x.astype("<f4").tobytes() for x in numbers.values()))
    manifest = folder / "small_manifest.json"
    manifest.write_text(json.dumps({"dtype": "float32-le", "bytes": offset, "tensors": tensors}))
    return manifest


class Sample(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.model = small_model(self.folder)

    def sample(self, *arguments, ranks=None):
        launcher = [ROOT / "experiments" / "ranks.sh", str(ranks)] if ranks else []
        return subprocess.run([*launcher, os.environ["ORRERY_PROGRAM"], "sample", "--model", self.model, *map(str, arguments)],
                              capture_output=True, text=True, timeout=120)

    def images(self, name, *arguments, **options):
        out = self.folder / name
        done = self.sample("--out", out, "--quiet", *arguments, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return out

    def test_the_file_is_the_same_on_any_threads_and_ranks(self):
        want = self.images("a.h5", "--count", 5).read_bytes()
        self.assertEqual(self.images("b.h5", "--count", 5, "--threads", 3).read_bytes(), want)
        self.assertEqual(self.images("c.h5", "--count", 5, ranks=2).read_bytes(), want)
        self.assertNotEqual(self.images("d.h5", "--count", 5, "--seed", 2).read_bytes(), want)

    def test_a_row_is_an_image_and_does_not_depend_on_its_neighbours(self):
        all_of_them = table.load(self.images("a.h5", "--count", 5, "--seed", 7))
        last = table.load(self.images("b.h5", "--first", 4, "--seed", 7))
        self.assertEqual(list(all_of_them.point["sample.index"]), [0, 1, 2, 3, 4])
        self.assertEqual(all_of_them.id[4:], last.id)
        self.assertEqual(len(set(all_of_them.id)), 5)
        pixels = np.asarray(all_of_them.series["pixel"])
        self.assertEqual(pixels.shape, (5, HEIGHT * WIDTH))
        np.testing.assert_array_equal(pixels[4:], last.series["pixel"])
        for name, want in (("mean", pixels.mean(1)), ("deviation", pixels.std(1)), ("dark", (pixels < -0.4).mean(1))):
            np.testing.assert_allclose(all_of_them.metric[name], want, rtol=1e-12, atol=1e-15)
            self.assertEqual(all_of_them.metric[name].unit, "1")
        self.assertEqual(all_of_them.scenario[3]["sample.index"], 3)

    def test_what_cannot_be_drawn_is_one_line_and_leaves_no_file(self):
        out = self.folder / "x.h5"
        manifest = json.loads(self.model.read_text())
        del manifest["tensors"][5]
        gap = self.folder / "gap.json"
        gap.write_text(json.dumps(manifest))
        for arguments, part in ((("--model", gap, "--weights", self.folder / "small_f32.bin"), "belong to no tensor"),
                                (("--model", gap), "Name the file of weights"),
                                (("--weights", self.model), "belongs to another manifest"), (("--count", 0), "count"),
                                (("--seed", -1), "seed"), (("--out", self.folder / "no" / "x.h5"), "x.h5")):
            given = ["--out", out, *arguments]
            if "--model" in arguments:
                program = [os.environ["ORRERY_PROGRAM"], "sample", *map(str, given)]
                done = subprocess.run(program, capture_output=True, text=True, timeout=120)
            else:
                done = self.sample(*(arguments if "--out" in arguments else given))
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertIn(part, done.stderr)
        self.assertFalse(out.exists())


if __name__ == "__main__":
    unittest.main()
