#!/usr/bin/python3
"""What failover policies hold and what they cost: fig_03_failover.py RESULTS FIGURE

RESULTS: of `orrery sweep experiments/03_failover.toml`. Intervals: 95 %, over replicas.
"""

import numpy as np

import stats
import table
from figure import plt, save

POLICIES = ("replay", "replica", "checkpoint, neighbour", "checkpoint, client", "restart", "cacheless")
PANELS = (
    ("goodput_share", "requests within the objective", 1.0, "linear"),
    ("recovery_time_p50", "time to recover, median [s]", 1.0, "log"),
    ("bytes_moved", "bytes moved [GB]", 1e-9, "log"),
)


def draw(results):
    links = ("homes", "data centres")
    figure, axes = plt.subplots(len(links), len(PANELS), figsize=(9.6, 5.4), sharex=True)
    for row, link in zip(axes, links):
        for axis, (metric, label, scale, kind) in zip(row, PANELS):
            for k, policy in enumerate(POLICIES):
                points, means = stats.means(results, metric, links=link, failover=policy)
                life = np.array([point["swarm.lifetime_mean_s"] for point in points]) / 60
                value = scale * np.array([m.value for m in means])
                half = scale * np.array([m.half_width for m in means])
                if np.isnan(value).all():
                    continue  # nobody recovered from anything
                # Side by side, so that intervals can be told apart; none reaches below nothing, or a share above all.
                above = np.minimum(half, 1.0 - value) if metric == "goodput_share" else half
                errors = None if np.isnan(half).all() else [np.minimum(half, 0.95 * value), above]
                axis.errorbar(life * 1.035 ** (k - 2.5), value, errors,
                              marker="o", markersize=3.5, linewidth=1.2, capsize=2, label=policy)
            axis.set(xscale="log", yscale=kind)
            axis.set_xticks(life, [f"{x:g}" for x in life])
            axis.minorticks_off()
            axis.set_title(f"{label}, {link}", fontsize=9)
    for axis in axes[-1]:
        axis.set_xlabel("mean time a node stays [min]")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=6, fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    return figure


def main(arguments):
    if len(arguments) != 2:
        raise table.ResultsError(f"usage: {__doc__.splitlines()[0]}")
    save(draw(table.load(arguments[0])), arguments[1])


if __name__ == "__main__":
    table.command(main)
