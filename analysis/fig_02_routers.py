#!/usr/bin/python3
"""What routers hold under churn, and what each idea of foresight is worth: fig_02_routers.py RESULTS FIGURE

RESULTS: of `orrery sweep experiments/02_routers_under_churn.toml`. Intervals: 95 %, over replicas.
"""

import numpy as np

import stats
import table
from figure import plt, save

PANELS = (
    ("goodput_share", "requests within the objective [%]", 100.0, "linear"),
    ("ttft_p50", "median time to first token [s]", 1.0, "linear"),
    ("failovers", "parts of chains lost", 1.0, "linear"),
    ("regret_mean", "regret of the first choice, mean [s]", 1.0, "symlog"),
)


def routers(results):
    """Routers by their goodput where churn is fastest; then foresight without one of its ideas each."""
    levels = list(dict.fromkeys(point["churn"] for point in stats.points(results)))
    points, means = stats.means(results, "goodput_share", churn=levels[-1])
    order = [name for _, name in sorted(zip((m.value for m in means), (p["router"] for p in points)))]
    return levels, [n for n in order if "," not in n], [n for n in order if "," in n]


def draw(results):
    levels, names, ablated = routers(results)
    rows = [*ablated, *names]
    gap = np.array([k + (0.6 if k >= len(ablated) else 0.0) for k in range(len(rows))])
    figure, axes = plt.subplots(1, len(PANELS), figsize=(12.5, 5.6), sharey=True)
    for axis, (metric, label, scale, kind) in zip(axes, PANELS):
        for k, level in enumerate(levels):
            points, means = stats.means(results, metric, churn=level)
            found = {p["router"]: m for p, m in zip(points, means)}
            value = scale * np.array([found[n].value for n in rows])
            half = scale * np.array([found[n].half_width for n in rows])
            above = np.minimum(half, 100.0 - value) if metric == "goodput_share" else half
            axis.errorbar(value, gap + 0.22 * (1 - k), xerr=[np.minimum(half, 0.95 * np.maximum(value, 0)), above],
                          fmt="osD"[k % 3], markersize=3.5, capsize=1.5, linewidth=1, label=level)
        axis.axhline(len(ablated) - 0.2, color="0.6", linewidth=0.6)
        if kind == "symlog":
            axis.set_xscale("symlog", linthresh=0.1)
            axis.set_xlim(left=-0.02)
        else:
            axis.set_xscale(kind)
        axis.set_xlabel(label, fontsize=9)
        axis.grid(axis="x", alpha=0.3)
    axes[0].set_yticks(gap, rows, fontsize=8)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=len(levels), fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    return figure


def main(arguments):
    if len(arguments) != 2:
        raise table.ResultsError(f"usage: {__doc__.splitlines()[0]}")
    save(draw(table.load(arguments[0])), arguments[1])


if __name__ == "__main__":
    table.command(main)
