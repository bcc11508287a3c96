#!/usr/bin/python3
"""What grey images of digits look like in numbers: one value an image, for models, their references and MNIST."""

import gzip

import numpy as np
from scipy import stats

from table import ResultsError

DARK = -0.4  # background: below a tenth of the way from black (-0.5) to white (0.5)
BANDS = ((1, 2), (3, 5), (6, 9), (10, 14))  # cycles an image side: shape of the digit, strokes, edges, noise


def read_mnist(path):
    """The images of an idx3 file, gzipped, as the models see them: [n, rows, columns], value / 255 - 0.5."""
    try:
        with gzip.open(path, "rb") as file:
            data = np.frombuffer(file.read(), np.uint8)
    except (OSError, EOFError) as error:
        raise ResultsError(f"{path}: cannot be read as gzipped images ({error}).") from None
    header = data[:16].view(">u4") if len(data) >= 16 else [0]
    if header[0] != 0x803 or len(data) != 16 + int(header[1]) * int(header[2]) * int(header[3]):
        raise ResultsError(f"{path}: is no file of images (idx3 with unsigned bytes was expected).")
    return data[16:].reshape(header[1], header[2], header[3]) / 255 - 0.5


def read_floats(path, height, width):
    """Images as little-endian fp32 behind each other: [n, height, width]."""
    try:
        data = np.fromfile(path, "<f4").astype(float)
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read ({error.strerror}).") from None
    if len(data) == 0 or len(data) % (height * width):
        raise ResultsError(f"{path}: has {len(data)} numbers (images of {height} x {width} were expected).")
    return data.reshape(-1, height, width)


def radial_power(images):
    """Mean power of each image at whole distances from zero frequency: [n, 1 + shorter side / 2]."""
    n, height, width = images.shape
    power = np.abs(np.fft.fft2(images - images.mean((1, 2), keepdims=True))) ** 2 / (height * width)
    v, h = np.fft.fftfreq(height) * height, np.fft.fftfreq(width) * width
    ring = np.rint(np.hypot(*np.meshgrid(v, h, indexing="ij"))).astype(int)
    return np.stack([power[:, ring == k].mean(1) for k in range(min(height, width) // 2 + 1)], 1)


def statistics(images):
    """name -> (unit, one value an image)."""
    power = radial_power(images)
    found = {"mean": images.mean((1, 2)), "deviation": images.std((1, 2)), "dark": (images < DARK).mean((1, 2))}
    for low, high in BANDS:
        found[f"log power {low}-{high}"] = np.log10(power[:, low:high + 1].mean(1) + 1e-12)
    return found


def nearest(images, others):
    """Root mean square distance of each image from the one of `others` that is most like it, itself apart."""
    a, b = (x.reshape(len(x), -1) for x in (images, others))
    squares = (a ** 2).sum(1)[:, None] - 2 * a @ b.T + (b ** 2).sum(1)[None]
    squares[squares < 1e-9] = np.inf
    return np.sqrt(squares.min(1) / a.shape[1])


def differences(images, others, alarm=0.01):
    """Of each statistic: (name, difference of the means, tolerance); all tolerances hold with the chance 1 - alarm.

    Two sets of images from one source: Student's t over both, with one variance and alarm shared out among statistics."""
    mine, theirs = statistics(images), statistics(others)
    rows = []
    for name, a in mine.items():
        b = theirs[name]
        free = len(a) + len(b) - 2
        variance = (((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()) / free
        t = stats.t.ppf(1 - alarm / (2 * len(mine)), free)
        rows.append((name, a.mean() - b.mean(), t * np.sqrt(variance * (1 / len(a) + 1 / len(b)))))
    return rows
