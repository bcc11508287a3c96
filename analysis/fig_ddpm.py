#!/usr/bin/python3
"""Images that a diffusion model drew beside MNIST's digits, and their statistics.

fig_ddpm.py SAMPLES.h5 OUT.png --mnist t10k-images-idx3-ubyte.gz [--reference IMAGES.bin]

SAMPLES is what `orrery sample --out` wrote. IMAGES are samples of the same model by another program, fp32 behind each
other. Below the images: the mean of each statistic (digits.py) against MNIST's, in standard deviations of one digit of
MNIST, with 95 % intervals of the mean (Student); and power by spatial frequency, with the middle 90 % of MNIST's digits.
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np
from scipy import stats

import digits
from figure import BLUE, GREY, ORANGE, save
from table import ResultsError, command, load

ROWS, COLUMNS = 4, 8


def sampled(path):
    """The images of a results file: [n, height, width]."""
    results = load(path)
    if "pixel" not in results.series or "sample.height" not in results.point:
        raise ResultsError(f"{path}: has no images (it was not written by `orrery sample`).")
    done = results.done()
    height, width, channels = (int(results.point[f"sample.{name}"][0]) for name in ("height", "width", "channels"))
    if channels != 1:
        raise ResultsError(f"{path}: has images of {channels} channels (grey ones are drawn).")
    return np.asarray(results.series["pixel"])[done].reshape(-1, height, width)


def mosaic(axis, images, title):
    """The first ROWS x COLUMNS images as one, with a line of background between them."""
    _, height, width = images.shape
    picture = np.full((ROWS * (height + 2) - 2, COLUMNS * (width + 2) - 2), np.nan)
    for i, image in enumerate(images[:ROWS * COLUMNS]):
        v, h = i // COLUMNS * (height + 2), i % COLUMNS * (width + 2)
        picture[v:v + height, h:h + width] = image
    axis.imshow(np.ma.masked_invalid(picture), cmap="gray", vmin=-0.5, vmax=0.5, interpolation="nearest")
    axis.set_title(title)
    axis.axis("off")


def means(axis, sets, mnist):
    theirs = digits.statistics(mnist)
    names = list(theirs)
    for k, (_, images, colour) in enumerate(sets):
        found = digits.statistics(images)
        scaled = [(found[n] - theirs[n].mean()) / theirs[n].std() for n in names]
        reach = [stats.t.ppf(0.975, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x)) if len(x) > 1 else np.nan for x in scaled]
        at = np.arange(len(names)) + 0.16 * (k - (len(sets) - 1) / 2)
        axis.errorbar([x.mean() for x in scaled], at, xerr=reach, fmt="o", color=colour, markersize=4, capsize=2)
    axis.axvline(0, color=GREY, linewidth=1)
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    axis.set_xlabel("mean minus MNIST's mean, in deviations of one digit")
    axis.set_title("Statistics against MNIST")


def spectrum(axis, sets, mnist):
    power = digits.radial_power(mnist)[:, 1:]
    k = np.arange(1, power.shape[1] + 1)
    axis.fill_between(k, *np.percentile(power, [5, 95], axis=0), color=GREY, alpha=0.25, linewidth=0, label="MNIST, middle 90 %")
    axis.plot(k, power.mean(0), color=GREY, label="MNIST, mean")
    for label, images, colour in sets:
        axis.plot(k, digits.radial_power(images)[:, 1:].mean(0), color=colour, label=label, marker="o", markersize=3, linewidth=1.2)
    axis.set_yscale("log")
    axis.set_xlabel("spatial frequency [cycles an image side]")
    axis.set_ylabel("power")
    axis.set_title("Radial spectrum")
    axis.legend()


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("samples")
    parser.add_argument("out")
    parser.add_argument("--mnist", required=True, help="images of MNIST, idx3, gzipped")
    parser.add_argument("--reference", help="samples by another program, fp32")
    args = parser.parse_args(arguments)
    images, mnist = sampled(args.samples), digits.read_mnist(args.mnist)
    if images.shape[1:] != mnist.shape[1:]:
        raise ResultsError(f"{args.samples}: has images of {images.shape[1:]} pixels (MNIST's have {mnist.shape[1:]}).")
    sets = [(f"orrery sample, {len(images)} images", images, BLUE)]
    if args.reference:
        reference = digits.read_floats(args.reference, *mnist.shape[1:])
        sets.append((f"reference sampler, {len(reference)} images", reference, ORANGE))
    figure = plt.figure(figsize=(10.4, 6.9), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(1, 1.25), hspace=0.04)
    left, right = above.subplots(1, 2)
    mosaic(left, images, f"Drawn by the model: {min(len(images), ROWS * COLUMNS)} of {len(images)}")
    mosaic(right, mnist, "MNIST's test digits")
    left, right = below.subplots(1, 2)
    means(left, sets, mnist)
    spectrum(right, sets, mnist)
    save(figure, args.out)


if __name__ == "__main__":
    command(main)
