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
    ("placement_gap", "flow below the bound", "%", 100.0),
    ("goodput_share", "requests within the objective", "%", 100.0),
    ("ttft_p50", "median time to first token", "s", 1.0),
    ("inter_token_p50", "median time between tokens", "ms", 1000.0),
)


def load_free(metric):
    return metric.startswith("placement_")  # known before the first request


def planners(results):
    """Names in the order of their goodput where links are wide-area and the load is heavy."""
    points, means = stats.means(results, "goodput_share", place="homes", load=loads(results)[-1])
    order = sorted(zip((m.value for m in means), (p["planner"] for p in points)))
    return [name for _, name in order]


def loads(results):
    return list(dict.fromkeys(p["load"] for p in stats.points(results)))


def draw(results, path):
    names, levels = planners(results), loads(results)
    places = list(dict.fromkeys(p["place"] for p in stats.points(results)))
    drawing, axes = plt.subplots(1, len(PANELS), figsize=(13, 4.2), sharey=True)
    for axis, (metric, title, unit, scale) in zip(axes, PANELS):
        for k, place in enumerate(places):
            for j, level in enumerate(levels[:1] if load_free(metric) else levels):
                points, means = stats.means(results, metric, place=place, load=level)
                by_name = {p["planner"]: m for p, m in zip(points, means)}
                values = np.array([by_name[n].value * scale for n in names])
                widths = np.array([by_name[n].half_width * scale for n in names])
                rows = np.arange(len(names)) + (0.5 - k) * 0.4 + (0.5 - j) * 0.18
                above = np.minimum(widths, scale - values) if metric == "goodput_share" else widths
                axis.errorbar(values, rows, xerr=[widths, above], fmt="os"[k % 2], markersize=4, capsize=2, color=f"C{k}",
                              markerfacecolor="none" if j else None, label=f"{place}, {level} load")
        axis.set_xlabel(f"{title} [{unit}]", fontsize=8)
        axis.set_xlim(left=0)
        axis.grid(axis="x", alpha=0.3)
    axes[0].set_yticks(np.arange(len(names)), names)
    handles, labels = axes[-1].get_legend_handles_labels()
    drawing.legend(handles, labels, loc="lower center", ncols=len(labels), fontsize=8, frameon=False)
    drawing.tight_layout(rect=(0, 0.06, 1, 1))
    save(drawing, path)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", help="of `orrery sweep experiments/01_partitioners.toml`")
    parser.add_argument("out", help=".png, .pdf or .svg")
    args = parser.parse_args(arguments)
    draw(load(args.results), args.out)


if __name__ == "__main__":
    command(main)
