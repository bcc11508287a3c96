"""Images of the trained diffusion model in the data pack (ORRERY_DATA) against those of another sampler and MNIST's."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
from scipy import stats

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "analysis"))
import digits  # noqa: E402
import fig_ddpm  # noqa: E402

PACK = os.environ.get("ORRERY_DATA")
COUNT = 12
ALARM = 0.01  # chance that a right sampler fails: the seed is fixed, so it passes always or never


def orrery(*arguments):
    return subprocess.run([os.environ["ORRERY_PROGRAM"], *map(str, arguments)], capture_output=True, text=True)


@unittest.skipUnless(PACK, "ORRERY_DATA is not set: the data pack with ddpm_mnist is needed")
class Digits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.models = pathlib.Path(PACK) / "models"
        cls.manifest = cls.models / "ddpm_mnist_manifest.json"
        cls.results = pathlib.Path(cls.folder.name) / "s.h5"
        cls.done = orrery("sample", "--model", cls.manifest, "--count", COUNT, "--threads", 2, "--out", cls.results)
        assert cls.done.returncode == 0, cls.done.stderr
        cls.images = fig_ddpm.sampled(cls.results)
        cls.mnist = digits.read_mnist(cls.models / "mnist_t10k-images-idx3-ubyte.gz")[:2000]
        cls.reference = digits.read_floats(cls.models / "ddpm_mnist_6samples_f32.bin", 28, 28)

    def far(self, images, others):
        """Statistics whose means differ by more than the sampling errors of both sets allow."""
        return [name for name, difference, tolerance in digits.differences(images, others, ALARM) if abs(difference) > tolerance]

    def test_they_are_what_the_reference_sampler_draws(self):
        self.assertEqual(self.images.shape, (COUNT, 28, 28))
        self.assertEqual(self.far(self.images, self.reference), [])

    def test_they_are_distributed_as_digits_are(self):
        self.assertEqual(self.far(self.images, self.mnist), [])

    # How like a real digit an image is: the model is small, so the reference's samples say how like, not MNIST's own.
    def test_they_are_as_near_to_real_digits_as_the_reference(self):
        mine, theirs = digits.nearest(self.images, self.mnist), digits.nearest(self.reference, self.mnist)
        self.assertGreater(stats.ttest_ind(mine, theirs).pvalue, ALARM)

    def test_noise_blank_pages_and_early_ends_would_be_found(self):
        draw = np.random.default_rng(1)
        noise = draw.normal(self.mnist.mean(), self.mnist.std(), self.images.shape)
        blank = np.full(self.images.shape, -0.5) + draw.normal(0, 0.01, self.images.shape)
        unfinished = np.sqrt(0.99) * self.mnist[:COUNT] + np.sqrt(0.01) * draw.standard_normal(self.images.shape)
        for wrong in (noise, blank, unfinished, -self.mnist[:COUNT]):
            self.assertNotEqual(self.far(wrong, self.reference), [])
            self.assertNotEqual(self.far(wrong, self.mnist), [])

    def test_an_image_depends_on_its_seed_and_number_alone(self):
        other = pathlib.Path(self.folder.name) / "o.h5"
        done = orrery("sample", "--model", self.manifest, "--first", 5, "--count", 1, "--out", other, "--quiet")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        np.testing.assert_array_equal(fig_ddpm.sampled(other)[0], self.images[5])

    def test_the_figure_is_drawn(self):
        out = pathlib.Path(self.folder.name) / "f.png"
        mnist = self.models / "mnist_t10k-images-idx3-ubyte.gz"
        script = [sys.executable, ROOT / "analysis" / "fig_ddpm.py"]
        done = subprocess.run([*script, self.results, out, "--mnist", mnist, "--reference",
                               self.models / "ddpm_mnist_6samples_f32.bin"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertGreater(out.stat().st_size, 20000)
        done = subprocess.run([*script, self.results, out, "--mnist", self.manifest], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.count("\n"), 1)

    def test_what_cannot_be_read_is_one_line(self):
        for model in (self.models / "stories260K.bin", self.models / "none_manifest.json", self.models):
            done = orrery("sample", "--model", model, "--count", 1)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)


if __name__ == "__main__":
    unittest.main()
