#!/usr/bin/python3
"""How often each verification protocol catches each cheat, measured: one matrix a population of honest devices.

fig_05_detection.py RESULTS.h5 OUT.png [--blocks N]

RESULTS is what `orrery calibrate detection --out` wrote. A cell is the share of requests that were rejected; the first
row is the false positives, and half the width of a cell's 95 % Clopper-Pearson interval stands below its share.
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np

from figure import save
from table import ResultsError, command, load


def ordered(values):
    """Distinct values in the order in which they first appear."""
    return list(dict.fromkeys(str(v) for v in values))


def short(detector):
    return (detector.replace("activation_difr", "Act-DiFR").replace("token_difr", "Token-DiFR").replace("toploc", "TOPLOC")
            .replace("_", " ").replace(":", "\n"))


def matrix(results, population, blocks, behaviours, detectors):
    """Shares and half widths [behaviours, detectors]; NaN where a protocol does not apply."""
    shares = np.full((len(behaviours), len(detectors)), np.nan)
    half = np.full_like(shares, np.nan)
    for row in range(len(results.id)):
        if results.point["population"][row] != population or results.point["blocks"][row] != blocks:
            continue
        at = behaviours.index(results.point["behaviour"][row]), detectors.index(results.point["detector"][row])
        shares[at] = results.metric["rate"][row]
        half[at] = 0.5 * (results.metric["rate_high"][row] - results.metric["rate_low"][row])
    return shares, half


def draw(axis, population, behaviours, detectors, shares, half, labels):
    # Being rejected is right for a cheat and wrong for an honest node.
    right = shares.copy()
    right[0] = 1 - shares[0]
    axis.imshow(np.ma.masked_invalid(right), cmap="RdYlGn", vmin=0, vmax=1, aspect="auto", alpha=0.75)
    for i, j in np.ndindex(*shares.shape):
        if np.isnan(shares[i, j]):
            axis.text(j, i, "–", ha="center", va="center", color="0.5", fontsize=7)
            continue
        axis.text(j, i - 0.1, f"{shares[i, j]:.2f}", ha="center", va="center", fontsize=7)
        axis.text(j, i + 0.28, f"±{half[i, j]:.2f}", ha="center", va="center", fontsize=4.5, color="0.25")
    axis.axhline(0.5, color="black", linewidth=0.8)
    axis.set_title(f"{population} devices", fontsize=9, loc="left")
    axis.set_xticks(range(len(detectors)), [short(d) for d in detectors], rotation=60, ha="right", fontsize=6)
    axis.set_yticks(range(len(behaviours)), [b.replace("_", " ") for b in behaviours] if labels else [], fontsize=7)
    axis.tick_params(length=0)
    axis.grid(False)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results")
    parser.add_argument("out")
    parser.add_argument("--blocks", type=int, help="of the stage that was judged; the largest where left out")
    args = parser.parse_args(arguments)
    results = load(args.results)
    if "detector" not in results.point:
        raise ResultsError(f"{args.results}: has no detectors (it was not written by `orrery calibrate detection`).")
    stages = sorted(set(np.asarray(results.point["blocks"])))
    blocks = args.blocks if args.blocks else stages[-1]
    if blocks not in stages:
        raise ResultsError(f"{args.results}: has no stage of {blocks} blocks (it has {', '.join(f'{s:g}' for s in stages)}).")
    mine = np.asarray(results.point["blocks"]) == blocks
    behaviours = ordered(results.point["behaviour"][mine])
    detectors = ordered(results.point["detector"][mine])
    populations = ordered(results.point["population"][mine])
    columns = min(3, len(populations))
    rows = -(-len(populations) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(4.4 * columns + 1, 3.9 * rows + 0.6), squeeze=False, sharex=True)
    for n, population in enumerate(populations):
        shares, half = matrix(results, population, blocks, behaviours, detectors)
        draw(axes[n // columns][n % columns], population, behaviours, detectors, shares, half, n % columns == 0)
    for spare in axes.flat[len(populations):]:
        spare.axis("off")
    trials = np.asarray(results.metric["trials"])[mine]
    figure.suptitle(f"Share of requests rejected, stage of {blocks:g} blocks; {int(trials.min())} to {int(trials.max())} "
                    "requests a cell. First row: honest executors (green is low)", fontsize=10, x=0.01, ha="left")
    figure.tight_layout(rect=(0, 0, 1, 0.97))
    save(figure, args.out)


if __name__ == "__main__":
    command(main)
