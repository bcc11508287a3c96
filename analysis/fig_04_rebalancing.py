#!/usr/bin/python3
"""What rebalancing policies hold and what they cost: fig_04_rebalancing.py RESULTS FIGURE

RESULTS: of `orrery sweep experiments/04_rebalancing.toml`. Intervals: 95 %, over replicas.
"""

import numpy as np

import stats
import table
from figure import plt, save

POLICIES = ("never", "petals", "hysteresis", "cost_aware")
PANELS = (
    ("goodput_share", "requests within the objective", 1.0),
    ("moves", "moves", 1.0),
    ("reconfiguration_time_sum", "node time spent moving [h]", 1 / 3600),
)


def draw(results):
    figure, axes = plt.subplots(1, len(PANELS), figsize=(9.6, 3.2))
    for axis, (metric, label, scale) in zip(axes, PANELS):
        for k, policy in enumerate(POLICIES):
            points, means = stats.means(results, metric, rebalancing=policy)
            value = scale * np.array([m.value for m in means])
            half = scale * np.array([m.half_width for m in means])
            place = np.arange(len(points)) + 0.08 * (k - 1.5)
            above = np.minimum(half, 1.0 - value) if metric == "goodput_share" else half
            axis.errorbar(place, value, [np.minimum(half, value), above], marker="o", markersize=3.5, linewidth=1.2,
                          capsize=2, label=policy)
        axis.set_xticks(np.arange(len(points)), [f"{point['swarm.nodes']:g}" for point in points])
        axis.set_xlabel("nodes that come and go")
        axis.set_title(label, fontsize=9)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=4, fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    return figure


def main(arguments):
    if len(arguments) != 2:
        raise table.ResultsError(f"usage: {__doc__.splitlines()[0]}")
    save(draw(table.load(arguments[0])), arguments[1])


if __name__ == "__main__":
    table.command(main)
