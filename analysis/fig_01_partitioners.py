#!/usr/bin/python3
"""Figure of experiments/01_partitioners.toml: what planners promise and what their placements deliver.

    fig_01_partitioners.py RESULTS.h5 FIGURE.png
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np

import stats
from figure import save
from table import command, load

PANELS = (
    ("placement_flow", "max-flow of the placement", "token/s", 1.0),
    ("goodput_share", "requests within the objective", "%", 100.0),
    ("ttft_p50", "median time to first token", "s", 1.0),
    ("inter_token_p50", "median time between tokens", "ms", 1000.0),
)


def planners(results):
    """Names in the order of their goodput where links are wide-area."""
    points, means = stats.means(results, "goodput_share", place="homes")
    order = sorted(zip((m.value for m in means), (p["planner"] for p in points)))
    return [name for _, name in order]


def draw(results, path):
    names = planners(results)
    places = list(dict.fromkeys(p["place"] for p in stats.points(results)))
    drawing, axes = plt.subplots(1, len(PANELS), figsize=(11, 3.6), sharey=True)
    for axis, (metric, title, unit, scale) in zip(axes, PANELS):
        for k, place in enumerate(places):
            points, means = stats.means(results, metric, place=place)
            by_name = {p["planner"]: m for p, m in zip(points, means)}
            values = np.array([by_name[n].value * scale for n in names])
            widths = np.array([by_name[n].half_width * scale for n in names])
            rows = np.arange(len(names)) + (0.5 - k) * 0.3
            above = np.minimum(widths, scale - values) if metric == "goodput_share" else widths
            axis.errorbar(values, rows, xerr=[widths, above], fmt="os"[k % 2], markersize=4, capsize=2, label=place)
        axis.set_xlabel(f"{title} [{unit}]", fontsize=9)
        axis.set_xlim(left=0)
        axis.grid(axis="x", alpha=0.3)
    axes[0].set_yticks(np.arange(len(names)), names)
    axes[1].legend(loc="lower left")
    drawing.tight_layout()
    save(drawing, path)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", help="of `orrery sweep experiments/01_partitioners.toml`")
    parser.add_argument("out", help=".png, .pdf or .svg")
    args = parser.parse_args(arguments)
    draw(load(args.results), args.out)


if __name__ == "__main__":
    command(main)
